"""Pasted pages, flattened rows, pasted abstracts: documents written for the tests, and the facts listed for the real ones."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from trialkb import pipeline, reading
from trialkb.harvest import abstract_page, flat_row, page
from trialkb.records import Document, Finding, Outcome

SEEDS = Path(__file__).parent / "data/seeds"


def read(name: str) -> tuple[ModuleType, Document]:
    data = (SEEDS / name).read_bytes()
    module, _ = reading.detect(data[: reading.HEAD], name)
    [document] = module.parse(data, name=name)
    return module, document


def test_pasted_page() -> None:
    module, document = read("page.txt")
    assert (module, document.kind, document.title) == (page, "page", None)
    found = pipeline.read_document(document)
    limits = [f for f in found if isinstance(f, Finding) and f.field == "eligibility.threshold"]
    assert [(f.detail or {})["kind"][:2] + " " + f.value for f in limits] == [
        "in age >= 21 a", "in age <= 65 a", "in ecog <= 2", "in life_expectancy >= 3 mo", "ex hemoglobin < 90 g/L",
        "ex anc < 1.5 10*9/L", "ex platelets < 75 10*9/L", "ex child_pugh = B", "ex inr >= 1.7",
    ]  # fmt: skip
    criteria = [f.value for f in found if isinstance(f, Finding) and f.field == "eligibility.criterion"]
    assert (criteria.count("inclusion"), criteria.count("exclusion")) == (5, 6)
    assert not [f for f in found if isinstance(f, Finding) and f.field == "phase"]


def test_flattened_row() -> None:
    module, document = read("flat_row.txt")
    trial = document.trial
    assert module is flat_row
    assert trial is not None
    assert document.title == "QX-77 CAR-T in Relapsed Ovarian Cancer Positive for Mesothelin"
    assert trial.conditions == ("Ovarian Cancer", "Cancer of the Fallopian Tube, Recurrent")
    assert [(i.type, i.name) for i in trial.interventions] == [("BIOLOGICAL", "QX-77 cells"), ("DRUG", "Fludarabine")]
    assert [(e.role[0], e.measure, e.time_frame) for e in trial.endpoints] == [
        ("P", "Dose-limiting toxicity (DLT)", "21 days"), ("P", "Adverse events", "24 months"),
        ("S", "Objective response rate (ORR)", "6 months"), ("S", "Overall survival (OS)", "24 months"),
        ("S", "CAR copies", "Day 0, Day 7, Day 28 and Month 3"),
    ]  # fmt: skip
    assert (trial.phases, trial.status, trial.sponsor, trial.enrollment) == ((), None, None, None)
    assert "(II) Patients stay" in (document.section("description") or document.sections[0]).text


def test_cells_that_speak_for_themselves() -> None:
    text = "NCT90000001\nTitle\nRECRUITING\nPHASE1|PHASE2\nGastric Cancer\nDRUG: x\nORR, 12 months\n"
    [document] = flat_row.parse(text.encode())
    trial = document.trial
    assert trial is not None
    assert (document.id, trial.status, trial.phases, trial.conditions) == (
        "NCT90000001", "RECRUITING", ("PHASE1", "PHASE2"), ("Gastric Cancer",),
    )  # fmt: skip


def test_pasted_abstract() -> None:
    module, document = read("abstract_page.txt")
    a = document.article
    assert module is abstract_page
    assert a is not None
    assert (document.id, document.title, a.authors) == (
        "DOI:10.5555/jctt.2024.0101",
        None,
        ("Zhao Anran", "Qian Bo", "Sun Chi"),
    )
    assert (a.journal, a.date, a.volume, a.issue, a.pages) == ("J Cell Ther Test", "2024-03-05", "7", "2", "101-9")
    english, chinese = document.section("abstract"), document.section("abstract_zh")
    assert english is not None
    assert chinese is not None
    pairs = [(english.text[s:e], chinese.text[t:u]) for s, e, t, u in a.extra["aligned"]]
    assert len(pairs) == 7
    assert all(x in y or z in y for (y, _), x, z in zip(pairs[4:5], ["40.0"], ["-"], strict=True))
    assert "40.0%" in pairs[4][1]
    assert [r["journal"] for r in a.extra["related"]] == ["J Test Oncol", "Cell Rep Test"]
    assert a.references == ()
    told = [o for o in pipeline.read_document(document) if isinstance(o, Outcome)]
    assert all(o.background for o in told if o.endpoint == "OS")


def test_unequal_parts_are_not_paired_by_guess() -> None:
    assert abstract_page.align("One. Two. Three.", "一。二。") == [[0, 16, 0, 4]]


@pytest.mark.parametrize(
    "text",
    [
        "胃癌 CAR-T 治疗的一段话。",
        "Eligibility is met by most.",
        "DRUG: x",
        "A line\nDRUG: x|DRUG: y\nno outcomes",
        "a,b\n1,2",
    ],
)
def test_plain_words_are_none_of_them(text: str) -> None:
    for module in (page, flat_row, abstract_page):
        assert module.recognise(text.encode(), "x") is None, module.__name__


@pytest.mark.real
@pytest.mark.parametrize(("document", "least"), [("000", 31), ("001", 26), ("002", 44), ("003", 212), ("004", 15)])
def test_facts_listed_by_hand(document: str, least: int, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TRIALKB_SHARED", str(shared))
    place = Path(__file__).parent.parent / "bench/seeds.py"
    spec = importlib.util.spec_from_file_location("bench_seeds", place)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, bench)  # its dataclass looks itself up
    spec.loader.exec_module(bench)
    listed = bench.facts()[document]
    [path] = (shared / "data/seeds").glob(f"{document}_*")
    r = bench.read(path)
    said = [(bench.judge(r, what, value), what, value) for what, value in listed]
    assert [x for x in said if x[0] == "wrong"] == []
    assert bench.extra(r, listed) == []
    assert sum(x[0] == "found" for x in said) >= least, [x for x in said if x[0] != "found"]


def test_show_tells_what_a_document_holds(tmp_path: Path) -> None:
    from trialkb import kb
    from trialkb.queries import show

    with kb.writing(tmp_path / "kb.sqlite") as db:
        for name in ("flat_row.txt", "abstract_page.txt", "review_zh.txt"):
            _, counts = pipeline.read_file(db, SEEDS / name)
            assert counts.by_state["new"] == 1
        told = [
            "\n".join(show.text(show.run(db, r[0], True)))
            for r in db.execute("SELECT id FROM document ORDER BY source")
        ]
    assert "aligned: 7 pairs" in told[0]
    assert "primary: Adverse events [24 months]" in told[1]
    assert "MSLN  PHASE1/PHASE2  NCT90000102  示例生物(大连)有限公司" in told[2]
    assert "references: 8; citation marks: 6" in told[2]
