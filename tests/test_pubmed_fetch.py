"""Asking PubMed over real HTTP on loopback: every case that its contract names, and every fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from standin import App, Asked, Base, Reply, cut_chunked, faults, serve, truncated
from standin_pubmed import PubMed

from trialkb.errors import BadInput, Refused, SourceChanged, Unreachable
from trialkb.harvest import _eutils, _pubmed_fetch, pubmed
from trialkb.harvest._http import Http
from trialkb.records import Page

KEY = "0123456789abcdef0123456789abcdef0123"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NCBI_API_KEY", "TRIALKB_EMAIL", "TRIALKB_PUBMED_BASE"):
        monkeypatch.delenv(name, raising=False)


def quick() -> Http:
    return Http(gap=0, sleep=lambda s: None)


def ask(base: Base, query: str = "cells", **more: Any) -> list[Page]:
    with quick() as http:
        return list(pubmed.fetch(query, base=base, http=http, **more))


def pmids(pages: list[Page]) -> list[int]:
    return [int(d.id[5:]) for page in pages for payload in page.payloads for d in pubmed.parse(payload)]


def forms(base: Base) -> Iterator[tuple[str, dict[str, str]]]:
    for asked in base.asked:
        yield asked.path.rpartition("/")[2], {k: v[-1] for k, v in parse_qs(asked.body.decode()).items()}


def some(count: int, day: str = "2024/05/06", first: int = 30_000_001) -> dict[int, str]:
    return dict.fromkeys(range(first, first + count), day)


def test_search_then_batches_from_the_history() -> None:
    with serve(PubMed(some(450))) as base:
        pages = ask(base)
        said = list(forms(base))
    assert sorted(pmids(pages)) == sorted(some(450))
    assert [p.announced for p in pages] == [450, None, None]
    assert [bool(p.token) for p in pages] == [True, True, False]
    assert {p.platform for p in pages} == {"PubMed Build-1, updated 2026/11/20"}
    assert pages[0].query == "db=pubmed&term=cells&retmode=json&retmax=9999&usehistory=y"
    assert pages[0].note == "read as cells"
    assert all(a.method == "POST" and not a.query for a in base.asked)
    fetched = [f for service, f in said if service == "efetch.fcgi"]
    assert [(f["WebEnv"], f["query_key"], f["retstart"]) for f in fetched] == [
        ("MCID_0+/=", "1", "0"), ("MCID_0+/=", "1", "200"), ("MCID_0+/=", "1", "400"),
    ]  # fmt: skip
    assert all(f["tool"] == "trialkb" and "api_key" not in f and "email" not in f for _, f in said)


def test_base_and_sender_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(PubMed(some(1))) as base:
        monkeypatch.setenv("TRIALKB_PUBMED_BASE", f"{base}/")
        monkeypatch.setenv("TRIALKB_EMAIL", "me@example.org")
        monkeypatch.setenv("NCBI_API_KEY", KEY)
        with quick() as http:
            pages = list(pubmed.fetch("cells", http=http))
        assert pmids(pages) == [30_000_001]
        assert all(f["email"] == "me@example.org" and f["api_key"] == KEY for _, f in forms(base))
        assert KEY not in "".join(a.target + json.dumps(a.headers) for a in base.asked)
    assert KEY not in repr(pages)


def test_more_than_9999_are_cut_by_entry_date() -> None:
    held = some(6_000, "2019/01/01") | some(6_000, "2021/07/08", 31_000_000) | some(3, "2024/02/29", 32_000_000)
    with serve(PubMed(held)) as base:
        pages = ask(base)
        said = list(forms(base))
    found = pmids(pages)
    assert len(found) == len(set(found)) == 12_003
    assert pages[0].announced == 12_003
    assert [p.token is None for p in pages] == [False] * (len(pages) - 1) + [True]
    assert all(f["datetype"] == "edat" for s, f in said[2:] if s == "esearch.fcgi"), said
    assert not any("slices hold" in (p.note or "") for p in pages)


@pytest.fixture
def _most_99(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_eutils, _pubmed_fetch):
        monkeypatch.setattr(module, "MOST", 99)
    monkeypatch.setattr(_pubmed_fetch, "SIZE", 20)


@pytest.mark.usefixtures("_most_99")
def test_a_day_too_large_is_cut_by_pmid() -> None:
    with serve(PubMed(some(1_050), most=99)) as base:
        found = pmids(ask(base))
        assert any("[uid]" in f.get("term", "") for _, f in forms(base))
    assert len(found) == len(set(found)) == 1_050


@pytest.mark.usefixtures("_most_99")
def test_records_without_a_date_are_missed_and_said_so() -> None:
    held = some(100) | some(50, "2023/01/01", 40_000_000) | some(7, "0/0/0", 50_000_000)
    with serve(PubMed(held, most=99)) as base:
        pages = ask(base)
    assert len(pmids(pages)) == 150
    assert "the slices hold 150 records, the whole query 157" in "".join(p.note or "" for p in pages)


@pytest.mark.usefixtures("_most_99")
@pytest.mark.parametrize("held", [some(90), some(60, "2019/01/01") | some(160, "2021/07/08", 31_000_000)])
@pytest.mark.parametrize("stop", [1, 4, 11])
def test_resumes_where_it_was_stopped(held: dict[int, str], stop: int) -> None:
    with serve(PubMed(held, most=99)) as base, quick() as http:
        pages = pubmed.fetch("cells", base=base, http=http)
        begun = [p for _, p in zip(range(stop), pages, strict=False)]
        rest = ask(base, token=begun[-1].token) if begun[-1].token else []
    found = pmids(begun + rest)
    assert len(found) == len(set(found)) == len(held)
    assert not rest or rest[0].announced == len(held)


def test_a_list_that_changed_since_begins_anew() -> None:
    app = PubMed(some(500))
    with serve(app) as base:
        first = ask(base, limit=200)
        assert len(pmids(first)) == 200
        app.held |= {39_000_000: "2024/05/07"}
        rest = ask(base, token=first[0].token or "2024-01-01/2024-12-31#1-99999999@200.000000000000")
    assert sorted(pmids(rest)) == sorted(app.held)
    assert "began anew" in (rest[0].note or "")


@pytest.mark.parametrize("token", ["nonsense", "2024-99-01/2024-01-01#1-2@3.aaaaaaaaaaaa", "", None])
def test_a_token_of_no_meaning_begins_anew(token: str | None) -> None:
    with serve(PubMed(some(3))) as base:
        assert len(pmids(ask(base, token=token))) == 3


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (200, 200), (201, 201), (999, 450)])
def test_limit(limit: int, count: int) -> None:
    with serve(PubMed(some(450))) as base:
        pages = ask(base, limit=limit)
    assert len(pmids(pages)) == count
    assert pages[0].announced == 450


def test_limit_saves_the_slices_of_a_large_query() -> None:
    with serve(PubMed(some(12_000))) as base:
        assert len(pmids(ask(base, limit=250))) == 250
        assert len(base.asked) == 4


def test_since_asks_for_modified_records_with_two_days_overlap() -> None:
    with serve(PubMed(some(2))) as base:
        pages = ask(base, since="2026-11-03")
    assert "%282026" not in pages[0].query
    assert '(cells) AND ("2026/11/01"[mdat] : "3000"[mdat])' in [f.get("term") for _, f in forms(base)]


@pytest.mark.parametrize(("query", "more"), [("", {}), ("   ", {}), ("cells", {"since": "yesterday"})])
def test_what_cannot_be_asked(query: str, more: dict[str, str]) -> None:
    with serve(PubMed({})) as base, pytest.raises(BadInput):
        ask(base, query, **more)


@pytest.mark.parametrize("query", ["30000002 30000003", "PMID: 30000002, PMID:30000003", "30000002|30000003,30000002"])
def test_pmids_are_fetched_as_they_are(query: str) -> None:
    with serve(PubMed(some(5))) as base:
        pages = ask(base, query)
        assert "esearch.fcgi" not in [s for s, _ in forms(base)]
    assert pmids(pages) == [30_000_002, 30_000_003]
    assert [(p.announced, p.query, p.token) for p in pages] == [(2, "id=30000002,30000003", None)]


def test_a_pmid_that_is_not_held_is_named() -> None:
    with serve(PubMed(some(2))) as base:
        pages = ask(base, "30000001 99")
    assert pmids(pages) == [30_000_001]
    assert pages[0].note == "listed but not sent: 99"
    assert pages[0].announced == 2


def test_nothing_found_is_said_with_the_reason() -> None:
    with serve(PubMed(some(5))) as base:
        pages = ask(base, "nothing")
    assert [(p.announced, p.payloads, p.token) for p in pages] == [(0, (), None)]
    assert pages[0].note == "phrasesnotfound: nothing; outputmessages: No items found.; read as nothing"


def test_a_query_that_pubmed_does_not_understand() -> None:
    with (
        serve(PubMed(some(5))) as base,
        pytest.raises(BadInput, match=r"could not search for '\(\(': Search Backend") as e,
    ):
        ask(base, "((")
    assert "\n" not in str(e.value)


def test_expired_history_falls_back_to_ids() -> None:
    app = PubMed(some(450))
    with serve(app) as base, quick() as http:
        pages = pubmed.fetch("cells", base=base, http=http)
        first = next(pages)
        app.expired = True
        rest = list(pages)
    assert sorted(pmids([first, *rest])) == sorted(some(450))
    assert [p.note for p in rest] == ["the search history had expired: asked by ids", None]


def test_history_that_holds_less_than_it_listed() -> None:
    def less(asked: Asked) -> Reply:
        reply = app(asked)
        for found in app.searches.values():
            del found[150:]
        return reply

    app = PubMed(some(300))
    with serve(less) as base:
        pages = ask(base)
    assert sorted(pmids(pages)) == sorted(some(300))


def test_records_missing_from_a_batch_are_asked_for_once_more_and_then_named() -> None:
    app = PubMed(some(10), hidden={30_000_004}, absent_in_history={30_000_004, 30_000_007})
    with serve(app) as base:
        pages = ask(base)
    assert sorted(pmids(pages)) == sorted(set(some(10)) - {30_000_004})
    assert pages[0].note == "read as cells; listed but not sent: 30000004"


def test_records_that_were_not_asked_for_are_named() -> None:
    app = PubMed(some(2))

    def more(asked: Asked) -> Reply:
        return Reply(body=app.set_of([30_000_001, 30_000_002])) if asked.path.endswith("efetch.fcgi") else app(asked)

    with serve(more) as base:
        assert ask(base, "30000001")[0].note == "sent but not listed: 30000002"


LIMITED = json.dumps({"error": "API rate limit exceeded", "api-key": KEY, "count": "4", "limit": "3"}).encode()
WHOLE = PubMed(some(3)).set_of(some(3))
TRANSIENT = {
    "429 with a JSON body": Reply(429, LIMITED),
    "429 as 200": Reply(200, LIMITED),
    "short 429": Reply(200, b'{"error":"API rate limit exceeded","count":"11"}'),
    "429 and when": Reply(429, b"", {"Retry-After": "2"}),
    "429 and garbage": Reply(429, b"", {"Retry-After": "soon"}),
    "500": Reply(500, b"<html>oops</html>"),
    "502": Reply(502),
    "503": Reply(503),
    "HTML as 200": Reply(200, b"<!DOCTYPE html><html><title>Maintenance</title></html>"),
    "empty": Reply(200, b""),
    "garbage": Reply(200, b"\x00\x01"),
    "cut off": truncated(WHOLE, len(WHOLE) - 30),
    "cut off, no length": truncated(WHOLE, len(WHOLE) - 30, length=False),
    "cut off, packed": truncated(WHOLE, 100, packed=True),
    "cut off, chunked": cut_chunked(WHOLE, 100),
    "deep JSON": Reply(200, b"[" * 100_000),
    "JSON list": Reply(200, b"[]"),
    "no esearchresult": Reply(200, b'{"header":{}}'),
}


@pytest.mark.parametrize("service", ["esearch", "efetch"])
@pytest.mark.parametrize("fault", sorted(TRANSIENT))
def test_transient_faults_are_ridden_out(fault: str, service: str) -> None:
    with serve(_at(service, PubMed(some(3)), TRANSIENT[fault])) as base:
        assert sorted(pmids(ask(base))) == sorted(some(3))
        assert [s for s, _ in forms(base)].count(f"{service}.fcgi") == 2


def _at(service: str, app: App, *replies: Reply) -> App:
    """Answer the first requests for one service with these replies."""
    broken = faults(app, replies)
    return lambda asked: (broken if service in asked.path else app)(asked)


@pytest.mark.parametrize("service", ["esearch", "efetch"])
@pytest.mark.parametrize("fault", ["503", "429 as 200", "HTML as 200", "cut off, no length"])
def test_faults_that_stay_end_the_harvest_in_one_line(
    fault: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NCBI_API_KEY", KEY)
    with (
        serve(_at(service, PubMed(some(3)), *[TRANSIENT[fault]] * 5)) as base,
        pytest.raises(Unreachable, match="gave up after 5 tries") as e,
    ):
        ask(base)
    assert "\n" not in str(e.value)
    assert KEY not in str(e.value)


def test_a_list_shorter_than_its_count_is_asked_for_again() -> None:
    short = {"esearchresult": {"count": "3", "idlist": ["30000001"], "webenv": "x", "querykey": "1"}}
    with serve(_at("esearch", PubMed(some(3)), Reply(body=json.dumps(short).encode()))) as base:
        assert len(pmids(ask(base))) == 3
    with (
        serve(_at("esearch", PubMed(some(3)), *[Reply(body=json.dumps(short).encode())] * 5)) as base,
        pytest.raises(Unreachable, match="a list of 1 ids where 3 were due"),
    ):
        ask(base)


def test_a_count_that_is_no_number_stops_the_run() -> None:
    odd = json.dumps({"esearchresult": {"count": "many", "idlist": []}}).encode()
    with serve(lambda asked: Reply(body=odd)) as base, pytest.raises(SourceChanged, match="count of digits"):
        ask(base)


def test_an_error_in_the_xml_of_ids_ends_the_harvest() -> None:
    error = Reply(400, b"<eFetchResult><ERROR>Cannot\nretrieve</ERROR></eFetchResult>")
    with serve(_at("efetch", PubMed(some(3)), error)) as base, pytest.raises(Unreachable, match="Cannot retrieve"):
        ask(base, "30000001")


def test_a_refused_key_stands_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NCBI_API_KEY", KEY)
    with serve(PubMed(some(3), key="another")) as base, pytest.raises(Refused, match="API key invalid") as e:
        ask(base)
    assert KEY not in f"{e.value!s} {e.value.body} {e.value!r}"


def test_a_key_that_an_answer_echoes_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NCBI_API_KEY", KEY)
    echo = WHOLE.replace(b"An invention.", KEY.encode())
    with serve(_at("efetch", PubMed(some(3)), Reply(body=echo))) as base:
        assert KEY.encode() not in b"".join(b for p in ask(base) for b in p.payloads)


def test_an_answer_is_never_followed_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NCBI_API_KEY", KEY)
    with (
        serve(PubMed(some(3))) as other,
        serve(lambda asked: Reply(302, headers={"Location": f"{other}/x"})) as base,
        pytest.raises(Refused, match="redirects"),
    ):
        ask(base)
    assert not other.asked


def test_unknown_build_is_no_obstacle() -> None:
    with serve(_at("einfo", PubMed(some(3)), Reply(404))) as base:
        assert {p.platform for p in ask(base)} == {None}


def test_stand_in_is_as_odd_as_the_contract_says() -> None:
    app = PubMed(some(3))
    odd = app.search({"term": "x", "retstart": "9999", "retmode": "json"}).body.decode()
    with pytest.raises(ValueError, match="control character"):
        json.loads(odd)
    assert "larger than 9998" in json.loads(odd, strict=False)["esearchresult"]["ERROR"]
    assert app.search({"term": "x"}).body.startswith(b"<eSearchResult>")
    assert app(Asked("GET", "/esearch.fcgi", {}, {}, b"", 1, "/" + "x" * 2001)).status == 414
    assert app.fetch({"id": "7"}).body.endswith(b"<PubmedArticleSet></PubmedArticleSet>\n")


@pytest.mark.parametrize("part", [_eutils.Slice(), _eutils.Slice(_eutils.LAST, _eutils.LAST)])
def test_halves_lose_nothing(part: _eutils.Slice) -> None:
    first, second = part.halves()
    assert (first.since, second.until, first.low, second.high) == (part.since, part.until, part.low, part.high)
    assert (second.since - first.until).days == 1 or (second.low - first.high == 1 and first.since == second.since)
    assert _pubmed_fetch.SIZE < _eutils.MOST
