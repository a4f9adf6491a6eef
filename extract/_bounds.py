"""Bounds: comparator, number and unit behind the name of an analyte, the two of a range, and on what condition.

Comparators are read in words and signs of both languages; a bound that holds for some patients only (with liver
metastases, on anticoagulants) is marked. A list of scores (0, 1 or 2) is a range.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ._units import NUMBER, Unit, number, unit_at


@dataclass(frozen=True, slots=True)
class Bound:
    """A number with its comparator, read at [start:end]."""

    comparator: str
    value: Decimal
    unit: Unit | None
    start: int
    end: int


_GE = (
    r"≥|>\s?/?\s?=|=\s?>|>/=|⩾|≧|&ge;|≮|(?:greater|higher|more|larger|older|better)(?: than)?(?:,? or"
    r"|/) ?equals? ?(?:to"
    r"|than)?|at least"
    r"|(?:not?|never) (?:be )?(?:less|lower|fewer|younger|worse) than|not below|(?:a )?minimum(?: of)?"
    r"|equal(?: to)? (?:or|and) (?:greater|more|higher|above|larger|over)(?: than)?"
    r"|大于(?:或)?等于|不低于|不少于|不小于|至少|高于或等于|超过或等于|不得?低于"
)
_LE = (
    r"≤|<\s?/?\s?=|=\s?<|</=|⩽|≦|&le;|≯|(?:less|lower|fewer|smaller)(?: than)?(?:,? or|/) ?equals? ?(?:to|than)?"
    r"|(?:not?|never) (?:be )?(?:more|greater|higher|over|older|larger) than|not? (?:to )?exceed(?:ing|s)?"
    r"|does not exceed|up to|at most|(?:a )?maximum(?: of)?"
    r"|equal(?: to)? (?:or|and) (?:less|lower|below|fewer)(?: than)?|小于(?:或)?等于|不超过|不高于|不大于|不多于"
    r"|至多|低于或等于"
)
_GT = (
    r">|&gt;|(?:greater|more|higher|older|larger|longer|better) than|more then|above|over|exceed(?:s|ing)?|beyond"
    r"|大于|高于|超过|多于|大於"
)
_LT = r"<|&lt;|(?:less|lower|younger|fewer|smaller|shorter) than|below|under|小于|低于|少于|不足|不到|短于"
_CMP = (
    rf"(?:(?P<ge>{_GE})|(?P<le>{_LE})|(?P<gt>{_GT})|(?P<lt>{_LT})"
    r"|(?P<eq>(?<![<>=/])=(?![<>=]))|(?P<of>(?<=\s)of(?=\s))?)"
)
_SIGNS = ((">=", "ge"), ("<=", "le"), (">", "gt"), ("<", "lt"), ("=", "eq"))
_BOUND = re.compile(rf"{_CMP}\s*(?:the |a |an )?(?P<n>{NUMBER})(?![A-WYZa-wyz]\d)", re.I)
_STRICT = re.compile(rf"(?:(?P<ge>{_GE})|(?P<le>{_LE})|(?P<gt>{_GT})|(?P<lt>{_LT}))\s*(?P<n>{NUMBER})", re.I)
_TO = re.compile(rf"\s*(?:-|~|to\b|through\b|and\b|至|到|/|,|or\b|或)\s*(?P<n>{NUMBER})", re.I)
_AFTER = re.compile(
    r"\s*(?:\(inclusive\)\s*)?(?:years? of age |of age |old |points? )?,?\s*"
    r"(?:(?P<up>(?:or|and) (?:more|greater|higher|above|older|over|better|up\b)|及以上|或以上|以上|and up)|"
    r"(?P<down>(?:or|and) (?:less|lower|below|younger|under|fewer)|及以下|或以下|以下|以内))",
    re.I,
)
_FILLER = re.compile(
    r"(?:\s|[:,=/*_\"']|\((?:[^()]|\([^()]*\)){0,60}\)|\[[^\]]{0,30}\]|[A-Za-zα-ωμ\-']++\.?|[\u3400-\u9fff、（）：，]"
    r"|\)){0,28}?",
    re.I,
)
_BREAK = re.compile(
    r"\b(?:within|transfus\w*|support|prior|previous|if|unless|until|prolong\w*|extend\w*|decreas\w*|declin\w*|drop"
    r"|reduc\w*|increas\w*|elevat\w*"
    r"|since|before|after|lesions?|therap\w+|lines?|regimens?|for|weeks|days|hours|grade|who|during|mutation|ratio"
    r"|over the|A1c)\b"
    r"|输注|内|延长|下降|既往|支持|治疗|如果",
    re.I,
)
_COND = re.compile(
    r"\b(?:if|unless|in case|when|where|for (?:patients|subjects|participants|those)|(?:patients|subjects"
    r"|participants|those) with|with (?:known |documented )?"
    r"(?:liver|hepatic|bone|Gilbert)|metasta\w+|Gilbert\w*|in (?:the )?(?:presence|patients|subjects|participants"
    r"|setting)|on (?:\w+ )?anticoag|except|involvement"
    r"|low risk|intermediate risk|low-risk)|肝转移|骨转移|吉尔伯特|Gilbert|如(?:有|果|存在)|若|患者[^,。]{0,6}者|存在",
    re.I,
)


_COND_BEFORE = re.compile(
    r"\b(?:if|when|in case|unless|for (?:patients|subjects|participants|those)|metasta\w+|Gilbert\w*|(?:low"
    r"|intermediate)[- ]risk)\b"
    r"|肝转移|如果|若",
    re.I,
)
_NEXT_TO = re.compile(r"[\s,;()]*(?:and|or|but|且|并且|或|和|to)?[\s,(]*\Z", re.I)
_WORD_AFTER = re.compile(
    r"\s?(?!\s?(?:and|or|if|for|unless|without|with|at|in|as|on|by|who|per|points?|score|scale|is|are|not|to|but"
    r"|prior|during|until"
    r"|within|measured|assessed|obtained|inclusive|unsupported|cells|AND|OR)\b)[A-Za-z°℃/]|\s?\.\s?\d"
)


def bounds(
    text: str, span: tuple[int, int], stop: int, families: frozenset[str], scored: bool
) -> Iterator[tuple[Bound, bool]]:
    """Bounds behind a name that stands at `span`, up to `stop`, and whether each holds under a condition only.

    The first stands right behind the name, later ones have their own sign; `families` are the units that can be
    the name's, `scored` says that it is a score.
    """
    start, at = span
    low_high = _first(text, at, stop, scored)
    if low_high is None:
        return
    before = re.split(r"[;:.。；：]", text[max(0, start - 70) : start])[-1]
    conditional = bool(_COND_BEFORE.search(before))
    for b in low_high:
        yield b, conditional or _conditioned(text, b.end, stop)
    end = low_high[-1].end
    for m in _STRICT.finditer(text, end, min(stop, end + 160)):
        if m.start() < end:
            continue
        gap = text[end : m.start()]
        if not (_NEXT_TO.match(gap) or (_COND.search(gap) and not re.search(r"\b(?:age|years|grade|lesions?)\b", gap))):
            return
        for b in _read(text, m):
            if b.unit and b.unit.family in families or not b.unit and _NEXT_TO.match(gap) and "none" in families:
                end = b.end
                yield b, bool(_COND.search(gap)) or conditional or _conditioned(text, b.end, stop)


_CLAUSE = re.compile(r"(?:\A|[,;:(，；：（]|\b(?:or|and)|或|且)\s*\Z", re.I)
_LINK = re.compile(r"\s*(?:points?|score)?\s*(?:in|on|of|for)?\s*(?:the )?", re.I)


def bounds_before(text: str, low: int, start: int, families: frozenset[str], scored: bool) -> list[Bound]:
    """The bound right before a name, where it begins its clause (≥50 mL/min creatinine clearance; 0-2 in ECOG)."""
    for m in _BOUND.finditer(text, low, start):
        found = _read(text, m) if _CLAUSE.search(text[low : m.start()]) else []
        told = [b for b in found if (b.unit.family in families if b.unit else scored)]
        if told and found[-1].end <= start and _LINK.fullmatch(text[found[-1].end : start]):
            return told
    return []


def _conditioned(text: str, at: int, stop: int) -> bool:
    """Whether what follows a bound says for whom it holds; words that lead to a further bound belong to that one."""
    tail = text[at : min(stop, at + 90)]
    cut = re.search(r"[.;。；]|≤|≥|<|>|\bor\b", tail)
    if cut and cut[0] in "≤≥<>":
        return False
    own = tail[: cut.start()] if cut else tail
    lead = re.match(r"\s*[,(]?\s*(?:if|in|for|when|with|on|where)\b|\s*[,(]?\s*(?:如|若|肝转移|存在)", own, re.I)
    return bool(lead and _COND.search(own))


def _first(text: str, at: int, stop: int, scored: bool) -> list[Bound] | None:
    """The bound (or the two of a range) that follows a name after words of no weight."""
    limit = min(stop, at + 110)
    for m in _BOUND.finditer(text, at, min(len(text), limit + 12)):
        gap = text[at : m.start()]
        if m.start() > limit or not _FILLER.fullmatch(gap) or _BREAK.search(re.sub(r"\([^()]*\)", "", gap)):
            return None
        if gap.count("(") > gap.count(")"):
            continue
        if "score" in gap and not scored:
            return None
        return _read(text, m) or None
    return None


def _read(text: str, m: re.Match[str]) -> list[Bound]:
    """Bounds at a match of a number: one with its comparator, or two of a range."""
    value = number(m["n"])
    unit = unit_at(text, m.end())
    end = unit.end if unit else m.end()
    groups = m.groupdict()
    sign = next((s for s, k in _SIGNS if groups.get(k)), None)
    if sign is None or sign == "=":
        to = _TO.match(text, end)
        if to:
            return _range(text, m, value, unit, to)
    after = _AFTER.match(text, end)
    if after and sign in (None, "="):
        sign, end = (">=" if after["up"] else "<="), after.end()
    if sign is None or (unit is None and _WORD_AFTER.match(text, end)):
        return []
    return [Bound(sign, value, unit, m.start(), end)]


def _range(text: str, m: re.Match[str], low: Decimal, unit: Unit | None, to: re.Match[str]) -> list[Bound]:
    """low-high, also 0, 1 or 2; a list of scores is the range from its lowest to its highest."""
    high = number(to["n"])
    while more := _TO.match(text, to.end()):
        to, high = more, number(more["n"])
    second = unit_at(text, to.end())
    if high <= low or (unit and second and unit.family != second.family):
        return []
    unit = second or unit
    end = second.end if second else to.end()
    return [Bound(">=", low, unit, m.start(), end), Bound("<=", high, unit, m.start(), end)]
