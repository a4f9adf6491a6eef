"""Harvesting: run a fetch page by page into the kb, each page and its place in the ledger in one transaction.

A run that was stopped (Ctrl-C, kill -9, a source gone) goes on from its last page when the same is asked again within
a day; after that, or where the source's token is no longer taken, the query begins anew and skips what is held.
A run is complete only where the distinct records held are as many as the source announced; what disturbed it
(repeated pages, a token loop, records that changed between pages, short or empty pages) is named in the ledger.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from types import ModuleType
from typing import Any

from . import kb, ledger, parts, works
from .errors import BadInput, Incomplete, TrialkbError, Unreachable
from .harvest_pages import documents, named, verdict
from .records import Document, Page

log = logging.getLogger("trialkb")
Tick = Callable[[int], None]
STILL_GOOD = timedelta(days=1)  # how old a stopped run may be to be gone on with
MANY_REPEATS = 3  # identical pages in a row that end a run
_ANEW = "began anew"  # stands in the note of the page with which a query did


@dataclass(frozen=True, slots=True)
class Done:
    """How a run ended."""

    run: int
    source: str
    state: str  # complete | incomplete | failed
    counts: ledger.Counts
    announced: int | None
    held: int
    message: str | None
    resumed: bool = False
    error: TrialkbError | None = None
    shared: tuple[int, int] = (0, 0)  # records held from another source too: by id, by DOI


def sources() -> list[str]:
    """The harvest parts that talk to a network."""
    return [n for n in parts.names("harvest") if hasattr(parts.load("harvest", n), "fetch")]


def harvest(
    db: sqlite3.Connection,
    source: str,
    query: str,
    *,
    since: str | None = None,
    limit: int | None = None,
    base: str | None = None,
    profile: str | None = None,
    again: bool = False,
    tick: Tick = lambda n: None,
    http: Any = None,
) -> Done:
    """Ask a source and store what it answers; goes on with a stopped run of the same words unless `again`.

    `since` is a date, or "last": the day of the last complete run of the same words (all of it where there is none).
    What fails is in the ledger and in `Done.error`; Ctrl-C is noted and passed on.
    """
    if source not in sources():
        raise BadInput(f"no source {source!r} to harvest from; there are: {', '.join(sources())}")
    module = parts.load("harvest", source)
    since = last_complete(db, source, query) if since == "last" else since
    asked = json.dumps({"query": query, "since": since, "limit": limit}, ensure_ascii=False)
    run = _resume(db, source, asked, again) or _Run.begin(db, source, query, asked, limit, profile)
    return run if isinstance(run, Done) else run.follow(db, module, query, since, base, http, tick)


def last_complete(db: sqlite3.Connection, source: str, query: str) -> str | None:
    """The day of the last complete run of the same words, whatever its `since`; None where there is none."""
    rows = db.execute(
        "SELECT started, asked FROM run WHERE command = 'harvest' AND source = ? AND state = 'complete' ORDER BY id DESC",
        (source,),
    )
    same = (started for started, asked in rows if asked and _same_words(json.loads(asked), query))
    found = next(same, None)
    return str(found)[:10] if found else None


def _same_words(asked: dict[str, Any], query: str) -> bool:
    return asked["query"] == query and asked["limit"] is None


@dataclass(slots=True)
class _Run:
    """A run under way: what it needs to know of its own past, all of it read from the ledger when resumed."""

    id: int
    source: str
    limit: int | None
    counts: ledger.Counts
    pages: int = 0
    token: str | None = None
    announced: int | None = None
    resumed: bool = False
    since: str | None = None
    anew: bool = False  # the query began anew: records seen twice are no wonder
    repeats: int = 0

    @classmethod
    def begin(
        cls, db: sqlite3.Connection, source: str, query: str, asked: str, limit: int | None, profile: str | None
    ) -> _Run:
        today = datetime.now(UTC).date().isoformat()
        with kb.transaction(db):
            number = ledger.start(db, "harvest", source, query, as_of=today)
            db.execute("UPDATE run SET asked = ?, profile = ? WHERE id = ?", (asked, profile, number))
        return cls(number, source, limit, ledger.Counts(), since=json.loads(asked)["since"])

    def follow(
        self,
        db: sqlite3.Connection,
        module: ModuleType,
        query: str,
        since: str | None,
        base: str | None,
        http: Any,
        tick: Tick,
    ) -> Done:
        """Fetch and commit page after page, then close the run."""
        left = self.limit - self.held(db) if self.limit and self.resumed else self.limit
        try:
            if left is None or left > 0:
                pages = module.fetch(query, base=base, since=since, limit=left, token=self.token, http=http)
                self._take(db, module, pages, tick)
        except TrialkbError as e:
            return self.close(db, error=e)
        except BaseException as e:
            self.close(db, stopped="Ctrl-C" if isinstance(e, KeyboardInterrupt) else type(e).__name__)
            raise
        return self.close(db)

    def _take(self, db: sqlite3.Connection, module: ModuleType, pages: Iterator[Page], tick: Tick) -> None:
        try:
            for page in pages:
                tick(self._commit(db, module, page))
                if self._in_a_loop(db, page):
                    return
        finally:
            close = getattr(pages, "close", None)
            if close:
                close()

    def _commit(self, db: sqlite3.Connection, module: ModuleType, page: Page) -> int:
        """One page, its records, its ledger row and the run's counts: all or nothing. Returns its records."""
        digest = sha256(b"\0".join(page.payloads)).hexdigest()
        self.anew = self.anew or page.restart
        counts = ledger.Counts(self.counts.by_state.copy())
        notes = [page.note] if page.note else []
        if page.restart and not any(_ANEW in n for n in notes):
            notes.append(f"the query {_ANEW}")
        with kb.transaction(db):
            notes += self._repeated(db, page, digest)
            seen, changed = self._store(db, module, page, counts, notes)
            notes += [named("changed between pages", changed)] if changed else []
            if self.announced is not None and page.announced not in (None, self.announced):
                notes.append(f"the announced total went from {self.announced} to {page.announced}")
            announced = self.announced if page.announced is None else page.announced
            token = None if self._known_token(db, page) else page.token
            ledger.page(db, self.id, self.pages + 1, seen, page.url, digest, token, "; ".join(notes) or None)
            ledger.update(db, self.id, counts, None if self.pages else page.query, page.platform, announced)
        self.counts, self.announced, self.pages, self.token = counts, announced, self.pages + 1, token
        return seen

    def _store(
        self, db: sqlite3.Connection, module: ModuleType, page: Page, counts: ledger.Counts, notes: list[str]
    ) -> tuple[int, list[str]]:
        """Put the records of a page; how many it had, and which of them this run has seen in other words."""
        today, seen, changed = kb.now()[:10], 0, list[str]()
        for item in documents(module, page):
            seen += 1
            state = self._put(db, item, today, changed) if isinstance(item, Document) else item
            if isinstance(state, BadInput):
                counts.add("skipped")
                notes.append(f"not read: {state}"[:300])
                log.warning("%s: a record of page %d skipped: %s", self.source, self.pages + 1, state)
            else:
                counts.add(state)
        return seen, changed

    def _put(self, db: sqlite3.Connection, document: Document, today: str, changed: list[str]) -> str | BadInput:
        """Put one record; what became of it, or why it cannot be stored (then nothing of it is)."""
        before = self._sighted(db, document.id)
        if before and sha256(document.raw).hexdigest() not in before and document.id not in changed:
            changed.append(document.id)
        try:
            return kb.put(db, document, self.id, today)
        except BadInput as e:
            return e

    def _sighted(self, db: sqlite3.Connection, document: str) -> set[str]:
        """Digests of the versions of a record that this run has seen."""
        return {
            r[0]
            for r in db.execute(
                "SELECT v.sha256 FROM version v JOIN sighting s ON s.version_id = v.id AND s.run_id = ?"
                " WHERE v.document_id = ?",
                (self.id, document),
            )
        }

    def _repeated(self, db: sqlite3.Connection, page: Page, digest: str) -> list[str]:
        if self.anew or not page.payloads:
            return []
        row = db.execute(
            "SELECT number FROM page WHERE run_id = ? AND sha256 = ? AND records > 0", (self.id, digest)
        ).fetchone()
        self.repeats = self.repeats + 1 if row else 0
        return [f"the same as page {row[0]}, letter for letter"] if row else []

    def _known_token(self, db: sqlite3.Connection, page: Page) -> bool:
        """Whether a page leads back to where this run has been."""
        if page.token is None or page.restart:
            return False
        since = db.execute(
            "SELECT coalesce(max(number), 0) FROM page WHERE run_id = ? AND note LIKE ?", (self.id, f"%{_ANEW}%")
        ).fetchone()[0]
        row = db.execute(
            "SELECT 1 FROM page WHERE run_id = ? AND token = ? AND number >= ?", (self.id, page.token, since)
        ).fetchone()
        return row is not None or page.token == self.token

    def _in_a_loop(self, db: sqlite3.Connection, page: Page) -> bool:
        """Stop where the source leads in a circle; the page says so."""
        loop = page.token is not None and self.token is None
        endless = self.repeats >= MANY_REPEATS
        if loop or endless:
            words = "a token loop: this page leads back to one already had" if loop else "the source repeats itself"
            with kb.transaction(db):
                db.execute(
                    "UPDATE page SET token = NULL, note = coalesce(note || '; ', '') || ? WHERE run_id = ? AND number = ?",
                    (words, self.id, self.pages),
                )
        return loop or endless

    def held(self, db: sqlite3.Connection) -> int:
        """Distinct records that this run has seen."""
        count: int = db.execute(
            "SELECT count(DISTINCT v.document_id) FROM sighting s JOIN version v ON v.id = s.version_id"
            " WHERE s.run_id = ?",
            (self.id,),
        ).fetchone()[0]
        return count

    def close(self, db: sqlite3.Connection, error: TrialkbError | None = None, stopped: str | None = None) -> Done:
        """Compare what is held with what was announced, and close the run in the ledger."""
        held = self.held(db)
        wanted = self.announced if self.limit is None or self.announced is None else min(self.announced, self.limit)
        message = verdict(db, self.id, held, wanted, self.announced)
        if error or stopped:
            message = str(error) if error else f"stopped by {stopped}"
        begun = self.pages > 0 or stopped or isinstance(error, Unreachable)
        state = ("incomplete" if begun else "failed") if error or stopped else "incomplete" if message else "complete"
        if state == "complete" and held == 0:
            message = "the source announced no record for this query: check its words"
            if self.since:
                message = f"the source announced no record of this query that was updated since {self.since}"
        with kb.transaction(db):
            ledger.finish(db, self.id, self.counts, state, message, self.announced)
            db.execute("UPDATE run SET held = ? WHERE id = ?", (held, self.id))
        if state == "incomplete" and not isinstance(error, Incomplete):
            error = Incomplete(f"run {self.id} of {self.source} is incomplete: {message}; ask the same again to go on")
        shared = works.shared(db, self.id)
        return Done(
            self.id, self.source, state, self.counts, self.announced, held, message, self.resumed, error, shared
        )


def _resume(db: sqlite3.Connection, source: str, asked: str, again: bool) -> _Run | Done | None:
    """The stopped run of the same words, if it can be gone on with; every other dead one is closed as incomplete.

    One that was killed after its last page is closed, and is the answer where it is complete.
    """
    row = db.execute(
        "SELECT id, state, announced, new, changed, unchanged, skipped FROM run WHERE command = 'harvest'"
        " AND source = ? AND asked = ? ORDER BY id DESC LIMIT 1",
        (source, asked),
    ).fetchone()
    ledger.close_dead(db, but=row[0] if row else None)
    if not row or row[1] not in ("running", "incomplete"):
        return None
    pages, token, at = db.execute(
        "SELECT count(*), (SELECT token FROM page WHERE run_id = :r ORDER BY number DESC LIMIT 1), max(at)"
        " FROM page WHERE run_id = :r",
        {"r": row[0]},
    ).fetchone()
    counts = ledger.Counts()
    for name, n in zip(("new", "changed", "unchanged", "skipped"), row[3:], strict=True):
        counts.by_state[name] = n or 0
    words = json.loads(asked)
    run = _Run(row[0], source, words["limit"], counts, pages, token, row[2], resumed=True, since=words["since"])
    if not again and token and _fresh(at):
        with kb.transaction(db):
            db.execute(
                "UPDATE run SET state = 'running', finished = NULL, message = NULL, held = NULL, writer = ? WHERE id = ?",
                (kb.writer(db), row[0]),
            )
        return run
    if row[1] == "running":
        at_its_end = pages and not token and run.announced is not None and _fresh(at) and not again
        done = run.close(db, stopped=None if at_its_end else "a kill")
        return done if done.state == "complete" else None
    return None


def _fresh(at: str) -> bool:
    return datetime.now(UTC) - datetime.fromisoformat(at) < STILL_GOOD


def anchor(since: str | None) -> str | None:
    """A --since of the command line: a date, "last", or None. Raises BadInput."""
    if since in (None, "last"):
        return since
    try:
        return date.fromisoformat(str(since)).isoformat()
    except ValueError:
        raise BadInput(f"--since {since!r}: expected a date like 2026-11-01, or 'last'") from None


def told(done: Done) -> Iterator[str]:
    """What a person should know of a run that ended, a line each."""
    total = "no total announced" if done.announced is None else f"{done.announced:,} announced"
    begun = ", gone on with" if done.resumed else ""
    yield f"{done.source}: run {done.run}{begun} {done.state}: {total}, {done.held:,} held: {done.counts}"
    if any(done.shared):
        yield f"{done.source}: {ledger.shared(*done.shared)}"
    if done.error:
        yield f"trialkb: {' '.join(str(done.error).split())}"
    elif done.held == 0:
        yield f"trialkb: WARNING: 0 records. {done.message}; 'trialkb log' shows the query as sent"
