"""The record of a reading: statistic, value, grade, time point, whose and of how many, as an Outcome with its spans."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from trialkb.records import ArmRef, Dispersion, Evidence, Grade, Outcome, Population, TimePoint
from trialkb.text import Normal

from . import _outcome_topic_zh as topic_zh
from ._numbers import Token, number
from ._outcome_cells import Cell
from ._outcome_context import Setting, compared
from ._outcome_denominators import denominator, undenied
from ._outcome_each_grade import open_above
from ._outcome_grades import grade
from ._outcome_groups import Group
from ._outcome_moments import SURVIVAL_TOO, landmark, moment, statistic
from ._outcome_placed import Discourse, Placed
from ._outcome_population import population
from ._outcome_reading import Reading
from ._outcome_sizes import Size
from ._outcome_terms import Term
from ._outcome_text import Sentence

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
_HAN = re.compile("[一-鿿]")


def record(
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
    if _drop(text, r) or (p.han and t.kind == "time" and c.kind in ("count", "bare") and t.id != "PERSISTENCE"):
        return None
    if t.kind == "dose" and (c.kind == "state" or (p.han and c.kind == "dose")):
        arm = None  # the dose up to which it was not reached is no arm
    if c.kind == "level":
        arm = Group(text[c.start : c.end], c.start, c.end)
    stat, value, unit, num = _stat(text, r, values, mine, s)
    if c.kind == "ratio" and c.ci and not (c.ci[0] or 0) - 0.01 <= (c.value or 0) <= (c.ci[1] or 1e9) + 0.01:
        return None  # a ratio outside its own interval is misread
    if stat is None or (c.high is not None and not setting.background and c.kind != "dose"):
        return None
    who, analysis = population(text, r, values, arm, p.who, s.start, s.end) if not p.people else (p.people, None)
    if p.han and who is None and not arm and t.kind in ("response", "generic"):
        who = analysis = discourse.analysed
    if p.whole and who is None and not p.han:
        who = discourse.said.get(p.whole.start)
    discourse.said[c.start] = who
    if p.han and analysis and t.kind == "tox":
        who = analysis = None  # an efficacy set says nothing of who was at risk
    den, n = p.den, size.value if size and not c.start <= size.start < c.end else None
    if not p.han:
        close = size is not None and len(re.findall(r"[.!?]\s", text[size.end : s.start])) <= 1
        den = denominator(text, r, values, mine, arm, p.who, who, s.start, s.end, n, close, p.whole, discourse)
        den = undenied(r.cell, den, n, p.whole, discourse)
        if den and not arm and not who:
            discourse.last = den
    low, high = open_above(text, t, grade(text, r, mine, values, s.start, s.end)) if t.kind == "tox" else (None, None)
    if who is None and t.kind == "tox" and not (low or high or p.han) and t.id not in ("SAE", "TEAE", "TRAE"):
        sort = _SEVERE.search(text, max(s.start, t.start - 40), t.start)
        sort = sort or (_SEVERE_IN.search(text, t.end, c.lo) if t.end < c.lo else None)
        who = sort[1].lower() if sort else None
    when = landmark(text, r, mine, values, s.start, s.end) if stat == "km_rate" else None
    if stat in ("rate", "count"):
        when = moment(text, r, mine, values, s.start, s.end)
        if p.han and t.kind in ("response", "generic"):
            first = r.run[0].lo if r.run else c.lo
            when = topic_zh.listed_when(text, s, first, r.order, r.many) or when or discourse.when
    if r.like and r.like.start in discourse.of:
        when = discourse.of[r.like.start][0] or when
        low, high = (low, high) if low or high else discourse.of[r.like.start][1]
    discourse.of[c.start] = (when, (low, high))
    verbal = r.how == "all"
    some = _OF_ONE.match(text, c.end) or (p.han and not _EVERYONE.fullmatch(text, c.start, c.end))
    if verbal and size and stat == "rate" and not some:
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
        study=setting.whose(c.start),
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
        background=_background(setting, c.start) or compared(text, s, c.start),
        derived=("numerator",) * (c.bound == "all but")
        + ("denominator",) * (den is not None and not _printed(text, den, s)),
        inferred=("denominator",) if den is not None and c.den is None else (),
    )


_OF_ONE = re.compile(r"\s(?:who|given|treated|receiving)\b")
_EVERYONE = re.compile(
    r"(?:所有|全部|全体)?的?(?:入组|受试|接受治疗的?|接受输注的?)?(?:患者|受试者|病例|病人|患儿)?(?:的|均|都|全部|\s)*"
)
_SEVERE_IN = re.compile(r"(?:\bw(?:as|ere)|,)\s((?:very )?severe|life-threatening|mild|moderate)\s(?:only\s)?in\s\Z", re.I)
_SEVERE = re.compile(r"\b((?:very )?severe|life-threatening|mild|moderate)\s(?:[A-Z]{2,6}\s(?:and|or)\s)?\Z", re.I)


def _background(setting: Setting, at: int) -> str | None:
    """Why a value at a place of the sentence is not this study's."""
    if setting.since and at >= setting.since:
        return setting.later
    if setting.turns and setting.background is None and setting.whose(at) is None:
        return "other_study"
    return setting.background if not setting.until or at < setting.until else None


def _printed(text: str, den: float, s: Sentence) -> bool:
    """Whether a number stands in the text up to the end of the sentence, in digits or as a word; a sum does not."""
    seen = text[: s.end]
    return bool(re.search(rf"(?<!\d){den:g}(?!\d)", seen)) or any(
        number(w) == den for w in re.findall(r"[A-Za-z-]+", seen)
    )


_ELSEWHERE = re.compile(
    r"[\s)]{0,2}(?:[\w-]+\s){0,2}?(?:at the end of (?:first|second|front|initial|induction|prior)|"
    r"at (?:baseline|enrol\w+|study entry|screening|the time of (?:infusion|enrol\w+|screening))"
    r"|before (?:CAR|infusion|enrol\w+|treatment|the(?! end\b))|prior to (?:CAR|infusion|enrol\w+|treatment)|(?:with|"
    r"to|"
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
    related = _RELATED.match(text, t.end) or _RELATED_TO.search(text, max(0, t.start - 30), t.start)
    if t.id in ("TEAE", "SAE") and related and not t.words.lower().startswith(("serious", "sae")):
        return "TRAE"
    return "OTHER_SAFETY" if _QUIT.match(text, t.end) else t.id


_RELATED_TO = re.compile(r"(?<!-)\brelated\s(?:(?:grade|G)\s?\S+\s(?:or\s\w+\s)?)?\Z", re.I)
_RELATED = re.compile(  # "no severe adverse events related to the therapy"
    r"\s(?:(?:that\s)?(?:were|was|considered|deemed|judged)\s)*(?:(?:possibly|probably|definitely|directly)\s)?"
    r"(?:related|attributable|attributed|due)\sto\s(?:the\s|this\s|study\s|investigational\s)?"
    r"(?:[\w-]+\s){0,2}?(?:therapy|treatment|cells?|product|infusions?|drugs?|vaccine|immunotherapy)\b", re.I
)


def _beside(text: str, t: Term, c: Cell) -> str:
    """The words from shortly before a term and its value to where both end."""
    return text[max(0, min(t.start, c.lo) - 6) : max(t.end, c.hi)]


def _around(text: str, t: Term, c: Cell, start: int) -> str:
    """The like in English, with a bracket right behind: "follow-up of 13 months (median)"."""
    end = max(t.end, c.hi)
    rest = re.match(r"[^()]{0,12}\([^()]{0,20}", text[end:])
    return text[max(start, min(t.start, c.lo) - 40) : end + (rest.end() if rest else 0)]


_LEAST = re.compile(r"\b(?:minimum|minimal|maximum|planned|longest|shortest|at least)\s(?:\w+\s)?\Z", re.I)


def _stat(
    text: str, r: Reading, values: Sequence[Cell], mine: Sequence[Token], s: Sentence
) -> tuple[str | None, float | None, str | None, float | None]:
    """(statistic, value, unit, numerator) of a reading; statistic None where it makes no outcome."""
    c, t = r.cell, r.term
    if c.kind == "ratio":
        return c.ratio, c.value, None, None
    if c.kind == "dose":
        return "dose", c.value, (c.unit or "cells") if c.value is not None else None, None
    if c.kind == "level":
        return "dose", None, None, None
    if c.kind == "state":
        return ("dose" if t.kind == "dose" else "median"), None, None, None
    if t.id == "FOLLOW_UP" and _LEAST.search(text[max(s.start, t.start - 24) : t.start]):
        return None, None, None, None  # "a minimum follow-up of 12 months"
    if (
        c.kind == "time"
        and t.id == "FOLLOW_UP"
        and not re.search(
            r"(?i)median|mean|mFU|中位|平均", _beside(text, t, c) if _HAN.search(t.words) else _around(text, t, c, s.start)
        )
    ):
        return None, None, None, None
    if c.kind == "time":
        return statistic(text, r, s.start), c.value, c.unit, None
    if c.kind in ("count", "bare"):
        return "count", c.value, "patients", None
    if t.kind in ("time", "survival") and t.id in SURVIVAL and c.value is not None:
        if r.how == "all":
            return "rate", c.value, "%", None  # "all patients were alive"
        short = t.kind == "survival" or t.words.lower().endswith("free") and not SURVIVAL_TOO.match(text, t.end)
        if short and not landmark(text, r, mine, values, s.start, s.end):
            return ("rate", c.value, "%", c.num) if c.num is not None and c.den else (None, None, None, None)
        return "km_rate", c.value, "%", c.num
    when = moment(text, r, mine, values, s.start, s.end) if t.id == "TRM" and c.num is None else None
    if when and when[1] not in ("d", "day", "days") and not _DURING.search(text, t.end, max(t.end, c.lo)):
        return "km_rate", c.value, "%", None  # a cumulative incidence at years; by day 100 it is the share of those who died
    if t.id == "TRM" and c.num == 0 and c.value is None:
        return "count", 0.0, "patients", None  # "none of the 41 patients died of toxicity"
    return "rate", c.value, "%", c.num


_DURING = re.compile(r"\b(?:during|within|in)\s(?:the\s)?first\b", re.I)


def _dispersion(c: Cell) -> Dispersion | None:
    if c.ci:
        low, high, level = c.ci
        name = f"CONFIDENCE_{level:g}" if level in (95, 90, 80) else "CONFIDENCE_OTHER"
        return Dispersion(name, low, high, level, "NE" if high is None else None)
    if c.spread:
        return Dispersion(c.spread[0], c.spread[1], c.spread[2])
    return None
