"""Cells told together with words between: "9 of 50 (...) or 18%" and "52% at 1 year (95% CI 44-60)"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ._outcome_cells import Cell

_I = re.I | re.A
_OR_SHARE = re.compile(
    r"(?:\s(?:of\s)?(?:the\s|these\s)?(?:[a-z]+\s)?(?:patients|pts|subjects|participants|children|cases))?"
    r"\s?\((?:[^()]|\([^()]*\)){1,160}\),?\s(?:or|i\.e\.,?|that is,?)\s",
    _I,
)
_AT_POINT = re.compile(r"\s(?:at|by|after)\s(?:the\s)?", _I)


def joined_cells(text: str, found: list[Cell]) -> list[Cell]:
    """The cells, with those that tell one value made one."""
    out: list[Cell] = []
    for c in found:
        fraction = _fraction_of(text, out, c)
        if fraction is not None:
            first = out[fraction]
            out[fraction] = replace(first, value=c.value, attached=(*first.attached, (c.start, c.end)))
        elif out and _interval_of_last(text, out[-1], c):
            out[-1] = replace(out[-1], ci=c.ci, attached=(*out[-1].attached, (c.start, c.hi)))
        else:
            out.append(c)
    return out


def _fraction_of(text: str, before: Sequence[Cell], c: Cell) -> int | None:
    """Which cell is the fraction of a share behind its details: "9 of 50 patients (one CR, eight PRs) or 18%"."""
    if c.kind != "rate" or c.value is None or c.num is not None or not text[: c.lo].endswith((" or ", "i.e., ", "i.e. ", " is ")):
        return None
    for k in range(len(before) - 1, max(-1, len(before) - 8), -1):
        x = before[k]
        if x.kind == "rate" and x.value is None and x.den and x.num is not None:
            agrees = abs(100 * x.num / x.den - c.value) <= 0.6
            return k if agrees and _OR_SHARE.fullmatch(text[x.hi : c.lo]) else None
    return None


def _interval_of_last(text: str, last: Cell, c: Cell) -> bool:
    """Whether the interval behind a point in time is of the share before: "52% at 1 year [95% CI, 44-60]"."""
    if last.kind != "rate" or last.value is None or last.ci or c.kind != "time" or not c.ci:
        return False
    low, high = c.ci[0], c.ci[1]
    if low is None or high is None or not low <= last.value <= high or low <= (c.value or 0) <= high:
        return False
    return bool(_AT_POINT.fullmatch(text[last.hi : c.lo]))
