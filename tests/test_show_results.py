"""The results of a record as `show` prints them: source sentence, computed counts, confidence, long lists."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import evidence
import pytest

from trialkb import kb
from trialkb.pipeline import judged
from trialkb.queries import show
from trialkb.queries._results_table import _place
from trialkb.records import Document, Outcome

TEXT = "The ORR was 50.0% (5/10). The CRS rate was 90%. Rash occurred in 3 patients."


def outcomes(doc: Document) -> list[Outcome]:
    told = [
        evidence.value(doc.id, TEXT, TEXT[:25], "50.0%", value=50.0, numerator=5, denominator=10, study="NCT00000001"),
        evidence.value(
            doc.id, TEXT, TEXT[26:47], "90%", endpoint="CRS", value=90.0, numerator=9, denominator=10,
            derived=("numerator",), study="NCT00000001", rule="text.none",
        ),
    ]  # fmt: skip
    rash = [
        evidence.value(
            doc.id, TEXT, TEXT[48:], "3", endpoint="OTHER_SAFETY", statistic="count", value=3.0, numerator=3,
            unit="{participants}", label="Rash", arm=f"Arm {i}", study="NCT00000001",
        )
        for i in range(20)
    ]  # fmt: skip
    return told + rash


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("show") / "kb.sqlite"
    with kb.writing(path) as writer:
        trial = evidence.trial("NCT00000001")
        evidence.add(writer, trial, [])
        paper = evidence.paper("PMID:5", TEXT, 2022, ["NCT00000001"])
        evidence.add(writer, paper, judged(paper, outcomes(paper)))
    found = kb.open_kb(path)
    yield found
    found.close()


def lines(db: sqlite3.Connection, id: str = "NCT00000001", **options: object) -> str:
    return "\n".join(show.text(show.run(db, id, **options)))


def test_each_number_names_its_sentence_in_its_own_document(db: sqlite3.Connection) -> None:
    text = lines(db)
    assert "ORR            50 % 5/10" in text
    assert "“The ORR was 50.0% (5/10).” [PMID:5" in text


def test_computed_counts_are_marked(db: sqlite3.Connection) -> None:
    text = lines(db)
    assert "90 % 9/10*" in text
    assert "* computed, not printed by the source" in text


def test_long_lists_are_told_by_number(db: sqlite3.Connection) -> None:
    assert "more results outside the catalogue (--full lists them)" in lines(db)
    assert "more results outside" not in lines(db, full=True)


def test_min_confidence_hides_what_is_less_sure(db: sqlite3.Connection) -> None:
    assert "CRS " in lines(db, min_confidence=0.0)
    answer = show.run(db, "NCT00000001", min_confidence=0.99)
    assert answer.outcomes == ()


def test_measures_stand_in_the_order_of_their_numbers() -> None:
    row = {"document_id": "N", "background": None, "endpoint": "ORR", "start": 0}
    rows = [{**row, "section": f"results:{n}"} for n in (10, 2)]
    assert [r["section"] for r in sorted(rows, key=lambda r: _place(r, "N"))] == ["results:2", "results:10"]
