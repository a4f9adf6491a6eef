"""Time points and statistics: what kind of number it is, and when it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import PATIENTS, Token, unit_of
from ._outcome_cells import VERSUS, Cell
from ._outcome_reading import Reading
from ._outcome_terms import Term

_I = re.I | re.A
_MEDIAN = re.compile(r"\bmedian\b|\bm(?:OS|PFS|DOR|DoR|FU|TTR|EFS|DFS)\b|中位", _I)
_MEAN = re.compile(r"\bmean\b|\baverage\b|平均", _I)
_FOLLOWED = re.compile(
    r"follow-?\s?up,?\s?(?:of|was|time)?[^.;,]{0,20}\Z|median[^.;,]{0,30}\Z|"
    r"随访[^。;,\d]{0,6}\Z|中位(?:数|值|时间)?(?:为|:)?\s?\Z",
    _I,
)
Moment = tuple[float, str]


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
    after = (x for x in tokens if x.kind == "duration" and x.start >= t.end and _FOR.fullmatch(text[t.end : x.start]))
    subject = c.hi <= t.start and r.many == 1 and t.words.lower().endswith("free")
    lived = next(after, None) if t.kind == "survival" or subject else None
    if lived and lived.value is not None and lived.unit:
        return lived.value, lived.unit  # "71% survived 1 year and 45% survived 2 years", "19% were relapse-free at 3 years"
    following = min((x.lo for x in cells if x.lo >= run[-1].hi and x.kind != "time"), default=end)
    own = _behind(text, times, c, min((x.lo for x in run if x.lo >= c.hi), default=following))
    shared = own or _behind(text, times, run[-1], following)
    if shared:
        return shared
    named = next((m for m in times if c.hi <= m[0] and 0 <= t.start - m[1] <= 1), None)
    if named:
        return named[2]  # "58.9% achieved 90-day PFS"
    previous = max((x.hi for x in cells if x.hi <= run[0].lo and x.kind not in ("time", "bare")), default=start)
    listed = [x for x in _joined_times(text, times) if x[-1][1] <= run[0].lo]
    listed = [x for x in listed if x[0][0] >= previous] or listed
    beside = next((x for x in reversed(listed) if 0 <= t.start - x[-1][1] <= 2), None)
    alike = [x for x in ([beside] if beside else listed) if len(x) > 1 and r.many > 1 and r.many % len(x) == 0]
    if alike:
        return alike[-1][_place(text, r, t, alike[-1])][2]
    if beside and len(beside) == 1:
        return beside[0][2]
    near = [
        m
        for m in times
        if m[1] <= run[0].lo and (m[0] >= previous or t.start - 40 < m[1] <= t.start or t.start <= m[0])
    ]
    near = [m for m in near if not _crossed(cells, m[1], run[0].lo)] or [
        m for m in near if m[1] <= t.start and not _crossed(cells, m[1], t.start)
    ]
    tied = [m for m in near if m[0] >= t.end and re.search(r"\bat\s\Z", text[max(t.end, m[0] - 4) : m[0]])]
    if len(tied) == 1 and len(near) > 1 and r.many > 1 and r.how == "list":
        near = tied  # "PFS and OS estimates at 12 months of 17% and 58%"
    if not near:
        before = [m for m in times if m[1] <= c.lo]
        if not before and (pair := _behind_pair(text, times, c, cells, end)):
            return pair
        return before[-1][2] if before and t.kind in ("time", "survival") else None
    return near[_place(text, r, t, near)][2]


_Time = tuple[int, int, Moment]


def _joined_times(text: str, times: Sequence[_Time]) -> list[list[_Time]]:
    """Times told in one list: "the 1-, 2- and 3-year rates", "at 6 and 12 months"."""
    out: list[list[_Time]] = []
    for m in times:
        if out and re.fullmatch(
            r"[\s-]{0,2}(?:,|and|or|, and|, or|/|&|、|和|及|与|或)\s?", text[out[-1][-1][1] : m[0]], _I
        ):
            out[-1].append(m)
        else:
            out.append([m])
    return out


_FOR = re.compile(r"\s?(?:for\s|beyond\s|past\s|at\s|to\s)?(?:at least\s|more than\s|longer than\s|[>≥]\s?)?", _I)


def _place(text: str, r: Reading, t: Term, near: Sequence[_Time]) -> int:
    """Which of several times a value of a list has."""
    many = len(near)
    if many == 1 or r.many < 2 or r.many % many:
        beside = [i for i, m in enumerate(near) if m[1] <= t.start and t.start - m[1] <= 2]
        return beside[-1] if beside else many - 1
    if r.many == many:
        return r.order
    joins = [text[a.hi : b.lo].strip(" )%").lower() for a, b in zip(r.run, r.run[1:], strict=False)]
    each = r.many // many  # values of one time, where they stand together: "a vs b and c vs d"
    inner = {j for i, j in enumerate(joins) if (i + 1) % each}
    outer = {j for i, j in enumerate(joins) if not (i + 1) % each}
    apart = len(inner) == len(outer) == 1 and inner != outer and not any(VERSUS.search(f" {j} ") for j in outer)
    by_arm = re.search("[组列者]", text[max(0, near[0][0] - 24) : near[0][0]])  # 联合组与单药组的1年、2年OS率
    return r.order // each if apart and not by_arm else r.order % many


def _behind(text: str, times: Sequence[_Time], c: Cell, following: int) -> Moment | None:
    """The time told right behind a value: "73% (95% CI, 60 to 82) at 6 months"."""
    tail = next((m for m in times if c.hi <= m[0] < following and m[0] - c.hi < 60), None)
    if tail and re.search(r";|,\s(?:whereas|while|but|although|and)\s(?:the|a|an|no|there|it)\b", text[c.hi : tail[0]], _I):
        return None  # a clause of its own
    if tail and _NEXT.search(text[c.hi : tail[0]]) and _TELLS.fullmatch(text[tail[1] : following]):
        return None  # "72% and at 12 months it was 51%": the time of the next value
    if tail and re.search(r"(?:at|by|within|after)\s(?:the\s)?(?:first\s)?(?:day\s)?\Z", text[c.hi : tail[0]]):
        return tail[2]
    opened = tail and re.search(r"(?:\A|\s)(?:at|by)\s\Z", text[c.hi : tail[0]])
    return tail[2] if tail and opened else None


def _behind_pair(text: str, times: Sequence[_Time], c: Cell, cells: Sequence[Cell], end: int) -> Moment | None:
    """The time behind the second of two compared values: "80% in the NK group versus 51% in the control group at 6 months"."""
    y = next((y for y in cells if y.lo >= c.hi and y.kind != "time"), None)
    if y is None or y.kind != c.kind or not VERSUS.search(text[c.hi : y.lo]) or re.search(r"[;]|\d", text[c.hi : y.lo]):
        return None
    return _behind(text, times, y, min((x.lo for x in cells if x.lo >= y.hi and x.kind != "time"), default=end))


_NEXT = re.compile(r"(?:,|;|\band|\bbut)\s(?:at|by|within|after)\s(?:the\s)?\Z", _I)
_TELLS = re.compile(r"(?:,|\sit|\sthey|\sthis|\sthe rate)*(?:\s(?:was|were|to|had|still))*\s?", _I)


def _crossed(cells: Sequence[Cell], a: int, b: int) -> bool:
    return any(a <= x.lo < b and x.kind not in ("time", "bare") for x in cells)


def _times(text: str, tokens: Sequence[Token], start: int) -> list[_Time]:
    found = []
    for x in tokens:
        if x.kind in ("landmark", "duration") and x.value is not None and x.unit and x.high is None:
            if x.kind == "duration" and re.search(
                r"(?:为|是|达到?|仅|期|时间|OS|PFS|EFS|DFS|RFS|LFS|DOR|TTR|生存|存活|缓解)\s?(?:约|长达)?\s?\Z",
                text[max(start, x.start - 6) : x.start],
            ):
                continue  # a value: 中位OS为278 d
            last = re.match(r"\s?(?:[,;。(]|、\D)", text[x.end : x.end + 3])
            if x.kind == "duration" and text[x.start - 1 : x.start] == "组" and last:
                continue  # 中位OS治疗组22.9个月、对照组17.3个月
            if x.kind == "duration" and _A_VALUE.search(text[max(start, x.start - 24) : x.start]):
                continue
            if x.kind == "duration" and _AN_AGE.search(text[max(start, x.start - 24) : x.start]):
                continue  # "for patients younger than 3 years"
            if _WHO_RELAPSED.search(text, max(start, x.start - 60), x.start):
                continue  # "patients relapsing within 6 months of the infusion": who they are
            if _OF_FOLLOW_UP.match(text, x.end):
                continue  # "with a 5-year median follow-up"
            if x.kind == "landmark" or not _FOLLOWED.search(text[max(start, x.start - 40) : x.start]):
                found.append((x.start, x.end, (x.value, x.unit)))
        elif x.kind == "bare" and x.value is not None:
            m = re.match(
                (
                    r"\s?-?\s?(?:, and|, or|and|,|or|-|和|、|及|与)\s?(?:\d{1,3}\s?-?\s?(?:,|and|, and|、|和|及|"
                    r"与)\s?){0,4}\d{1,3}\s?-?\s?"
                    r"(months?|mo\b|years?|yrs?|weeks?|wks?|days?|个?月|年|周|天)"
                ),
                text[x.end : x.end + 30],
            )
            if m:
                found.append((x.start, x.end, (x.value, unit_of(m[1]) or "months")))
    return found


_SUSTAINED = re.compile(
    r"[\s)]*(?:was\s|were\s)?(?:sustained|maintained|lasting|lasted|persisted|persisting)?\s?(?:for\s)?(?:≥|>=|"
    r"at least|more than|>|over)?\s?"
    r"(?P<n>\d{1,2})\s(?P<u>months?|weeks?)(?:\sor (?:longer|more))?\b(?!\sto\b)",
    _I,
)
_ASSESSED = re.compile(
    r"\s(?:response|disease|tumou?r|efficacy)?\s?(?:assessments?|evaluations?|responses?|scans?)\b",
    _I,
)
_OF_FOLLOW_UP = re.compile(r"[\s-]?(?:(?:median|mean|minimum|potential)\s){1,2}follow-?\s?up\b", _I)
_WHO_RELAPSED = re.compile(
    r"(?:\b(?:patients|pts|those|children|who|that)\s(?:had\s|have\s|were\s)?(?:\w+ly\s)?(?:relaps\w+|progress\w+|recurr\w+|"
    r"diagnosed|treated|transplanted|infused|progression|relapse|recurrence)"
    r"|\b(?:with|without|had)\s(?:an?\s|early\s|late\s)*(?:relapse|progression|recurrence|disease progression)s?)\s"
    r"(?:(?:occurring|disease|again|only|early)\s){0,2}(?:within|in|before|after|beyond|over|at|less than|more than|earlier than|"
    r"later than|<|>|≤|≥)\s(?:or equal to\s|the first\s|the\s|first\s|least\s|a\s)*\Z",
    _I,
)
_AN_AGE = re.compile(r"\b(?:younger|older)\sthan\s\Z|\bage[sd]?\s(?:of\s|under\s|over\s|[<>≤≥]\s?|at least\s)?\Z", _I)
_A_VALUE = re.compile(r"\b(?:median of|for|mean of|was|were|reached|lasted|survived)\s(?:only\s|about\s)?\Z", _I)
_SINCE = re.compile(r"\s?(?:post|after|following|follow-?up|of follow|from)\b", _I)
_FIXED = re.compile(r"(?:\b(?:at|by|within|on)\s(?:the\s)?(?:first\s)?(?:day\s)?|(?:,|and)\s)\Z", _I)


def moment(
    text: str, r: Reading, tokens: Sequence[Token], cells: Sequence[Cell], start: int, end: int
) -> Moment | None:
    """Time point of a response: "At six months ...", "the 1-year CR rate", "ORR at day 30", "81% within 3 months"."""
    if r.term.kind not in ("response", "generic", "time", "tox"):
        return None
    t, c = r.term, r.cell
    if t.id == "SD" and (m := _SUSTAINED.match(text, t.end, end)):
        return float(m["n"]), unit_of(m["u"]) or "months"
    beside = _fixed(text, r, tokens, cells, start, end)
    if beside or t.kind == "tox":
        return beside
    timed = [x for x in tokens if x.kind in ("duration", "landmark") and x.value is not None and x.unit and x.high is None]
    since = max((y.hi for y in cells if y.hi <= c.lo and y.kind != "time"), default=start)
    for x in timed:
        if since <= x.start and _THEN_IT_WAS.fullmatch(text[x.end : max(x.end, c.lo)]):
            return x.value or 0.0, x.unit or ""
    for x in timed:
        if x.value is None or x.unit is None:
            continue
        if _ZH_WHEN.match(text, x.end) and _zh_moment(text, r, tokens, x):
            return x.value, x.unit
        before = text[start : x.start]
        opening = x.start - start < 16 and (
            (x.kind == "landmark" and _ASSESSED.match(text, x.end))
            or _SINCE.match(text, x.end)
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


_THEN_IT_WAS = re.compile(  # 6个月时为42.9%, 12个月为38.1%
    r"(?:时|末|内)\s?(?:分别|则|仍|已|降至|升至)?(?:为|达到?|有|:)?\s?|(?:则|仍|已|降|升)?(?:为|达到?|至)\s?|的\s?"
)
_INFUSED = re.compile(
    r"\s(?:after|post|following)[\s-](?:the\s)?(?:\w+\s){0,2}?(?:infusion|treatment|therapy|transfer|transplant\w*)",
    _I,
)
_NOUN_OF = re.compile(
    r"\s(?:[a-z]+\s){0,2}|\s(?:[a-z]+\s){0,2}(?:estimates?|incidences?|rates?|probabilit(?:y|ies)|risks?)\s(?:of|"
    r"for)\s"
    r"(?:[\w≥>/-]+\s){0,6}",
    re.I | re.A,
)


def _fixed(
    text: str, r: Reading, tokens: Sequence[Token], cells: Sequence[Cell], start: int, end: int
) -> Moment | None:
    """A time that a preposition or an adjective ties to the term or to the value."""
    t, c = r.term, r.cell
    run = r.run or (c,)
    previous = max((x.hi for x in cells if x.hi <= run[0].lo and x.kind not in ("time", "bare")), default=start)
    own = (
        previous
        if any(previous <= x.start < run[0].lo for x in tokens if x.kind in ("duration", "landmark"))
        else t.end
    )
    told = min((x.lo for x in cells if x.lo >= t.end and x.kind not in ("time", "bare")), default=end)
    tied: list[Token] = []
    for x in tokens:
        if x.kind not in ("duration", "landmark") or x.value is None or x.unit is None or x.high is not None or x.bound:
            continue
        adjective = x.end <= t.start and x.kind == "landmark" and _NOUN_OF.fullmatch(text[x.end : t.start])
        listed = bool(tied) and re.fullmatch(r"\s?(?:,|and|, and)\s?", text[tied[-1].end : x.start])
        between = (
            max(t.end, own) <= x.start
            and x.end <= (run[0].lo if own > t.end else min(told, run[0].lo))
            and (_FIXED.search(text[max(start, x.start - 16) : x.start]) or _INFUSED.match(text, x.end))
        )
        behind = c.hi <= x.start and re.fullmatch(
            r"[\s)%]*(?:\([^()]*\)\s?)?(?:(?:of\s)?(?:the\s)?(?:patients|pts)\s(?:(?:evaluable|assessable|"
            r"assessed)\s)?)?"
            r"(?:at|by|within|on)\s(?:the\s)?(?:first\s)?(?:day\s)?",
            text[c.hi : x.start],
        )
        if behind:
            return x.value, x.unit
        since = bool(c.hi <= t.start < t.end <= x.start and _INFUSED.match(text, x.end)) and x.start - t.end < 70
        ends = (since and not re.search(r"[.;,]", text[t.end : x.start])) or c.hi <= t.start < t.end <= x.start and re.fullmatch(
            r"[\s)]*(?:\([^()]{1,12}\)\s?)?(?:at|by|until|on|"
            r"within)\s(?:the\s)?(?:first\s)?(?:day\s)?",
            text[t.end : x.start],
        )
        if (adjective or between or listed or ends) and not re.match(
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
    if r.cell.hi <= x.start and x.end <= r.term.start:
        lead = text[r.cell.hi : x.start + x.text.startswith("第")]
        led = re.search(r"(?:于|在)(?:首次|末次)?(?:输注|回输|治疗|给药|移植|细胞)?后?第?\s?\Z", lead)
        verb = re.fullmatch(r"(?:时|内|末)?(?:达到?|获得?|取得|实现|评估为|转为|出现)?\s?", text[x.end : r.term.start])
        return bool(led and verb)
    first = min(r.term.start, r.cell.lo)
    if x.end > first or re.search(r"随访|持续|中位|超过|间隔", text[max(0, x.start - 6) : x.start]):
        return False
    between = text[x.end : first]
    beside = x.end <= r.term.start and re.fullmatch(r"(?:时|内|末)?的?\s?(?:持续|确认的?|总体)?", text[x.end : r.term.start])
    opened = re.search(
        r"后第?\s?\Z|治疗第?\s?\Z|后\s?第\Z", text[max(0, x.start - 5) : x.start + x.text.startswith("第")]
    )
    close = (
        len(between) < 24
        and not re.search(r"[;。]", between)
        and not any(t.kind in ("percent", "fraction") for t in tokens if x.end <= t.start < first)
    )
    return bool(beside or (opened and close and re.match(r"(?:时|内|末)?,|(?:时|内|末)", between)))


# 3例患儿的缓解时间分别为5、11和26个月
_SINGLE = re.compile(r"\d\s?[例名位](?:(?!中位)[^,;。\d]){0,28}分别(?:为|达|持续)?\s?\Z")
_OF_EACH = re.compile(  # "two patients had stable disease, with progression-free survival of 3.8 and 5.4 months"
    rf"\b(?:two|three|four|both|[2-4])\s(?:\w+\s)?{PATIENTS}\b[^.;]{{0,90}}?\sof\s[\d.]+\+?(?:,\s[\d.]+\+?)*(?:,?\sand\s[\d.]+\+?)?\s?(?:mo|we|da|ye)?[a-z]*\Z",
    re.I,
)
_OF_ONE = re.compile(
    r"\b(?:(?:the|an?)\s)?(?:one|other|remaining|second|third|first|single|responding|last)\s(?:\w+\s)?patients?\b[^.;]{0,90}\bwith\s"
    r"(?:an?\s)?[\w\s-]{2,40}?\sof\s\Z", re.I
)
_ONE_IN_BRACKET = re.compile(r"(?<![\d一二三四五六七八九十])[1-3一二两三]\s?例\s?\([^()%]*\Z")
_ALIVE = re.compile(r"(?<!总)(?:生存|存活|缓解)\Z")
_TOLD_MEDIAN = re.compile(r"中位|平均|(?i:median|mean)")


def statistic(text: str, r: Reading, start: int) -> str:
    """median, mean or individual for a time; told by the words near it."""
    c, t = r.cell, r.term
    if "+" in text[c.start : c.end + 1]:
        return "individual"  # 6+, 9+ and 12+ months
    if c.bound and c.bound not in ("~", "about", "约"):
        return "individual"
    one = _ONE_IN_BRACKET.search(text, max(start, c.lo - 40), c.lo)
    if one and not _TOLD_MEDIAN.search(one[0]):
        return "individual"  # 肝癌1例(PFS≥6.1月)
    alive = _ALIVE.search(t.words) and not _TOLD_MEDIAN.search(text[start : c.lo])
    if alive or _SINGLE.search(text[start : (r.run or (c,))[0].lo]):
        return "individual"
    if "patient" in text[start : c.lo] and _OF_ONE.search(text, start, c.lo) and not _TOLD_MEDIAN.search(text[start : c.lo]):
        return "individual"  # "the other patient achieved a PR with a PFS of 95 days"
    if _OF_EACH.search(text[start : c.hi]) and not _TOLD_MEDIAN.search(text[start : c.lo]):
        return "individual"
    near = text[max(start, min(t.start, c.lo) - 40) : max(t.end, c.hi)]
    if both := _MEAN_AND.search(text[start : c.lo]):  # "mean and median survival was 31.1 and 17.8 vs 21.1 and 12.6 months"
        told = _TOLD_BEFORE.findall(text[start + both.end() : c.lo])
        return both[1 + len(told) % 2].lower()
    if _MEDIAN.search(near) or _MEDIAN.search(text[start : c.hi]):
        return "median"
    if _MEAN.search(near) or (c.spread and c.spread[0] == "STANDARD_DEVIATION"):
        return "mean"
    if t.kind == "survival" and any(VERSUS.search(text[x.hi : y.lo]) for x, y in zip(r.run, r.run[1:], strict=False)):
        return "median"  # "no improvement in survival (7 vs 6 months)"
    several = re.search(r"(?i)durations\b|\btimes\b|\bfree\b(?![\s-](?:survival|interval))|progressed", t.words)
    shared = SURVIVAL_TOO.match(text, t.end)
    return "individual" if several and not shared or t.kind != "time" else "median"


_TOLD_BEFORE = re.compile(r"(?<![\d.-])\d+(?:\.\d+)?(?=\s(?:and|vs|versus|months|weeks|days|years)|,|\s\()")
_MEAN_AND = re.compile(r"\b(mean|median)\s(?:and|/)\s(median|mean)\b(?!\sage)", re.I)
SURVIVAL_TOO = re.compile(  # "progression-free and overall survival", "relapse-free (31%) or overall survival"
    r"[\s)]*(?:\((?:[^()]|\([^()]*\)){0,120}\))?,?\s(?:and|or|nor|,)\s(?:[\w-]+\s){1,2}survival", re.I
)
