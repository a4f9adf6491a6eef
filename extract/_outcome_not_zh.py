"""Chinese words and numbers that stand where a result may and tell none: the state before a treatment, a gain, a strength."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._outcome_cells import Cell
from ._outcome_terms import Term

_BEFORE = re.compile(
    r"(?:(?:移植|输注|回输|(?<!巩固)(?<!维持)(?<!强化)治疗|入组|清淋|用药|给药|手术|桥接)前|(?:入组|移植|输注|回输|入院|基线)时|"
    r"桥接(?:治疗|化疗)?后|既往[^,;。\d后]{0,8}(?:化疗|治疗|疗效)(?:后|中|期间)?(?!患者|者|的患|,))(?:的|状态|疾病|病情|均|,|:)*\s?"
    r"(?:(?:\d|例|名|位|人|患者|者|[、,(): .%/]|[A-Za-z]|为|是|处于|达到?|获得?|有|共|其中|其余|完全|部分|缓解|疾病|病情|"
    r"状态|第|次|期|稳定|未|进展|和|及|疗效|评[价估]|最佳){0,120})\Z"
)
_MAYBE = re.compile("[前时后]|既往")


def had_before(text: str, t: Term) -> bool:
    """Whether a response is the state before the treatment: 移植前30例完全缓解(CR),5例部分缓解(PR).

    >>> text = "移植前30例CR,5例PR;移植后20例CR"
    >>> [had_before(text, Term("CR", "response", a, a + 2, "CR")) for a in (6, 11, 20)]
    [True, True, False]
    """
    a = max(0, t.start - 140)
    if not _MAYBE.search(text, a, t.start):
        return False
    return bool(_BEFORE.search(text, a, t.start))


_NTH = re.compile(r"(?<![达得到])第\s?[1-3一二三]\s?次\s?\Z")
_IN_NTH = re.compile(r"\s?(?:[(/]\s?CR\s?)?[1-3]\s?\)?\s?期(?!间)")


def in_state(text: str, t: Term) -> bool:
    """Whether a complete remission is the state in which patients were: 处于第1次完全缓解(CR1)期18例, CR2期22例."""
    if t.id != "CR":
        return False
    return bool(_NTH.search(text, max(0, t.start - 6), t.start) or _IN_NTH.match(text, t.end))


_GAIN = re.compile(r"\s?的(?:相对|绝对)?(?:延长|提高|改善|提升|增加|降低|下降|减少|缩短|增长|增幅|降幅|获益)")  # 有80%的延长
_LASTING = re.compile(  # 75%的CR可持续12个月以上
    r"\s?的(?:CR|PR|缓解|应答|反应|完全缓解|部分缓解|疗效)(?:者|患者|病例)?(?:均|都|仍|可|能|得以|已)*(?:持续|维持|保持)"
)
_STRENGTH = re.compile(r"\s?的?[一-鿿A-Za-z]{0,8}?(?:凝胶|软膏|乳膏|霜|溶液|洗剂|酊剂?|注射液|滴眼液|滴剂|混悬液|糖浆)")


_HAD = re.compile(
    r"\s?(?:患者|受试者|患儿|病人)?(?:出现|发生|并发|伴有)(?!在|于|率)(?:了|过)?"
    r"(?P<what>(?:(?![1-5]\s?[级度]|严重|重度|轻度|中度|以上|上述|该|此)[一-鿿A-Za-z-]){2,14})(?=[,;。]|\Z)"
)


def of_an_event(text: str, c: Cell, terms: Sequence[Term]) -> bool:
    """Whether a number of patients is of something that has no code: 3例获得PR,仅两例患者出现色素沉着."""
    m = _HAD.match(text, c.hi) if c.kind == "count" and c.noun else None
    before = [t for t in terms if t.end <= c.lo]
    if m is None or not before or before[-1].kind not in ("response", "generic"):
        return False
    return not any(m.start("what") <= t.start < m.end() and not t.id.startswith("OTHER_") for t in terms)


_REMEDY = re.compile(
    r"(?:(?<!细胞)治疗(?:严重|重度|难治性|[≥>]?[1-5](?:[-~][1-5])?级(?:及以上|以上)?的?)*(?:CRS|ICANS|细胞因子释放综合征|神经毒性|[^,;。治疗]{0,8}(?:感染|肺炎|血症))"
    r"|(?:抗病毒|抗感染|抗真菌|托珠单抗|更昔洛韦|膦甲酸钠|激素冲击)[^,;。\d]{0,16})的?(?:治疗)?的?总?\Z"
)
_CELLS = re.compile("CTL|T细胞|CAR|细胞(?:治疗|输注)|TIL|NK|DLI")


def of_a_remedy(text: str, t: Term) -> bool:
    """Whether a rate of success is that of a drug against a complication: 托珠单抗治疗CRS的有效率为90.0%."""
    if "有效率" not in t.words:
        return False
    before = re.split("[。;:]", text[max(0, t.start - 36) : t.start])[-1]
    return bool(_REMEDY.search(before)) and not _CELLS.search(before)


_MOST = re.compile(r"\s?(?:以上|左右|以下)的?(?:患者|受试者|患儿|病人)")


def most_patients(text: str, c: Cell, terms: Sequence[Term]) -> bool:
    """Whether a share opens a clause that names no endpoint before its bracket: 95%以上患者体内检测不到癌细胞(MRD阴性率95.7%)."""
    m = _MOST.match(text, c.hi) if c.kind == "rate" and text[max(0, c.lo - 1) : c.lo] in (",", ";", "。") else None
    stop = re.compile(r"[^,;。(]*").match(text, m.end()) if m else None
    return bool(stop and not any(c.hi <= t.start < stop.end() for t in terms))


_STILL = re.compile(
    r"(?:\s?(?:、|和|及|与)\s?\d{1,3}(?:\.\d+)?){0,4}\s?(?:个?月|年|周|天)?(?:\s?(?:、|和|及|与)\s?\d{1,3}(?:\.\d+)?\s?(?:个?月|年|周|天)){0,4}"
    r"时?(?:仍|尚|依然|均)[^,;。]{0,6}(?:存活|生存|健在)"
)
_SOME = re.compile(
    r"\d\s?[例名位](?:患者|患儿)?[^,;。]{0,14}(?:后|在|于|分别|:)"
    r"(?:\s?\d{1,3}(?:\.\d+)?\s?(?:个?月|年)?\s?(?:、|和|及|与)){0,4}\s?\Z"
)


def still_alive(text: str, c: Cell) -> bool:
    """Whether a time is that at which single patients lived: 2例在输注后30和36个月仍存活.

    >>> still_alive("中位OS 12个月,2例在输注后30个月仍存活", Cell("time", 16, 20, 16, 20, 30.0, unit="months"))
    True
    """
    return c.kind == "time" and bool(_STILL.match(text, c.hi) and _SOME.search(text[max(0, c.lo - 48) : c.lo]))


def other_number(text: str, c: Cell) -> bool:
    """Whether a share is how much something changed, how long responses held, or the strength of a drug."""
    if c.kind != "rate" or c.value is None:
        return False
    return bool(_GAIN.match(text, c.hi) or _LASTING.match(text, c.hi) or _STRENGTH.match(text, c.hi))
