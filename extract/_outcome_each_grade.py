"""Grades in the order of their values: "(grade 1/2/3/4+, 62.5%/15%/5%/0%)", and grades told open behind the event."""

from __future__ import annotations

import re

from ._grade_words import grade_range
from ._outcome_cells import Cell
from ._outcome_terms import Term

_I = re.I | re.A
_SHARE = r"\d{1,3}(?:\.\d+)?\s?%?"
_IN_ORDER = re.compile(
    rf"\b(?:grades?|gr\.?|G)\s?(?P<g>[1-5](?:\s?/\s?[1-5]){{1,4}}(?:\+|\sor (?:higher|greater|above|worse))?)"
    rf"(?:\s[A-Za-z]{{2,20}})?(?:\s?[,:;=(]\s?|\s(?:was|were|in|of|occurred in)\s){{1,2}}"
    rf"(?P<v>{_SHARE}(?:\s?/\s?{_SHARE}){{1,4}})(?!\d)",
    _I,
)
_OPEN = re.compile(r"(?:\s(?:events?|cases?))?\sor (?:higher|greater|above|worse|more)\b", _I)


def in_order(text: str, c: Cell, start: int, end: int) -> tuple[int | None, int | None] | None:
    """The grade in a value's place of slashes.

    >>> t = "CRS was of low grade (grade 1/2/3+, 62%/15%/5%)"
    >>> in_order(t, Cell("rate", 40, 43, 40, 43), 0, len(t)), in_order(t, Cell("rate", 44, 46, 44, 46), 0, len(t))
    ((2, 2), (3, None))
    """
    if "/" not in text[start:end]:
        return None
    for m in _IN_ORDER.finditer(text, start, end):
        if not m.start("v") <= c.start < m.end("v"):
            continue
        each = re.split(r"\s?/\s?", m["g"])
        k = text.count("/", m.start("v"), c.start)
        return grade_range(f"grade {each[k]}") if len(each) == m["v"].count("/") + 1 else None
    return None


def open_above(text: str, t: Term, found: tuple[int | None, int | None]) -> tuple[int | None, int | None]:
    """ "no grade 3 events or higher" are of grade 3 and above."""
    low, high = found
    return (low, None) if low is not None and low == high and _OPEN.match(text, t.end) else found
