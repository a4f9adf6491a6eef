"""Word document (DOCX): its paragraphs and tables as text, read as what they are (a synopsis, a review, a page).

Office Open XML, https://ecma-international.org/publications-and-standards/standards/ecma-376/. A row of two cells is
a heading and its text, as protocol synopses have them. Deleted text, comments and headers are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from trialkb.errors import BadInput
from trialkb.records import Document

from ._from_text import documents
from ._office import archive, member

PRIORITY = 5
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DEPTH = 200


def recognise(head: bytes, name: str) -> str | None:
    """Why a file is a Word document, or None."""
    return "a ZIP archive with word/ in it" if head[:2] == b"PK" and b"word/" in head else None


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The documents of a DOCX. Raises BadInput for a broken, nested or over-large one."""
    yield from documents(text_of(data, name), "docx", data, name)


def text_of(data: bytes, name: str) -> str:
    """The words of a DOCX: a paragraph a line, a table's row a line. Raises BadInput."""
    with archive(data, name) as held:
        xml = member(held, "word/document.xml", name)
    try:
        body = ElementTree.fromstring(xml).find(f"{_W}body")
        lines = list(_blocks(body, 0)) if body is not None else []
    except (ElementTree.ParseError, RecursionError) as e:
        raise BadInput(f"{name}: word/document.xml cannot be read ({e})") from e
    return "\n".join(lines)


def _blocks(parent: Element, depth: int) -> Iterator[str]:
    if depth > _DEPTH:
        raise BadInput(f"expected tables nested at most {_DEPTH} deep, found more")
    for block in parent:
        if block.tag == f"{_W}p":
            yield _paragraph(block)
        elif block.tag == f"{_W}tbl":
            yield from _rows(block, depth)
        elif block.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}tc"):
            yield from _blocks(block, depth + 1)


def _rows(table: Element, depth: int) -> Iterator[str]:
    for row in table.iter(f"{_W}tr"):
        cells = [[x for x in _blocks(cell, depth + 1) if x.strip()] for cell in row.iter(f"{_W}tc")]
        if len(cells) == 2 and len(cells[0]) == 1 and len(cells[0][0]) <= 60:
            yield cells[0][0].rstrip(":：")  # a heading, and below it what it heads
            yield from cells[1]
        else:
            yield "  ".join(" ".join(c) for c in cells)


def _paragraph(paragraph: Element) -> str:
    out = []
    for piece in paragraph.iter():
        if piece.tag == f"{_W}t":
            out.append(piece.text or "")
        elif piece.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
            out.append("\t" if piece.tag == f"{_W}tab" else "\n")
    return "".join(out)
