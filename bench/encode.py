"""Embedding rate at build against plain SentenceTransformer.encode with its default batch, in one run, on real texts.

Usage: python bench/encode.py [--texts 1200]
Both encode the same texts (title and summary of oncology trials); the rankings of both must be equal.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from trialkb import embed

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))


def texts(n: int) -> list[str]:
    """n texts spread over the file."""
    with gzip.open(SHARED / "data" / "trial_texts" / "oncology_20k.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(x) for x in lines]
    step = max(1, len(records) // n)
    return [f"{r['title']}. {r['brief_summary'] or ''}"[:1000] for r in records[::step][:n]]


def ours(given: list[str]) -> tuple[np.ndarray, float]:
    """As `trialkb index` does it: sorted by length, blocks, one process a core; start of the processes included."""
    order = sorted(range(len(given)), key=lambda i: -len(given[i]))
    blocks = [[given[i] for i in order[k : k + 256]] for k in range(0, len(order), 256)]
    start = time.perf_counter()
    vectors = np.vstack(list(embed.many(embed.DEFAULT, blocks)))
    seconds = time.perf_counter() - start
    out = np.empty_like(vectors)
    out[order] = vectors
    return out, seconds


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--texts", type=int, default=4000)
    given = texts(ap.parse_args().texts)
    mine, seconds = ours(given)
    model = SentenceTransformer(str(embed.folder()), device="cpu")
    start = time.perf_counter()
    plain = model.encode(given, normalize_embeddings=True, show_progress_bar=False)
    peer = time.perf_counter() - start
    cosine = float((mine * plain).sum(axis=1).min())
    queries = plain[:: max(1, len(plain) // 50)]
    same = np.mean([set(np.argsort(-(mine @ q))[:10]) == set(np.argsort(-(plain @ q))[:10]) for q in queries])
    print(f"{len(given)} texts: trialkb {len(given) / seconds:.1f}/s, plain encode {len(given) / peer:.1f}/s")
    print(f"ratio {peer / seconds:.2f} (at least 1.5); least cosine {cosine:.6f}; same ten first {same:.3f}")


if __name__ == "__main__":
    main()
