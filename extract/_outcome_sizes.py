"""Sizes: how many patients the whole group of a text has, as it was last stated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ._hints import hinted
from ._numbers import PATIENTS, number
from ._outcome_text import Sentence

_I = re.I | re.A

_N_PEOPLE = rf"(?:[a-z][\w/()-]*\s){{0,4}}?{PATIENTS}"
_SIZE = (
    hinted(
        (
            rf"(?P<n>\d{{1,4}}|[A-Za-z-]+)\s{_N_PEOPLE}[^.;]{{0,260}}?\b(?:received|were (?:\w+ )?(?:treated|infused|"
            r"evaluable|assessable|administered|dosed)|had [\w ]{0,20}evaluation)\b"
        ),
        _I,
    ),
    hinted(
        (
            r"\b(?:treated|infused|enrolled|(?:phase|study|trial|report|evaluat\w+)(?:[^.;]|\.\d){0,260}?\bin|"
            r"cohort of|recruited|included|all)\s(?P<n>\d{1,4}|[A-Za-z-]+)"
            rf"\s{_N_PEOPLE}"
        ),
        _I,
    ),
    hinted(
        (
            r"(?P<n>\d{1,4})\s(?:\([^()]{1,60}\)\s)?(?:patients\s|pts\s)?(?:with\s(?:[^.;]|\.\d){1,90}?\s)"
            r"?were (?:infused|treated|dosed)\b"
        ),
        _I,
    ),
    hinted(
        r"(?:纳入了?|入组了?|共|收治的?|收集|治疗了?|招募了?|选取|选择)[^,;。\d]{0,12}(?P<n>\d{1,4})\s?(?:例|名|位)|"
        r"(?P<m>\d{1,4})\s?(?:例|名|位)[^,;。]{0,40}?(?:患者|受试者|病人|患儿)(?:中|均?(?:完成|接受|入组|纳入|"
        r"可评|可用于))"
    ),
)


_SOME = re.compile(r"\b(?:rate|rates|in|of|for|survival|ORR|PFS|OS)\s(?:in|of|for|among)\sthe\s\Z", _I)


@dataclass(frozen=True, slots=True)
class Size:
    """How many patients a group has, and where that is printed."""

    value: float
    start: int
    end: int


def sizes(text: str, sentences: Sequence[Sentence], whose: Sequence[str | None]) -> list[Size | None]:
    """For each sentence the number of patients that the whole group has, as last stated in it or before it.

    whose: the study of each sentence in a review; the size of one study is none of the next.
    """
    out: list[Size | None] = []
    known: Size | None = None
    told: str | None = None
    for s, study in zip(sentences, whose, strict=True):
        if study and told and study != told:
            known = None
        told = study or told
        words = text[s.start : s.end]
        for pattern in _SIZE:
            good = [x for m in pattern.finditer(words) if not _SOME.search(words[: m.start()]) and (x := _size(m, s.start))]
            if good:
                evaluation = re.search(r"(?i)evalua|assess", words)
                if known is None or good[0].value > known.value or evaluation:
                    known = good[0]
                break
        out.append(known)
    return out


def _size(m: re.Match[str], offset: int) -> Size | None:
    name = "n" if m["n"] else "m"
    value = number(m[name])
    return Size(value, offset + m.start(name), offset + m.end(name)) if value is not None and value >= 1 else None
