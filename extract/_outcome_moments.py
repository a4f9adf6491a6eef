"""Grades, time points and statistics: what kind of number it is, of which grade, and when."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import Token, grade_range, unit_of
from ._outcome_assign import Reading
from ._outcome_cells import VERSUS, Cell
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
    if c.value == 0 and (above := _ABOVE.match(text, t.end)):
        return int(above["g"]) + 1, None
    tied = after and re.fullmatch(
        r"[\s)%]*(?:of (?:the )?patients\s)?(?:for|were|was|being)\s", text[c.hi : after.start]
    )
    if after and tied and not zero:
        return grade_range(after.text)  # "20.8% for grade ≥2 and 14.0% for grade ≥3"
    if after and text[c.hi : after.start].strip() and any(0 <= x.lo - after.end <= 6 for x in cells if x is not c):
        after = None
    behind = max(c.hi, t.end)
    if (
        after
        and not zero
        and (
            _AFTER.fullmatch(text[c.hi : after.start])
            or (after.start >= behind and _ALL_OF.fullmatch(_LISTED.sub("", text[behind : after.start], count=1)))
        )
    ):
        return grade_range(after.text)
    if after and zero and _AFTER_TERM.fullmatch(text[t.end : max(t.end, after.start)]) and after.start >= t.end:
        return grade_range(after.text)
    pair = _PAIR.search(text[start : t.start]) if r.many == 2 and not r.how.startswith("list") else None
    if pair:
        return grade_range(pair["ab"[r.order]])
    begin = _run_start(r, cells)
    low = _elliptic(text, cells, min(begin, t.start), start)
    before = [g for g in grades if low - 1 <= g.start and g.end <= t.start]
    if (
        zero
        and before
        and t.id in _EVENTS
        and re.search(r"\b(?:AEs?|events|toxicities)\b", text[before[-1].end : t.start])
    ):
        before = []  # "no grade 5 AEs or related SAEs": the grade is of the first
    if before and _leads(text[before[-1].end : t.start], r):
        return grade_range(before[-1].text)
    left_out = any(low <= x.lo and x.hi <= min(c.lo, t.start) for x in cells)  # the noun "grade 3" is left out
    gap = text[before[-1].end : t.start] if before else ""
    own_verb = re.match(r"\s(?:\([^()]*\)\s)?(?:occurred|was|were|developed|had|is|are)\b", text[t.end : t.end + 40])
    if before and left_out and not own_verb and not re.search(r"(?i)\b(?:any|no|all)\b|\A[^()]*\)", gap):
        return grade_range(before[-1].text)
    between = [g for g in grades if t.end <= g.start and g.end <= begin] if not zero else []
    between = [g for g in between if not _in_bracket_of(text, cells, g, c)]
    if between and not any(between[-1].end <= x.lo < begin for x in cells):
        return grade_range(between[-1].text)
    return (None, None) if zero or t.id in _EVENTS else _heading(text, t, grades)


def _in_bracket_of(text: str, cells: Sequence[Cell], g: Token, c: Cell) -> bool:
    """Whether a grade stands in the bracket of an earlier value: "30.8% (8/26; all G1-2) in A and 71.4% in B"."""
    before = [x for x in cells if x.hi <= g.start and x is not c]
    rest = re.match(r"[^()]*\)", text[before[-1].hi : c.lo]) if before else None
    return bool(rest and before and g.end <= before[-1].hi + rest.end())


_EVENTS = ("SAE", "TEAE", "TRAE")
_MAINLY = re.compile(
    r"\b(?:mainly|mostly|most commonly|most frequently|predominantly|primarily|including|notably|such as)\s"
    r"(?:(?:[\w-]+\s){1,5}\([^()]*\),?\s?(?:and\s)?)*(?:[\w-]+\s){0,3}\Z",
    _I,
)


_FATAL = re.compile(r"[)\s]?(?:-related|相关)?\s?(?:导致的?|所致的?|引起的?)?(?:死亡|\sdeaths?\b)")
_AFTER = re.compile(
    r"[\s)\]]*(?:of\s)?(?:the\s)?(?:patients?|pts?|cases|患者|例)?\s?[(（]?\s?(?:(?:who|which)\s)?(?:had|having|were|was|"
    r"experienced|with|of|being|为|是|的)?\s?"
    r"(?:an?\s|all\s|only\s|both\s|的)?(?:events?\s(?:of\s|that were\s))?"
    r"|[\s)\]]*(?:(?:patients?|pts)[\s)\]]*)?[,;(]?\s?(?:and\s|且)?(?:(?:all|both|each)\s(?:(?:were|being|"
    r"of\s(?:which|whom|them)\s(?:were\s)?)\s?)?(?:of\s)?|"
    r"(?:均|皆|全部?|都|全)(?:为|属|系|是)?\s?)"
    r"|[\s)\]]*(?:(?:patients?|pts)[\s)\]]*)?,\s(?=[^,;.]{4,24}(?:[,;.)]\s|[,;.)]?\Z))",
    _I,
)


def _run_start(r: Reading, cells: Sequence[Cell]) -> int:
    """Where the list of values that a reading stands in begins."""
    at = next((i for i, x in enumerate(cells) if x.start == r.cell.start), 0)
    return cells[max(0, at - r.order)].lo if cells else r.cell.lo


_LISTED = re.compile(
    r"\A[\s)\]]*(?:(?:、|,|和|及|与|\sand\s)\s?(?:[^,;。、()\d]{0,16}\s?\(\s?[\d./%,;n= 例]+\)|"
    r"\d+(?:\.\d+)?\s?(?:例|%)(?:\s?\([\d./%]+\))?))+",
    _I,
)
_ALL_OF = re.compile(
    r"[\s)\]]*(?:\([^()]*\))?[,;(]?\s?(?:and\s|且)?(?:(?:all|both)\s(?:(?:were|being|of\s(?:which|whom|"
    r"them)\s(?:were\s)?)\s?)?(?:of\s)?|"
    r"(?:均|皆|全部?|都|全)(?:为|属|系|是)?\s?)",
    _I,
)
_AFTER_TERM = re.compile(
    r"\s?(?:\([^()]*\)\s?)?(?:(?:,|or|nor|and)\s(?!no\b|any\b|grade)[^.;()]{3,110}?(?:\([^()]*\)\s?)?\s(?=of|at|with|"
    r"that))?"
    r"(?:of|at|with|events?|that were)?\s?",
    _I,
)
_ABOVE = re.compile(
    r"\s?(?:\([^()]*\)\s?)?(?:higher|greater|worse|more severe|above|exceeding|beyond)\s(?:than\s)?grade\s(?P<g>[1-4])",
    _I,
)
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


_ELLIPSIS = re.compile(
    r"[\s)\]]*(?:(?:of\s)?(?:the\s)?(?:patients?|pts|cases)[\s)\]]*)?(?:,|;|and|, and|or)\s?(?:the\s)?[A-Za-z-]?", _I
)


def _elliptic(text: str, cells: Sequence[Cell], at: int, start: int) -> int:
    """Where a grade may stand that holds for a term: behind the last value, or before it where the noun is left out.

    "Grade 3 CRS in 12% and neurotoxicity in 27%": the grade holds for both.
    """
    low = start
    for x in reversed([x for x in cells if x.hi <= at]):
        low = x.hi
        if x.kind not in ("rate", "count", "bare") or not _ELLIPSIS.match(text, x.hi):
            break
        words = re.split(r"(?<=[,;])\s|\band\s", text[x.hi : at], maxsplit=1)[-1]
        if len(words) > 45 or re.search(r"\b(?:was|were|occurred|had|no|any|all|grade|which|in|there)\b", words, re.I):
            break
        low = start
    return low


def _heading(text: str, t: Term, grades: Sequence[Token]) -> tuple[int | None, int | None]:
    """Grade that heads a list: "the most common grade 3-4 adverse events were anemia (40%), infection (12%)"."""
    for g in reversed([g for g in grades if g.end <= t.start]):
        named = _HEADING.match(text, g.end) or re.search(
            r"(?i)(?:events|toxicit\w+|AEs)\s(?:of|at)\s\Z", text[max(0, g.start - 16) : g.start]
        )
        between = text[g.end : t.start]
        if named and (not re.search(r"[;。]|\.\s", between) or _MOST.match(between)):
            return grade_range(g.text)
        break
    last = next((g for g in reversed(grades) if g.end <= t.start), None)
    if last and len(text[last.end : t.start]) < 220 and _MAINLY.search(text[last.end : t.start]):
        return grade_range(last.text)
    for g in grades:
        if g.start >= t.end and _POSTPOSED.search(text[t.end : g.start]) and _HEADING.match(text, g.end):
            return grade_range(g.text)
    return None, None


_MOST = re.compile(
    r"[^;.。]{0,90}[;,]\s(?:of which\s|of these,?\s|and\s)?(?:the\s)?most (?:common|"
    r"frequent)(?:ly)?\s(?:\w+\s){0,3}(?:were|was|being|included?|include)\s[^;.。]*\Z"
    r"|[^;。]{0,60}[;,](?:其中)?(?:以|最常见的?(?:为|是|包括)|主要为|包括)[^;。]*\Z",
    re.I,
)
_POSTPOSED = re.compile(
    r"\A[^;.]*\b(?:were|was|being|represented)\s(?:the\s)?(?:most\s(?:common|frequent)\w*\s|only\s|main\s|"
    r"predominant\s)(?:\w+\s)?\Z|\A[^;。]*(?:为|是)(?:最)?(?:为)?(?:常见|主要|多见)的?\Z",
    _I,
)


def _leads(gap: str, r: Reading) -> bool:
    """Whether the words between a grade and a term let the grade hold for the term."""
    if re.search(
        r"(?i)\bany\b|任何|\ball\b|\b(?:no|without)\b|无|未|\band (?:there|no|one|two|\d)|[;。]|\bwas\b|\bwere\b", gap
    ):
        return False
    zero = r.cell.value == 0 and r.cell.kind == "count"
    if zero or r.how.startswith("list"):
        return len(gap) < 80
    return bool(
        re.fullmatch(
            r"[\s()/-]*(?:(?:[A-Za-z-]+|的|治疗性|治疗相关|治疗期间(?:出现的)?|药物相关的?|输注相关的?|严重|非?血液学)[\s/-]*){0,6}",
            gap,
        )
    )


def landmark(
    text: str, r: Reading, tokens: Sequence[Token], cells: Sequence[Cell], start: int, end: int
) -> Moment | None:
    """(value, unit) of the time point of a landmark rate, or of a response told at landmarks.

    A time behind the value binds most ("73% at 6 months"), behind its list next; then the times of the same clause, in
    the order of the values; then the last one before it.
    """
    t, c = r.term, r.cell
    run = r.run or (c,)
    times = _times(text, tokens, start)
    following = min((x.lo for x in cells if x.lo >= run[-1].hi and x.kind != "time"), default=end)
    own = _behind(text, times, c, min((x.lo for x in run if x.lo >= c.hi), default=following))
    shared = own or _behind(text, times, run[-1], following)
    if shared:
        return shared
    previous = max((x.hi for x in cells if x.hi <= run[0].lo and x.kind not in ("time", "bare")), default=start)
    near = [
        m
        for m in times
        if m[1] <= run[0].lo and (m[0] >= previous or t.start - 40 < m[1] <= t.start or t.start <= m[0])
    ]
    near = [m for m in near if not _crossed(cells, m[1], run[0].lo)] or [
        m for m in near if m[1] <= t.start and not _crossed(cells, m[1], t.start)
    ]
    if not near:
        before = [m for m in times if m[1] <= c.lo]
        return before[-1][2] if before and t.kind in ("time", "survival") else None
    return near[_place(text, r, t, near)][2]


def _place(text: str, r: Reading, t: Term, near: Sequence[tuple[int, int, Moment]]) -> int:
    """Which of several times a value of a list has."""
    many = len(near)
    if many == 1 or r.many < 2 or r.many % many:
        beside = [i for i, m in enumerate(near) if m[1] <= t.start and t.start - m[1] <= 2]
        return beside[-1] if beside else many - 1
    if r.many == many:
        return r.order
    joins = [text[a.hi : b.lo].strip(" )%").lower() for a, b in zip(r.run, r.run[1:], strict=False)]
    outer = len(joins) > 1 and joins[0] != joins[1] and not VERSUS.search(" " + joins[1] + " ")
    return r.order // (r.many // many) if outer else r.order % many


def _behind(text: str, times: Sequence[tuple[int, int, Moment]], c: Cell, following: int) -> Moment | None:
    """The time told right behind a value: "73% (95% CI, 60 to 82) at 6 months"."""
    tail = next((m for m in times if c.hi <= m[0] < following and m[0] - c.hi < 60), None)
    if tail and re.search(r"(?:at|by|within|after)\s(?:the first\s)?(?:day\s)?\Z", text[c.hi : tail[0]]):
        return tail[2]
    opened = tail and re.search(r"(?:\A|\s)(?:at|by)\s\Z", text[c.hi : tail[0]])
    return tail[2] if tail and opened else None


def _crossed(cells: Sequence[Cell], a: int, b: int) -> bool:
    return any(a <= x.lo < b and x.kind not in ("time", "bare") for x in cells)


def _times(text: str, tokens: Sequence[Token], start: int) -> list[tuple[int, int, Moment]]:
    found = []
    for x in tokens:
        if x.kind in ("landmark", "duration") and x.value is not None and x.unit and x.high is None:
            if x.kind == "duration" and re.search(r"(?:为|是|达到?|仅)\s?\Z", text[max(start, x.start - 3) : x.start]):
                continue  # a value: 中位OS为278 d
            if x.kind == "landmark" or not _FOLLOWED.search(text[max(start, x.start - 40) : x.start]):
                found.append((x.start, x.end, (x.value, x.unit)))
        elif x.kind == "bare" and x.value is not None:
            m = re.match(
                (
                    r"\s?-?\s?(?:and|,|or|-|和|、|及|与)\s?(?:\d{1,3}\s?-?\s?(?:,|and|, and|、|和|及|"
                    r"与)\s?){0,4}\d{1,3}\s?-?\s?"
                    r"(months?|years?|weeks?|days?|个?月|年|周|天)"
                ),
                text[x.end : x.end + 30],
            )
            if m:
                found.append((x.start, x.end, (x.value, unit_of(m[1]) or "months")))
    return found


_SINCE = re.compile(r"\s?(?:post|after|following|follow-?up|of follow|from)\b", _I)
_FIXED = re.compile(r"(?:\b(?:at|by|within|on)\s(?:the\s)?(?:first\s)?(?:day\s)?|(?:,|and)\s)\Z", _I)


def moment(
    text: str, r: Reading, tokens: Sequence[Token], cells: Sequence[Cell], start: int, end: int
) -> Moment | None:
    """Time point of a response: "At six months ...", "the 1-year CR rate", "ORR at day 30", "81% within 3 months"."""
    if r.term.kind not in ("response", "generic", "time"):
        return None
    t, c = r.term, r.cell
    beside = _fixed(text, r, tokens, cells, start, end)
    if beside:
        return beside
    for x in tokens:
        if x.kind not in ("duration", "landmark") or x.value is None or x.unit is None or x.high is not None:
            continue
        since = max((y.hi for y in cells if y.hi <= c.lo and y.kind != "time"), default=start)
        if since <= x.start and re.fullmatch(
            r"(?:时|末|内)\s?(?:分别)?(?:为|达到?|:)?\s?", text[x.end : max(x.end, c.lo)]
        ):
            return x.value, x.unit
        if _ZH_WHEN.match(text, x.end) and _zh_moment(text, r, tokens, x):
            return x.value, x.unit
        before = text[start : x.start]
        opening = x.start - start < 16 and (
            _SINCE.match(text, x.end)
            or re.search(r"(?i)\b(?:at|by|within|on)\s(?:the\s)?(?:first\s)?(?:day\s)?\Z", before)
        )
        inside = re.search(r"(?i)\b(?:within|by)\s(?:the\s)?(?:first\s)?\Z", before) and x.start > t.start
        if opening or (inside and 0 <= x.start - max(t.end, c.hi) < 40):
            return x.value, x.unit
        if (
            re.match(r"[一-鿿]{2}", text[x.start - 3 : x.start - 1])
            and text[x.start - 1 : x.start] == "("
            and re.match(r"\)内的?", text[x.end : x.end + 3])
        ):
            return x.value, x.unit
    return None


def _fixed(
    text: str, r: Reading, tokens: Sequence[Token], cells: Sequence[Cell], start: int, end: int
) -> Moment | None:
    """A time that a preposition or an adjective ties to the term or to the value."""
    t, c = r.term, r.cell
    run = r.run or (c,)
    previous = max((x.hi for x in cells if x.hi <= run[0].lo and x.kind not in ("time", "bare")), default=start)
    tied: list[Token] = []
    for x in tokens:
        if x.kind not in ("duration", "landmark") or x.value is None or x.unit is None or x.high is not None or x.bound:
            continue
        adjective = (
            x.end <= t.start and re.fullmatch(r"\s(?:[a-z]+\s){0,2}", text[x.end : t.start]) and x.kind == "landmark"
        )
        listed = bool(tied) and re.fullmatch(r"\s?(?:,|and|, and)\s?", text[tied[-1].end : x.start])
        between = (
            max(t.end, previous) <= x.start
            and x.end <= run[0].lo
            and _FIXED.search(text[max(start, x.start - 16) : x.start])
        )
        behind = c.hi <= x.start and re.fullmatch(
            r"[\s)%]*(?:\([^()]*\)\s?)?(?:at|by|within)\s(?:the\s)?(?:first\s)?(?:day\s)?", text[c.hi : x.start]
        )
        ends = c.hi <= t.start < t.end <= x.start and re.fullmatch(
            r"[\s)]*(?:\([^()]{1,12}\)\s?)?(?:at|by|until|"
            r"within)\s(?:the\s)?(?:first\s)?(?:day\s)?",
            text[t.end : x.start],
        )
        if (adjective or between or behind or listed or ends) and not re.match(
            r"(?i)[\s-]?(?:follow|of follow|old)", text[x.end :][:10]
        ):
            tied.append(x)
    if not tied:
        return None
    mine = tied[r.order] if len(tied) == r.many else tied[0] if len(tied) == 1 else None
    return (mine.value, mine.unit) if mine and mine.value is not None and mine.unit else None


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
