"""Vector index: an fp16 vector a passage in kb.sqlite, and a FAISS file beside it as a disposable cache of them.

Only passages whose words have no vector yet are embedded, sorted by length, a commit every few dozen: an interrupted
build goes on where it was. The cache carries a manifest (passages' generation, rows, model, SHA-256 of the file) and is
written as temp, fsync, rename.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from trialkb import embed, faiss_cache, kb
from trialkb.errors import BadInput

BLOCK = 64  # texts a commit


def build(
    db: sqlite3.Connection, path: Path, *, model: str | None = None, tick: Callable[[int], None] = lambda n: None
) -> int:
    """Embed what has no vector yet and renew the cache; returns the number of vectors added.

    `model` None keeps the model that the kb remembers. Raises BadInput for a model that cannot be loaded.
    """
    name = embed.named(model or kb.meta(db, "model") or embed.DEFAULT)
    identity = embed.identity(name)
    todo = db.execute(
        "SELECT DISTINCT p.sha1, p.embedded FROM passage p WHERE p.sha1 IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM vector v WHERE v.model = ? AND v.sha1 = p.sha1) ORDER BY length(p.embedded) DESC",
        (identity,),
    ).fetchall()
    if todo:
        _embed(db, name, identity, todo, tick)
    if kb.meta(db, "model") != name or kb.meta(db, "model_identity") != identity:
        with kb.transaction(db):
            kb.set_meta(db, "model", name)
            kb.set_meta(db, "model_identity", identity)
    if todo or not faiss_cache.fresh(db, path):
        faiss_cache.write(db, path)
    return len(todo)


def _embed(
    db: sqlite3.Connection, name: str, identity: str, todo: list[tuple[str, str]], tick: Callable[[int], None]
) -> None:
    import numpy as np

    blocks = [todo[i : i + BLOCK] for i in range(0, len(todo), BLOCK)]
    for block, vectors in zip(blocks, embed.many(name, [[text for _, text in b] for b in blocks]), strict=True):
        if vectors.shape[0] != len(block) or not np.isfinite(vectors).all():
            raise BadInput(f"the model {name!r} gave vectors that are not numbers; choose another with --model")
        with kb.transaction(db):
            db.executemany(
                "INSERT OR REPLACE INTO vector (model, sha1, encoder, data) VALUES (?, ?, 'sentence-transformers', ?)",
                ((identity, sha1, v.astype(np.float16).tobytes()) for (sha1, _), v in zip(block, vectors, strict=True)),
            )
        tick(len(block))
