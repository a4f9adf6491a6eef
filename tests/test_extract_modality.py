"""Modality, source and construct: this study's cells, not those given before, excluded or compared."""

import pytest

from trialkb.extract import construct, modality
from trialkb.records import Document, Section

CASES = [
    ("CD19 CAR-T cells", {"CAR-T"}),
    ("huCART-19 for leukemia", {"CAR-T"}),
    ("Chimeric antigen receptor modified T cells", {"CAR-T"}),
    ("CAR.70-transduced NK cells", {"CAR-NK"}),
    ("Allogeneic anti-CD70 chimeric antigen receptor γδ T cell therapy", {"CAR-gdT"}),
    ("CAR-NKT cells for neuroblastoma", {"CAR-NKT"}),
    ("HER2-CAR virus-specific T cells (VSTs)", {"CAR-T"}),
    ("CAR macrophages in solid tumours", {"CAR-M"}),
    ("In vivo CAR-T lentiviral injection", {"in-vivo CAR"}),
    ("TCR-T cells against PRAME", {"TCR-T"}),
    ("Infusion of tumor infiltrating lymphocytes (TIL)", {"TIL"}),
    ("DC-CIK cells after surgery", {"DC-CIK"}),
    ("RAK cells in renal cancer", {"RAK"}),
    ("CAR-T/CTL and DC vaccine in leukemia", {"CAR-T", "CTL", "DC"}),
    ("CD7 CAR-T cells in T/NK cell hematologic malignancies", {"CAR-T"}),
    ("自体嵌合抗原受体T细胞治疗", {"CAR-T"}),
    ("Nivolumab in melanoma", set()),
    ("Clinical benefit until progression", set()),
    ("Combined antiretroviral therapy (cART) and MacArthur scores; cartilage", set()),
    ("Vitamin D raised the number of natural killer cells in blood", set()),
    ("The CARDIO trial and the PROACAROS registry", set()),
]
SOURCES = [
    ("Autologous CAR-T cells", {"autologous"}),
    ("Universal CAR-T cells", {"allogeneic"}),
    ("iPSC-derived CAR-NK cells", {"ipsc"}),
    ("Cord blood-derived CAR-NK cells", {"cord_blood"}),
    ("Donor-derived CAR-T cells", {"donor"}),
    ("CAR-T cells after allogeneic hematopoietic stem cell transplantation", set()),
    ("通用型CAR-T细胞", {"allogeneic"}),
    ("Haploidentical NK cells in children with AML", {"allogeneic"}),
    ("半相合NK细胞输注", {"allogeneic"}),
    ("CAR-T cells after haploidentical transplantation", set()),
]
BUILT = [
    ("CD19 CAR-T cells with a CD28 costimulatory domain", ("modality.costim", "CD28")),
    ("third-generation CAR T cells", ("modality.generation", "3")),
    ("PD-1 knockout CAR-T cells", ("modality.armour", "PD-1 KO")),
    ("CAR-T cells expressing dnTGFβRII", ("modality.armour", "dnTGFβRII")),
    ("IL-15 transduced CAR-NK cells", ("modality.armour", "IL-15")),
    ("piggyBac CAR-T cells", ("modality.vector", "transposon")),
    ("Hepatic artery infusion of CAR-T cells", ("modality.route", "hepatic_artery")),
    ("a single infusion of CAR-T cells", ("modality.infusions", "1")),
    ("CAR-T细胞经静脉回输", ("modality.route", "intravenous")),
]


def document(words, name="body", kind="article"):
    return Document("X1", kind, "test", (Section(name, words),), b"")


def values(part, words, field, **more):
    found = [f for f in part.find(document(words, **more)) if f.field == field]
    assert all(0 <= f.start < f.end <= len(words) for f in found)
    return {f.value for f in found}


@pytest.mark.parametrize(("words", "kinds"), CASES)
def test_modality(words, kinds):
    assert values(modality, words, "modality") == kinds


@pytest.mark.parametrize(("words", "sources"), SOURCES)
def test_source(words, sources):
    assert values(modality, words, "modality.source") == sources


@pytest.mark.parametrize(("words", "fact"), BUILT)
def test_construct(words, fact):
    assert fact[1] in values(construct, words, fact[0])


def test_a_drug_given_by_vein_is_no_route_of_the_cells():
    assert values(construct, "CAR-T cells were given after intravenous fludarabine.", "modality.route") == set()


def test_cells_given_before_are_not_this_study():
    sections = (
        Section("title", "Pembrolizumab after CAR-T therapy in lymphoma"),
        Section("interventions", "DRUG: Pembrolizumab"),
        Section("summary", "CAR-T cells work in many patients."),
    )
    assert list(modality.find(Document("X1", "trial", "test", sections, b""))) == []


def test_the_source_of_a_named_product_is_told_for_a_trial_only():
    words = "Axicabtagene ciloleucel in lymphoma"
    assert values(modality, words, "modality.source", name="title", kind="trial") == {"autologous"}
    assert values(modality, words, "modality.source", name="title") == set()
