"""Search: how a query is read, what is found and why, both languages, abuse, and what the query path costs."""

from __future__ import annotations

import gzip
import importlib
import json
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialkb import embed, faiss_cache, kb, parts, tokens
from trialkb.errors import BadInput, Corrupt

search = parts.load("queries", "search")
similar = parts.load("queries", "similar")


def helper(name: str) -> ModuleType:
    return importlib.import_module(f"trialkb.queries.{name}")


READ = [
    # text, units, filters, boosts, without
    ("CLDN18.2 CAR-T gastric cancer", ["CLDN18.2", "CAR-T", "gastric_cancer"], {}, (), ()),
    ("密封蛋白18.2 CAR-T 胃癌", ["CLDN18.2", "CAR-T", "gastric_cancer"], {}, (), ()),
    ("recruiting phase 1 GD2", ["GD2"], {"status": ("RECRUITING",)}, (("phase", "PHASE1"),), ()),
    ("not yet recruiting GD2", ["GD2"], {"status": ("NOT_YET_RECRUITING",)}, (), ()),
    ("GD2 after 2022", ["GD2"], {"since": ("2022",)}, (), ()),
    ("GD2 2022年以后", ["GD2"], {"since": ("2022",)}, (), ()),
    ("GD2 n > 20", ["GD2"], {"size": (">", "20")}, (), ()),
    ("phase 1/2 GD2", ["GD2"], {}, (("phase", "PHASE1"), ("phase", "PHASE2")), ()),
    ("II期临床 GD2", ["GD2"], {}, (("phase", "PHASE2"),), ()),
    ("GD2 三线", ["GD2", "third-line"], {}, (("line", "3"),), ()),
    ("GD2 NOT neuroblastoma", ["GD2"], {}, (), (("indication", "neuroblastoma"),)),
    ("BCMA NOT CAR-T", ["BCMA"], {}, (), (("modality", "CAR-T"),)),
    ("GD2 NOT gastric cancer", ["GD2"], {}, (), (("indication", "gastric_cancer"),)),
    ("GD2 -asthma", ["GD2"], {}, (), ("asthma",)),
    ('GD2 NOT "usual care"', ["GD2"], {}, (), ("usual care",)),
    ("GD2 不含神经母细胞瘤", ["GD2"], {}, (), (("indication", "neuroblastoma"),)),
    ("1期 CLDN18.2", ["CLDN18.2"], {}, (("phase", "PHASE1"),), ()),
    ("III期 CD19", ["CD19"], {}, (("phase", "PHASE3"),), ()),
    ("III期胃癌 CLDN18.2", ["CLDN18.2", "gastric_cancer", "III"], {}, (), ()),  # a stage
    ("HER2-negative gastric cancer", ["HER2-negative", "gastric_cancer"], {}, (), ()),  # a population
    ("HER2阴性 胃癌", ["HER2-negative", "gastric_cancer"], {}, (), ()),
    ("more than 50 patients CD19", ["CD19"], {"size": (">", "50")}, (), ()),
    ("超过50例 CD19", ["CD19"], {"size": (">", "50")}, (), ()),
    ("elderly over 65 CD19", ["elderly", "CD19"], {}, (), ()),  # an age
    ("satri-cel gastric cancer", ["satricabtagene autoleucel", "gastric_cancer"], {}, (), ()),
    ("舒瑞基奥仑赛", ["satricabtagene autoleucel"], {}, (), ()),
]


@pytest.mark.parametrize(("text", "units", "filters", "boosts", "without"), READ)
def test_a_query_is_read_as_it_is_meant(
    text: str,
    units: list[str],
    filters: dict[str, tuple[str, ...]],
    boosts: tuple[object, ...],
    without: tuple[str, ...],
) -> None:
    read = helper("_query").read(text)
    assert sorted(u.name for u in read.units) == sorted(units)
    assert (read.filters, read.boosts, (*read.without, *read.never)) == (filters, boosts, without)


def test_literal_reads_nothing_into_a_query() -> None:
    read = helper("_query").read("recruiting CLDN18.2 phase 1", literal=True)
    assert {u.kind for u in read.units} == {"words"}
    assert not read.filters
    assert not read.boosts


def ids(path: Path, *text: str, **options: object) -> list[str]:
    db = kb.open_kb(path)
    return [h.id[-1] for h in search.run(db, text, path=path, **options).hits]


def test_the_same_question_in_both_languages_finds_the_same_first(small_kb: Path) -> None:
    pairs = [
        ("mesothelin CAR-T ovarian cancer", "间皮素 CAR-T 卵巢癌", "5"),
        ("GD2 CAR-T neuroblastoma", "GD2 CAR-T 神经母细胞瘤", "3"),
        ("large B-cell lymphoma CD19", "大B细胞淋巴瘤 CD19", "2"),
        ("claudin 18.2 pancreatic cancer", "CLDN18.2 胰腺癌", "4"),
    ]
    for en, zh, first in pairs:
        assert ids(small_kb, en)[0] == ids(small_kb, zh)[0] == first


def test_a_broader_term_finds_the_narrower(small_kb: Path) -> None:
    assert set(ids(small_kb, "digestive system tumour")[:2]) == {"1", "4"}
    assert set(ids(small_kb, "CAR-T", indication=("digestive_tumour",))) == {"1", "4"}


def test_a_record_asked_for_by_its_id_comes_first(small_kb: Path) -> None:
    db = kb.open_kb(small_kb)
    answer = search.run(db, ("nct90000002 GD2",), path=small_kb)
    assert [h.id for h in answer.hits[:2]] == ["NCT90000002", "NCT90000003"]
    assert "concepts: id nct90000002" in answer.hits[0].reasons[0]
    assert "no record NCT09999999 in this knowledge base" in search.run(db, ("NCT09999999",), path=small_kb).notes


def test_another_phase_than_asked_for_comes_behind(small_kb: Path) -> None:
    assert ids(small_kb, "phase 2 CAR-T", keyword_only=True)[0] == "2"
    assert ids(small_kb, "phase 1 CAR-T", keyword_only=True)[-1] == "2"


def test_words_nobody_knows_are_said_to_be_so(small_kb: Path) -> None:
    db = kb.open_kb(small_kb)
    assert any("nearest by meaning only" in n for n in search.run(db, ("asdfqwer",), path=small_kb).notes)
    nothing = search.run(db, ('"!?"',), path=small_kb)
    assert not nothing.hits
    assert any("nothing to search by" in n for n in nothing.notes)


def test_not_leaves_out(small_kb: Path) -> None:
    assert "3" not in ids(small_kb, "GD2 NOT neuroblastoma")


def test_a_filter_never_leaves_fewer_hits_than_exist(small_kb: Path) -> None:
    """The filter goes in before the search: a limit of one still finds the only trial it leaves."""
    assert ids(small_kb, "CLDN18.2 gastric", limit=1, country=("Italy",)) == ["3"]


@pytest.mark.parametrize("query", ["CLDN18.2 CAR-T gastric", "invented study GD2", "invented study", "CAR-T phase 1"])
def test_common_words_find_what_rare_ones_do(query: str, small_kb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every word were common: looked up in a pool, the same records are found, and a filter still leaves all of its own."""
    plain = set(ids(small_kb, query, keyword_only=True))
    italian = set(ids(small_kb, query, keyword_only=True, country=("Italy",)))
    monkeypatch.setattr(helper("_rank"), "COMMON", 0)
    assert set(ids(small_kb, query, keyword_only=True)) == plain
    assert set(ids(small_kb, query, keyword_only=True, country=("Italy",))) == italian
    assert plain


def test_every_hit_says_why_and_quotes_what_stands_there(small_kb: Path) -> None:
    db = kb.open_kb(small_kb)
    for h in search.run(db, ("CLDN18.2 CAR-T 胃癌",), path=small_kb).hits:
        assert h.reasons
        document = kb.get(db, h.id)
        assert document is not None
        section = document.section(h.passage.section)
        assert section is not None
        assert section.text[h.passage.start : h.passage.end] == h.passage.text


def test_batch_prints_trec_lines(small_kb: Path, tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(json.dumps({"id": "q1", "text": "GD2"}) + "\n" + json.dumps({"id": "q2", "text": "胃癌"}) + "\n")
    command = [sys.executable, "-m", "trialkb.cli", "search", "--batch", str(file), "--limit", "2", "--trec", "--kb"]
    done = subprocess.run([*command, str(small_kb)], capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [r[0] for r in rows] == ["q1", "q1", "q2", "q2"]
    assert all(r[1] == "Q0" and r[5] == "trialkb" and float(r[4]) >= 0 for r in rows)
    file.write_text("no json\n")
    done = subprocess.run([*command, str(small_kb)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "line 1: expected" in done.stderr


def test_a_batch_goes_on_after_a_query_that_cannot_be_answered(small_kb: Path, tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    rows = [
        {"id": "a", "trial": "NCT90000001"},
        {"id": "b", "trial": "NCT00000000"},
        {"id": "c", "trial": "NCT90000004"},
    ]
    file.write_text("".join(json.dumps(r) + "\n" for r in rows))
    command = [
        sys.executable,
        "-m",
        "trialkb.cli",
        "similar",
        "--batch",
        str(file),
        "--limit",
        "1",
        "--trec",
        "--keyword-only",
    ]
    done = subprocess.run([*command, "--kb", str(small_kb)], capture_output=True, text=True, check=False)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["a", "c"]
    assert done.returncode == 1
    assert "query b left out: no record 'NCT00000000'" in done.stderr
    assert "queries not answered: b;" in done.stderr


def test_standard_input_hears_on_after_a_fault(small_kb: Path) -> None:
    command = [sys.executable, "-m", "trialkb.cli", "search", "--stdin", "--keyword-only", "--since", "soon", "--kb"]
    done = subprocess.run([*command, str(small_kb)], input=b"GD2\n\xff\xfe\nCD19\n", capture_output=True, check=True)
    answers = [json.loads(x) for x in done.stdout.splitlines()]
    assert len(answers) == 3
    assert all("is no date" in a["error"] for a in (answers[0], answers[2]))


def test_standard_input_keeps_things_warm(small_kb: Path) -> None:
    """One line in, one answer out."""
    command = [sys.executable, "-m", "trialkb.cli", "search", "--stdin", "--limit", "1", "--kb", str(small_kb)]
    done = subprocess.run(command, input="GD2\n\n卵巢癌\n", capture_output=True, text=True, check=True)
    answers = [json.loads(x) for x in done.stdout.splitlines()]
    assert [a["hits"][0]["id"] for a in answers] == ["NCT90000003", "NCT90000005"]


def test_near_identical_records_are_grouped(tmp_path: Path) -> None:
    from trialkb import pipeline

    from .conftest import study

    file, path = tmp_path / "s.jsonl", tmp_path / "kb.sqlite"
    same = [study(f"NCT9100000{n}", "GD2 CAR-T for neuroblastoma, a long-term study") for n in range(3)]
    other = study("NCT91000009", "GD2 CAR-T for diffuse midline glioma", conditions=["Glioma"])
    file.write_text("".join(json.dumps(s) + "\n" for s in [*same, other]))
    with kb.writing(path) as db:
        pipeline.read_file(db, file)
        pipeline.extract(db)
        parts.load("index", "keyword").build(db, path)
    db = kb.open_kb(path)
    first, second = search.run(db, ("GD2 neuroblastoma",), path=path, limit=2, keyword_only=True).hits
    assert first.also == ("NCT91000001", "NCT91000002")
    assert second.id == "NCT91000009"
    assert len(search.run(db, ("GD2",), path=path, keyword_only=True, no_group=True).hits) == 4


def test_similar_leaves_the_trial_out_and_shows_the_words(small_kb: Path) -> None:
    db = kb.open_kb(small_kb)
    answer = similar.run(db, "NCT90000001", path=small_kb)
    assert "NCT90000001" not in [h.id for h in answer.hits]
    assert answer.hits[0].id == "NCT90000004"
    assert any("target: CLDN18.2 “Claudin 18.2”" in r for r in answer.hits[0].reasons)
    only = similar.run(db, "NCT90000001", path=small_kb, must="target").hits
    assert [h.id for h in only] == ["NCT90000004"]
    with pytest.raises(BadInput, match="is no feature"):
        similar.run(db, "NCT90000001", path=small_kb, must="colour")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("A phase 1 study of CAR-T cells targeting GD2 in children with relapsed neuroblastoma.", "NCT90000003"),
        ("一项靶向间皮素的CAR-T细胞治疗复发卵巢癌的单臂研究。", "NCT90000005"),
    ],
)
def test_similar_reads_a_synopsis(text: str, first: str, small_kb: Path, tmp_path: Path) -> None:
    file = tmp_path / "synopsis.txt"
    file.write_text(text, encoding="utf-8")
    db = kb.open_kb(small_kb)
    before = db.execute("SELECT count(*) FROM document").fetchone()
    assert similar.run(db, None, path=small_kb, synopsis=str(file)).hits[0].id == first
    assert db.execute("SELECT count(*) FROM document").fetchone() == before


def test_two_trials_side_by_side(small_kb: Path) -> None:
    answer = parts.load("queries", "compare").run(kb.open_kb(small_kb), "NCT90000001", "NCT90000004")
    target = next(r for r in answer.rows if r.feature == "target")
    assert target.shared == ("CLDN18.2",)
    assert next(r for r in answer.rows if r.feature == "indication").shared == ()


# --- abuse -------------------------------------------------------------------------------------------------------------

OPERATORS = st.sampled_from(
    ["AND", "OR", "NOT", "NEAR(", '"', "'", "*", "^", ":", "{", "}", "(", ")", "-", "+", "title:", "body :", "\x00", "🧬",
     "\u202e", ";", "DROP TABLE document", "--", "%", "_", "胃癌", "CLDN18.2", "CAR-T", "-HER2", "\ud800", "18.2", "…", "±", "/*"]
)  # fmt: skip
QUERIES = st.one_of(st.text(max_size=60), st.lists(OPERATORS, max_size=12).map(" ".join))


@settings(max_examples=10_000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(query=QUERIES)
def test_no_query_breaks_the_keyword_syntax(query: str, small_db: object) -> None:
    """10,000 hostile queries: each phrase is valid FTS5, and reading one never raises."""
    for p in tokens.phrases(query):
        small_db.execute("SELECT rowid FROM passage_fts WHERE passage_fts MATCH ? LIMIT 1", (p,)).fetchall()  # type: ignore[attr-defined]
    helper("_query").read(query)


@pytest.fixture(scope="module")
def small_db(small_kb: Path) -> object:
    return kb.open_kb(small_kb)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(query=QUERIES)
def test_no_query_raises_or_writes(query: str, small_kb: Path, small_db: object) -> None:
    before = small_db.total_changes  # type: ignore[attr-defined]
    try:
        answer = search.run(small_db, (query,), path=small_kb, keyword_only=True)
        assert all(h.passage for h in answer.hits)
    except BadInput:
        assert not query.strip() or "status" in query
    assert small_db.total_changes == before  # type: ignore[attr-defined]


def test_a_query_of_a_megabyte(small_kb: Path) -> None:
    assert ids(small_kb, "CLDN18.2 胃癌 " * 60_000, keyword_only=True)[0] == "1"


# --- the vector cache --------------------------------------------------------------------------------------------------


def test_no_damaged_or_stale_cache_is_answered_from(small_kb: Path, tmp_path: Path) -> None:
    """200 bit flips over the FAISS file and its manifest: each is detected."""
    db = kb.open_kb(small_kb)
    file, manifest = faiss_cache.place(small_kb)
    whole = {f: f.read_bytes() for f in (file, manifest)}
    rng = random.Random(1)
    try:
        for n in range(200):
            target = manifest if n % 10 == 0 else file
            data = bytearray(whole[target])
            hexadecimal = range(whole[manifest].index(b'"sha256"') + 12, whole[manifest].index(b'"sha256"') + 72)
            at = rng.choice(hexadecimal if target is manifest else range(len(data)))
            data[at] ^= 1 << rng.randrange(8)
            target.write_bytes(bytes(data))
            with pytest.raises(Corrupt):
                faiss_cache.load(small_kb, faiss_cache.state(db))
            target.write_bytes(whole[target])
        file.write_bytes(whole[file][: len(whole[file]) // 2])
        helper("_vectors")._loaded.cache_clear()
        answer = search.run(db, ("GD2",), path=small_kb)
        assert any("damaged" in n for n in answer.notes)
        assert answer.hits[0].id == "NCT90000003"
        file.unlink()
        assert any("missing" in n for n in search.run(db, ("GD2",), path=small_kb).notes)
    finally:
        for f, data in whole.items():
            f.write_bytes(data)
    assert faiss_cache.fresh(db, small_kb)


# --- what the query path costs -----------------------------------------------------------------------------------------

HEAVY = {
    "torch",
    "spacy",
    "pandas",
    "requests",
    "sqlite_utils",
    "sentence_transformers",
    "transformers",
    "scipy",
    "matplotlib",
}


@pytest.mark.parametrize("more", ["", "--keyword-only"])
def test_the_query_path_is_light(more: str, small_kb: Path) -> None:
    code = f"""
import sys
from trialkb.cli import main
try:
    main(["search", "CLDN18.2 胃癌", "--kb", {str(small_kb)!r}, *{more.split()!r}])
except SystemExit as e:
    assert not e.code, e.code
print("LOADED", *sorted({{m.split(".")[0] for m in sys.modules}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(next(x for x in done.stdout.splitlines() if x.startswith("LOADED")).split())
    assert not loaded & HEAVY
    if more:
        assert not loaded & {"numpy", "faiss", "tokenizers"}


TEXTS = [
    "gastric cancer",
    "胃癌 (Gastric cancer)",
    "CLDN18.2 CAR-T",
    "a",
    "x " * 600,
    "Phase 1; n = 12 (95% CI 1.2–3.4) ≥ 2×10⁸",
]


def cosines(texts: list[str]) -> list[float]:
    name, numpy_encode = embed.querier()
    assert name == "numpy"
    return [float(c) for c in (numpy_encode(texts) * embed.builder()(texts)).sum(axis=1)]


def test_the_numpy_encoder_is_the_models_own() -> None:
    assert min(cosines(TEXTS)) >= 0.99999


@pytest.mark.real
def test_the_numpy_encoder_is_the_models_own_on_real_texts(shared: Path) -> None:
    """2,000 real texts; title and first words only, so that it ends in time."""
    texts = []
    with gzip.open(shared / "data" / "trial_texts" / "oncology_20k.jsonl.gz", "rt", encoding="utf-8") as lines:
        for n, line in enumerate(lines):
            if n % 9 == 0 and len(texts) < 2000:
                record = json.loads(line)
                texts.append(f"{record['title']}. {record['brief_summary'] or ''}"[: 120 if n % 90 else 2000])
    assert len(texts) == 2000
    assert min(cosines(texts)) >= 0.99999
