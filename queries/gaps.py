"""Gaps: trials by target, modality and phase, with recruiting competitors, empty cells, and completed trials without results.

A trial of two targets (or modalities) is counted under each. A result is found where the registry has posted some, a
paper is linked to the trial, or an outcome of it is held; what the kb does not hold may still be published.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from trialkb.errors import BadInput
from trialkb.terms import ancestors, descendants

from . import _paragraph, _request

PHASES = ("EARLY_PHASE1", "PHASE1", "PHASE1/PHASE2", "PHASE2", "PHASE2/PHASE3", "PHASE3", "PHASE4", "not stated")
RECRUITING = ("RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION")
NONE = "not stated"
OPTIONS: tuple[click.Parameter, ...] = (
    click.Option(["--indication"], multiple=True, help="gastric_cancer, 胃癌 ... (with all below it)."),
    click.Option(["--target"], multiple=True, help="Only these targets."),
    click.Option(["--modality"], multiple=True, help="Only these modalities."),
    click.Option(["--plot"], multiple=True, type=click.Path(dir_okay=False), help="Heat map to FILE.svg or FILE.png."),
    click.Option(["--limit"], type=click.IntRange(1, 500), default=40, show_default=True, help="Rows of the map."),
)


@dataclass(frozen=True, slots=True)
class Trial:
    id: str
    status: str | None
    phase: str
    completed: str | None
    title: str | None
    result: bool

    @property
    def recruits(self) -> bool:
        return self.status in RECRUITING


@dataclass(frozen=True, slots=True)
class Cell:
    target: str
    modality: str
    phase: str
    trials: tuple[Trial, ...]

    @property
    def recruiting(self) -> tuple[Trial, ...]:
        return tuple(t for t in self.trials if t.recruits)


@dataclass(frozen=True, slots=True)
class Answer:
    question: str
    total: int
    cells: tuple[Cell, ...]
    rows: tuple[tuple[str, str], ...]  # (target, modality), most trials first
    empty: tuple[tuple[str, str], ...]  # pairs of a target and a modality that no trial joins
    silent: tuple[Trial, ...]  # completed without a result found
    notes: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    def at(self, target: str, modality: str, phase: str) -> tuple[Trial, ...]:
        return next((c.trials for c in self.cells if (c.target, c.modality, c.phase) == (target, modality, phase)), ())


def run(
    db: sqlite3.Connection,
    indication: Sequence[str] = (),
    target: Sequence[str] = (),
    modality: Sequence[str] = (),
    plot: Sequence[str] = (),
    limit: int = 40,
    **_: Any,
) -> Answer:
    """The table of trials. Raises BadInput for unknown words and where no trial is left, naming what emptied it."""
    asked = {"indication": indication, "target": target, "modality": modality}
    ids = {kind: tuple(dict.fromkeys(_request.known(kind, w) for w in words)) for kind, words in asked.items()}
    trials = _trials(db, ids)
    about = {kind: _about(db, kind, [t.id for t in trials]) for kind in ("target", "modality")}
    cells: dict[tuple[str, str, str], list[Trial]] = {}
    blank = 0
    for t in trials:
        named = {k: _specific(k, about[k].get(t.id, ()), ids[k]) for k in about}
        if not named["target"] and not named["modality"]:
            blank += 1
            continue
        for a in named["target"] or (NONE,):
            for b in named["modality"] or (NONE,):
                cells.setdefault((a, b, t.phase), []).append(t)
    found = tuple(Cell(*key, tuple(held)) for key, held in sorted(cells.items()))
    rows = _order(found)
    notes = [f"{blank} of {len(trials)} trials name neither target nor modality and are left out"] if blank else []
    if len(rows) > limit:
        notes.append(f"the table and map show the {limit} fullest of {len(rows)} rows; --limit shows more, --json all")
    silent = tuple(t for t in trials if t.status == "COMPLETED" and not t.result)
    question = ", ".join(x for values in ids.values() for x in values) or "all trials"
    answer = Answer(question, len(trials), found, rows, _empty(rows), silent, tuple(notes))
    return _with_files(answer, plot, limit)


def _trials(db: sqlite3.Connection, ids: Mapping[str, Sequence[str]]) -> list[Trial]:
    """Trials that every filter leaves. Raises BadInput with the count after each filter where none is left."""
    held = {r[0] for r in db.execute("SELECT document_id FROM trial")}
    trail = [f"trials held: {len(held)}"]
    for kind, wanted in ids.items():
        if wanted:
            below = sorted({d for i in wanted for d in descendants(kind, i)})
            rows = db.execute(
                "SELECT document_id FROM concept WHERE kind = ? AND weight >= 0.5 AND term IN (SELECT value FROM json_each(?))",
                (kind, json.dumps(below)),
            )
            held &= {r[0] for r in rows}
            trail.append(f"{kind} {'/'.join(wanted)}: {len(held)}")
            if not held:
                raise BadInput(f"no trial is left: {kind} {'/'.join(wanted)} emptied it ({'; '.join(trail)})")
    if not held:
        raise BadInput("no trial is held; 'trialkb import FILE' or 'trialkb demo' brings some in")
    known = _with_results(db)
    rows = db.execute(
        "SELECT t.document_id, t.status, t.phases, coalesce(t.completion_date, t.primary_completion_date), d.title, t.has_results"
        " FROM trial t JOIN document d ON d.id = t.document_id WHERE t.document_id IN (SELECT value FROM json_each(?))"
        " ORDER BY t.document_id",
        (json.dumps(sorted(held)),),
    )
    return [Trial(i, s, _phase(p), date, title, bool(has) or i in known) for i, s, p, date, title, has in rows]


def _with_results(db: sqlite3.Connection) -> set[str]:
    """Trials that a paper or an outcome is held of."""
    found = {
        r[0] for r in db.execute("SELECT DISTINCT study FROM outcome WHERE study IS NOT NULL AND background IS NULL")
    }
    found |= {r[0] for r in db.execute("SELECT DISTINCT document_id FROM outcome WHERE background IS NULL")}
    for (ids,) in db.execute("SELECT registry_ids FROM article"):
        found |= set(json.loads(ids))
    for a, b in db.execute("SELECT source, target FROM link WHERE relation = 'reports' AND undone IS NULL"):
        found |= {a, b}
    return found


def _phase(cell: str) -> str:
    """The column of a record's phases.

    >>> _phase('["PHASE1", "PHASE2"]'), _phase('["NA"]'), _phase("[]")
    ('PHASE1/PHASE2', 'not stated', 'not stated')
    """
    joined = "/".join(p for p in json.loads(cell) if p != "NA")
    return joined if joined in PHASES else NONE


def _about(db: sqlite3.Connection, kind: str, ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows = db.execute(
        "SELECT document_id, term FROM concept WHERE kind = ? AND weight >= 0.5"
        " AND document_id IN (SELECT value FROM json_each(?)) ORDER BY term",
        (kind, json.dumps(list(ids))),
    )
    for id, term in rows:
        found.setdefault(id, []).append(term)
    return found


def _specific(kind: str, terms: Sequence[str], asked: Sequence[str]) -> tuple[str, ...]:
    """The narrowest of the terms (and, where some are asked for, those alone)."""
    broad = {a for t in terms for a in ancestors(kind, t)}
    wanted = {d for i in asked for d in descendants(kind, i)}
    return tuple(t for t in terms if t not in broad and (not wanted or t in wanted))


def _order(cells: Sequence[Cell]) -> tuple[tuple[str, str], ...]:
    """Rows by the number of their trials, then by name."""
    counts: dict[tuple[str, str], int] = {}
    for c in cells:
        counts[c.target, c.modality] = counts.get((c.target, c.modality), 0) + len(c.trials)
    return tuple(sorted(counts, key=lambda k: (-counts[k], k)))


def _empty(rows: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Pairs of a named target and a named modality that no trial joins."""
    targets = dict.fromkeys(t for t, _ in rows if t != NONE)
    modalities = dict.fromkeys(m for _, m in rows if m != NONE)
    return tuple((t, m) for t in targets for m in modalities if (t, m) not in set(rows))


def _with_files(a: Answer, plot: Sequence[str], limit: int) -> Answer:
    from dataclasses import replace

    for name in plot:
        if not str(name).endswith((".svg", ".png")):
            raise BadInput(f"--plot {name}: expected a name that ends in .svg or .png")
    shown = replace(a, rows=a.rows[:limit])
    if not plot:
        return shown
    from ._heat import heat

    counts = [[(len(ts), sum(t.recruits for t in ts)) for p in PHASES for ts in (a.at(*row, p),)] for row in shown.rows]
    names = [" · ".join(row) for row in shown.rows]
    columns = [p.replace("PHASE", "").replace("EARLY_", "early ") for p in PHASES]
    blank = "".join(f" {n}." for n in a.notes if "neither target" in n)
    footer = f"Trials / of which recruiting or about to. {a.total} trials; one of two targets counts under each.{blank}"
    drawn = heat(names, columns, counts, f"Trials by target, modality and phase: {_read(a.question)}", footer)
    return replace(shown, files={str(n): drawn.svg if str(n).endswith(".svg") else drawn.png for n in plot})


def _read(question: str) -> str:
    """A question's ids as words."""
    return ", ".join(_paragraph.term("indication", x, "en") for x in question.split(", "))


def text(a: Answer) -> Iterator[str]:
    yield f"{a.question}: {a.total} trial{'' if a.total == 1 else 's'} (count, /recruiting or about to)"
    head = ["target", "modality", *(p.replace("PHASE", "").replace("EARLY_", "early ") for p in PHASES)]
    table = [head, *([t, m, *(_count(a.at(t, m, p)) for p in PHASES)] for t, m in a.rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    for row in table:
        yield "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
    named = [f"{t} x {m}" for t, m in a.empty]
    if named:
        yield ""
        yield f"No trial joins ({len(named)}): {', '.join(named[:30])}{' ...' if len(named) > 30 else ''}"
    competitors = sorted({t.id for c in a.cells for t in c.recruiting})
    if competitors:
        more = " ..." if len(competitors) > 40 else ""
        yield f"Recruiting or about to ({len(competitors)}): {', '.join(competitors[:40])}{more}"
    if a.silent:
        yield f"Completed, no result held by this knowledge base ({len(a.silent)}):"
        for t in sorted(a.silent, key=lambda t: (t.completed or "9999", t.id))[:30]:
            yield f"  {t.id}  completed {t.completed or 'at an unknown date'}  {t.title or ''}"
        if len(a.silent) > 30:
            yield f"  and {len(a.silent) - 30} more (--json lists all)"


def _count(trials: Sequence[Trial]) -> str:
    recruiting = sum(t.recruits for t in trials)
    return "." if not trials else f"{len(trials)}/{recruiting}" if recruiting else str(len(trials))


def rows(a: Answer) -> Iterator[Mapping[str, Any]]:
    for c in a.cells:
        yield {
            "target": c.target, "modality": c.modality, "phase": c.phase, "trials": len(c.trials),
            "recruiting": len(c.recruiting), "ids": " ".join(t.id for t in c.trials),
            "recruiting_ids": " ".join(t.id for t in c.recruiting),
        }  # fmt: skip


def data(a: Answer) -> Mapping[str, Any]:
    return {
        "question": a.question,
        "trials": a.total,
        "cells": list(rows(a)),
        "empty": [{"target": t, "modality": m} for t, m in a.empty],
        "completed_without_result": [{"id": t.id, "completed": t.completed, "title": t.title} for t in a.silent],
        "notes": list(a.notes),
    }
