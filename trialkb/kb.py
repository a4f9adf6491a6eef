"""Knowledge base: open, lock, migrate, put and get in kb.sqlite, the one file that holds everything.

One writer at a time (a lock file beside the kb, then BEGIN IMMEDIATE); readers are never blocked (WAL).
Every version of a record is kept; the version shown is the one with the later update date, at equal dates the one
with more modules, then the later data date, then the one that came last.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha1, sha256
from pathlib import Path
from typing import Literal

from . import codec, corrections, passages
from .errors import BadInput, Corrupt, Locked
from .migrations import MIGRATIONS
from .records import Document, Finding, Outcome, Section

APPLICATION = 0x74726B62  # "trkb"
Put = Literal["new", "changed", "unchanged", "older"]


def now() -> str:
    """The moment, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def open_kb(path: Path) -> sqlite3.Connection:
    """A kb for reading. Raises BadInput where there is none, Corrupt where it is damaged or newer."""
    if not path.exists():
        raise BadInput(
            f"no knowledge base at {path}; make one with 'trialkb demo' or 'trialkb import FILE', or name one with --kb"
        )
    db = _connect(path, writing=False)
    reached = _check(db, path)
    if reached < len(MIGRATIONS):
        raise Corrupt(
            f"{path} has schema {reached}, this trialkb needs {len(MIGRATIONS)}; any writing command, e.g. "
            "'trialkb index', renews it (a backup is made first)"
        )
    return db


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """A kb for writing, made or migrated if need be. Raises Locked while another process writes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = open(f"{path}.lock", "a+", encoding="ascii")  # noqa: SIM115 (held open for the lock's sake)
    except OSError as e:
        raise BadInput(f"cannot write beside {path}: {e.strerror}; choose another place with --kb PATH") from e
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read(40).strip() or "unknown"
            raise Locked(f"another process (pid {holder}) is writing to {path}; wait for it, then try again") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        db = _connect(path, writing=True)
        try:
            _migrate(db, path)
            yield db
        finally:
            db.close()


def _connect(path: Path, *, writing: bool) -> sqlite3.Connection:
    mode = "rwc" if writing else "rw" if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "ro"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    immutable = mode == "ro" and not Path(f"{path}-wal").exists()
    try:
        db = sqlite3.connect(uri + ("&immutable=1" if immutable else ""), uri=True, isolation_level=None, timeout=30)
        db.execute("PRAGMA cache_size = -65536")
        if writing:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA recursive_triggers = ON")
            db.execute("PRAGMA foreign_keys = ON")
        else:
            db.execute("PRAGMA query_only = ON")
    except sqlite3.DatabaseError as e:
        raise _damaged(path, e) from e
    return db


def _damaged(path: Path, e: sqlite3.DatabaseError) -> Exception:
    if isinstance(e, sqlite3.OperationalError):
        return BadInput(f"cannot open {path}: {e}")
    return Corrupt(f"{path} is not a knowledge base or is damaged ({e}); restore a copy or move it away and import anew")


def _check(db: sqlite3.Connection, path: Path) -> int:
    """The schema number reached. Raises Corrupt for a foreign, damaged or newer file."""
    try:
        reached: int = db.execute("PRAGMA user_version").fetchone()[0]
        application: int = db.execute("PRAGMA application_id").fetchone()[0]
        empty = not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.DatabaseError as e:
        raise _damaged(path, e) from e
    if not empty and application != APPLICATION:
        raise Corrupt(f"{path} is an SQLite file of another program; name another with --kb PATH")
    if reached > len(MIGRATIONS):
        raise Corrupt(
            f"{path} was written by a newer trialkb (schema {reached}, this one knows {len(MIGRATIONS)}); upgrade trialkb"
        )
    return reached


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    reached = _check(db, path)
    if reached == len(MIGRATIONS):
        return
    if reached:
        with sqlite3.connect(f"{path}.v{reached}.bak") as backup:
            db.backup(backup)
        backup.close()
    for number, sql in enumerate(MIGRATIONS[reached:], reached + 1):
        db.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
    db.execute(f"PRAGMA application_id = {APPLICATION}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; what is shown changes, so the kb's generation rises by one."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation'")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def meta(db: sqlite3.Connection, key: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def set_meta(db: sqlite3.Connection, key: str, value: str) -> None:
    db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))


def put(db: sqlite3.Connection, document: Document, run: int | None = None, as_of: str | None = None) -> Put:
    """Store a record as a new version if its words are new. Call it inside a `transaction`.

    "older": a version not held before, but one that is held is newer and stays the one shown.
    """
    digest = sha256(document.raw).hexdigest()
    held = db.execute(
        "SELECT id, as_of FROM version WHERE document_id = ? AND sha256 = ?", (document.id, digest)
    ).fetchone()
    if held:
        if as_of and as_of > (held[1] or ""):
            db.execute("UPDATE version SET as_of = ? WHERE id = ?", (as_of, held[0]))
        _sight(db, run, held[0])
        return "changed" if as_of and _choose(db, document.id) else "unchanged"
    known = db.execute("SELECT 1 FROM document WHERE id = ?", (document.id,)).fetchone()
    if not known:
        db.execute(
            "INSERT INTO document (id, kind, source) VALUES (?, ?, ?)", (document.id, document.kind, document.source)
        )
    version = _insert_version(db, document, digest, run, as_of)
    _sight(db, run, version)
    shown = _choose(db, document.id)
    return "new" if not known else "changed" if shown else "older"


def _sight(db: sqlite3.Connection, run: int | None, version: int) -> None:
    if run is not None:
        db.execute("INSERT OR IGNORE INTO sighting VALUES (?, ?)", (run, version))


def _insert_version(db: sqlite3.Connection, document: Document, digest: str, run: int | None, as_of: str | None) -> int:
    record = codec.dump(replace(document, sections=(), raw=b""))
    trial = document.trial
    cursor = db.execute(
        "INSERT INTO version (document_id, source, sha256, raw, record, version_date, as_of, modules, retrieved, run_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.id,
            document.source,
            digest,
            zlib.compress(document.raw, 6),
            zlib.compress(record.encode("utf-8", "surrogatepass"), 6),
            (trial.update_date if trial else None) or document.version_date,
            as_of or document.version_date,
            len({s.name.split(":")[0] for s in document.sections}),
            now(),
            run,
        ),
    )
    version = cursor.lastrowid
    assert version is not None
    db.executemany(
        "INSERT INTO section VALUES (?, ?, ?, ?, ?)",
        ((version, n, s.name, s.language, _storable(s.text)) for n, s in enumerate(document.sections)),
    )
    return version


def _storable(text: str) -> str:
    """Lone surrogates cannot be stored as UTF-8: each becomes U+FFFD, so that offsets stay."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not text.isascii() else text


def _choose(db: sqlite3.Connection, document_id: str) -> bool:
    """Point the document at its best version; True if that changed what is shown."""
    best = db.execute(
        "SELECT id FROM version WHERE document_id = ? "
        "ORDER BY version_date IS NULL, version_date DESC, modules DESC, as_of IS NULL, as_of DESC, id DESC LIMIT 1",
        (document_id,),
    ).fetchone()[0]
    shown = db.execute("SELECT version_id FROM document WHERE id = ?", (document_id,)).fetchone()[0]
    if best == shown:
        return False
    document = get(db, document_id, best)
    assert document is not None
    forget_derived(db, document_id)
    db.execute("UPDATE version SET extracted = NULL WHERE id = ?", (best,))
    db.execute(
        "UPDATE document SET version_id = ?, kind = ?, source = ?, language = ?, title = ?, url = ? WHERE id = ?",
        (best, document.kind, document.source, document.language, document.title, document.url, document_id),
    )
    _show_trial(db, document)
    _show_article(db, document)
    return True


def _list(values: Iterable[str]) -> str:
    return json.dumps(list(values), ensure_ascii=False)


def _show_trial(db: sqlite3.Connection, document: Document) -> None:
    t = document.trial
    if not t:
        return
    db.execute(
        "INSERT OR REPLACE INTO trial VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            document.id, t.status, t.study_type, _list(t.phases), t.allocation, t.model, t.masking, t.purpose,
            t.enrollment, t.enrollment_type, t.start_date, t.primary_completion_date, t.completion_date,
            t.first_post_date, t.results_post_date, t.update_date, t.has_results, t.sponsor, t.sponsor_class,
            _list(t.conditions), _list(i.name for i in t.interventions), _list(t.countries), _list(t.secondary_ids),
            t.minimum_age, t.maximum_age, t.sex,
        ),
    )  # fmt: skip
    db.execute("DELETE FROM trial_country WHERE document_id = ?", (document.id,))
    db.executemany("INSERT OR IGNORE INTO trial_country VALUES (?, ?)", ((document.id, c) for c in t.countries))


def _show_article(db: sqlite3.Connection, document: Document) -> None:
    a = document.article
    if not a:
        return
    db.execute(
        "INSERT OR REPLACE INTO article VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            document.id, a.pmid, a.pmcid, a.doi, _list(a.authors), a.journal, a.date, a.year, a.volume, a.issue, a.pages,
            _list(a.publication_types), _list(a.registry_ids), a.retracted,
            json.dumps(codec.plain(a.notices), ensure_ascii=False), a.preprint,
        ),
    )  # fmt: skip


def get(db: sqlite3.Connection, document_id: str, version: int | None = None) -> Document | None:
    """The shown version of a document (or the one asked for), or None."""
    row = db.execute(
        "SELECT v.id, v.record, v.raw FROM version v JOIN document d ON d.id = v.document_id "
        "WHERE d.id = ? AND v.id = coalesce(?, d.version_id)",
        (document_id, version),
    ).fetchone()
    if not row:
        return None
    sections = tuple(
        Section(name, text, language)
        for name, text, language in db.execute(
            "SELECT name, text, language FROM section WHERE version_id = ? ORDER BY ordinal", (row[0],)
        )
    )
    record = json.loads(zlib.decompress(row[1]).decode("utf-8", "surrogatepass"))
    return codec.load(Document, {**record, "sections": codec.plain(sections), "raw": zlib.decompress(row[2])})


def forget_derived(db: sqlite3.Connection, document_id: str) -> None:
    """Drop what was read from or built on a document; its versions and corrections stay."""
    passages.drop(db, document_id)
    for table in ("finding", "outcome", "concept"):
        db.execute(f"DELETE FROM {table} WHERE document_id = ?", (document_id,))


def outcome_id(o: Outcome) -> str:
    """sha1 over document, section, value span, endpoint, statistic, arm, grade and time: stable over re-extraction."""
    e = o.evidence
    parts = (o.document, e.section, e.value_span, o.endpoint, o.statistic, o.arm, o.population, o.grade, o.time_point)
    return sha1(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def put_read(db: sqlite3.Connection, document: Document, read: Iterable[Finding | Outcome], rules: str) -> int:
    """Store what the extract parts read from the shown version; corrections are laid over it. Returns the count."""
    version = db.execute("SELECT version_id FROM document WHERE id = ?", (document.id,)).fetchone()[0]
    for table in ("finding", "outcome"):
        db.execute(f"DELETE FROM {table} WHERE document_id = ?", (document.id,))
    items = list(read)
    db.executemany(
        "INSERT INTO finding (document_id, version_id, field, value, section, start, end, rule, origin, confidence, detail)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (
            (f.document, version, f.field, f.value, f.section, f.start, f.end, f.rule, f.origin, f.confidence,
             codec.dump(f.detail) if f.detail else None)
            for f in items if isinstance(f, Finding)
        ),
    )  # fmt: skip
    db.executemany(
        f"INSERT OR REPLACE INTO outcome VALUES ({','.join('?' * 24)})",
        (_outcome_row(o, version) for o in items if isinstance(o, Outcome)),
    )
    db.execute("UPDATE version SET extracted = ? WHERE id = ?", (rules, version))
    corrections.apply(db, document.id)
    return len(items)


def _outcome_row(o: Outcome, version: int) -> tuple[object, ...]:
    ci = o.dispersion if o.dispersion and o.dispersion.type.startswith("CONFIDENCE") else None
    return (
        outcome_id(o), o.document, version, o.study, o.endpoint, o.statistic, o.value, o.unit, o.value_status,
        o.numerator, o.denominator, ci.lower if ci else None, ci.upper if ci else None, o.arm.label if o.arm else None,
        o.grade.min if o.grade else None, o.grade.max if o.grade else None, o.background, o.origin, o.rule,
        o.confidence, json.dumps(o.flags), o.evidence.section, *o.evidence.value_span, codec.dump(o),
    )  # fmt: skip
