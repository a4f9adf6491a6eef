"""Growth to N: the vector index (size, load, query time, recall@10) and the keyword index (build, size, load, query time).

Usage: python bench/scale.py --kb kb.sqlite [--n 100000 --n 600000] [--words [--keep FOLDER]]
Vectors: each is a weighted sum of two real ones plus a little noise, normalised; queries are real vectors. Recall is
against the exact inner product over the same vectors.
--words: the kb grown to N documents instead: beside its own, texts of 19,413 oncology trials in new combinations (the
title of one, sentences of three, numbers changed), each a title and a summary with the lexicon terms that stand in
them; the judged queries are then asked by keyword and concept alone, cold (a process each) and warm.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import faiss
import numpy as np

from trialkb import faiss_cache, kb, parts, tokens
from trialkb.records import Document, Section
from trialkb.text import sentences

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))


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


def varied(n: int) -> Iterator[Document]:
    """n documents of a title and a summary, made of real ones."""
    with gzip.open(SHARED / "data" / "trial_texts" / "oncology_20k.jsonl.gz", "rt", encoding="utf-8") as lines:
        real = [(r["title"], r["brief_summary"] or r["title"]) for r in map(json.loads, lines)]
    split = [[text[a:b] for a, b in sentences(text)] for _, text in real]
    rng = random.Random(0)
    for i in range(n):
        title = real[rng.randrange(len(real))][0]
        picked = [x for _ in range(3) for x in split[rng.randrange(len(split))][:3]]
        summary = re.sub(r"\b\d{1,3}\b", lambda m: str(int(m[0]) + rng.randrange(5)), " ".join(picked))
        sections = (Section("title", title, "en"), Section("summary", summary, "en"))
        yield Document(f"NCT9{i:07d}", "trial", "ctgov", sections, b"", title, "en")


def grow(db: sqlite3.Connection, n: int) -> None:
    """n more documents with what the keyword index holds of them."""
    keyword = importlib.import_module("trialkb.index.keyword")
    number = db.execute("SELECT max(id) FROM passage").fetchone()[0]
    rng = random.Random(1)
    source = varied(n)
    while block := list(islice(source, 2000)):
        documents, trials, passages, words, concepts = [], [], [], [], []
        for d in block:
            documents.append((d.id, d.kind, d.source, d.language, d.title))
            start = f"{rng.randrange(1999, 2027)}-{rng.randrange(1, 13):02d}"
            trials.append((d.id, rng.choice(("RECRUITING", "COMPLETED", "TERMINATED")), rng.randrange(5, 900), start))
            for s in d.sections:
                number += 1
                passages.append((number, d.id, 0, s.name, 0, len(s.text), "en", d.title, s.text))
                words.append((number, tokens.indexed(d.title or ""), tokens.indexed(s.text)))
            weights = keyword._weights(dict(keyword._mentioned(d)), set())
            concepts += [(kind, term, d.id, w) for (kind, term), w in weights.items()]
        with kb.transaction(db):
            db.executemany("INSERT INTO document (id, kind, source, language, title) VALUES (?,?,?,?,?)", documents)
            db.executemany(
                "INSERT INTO trial (document_id, status, enrollment, start_date, phases, conditions, interventions,"
                " countries, secondary_ids) VALUES (?,?,?,?,'[]','[]','[]','[]','[]')",
                trials,
            )
            db.executemany(
                "INSERT INTO passage (id, document_id, version_id, section, start, end, language, title, text)"
                " VALUES (?,?,?,?,?,?,?,?,?)",
                passages,
            )
            db.executemany("INSERT INTO passage_fts (rowid, title, body) VALUES (?,?,?)", words)
            db.executemany("INSERT INTO concept (kind, term, document_id, weight) VALUES (?,?,?,?)", concepts)


OTHERS = (
    "CLDN18.2 CAR-T 胃癌 三线",
    "lung cancer chemotherapy NOT radiotherapy",
    "recruiting phase 2 breast cancer after 2022",
    "patients with advanced solid tumors response survival safety efficacy",
    "n > 200 prostate cancer survival",
)


def asked() -> list[str]:
    file = SHARED / "gold" / "retrieval" / "queries_dev.jsonl"
    texts = [json.loads(x)["text"] for x in file.read_text(encoding="utf-8").splitlines() if x.strip()]
    return [*texts, *OTHERS]


def percentiles(times: list[float]) -> str:
    ordered = sorted(times)
    return f"p50 {ordered[len(ordered) // 2]:7.1f} ms  p95 {ordered[int(len(ordered) * 0.95)]:7.1f} ms"


def words(source: Path, n: int, folder: Path) -> None:
    path = folder / f"grown-{n}.sqlite"
    if not path.exists():
        with kb.writing(path) as db:
            kb.open_kb(source).backup(db)
        start = time.process_time()
        with kb.writing(path) as db:
            grow(db, n - db.execute("SELECT count(*) FROM document").fetchone()[0])
            built = time.process_time() - start
            db.execute("INSERT INTO passage_fts (passage_fts) VALUES ('optimize')")
            print(f"built in {built:.0f} CPU s, FTS optimised in {time.process_time() - start - built:.0f}", flush=True)
    start = time.perf_counter()
    db = kb.open_kb(path)
    loaded = 1000 * (time.perf_counter() - start)
    documents, passages = (db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("document", "passage"))
    print(
        f"n {documents:>9,} documents, {passages:,} passages, {path.stat().st_size / 2**20:,.0f} MB, opened in {loaded:.1f} ms"
    )
    search = parts.load("queries", "search")
    wall, cpu = [], []
    for _ in range(3):
        for text in asked():
            start, spent = time.perf_counter(), time.process_time()
            search.run(db, (text,), path=path, keyword_only=True)
            wall.append(1000 * (time.perf_counter() - start))
            cpu.append(1000 * (time.process_time() - spent))
    print(f"  warm, wall {percentiles(wall)}; CPU {percentiles(cpu)}")
    slow = sorted(zip(cpu, asked() * 3, strict=True), reverse=True)[:3]
    print("  slowest: " + "; ".join(f"{ms:.0f} ms {text!r}" for ms, text in slow))
    cold = []
    for text in asked():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "trialkb.cli", "search", text, "--keyword-only", "--kb", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cold.append(1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime))
    print(f"  one-shot, CPU {percentiles(cold)}", flush=True)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--kb", type=Path, default=Path("kb.sqlite"))
    ap.add_argument("--n", type=int, action="append")
    ap.add_argument("--words", action="store_true", help="the keyword index instead of the vectors")
    ap.add_argument("--keep", type=Path, help="where the grown kbs are kept (--words)")
    a = ap.parse_args()
    if a.words:
        with tempfile.TemporaryDirectory() as folder:
            for n in a.n or [100_000, 600_000]:
                words(a.kb, n, a.keep or Path(folder))
        return
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
