"""Flags: what must stand beside a record wherever it is shown: retracted, doubted, withdrawn, corrected, a preprint."""

from __future__ import annotations

import json
import sqlite3

from . import works

_NOTICES = {
    "ExpressionOfConcernIn": "EXPRESSION OF CONCERN",
    "PartialRetractionIn": "PARTLY RETRACTED",
    "ErratumIn": "corrected",
    "CorrectedandRepublishedIn": "corrected and republished",
}
WITHDRAWN = "withdrawn_by"  # the relation of a record and the source that took it back


def of(db: sqlite3.Connection, id: str) -> tuple[str, ...]:
    """The flags of a record, the gravest first; a retraction in capitals, with where its notice stands."""
    found = [f"WITHDRAWN by {source}" for (source,) in _withdrawn(db, id)]
    row = db.execute("SELECT retracted, notices, preprint FROM article WHERE document_id = ?", (id,)).fetchone()
    if row:
        notices = json.loads(row[1])
        found = [*_retraction(row[0], notices, _elsewhere(db, id)), *found]
        found += dict.fromkeys(_NOTICES[n["type"]] for n in notices if n["type"] in _NOTICES)
        found += ["preprint"] if row[2] else []
    return tuple(found)


def _retraction(retracted: int, notices: list[dict[str, str | None]], sources: list[str]) -> list[str]:
    if not retracted:
        return []
    said = next((n for n in notices if str(n["type"]).startswith("Retract") and str(n["type"]).endswith("In")), None)
    where = (said.get("source") or said.get("pmid")) if said else ", ".join(f"says {s}" for s in sources)
    return [f"RETRACTED ({where})" if where else "RETRACTED"]


def _elsewhere(db: sqlite3.Connection, id: str) -> list[str]:
    """The sources that say a record is retracted, where the record shown is of none of them."""
    shown = db.execute("SELECT source FROM document WHERE id = ?", (id,)).fetchone()
    said = works.retracted_by(db, id)
    return said if shown and shown[0] not in said else []


def _withdrawn(db: sqlite3.Connection, id: str) -> list[tuple[str]]:
    return db.execute("SELECT target FROM link WHERE source = ? AND relation = ?", (id, WITHDRAWN)).fetchall()
