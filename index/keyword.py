"""Keyword index: passages of every document in FTS5, Chinese as bigrams, and the lexicon terms each is about.

Incremental: only documents whose shown version has no passages yet are cut and written.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from trialkb import kb, passages
from trialkb.records import Document
from trialkb.terms import ancestors, mentions

BLOCK = 200
Key = tuple[str, str]
ONLY_NAMED = frozenset({"route", "source", "feature", "people", "drug", "design"})  # kinds no extractor finds
FROM_FINDINGS = ("target", "modality", "indication", "phase", "line", "design")
# How much a lexicon term in a section says about what the document is about, beside the findings (1.0).
SECTIONS = {
    "title": 0.9, "official_title": 0.9, "conditions": 0.9, "interventions": 0.8, "keywords": 0.6, "summary": 0.6,
    "summary_zh": 0.6, "abstract": 0.6, "abstract_zh": 0.6, "citation": 0.6, "arms": 0.5, "description": 0.4, "body": 0.3,
    "primary_outcomes": 0.3, "secondary_outcomes": 0.2, "eligibility": 0.25,
}  # fmt: skip
KINDS = frozenset(
    {"target", "modality", "indication", "phase", "design", "route", "source", "feature", "people", "drug"}
)


def build(
    db: sqlite3.Connection, path: Path, *, model: str | None = None, tick: Callable[[int], None] = lambda n: None
) -> int:
    """Cut and index what is new; returns the number of passages added."""
    ids = [
        r[0]
        for r in db.execute(
            "SELECT d.id FROM work d WHERE NOT EXISTS"
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
        "SELECT d.id FROM work d JOIN version v ON v.id = d.version_id LEFT JOIN concept c"
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
    weights = {("rules", rules): 0.0} | _weights(dict(_mentioned(document)), {(f, v) for f, v in found})
    db.execute("DELETE FROM concept WHERE document_id = ?", (document.id,))
    db.executemany(
        "INSERT INTO concept (kind, term, document_id, weight) VALUES (?, ?, ?, ?)",
        ((kind, term, document.id, weight) for (kind, term), weight in weights.items()),
    )


def _mentioned(document: Document) -> Iterator[tuple[tuple[str, str], float]]:
    """Lexicon terms of a document with the best section each stands in, weakest first."""
    found: list[tuple[tuple[str, str], float]] = []
    for section in document.sections:
        weight = SECTIONS.get(section.name.split(":")[0])
        if weight:
            found += (((m.kind, m.id), weight) for m in mentions(section.text, KINDS) if not m.unsafe)
    yield from sorted(found, key=lambda f: f[1])


def _weights(mentioned: Mapping[Key, float], found: set[Key]) -> dict[Key, float]:
    """What each concept says about the document: 0.5 to 1 where an extractor found it, below 0.5 where it is only named.

    A document about one target says more of it than one about five: each further peer of a kind takes a little off.
    """
    out: dict[Key, float] = {}
    for key in mentioned.keys() | found:
        place = mentioned.get(key, 0.3)
        out[key] = 0.55 + 0.45 * place if key in found else (0.8 * place if key[0] in ONLY_NAMED else 0.45 * place)
    for kind in ("target", "indication"):
        peers = [k for k in out if k[0] == kind and k in found]
        general = {a for k in peers for a in ancestors(*k)}
        crowd = len([k for k in peers if k[1] not in general])
        for k in peers:
            out[k] = max(0.5, out[k] * (1 - 0.04 * min(crowd - 1, 6))) if crowd > 1 else out[k]
    return out
