"""Criteria: cut an eligibility text into its single items, each inclusion or exclusion, with its span.

Registries send CommonMark bullets, numbered runs on one line (1. ... 2. ...), Chinese numbering (1、 （1）), headings
in many wordings, and pages whose lines are wrapped by hand. Numbering of the exclusions may go on from the inclusions.
Works on the stored text, because line breaks carry the structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_INCLUSION = (
    r"(?:inclusion|included|eligible|key eligibility|eligibility)\b(?: *(?:/ *)?criteri(?:a|on))?"
    r"|(?:disease|patient) characteristics|prior concurrent therapy|(?:主要)?(?:纳入|入选|入组|纳排)(?:标准|条件)?"
)
_OUT = r"(?:non-?inclusion|exclusion|excluded|ineligib(?:le|ility))\b(?: *criteri(?:a|on))?"
_EXCLUSION = _OUT + r"|(?:主要)?(?:排除)(?:标准|条件)?"
_HEADING = re.compile(
    r"^[\s*#_>\-•]*(?:\d{1,2}[.)、]\s*)?[*_]*"
    r"(?:(?:key|main|major|general|specific|additional|overall|the|all|donor|recipient|patient|subject|participant"
    r"|study"
    r"|part \w+|cohort \w+)s?\s+){0,3}"
    rf"(?:(?P<out>{_EXCLUSION})|(?P<in>{_INCLUSION}))(?P<rest>[^:：\n.;]{{0,70}}?)[*_]*\s*(?P<end>[:：]|$)[*_]*",
    re.I | re.M,
)
_INLINE = re.compile(
    r"(?<=[.;。；\s])(?:(?P<out>exclusion criteria|排除标准)|(?P<in>inclusion criteria|纳入标准|入选标准))\s*[:：]",
    re.I,
)
_MARK = re.compile(
    r"[ \t\u3000]*(?:(?:[*•●○▪■◦·o]|[-–—](?!\d))[ \t\u3000]+|[-–—•●○▪■◦·](?=[A-Z\u3400-\u9fff]))*"
    r"(?:(?P<n>(?:\d{1,2}(?:\.\d{1,2}){0,2}[.)、．）:]|\d{1,2}(?:\.\d{1,2}){1,2}(?=\s)|[(（]\d{1,2}[)）]"
    r"|[a-zA-Z][.)]|[(（][a-z][)）]|[ivx]{1,4}[.)]"
    r"|[(（][ivx]{1,4}[)）]|[①-⑳]))(?!\d)[ \t\u3000]*)?"
)
_STYLES = (
    re.compile(r"(?:(?<=[\s.;,:，。；：、)）])|^)(\d{1,2})[.．)、）](?![\d%])"),
    re.compile(r"[(（](\d{1,2})[)）](?!\s*(?:and|or|,|/))"),
    re.compile(r"(?:(?<=[\s.;,:，。；：])|^)([ivx]{1,4})[.)](?=\s)"),
    re.compile(r"(?:(?<=[\s.;,:，。；：(])|^)([a-h])[.)](?=\s)"),
    re.compile(r"([①-⑳])"),
)
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")
_START = re.compile(
    r"(?:^|[\s*#])(?:(?:key |main |major )?(?:inclusion|eligibility) criteria|纳入标准|入选标准|入组标准"
    r"|纳入与排除标准)\s*[:：]?",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One criterion: the stored text [start:end]; `number` as printed, `index` counts from 1 over the section."""

    kind: str  # inclusion | exclusion
    start: int
    end: int
    index: int
    number: str | None = None


def begins(text: str) -> int | None:
    """Where criteria begin in the text of a whole page, or None."""
    m = _START.search(text)
    return m.start() if m else None


def items(text: str, start: int = 0) -> Iterator[Item]:
    """The single criteria of a text, in order.

    >>> t = "Inclusion Criteria: 1. Age >= 18. 2. ECOG 0-1. Exclusion Criteria: 3. HIV infection"
    >>> [(i.kind, i.number, t[i.start : i.end]) for i in items(t)]
    [('inclusion', '1', 'Age >= 18.'), ('inclusion', '2', 'ECOG 0-1.'), ('exclusion', '3', 'HIV infection')]
    """
    index = 0
    for kind, a, b in _parts(text, start):
        for x, y in _blocks(text, a, b):
            for number, p, q in _runs(text, x, y):
                p, q = _trim(text, p, q)
                if q - p > 1 and not text.startswith("<!--", p) and not _is_heading(text[p:q]):
                    index += 1
                    yield Item(kind, p, q, index, number)


def _parts(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Stretches of one kind: (kind, start, end) without the headings."""
    marks = [(m.start(), m.end(), "exclusion" if m["out"] else "inclusion") for m in _headings(text, start)]
    kind, at = "inclusion", start
    for a, b, next_kind in sorted(set(marks)):
        if a < at:
            continue
        if a > at:
            yield kind, at, a
        kind, at = next_kind, b
    yield kind, at, len(text)


def _headings(text: str, start: int) -> Iterator[re.Match[str]]:
    for m in _HEADING.finditer(text, start):
        if m["end"] or m["rest"].strip(" *_") == "" or len(m["rest"]) < 30:
            words = m[0].strip(" *_#\n")
            if m["end"] or len(words) < 60 and not re.search(r"\b(?:is|are|must|have|has|if|with|for|to)\b", m["rest"]):
                yield m
    yield from _INLINE.finditer(text, start)


def _blocks(text: str, a: int, b: int) -> Iterator[tuple[int, int]]:
    """Lines with a bullet, and paragraphs; a wrapped line belongs to the one before it."""
    begin = end = -1
    blank = True
    for m in re.compile(r"[^\n]*\n?").finditer(text, a, b):
        line = m[0].strip()
        if not line:
            blank = True
            continue
        mark = _MARK.match(m[0])
        marked = bool(mark and mark.end() and mark[0].strip())
        goes_on = begin >= 0 and not marked and not blank and _wrapped(text, begin, end, line)
        if not goes_on and begin >= 0:
            yield begin, end
        if not goes_on:
            begin = m.start()
        end, blank = m.end(), False
    if begin >= 0:
        yield begin, end


def _wrapped(text: str, begin: int, end: int, line: str) -> bool:
    last = text[begin:end].rstrip()
    return not last.endswith((".", ":", ";", "。", "：", "；")) and (len(last) > 60 or line[:1].islower())


def _runs(text: str, a: int, b: int, depth: int = 0) -> Iterator[tuple[str | None, int, int]]:
    """The items of a block: runs of numbers that go up by one are cut; else the block is one item."""
    mark = _MARK.match(text, a, b)
    number = mark["n"].strip("().、．（）:") if mark and mark["n"] else None
    body = mark.end() if mark else a
    cuts = _run(text, a, b) if depth < 2 else []
    if not cuts:
        yield number, body, b
        return
    if cuts[0][1] > body:
        yield from _runs(text, a, cuts[0][1], depth + 1)
    for (n, _, after), stop in zip(cuts, [c[1] for c in cuts[1:]] + [b], strict=True):
        inner = list(_runs(text, after, stop, depth + 1))
        yield (n, inner[0][1], inner[0][2])
        yield from inner[1:]


def _run(text: str, a: int, b: int) -> list[tuple[str, int, int]]:
    """The longest run of at least two markers of one style: (number, start, end of the marker)."""
    best: list[tuple[str, int, int]] = []
    for style in _STYLES:
        run: list[tuple[str, int, int]] = []
        want: int | None = None
        for m in style.finditer(text, a, b):
            value = _ordinal(m[1])
            before = text[max(a, m.start() - 3) : m.start()].rstrip()
            first = want is None and (value == 1 or m.start() - a < 4 or before.endswith((";", "；", "。")))
            if value is not None and (first or value == want):
                run.append((str(value), m.start(), m.end()))
                want = value + 1
        if len(run) > max(1, len(best)):
            best = run
    return best


def _ordinal(mark: str) -> int | None:
    if mark.isdigit() and mark.isascii():
        return int(mark)
    if mark in _ROMAN:
        return _ROMAN.index(mark) + 1
    if "①" <= mark <= "⑳":
        return ord(mark) - ord("①") + 1
    return ord(mark) - ord("a") + 1 if len(mark) == 1 else None


def _trim(text: str, p: int, q: int) -> tuple[int, int]:
    while p < q and (text[p].isspace() or text[p] in "*•　_#"):
        p += 1
    while q > p and (text[q - 1].isspace() or text[q - 1] in "*_#"):
        q -= 1
    return p, q


def _is_heading(words: str) -> bool:
    m = _HEADING.match(words)
    return bool(m and m.end() >= len(words) and len(words) < 60)
