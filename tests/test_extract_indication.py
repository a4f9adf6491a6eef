"""Indications, the biomarkers they must show and their stage."""

import pytest

from trialkb import terms
from trialkb.extract import biomarker, indication, stage
from trialkb.records import Document, Section

CASES = [
    ("Gastric / esophagogastric junction adenocarcinoma", {"gastric_cancer", "gej_adenocarcinoma"}),
    ("Breast, ovarian and pancreatic cancers", {"breast_cancer", "ovarian_cancer", "pancreatic_cancer"}),
    ("B-cell leukemia and lymphoma", {"b_leukaemia", "b_nhl"}),
    ("T lymphoblastic leukemia/lymphoma", {"t_all", "t_lbl"}),
    ("T-LBL/ALL", {"t_lbl", "t_all"}),
    ("CLL/SLL", {"cll", "sll"}),
    ("Lymphoma, B-Cell", {"b_nhl"}),
    ("胃癌或食管胃结合部腺癌", {"gastric_cancer", "gej_adenocarcinoma"}),
    ("a history of breast cancer was excluded", set()),
    ("a gastric cancer cell line", set()),
]


def document(*sections, kind="article"):
    return Document("X1", kind, "test", tuple(Section(n, t) for n, t in sections), b"")


@pytest.mark.parametrize(("words", "ids"), CASES)
def test_indications(words, ids):
    found = list(indication.find(document(("body", words))))
    assert {f.value for f in found} == ids
    assert all(0 <= f.start < f.end <= len(words) for f in found)


def test_conditions_come_first_and_keep_their_lines_apart():
    conditions = "Leukemia\nlymphoma\nMultiple Myeloma"
    found = list(indication.find(document(("title", "CAR-T in cancer"), ("conditions", conditions), kind="trial")))
    assert [(f.value, f.origin) for f in found] == [
        ("leukaemia", "registry"),
        ("lymphoma", "registry"),
        ("multiple_myeloma", "registry"),
    ]
    assert [conditions[f.start : f.end] for f in found] == ["Leukemia", "lymphoma", "Multiple Myeloma"]


def test_an_unsafe_acronym_counts_alone_in_a_condition_line_only():
    assert [f.value for f in indication.find(document(("conditions", "GC"), kind="trial"))] == ["gastric_cancer"]
    assert list(indication.find(document(("body", "GC was measured; OS was 8 months")))) == []


def test_broader_terms():
    assert "digestive_tumour" in indication.broader("gastric_cancer")
    assert "gastric_cancer" in terms.descendants("indication", "solid_tumour")
    assert "dlbcl" in terms.descendants("indication", "lbcl")


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("CLDN18.2 IHC >= 2+ in >= 40 % of tumour cells", {"CLDN18.2 >= 2+ in >= 40 %"}),
        ("CLDN18.2免疫组化染色≥2+的肿瘤细胞≥40%", {"CLDN18.2 >= 2+ in >= 40 %"}),
        ("HER2-negative gastric cancer", {"HER2 negative"}),
        ("CD19+ B-cell malignancies", {"CD19 positive"}),
        ("CD4+ T cells were counted", set()),
        ("CD19 is expressed in more than 90% of B-cell malignancies", set()),
    ],
)
def test_biomarkers(words, values):
    assert {f.value for f in biomarker.find(document(("body", words)))} == values


def test_an_exclusion_criterion_asks_for_no_biomarker():
    text = "Inclusion Criteria:\n* CD19-positive disease\nExclusion Criteria:\n* HER2-positive disease"
    assert {f.value for f in biomarker.find(document(("eligibility", text), kind="trial"))} == {"CD19 positive"}


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("Stage IV gastric cancer", {"IV"}),
        ("Ⅳ期胃癌", {"IV"}),
        ("relapsed or refractory lymphoma", {"relapsed", "refractory"}),
        ("locally advanced or metastatic cancer", {"locally_advanced", "metastatic"}),
        ("a phase IV trial", set()),
        ("II期临床试验", set()),
        ("relapse-free survival", set()),
    ],
)
def test_stages(words, values):
    assert {f.value for f in stage.find(document(("body", words)))} == values
