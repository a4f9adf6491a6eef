"""The query sets that come with trialkb: each can be asked of its source, and none asks the same twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialkb import harvesting, querysets
from trialkb.errors import BadInput
from trialkb.harvest import _ctgov_fetch, _ctis_fetch

TARGETS = ("cldn18.2", "cea", "epcam", "her2", "muc1", "msln", "nkg2d", "b7-h3")
WANTED = {"car-t-gi", "tcr-t", "gamma-delta-t", "nk", "cell-therapy-oncology", *(f"car-t-{t}" for t in TARGETS)}


def test_all_are_there() -> None:
    assert set(querysets.names()) >= WANTED


@pytest.mark.parametrize("name", querysets.names())
def test_each_can_be_asked(name: str) -> None:
    held = querysets.load(name)
    assert {q.source for q in held.queries} >= {"ctgov", "pubmed", "europepmc", "ctis", "isrctn"}
    assert {q.source for q in held.queries} <= set(harvesting.sources())
    assert len(set(held.queries)) == len(held.queries)
    for q in held.queries:
        assert q.words.count("(") == q.words.count(")")
        assert q.words.count('"') % 2 == 0
        if q.source == "ctgov":
            (sent,) = _ctgov_fetch.requests_of(q.words)
            assert set(sent) <= {"query.term", "query.cond"}
            assert all("[" not in v for v in sent.values())
            assert sum(map(len, sent.values())) < 2500  # an address that servers take
        if q.source == "ctis":
            assert "containAll" in _ctis_fetch.criteria_of(q.words)[0]


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_asked_for_under_more_than_one_name(target: str) -> None:
    ctgov = next(q for q in querysets.load(f"car-t-{target}").queries if q.source == "ctgov")
    first = _ctgov_fetch.requests_of(ctgov.words)[0]["query.term"].split(" AND ")[0]
    assert first.count(" OR ") >= 1


def test_what_is_no_query_set(tmp_path: Path) -> None:
    for text in ("title = 5", 'title = "x"', 'title = "x"\n[[query]]\nsource = "ctgov"', "a = [", "\x00"):
        path = tmp_path / "own.toml"
        path.write_text(text)
        with pytest.raises(BadInput):
            querysets.load(str(path))
    for name in ("nowhere", "../querysets", "/etc/passwd", "nowhere.toml"):
        with pytest.raises(BadInput, match="car-t-gi"):
            querysets.load(name)


def test_words_of_a_command_line() -> None:
    assert querysets.from_words("ctgov", ("CLDN18.2", "cond=gastric cancer")).words == "CLDN18.2 'cond=gastric cancer'"
    assert querysets.from_words("isrctn", ("CAR-T", "gastric cancer")).words == 'CAR-T AND "gastric cancer"'
    assert querysets.from_words("pubmed", ("CAR-T[tiab]", "AND", "gastric")).words == "CAR-T[tiab] AND gastric"
    with pytest.raises(BadInput, match="ctgov"):
        querysets.from_words("text", ("x",))
