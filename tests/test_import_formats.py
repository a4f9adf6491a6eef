"""Files a person has: PDF, DOCX, XLSX, HTML, RIS, .nbib, BibTeX; by content, and the same facts as the text."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
from pdfs import two_columns

from trialkb import reading
from trialkb.harvest import docx, html, page, pdf, references, review, xlsx
from trialkb.records import Document

SEEDS = Path(__file__).parent / "data/seeds"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def taken(data: bytes) -> tuple[str, list[Document]]:
    module, _ = reading.detect(data[: reading.HEAD], "file.bin")
    return module.__name__.rsplit(".", 1)[-1], list(module.parse(data, name="file.bin"))


def lines(name: str) -> list[str]:
    return [x.strip() for x in (SEEDS / name).read_text(encoding="utf-8").split("\n") if x.strip()]


def summary(document: Document) -> dict[str, object]:
    """The facts of a review, without places."""
    a = document.article
    assert a is not None
    return {
        "title": document.title, "authors": a.authors, "affiliations": a.affiliations, "keywords": a.keywords,
        "rows": [(r["target"], tuple(r["phases"]), r["id"], r["sponsor"]) for r in a.extra["trials"]],
        "headings": [(h["number"], h["words"]) for h in a.extra["headings"]],
        "marks": [c["numbers"] for c in a.extra["citations"]], "mentions": [m["id"] for m in a.extra["mentions"]],
        "references": [(r.number, r.authors, r.title, r.journal, r.year, r.volume, r.pages) for r in a.references],
        "body": (document.section("body") or document.sections[0]).text.replace(" ", "").replace("\n", ""),
    }  # fmt: skip


def test_pdf_with_columns_heads_and_a_table_over_a_page_break_gives_the_facts_of_the_text() -> None:
    printed = [x for x in lines("review_zh.txt") if "第2期" not in x and "第12卷" not in x]
    rows = [n for n, x in enumerate(printed) if "NCT9000010" in x and len(x) < 40]
    made = two_columns(printed, "赵安然，等：卵巢癌的细胞治疗 第2期", rows=(rows[0] + 3) // 2)
    text = pdf.text_of(made, "x")
    assert "NCT90000103" in text.split("\f")[1]
    assert "NCT90000101" in text.split("\f")[0]
    kind, [document] = taken(made)
    [expected] = review.parse((SEEDS / "review_zh.txt").read_bytes())
    assert (kind, document.kind, document.source) == ("pdf", "review", "pdf")
    got, wanted = summary(document), summary(expected)
    for what in wanted:
        assert got[what] == wanted[what], what
    assert document.article is not None
    heads = [document.raw.decode()[a:b][-2:] for a, b in document.article.extra["furniture"]]
    assert heads == [str(81 + n) for n in range(text.count("\f"))]


def word(*blocks: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held:
        held.writestr("[Content_Types].xml", "<Types/>")
        held.writestr("word/document.xml", f'<w:document xmlns:w="{W}"><w:body>{"".join(blocks)}</w:body></w:document>')
    return out.getvalue()


def paragraph(words: str) -> str:
    return f"<w:p><w:r><w:t>{escape(words)}</w:t></w:r></w:p>"


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{paragraph(c)}</w:tc>" for c in cells) + "</w:tr>"


def test_docx_synopsis() -> None:
    data = word(
        "<w:tbl>", row("Study Title", "QX-77 CAR-T in ovarian cancer"), row("Conditions", "Ovarian cancer"),
        row("Primary endpoints", "Dose-limiting toxicity, 28 days"), "</w:tbl>", paragraph("Inclusion Criteria:"),
        paragraph("1. Age ≥18 years."), paragraph("Exclusion Criteria:"), paragraph("1. HGB <90 g/L."),
    )  # fmt: skip
    kind, [document] = taken(data)
    texts = {s.name: s.text for s in document.sections}
    assert (kind, document.title) == ("docx", "QX-77 CAR-T in ovarian cancer")
    assert (texts["conditions"], texts["primary_outcomes"]) == ("Ovarian cancer", "Dose-limiting toxicity, 28 days")
    assert texts["eligibility"].split("\n")[1::2] == ["1. Age ≥18 years.", "1. HGB <90 g/L."]


def test_docx_review_gives_the_facts_of_the_text() -> None:
    kind, [document] = taken(word(*map(paragraph, lines("review_zh.txt"))))
    [expected] = review.parse((SEEDS / "review_zh.txt").read_bytes())
    assert kind == "docx"
    assert summary(document) == summary(expected)


def test_html_page() -> None:
    data = (
        b"<!DOCTYPE html><html><head><title>x</title><script>var NCT=1</script></head><body><nav>Menu</nav>"
        b"<h2>Conditions</h2><div>Ovarian cancer</div><h2>Inclusion Criteria:</h2><ul><li>Age &ge;18 years</li>"
        b"<li>ECOG 0-1</li></ul><h2>Exclusion Criteria:</h2><p>HGB &lt;90 g/L</p></body></html>"
    )
    kind, [document] = taken(data)
    texts = {s.name: s.text for s in document.sections}
    assert (kind, document.source) == ("html", "html")
    assert texts["conditions"] == "Ovarian cancer"
    assert texts["eligibility"].split("\n") == [
        "Inclusion Criteria:", "Age ≥18 years", "ECOG 0-1", "Exclusion Criteria:", "HGB <90 g/L",
    ]  # fmt: skip
    assert "Menu" not in str(texts)
    assert "var NCT" not in str(texts)


def test_html_in_gb18030() -> None:
    data = '<html><head><meta charset="gbk"></head><body><p>胃癌 CAR-T 治疗</p></body></html>'.encode("gb18030")
    _, [document] = taken(data)
    assert "胃癌 CAR-T 治疗" in document.sections[0].text


def test_xlsx_export() -> None:
    import datetime

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["NCT Number", "Study Title", "Start Date", "Enrollment"])
    sheet.append(["NCT90000001", "CAR-T", datetime.datetime(2024, 5, 3), 30])
    out = io.BytesIO()
    book.save(out)
    kind, [document] = taken(out.getvalue())
    assert document.trial is not None
    assert (kind, document.id, document.trial.start_date, document.trial.enrollment) == (
        "xlsx",
        "NCT90000001",
        "2024-05-03",
        30,
    )


RIS = """TY  - JOUR
TI  - QX-77 CAR-T in ovarian cancer: a phase 1 trial
AU  - Zhao, Anran
AU  - Müller, Bo
JO  - J Cell Ther Test
PY  - 2024/03/05/
VL  - 7
IS  - 2
SP  - 101
EP  - 109
DO  - 10.5555/JCTT.2024.0101
ER  - 

TY  - JOUR
T1  - Second
Y1  - 2019
ER  - 
"""
NBIB = """PMID- 99999901
TI  - QX-77 CAR-T in ovarian cancer: a
      phase 1 trial
FAU - Zhao, Anran
AU  - Zhao A
AU  - Muller B
AD  - Third Hospital, Harbin, China. someone@example.org
DP  - 2024 Mar 5
JT  - Journal of cell therapy tests
VI  - 7
IP  - 2
PG  - 101-9
LID - 10.5555/jctt.2024.0101 [doi]
SI  - ClinicalTrials.gov/NCT90000101
PT  - Journal Article

PMID- 99999902
TI  - Second
DP  - 2019
PT  - Retracted Publication
"""
BIB = r"""@comment{none}
@article{zhao2024,
  title = {{QX-77} {CAR-T} in ovarian cancer: a phase 1 trial},
  author = {Zhao, Anran and M{\"u}ller, Bo},
  journal = "J Cell Ther Test", year = 2024, volume = {7}, number = {2}, pages = {101--109},
  doi = {https://doi.org/10.5555/jctt.2024.0101}
}
@misc{second, title={Second}, year={2019}}
"""


@pytest.mark.parametrize(
    ("text", "id", "authors", "pages"),
    [
        (RIS, "DOI:10.5555/jctt.2024.0101", ("Zhao, Anran", "Müller, Bo"), "101-109"),
        (NBIB, "PMID:99999901", ("Zhao A", "Muller B"), "101-9"),
        (BIB, "DOI:10.5555/jctt.2024.0101", ("Zhao, Anran", "Müller, Bo"), "101-109"),
    ],
    ids=["ris", "nbib", "bibtex"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_references(text: str, id: str, authors: tuple[str, ...], pages: str, encoding: str) -> None:
    kind, documents = taken(text.encode(encoding))
    assert kind == "references"
    first, second = documents
    a, b = first.article, second.article
    assert a is not None
    assert b is not None
    assert (first.id, first.title) == (id, "QX-77 CAR-T in ovarian cancer: a phase 1 trial")
    assert (a.authors, a.year, a.volume, a.issue, a.pages) == (authors, 2024, "7", "2", pages)
    assert (a.doi, second.title, b.year, first.section("abstract")) == ("10.5555/jctt.2024.0101", "Second", 2019, None)
    assert b"@example.org" not in first.raw
    assert "example.org" not in str(a.affiliations)
    if text is NBIB:
        assert (a.registry_ids, b.retracted, a.retracted) == (("NCT90000101",), True, False)


def test_kinds_are_told_by_content() -> None:
    for module, data in ((docx, word(paragraph("x"))), (pdf, b"%PDF-1.7\n"), (references, RIS.encode())):
        assert module.recognise(data, "named.csv")
    for module in (docx, xlsx, pdf, html, references, page):
        assert module.recognise(b"just words about CAR-T", "named.pdf") is None
