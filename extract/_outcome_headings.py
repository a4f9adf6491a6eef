"""Headings of a review: lines in bold or behind a hash, which name the trial or product told of below and close the one above.

The reading form has lost the stars of a bold line, so headings are found in the original text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from trialkb.terms import mentions
from trialkb.text import Normal

from ._outcome_journals import published
from ._outcome_opened import NO_TRIAL
from ._outcome_study import PRODUCT, named

_LINE = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+(?P<hash>[^\n]{2,200})|(?P<mark>\*\*|__)(?P<bold>[^\n*]{2,200})(?P=mark)"
    r"[ \t]*(?:\[[^\[\]\n]{1,20}\])?[ \t]*[:：]?)[ \t]*$",
    re.M,
)
_NOT = re.compile(r"\d\s?%|\d\s?(?:months|个月)|[.。!?]\s*\Z|\A\s*\d{1,2}[.)]\s.{0,160}\b(?:was|were|showed)\b")
_CAPS = (
    r"(?:[A-Z]{4,24}|[A-Z][A-Za-z]{0,12}[a-z][A-Z][A-Za-z]{0,12})"
    r"(?:[ -](?:NHL|CLL|FL|MM|MCL|LBCL|WORLD))?(?:[ -]\d{1,3}[A-Z]?)?"
)
_TRIAL = re.compile(rf"(?<![\w-])(?P<name>{_CAPS})(?![\w-])(?P<noun>\s(?:trial|study|phase|update|试验|研究))?")
_DRUG = re.compile(
    r"(?<![\w-])[A-Za-z]{4,24}(?:mab|tinib|toclax|lidomide|zomib|leucel|alfa|fusp)(?![\w-])|"
    r"(?<![\w-])[A-Za-z]{2,16}-cel(?![\w-])",
    re.I,
)
_PART = re.compile(
    r"\s*(?:\d{1,2}[.)]\s)?(?:key |main |clinical |primary )?"
    r"(?:efficacy|safety|tolerability|results?|toxicit\w+|responses?|survival|"
    r"durability|outcomes?|design|data|findings|follow-up|adverse events|population|patients|疗效|安全性|有效性|结果|不良反应)"
    r"(?:\s?(?:and|&|/|与|和|及)\s?(?:efficacy|safety|toxicity|tolerability|survival|durability|疗效|安全性))?\s*[:：]?\s*\Z",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in the reading form: the trial that it names, or else the product; part: it heads a part of what is told."""

    start: int
    end: int
    trial: str | None
    product: str | None
    part: bool


def headings(form: Normal, original: str) -> tuple[Heading, ...]:
    """The headings of a text."""
    found = []
    for m in _LINE.finditer(original) if "**" in original or "#" in original or "__" in original else ():
        words = m["hash"] or m["bold"]
        if _NOT.search(words):
            continue
        plain = re.sub(r"\*{1,2}|\[[^\[\]]{1,20}\]", "", words).strip(" :：")
        a, b = bisect_left(form.starts, m.start()), bisect_left(form.starts, m.end())
        trial, product = trial_of(plain), product_of(plain)
        found.append(Heading(a, b, trial, product, bool(_PART.match(plain))))
    return tuple(found)


def trial_of(words: str) -> str | None:
    """The one trial that a heading names, by its id, its name, or where it was published.

    >>> trial_of("Liso-cel, TRANSCEND NHL 001")
    'TRANSCEND NHL 001'
    >>> trial_of("CAR T cells in DLBCL")
    """
    known = list(dict.fromkeys(named(words)))
    ids = [x for x in known if re.match(r"NCT\d|ChiCTR|ISRCTN", x)]
    if ids or known:
        return ids[0] if len(ids) == 1 else known[0] if not ids and len(known) == 1 else None
    if words.upper() == words and " " in words:
        return None  # a heading in capitals
    targets = [(t.start, t.end) for t in mentions(words, frozenset({"target"}))]
    found = [
        m
        for m in _TRIAL.finditer(words)
        if not NO_TRIAL.fullmatch(m["name"]) and not any(a < m.end("name") and m.start() < b for a, b in targets)
    ]
    product = product_of(words)
    told = [m["name"] for m in found if m["noun"] or m[0] == words or (product and m["name"] not in product)]
    if len(told) == 1:
        return told[0]
    return published(words)


def product_of(words: str) -> str | None:
    """The product that a heading names.

    >>> product_of("CTX112 / zugocaptagene geleucel")
    'CTX112'
    """
    targets = [(t.start, t.end) for t in mentions(words, frozenset({"target"}))]
    found = [m for p in (PRODUCT, _DRUG) for m in p.finditer(words) if "单抗" not in m[0]]
    return next((m[0] for m in found if not any(a < m.end() and m.start() < b for a, b in targets)), None)
