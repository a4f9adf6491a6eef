"""Doctor: check versions, model, the kb's integrity, every span, and the state of the indexes; say what to do next."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import crosscheck, embed, faiss_cache, kb, ledger, pipeline
from .errors import TrialkbError
from .migrations import MIGRATIONS

PACKAGES = ("torch", "sentence-transformers", "spacy", "faiss-cpu", "sqlite-utils", "tokenizers", "numpy", "requests",
            "beautifulsoup4", embed.PACKAGE)  # fmt: skip

SHOWN = 20  # contradictions named one by one


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    good: bool
    found: str
    next: str | None = None  # the command to try where it is not good


def examine(path: Path) -> Iterator[Check]:
    """Every check, in order; those of the kb only where there is one that opens."""
    yield from _versions()
    yield _model()
    try:
        db = kb.open_kb(path)
    except TrialkbError as e:
        yield Check("knowledge base", False, str(e))
        return
    yield Check("schema", True, f"{db.execute('PRAGMA user_version').fetchone()[0]} of {len(MIGRATIONS)}")
    yield from _integrity(db)
    yield from _read(db)
    yield from _spans(db)
    yield from _indexes(db, path)
    yield from _contradictions(db)


def _contradictions(db: sqlite3.Connection) -> Iterator[Check]:
    """What two records do not say alike of a trial; for a person to weigh, so none of it is a fault of the kb."""
    found = list(crosscheck.conflicts(db))
    yield Check("cross-checks", True, f"{len(found)} statements stand against another" if found else "no contradiction")
    for conflict in found[:SHOWN]:
        yield Check("  against", True, conflict.line())
    if len(found) > SHOWN:
        yield Check("  against", True, f"and {len(found) - SHOWN} more; 'trialkb show ID' names those of a record")


def _versions() -> Iterator[Check]:
    yield Check("python", sys.version_info >= (3, 11), sys.version.split()[0])
    yield Check("sqlite", True, sqlite3.sqlite_version)
    for name in PACKAGES:
        try:
            yield Check(name, True, version(name))
        except PackageNotFoundError:
            yield Check(name, False, "not installed", f"pip install {name}")


def _model() -> Check:
    try:
        encoder, encode = embed.querier()
        norm = float((encode(["gastric cancer"]) ** 2).sum())
        return Check("model", abs(norm - 1) < 1e-3, f"{embed.identity()} by {encoder}")
    except TrialkbError as e:
        return Check("model", False, str(e), f"pip install {embed.PACKAGE}")


def _integrity(db: sqlite3.Connection) -> Iterator[Check]:
    said = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    yield Check("integrity", said == "ok", said, None if said == "ok" else "restore a copy of the file")
    try:
        db.execute("PRAGMA query_only = OFF")
        db.execute("INSERT INTO passage_fts (passage_fts) VALUES ('integrity-check')")
        yield Check("keyword index", True, "whole")
    except sqlite3.DatabaseError as e:
        readonly = "readonly" in str(e)
        yield Check(
            "keyword index", readonly, "not checked: no right to write" if readonly else str(e), "trialkb index"
        )
    yield from _runs(db)


def _runs(db: sqlite3.Connection) -> Iterator[Check]:
    """Runs under way are well; those whose process is gone are named."""
    dead = ledger.interrupted(db)
    running = [r[0] for r in db.execute("SELECT id FROM run WHERE state = 'running' ORDER BY id") if r[0] not in dead]
    alive = f"{len(running)} under way" if running else "all finished"
    said = "; ".join(f"run {id} was interrupted: {words}" for id, words in sorted(dead.items())[:SHOWN])
    yield Check("runs", not dead, said or alive, "run the interrupted command again" if dead else None)


def _read(db: sqlite3.Connection) -> Iterator[Check]:
    waiting = len(pipeline.pending(db))
    yield Check("extraction", waiting == 0, f"{waiting:,} documents not read by the rules as installed" if waiting
                else "every document read by the rules as installed", "trialkb extract" if waiting else None)  # fmt: skip


def _spans(db: sqlite3.Connection) -> Iterator[Check]:
    """Every span lies in its stored section, and every number with an origin in text is not empty there."""
    for table in ("finding", "outcome"):
        rows, bad = db.execute(
            f"SELECT count(*), coalesce(sum(f.origin != 'human' AND (s.text IS NULL OR f.start < 0 OR f.end < f.start"
            f" OR f.end > length(s.text))), 0) FROM {table} f LEFT JOIN section s"
            " ON s.version_id = f.version_id AND s.name = f.section"
        ).fetchone()
        yield Check(f"{table} spans", bad == 0, f"{rows - bad:,} of {rows:,} read back" if bad else f"all {rows:,} read back",
                    "trialkb extract --all" if bad else None)  # fmt: skip
    bad = db.execute(
        "SELECT count(*) FROM passage p JOIN section s ON s.version_id = p.version_id AND s.name = p.section"
        " WHERE substr(s.text, p.start + 1, p.end - p.start) != p.text"
    ).fetchone()[0]
    yield Check(
        "passage spans", bad == 0, f"{bad} differ" if bad else "all read back", "trialkb index" if bad else None
    )


def _indexes(db: sqlite3.Connection, path: Path) -> Iterator[Check]:
    unsearched = db.execute(
        "SELECT count(*) FROM work d WHERE NOT EXISTS"
        " (SELECT 1 FROM passage p WHERE p.document_id = d.id AND p.version_id = d.version_id)"
    ).fetchone()[0]
    yield Check("passages", unsearched == 0, f"{unsearched:,} documents not indexed" if unsearched else "every document",
                "trialkb index" if unsearched else None)  # fmt: skip
    identity = kb.meta(db, "model_identity")
    missing = db.execute(
        "SELECT count(*) FROM passage p WHERE p.sha1 IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM vector v WHERE v.model = ? AND v.sha1 = p.sha1)",
        (identity,),
    ).fetchone()[0]
    yield Check("vectors", missing == 0, f"{missing:,} passages without one" if missing else f"all, by {identity}",
                "trialkb index" if missing else None)  # fmt: skip
    fault = faiss_cache.fault(db, path)
    yield Check("vector cache", fault is None, fault or "fresh and whole", "trialkb index" if fault else None)
