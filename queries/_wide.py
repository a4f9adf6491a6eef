"""Wide table: every endpoint of a benchmark's question side by side, a row a study (or arm, dose or population).

A column is the benchmark of one endpoint: the same filters, the same latest cut with counts, the same arms. A study's
endpoints may therefore come from different reports of it; each cell keeps its outcome rows and their places. Nothing is
pooled here: patients of an endpoint differ from column to column.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from trialkb import kb
from trialkb.errors import BadInput

from . import _gather, _request, _studies
from ._evidence import Paper
from ._studies import Study

COLUMNS = (
    "ORR", "CR", "PR", "DCR", "MRD_NEG", "DOR", "PFS", "EFS", "OS", "CRS", "CRS>=3", "ICANS", "ICANS>=3", "DLT",
    "TREATMENT_RELATED_DEATH",
)  # fmt: skip
TUMOURS = ("patients with other tumours", "the asked tumour's")  # said of a cell, not of a row
ONE_ONLY = {
    "grade": "--grade", "by": "--by", "plot": "--plot", "metafor": "--metafor", "without": "--leave-one-out",
    "paragraph": "--paragraph", "frozen": "--frozen",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One study (or a part of it) with the benchmark row of each endpoint that it reports."""

    family: str
    part: str | None  # the arm, dose level or population, where rows are those
    cells: Mapping[str, Study]  # column -> the row of that endpoint's benchmark

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The reports that the cells come from, the latest first."""
        found = {s.paper.id: s.paper for s in self.cells.values()}
        return tuple(sorted(found.values(), key=lambda p: (p.date or "", p.id), reverse=True))

    @property
    def first(self) -> Study:
        """The cell of the latest report: what names the row."""
        return next(s for s in self.cells.values() if s.paper.id == self.papers[0].id)

    @property
    def arm(self) -> str | None:
        """The one arm that all cells are of, where they are of one."""
        arms = {s.arm if len(s.held) == 1 else None for s in self.cells.values()}
        return next(iter(arms)) if len(arms) == 1 else None

    @property
    def label(self) -> str:
        name = self.papers[0].source.label
        name = f"{name} ({self.family})" if self.family not in name else name
        part = self.part or self.arm
        return f"{name}: {part}" if part else name

    @property
    def year(self) -> str | None:
        return (self.papers[0].date or "")[:4] or None

    @property
    def flags(self) -> tuple[str, ...]:
        """What a reader must know of the row; what concerns single values is marked in their cells."""
        said = dict.fromkeys(f for s in self.cells.values() for f in s.flags)
        return tuple(f for f in said if f not in ("recalled", "relayed") and not f.startswith(TUMOURS))

    @property
    def size(self) -> int:
        """The most patients that an endpoint counts."""
        return max((h.outcome.denominator or 0 for s in self.cells.values() for h in s.held), default=0)


@dataclass(frozen=True, slots=True)
class Wide:
    question: str
    columns: tuple[str, ...]  # those that hold anything
    rows: tuple[Row, ...]
    per: str
    generation: str | None
    legend: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    view: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


def asked(options: Mapping[str, Any]) -> bool:
    """Whether all endpoints are asked for."""
    return str(options.get("endpoint") or "").strip().lower() in _request.ALL


def run(db: sqlite3.Connection, options: Mapping[str, Any]) -> Wide:
    """The table. Raises BadInput for what needs one endpoint, and where no endpoint has a study."""
    for name, flag in ONE_ONLY.items():
        if options.get(name):
            raise BadInput(
                f"{flag} needs one endpoint; --endpoint all is a table of what each study reports, not pooled"
            )
    found: dict[tuple[str, str | None], dict[str, Study]] = {}
    empty = ""
    for column in COLUMNS:
        request = _request.read({**options, "endpoint": column, "derived": True})
        try:
            held = _gather.gather(db, request)
        except BadInput as e:
            empty = empty or str(e)
            continue
        for family, values in held.families.items():
            for s in _studies.build(family, values, held.papers, request):
                found.setdefault((s.family, _part(s, request.per)), {})[column] = s
    if not found:
        raise BadInput(f"no endpoint of {', '.join(COLUMNS)} has a study; of {COLUMNS[0]}: {empty}")
    rows = [Row(family, part, cells) for (family, part), cells in found.items()]
    columns = tuple(c for c in COLUMNS if any(c in r.cells for r in rows))
    words = _request.read({**options, "endpoint": COLUMNS[0]}).words().partition(", ")[2]
    question = ", ".join(x for x in ("all endpoints", words) if x)
    keys = {
        "year": lambda r: (r.year or "", r.label),
        "n": lambda r: (-r.size, r.label),
        "value": lambda r: (_share(r), r.label),
    }
    ordered = sorted(rows, key=keys[options.get("sort") or "year"])
    per = options.get("per") or "study"
    return Wide(
        question,
        columns,
        tuple(ordered),
        per,
        kb.meta(db, "generation"),
        tuple(_legend(rows)),
        tuple(_notes(rows)),
        dict(options),
    )


def _part(s: Study, per: str) -> str | None:
    return {"arm": s.arm, "dose": s.dose, "population": s.population}.get(per)


def _share(r: Row) -> float:
    """For sorting: the first share of the row, the highest first."""
    counts = [s.count for s in r.cells.values() if s.count]
    return -counts[0].events / counts[0].total if counts else 1.0


def _legend(rows: list[Row]) -> Iterator[str]:
    """What the marks in the cells mean, of those that are there."""
    studies = [s for r in rows for s in r.cells.values()]
    flags = {f for s in studies for h in s.held for f in h.outcome.flags}
    if any(s.count and s.count.derived for s in studies):
        yield "* numerator computed: from a printed percentage and n, or a sum of printed counts"
    if "recalled" in flags:
        yield "† recalled: its source was not reopened"
    if "relayed" in flags:
        yield "‡ relayed: seen in another text than the paper cited"
    if any(s.mixed for s in studies):
        yield "§ patients with other tumours are counted too"
    if any(len(s.held) > 1 for s in studies):
        yield "Σ sum of the study's arms, its percentage computed"


def _notes(rows: list[Row]) -> Iterator[str]:
    yield "nothing is pooled in this table; ask for one endpoint (--endpoint ORR) to pool it"
    if any(len(r.papers) > 1 for r in rows):
        yield "a number of another report than the row's own is followed by that report in brackets"
