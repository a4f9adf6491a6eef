"""Phases in both languages; stages and other studies' phases are not this study's."""

import pytest

from trialkb.extract import phase
from trialkb.records import Document, Section

CASES = [
    ("This phase Ⅰ/Ⅱ, open-label, single-arm trial used a 3+3 design.", ["PHASE1", "PHASE2"]),
    ("A Phase 1b/2a study", ["PHASE1", "PHASE2"]),
    ("An early phase 1 trial", ["EARLY_PHASE1"]),
    ("After this phase 1 study a phase 3 trial is planned.", ["PHASE1"]),
    ("CAR-T治疗的I期临床试验", ["PHASE1"]),
    ("一项Ⅱ期、单臂研究", ["PHASE2"]),
    ("Ⅳ期胃癌或食管胃结合部腺癌患者。", []),
    ("CKD III期及以上者排除。", []),
    ("the recommended phase 2 dose was selected", []),
    ("stage III or IV melanoma", []),
]


def document(words, name="body"):
    return Document("X1", "article", "test", (Section(name, words),), b"")


@pytest.mark.parametrize(("words", "values"), CASES)
def test_phase(words, values):
    found = list(phase.find(document(words)))
    assert [f.value for f in found] == values
    assert all(words[f.start : f.end] for f in found)


def test_the_registry_phase_wins():
    sections = (Section("title", "A Phase 2 study"), Section("phases", "PHASE1\nPHASE2"))
    found = list(phase.find(Document("X1", "trial", "test", sections, b"")))
    assert [(f.value, f.origin, f.section) for f in found] == [
        ("PHASE1", "registry", "phases"),
        ("PHASE2", "registry", "phases"),
    ]
