"""Lines of therapy, settings and failed therapies; and statements that are none of the study's."""

import pytest

from trialkb.extract import line
from trialkb.records import Document, Section


def read(text: str, section: str = "abstract") -> list[tuple[str, str]]:
    document = Document("X1", "article", "test", (Section(section, text),), b"")
    found = list(line.find(document))
    assert all(text[f.start : f.end].strip() and f.rule for f in found)
    return [(f.field, f.value) for f in found]


LINES = [
    ("Patients had received at least two prior lines of therapy.", [">=3"]),
    ("Patients who failed ≥2 lines of systemic therapy were enrolled.", [">=3"]),
    ("Patients had 1 or 2 prior lines of therapy.", ["2-3"]),
    ("Patients received up to 3 prior regimens.", ["<=4"]),
    ("Patients progressed after first-line treatment.", [">=2"]),
    ("Patients with failure of first- and second-line chemotherapy.", [">=3"]),
    ("Patients received the drug as second-line therapy.", ["2"]),
    ("Patients received it as third-line or later treatment.", [">=3"]),
    ("Patients were previously untreated.", ["1"]),
    ("既往至少接受过二线治疗的患者。", [">=3"]),
    ("患者一线治疗失败。", [">=2"]),
    ("三线及以上治疗的胃癌患者。", [">=3"]),
    ("初治患者。", ["1"]),
    ("R-CHOP is the standard first-line therapy for adults.", []),
    ("EPC-003 treatment was given to patients.", []),
    ("Cell line 2 was cultured.", []),
    ("Patients were followed for 2 years.", []),
]


@pytest.mark.parametrize(("text", "want"), LINES)
def test_lines(text: str, want: list[str]) -> None:
    assert [value for field, value in read(text) if field == "line"] == want


def test_what_the_disease_is_refractory_to() -> None:
    text = "Patients must have failed at least 2 prior lines including a proteasome inhibitor and lenalidomide."
    document = Document("X1", "article", "test", (Section("abstract", text),), b"")
    (found,) = [f for f in line.find(document) if f.field == "line"]
    assert found.detail == {"refractory_to": ["proteasome_inhibitor", "immunomodulatory_drug"]}
    assert ("line.refractory_to", "chemotherapy") in read("化疗失败的患者。")
    assert read("患者接受CAR-T治疗后，3例无进展生存期超过2年。") == []


SETTINGS = [
    ("CAR-T for relapsed or refractory lymphoma", {"relapsed", "refractory"}),
    ("复发难治性淋巴瘤的CAR-T治疗", {"relapsed", "refractory"}),
    ("Adjuvant TIL therapy in melanoma", {"adjuvant"}),
    ("Neoadjuvant CAR-T in glioma", {"neoadjuvant"}),
    ("First-line CAR-T in myeloma", {"first_line"}),
    ("CAR-T after failure of first-line therapy", set()),
    ("CAR-T after prior adjuvant therapy", set()),
]


@pytest.mark.parametrize(("text", "want"), SETTINGS)
def test_settings(text: str, want: set[str]) -> None:
    assert {value for field, value in read(text, "title") if field == "line.setting"} == want


def test_exclusions_say_nothing_on_the_line() -> None:
    text = "Inclusion Criteria:\n* At least 2 prior lines of therapy\n\nExclusion Criteria:\n* More than 4 prior lines"
    assert [v for f, v in read(text, "eligibility") if f == "line"] == [">=3"]
