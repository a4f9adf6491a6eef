"""What a value is of by the words right beside it: "77% for DOR", "(74% vs 61%)", "an R0 resection rate of 100%"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import WORD
from ._outcome_cells import VERSUS, Cell
from ._outcome_near import closest, people, suits
from ._outcome_subject import among, is_group, verb_of
from ._outcome_terms import Term

_I = re.I | re.A
_ADJECTIVES = re.compile(
    r"\s(?:(?:un)?confirmed|durable|transient|transitory|possible|new|mild|severe|"
    rf"grades?\s[1-5](?:-[1-5])?),?\s(?:and|or)\s(?:\d+|{WORD})\s"
    r"(?:(?:(?:un)?confirmed|durable|transient|transitory|new|mild|severe|grades?\s[1-5](?:-[1-5])?)\s)?\Z",
    _I,
)


_BOTH_OF = re.compile(rf"(?:\s(?:and|or|vs\.?|versus)\s|,\s(?:and\s)?|(?:\d+|{WORD})){{2,5}}\s", _I)  # "4 and 1 DLTs"


def shared_noun(text: str, c: Cell, ahead: Sequence[Term], end: int) -> Term | None:
    """ "one confirmed and two unconfirmed partial responses": both numbers are of the noun behind them."""
    t = next((t for t in ahead if suits(t, c)), None)
    both = t and _BOTH_OF.fullmatch(text[c.hi : t.start]) and re.search(r"\brespectively\b", text[t.end : end])
    return t if t and (both or _ADJECTIVES.fullmatch(text[c.hi : t.start])) else None


def of_difference(
    text: str, terms: Sequence[Term], cells: Sequence[Cell], i: int, done: dict[int, list[Term]]
) -> Term | None:
    """ "improved 1-year OS by 13% (74% vs 61%)": the two in the bracket are of what the difference was of."""
    if not i or done.get(i - 1) or cells[i - 1].kind != cells[i].kind:
        return None
    if text[cells[i - 1].hi : cells[i].lo] not in (" (", " [", "("):
        return None
    gap = text[cells[i].hi : cells[i + 1].lo] if i + 1 < len(cells) else ""
    versus = VERSUS.search(gap) or re.fullmatch(r"\s?[比对]\s?", gap)
    return closest(text, [t for t in terms if t.end <= cells[i - 1].start], cells[i]) if versus else None


_RATE_NAME = re.compile(r"c?ORRs?|RR|DCR|CBR|CRR?|PR|(?:overall |objective )?response rate")


def by_name(text: str, c: Cell, terms: Sequence[Term]) -> Term | None:
    """ "three partial responses (11% ORR)": the share is of the name that stands right behind it in the bracket."""
    t = next((t for t in terms if t.start >= c.end), None)
    opened = text[c.start - 1 : c.start] in ("(", "[")
    named = t and opened and text[c.end : t.start] == " " and _RATE_NAME.fullmatch(t.words)
    return t if t and named and re.match(r"[,;)\]]", text[t.end :]) else None


def a_case(text: str, c: Cell, t: Term, start: int) -> bool:
    """ "1 CR case and 12 PR cases": so many responded, where they are not those of whom something is told."""
    alone = re.fullmatch(r"(?:\d+|[A-Za-z-]+)\s(?:cases?\sof\s)?", text[c.lo : t.start])
    led = re.search(r"\b(?:of|in|among|for|from|the|these|all|with)\s\Z", text[start : c.lo], _I)
    return bool(t.kind == "response" and alone and not led and re.fullmatch(r"\s?cases?", text[t.end : c.hi]))


_SHARE_OF = re.compile(r"[\s)\]]*(?:of\s(?:the\s|these\s|all\s)?)?(?:(?:un)?confirmed\s|observed\s|objective\s)?", _I)


def share_of_responses(text: str, c: Cell, terms: Sequence[Term]) -> bool:
    """ "ten of the 12 confirmed responses were seen in ...": a share of responses, and none of patients."""
    t = next((t for t in terms if t.start >= c.hi), None)
    if not t or c.kind != "rate" or t.kind not in ("response", "generic") or t.rate:
        return False
    of_those = c.num is not None and c.den is not None and c.value is None and text[c.lo : c.hi].find("/") < 0
    many = re.search(r"(?:responses|remissions|CRs|PRs)\Z", t.words) is not None
    return of_those and many and bool(_SHARE_OF.fullmatch(text[c.hi : t.start]))


_OWN_RATE = re.compile(
    r"(?P<n>[A-Za-z][\w/-]*)\s(?!rates? ratio)rates?\s(?:\([^()]*\)\s)?(?:of|was|were)\s(?:only\s|about\s|"
    r"approximately\s)?\Z", _I
)
_NO_NOUN = re.compile(
    r"(?:an?|the|year|month|week|day|this|that|these|overall|total|cumulative|estimated|actuarial|crude|event|incidence|"
    r"its|their|such|same|\w+ing|"
    r"\w+-year|\w+-month|high|higher|low|lower|similar|respective|corresponding|whose)\Z", _I
)


def of_its_own_noun(text: str, terms: Sequence[Term], c: Cell, start: int) -> bool:
    """ "with an R0 resection rate of 100%": a rate that its own words name, and no endpoint of ours."""
    m = _OWN_RATE.search(text[max(start, c.lo - 60) : c.lo])
    if not m or _NO_NOUN.match(m["n"]):
        return False
    at = max(start, c.lo - 60) + m.start()
    return not any(t.end > at and t.start < c.lo for t in terms)


def compared_with(text: str, back: Sequence[Term], cells: Sequence[Cell], i: int, done: dict[int, list[Term]]) -> list[Term]:
    """ "31.6% in those without tocilizumab compared to 33% in those with it": what both are of, whatever names the people."""
    c, last = cells[i], cells[i - 1] if i else None
    if (head := _before_aside(text, cells, i, done)) is not None:
        return done[head]
    if not last or last.kind != c.kind or c.kind not in ("rate", "time") or not done.get(i - 1):
        return []
    own = [t for t in back if t.kind != "sink" and suits(t, c) and not people(text, t)]
    gap = text[last.hi : c.lo]
    if own or ";" in gap or len(gap) > 160 or not VERSUS.search(gap) or re.search(r"\d\s?%|\bHR\b|\bratio\b", gap):
        return []
    return done[i - 1]


def _before_aside(text: str, cells: Sequence[Cell], i: int, done: dict[int, list[Term]]) -> int | None:
    """ "in 56% (with 9% experiencing grade 3 reactions), compared with 78%": what is compared stands before the bracket."""
    shut = _SHUT.search(text[max(0, cells[i].lo - 60) : cells[i].lo])
    if shut is None:
        return None
    close = cells[i].lo - (len(shut[0]))
    opened = text.rfind("(", 0, close)
    k = next((k for k in range(i - 1, -1, -1) if cells[k].hi <= opened), None)
    inner = k is not None and any(done.get(j) and done[j] != done.get(k) for j in range(k + 1, i))
    alike = k is not None and cells[k].kind == cells[i].kind and bool(done.get(k))
    return k if inner and alike and re.match(r"\((?:with|including|of which|of whom)\b", text[opened:]) else None


_SHUT = re.compile(r"\),?\s(?:as\s)?(?:compared (?:with|to)|versus|vs\.?|than)\s(?:only\s)?(?:in\s)?\Z", _I)
_INCIDENCE = re.compile(r"\b(?:incidences?|rates?|frequenc(?:y|ies)|proportions?)\b(?:[^.;]|\.\d)*\Z", _I)
_FOR_WHAT = re.compile(
    r"[\s)\]]*(?:\([^()]*\)\s?)?for\s(?:the\s)?(?:(?:median|any|prolonged|severe|early|late|persistent|"
    r"(?:any-)?grade \S+)\s){0,2}", _I
)


def for_both(text: str, terms: Sequence[Term], c: Cell, first: Cell) -> Term | None:
    """ "(23.5% vs 11.8% for ORR, and 58.8% vs 35.3% for DCR)": the endpoint of a pair told behind it."""
    t = next((t for t in terms if t.start >= c.hi), None)
    if t is None or t.kind not in ("time", "response") or not suits(t, c) or not _FOR_WHAT.fullmatch(text[c.hi : t.start]):
        return None
    return t if VERSUS.search(text[first.hi : c.lo]) and re.match(r"\s?[,;)]", text[t.end : t.end + 2]) else None


_MEDIAN_OF_RANGE = re.compile(  # "(follow-up range 0.2-34.3 months; median 12.1 months)"
    r"(?:,?\s(?:\(|time\s)?ranged?)(?:\sfrom|:|,|\sof|\swas)?\s[\d.]+[^;()]{3,24}(?:;|,)\s(?:and\s)?(?:with an?\s)?median:?,?\s"
    r"(?:of\s|was\s)?\Z", _I
)


def for_what(text: str, terms: Sequence[Term], cells: Sequence[Cell], c: Cell, ahead: Sequence[Term]) -> Term | None:
    """ "Twelve-month estimates were 77% for DOR, 68% for PFS and 86% for OS": where no endpoint stands before them all."""
    if c.kind == "time" and (ranged := _MEDIAN_OF_RANGE.search(text, max(0, c.lo - 60), c.lo)):
        return next((x for x in terms if x.kind == "time" and x.end == ranged.start()), None)
    t = ahead[0] if ahead else None
    before = any(x.end <= cells[0].start and suits(x, c) and x.kind != "sink" for x in terms)
    if t is None or before or t.kind not in ("time", "response", "tox") or not suits(t, c) or people(text, t):
        return None
    if t.kind == "tox" and not _INCIDENCE.search(text[max(0, c.lo - 160) : c.lo]):
        return None  # "tocilizumab was given to 40% for CRS"
    return t if _FOR_WHAT.fullmatch(text[c.hi : t.start]) else None


def in_so_many(text: str, cells: Sequence[Cell], i: int, done: dict[int, list[Term]], t: Term) -> bool:
    """Whether a term already has its own number before it, so that a number of patients behind it is what that is of."""
    c = cells[i]
    near = range(max(0, i - 12), i)
    told = [k for k in near if done.get(k) == [t] and cells[k].hi <= t.start and cells[k].kind in ("bare", "count")]
    told += [k for k in near if share_of_responses(text, cells[k], [t])]
    return bool(told) and c.kind == "count" and c.noun and (c.value or 0) >= (cells[told[-1]].value or 0)


def responders(text: str, c: Cell, t: Term, start: int) -> bool:
    """ "five partial responders": so many responded, where they are not those of whom something is told."""
    known = re.search(r"\bof\b", text[c.lo : t.start]) or is_group(text, c, start) or among(text, c, start)
    verb = verb_of(text, c, len(text))
    return "responder" in t.words and not known and not (verb and verb["exposed"])
