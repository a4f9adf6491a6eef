"""Any text at all: no error, every span inside its section, and never long over it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkb.extract import biomarker, construct, design, indication, modality, phase, stage, target
from trialkb.records import Document, Section

PARTS = (phase, design, target, modality, construct, indication, biomarker, stage)
WORDS = [
    "CAR-T ",
    "CD19",
    "CD19/CD22 ",
    "chimeric antigen receptor ",
    "T cells ",
    "expressing ",
    "anti-",
    " and ",
    "(",
    ")",
    "/",
    "-",
    "期",
    "Ⅱ",
    "临床",
    "患者",
    "入组",
    "6～18 例",
    "12 patients ",
    "were ",
    "enrolled ",
    "treated ",
    " ≥ 2+",
    "IHC ",
    "\n",
    ".",
    "。",
    "cancer",
    "gastric ",
    "mRNA ",
    "IL-15 ",
    "phase ",
    "\u200b",
    "é",
    "CLDN18.2",
    "stage ",
    "dose ",
]


def check(text):
    sections = (Section("title", text[:200]), Section("conditions", text[:500]), Section("body", text))
    document = Document("X1", "article", "test", sections, b"")
    for part in PARTS:
        for f in part.find(document):
            section = document.section(f.section)
            assert section is not None
            assert 0 <= f.start < f.end <= len(section.text)


@settings(max_examples=60, deadline=4000)
@given(st.lists(st.sampled_from(WORDS), max_size=120).map("".join) | st.text(max_size=300))
def test_any_text(text):
    check(text)


@pytest.mark.parametrize("word", WORDS)
def test_no_catastrophic_pattern(word):
    started = time.process_time()
    check(word * (6000 // max(len(word), 1)))
    assert time.process_time() - started < 4
