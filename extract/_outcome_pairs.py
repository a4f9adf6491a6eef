"""The arms that a trial compares, where a sentence sets them up: "randomly assigned to A or B", "compared A with B"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._hints import hinted
from ._outcome_groups import Group

_I = re.I | re.A
_RANDOM = hinted(
    r"\b(?:randomi[sz]ed|randomly|assigned|allocated)\b[^.;]{0,120}?\b(?:in)?to\s(?:receive\s|undergo\s|either\s|"
    r"be treated with\s|treatment with\s|one of (?:two|three|four) (?:arms|groups)[:,]?\s)*"
    r"(?P<arms>(?:[^.;()]|\([^()]*\)|\.(?=\d))+)",
    _I,
)
_STOP = re.compile(
    r",?\s(?:and|who|which)\s(?:were|was|received|then|stratified)\b|\s(?:in a|at a|using|followed by a|"
    r"stratified|until|by)\b"
    r"|\s(?:were|was|after|before|at)\s",
    _I,
)
_OR = re.compile(
    r"\s?(?:,\s(?:or|versus|vs\.?)\s|,\s(?!n\b)|\s(?:or|versus|vs\.?)\s(?!without\b))(?:to\s)?(?:a\s|an\s|the\s)?",
    _I,
)
_AND = re.compile(r"\s?(?:,\sand\s|,\s(?!n\b)|\sand\s)(?:to\s)?(?:a\s|an\s|the\s)?", _I)
_COMPARED = hinted(
    r"\b(?:compar(?:ed|ing|es?))\s(?!with\b|to\b)(?:the\s\w+\sof\s)?(?P<a>[A-Za-z][^.;,()]{2,60}?(?:\s\([^()"
    r"]{2,12}\))?)\s"
    r"(?:with|to|versus|vs\.?|against)\s"
    r"(?P<b>[A-Za-z][^.;,()]{2,60}?(?:\s\([^()]{2,12}\))?)(?=\s(?:in|for|among|as)\b|[.;,:])",
    _I,
)
_SIDE = r"[A-Za-z][\w+/-]*(?:\s(?!over\b|relative\b|versus\b|vs\b)[\w+/-]+){0,4}?"
_SIDES = (
    hinted(
        rf"\bfavou?r(?:ed|ing|s)?\s(?:the\s)?(?P<a>{_SIDE})\sover\s(?:the\s)?(?P<b>{_SIDE})(?=\s?[,.;()]|\Z)", _I
    ),
    hinted(
        rf"\b(?:with|for|in)\s(?:the\s)?(?P<a>{_SIDE})\srelative\sto\s(?:the\s)?(?P<b>{_SIDE})(?=\s?[,.;()]|\Z)", _I
    ),
    hinted(
        r"(?:\A|(?<=[.;]\s))(?:the\s)?(?P<a>[\w+/-]+)\s(?:therapy\s|treatment\s)?\w+ed\s[^.;]{3,60}?\srelative\s"
        rf"to\s(?P<b>{_SIDE})(?=\s?[,.;()]|\Z)",
        _I,
    ),
    hinted(
        r"\b(?:HR|(?:hazard|odds|risk) ratio)(?:\s(?:for|of)\s[\w -]{2,40}?)?,?\s(?:for\s|with\s|of\s|"
        rf"\()?(?P<a>{_SIDE})\s(?:vs\.?|versus)\s"
        rf"(?P<b>{_SIDE})(?=\s?[,.;:=)]|\s(?:was|of|is)\b)",
        _I,
    ),
)
_NAME = re.compile(
    r"(?:the\s)?(?P<n>[A-Za-z][^,=]{0,50}?(?:\s(?:group|arm|cohort))|(?:group|arm|cohort)\s\w{1,2}|"
    r"(?-i:[A-Z][\w+/-]{1,11})(?=\s?[,;:]|\s?\Z))\b",
    _I,
)
_SIZE = re.compile(r"\bn\s?=\s?(\d+)", _I)
_BRACKET = re.compile(r"\(([^()]*)\)")


def randomised(text: str, start: int, end: int) -> tuple[Group, ...]:
    """The arms of "randomly assigned to receive A (group A, n = 52), B (group B, n = 51) or C"; two at least."""
    m = _RANDOM.search(text, start, end)
    if m:
        stop = _STOP.search(text, m.start("arms"), m.end("arms"))
        span = (m.start("arms"), stop.start() if stop else m.end("arms"))
        for join in (_OR, _AND):
            found = tuple(_arm(text, a, b) for a, b in _items(text, *span, join))
            if len(found) > 1:
                return found
    m = _COMPARED.search(text, start, end)
    m = m or next((x for p in _SIDES if (x := p.search(text, start, end))), None)
    return tuple(_arm(text, *m.span(name)) for name in "ab") if m else ()


def _items(text: str, start: int, end: int, join: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The pieces between the words that join arms; what stands in brackets joins nothing."""
    held = [m.span() for m in _BRACKET.finditer(text, start, end)]
    at = start
    for m in join.finditer(text, start, end):
        if any(a <= m.start() < b for a, b in held):
            continue
        if m.start() > at:
            yield at, m.start()
        at = m.end()
    if end > at:
        yield at, end


def _arm(text: str, a: int, b: int) -> Group:
    """The arm of a piece: by the name or code in its bracket, else by its words; with its number of patients."""
    bracket = _BRACKET.search(text, a, b)
    if not bracket:
        return Group(text[a:b].strip(), a, b, "arm", a)
    n, called = _SIZE.search(bracket[1]), _NAME.match(bracket[1])
    x, y = a, bracket.start() if text[bracket.start() - 1] != " " else bracket.start() - 1
    if called:
        x, y = bracket.start(1) + called.start("n"), bracket.start(1) + called.end("n")
    return Group(text[x:y], x, y, "arm", x, float(n[1]) if n else None, bracket.end())
