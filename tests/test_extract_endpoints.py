"""Planned endpoints: ids, roles, time frames, criteria, assessors and definitions, with spans."""

import gzip
import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkb.extract import endpoints
from trialkb.records import Document, PlannedEndpoint, Section, Trial

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))
ONCOLOGY = re.compile(
    r"cancer|neoplas|tumou?r|lymphom|leuk(a)?em|myelom|carcinom|sarcom|melanom|gliom|blastom|malignan", re.I
)

MEASURES = [
    ("Objective Response Rate (ORR)", ["ORR"]),
    ("客观缓解率（ORR）", ["ORR"]),
    ("Overall response rate (CR + PR)", ["ORR"]),
    ("Disease Control Rate", ["DCR"]),
    ("疾病控制率", ["DCR"]),
    ("Complete remission rate", ["CR"]),
    ("Pathological complete response (pCR) rate", ["PCR"]),
    ("Duration of response (DOR)", ["DOR"]),
    ("Time to response", ["TTR"]),
    ("Progression-free survival (PFS)", ["PFS"]),
    ("无进展生存期", ["PFS"]),
    ("2-year survival rate", ["OS"]),
    ("Event-free survival", ["EFS"]),
    ("Dose-limiting toxicity(DLT)", ["DLT"]),
    ("剂量限制性毒性", ["DLT"]),
    ("The maximum tolerated dose (MTD) and/or recommended Phase 2 dose (RP2D)", ["MTD", "RP2D"]),
    ("Incidence of adverse events (AEs) and serious adverse events (SAEs)", ["AE", "SAE"]),
    ("Number of participants with treatment-emergent adverse events", ["TEAE"]),
    ("Treatment-related adverse events", ["TRAE"]),
    ("Cytokine Release Syndrome", ["CRS"]),
    ("Safety and tolerability", ["SAFETY"]),
    ("安全性和耐受性", ["SAFETY"]),
    ("CAR-T cell persistence in peripheral blood", ["PERSISTENCE"]),
    ("Pharmacokinetics", ["PK"]),
    ("MRD negativity", ["MRD_NEG"]),
    ("Health-related quality of life", ["QOL"]),
    ("Manufacturing success rate", ["MANUFACTURING"]),
    ("Proportion of apples", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "want"), MEASURES)
def test_measures_are_mapped(text: str, want: list[str]) -> None:
    assert [id for id, *_ in endpoints.endpoints(text)] == want


FRAMES = [
    ("12 weeks", {"value": 12, "unit": "wk"}),
    ("Up to approximately 44 months", {"value": 44, "unit": "mo"}),
    ("Day 1-42, for Cohorts 1-4", {"value": 42, "unit": "d"}),
    ("28 days and 2 years after infusion", {"value": 2, "unit": "a"}),
    ("输注后28天", {"value": 28, "unit": "d"}),
    ("第12周", {"value": 12, "unit": "wk"}),
    ("至2年", {"value": 2, "unit": "a"}),
    ("Until progression", None),
    (None, None),
]


@pytest.mark.parametrize(("words", "want"), FRAMES)
def test_time_frames(words: str | None, want: dict[str, object] | None) -> None:
    assert endpoints.time_frame(words) == want


def test_a_registered_outcome_gives_role_criteria_assessor_and_definition() -> None:
    measure = "Objective response rate (ORR) assessed by the IRC"
    description = "ORR is defined as CR or PR by RECIST version 1.1. Other words."
    planned = PlannedEndpoint("SECONDARY", measure, description, "Up to 2 years")
    text = f"{measure}\n{description}\nTime frame: Up to 2 years"
    trial = Trial("NCT1", endpoints=(planned,))
    document = Document("NCT1", "trial", "t", (Section("secondary_outcomes", text),), b"", trial=trial)
    (found,) = endpoints.find(document)
    assert (found.field, found.value, found.origin) == ("endpoint.planned", "ORR", "registry")
    assert text[found.start : found.end] == "Objective response rate"
    assert found.detail == {
        "role": "SECONDARY",
        "measure": measure,
        "time_frame": {"value": 2, "unit": "a"},
        "criteria": ["RECIST1.1"],
        "assessor": "IRC",
        "definition": "ORR is defined as CR or PR by RECIST version 1.1. Other words.",
    }


def test_an_unknown_outcome_is_other_with_its_words_and_a_description_helps() -> None:
    planned = (PlannedEndpoint("PRIMARY", "Apples"), PlannedEndpoint("PRIMARY", "Pears", "Overall survival of pears."))
    text = "Apples\n\nPears\nOverall survival of pears."
    trial = Trial("NCT1", endpoints=planned)
    document = Document("NCT1", "trial", "t", (Section("primary_outcomes", text),), b"", trial=trial)
    found = [(f.value, text[f.start : f.end], f.rule) for f in endpoints.find(document)]
    assert found == [("OTHER", "Apples", "endpoint.none"), ("OS", "Pears", "endpoint.description")]


def test_prose_gives_what_it_calls_primary_and_secondary() -> None:
    text = "The primary endpoint was ORR; secondary endpoints were PFS and OS. Survival was long."
    found = list(endpoints.find(Document("X1", "article", "t", (Section("abstract", text),), b"")))
    assert [(f.value, (f.detail or {})["role"]) for f in found] == [
        ("ORR", "PRIMARY"),
        ("PFS", "SECONDARY"),
        ("OS", "SECONDARY"),
    ]


@given(st.text(alphabet="abcdeforst (DLTORSP)/-of rate response survival 缓解率", max_size=200))
def test_hostile_words_end_soon(text: str) -> None:
    assert all(0 <= a < b <= len(text) for _, a, b in endpoints.endpoints(text))


@pytest.mark.parametrize(
    "text", ["copies of " + "ab-" * 300, "time to next " + "word " * 300, "a" * 5000, "rate of " * 500]
)
def test_no_words_take_long(text: str) -> None:
    endpoints.endpoints(text)


@pytest.mark.real
@pytest.mark.skipif(not SHARED.exists(), reason="the shared real records are not there")
def test_oncology_primary_outcomes_are_mapped() -> None:
    mapped = total = 0
    with gzip.open(SHARED / "data/ctgov_v2/studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        for record in lines:
            study = json.loads(record)["protocolSection"]
            if ONCOLOGY.search(" ".join(study.get("conditionsModule", {}).get("conditions", []))):
                for outcome in study.get("outcomesModule", {}).get("primaryOutcomes", []):
                    total += 1
                    mapped += bool(endpoints.endpoints(outcome["measure"]))
    assert total > 700
    assert mapped / total >= 0.85
