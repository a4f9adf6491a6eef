"""Links and families: what is one trial by its own words, what a person undoes, and what is only suggested."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from trialkb import cli, families, kb, linking, suggest
from trialkb.errors import BadInput
from trialkb.queries import families as query
from trialkb.records import Article, Document, Intervention, Section, Trial


def trial(id: str, title: str = "A trial.", *, sections: dict[str, str] | None = None, **more: Any) -> Document:
    texts = {"title": title, **(sections or {})}
    ids_ = "\n".join(more.get("secondary_ids", ()))
    texts |= {"secondary_ids": ids_} if ids_ else {}
    found = tuple(Section(n, t) for n, t in texts.items())
    raw = repr((id, texts, more)).encode()
    return Document(id, "trial", "test", found, raw, title, "en", None, "2026-01-01", Trial(id, **more))


def paper(id: str, title: str = "A paper.", *, sections: dict[str, str] | None = None, **more: Any) -> Document:
    kind = more.pop("kind", "article")
    banks = "\n".join(f"ClinicalTrials.gov {i}" for i in more.get("registry_ids", ()))
    texts = {"title": title, **(sections or {}), **({"registry_ids": banks} if banks else {})}
    found = tuple(Section(n, t) for n, t in texts.items())
    raw = repr((id, texts, more)).encode()
    return Document(id, kind, "test", found, raw, title, "en", None, "2026-01-01", article=Article(id, **more))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with kb.writing(tmp_path / "kb.sqlite") as open_db:
        yield open_db


def put(db: sqlite3.Connection, *documents: Document) -> None:
    with kb.transaction(db):
        for d in documents:
            kb.put(db, d)


REPORTS = [
    ("abstract", "ClinicalTrials.gov identifier: NCT03874897.", "reports"),
    ("abstract", "This trial is registered with ClinicalTrials.gov, NCT03874897, and is closed.", "reports"),
    ("abstract:METHODS", "In this phase 1 trial (NCT03874897), we treated 37 patients.", "reports"),
    ("abstract:TRIAL REGISTRATION", "NCT03874897.", "reports"),
    ("abstract:FUNDING", "Nobody. NCT03874897.", "reports"),
    ("abstract_zh:注册号", "NCT03874897。", "reports"),
    ("abstract_zh", "本研究在ClinicalTrials.gov注册（NCT03874897）。", "reports"),
    ("abstract:BACKGROUND", "We report the trial registered as NCT03874897.", "reports"),
    ("abstract:BACKGROUND", "After the KEYNOTE trial (NCT03874897) hopes were high.", "mentions"),
    ("abstract", "A phase 2 trial (NCT03874897) is ongoing.", "mentions"),
    ("abstract", "A phase 3 trial will be started (NCT03874897).", "mentions"),
    ("abstract", "此前的试验（NCT03874897）无效。", "mentions"),
    ("abstract", "Several trials, such as NCT03874897, failed.", "mentions"),
    ("abstract", "Outcomes differed from NCT03874897 in part.", "mentions"),
    ("body", "registered as NCT03874897", "mentions"),
    ("references", "Qi C. Trial NCT03874897. 2020.", None),
    ("abstract", "CHM-2101 was safe.", None),
    ("abstract", "", None),
]


@pytest.mark.parametrize(("section", "words", "relation"), REPORTS)
def test_numbers_in_papers(section: str, words: str, relation: str | None) -> None:
    document = paper("PMID:1", sections={section: words})
    found = list(linking.links(document))
    assert [k.relation for k in found] == ([relation] if relation else [])
    for k in found:
        assert k.target == "NCT03874897"
        assert words[k.start : k.end].replace(" ", "") == "NCT03874897"


@pytest.mark.parametrize(
    ("types", "kind", "title", "relation"),
    [
        (("Clinical Trial, Phase I",), "article", "A paper.", "reports"),
        (("Review",), "review", "A paper.", "mentions"),
        (("Journal Article", "Comment"), "article", "A paper.", "mentions"),
        (("Editorial",), "article", "A paper.", "mentions"),
        (("Retraction of Publication",), "article", "A paper.", "mentions"),
        (("Published Erratum",), "article", "A paper.", "mentions"),
        (("Clinical Trial Protocol",), "article", "A paper.", "protocol"),
        (("Journal Article",), "article", "CAR-T in cancer: study protocol of a trial", "protocol"),
        (("Systematic Review", "Meta-Analysis"), "review", "A paper.", "mentions"),
    ],
)
def test_kind_of_paper_decides(types: tuple[str, ...], kind: str, title: str, relation: str) -> None:
    document = paper("PMID:1", title, registry_ids=("NCT03874897",), publication_types=types, kind=kind)
    (found,) = linking.links(document)
    assert (found.relation, found.section, found.start) == (relation, "registry_ids", 19)


def test_what_a_trial_states() -> None:
    document = trial(
        "NCT90000001",
        secondary_ids=("2023-503321-14-00", "EudraCT 2015-002112-26", "ChiCTR2400099001", "CHM-2101", "NCT90000009"),
        aliases=("NCT90000005",),
        references=(
            {"pmid": "11", "type": "RESULT"}, {"pmid": "12", "type": "BACKGROUND"}, {"pmid": "13", "type": "DERIVED"},
            {"citation": "x"},
        ),
        sections={"summary": "Patients of NCT90000008 are followed; CHM-2101 is given."},
    )  # fmt: skip
    assert [(k.relation, k.target) for k in linking.links(document)] == [
        ("alias", "NCT90000005"),
        ("same_trial", "2023-503321-14-00"),
        ("same_trial", "2015-002112-26"),
        ("same_trial", "ChiCTR2400099001"),
        ("related", "NCT90000009"),
        ("reported_in", "PMID:11"),
        ("cites", "PMID:12"),
        ("named_in", "PMID:13"),
        ("mentions", "NCT90000008"),
    ]


@pytest.mark.parametrize(
    ("citation", "start", "relation"),
    [
        ("Qi C. CAR-T. Nat Med. 2022 Jun;28(6):1189.", "2019-03", "reported_in"),
        ("Qi C. CAR-T. Nat Med. 2018;1:1.", "2019-03-26", "cites"),
        ("Qi C. CAR-T of 2018. Nat Med. 2019 Dec 1;1:1.", "2019-03-26", "reported_in"),
        ("Qi C. CAR-T. Nat Med. 2018;1:1.", None, "reported_in"),
        ("no year", "2019", "reported_in"),
    ],
)
def test_a_paper_older_than_the_trial_does_not_report_it(citation: str, start: str | None, relation: str) -> None:
    reference = {"pmid": "11", "type": "RESULT", "citation": citation}
    (found,) = linking.links(trial("NCT90000001", references=(reference,), start_date=start))
    assert found.relation == relation


def test_a_replaced_id_is_no_second_registration(db: sqlite3.Connection) -> None:
    put(db, trial("NCT90000001", aliases=("NCT90000005",)))
    (found,) = families.of(db, "NCT90000005")
    assert ([m.id for m in found.members], found.doubts) == (["NCT90000001", "NCT90000005"], ())


def test_a_record_does_not_link_to_itself() -> None:
    document = trial("NCT90000001", "NCT90000001: a trial", secondary_ids=("NCT90000001",))
    assert list(linking.links(document)) == []


def some_family() -> tuple[Document, ...]:
    return (
        trial("NCT90000001", "American", secondary_ids=("ChiCTR2400099001",)),
        trial("ChiCTR2400099001", "Chinese", secondary_ids=("2023-503321-14",)),
        trial("2023-503321-14-00", "European"),
        paper("PMID:1", "Final report", sections={"abstract": "Registered as NCT90000001."}),
        paper("PMID:2", "Interim report", registry_ids=("ChiCTR2400099001",), retracted=True),
        paper("PMID:3", "A review", registry_ids=("NCT90000001", "NCT90000007"), kind="review"),
        trial("NCT90000007", "Another"),
        paper("PMID:4", "Its report", registry_ids=("NCT90000007",)),
    )


def ids_of(found: tuple[families.Family, ...]) -> list[list[str]]:
    return [[m.id for m in f.members] for f in found]


FAMILY = ["2023-503321-14", "2023-503321-14-00", "ChiCTR2400099001", "NCT90000001", "PMID:1", "PMID:2"]


def test_a_family_from_any_of_its_members(db: sqlite3.Connection) -> None:
    put(db, *some_family())
    for id in ("NCT90000001", "ChiCTR2400099001", "2023-503321-14-00", "PMID:1", "PMID:2"):
        assert ids_of(families.of(db, id)) == [FAMILY]
    assert ids_of(families.of(db, "NCT90000007")) == [["NCT90000007", "PMID:4"]]
    assert ids_of(families.of(db, "PMID:3")) == [["PMID:3"]]
    (found,) = families.of(db, "PMID:1")
    assert [m.id for m in found.members if m.retracted] == ["PMID:2"]
    assert [m.id for m in found.members if not m.held] == ["2023-503321-14"]
    assert {(m.source, m.relation, m.target, m.quote) for m in found.merges} == {
        ("NCT90000001", "same_trial", "ChiCTR2400099001", "ChiCTR2400099001"),
        ("ChiCTR2400099001", "same_trial", "2023-503321-14", "2023-503321-14"),
        ("PMID:1", "reports", "NCT90000001", "NCT90000001"),
        ("PMID:2", "reports", "ChiCTR2400099001", "ChiCTR2400099001"),
    }


def test_roots_agree_with_the_families(db: sqlite3.Connection) -> None:
    put(db, *some_family())
    roots = families.roots(db)
    for id, found in roots.items():
        assert found == tuple(f.id for f in families.of(db, id)), id
    assert roots["PMID:1"] == roots["NCT90000001"]
    assert roots["PMID:4"] == ("NCT90000007",)
    assert "PMID:3" not in roots


def test_a_paper_of_two_trials_joins_both_and_merges_neither(db: sqlite3.Connection) -> None:
    put(db, trial("NCT90000001"), trial("NCT90000002"), paper("PMID:5", registry_ids=("NCT90000001", "NCT90000002")))
    assert ids_of(families.of(db, "NCT90000001")) == [["NCT90000001", "PMID:5"]]
    assert ids_of(families.of(db, "PMID:5")) == [["NCT90000001", "PMID:5"], ["NCT90000002", "PMID:5"]]
    assert families.roots(db)["PMID:5"] == ("NCT90000001", "NCT90000002")
    assert "PMID:5 also reports NCT90000002" in families.of(db, "NCT90000001")[0].doubts[0]


def test_names_and_titles_never_merge(db: sqlite3.Connection) -> None:
    one = trial("NCT90000001", "CLDN18.2 CAR-T CT999 in gastric cancer", interventions=(Intervention("CT999"),))
    two = trial("ChiCTR2400099001", "CLDN18.2 CAR-T CT999 in gastric cancer", interventions=(Intervention("CT999"),))
    put(db, one, two)
    assert ids_of(families.of(db, "NCT90000001")) == [["NCT90000001"]]
    assert families.roots(db) == {}
    assert suggest.pairs(db, least=0) == []


def test_two_registrations_in_one_registry_are_doubted(db: sqlite3.Connection) -> None:
    put(db, *(trial(i, secondary_ids=("2015-002112-26",)) for i in ("NCT90000001", "NCT90000002")))
    (found,) = families.of(db, "NCT90000001")
    assert [m.id for m in found.members] == ["2015-002112-26", "NCT90000001", "NCT90000002"]
    assert found.doubts[0].startswith("2 registrations in ClinicalTrials.gov (NCT90000001, NCT90000002)")


def test_unlink_is_for_good_whoever_says_it_again(db: sqlite3.Connection) -> None:
    put(db, *some_family())
    with kb.transaction(db):
        assert families.unlink(db, "ChiCTR2400099001", "NCT90000001", "another product") == 1
    apart = [["2023-503321-14", "2023-503321-14-00", "ChiCTR2400099001", "PMID:2"]]
    assert ids_of(families.of(db, "ChiCTR2400099001")) == apart
    put(db, trial("NCT90000001", "American, revised", secondary_ids=("ChiCTR2400099001",)))
    put(db, trial("ChiCTR2400099001", "Chinese, revised", secondary_ids=("2023-503321-14", "NCT90000001")))
    assert ids_of(families.of(db, "ChiCTR2400099001")) == apart
    assert ids_of(families.of(db, "NCT90000001")) == [["NCT90000001", "PMID:1"]]
    assert families.roots(db)["PMID:1"] == ("NCT90000001",)
    assert [m.target for m in families.of(db, "NCT90000001")[0].undone] == ["ChiCTR2400099001"]
    assert suggest.pairs(db, least=0) == []
    with kb.transaction(db):
        assert families.relink(db, "NCT90000001", "ChiCTR2400099001") == 2
    assert ids_of(families.of(db, "PMID:2")) == [FAMILY]


def test_unlink_that_other_statements_still_join_is_said(db: sqlite3.Connection) -> None:
    put(
        db,
        trial("NCT90000001", secondary_ids=("ChiCTR2400099001", "ISRCTN12345678")),
        trial("ChiCTR2400099001", secondary_ids=("ISRCTN12345678",)),
    )
    with kb.transaction(db):
        families.unlink(db, "NCT90000001", "ChiCTR2400099001", "no")
    (found,) = families.of(db, "NCT90000001")
    assert found.doubts == (
        "ChiCTR2400099001 and NCT90000001 are kept apart by a person, yet other statements still join them",
    )


@pytest.mark.parametrize(("one", "other"), [("NCT90000001", "NCT90000001"), ("NCT90000001", "PMID:9"), ("x", "y")])
def test_unlink_of_what_is_not_joined(db: sqlite3.Connection, one: str, other: str) -> None:
    put(db, *some_family())
    with pytest.raises(BadInput):
        families.unlink(db, one, other, "why")
    with pytest.raises(BadInput):
        families.relink(db, one, other)


def test_a_statement_withdrawn_by_its_source_no_longer_merges(db: sqlite3.Connection) -> None:
    put(db, *some_family())
    put(db, replace(trial("NCT90000001", "Corrected"), version_date="2026-02-01"))
    assert ids_of(families.of(db, "NCT90000001")) == [["NCT90000001", "PMID:1"]]


def test_a_preprint_and_its_paper_and_records_of_one_doi(db: sqlite3.Connection) -> None:
    notice = {"type": "PreprintIn", "source": "J", "pmid": "1", "note": None}
    put(
        db,
        trial("NCT90000001"),
        paper("PMID:1", registry_ids=("NCT90000001",), doi="10.1/ABC"),
        paper("DOI:10.1/pre", preprint=True, notices=(notice,)),
        paper("EPMC:IND1", doi="10.1/abc"),
        paper("PMID:2", doi="10.1/other"),
    )
    assert ids_of(families.of(db, "NCT90000001")) == [["NCT90000001", "DOI:10.1/pre", "EPMC:IND1", "PMID:1"]]
    assert ids_of(families.of(db, "DOI:10.1/pre")) == ids_of(families.of(db, "PMID:1"))
    assert ids_of(families.of(db, "PMID:2")) == [["PMID:2"]]


def alike(id: str, **more: Any) -> Document:
    facts: dict[str, Any] = {
        "sponsor": "Invented Biotech Co., Ltd.", "enrollment": 37, "start_date": "2024-03-26", "phases": ("PHASE1",),
        "countries": ("China",), "interventions": (Intervention("CT999 CAR-T"),),
    }  # fmt: skip
    return trial(id, more.pop("title", "CT999 in stomach cancer"), **(facts | more))


def test_likely_pairs_with_score_and_reasons(db: sqlite3.Connection) -> None:
    put(db, alike("NCT90000001"), alike("ChiCTR2400099001", sponsor="invented biotech"), alike("NCT90000002"))
    found = suggest.pairs(db, "ChiCTR2400099001")
    assert [(p.one, p.other) for p in found] == [
        ("ChiCTR2400099001", "NCT90000001"),
        ("ChiCTR2400099001", "NCT90000002"),
    ]
    assert found[0].reasons == (
        "sponsor invented biotech",
        "n = 37",
        "start 2024-03",
        "product CT999",
        "titles 100% alike",
    )
    assert 0.5 <= found[0].score <= 1
    assert not [p for p in suggest.pairs(db) if {p.one, p.other} == {"NCT90000001", "NCT90000002"}]


@pytest.mark.parametrize(
    "change",
    [
        {"countries": ("Italy",), "phases": ("PHASE3",)},
        {"start_date": "2019-01", "sponsor": "Other", "enrollment": 12},
        {"sponsor": "Other", "enrollment": 12, "start_date": None},
        {"sponsor": None, "enrollment": None, "start_date": None},
    ],
)
def test_what_speaks_against_a_pair(db: sqlite3.Connection, change: dict[str, Any]) -> None:
    put(db, alike("NCT90000001"), alike("ChiCTR2400099001", **change))
    assert suggest.pairs(db) == []


def test_shared_protocol_numbers_and_mentions_are_strong(db: sqlite3.Connection) -> None:
    put(
        db,
        trial("NCT90000001", "One", secondary_ids=("CT999-ST-01",), enrollment=50),
        trial("jRCT2031200123", "Two", secondary_ids=("ct999-st-01",), enrollment=50),
        trial("DRKS00099001", "Three", sections={"summary": "It continues NCT90000001."}),
    )
    assert [(p.one, p.other, p.score) for p in suggest.pairs(db)] == [
        ("NCT90000001", "jRCT2031200123", 0.6),
        ("DRKS00099001", "NCT90000001", 0.5),
    ]


def test_a_paper_without_a_number_is_suggested_for_its_trial(db: sqlite3.Connection) -> None:
    abstract = "We treated 37 patients with CT999. Funded by Invented Biotech."
    put(db, alike("NCT90000001"), paper("PMID:7", "CT999 in stomach cancer", sections={"abstract": abstract}))
    (found,) = suggest.pairs(db)
    assert (found.one, found.other) == ("NCT90000001", "PMID:7")
    assert found.reasons == ("sponsor invented biotech", "n = 37", "product CT999", "titles 100% alike")
    assert ids_of(families.of(db, "PMID:7")) == [["PMID:7"]]


def test_page_shows_members_evidence_and_suggestions(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    with kb.writing(path) as db:
        put(db, *some_family(), alike("DRKS00099001"), alike("ISRCTN12345678"))
    run = CliRunner().invoke
    shown = run(cli.main, ["families", "pmid:2", "--kb", str(path)])
    assert shown.exit_code == 0, shown.output
    assert "Family 2023-503321-14: 6 records" in shown.stdout
    assert "RETRACTED  Interim report" in shown.stdout
    assert (
        "because PMID:1 reports NCT90000001: registration in text “NCT90000001” [PMID:1 abstract 14:25]" in shown.stdout
    )
    every = json.loads(run(cli.main, ["families", "--json", "--kb", str(path)]).stdout)
    assert [f["id"] for f in every["families"]] == ["2023-503321-14", "NCT90000007"]
    likely = run(cli.main, ["families", "--suggest", "--kb", str(path)])
    assert "DRKS00099001  ISRCTN12345678" in likely.stdout
    rows = run(cli.main, ["families", "NCT90000007", "--nl", "--kb", str(path)]).stdout.splitlines()
    assert [json.loads(r)["id"] for r in rows] == ["NCT90000007", "PMID:4"]
    assert run(cli.main, ["families", "NCT00000042", "--kb", str(path)]).exit_code == 1


def test_unlink_from_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    with kb.writing(path) as db:
        put(db, *some_family())
    run = CliRunner().invoke
    pair = ["unlink", "NCT90000001", "ChiCTR2400099001", "--kb", str(path)]
    assert run(cli.main, pair).exit_code == 2
    done = run(cli.main, [*pair, "--reason", "another product"])
    assert (done.exit_code, done.stderr) == (
        0,
        "NCT90000001 and ChiCTR2400099001 are kept apart: 1 statements undone\n",
    )
    shown = run(cli.main, ["families", "NCT90000001", "--kb", str(path)]).stdout
    assert "  undone 20" in shown
    assert run(cli.main, [*pair, "--undo"]).exit_code == 0
    assert "ChiCTR2400099001" in run(cli.main, ["families", "PMID:1", "--kb", str(path)]).stdout
    assert query.OPTIONS[0].name == "id"
