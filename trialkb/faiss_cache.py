"""FAISS cache: the vectors of kb.sqlite as one FAISS file with a manifest; stale or damaged, it is never answered from.

Of 108 damaged FAISS files 74 loaded without a word in a trial, so every opening compares the file's size and CRC-32
with the manifest (one pass over the mapped file, a third of what SHA-256 costs; it misses no flipped bit and one random
damage in 4e9), and the manifest's own CRC-32. `fresh` and `trialkb doctor` compare the SHA-256 too. The index is used
where it is mapped, not copied. SQfp16 flat up to 300,000 passages, IVF-SQ8 above.
"""

from __future__ import annotations

import json
import mmap
import os
import sqlite3
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .connection import meta
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
    return {"passages": meta(db, "passages"), "model": meta(db, "model_identity")}


def rows(db: sqlite3.Connection) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
    """(passage ids, fp16 vectors) held for the kb's model."""
    import numpy as np

    ids: list[int] = []
    data: list[bytes] = []
    for i, blob in db.execute(
        "SELECT p.id, v.data FROM passage p JOIN vector v ON v.model = ? AND v.sha1 = p.sha1 ORDER BY p.id",
        (meta(db, "model_identity"),),
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
             "crc32": zlib.crc32(data), "sha256": sha256(data).hexdigest()}  # fmt: skip
    _replace(manifest, json.dumps({**about, "manifest": _sum(about)}, indent=1).encode())


def _sum(about: Mapping[str, Any]) -> int:
    """CRC-32 of what a manifest says, so that a damaged one is told from an older one."""
    return zlib.crc32(json.dumps({k: v for k, v in about.items() if k != "manifest"}, sort_keys=True).encode())


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
        about, data = _whole(path, state(db))
    except Corrupt as e:
        return str(e)
    return None if sha256(data).hexdigest() == about["sha256"] else _DAMAGED


def held(path: Path) -> tuple[int, ...]:
    """What tells that the files of the cache are others now: their inodes, sizes and times."""
    try:
        seen = [os.stat(f) for f in place(path)]
    except OSError:
        return ()
    return tuple(x for s in seen for x in (s.st_ino, s.st_size, s.st_mtime_ns))


_DAMAGED = "the vector cache is damaged (its checksum is not the manifest's)"


def _whole(path: Path, wanted: Mapping[str, Any]) -> tuple[dict[str, Any], mmap.mmap]:
    """(manifest, the mapped file). Raises Corrupt where they are not whole or not of that state."""
    file, manifest = place(path)
    try:
        about = json.loads(manifest.read_bytes())
        with open(file, "rb") as f:
            data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise Corrupt("the vector cache is missing") from None
    except (OSError, ValueError) as e:
        raise Corrupt(f"the vector cache cannot be read ({e})") from e
    if isinstance(about, dict) and "crc32" not in about and "sha256" in about:
        raise Corrupt("the vector cache is of an older trialkb")
    if not isinstance(about, dict) or about.get("manifest") != _sum(about) or about.get("bytes") != len(data):
        raise Corrupt(_DAMAGED)
    if {k: about.get(k) for k in wanted} != wanted:
        raise Corrupt("the vector cache is older than the knowledge base")
    if about.get("crc32") != zlib.crc32(data):
        raise Corrupt(_DAMAGED)
    return about, data


def load(path: Path, wanted: Mapping[str, Any]) -> Any:
    """The index in the cache, if it is the cache of that state. Raises Corrupt, saying why it must not be answered from."""
    import faiss
    import numpy as np

    _, data = _whole(path, wanted)
    view = np.frombuffer(data, dtype=np.uint8)
    if not hasattr(faiss, "ZeroCopyIOReader"):  # before 1.11
        return faiss.deserialize_index(view)
    index = faiss.read_index(faiss.ZeroCopyIOReader(faiss.swig_ptr(view), view.size))
    vars(index)["mapped"] = view  # it points into the map, which must stay as long as it does
    return index
