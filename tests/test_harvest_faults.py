"""Every fault, at every registry: what is in the kb, what is in the ledger, which exit code; and that it mends itself.

The fault stands in the way of everything after the first page; then it is taken away and the same is asked again.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import standin_ctgov
import standin_ctis
import standin_isrctn
from standin import App, Asked, Reply, bomb, cut_chunked, drip, serve, truncated

from trialkb import harvesting, kb
from trialkb.harvest import _ctgov_fetch, _ctis_fetch, _isrctn_fetch
from trialkb.harvest._http import Http


@dataclass(frozen=True)
class Source:
    """A stand-in with eight records, four to be had before the fault."""

    name: str
    app: App
    late: Callable[[Asked], bool]  # whether a request comes after the first page


def _late_ctis(asked: Asked) -> bool:
    return asked.path == "/search" and b'"page": 1' not in asked.body


def _late_isrctn(asked: Asked) -> bool:
    return "GE 2000" not in asked.query.get("q", "") and "GE" in asked.query.get("q", "")


SOURCES = (
    Source(
        "ctgov",
        standin_ctgov.Registry([standin_ctgov.study(n) for n in range(1, 9)]),
        lambda asked: "pageToken" in asked.query,
    ),
    Source("ctis", standin_ctis.Register([standin_ctis.trial(n) for n in range(1, 9)]), _late_ctis),
    Source(
        "isrctn",
        standin_isrctn.Registry([standin_isrctn.Trial(n, edited=f"20{n + 10}-03-01") for n in range(1, 9)]),
        _late_isrctn,
    ),
)
FAULTS: dict[str, tuple[Reply, str]] = {
    "429 seconds": (Reply(429, headers={"Retry-After": "2"}), "HTTP 429"),
    "429 date": (Reply(429, headers={"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}), "HTTP 429"),
    "429 garbage": (Reply(429, headers={"Retry-After": "¿cuándo?"}), "HTTP 429"),
    "429 huge": (Reply(429, headers={"Retry-After": "9" * 30}), "HTTP 429"),
    "500": (Reply(500, b"<html>stack trace</html>"), "HTTP 500"),
    "502": (Reply(502), "HTTP 502"),
    "503": (Reply(503), "HTTP 503"),
    "HTML with 200": (Reply(body=b"<html><title>Just a moment...</title></html>"), "HTML page"),
    "truncated, with length": (truncated(b"x" * 500, 100), "broken connection|truncated"),
    "truncated, without length": (truncated(b'{"studies": [{"a', 16, length=False), "cannot be read|without an end"),
    "truncated gzip": (truncated(b"x" * 5000, 20, packed=True, length=False), "truncated"),
    "truncated chunk": (cut_chunked(b"x" * 500, 100), "broken connection"),
    "slow drip": (drip(count=400), "in time|time left"),
    "slow drip in the head": (drip(header=True, count=400), "in time|time left"),
    "gzip bomb": (bomb(66), "larger than 64 MiB"),
    "redirect to another host": (
        Reply(302, headers={"Location": "https://elsewhere.example/"}),
        "redirects to elsewhere",
    ),
    "redirect in a circle": (Reply(302, headers={"Location": "/round"}), "circle|redirects"),
    "400": (Reply(400, b"bad \x1b[31mrequest"), "HTTP 400"),
    "JSON without end of nesting": (Reply(body=b"[" * 200_000), "cannot be read|XML without an end"),
}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        yield db


@pytest.fixture(autouse=True)
def four_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ctgov_fetch, "SIZE", 4)
    monkeypatch.setattr(_ctis_fetch, "SIZE", 4)
    monkeypatch.setattr(_isrctn_fetch, "SLICE", 4)


def ask(db: sqlite3.Connection, source: Source, base: str) -> harvesting.Done:
    with Http(sleep=lambda s: None, timeout=2.0, deadline=1.0, tries=2) as http:
        return harvesting.harvest(db, source.name, "cells", base=base, http=http)


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name)
@pytest.mark.parametrize("fault", FAULTS)
def test_fault(db: sqlite3.Connection, source: Source, fault: str) -> None:
    reply, words = FAULTS[fault]
    circle = fault == "redirect in a circle"

    def app(asked: Asked) -> Reply:
        return reply if source.late(asked) or (circle and asked.path == "/round") else source.app(asked)

    start = time.monotonic()
    with serve(app) as base:
        done = ask(db, source, base)
    assert time.monotonic() - start < 20
    held = [r[0] for r in db.execute("SELECT id FROM document")]
    assert 1 <= len(held) == done.held < 8
    assert (done.state, done.error and done.error.code) == ("incomplete", 3)
    row = _row(db, done.run)
    assert (row["state"], row["announced"], row["held"]) == ("incomplete", 8, done.held)
    assert re.search(words, row["message"]), row["message"]
    assert "\x1b" not in row["message"]
    assert db.execute("SELECT count(*) FROM page WHERE run_id = ?", (done.run,)).fetchone()[0] == row["pages"] >= 1
    with serve(source.app) as base:
        again = ask(db, source, base)
    assert (again.run, again.state, again.held, again.error) == (done.run, "complete", 8, None)
    assert db.execute("SELECT count(*), count(DISTINCT document_id) FROM version").fetchone() == (8, 8)


def _row(db: sqlite3.Connection, run: int) -> dict[str, Any]:
    cursor = db.execute(
        "SELECT r.*, (SELECT count(*) FROM page WHERE run_id = r.id) AS pages FROM run r WHERE id = ?", (run,)
    )
    return dict(zip([d[0] for d in cursor.description], cursor.fetchone(), strict=True))
