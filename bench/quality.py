"""Search quality on judged queries: nDCG@10 (gain 2^grade - 1), recall@50, MRR, by language, beside simpler rankings.

Usage: python bench/quality.py [--kb kb.sqlite] [--no-vectors] [--each] [--unjudged] [--leave-one-out]
Imports gold/retrieval/corpus.jsonl.gz of TRIALKB_SHARED into the kb if it is not there, runs queries_dev.jsonl (search)
and similar_dev.jsonl (comparables), scores against qrels_dev.txt and similar_qrels_dev.txt.
--leave-one-out: the weights that were chosen by hand are chosen again from a grid on all queries but one, and the one
left out is scored with them; the mean of those scores tells how much of the figure is owed to knowing the queries.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import sqlite3
from collections.abc import Callable, Iterable
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


def searched(db: sqlite3.Connection, path: Path, limit: int = 50, **options: object) -> Run:
    search = parts.load("queries", "search")
    return {
        q["id"]: {
            h.id: h.score for h in search.run(db, (q["text"],), path=path, limit=limit, no_group=True, **options).hits
        }
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


SEARCH_GRID = {
    "_rank VECTOR": (0.0, 0.08, 0.15, 0.3),
    "_rank KINDS target": (1.2, 1.6, 2.0),
    "_rank KINDS indication": (1.0, 1.3, 1.7),
    "_rank KINDS words": (0.4, 0.7, 1.0),
}
SIMILAR_GRID = {
    "_compare MEANING": (0.75, 1.5, 3.0),
    "_compare WEIGHTS target": (2.0, 3.0, 4.5),
    "_compare WEIGHTS indication": (1.3, 2.0, 3.0),
    "_compare WEIGHTS modality": (0.7, 1.4, 2.1),
}


def put(name: str, value: float) -> float:
    """Set a weight of the queries ("module TABLE key" or "module NAME"); returns what it was."""
    place, constant, *key = name.split()
    module = importlib.import_module(f"trialkb.queries.{place}")
    if key:
        table = getattr(module, constant)
        before, table[key[0]] = table[key[0]], value
    else:
        before = getattr(module, constant)
        setattr(module, constant, value)
    return float(before)


def leave_one_out(
    name: str, grid: dict[str, tuple[float, ...]], make: Callable[[], Run], qrels: list[ir_measures.Qrel]
) -> None:
    """Score every setting of a grid on every query, then choose on all queries but one and score that one."""
    shipped = tuple(put(k, 0.0) for k in grid)
    table: dict[tuple[float, ...], dict[str, float]] = {}
    try:
        for setting in itertools.product(*grid.values()):
            for k, value in zip(grid, setting, strict=True):
                put(k, value)
            table[setting] = {m.query_id: m.value for m in ir_measures.iter_calc([MEASURES[0]], qrels, make())}
    finally:
        for k, value in zip(grid, shipped, strict=True):
            put(k, value)
    queries = sorted(table[shipped])
    mean = {s: sum(scores.values()) / len(scores) for s, scores in table.items()}
    left = []
    for q in queries:
        best = max(table, key=lambda s, q=q: (sum(v for k, v in table[s].items() if k != q), s == shipped))  # type: ignore[misc]
        left.append(table[best][q])
    top = max(mean, key=lambda s: mean[s])
    print(f"{name}: {len(table)} settings of {', '.join(grid)}")
    print(
        f"   as shipped {shipped} {mean[shipped]:.3f}; best on all {top} {mean[top]:.3f}; worst {min(mean.values()):.3f}"
    )
    print(f"   left one out: mean {sum(left) / len(left):.3f} over {len(queries)} queries")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--kb", type=Path, default=Path("quality.sqlite"))
    ap.add_argument("--no-vectors", action="store_true")
    ap.add_argument("--each", action="store_true")
    ap.add_argument("--unjudged", action="store_true")
    ap.add_argument("--leave-one-out", action="store_true", help="choose the weights anew without each query")
    a = ap.parse_args()
    if not a.kb.exists():
        build(a.kb)
    db = kb.open_kb(a.kb)
    if a.leave_one_out:
        again(db, a)
        return
    queries = lines("queries_dev.jsonl")
    texts = {q["id"]: q["text"] for q in queries}
    groups = {
        "all": list(texts),
        **{lang: [q["id"] for q in queries if q["lang"] == lang] for lang in ("en", "zh", "mix")},
    }
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


def again(db: sqlite3.Connection, a: argparse.Namespace) -> None:
    """Both rankings with their weights chosen anew without each query."""
    leave_one_out(
        "search", SEARCH_GRID, lambda: searched(db, a.kb, limit=10, keyword_only=a.no_vectors), judged("qrels_dev.txt")
    )
    leave_one_out("comparables", SIMILAR_GRID, lambda: compared(db, a.kb, 10), judged("similar_qrels_dev.txt"))


def compared(db: sqlite3.Connection, path: Path, limit: int = 50) -> Run:
    module = parts.load("queries", "similar")
    asked = {q["id"]: q["trial"] for q in lines("similar_dev.jsonl")}
    return {q: {h.id: h.score for h in module.run(db, t, path=path, limit=limit).hits} for q, t in asked.items()}


def comparables(db: sqlite3.Connection, a: argparse.Namespace) -> None:
    qrels = judged("similar_qrels_dev.txt")
    run = compared(db, a.kb)
    print("comparables")
    report("trialkb similar", run, qrels, {"all": list(run)})
    if a.each:
        each(run, qrels)
    if a.unjudged:
        unjudged(run, qrels)


if __name__ == "__main__":
    main()
