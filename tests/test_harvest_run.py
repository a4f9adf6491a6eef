"""The run of a harvest: what is in the kb, what is in the ledger and which exit code, after each thing that can happen."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from standin import Asked, Base, Reply, bomb, cut_chunked, drip, serve, truncated
from standin_ctgov import Registry, identity, study

from trialkb import harvesting, kb
from trialkb.cli import main
from trialkb.errors import BadInput
from trialkb.harvest import _ctgov_fetch, ctgov
from trialkb.harvest._http import Http
from trialkb.records import Document, Page, Section

PAGES = 4
EACH = 5


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ctgov_fetch, "SIZE", EACH)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        yield db


def studies(count: int = PAGES * EACH) -> list[dict[str, Any]]:
    return [study(n) for n in range(1, count + 1)]


def run(db: sqlite3.Connection, base: str, query: str = "tumour", **more: Any) -> harvesting.Done:
    settings = {"sleep": lambda s: None, "timeout": 5.0, "deadline": 3.0, "tries": 2, **more.pop("settings", {})}
    with Http(**settings) as http:
        return harvesting.harvest(db, "ctgov", query, base=base, http=http, **more)


def held(db: sqlite3.Connection) -> list[str]:
    return [r[0] for r in db.execute("SELECT id FROM document ORDER BY id")]


def ledger(db: sqlite3.Connection, run: int) -> dict[str, Any]:
    cursor = db.execute("SELECT * FROM run WHERE id = ?", (run,))
    return dict(zip([d[0] for d in cursor.description], cursor.fetchone(), strict=True))


def notes(db: sqlite3.Connection, run: int) -> list[str]:
    return [
        r[0] for r in db.execute("SELECT note FROM page WHERE run_id = ? AND note IS NOT NULL ORDER BY number", (run,))
    ]


def test_a_whole_harvest(db: sqlite3.Connection) -> None:
    with serve(Registry(studies())) as base:
        done = run(db, base)
    assert (done.state, done.announced, done.held, done.error) == ("complete", 20, 20, None)
    assert held(db) == [f"NCT{n:08d}" for n in range(1, 21)]
    row = ledger(db, done.run)
    assert row["state"] == "complete"
    assert row["query"] == "query.term=%22tumour%22"
    assert row["platform"] == "API 2.0.5, data of 2026-03-25T09:00:05 UTC"
    assert (row["announced"], row["received"], row["new"], row["held"]) == (20, 20, 20, 20)
    pages = db.execute("SELECT number, records, length(sha256), url FROM page WHERE run_id = ?", (done.run,)).fetchall()
    assert [p[:3] for p in pages] == [(n, 5, 64) for n in range(1, 5)]
    assert all("/studies?format=json&query.term=%22tumour%22" in p[3] for p in pages)


def test_the_same_again_changes_nothing_and_a_change_makes_a_version(db: sqlite3.Connection) -> None:
    registry = Registry(studies())
    with serve(registry) as base:
        first = run(db, base)
        second = run(db, base)
        registry.studies[3] = study(4, status="COMPLETED", updated="2026-04-01")
        third = run(db, base)
    assert second.run != first.run
    assert str(second.counts) == "20 unchanged"
    assert str(third.counts) == "1 changed, 19 unchanged"
    assert db.execute("SELECT count(*) FROM version").fetchone()[0] == 21
    assert db.execute("SELECT status FROM trial WHERE document_id = 'NCT00000004'").fetchone()[0] == "COMPLETED"


def test_zero_hits_are_said_loudly(db: sqlite3.Connection) -> None:
    with serve(Registry(studies())) as base:
        done = run(db, base, "unheard-of")
    assert (done.state, done.held) == ("complete", 0)
    assert "WARNING: 0 records" in "\n".join(harvesting.told(done))
    assert "no record for this query" in ledger(db, done.run)["message"]


def stopping_at(registry: Registry, page: int, fault: Reply) -> Callable[[Asked], Reply]:
    """The registry, but one page's request always fails."""

    def app(asked: Asked) -> Reply:
        if asked.path == "/studies" and asked.query.get("pageToken", "").startswith(f"opaque0ZV{(page - 1) * EACH}ZV"):
            return fault
        return registry(asked)

    return app


FAULTS = {
    "429": Reply(429),
    "429 seconds": Reply(429, headers={"Retry-After": "1"}),
    "429 date": Reply(429, headers={"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}),
    "429 garbage": Reply(429, headers={"Retry-After": "later, maybe"}),
    "429 huge": Reply(429, headers={"Retry-After": "999999999"}),
    "500": Reply(500, b"<html>error</html>"),
    "502": Reply(502),
    "503": Reply(503),
    "HTML 200": Reply(body=b"<!doctype html><title>Attention</title>", headers={"Content-Type": "text/html"}),
    "cut, length": truncated(b'{"studies": []}' * 50, 100),
    "cut, no length": truncated(b'{"studies": [{', 14, length=False),
    "cut gzip": truncated(b'{"studies": []}' * 50, 20, packed=True, length=False),
    "cut chunk": cut_chunked(b'{"studies": []}', 9),
    "drip": drip(),
    "drip in the head": drip(header=True),
    "gzip bomb": bomb(65),
    "deep nesting": Reply(body=b'{"studies":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_that_lasts_then_goes(db: sqlite3.Connection, fault: Reply) -> None:
    """What was whole is kept, the run is incomplete (exit 3) and says why; the next run goes on and completes."""
    registry = Registry(studies())
    with serve(stopping_at(registry, 3, fault)) as base:
        done = run(db, base)
        assert done.state == "incomplete"
        assert done.error is not None
        assert done.error.code == 3
        assert len(held(db)) == 2 * EACH
        row = ledger(db, done.run)
        assert (row["state"], row["announced"], row["held"], row["new"]) == ("incomplete", 20, 10, 10)
        assert row["message"]
    with serve(registry) as base:
        again = run(db, base)
        assert [a.query.get("pageToken", "")[:10] for a in base.asked if a.path == "/studies"] == [
            "opaque0ZV1",
            "opaque0ZV1",
        ]
    assert (again.run, again.resumed, again.state, again.held) == (done.run, True, "complete", 20)
    assert ledger(db, done.run)["message"] is None
    assert str(again.counts) == "20 new"


@pytest.mark.parametrize(
    ("fault", "state", "code"),
    [
        (Reply(503), "incomplete", 3),
        (Reply(400, b"Unknown area name: `X`"), "failed", 1),
        (Reply(302, headers={"Location": "https://elsewhere.example/x"}), "failed", 1),
        (Reply(body=b'{"hits": []}'), "failed", 1),
    ],
    ids=["gone", "refused", "sent away", "another shape"],
)
def test_a_fault_on_the_first_page(db: sqlite3.Connection, fault: Reply, state: str, code: int) -> None:
    registry = Registry([])
    with serve(lambda asked: fault if asked.path == "/studies" else registry(asked)) as base:
        done = run(db, base)
    assert (done.state, done.error and done.error.code) == (state, code)
    assert held(db) == []
    assert ledger(db, done.run)["state"] == state


def test_hostile_text_is_kept_as_far_as_it_can_be(db: sqlite3.Connection) -> None:
    odd = study(7, title="lone \ud800 surrogate, NUL \x00 and \u202e override", summary="\udfff\x00")
    with serve(Registry([study(6), odd, study(8)])) as base:
        done = run(db, base, "NCT00000006 NCT00000007 NCT00000008")
    assert (done.state, done.held) == ("complete", 3)
    document = kb.get(db, "NCT00000007")
    assert document is not None
    assert "surrogate" in (document.title or "")


@pytest.mark.parametrize("depth", [50, 150, 250, 300, 350, 450, 700, 900])
def test_a_deep_record_leaves_the_others(db: sqlite3.Connection, depth: int) -> None:
    """Deeper than some step can go, though JSON of that depth is still read: skipped whole, or kept whole."""
    nested: Any = "x"
    for _ in range(depth):
        nested = [nested]
    odd = study(7)
    odd["protocolSection"]["identificationModule"]["invented"] = nested
    with serve(Registry([study(6), odd, study(8)])) as base:
        done = run(db, base, "NCT00000006 NCT00000007 NCT00000008")
    kept = held(db)
    assert kept in ([f"NCT0000000{n}" for n in (6, 7, 8)], ["NCT00000006", "NCT00000008"])
    assert done.state == ("complete" if len(kept) == 3 else "incomplete")
    assert db.execute("SELECT count(*) FROM document WHERE version_id IS NULL").fetchone()[0] == 0
    assert all(kb.get(db, id) for id in kept)


def test_a_deep_record_of_a_file_leaves_the_others(tmp_path: Path) -> None:
    """What can be stored can be shown; what is deeper is skipped and the others are held."""
    place = ["--kb", str(tmp_path / "kb.sqlite")]
    for depth, said, code in ((900, "3 new", 0), (5_000, "2 unchanged, 1 skipped", 1)):
        lines = [json.dumps(study(n)) for n in (6, 7, 8)]
        lines[1] = lines[1].replace('"nctId"', f'"invented": {"[" * depth}{"]" * depth}, "nctId"')
        file = tmp_path / "studies.jsonl"
        file.write_text("\n".join(lines))
        result = CliRunner().invoke(main, ["import", str(file), *place])
        assert (result.exit_code, said in result.stderr) == (code, True)
    for form in ("--json", "--full", "--csv"):
        assert CliRunner().invoke(main, ["show", "NCT00000007", form, *place]).exit_code == 0


def test_one_bad_record_is_skipped_and_named(db: sqlite3.Connection) -> None:
    bad = study(7)
    bad["protocolSection"]["identificationModule"]["nctId"] = 5
    with serve(Registry([study(6), bad, study(8)])) as base:
        done = run(db, base)
    assert held(db) == ["NCT00000006", "NCT00000008"]
    assert (done.state, done.held, done.counts.by_state["skipped"]) == ("incomplete", 2, 1)
    assert "3 announced, 2 distinct records held" in ledger(db, done.run)["message"]
    assert "not read" in notes(db, done.run)[0]


def test_a_record_that_changes_between_pages(db: sqlite3.Connection) -> None:
    """The change moves it to a later page: seen twice, in two versions; the record it pushed out is missing."""

    def change(page: int, studies: list[Any]) -> None:
        if page == 2:
            studies.append(study(2, status="COMPLETED", updated="2026-05-01"))
            del studies[1]

    with serve(Registry(studies(), changes=change)) as base:
        done = run(db, base)
    assert "changed between pages: NCT00000002" in "; ".join(notes(db, done.run))
    assert (done.state, done.announced, done.held) == ("incomplete", 20, 19)
    assert "20 announced, 19 distinct records held" in (done.message or "")
    assert db.execute("SELECT status FROM trial WHERE document_id = 'NCT00000002'").fetchone()[0] == "COMPLETED"


def test_repeated_pages_are_named(db: sqlite3.Connection) -> None:
    registry = Registry(studies())

    def app(asked: Asked) -> Reply:
        if asked.query.get("pageToken", "").startswith("opaque0ZV10ZV"):  # page 3 comes with page 2's records
            page = registry(
                Asked("GET", "/studies", {**asked.query, "pageToken": token_at(registry, asked, 5)}, {}, b"", 0)
            )
            later = registry(asked)
            return Reply(body=page.body.replace(token_of(page), token_of(later)))
        return registry(asked)

    with serve(app) as base:
        done = run(db, base)
    assert (done.state, done.held) == ("incomplete", 15)
    assert "20 announced, 15 distinct records held" in (done.message or "")


def token_at(registry: Registry, asked: Asked, after: int) -> str:
    return registry._token(asked.query, after)


def token_of(reply: Reply) -> bytes:
    return json.loads(reply.body)["nextPageToken"].encode()


def canned(pages: list[Page]) -> Any:
    """A source whose answers are written down here."""

    class Module:
        @staticmethod
        def fetch(query: str, *, token: str | None = None, **_: Any) -> Iterator[Page]:
            yield from pages

        @staticmethod
        def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
            for word in data.split():
                yield Document(word.decode(), "page", "canned", (), word)

    return Module


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Page]], None]:
    def put(pages: list[Page]) -> None:
        monkeypatch.setattr("trialkb.parts.names", lambda stage: ["canned"])
        monkeypatch.setattr("trialkb.parts.load", lambda stage, name: canned(pages))

    return put


def page(words: bytes, announced: int | None = None, token: str | None = None, note: str | None = None) -> Page:
    return Page("https://example.org", "q", (words,) if words else (), announced, token, note=note)


TROUBLES = [
    ("one page", [page(b"a b", 2)], "complete", None, []),
    ("no total", [page(b"a b", None, "1"), page(b"c")], "complete", None, []),
    ("empty last page", [page(b"a b", 2, "1"), page(b"")], "complete", None, []),
    ("fewer", [page(b"a b", 5, "1"), page(b"c")], "incomplete", "5 announced, 3 distinct records held", []),
    ("more", [page(b"a b", 2, "1"), page(b"c")], "incomplete", "2 announced, 3 distinct records held", []),
    ("a page lost", [page(b"a b", 5, "1"), page(b"", None, "2"), page(b"c")], "incomplete",
     "page 2 brought 0 records where others brought 2", []),
    ("token loop", [page(b"a b", 9, "1"), page(b"c d", None, "2"), page(b"e f", None, "1"), page(b"g h", None, "2")],
     "incomplete", "token loop", ["token loop"]),
    ("token at once again", [page(b"a b", 9, "1"), page(b"c d", None, "1"), page(b"c d", None, "1")],
     "incomplete", "token loop", ["token loop"]),
    ("repeated page", [page(b"a b", 4, "1"), page(b"a b", None, "2"), page(b"c d")], "complete", None,
     ["the same as page 1"]),
    ("endless repetition", [page(b"a b", 4, str(n)) for n in range(9)], "incomplete", "repeats itself",
     ["the same as page 1"] * 3),
    ("total changes", [page(b"a b", 4, "1"), page(b"c d", 5, "2"), page(b"e")], "complete", None,
     ["total went from 4 to 5"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "pages", "state", "message", "named"), TROUBLES, ids=[t[0] for t in TROUBLES])
def test_troubles_of_paging(
    db: sqlite3.Connection,
    source: Callable[[list[Page]], None],
    name: str,
    pages: list[Page],
    state: str,
    message: str | None,
    named: list[str],
) -> None:
    source(pages)
    done = harvesting.harvest(db, "canned", "q")
    assert done.state == state
    assert message is None or message in (done.message or "")
    found = notes(db, done.run)
    assert len(found) >= len(named)
    for words in named:
        assert any(words in n for n in found)
    assert (done.error is None) == (state == "complete")


def test_memory_is_flat(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty pages of 250 kB each: what Python holds at its peak is a few pages, not sixty."""
    made = []

    class Endless:
        @staticmethod
        def fetch(query: str, **_: Any) -> Iterator[Page]:
            for n in range(60):
                made.append(n)
                yield page(b"%02d" % n + b"x " * 125_000, 60, str(n))

        @staticmethod
        def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
            yield Document(data[:2].decode(), "page", "canned", (Section("body", data.decode()),), data)

    monkeypatch.setattr("trialkb.parts.names", lambda stage: ["canned"])
    monkeypatch.setattr("trialkb.parts.load", lambda stage, name: Endless)
    tracemalloc.start()
    try:
        done = harvesting.harvest(db, "canned", "q")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (done.state, done.held, len(made)) == ("complete", 60, 60)
    assert peak < 6_000_000


def test_after_a_token_loop_the_next_run_begins_anew(
    db: sqlite3.Connection, source: Callable[[list[Page]], None]
) -> None:
    source([page(b"a b", 4, "1"), page(b"c d", None, "1")])
    first = harvesting.harvest(db, "canned", "q")
    source([page(b"a b", 4, "1"), page(b"c d")])
    second = harvesting.harvest(db, "canned", "q")
    assert first.run != second.run
    assert second.state == "complete"


def test_a_restart_may_see_records_again(db: sqlite3.Connection, source: Callable[[list[Page]], None]) -> None:
    anew = Page("u", "q", (b"a b",), 4, "1", restart=True)
    source([page(b"a b", 4, "1"), anew, page(b"c d")])
    done = harvesting.harvest(db, "canned", "q")
    assert (done.state, done.held) == ("complete", 4)
    assert notes(db, done.run) == ["the query began anew"]


def test_limit_is_kept_over_a_stop(db: sqlite3.Connection) -> None:
    registry = Registry(studies())
    with serve(stopping_at(registry, 3, Reply(503))) as base:
        done = run(db, base, limit=13)
        assert (done.state, done.held) == ("incomplete", 10)
    with serve(registry) as base:
        again = run(db, base, limit=13)
    assert (again.run, again.state, again.held) == (done.run, "complete", 13)


def test_a_stale_token_restarts_and_skips_what_is_held(db: sqlite3.Connection) -> None:
    registry = Registry(studies())
    with serve(stopping_at(registry, 3, Reply(503))) as base:
        run(db, base)
    registry.epoch += 1
    with serve(registry) as base:
        done = run(db, base)
    assert (done.state, done.held, done.resumed) == ("complete", 20, True)
    assert "began anew" in notes(db, done.run)[0]
    assert str(done.counts) == "20 new, 10 unchanged"


def test_an_old_stop_is_not_gone_on_with(db: sqlite3.Connection) -> None:
    registry = Registry(studies())
    with serve(stopping_at(registry, 3, Reply(503))) as base:
        first = run(db, base)
    db.execute("UPDATE page SET at = '2026-01-01T00:00:00Z' WHERE run_id = ?", (first.run,))
    with serve(registry) as base:
        second = run(db, base)
        third = run(db, base, "tumour", again=True)
    assert second.run != first.run
    assert not second.resumed
    assert third.run != second.run
    assert ledger(db, first.run)["state"] == "incomplete"


def test_ctrl_c(db: sqlite3.Connection) -> None:
    def interrupt(count: int) -> None:
        if len(held(db)) >= 10:
            raise KeyboardInterrupt

    registry = Registry(studies())
    with serve(registry) as base:
        with pytest.raises(KeyboardInterrupt):
            run(db, base, tick=interrupt)
        row = ledger(db, 1)
        assert (row["state"], row["message"], row["held"]) == ("incomplete", "stopped by Ctrl-C", 10)
        done = run(db, base)
    assert (done.run, done.state, done.held) == (1, "complete", 20)


def test_since_last_asks_from_the_last_complete_run(db: sqlite3.Connection) -> None:
    registry = Registry(studies())
    with serve(registry) as base:
        run(db, base, since="last")  # none yet: everything
        registry.studies.append(study(99, updated="2999-01-01"))
        done = run(db, base, since="last")
        asked = [a.query for a in base.asked if a.path == "/studies"]
    assert "filter.advanced" not in asked[0]
    assert asked[-1]["filter.advanced"].startswith("AREA[LastUpdatePostDate]RANGE[20")
    assert (done.announced, done.held, str(done.counts)) == (1, 1, "1 new")


def test_unknown_source(db: sqlite3.Connection) -> None:
    with pytest.raises(BadInput, match="ctgov"):
        harvesting.harvest(db, "clinicaltrials", "x")


# --- the command line ----------------------------------------------------------------------------------------------------


def command(tmp_path: Path, base: str, *words: str) -> Any:
    env = {"TRIALKB_CTGOV_BASE": base, "TRIALKB_KB": str(tmp_path / "kb.sqlite")}
    return CliRunner().invoke(main, ["harvest", *words], env=env)


def test_command_line(tmp_path: Path) -> None:
    with serve(Registry(studies())) as base:
        result = command(tmp_path, base, "ctgov", "tumour", "cond=Gastric Cancer")
        assert result.exit_code == 0, result.output
        assert "20 announced, 20 held: 20 new" in result.stderr
        assert result.stdout == ""
        assert base.asked[1].query["query.cond"] == '"Gastric Cancer"'
        assert command(tmp_path, base, "ctgov", "unheard-of").exit_code == 0
        assert command(tmp_path, base, "ctgov", "phase=9 x").exit_code == 1
        assert command(tmp_path, base, "nowhere", "x").exit_code == 1
        assert command(tmp_path, base, "ctgov").exit_code == 2
        assert command(tmp_path, base, "ctgov", "x", "--since", "yesterday").exit_code == 1


def test_command_line_incomplete_is_3(tmp_path: Path) -> None:
    def lost(page: int, studies: list[Any]) -> None:
        if page == 2:
            del studies[0]

    with serve(Registry(studies(), changes=lost)) as base:
        result = command(tmp_path, base, "ctgov", "tumour")
    assert result.exit_code == 3
    assert "20 announced, 19 distinct records held" in result.stderr


def test_profile_runs_every_query_and_updates(tmp_path: Path) -> None:
    sets = tmp_path / "own.toml"
    sets.write_text(
        'title = "Own"\n[[query]]\nsource = "ctgov"\nquery = "tumour"\n[[query]]\nsource = "ctgov"\nquery = "x phase=9"\n'
        '[[query]]\nsource = "ctgov"\nquery = "phase=PHASE1"\n'
    )
    with serve(Registry(studies())) as base:
        first = command(tmp_path, base, "--profile", str(sets))
        assert first.exit_code == 1  # the second query cannot be asked; the third was still run
        assert first.stderr.count("20 announced, 20 held") == 2
        again = command(tmp_path, base, "--profile", str(sets))
        assert "0 announced, 0 held" in again.stderr
        full = command(tmp_path, base, "--profile", str(sets), "--full")
        assert full.stderr.count("20 unchanged") == 2


# --- kill -9 --------------------------------------------------------------------------------------------------------------

SCRIPT = """
import sys
from trialkb.harvest import _ctgov_fetch
_ctgov_fetch.SIZE = 3
from trialkb.cli import main
main(["harvest", "ctgov", "tumour", "--kb", sys.argv[1]])
"""


def start(kb_path: Path, base: Base) -> subprocess.Popen[bytes]:
    env = {**os.environ, "TRIALKB_CTGOV_BASE": base}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(kb_path)],
        env=env,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        preexec_fn=_heed_interrupts,
    )


def _heed_interrupts() -> None:
    """A job started in the background ignores Ctrl-C, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_of_the_command(tmp_path: Path) -> None:
    """Exit code 130, the run says so, and the same command goes on."""
    path, registry = tmp_path / "kb.sqlite", Registry(studies(60))

    def slowly(asked: Asked) -> Reply:
        time.sleep(0.05)
        return registry(asked)

    with serve(slowly) as base:
        process = start(path, base)
        while len(base.asked) < 5 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130, said
        assert b"goes on from there" in said
        with kb.writing(path) as db:
            assert db.execute("SELECT state, message FROM run").fetchall() == [("incomplete", "stopped by Ctrl-C")]
            before = len(held(db))
        assert 0 < before < 60
        process = start(path, base)
        process.communicate(timeout=60)
    assert process.returncode == 0
    with kb.writing(path) as db:
        assert db.execute("SELECT state, held FROM run").fetchall() == [("complete", 60)]


# Forks a fresh harvest for each line it reads, everything imported already; says its pid, then its wait status.
FORKS = """
import os, sys
from trialkb.harvest import _ctgov_fetch, _http, ctgov
from trialkb import harvesting, kb, querysets, reading
from trialkb.cli import main
_ctgov_fetch.SIZE = 3
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        try:
            main(["harvest", "ctgov", "tumour", "--kb", sys.argv[1]])
        except SystemExit as e:
            os._exit(e.code or 0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


def test_fifty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """40 pages of 3; the process is killed 50 times at random moments, and what is committed never shrinks."""
    count, path, chance = 120, tmp_path / "kb.sqlite", random.Random(20260822)
    registry = Registry(studies(count))
    kills = before = 0

    def slowly(asked: Asked) -> Reply:
        time.sleep(0.005)
        return registry(asked)

    with (
        serve(slowly) as base,
        subprocess.Popen(
            [sys.executable, "-c", FORKS, str(path)], env={**os.environ, "TRIALKB_CTGOV_BASE": base}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as server,
    ):  # fmt: skip
        assert server.stdin is not None
        assert server.stdout is not None
        while kills < 50:
            server.stdin.write("go\n")
            server.stdin.flush()
            pid = int(server.stdout.readline())
            target = len(base.asked) + chance.randint(1, 5)
            with suppress(ProcessLookupError):  # it may have come to its end
                while len(base.asked) < target:
                    os.kill(pid, 0)
                    time.sleep(0.001)
                time.sleep(chance.random() * 0.015)
                os.kill(pid, signal.SIGKILL)
            status = int(server.stdout.readline())
            kills += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
            with sqlite3.connect(path) as db:
                now = db.execute("SELECT count(DISTINCT document_id) FROM version").fetchone()[0]
                assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            db.close()
            assert now >= before
            before = now
        server.stdin.write("go\n")
        server.stdin.flush()
        server.stdout.readline()
        assert os.waitstatus_to_exitcode(int(server.stdout.readline())) == 0
        server.stdin.close()
    with kb.writing(path) as db:
        assert held(db) == [f"NCT{n:08d}" for n in range(1, count + 1)]
        assert db.execute("SELECT count(*) FROM version").fetchone()[0] == count
        last = db.execute("SELECT state, announced, held FROM run ORDER BY id DESC LIMIT 1").fetchone()
        states = [r[0] for r in db.execute("SELECT DISTINCT state FROM run")]
    assert last == ("complete", count, count)
    assert "running" not in states


def test_identity_of_the_stand_in() -> None:
    """The stand-in's studies are such as the parser reads."""
    (document,) = ctgov.parse(json.dumps(study(5)).encode())
    assert document.id == identity(study(5))["nctId"]
