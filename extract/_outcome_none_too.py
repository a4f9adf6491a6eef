"""None in one arm and some in another: "27 in arm A had a CR, compared with none in arm B", "no deaths in A and one in B"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._outcome_cells import Cell
from ._outcome_reading import Reading
from ._outcome_terms import Term

_NONE_TOO = re.compile(
    r"[^.;%]{0,80}?\b(?:compared (?:with|to)|versus|vs\.?|and|while|whereas|but)\s"
    r"(?:there (?:was|were)\s)?(?P<n>none|no patients?)\s(?:in|of|with|on|among|at)\b",
    re.I,
)


def none_too(text: str, readings: Sequence[Reading], end: int) -> Iterator[Reading]:
    """ "27 patients in arm A had a CR, compared with none in arm B": none of the same in the other arm."""
    for r in readings:
        m = _NONE_TOO.match(text, max(r.cell.hi, r.term.end), end) if r.cell.kind in ("count", "rate", "bare") else None
        if m and not any(x.cell.lo <= m.start("n") < x.cell.hi for x in readings):
            a, b = m.span("n")
            yield Reading(r.term, Cell("count", a, b, a, b, 0.0, unit="patients"), "none too")


def after_none(
    text: str, spoken: Sequence[Reading], values: Sequence[Cell], taken: Sequence[Cell]
) -> Iterator[Reading]:
    """ "No deaths in arm A and one (1%) in arm B": the next value is of the same term."""
    for r in spoken:
        c = next((c for c in values if c.lo >= r.term.end), None)
        if r.cell.value != 0 or c is None or c in taken or c.kind not in ("rate", "count", "bare"):
            continue
        if _ALSO.fullmatch(text[r.term.end : c.lo]) and _OWN_GROUP.match(text[c.hi :][:24]) and _countable_kind(r.term):
            yield Reading(r.term, c, "after none")


def _countable_kind(t: Term) -> bool:
    return t.kind in ("tox", "response", "generic")


_OWN_GROUP = re.compile(r"[\s)%]*(?:patients?\s|pts\s)?(?:in|at|with)\b")


_ALSO = re.compile(
    r"[\s)]*(?:(?:was|were|not|never|occurred|observed|reported|seen)\s)*(?:(?:in|at|with|"
    r"among)\s[^,;.]{2,50}?)?,?\s(?:and|but|"
    r"versus|vs\.?|(?:as )?compared (?:with|to)|whereas|while)\s(?:only\s)?(?:in\s)?"
)


_GROUP_ZH = (
    r"(?:DL\s?-?\d|[Cc]ohort\s?\w|[^,;。()%\d]{0,8}?\d(?:\.\d+)?\s?×\s?10\^?\d{1,2}[^,;。()]{0,10}|[^,;。()%\d]{0,12}?(?:组|"
    r"队列|剂量水平)\s?[\dA-D]?)"
)
_NEXT_ZH = re.compile(
    rf"[^,;。()\d%]{{0,6}}(?:\([^()]*\))?[,;]\s?(?:而|但|仅|其中|在)?\s?{_GROUP_ZH}(?:\d{{1,3}}[例名位])?(?:患者)?(?:中)?(?:则|仅|各|也|均)?"
    r"(?:有|出现|发生|观察到|为)?(?:了)?\s?"
)


def after_none_zh(text: str, spoken: Sequence[Reading], terms: Sequence[Term], values: Sequence[Cell]) -> Iterator[Reading]:
    """DL1未出现DLT,DL2出现1例(4级腹泻),DL3出现2例: how many had it in the next groups."""
    for r in spoken:
        if r.cell.value != 0 or r.how not in ("none", "not seen") or r.term.kind not in ("tox", "response"):
            continue
        at = max(r.term.end, r.cell.hi)
        for c in values:
            if c.lo < at or c.kind not in ("rate", "count"):
                continue
            own = any(at <= t.start < c.lo or c.hi <= t.start <= c.hi + 1 for t in terms if not _bracketed(text, t, at))
            if own or not _NEXT_ZH.fullmatch(text, at, c.lo) or not _ENDS_ZH.match(text, c.hi):
                break
            yield Reading(r.term, c, "after none")
            at = c.hi


_ENDS_ZH = re.compile(r"\s?(?:患者)?(?:发生|出现)?\s?(?:[(,;。]|\Z)")


def _bracketed(text: str, t: Term, start: int) -> bool:
    """Whether a term stands in a bracket that opened behind a place."""
    return text.rfind("(", start, t.start) > text.rfind(")", start, t.start)
