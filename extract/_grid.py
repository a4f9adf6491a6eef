"""Grids: the tables inside a text (HTML, Markdown, tab-separated, aligned by blanks as PDF converters leave them).

Each cell keeps, for every character of its normalised text, where it stands in the section. Cells that span rows or
columns are repeated. Prose with double blanks is no table: aligned text needs rows of short cells with numbers.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from trialkb.text import normalise

_OPEN, _CLOSE = re.compile(r"<table\b", re.I), re.compile(r"</table\s{0,20}>", re.I)
_ROW = re.compile(r"<tr\b[^>]{0,500}>(.*?)(?=</tr\b|<tr\b|</table|\Z)", re.I | re.S)
_CELL = re.compile(r"<t([dh])\b([^>]{0,500})>(.*?)(?=</t[dh]\b|<t[dh]\b|</tr|\Z)", re.I | re.S)
_TAG = re.compile(r"<[^>]{0,300}>|&[#\w]{1,10};")
_RULE = re.compile(r"[\s|:+=-]*-[\s|:+=-]*\Z")
_GAP = re.compile(r"\t|[ \u00a0]{2,}|\u3000+")
_RAISED = re.compile(r"<sup\b[^>]{0,200}>([^<]{0,40})</sup\s*>", re.I)
_SPAN = re.compile(r"\b(row|col)span\s*=\s*[\"']?(\d{1,2})", re.I)
_CAPTION = re.compile(r"\s*(?:table|tab\.?|表)\s*\d", re.I)
MOST_ROWS = 400
MOST_CHARS = 400  # of a cell; no result needs more, and no pattern is slow on so few


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; text[i] stands at section[starts[i]:ends[i]], the whole cell at [start, end)."""

    text: str
    start: int
    end: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, a: int, b: int) -> tuple[int, int]:
        """Where text[a:b] stands in the section."""
        return (self.starts[a], self.ends[b - 1]) if a < b else (self.start, self.start)

    @property
    def words(self) -> tuple[int, int]:
        """Where the cell's words stand, without the blanks around them."""
        a = len(self.text) - len(self.text.lstrip())
        return self.span(a, len(self.text.rstrip())) if self.text.strip() else (self.start, self.start)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: rows of cells, its place, and the words just before and after it."""

    rows: tuple[tuple[Cell, ...], ...]
    start: int
    end: int
    caption: str
    footnote: str


def grids(text: str, aligned: bool = True) -> Iterator[Grid]:
    """The tables of a text in order; `aligned` also takes columns that only blanks keep apart.

    >>> g, = grids("| Arm | ORR (%) |\\n|---|---|\\n| A | 38.8 |")
    >>> [[c.text for c in row] for row in g.rows], g.rows[1][1].span(0, 4)
    ([['Arm', 'ORR (%)'], ['A', '38.8']], (34, 38))
    """
    places = [(a, b, tuple(_html_rows(text, a, b))) for a, b in _html(text)]
    taken = [(a, b) for a, b, _ in places]
    if "|" in text or "\t" in text or (aligned and ("  " in text or "\u3000" in text)):
        places += _line_tables(text, taken, aligned)
    for start, end, rows in sorted(places, key=lambda p: p[0]):
        if len(rows) > 1 and max(map(len, rows)) > 1:
            yield Grid(rows[:MOST_ROWS], start, end, _before(text, start), text[end : end + 600])


def _html(text: str) -> Iterator[tuple[int, int]]:
    """Places of HTML tables, each from its opening tag to the next closing one."""
    ends = [m.end() for m in _CLOSE.finditer(text)]
    last, k = 0, 0
    for m in _OPEN.finditer(text) if ends else ():
        while k < len(ends) and ends[k] < m.end():
            k += 1
        if m.start() >= last and k < len(ends):
            last = ends[k]
            yield m.start(), last


def _before(text: str, start: int) -> str:
    """The last line before a table."""
    start = text.rfind("\n", 0, start) + 1 if text[start - 1 : start] != ">" else start
    return re.sub(r"<[^>]{0,300}>", " ", text[max(0, start - 240) : start]).strip().rpartition("\n")[2]


def _cell(text: str, start: int, end: int) -> Cell:
    """A cell of plain text, normalised."""
    normal = normalise(text[start:end])
    strip = len(normal.text) - len(normal.text.lstrip())
    stop = min(len(normal.text.rstrip()), strip + MOST_CHARS)
    starts = tuple(start + x for x in normal.starts[strip:stop])
    ends = tuple(start + x for x in normal.ends[strip:stop])
    return Cell(normal.text[strip:stop], start, end, starts, ends)


def _html_cell(text: str, start: int, end: int) -> Cell:
    """A cell of HTML: tags left out, entities decoded, both with their places; footnote signs are left out."""
    chars: list[str] = []
    at: list[tuple[int, int]] = []
    i = start
    for m in [*_TAG.finditer(text, start, end), None]:
        stop = m.start() if m else end
        if stop < i:
            continue  # inside a footnote sign
        chars.extend(text[i:stop])
        at.extend((k, k + 1) for k in range(i, stop))
        if m:
            raised = _RAISED.match(text, m.start(), end)
            power = raised and "".join(chars[-2:]) == "10" and raised[1].strip("-−–").isdigit()
            if raised and not power:
                i = raised.end()
                continue
            piece = "^" if raised else _said(m[0])
            chars.extend(piece)
            at.extend([(m.start(), m.end())] * len(piece))
            i = m.end()
    normal = normalise("".join(chars).replace("\n", " "))
    strip = len(normal.text) - len(normal.text.lstrip())
    stop = min(len(normal.text.rstrip()), strip + MOST_CHARS)
    starts = tuple(at[x][0] for x in normal.starts[strip:stop])
    ends = tuple(at[x - 1][1] for x in normal.ends[strip:stop])
    return Cell(normal.text[strip:stop], start, end, starts, ends)


def _said(tag: str) -> str:
    """What a tag or entity reads as."""
    return html.unescape(tag) if tag[0] == "&" else " " if tag.lower().startswith(("<br", "<p")) else ""


def _html_rows(text: str, start: int, end: int) -> Iterator[tuple[Cell, ...]]:
    """Rows of an HTML table, with cells repeated where they span."""
    hanging: dict[int, tuple[Cell, int]] = {}
    for row in _ROW.finditer(text, start, end):
        cells: list[Cell] = []
        for m in _CELL.finditer(text, row.start(1), row.end(1)):
            _fill(cells, hanging)
            spans = {k.lower(): min(int(n), 40) for k, n in _SPAN.findall(m[2])}
            cell = _html_cell(text, m.start(3), m.end(3))
            for _ in range(max(1, spans.get("col", 1))):
                if spans.get("row", 1) > 1:
                    hanging[len(cells)] = (cell, spans["row"] - 1)
                cells.append(cell)
        _fill(cells, hanging)
        if cells:
            yield tuple(cells)


def _fill(cells: list[Cell], hanging: dict[int, tuple[Cell, int]]) -> None:
    """Put in the cells that hang down from rows above."""
    while len(cells) in hanging:
        column = len(cells)
        cell, left = hanging.pop(column)
        if left > 1:
            hanging[column] = (cell, left - 1)
        cells.append(cell)


def _line_tables(
    text: str, taken: list[tuple[int, int]], aligned: bool
) -> Iterator[tuple[int, int, tuple[tuple[Cell, ...], ...]]]:
    """Runs of lines that are rows of one kind."""
    run: list[tuple[str, list[tuple[int, int]]]] = []
    for start, end in _lines(text):
        row = None if any(a <= start < b for a, b in taken) else _split(text, start, end, aligned)
        if row is None or (run and row[0] != run[0][0]):
            yield from _run(text, run)
            run = []
        if row is not None:
            run.append(row)
    yield from _run(text, run)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for m in re.finditer(r"\n|\Z", text):
        yield start, m.start()
        start = m.end()


def _split(text: str, start: int, end: int, aligned: bool) -> tuple[str, list[tuple[int, int]]] | None:
    """Kind of row that a line is, and the places of its cells."""
    line = text[start:end]
    if line.count("|") >= 2 or (line.count("|") == 1 and " | " in line):
        if _RULE.match(line):
            return "pipe", []
        marks = [start + m.start() for m in re.finditer(r"\|", line)]
        if not line.strip().startswith("|"):
            marks.insert(0, start - 1)
        if not line.strip().endswith("|"):
            marks.append(end)
        return "pipe", [(a + 1, b) for a, b in zip(marks, marks[1:], strict=False)]
    if "\t" in line.strip():
        tabs = [start - 1, *(start + m.start() for m in re.finditer("\t", line)), end]
        return "tab", [(a + 1, b) for a, b in zip(tabs, tabs[1:], strict=False)]
    if not aligned or not _GAP.search(line.strip()) or _CAPTION.match(line):
        return None
    indent = len(line) - len(line.lstrip())
    gaps = [(start + indent, start + indent)]
    gaps += [(start + m.start(), start + m.end()) for m in _GAP.finditer(line.rstrip(), indent)] + [(end, end)]
    cells = [(a[1], b[0]) for a, b in zip(gaps, gaps[1:], strict=False)]
    return ("blank", cells) if all(b - a <= 60 for a, b in cells) else None


def _run(
    text: str, run: list[tuple[str, list[tuple[int, int]]]]
) -> Iterator[tuple[int, int, tuple[tuple[Cell, ...], ...]]]:
    rows = [cells for _, cells in run if cells]
    if len(rows) < 2 or (run[0][0] == "blank" and not _regular(text, rows)):
        return
    made = [tuple(_cell(text, a, b) for a, b in row) for row in rows]
    if run[0][0] == "blank":
        made = [_aligned(text, made[0], row) for row in made]
    yield rows[0][0][0], rows[-1][-1][1], tuple(made)


def _regular(text: str, rows: list[list[tuple[int, int]]]) -> bool:
    """Whether blank-separated lines look like a table: as many cells in most rows, and numbers below the first."""
    width = len(rows[0])
    alike = sum(abs(len(r) - width) <= 1 for r in rows)
    numbers = sum(any(c.isdigit() for a, b in r for c in text[a:b]) for r in rows[1:])
    return len(rows) >= 2 and width >= 2 and alike >= 0.6 * len(rows) and numbers >= 0.5 * (len(rows) - 1)


def _aligned(text: str, head: tuple[Cell, ...], row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """A row that lacks cells, each put under the heading that it stands nearest to."""
    if len(row) >= len(head):
        return row
    base, top = text.rfind("\n", 0, row[0].start) + 1, text.rfind("\n", 0, head[0].start) + 1
    slots: list[Cell | None] = [None] * len(head)
    for cell in row:
        middle = (cell.start + cell.end) / 2 - base
        best = min(range(len(head)), key=lambda k: abs((head[k].start + head[k].end) / 2 - top - middle))
        if slots[best] is not None:
            return row
        slots[best] = cell
    return tuple(c or Cell("", row[-1].end, row[-1].end, (), ()) for c in slots)
