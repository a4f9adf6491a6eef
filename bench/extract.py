"""Throughput of the full extractor set on one core, per part, and the memory it takes.

Usage: python bench/extract.py [--every 4]
Reads data/cart_trials/2026-08-22.jsonl.gz of TRIALKB_SHARED (every n-th record) through every extract part.
"""

from __future__ import annotations

import argparse
import gzip
import os
import resource
import time
from pathlib import Path

from trialkb import parts, pipeline

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--every", type=int, default=4)
    step = ap.parse_args().every
    parse = parts.load("harvest", "ctgov").parse
    with gzip.open(SHARED / "data" / "cart_trials" / "2026-08-22.jsonl.gz") as lines:
        documents = [d for n, line in enumerate(lines) if n % step == 0 for d in parse(line)]
    pipeline.read_document(documents[0])
    sizes = []
    start = time.process_time()
    for n, document in enumerate(documents):
        pipeline.read_document(document)
        if n % (len(documents) // 4) == 0:
            sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    seconds = time.process_time() - start
    print(
        f"{len(documents)} records, {len(documents) / seconds:.0f} a CPU second (at least 60); peak MB by quarter {sizes}"
    )
    for name in parts.names("extract"):
        find = parts.load("extract", name).find
        start = time.process_time()
        for document in documents:
            for _ in find(document):
                pass
        print(f"  {name:<18} {1000 * (time.process_time() - start) / len(documents):6.2f} ms a record")


if __name__ == "__main__":
    main()
