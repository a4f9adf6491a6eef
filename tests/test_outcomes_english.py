"""English outcomes: whose, of how many, when and of which grade, in the constructions that abstracts use.

All sentences were written for these tests. A row names the fields that it is about; None must be None.
"""

from __future__ import annotations

from typing import Any

import pytest

from trialkb import flat, parts

Row = tuple[Any, ...]


def read(text: str, kind: str = "abstract") -> list[dict[str, Any]]:
    doc = flat.document({"doc_id": "x", "text": text, "kind": kind})
    records = [o for name in ("outcomes", "safety") for o in parts.load("extract", name).find(doc)]
    rows: list[dict[str, Any]] = flat.flat(doc, [], records)["outcomes"]
    return rows


def told(text: str, *fields: str) -> list[Row]:
    """(endpoint, value or else count, the fields) of each outcome."""
    rows = read(text)
    found = [(r["endpoint"], r["num"] if r["value"] is None else r["value"], *(r[f] for f in fields)) for r in rows]
    return sorted(found, key=str)


ARMS = [
    ("At DL3, 5 of 9 patients achieved a PR.", [("PR", 5, "DL3")]),
    ("CRS of any grade was observed in 50%, 78% and 100% of patients at DL1, DL2 and DL3, respectively.",
     [("CRS", 50.0, "DL1"), ("CRS", 78.0, "DL2"), ("CRS", 100.0, "DL3")]),
    ("The 2-year overall survival rates in groups A and B were 91.4 and 67.0%.",
     [("OS", 91.4, "group A"), ("OS", 67.0, "group B")]),
    ("The 5-year overall survival rates were 82.4% and 66.1% in the immunotherapy and control groups, respectively.",
     [("OS", 82.4, "immunotherapy"), ("OS", 66.1, "control groups")]),
    ("Adverse events occurred in 62% of the cell group and 41% of controls; serious adverse events were seen in 7.8% vs "
     "3.5%.",
     [("TEAE", 62.0, "cell group"), ("TEAE", 41.0, "controls"), ("SAE", 7.8, "cell group"), ("SAE", 3.5, "controls")]),
    ("The response rate was 43% in the DC-CIK arm compared with 30% in the chemotherapy arm, and the disease control rates "
     "were 80% and 63%, respectively.",
     [("ORR", 43.0, "DC-CIK arm"), ("ORR", 30.0, "chemotherapy arm"), ("DCR", 80.0, "DC-CIK arm"),
      ("DCR", 63.0, "chemotherapy arm")]),
    ("Patients were randomly assigned to receive abcacel (group A, n = 52) or docetaxel (group B, n = 51). "
     "Median TTP was 6.9 vs 5.1 months.",
     [("OTHER_EFFICACY", 6.9, "group A"), ("OTHER_EFFICACY", 5.1, "group B")]),
    ("The ORR in part A was 89% (16/18), including 10 sCR and 4 VGPR.",
     [("ORR", 89.0, "part A"), ("sCR", 10.0, "part A"), ("VGPR", 4.0, "part A")]),
    ("Grade 3 CRS occurred in 2 patients; no DLTs were observed in the originally planned DLs 1-3.",
     [("CRS", 2.0, "overall"), ("DLT", 0.0, "DLs 1-3")]),
    ("There were no treatment-related deaths in the cell group and one (1%) in the standard-of-care group.",
     [("TRM", 0.0, "cell group"), ("TRM", 1.0, "standard-of-care group")]),
    ("The 6-mo OS rate was 84% (A) and 69% (B).", [("OS", 84.0, "A"), ("OS", 69.0, "B")]),
    ("ORR was 12.5% (3/24) in A and 15.4% (2/13) in B; DCR was 75.0% and 61.5%, respectively.",
     [("ORR", 12.5, "A"), ("ORR", 15.4, "B"), ("DCR", 75.0, "A"), ("DCR", 61.5, "B")]),
    ("The 12-month PFS was 79% for Early and 70% for Late treatment.",
     [("PFS", 79.0, "Early"), ("PFS", 70.0, "Late treatment")]),
    ("The five-year overall survival was 71% in the consolidation, 61% in the preemptive, and 20% in the salvage setting.",
     [("OS", 71.0, "consolidation"), ("OS", 61.0, "preemptive"), ("OS", 20.0, "salvage setting")]),
    ("Two dose-limiting toxicities and two treatment-related deaths occurred in the highest-dose cohort.",
     [("DLT", 2.0, "highest-dose cohort"), ("TRM", 2.0, "highest-dose cohort")]),
    ("Dose-limiting toxicities occurred in two patients at the higher DL.", [("DLT", 2.0, "higher DL")]),
    ("No DLTs were observed at DL1, with a DLT of grade 3 cystitis encountered at DL2.",
     [("DLT", 0.0, "DL1"), ("DLT", 1.0, "DL2")]),
    ("27 patients in the cell arm had a complete response, compared with none in the control arm.",
     [("CR", 27.0, "cell arm"), ("CR", 0.0, "control arm")]),
    ("Patients were randomized to intralesional viracel or subcutaneous placebo and were evaluated for ORR. ORR was higher in "
     "the viracel arm (40.5% versus 2.3%).",
     [("ORR", 40.5, "viracel arm"), ("ORR", 2.3, "subcutaneous placebo")]),
    ("SAEs considered related to XYZ-217 were reported in 3 pts (6%).", [("SAE", 6.0, "overall")]),
    ("A trial compared abcacel with physician's choice (TPC) in 156 patients: median PFS was 3.2 months vs 1.7 months.",
     [("PFS", 3.2, "abcacel"), ("PFS", 1.7, "TPC")]),
    ("Median OS for all 14 infused patients was 10.3 months. For the nine patients in dose level 2, 1-year OS was 60% and "
     "median PFS 3.2 months.",
     [("OS", 10.3, "overall"), ("OS", 60.0, "dose level 2"), ("PFS", 3.2, "dose level 2")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), ARMS)
def test_arms(text: str, want: list[Row]) -> None:
    assert told(text, "arm") == sorted(want, key=str)


def test_a_hazard_ratio_is_of_the_two_arms_compared_last() -> None:
    text = (
        "The 2-year overall survival rates in groups A and B were 91.4 and 67.0%. The differences were significant. "
        "The hazard ratio (HR) was 0.23 (p = 0.001)."
    )
    assert ("OS", 0.23, "hazard_ratio", "group A vs group B") in told(text, "statistic", "arm")


POPULATIONS = [
    ("ORR was 39% (12/31) in synovial sarcoma and 38% (5/13) in myxoid liposarcoma.",
     [("ORR", 39.0, "synovial sarcoma"), ("ORR", 38.0, "myxoid liposarcoma")]),
    ("The ORR in the target population was 77%, the 5-year OS and event-free survivals were 68% and 53%, respectively.",
     [("ORR", 77.0, "target population"), ("OS", 68.0, "target population"), ("EFS", 53.0, "target population")]),
    ("The 1-year cumulative CR rates were 100% for patients with low-grade NHL, 67% for CLL without transformation and 29% "
     "for DLBCL.",
     [("CR", 100.0, "low-grade NHL"), ("CR", 67.0, "CLL without transformation"), ("CR", 29.0, "DLBCL")]),
    ("A total of 20 patients with metastatic colorectal cancer were infused, and one patient (5.0%) had grade 3 CRS.",
     [("CRS", 5.0, None)]),
    ("Ninety-eight patients received cells. Among 59 patients with gastric cancer who received the middle dose, ORR was "
     "54.9% and DCR 96.1%.",
     [("ORR", 54.9, "gastric cancer"), ("DCR", 96.1, "gastric cancer")]),
    ("Among 22 evaluable patients, the ORR was 32% (7/22).", [("ORR", 32.0, "evaluable")]),
    ("The ORR in 21 evaluable patients was 33% (7 of 21), including one complete response.",
     [("ORR", 33.0, "evaluable"), ("CR", 1.0, "evaluable")]),
    ("The ORR was 37% (19 of 52), 39% (17 of 44) for patients with synovial sarcoma, and 25% (2 of 8) for patients with "
     "liposarcoma.",
     [("ORR", 37.0, None), ("ORR", 39.0, "synovial sarcoma"), ("ORR", 25.0, "liposarcoma")]),
    ("Two mCRPC patients experienced partial responses (one unconfirmed).", [("PR", 2.0, "mCRPC")]),
    ("Severe CRS and ICANS were observed in 11 and 2 patients, respectively.",
     [("CRS", 11.0, "severe"), ("ICANS", 2.0, "severe")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), POPULATIONS)
def test_populations(text: str, want: list[Row]) -> None:
    assert told(text, "population") == sorted(want, key=str)


DENOMINATORS = [
    ("Common toxic effects among the 128 treated patients included neutropenia in 117 patients (91%) and anemia in 89 (70%).",
     [("NEUTROPENIA", 91.0, 117, 128), ("ANEMIA", 70.0, 89, 128)]),
    ("MRD negativity was confirmed in 33 patients, representing 26% of all 128 patients and 79% of the 42 patients with "
     "remission.",
     [("MRD_NEG", 26.0, 33, 128), ("MRD_NEG", 79.0, None, 42)]),
    ("CRS occurred in 37 of 44 patients (84%); neutropenia was seen in 38 (86%).",
     [("CRS", 84.0, 37, 44), ("NEUTROPENIA", 86.0, 38, 44)]),
    ("Of 11 patients treated, 8 (73%) had a response; of these, 7 had a complete remission.",
     [("ORR", 73.0, 8, 11), ("CR", 7.0, None, 8)]),
    ("Confirmed ORRs were 43% (12/28; 3 CR, 9 PR) and 21% (4/19; 4 PR).",
     [("ORR", 43.0, 12, 28), ("CR", 3.0, None, 28), ("PR", 9.0, None, 28), ("ORR", 21.0, 4, 19), ("PR", 4.0, None, 19)]),
    ("In Arm A, 9 of 25 pts had a confirmed PR (ORR 36.0%).", [("PR", 9, 9, 25), ("ORR", 36.0, 9, 25)]),
    ("In cohort B, DLTs occurred in none of 8 evaluable pts at DL1-2 and in 2 of 6 at DL3.",
     [("DLT", 0.0, 0, 8), ("DLT", 2.0, 2, 6)]),
    ("Five patients were infused in 2019. It was well tolerated. Cells were found in blood. Neutropenia occurred in two.",
     [("NEUTROPENIA", 2.0, None, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), DENOMINATORS)
def test_denominators(text: str, want: list[Row]) -> None:
    assert told(text, "num", "den") == sorted(want, key=str)


WHEN = [
    ("The complete remission rate at 6 weeks, 3 months and 6 months reached 37%, 34% and 40%, respectively.",
     [("CR", 37.0, "6 weeks"), ("CR", 34.0, "3 months"), ("CR", 40.0, "6 months")]),
    ("The 1-, 2- and 3-year OS rates were 57.2%, 27.0% and 11.3%.",
     [("OS", 57.2, "1 year"), ("OS", 27.0, "2 years"), ("OS", 11.3, "3 years")]),
    ("The 2- and 5-year RFS rates were 68.5, 41.4 and 56.8, 26.2% in groups A and B, respectively.",
     [("RFS", 68.5, "2 years"), ("RFS", 41.4, "2 years"), ("RFS", 56.8, "5 years"), ("RFS", 26.2, "5 years")]),
    ("EFS and OS were 73% (95% CI, 60 to 82) and 90% (95% CI, 81 to 95), respectively, at 6 months and 50% and 76% at 12 "
     "months.",
     [("EFS", 73.0, "6 months"), ("OS", 90.0, "6 months"), ("EFS", 50.0, "12 months"), ("OS", 76.0, "12 months")]),
    ("At day 30, the overall response rate was 48.6% (18 of 37) and at day 100 it was also 48.6%.",
     [("ORR", 48.6, "30 days"), ("ORR", 48.6, "100 days")]),
    ("Of 12 patients with MRD, 11 became MRD negative by day 100.", [("MRD_NEG", 11.0, "100 days")]),
    ("The patients were followed. With a median follow-up of 14.9 months, the ORR was 80%.",
     [("FOLLOW_UP", 14.9, None), ("ORR", 80.0, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), WHEN)
def test_time_points(text: str, want: list[Row]) -> None:
    assert told(text, "time_point") == sorted(want, key=str)


GRADES = [
    ("Grade 3 CRS occurred in 12% and neurotoxicity in 27% of the patients.",
     [("CRS", 12.0, "3"), ("NEUROTOXICITY", 27.0, "3")]),
    ("CRS occurred in 9 of 12 patients (grade 1-2 in 8; grade 3 in 1).",
     [("CRS", 9, None), ("CRS", 8.0, "1-2"), ("CRS", 1.0, "3")]),
    ("CRS was reported in 95 (96.9%) patients, all of grade 1 or 2.", [("CRS", 96.9, "1-2")]),
    ("CRS was reported in 107 patients (84%), including 7 (5%) who had events of grade 3 or higher.",
     [("CRS", 84.0, None), ("CRS", 5.0, ">=3")]),
    ("Lymphopenia in 43 (98%) and neutropenia in 38 (86%) were the most common grade 3 or worse adverse events.",
     [("LYMPHOPENIA", 98.0, ">=3"), ("NEUTROPENIA", 86.0, ">=3")]),
    ("Grade 3 or 4 CRS occurred in 48.5% of patients, and 37.1% had grade 1 neurotoxicity.",
     [("CRS", 48.5, "3-4"), ("NEUROTOXICITY", 37.1, "1")]),
    ("No CRS or ICANS of grade ≥3 was observed.", [("CRS", 0.0, ">=3"), ("ICANS", 0.0, ">=3")]),
    ("The incidences of CRS were 75.0% for any grade, 20.8% for grade ≥2 and 14.0% for grade ≥3.",
     [("CRS", 75.0, None), ("CRS", 20.8, ">=2"), ("CRS", 14.0, ">=3")]),
    ("TRAEs were G≥3 in 31 patients, mainly lymphopenia (70.0%) and anaemia (17.5%).",
     [("TRAE", 31.0, ">=3"), ("LYMPHOPENIA", 70.0, ">=3"), ("ANEMIA", 17.5, ">=3")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), GRADES)
def test_grades(text: str, want: list[Row]) -> None:
    assert told(text, "grade") == sorted(want, key=str)


VALUES = [
    ("Five patients died, 3 of disease progression and 2 of infection.", []),
    ("Best overall response was stable disease in 7 patients.", [("SD", 7.0)]),
    ("One patient remains alive with stable disease at 23 months.", []),
    ("Non-ICANS neurotoxicity occurred in 3 patients.", [("NEUROTOXICITY", 3.0)]),
    ("The overall and complete response rates were 71% and 39%, respectively.", [("ORR", 71.0), ("CR", 39.0)]),
    ("Two patients experienced grade ≥3 adverse events attributed to the cells.", [("TRAE", 2.0)]),
    ("The cytokine-release syndrome and neutropenia developed in 4 patients.", [("CRS", 4.0), ("NEUTROPENIA", 4.0)]),
    ("A complete response was achieved in a patient with melanoma.", [("CR", 1.0)]),
    ("Nine patients achieved MRD negativity 10-6.", [("MRD_NEG", 9.0)]),
    ("Of 18 responding patients, 15 underwent transplantation.", []),
    ("The response was durable, and 44% of responses lasted 12 months or longer.", [("DOR", 44.0)]),
    ("One DLT (grade 4 ICANS) occurred at DL3.", [("DLT", 1.0), ("ICANS", 1.0)]),
    ("One patient, who had received two courses of chemotherapy, experienced a DLT.", [("DLT", 1.0)]),
    ("CRS developed in 11 of 12 patients, with 8 individuals experiencing ICANS.", [("CRS", 11), ("ICANS", 8.0)]),
    ("The median PFS was 40.2 months for patients with FL and was not reached for patients with MZL.",
     [("PFS", 40.2), ("PFS", None)]),
    ("Toxicity was reversible, including 16% of patients with severe CRS and 28% of patients with severe neurotoxicity.",
     [("CRS", 16.0), ("NEUROTOXICITY", 28.0)]),
    ("The MTD was DL2.", [("MTD", None)]),
    ("We examined patterns of thrombocytopenia in 744 patients.", []),
    ("Fifty-three patients had 76 infections.", [("INFECTION", 53.0)]),
    ("Rates were lower, including severe cytokine release syndrome (odds ratio [OR] 0.44).", [("CRS", 0.44)]),
    ("Patients with progressive disease after their first cycle of cells were seen; 5 achieved CRs.", [("CR", 5.0)]),
    ("It does not lead to increased infection rates.", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), VALUES)
def test_values(text: str, want: list[Row]) -> None:
    assert told(text) == sorted(want, key=str)


def test_sentences_end_behind_letters_and_units() -> None:
    text = "Median PFS was 2.8 mo in B. The 6-mo OS rate was 84% in arm A. In arm B it was 69%."
    assert ("OS", 84.0, "6 months", "arm A") in told(text, "time_point", "arm")
