"""Safety told with grades: pairs, lists, none and all, deaths, doses by level; and what is no result."""

from __future__ import annotations

import pytest
from telling import told

FOUND = [
    ("CRS occurred in 20 of 27 patients (74%); none was grade 3 or higher.", ["CRS 74% 20/27", "CRS count 0 g>=3"]),
    ("CRS occurred in 20 patients (grade 1, n=12; grade 2, n=8) with no grade ≥3 events.",
     ["CRS count 20", "CRS count 12 g1", "CRS count 8 g2", "CRS count 0 g>=3"]),
    ("Any-grade CRS and ICANS occurred in 85% and 20% of patients (grade ≥3, 5% and 3%).",
     ["CRS 85%", "CRS 5% g>=3", "ICANS 20%", "ICANS 3% g>=3"]),
    ("CRS (any grade 78%, grade ≥3 6%) and ICANS (any grade 22%, grade ≥3 4%) were seen.",
     ["CRS 78%", "CRS 6% g>=3", "ICANS 22%", "ICANS 4% g>=3"]),
    ("One patient (5.6%) had grade 3 CRS and two had grade 2 ICANS.", ["CRS 5.6% 1/ g3", "ICANS count 2 g2"]),
    ("CRS occurred in 14/15 patients (93%), all grade 1-2.", ["CRS 93% 14/15 g1-2"]),
    ("Eleven patients (61%) developed CRS, all of which were grade 1 or 2.", ["CRS 61% 11/ g1-2"]),
    ("There was one treatment-related death (4%) due to sepsis.", ["TRM 4% 1/"]),
    ("Two patients died of treatment-related toxicity.", ["TRM count 2"]),
    ("Grade 3-4 adverse events included neutropenia in 12 patients (60%), anemia in 5 (25%) and thrombocytopenia in 4 (20%).",
     ["NEUTROPENIA 60% 12/ g3-4", "ANEMIA 25% 5/ g3-4", "THROMBOCYTOPENIA 20% 4/ g3-4"]),
    ("The most common TRAEs were anemia (n = 8) and neutropenia (n = 6).", ["ANEMIA count 8", "NEUTROPENIA count 6"]),
    ("No grade 3 or higher CRS or ICANS was observed.", ["CRS count 0 g>=3", "ICANS count 0 g>=3"]),
    ("No patient experienced grade ≥3 CRS, and no ICANS of any grade was seen.", ["CRS count 0 g>=3", "ICANS count 0"]),
    ("Grade ≥3 TEAEs occurred in 90% of patients; the most common were neutropenia (80%) and anemia (40%).",
     ["TEAE 90% g>=3", "NEUTROPENIA 80% g>=3", "ANEMIA 40% g>=3"]),
    ("TEAEs of grade 3 or higher occurred in 18 patients (90%), including neutropenia (n=15, 75%) and infection (n=3, 15%).",
     ["TEAE 90% 18/ g>=3", "NEUTROPENIA 75% 15/ g>=3", "INFECTION 15% 3/ g>=3"]),
    ("CRS was observed in 12 of 14 patients (grade 1 in 8, grade 2 in 3, grade 3 in 1).",
     ["CRS 12/14", "CRS count 8 g1", "CRS count 3 g2", "CRS count 1 g3"]),
    ("CRS: grade 1, 40%; grade 2, 30%; grade 3, 5%; no grade 4 or 5 events.",
     ["CRS 40% g1", "CRS 30% g2", "CRS 5% g3", "CRS count 0 g4-5"]),
    ("CRS was observed in 9 of 12 patients (grade 1 = 6, grade 2 = 2, grade 3 = 1).",
     ["CRS 9/12", "CRS count 6 g1", "CRS count 2 g2", "CRS count 1 g3"]),
    ("CRS was reported in 20 patients (67%), with 57% experiencing grade 1-2 CRS and 10% experiencing grade ≥3.",
     ["CRS 67% 20/", "CRS 57% g1-2", "CRS 10% g>=3"]),
    ("Three and five patients had grades 3 and 4 neutropenia, respectively.",
     ["NEUTROPENIA count 3 g3", "NEUTROPENIA count 5 g4"]),
    ("Grade 1, 2, and 3 CRS occurred in 5, 4, and 1 patients, respectively.",
     ["CRS count 5 g1", "CRS count 4 g2", "CRS count 1 g3"]),
    ("Forty (7%) and 74 (13%) developed grade 2 and grade 3 to 4 ICANS, respectively.",
     ["ICANS 7% 40/ g2", "ICANS 13% 74/ g3-4"]),
    ("Grade 3 and 4 neutropenia and anemia occurred in 5 and 6 patients, respectively.",
     ["NEUTROPENIA count 5 g3-4", "ANEMIA count 6 g3-4"]),
    ("No high-grade (grade 3 or higher) ICANS was seen.", ["ICANS count 0 g>=3"]),
    ("There were no severe (grade 3-4) infections, and 2 patients had severe (grade 4) neutropenia.",
     ["INFECTION count 0 g3-4", "NEUTROPENIA count 2 g4"]),
    ("No cases of cytokine release syndrome (CRS) of grade 4 or higher were seen in any patient.", ["CRS count 0 g>=4"]),
    ("No patient had over grade 2 CRS.", ["CRS count 0 g>=3"]),
    ("Greater than grade 2 CRS was seen in 3 patients (10%).", ["CRS 10% 3/ g>=3"]),
    ("Toxicities included grade 1-2 immune effector cell-associated neurotoxicity syndrome (ICANS; 22%), grade 3 anemia (85%).",
     ["ICANS 22% g1-2", "ANEMIA 85% g3"]),
    ("Twelve (60%) developed CRS, with 4 (20%) having grade ≥3 CRS and only 2 experiencing neurotoxicity (grade 1).",
     ["CRS 60% 12/", "CRS 20% 4/ g>=3", "NEUROTOXICITY count 2 g1"]),
    ("Ten, five and one patients experienced grade 1, 2 and 3 CRS, respectively.",
     ["CRS count 10 g1", "CRS count 5 g2", "CRS count 1 g3"]),
    ("CRS occurred in 16 patients (80%), with 12 having grade 1-2 and 4 grade 3-4.",
     ["CRS 80% 16/", "CRS count 12 g1-2", "CRS count 4 g3-4"]),
    ("Grade 1 or 2 CRS was seen in 14 patients and grade 3 or 4 in 2.", ["CRS count 14 g1-2", "CRS count 2 g3-4"]),
    ("CRS occurred in 80%, 15% of whom had grade ≥3.", ["CRS 80%", "CRS 15% g>=3"]),
    ("No patients experienced CRS or ICANS above grade 2.", ["CRS count 0 g>=3", "ICANS count 0 g>=3"]),
    ("No severe cytokine release syndrome (CRS; grade ≥3) was observed.", ["CRS count 0 g>=3"]),
    ("ICANS occurred in 3 (15%) patients (2 grade 1, 1 grade 3).", ["ICANS 15% 3/", "ICANS count 2 g1", "ICANS count 1 g3"]),
    ("There were no treatment-related deaths, DLTs, or grade ≥3 ICANS.", ["TRM count 0", "DLT count 0", "ICANS count 0 g>=3"]),
    ("One DLT (grade 4 thrombocytopenia) occurred at dose level 3.",
     ["DLT count 1 g4 @dose level 3", "THROMBOCYTOPENIA count 1 g4 @dose level 3"]),
    ("The MTD was dose level 3 and the RP2D was 3×10^8 cells.", ["MTD dose @dose level 3", "RP2D dose 3e+08"]),
    ("DL3 was selected as the RP2D.", ["RP2D dose @DL3"]),
    ("The MTD was not reached at the highest dose tested (1×10^9 cells).", ["MTD dose not_reached"]),
    ("Prolonged cytopenias (grade ≥3 at day 30) occurred in 28% of patients.", ["HEMATOLOGIC_TOX 28% g>=3 at 30 days"]),
    ("CRS was mostly grade 1-2 (87%), with grade 3 CRS in 2 patients (6%).", ["CRS 87% g1-2", "CRS 6% 2/ g3"]),
    ("高剂量组1例患者发生DLT，为4级血小板减少。", ["DLT count 1 @高剂量组", "THROMBOCYTOPENIA count 1 g4 @高剂量组"]),
    ("第三剂量水平1例受试者发生3级TIAN，判定为DLT。", ["NEUROTOXICITY count 1 g3 @第三剂量水平", "DLT count 1 @第三剂量水平"]),
    ("仅1名受试者出现3级CRS，无4级或5级事件。", ["CRS count 1 g3", "CRS count 0 g4-5"]),
    ("CRS发生率为60%（9/15），未发生3级及以上者。", ["CRS 60% 9/15", "CRS count 0 g>=3"]),
    ("RP2D确定为剂量水平2。", ["RP2D dose @剂量水平2"]),
    ("2例死于治疗相关毒性。", ["TRM count 2"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), FOUND)
def test_found(text: str, want: list[str]) -> None:
    assert told(text) == want


NOTHING = [
    "Patients with grade 3 CRS (n = 4) had higher IL-6 levels than those without (p = 0.01).",
    "Two patients died of disease progression.",
    "CRS was graded 1 to 5 by ASTCT criteria and managed with tocilizumab 8 mg/kg.",
    "A DLT was any grade 4 toxicity lasting more than 7 days.",
    "The starting dose was dose level 1 and the MTD will be determined by the 3+3 design.",
    "Tocilizumab was given to 38% of the patients and steroids to 20%.",
    "The median time to onset of CRS was 3 days.",
    "CRS的中位发生时间为输注后3天，38.0%的患者接受了托珠单抗治疗。",
    "2例患者死于疾病进展。",
    "≥3级CRS患者的IL-6峰值高于1~2级患者（P=0.01）。",
]


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_may_be_found(text: str) -> None:
    assert told(text) == []
