"""Counts: events of n patients as a value prints them, or why it may not be pooled.

A numerator that is not printed is computed only where one count alone gives the percentage at the digits printed (and
the interval, if one is printed), and pooled only where that was asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ._evidence import Held, Paper, rereads
from ._exact import clopper_pearson
from ._request import Request


@dataclass(frozen=True, slots=True)
class Count:
    """Events of n patients; `derived` where the numerator is computed from a percentage and a printed n."""

    events: int
    total: int
    derived: bool = False


def count(held: Held, request: Request) -> Count | str:
    """The counts of a value, or why it cannot be pooled."""
    o = held.outcome
    n, x = o.denominator, o.numerator
    if o.value_status != "reported":
        return o.value_status.replace("_", " ")
    if n is None:
        return "n is not printed for it"
    if n < 1:
        return "no patient was assessed"
    of_patients = o.statistic == "count" and o.unit in (None, "{participants}")  # events are no patients
    if x is None and of_patients and o.value is not None and float(o.value).is_integer():
        x = int(o.value)
    derived = "numerator" in o.derived or x is None
    if derived:
        return _computed(held, n, request)
    assert x is not None
    if not 0 <= x <= n:
        return f"{x}/{n} is no share of patients"
    if held.percent is not None and abs(100 * x / n - held.percent) > 1.01:
        return f"{x}/{n} and {held.percent:g}% do not agree"
    return Count(x, n)


def _computed(held: Held, n: int, request: Request) -> Count | str:
    """A numerator computed from the percentage, where one count alone gives it at the digits printed."""
    x = held.outcome.numerator
    if held.percent is None and x is not None and 0 <= x <= n:  # summed of counts that are printed (2 CR + 1 PR)
        return (
            Count(x, n, True) if request.derived else f"its count is not printed (a sum, {x}/{n}; --derived pools it)"
        )
    if held.percent is None:
        return "no count is printed"
    text = next((t for t in re.findall(r"\d+(?:\.\d+)?", held.quote.replace("·", ".")) if _same(t, held)), None)
    digits = len(text.partition(".")[2]) if text else len(f"{held.percent:g}".partition(".")[2])
    digits -= 2 if held.outcome.unit == "1" else 0
    half = 0.5 * 10**-digits + 1e-9
    fitting = [x for x in range(n + 1) if abs(100 * x / n - held.percent) <= half]
    if len(fitting) > 1:
        fitting = [x for x in fitting if _gives(x, n, held)] or fitting
    if len(fitting) != 1:
        many = f"{len(fitting)} counts" if fitting else "no count"
        return f"its numerator is not printed, and {many} of {n} would give {held.percent:g}%"
    if not request.derived:
        return f"its numerator is not printed ({fitting[0]}/{n} would give {held.percent:g}%; --derived pools it)"
    return Count(fitting[0], n, True)


def _gives(x: int, n: int, held: Held) -> bool:
    """Whether the exact interval of x of n is the one printed."""
    d = held.outcome.dispersion
    if d is None or d.type != "CONFIDENCE_95" or d.lower is None or d.upper is None:
        return False
    low, high = (100 * v for v in clopper_pearson(x, n))
    digits = max(len(f"{v:g}".partition(".")[2]) for v in (d.lower, d.upper))
    return bool(max(abs(low - d.lower), abs(high - d.upper)) <= 0.5 * 10**-digits + 1e-9)


def _same(words: str, held: Held) -> bool:
    return held.outcome.value is not None and abs(float(words) - held.outcome.value) < 1e-9


def barred(held: Held, paper: Paper | None, request: Request) -> str | None:
    """Why a value may not be pooled whatever its counts, or None."""
    o = held.outcome
    if paper and paper.source.retracted:
        return "the paper is RETRACTED"
    if wrong := rereads(held):
        return f"its source does not re-read: {wrong}"
    if {"serious_only", "non_serious_only"} & set(o.flags):
        return "it counts only the serious, or only the other, events of a registry's two tables"
    if "recalled" in o.flags and request.min_confidence > 0.5:
        return "the figure was recalled, its source not reopened (--min-confidence 0.5 pools it)"
    if o.confidence is not None and o.confidence < request.min_confidence:
        return f"read with confidence {o.confidence:.2f} (--min-confidence pools it)"
    if o.confidence is None and o.origin == "text" and request.min_confidence > 0:
        return "read by a rule whose precision is not measured (--min-confidence 0 pools it)"
    return None


def counted(h: Held, request: Request) -> bool:
    return not isinstance(count(h, request), str)
