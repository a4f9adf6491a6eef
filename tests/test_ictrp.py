"""WHO ICTRP exports: XML and CSV in their true shapes and defects, values as registries write them."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkb.errors import BadInput
from trialkb.harvest import _ictrp_values as values
from trialkb.harvest import ictrp

DATA = Path(__file__).parent / "data" / "ictrp"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
XML = (DATA / "export.xml").read_bytes()
CSV = (DATA / "portal58.csv").read_bytes()


@pytest.mark.parametrize("file", sorted(EXPECTED))
def test_records_in_the_true_shapes(file: str, caplog: pytest.LogCaptureFixture) -> None:
    documents = list(ictrp.parse((DATA / file).read_bytes(), name=file))
    assert [d.id for d in documents] == [e["id"] for e in EXPECTED[file]]
    assert not caplog.records
    for document, expected in zip(documents, EXPECTED[file], strict=True):
        held = json.loads(json.dumps(dataclasses.asdict(document), default=bytes.decode))
        trial = held["trial"]
        trial["arms"] = [[a["label"], a["size"], a["interventions"]] for a in trial["arms"]]
        trial["interventions"] = [i["name"] for i in trial["interventions"]]
        trial["endpoints"] = [[e["role"], e["measure"]] for e in trial["endpoints"]]
        assert {k: trial.get(k) for k in expected["trial"]} == expected["trial"]
        assert {k: trial["extra"].get(k) for k in expected["extra"]} == expected["extra"]
        sections = {s["name"]: s["text"] for s in held["sections"]}
        assert {k: sections.get(k) for k in expected.get("sections", {})} == expected.get("sections", {})
        assert (held["title"], held["version_date"]) == (expected["title"], expected["version_date"])


@pytest.mark.parametrize("data", [XML, CSV], ids=["xml", "csv"])
def test_contacts_are_gone_from_the_raw_record_which_reads_the_same_again(data: bytes) -> None:
    documents = list(ictrp.parse(data))
    for document in documents:
        assert b"nowhere.example.org" not in document.raw
        assert b"Anna" not in document.raw
        assert b"Ken" not in document.raw
        assert next(ictrp.parse(document.raw)) == document


def test_exactly_the_missing_root_end_is_forgiven() -> None:
    body = XML.rstrip().removesuffix(b"</Trials_downloaded_from_ICTRP>")
    assert [d.id for d in ictrp.parse(body)] == [e["id"] for e in EXPECTED["export.xml"]]
    with pytest.raises(BadInput, match="middle of a record"):
        list(ictrp.parse(body.rstrip()[:-10]))


def test_split_gives_one_record_after_the_other() -> None:
    assert [len(list(ictrp.split(io.BytesIO(d), "x"))) for d in (XML, CSV)] == [3, 2]


def test_new_columns_are_named_and_missing_ones_cost_only_their_value(caplog: pytest.LogCaptureFixture) -> None:
    data = b"TrialID,Public title,Source Register,Moon phase\nNCT99000001,T,ClinicalTrials.gov,full\n"
    (document,) = ictrp.parse(data, name="new.csv")
    assert document.id == "NCT99000001"
    assert "new.csv: columns that are not known yet, kept in the raw record only: moon_phase" in caplog.text
    assert b"full" in document.raw


HOSTILE = [
    (b"", "expected the columns"),
    (b"a,b,c\n1,2,3\n", "without trialid, public_title, source_register"),
    (b"TrialID,Public title,Source Register\nNCT99000001,x\n", "row 2 has 2 cells where 3 are due"),
    (b"TrialID,Public title,Source Register\n,x,y\n", "without a TrialID"),
    (b"TrialID,Public title,Source Register," + b"x," * 50_000 + b"\n", "more than 500 columns"),
    (b"TrialID,Public title,Source Register\nNCT1,\xff\xff,y\n", "expected UTF-8"),
    (b"<Trials_downloaded_from_ICTRP><Trial><TrialID/></Trial>", "without a TrialID"),
    (b"<Trials_downloaded_from_ICTRP><Trial><TrialID>NCT", "middle of a record"),
    (b"<Trials_downloaded_from_ICTRP><Trial><TrialID>&x;</TrialID></Trial>", "not well-formed"),
    (b'<!DOCTYPE x [<!ENTITY x "y">]><Trials_downloaded_from_ICTRP><Trial/>', "entities"),
    (b"<html><body>Please wait</body></html>", "expected an export"),
]


@pytest.mark.parametrize(("data", "words"), HOSTILE, ids=[w for _, w in HOSTILE])
def test_what_cannot_be_read_is_said_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=re.escape(words)) as e:
        list(ictrp.parse(data, name="x"))
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (XML[:200], True),
        (CSV[:2000], True),
        (b"NCT Number,Title\n", False),
        (b"<PubmedArticleSet>", False),
        (b"", False),
    ],
)
def test_recognise(head: bytes, known: bool) -> None:
    assert bool(ictrp.recognise(head, "x")) is known


DATES = [
    ("2024-05-01", "2024-05-01"),
    ("2024/5/1", "2024-05-01"),
    ("2024-05-01 00:00:00", "2024-05-01"),
    ("1 May 2024", "2024-05-01"),
    ("May 1, 2024", "2024-05-01"),
    ("May 2024", "2024-05"),
    ("31/12/2024", "2024-12-31"),
    ("12/31/2024", "2024-12-31"),
    ("05/05/2024", "2024-05-05"),
    ("05/06/2024", "2024"),
    ("2024", "2024"),
    ("in 2024, perhaps", "2024"),
    ("2024-13-45", "2024"),
    ("soon", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("words", "expected"), DATES)
def test_dates(words: str | None, expected: str | None) -> None:
    assert values.date(words) == expected


PHASES = [
    ("Phase 1", ("PHASE1",)),
    ("Phase I", ("PHASE1",)),
    ("I期临床试验", ("PHASE1",)),
    ("Phase 1/Phase 2", ("PHASE1", "PHASE2")),
    ("Phase 1 / Phase 2", ("PHASE1", "PHASE2")),
    ("Phase I/II", ("PHASE1", "PHASE2")),
    ("Phase 2b", ("PHASE2",)),
    ("1-2", ("PHASE1", "PHASE2")),
    ("2-3", ("PHASE2", "PHASE3")),
    ("1", ("PHASE1",)),
    ("0", ("EARLY_PHASE1",)),
    ("Early Phase 1", ("EARLY_PHASE1",)),
    ("Phase 3", ("PHASE3",)),
    ("IV", ("PHASE4",)),
    ("N/A", ("NA",)),
    ("Not applicable", ("NA",)),
    ("Not Selected", ()),
    ("Retrospective study", ()),
    ("Stage 2 of 12 months", ()),
    ("Human pharmacology (Phase I): no\nTherapeutic exploratory (Phase II): yes\nTherapeutic confirmatory - (Phase III): yes\n"
     "Therapeutic use (Phase IV): no", ("PHASE2", "PHASE3")),
    ("", ()),
]  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), PHASES)
def test_phases(words: str, expected: tuple[str, ...]) -> None:
    assert values.phases(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a:1;b:2;", (("a", 1), ("b", 2))),
        ("a:1;b:2", (("a", 1), ("b", 2))),
        ("a:1;b:many;", ()),
        ("试验组:10;对照组:20;", (("试验组", 10), ("对照组", 20))),
        ("120", ((None, 120),)),
        ("120 to 130", ()),
        ("-5", ()),
        ("", ()),
    ],
)
def test_sizes(words: str, expected: tuple[tuple[str | None, int], ...]) -> None:
    assert values.sizes(words) == expected


@given(st.dictionaries(st.sampled_from(sorted(ictrp.KNOWN)), st.text(max_size=40), max_size=12))
def test_no_cell_breaks_the_reader(cells: dict[str, str]) -> None:
    row = {"trialid": "NCT99000001", "public_title": "T", "source_register": "R"} | cells
    row["trialid"] = "NCT99000001"
    out = io.StringIO()
    csv.writer(out).writerows([list(row), list(row.values())])
    (document,) = ictrp.parse(out.getvalue().encode("utf-8", "surrogatepass").replace(b"\xed", b"?"))
    assert document.id == "NCT99000001"
