"""ClinicalTrials.gov over real HTTP against its stand-in: what is asked, what comes, what each fault does."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from standin import Asked, Base, Reply, drip, faults, serve, truncated
from standin_ctgov import Registry, identity, study

from trialkb.errors import BadInput, Refused, SourceChanged, Unreachable
from trialkb.harvest._ctgov_fetch import SIZE, expression, requests_of
from trialkb.harvest._http import Http
from trialkb.harvest.ctgov import fetch
from trialkb.records import Page

SHARED = Path(os.environ.get("TRIALKB_SHARED", Path(__file__).parents[1] / ".." / "shared"))


def client(**settings: Any) -> Http:
    return Http(**{"sleep": lambda seconds: None, "timeout": 5.0, **settings})


def ids(pages: list[Page]) -> list[str]:
    found = []
    for page in pages:
        for payload in page.payloads:
            held = json.loads(payload)
            found += [identity(s)["nctId"] for s in held.get("studies", [held])]
    return found


def ask(base: Base, query: str = "tumour", **more: Any) -> list[Page]:
    with client() as http:
        return list(fetch(query, base=base, http=http, **more))


def listed(base: Base) -> list[Asked]:
    return [a for a in base.asked if a.path == "/studies"]


def test_all_pages_with_the_total_and_the_version() -> None:
    with serve(Registry([study(n) for n in range(1, 2 * SIZE + 31)])) as base:
        pages = ask(base)
    assert ids(pages) == [f"NCT{n:08d}" for n in range(1, 2 * SIZE + 31)]
    assert [p.announced for p in pages] == [2 * SIZE + 30, None, None]
    assert [p.token is None for p in pages] == [False, False, True]
    assert {p.platform for p in pages} == {"API 2.0.5, data of 2026-03-25T09:00:05 UTC"}
    assert [p.note for p in pages] == [None] * 3
    first, second, third = (a.query for a in listed(base))
    varying = {"countTotal", "pageToken", "pageSize"}
    assert {k: v for k, v in first.items() if k not in varying} == {k: v for k, v in third.items() if k not in varying}
    assert first["countTotal"] == "true"
    assert "countTotal" not in second


def test_the_words_as_sent_are_in_the_page() -> None:
    with serve(Registry([study(1)])) as base:
        (page,) = ask(base, 'cond="Gastric Cancer" phase=PHASE1,PHASE2', since="2026-03-01")
    assert page.query == (
        "query.cond=%22Gastric%20Cancer%22"
        "&filter.advanced=AREA%5BPhase%5D%28PHASE1%20OR%20PHASE2%29%20AND%20"
        "AREA%5BLastUpdatePostDate%5DRANGE%5B2026-02-27%2CMAX%5D&sort=LastUpdatePostDate%3Adesc"
    )
    assert ids([page]) == ["NCT00000001"]


def test_an_empty_last_page() -> None:
    with serve(Registry([study(n) for n in range(1, 4)], empty_last=True)) as base:
        pages = ask(base)
    assert [len(json.loads(p.payloads[0])["studies"]) for p in pages] == [3, 0]
    assert pages[-1].token is None


def test_nothing_found() -> None:
    with serve(Registry([study(1)])) as base:
        (page,) = ask(base, "unheard-of")
    assert page.announced == 0
    assert ids([page]) == []


def test_limit() -> None:
    with serve(Registry([study(n) for n in range(1, 2 * SIZE)])) as base:
        assert len(ids(ask(base, limit=SIZE + 7))) == SIZE + 7
        assert [a.query["pageSize"] for a in listed(base)] == [str(SIZE), "7"]


def test_goes_on_from_a_token() -> None:
    with serve(Registry([study(n) for n in range(1, 2 * SIZE + 1)])) as base:
        first = ask(base)[0]
        (rest,) = ask(base, token=first.token)
    assert ids([rest])[0] == f"NCT{SIZE + 1:08d}"
    assert not rest.restart


def test_a_stale_token_begins_anew() -> None:
    registry = Registry([study(n) for n in range(1, SIZE + 11)])
    with serve(registry) as base:
        first = ask(base)[0]
        registry.epoch += 1
        again = ask(base, token=first.token)
    assert [p.restart for p in again][0] is True
    assert "began anew" in (again[0].note or "")
    assert ids(again) == [f"NCT{n:08d}" for n in range(1, SIZE + 11)]


def test_tokens_that_never_last_end_it() -> None:
    registry = Registry([study(n) for n in range(1, SIZE + 11)])

    def forget(page: int, studies: list[Any]) -> None:
        registry.epoch += 1

    with serve(registry) as base, client() as http:
        registry.changes = forget
        with pytest.raises(Refused, match="pageToken"):
            list(fetch("tumour", base=base, http=http))
    assert len(listed(base)) == 4


def test_single_study_alias_and_unknown() -> None:
    with serve(Registry([study(10647, aliases=["NCT00009113"])])) as base:
        (page,) = ask(base, "nct10647")
        assert (ids([page]), page.announced, page.note) == (["NCT00010647"], 1, None)
        (page,) = ask(base, "NCT00009113")
        assert (ids([page]), page.note) == (["NCT00010647"], "NCT00009113 is an alias of NCT00010647")
        (page,) = ask(base, "NCT99999999")
        assert (page.payloads, page.announced, page.note) == ((), 0, "NCT number NCT99999999 not found")


def test_many_ids_in_batches_with_what_is_missing() -> None:
    with serve(Registry([study(n) for n in range(1, 151)] + [study(500, aliases=["NCT00000499"])])) as base:
        pages = ask(base, " ".join(f"NCT{n:08d}" for n in [*range(1, 151), 499, 9999]))
    assert len(ids(pages)) == 151
    assert pages[-1].announced == 151
    assert pages[-1].note == "not found: NCT00009999"
    assert all("query.term" not in a.query for a in listed(base))


@pytest.mark.parametrize(
    ("query", "parameter", "sent"),
    [
        ("CLDN18.2", "query.term", '"CLDN18.2"'),
        ("CLDN18.2 'gastric cancer'", "query.term", '"CLDN18.2" AND "gastric cancer"'),
        ("CAR-T OR TCR-T", "query.term", '"CAR-T" OR "TCR-T"'),
        ("CAR-T AND NOT CD19", "query.term", '"CAR-T" AND NOT "CD19"'),
        ("'γδ T'", "query.term", '"γδ T"'),
        ("胃癌", "query.term", '"胃癌"'),
        ("'CAR [chimeric' 'a)b'", "query.term", '"CAR chimeric" AND "a)b"'),
        ("'the MISSING word'", "query.term", '"the MISSING word"'),
        ("intr='CAR-T|CAR T'", "query.intr", '("CAR-T" OR "CAR T")'),
        ("intr:NK", "query.intr", '"NK"'),
        ("NCT01:x", "query.term", '"NCT01:x"'),
        ("status=recruiting,COMPLETED x", "filter.overallStatus", "RECRUITING|COMPLETED"),
        ("phase=phase1 x", "filter.advanced", "AREA[Phase](PHASE1)"),
        ("AREA[InterventionName]CAR-T AND AREA[Phase]PHASE1", "query.term",
         "AREA[InterventionName]CAR-T AND AREA[Phase]PHASE1"),
        ("term=NCT00000001 cond=x", "filter.ids", "NCT00000001"),
    ],
)  # fmt: skip
def test_what_a_query_becomes(query: str, parameter: str, sent: str) -> None:
    assert requests_of(query)[0][parameter] == sent


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "phase=PHASE9",
        "status=OPEN",
        "NCT00000000",
        "a AND",
        "OR a",
        "a AND OR b",
        "'open quote",
        "'[]'",
    ],
)
def test_queries_that_cannot_be_asked(query: str) -> None:
    with pytest.raises(BadInput):
        requests_of(query)


def test_a_bad_date() -> None:
    with pytest.raises(BadInput, match="2026-11-01"):
        requests_of("x", since="last week")


def test_an_expression_the_server_cannot_read_is_named() -> None:
    with serve(Registry([study(1)])) as base, pytest.raises(Refused, match=r"missing '\)'"):
        ask(base, "AREA[Phase](PHASE1")
    assert len(listed(base)) == 1


PAGE = b"<!DOCTYPE html><html><title>Just a moment</title></html>"


@pytest.mark.parametrize(
    "fault",
    [
        Reply(429, headers={"Retry-After": "3"}),
        Reply(503, b"busy"),
        Reply(500),
        Reply(502),
        Reply(body=PAGE, headers={"Content-Type": "text/html"}),
        Reply(body=b'{"studies": [{"protoc'),
        Reply(body=b"[1, 2]"),
        Reply(body=b"[" * 100_000 + b"]" * 100_000),
        truncated(b'{"studies": []}' * 100, 300),
        truncated(b'{"studies": []}', 7, length=False),
    ],
    ids=["429", "503", "500", "502", "HTML", "cut JSON", "a list", "deep", "cut, length", "cut, no length"],
)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_one_passing_fault_changes_nothing(fault: Reply, at: int) -> None:
    """At the version, at page 1 and at page 2."""
    registry = Registry([study(n) for n in range(1, SIZE + 11)])
    count = [0]

    def app(asked: Asked) -> Reply:
        count[0] += 1
        return fault if count[0] == at else registry(asked)

    with serve(app) as base:
        assert len(set(ids(ask(base)))) == SIZE + 10


@pytest.mark.parametrize("fault", [Reply(503), Reply(body=PAGE), drip()], ids=["503", "HTML", "drip"])
def test_a_lasting_fault_ends_it_with_what_was_whole_before(fault: Reply) -> None:
    registry = Registry([study(n) for n in range(1, SIZE + 11)])
    with (
        serve(lambda asked: fault if "pageToken" in asked.query else registry(asked)) as base,
        client(deadline=1.5, tries=2) as http,
    ):
        pages = fetch("tumour", base=base, http=http)
        assert len(ids([next(pages)])) == SIZE
        with pytest.raises(Unreachable):
            next(pages)


@pytest.mark.parametrize(
    "body",
    [b'{"trials": []}', b'{"studies": 5}', b'{"studies": [1]}', b'{"studies": [], "nextPageToken": 5}'],
)
def test_another_shape_stops_the_run(body: bytes) -> None:
    registry = Registry([])
    with serve(lambda asked: Reply(body=body) if asked.path == "/studies" else registry(asked)) as base:
        with pytest.raises(SourceChanged):
            ask(base)
        assert len(listed(base)) == 1


def test_data_that_moved_during_the_harvest_is_noted() -> None:
    registry = Registry([study(n) for n in range(1, SIZE + 11)])

    def moves(page: int, studies: list[Any]) -> None:
        registry.version = {"apiVersion": "2.0.5", "dataTimestamp": f"2026-03-2{5 + page}T09:00:05"}

    registry.changes = moves
    with serve(registry) as base:
        pages = ask(base)
    assert "data changed during the harvest" in (pages[-1].note or "")


def test_the_base_can_be_set_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(faults(Registry([study(1)]), [])) as base:
        monkeypatch.setenv("TRIALKB_CTGOV_BASE", base + "/")
        assert ids(list(fetch("tumour"))) == ["NCT00000001"]


def test_expressions_never_hold_a_bare_bracket() -> None:
    for words in ("a[b", "]", "[x] y", 'q"[', "\\[", "AREA [x"):
        try:
            sent = expression(words)
        except BadInput:
            continue
        assert "[" not in sent
        assert re.fullmatch(r'"(\\"|[^"\\])*"', sent)


def test_the_stand_in_pages_as_the_registry_does() -> None:
    """What the client does not use, other clients of the stand-in may: sizes, CSV and its headers, 400s in plain text."""
    registry = Registry([study(n) for n in range(1, 31)], most=20)
    with serve(registry) as base, client() as http:
        for asked, count in (("5000", 20), ("0", 10), ("7", 7)):
            assert len(json.loads(http.get(f"{base}/studies", {"pageSize": asked}).body)["studies"]) == count
        first = http.get(f"{base}/studies", {"format": "csv", "countTotal": "true", "pageSize": "20"})
        assert first.headers["x-total-count"] == "30"
        token = first.headers["x-next-page-token"]
        assert len(token) > 80
        second = http.get(
            f"{base}/studies", {"format": "csv", "countTotal": "true", "pageSize": "20", "pageToken": token}
        )
        assert first.body.startswith(b"NCT Number,")
        assert not second.body.startswith(b"NCT Number,")
        assert "x-next-page-token" not in second.headers
        for params in ({"filter.phase": "PHASE1"}, {"pageToken": token}, {"fields": "a b"}, {"sort": "a:b"},
                       {"filter.overallStatus": "BADSTATUS"}, {"filter.ids": "NCT00000000"}, {"query.term": "a ["},
                       {"query.term": "(a"}, {"filter.advanced": "AREA[X]1"}):  # fmt: skip
            answer = http.get(f"{base}/studies", params, accept=(400,))
            assert answer.headers["content-type"] == "text/plain"
        assert http.get(f"{base}/studies/4437511", accept=(400,)).body == b"Parameter `nctId` has incorrect format"


@pytest.mark.real
def test_requests_are_valid_by_the_openapi_file() -> None:
    """Every request that a table of queries makes: parameter names, and values against their schemas."""
    path = SHARED / "contracts" / "ctg-oas-v2-2.0.5.yaml"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    yaml = pytest.importorskip("yaml")
    api = yaml.safe_load(path.read_text(encoding="utf-8"))
    queries = [
        ("CLDN18.2 'gastric cancer|胃癌' phase=PHASE1,EARLY_PHASE1 status=RECRUITING,UNKNOWN", {"since": "2026-01-01"}),
        ("cond=x intr=y titles=z outc=o spons=s lead=l locn=China id=abc patient=p", {"limit": 7}),
        ("NCT00000001 nct2 NCT3", {}),
        ("AREA[Phase]PHASE1", {"limit": 3}),
        ("NCT00010647", {}),
    ]
    registry = Registry([study(n) for n in range(1, SIZE + 3)])
    with serve(registry) as base:
        for query, more in queries:
            ask(base, query, **more)  # type: ignore[arg-type]
        ask(base, "tumour")
    assert len(base.asked) > 10
    for asked in base.asked:
        declared = _operation(api, asked.path)
        for name, value in asked.query.items():
            assert name in declared, f"{asked.path} has no parameter {name}"
            _check_value(api, declared[name], value)


def _operation(api: dict[str, Any], path: str) -> dict[str, Any]:
    for template, item in api["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), path):
            return {p["name"]: p for p in item["get"].get("parameters", []) if p["in"] == "query"}
    raise AssertionError(f"{path} is not a path of the API")


def _check_value(api: dict[str, Any], parameter: dict[str, Any], value: str) -> None:
    import jsonschema

    schema = {**parameter["schema"], "components": api["components"]}
    kind = schema.get("type")
    typed: Any = value
    if kind == "array":
        typed = value.split("|") if parameter.get("style") == "pipeDelimited" else value.split(",")
    elif kind == "integer":
        typed = int(value)
    elif kind == "boolean":
        typed = {"true": True, "false": False}[value]
    jsonschema.validate(typed, schema)
