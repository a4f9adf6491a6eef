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
from ._view import View, piece, prose

_ELIGIBLE = re.compile(
    r"\b(?:key |main )?(?:eligibility|inclusion) (?:criteria|requirement)"
    r"|\beligible (?:patients|participants|subjects|adults|pts)\b"
    r"|\b(?:patients|participants|subjects|adults|pts) (?:\w+ ){0,4}(?:are|were|is) eligible\b|\beligible if\b"
    r"|入组条件|入选标准|纳入标准|符合条件的患者",
    re.I,
)
_NUMBERED = re.compile(r"\d|class|grade|stage|Child|NYHA|级|期", re.I)


def find(document: Document) -> Iterator[Finding]:
    """Criteria and what they ask for, in order of place.

    >>> from trialkb.records import Section
    >>> t = "Exclusion Criteria: 1. HGB <80 g/L. 2. INR ≥1.5"
    >>> d = Document("X1", "trial", "t", (Section("eligibility", t),), b"")
    >>> [f.value for f in find(d) if f.field == "eligibility.threshold"]
    ['hemoglobin < 80 g/L', 'inr >= 1.5']
    """
    if document.section("eligibility") or document.section("eligibility_zh"):
        yield from _section(document, "eligibility" if document.section("eligibility") else "eligibility_zh", 0)
        return
    for v in prose(document, "title", "official_title"):
        start = begins(v.original) if document.kind != "article" else None
        yield from _told(v) if start is None else _section(document, v.section, start)


def _section(document: Document, name: str, start: int) -> Iterator[Finding]:
    section = document.section(name)
    text = section.text if section else ""
    for item in items(text, start):
        yield from _item(piece(document.id, name, text[item.start : item.end], item.start), item)


def _told(v: View) -> Iterator[Finding]:
    """What a sentence on eligibility says in running text; each counts as one inclusion criterion."""
    index = 0
    for start, end in v.sentences():
        if _ELIGIBLE.search(v.text, start, end):
            index += 1
            a, b = v.normal.span(start, end)
            item = Item("inclusion", v.base + a, v.base + b, index)
            yield from _item(piece(v.document, v.section, v.original[a:b], v.base + a), item, "sentence")


def _item(v: View, item: Item, rule: str = "item") -> Iterator[Finding]:
    whole = (0, len(v.text))
    yield v.finding(
        "eligibility.criterion",
        item.kind,
        whole,
        rule,
        {"number": item.number or str(item.index), "index": item.index},
    )
    if _NUMBERED.search(v.text):
        for t in (*ages(v.text), *thresholds(v.text), *stages(v.text), *pressures(v.text)):
            yield _threshold(v, item, t)
    for field, value, span, why, detail in (*washouts(v.text), *prior(v.text), *biomarkers(v.text)):
        yield v.finding(f"eligibility.{field}", value, span, why, {**detail, "kind": item.kind, "index": item.index})


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
