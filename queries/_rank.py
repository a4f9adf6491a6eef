"""Ranking: keyword and concept lists from kb.sqlite, fused with the vector list by reciprocal rank."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace

from trialkb import tokens
from trialkb.terms import by_id, descendants, mentions

from ._filter import Where

DEPTH = 300  # documents a list
K = 60  # reciprocal rank: 1 / (K + rank)
WEIGHTS = {"keyword": 1.0, "concept": 2.0, "vector": 1.0}
KINDS = {"target": 3.0, "indication": 2.0, "modality": 1.5, "phase": 1.0, "design": 0.7}  # what a shared concept is worth


@dataclass(frozen=True, slots=True)
class Why:
    """Why a document is in a list, and the passage that shows it."""

    reasons: tuple[str, ...] = ()
    passage: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    name: str
    documents: tuple[tuple[str, Why], ...]


def names(cell: str | None) -> tuple[str, ...]:
    """A JSON list column as a tuple."""
    return tuple(json.loads(cell)) if cell else ()


def keyword_and_concept(db: sqlite3.Connection, words: str, where: Where) -> tuple[list[Listed], list[str]]:
    """The keyword and the concept list of a query, and notes for the person."""
    concepts = dict.fromkeys((m.kind, m.id) for m in mentions(words, frozenset(KINDS)) if not m.unsafe)
    lists = [keyword(db, words, concepts, where), concept(db, concepts, where)]
    return lists, []


def keyword(
    db: sqlite3.Connection, words: str, concepts: Iterable[tuple[str, str]], where: Where
) -> Listed:
    """Documents by BM25 of the query's words and of its concepts' synonyms, title weighing more."""
    wanted = tokens.phrases(words)
    synonyms = [p for c in concepts for s in _synonyms(*c) if (p := tokens.phrase(s))]
    every = list(dict.fromkeys(wanted + synonyms))[:96]
    if not every:
        return Listed("keyword", ())
    condition = (
        f" AND rowid IN (SELECT p.id FROM passage p JOIN document d ON d.id = p.document_id WHERE {where.sql})"
        if where.active
        else ""
    )
    found = db.execute(
        "SELECT rowid, bm25(passage_fts, 4.0, 1.0) AS b FROM passage_fts WHERE passage_fts MATCH ?"
        f"{condition} ORDER BY b LIMIT ?",
        (" OR ".join(every), *where.parameters, DEPTH * 4),
    ).fetchall()
    return Listed("keyword", tuple(_best(db, [(i, -b) for i, b in found], wanted)))


def _synonyms(kind: str, term: str) -> list[str]:
    t = by_id().get((kind, term))
    return [w for w in (t.preferred, *t.en, *t.zh) if not w.endswith("?")] if t else []


def _best(db: sqlite3.Connection, found: list[tuple[int, float]], wanted: list[str]) -> Iterable[tuple[str, Why]]:
    """Each document once, by its best passage, with the query words its passage holds."""
    seen: set[str] = set()
    for passage, _ in found:
        doc, title, text = db.execute("SELECT document_id, title, text FROM passage WHERE id = ?", (passage,)).fetchone()
        if doc in seen:
            continue
        seen.add(doc)
        held = f" {tokens.indexed(title + ' ' + text)} "
        words = [w.strip('"') for w in wanted if f" {w.strip(chr(34))} " in held]
        yield doc, Why((f"words: {', '.join(words)}",) if words else (), passage)
        if len(seen) >= DEPTH:
            return


def concept(db: sqlite3.Connection, concepts: Iterable[tuple[str, str]], where: Where) -> Listed:
    """Documents by the weight of the query's concepts they share; a narrower concept counts as its broader one."""
    score: dict[str, float] = {}
    shared: dict[str, list[str]] = {}
    for kind, term in concepts:
        wanted = descendants(kind, term)
        rows = db.execute(
            f"SELECT c.document_id, max(c.weight) FROM concept c JOIN document d ON d.id = c.document_id"
            f" WHERE c.kind = ? AND c.term IN ({','.join('?' * len(wanted))}) AND ({where.sql}) GROUP BY 1",
            (kind, *wanted, *where.parameters),
        )
        for doc, weight in rows:
            score[doc] = score.get(doc, 0.0) + KINDS[kind] * weight
            shared.setdefault(doc, []).append(f"{kind} {term}")
    best = sorted(score, key=lambda d: (-score[d], d))[:DEPTH]
    return Listed("concept", tuple((d, Why((f"concepts: {', '.join(shared[d])}",))) for d in best))


def fuse(lists: Iterable[Listed]) -> list[tuple[str, float, Why]]:
    """Weighted reciprocal rank over the lists; a document keeps the reasons of each list it is in."""
    score: dict[str, float] = {}
    why: dict[str, Why] = {}
    for listed in lists:
        for rank, (doc, reason) in enumerate(listed.documents, 1):
            score[doc] = score.get(doc, 0.0) + WEIGHTS[listed.name] / (K + rank)
            old = why.get(doc, Why())
            why[doc] = replace(old, reasons=old.reasons + reason.reasons, passage=old.passage or reason.passage)
    return [(d, score[d], why[d]) for d in sorted(score, key=lambda d: (-score[d], d))]


def any_passage(db: sqlite3.Connection, doc: str) -> int | None:
    """The first passage of a document after its title, to quote where no list names one."""
    row = db.execute(
        "SELECT id FROM passage WHERE document_id = ? ORDER BY section = 'title', id LIMIT 1", (doc,)
    ).fetchone()
    return row[0] if row else None
