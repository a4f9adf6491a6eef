"""PubMed XML: invented records in the true shapes, hostile files, and every real file against biopython."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import os
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from trialkb.errors import BadInput
from trialkb.harvest import _xml, pubmed
from trialkb.records import Document
from trialkb.text import HAN

DATA = Path(__file__).parent / "data" / "pubmed"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared")) / "data" / "pubmed_xml"
real = pytest.mark.real


@pytest.mark.parametrize("file", sorted(EXPECTED))
def test_records_in_the_true_shapes(file: str) -> None:
    documents = list(pubmed.parse((DATA / file).read_bytes(), name=file))
    assert [d.id for d in documents] == [e["id"] for e in EXPECTED[file]]
    for document, expected in zip(documents, EXPECTED[file], strict=True):
        assert document.source == "pubmed"
        held = json.loads(json.dumps(dataclasses.asdict(document), default=bytes.decode))
        for part in ("article", "extra"):
            want = expected.get(part, {})
            have = held["article"] if part == "article" else held["article"]["extra"]
            assert {k: have.get(k) for k in want} == want
        if "sections" in expected:
            assert {s["name"]: [s["language"], s["text"]] for s in held["sections"]} == expected["sections"]
        plain = set(expected) - {"article", "extra", "sections"}
        assert {k: held[k] for k in plain} == {k: expected[k] for k in plain}


def test_reference_spans_give_back_their_words() -> None:
    document = next(pubmed.parse((DATA / "labelled.xml").read_bytes()))
    section = document.section("references")
    assert section
    assert document.article
    found = document.article.references
    assert [section.text[r.start : r.end] for r in found] == [r.text for r in found]
    assert [(r.number, r.year, r.pmid, r.doi) for r in found] == [
        (1, 2019, "98000001", "10.0000/older"),
        (2, None, None, None),
    ]


def test_raw_is_the_sources_own_bytes_without_e_mail() -> None:
    data = (DATA / "labelled.xml").read_bytes()
    raw = next(pubmed.parse(data)).raw
    assert b"@" not in raw
    assert raw == re.search(rb"<PubmedArticle>.*</PubmedArticle>", data, re.DOTALL)[0].replace(  # type: ignore[index]
        b"a.muster@nowhere.example.org", b""
    )
    again = next(pubmed.parse(raw))
    assert again == next(pubmed.parse(data))


MATH = 'xmlns:mml="http://www.w3.org/1998/Math/MathML"'
MIXED = [
    ("1 × 10<sup>6</sup>/kg", "1 × 10⁶/kg"),
    ("10<sup>-3</sup> and 10<sup>−3</sup>", "10⁻³ and 10⁻³"),
    ("CD8<sup>+</sup>, CD4<sup>-</sup>", "CD8⁺, CD4⁻"),
    ("the 1<sup>st</sup> Brand<sup>®</sup> n<sup>a</sup>", "the 1st Brand® na"),
    ("<sup>177</sup>Lu", "¹⁷⁷Lu"),
    ("10<b><sup>8</sup></b> <i>in vivo</i>", "10⁸ in vivo"),
    ("H<sub>2</sub>O", "H2O"),
    (f"<mml:math {MATH}><mml:msup><mml:mn>10</mml:mn><mml:mn>8</mml:mn></mml:msup></mml:math>", "10⁸"),
    ("<mml:math><mml:mfrac><mml:mn>1</mml:mn><mml:mn>2</mml:mn></mml:mfrac></mml:math> of 4", "1/2 of 4"),
    ("<mml:msup><mml:mi>x</mml:mi><mml:mi>a</mml:mi></mml:msup>", "xa"),
    ("a<!-- comment -->b &lt; 5 &amp; c", "ab < 5 & c"),
    ("  two\n  lines ", "two lines"),
]


@pytest.mark.parametrize(("markup", "words"), MIXED)
def test_mixed_content_keeps_its_meaning(markup: str, words: str) -> None:
    assert _xml.text(_xml.tree(f"<T>{markup}</T>".encode(), "x")) == words


def test_update_file_names_what_it_withdraws() -> None:
    with open(DATA / "update.xml", "rb") as stream:
        assert list(pubmed.deleted(stream)) == ["PMID:99000051", "PMID:99000052"]


def test_bulk_file_is_cut_into_records_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (DATA / "retracted.xml").read_bytes()
    whole = list(pubmed.split(io.BytesIO(data), "x"))
    assert len(whole) == 4
    monkeypatch.setattr(_xml, "BLOCK", 7)
    assert list(pubmed.split(gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(data))), "x")) == whole  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_other_encodings(encoding: str) -> None:
    text = (DATA / "book.xml").read_text(encoding="utf-8").replace('"1.0"', f'"1.0" encoding="{encoding}"')
    text = text.replace("T cells kill", "Zellen töten")
    document = next(pubmed.parse(text.replace("utf-8-sig", "utf-8").encode(encoding)))
    abstract = document.section("abstract")
    assert abstract
    assert abstract.text == "Zellen töten."


GOOD = (DATA / "update.xml").read_bytes().split(b"\n")[3]
BOMB = b'<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><PubmedArticleSet>'
OUTSIDE = b'<!DOCTYPE PubmedArticleSet [<!ENTITY x SYSTEM "file:///etc/passwd">]><PubmedArticleSet>'
REFUSED = [
    (BOMB + GOOD + b"</PubmedArticleSet>", "entities"),
    (OUTSIDE + GOOD.replace(b"A revised", b"&x;") + b"</PubmedArticleSet>", "entities"),
    (b"<PubmedArticleSet>" + GOOD.replace(b"A revised", b"&x;") + b"</PubmedArticleSet>", "not well-formed"),
    (b"<PubmedArticleSet>" + GOOD[:300], "middle of a record"),
    (b"<PubmedArticleSet>" + GOOD, "without </PubmedArticleSet>"),
    (b"<PubmedArticleSet><PubmedArticle><MedlineCitation/></PubmedArticle></PubmedArticleSet>", "without a PMID"),
    (b"<PubmedArticleSet><PubmedArticle/></PubmedArticleSet>", "without a PMID"),
    (b"<html><body>Error 500</body></html>", "expected a PubmedArticleSet"),
    (b"", "expected PubMed XML"),
    (b'{"error":"API rate limit exceeded","count":"11"}', "expected PubMed XML"),
    (b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>", "Unable to obtain query #1"),
    (b"<PubmedArticleSet>" + b"<PubmedArticle>" + b"<a>" * 500_000 + b"</PubmedArticle></PubmedArticleSet>", "tags"),
    (b'<?xml version="1.0" encoding="martian"?><PubmedArticleSet></PubmedArticleSet>', "martian"),
    (b"<PubmedArticleSet>" + GOOD.replace(b"A rev", b"\x00") + b"</PubmedArticleSet>", "not well-formed"),
    (b"<PubmedArticleSet>" + GOOD.replace(b"A rev", b"\xed\xa0\x80") + b"</PubmedArticleSet>", "not well-formed"),
]


@pytest.mark.parametrize(("data", "words"), REFUSED, ids=[w + str(n) for n, (_, w) in enumerate(REFUSED)])
def test_hostile_files_are_refused_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=re.escape(words)) as e:
        list(pubmed.parse(data, name="file.xml"))
    assert "\n" not in str(e.value)


def test_deep_nesting_within_limits_is_read() -> None:
    depth = 100_000
    deep = GOOD.replace(b"A revised", b"<i>" * depth + b"deep" + b"</i>" * depth)
    assert next(pubmed.parse(deep)).title == "deep record."


def test_one_bad_record_does_not_take_the_others_with_it(caplog: pytest.LogCaptureFixture) -> None:
    bad = GOOD.replace(b"<Title>", b"<Titel>")
    data = b"<PubmedArticleSet>" + bad + GOOD + b"</PubmedArticleSet>"
    assert [d.id for d in pubmed.parse(data)] == ["PMID:99000041"]
    assert "record 1 skipped" in caplog.text


def test_whole_records_before_a_cut_are_kept() -> None:
    found: list[Document] = []
    with pytest.raises(BadInput, match="middle of a record"):
        found.extend(pubmed.parse(b"<PubmedArticleSet>" + GOOD + GOOD[:200]))
    data = iter(pubmed.parse(b"<PubmedArticleSet>" + GOOD + GOOD[:200]))
    assert next(data).id == "PMID:99000041"


def test_empty_set_has_no_records() -> None:
    assert list(pubmed.parse(b"<?xml version='1.0'?>\n<PubmedArticleSet></PubmedArticleSet>")) == []
    assert list(pubmed.parse(b"<PubmedArticleSet/>")) == []


@pytest.mark.parametrize(
    ("head", "known"),
    [(b"<?xml?><PubmedArticleSet>", True), (b"<Trials_downloaded_from_ICTRP>", False), (b"PubmedArticleSet", False)],
)
def test_recognise(head: bytes, known: bool) -> None:
    assert bool(pubmed.recognise(head, "any.xml")) is known


def _files() -> list[Path]:
    return sorted(SHARED.rglob("*.xml")) if SHARED.is_dir() else []


_TAG = re.compile(r"</?(?:i|b|u|sub|sup|m[a-z]+|none|DispFormula)\b[^<>]*>")


def _bare(words: str) -> str:
    """A text without mark-up, powers written as they are printed, white space folded."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", _TAG.sub("", words))).replace("−", "-").replace("–", "-")


@real
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real PubMed XML at {SHARED} (TRIALKB_SHARED)")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_real_files_against_biopython() -> None:
    entrez = pytest.importorskip("Bio.Entrez")
    articles = 0
    for path in _files():
        theirs = entrez.read(io.BytesIO(path.read_bytes()), validate=False)
        records = theirs["PubmedArticle"] + theirs["PubmedBookArticle"]
        ours = list(pubmed.parse(path.read_bytes(), name=path.name))
        assert len(ours) == len(records), path.name
        for document, record in zip(ours, records, strict=True):
            articles += 1
            _compare(document, record)
    assert articles == 171


def _compare(document: Document, record: Any) -> None:
    citation = record["MedlineCitation"]
    theirs, ours = citation["Article"], document.article
    assert ours
    assert document.id == f"PMID:{citation['PMID']}"
    assert _bare(document.title or "") == _bare(str(theirs["ArticleTitle"])), document.id
    parts = [s for s in document.sections if s.name == "abstract" or s.name.startswith("abstract:")]
    wanted = [str(t) for t in theirs.get("Abstract", {}).get("AbstractText", []) if str(t).strip()]
    assert [_bare(s.text) for s in parts] == [_bare(w) for w in wanted], document.id
    assert not re.search(f"[{HAN}]", "".join(s.text for s in parts)), document.id
    identifiers = {str(i.attributes["IdType"]): str(i) for i in record["PubmedData"]["ArticleIdList"]}
    assert (ours.pmid, ours.pmcid) == (identifiers["pubmed"], identifiers.get("pmc"))
    located = [str(e) for e in theirs["ELocationID"] if e.attributes["EIdType"] == "doi"]
    assert ours.doi == identifiers.get("doi", located[0] if located else None)
    when = theirs["Journal"]["JournalIssue"]["PubDate"]
    assert str(ours.year) == str(when.get("Year", "")[:4] or re.findall(r"\d{4}", when["MedlineDate"])[0])
    assert (ours.date or "").count("-") == len([k for k in ("Month", "Day") if k in when])
    assert ours.volume == theirs["Journal"]["JournalIssue"].get("Volume")
    assert ours.publication_types == tuple(dict.fromkeys(map(str, theirs["PublicationTypeList"])))
    names = [str(m["DescriptorName"]) for m in citation.get("MeshHeadingList", [])]
    assert [m.split("/")[0] for m in ours.mesh] == [n.split("/")[0] for n in names]
    assert len(ours.authors) == len(theirs.get("AuthorList", []))
    cited = [
        r for some in record["PubmedData"].get("ReferenceList", []) for r in some["Reference"] if r.get("Citation")
    ]
    assert [_bare(r.text) for r in ours.references] == [_bare(str(r["Citation"])) for r in cited]
