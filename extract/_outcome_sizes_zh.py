"""Chinese group sizes and denominators: how many patients a value is of, where that is printed for the same group."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trialkb.records import Outcome

from ._outcome_cells import Cell
from ._outcome_reading import Reading
from ._outcome_sizes import Size
from ._outcome_text import Sentence
from ._outcome_who_zh import Group

_PATIENT = r"(?:[^,;。\d()（）]{0,24}?(?:患者|受试者|病人|患儿))?"
_TREATED = (
    re.compile(
        rf"(?<![\d.])(?P<n>\d{{1,4}})\s?[例名位]{_PATIENT}\s?(?:\([^()]{{0,12}}\)\s?)?(?:均|全部|都|已)?(?:完成|接受|回输|输注)"
    ),
    re.compile(r"(?:治疗|输注|回输)(?:了|共)[^,;。\d筛]{0,8}(?P<n>\d{1,4})\s?[例名位]"),
)
_EVALUATED = (
    re.compile(
        rf"(?<![\d.])(?P<n>\d{{1,4}})\s?[例名位]{_PATIENT}\s?(?:均|全部|都|已)?"
        r"(?:可评[估价]|可用于|可进行|纳入[^,;。]{0,8}(?:分析|评[估价]))"
    ),
    re.compile(r"(?:可评[估价]|分析集|疗效分析)[^,;。\d]{0,12}(?P<n>\d{1,4})\s?[例名位]"),
)
_ENTERED = (
    re.compile(
        r"(?:纳入|入组|收治|收集|选取|选择|招募|共有?)(?![^,;。\d]{0,12}筛)[^,;。\d]{0,24}?(?P<n>\d{1,4})\s?[例名位]"
    ),
    re.compile(r"(?<![\d.])(?P<n>\d{1,4})\s?[例名位][^,;。\d]{0,30}?(?:患者|受试者|患儿|病人)(?:被)?(?:入组|纳入|中(?!位))"),
    re.compile(
        r"(?:纳入|入组|收治|收集|选取|选择|招募|分析)(?:[^,;。]|\d,\d){0,90}?(?:患者|受试者|病人|患儿|病例|者)(?:资料)?共?\s?(?P<n>\d{1,4})\s?[例名位]"
    ),
)
_PLANNED = re.compile(r"拟|计划|预计|将|若|如果|每组|每个")
_GOVERNS = re.compile(
    r"[一-鿿A-Za-z0-9().、/\s-]{0,40}?(?:患者|受试者|病人|患儿|者)"
    r"(?!的?(?:肿瘤|病灶)|(?:(?!ORR|DCR|CR|PFS|OS|MRD|CRS|mPFS|mOS)[^,;。率]){0,10}?(?:出现|发生|获得|达|取得|经历|为|死亡|复发))"
)
_ADMITTED = re.compile(r"(?:纳入|入组|招募|收治|筛选|选取)了?(?:的)?\s?\Z")
_OTHER_TOPIC = re.compile(r"安全性|不良(?:反应|事件)方面|毒性方面|耐受性")
RESPONSE = frozenset(("ORR", "CR", "CRi", "PR", "SD", "PD", "DCR", "sCR", "VGPR", "CBR", "MRD_NEG"))


@dataclass(frozen=True, slots=True)
class Known:
    """How many patients were treated (else entered), and how many could be evaluated, as last stated."""

    treated: Size | None = None
    evaluable: Size | None = None


def sizes(text: str, sentences: Sequence[Sentence]) -> list[Known]:
    """For each sentence what the text said of sizes in it or before it."""
    out: list[Known] = []
    known, treated = Known(), False
    for s in sentences:
        words = text[s.start : s.end]
        if not _PLANNED.search(words):
            given = _stated(words, _TREATED)
            treated = treated or given is not None
            entered = None if treated else _stated(words, _ENTERED)
            m = given or entered
            if m and not (treated and known.treated and known.treated.value > float(m["n"])):
                known = replace(known, treated=_size(m, s.start))
            if evaluated := _stated(words, _EVALUATED):
                known = replace(known, evaluable=_size(evaluated, s.start))
        out.append(known)
    return out


def _stated(words: str, patterns: Sequence[re.Pattern[str]]) -> re.Match[str] | None:
    """The largest number that a sentence states in one of these ways."""
    found = [m for p in patterns for m in p.finditer(words) if "筛选" not in words[max(0, m.start() - 6) : m.start()]]
    return max(found, key=lambda m: (int(m["n"]), -m.start()), default=None)


def _size(m: re.Match[str], offset: int) -> Size:
    return Size(float(m["n"]), offset + m.start("n"), offset + m.end("n"))


def denominator(
    text: str, r: Reading, cells: Sequence[Cell], group: Group | None, start: int, end: int, known: Known
) -> float | None:
    """How many patients the value of a Chinese sentence is of, where that is printed for the same group."""
    c = r.cell
    if c.den or c.kind not in ("rate", "count", "bare") or r.term.kind == "time":
        return c.den
    if group and not group.people:
        return _own_size(text, group, end)
    if group and (own := _own_size(text, group, end)):
        return own
    size = known.evaluable
    if not group and size and r.term.id in RESPONSE and start <= size.start < c.lo and _agrees(c, size.value):
        later = [
            x for x in cells if x.kind == "count" and size.end < x.lo and x.hi <= c.lo and _governs(text, x, c, start)
        ]
        if not later:
            return size.value
    governing = [x for x in cells if x.kind == "count" and x.hi <= c.lo and _governs(text, x, c, start)]
    if governing and not (c.value == 0 and c.kind == "count"):
        last = governing[-1]
        joined = len(governing) > 1 and re.fullmatch(
            r"[一-鿿A-Za-z0-9.]{0,16}(?:和|与|及|、)\s?", text[governing[-2].hi : last.lo]
        )
        den = (last.value or 0) + (governing[-2].value or 0) if joined else last.value
        return den if den and _agrees(c, den) else None
    if c.kind == "rate" and c.num and (told := _by_share(text, cells, c)):
        return told
    if c.kind == "count" and c.value == 0:
        same = [x for x in cells if x.kind == "count" and x.hi <= c.lo and (_treats(text, x, c) or _among(text, x, c))]
        return same[-1].value if same else None
    if group or size is None or r.term.id not in RESPONSE:
        return None
    return size.value if 0 <= c.lo - size.end < 160 and _agrees(c, size.value) else None


def _by_share(text: str, cells: Sequence[Cell], c: Cell) -> float | None:
    """The one number before in the sentence of which the count is the printed share: 33例患者回输后出现CRS 27例(81.8%)."""
    if c.value is None or c.value == int(c.value) or not c.num:
        return None
    counts = [x.num if x.kind == "rate" else x.value for x in cells if x.kind in ("count", "rate") and x.hi <= c.lo]
    fits = {n for n in counts if n and n >= c.num and abs(100 * c.num / n - c.value) < 0.06}
    return fits.pop() if len(fits) == 1 else None


def _own_size(text: str, group: Group, end: int) -> float | None:
    """胰腺癌患者(n=3), 高剂量组(3×10^8细胞,12名)."""
    m = re.match(
        r"(?:患者)?\s?\((?:[^()]{0,30}?[,;:集]\s?)?(?:n\s?=\s?)?(\d{1,4})\s?(?:例|名|位)?\s?\)",
        text[group.end : min(end, group.end + 60)],
    )
    before = re.search(r"(\d{1,4})\s?[例名位]\s?\Z", text[max(0, group.start - 6) : group.start])
    found = m or before
    return float(found[1]) if found else None


def _governs(text: str, x: Cell, c: Cell, start: int) -> bool:
    """Whether a count names the group whose outcomes follow: "在101例可评估患者中", "57例患者接受...治疗"."""
    if x.value is None or x.value < ((c.num if c.kind == "rate" else c.value) or 0) or x.den:
        return False
    between = text[x.hi : c.lo]
    if (
        re.search(r"[;。]", between)
        or _OTHER_TOPIC.search(between)
        or _ADMITTED.search(text, max(start, x.lo - 6), x.lo)
    ):
        return False
    return bool(_GOVERNS.match(text, x.hi))


def _among(text: str, x: Cell, c: Cell) -> bool:
    """28例患者中未发生DLT,亦未观察到CRS."""
    between = text[x.hi : c.lo]
    return bool(_IN_THEM.match(between)) and not re.search(r"[;。组\d]", between)


_IN_THEM = re.compile(r"(?:可评[估价])?(?:的)?(?:患者|受试者|患儿|病人)中")


def _treats(text: str, x: Cell, c: Cell) -> bool:
    between = text[x.hi : c.lo]
    return bool(re.search(r"完成|接受|输注|回输", between)) and not re.search(r"[;。组]", between)


def _agrees(c: Cell, den: float) -> bool:
    """Whether a printed share and count are of that many patients."""
    num = c.num if c.kind == "rate" else c.value
    if num is None:
        return True
    if c.kind == "rate" and c.value is not None:
        return num <= den and abs(100 * num / den - c.value) < 0.6
    return num <= den


def siblings(told: Sequence[Outcome]) -> list[Outcome]:
    """Values of one sentence that stand with an n/N of the same group and sort are of those N too."""
    out: list[Outcome] = []
    for o in told:
        dens = {x.denominator for x in told if x is not o and _akin(o, x) and x.denominator and not x.inferred}
        counted = o.statistic in ("rate", "count") and o.denominator is None and o.value_status == "reported"
        if counted and len(dens) == 1 and _fits(o, den := dens.pop() or 0):
            o = replace(o, denominator=den, inferred=(*o.inferred, "denominator"))
        out.append(o)
    return out


def _akin(o: Outcome, x: Outcome) -> bool:
    both = o.endpoint in RESPONSE and x.endpoint in RESPONSE and x.rule != "text.each"
    together = o.endpoint == x.endpoint or both
    return together and o.arm == x.arm and o.population == x.population and o.study == x.study


def _fits(o: Outcome, den: int) -> bool:
    """Whether a count, or a share of whole patients, can be of that many."""
    if o.statistic == "count":
        return o.value is not None and 0 < o.value <= den
    if o.value is None or (o.numerator is None and o.endpoint not in RESPONSE):
        return False
    n = o.numerator if o.numerator is not None else round(o.value * den / 100)
    return n <= den and abs(100 * n / den - o.value) < 0.6
