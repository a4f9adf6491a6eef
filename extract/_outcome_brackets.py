"""Brackets behind a value that tell endpoints of their own: "43% (12/28; 3 CR, 9 PR), 21% (...)"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._outcome_cells import Cell
from ._outcome_terms import Term


def brackets(
    text: str, terms: Sequence[Term], cells: Sequence[Cell], end: int
) -> list[tuple[Cell, list[Cell], int, int]]:
    """(value, values told in its bracket, start and end of the bracket), where the bracket names endpoints of its own."""
    found: list[tuple[Cell, list[Cell], int, int]] = []
    for x in cells:
        if x.kind not in ("rate", "count"):
            continue
        behind = _OPENS.match(text, x.hi)
        if not behind and not re.search(r"[(\[][^()\[\]]*\Z", text[x.start : x.hi]):
            continue
        a = behind.end() if behind else x.hi
        b = _closes(text, a, end)
        if b < 0 or ("(" in text[a:b] and re.search(r"\b(?:each|respectively)\b", text[a:b])):
            continue  # "[1 each with a partial response (PR) and a CR in DL 2 and 3, respectively]" goes on with its sentence
        mine = [c for c in cells if c is not x and a <= c.lo and c.hi <= b and c.kind in ("count", "bare", "rate")]
        if mine and any(a <= t.start and t.end <= b and t.kind == "response" for t in terms):
            mine += [c for c in cells if c.kind == "time" and a <= c.lo and c.hi <= b]
            found.append((x, sorted(mine, key=lambda c: c.lo), a, b))
    return found


_OPENS = re.compile(
    r"\)?(?:\s(?:in|for|with)\s(?:the\s)?[A-Za-z][^()\[\]\d,;.]{1,40}|[^()\[\],;:]{1,45}?\s(?:patients|pts)|"
    r"\s(?:overall|in total|in all))?\s?[(\[]"
)  # "65% in melanoma (6 CR/9 PR)", "11 of 17 3 mg/kg treated patients (1 PR, 10 SD)"


def _closes(text: str, a: int, end: int) -> int:
    """Where the bracket closes that opened before a place, -1 where it does not."""
    depth = 0
    for k in range(a, min(end, a + 260)):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(text[k], 0)
        if depth < 0:
            return k
    return -1
