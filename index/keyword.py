"""Keyword index: passages of every document in FTS5, Chinese as bigrams, and the lexicon terms each is about.

Incremental: only documents whose shown version has no passages yet are cut and written.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from trialkb import kb, passages
from trialkb.records import Document
from trialkb.terms import mentions

BLOCK = 200
FROM_FINDINGS = ("target", "modality", "indication", "phase", "line", "design")
# How much a lexicon term in a section says about what the document is about, beside the findings (1.0).
SECTIONS = {
    "title": 0.9, "official_title": 0.9, "conditions": 0.9, "interventions": 0.8, "keywords": 0.6, "summary": 0.6,
    "summary_zh": 0.6, "abstract": 0.6, "abstract_zh": 0.6, "citation": 0.6, "arms": 0.5, "description": 0.4, "body": 0.3,
    "primary_outcomes": 0.3, "secondary_outcomes": 0.2, "eligibility": 0.25,
}  # fmt: skip
KINDS = frozenset({"target", "modality", "indication", "phase", "design", "route", "source", "feature", "people", "drug"})


def build(
    db: sqlite3.Connection, path: Path, *, model: str | None = None, tick: Callable[[int], None] = lambda n: None
) -> int:
    """Cut and index what is new; returns the number of passages added."""
    ids = [
        r[0]
        for r in db.execute(
            "SELECT d.id FROM document d WHERE NOT EXISTS"
            " (SELECT 1 FROM passage p WHERE p.document_id = d.id AND p.version_id = d.version_id) ORDER BY d.id"
        )
    ]
    added = 0
    for i in range(0, len(ids), BLOCK):
        with kb.transaction(db):
            added += sum(_one(db, document_id) for document_id in ids[i : i + BLOCK])
        tick(len(ids[i : i + BLOCK]))
    stale = _stale_concepts(db)
    for i in range(0, len(stale), BLOCK):
        with kb.transaction(db):
            for document_id in stale[i : i + BLOCK]:
                document = kb.get(db, document_id)
                if document:
                    _write_concepts(db, document)
    return added


def _one(db: sqlite3.Connection, document_id: str) -> int:
    document = kb.get(db, document_id)
    if document is None:
        return 0
    version = db.execute("SELECT version_id FROM document WHERE id = ?", (document_id,)).fetchone()[0]
    passages.drop(db, document_id)
    return passages.insert(db, version, passages.make(document))


def _stale_concepts(db: sqlite3.Connection) -> list[str]:
    """Documents read by other rules than those their concepts came from."""
    rows = db.execute(
        "SELECT d.id FROM document d JOIN version v ON v.id = d.version_id LEFT JOIN concept c"
        " ON c.document_id = d.id AND c.kind = 'rules' WHERE c.term IS NULL OR c.term IS NOT coalesce(v.extracted, '-')"
    )
    return [r[0] for r in rows]


def _write_concepts(db: sqlite3.Connection, document: Document) -> None:
    rules = db.execute(
        "SELECT coalesce(v.extracted, '-') FROM document d JOIN version v ON v.id = d.version_id WHERE d.id = ?",
        (document.id,),
    ).fetchone()[0]
    found = db.execute(
        "SELECT field, value FROM finding WHERE document_id = ? AND field IN (SELECT value FROM json_each(?))",
        (document.id, json.dumps(FROM_FINDINGS)),
    ).fetchall()
    weights: dict[tuple[str, str], float] = {("rules", rules): 0.0}
    weights |= dict.fromkeys(found, 1.0)
    for key, weight in _mentioned(document):
        weights[key] = max(weight, weights.get(key, 0.0))
    db.execute("DELETE FROM concept WHERE document_id = ?", (document.id,))
    db.executemany(
        "INSERT INTO concept (kind, term, document_id, weight) VALUES (?, ?, ?, ?)",
        ((kind, term, document.id, weight) for (kind, term), weight in weights.items()),
    )


def _mentioned(document: Document) -> Iterator[tuple[tuple[str, str], float]]:
    for section in document.sections:
        weight = SECTIONS.get(section.name.split(":")[0])
        if weight:
            for m in mentions(section.text, KINDS):
                if not m.unsafe:
                    yield (m.kind, m.id), weight
