"""Eligibility: single criteria, thresholds of blood and organ function, washouts, earlier therapy, biomarkers.

The criteria stand as one text in registries; `_criteria` cuts it, `_thresholds` and `_stages` read the numbers.
A comparator is kept as printed, and each finding says whether its criterion includes or excludes: HGB < 80 g/L among
the exclusions asks for at least 80. A page without a section of criteria is read from its heading on;
of a bilingual record's two texts the English one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb.records import Document, Finding

from ._criteria import Item, begins, items
from ._required import biomarkers, prior, washouts
from ._stages import ages, pressures, stages
from ._thresholds import Threshold, thresholds
from ._view import View, piece

_NUMBERED = re.compile(r"\d|class|grade|stage|Child|NYHA|级|期", re.I)


def find(document: Document) -> Iterator[Finding]:
    """Criteria and what they ask for, in order of place.

    >>> from trialkb.records import Section
    >>> t = "Exclusion Criteria: 1. HGB <80 g/L. 2. INR ≥1.5"
    >>> d = Document("X1", "trial", "t", (Section("eligibility", t),), b"")
    >>> [f.value for f in find(d) if f.field == "eligibility.threshold"]
    ['hemoglobin < 80 g/L', 'inr >= 1.5']
    """
    both = document.section("eligibility") and document.section("eligibility_zh")
    for section in document.sections:
        if section.name == "eligibility" or (section.name == "eligibility_zh" and not both):
            start: int | None = 0
        elif document.kind != "article" and section.name in ("body", "description"):
            start = begins(section.text)
        else:
            continue
        if start is not None:
            for item in items(section.text, start):
                yield from _item(
                    piece(document.id, section.name, section.text[item.start : item.end], item.start), item
                )


def _item(v: View, item: Item) -> Iterator[Finding]:
    whole = (0, len(v.text))
    yield v.finding(
        "eligibility.criterion",
        item.kind,
        whole,
        "item",
        {"number": item.number or str(item.index), "index": item.index},
    )
    if _NUMBERED.search(v.text):
        for t in (*ages(v.text), *thresholds(v.text), *stages(v.text), *pressures(v.text)):
            yield _threshold(v, item, t)
    for field, value, span, rule, detail in (*washouts(v.text), *prior(v.text), *biomarkers(v.text)):
        yield v.finding(f"eligibility.{field}", value, span, rule, {**detail, "kind": item.kind, "index": item.index})


def _threshold(v: View, item: Item, t: Threshold) -> Finding:
    low = t.value if t.comparator in (">=", ">") else None
    high = t.value if t.comparator in ("<=", "<") else None
    detail = {
        "analyte": t.analyte,
        "comparator": t.comparator,
        "value": t.value,
        "unit": t.unit,
        "ucum": t.ucum,
        "kind": item.kind,
        "low": low,
        "high": high,
        "index": item.index,
        "conditional": t.conditional or None,
        "same": {"value": t.canonical, "unit": t.canonical_unit} if t.canonical else None,
    }
    return v.finding("eligibility.threshold", t.printed(), (t.start, t.end), t.rule, detail)
