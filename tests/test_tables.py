"""Tables of outcomes in every form and both languages; what is no outcome gives none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkb.extract import tables
from trialkb.extract._grid import grids
from trialkb.records import Article, Document, Grade, Kind, Outcome, Section, TimePoint

TRIALS = """Table 1. Cell therapies of gastric cancer
| Trial | Product | n | ORR, n/N (%) | DCR (%) | mPFS, months (95% CI) | mOS (months) |
|---|---|---|---|---|---|---|
| NCT00000001 | CT041 | 98 | 38/98 (38.8) | 91.8 | 4.4 (3.7–6.6) | 8.8 |
| NCT00000002 | LY011 | 12 | 6/12 (50.0) | 100 | NR | NE |
NR, not reached.
"""
CHINESE = """表1 细胞治疗胃癌的疗效
| 临床试验 | 例数 | 客观缓解率（%） | 疾病控制率（%） | 中位无进展生存期（月） |
|---|---|---|---|---|
| NCT00000001 | 98 | 38.8 | 91.8 | 4.4 |
| NCT00000002 | 12 | 50.0 | 100 | 未达到 |
"""
ARMS = """Efficacy
| Endpoint | CT041 (n = 104) | Control (n = 52) | HR (95% CI) | P value |
|---|---|---|---|---|
| ORR, n (%) | 23 (22.1) | 2 (3.8) | | |
| 95% CI | 14.6-31.3 | 0.5-13.2 | | |
| Median PFS, months | 3.25 (2.86-4.53) | 1.77 (1.61-2.04) | 0.37 (0.24-0.56) | <0.0001 |
| 12-month OS rate (%) | 37.5 | 22.0 | | |
"""
EVENTS = """| Adverse event | Any grade, n (%) | Grade ≥3, n (%) |
|---|---|---|
| CRS | 93 (94.9) | 1 (1.0) |
| ICANS | 0 (0) | 0 (0) |
| Neutropenia | 60 (61.2) | 58 (59.2) |
"""
HTML = """<p>Table 2</p><table><tr><th rowspan="2">Dose level</th><th rowspan="2">n</th><th colspan="2">Response</th></tr>
<tr><th>ORR (%)</th><th>CR (%)</th></tr><tr><td>DL1 (2.5&times;10<sup>8</sup>)</td><td>6</td><td><b>33.3</b><sup>2</sup></td>
<td>16.7</td></tr><tr><td>DL2</td><td>12</td><td>50.0</td><td>0</td></tr></table>"""
PDF = """Table 3  Results
Trial          Patients    ORR (%)    DCR (%)
NCT00000001    98          38.8       91.8
NCT00000002    12                     100
"""


def document(text: str, name: str = "table:1", kind: Kind = "review", **article: object) -> Document:
    about = Article("A", **article) if article else None  # type: ignore[arg-type]
    return Document("A", kind, "text", (Section(name, text),), b"", article=about)


def read(text: str, name: str = "table:1", kind: Kind = "review") -> list[Outcome]:
    doc = document(text, name, kind)
    outcomes = list(tables.find(doc))
    for o in outcomes:
        printed = text[slice(*o.evidence.value_span)]
        told = o.value if o.value is not None else o.numerator
        assert told is None or float(printed.split("/")[0]) == told, (printed, o)
        assert text[slice(*o.evidence.endpoint_span)] == o.verbatim
    return outcomes


def brief(outcomes: list[Outcome]) -> list[tuple[object, ...]]:
    return [(o.study or (o.arm.label if o.arm else None), o.endpoint, o.statistic, o.value, o.unit) for o in outcomes]


def test_a_row_a_trial() -> None:
    outcomes = read(TRIALS)
    assert brief(outcomes) == [
        ("NCT00000001", "ORR", "rate", 38.8, "%"),
        ("NCT00000001", "DCR", "rate", 91.8, "%"),
        ("NCT00000001", "PFS", "median", 4.4, "mo"),
        ("NCT00000001", "OS", "median", 8.8, "mo"),
        ("NCT00000002", "ORR", "rate", 50.0, "%"),
        ("NCT00000002", "DCR", "rate", 100.0, "%"),
        ("NCT00000002", "PFS", "median", None, "mo"),
        ("NCT00000002", "OS", "median", None, "mo"),
    ]
    orr, dcr, pfs = outcomes[:3]
    assert (orr.numerator, orr.denominator, orr.arm and orr.arm.label) == (38, 98, "CT041")
    assert (dcr.numerator, dcr.denominator) == (None, 98)
    assert "denominator" in dcr.inferred
    assert pfs.dispersion is not None
    assert (pfs.dispersion.lower, pfs.dispersion.upper, pfs.dispersion.level) == (3.7, 6.6, 95.0)
    assert [o.value_status for o in outcomes[-2:]] == ["not_reached", "not_estimable"]


def test_without_a_legend_nr_is_nothing() -> None:
    outcomes = read(TRIALS.replace("NR, not reached.", ""))
    assert [o.endpoint for o in outcomes if o.study == "NCT00000002"] == ["ORR", "DCR", "OS"]


def test_chinese_and_english_tables_say_the_same() -> None:
    chinese = read(CHINESE)
    want = {b for b in brief(read(TRIALS)) if b[1] != "OS"}
    assert set(brief(chinese)) == want
    assert [o.value_status for o in chinese][-1] == "not_reached"


def test_a_column_an_arm() -> None:
    outcomes = read(ARMS, kind="article")
    rows = [
        (o.arm and (o.arm.label, o.arm.n), o.endpoint, o.statistic, o.value, o.numerator, o.denominator)
        for o in outcomes
    ]
    assert rows == [
        (("CT041", 104), "ORR", "rate", 22.1, 23, 104),
        (("Control", 52), "ORR", "rate", 3.8, 2, 52),
        (("CT041", 104), "PFS", "median", 3.25, None, 104),
        (("Control", 52), "PFS", "median", 1.77, None, 52),
        (("CT041", 104), "OS", "km_rate", 37.5, None, 104),
        (("Control", 52), "OS", "km_rate", 22.0, None, 52),
    ]
    assert outcomes[0].dispersion is not None
    assert (outcomes[0].dispersion.lower, outcomes[0].dispersion.upper) == (14.6, 31.3)
    assert outcomes[2].dispersion is None  # an interval that nobody names is none
    assert outcomes[4].time_point == TimePoint(12, "mo")


def test_swapped_arms_swap_the_labels() -> None:
    swapped = (
        ARMS.replace("CT041 (n = 104)", "X")
        .replace("Control (n = 52)", "CT041 (n = 104)")
        .replace("X", "Control (n = 52)")
    )
    assert [o.arm and o.arm.label for o in read(swapped, kind="article")] == ["Control", "CT041"] * 3


def test_events_by_grade() -> None:
    outcomes = read(EVENTS, kind="article")
    assert [(o.endpoint, o.numerator, o.value, o.grade) for o in outcomes] == [
        ("CRS", 93, 94.9, None),
        ("CRS", 1, 1.0, Grade(3)),
        ("ICANS", 0, 0.0, None),
        ("ICANS", 0, 0.0, Grade(3)),
        ("NEUTROPENIA", 60, 61.2, None),
        ("NEUTROPENIA", 58, 59.2, Grade(3)),
    ]
    assert all(o.arm is None for o in outcomes)


def test_html_with_spanning_headings() -> None:
    outcomes = read(HTML, kind="article")
    assert [(o.arm and o.arm.label, o.endpoint, o.value, o.denominator) for o in outcomes] == [
        ("DL1 (2.5×10^8)", "ORR", 33.3, 6),
        ("DL1 (2.5×10^8)", "CR", 16.7, 6),
        ("DL2", "ORR", 50.0, 12),
        ("DL2", "CR", 0.0, 12),
    ]


def test_aligned_text_keeps_its_columns() -> None:
    assert brief(read(PDF)) == [
        ("NCT00000001", "ORR", "rate", 38.8, "%"),
        ("NCT00000001", "DCR", "rate", 91.8, "%"),
        ("NCT00000002", "DCR", "rate", 100.0, "%"),
    ]


def test_tabs_are_columns_too() -> None:
    assert brief(read(PDF.replace("    ", "\t").replace("\t\t", "\t")))[:2] == [
        ("NCT00000001", "ORR", "rate", 38.8, "%"),
        ("NCT00000001", "DCR", "rate", 91.8, "%"),
    ]


@pytest.mark.parametrize("printed", ["12.5", "0", "99.9"])
def test_the_number_changed_changes_the_outcome(printed: str) -> None:
    assert read(TRIALS.replace("| 91.8 |", f"| {printed} |"))[1].value == float(printed)


def test_response_rows_below_their_heading() -> None:
    text = (
        "| Response | DL1 (n=3) | Total (N=9) |\n|---|---|---|\n| Best overall response, n (%) | | |\n"
        "| CR | 0 (0) | 1 (11.1) |\n| SD | 2 | 4 |\n| ORR (95% CI) | 33.3% (0.8-90.6) | 44.4% (13.7-78.8) |\n"
    )
    assert [(o.endpoint, o.statistic, o.value, o.numerator, o.denominator) for o in read(text, kind="article")] == [
        ("CR", "rate", 0.0, 0, 3),
        ("CR", "rate", 11.1, 1, 9),
        ("SD", "count", 2.0, 2, 3),
        ("SD", "count", 4.0, 4, 9),
        ("ORR", "rate", 33.3, None, 3),
        ("ORR", "rate", 44.4, None, 9),
    ]


@pytest.mark.parametrize("heading", ["CRS（≥3级）/%", "≥Ⅲ级CRS（%）", "CRS 3级及以上（%）", "CRS grade ≥3 (%)"])
def test_grades_in_headings_of_both_languages(heading: str) -> None:
    (o,) = read(f"| 研究 | 例数 | {heading} |\n|---|---|---|\n| NCT00000001 | 98 | 1.0 |\n")
    assert (o.endpoint, o.value, o.grade) == ("CRS", 1.0, Grade(3))


def test_an_author_is_no_arm() -> None:
    (o,) = read("| Author | NCT | n | ORR (%) |\n|---|---|---|---|\n| Qi et al. | NCT00000001 | 98 | 38.8 |\n")
    assert (o.study, o.arm) == ("NCT00000001", None)
    (o,) = read("| Author | n | ORR (%) |\n|---|---|---|\n| Qi et al. | 98 | 38.8 |\n")
    assert (o.study, o.arm) == ("Qi et al.", None)


NOTHING = {
    "a row a patient": "| Patient | Response | PFS (months) |\n|---|---|---|\n| 1 | PR | 4.2 |\n| 2 | SD | 2.1 |",
    "baseline": "| Characteristic | All (n = 98) |\n|---|---|\n| Median age, years | 54 |\n| ECOG 1, n (%) | 60 (61) |",
    "mice": "Table 1. Tumour growth in mice\n| Group | ORR (%) |\n|---|---|\n| A | 80 |",
    "a mouse row": "| Model | ORR (%) |\n|---|---|\n| xenograft mice | 80 |",
    "no unit": "| Trial | ORR |\n|---|---|\n| NCT00000001 | 50 |",
    "time without unit": "| Trial | mPFS |\n|---|---|\n| NCT00000001 | 4.4 |",
    "registry list": "| Trial | Phase | Status |\n|---|---|---|\n| NCT00000001 | I | Recruiting |",
    "plan": "| Trial | Primary endpoint | ORR (%) |\n|---|---|---|\n| NCT00000001 | ORR | ongoing |",
    "p value": "| Endpoint | P value |\n|---|---|\n| ORR (%) | 0.03 |",
    "dashes": "| Trial | ORR (%) | mOS (months) |\n|---|---|---|\n| NCT00000001 | - | — |",
    "markers": "| Marker | PD-L1 (%) | PD-1+ (%) |\n|---|---|---|\n| A | 40 | 20 |",
    "prose": "The ORR  was 38.8%.  The trial  is closed.\nPatients  were  treated  in 2 sites.\n",
    "one line": "| ORR (%) | 38.8 |",
    "two endpoints": "| Trial | ORR and DCR (%) |\n|---|---|\n| NCT00000001 | 50 |",
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_is_no_outcome(name: str) -> None:
    assert read(NOTHING[name], "body") == []


def test_whose_result_it_is() -> None:
    row = "| Study | n | ORR (%) |\n|---|---|---|\n| {} | 98 | 38.8 |"
    (o,) = tables.find(document(row.format("NCT00000001"), kind="article", registry_ids=("NCT00000001",)))
    assert (o.study, o.background, o.arm) == ("NCT00000001", None, None)
    (o,) = tables.find(document(row.format("NCT00000002"), kind="article", registry_ids=("NCT00000001",)))
    assert (o.study, o.background) == ("NCT00000002", "citation")
    (o,) = tables.find(document(row.format("Qi et al. [12]"), kind="article"))
    assert o.background == "citation"
    (o,) = tables.find(document(row.format("CT041"), kind="review"))
    assert (o.study, o.background) == ("CT041", None)


def test_a_review_names_the_trial_or_the_value_is_background() -> None:
    for label in ("Control", "Dose level 1", "对照组", "All patients"):
        (o,) = tables.find(document(f"| Arm | n | ORR (%) |\n|---|---|---|\n| {label} | 98 | 38.8 |"))
        assert (o.study, o.background) == (None, "other_study")


@settings(max_examples=200, deadline=2000)
@given(st.text(alphabet="<>/tabledrh|-\n\t  ORR%(95CI)n=N/38.8,NR客观缓解率月&;\"'", max_size=400))
def test_hostile_text_raises_nothing_and_spans_hold(text: str) -> None:
    for grid in grids(text):
        for row in grid.rows:
            for cell in row:
                assert len(cell.text) == len(cell.starts) == len(cell.ends)
                assert 0 <= cell.start <= cell.end <= len(text)
    for o in tables.find(document(text, "body")):
        assert 0 <= o.evidence.value_span[0] <= o.evidence.value_span[1] <= len(text)


FILLINGS = ["1" * 100_000, "1," * 50_000, "(" * 100_000, " " * 100_000, "1/" * 50_000, "n=" * 50_000]
FORMS = ["| A | ORR (%) |\n| x | {} |", "| A | {} |\n| x | 38.8 |", "| {} | ORR (%) |\n| {} | 38.8 |"]


@pytest.mark.parametrize("filling", FILLINGS, ids=lambda f: f[:2])
def test_long_cells_are_quick(filling: str) -> None:
    start = time.process_time()
    for form in [*FORMS, "<table><tr><td>A</td><td>ORR (%)</td></tr><tr><td>x</td><td>{}</td></tr></table>"]:
        list(tables.find(document(form.replace("{}", filling), "body")))
    assert time.process_time() - start < 6


@pytest.mark.parametrize(
    "text",
    [
        "<table" * 20000,
        "<table" * 20000 + "</table>",
        "<table><tr" * 9000 + "</table>",
        "<table>" + "<tr><td>" * 20000,
        "|" * 100_000,
        "a  " * 50_000,
        "1" * 100_000,
    ],
)
def test_long_hostile_text_is_quick(text: str) -> None:
    start = time.process_time()
    assert list(tables.find(document(text, "body"))) == []
    assert time.process_time() - start < 3
