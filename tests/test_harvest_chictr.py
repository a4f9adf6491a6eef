"""ChiCTR: what its pages and XML become, one polite request over real HTTP, and the firewall told from a trial."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from standin import Asked, Reply, drip, serve
from standin_chictr import NUMBER, XML, XML_PATH, arm, detail, firewall, hits, site

from trialkb import harvesting, kb
from trialkb.cli import main
from trialkb.errors import BadInput, Blocked, Unreachable
from trialkb.harvest import chictr
from trialkb.harvest._http import Http
from trialkb.records import Document, Trial

SHARED = Path(os.environ.get("TRIALKB_SHARED", Path(__file__).parents[1] / ".." / "shared"))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        yield db


def one(page: str | bytes) -> tuple[Document, Trial]:
    (document,) = chictr.parse(page.encode() if isinstance(page, str) else page)
    assert document.trial is not None
    return document, document.trial


def test_a_detail_page() -> None:
    document, t = one(detail())
    assert (document.id, document.source, document.url, document.version_date) == (
        NUMBER, "chictr", "https://www.chictr.org.cn/showproj.html?proj=900017", "2026-05-28",
    )  # fmt: skip
    assert document.title == "Invented CAR-T cells in gastric cancer"
    assert (t.status, t.study_type, t.phases) == ("RECRUITING", "INTERVENTIONAL", ("PHASE1", "PHASE2"))
    assert (t.allocation, t.model, t.masking, t.sex) == ("RANDOMIZED", "PARALLEL", "NONE", "ALL")
    assert (t.enrollment, t.enrollment_type) == (18, "ESTIMATED")
    assert (t.first_post_date, t.update_date) == ("2026-01-02", "2026-05-28")
    assert (t.start_date, t.completion_date) == ("2026-02-01", "2028-02-01")
    assert (t.sponsor, t.conditions) == ("Hospital of Invention", ("Gastric cancer",))
    assert (t.countries, t.facilities) == (("China",), ("Hospital of Invention",))
    assert (t.secondary_ids, t.minimum_age, t.maximum_age) == (("NCT00000005",), "18 Years", None)


def test_languages_are_kept_apart() -> None:
    document, _ = one(detail())
    texts = {s.name: (s.language, s.text) for s in document.sections}
    assert texts["title"] == ("en", "Invented CAR-T cells in gastric cancer")
    assert texts["title_zh"][1] == "虚构CAR-T细胞治疗胃癌"
    assert texts["eligibility"] == (
        "en", "Inclusion Criteria:\n1. Age 18-70\n2. ECOG 0-1\n\nExclusion Criteria:\n3. Brain metastases",
    )  # fmt: skip
    assert texts["eligibility_zh"][1] == "纳入标准：\n1 年龄18-70岁；\n2 ECOG 0-1。\n\n排除标准：\n3 脑转移。"
    assert texts["summary_zh"][1] == "评价安全性；\n评价疗效。"
    for name, (_, text) in texts.items():
        has_han = any("\u4e00" <= c <= "\u9fff" for c in text)
        assert has_han == name.endswith("_zh"), name


def test_a_page_in_chinese_only_fills_the_plain_sections() -> None:
    document, t = one(detail(english=False))
    texts = {s.name: s.language for s in document.sections}
    assert texts["title"] == "zh"
    assert "title_zh" not in texts
    assert (t.phases, t.study_type, t.masking) == (("PHASE1", "PHASE2"), "INTERVENTIONAL", "NONE")
    assert document.title == "虚构CAR-T细胞治疗胃癌"


def test_arms_and_outcomes_of_nested_tables() -> None:
    _, t = one(detail())
    assert [(a.label, a.size, a.interventions) for a in t.arms] == [
        ("experimental group", 12, ("Invented cells",)),
        ("control group", 6, ("Standard care",)),
    ]
    assert [(e.role, e.measure, e.time_frame, e.description) for e in t.endpoints] == [
        ("PRIMARY", "ORR", "Week 12", None),
        ("SECONDARY", "DLT", "Day 28", None),
        ("OTHER", "CRS", "Day 28", None),
    ]
    assert t.interventions[0].arm_labels == ("experimental group",)


def test_a_size_that_is_no_number_makes_no_total() -> None:
    page = detail(arms=[arm("甲", "A", "12", "细胞", "cells"), arm("乙", "B", "待定", "细胞", "cells")])
    _, t = one(page)
    assert (t.enrollment, [a.size for a in t.arms]) == (None, [12, None])


@pytest.mark.parametrize(
    ("phase", "found"),
    [
        (("I期临床试验", "1"), ("PHASE1",)),
        (("II期+III期", "2-3"), ("PHASE2", "PHASE3")),
        (("IV期临床试验", "4"), ("PHASE4",)),
        (("探索性研究/预试验", "0"), ()),
        (("其它", "N/A"), ()),
        (("上市后药物", "Post-market"), ()),
    ],
)
@pytest.mark.parametrize("english", [True, False])
def test_phases(phase: tuple[str, str], found: tuple[str, ...], english: bool) -> None:
    assert one(detail(phase=phase, english=english))[1].phases == found


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (("尚未开始", "Not yet recruiting"), "NOT_YET_RECRUITING"),
        (("暂停或中断", "Suspending"), "SUSPENDED"),
        (("结束", "Completed"), "COMPLETED"),
        (("不知道", "Whatever"), None),
    ],
)
def test_states(status: tuple[str, str], found: str | None) -> None:
    assert one(detail(status=status))[1].status == found


def test_nobody_is_named_and_the_kept_page_reads_the_same() -> None:
    document, _ = one(detail())
    kept = document.raw.decode()
    for words in ("某甲", "某乙", "+86", "nobody@", "虚构路", "Invention Road"):
        assert words not in kept
    again, _ = one(document.raw)
    assert again == document


def test_xml() -> None:
    document, t = one(XML)
    assert (document.id, t.status, t.phases, t.model) == (NUMBER, "RECRUITING", ("PHASE1", "PHASE2"), "PARALLEL")
    assert [(a.label, a.size, a.description) for a in t.arms] == [
        ("experimental", 12, "Invented cells"), ("control", 6, "Standard care"),
    ]  # fmt: skip
    assert [(e.role, e.measure) for e in t.endpoints] == [("PRIMARY", "ORR"), ("PRIMARY", "DLT"), ("SECONDARY", "PFS")]
    assert (t.enrollment, t.secondary_ids, t.countries, t.minimum_age) == (18, ("NCT00000005",), ("China",), "18")
    assert b"Obody" not in document.raw
    assert b"nobody@" not in document.raw


@pytest.mark.parametrize(
    "head",
    ['<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'],
)
def test_xml_entities_are_refused(head: str) -> None:
    with pytest.raises(BadInput, match="entities"):
        list(chictr.parse((head + XML.split("?>", 1)[1]).encode()))


def test_a_list_of_hits() -> None:
    found = list(chictr.parse(hits([NUMBER, "ChiCTR-OIC-17013524"]).encode()))
    assert [d.id for d in found] == [NUMBER, "ChiCTR-OIC-17013524"]
    first = found[0].trial
    assert first is not None
    assert (found[0].title, first.sponsor, first.first_post_date) == (
        "虚构细胞治疗胃癌 900017",
        "虚构医院",
        "2026-01-02",
    )
    assert found[0].url == "https://www.chictr.org.cn/showproj.html?proj=900017"
    assert first.extra["row_only"] is True


def test_a_whole_record_is_not_replaced_by_a_row(db: sqlite3.Connection) -> None:
    with kb.transaction(db):
        for data in (detail(), hits([NUMBER])):
            for d in chictr.parse(data.encode()):
                kb.put(db, d)
    document = kb.get(db, NUMBER)
    assert document is not None
    assert document.section("eligibility") is not None


def test_saved_in_gb18030() -> None:
    assert one(detail().encode("gb18030"))[0].section("title_zh") is not None


@pytest.mark.parametrize("kind", ["405", "challenge", "slider"])
def test_a_saved_challenge_is_blocked_and_no_trial(kind: str) -> None:
    data = firewall(kind).body
    assert chictr.recognise(data[:65536], "x.html")
    with pytest.raises(Blocked):
        list(chictr.parse(data))


@pytest.mark.parametrize(
    "data",
    [
        firewall("nothing").body,
        b"",
        b"<html>",
        detail(number="12345").encode(),
        b"<Triall><main/></Triall>",
        b"<div>" * 200_001,
        b"<td class='left_title'>" * 1000,
    ],
    ids=["no fields", "empty", "bare", "no number", "XML without id", "deep", "labels without values"],
)
def test_what_is_no_record(data: bytes) -> None:
    with pytest.raises(BadInput):
        list(chictr.parse(data))


# --- one polite request -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["900017", "proj=900017", "https://www.chictr.org.cn/showproj.html?proj=900017"])
def test_one_page_is_asked_for_once(db: sqlite3.Connection, query: str) -> None:
    with serve(site) as base:
        done = harvesting.harvest(db, "chictr", query, base=base)
        assert [a.target for a in base.asked] == ["/showproj.html?proj=900017"]
    assert (done.state, done.announced, done.held) == ("complete", 1, 1)
    assert kb.get(db, NUMBER) is not None


def test_a_registration_number_gives_the_row(db: sqlite3.Connection) -> None:
    with serve(site) as base:
        done = harvesting.harvest(db, "chictr", NUMBER, base=base)
        assert len(base.asked) == 1
        assert base.asked[0].query["regno"] == NUMBER
        missing = harvesting.harvest(db, "chictr", "ChiCTR2600000099", base=base)
    assert (done.state, done.held) == ("complete", 1)
    assert (missing.state, missing.announced, missing.held) == ("complete", 0, 0)


@pytest.mark.parametrize(
    "query", ["胃癌", "CAR-T", "900017 900018", "https://evil.example/showproj.html?proj=1", "NCT00000005"]
)
def test_nothing_else_is_asked(query: str) -> None:
    with serve(site) as base:
        with pytest.raises(BadInput, match="not to be searched by programs"):
            list(chictr.fetch(query, base=base))
        assert base.asked == []


@pytest.mark.parametrize("kind", ["405", "challenge", "slider", "nothing"])
def test_the_firewall_is_reported_as_blocked(db: sqlite3.Connection, kind: str) -> None:
    with serve(lambda asked: firewall(kind)) as base:
        done = harvesting.harvest(db, "chictr", "900017", base=base)
        assert len(base.asked) == 1
    assert done.state == "failed"
    assert isinstance(done.error, Blocked)
    assert "save it, and 'trialkb import' it" in str(done.error)
    assert db.execute("SELECT count(*) FROM document").fetchone()[0] == 0
    state, message = db.execute("SELECT state, message FROM run").fetchone()
    assert state == "failed"
    assert "did not give the page" in message


@pytest.mark.parametrize(
    "fault", [Reply(503), Reply(429, headers={"Retry-After": "1"}), drip()], ids=["503", "429", "slow"]
)
def test_no_second_try(fault: Reply) -> None:
    with serve(lambda asked: fault) as base, Http(tries=1, deadline=0.5) as http:
        with pytest.raises(Unreachable):
            list(chictr.fetch("900017", base=base, http=http))
        assert len(base.asked) == 1


def test_the_xml_link_of_the_stand_in_leads_to_its_xml() -> None:
    """The address of the XML is in the page and nowhere else; a person follows it."""
    with serve(site) as base, Http() as http:
        body = http.get(f"{base}/{XML_PATH.removeprefix('./')}").body
    assert one(body)[0].id == NUMBER


def test_command_line_says_blocked(tmp_path: Path) -> None:
    def app(asked: Asked) -> Reply:
        return firewall("challenge")

    with serve(app) as base:
        env = {"TRIALKB_CHICTR_BASE": base, "TRIALKB_KB": str(tmp_path / "kb.sqlite")}
        result = CliRunner().invoke(main, ["harvest", "chictr", "900017"], env=env)
    assert result.exit_code == 1
    assert "did not give the page (acw_sc__v2)" in result.stderr


@pytest.mark.real
def test_real_pages() -> None:
    folder = SHARED / "data" / "chictr"
    if not folder.exists():
        pytest.skip(f"{folder} is absent")
    document, t = one((folder / "detail_page.html").read_bytes())
    assert (document.id, t.status, t.phases, t.enrollment) == (
        "ChiCTR2400084905",
        "NOT_YET_RECRUITING",
        ("PHASE3",),
        936,
    )
    assert [a.size for a in t.arms] == [192, 192, 276, 276]
    assert [e.role for e in t.endpoints] == ["PRIMARY", "SECONDARY", "SECONDARY"]
    assert (t.allocation, t.model, t.masking, t.minimum_age) == ("RANDOMIZED", "PARALLEL", "DOUBLE", "18 Years")
    assert len(list(chictr.parse((folder / "search_page.html").read_bytes()))) == 10
    document, t = one((folder / "ChiCTR2000034346.xml").read_bytes())
    assert (document.id, t.enrollment, [a.size for a in t.arms]) == ("ChiCTR2000034346", 3239, [2418, 821])
