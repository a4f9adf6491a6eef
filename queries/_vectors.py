"""Nearest passages by vector, from the FAISS cache; a stale or damaged cache is said to be so and not answered from."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialkb import embed, faiss_cache
from trialkb.connection import meta
from trialkb.errors import BadInput, Corrupt

from ._filter import Where

if TYPE_CHECKING:
    from ._compare import Profile

DEPTH = 600  # passages


def nearest(
    db: sqlite3.Connection, path: Path, words: str, where: Where
) -> tuple[list[tuple[str, int, float]], list[str]]:
    """([(document, passage, similarity)] best first, notes for the person) for the words of a query in English."""
    model = meta(db, "model")
    if model is None:
        return [], ["no vectors yet: keyword and concepts only; run 'trialkb index'"]
    index, notes = _index(db, path)
    encode = _encoder(model)
    if encode is None:
        return [], [
            f"the model {model!r} is not on this machine: keyword and concepts only; 'trialkb index --model' sets one"
        ]
    found = _search(index, encode([words]), _allowed(db, where), DEPTH)
    documents: dict[str, tuple[str, int, float]] = {}
    of = _documents(db, (p for p, _ in found))
    for passage, similarity in found:
        if passage in of:
            documents.setdefault(of[passage], (of[passage], passage, similarity))
    return list(documents.values()), notes


def alike(
    db: sqlite3.Connection, path: Path, profile: Profile, where: Where
) -> tuple[list[tuple[str, float]], list[str]]:
    """([(document, similarity)], notes) for documents alike in meaning to a profile's title, drug and condition."""
    model = meta(db, "model")
    if model is None:
        return [], ["no vectors yet: compared by what was found only; run 'trialkb index'"]
    index, notes = _index(db, path)
    encode = _encoder(model)
    if encode is None:
        return [], [f"the model {model!r} is not on this machine: compared by what was found only"]
    from trialkb import passages

    texts = [passages.english(t) for t in (profile.title, f"{profile.title}. {profile.text[:600]}")]
    query = encode(texts).mean(axis=0, keepdims=True)
    best: dict[str, float] = {}
    found = _search(index, query, _allowed(db, where), DEPTH * 2)
    of = _documents(db, (p for p, _ in found))
    for passage, similarity in found:
        doc = of.get(passage)
        if doc and doc != profile.id:
            best[doc] = max(similarity, best.get(doc, 0.0))
    return sorted(best.items(), key=lambda p: -p[1]), notes


def _documents(db: sqlite3.Connection, passages: Iterable[int]) -> dict[int, str]:
    """passage -> its document."""
    sql = "SELECT id, document_id FROM passage WHERE id IN (SELECT value FROM json_each(?))"
    return dict(db.execute(sql, (json.dumps(list(passages)),)))


def _index(db: sqlite3.Connection, path: Path) -> tuple[Any, list[str]]:
    # One thread: a query is too small for more, and each idle thread of BLAS and OpenMP spins before it sleeps.
    os.environ |= {k: "1" for k in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS") if k not in os.environ}
    try:
        return _loaded(path, tuple(faiss_cache.state(db).items()), faiss_cache.held(path)), []
    except Corrupt as e:
        ids, vectors = faiss_cache.rows(db)
        index = faiss_cache.make(ids, vectors)
        if not len(ids):
            return index, ["no vectors yet: keyword and concepts only; run 'trialkb index'"]
        return index, [f"{e}: answered from the vectors in {path.name} instead; 'trialkb index' renews it"]


@lru_cache(maxsize=1)
def _encoder(model: str) -> Any | None:
    """The encoder of queries, loaded once; None where the model cannot be loaded."""
    try:
        return embed.querier(model)[1]
    except BadInput:
        return None


@lru_cache(maxsize=1)
def _loaded(path: Path, wanted: tuple[tuple[str, Any], ...], files: tuple[int, ...]) -> Any:
    """The cache, read once as long as the kb's passages and model and the files stay what they are."""
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
