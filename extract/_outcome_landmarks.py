"""Landmark shares told behind a median, and times that only name one: "14 months (1-year rate: 55%)", "the 8 months OS was"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ._numbers import WORD
from ._outcome_cells import Cell
from ._outcome_terms import Term

_I = re.I | re.A
_AT = rf"(?:\d+(?:\.\d+)?|{WORD})[- ](?:years?|months?|weeks?|days?|yr|mo|wk)"
_TOLD = r"(?:(?:survival|event-free|progression-free)\s)?(?:estimates?|rates?|probabilit(?:y|ies)|landmark)?"
_BEHIND = re.compile(
    rf"\)?(?:,\s(?:with|and)\s(?:an?\s|the\s)?(?:estimated\s)?|,\s(?:the\s)|\s?[(\[](?:the\s)?(?:estimated\s)?|;\s(?:the\s)?)"
    rf"{_AT}(?:\s?(?:/|,|and)\s?{_AT})?\s?{_TOLD}\s?(?:of|being|was|were|:|,|=)?\s?",
    _I,
)
_IS = re.compile(r"\b(?:was|were|is|are|rates?)\b", _I)


def at_landmark(text: str, cells: Sequence[Cell], i: int, done: Mapping[int, list[Term]]) -> list[Term]:
    """Terms of a share behind a median that names the landmark anew: "not reached, with an 18-month estimate of 81%"."""
    k = i - 1
    if k >= 0 and cells[k].kind == "rate" and cells[i].kind == "rate" and text[cells[k].hi : cells[i].lo].strip("%) ") == "/":
        k -= 1  # "(1-year/3-year rate: 55%/30%)"
        gap = text[cells[k].hi : cells[i - 1].lo] if k >= 0 else ""
    else:
        gap = text[cells[k].hi : cells[i].lo] if k >= 0 else ""
    if k < 0 or cells[i].kind != "rate" or cells[k].kind not in ("time", "state") or not _BEHIND.fullmatch(gap):
        return []
    return [t for t in done.get(k) or () if t.kind == "time" and t.id != "FOLLOW_UP"]


def names_landmark(text: str, cells: Sequence[Cell], i: int, t: Term | None) -> bool:
    """Whether a time before an endpoint is when the shares behind were told: "the 8 months overall survival was 64%"."""
    c = cells[i]
    if t is None or c.kind != "time" or t.kind != "time" or text[c.hi : t.start] != " " or i + 1 >= len(cells):
        return False
    behind = cells[i + 1]
    return behind.kind == "rate" and behind.lo > t.end and bool(_IS.search(text, t.end, behind.lo))
