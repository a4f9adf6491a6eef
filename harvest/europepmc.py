"""Europe PMC: articles and preprints of its REST search (core records, JSON), from the network or from a saved answer.

https://www.ebi.ac.uk/europepmc/webservices/rest/search. A query is Europe PMC's own language as it stands; `DOI:`
`EXT_ID:` `SRC:PPR` and the like. A record that PubMed holds too bears the id that PubMed's has, and PubMed's own is
the one shown. Traps: errors come with HTTP 200 (errCode; for a lost cursor nothing but the version); XML is the
default; the last page may lack its cursor, repeat it, or be empty.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from trialkb import reading
from trialkb.errors import BadInput
from trialkb.records import Document, Page

from . import _epmc_record
from ._epmc_record import items, line

if TYPE_CHECKING:
    from ._http import Http

log = logging.getLogger(__name__)


def recognise(head: bytes, name: str) -> str | None:
    """Why a file is a Europe PMC answer, or None."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return "it has a resultList of Europe PMC" if start[:1] == b"{" and b'"resultList"' in head else None


def split(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The records of an answer one by one, so that one that cannot be read leaves the others; other things as a whole."""
    data = reading.whole(stream, name)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("resultList"), dict) or "errMsg" in value:
        yield data
        return
    for number, record in enumerate(items(value, "resultList", "result"), 1):
        try:
            yield json.dumps({"resultList": {"result": [record]}}).encode()
        except RecursionError:
            yield json.dumps({"errMsg": f"record {number} is nested too deep"}).encode()


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """Articles of a search answer, or of a single record. Raises BadInput for anything else.

    One unreadable record among others is logged and skipped.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise BadInput(f"{name}: expected JSON of Europe PMC, found something else ({type(e).__name__})") from e
    if isinstance(value, dict) and "errMsg" in value:
        raise BadInput(f"{name}: an error of Europe PMC instead of records: {line(value['errMsg'])}")
    if not isinstance(value, dict) or not ("resultList" in value or "source" in value):
        raise BadInput(f"{name}: expected an answer of Europe PMC's search, found other JSON")
    records = items(value, "resultList", "result") if "resultList" in value else [value]
    for number, record in enumerate(records, 1):
        try:
            if not isinstance(record, dict):
                raise BadInput(f"expected an object, found {type(record).__name__}")
            yield _epmc_record.document(record)
        except BadInput as e:
            if len(records) == 1:
                raise BadInput(f"{name}: {e}") from e
            log.warning("%s: record %d skipped: %s", name, number, e)


def fetch(
    query: str,
    *,
    base: str | None = None,
    since: str | None = None,
    limit: int | None = None,
    token: str | None = None,
    http: Http | None = None,
) -> Iterator[Page]:
    """Pages of what answers `query`, updated `since` that date (less two days), at most `limit`.

    `token` is the cursor of the last page held; one that is no longer known begins the query anew.
    Raises BadInput for a query that Europe PMC refuses, Refused, Unreachable.
    """
    from ._epmc_fetch import pages

    yield from pages(query, base, since, limit, token, http)
