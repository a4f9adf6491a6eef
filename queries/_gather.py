"""Gather: the values that a benchmark's question leaves, with the count after each filter, and the papers they are from."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from trialkb import ids
from trialkb.errors import BadInput

from . import _lines
from ._evidence import Held, Paper, home, load, paper, same_trials
from ._request import Request

_STATISTICS = {"share": ("rate", "count"), "time": ("median", "km_rate"), "other": None}


@dataclass(frozen=True, slots=True)
class Step:
    """What one filter left."""

    filter: str
    values: int
    documents: int


@dataclass(frozen=True, slots=True)
class Gathered:
    families: dict[str, list[Held]]
    papers: dict[str, Paper]
    steps: tuple[Step, ...]
    beside: dict[str, list[Held]]  # document -> follow-up and landmark rates


@dataclass(frozen=True, slots=True)
class _Light:
    """A value before its record is read: enough to filter by."""

    id: str
    document: str
    around: tuple[str, ...]  # its document and the records of its trial
    background: str | None
    statistic: str
    grade: tuple[int | None, int | None]
    date: str | None


def gather(db: sqlite3.Connection, request: Request) -> Gathered:
    """All values the question asks for. Raises BadInput, naming the filter that emptied it, where there are none."""
    light, steps = _light(db, request), []
    steps.append(_step(f"endpoint {request.endpoint}", light))
    for name, keep in _filters(db, request):
        light = [x for x in light if keep(x)]
        steps.append(_step(name, light))
    if not light:
        raise BadInput(_empty(steps))
    wanted = {x.id for x in light}
    values = [h for h in load(db, request.stored, *_documents(light)) if h.id in wanted]
    around = sorted({d for x in light for d in x.around})
    papers = {d: p for d in around if (p := paper(db, d))}
    same = same_trials(db, sorted({x.document for x in light}))
    found: dict[str, list[Held]] = {}
    for h in values:
        found.setdefault(home(h, papers, same), []).append(h)
    return Gathered(found, papers, tuple(steps), _beside(db, request, light))


def _documents(light: Iterable[_Light]) -> tuple[str, tuple[Any, ...]]:
    held = json.dumps(sorted({x.document for x in light}))
    return "o.document_id IN (SELECT value FROM json_each(?))", (held,)


def _beside(db: sqlite3.Connection, request: Request, light: Iterable[_Light]) -> dict[str, list[Held]]:
    """Follow-up of each paper, for times."""
    found: dict[str, list[Held]] = {}
    if request.sort == "time":
        for h in load(db, ("FOLLOW_UP",), *_documents(light)):
            if not h.outcome.background and h.outcome.statistic == "median":
                found.setdefault(h.outcome.document, []).append(h)
    return found


def _light(db: sqlite3.Connection, request: Request) -> list[_Light]:
    marks = ",".join("?" * len(request.stored))
    cursor = db.execute(
        "SELECT o.id, o.document_id, o.study, a.registry_ids, o.background, o.statistic, o.grade_min, o.grade_max,"
        " coalesce(a.date, a.year, t.results_post_date, t.update_date) FROM outcome o"
        " LEFT JOIN article a ON a.document_id = o.document_id LEFT JOIN trial t ON t.document_id = o.document_id"
        f" WHERE o.endpoint IN ({marks})",
        request.stored,
    )
    rows = []
    for id, document, study, registry, background, statistic, low, high, date in cursor:
        held = json.loads(registry) if registry else []
        trials = [study] if study else held if len(held) == 1 else []
        around = dict.fromkeys([document, *(ids.normal(t) or t for t in trials)])
        rows.append(
            _Light(id, document, tuple(around), background, statistic, (low, high), str(date) if date else None)
        )
    return rows


def _step(name: str, light: list[_Light]) -> Step:
    return Step(name, len(light), len({x.document for x in light}))


def _filters(db: sqlite3.Connection, r: Request) -> Iterable[tuple[str, Callable[[_Light], bool]]]:
    """Each filter with its name, in the order they are applied."""
    statistics = _STATISTICS[r.sort]
    if statistics:
        yield f"as a {' or '.join(statistics)}", lambda x: x.statistic in statistics
    yield "of the study itself (not background)", lambda x: not x.background
    if r.safety:
        name = f"grade {r.name.partition('grade ')[2] or 'any'}"
        yield name, lambda x: _graded(x.grade, r)
    for kind in ("target", "modality", "indication", "phase"):
        if getattr(r, kind):
            about = _about(db, kind, r.wanted(kind) if kind != "phase" else frozenset(r.phase))
            yield f"{kind} {'/'.join(getattr(r, kind))}", lambda x, about=about: bool(about & set(x.around))  # type: ignore[misc]
    if r.line:
        wanted, said = _lines.asked(r.line), _line_words(db)
        yield f"line {r.line!r}", lambda x: _lines.of([w for d in x.around for w in said(d)]) == wanted
    if r.since:
        since = r.since
        yield f"since {since}", lambda x: bool(x.date and x.date[:4] >= since)
    if r.until:
        until = r.until
        yield f"until {until}", lambda x: bool(x.date and x.date[:4] <= until)


def _graded(grade: tuple[int | None, int | None], r: Request) -> bool:
    """Whether a value's grade is the one asked for; any grade is none said, or all from 1 up."""
    low, high = grade
    if r.grade is None:
        return low is None or (low <= 1 and (high is None or high >= 4))
    return low == r.grade[0] and (high == r.grade[1] or (r.grade[1] is None and high in (4, 5)))


def _about(db: sqlite3.Connection, kind: str, terms: frozenset[str]) -> set[str]:
    rows = db.execute(
        "SELECT document_id FROM concept WHERE kind = ? AND weight >= 0.5 AND term IN (SELECT value FROM json_each(?))",
        (kind, json.dumps(sorted(terms))),
    )
    return {r[0] for r in rows}


def _line_words(db: sqlite3.Connection) -> Callable[[str], list[str]]:
    """What a document says of the line of treatment; a cited paper says it in words of its own."""
    held: dict[str, list[str]] = {}
    for document, term in db.execute("SELECT document_id, term FROM concept WHERE kind = 'line' AND weight >= 0.5"):
        held.setdefault(document, []).append(term)
    articles = {r[0] for r in db.execute("SELECT document_id FROM article")}

    def words(document: str) -> list[str]:
        p = paper(db, document) if document in articles else None
        return [*([p.line] if p and p.line else []), *held.get(document, [])]

    return cache(words)


def _empty(steps: list[Step]) -> str:
    """Which filter emptied it, and the count after each."""
    culprit = next(s for s in steps if not s.values)
    trail = "; ".join(f"{s.filter}: {s.values} values in {s.documents} documents" for s in steps)
    return f"no study is left: {culprit.filter} emptied it ({trail})"
