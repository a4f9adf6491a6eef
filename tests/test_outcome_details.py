"""Criteria, assessor, confirmation, role, p value and follow-up of outcomes told in text, each with its span."""

from __future__ import annotations

from typing import Any

import pytest

from trialkb import flat, parts
from trialkb.extract._rules import load
from trialkb.records import Outcome

FIELDS = ("criteria", "assessor", "confirmed", "role", "p_value", "follow_up")


def found(text: str, kind: str = "abstract") -> list[Outcome]:
    doc = flat.document({"doc_id": "x", "text": text, "kind": kind})
    return [o for name in ("outcomes", "safety") for o in parts.load("extract", name).find(doc)]


def told(text: str, kind: str = "abstract") -> list[tuple[Any, ...]]:
    """(endpoint, value, then each detail that is set, by its name) of every outcome."""
    rows = []
    for o in found(text, kind):
        details = {k: getattr(o, k) for k in FIELDS if getattr(o, k) is not None}
        if o.follow_up:
            details["follow_up"] = flat.time_point(o.follow_up)
        rows.append((o.endpoint, o.value, details))
    return rows


CASES = [
    ("The ORR per RECIST v1.1 was 40%.", [("ORR", 40.0, {"criteria": "RECIST 1.1"})]),
    ("By iRECIST, the DCR was 70%.", [("DCR", 70.0, {"criteria": "iRECIST"})]),
    ("ORR was 40% by RECIST 1.1 and 50% by mRECIST.",
     [("ORR", 40.0, {"criteria": "RECIST 1.1"}), ("ORR", 50.0, {"criteria": "mRECIST"})]),
    ("Responses were assessed by the Lugano 2014 criteria. The CR rate was 54%.", [("CR", 54.0, {"criteria": "Lugano 2014"})]),
    ("Response was graded per IMWG criteria. The ORR was 73% and the sCR rate 33%.",
     [("ORR", 73.0, {"criteria": "IMWG"}), ("sCR", 33.0, {"criteria": "IMWG"})]),
    ("CRS was graded per ASTCT. Grade 3 CRS occurred in 4% of patients.", [("CRS", 4.0, {"criteria": "ASTCT"})]),
    ("Adverse events were graded by CTCAE v5.0. Grade ≥3 anemia occurred in 20%.",
     [("ANEMIA", 20.0, {"criteria": "CTCAE v5.0"})]),
    ("Adverse events were graded by CTCAE v5.0. Grade 3 CRS occurred in 4%.", [("CRS", 4.0, {})]),
    ("The ORR was 45% by BICR and 50% by investigator assessment.",
     [("ORR", 45.0, {"assessor": "IRC"}), ("ORR", 50.0, {"assessor": "INV"})]),
    ("Tumor response was reviewed by a blinded independent central review. ORR was 45%.", [("ORR", 45.0, {"assessor": "IRC"})]),
    ("The confirmed ORR was 38.8%.", [("ORR", 38.8, {"confirmed": True})]),
    ("Unconfirmed partial responses were seen in 3 patients.", [("PR", 3.0, {"confirmed": False})]),
    ("Confirmed and unconfirmed responses were seen in 30%.", [("ORR", 30.0, {})]),
    ("The primary endpoint was ORR; secondary endpoints were DCR and OS. The ORR was 40%, DCR 70%, median OS 9 months.",
     [("ORR", 40.0, {"role": "PRIMARY"}), ("DCR", 70.0, {"role": "SECONDARY"}), ("OS", 9.0, {"role": "SECONDARY"})]),
    ("ORR was the primary endpoint. The ORR was 40%.", [("ORR", 40.0, {"role": "PRIMARY"})]),
    ("In a post hoc analysis, the ORR was 40%.", [("ORR", 40.0, {"role": "POST_HOC"})]),
    ("ORR was 22% vs 4% (p = 0.02).", [("ORR", 22.0, {"p_value": "0.02"}), ("ORR", 4.0, {"p_value": "0.02"})]),
    ("Median PFS was 3.25 vs 1.77 months (HR 0.37, 95% CI 0.24-0.56; P<0.0001).",
     [("PFS", 3.25, {}), ("PFS", 1.77, {}), ("PFS", 0.37, {"p_value": "<0.0001"})]),
    ("Median follow-up was 12.5 months. Median OS was 20 months.",
     [("FOLLOW_UP", 12.5, {}), ("OS", 20.0, {"follow_up": "12.5 months"})]),
    ("按RECIST 1.1标准评价，客观缓解率为40.0%。", [("ORR", 40.0, {"criteria": "RECIST 1.1"})]),
    ("疗效由独立评审委员会评估。ORR为40.0%。", [("ORR", 40.0, {"assessor": "IRC"})]),
    ("研究者评估的ORR为40.0%，独立评审委员会评估的ORR为35.0%。",
     [("ORR", 40.0, {"assessor": "INV"}), ("ORR", 35.0, {"assessor": "IRC"})]),
    ("确认的客观缓解率为38.8%，未确认的PR 2例。", [("ORR", 38.8, {"confirmed": True}), ("PR", 2.0, {"confirmed": False})]),
    ("主要终点为ORR，次要终点包括PFS。ORR为40.0%，中位PFS为4.4个月。",
     [("ORR", 40.0, {"role": "PRIMARY"}), ("PFS", 4.4, {"role": "SECONDARY"})]),
    ("观察组有效率为72.5%，高于对照组的50.0%（P=0.039）。",
     [("ORR", 72.5, {"p_value": "0.039"}), ("ORR", 50.0, {"p_value": "0.039"})]),
    ("CRS按ASTCT标准分级。3级CRS 2例。", [("CRS", 2.0, {"criteria": "ASTCT"})]),
    ("中位随访8.5个月。中位OS为9.0个月。", [("FOLLOW_UP", 8.5, {}), ("OS", 9.0, {"follow_up": "8.5 months"})]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), CASES)
def test_details(text: str, want: list[tuple[Any, ...]]) -> None:
    assert told(text) == want


NONE = [
    "Response was assessed per RECIST 1.1 and iRECIST. The ORR was 40%.",  # which of the two is not said
    "In a previous trial responses were assessed per RECIST 1.1. We treated 10 patients; the ORR was 40%.",
    "Responses were assessed by the IRC and by investigators. The ORR was 40%.",
    "Primary tumours were resected. The ORR was 40%.",
    "Baseline CRP differed (p = 0.02). The ORR was 40%.",
    "Patients with age over 60 lived shorter (p = 0.02) and the ORR was 40%.",
    "The median age was 60 years at the Choi institute. The ORR was 40%.",
    "该中心独立开展研究。ORR为40.0%。",
    "主要不良事件为发热。ORR为40.0%。",
]


@pytest.mark.parametrize("text", NONE)
def test_nothing_is_told(text: str) -> None:
    assert [row for row in told(text) if row[0] == "ORR"] == [("ORR", 40.0, {})]


def test_a_review_inherits_nothing() -> None:
    text = "The ABCD-1 trial used RECIST 1.1. The EFGH-2 trial enrolled 30 patients and its ORR was 40%."
    assert [d for e, _, d in told(text, "review") if e == "ORR"] == [{}]


def test_every_detail_has_the_span_that_says_it() -> None:
    text = (
        "Response was assessed by an independent review committee per RECIST v1.1. The primary endpoint was ORR.\n"
        "Median follow-up was 12.5 months. The confirmed ORR was 22% vs 4% (P = 0.02)."
    )
    for o in (o for o in found(text) if o.endpoint == "ORR"):
        words = {name: text[a:b] for name, a, b in o.evidence.details}
        assert words["criteria"] == "RECIST v1.1"
        assert words["assessor"] == "independent review committee"
        assert words["role"] == "primary endpoint"
        assert words["p_value"] == "P = 0.02"
        assert words["follow_up"] == "12.5 months"
        assert {"criteria", "assessor", "role", "follow_up"} <= set(o.inferred)
        assert "p_value" not in o.inferred


@pytest.mark.parametrize("rule", load("outcome_details"), ids=lambda r: r.id)
def test_a_rule_matches_its_example_and_not_its_counter_example(rule: Any) -> None:
    assert rule.pattern.search(rule.example)
    assert rule.may(rule.example.lower())
    assert not rule.pattern.search(rule.counter)
