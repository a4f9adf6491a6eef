"""Typed numbers of a reading form: what is not a value (ids, dates, p, grades, doses ...) is recognised first.

`tokens` returns spans that do not overlap, in order. The kinds, most binding first: id, date, p, ci, range, sd, grade,
ratio, label (phases, cohorts, scales: digits that name something), dose, fraction, n, landmark, age, percent,
duration, count, bare. A number glued to letters (CD19, CT041, IL-2) is never a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from itertools import zip_longest

from ._hints import Hinted, hinted

_N = r"(?:\d{1,3}(?:,\d{3})+(?![\d])|\d+(?:[.]\d+)?(?![\d])|[.]\d+)"
_D = r"(?:\d+(?:[.,]\d+)?|[.]\d+)"
_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
WORDS = {w: i for i, w in enumerate([*_SMALL.split(), "eighteen", "nineteen", "twenty"])}
WORDS |= {w: 10 * i for i, w in enumerate(["thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 3)}
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_UNITS = "one|two|three|four|five|six|seven|eight|nine"
WORD = rf"(?:(?:{_TENS})-(?:{_UNITS})|(?:{'|'.join(sorted(WORDS, key=len, reverse=True))}))"
_HAN_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2}
_ZH = "[一二三四五六七八九两兩十]{1,3}"
MONTHS = {"year": "years", "yr": "years", "年": "years", "month": "months", "mo": "months", "月": "months"}
MONTHS |= {"week": "weeks", "wk": "weeks", "周": "weeks", "星期": "weeks", "day": "days", "天": "days", "日": "days"}
_TIME = (
    r"(?:[dy](?![\w-])|(?<=\d)w(?![\w-])|m(?=\s?(?:[(),;]|vs\b|v\b|versus\b|and\b|\.\s|\.?\Z))|"
    r"years?|yrs?\b\.?|months?|mos?\b\.?|weeks?|wks?\b\.?|days?)"
)
_TIME_ZH = r"(?:个?\s?月|個月|年|个?星期|周|週|天|日)"
PATIENTS = (
    r"(?:patients?|pts?|participants?|subjects?|child(?:ren)?|adults?|individuals?|cases?|men|women|infants?|recipients?|"
    r"survivors?|responders?|adolescents?|persons?|people|eyes|evaluable|volunteers?)"
)
_ANY = rf"(?:{_N}|{WORD})"
NE = (
    r"(?:NE|NR|NA|N/A|NC|NYR|not (?:estimable|reached|evaluable|available|calculable|yet reached)(?:\s?\[N[ER]\])?|∞|未达到|"
    r"不可估计|无法估计)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A typed number; value and high are floats, unit is %, months, weeks, days, years, cells, cells/kg ... or None."""

    kind: str
    start: int
    end: int
    value: float | None = None
    high: float | None = None
    unit: str | None = None
    den: float | None = None
    level: float | None = None
    text: str = ""
    bound: str | None = None


_HALF = re.compile(r"(?P<a>.{1,12}?)\s?(?:(?<=\s)1/2|½| and (?:a|one) half)")


@lru_cache(maxsize=1024)
def number(words: str) -> float | None:
    """The value of a printed number, English or Chinese number word included; None where it is none.

    >>> number("1,024"), number("38,8"), number("twenty-one"), number("two hundred and six"), number("十二"), number("x")
    (1024.0, 38.8, 21.0, 206.0, 12.0, None)
    """
    w = words.strip().lower().rstrip("+")
    if half := _HALF.fullmatch(w):  # "3 1/2 months", "three and a half years"
        return (number(half["a"]) or 0.0) + 0.5
    if m := re.fullmatch(rf"(a|{_UNITS}) hundred(?:(?: and)?[ -]({WORD}))?", w.replace("ty ", "ty-")):
        return 100.0 * (WORDS.get(m[1]) or 1) + (number(m[2]) or 0 if m[2] else 0)
    if len(w) > 24:
        return None
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", w):
        return float(w.replace(",", ""))
    if re.fullmatch(r"\d*[.,]?\d+", w):
        return float(w.replace(",", "."))
    if w in WORDS:
        return float(WORDS[w])
    tens, _, units = w.partition("-")
    if tens in WORDS and units in WORDS:
        return float(WORDS[tens] + WORDS[units])
    return _han(w)


def _han(w: str) -> float | None:
    whole, point, rest = w.replace("點", "点").partition("点")
    if point:
        a = _han(whole)
        digits = "".join(str(_HAN_DIGIT.get(c, "")) for c in rest)
        return float(f"{a:g}.{digits}") if a is not None and len(digits) == len(rest) > 0 else None
    if w == "一百":
        return 100.0
    if not w or any(c not in _HAN_DIGIT and c != "十" for c in w):
        return None
    if "十" not in w:
        return float(_HAN_DIGIT[w]) if len(w) == 1 else None
    tens, _, units = w.partition("十")
    return float((_HAN_DIGIT.get(tens, 1) if tens else 1) * 10 + (_HAN_DIGIT.get(units, 0) if units else 0))


def unit_of(words: str) -> str | None:
    """months, weeks, days or years of a printed unit of time.

    >>> unit_of("mo."), unit_of("个月"), unit_of("yrs")
    ('months', 'months', 'years')
    """
    w = words.lower().strip().rstrip(".")
    if w in ("d", "w", "m", "y"):
        return {"d": "days", "w": "weeks", "m": "months", "y": "years"}[w]
    return next((u for k, u in MONTHS.items() if w.startswith(k) or w.endswith(k)), None)


_I = re.I | re.A
_B = r"(?<![A-Za-z0-9_.^/])"
_B2 = r"(?<![A-Za-z0-9_.^])"
_E = r"(?![A-Za-z0-9_^])"
_CI_HEAD = (
    r"(?:confidence[ -]intervals?|conf\.? int\.?|credible[ -]intervals?|(?-i:CrI|Cr\.I\.)|CI ?95|C\.?I\.?s?|可信区间|"
    r"置信区间|可信區間|信賴區間)"
    r"(?:\s?[\(\[]\s?(?:95\s?%\s?)?(?:Cr?\.?I\.?|Cr?I)s?\s?[\)\]]|\s?,\s?CI\b)?"
)
_PAIR = (
    rf"(?P<low>[-]?(?:{_D})|{NE})\+?\s?(?:%|per ?cent\b)?\s?(?:months?|mo|weeks?|years?|days?|个?月|年)?\s?"
    rf"(?P<sep>-|~|to|and|,|;|至|到|/)"
    rf"\s?(?P<high>[-]?(?:{_D})|{NE})\s?(?:%|per ?cent\b|(?:months?|mo\b|weeks?|years?|days?|个?月|年))?"
)
_SKIP = r"[\s:=,;\(\[]{0,4}(?:of |from |was |为|是)?[\s:=,;\(\[]{0,3}"
_RANGE_HEAD = (
    r"(?:inter-?quartile ranges?|IQRs?|ranges?|ranged|ranging|min(?:imum)?[,\- ]{1,2}max(?:imum)?|四分位(?:数)?(?:间距|"
    r"区间)|范围|範圍)(?:\s?[\(\[]IQR[\)\]])?"
)

_NAMES = {
    "N": _N,
    "D": _D,
    "WORD": WORD,
    "ANY": _ANY,
    "ZH": _ZH,
    "TIME": _TIME,
    "TIME_ZH": _TIME_ZH,
    "PATIENTS": PATIENTS,
    "PAIR": _PAIR,
    "SKIP": _SKIP,
    "CI_HEAD": _CI_HEAD,
    "RANGE_HEAD": _RANGE_HEAD,
    "B": _B,
    "B2": _B2,
}


@cache
def _rules() -> tuple[tuple[str, Hinted], ...]:
    """The patterns of numbers.tsv, the most binding kind first; {NAMES} stand for the pieces above."""
    rows = files("trialkb.extract").joinpath("numbers.tsv").read_text(encoding="utf-8").splitlines()[1:]
    found = []
    for row in rows:
        kind, _, pattern = row.partition("\t")
        for name, piece in _NAMES.items():
            pattern = pattern.replace("{" + name + "}", piece)
        found.append((kind, hinted(pattern, _I)))
    return tuple(found)


def _every(kind: str, pattern: Hinted, text: str, taken: bytearray) -> Iterator[re.Match[str]]:
    """Matches of a pattern; a count whose number is another's is looked for again behind that number (grade 4 in 3 patients)."""
    if kind != "count":
        yield from pattern.finditer(text)
        return
    at = 0 if pattern.may(text) else len(text)
    while m := pattern.pattern.search(text, at):
        yield m
        again = taken[m.start("a")] and m.end() > m.start("a")
        at = m.start("a") + 1 if again else max(m.end(), m.start() + 1)


_ENDLESS = re.compile(r"\d{16,}|[\d.,/~-]{40,}")  # no printed number is that long, and rules would run for long


def tokens(text: str) -> list[Token]:
    """Typed numbers of a reading form, in order of place, not overlapping.

    >>> [(t.kind, t.value, t.unit) for t in tokens("ORR was 38.8% (38/98; 95% CI 29-49), PFS 4.4 months")]
    [('percent', 38.8, '%'), ('fraction', 38.0, None), ('ci', 29.0, None), ('duration', 4.4, 'months')]
    """
    text = _ENDLESS.sub(lambda m: "x" * len(m[0]), text)
    taken = bytearray(len(text))
    found: list[Token] = []
    if not re.search(r"\d", text) and not re.search(WORD, text, _I) and not re.search(_ZH + "|both|半|零", text):
        return []
    for kind, pattern in _rules():
        for m in _every(kind, pattern, text, taken):
            start, end = m.start(), m.start("u") if kind == "dose" and m.groupdict().get("u") else m.end()
            if any(taken[start:end]):  # the words behind a dose may hold a number of another kind
                continue
            token = _READ.get(kind, _plain)(kind, m)
            if token and not any(taken[end : token.end]):
                taken[token.start : token.end] = b"\x01" * (token.end - token.start)
                found.append(token)
    told = sorted(found, key=lambda t: t.start)
    return _graded_in(text, [_listed_grade(text, _with_error(t, after)) for t, after in zip_longest(told, told[1:])])


_HEAD_GRADE = re.compile(
    r"\b(?:grades?\s(?:of\s)?[\w-]+(?:\s\([^()]*\))?|(?:CRS|ICANS|neurotoxicity|toxicity|event)\s(?:maxim\w+\s|peak\s)?grades?)\s?"
    r"(?:was|were|is|being|:|=)\s?\Z",
    _I,
)
_IN_MANY = re.compile(rf"\sin\s(?:the\s)?(?:\d|{WORD}\b)", _I)


def _graded_in(text: str, told: list[Token]) -> list[Token]:
    """The 1, 2 and 4 of "maximum grade CRS was 1 in 5 patients, 2 in 3 and 4 in 1" are grades."""
    out: list[Token] = []
    open_at = -1  # where the last such grade ended
    for t in told:
        single = t.kind == "bare" and t.value in (1, 2, 3, 4, 5) and _IN_MANY.match(text, t.end)
        goes_on = open_at >= 0 and not re.search(r"[.;]\s", text[open_at : t.start]) and t.start - open_at < 40
        if single and (goes_on or _HEAD_GRADE.search(text[max(0, t.start - 60) : t.start])):
            t, open_at = replace(t, kind="grade", value=None), t.end
        out.append(t)
    return out


def _with_error(t: Token, after: Token | None) -> Token:
    """The 67.4 of "67.4 ± 7.6%" is a percentage too: the sign behind the error is of both."""
    close = after is not None and after.kind == "sd" and 0 <= after.start - t.end <= 6 and after.text.endswith("%")
    return replace(t, kind="percent", unit="%") if close and t.kind == "bare" else t


_GRADE_BEFORE = re.compile(r"grades?\s[1-5]\s?\([^()]{1,40}\)(?:,?\s[2-5]\s\([^()]{1,40}\)){0,3}(?:\s?,)?\s?(?:or|and)?\s\Z", _I)


def _listed_grade(text: str, t: Token) -> Token:
    """The 2 of "grade 1 (60%) or 2 (36%)" is a grade, no number of patients."""
    if t.kind != "bare" or t.value not in (1, 2, 3, 4, 5) or text[t.end : t.end + 2] != " (":
        return t
    return replace(t, kind="grade", value=None) if _GRADE_BEFORE.search(text[max(0, t.start - 90) : t.start]) else t


def _plain(kind: str, m: re.Match[str]) -> Token | None:
    start = m.start() + len(m[0]) - len(m[0].lstrip())
    return Token(kind, start, m.end(), text=m[0].strip())


_AND_SO_MANY = re.compile(r"(?<=[1-5IV])(?:,|,?\s(?:and|or))\s\d\Z")
_GRADE_AHEAD = re.compile(r"\s(?:with\s)?(?:grades?|Gr\.?|G)\s?[1-5]", re.I)
_TWO_NUMBERS = re.compile(r".*?(?P<a>[1-5])(?P<rest>,\s?(?P<b>[1-5]))\Z", re.S)


def _grade(kind: str, m: re.Match[str]) -> Token | None:
    """The 1 of "grade 2, 6; grade 3, 1" is a number of patients: listed grades rise."""
    token, two = _plain(kind, m), _TWO_NUMBERS.match(m[0])
    also = _AND_SO_MANY.search(m[0]) if token else None
    if token and also and _GRADE_AHEAD.match(m.string, m.end()):  # "1 Gr1 and 1 Gr2"
        return replace(token, end=m.end() - len(also[0]), text=m[0][: also.start()].strip())
    if token is None or two is None or two["b"] > two["a"]:
        return token
    return replace(token, end=m.end() - len(two["rest"]), text=token.text[: -len(two["rest"])])


def _interval(kind: str, m: re.Match[str]) -> Token | None:
    low, high = number(m["low"].lstrip("-")), number(m["high"].lstrip("-"))
    if low is not None and m["low"].startswith("-"):
        low = -low
    if low is None and high is None:
        return None
    if m["sep"] == "," and re.search(r"\d,\d+\s?%?\s?-", m[0]):
        return None
    level = None
    if kind == "ci":
        level = number(m["level"] or m["lvl2"] or "95")
        if m["level"] is None and m["lvl2"] is None and re.search(r"%", m[0][:3]):
            level = 95.0
    if kind == "range" and m[0].lstrip().startswith("(") and low is not None and high is not None and low > high:
        return None
    token = Token("iqr" if kind == "range" and re.match(r"(?i)inter|iqr|四分", m[0]) else kind, m.start(), m.end())
    unit = re.search(rf"({_TIME}|{_TIME_ZH})\Z", m[0], _I)
    return replace(token, value=low, high=high, level=level, text=m[0], unit=unit_of(unit[1]) if unit else None)


def _first(kind: str, m: re.Match[str]) -> Token | None:
    return Token(kind, m.start("a"), m.end("a"), number(m["a"]), text=m[0])


def _ratio(kind: str, m: re.Match[str]) -> Token | None:
    head = re.sub(r"\A(?:adjusted |adj\.?\s?)|\A(?:a|s|cs)(?=hr|or)", "", m[0].lower())
    if head.startswith("risk") and " of " in head[:9] and not _COMPARED.search(m.string[max(0, m.start() - 140) : m.start()]):
        return None  # "the risk of death was 0.35": how many died
    name = "odds_ratio" if re.match(r"odds|ors?\b|比值比", head) else "hazard_ratio"
    if re.match(r"rel(?!ative haz)|risk(?!s? of)|rate|rrs?\b|相对", head):
        name = "relative_risk"
    return Token(kind, m.start(), m.end(), number(m["a"]), unit=name, text=m[0])


_COMPARED = re.compile(r"\b(?:compared (?:with|to)|relative to|versus|vs\.?|than)\s[^;.]*\Z", _I)


def _dose(kind: str, m: re.Match[str]) -> Token | None:
    groups = m.groupdict()
    tail = groups.get("u") or ""
    power = groups.get("e")
    if not power and not groups.get("mega"):
        return _plain(kind, m)
    scale = 10.0 ** int(power) if power else {"million": 1e6, "billion": 1e9, "万": 1e4, "亿": 1e8}[groups["mega"]]
    unit = cell_unit(tail)
    end = (m.start("u") if groups.get("u") is not None else m.end()) + (unit[1] if unit else 0)
    value = (number(m["a"]) or 1.0) if m["a"] else 1.0
    high = number(groups["b"]) if groups.get("b") else None
    return Token(
        kind,
        m.start(),
        end,
        float(f"{value * scale:.6g}"),
        float(f"{high * scale:.6g}") if high else None,
        unit[0] if unit else None,
        text=m[0],
    )


_CELLS = re.compile(
    r"\s?(?:[\w+\-.γδαβ*/]+\s){0,5}?(?:(?P<cells>(?:[\w+.-]*cells?|CARTs?|CAR-?T|T-cells|细胞|个细胞|TILs?)\b)|"
    r"[个顆颗枚]?(?=/\s?(?:kg|m2|m\^2)))"
    r"(?P<per>\s?(?:/|per)\s?(?P<what>kg|kilogram|公斤|千克|m2|m\^2|square meter|square metre))?",
    re.I,
)


def cell_unit(tail: str) -> tuple[str, int] | None:
    """The unit of a cell dose and how far it reaches in what follows the number.

    >>> cell_unit(" CAR-positive T cells per kilogram of"), cell_unit(" /kg"), cell_unit(" cells/m2"), cell_unit(" mg")
    (('cells/kg', 34), ('cells/kg', 4), ('cells/m2', 9), None)
    """
    m = _CELLS.match(tail)
    if not m or (not m["cells"] and not m["per"]):
        return None
    what = (m["what"] or "").lower()
    per = "cells/kg" if what in ("kg", "kilogram", "公斤", "千克") else "cells/m2" if what else "cells"
    return per, m.end()


def _fraction(kind: str, m: re.Match[str]) -> Token | None:
    a, b = (0.0 if m["a"].lower() in ("none", "neither") else number(m["a"])), number(m["b"])
    if a is None or b is None or b == 0 or a > b or b != int(b) or a != int(a):
        return None
    if m.groupdict().get("but"):  # "all but one of 14": thirteen, computed
        return Token(kind, m.start(), m.end("b"), b - a, den=b, text=m[0], bound="all but")
    start = min(m.start("a"), m.start("b"))
    if _NO_MORE.search(m.string[max(0, start - 18) : start]):
        return Token("label", start, max(m.end("a"), m.end("b")), text=m[0])  # a rule: "no more than 1 of 6"
    return Token(kind, start, max(m.end("a"), m.end("b")), a, den=b, text=m[0])


_NO_MORE = re.compile(r"\b(?:(?:no|not) more than|at most|fewer than|less than)\s\Z", _I)


def _sample(kind: str, m: re.Match[str]) -> Token | None:
    return Token(kind, m.start(), m.end(), number(m["a"] or m["t"] or m["c"]), text=m[0])


def _landmark(kind: str, m: re.Match[str]) -> Token | None:
    words = m.groupdict().get("u") or re.match(r"[A-Za-z]+|第", m[0])[0]  # type: ignore[index]
    unit = "days" if words in ("第", "D", "d") else unit_of(words)
    return Token(kind, m.start(), m.end(), number(m["a"]), unit=unit, text=m[0])


def _quantity(kind: str, m: re.Match[str]) -> Token | None:
    groups = m.groupdict()
    unit = "%" if kind == "percent" else unit_of(m["u"]) if kind == "duration" else None
    if m["a"] == "半":
        return Token(kind, m.start("a"), m.end(), 6.0, None, "months", text=m[0])
    a, b = number(m["a"]), number(groups["b"]) if groups.get("b") else None
    if a is None or (kind == "percent" and a > 100 and b is None and a > 1000):
        return None
    bound = (groups.get("c") or "").strip() or None
    return Token(kind, m.start("a"), m.end(), a, b, unit, text=m[0].strip(), bound=bound)


def _count(kind: str, m: re.Match[str]) -> Token | None:
    words = m["a"].lower().removeprefix("a total of ")
    value = 2.0 if words == "both" else 1.0 if words == "a single" else 0.0 if words == "neither" else number(words)
    if value is None or value != int(value):
        return None
    return Token(kind, m.start("a"), m.end("noun"), value, text=m[0])


def _bare(kind: str, m: re.Match[str]) -> Token | None:
    return Token(kind, m.start("a"), m.end(), number(m["a"]), text=m[0])


_READ: dict[str, Callable[[str, re.Match[str]], Token | None]] = {
    "ci": _interval,
    "grade": _grade,
    "range": _interval,
    "sd": _first,
    "ratio": _ratio,
    "dose": _dose,
    "fraction": _fraction,
    "n": _sample,
    "landmark": _landmark,
    "percent": _quantity,
    "duration": _quantity,
    "count": _count,
    "bare": _bare,
}


def walk(found: list[Token], start: int, end: int) -> Iterator[Token]:
    """Tokens that stand wholly inside [start:end]."""
    return (t for t in found if t.start >= start and t.end <= end)
