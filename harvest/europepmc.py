"""Europe PMC: articles and preprints of its REST search (core records, JSON), from the network or from a saved answer.

https://www.ebi.ac.uk/europepmc/webservices/rest/search. A query is Europe PMC's own language as it stands; `DOI:`
`EXT_ID:` `SRC:PPR` and the like. A record that PubMed holds too bears the id that PubMed's has, and PubMed's own is
the one shown. Traps: errors come with HTTP 200 (errCode; for a lost cursor nothing but the version); XML is the
default; the last page may lack its cursor, repeat it, or be empty.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from trialkb.errors import BadInput
from trialkb.records import Document, Page
from trialkb.text import printable

from . import _epmc_record
from ._epmc_record import items
from ._http import Answer, Http, not_html

BASE = "https://www.ebi.ac.uk/europepmc/webservices/rest"
SIZE = 200
LONG = 1500  # characters of a query above which it is sent by POST
OVERLAP = timedelta(days=2)
log = logging.getLogger(__name__)


def recognise(head: bytes, name: str) -> str | None:
    """Why a file is a Europe PMC answer, or None."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return "it has a resultList of Europe PMC" if start[:1] == b"{" and b'"resultList"' in head else None


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """Articles of a search answer, or of a single record. Raises BadInput for anything else.

    One unreadable record among others is logged and skipped.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise BadInput(f"{name}: expected JSON of Europe PMC, found something else ({type(e).__name__})") from e
    if isinstance(value, dict) and "errMsg" in value:
        raise BadInput(f"{name}: an error of Europe PMC instead of records: {_line(value['errMsg'])}")
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
    url = (base or os.environ.get("TRIALKB_EUROPEPMC_BASE") or BASE).rstrip("/")
    own = http or Http(gap=1.0)
    try:
        yield from _pages(own, url, _asked(query, since), limit, token)
    finally:
        if http is None:
            own.close()


def _asked(query: str, since: str | None) -> dict[str, str]:
    """The parameters of a query, without its cursor and page size."""
    if not query.strip():
        raise BadInput("an empty query would ask for all of Europe PMC; give words or fields")
    if since:
        try:
            day = date.fromisoformat(since) - OVERLAP
        except ValueError:
            raise BadInput(f"--since {since!r}: expected a date like 2026-11-01") from None
        query = f"({query}) AND UPDATE_DATE:[{day} TO 3000-12-31]"
    email = os.environ.get("TRIALKB_EMAIL", "").strip()
    asked = {"query": query, "format": "json", "resultType": "core", "synonym": "false"}
    return asked | ({"email": email} if email else {})


def _pages(http: Http, url: str, asked: dict[str, str], limit: int | None, token: str | None) -> Iterator[Page]:
    cursor, got, restart, first = token or "*", 0, False, True
    size = min(SIZE, limit) if limit else SIZE
    sent = urlencode({k: v for k, v in asked.items() if k != "email"}, quote_via=quote)
    while True:
        answer, value = _ask(http, url, {**asked, "pageSize": str(size), "cursorMark": cursor})
        if value is None:
            if cursor == "*" or restart:
                raise BadInput(f"Europe PMC did not answer the query {asked['query']!r}: neither hits nor an error")
            cursor, restart, got = "*", True, 0
            continue
        records = items(value, "resultList", "result")
        got += len(records)
        following = value.get("nextCursorMark")
        last = not records or not following or following == cursor or bool(limit and got >= limit)
        yield Page(
            answer.url.partition("?")[0],
            sent,
            (_cut(answer.body, value, got - limit) if limit and got > limit else answer.body,) if records else (),
            announced=value["hitCount"] if first or restart else None,
            token=None if last else str(following),
            platform=f"Europe PMC {_line(value.get('version'))}" if value.get("version") else None,
            note="the cursor was no longer known; the query began anew" if restart else None,
            restart=restart,
        )
        if last:
            return
        cursor, restart, first = str(following), False, False


def _cut(body: bytes, value: dict[str, Any], extra: int) -> bytes:
    """A page without the records beyond the limit."""
    kept = items(value, "resultList", "result")[:-extra]
    return json.dumps({**value, "resultList": {"result": kept}}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _ask(http: Http, url: str, asked: dict[str, str]) -> tuple[Answer, dict[str, Any] | None]:
    """One page and its JSON; None for the bare version that answers a lost cursor."""
    held: list[dict[str, Any]] = []

    def whole(answer: Answer) -> str | None:
        value = _json(answer)
        if isinstance(value, str):
            return value
        held[:] = [value]
        return None if _bare(value) else _wrong(value)

    if len(asked["query"]) > LONG:
        answer = http.post(f"{url}/searchPOST", form=asked, check=whole)
    else:
        answer = http.get(f"{url}/search", asked, check=whole)
    value = held[0]
    if "errCode" in value or "errMsg" in value:
        raise BadInput(
            f"Europe PMC refused the query: {_line(value.get('errMsg'))} (code {_line(value.get('errCode'))})"
        )
    return answer, None if _bare(value) else value


def _json(answer: Answer) -> dict[str, Any] | str:
    """The object of an answer, or why there is none; asking again may help."""
    if reason := not_html(answer):
        return reason
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError) as e:
        return f"JSON that cannot be read ({type(e).__name__})"
    return value if isinstance(value, dict) else "JSON that is no object"


def _bare(value: dict[str, Any]) -> bool:
    return set(value) <= {"version"}


def _wrong(value: dict[str, Any]) -> str | None:
    """Why an answer is no valid page: an integer hitCount and a list of results are due; errors are looked at later."""
    if "errCode" in value or "errMsg" in value:
        return None
    hits, results = value.get("hitCount"), value.get("resultList")
    if not isinstance(hits, int) or isinstance(hits, bool) or hits < 0:
        return "an answer without a hitCount"
    if not isinstance(results, dict) or not isinstance(results.get("result", []), list | dict):
        return "an answer without a list of results" if hits else None
    return None


def _line(words: object) -> str:
    return " ".join(printable(str(words)).split())[:300]
