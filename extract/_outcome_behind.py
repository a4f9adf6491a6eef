"""Values whose endpoint stands behind them: "24% were in CR and 41% in PR", "14.8 vs 13.1 months OS"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._outcome_cells import Cell, bare_words
from ._outcome_near import suits
from ._outcome_terms import Term

_I = re.I | re.A
_STATES = ("sCR", "CR", "CRi", "VGPR", "PR", "SD", "PD")
_IN = re.compile(
    r"[\s)\]]*(?:(?:of\s(?:the\s|these\s|all\s)?)?(?:patients|pts|cases|children|them)\s)?(?:being\s|still\s|remaining\s)?"
    r"(?:in\s(?:an?\s)?|(?:had\s|having\s|achieving\s|attaining\s|with\s)?an?\s)?(?:continuous\s|ongoing\s|sustained\s)?", _I
)
_NOT_THOSE = re.compile(
    r"[\s)]*(?:\([^()]*\)\s?)?(?:patients|pts|rate|rates|group|compared|versus|vs\.?|than|"
    r"at (?:transplant|HSCT|infusion))\b", _I
)
_JOINED = re.compile(r"[\s)\]]*[,;]?\s?(?:(?:and|but|while|whereas|with|versus|vs\.?)\s)?(?:only\s|a further\s|another\s)?", _I)
_WITH = re.compile(r"[\s)\]]*(?:\([^()]*\))?,?\s(?:(?:with|including)\s(?:only\s)?|[(\[])", _I)
_NUMBERS = ("rate", "count", "bare")
_RESPONDED = ("ORR", "DCR", "CBR")


def in_state(text: str, terms: Sequence[Term], cells: Sequence[Cell], i: int, done: dict[int, list[Term]]) -> list[Term]:
    """The state right behind a share that goes on with one whose own state, or response, was told before.

    "24% of the patients were in CR and 41% in PR" has two subjects; "the ORR was 81% with 57% in CR" a part of the first.
    """
    c = cells[i]
    told = done.get(i - 1) or [] if i else []
    t = next((t for t in terms if t.start >= c.hi), None)
    if len(told) != 1 or t is None or t.id not in _STATES or t.rate:
        return []
    words = text[c.hi : t.start] + (t.words[:3] if t.words.lower().startswith("in ") else "")
    if not re.search(r"\bin\s", words) or not _IN.fullmatch(words) or _NOT_THOSE.match(text, t.end):
        return []
    last, known = cells[i - 1], told[0]
    alike = last.kind in _NUMBERS and (c.kind == "rate" or last.kind != "rate")
    if not alike or known.id == t.id:
        return []
    own = last.hi <= known.start and known.id in _STATES and _JOINED.fullmatch(bare_words(text[known.end : c.lo]))
    since = max(last.hi, known.end) if known.id in _RESPONDED or known.kind == "generic" else len(text)
    part = since <= c.lo and _WITH.fullmatch(bare_words(text[since : c.lo]))
    return [t] if own or part else []


_PAIR = re.compile(r"\s?(?:and|vs\.?|versus|v|compared (?:with|to))\s(?:(?:an?\s)?median of\s)?", _I)
_SHUT = re.compile(r"(?:,\s|\s)respectively\b|\s?[;)]|\s?,?\sand\s(?:(?:an?\s)?median of\s)?\d|\.?\s?\Z", _I)


def noun_behind(text: str, terms: Sequence[Term], cells: Sequence[Cell], i: int) -> Term | None:
    """The endpoint right behind a pair of times of which this is one: "median of 8.0 months and 7.1 months EFS, respectively"."""
    for a, b in ((i, i + 1), (i - 1, i)):
        if a < 0 or b >= len(cells) or {cells[a].kind, cells[b].kind} != {"time"}:
            continue
        t = next((t for t in terms if t.start >= cells[b].hi), None)
        behind = t and re.fullmatch(r"\s(?:of\s)?(?:median\s)?", text[cells[b].hi : t.start]) and suits(t, cells[b])
        if t and behind and _PAIR.fullmatch(text[cells[a].hi : cells[b].lo]) and _SHUT.match(text, t.end):
            return t
    return None
