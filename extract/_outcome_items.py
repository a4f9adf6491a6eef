"""Groups that their place shows: an item with its size ("; and bridging (n = 20), 85%"), "the X group and non-X"."""

from __future__ import annotations

import re
from collections.abc import Iterator

_I = re.I | re.A
_SIZED = re.compile(
    r"[:;]\s(?:and\s|in\s|for\s|the\s){0,3}(?P<what>[A-Za-z][^;:()%]{2,90}?)\s\(n\s?=\s?\d{1,4}\)\s?[,:]?\s(?=\d)", _I
)
_KNOWN = re.compile(r"(?:all|patients|pts|those|children|adults|whole|entire|total|overall|arm|cohort|group|dose level|DL)\b", _I)
_ARM = re.compile(r"\b(?:dose|doses|arm|cohort|group|level|\w+cel)\b", _I)
_OPPOSITE = re.compile(
    r"\b(?P<x>[A-Za-z][\w./+-]{1,30})\s(?:group|arm|cohort|patients)\s(?:and|or|versus|vs\.?|than|compared with)\s(?:the\s)?"
    r"(?P<what>non-?\s?(?P=x))\b(?![\w-]|\s(?:groups?|arms?|cohorts?|patients)\b)",
    _I,
)


def in_place(text: str, start: int, end: int) -> Iterator[tuple[str, int, int, str]]:
    """(label, start, end, kind) of the groups that no words of their own name.

    >>> t = "The ORR was: all (n = 80), 75%; with bridging (n = 50), 70%; and radiotherapy (n = 20), 85%."
    >>> [x[0] for x in in_place(t, 0, len(t))]
    ['with bridging', 'radiotherapy']
    """
    if ";" in text[start:end] and "=" in text[start:end]:
        items = list(_SIZED.finditer(text, start, end))
        for m in items if len(items) > 1 else ():
            if not _KNOWN.match(m["what"]):
                yield m["what"], *m.span("what"), "arm" if _ARM.search(m["what"]) else "who"
    if "non" in text[start:end]:
        for m in _OPPOSITE.finditer(text, start, end):
            yield m["what"], *m.span("what"), "arm"
