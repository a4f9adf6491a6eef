"""Endpoints named by a pronoun: "In cohort 2 they were seen in 2/6", "the corresponding figures were 41% and 15%"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ._hints import hinted
from ._outcome_cells import Cell
from ._outcome_reading import Reading
from ._outcome_terms import Term
from ._outcome_verbal import countable

_I = re.I | re.A
_THEY = hinted(
    r"\b(?P<t>they|these|such (?:responses|events)|this|it)\s(?:(?:was|were)\s(?:seen|observed|noted|"
    r"reported|documented|recorded|achieved)|"
    r"occurred|developed)\s(?:only\s)?in\s(?=\d|\w+\s(?:of|patients?|out))",
    _I,
)


_CORRESPONDING = hinted(
    r"\b(?P<t>(?:corresponding|respective)\s(?:figures?|rates?|values?|numbers?|medians?|proportions?|estimates?|"
    r"percentages?))\b|(?:\A|(?<=\s))(?P<u>these|those|they|it)\s(?=(?:was|were)\s\d)",
    _I,
)


_OF_WHICH = re.compile(
    r"\s?(?P<t>(?:Of|Among) (?:which|these|those|them)),?\s\d{1,4}\s?(?:(?:patients|pts)\s)?(?:\([\d.]+\s?%\)\s)?"
    r"(?:were|was|had|experienced)\s(?:of\s)?(?:≥\s?)?(?:grades?|G)\s?[≥1-5]",
    _I,
)


def anaphora(text: str, before: Sequence[Term], start: int, end: int) -> Iterator[Term]:
    """ "Responses were absent in cohort 1. In cohort 2 they were seen in 2/6": the last endpoint of the sentence before."""
    graded = _OF_WHICH.match(text, start, end)
    tox = [t for t in before if t.kind == "tox" and t.id != "OTHER_SAFETY"]
    if graded and len({t.id for t in tox}) == 1:  # "TRAEs occurred in 18. Of which, 2 (10%) were grade 3"
        yield replace(tox[-1], start=graded.start("t"), end=graded.end("t"))
        return
    m = _THEY.search(text, start, end)
    last = next((t for t in reversed(before) if countable(t)), None)
    same = _CORRESPONDING.search(text, start, end)
    any_kind = next((t for t in reversed(before) if t.kind in ("time", "response", "generic", "tox")), None)
    if same and any_kind and any_kind.id not in ("OTHER_SAFETY", "OTHER_EFFICACY", "FOLLOW_UP"):
        a, b = same.span("t" if same["t"] else "u")
        told = {t.id: t for t in before if t.kind in ("time", "response", "tox") and not t.id.startswith("OTHER_")}
        yield from (replace(t, start=a, end=b) for t in (told.values() if len(told) == 2 else [any_kind]))
    elif m and last and last.id != "OTHER_SAFETY":
        yield replace(last, start=m.start("t"), end=m.end("t"))


_RISK_OF_ELSE = re.compile(
    r"\b(?:risks?|incidences?|odds|likelihood|probabilit(?:y|ies))\s(?:of|for)\s(?!(?:[\w-]+\s){0,2}?(?:death|dying|mortality|"
    r"progress\w*|relapse|recurrence)\b)[^.;]*\Z", _I
)


_OF_FACTORS = re.compile(  # "another variate that correlated with worse outcomes was age (HR, 1.35)": of which endpoint?
    r"\b(?:(?:co)?variates?|factors?|outcomes?|multivaria\w+|univaria\w+|predict(?:ors?|ed|ive))\b", _I
)


def ratio_again(
    text: str, timed: Term, own: Sequence[Term], values: Sequence[Cell], read: Sequence[Reading], start: int
) -> Iterator[Reading]:
    """ "The HR was 0.42": of the survival told last, and not "the risk of infection was higher with it (HR 1.9)"."""
    named = any(t.kind in ("time", "response", "generic", "risk", "survival") for t in own)
    if named or _OF_FACTORS.search(text, start, max((c.hi for c in values), default=start)):
        return
    for c in values:
        if c.kind != "ratio" or c.ratio != "hazard_ratio" or any(r.cell.start == c.start for r in read):
            continue
        if not _RISK_OF_ELSE.search(text, start, c.lo):
            yield Reading(timed, c, "ratio again")
