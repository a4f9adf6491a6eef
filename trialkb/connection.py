"""Connection: open kb.sqlite to read or to write; one writer at a time, migrations, transactions, remembered settings.

Readers are never blocked (WAL). A writer holds a lock file beside the kb, then BEGIN IMMEDIATE. A newer file is
refused; an older one is backed up, then migrated.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from .errors import BadInput, Corrupt, Locked
from .migrations import MIGRATIONS

UNKNOWN = "unknown"  # a writer that has no name
APPLICATION = 0x74726B62  # "trkb"


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
        lock = open(f"{path.resolve()}.lock", "a+", encoding="ascii")  # noqa: SIM115 (held open for the lock's sake)
    except OSError as e:
        raise BadInput(f"cannot write beside {path}: {e.strerror}; choose another place with --kb PATH") from e
    with lock:
        if not _taken(lock):
            lock.seek(0)
            holder = lock.read(80).split(" ")[0].strip() or "unknown"
            raise Locked(f"another process (pid {holder}) is writing to {path}; wait for it, then try again") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} {now()} {os.urandom(4).hex()}")
        lock.flush()
        db = _connect(path, writing=True)
        try:
            _migrate(db, path)
            yield db
        finally:
            db.close()


def _taken(lock: TextIO) -> bool:
    """Whether the lock could be had; a reader that asks who writes holds it for a moment, so it is tried again."""
    for _ in range(5):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.02)
    return False


def writer(db: sqlite3.Connection) -> str | None:
    """Who writes to this kb, as the lock file says: pid, start and a mark of its own; None where nobody does.

    The file outlives its writer; the lock on it does not, not even a kill -9. Asking writes nothing. UNKNOWN where it
    cannot be told: no right to look, or a writer that is just beginning.
    """
    path = next((r[2] for r in db.execute("PRAGMA database_list") if r[1] == "main"), "")
    try:
        with open(f"{path}.lock", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read(80).strip() or UNKNOWN
    except FileNotFoundError:
        return None
    except OSError:
        return UNKNOWN
    return None


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
    return Corrupt(
        f"{path} is not a knowledge base or is damaged ({e}); restore a copy or move it away and import anew"
    )


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
        try:
            db.executescript(
                f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nPRAGMA application_id = {APPLICATION};\nCOMMIT;"
            )
        except sqlite3.Error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


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
