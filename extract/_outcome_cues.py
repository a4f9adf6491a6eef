"""Cues of context in a sentence (outcome_context.tsv): what makes its values another's, a plan, an animal's, or none.

Each row is one alternative of a cue: its pattern, with {PATIENTS} and {WORD} for the words of `_numbers`, and an example
that it must match. English words stand between \\b, which does not fire beside Han.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from ._hints import Hinted, hinted
from ._numbers import PATIENTS, WORD
from ._outcome_cells import bare_words


@cache
def rows() -> tuple[tuple[str, str, str], ...]:
    """(cue, pattern, example) of every row."""
    lines = files("trialkb.extract").joinpath("outcome_context.tsv").read_text(encoding="utf-8").splitlines()[1:]
    found = []
    for line in lines:
        name, pattern, example = line.split("\t")
        found.append((name, pattern.replace("{PATIENTS}", PATIENTS).replace("{WORD}", WORD), example))
    return tuple(found)


@cache
def cue(name: str) -> Hinted:
    """The pattern of a cue.

    >>> bool(cue("other_study").search("历史对照组的ORR为12%")), bool(cue("preclinical").search("ORR was 40%"))
    (True, False)
    """
    return hinted("|".join(pattern for cue_, pattern, _ in rows() if cue_ == name), re.I | re.A)


NONE_REPORTED = hinted(
    r"\b(?:no|neither|none of)\b[^.;]{0,90}?\bha(?:ve|s) (?:yet )?been (?:reported|observed|seen|reached)\b|"
    r"\bha(?:ve|s) not (?:yet )?been reached\b",
    re.I | re.A,
)
ASSUMED = hinted(
    r"\b(?:assum|power|null hypothesis|sample size|alpha|historical)|假设|样本量|检验效能|预期|预计", re.I | re.A
)


def only_named(words: str, role: str | None) -> bool:
    """Whether a sentence names an endpoint and does not tell what was found of it."""
    if role == "endpoints" and not _TOLD.search(words):
        return True  # "Main outcomes: improvement in ORR from 20% to 50%"
    if not ASSUMED.search(words) and _GIVEN.search(words):
        return False
    planned = ASSUMED.search(words) or _TARGET.search(words)
    return bool(cue("endpoint").search(bare_words(words)) and (planned or not cue("found").search(words)))


_GIVEN = hinted(  # "end points included ORR and CR by central review (71.4% and 52.4%, respectively)"
    r"\(\d{1,3}(?:\.\d+)?\s?%(?:,\s\d{1,3}(?:\.\d+)?\s?%)*,? and \d{1,3}(?:\.\d+)?\s?%,? respectively\)", re.I | re.A
)
_TARGET = hinted(r"\b(?:target of|target(?:ed)? \w+ rate|threshold|goal|margin|hypothes\w+|designed)\b", re.I | re.A)
_TOLD = re.compile(r"\b(?:was|were|had|occurred|achieved|reached|developed|experienced|responded|died)\b", re.I | re.A)
