"""Groups named by the dose that they received: "1/6 patients at 3 × 10^8 cells", "at the MTD of 2 × 10^6/kg"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._numbers import Token

_I = re.I | re.A


def dosed(text: str, tokens: Sequence[Token], start: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, start of the phrase) of the doses that say who received them; what the MTD was says of nobody."""
    for t in tokens:
        if t.kind != "dose" or (t.value or 0) < 1e4 or t.high is not None:
            continue
        lead = _AT_DOSE.search(text, max(start, t.start - 60), t.start)
        words = _DOSE_WORDS.match(text, t.start, t.end)
        if lead and words:
            yield t.start - len(lead["bound"] or ""), words.end(), lead.start("at")


_MG = re.compile(
    r"(?P<at>\b(?:with|at|of|received|receiving|given|in\sthe|than|for)\s(?:the\s)?)"
    r"(?P<dose>\d+(?:\.\d+)?\s?(?:mg|µg|μg|mcg)(?:\s?/\s?(?:kg|m2|day|d)\b)?)"
    r"(?=\s?(?:[,;.)(\[]|of\s[a-z]|and\b|versus\b|vs\b|compared\b|than\b|(?:dose\s)?(?:group|cohort|arm)\b|\Z))",
    _I,
)


def in_milligrams(text: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """The like for doses of a drug, where a sentence sets two of them against each other: "51% with 10 mg, 61% with 100 mg"."""
    found = [(*m.span("dose"), m.start("at")) for m in _MG.finditer(text, start, end)]
    return found if len({text[a:b] for a, b, _ in found}) > 1 else []


_AT_DOSE = re.compile(
    r"(?P<at>(?:\b(?:at|given|receiv(?:ed|ing)|treated\s(?:at|with)|dosed\s(?:at|with)|infused\swith)\s)(?:the\s|"
    r"a\s|an\s)?"
    r"(?:(?:single\s|total\s|target\s|higher\s|lower\s|highest\s|lowest\s)?(?:dose|dose\slevel|MTD|RP2D)\s(?:of\s|"
    r"\()?)?)"
    r"(?P<bound>[≥>≤<]\s?)?\Z",
    _I,
)
_DOSE_WORDS = re.compile(
    r"\d+(?:\.\d+)?\s?(?:[x×]\s?10\^?\d{1,2}|million|billion)(?:\s?/\s?kg|"
    r"\s?(?:[A-Z][\w+-]*\s){0,3}(?:T[- ])?cells?(?:\s?/\s?kg|\sper\skg)?)?",
    _I,
)
