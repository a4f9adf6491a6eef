"""Outcomes of a text: reading form, sentences, typed numbers, terms, assignment, groups and context put together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from trialkb.records import ArmRef, Dispersion, Document, Evidence, Grade, Outcome, Population, Section, TimePoint
from trialkb.text import Normal, digest

from . import _outcome_groups_zh as groups_zh
from . import _outcome_sizes_zh as zh
from ._numbers import Token, number, tokens, walk
from ._outcome_assign import Reading, assign
from ._outcome_cells import Cell, cells
from ._outcome_context import Setting, settings
from ._outcome_groups import Group, Groups, groups
from ._outcome_moments import grade, landmark, moment, statistic
from ._outcome_near import merged
from ._outcome_population import Size, denominator, population, sizes
from ._outcome_scope import Discourse, Placed, placed, randomised, versus
from ._outcome_terms import Term, terms
from ._outcome_text import Sentence, reading_form, split
from ._outcome_verbal import again, again_here, verbal

UCUM = {
    "months": "mo",
    "weeks": "wk",
    "days": "d",
    "years": "a",
    "%": "%",
    "patients": "{participants}",
    "cells": "{cells}",
}
UCUM |= {"cells/kg": "{cells}/kg", "cells/m2": "{cells}/m2"}
_SETS = {
    "evalua": "EVALUABLE",
    "respon": "EVALUABLE",
    "effica": "EVALUABLE",
    "intent": "ITT",
    "itt": "ITT",
    "mitt": "MITT",
}
_SETS |= {
    "modifi": "MITT",
    "per-pr": "PP",
    "可评估": "EVALUABLE",
    "可评价": "EVALUABLE",
    "意向治疗": "ITT",
    "意向性治疗": "ITT",
}
SURVIVAL = ("OS", "PFS", "EFS", "DFS", "RFS", "DOR")


def read(document: Document) -> Iterator[Outcome]:
    """Outcomes told in a document's running text, background ones included and marked."""
    if document.kind == "trial" and not document.section("body"):
        return
    for section in document.sections:
        if _told(section):
            found = _read(section.text, section.name, document.kind)
            yield from (replace(o, document=document.id) for o in found)


def _told(section: Section) -> bool:
    return section.name == "body" or section.name.startswith("abstract")


@lru_cache(maxsize=16)
def _read(text: str, section: str, kind: str) -> tuple[Outcome, ...]:
    form = reading_form(text)
    sentences = split(form.text)
    found, numbers = terms(form.text), tokens(form.text)
    role = section.partition(":")[2].lower()
    if role and not any(s.role for s in sentences):
        sentences = [replace(s, role=_role(role)) for s in sentences]
    out: list[Outcome] = []
    sha = digest(text)
    size = sizes(form.text, sentences)
    known = zh.sizes(form.text, sentences) if _HAN.search(form.text) else []
    concluding = [form.span(s.start, s.end) for s in sentences if s.role == "conclusion"]
    before: list[Term] = []
    pair: list[groups_zh.Group] = []
    discourse = Discourse(whole={x.value for x in size if x} | {t.value for t in numbers if t.kind == "n" and t.value})
    for i, (s, setting) in enumerate(zip(sentences, settings(form.text, sentences, kind), strict=True)):
        own = [t for t in found if s.start <= t.start and t.end <= s.end]
        if any(t.kind != "sink" for t in own) or before or discourse.timed:
            han = _HAN.search(form.text, s.start, s.end)
            whole = known[i] if han else size[i]
            told = list(_sentence(form, s, setting, own, before, numbers, whole, discourse, pair))
            out.extend(zh.siblings(told) if han else told)
        else:
            discourse.told = []
        before = own
        pair = _pair(form.text, s) or pair
        discourse.timed = next((t for t in reversed(own) if t.kind == "time"), discourse.timed)
    out = [replace(o, evidence=replace(o.evidence, section=section, text_sha256=sha)) for o in out]
    return tuple(_once(out, concluding))


_HAN = re.compile("[一-鿿]")


def _pair(text: str, s: Sentence) -> list[groups_zh.Group]:
    """Arms that a Chinese sentence names together."""
    if not re.search("[组列]", text[s.start : s.end]):
        return []
    return groups_zh.pairs(text, groups_zh.groups(text, (), (), s.start, s.end))


def _role(label: str) -> str | None:
    for role, words in (
        ("background", "backgr|intro|object|purpose|aim|背景|目的"),
        ("methods", "method|design|patients|方法"),
    ):
        if re.search(words, label):
            return role
    return (
        "conclusion"
        if re.search("conclu|结论", label)
        else "results"
        if re.search("result|finding|结果", label)
        else None
    )


def _sentence(
    form: Normal,
    s: Sentence,
    setting: Setting,
    own: Sequence[Term],
    before: Sequence[Term],
    numbers: Sequence[Token],
    size: Size | zh.Known | None,
    discourse: Discourse,
    pair: Sequence[groups_zh.Group],
) -> Iterator[Outcome]:
    text = form.text
    mine = list(walk(list(numbers), s.start, s.end))
    own = merged(text, own, mine)
    values = cells(text, mine, own, s.start, s.end)
    spoken = list(verbal(text, own, values, s.start, s.end))
    if not any(t.kind == "tox" for t in own):
        spoken += again(text, before, s.start, s.end)
    again_told = list(again_here(text, own, s.start, s.end))
    denied = {r.term.start for r in spoken if r.cell.value == 0}
    readings = assign(text, [t for t in own if t.start not in denied], values, s.start, s.end)
    each = {(r.term.start, r.cell.value): r.cell.den for r in spoken if r.how == "each"}
    readings = [
        replace(r, cell=replace(r.cell, den=each[r.term.start, r.cell.value]))
        if (r.term.start, r.cell.value) in each
        else r
        for r in readings
    ]
    if discourse.timed and not any(t.kind in ("time", "response", "generic") for t in own):
        readings += [
            Reading(discourse.timed, c, "ratio again")
            for c in values
            if c.kind == "ratio" and c.ratio == "hazard_ratio"
        ]
    readings += _after_none(text, spoken, values, [r.cell for r in readings])
    used = {r.term.start for r in readings if r.cell.kind != "ratio" and r.how != "after none"}
    readings += [r for r in spoken if r.term.start not in used]
    readings += again_told
    if discourse.told and text[s.start - 2 : s.start].strip().endswith(";"):
        readings += groups_zh.told_again(text, own, values, readings, discourse.told, s.start)
    readings.sort(key=lambda r: r.cell.start)
    discourse.told = readings
    lists: list[Groups] = []
    whole = size.treated if isinstance(size, zh.Known) else size
    if isinstance(size, zh.Known):
        told = _chinese(text, readings, own, values, s, size, pair)
    else:
        lists = _groups(text, mine, s, readings, discourse)
        told = placed(text, readings, values, lists, s.start, s.end, discourse)
    for p in told:
        place = (p.arm, p.reference)
        if p.reading.cell.ratio and not p.han:
            place = versus(p, told, lists, discourse.pair)
        o = _outcome(form, s, setting, replace(p, arm=place[0]), place[1], values, mine, whole, discourse)
        if o:
            yield o


def _after_none(
    text: str, spoken: Sequence[Reading], values: Sequence[Cell], taken: Sequence[Cell]
) -> Iterator[Reading]:
    """ "No deaths in arm A and one (1%) in arm B": the next value is of the same term."""
    for r in spoken:
        c = next((c for c in values if c.lo >= r.term.end), None)
        if r.cell.value != 0 or c is None or c in taken or c.kind not in ("rate", "count", "bare"):
            continue
        if _ALSO.fullmatch(text[r.term.end : c.lo]) and _OWN_GROUP.match(text[c.hi :][:24]) and r.term.kind == "tox":
            yield Reading(r.term, c, "after none")


_OWN_GROUP = re.compile(r"[\s)%]*(?:patients?\s|pts\s)?(?:in|at|with)\b")


_ALSO = re.compile(
    r"[\s)]*(?:(?:was|were|occurred|observed|reported|seen)\s)*(?:in|at|with|among)\s[^,;.]{2,50}?,?\s(?:and|but|"
    r"versus|vs\.?|compared with)\s(?:only\s)?"
)


def _groups(
    text: str, mine: Sequence[Token], s: Sentence, readings: Sequence[Reading], discourse: Discourse
) -> list[Groups]:
    """Groups named in a sentence that has readings or sizes; what it says of arms and their sizes is kept."""
    sized = any(t.kind == "n" for t in mine)
    lists = groups(text, mine, s.start, s.end) if readings or sized else []
    discourse.learn(lists)
    discourse.pair = randomised(text, s.start, s.end) or discourse.pair
    return lists


def _chinese(
    text: str,
    readings: Sequence[Reading],
    own: Sequence[Term],
    values: Sequence[Cell],
    s: Sentence,
    size: zh.Known,
    pair: Sequence[groups_zh.Group],
) -> list[Placed]:
    """Readings of a Chinese sentence with their arm or population, and how many they are of."""
    found = groups_zh.groups(text, own, values, s.start, s.end) if readings else []
    out = []
    for r in readings:
        g, reference = groups_zh.group_of(text, r, values, found, pair, s.start), None
        if r.cell.ratio:
            g, reference = groups_zh.versus(text, r, found, pair)
        arm = Group(g.label, g.start, g.end) if g and not g.people else None
        den = zh.denominator(text, r, values, g, s.start, s.end, size)
        out.append(Placed(r, arm, people=groups_zh.patients(g), den=den, han=True, reference=reference))
    return out


def _outcome(
    form: Normal,
    s: Sentence,
    setting: Setting,
    p: Placed,
    reference: str | None,
    values: Sequence[Cell],
    mine: Sequence[Token],
    size: Size | None,
    discourse: Discourse,
) -> Outcome | None:
    text, r, arm = form.text, p.reading, p.arm
    c, t = r.cell, r.term
    if _drop(text, r):
        return None
    stat, value, unit, num = _stat(text, r, values, mine, s)
    if stat is None or (c.high is not None and not setting.background and c.kind != "dose"):
        return None
    who, analysis = population(text, r, values, arm, p.who, s.start, s.end) if not p.people else (p.people, None)
    if p.han and analysis and t.kind == "tox":
        who = analysis = None  # an efficacy set says nothing of who was at risk
    den, n = p.den, size.value if size else None
    if not p.han:
        whole = p.whole.den if p.whole else None
        den = denominator(text, r, values, mine, arm, p.who, who, s.start, s.end, n, whole, discourse)
        if den and not arm and not who:
            discourse.last = den
    low, high = grade(text, r, mine, values, s.start, s.end) if t.kind == "tox" else (None, None)
    when = landmark(text, r, mine, values, s.start, s.end) if stat == "km_rate" else None
    if stat in ("rate", "count"):
        when = moment(text, r, mine, values, s.start, s.end)
    verbal = r.how == "all"
    if verbal and size and stat == "rate":
        stat, value, unit, den, verbal = "count", size.value, "patients", size.value, False
        if 0 <= c.start - size.start < 260:  # the number itself stands where the group's size is printed
            c = replace(c, start=size.start, end=size.end)
    id = "ORR" if t.kind == "generic" else "OS" if t.kind == "survival" else t.id
    if id in ("TEAE", "TRAE", "SAE"):
        id = _sort(text, t)
    return Outcome(
        document="",
        endpoint=id,
        statistic=stat,
        evidence=Evidence(
            "",
            form.span(c.start, c.end),
            form.span(t.start, t.end),
            form.span(s.start, s.end),
            "",
            form.span(arm.start, arm.end) if arm else None,
        ),
        rule=f"text.{r.how.replace(' ', '_')}",
        verbatim=t.words,
        study=setting.study,
        label=t.words if id.startswith("OTHER_") else None,
        value=value,
        value_low=value if c.high is not None else None,
        value_high=c.high,
        comparator=">"
        if c.bound in (">", "more than", "over", "超过")
        else "<"
        if c.bound in ("<", "less than")
        else None,
        value_status=c.status,
        unit=UCUM.get(unit or "", unit),
        numerator=int(num) if num is not None else int(c.value) if r.how == "each" and c.value else None,
        denominator=int(den) if den is not None else None,
        dispersion=_dispersion(c),
        arm=ArmRef(arm.label) if arm else ArmRef("overall", "OVERALL", int(size.value) if size else None),
        reference_arm=reference,
        population=Population(_SETS.get(analysis.lower()[:6]) if analysis else None, who) if who else None,
        time_point=TimePoint(when[0], UCUM[when[1]]) if when else None,
        grade=Grade(low, high) if low or high else None,
        verbal=verbal,
        background=setting.background,
        derived=("denominator",) if den is not None and not _printed(text, den, s) else (),
        inferred=("denominator",) if den is not None and c.den is None else (),
    )


def _printed(text: str, den: float, s: Sentence) -> bool:
    """Whether a number stands in the text up to the end of the sentence, in digits or as a word; a sum does not."""
    seen = text[: s.end]
    return bool(re.search(rf"(?<!\d){den:g}(?!\d)", seen)) or any(
        number(w) == den for w in re.findall(r"[A-Za-z-]+", seen)
    )


_ELSEWHERE = re.compile(
    r"[\s)]{0,2}(?:[\w-]+\s){0,2}?(?:at the end of (?:first|second|front|initial|induction|prior)|"
    r"at (?:baseline|enrol\w+|study entry|screening|the time of (?:infusion|enrol\w+|screening))"
    r"|before (?:CAR|infusion|enrol\w+|treatment|the)|prior to (?:CAR|infusion|enrol\w+|treatment)|(?:with|to|"
    r"after|following) (?:[\w-]+-directed|salvage|subsequent|conventional|further|additional|next-line)"
    r" (?:therapy|treatment|chemotherapy))",
    re.I,
)


def _drop(text: str, r: Reading) -> bool:
    """A state before the study or after another therapy, and side effects told without a grade or share, are no result."""
    if _ELSEWHERE.match(text, r.term.end):
        return True
    return r.term.words.lower() == "side effects" and r.cell.kind in ("count", "bare") and r.cell.value != 0


_DIED = re.compile(r"(?:导致的?|所致的?|引起的?|而)?\s?死亡")
_QUIT = re.compile(
    r"\s?(?:而|导致的?|leading to|that led to|requiring|resulting in)?\s?"
    r"(?:退出|停药|终止|中止|停止|(?:treatment |study )?discontinuation)",
    re.I,
)


def _sort(text: str, t: Term) -> str:
    """Adverse events that killed are treatment-related deaths; those that ended the treatment have no code."""
    if _DIED.match(text, t.end):
        return "TRM"
    return "OTHER_SAFETY" if _QUIT.match(text, t.end) else t.id


def _beside(text: str, t: Term, c: Cell) -> str:
    """The words from shortly before a term and its value to where both end."""
    return text[max(0, min(t.start, c.lo) - 6) : max(t.end, c.hi)]


def _stat(
    text: str, r: Reading, values: Sequence[Cell], mine: Sequence[Token], s: Sentence
) -> tuple[str | None, float | None, str | None, float | None]:
    """(statistic, value, unit, numerator) of a reading; statistic None where it makes no outcome."""
    c, t = r.cell, r.term
    if c.kind == "ratio":
        return c.ratio, c.value, None, None
    if c.kind == "dose":
        return "dose", c.value, c.unit or "cells", None
    if c.kind == "state":
        return ("dose" if t.kind == "dose" else "median"), None, None, None
    if (
        c.kind == "time"
        and t.id == "FOLLOW_UP"
        and not re.search(
            r"(?i)median|mean|mFU|中位|平均", _beside(text, t, c) if _HAN.search(t.words) else text[s.start : s.end]
        )
    ):
        return None, None, None, None
    if c.kind == "time":
        return statistic(text, r, s.start), c.value, c.unit, None
    if c.kind in ("count", "bare"):
        return "count", c.value, "patients", None
    if t.kind in ("time", "survival") and t.id in SURVIVAL and c.value is not None:
        if t.kind == "survival" and not landmark(text, r, mine, values, s.start, s.end):
            return None, None, None, None
        return "km_rate", c.value, "%", c.num
    return "rate", c.value, "%", c.num


def _dispersion(c: Cell) -> Dispersion | None:
    if c.ci:
        low, high, level = c.ci
        name = f"CONFIDENCE_{level:g}" if level in (95, 90, 80) else "CONFIDENCE_OTHER"
        return Dispersion(name, low, high, level, "NE" if high is None else None)
    if c.spread:
        return Dispersion(c.spread[0], c.spread[1], c.spread[2])
    return None


def _once(found: Sequence[Outcome], concluding: Sequence[tuple[int, int]]) -> Iterator[Outcome]:
    """Each result once: a later telling of the same value with nothing new to it is left out."""
    seen: list[Outcome] = []
    for o in found:
        late = o.evidence.sentence_span in concluding
        if any(_repeats(o, x, late) for x in seen):
            continue
        seen.append(o)
        yield o


def _repeats(o: Outcome, x: Outcome, late: bool) -> bool:
    if (o.endpoint, o.value, o.value_status, o.study) != (x.endpoint, x.value, x.value_status, x.study):
        return False
    if o.statistic != x.statistic or bool(o.background) != bool(x.background) or o.grade != x.grade:
        return False
    if o.evidence.sentence_span == x.evidence.sentence_span and o.evidence.value_span == x.evidence.value_span:
        return True
    if o.statistic == "count" and o.value and not late:
        return False
    same_arm = o.arm == x.arm or (o.arm and o.arm.role == "OVERALL") or (x.arm and x.arm.role == "OVERALL")
    same_n = o.numerator in (None, x.numerator) and o.denominator in (None, x.denominator)
    return bool(same_arm and same_n and o.time_point in (None, x.time_point))
