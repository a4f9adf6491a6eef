"""The starter corpus: every fact is in its sentence, every line has a source, and the arithmetic holds."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
from collections import Counter, defaultdict
from importlib.resources import files
from pathlib import Path

import pytest
from scipy.stats import beta

from trialkb.errors import BadInput
from trialkb.extract import citation
from trialkb.harvest import starter
from trialkb.records import Article, Document, Section
from trialkb.terms import terms
from trialkb.text import digest, language

FOLDER = files("trialkb").joinpath("starter")
TRIALS = [json.loads(x) for x in FOLDER.joinpath("trials.jsonl").read_text(encoding="utf-8").splitlines()]
RESULTS = [json.loads(x) for x in FOLDER.joinpath("results.jsonl").read_text(encoding="utf-8").splitlines()]
FACTS = [(r["id"], f) for r in RESULTS for f in r["facts"]]
SNAPSHOT = Path(os.environ.get("TRIALKB_SHARED", "../shared")) / "data/cart_trials/2026-08-22.jsonl.gz"
REVIEW = Path(os.environ.get("TRIALKB_SHARED", "../shared")) / "data/seeds/003_2986c5aa1e70900e.txt"
OUTSIDE = {"NCT03644056", "NCT05868707"}  # named by the review, absent from the snapshot
WORDS = {"no": 0, "none": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
WORDS |= {"nine": 9, "ten": 10}
NOT_NUMBERS = re.compile(r"CD\d+|Claudin[\d.]+|GD2|GPC3|PD-1|B7-H3|m2\b|10\^\d+")


def numbers(text: str) -> set[float]:
    """The numbers printed in a sentence, words from no to ten included."""
    plain = NOT_NUMBERS.sub(" ", text).replace(",", "")
    found = {float(x) for x in re.findall(r"\d+(?:\.\d+)?", plain)}
    return found | {float(WORDS[w]) for w in re.findall(r"[a-z]+", plain.lower()) if w in WORDS}


def documents(name: str) -> list[Document]:
    return list(starter.parse(FOLDER.joinpath(name).read_bytes(), name=name))


def test_counts() -> None:
    assert len(TRIALS) == len({t["id"] for t in TRIALS}) == 44
    assert sum(bool(t["synopsis_zh"]) for t in TRIALS) >= 20
    assert len(RESULTS) == len({r["id"] for r in RESULTS}) >= 25
    assert len({(r["family"], r["cut"], r["id"]) for r in RESULTS}) == len(RESULTS)


@pytest.mark.parametrize(
    ("target", "indication", "least"),
    [("CLDN18.2", "gastric_cancer", 5), ("CD19", "lbcl", 6), ("GD2", "neuroblastoma", 6)],
)
def test_worked_examples_have_studies(target: str, indication: str, least: int) -> None:
    families = {r["family"] for r in RESULTS if target in r["targets"] and indication in r["indications"]}
    assert len(families) >= least


@pytest.mark.parametrize("trial", TRIALS, ids=lambda t: t["id"])
def test_trial_line(trial: dict) -> None:
    assert all(s["what"] for s in trial["sources"])
    registry = [s for s in trial["sources"] if s["url"]]
    assert bool(registry) == (trial["id"] not in OUTSIDE)
    assert all(s["url"].endswith(trial["id"]) and s["as_of"] for s in registry)
    assert language(trial["synopsis_en"]) == "en"
    assert language(trial["synopsis_zh"]) in ("zh", "mixed")
    assert 2 <= len(re.findall(r"\.(?:\s|\Z)", trial["synopsis_en"])) <= 5
    if trial["id"] in OUTSIDE:
        known = (trial["status"], trial["enrollment"], trial["start_date"], trial["update_date"], trial["sponsor"])
        assert known == (None,) * 5
        assert trial["doubts"]
        assert trial["modality"] != "CAR-T"
    else:
        assert trial["targets"]
        assert re.search(rf"\b{trial['enrollment']}\b|nobody", trial["synopsis_en"])


def test_the_reviews_doubtful_statements_are_told() -> None:
    doubts = {t["id"]: " ".join(t["doubts"]) for t in TRIALS}
    assert "NCT05028933" in doubts["NCT03644056"]
    assert "NCT03644056" in doubts["NCT05028933"]
    assert "CDH17" in doubts["NCT06055439"]
    assert "no cell therapy" in doubts["NCT05868707"]


@pytest.mark.parametrize("paper", RESULTS, ids=lambda r: r["id"])
def test_result_line(paper: dict) -> None:
    assert paper["checked"]
    assert paper["family"]
    assert paper["facts"]
    assert paper["cut"] in {"interim", "update", "final"}
    assert all(
        re.fullmatch(r"NCT\d{8}|ISRCTN\d{8}|ChiCTR\d{10}|UMIN\d{9}|JapicCTI-\d{6}", i) for i in paper["trial_ids"]
    )
    assert paper["pmid"] is None or re.fullmatch(r"\d{7,8}", paper["pmid"])
    assert paper["doi"] is None or re.fullmatch(r"10\.\d{4,}/\S+", paper["doi"])
    assert 1990 <= paper["year"] <= 2026
    known = {t.id for t in terms()}
    assert set(paper["indications"]) <= known
    assert all(paper[field] for field in paper["from_memory"])
    assert "%" not in paper["summary_en"] + (paper["summary_zh"] or ""), "results stand in the section citation alone"


@pytest.mark.parametrize(("paper", "fact"), FACTS, ids=lambda x: x if isinstance(x, str) else x["endpoint"])
def test_every_number_of_a_fact_is_in_its_sentence(paper: str, fact: dict) -> None:
    printed = numbers(fact["text"])
    value = fact["text"][slice(*fact["value_at"])]
    if fact["value"] is None:
        assert fact["value_status"] in ("not_reached", "not_estimable")
        assert not numbers(value)
    else:
        assert fact["value"] in numbers(value)
    derived = fact.get("derived", [])
    needed = [fact.get("ci_low"), fact.get("ci_high"), fact.get("den")]
    needed += [] if "numerator" in derived else [fact.get("num")]
    needed += [fact["time_point"]["value"]] if "time_point" in fact else []
    needed += list(fact.get("grade", {}).values())
    if not fact.get("verbal"):
        assert {float(x) for x in needed if x is not None} <= printed
    else:
        assert {float(x) for x in needed[:3] if x is not None} <= printed
    assert fact["endpoint"] in {t.id for t in terms() if t.kind == "endpoint"} or fact.get("label")
    assert fact["text"][slice(*fact["endpoint_at"])].strip()
    assert fact["text"].count("\n") == 0


@pytest.mark.parametrize(("paper", "fact"), FACTS, ids=lambda x: x if isinstance(x, str) else x["endpoint"])
def test_arithmetic_of_a_fact(paper: str, fact: dict) -> None:
    value, num, den = fact["value"], fact.get("num"), fact.get("den")
    if num is not None and den is not None:
        assert 0 <= num <= den
    if fact["statistic"] == "rate":
        assert 0 <= value <= 100
        if num is not None and den:
            text = fact["text"][slice(*fact["value_at"])]
            decimals = len(re.search(r"\d+(?:\.(\d+))?", text)[1] or "")  # type: ignore[index]
            assert abs(100 * num / den - value) <= 0.5 * 10**-decimals + 1e-9
    if fact["statistic"] == "count":
        assert num is None or value == num
    if fact.get("ci_low") is not None and value is not None:
        assert fact["ci_low"] <= value
        assert fact["ci_high"] is None or value <= fact["ci_high"]


def test_printed_intervals_are_the_exact_ones() -> None:
    """Of every rate with n, N and a printed 95 % interval: Clopper-Pearson gives that interval within rounding."""
    checked = 0
    for paper, f in FACTS:
        if f["statistic"] != "rate" or "ci_type" in f or None in (f.get("num"), f.get("den"), f.get("ci_high")):
            continue
        k, n = f["num"], f["den"]
        low = 0 if k == 0 else 100 * beta.ppf(0.025, k, n - k + 1)
        high = 100 if k == n else 100 * beta.ppf(0.975, k + 1, n - k)
        for ours, printed in ((low, f["ci_low"]), (high, f["ci_high"])):
            assert abs(ours - printed) <= (0.501 if printed == int(printed) else 0.0501), (paper, f["text"])
        checked += 1
    assert checked >= 10


def test_responses_agree_within_a_population() -> None:
    for paper in RESULTS:
        groups: dict[tuple[str, ...], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for f in paper["facts"]:
            keys = ("arm", "population", "time_point", "assessor")
            if f.get("den") and f.get("num") is not None and "grade" not in f:
                groups[tuple(json.dumps(f.get(k)) for k in keys) + (str(f["den"]),)][f["endpoint"]].append(f["num"])
        for found in groups.values():
            assert all(len(v) == 1 for v in found.values()), paper["id"]
            n = {k: v[0] for k, v in found.items()}
            if {"CR", "PR", "ORR"} <= n.keys():
                assert n["CR"] + n["PR"] == n["ORR"], paper["id"]
            assert n.get("CR", 0) <= n.get("ORR", 10**6), paper["id"]
            assert n.get("ORR", 0) <= n.get("DCR", 10**6), paper["id"]


def test_the_named_reports_of_nct03874897() -> None:
    by_cut = {r["cut"]: r for r in RESULTS if r["family"] == "NCT03874897"}
    final = {(f["endpoint"], f["statistic"]): f["value"] for f in by_cut["final"]["facts"]}
    assert (by_cut["final"]["n"], by_cut["interim"]["n"]) == (98, 37)
    assert final[("ORR", "rate")], final[("DCR", "rate")] == (38.8, 91.8)
    assert (final[("PFS", "median")], final[("OS", "median")]) == (4.4, 8.8)
    interim = [(f["endpoint"], f["value"]) for f in by_cut["interim"]["facts"] if "population" not in f]
    assert ("ORR", 48.6) in interim
    assert ("DCR", 73.0) in interim


def test_one_final_report_a_family() -> None:
    finals = Counter(r["family"] for r in RESULTS if r["cut"] == "final")
    assert not {k: v for k, v in finals.items() if v > 1}


@pytest.mark.parametrize("name", ["trials.jsonl", "results.jsonl"])
def test_parse_gives_documents_whose_raw_is_the_line(name: str) -> None:
    lines = FOLDER.joinpath(name).read_bytes().splitlines()
    found = documents(name)
    assert [d.raw for d in found] == lines
    assert [d.id for d in found] == [json.loads(x)["id"] for x in lines]
    assert all(d.source == "starter" and all(s.text for s in d.sections) for d in found)


def test_what_was_not_looked_up_is_told() -> None:
    for d, record in zip(documents("results.jsonl"), RESULTS, strict=True):
        doubts = d.section("doubts")
        told = doubts is not None and "from memory" in doubts.text
        assert told == bool(record["from_memory"])
        flags = [o.flags for o in citation.find(d)]
        assert flags == [tuple(k for k in ("recalled", "relayed") if f.get(k)) for f in record["facts"]]


def test_spans_read_back() -> None:
    for d, record in zip(documents("results.jsonl"), RESULTS, strict=True):
        section = d.section("citation")
        assert section is not None
        found = list(citation.find(d))
        assert len(found) == len(record["facts"])
        for o, f in zip(found, record["facts"], strict=True):
            e = o.evidence
            assert section.text[slice(*e.sentence_span)] == f["text"]
            assert section.text[slice(*e.value_span)] == f["text"][slice(*f["value_at"])]
            assert section.text[slice(*e.endpoint_span)] == o.verbatim == f["text"][slice(*f["endpoint_at"])]
            assert e.text_sha256 == digest(section.text)
            assert (o.origin, o.confidence, o.rule) == ("citation", None, "citation.starter")
            assert (o.value, o.endpoint, o.numerator, o.denominator) == (
                f["value"], f["endpoint"], f.get("num"), f.get("den"),
            )  # fmt: skip
        ids = record["trial_ids"]
        assert {o.study for o in found} == {ids[0] if len(ids) == 1 else record["family"]}


def test_a_changed_figure_changes_the_outcome_and_an_empty_upper_bound_is_not_a_number() -> None:
    record = json.loads(json.dumps(RESULTS[0]))
    text = "The best response rate was 12.5% (95% CI 1.2-not estimable) of 8."
    record["facts"] = [
        {"endpoint": "ORR", "statistic": "rate", "value": 12.5, "unit": "%", "text": text, "num": 1, "den": 8,
         "value_at": [27, 32], "endpoint_at": [9, 22], "ci_low": 1.2, "ci_high": None, "relayed": True},
    ]  # fmt: skip
    (d,) = starter.parse(json.dumps(record).encode())
    (o,) = citation.find(d)
    assert (o.value, o.numerator, o.denominator, o.flags) == (12.5, 1, 8, ("relayed",))
    assert o.dispersion is not None
    assert (o.dispersion.lower, o.dispersion.upper, o.dispersion.upper_status) == (1.2, None, "NE")
    assert text[slice(*o.evidence.value_span)] == "12.5%"


@pytest.mark.parametrize(
    "document",
    [
        Document("NCT1", "trial", "x", (Section("citation", "ORR 50%"),), b""),
        Document("PMID:1", "article", "x", (Section("citation", "ORR 50%"),), b"", article=Article("PMID:1")),
        Document("PMID:1", "article", "x", (Section("abstract", "ORR 50%"),), b"", article=Article("PMID:1")),
    ],
)
def test_nothing_is_found_without_facts(document: Document) -> None:
    assert list(citation.find(document)) == []


@pytest.mark.parametrize(
    "data",
    [b'{"starter": "trial"}', b'{"starter": "paper", "id": 1}', b'{"starter": ', b"[1]", b"\xff\xfe", b'"trial"'],
)
def test_a_broken_line_is_named(data: bytes) -> None:
    with pytest.raises(BadInput, match="line 1"):
        list(starter.parse(data, name="x.jsonl"))


def test_lines_are_split_and_an_endless_one_is_refused() -> None:
    assert list(starter.split(io.BytesIO(b"{}\n\n{}"), "x")) == [b"{}\n", b"{}"]
    with pytest.raises(BadInput, match="longer"):
        list(starter.split(io.BytesIO(b"x" * (starter.LINE + 5)), "x"))


@pytest.mark.real
@pytest.mark.skipif(not SNAPSHOT.exists(), reason="no real records (TRIALKB_SHARED)")
def test_trial_facts_are_those_of_the_registry_snapshot() -> None:
    ours = {t["id"]: t for t in TRIALS}
    seen = 0
    with gzip.open(SNAPSHOT, "rt", encoding="utf-8") as f:
        for line in f:
            p = json.loads(line)["protocolSection"]
            t = ours.get(p["identificationModule"]["nctId"])
            if t is None:
                continue
            seen += 1
            status = p["statusModule"]
            assert t["status"] == status.get("overallStatus")
            assert t["start_date"] == status.get("startDateStruct", {}).get("date")
            assert t["update_date"] == status.get("lastUpdatePostDateStruct", {}).get("date")
            assert t["enrollment"] == p["designModule"].get("enrollmentInfo", {}).get("count")
            assert t["phases"] == p["designModule"].get("phases", [])
            assert t["sponsor"] == p["sponsorCollaboratorsModule"]["leadSponsor"]["name"]
            assert t["conditions"] == p["conditionsModule"]["conditions"]
            places = p.get("contactsLocationsModule", {}).get("locations", [])
            assert t["countries"] == [x["country"] for x in places]
    assert seen == 42


@pytest.mark.real
@pytest.mark.skipif(not REVIEW.exists(), reason="no real records (TRIALKB_SHARED)")
def test_the_trials_are_those_the_review_names() -> None:
    text = re.sub(r"NCT-\s*", "NCT", REVIEW.read_text(encoding="utf-8"))
    assert {t["id"] for t in TRIALS} == set(re.findall(r"NCT\d{8}", text))
    table = dict(re.findall(r"(NCT\d{8}) +(\S+)$", text, re.M))
    for t in TRIALS:
        if t["review"]:
            assert table[t["id"]] == t["review"]["sponsor"]
