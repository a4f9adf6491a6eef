"""Two grades told side by side, whose values follow in their order: "any-grade and grade 3 CRS in 88% and 7%"."""

from __future__ import annotations

import re

_I = re.I | re.A
PAIR = re.compile(
    (
        r"(?P<a>any[- ]grades?|all[- ]grades?|grades?\s?[≥\d][\d\s≥/-]*)\s(?:and|,)"
        r"\s(?P<b>grades?\s?[≥>]?\s?\d[\d\s/-]*(?:or (?:higher|greater))?)\s?[\w\s-]{0,24}\Z"
    ),
    _I,
)
PAIR_TOO = re.compile(  # "Any-grade and grade ≥3 CRS occurred in 88% and 7%, and ICANS in 31% and 12%"
    r"(?P<a>any[- ]grades?|all[- ]grades?|grades?\s?[≥\d][\d\s≥/-]*)\s(?:and|,)"
    r"\s(?P<b>grades?\s?[≥>]?\s?\d[\d\s/-]*(?:or (?:higher|greater))?)\s[^.;%\d]{2,70}\d+(?:\.\d+)?\s?%(?:\s\([^()]*\))?\sand\s"
    r"\d+(?:\.\d+)?\s?%(?:\s\([^()]*\))?(?:\sof\s(?:the\s|all\s)?(?:patients|pts))?(?:,\sand|,|\sand)\s\Z", _I)
PAIR_BEHIND = re.compile(
    r"\)?\s(?:of\s)?(?P<a>any[- ]grade|all[- ]grades?|grades?\s?[≥\d][\d\s≥/-]*?)\s(?:and|or|,)\s(?:of\s)?"
    r"(?P<b>grades?\s?[≥>]?\s?\d[\d/-]*(?:\sor (?:higher|greater|above))?)(?=\s)",
    _I,
)
