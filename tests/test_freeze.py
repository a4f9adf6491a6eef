"""Frozen evidence: the same table and picture byte for byte later, and what no longer matches."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import evidence
import pytest

from trialkb import corrections, kb
from trialkb.errors import BadInput, Corrupt
from trialkb.printing import printed
from trialkb.queries import bench, freeze

QUESTION = {
    "endpoint": "ORR",
    "target": ("CLDN18.2",),
    "indication": ("gastric_cancer",),
    "method": "GLMM",
    "per": "study",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found: Path = evidence.build(tmp_path / "kb.sqlite")
    run(found, "mine")
    return found


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    db = kb.open_kb(path)
    try:
        yield db
    finally:
        db.close()


def run(path: Path, name: str | None = None, **options: Any) -> freeze.Answer:
    with reading(path) as db:
        return freeze.run(db, path, name, **{**QUESTION, **options})


def thawed(path: Path, **options: Any) -> bench.Answer:
    with reading(path) as db:
        return bench.run(db, frozen="mine", **options)


def forms(path: Path) -> tuple[Any, ...]:
    a = thawed(path, plot=("p.svg", "p.png"))
    text = {f: "\n".join(printed(bench, a, f)) for f in (None, "nl", "csv", "tsv")}
    return text, dict(a.files)


def verdict(path: Path) -> str:
    return thawed(path).notes[-1]


def test_the_frozen_table_is_the_table(path: Path) -> None:
    with reading(path) as db:
        now = bench.run(db, **QUESTION)
    assert list(bench.text(thawed(path))) == list(bench.text(now))
    assert "everything still matches" in verdict(path)


def test_the_same_bytes_after_the_kb_has_moved_on(path: Path) -> None:
    before = forms(path)
    text = "The ORR was 90.0% (9/10)."
    p = evidence.paper("PMID:77", text, 2026, ["NCT00000077"], "New A")
    v = evidence.value(p.id, text, text, "90.0%", value=90.0, numerator=9, denominator=10)
    evidence.again(path, p, [*evidence.about(p, **evidence.CLDN), v])
    assert forms(path) == before
    assert "finds 1 more studies today: New 2026 (NCT00000077)" in verdict(path)


def test_a_newer_version_of_a_record_is_told(path: Path) -> None:
    before = forms(path)
    p = evidence.paper("PMID:12", evidence.FINAL + " Erratum.", 2024, ["NCT00000001"], "Qi C")
    with kb.writing(path) as db, kb.transaction(db):
        kb.put(db, evidence.replace(p, version_date="2026-10-01"))
    assert forms(path) == before
    assert "PMID:12 has a newer version" in verdict(path)


def test_a_correction_is_told(path: Path) -> None:
    before = forms(path)
    with kb.writing(path) as db, kb.transaction(db):
        row = db.execute("SELECT id FROM outcome WHERE document_id = 'PMID:12' AND numerator = 38").fetchone()
        corrections.add(db, "PMID:12", f"outcome:{row[0]}:numerator", "37", "erratum")
    assert forms(path) == before
    assert "'38.8%' was corrected since" in verdict(path)


def test_a_value_no_longer_read_and_a_document_gone_are_told(path: Path) -> None:
    with kb.writing(path) as db, kb.transaction(db):
        db.execute("DELETE FROM outcome WHERE document_id = 'PMID:12'")
    assert "PMID:12: '38.8%' is no longer read as an outcome" in verdict(path)


def test_an_empty_question_today_is_told(path: Path) -> None:
    with kb.writing(path) as db, kb.transaction(db):
        db.execute("DELETE FROM outcome")
    assert "finds no study today" in verdict(path)


def test_altered_evidence_is_refused(path: Path) -> None:
    with kb.writing(path) as db:
        words = kb.meta(db, "frozen:mine")
        assert words
        kb.set_meta(db, "frozen:mine", words.replace('"numerator":38', '"numerator":39'))
    with pytest.raises(Corrupt, match="was altered since"):
        thawed(path)


def test_freezing_does_not_change_what_the_kb_shows(path: Path) -> None:
    with reading(path) as db:
        before = kb.meta(db, "generation")
    run(path, "other", endpoint="OS")
    with reading(path) as db:
        assert kb.meta(db, "generation") == before


def test_names(path: Path) -> None:
    with pytest.raises(BadInput, match="frozen as 'mine' already"):
        run(path, "mine")
    assert run(path, "mine", replace=True).packs[0]["name"] == "mine"
    for bad in ("", "a/b", "x" * 81, None):
        with pytest.raises(BadInput, match="expected a NAME"):
            run(path, bad)
    listed = list(freeze.text(run(path, listing=True)))
    assert listed[0].startswith("mine: ORR, CLDN18.2, gastric_cancer; 4 studies")


def test_a_question_beside_the_name_is_refused(path: Path) -> None:
    with pytest.raises(BadInput, match="holds its own question; leave out --target"):
        thawed(path, target=("CD19",))


def test_times_are_frozen_too(path: Path) -> None:
    run(path, "os", endpoint="OS")
    with reading(path) as db:
        a = bench.run(db, frozen="os")
    assert "everything still matches" in a.notes[-1]
    assert any("32.4 months" in x for x in bench.text(a))
