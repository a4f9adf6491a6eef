"""EU CTIS over real HTTP against its stand-in, and what its records become."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standin import Asked, Base, Reply, faults, serve, truncated
from standin_ctis import Register, number, row, trial

from trialkb import harvesting, kb
from trialkb.errors import BadInput, SourceChanged
from trialkb.harvest import _ctis_fetch, ctis
from trialkb.harvest._http import Http
from trialkb.records import Page

SHARED = Path(os.environ.get("TRIALKB_SHARED", Path(__file__).parents[1] / ".." / "shared"))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ctis_fetch, "SIZE", 5)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        yield db


def client(**settings: Any) -> Http:
    return Http(**{"sleep": lambda seconds: None, "timeout": 5.0, "tries": 3, **settings})


def ask(base: Base, query: str = "cells", **more: Any) -> list[Page]:
    with client() as http:
        return list(ctis.fetch(query, base=base, http=http, **more))


def ids(pages: list[Page]) -> list[str]:
    return [d.id for p in pages for payload in p.payloads for d in ctis.parse(payload)]


def searches(base: Base) -> list[dict[str, Any]]:
    return [json.loads(a.body) for a in base.asked if a.path == "/search"]


def test_pages_from_one_each_trial_retrieved() -> None:
    with serve(Register([trial(n) for n in range(12)])) as base:
        pages = ask(base)
    assert ids(pages) == [number(n) for n in range(12)]
    assert [p.announced for p in pages] == [12, 12, 12]
    assert [p.token for p in pages] == ["DESC:2", "DESC:3", None]
    assert [s["pagination"]["page"] for s in searches(base)] == [1, 2, 3]
    assert all(a.method == "POST" for a in base.asked if a.path == "/search")
    assert json.loads(pages[0].query)["searchCriteria"] == {"containAll": "cells"}


def test_page_zero_would_be_silent_and_get_forbidden() -> None:
    """The stand-in does what the register does; the client never asks for either."""
    with serve(Register([trial(1)])) as base, client() as http:
        body = http.post(f"{base}/search", json={**_ctis_fetch._asked({}, "DESC", 0, 5, by_change=False)}).body
        assert json.loads(body)["pagination"]["totalRecords"] == 0
        assert http.get(f"{base}/search", accept=(403,)).status == 403
        link = http.get(f"{base}/documents/{number(1)}/abc/download").body
        assert json.loads(link)["url"].endswith("abc.pdf")


def test_the_cap_is_passed_by_the_other_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ctis_fetch, "MOST", 10)
    with serve(Register([trial(n) for n in range(17)], most=10)) as base:
        pages = ask(base)
    assert sorted(ids(pages)) == [number(n) for n in range(17)]
    assert len(ids(pages)) == 17
    assert [(s["sort"]["direction"], s["pagination"]["page"]) for s in searches(base)] == [
        ("DESC", 1), ("DESC", 2), ("ASC", 1), ("ASC", 2),
    ]  # fmt: skip
    assert "other order" in (pages[1].note or "")


def test_beyond_twice_the_cap_it_is_incomplete_and_says_so(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_ctis_fetch, "MOST", 10)
    with serve(Register([trial(n) for n in range(25)], most=10)) as base:
        done = harvesting.harvest(db, "ctis", "cells", base=base)
    assert (done.state, done.announced, done.held) == ("incomplete", 25, 20)
    notes = [r[0] for r in db.execute("SELECT note FROM page WHERE note IS NOT NULL")]
    assert any("split the query" in n for n in notes)


def test_a_trial_that_cannot_be_retrieved_is_kept_as_listed() -> None:
    with serve(Register([trial(1), trial(2)], lost=frozenset({number(2)}))) as base:
        (page,) = ask(base)
    assert page.note == f"not retrievable, kept as listed: {number(2)}"
    whole, listed = (next(ctis.parse(p)) for p in page.payloads)
    assert whole.trial is not None
    assert listed.trial is not None
    assert listed.trial.extra["row_only"] is True
    for field in ("status", "phases", "enrollment", "start_date", "sponsor", "conditions", "update_date"):
        assert getattr(listed.trial, field) == getattr(whole.trial, field), field


def test_by_number() -> None:
    with serve(Register([trial(1), trial(2)])) as base:
        (page,) = ask(base, f"{number(1)} {number(7)}")
    assert ids([page]) == [number(1)]
    assert (page.announced, page.note) == (1, f"not found: {number(7)}")


def test_since_stops_at_the_first_page_that_is_all_older() -> None:
    trials = [trial(n, changed=f"2026-03-{28 - n:02d}") for n in range(20)]
    with serve(Register(trials)) as base:
        pages = ask(base, since="2026-03-23")
        assert len(searches(base)) == 3
    assert ids(pages) == [number(n) for n in range(8)]
    assert {p.announced for p in pages} == {None}


def test_limit_and_going_on() -> None:
    with serve(Register([trial(n) for n in range(12)])) as base:
        assert ids(ask(base, limit=7)) == [number(n) for n in range(7)]
        assert ids(ask(base, token="DESC:3")) == [number(10), number(11)]


@pytest.mark.parametrize(
    ("query", "criteria"),
    [
        ("CAR-T", {"containAll": "CAR-T"}),
        ("CAR-T 'gastric cancer'", {"containAll": "CAR-T, gastric cancer"}),
        ("condition='gastric cancer' sponsor=X", {"medicalCondition": "gastric cancer", "sponsor": "X"}),
        ("any=CAR-T,TCR-T status=3,4", {"containAny": "CAR-T,TCR-T", "status": [3, 4]}),
        ("phase:1", {"trialPhaseCode": [1]}),
    ],
)
def test_what_a_query_becomes(query: str, criteria: dict[str, Any]) -> None:
    assert _ctis_fetch.criteria_of(query) == (criteria, [])


@pytest.mark.parametrize("query", ["", "a any=b", "status=open", "status=13", "'open"])
def test_queries_that_cannot_be_asked(query: str) -> None:
    with pytest.raises(BadInput):
        _ctis_fetch.criteria_of(query)


@pytest.mark.parametrize(
    "fault",
    [
        Reply(429, headers={"Retry-After": "2"}),
        Reply(403, b"too fast"),
        Reply(503),
        Reply(500),
        Reply(body=b"<html>maintenance</html>", headers={"Content-Type": "text/html"}),
        truncated(b'{"pagination": {}, "data": []}' * 9, 50),
        Reply(body=b'{"pagination": '),
    ],
    ids=["429", "403", "503", "500", "HTML", "cut", "cut JSON"],
)
@pytest.mark.parametrize("at", [1, 2], ids=["search", "retrieve"])
def test_one_passing_fault_changes_nothing(fault: Reply, at: int) -> None:
    register = Register([trial(n) for n in range(3)])
    count = [0]

    def app(asked: Asked) -> Reply:
        count[0] += 1
        return fault if count[0] == at else register(asked)

    with serve(app) as base:
        assert len(ids(ask(base))) == 3


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"pagination": {}}', b'{"pagination": {}, "data": [{}]}'])
def test_another_shape_stops_the_run(body: bytes) -> None:
    with serve(lambda asked: Reply(body=body)) as base, pytest.raises(SourceChanged):
        ask(base)


def test_harvest_resumes_after_403_and_completes(db: sqlite3.Connection) -> None:
    register = Register([trial(n) for n in range(12)])
    count = [0]

    def app(asked: Asked) -> Reply:
        count[0] += asked.path == "/search"
        return Reply(403, b"too fast") if count[0] >= 3 else register(asked)

    with serve(app) as base, client() as http:
        done = harvesting.harvest(db, "ctis", "cells", base=base, http=http)
        assert (done.state, done.held) == ("incomplete", 10)
    with serve(register) as base:
        done = harvesting.harvest(db, "ctis", "cells", base=base)
        assert [s["pagination"]["page"] for s in searches(base)] == [3]
    assert (done.state, done.held, done.announced) == ("complete", 12, 12)


def test_a_record_as_a_document() -> None:
    (document,) = ctis.parse(json.dumps(trial(3)).encode())
    t = document.trial
    assert t is not None
    assert (document.id, document.kind, document.source) == (number(3), "trial", "ctis")
    assert document.url == f"https://euclinicaltrials.eu/ctis-public/view/{number(3)}"
    assert (t.status, t.phases, t.enrollment, t.sponsor) == ("RECRUITING", ("PHASE2",), 16, "Invented Cells SE")
    assert (t.start_date, t.completion_date, t.update_date) == ("2025-01-29", "2027-12-09", "2026-03-01")
    assert t.countries == ("Spain", "Italy", "Japan")
    assert t.secondary_ids == ("NCT00000005", "jRCT0000000001", "2019-001588-63")
    assert [(e.role, e.measure) for e in t.endpoints] == [
        ("PRIMARY", "DLT within 28 days"), ("SECONDARY", "ORR"), ("SECONDARY", "PFS"),
    ]  # fmt: skip
    assert (t.interventions[0].name, t.interventions[0].type, t.interventions[0].other_names) == (
        "INV-3 cells", "Test", ("inventicel",),
    )  # fmt: skip
    assert (t.sex, t.extra["age_groups"], t.extra["status_label"]) == (
        "ALL", ["18-64 years", "65 years and over"], "Ongoing, recruiting",
    )  # fmt: skip
    sections = {s.name: s.text for s in document.sections}
    assert sections["summary"] == "To see whether x > y @ day 28"
    assert sections["eligibility"] == (
        "Inclusion Criteria:\n1. Age 18-70\n2. ECOG 0-1\n\nExclusion Criteria:\n1. Brain metastases"
    )
    assert sections["secondary_outcomes"] == "ORR\n\nPFS"


def test_nobody_is_named() -> None:
    (document,) = ctis.parse(json.dumps(trial(3)).encode())
    for words in (b"someone@", b"Obody", b"telephone", b"personInfo"):
        assert words not in document.raw


@pytest.mark.parametrize(
    ("code", "label"),
    [(1, "UNDER_EVALUATION"), (5, "ACTIVE_NOT_RECRUITING"), (8, "ENDED"), (12, "CANCELLED"), (99, None)],
)
def test_status_is_the_public_code(code: int, label: str | None) -> None:
    """Never the application's `ctStatus`, which is a text in a retrieved record."""
    (document,) = ctis.parse(json.dumps(trial(3, status=code)).encode())
    assert document.trial is not None
    assert document.trial.status == label


def test_what_is_no_record() -> None:
    for data in (b"{}", b"[1]", b"x", b'{"ctNumber": "2019-001588-63"}', b'{"data": 5}', b"[" * 100_000):
        with pytest.raises(BadInput):
            list(ctis.parse(data))


def test_lone_surrogates_and_nul() -> None:
    (document,) = ctis.parse(json.dumps(trial(3, title="cells \ud800 and \x00")).encode())
    assert document.title is not None
    assert "\ud800" not in document.title


def test_files_of_the_register_are_recognised() -> None:
    line = json.dumps(row(trial(3))).encode()
    assert ctis.recognise(line, "x.jsonl")
    assert ctis.recognise(b'{"pagination": {}, "data": [' + line, "x")
    assert not ctis.recognise(b'{"studies": []}', "x")


def test_each_fault_once(db: sqlite3.Connection) -> None:
    with serve(faults(Register([trial(1)]), [Reply(429), Reply(503)])) as base, client() as http:
        done = harvesting.harvest(db, "ctis", "cells", base=base, http=http)
    assert (done.state, done.held) == ("complete", 1)


@pytest.mark.real
def test_real_records() -> None:
    path = SHARED / "data" / "registries" / "ctis_retrieve.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    found = [d for line in path.read_bytes().splitlines() for d in ctis.parse(line)]
    assert [(d.id, d.trial and (d.trial.phases, d.trial.enrollment, d.trial.status)) for d in found] == [
        ("2024-510663-34-00", (("PHASE2",), 11, "RECRUITING")),
        ("2023-505613-24-00", (("PHASE2",), 32, "RECRUITING")),
    ]
    assert found[0].trial is not None
    assert found[0].trial.secondary_ids == ("NCT04494412", "2019-001588-63")
