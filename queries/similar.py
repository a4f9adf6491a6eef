"""Find trials comparable to a trial or to a protocol synopsis; each reason is shown with the words it stands on.

Candidates share a target, modality or indication, or are near by meaning; they are scored on what both state. What the
query does not state is not asked of anybody. All weights stand in `_compare.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from trialkb import reading
from trialkb.errors import BadInput
from trialkb.records import Document

from . import _compare, _rank, _vectors
from ._filter import OPTIONS as FILTERS
from ._filter import read as where_of

OPTIONS: tuple[click.Parameter, ...] = (
    click.Argument(["id"], required=False),
    click.Option(
        ["--synopsis"], type=click.Path(), help="A protocol synopsis instead of an id (text, DOCX, PDF; - is stdin)."
    ),
    click.Option(["--must"], help="Comma-separated features that must be shared, e.g. target,indication."),
    *FILTERS,
    click.Option(
        ["--limit", "-n"], type=click.IntRange(1, 1000), default=10, show_default=True, help="Trials at most."
    ),
    click.Option(["--keyword-only"], is_flag=True, help="Use neither vectors nor their model."),
    click.Option(["--batch"], type=click.Path(), help='Trials, one {"id", "trial"} a line; - is standard input.'),
    click.Option(["--trec"], is_flag=True, help="Print TREC run lines (with --batch)."),
)


@dataclass(frozen=True, slots=True)
class Hit:
    id: str
    title: str | None
    rank: int
    score: float
    reasons: tuple[str, ...]
    passage: Mapping[str, Any] | None
    status: str | None = None
    phases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    query: str
    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()


def run(db: sqlite3.Connection, id: str | None = None, *, path: Path, limit: int = 10, **options: Any) -> Answer:
    """Comparable trials, best first; the trial itself is left out. Raises BadInput for an unknown id or no query."""
    profile = _query(db, id, options.get("synopsis"))
    if not profile.features:
        raise BadInput(f"nothing to compare by was found in {profile.id}: no target, modality or indication")
    must = [m.strip() for m in (options.get("must") or "").split(",") if m.strip()]
    unknown = [m for m in must if m not in _compare.WEIGHTS]
    if unknown:
        raise BadInput(f"--must {unknown[0]!r} is no feature; there are: {', '.join(_compare.WEIGHTS)}")
    where = where_of(db, options)
    near, notes = ([], []) if options.get("keyword_only") else _vectors.alike(db, path, profile, where)
    found = _compare.score(db, profile, where, dict(near), must)
    ranked = sorted(found, key=lambda f: (-f.score, f.id))[:limit]
    hits = tuple(_hit(db, n, f) for n, f in enumerate(ranked, 1))
    said = f"read from {profile.id}: " + "; ".join(f"{k} {', '.join(sorted(v))}" for k, v in profile.features.items())
    return Answer(profile.id, hits, (said, *notes))


def _query(db: sqlite3.Connection, id: str | None, synopsis: str | None) -> _compare.Profile:
    if synopsis:
        return _compare.profile_of(_synopsis(synopsis))
    if not id:
        raise BadInput("expected the id of a trial or --synopsis FILE; try: trialkb similar NCT03874897")
    profile = _compare.profile(db, id)
    if profile is None:
        raise BadInput(f"no record {id!r} in this knowledge base; 'trialkb search' finds ids")
    return profile


def _synopsis(source: str) -> Document:
    """A synopsis as a document, extracted in memory only."""
    file = Path(source)
    with reading.opened(file) as stream:
        module, _ = reading.detect(reading.peek(stream), source)
        payloads = list(reading.records(module, stream, source))
    documents: list[Document] = [d for data in payloads for d in module.parse(data, name=source)]
    if not documents:
        raise BadInput(f"{source}: expected a synopsis, found no text")
    return documents[0]


def _hit(db: sqlite3.Connection, rank: int, found: _compare.Compared) -> Hit:
    title, status, phases = db.execute(
        "SELECT d.title, t.status, t.phases FROM document d LEFT JOIN trial t ON t.document_id = d.id WHERE d.id = ?",
        (found.id,),
    ).fetchone()
    row = db.execute(
        "SELECT text, section, start, end FROM passage WHERE document_id = ? ORDER BY section != 'summary', id LIMIT 1",
        (found.id,),
    ).fetchone()
    passage = dict(zip(("text", "section", "start", "end"), row, strict=True)) if row else None
    return Hit(found.id, title, rank, round(found.score, 6), found.reasons, passage, status, _rank.names(phases))


def batch(db: sqlite3.Connection, batch: str | None, path: Path, limit: int = 10, **options: Any) -> Iterator[str]:
    """TREC run lines for trials given one {"id", "trial"} a line."""
    from .search import lines, trec

    if not batch:
        raise BadInput("--trec goes with --batch FILE")

    def answer(query: Mapping[str, str]) -> tuple[Hit, ...]:
        return run(db, **{**options, "id": query["trial"]}, path=path, limit=limit).hits

    yield from trec(lines(batch, "trial"), answer)


def rows(answer: Answer) -> Iterator[Mapping[str, Any]]:
    for h in answer.hits:
        yield {"rank": h.rank, "id": h.id, "score": h.score, "title": h.title, "status": h.status,
               "phases": "|".join(h.phases), "reasons": "; ".join(h.reasons)}  # fmt: skip


def text(answer: Answer) -> Iterator[str]:
    for h in answer.hits:
        yield f"{h.rank:>3}. {h.title or h.id}"
        yield f"     {' · '.join(x for x in (h.id, '/'.join(h.phases), h.status) if x)}"
        for reason in h.reasons:
            yield f"     {reason}"
        yield ""
    if not answer.hits:
        yield "No comparable trial. Try without --must or filters."
