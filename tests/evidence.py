"""A small knowledge base written for the tests of benchmarks: papers with their results, each value with its span."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from trialkb import kb, pipeline
from trialkb.index import keyword
from trialkb.records import (
    ArmRef,
    Article,
    Dispersion,
    Document,
    Evidence,
    Finding,
    Grade,
    Outcome,
    Population,
    Section,
    TimePoint,
    Trial,
)
from trialkb.text import digest


def value(document: str, text: str, sentence: str, quote: str, endpoint: str = "ORR", **fields: Any) -> Outcome:
    """An outcome whose spans are where its words stand in the text."""
    a = text.index(sentence)
    v = a + sentence.index(quote)
    arm, subgroup, dose = fields.pop("arm", None), fields.pop("subgroup", None), fields.pop("dose", None)
    grade, month, ci = fields.pop("grade", None), fields.pop("month", None), fields.pop("ci", None)
    role = fields.pop("role_of_arm", "EXPERIMENTAL")
    defaults: dict[str, Any] = {"statistic": "rate", "unit": "%", "confidence": 0.97, "rule": "test.rule"}
    return Outcome(
        document,
        endpoint,
        evidence=Evidence("abstract", (v, v + len(quote)), (a, a + 3), (a, a + len(sentence)), digest(text)),
        verbatim=endpoint,
        arm=ArmRef(arm, role) if arm else None,
        population=Population(subgroup=subgroup, dose_level=dose) if subgroup or dose else None,
        grade=Grade(*grade) if grade else None,
        time_point=TimePoint(month, "mo") if month else None,
        dispersion=Dispersion("CONFIDENCE_95", ci[0], ci[1], 95.0) if ci else None,
        **{**defaults, **fields},
    )


def paper(
    id: str,
    text: str,
    year: int,
    trials: Sequence[str] = (),
    author: str = "Doe J",
    kind: str = "article",
    **article: Any,
) -> Document:
    extra = {k: article.pop(k) for k in ("cut", "product", "line", "family") if k in article}
    a = Article(
        id, id.removeprefix("PMID:"), authors=(author,), year=year, date=str(year), registry_ids=tuple(trials),
        journal="Journal of Tests", extra=extra, **article,
    )  # fmt: skip
    section = Section("abstract", text, "en")
    return Document(id, kind, "pubmed", (section,), text.encode(), f"Report {id}", "en", f"https://x/{id}", article=a)  # type: ignore[arg-type]


def trial(id: str, sponsor: str = "Hospital One", **fields: Any) -> Document:
    t = Trial(id, sponsor=sponsor, first_post_date="2018-01-01", update_date="2020-01-01", **fields)
    return Document(id, "trial", "ctgov", (Section("title", f"Trial {id}"),), id.encode(), f"Trial {id}", "en", trial=t)


def about(document: Document, **terms: str) -> list[Finding]:
    """Findings that say what a document is about: target="CLDN18.2"."""
    section = document.sections[0]
    return [
        Finding(k, v, document.id, section.name, 0, 3, "test.about") for k, vs in terms.items() for v in vs.split("|")
    ]


def add(db: sqlite3.Connection, document: Document, read: Sequence[Finding | Outcome]) -> None:
    with kb.transaction(db):
        kb.put(db, document, as_of="2026-08-22")
        kb.put_read(db, document, read, "test")


CLDN = {"target": "CLDN18.2", "modality": "CAR-T", "indication": "gastric_cancer"}
FIRST = "In all, 18 of 37 patients responded (48.6%). No dose-limiting toxicity was seen in 37 patients."
FINAL = (
    "Of 98 patients, 38 responded (38.8%; 95% CI 29.1-49.2). Median OS was 8.8 months (95% CI 7.1-10.2). "
    "Median follow-up was 32.4 months. CRS of grade 3 or 4 occurred in 2 of 98 patients. Elsewhere 56% responded."
)
OTHER = "The ORR was 25.0% (3/12). Of 6 patients with gastric cancer 2 responded. At dose level 1, 1 of 4 responded."
ARMS = "The ORR was 40.0% (20/50) with cells and 10.0% (5/50) with chemotherapy."
ROUGH = "The ORR was 30.0% among 20 patients."


def build(path: Path) -> Path:
    """The kb: one trial in two cuts, one with parts, one with two arms, one without its numerators."""
    with kb.writing(path) as db:
        p = paper("PMID:11", FIRST, 2022, ["NCT00000001"], "Qi C", cut="interim", product="CT041 (satri-cel)")
        add(db, p, [
            *about(p, phase="PHASE1", **CLDN),
            value(p.id, FIRST, FIRST[:44], "48.6%", value=48.6, numerator=18, denominator=37),
            value(p.id, FIRST, FIRST[45:], "No", "DLT", statistic="count", value=0, unit="{participants}", numerator=0,
                  denominator=37),
        ])  # fmt: skip
        p = paper(
            "PMID:12", FINAL, 2024, ["NCT00000001"], "Qi C", cut="final", product="CT041 (satri-cel)", line="third line"
        )
        add(db, p, [
            *about(p, phase="PHASE1", **CLDN),
            value(p.id, FINAL, FINAL[:54], "38.8%", value=38.8, numerator=38, denominator=98, ci=(29.1, 49.2),
                  criteria="RECIST1.1"),
            value(p.id, FINAL, "Median OS was 8.8 months (95% CI 7.1-10.2).", "8.8 months", "OS", statistic="median",
                  value=8.8, unit="mo", ci=(7.1, 10.2)),
            value(p.id, FINAL, "Median follow-up was 32.4 months.", "32.4 months", "FOLLOW_UP", statistic="median",
                  value=32.4, unit="mo"),
            value(p.id, FINAL, "CRS of grade 3 or 4 occurred in 2 of 98 patients.", "2", "CRS", statistic="count", value=2,
                  unit="{participants}", numerator=2, denominator=98, grade=(3, 4)),
            value(p.id, FINAL, "Elsewhere 56% responded.", "56%", value=56.0, background="other_study"),
        ])  # fmt: skip
        p = paper("PMID:21", OTHER, 2023, ["NCT00000002"], "Li B", product="CAR-X", line="second line")
        add(db, p, [
            *about(p, phase="PHASE1|PHASE2", target="CLDN18.2", modality="CAR-T", indication="gastric_cancer|pancreatic_cancer"),
            value(p.id, OTHER, "The ORR was 25.0% (3/12).", "25.0%", value=25.0, numerator=3, denominator=12),
            value(p.id, OTHER, "Of 6 patients with gastric cancer 2 responded.", "2 responded", statistic="count", value=2,
                  unit="{participants}", numerator=2, denominator=6, subgroup="gastric cancer"),
            value(p.id, OTHER, "At dose level 1, 1 of 4 responded.", "1 of 4", statistic="count", value=1,
                  unit="{participants}", numerator=1, denominator=4, dose="dose level 1"),
        ])  # fmt: skip
        p = paper("PMID:31", ARMS, 2025, ["NCT00000003"], "Wang D", product="CAR-Y")
        add(db, p, [
            *about(p, phase="PHASE2", **CLDN),
            value(p.id, ARMS, ARMS, "40.0%", value=40.0, numerator=20, denominator=50, arm="cells"),
            value(p.id, ARMS, ARMS, "10.0%", value=10.0, numerator=5, denominator=50, arm="chemotherapy",
                  role_of_arm="ACTIVE_COMPARATOR"),
        ])  # fmt: skip
        p = paper("PMID:41", ROUGH, 2021, ["NCT00000004"], "Roe E", product="CAR-Z")
        add(db, p, [
            *about(p, phase="PHASE1", **CLDN),
            value(p.id, ROUGH, ROUGH, "30.0%", value=30.0, numerator=6, denominator=20, derived=("numerator",)),
        ])  # fmt: skip
        add(db, trial("NCT00000001", facilities=("Beijing",)), [])
        keyword.build(db, path)
    return path


def again(path: Path, document: Document, read: Sequence[Finding | Outcome]) -> None:
    """Add one more document to a kb that is built."""
    with kb.writing(path) as db:
        add(db, document, read)
        keyword.build(db, path)


__all__ = [
    "ARMS",
    "CLDN",
    "FINAL",
    "FIRST",
    "OTHER",
    "ROUGH",
    "about",
    "again",
    "build",
    "paper",
    "replace",
    "trial",
    "value",
]


def starter(path: Path) -> Path:
    """The starter corpus, read and indexed by keyword."""
    with kb.writing(path) as db:
        for file in sorted(files("trialkb").joinpath("starter").iterdir(), key=lambda f: f.name):
            if file.name.endswith(".jsonl"):
                pipeline.read_file(db, Path(str(file)))
        pipeline.extract(db)
        keyword.build(db, path)
    return path
