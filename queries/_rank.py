"""Ranking: what a query asks for, unit by unit, scored over documents, and fused with the nearest passages by vector.

A unit is a concept of the lexicon or a phrase of words. Each gives a document at most idf x how strongly it holds it: a
concept by its weight in the kb (1.0 where an extractor found it), a phrase by the section it stands in. Rare units are
looked up whole; common ones only in a pool of documents: the best so far and, where those are few, the documents that
hold all the common words, then most of a common concept, then any of the words. All weights are here.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from heapq import nlargest

from trialkb import tokens
from trialkb.products import Product, products
from trialkb.terms import descendants

from ._filter import Where
from ._query import Read, Unit

POOL = 1000  # documents in which common units are looked up
COMMON = 10_000  # documents of a concept, or passages of a phrase, from which it is common
KINDS = {
    "target": 1.6, "indication": 1.3, "modality": 1.0, "route": 1.2, "feature": 1.4, "source": 0.9, "people": 1.0,
    "drug": 1.2, "product": 2.0, "design": 0.7, "phase": 0.5, "line": 0.5, "words": 0.7,
}  # fmt: skip
SECTIONS = {
    "title": 1.0, "official_title": 0.9, "acronym": 0.9, "conditions": 0.9, "interventions": 0.9, "keywords": 0.7,
    "summary": 0.7, "summary_zh": 0.7, "abstract": 0.7, "abstract_zh": 0.7, "citation": 0.7, "targets": 0.7, "arms": 0.6,
    "description": 0.5, "body": 0.5, "primary_outcomes": 0.4, "secondary_outcomes": 0.3, "eligibility": 0.3,
}  # fmt: skip
ABOUT = 0.4  # weight of a concept from which a document is about it and does not only name it
WORDS = ("words", "product")  # kinds that are looked up by their words
VECTOR = 0.15  # share of the vector list against the best unit score


@dataclass(slots=True)
class Found:
    """A document in play: its score and what gave it."""

    score: float = 0.0
    terms: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    similarity: float | None = None
    passage: int | None = None

    def reasons(self) -> tuple[str, ...]:
        out = []
        if self.words:
            out.append(f"words: {', '.join(self.words)}")
        if self.terms:
            out.append(f"concepts: {', '.join(self.terms)}")
        if self.similarity is not None:
            out.append(f"meaning: {self.similarity:.2f}")
        return tuple(out)


@cache
def by_product() -> dict[str, Product]:
    return {p.product: p for p in products()}


def names(cell: str | None) -> tuple[str, ...]:
    """A JSON list column as a tuple."""
    return tuple(json.loads(cell)) if cell else ()


def score(db: sqlite3.Connection, read: Read, where: Where, enough: int = POOL) -> dict[str, Found]:
    """Every document that holds a unit of the query, with its score and reasons; of common units at least `enough`."""
    found: dict[str, Found] = {}
    total = db.execute("SELECT count(*) FROM document").fetchone()[0] or 1
    boosts = [Unit(kind, term, 0.6) for kind, term in read.boosts]
    counted = sorted(((u, _frequency(db, u)) for u in (*read.units, *boosts)), key=lambda p: p[1])
    for unit, df in (p for p in counted if p[1] <= COMMON):
        _add(found, unit, df, total, _held(db, unit, where))
    common = [u for u, df in counted if df > COMMON]
    pool = _pool(db, found, common, where, enough) if common else ""
    for unit, df in (p for p in counted if p[1] > COMMON):
        _add(found, unit, df, total, _held(db, unit, where, pool))
    return found


def _add(found: dict[str, Found], unit: Unit, df: int, total: int, held: Iterable[tuple[str, float]]) -> None:
    rarity = math.log(1 + total / (1 + min(df, total)))
    words = unit.kind == "words"
    for doc, strength in held:
        entry = found.setdefault(doc, Found())
        entry.score += rarity * KINDS.get(unit.kind, 0.7) * unit.weight * strength
        (entry.words if words else entry.terms).append(unit.name if words else f"{unit.kind} {unit.name}")


def _pool(db: sqlite3.Connection, found: Mapping[str, Found], common: list[Unit], where: Where, enough: int) -> str:
    """The documents in which common units are looked up, as a JSON list; a filter is applied before the count."""
    pool = dict.fromkeys(nlargest(POOL, found, key=lambda d: found[d].score))
    phrases = [p for u in common if u.kind in WORDS and (p := _phrases(u))]
    concepts = [u for u in common if u.kind not in WORDS]
    steps: list[Callable[[], Iterable[str]]] = [partial(_some, db, " AND ".join(phrases), where)] if phrases else []
    steps += [partial(_most, db, u, where) for u in concepts]
    steps += [partial(_some, db, p, where) for p in phrases]
    for step in steps:
        if len(pool) < enough:
            pool |= dict.fromkeys(step())
    return json.dumps(list(pool))


def _most(db: sqlite3.Connection, unit: Unit, where: Where) -> Iterator[str]:
    """The documents that hold a concept most."""
    wanted = descendants(unit.kind, unit.name)
    join = "JOIN document d ON d.id = c.document_id" if where.active else ""
    rows = db.execute(
        f"SELECT c.document_id FROM concept c {join} WHERE c.kind = ? AND c.term IN ({_marks(wanted)}) AND ({where.sql})"
        f" ORDER BY c.weight DESC LIMIT {POOL}",
        (unit.kind, *wanted, *where.parameters),
    )
    yield from (r[0] for r in rows)


def _some(db: sqlite3.Connection, expression: str, where: Where) -> Iterator[str]:
    """Documents that an FTS5 expression finds, at most so many passages of them."""
    rows = db.execute(
        "SELECT p.document_id FROM passage_fts f JOIN passage p ON p.id = f.rowid JOIN document d ON d.id = p.document_id"
        f" WHERE passage_fts MATCH ? AND ({where.sql}) LIMIT ?",
        (f"body : ({expression})", *where.parameters, POOL),
    )
    yield from (r[0] for r in rows)


def _held(db: sqlite3.Connection, unit: Unit, where: Where, pool: str = "") -> Iterator[tuple[str, float]]:
    """(document, how strongly it holds the unit)."""
    if unit.kind in WORDS:
        return _phrase(db, unit, where, pool)
    return _pooled(db, unit, pool) if pool else _concept(db, unit, where)


def _frequency(db: sqlite3.Connection, unit: Unit) -> int:
    """Documents of a concept, or passages of a phrase."""
    if unit.kind not in WORDS:
        wanted = descendants(unit.kind, unit.name)
        rows = f"FROM concept WHERE kind = ? AND term IN ({_marks(wanted)})"
        most = 10 * COMMON  # counting on would take longer than the figure is worth
        count = db.execute(f"SELECT count(*) FROM (SELECT 1 {rows} LIMIT {most})", (unit.kind, *wanted)).fetchone()[0]
        if count > COMMON:
            return int(count)
        return int(db.execute(f"SELECT count(DISTINCT document_id) {rows}", (unit.kind, *wanted)).fetchone()[0])
    phrase = _phrases(unit)
    if not phrase:
        return 0
    sql = "SELECT count(*) FROM (SELECT 1 FROM passage_fts WHERE passage_fts MATCH ? LIMIT ?)"
    return int(db.execute(sql, (phrase, COMMON + 1)).fetchone()[0])


def _phrases(unit: Unit) -> str | None:
    """The FTS5 expression of a unit of words: its phrase, or any of a product's names."""
    names = by_product()[unit.name].names if unit.kind == "product" else (unit.name,)
    found = dict.fromkeys(p for p in map(tokens.phrase, names) if p)
    return f"({' OR '.join(found)})" if found else None


def _marks(values: Iterable[object]) -> str:
    return ",".join("?" for _ in values)


def _concept(db: sqlite3.Connection, unit: Unit, where: Where) -> Iterator[tuple[str, float]]:
    """Documents that hold a concept or a narrower one, the concept itself counting a little more."""
    wanted = descendants(unit.kind, unit.name)
    join = "JOIN document d ON d.id = c.document_id" if where.active else ""
    yield from db.execute(
        f"SELECT c.document_id, max(c.weight * CASE WHEN c.term = ? THEN 1.0 ELSE 0.9 END) FROM concept c {join}"
        f" WHERE c.kind = ? AND c.term IN ({_marks(wanted)}) AND ({where.sql}) GROUP BY 1",
        (unit.name, unit.kind, *wanted, *where.parameters),
    )


def _pooled(db: sqlite3.Connection, unit: Unit, pool: str) -> Iterator[tuple[str, float]]:
    """Documents of the pool that hold a concept or a narrower one."""
    wanted = descendants(unit.kind, unit.name)
    yield from db.execute(
        "SELECT c.document_id, max(c.weight * CASE WHEN c.term = ? THEN 1.0 ELSE 0.9 END) FROM json_each(?) j"
        " CROSS JOIN concept c INDEXED BY concept_document ON c.document_id = j.value"
        f" WHERE c.kind = ? AND c.term IN ({_marks(wanted)}) GROUP BY 1",
        (unit.name, pool, unit.kind, *wanted),
    )


def _phrase(db: sqlite3.Connection, unit: Unit, where: Where, pool: str = "") -> Iterator[tuple[str, float]]:
    """Documents that hold a phrase, by the best section it stands in."""
    phrase = _phrases(unit)
    if not phrase:
        return
    cases = " ".join(f"WHEN '{name}' THEN {weight}" for name, weight in SECTIONS.items())
    best = f"SELECT p.document_id, max(CASE p.section {cases} ELSE 0.5 END)"
    if pool:  # the filter is in the pool
        yield from db.execute(
            f"{best} FROM json_each(?) j CROSS JOIN passage p INDEXED BY passage_document ON p.document_id = j.value"
            " CROSS JOIN passage_fts f ON f.rowid = p.id WHERE passage_fts MATCH ? GROUP BY 1",
            (pool, f"body : {phrase}"),
        )
        return
    join = "JOIN document d ON d.id = p.document_id" if where.active else ""
    yield from db.execute(
        f"{best} FROM passage_fts f JOIN passage p ON p.id = f.rowid {join}"
        f" WHERE passage_fts MATCH ? AND ({where.sql}) GROUP BY 1",
        (f"body : {phrase}", *where.parameters),
    )


def without(db: sqlite3.Connection, found: dict[str, Found], read: Read) -> None:
    """Drop documents that are about a concept not wanted, or hold words not wanted in a passage."""
    for kind, term in read.never:
        wanted = descendants(kind, term)
        sql = f"SELECT document_id FROM concept WHERE kind = ? AND weight >= {ABOUT} AND term IN ({_marks(wanted)})"
        for (doc,) in db.execute(sql, (kind, *wanted)):
            found.pop(doc, None)
    for word in read.without:
        phrase = tokens.phrase(word)
        if phrase:
            rows = db.execute(
                "SELECT DISTINCT p.document_id FROM passage_fts f JOIN passage p ON p.id = f.rowid WHERE passage_fts MATCH ?",
                (phrase,),
            )
            for (doc,) in rows:
                found.pop(doc, None)


def blend(found: dict[str, Found], near: Iterable[tuple[str, int, float]]) -> None:
    """Add the vector list: similarity above the list's floor, scaled to a share of the best unit score."""
    listed = list(near)
    if not listed:
        return
    top = max((f.score for f in found.values()), default=0.0) or 1.0
    high, low = listed[0][2], listed[-1][2]
    for doc, passage, similarity in listed:
        entry = found.setdefault(doc, Found())
        entry.score += VECTOR * top * (similarity - low) / max(high - low, 0.05)
        entry.similarity, entry.passage = similarity, passage


def misfits(db: sqlite3.Connection, found: Mapping[str, Found], read: Read) -> None:
    """Halve the score of the best documents that state another phase than was asked for."""
    wanted = {term for kind, term in read.boosts if kind == "phase"}
    if not wanted:
        return
    near = wanted | ({"EARLY_PHASE1"} if "PHASE1" in wanted else set()) | {"NA"}
    stated: dict[str, set[str]] = {}
    sql = "SELECT document_id, term FROM concept WHERE document_id IN (SELECT value FROM json_each(?)) AND kind = ?"
    for doc, term in db.execute(
        f"{sql} AND weight >= {ABOUT}", (json.dumps([d for d, _ in best(found, POOL)]), "phase")
    ):
        stated.setdefault(doc, set()).update(term.split("/"))
    for doc, phases in stated.items():
        if not phases & near:
            found[doc].score *= 0.5


def asked(db: sqlite3.Connection, found: dict[str, Found], ids: Iterable[str]) -> Iterator[str]:
    """Put records asked for by their id, or naming it as an id of theirs, before all others; notes on those not here."""
    for id in ids:
        row = db.execute("SELECT id FROM document WHERE id = ? OR upper(id) = upper(?)", (id, id)).fetchone()
        named = db.execute("SELECT source FROM link WHERE target = ? OR upper(target) = upper(?)", (id, id)).fetchall()
        top = max((f.score for f in found.values()), default=0.0)
        for place, doc in enumerate(dict.fromkeys([*(r[0] for r in named), *(row or ())])):
            if db.execute("SELECT 1 FROM document WHERE id = ?", (doc,)).fetchone():
                entry = found.setdefault(doc, Found())
                entry.score = top + 10 + place
                entry.terms.insert(0, f"id {id}")
        if not row:
            yield f"no record {id} in this knowledge base" + (f"; named by {len(named)} that is shown" if named else "")


def best(found: Mapping[str, Found], limit: int) -> list[tuple[str, Found]]:
    """The best documents, ties by id."""
    return sorted(found.items(), key=lambda p: (-p[1].score, p[0]))[:limit]


def grouped(
    db: sqlite3.Connection, ranked: Iterable[tuple[str, Found]]
) -> Iterator[tuple[str, Found, tuple[str, ...]]]:
    """Hits with the ids of those all but identical to them (same words in the title, same kind) folded in."""
    heads: dict[tuple[object, ...], str] = {}
    folded: dict[str, list[str]] = {}
    order: list[tuple[str, Found]] = []
    for doc, entry in ranked:
        kind, title, sponsor = db.execute(
            "SELECT d.kind, d.title, t.sponsor FROM document d LEFT JOIN trial t ON t.document_id = d.id WHERE d.id = ?",
            (doc,),
        ).fetchone()
        key = (kind, sponsor, tokens.indexed(title)) if title else (doc,)
        if key in heads:
            folded[heads[key]].append(doc)
        else:
            heads[key] = doc
            folded[doc] = []
            order.append((doc, entry))
    yield from ((doc, entry, tuple(folded[doc])) for doc, entry in order)


def quote(db: sqlite3.Connection, doc: str, read: Read, entry: Found) -> tuple[str, str, int, int] | None:
    """(text, section, start, end) of the passage of a document that shows best why it was found."""
    wanted = {t for u in read.units for t in tokens.split(u.name.replace("_", " "))}
    rows = db.execute(
        "SELECT id, text, section, start, end, language FROM passage WHERE document_id = ?", (doc,)
    ).fetchall()

    def fit(row: tuple[int, str, str, int, int, str | None]) -> float:
        held = set(tokens.split(row[1]))
        short = 0.5 if len(held) < 6 else 1.0
        tongue = 0.5 if row[5] == read.language else 0.0
        return (len(wanted & held) + 0.5 * (row[0] == entry.passage) + tongue) * short + 0.2 * SECTIONS.get(row[2], 0.5)

    return max(rows, key=fit)[1:5] if rows else None
