"""Studies of a benchmark: one row a trial family, its latest cut, and why a value is or is not pooled.

Interim, update, final and congress reports of one trial are one family: the latest cut is the row, the others are its
history. A later report of a small part of the patients does not displace the whole. Nothing is pooled whose counts are
not printed (unless asked), whose source does not re-read, that was read with little confidence, or that is retracted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ._arms import COMPARATORS, best_of, of_study, other_arms, other_tumours, tier, whole_group
from ._counts import Count, barred, count
from ._evidence import Held, Paper
from ._overlap import Earlier, earlier, latest
from ._request import Request


@dataclass(frozen=True, slots=True)
class Study:
    """One row: the values it shows, its counts, and what a reader must know of it."""

    family: str
    held: tuple[Held, ...]  # one; several where arms are summed
    papers: tuple[Paper, ...]  # the row's own paper first
    count: Count | None = None
    not_pooled: str | None = None
    arm: str | None = None
    population: str | None = None
    dose: str | None = None
    phases: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    indications: tuple[str, ...] = ()
    history: tuple[Earlier, ...] = ()
    beside: tuple[Held, ...] = ()  # follow-up and landmark rates of the same paper, for times
    flags: tuple[str, ...] = ()
    comparator: bool = False
    mixed: bool = False  # patients with other tumours than the asked one are counted too

    @property
    def paper(self) -> Paper:
        return self.papers[0]

    @property
    def year(self) -> str | None:
        return (self.paper.date or "")[:4] or None

    @property
    def label(self) -> str:
        """Author, year and trial: what tables and plots call the study."""
        name = self.paper.source.label
        name = f"{name} ({self.family})" if self.family not in name else name
        part = self.arm or self.population or self.dose
        return f"{name}: {part}" if part and len(self.held) == 1 else name


def build(family: str, values: Sequence[Held], papers: Mapping[str, Paper], request: Request) -> Iterator[Study]:
    """The rows of one family: its latest cut, one row (or one an arm, dose or population where asked)."""
    own = [papers[d] for d in dict.fromkeys(h.outcome.document for h in values) if d in papers]
    firsthand = [p for p in own if p.kind != "review"] or own
    record = [papers[family]] if family in papers and family not in {p.id for p in own} else []
    cuts: dict[str, list[Held]] = {p.id: [h for h in values if h.outcome.document == p.id] for p in firsthand}

    def poolable(h: Held) -> bool:
        return not isinstance(count(h, request), str)

    order = latest(cuts, papers, poolable)
    for d in order if request.include_all else order[:1]:
        rows = list(_rows(family, cuts[d], [papers[d], *(p for p in own if p.id != d), *record], request))
        used = {h.id for r in rows for h in r.held}
        rest = () if request.include_all else tuple(earlier(d, order, cuts, papers, used))
        for i, row in enumerate(rows):
            yield replace(row, history=rest if i == 0 else ())


def _rows(family: str, values: Sequence[Held], papers: Sequence[Paper], request: Request) -> Iterator[Study]:
    """The rows of one report."""
    kept = whole_group(values, bool(other_tumours(papers[0], request)), request)
    groups: dict[str | None, list[Held]] = {}
    for h in kept:
        groups.setdefault(_part(h, request), []).append(h)
    if request.per == "study":
        picked = of_study(kept, request)
        if picked:
            row = _row(family, picked, papers, request)
            yield replace(row, flags=(*row.flags, *other_arms(picked, kept)))
        return
    for name in groups:
        best = best_of(groups[name], request)
        if best:
            yield _row(family, (best,), papers, request, name)


def _part(h: Held, request: Request) -> str | None:
    o = h.outcome
    if request.per == "dose" or request.by == "dose":
        return o.population.dose_level if o.population else None
    if request.per == "population":
        return " ".join(x for x in (o.population.subgroup, o.population.analysis_set) if x) if o.population else None
    return o.arm.label if o.arm else None


def _row(
    family: str, picked: tuple[Held, ...], papers: Sequence[Paper], request: Request, part: str | None = None
) -> Study:
    """A row with its counts, or with the reason why it has none."""
    counts = [count(h, request) for h in picked]
    why = next((b for h in picked if (b := barred(h, papers[0], request))), None)
    why = why or next((c for c in counts if isinstance(c, str)), None)
    whole = [c for c in counts if isinstance(c, Count)]
    total = Count(sum(c.events for c in whole), sum(c.total for c in whole), any(c.derived for c in whole))
    first = picked[0].outcome
    alone = len(picked) == 1
    return Study(
        family,
        picked,
        tuple(papers),
        total if len(whole) == len(picked) and request.sort == "share" else None,
        None if request.sort != "share" else why,
        (part if request.per == "arm" else first.arm.label if first.arm and alone else None),
        first.population.subgroup if first.population and alone else None,
        first.population.dose_level if first.population and alone else None,
        _phases(papers),
        tuple(dict.fromkeys([p.line for p in papers if p.line] + list(_terms(papers, "line")))),
        _terms(papers, "target"),
        _terms(papers, "indication"),
        flags=tuple(_flags(picked, papers, request)),
        comparator=bool(alone and first.arm and first.arm.role in COMPARATORS),
        mixed=bool(other_tumours(papers[0], request)) and not _asked_alone(picked, request),
    )


def _asked_alone(picked: Sequence[Held], request: Request) -> bool:
    """Whether the values are of the asked tumour's patients and of no others."""
    return {tier(h, request) for h in picked} == {"match"}


def _terms(papers: Sequence[Paper], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for p in papers for t in p.terms(kind)))


def _phases(papers: Sequence[Paper]) -> tuple[str, ...]:
    """The phases that the first of the papers to name one names."""
    named = next((t for p in papers if (t := p.terms("phase"))), ())
    return tuple(sorted({x for t in named for x in t.split("/")}))


def _flags(picked: Sequence[Held], papers: Sequence[Paper], request: Request) -> Iterator[str]:
    """What the validators say, and what a reader must know."""
    if len(picked) > 1:
        yield f"sum of {len(picked)} arms"
    yield from dict.fromkeys(f for h in picked for f in h.outcome.flags)
    origins = {h.outcome.origin for h in picked}
    if "citation" in origins:
        yield "cited, not read from the source"
    if "human" in origins:
        yield "corrected by a person"
    if papers[0].kind == "review":
        yield "from a review"
    if papers[0].source.kind == "preprint":
        yield "preprint"
    if papers[0].source.retracted:
        yield "RETRACTED"
    other = other_tumours(papers[0], request)
    if other:
        yield (
            "the asked tumour's patients alone"
            if _asked_alone(picked, request)
            else f"patients with other tumours too ({', '.join(other[:3])})"
        )
