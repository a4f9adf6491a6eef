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

from ._context import View, around, finding, named, views
from ._rules import any_of

_SELDOM = frozenset(  # mostly a checkpoint, a subset, an armour gene or an exclusion criterion
    ("PD-1", "PD-L1", "CTLA-4", "CD2", "CD4", "CD8", "CD45", "CD56", "CXCR4", "CXCR5")
    + ("HIV", "HBV", "TP53", "CMV", "SSTR2", "NKp30")
)
_OWN_CONSTRUCT = re.compile(r"[\s\-.]*(?:targeted |specific |directed )?(?:CAR|CSR|chimeric|TCR|CTL|VST)", re.I)
_JOINT = re.compile(
    r"^[\s,、/&+()×x\-]*(?:and/or|and|or|和|及|与|或|plus|with|anti|/)?[\s,、/&+()×\-]*(?:anti-?)?$", re.I
)
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:hu|fh|m|U|TT|auto)?CAR(?:[-. ]?T)?[-. ]?|Anti[- ]?)"
    r"(?P<n>19|20|22|30|33|38|70|123|138|5|7)(?:s|b|bb)?(?![A-Za-z0-9.,/%]|-\d)"
    r"|(?<![A-Za-z0-9])(?P<n2>19|20|22)[-.]?(?:28z|BBz|28ζ|BBζ|CAR|UCART)",
    re.I,
)


def find(document: Document) -> Iterator[Finding]:
    """The targets of the document's construct, each once, the strongest evidence first."""
    seen = [v for v in views(document) if v.rank not in ("criteria",)]
    names = [v for v in seen if v.rank == "name"]
    found = list(_construct(document, names)) + list(_products(document, names))
    if not found:
        for ranks in (("text",), ("list",), ("more",), ("background",)):
            part = [v for v in seen if v.rank in ranks and v.section != "conditions"]
            found = list(_construct(document, part)) or list(_products(document, part))
            if found:
                break
    if not found:
        found = list(_bare(document, names))
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
    return [m for m in named(view.normal.text) if m.kind == "target" and view.start <= m.start and m.end <= view.end]


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
                if _against(text, m):
                    continue
                yield finding(document, view, "target", m.id, m.start, m.end, "target.construct")
        for c in _CODE.finditer(text, view.start, view.end):
            id = "CD" + (c["n"] or c["n2"])
            yield finding(document, view, "target", id, c.start(), c.end(), "target.code")


def _framed(left: str, right: str) -> bool:
    return bool(
        any_of("target", "right").match(right)
        or any_of("target", "tight").search(left)
        or any_of("target", "left").search(left)
    )


def _against(text: str, m: Mention) -> bool:
    """Words beside the name that say it is no target."""
    left, right = around(text, m.start, m.end)
    if m.unsafe or any_of("target", "not_right").match(right) or any_of("target", "not_left").search(left):
        return True
    return m.id in _SELDOM and not _OWN_CONSTRUCT.match(right)


def _products(document: Document, part: list[View]) -> Iterator[Finding]:
    for view in part:
        for product, start, end in products.named(view.text):
            left, _ = around(view.text, start, end)
            if any_of("target", "not_left").search(left):
                continue
            for id in product.targets:
                detail = {"product": product.product, "citation": product.citation}
                at = view.start + start
                yield finding(
                    document, view, "target", id, at, view.start + end, "target.product", detail=detail
                )


def _bare(document: Document, names: list[View]) -> Iterator[Finding]:
    for view in names:
        text = view.normal.text
        for m in _mentions(view):
            if not _against(text, m):
                yield finding(document, view, "target", m.id, m.start, m.end, "target.title", confidence=0.7)
