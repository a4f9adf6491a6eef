"""Asking Europe PMC's search: page after page by cursor, every answer checked, for errors come with HTTP 200.

Environment: TRIALKB_EUROPEPMC_BASE, TRIALKB_EMAIL.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from trialkb.errors import BadInput
from trialkb.records import Page

from ._epmc_record import items, line
from ._http import Answer, Http, not_html

BASE = "https://www.ebi.ac.uk/europepmc/webservices/rest"
SIZE = 200
LONG = 1500  # characters of a query above which it is sent by POST
OVERLAP = timedelta(days=2)


def pages(
    query: str, base: str | None, since: str | None, limit: int | None, token: str | None, http: Http | None
) -> Iterator[Page]:
    """The pages of a query; see `europepmc.fetch`."""
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
            platform=f"Europe PMC {line(value.get('version'))}" if value.get("version") else None,
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
        raise BadInput(f"Europe PMC refused the query: {line(value.get('errMsg'))} (code {line(value.get('errCode'))})")
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
