"""Search trials and papers in plain words, English or Chinese: keyword, concept and vector lists fused, each hit says why."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from trialkb.errors import BadInput

from . import _filter, _rank, _vectors

OPTIONS: tuple[click.Parameter, ...] = (
    click.Argument(["text"], nargs=-1),
    *_filter.OPTIONS,
    click.Option(["--limit", "-n"], type=click.IntRange(1, 1000), default=10, show_default=True, help="Hits at most."),
    click.Option(["--keyword-only"], is_flag=True, help="Use neither vectors nor their model."),
    click.Option(["--batch"], type=click.Path(), help='Queries, one {"id", "text"} a line; - is standard input.'),
    click.Option(["--trec"], is_flag=True, help="Print TREC run lines (with --batch)."),
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of a stored section: document, section and span say where it stands."""

    text: str
    section: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    id: str
    title: str | None
    rank: int
    score: float
    reasons: tuple[str, ...]
    passage: Quote | None
    status: str | None = None
    phases: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    query: str
    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()


def run(db: sqlite3.Connection, text: Iterable[str], path: Path, limit: int = 10, **options: Any) -> Answer:
    """Hits for a query, best first. `path` is the kb's (the vector cache lies beside it).

    Raises BadInput for an empty query or a filter value that the kb does not know.
    """
    words = " ".join(text).strip()
    if not words:
        raise BadInput('expected a query, found none; try: trialkb search "CLDN18.2 CAR-T gastric cancer"')
    where = _filter.read(db, options)
    lists, notes = _rank.keyword_and_concept(db, words, where)
    if not options.get("keyword_only"):
        vector, note = _vectors.nearest(db, path, words, where)
        lists.append(vector)
        notes += note
    ranked = _rank.fuse(lists)[:limit]
    hits = tuple(_hit(db, n, doc, score, why, words) for n, (doc, score, why) in enumerate(ranked, 1))
    return Answer(words, hits, tuple(notes))


def _hit(db: sqlite3.Connection, rank: int, doc: str, score: float, why: _rank.Why, words: str) -> Hit:
    title, url, status, phases = db.execute(
        "SELECT d.title, d.url, t.status, t.phases FROM document d LEFT JOIN trial t ON t.document_id = d.id WHERE d.id = ?",
        (doc,),
    ).fetchone()
    row = db.execute(
        "SELECT text, section, start, end FROM passage WHERE id = ?", (why.passage or _rank.any_passage(db, doc),)
    ).fetchone()
    return Hit(
        doc, title, rank, round(score, 6), why.reasons, Quote(*row) if row else None, status, _rank.names(phases), url
    )


def rows(answer: Answer) -> Iterator[Mapping[str, Any]]:
    for h in answer.hits:
        yield {
            "rank": h.rank, "id": h.id, "score": h.score, "title": h.title, "status": h.status,
            "phases": "|".join(h.phases), "reasons": "; ".join(h.reasons),
            "passage": h.passage.text if h.passage else None, "url": h.url,
        }  # fmt: skip


def text(answer: Answer) -> Iterator[str]:
    """The answer as a person reads it."""
    for h in answer.hits:
        about = " · ".join(x for x in (h.id, "/".join(h.phases), h.status) if x)
        yield f"{h.rank:>3}. {h.title or h.id}"
        yield f"     {about}"
        yield f"     why: {'; '.join(h.reasons)}"
        if h.passage:
            quote = " ".join(h.passage.text.split())
            yield f"     “{quote[:280]}{'…' if len(quote) > 280 else ''}” [{h.passage.section} {h.passage.start}:{h.passage.end}]"
        yield ""
    if not answer.hits:
        yield "No hit. Try fewer words or filters, or 'trialkb stats' to see what the knowledge base holds."
