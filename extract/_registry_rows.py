"""Titles and rows of a posted measure: what a title settles, and what classes and categories add to it.

A row may be a moment, an assessor, a grade, an endpoint of its own ("CR" under Best Overall Response), the negation of
the title ("No" under a response) or a subgroup. A row that none of these reads is a subgroup, and said as printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from trialkb.records import Grade, Measurement, Outcome, Population, ResultMeasure, TimePoint

from ._registry_words import Rule, analysis_set, assessor, criteria, events, fitting, grade, moment

_CANCER_ONLY = frozenset(
    ("orr", "cr", "pr", "sd", "dcr", "cbr", "bor", "ttr", "dor", "rfs", "cri", "scr", "vgpr", "ttp", "mtd", "follow_up")
)  # words that mean something else in allergy, colitis or migraine
_SAFETY = re.compile(
    r"advers|\bAEs?\b|TEAE|toxic|safety|tolerab|laborator|hematolog|chemistry|ECG|electrocardio|vital sign"
    r"|blood pressure|heart rate|hypersensitiv|anaphyla|side effect|death|mortality|injury|bleed"
    r"|anti-?drug|reactogen|discontinu",
    re.I,
)
_NEGATIVE_ROW = re.compile(
    r"(?:no|none|non-?respon\w*|not? respon\w*|absent|did not .*|without .*|unknown|missing.*|not (?:evalua|assess"
    r"|done|applicable|available|report|determin).*|NE|N/A|inevaluable|unevaluable|negative.*|not positive.*)"
    r"(?:\s*\(.*\))?|.*[-:]\s*[\"“”']?no[\"“”']?",
    re.I,
)
_PLAIN_ROW = re.compile(
    r"(?:yes|overall|total|all|any|all (?:participants|patients|subjects)|present|positive|responders?|"
    r"number of (?:participants|patients|subjects)|overall study|respon(?:se|der)s?|all treated.*|"
    r"analysis of all .*|.*[-:]\s*[\"“”']?yes[\"“”']?)",
    re.I,
)
_ROW_WORD = re.compile(
    r"a|above|after|all|and|any|at|at|by|or|of|one|per|the|to|with|least|number|rates?|or|greater|higher|worse"
    r"|adverse|aes?|saes?|teaes?|trt|treatment|emergent|events?|serious|severe|mild|moderate|grades?|ctcae"
    r"|assess(?:ed|ment)|bicr|central|committee|independent|inv|investigator|irc|irf|review(?:ed)?"
    r"|complete|partial|control|cr|pr|dcr?|disease|dor|objective|orr|os|pfs|response|survival"
    r"|(?:day|week|month|year)s?|participants|patients|subjects",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Title:
    """What a measure's title and description settle for all its rows."""

    rules: tuple[Rule, ...]
    events: tuple[str, ...]
    safety: bool
    grade: Grade | None
    moment: TimePoint | None
    criteria: str | None
    assessor: str | None
    analysis_set: str | None
    confirmed: bool | None

    @property
    def rule(self) -> Rule | None:
        """The rule that maps the measure; None where none does or where several kinds of event share the title."""
        survivals = {r.endpoint for r in self.rules if r.kind == "survival"}
        if len(self.events) > 1 or len(survivals) > 1:
            return None
        return self.rules[0] if self.rules else None


def read_title(measure: ResultMeasure, cancer: bool) -> Title:
    """The Title of a measure; words of oncology mean something else in other fields."""
    text = measure.title
    rules = tuple(r for r in fitting(text, "title") if cancer or r.id not in _CANCER_ONLY)
    about = measure.description
    safety = rules[0].kind in ("safety", "dose", "immune") if rules else bool(_SAFETY.search(text))
    return Title(
        rules,
        events(text),
        safety,
        grade(text, _scale(text, about)) if safety else None,
        None if safety else moment(text),
        None if safety else criteria(text, about),
        assessor(text, about) if rules and rules[0].kind in ("response", "survival", "time") else None,
        analysis_set(text, measure.population),
        False
        if re.search(r"\bunconfirmed\b", text, re.I)
        else True
        if re.search(r"\bconfirmed\b", text, re.I)
        else None,
    )


def _scale(*texts: str | None) -> str | None:
    for text in texts:
        if text and re.search(r"\bASTCT\b", text):
            return "ASTCT"
        if text and re.search(r"CTCAE|common terminology criteria|common toxicity criteria", text, re.I):
            return "CTCAE"
    return None


def read_row(
    base: Outcome, title: Title, measure: ResultMeasure, m: Measurement, text: str, line: tuple[int, int]
) -> Outcome:
    """What the titles of class and category add: an endpoint of their own, moment, grade, assessor, subgroup."""
    rows = [r for r in (m.class_title, m.category_title) if r]
    if not rows:
        return replace(base, time_point=_moment(title, measure, None))
    words = " | ".join(" ".join(r.split()) for r in rows)
    base = _row_endpoint(base, title, measure, rows, text, line)
    if base.rule == "results.unmapped":
        return replace(base, label=f"{base.label}: {words}", time_point=next(filter(None, map(moment, rows)), None))
    scale = title.grade.scale if title.grade else _scale(measure.title, measure.description)
    own_grade = grade(words, scale) if title.safety else None
    own_assessor = assessor(words) if base.assessor or title.rules else None
    moments = [t for t in map(moment, rows) if t]
    subgroup = None if all(_explained(r) for r in rows) else words
    population = replace(base.population or Population(), subgroup=subgroup)
    return replace(
        base,
        grade=own_grade or base.grade,
        assessor=own_assessor or base.assessor,
        time_point=_moment(title, measure, moments[0] if len(moments) == 1 else None),
        population=population if population != Population() else None,
    )


def _explained(row: str) -> bool:
    """Whether a row's title says nothing beyond endpoint, moment, grade, assessor or "all".

    >>> _explained("Month 6"), _explained("IRC"), _explained("PD-L1 >= 1%"), _explained("< 65 years")
    (True, True, False, False)
    """
    if _PLAIN_ROW.fullmatch(row.strip()) or any(True for _ in fitting(row.strip(), "row")):
        return True
    if any(c.isdigit() for c in row) and moment(row) is None and grade(row) is None:
        return False
    return all(_ROW_WORD.fullmatch(w) for w in re.findall(r"[^\W\d]+", row))


def _row_endpoint(
    base: Outcome, title: Title, measure: ResultMeasure, rows: list[str], text: str, line: tuple[int, int]
) -> Outcome:
    """The endpoint that a row names under a title of the same family; a "No" row is not the title's endpoint."""
    kinds = {r.kind for r in title.rules}
    family = "response" if "response" in kinds else "survival" if "survival" in kinds else "safety"
    known = title.rules and family in kinds
    for row in rows:
        plain = " ".join(row.split())
        rule = next((r for r in fitting(plain, "row") if r.kind == family), None) if known else None
        if rule and not _counts_events(title, rule):
            at = text.find(plain, *line)
            span = (at, at + len(plain)) if at >= 0 else base.evidence.endpoint_span
            catalogued = not rule.endpoint.startswith("OTHER")
            return replace(
                base,
                endpoint=rule.endpoint,
                rule=f"results.{rule.id}" if catalogued else "results.unmapped",
                label=None if catalogued else measure.title,
                verbatim=text[slice(*span)],
                evidence=replace(base.evidence, endpoint_span=span),
            )
        other = kinds == {"immune"} and "baseline" in plain.lower()
        if (
            other
            or _NEGATIVE_ROW.fullmatch(plain)
            or (known and family == "response" and _category(title, measure, plain))
        ):
            return _unmapped(base, title, measure)
    return base


def _unmapped(base: Outcome, title: Title, measure: ResultMeasure) -> Outcome:
    endpoint = "OTHER_SAFETY" if title.safety else "OTHER_EFFICACY"
    return replace(base, endpoint=endpoint, rule="results.unmapped", label=measure.title)


def _counts_events(title: Title, rule: Rule) -> bool:
    """A row of adverse events under a title that is about dose-limiting toxicity or a syndrome keeps the title's."""
    return rule.kind == "safety" and not {r.endpoint for r in title.rules} & {"AE", "TEAE", "TRAE", "SAE"}


def _category(title: Title, measure: ResultMeasure, row: str) -> bool:
    """Whether a row that no rule reads is one category of response among others, and so not the title's endpoint."""
    if _explained(row):
        return False
    others = {t for m in measure.measurements for t in (m.class_title, m.category_title) if t}
    beside = any(r.endpoint in ("CR", "PR", "SD", "PD") for t in others for r in fitting(" ".join(t.split()), "row"))
    return beside or title.rules[0].id == "bor"


def _moment(title: Title, measure: ResultMeasure, own: TimePoint | None) -> TimePoint | None:
    """Row before title before time frame; a median time and a safety count have no moment, a best response neither."""
    kind = title.rules[0].kind if title.rules else None
    if measure.param_type == "MEDIAN" and kind in ("survival", "time"):
        return None
    if own or title.moment:
        return own or title.moment
    if title.safety or kind in ("time", "dose", "response") or not measure.time_frame:
        return None
    return moment(measure.time_frame, strict=True)
