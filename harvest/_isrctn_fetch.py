"""Asking ISRCTN: a count first, then everything at once, or in slices of the date of last edit where it is too much.

A query goes as it stands (fields `title:, condition:, intervention:, phase:"Phase II"`, quotes, AND, OR); plain words
side by side are either-or. Traps: there is no paging (`offset`, `page`, `sort` are ignored without notice); `limit` is
kept to, whatever its size, and `limit=0` only counts; a status in a query finds nothing; the path of a single trial
answers an unknown id with HTTP 500 and HTML, so single trials are asked for as a query too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date, timedelta

from trialkb.errors import BadInput, SourceChanged
from trialkb.records import Page

from ._http import Answer, Http, not_html

BASE = "https://www.isrctn.com/api"
SLICE = 1000  # records an answer; each has 11 to 30 kB
OVERLAP = timedelta(days=2)
FIRST = date(2000, 1, 1)  # before the registry's first record
_TOTAL = re.compile(rb"<(?:\w+:)?allTrials\b[^>]*\btotalCount=[\"'](\d+)[\"']")
_RECORD = re.compile(rb"<fullTrial[\s>]")


def fetch(
    query: str,
    *,
    base: str | None = None,
    since: str | None = None,
    limit: int | None = None,
    token: str | None = None,
    http: Http | None = None,
) -> Iterator[Page]:
    """Pages of the trials that answer `query`, edited `since` that date (less two days), at most `limit`.

    `token` is the first day of the slice to go on with. Raises BadInput, Refused, Unreachable, SourceChanged.
    """
    if not query.strip():
        raise BadInput("an empty query would ask for the whole registry; name a condition, an intervention, ids ...")
    first = _since(since)
    base = (base or os.environ.get("TRIALKB_ISRCTN_BASE") or BASE).rstrip("/")
    own = http or Http(gap=0.5 if base == BASE else None)
    try:
        wanted = query if first is None else _between(query, first, None)
        total, _ = _ask(own, base, wanted, 0)
        if total <= SLICE or (limit and limit <= SLICE):
            yield _page(own, base, wanted, min(total, limit or total), total, None)
        else:
            begin = date.fromisoformat(token) if token else first or FIRST
            yield from _slices(own, base, query, begin, total, limit)
    finally:
        if http is None:
            own.close()


def _since(since: str | None) -> date | None:
    try:
        return date.fromisoformat(since) - OVERLAP if since else None
    except ValueError:
        raise BadInput(f"--since {since!r}: expected a date like 2026-11-01") from None


def _between(query: str, first: date, last: date | None) -> str:
    """A query narrowed to days of last edit.

    >>> _between("CAR-T", date(2026, 1, 1), date(2026, 1, 31))
    '(CAR-T) AND lastEdited GE 2026-01-01T00:00:00 AND lastEdited LE 2026-01-31T23:59:59'
    """
    until = f" AND lastEdited LE {last}T23:59:59" if last else ""
    return f"({query}) AND lastEdited GE {first}T00:00:00{until}"


def _slices(http: Http, base: str, query: str, begin: date, total: int, limit: int | None) -> Iterator[Page]:
    """Slice after slice of days, each small enough; the day after it is the token."""
    today, got = date.today() + timedelta(days=1), 0
    while begin <= today:
        last, count = _fitting(http, base, query, begin, today)
        size = min(count, limit - got) if limit else count
        got += size
        following = None if last >= today or (limit and got >= limit) else (last + timedelta(days=1)).isoformat()
        yield _page(http, base, _between(query, begin, last), size, total, following)
        if following is None:
            return
        begin = date.fromisoformat(following)


def _fitting(http: Http, base: str, query: str, begin: date, last: date) -> tuple[date, int]:
    """The longest run of days from `begin`, found by halving, that an answer can hold."""
    count, _ = _ask(http, base, _between(query, begin, last), 0)
    while count > SLICE and last > begin:
        last = begin + (last - begin) // 2
        count, _ = _ask(http, base, _between(query, begin, last), 0)
    return last, count


def _page(http: Http, base: str, query: str, size: int, total: int, token: str | None) -> Page:
    if size == 0:
        return Page(f"{base}/query/format/default", query, (), announced=total, token=token, note=None)
    _, answer = _ask(http, base, query, size)
    found = len(_RECORD.findall(answer.body))
    note = None if found == size else f"asked for {size} records, {found} came"
    return Page(answer.url, query, (answer.body,), announced=total, token=token, note=note)


def _ask(http: Http, base: str, query: str, limit: int) -> tuple[int, Answer]:
    """The total that an answer states, and the answer."""
    params = {"q": query, "limit": str(limit)}
    answer = http.get(f"{base}/query/format/default", params, check=_whole)
    m = _TOTAL.search(answer.body[:5000])
    if not m:
        raise SourceChanged(f"{base}: expected allTrials with totalCount, found {answer.body[:60]!r}")
    if limit and int(m[1]) and not _RECORD.search(answer.body):
        raise SourceChanged(f"{base}: {int(m[1])} trials announced, but no fullTrial in the answer")
    return int(m[1]), answer


def _whole(answer: Answer) -> str | None:
    """Why an answer is no whole XML document, or None."""
    if reason := not_html(answer):
        return reason
    end = answer.body.rstrip()[-200:]
    return None if re.search(rb"</(?:\w+:)?allTrials\s*>\Z|/>\Z", end) else "XML without an end"
