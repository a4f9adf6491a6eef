"""Paragraphs of results with all that is told of each: arm, population, numbers, grade and time, read by a person."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from trialkb.flat import extract_line

FILE = Path(__file__).parent / "data" / "outcome_groups.tsv"
LINES = FILE.read_text(encoding="utf-8").splitlines()[1:]
ROWS = [tuple(row) for row in csv.reader(LINES, delimiter="\t", quoting=csv.QUOTE_NONE)]
BEFORE = "Methods: In this phase 1 trial, patients with solid tumors received CAR T cells. Results: "
LEFT_OUT = ("OTHER_EFFICACY", "OTHER_SAFETY", "PERSISTENCE")
KEYS = (("arm", "arm"), ("pop", "population"), ("grade", "grade"), ("time", "time_point"))


def _told(o: dict[str, Any]) -> str:
    status = {"not_reached": "NR", "not_estimable": "NE"}.get(o["value_status"])
    value = status or ("-" if o["value"] is None else f"{o['value']:g}")
    share = "/".join("" if x is None else str(x) for x in (o["num"], o["den"]))
    details = "".join(f"[{k}={o[name]}]" for k, name in KEYS if o[name] not in (None, "overall"))
    words = (o["endpoint"], o["statistic"], value, share.strip("/") and share, details)
    return " ".join(w for w in words if w)


@pytest.mark.parametrize(("paragraph", "outcomes"), ROWS)
def test_whose_and_of_how_many_each_value_is(paragraph: str, outcomes: str) -> None:
    found = extract_line({"doc_id": "x", "kind": "abstract", "text": BEFORE + paragraph})["outcomes"]
    kept = [o for o in found if o["endpoint"] not in LEFT_OUT and o["statistic"] != "individual"]
    assert "; ".join(_told(o) for o in kept) == outcomes


def test_a_study_named_only_by_what_it_did_is_one() -> None:
    text = "Lim and coworkers described 12 children who received CD22 CAR T cells; all 12 achieved remission."
    found = extract_line({"doc_id": "x", "kind": "review", "text": text})["outcomes"]
    assert [(o["endpoint"], o["value"]) for o in found] == [("CR", 12)]
    assert found[0]["study_name"].startswith("Lim and coworkers described 12 children")


def test_a_trial_that_opens_a_sentence_takes_its_values_from_the_study_before() -> None:
    text = (
        "Lim et al. treated 101 patients with axicabtagene ciloleucel. The ORR was 82%. "
        "In JULIET, 93 patients received tisagenlecleucel; the ORR was 52%."
    )
    found = extract_line({"doc_id": "x", "kind": "review", "text": text})["outcomes"]
    assert [(o["value"], o["study_name"]) for o in found] == [(82, "axicabtagene ciloleucel"), (52, "JULIET")]


def test_a_row_of_a_review_s_table_is_of_its_first_cell() -> None:
    text = "| Product | Data |  |\n| --- | --- | --- |\n| Alphacel / A1 | ORR 81%, CR 53% | a |\n| Betacel / B1 | ORR 70% | b |"
    found = extract_line({"doc_id": "x", "kind": "review", "text": text})["outcomes"]
    told = [(o["endpoint"], o["value"], o["study_name"]) for o in found]
    assert told == [("ORR", 81, "Alphacel"), ("CR", 53, "Alphacel"), ("ORR", 70, "Betacel")]


def test_a_numbered_item_that_says_what_a_study_assessed_is_that_study_s() -> None:
    text = (
        "1. A single-center study assessed tumor burden before CAR T-cell infusion.\n\n"
        "- In the high-burden cohort (n = 15), the ORR was 87%.\n- In the low-burden cohort (n = 55), the ORR was 98%."
    )
    found = extract_line({"doc_id": "x", "kind": "review", "text": text})["outcomes"]
    assert [(o["value"], o["study_name"][:21]) for o in found] == [(87, "A single-center study"), (98, "A single-center study")]
