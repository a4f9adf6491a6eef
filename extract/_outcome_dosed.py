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
