"""Cells of a benchmark: one study's figures as a table prints them, and as JSON with the places they stand at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._evidence import Held
from ._exact import clopper_pearson
from ._studies import Study

if TYPE_CHECKING:
    from ._pool import Pooled

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
METHODS_ZH = {
    "binomial GLMM": "二项GLMM",
    "logit REML, Hartung-Knapp": "logit REML，Hartung-Knapp",
    "exact interval of the sum": "合计例数的精确区间",
}
UNITS = {"mo": "months", "wk": "weeks", "d": "days", "a": "years", "%": "%", "1": "", "{participants}": "patients"}


def counts(s: Study) -> str:
    """38/98; a computed numerator is marked."""
    if s.count:
        return f"{s.count.events}{'*' if s.count.derived else ''}/{s.count.total}"
    return few([_printed(h) for h in s.held if h.outcome.denominator is not None])


def _printed(h: Held) -> str:
    o = h.outcome
    return f"{'?' if o.numerator is None else o.numerator}/{o.denominator}"


def value(h: Held) -> str:
    """The value as the source prints it, with its unit where the quote has none."""
    o = h.outcome
    if o.value_status != "reported":
        return o.value_status.replace("_", " ")
    if o.value is None:
        return ""
    unit = UNITS.get(o.unit or "", o.unit or "")
    unit = "patient" if unit == "patients" and o.value == 1 else unit
    digits = next((t for t in _NUMBER.findall(h.quote.replace("·", ".")) if float(t) == o.value), f"{o.value:g}")
    return f"{digits}{unit}" if unit == "%" else f"{digits} {unit}".strip()


def values(s: Study) -> str:
    return few([v for h in s.held if (v := value(h))])


def few(words: Sequence[str]) -> str:
    """At most three on one line; the evidence has them all."""
    return "; ".join(words) if len(words) <= 3 else f"{'; '.join(words[:2])} ... ({len(words)} arms)"


def interval(h: Held) -> str:
    """The interval as printed; an upper bound that was not reached is NE."""
    d = h.outcome.dispersion
    if d is None or (d.lower is None and d.upper is None) or not d.type.startswith("CONFIDENCE"):
        return ""
    low, high = ("NE" if v is None else f"{v:g}" for v in (d.lower, d.upper))
    return f"{low}-{high}" + (f" ({d.level:g}%)" if d.level and d.level != 95 else "")


def exact(s: Study) -> str:
    if not s.count:
        return ""
    low, high = clopper_pearson(s.count.events, s.count.total)
    return f"{100 * low:.1f}-{100 * high:.1f}"


def place(h: Held) -> str:
    """document, section and span: where the number stands."""
    e = h.outcome.evidence
    return f"{h.outcome.document} {e.section} {e.value_span[0]}:{e.value_span[1]}"


def time(h: Held) -> str:
    t = h.outcome.time_point
    return f"at {t.value:g} {UNITS.get(t.unit, t.unit)}" if t else ""


def figure(h: Held) -> str:
    """A value on one line, for history: 48.6% 18/37."""
    o = h.outcome
    share = f"{'?' if o.numerator is None else o.numerator}/{o.denominator}" if o.denominator is not None else ""
    people = o.population.subgroup or o.population.analysis_set if o.population else None
    parts = (value(h), share, interval(h), time(h), o.arm.label if o.arm else None, people)
    return " ".join(p for p in parts if p)


def clopper(s: Study) -> tuple[float | None, float | None]:
    """The exact interval of a row's counts, as proportions."""
    return clopper_pearson(s.count.events, s.count.total) if s.count else (None, None)


def study(s: Study) -> dict[str, Any]:
    """A row as JSON; `values` are the outcome rows it stands on."""
    low, high = clopper(s)
    return {
        "id": s.family, "label": s.label, "key": s.paper.source.key, "document": s.paper.id,
        "documents": [p.id for p in s.papers], "title": s.paper.source.title, "year": s.year, "cut": s.paper.cut,
        "phase": list(s.phases), "line": list(s.lines), "target": list(s.targets), "indication": list(s.indications),
        "arm": s.arm, "population": s.population, "dose": s.dose,
        "events": s.count.events if s.count else None, "n": s.count.total if s.count else None,
        "derived": s.count.derived if s.count else None, "exact_low": low, "exact_high": high,
        "pooled": bool(s.count and not s.not_pooled), "why_not_pooled": s.not_pooled, "flags": list(s.flags),
        "values": [number(h) for h in s.held], "follow_up": [number(h) for h in s.beside],
        "history": [{**number(e.held), "why": e.why} for e in s.history],
    }  # fmt: skip


def number(h: Held) -> dict[str, Any]:
    """One outcome row: its numbers as printed and where they stand."""
    o, e = h.outcome, h.outcome.evidence
    d = o.dispersion
    return {
        "outcome": h.id, "document": o.document, "section": e.section, "start": e.value_span[0], "end": e.value_span[1],
        "quote": h.quote, "sentence": h.sentence, "sentence_start": e.sentence_span[0], "sentence_end": e.sentence_span[1],
        "value": o.value, "unit": o.unit, "status": o.value_status, "statistic": o.statistic, "events": o.numerator,
        "n": o.denominator, "ci_low": d.lower if d else None, "ci_high": d.upper if d else None,
        "ci_type": d.type if d else None, "arm": o.arm.label if o.arm else None, "derived": list(o.derived),
        "criteria": o.criteria, "assessor": o.assessor, "confidence": o.confidence, "origin": o.origin, "rule": o.rule,
        "flags": list(o.flags), "retrieved": h.retrieved, "sha256": h.sha256,
    }  # fmt: skip


def pooled(p: Pooled | None, why: str | None) -> dict[str, Any]:
    names = ("method", "estimate", "low", "high", "pi_low", "pi_high", "tau2", "i2", "q", "k", "n", "events", "notes")
    found = {name: getattr(p, name) if p else None for name in names}
    if p is None:
        found |= {"k": 0, "n": 0, "notes": []}
    return {**found, "notes": list(found["notes"] or ()), "why": why}
