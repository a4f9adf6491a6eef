"""Doses told by their level only: "The MTD was DL2", "Dose level 3 was declared the MTD"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._outcome_cells import Cell
from ._outcome_reading import Reading
from ._outcome_terms import Term

_I = re.I | re.A
_LEVEL = (
    r"(?:(?:dose[- ]?levels?|DLs?|cohorts?|levels?)\s?-?\d[a-z]?(?!\d|\.\d|%|\s?[x×])"
    r"|(?:highest|lowest)\s(?!toler)(?:[A-Za-z-]+\s){0,3}?dose(?:\slevel)?\b(?!\s(?:that|of|at which)\b))"
)
_AT_LEVEL = re.compile(
    rf"\s?(?:\([^()]*\)\s?)?(?:(?:was|is|:|=|,|at|as|to be|determined|established|set|identified|defined|selected|"
    rf"declared)\s?){{1,4}}(?P<l>{_LEVEL})",
    _I,
)
_LEVEL_AS = re.compile(
    rf"(?P<l>{_LEVEL})\s?(?:\([^()]*\)\s?)?(?:was|were|is|has been)\s(?:\w+\s){{0,2}}?(?:determined|selected|chosen|"
    rf"declared|identified|"
    r"established|defined|recommended|designated|considered|taken)\s?(?:as|to be)?\s(?:the\s)?(?:\w+\s){0,2}\Z",
    _I,
)


def at_level(text: str, terms: Sequence[Term], taken: Sequence[int], start: int, end: int) -> Iterator[Reading]:
    """ "The MTD was DL2", "Dose level 3 was declared the MTD": a dose told by its level only."""
    for t in terms:
        if t.kind != "dose" or t.start in taken:
            continue
        m = _AT_LEVEL.match(text, t.end, end)
        m = m or next((x for x in [_LEVEL_AS.search(text[start : t.start])] if x), None)
        if m:
            a, b = m.span("l") if m.re is _AT_LEVEL else (start + m.start("l"), start + m.end("l"))
            yield Reading(t, Cell("dose", a, b, a, b), "level")
