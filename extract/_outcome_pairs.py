"""The two arms that a trial compares, where a sentence sets them up: "randomly assigned to A or B", "compared A with B"."""

from __future__ import annotations

import re

from ._outcome_groups import Group

_I = re.I | re.A
_RANDOM = re.compile(
    r"\b(?:randomi[sz]ed|randomly|assigned|allocated)\b[^.;]{0,120}?\bto\s(?:receive\s|undergo\s|either\s|"
    r"be treated with\s)*(?:a\s|an\s|the\s)?"
    r"(?P<a>[A-Za-z][^.;,()]{2,80}?)(?:\s?\((?P<al>[^()]{0,60})\))?,?\s(?:or|versus|vs\.?|"
    r"and)\s(?:to\s)?(?P<b>[A-Za-z][^.;,()]{2,80}?)(?:\s?\((?P<bl>[^()]{0,60})\)|[.;,]|(?=\sand\s(?:were|was)\b))",
    _I,
)
_COMPARED = re.compile(
    r"\b(?:compar(?:ed|ing|es))\s(?!with\b|to\b)(?:the\s\w+\sof\s)?(?P<a>[A-Za-z][^.;,()]{2,50}?)(?P<al>)\s(?:with|"
    r"to|versus|vs\.?|against)\s"
    r"(?P<b>[A-Za-z][^.;,()]{2,60}?(?:\s\([A-Z]{2,6}\))?)(?P<bl>)(?=\s(?:in|for|among)\b|[.;,:])",
    _I,
)
_NAME = re.compile(
    r"(?:the\s)?(?P<n>[A-Za-z][^,=]{0,50}?(?:\s(?:group|arm|cohort))|(?:group|arm|cohort)\s\w{1,2})\b", _I
)


def randomised(text: str, start: int, end: int) -> tuple[Group, ...]:
    """The two arms of "randomly assigned to receive A (group A, n = 52) or B (group B, n = 51)"."""
    m = _RANDOM.search(text, start, end) or _COMPARED.search(text, start, end)
    if not m:
        return ()
    out = []
    for name in "ab":
        called = _NAME.search(m[name + "l"] or "")
        a, b = m.span(name)
        if called:
            a, b = m.start(name + "l") + called.start("n"), m.start(name + "l") + called.end("n")
        out.append(Group(text[a:b], a, b, "arm", a))
    return tuple(out)
