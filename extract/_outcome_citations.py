"""Citations of a review's sentences, found in its original text: the reading form has lost most of their marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from trialkb.text import Normal

from ._outcome_text import Sentence

_NUMBERS = r"\d{1,3}(?:\s?[-–,、]\s?\d{1,3}){0,12}"
_MARK = re.compile(
    r"(?P<link>\[\[?\d{1,3}\]\(#cit[^()\s]{0,80}\)(?:\s?[-–,]\s?\[\d{1,3}\]\(#cit[^()\s]{0,80}\)){0,12})"
    rf"|(?<![\w(]\()\[(?P<plain>{_NUMBERS})[\]一-鿿]"
    rf"|<sup>\s*\[?(?P<raised>{_NUMBERS})\]?\s*</sup>"
    rf"|\^\s*\{{\s*\[(?P<formula>[\d\s,–-]{{1,40}})\]\s*\}}"
)


def numbers(words: str) -> Iterator[int]:
    """Numbers of the references that words cite, ranges told out.

    >>> list(numbers("as shown [3,5-7]."))
    [3, 5, 6, 7]
    """
    for m in _MARK.finditer(words):
        marks = m["plain"] or m["raised"] or m["formula"]
        if m["link"]:
            marks = re.sub(r"\[\[?(\d{1,3})\]\([^()]*\)", r"\1", m["link"])
        for a, _, b in (x.partition("-") for x in re.sub(r"\s", "", marks or "").replace("–", "-").replace("、", ",").split(",")):
            if a.isdigit():
                last = int(b) if b.isdigit() else int(a)
                yield from range(int(a), min(last, int(a) + 20) + 1)


def cited(form: Normal, sentences: Sequence[Sentence], original: str) -> list[frozenset[int]]:
    """The references that each sentence cites, up to where the next one begins."""
    starts = [form.span(s.start, s.end)[0] for s in sentences]
    ends = [*starts[1:], len(original)][: len(starts)]
    return [frozenset(numbers(original[a:b])) for a, b in zip(starts, ends, strict=True)]
