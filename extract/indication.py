"""Indication: the diseases the study treats, as lexicon ids whose hierarchy leads from gastric cancer to solid tumour.

A registry's conditions come first (origin registry), then titles, then text. The parts of a coordination are made whole
(B-cell leukaemia and lymphoma; gastric, pancreatic and colorectal cancer). Unsafe acronyms (GC, OS ...) count in a
condition line of their own only; "cancer" only where nothing more exact is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from trialkb import terms
from trialkb.records import Document, Finding
from trialkb.terms import Mention, mentions

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


_AND = re.compile(r"\s?(?:/|,|and|&|or|与|和|及|、)+\s?", re.I)
_SHARED = {  # "B-cell leukaemia and lymphoma": the second word inherits the cell; "T-LBL/ALL" likewise
    "b_leukaemia": {"lymphoma": "b_nhl"},
    "t_leukaemia": {"lymphoma": "tcl"},
    "b_all": {"lymphoma": "b_lbl", "lbl": "b_lbl"},
    "t_all": {"lymphoma": "t_lbl", "lbl": "t_lbl"},
    "all": {"lymphoma": "lbl"},
    "b_lbl": {"all": "b_all", "leukaemia": "b_all"},
    "t_lbl": {"all": "t_all", "leukaemia": "t_all"},
    "b_nhl": {"leukaemia": "b_leukaemia"},
    "tcl": {"leukaemia": "t_leukaemia"},
}
_ORGANS = {
    "gastric": "gastric_cancer", "stomach": "gastric_cancer", "gastroesophageal junction": "gej_adenocarcinoma",
    "esophagogastric junction": "gej_adenocarcinoma", "esophageal": "esophageal_cancer", "oesophageal": "esophageal_cancer",
    "colon": "colorectal_cancer", "rectal": "colorectal_cancer", "colorectal": "colorectal_cancer",
    "pancreatic": "pancreatic_cancer", "pancreas": "pancreatic_cancer", "liver": "liver_cancer", "hepatic": "liver_cancer",
    "biliary": "biliary_tract_cancer", "lung": "lung_cancer", "breast": "breast_cancer", "ovarian": "ovarian_cancer",
    "cervical": "cervical_cancer", "endometrial": "endometrial_cancer", "uterine": "endometrial_cancer",
    "fallopian tube": "fallopian_tube_cancer", "primary peritoneal": "primary_peritoneal_cancer",
    "prostate": "prostate_cancer", "bladder": "urothelial_carcinoma", "kidney": "rcc", "renal": "rcc",
    "head and neck": "head_neck_cancer", "thyroid": "thyroid_cancer",
}  # fmt: skip
_ORGAN = "|".join(sorted((re.escape(o) for o in _ORGANS), key=len, reverse=True))
_LIST = re.compile(  # gastric / oesophagogastric junction adenocarcinoma; breast, ovarian and lung cancers
    rf"(?<![A-Za-z])(?:(?:{_ORGAN})\s?(?:,|/|、|and|or|&|\+)+\s*(?:and |or )?)+(?=(?:[\w-]+ ){{0,2}}?(?:{_ORGAN})[ -]"
    r"(?:\w+ ){0,2}?(?:cancer|carcinoma|adenocarcinoma|tumou?r|malignan|neoplasm))",
    re.I,
)
_ORGAN_WORD = re.compile(rf"(?<![A-Za-z])(?:{_ORGAN})(?![A-Za-z])", re.I)


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
    text = view.normal.text
    for start, end in lines(view):
        found = [m for m in _mentions(view) if start <= m.start < end]
        if not found and end - start <= 12:  # an acronym in other letters: Aml, B-All
            found = list(mentions(text[start:end].upper(), frozenset({"indication"})))
            found = [replace(m, start=m.start + start, end=m.end + start) for m in found]
        for m in found:
            if m.unsafe and m.end - m.start < end - start - 2:
                continue
            yield finding(document, view, "indication", m.id, m.start, m.end, "indication.condition", origin="registry")


def _mentions(view: View) -> list[Mention]:
    """Diseases named in a view; the parts of a coordination are made whole."""
    text = view.normal.text
    found = [m for m in named(text) if m.kind == "indication" and view.start <= m.start < view.end]
    whole: list[Mention] = []
    for m in found:
        last = whole[-1] if whole else None
        if last and _AND.fullmatch(text[last.end : m.start]) and m.id in _SHARED.get(last.id, {}):
            m = replace(m, id=_SHARED[last.id][m.id])
        whole.append(m)
    return sorted([*whole, *_listed(view, whole)], key=lambda m: m.start)


def _listed(view: View, whole: list[Mention]) -> Iterator[Mention]:
    """Organs before the one that carries the word cancer: gastric, pancreatic and colorectal cancer."""
    text = view.normal.text
    for m in _LIST.finditer(text, view.start, view.end):
        for organ in _ORGAN_WORD.finditer(text, m.start(), m.end()):
            if not any(w.start <= organ.start() < w.end for w in whole):
                id = _ORGANS[organ[0].lower()]
                yield Mention("indication", id, organ.start(), organ.end(), organ[0], False)


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
