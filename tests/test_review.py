"""Review articles: lines joined, furniture out, trial table, references, marks, mentions; every place leads back."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trialkb import reading
from trialkb.harvest import _references, _trial_rows, _wrapped, review
from trialkb.records import Article, Document

DATA = Path(__file__).parent / "data"
EXPECTED: dict[str, Any] = json.loads((DATA / "seeds/expected.json").read_text(encoding="utf-8"))["review_zh"]


def read(path: Path) -> tuple[Document, Article]:
    data = path.read_bytes()
    module, _ = reading.detect(data[: reading.HEAD], path.name)
    assert module is review
    [document] = review.parse(data)
    assert document.article is not None
    return document, document.article


@pytest.fixture(scope="module")
def own() -> tuple[Document, Article]:
    return read(DATA / "seeds/review_zh.txt")


def facts(document: Document, article: Article) -> dict[str, Any]:
    """What a review's document holds, in the form of expected.json."""
    extra = article.extra
    return {
        "title": document.title,
        "authors": list(article.authors),
        "affiliations": list(article.affiliations),
        "journal": [article.journal, article.volume, article.issue],
        "keywords": list(article.keywords),
        "headings": [[h["number"], h["words"]] for h in extra["headings"]],
        "rows": [[r["target"], "/".join(r["phases"]), r["id"], r["sponsor"]] for r in extra["trials"]],
        "captions": [[c["label"], c["words"]] for c in extra["captions"]],
        "marks": [c["numbers"] for c in extra["citations"]],
        "mentions": [m["id"] for m in extra["mentions"]],
        "references": [
            [r.number, "; ".join(r.authors), r.title, r.journal, r.year, r.volume, r.pages] for r in article.references
        ],
    }


@pytest.mark.parametrize("what", [k for k in EXPECTED if not k.startswith("body")])
def test_own_review(own: tuple[Document, Article], what: str) -> None:
    assert facts(*own)[what] == EXPECTED[what]


def test_own_body(own: tuple[Document, Article]) -> None:
    body = own[0].section("body")
    assert body is not None
    assert [x for x in EXPECTED["body_has"] if x not in body.text] == []
    assert [x for x in EXPECTED["body_lacks"] if x in body.text] == []


def places(document: Document) -> Iterator[tuple[str, str]]:
    """Pieces of the sections, and what the source has at their place."""
    assert document.article is not None
    source = document.raw.decode()
    for name, runs in document.article.extra["places"].items():
        section = document.section(name)
        assert section is not None
        for start, place, length in runs:
            yield section.text[start : start + length], source[place : place + length]


def test_every_place_leads_back(own: tuple[Document, Article]) -> None:
    pairs = list(places(own[0]))
    assert len(pairs) > 30
    assert [p for p in pairs if p[0] != p[1]] == []


def test_spans_of_rows_marks_mentions_and_references(own: tuple[Document, Article]) -> None:
    document, article = own
    for row in article.extra["trials"]:
        table = document.section(row["table"])
        assert table is not None
        assert table.text[row["id_start"] : row["id_end"]] == row["id"]
        assert row["sponsor"] in table.text[row["start"] : row["end"]]
    body, listed = document.section("body"), document.section("references")
    assert body is not None
    assert listed is not None
    for mark in article.extra["citations"]:
        assert body.text[mark["start"]] == "["
    for r in article.references:
        assert listed.text[r.start : r.end] == r.text
        assert r.text.startswith(f"[{r.number}]")


def test_a_number_changed_in_the_text_changes_in_the_record() -> None:
    text = (DATA / "seeds/review_zh.txt").read_text(encoding="utf-8").replace("NCT90000104", "NCT90000999")
    [document] = review.parse(text.encode())
    assert document.article is not None
    assert [r["id"] for r in document.article.extra["trials"]][3] == "NCT90000999"


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        ("靶点 临床阶段 临床试验登记号 发起者", "CEA Ⅰ/Ⅱ NCT90000001 甲医院", ("CEA", ("PHASE1", "PHASE2"), "甲医院")),
        ("Target  Phase  NCT number  Sponsor", "HER2  I  NCT90000001  A Hospital", ("HER2", ("PHASE1",), "A Hospital")),
        ("NCT number  Target  Phase  Sponsor", "NCT90000001  GPC3  2  B Ltd.", ("GPC3", ("PHASE2",), "B Ltd.")),
        ("靶点 登记号 申办者", "MUC1 ChiCTR2400000001 乙大学", ("MUC1", (), "乙大学")),
        ("靶点 临床阶段 登记号 发起者", "NCT90000001 丙公司", (None, (), "丙公司")),
    ],
)
def test_rows_by_header(header: str, line: str, expected: tuple[str | None, tuple[str, ...], str]) -> None:
    [row] = _trial_rows.rows([_wrapped.Line(line, 0)], _trial_rows.order(header))
    assert (row.target, row.phases, row.sponsor) == expected


@pytest.mark.parametrize(
    ("entry", "authors", "year", "journal", "volume", "pages"),
    [
        ("[1] Zhao A, Qian B, et al. A title: with a colon. J Test, 2020, 3: 1-9", 2, 2020, "J Test", "3", "1-9"),
        ("[2] 钱博, 孙池, 等. 题目. 示例杂志, 2020, 3(4): 1-9.", 2, 2020, "示例杂志", "3", "1-9"),
        ("[3] 钱博, 孙池. 题目[J]. 示例杂志, 2020, 3(4): 1-9.", 2, 2020, "示例杂志", "3", "1-9"),
        ("4. Zhao A, Qian B. Does it work? J Test. 2021;12(3):e55.", 2, 2021, "J Test", "12", "e55"),
        ("[5] Zhao A. A title. J Test, 2020, 92 3617-27", 1, 2020, "J Test", "92", "3617-27"),
        ("[6] Someone wrote this in a letter", 0, None, None, None, None),
    ],
)
def test_references(
    entry: str, authors: int, year: int | None, journal: str | None, volume: str | None, pages: str | None
) -> None:
    r = _references.reference(entry, 0)
    assert (len(r.authors), r.year, r.journal, r.volume, r.pages) == (authors, year, journal, volume, pages)
    assert r.text == entry


@pytest.mark.parametrize(
    "text",
    ["A plain note about CAR-T [1].", "Overview\nx\nEligibility\ny", "1. First\n2. Second\n3. Third [1] [2] [3]", ""],
)
def test_other_texts_are_none(text: str) -> None:
    assert review.recognise(text.encode(), "x") is None


def wanted(what: str) -> list[list[str]]:
    with (DATA / "seeds_facts.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [r["value"].split(" | ") for r in rows if r["document"] == "003" and r["what"] == what]


@pytest.mark.real
def test_real_review(shared: Path) -> None:
    [path] = (shared / "data/seeds").glob("003*")
    document, article = read(path)
    found = facts(document, article)
    assert [[r[0], r[1], r[2], r[3]] for r in found["rows"]] == wanted("row")
    assert len(article.references) == 56
    right = 0
    for r, (number, first, year, journal, volume, pages, title) in zip(
        article.references, wanted("reference"), strict=True
    ):
        assert (str(r.number), r.authors[0], str(r.year)) == (number, first, year)
        right += (r.journal, r.volume, r.pages, r.title) == (journal, volume, pages, title)
    assert right >= 54
    assert [p for p in places(document) if p[0] != p[1]] == []
    assert found["headings"] == wanted("heading")
    assert found["authors"] == [a[0] for a in wanted("author")]
    assert found["marks"] == [review.numbers(m[0]) for m in wanted("mark")]
    assert found["mentions"] == [m[0] for m in wanted("mention")]
