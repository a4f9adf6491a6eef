"""JSON records one by one: a page object {"studies": [...]}, a bare list, a single object, or JSON Lines.

Never holds more than one record. A line or record over 64 MiB is refused; a file cut short gives what was whole
before the cut, then BadInput saying where it broke.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from trialkb.errors import BadInput

LINE = 64 * 1024 * 1024


def split(stream: BinaryIO, name: str, key: str = "studies") -> Iterator[bytes]:
    """Each record of a JSON stream as bytes. Raises BadInput where the JSON breaks."""
    first = stream.readline(LINE + 1)
    while first and not first.strip():
        first = stream.readline(LINE + 1)
    if _is_whole(first):
        yield from _lines(first, stream, name, key)
    else:
        yield from _tree(first, stream, name, key)


def _is_whole(line: bytes) -> bool:
    """Whether a first line is a JSON value by itself (JSON Lines, or a file of one line)."""
    if len(line) > LINE:
        return False
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _lines(first: bytes, stream: BinaryIO, name: str, key: str) -> Iterator[bytes]:
    number, line = 1, first
    while line:
        if len(line) > LINE:
            raise BadInput(f"{name}: line {number} is longer than {LINE >> 20} MiB; expected one record a line")
        if line.strip():
            yield from _values(line, key)
        line = stream.readline(LINE + 1)
        number += 1


def _values(line: bytes, key: str) -> Iterator[bytes]:
    """A line is a record, or a page or list of them; a line that is no JSON is handed on for the parser to refuse."""
    if line.lstrip()[:1] != b"[" and f'"{key}"'.encode() not in line[:200]:
        yield line
        return
    try:
        value = json.loads(line)
    except ValueError:
        yield line
        return
    records = value.get(key) if isinstance(value, dict) else value
    if not isinstance(records, list):
        yield line
        return
    for record in records:
        yield _bytes(record)


def _bytes(record: object) -> bytes:
    """A record as JSON in UTF-8; one with lone surrogates keeps them as escapes, for UTF-8 has no bytes for them."""
    try:
        return json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(record).encode()


class _Rejoined:
    """A stream with its first line put back."""

    def __init__(self, first: bytes, stream: BinaryIO) -> None:
        self._first, self._stream = first, stream

    def read(self, size: int = -1) -> bytes:
        if self._first:
            piece, self._first = (self._first, b"") if size < 0 else (self._first[:size], self._first[size:])
            return piece
        return self._stream.read(size)


def _tree(first: bytes, stream: BinaryIO, name: str, key: str) -> Iterator[bytes]:
    """Records of a page object or a bare list that spreads over many lines."""
    import ijson

    whole = _Rejoined(first, stream)
    start = first.lstrip()[:1]
    prefix = "item" if start == b"[" else f"{key}.item" if f'"{key}"'.encode() in first + _ahead(stream) else ""
    count = 0
    try:
        for record in ijson.items(whole, prefix, use_float=True):
            count += 1
            yield _bytes(record)
    except (ijson.JSONError, UnicodeDecodeError) as e:
        reason = str(e).strip().split("\n")[0]
        raise BadInput(
            f"{name}: broken JSON after {count} whole records ({reason}); those are kept; get the file again"
        ) from e


def _ahead(stream: BinaryIO) -> bytes:
    peek = getattr(stream, "peek", None)
    return bytes(peek(65_536)) if peek else b""
