"""Numbers of patients that a Chinese text tells of its study: enrolled (纳入94例), treated (81名接受回输).

A number is read by its clause: who it is of (其中, 试验组 are parts), what was done to them, and whether it was only planned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_N = re.compile(r"(?<![\d./~%×^第-])(?<!\d,)(?P<n>\d{1,4})\s?(?:例|名|位|人)(?!次|份|均?数|中?位数)")
_ENTER = r"(?:纳入|入组|招募|入选|选取|选择|收集|收治|募集|收录|收案|分析)"
_BEFORE = re.compile(rf"(?P<verb>{_ENTER})(?:了)?(?P<gap>(?:[^。；;!！]|\d;\d){{0,110}}?)(?:共|计|总计|合计)?\s?\Z")
_DIVIDED = re.compile(r"将\s?(?:[^。；;,，]{0,60}?)\Z")
_GIVEN_BEFORE = re.compile(r"(?:(?<!收)治疗|回输|输注)(?:了|的)?\s?(?:患者|受试者|病人)?\s?(?:共)?\s?\Z")
_RECEIVED = re.compile(
    r"(?:接受|完成|行|给予)[^。；;,，]{0,40}?(?:回输|输注|治疗|CAR|TIL|CIK|NK|疗法)[^。；;,，]{0,6}的?[^。；;,，]{0,40}\Z"
)
_INFUSED = re.compile(
    r"(?:[^。；;,，\d]{0,30}?)(?P<not>未|拟|计划|将|无法|放弃)?(?:均|全部|都|已|最终|成功|顺利|实际|至少)*"
    r"(?:(?P<cells>(?:接受|完成|给予)?(?:了)?[^。；;,，例名]{0,26}?(?:回输|输注|给药)(?!后|前|当[日天]|期间|时|过程|相关|反应))"
    r"|(?P<cure>(?:接受|完成)(?:了)?[^。；;,，例名]{0,30}?(?:治疗|疗法)))"
)
_ENTERED = re.compile(
    r"(?:[^。；;,，\d]{0,60}?)(?P<not>未|拟|计划|将)?(?:最终|均|被|已)*"
    r"(?:入组|纳入(?!标准)|入选|随机(?:分|化|按)|按(?:随机|\d))"
)
_NOT = re.compile(r"托珠|激素|地塞|桥接|移植|化疗|既往|清淋|预处理|常规|标准治疗|放疗|免疫球蛋白|血浆|单采|采集")
_PLAN = re.compile(r"计划|拟|预计|(?<!为)将(?![^。；;,，]{0,60}?\Z)|假设|目标|若|如果|每组|各组|样本量|估算|预期|至少|不超过")
_OTHERS = re.compile(r"既往|先前|此前|文献|荟萃|小鼠|历史|对照组|化疗组|筛选|其余|另外?|剩余|余")
_PART = re.compile(r"(?:其中|包括|分别|(?<!入)组|队列|水平|级|期|男|女|CR|PR|SD|PD|发生|出现|死亡|获得|达到)[^。；;,，\d]{0,8}\Z")
_HAD = re.compile(
    r"\s?(?:患者|受试者|病人|患儿)?(?:中?(?:发生|出现|获|达|有效|缓解|死亡|进展|复发|存活|失访|退出|脱落|为|可评)|\(\d)"
)
_FIELD = re.compile(r"实际(?:入组|招募|纳入)(?:总?人数|总?例数|样本量)?\s?[:：为]\s?(?:国内|国际)?\s?[:：]?\s?(?P<n>\d{1,5})")
_STOP = re.compile(r"[。；;!！\n]|\.(?=\s|$)")


def counts(text: str, start: int, end: int) -> Iterator[tuple[str, int, int, int, str]]:
    """(n_treated or n_enrolled, number, start, end, rule) of the totals that text[start:end] tells.

    >>> [x[:2] for x in counts("共入组88名受试者,其中81名接受回输。", 0, 19)]
    [('n_enrolled', 88), ('n_treated', 81)]
    """
    fields = {m.start("n") for m in _FIELD.finditer(text, start, end)}
    for m in _FIELD.finditer(text, start, end):
        yield "n_enrolled", int(m["n"]), *m.span("n"), "design.zh_field"
    flat = " " * start + _blank(text[start:end])
    for m in _N.finditer(flat, start, end):
        told = None if m.start("n") in fields else _told(flat, m, start, end)
        if told and int(m["n"]):
            yield told[0], int(m["n"]), *m.span("n"), told[1]


def _blank(text: str) -> str:
    for _ in range(3):
        text = re.sub(r"[(（][^()（）]*[)）]", lambda b: " " * len(b[0]), text)
    return text


def _told(text: str, m: re.Match[str], start: int, end: int) -> tuple[str, str] | None:
    a = max([start, *(x.end() for x in _STOP.finditer(text, max(start, m.start() - 220), m.start()))])
    stop = _STOP.search(text, m.end(), end)
    left = re.sub(r" {2,}", " ", text[a : m.start()])
    right = re.sub(r" {2,}", " ", text[m.end() : stop.start() if stop else end])[:120]
    near = re.split(r"[,，]", left)[-1]
    if _PLAN.search(left[-40:]) or _OTHERS.search(near):
        return None
    infused = _INFUSED.match(right)
    if infused and not infused["not"] and not _NOT.search(infused[0]):
        part = re.search(r"(?:其中|组|队列)[^,，]{0,3}\Z", near)
        if not part or (infused["cells"] and re.search("接受|完成|实际", infused[0])):
            return "n_treated", "design.zh_after"
    before = _before(left)
    if before and not re.search(r"其中|包括|(?<!入)组[^,，]{0,4}\Z", near):
        return before
    if _PART.search(near):
        return None
    if _HAD.match(right) and not re.match(r"\s?(?:患者|受试者)?\(\d", right):
        return None
    entered = _ENTERED.match(right)
    if entered and not entered["not"]:
        return "n_enrolled", "design.zh_after"
    if _DIVIDED.search(left) and re.search(r"随机|分为|分成|分组", right):
        return "n_enrolled", "design.zh_divided"
    if _GIVEN_BEFORE.search(left) and not _NOT.search(near):
        return "n_treated", "design.zh_before"
    return before


def _before(left: str) -> tuple[str, str] | None:
    """What the verb in front says: 回顾性纳入...接受CAR-T治疗的患者67例 were treated, 纳入94例 entered."""
    m = _BEFORE.search(left)
    if m is None or re.search(r"\d\s?[例名位人]", m["gap"]) or re.search(r"标准|排除", m["gap"]):
        return None
    given = _RECEIVED.search(m["gap"])
    treated = given and re.search(r"CAR|TIL|TCR|CIK|NK|细胞", given[0]) and not _NOT.search(given[0])
    return ("n_treated" if treated else "n_enrolled"), "design.zh_before"
