"""What goes on with the value before: "versus 1.8 months", "; not reached in arm B", "rose to 47% from 29%"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ._numbers import PATIENTS
from ._outcome_cells import VERSUS, Cell, bare_words
from ._outcome_terms import Term

_I = re.I | re.A
_GOES_ON = re.compile(
    r"(?:\b(?:and|but|whereas|while|vs\.?|versus|v|compared (?:with|to)|as opposed to|as against|or|to|than|against|"
    r"rising to|followed by)\b|[,、/:(\[]|"
    r"和|与|而|但|比|对照?|及)\s*"
    r"(?:(?:then|only|just|其中|且|仅|仅为|约|为|with|in|for|among|a|was|were|up to|also)\s?){0,2}"
    r"(?:(?:in|for|among|with|at|on|to|by|from|after|of|without)\s[^;。]{1,70}|(?:the\s|those\s)"
    r"?[\w.+/-]+(?:\s[\w.+/-]+){0,4}(?:\s(?:arm|group|cohort|patients))?\s?[:,(]?\s?(?:was|it was|had)"
    r"?\s?(?:median)?|"
    r"(?:≥|>=|>)?\s?(?:grades?|Gr|G)?\s?[≥>]?\s?[1-5](?:\s?[-/~]\s?[1-5])?\s?(?:级)?(?:及以上|或以上|以上|"
    r" or (?:higher|greater|above))?\s?(?:[A-Z]{2,6}\s)?(?:者|患者)?(?:in|为|占|,|:|was|occurred in)?|"
    r"[一-鿿A-Za-z0-9.+≥≤<>-]{1,14}(?:组|者|患者|瘤|癌)?\s?(?:为|是|仅|达)?|"
    r"[^,;。()%]{2,32}(?:组|者|患者|人群)中?(?:则|仅)?(?:为|是|达))?[\s(\[:,]*\Z",
    _I,
)


GRADE_NEXT = re.compile(
    r"(?:[\s)\]]*,\s?(?:多|主要)为[^,;。]{1,12})?[\s)\]]*(?:(?:of\s)?(?:the\s)?(?:patients|pts|"
    r"cases)[\s)\]]*)?(?:[;,(、]|(?=\s(?:and|or)\s)|(?:,\s(?:which|that)\s|\sand\s)(?:was|were)(?=\s))\s?"
    r"(?:and\s|or\s|all (?:(?:events|cases|of (?:which|them))\s)?(?:were|being)\s|其中\s?|而\s?|"
    r"但\s?|且\s?|余\s?)?(?:≥|>=|>)?\s?(?:(?:grades?|Gr|"
    r"G)\s?(?:>=|[≥>])?\s?[1-5IV](?:\s?(?:[-/~]|or|and)\s?[1-5])?|"
    r"第?(?:[1-5一二三四五]|I{1,3}V?|IV|V)(?:\s?[级度]?\s?[-~、/至到和或]\s?第?(?:[1-5一二三四五]|I{1,3}V?|IV|V))?\s?[级度])"
    r"(?:及以上|或以上|以上|\sor (?:higher|greater|above))?(?:\s[A-Z]{2,6})?\s?(?:者|患者)?(?:in|为|占|,|:|=|\(|was|occurred in)"
    r"?\s?(?:仅)?\s?|[\s)\]]*(?:(?:of\s)?(?:the\s)?(?:patients|pts|cases|children)[\s)\]]*)?,?\s?(?:and|but|,|"
    r";)\s(?:was\s)?"
    r"(?:mild|moderate|severe|life-threatening|fatal)(?:\sto\s\w+)?\s+in\s(?:the\s(?:other|remaining)\s)?",
    _I,
)
_PEOPLE_NEXT = re.compile(
    rf"[\s)\]%]*;\s(?:and\s)?(?:in|among|for|of|at)\s(?:the\s)?(?:those|{PATIENTS}|other|"
    r"remaining)\b[^;.:\d]{3,70},\s(?:only\s)?(?:in\s)?",
    _I,
)
_LEVEL_NEXT = re.compile(
    r"[\s)\]]*;\s?(?:and\s)?(?:in\s|at\s|for\s)?(?:(?:cohort|arm|dose level|DL|group|剂量组|队列)\s?-?\w{1,3}|"
    r"[\w.+/-]+(?:\s[\w.+/-]+){0,2}\s(?:arm|group|cohort))\s?[,:(]?\s?[(]?",
    _I,
)


def go_on(text: str, previous: Cell, c: Cell, terms: list[Term]) -> list[Term]:
    """Terms of the cell before, where this one goes on with them: "versus 1.8 months", "among ... it was 54.9%"."""
    gap = _P_VALUE.sub("", text[previous.hi : c.lo], count=1)
    gap = bare_words(re.sub(r"\A[^()\[\]]{0,60}[)\]]", " ", gap, count=1))
    if terms and terms[0].kind == "tox" and previous.kind == c.kind and _GRADE_OF_ARM.fullmatch(gap):
        return terms
    if previous.kind == c.kind == "rate" and OTHER_ZH.search(text[previous.hi : c.lo]):
        return []
    if _PRESET_ZH.search(gap) or _LIMIT_ZH.match(text, c.hi):
        return []  # ORR为54.2%,高于预设的30%
    if _OTHER_MEDIAN_ZH.search(gap):
        return []  # 中位起效时间1.0个月,中位治疗时间5个月
    rate = _RATE_ZH.search(gap)
    if rate and (not rate["w"].endswith("发生") or (len(rate["w"]) > 3 and not _GROUP_ZH.search(rate["w"][:-2]))):
        return []  # CR率为85.7%,植入率为100%
    if previous.kind == c.kind == "rate" and _INCLUDING.fullmatch(gap) and _INCIDENCE.match(text, c.hi):
        return terms  # "CRS occurred in 45%, including a 60% incidence among those with high burden"
    item = _ITEM_ZH.search(gap)
    if item and (item["w"] in _SORTS_ZH or (terms and terms[0].kind == "tox" and not _GROUP_ZH.search(item["w"]))):
        return []  # 骨髓抑制(30.0%)、胃肠道反应(20.0%)
    if previous.kind == c.kind and _RAISED_ZH.fullmatch(gap):
        return terms  # 中位PFS由5.2个月延长至9.8个月
    gap = _LABEL_IN.sub("(", gap)  # "(not reached) compared with others (non-responders; 13.4 months"
    if re.search(
        r"\b(?:outliers?|exceed\w*|except|unrelated|ongoing|continuing)\b|(?:延长|缩短|提高|增加|减少|降低|相差|"
        r"差异)[^,;。]{0,4}\Z",
        gap,
    ):
        return []
    if _ITS_OWN.search(text[previous.hi : c.lo]):
        return []
    tox = bool(terms) and all(t.kind == "tox" for t in terms)
    opened = text[terms[-1].end : previous.lo] if tox else ""
    if tox and OTHER_ITEM.search(gap) and opened.strip().startswith("(") and ")" not in opened:
        return []  # "neutropenia (94%) and hypophosphataemia (39%)"
    if tox and len(opened) < 24 and not opened.strip(" 0123456789.%vs") and OTHER_BARE.fullmatch(gap):
        return []  # "neutropenia 5% vs. 13%, coronary syndrome 2% vs. 4%"
    alike = {previous.kind, c.kind} <= {"rate", "count", "bare"} or (previous.kind, c.kind) in (
        ("state", "time"),
        ("time", "state"),
    )
    timed = c.kind == "time" and (c.ci or c.spread) and re.fullmatch(r"[\s)\]]*;\s[\w+/ -]{1,30}\s", gap)
    if (timed or _LABELLED.fullmatch(gap) or _LABELLED_ZH.fullmatch(gap)) and previous.kind == c.kind:
        return terms  # "Median PFS: bridging, 4.6 months; no bridging, 9.8 months"
    if _THOSE_WERE.search(gap) and previous.kind == c.kind:
        return terms
    if previous.kind == c.kind and _LONGER.search(gap):
        return terms  # "6.9 months, which was longer than the 4.6 months in the control group"
    if _ROSE.search(gap):
        return terms  # "rose to 47% from 29%"
    if previous.kind == c.kind == "bare" and SO_MANY_IN.fullmatch(gap) and _OF_GROUP.match(text, c.hi):
        return terms  # "complete responses were three in arm A and two in arm B"
    if c.kind == "bare" and previous.kind in ("bare", "count") and _AMONG_THE.fullmatch(gap) and _OF_SO_MANY.match(text, c.hi):
        return terms  # "8 CRs among the 40 who had cells, compared with three among the 41 who had not"
    if "bare" in (previous.kind, c.kind) and not GRADE_NEXT.fullmatch(gap):
        return []
    if (previous.kind != c.kind and not alike) or len(gap) > 120:
        return []
    if re.search(r"\b(?:it|they) (?:was|were|reached)\s\Z", gap):
        return terms
    if _LEVEL_NEXT.fullmatch(gap) or GRADE_NEXT.fullmatch(gap) or _PEOPLE_NEXT.fullmatch(gap):
        return terms
    if _ELLIPSIS.fullmatch(re.sub(r"\s(?:overall|in all|in total)(?=;)", "", gap)) and _OF_GROUP.match(text, c.hi):
        return terms  # "9.1 months in arm A; not reached in arm B"
    if (
        re.search(r"[;。]", gap)
        or not _GOES_ON.search(gap)
        or re.search(rf"\b(?:{PATIENTS})\s(?:had|were|received)\b", gap)
    ):
        return []
    return terms


_GRADE_OF_ARM = re.compile(  # TRAE 75%;≥3级为联合组35%、单药组18%
    r"[\s)]*;\s?(?:其中)?\s?(?:≥|>)?\s?[1-5](?:\s?[-~、/]\s?[1-5])?\s?级(?:及以上|以上)?(?:者|事件)?(?:的?发生率)?(?:分别)?(?:为|:|在)\s?"
    r"(?:[一-鿿A-Za-z0-9+-]{1,16}(?:组|队列|单药|疗法|治疗)|[A-Za-z-]{4,20})\s?(?:为)?\s?"
)
_P_VALUE = re.compile(r"\A,\s(?:(?:two|one)-sided\s|log-rank\s)?P\s?[=<>≤]\s?\.?\d*(?:\.\d+)?(?=[\s;,)])", _I)
_LIMIT_ZH = re.compile(r"的[^,;。\d]{0,8}(?:阈值|界值|标准|目标|假设)")
_OTHER_MEDIAN_ZH = re.compile(r"中位(?!数|值)[一-鿿A-Za-z-]{3,}[^,;。]*\Z")
_ITEM_ZH = re.compile(
    r"(?:、|,|;|和|与|及|以及)\s?(?:以及|和|及)?\s?(?P<w>(?=[A-Za-zγ-]*[一-鿿]|MR\b|N[RE]\b)[一-鿿A-Za-zγ-]{2,16})\s?[(:]?\s?\Z"
)
_SORTS_ZH = frozenset(("MR", "NR", "NE", "MLFS", "无效", "未评价", "失访", "显效", "有效", "好转", "微效"))
_RATE_ZH = re.compile(
    r"(?P<w>(?!个?[年月周天]率|\d)[一-鿿A-Za-z]{2,12})率\s?(?:均|仅|约|高)?(?:分别|依次)?(?:为|是|达到?|:)?\s?[(]?\s?\Z"
)
_GROUP_ZH = re.compile(
    r"[组者级度时年月天周期]|患者|受试者|队列|剂量|人群|[瘤癌]|血病|方案|单药|联合|对照|安慰剂|全部|总|合计|其中|[余为是占仅有共达]|发生|出现|"
    r"[男女]|[阳阴]性|[DC]L\d|Cohort|Arm|相关|单抗|[替韦]尼|疗|移植|靶点|儿童|成人|老年|青年|青少年|[供受]体|\bvs\b|对比|\b[A-Z]\Z|赛\Z|而|但|后|前|多|至|到|亦|也|均"
)
_PRESET_ZH = re.compile(r"(?:预设|预定|预先|设定|假设|预期|界值|阈值|目标值?)[^,;。\d]{0,8}\Z")
_RAISED_ZH = re.compile(
    r"[\s)]*(?:显著|明显)?(?:延长|缩短|提高|提升|增加|升高|上升|升|改善|降低|下降|降)了?(?:至|到|为)\s?"
    r"(?:第?\s?\d{1,3}\s?(?:天|周|个?月|年)时?的?)?\s?"
)
_LABEL_IN = re.compile(r"\((?:[\w/+-]+\s?){1,3};\s\Z")
SO_MANY_IN = re.compile(
    r"\s(?:in|with|on)\s(?:the\s)?[^,;.\d]{0,30}?\b(?:arm|group|cohort|patients)\b"
    r"(?:\s\w{1,3})?,?\s(?:and|vs\.?|versus|compared with)\s",
    _I,
)
_AMONG_THE = re.compile(
    r"[^.;%]{0,20}\b(?:among|of|in)\sthe\s\d+\s[^.;%]{0,70}?,?\s(?:compared (?:with|to)|versus|vs\.?|and|but)\s(?:only\s)?", _I
)
_OF_SO_MANY = re.compile(r"\s(?:among|of|in)\sthe\s\d", _I)
_THOSE_WERE = re.compile(
    r"\b(?:whereas|while|and|but|versus|than)\s(?:(?:those|that|the (?:corresponding )?(?:values|rates|figures))\s)?"
    r"(?:in|of|for|with)\s[^,;.]{2,60}\s(?:was|were)\s(?:only\s)?\Z",
    _I,
)
_LABELLED_ZH = re.compile(  # II期:53.4个月对16.7个月;III期:28.5个月对5.9个月
    r"[\s)\]]*;\s?[一-鿿A-Z0-9-]{0,10}(?:期|危|组|型|级|者|性|线|岁|患者|人群)\s?:\s?"
)
_LABELLED = re.compile(
    r"[\s)\]]*(?:of\s[^;.]{1,40})?;\s(?:and\s)?(?!≥?\s?(?:grade|G\d))[\w≥>≤<+/ -]{1,40}[,:]\s\Z",
    _I,
)
_LONGER = re.compile(
    r"\A[^;.]{0,80}\b(?:longer|higher|better|greater|lower|shorter|superior)\s(?:than|to)\s(?:the\s|only\s|that\s)?\Z", _I
)
_ROSE = re.compile(r"\A[\s)\]]*(?:\([^()]*\)\s?)?(?:(?:at|by|after)\s[^,;.]{1,30}\s)?,?\s?(?:up |down )?from\s\Z", _I)
_ITS_OWN = re.compile(  # "neurotoxicity (n = 3 [15%]), and viral activation (grade 1-2, n = 4 [20%])"
    r"[)\]],\s?(?:and|or)?\s?(?!(?:in|at|for|with|among|of|to|on|grades?|G\d|any|all|the|cohort|arm|group|level|"
    r"DL|dose|"
    r"median|respectively)\b)[a-z]{4,}(?:[ -][a-z]+){0,3}\s\((?=[^()]*\d)[^()]*\Z"
)
OTHER_ITEM = re.compile(
    r"\A[\s)\]]*,?\s?(?:and\s|or\s|&\s)?(?!(?:arm|group|cohort|DL|grade|all|any|in|at|for|with|followed|"
    r"than|versus|vs|the|day|week|month)\b)(?:[a-z][a-z/ -]{3,40}|[A-Z][A-Za-z]{3,20}-\d{1,2}|"
    r"[A-Z]?[a-z]+(?:\s[a-z]+){1,3})\s?\(\Z"
)
OTHER_BARE = re.compile(
    r"[\s)%\]]*,\s(?:and\s)?(?!(?:arm|group|cohort|any|all|grades?|with|in|for|at|median|mean|compared|versus|vs)\b)"
    r"[a-z][a-z-]{3,}(?:\s[a-z-]+){0,3}\s"
)
OTHER_ZH = re.compile(  # 3年PFS率分别为77.4%、40.0%,3年CIR分别为18.1%、13.3%
    r"[,;、]\s?(?:而|其)?(?:\d{1,3}\s?(?:年|个?月|天|d)的?)?\s?(?:[一-鿿A-Za-z-]{1,12}(?<!发生)率|CIR|NRM|GRFS|TTF|TTP|RI)"
    r"(?:\s?\([^()]{1,12}\))?\s?(?:分别|依次)?(?:为|是|达)?\s?\(?\Z"
)
_ELLIPSIS = re.compile(r"[\s)\]]*(?:\s?(?:in|for|with|at|on)\s[^,;.]{1,60})?;\s?(?:and\s|but\s)?", _I)
_OF_GROUP = re.compile(r"[)\]]?\s?(?:\([^()]*\)\s?)?(?:in|for|with|at|on)\s", _I)
_INCLUDING = re.compile(r"[\s)]*(?:of (?:the )?(?:patients|pts|cases))?,?\s(?:including|with)\san?\s", _I)
_INCIDENCE = re.compile(r"\s(?:(?:cumulative|overall)\s)?(?:incidence|rate)\s(?:among|in|for)\s", _I)
_P = re.compile(r"\bP\s?[=<>]", _I)


def tested(text: str, run: Sequence[Cell], times: int) -> bool:
    """Whether a test ends the values of one endpoint: "67% and 75% (P = 0.3), and 72% and 82% (P = 0.2)"."""
    return bool(_P.search(text[run[times - 1].hi : run[times].lo]) and not _P.search(text[run[0].hi : run[1].lo]))


def compared_first(
    text: str, cells: Sequence[Cell], i: int, done: Mapping[int, Sequence[Term]], ahead: Sequence[Term]
) -> list[Term]:
    """ "48.8% with a CR rate of 7.0% versus 17.4% with a CR rate of 2.3%": 17.4 is compared with 48.8, not with 7."""
    if i < 2 or not ahead or ";" in text[cells[i - 2].hi : cells[i - 1].lo]:
        return []
    if not VERSUS.search(text[cells[i - 1].hi : cells[i].lo]):
        return []
    a, b = done.get(i - 2) or (), done.get(i - 1) or ()
    again = len(a) == len(b) == 1 and a[0].id != b[0].id == ahead[0].id and not b[0].id.startswith("OTHER_")
    return list(a) if again and i + 1 < len(cells) and ahead[0].end <= cells[i + 1].lo else []
