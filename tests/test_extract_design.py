"""Design: values, planned and actual numbers, DLT windows, dose groups; and what is not this study's."""

import pytest

from trialkb.extract import design
from trialkb.records import Document, Section

VALUES = [
    ("A phase 2, single-cohort, 25-center, global study of CAR T cells.", {"single_arm", "multicenter"}),
    ("Patients were treated at three academic hospitals.", {"multicenter"}),
    ("This open-label, single-arm trial used a 3+3 design.", {"open_label", "single_arm", "three_plus_three"}),
    (
        "A randomised, double-blind, parallel-group, multicentre trial",
        {"randomized", "double_blind", "parallel", "multicenter"},
    ),
    ("A nonrandomized i3+3 dose-escalation study", {"non_randomized", "i3plus3", "dose_escalation"}),
    ("Dose finding followed a BOIN design", {"boin", "dose_escalation"}),
    ("A Simon two-stage basket trial at a single centre", {"simon2", "basket", "single_center"}),
    ("an mTPI-2 design with accelerated titration", {"mtpi2", "accelerated"}),
    ("a rolling six design; the continual reassessment method", {"rolling6", "crm"}),
    (
        "单臂、开放标签、多中心、剂量递增研究，采用“3+3”设计",
        {"single_arm", "open_label", "multicenter", "dose_escalation", "three_plus_three"},
    ),
    ("rapid expansion of CAR-T cells in blood", set()),
    ("a random-effects meta-analysis", set()),
    ("A previous randomized trial showed no benefit.", set()),
]
NUMBERS = [
    (
        "A total of 6-18 evaluable patients are planned to be enrolled in 4 dose groups.",
        {("design.planned_n", "6-18"), ("design.dose_groups", "4")},
    ),
    ("本研究计划入组 6～18 例可评价受试者。", {("design.planned_n", "6-18")}),
    ("The study will enroll ~240 pts across 50 sites.", {("design.planned_n", "240")}),
    ("Enrollment of approximately 20 patients per cohort will take place.", set()),
    (
        "24 patients were enrolled and 15 (8 men) were infused.",
        {("design.n_enrolled", "24"), ("design.n_treated", "15")},
    ),
    ("Eleven patients received therapy without toxicity.", {("design.n_treated", "11")}),
    ("Of 16 evaluable patients, 3 of 12 patients were treated twice.", set()),
    ("9名患者完成输注，未见DLT。", {("design.n_treated", "9")}),
    ("DLTs were assessed for 28 days after infusion.", {("design.dlt_window", "28 d")}),
    ("the 3-week DLT observation period", {("design.dlt_window", "3 wk")}),
    ("Subjects enter dose group 1, dose group -1 or dose group 2.", {("design.dose_groups", "3")}),
    ("BOIN with a target toxicity rate of 30%", {("design.target_dlt_rate", "30")}),
    ("Fourteen patients were enrolled in trial A and nine in trial B.", set()),
]


def document(*sections, kind="article"):
    return Document("X1", kind, "test", tuple(Section(n, t) for n, t in sections), b"")


def findings(words, kind="article"):
    found = list(design.find(document(("body", words), kind=kind)))
    assert all(0 <= f.start < f.end <= len(words) for f in found)
    return found


@pytest.mark.parametrize(("words", "values"), VALUES)
def test_values(words, values):
    assert {f.value for f in findings(words) if f.field == "design"} == values


@pytest.mark.parametrize(("words", "numbers"), NUMBERS)
def test_numbers(words, numbers):
    assert {(f.field, f.value) for f in findings(words) if f.field != "design"} == numbers


def test_dose_group_labels_and_population_stand_in_the_detail():
    groups = findings("Subjects enter dose group 1, dose group -1 or dose group 2.")
    assert groups[0].detail == {"labels": ["1", "-1", "2"]}
    planned = findings("6-18 evaluable patients are planned to be enrolled")
    assert planned[0].detail == {"low": 6, "high": 18, "population": "evaluable"}


def test_registry_fields_come_first_and_have_spans():
    lines = (
        "type: INTERVENTIONAL\nallocation: NON_RANDOMIZED\nmodel: SINGLE_GROUP\nmasking: NONE\nenrollment: 98 ACTUAL"
    )
    found = list(design.find(document(("title", "A randomized study"), ("design", lines), kind="trial")))
    told = [(f.value, f.origin, lines[f.start : f.end]) for f in found if f.origin == "registry"]
    assert told == [
        ("non_randomized", "registry", "NON_RANDOMIZED"),
        ("single_arm", "registry", "SINGLE_GROUP"),
        ("open_label", "registry", "NONE"),
        ("98", "registry", "98"),
    ]


def test_a_planned_number_is_never_an_actual_one():
    fields = {f.field for f in findings("Up to 30 patients will be treated.")}
    assert "design.n_treated" not in fields
    assert "design.n_enrolled" not in fields
