"""Hinted patterns: what they find is what the bare pattern finds."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkb.extract import _numbers
from trialkb.extract._hints import Hinted, _lower, hinted
from trialkb.extract._outcome_cues import cue, rows

MODULES = sorted(p.stem for p in (Path(__file__).parent.parent / "extract").glob("_outcome*.py"))


def every() -> list[tuple[str, Hinted]]:
    """Hinted patterns of the outcome rules, with their names."""
    found = [(f"number {kind}", p) for kind, p in _numbers._rules()]
    found += [(f"cue {name}", cue(name)) for name in dict.fromkeys(row[0] for row in rows())]
    for name in MODULES:
        for key, value in vars(import_module(f"trialkb.extract.{name}")).items():
            each = value if isinstance(value, tuple) else (value,)
            found += [(f"{name}.{key}", p) for p in each if isinstance(p, Hinted)]
    return found


TEXTS = [
    "Two patients died of sepsis considered related to the infusion; grade 3 or higher CRS occurred in 12% (3/25; 95% CI 2-31).",
    "Among patients aged <65 with liver metastases, median PFS was 4.4 months (HR 0.54, p=0.02) versus 2.1 in the control arm.",
    "Remissions lasted for a median of 8 months; no dose-limiting toxicity was seen at 1 x 10^8 cells/kg in cohorts 1 and 2.",
    "15例患者均发生了CRS,3级以上占20%;与治疗相关的不良事件发生率为93.3%,中位OS为12.6个月,MRD转阴率为80%。",
    "İN 5 PATİENTS, TREATMENT‑RELATED adverſe events led to discontinuatıon; \u212a of 12 responders relapsed.",
]


@pytest.mark.parametrize(("name", "pattern"), every(), ids=lambda v: v if isinstance(v, str) else "")
def test_a_hint_hides_nothing(name: str, pattern: Hinted) -> None:
    for text in [*TEXTS, *(row[2] for row in rows())]:
        assert [m.span() for m in pattern.finditer(text)] == [m.span() for m in pattern.pattern.finditer(text)]


def test_most_hinted_patterns_have_words() -> None:
    all_ = every()
    assert sum(bool(p.words) for _, p in all_) > 0.8 * len(all_)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("colou?rs?", (("color", "colour"),)),
        ("(?:a|b){2,3}", (("a", "b"),)),
        ("(?:deaths|(?:sepsis)?)", ()),
        (r"(?<=grade )\d(?! of 5)", ()),
        ("[^a]x{0,3}tumo(?=u)", (("tumo",),)),
        ("(?:CAR|TCR)-T", (("car-t", "tcr-t"),)),
        ("na[iï]ve", (("na",), ("ve",))),
        ("(?P<q>x)?µg kg", (("g kg",),)),
    ],
)
def test_words_of_a_pattern(pattern: str, words: tuple[tuple[str, ...], ...]) -> None:
    assert hinted(pattern, re.I).words == words


@given(st.text(max_size=20))
def test_lower_case_keeps_places_and_is_no_narrower_than_ignored_case(text: str) -> None:
    low = _lower(text)
    assert len(low) == len(text)
    for letter in "iskIS":
        assert [m.start() for m in re.finditer(letter, text, re.I)] == [m.start() for m in re.finditer(letter.lower(), low)]


def test_every_character_that_an_ascii_one_matches_has_its_place() -> None:
    every_one = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x11000)]))
    low = _lower(every_one)
    for c in map(chr, range(33, 127)):
        for m in re.finditer(re.escape(c), every_one, re.I):
            assert low[m.start()] == c.lower()


@pytest.mark.parametrize(
    ("pattern", "begins"),
    [
        (r"\b(?:the\s)?colou?rs?\b", ("color", "colour", "the")),
        (r"(?:\A|(?<=\d )|in\s)CRs?(?= of)", ("cr", "in")),
        (r"(?:(?:bad|good)\s){0,2}news", ("bad", "good", "news")),
        (r"(?:a\d)+|b", ("a", "b")),
        (r"\d of 5", ()),
        (r"(?:x?)(?:\s|y)", ()),
        (r"(?:died)?", ()),
    ],
)
def test_words_that_a_match_begins_with(pattern: str, begins: tuple[str, ...]) -> None:
    assert hinted(pattern, re.I).begins == begins


def test_matches_do_not_overlap_and_may_stand_in_a_part() -> None:
    p = hinted(r"(?:patients|those)\s(?:with|who)(?:\s\w+)?(?:\spatients with)?")
    text = "patients with CR patients with PR and those who responded"
    for start in range(len(text)):
        for end in (start, start + 13, len(text), len(text) + 5):
            found = [m.span() for m in p.finditer(text, start, end)]
            assert found == [m.span() for m in p.pattern.finditer(text, start, end)]
            assert (p.search(text, start, end) or [None])[0] == (p.pattern.search(text, start, end) or [None])[0]
