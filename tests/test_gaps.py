"""Gaps: counts by target, modality and phase, empty cells, recruiting competitors, completed trials without results."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import evidence
import pytest

from trialkb import kb
from trialkb.errors import BadInput
from trialkb.index import keyword
from trialkb.printing import printed
from trialkb.queries import gaps

# id, target, modality, indication, phases, status
TRIALS = [
    ("NCT00000101", "CLDN18.2", "CAR-T", "gastric_cancer", ("PHASE1",), "RECRUITING"),
    ("NCT00000102", "CLDN18.2", "CAR-T", "gastric_cancer", ("PHASE1", "PHASE2"), "COMPLETED"),
    ("NCT00000103", "CLDN18.2", "CAR-T", "gastric_cancer", ("PHASE1",), "COMPLETED"),
    ("NCT00000104", "HER2", "CAR-NK", "gastric_cancer", ("PHASE1",), "NOT_YET_RECRUITING"),
    ("NCT00000105", "CLDN18.2|CEA", "CAR-T", "gastric_cancer", (), "UNKNOWN"),
    ("NCT00000106", "CD19", "CAR-T", "dlbcl", ("PHASE2",), "RECRUITING"),
    ("NCT00000107", "", "", "gastric_cancer", ("PHASE3",), "COMPLETED"),
]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("gaps") / "kb.sqlite"
    with kb.writing(path) as writer:
        for id, target, modality, indication, phases, status in TRIALS:
            d = evidence.trial(id, phases=phases, status=status, completion_date="2021-05")
            said = {k: v for k, v in (("target", target), ("modality", modality), ("indication", indication)) if v}
            evidence.add(writer, d, evidence.about(d, **said))
        text = "The ORR was 50.0% (5/10)."
        p = evidence.paper("PMID:5", text, 2022, ["NCT00000102"])
        v = evidence.value(p.id, text, text, "50.0%", value=50.0, numerator=5, denominator=10)
        evidence.add(writer, p, [*evidence.about(p, **evidence.CLDN), v])
        keyword.build(writer, path)
    found = kb.open_kb(path)
    yield found
    found.close()


def table(a: gaps.Answer) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {(c.target, c.modality, c.phase): (len(c.trials), len(c.recruiting)) for c in a.cells}


def test_counts_with_recruiting_competitors(db: sqlite3.Connection) -> None:
    a = gaps.run(db, indication=("胃癌",))
    assert table(a) == {
        ("CLDN18.2", "CAR-T", "PHASE1"): (2, 1),
        ("CLDN18.2", "CAR-T", "PHASE1/PHASE2"): (1, 0),
        ("CLDN18.2", "CAR-T", "not stated"): (1, 0),
        ("CEA", "CAR-T", "not stated"): (1, 0),
        ("HER2", "CAR-NK", "PHASE1"): (1, 1),
    }
    assert a.rows[0] == ("CLDN18.2", "CAR-T")
    assert a.total == 6
    assert a.notes == ("1 of 6 trials name neither target nor modality and are left out",)


def test_empty_cells(db: sqlite3.Connection) -> None:
    assert set(gaps.run(db, indication=("gastric_cancer",)).empty) == {
        ("CLDN18.2", "CAR-NK"),
        ("CEA", "CAR-NK"),
        ("HER2", "CAR-T"),
    }


def test_completed_trials_without_a_result(db: sqlite3.Connection) -> None:
    silent = gaps.run(db, indication=("gastric_cancer",)).silent
    assert [t.id for t in silent] == ["NCT00000103", "NCT00000107"]  # 102 has a paper


def test_a_filter_on_target_shows_that_target_alone(db: sqlite3.Connection) -> None:
    a = gaps.run(db, indication=("gastric_cancer",), target=("CEA",))
    assert table(a) == {("CEA", "CAR-T", "not stated"): (1, 0)}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"indication": ("melanoma",)}, "indication melanoma emptied it (trials held: 7; indication melanoma: 0)"),
        ({"indication": ("gastric_cancer",), "target": ("CD19",)}, "target CD19 emptied it"),
        ({"indication": ("gastritis cancer",)}, "nearest: gastric_cancer"),
        ({"indication": ("gastric_cancer",), "plot": ("map.pdf",)}, "ends in .svg or .png"),
    ],
)
def test_bad_requests(db: sqlite3.Connection, options: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as e:
        gaps.run(db, **options)
    assert said in str(e.value)


def test_forms_and_map(db: sqlite3.Connection) -> None:
    a = gaps.run(db, indication=("gastric_cancer",), plot=("m.svg", "m.png"))
    assert a.files == gaps.run(db, indication=("gastric_cancer",), plot=("m.svg", "m.png")).files
    assert a.files["m.png"].startswith(b"\x89PNG")
    found = json.loads("".join(printed(gaps, a, "json")))
    assert sum(c["trials"] for c in found["cells"]) == 6
    lines = "\n".join(gaps.text(a))
    assert "Recruiting or about to (2): NCT00000101, NCT00000104" in lines
    assert "NCT00000103  completed 2021-05" in lines


def test_the_limit_cuts_the_rows_and_says_so(db: sqlite3.Connection) -> None:
    a = gaps.run(db, indication=("gastric_cancer",), limit=1)
    assert a.rows == (("CLDN18.2", "CAR-T"),)
    assert any("1 fullest of 3 rows" in n for n in a.notes)


def test_an_empty_kb_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    with kb.writing(path):
        pass
    empty = kb.open_kb(path)
    with pytest.raises(BadInput, match="no trial is held"):
        gaps.run(empty)
    empty.close()
