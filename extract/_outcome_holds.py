"""How far "no" and "all" reach where two toxicities are joined: what each of them holds for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ._outcome_reading import Reading
from ._outcome_terms import Term

_I = re.I | re.A
_AND = re.compile(r"\s?(?:\([^()\d]{1,40}\)\s)?and\s(?:any[- ]grade\s|mild\s|severe\s)?", _I)
_OWN_VERB = re.compile(
    r"\s(?:\([^()]{1,40}\)\s)?(?:(?:was|were|is|are)\s(?!(?:also\s|both\s|either\s)?(?:not\s|never\s)?(?:been\s)?(?:observed|seen|"
    r"reported|noted|recorded|detected|documented|found|encountered|identified|experienced|present|attributed|considered|"
    r"related)\b(?!\sin\s\d))\w|(?:occurred|developed)\sin\s\d)",
    _I,
)
_AND_THE = re.compile(r"\s(?:\([^()\d]{1,40}\)\s)?and\s(?:the\s)?\Z", _I)
_SHUT = re.compile(r"\s?(?:[.;,]|\Z|\((?!\s?(?:\d|n\s?=|grade))|(?:of|at)\sany\sgrade|(?:during|after|within|following)\b)", _I)


def within(text: str, told: Sequence[Reading]) -> Iterator[Reading]:
    """Readings in words without "CRS" of "there was no DLT and CRS was absent in 12 patients": a clause of its own."""
    told = [r for r in told if r.how != "none" or not _of_those(text, r)]
    told = [r for r in told if not (r.how == "none" and r.term.kind in _SHARES and _RESPONDERS.match(text, r.cell.start))]
    denied = {r.term.end for r in told if r.how == "none"}
    for r in told:
        joined = r.how == "none" and _AND_THE.search(text[max(0, r.term.start - 60) : r.term.start])
        first = joined and any(0 < r.term.start - end <= 50 for end in denied)
        if not (first and _OWN_VERB.match(text, r.term.end)):
            yield r


_SHARES = ("generic", "response")
_RESPONDERS = re.compile(  # "no confirmed responders have progressed" is not that nobody responded
    r"no\s(?:[\w-]+\s){0,3}?responders\s(?:ha(?:ve|d|s)\s)?(?:yet\s|since\s|disease\s)?"
    r"(?:progress|relaps|recur|died|lost|experienc|develop|discontinu|requir)",
    _I,
)


def _of_those(text: str, r: Reading) -> bool:
    """ "7 patients who were treated without cytoreduction were in remission": the verb of all stands between."""
    between = text[r.cell.start : r.term.start]
    return between[:7].lower() == "without" and bool(_MAIN.search(between))


_MAIN = re.compile(
    r"\s(?:remain(?:ed|s)|achieved|attained|obtained|reached|were|was|had|have|developed|experienced|showed)\s", _I
)


def all_too(text: str, terms: Sequence[Term], told: Sequence[Reading]) -> Iterator[Reading]:
    """ "All patients developed CRS and neurotoxicity": both."""
    spoken = {r.term.start for r in told}
    for r in told:
        if r.how != "all" or r.term.kind != "tox":
            continue
        t = next((t for t in terms if t.start >= r.term.end), None)
        joined = t and t.kind == "tox" and not t.rate and t.id not in ("OTHER_SAFETY", r.term.id)
        if joined and t and t.start not in spoken and _AND.fullmatch(text[r.term.end : t.start]) and _SHUT.match(text, t.end):
            yield replace(r, term=t)
