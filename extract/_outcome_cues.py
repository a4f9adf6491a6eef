"""Cues of context in a sentence (outcome_context.tsv): what makes its values another's, a plan, an animal's, or none.

Each row is one alternative of a cue: its pattern, with {PATIENTS} and {WORD} for the words of `_numbers`, and an example
that it must match. English words stand between \\b, which does not fire beside Han.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from ._numbers import PATIENTS, WORD


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
def cue(name: str) -> re.Pattern[str]:
    """The pattern of a cue.

    >>> bool(cue("other_study").search("历史对照组的ORR为12%")), bool(cue("preclinical").search("ORR was 40%"))
    (True, False)
    """
    return re.compile("|".join(pattern for cue_, pattern, _ in rows() if cue_ == name), re.I | re.A)
