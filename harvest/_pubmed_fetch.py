"""Asking PubMed: what a query means, its slices of at most 9,999 records, and their XML batch by batch.

A query is PubMed's own language as it stands; PMIDs alone fetch those records. A larger answer is cut by entry date,
a single day by PMID. What the search history does not give is asked for again by its id; what is still missing is
named. A token says which slice, how much of its list is done, and what that list was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha1

from trialkb.errors import BadInput
from trialkb.records import Page

from . import _xml
from ._eutils import LAST, MOST, TOP, Eutils, Found, Slice
from ._http import Http

SIZE = 200
OVERLAP = timedelta(days=2)
_PMIDS = re.compile(r"(?:PMID:?\s*)?\d{1,8}(?:[\s,|]+(?:PMID:?\s*)?\d{1,8})*\Z", re.IGNORECASE)
_PMID = re.compile(rb"<PMID[^>]*>\s*(\d+)\s*</PMID>")
_TOKEN = re.compile(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)#(\d+)-(\d+)@(\d+)\.([0-9a-f]{12})\Z")


def pages(
    query: str, base: str | None, since: str | None, limit: int | None, token: str | None, http: Http | None
) -> Iterator[Page]:
    """The pages of a query, slice by slice; see `pubmed.fetch`."""
    eutils = Eutils(base, http)
    try:
        if _PMIDS.match(query.strip()):
            yield from _by_ids(eutils, query, limit)
        else:
            yield from _all(eutils, term_of(query, since), limit, token)
    finally:
        if http is None:
            eutils.http.close()


def term_of(query: str, since: str | None) -> str:
    """The term that is sent: the query, and where a date is given, only what was changed since two days before it.

    >>> term_of("CAR-T AND stomach", "2026-11-03")
    '(CAR-T AND stomach) AND ("2026/11/01"[mdat] : "3000"[mdat])'
    """
    if not query.strip():
        raise BadInput("an empty query would ask for all of PubMed; give words, fields or PMIDs")
    if not since:
        return query
    try:
        day = date.fromisoformat(since) - OVERLAP
    except ValueError:
        raise BadInput(f"--since {since!r}: expected a date like 2026-11-01") from None
    return f'({query}) AND ("{day:%Y/%m/%d}"[mdat] : "3000"[mdat])'


def _by_ids(eutils: Eutils, query: str, limit: int | None) -> Iterator[Page]:
    ids = tuple(dict.fromkeys(str(int(p)) for p in re.findall(r"\d+", query)))[:limit]
    build = eutils.build()
    for at in range(0, len(ids), SIZE):
        payloads, note = _batch(eutils, ids[at : at + SIZE], None, 0)
        yield Page(f"{eutils.base}/efetch.fcgi", f"id={','.join(ids)}", payloads, len(ids), None, build, note)


def _all(eutils: Eutils, term: str, limit: int | None, token: str | None) -> Iterator[Page]:
    """Every batch of every slice; the token of a page says which slice, how far, and what its list was."""
    start, done, digest = _resumed(token)
    build, whole = eutils.build(), eutils.search(Slice(), term)
    if not whole.count:
        yield Page(f"{eutils.base}/esearch.fcgi", whole.asked, (), 0, None, build, whole.remarks or None)
        return
    small = whole.count <= MOST or bool(limit and limit <= MOST)
    parts = iter([(Slice(), whole)] if small else _slices(eutils, term, start))
    announced: int | None = whole.count
    notes, got, held = [whole.remarks], 0, 0
    following = next(parts, None)
    while following:
        (part, found), following = following, None
        if done and (part, _digest(found.ids[:done])) != (start, digest):
            notes.append("the list of this slice changed since the last run; it began anew")
            done = 0
        held += found.count
        ids = found.ids[: done + limit - got] if limit else found.ids
        full = bool(limit and got + len(ids) - done >= limit)
        following = None if full else next(parts, None)
        if not following and not full and not token and held != whole.count:
            notes.append(f"the slices hold {held} records, the whole query {whole.count}")
        history = found.history
        for at in range(done, max(len(ids), done + 1), SIZE):
            payloads, said = _batch(eutils, ids[at : at + SIZE], history, at)
            history = None if said and "history" in said else history
            end = min(at + SIZE, len(ids))
            mark = f"{part.since}/{part.until}#{part.low}-{part.high}@{end}.{_digest(found.ids[:end])}"
            note = "; ".join(filter(None, (*notes, said))) or None
            last = end == len(ids) and not following
            yield Page(
                f"{eutils.base}/efetch.fcgi", found.asked, payloads, announced, None if last else mark, build, note
            )
            announced, notes = None, []
        got, done = got + len(ids) - done, 0


def _resumed(token: str | None) -> tuple[Slice, int, str]:
    """Slice, how many of its list are done, and the digest of those."""
    m = _TOKEN.match(token or "")
    if not m:
        return Slice(), 0, ""
    try:
        part = Slice(date.fromisoformat(m[1]), date.fromisoformat(m[2]), int(m[3]), int(m[4]))
    except ValueError:
        return Slice(), 0, ""
    return part, int(m[5]), m[6]


def _digest(ids: tuple[str, ...]) -> str:
    return sha1(",".join(ids).encode()).hexdigest()[:12]


def _slices(eutils: Eutils, term: str, start: Slice) -> Iterator[tuple[Slice, Found]]:
    """Slices that PubMed can list, in order of entry date, from the slice `start` on (all of it is known too large)."""
    rest = [start] if start != Slice() else list(start.halves())
    if start.high < TOP:
        rest.append(Slice(start.since, start.until, start.high + 1))
    if start.until < LAST:
        rest.append(Slice(start.until + timedelta(days=1)))
    while rest:
        part = rest.pop(0)
        found = eutils.search(part, term, only_count=part != start)
        if found.count > MOST:
            rest[:0] = part.halves()
        elif found.count:
            found = found if found.ids else eutils.search(part, term)
            yield part, found


def _batch(
    eutils: Eutils, ids: tuple[str, ...], history: tuple[str, str] | None, at: int
) -> tuple[tuple[bytes, ...], str | None]:
    """The XML of a batch; what the history does not give is asked for once more by its ids."""
    if not ids:
        return (), None
    notes = []
    body = eutils.fetch(ids, history, at)
    if body is None:
        notes.append("the search history had expired: asked by ids")
        body = eutils.fetch(ids, None, at) or b""
    payloads, sent = [body], _pmids(body)
    lost = tuple(i for i in ids if i not in sent)
    if lost:
        payloads.append(eutils.fetch(lost, None, 0) or b"")
        sent |= _pmids(payloads[-1])
    gone, extra = [i for i in ids if i not in sent], sorted(sent - set(ids))
    notes += [f"listed but not sent: {', '.join(gone[:20])}{' ...' if len(gone) > 20 else ''}"] if gone else []
    notes += [f"sent but not listed: {', '.join(extra[:20])}"] if extra else []
    return tuple(payloads), "; ".join(notes) or None


def _pmids(body: bytes) -> set[str]:
    records = _xml.cut(_xml.whole(body), ("PubmedArticle", "PubmedBookArticle"), "efetch")
    return {m[1].decode() for r in records if (m := _PMID.search(r))}
