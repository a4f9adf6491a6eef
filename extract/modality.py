"""Modality: what kind of cells the study gives, and where they come from.

Fields: modality (CAR-T, CAR-NK, TCR-T, TIL ...) and modality.source (autologous, allogeneic, cord_blood, donor, ipsc).
Cells of a prior therapy, of an exclusion criterion, of a comparison or of the field at large are not this study's. What
an article's words do not say (the source of a named product) is not its finding; a registered trial's product tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from trialkb.records import Document, Finding

from ._context import View, around, finding, is_cellular, products_in, views
from ._rules import any_of, using


def find(document: Document) -> Iterator[Finding]:
    """Modality, source and construct findings, each value once."""
    seen = list(views(document))
    found = list(_modalities(document, seen))
    yield from found
    values = {f.value for f in found}
    if values or is_cellular(document):
        yield from _sources(document, seen, values)


def _tiers(seen: list[View]) -> Iterator[list[View]]:
    yield [v for v in seen if v.rank == "name"]
    yield [v for v in seen if v.rank == "text"]
    yield [v for v in seen if v.section == "keywords" or v.section == "conditions"]
    yield [v for v in seen if v.rank == "more"]
    yield [v for v in seen if v.rank == "background"]


_ENGINEERED = {"NK": "CAR-NK", "CTL": "CAR-T", "NKT": "CAR-NKT", "gd-T": "CAR-gdT"}
_CAR_T = re.compile(r"CAR[\s-]?T\b|CART\b|chimeric antigen receptor", re.I)
_AFTER = re.compile(r"\b(?:after|post|following)\b[\w\s/,-]{0,40}$", re.I)
_BESIDE = re.compile(r"CAR[\s-]?T(?:[\s-]cells?)?\s?(?:/|,|\+|and\b|followed by)[^.;]{0,40}CTL")
_RECEPTOR = re.compile(
    r"[Cc]himeric (?:[Aa]ntigen |immuno|T[\s-]?cell )?\w{0,24}[Rr]eceptors?|"
    r"(?<![A-Za-z])(?:[\w.]{0,24}[\d.])?CARs?\d*(?![A-Za-z])|"
    r"\b4SCAR|\b(?:LU|SYN|L|JW|Ori|Uni|p)CAR-?[A-Z0-9]|嵌合抗原受体"
)


def _modalities(document: Document, seen: list[View]) -> Iterator[Finding]:
    """The first tier that names a kind of cell; cells that a later tier tells to carry a CAR are CAR cells."""
    tiers = list(_tiers(seen))
    for i, tier in enumerate(tiers):
        beside = any(_BESIDE.search(v.normal.text) for v in tier)
        found = _settle(list(_rules(document, tier)) + list(_products(document, tier)), beside=beside)
        if found:
            values = {f.value for f in found}
            later = [f for t in tiers[i + 1 : 2] for f in _settle(list(_rules(document, t)))]
            yield from _settle([_engineered(f, later, values) for f in found], beside=beside)
            return
        if i == 0 and document.kind == "trial" and _only_prior(tier):
            return
    yield from _receptor(document, [v for t in tiers[:2] for v in t])


def _only_prior(names: list[View]) -> bool:
    """The title speaks of CAR cells given before, and the study gives something else."""
    given = [v for v in names if v.section == "interventions"]
    title = next((v.normal.text for v in names if v.section == "title"), "")
    after = any(_AFTER.search(around(title, m.start(), m.end(), 60)[0]) for m in _CAR_T.finditer(title))
    return after and bool(given) and not any(_RECEPTOR.search(v.normal.text) for v in given)


def _engineered(f: Finding, later: list[Finding], values: set[str]) -> Finding:
    more = _ENGINEERED.get(f.value)
    return f if more in values else next((x for x in later if x.value == more), f)


def _receptor(document: Document, part: list[View]) -> Iterator[Finding]:
    """A chimeric receptor with no word for the cell: T cells, as a rule."""
    for view in part:
        m = _RECEPTOR.search(view.normal.text, view.start, view.end)
        if m and not _other(view.normal.text, m.start(), m.end()):
            yield finding(document, view, "modality", "CAR-T", m.start(), m.end(), "modality.receptor", confidence=0.8)
            return


def _rules(document: Document, tier: list[View]) -> Iterator[Finding]:
    engineered = any(_RECEPTOR.search(v.normal.text) for v in tier)
    for view in tier:
        text = view.normal.text
        lower = text.lower()
        for rule in using("modality", "kind"):
            for m in rule.pattern.finditer(text, view.start, view.end) if rule.may(lower) else ():
                if rule.value == "TCR-T" and _in_nk(text, m):
                    continue
                if not _other(text, m.start(), m.end()) and (engineered or _given(rule.value, text, m)):
                    yield finding(document, view, "modality", rule.value, m.start(), m.end(), rule.id)
                    break


def _in_nk(text: str, m: re.Match[str]) -> bool:
    """A T-cell receptor in NK cells makes no T cells of them."""
    near = text[max(0, m.start() - 60) : m.end() + 60]
    return bool(re.search(r"\bNK\b|natural killer", near, re.I)) and not re.search(
        r"\bT cells?\b(?! receptor)|TCR-T", near
    )


_NATURAL = frozenset({"NK", "NKT", "CTL", "gd-T", "DC", "TIL"})  # cells that everyone has
_GIVEN = re.compile(
    r"infus|inject|therap|transf|administ|adoptive|product|expand|donor|allogeneic|autologous|haplo|engineered|derived|"
    r"vaccin|treat|dose|activated|generat|\bin (?:\w+[- ]){0,3}(?:cancer|carcinoma|melanoma|leuk|lympho|myeloma|tumou?r|sarcoma)|"
    r"输注|回输|治疗|疗法|注射|疫苗",
    re.I,
)


def _given(value: str, text: str, m: re.Match[str]) -> bool:
    """Cells that everyone has are a therapy where words of giving or making stand near them."""
    if value not in _NATURAL:
        return True
    left, right = around(text, m.start(), m.end(), 80)
    return bool(_GIVEN.search(left) or _GIVEN.search(m[0]) or _GIVEN.search(right))


def _other(text: str, start: int, end: int) -> bool:
    """The words around say that it belongs to a prior therapy, an exclusion, a comparison or the field at large."""
    left, right = around(text, start, end, 80)
    return bool(any_of("modality", "before").search(left) or any_of("modality", "after").match(right))


def _products(document: Document, tier: list[View]) -> Iterator[Finding]:
    for view in tier:
        for product, start, end in products_in(view):
            if product.modality and not _other(view.normal.text, start, end):
                detail = {"product": product.product, "citation": product.citation}
                yield finding(
                    document, view, "modality", product.modality, start, end, "modality.product", detail=detail
                )


_COVERED = {
    "CAR-NKT": {"NKT", "CAR-T", "CAR-NK", "NK"},
    "CAR-NK": {"NK"},
    "CAR-gdT": {"gd-T", "CAR-T"},
    "CAR-CIK": {"CIK"},
    "DC-CIK": {"CIK"},
    "CAR-DC": {"DC"},
    "CAR-T": {"TCR-T"},
    "in-vivo CAR": {"CAR-T"},
}


def _settle(found: list[Finding], *, beside: bool = False) -> list[Finding]:
    """Each value once; a kind that only names a part of a more exact one is dropped, and CTLs unless given beside CAR-T."""
    values = {f.value for f in found}
    covered = {c for v in values for c in _COVERED.get(v, ())}
    if any(f.rule == "modality.TCR-T.1" for f in found):
        covered.discard("TCR-T")
    if "CAR-T" in values and not beside:
        covered.add("CTL")
    if "OV" in values and len(values) > 1:
        covered.add("OV")
    kept: dict[str, Finding] = {}
    for f in found:
        if f.value not in covered:
            kept.setdefault(f.value, f)
    return list(kept.values())


def _sources(document: Document, seen: list[View], values: set[str]) -> Iterator[Finding]:
    for tier in _tiers(seen):
        found: dict[str, Finding] = {}
        for f in [*_source_words(document, tier), *_source_products(document, tier)]:
            found.setdefault(f.value, f)
        if found:
            yield from found.values()
            return


def _source_words(document: Document, tier: Iterable[View]) -> Iterator[Finding]:
    for view in tier:
        text = view.normal.text
        lower = text.lower()
        for rule in using("modality", "source"):
            for m in rule.pattern.finditer(text, view.start, view.end) if rule.may(lower) else ():
                if not _other(text, m.start(), m.end()):
                    yield finding(document, view, "modality.source", rule.value, m.start(), m.end(), rule.id)
                    break


def _source_products(document: Document, tier: Iterable[View]) -> Iterator[Finding]:
    if document.kind != "trial":
        return  # what the words of an article do not say is not its finding
    for view in tier:
        for product, start, end in products_in(view):
            if product.source:
                detail = {"product": product.product, "citation": product.citation}
                yield finding(
                    document, view, "modality.source", product.source, start, end, "source.product", detail=detail
                )
