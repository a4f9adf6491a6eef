"""Ledger: a row for every run (what was asked, when, how much came, how it ended): the PRISMA-S log."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field

from .connection import UNKNOWN, now, writer


@dataclass(slots=True)
class Counts:
    """Records of a run by what became of them."""

    by_state: Counter[str] = field(default_factory=Counter)

    def add(self, state: str) -> None:
        self.by_state[state] += 1

    @property
    def received(self) -> int:
        return sum(self.by_state.values())

    def __str__(self) -> str:
        named = {"new": "new", "changed": "changed", "older": "older versions kept", "unchanged": "unchanged",
                 "skipped": "skipped"}  # fmt: skip
        return ", ".join(f"{self.by_state[k]:,} {words}" for k, words in named.items() if self.by_state[k]) or "nothing"


def start(
    db: sqlite3.Connection,
    command: str,
    source: str | None = None,
    query: str | None = None,
    platform: str | None = None,
    as_of: str | None = None,
    complete: bool = False,
) -> int:
    """Open a run; its number. Those that a killed process left open are closed."""
    close_dead(db)
    cursor = db.execute(
        "INSERT INTO run (command, source, query, platform, as_of, complete, started, writer, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running')",
        (command, source, query, platform, as_of, int(complete), now(), writer(db)),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def interrupted(db: sqlite3.Connection) -> dict[int, str]:
    """Runs that the ledger has as running and that no process runs any more -> what became of them.

    A run that was killed cannot say so itself; it is closed by the next one. Nothing is written here.
    """
    rows = db.execute("SELECT id, writer FROM run WHERE state = 'running'").fetchall()
    alive = writer(db) if rows else UNKNOWN
    if alive == UNKNOWN:
        return {}
    return {
        id: f"its process{f' ({who.split()[0]})' if who else ''} ended without a word; what was committed is kept"
        for id, who in rows
        if alive is None or (who is not None and who != alive)
    }


def close_dead(db: sqlite3.Connection, but: int | None = None) -> None:
    """Close every run that another process left running, for there is one writer; `but` the one to be gone on with."""
    db.execute(
        "UPDATE run SET state = 'incomplete', finished = ?, message = 'killed' WHERE state = 'running'"
        " AND writer IS NOT ? AND id IS NOT ?",
        (now(), writer(db), but),
    )


def shared(by_id: int, by_doi: int) -> str:
    """What of a run is held from another source too, in words.

    >>> shared(12, 1)
    'held from another source too, and counted once: 12 under the same id, 1 as one work by DOI'
    """
    said = [f"{by_id:,} under the same id" if by_id else "", f"{by_doi:,} as one work by DOI" if by_doi else ""]
    return f"held from another source too, and counted once: {', '.join(filter(None, said))}"


def page(
    db: sqlite3.Connection,
    run: int,
    number: int,
    records: int,
    url: str | None = None,
    sha256: str | None = None,
    token: str | None = None,
    note: str | None = None,
) -> None:
    """Note one committed page (call it in the transaction of its records)."""
    db.execute(
        "INSERT INTO page (run_id, number, url, sha256, records, token, at, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (run, number, url, sha256, records, token, now(), note),
    )


def update(
    db: sqlite3.Connection, run: int, counts: Counts, query: str | None, platform: str | None, announced: int | None
) -> None:
    """Bring a running run's figures up to date (call it in the transaction of a page)."""
    n = counts.by_state
    db.execute(
        "UPDATE run SET query = coalesce(?, query), platform = coalesce(?, platform), announced = coalesce(?, announced),"
        " received = ?, new = ?, changed = ?, unchanged = ?, skipped = ? WHERE id = ?",
        (query, platform, announced, counts.received, n["new"], n["changed"] + n["older"], n["unchanged"], n["skipped"],
         run),
    )  # fmt: skip


def finish(
    db: sqlite3.Connection,
    run: int,
    counts: Counts,
    state: str = "complete",
    message: str | None = None,
    announced: int | None = None,
) -> None:
    """Close a run with its counts."""
    n = counts.by_state
    db.execute(
        "UPDATE run SET finished = ?, announced = coalesce(?, announced), received = ?, new = ?, changed = ?,"
        " unchanged = ?, skipped = ?, state = ?, message = ? WHERE id = ?",
        (now(), announced, counts.received, n["new"], n["changed"] + n["older"], n["unchanged"], n["skipped"], state,
         message, run),
    )  # fmt: skip
