"""Endpoints of values whose kind says what they can be of: hazard ratios, states (not reached) and doses."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._outcome_cells import Cell, bare_words
from ._outcome_near import OF_PEOPLE, coordinated, suits, with_tox
from ._outcome_terms import Term

UNREACHED = re.compile(
    r"\bnot (?:yet )?(?:been )?(?:reached|identified|established|determined|defined)|\bhighest\b|"
    r"\bmaximum (?:administered|planned)|"
    r"\btested\b|未(?:达到|确定)|尚未|最高剂量|"
    r"\b(?:dose levels?|DLs?|cohorts?)\s?-?\d\b(?!\s?[(,:=]?\s?\d*(?:\.\d+)?\s?[x×(]?\s?\Z)",
    re.I,
)


_THEIR = re.compile(r"\s(?:their|the|its)\s(?:median\s)?", re.I)
_FOR = re.compile(r"[\s)\]]*(?:\([^()]*\)\s?)?for\s(?:the\s)?", re.I)
_RATIO_FOR = re.compile(r"[^,:=()]{0,24}?\bfor\s(?P<of>[a-zA-Z][^,:=()\d]{3,60})", re.I)
_OF_AN_END = re.compile(
    r"\b(?:death|dying|mortality|progress\w*|relapse|recurrence|events?|survival|PFS|OS|DFS|EFS|RFS|LFS|response|ORR|CR|"
    r"vs|v|versus|compared|"
    r"arm|group|cells?|CAR|CIK|TIL|treatment|therapy|\w+-cel)\b",
    re.I,
)
_OPENS_BRACKET = re.compile(r"\)?(?:\srisk)?\s?[(\[]\s?")
_RISK_OF = re.compile(r"\b(?:associat|risk|predict|odds|likel|correlat|hazard)\w*", re.I)


_FACTORS_OF = re.compile(
    r"(?<=[)\]])(?:\.\d|[^.;])*?\s(?:were|was)\s(?:all\s|each\s)?(?:(?:independently|significantly|strongly)\s){0,2}"
    r"(?:associated with|predictive of|predictors? of|risk factors? for|correlated with)\s", re.I
)
_FACTOR = re.compile(r"(?:危险|预后|影响|预测|保护|独立|风险)因素|预测因子")
_TREATED_ZH = re.compile(  # 桥接移植是影响OS(HR=0.31)和LFS(HR=0.27)的独立保护因素
    r"(?:移植|预防|维持|巩固|DLI|输注|回输|桥接|CAR-?T|CIK|免疫治疗)[^,;。()]{0,8}(?:是|为|可|能|显著)[^,;。()]{0,30}"
    r"(?:\([^()]*\)[和与及、][A-Za-z一-鿿]{2,8}){0,2}(?:的?(?:独立)?(?:保护|有利|预后)(?:性)?因素)?\s?\(\Z"
)
_ANALYSED = re.compile(r"[单多]因素(?:[^,;。]{0,10}分析)?(?!.*(?:组|队列|臂))")


def ratio_term(text: str, terms: Sequence[Term], c: Cell) -> list[Term]:
    a, b = text.rfind("。", 0, c.start) + 1, text.find("。", c.end)
    factor = _FACTOR.search(text, c.end, b if b > 0 else len(text)) or _ANALYSED.search(text[a : c.start])
    if factor and not _TREATED_ZH.search(text[a : c.start]):
        return []  # of a factor, not of an arm
    want = ("response", "generic") if c.ratio == "odds_ratio" else ("time", "risk", "survival")
    inside = [t for t in terms if c.start <= t.start and t.end <= c.hi and t.kind in (*want, "risk")]
    if inside:
        return inside[:1]  # "the hazard ratio for PFS, CAR T vs chemotherapy, was 0.44"
    named = _RATIO_FOR.match(text, c.start, c.end)
    if named and not any(named.start("of") <= t.start < c.end for t in terms) and not _OF_AN_END.search(named["of"]):
        return []  # "HR for loss of aplasia, 3.4"
    also = () if c.ratio == "hazard_ratio" and any(t.kind in want for t in terms) else ("response", "generic")
    if c.kind == "ratio" and (factor := _FACTORS_OF.search(text, c.hi, c.hi + 420)):
        of = next((t for t in terms if 0 <= t.start - factor.end() < 40), None)
        return [of] if of and of.kind in ("time", "tox", "response", "risk") else []  # of what they all are factors of
    beside = [t for t in terms if t.end <= c.start and t.kind in ("time", "tox", "risk", *also)]
    if beside and _OPENS_BRACKET.fullmatch(text[beside[-1].end : c.start]):
        return beside[-1:]  # "cytokine release syndrome (OR 0.45)"
    opened = _opened(text, c)
    if opened is not None:
        held = [t for t in terms if t.end <= opened and t.kind != "sink"]
        if held and (held[-1].kind == "tox" or held[-1].id == "OTHER_EFFICACY"):
            ahead = text[max(0, held[-1].start - 90) : held[-1].start]
            among = with_tox(ahead) or OF_PEOPLE.search(ahead)
            if not among and _OWN_BRACKET.fullmatch(text[held[-1].end : opened]):
                return held[-1:]  # "cumulative incidence of relapse (74% vs 68%; HR 0.93)"
        if _OTHER_NOUN.search(text[max(0, opened - 40) : opened]) and not (held and opened - held[-1].end < 12):
            return []  # "an increase in adverse treatment effects (second malignancy; HR 0.52)"
    told = [t for t in beside if t.kind == "tox"]
    efficacy = any(t.kind in ("time", "risk", "survival", "response", "generic") for t in terms if t.end <= c.start)
    if told and not efficacy and _RISK_OF.search(text[max(0, told[0].start - 120) : c.start]):
        return told[-1:]  # "grade 3 infections remained associated with anakinra (day 30: aOR 7.08)"
    after = next((t for t in terms if t.start >= c.hi and t.kind in want), None)
    if after and _FOR.fullmatch(text[c.hi : after.start]):
        return [after]  # "hazard ratio was 1.67 (1.21 to 2.30) for PFS"
    others = ("time", "response", "generic") if c.ratio == "odds_ratio" else want
    for kinds in (want, others):
        back = [t for t in terms if t.end <= c.start and t.kind in kinds and t.id not in ("FOLLOW_UP", "DOR", "TTR")]
        if back:
            return back[-1:]
    lasting = [t for t in terms if t.end <= c.start and t.id == "DOR" and t.kind == "time"]
    return [after] if after else lasting[-1:]


_OWN_BRACKET = re.compile(r"\)?(?:\s(?:rates?|risk|incidence))?\s?", re.I)
_OTHER_NOUN = re.compile(
    r"(?<!survival )(?<!free )\b(?:events|effects|toxicit\w+|malignanc\w+|infections?|complications?|failures?|"
    r"(?:non-?relapse|transplant-related|cancer-specific|tumou?r-specific)\smortality)\s\Z",
    re.I,
)


def _opened(text: str, c: Cell) -> int | None:
    """Where the bracket opens that a value stands in, None where it stands in none."""
    depth = 0
    for k in range(c.start - 1, max(-1, c.start - 160), -1):
        depth += {")": 1, "(": -1}.get(text[k], 0)
        if depth < 0:
            return k
    return None


_MEDIAN_NOT = re.compile(r"\bmedian\s(?:was\s|were\s|is\s|has\s)?\Z", re.I)
_CURVES = ("OS", "PFS", "EFS", "DFS", "RFS", "DOR")


def state_term(text: str, terms: Sequence[Term], c: Cell, before: int) -> list[Term]:
    if re.match(r"(?i)neither\b.*reached\Z", text[c.start : c.end]):  # of the two that were told last
        both = [t for t in terms if t.end <= c.start and t.kind == "time" and t.id not in ("FOLLOW_UP", "OTHER_EFFICACY")]
        return both[-2:] if len({t.id for t in both[-2:]}) == 2 else []
    back = [t for t in terms if before <= t.start and t.end <= c.start and suits(t, c) and t.id != "FOLLOW_UP"]
    if back and back[-1].kind == "dose" and re.search(r"establish|(?<!could not be )determin|identif", text[c.start : c.end]):
        return []  # a dose that was not sought is none that was not reached
    if back:
        return coordinated(text, back)
    led = _WHEN_FOLLOWED.match(text, before, c.start)
    if led or _MEDIAN_NOT.search(text[max(0, c.start - 16) : c.start]):  # "PFS at 2 years was 61% (median not reached)"
        return [t for t in terms if t.end <= c.start and t.kind == "time" and t.id in _CURVES][-1:]
    ahead = [t for t in terms if c.end <= t.start <= c.end + 24 and suits(t, c)]
    ahead = [t for t in ahead if t.start - c.end <= 12 or _THEIR.fullmatch(text[c.end : t.start])]
    return ahead[:1]


_WHEN_FOLLOWED = re.compile(r"的?(?:中位)?随访(?:时间)?(?:时|后|中|期间)?,?\Z")  # 中位PFS在10.5个月的中位随访时仍未达到
_NOT_REACHED_ZH = re.compile(r"未(?:能)?(?:达到|达|确定|观察到|出现)\s?\Z")


def dose_term(text: str, terms: Sequence[Term], c: Cell, start: int, end: int) -> list[Term]:
    doses = [t for t in terms if t.kind == "dose" and start <= t.start < end]
    doses = [t for t in doses if ";" not in text[min(t.end, c.hi) : max(t.start, c.lo)]]
    doses = [t for t in doses if not _NOT_REACHED_ZH.search(text[max(0, t.start - 6) : t.start])]
    near = sorted(doses, key=lambda t: c.lo - t.end if t.end <= c.lo else t.start - c.hi)
    for t in near[:1]:
        gap = text[t.end : c.lo] if t.end <= c.lo else text[c.hi : t.start]
        later = c.hi <= t.start and re.search("[一-鿿]", gap) and re.search("[,;]", gap)
        if later and not re.search(r"为\s?\Z", gap):
            continue  # 剂量爬坡至6×10^8时,6例中2例发生DLT,故MTD确定为3×10^8
        if re.search(r"\bbetween\b|\bnot exceed|不超过", gap) or (
            t.words.lower() == "recommended dose" and re.match(r"\s(?:is|are)\b", gap)
        ):
            continue  # a product's posology
        if UNREACHED.search(bare_words(gap)) or re.search(r";|,\s(?:and|but|while|whereas)\s", gap):
            continue  # another clause
        if len(gap) < 90 and re.search(
            (
                r"\b(?:was|is|were|at|of|as|to be|selected|determined|identified|defined|declared|established|set)\b|"
                r"[:=,(]|为|是|确定|进入"
            ),
            gap,
            re.I,
        ):
            return [t]
    return []


_THEN = re.compile(r"[\s)\]]*(?:\([^()]*\)\s?)?,?\s?(?:and|or|和|与|及|、)?\s?", re.I)


def ratios(text: str, terms: Sequence[Term], cells: Sequence[Cell], i: int) -> list[Term]:
    """ "HRs for PFS and OS were 0.55 and 0.73": each of its own endpoint."""
    first = last = i
    while first > 0 and cells[first - 1].kind == "ratio" and _THEN.fullmatch(text[cells[first - 1].hi : cells[first].lo]):
        first -= 1
    for after in cells[i + 1 :]:
        if after.kind != "ratio" or not _THEN.fullmatch(text[cells[last].hi : after.lo]):
            break
        last += 1
    head = cells[first]
    named = [t for t in terms if head.start <= t.start and t.end <= head.hi and t.kind in ("time", "risk", "response")]
    if not named and (m := _BOTH_ZH.search(text[: head.start])):  # PFS和OS的HR分别为0.49和0.61
        named = [t for t in terms if m.start() <= t.start and t.end <= m.end() and t.kind == "time"]
    if last > first and not named:
        named = _before_all(text, terms, cells, first, last)
    return [named[i - first]] if last > first and len(named) == last - first + 1 else []


def _before_all(text: str, terms: Sequence[Term], cells: Sequence[Cell], first: int, last: int) -> list[Term]:
    """ "PFS and OS favoured the vaccine, with hazard ratios of 0.62 and 0.71", "better PFS and OS (HRs, 0.62 and 0.71)"."""
    head, since = cells[first], cells[first - 1].hi if first else 0
    several = _SEVERAL.match(text, head.start) or re.match(r"[^.;]{0,40}\brespectively\b", text[cells[last].hi :][:60])
    back = [t for t in terms if since <= t.start and t.end <= head.start and (t.kind in ("time", "survival") or t.id == "SINK")]
    while back and back[-1].words.lower() == "hazard":
        back.pop()
    listed = coordinated(text, back)
    return listed if several and all(t.kind in ("time", "survival") and t.id != "FOLLOW_UP" for t in listed) else []


_SEVERAL = re.compile(r"(?:(?:adjusted|respective)\s)?(?:hazards? ratios|a?HRs)\b", re.I)


_NAME_ZH = r"(?:[A-Zm]{2,5}|[一-鿿]{3,8})"
_BOTH_ZH = re.compile(rf"{_NAME_ZH}(?:、{_NAME_ZH}){{0,2}}\s?[和与及]\s?{_NAME_ZH}的?\s?\Z")
