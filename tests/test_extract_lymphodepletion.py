"""Lymphodepletion, bridging and support from text and registered interventions; and what is none."""

import pytest

from trialkb.extract import lymphodepletion
from trialkb.records import Document, Intervention, Section, Trial


def read(text: str) -> list[tuple[str, str]]:
    document = Document("X1", "page", "test", (Section("body", text),), b"")
    found = list(lymphodepletion.find(document))
    assert all(text[f.start : f.end].strip() and f.rule for f in found)
    return [(f.field, f.value) for f in found]


FLU, CY = ("lymphodepletion", "fludarabine"), ("lymphodepletion", "cyclophosphamide")
CASES = [
    ("Lymphodepletion with fludarabine and cyclophosphamide.", [FLU, CY]),
    (
        "Preconditioning: fludarabine, cyclophosphamide and nab-paclitaxel.",
        [FLU, CY, ("lymphodepletion", "nab-paclitaxel")],
    ),
    ("CAR-T cells were given after lymphodepletion (Flu/Cy).", [FLU, CY]),
    ("Bendamustine lymphodepletion before CAR-T cells.", [("lymphodepletion", "bendamustine")]),
    ("Cytopenia occurred after fludarabine and cyclophosphamide (Flu/Cy) in this CAR-T trial.", [FLU, CY]),
    ("Patients received fludarabine 30 mg/m2 and cyclophosphamide 300 mg/m2. CAR T cells came next.", [FLU, CY]),
    ("Fludarabine, cyclophosphamide and rituximab had failed; CAR T cells were given.", []),
    ("Chronic leukemia was treated with fludarabine and cyclophosphamide.", []),
    ("清淋方案为氟达拉滨和环磷酰胺。", [FLU, CY]),
    ("预处理采用白蛋白紫杉醇联合氟达拉滨。", [("lymphodepletion", "nab-paclitaxel"), FLU]),
    (
        "Conditioning consisted of fludarabine and total body irradiation before NK cells.",
        [FLU, ("lymphodepletion.radiation", "total body irradiation")],
    ),
    ("TIL infusion is followed by high-dose IL-2.", [("support.il2", "il-2")]),
    ("细胞输注后皮下注射白介素-2。", [("support.il2", "il-2")]),
    ("Bridging therapy is permitted.", [("support.bridging", "bridging")]),
    ("允许桥接治疗。", [("support.bridging", "bridging")]),
    ("R-CHOP (rituximab, cyclophosphamide, doxorubicin, vincristine, prednisone) is standard.", []),
    ("Disease relapsed after fludarabine and cyclophosphamide.", []),
    ("Serum levels of IL-2 and IL-6 were measured.", []),
    ("CAR-T cells secreted IL-2 and were administered.", []),
    ("GVHD prophylaxis with cyclophosphamide after transplant.", []),
    ("Patients allergic to fludarabine, with conditioning planned.", []),
    ("既往环磷酰胺化疗失败。", []),
]


@pytest.mark.parametrize(("text", "want"), CASES)
def test_drugs_in_text(text: str, want: list[tuple[str, str]]) -> None:
    assert read(text) == want


DOSES = [
    (
        "Lymphodepletion: fludarabine (30 mg/m2) and cyclophosphamide (500mg/m2) daily for 3 days.",
        [{"dose": "30", "unit": "mg/m2", "days": "3 d"}, {"dose": "500", "unit": "mg/m2", "days": "3 d"}],
    ),
    (
        "清淋：氟达拉滨 25-30 mg/m²/d，第-5~-3天；环磷酰胺 1 g/m²。",
        [{"dose": "25-30", "unit": "mg/m2/d", "days": "-5 to -3"}, {"dose": "1", "unit": "g/m2"}],
    ),
    (
        "Conditioning with fludarabine 25 mg/m2/day on days -5 to -3 before CAR-T cells.",
        [{"dose": "25", "unit": "mg/m2/d", "days": "-5 to -3"}],
    ),
    (
        "Lymphodepletion (day −5 to day −3: cyclophosphamide 20 mg/kg/day).",
        [{"dose": "20", "unit": "mg/kg/d", "days": "-5 to -3"}],
    ),
]


@pytest.mark.parametrize(("text", "want"), DOSES)
def test_doses_and_days(text: str, want: list[dict[str, str]]) -> None:
    document = Document("X1", "page", "test", (Section("body", text),), b"")
    assert [f.detail for f in lymphodepletion.find(document)] == want


def test_registered_drugs_of_a_cell_therapy_trial() -> None:
    names = ("CAR-T cells", "Fludarabine", "Cyclophosphamide", "Rituximab")
    text = "\n".join(names)
    trial = Trial("NCT1", interventions=tuple(Intervention(n) for n in names))
    document = Document("NCT1", "trial", "ctgov", (Section("interventions", text),), b"", trial=trial)
    found = list(lymphodepletion.find(document))
    assert [(f.value, f.origin, text[f.start : f.end]) for f in found] == [
        ("fludarabine", "registry", "Fludarabine"),
        ("cyclophosphamide", "registry", "Cyclophosphamide"),
    ]


def test_registered_drugs_without_cells_are_no_lymphodepletion() -> None:
    trial = Trial("NCT1", interventions=(Intervention("Fludarabine"),))
    document = Document("NCT1", "trial", "ctgov", (Section("interventions", "Fludarabine"),), b"", trial=trial)
    assert list(lymphodepletion.find(document)) == []
