"""Citations: written, and read back field by field by pybtex, rispy, citeproc-py and a MEDLINE reader."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkb import kb
from trialkb.errors import BadInput
from trialkb.queries import _cite, _cite_files, cite
from trialkb.queries._cite import Name, Source
from trialkb.records import Article, Document, Section, Trial

ARTICLE = Document(
    "PMID:38830992", "article", "pubmed",
    (Section("abstract:RESULTS", "Line one\nline two & {braces} 100% of $5 #1 a_b"),), b"a",
    title="Claudin18.2-specific CAR T cells in {GI} cancers & more: 50% of phase_1.", language="en",
    url="https://pubmed.ncbi.nlm.nih.gov/38830992/",
    article=Article(
        "PMID:38830992", "38830992", "PMC11333271", "10.1038/s41591-024-03037-z",
        ("Qi C", "van der Berg JP Jr", "Núñez Á", "齐长松", "CT041 Study Group"),
        journal="Nature medicine", journal_abbreviation="Nat Med", date="2024-08", year=2024, volume="30", issue="8",
        pages="2224-34", language="en", publication_types=("Journal Article",), registry_ids=("NCT03874897",),
        keywords=("CAR-T & co",),
        extra={
            "authors_full": ["Qi, Changsong", "van der Berg, Jan-Pieter Jr", "Núñez, Ángel", "齐长松", "CT041 Study Group"],
            "issn": "1546-170X",
        },
    ),
)  # fmt: skip
TRIAL = Document(
    "NCT03874897", "trial", "ctgov", (), b"t", title="Chimeric Antigen Receptor T Cells Targeting claudin18.2",
    language="en", url="https://clinicaltrials.gov/study/NCT03874897", version_date="2024-03-06",
    trial=Trial("NCT03874897", sponsor="Peking University", first_post_date="2019-03-14", update_date="2024-03-06",
                conditions=("Advanced Solid Tumor",)),
)  # fmt: skip
ART = _cite.source(ARTICLE, "2026-08-22T10:00:00Z")
REG = _cite.source(TRIAL, "2026-08-22")
RETRACTED = replace(ART, id="PMID:1", pmid="1", retracted=True, retraction="Nat Med. 2025 Jan;31(1):1")


def test_nlm_and_ama_of_an_article() -> None:
    assert _cite.nlm(ART) == (
        "Qi C, van der Berg JP Jr, Núñez Á, 齐长松, CT041 Study Group. Claudin18.2-specific CAR T cells in {GI} cancers & "
        "more: 50% of phase_1. Nat Med. 2024 Aug;30(8):2224-34. doi: 10.1038/s41591-024-03037-z. PMID: 38830992; "
        "PMCID: PMC11333271."
    )
    assert _cite.ama(ART).endswith("Nat Med. 2024;30(8):2224-34. doi:10.1038/s41591-024-03037-z")
    many = replace(ART, authors=tuple(Name(f"A{i}", "B") for i in range(7)))
    assert _cite.ama(many).startswith("A0 B, A1 B, A2 B, et al. ")


def test_nlm_and_ama_of_a_registry_record() -> None:
    assert _cite.nlm(REG) == (
        "ClinicalTrials.gov [Internet]. Bethesda (MD): National Library of Medicine (US). Identifier NCT03874897, "
        "Chimeric Antigen Receptor T Cells Targeting claudin18.2; 2019 Mar 14 [updated 2024 Mar 6; cited 2026 Aug 22]. "
        "Available from: https://clinicaltrials.gov/study/NCT03874897"
    )
    assert _cite.ama(REG) == (
        "Chimeric Antigen Receptor T Cells Targeting claudin18.2. ClinicalTrials.gov identifier: NCT03874897. "
        "Updated March 6, 2024. Accessed August 22, 2026. https://clinicaltrials.gov/study/NCT03874897"
    )


def test_retracted_papers_say_so_in_every_form() -> None:
    assert "Retraction in: Nat Med. 2025 Jan;31(1):1." in _cite.nlm(RETRACTED)
    for form in cite.FORMS:
        assert "RETRACTED" in cite.written([RETRACTED], form)
    assert "PT  - Retracted Publication" in cite.written([RETRACTED], "nbib")
    assert "RETRACTED" not in "".join(cite.written([ART, REG], f) for f in cite.FORMS)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("Qi C", Name("Qi", "C")),
        ("Qi, Changsong", Name("Qi", "Changsong")),
        ("O'Brien-Smith JP 3rd", Name("O'Brien-Smith", "JP", "3rd")),
        ("King, Martin Luther Jr", Name("King", "Martin Luther", "Jr")),
        ("CARTITUDE-1 Investigators", Name("CARTITUDE-1 Investigators", group=True)),
        ("Bristol-Myers Squibb, Inc", Name("Bristol-Myers Squibb, Inc", group=True)),
        ("齐长松", Name("齐长松", group=True)),
        ("Madonna", Name("Madonna", group=True)),
    ],
)
def test_names(words: str, wanted: Name) -> None:
    assert _cite.name(words) == wanted


def test_et_al_is_no_author() -> None:
    a = Article("PMID:2", authors=("Qi C", "et al."), year=2024)
    s = _cite.source(Document("PMID:2", "article", "x", (), b"", title="T", article=a))
    assert s.authors == (Name("Qi", "C"),)
    assert "Qi C, et al. T. 2024." in _cite.nlm(s)
    assert "Qi, C and others" in cite.written([s], "bibtex")


def read_ris(text: str) -> list[dict[str, object]]:
    rispy = pytest.importorskip("rispy")
    return rispy.loads(text)  # type: ignore[no-any-return]


def test_a_record_without_a_name_is_not_by_et_al() -> None:
    """The record says that its list of authors is not complete, and names none."""
    article = replace(ARTICLE.article, authors=(), extra={"authors_complete": False})  # type: ignore[type-var]
    nameless = _cite.source(replace(ARTICLE, article=article), "2026-08-22")
    assert not nameless.more_authors
    assert _cite.nlm(nameless).startswith("Claudin18.2-specific")
    for written in (_cite.ama(nameless), _cite_files.ris([nameless]), _cite_files.bibtex([nameless])):
        assert "et al" not in written
        assert "others" not in written


def test_ris_reads_back_field_by_field() -> None:
    art, reg = read_ris(cite.written([ART, REG], "ris"))
    assert (art["type_of_reference"], reg["type_of_reference"]) == ("JOUR", "RPRT")
    assert art["authors"] == [
        "Qi, Changsong",
        "van der Berg, Jan-Pieter, Jr",
        "Núñez, Ángel",
        "齐长松",
        "CT041 Study Group",
    ]
    assert art["title"] == ART.title
    assert art["secondary_title"] == "Nature medicine"
    assert (art["year"], art["volume"], art["number"]) == ("2024", "30", "8")
    assert (art["start_page"], art["end_page"]) == ("2224", "2234")
    assert art["doi"] == "10.1038/s41591-024-03037-z"
    assert art["abstract"] == "Line one line two & {braces} 100% of $5 #1 a_b"
    assert art["keywords"] == ["CAR-T & co"]
    assert reg["issn"] == "NCT03874897"
    assert reg["publisher"] == "National Library of Medicine (US)"
    assert reg["type_of_work"] == "Clinical trial registration"
    assert reg["urls"] == ["https://clinicaltrials.gov/study/NCT03874897"]
    assert reg["access_date"] == "2026/08/22/"


def read_bibtex(text: str):  # type: ignore[no-untyped-def]
    pytest.importorskip("pybtex")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pybtex.database import parse_string
    return parse_string(text, "bibtex")


def plain(value: str) -> str:
    """What TeX prints of a field: its commands undone, then its bare braces dropped."""
    names = {
        "textbackslash": "\\",
        "textbraceleft": "{",
        "textbraceright": "}",
        "textasciitilde": "~",
        "textasciicircum": "^",
    }
    pieces = re.split(r"(\{\\text[a-z]+\}|\\[&%$#_])", value)
    out = [
        p.replace("{", "").replace("}", "") if i % 2 == 0 else names.get(p[2:-1], p[1:2]) for i, p in enumerate(pieces)
    ]
    return "".join(out)


def test_bibtex_reads_back_field_by_field() -> None:
    entries = read_bibtex(cite.written([ART, REG], "bibtex")).entries
    art, reg = entries["qi2024_38830992"], entries["NCT03874897"]
    assert (art.type, reg.type) == ("article", "techreport")
    assert plain(art.fields["title"]) == ART.title
    people = art.persons["author"]
    assert [plain(" ".join(p.last_names)) for p in people] == [
        "Qi",
        "van der Berg",
        "Núñez",
        "齐长松",
        "CT041 Study Group",
    ]
    assert [" ".join(p.first_names) for p in people] == ["Changsong", "Jan-Pieter", "Ángel", "", ""]
    assert people[1].lineage_names == ["Jr"]
    wanted = {"year": "2024", "volume": "30", "number": "8", "pages": "2224--2234", "doi": ART.doi, "month": "August"}
    assert {k: art.fields[k] for k in wanted} == wanted
    assert (reg.fields["number"], reg.fields["urldate"]) == ("NCT03874897", "2026-08-22")
    assert reg.fields["institution"] == "ClinicalTrials.gov, National Library of Medicine (US)"
    assert [" ".join(p.last_names) for p in reg.persons["author"]] == ["{Peking University}"]


def test_csl_json_is_rendered_by_citeproc() -> None:
    pytest.importorskip("citeproc")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
        from citeproc.source.json import CiteProcJSON

        source = CiteProcJSON(json.loads(cite.written([ART, REG], "csl")))
        style = CitationStylesStyle("harvard-cite-them-right", validate=False)
        bibliography = CitationStylesBibliography(style, source, formatter.plain)
        for key in (ART.key, REG.key):
            bibliography.register(Citation([CitationItem(key)]))
        art, reg = (str(item) for item in bibliography.bibliography())
    assert "Qi, C." in art
    assert "2024" in art
    assert "Claudin18.2-specific CAR T cells" in art
    assert "30(8)" in art.replace(" ", "")
    assert "NCT03874897" in reg or "Chimeric Antigen Receptor T Cells" in reg


def test_csl_fields() -> None:
    art, reg = _cite_files.csl([ART, REG])
    assert art["author"][1] == {"family": "van der Berg", "given": "Jan-Pieter", "suffix": "Jr"}
    assert art["author"][4] == {"literal": "CT041 Study Group"}
    assert art["issued"] == {"date-parts": [[2024, 8]]}
    assert (reg["type"], reg["number"], reg["publisher"]) == ("report", "NCT03874897", REG.institution)
    assert reg["accessed"] == {"date-parts": [[2026, 8, 22]]}


def read_nbib(text: str) -> list[dict[str, list[str]]]:
    """MEDLINE as its readers take it: a tag of four, a hyphen, six blanks for what goes on."""
    records = []
    for block in re.split(r"\n\n+", text.strip("\n")):
        record: dict[str, list[str]] = {}
        tag = ""
        for line in block.split("\n"):
            if line.startswith("      "):
                record[tag][-1] += " " + line[6:]
                continue
            assert line[4:6] == "- ", line
            tag = line[:4].strip()
            record.setdefault(tag, []).append(line[6:])
        records.append(record)
    return records


def test_nbib_reads_back_field_by_field() -> None:
    art, reg = read_nbib(cite.written([ART, REG], "nbib"))
    assert art["PMID"] == ["38830992"]
    assert art["TI"] == [ART.title]
    assert art["FAU"] == ["Qi, Changsong", "van der Berg, Jan-Pieter, Jr", "Núñez, Ángel"]
    assert art["AU"] == ["Qi C", "van der Berg JP Jr", "Núñez Á"]
    assert art["CN"] == ["齐长松", "CT041 Study Group"]
    assert (art["TA"], art["VI"], art["IP"], art["PG"], art["DP"]) == (
        ["Nat Med"],
        ["30"],
        ["8"],
        ["2224-34"],
        ["2024 Aug"],
    )
    assert art["SI"] == ["NCT03874897"]
    assert reg["SI"] == ["ClinicalTrials.gov/NCT03874897"]
    assert reg["PT"] == ["Clinical Trial Registration"]


WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40).filter(lambda t: _cite._flat(t))


@settings(max_examples=150, deadline=None)
@given(WORDS, WORDS, WORDS)
def test_hostile_words_come_back_from_ris_and_bibtex(title: str, family: str, abstract: str) -> None:
    a = Article("PMID:9", "9", authors=("Qi C",), year=2024, extra={"authors_full": [f"{family} Group"]})
    d = Document("PMID:9", "article", "x", (Section("abstract", abstract),), b"", title=title, article=a)
    s = _cite.source(d)
    (found,) = read_ris(cite.written([s], "ris"))
    assert found["title"] == s.title
    assert found.get("abstract") == s.abstract
    (entry,) = read_bibtex(cite.written([s], "bibtex")).entries.values()
    assert _balanced(entry.fields["title"])
    assert json.loads(cite.written([s], "csl"))[0]["title"] == s.title
    assert len(read_nbib(cite.written([s], "nbib"))) == 1


def _balanced(text: str) -> bool:
    depth = 0
    for c in text:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize("nasty", ["a {b", "}}", "\\", "5% & 6_7 #8 $9 ~x^2", "\\{", '"q" @article{x,'])
def test_latex_specials_come_back(nasty: str) -> None:
    (entry,) = read_bibtex(cite.written([replace(ART, title=nasty)], "bibtex")).entries.values()
    assert plain(entry.fields["title"]) == nasty


def test_keys_are_stable_and_safe() -> None:
    assert ART.key == "qi2024_38830992"
    assert REG.key == "NCT03874897"
    assert replace(ART, authors=(Name("齐长松", group=True),)).key == "ref2024_38830992"
    assert Source("text:ab", "page", "T").key == "ref_textab"


@pytest.fixture
def held(tmp_path: Path) -> Path:
    path = tmp_path / "kb.sqlite"
    with kb.writing(path) as db, kb.transaction(db):
        for d in (ARTICLE, TRIAL):
            kb.put(db, d, as_of="2026-08-22")
    return path


def test_command_finds_by_id_and_pmid(held: Path) -> None:
    db = kb.open_kb(held)
    answer = cite.run(db, ["38830992", "nct03874897", "PMID:38830992"])
    assert [s.id for s in answer.sources] == ["PMID:38830992", "NCT03874897"]
    assert answer.sources[1].accessed == "2026-08-22"
    assert list(cite.text(answer)) == [f"{_cite.nlm(answer.sources[0])}\n{_cite.nlm(answer.sources[1])}"]
    with pytest.raises(BadInput, match="nearest: NCT03874897"):
        cite.run(db, ["NCT03874899"])
    assert cite.run(db, ["38830992"], "ris", "out.ris").files["out.ris"].startswith(b"TY  - JOUR\n")
    db.close()
