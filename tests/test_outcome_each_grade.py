"""Grades of values: in the order of slashes, open behind the event, open before it."""

import pytest

from trialkb import flat, parts

SAFETY = (
    ("CRS was of low grade (grade 1/2/3/4+, 62.5%/15%/5%/0%).", ["1", "2", "3", ">=4"]),
    ("Grade 1/2/3 CRS occurred in 40%/12%/3% of patients.", ["1", "2", "3"]),
    ("No treatment-related grade 3 adverse events or higher were observed.", [">=3"]),
    ("In all, 9% of patients developed greater than grade 2 cytokine release syndrome.", [">=3"]),
    ("CRS occurred in 60.0% of patients; all events were grade 1 (45.0%) or grade 2 (15.0%).", [None, "1", "2"]),
    ("The rate of serious/life-threatening/fatal CRS was 5.5% (n=7/128).", [None]),
    ("Five pts (31.3%) developed ICANS (3 Gr1 and 2 Gr2).", [None, "1", "2"]),
    ("Drug-related grade ≥3 neurologic events (AEs) consistent with ICANS occurred in 3 patients (7.5%).", [">=3"]),
)


@pytest.mark.parametrize(("text", "grades"), SAFETY)
def test_grades(text: str, grades: list[str | None]) -> None:
    document = flat.document({"doc_id": "X", "text": text})
    found = [r for name in ("outcomes", "safety") for r in parts.load("extract", name).find(document)]
    assert [o["grade"] for o in flat.flat(document, [], found)["outcomes"]] == grades
