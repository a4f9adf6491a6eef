"""Chinese words that only say who: CR者, 未缓解患者, 15例患者中, 其余2例未发生CRS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ._outcome_cells import Cell
from ._outcome_not_zh import had_before, in_state, most_patients, of_a_remedy, of_an_event, other_number, still_alive
from ._outcome_terms import Term

NEVER = re.compile(  # before 未: 既往治疗中从未获得CR is of the time before
    r"从\Z|(?:既往|前线|先前|此前|一线|历次)(?:的|多线|各线)?(?:治疗|化疗)(?:中|后|时|期间)?(?:均|都|也|曾|皆)?\Z"
)
FOR_THAT = re.compile(r"(?:因|由于)(?:为|出现|发生|严重|任何|[1-5]级|治疗相关|药物相关|\s)*\Z")  # 没有患者因不良反应停药
NO_PROOF = re.compile(r"证据|证明|证实|资料|依据|共识|必要")  # 没有充分的证据证实在完全缓解后...
ALL_EVENTS = re.compile(  # behind 所有, before the toxicity: all events, not all patients
    r"\s?(?:发生的|出现的|的)?(?:[≥>]?\s?[1-5](?:\s?[-~]\s?[1-5])?\s?级(?:及以上|以上)?的?)?\s?"
)
_WHO = r"(?:患者|受试者|病人|患儿|病例|人群|者)"
_THEY = re.compile(
    rf"(?:的|状态的?)?{_WHO}(?:中(?!位)|的|(?=\s?(?:中位|平均|均|后续|再|转|进一步|与|和|、|[A-Z]{{2,4}}(?![A-Za-z])|\d{{1,2}}\s?(?:个?月|年)|"
    r"(?:仅|则)*为?\s?\d+(?:\.\d+)?\s?个?[月年]|,))|(?=\s?\(\d+(?:\.\d+)?\s?%?\s?(?:对|比|vs)))"
)
_GRADE_WHO = re.compile(r"(?:分级|级别)?\s?[≥<>]?\s?[0-5](?:\s?[-~]\s?[0-5])?\s?级(?:及以上|以上|以下)?的?者(?!占|有|\s?\d)")
_WHO_HAVE = re.compile(rf"(?:或\s?[A-Z]{{2,3}})?的{_WHO}(?![,。;)]|\s?\d)")  # 化疗后达CR或PR的患者分为两组
_RELAPSED = re.compile(r"(?:者|患者)的?\s?(?:为|仅为)?[(]?\s?\d")
_SHARE = re.compile(r"(?:的|状态的?)?(?:患者|受试者|病人|患儿|病例|者)(?:所占)?(?:的)?(?:比例|百分比|占比|比率|例数|人数)")
_HAVING = re.compile(r"(?:达到?|获得?)(?:\s?[A-Z]{2,3}\s?或)?\s?\Z")
_COUNTED = re.compile(r"\d\s?[例名位人]\s?\Z")
_OPENS = re.compile(
    r"\s?(?:[^,;。\d()]{0,16}?(?:患者|受试者|病人|患儿|者|病例)(?:\s?\([^()]{0,16}\))?)?中(?![位期心枢国性])(?:,|\s|(?=[^,;。]))"
)
_NOT = re.compile(r"\s?(?:患者|受试者|患儿|者)?(?:则|均)?(?:未|没有|无)(?:见|发生|出现|观察到|获得|达到|达|获)?")


def names_people(text: str, t: Term) -> bool:
    """Whether a response only says whose the value is.

    >>> from ._outcome_terms import terms
    >>> t = "获得CR者2年PFS率高于未获CR者(68.4%对8.1%)"
    >>> [names_people(t, x) for x in terms(t)]
    [True, False, True]
    """
    if _SHARE.match(text, t.end):
        return False  # 达CR患者的比例为40%
    if _WHO_HAVE.match(text, t.end) and _HAVING.search(text[max(0, t.start - 9) : t.start]):
        return t.kind == "response"
    if t.kind == "tox" and _GRADE_WHO.match(text, t.end):
        return True
    if t.words == "复发" and _RELAPSED.match(text, t.end) and re.search(r"[于与和比较、]\s?\Z", text[: t.start][-2:]):
        return True  # 高于复发者(33.3%,5/15)
    if t.kind not in ("response", "generic") or t.id.startswith("OTHER") or t.rate or not _THEY.match(text, t.end):
        return False
    return not _COUNTED.search(text[max(0, t.start - 6) : t.start]) or bool(
        re.match(rf"{_WHO}(?:中|的|后续|PFS|OS|DOR|EFS|中位|转|进一步|均)", text[t.end : t.end + 6])
    )


def opens_group(text: str, c: Cell) -> bool:
    """Whether a count is the size of a group of which the text goes on to tell: 可评估的15例患者中, ...

    >>> opens_group("15例患者中,DLT", Cell("count", 0, 3, 0, 3, 15.0, noun=True))
    True
    """
    return c.kind == "count" and c.noun and bool(_OPENS.match(text, c.hi))


def without(text: str, terms: Sequence[Term], cells: Sequence[Cell]) -> Iterator[tuple[Cell, Term]]:
    """Counts of patients who did not have what the sentence tells, and the term: 其余2例未发生CRS."""
    for c in cells:
        if c.kind not in ("count", "rate") or not c.value:
            continue
        m = _NOT.match(text, c.hi) if c.noun or c.kind == "rate" else None
        t = next((t for t in terms if m and 0 <= t.start - m.end() <= 12), None)
        told = any(x.end <= c.lo and x.id == t.id for x in terms) if t else False
        rest = re.search(r"(?:其余|其他|另外?|剩余|余)\s?(?:有)?\s?\Z", text[max(0, c.lo - 5) : c.lo])
        whole = not (told or rest) or "均" in (m[0] if m else "")
        if t and m and not whole and not re.search("[,;。]", text[m.end() : t.start]):
            yield c, t


def _all_without(text: str, c: Cell) -> bool:
    """13例受试者均未出现...: the number of all, no result."""
    return c.kind == "count" and c.noun and bool(_NOT.match(text, c.hi))


def told(text: str, terms: Sequence[Term], cells: Sequence[Cell]) -> tuple[list[Term], list[Cell]]:
    """Terms and cells of a Chinese sentence that tell results, without those that only say who."""
    lacking = list(without(text, terms, cells))
    never = {t.start for _, t in lacking}
    gone = {c.start for c, _ in lacking}
    a, b = (max(0, cells[0].lo - 40), cells[-1].hi) if cells else (0, 0)
    causes = [m.span() for m in _CAUSES.finditer(text, a, b)]
    asked = [t for t in terms if t.start not in never and not names_people(text, t) and not _cause(t, causes)]
    asked = [t for t in asked if t.kind != "response" or not _turned(text, t)]
    asked = [t for t in asked if t.kind != "response" or not (had_before(text, t) or in_state(text, t))]
    asked = [t for t in asked if t.words not in ("男性", "女性") or not _WHOSE.match(text, t.end)]
    asked = [t for t in asked if t.kind != "response" or not _EARLIER.search(text[max(0, t.start - 16) : t.start])]
    asked = [replace(t, id="SINK", kind="sink") if t.id == "ORR" and of_a_remedy(text, t) else t for t in asked]
    return asked, [
        c
        for c in cells
        if c.start not in gone
        and not (c.noun and _SIZED.search(text[max(0, c.lo - 24) : c.lo]) and text[c.hi : c.hi + 1] == ")")
        and not (c.kind == "count" and _OF_DEATHS.search(text[max(0, c.lo - 12) : c.lo]))
        and not (other_number(text, c) or still_alive(text, c) or most_patients(text, c, terms) or of_an_event(text, c, terms))
        and not (opens_group(text, c) or _all_without(text, c) or _BY.search(text[max(0, c.lo - 6) : c.lo]))
    ]


_OF_DEATHS = re.compile(r"死亡(?:病例|患者|者)?中,?\s?(?:有)?\s?\Z")  # 14例药物相关死亡中7例与感染相关
_WHOSE = re.compile("的|(?:患者|者)?(?:则|仅)?为|患者")
_BECAME = re.compile(r"(?:状态)?(?:逐渐|进一步|最终|后|再)?(?:转|变|改善|加深|升|提高|进展)(?:化|变)?(?:为|至|成|到)")


def _turned(text: str, t: Term) -> bool:
    """由PR转为CR: what it was before."""
    led = re.search(r"(?:由|从|自)(?:最初|初始|原来|[^,;。\d]{0,3})(?:的)?\s?\Z", text[max(0, t.start - 6) : t.start])
    return bool(led and _BECAME.match(text, t.end))


_SIZED = re.compile(r"(?:组|队列|患者|人群)\s?\([^()]{0,12}\Z")  # 试验组(安全性集72人)
_EARLIER = re.compile(  # 桥接后达PR is a state before the infusion
    r"(?:桥接(?:治疗|化疗)?后|(?:回输|输注|入组|移植|清淋)[前时]|入组时)[^,;。]{0,6}(?:达到?|获得?|处于|为)\s?\Z"
    r"|(?<!巩固)(?<!维持)(?:治疗|回输|输注|入组|移植|清淋|给药)前(?:的)?(?:疾病状态)?[为:]?\s?\Z"
)
_CAUSES = re.compile(
    r"死亡(?:病例)?(?:者|患者)?(?:共)?\s?\d{1,4}\s?[例名位人][^。;]{0,3}[,(:](?:其中|原因|包括|分别|死因)[^。;]{0,80}"
    r"|(?:死因|死亡(?:的)?原因)(?:主要)?(?:为|包括|分别|是|有|:|依次)[^。;]{0,80}"
)


def _cause(t: Term, causes: Sequence[tuple[int, int]]) -> bool:
    """死亡12例,其中肿瘤进展10例,感染2例: how they died."""
    return t.id != "TRM" and any(a <= t.start and t.end <= b for a, b in causes)


_BY = re.compile(r"(?:延长|缩短|提高|增加|改善)(?:了)?(?:约|近)?\s?\Z")  # 中位PFS延长2.9个月(8.3个月 vs 5.4个月)


_EACH_OF = re.compile(
    r"(?P<who>(?:(?<=[,;。:、(])|(?<=其中)|(?<=\A))[^,;。:、()\d]{0,14}?(?:患者|受试者|患儿|病人|病例|(?<!或)者))(?:的|中|体内)?\s?"
    r"(?P<each>均|都|全部)?\s?(?:为|达到?|获得?|呈|出现|发生|转为|实现|存在|有)?(?:了|过)?[^,;。\d未无均]{0,8}\Z"
)


_THEY_ALL = re.compile(r"\d\s?%?\)?\s?[(,]\s?(?:且|并且)?(?:均|都|全部)(?:为|达到?|获得?|呈|实现)?(?:骨髓|流式)?\s?\Z")


def everyone(text: str, terms: Sequence[Term], start: int) -> Iterator[tuple[Term, int, int]]:
    """Terms told of all of a group without its number, and where the group stands: 缓解者的MRD均为阴性."""
    for t in terms:
        if t.kind not in ("response", "tox") or t.rate or t.id.startswith("OTHER"):
            continue
        if t.id == "MRD_NEG" and "均" in t.words and text[max(start, t.start - 1) : t.start] in (",", ";"):
            before = [x for x in terms if x.id in ("CR", "CRi") and x.end <= t.start]
            if before and not re.search("[。;]", text[before[-1].end : t.start - 1]):
                yield t, t.start, t.end  # 14例达CR,MRD均转阴
                continue
        answered = any(x.kind in ("response", "generic") and x.end <= t.start for x in terms)
        if t.id == "MRD_NEG" and answered and _THEY_ALL.search(text[start : t.start]):
            yield t, t.start, t.end  # 总缓解率达81%(均MRD阴性)
            continue
        m = _EACH_OF.search(text[start : t.start])
        told = m and (m["each"] or "均" in t.words)
        if m and told and not re.search(r"两组|各组|三组|多数|部分|未|无|所有|全部|全体", m["who"]):
            yield t, start + m.start("who"), start + m.end("who")
