"""150 trials labelled by hand before any run: precision and recall of target, modality and indication."""

import importlib.util
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent / "bench/facts.py"
spec = importlib.util.spec_from_file_location("bench_facts", BENCH)
assert spec is not None
assert spec.loader is not None
facts = importlib.util.module_from_spec(spec)
spec.loader.exec_module(facts)
RECORDS = facts.SHARED / "data/cart_trials/2026-08-22.jsonl.gz"
FLOOR = {"target": (0.97, 0.94), "modality": (0.97, 0.97), "indication": (0.93, 0.93)}


def test_the_labels_are_whole():
    labels = facts.labels()
    assert len(labels) == 150
    assert all(row["indication"] for row in labels.values())


@pytest.mark.real
@pytest.mark.skipif(not RECORDS.exists(), reason="needs the records of TRIALKB_SHARED")
def test_precision_and_recall():
    truth = facts.labels()
    counts = {field: [0, 0, 0] for field in FLOOR}
    for document in facts.documents():
        if document.id not in truth:
            continue
        got = facts.found(document)
        for field, c in counts.items():
            gold = truth[document.id][field]
            c[0], c[1], c[2] = c[0] + len(gold & got[field]), c[1] + len(got[field]), c[2] + len(gold)
    for field, (hit, got, gold) in counts.items():
        precision, recall = FLOOR[field]
        assert hit / got >= precision, field
        assert hit / gold >= recall, field
