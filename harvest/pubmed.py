"""PubMed: articles as E-utilities' efetch XML, from the network or from NLM's baseline and update files.

https://eutils.ncbi.nlm.nih.gov/entrez/eutils/ and https://ftp.ncbi.nlm.nih.gov/pubmed/. Traps: an error may come with
HTTP 200 (eFetchResult); an update file repeats revised records (the later file wins) and lists deleted ones, which
`deleted` names; see `_medline` for the record and `_eutils` for the network.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from trialkb.errors import BadInput
from trialkb.records import Document, Page
from trialkb.text import printable

from . import _medline, _xml

if TYPE_CHECKING:
    from ._http import Http

TAGS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation", "DeleteDocument")
ROOT = "PubmedArticleSet"
_ERROR = re.compile(rb"<ERROR>(.*?)</ERROR>", re.DOTALL)
_PMID = re.compile(rb"<PMID[^>]*>\s*(\d+)\s*</PMID>")
log = logging.getLogger(__name__)


def recognise(head: bytes, name: str) -> str | None:
    """Why a file is PubMed XML, or None."""
    m = re.search(rb"<(PubmedArticleSet|PubmedArticle|PubmedBookArticle)[\s>]", head)
    return f"it has a <{m[1].decode()}> element" if m else None


def split(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The records of a file one by one, however large it is; lists of deleted ones are left to `deleted`."""
    for record in _xml.cut(stream, TAGS, name, ROOT):
        if not record.startswith(b"<Delete"):
            yield record


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """Articles of an efetch answer, a bulk file or a single record. Raises BadInput for anything else.

    One unreadable record among others is logged and skipped.
    """
    _refuse_error(data, name)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        raise BadInput(f"{name}: expected PubMed XML, found something else")
    first: BadInput | None = None
    count = 0
    for record in split(_xml.whole(data), name):
        count += 1
        try:
            yield _read(record, name)
        except BadInput as e:
            first = first or e
            log.warning("%s: record %d skipped: %s", name, count, e)
    if first and count == 1:
        raise first
    if not count and not re.search(rb"<(PubmedArticleSet|DeleteCitation)[\s/>]", data[: 1 << 16]):
        raise BadInput(f"{name}: expected a PubmedArticleSet, found none")


def _read(record: bytes, name: str) -> Document:
    raw = _medline.without_contacts(record)
    return _medline.document(_xml.tree(raw, name), raw)


def _refuse_error(data: bytes, name: str) -> None:
    said = _ERROR.search(data[:4096]) if b"<eFetchResult" in data[:4096] else None
    if said:
        words = printable(said[1].decode("utf-8", "replace"))[:300]
        raise BadInput(f"{name}: an error of E-utilities instead of records: {words}")


def deleted(stream: BinaryIO, name: str = "") -> Iterator[str]:
    """Document ids that an update file withdraws (DeleteCitation, DeleteDocument)."""
    for record in _xml.cut(stream, TAGS, name, ROOT):
        if record.startswith(b"<Delete"):
            yield from (f"PMID:{p.decode()}" for p in _PMID.findall(record))


def fetch(
    query: str,
    *,
    base: str | None = None,
    since: str | None = None,
    limit: int | None = None,
    token: str | None = None,
    http: Http | None = None,
) -> Iterator[Page]:
    """Pages of the articles that answer `query`, changed `since` that date (less two days), at most `limit`.

    `token` is that of the last page held; where the list has changed since, its slice begins anew and a note says so.
    Raises BadInput for a query that PubMed does not understand, Refused, Unreachable, SourceChanged.
    """
    from ._pubmed_fetch import pages

    yield from pages(query, base, since, limit, token, http)
