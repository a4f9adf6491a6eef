"""Overlap: the cuts of one trial in order, and studies of different trials that may share patients.

The latest cut that holds counts of most of the patients stands for its family; the others are its history.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

from ._evidence import Held, Paper

_CUTS = {"interim": 0, "update": 1, "final": 2}
PART = 0.8  # a later cut with fewer than this share of an earlier one's patients is a part of it
YEARS = 5  # reports further apart are taken to be of other patients


@dataclass(frozen=True, slots=True)
class Earlier:
    """A value of the same patients that is not pooled, and why."""

    held: Held
    why: str


class Row(Protocol):
    """What is asked of a study here."""

    @property
    def family(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def year(self) -> str | None: ...
    @property
    def papers(self) -> tuple[Paper, ...]: ...
    @property
    def targets(self) -> tuple[str, ...]: ...
    @property
    def indications(self) -> tuple[str, ...]: ...


def latest(cuts: Mapping[str, list[Held]], papers: Mapping[str, Paper], poolable: Callable[[Held], bool]) -> list[str]:
    """Documents of a family, the one to show first: the latest that holds counts of most of the patients."""

    def size(d: str) -> int:
        return max((h.outcome.denominator or 0 for h in cuts[d]), default=0)

    whole = max((size(d) for d in cuts), default=0)

    def rank(d: str) -> tuple[object, ...]:
        p = papers[d]
        full = size(d) >= PART * whole
        return any(poolable(h) for h in cuts[d]), full, p.date or "", _CUTS.get(p.cut or "", 1), size(d), d

    return sorted(cuts, key=rank, reverse=True)


def earlier(
    shown: str, order: Sequence[str], cuts: Mapping[str, list[Held]], papers: Mapping[str, Paper], used: set[str]
) -> Iterator[Earlier]:
    """What the family says besides the row, and why it is not pooled."""
    mine = papers[shown].date or ""
    for d in order:
        for h in cuts[d]:
            if h.id in used:
                continue
            if d == shown:
                why = "same patients, another value of the same report"
            elif (papers[d].date or "") > mine:
                why = "later report without printed counts of as many patients"
            else:
                why = "earlier report of the same trial"
            yield Earlier(h, why)


def sharing(studies: Sequence[Row]) -> Iterator[str]:
    """Pairs of (pooled) studies that may share patients: one product or agent, one site or sponsor, years that meet."""
    for a, b in combinations(studies, 2):
        if a.family == b.family:
            continue
        common = _common(a, b)
        years = [int(s.year) for s in (a, b) if s.year and s.year.isdigit()]
        if common and (len(years) < 2 or abs(years[0] - years[1]) <= YEARS):
            yield f"{a.label} and {b.label} may share patients: {', '.join(common)}"


def _common(a: Row, b: Row) -> list[str]:
    """What two studies have in common that patients might be: agent and (site or sponsor or author)."""
    if a.indications and b.indications and not set(a.indications) & set(b.indications):
        return []
    products = {_agent(p.product) for p in a.papers if p.product} & {_agent(p.product) for p in b.papers if p.product}
    targets = set(a.targets) & set(b.targets)
    sponsors = {p.sponsor for p in a.papers if p.sponsor} & {p.sponsor for p in b.papers if p.sponsor}
    sites = {f for p in a.papers for f in p.facilities} & {f for p in b.papers for f in p.facilities}
    people = _authors(a) & _authors(b)
    where = (
        [f"sponsor {x}" for x in sorted(sponsors)[:1]]
        + [f"site {x}" for x in sorted(sites)[:1]]
        + [f"author {x}" for x in sorted(people)[:1]]
    )
    agent = [f"agent {x}" for x in sorted(products) if x][:1] or [f"target {x}" for x in sorted(targets)][:1]
    return agent + where if agent and where else []


def _authors(row: Row) -> set[str]:
    """The people who wrote a row's papers (a registry record's sponsor is none)."""
    return {n.initials for p in row.papers if p.source.kind != "report" for n in p.source.authors}


def _agent(product: str | None) -> str:
    return re.sub(r"[^a-z0-9]", "", (product or "").split("(")[0].lower())
