"""Benchmarks: rows, the overlap guard, what is pooled and why not, traceability of every number, bad requests."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import evidence
import pytest

from trialkb import cli, corrections, kb, pipeline
from trialkb.errors import BadInput
from trialkb.index import keyword
from trialkb.printing import printed
from trialkb.queries import _evidence, _paragraph, _request, _studies, bench
from trialkb.queries._pool import pool

QUESTION = {"target": ("CLDN18.2",), "modality": ("CAR-T",), "indication": ("gastric_cancer",)}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evidence.build(tmp_path_factory.mktemp("kb") / "kb.sqlite")


@pytest.fixture
def db(held: Path) -> Iterator[sqlite3.Connection]:
    found = kb.open_kb(held)
    yield found
    found.close()


def ask(db: sqlite3.Connection, **options: Any) -> bench.Answer:
    defaults = {"endpoint": "ORR", "method": "GLMM", "per": "study", "min_confidence": 0.8, "sort": "year"}
    return bench.run(db, **{**defaults, **QUESTION, **options})


def test_a_row_a_family_the_latest_cut_pooled_the_others_its_history(db: sqlite3.Connection) -> None:
    a = ask(db)
    rows = {s.family: s for s in a.studies}
    assert list(rows) == ["NCT00000004", "NCT00000002", "NCT00000001", "NCT00000003"]
    one = rows["NCT00000001"]
    assert (one.paper.id, one.count, one.not_pooled) == ("PMID:12", _studies.Count(38, 98), None)
    assert [(e.held.outcome.document, e.held.outcome.numerator, e.why) for e in one.history] == [
        ("PMID:11", 18, "earlier report of the same trial")
    ]
    assert one.label == "Qi 2024 (NCT00000001)"


def test_the_asked_tumour_counts_alone_and_comparators_do_not(db: sqlite3.Connection) -> None:
    rows = {s.family: s for s in ask(db).studies}
    assert (rows["NCT00000002"].count, rows["NCT00000002"].population) == (_studies.Count(2, 6), "gastric cancer")
    assert (rows["NCT00000003"].count, rows["NCT00000003"].arm) == (_studies.Count(20, 50), "cells")
    whole = {s.family: s for s in ask(db, indication=()).studies}
    assert whole["NCT00000002"].count == _studies.Count(3, 12)


def test_other_tumours_in_the_row_are_said(db: sqlite3.Connection) -> None:
    rows = {s.family: s for s in ask(db, indication=("pancreatic_cancer",)).studies}
    assert rows["NCT00000002"].count == _studies.Count(3, 12)
    assert "patients with other tumours too (gastric_cancer)" in rows["NCT00000002"].flags


def test_without_a_therapy_asked_for_the_arms_are_summed_and_it_says_so(db: sqlite3.Connection) -> None:
    rows = {s.family: s for s in ask(db, target=(), modality=()).studies}
    assert rows["NCT00000003"].count == _studies.Count(25, 100)
    assert "sum of 2 arms" in rows["NCT00000003"].flags


def test_derived_counts_are_pooled_only_when_asked(db: sqlite3.Connection) -> None:
    a, b = ask(db), ask(db, derived=True)
    rough = next(s for s in a.studies if s.family == "NCT00000004")
    assert rough.not_pooled == "its numerator is not printed (6/20 would give 30%; --derived pools it)"
    assert a.pooled is not None
    assert b.pooled is not None
    assert (a.pooled.k, a.pooled.n, b.pooled.k, b.pooled.n) == (3, 154, 4, 174)
    assert a.pooled == pool([2, 38, 20], [6, 98, 50])
    assert any("6*/20" in line for line in bench.text(b))


def changed(document: str, **fields: Any) -> list[Any]:
    text = "The ORR was 50.0% (10/20)."
    p = evidence.paper(
        document, text, 2020, ["NCT00000009"], **{k: fields.pop(k) for k in ("retracted", "kind") if k in fields}
    )
    base = {"value": 50.0, "numerator": 10, "denominator": 20}
    quote = fields.pop("quote", "50.0%")
    return [p, [*evidence.about(p, **evidence.CLDN), evidence.value(p.id, text, text, quote, **{**base, **fields})]]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        ({"confidence": 0.5}, "read with confidence 0.50"),
        ({"confidence": None}, "a rule whose precision is not measured"),
        ({"flags": ("recalled",)}, "recalled, its source not reopened"),
        ({"retracted": True}, "RETRACTED"),
        ({"value": 55.0}, "does not re-read: the span says '50.0%', not 55"),
        ({"denominator": 21}, "does not re-read: the section does not say the denominator 21"),
        ({"numerator": None}, "its numerator is not printed (10/20 would give 50%"),
        ({"denominator": None}, "n is not printed"),
        ({"value": None, "value_status": "not_estimable"}, "not estimable"),
        ({"numerator": 20, "denominator": 20}, "20/20 and 50% do not agree"),
        ({"numerator": 20, "denominator": 10, "value": 50.0}, "20/10 is no share of patients"),
    ],
)  # fmt: skip
def test_what_is_not_pooled_and_why(fields: dict[str, Any], why: str | None, tmp_path: Path) -> None:
    path = evidence.build(tmp_path / "kb.sqlite")
    evidence.again(path, *changed("PMID:91", **fields))
    db = kb.open_kb(path)
    row = next(s for s in ask(db).studies if s.family == "NCT00000009")
    db.close()
    assert (row.not_pooled is None) is (why is None)
    assert why is None or why in str(row.not_pooled)


def test_background_is_never_a_row(tmp_path: Path) -> None:
    path = evidence.build(tmp_path / "kb.sqlite")
    evidence.again(path, *changed("PMID:91", background="other_study"))
    db = kb.open_kb(path)
    assert "NCT00000009" not in {s.family for s in ask(db, min_confidence=0.0, derived=True).studies}
    db.close()


def test_ambiguous_percentages_are_settled_by_the_printed_interval_or_not_at_all() -> None:
    request = _request.Request("ORR", "share", derived=True)

    def counted(percent: float, n: int, quote: str, ci: tuple[float, float] | None = None) -> Any:
        o = evidence.value("D", f"{quote} of {n}", f"{quote} of {n}", quote, value=percent, denominator=n, ci=ci)
        return _studies.count(_evidence.Held("i", o, quote, "", 1, "", "2026"), request)

    assert counted(83.0, 180, "83%") == "its numerator is not printed, and 2 counts of 180 would give 83%"
    assert counted(73.0, 256, "73%", (66.8, 78.0)) == _studies.Count(186, 256, True)
    assert counted(38.8, 98, "38.8%") == _studies.Count(38, 98, True)
    assert counted(20.0, 6, "20%") == "its numerator is not printed, and no count of 6 would give 20%"
    half = evidence.value("D", "0.500 of 8", "0.500 of 8", "0.500", value=0.5, unit="1", denominator=8)
    assert _studies.count(_evidence.Held("i", half, "0.500", "", 1, "", "2026"), request) == _studies.Count(4, 8, True)


def test_a_sum_of_printed_counts_is_derived_too() -> None:
    text = "2 complete and 1 partial response make 3 of 5"
    o = evidence.value(
        "D", text, text, "3", statistic="count", value=3.0, unit="{participants}", numerator=3, denominator=5,
        derived=("numerator",),
    )  # fmt: skip
    held = _evidence.Held("i", o, "3", "", 1, "", "2026")
    asked = _request.Request("ORR", "share", derived=True)
    assert _studies.count(held, asked) == _studies.Count(3, 5, True)
    assert "--derived pools it" in str(_studies.count(held, _request.Request("ORR", "share")))


def test_include_all_counts_patients_twice_and_says_so_loudly(db: sqlite3.Connection) -> None:
    a = ask(db, include_all=True)
    assert [s.paper.id for s in a.studies if s.family == "NCT00000001"] == ["PMID:11", "PMID:12"]
    assert any(n.startswith("!! --include-all") and "COUNTED MORE THAN ONCE" in n for n in a.notes)


def test_a_later_report_of_a_few_does_not_displace_the_whole(tmp_path: Path) -> None:
    path = evidence.build(tmp_path / "kb.sqlite")
    text = "Of 10 patients, 9 responded (90.0%)."
    p = evidence.paper("PMID:13", text, 2026, ["NCT00000001"], "Qi C", cut="final")
    v = evidence.value(p.id, text, text, "90.0%", value=90.0, numerator=9, denominator=10)
    evidence.again(path, p, [*evidence.about(p, **evidence.CLDN), v])
    db = kb.open_kb(path)
    row = next(s for s in ask(db).studies if s.family == "NCT00000001")
    db.close()
    assert row.paper.id == "PMID:12"
    assert {e.why for e in row.history if e.held.outcome.document == "PMID:13"} == {
        "later report without printed counts of as many patients"
    }


def test_cohorts_that_may_share_patients_are_named(tmp_path: Path) -> None:
    path = evidence.build(tmp_path / "kb.sqlite")
    text = "The ORR was 50.0% (5/10)."
    p = evidence.paper("PMID:51", text, 2024, ["NCT00000005"], "Qi C", product="CT041")
    v = evidence.value(p.id, text, text, "50.0%", value=50.0, numerator=5, denominator=10)
    evidence.again(path, p, [*evidence.about(p, **evidence.CLDN), v])
    db = kb.open_kb(path)
    notes = ask(db).notes
    db.close()
    assert "Qi 2024 (NCT00000001) and Qi 2024 (NCT00000005) may share patients: agent ct041, author Qi C" in notes


def test_same_trial_links_make_one_family(tmp_path: Path) -> None:
    path = evidence.build(tmp_path / "kb.sqlite")
    with kb.writing(path) as db, kb.transaction(db):
        db.execute("INSERT INTO link (source, target, relation) VALUES ('NCT00000003', 'NCT00000002', 'same_trial')")
    db = kb.open_kb(path)
    rows = {s.family: s for s in ask(db).studies}
    db.close()
    assert "NCT00000003" not in rows
    assert rows["NCT00000002"].paper.id == "PMID:31"


def test_a_preprint_and_its_paper_are_one_row(tmp_path: Path) -> None:
    path = evidence.build(tmp_path / "kb.sqlite")
    text = "The ORR was 50.0% (5/10)."
    for id, year in (("PPR:1", 2023), ("PMID:61", 2024)):
        p = evidence.paper(id, text + id, year, author="Solo X")
        v = evidence.value(p.id, text + id, text, "50.0%", value=50.0, numerator=5, denominator=10)
        evidence.again(path, p, [*evidence.about(p, **evidence.CLDN), v])
    with kb.writing(path) as db, kb.transaction(db):
        db.execute("INSERT INTO link (source, target, relation) VALUES ('PPR:1', 'PMID:61', 'preprint_of')")
    db = kb.open_kb(path)
    (row,) = (s for s in ask(db).studies if s.paper.id in ("PPR:1", "PMID:61"))
    db.close()
    assert row.paper.id == "PMID:61"
    assert [e.held.outcome.document for e in row.history] == ["PPR:1"]


def test_medians_are_listed_with_interval_and_follow_up_and_never_pooled(db: sqlite3.Connection) -> None:
    a = ask(db, endpoint="OS")
    assert (a.pooled, a.why_none) == (None, "OS is a time: medians are listed, never pooled")
    line = next(x for x in bench.text(a) if x.startswith("Qi 2024"))
    assert "8.8 months" in line
    assert "7.1-10.2" in line
    assert "32.4 months" in line
    assert bench.data(a)["pooled"]["why"] == a.why_none


@pytest.mark.parametrize(
    ("endpoint", "grade", "counts"),
    [("DLT", None, (0, 37)), ("CRS", ">=3", (2, 98)), ("CRS>=3", None, (2, 98)), ("CRS", "3+", (2, 98))],
)
def test_safety_with_grades(db: sqlite3.Connection, endpoint: str, grade: str | None, counts: tuple[int, int]) -> None:
    a = ask(db, endpoint=endpoint, grade=grade)
    assert [(s.count.events, s.count.total) for s in a.studies if s.count] == [counts]


def test_any_grade_is_not_grade_three(db: sqlite3.Connection) -> None:
    with pytest.raises(BadInput, match="grade any emptied it"):
        ask(db, endpoint="CRS")


def test_json_form(db: sqlite3.Connection) -> None:
    found = json.loads("".join(printed(bench, ask(db), "json")))
    assert {"method", "estimate", "low", "high", "pi_low", "pi_high", "tau2", "i2", "k", "n"} <= set(found["pooled"])
    assert 0 < found["pooled"]["low"] < found["pooled"]["estimate"] < found["pooled"]["high"] < 1
    assert found["pooled"]["k"] == sum(s["pooled"] for s in found["studies"]) == 3
    one = next(s for s in found["studies"] if s["id"] == "NCT00000001")
    assert (one["events"], one["n"], one["year"], one["phase"]) == (38, 98, "2024", ["PHASE1"])
    assert one["values"][0]["quote"] == "38.8%"


def test_by_phase_makes_groups_with_their_own_pools(db: sqlite3.Connection) -> None:
    a = ask(db, by="phase", derived=True)
    named = {g.name: (len(g.studies), g.pooled.k if g.pooled else 0) for g in a.groups}
    assert named == {"PHASE1": (2, 2), "PHASE1/PHASE2": (1, 1), "PHASE2": (1, 1)}


@pytest.mark.parametrize(
    ("by", "wanted"), [("line", {"later line", "second line", "line not stated"}), ("target", {"CLDN18.2"})]
)
def test_by_line_and_target(db: sqlite3.Connection, by: str, wanted: set[str]) -> None:
    assert {g.name for g in ask(db, by=by).groups} == wanted


def test_per_arm_and_dose_make_rows_and_populations_are_not_pooled(db: sqlite3.Connection) -> None:
    arms = [s for s in ask(db, per="arm").studies if s.family == "NCT00000003"]
    assert {(s.arm, s.count.events if s.count else None) for s in arms} == {("cells", 20), ("chemotherapy", 5)}
    doses = [s for s in ask(db, per="dose", indication=()).studies if s.family == "NCT00000002"]
    assert {(s.dose, s.count.total if s.count else None) for s in doses} == {("dose level 1", 4), (None, 12)}
    parts = ask(db, per="population")
    assert parts.pooled is None
    assert "share patients" in str(parts.why_none)


def test_one_study_is_not_pooled_and_few_carry_a_warning(db: sqlite3.Connection) -> None:
    one = ask(db, since="2024", until="2024")
    assert one.pooled is not None
    assert (one.pooled.k, one.pooled.estimate, one.why_none) == (1, None, "one study: nothing to pool")
    assert any("only 3 studies" in n for n in ask(db).notes)


def test_corrections_stand_in_the_row(tmp_path: Path) -> None:
    path = evidence.build(tmp_path / "kb.sqlite")
    with kb.writing(path) as db, kb.transaction(db):
        (id,) = db.execute(
            "SELECT id FROM outcome WHERE document_id = 'PMID:12' AND endpoint = 'ORR' AND numerator = 38"
        ).fetchone()
        corrections.add(db, "PMID:12", f"outcome:{id}:numerator", "37", "erratum")
        corrections.add(db, "PMID:12", f"outcome:{id}:value", "37.8", "erratum")
    db = kb.open_kb(path)
    row = next(s for s in ask(db).studies if s.family == "NCT00000001")
    db.close()
    assert row.count == _studies.Count(37, 98)
    assert "corrected by a person" in row.flags


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target": ("CLDN18.9",)}, "--target 'CLDN18.9' is not known; nearest: CLDN18.2"),
        ({"indication": ("gastrik cancer",)}, "nearest: gastric_cancer"),
        ({"modality": ("CAR-X",)}, "nearest: CAR-T"),
        ({"endpoint": "ORRR"}, "nearest: ORR"),
        ({"phase": ("7",)}, "--phase '7' is not known"),
        ({"since": "soon"}, "--since 'soon' is no year"),
        ({"since": "2025", "until": "2020"}, "exclude each other"),
        ({"grade": "3"}, "--grade is for safety endpoints"),
        ({"endpoint": "CRS", "grade": "9"}, "--grade '9' is not known"),
        ({"endpoint": "CRS>=3", "grade": "1"}, "names a grade already"),
        ({"per": "arm", "by": "dose"}, "--by dose"),
        ({"endpoint": "OS", "plot": ("x.svg",)}, "OS cannot be pooled or plotted: it is a time: medians are listed"),
        ({"endpoint": "MTD", "by": "phase"}, "MTD cannot be pooled or plotted"),
        ({"plot": ("x.gif",)}, "ends in .svg or .png"),
        ({"indication": ("melanoma",)}, "no study is left: indication melanoma emptied it (endpoint ORR: 9 values in 5"),
        ({"since": "2030"}, "since 2030 emptied it"),
        ({"phase": ("3",)}, "phase PHASE3 emptied it"),
        ({"frozen": "none"}, "no evidence frozen as 'none'"),
    ],
)  # fmt: skip
def test_bad_requests_get_one_clear_line(db: sqlite3.Connection, options: dict[str, Any], said: str) -> None:
    if "frozen" in options:
        with pytest.raises(BadInput, match="no evidence frozen"):
            bench.run(db, frozen="none")
        return
    with pytest.raises(BadInput) as e:
        ask(db, **options)
    assert said in str(e.value)
    assert "\n" not in str(e.value)


def test_markdown_html_and_csv(db: sqlite3.Connection) -> None:
    a = ask(db, derived=True)
    md = "\n".join(bench.text(bench.finish(a, {"md": True, "form": "ama", "appendix": True})))
    lines = [x for x in md.split("\n") if x.startswith("| ")]
    assert len({x.replace("\\|", "").count("|") for x in lines[:5]}) == 1
    html = "\n".join(bench.text(bench.finish(a, {"html": True})))
    assert "<svg" in html
    _Balanced().feed(html)
    table = list(csv.DictReader(io.StringIO("\n".join(printed(bench, a, "csv")))))
    assert [r["n/N"] for r in table] == ["6*/20", "2/6", "38/98", "20/50"]


class _Balanced(HTMLParser):
    """Refuses a page whose tags do not close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "path", "use", "rect", "image", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path", "use", "rect", "image"):
            assert self.open.pop() == tag


def test_hostile_words_in_records_stay_words(tmp_path: Path) -> None:
    path = evidence.build(tmp_path / "kb.sqlite")
    text = "The ORR was 50.0% (10/20) | <script>alert(1)</script> =cmd()."
    p = evidence.paper("PMID:66", text, 2020, ["NCT00000066"], "=cmd|<b>x</b> X")
    v = evidence.value(p.id, text, text, "50.0%", value=50.0, numerator=10, denominator=20)
    evidence.again(path, p, [*evidence.about(p, **evidence.CLDN), v])
    db = kb.open_kb(path)
    a = ask(db)
    html = "\n".join(bench.text(bench.finish(a, {"html": True, "appendix": True})))
    cells = list(csv.DictReader(io.StringIO("\n".join(printed(bench, a, "csv")))))
    db.close()
    assert "<script>" not in html
    assert "<b>x" not in html
    assert all(not c["Study"].startswith("=") for c in cells)


def test_leave_one_out_and_sorts(db: sqlite3.Connection) -> None:
    a = ask(db, without=True, sort="value")
    assert [s.family for s in a.used] == ["NCT00000003", "NCT00000001", "NCT00000002"]
    assert [p.n for _, p in a.without] == [104, 56, 148]
    assert [s.family for s in ask(db, sort="n").studies][0] == "NCT00000001"


def test_plot_and_script_are_written_with_the_same_counts(db: sqlite3.Connection) -> None:
    a = ask(db, plot=("a.svg", "a.png"), metafor="a.R")
    assert set(a.files) == {"a.svg", "a.png", "a.R"}
    script = a.files["a.R"].decode()
    assert "xi = c(2, 38, 20)" in script
    assert f"{a.pooled.estimate:.6f}" in script  # type: ignore[union-attr]


NUMBER = re.compile(r"\d+(?:\.\d+)?")


def paragraph_numbers(words: str) -> set[str]:
    bare = re.sub(r"\[[^\]]*\]", "", words)  # keys
    bare = re.sub(r"95\s?%\s?CI|CLDN18\.2|CD19|GD2|CAR-T|I²|\(ORR\)", "", bare)
    return set(NUMBER.findall(bare))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("endpoint", ["ORR", "OS", "DLT", "CRS>=3"])
def test_the_paragraph_says_nothing_that_is_not_in_the_table(
    db: sqlite3.Connection, language: str, endpoint: str
) -> None:
    a = ask(db, endpoint=endpoint, derived=True)
    words = _paragraph.write(a, language)
    table = (
        "\n".join(bench.text(a)) + f" {len(a.used)} {len(a.studies)} {sum(s.count.total for s in a.used if s.count)}"
    )
    shares = {f"{100 * s.count.events / s.count.total:.1f}" for s in a.used if s.count}
    assert paragraph_numbers(words) - set(NUMBER.findall(table)) - shares == set()
    keys = {k for group in re.findall(r"\[([^\]]+)\]", words) for k in group.split(", ")}
    assert keys <= {s.paper.source.key for s in a.studies}
    assert keys
    assert 1 <= len(re.findall(r"[.。](?:\s|$)" if language == "en" else "。", words)) <= 4


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter corpus, read and indexed by keyword."""
    return evidence.starter(tmp_path_factory.mktemp("starter") / "kb.sqlite")


def test_every_number_of_the_starter_leads_to_an_outcome_whose_span_re_reads(starter: Path) -> None:
    """Over all endpoints: each value of each row and history, read again from the kb by its id, section and span."""
    db = kb.open_kb(starter)
    checked = 0
    for (endpoint,) in db.execute("SELECT DISTINCT endpoint FROM outcome WHERE endpoint NOT LIKE 'OTHER%'").fetchall():
        try:
            a = ask(db, endpoint=endpoint, target=(), modality=(), indication=(), derived=True)
        except BadInput:
            continue
        found = bench.data(a)
        for s in found["studies"]:
            for v in (*s["values"], *s["history"], *s["follow_up"]):
                checked += 1
                text, stored, num, den = db.execute(
                    "SELECT s.text, o.value, o.numerator, o.denominator FROM outcome o JOIN section s"
                    " ON s.version_id = o.version_id AND s.name = o.section WHERE o.id = ?",
                    (v["outcome"],),
                ).fetchone()
                assert text[v["start"] : v["end"]] == v["quote"]
                assert (stored, num, den) == (v["value"], v["events"], v["n"])
                said = _evidence.numbers(v["quote"])
                assert v["value"] is None or v["value"] in said or "value" in v["derived"], v
            if s["pooled"]:
                assert (
                    s["events"] == sum(v["events"] if v["events"] is not None else int(v["value"]) for v in s["values"])
                    or s["derived"]
                )
                assert s["n"] == sum(v["n"] for v in s["values"])
        printed_cells = [c for r in bench.rows(a) for c in (r.get("Printed") or "").split("; ") if c]
        quotes = {x for s in found["studies"] for v in s["values"] for x in _evidence.numbers(v["quote"])}
        for cell in printed_cells:
            assert set(map(float, NUMBER.findall(cell))) <= quotes, (endpoint, cell)
    db.close()
    assert checked > 100


@pytest.mark.parametrize(
    ("question", "pooled"),
    [  # how many can be pooled: the literature of the other two has no more counts
        ({"target": ("CLDN18.2",), "indication": ("gastric_cancer",)}, 3),
        ({"target": ("CD19",), "indication": ("lbcl",)}, 10),
        ({"target": ("GD2",), "indication": ("neuroblastoma",)}, 3),
    ],
    ids=str,
)
def test_the_worked_examples_pool_each_trial_once(starter: Path, question: dict[str, Any], pooled: int) -> None:
    db = kb.open_kb(starter)
    a = ask(db, **{**question, "modality": ()}, derived=True)
    db.close()
    families = [s.family for s in a.studies]
    assert len(families) == len(set(families)) >= 3
    assert a.pooled is not None
    assert a.pooled.k == len(a.used) >= pooled


def test_command_line(held: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as e:
            cli.main(["bench", "--kb", str(held), *words])
        out = capsys.readouterr()
        return int(e.value.code or 0), out.out, out.err

    code, out, err = call("--target", "CLDN18.2", "--json")
    assert (code, json.loads(out)["pooled"]["k"]) == (0, 3)
    code, out, err = call("--target", "nothing")
    assert code == 1
    assert err.count("\n") == 1
    assert "nearest" in err
    code, out, err = call("--target", "CLDN18.2", "--plot", str(tmp_path / "f.svg"))
    assert (tmp_path / "f.svg").read_bytes().startswith(b"<?xml")
    assert "written" in err


# Objective responses posted for non-small-cell lung cancer, read by hand from the JSON of the records: numerator and
# denominator by arm, summed. Percentages are posted without counts: 16.2 % of 68 is 11, 31.3 % of 67 is 21, and so on.
POSTED = {
    "NCT00777179": (14, 75),  # NUMBER, 14 of 75 vandetanib; the placebo arm (1 of 42) is left out
    "NCT02369484": (1, 13),  # COUNT_OF_PARTICIPANTS, category CR or PR
    "NCT03563716": (11 + 21, 68 + 67),  # 16.2, 31.3 %
    "NCT04585815": (2 + 4, 4 + 9),  # 50.0, 44.4 % (phase 1b of sub-study A, the measure with most patients)
    "NCT02475213": (5 + 2, 15 + 19),  # 33.3, 10.5 %: the two cohorts of NSCLC among ten
    "NCT02856893": (40 + 21 + 20, 45 + 32 + 34),  # 0.889, 0.656, 0.588
    "NCT05014815": (57 + 65, 136 + 136),  # 41.9, 47.8 %
}
NOT_POOLED = {"NCT03729596": "no count of 21 would give 15%"}  # posted: 15.0 % (3.2 to 37.9), N = 21; 3/20 would fit
NOTHING_POSTED = ("NCT04402008", "NCT04866017", "NCT06094296")  # a measure without a patient


@pytest.mark.real
def test_posted_responses_of_lung_cancer_are_pooled_as_checked_by_hand(shared: Path, tmp_path: Path) -> None:
    wanted = {*POSTED, *NOT_POOLED, *NOTHING_POSTED}
    file, path = tmp_path / "nsclc.jsonl", tmp_path / "kb.sqlite"
    with gzip.open(shared / "data/ctgov_v2/studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        kept = [x for x in lines if json.loads(x)["protocolSection"]["identificationModule"]["nctId"] in wanted]
    assert len(kept) == len(wanted)
    file.write_text("".join(kept), encoding="utf-8")
    with kb.writing(path) as writer:
        pipeline.read_file(writer, file)
        pipeline.extract(writer)
        keyword.build(writer, path)
    db = kb.open_kb(path)
    a = ask(db, target=(), modality=(), indication=("nsclc",), derived=True)
    printed_only = ask(db, target=(), modality=(), indication=("nsclc",))
    db.close()
    assert {s.family: (s.count.events, s.count.total) for s in a.used if s.count} == POSTED
    left = {s.family: s.not_pooled for s in a.studies if s.not_pooled}
    assert list(left) == list(NOT_POOLED)
    assert NOT_POOLED["NCT03729596"] in str(left["NCT03729596"])
    assert a.pooled is not None
    figures = (a.pooled.estimate, a.pooled.low, a.pooled.high, a.pooled.pi_low, a.pooled.pi_high, a.pooled.tau2)
    assert tuple(f"{v:.4f}" for v in figures) == R_POSTED
    assert {s.family for s in printed_only.used} == {"NCT00777179", "NCT02369484"}


R_POSTED = ("0.3215", "0.1826", "0.5013", "0.0620", "0.7725", "0.8624")  # metafor 3.8-1, rma.glmm(measure = "PLO")
