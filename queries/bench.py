"""Benchmark an endpoint: what has been reached, by whom, in how many patients, how sure, pooled with a forest plot.

One row a study: the latest cut of each trial family, the earlier ones as its history. Background, derived and
low-confidence values and medians are not pooled. Every number leads to an outcome row and its span in a stored text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import click

from trialkb import kb
from trialkb.errors import BadInput

from . import (
    _bench_cells,
    _bench_plot,
    _bench_views,
    _freezer,
    _gather,
    _lines,
    _overlap,
    _paragraph,
    _request,
    _studies,
    _wide,
    _wide_views,
)  # fmt: skip
from ._pool import METHODS, Pooled
from ._request import WHY_NOT, Request
from ._studies import Study

VIEWS: tuple[click.Parameter, ...] = (
    click.Option(["--sort"], type=click.Choice(["year", "value", "n"]), default="year", show_default=True, help="Order."),
    click.Option(["--plot"], multiple=True, type=click.Path(dir_okay=False), help="Forest plot to FILE.svg or FILE.png."),
    click.Option(["--metafor"], type=click.Path(dir_okay=False), help="R script with the same data and figures."),
    click.Option(["--lang"], type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the plot."),
    click.Option(["--leave-one-out", "without"], is_flag=True, help="Pool again without each study in turn."),
    click.Option(["--paragraph"], type=click.Choice(["en", "zh"]), help="Two to four sentences for a protocol, with evidence."),
    click.Option(["--appendix"], is_flag=True, help="Every number with its source sentence, document and offsets."),
    click.Option(["--cite", "form"], type=click.Choice(["nlm", "ama", "ris", "bibtex", "csl", "nbib"]), help="The citations."),
    click.Option(["--md"], is_flag=True, help="Markdown."),
    click.Option(["--html"], is_flag=True, help="One HTML page, the plot in it."),
    click.Option(["--frozen"], help="The evidence frozen under this name ('trialkb freeze'); no other question beside it."),
)  # fmt: skip
OPTIONS: tuple[click.Parameter, ...] = (*_request.OPTIONS, *VIEWS)


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    studies: tuple[Study, ...]
    pooled: Pooled | None


@dataclass(frozen=True, slots=True)
class Answer:
    request: Request
    studies: tuple[Study, ...]
    pooled: Pooled | None
    sensitivity: Pooled | None = None
    why_none: str | None = None  # why there is no pooled value
    groups: tuple[Group, ...] = ()
    without: tuple[tuple[str, Pooled], ...] = ()
    steps: tuple[_gather.Step, ...] = ()
    generation: str | None = None
    notes: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    view: Mapping[str, Any] = field(default_factory=dict)

    @property
    def used(self) -> tuple[Study, ...]:
        """The studies that are pooled."""
        return tuple(s for s in self.studies if s.count and not s.not_pooled)


def run(db: sqlite3.Connection, **options: Any) -> Answer | _wide.Wide:
    """The table, the pooled value and the files asked for.

    Raises BadInput for words nobody knows, contradictory filters, an empty result and a plot of what cannot be pooled.
    """
    if _wide.asked(options):
        return _wide.run(db, options)
    if options.get("frozen"):
        return _freezer.thaw(db, options, answer, ask, finish)
    request = _request.read(options)
    if request.sort != "share" and (options.get("plot") or options.get("metafor") or request.by):
        raise BadInput(f"{request.endpoint} cannot be pooled or plotted: it {WHY_NOT[request.sort]}")
    return finish(ask(db, request), options)


def ask(db: sqlite3.Connection, request: Request) -> Answer:
    """The answer to a question, from the kb as it stands."""
    held = _gather.gather(db, request)
    return answer(request, held, kb.meta(db, "generation"))


def answer(request: Request, held: _gather.Gathered, generation: str | None) -> Answer:
    """The studies of what was gathered, pooled; a pure function of its input."""
    studies = [s for f in held.families for s in _studies.build(f, held.families[f], held.papers, request)]
    studies = [replace(s, beside=tuple(held.beside.get(s.paper.id, ()))) for s in studies]
    found = Answer(request, tuple(studies), None, steps=held.steps, generation=generation)
    return _pooled(replace(found, notes=tuple(_notes(found))))


def _pooled(a: Answer) -> Answer:
    from ._pool import caution, pool

    r = a.request
    if r.sort != "share":
        return replace(a, why_none=f"{r.endpoint} {WHY_NOT[r.sort]}")
    used = a.used
    if not used:
        return replace(a, why_none="no study has counts that may be pooled")
    shared = _counted_twice(a)
    if shared and not r.include_all:
        return replace(a, why_none=shared)
    x, n = [s.count.events for s in used if s.count], [s.count.total for s in used if s.count]
    whole = pool(x, n, r.method)
    hk = pool(x, n, "REML-HK") if len(x) > 1 and whole.tau2 is not None and r.method != "REML-HK" else None
    said = [caution(len(x)), *whole.notes]
    if r.method == "FT":
        said.append("Freeman-Tukey was asked for: its back-transformed value can mislead; compare the binomial GLMM")
    groups = tuple(_groups(a)) if r.by else ()
    why = "one study: nothing to pool" if len(x) == 1 else None
    return replace(
        a,
        pooled=whole,
        sensitivity=hk,
        groups=groups,
        why_none=why,
        notes=(*a.notes, *(s for s in said if s and s != why)),
    )


def _counted_twice(a: Answer) -> str | None:
    """Why rows that share patients are not pooled, or None."""
    names = [s.family for s in a.used]
    if a.request.per == "population" and len(set(names)) < len(names):
        return "rows of one study share patients: nothing is pooled; ask without --per population"
    return None


def _groups(a: Answer) -> Iterator[Group]:
    from ._pool import pool

    names = dict.fromkeys(_group(s, a.request) for s in a.studies)
    for name in sorted(names, key=_lines.order):
        members = tuple(s for s in a.studies if _group(s, a.request) == name)
        counts = [s.count for s in members if s.count and not s.not_pooled]
        pooled = pool([c.events for c in counts], [c.total for c in counts], a.request.method) if counts else None
        yield Group(name, members, pooled)


def _group(s: Study, r: Request) -> str:
    """The subgroup a study belongs to."""
    if r.by == "phase":
        return "/".join(sorted(s.phases)) or "phase not stated"
    if r.by == "line":
        return _lines.of(s.lines)
    if r.by == "dose":
        return s.dose or "dose level not stated"
    asked = [t for t in s.targets if not r.target or t in r.wanted("target")]
    return "+".join(sorted(asked)) or "target not stated"


def _notes(a: Answer) -> Iterator[str]:
    """What a reader must know before the number is used."""
    left = [s for s in a.studies if s.not_pooled]
    if a.request.sort == "share" and left:
        yield f"{len(left)} of {len(a.studies)} rows are not pooled: " + "; ".join(
            f"{s.label}: {s.not_pooled}" for s in left
        )
    if a.request.include_all:
        yield (
            "!! --include-all: every cut of every trial is a row of its own, so PATIENTS ARE COUNTED MORE THAN ONCE and the "
            "interval is too narrow; do not cite the pooled value"
        )
    yield from _overlap.sharing(a.used)
    mixed = [s.label for s in a.used if s.mixed]
    if mixed:
        yield (
            f"{len(mixed)} of {len(a.used)} pooled rows hold patients with other tumours too, so the pooled value is not of "
            f"{' or '.join(a.request.indication)} alone: {'; '.join(mixed)}"
        )
    if any(s.count and s.count.derived for s in a.used):
        yield "numerators marked * are computed: from a printed percentage and n, or as a sum of printed counts"


def finish(a: Answer, options: Mapping[str, Any]) -> Answer:
    """The answer in the order and with the files asked for."""
    keys = {
        "year": lambda s: (s.year or "", s.label),
        "value": lambda s: (-(s.count.events / s.count.total) if s.count else 1, s.label),
        "n": lambda s: (-(s.count.total if s.count else 0), s.label),
    }
    key = keys[options.get("sort") or "year"]
    a = replace(a, studies=tuple(sorted(a.studies, key=key)), view=dict(options))
    a = replace(a, groups=tuple(replace(g, studies=tuple(sorted(g.studies, key=key))) for g in a.groups))
    if options.get("without") and len(a.used) > 1:
        a = replace(a, without=tuple(_without(a)))
    files, notes = _bench_plot.files(a, options)
    return replace(a, files=files, notes=(*a.notes, *notes))


def _without(a: Answer) -> Iterator[tuple[str, Pooled]]:
    from ._pool import leave_one_out

    counts = [s.count for s in a.used if s.count]
    parts = leave_one_out([c.events for c in counts], [c.total for c in counts], a.request.method)
    yield from ((s.label, p) for s, p in zip(a.used, parts, strict=True))


def text(a: Answer | _wide.Wide) -> Iterator[str]:
    """The table, and what else was asked for, in the form asked for."""
    if isinstance(a, _wide.Wide):
        yield from _wide_views.text(a)
        return
    if a.view.get("html"):
        yield _bench_views.html(a)
        return
    yield from _bench_views.markdown(a) if a.view.get("md") else _bench_views.plain(a)


def rows(a: Answer | _wide.Wide) -> Iterator[Mapping[str, Any]]:
    """One row a study, flat."""
    yield from _wide_views.flat(a) if isinstance(a, _wide.Wide) else _bench_views.flat(a)


def data(a: Answer | _wide.Wide) -> Mapping[str, Any]:
    """{"studies": [...], "pooled": {...}, ...}; proportions are between 0 and 1, values as printed."""
    if isinstance(a, _wide.Wide):
        return _wide_views.data(a)
    return {
        "question": a.request.words(),
        "endpoint": a.request.endpoint,
        "generation": a.generation,
        "studies": [_bench_cells.study(s) for s in a.studies],
        "pooled": _bench_cells.pooled(a.pooled, a.why_none),
        "sensitivity": _bench_cells.pooled(a.sensitivity, None) if a.sensitivity else None,
        "groups": [
            {"name": g.name, "studies": [s.label for s in g.studies], "pooled": _bench_cells.pooled(g.pooled, None)}
            for g in a.groups
        ],
        "leave_one_out": [{"without": name, **_bench_cells.pooled(p, None)} for name, p in a.without],
        "steps": [{"filter": s.filter, "values": s.values, "documents": s.documents} for s in a.steps],
        "notes": list(a.notes),
        "paragraph": _paragraph.write(a, a.view["paragraph"]) if a.view.get("paragraph") else None,
        "appendix": [dict(r) for r in _paragraph.appendix(a)],
    }


__all__ = ["METHODS", "Answer", "Group", "ask", "answer", "finish", "run"]
