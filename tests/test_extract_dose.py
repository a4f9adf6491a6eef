"""Dose levels, caps, schedules and infusions from text, with spans; and what is no dose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkb.extract import dose
from trialkb.records import Document, Section


def read(text: str, section: str = "body") -> list[tuple[str, str]]:
    document = Document("X1", "page", "test", (Section(section, text),), b"")
    found = list(dose.find(document))
    assert all(0 <= f.start < f.end <= len(text) and f.rule for f in found)
    return [(f.field, f.value) for f in found]


def levels(text: str) -> list[str]:
    return [value for field, value in read(text) if field == "dose.level"]


LEVELS = [
    ("CAR-T cells were given at a dose of 2.5 x 10^8 cells.", ["2.5e8 cells"]),
    ("CAR-T cells were given at a dose of 2.5×10⁸ cells.", ["2.5e8 cells"]),
    ("CAR-T cells were given at a dose of 2.5 x 108 cells.", ["2.5e8 cells"]),
    ("Patients receive 0.5 – 1.0×106 CAR+ cells/kg.", ["5e5 cells/kg", "1e6 cells/kg"]),
    (
        "Doses of 1x10(6)/kg, 3x10(6)/kg and 1x10(7)/kg of CAR-T cells are tested.",
        ["1e6 cells/kg", "3e6 cells/kg", "1e7 cells/kg"],
    ),
    ("The dose is 5 × 10E6 CAR-NK cells per kg.", ["5e6 cells/kg"]),
    ("CAR-T cells at 1e6/kg are infused.", ["1e6 cells/kg"]),
    ("A dose of 100 million CAR T cells is infused.", ["1e8 cells"]),
    ("NK cells are infused at 5 to 10 million cells/kg.", ["5e6 cells/kg", "1e7 cells/kg"]),
    (
        "Three dose levels (3-, 6-, and 10×106 CAR-positive T cells per kilogram of body weight).",
        ["3e6 cells/kg", "6e6 cells/kg", "1e7 cells/kg"],
    ),
    ("VSTs (1 × 10^6/m2 to 1 × 10^8/m2) were infused.", ["1e6 cells/m2", "1e8 cells/m2"]),
    (
        "Dose level 1: 1 x 10^6; Dose level 2: 3 x 10^6; Dose level 3: 1 x 10^7 CAR+ cells/kg.",
        ["1e6 cells/kg", "3e6 cells/kg", "1e7 cells/kg"],
    ),
    (
        "Allogeneic CAR T cells were given at 40 (DL1), 160 (DL2), 320 (DL3) or 480 (DL4) × 10^6 cells.",
        ["4e7 cells", "1.6e8 cells", "3.2e8 cells", "4.8e8 cells"],
    ),
    ("Two billion cells were infused per dose of TIL.", ["2e9 cells"]),
    ("Six patients received ≥10^8/meter2 CAR-T cells.", ["1e8 cells/m2"]),
    ("CIK cells (≥1×10^10) were infused each cycle.", ["1e10 cells"]),
    ("Doses of 1.91e 8 to 9.93e10 cells were infused.", ["1.91e8 cells", "9.93e10 cells"]),
    (
        "Patients received 10-30e6 GD2-CART by reservoir and 1e6 or 3e6 GD2-CART/kg by vein.",
        ["1e7 cells", "3e7 cells", "1e6 cells/kg", "3e6 cells/kg"],
    ),
    (
        "NK cells were infused at 3 dose levels (106, 107 and 108 kg-1).",
        ["1e6 cells/kg", "1e7 cells/kg", "1e8 cells/kg"],
    ),
    ("Cells at dose levels of 1x10(8)/m(2) and 3x10(9)/m(2) were infused.", ["1e8 cells/m2", "3e9 cells/m2"]),
    ("Cultured cells (>1×10^9) were administered every 2 weeks.", ["1e9 cells"]),
    ("回输剂量为1×106(±30%)个/kg CAR-T细胞。", ["1e6 cells/kg"]),
    ("CAR-T细胞剂量为1×10⁶个/kg。", ["1e6 cells/kg"]),
    ("回输CAR-T细胞3×10^6~1×10^7个/kg。", ["3e6 cells/kg", "1e7 cells/kg"]),
    ("每次回输1亿个CAR-T细胞。", ["1e8 cells"]),
    ("剂量组为5000万个细胞、1亿个细胞。", ["5e7 cells", "1e8 cells"]),
    ("TCR-T cells at 1,000,000,000 cells are infused.", ["1e9 cells"]),
]


@pytest.mark.parametrize(("text", "want"), LEVELS)
def test_levels_are_read_and_normalised(text: str, want: list[str]) -> None:
    assert levels(text) == want


NOTHING = [
    "A median of 6.76 × 10^6 NK cells/kg was infused.",
    "T cells were < 10(5)/Kg in the product.",
    "Mice were injected with 1 × 10^7 CAR-T cells.",
    "ANC ≥ 1.0 × 10^9/L and platelets ≥ 50 × 10^9/L before CAR-T cells.",
    "An oncolytic virus at 1 × 10^8 pfu is injected with CAR-T cells.",
    "CAR copies reached 2 × 10^5 copies/µg DNA after CAR-T infusion.",
    "At least 2 × 10^6 CD34+ cells/kg are collected.",
    "小鼠尾静脉注射1×10^7个CAR-T细胞。",
    "采集单个核细胞2×10^9个。",
    "在异种移植模型中，静脉输注（剂量为1×107、2×106）CAR-T细胞能延缓肿瘤生长。",
    "首付款8亿美元用于CAR-T细胞。",
    "108 patients received CAR-T cells.",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_dose_is_not_read(text: str) -> None:
    assert levels(text) == []


def test_a_cap_is_not_a_level() -> None:
    found = read("1 x 10^6 CAR+ cells/kg (capped at 10^8 CAR+ cells).")
    assert found == [("dose.level", "1e6 cells/kg"), ("dose.cap", "1e8 cells")]


def test_ranges_and_labels_stand_in_the_detail() -> None:
    text = "Dose range 1×10^6-1×10^7 CAR-T cells/kg. Dose level -1 is 5×10^5 CAR-T cells/kg."
    found = list(dose.find(Document("X1", "page", "t", (Section("body", text),), b"")))
    assert [f.detail and f.detail.get("range") for f in found] == [["1e6", "1e7"], ["1e6", "1e7"], None]
    assert found[2].detail == {"label": "-1", "unit": "cells/kg"}
    assert text[found[0].start : found[0].end] == "1×10^6"


INFUSIONS = [
    ("A single infusion of CAR-T cells is given.", [("dose.infusions", "1")]),
    ("Up to 3 infusions of NK cells are given.", [("dose.infusions", "<=3")]),
    ("CAR-T细胞单次输注。", [("dose.infusions", "1")]),
    ("NK细胞最多4次回输。", [("dose.infusions", "<=4")]),
    ("NK cells are infused every 2 weeks.", [("dose.schedule", "every 2 wk")]),
    ("NK细胞每2周回输。", [("dose.schedule", "every 2 wk")]),
    ("Four weeks after the first CAR-T cell infusion.", []),
    ("8 patients progressed after CAR-T cell infusion.", []),
    ("CT scans every 8 weeks after CAR-T cells.", []),
]


@pytest.mark.parametrize(("text", "want"), INFUSIONS)
def test_infusions_and_schedule(text: str, want: list[tuple[str, str]]) -> None:
    assert read(text) == want


@given(st.integers(1, 99), st.integers(4, 10), st.sampled_from(["x 10^{}", "×10{}", "x10({})", " × 10<sup>{}</sup>"]))
def test_any_mantissa_and_power_is_read_back(m: int, e: int, form: str) -> None:
    text = f"A dose of {m / 10:g}{form.format(e)} CAR-T cells/kg was infused."
    (value,) = levels(text)
    number, unit = value.split(" ")
    assert unit == "cells/kg"
    assert float(number) == pytest.approx(m / 10 * 10**e)


@given(st.text(alphabet="0123456789 x×10^⁶.-,/kgcellsdose亿万个细胞(", max_size=60))
def test_hostile_text_gives_true_spans(text: str) -> None:
    read(text)
