"""Criteria cut into items, thresholds, washouts, earlier therapy and biomarkers, in English and Chinese."""

import gzip
import json
import os
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkb.extract import eligibility
from trialkb.extract._criteria import items
from trialkb.records import Document, Finding, Section
from trialkb.text import unescape_markdown

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))
real = [pytest.mark.real, pytest.mark.skipif(not SHARED.exists(), reason="the shared real records are not there")]


def read(text: str, section: str = "eligibility", kind: str = "trial") -> list[Finding]:
    document = Document("X1", kind, "test", (Section(section, text),), b"")  # type: ignore[arg-type]
    found = list(eligibility.find(document))
    assert all(0 <= f.start < f.end <= len(text) and f.rule and f.section == section for f in found)
    return found


def values(text: str, field: str = "threshold") -> list[str]:
    return [f.value for f in read(text) if f.field == f"eligibility.{field}"]


SPLITS = [
    (
        "Inclusion Criteria:\n\n* Age 18\n* ECOG 0-1\n\nExclusion Criteria:\n\n* HIV",
        [("inclusion", "Age 18"), ("inclusion", "ECOG 0-1"), ("exclusion", "HIV")],
    ),
    (
        "Inclusion Criteria:\n- 1. Age. 2. ECOG 0-3. 3. Will.\nExclusion Criteria:\n- 1. HIV. 2. Cancer\nof all kinds.",
        [
            ("inclusion", "Age."),
            ("inclusion", "ECOG 0-3."),
            ("inclusion", "Will."),
            ("exclusion", "HIV."),
            ("exclusion", "Cancer\nof all kinds."),
        ],
    ),
    (
        "纳入标准：1、年龄18-70岁；2、ECOG 0-1分。排除标准：3、妊娠；4、感染。",
        [
            ("inclusion", "年龄18-70岁；"),
            ("inclusion", "ECOG 0-1分。"),
            ("exclusion", "妊娠；"),
            ("exclusion", "感染。"),
        ],
    ),
    (
        "纳入标准\n（1）年龄18-70岁\n（2）签署知情同意\n排除标准\n（1）妊娠",
        [("inclusion", "年龄18-70岁"), ("inclusion", "签署知情同意"), ("exclusion", "妊娠")],
    ),
    (
        "DISEASE CHARACTERISTICS:\n\n* Lymphoma\n\nPATIENT CHARACTERISTICS:\n\n* Age 18 and over",
        [("inclusion", "Lymphoma"), ("inclusion", "Age 18 and over")],
    ),
    (
        "Key Inclusion Criteria:\n\n1. One\n2. Two\n   1. Under two\n\nKey Exclusion Criteria:\n\n1. Three",
        [("inclusion", "One"), ("inclusion", "Two"), ("inclusion", "Under two"), ("exclusion", "Three")],
    ),
    (
        "Inclusion Criteria: i. ANC > 1,000/μl ii. Platelets >75,000/μl iii. Consent",
        [("inclusion", "ANC > 1,000/μl"), ("inclusion", "Platelets >75,000/μl"), ("inclusion", "Consent")],
    ),
    ("", []),
    ("Inclusion Criteria:", []),
]


@pytest.mark.parametrize(("text", "want"), SPLITS)
def test_criteria_are_cut_into_items(text: str, want: list[tuple[str, str]]) -> None:
    assert [(i.kind, text[i.start : i.end]) for i in items(text)] == want


THRESHOLDS = [
    ("Age ≥18 years and ≤70 years", ["age >= 18 a", "age <= 70 a"]),
    ("年龄18-70岁", ["age >= 18 a", "age <= 70 a"]),
    ("18≤年龄≤75岁", ["age >= 18 a", "age <= 75 a"]),
    ("Patients 3 years of age or older", ["age >= 3 a"]),
    ("ECOG 0-3", ["ecog <= 3"]),
    ("ECOG performance status of 0, 1 or 2", ["ecog <= 2"]),
    ("ECOG评分≤2分", ["ecog <= 2"]),
    ("Karnofsky or Lansky performance score ≥ 60", ["kps >= 60", "lansky >= 60"]),
    ("Life expectancy of at least 12 weeks", ["life_expectancy >= 12 wk"]),
    ("预计生存期≥3个月", ["life_expectancy >= 3 mo"]),
    (
        "HGB <80 g/L; WBC <2.0×10⁹/L; ANC <1.0×10⁹/L; PLT <50×10⁹/L",
        ["hemoglobin < 80 g/L", "wbc < 2 10*9/L", "anc < 1 10*9/L", "platelets < 50 10*9/L"],
    ),
    ("ANC ≥1.5×109 /L and platelets ≥ 75,000/mm3", ["anc >= 1.5 10*9/L", "platelets >= 75000 /uL"]),
    ("血红蛋白≥90g/L，血小板≥75×10^9/L", ["hemoglobin >= 90 g/L", "platelets >= 75 10*9/L"]),
    (
        "AST and ALT ≤ 2.5 × ULN (≤ 5 × ULN with liver metastases)",
        ["ast <= 2.5 ULN", "alt <= 2.5 ULN", "ast <= 5 ULN", "alt <= 5 ULN"],
    ),
    (
        "Alanine aminotransferase (ALT) and aspartate aminotransferase (AST) < 3 times the upper limit of normal",
        ["alt < 3 ULN", "ast < 3 ULN"],
    ),
    ("总胆红素≤1.5倍正常值上限", ["bilirubin <= 1.5 ULN"]),
    (
        "Serum creatinine ≤ 1.5 x ULN or creatinine clearance ≥ 60 mL/min",
        ["creatinine <= 1.5 ULN", "creatinine_clearance >= 60 mL/min"],
    ),
    ("INR ≥1.5 or APTT >1.5 × ULN", ["inr >= 1.5", "aptt > 1.5 ULN"]),
    ("LVEF≥50%", ["lvef >= 50 %"]),
    ("0-2 in ECOG physical state score", ["ecog <= 2"]),
    (
        "Serum creatinine ≤ 1.5 x ULN OR ≥50 mL/min creatinine clearance",
        ["creatinine <= 1.5 ULN", "creatinine_clearance >= 50 mL/min"],
    ),
    ("Hemoglobin ≥9.0 g/dL or ≥5.6 mmol/L", ["hemoglobin >= 9 g/dL", "hemoglobin >= 5.6 mmol/L"]),
    ("TT > 21 s. Creatinine normal, APTT normal", ["thrombin_time > 21 s"]),
    ("SpO2 > 92% on room air", ["spo2 > 92 %"]),
    ("Child-Pugh Grade C", ["child_pugh = C"]),
    ("Child-Pugh class A or B7", ["child_pugh <= B7"]),
    ("CKD Stage III and above", ["ckd_stage >= 3"]),
    ("NYHA class III/IV heart failure", ["nyha >= 3"]),
    ("BP > 140 mm Hg systolic or > 90 mm Hg diastolic", ["systolic_bp > 140 mmHg", "diastolic_bp > 90 mmHg"]),
    ("Women of childbearing age must use 2 methods of contraception", []),
    ("Donors must be at least 18 years old", []),
    ("Platelet transfusion within 7 days", []),
    ("Fever > 38 °C with neutrophils below the normal", []),
    ("More than 2 years since resection", []),
    ("EF is defined as a score of >=26 on the IIEF", []),
    ("At least one measurable lesion ≥ 15 mm", []),
    ("PT prolongation ≤ 4 seconds", []),
    ("albumin-bound paclitaxel within 28 days", []),
]


@pytest.mark.parametrize(("text", "want"), THRESHOLDS)
def test_thresholds(text: str, want: list[str]) -> None:
    assert values(text) == want


def test_a_threshold_carries_kind_ucum_and_the_comparable_value() -> None:
    (f,) = [x for x in read("Exclusion Criteria:\n* Hemoglobin < 8 g/dL") if x.field == "eligibility.threshold"]
    assert f.detail == {
        "analyte": "hemoglobin", "comparator": "<", "value": "8", "unit": "g/dL", "ucum": "g/dL", "kind": "exclusion",
        "high": "8", "index": 1, "same": {"value": "80", "unit": "g/L"},
    }  # fmt: skip


WASHOUTS = [
    ("Chemotherapy within 2 weeks before leukapheresis", ["chemotherapy 2 wk"]),
    ("Major surgery within 28 days prior to infusion", ["surgery 28 d"]),
    ("首次给药前4周内接受过放疗", ["radiotherapy 4 wk"]),
    ("At least 14 days since the last dose of steroids", ["steroids 14 d"]),
    ("Contraception for 6 months after chemotherapy", []),
    ("Myocardial infarction within 6 months", []),
]


@pytest.mark.parametrize(("text", "want"), WASHOUTS)
def test_washouts(text: str, want: list[str]) -> None:
    assert values(text, "washout") == want


PRIOR = [
    ("Prior treatment with any CAR-T therapy", ["car_t"]),
    ("既往接受过CAR-T治疗", ["car_t"]),
    ("History of allogeneic hematopoietic stem cell transplantation", ["allo_sct"]),
    ("At least 2 prior lines of therapy", ["lines >= 2"]),
    ("至少二线治疗失败", ["lines >= 2"]),
    ("Willing to receive CAR-T cells", []),
]


@pytest.mark.parametrize(("text", "want"), PRIOR)
def test_prior_therapy(text: str, want: list[str]) -> None:
    assert values(text, "prior_therapy") == want


MARKERS = [
    ("CLDN18.2 IHC ≥ 2+ in ≥ 40% of tumor cells", ["CLDN18.2 >= 2+ in >= 40 %"]),
    ("CLDN18.2免疫组化≥2+且≥40%肿瘤细胞", ["CLDN18.2 >= 2+ in >= 40 %"]),
    ("GPC3 positive tumor by IHC", ["GPC3 positive"]),
    ("HER2-negative disease", ["HER2 negative"]),
    ("Serum creatinine normal", []),
]


@pytest.mark.parametrize(("text", "want"), MARKERS)
def test_biomarkers(text: str, want: list[str]) -> None:
    assert values(text, "biomarker") == want


def test_a_page_is_read_from_its_heading_on() -> None:
    text = "Overview\nWBC > 4 g/L is background.\nEligibility\nInclusion Criteria:\n- 1. ECOG 0-3. 2. Consent."
    found = read(text, "body", "page")
    assert [f.value for f in found] == ["inclusion", "ecog <= 3", "inclusion"]


def test_of_a_bilingual_record_one_text_is_read_and_the_chinese_one_where_it_stands_alone() -> None:
    english, chinese = Section("eligibility", "1. ECOG 0-1"), Section("eligibility_zh", "1. ECOG 0-1分")
    for sections, want in (((english, chinese), ["eligibility"]), ((chinese,), ["eligibility_zh"])):
        found = eligibility.find(Document("X1", "trial", "test", sections, b""))
        assert [f.section for f in found if f.field == "eligibility.threshold"] == want


def test_running_text_is_read_where_it_speaks_of_eligibility() -> None:
    text = "LVEF ≥ 60% was seen. Key eligibility criteria include ECOG PS 0/1 and age 18 – 75 years. ORR was 50%."
    found = [f for f in read(text, "abstract", "article") if f.field == "eligibility.threshold"]
    assert [f.value for f in found] == ["age >= 18 a", "age <= 75 a", "ecog <= 1"]
    assert read("Age 18-75 years and ECOG 0-1 in a cohort of 12 patients.", "abstract", "article") == []


@given(st.text(alphabet="0123456789. ≥≤<>=x×^/LgdUNage岁年龄ECOGASTHb()（）、,;\n*-", max_size=120))
def test_hostile_text_gives_true_spans(text: str) -> None:
    read(text)


LONG = ["a" * 3000, "AST " * 800, "1. " * 900, "(" * 2000, "≥ 1 " * 900, "within 2 weeks " * 300]


@pytest.mark.parametrize("text", LONG)
def test_no_text_takes_long(text: str) -> None:
    read("Inclusion Criteria: Hemoglobin " + text)


SIGNS = {
    "≥": ">=", ">=": ">=", "at least ": ">=", "不低于": ">=", "≤": "<=", "no more than ": "<=", "<": "<", "低于": "<",
    "＞": ">",
}  # fmt: skip
FORMS = [
    ("Hemoglobin {}{} g/L", "hemoglobin", "g/L"),
    ("血红蛋白 {}{}g/L", "hemoglobin", "g/L"),
    ("platelet count {}{} x 10^9/L", "platelets", "10*9/L"),
    ("platelet count {}{}×10⁹/L", "platelets", "10*9/L"),
    ("血小板 {}{}×109/L", "platelets", "10*9/L"),
    ("creatinine clearance {}{} mL/min", "creatinine_clearance", "mL/min"),
    ("ALT {}{} × ULN", "alt", "ULN"),
    ("LVEF {}{}%", "lvef", "%"),
]


@given(st.sampled_from(FORMS), st.sampled_from(sorted(SIGNS)), st.integers(1, 400))
def test_change_the_number_or_the_sign_and_the_record_follows(form: tuple[str, str, str], sign: str, n: int) -> None:
    text, analyte, unit = form
    assert values(text.format(sign, n)) == [f"{analyte} {SIGNS[sign]} {n} {unit}"]


SEEDS = {
    "000": {
        "age >= 18 a",
        "age <= 70 a",
        "ecog <= 3",
        "life_expectancy >= 1 mo",
        "life_expectancy < 1 mo",
        "hemoglobin < 80 g/L",
        "wbc < 2 10*9/L",
        "anc < 1 10*9/L",
        "platelets < 50 10*9/L",
        "child_pugh = C",
        "ckd_stage >= 3",
        "inr >= 1.5",
        "aptt > 1.5 ULN",
    },
}


class TestReal:
    pytestmark = real

    def test_the_first_seed_gives_its_thresholds(self) -> None:
        (path,) = (SHARED / "data/seeds").glob("000_*.txt")
        text = path.read_text(encoding="utf-8")
        found = [f for f in read(text, "body", "page") if f.field == "eligibility.threshold"]
        assert {f.value for f in found} == SEEDS["000"]
        kinds = {f.value: f.detail["kind"] for f in found if f.detail}
        assert (kinds["ecog <= 3"], kinds["inr >= 1.5"]) == ("inclusion", "exclusion")

    def test_precision_and_recall_on_the_labelled_hundred(self) -> None:
        gold: dict[tuple[str, int], set[tuple[str, ...]]] = defaultdict(set)
        for line in (Path(__file__).parent / "data/criteria_100.tsv").read_text(encoding="utf-8").splitlines():
            if not line.startswith(("#", "nct\t")):
                nct, item, *rest = line.split("\t")
                gold[nct, int(item)] |= {tuple(rest)} - {("-", "-", "-", "-")}
        assert len(gold) == 100
        found = _thresholds({nct for nct, _ in gold})
        right = sum(len(g & found[k]) for k, g in gold.items())
        assert right / sum(len(found[k]) for k in gold) >= 0.95
        assert right / sum(len(g) for g in gold.values()) >= 0.90


def _thresholds(ids: set[str]) -> dict[tuple[str, int], set[tuple[str, ...]]]:
    found: dict[tuple[str, int], set[tuple[str, ...]]] = defaultdict(set)
    with gzip.open(SHARED / "data/ctgov_v2/studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            study = json.loads(line)["protocolSection"]
            nct = study["identificationModule"]["nctId"]
            if nct in ids:
                for f in read(unescape_markdown(study["eligibilityModule"]["eligibilityCriteria"])):
                    if f.field == "eligibility.threshold" and f.detail:
                        d = f.detail
                        found[nct, d["index"]].add((d["analyte"], d["comparator"], d["value"], d.get("unit", "-")))
    return found
