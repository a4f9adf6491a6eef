"""ISRCTN over real HTTP against its stand-in, and what its records become."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standin import Asked, Base, Reply, serve, truncated
from standin_isrctn import MANY, Registry, Trial

from trialkb import harvesting, kb
from trialkb.errors import BadInput, SourceChanged
from trialkb.harvest import _isrctn_fetch, isrctn
from trialkb.harvest._http import Http
from trialkb.records import Document, Page


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with kb.writing(tmp_path / "kb.sqlite") as db:
        yield db


def client(**settings: Any) -> Http:
    return Http(**{"sleep": lambda seconds: None, "timeout": 5.0, "tries": 3, **settings})


def ask(base: Base, query: str = "cells", **more: Any) -> list[Page]:
    with client() as http:
        return list(isrctn.fetch(query, base=base, http=http, **more))


def ids(pages: list[Page]) -> list[str]:
    return [d.id for p in pages for payload in p.payloads for d in isrctn.parse(payload)]


def one(trial: Trial) -> Document:
    (document,) = isrctn.parse(trial.xml().encode())
    return document


def test_count_first_then_everything_at_once() -> None:
    trials = [Trial(n) for n in range(1, 6)]
    with serve(Registry(trials)) as base:
        (page,) = ask(base)
        assert [a.query["limit"] for a in base.asked] == ["0", "5"]
    assert ids([page]) == [t.id for t in trials]
    assert (page.announced, page.token, page.query) == (5, None, "cells")


def test_nothing_found() -> None:
    with serve(Registry([Trial(1)])) as base:
        (page,) = ask(base, "unheard-of")
        assert len(base.asked) == 1
    assert (page.announced, page.payloads) == (0, ())


def test_too_many_are_sliced_by_the_day_of_last_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_isrctn_fetch, "SLICE", 4)
    trials = [Trial(n, edited=f"20{10 + n % 15:02d}-0{1 + n % 9}-11") for n in range(1, 24)]
    with serve(Registry(trials)) as base:
        pages = ask(base)
        assert max(int(a.query["limit"]) for a in base.asked) <= 4
        again = ask(base, token=pages[1].token)
    assert sorted(ids(pages)) == [t.id for t in trials]
    assert len(ids(pages)) == 23
    assert {p.announced for p in pages} == {23}
    assert ids(again) == ids(pages[2:])


def test_more_in_a_day_than_a_slice_still_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_isrctn_fetch, "SLICE", 4)
    with serve(Registry([Trial(n) for n in range(1, 11)])) as base:
        assert len(ids(ask(base))) == 10


def test_since_and_limit() -> None:
    trials = [Trial(1, edited="2025-01-01"), Trial(2, edited="2026-02-27"), Trial(3), Trial(4)]
    with serve(Registry(trials)) as base:
        (page,) = ask(base, since="2026-03-01")
        assert ids([page]) == [t.id for t in trials[1:]]
        assert page.query == "(cells) AND lastEdited GE 2026-02-27T00:00:00"
        assert len(ids(ask(base, limit=2))) == 2
        with pytest.raises(BadInput):
            ask(base, since="soon")
    with pytest.raises(BadInput):
        list(isrctn.fetch(" "))


def test_fewer_than_announced_is_incomplete(db: sqlite3.Connection) -> None:
    with serve(Registry([Trial(n) for n in range(1, 6)], withheld=2)) as base:
        done = harvesting.harvest(db, "isrctn", "cells", base=base)
    assert (done.state, done.announced, done.held) == ("incomplete", 5, 3)
    assert "asked for 5 records, 3 came" in db.execute("SELECT note FROM page").fetchone()[0]


def test_paging_is_ignored_and_the_trial_path_fails_there() -> None:
    """What the registry does with what the client never sends."""
    with serve(Registry([Trial(n) for n in range(1, 6)])) as base, client(tries=1) as http:
        a = http.get(f"{base}/query/format/default", {"q": "cells", "limit": "2", "offset": "2"}).body
        b = http.get(f"{base}/query/format/default", {"q": "cells", "limit": "2"}).body
        assert a == b
        assert http.get(f"{base}/trial/ISRCTN1/format/default", accept=(500,)).status == 500
        ask(base)
        assert all(set(a.query) == {"q", "limit"} for a in base.asked[3:])


@pytest.mark.parametrize(
    "fault",
    [
        Reply(503),
        Reply(429, headers={"Retry-After": "nonsense"}),
        Reply(500, b"<!DOCTYPE html>"),
        Reply(body=b"<!DOCTYPE html><html>sorry</html>"),
        truncated(b"<allTrials totalCount='1'>" * 40, 200),
        truncated(b"<allTrials totalCount='1'><fullTrial>", 30, length=False),
    ],
    ids=["503", "429", "500 HTML", "200 HTML", "cut", "cut without length"],
)
@pytest.mark.parametrize("at", [1, 2])
def test_one_passing_fault_changes_nothing(fault: Reply, at: int) -> None:
    registry, count = Registry([Trial(1), Trial(2)]), [0]

    def app(asked: Asked) -> Reply:
        count[0] += 1
        return fault if count[0] == at else registry(asked)

    with serve(app) as base:
        assert len(ids(ask(base))) == 2


def test_another_shape_stops_the_run() -> None:
    for body in (b"<trials/>", b'<ns:allTrials xmlns:ns="x" totalCount="2"><ns:fullTrial/></ns:allTrials>'):
        with serve(lambda asked, b=body: Reply(body=b)) as base, pytest.raises(SourceChanged):  # type: ignore[misc]
            ask(base)


ENTITIES = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("head", [ENTITIES, EXTERNAL], ids=["bomb", "external"])
def test_entities_are_refused(db: sqlite3.Connection, head: str) -> None:
    body = f'{head}<allTrials totalCount="1">{Trial(1, title="&x; &b;").xml()}</allTrials>'.encode()
    with serve(lambda asked: Reply(body=body)) as base:
        done = harvesting.harvest(db, "isrctn", "cells", base=base)
    assert (done.state, done.held) == ("incomplete", 0)
    assert "entities" in db.execute("SELECT note FROM page").fetchone()[0]
    assert db.execute("SELECT count(*) FROM document").fetchone()[0] == 0


@pytest.mark.parametrize(
    "title", ["&undeclared;", "a \x00 b", "&#0;", "<b>" * 300_000 + "</b>" * 300_000, "&#xD800;"],
    ids=["entity", "NUL", "NUL by number", "deep", "surrogate by number"],
)  # fmt: skip
def test_one_hostile_record_leaves_the_others(db: sqlite3.Connection, title: str) -> None:
    with serve(Registry([Trial(1), Trial(2, title=title), Trial(3)])) as base:
        done = harvesting.harvest(db, "isrctn", "cells", base=base)
    assert (done.state, done.announced, done.held, done.counts.by_state["skipped"]) == ("incomplete", 3, 2, 1)
    assert [r[0] for r in db.execute("SELECT id FROM document")] == [Trial(1).id, Trial(3).id]


def test_a_record_as_a_document() -> None:
    document = one(Trial(5))
    t = document.trial
    assert t is not None
    assert (document.id, document.url, document.version_date) == (
        "ISRCTN00000005", "https://www.isrctn.com/ISRCTN00000005", "2026-03-01",
    )  # fmt: skip
    assert (t.status, t.phases, t.allocation, t.purpose) == (
        "RECRUITING", ("PHASE1", "PHASE2"), "NON_RANDOMIZED", "TREATMENT",
    )  # fmt: skip
    assert (t.enrollment, t.enrollment_type, t.sponsor) == (24, "ESTIMATED", "Invented Cells SE")
    assert t.secondary_ids == ("NCT00000005", "INV-1", "2024-500005-11-00")
    assert (t.start_date, t.completion_date, t.first_post_date) == ("2001-01-01", "2099-01-01", "2025-01-02")
    assert (t.conditions, t.countries, t.minimum_age) == (
        ("Gastric cancer",),
        ("England", "United Kingdom"),
        "18 Years",
    )
    assert [(e.role, e.measure) for e in t.endpoints] == [
        ("PRIMARY", "ORR by RECIST"), ("PRIMARY", "Toxicity within 28 days"),
    ]  # fmt: skip
    texts = {s.name: s.text for s in document.sections}
    assert "secondary_outcomes" not in texts
    assert "acronym" not in texts
    assert texts["eligibility"].startswith("Inclusion Criteria:\n1. Age 18 or over\n2. ECOG 0-1\n\nExclusion")


def test_the_other_form_of_outcomes() -> None:
    t = one(Trial(5, outcome=MANY)).trial
    assert t is not None
    assert [(e.measure, e.description, e.time_frame) for e in t.endpoints] == [("ORR", "RECIST 1.1", "12 weeks")]


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ({"start": "2098-01-01T00:00:00.000Z"}, "NOT_YET_RECRUITING"),
        ({"end": "2002-01-01T00:00:00.000Z"}, "ACTIVE_NOT_RECRUITING"),
        ({"override": "<overallStatusOverride>Stopped</overallStatusOverride>"}, "TERMINATED"),
        ({"override": "<overallStatusOverride>Suspended</overallStatusOverride>"}, "SUSPENDED"),
        ({"start": ""}, None),
    ],
)
def test_status(parts: dict[str, str], status: str | None) -> None:
    t = one(Trial(5, parts=parts)).trial
    assert t is not None
    assert t.status == status
    assert t.extra["status_from"]


def test_a_device_has_no_phase() -> None:
    device = "<intervention><interventionType>Device</interventionType><phase>Phase III</phase></intervention>"
    t = one(Trial(5, parts={"interventions": device})).trial
    assert t is not None
    assert (t.phases, t.extra["phase_label"]) == ((), "Phase III")


def test_nobody_is_named() -> None:
    raw = one(Trial(5)).raw
    for words in (b"Obody", b"nobody@", b"telephone", b"main contact"):
        assert words not in raw


def test_recognised() -> None:
    assert isrctn.recognise(
        b'<?xml version="1.0"?><allTrials xmlns="http://www.67bricks.com/isrctn" totalCount="1">', "x"
    )
    assert not isrctn.recognise(b"<PubmedArticleSet>", "x")


def test_what_is_no_record() -> None:
    for record in (b"<fullTrial/>", b"<fullTrial><trial><isrctn>5</isrctn></trial></fullTrial>", b"<fullTrial><trial>"):
        with pytest.raises(BadInput):
            list(isrctn.parse(record))
