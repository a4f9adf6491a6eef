"""Reviews: headings, citations, registries and bullets that open the study whose values follow."""

from __future__ import annotations

import pytest

from trialkb.flat import extract_line


def whose(text: str) -> list[tuple[str, float | None, str]]:
    found = extract_line({"doc_id": "x", "kind": "review", "text": text})["outcomes"]
    return [(o["endpoint"], o["value"], o.get("study_id") or o.get("study_name") or "") for o in found]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "**Axi-cel, ZUMA-5 update** [S1]:\n\n- The ORR was **94%**.\n\n**Tisa-cel, ELARA** [S2]:\n\n- ORR was **86%**.",
            [(94, "ZUMA-5"), (86, "ELARA")],
        ),
        (
            "**Ide-cel, KarMMa**\n\n- ORR 73%.\n\n**Liso-cel, TRANSCEND CLL 004**:\n\n- ORR 48%.\n\n"
            "**Safety**\n\n- CRS occurred in 85%.",
            [(73, "KarMMa"), (48, "TRANSCEND CLL 004"), (85, "TRANSCEND CLL 004")],
        ),
        (
            "**CTX-A (CD19 CAR-T), trial NCT04035434**\n- ORR 58%.\n\n**CTX-B / newcel - next-generation CD19 CAR-T**\n"
            "- Phase 1 dose escalation: ORR 67%.\n- The ORR is typically 60%.",
            [(58, "NCT04035434"), (67, "newcel")],
        ),
        (
            "**PD-1 knockout T cells, NSCLC, NCT02793856**\n- Median OS 42.6 weeks.\n\n"
            "**KRAS G12D TCR-T cells, pancreatic cancer - Providence; NEJM 2022**\n- Efficacy: the ORR was 12%.",
            [(42.6, "NCT02793856"), (12, "KRAS G12D TCR-T cells")],
        ),
        (
            "### Epcoritamab\n\nIn 128 evaluable patients treated until progression:\n\n- ORR 82%.\n\n"
            "### Access\n\n- The ORR was 70%.",
            [(82, "Epcoritamab")],
        ),
        ("### CAR T cells in DLBCL\n\n- ORR 82%.", []),
        (
            "### BELINDA\n\nThe ORR was 46%.\n\n### Axi-cel (ZUMA-7)\n\nThe ORR was 83%. "
            "Most responses occur early: the CR rate is 50%.",
            [(46, "BELINDA"), (83, "ZUMA-7")],
        ),
    ],
)
def test_a_heading_names_the_study_below_it_and_closes_the_one_above(text: str, told: list[tuple[float, str]]) -> None:
    assert [(v, n) for _, v, n in whose(text)] == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "- BETA-2 enrolled 140 older patients; the ORR was 60%.\n- In R/R GAMMA, 59 patients received it; ORR was 63%.\n"
            "- FIL_V-RBAC included 40 patients; ORR 90%.\n- ALR/ALO was a small phase II study. ORR was 100%.",
            [(60, "BETA-2"), (63, "GAMMA"), (90, "FIL_V-RBAC"), (100, "ALR/ALO")],
        ),
        (
            "- ZUMA-3: CR 71%.\n- CIBMTR registry data for 150 recipients showed CR 78%.\n"
            "- The UK intention-to-treat series approved 119 patients. ORR was 87%.",
            [(71, "ZUMA-3"), (78, "CIBMTR registry"), (87, "- The UK intention-to-treat series approved 119 patients.")],
        ),
        ("In relapsed PCNSL, 12 patients had disease. The ORR was 40%.", []),
    ],
)
def test_a_bullet_that_begins_with_a_trial_or_registry_is_of_that_one(text: str, told: list[tuple[float, str]]) -> None:
    assert [(v, n) for _, v, n in whose(text)] == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Nastoupil, J Clin Oncol 2020 (US consortium): 275 infused. ORR 82%.\n\nOthers. ORR 70%.", [(82, "Nastoupil 2020")]),
        ('Bethge, Blood 2022 (German registry): 356 patients. "ORR 65%."', [(65, "Bethge 2022")]),
        ("Updated guidelines, Blood 2022: the ORR was 40%.", []),
        ("Approved in China, March 2023: the ORR was 40%.", []),
    ],
)
def test_authors_with_a_journal_and_year_open_a_study(text: str, told: list[tuple[float, str]]) -> None:
    assert [(v, n) for _, v, n in whose(text)] == told


def test_patients_who_were_randomised_are_a_study_s() -> None:
    text = "A total of 210 patients were randomly assigned to tandem SCT or single SCT. The ORR was 40% versus 30%."
    assert [(v, n[:12]) for _, v, n in whose(text)] == [(40, "A total of 2"), (30, "A total of 2")]
