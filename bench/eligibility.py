"""Thresholds of criteria against the hundred labelled by hand: precision, recall, and coverage of the real records.

Run from the repository: `python bench/eligibility.py` (TRIALKB_SHARED, default ../shared, holds the real records).
Prints one JSON object: the figures on tests/data/criteria_100.tsv, then for all studies with criteria the number of
items, thresholds and milliseconds a study.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from collections import Counter, defaultdict
from pathlib import Path

from trialkb.extract import eligibility
from trialkb.records import Document, Finding, Section
from trialkb.text import unescape_markdown

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))
LABELS = Path(__file__).resolve().parents[1] / "tests/data/criteria_100.tsv"
Key = tuple[str, int]


def labelled() -> dict[Key, set[tuple[str, ...]]]:
    """(study, item) -> thresholds as labelled; an empty set where there is none."""
    gold: dict[Key, set[tuple[str, ...]]] = defaultdict(set)
    for row in LABELS.read_text(encoding="utf-8").splitlines():
        if not row.startswith(("#", "nct\t")):
            nct, item, *rest = row.split("\t")
            gold[nct, int(item)] |= {tuple(rest)} - {("-", "-", "-", "-")}
    return gold


def main() -> None:
    """Read every study with criteria once, score the labelled items, print the figures."""
    gold, found, counts = labelled(), defaultdict(set), Counter[str]()
    spent = 0.0
    with gzip.open(SHARED / "data/ctgov_v2/studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        for record in lines:
            study = json.loads(record)["protocolSection"]
            nct = study["identificationModule"]["nctId"]
            text = unescape_markdown(study.get("eligibilityModule", {}).get("eligibilityCriteria") or "")
            begin = time.process_time()
            facts = list(eligibility.find(Document(nct, "trial", "ctgov", (Section("eligibility", text),), b"")))
            spent += time.process_time() - begin
            counts.update(f.field for f in facts)
            counts["studies"] += bool(text)
            for f in facts:
                if f.field == "eligibility.threshold" and f.detail:
                    found[nct, f.detail["index"]].add(_row(f))
    right = sum(len(g & found[k]) for k, g in gold.items())
    said, asked = sum(len(found[k]) for k in gold), sum(len(g) for g in gold.values())
    figures = {
        "items": len(gold), "labelled": asked, "found": said, "right": right,
        "precision": round(right / said, 3), "recall": round(right / asked, 3),
        "ms_a_study": round(1000 * spent / counts["studies"], 2), **counts,
    }  # fmt: skip
    print(json.dumps(figures))


def _row(f: Finding) -> tuple[str, ...]:
    d = f.detail or {}
    return d["analyte"], d["comparator"], d["value"], d.get("unit", "-")


if __name__ == "__main__":
    main()
