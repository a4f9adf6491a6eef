"""Target: every antigen that the construct binds, as a lexicon id; never a marker, a population or a partner drug.

A name counts where construct words frame it (CD19 CAR-T, CAR targeting CD19 and CD22, anti-BCMA, 靶向CLDN18.2), where a
title or an intervention of a cell-therapy study names it without a sign to the contrary, or where the study's product
is known (products.tsv). HER2-negative, serum CEA, PD-L1 CPS, checkpoint antibodies and knock-outs do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from trialkb import products, terms
from trialkb.records import Document, Finding
from trialkb.terms import Mention

from ._context import View, around, finding, is_cellular, named, products_in, views
from ._rules import any_of

_SELDOM = frozenset(  # mostly a checkpoint, a subset, an armour gene, a mutation or an exclusion criterion
    t.id for t in terms.terms() if t.kind == "target" and any(x.startswith("note=") and "mostly" in x for x in t.xref)
)
_OWN_CONSTRUCT = re.compile(r"[\s\-.]*(?:targeted |specific |directed )?(?:CAR|CSR|chimeric|TCR|CTL|VST)", re.I)
_JOINT = re.compile(
    r"^[\s,、/&+()×x\-]*(?:and/or|and|or|和|及|与|或|plus|with|anti|/|"
    r"and other [a-z -]{0,30}antigens \((?:e\.g\.,? |such as )?)?[\s,、/&+()×\-]*(?:anti-?)?$",
    re.I,
)
_CD = "19|20|22|30|33|37|38|70|123|138"
_CODE = re.compile(  # CART-19, CAR20.19.22, CAR-20/19-T, CAR2219, 19-28z, 19(T2)28z1xx
    rf"(?<![A-Za-z0-9])(?<!MNC2-)(?:(?:hu|fh|[mU]|TT52|ss|auto|iC9[-/.])?CAR(?:[-.]?T)?[-./]?|CARTs?[ -])"
    rf"(?P<a>(?:{_CD})(?:[./&+]?(?:{_CD}))*|5|7)(?:s|b|bb|z)?(?![A-Za-z0-9%]|[.,/]\d|-\d|\s?(?:days?|weeks?|months?|patients))"
    rf"|(?<![A-Za-z0-9])CD(?:{_CD})(?P<c>(?:/(?:{_CD}))+)(?![A-Za-z0-9])"
    rf"|(?<![A-Za-z0-9.])(?P<b>19|20|22|1922|2019)[-.]?(?:\(T2\))?(?:28z|BBz|28ζ|BBζ|CAR|UCART)",
    re.I,
)
_CAR = re.compile(r"\b\w{0,4}CARs?(?![a-z])|CART|chimeric antigen|TCR|嵌合抗原受体")
_MUTATED = re.compile(
    r"[\s-]*(?:\([^)]*\)\s?)?(?:positive )?(?:\w\d+\w |exon )?(?:mutat|mutant|exon|status|gene\b|TKI|variant)", re.I
)
_HLA = re.compile(r"HLA-[A-C]\s?\*?\s?\d{2}(?::\d{2})?")
_LIGANDS = {  # a ligand CAR is recorded by the antigens that it binds
    t.id: tuple(x[6:] for x in t.xref if x.startswith("binds:"))
    for t in terms.terms()
    if t.kind == "target" and any(x.startswith("binds:") for x in t.xref)
}


def find(document: Document) -> Iterator[Finding]:
    """The targets of the document's construct, each once, the strongest evidence first."""
    seen = [v for v in views(document) if v.rank != "criteria"]
    names = [v for v in seen if v.rank == "name"]
    cells = is_cellular(document)
    found = (list(_construct(document, names)) if cells else []) + list(_products(document, names))
    if not found:
        for ranks in (("text",), ("list",), ("more",), ("background",)):
            part = [v for v in seen if v.rank in ranks and v.section != "conditions"]
            found = (list(_construct(document, part)) if cells else []) or list(_products(document, part))
            if found:
                break
    if not found and cells:
        found = list(_bare(document, names)) or list(_positive(document, seen))
    yield from _once(found)


def _once(found: Iterable[Finding]) -> Iterator[Finding]:
    values: set[str] = set()
    found = list(found)
    narrower = {b for f in found for b in terms.ancestors("target", f.value)}
    for f in found:
        if f.value not in values and f.value not in narrower:
            values.add(f.value)
            yield f


def _mentions(view: View) -> list[Mention]:
    """Targets named in the view, but not those that are only a piece of a product's name (CM-CS1)."""
    inside = [(a, b) for p, a, b in products.named(view.normal.text) if p.targets]
    return [
        m
        for m in named(view.normal.text)
        if m.kind == "target"
        and view.start <= m.start
        and m.end <= view.end
        and not any(a <= m.start and m.end <= b for a, b in inside)
    ]


def _chains(text: str, found: list[Mention]) -> Iterator[list[Mention]]:
    """Mentions that stand in one coordination (CD19/CD22, CD19 and CD20) are judged together."""
    chain: list[Mention] = []
    for m in found:
        if chain and not _JOINT.match(text[chain[-1].end : m.start]):
            yield chain
            chain = []
        chain.append(m)
    if chain:
        yield chain


def _construct(document: Document, part: list[View]) -> Iterator[Finding]:
    for view in part:
        text = view.normal.text
        for chain in _chains(text, _mentions(view)):
            left, right = around(text, chain[0].start, chain[-1].end)
            if not _framed(left, right):
                continue
            for m in chain:
                if not _against(text, m):
                    yield from _bound(document, view, m, "target.construct")
        for c in _CODE.finditer(text, view.start, view.end):
            for number in re.findall(_CD + "|5|7", c["a"] or c["b"] or c["c"]):
                yield finding(document, view, "target", "CD" + number, c.start(), c.end(), "target.code")


def _bound(document: Document, view: View, m: Mention, rule: str, confidence: float | None = None) -> Iterator[Finding]:
    """A finding for each antigen that the name stands for."""
    detail = {"ligand": m.id} if m.id in _LIGANDS else _restriction(view, m)
    for id in _LIGANDS.get(m.id, (m.id,)):
        yield finding(document, view, "target", id, m.start, m.end, rule, confidence=confidence, detail=detail)


def _restriction(view: View, m: Mention) -> dict[str, str] | None:
    """The HLA type that the words beside an antigen restrict it to."""
    text = view.normal.text
    hla = _HLA.search(text, max(view.start, m.start - 100), min(view.end, m.end + 100)) if "HLA" in text else None
    return {"hla": re.sub(r"\s", "", hla[0])} if hla else None


def _framed(left: str, right: str) -> bool:
    return bool(
        any_of("target", "right").match(right)
        or any_of("target", "tight").search(left)
        or any_of("target", "left").search(left)
    )


def _against(text: str, m: Mention, *, bare: bool = False) -> bool:
    """Words beside the name that say it is no target; a bare name may follow "expressing" (the disease does)."""
    left, right = around(text, m.start, m.end)
    if m.unsafe or any_of("target", "not_right").match(right) or any_of("target", "prior").search(left):
        return True
    if any_of("target", "not_left").search(left):
        return True
    if any_of("target", "armour").search(left) and not (bare or _OWN_CONSTRUCT.match(right)):
        return True
    return m.id in _SELDOM and not _OWN_CONSTRUCT.match(right)


def _products(document: Document, part: list[View]) -> Iterator[Finding]:
    for view in part:
        for product, start, end in products_in(view):
            left, _ = around(view.normal.text, start, end)
            if any_of("target", "prior").search(left):
                continue
            for id in product.targets:
                detail = {"product": product.product, "citation": product.citation}
                yield finding(document, view, "target", id, start, end, "target.product", detail=detail)


def _bare(document: Document, names: list[View]) -> Iterator[Finding]:
    for view in names:
        text = view.normal.text
        for m in _mentions(view):
            if not _against(text, m, bare=True) and not _MUTATED.match(text, m.end):
                yield from _bound(document, view, m, "target.title", 0.7)


def _positive(document: Document, seen: list[View]) -> Iterator[Finding]:
    """X-positive disease, where the document is about a CAR or TCR product that names no target."""
    if not any(_CAR.search(v.normal.text) for v in seen if v.rank in ("name", "text")):
        return
    for view in seen:
        if view.rank not in ("text", "more"):
            continue
        text = view.normal.text
        for chain in _chains(text, _mentions(view)):
            right = text[chain[-1].end : chain[-1].end + 60]
            if not any_of("target", "positive").match(right):
                continue
            for m in chain:
                if m.id not in _SELDOM and not _against(text, m, bare=True):
                    yield from _bound(document, view, m, "target.positive", 0.8)
