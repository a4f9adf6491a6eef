"""Short forms that a text defines itself: "possibly related adverse events (PRAEs)", "neurologic events (NE)"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_SHORT = re.compile(r"s?\s?(?:rates?\s?)?\(\s?(?P<s>[A-Za-z]{0,3}[A-Z][A-Za-z]{0,4}[A-Z][A-Za-z]{0,3}?)s?\s?[),;]")
_NO_SHORT = {"CI", "HR", "OR", "IQR", "SD", "SE", "AE", "AES", "PD", "CR", "PR", "NR", "US", "EU", "IV",
    "RECIST", "CTCAE", "ASTCT"}


_MAYBE = re.compile(r"\b(?:possibly|probably|potentially)\s\Z", re.I)


def shorts(text: str, places: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """(start, end, id) of further mentions of short forms that stand behind endpoints (start, end, id) in a bracket.

    >>> t = "neurologic events (NEs) were graded; any NE occurred in 5"
    >>> [(t[a:b], id) for a, b, id in shorts(t, [(0, 17, "NEUROTOXICITY")])]
    [('NE', 'NEUROTOXICITY')]
    """
    told: dict[str, str] = {}
    for a, b, id in places:
        m = _SHORT.match(text, b)
        maybe = _MAYBE.search(text[max(0, a - 12) : a])
        words = (maybe[0] if maybe else "") + text[a:b]
        if m and m["s"].upper() not in _NO_SHORT and _of_these(m["s"], words):
            told.setdefault(m["s"], id)
    for short, id in told.items():
        for m in re.finditer(rf"(?<![\w-]){short}s?(?![\w-])", text):
            if text[m.start() - 1 : m.start()] != "(":
                yield m.start(), m.end(), id


def _of_these(short: str, words: str) -> bool:
    """Whether the capitals of a short form begin words of the long one, in their order."""
    initials = re.findall(r"(?<![A-Za-z])[A-Za-z]", words)
    at = 0
    for c in re.findall("[A-Z]", short):
        while at < len(initials) and initials[at].upper() != c:
            at += 1
        if at == len(initials):
            return False
        at += 1
    return True
