"""Facts of 150 hand-labelled trials: precision and recall of target, modality and indication; coverage and speed over all.

    python bench/facts.py [--errors] [--trace]

The labels stand in tests/data/labels_150.tsv; the records are those of TRIALKB_SHARED (default ../shared).
"""

from __future__ import annotations

import gzip
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from trialkb import parts
from trialkb.records import Document

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TRIALKB_SHARED", ROOT / ".." / "shared"))
FIELDS = ("target", "modality", "indication")
OWN = ("phase", "design", *FIELDS)


def labels() -> dict[str, dict[str, set[str]]]:
    """Trial id -> field -> the labelled ids."""
    rows = [r for r in (ROOT / "tests/data/labels_150.tsv").read_text(encoding="utf-8").splitlines() if r[:1] != "#"]
    names = rows[0].split("\t")
    found = {}
    for row in rows[1:]:
        cells = dict(zip(names, row.split("\t"), strict=True))
        found[cells["trial"]] = {f: {x for x in cells[f].split(";") if x != "-"} for f in FIELDS}
    return found


def documents() -> Iterator[Document]:
    """All trials of the August snapshot."""
    parse = parts.load("harvest", "ctgov").parse
    with gzip.open(SHARED / "data/cart_trials/2026-08-22.jsonl.gz") as stream:
        for line in stream:
            yield from parse(line)


def found(document: Document) -> dict[str, set[str]]:
    values: dict[str, set[str]] = {f: set() for f in OWN}
    for name in OWN:
        for f in parts.load("extract", name).find(document):
            values.setdefault(f.field, set()).add(f.value)
    return values


def main() -> None:
    truth, counts, coverage = labels(), {f: [0, 0, 0, 0] for f in FIELDS}, Counter[str]()
    docs = list(documents())
    started = time.process_time()
    for document in docs:
        values = found(document)
        coverage.update(k for k, v in values.items() if v)
        for field in FIELDS if document.id in truth else ():
            gold, got = truth[document.id][field], values[field]
            c = counts[field]
            c[0], c[1], c[2], c[3] = c[0] + len(gold & got), c[1] + len(got), c[2] + len(gold), c[3] + (gold == got)
            if gold != got and "--errors" in sys.argv:
                print(
                    f"{document.id}\t{field}\tmissed {sorted(gold - got)}\textra {sorted(got - gold)}\t{document.title}"
                )
    took = time.process_time() - started
    for field, (hit, got, gold, same) in counts.items():
        p, r = hit / max(got, 1), hit / max(gold, 1)
        print(
            f"{field}: precision {p:.3f} ({hit}/{got}), recall {r:.3f} ({hit}/{gold}), trials wholly right {same}/{len(truth)}"
        )
    print(
        f"coverage over {len(docs)} trials: "
        + ", ".join(f"{f} {coverage[f]} ({coverage[f] / len(docs):.1%})" for f in OWN)
    )
    print(f"{len(docs) / took:.0f} records/s for {', '.join(OWN)} on one core")


if __name__ == "__main__":
    main()
