"""Cells: a printed value with what hangs on it (fraction, percentage, interval, range, shared unit).

"38/98 (38.8%; 95% CI 29-49)" is one cell, "10 (66.7%) patients" one, "5.6 and 9.0 months" two cells of months.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ._numbers import PATIENTS, Token, unit_of
from ._outcome_terms import Term
from ._outcome_unmet import NEITHER, NEITHER_OF_BOTH, NOR_WAS, NOWHERE, RULE, STATE, UPPER, of_response

_I = re.I | re.A
_BRACKET = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
RELATIVE = re.compile(  # "six patients who received AB101, donor NK cells with a CD19 receptor, had a response"
    r",\s(?:who|whom|which|all of whom|both of whom|one of whom|including)\s[^,;.]{3,140},(?=\s)|"
    r",\s(?!and\b|or\b|but\b|with\b|respectively)[a-z](?:[^,;.:%()\d]|(?<=[A-Za-z-])\d{1,4}){8,120},"
    r"(?=\s(?:had|achieved|reported|showed|experienced|attained|responded|developed)\b)", _I
)
VERSUS = re.compile(r"\b(?:vs\.?|versus|v|compared (?:with|to)|as opposed to|against|than)\s?[(\[]?\s?\Z", _I)
_AFTER_UNIT = re.compile(
    r"[\s)\]]{0,2}(?P<u>years?|yrs?|months?|mos?\b|weeks?|wks?|days?|[dy](?![A-Za-z])|个?月|年|周|天)(?![A-Za-z])", _I
)
_AFTER_BRACKET = re.compile(r"[)\]],?\s(?P<u>years|months|weeks|days)\b", _I)
BOUNDS = (
    "<",
    ">",
    "≤",
    "≥",
    "up to",
    "over",
    "more than",
    "less than",
    "at least",
    "above",
    "below",
    "exceeding",
    "超过",
    "不足",
    "不到",
    "低于",
    "小于",
    "大于",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """kind: rate, count, time, ratio, dose, state or bare; [start:end] the value, [lo:hi] with what hangs on it."""

    kind: str
    start: int
    end: int
    lo: int
    hi: int
    value: float | None = None
    high: float | None = None
    unit: str | None = None
    num: float | None = None
    den: float | None = None
    ci: tuple[float | None, float | None, float | None] | None = None
    spread: tuple[str, float | None, float | None] | None = None
    bound: str | None = None
    status: str = "reported"
    noun: bool = False  # the words after the number say patients
    ratio: str | None = None
    named_range: bool = True  # a range called so, not only two numbers in brackets
    attached: tuple[tuple[int, int], ...] = ()


def bare_words(text: str) -> str:
    """A piece of text without what stands in brackets."""
    for _ in range(3 if "(" in text or "[" in text else 0):
        text, n = _BRACKET.subn(" ", text)
        if not n:
            break
    return text


def behind(text: str, c: Cell) -> int:
    """Where the words behind a cell begin: behind its bracket, where that holds more: "18 patients (90%; n = 20) achieved"."""
    inside = text[c.lo : c.hi]
    if text[c.hi : c.hi + 2] == ", " and text[c.lo : c.start].endswith(", or "):
        return c.hi + 1  # "two of the 29 patients, or 7%, had"
    rest = _REST.match(text, c.hi) if inside.count("(") > inside.count(")") else None
    return rest.end() if rest else c.hi


_REST = re.compile(r"[;,][^()]{1,80}(?=\))")


def cells(text: str, tokens: Sequence[Token], terms: Sequence[Term], start: int, end: int) -> list[Cell]:
    """Cells of the sentence text[start:end], in order; bare numbers that stay without a meaning are left out."""
    found: list[Cell] = []
    for k, t in enumerate(tokens):
        last = found[-1] if found else None
        counted = _counted(text, tokens[k - 1], t) if k else None
        if counted:
            found.append(counted)
            continue
        among = _share_of_first(text, found, t)
        if among:
            found[-2:] = [among]
            continue
        merged = _merge(text, last, t, terms) if last else None
        if merged:
            found[-1] = merged
            continue
        cell = _new(t) or _followed(text, t) or _having(text, t, tokens[k - 1] if k else None, terms)
        if cell:
            found.append(cell)
    found = [c for c in found if not (c.kind == "time" and _LANDMARK_ZH.match(text, c.end))]
    found = _as_interval(_states(text, found, tokens, terms, start, end))
    return [_trailing_unit(text, c, found, i, end) for i, c in enumerate(found)]


_LANDMARK_ZH = re.compile(
    r"(?<=年)\s?(?:OS|PFS|EFS|DFS|RFS|LFS|总生存|无进展生存|无事件生存|无病生存|无复发生存|"
    r"(?:(?:移植|治疗|疾病|肿瘤)相关|非?复发|累[积计])[一-鿿]{0,6}率|(?:[A-Z]{2,6}|[一-鿿]{2,10}率)(?:\s?\([^()]{1,10}\))?\s?(?:分别|依次|均|为|是|达|:))|"
    r"(?<=月)\s?(?:时|持续|的)?\s?(?:MRD|ORR|CR率|完全缓解率|客观缓解率|总缓解率)"
)

_AMONG_SO_MANY = re.compile(r"[^,;.()%]{0,60}?\s(?:among|in|of|out of)\s(?:the\s|all\s|a total of\s)?", _I)


def _share_of_first(text: str, found: Sequence[Cell], t: Token) -> Cell | None:
    """ "6 responders among 19 patients (32%)": the share is of the first number in the second, where they agree."""
    if t.kind != "percent" or len(found) < 2 or t.value is None:
        return None
    a, b = found[-2], found[-1]
    counts = a.kind in ("count", "bare") and b.kind == "count" and b.noun and a.value is not None and b.value
    if not counts or not re.fullmatch(r"\s?[(\[]\s?", text[b.hi : t.start]) or not _AMONG_SO_MANY.fullmatch(text[a.hi : b.lo]):
        return None
    if abs(100 * (a.value or 0) / (b.value or 1) - t.value) > 0.6:
        return None
    spans = ((a.start, a.end), (b.start, b.end))
    return Cell("rate", t.start, t.end, a.lo, t.end, t.value, None, "%", a.value, b.value, attached=spans)


def _having(text: str, t: Token, before: Token | None, terms: Sequence[Term]) -> Cell | None:
    """fatigue (n = 8), grade 1, n = 12: how many had it."""
    if t.kind != "n" or t.value is None or re.match(r"\s?[,;:(]\s?\d+(?:\.\d+)?\s?%", text[t.end : t.end + 10]):
        return None
    named = next((x for x in reversed(terms) if x.end <= t.start), None)
    sort = named is not None and (
        named.kind == "tox" or (named.kind == "response" and bool(_STATED.search(named.words)))
    )
    listed = named is not None and re.search(r"[(\[;]\s?\Z", text[max(0, named.start - 2) : named.start])
    tox = (
        named is not None
        and sort
        and re.fullmatch(r"\s?[(\[,:;]\s?" if listed else r"\s?[(\[;]\s?", text[named.end : t.start])
    )
    confined = named is not None and sort and _CONFINED.fullmatch(text[named.end : t.start])
    tox = tox or confined
    people = named and re.search(
        rf"(?i)\b(?:{PATIENTS}|those)\s(?:with|who had|without)\s(?:[\w≥>-]+\s){{0,3}}\Z",
        text[max(0, named.start - 40) : named.start],
    )
    graded = (
        before is not None and before.kind == "grade" and re.fullmatch(r"\s?[,:(\[=]\s?", text[before.end : t.start])
    )
    times = named is not None and named.kind == "tox" and t.text[0] in "x×" and named.end >= t.start - 1
    if not ((tox and not people) or graded or times):
        return None
    return Cell("count", t.start, t.end, t.start, t.end, t.value, unit="patients")


def _followed(text: str, t: Token) -> Cell | None:
    """ "after an 18.7-month median follow-up": the time is a value."""
    told = re.match(r"\s(?:median|mean)\s(?:study\s)?follow-?\s?up", text[t.end : t.end + 30], re.I)
    if text[: t.start].endswith("median "):
        told = told or re.match(r"\s(?:study\s)?follow-?\s?up", text[t.end : t.end + 20], re.I) or _LONG.match(text, t.end)
    if not told and t.text[0] == "第":
        told = _MEDIAN_ON.search(text, max(0, t.start - 20), t.start)
    if t.kind != "landmark" or t.unit is None or not told:
        return None
    return Cell("time", t.start, t.end, t.start, t.end, t.value, unit=t.unit)


_MEDIAN_ON = re.compile(  # 中位数为第28天
    r"中位[一-鿿]{0,6}(?:为|是|:|在|于)?\s?(?:(?:回输|输注|治疗|给药|移植|用药)后的?)?\s?\Z"
)
_LONG = re.compile(r"\s(?:OS|PFS|DOR|(?:[\w-]+\s)?survival|duration of re\w+)\b(?!\s(?:rate|prob))(?![^.;]{0,50}\d\s?%)", re.I)
_CONFINED = re.compile(
    r"\s(?:was|were)\s(?:only\s)?(?:confined|limited|restricted|seen|observed|noted|reported|"
    r"achieved)\s(?:only\s)?(?:to|in|at)\s"
    r"[^;,.()]{2,40}\s?\(",
    _I,
)
_STATED = re.compile(
    r"\A(?:[A-Z][A-Za-z]{1,4}"
    r"|(?:stringent )?[Cc]omplete|(?:very good )?[Pp]artial|[Oo]verall|[Oo]bjective)\Z"
    r"|\b[Dd]isease\Z|(?:[Pp]artial|[Cc]omplete|[Gg]ood|[Oo]bjective) (?:responses?|remissions?)\Z",
    re.A,
)


def _as_interval(found: Sequence[Cell]) -> list[Cell]:
    """A range in brackets behind a value whose like had a confidence interval there is one: "10 (95% CI 6-15) vs 2 (1-4)"."""
    out: list[Cell] = []
    told: dict[str, float | None] = {}
    for c in found:
        if c.spread and c.spread[0] == "FULL_RANGE" and c.kind in told and c.named_range is False:
            c = replace(c, ci=(c.spread[1], c.spread[2], told[c.kind]), spread=None)
        if c.ci:
            told[c.kind] = c.ci[2]
        out.append(c)
    return out


def _counted(text: str, n: Token, t: Token) -> Cell | None:
    """lymphopenia (n = 20, 83.3%): the number in the bracket is how many had it."""
    if n.kind != "n" or t.kind != "percent" or not re.fullmatch(r"\s?[,;:]\s?|\s?\(\s?", text[n.end : t.start]):
        return None
    if text[n.end : t.start].strip() != "(" and not re.search(r"[(\[]\s?\Z", text[max(0, n.start - 2) : n.start]):
        return None
    return Cell("rate", t.start, t.end, n.start, t.end, t.value, None, "%", n.value, attached=((n.start, n.end),))


def _new(t: Token) -> Cell | None:
    if t.kind == "percent":
        return Cell("rate", t.start, t.end, t.start, t.end, t.value, t.high, "%", bound=t.bound)
    if t.kind == "fraction":
        return Cell("rate", t.start, t.end, t.start, t.end, None, None, "%", t.value, t.den, bound=t.bound)
    if t.kind == "count":
        return Cell("count", t.start, t.end, t.start, t.end, t.value, unit="patients", noun=True)
    if t.kind == "duration":
        return Cell("time", t.start, t.end, t.start, t.end, t.value, t.high, t.unit, bound=t.bound)
    if t.kind == "ratio":
        return Cell("ratio", t.start, t.end, t.start, t.end, t.value, ratio=t.unit)
    if t.kind == "dose" and t.value and t.value >= 1e4:
        return Cell("dose", t.start, t.end, t.start, t.end, t.value, t.high, t.unit)
    if t.kind == "bare" and t.value == 0 and t.text.lower() == "zero":
        return Cell("count", t.start, t.end, t.start, t.end, 0.0, unit="patients")
    if t.kind == "bare":
        return Cell("bare", t.start, t.end, t.start, t.end, t.value)
    return None


def _merge(text: str, last: Cell, t: Token, terms: Sequence[Term]) -> Cell | None:
    """The last cell with the token hung on it, or None where it does not belong there."""
    gap = text[last.hi : t.start]
    if len(gap) > 70:
        return None
    if t.kind in ("ci", "range", "iqr", "sd"):
        return _spread(last, t, gap)
    inside = [x for x in terms if x.start >= last.hi and x.end <= t.start]
    if t.kind == "percent" and last.kind in ("count", "bare", "rate") and last.unit in (None, "patients", "%"):
        return _percent_on_count(text, last, t, gap, inside)
    if t.kind == "fraction" and last.kind in ("rate", "count", "bare"):
        return _fraction_on_value(last, t, gap, inside, text[t.end : t.end + 1] == ")" and not inside)
    shared = t.kind == "count" and last.kind == "rate" and last.value is not None and last.den is None
    if shared and _OF_ALL.fullmatch(gap) and t.value and t.value >= (last.num or 0):
        return replace(_attach(last, t, den=t.value), noun=True)
    if t.kind in ("count", "bare") and last.kind == "rate" and last.num is not None and last.den is None and t.value:
        size = re.fullmatch(r"\s?[)\]]\s?(?:patients\s|pts\s)?(?:out\s)?of\s(?:the\s|all\s)?(?:total\s)?", gap, _I)
        return _attach(last, t, den=t.value) if size and t.value >= last.num else None
    if t.kind in ("count", "n", "bare") and last.kind == "rate" and last.value is not None and last.num is None:
        return _count_on_percent(text, last, t, gap)
    return None


_OF_ALL = re.compile(r"\s?[)\]]?\sof\s(?:(?:all|the|all the|these|our|all of the)\s)?", _I)


def _count_on_percent(text: str, last: Cell, t: Token, gap: str) -> Cell | None:
    """25% (n = 3), 74% (20 patients)."""
    own = t.text.lstrip().startswith("(") and not gap.strip()
    opened = re.fullmatch(rf"\s?(?:of\s(?:the\s|all\s)?(?:{PATIENTS})\s)?[\(\[]\s?(?:n\s?=\s?)?", gap, _I)
    if not (own or opened) or t.value != int(t.value or 0):
        return None
    closes = re.match(r"\s?(?:[A-Za-z]+\s?){0,3}[\)\],;]", text[t.end : t.end + 30])
    return _attach(last, t, num=t.value) if t.kind != "bare" or closes else None


def _attach(cell: Cell, t: Token, **changes: object) -> Cell:
    return replace(cell, hi=t.end, attached=(*cell.attached, (t.start, t.end)), **changes)  # type: ignore[arg-type]


def _spread(last: Cell, t: Token, gap: str) -> Cell | None:
    if not re.fullmatch(
        (
            r"[\s,;:)±+/-]*[\(\[]?[\s,;:]*(?:with (?:a|an|exact) |(?:exact|two-sided|one-sided|Clopper-Pearson|"
            r"Wilson)\s|p\s?[<=][^,;)]{1,12}[,;]\s?|months?,?\s?[\(\[]?|"
            r"(?:of (?:the |all )?)?(?:patients|pts|participants|subjects|children|cases|responders),?\s?[\(\[]?|"
            r"(?:post|after|from|since)[ -][\w -]{2,24}?[\(\[]|例?患?者?[\(\[]?\s?)"
            r"?[\s,;:]*(?:and |\w+;\s)?"
        ),
        gap,
        _I,
    ):
        return None
    if t.kind == "range" and last.kind in ("rate", "ratio") and "range" not in t.text.lower():
        return _attach(last, t, ci=(t.value, t.high, None)) if last.ci is None else None
    if t.kind == "ci":
        return _attach(last, t, ci=(t.value, t.high, t.level)) if last.ci is None else None
    if last.spread is None or (last.spread[0] == "STANDARD_DEVIATION" and t.kind in ("range", "iqr")):
        kind = {"range": "FULL_RANGE", "iqr": "INTER_QUARTILE_RANGE", "sd": "STANDARD_DEVIATION"}[t.kind]
        return _attach(last, t, spread=(kind, t.value, t.high), named_range=bool(re.search(r"[^\d\W]", t.text)))
    return None


_POINTS = re.compile(
    r"\s(?:[a-z-]+\s)?(?:treatments?|infusions?|doses?|cycles?|injections?|courses?|lines?|lesions?|samples?|sites?|"
    r"arms?|groups?|cohorts?|levels?|regimens?|schedules?|studies|trials|cent(?:er|re)s?)\s\(|"
    r"-,?\s(?:and|or|to)\s\d|\s?(?:percentage )?points\b|\s?-?fold\b|\stimes\b|"
    r""  # a dose is no number of patients: "80 μM trabedersen (43%)"
    r"\s?(?:[μµunpm]M|[mμµunk]?g|[mμµu]?l|M?IU|MU|c?Gy|mCi|M?Bq|GBq|mmol)(?:/\w+)?(?:[\s-]|\Z)", _I
)
_BY_NAME = re.compile(r"\s(?:c?ORRs?|RR|DCR|CBR|CRR?|PR|MRR|(?:overall|objective) response rate|response rate)(?=[\s,;)])")


def _percent_on_count(text: str, last: Cell, t: Token, gap: str, inside: Sequence[Term]) -> Cell | None:
    if last.kind == "rate" and (last.value is not None or last.num is None):
        return None
    if last.kind == "bare" and (last.value != int(last.value or 0) or _POINTS.match(gap)):
        return None
    if inside and _BY_NAME.match(text, t.end):
        return None  # "three partial responses (11% ORR)"
    opened = re.fullmatch(
        (
            rf"(?:\s(?:of|the|evaluable|treated|all|these)){{0,3}}\s?(?:{PATIENTS})?(?:例|名|人)?[^,;.()"
            rf"\[\]%]{{0,50}}[\(\[]\s?(?:only |about |约)?"
        ),
        gap,
        _I,
    )
    loose = re.fullmatch(r"\s?(?:例|名|人)?,\s?(?:占|约|about )?|\s?(?:例|名|人)?\s?占\s?", gap)
    said = re.fullmatch(
        rf"(?:\s{PATIENTS})?,?\s(?:representing|accounting for|corresponding to|or)\s(?:a rate of\s|an? \w+ rate of\s)?", gap, _I
    )
    share = last.kind == "rate" and last.value is None and last.den and re.fullmatch(r"\s?(?:patients|pts)?[;,:]\s?", gap)
    if not (opened or loose or said or share) or (len(gap) > 12 and len({x.id for x in inside}) > 1):
        return None
    bracket = text[max(0, last.lo - 2) : last.lo].rstrip()[-1:] in ("(", "[")
    if loose and not opened and last.kind != "rate" and "占" not in gap and not bracket:
        return None
    num = last.num if last.kind == "rate" else last.value
    if last.den and num is not None and t.value is not None and abs(100 * num / last.den - t.value) > 1.5:
        return None
    cell = _attach(last, t, kind="rate", value=t.value, unit="%", num=num)
    return replace(cell, start=t.start, end=t.end, lo=last.lo)


def _fraction_on_value(last: Cell, t: Token, gap: str, inside: Sequence[Term], closes: bool) -> Cell | None:
    if not re.fullmatch(r"[^;.]{0,60}?[\(\[,;:]\s?(?:n\s?=\s?|viz\.\s|i\.e\.,?\s|约)?", gap, _I):
        return None
    if t.value is None or not t.den:
        return None
    if last.kind == "rate" and last.value is not None and last.num in (None, t.value) and last.den is None:
        near = 5.0 if re.fullmatch(r"\s?\(\s?", gap) else 0.61  # a share printed wrong is kept, and flagged
        if abs(100 * t.value / t.den - last.value) <= near or (near > 1 and closes):
            return _attach(last, t, num=t.value, den=t.den)
        return None
    if last.kind == "bare" and gap.strip() == "(" and closes and abs(100 * t.value / t.den - (last.value or 0)) < 0.06:
        return _attach(last, t, kind="rate", unit="%", num=t.value, den=t.den)  # "86.67 (26/30)" lost its sign
    if last.kind in ("count", "bare") and last.value == t.value and last.den is None:
        share = 0.0 if last.kind == "bare" and t.value == 0 else None  # "0 (0/2)": the share of none is printed
        return _attach(last, t, kind="rate", value=share, num=t.value, den=t.den, unit="%")
    return None


def _states(
    text: str, found: list[Cell], tokens: Sequence[Token], terms: Sequence[Term], start: int, end: int
) -> list[Cell]:
    """Adds "not reached" and "not estimable" as cells, with a confidence interval that follows them."""
    nowhere = [m.span(m.lastgroup or "s") for m in NOWHERE.finditer(text, start, end)]
    for a, b in [*(m.span() for m in STATE.finditer(text, start, end)), *nowhere]:
        if text[a:b].endswith("met") and RULE.search(text, max(start, a - 70), a):
            continue
        known = any(c.lo < b and a < c.hi for c in found) or any(t.start <= a and b <= t.end for t in tokens)
        if known or of_response(text, a, b):
            continue
        if text[a:b].endswith("met") and re.search(r"(?i)\b(?:end-?\s?points?|objectives?|criteri\w+)\b", text[start:a]):
            continue  # "the primary endpoints of PFS and OS were not met"
        named = any(t.kind == "tox" and (t.start < b and a < t.end or text[t.end : a] == " (") for t in terms)
        if UPPER.search(text, start, a) or named:
            continue  # "(95% CI 20.5-not evaluable [NE])", "neurologic events (NE; 40%)"
        bad = re.search(r"NE|estim|估|calcul", text[a:b])
        cell = Cell("state", a, b, a, b, status="not_estimable" if bad else "not_reached")
        after = next((t for t in tokens if t.kind in ("ci", "range", "iqr") and t.start >= b), None)
        if after:
            cell = _spread(cell, after, text[b : after.start]) or cell
        found.append(cell)
    for m in NEITHER.finditer(text, start, end):
        a, b = m.span("s")
        found.append(Cell("state", a, b, a, b, status="not_reached"))
    for m in NEITHER_OF_BOTH.finditer(text, start, end):
        found.append(Cell("state", m.start(), m.end(), m.start(), m.end(), status="not_reached"))
    for m in NOR_WAS.finditer(text, start, end):
        if any(c.kind == "state" and 0 <= m.start() - c.hi < 90 for c in found):
            found.append(Cell("state", m.start(), m.end(), m.start(), m.end(), status="not_reached"))
    return sorted(found, key=lambda c: c.start)


def _trailing_unit(text: str, c: Cell, found: Sequence[Cell], i: int, end: int) -> Cell:
    """5.3 (95% CI: 2.8-7.8) months: the unit stands behind what hangs on the value."""
    if c.kind != "bare":
        return c
    m = _AFTER_UNIT.match(text, c.hi, end) or (_AFTER_BRACKET.match(text, c.hi, end) if c.attached else None)
    if m and (c.attached or text[c.hi : c.hi + 1] != ")"):
        return replace(c, kind="time", unit=unit_of(m["u"]), hi=m.end())
    return c
