"""Groups of a value: arm, cohort or dose level, population, denominator, time point and grade, from its sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ._numbers import PATIENTS, Token, grade_range
from ._outcome_assign import Reading
from ._outcome_cells import Cell

_I = re.I | re.A
_LEVEL = (
    r"(?:(?:dose[- ]?levels?|DLs?|cohorts?|dose cohorts?|arms?|groups?|dose groups?|parts?)\s?-?(?:\d+|[A-D])"
    r"(?![A-Za-z])(?:\s?(?:-|,|and|to|&|/)\s?(?:DLs?|cohorts?)?\s?-?(?:\d+|[A-D])(?![A-Za-z\d]))*)"
)
_ARM = re.compile(
    rf"(?P<level>{_LEVEL})"
    r"|(?P<named>(?:(?<=the )|(?<=and )|(?<=in )|(?<=for )|(?<=vs )|(?<=versus ))(?:[A-Za-z0-9][\w.+/-]*\s)"
    r"{1,5}?(?:arms?|groups?|cohorts?))\b"
    r"|(?P<with>(?:patients|those|pts|subjects)?\s?(?:who )?(?:receiv(?:ed|ing)|treated (?:with|by)|given|"
    r"assigned to|randomi[sz]ed to|infused with)\s(?P<drug>[A-Za-z][\w.+-]*(?:[ /-](?:plus |and |alone|"
    r"followed by )?[A-Za-z0-9][\w.+-]*){0,4}))"
    r"|(?P<zh>(?:[一-鿿A-Za-z0-9.+-]{1,14}?)(?:组|队列)(?!织|成|合|建|分))|(?P<zhlevel>(?:剂量组|剂量水平|队列)\s?\d)",
    _I,
)
_WITH = re.compile(
    r"\s?(?:months?|weeks?|%)?[\s)\]]*(?:with|for|on|in|among)\s(?P<drug>(?:the )"
    r"?[A-Z][\w.+/-]*(?:[ +/-][A-Za-z0-9][\w.+/-]*){0,3}|physician(?:'s)? choice|placebo|chemotherapy|control|"
    r"standard care|observation)(?=\s?(?:,|;|\.|\(|\[|versus|vs|and|compared|\Z))"
)
_POPULATION = re.compile(
    rf"\b(?P<p>(?:among|in|for|of) (?:the |all )?(?:(?:[\w/-]+ ){{0,4}}?)(?:{PATIENTS})\s(?:with|who|in|at|"
    rf"without|receiving|achieving)\s[^,;.()]{{2,70}}?)(?=,|;|\.|\(|\bthe\b|\bwas\b|\bit\b|\bwere\b|\Z)"
    r"|\b(?P<q>(?:in|among|for) (?!the\b|all\b|both\b|this\b|total\b|patients\b)(?:[A-Za-z0-9][\w/+.-]* )"
    r"{1,4}?(?:patients|pts|disease|tumors?|relapse|responders))\b"
    r"|(?P<set>\bevaluable|intent(?:ion)?-to-treat|\bITT\b|per-protocol|efficacy-evaluable|response-evaluable|"
    r"可评[估价](?:的)?(?:患者)?)",
    _I,
)
_LANDMARK_ZH = re.compile(
    r"(?P<n>\d{1,3}|[一二三四五六七八九十两]{1,2})\s?(?P<u>年|个月|周|天)(?:的|时)?(?:的)?(?:总|无|中位|累积|"
    r"OS|PFS|EFS|DFS|RFS|生存|总体)"
)
_MEDIAN = re.compile(r"\bmedian\b|\bm(?:OS|PFS|DOR|DoR|FU|TTR|EFS|DFS)\b|中位", _I)
_MEAN = re.compile(r"\bmean\b|\baverage\b|平均", _I)


@dataclass(frozen=True, slots=True)
class Group:
    arm: str | None
    arm_span: tuple[int, int] | None
    population: str | None
    analysis_set: str | None
    den: float | None


def arms(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """(start, end, label) of arms, cohorts and dose levels named in text[start:end]."""
    found = []
    for m in _ARM.finditer(text, start, end):
        if m["with"] and m["drug"]:
            a, b = m.span("drug")
        else:
            a, b = m.span()
        label = text[a:b].strip()
        if re.fullmatch(
            (
                r"(?i)(?:both|all|two|three|the|treatment|study|of|either|age|control and|entire study|whole|this|"
                r"total)?\s?(?:arms?|groups?|cohorts?)|.*\b(?:study|entire|whole)\s(?:cohort|group)"
            ),
            label,
        ):
            continue
        found.append((a, b, label))
    return found


def group(text: str, r: Reading, cells: Sequence[Cell], tokens: Sequence[Token], start: int, end: int) -> Group:
    """Arm, population and denominator of a reading."""
    c = r.cell
    previous = max((x.hi for x in cells if x.hi <= c.lo), default=start)
    following = min((x.lo for x in cells if x.lo >= c.hi), default=end)
    arm, span = _arm(text, r, cells, previous, following, start, end)
    population, analysis = _population(text, c, previous, following, start)
    den = c.den
    return Group(arm, span, population, analysis, den)


def _arm(
    text: str, r: Reading, cells: Sequence[Cell], previous: int, following: int, start: int, end: int
) -> tuple[str | None, tuple[int, int] | None]:
    c = r.cell
    if c.ratio:
        return None, None
    named = arms(text, start, end)
    after = [a for a in named if c.hi <= a[0] < following and not re.search(r"[;。]", text[c.hi : a[0]])]
    tail = named[-r.many :] if r.many > 1 and "respectively" in text[c.hi : end].lower() else []
    if len(tail) == r.many > 1 and tail[0][0] > c.hi and r.how != "list":
        return tail[r.order][2], tail[r.order][:2]
    with_ = _WITH.match(text, c.hi, following)
    if after and after[0][0] - c.hi < 60:
        return after[0][2], after[0][:2]
    if with_:
        return with_["drug"], with_.span("drug")
    between = [a for a in named if previous <= a[0] and a[1] <= c.lo]
    if between:
        return between[-1][2], between[-1][:2]
    first = [a for a in named if a[1] <= c.lo and a[0] - start < 60]
    if first and not any(a for a in named if first[0][1] < a[0] < c.lo):
        return first[0][2], first[0][:2]
    return None, None


def _population(text: str, c: Cell, previous: int, following: int, start: int) -> tuple[str | None, str | None]:
    for a, b in ((previous, c.lo), (c.hi, following), (start, c.lo)):
        for m in _POPULATION.finditer(text, a, b):
            if m["set"]:
                return "evaluable" if re.match(r"(?i)evalua|.*evaluable|可评", m["set"]) else m["set"], m["set"]
            words = m["p"] or m["q"]
            words = re.sub(
                (
                    r"(?i)^(?:among|in|for|of) (?:the |all )?(?:patients? (?:with|who (?:had|received)?|in|achieving) )"
                    r"?"
                ),
                "",
                words,
            )
            if words and not re.search(r"(?i)\b(?:study|trial|median|months?|group|arm|cohort)\b", words):
                return words.strip(), None
    return None, None


def grade(
    text: str, r: Reading, tokens: Sequence[Token], cells: Sequence[Cell], start: int, end: int
) -> tuple[int | None, int | None]:
    """(lowest, highest) grade of a safety value: named beside the term, or between the last value and this one."""
    t, c = r.term, r.cell
    grades = [g for g in tokens if g.kind == "grade"]
    low = max((x.hi for x in cells if x.hi <= min(c.lo, t.start)), default=start)
    for g in reversed([g for g in grades if g.end <= t.start and g.start >= start]):
        if (
            re.fullmatch(r"[\s()/-]*(?:(?:[A-Za-z-]+|的|任何|治疗性|治疗相关)[\s/-]*){0,5}", text[g.end : t.start])
            and g.start >= low - 1
        ):
            return grade_range(g.text)
        break
    lo, hi = min(t.end, c.lo), max(t.start, c.hi)
    between = [g for g in grades if lo <= g.start and g.end <= hi]
    if between:
        return grade_range(between[-1].text)
    after = [
        g for g in grades if g.start >= hi and re.fullmatch(r"\s?[(（]?\s?(?:患者)?(?:的|为)?\s?", text[hi : g.start])
    ]
    if after and c.kind in ("count", "rate"):
        return grade_range(after[0].text)
    before = [g for g in grades if g.end <= t.start and g.start >= low]
    if before and len(text[before[-1].end : t.start]) < 50 and "," not in text[before[-1].end : t.start]:
        return grade_range(before[-1].text)
    return None, None


def landmark(
    text: str, r: Reading, tokens: Sequence[Token], cells: Sequence[Cell], terms: Sequence[object], start: int, end: int
) -> tuple[float, str] | None:
    """(value, unit) of the time point of a landmark rate."""
    t, c = r.term, r.cell
    times = _times(text, tokens, cells, r, start, end)
    following = min((x.lo for x in cells if x.lo >= c.hi and x.kind != "time"), default=end)
    near = [
        m
        for m in times
        if c.hi <= m[0] < following
        and re.fullmatch(
            r"[\s)\],]*(?:\([^()]*\)\s?)?(?:[\w ]{0,12}\s)?(?:at|by|within|after|for|in|为)?\s?(?:the\s|first\s)?",
            text[c.hi : m[0]],
            _I,
        )
    ]
    if near and re.search(r"(?:at|by|within|after)\s(?:the first\s)?\Z", text[c.hi : near[0][0]]):
        return near[0][2]
    beside = [
        m
        for m in times
        if m[1] <= t.start
        and t.start - m[1] < 40
        and not any(m[1] <= x.lo < t.start and x.kind != "time" for x in cells)
    ]
    listed = [m for m in times if t.end <= m[0] < c.lo]
    run = [*beside, *listed]
    if r.many > 1 and len(run) == r.many and r.how != "list":
        return run[r.order][2]
    if listed:
        return listed[-1][2]
    if beside:
        return beside[-1][2]
    before = [m for m in times if m[1] <= c.lo]
    if before:
        return before[-1][2]
    return near[0][2] if near else None


def _times(
    text: str, tokens: Sequence[Token], cells: Sequence[Cell], r: Reading, start: int, end: int
) -> list[tuple[int, int, tuple[float, str]]]:
    found = []
    for x in tokens:
        if x.kind in ("landmark", "duration") and x.value is not None and x.unit and x.high is None:
            if x.kind == "duration" and re.search(
                r"(?i)follow-?up (?:of|was|time)?[^.;]{0,20}\Z|median[^.;]{0,30}\Z|随访[^。;]{0,6}\Z",
                text[max(start, x.start - 40) : x.start],
            ):
                continue
            found.append((x.start, x.end, (x.value, x.unit)))
        elif x.kind == "bare" and x.value is not None:
            m = re.match(
                r"\s?(?:and|,|or|-|和|、)\s(?:\d+\s?(?:,|and)\s)?\d{1,3}\s?-?\s?(months?|years?|weeks?|days?)",
                text[x.end : x.end + 24],
            )
            if m:
                from ._numbers import unit_of

                found.append((x.start, x.end, (x.value, unit_of(m[1]) or "months")))
    return found


def statistic(text: str, r: Reading, cells: Sequence[Cell], tokens: Sequence[Token], start: int) -> str:
    """median, mean or individual for a time; told by the words near it."""
    c, t = r.cell, r.term
    a = max(start, min(t.start, c.lo) - 40)
    near = text[a : max(t.end, c.hi)]
    if c.bound and c.bound not in ("~", "about", "约"):
        return "individual"
    if _MEDIAN.search(near) or _MEDIAN.search(text[start : c.hi]):
        return "median"
    if _MEAN.search(near) or (c.spread and c.spread[0] == "STANDARD_DEVIATION"):
        return "mean"
    return "median" if t.kind == "time" and not re.search(r"(?i)durations\b|\btimes\b", t.words) else "individual"
