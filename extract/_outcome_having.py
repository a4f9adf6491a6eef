"""Shares whose clause says what they had: "with 3 patients (10%) having a CR", "47% had a CR (27%) or PR (20%)"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ._numbers import PATIENTS
from ._outcome_cells import Cell
from ._outcome_terms import Term

_I = re.I | re.A
_HAVING = re.compile(
    rf"[\s)%\]]*(?:of\s)?(?:(?:the\s|these\s)?(?:{PATIENTS})\s?(?:\([^()]*\)\s?)?)?"
    r"(?:having|achieving|showing|attaining|obtaining)\s"
    r"(?:an?\s|the\s)?(?:(?:confirmed|durable|ongoing|best|objective)\s)?",
    _I,
)
_LED = re.compile(r"\b(?:with|and)\s(?:only\s|another\s)?\Z", _I)


def having(text: str, c: Cell, ahead: Sequence[Term]) -> list[Term]:
    """ "..., with 3 patients (10%) having a complete response": what they had stands behind them."""
    t = ahead[0] if ahead else None
    if t is None or t.kind != "response" or c.kind not in ("rate", "count", "bare"):
        return []
    return [t] if _LED.search(text, max(0, c.lo - 16), c.lo) and _HAVING.fullmatch(text[c.hi : t.start]) else []


_HAD = re.compile(
    rf"[\s)\]]*(?:of\s(?:the\s|these\s)?)?(?:(?:{PATIENTS})\s)?(?:had|achieved|showed|experienced|attained|obtained)\s"
    r"(?:either\s)?(?:an?\s)?",
    _I,
)
_ANSWERED = re.compile(r"\s?\([^()]{1,40}\)\s(?:or|and)\s(?:an?\s)?", _I)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def either_answered(text: str, c: Cell, ahead: Sequence[Term]) -> list[Term]:
    """ "46.7% (7/15) had a CR (26.7%) or PR (20.0%)": where the two add up to it, the share is of those who responded."""
    if c.kind not in ("rate", "count") or len(ahead) < 2 or {ahead[0].id, ahead[1].id} not in ({"CR", "PR"}, {"CRi", "PR"}):
        return []
    a, b = ahead[:2]
    if not _HAD.fullmatch(text[c.hi : a.start]) or not _ANSWERED.fullmatch(text[a.end : b.start]):
        return []
    shut = text.find(")", b.end)
    parts = [_NUMBER.findall(text[a.end : b.start]), _NUMBER.findall(text[b.end : shut]) if 0 < shut < b.end + 40 else []]
    whole = [x for x in (c.value, c.num) if x is not None]
    sums = [float(x) + float(y) for x in parts[0] for y in parts[1]]
    return [replace(a, id="ORR", kind="response")] if any(abs(x - y) < 0.25 for x in whole for y in sums) else []


_OF_THOSE = re.compile(
    rf"\s(?:of|in)\s(?:the\s|all\s)?(?:{PATIENTS}|those)\s(?:with|without|receiving|given)\s[^,;.%]{{2,40}}\s"
    r"(?:and|vs\.?|versus|but)\s(?:only\s)?(?:in\s)?",
    _I,
)
_TOO = re.compile(
    rf"\s(?:of|in)\s(?:the\s)?(?:those|{PATIENTS})\b(?![^.;,]{{0,70}}\b(?:had|achieved|developed|experienced|responded|died|"
    r"relapsed|showed|progressed|attained)\b)",
    _I,
)


def of_those_too(text: str, cells: Sequence[Cell], i: int, done: Mapping[int, list[Term]]) -> list[Term]:
    """ "in 40% of patients with AML and 22% of those with ALL and were not predicted by age": the second is of the same."""
    if not i or cells[i].kind != "rate" or cells[i - 1].kind != "rate" or not done.get(i - 1) or done[i - 1][0].kind == "tox":
        return []
    gap = text[cells[i - 1].hi : cells[i].lo]
    return done[i - 1] if _OF_THOSE.fullmatch(gap) and _TOO.match(text, cells[i].hi) else []
