"""Lines of Chinese pages that stand for themselves: rows of a table, and what follows a line with nothing but a value."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COUNTED = re.compile(r"(?<=[一-鿿)%]);(?=\s?\d{1,4}\s?[例名位人]\s?(?:\(|[一-鿿]))")
_VALUE = re.compile(
    r"\s*(?:约|近|高达|达|[≥>~])?\s?\d+(?:\.\d+)?\s?(?:[%％]|个?月|周|天|年|例|[例名]?\s?/\s?\d+\s?[例名]?)\s?(?:[(（][^()（）\n]{0,30}[)）])?\s*"
)
_HAN = re.compile("[一-鿿]")


def clauses(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A Chinese sentence cut behind a semicolon that a number of patients follows: "...35.7%;3例患者发生感染"."""
    for m in _COUNTED.finditer(text, start, end):
        yield start, m.end()
        start = m.end()
    if end > start:
        yield start, end


def parted(text: str, a: int, b: int) -> bool:
    """Whether the break at [a:b] ends a row, or a line that is only a value, and a line of its own follows.

    >>> t = "ORR\\n91.7%\\n患者达到CR\\n发热 | 91%"
    >>> [parted(t, i, i + 1) for i, c in enumerate(t) if c == "\\n"]
    [False, True, True]
    """
    stop = text.find("\n", b)
    before, after = text[text.rfind("\n", 0, a) + 1 : a], text[b : stop if stop >= 0 else len(text)]
    if not _HAN.search(before) and not _HAN.search(after):
        return False
    return " | " in before or " | " in after or bool(_VALUE.fullmatch(before) and not _VALUE.match(after))
