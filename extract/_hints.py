"""Hinted patterns: tried only where a text has words that each match must have, which are read from the pattern itself.

Most patterns of the outcome rules match in few texts, and a search that finds nothing costs as much as one that does; to
look for a word costs a hundredth of it. Where all matches begin with one of some words, they are tried at those alone. What
a pattern finds is never changed: one whose words cannot be told is tried everywhere, and so is every pattern where Python
keeps its parser elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

_END = 1 << 40
_MANY = 200  # words of one kind; to look for more of them costs as much as the pattern
_FEW = 24  # spellings of one stretch of a pattern
_LIKE_ASCII = {0x130: "i", 0x131: "i", 0x17F: "s"}  # İ, ı and ſ match i and s where case is ignored
_COMMON = "abcdefghijklmnopqrstuvwxyz0123456789 .,()-="  # a Chinese character is as rare as three of them
Words = tuple[str, ...]


@dataclass(frozen=True)
class Hinted:
    """A compiled pattern with the words that its matches have: one of each of `words`, lower case."""

    pattern: re.Pattern[str]

    @cached_property
    def _hints(self) -> tuple[tuple[Words, ...], Words]:
        return hints(self.pattern)

    @cached_property
    def words(self) -> tuple[Words, ...]:
        """Up to three kinds of words; a match has one of each."""
        return self._hints[0]

    @cached_property
    def begins(self) -> Words:
        """The words that a match begins with, one of them; empty where that cannot be told."""
        return self._hints[1]

    @cached_property
    def _ascii(self) -> tuple[Words, ...]:
        """The words that a text without Chinese may have."""
        return tuple(tuple(w for w in words if w.isascii()) for words in self.words)

    def may(self, text: str, start: int = 0, end: int = _END) -> bool:
        """Whether text[start:end] has the words of a match."""
        low = _lower(text)
        if start or end < len(low):
            low = low[start:end]
        for words in self._ascii if low.isascii() else self.words:
            told = any(map(low.__contains__, words))
            if not told:
                return False
        return True

    def finditer(self, text: str, start: int = 0, end: int = _END) -> Iterator[re.Match[str]]:
        if not self.may(text, start, end):
            return iter(())
        return self._from(text, start, end) if self.begins else self.pattern.finditer(text, start, end)

    def search(self, text: str, start: int = 0, end: int = _END) -> re.Match[str] | None:
        if not self.may(text, start, end):
            return None
        return next(self._from(text, start, end), None) if self.begins else self.pattern.search(text, start, end)

    def _from(self, text: str, start: int, end: int) -> Iterator[re.Match[str]]:
        """Matches, tried where a match can begin: the places of those words are found faster than by the pattern."""
        low, places = _lower(text), set()
        for w in self.begins:
            at = low.find(w, start, end)
            while at >= 0:
                places.add(at)
                at = low.find(w, at + 1, end)
        at = start
        for place in sorted(places):
            if place >= at and (m := self.pattern.match(text, place, end)):
                yield m
                at = m.end()

    def match(self, text: str, start: int = 0, end: int = _END) -> re.Match[str] | None:
        return self.pattern.match(text, start, end)

    def sub(self, new: str, text: str) -> str:
        return self.pattern.sub(new, text) if self.may(text) else text


def hinted(pattern: str, flags: int = 0) -> Hinted:
    """A pattern compiled, that is tried only where a text has its words.

    >>> p = hinted(r"\\b(?:died|deaths?)\\b[^.;]{0,9} of (?:CRS|sepsis)\\b", re.I)
    >>> p.words, bool(p.search("Two died of sepsis")), p.search("Two were cured")
    (((' of crs', ' of sepsis'), ('died', 'death')), True, None)
    """
    return Hinted(re.compile(pattern, flags))


@lru_cache(maxsize=16)
def _lower(text: str) -> str:
    """A text in lower case, place by place."""
    return text.lower() if text.isascii() else text.translate(_LIKE_ASCII).lower()


def hints(pattern: re.Pattern[str]) -> tuple[tuple[Words, ...], Words]:
    """Kinds of words that each match has one of, the rarest three, and the words that one begins with."""
    try:
        parsed = re._parser.parse(pattern.pattern, pattern.flags)  # type: ignore[attr-defined]
    except AttributeError:  # a Python that keeps its parser elsewhere
        return (), ()
    kinds = {words: _weight(words) for words in _needed(parsed)}
    found = _begun(parsed)
    begins = _least(found[0]) if found and not found[1] else ()
    rare = sorted((words for words in kinds if kinds[words] < 2.5), key=kinds.__getitem__)
    return tuple(rare[:3]), begins if len(begins) <= _MANY else ()


def _least(words: Iterable[str]) -> Words:
    """Words without those that begin with another one."""
    out: list[str] = []
    for w in sorted(set(words)):
        if not out or not w.startswith(out[-1]):
            out.append(w)
    return tuple(out)


def _begun(parsed: Iterable[tuple[Any, Any]]) -> tuple[list[str], bool] | None:
    """What a match of a sequence begins with, and whether it may be empty; None where that is not a few words."""
    out: list[str] = []
    run = [""]
    for op, value in parsed:
        name = str(op)
        spelled = _spelled(name, value)
        if spelled is not None and len(run) * len(spelled) <= _MANY:
            run = [a + b for a in run for b in spelled]
            continue
        out += [w for w in run if w]
        if all(run):
            return out, False
        inner = _begun_item(name, value)
        if inner is None:
            return None
        out += inner[0]
        if not inner[1]:
            return out, False
        run = [""]
    return out + [w for w in run if w], not all(run)


def _begun_item(name: str, value: Any) -> tuple[list[str], bool] | None:
    if name == "SUBPATTERN":
        return _begun(value[-1])
    if name == "ATOMIC_GROUP":
        return _begun(value)
    if name.endswith("REPEAT"):
        inner = _begun(value[2])
        return (inner[0], inner[1] or value[0] == 0) if inner else None
    if name == "BRANCH":
        each = [_begun(b) for b in value[1]]
        told = [x for x in each if x is not None]
        return ([w for x in told for w in x[0]], any(x[1] for x in told)) if len(told) == len(each) else None
    return None


def _weight(words: Words) -> float:
    """How likely one of the words stands in a text that is of something else, roughly."""
    return sum(4.0 ** (1 - sum(1 if c in _COMMON else 3 for c in w)) for w in words)


def _shortest(words: Iterable[str]) -> Words:
    """Words without those that hold another one."""
    out: list[str] = []
    for w in sorted(set(words), key=lambda w: (len(w), w)):
        if not any(x in w for x in out):
            out.append(w)
    return tuple(out)


def _needed(parsed: Iterable[tuple[Any, Any]]) -> list[Words]:
    """Kinds of words that a match of a sequence has: of each kind one."""
    out: list[Words] = []
    run = [""]  # all spellings of the stretch before this place
    for op, value in parsed:
        name = str(op)
        spelled = _spelled(name, value)
        if spelled is not None and len(run) * len(spelled) <= _FEW:
            run = [a + b for a in run for b in spelled]
            continue
        out += _kept(run)
        run = [""]
        if spelled is not None:
            run = list(spelled) if len(spelled) <= _FEW else run
            out += _kept(spelled)
        elif name == "SUBPATTERN":
            out += _needed(value[-1])
        elif name == "ATOMIC_GROUP":
            out += _needed(value)
        elif name == "BRANCH":
            out += _of_each(value[1])
        elif name.endswith("REPEAT") and value[0] > 0:
            out += _needed(value[2])
    return out + _kept(run)


def _kept(run: Sequence[str]) -> list[Words]:
    if not all(run):
        return []
    words = _shortest(run)
    return [words] if len(words) <= _MANY else []


def _of_each(branches: Iterable[Iterable[tuple[Any, Any]]]) -> list[Words]:
    """The best words of each alternative, together."""
    best = [min(_needed(b), key=_weight, default=None) for b in branches]
    words = [w for some in best if some is not None for w in some]
    return _kept(words) if None not in best else []


def _spelled(name: str, value: Any) -> tuple[str, ...] | None:
    """All that an item matches, in lower case, where that is a few plain words; nothing for what has no width."""
    if name in ("AT", "ASSERT", "ASSERT_NOT"):
        return ("",)
    if name == "LITERAL":
        c = chr(value)
        return (c.lower(),) if c.isascii() or c.lower() == c.upper() else None
    if name == "IN":
        each = [_spelled(str(op), v) for op, v in value]
        return tuple({w for x in each if x for w in x}) if all(each) and len(each) < 6 else None
    if name == "SUBPATTERN":
        return _spellings(value[-1])
    if name.endswith("REPEAT") and value[:2] == (0, 1):
        once = _spellings(value[2])
        return ("", *once) if once and len(once) < 6 else None
    if name == "BRANCH":
        branches = [_spellings(b) for b in value[1]]
        return tuple({w for b in branches if b for w in b}) if all(branches) else None
    return None


def _spellings(parsed: Iterable[tuple[Any, Any]]) -> tuple[str, ...] | None:
    run = [""]
    for op, value in parsed:
        spelled = _spelled(str(op), value)
        if spelled is None or len(run) * len(spelled) > _MANY:
            return None
        run = [a + b for a in run for b in spelled]
    return tuple(dict.fromkeys(run))
