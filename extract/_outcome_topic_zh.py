"""What a Chinese clause takes over from those before it: the arm it goes on telling of, the time, the subgroup.

"试验组CRS 68例;未出现ICANS;TEAE 71例" is the trial arm's to the full stop; "输注后3个月,ORR为74.6%,CR率为53.7%" both hold then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ._numbers import Token, unit_of
from ._outcome_reading import Reading
from ._outcome_text import Sentence
from ._outcome_who_zh import Group, patients

_LEAD = re.compile(
    r"\s*(?:\d{1,2}[.)、]\s?|[(（]\d[)）]\s?)?(?:而|其中|在|就|对于?|[^,;。:]{0,14}(?:方面|结果|情况|终点|疗效|安全性)?[:,])?\s?"
)
_OTHERS = re.compile(
    r"(?:所有|全部|全体|总体|整体|全组|两组|各组|三组|组间|二者|两者|共有?\s?\d|总计|合计|安全性方面|不良反应方面|本研究|该研究|研究(?!者))"
)
_WHEN = re.compile(
    r"\s*(?:\d{1,2}[.)、]\s?)?(?:首次评[估价]时?[(,]?)?(?:在|于)?(?:末次|首次|单次)?(?:细胞|CAR-?T(?:细胞)?|患者|TIL|NK细胞)?"
    r"(?:输注|回输|治疗|给药|移植|术|用药|输入)后(?:的)?(?:第)?\s?\Z|\s*(?:在|于|至)?\s?\Z"
)
_THEN = re.compile(r"(?:末|时|内|评估|评价|复查|进行|疗效|患者|[,:可]|\d|\)|的|[一-鿿]{0,6}[,:])")


def goes_on(text: str, s: Sentence) -> bool:
    """Whether a clause stands behind a semicolon."""
    return text[max(0, s.start - 2) : s.start].strip().endswith(";")


def carried(text: str, s: Sentence, topic: Group | None) -> Group | None:
    """The group of the clauses before, where this clause goes on with it."""
    return topic if topic and goes_on(text, s) and not _OTHERS.search(text, s.start, s.end) else None


def topic(text: str, s: Sentence, named: Sequence[Group], before: Group | None) -> Group | None:
    """The group that a clause leaves to the next one: the only one that it names, where it begins with it."""
    if not named:
        return before if goes_on(text, s) else None
    labels = {g.label for g in named}
    first = named[0]
    leads = _LEAD.fullmatch(text[s.start : first.start]) and not re.match(
        r"\s?\d{1,4}\s?[例名位]", text[first.end :][:8]
    )
    return replace(first, inferred=True) if len(labels) == 1 and leads and not first.compared else None


def subgroup(text: str, start: int, g: Group, named: Sequence[Group]) -> str | None:
    """The subgroup that opens a clause whose values are told by arm: PD-L1阳性患者中,联合组ORR为50%."""
    lead = [x for x in named if x.people and x.end <= g.start]
    if g.people or len(lead) != 1 or not _LEAD.fullmatch(text[start : lead[0].start]):
        return None
    return patients(lead[0]) if lead[0].end == g.start or re.match(r"中?[,:]", text[lead[0].end : lead[0].end + 2]) else None


def when(text: str, s: Sentence, tokens: Sequence[Token]) -> tuple[float, str] | None:
    """The time that opens a sentence and holds for all its responses: 回输后2个月评估疗效:完全缓解1例,部分缓解2例."""
    a = s.start
    for t in tokens:
        if t.start < a or t.start > a + 24:
            continue
        if t.kind not in ("landmark", "duration") or t.value is None or t.unit is None or t.high is not None:
            continue
        led = _WHEN.fullmatch(text[a : t.start + (1 if t.text.startswith("第") else 0)].removesuffix("第"))
        if led and (t.kind == "landmark" or "后" in led[0]) and _THEN.match(text, t.end):
            return t.value, t.unit
    return None


_ANALYSED = re.compile(
    r"(?:在|其中)?(?:所有|全部)?(?:共|的)?\s?(?:\d{1,4}\s?[例名位])?(?:的)?"
    r"(?P<who>(?:疗效)?可(?:进行(?:疗效)?)?评[估价](?:疗效)?)(?:的)?\s?(?:\d{1,4}\s?[例名位])?(?:患者|受试者|病人|患儿|病例|者)?中?"
)


def analysed(text: str, s: Sentence) -> str | None:
    """The analysis set that opens a sentence and holds for its responses: 可评价的16例中,CR 1例;总有效率31.25%."""
    m = _ANALYSED.match(text, s.start, s.end)
    return m["who"] if m else None


_TIMES = re.compile(
    r"第?\s?(?P<n>\d{1,3}(?:\s?(?:d|天|日|周|个?月|年))?(?:\s?(?:、|,|和|及|与)\s?第?\d{1,3}(?:\s?(?:d|天|日|周|个?月|年))?)+)(?P<u>d|天|日|"
    r"周|个?月|年)?"
)


def listed_when(text: str, s: Sentence, before: int, order: int, many: int) -> tuple[float, str] | None:
    """The time in the value's place of a list of as many times: 第1、3、6个月的ORR分别为80.0%、73.3%和60.0%."""
    found = None
    for m in _TIMES.finditer(text, s.start, before):
        unit = re.search(r"(d|天|日|周|个?月|年)\s?\Z", m[0])
        numbers = re.findall(r"\d{1,3}", m["n"])
        if unit and len(numbers) == many > 1 and not _VALUED.search(text[max(s.start, m.start() - 6) : m.start()]):
            found = float(numbers[order]), unit_of(unit[1])
    return (found[0], found[1]) if found and found[1] else None


_VALUED = re.compile(r"(?:为|是|达到?|期|时间|生存|OS|PFS|[EDRL]FS|DOR)\s?\Z")  # 中位PFS分别为11个月和5个月


def of_these(text: str, r: Reading, before: Reading) -> tuple[str, float | None] | None:
    """(population, how many they are) of 其中30例MRD阴性 behind 31例获CR: those in remission."""
    if (r.term.id, before.term.id) not in (("MRD_NEG", "CR"), ("MRD_NEG", "CRi")) or r.cell.kind == "state":
        return None
    if not re.search(
        r"[,(;]\s?其中(?:有)?\s?\Z", text[max(0, min(r.cell.lo, r.term.start) - 8) : min(r.cell.lo, r.term.start)]
    ):
        return None
    c, b = r.cell, before.cell
    count = c.num if c.kind == "rate" else c.value
    size = b.num if b.kind == "rate" else b.value
    fits = size is not None and count is not None and size >= count
    proved = fits and (c.kind != "rate" or c.value is None or abs(100 * (count or 0) / (size or 1) - c.value) < 0.6)
    return re.sub(r"率\Z", "", before.term.words), size if proved else None


def arm_of(text: str, g: Group, named: Sequence[Group]) -> Group | None:
    """The arm that a subgroup is a part of: FL队列中POD24患者."""
    before = [x for x in named if not x.people and x.end <= g.start]
    return before[-1] if before and re.fullmatch(r"\s?(?:中的?|的|内的?)?\s?", text[before[-1].end : g.start]) else None
