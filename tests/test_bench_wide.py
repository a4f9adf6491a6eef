"""The table of all endpoints: its cells against the benchmark of each endpoint, its forms, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import evidence
import pytest

from trialkb import cli, kb
from trialkb.errors import BadInput
from trialkb.printing import printed
from trialkb.queries import _evidence, _lines, _wide, bench

DEFAULTS = {"method": "GLMM", "per": "study", "min_confidence": 0.8, "sort": "year"}
CLDN = {"target": ("CLDN18.2",), "modality": ("CAR-T",), "indication": ("gastric_cancer",)}
EXAMPLES = [
    {"target": ("CLDN18.2",), "indication": ("gastric_cancer",)},
    {"target": ("CD19",), "indication": ("lbcl",)},
    {"target": ("GD2",), "indication": ("neuroblastoma",)},
]
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    found = kb.open_kb(evidence.build(tmp_path / "kb.sqlite"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evidence.starter(tmp_path_factory.mktemp("starter") / "kb.sqlite")


def wide(db: sqlite3.Connection, **options: Any) -> _wide.Wide:
    found = bench.run(db, **{**DEFAULTS, **CLDN, "endpoint": "all", **options})
    assert isinstance(found, _wide.Wide)
    return found


def table(a: _wide.Wide, as_: str | None = None, **view: Any) -> str:
    return "\n".join(printed(bench, replace(a, view=view) if view else a, as_))


def test_a_row_a_study_and_a_column_an_endpoint(db: sqlite3.Connection) -> None:
    a = wide(db)
    assert a.columns == ("ORR", "OS", "CRS>=3", "DLT")
    rows = {r["family"]: r for r in bench.rows(a)}
    assert list(rows) == ["NCT00000004", "NCT00000002", "NCT00000001", "NCT00000003"]
    one = rows["NCT00000001"]
    assert (one["ORR"], one["mOS"], one["CRS>=3"]) == ("38/98 (38.8%)", "8.8 months (7.1-10.2)", "2/98")
    assert one["DLT"] == "0/37 [Qi 2022]"  # of the earlier report: the final one says nothing of it
    assert one["DLT source"].startswith("PMID:11 ")
    assert one["keys"] == "qi2024_12 qi2022_11"
    assert rows["NCT00000004"]["ORR"] == "6*/20 (30.0%)"
    assert (rows["NCT00000003"]["ORR"], rows["NCT00000003"]["Study"]) == (
        "20/50 (40.0%)",
        "Wang 2025 (NCT00000003): cells",
    )
    assert rows["NCT00000002"]["mOS"] == ""
    assert "* numerator computed: from a printed percentage and n, or a sum of printed counts" in a.legend
    assert any("another report" in n for n in a.notes)
    assert any("nothing is pooled" in n for n in a.notes)


def test_rows_of_arms_and_sums_of_arms(db: sqlite3.Connection) -> None:
    arms = {r.label: r for r in wide(db, per="arm").rows if r.family == "NCT00000003"}
    assert {x.rpartition(": ")[2] for x in arms} == {"cells", "chemotherapy"}
    whole = next(r for r in bench.rows(wide(db, target=(), modality=())) if r["family"] == "NCT00000003")
    assert whole["ORR"] == "25/100 (25.0%) Σ"
    doses = [r.part for r in wide(db, per="dose", indication=()).rows]
    assert "dose level 1" in doses


@pytest.mark.parametrize("question", EXAMPLES, ids=str)
@pytest.mark.parametrize("per", ["study", "arm"])
def test_cells_are_the_rows_of_each_endpoints_benchmark(starter: Path, question: dict[str, Any], per: str) -> None:
    db = kb.open_kb(starter)
    a = wide(db, **{**question, "modality": (), "per": per})
    for column in a.columns:
        one = bench.run(db, **{**DEFAULTS, **question, "endpoint": column, "per": per, "derived": True})
        assert isinstance(one, bench.Answer)
        mine = sorted((r.family, r.part, tuple(h.id for h in s.held)) for r in a.rows if (s := r.cells.get(column)))
        assert mine == sorted(
            (s.family, s.arm if per == "arm" else None, tuple(h.id for h in s.held)) for s in one.studies
        )
    db.close()


@pytest.mark.parametrize("question", EXAMPLES, ids=str)
def test_every_number_leads_to_an_outcome_row_that_says_it(starter: Path, question: dict[str, Any]) -> None:
    db = kb.open_kb(starter)
    a = wide(db, **{**question, "modality": ()})
    checked = 0
    for study in bench.data(a)["studies"]:
        for name, e in study["endpoints"].items():
            said: set[float] = set()
            for v in e["values"]:
                text, value, num, den = db.execute(
                    "SELECT s.text, o.value, o.numerator, o.denominator FROM outcome o JOIN section s"
                    " ON s.version_id = o.version_id AND s.name = o.section WHERE o.id = ?",
                    (v["outcome"],),
                ).fetchone()
                assert text[v["start"] : v["end"]] == v["quote"]
                assert (value, num, den) == (v["value"], v["events"], v["n"])
                said |= _evidence.numbers(v["sentence"]) | ({float(e["events"])} if e["derived"] else set())
                checked += 1
            shown = re.sub(r"\[[^]]*\]", "", e["text"]).replace("at least", "")
            assert {float(x) for x in NUMBER.findall(shown)} <= said, (study["label"], name, e["text"])
    db.close()
    assert checked >= 10


class _Page(HTMLParser):
    """The outcome ids that a page's cells name, and whether its tags close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.ids |= set((dict(attrs).get("data-outcomes") or "").split())

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_all_forms_say_the_same_and_keep_the_ids(db: sqlite3.Connection) -> None:
    a = wide(db)
    ids = {h.id for r in a.rows for s in r.cells.values() for h in s.held}
    cells = {c for r in bench.rows(a) for k, c in r.items() if k in ("ORR", "mOS", "CRS>=3", "DLT") and c}
    plain, md, html = table(a), table(a, md=True, form="ama"), table(a, html=True)
    for form in (plain, md.replace("\\", ""), table(a, "csv"), table(a, "json"), table(a, "nl")):
        assert all(i in form for i in ids)
        assert all(c in form for c in cells)
    page = _Page()
    page.feed(html)
    assert page.ids == ids
    assert not page.open
    lines = [x for x in md.split("\n") if x.startswith("| ") and "NCT" in x]
    assert len({x.replace("\\|", "").count("|") for x in lines[: len(a.rows)]}) == 1
    held = list(csv.DictReader(io.StringIO(table(a, "csv"))))
    assert [r["family"] for r in held] == [r.family for r in a.rows]
    assert "Qi C" in md


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    path = evidence.build(tmp_path / "kb.sqlite")
    text = "The ORR was 50.0% (10/20) | <script>alert(1)</script> =cmd()."
    p = evidence.paper("PMID:66", text, 2020, ["NCT00000066"], "=cmd|<b>x</b> X")
    v = evidence.value(p.id, text, text, "50.0%", value=50.0, numerator=10, denominator=20)
    evidence.again(path, p, [*evidence.about(p, **evidence.CLDN), v])
    db = kb.open_kb(path)
    a = wide(db)
    html, cells = table(a, html=True), list(csv.DictReader(io.StringIO(table(a, "csv"))))
    db.close()
    assert "<script>" not in html
    assert "<b>x" not in html
    assert all(not c["Study"].startswith("=") for c in cells)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"plot": ("x.svg",)}, "--plot needs one endpoint"),
        ({"by": "phase"}, "--by needs one endpoint"),
        ({"paragraph": "en"}, "--paragraph needs one endpoint"),
        ({"without": True}, "--leave-one-out needs one endpoint"),
        ({"grade": ">=3"}, "--grade needs one endpoint"),
        ({"target": ("CLDN99",)}, "--target 'CLDN99' is not known"),
        ({"since": "2025", "until": "2020"}, "exclude each other"),
        ({"indication": ("melanoma",)}, "indication melanoma emptied it"),
        ({"line": "xyz"}, "--line 'xyz' is not known"),
    ],
)  # fmt: skip
def test_what_needs_one_endpoint_and_what_is_empty_is_said(
    db: sqlite3.Connection, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput) as e:
        wide(db, **options)
    assert said in str(e.value)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("name", ["all", "ALL", "全部"])
def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    path = evidence.build(tmp_path / "kb.sqlite")
    with pytest.raises(SystemExit) as e:
        cli.main(["bench", "--kb", str(path), "--target", "CLDN18.2", "--endpoint", name, "--json"])
    assert not e.value.code
    found = json.loads(capsys.readouterr().out)
    assert found["endpoint"] == "all"
    assert found["studies"][0]["endpoints"]["ORR"]["values"][0]["outcome"]


@pytest.mark.parametrize("sort", ["year", "n", "value"])
def test_sorts(db: sqlite3.Connection, sort: str) -> None:
    rows = wide(db, sort=sort).rows
    keys = {
        "year": [r.year for r in rows],
        "n": [-r.size for r in rows],
        "value": [-c.events / c.total for r in rows if (c := next(iter(r.cells.values())).count)],
    }
    assert keys[sort] == sorted(keys[sort], key=lambda x: x or "")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["third or later"], "later line"), (["after at least two prior lines"], "later line"), (["一线治疗"], "first line"),
        ([">=2"], "second line"), (["2", "2-3"], "second line"), (["1", ">=2"], "line not stated"), (["<=4"], "line not stated"),
        (["1-2"], "line not stated"), (["1"], "first line"), (["5"], "later line"), ([], "line not stated"),
        (["relapsed or refractory"], "relapsed or refractory"), (["二线及以上", "1"], "second line"),
    ],
)  # fmt: skip
def test_classes_of_line(words: list[str], wanted: str) -> None:
    assert _lines.of(words) == wanted


def test_the_line_filter_takes_words_and_numbers(db: sqlite3.Connection) -> None:
    for words in ("third", "三线", ">=3", "third-line"):
        found = bench.run(db, **{**DEFAULTS, **CLDN, "endpoint": "ORR", "line": words})
        assert isinstance(found, bench.Answer)
        assert [s.family for s in found.studies] == ["NCT00000001"]
    found = bench.run(db, **{**DEFAULTS, **CLDN, "endpoint": "ORR", "line": "2"})
    assert isinstance(found, bench.Answer)
    assert [s.family for s in found.studies] == ["NCT00000002"]
