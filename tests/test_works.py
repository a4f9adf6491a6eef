"""One paper from two sources: merged by DOI in either order, told apart where it must be, and no run looks other for it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from standin import serve
from standin_epmc import EuropePMC
from standin_pubmed import PubMed

from trialkb import cli, families, flags, kb, pipeline, works
from trialkb.harvest import europepmc, pubmed
from trialkb.index import keyword
from trialkb.records import Document

DOI = "10.1234/Invented.5"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "kb.sqlite"


@pytest.fixture
def db(place: Path) -> Iterator[sqlite3.Connection]:
    with kb.writing(place) as open_db:
        yield open_db


def theirs(number: int = 1, doi: str = DOI, types: str = "Journal Article", more: str = "", said: str = "") -> Document:
    """A record of PubMed."""
    xml = (
        f"<PubmedArticleSet><PubmedArticle><MedlineCitation Status='MEDLINE'><PMID>{number}</PMID><DateRevised>"
        f"<Year>2025</Year><Month>01</Month><Day>09</Day></DateRevised><Article><ArticleTitle>CAR-T of PubMed {said}."
        "</ArticleTitle><Abstract><AbstractText>Eleven of 20 patients with gastric cancer responded (ORR 55%)."
        f"</AbstractText></Abstract><PublicationTypeList><PublicationType>{types}</PublicationType></PublicationTypeList>"
        f"</Article>{more}</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType='doi'>{doi}</ArticleId>"
        "</ArticleIdList></PubmedData></PubmedArticle></PubmedArticleSet>"
    )
    return next(pubmed.parse(xml.encode()))


def ours(id: str = "IND1", source: str = "AGR", doi: str | None = DOI, **more: Any) -> Document:
    """A record of Europe PMC."""
    record = {"id": id, "source": source, "doi": doi, "title": "CAR-T as Europe PMC has it", "pubYear": "2025",
              "abstractText": "Eleven of 20 patients with gastric cancer responded (ORR 55%).", **more}  # fmt: skip
    return next(europepmc.parse(json.dumps({k: v for k, v in record.items() if v is not None}).encode()))


def put(db: sqlite3.Connection, *documents: Document) -> None:
    with kb.transaction(db):
        for d in documents:
            kb.put(db, d)


def read(db: sqlite3.Connection, place: Path) -> None:
    pipeline.extract(db)
    keyword.build(db, place)


def shown(db: sqlite3.Connection) -> list[str]:
    return [r[0] for r in db.execute("SELECT id FROM work ORDER BY id")]


def searched(db: sqlite3.Connection) -> list[str]:
    tables = ("passage", "finding", "outcome", "concept")
    return sorted({r[0] for t in tables for r in db.execute(f"SELECT DISTINCT document_id FROM {t}")})


SPELLINGS = [DOI, DOI.upper(), f"https://doi.org/{DOI}", f"http://dx.doi.org/{DOI.lower()}", f"doi:{DOI}", f" {DOI} "]


@pytest.mark.parametrize("europe_first", [False, True])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_one_document_in_either_order(db: sqlite3.Connection, place: Path, europe_first: bool, spelling: str) -> None:
    mine = ours(doi=spelling)
    assert mine.id == f"DOI:{DOI.lower()}"
    pair = [mine, theirs()] if europe_first else [theirs(), mine]
    put(db, pair[0])
    read(db, place)
    assert searched(db) == shown(db) == [pair[0].id]
    put(db, pair[1])
    read(db, place)
    assert shown(db) == searched(db) == ["PMID:1"]
    held = kb.get(db, mine.id)
    assert held
    assert (held.raw, held.title, held.source) == (mine.raw, mine.title, "europepmc")
    assert db.execute("SELECT count(*) FROM document").fetchone() == (2,)


def test_the_other_way_round_of_the_prefix(db: sqlite3.Connection) -> None:
    put(db, ours(), theirs(doi=f"https://doi.org/{DOI}"))
    assert shown(db) == ["PMID:1"]


def notice(kind: str, id: str = "1", source: str = "MED", reference: str = "") -> dict[str, Any]:
    entry = {"id": id, "source": source, "type": kind, "reference": reference}
    return {"commentCorrectionList": {"commentCorrection": [entry]}}


APART = {
    "another DOI": ((theirs(), ours(doi="10.1101/2024.1")), None),
    "a preprint with a DOI of its own": ((theirs(), ours("PPR1", "PPR", "10.1101/2024.1")), None),
    "a preprint that bears the paper's DOI": ((theirs(), ours("PPR1", "PPR")), "one is a preprint"),
    "two of PubMed": ((theirs(1), theirs(2), ours()), "cannot be told"),
    "two of PubMed, none of Europe PMC": ((theirs(1), theirs(2)), "cannot be told"),
    "an erratum with the paper's DOI": ((theirs(types="Published Erratum"), ours()), "a notice"),
    "the paper of an erratum": ((theirs(), ours(pubTypeList={"pubType": ["correction"]})), "a notice"),
    "no DOI": ((theirs(), ours(doi=None)), None),
}


@pytest.mark.parametrize("case", sorted(APART))
def test_what_is_not_one_work(db: sqlite3.Connection, case: str) -> None:
    documents, doubt = APART[case]
    for order in (documents, documents[::-1]):
        put(db, *order)
        assert shown(db) == sorted({d.id for d in documents})
        assert works.merged(db) == {}
        for d in documents:
            found = families.of(db, d.id)[0].doubts
            assert any(doubt in f for f in found) if doubt else not found
            assert bool(list(works.notes(db, d.id))) is bool(doubt)


def test_a_preprint_that_pubmed_holds_too(db: sqlite3.Connection) -> None:
    put(db, ours("PPR1", "PPR"), theirs(types="Preprint"))
    assert shown(db) == ["PMID:1"]


@pytest.mark.parametrize("said", [True, False])
def test_a_preprint_joins_its_paper_only_where_it_says_so(db: sqlite3.Connection, said: bool) -> None:
    put(db, ours("PPR1", "PPR", "10.1101/2024.1", **(notice("Preprint of") if said else {})), theirs())
    found = families.of(db, "PMID:1")[0]
    assert [m.id for m in found.members] == (["DOI:10.1101/2024.1", "PMID:1"] if said else ["PMID:1"])
    assert [m.relation for m in found.merges] == (["preprint_of"] if said else [])
    assert len(shown(db)) == 2


def test_a_paper_names_its_preprint_by_doi(db: sqlite3.Connection) -> None:
    said = notice("Preprint in", "PPR1", "PPR", "medRxiv. 2024. doi: 10.1101/2024.X.")
    put(db, ours("1", "MED", pmid="1", **said), ours("PPR1", "PPR", "10.1101/2024.x"))
    assert [m.id for m in families.of(db, "PMID:1")[0].members] == ["DOI:10.1101/2024.x", "PMID:1"]


def test_a_second_record_of_pubmed_parts_what_was_merged(db: sqlite3.Connection, place: Path) -> None:
    put(db, theirs(1), ours())
    read(db, place)
    assert shown(db) == searched(db) == ["PMID:1"]
    put(db, theirs(2, types="Published Erratum"))
    read(db, place)
    assert shown(db) == searched(db) == [f"DOI:{DOI.lower()}", "PMID:1", "PMID:2"]


def test_a_doi_that_pubmed_corrects(db: sqlite3.Connection) -> None:
    put(db, theirs(doi="10.1234/wrong"), ours())
    assert len(shown(db)) == 2
    put(db, replace(theirs(), version_date="2026-01-01"))
    assert shown(db) == ["PMID:1"]
    put(db, replace(theirs(doi="10.1234/wrong", said="again"), version_date="2026-02-01"))
    assert len(shown(db)) == 2


def trialkb(place: Path, *words: str) -> Result:
    return CliRunner().invoke(cli.main, [*words, "--kb", str(place)])


def test_merges_are_shown_with_their_evidence_and_undone_for_good(place: Path) -> None:
    bank = (
        "<DataBankList><DataBank><DataBankName>ClinicalTrials.gov</DataBankName><AccessionNumberList><AccessionNumber>"
        "NCT90000001</AccessionNumber></AccessionNumberList></DataBank></DataBankList>"
    )
    xml = theirs().raw.replace(b"</Abstract>", b"</Abstract>" + bank.encode())
    mine = ours()
    with kb.writing(place) as db:
        put(db, next(pubmed.parse(xml)), mine)
        read(db, place)
    evidence = f"DOI {DOI.lower()} in both records"
    for id in ("PMID:1", mine.id, "NCT90000001"):
        said = trialkb(place, "families", id).stdout
        assert f"because {mine.id} same work PMID:1: {evidence}" in said
        assert all(member in said for member in ("NCT90000001", "PMID:1", mine.id))
    assert f"one work with {mine.id} ({evidence})" in trialkb(place, "show", "PMID:1").stdout
    assert "that record is the one counted" in trialkb(place, "show", mine.id).stdout
    assert json.loads(trialkb(place, "stats", "--json").stdout)["articles"] == 1

    undone = trialkb(place, "unlink", mine.id, "PMID:1", "--reason", "an abstract of the same name")
    assert undone.exit_code == 0
    assert "trialkb extract" in undone.stderr
    with kb.writing(place) as db:
        put(db, replace(mine, raw=mine.raw + b" "), replace(next(pubmed.parse(xml)), version_date="2026-01-01"))
        read(db, place)
        assert shown(db) == searched(db) == [mine.id, "PMID:1"]
    assert "undone 20" in trialkb(place, "families", "PMID:1").stdout
    family = json.loads(trialkb(place, "families", "NCT90000001", "--json").stdout)["families"][0]
    assert [m["id"] for m in family["members"]] == ["NCT90000001", "PMID:1"]

    assert trialkb(place, "unlink", mine.id, "PMID:1", "--undo").exit_code == 0
    with kb.writing(place) as db:
        assert shown(db) == searched(db) == ["PMID:1"]


@pytest.mark.parametrize("merged_first", [True, False])
def test_a_retraction_that_one_source_knows_of_is_flagged_on_the_work(
    db: sqlite3.Connection, merged_first: bool
) -> None:
    gone = ours(pubTypeList={"pubType": ["Retracted Publication"]})
    put(db, *((gone, theirs()) if merged_first else (theirs(), gone)))
    assert shown(db) == ["PMID:1"]
    held = kb.get(db, "PMID:1")
    assert held
    assert held.article
    assert held.article.retracted
    assert flags.of(db, "PMID:1") == ("RETRACTED (says europepmc)",)
    with kb.transaction(db):
        families.unlink(db, gone.id, "PMID:1", "two papers")
        kb.settle(db, gone.id, also=(gone.id, "PMID:1"))
    assert flags.of(db, "PMID:1") == ()
    assert flags.of(db, gone.id) == ("RETRACTED",)


def test_a_retraction_that_only_europe_pmc_has_under_the_same_pmid(db: sqlite3.Connection) -> None:
    put(db, theirs(), ours("1", "MED", pmid="1", pubTypeList={"pubType": ["Retracted Publication"]}))
    held = kb.get(db, "PMID:1")
    assert held
    assert (held.source, held.article and held.article.retracted) == ("pubmed", True)
    assert flags.of(db, "PMID:1") == ("RETRACTED (says europepmc)",)
    put(db, ours("1", "MED", pmid="1"))
    assert flags.of(db, "PMID:1") == ()


class Twins(EuropePMC):
    """Of every three records the second has no PMID and the DOI of a record of PubMed, the third is a preprint of it."""

    def page(self, at: int, size: int, form: dict[str, str]) -> dict[str, Any]:
        answer = super().page(at, size, form)
        held = answer["resultList"]["result"]
        for record in held if isinstance(held, list) else [held]:
            n = int(record["id"]) - 99_000_000
            if n % 3 == 1:
                record |= {"id": f"IND{n}", "source": "AGR", "doi": f"https://doi.org/10.1/A{n}"}
            elif n % 3 == 2:
                record |= {"id": f"PPR{n}", "source": "PPR", "doi": f"10.1101/{n}"}
            record.pop("pmid") if n % 3 else None
        return answer


def ask(place: Path, source: str, base: str, *more: str) -> Result:
    env = {f"TRIALKB_{source.upper()}_BASE": base, "TRIALKB_KB": str(place)}
    return CliRunner().invoke(cli.main, ["harvest", source, "cells", *more], env=env)


@pytest.mark.parametrize("first", ["europepmc", "pubmed"])
def test_complete_runs_stay_complete(place: Path, first: str) -> None:
    """Both harvests, either first, twice: held is as announced, nothing vanished or changed, the ledger counts them."""
    numbers = range(99_000_000, 99_000_009)
    app = PubMed(dict.fromkeys(numbers, "2024/05/06"), dois={n: f"10.1/a{n - 99_000_000}" for n in numbers})
    with serve(Twins(9)) as epmc, serve(app) as eutils:
        bases = {"europepmc": str(epmc), "pubmed": str(eutils)}
        order = [first, *(s for s in bases if s != first)]
        for again in ((), ("--again",)):
            for source in order:
                done = ask(place, source, bases[source], *again)
                assert (done.exit_code, "9 announced, 9 held" in done.stderr) == (0, True), done.stderr
    assert "3 under the same id, 3 as one work by DOI" in done.stderr
    runs = json.loads(trialkb(place, "log", "--json").stdout)
    assert [(r["state"], r["announced"], r["held"], r["unchanged"]) for r in runs] == [
        ("complete", 9, 9, 0), ("complete", 9, 9, 0), ("complete", 9, 9, 9), ("complete", 9, 9, 9)
    ]  # fmt: skip
    assert [(r["same_id"], r["same_doi"]) for r in runs] == [(3, 3)] * 4
    assert "3 by id, 3 by DOI" in trialkb(place, "log", "--md").stdout
    found = json.loads(trialkb(place, "diff", "--since", "2", "--json").stdout)
    assert found["counts"] == {"new": 0, "changed": 0, "vanished": 0, "retracted": 0}
    fresh = json.loads(trialkb(place, "diff", "--since", "1", "--json").stdout)
    assert fresh["counts"]["vanished"] == fresh["counts"]["changed"] == 0
    assert json.loads(trialkb(place, "stats", "--json").stdout)["documents"] == 9 + 3  # of PubMed, and the preprints


def test_a_kb_of_before_learns_its_merges_when_it_is_read_anew(place: Path) -> None:
    """Schema 3 held both records and prefixed DOIs; migrated and extracted, it holds one work."""
    with kb.writing(place) as old:
        put(old, theirs(), ours())
        old.executescript(
            "DELETE FROM link; DROP VIEW work; DROP INDEX link_same_work; DROP INDEX trial_country_document;"
            "ALTER TABLE run DROP COLUMN writer;"
            "UPDATE article SET doi = 'https://doi.org/' || doi; UPDATE version SET extracted = 'old';"
            "PRAGMA user_version = 3"
        )
    with kb.writing(place) as db:
        assert len(shown(db)) == 2
        assert {r[0].lower() for r in db.execute("SELECT doi FROM article")} == {DOI.lower()}
        read(db, place)
        assert shown(db) == searched(db) == ["PMID:1"]
