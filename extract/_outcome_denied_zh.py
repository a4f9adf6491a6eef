"""Chinese words of none that deny nothing, or deny a death: 无CRS患者的ORR, 未发现CRS与疗效相关, 无CRS及ICANS相关死亡."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ._outcome_reading import Reading
from ._outcome_terms import Term, terms

_WHO = r"(?:患者|受试者|病人|患儿|病例|人群|者)"
_TWICE = re.compile(  # 并非所有患者均无CRS, 有无CRS
    r"(?:并非|并不是|不是|绝非)[^,;。]{0,10}\Z|(?:有(?:或|和|与|及|/|、)?|是否|若|如)\s?\Z"
)
_THE_REST = re.compile(  # 其余患者无治疗相关死亡: some had it
    rf"(?:其余|其他|其它|剩余|余下|余|另外?)(?:的)?(?:\d{{1,4}}\s?[例名位])?{_WHO}?(?:中|均|都|则|也|皆)*\s?\Z"
)
_REST_GROUPS = re.compile(r"(?:其余|其他|其它)[^,;。]{0,8}(?:组|队列)[^,;。]{0,4}\Z")
_NOT_TOLD_OF = re.compile(r"(?:作者|文献|文中|原文|该文|综述|均)\s?\Z")
_NUMBER_OF = re.compile(r"(?:的)?(?:病例数|例数|人数|情况|数据|详情|发生率|细节|结果|分级)")
_GROUP = re.compile(  # behind the event: they who did not have it, of whom the text goes on to tell
    r"(?:发生|出现)?(?:[者的]?(?:亚?组|队列|剂量组|剂量水平|人群)(?!织|间)|(?:病)?史|者(?:可|方可|才|即可)"
    rf"|的?{_WHO}(?:的|中(?!位[,;。])|与|和|及|相比|vs|组|[,(]?\s?(?:其)?(?:中位|[A-Z]{{2,4}}(?![A-Za-z])|预后|生存|疗效|缓解|\d+(?:\.\d+)?\s?[%年个月])))"
)
_THOSE = re.compile(rf"的{_WHO}(?![,;。)]|\Z)")
_TIED = re.compile(  # 未发现CRS与疗效相关
    r"[^,;。]{0,16}?(?<![及和或、])(?:与|同|和)[^,;。]{1,24}?(?:(?:相关|有关|关联|关系|联系)(?:性)?(?=[,;。)]|\Z)|之间|存在(?:显著|明显)?(?:相关|关联|差异))"
    r"|[^,;。]{0,10}?(?:影响|改变|预测)[^,;。]{0,12}(?:OS|PFS|ORR|DOR|EFS|疗效|预后|生存|缓解)"
)
_APART = re.compile(r"[^,;。]{0,10}?(?:以外|之外)")
_EXCEPT = re.compile(r"除[^,;。]{0,12}\Z|以外|之外")
_OTHER = re.compile(r"\A\s?(?:明显|任何|严重|[≥>]?\s?[1-5]级(?:及以上|以上)?的?)*(?:其他|其它|另外)")
_AFTER_EXCEPT = re.compile(r"(?:除|其中|仅|(?<=\d)[例名位])")


def truly_none(text: str, told: Sequence[Reading], start: int) -> Iterator[Reading]:
    """Readings in words, without zeros that are none; a death of one toxicity is that toxicity of grade 5."""
    for r in told:
        if r.cell.value != 0 or r.cell.kind != "count":
            yield r
        elif not _no_zero(text, r, told, start):
            yield _died_of(text, r)


def _no_zero(text: str, r: Reading, told: Sequence[Reading], start: int) -> bool:
    t, a, b = r.term, r.cell.start, r.cell.end
    before = text[max(start, a - 24) : a]
    if _TWICE.search(before) or _THE_REST.search(before) and not _REST_GROUPS.search(before):
        return True
    at = max(t.end, b)
    if "报告" in text[a:b] and (_NUMBER_OF.match(text, t.end) or _NOT_TOLD_OF.search(before)):
        return True
    if a < t.start and "终" not in before:
        gap = text[b : t.start]
        if _EXCEPT.search(gap) or _APART.match(text, t.end):
            return True
        first = not any(x is not r and x.cell.start == a and x.term.end <= t.start for x in told)
        if first and _OTHER.match(gap) and _AFTER_EXCEPT.search(text, start, a):
            return True  # 除2例1级ICANS外,未见其他神经毒性
        if _GROUP.match(text, t.end) or text[a] in "未没" and _THOSE.match(text, t.end):
            return True
        if text[a] in "未无没" and _TIED.match(text, at):
            return True
    return False


_NAMES = r"(?:CRS|ICANS|CAR-?T细胞相关脑病|细胞因子释放综合征|神经毒性|感染|肺炎|脓毒症|出血|GVHD|HLH|IEC-HS|不良事件|不良反应)"
_ONE_CAUSE = re.compile(rf"(?:因|死于)(?:[1-5]级)?(?P<what>{_NAMES})(?:而|导致|所致|引起)?(?:的)?(?:死亡)?\Z")


def _died_of(text: str, r: Reading) -> Reading:
    """没有患者因CRS死亡: nobody had CRS of grade 5."""
    m = _ONE_CAUSE.fullmatch(r.term.words) if r.term.id == "TRM" else None
    own = next(iter(terms(m["what"])), None) if m else None
    if m is None or own is None or own.kind != "tox":
        return r
    a = r.term.start + m.start("what")
    return replace(r, term=Term(own.id, "tox", a, a + len(m["what"]), m["what"]))


FATAL_LIST = re.compile(  # behind the first toxicity: 无CRS及ICANS相关死亡
    rf"\)?(?:\s?(?:、|及|和|或|与|以及)\s?(?:任何)?{_NAMES}(?:\([A-Z-]+\))?){{1,3}}(?:相关(?:性)?的?|导致的?|所致的?|引起的?)死亡"
)
