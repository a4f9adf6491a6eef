"""Pool proportions of several studies: binomial GLMM, logit REML (Wald or Hartung-Knapp), DL, PM, Freeman-Tukey.

The GLMM is a logistic model with a normal random intercept, fitted by adaptive Gauss-Hermite quadrature with 7 points,
a fine grid where 7 are too few (Stijnen 2010, Stat Med 29:3046-67); it needs no continuity correction. The logit methods add 0.5
to both cells of a study that has 0 or n events, and of no other. All figures agree with R's metafor to 4 decimals.
Freeman-Tukey back-transforms with the harmonic mean of n and can mislead (Schwarzer 2019, Res Synth Methods 10:476-83):
it is there for comparison with older reviews and is never the default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log, sqrt
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import expit, ndtri, stdtrit

from ._exact import clopper_pearson

METHODS = {
    "GLMM": "binomial GLMM",
    "REML": "logit REML",
    "REML-HK": "logit REML, Hartung-Knapp",
    "DL": "logit DerSimonian-Laird",
    "PM": "logit Paule-Mandel",
    "FT": "Freeman-Tukey double arcsine, DerSimonian-Laird, harmonic mean n",
}
POINTS = 7  # of the quadrature
ROUGH = (
    f"{POINTS} quadrature points are too few for so wide a spread between studies: integrated on a fine grid instead"
)
_NODES, _WEIGHTS = np.polynomial.hermite.hermgauss(POINTS)
_LOG_WEIGHTS = np.log(_WEIGHTS) + _NODES**2
Floats = Any  # a numpy array of floats; numpy's own generic says no more to the reader
Deviance = Callable[[float, float, Any, Any], float]


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pooled proportion with its interval, prediction interval and heterogeneity.

    Proportions are between 0 and 1, tau2 is on the method's scale (logit; arcsine for FT), i2 is a percentage,
    k studies, n participants. Values that the data cannot give are None, and `notes` says why.
    """

    method: str
    estimate: float | None
    low: float | None
    high: float | None
    pi_low: float | None
    pi_high: float | None
    tau2: float | None
    i2: float | None
    q: float | None
    k: int
    n: int
    events: int
    level: float = 0.95
    notes: tuple[str, ...] = ()


def pool(events: Sequence[int], totals: Sequence[int], method: str = "GLMM", level: float = 0.95) -> Pooled:
    """The pooled proportion of studies with `events` of `totals`; `method` is a key of METHODS.

    One study is not pooled. Where no study (or every patient) has an event, no model can be fitted: the exact
    interval of the sum is given and the note says so. Raises ValueError on counts that are not counts.

    >>> p = pool([4, 0, 9, 2, 38], [12, 6, 14, 8, 98])
    >>> round(p.estimate, 4), round(p.low, 4), round(p.high, 4)
    (0.3841, 0.3067, 0.4677)
    """
    if method not in METHODS:
        raise ValueError(f"no pooling method {method!r}; there are: {', '.join(METHODS)}")
    if not events or len(events) != len(totals):
        raise ValueError(f"need as many totals as events, and at least one; got {len(events)} and {len(totals)}")
    pairs = sorted(zip(events, totals, strict=True))  # sums in one order, so that the order of studies is nothing
    if any(not 0 <= x <= n or n < 1 for x, n in pairs):
        raise ValueError("each study needs 0 <= events <= n and n > 0")
    x, n = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    k, size, total = len(pairs), int(n.sum()), int(x.sum())
    if k == 1:
        note = "one study: nothing to pool"
        blank = None, None, None, None, None, None, None, None
        return Pooled(METHODS[method], *blank, 1, size, total, level, (note,))
    if total in (0, size):
        low, high = clopper_pearson(total, size, level)
        word = "no event in any study" if total == 0 else "every patient of every study has the event"
        note = f"{word}: no model can be fitted; exact (Clopper-Pearson) interval of the sum, no prediction interval"
        return Pooled(
            "exact interval of the sum",
            total / size,
            low,
            high,
            None,
            None,
            None,
            None,
            None,
            k,
            size,
            total,
            level,
            (note,),
        )
    fit = {"GLMM": _glmm, "FT": _freeman_tukey}.get(method, _logit)
    return fit(x, n, method, level)


def leave_one_out(
    events: Sequence[int], totals: Sequence[int], method: str = "GLMM", level: float = 0.95
) -> list[Pooled]:
    """The pooled proportion without each study in turn, in the order given; [] for one study."""
    keep = range(len(events)) if len(events) > 1 else range(0)
    return [pool(_without(events, i), _without(totals, i), method, level) for i in keep]


def _without(values: Sequence[int], i: int) -> list[int]:
    return [*values[:i], *values[i + 1 :]]


def caution(k: int) -> str | None:
    """What a prediction interval means when it stands on so few studies, or None from five studies on."""
    if k >= 5 or k < 2:
        return None
    return (
        f"only {k} studies: the spread between studies (tau2) is hardly known, so the prediction interval shows what a "
        "new study might reach only if these few are typical; it is likely too narrow, and tau2 = 0 does not mean that "
        "studies agree"
    )


# -- the logit methods ---------------------------------------------------------------------------------------------


def _effects(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Logits and their variances; 0.5 is added to both cells of a study with 0 or n events."""
    add = np.where((x == 0) | (x == n), 0.5, 0.0)
    a, b = x + add, n - x + add
    return np.log(a / b), 1 / a + 1 / b


def _logit(x: Floats, n: Floats, method: str, level: float) -> Pooled:
    y, v = _effects(x, n)
    estimator: Callable[[Floats, Floats], float] = {"DL": _dl, "PM": _pm}.get(method, _reml)
    tau2 = estimator(y, v)
    w = 1 / (v + tau2)
    mu = float((w * y).sum() / w.sum())
    se, quantile = sqrt(1 / w.sum()), float(ndtri(0.5 + level / 2))
    if method == "REML-HK":
        df = len(y) - 1
        se = sqrt(float((w * (y - mu) ** 2).sum()) / df / float(w.sum()))
        quantile = float(stdtrit(df, 0.5 + level / 2))
    return _answer(METHODS[method], mu, se, quantile, tau2, y, v, x, n, level)


def _answer(
    name: str,
    mu: float,
    se: float,
    quantile: float,
    tau2: float,
    y: Floats,
    v: Floats,
    x: Floats,
    n: Floats,
    level: float,
    back: Callable[[float], float] = lambda t: float(expit(t)),
) -> Pooled:
    """Intervals on the model's scale, back-transformed; I2 from tau2 and the typical within-study variance."""
    spread = quantile * sqrt(se * se + tau2)
    w = 1 / v
    q = float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())
    typical = (len(y) - 1) / float(w.sum() - (w * w).sum() / w.sum())
    return Pooled(
        name,
        back(mu),
        back(mu - quantile * se),
        back(mu + quantile * se),
        back(mu - spread),
        back(mu + spread),
        tau2,
        100 * tau2 / (tau2 + typical),
        q,
        len(y),
        int(n.sum()),
        int(x.sum()),
        level,
    )


def _dl(y: Floats, v: Floats) -> float:
    w = 1 / v
    q = float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())
    return max(0.0, (q - len(y) + 1) / float(w.sum() - (w * w).sum() / w.sum()))


def _pm(y: Floats, v: Floats) -> float:
    """Paule-Mandel: the tau2 at which the generalised Q equals its expectation."""

    def excess(tau2: float) -> float:
        w = 1 / (v + tau2)
        return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum()) - len(y) + 1

    if excess(0) <= 0:
        return 0.0
    top = 1.0
    while excess(top) > 0:
        top *= 2
    return float(brentq(excess, 0, top, xtol=1e-12))


def _reml(y: Floats, v: Floats) -> float:
    """Restricted maximum likelihood: the best of a grid over tau2, polished; 0 where 0 is no worse."""

    def loss(tau2: float) -> float:
        w = 1 / (v + tau2)
        mu = (w * y).sum() / w.sum()
        return float(0.5 * (np.log(v + tau2).sum() + log(w.sum()) + (w * (y - mu) ** 2).sum()))

    top = 4 * float(y.var()) + float(v.max()) + 1e-6
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1, 60) * top])
    i = int(np.argmin([loss(t) for t in grid]))
    low, high = grid[max(i - 1, 0)], grid[min(i + 1, len(grid) - 1)]
    found = float(minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-10}).x)
    return found if loss(found) < loss(0.0) else 0.0


# -- the binomial GLMM ---------------------------------------------------------------------------------------------


def _deviance(mu: float, tau: float, x: Floats, n: Floats) -> float:
    """-2 log likelihood (binomial coefficients left out) with 7 quadrature points about each study's own mode."""
    z = np.zeros_like(x)
    for _ in range(50):  # Newton; the integrand is log-concave, steps are held to 2
        p = expit(mu + tau * z)
        step = ((x - n * p) * tau - z) / (n * p * (1 - p) * tau * tau + 1)
        z = z + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    p = expit(mu + tau * z)
    s = 1 / np.sqrt(n * p * (1 - p) * tau * tau + 1)
    at = z[:, None] + sqrt(2) * s[:, None] * _NODES
    eta = mu + tau * at
    h = x[:, None] * eta - n[:, None] * np.logaddexp(0, eta) - at * at / 2 + _LOG_WEIGHTS
    top = h.max(axis=1)
    return float(-2 * (top + np.log(np.exp(h - top[:, None]).sum(axis=1)) + np.log(s / sqrt(np.pi))).sum())


def _fine_deviance(mu: float, tau: float, x: Floats, n: Floats) -> float:
    """The same by the trapezium rule, in steps finer than the narrowest integrand: exact to rounding, and slower."""
    tau = min(tau, WIDEST)  # beyond it the fit is given up anyway, and the grid would grow without bound
    step = 0.7 / sqrt(float(n.max()) / 4 * tau * tau + 1)
    at = np.arange(-9.0, 9.0, step)
    eta = mu + tau * at
    both = np.logaddexp(0, eta)
    total = 0.0
    for xi, ni in zip(x, n, strict=True):
        h = xi * eta - ni * both - at * at / 2
        top = h.max()
        total += top + log(float(np.exp(h - top).sum()) * step / sqrt(2 * np.pi))
    return -2 * total


def _glmm(x: Floats, n: Floats, method: str, level: float) -> Pooled:
    y, v = _effects(x, n)
    deviance = _deviance
    mu, tau = _fit(x, n, deviance)
    notes: tuple[str, ...] = ()
    boundless = tau > 0 and bool(((x == 0) | (x == n)).all())
    if not boundless and tau > 1 and abs(_deviance(mu, tau, x, n) - _fine_deviance(mu, tau, x, n)) > 0.0005:
        deviance, notes = _fine_deviance, (ROUGH,)
        mu, tau = _fit(x, n, deviance, (mu, min(tau, 10.0)))
    if boundless or tau > 10:
        note = (
            "the studies stand so near 0 % and 100 % that the GLMM's spread grows without bound; "
            "logit REML with Hartung-Knapp is given in its place"
        )
        return replace(_logit(x, n, "REML-HK", level), notes=(note,))
    se, quantile = sqrt(_variance(mu, tau, x, n, deviance)), float(ndtri(0.5 + level / 2))
    return replace(_answer(METHODS[method], mu, se, quantile, tau * tau, y, v, x, n, level), notes=notes)


def _fit(x: Floats, n: Floats, deviance: Deviance, near: tuple[float, float] | None = None) -> tuple[float, float]:
    """The intercept and the spread that are most likely; the spread is 0 where that is no less likely."""
    y, v = _effects(x, n)
    common = log(x.sum() / (n - x).sum())
    start = near or (float(np.median(y)), max(sqrt(_dl(y, v)), 0.2))
    fit = minimize(lambda t: deviance(t[0], abs(t[1]), x, n), start, method="Nelder-Mead", options=_TIGHT)
    mu, tau = float(fit.x[0]), abs(float(fit.x[1]))
    if n.max() > 1 and tau > 1e-3 and fit.fun < deviance(common, 0.0, x, n) - 1e-7:  # single patients carry no spread
        return mu, tau
    return common, 0.0


WIDEST = 12.0
_TIGHT = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}


def _variance(mu: float, tau: float, x: Floats, n: Floats, deviance: Deviance) -> float:
    """Variance of the intercept: from the Hessian over (mu, tau), or the binomial one where tau is 0."""
    if tau == 0:
        p = float(expit(mu))
        return 1 / float(n.sum() * p * (1 - p))
    h = 1e-3
    f = {(i, j): deviance(mu + i * h, tau + j * h, x, n) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    a = (f[1, 0] - 2 * f[0, 0] + f[-1, 0]) / (2 * h * h)
    d = (f[0, 1] - 2 * f[0, 0] + f[0, -1]) / (2 * h * h)
    b = (f[1, 1] - f[1, -1] - f[-1, 1] + f[-1, -1]) / (8 * h * h)
    return d / (a * d - b * b) if a * d > b * b > 0 or (b == 0 and a > 0) else 1 / a


# -- Freeman-Tukey -------------------------------------------------------------------------------------------------


def _freeman_tukey(x: Floats, n: Floats, method: str, level: float) -> Pooled:
    y = (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2
    v = 1 / (4 * n + 2)
    tau2 = _dl(y, v)
    w = 1 / (v + tau2)
    mu = float((w * y).sum() / w.sum())
    harmonic = len(n) / float((1 / n).sum())
    quantile = float(ndtri(0.5 + level / 2))

    def back(t: float) -> float:
        return _undo_freeman_tukey(t, harmonic)

    return _answer(METHODS[method], mu, sqrt(1 / w.sum()), quantile, tau2, y, v, x, n, level, back)


def _undo_freeman_tukey(t: float, n: float) -> float:
    """Miller's (1978) inverse for a sample of n; beyond the transform's range it is 0 or 1."""
    if t <= 0.5 * np.arcsin(np.sqrt(1 / (n + 1))):
        return 0.0
    if t >= 0.5 * (np.arcsin(np.sqrt(n / (n + 1))) + np.pi / 2):
        return 1.0
    s, c = np.sin(2 * t), np.cos(2 * t)
    inner = max(0.0, 1 - (s + (s - 1 / s) / n) ** 2)
    return float(min(1.0, max(0.0, 0.5 * (1 - np.sign(c) * sqrt(inner)))))
