"""Search quality on judged queries: nDCG@10 (gain 2^grade - 1), recall@50, MRR, by language, beside simpler rankings.

Usage: python bench/quality.py [--kb kb.sqlite] [--no-vectors] [--unjudged FILE]
Imports gold/retrieval/corpus.jsonl.gz of TRIALKB_SHARED into the kb if it is not there, runs queries_dev.jsonl (search)
and similar_dev.jsonl (comparables), scores against qrels_dev.txt and similar_qrels_dev.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import ir_measures
from ir_measures import RR, R, nDCG

from trialkb import kb, parts, pipeline, tokens

GOLD = Path(os.environ.get("TRIALKB_SHARED", "../shared")) / "gold" / "retrieval"
MEASURES = [nDCG @ 10, R @ 50, RR]  # over gains of 2^grade - 1
Run = dict[str, dict[str, float]]


def build(path: Path) -> None:
    """The kb of the judged corpus, read and indexed."""
    with kb.writing(path) as db:
        pipeline.read_file(db, GOLD / "corpus.jsonl.gz")
        pipeline.extract(db)
        pipeline.index(db, path)


def lines(name: str) -> list[dict[str, str]]:
    return [json.loads(x) for x in (GOLD / name).read_text(encoding="utf-8").splitlines() if x.strip()]


def searched(db: sqlite3.Connection, path: Path, **options: object) -> Run:
    search = parts.load("queries", "search")
    return {
        q["id"]: {h.id: h.score for h in search.run(db, (q["text"],), path=path, limit=50, no_group=True, **options).hits}
        for q in lines("queries_dev.jsonl")
    }


def bm25(db: sqlite3.Connection, texts: dict[str, str]) -> Run:
    """Plain BM25 over passages, best passage a document."""
    out: Run = {}
    for qid, text in texts.items():
        rows = db.execute(
            "SELECT p.document_id, bm25(passage_fts) FROM passage_fts f JOIN passage p ON p.id = f.rowid"
            " WHERE passage_fts MATCH ? ORDER BY 2 LIMIT 400",
            (" OR ".join(tokens.phrases(text)) or '""',),
        )
        best: dict[str, float] = {}
        for doc, s in rows:
            best.setdefault(doc, -s)
        out[qid] = best
    return out


def vectors(db: sqlite3.Connection, path: Path, texts: dict[str, str]) -> Run:
    """Vectors alone, on the query as it is."""
    import importlib

    nearest = importlib.import_module("trialkb.queries._vectors").nearest
    where = importlib.import_module("trialkb.queries._filter").Where()
    return {q: {d: s for d, _, s in nearest(db, path, t, where)[0]} for q, t in texts.items()}


def fused(*runs: Run) -> Run:
    """Plain reciprocal rank fusion."""
    out: Run = {}
    for qid in runs[0]:
        scores: dict[str, float] = {}
        for run in runs:
            for rank, doc in enumerate(sorted(run[qid], key=lambda d, r=run[qid]: -r[d]), 1):  # type: ignore[misc]
                scores[doc] = scores.get(doc, 0) + 1 / (60 + rank)
        out[qid] = scores
    return out


def judged(name: str) -> list[ir_measures.Qrel]:
    """Judgements with the gain 2^grade - 1 in place of the grade."""
    rows = ir_measures.read_trec_qrels(str(GOLD / name))
    return [ir_measures.Qrel(q.query_id, q.doc_id, 2**q.relevance - 1) for q in rows]


def report(name: str, run: Run, qrels: Iterable[ir_measures.Qrel], groups: dict[str, list[str]]) -> None:
    qrels = list(qrels)
    cells = []
    for group, ids in groups.items():
        kept = [q for q in qrels if q.query_id in ids]
        got = ir_measures.calc_aggregate(MEASURES, kept, {q: run.get(q, {}) for q in ids})
        cells.append(f"{group} " + " ".join(f"{got[m]:.3f}" for m in MEASURES))
    print(f"{name:<24} {' | '.join(cells)}")


def each(run: Run, qrels: list[ir_measures.Qrel]) -> None:
    for m in sorted(ir_measures.iter_calc([MEASURES[0]], qrels, run), key=lambda m: m.value):
        print(f"   {m.query_id} {m.value:.3f}")


def unjudged(run: Run, qrels: list[ir_measures.Qrel], most: int = 10) -> None:
    known = {(q.query_id, q.doc_id) for q in qrels}
    for qid, docs in run.items():
        for doc in sorted(docs, key=lambda d, r=docs: -r[d])[:most]:  # type: ignore[misc]
            if (qid, doc) not in known:
                print(f"   unjudged {qid} {doc}")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--kb", type=Path, default=Path("quality.sqlite"))
    ap.add_argument("--no-vectors", action="store_true")
    ap.add_argument("--each", action="store_true")
    ap.add_argument("--unjudged", action="store_true")
    a = ap.parse_args()
    if not a.kb.exists():
        build(a.kb)
    db = kb.open_kb(a.kb)
    queries = lines("queries_dev.jsonl")
    texts = {q["id"]: q["text"] for q in queries}
    groups = {"all": list(texts), **{lang: [q["id"] for q in queries if q["lang"] == lang] for lang in ("en", "zh", "mix")}}
    qrels = judged("qrels_dev.txt")
    print(f"search: {', '.join(map(str, MEASURES))}")
    plain = bm25(db, texts)
    report("BM25", plain, qrels, groups)
    if not a.no_vectors:
        near = vectors(db, a.kb, texts)
        report("vectors", near, qrels, groups)
        report("BM25 + vectors, RRF", fused(plain, near), qrels, groups)
    run = searched(db, a.kb, keyword_only=a.no_vectors)
    report("trialkb search", run, qrels, groups)
    if a.each:
        each(run, qrels)
    if a.unjudged:
        unjudged(run, qrels)
    if "similar" in parts.names("queries"):
        comparables(db, a)


def comparables(db: sqlite3.Connection, a: argparse.Namespace) -> None:
    module = parts.load("queries", "similar")
    asked = {q["id"]: q["trial"] for q in lines("similar_dev.jsonl")}
    qrels = judged("similar_qrels_dev.txt")
    run = {q: {h.id: h.score for h in module.run(db, t, path=a.kb, limit=50).hits} for q, t in asked.items()}
    print("comparables")
    report("trialkb similar", run, qrels, {"all": list(asked)})
    if a.each:
        each(run, qrels)
    if a.unjudged:
        unjudged(run, qrels)


if __name__ == "__main__":
    main()
