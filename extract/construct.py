"""Construct: how the cells are built and given: co-stimulation, generation, armour, vector, route, number of infusions.

Fields: modality.costim (4-1BB, CD28 ...), modality.generation (1-5), modality.armour (IL-15, PD-1 KO, dnTGFβRII ...),
modality.vector (lentiviral, transposon, mRNA ...), modality.route (intravenous, intraperitoneal, hepatic_artery ...),
modality.infusions (1, 2, 3, multiple). The rules are construct.tsv. Only what titles, interventions, arms and texts say
of the study's own cells: backgrounds, criteria and prior therapies are left out; drugs have routes too, and are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb.records import Document, Finding

from . import modality
from ._context import View, around, finding, is_cellular, views
from ._rules import load

_PRIOR = re.compile(
    r"(?:\bprior|\bprevious(?:ly)?|\bunlike|\bcompared (?:with|to)|\bversus|\bearlier|\bconventional|既往|传统)"
    r"[\w\s,/-]{0,40}$",
    re.I,
)
_NAMES = (
    r"(?:fludarabine|cyclophosphamide|cytoxan|bendamustine|tocilizumab|interleukin-2|IL-2|aldesleukin|rituximab|"
    r"chemotherapy|antibod\w+|氟达拉滨|环磷酰胺)"
)
_DRUG = re.compile(rf"{_NAMES}[^.;。,]{{0,25}}$", re.I)
_DRUGS = re.compile(rf"[\s(]*(?:\w+ ){{0,2}}?{_NAMES}", re.I)


def find(document: Document) -> Iterator[Finding]:
    """Construct findings of the study's own cells, each value once."""
    part = [v for v in views(document) if v.rank in ("name", "text", "more")]
    if not is_cellular(document) or next(modality.find(document), None) is None:
        return
    told: set[tuple[str, str]] = set()
    for view in part:
        for f in _rules(document, view):
            if (f.field, f.value) not in told:
                told.add((f.field, f.value))
                yield f


def _rules(document: Document, view: View) -> Iterator[Finding]:
    text = view.normal.text
    lower = text.lower()
    for rule in load("construct"):
        if not rule.may(lower):
            continue
        for m in rule.pattern.finditer(text, view.start, view.end):
            left, right = around(text, m.start(), m.end(), 60)
            given = rule.use in ("route", "infusions")
            if _PRIOR.search(left) or (given and (_DRUG.search(left + m[0]) or _DRUGS.match(right))):
                continue
            yield finding(document, view, f"modality.{rule.use}", rule.value, m.start(), m.end(), rule.id)
            break
