"""Web page as saved (HTML): its words, headings and tables as text, read as what they are (an article, a registry page).

Scripts, menus and styles are left out. A page nested beyond measure is refused before it is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb.errors import BadInput
from trialkb.records import Document

from ._from_text import documents
from .text import encoding_of

PRIORITY = -5
DEPTH = 1_000
TAGS = 400_000
_TAG = re.compile(rb"<\s*(/?)\s*([A-Za-z][A-Za-z0-9]*)[^<>]*?(/?)>")
_VOID = {b"br", b"hr", b"img", b"input", b"meta", b"link", b"area", b"base", b"col", b"embed", b"source", b"track", b"wbr",
         b"p", b"li", b"td", b"tr", b"th", b"option", b"dt", b"dd"}  # fmt: skip
_LEFT_OUT = ("script", "style", "nav", "noscript", "template", "svg", "iframe", "button", "select", "form")
_BLOCK = {"p", "div", "section", "article", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "table", "tr", "br", "dt",
          "dd", "dl", "blockquote", "header", "footer", "main", "figure", "figcaption", "caption", "pre", "hr"}  # fmt: skip
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*(gb2312|gbk|gb18030|utf-8)", re.IGNORECASE)


def recognise(head: bytes, name: str) -> str | None:
    """Why a file is a web page, or None."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1024].lower()
    if start.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<") and b"<body" in head[:8192].lower()):
        return "it begins as HTML does"
    return None


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The documents of a page. Raises BadInput for a page without words or nested beyond measure."""
    yield from documents(text_of(data, name), "html", data, name)


def text_of(data: bytes, name: str) -> str:
    """The words of a page: a block a line, a table's row a line with wide gaps between its cells. Raises BadInput."""
    _measure(data, name)
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString, PreformattedString, Tag

    charset = _CHARSET.search(data[:4096])
    encoding = "gb18030" if charset and charset[1].lower().startswith(b"gb") else encoding_of(data) or "utf-8"
    soup = BeautifulSoup(data.decode(encoding, "replace"), "html.parser")
    for tag in soup(_LEFT_OUT):
        tag.decompose()
    out: list[str] = []
    for node in soup.descendants:
        if isinstance(node, Tag):
            if node.name in _BLOCK:
                out.append("\n")
            elif node.name in ("td", "th"):
                out.append("  " if node.find_previous_sibling(("td", "th")) else "")
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            out.append(re.sub(r"\s+", " ", str(node)))
            if node.parent and node.next_sibling is None and node.parent.name in _BLOCK:
                out.append("\n")
    lines = (re.sub(r"(?<=\S)\s{3,}(?=\S)", "  ", line).strip() for line in "".join(out).split("\n"))
    return "\n".join(line for line in lines if line)


def _measure(data: bytes, name: str) -> None:
    """Count how many tags there are and how deep they nest, without building anything."""
    depth = 0
    for tags, m in enumerate(_TAG.finditer(data), 1):
        if m[2].lower() not in _VOID and not m[3]:
            depth = max(0, depth + (-1 if m[1] else 1))
        if depth > DEPTH or tags > TAGS:
            what = f"tags nested at most {DEPTH:,} deep" if depth > DEPTH else f"at most {TAGS:,} tags"
            raise BadInput(f"{name}: expected a web page with {what}, found more; refused")
