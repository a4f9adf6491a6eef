"""Who was alive: "all patients were alive at 12 months", "4 of 7 are alive", where nothing is said of their disease."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._numbers import PATIENTS
from ._outcome_cells import Cell
from ._outcome_reading import Reading
from ._outcome_terms import Term

_I = re.I | re.A
_ALL = re.compile(
    rf"\b(?:all|both)\s(?:of\s)?(?:the\s|these\s)?(?:[\w-]+\s){{0,2}}{PATIENTS}\s(?:[^.;,%]{{3,50}}\s)?"
    r"(?:were|are|remain(?:ed)?)\s(?:all\s|still\s|currently\s|also\s)?\Z",
    _I,
)
_WERE = re.compile(
    rf"[\s)\]]*(?:of\s(?:the|these)\s)?(?:(?:[\w-]+\s)?{PATIENTS}\s)?(?:(?:with|who|given|treated|receiving)\s[^.;,%]{{3,60}}\s)?(?:were|was|are|remain(?:ed|s)?)\s"
    r"(?:still\s|currently\s)?", _I
)
_DISEASED = re.compile(  # what is told of their disease is told of that, and not of survival
    r"\s?(?:\([^()]*\)\s?)?,?\s?(?:with(?:out)?|in|and)\s(?:[\w-]+\s){0,3}?(?:disease|progression|relapse|remission|CR|PR|"
    r"recurrence|response|free|disease-free|progression-free|relapse-free|leuk\w+-free|event-free)\b", _I
)


def alive(text: str, terms: Sequence[Term], cells: Sequence[Cell], start: int) -> Iterator[Reading]:
    """Readings of survival that no curve tells: of all (100 in words), or n of N."""
    for t in terms:
        if t.kind != "survival" or t.words.lower() != "alive" or _DISEASED.match(text, t.end):
            continue
        before = [c for c in cells if c.hi <= t.start and c.kind in ("rate", "count", "bare")]
        last = before[-1] if before else None
        m = _ALL.search(text, max(start, t.start - 110), t.start)
        if m and (last is None or last.lo < m.start()):
            yield Reading(t, Cell("rate", m.start(), m.end(), m.start(), m.end(), 100.0, unit="%"), "all")
        elif last and last.den and last.value is None and _WERE.fullmatch(text[last.hi : t.start]):
            yield Reading(t, last, "alive")
