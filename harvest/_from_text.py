"""From text: what a PDF, a web page or a word processor's file says, read by the part that knows that kind of text.

The document keeps the text it was read from as `raw` (so that places lead back into it) and the file's own SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from types import ModuleType

from trialkb.errors import BadInput
from trialkb.records import Document

from . import abstract_page, flat_row, page, review
from . import text as plain

READERS: tuple[ModuleType, ...] = (abstract_page, flat_row, review, page)


def documents(text: str, source: str, file: bytes, name: str) -> Iterator[Document]:
    """The documents of a text taken out of a file. Raises BadInput where there are no words."""
    if not text.strip():
        raise BadInput(f"{name}: expected words, found none (a scan has none; run text recognition over it first)")
    data = text.encode("utf-8", "replace")
    claims = [(getattr(m, "PRIORITY", 0), m.__name__, m) for m in READERS if m.recognise(data[:65_536], name)]
    reader = max(claims, key=lambda c: c[:2])[2] if claims else plain
    for document in reader.parse(data, name=name):
        article = document.article
        if article:
            article = replace(article, extra={**article.extra, "file_sha256": sha256(file).hexdigest()})
        yield replace(document, source=source, article=article)
