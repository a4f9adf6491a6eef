"""Arms as registered and as a text names them; and what is no arm."""

import pytest

from trialkb.extract import arms
from trialkb.records import Arm, Document, Section, Trial


def read(text: str) -> list[tuple[str, object]]:
    document = Document("X1", "article", "test", (Section("abstract", text),), b"")
    found = list(arms.find(document))
    assert all(text[f.start : f.end].strip() for f in found)
    return [(f.value, (f.detail or {}).get("size")) for f in found]


CASES = [
    ("Arm A (n = 12) and Arm B (n = 10) were compared.", [("Arm A", 12), ("Arm B", 10)]),
    ("Cohorts 1 and 2 received CAR-T cells.", [("Cohort 1", None), ("Cohort 2", None)]),
    ("Dose level 1 (n=3), dose level 2 (n=6).", [("Dose level 1", 3), ("dose level 2", 6)]),
    ("The CAR-T group (n=20) and the control group (n=21).", [("CAR-T", 20), ("control", 21)]),
    ("试验组（n=30）与对照组（n=28）比较。", [("试验组", 30), ("对照组", 28)]),
    ("Group A streptococcus was cultured.", []),
    ("The working group met; the Children's Oncology Group 1 report.", []),
    ("An arm and a leg.", []),
    ("Patients received CAR-T cells.", []),
]


@pytest.mark.parametrize(("text", "want"), CASES)
def test_groups_in_text(text: str, want: list[tuple[str, object]]) -> None:
    assert read(text) == want


def test_registered_arms_have_type_size_and_interventions() -> None:
    registered = (
        Arm("Arm  1", "EXPERIMENTAL", "CAR-T", ("CAR-T cells",), 12),
        Arm("Arm 1b", "ACTIVE_COMPARATOR"),
        Arm(None, "EXPERIMENTAL"),
    )
    text = "Arm 1\nEXPERIMENTAL\nCAR-T\n\nArm 1b\nACTIVE_COMPARATOR"
    trial = Trial("NCT1", arms=registered)
    found = list(arms.find(Document("NCT1", "trial", "t", (Section("arms", text),), b"", trial=trial)))
    assert [(f.value, text[f.start : f.end], f.origin) for f in found] == [
        ("Arm 1", "Arm 1", "registry"),
        ("Arm 1b", "Arm 1b", "registry"),
    ]
    assert found[0].detail == {"type": "EXPERIMENTAL", "size": 12, "interventions": ["CAR-T cells"]}


def test_registered_arms_without_their_section_give_nothing() -> None:
    trial = Trial("NCT1", arms=(Arm("A"),))
    assert list(arms.find(Document("NCT1", "trial", "t", (), b"", trial=trial))) == []
