"""Citations of a review's sentences, found in its original text: the reading form has lost most of their marks."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from trialkb.text import Normal

_NUMBERS = r"\d{1,3}(?:\s?[-–,、]\s?\d{1,3}){0,12}"
_MARK = re.compile(
    r"(?P<link>\[\[?\d{1,3}\]\(#cit[^()\s]{0,80}\)(?:\s?[-–,]\s?\[\d{1,3}\]\(#cit[^()\s]{0,80}\)){0,12})"
    rf"|(?<![\w(]\()\[\^?(?P<plain>{_NUMBERS})[\]一-鿿]"
    rf"|<sup>\s*\[?(?P<raised>{_NUMBERS})\]?\s*</sup>"
    rf"|\^\s*\{{\s*\[(?P<formula>[\d\s,–-]{{1,40}})\]\s*\}}"
    r"|(?<=[.,;:)。，；）])(?P<small>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}(?:[,⁻–-][⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}){0,8})"
)
_YEAR = re.compile(
    r"(?<![A-Za-z])(?P<who>[A-Z][A-Za-z'’-]{1,24}"
    r"(?: et al\.?| (?:and|&) (?:[A-Z][A-Za-z'’-]{1,24}|colleagues|co-?workers|associates))?)"
    r"(?:(?<=[.a-z]),? (?P<when>(?:19|20)\d\d)(?=[a-z]?[);])|,? \((?P<held>(?:19|20)\d\d)[a-z]?\))"
)
_SMALL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


@dataclass(frozen=True, slots=True)
class Citations:
    """The marks of a text with the place behind each in its reading form, and names that a mark was given to."""

    marks: tuple[tuple[int, frozenset[str]], ...] = ()
    called: tuple[tuple[str, str], ...] = ()

    def of(self, text: str, start: int, end: int) -> frozenset[str]:
        """The references cited between a sentence's begin and the next one's, by mark or by a name given before."""
        a, b = (bisect_right(self.marks, x, key=lambda mark: mark[0]) for x in (start, end))
        own = frozenset[str]().union(*(refs for _, refs in self.marks[a:b]))
        return own or frozenset(ref for name, ref in self.called if text.find(name, start, end) >= 0)

    def within(self, start: int, end: int) -> list[int]:
        """Where marks stand within a sentence."""
        a = bisect_right(self.marks, start, key=lambda mark: mark[0])
        b = bisect_left(self.marks, end, key=lambda mark: mark[0])
        return [at for at, _ in self.marks[a:b]]


def citations(form: Normal, original: str) -> Citations:
    """The citations of a text."""
    found = [(m.start(), m.end(), frozenset(_numbers(m))) for m in _MARK.finditer(original)]
    found += [(m.start(), m.end(), frozenset((f"{m['who']} {m['when'] or m['held']}",))) for m in _YEAR.finditer(original)]
    found = found or list(_round(original))
    marks: list[tuple[int, frozenset[str]]] = []
    last = -9
    for a, b, refs in sorted(found, key=lambda x: x[:2]):
        if marks and a - last < 4 and not re.search(r"[^\W_]", original[last:a]):  # "[3]; [5]" is one
            refs |= marks.pop()[1]
        if refs:
            marks.append((bisect_left(form.starts, b), refs))
            last = b
    return Citations(tuple(marks), tuple({f"{m[1]}研究": m[2] for m in _CALLED.finditer(original)}.items()))


_ROUND = re.compile(r"(?<=[A-Za-z%])\s\((\d{1,3})(?:\s?[-–,]\s?\d{1,3}){0,6}\)(?=[.;,]|\s[a-z])")


def _round(original: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    """References in round brackets: "(12)", where a text has no other marks and counts them up from place to place."""
    found = list(_ROUND.finditer(original))
    firsts = [int(m[1]) for m in found]
    if len(found) > 2 and firsts == sorted(firsts):
        for m in found:
            yield m.start(), m.end(), frozenset(_spread(m[0].strip(" ()")))


def _numbers(m: re.Match[str]) -> Iterator[str]:
    """The numbers of a mark, ranges told out: 3,5-7."""
    words = m["plain"] or m["raised"] or m["formula"] or (m["small"] or "").translate(_SMALL)
    if m["link"]:
        words = re.sub(r"\[\[?(\d{1,3})\]\([^()]*\)", r"\1", m["link"])
    yield from _spread(words)


def _spread(words: str) -> Iterator[str]:
    for a, _, b in (x.partition("-") for x in re.sub(r"\s", "", words).replace("–", "-").replace("、", ",").split(",")):
        if a.isdigit():
            last = int(b) if b.isdigit() else int(a)
            yield from (str(k) for k in range(int(a), min(last, int(a) + 20) + 1))


_CALLED = re.compile(  # 欧洲IFM研究[24]和美国一项研究[25]
    r"(?<![A-Za-z])([A-Z][A-Za-z0-9-]{1,15}|[美英德法韩泰]国|中国|欧洲|日本|北美|亚洲|国内|国外|意大利)(?:的)?(?:一项)?研究\s?\[(\d{1,3})\]"
)
