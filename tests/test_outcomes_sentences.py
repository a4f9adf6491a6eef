"""Sentences as results are told, in English and Chinese, each with every outcome that it holds, read by a person."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from trialkb.flat import extract_line

FILES = sorted((Path(__file__).parent / "data").glob("outcome_sentences*.tsv"))
LINES = [line for file in FILES for line in file.read_text(encoding="utf-8").splitlines()[1:] if line]
ROWS = [tuple(row) for row in csv.reader(LINES, delimiter="\t", quoting=csv.QUOTE_NONE)]
BEFORE = {
    "en": "Methods: In this phase 1 trial, patients with solid tumors received CAR T cells. Results: ",
    "zh": "方法：本研究为CAR-T细胞治疗的Ⅰ期临床试验。结果：",
}
# soft endpoints and single patients are read, and measured elsewhere
LEFT_OUT = ("OTHER_EFFICACY", "OTHER_SAFETY", "PERSISTENCE")


@pytest.mark.parametrize(("sentence", "outcomes"), ROWS)
def test_every_outcome_of_a_sentence_and_no_other(sentence: str, outcomes: str) -> None:
    text = BEFORE["en" if sentence.isascii() or sentence[0].isascii() and " " in sentence[:20] else "zh"] + sentence
    told = []
    for o in extract_line({"doc_id": "x", "kind": "abstract", "text": text})["outcomes"]:
        if o["endpoint"] in LEFT_OUT or o["statistic"] == "individual":
            continue
        value = "NR" if o["value_status"] == "not_reached" else "-" if o["value"] is None else f"{o['value']:g}"
        share = "/".join("" if x is None else str(x) for x in (o["num"], o["den"]))
        told.append(f"{o['endpoint']} {o['statistic']} {value} {share.strip('/') and share}".strip())
    assert "; ".join(told) == outcomes
