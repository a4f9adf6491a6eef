"""Cell numbers: the grammar that reads 2.5 × 10^8 CAR+ cells/kg, 1-10x109 cells, 100 million cells, 1亿, 10(6)/kg.

Works on normalised text. A superscript may be lost (2.5 x 108 is 2.5e8), so a number is kept apart from what it
counts: the unit behind it, or behind the list it stands in, says whether it is a dose of cells at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

_N = r"(?:\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
_EXP = r"(?:1[0-2]|0?[3-9])(?![\d%]|\.\d)"
_RAISE = r"(?:\s*(?:\^|\*\*|\(|\[|<sup>|[eE]\+?)\s*\+?\s*)"
_LEVEL = r"(?:\s?\((?:DL|dose level|level|cohort|group)\s?-?\d\w?\))?"
_COUNTED = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_NUMBER = re.compile(
    rf"(?<![\w.^])(?:(?P<m>{_N})\s?\)?{_LEVEL}\s?(?:[xX×✕⨯∗*·•]|times)\s?10(?P<r>{_RAISE}?\s?)(?P<e>{_EXP})(?:\s?[)\]]|</sup>)?"
    rf"|10(?P<r1>{_RAISE})(?P<e1>{_EXP})(?:\s?[)\]]|</sup>)?"
    r"|10(?P<e2>1[0-2]|[4-9])"
    r"(?=[ -]?(?:(?:total|viable|CAR|TCR|NK|T|CIK|TIL|γδ)[\w+.\-]* ?){0,3}(?:cells?\b|/kg"
    r"|kg\s?(?:\^?-1|⁻¹)|/m(?:eter|etre)?\^?\(?2))"
    rf"|(?P<m3>\d+(?:\.\d+)?)\s?[eE]\+?\s?(?P<e3>{_EXP})"
    rf"|(?P<m4>{_N}|(?i:{'|'.join(_COUNTED)})(?=\s(?:million|billion)))"
    r"\s?-?(?P<w4>million|billion|mio|M(?=\s?(?:-|to |and )\s?\d|\s?(?:CAR|T|NK|TILs?|viable|cells)\b))\b"
    rf"|(?P<m5>{_N})\s?(?P<w5>千万|百万|亿|万)"
    r"|(?P<m6>\d{1,3}(?:,\d{3}){2,}))",
    re.ASCII,
)
_WORDS = {"million": 6, "M": 6, "mio": 6, "billion": 9, "万": 4, "百万": 6, "千万": 7, "亿": 8}
_NOUN = (
    r"(?:[A-Za-z]*cells?\b|T-?cells?\b|lymphocytes?\b"
    r"|(?:[A-Z][A-Za-z0-9.]{0,9}-)?(?:CAR-?Ts?|CARTs?|CAR-?NKs?|TILs?|NKs?)\b(?! ?cells?| ?lymphocytes| ?[(+])|CTLs?\b|VSTs?\b"
    r"|[A-Z]{2,}[A-Za-z]{0,4}s\b(?=\s?/\s?kg)"
    r"|CARs?\b(?![+-]| (?:positive|[\w+.-]* ?(?:T|NK|cells?|lymphocytes)\b))"
    r"|个(?:[^,。;/]{0,14}?细胞)?|细胞)"
)
_BETWEEN = (
    r"(?:\s*(?!(?:and|or|to|was|were|will|is|are|in|on|by|with|followed|as|for|at|per|mg|mL|ml|IU|U|copies|of|via"
    r"|after)\b)"
    r"(?:[A-Za-zα-ω0-9+\-.®/]*[A-Za-zα-ω+]\)?|[A-Z]{2,}-?\d{2,4}\b)){0,5}?"
)
_PER = (
    r"\s*(?:/|per\b|每|a\b|(?=kg\s?(?:\^?-1|⁻¹)))\s*"
    r"(?P<per>kg|kilogram|千克|公斤|m\^?\(?2\)?|met(?:er|re)s?\s?(?:\^?2|²)|sq\.? ?m|square met|平方米)"
)
_UNIT = re.compile(
    rf"(?:\s?[(（]\s?±\s?\d+\s?%\s?[)）]\s?个?)?{_PER}|{_BETWEEN}\s*(?P<noun>{_NOUN})(?:{_PER.replace('<per>', '<per2>')})?",
    re.I,
)
_VOLUME = re.compile(
    r"\s*(?:(?:[A-Za-z0-9+\-]+\s*){0,3}(?:/|per\b)\s*(?:[mμu]?l\b|liter|litre|mm\^?3|mcl|dl|well|升|毫升|微升|d\b"
    r"|day|h\b)"
    r"|(?:copies|IU\b|U\b|units?\b|vp\b|pfu|TU\b|TCID|vg\b|viral|particles|genome|mg|ml\b|mL|g\b|Gy|cGy|mm|cm|μm|MIU"
    r"|美元|人|元|例)"
    r"|(?:CD34|TNC|MNC|nucleated|mononuclear|stem|platelet|CFU|EID|plaque))",
    re.I,
)
_JOIN = re.compile(
    r"(?:\s*/?\s*(?:kg|m\^?2))?[\s,;:/、和及或与(]*(?P<to>-|~|to\b|through\b|up to\b|至|到|and up to\b)?"
    r"[\s,;(]*(?:(?:and|or|then|以及|或者)\b)?"
    r"[\s,<>≥≤]*(?:\(?(?:dose level|dose group|dose|level|cohort|DL|group|arm)\s*-?\w{0,2}\s*[:=)(]?)?[\s:=,]*\Z",
    re.I,
)
_HEADS = re.compile(
    rf"(?<![\w.^-])((?:{_N}-?{_LEVEL}\s?(?:,\s?and\s|,\s?or\s|,|to\s|and\s|or\s|-|~|、|/|至|到|和|或)\s?)+)\Z"
)
_HEAD = re.compile(rf"({_N})-?{_LEVEL}\s?(,\s?and\s|,\s?or\s|,|to\s|and\s|or\s|-|~|、|/|至|到|和|或)\s?")
_POWERS = re.compile(r"(?<![\w.,^-])(?:10[4-9]\s?(?:,\s?and\s|,\s?or\s|,|to\s|and\s|or\s|-)\s?)+\Z")
_NOT_HEAD = re.compile(
    r"(?:days?|weeks?|week|months?|cohorts?|level|group|DL|grade|n ?=|phase|part|CD|IL|arm|第|\d\s?e)\s*-?\Z", re.I
)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of cells as printed at [start:end]; unit is cells, cells/kg, cells/m2 or None (not said)."""

    value: Decimal
    start: int
    end: int
    unit: str | None = None
    flat: bool = False  # the superscript was lost
    partner: Decimal | None = None  # the other bound where the two are printed as a range
    after: int = 0  # where the unit's words end

    def printed(self, unit: str) -> str:
        """Normalised: mantissa, power of ten, unit.

        >>> Count(Decimal("250000000"), 0, 1).printed("cells")
        '2.5e8 cells'
        """
        return f"{short(self.value)} {unit}"


def short(value: Decimal) -> str:
    """A number as mantissa and power of ten.

    >>> short(Decimal("1000000"))
    '1e6'
    """
    power = value.adjusted()
    return f"{value.scaleb(-power).normalize():f}e{power}"


def counts(text: str) -> Iterator[list[Count]]:
    """Lists of cell numbers in one sentence; those of a list share the unit that one of them prints.

    >>> [[c.printed(c.unit) for c in g] for g in counts("0.5 - 1.0×106 CAR+ cells/kg, capped at 10^8 cells")]
    [['5e5 cells/kg', '1e6 cells/kg'], ['1e8 cells']]
    """
    group: list[Count] = []
    for c in _single(text):
        joint = _JOIN.match(text[group[-1].after : c[0].start]) if group else None
        if group and joint:
            if joint["to"] and len(c) == 1 and group[-1].value < c[0].value:
                group[-1], c = replace(group[-1], partner=c[0].value), [replace(c[0], partner=group[-1].value)]
            group += c
        else:
            if group:
                yield _share(group)
            group = c
    if group:
        yield _share(group)


def _share(group: list[Count]) -> list[Count]:
    """Give each number of a list the next unit printed behind it, else the last one before it."""
    unit = None
    out: list[Count] = []
    for c in reversed(group):
        unit = c.unit or unit
        out.append(replace(c, unit=unit))
    out.reverse()
    last = next((c.unit for c in reversed(group) if c.unit), None)
    return [c if c.unit else replace(c, unit=last) for c in out]


def _single(text: str) -> Iterator[list[Count]]:
    """Each number with the plain numbers before it that share its power (3-, 6-, and 10×10^6)."""
    for m in _NUMBER.finditer(text):
        value, scale = _value(m)
        if value is None or _VOLUME.match(text, m.end()):
            continue
        unit, after = _unit(text, m.end())
        flat = m["e2"] is not None or (m["r"] is not None and not m["r"].strip())
        if m["m6"] and unit is None:
            continue
        here = Count(value, m.start(), m.end(), unit, flat, None, after)
        if m["e2"]:
            yield [*_powers(text, m.start()), here]
            continue
        yield [*_heads(text, m.start(), here, scale), here] if m["m"] or m["m3"] or m["w4"] or m["w5"] else [here]


def _powers(text: str, at: int) -> Iterator[Count]:
    """Bare powers of ten that lost their superscripts, in the list before one that has its unit (106, 107 and 108 /kg)."""
    listed = _POWERS.search(text[max(0, at - 40) : at])
    base = max(0, at - 40)
    for p in re.finditer(r"10([4-9])", listed[0]) if listed else ():
        start = base + listed.start() + p.start() if listed else 0
        yield Count(Decimal(10) ** int(p[1]), start, start + 3, None, True, None, start + 3)


def _value(m: re.Match[str]) -> tuple[Decimal | None, int]:
    g = m.groupdict()
    mantissa = next((g[k] for k in ("m", "m3", "m4", "m5", "m6") if g[k]), "1").replace(",", "")
    power = next((int(g[k]) for k in ("e", "e1", "e2", "e3") if g[k]), 0) or _WORDS.get(g["w4"] or g["w5"] or "", 0)
    value = Decimal(_COUNTED.get(mantissa.lower(), mantissa)).scaleb(power)
    return (value if 1000 <= value < Decimal(10) ** 13 else None), power


def _unit(text: str, at: int) -> tuple[str | None, int]:
    m = _UNIT.match(text, at)
    if not m:
        return None, at
    per = (m["per"] or m["per2"] or "").lower()
    kind = "/kg" if per.startswith(("k", "千", "公")) else "/m2" if per else ""
    return (None, at) if _VOLUME.match(text, m.end()) and not per else ("cells" + kind, m.end())


def _heads(text: str, at: int, last: Count, scale: int) -> list[Count]:
    """Plain numbers right before a number with a power, where they rise towards it."""
    m = _HEADS.search(text[max(0, at - 80) : at])
    base = max(0, at - 80)
    if not m or _NOT_HEAD.search(text[: base + m.start()][-12:]):
        return []
    found: list[Count] = []
    for h in _HEAD.finditer(m[1]):
        value = Decimal(h[1].replace(",", "")).scaleb(scale)
        start = base + m.start() + h.start()
        is_range = h[2].strip() in ("to", "-", "~", "至", "到")
        found.append(
            Count(value, start, start + len(h[1]), None, last.flat, last.value if is_range else None, start + len(h[1]))
        )
    values = [c.value for c in found] + [last.value]
    return found if all(0 < a < b for a, b in zip(values, values[1:], strict=False)) else []
