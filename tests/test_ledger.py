"""The ledger of searches: what it says after harvests and imports, as table, JSON and Markdown."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from standin import Asked, Reply, serve
from standin_ctgov import Registry, study

from trialkb import doctor, harvesting, kb, ledger
from trialkb.cli import main
from trialkb.errors import BadInput, Locked
from trialkb.harvest import _ctgov_fetch
from trialkb.harvest._http import Http
from trialkb.queries import log


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        yield db


def filled(db: sqlite3.Connection) -> None:
    with serve(Registry([study(n) for n in range(1, 8)])) as base:
        harvesting.harvest(
            db, "ctgov", "cond='Gastric Cancer|胃癌' phase=PHASE1", base=base, since="2026-01-01", limit=5
        )
        harvesting.harvest(db, "ctgov", "unheard-of", base=base)
    with serve(lambda asked: Reply(503)) as base, Http(tries=1) as http:
        harvesting.harvest(db, "ctgov", "tumour", base=base, http=http)
    with kb.transaction(db):
        run = ledger.start(db, "import", "ctgov", "a|b.json", as_of="2026-04-24", complete=True)
        ledger.finish(db, run, ledger.Counts())
        ledger.finish(db, ledger.start(db, "extract"), ledger.Counts())


def test_what_a_run_says(db: sqlite3.Connection) -> None:
    filled(db)
    first, second, third, fourth = log.run(db).runs
    assert first["query"] == (
        "query.cond=%28%22Gastric%20Cancer%22%20OR%20%22%E8%83%83%E7%99%8C%22%29"
        "&filter.advanced=AREA%5BPhase%5D%28PHASE1%29%20AND%20AREA%5BLastUpdatePostDate%5DRANGE%5B2025-12-30%2CMAX%5D"
        "&sort=LastUpdatePostDate%3Adesc"
    )
    assert first["words"] == "cond='Gastric Cancer|胃癌' phase=PHASE1"
    assert first["limits"] == "since: 2026-01-01; limit: 5"
    assert first["platform"] == "API 2.0.5, data of 2026-03-25T09:00:05 UTC"
    assert (first["announced"], first["received"], first["held"], first["new"]) == (7, 5, 5, 5)
    assert (first["state"], first["pages"]) == ("complete", 1)
    assert len(first["page_list"][0]["sha256"]) == 64
    assert first["finished"] >= first["started"]
    assert (second["announced"], second["held"], second["state"]) == (0, 0, "complete")
    assert third["state"] == "incomplete"
    assert "HTTP 503" in third["message"]
    assert (fourth["command"], fourth["as_of"], fourth["query"]) == ("import", "2026-04-24", "a|b.json")


def test_filters(db: sqlite3.Connection) -> None:
    filled(db)
    assert [r["id"] for r in log.run(db, run=2).runs] == [2]
    assert log.run(db, source="pubmed").runs == ()
    assert [r["command"] for r in log.run(db, everything=True).runs][-1] == "extract"
    with pytest.raises(BadInput, match="no run 9"):
        log.run(db, run=9)


def test_table(db: sqlite3.Connection) -> None:
    filled(db)
    lines = list(log.text(log.run(db)))
    assert lines[0].split() == list(log._COLUMNS)
    assert lines[1].split()[2:6] == ["harvest", "ctgov", "7", "5"]
    assert "  asked: cond='Gastric Cancer|胃癌' phase=PHASE1 (since: 2026-01-01; limit: 5)" in lines


def test_markdown_is_one_table_with_every_run(db: sqlite3.Connection) -> None:
    filled(db)
    lines = list(log.text(log.run(db, markdown=True)))
    table = [x for x in lines if x.startswith("|")]
    assert len(table) == 2 + 4
    assert len({x.replace("\\|", "").count("|") for x in table}) == 1
    assert "(data of 2026-04-24)" in table[-1]
    assert any(x.strip().startswith("query.cond=") for x in lines)
    assert "    a|b.json" in lines


def test_empty(db: sqlite3.Connection) -> None:
    answer = log.run(db)
    assert answer.notes
    assert list(log.text(answer)) == []


def test_command_line(tmp_path: Path) -> None:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        filled(db)
    env = {"TRIALKB_KB": str(tmp_path / "kb.sqlite")}
    found = json.loads(CliRunner().invoke(main, ["log", "--json"], env=env).stdout)
    assert [r["id"] for r in found] == [1, 2, 3, 4]
    assert CliRunner().invoke(main, ["log", "--md"], env=env).stdout.startswith("## Search log (PRISMA-S)")
    assert CliRunner().invoke(main, ["log", "--csv"], env=env).stdout.count("\n") == 5
    assert CliRunner().invoke(main, ["log", "9"], env=env).exit_code == 1


_KILLED = """
import os, sys, time
from pathlib import Path
from trialkb import doctor, kb, ledger
with kb.writing(Path(sys.argv[1])) as db:
    with kb.transaction(db):
        run = ledger.start(db, "harvest", "ctgov", "q")
    print(run, flush=True)
    time.sleep(60)
"""


def states(place: Path) -> list[tuple[str, str | None]]:
    found = json.loads(CliRunner().invoke(main, ["log", "--json", "--kb", str(place)]).stdout)
    return [(r["state"], r["message"]) for r in found]


def test_a_killed_run_shows_as_interrupted_at_once_and_is_closed_by_the_next(tmp_path: Path) -> None:
    place = tmp_path / "kb.sqlite"
    process = subprocess.Popen([sys.executable, "-c", _KILLED, str(place)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process, process.stdout:
        assert process.stdout.readline() == "1\n"
        assert states(place) == [("running", None)]
        assert [(c.good, c.found) for c in runs_check(place)] == [(True, "1 under way")]
        process.kill()
        process.wait()
        dead = f"its process ({process.pid}) ended without a word; what was committed is kept"
        before = place.read_bytes()
        assert states(place) == [("interrupted", dead)]
        assert "interrupted: its process" in CliRunner().invoke(main, ["log", "--kb", str(place)]).stdout
        assert "| interrupted: its process" in CliRunner().invoke(main, ["log", "--md", "--kb", str(place)]).stdout
        assert [(c.good, c.found) for c in runs_check(place)] == [(False, f"run 1 was interrupted: {dead}")]
        assert place.read_bytes() == before
    with kb.writing(place) as db:  # another writer at work, or even one with the number of the dead one, is not it
        assert states(place) == [("interrupted", dead)]
        with kb.transaction(db):
            ledger.start(db, "import", "ctgov", "x.json")
        assert states(place) == [("incomplete", "killed"), ("running", None)]
    assert [s for s, _ in states(place)] == ["incomplete", "interrupted"]
    place.with_name("kb.sqlite.lock").unlink()
    assert [s for s, _ in states(place)] == ["incomplete", "interrupted"]


def runs_check(place: Path) -> list[doctor.Check]:
    return list(doctor._runs(kb.open_kb(place)))


def test_asking_who_writes_never_keeps_a_writer_out(tmp_path: Path) -> None:
    """A reader holds the lock for a moment; a writer that comes in that moment waits instead of giving up."""
    place = tmp_path / "kb.sqlite"
    with kb.writing(place):
        pass
    with open(f"{place}.lock", encoding="ascii") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        threading.Timer(0.03, fcntl.flock, (reader, fcntl.LOCK_UN)).start()
        with kb.writing(place) as db:
            assert str(kb.writer(db)).split()[0] == str(os.getpid())
    assert kb.writer(kb.open_kb(place)) is None


def test_what_a_resumed_run_holds_is_counted_anew_while_it_runs(db: sqlite3.Connection) -> None:
    """A count of its first stop would stand there until it ends."""
    app, asked = Registry([study(n) for n in range(1, 4)]), []

    def stops(request: Asked) -> Reply:
        asked.append(1)
        return Reply(503) if len(asked) > 2 else app(request)

    with serve(stops) as base, Http(tries=1) as http, pytest.MonkeyPatch.context() as patch:
        patch.setattr(_ctgov_fetch, "SIZE", 1)
        harvesting.harvest(db, "ctgov", "cells", base=base, http=http)
    assert log.run(db).runs[0]["held"] == 1
    again = json.dumps({"query": "cells", "since": None, "limit": None}, ensure_ascii=False)
    assert harvesting._resume(db, "ctgov", again, again=False)
    assert db.execute("SELECT held, state FROM run").fetchone() == (None, "running")
    assert log.run(db).runs[0]["held"] == 1


def test_a_kb_behind_a_link_has_one_lock(tmp_path: Path) -> None:
    """Whoever comes by another name meets the same lock, and is told of a live run that it lives."""
    place, link = tmp_path / "kb.sqlite", tmp_path / "other" / "name.sqlite"
    link.parent.mkdir()
    link.symlink_to(place)
    with kb.writing(link) as db:
        with kb.transaction(db):
            ledger.start(db, "import", "ctgov", "x.json")
        assert states(place) == states(link) == [("running", None)]
        with pytest.raises(Locked), kb.writing(place):
            pass
    assert [s for s, _ in states(link)] == ["interrupted"]


def test_a_writer_that_cannot_be_told_is_not_called_dead(tmp_path: Path) -> None:
    place = tmp_path / "kb.sqlite"
    with kb.writing(place) as db, kb.transaction(db):
        ledger.start(db, "import", "ctgov", "x.json")
    lock = place.with_name("kb.sqlite.lock")
    lock.unlink()
    lock.mkdir()  # cannot be opened, whoever asks
    assert states(place) == [("running", None)]
