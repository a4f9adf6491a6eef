"""Stages and classes as thresholds: CKD stage III and above, Child-Pugh C, NYHA class III/IV; and ages.

The order of classes is kept as printed: "III or IV" is >= 3, "A or B7" is <= B7, a class alone is =.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from ._thresholds import Threshold
from ._units import NUMBER, number

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_R = r"(?:IV|I{1,3}|V|[1-5])"
_UP = (
    r"(?:级|期)?[ ,]*(?:or|and|and/or)? ?"
    r"(?:above|higher|greater|worse|more|over|later|及以上|或以上|以上|或更高|或更差)"
)
_S = r"≥|>=|>|≤|<=|<"
_STEP = (
    rf"(?P<s>{_S})?\s?(?:class(?:es)?|grades?|stages?|第)?\s?(?P<s2>{_S})?\s?(?P<a>{_R})(?![A-Za-z0-9.])"
    r"(?:\s?[ab](?![A-Za-z]))?(?:级|期)?"
)
_NEXT = (
    rf"(?:\s?(?:-|~|to|or|and|/|,|、|或|和|至)\s?(?:class |stage |grade )?(?P<b>{_R})(?![A-Za-z0-9.]))?"
    rf"(?:\s?(?P<up>{_UP}))?"
)
_NYHA_NAME = r"(?:New York Heart Association(?: \(NYHA\))?|NYHA|N\.Y\.H\.A\.|纽约心脏(?:病)?(?:协会|学会)(?:\(NYHA\))?)"
_NYHA = re.compile(
    rf"{_NYHA_NAME}[^.;\d≥≤<>]{{0,60}}?(?:class(?:ification)?|grade|functional|心功能|分级|function|level"
    rf"|\b)[^.;\dA-Z≥≤<>]{{0,25}}?{_STEP}{_NEXT}"
    rf"|(?:class(?:es)?|grades?|心功能)\s?(?P<t>≥|>=|>)?\s?(?P<c>{_R})(?:\s?(?:-|~|to|or|and|/|、|或|和"
    rf"|至)\s?(?:class )?(?P<d>{_R}))?(?![A-Za-z0-9])"
    rf"(?:级)?(?:\s?(?P<up2>{_UP}))?[^.;0-9]{{0,70}}?{_NYHA_NAME}",
    re.I,
)
_CKD = re.compile(
    rf"(?:\bCKD\b|chronic kidney disease(?: \(CKD\))?|renal insufficiency"
    rf"|慢性肾脏?病(?:\(CKD\))?)[^.;\dA-Z≥≤<>]{{0,15}}?(?:stages?|grade|分期|第|(?=[\sIV1-5≥>]))\s?{_STEP}{_NEXT}",
    re.I,
)
_CHILD = re.compile(
    r"Child[- ]?Pug?[hg]e?s?(?:\s?[- ]?Turcotte)?\b[^.;≥≤<>\dA-Z]{0,6}(?:\((?:CP"
    r"|CTP)\))?(?P<w>[^.;≥≤<>\d]{0,30}?(?-i:(?<![A-Za-z])))\s?(?P<s>≥|>=|>|≤|<=|<)?\s?"
    r"(?:class|grade|score|of)?\s?(?P<s2>≥|>=|>|≤|<=|<)?\s?(?:(?-i:(?P<a>[ABC])(?![A-Za-z]))\s?-?(?P<an>[5-9]"
    r"|1[0-5])?|(?P<n>[5-9]|1[0-5])(?!\d|\s?%))(?:级)?"
    r"(?:\s?(?:or|to|and|-|~|/|,|或|和|至)\s?(?:class |grade )?(?-i:(?P<b>[ABC])(?![A-Za-z]))\s?(?P<bn>[5-9])?)?"
    r"(?P<up>(?:级)?\s?(?:or|and) ?(?:above|higher|greater|worse|more)|(?:级)?(?:及以上|或以上"
    r"|以上))?(?P<down>\s?(?:or|and) (?:less|lower|better|below)|(?:级)?(?:及以下|或以下|以下))?",
    re.I,
)


def stages(text: str) -> Iterator[Threshold]:
    """Classes in one criterion.

    >>> [t.printed() for t in stages("CKD Stage III and above; Child-Pugh Grade C; NYHA class III/IV")]
    ['nyha >= 3', 'ckd_stage >= 3', 'child_pugh = C']
    """
    for m in _NYHA.finditer(text):
        yield from _step(
            "nyha", m, m["a"] or m["c"], m["b"] or m["d"], m["s"] or m["s2"] or m["t"], m["up"] or m["up2"], 4
        )
    for m in _CKD.finditer(text):
        yield from _step("ckd_stage", m, m["a"], m["b"], m["s"] or m["s2"], m["up"], 5)
    for m in _CHILD.finditer(text):
        yield _child(m)


def _plain(sign: str) -> str:
    return sign.replace("≥", ">=").replace("≤", "<=")


_PRESSURE = re.compile(
    r"(?P<s>≥|>\s?/?=|>|≤|<\s?/?=|<|above|over|greater than|more than|exceed\w*|at least|大于|超过"
    r"|高于)\s?(?P<sys>\d{2,3})\s?(?:mm ?Hg\s?)?"
    r"(?:systolic|(?:/|over)\s?(?P<dia>\d{2,3})\s?(?:mm ?Hg|\b)"
    r"|(?=[^.;]{0,4}$))|(?P<s2>≥|>\s?/?=|>|≤|<\s?/?=|<|above|over|greater than"
    r"|more than)\s?(?P<dia2>\d{2,3})\s?mm ?Hg\s?diastolic",
    re.I,
)
_BP = re.compile(r"blood pressure|\bBP\b|hypertensi|血压", re.I)


def pressures(text: str) -> Iterator[Threshold]:
    """Blood pressures printed as a pair, or with systolic and diastolic behind the number.

    >>> [t.printed() for t in pressures("Blood pressure > 140/90 mmHg")]
    ['systolic_bp > 140 mmHg', 'diastolic_bp > 90 mmHg']
    """
    for m in _PRESSURE.finditer(text) if _BP.search(text) else ():
        sign = _sign(m["s"] or m["s2"])
        systolic = m["sys"] if m["dia"] or "systolic" in m[0].lower() else None
        for id, value in (("systolic_bp", systolic), ("diastolic_bp", m["dia"] or m["dia2"])):
            if value:
                yield Threshold(id, sign, value, "mmHg", "mm[Hg]", m.start(), m.end(), "threshold.pressure")


def _rank(words: str) -> int:
    return _ROMAN.get(words.lower()) or int(words)


def _step(
    id: str, m: re.Match[str], low: str, high: str | None, sign: str | None, up: str | None, top: int
) -> Iterator[Threshold]:
    a, b = _rank(low), _rank(high) if high else None
    if b is not None and b <= a:
        return
    if sign or up:
        bounds = [(_plain(sign or ">="), a)]
    elif b is None:
        bounds = [(">=" if a == top else "=", a)]
    elif b == top:
        bounds = [(">=", a)]
    elif a == 1:
        bounds = [("<=", b)]
    else:
        bounds = [(">=", a), ("<=", b)]
    for s, v in bounds:
        yield Threshold(id, s, str(v), None, "{score}", m.start(), m.end(), "threshold.stage")


def _child(m: re.Match[str]) -> Threshold:
    sign = m["s"] or m["s2"]
    if m["n"]:
        low, comparator = m["n"], sign or ("<=" if m["down"] else ">=" if m["up"] else "=")
    else:
        low = m["a"] + (m["an"] or "")
        high = (m["b"] + (m["bn"] or "")) if m["b"] else None
        comparator = sign or (">=" if m["up"] else "<=" if m["down"] else "=")
        if high:
            comparator, low = (">=", low) if high == "C" and m["a"] == "B" else ("<=", high)
    return Threshold("child_pugh", _plain(comparator), low, None, "{score}", m.start(), m.end(), "threshold.stage")


_Y = r"(?:years?|yrs?|y/?o|周?岁)"
_BEFORE = (
    r"(?:≥|>\s?=|>/=|>|≤|<\s?=|<|at least|older than|younger than|over|above|greater than or equal to|more than"
    r"|greater than|less than or equal to|less than|not older than|no older than"
    r"|大于等于|大于|小于等于|小于|不小于|不超过|满|up to|under|below|minimum of)"
)
_AGE = re.compile(
    rf"(?P<flip>{NUMBER})\s?{_Y}?\s?(?P<fs>≤|<=|<)\s?(?:age|年龄)s?\s?(?P<fs2>≤|<=|<)\s?(?P<flip2>{NUMBER})"
    rf"|(?P<cue>\bage[ds]?\b(?: range)?|年龄"
    rf"|\bof age\b)(?P<gap>[^\d;。≥≤<>]{{0,45}}?)\(?(?P<s>{_BEFORE})?\s?(?P<a>{NUMBER})(?P<au>\s?-?{_Y}"
    rf"|\s?(?:months?|个?月)|\s?(?:days?))?"
    rf"|(?P<s3>{_BEFORE})?\s?(?P<c>{NUMBER})(?P<cu>\s?-?(?:{_Y}|months?)(?: of age| old|-old)?)?",
    re.I,
)
_TO = re.compile(
    rf"(?:\s?(?:old|of age)\b)?\s?(?:\([^)]*\)\s?)?(?:,\s?)?(?:(?P<r>-|~|to|through|至|到|and(?= \d))\s?(?:age )?"
    rf"|(?:and|but|or|且|并且|,|、"
    rf"|和)?\s?(?P<s>{_BEFORE})\s?)(?P<b>{NUMBER})(?P<u>\s?-?{_Y}|\s?months?)?",
    re.I,
)
_POST = re.compile(
    r"\s?(?:of age|old|age)?,?\s?\(?(?P<up>(?:or|and|&) (?:older|above|over|more|greater|up)|及以上|或以上"
    r"|以上)?(?P<down>(?:or|and) (?:younger|below|under|less)|及以下|或以下|以下)?",
    re.I,
)
_OLD = re.compile(r"\s?-?(?:years?|yrs?|y/?o|months?)?[- ]?(?:of age|old\b|older|and older|or older)|\s?周?岁", re.I)
_BARE = re.compile(
    r"\s?-?years?\s*(?:\Z|[,;.()]|(?:and|or)\s*(?:≤|<|older|above|male|female)|,? (?:male|female)s?\b)", re.I
)
_NOT_AGE = re.compile(
    r"\bdonors?\b|child-?\s?bearing|reproductive|menopaus|amenorr|sibling|Lansky|Karnofsky|creatinine|供者|供体|育龄"
    r"|绝经|ferrit|for age\b"
    r"|\bageing|bilirubin|contracepti|parent|guardian|consent (?:of|from)|assent",
    re.I,
)
_LEAD = re.compile(r"(?:\b(?:for|if|in|when)\b (?:\w+ ){0,2}|\(if )\Z", re.I)


def ages(text: str) -> Iterator[Threshold]:
    """The age limits of one criterion, in the unit printed (years where none is).

    >>> [t.printed() for t in ages("Age ≥18 years and ≤70 years")]
    ['age >= 18 a', 'age <= 70 a']
    >>> [t.printed() for t in ages("年龄18-75岁")]
    ['age >= 18 a', 'age <= 75 a']
    """
    if _NOT_AGE.search(text) and not re.match(
        r"\W*(?:aged?|年龄|male|female|patients? (?:aged|≥|must be))", text, re.I
    ):
        return
    for m in _AGE.finditer(text):
        if found := _age(text, m):
            yield from found
            return


def _age(text: str, m: re.Match[str]) -> list[Threshold]:
    if m["flip"]:
        signs = {"≤": (">=", "<="), "<=": (">=", "<="), "<": (">", "<")}
        return [
            _made(m, signs[m["fs"]][0], m["flip"], "a", m.end()),
            _made(m, signs[m["fs2"]][1], m["flip2"], "a", m.end()),
        ]
    told = bool(m["cue"])
    if told and (
        re.search(r"child|donor|bear|adjust|consent", m["gap"], re.I) or (m["cue"] == "of age" and not m["s"])
    ):
        return []
    value, unit, sign = m["a"] or m["c"], m["au"] or m["cu"] or "", m["s"] or m["s3"]
    at = m.end()
    tail = text[m.end("c") :] if not told else ""
    if not told and not _OLD.match(tail) and not (sign and m.start() < 60 and _BARE.match(tail)):
        second = _TO.match(text, at)
        if not second or not (second["u"] or unit) or not _OLD.match(text, second.end("b")):
            return []
    if told and m.start() > 12 and text[m.start() - 1] == "(":
        return []
    if _LEAD.search(text[: m.start()][-40:]) or number(value) > 120:
        return []
    return _bounds(text, m, value, unit, sign, at)


def _bounds(text: str, m: re.Match[str], value: str, unit: str, sign: str | None, at: int) -> list[Threshold]:
    to = _TO.match(text, at)
    kind = _age_unit((to["u"] if to else None) or unit)
    first_kind = _age_unit(unit) if unit.strip() else kind
    if to and number(to["b"]) <= 120 and (number(to["b"]) > number(value) or first_kind != kind):
        if to["r"] and not sign:
            return [_made(m, ">=", value, first_kind, to.end()), _made(m, "<=", to["b"], kind, to.end())]
        if to["s"] and sign:
            return [
                _made(m, _sign(sign), value, first_kind, to.end()),
                _made(m, _sign(to["s"]), to["b"], kind, to.end()),
            ]
        if to["r"] and sign:
            return [_made(m, _sign(sign), value, first_kind, to.end()), _made(m, "<=", to["b"], kind, to.end())]
    after = _POST.match(text, at)
    end = after.end() if after and (after["up"] or after["down"]) else at
    comparator = _sign(sign) if sign else ">=" if after and after["up"] else "<=" if after and after["down"] else None
    return [_made(m, comparator, value, first_kind, end)] if comparator else []


def _sign(words: str) -> str:
    w = words.lower().replace(" ", "")
    if w in ("<", "youngerthan", "lessthan", "小于", "under", "below"):
        return "<"
    if w in (">", "olderthan", "over", "above", "morethan", "greaterthan", "大于"):
        return ">"
    return (
        "<="
        if w[0] in "≤<" or w in ("lessthanorequalto", "小于等于", "不超过", "upto", "notolderthan", "noolderthan")
        else ">="
    )


def _age_unit(words: str) -> str:
    return "mo" if re.search(r"mo|月", words, re.I) else "d" if "da" in words.lower() else "a"


def _made(m: re.Match[str], sign: str, value: str, unit: str, end: int) -> Threshold:
    v: Decimal = number(value)
    return Threshold("age", sign, f"{v:f}", unit, unit, m.start(), end, "threshold.age", False, None, None)
