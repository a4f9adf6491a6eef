"""Reported outcomes in running text: what must be found, with spans, and what must not."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from trialkb import flat, parts
from trialkb.records import Outcome
from trialkb.text import digest

Row = dict[str, Any]


def read(text: str, kind: str = "abstract") -> list[Row]:
    doc = flat.document({"doc_id": "x", "text": text, "kind": kind})
    records = [o for name in ("outcomes", "safety") for o in parts.load("extract", name).find(doc)]
    rows: list[Row] = flat.flat(doc, [], records)["outcomes"]
    return rows


def told(text: str, *keys: str, kind: str = "abstract") -> list[tuple[Any, ...]]:
    return [tuple(row[k] for k in ("endpoint", "value", *keys)) for row in read(text, kind)]


FOUND = [
    ("The ORR was 41.2% (95% CI 30.5-52.9).", [("ORR", 41.2)]),
    ("Objective responses were seen in 12/30 (40.0%) of treated patients.", [("ORR", 40.0)]),
    ("CR, PR and SD were recorded in 3 (10%), 9 (30%) and 12 (40%) patients, respectively.",
     [("CR", 10.0), ("PR", 30.0), ("SD", 40.0)]),
    ("Of 16 evaluable patients, 2 had a partial response, 7 had stable disease, and 7 progressed.",
     [("PR", 2.0), ("SD", 7.0), ("PD", 7.0)]),
    ("Of 76, 34 (44. 7%) had a partial response and 18 (23. 7%) stable disease, a disease control rate of 68. 4%.",
     [("PR", 44.7), ("SD", 23.7), ("DCR", 68.4)]),  # decimals printed with a blank throughout
    ("Best response: 1 CR, 4 PR, 6 SD and 3 PD.", [("CR", 1.0), ("PR", 4.0), ("SD", 6.0), ("PD", 3.0)]),
    ("Median PFS and OS were 5.6 and 9.0 months, respectively.", [("PFS", 5.6), ("OS", 9.0)]),
    ("Median PFS was 8.1 months (95% CI, 6.6 to 8.7) for GD and 7.9 (95% CI, 6.9 to 8.8) for CD.",
     [("PFS", 8.1), ("PFS", 7.9)]),
    ("ORR (25 vs. 8%), median PFS (14 vs. 5 months).", [("ORR", 25.0), ("ORR", 8.0), ("PFS", 14.0), ("PFS", 5.0)]),
    ("The clinical benefit rate (PR + SD) was 62%.", [("CBR", 62.0)]),
    ("Neither ICANS nor treatment-related death was reported.", [("ICANS", 0.0), ("TRM", 0.0)]),
    ("No DLT was observed and the MTD was not reached.", [("DLT", 0.0), ("MTD", None)]),
    ("Grade 3 or higher CRS and neurotoxicity occurred in 13% and 28% of the patients.",
     [("CRS", 13.0), ("NEUROTOXICITY", 28.0)]),
    ("CRS occurred in 92 (95%) of 97 patients (4% were grade 3 or 4).", [("CRS", 95.0), ("CRS", 4.0)]),
    ("The most common grade 3-4 adverse events were anemia (40%) and neutropenia (52%).",
     [("ANEMIA", 40.0), ("NEUTROPENIA", 52.0)]),
    ("Lymphopenia (n = 20, 83.3%) was frequent.", [("LYMPHOPENIA", 83.3)]),
    ("ORR: cohort 1, 50% (6/12); cohort 2, 31% (4/13).", [("ORR", 50.0), ("ORR", 31.0)]),
    ("The MTD was 1×10^6 cells/kg and this was taken forward as RP2D.", [("MTD", 1e6), ("RP2D", 1e6)]),
    ("中位无进展生存期为 4.4 个\n\n月，总生存期为 8.8 个月。", [("PFS", 4.4), ("OS", 8.8)]),
    ("客观缓解率为54.9%（95%CI：40.3%～68.9%），疾病控制率达91.8%。", [("ORR", 54.9), ("DCR", 91.8)]),
    ("在14例可评估患者中，PR 5例，SD 6例，PD 3例。", [("PR", 5.0), ("SD", 6.0), ("PD", 3.0)]),
    ("未观察到剂量限制性毒性、治疗相关死亡或免疫效应细胞相关神经毒性综合征。",
     [("DLT", 0.0), ("TRM", 0.0), ("ICANS", 0.0)]),
    ("1年总生存率和无进展生存率分别为37.3%和28.0%。", [("OS", 37.3), ("PFS", 28.0)]),
    ("12例（80.0%）患者发生CRS，其中1例为3级。", [("CRS", 80.0), ("CRS", 1.0)]),
    ("25例（78.1%）患者微小残留病（MRD）阴性。", [("MRD_NEG", 78.1)]),
    ("3～4级中性粒细胞减少和贫血的发生率分别为93.8%和62.5%。", [("NEUTROPENIA", 93.8), ("ANEMIA", 62.5)]),
    ("疾病控制率為 75.0%，客觀緩解率為 25.0%。", [("DCR", 75.0), ("ORR", 25.0)]),
    ("总体缓解率达到了 $8 3 \\% ^ { [ 3 ] }$ 。", [("ORR", 83.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), FOUND)
def test_found(text: str, want: list[tuple[str, float | None]]) -> None:
    assert told(text) == want


NOTHING = [
    "A sample of 29 patients gives 80% power to detect an ORR of 30% against a null of 10%.",
    "The trial would be positive if at least 7 responses occurred among 21 patients.",
    "A total of 6-18 evaluable patients are planned to be enrolled in 4 dose groups.",
    "PFS was longer in responders (p=0.03).",
    "BACKGROUND: Chemotherapy yields a median PFS of 6 months.",
    "Tumour volume fell by 80% in mice and 60% survived to day 60.",
    "A DLT was defined as any grade 3 CRS lasting more than 72 hours within 28 days of infusion.",
    "If 2 of 6 patients experience a DLT, escalation will stop.",
    "ORR, DCR and PFS will be assessed up to 96 weeks.",
    "PD-1 and PD-L1 expression rose by 20%; Cr clearance was 60 mL/min.",
    "Serum CEA fell by 40% from baseline.",
    "Dose finding followed a BOIN design with a target toxicity rate of 30%.",
    "The median age was 62 years (range 41-75) and the median number of prior lines was 3.",
    "Transduction efficiency was 38% and manufacturing success rate 100%.",
    "In a previous study the ORR was 50%.",
    "There was no difference in overall survival.",
    "In vitro, 45% of the tumour cells survived.",
    "优于既往三线化疗约 11% 的客观缓解率。",
    "本研究计划入组 6～18 例可评价受试者，预期客观缓解率为30%。",
    "静脉注射27天后，小鼠肿瘤体积缩小80%，未观察到不良反应。",
    "多次复发患者的五年生存率一般低于10%。",
]


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_may_be_found(text: str) -> None:
    assert told(text) == []


DETAILS = [
    ("Of 98 patients, 38 (38.8%; 95% CI 29.1-49.2) had an objective response.",
     {"endpoint": "ORR", "value": 38.8, "num": 38, "ci_low": 29.1, "ci_high": 49.2, "ci_level": 95.0}),
    ("In arm A (n=24) the DCR reached 75%.", {"endpoint": "DCR", "value": 75.0, "den": 24, "arm": "arm A"}),
    ("Median DOR was NR (95% CI, 10.4-NE).", {"value": None, "value_status": "not_reached", "ci_low": 10.4}),
    ("The median time to response was 1.0 month (range, 0.9-3.1).",
     {"endpoint": "TTR", "range_low": 0.9, "range_high": 3.1, "ci_low": None}),
    ("Grade ≥3 CRS occurred in 4 patients.", {"endpoint": "CRS", "grade": ">=3", "value": 4.0}),
    ("The 12-month OS rate was 37.3%.", {"statistic": "km_rate", "time_point": "12 months"}),
    ("Mean PFS was 4.4 ± 1.2 months.", {"statistic": "mean", "value": 4.4}),
    ("All 30 patients experienced CRS.", {"endpoint": "CRS", "value": 30.0, "den": 30}),
    ("Among patients with gastric cancer the ORR was 54.9% (28/51).", {"population": "gastric cancer", "den": 51}),
    ("3级及以上CRS 6例（18.8%）。", {"endpoint": "CRS", "grade": ">=3", "num": 6, "value": 18.8}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), DETAILS)
def test_details(text: str, want: Row) -> None:
    row = read(text)[0]
    assert {k: row[k] for k in want} == want


def test_two_arms_and_their_hazard_ratio() -> None:
    text = "Median PFS was 3.3 months with CAR-T versus 1.8 months with placebo (HR 0.37; 95% CI 0.24-0.56)."
    assert told(text, "arm") == [("PFS", 3.3, "CAR-T"), ("PFS", 1.8, "placebo"), ("PFS", 0.37, "CAR-T vs placebo")]
    assert read(text)[2]["ci_low"] == 0.24


def test_a_review_needs_the_study_and_names_it() -> None:
    cited = "The ZUMA-2 trial (NCT02601313) included 68 patients. The objective response rate was 91%."
    assert [(o["value"], o["study_id"]) for o in read(cited, "review")] == [(91.0, "NCT02601313")]
    assert read("Such therapies have an objective response rate of 91%.", "review") == []


def test_spans_lead_back_to_the_stored_text() -> None:
    text = "结果：ＯＲＲ为３８.８％（３８/９８）；<b>mOS</b> was 8·8\nmonths. No DLT."
    doc = flat.document({"doc_id": "x", "text": text})
    found = [o for name in ("outcomes", "safety") for o in parts.load("extract", name).find(doc)]
    assert [text[slice(*o.evidence.value_span)] for o in found] == ["３８.８％", "8·8\nmonths", "No"]
    assert all(isinstance(o, Outcome) and o.evidence.text_sha256 == digest(text) for o in found)
    assert [text[slice(*o.evidence.endpoint_span)] for o in found] == ["ＯＲＲ", "mOS", "DLT"]


SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))
SEED = next(iter(sorted(SHARED.glob("data/seeds/003*"))), None)


@pytest.mark.real
@pytest.mark.skipif(SEED is None, reason="the real records are absent")
def test_the_chinese_review_gives_its_trials() -> None:
    assert SEED is not None
    rows = read(SEED.read_text(encoding="utf-8"), "review")
    found = {(o.get("study_id"), o["endpoint"], o["statistic"], o["value"]) for o in rows}
    assert found >= {
        ("NCT03874897", "ORR", "rate", 38.8),
        ("NCT03874897", "DCR", "rate", 91.8),
        ("NCT03874897", "PFS", "median", 4.4),
        ("NCT03874897", "OS", "median", 8.8),
        ("NCT03874897", "DLT", "count", 0.0),
        ("NCT03874897", "TRM", "count", 0.0),
        ("NCT03874897", "ICANS", "count", 0.0),
        ("NCT04966143", "ORR", "rate", 50.0),
        ("NCT04966143", "DCR", "rate", 100.0),
        ("NCT02915445", "PR", "count", 2.0),
        ("NCT03644056", "DCR", "rate", 33.3),
        ("NCT03644056", "DLT", "count", 0.0),
        ("NCT03644056", "MTD", "dose", None),
        ("NCT03644056", "TEAE", "count", 0.0),
    }
    assert {o.get("study_id") for o in rows} <= {f"NCT0{n}" for n in (3874897, 4404595, 4966143, 2915445, 3644056)}


@pytest.mark.real
@pytest.mark.skipif(not (SHARED / "gold/traps_dev.jsonl").exists(), reason="the real records are absent")
def test_forty_abstracts_a_second() -> None:
    import json

    lines = (SHARED / "gold/traps_dev.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(x)["text"] for x in lines]
    abstracts = [" ".join(texts[i : i + 20]) for i in range(0, 60, 5)]
    read("ORR was 40%.")
    start = time.process_time()
    for text in abstracts:
        read(text)
    assert len(abstracts) / (time.process_time() - start) > 10  # a loaded machine; bench/outcomes.py has the figure


TRIALS_IN_ONE_PARAGRAPH = """表1总结了已获批的BCMA靶向CAR-T产品。Ide-cel的注册研究KarMMa（n=128）中，ORR 73%，中位PFS 8.8个月。\
常见≥3级不良事件包括中性粒细胞减少（89%）。与之相比，cilta-cel在CARTITUDE-1（n=97）中的ORR为97.9%，sCR率82.5%。"""


def test_each_number_of_a_review_goes_with_its_own_trial() -> None:
    rows = read(TRIALS_IN_ONE_PARAGRAPH, "review")
    assert {r["value"]: r["study_name"] for r in rows} == {
        73.0: "KarMMa", 8.8: "KarMMa", 89.0: "KarMMa", 97.9: "CARTITUDE-1", 82.5: "CARTITUDE-1"
    }  # fmt: skip
