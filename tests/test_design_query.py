"""Design helpers: sizes from a given or pooled null, and a trial among its peers."""

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
from trialkb.queries import _peers, design
from trialkb.records import Finding, Section

OWN = "NCT00000200"
ABOUT = {"target": "CLDN18.2", "modality": "CAR-T", "indication": "gastric_cancer"}
HGB = dict(zip(range(201, 210), (90, 90, 100, 90, 90, 85, 90, 80, 70), strict=True))


def threshold(document: str, words: str, text: str, comparator: str, value: str, kind: str, **more: Any) -> Finding:
    a = text.index(words)
    detail = {
        "analyte": "hemoglobin",
        "comparator": comparator,
        "value": value,
        "unit": "g/L",
        "ucum": "g/L",
        "kind": kind,
        **more,
    }
    return Finding("eligibility.threshold", words, document, "eligibility", a, a + len(words), "t", detail=detail)


def simple(document: str, field: str, words: str, text: str, value: str) -> Finding:
    a = text.index(words)
    return Finding(field, value, document, "eligibility", a, a + len(words), "t")


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("design") / "kb.sqlite"
    evidence.build(path)
    with kb.writing(path) as writer:
        own = "HGB >= 80 g/L; 1e8 to 3e8 cells; DLT window 28 days"
        d = evidence.trial(OWN, enrollment=30)
        d = evidence.replace(d, sections=(*d.sections, Section("eligibility", own)))
        evidence.add(writer, d, [
            *evidence.about(d, **ABOUT), threshold(OWN, "HGB >= 80 g/L", own, ">=", "80", "inclusion"),
            simple(OWN, "dose.level", "1e8", own, "1e8 cells"), simple(OWN, "dose.level", "3e8 cells", own, "3e8 cells"),
            simple(OWN, "design.dlt_window", "28 days", own, "28 d"),
        ])  # fmt: skip
        for n, value in HGB.items():
            id = f"NCT00000{n}"
            # one peer says it as an exclusion: below 90 is excluded, so at least 90 is asked for; one in g/dL
            text = (
                f"HGB < {value} g/L"
                if n == 201
                else f"HGB >= {value / 10:g} g/dL"
                if n == 202
                else f"HGB >= {value} g/L"
            )
            text += f"; DLT window {n - 180} days"
            d = evidence.trial(id, enrollment=n - 190)
            d = evidence.replace(d, sections=(*d.sections, Section("eligibility", text)))
            comparator, kind = ("<", "exclusion") if n == 201 else (">=", "inclusion")
            same = {"same": {"value": str(value), "unit": "g/L"}} if n == 202 else {}
            read = [
                *evidence.about(d, **ABOUT), threshold(id, text.split(";")[0], text, comparator, str(value), kind, **same),
                simple(id, "design.dlt_window", f"{n - 180} days", text, f"{n - 180} d"),
            ]  # fmt: skip
            evidence.add(writer, d, read)
        other = evidence.trial("NCT00000299", enrollment=500)
        evidence.add(writer, other, evidence.about(other, target="CD19", modality="CAR-T", indication="dlbcl"))
        keyword.build(writer, path)
    found = kb.open_kb(path)
    yield found
    found.close()


def run(db: sqlite3.Connection, **options: Any) -> design.Answer:
    return design.run(db, **{"endpoint": "ORR", "method": "GLMM", "per": "study", "min_confidence": 0.8, **options})


def test_a_threshold_is_looser_than_so_many_peers_each_listed(db: sqlite3.Connection) -> None:
    a = run(db, like=OWN)
    (limit,) = a.limits
    assert design.verdict(limit, OWN) == (
        "hemoglobin >= 80 g/L is looser than 7 of 9 peers, stricter than 1, equal to 1"
    )
    assert {p.trial: p.value for p in limit.peers} == {f"NCT00000{n}": float(v) for n, v in HGB.items()}
    lines = "\n".join(design.text(a))
    for p in limit.peers:
        assert f"{p.trial}: {p.value:g} “{p.words}” [eligibility {p.start}:{p.end}]" in lines


def test_sizes_windows_and_doses_of_peers(db: sqlite3.Connection) -> None:
    a = run(db, like=OWN.lower())
    assert "NCT00000299" not in a.peers
    assert len(a.peers) == 9
    lines = list(design.text(a))
    assert "Patients planned: own 30; 9 peers 11 to 19, median 15, quartiles 13 and 17" in lines
    assert "DLT window: own 28 days; 9 peers 21 to 29 days, median 25, quartiles 23 and 27" in lines
    assert f"* dose levels {OWN}: 1e8 cells, 3e8 cells (steps x3)" in lines


def test_every_peer_value_re_reads_from_its_span(db: sqlite3.Connection) -> None:
    checked = 0
    for row in design.rows(run(db, like=OWN)):
        if row["section"]:
            (text,) = db.execute(
                "SELECT s.text FROM document d JOIN section s ON s.version_id = d.version_id WHERE d.id = ? AND s.name = ?",
                (row["trial"], row["section"]),
            ).fetchone()
            assert text[row["start"] : row["end"]] == row["words"]
            checked += 1
    assert checked >= 20


def test_few_peers_widen_the_comparison_and_say_so(db: sqlite3.Connection) -> None:
    a = run(db, like="NCT00000299")
    assert a.shared == ("modality",)
    assert any("the comparison is wider" in n for n in a.notes)


@pytest.mark.parametrize(
    ("p0", "rounded", "said"),
    [
        ("0.1", 0.1, "given"),
        ("pooled", 0.39, "pooled of the benchmark"),
        ("q0", 0.33, "q0 of"),
        ("q100", 0.4, "q100 of"),
    ],
)
def test_the_null_is_given_or_taken_from_the_benchmark(
    db: sqlite3.Connection, p0: str, rounded: float, said: str
) -> None:
    a = run(db, p0=p0, p1=0.6, target=("CLDN18.2",), indication=("gastric_cancer",))
    assert (a.p0, str(a.p0_from)[: len(said)]) == (rounded, said)
    assert len(a.designs) == 3


def test_sizes_as_text_rows_and_json(db: sqlite3.Connection) -> None:
    a = run(db, p0="0.1", p1=0.3)
    lines = list(design.text(a))
    assert lines[1].startswith(
        "Simon optimal: stop after 10 patients with 1 or fewer responses; not worthwhile with 5 or fewer of 29"
    )
    found = json.loads("".join(printed(design, a, "json")))
    assert [(d["design"], d["n"]) for d in found["designs"]] == [
        ("Simon optimal", 29),
        ("Simon minimax", 25),
        ("single stage", 25),
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "expected --p0 and --p1"),
        ({"p0": "0.1"}, "expected --p0 and --p1"),
        ({"p0": "often", "p1": 0.3}, "--p0 'often' is not known"),
        ({"p0": "0.3", "p1": 0.2}, "need 0 < p0 < p1 < 1"),
        ({"p0": "0.2", "p1": 0.21}, "more than 150 patients"),
        ({"p0": "q200", "p1": 0.3}, "between q0 and q100"),
        ({"p0": "qx", "p1": 0.3}, "expected q25"),
        ({"p0": "pooled", "p1": 0.3, "endpoint": "OS"}, "no pooled value"),
        ({"p0": "pooled", "p1": 0.3, "target": ("CD19",)}, "target CD19 emptied it"),
        ({"like": "NCT99999999"}, "no trial 'NCT99999999'"),
    ],
)
def test_bad_requests(db: sqlite3.Connection, options: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as e:
        run(db, **options)
    assert said in str(e.value)


@pytest.mark.parametrize(
    ("detail", "asked"),
    [
        (
            {"analyte": "anc", "comparator": ">=", "value": "1.5", "ucum": "10*9/L", "kind": "inclusion"},
            ("anc", "min", "10*9/L", 1.5),
        ),
        (
            {"analyte": "inr", "comparator": ">", "value": "1.5", "ucum": None, "kind": "exclusion"},
            ("inr", "max", None, 1.5),
        ),
        (
            {
                "analyte": "alt",
                "comparator": "<=",
                "value": "5",
                "ucum": "[ULN]",
                "kind": "inclusion",
                "conditional": True,
            },
            None,
        ),
        ({"analyte": "age", "comparator": "=", "value": "5", "kind": "inclusion"}, None),
        ({"analyte": "x", "comparator": ">=", "value": "many", "kind": "inclusion"}, None),
    ],
)
def test_what_a_threshold_asks_for(detail: dict[str, object], asked: tuple[object, ...] | None) -> None:
    assert _peers._asked(detail) == asked


def test_a_kb_without_the_trial(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    with kb.writing(path):
        pass
    empty = kb.open_kb(path)
    with pytest.raises(BadInput, match="no trial"):
        run(empty, like=OWN)
    empty.close()
