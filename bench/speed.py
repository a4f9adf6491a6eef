"""Speed of one-shot and warm queries, as ratios in one run: against importing the bare libraries, and sentence-transformers.

Usage: python bench/speed.py --kb kb.sqlite [-n 7]
Prints CPU seconds (user + system, of whole processes) as medians, and the ratios that the project keeps.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

QUERY = "claudin 18.2 CAR-T after chemotherapy in stomach cancer"
BARE = "import tokenizers, numpy, faiss, sqlite3, click"
PEER = f"""
from sentence_transformers import SentenceTransformer
from trialkb import embed
import sys
sys.argv = ["x"]
SentenceTransformer(str(embed.folder()), device="cpu").encode([{QUERY!r}])
"""


def cpu(command: list[str]) -> float:
    """CPU seconds of one process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def spent(pid: int) -> float:
    """CPU milliseconds of a living process."""
    cells = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return 1000 * (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")


def warm(kb: Path, n: int) -> tuple[list[float], float]:
    """Wall milliseconds of queries to a process that stays, and its CPU milliseconds a query."""
    command = [sys.executable, "-m", "trialkb.cli", "search", "--stdin", "--kb", str(kb)]
    queries = [
        QUERY,
        "胃癌 CLDN18.2 CAR-T 三线",
        "GD2 neuroblastoma children",
        "BCMA GPRC5D 多发性骨髓瘤",
        "CD70 renal cell",
    ]
    times = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL
    ) as p:
        assert p.stdin is not None
        assert p.stdout is not None
        used = 0.0
        for i in range(n + 5):
            if i == 5:  # each query was asked once: everything is loaded
                used = spent(p.pid)
            start = time.perf_counter()
            p.stdin.write(queries[i % len(queries)] + "\n")
            p.stdin.flush()
            json.loads(p.stdout.readline())
            times.append(1000 * (time.perf_counter() - start))
        used = spent(p.pid) - used
        p.stdin.close()
    return times[5:], used / n


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--kb", type=Path, default=Path("kb.sqlite"))
    ap.add_argument("-n", type=int, default=7)
    a = ap.parse_args()
    search = [sys.executable, "-m", "trialkb.cli", "search", QUERY, "--kb", str(a.kb)]
    commands = {
        "bare imports": [sys.executable, "-c", BARE],
        "semantic search": search,
        "keyword search": [*search, "--keyword-only"],
        "sentence-transformers": [sys.executable, "-c", PEER],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(a.n):
        for name, command in commands.items():
            times[name].append(cpu(command))
    middle = {name: statistics.median(t) for name, t in times.items()}
    for name, t in middle.items():
        print(f"{name:<24} {t:7.2f} CPU s   ({min(times[name]):.2f}-{max(times[name]):.2f})")
    print(f"semantic / bare imports           {middle['semantic search'] / middle['bare imports']:.2f}   (at most 2.5)")
    print(f"keyword / bare imports            {middle['keyword search'] / middle['bare imports']:.2f}   (at most 1)")
    print(
        f"sentence-transformers / semantic  {middle['sentence-transformers'] / middle['semantic search']:.1f}   (at least 12)"
    )
    walls, used = warm(a.kb, 60)
    walls.sort()
    print(f"warm query, wall ms: p50 {walls[30]:.1f}   p95 {walls[57]:.1f}   (p50 at most 30); CPU ms: mean {used:.1f}")


if __name__ == "__main__":
    main()
