"""Abstracts that come as HTML: headings become labels, mark-up goes, powers stay powers.

Only known tags are mark-up: `p<a` and `<0.05` in a text are words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from ._xml import raised

_TAG = re.compile(
    r"<(/?)(h[1-6]|p|br|hr|div|span|section|ul|ol|li|i|b|em|strong|u|sub|sup|sc|small|italic|bold|title|sec|a|font"
    r"|mml:[a-z]+|math|m[ionsr]|msup|msub|mrow|jats:[a-z-]+|inline-formula|tex-math|alternatives)(?:\s+[a-z:_-]+\s*=[^<>]*)?\s*/?>",
    re.IGNORECASE,
)
_SUP = re.compile(r"<sup(?:\s+[a-z:_-]+\s*=[^<>]*)?>([^<>]*)</sup\s*>", re.IGNORECASE)
_HEADING = re.compile(r"h[1-6]|title|jats:title", re.IGNORECASE)
_BREAK = re.compile(r"p|br|div|li|ul|ol|section|sec|h[1-6]|jats:(?:p|sec|title)", re.IGNORECASE)


def plain(html: str) -> str:
    """The words of a piece of HTML on one line.

    >>> plain("2 &times; 10<sup>6</sup> <i>CAR</i>-T, p<0.05")
    '2 × 10⁶ CAR-T, p<0.05'
    """
    return " ".join(words for _, words in parts(html))


def parts(html: str) -> Iterator[tuple[str | None, str]]:
    """(label, words) of an abstract in order; words before the first heading have no label."""
    label: str | None = None
    words: list[str] = []
    heading: list[str] | None = None
    at = 0
    source = _SUP.sub(lambda m: raised(m[1]), html)
    for m in _TAG.finditer(source):
        (heading if heading is not None else words).append(source[at : m.start()])
        at = m.end()
        if _HEADING.fullmatch(m[2]):
            if not m[1]:
                yield from _said(label, words)
                words, heading = [], []
            elif heading is not None:
                label, heading = _line(heading).rstrip(" :.") or None, None
        elif _BREAK.fullmatch(m[2]):
            (heading if heading is not None else words).append(" ")
    words += [*(heading or ()), source[at:]]
    yield from _said(label, words)


def _said(label: str | None, words: list[str]) -> Iterator[tuple[str | None, str]]:
    line = _line(words)
    if line:
        yield label, line


def _line(words: list[str]) -> str:
    return " ".join(unescape("".join(words)).split())
