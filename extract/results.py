"""Posted registry results to Outcomes: every measure of `resultsSection`, number by number, none altered.

Sources: https://clinicaltrials.gov/data-api/about-api/study-data-structure (outcomeMeasuresModule). A title that no
rule of results.tsv maps gives OTHER_EFFICACY or OTHER_SAFETY with the title as label. Traps: rows (classes and
categories) may be moments, assessors, grades, subgroups or endpoints of their own ("CR" under Best Overall Response,
"No" under a response); a count of patients in a time frame is not a landmark; NA is a state only where a comment
says so; percentages are posted without their counts (a numerator is given as derived where one integer alone fits).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from trialkb.records import (
    Document,
    Evidence,
    Grade,
    Measurement,
    Outcome,
    Population,
    ResultMeasure,
    TimePoint,
)
from trialkb.text import digest

from ._registry_analyses import analyses
from ._registry_groups import Groups, read_groups
from ._registry_values import Sort, dispersion, unit, value
from ._registry_words import Rule, analysis_set, assessor, criteria, fitting, grade, moment, oncology

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
_STATISTIC = {
    "MEDIAN": "median", "MEAN": "mean", "LEAST_SQUARES_MEAN": "mean", "GEOMETRIC_MEAN": "mean",
    "GEOMETRIC_LEAST_SQUARES_MEAN": "mean", "LOG_MEAN": "mean",
}  # fmt: skip
_PARAM = {
    "COUNT_OF_PARTICIPANTS", "COUNT_OF_UNITS", "NUMBER", "MEDIAN", "MEAN", "LEAST_SQUARES_MEAN", "GEOMETRIC_MEAN",
    "LOG_MEAN",
}  # fmt: skip
_ROLES = {"PRIMARY", "SECONDARY", "OTHER_PRE_SPECIFIED", "POST_HOC"}


@dataclass(frozen=True, slots=True)
class Title:
    """What a measure's title and description settle for all its rows."""

    rules: tuple[Rule, ...]
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
        events = {r.endpoint for r in self.rules} & {"AE", "TEAE", "TRAE", "SAE"}
        survivals = {r.endpoint for r in self.rules if r.kind == "survival"}
        if len(events) > 1 and "SAE" in events or len(survivals) > 1:
            return None
        return self.rules[0] if self.rules else None


def find(document: Document) -> Iterator[Outcome]:
    """Outcomes of the posted measures of a registry record, and of their statistical analyses."""
    trial = document.trial
    if trial is None or not trial.results:
        return
    cancer = oncology(trial)
    for measure in trial.results:
        section = document.section(measure.section)
        if section is None:
            continue
        title = _title(measure, cancer)
        groups = read_groups(trial, measure)
        sha = digest(section.text)
        for m in measure.measurements:
            if m.start is not None and m.end is not None:
                yield _outcome(document.id, section.text, sha, measure, title, groups, m)
        yield from analyses(_template(document.id, section.text, sha, measure, title), measure, groups, section.text)


def _title(measure: ResultMeasure, cancer: bool) -> Title:
    text = measure.title
    rules = tuple(r for r in fitting(text, "title") if cancer or r.id not in _CANCER_ONLY)
    about = measure.description
    safety = rules[0].kind in ("safety", "dose", "immune") if rules else bool(_SAFETY.search(text))
    return Title(
        rules,
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


def _template(doc: str, text: str, sha: str, measure: ResultMeasure, title: Title) -> Outcome:
    """The Outcome of a measure before a number: endpoint by title, evidence at the title."""
    end = text.find("\n") if "\n" in text else len(text)
    rule = title.rule
    if rule and rule.kind == "time" and unit(measure.unit)[1] != "time":
        rule = None  # "number of participants with a duration of response"
    return Outcome(
        doc,
        rule.endpoint if rule else "OTHER_SAFETY" if title.safety else "OTHER_EFFICACY",
        "individual",
        Evidence(measure.section, (0, 0), (0, end), (0, end), sha),
        f"results.{rule.id if rule else 'unmapped'}",
        text[:end],
        study=doc,
        label=None if rule else measure.title,
        role=measure.type if measure.type in _ROLES else None,
        param_type=measure.param_type if measure.param_type in _PARAM else None,
        population=Population(analysis_set=title.analysis_set) if title.analysis_set else None,
        grade=title.grade,
        criteria=title.criteria,
        assessor=title.assessor,
        confirmed=title.confirmed,
        origin="registry_results",
    )


def _outcome(
    doc: str, text: str, sha: str, measure: ResultMeasure, title: Title, groups: Groups, m: Measurement
) -> Outcome:
    """The Outcome of one posted number."""
    assert m.start is not None
    assert m.end is not None
    start = text.rfind("\n", 0, m.start) + 1
    end = text.find("\n", m.start)
    line = (start, len(text) if end < 0 else end)
    name = groups.name(m.group_id)
    at = m.start - 2 - len(name)
    arm_span = (at, m.start - 2) if name and text[at : m.start - 2] == name else None
    base = _row(_template(doc, text, sha, measure, title), title, measure, m, text, line)
    evidence = replace(base.evidence, value_span=(m.start, m.end), sentence_span=line, arm_span=arm_span)
    return _number(replace(base, evidence=evidence), title, measure, groups, m)


def _row(
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


def _number(base: Outcome, title: Title, measure: ResultMeasure, groups: Groups, m: Measurement) -> Outcome:
    """Value, unit, statistic, counts and arm."""
    ucum, sort = unit(measure.unit)
    read = value(m.value, m.comment)
    size = groups.denominator(m.group_id, m.class_title)
    statistic, flags = _statistic(base, title, measure, sort, ucum)
    count = statistic == "count" and sort == "people" and read.number is not None and read.number.is_integer()
    numerator = int(read.number) if count and read.number is not None else None
    derived: tuple[str, ...] = ()
    if statistic in ("rate", "km_rate") and sort in ("percent", "proportion") and statistic == "rate":
        numerator = _fitting_count(m.value, read.number, size, sort)
        derived = ("numerator",) if numerator is not None else ()
    return replace(
        base,
        statistic=statistic,
        value=read.number,
        comparator=read.comparator,
        value_status=read.status,
        unit=ucum,
        numerator=numerator,
        denominator=size,
        dispersion=dispersion(measure, m),
        arm=groups.arm(m.group_id, size),
        derived=derived,
        flags=flags,
        note=m.comment,
    )


def _statistic(
    base: Outcome, title: Title, measure: ResultMeasure, sort: Sort, ucum: str | None
) -> tuple[str, tuple[str, ...]]:
    """The statistic of a number by its parameter type and unit, and a flag where the source does not state it."""
    survival = base.endpoint in ("PFS", "OS", "EFS", "DFS", "RFS")
    rate_like = base.rule != "results.unmapped" and not survival and ucum == "%"
    if sort in ("percent", "proportion") or (survival and ucum == "%") or (rate_like and base.endpoint != "CMAX"):
        if measure.param_type in _STATISTIC and (base.rule == "results.unmapped" or measure.dispersion_type in _SPREAD):
            return _STATISTIC[measure.param_type], ()
        return ("km_rate" if survival else "rate"), ()
    if measure.param_type in _STATISTIC:
        return _STATISTIC[measure.param_type], ()
    if sort in ("people", "events") or (measure.param_type or "").startswith("COUNT"):
        return "count", ()
    if base.endpoint in ("MTD", "RP2D"):
        return "dose", ()
    if sort == "time" and re.search(r"\bmedian\b", f"{measure.title} {measure.description or ''}", re.I):
        bounds = re.search(r"\bminimum\b|\bmaximum\b", f"{measure.title} {base.verbatim}", re.I)
        return ("individual" if bounds else "median"), ()
    return "individual", ("statistic_unstated",)


_SPREAD = {"Standard Deviation", "Standard Error"}


def _fitting_count(printed: str | None, number: float | None, size: int | None, sort: Sort) -> int | None:
    """The one count of patients that a printed share can stand for, or None where none or several can.

    >>> _fitting_count("30.6", 30.6, 62, "percent"), _fitting_count("30.6", 30.6, 4000, "percent")
    (19, None)
    """
    if printed is None or number is None or not size:
        return None
    decimals = len(printed.strip().partition(".")[2])
    scale = 100 if sort == "percent" else 1
    half = 0.5 * 10**-decimals + 1e-9
    low, high = (number - half) * size / scale, (number + half) * size / scale
    fits = [n for n in range(max(0, int(low)), min(size, int(high) + 1) + 1) if low <= n <= high]
    return fits[0] if len(fits) == 1 else None
