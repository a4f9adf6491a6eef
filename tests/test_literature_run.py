"""Harvests of PubMed and Europe PMC to their end: what is in the kb, in the ledger, and which exit code, after each fault."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from standin import App, Base, Reply, bomb, cut_chunked, drip, serve, truncated
from standin_epmc import EuropePMC
from standin_pubmed import PubMed, record

from trialkb import harvesting, kb
from trialkb.cli import main
from trialkb.harvest import _epmc_fetch, _pubmed_fetch
from trialkb.harvest._http import Http

KEY = "fedcba9876543210fedcba9876543210fedc"
EACH, PAGES = 5, 4


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pubmed_fetch, "SIZE", EACH)
    monkeypatch.setattr(_epmc_fetch, "SIZE", EACH)
    for name in ("TRIALKB_EMAIL", "TRIALKB_PUBMED_BASE", "TRIALKB_EUROPEPMC_BASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NCBI_API_KEY", KEY)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        yield db


def app_of(source: str) -> App:
    return (
        PubMed({30_000_000 + n: "2024/05/06" for n in range(PAGES * EACH)})
        if source == "pubmed"
        else EuropePMC(PAGES * EACH)
    )


def page_of(source: str) -> str:
    """The path whose answers are the pages of records."""
    return "efetch" if source == "pubmed" else "search"


def run(db: sqlite3.Connection, source: str, base: Base, **more: Any) -> harvesting.Done:
    with Http(gap=0, sleep=lambda s: None, timeout=3.0, deadline=1.5, tries=2) as http:
        return harvesting.harvest(db, source, more.pop("query", "cells"), base=base, http=http, **more)


def held(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM document").fetchone()[0])


def notes(db: sqlite3.Connection) -> str:
    return "; ".join(r[0] for r in db.execute("SELECT note FROM page WHERE note IS NOT NULL ORDER BY run_id, number"))


def everything_said(db: sqlite3.Connection) -> str:
    return json.dumps([list(map(str, r)) for t in ("run", "page") for r in db.execute(f"SELECT * FROM {t}")])


SOURCES = ["pubmed", "europepmc"]


@pytest.mark.parametrize("source", SOURCES)
def test_a_whole_harvest_and_the_same_again(db: sqlite3.Connection, source: str) -> None:
    with serve(app_of(source)) as base:
        done = run(db, source, base)
        again = run(db, source, base, again=True)
    assert (done.state, done.announced, done.held, done.error) == ("complete", 20, 20, None)
    assert (again.state, again.counts.by_state["unchanged"], held(db)) == ("complete", 20, 20)
    assert db.execute("SELECT count(*), sum(records) FROM page WHERE run_id = ?", (done.run,)).fetchone() == (4, 20)
    assert KEY not in everything_said(db)


@pytest.mark.parametrize("source", SOURCES)
def test_zero_hits_are_said_loudly(db: sqlite3.Connection, source: str) -> None:
    with serve(app_of(source)) as base:
        done = run(db, source, base, query="nothing")
    assert (done.state, done.announced, done.held) == ("complete", 0, 0)
    assert "no record" in (done.message or "")


HTML = Reply(200, b"<!DOCTYPE html><html><title>Just a moment...</title></html>")
LASTING = {
    "429": Reply(429, b'{"error":"API rate limit exceeded","count":"4"}'),
    "429 in seconds": Reply(429, b"", {"Retry-After": "1"}),
    "429 by date": Reply(429, b"", {"Retry-After": "Sat, 21 Nov 2026 00:00:00 GMT"}),
    "429 with garbage": Reply(429, b"", {"Retry-After": "x"}),
    "429 huge": Reply(429, b"", {"Retry-After": "99999999999"}),
    "500": Reply(500),
    "502": Reply(502),
    "503": Reply(503),
    "HTML with 200": HTML,
    "truncated": truncated(b"<PubmedArticleSet>" + b"x" * 500, 100),
    "truncated, no length": truncated(b'{"version":"6.9",' + b"x" * 500, 100, length=False),
    "truncated, chunked": cut_chunked(b"x" * 500, 100),
    "drip": drip(pause=0.05),
    "drip in the head": drip(header=True, pause=0.05),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("fault", sorted(LASTING))
def test_a_fault_that_lasts_and_then_goes(db: sqlite3.Connection, source: str, fault: str) -> None:
    """The third page fails: two are kept, the run is incomplete (exit 3); the same again goes on and completes."""
    app, mark = app_of(source), page_of(source)
    seen: list[int] = []

    def broken(asked: Any) -> Reply:
        if mark in asked.path:
            seen.append(1)
        return LASTING[fault] if len(seen) > 2 and mark in asked.path else app(asked)

    with serve(broken) as base:
        done = run(db, source, base)
    assert (done.state, done.held, held(db)) == ("incomplete", 10, 10)
    assert done.error is not None
    assert done.error.code == 3
    assert "\n" not in str(done.error)
    with serve(app) as base:
        rest = run(db, source, base)
    assert (rest.run, rest.resumed, rest.state, held(db)) == (done.run, True, "complete", 20)
    assert KEY not in everything_said(db)


@pytest.mark.parametrize("source", SOURCES)
def test_a_gzip_bomb_is_not_unpacked(db: sqlite3.Connection, source: str) -> None:
    app, mark = app_of(source), page_of(source)
    with serve(lambda asked: bomb(80) if mark in asked.path else app(asked)) as base:
        done = run(db, source, base)
    assert (done.held, held(db)) == (0, 0)
    assert "larger than 64 MiB" in str(done.error)


@pytest.mark.parametrize("source", SOURCES)
def test_a_redirect_to_another_host_is_not_followed(db: sqlite3.Connection, source: str) -> None:
    with serve(app_of(source)) as other, serve(lambda asked: Reply(302, headers={"Location": f"{other}/x"})) as base:
        done = run(db, source, base)
    assert (done.state, held(db), len(other.asked)) == ("failed", 0, 0)
    assert done.error is not None
    assert done.error.code == 1


BOMB = b'<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><PubmedArticleSet>'
OUTSIDE = b'<!DOCTYPE PubmedArticleSet [<!ENTITY x SYSTEM "file:///etc/hostname">]><PubmedArticleSet>'
NESTED = record(30_000_000, "2024/05/06", title="<i>" * 500_000)


@pytest.mark.parametrize(
    ("body", "said", "state", "code"),
    [
        (BOMB + b"</PubmedArticleSet>", "entities", "failed", 1),
        (OUTSIDE + record(30_000_000, "2024/05/06", title="&x;") + b"</PubmedArticleSet>", "entities", "failed", 1),
        (b"<PubmedArticleSet>" + NESTED + b"</PubmedArticleSet>", "tags", "incomplete", 3),
        (
            b"<PubmedArticleSet>" + record(30_000_000, "2024/05/06", title="a\x00b") + b"</PubmedArticleSet>",
            "well-formed",
            "incomplete",
            3,
        ),
    ],
    ids=["bomb", "outside", "nested", "NUL"],
)
def test_hostile_xml_is_refused_and_named(
    db: sqlite3.Connection, body: bytes, said: str, state: str, code: int
) -> None:
    with serve(
        lambda asked: Reply(body=body) if "efetch" in asked.path else PubMed({30_000_000: "2024/05/06"})(asked)
    ) as base:
        done = run(db, "pubmed", base)
    assert (done.state, done.held, held(db)) == (state, 0, 0)
    assert done.error is not None
    assert done.error.code == code
    assert said in notes(db) or said in str(done.message)


def test_hostile_text_is_kept_as_far_as_it_can_be(db: sqlite3.Connection) -> None:
    odd = {"id": "PPR1", "source": "PPR", "title": "lone \ud800 surrogate, NUL \0, bell \a", "abstractText": "\udfff x"}
    body = json.dumps({"version": "6.9", "hitCount": 1, "resultList": {"result": [odd]}}).encode()
    with serve(lambda asked: Reply(body=body)) as base:
        done = run(db, "europepmc", base)
    assert done.state == "complete"
    document = kb.get(db, "EPMC:PPR1")
    assert document
    assert "surrogate" in (document.title or "")


def test_a_key_in_an_error_body_stands_nowhere(db: sqlite3.Connection) -> None:
    app = PubMed({30_000_000: "2024/05/06"}, key="another")
    with serve(app) as base:
        done = run(db, "pubmed", base)
    assert done.state == "failed"
    assert KEY not in everything_said(db) + str(done.error)
    assert "API key invalid" in str(done.error)


def test_a_record_lost_on_the_way_makes_the_run_incomplete(db: sqlite3.Connection) -> None:
    app = PubMed({30_000_000 + n: "2024/05/06" for n in range(12)}, hidden={30_000_003})
    with serve(app) as base:
        done = run(db, "pubmed", base)
    assert (done.state, done.announced, done.held) == ("incomplete", 12, 11)
    assert "listed but not sent: 30000003" in notes(db)


def test_fewer_hits_than_counted_are_named(db: sqlite3.Connection) -> None:
    with serve(EuropePMC(12, hits=15)) as base:
        done = run(db, "europepmc", base)
    assert (done.state, done.announced, done.held) == ("incomplete", 15, 12)
    assert "15 announced, 12 distinct records held" in (done.message or "")


def test_a_cursor_lost_between_two_runs_begins_anew(db: sqlite3.Connection) -> None:
    app = EuropePMC(20)
    asked: list[int] = []

    def stops(request: Any) -> Reply:
        asked.append(1)
        return Reply(503) if len(asked) > 2 else app(request)

    with serve(stops) as base:
        assert run(db, "europepmc", base).held == 10
    with serve(EuropePMC(20)) as base:
        rest = run(db, "europepmc", base)
    assert (rest.state, rest.held, held(db)) == ("complete", 20, 20)
    assert "began anew" in notes(db)


def test_pubmeds_own_record_is_the_one_shown(db: sqlite3.Connection) -> None:
    """Whichever comes first: one document, both versions kept, and PubMed's is shown."""
    shared_ = {99_000_000 + n: "2024/05/06" for n in range(3)}
    for order in (SOURCES, SOURCES[::-1]):
        for source in order:
            with serve(PubMed(shared_) if source == "pubmed" else EuropePMC(3)) as base:
                assert run(db, source, base, again=True).state == "complete"
        assert db.execute("SELECT count(*), min(source), max(source) FROM document").fetchone() == (
            3,
            "pubmed",
            "pubmed",
        )
    assert db.execute("SELECT source, count(*) FROM version GROUP BY 1 ORDER BY 1").fetchall() == [
        ("europepmc", 3), ("pubmed", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_command_line(tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(app_of(source)) as base:
        monkeypatch.setenv(f"TRIALKB_{source.upper()}_BASE", base)
        done = CliRunner().invoke(
            main, ["harvest", source, "cells", "OR", "more", "--limit", "7", "--kb", str(tmp_path / "kb")]
        )
    assert done.exit_code == 0, done.output
    assert "20 announced, 7 held" in done.stderr
    log = json.loads(CliRunner().invoke(main, ["log", "--json", "--kb", str(tmp_path / "kb")]).stdout)
    assert log[0]["words"] == "cells OR more"
    assert "cells%20OR%20more" in log[0]["query"]
    assert KEY not in done.output
