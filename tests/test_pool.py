"""Pooling, exact intervals and trial sizes against published and R figures, and properties that must always hold."""

from __future__ import annotations

import importlib.util
import random
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit
from scipy.stats import binom, binomtest

from trialkb.queries._exact import clopper_pearson, wilson
from trialkb.queries._metafor import script
from trialkb.queries._pool import METHODS, ROUGH, Pooled, caution, leave_one_out, pool
from trialkb.queries._simon import single_stage, two_stage

DATA = {
    "pritz1997": ("16 10 4 43 10 25 13 12 22 4 5 18 58 6", "17 12 8 58 10 42 14 12 41 5 6 23 68 10"),
    "nielweise": (
        "3 3 9 7 6 4 3 2 19 2 7 1 5 11 0 1 3 1",
        "117 35 195 136 157 139 177 39 103 122 64 58 175 180 105 262 362 69",
    ),
    "miller": ("3 6 10 1", "11 17 21 6"),
    "small": ("4 0 9 2 38", "12 6 14 8 98"),
}
# method, data, estimate, low, high, pi low, pi high, tau2 (None: not among the reference figures)
FIGURES = [
    ("DL", "pritz1997", 0.7573, 0.6606, 0.8334, 0.4671, 0.9174, 0.3616),
    ("DL", "nielweise", 0.0350, 0.0218, 0.0558, 0.0061, 0.1758, 0.7553),
    ("DL", "miller", 0.3724, 0.2526, 0.5102, None, None, 0.0),
    ("DL", "small", 0.3888, 0.2551, 0.5417, 0.1848, 0.6410, 0.1773),
    ("REML", "pritz1997", 0.7575, 0.6605, 0.8337, 0.4661, 0.9179, 0.3646),
    ("REML", "nielweise", 0.0355, 0.0226, 0.0554, 0.0069, 0.1626, 0.6629),
    ("REML", "miller", 0.3724, 0.2526, 0.5102, None, None, 0.0),
    ("REML", "small", 0.3944, 0.2946, 0.5039, 0.2659, 0.5394, 0.0383),
    ("REML-HK", "pritz1997", 0.7575, 0.6481, 0.8412, 0.4333, 0.9273, 0.3646),
    ("REML-HK", "nielweise", 0.0355, 0.0218, 0.0573, 0.0061, 0.1806, 0.6629),
    ("REML-HK", "miller", 0.3724, 0.2070, 0.5743, None, None, 0.0),
    ("REML-HK", "small", 0.3944, 0.2332, 0.5824, 0.2036, 0.6240, 0.0383),
    ("PM", "pritz1997", 0.7587, 0.6602, 0.8357, None, None, 0.3859),
    ("PM", "nielweise", 0.0355, 0.0226, 0.0554, None, None, 0.6623),
    ("PM", "miller", 0.3724, 0.2526, 0.5102, None, None, 0.0),
    ("PM", "small", 0.3814, 0.2284, 0.5622, None, None, 0.3246),
    ("GLMM", "pritz1997", 0.7984, 0.6924, 0.8746, 0.4426, 0.9518, 0.5893),
    ("GLMM", "nielweise", 0.0294, 0.0180, 0.0478, 0.0048, 0.1598, 0.8124),
    ("GLMM", "miller", 0.3636, 0.2481, 0.4974, None, None, 0.0),
    ("GLMM", "small", 0.3841, 0.3067, 0.4677, None, None, 0.0),
    ("FT", "pritz1997", 0.8023, 0.7047, 0.8866, None, None, None),
    ("FT", "nielweise", 0.0328, 0.0179, 0.0513, None, None, None),
    ("FT", "miller", 0.3595, 0.2297, 0.4990, None, None, None),
    ("FT", "small", 0.3370, 0.1693, 0.5252, None, None, None),
]


def counts(name: str) -> tuple[list[int], list[int]]:
    x, n = DATA[name]
    return [int(v) for v in x.split()], [int(v) for v in n.split()]


@pytest.mark.parametrize("row", FIGURES, ids=lambda r: f"{r[0]}-{r[1]}")
def test_reference_figures_to_four_decimals(row: tuple[object, ...]) -> None:
    method, name, *expected = row
    p = pool(*counts(str(name)), str(method))
    found = (p.estimate, p.low, p.high, p.pi_low, p.pi_high, p.tau2)
    for want, got in zip(expected, found, strict=True):
        assert want is None or f"{got:.4f}" == f"{want:.4f}"


def test_without_spread_the_prediction_interval_is_the_confidence_interval() -> None:
    p = pool(*counts("miller"))
    assert (p.pi_low, p.pi_high) == (pytest.approx(p.low), pytest.approx(p.high))
    assert p.i2 == 0


def test_i2_of_dersimonian_laird_is_the_share_of_q_beyond_chance() -> None:
    p = pool(*counts("pritz1997"), "DL")
    assert p.q is not None
    assert p.i2 == pytest.approx(100 * (p.q - p.k + 1) / p.q)


EDGES = [
    ([0, 0, 0], [5, 10, 200]),
    ([5, 10, 200], [5, 10, 200]),
    ([0, 10, 0, 10], [10] * 4),
    ([0, 1], [1, 1]),
    ([1, 1, 0], [1, 1, 1]),
    ([1, 0], [1, 10000]),
    ([0, 0, 0, 30], [30] * 4),
    ([0] * 199 + [1], [10] * 200),
    ([i % 21 for i in range(200)], [20] * 200),
    ([0, 999], [1000, 1000]),
    ([1], [3]),
    ([0], [1]),
]


@pytest.mark.parametrize(("events", "totals", "method"), [(*e, m) for e, m in product(EDGES, METHODS)])
def test_edges_give_sane_answers(events: list[int], totals: list[int], method: str) -> None:
    p = pool(events, totals, method)
    assert (p.k, p.n, p.events) == (len(events), sum(totals), sum(events))
    if p.k == 1:
        assert p.estimate is None
        assert p.low is None
        assert "one study" in p.notes[0]
        return
    assert p.estimate is not None
    assert p.low is not None
    assert p.high is not None
    assert 0 <= p.low <= p.estimate <= p.high <= 1
    if p.pi_low is not None and p.pi_high is not None:
        assert 0 <= p.pi_low <= p.low + 1e-9
        assert p.high - 1e-9 <= p.pi_high <= 1


def test_all_zero_is_the_exact_interval_of_the_sum() -> None:
    p = pool([0, 0, 0], [5, 10, 15])
    assert (p.estimate, p.low, p.high) == (0.0, 0.0, pytest.approx(clopper_pearson(0, 30)[1]))
    assert p.pi_low is None
    assert "no event" in p.notes[0]


def test_separated_studies_fall_back_and_say_so() -> None:
    p = pool([0, 10, 0, 10], [10] * 4)
    assert p.method == METHODS["REML-HK"]
    assert "without bound" in p.notes[0]


@pytest.mark.parametrize(
    ("events", "totals", "method"),
    [([], [], "GLMM"), ([1], [2, 3], "GLMM"), ([3], [2], "GLMM"), ([-1, 1], [2, 3], "DL"), ([0, 0], [0, 4], "DL"),
     ([1, 1], [2, 3], "mean")],
)  # fmt: skip
def test_nonsense_is_refused(events: list[int], totals: list[int], method: str) -> None:
    with pytest.raises(ValueError, match="need|each study|no pooling method"):
        pool(events, totals, method)


@pytest.mark.parametrize(("k", "says"), [(1, False), (2, True), (4, True), (5, False)])
def test_few_studies_carry_a_warning(k: int, says: bool) -> None:
    assert (caution(k) is not None) is says


STUDIES = st.lists(
    st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=12
)


def corrected(pairs: list[tuple[int, int]]) -> list[float]:
    """Proportions as the logit methods see them: 0.5 added to both cells of a study with 0 or n events."""
    return [(x + 0.5) / (n + 1) if x in (0, n) else x / n for x, n in pairs]


@settings(max_examples=40, deadline=None)
@given(STUDIES, st.sampled_from(["GLMM", "REML", "REML-HK", "DL", "PM"]))
def test_pooled_value_lies_within_the_range_of_the_studies(pairs: list[tuple[int, int]], method: str) -> None:
    x, n = zip(*pairs, strict=True)
    p = pool(x, n, method)
    assert p.estimate is not None
    raw = [a / b for a, b in pairs]
    shown = raw if p.method in (METHODS["GLMM"], "exact interval of the sum") else corrected(pairs)
    assert min(shown) - 1e-6 <= p.estimate <= max(shown) + 1e-6


@settings(max_examples=25, deadline=None)
@given(STUDIES)
def test_the_interval_is_never_narrower_than_that_of_all_patients_as_one_study(pairs: list[tuple[int, int]]) -> None:
    """A spread between studies can only widen it: a rough likelihood once gave an interval without width."""
    x, n = zip(*pairs, strict=True)
    p = pool(x, n)
    if p.method != METHODS["GLMM"]:
        return
    assert p.estimate is not None
    assert p.low is not None
    assert p.high is not None
    width = logit(p.high) - logit(p.low)
    assert width >= 0.95 * 2 * 1.959964 / (sum(n) * p.estimate * (1 - p.estimate)) ** 0.5


@settings(max_examples=25, deadline=None)
@given(STUDIES.flatmap(lambda s: st.tuples(st.just(s), st.permutations(s))), st.sampled_from(list(METHODS)))
def test_the_order_of_studies_is_nothing(
    both: tuple[list[tuple[int, int]], list[tuple[int, int]]], method: str
) -> None:
    one, other = (pool(*zip(*pairs, strict=True), method) for pairs in both)
    assert one == other


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.lists(st.integers(1, 8), min_size=2, max_size=8), st.sampled_from(list(METHODS)))
def test_the_interval_shrinks_as_n_grows(tenths: int, sizes: list[int], method: str) -> None:
    """Studies that agree, each grown four-fold: the interval must become narrower, the estimate stay."""

    def width(factor: int) -> tuple[float, float]:
        p = pool([tenths * s * factor for s in sizes], [10 * s * factor for s in sizes], method)
        assert p.estimate is not None
        assert p.low is not None
        assert p.high is not None
        return p.estimate, p.high - p.low

    (small, wide), (large, narrow) = width(4), width(16)
    assert narrow <= wide + 1e-9
    assert abs(small - large) < 0.02
    if method != "REML-HK":  # Hartung-Knapp has no width at all where studies agree to the digit
        assert narrow < wide


def test_leave_one_out_is_the_pool_of_the_others_in_the_order_given() -> None:
    x, n = counts("small")
    without = leave_one_out(x, n)
    assert [p.n for p in without] == [sum(n) - b for b in n]
    assert without[1] == pool([4, 9, 2, 38], [12, 14, 8, 98])
    assert leave_one_out([1], [4]) == []


def test_exact_intervals_equal_scipy_and_r() -> None:
    for n in (1, 2, 6, 12, 98, 400):
        for x in {0, 1, n // 3, n // 2, n - 1, n}:
            for ours, method in ((clopper_pearson, "exact"), (wilson, "wilson")):
                theirs = binomtest(x, n).proportion_ci(method=method)
                assert ours(x, n) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    with pytest.raises(ValueError, match="events"):
        clopper_pearson(3, 2)
    with pytest.raises(ValueError, match="n > 0"):
        wilson(0, 0)


# p0, p1, alpha, beta, optimal (r1, n1, r, n, EN), minimax: Simon 1989, tables 1 and 2
SIMON = [
    (0.1, 0.3, 0.05, 0.2, (1, 10, 5, 29, 15.01), (1, 15, 5, 25, 19.51)),
    (0.1, 0.3, 0.1, 0.1, (1, 12, 5, 35, 19.84), (1, 16, 4, 25, 20.37)),
    (0.05, 0.25, 0.05, 0.2, (0, 9, 2, 17, 11.96), (0, 12, 2, 16, 13.84)),
    (0.2, 0.4, 0.05, 0.2, (3, 13, 12, 43, 20.58), (4, 18, 10, 33, 22.25)),
    (0.3, 0.5, 0.05, 0.1, (8, 24, 24, 63, 34.72), (7, 24, 21, 53, 36.62)),
    (0.05, 0.2, 0.1, 0.1, (0, 12, 3, 37, 23.49), (0, 18, 3, 32, 26.44)),
]


@pytest.mark.parametrize("row", SIMON, ids=str)
def test_simon_designs(row: tuple[float, float, float, float, tuple[float, ...], tuple[float, ...]]) -> None:
    p0, p1, alpha, beta, *wanted = row
    for d, want in zip(two_stage(p0, p1, alpha, beta), wanted, strict=True):
        assert (d.r1, d.n1, d.r, d.n, round(d.en, 2)) == want
        assert d.alpha <= alpha
        assert d.power >= 1 - beta
        assert d.alpha == pytest.approx(reject(d.r1, d.n1, d.r, d.n, p0))
        assert d.power == pytest.approx(reject(d.r1, d.n1, d.r, d.n, p1))


def reject(r1: int, n1: int, r: int, n: int, p: float) -> float:
    """The chance to call the treatment worthwhile, summed case by case."""
    return float(sum(binom.pmf(x, n1, p) * binom.sf(r - x, n - n1, p) for x in range(r1 + 1, n1 + 1)))


def test_a_wider_search_finds_no_better_design() -> None:
    assert two_stage(0.2, 0.4) == two_stage(0.2, 0.4, largest=90)


def test_single_stage_is_the_smallest_that_holds_both_errors() -> None:
    d = single_stage(0.2, 0.4, 0.05, 0.1)
    assert d.alpha == pytest.approx(float(binom.sf(d.r, d.n, 0.2)))
    assert d.power == pytest.approx(float(binom.sf(d.r, d.n, 0.4)))
    for n in range(1, d.n):
        assert not any(binom.sf(r, n, 0.2) <= 0.05 and binom.sf(r, n, 0.4) >= 0.9 for r in range(n))


@pytest.mark.parametrize("bad", [(0.3, 0.1), (0.0, 0.2), (0.2, 0.2), (0.2, 1.0)])
def test_impossible_designs_are_refused(bad: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="need 0 < p0 < p1"):
        two_stage(*bad)


def test_too_close_rates_are_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="150 patients"):
        two_stage(0.2, 0.21)


def has_metafor() -> bool:
    if not shutil.which("Rscript"):
        return False
    check = ["Rscript", "-e", "library(metafor); library(lme4)"]
    return subprocess.run(check, capture_output=True, timeout=60, check=False).returncode == 0


def run_in_r(names: list[str], x: list[int], n: list[int], pooled: list[Pooled], tmp_path) -> str:  # type: ignore[no-untyped-def]
    (tmp_path / "forest.R").write_text(script(names, x, n, pooled, 'ORR "a"\nb', "ORR"), encoding="utf-8")
    done = subprocess.run(
        ["Rscript", "forest.R"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "forest.png").stat().st_size > 1000
    return done.stdout


def test_a_wide_spread_gets_more_quadrature_points() -> None:
    """With 7 points the likelihood of 0/12 and 21/32 is so rough that the interval came out with no width at all."""
    p = pool([0, 21], [12, 32])
    assert [f"{v:.4f}" for v in (p.estimate, p.low, p.high, p.tau2)] == ["0.1029", "0.0004", "0.9713", "9.7997"]
    assert p.notes == (ROUGH,)
    assert not pool(*counts("nielweise")).notes


@pytest.mark.parametrize("name", list(DATA))
def test_the_metafor_script_gives_the_same_figures(name: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    if not has_metafor():
        pytest.skip("Rscript with metafor and lme4 is not installed")
    x, n = counts(name)
    pooled = [pool(x, n, m) for m in METHODS]
    out = run_in_r([f'study "{i}" \\ 胃癌' for i in range(len(x))], x, n, pooled, tmp_path)
    for p in pooled:
        assert f"{p.method} estimate {p.estimate:.4f} ci {p.low:.4f} {p.high:.4f}" in out


def test_the_script_of_one_study_says_that_there_is_no_model() -> None:
    text = script(["a"], [1], [4], [pool([1], [4])])
    assert "no model to fit: one study" in text
    assert "rma" not in text.replace("formattable", "")


@pytest.fixture(scope="module")
def second_way() -> ModuleType:
    """The independent fit of bench/pooling.py: Simpson's rule over the logit, another optimiser."""
    spec = importlib.util.spec_from_file_location("pooling", Path(__file__).parent.parent / "bench" / "pooling.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


SWEPT = [
    ([36, 72, 53], [38, 72, 53]),  # near 100 %, where 7 points are not enough
    ([0, 0, 0, 1, 0, 2], [40, 12, 7, 90, 30, 220]),  # rare
    ([1, 0, 1, 1, 0, 0, 1], [1, 1, 1, 1, 1, 1, 1]),  # single patients
    ([0, 1, 30, 2, 118, 60, 5, 0], [60, 90, 33, 80, 120, 61, 300, 15]),  # a wide spread
    ([*range(1, 41)], [40] * 40),
    ([3 + i % 5 for i in range(200)], [20 + i % 7 for i in range(200)]),  # 200 studies, hardly a spread
]


@pytest.mark.parametrize(("events", "totals"), SWEPT, ids=[f"k={len(e)}" for e, _ in SWEPT])
def test_the_glmm_agrees_with_a_second_way_to_its_likelihood(
    second_way: ModuleType, events: list[int], totals: list[int]
) -> None:
    p = pool(events, totals)
    pairs = list(zip(events, totals, strict=True))
    assert second_way.sane(p, pairs) == []
    assert p.method == "binomial GLMM"
    gaps = second_way.compare(p, second_way.second(pairs))
    assert max(gaps["estimate"], gaps["low"], gaps["high"]) < 0.2
    assert gaps["tau"] < 0.03


@pytest.mark.parametrize("seed", range(8))
def test_random_sets_get_sane_answers(second_way: ModuleType, seed: int) -> None:
    """Warnings are errors here; k up to 200, single patients, rare events, heavy spread."""
    rng = random.Random(seed)
    for _ in range(12):
        pairs = second_way.case(rng)
        for method in ("GLMM", "REML-HK"):
            p = pool([x for x, _ in pairs], [n for _, n in pairs], method)
            assert [w for w in second_way.sane(p, pairs) if method == "GLMM" or "outside" not in w] == [], pairs[:8]
