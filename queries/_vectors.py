"""Nearest passages by vector, from the FAISS cache; a stale or damaged cache is said to be so and not answered from."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

from trialkb import embed, faiss_cache, kb, passages
from trialkb.errors import Corrupt

from ._compare import Profile
from ._filter import Where

DEPTH = 600  # passages


def nearest(
    db: sqlite3.Connection, path: Path, words: str, where: Where
) -> tuple[list[tuple[str, int, float]], list[str]]:
    """([(document, passage, similarity)] best first, notes for the person) for the words of a query in English."""
    model = kb.meta(db, "model")
    if model is None:
        return [], ["no vectors yet: keyword and concepts only; run 'trialkb index'"]
    index, notes = _index(db, path)
    _, encode = embed.querier(model)
    found = _search(index, encode([words]), _allowed(db, where), DEPTH)
    documents: dict[str, tuple[str, int, float]] = {}
    for passage, similarity in found:
        row = db.execute("SELECT document_id FROM passage WHERE id = ?", (passage,)).fetchone()
        if row and row[0] not in documents:
            documents[row[0]] = (row[0], passage, similarity)
    return list(documents.values()), notes


def alike(
    db: sqlite3.Connection, path: Path, profile: Profile, where: Where
) -> tuple[list[tuple[str, float]], list[str]]:
    """([(document, similarity)], notes) for documents alike in meaning to a profile's title, drug and condition."""
    model = kb.meta(db, "model")
    if model is None:
        return [], ["no vectors yet: compared by what was found only; run 'trialkb index'"]
    index, notes = _index(db, path)
    _, encode = embed.querier(model)
    texts = [passages.english(t) for t in (profile.title, f"{profile.title}. {profile.text[:600]}")]
    query = encode(texts).mean(axis=0, keepdims=True)
    best: dict[str, float] = {}
    for passage, similarity in _search(index, query, _allowed(db, where), DEPTH * 2):
        row = db.execute("SELECT document_id FROM passage WHERE id = ?", (passage,)).fetchone()
        if row and row[0] != profile.id:
            best[row[0]] = max(similarity, best.get(row[0], 0.0))
    return sorted(best.items(), key=lambda p: -p[1]), notes


def _index(db: sqlite3.Connection, path: Path) -> tuple[Any, list[str]]:
    try:
        return _loaded(path, tuple(faiss_cache.state(db).items())), []
    except Corrupt as e:
        ids, vectors = faiss_cache.rows(db)
        index = faiss_cache.make(ids, vectors)
        if not len(ids):
            return index, ["no vectors yet: keyword and concepts only; run 'trialkb index'"]
        return index, [f"{e}: answered from the vectors in {path.name} instead; 'trialkb index' renews it"]


@lru_cache(maxsize=1)
def _loaded(path: Path, wanted: tuple[tuple[str, Any], ...]) -> Any:
    """The cache, read once as long as the kb's passages and model stay what they are."""
    return faiss_cache.load(path, dict(wanted))


def _allowed(db: sqlite3.Connection, where: Where) -> Any | None:
    """Passage ids that the filters leave, or None for all."""
    if not where.active:
        return None
    import numpy as np

    rows = db.execute(
        f"SELECT p.id FROM passage p JOIN document d ON d.id = p.document_id WHERE p.sha1 IS NOT NULL AND ({where.sql})",
        where.parameters,
    )
    return np.array([r[0] for r in rows], dtype=np.int64)


def _search(index: Any, query: Any, allowed: Any | None, depth: int) -> list[tuple[int, float]]:
    import faiss

    parameters: Any = None
    if index.ntotal == 0 or (allowed is not None and len(allowed) == 0):
        return []
    if allowed is not None:
        selector = faiss.IDSelectorBatch(allowed)
        make: Any = faiss.SearchParametersIVF if isinstance(index, faiss.IndexIVF) else faiss.SearchParameters
        parameters = make(sel=selector)
        if hasattr(parameters, "nprobe"):
            parameters.nprobe = 64
    scores, ids = index.search(query, min(depth, index.ntotal), params=parameters)
    return [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]
