"""Growth of the vector index: real vectors recombined to N, and the index's size, load time, query time and recall@10.

Usage: python bench/scale.py --kb kb.sqlite [--n 100000 --n 600000]
Recombined: each vector is a weighted sum of two real ones plus a little noise, normalised; queries are real vectors.
Recall is against the exact inner product over the same vectors.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np

from trialkb import faiss_cache, kb


def grown(real: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """n unit vectors in fp16, made block by block."""
    out = np.empty((n, real.shape[1]), dtype=np.float16)
    for i in range(0, n, 50_000):
        m = min(50_000, n - i)
        a, b = real[rng.integers(len(real), size=m)], real[rng.integers(len(real), size=m)]
        share = rng.uniform(0.6, 0.95, size=(m, 1)).astype(np.float32)
        v = share * a + (1 - share) * b + rng.normal(0, 0.01, size=a.shape).astype(np.float32)
        out[i : i + m] = v / np.linalg.norm(v, axis=1, keepdims=True)
    return out


def exact(vectors: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    best = np.full((len(queries), k), -1, dtype=np.int64)
    top = np.full((len(queries), k), -2.0, dtype=np.float32)
    for i in range(0, len(vectors), 50_000):
        scores = queries @ vectors[i : i + 50_000].astype(np.float32).T
        ids = np.broadcast_to(np.arange(i, i + scores.shape[1]), scores.shape)
        scores, ids = np.hstack([top, scores]), np.hstack([best, ids])
        order = np.argsort(-scores, axis=1)[:, :k]
        top, best = np.take_along_axis(scores, order, 1), np.take_along_axis(ids, order, 1)
    return best


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--kb", type=Path, default=Path("kb.sqlite"))
    ap.add_argument("--n", type=int, action="append")
    a = ap.parse_args()
    _, held = faiss_cache.rows(kb.open_kb(a.kb))
    real = held.astype(np.float32)
    rng = np.random.default_rng(0)
    queries = real[rng.choice(len(real), min(200, len(real)), replace=False)]
    print(f"{len(real):,} real vectors, {len(queries)} queries")
    for n in a.n or [len(real), 100_000, 600_000]:
        vectors = held if n == len(real) else grown(real, n, rng)
        start = time.process_time()
        index = faiss_cache.make(np.arange(n, dtype=np.int64), vectors)
        built = time.process_time() - start
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "x.faiss"
            faiss.write_index(index, str(file))
            start = time.perf_counter()
            index = faiss.read_index(str(file))
            loaded = time.perf_counter() - start
            size = file.stat().st_size
        times, got = [], []
        for q in queries:
            start = time.perf_counter()
            got.append(index.search(q[None], 10)[1][0])
            times.append(1000 * (time.perf_counter() - start))
        truth = exact(vectors, queries, 10)
        recall = np.mean([len(set(g) & set(t)) / 10 for g, t in zip(got, truth, strict=True)])
        times.sort()
        print(
            f"n {n:>9,}  {size / 2**20:7.0f} MB  build {built:6.1f} CPU s  load {loaded:5.2f} s  "
            f"p50 {times[len(times) // 2]:6.2f} ms  p95 {times[int(len(times) * 0.95)]:6.2f} ms  recall@10 {recall:.3f}"
        )


if __name__ == "__main__":
    main()
