"""Flat form: the one place that maps stored records to and from the form of `extract --text` and the gold set.

A line in has {"doc_id", "text", "title"?, "lang"?, "kind"?}; a line out has doc_id, facts, outcomes, background.
Units are spelled out (%, months, patients, cells/kg), grades and time points are words, spans are offsets in `text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import confidence, parts, validate
from .records import Document, Finding, Grade, Kind, Outcome, Section, TimePoint
from .terms import mentions
from .text import language

UNITS = {
    "mo": "months",
    "wk": "weeks",
    "d": "days",
    "a": "years",
    "%": "%",
    "{participants}": "patients",
    "{cells}": "cells",
    "{cells}/kg": "cells/kg",
    "{cells}/m2": "cells/m2",
}
WHY = {
    "preclinical": "preclinical",
    "hypothesis": "hypothesis",
    "standard_care": "standard_care",
}
KINDS: dict[str, Kind] = {"review": "review", "news": "review", "registry": "trial", "page": "page", "trial": "trial"}
STATISTICS = {"relative_risk": None, "difference": None}
QUOTE = 380


def document(line: Mapping[str, Any]) -> Document:
    """The document of an input line; its section "body" is the text verbatim.

    >>> document({"doc_id": "a", "text": "ORR was 40%."}).section("body").text
    'ORR was 40%.'
    """
    text, title = str(line["text"]), line.get("title") or None
    tongue = line.get("lang") or language(text)
    sections = [Section("body", text, tongue)]
    if title:
        sections.insert(0, Section("title", str(title), language(str(title))))
    kind = KINDS.get(str(line.get("kind") or ""), "article")
    return Document(
        str(line["doc_id"]), kind, "text", tuple(sections), text.encode("utf-8", "surrogatepass"), title, tongue
    )


def extract_line(line: Mapping[str, Any]) -> dict[str, Any]:
    """The flat answer to one input line: every extract part run over its document."""
    doc = document(line)
    findings: list[Finding] = []
    outcomes: list[Outcome] = []
    for name in parts.names("extract"):
        for record in parts.load("extract", name).find(doc):
            (outcomes if isinstance(record, Outcome) else findings).append(record)
    return flat(doc, findings, confidence.rate(validate.check(outcomes)))


def flat(doc: Document, findings: Iterable[Finding], outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The flat form of a document's facts and outcomes. Background values stand apart with the reason."""
    body = doc.section("body")
    text = body.text if body else ""
    told = [o for o in outcomes if o.evidence.section == "body"]
    named = {m.id for m in mentions(f"{doc.title}\n{text}", frozenset({"target"}))}  # a product's target, if it is said
    shown = [_flat_outcome(o, text) for o in told if not o.background and o.statistic not in STATISTICS]
    return {
        "doc_id": doc.id,
        "facts": facts(f for f in findings if f.rule != "target.product" or f.value in named),
        "outcomes": sorted(shown, key=lambda o: (o["start"], o["end"])),
        "background": _background([o for o in told if o.background], text),
    }


def _background(told: list[Outcome], text: str) -> list[dict[str, str]]:
    rows = [{"quote": text[slice(*_quote(o, text))], "why": WHY.get(o.background or "", "other_study")} for o in told]
    return [row for i, row in enumerate(rows) if row not in rows[:i]]


def _flat_outcome(o: Outcome, text: str) -> dict[str, Any]:
    start, end = _quote(o, text)
    spread = o.dispersion
    ci = spread is not None and spread.type.startswith("CONFIDENCE")
    ranged = spread is not None and spread.type in ("FULL_RANGE", "INTER_QUARTILE_RANGE")
    row: dict[str, Any] = {
        "endpoint": o.endpoint,
        "statistic": o.statistic,
        "value": o.value,
        "unit": UNITS.get(o.unit or "", o.unit),
        "value_status": o.value_status,
        "num": o.numerator,
        "den": o.denominator,
        "ci_low": spread.lower if spread and ci else None,
        "ci_high": spread.upper if spread and ci else None,
        "ci_level": spread.level if spread and ci else None,
        "range_low": spread.lower if spread and ranged else None,
        "range_high": spread.upper if spread and ranged else None,
        "grade": grade(o.grade),
        "time_point": time_point(o.time_point),
        "arm": _arm(o),
        "population": o.population.subgroup or o.population.analysis_set if o.population else None,
        "quote": text[start:end],
        "start": start,
        "end": end,
        "rule": o.rule,
    }
    extra = {
        "verbal": o.verbal or None,
        "label": o.label,
        "derived": list(o.derived) or None,
        "flags": list(o.flags) or None,
        "criteria": o.criteria,
        "assessor": o.assessor,
        "confirmed": o.confirmed,
        "role": o.role,
        "p_value": o.p_value,
        "follow_up": time_point(o.follow_up),
    }
    extra |= {"study_id" if (o.study or "").startswith(("NCT", "ChiCTR", "ISRCTN")) else "study_name": o.study}
    return row | {k: v for k, v in extra.items() if v is not None}


def _arm(o: Outcome) -> str:
    label = o.arm.label if o.arm else "overall"
    return f"{label} vs {o.reference_arm}" if o.reference_arm else label


def grade(g: Grade | None) -> str | None:
    """A grade in words of the flat form.

    >>> grade(Grade(3)), grade(Grade(1, 2)), grade(Grade(4, 4)), grade(None)
    ('>=3', '1-2', '4', None)
    """
    if g is None or (g.min is None and g.max is None):
        return None
    if g.max is None or (g.min == 3 and g.max == 5 and g.scale is None):
        return f">={g.min}"
    if g.min is None:
        return f"<={g.max}"
    return str(g.min) if g.min == g.max else f"{g.min}-{g.max}"


def time_point(t: TimePoint | None) -> str | None:
    """A time point in words.

    >>> time_point(TimePoint(12.0, "mo")), time_point(TimePoint(1.0, "a"))
    ('12 months', '1 year')
    """
    if t is None:
        return None
    unit = UNITS.get(t.unit, t.unit)
    return f"{t.value:g} {unit.removesuffix('s') if t.value == 1 else unit}"


def _quote(o: Outcome, text: str) -> tuple[int, int]:
    """Span of the shortest piece that holds endpoint and value, trimmed to QUOTE characters around the value."""
    value, endpoint = o.evidence.value_span, o.evidence.endpoint_span
    start, end = min(value[0], endpoint[0]), max(value[1], endpoint[1])
    if end - start > QUOTE:
        start, end = value
    return start, end


FACTS = (
    "phase",
    "design",
    "modality",
    "targets",
    "indications",
    "n_treated",
    "n_enrolled",
    "dose_levels",
    "lymphodepletion",
)
_LISTS = {
    "phase": "phase",
    "design": "design",
    "modality": "modality",
    "modality.source": "modality",
    "target": "targets",
    "indication": "indications",
    "dose.level": "dose_levels",
    "lymphodepletion": "lymphodepletion",
}
_NUMBERS = {"design.n_treated": "n_treated", "design.n_enrolled": "n_enrolled"}
_LABELS: dict[str, tuple[str, ...]] = {  # stored value -> the labels of the flat form; () where it has none
    "CAR-gdT": ("CAR-T", "gd-T"),
    "in-vivo CAR": ("CAR-T",),
    "CAR-CIK": ("CIK",),
    "donor": ("allogeneic",),
    "cord_blood": ("allogeneic",),
    "ipsc": ("allogeneic",),
    **dict.fromkeys(("CAR-NKT", "NKT", "CTL", "LAK", "DLI", "DC", "CAR-DC", "STAR-T", "OV"), ()),
    **dict.fromkeys(("parallel", "crossover", "sequential", "non_randomized", "single_blind", "basket", "simon2"), ()),
    **dict.fromkeys(("boin", "mtpi2", "i3plus3", "crm", "accelerated", "rolling6"), ()),
}


def facts(findings: Iterable[Finding]) -> dict[str, Any]:
    """Document-level facts of findings, each value once, in order of place."""
    out: dict[str, Any] = {name: None if name.startswith("n_") else [] for name in FACTS}
    for f in findings:
        if f.field in _LISTS:
            labels = _LABELS.get(f.value, (f.value,)) if f.field.startswith(("modality", "design")) else (f.value,)
            row = out[_LISTS[f.field]]
            row.extend(label for label in labels if label not in row)
        elif f.field in _NUMBERS and out[_NUMBERS[f.field]] is None and f.value.isdigit():
            out[_NUMBERS[f.field]] = int(f.value)
    return out
