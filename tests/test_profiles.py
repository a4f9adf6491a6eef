"""The query sets that come with trialkb: each can be asked of its source, and none asks the same twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import standin_ctgov
import standin_ctis
import standin_isrctn
from click.testing import CliRunner
from standin import serve
from standin_epmc import EuropePMC
from standin_pubmed import PubMed

from trialkb import harvesting, kb, querysets
from trialkb.cli import main
from trialkb.errors import BadInput
from trialkb.harvest import _ctgov_fetch, _ctis_fetch
from trialkb.harvest._http import Http

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


def test_one_is_run_over_every_source(tmp_path: Path) -> None:
    """All five stand-ins at once; what is asked is in the ledger under the name of the set."""
    with (
        serve(
            standin_ctgov.Registry([standin_ctgov.study(n, title="Claudin18.2 CAR-T") for n in range(1, 4)])
        ) as ctgov,
        serve(PubMed({11: "2026/01/02", 12: "2026/01/03"})) as pubmed,
        serve(EuropePMC(2)) as europepmc,
        serve(standin_ctis.Register([standin_ctis.trial(1, title="CAR-T, CLDN18.2")])) as ctis,
        serve(standin_isrctn.Registry([standin_isrctn.Trial(1, title="CLDN18.2")])) as isrctn,
    ):
        env = {
            "TRIALKB_CTGOV_BASE": ctgov, "TRIALKB_PUBMED_BASE": pubmed, "TRIALKB_EUROPEPMC_BASE": europepmc,
            "TRIALKB_CTIS_BASE": ctis, "TRIALKB_ISRCTN_BASE": isrctn, "TRIALKB_KB": str(tmp_path / "kb.sqlite"),
            "TRIALKB_EMAIL": "", "NCBI_API_KEY": "",
        }  # fmt: skip
        result = CliRunner().invoke(main, ["harvest", "--profile", "car-t-cldn18.2"], env=env)
        assert result.exit_code == 0, result.stderr
    found = json.loads(CliRunner().invoke(main, ["log", "--json"], env=env).stdout)
    queries = querysets.load("car-t-cldn18.2").queries
    assert [(r["source"], r["words"]) for r in found] == [(q.source, q.words) for q in queries]
    assert {r["profile"] for r in found} == {"car-t-cldn18.2"}
    assert {r["state"] for r in found} == {"complete"}
    assert {r["source"]: r["held"] for r in found if r["held"]} == {
        "ctgov": 3, "pubmed": 2, "europepmc": 2, "ctis": 1, "isrctn": 1,
    }  # fmt: skip


@pytest.mark.parametrize("name", querysets.names())
def test_each_runs_and_is_run_again_to_update(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every query of every set at its stand-in, then again: only what was updated since is asked for."""
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    queries = querysets.load(name).queries
    with (
        serve(standin_ctgov.Registry([standin_ctgov.study(n) for n in range(1, 4)])) as ctgov,
        serve(PubMed({11: "2026/01/02", 12: "2026/01/03"})) as pubmed,
        serve(EuropePMC(2)) as europepmc,
        serve(standin_ctis.Register([standin_ctis.trial(1)])) as ctis,
        serve(standin_isrctn.Registry([standin_isrctn.Trial(1)])) as isrctn,
        Http(gap=0, tries=1) as http,
        kb.writing(tmp_path / "kb.sqlite") as db,
    ):
        bases = {"ctgov": ctgov, "pubmed": pubmed, "europepmc": europepmc, "ctis": ctis, "isrctn": isrctn}
        for since in (None, "last"):
            for q in queries:
                done = harvesting.harvest(
                    db, q.source, q.words, since=since, base=bases[q.source], http=http, profile=name
                )
                assert (done.state, done.error) == ("complete", None), (q, done.message)
        asked = [json.loads(r[0]) for r in db.execute("SELECT asked FROM run ORDER BY id")]
        started = db.execute("SELECT substr(started, 1, 10) FROM run").fetchone()[0]
    assert [a["since"] for a in asked] == [None] * len(queries) + [started] * len(queries)
    assert [a["query"] for a in asked] == [q.words for q in queries] * 2
