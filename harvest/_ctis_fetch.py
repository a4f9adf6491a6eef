"""Asking EU CTIS: a search by POST, page by page, and every trial of a page retrieved.

A query is a line of words: bare words must all occur; `any=a,b` either, `not=`, `condition=`, `sponsor=`, `title=`,
`product=`, `endpoint=`, `number=` one field; `status=4`, `phase=4` codes of the register; CT numbers alone fetch those.
Traps: pages count from 1, and page 0 is an empty 200; beyond 10,000 records further pages come empty without a word,
so the rest is asked for in the other order (20,000 at most); a GET of search is a 403; some trials cannot be
retrieved (404): the row of the search answer is kept then; there is no filter by date of change.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from trialkb.errors import BadInput, SourceChanged
from trialkb.records import Page

from ._http import Answer, Http, not_html
from .ctis import NUMBER, iso

BASE = "https://euclinicaltrials.eu/ctis-public-api"
SIZE = 100
MOST = 10_000  # records that one order gives away
OVERLAP = timedelta(days=2)
FIELDS = {
    "any": "containAny", "not": "containNot", "condition": "medicalCondition", "sponsor": "sponsor", "title": "title",
    "product": "productName", "endpoint": "endPoint", "number": "number", "status": "status", "phase": "trialPhaseCode",
}  # fmt: skip
_KEY = re.compile(r"([a-z]+)[=:](.+)\Z", re.S)


def fetch(
    query: str,
    *,
    base: str | None = None,
    since: str | None = None,
    limit: int | None = None,
    token: str | None = None,
    http: Http | None = None,
) -> Iterator[Page]:
    """Pages of the trials that answer `query`, the latest first; `since` stops where all are older (less two days).

    `token` is the page to go on with. Raises BadInput, Refused, Unreachable, SourceChanged.
    """
    criteria, numbers = criteria_of(query)
    oldest = _oldest(since)
    base = (base or os.environ.get("TRIALKB_CTIS_BASE") or BASE).rstrip("/")
    own = http or Http(gaps={"euclinicaltrials.eu": 0.5})
    try:
        if numbers:
            yield _by_number(own, base, numbers)
        else:
            yield from _pages(own, base, criteria, oldest, limit, token)
    finally:
        if http is None:
            own.close()


def criteria_of(query: str) -> tuple[dict[str, Any], list[str]]:
    """The searchCriteria that a query means, and the CT numbers of one that is numbers only.

    >>> criteria_of('CAR-T condition="gastric cancer" status=4,5')
    ({'containAll': 'CAR-T', 'medicalCondition': 'gastric cancer', 'status': [4, 5]}, [])
    """
    try:
        words = shlex.split(query)
    except ValueError as e:
        raise BadInput(f"query {query!r}: {e}") from None
    if not words:
        raise BadInput("an empty query would ask for the whole register; name a condition, a product, numbers ...")
    if all(NUMBER.match(w) for w in words):
        return {}, words
    criteria: dict[str, Any] = {}
    for word in words:
        keyed = _KEY.match(word)
        if not keyed or keyed[1] not in FIELDS:
            criteria["containAll"] = f"{criteria['containAll']}, {word}" if "containAll" in criteria else word
        else:
            criteria[FIELDS[keyed[1]]] = _value(keyed[1], keyed[2])
    if "containAll" in criteria and "containAny" in criteria:
        raise BadInput(f"query {query!r}: the register cannot mix all= and any=; ask twice")
    return criteria, []


def _value(key: str, value: str) -> object:
    if key not in ("status", "phase"):
        return value
    codes = [c.strip() for c in value.split(",")]
    if not all(c.isascii() and c.isdigit() and 1 <= int(c) <= 12 for c in codes):
        raise BadInput(f"{key}={value}: expected codes of the register (1 to 12), with commas between")
    return [int(c) for c in codes]


def _oldest(since: str | None) -> str | None:
    try:
        return (date.fromisoformat(since) - OVERLAP).isoformat() if since else None
    except ValueError:
        raise BadInput(f"--since {since!r}: expected a date like 2026-11-01") from None


def _pages(
    http: Http, base: str, criteria: Mapping[str, Any], oldest: str | None, limit: int | None, token: str | None
) -> Iterator[Page]:
    order, _, at = (token or "DESC:1").partition(":")
    number, got = int(at), 0
    known: set[str] = set()
    size = SIZE  # also under a limit: page numbers are good for one size only
    while True:
        asked = _asked(criteria, order, number, size, by_change=oldest is not None)
        answer, held = _search(http, base, asked)
        total, rows = held["pagination"].get("totalRecords"), held["data"]
        rows = rows[: limit - got] if limit else rows
        fresh = [r for r in rows if oldest is None or (iso(r.get("lastUpdated")) or "9999") >= oldest]
        wanted = [r for r in fresh if r["ctNumber"] not in known]
        known |= {r["ctNumber"] for r in wanted}
        payloads, notes = _retrieved(http, base, wanted)
        got += len(rows)
        following = None
        if not (limit and got >= limit) and not (oldest and rows and not fresh):
            following, more = _next(held, order, number, size, total)
            notes += more
        yield Page(
            answer.url, json.dumps(asked, ensure_ascii=False), payloads,
            announced=total if oldest is None and isinstance(total, int) else None, token=following,
            note="; ".join(notes) or None,
        )  # fmt: skip
        if following is None:
            return
        order, _, at = following.partition(":")
        number = int(at)


def _asked(criteria: Mapping[str, Any], order: str, number: int, size: int, *, by_change: bool) -> dict[str, Any]:
    """The body of a search."""
    return {
        "pagination": {"page": number, "size": size},
        "sort": {"property": "lastUpdated" if by_change else "decisionDate", "direction": order},
        "searchCriteria": dict(criteria),
    }


def _next(held: Mapping[str, Any], order: str, number: int, size: int, total: object) -> tuple[str | None, list[str]]:
    """The page that follows, and what to note where the register gives no more of this order."""
    whole = total if isinstance(total, int) else 0
    at_the_cap = number * size >= MOST
    if held["pagination"].get("nextPage") and not at_the_cap:
        needed = order == "DESC" or number * size < whole - MOST
        return (f"{order}:{number + 1}", []) if needed else (None, [])
    if order == "DESC" and whole > MOST:
        notes = [f"the register gives {MOST:,} of {whole:,} records; the others are asked for in the other order"]
        if whole > 2 * MOST:
            notes.append(f"no more than {2 * MOST:,} can be had: split the query")
        return "ASC:1", notes
    return None, []


def _search(http: Http, base: str, asked: Mapping[str, Any]) -> tuple[Answer, dict[str, Any]]:
    held: list[Any] = []
    answer = http.post(f"{base}/search", json=asked, check=lambda a: _read(a, held), accept=(200, 403))
    page = held[-1]
    good = isinstance(page, dict) and isinstance(page.get("pagination"), dict) and isinstance(page.get("data"), list)
    if not good or not all(isinstance(r, dict) and isinstance(r.get("ctNumber"), str) for r in page["data"]):
        raise SourceChanged(f"{base}/search: expected pagination and data with ctNumber, found {str(page)[:80]!r}")
    return answer, page


def _read(answer: Answer, held: list[Any]) -> str | None:
    if answer.status == 403:
        return "HTTP 403 (asked too fast)"
    if reason := not_html(answer):
        return reason
    try:
        held.append(json.loads(answer.body))
    except (ValueError, RecursionError) as e:
        return f"JSON that cannot be read ({type(e).__name__})"
    return None


def _retrieved(http: Http, base: str, rows: list[dict[str, Any]]) -> tuple[tuple[bytes, ...], list[str]]:
    """The whole record of each row, or the row itself where there is none to be had."""
    payloads, without = [], []
    for row in rows:
        body = _retrieve(http, base, row["ctNumber"])
        if body is None:
            without.append(row["ctNumber"])
            body = json.dumps(row, ensure_ascii=True).encode()
        payloads.append(body)
    return tuple(payloads), [f"not retrievable, kept as listed: {', '.join(without)}"] if without else []


def _retrieve(http: Http, base: str, number: str) -> bytes | None:
    held: list[Any] = []

    def whole(answer: Answer) -> str | None:
        return None if answer.status in (400, 404) else _read(answer, held)

    answer = http.get(f"{base}/retrieve/{number}", check=whole, accept=(200, 400, 403, 404))
    if answer.status != 200:
        return None
    if not isinstance(held[-1], dict) or held[-1].get("ctNumber") != number:
        raise SourceChanged(f"{base}/retrieve/{number}: expected the record of that number, found another thing")
    return answer.body


def _by_number(http: Http, base: str, numbers: list[str]) -> Page:
    found = {n: _retrieve(http, base, n) for n in dict.fromkeys(numbers)}
    missing = [n for n, body in found.items() if body is None]
    return Page(
        f"{base}/retrieve", " ".join(found), tuple(b for b in found.values() if b is not None),
        announced=len(found) - len(missing), note=f"not found: {', '.join(missing)}" if missing else None,
    )  # fmt: skip
