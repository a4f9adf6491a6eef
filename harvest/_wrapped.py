"""Hard-wrapped text: lines joined into running text, page furniture left out, every character's place in the source kept.

A PDF's text breaks Chinese in the middle of a word (4.4 个 / 月), puts citation marks on lines of their own, splits
numbers at a hyphen (NCT- / 04977193) and lets a running head or a page number fall into the middle of a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from trialkb.text import HAN

_HAN = re.compile(f"[{HAN}]")
_CLOSE = "，、。；：！？）》」』”’,.;:!?)]%"
_OPEN = "（《「『“‘(["
_RUNNING = re.compile(
    r"第\s*\d+\s*[卷期].{0,40}?\d+\s*\Z|\A\s*\d+\s*.{0,60}第\s*\d+\s*[卷期]|\A\s*[-–—]?\s*\d{1,4}\s*[-–—]?\s*\Z"
    r"|\A\s*(?:page|第)\s*\d+\s*(?:of \d+|页)?\s*\Z|\A\s*(?:https?://|www\.)\S+\s*\Z"
    r"|\A.{0,60}\bvol(?:ume)?\.?\s*\d+.{0,40}\d+\s*\Z",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the source: its words, and the place of the first of them."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(slots=True)
class Joined:
    """Running text put together from lines; `runs` are [place in text, place in source, length]."""

    text: str = ""
    runs: list[list[int]] = field(default_factory=list)

    def add(self, line: Line, joint: str) -> tuple[int, int]:
        """Append a line after a joint; the span its words got."""
        if self.text:
            self.text += joint
        start = len(self.text)
        self.runs.append([start, line.start, len(line.text)])
        self.text += line.text
        return start, len(self.text)


def lines(text: str) -> list[Line]:
    """The lines that hold words, blanks at their ends left out; form feeds end a line too."""
    out = []
    for m in re.finditer(r"[^\n\f\v\u2028]+", text):
        words = m[0].strip()
        if words:
            out.append(Line(words, m.start() + m[0].index(words[0])))
    return out


def furniture(text: str, held: Iterable[Line]) -> set[int]:
    """Places of the lines that are running heads, page numbers and the like.

    By their form, and, where form feeds tell the pages, by standing first or last on several of them.
    """
    held = list(held)
    found = {
        x.start
        for n, x in enumerate(held)
        if len(x.text) < 90 and _RUNNING.search(x.text) and not _is_row(x.text) and not _goes_on(held, n)
    }
    pages = _pages(text, held)
    if len(pages) > 1:
        edges = Counter(_plain(x.text) for p in pages for x in {*p[:2], *p[-2:]} if len(x.text) < 90)
        common = {words for words, n in edges.items() if n > 1 and words}
        found |= {x.start for p in pages for x in (*p[:2], *p[-2:]) if _plain(x.text) in common and not _is_row(x.text)}
    return found


def _goes_on(held: list[Line], n: int) -> bool:
    """Whether a bare number is the rest of a range (1424- / 34), not the number of a page."""
    return n > 0 and bool(re.search(r"\d[-–]\Z", held[n - 1].text)) and held[n].text.isdecimal()


def _is_row(words: str) -> bool:
    return bool(re.search(r"NCT\d|ChiCTR|\[\d+\]", words))


def _plain(words: str) -> str:
    return re.sub(r"[\d\W_]+", "", words)


def _pages(text: str, held: list[Line]) -> list[list[Line]]:
    ends = [m.start() for m in re.finditer("\f", text)] + [len(text)]
    pages: list[list[Line]] = [[] for _ in ends]
    n = 0
    for line in held:
        while line.start > ends[n]:
            n += 1
        pages[n].append(line)
    return [p for p in pages if len(p) > 3]


def tight(held: Iterable[Line]) -> bool:
    """Whether a text sets no blank between Chinese and Latin words (血清CA125, not 血清 CA125)."""
    words = "\n".join(x.text for x in held)
    near = len(re.findall(f"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]", words))
    return near > len(re.findall(f"[{HAN}] [A-Za-z0-9]|[A-Za-z0-9] [{HAN}]", words))


def joint(before: str, after: str, near: bool = False) -> str:
    """What stands between two lines that run on: nothing in Chinese and at a hyphen, else a blank.

    `near`: the text sets no blank between Chinese and Latin words (see `tight`).

    >>> joint("4.4 个", "月，"), joint("NCT-", "04977193)"), joint("CAR-T", "细胞"), joint("演进", "[1]。第一代")
    ('', '', ' ', '')
    """
    if not before or not after:
        return ""
    a, b = before[-1], after[0]
    if a in _OPEN or b in "，、。；：！？）》」』”’),;":
        return ""
    if a == "-" and len(before) > 1 and before[-2] != " ":
        return ""
    if re.match(r"\[\d", after):
        return ""
    wide = _wide(a) + _wide(b)
    return "" if wide == 2 or (wide and near) else " "


def _wide(c: str) -> bool:
    return bool(_HAN.match(c)) or c in "，、。；：！？（）《》“”‘’"


def width(words: str) -> int:
    """Width of a line in half-widths."""
    return sum(2 if _wide(c) else 1 for c in words)


def flow(held: list[Line]) -> Iterator[tuple[Line, bool]]:
    """Each line of running text, and whether a paragraph ends with it: at a stop, on a line shorter than most."""
    widths = sorted(width(x.text) for x in held)
    usual = widths[len(widths) * 3 // 4] if widths else 0
    for line in held:
        yield line, line.text[-1] in "。.!?！？" and width(line.text) < usual * 0.85


def join(held: list[Line]) -> Joined:
    """Running text of lines, with a line break where a paragraph ends."""
    out = Joined()
    ended, near = False, tight(held)
    for line, ends in flow(held):
        out.add(line, "\n" if ended else joint(out.text, line.text, near))
        ended = ends
    return out
