"""What an endpoint is defined as in a bracket behind it: "Responses (at least 50% decrease) were seen in 4 of 15"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._outcome_cells import Cell
from ._outcome_terms import Term

_DEFINED = re.compile(
    r"\s?[(\[](?:defined as\s|i\.e\.,?\s|that is,?\s)?(?:an?\s)?(?:at least|≥|>=|>|> or =|more than|greater than|a minimum of)\s?"
    r"(?:or equal to\s)?(?:an?\s)?\d{1,3}\s?%\s(?:or (?:more|greater)\s)?(?:[a-z-]+\s){0,5}?"
    r"(?:decreases?|reductions?|improvements?|shrinkage|declines?|regressions?|drops?|clearance|fall)\b[^()\d]{0,60}[)\]]", re.I
)


def without_criteria(text: str, terms: Sequence[Term], cells: Sequence[Cell]) -> tuple[list[Term], list[Cell]]:
    """Terms and values without those that only say what counts as a response."""
    spans = []
    if any(c.kind == "rate" and c.num is None and text[c.hi : c.hi + 1] == " " for c in cells):
        found = (_DEFINED.match(text, t.end) for t in terms if t.kind in ("response", "generic"))
        spans = [m.span() for m in found if m]
    if not spans:
        return list(terms), list(cells)
    return (
        [t for t in terms if not any(a <= t.start < b for a, b in spans)],
        [c for c in cells if not any(a <= c.lo < b for a, b in spans)],
    )
