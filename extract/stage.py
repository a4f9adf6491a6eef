"""Stage: how far the disease has come: I-IV, locally advanced, metastatic, relapsed, refractory, newly diagnosed ...

Field: indication.stage. Titles and conditions first, else the text. A trial phase is no stage, and 期 is a stage only
with a disease behind it. The rules are stage.tsv.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb.records import Document, Finding, Origin

from ._context import View, around, finding, views
from ._rules import load

_NOT_LEFT = re.compile(
    r"(?:\bno |\bnot |\bwithout |\bnon-|\bto prevent |\bprevention of |\bprevent |\brisk of |\breduce |\bhistory of |无|预防)$",
    re.I,
)
_OUTCOME = re.compile(
    r"^[- ]?(?:free|rate|survival|status|or death|therapy|率|after (?:car|treatment)|following (?:car|treatment))", re.I
)


def find(document: Document) -> Iterator[Finding]:
    """Stages of the disease that is treated, each once."""
    seen = list(views(document))
    for part in (
        [v for v in seen if v.section in ("title", "official_title", "conditions")],
        [v for v in seen if v.rank == "text"],
    ):
        told: set[str] = set()
        for f in (f for v in part for f in _rules(document, v)):
            if f.value not in told:
                told.add(f.value)
                yield f
        if told:
            return


def _rules(document: Document, view: View) -> Iterator[Finding]:
    text = view.normal.text
    lower = text.lower()
    for rule in load("stage"):
        if not rule.may(lower):
            continue
        for m in rule.pattern.finditer(text, view.start, view.end):
            left, right = around(text, m.start(), m.end(), 40)
            if _NOT_LEFT.search(left) or _OUTCOME.match(right):
                continue
            origin: Origin = "registry" if view.section == "conditions" else "text"
            yield finding(document, view, "indication.stage", rule.value, m.start(), m.end(), rule.id, origin=origin)
            break
