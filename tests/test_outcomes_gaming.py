"""Outcomes follow the text: its numbers, its arm names, its words in either language, and nothing else."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialkb import flat, parts

EASY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(text: str) -> list[dict[str, Any]]:
    doc = flat.document({"doc_id": "x", "text": text})
    records = [o for name in ("outcomes", "safety") for o in parts.load("extract", name).find(doc)]
    rows: list[dict[str, Any]] = flat.flat(doc, [], records)["outcomes"]
    return rows


def core(text: str) -> list[tuple[Any, ...]]:
    keys = ("endpoint", "statistic", "value", "unit", "num", "den", "ci_low", "ci_high", "grade", "value_status")
    return sorted((tuple(row[k] for k in keys) for row in read(text)), key=str)


ABSTRACT = (
    "BACKGROUND: Outcomes of advanced gastric cancer are poor. METHODS: We enrolled patients in a phase 1 trial. "
    "RESULTS: Fourteen patients received {dose}×10⁸ cells. The objective response rate was {orr}% (95% CI, {lo"
    "w}-{high}). "
    "Median progression-free survival was {pfs} months and median overall survival was {os} months. "
    "Grade 1-2 cytokine release syndrome occurred in {crs}% of patients. No dose-limiting toxicity was observed. "
    "CONCLUSIONS: The treatment was safe."
)
TENTH = st.integers(11, 989).map(lambda n: n / 10)
MONTHS = st.integers(21, 389).map(lambda n: n / 10)


def filled(**numbers: float) -> str:
    base: dict[str, float] = {"dose": 5, "orr": 41.5, "low": 20.3, "high": 61.7, "pfs": 4.7, "os": 9.6, "crs": 71.5}
    return ABSTRACT.format(**(base | numbers))


@EASY
@given(orr=TENTH, pfs=MONTHS, os=MONTHS, crs=TENTH, low=st.integers(1, 9), width=st.integers(1, 80))
def test_numbers_follow(orr: float, pfs: float, os: float, crs: float, low: int, width: int) -> None:
    found = {
        (r["endpoint"], r["value"]) for r in read(filled(orr=orr, pfs=pfs, os=os, crs=crs, low=low, high=low + width))
    }
    assert found == {("ORR", orr), ("PFS", pfs), ("OS", os), ("CRS", crs), ("DLT", 0.0)}


TWO_ARMS = [
    "ORR was 22% in the {a} arm and 4% in the {b} arm.",
    "In the {a} group, median OS was 9.1 months; in the {b} group, median OS was 4.4 months.",
    "Median PFS was 7.8 months in the {a} group versus 5.2 months in the {b} group.",
    "{a}组客观缓解率为42.2%，{b}组为25.0%。",
]
NAMES = st.lists(
    st.sampled_from(["docetaxel", "satri-cel", "placebo", "observation", "CT041", "apatinib", "control", "TPC"]),
    min_size=2,
    max_size=2,
    unique=True,
)


@EASY
@pytest.mark.parametrize("sentence", TWO_ARMS)
@given(names=NAMES)
def test_labels_swap_with_the_names(sentence: str, names: list[str]) -> None:
    a, b = names
    one, two = read(sentence.format(a=a, b=b)), read(sentence.format(a=b, b=a))
    assert [r["value"] for r in one] == [r["value"] for r in two]
    assert a in one[0]["arm"]
    assert b in one[1]["arm"]
    assert b in two[0]["arm"]
    assert a in two[1]["arm"]


SAME = [
    ("The objective response rate was 41.5%.", "The overall response rate (ORR) reached 41.5%.", "客观缓解率为41.5%。"),
    ("Overall remission rate of 41.5%.", "An ORR of 41.5% was achieved.", "总缓解率（ORR）达到41.5%。"),
    ("The disease control rate was 91.8%.", "DCR: 91.8%.", "疾病控制率高达91.8%。"),
    ("Median PFS was 4.4 months.", "mPFS 4.4 months.", "中位无进展生存期为4.4个月。"),
    ("Median overall survival was 8.8 months.", "The median OS was 8.8 mo.", "中位OS为8.8个月。"),
    ("No dose-limiting toxicities were observed.", "There were no DLTs.", "未观察到剂量限制性毒性。"),
    ("No treatment-related deaths occurred.", "There was no treatment-related mortality.", "无治疗相关死亡。"),
    (
        "Cytokine release syndrome occurred in 71.5% of patients.",
        "CRS was seen in 71.5%.",
        "细胞因子释放综合征发生率为71.5%。",
    ),
    ("Grade ≥3 CRS occurred in 3 patients.", "Three patients had grade 3 or higher CRS.", "3例患者发生3级及以上CRS。"),
    ("The 12-month OS rate was 37.3%.", "OS at 12 months was 37.3%.", "12个月总生存率为37.3%。"),
    ("Median OS was not reached.", "The median overall survival has not been reached.", "中位总生存期尚未达到。"),
    ("The MTD was not reached.", "Maximum tolerated dose was not reached.", "未达到最大耐受剂量。"),
]


@pytest.mark.parametrize("same", SAME)
def test_other_words_and_the_other_language_give_the_same_record(same: tuple[str, ...]) -> None:
    first, *others = (core(x) for x in same)
    assert len(first) == 1
    assert all(other == first for other in others)


ASIDES = [
    "Previous studies reported an objective response rate of 12.3%.",
    "In a prior trial, median PFS was 2.1 months.",
    "In mice, 66% of tumours regressed.",
    "A sample size of 40 gives 80% power to detect an ORR of 33%.",
    "The median age was 57 years (range, 33-71).",
    "既往研究报道客观缓解率为12.3%。",
]


@EASY
@given(aside=st.sampled_from(ASIDES), place=st.integers(0, 5))
def test_an_aside_changes_nothing(aside: str, place: int) -> None:
    pieces = filled().split(". ")
    pieces.insert(place + 1, aside.rstrip("."))
    assert core(". ".join(pieces)) == core(filled())


REFERENCES = (
    "\nREFERENCES\n1. Locke FL, et al. ORR 82% with axi-cel. N Engl J Med. 2017;377:2531-44.\n"
    "2. Qi C, et al. Median PFS 3.7 months. Nat Med. 2022;28:1189-98."
)


def test_a_reference_list_changes_nothing() -> None:
    assert core(filled() + REFERENCES) == core(filled())


@EASY
@given(st.data())
def test_line_breaks_change_nothing(data: st.DataObject) -> None:
    words = filled().split(" ")
    cuts = data.draw(st.sets(st.integers(8, len(words) - 1), max_size=3))
    lines, line = [], ""
    for i, word in enumerate(words):
        line += (" " if line else "") + word
        if len(line) > 70 or i in cuts and len(line) > 60:
            lines.append(line)
            line = ""
    assert core("\n".join([*lines, line])) == core(filled())


@EASY
@given(orr=TENTH, form=st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_unicode_forms_and_flat_superscripts_change_nothing(orr: float, form: Any) -> None:
    text = filled(orr=orr)
    assert core(unicodedata.normalize(form, text)) == core(text)
    assert core(text.replace("⁸", "8")) == core(text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from(["(", "[", "38.8%", "95% CI", " and ", ", ", "grade 3", "CRS", "ORR", "12", " of ", "patients ",
                         "例", "10^8 ", "months", "-", "vs. ", "无", "患者", "\n", "n = ", "ⅠⅡ", "  ", "median ", "was "]),
        max_size=160,
    ).map("".join)
)  # fmt: skip
def test_no_text_takes_long_or_breaks(text: str) -> None:
    start = time.process_time()
    for row in read(text):
        assert text[row["start"] : row["end"]] == row["quote"]
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "piece", ["(", "12 ", "a ", "grade 3 ", "12 of ", "1,", "ORR, ", "患者", "3例", "\n", "95% CI ", "no "]
)
def test_repetition_takes_no_long_time(piece: str) -> None:
    start = time.process_time()
    read(piece * (6000 // len(piece)))
    assert time.process_time() - start < 2
