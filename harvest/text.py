"""Plain text: a file of text as one page, its first short line as title.

The last resort of `trialkb import`: taken where no other part knows the content and it is text, not a table.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from hashlib import sha1
from itertools import islice

from trialkb.errors import BadInput
from trialkb.records import Document, Section
from trialkb.text import language

PRIORITY = -10


def recognise(head: bytes, name: str) -> str | None:
    """Text in a known encoding that is neither JSON, markup nor a table.

    >>> recognise("胃癌 CAR-T 治疗".encode("gb18030"), "a.txt")
    'text in gb18030'
    >>> recognise(b"a,b,c\\n1,2,3\\n", "a.txt")
    """
    start = head.lstrip()[:1]
    if start in (b"{", b"[", b"<") or head[:4] == b"%PDF" or head[:2] == b"PK":
        return None
    encoding = encoding_of(head)
    if encoding is None or _table(head.decode(encoding, "ignore")):
        return None
    return f"text in {encoding}"


def _table(text: str) -> bool:
    """Whether the first rows have the same number of cells, three or more (quoted cells may hold line breaks)."""
    for mark in (",", "\t"):
        try:
            rows = [len(r) for r in islice(csv.reader(io.StringIO(text), delimiter=mark), 3) if r]
        except csv.Error:
            continue
        if len(rows) > 1 and rows[0] >= 3 and rows[1] == rows[0]:
            return True
    return False


def encoding_of(data: bytes) -> str | None:
    """utf-8-sig, utf-8, utf-16 or gb18030; None for binary data."""
    if data[:3] == b"\xef\xbb\xbf":
        return "utf-8-sig"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if b"\0" in data:
        return None
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):  # a head may end inside a character
            try:
                data[: len(data) - cut].decode(encoding)
                return encoding
            except UnicodeDecodeError:
                continue
    return None


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """One page. Raises BadInput for binary data or no text at all."""
    encoding = encoding_of(data)
    if encoding is None:
        raise BadInput(f"{name}: expected text in UTF-8, UTF-16 or GB18030, found binary data")
    try:
        text = data.decode(encoding).replace("\r\n", "\n").strip()
    except UnicodeDecodeError as e:
        raise BadInput(f"{name}: expected text in {encoding}, found other bytes at {e.start}") from e
    if not text:
        raise BadInput(f"{name}: expected text, found none")
    first = text.split("\n", 1)[0].strip()
    yield Document(
        id=f"text:{sha1(text.encode()).hexdigest()[:12]}",
        kind="page",
        source="text",
        sections=(Section("body", text, language(text)),),
        raw=text.encode(),
        title=first[:200],
        language=language(text),
    )
