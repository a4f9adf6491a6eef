"""Grades of safety values: beside the term, in the bracket behind, at the head of the list, or of all that was told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ._grade_words import grade_range
from ._numbers import WORD, Token
from ._outcome_cells import Cell, bare_words
from ._outcome_denied_zh import FATAL_LIST
from ._outcome_each_grade import in_order
from ._outcome_grade_pairs import PAIR, PAIR_BEHIND, PAIR_TOO
from ._outcome_reading import Reading
from ._outcome_terms import Term

_I = re.I | re.A


def grade(
    text: str, r: Reading, tokens: Sequence[Token], cells: Sequence[Cell], start: int, end: int
) -> tuple[int | None, int | None]:
    """(lowest, highest) grade of a safety value: named beside the term, or between the last value and this one."""
    t, c = _with_bracket(text, r.term), r.cell
    grades = [g for g in tokens if g.kind == "grade" and start <= g.start and g.end <= end]
    own = [g for g in grades if t.start <= g.start and g.end <= t.end]
    if own:
        return grade_range(own[0].text)
    if t.id == "DLT":
        return _limiting(text, r, grades, end)
    if t.id in ("TRM", "MTD", "RP2D"):
        return None, None
    if r.how == "none again":
        return next((grade_range(g.text) for g in grades if c.start <= g.start and g.end <= c.end), (None, None))
    if t.id in ("TEAE", "TRAE", "SAE") and re.match(r"(?:导致的?|所致的?|引起的?|而)?\s?死亡", text[t.end : t.end + 6]):
        return None, None  # told as deaths
    if t.kind == "tox" and (_FATAL.match(text, t.end) or _FATAL_OF.search(text, max(start, t.start - 20), t.start)):
        return 5, 5
    if t.kind == "tox" and c.value == 0 and FATAL_LIST.match(text, t.end):
        return 5, 5  # 无CRS及ICANS相关死亡
    if each := in_order(text, c, start, end) or _each_its_grade(text, r, grades, start, end):
        return each
    zero = c.value == 0 and c.kind == "count"
    after = next((g for g in grades if g.start >= c.hi), None)
    if r.how == "list" and _ANY_BEFORE.search(text, max(start, t.start - 14), t.start):
        return None, None  # "any-grade CRS and grade 3-4 CRS were 58% and 22%"
    if zero and _ANY_BEHIND.match(text, t.end):
        return None, None  # "no grade 4 CRS or neurotoxicity of any grade"
    if c.value == 0 and (above := _ABOVE.match(text, t.end)):
        return int(above["g"]) + 1, None
    tied = after and re.fullmatch(
        r"[\s)%]*(?:of (?:the )?patients\s)?(?:for|were|was|being)\s", text[c.hi : after.start]
    )
    if after and tied and not zero:
        return grade_range(after.text)  # "20.8% for grade ≥2 and 14.0% for grade ≥3"
    if (
        after
        and not _BESIDE.fullmatch(text[c.hi : after.start])
        and (
            any(0 <= x.lo - after.end <= 6 and ";" not in text[after.end : x.lo] for x in cells if x is not c)
            or _OWN_NUMBER.match(text, after.end)
        )
    ):
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
    if after and zero and after.start >= t.end and _OVER.match(after.text) and _OR_ANOTHER.fullmatch(text[t.end : after.start]):
        return grade_range(after.text)  # "no CRS or ICANS above grade 2"
    for g in grades:
        if g.start >= t.end and re.fullmatch(r"[\s:=(\[,]{0,3}", text[t.end : g.start]) and 0 <= c.lo - g.end <= 2:
            return grade_range(g.text)  # "anaemia G3 9"
    told = next(
        (g for g in grades if g.start >= t.end and re.fullmatch(r"\s\(?(?:of\s)?|(?:为|达)?", text[t.end : g.start])),
        None,
    )
    if told and _OWN_NUMBER.match(text, told.end):
        told = None  # "766 (82.6%) developed CRS (grade ≥2, 47.0%)"
    if told and c.hi <= t.start and not zero and re.match(r"\s?(?:only\s?)?(?:[).,;]|and\b|\Z)", text[told.end : told.end + 8]):
        return grade_range(told.text)  # "one had ICANS gr 1"
    if zero and "(" in t.words and ")" not in t.words:  # "no severe cytokine release syndrome (CRS; grade ≥3)"
        told = next((g for g in grades if g.start >= t.end and text[t.end : g.start] in ("; ", ", ")), told)
    if zero and told and c.hi <= t.start and text[told.end : told.end + 1] == ")":
        return grade_range(told.text)  # "no severe CRS (grade ≥3) or ICANS"
    slashed = r.many == 4 and "/" in text[r.run[0].hi : r.run[1].lo]
    pair = PAIR.search(text[start : t.start]) if (r.many == 2 or slashed) and not r.how.startswith("list") else None
    pair = pair or (PAIR_BEHIND.match(text, t.end) if r.many == 2 else None)
    pair = pair or (PAIR_TOO.search(text[start : t.start]) if r.many == 2 and not r.how.startswith("list") else None)
    if pair:
        return grade_range(pair["ab"[r.order % 2]])
    begin = _run_start(r, cells)
    if listed := _listed_grade(text, r, start, begin):
        return listed
    own_zh = [g for g in grades if t.end <= g.start and g.end <= c.lo and _ITS_OWN_ZH.fullmatch(text[g.end : c.lo])]
    if own_zh and r.how == "goes on":
        return grade_range(own_zh[-1].text)  # 1~2级CRS发生率为28.6%,3~4级为9.5%
    last = next((g for g in reversed(grades) if t.end <= g.start and g.end <= c.lo), None)
    if last and r.how == "goes on" and _BY_ARM_ZH.fullmatch(text, last.end, c.lo):
        return grade_range(last.text)  # TRAE 85%;3级及以上为单药组12%、联合组30%
    own_in = [g for g in grades if t.end <= g.start and g.end <= c.lo and _ITS_OWN.fullmatch(text[g.end : c.lo])]
    if own_in and r.how == "goes on":
        return grade_range(own_in[-1].text)  # "grade 1 or 2 CRS was seen in 14 patients and grade 3 or 4 in 2"
    low = _elliptic(text, cells, min(begin, t.start), start)
    before = [g for g in grades if low - 1 <= g.start and g.end <= t.start]
    if (
        zero
        and before
        and t.id in _EVENTS
        and re.search(r"\b(?:AEs?|events|toxicities)\b", text[before[-1].end : t.start])
    ):
        before = []  # "no grade 5 AEs or related SAEs": the grade is of the first
    if before and not zero and _DENIED.search(text[max(start, before[-1].start - 9) : before[-1].start]):
        before = []  # "no grade 3 ICANS and CRS was mild in 8 of 10": what is denied has its own
    aside = before and zero and re.match(r"\)[^()]*\Z", text[before[-1].end : t.start])
    if aside and before and not _SORT_BEFORE.search(text, max(start, before[-1].start - 30), before[-1].start):
        before = []  # the grade stood in the bracket of another
    if before and (_with_its_value(text, before[-1], t) or _graded_inside(text, r, before[-1])):
        before = []
    if before and _leads(text[before[-1].end : t.start], r):
        return grade_range(before[-1].text)
    left_out = any(low <= x.lo and x.hi <= min(c.lo, t.start) for x in cells)  # the noun "grade 3" is left out
    gap = text[before[-1].end : t.start] if before else ""
    own_verb = re.match(r"\s(?:\([^()\d]*\)\s)?(?:occurred|was|were|developed|had|is|are)\b", text[t.end : t.end + 40])
    if before and left_out and re.match(r"\s(?:occurred|developed|was|were|in)\b", text[before[-1].end :][:11]):
        left_out = bool(re.search(r"\bof\s\Z", text[max(0, before[-1].start - 4) : before[-1].start]))
    if before and left_out and not own_verb and not re.search(r"(?i)\b(?:any|no|all)\b|任何|[未无]|\A[^()]*\)", gap):
        return grade_range(before[-1].text)
    between = [g for g in grades if t.end <= g.start and g.end <= begin] if not zero else []
    between = [g for g in between if not _in_bracket_of(text, cells, g, c) and not _OF_GROUP.search(text, t.end, g.start)]
    crossed = between and any(between[-1].end <= x.lo < begin and x.kind != "time" for x in cells)
    if between and (not crossed or _of_all(text, r, between, grades)):
        return grade_range(between[-1].text)
    return (None, None) if zero or t.id in _EVENTS else _heading(text, t, grades)


def _with_bracket(text: str, t: Term) -> Term:
    """A term that ends in its short form, with the bracket around that: "cytokine release syndrome (CRS)"."""
    opened = t.words.count("(") > t.words.count(")") and text[t.end : t.end + 1] == ")"
    return replace(t, end=t.end + 1, words=t.words + ")") if opened else t


# "no severe (grade ≥3) CRS", "no high-grade (grade 3 or higher) ICANS"
_SORT_BEFORE = re.compile(
    r"\b(?:severe|serious|(?:high|higher|low|lower)[- ]grade|significant|life-threatening|major|mild|moderate)\s\(\s?\Z", _I
)
_ANY_BEFORE = re.compile(r"\b(?:any|all)[- ]grades?\s\Z", _I)
_ANY_BEHIND = re.compile(r"\s(?:of|at|,)\s?(?:any|all)\sgrades?\b", _I)
_OVER = re.compile(r"over|above|beyond|exceeding|higher|greater|worse|more", _I)
_OR_ANOTHER = re.compile(r"\s?(?:,|or|nor|and)\s(?!no\b|any\b|grade)[\w() /-]{2,90}\s")
_OWN_NUMBER = re.compile(
    rf"\s?(?:(?:events?|cases?)\s)?(?:[,:=]\s?|in\s|for\s|[,:(]?\s?n\s?=\s?)(?:only\s|just\s|"
    rf"the other\s)?(?:\d+(?!\s?(?:days|months|weeks))|{WORD}\b|none\b|no\b)",
    _I,
)
_BY_ARM_ZH = re.compile(
    r"(?:者|事件)?(?:的?发生率)?(?:分别)?(?:为|:|在)\s?(?:[^,;。()%\d]{2,20}\d+(?:\.\d+)?\s?%\s?(?:、|和|与|vs\.?)\s?){1,4}[^,;。()%\d]{2,20}"
)
_ITS_OWN = re.compile(
    r"(?:\s(?:events?|cases|CRS|ICANS))?(?:\s(?:(?:was|were)\s(?:seen|observed|reported|noted)\s|occurred\s)?in|:|=|\s=)"
    r"\s?(?:only\s)?", _I
)
_ITS_OWN_ZH = re.compile(r"者?的?(?:患者|发生率)?\s?(?:仅|共|则)?(?:为|占|有|:)?\s?")
_GRADE_ZH = r"[≥>]?\s?(?:[1-5]|I{1,3}V?|IV)(?:\s?[-~]\s?(?:[1-5]|I{1,3}V?|IV))?\s?[级度](?:及以上|以上)?"
_GRADES_ZH = re.compile(
    rf"(?P<g>(?:{_GRADE_ZH}\s?(?:、|和|及|与|,)?\s?){{2,5}})"
    r"[^,;。\d]{0,14}?(?:分别|依次)[^\d,;。]{0,4}\Z"
)


def _listed_grade(text: str, r: Reading, start: int, begin: int) -> tuple[int | None, int | None] | None:
    """The grade in the value's place of a list: 1级、2级、3级分别为60.0%、26.7%和6.7%."""
    m = _GRADES_ZH.search(text[start:begin])
    told = re.findall(_GRADE_ZH, m["g"]) if m else []
    return grade_range(told[r.order]) if len(told) == r.many > 1 else None


def _each_its_grade(
    text: str, r: Reading, grades: Sequence[Token], start: int, end: int
) -> tuple[int | None, int | None] | None:
    """The grade in the value's place: "three and five patients had grades 3 and 4 neutropenia, respectively"."""
    if r.many < 2 or r.how.startswith("list") or "respectively" not in text[start:end]:
        return None
    t = r.term
    beside = (
        g
        for g in grades
        if (g.end <= t.start and _TO_TERM.fullmatch(text[g.end : t.start]))
        or (g.start >= t.end and _FROM_TERM.fullmatch(text[t.end : g.start]))
    )
    told = next((m["list"] for g in beside if (m := _GRADES.fullmatch(g.text))), "")
    each = re.findall(_ONE_GRADE, told)
    return grade_range(f"grade {each[r.order]}") if len(each) == r.many else None


_ONE_GRADE = r"(?:[1-5]|I{1,3}V?|IV|V)(?:\s?(?:-|to)\s?(?:[1-5]|I{1,3}V?|IV|V)|\sor (?:higher|greater|above|worse))?"
_GRADES = re.compile(
    rf"(?:grades?|gr\.?|G)[\s-]?(?P<list>{_ONE_GRADE}(?:(?:,?\s?(?:and|&)\s?|,\s?)(?:grades?\s)?{_ONE_GRADE}){{1,4}})", _I
)
_TO_TERM = re.compile(r"\s(?:(?!and\b|or\b)[\w-]+\s){0,3}")
_FROM_TERM = re.compile(r"\)?,?\s\(?(?:(?:of|was|were|at|with)\s)?")


def _graded_inside(text: str, r: Reading, g: Token) -> bool:
    """ "Grade 3 CRS in 6% and infections in 5 (31%; grade ≥3 in 2)": what has a grade in its bracket has none before."""
    later = re.match(r"[\s%]{0,2}[;,]\s(?:of which\s)?(?:≥|>=)?\s?(?:grade|gr|G)\s?[≥\d]", text[r.cell.hi :][:24], _I)
    return bool(later) and bool(re.search(r"\d", text[g.end : r.term.start]))


def _of_all(text: str, r: Reading, between: Sequence[Token], grades: Sequence[Token]) -> bool:
    """Whether a grade is the term's own and holds for a later value too: "events of grade 3-4 in 91% and in 83%"."""
    g = between[-1]
    named = re.fullmatch(r"\s(?:\([^()]*\)\s)?(?:of|at|with|that were)\s(?:an?\s)?", text[r.term.end : g.start])
    gap = text[g.end : r.cell.lo]
    return bool(named) and r.how == "goes on" and len(between) == 1 and not re.search(r";|\bany\b|\ball\b", gap, re.I)


def _limiting(text: str, r: Reading, grades: Sequence[Token], end: int) -> tuple[int | None, int | None]:
    """The grade of a dose-limiting toxicity, where one is told of it: "one DLT (grade 4 ICANS)", "both grade 4"."""
    c = r.cell
    at = max(c.hi, r.term.end)
    stop = re.compile(r"[^;]*").match(text, at, end)
    told = [g for g in grades if at <= g.start and stop and g.end <= stop.end()]
    many = c.num if c.kind == "rate" else c.value
    if len(told) != 1 or not many:
        return None, None
    gap = text[at : told[0].start]
    alone = many == 1 and re.search(r"\(\s?(?:an?\s)?\Z", gap)
    every = re.search(
        r"\b(?:both|all|each|due to|because of|caused by)\s(?:an?\s|were\s|of\s|being\s|of which were\s)*\Z",
        gap,
    )
    return grade_range(told[0].text) if (alone or every) and len(gap) < 90 else (None, None)


def _in_bracket_of(text: str, cells: Sequence[Cell], g: Token, c: Cell) -> bool:
    """Whether a grade stands in the bracket of an earlier value: "30.8% (8/26; all G1-2) in A and 71.4% in B"."""
    before = [x for x in cells if x.hi <= g.start and x is not c]
    rest = re.match(r"[^()]*(?:\([^()]*)?\)", text[before[-1].hi : c.lo]) if before else None
    return bool(rest and before and g.end <= before[-1].hi + rest.end())


_EVENTS = ("SAE", "TEAE", "TRAE")
_MAINLY = re.compile(
    r"\b(?:mainly|mostly|most commonly|most frequently|predominantly|primarily|including|notably|such as)\s"
    r"(?:(?:[\w-]+\s){1,5}\([^()]*\),?\s?(?:and\s)?)*(?:[\w-]+\s){0,3}\Z",
    _I,
)


# "higher among those with grade 3 CRS"
_OF_GROUP = re.compile(r"\b(?:patients|pts|those|children)\s(?:with|who had|without)\s\Z", _I)
_DENIED = re.compile(r"\b(?:no|without)\s\Z|(?:未见|未发生|未出现|无|没有)\Z", _I)
_FATAL_OF = re.compile(  # and not "serious/life-threatening/fatal CRS"
    r"(?<!/)(?<!-threatening or )(?<!-threatening and )\bfatal\s(?:cases?\sof\s|events?\sof\s)?\Z|死于(?:[1-5]级)?\Z", _I
)
_FATAL = re.compile(r"[)\s]?(?:-related|相关)?\s?(?:导致的?|所致的?|引起的?)?(?:死亡|\sdeaths?\b)")
_AFTER = re.compile(
    r"[\s)\]]*(?:of\s)?(?:the\s)?(?:patients?|pts?|cases|whom|which|them|these|患者|例)?\s?[(（]?\s?(?:(?:who|which)\s)?(?:had|having|were|was|"
    r"experienced|experiencing|developed|developing|with|of|being|为|是|的)?\s?"
    r"(?:an?\s|all\s|only\s|both\s|的)?(?:events?\s(?:of\s|that were\s))?"
    r"|[\s)\]]*(?:(?:patients?|pts)[\s)\]]*)?[,;(]?\s?(?:and\s|且)?(?:(?:all|both|each)\s(?:(?:were|being|"
    r"of\s(?:which|whom|them)\s(?:were\s)?)\s?)?(?:of\s)?|"
    r"(?:均|皆|全部?|都|全)(?:为|属|系|是)?\s?|(?<=且)[为是])"
    r"|[\s)\]]*(?:(?:patients?|pts)[\s)\]]*)?,\s(?=[^,;.]{4,24}(?:[,;.)]\s|[,;.)]?\Z))",
    _I,
)


_BESIDE = re.compile(r"\s?[例名位]?(?:患者)?(?:为|是|系|属)?\s?|\s(?:were|was|had|having|with|of|experienced|experiencing)\s")


def _run_start(r: Reading, cells: Sequence[Cell]) -> int:
    """Where the list of values that a reading stands in begins."""
    at = next((i for i, x in enumerate(cells) if x.start == r.cell.start), None)
    return r.cell.lo if at is None else cells[max(0, at - r.order)].lo


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
    r"\s?(?:\([^()]*\)\s?)?(?:higher|greater|worse|more severe|above|exceeding|"
    r"beyond)\s(?:than\s)?grade\s(?P<g>[1-4])",
    _I,
)
_HEADING = re.compile(
    r"\s(?:[a-z-]{3,24}-(?:emergent|related|associated)\s|non-?hematologic\w*\s|ha?ematologic\w*\s|"
    r"drug-related\s){0,2}(?:adverse (?:events?|effects?|reactions?)|(?:TE|TR)?AEs?|toxicit\w+|events|"
    r"(?:laboratory )?abnormalit\w+|"
    r"side effects|cytopenias(?=[^.;%]{0,40}\s(?:included?|were)\s[a-z]))\b"
    r"|的?(?:与?治疗(?:相关|期间|中)?(?:出现)?的?|药物相关的?)?(?:非?血液(?:学|系统)的?)?(?:不良事件|不良反应|毒性|毒副?反应|事件|T[ER]AEs?|AEs?)",
    _I,
)


_ELLIPSIS = re.compile(
    r"[\s)\]]*(?:(?:of\s)?(?:the\s)?(?:patients?|pts|cases)[\s)\]]*)?(?:,|;(?!\s[\w-]+,\s)|and|, and|or|、|和|及|与|以及)"
    r"\s?(?:the\s)?[A-Za-z一-鿿-]?",
    _I,
)


def _elliptic(text: str, cells: Sequence[Cell], at: int, start: int) -> int:
    """Where a grade may stand that holds for a term: behind the last value, or before it where the noun is left out.

    "Grade 3 CRS in 12% and neurotoxicity in 27%": the grade holds for both.
    """
    low = start
    for x in reversed([x for x in cells if x.hi <= at]):
        low = x.hi
        if re.search("[一-鿿]", text[start:at]) and re.search("[,;]", text[x.hi : at]):
            break
        if x.kind not in ("rate", "count", "bare") or not _ELLIPSIS.match(text, x.hi):
            break
        if text[x.hi : at].lstrip(" )")[:1] == ";" and _GRADED_LATE.search(text[start : x.lo]):
            break  # "CRS in 70%; grade ≥3 infections in 12%; neurotoxicity in 25%"
        words = re.split(r"(?<=[,;])\s|\band\s|[、,]|(?<=\))[和及与]", text[x.hi : at], maxsplit=1)[-1]
        if len(words) > 45 or re.search(r"\b(?:was|were|occurred|had|no|any|all|grade|which|in|there)\b", words, re.I):
            break
        low = start
    return low


_GRADED_LATE = re.compile(r"\A(?:(?!\bgrade)[^;]|\bgrade\s(?=[a-z])){0,200}\d(?:(?!\bgrade)[^;]){0,80};[^;]*\bgrade", _I)


def _heading(text: str, t: Term, grades: Sequence[Token]) -> tuple[int | None, int | None]:
    """Grade that heads a list: "the most common grade 3-4 adverse events were anemia (40%), infection (12%)"."""
    for g in reversed([g for g in grades if g.end <= t.start]):
        named = _HEADING.match(text, g.end) or re.search(
            r"(?i)(?:events|toxicit\w+|AEs)\s(?:of|at)\s\Z", text[max(0, g.start - 16) : g.start]
        )
        between = text[g.end : t.start]
        if named and (not re.search(r"[;。]|\.\s", between) or _MOST.match(bare_words(between))):
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


def _with_its_value(text: str, g: Token, t: Term) -> bool:
    """Whether a grade stands in a bracket that closed, with a number before it: "CRS (n = 5; all grade 1), ICANS"."""
    inside = re.search(r"[(\[][^()\[\]]*\d[^()\[\]]*\Z", text[max(0, g.start - 40) : g.start])
    return bool(inside and re.match(r"[^()]*\)", text[g.end : t.start]))


_LIKE = re.compile(  # "grade 3 neurologic events (AEs) consistent with ICANS"
    r"\s(?:\([A-Za-z]{2,5}\)\s)?(?:(?:potentially|possibly)\s)?consistent with\s", _I
)


def _leads(gap: str, r: Reading) -> bool:
    """Whether the words between a grade and a term let the grade hold for the term."""
    gap = _LIKE.sub(" ", gap)
    if re.search(
        r"(?i)\bany\b|任何|\ball\b|\b(?:no|without)\b|无|未|没有|不曾|\band (?:there|no|one|two|\d)|[;。]|\bwas\b|\bwere\b", gap
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
