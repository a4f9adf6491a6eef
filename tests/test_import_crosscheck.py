"""Cross-checks: a review against itself, against the registry, and against a trial's own paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from trialkb import crosscheck, kb, pipeline
from trialkb.records import Article, Document, Intervention, Section, Trial

TABLE = "表1  试验\nCEA Ⅰ NCT90000001 A Hospital\nHER2 Ⅰ NCT90000001 B Hospital\nKX-11 Ⅰ NCT90000002 C Hospital"


def row(n: int, target: str, sponsor: str, id: str) -> dict[str, object]:
    start = TABLE.index(f"{target} Ⅰ")
    at = TABLE.index(id, start)
    return {"table": "table:1", "row": n, "id": id, "target": target, "phases": ["PHASE1"], "sponsor": sponsor,
            "carried": False, "start": start, "end": TABLE.index("\n", start) if n < 3 else len(TABLE), "id_start": at,
            "id_end": at + len(id)}  # fmt: skip


def review(prose: str = "") -> Document:
    rows = [row(1, "CEA", "A Hospital", "NCT90000001"), row(2, "HER2", "B Hospital", "NCT90000001"),
            row(3, "KX-11", "C Hospital", "NCT90000002")]  # fmt: skip
    mentions = [{"id": "NCT90000003", "start": prose.index("NCT9"), "end": prose.index("NCT9") + 11}] if prose else []
    article = Article("text:rev", extra={"trials": rows, "mentions": mentions})
    sections = (Section("body", prose or "x", "en"), Section("table:1", TABLE, "zh"))
    return Document("text:rev", "review", "review", sections, b"review", "A review", article=article)


def trial(id: str, product: str, sponsor: str = "A Hospital") -> Document:
    return Document(id, "trial", "t", (Section("title", product), Section("interventions", product)), id.encode(), product,
                    trial=Trial(id, sponsor=sponsor, interventions=(Intervention(product),)))  # fmt: skip


def found(path: Path, *documents: Document) -> list[str]:
    with kb.writing(path / "kb.sqlite") as db:
        with kb.transaction(db):
            for d in documents:
                kb.put(db, d)
        pipeline.extract(db)
        return [c.line() for c in crosscheck.conflicts(db)]


def about(lines: list[str], *words: str) -> Iterator[str]:
    return (x for x in lines if all(w in x for w in words))


def test_two_targets_and_two_sponsors_of_one_id(tmp_path: Path) -> None:
    lines = found(tmp_path, review())
    assert list(about(lines, "NCT90000001 target", "HER2", "CEA"))
    assert list(about(lines, "NCT90000001 sponsor", "B Hospital", "A Hospital"))
    assert list(about(lines, "NCT90000002 doubt", "KX-11 as target"))


def test_the_registry_has_another_sponsor(tmp_path: Path) -> None:
    lines = found(tmp_path, review(), trial("NCT90000002", "Some cells", "Z Hospital"))
    assert list(about(lines, "NCT90000002 sponsor", "C Hospital", "Z Hospital", "registry record"))


def test_a_product_that_another_record_has(tmp_path: Path) -> None:
    prose = "The CAR-T product KX-77 was given to 15 patients (NCT90000003)."
    lines = found(tmp_path, review(prose), trial("NCT90000003", "An antibody"), trial("NCT90000004", "KX77 CAR-T"))
    assert list(about(lines, "NCT90000003 product", "KX-77", "NCT90000004"))


def test_nothing_where_the_records_agree(tmp_path: Path) -> None:
    prose = "The CAR-T product KX-77 was given to 15 patients (NCT90000003)."
    lines = found(tmp_path, review(prose), trial("NCT90000003", "KX77 CAR-T"))
    assert not list(about(lines, " product: "))
    assert not list(about(lines, "NCT90000003"))


NUMBERS = "In the trial of QX-1 CAR-T cells (NCT90000009) the objective response rate (ORR) was {}% in 20 patients."


@pytest.mark.parametrize(("said", "conflict"), [("40.0", False), ("45.0", True)])
def test_a_reviews_number_against_the_paper(tmp_path: Path, said: str, conflict: bool) -> None:
    paper = Document("PMID:1", "article", "t", (Section("abstract", "Trial NCT90000009. The ORR was 40.0% (8/20).", "en"),),
                     b"paper", "QX-1 CAR-T", article=Article("PMID:1", registry_ids=("NCT90000009",)))  # fmt: skip
    text = NUMBERS.format(said)
    at = text.index("NCT9")
    article = Article("text:r2", extra={"mentions": [{"id": "NCT90000009", "start": at, "end": at + 11}]})
    talk = Document(
        "text:r2", "review", "review", (Section("body", text, "en"),), said.encode(), "Review", article=article
    )
    lines = found(tmp_path, paper, talk)
    assert bool(list(about(lines, "NCT90000009 number", "ORR"))) == conflict, lines
