"""What posted strings mean as numbers: value, comparator, status of an NA, unit (UCUM), dispersion.

Nothing is converted: months stay months, a proportion of .23 stays .23 of unit 1. An NA is "not reached" or "not
estimable" only where its own comment says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from trialkb.records import Dispersion, Measurement, ResultMeasure

Sort = Literal["percent", "proportion", "people", "events", "time", "other"]

_NUMBER = re.compile(r"([<>]=?|~)?\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\Z")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_TIME = {
    "day": "d", "days": "d", "week": "wk", "weeks": "wk", "month": "mo", "months": "mo", "year": "a", "years": "a",
    "hour": "h", "hours": "h", "minute": "min", "minutes": "min", "hr": "h", "min": "min", "time in months": "mo",
}  # fmt: skip
_MASS = {
    "mg": "mg", "milligram (mg)": "mg", "ng/ml": "ng/mL", "pg/ml": "pg/mL", "mcg/ml": "ug/mL", "ug/ml": "ug/mL",
    "μg/ml": "ug/mL", "µg/ml": "ug/mL", "mg/l": "mg/L", "cells": "{cells}", "cells/kg": "{cells}/kg",
    "iu/ml": "[IU]/mL",
    "nanograms per milliliter": "ng/mL", "micrograms per milliliter": "ug/mL", "mmol/l": "mmol/L", "kg": "kg",
    "cm": "cm",
    "mm": "mm", "percent": "%", "percentage": "%", "%": "%", "ratio": "1",
}  # fmt: skip
_PEOPLE = (
    r"(?:study )?(?:participants?|patients?|subjects?|people|children|individuals|responders|men|women|population)"
)
_SHARE = re.compile(rf"(?:percent(?:age)?|%|per cent)(?: \(%\))?(?: of)?(?: \w+)? {_PEOPLE}\b.*", re.I)
_PROPORTION = re.compile(rf"(?:proportion|fraction|probability)(?: of.*)?|proportion of {_PEOPLE}", re.I)
_COUNT = re.compile(rf"(?:(?:number|count|no\.) of )?{_PEOPLE}(?: with .*| achieving .*)?\Z", re.I)
_EVENTS = re.compile(
    r"(?:number of )?(?:adverse |total |serious )*(?:events|reactions|episodes|deaths|cases|infections)\b.*", re.I
)
_DISPERSION = {
    "full range": "FULL_RANGE",
    "inter-quartile range": "INTER_QUARTILE_RANGE",
    "standard deviation": "STANDARD_DEVIATION",
    "standard error": "STANDARD_ERROR",
}
_CI = re.compile(r"(\d+(?:\.\d+)?)% Confidence Interval", re.I)
_REACHED = re.compile(r"\bnot\b(?:\W+\w+){0,3}?\W+reached|\bnot[- ]reached\b", re.I)
_LIMIT = re.compile(r"limit|confidence|\bCI\b|bound|interval", re.I)
_ESTIMABLE = re.compile(
    r"\b(?:not|never|cannot|unable|could ?n.t|non|un)(?:\W+\w+){0,3}?\W*"
    r"(?:estima\w+|calcula\w+|determin\w+|evaluable for median|comput\w+)|\bNE\b"
    r"|insufficient (?:number of |)(?:\w+ ){0,4}events? (?:\w+ ){0,6}to (?:calculate|estimate|determine)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Value:
    number: float | None
    comparator: str | None
    status: str  # reported not_reached not_estimable not_reported


def number(text: str | None) -> float | None:
    """The number a string is, or None.

    >>> number(".23"), number("1,204"), number("NA"), number("8.8 months")
    (0.23, 1204.0, None, None)
    """
    found = _NUMBER.match(_THOUSANDS.sub("", text.strip())) if text else None
    return float(found[2]) if found else None


def value(text: str | None, comment: str | None) -> Value:
    """A posted value with its status.

    >>> value("NA", "Median not reached"), value("<0.1", None)
    (Value(number=None, comparator=None, status='not_reached'), Value(number=0.1, comparator='<', status='reported'))
    """
    found = _NUMBER.match(_THOUSANDS.sub("", text.strip())) if text else None
    if found:
        return Value(float(found[2]), found[1], "reported")
    return Value(None, None, _missing(comment or ""))


def _missing(comment: str) -> str:
    """What a comment says about a value that is not there; a remark on a limit alone says nothing about the value."""
    for clause in re.split(r"[.;]\s", comment):
        if _REACHED.search(clause) and ("edian" in clause or not _LIMIT.search(clause)):
            return "not_reached"
    for clause in re.split(r"[.;]\s", comment):
        if _ESTIMABLE.search(clause) and (
            re.search(r"median|value|mean|NA\b", clause, re.I) or not _LIMIT.search(clause)
        ):
            return "not_estimable"
    return "not_reported"


def unit(text: str | None) -> tuple[str | None, Sort]:
    """UCUM unit and sort of a posted unit; what UCUM lacks stands in braces as printed.

    >>> unit("percentage of participants"), unit("Months"), unit("score on a scale")
    (('%', 'percent'), ('mo', 'time'), ('{score on a scale}', 'other'))
    """
    if not text:
        return None, "other"
    plain = " ".join(text.split())
    low = plain.lower()
    if low in _TIME:
        return _TIME[low], "time"
    if _SHARE.fullmatch(plain):
        return "%", "percent"
    if _PROPORTION.fullmatch(plain):
        return "1", "proportion"
    if _COUNT.fullmatch(plain):
        return "{participants}", "people"
    if _EVENTS.fullmatch(plain):
        return "{events}", "events"
    return _MASS.get(low) or "{" + re.sub(r"[{}]", "", plain) + "}", "other"


def dispersion(measure: ResultMeasure, m: Measurement) -> Dispersion | None:
    """Limits or spread of a measurement, by the measure's dispersion type; None where nothing is posted."""
    name = (measure.dispersion_type or "").strip()
    low, high, spread = number(m.lower), number(m.upper), number(m.spread)
    if low is None and high is None and spread is None:
        return None
    upper = "reported" if high is not None else "NE" if m.upper and low is not None else None
    if ci := _CI.match(name):
        level = float(ci[1])
        kind = f"CONFIDENCE_{level:g}" if level in (95, 90, 80) else "CONFIDENCE_OTHER"
        return Dispersion(kind, low, high, level, upper)  # type: ignore[arg-type]
    kind = _DISPERSION.get(name.lower(), "")
    if not kind:
        return None
    return Dispersion(kind, low, high, None, upper, spread)  # type: ignore[arg-type]
