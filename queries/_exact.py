"""Exact and score intervals of one proportion: Clopper-Pearson and Wilson.

Both equal R's binom.test and prop.test(correct = FALSE). All values are proportions between 0 and 1.
"""

from __future__ import annotations

from math import sqrt

from scipy.special import betaincinv, ndtri


def _check(x: int, n: int, level: float) -> None:
    if not (0 <= x <= n and n > 0 and 0 < level < 1):
        raise ValueError(f"need 0 <= events <= n, n > 0 and 0 < level < 1; got {x}/{n}, level {level}")


def clopper_pearson(x: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact (Clopper-Pearson) interval of x events in n.

    >>> [round(v, 4) for v in clopper_pearson(38, 98)]
    [0.291, 0.4915]
    """
    _check(x, n, level)
    tail = (1 - level) / 2
    low = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
    high = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - tail))
    return low, high


def wilson(x: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The score (Wilson) interval of x events in n, without continuity correction.

    >>> [round(v, 4) for v in wilson(38, 98)]
    [0.2973, 0.4867]
    """
    _check(x, n, level)
    z = float(ndtri(0.5 + level / 2))
    p = x / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return (0.0 if x == 0 else max(0.0, middle - half)), (1.0 if x == n else min(1.0, middle + half))
