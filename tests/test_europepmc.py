"""Europe PMC: records in their true shapes, and its search over real HTTP on loopback with every oddity and fault."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from standin import App, Base, Reply, cut_chunked, faults, serve, truncated
from standin_epmc import EuropePMC, record

from trialkb.errors import BadInput, Unreachable
from trialkb.harvest import _html, europepmc, pubmed
from trialkb.harvest._http import Http
from trialkb.records import Page

DATA = Path(__file__).parent / "data" / "europepmc"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRIALKB_EMAIL", "TRIALKB_EUROPEPMC_BASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("file", sorted(EXPECTED))
def test_records_in_the_true_shapes(file: str) -> None:
    documents = list(europepmc.parse((DATA / file).read_bytes(), name=file))
    assert [d.id for d in documents] == [e["id"] for e in EXPECTED[file]]
    for document, expected in zip(documents, EXPECTED[file], strict=True):
        held = json.loads(json.dumps(dataclasses.asdict(document), default=bytes.decode))
        want = expected.get("article", {})
        assert {k: held["article"].get(k) for k in want} == want
        if "sections" in expected:
            assert {s["name"]: s["text"] for s in held["sections"]} == expected["sections"]
        plain = set(expected) - {"article", "sections"}
        assert {k: held[k] for k in plain} == {k: expected[k] for k in plain}


def test_raw_holds_no_contacts_and_reads_the_same_again() -> None:
    for document in europepmc.parse((DATA / "page.json").read_bytes()):
        assert b"@" not in document.raw
        assert next(europepmc.parse(document.raw)) == document


def test_a_record_that_pubmed_holds_too_bears_its_id_and_steps_back() -> None:
    theirs = next(pubmed.parse((DATA.parent / "pubmed" / "labelled.xml").read_bytes()))
    ours = next(europepmc.parse((DATA / "page.json").read_bytes()))
    assert ours.id == theirs.id
    assert ours.version_date is None
    assert theirs.version_date == "2025-01-09"


HTML = [
    ("plain words", [(None, "plain words")]),
    ("<h4>Aim</h4>a<h4>Methods: </h4>b", [("Aim", "a"), ("Methods", "b")]),
    ("<H4 class='x'>Aim</H4>\n a\n b", [("Aim", "a b")]),
    ("<h4>Aim</h4><h4>Methods</h4>b", [("Methods", "b")]),
    ("before<h4>Aim</h4>a", [(None, "before"), ("Aim", "a")]),
    ("p<0.05 and 3>2, n<a", [(None, "p<0.05 and 3>2, n<a")]),
    ("p&lt;0.05&nbsp;&alpha; &amp;lt;", [(None, "p<0.05 α &lt;")]),
    ("1x10<sup>6</sup> CD3<sup>-</sup> 1<sup>st</sup>", [(None, "1x10⁶ CD3⁻ 1st")]),
    ("<p>one</p><p>two</p>", [(None, "one two")]),
    ("<h4>unfinished", [(None, "unfinished")]),
    ("</h4>odd", [(None, "odd")]),
    ("", []),
    ("<p></p>", []),
]


@pytest.mark.parametrize(("html", "expected"), HTML)
def test_html_abstracts(html: str, expected: list[tuple[str | None, str]]) -> None:
    assert list(_html.parts(html)) == expected


REFUSED = [
    (b"", "expected JSON"),
    (b"<responseWrapper/>", "expected JSON"),
    (b"[]", "found other JSON"),
    (b'{"studies": []}', "found other JSON"),
    (b'{"errCode":404,"errMsg":"Invalid\\npage size"}', "Invalid page size"),
    (b'{"resultList":{"result":[{"title":"x"}]}}', "without id"),
    (b'{"resultList":{"result":["x"]}}', "expected an object, found str"),
    (b"[" * 100_000, "RecursionError"),
]


@pytest.mark.parametrize(("data", "words"), REFUSED)
def test_what_is_not_theirs(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=re.escape(words)) as e:
        list(europepmc.parse(data, name="x.json"))
    assert "\n" not in str(e.value)


def test_odd_types_do_no_harm() -> None:
    odd = {"id": 7, "source": "PPR", "title": None, "authorList": "x", "journalInfo": [], "pubTypeList": {"pubType": [{}]},
           "abstractText": 5, "pubYear": "soon", "keywordList": {"keyword": [None, "\ud800 lone\0"]},
           "firstPublicationDate": "June", "commentCorrectionList": {"commentCorrection": ["x", {}]}}  # fmt: skip
    document = next(europepmc.parse(json.dumps(odd).encode()))
    assert document.id == "EPMC:7"
    assert document.article
    assert (document.article.year, document.article.date, document.article.preprint) == (None, "soon", True)


@pytest.mark.parametrize(
    ("head", "known"),
    [((DATA / "page.json").read_bytes()[:500], True), (b'{"studies":[]}', False), (b"resultList", False)],
)
def test_recognise(head: bytes, known: bool) -> None:
    assert bool(europepmc.recognise(head, "x")) is known


def ask(base: Base, query: str = "cells", **more: Any) -> list[Page]:
    with Http(gap=0, sleep=lambda s: None) as http:
        return list(europepmc.fetch(query, base=base, http=http, **more))


def ids(pages: list[Page]) -> list[str]:
    return [d.id for page in pages for payload in page.payloads for d in europepmc.parse(payload)]


def some(count: int) -> list[str]:
    return [f"PMID:{99_000_000 + n}" for n in range(count)]


@pytest.mark.parametrize("end", ["equal", "absent", "empty"])
@pytest.mark.parametrize("count", [1, 199, 200, 201, 450])
def test_pages_to_the_end_however_it_shows(count: int, end: str) -> None:
    with serve(EuropePMC(count, end)) as base:
        pages = ask(base)
    assert ids(pages) == some(count)
    assert pages[0].announced == count
    assert [p.token is None for p in pages] == [False] * (len(pages) - 1) + [True]
    assert pages[0].query == "query=cells&format=json&resultType=core&synonym=false"
    assert pages[0].platform == "Europe PMC 6.9"
    sent = [a.query for a in base.asked]
    assert all(s["format"] == "json" and s["resultType"] == "core" for s in sent)
    assert [s["cursorMark"] for s in sent[:2]] == ["*", "AoI200+/="][: len(sent)]


def test_resumes_at_its_cursor() -> None:
    app = EuropePMC(450)
    with serve(app) as base:
        token = ask(base, limit=200)[0].token
        assert token is None
        rest = ask(base, token="AoI200+/=")
    assert ids(rest) == some(450)[200:]
    assert rest[0].restart is False


def test_a_lost_cursor_begins_anew() -> None:
    with serve(EuropePMC(250)) as base:
        pages = ask(base, token="AoIlost==")
    assert ids(pages) == some(250)
    assert [p.restart for p in pages] == [True, False]
    assert pages[0].note == "the cursor was no longer known; the query began anew"
    assert pages[0].announced == 250


def test_nothing_but_a_version_for_the_first_page() -> None:
    with serve(lambda asked: Reply(body=b'{"version":"6.9"}')) as base, pytest.raises(BadInput, match="neither hits"):
        ask(base)


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (200, 200), (250, 250), (999, 450)])
def test_limit(limit: int, count: int) -> None:
    with serve(EuropePMC(450)) as base:
        pages = ask(base, limit=limit)
    assert ids(pages) == some(count)
    assert pages[0].announced == 450


def test_since_asks_for_updated_records_with_two_days_overlap() -> None:
    with serve(EuropePMC(3)) as base:
        ask(base, since="2026-11-03")
        assert base.asked[0].query["query"] == "(cells) AND UPDATE_DATE:[2026-11-01 TO 3000-12-31]"


def test_long_queries_go_by_post(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALKB_EMAIL", "me@example.org")
    query = " OR ".join(f"EXT_ID:{n}" for n in range(200))
    with serve(EuropePMC(3)) as base:
        pages = ask(base, query)
        assert [(a.method, a.path, a.query) for a in base.asked] == [("POST", "/searchPOST", {})]
        assert b"email=me%40example.org" in base.asked[0].body
    assert ids(pages) == some(3)
    assert "email" not in pages[0].query


def test_nothing_found() -> None:
    with serve(EuropePMC(3)) as base:
        pages = ask(base, "nothing")
    assert [(p.announced, p.payloads, p.token) for p in pages] == [(0, (), None)]


@pytest.mark.parametrize(("query", "more"), [("", {}), ("cells", {"since": "yesterday"}), ("((", {})])
def test_what_cannot_be_asked(query: str, more: dict[str, str]) -> None:
    with serve(EuropePMC(3)) as base, pytest.raises(BadInput) as e:
        ask(base, query, **more)
    assert "\n" not in str(e.value)


WHOLE = json.dumps({"version": "6.9", "hitCount": 1, "resultList": {"result": [record(99_000_000)]}}).encode()
TRANSIENT = {
    "429 and when": Reply(429, b"", {"Retry-After": "2"}),
    "429 and a date": Reply(429, b"", {"Retry-After": "Sat, 21 Nov 2026 00:00:00 GMT"}),
    "429 and garbage": Reply(429, b"", {"Retry-After": "x"}),
    "429 and huge": Reply(429, b"", {"Retry-After": "999999999"}),
    "500": Reply(500),
    "502": Reply(502),
    "503": Reply(503),
    "HTML as 200": Reply(200, b"<html><body>wait</body></html>"),
    "empty": Reply(200, b""),
    "XML": Reply(200, b"<?xml version='1.0'?><responseWrapper/>"),
    "list": Reply(200, b"[]"),
    "no results": Reply(200, b'{"version":"6.9","hitCount":3}'),
    "no count": Reply(200, b'{"version":"6.9","resultList":{"result":[]}}'),
    "count a word": Reply(200, b'{"version":"6.9","hitCount":"3","resultList":{"result":[]}}'),
    "cut off": truncated(WHOLE, 60),
    "cut off, no length": truncated(WHOLE, 60, length=False),
    "cut off, packed": truncated(WHOLE, 60, packed=True),
    "cut off, chunked": cut_chunked(WHOLE, 60),
    "deep": Reply(200, b'{"a":' * 100_000),
}


def _first(app: App, *replies: Reply) -> App:
    return faults(app, replies)


@pytest.mark.parametrize("fault", sorted(TRANSIENT))
def test_transient_faults_are_ridden_out(fault: str) -> None:
    with serve(_first(EuropePMC(3), TRANSIENT[fault])) as base:
        assert ids(ask(base)) == some(3)
        assert len(base.asked) == 2


@pytest.mark.parametrize("fault", ["503", "HTML as 200", "no results", "cut off"])
def test_faults_that_stay_end_the_harvest_in_one_line(fault: str) -> None:
    with serve(_first(EuropePMC(3), *[TRANSIENT[fault]] * 5)) as base, pytest.raises(Unreachable, match="5 tries") as e:
        ask(base)
    assert "\n" not in str(e.value)


def test_stand_in_is_as_odd_as_the_contract_says() -> None:
    with serve(EuropePMC(1)) as base, Http(gap=0) as http:
        assert http.get(f"{base}/search", {"query": "x"}).body.startswith(b"<?xml")
        odd = json.loads(http.get(f"{base}/search", {"query": "x", "format": "json", "pageSize": "1001"}).body)
        assert odd["errCode"] == 404
        one = http.get(f"{base}/search", {"query": "x", "format": "json", "resultType": "core"}).body
        assert isinstance(json.loads(one)["resultList"]["result"], dict)
        nine = ",".join(f"MED:{n}" for n in range(9))
        many = http.get(f"{base}/annotations_api/annotationsByArticleIds", {"articleIds": nine}, accept=(400,))
        assert b"between 1 and 8" in many.body
