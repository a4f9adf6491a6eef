"""Thresholds: analyte, comparator, number, unit in one criterion (HGB < 80 g/L; ECOG 0-3; AST and ALT ≤ 2.5 × ULN).

Comparators are kept as printed, with the item's kind (inclusion or exclusion) beside them; a range is two bounds.
Traps: an age of childbearing or of donors, "platelet transfusion within 7 days", a prolongation of PT in seconds.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from ._units import NUMBER, Unit, canonical, number, unit_at


@dataclass(frozen=True, slots=True)
class Analyte:
    id: str
    families: frozenset[str]
    canonical: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Threshold:
    """One bound read at [start:end] of an item's normalised text."""

    analyte: str
    comparator: str
    value: str
    unit: str | None
    ucum: str | None
    start: int
    end: int
    rule: str
    conditional: bool = False
    canonical: str | None = None
    canonical_unit: str | None = None

    def printed(self) -> str:
        return " ".join(x for x in (self.analyte, self.comparator, self.value, self.unit) if x)


@dataclass(frozen=True, slots=True)
class _Bound:
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
_JOIN = re.compile(
    r"[\s()]*(?:\([^()]{0,60}\)|\[[^\]]{0,30}\])?[\s()]*(?:/|and/or|and|or|&|,|、|和|或|及|与|以及)?\s*(?:and "
    r"|or )?(?:the "
    r"|both |serum |total |in )*\s*\Z",
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
_PRESSURE_BEFORE = re.compile(r"\d\s?mm ?Hg\s*\Z", re.I)  # "> 140 mm Hg systolic": _stages reads these
_NEXT_TO = re.compile(r"[\s,;()]*(?:and|or|but|且|并且|或|和|to)?[\s,(]*\Z", re.I)
_WORD_AFTER = re.compile(
    r"\s?(?!\s?(?:and|or|if|for|unless|without|with|at|in|as|on|by|who|per|points?|score|scale|is|are|not|to|but"
    r"|prior|during|until"
    r"|within|measured|assessed|obtained|inclusive|unsupported|cells|AND|OR)\b)[A-Za-z°℃/]|\s?\.\s?\d"
)


@cache
def _table() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, Analyte]]:
    """Pattern over the words of all analytes (any case), one over acronyms in their own case, and the analytes."""
    source = files("trialkb.extract").joinpath("analytes.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(source.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    words = []
    cased = []
    for r in rows:
        parts = [w for w in (*r["words"].split(";"), r["zh"]) if w]
        words.append((r["id"], parts))
        cased.append((r["id"], [re.escape(w) for w in r["cased"].split(";") if w]))
    by_id = {
        r["id"]: Analyte(
            r["id"], frozenset(r["families"].split(",")), r["canonical"], Decimal(r["low"]), Decimal(r["high"])
        )
        for r in rows
    }
    return _pattern(words, re.I), _pattern(cased, re.NOFLAG), by_id


def _pattern(parts: list[tuple[str, list[str]]], flag: re.RegexFlag) -> re.Pattern[str]:
    """Alternatives with one group an analyte; creatinine clearance stands before creatinine and so on by length."""
    each = sorted(((id, w) for id, ws in parts for w in ws), key=lambda p: -len(p[1]))
    joined = "|".join(f"(?P<{id}_{k}>{w})" for k, (id, w) in enumerate(each))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{joined})(?![A-Za-z])", flag | re.ASCII)


def mentions(text: str) -> list[tuple[str, int, int]]:
    """Analytes named in a text: (id, start, end), in order, without overlaps."""
    words, cased, _ = _table()
    found = [
        (m.lastgroup.rsplit("_", 1)[0], m.start(), m.end())
        for p in (words, cased)
        for m in p.finditer(text)
        if m.lastgroup
    ]
    out: list[tuple[str, int, int]] = []
    for f in sorted(found, key=lambda f: (f[1], -f[2])):
        if not out or f[1] >= out[-1][2]:
            out.append(f)
    return out


def thresholds(text: str) -> Iterator[Threshold]:
    """All thresholds of one criterion, in order.

    >>> [t.printed() for t in thresholds("HGB <80 g/L; AST and ALT <= 2.5 x ULN; ECOG 0-3")]
    ['hemoglobin < 80 g/L', 'ast <= 2.5 ULN', 'alt <= 2.5 ULN', 'ecog <= 3']
    """
    found = mentions(text)
    taken = -1
    for k, (_, start, end) in enumerate(found):
        if start < taken or _PRESSURE_BEFORE.search(text[max(0, start - 12) : start]):
            continue
        nxt = found[k + 1][1] if k + 1 < len(found) else len(text)
        group = _group(text, found, k)
        if k + 1 < len(found) and _JOIN.match(text[end:nxt]) and nxt - end < 80:
            continue  # the next name takes this one along
        for b, conditional in _bounds(text, end, nxt, group, start):
            taken = b.end
            yield from _made(group, b, conditional)


def _group(text: str, found: list[tuple[str, int, int]], k: int) -> list[str]:
    """The analytes that share the bounds behind found[k]: those joined to it by and, or, a stroke."""
    ids: list[str] = []
    while k >= 0:
        if found[k][0] not in ids:
            ids.append(found[k][0])
        if k == 0 or not _JOIN.match(text[found[k - 1][2] : found[k][1]]) or found[k][1] - found[k - 1][2] >= 80:
            break
        k -= 1
    return ids[::-1]


def _made(group: list[str], b: _Bound, conditional: bool) -> Iterator[Threshold]:
    _, _, table = _table()
    for id in group:
        analyte = table[id]
        if not _fits(analyte, b) or (b.comparator == ">=" and b.value == 0):
            continue
        unit = b.unit if b.unit and b.unit.family in analyte.families else None
        name = unit.name if unit else None
        same = canonical(id, b.value, name, analyte.canonical)
        yield Threshold(
            id, b.comparator, f"{b.value:f}", name, unit.ucum if unit else None, b.start, b.end,
            "threshold.words" if unit else "threshold.no_unit", conditional, same, analyte.canonical if same else None,
        )  # fmt: skip


def _fits(analyte: Analyte, b: _Bound) -> bool:
    """Whether the number can be the analyte's: a unit of its families, or none where it may have none."""
    if b.unit:
        ok = b.unit.family in analyte.families
        return ok and (b.unit.name not in ("a", "wk", "mo", "d") or b.value < 5000)
    return "none" in analyte.families and analyte.low <= b.value <= analyte.high


def _bounds(text: str, at: int, stop: int, group: list[str], start: int) -> Iterator[tuple[_Bound, bool]]:
    """The bounds behind a name up to the next name: the first right behind it, later ones with their own sign."""
    _, _, table = _table()
    families = frozenset().union(*(table[g].families for g in group))
    first = _first(text, at, stop, group)
    if first is None:
        return
    low_high = first
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
        for b in _read(text, m, stop):
            if b.unit and b.unit.family in families or not b.unit and _NEXT_TO.match(gap) and "none" in families:
                end = b.end
                yield b, bool(_COND.search(gap)) or conditional or _conditioned(text, b.end, stop)


def _conditioned(text: str, at: int, stop: int) -> bool:
    """Whether what follows a bound says for whom it holds; words that lead to a further bound belong to that one."""
    tail = text[at : min(stop, at + 90)]
    cut = re.search(r"[.;。；]|≤|≥|<|>|\bor\b", tail)
    if cut and cut[0] in "≤≥<>":
        return False
    own = tail[: cut.start()] if cut else tail
    lead = re.match(r"\s*[,(]?\s*(?:if|in|for|when|with|on|where)\b|\s*[,(]?\s*(?:如|若|肝转移|存在)", own, re.I)
    return bool(lead and _COND.search(own))


def _first(text: str, at: int, stop: int, group: list[str]) -> list[_Bound] | None:
    """The bound (or the two of a range) that follows a name after words of no weight."""
    limit = min(stop, at + 110)
    for m in _BOUND.finditer(text, at, min(len(text), limit + 12)):
        gap = text[at : m.start()]
        if m.start() > limit or not _FILLER.fullmatch(gap) or _BREAK.search(re.sub(r"\([^()]*\)", "", gap)):
            return None
        if _inside(gap):
            continue
        if "score" in gap and not {"ecog", "kps", "lansky"} & set(group):
            return None
        return _read(text, m, stop) or None
    return None


def _inside(gap: str) -> bool:
    return gap.count("(") > gap.count(")")


def _read(text: str, m: re.Match[str], stop: int) -> list[_Bound]:
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
    return [_Bound(sign, value, unit, m.start(), end)]


def _range(text: str, m: re.Match[str], low: Decimal, unit: Unit | None, to: re.Match[str]) -> list[_Bound]:
    """low-high, also 0, 1 or 2; a list of scores is the range from its lowest to its highest."""
    high = number(to["n"])
    while more := _TO.match(text, to.end()):
        to, high = more, number(more["n"])
    second = unit_at(text, to.end())
    if high <= low or (unit and second and unit.family != second.family):
        return []
    unit = second or unit
    end = second.end if second else to.end()
    return [_Bound(">=", low, unit, m.start(), end), _Bound("<=", high, unit, m.start(), end)]
