"""Units that several values share: "5.6 and 9.0 months", "35 vs 19%", "HR 1.67 for PFS and 1.29 for OS"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ._numbers import unit_of
from ._outcome_cells import Cell, bare_words
from ._outcome_joined import joined_cells
from ._outcome_runs import ACTS
from ._outcome_terms import Term

_I = re.I | re.A
_RATIO_TOO = re.compile(
    r"[\s)\]]*(?:\([^()]*\)\s?)?(?:(?:for|in|among|with)\s[^,;.()]{1,50}?)?(?:,?\s?(?:and|or)\s|\s?[和与及、]\s?)"
    r"(?:(?:that\s|the hazard ratio\s)?for\s[^,;.()\d]{2,40}?\s(?:was\s)?)?",
    re.I,
)
_LATER = re.compile(
    r"[\s)\]]*(?:\([^()]*\)\s?)?[,;]?\s(?:and\s|but\s)?(?:for|from|beyond|after|in|within|during|before|at)\s"
    r"(?:(?:the|first|months?|years?|weeks?|days?)\s){0,3}\d{1,3}(?:\s?(?:-|to|and)\s?\d{1,3})?\s?(?:months?|mo|years?|weeks?|days?)?"
    r"(?:\sand beyond|\sonwards?)?\s(?:it\s)?(?:was|were|=|:)\s?",
    _I,
)
_SHARE_RIGHT = re.compile(
    r"[\s)\]]*[,;]?\s?(?:and|or|vs\.?|versus|v\.?|to|/|compared (?:with|to)|与|和|、|及|对比|对|比)?\s?"
    r"(?:(?:in|for|with|of)\s[^,;()]{1,40}\s)?(?:(?:arm|group|cohort)\s\w{1,3}|[A-Z][\w+-]{0,15})?\s?:?\s?\Z",
    _I,
)
_SHARE_LEFT = re.compile(
    r"[\s)\]]*(?:(?:in|for|with|on)\s[^,;]{1,45}?)?[\s,]*(?:and|vs\.?|versus|v\.?|compared (?:with|to)|和|与)\s?"
    r"(?:only\s)?(?:(?:in|for|with)\s[^,;]{1,40}?\s)?\Z",
    _I,
)


_HEADER = re.compile(
    r",\s?(?P<u>months?|mos?|weeks?|wks?|days?|years?|yrs?)\s?"
    r"(?:\([^()\d]{0,12}\d{0,2}\s?%?[^()\d]{0,12}\)\s?)?(?:[:,=]|was|were)\s",
    _I,
)


_MEDIAN_OF = re.compile(r"\b(?P<u>months?|mos?|weeks?|days?|years?)\s?[(\[]\s?(?:median|mean)[,:]?\s(?:of\s)?\Z", _I)


def _median_in_bracket(text: str, c: Cell) -> Cell:
    """ "ranged from 1 to 36 months (median, 11.5)": of the unit before."""
    m = _MEDIAN_OF.search(text[max(0, c.lo - 30) : c.lo]) if c.kind == "bare" else None
    return replace(c, kind="time", unit=unit_of(m["u"])) if m else c


def _headed(text: str, found: list[Cell]) -> list[Cell]:
    """ "Median DOR, months (95% CI): overall 8.1 (4.8-11.9); CR 17.2 (9.9-NE)": the unit stands before them all."""
    found = [_median_in_bracket(text, c) for c in found]
    first = next((c for c in found if c.kind in ("bare", "time")), None)
    header = next((m for m in [_HEADER.search(text, max(0, first.lo - 60), first.lo)] if m), None) if first else None
    unit = unit_of(header["u"]) if header else None
    told = [c.kind == "bare" and (c.ci or c.spread or c.value != int(c.value or 0)) for c in found]
    return [replace(c, kind="time", unit=unit) if unit and t else c for c, t in zip(found, told, strict=True)]


def _by_window(text: str, found: list[Cell]) -> list[Cell]:
    """ "HR for 0-5 months was 1.46, for 5-12 months was 0.65": each of its own stretch of time."""
    last: Cell | None = None
    out = []
    for c in found:
        if last and c.kind == "bare" and c.value != int(c.value or 0) and _LATER.fullmatch(text[last.hi : c.lo]):
            c = replace(c, kind="ratio", ratio=last.ratio)
        last = c if c.kind == "ratio" else last
        out.append(c)
    return out


def share_units(text: str, found: list[Cell], terms: Sequence[Term]) -> list[Cell]:
    """5.6 and 9.0 months; 35 vs. 19%; 8.05 months for GD and 7.98 (95% CI ...) for CD."""
    out = _by_window(text, _headed(text, joined_cells(text, found)))
    people = False  # whether the number to the right is one of patients
    for i in range(len(out) - 2, -1, -1):
        c, right = out[i], out[i + 1]
        people = right.kind == "count" and (right.noun or people)
        counted = people and c.kind == "bare" and c.value == int(c.value or 0)
        joined = re.fullmatch(r"\s(?:and|or|vs\.?|versus|to)\s|,\s(?:and\s)?", text[c.hi : right.lo])
        if counted and joined and not ("," in joined[0] and ACTS.match(text, right.hi)):
            out[i] = replace(c, kind="count", unit="patients")  # "in 11 and 2 patients"
            continue
        label = text[c.lo - 1 : c.lo] in ("≥", "≤", "<", ">") and text[c.hi : c.hi + 1] == ":"  # "CPS ≥10: 59.7 vs 26.9 months"
        if c.kind == "bare" and not label and right.kind in ("time", "rate") and right.value is not None and right.high is None:
            gap = bare_words(text[c.hi : right.lo]) if _NAMED.match(text, c.hi) else text[c.hi : right.lo]
            if gap.strip() and _SHARE_RIGHT.fullmatch(gap) and not _crossed(terms, c.hi, right.lo) and _like(right):
                out[i] = replace(c, kind=right.kind, unit=right.unit)
    for i in range(1, len(out)):
        c, left = out[i], out[i - 1]
        paired = c.kind == "bare" and left.kind == "time" and text[left.hi : c.lo] in (" (", " [")
        if paired and left.unit and re.match(r"\s(?:vs\.?|versus|v)\s", text[c.hi : c.hi + 9]):
            out[i] = c = replace(c, kind="time", unit=left.unit)  # "by 3.4 months (14.8 vs 11.4)"
        none = c.kind == "bare" and c.value == 0 and left.kind == "rate" and left.unit == "%"
        if none and _NONE_LAST.fullmatch(text[left.hi : c.lo]) and _SHUT.match(text, c.hi):
            out[i] = c = replace(c, kind="rate", unit=left.unit)  # 5.1%、2.2%和0
        parted = c.kind == "bare" and c.value != int(c.value or 0)
        if parted and left.kind == "ratio" and _RATIO_TOO.fullmatch(text[left.hi : c.lo]):
            limits = (c.spread[1], c.spread[2], left.ci[2]) if c.spread and left.ci and not c.named_range else c.ci
            spread = None if limits else c.spread
            out[i] = c = replace(c, kind="ratio", ratio=left.ratio, ci=limits, spread=spread)  # "HR 1.67 for PFS and 1.29 for OS"
        if c.kind == "bare" and left.kind in ("time", "rate") and left.value is not None and left.unit:
            decimal = c.value != int(c.value or 0) or c.ci is not None
            if (
                decimal
                and not _crossed(terms, left.hi, c.lo)
                and _SHARE_LEFT.fullmatch(bare_words(text[left.hi : c.lo]))
            ):
                out[i] = replace(c, kind=left.kind, unit=left.unit)
    return out


_NONE_LAST = re.compile(r"\s?[)]?\s?(?:,?\s(?:and|vs\.?|versus)\s|[、和与及对比,]\s?|vs\.?\s?)")
_SHUT = re.compile(r"\s?(?:[,;。)]|\.(?!\d)|\Z)|,?\s(?:respectively|in|for|with)\b")
_NAMED = re.compile(
    r"\s?\((?![^()]*\d\s?%)[^()]*[A-Za-z][^()]*\)\s?(?:and|or|vs\.?|versus|,)"
)  # "3.4 (M1) and 5.9 mo (M2)"


def _crossed(terms: Sequence[Term], a: int, b: int) -> bool:
    people = ("responder", "non-responder")  # "30.2 months for responders and 7.4 for non-responders"
    return any(a <= t.start and t.end <= b and not t.words.lower().startswith(people) for t in terms)


def _like(right: Cell) -> bool:
    """A bare 2 before 8% in "2 and 8%" is of its kind; a bare count before a percentage in brackets is not."""
    return right.num is None and right.lo == right.start
