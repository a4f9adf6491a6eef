"""kb.sqlite: versions, re-import, locks, migrations, corrections, interrupted runs."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trialkb import corrections, kb, parts, pipeline
from trialkb.errors import BadInput, Corrupt, Locked
from trialkb.migrations import MIGRATIONS
from trialkb.records import Document, Section, Trial


def page(words: str, document: str = "X:1", updated: str | None = None) -> Document:
    trial = Trial(document, update_date=updated) if updated else None
    return Document(document, "page", "text", (Section("body", words, "en"),), words.encode(), title=words, trial=trial)


def test_versions_are_kept_and_the_later_one_is_shown(tmp_path: Path) -> None:
    with kb.writing(tmp_path / "kb.sqlite") as db, kb.transaction(db):
        assert kb.put(db, page("second", updated="2026-02-01")) == "new"
        assert kb.put(db, page("second", updated="2026-02-01")) == "unchanged"
        assert kb.put(db, page("first", updated="2026-01-01")) == "older"
        assert kb.put(db, page("third", updated="2026-03")) == "changed"
        shown = kb.get(db, "X:1")
        assert shown is not None
        assert shown.title == "third"
        assert db.execute("SELECT count(*) FROM version").fetchone() == (3,)


def test_at_equal_dates_the_fuller_record_wins_then_the_later_data(tmp_path: Path) -> None:
    full = page("full", updated="2026-01-01")
    full = Document(
        **{f: getattr(full, f) for f in full.__slots__} | {"sections": (*full.sections, Section("arms", "A"))}
    )
    with kb.writing(tmp_path / "kb.sqlite") as db, kb.transaction(db):
        kb.put(db, full, as_of="2026-04-24")
        assert kb.put(db, page("stub", updated="2026-01-01"), as_of="2026-08-22") == "older"
        kb.put(db, page("april", "X:2", "2026-01-01"), as_of="2026-08-22")
        assert kb.put(db, page("august", "X:2", "2026-01-01"), as_of="2026-04-24") == "older"


def test_a_record_comes_back_whole(studies_file: Path, tmp_path: Path) -> None:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        pipeline.read_file(db, studies_file)
        ctgov = parts.load("harvest", "ctgov")
        for line in studies_file.read_bytes().splitlines():
            (sent,) = ctgov.parse(line)
            assert kb.get(db, sent.id) == sent


def test_reimport_changes_nothing(studies_file: Path, tmp_path: Path) -> None:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        _, first = pipeline.read_file(db, studies_file)
        _, second = pipeline.read_file(db, studies_file)
        assert str(first) == "5 new"
        assert str(second) == "5 unchanged"
        assert db.execute("SELECT count(*) FROM version").fetchone() == (5,)


def test_a_changed_record_drops_what_was_read_from_the_old_one(studies_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    with kb.writing(path) as db:
        pipeline.read_file(db, studies_file)
        pipeline.extract(db)
        parts.load("index", "keyword").build(db, path)
        lines = studies_file.read_text(encoding="utf-8").replace("2026-01-05", "2026-02-05")
        lines = lines.replace("advanced gastric", "early gastric")
        studies_file.write_text(lines, encoding="utf-8")
        _, counts = pipeline.read_file(db, studies_file)
        assert str(counts) == "5 changed"
        assert db.execute("SELECT count(*) FROM passage").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM passage_fts WHERE passage_fts MATCH 'advanced'").fetchone() == (0,)
        db.execute("INSERT INTO passage_fts (passage_fts) VALUES ('integrity-check')")
        assert len(pipeline.pending(db)) == 5


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    with kb.writing(path), pytest.raises(Locked, match="another process"), kb.writing(path):
        pass
    with kb.writing(path) as db:
        assert kb.meta(db, "generation") == "0"


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    with kb.writing(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(Corrupt, match="newer trialkb"):
        kb.open_kb(path)
    with pytest.raises(Corrupt, match="newer trialkb"), kb.writing(path):
        pass


def test_another_programs_file_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    db = sqlite3.connect(other)
    db.execute("CREATE TABLE x (y)")
    db.close()
    with pytest.raises(Corrupt, match="another program"):
        kb.open_kb(other)
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Corrupt, match="damaged"):
        kb.open_kb(damaged)
    with pytest.raises(BadInput, match="no knowledge base"):
        kb.open_kb(tmp_path / "absent.sqlite")


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        with pytest.raises(ZeroDivisionError), kb.transaction(db):  # noqa: PT012 (the fault must come after the put)
            kb.put(db, page("half"))
            raise ZeroDivisionError
        assert kb.get(db, "X:1") is None
        assert kb.meta(db, "generation") == "0"


def test_a_correction_outlives_extraction_and_reimport(studies_file: Path, tmp_path: Path) -> None:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        pipeline.read_file(db, studies_file)
        pipeline.extract(db)
        with kb.transaction(db):
            number = corrections.add(db, "NCT90000001", "finding:phase", "PHASE2", "the protocol says so")
        db.execute("UPDATE version SET extracted = NULL")
        pipeline.extract(db)
        held = "SELECT value, origin FROM finding WHERE document_id = 'NCT90000001' AND field = 'phase'"
        assert db.execute(held).fetchall() == [("PHASE2", "human")]
        lines = studies_file.read_text(encoding="utf-8").replace("2026-01-05", "2026-02-05")
        studies_file.write_text(lines, encoding="utf-8")
        pipeline.read_file(db, studies_file)
        pipeline.extract(db)
        assert db.execute(held).fetchall() == [("PHASE2", "human")]
        with kb.transaction(db):
            corrections.undo(db, number)
        pipeline.extract(db)
        assert {v for v, _ in db.execute(held)} == {"PHASE1"}
        assert db.execute("SELECT old, new, undone IS NOT NULL FROM correction").fetchall() == [
            ('["PHASE1"]', "PHASE2", 1)
        ]


@pytest.mark.parametrize("target", ["finding", "outcome:none:value", "outcome:x:record", "y:z"])
def test_a_correction_of_nothing_is_refused(studies_file: Path, tmp_path: Path, target: str) -> None:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        pipeline.read_file(db, studies_file)
        with pytest.raises(BadInput):
            corrections.add(db, "NCT90000001", target, "1", "why")


def test_kill_in_the_middle_loses_nothing_committed(tmp_path: Path) -> None:
    """kill -9 an import at several moments: the kb opens, holds whole blocks, and the next run completes it."""
    from .conftest import study

    file, path = tmp_path / "many.jsonl", tmp_path / "kb.sqlite"
    file.write_text("".join(json.dumps(study(f"NCT9{n:07d}", f"Study {n}")) + "\n" for n in range(3000)))
    command = [sys.executable, "-m", "trialkb.cli", "import", str(file), "--kb", str(path)]
    for wait in (0.3, 0.45, 0.6):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if path.exists() and path.stat().st_size:
            with kb.writing(path) as db:
                held = db.execute("SELECT count(*) FROM version").fetchone()[0]
                assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert held % pipeline.BLOCK == 0
                assert db.execute("SELECT coalesce(sum(records), 0) FROM page").fetchone()[0] >= held
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with kb.writing(path) as db:
        assert db.execute("SELECT count(*), count(DISTINCT document_id) FROM version").fetchone() == (3000, 3000)


def test_an_interrupted_index_goes_on_where_it_was(
    studies_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after the first committed block; the next build embeds only what is left, a third one nothing."""
    path = tmp_path / "kb.sqlite"
    vector = parts.load("index", "vector")
    monkeypatch.setattr(vector, "BLOCK", 4)

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with kb.writing(path) as db:
        pipeline.read_file(db, studies_file)
        parts.load("index", "keyword").build(db, path)
        wanted = db.execute("SELECT count(DISTINCT sha1) FROM passage").fetchone()[0]
        with pytest.raises(KeyboardInterrupt):
            vector.build(db, path, tick=stop)
        assert db.execute("SELECT count(*) FROM vector").fetchone() == (4,)
        assert vector.build(db, path) == wanted - 4
        assert vector.build(db, path) == 0
