"""Corrections: a person's word over a finding or an outcome; it survives re-harvest and re-extraction.

A correction is a row of its own with the old value, the new one, the reason and the time; the source's words and what
the rules read from them are never changed. Undoing one keeps its row.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

from .errors import BadInput

FIELDS = ("value", "numerator", "denominator", "ci_low", "ci_high", "unit", "endpoint", "arm", "background", "study")


def add(db: sqlite3.Connection, document_id: str, target: str, new: str | None, reason: str) -> int:
    """Write a correction and lay it over what is held. `target` is finding:<field> or outcome:<id>:<column>.

    `new` None withdraws the value. Raises BadInput for an unknown document, field or outcome.
    """
    if not db.execute("SELECT 1 FROM document WHERE id = ?", (document_id,)).fetchone():
        raise BadInput(f"no document {document_id} in this knowledge base; 'trialkb search' finds ids")
    old = _old(db, document_id, target)
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    cursor = db.execute(
        "INSERT INTO correction (document_id, target, old, new, reason, at) VALUES (?, ?, ?, ?, ?, ?)",
        (document_id, target, old, new, reason, moment),
    )
    apply(db, document_id)
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _old(db: sqlite3.Connection, document_id: str, target: str) -> str | None:
    kind, _, rest = target.partition(":")
    if kind == "finding" and rest:
        rows = db.execute("SELECT value FROM finding WHERE document_id = ? AND field = ?", (document_id, rest))
        return json.dumps(sorted({r[0] for r in rows}), ensure_ascii=False)
    name, _, column = rest.partition(":")
    if kind != "outcome" or column not in FIELDS:
        raise BadInput(
            f"cannot correct {target!r}: expected finding:FIELD or outcome:ID:COLUMN with {', '.join(FIELDS)}"
        )
    row = db.execute(f"SELECT {column} FROM outcome WHERE document_id = ? AND id = ?", (document_id, name)).fetchone()
    if not row:
        raise BadInput(f"no outcome {name} in {document_id}; 'trialkb show {document_id} --json' lists them")
    return None if row[0] is None else str(row[0])


def apply(db: sqlite3.Connection, document_id: str) -> None:
    """Lay the standing corrections of a document over its findings and outcomes, oldest first."""
    rows = db.execute(
        "SELECT target, new FROM correction WHERE document_id = ? AND undone IS NULL ORDER BY id", (document_id,)
    ).fetchall()
    for target, new in rows:
        kind, _, rest = target.partition(":")
        if kind == "finding":
            _finding(db, document_id, rest, new)
        else:
            name, _, column = rest.partition(":")
            db.execute(
                f"UPDATE outcome SET {column} = ?, origin = 'human' WHERE document_id = ? AND id = ?",
                (new, document_id, name),
            )


def _finding(db: sqlite3.Connection, document_id: str, field: str, new: str | None) -> None:
    """Replace all values of a field by a person's one; it has no span but the correction's own words."""
    version = db.execute("SELECT version_id FROM document WHERE id = ?", (document_id,)).fetchone()[0]
    db.execute("DELETE FROM finding WHERE document_id = ? AND field = ?", (document_id, field))
    if new is not None:
        db.execute(
            "INSERT INTO finding (document_id, version_id, field, value, section, start, end, rule, origin, confidence)"
            " VALUES (?, ?, ?, ?, 'correction', 0, 0, 'human.correction', 'human', 1.0)",
            (document_id, version, field, new),
        )


def undo(db: sqlite3.Connection, number: int) -> str:
    """Take a correction back (its row stays); returns the document, which must be read again."""
    row = db.execute("SELECT document_id FROM correction WHERE id = ? AND undone IS NULL", (number,)).fetchone()
    if not row:
        raise BadInput(f"no standing correction number {number}; 'trialkb correct --list' shows them")
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    db.execute("UPDATE correction SET undone = ? WHERE id = ?", (moment, number))
    db.execute(
        "UPDATE version SET extracted = NULL WHERE id = (SELECT version_id FROM document WHERE id = ?)", (row[0],)
    )
    return str(row[0])
