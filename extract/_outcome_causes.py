"""Causes of death: how patients died is no result of its own ("five patients died, 3 of disease progression")."""

from __future__ import annotations

import re

from ._outcome_cells import Cell
from ._outcome_terms import Term

_I = re.I | re.A
_DIED = re.compile(r"\b(?:died|deaths?|deceased|dead)\b", _I)


def cause_of_death(text: str, t: Term, c: Cell, start: int) -> bool:
    """ "Five patients died, 3 of disease progression": how they died, no result of its own."""
    return bool(
        re.fullmatch(r"(?:\s(?:patients?|pts|cases?))?\s(?:of|from|due to|because of)\s(?:\w+\s)?", text[c.hi : t.start])
        and _DIED.search(text, start, c.lo)
    )


_FROM = re.compile(r"[\s)\]]*(?:from|of|due to|because of)\s", _I)
_DEATHS_OF = re.compile(r"\b(?:deaths?|died)\s(?:from|of|due to|because of)\s(?:\w+\s){0,2}\Z", _I)


def one_more_cause(text: str, t: Term, c: Cell, before: int, start: int) -> bool:
    """ "deaths due to infection, seven from progressive disease", "two treatment-related deaths (one sepsis, one CRS)"."""
    if _FROM.match(text, c.hi) and _DEATHS_OF.search(text, max(start, t.start - 40), t.start):
        return True
    return t.id == "TRM" and c.kind == "bare" and before <= t.start and bool(re.fullmatch(r"\s?[(:]\s?", text[t.end : c.lo]))
