"""Sizes of a single-arm phase 2 trial: Simon's two-stage designs (optimal, minimax) and the exact single stage.

Simon 1989, Control Clin Trials 10:1-10. A design stops after n1 patients with r1 or fewer responses and calls the
treatment not worthwhile with r or fewer of n. Error rates are exact binomial ones, found by complete search.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from scipy.special import betainc, gammaln, ndtri

Floats = Any


@dataclass(frozen=True, slots=True)
class TwoStage:
    """r1/n1 then r/n; en is the expected size and pet the chance of stopping early if p0 is true."""

    kind: str
    r1: int
    n1: int
    r: int
    n: int
    en: float
    pet: float
    alpha: float
    power: float


@dataclass(frozen=True, slots=True)
class SingleStage:
    """Reject p0 when more than r of n respond."""

    r: int
    n: int
    alpha: float
    power: float


def _check(p0: float, p1: float, alpha: float, beta: float) -> None:
    if not (0 < p0 < p1 < 1 and 0 < alpha < 0.5 and 0 < beta < 0.5):
        raise ValueError(
            f"need 0 < p0 < p1 < 1 and alpha, beta between 0 and 0.5; got p0 {p0}, p1 {p1}, alpha {alpha}, beta {beta}"
        )


def single_stage(p0: float, p1: float, alpha: float = 0.05, beta: float = 0.2, largest: int = 2000) -> SingleStage:
    """The smallest exact binomial design (A'Hern 2001). Raises ValueError beyond `largest` patients.

    >>> d = single_stage(0.1, 0.3, 0.05, 0.2)
    >>> d.r, d.n
    (5, 25)
    """
    _check(p0, p1, alpha, beta)
    for n in range(1, largest + 1):
        r = np.arange(n)
        above0, above1 = betainc(r + 1, n - r, p0), betainc(r + 1, n - r, p1)  # P(X > r)
        fits = np.flatnonzero((above0 <= alpha) & (above1 >= 1 - beta))
        if len(fits):
            i = fits[0]
            return SingleStage(int(r[i]), n, float(above0[i]), float(above1[i]))
    raise ValueError(f"p0 {p0} and p1 {p1} are so close that more than {largest} patients would be needed")


def two_stage(
    p0: float, p1: float, alpha: float = 0.05, beta: float = 0.2, largest: int | None = None
) -> tuple[TwoStage, TwoStage]:
    """Simon's optimal and minimax design. Raises ValueError where more than 150 patients would be needed.

    >>> optimal, minimax = two_stage(0.1, 0.3)
    >>> (optimal.r1, optimal.n1, optimal.r, optimal.n), (minimax.r1, minimax.n1, minimax.r, minimax.n)
    ((1, 10, 5, 29), (1, 15, 5, 25))
    """
    _check(p0, p1, alpha, beta)
    largest = largest or _reach(p0, p1, alpha, beta)
    tails = {n: _sf(n, p0) for n in range(largest)}, {n: _sf(n, p1) for n in range(largest)}
    optimal: TwoStage | None = None
    minimax: TwoStage | None = None
    for n in range(2, largest + 1):
        found = _best(n, p0, p1, alpha, beta, optimal.en if optimal else float("inf"), minimax is None, tails)
        if found is None:
            continue
        if minimax is None:
            minimax = found
        if optimal is None or found.en < optimal.en - 1e-12:
            optimal = found
    if optimal is None or minimax is None:
        raise ValueError(f"no two-stage design with at most {largest} patients for p0 {p0} and p1 {p1}")
    return _named(optimal, "optimal"), _named(minimax, "minimax")


def _reach(p0: float, p1: float, alpha: float, beta: float) -> int:
    """How far to search: half as far again as the single stage, where Simon's optimal designs lie."""
    single = single_stage(p0, p1, alpha, beta, 150).n
    z = float(ndtri(1 - alpha) + ndtri(1 - beta))
    normal = ceil(z * z * (p0 + p1) / 2 * (1 - (p0 + p1) / 2) / (p1 - p0) ** 2)
    return max(single, normal) * 3 // 2 + 10


def _named(d: TwoStage, kind: str) -> TwoStage:
    return TwoStage(kind, d.r1, d.n1, d.r, d.n, d.en, d.pet, d.alpha, d.power)


def _pmf(n: int, p: float) -> Floats:
    x = np.arange(n + 1)
    return np.exp(gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1) + x * np.log(p) + (n - x) * np.log1p(-p))


def _sf(n: int, p: float) -> Floats:
    """P(X > r) for r = 0 ... n."""
    return np.append(np.cumsum(_pmf(n, p)[::-1])[::-1][1:], 0.0)


def _reject(n1: int, n2: int, p: float, sf: Floats) -> Floats:
    """Chance of X1 > r1 and X1 + X2 > r, by row r1 = 0 ... n1-1 and column r = 0 ... n1+n2-1."""
    need = np.arange(n1 + n2)[None, :] - np.arange(n1 + 1)[:, None]  # responses not to be exceeded in stage 2
    tail = np.where(need < 0, 1.0, sf[np.clip(need, 0, n2)])
    parts = _pmf(n1, p)[:, None] * tail
    return np.cumsum(parts[::-1], axis=0)[::-1][1:]


def _best(
    n: int, p0: float, p1: float, alpha: float, beta: float, limit: float, any_size: bool, tails: tuple[Any, Any]
) -> TwoStage | None:
    """The design of n patients with the least expected size under p0 (below `limit` unless any will do)."""
    best: TwoStage | None = None
    for n1 in range(1, n):
        if not any_size and n1 >= limit:  # the expected size is at least n1
            break
        a = _reject(n1, n - n1, p0, tails[0][n - n1])
        power = _reject(n1, n - n1, p1, tails[1][n - n1])
        fits = (a <= alpha) & (power >= 1 - beta)
        rows = np.flatnonzero(fits.any(axis=1))
        if not len(rows):
            continue
        r1 = int(rows[-1])  # a larger r1 stops more often and so lowers the expected size
        r = int(np.flatnonzero(fits[r1])[0])
        pet = float(_pmf(n1, p0)[: r1 + 1].sum())
        en = n1 + (1 - pet) * (n - n1)
        if best is None or en < best.en - 1e-12:
            best = TwoStage("", r1, n1, r, n, en, pet, float(a[r1, r]), float(power[r1, r]))
    return best
