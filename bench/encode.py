"""Embedding at build, on real texts: rate against plain SentenceTransformer.encode, memory, and a second run.

Usage: python bench/encode.py [--texts 3000] [--kb NEW.sqlite [--every 20]]
Both encode the same texts (title and summary of oncology trials, every n-th of the file) and must rank alike; plain
encode has its default batch and threads. CPU seconds count every process, the start of ours included; the times of a
machine that others use too are best compared by them.
With --kb the 19,413 texts are put in a new kb as pages and indexed by `trialkb index` (memory: the proportional set
sizes of all its processes together, sampled every three seconds), then indexed again, which must embed nothing.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from trialkb import embed, kb
from trialkb.records import Document, Section

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))
FILE = SHARED / "data" / "trial_texts" / "oncology_20k.jsonl.gz"
BLOCK = 64  # as index/vector.py has it


def records() -> Iterator[dict[str, str]]:
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def texts(n: int) -> list[str]:
    """n texts spread over the file."""
    held = list(records())
    step = max(1, len(held) // n)
    return [f"{r['title']}. {r['brief_summary'] or ''}"[:1000] for r in held[::step][:n]]


def spent() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def ours(given: list[str]) -> np.ndarray:
    """As `trialkb index` does it: sorted by length, blocks, one process a core; start of the processes included."""
    order = sorted(range(len(given)), key=lambda i: -len(given[i]))
    blocks = [[given[i] for i in order[k : k + BLOCK]] for k in range(0, len(order), BLOCK)]
    vectors = np.vstack(list(embed.many(embed.DEFAULT, blocks)))
    out = np.empty_like(vectors)
    out[order] = vectors
    return out


def compare(n: int) -> None:
    given = texts(n)
    wall, cpu = time.perf_counter(), spent()
    mine = ours(given)
    wall, cpu = time.perf_counter() - wall, spent() - cpu
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(embed.folder()), device="cpu")
    peer_wall, peer_cpu = time.perf_counter(), spent()
    plain = model.encode(given, normalize_embeddings=True, show_progress_bar=False)
    peer_wall, peer_cpu = time.perf_counter() - peer_wall, spent() - peer_cpu
    cosine = float((mine * plain).sum(axis=1).min())
    queries = plain[:: max(1, len(plain) // 50)]
    same = np.mean([list(np.argsort(-(mine @ q))[:10]) == list(np.argsort(-(plain @ q))[:10]) for q in queries])
    print(
        f"{n} texts: trialkb {n / wall:.1f}/s ({n / cpu:.1f} a CPU s), plain encode {n / peer_wall:.1f}/s ({n / peer_cpu:.1f})"
    )
    print(
        f"ratio by wall {peer_wall / wall:.2f}, by CPU {peer_cpu / cpu:.2f} (at least 1.5); start of our processes included"
    )
    print(f"least cosine {cosine:.7f}; the same ten in the same order for {same:.3f} of {len(queries)} queries")


def load(path: Path, every: int) -> int:
    """The texts, or every n-th of them, as pages of a new kb; returns how many."""
    count = 0
    with kb.writing(path) as db:
        source = islice(records(), 0, None, every)
        while block := list(islice(source, 500)):
            with kb.transaction(db):
                for r in block:
                    kb.put(db, page(r))
            count += len(block)
    return count


def page(r: dict[str, str]) -> Document:
    names = (("title", "title"), ("summary", "brief_summary"), ("description", "detailed_description"))
    sections = tuple(Section(name, r[key], "en") for name, key in names if r.get(key))
    raw = json.dumps(r).encode()
    return Document(f"text:{r['nct']}", "page", "text", raw=raw, title=r["title"], language="en", sections=sections)


def family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def held(pid: int) -> int:
    """Proportional set size in bytes; 0 where the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(x.split()[1]) for x in lines if x.startswith("Pss:"))


def index(path: Path) -> None:
    """One `trialkb index`, watched."""
    wall, cpu = time.perf_counter(), spent()
    command = [sys.executable, "-m", "trialkb.cli", "index", "--kb", str(path)]
    peak = most = 0
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as p:
        while p.poll() is None:
            pids = list(family(p.pid))
            peak, most = max(peak, sum(map(held, pids))), max(most, len(pids))
            time.sleep(3)
        assert p.stderr is not None
        said = p.stderr.read().strip()
    wall, cpu = time.perf_counter() - wall, spent() - cpu
    print(
        f"index: {said}; {wall:.0f} s, {cpu:.0f} CPU s; peak {peak / 2**20:.0f} MB in {most} processes together",
        flush=True,
    )


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--texts", type=int, default=3000)
    ap.add_argument("--kb", type=Path, help="a kb to be made of all texts")
    ap.add_argument("--every", type=int, default=1, help="with --kb: only every n-th text")
    a = ap.parse_args()
    if a.kb:
        print(f"{load(a.kb, a.every):,} texts stored", flush=True)
        index(a.kb)
        index(a.kb)
    if a.texts:
        compare(a.texts)


if __name__ == "__main__":
    main()
