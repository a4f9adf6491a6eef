"""Tables on disk: rows of CSV and TSV in any encoding, with limits on columns and cells; comma or tab by content.

The csv module has a limit of 128 KiB a cell, which no registry's cell reaches; a row that does is not one of theirs.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, cast

from trialkb.errors import BadInput

from .text import encoding_of

COLUMNS = 500
LINE = 4 * 1024 * 1024


def decode(data: bytes, name: str) -> str:
    """Text of a whole file in UTF-8 (with BOM or without), UTF-16 or GB18030, line ends as LF. Raises BadInput."""
    encoding = encoding_of(data)
    if encoding is None:
        raise BadInput(f"{name}: expected text in UTF-8, UTF-16 or GB18030, found binary data")
    try:
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as e:
        raise BadInput(f"{name}: expected text in {encoding}, found other bytes at {e.start}") from e


def head_text(head: bytes) -> str | None:
    """The head of a file as text, a character cut in two left out; None for binary data."""
    encoding = encoding_of(head)
    return codecs.getincrementaldecoder(encoding)("ignore").decode(head) if encoding else None


def delimiter(line: str) -> str:
    """The mark between cells.

    >>> delimiter("NCT Number\\tTitle, long"), delimiter("NCT Number,Title")
    ('\\t', ',')
    """
    return "\t" if "\t" in line and line.count("\t") >= line.count(",") / 2 else ","


def header(head: bytes) -> list[str]:
    """The cells of the first row of a file's head; [] where it is no text."""
    text = head_text(head)
    line = (text or "").lstrip().split("\n", 1)[0][:LINE]
    try:
        return [c.strip() for c in next(csv.reader([line], delimiter=delimiter(line)), [])]
    except csv.Error:
        return []


def rows(stream: BinaryIO, name: str) -> Iterator[list[str]]:
    """Rows of a table, the header first. Raises BadInput for a line, a cell or a header over the limits."""
    lines = _lines(stream, name)
    first = next(lines, "")
    reader = csv.reader(_again(first, lines), delimiter=delimiter(first))
    try:
        for n, row in enumerate(reader, 1):
            if len(row) > COLUMNS:
                raise BadInput(f"{name}: expected at most {COLUMNS} columns, found {len(row):,} in row {n}")
            if any(c.strip() for c in row):
                yield row
    except csv.Error as e:
        raise BadInput(f"{name}: CSV that cannot be read near line {reader.line_num} ({e})") from e


def _again(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    """Lines of a stream as text, by the encoding of its head."""
    head = b"".join(islice(iter(lambda: stream.read(65_536), b""), 1))
    encoding = encoding_of(head)
    if encoding is None:
        raise BadInput(f"{name}: expected a table of text, found binary data")
    text = io.TextIOWrapper(cast(BinaryIO, _Joined(head, stream)), encoding, newline="")
    number = 0
    try:
        while line := text.readline(LINE + 1):
            number += 1
            if len(line) > LINE:
                raise BadInput(f"{name}: expected lines of at most {LINE >> 20} MiB, line {number} is longer")
            if "\0" in line:
                raise BadInput(f"{name}: expected text, found a NUL in line {number}; the file is damaged")
            yield line
    except UnicodeDecodeError as e:
        raise BadInput(f"{name}: expected text in {encoding}, found other bytes after line {number}") from e


class _Joined(io.RawIOBase):
    """A stream whose head was already read."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            size = len(self._head) if size < 0 else size
            out, self._head = self._head[:size], self._head[size:]
            return out
        return self._rest.read(size if size >= 0 else -1)

    read1 = read
