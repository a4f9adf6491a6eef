"""Printed grades as a range: "grade ≥3", "III/IV度", "grade 3 or higher", 3级及以上."""

from __future__ import annotations

import re

_NUMERAL = re.compile(r"III|II|IV|I|V|\d|[一二三四五]")
_ARABIC = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5} | {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}


_OVER = re.compile(r"(?:over|above|beyond|exceeding|(?:higher|greater|worse|more(?:\ssevere)?)\sthan)\s", re.I)


def grade_range(words: str) -> tuple[int | None, int | None]:
    """(lowest, highest) grade of a printed grade; None is open.

    >>> grade_range("grade ≥3"), grade_range("grade 1-2"), grade_range("3级及以上"), grade_range("grade 3 or higher")
    ((3, None), (1, 2), (3, None), (3, None))
    >>> grade_range("grade 4"), grade_range("III/IV度"), grade_range("grade ≤2")
    ((4, 4), (3, 4), (None, 2))
    >>> grade_range("over grade 2"), grade_range("grade 2 or above")
    ((3, None), (2, None))
    """
    body = re.sub(r"(?i)grades?|gr\.|\bG(?=\s?\d)|CTCAE|[级度]", " ", words)
    numerals = [_ARABIC.get(x) or int(x) for x in _NUMERAL.findall(body)]
    numerals = [x for x in numerals if 1 <= x <= 5]
    if not numerals:
        return None, None
    low, high = min(numerals), max(numerals)
    if _OVER.match(words):
        return low + 1, None
    if re.search(r"≥|>=|\+(?!\s?[1-5IV])|higher|greater|above|more|worse|over|beyond|severe|以上|更高", words):
        return low, None
    if re.search(r">", words):
        return low + 1, None
    if re.search(r"≤|<=|lower|less|below|以下", words):
        return None, high
    if re.search(r"<", words):
        return None, high - 1
    return low, high
