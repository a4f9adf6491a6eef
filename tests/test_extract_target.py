"""Targets: what the construct binds, in both languages; and what must not be found."""

import pytest

from trialkb.extract import target
from trialkb.records import Document, Section

CASES = [
    ("CD19/CD22 CAR-T for B-ALL", ["CD19", "CD22"]),
    ("Anti-BCMA CAR T cells in multiple myeloma", ["BCMA"]),
    ("Phase I trial of CART-19 in leukemia", ["CD19"]),
    ("Satri-cel in gastric cancer", ["CLDN18.2"]),
    ("CAR-CLD18 T cells in gastric cancer", ["CLDN18.2"]),
    ("CAR T cells targeting CD19 and CD20", ["CD19", "CD20"]),
    ("抗CD19和CD22 CAR-T细胞治疗", ["CD19", "CD22"]),
    ("靶向密封蛋白18.2（Claudin18.2）的CAR-T细胞用于HER2阴性患者。", ["CLDN18.2"]),
    ("CLDN18.2 CAR-T cells in HER2-negative gastric cancer", ["CLDN18.2"]),
    ("CHM-2101 in gastrointestinal cancers", ["CDH17"]),
]
NOTHING = [
    "Nivolumab (anti-PD-1 antibody) in patients with PD-L1 CPS >= 5",
    "Serum CEA and CA125 were measured",
    "HER2-negative gastric cancer",
    "Osimertinib in EGFR-mutated lung cancer",
    "177Lu-DOTA-anti-B7-H3 antibody in neuroblastoma",
    "Tumor infiltrating lymphocytes in melanoma",
]


def document(words, name="title"):
    return Document("X1", "trial", "test", (Section(name, words),), b"")


@pytest.mark.parametrize(("words", "ids"), CASES)
def test_targets_with_true_spans(words, ids):
    found = list(target.find(document(words)))
    assert [f.value for f in found] == ids
    assert all(words[f.start : f.end].strip() for f in found)


@pytest.mark.parametrize("words", NOTHING)
def test_nothing_is_found(words):
    assert list(target.find(document(words, "body"))) == []
