"""Grades, time points and statistics: what kind of number it is, of which grade, and when."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import Token, grade_range, unit_of
from ._outcome_assign import Reading
from ._outcome_cells import Cell
from ._outcome_terms import Term

_I = re.I | re.A
_MEDIAN = re.compile(r"\bmedian\b|\bm(?:OS|PFS|DOR|DoR|FU|TTR|EFS|DFS)\b|中位", _I)
_MEAN = re.compile(r"\bmean\b|\baverage\b|平均", _I)
_FOLLOWED = re.compile(r"follow-?\s?up (?:of|was|time)?[^.;]{0,20}\Z|median[^.;]{0,30}\Z|随访[^。;]{0,6}\Z", _I)
Moment = tuple[float, str]


def grade(
    text: str, r: Reading, tokens: Sequence[Token], cells: Sequence[Cell], start: int, end: int
) -> tuple[int | None, int | None]:
    """(lowest, highest) grade of a safety value: named beside the term, or between the last value and this one."""
    t, c = r.term, r.cell
    grades = [g for g in tokens if g.kind == "grade" and start <= g.start and g.end <= end]
    own = [g for g in grades if t.start <= g.start and g.end <= t.end]
    if own:
        return grade_range(own[0].text)
    if t.id in ("TRM", "MTD", "RP2D", "DLT"):
        return None, None
    if r.how == "none again":
        return next((grade_range(g.text) for g in grades if c.start <= g.start and g.end <= c.end), (None, None))
    if t.id in ("TEAE", "TRAE", "SAE") and re.match(r"(?:导致的?|所致的?|引起的?|而)?\s?死亡", text[t.end : t.end + 6]):
        return None, None  # told as deaths
    if t.kind == "tox" and _FATAL.match(text, t.end):
        return 5, 5
    zero = c.value == 0 and c.kind == "count"
    after = next((g for g in grades if g.start >= c.hi), None)
    if after and any(0 <= x.lo - after.end <= 6 for x in cells if x is not c):
        after = None
    behind = max(c.hi, t.end)
    if (
        after
        and not zero
        and (
            _AFTER.fullmatch(text[c.hi : after.start])
            or (after.start >= behind and _ALL_OF.fullmatch(text[behind : after.start]))
        )
    ):
        return grade_range(after.text)
    if after and zero and _AFTER_TERM.fullmatch(text[t.end : max(t.end, after.start)]) and after.start >= t.end:
        return grade_range(after.text)
    pair = _PAIR.search(text[start : t.start]) if r.many == 2 and not r.how.startswith("list") else None
    if pair:
        return grade_range(pair["ab"[r.order]])
    low = max((x.hi for x in cells if x.hi <= min(c.lo, t.start)), default=start)
    before = [g for g in grades if low - 1 <= g.start and g.end <= t.start]
    if before and _leads(text[before[-1].end : t.start], r):
        return grade_range(before[-1].text)
    between = [g for g in grades if t.end <= g.start and g.end <= c.lo] if not zero else []
    if between and not any(between[-1].end <= x.lo < c.lo for x in cells):
        return grade_range(between[-1].text)
    return (None, None) if zero or t.id in ("SAE", "TEAE", "TRAE") else _heading(text, t, grades)


_FATAL = re.compile(r"[)\s]?(?:-related|相关)?\s?(?:导致的?|所致的?|引起的?)?(?:死亡|\sdeaths?\b)")
_AFTER = re.compile(
    r"[\s)\]]*(?:of\s)?(?:the\s)?(?:patients?|pts?|cases|患者|例)?\s?[(（]?\s?(?:had|having|were|was|"
    r"experienced|with|of|being|为|是|的)?\s?"
    r"(?:an?\s|all\s|only\s|both\s|的)?(?:events?\s(?:of\s|that were\s))?"
    r"|[\s)\]]*[,;(]?\s?(?:and\s|且)?(?:(?:all|both)\s(?:(?:were|being|of\s(?:which|whom|them)\s(?:were\s)?)\s?)?(?:of\s)?|"
    r"(?:均|皆|全部?|都|全)(?:为|属|系|是)?\s?)",
    _I,
)
_ALL_OF = re.compile(
    r"[\s)\]]*(?:\([^()]*\))?[,;(]?\s?(?:and\s|且)?(?:(?:all|both)\s(?:(?:were|being|of\s(?:which|whom|them)\s(?:were\s)?)\s?)?(?:of\s)?|"
    r"(?:均|皆|全部?|都|全)(?:为|属|系|是)?\s?)",
    _I,
)
_AFTER_TERM = re.compile(r"\s?(?:\([^()]*\)\s?)?(?:of|at|with|events?|that were)?\s?", _I)
_PAIR = re.compile(
    (
        r"(?P<a>any[- ]grade|all[- ]grade|grades?\s?[≥\d][\d\s≥/-]*)\s(?:and|,)"
        r"\s(?P<b>grades?\s?[≥>]?\s?\d[\d\s/-]*(?:or (?:higher|greater))?)\s?[\w\s-]{0,24}\Z"
    ),
    _I,
)
_HEADING = re.compile(
    r"\s(?:(?:treatment|therapy)-(?:emergent|related)\s|non-?hematologic\w*\s|ha?ematologic\w*\s|"
    r"drug-related\s){0,2}(?:adverse (?:events|effects|reactions)|AEs|TEAEs|TRAEs|toxicit\w+|events|"
    r"side effects)\b"
    r"|的?(?:治疗相关)?(?:不良事件|不良反应|毒性|血液学毒性)",
    _I,
)


def _heading(text: str, t: Term, grades: Sequence[Token]) -> tuple[int | None, int | None]:
    """Grade that heads a list: "the most common grade 3-4 adverse events were anemia (40%), infection (12%)"."""
    for g in reversed([g for g in grades if g.end <= t.start]):
        named = _HEADING.match(text, g.end) or re.search(
            r"(?i)(?:events|toxicit\w+|AEs)\s(?:of|at)\s\Z", text[max(0, g.start - 16) : g.start]
        )
        if named and not re.search(r"[;。]|\.\s", text[g.end : t.start]):
            return grade_range(g.text)
        break
    return None, None


def _leads(gap: str, r: Reading) -> bool:
    """Whether the words between a grade and a term let the grade hold for the term."""
    if re.search(
        r"(?i)\bany\b|任何|\ball\b|\b(?:no|without)\b|无|未|\band (?:there|no|one|two|\d)|[;。]|\bwas\b|\bwere\b", gap
    ):
        return False
    zero = r.cell.value == 0 and r.cell.kind == "count"
    if zero or r.how.startswith("list"):
        return len(gap) < 80
    return bool(re.fullmatch(r"[\s()/-]*(?:(?:[A-Za-z-]+|的|治疗性|治疗相关|非?血液学)[\s/-]*){0,6}", gap))


def landmark(
    text: str, r: Reading, tokens: Sequence[Token], cells: Sequence[Cell], start: int, end: int
) -> Moment | None:
    """(value, unit) of the time point of a landmark rate."""
    t, c = r.term, r.cell
    times = _times(text, tokens, start)
    following = min((x.lo for x in cells if x.lo >= c.hi and x.kind != "time"), default=end)
    tail = next((m for m in times if c.hi <= m[0] < following), None)
    if (
        tail
        and re.search(r"(?:at|by|within|after)\s(?:the first\s)?(?:day\s)?\Z", text[c.hi : tail[0]])
        and tail[0] - c.hi < 60
    ):
        return tail[2]
    beside = [m for m in times if m[1] <= t.start and t.start - m[1] < 40 and not _crossed(cells, m[1], t.start)]
    listed = [m for m in times if t.start <= m[0] < c.lo]
    several = [*beside, *listed]
    if beside and t.start - beside[-1][1] <= 2 and r.how.startswith("list") and len(beside) < r.many:
        return beside[-1][2]
    if r.many > len(several) > 1 and r.many % len(several) == 0 and not r.how.startswith("list"):
        return several[r.order % len(several)][2]
    if r.many > 1 and len(several) == r.many and (r.how != "list" or len(beside) == r.many):
        return several[r.order][2]
    if listed and not _crossed(cells, listed[-1][1], c.lo):
        return listed[-1][2]
    if beside:
        return beside[-1][2]
    before = [m for m in times if m[1] <= c.lo]
    return before[-1][2] if before else None


def _crossed(cells: Sequence[Cell], a: int, b: int) -> bool:
    return any(a <= x.lo < b and x.kind != "time" for x in cells)


def _times(text: str, tokens: Sequence[Token], start: int) -> list[tuple[int, int, Moment]]:
    found = []
    for x in tokens:
        if x.kind in ("landmark", "duration") and x.value is not None and x.unit and x.high is None:
            if x.kind == "landmark" or not _FOLLOWED.search(text[max(start, x.start - 40) : x.start]):
                found.append((x.start, x.end, (x.value, x.unit)))
        elif x.kind == "bare" and x.value is not None:
            m = re.match(
                (
                    r"\s?-?\s?(?:and|,|or|-|和|、)\s(?:\d+\s?(?:,|and)\s)?\d{1,3}\s?-?\s?(months?|years?|weeks?|"
                    r"days?)"
                ),
                text[x.end : x.end + 26],
            )
            if m:
                found.append((x.start, x.end, (x.value, unit_of(m[1]) or "months")))
    return found


_WHEN = re.compile(
    (
        r"(?:\A|[,;]\s)(?:at|by|within|during)\s(?:the\s)?(?:first\s)?\Z|(?:\bwithin|\bby)\s(?:the\s)?(?:first\s)?\Z|"
        r"\A(?:at\s(?:the\s)?)?\Z"
    ),
    _I,
)
_SINCE = re.compile(r"\s?(?:post|after|following|follow-?up|of follow|from)\b", _I)


def moment(text: str, r: Reading, tokens: Sequence[Token], start: int, end: int) -> Moment | None:
    """Time point of a response: "At six months ...", "Four weeks after infusion, ...", "within the first 3 months"."""
    if r.term.kind not in ("response", "generic", "time"):
        return None
    for x in tokens:
        if x.kind not in ("duration", "landmark") or x.value is None or x.unit is None or x.high is not None:
            continue
        if _ZH_WHEN.match(text, x.end) and _zh_moment(text, r, tokens, x):
            return x.value, x.unit
        before = text[start : x.start]
        opening = x.start - start < 16 and (
            _SINCE.match(text, x.end) or re.search(r"(?i)\b(?:at|by|within)\s(?:the\s)?(?:first\s)?\Z", before)
        )
        inside = re.search(r"(?i)\b(?:within|by)\s(?:the\s)?(?:first\s)?\Z", before) and x.start > r.term.start
        if opening or (inside and 0 <= x.start - max(r.term.end, r.cell.hi) < 40):
            return x.value, x.unit
        if (
            re.match(r"[一-鿿]{2}", text[x.start - 3 : x.start - 1])
            and text[x.start - 1 : x.start] == "("
            and re.match(r"\)内的?", text[x.end : x.end + 3])
        ):
            return x.value, x.unit
    return None


_ZH_WHEN = re.compile(r"[一-鿿\s]{0,4}?(?:时|后|内|末)?\s?的?[,\s]?(?=[一-鿿A-Za-z\d])")


def _zh_moment(text: str, r: Reading, tokens: Sequence[Token], x: Token) -> bool:
    """6个月ORR; 输注后第28天,18例患者达到...; 治疗3个月时的ORR."""
    if not re.search(r"[一-鿿]", text[max(0, x.start - 3) : x.end + 3]) or r.term.kind == "time":
        return False
    first = min(r.term.start, r.cell.lo)
    if x.end > first or re.search(r"随访|持续|中位|超过|间隔", text[max(0, x.start - 6) : x.start]):
        return False
    between = text[x.end : first]
    beside = x.end <= r.term.start and re.fullmatch(r"(?:时|内|末)?的?\s?", text[x.end : r.term.start])
    opened = re.search(
        r"后第?\s?\Z|治疗第?\s?\Z|后\s?第\Z", text[max(0, x.start - 5) : x.start + x.text.startswith("第")]
    )
    close = (
        len(between) < 24
        and not re.search(r"[;。]", between)
        and not any(t.kind in ("percent", "fraction") for t in tokens if x.end <= t.start < first)
    )
    return bool(beside or (opened and close and re.match(r"(?:时|内|末)?,|(?:时|内|末)", between)))


def statistic(text: str, r: Reading, start: int) -> str:
    """median, mean or individual for a time; told by the words near it."""
    c, t = r.cell, r.term
    if c.bound and c.bound not in ("~", "about", "约"):
        return "individual"
    near = text[max(start, min(t.start, c.lo) - 40) : max(t.end, c.hi)]
    if _MEDIAN.search(near) or _MEDIAN.search(text[start : c.hi]):
        return "median"
    if _MEAN.search(near) or (c.spread and c.spread[0] == "STANDARD_DEVIATION"):
        return "mean"
    several = re.search(r"(?i)durations\b|\btimes\b|\bfree\b|progressed", t.words)
    return "individual" if several or t.kind != "time" else "median"
