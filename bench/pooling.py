"""Stress of the pooling: random sets of studies, the binomial GLMM against a second way to the same likelihood.

k from 2 to 200, single patients, rare events, spreads up to tau = 6. The second way shares nothing with the first: the
likelihood of each study by Simpson's rule over 801 points of the logit (k <= 6: by scipy's adaptive quadrature as
well), its maximum by L-BFGS-B from two starts, the interval from differences of that likelihood. Where Rscript with
metafor is installed, metafor's rma.glmm is asked too. Warnings are errors. No record is needed.

    python bench/pooling.py [CASES] [SEED]
"""

from __future__ import annotations

import csv
import io
import random
import shutil
import subprocess
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from math import inf, log, pi, sqrt
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from trialkb.queries._pool import METHODS, Pooled, pool

SIZES = ((1, 1), (1, 4), (3, 12), (8, 40), (30, 120), (1, 300), (200, 1500))
Pairs = list[tuple[int, int]]


@dataclass(frozen=True)
class Second:
    """What the second way finds: estimate and interval as proportions, tau2, and the deviance there."""

    estimate: float
    low: float
    high: float
    tau2: float
    deviance: float


def case(rng: random.Random) -> Pairs:
    """A set of studies: how many, how large, how rare the event and how unlike the studies are."""
    k = rng.choice((2, 2, 3, 3, 4, 5, 8, 12, 20, 40, 80, 200))
    low, high = rng.choice(SIZES)
    mu, tau = rng.choice((-6, -4, -2.5, -1, 0, 1, 3)), rng.choice((0.0, 0.0, 0.3, 0.8, 1.5, 3.0, 6.0))
    out = []
    for _ in range(k):
        n = rng.randint(low, high)
        p = float(expit(rng.gauss(mu, tau)))
        out.append((sum(rng.random() < p for _ in range(n)), n))
    return out


# -- the second way ------------------------------------------------------------------------------------------------


def deviance(mu: float, tau: float, pairs: Pairs, points: int = 801) -> float:
    """-2 log likelihood by Simpson's rule over the logit, each study on its own grid where its integrand counts."""
    counts = Counter(pairs)
    x, n = (np.array(c, dtype=float)[:, None] for c in zip(*counts, strict=True))
    times = np.array(list(counts.values()))
    if tau < 1e-9:
        return float(-2 * (times * (x * log_expit(mu) + (n - x) * log_expit(-mu))[:, 0]).sum())
    coarse = np.linspace(mu - 14 * tau, mu + 14 * tau, 2001)
    step = coarse[1] - coarse[0]
    counted = _log(coarse[None, :], x, n, mu, tau)
    counted = counted > counted.max(axis=1, keepdims=True) - 60
    first, last = coarse[counted.argmax(axis=1)] - step, coarse[::-1][counted[:, ::-1].argmax(axis=1)] + step
    weights = np.ones(points)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    t = first[:, None] + (last - first)[:, None] * np.linspace(0, 1, points)[None, :]
    h = _log(t, x, n, mu, tau)
    top = h.max(axis=1)
    sums = (weights * np.exp(h - top[:, None])).sum(axis=1) * (last - first) / (points - 1) / 3
    return float(-2 * (times * (top + np.log(sums))).sum())


def _log(t: Any, x: Any, n: Any, mu: float, tau: float) -> Any:
    """The log of what is integrated over the logit t."""
    return x * log_expit(t) + (n - x) * log_expit(-t) - 0.5 * ((t - mu) / tau) ** 2 - log(tau * sqrt(2 * pi))


def adaptive(mu: float, tau: float, pairs: Pairs) -> float:
    """The same by scipy's adaptive quadrature."""
    total = 0.0
    for x, n in pairs:
        grid = np.linspace(mu - 14 * tau, mu + 14 * tau, 20001)
        g = _log(grid, x, n, mu, tau)
        top, peak = float(g.max()), float(grid[g.argmax()])

        def f(t: float, x: int = x, n: int = n, top: float = top) -> float:
            return float(np.exp(_log(np.array(t), x, n, mu, tau) - top))

        inside = grid[g > top - 50]
        value = quad(f, inside[0], inside[-1], points=[peak], limit=400, epsabs=0, epsrel=1e-10)[0]
        total += top + log(value)
    return -2 * total


def second(pairs: Pairs) -> Second:
    """The most likely intercept and spread, and the interval from the curvature there."""
    events, size = sum(x for x, _ in pairs), sum(n for _, n in pairs)
    common = log(events / (size - events))
    best, least = (common, 0.0), deviance(common, 0.0, pairs)
    for tau in (0.3, 2.0):
        fit = minimize(
            lambda v: deviance(v[0], float(np.exp(v[1])), pairs), (common, log(tau)), method="L-BFGS-B",
            bounds=[(-25, 25), (log(1e-4), log(30))], options={"ftol": 1e-13, "gtol": 1e-7},
        )  # fmt: skip
        if fit.fun < least - 1e-7:
            best, least = (float(fit.x[0]), float(np.exp(fit.x[1]))), float(fit.fun)
    mu, tau = best
    se = sqrt(_variance(mu, tau, pairs, size))
    return Second(
        float(expit(mu)), float(expit(mu - 1.959964 * se)), float(expit(mu + 1.959964 * se)), tau * tau, least
    )


def _variance(mu: float, tau: float, pairs: Pairs, size: int) -> float:
    if tau < 1e-4:
        p = float(expit(mu))
        return 1 / (size * p * (1 - p))
    h = 3e-3 * max(tau, 0.3)
    d = {(i, j): deviance(mu + i * h, tau + j * h, pairs) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    a, c = ((d[1, 0] - 2 * d[0, 0] + d[-1, 0]) / h**2 / 2, (d[0, 1] - 2 * d[0, 0] + d[0, -1]) / h**2 / 2)
    b = (d[1, 1] - d[1, -1] - d[-1, 1] + d[-1, -1]) / h**2 / 8
    return c / (a * c - b * b) if a * c > b * b else inf


# -- the comparison ------------------------------------------------------------------------------------------------


def sane(p: Pooled, pairs: Pairs) -> list[str]:
    """What is wrong with an answer by itself."""
    wrong = []
    shares = [x / n for x, n in pairs]
    if p.estimate is None or p.low is None or p.high is None:
        return ["no estimate"]
    if not all(np.isfinite(v) for v in (p.estimate, p.low, p.high)) or not 0 <= p.low <= p.estimate <= p.high <= 1:
        wrong.append("interval out of order")
    if not min(shares) - 1e-9 <= p.estimate <= max(shares) + 1e-9 and p.method != METHODS["REML-HK"]:
        wrong.append("estimate outside the studies")
    if p.pi_low is not None and p.pi_high is not None and not (p.pi_low <= p.low + 1e-9 and p.high <= p.pi_high + 1e-9):
        wrong.append("prediction interval inside the confidence interval")
    if p.tau2 is not None and p.tau2 < 0:
        wrong.append("tau2 below 0")
    return wrong


def compare(p: Pooled, s: Second) -> dict[str, float]:
    """How far the two ways stand from each other, in points of percent (tau: on the logit scale)."""
    assert p.estimate is not None
    assert p.low is not None
    assert p.high is not None
    assert p.tau2 is not None
    return {
        "estimate": 100 * abs(p.estimate - s.estimate),
        "low": 100 * abs(p.low - s.low),
        "high": 100 * abs(p.high - s.high),
        "tau": abs(sqrt(p.tau2) - sqrt(s.tau2)),
    }


def metafor(cases: dict[int, Pairs]) -> dict[int, tuple[float, float, float, float]]:
    """Estimate, interval and tau2 of metafor's rma.glmm by case; {} where it is not installed."""
    if not shutil.which("Rscript"):
        return {}
    lines = ["suppressMessages(library(metafor))", "one <- function(i, x, n) {"]
    lines += ["  f <- try(suppressWarnings(rma.glmm(measure = 'PLO', xi = x, ni = n, nAGQ = 7)), silent = TRUE)"]
    lines += ["  if (inherits(f, 'try-error')) cat(i, 'NA,NA,NA,NA', sep = ',') else {"]
    lines += ["    q <- predict(f, transf = transf.ilogit)"]
    lines += ["    cat(i, q$pred, q$ci.lb, q$ci.ub, f$tau2, sep = ',') }; cat('\\n') }"]
    for i, pairs in cases.items():
        x, n = (", ".join(map(str, c)) for c in zip(*pairs, strict=True))
        lines.append(f"one({i}, c({x}), c({n}))")
    run = subprocess.run(["Rscript", "-"], input="\n".join(lines), capture_output=True, text=True, check=False)
    if run.returncode:
        return {}
    rows = [r for r in csv.reader(io.StringIO(run.stdout)) if len(r) == 5 and "NA" not in r]
    return {int(r[0]): (float(r[1]), float(r[2]), float(r[3]), float(r[4])) for r in rows}


def sweep(count: int, seed: int) -> int:
    """Print what was found; gives how many answers are wrong."""
    rng = random.Random(seed)
    cases = {i: case(rng) for i in range(count)}
    far: dict[str, float] = {"estimate": 0, "low": 0, "high": 0, "tau": 0}
    kinds: dict[str, int] = {}
    bad: list[str] = []
    answers: dict[int, Pooled] = {}
    quadrature, slowest = 0.0, 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i, pairs in cases.items():
            started = time.perf_counter()
            p = pool([x for x, _ in pairs], [n for _, n in pairs])
            slowest = max(slowest, time.perf_counter() - started)
            answers[i] = p
            kind = "grid" if any("fine grid" in n for n in p.notes) else p.method
            kinds[kind] = kinds.get(kind, 0) + 1
            bad += [f"case {i}: {w} {pairs[:6]}" for w in sane(p, pairs)]
            if p.method != METHODS["GLMM"]:
                continue
            s = second(pairs)
            if len(pairs) <= 6 and s.tau2 > 1e-6:
                mu = log(s.estimate / (1 - s.estimate))
                quadrature = max(quadrature, abs(adaptive(mu, sqrt(s.tau2), pairs) - s.deviance))
            d = compare(p, s)
            if max(d["estimate"], d["low"], d["high"]) > 0.2 or d["tau"] > 0.02 * (1 + sqrt(s.tau2)):
                bad.append(f"case {i} ({kind}): k = {len(pairs)}, {d}, ours {p.tau2}, second {s} {pairs[:8]}")
            far = {name: max(far[name], d[name]) for name in far}
    print(f"{count} sets (seed {seed}): {kinds}; slowest pool {slowest:.2f} s")
    print("furthest from the second way (points of percent; tau in logits):", {k: round(v, 4) for k, v in far.items()})
    print(f"Simpson against adaptive quadrature, furthest deviance: {quadrature:.2e}")
    _with_metafor(cases, answers)
    for line in bad:
        print("WRONG", line)
    print(f"{len(bad)} wrong")
    return len(bad)


def _with_metafor(cases: dict[int, Pairs], answers: dict[int, Pooled]) -> None:
    """How metafor's 7-point quadrature compares, where both fit a GLMM without the fine grid."""
    plain = {i: c for i, c in cases.items() if answers[i].method == METHODS["GLMM"] and not answers[i].notes}
    theirs = metafor(dict(list(plain.items())[:60]))
    if not theirs:
        print("metafor is not installed here (Rscript): not compared")
        return
    gaps = {i: max(abs(100 * (answers[i].estimate or 0) - 100 * m[0]), abs(100 * (answers[i].low or 0) - 100 * m[1]),
                   abs(100 * (answers[i].high or 0) - 100 * m[2])) for i, m in theirs.items()}  # fmt: skip
    close = sum(g <= 0.05 for g in gaps.values())
    print(f"metafor: {close} of {len(gaps)} within 0.05 points; furthest {max(gaps.values()):.3f}")
    for i in sorted(gaps, key=lambda i: -gaps[i])[:5]:
        if gaps[i] > 0.05:
            p = answers[i]
            print(
                f"  case {i}: ours {p.estimate:.5f} [{p.low:.5f} {p.high:.5f}] tau2 {p.tau2:.4f}; metafor {theirs[i]}"
            )


if __name__ == "__main__":
    count, seed = (int(sys.argv[i]) if len(sys.argv) > i else d for i, d in ((1, 300), (2, 1)))
    sys.exit(1 if sweep(count, seed) else 0)
