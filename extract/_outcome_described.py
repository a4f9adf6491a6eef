"""Words of an endpoint that only say which people are compared, and numbers of people that a result only rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import PATIENTS
from ._outcome_aside import without_asides
from ._outcome_cells import Cell
from ._outcome_defined import without_criteria
from ._outcome_terms import Term

_I = re.I | re.A
_COMPARED = re.compile(
    r"\b(?:than|versus|vs\.?|compared (?:with|to)|in|among|for|to)\s(?:the\s|those\s|all\s)?"
    r"(?:(?!the\b|and\b|or\b|of\b|\d)[\w-]+\s){0,2}"
    r"(?:non-?\s?)?\Z",
    _I,
)
_HELD = re.compile(r"\s?(?:to\s[\w-]+\s)?(?:\([^()]{0,60}\d|[,.;]|(?:or|and|than|versus|vs\.?|compared)\b|\Z)", _I)
_LENGTH = re.compile(
    rf"\b(?:{PATIENTS}|those)\swith\s(?:an?\s)?[^,;.()%]{{0,40}}?\b(?:longer|shorter|greater|less|prolonged|first|prior|previous|"
    r"initial)\b[^,;.()%]{0,24}\Z",
    _I,
)
_TIMES = re.compile(r"\s?(?:mo|mos|months?|years?|yrs?)\b", _I)  # "OS at 6/12 months was 59%/41%"
_RESTS = re.compile(
    r"\b(?:rests?|rested|relies|relied|(?:is|was|are|were) based)\s(?:up)?on\s(?:(?:only|just|data from)\s)?\Z", _I
)


OF_GROUP = re.compile(  # "the OS rate for patients with persistent leukemia was 32%"
    rf"\b(?:for|in|among|of)\s(?:the\s)?(?:[\w-]+\s){{0,2}}?(?:{PATIENTS}|those)\swith\s(?:persist\w+|ongoing|relapsed|sustained|durable)\s"
    r"[^,;.()%]{3,60}?(?=\s(?:was|were|is)\s\Z|\s?\(?\Z)",
    _I,
)


def without_people(text: str, terms: Sequence[Term], cells: Sequence[Cell]) -> tuple[list[Term], list[Cell]]:
    """Terms without "prior responders (68.5%)" behind what is told of them, values without "rests on 15 patients".

    What only defines a response is left out too.
    """
    terms, cells = without_asides(text, *without_criteria(text, terms, cells))
    kept: list[Term] = []
    for t in terms:
        earlier = any(x.kind in ("time", "response", "tox") for x in kept)
        if not (earlier and (_responders(text, t) or _length(text, t))):
            kept.append(t)
    told = [c for c in cells if c.kind not in ("count", "bare") or not _RESTS.search(text[max(0, c.lo - 30) : c.lo])]
    return kept, [c for c in told if not (c.kind == "rate" and c.num and c.value is None and _TIMES.match(text, c.hi))]


def _responders(text: str, t: Term) -> bool:
    """ "worse OS (31%) than prior responders (68.5%)": whom the others are compared with."""
    if not t.words.lower().endswith("responders"):
        return False
    return bool(_HELD.match(text, t.end) and _COMPARED.search(text[max(0, t.start - 48) : t.start]))


def _length(text: str, t: Term) -> bool:
    """ "OS was 61% for patients with longer first remission duration and 24% for the others": a group's history."""
    return t.id == "DOR" and t.kind == "time" and bool(_LENGTH.search(text[max(0, t.start - 90) : t.start]))
