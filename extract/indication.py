"""Indication: the diseases the study treats, as lexicon ids, with the biomarker and the stage that it asks for.

Fields: indication, indication.biomarker, indication.stage. A registry's conditions come first (origin registry), then
titles, then text. Unsafe acronyms (GC, OS ...) count in a condition line of their own only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb import terms
from trialkb.records import Document, Finding
from trialkb.terms import Mention

from ._context import View, around, finding, lines, named, views

_GENERIC = frozenset({"cancer", "adenocarcinoma", "carcinoma"})
_NOT_LEFT = re.compile(
    r"(?:\bno |\bwithout |\bexclud\w+[\w\s]{0,20}|history of |other than |except |secondary |second |risk of |anti-|"
    r"non-|除外|无|排除)$",
    re.I,
)
_NOT_RIGHT = re.compile(
    r"^\s?(?:cell lines?|xenograft|model|mice|mouse|-bearing|associated antigen|antigens?\b|cells?\b|小鼠|细胞系|模型)",
    re.I,
)


def find(document: Document) -> Iterator[Finding]:
    """Indications of the study, each once: conditions and titles, else the text's."""
    seen = list(views(document))
    found = [f for v in seen if v.section == "conditions" for f in _conditions(document, v)]
    for ranks in (("name",), ("text",), ("list",), ("more",), ("background",)):
        if ranks != ("name",) and any(f.value not in _GENERIC for f in found):
            break
        found += [
            f
            for v in seen
            if v.rank in ranks and v.section not in ("conditions", "interventions", "arms")
            for f in _text(document, v)
        ]
    yield from _once(found)


def _once(found: list[Finding]) -> Iterator[Finding]:
    values: set[str] = set()
    exact = any(f.value not in _GENERIC for f in found)
    for f in found:
        if f.value in values or (exact and f.value in _GENERIC):
            continue
        values.add(f.value)
        yield f


def _conditions(document: Document, view: View) -> Iterator[Finding]:
    for start, end in lines(view):
        for m in _mentions(view):
            if start <= m.start < end:
                alone = m.end - m.start >= end - start - 2
                if m.unsafe and not alone:
                    continue
                yield finding(
                    document, view, "indication", m.id, m.start, m.end, "indication.condition", origin="registry"
                )


def _mentions(view: View) -> list[Mention]:
    return [m for m in named(view.normal.text) if m.kind == "indication" and view.start <= m.start < view.end]


def _text(document: Document, view: View) -> Iterator[Finding]:
    text = view.normal.text
    for m in _mentions(view):
        left, right = around(text, m.start, m.end, 40)
        if m.unsafe or _NOT_LEFT.search(left) or _NOT_RIGHT.match(right):
            continue
        rule = "indication.title" if view.rank == "name" else "indication.text"
        yield finding(document, view, "indication", m.id, m.start, m.end, rule)


def broader(id: str) -> tuple[str, ...]:
    """Ids of the diseases that an indication is a kind of.

    >>> "digestive_tumour" in broader("gastric_cancer")
    True
    """
    return terms.ancestors("indication", id)
