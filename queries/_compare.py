"""Comparing trials: the features of one and how much another shares of each; the one place of the weights."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trialkb.terms import ancestors

from ._filter import Where

if TYPE_CHECKING:
    from trialkb.records import Document

# What each shared feature is worth; rare values count more (idf), features that the query does not state count nothing.
WEIGHTS = {
    "target": 3.0, "indication": 2.0, "modality": 1.4, "modality.source": 0.5, "modality.route": 0.6, "line": 0.3,
    "phase": 0.25, "design": 0.2, "dose.level": 0.2, "indication.biomarker": 0.3, "modality.armour": 0.7, "population": 0.4,
}  # fmt: skip
MEANING = 1.5  # what likeness of meaning is worth, between the least and the most alike of the candidates
GENERAL = frozenset({"cancer", "solid_tumour", "haematological_malignancy", "digestive_tumour", "carcinoma"})


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a trial to compare by: {feature: {value: words it was read from}}."""

    id: str
    title: str
    text: str
    features: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    id: str
    score: float
    reasons: tuple[str, ...]


def profile(db: sqlite3.Connection, id: str) -> Profile | None:
    """The profile of a document of the kb, or None."""
    row = db.execute("SELECT id, title FROM document WHERE id IN (?, upper(?))", (id, id)).fetchone()
    if not row:
        return None
    found: dict[str, dict[str, str]] = {}
    for name, value, section, start, end, version in db.execute(
        "SELECT field, value, section, start, end, version_id FROM finding WHERE document_id = ?"
        " AND field IN (SELECT value FROM json_each(?)) ORDER BY origin = 'text', id",
        (row[0], json.dumps(list(WEIGHTS))),
    ):
        words = db.execute(
            "SELECT substr(text, ?, ?) FROM section WHERE version_id = ? AND name = ?",
            (start + 1, end - start, version, section),
        ).fetchone()
        found.setdefault(name, {}).setdefault(value, words[0] if words else "")
    age = db.execute("SELECT minimum_age, maximum_age FROM trial WHERE document_id = ?", (row[0],)).fetchone()
    if age:
        found["population"] = _population(*age)
    text = db.execute(
        "SELECT group_concat(text, ' ') FROM (SELECT s.text FROM section s JOIN document d ON d.version_id = s.version_id"
        " WHERE d.id = ? AND s.name IN ('interventions', 'conditions', 'summary') ORDER BY s.ordinal)",
        (row[0],),
    ).fetchone()[0]
    return Profile(row[0], row[1] or row[0], (text or "")[:1200], {k: v for k, v in found.items() if v})


def _population(low: str | None, high: str | None) -> dict[str, str]:
    """Children, adults or both, by the ages of the registry."""

    def years(age: str | None, missing: float) -> float:
        number, _, unit = (age or "").partition(" ")
        return (
            (float(number) / (12 if unit.startswith("Month") else 1)) if number.replace(".", "").isdigit() else missing
        )

    if not low and not high:
        return {}
    youngest, oldest = years(low, 0), years(high, 120)
    if "Year" not in (low or "Year"):
        youngest = 0
    name = "children" if oldest <= 30 and youngest < 18 else "adults" if youngest >= 16 else "all ages"
    return {name: f"{low or '-'} to {high or '-'}"}


def profile_of(document: Document) -> Profile:
    """The profile of a document that is in no kb (a synopsis), read in memory."""
    from trialkb import pipeline
    from trialkb.records import Finding

    texts = {s.name: s.text for s in document.sections}
    found: dict[str, dict[str, str]] = {}
    for f in pipeline.read_document(document):
        if isinstance(f, Finding) and f.field in WEIGHTS:
            found.setdefault(f.field, {}).setdefault(f.value, texts[f.section][f.start : f.end])
    text = " ".join(texts.values())
    return Profile(document.title or document.id, document.title or "", text[:1200], found)


def score(
    db: sqlite3.Connection, wanted: Profile, where: Where, similarity: Mapping[str, float], must: Iterable[str]
) -> list[Compared]:
    """Candidates with their score and reasons."""
    total = db.execute("SELECT count(*) FROM document").fetchone()[0]
    frequency = _frequencies(db, wanted)
    held = _held(db, wanted, where, similarity)
    low, high = (min(similarity.values()), max(similarity.values())) if similarity else (0.0, 1.0)
    out = []
    for doc, features in held.items():
        if doc == wanted.id or any(not _shared(wanted, features, m) for m in must):
            continue
        points, reasons = 0.0, []
        for name, values in wanted.features.items():
            share, words = _share(name, values, features.get(name, {}), frequency, total)
            if share:
                points += WEIGHTS[name] * share
                reasons.append(words)
        if doc in similarity:
            points += MEANING * (similarity[doc] - low) / max(high - low, 0.05)
            reasons.append(f"meaning {similarity[doc]:.2f}")
        out.append(Compared(doc, points, tuple(reasons)))
    return out


def _shared(wanted: Profile, features: Mapping[str, Mapping[str, str]], name: str) -> bool:
    values = wanted.features.get(name, {})
    return not values or any(_alike(name, v, w) > 0.5 for v in values for w in features.get(name, {}))


def _frequencies(db: sqlite3.Connection, wanted: Profile) -> dict[tuple[str, str], int]:
    out = {}
    for name, values in wanted.features.items():
        for value in values:
            sql = "SELECT count(DISTINCT document_id) FROM finding WHERE field = ? AND value = ?"
            out[name, value] = db.execute(sql, (name, value)).fetchone()[0]
    return out


def _held(
    db: sqlite3.Connection, wanted: Profile, where: Where, similarity: Mapping[str, float]
) -> dict[str, dict[str, dict[str, str]]]:
    """Features of every candidate: those that share a leading feature, and those near by meaning."""
    leading = [(n, v) for n in ("target", "indication", "modality") for v in wanted.features.get(n, {})]
    narrow = [p for p in leading if p[0] != "modality" and p[1] not in GENERAL] or leading
    ids = {
        r[0]
        for n, v in narrow
        for r in db.execute("SELECT document_id FROM finding WHERE field = ? AND value = ?", (n, v))
    }
    ids |= set(similarity)
    rows = db.execute(
        "SELECT f.document_id, f.field, f.value, substr(s.text, f.start + 1, f.end - f.start) FROM finding f"
        " JOIN document d ON d.id = f.document_id LEFT JOIN section s ON s.version_id = f.version_id AND s.name = f.section"
        " WHERE d.kind = 'trial' AND f.document_id IN (SELECT value FROM json_each(?))"
        f" AND f.field IN (SELECT value FROM json_each(?)) AND ({where.sql})",
        (json.dumps(sorted(ids)), json.dumps(list(WEIGHTS)), *where.parameters),
    )
    held: dict[str, dict[str, dict[str, str]]] = {}
    for doc, name, value, words in rows:
        held.setdefault(doc, {}).setdefault(name, {}).setdefault(value, words or "")
    for doc, low, high in db.execute(
        "SELECT document_id, minimum_age, maximum_age FROM trial WHERE document_id IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(held)),),
    ):
        held[doc]["population"] = _population(low, high)
    return held


def _alike(name: str, a: str, b: str) -> float:
    """How alike two values of a feature are: 1 the same, less for a broader or a sister indication."""
    if a == b:
        return 1.0
    if name != "indication":
        return 0.0
    up_a, up_b = ancestors("indication", a), ancestors("indication", b)
    if b in up_a or a in up_b:
        return 0.35 if b in GENERAL or a in GENERAL else 0.7
    common = [x for x in up_a if x in up_b and x not in GENERAL]
    return 0.4 if common else 0.1 if set(up_a) & set(up_b) else 0.0


def _share(
    name: str, wanted: Mapping[str, str], held: Mapping[str, str], frequency: Mapping[tuple[str, str], int], total: int
) -> tuple[float, str]:
    """(share of a feature between 0 and 1, the reason in words)."""
    if not held:
        return 0.0, ""
    rarity = {v: math.log(1 + total / (1 + frequency[name, v])) for v in wanted}
    whole = sum(rarity.values())
    pairs = [(v, max(held, key=lambda h, v=v: (_alike(name, v, h), h))) for v in wanted]  # type: ignore[misc]
    recall = sum(rarity[v] * _alike(name, v, h) for v, h in pairs) / whole if whole else 0.0
    precision = sum(max(_alike(name, v, h) for v in wanted) for h in held) / len(held)
    if not recall:
        return 0.0, ""
    share = 0.75 * recall + 0.25 * precision
    words = ", ".join(f"{h} “{' '.join(held[h].split())[:60]}”" for v, h in pairs if _alike(name, v, h))
    return share, f"{name}: {words}"
