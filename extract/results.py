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
from dataclasses import replace

from trialkb.records import (
    Document,
    Evidence,
    Measurement,
    Outcome,
    Population,
    ResultMeasure,
)
from trialkb.text import digest

from ._registry_analyses import analyses
from ._registry_groups import Groups, read_groups
from ._registry_rows import Title, read_row, read_title
from ._registry_values import Sort, dispersion, unit, value
from ._registry_words import Rule, oncology

_STATISTIC = {
    "MEDIAN": "median", "MEAN": "mean", "LEAST_SQUARES_MEAN": "mean", "GEOMETRIC_MEAN": "mean",
    "GEOMETRIC_LEAST_SQUARES_MEAN": "mean", "LOG_MEAN": "mean",
}  # fmt: skip
_PARAM = {
    "COUNT_OF_PARTICIPANTS", "COUNT_OF_UNITS", "NUMBER", "MEDIAN", "MEAN", "LEAST_SQUARES_MEAN", "GEOMETRIC_MEAN",
    "LOG_MEAN",
}  # fmt: skip
_ROLES = {"PRIMARY", "SECONDARY", "OTHER_PRE_SPECIFIED", "POST_HOC"}


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
        title = read_title(measure, cancer)
        groups = read_groups(trial, measure)
        sha = digest(section.text)
        for m in measure.measurements:
            if m.start is not None and m.end is not None:
                yield _outcome(document.id, section.text, sha, measure, title, groups, m)
        yield from analyses(_template(document.id, section.text, sha, measure, title), measure, groups, section.text)


def _template(doc: str, text: str, sha: str, measure: ResultMeasure, title: Title) -> Outcome:
    """The Outcome of a measure before a number: endpoint by title, evidence at the title."""
    end = text.find("\n") if "\n" in text else len(text)
    rule = title.rule
    if rule and not _measurable(rule, measure):
        rule = None
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


def _measurable(rule: Rule, measure: ResultMeasure) -> bool:
    """Whether the unit is one that the endpoint can have: no duration counted in patients, no survival in points."""
    ucum, sort = unit(measure.unit)
    if rule.kind == "time":
        return sort == "time"
    return rule.kind not in ("survival", "response") or sort not in ("other", "events") or ucum == "%"


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
    base = read_row(_template(doc, text, sha, measure, title), title, measure, m, text, line)
    evidence = replace(base.evidence, value_span=(m.start, m.end), sentence_span=line, arm_span=arm_span)
    return _number(replace(base, evidence=evidence), title, measure, groups, m)


def _number(base: Outcome, title: Title, measure: ResultMeasure, groups: Groups, m: Measurement) -> Outcome:
    """Value, unit, statistic, counts and arm."""
    ucum, sort = unit(measure.unit)
    read = value(m.value, m.comment)
    size, own_size = _size(measure, groups, m)
    statistic, flags = _statistic(base, title, measure, sort, ucum)
    count = statistic == "count" and sort == "people" and read.number is not None and read.number.is_integer()
    numerator = int(read.number) if count and read.number is not None else None
    derived: tuple[str, ...] = ()
    if statistic == "rate" and sort in ("percent", "proportion"):
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
        inferred=("denominator",) if own_size and size is not None else (),
        flags=flags if size is not None or not own_size else (*flags, "denominator_in_row_title"),
        note=m.comment,
    )


def _size(measure: ResultMeasure, groups: Groups, m: Measurement) -> tuple[int | None, bool]:
    """Patients that a number is of, and whether the row's title says so itself ("Overall score (n=182,178)")."""
    found = _ROW_SIZE.search(f"{m.class_title or ''} {m.category_title or ''}")
    if found is None or (m.group_id, m.class_title) in groups.sizes:
        return groups.denominator(m.group_id, m.class_title), False
    said = [int(n) for n in re.findall(r"\d+", found[1])]
    if len(said) == len(groups.names) and m.group_id in groups.names:
        own, posted = said[list(groups.names).index(m.group_id)], groups.denominator(m.group_id, None)
        return (own if posted is None or own <= posted else None), True  # more than the group: attempts, not patients
    return None, True


_ROW_SIZE = re.compile(r"\bn\s*=\s*(\d+(?:\s*(?:[,;/&-]|and)\s*(?:n\s*=\s*)?\d+)*)", re.I)


def _statistic(
    base: Outcome, title: Title, measure: ResultMeasure, sort: Sort, ucum: str | None
) -> tuple[str, tuple[str, ...]]:
    """The statistic of a number by its parameter type and unit, and a flag where the source does not state it."""
    survival = base.endpoint in ("PFS", "OS", "EFS", "DFS", "RFS")
    rate_like = base.rule != "results.unmapped" and not survival and ucum == "%"
    share = ucum == "%" and _SHARE_TITLE.search(measure.title)
    if (
        sort in ("percent", "proportion")
        or share
        or (survival and ucum == "%")
        or (rate_like and base.endpoint != "CMAX")
    ):
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


_SHARE_TITLE = re.compile(r"\b(?:percent(?:age)?|proportion|%) of (?:\w+ )?(?:participants|patients|subjects)\b", re.I)
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
