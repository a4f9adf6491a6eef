"""Chinese arms and populations: who a value is of, from topic, list ("分别为"), bracket or comparison.

A Chinese sentence names its group as its topic and keeps it until the next ("试验组ORR为22%，DCR为80%；对照组..."), in
lists that align with the values, in the bracket behind a value, or as what is compared ("高于对照组的50%").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ._outcome_cells import Cell
from ._outcome_listed_zh import against, cluster, clustered, listed, together
from ._outcome_people_zh import names_people
from ._outcome_reading import Reading
from ._outcome_runs import run_of
from ._outcome_terms import Term
from ._outcome_versus_zh import other_arm, than
from ._outcome_who_zh import Group, dosed, only_disease

_ARM = re.compile(
    r"(?:剂量组|剂量水平|剂量队列|队列|臂|(?<![一-鿿A-Za-z0-9])组)(?!织|成|合|建|分|学|间|别)"
    r"(?:\s?(?:[A-Z](?![A-Za-z])|\d{1,2}(?![\d.%/例名位]|\s?[例名位])))?"
    r"|(?<=[)])组(?!织|成|合)|(?<=[高中低])剂量(?=\s?\([^()]{0,16}\d)|(?<![一-鿿])对照(?=\s?(?:仅?为|的)?\s?\d)|(?<!(?<!介)入)(?<!分)组(?!织|成|合|建|分(?!别)|学|间|别|胺|员|蛋|方|装)"
)
_PEOPLE = re.compile(
    r"患者|受试者|人群|(?<!血)病人|患儿|病例(?!数)|(?<=[阳阴]性)者|"
    r"(?<![患或作学记供])者(?=的?\s?(?:中位|[A-Z]{2,4}(?![A-Za-z])|客观|总|完全|疾病)|\s?(?:仅)?为?\s?\d|中[,:]|均|\s?\(\d|(?:与|和|及)[^,;。]{1,14}者)"
)
_BODY = re.compile(r"[一-鿿A-Za-z0-9.+×^/≥≤<>~αβγδ*' -]{0,26}\Z")
_CUT = re.compile(
    r"率|亚组中|随机(?:分[入为至配成])?|分入|(?i:vs\.?)|(?<![IV\d])期(?!组)|治疗(?!组|失败|后|相关|前|线|无效|史|经历)|研究(?!组|者)|试验(?!组|药)|在|与|和|及(?!以上|以下|更)|而|为|"
    r"[高低优大小]于|较|结果|发现|表明|提示|包括|包含|"
    r"比(?!例)|使(?!用)|示|即|其中|分[为成]|将|对(?!照)|由|因|后的?|时|"
    r"(?<!剂量)[例名位]|(?:显著|明显)?(?:高|低)?于|两组|各组|即|发生(?!率)|出现|且|但|仅|是|除"
)
_NO_ARM = re.compile(
    r"(?:全部|全体|[两二三四五2-9各本全该每同多亚分小入一另其]|主要|所有|总|整个|研究小|课题|协作|专家|工作|不同|同一|这|单|上述|以上|每个|"
    r"其他|其余|相应)*(?:个|一)?(?:剂量组|剂量水平|剂量队列|亚组|队列|组|臂)(?:患者)?"
)
_ALL = re.compile(
    r"(?:所有|全部|全体|总体|整体|该|本|此|入组|纳入|此类|这些|两组|各组|多数|部分|没有|其余|另外?|每|无|有|接受|治疗|完成|输注|"
    r"细胞|可评[估价]|疗效|组|的|研究|符合条件|意向|回输|CAR-?T|共|均|可|安全性|一|\s)*"
)
_GIVEN = re.compile(
    r"(?:均|已|曾)?接受.{0,24}(?:细胞|CAR|TCR|TIL|NK|单抗|赛|疗法|试验药物|本品).{0,12}的?|接受(?:治疗|输注|回输)的?"
)
_STATE = re.compile(r"(?:均?达到?|获得|取得|最佳疗效为|疗效为|实现)(?P<who>[^,;。达获取]{2,14}?(?:及以上)?)的?\Z")
_TOLD = re.compile(
    r"发生|出现|获得|达到|取得|经历|死亡|实现|延长|改善|提高|降低|未见|产生|占|存活|缓解$|反应$|进展$|生存$|随访|例"
)
_SIZE = re.compile(r"\A\s?(?:共|的)?\s?\d{1,4}\s?[例名位](?:可评[估价](?:疗效)?的?)?")
_NUMBERED = re.compile(r"\d\s?[例名位](?:[^,;。\d]{0,6}(?:及|和|或|/|与))?\s?\Z")
_COMPARED = re.compile(r"(?:与|较|比|同|于|和|而)\s?\Z")
_RESET = re.compile(
    r"安全性|所有|全部|全体|(?:总体|整体)(?!反应|缓解|有效|应答|存活|生存|疗效|客观)|全组|两组|各组|共有|不良(?:反应|事件)方面"
)
_SHORT = re.compile(r"(?P<item>[高中低]|[A-D]|[1-4]|[IV]{1,3}|[一二三四甲乙丙])\s?(?:、|和|与|及)\s?\Z")
_IN_DISEASE = re.compile(r"(?<=在)\s?(?P<who>[一-鿿A-Za-z0-9]{1,12}?(?:瘤|癌|血病))(?=中(?:的|,|\s|[A-Z客总完疾]))")
_ALONE = re.compile(r"(?P<who>[一-鿿A-Za-z0-9+-]{1,14}?(?:瘤|癌|白血病))(?=的|\s?(?:、|和|与|及)|\s?\()")


_SEX = re.compile("[男女]性(?=(?:则|仅)?为\\s?\\d)")
_CODED = re.compile(
    r"(?<![A-Za-z0-9])(?:DL\s?-?[1-9](?!\d|\.\d|\s?[例名位%])|(?:[Cc]ohort|[Aa]rm)\s[A-H1-9](?![A-Za-z0-9.]))(?!组)"
)


def groups(
    text: str,
    terms: Sequence[Term],
    cells: Sequence[Cell],
    start: int,
    end: int,
    whole: float | None = None,
    by_disease: bool = False,
) -> list[Group]:
    """Arms and populations named in the Chinese sentence text[start:end], in order, no two overlapping.

    `whole` is the number of all patients: a disease with fewer is a part of them; by_disease:
    the clause before told of another disease.

    >>> t = "高剂量组ORR为66.7%,CLDN18.2高表达患者的ORR为60%"
    >>> [(g.label, g.people) for g in groups(t, (), (), 0, len(t))]
    [('高剂量组', False), ('CLDN18.2高表达患者', True)]
    """
    found: list[Group] = []
    found.extend(Group(m[0], *m.span(), people=True) for m in _SEX.finditer(text, start, end))
    found.extend(Group(re.sub(r"\s+", " ", m[0]), *m.span()) for m in _CODED.finditer(text, start, end))
    for m in _ARM.finditer(text, start, end):
        told = _arms(text, m, terms, cells, start)
        found.extend(g for g in told if not any(x.start < g.end and g.start < x.end for x in found))
    for m in _PEOPLE.finditer(text, start, end):
        g = _people(text, m, terms, cells, start)
        if g and not any(x.start < g.end and g.start < x.end for x in found):
            found.append(g)
    for m in _IN_DISEASE.finditer(text, start, end):
        g = Group(m["who"], *m.span("who"), people=True)
        if not any(x.start < g.end and g.start < x.end for x in found):
            found.append(g)
    for m in _ALONE.finditer(text, start, end):
        g = Group(m["who"], *m.span("who"), people=True)
        listed = re.match(r"\s?(?:、|和|与|及)", text[m.end() : m.end() + 3])
        if listed and not any(x.start < g.end and g.start < x.end for x in found):
            found.append(g)
    return _telling(text, _signed(sorted(found, key=lambda g: g.start)), whole, by_disease)


def _signed(found: list[Group]) -> list[Group]:
    """PD-L1阳性者 ..., 阴性者: negative for the same."""
    out: list[Group] = []
    for g in found:
        last = next((re.match(r"(.+?)[阳阴]性", x.label) for x in reversed(out) if x.people), None)
        signed = g.people and last and re.match("[阳阴]性", g.label)
        out.append(replace(g, label=last[1] + g.label) if signed and last else g)
    return out


_CONTRAST = re.compile(r"既往|未|阳性|阴性|高表达|低表达|伴|合并|≥|≤|<|>|失败")


def _telling(text: str, found: list[Group], whole: float | None, by_disease: bool) -> list[Group]:
    """Without populations that only say what all patients had: one disease, or a number of patients given."""
    several = by_disease or len({g.label for g in found if g.people and (g.sized or only_disease(g.label))}) > 1
    return [
        g
        for g in found
        if not g.people
        or several
        or (_CONTRAST.search(g.label) and not _of_all(text, g, whole))
        or not (g.sized or only_disease(g.label))
        or _part(text, g, whole)
    ]


_CHOSEN = re.compile(r"(?:针对|对于|其中,?(?:在)?|(?<![存现旨])在)\s?\Z")


def _of_all(text: str, g: Group, whole: float | None) -> bool:
    """20例CD7阳性T-ALL患儿, of 20 in all."""
    size = re.search(r"(\d{1,4})\s?[例名位]\s?\Z", text[max(0, g.start - 8) : g.start])
    return bool(size and whole and float(size[1]) >= whole)


def _part(text: str, g: Group, whole: float | None) -> bool:
    """Whether a disease is told as a part of the patients: 其中胃癌患者, 52例DLBCL患者 of 67."""
    size = re.search(r"(\d{1,4})\s?[例名位](?:可评[估价]的?)?\s?\Z", text[max(0, g.start - 12) : g.start])
    if size:
        return bool(whole and float(size[1]) < whole and only_disease(g.label))
    own = re.match(r"(?:亚组|[,\d]|中[,的\sA-Z客总完疾]|的?(?:中位|客观|总|[A-Z]{2,4}))", text[g.end : g.end + 4])
    paired = re.search(r"(?:[A-Z]{2,6}|瘤|癌|病)\s?(?:和|与|及|、)\s?\Z", text[max(0, g.start - 9) : g.start])
    return bool(paired or _CHOSEN.search(text[max(0, g.start - 5) : g.start]) and own)


def _arms(text: str, m: re.Match[str], terms: Sequence[Term], cells: Sequence[Cell], start: int) -> list[Group]:
    a = _left(text, m.start(), terms, cells, start, keep=True)
    if text[m.end() - 2 : m.end()] != "亚组":
        a = max(a, text.rfind("的", a, m.start()) + 1)
    label = text[a : m.end()].strip()
    a = m.end() - len(text[a : m.end()].lstrip())
    opened = _BRACKETED.search(text, start, a) if label == "组" else None
    if opened:
        a, label = opened.start(), text[opened.start() : m.end()]
    if doses := dosed(text, m, start):
        return doses
    if _NO_ARM.fullmatch(label) or not label or (label == "研究组" and not _TWO_ARMS.search(text)):
        return []
    if label.endswith("亚组") and len(label) > 3:
        return [Group(label.removesuffix("亚组").removesuffix("的"), a, m.end(), people=True)]
    out = [Group(label, a, m.end(), compared=bool(_COMPARED.search(text, max(start, a - 2), a)))]
    suffix = label[1:] if re.match(r"[高中低A-D1-4一二三四甲乙丙]", label) else None
    if suffix and (several := re.fullmatch(r"[两二三四2-4]个?(?P<what>(?:剂量)?组|队列)", suffix)):  # A、B、C三组
        suffix = several["what"]
        out = [replace(out[0], label=label[0] + suffix)]
    at = a
    while suffix and (item := _SHORT.search(text[max(start, at - 6) : at])):
        at = max(start, at - 6) + item.start("item")
        out.insert(0, Group(item["item"] + suffix, at, at + len(item["item"])))
    return out


_TWO_ARMS = re.compile(r"对照组|研究组(?:\([^()]{0,16}\))?\s?(?:、|和|与|及)|(?:、|和|与|及)研究组")
_BRACKETED = re.compile(r"[^,;:。()或和与及\s]{2,16}\([A-Za-z -]{2,10}\)\Z")  # 研究者选择治疗(TPC)组


def _left(text: str, at: int, terms: Sequence[Term], cells: Sequence[Cell], start: int, keep: bool) -> int:
    """Where the label that ends before `at` begins: behind a sign, a value, an endpoint or a word that ends a label."""
    body = _BODY.search(text, max(start, at - 26), at)
    a = body.start() if body else at
    a = max([a, *(c.hi for c in cells if c.hi <= at and c.kind != "bare" and not (keep and c.kind == "dose"))])
    for t in terms:
        if a < t.end <= at and t.kind != "sink" and not t.id.startswith("OTHER") and not (keep and t.end == at):
            a = t.end
    for cut in _CUT.finditer(text, a, at):
        if cut.end() < at or cut[0] not in ("治疗", "研究", "试验"):
            a = cut.end()
    while a < at and text[a] in " 的中":
        if text.startswith(("中剂量", "中危", "中高危", "中低危", "中重度", "中晚期", "中药", "中国", "中枢"), a):
            break
        a += 1
    return a


_ADMITTED = re.compile(r"(?:纳入|入组|招募|收录|收治|选取|入选)(?:了|的)?[^,;。\d]{0,8}\d{1,4}\s?[例名位]\Z")


def _people(text: str, m: re.Match[str], terms: Sequence[Term], cells: Sequence[Cell], start: int) -> Group | None:
    at = max(start, m.start() - 22)
    state = (
        _STATE.search(text[at : m.start()])
        if re.match(r"(?:的|中|\s)*(?:中位|[A-Z]|客观|总)", text[m.end() : m.end() + 4])
        else None
    )
    states = [t for t in terms if t.kind in ("response", "generic") and not t.id.startswith("OTHER")]
    own = next((t for t in states if t.end == m.start()), None)
    if own and not re.search(r"例\s?\Z", text[max(0, own.start - 3) : own.start]):
        return _by_state(text, m, own) if names_people(text, own) else None  # "PR者7例" counts them
    if own and re.match("的?中位", text[m.end() : m.end() + 3]):
        return _by_state(text, m, own)  # 4例缓解者的中位缓解持续时间
    if part := _OF_SO_MANY.search(text, max(start, m.start() - 34), m.start()):
        g = Group(part["who"], *part.span("who"), people=True)
        return (
            None
            if _ALL.fullmatch(part["who"]) or _GIVEN.fullmatch(part["who"]) or _ADMITTED_BY.search(part["who"])
            else g
        )
    if limit := _LIMIT.search(text, max(start, m.start() - 26), m.start()):
        return Group(limit["who"], limit.start("who"), m.end(), people=True)
    if state:
        a, b = state.span("who")
        return Group(text[at + a : at + b], at + a, at + b, people=True)
    a = _left(text, m.start(), [t for t in terms if t.kind != "sink"], cells, start, keep=False)
    a = next((x.lo for x in cells if x.kind == "dose" and 0 <= a - x.hi <= 1), a)  # 接受5×10^8个细胞者
    body = text[a : m.start()]
    size = _SIZE.match(body) or _NUMBERED.search(text, max(start, a - 14), a)
    if size and size.re is _SIZE:
        a, body = a + size.end(), body[size.end() :]
    body = body.rstrip()
    if size and _ADMITTED.search(text, max(start, a - 26), a):
        return None  # 纳入93位年龄≥18岁患者 are all
    if re.fullmatch(r".*\d\s?(?:天|日|周|个?月|年)后?", body):
        return None
    if _ALL.fullmatch(body) or _GIVEN.fullmatch(body) or _TOLD.search(body) or len(body) < 2 or _ARM.search(body):
        return None
    if re.search(r"[级度](?:及|或)?(?:以上|以下)?\Z|^(?:及|或)?以[上下]", body):
        return None  # 3级及以上者 are events
    a += len(text[a : m.start()]) - len(text[a : m.start()].lstrip())
    compared = bool(_COMPARED.search(text, max(start, a - 2), a))
    return Group(text[a : m.end()], a, m.end(), people=True, compared=compared, sized=bool(size))


_OF_SO_MANY = re.compile(  # 既往BCMA CAR-T治疗失败的15例患者
    r"(?:(?<=[,;。:(])|(?<=\A)|(?<=在)|(?<=,)|(?<=其中))(?P<who>(?:[^,;。:()\d]|(?<=[A-Za-z])\d{1,2}){2,26}?)的\s?\d{1,4}\s?[例名位](?:可评[估价]的?)?\Z"
)
_ADMITTED_BY = re.compile(
    r"纳入|入组|招募|收治|选取|筛选|我院|中心|可评|接受(?!.*(?:未|失败|过))|完成|发生|出现|^(?:在|该|本|其|而|共)"
)
_LIMIT = re.compile(  # PD-L1 TPS≥50%的患者
    r"(?P<who>[A-Za-z][A-Za-z0-9.-]{1,11}(?:\s[A-Z]{2,4})?\s?[≥≤<>]\s?\d+(?:\.\d+)?\s?%?)\s?的?\s?\Z"
)
_REACHED = re.compile(r"(?:未能?|没有|无)?(?:获得|获|达到|达|取得|实现)?\s?\Z")


def _by_state(text: str, m: re.Match[str], own: Term) -> Group:
    """获得CR者, 未缓解者, CR患者."""
    verb = _REACHED.search(text, max(0, own.start - 5), own.start)
    a = verb.start() if verb else own.start
    end = m.end() if m[0] == "者" else own.end
    return Group(text[a:end], a, end, people=True, compared=bool(_COMPARED.search(text, max(0, a - 2), a)))


def group_of(
    text: str, r: Reading, cells: Sequence[Cell], named: Sequence[Group], pair: Sequence[Group], start: int
) -> Group | None:
    """The group of a reading; `pair` are the arms that the text last named together, for "两组"."""
    c = r.cell
    if c.ratio:
        return None
    named = [g for g in named if not _shut(text, g, start, c.lo)]
    run = run_of(text, cells, c)
    begin = cells[run[0]].lo if run else c.lo
    before = max((x.hi for x in cells if x.hi <= begin and x.kind != "bare"), default=start)
    last = max((x.hi for x in cells if x.hi <= c.lo and x.kind != "bare"), default=start)
    within = [g for g in named if c.lo <= g.start and g.end <= c.hi and g.people]
    if within:
        return within[0]  # 17例CR患者中15例
    owner = next((g for g in named if c.hi <= g.start and re.fullmatch(r"\s?的\s?", text[c.hi : g.start])), None)
    if owner and c.kind == "rate":
        return owner  # 95%的A组患者
    counted = next((g for g in named if g.people and 0 <= g.start - c.end <= 1), None) if r.how == "each" else None
    if counted:
        return counted  # 3例MCL患者均获得CR
    closed = next((g for g in named if c.hi <= g.start and _CLOSED.fullmatch(text, c.hi, g.start)), None)
    if closed and text[closed.end : closed.end + 1] == ")":
        return closed  # 88.6%、65.7%(CIK组)和77.1%、45.7%(对照组)
    own = [g for g in named if max(last, begin) <= g.start and g.end <= c.lo and not than(text, g)]
    if own and not (len(run) > 1 and own[-1].compared):
        return own[-1]
    if other := other_arm(text, last, c.lo):
        return other
    behind = next((g for g in named if 0 <= g.start - c.hi <= 2), None)
    if (
        behind
        and re.fullmatch(r"\s?[(（]\s?", text[c.hi : behind.start])
        and text[behind.end : behind.end + 1] in ")）,"
    ):
        return behind
    if len(run) > 1:
        told = listed(text, r, named, pair, start, begin, before, len(run))
        if told:
            return told
        if r.order == 1 and against(text, r) and len({g.label for g in named if not g.people and g.end <= begin}) == 1:
            first = next(g for g in named if not g.people)
            return next((replace(g, inferred=True) for g in pair if g.label != first.label), None) if len(pair) == 2 else None
    fresh = [g for g in named if before <= g.start and g.end <= begin and not than(text, g)]
    if fresh and fresh[-1].sized and len(cluster(text, [g for g in named if g.end <= begin])) > 1:
        return None  # "3例胃癌患者和1例胰腺癌患者": of both
    again = bool(fresh) and fresh[-1].label in [g.label for g in fresh[:-1]]  # A组与B组,A组中位OS为...
    if fresh and (again or not clustered(text, fresh)):
        return fresh[-1]
    if fresh:
        return together(text, fresh) if c.kind == "count" and c.value == 0 else None
    both = (
        _BOTH.search(text, max(before, r.term.start - 24), r.term.start) if c.kind == "count" and c.value == 0 else None
    )
    if both:
        return Group(both["who"], *both.span("who"))
    if c.kind == "count" and c.value == 0 and len({g.label for g in named if not g.people and g.end <= begin}) > 1:
        return None  # 治疗组22.9个月、对照组17.3个月,...,未出现SAE: of neither
    return _topic(text, named, begin, start)


def _shut(text: str, g: Group, start: int, at: int) -> bool:
    """Whether a group stands in a remark in brackets that closes before the value: (与低剂量组设立有关)."""
    opened, close = text.rfind("(", start, g.start), text.find(")", g.end, at)
    inside = opened > text.rfind(")", start, g.start) and close >= 0 and text.rfind("(", g.end, close) < 0
    return inside and (opened + 1 < g.start or close > g.end)


_CLOSED = re.compile(r"[\d.%、,和\s]{0,40}\(\s?")
_BOTH = re.compile(r"(?P<who>[两二三四各]个?(?:组|队列))患?者?均?")


def _flat(text: str, start: int) -> str:
    """The text with what stands in brackets from `start` on blanked, places kept."""
    return text[:start] + re.sub(r"\([^()]*\)", lambda m: " " * len(m[0]), text[start:])


def _topic(text: str, named: Sequence[Group], begin: int, start: int) -> Group | None:
    """The group that was named last before, where it still is the topic."""
    since = max(start, text.rfind(";", start, begin), text.rfind("。", start, begin))
    since = max([since, *(m.start() for m in _RESET.finditer(_flat(text[:begin], start), start))])
    earlier = [g for g in named if since <= g.start and g.end <= begin and not than(text, g)]
    told = cluster(text, earlier)
    return told[0] if len(told) == 1 and not told[0].compared else None
