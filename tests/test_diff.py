"""What changed between runs: new, changed field by field, vanished, retracted; and what cannot be told."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from standin import serve
from standin_ctgov import Registry, study

from trialkb import harvesting, kb, ledger
from trialkb.cli import main
from trialkb.errors import BadInput
from trialkb.queries import diff
from trialkb.records import Article, Document, Section

SHARED = Path(os.environ.get("TRIALKB_SHARED", Path(__file__).parents[1] / ".." / "shared"))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        yield db


def put(
    db: sqlite3.Connection, documents: list[Document], day: str, complete: bool = True, state: str = "complete"
) -> int:
    with kb.transaction(db):
        run = ledger.start(db, "import", "ctgov", f"{day}.jsonl", as_of=day, complete=complete)
        counts = ledger.Counts()
        for d in documents:
            counts.add(kb.put(db, d, run, day))
        ledger.finish(db, run, counts, state)
    return run


def trials(*records: dict[str, Any]) -> list[Document]:
    from trialkb.harvest.ctgov import parse

    return [d for r in records for d in parse(json.dumps(r).encode())]


def of(answer: diff.Answer, kind: str) -> list[str]:
    return [e.id for e in answer.entries if e.kind == kind]


OLD = [study(1), study(2), study(3), study(4)]
NEW = [
    study(1),
    study(2, status="COMPLETED", phase="PHASE2", updated="2026-04-02"),
    study(3, summary="Other words."),
    study(5),
]


def test_two_complete_files(db: sqlite3.Connection) -> None:
    put(db, trials(*OLD), "2026-04-01")
    put(db, trials(*NEW), "2026-05-01")
    answer = diff.run(db, "2026-04-01")
    assert of(answer, "new") == ["NCT00000005"]
    assert of(answer, "changed") == ["NCT00000002", "NCT00000003"]
    assert of(answer, "vanished") == ["NCT00000004"]
    (second, third) = (e for e in answer.entries if e.kind == "changed")
    assert second.changes == (
        ("status", "RECRUITING", "COMPLETED"),
        ("phases", ["PHASE1"], ["PHASE2"]),
        ("update_date", "2026-03-01", "2026-04-02"),
    )
    assert third.changes == (("summary", "Summary 3: age > 18.", "Other words."),)
    assert answer.fields == {"status": 1, "phases": 1, "update_date": 1, "summary": 1}
    assert answer.notes == ("vanished: run 1 (ctgov, 2026-04-01) compared with run 2 (ctgov, 2026-05-01)",)


def test_the_order_of_import_does_not_matter(db: sqlite3.Connection) -> None:
    put(db, trials(*NEW), "2026-05-01")
    put(db, trials(*OLD), "2026-04-01")
    answer = diff.run(db, "2026-04-01")
    assert (of(answer, "new"), of(answer, "vanished")) == (["NCT00000005"], ["NCT00000004"])
    assert answer.fields["status"] == 1


def test_by_run_and_by_field(db: sqlite3.Connection) -> None:
    first = put(db, trials(*OLD), "2026-04-01")
    put(db, trials(*NEW), "2026-04-01")
    assert of(diff.run(db, str(first)), "changed") == ["NCT00000002", "NCT00000003"]
    answer = diff.run(db, str(first), field="status")
    assert [(e.kind, e.id, e.changes) for e in answer.entries] == [
        ("changed", "NCT00000002", (("status", "RECRUITING", "COMPLETED"),))
    ]
    assert diff.run(db, "2026-04-01").entries == ()


@pytest.mark.parametrize(
    ("complete", "state"), [(False, "complete"), (True, "incomplete")], ids=["not said to be complete", "broken off"]
)
def test_absence_from_a_part_is_no_vanishing(db: sqlite3.Connection, complete: bool, state: str) -> None:
    put(db, trials(*OLD), "2026-04-01")
    put(db, trials(*NEW), "2026-05-01", complete, state)
    answer = diff.run(db, "2026-04-01")
    assert of(answer, "vanished") == []
    assert "cannot be told" in answer.notes[0]


def test_two_queries_are_not_compared(db: sqlite3.Connection) -> None:
    put(db, trials(*OLD), "2026-04-01")
    put(db, trials(*(study(n) for n in range(50, 60))), "2026-05-01")
    assert of(diff.run(db, "2026-04-01"), "vanished") == []


def test_seen_again_by_another_run_is_not_vanished(db: sqlite3.Connection) -> None:
    put(db, trials(*OLD), "2026-04-01")
    put(db, trials(*NEW), "2026-05-01")
    put(db, trials(study(4)), "2026-05-02", complete=False)
    assert of(diff.run(db, "2026-04-01"), "vanished") == []


def test_harvests_of_one_query(db: sqlite3.Connection) -> None:
    registry = Registry(OLD)
    with serve(registry) as base:
        first = harvesting.harvest(db, "ctgov", "tumour", base=base)
        harvesting.harvest(db, "ctgov", "cells", base=base, limit=1)
        registry.studies = NEW
        harvesting.harvest(db, "ctgov", "tumour", base=base)
    answer = diff.run(db, str(first.run))
    assert (of(answer, "new"), of(answer, "vanished")) == (["NCT00000005"], ["NCT00000004"])
    assert answer.fields["status"] == 1


def article(retracted: bool, words: str = "abc") -> Document:
    return Document(
        "PMID:1", "article", "pubmed", (Section("abstract", words),), f"{retracted}{words}".encode(), title="Cells",
        article=Article("PMID:1", pmid="1", retracted=retracted),
    )  # fmt: skip


def test_newly_retracted(db: sqlite3.Connection) -> None:
    put(db, [article(False)], "2026-04-01")
    put(db, [article(True)], "2026-05-01")
    put(db, [article(True, "abcd")], "2026-06-01")
    answer = diff.run(db, "2026-04-01")
    assert of(answer, "retracted") == ["PMID:1"]
    assert ("retracted", None, True) in next(e for e in answer.entries if e.kind == "changed").changes
    assert of(diff.run(db, "2026-05-01"), "retracted") == []


def test_endpoints_that_came_and_went(db: sqlite3.Connection) -> None:
    a, b = study(1), study(1, updated="2026-05-01")
    a["protocolSection"]["outcomesModule"] = {"primaryOutcomes": [{"measure": "DLT", "timeFrame": "28 days"}]}
    b["protocolSection"]["outcomesModule"] = {
        "primaryOutcomes": [{"measure": "DLT", "timeFrame": "56 days"}],
        "secondaryOutcomes": [{"measure": "ORR"}],
    }
    put(db, trials(a), "2026-04-01")
    put(db, trials(b), "2026-05-01")
    (entry,) = diff.run(db, "2026-04-01").entries
    assert entry.changes[0] == ("endpoints", ["primary: DLT [28 days]"], ["primary: DLT [56 days]", "secondary: ORR"])


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "99", "", "2026"])
def test_bad_since(db: sqlite3.Connection, since: str) -> None:
    put(db, trials(*OLD), "2026-04-01")
    with pytest.raises(BadInput):
        diff.run(db, since)


def test_a_field_that_is_none(db: sqlite3.Connection) -> None:
    put(db, trials(*OLD), "2026-04-24")
    with pytest.raises(BadInput, match="nearest: enrollment"):
        diff.run(db, "2026-04-24", field="enrolment")
    assert diff.run(db, "2026-04-24", field="abstract_zh").entries == ()


def test_long_values_show_where_they_differ() -> None:
    """Not the hundred characters that both begin with."""
    old, new = diff._pair([f"primary: {'ORR ' * 60}[6 months]"], [f"primary: {'ORR ' * 60}[9 months]"])
    assert (old[-10:], new[-10:]) == ("[6 months]", "[9 months]")
    assert diff._pair(None, "short") == ("(none)", "short")
    assert diff._pair("x" * 300, "x" * 300 + "y")[1].endswith("xy")


def test_nothing_before_and_nothing_after(db: sqlite3.Connection) -> None:
    assert "harvest or import first" in " ".join(diff.run(db, "2026-04-01").notes)
    put(db, trials(*OLD), "2026-04-01")
    assert "every record counts as new" in " ".join(diff.run(db, "2026-01-01").notes)
    assert "no run is younger" in " ".join(diff.run(db, "2026-04-01").notes)


def test_forms(db: sqlite3.Connection) -> None:
    put(db, trials(*OLD), "2026-04-01")
    put(db, trials(*NEW), "2026-05-01")
    answer = diff.run(db, "2026-04-01", limit=1)
    words = "\n".join(diff.text(answer))
    assert words.startswith("1 new, 2 changed, 1 vanished, 0 retracted")
    assert "status: RECRUITING -> COMPLETED" in words
    assert "and 1 more" in words
    assert diff.data(answer)["counts"] == {"new": 1, "changed": 2, "vanished": 1, "retracted": 0}
    assert len(list(diff.rows(answer))) == 6


@pytest.mark.real
def test_the_two_real_snapshots(tmp_path: Path) -> None:
    """124 new, 2 gone and 174 changes of status; through the command line, as a person would."""
    folder = SHARED / "data" / "cart_trials"
    if not folder.exists():
        pytest.skip(f"{folder} is absent")
    env = {"TRIALKB_KB": str(tmp_path / "kb.sqlite")}
    for day in ("2026-04-24", "2026-08-22"):
        words = ["import", "--complete", "--as-of", day, str(folder / f"{day}.jsonl.gz")]
        assert CliRunner().invoke(main, words, env=env).exit_code == 0
    result = CliRunner().invoke(main, ["diff", "--since", "2026-04-24", "--json"], env=env)
    found = json.loads(result.stdout)
    assert (found["counts"]["new"], found["counts"]["vanished"], found["fields"]["status"]) == (124, 2, 174)
    assert found["counts"]["changed"] == 554
