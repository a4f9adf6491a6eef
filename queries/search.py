"""Search in plain words, English or Chinese: words, concepts and meaning together; each hit says why and quotes."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from trialkb import codec, flags, tokens
from trialkb.errors import BadInput
from trialkb.text import printable

from . import _filter, _query, _rank, _vectors

OPTIONS: tuple[click.Parameter, ...] = (
    click.Argument(["text"], nargs=-1),
    *_filter.OPTIONS,
    click.Option(["--limit", "-n"], type=click.IntRange(1, 1000), default=10, show_default=True, help="Hits at most."),
    click.Option(["--keyword-only"], is_flag=True, help="Use neither vectors nor their model."),
    click.Option(["--literal"], is_flag=True, help="Take the words as they are: no concepts, filters or translation."),
    click.Option(["--no-group"], is_flag=True, help="Show near-identical records one by one."),
    click.Option(["--stdin"], is_flag=True, help="Stay warm: a query a line in, an answer as a JSON line out."),
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
    also: tuple[str, ...] = ()  # records all but identical to this one
    flags: tuple[str, ...] = ()  # RETRACTED, preprint ...


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
    read = _query.read(words, bool(options.get("literal")))
    where = _filter.read(db, _filter.merged(db, options, read.filters))
    found = _rank.score(db, read, where, max(200, limit))
    notes = list(read.said)
    if not tokens.split(words[:20_000]):
        return Answer(words, (), ("nothing to search by: expected words, found only signs",))
    if not found and not read.ids and not options.get("keyword_only"):
        notes.append("no record holds these words or means a term of the field by them; nearest by meaning only")
    if not options.get("keyword_only"):
        near, said = _vectors.nearest(db, path, read.english or words, where)
        _rank.blend(found, near)
        notes += said
    _rank.misfits(db, found, read)
    _rank.without(db, found, read)
    notes += _rank.asked(db, found, read.ids)
    ranked = _rank.best(found, limit if options.get("no_group") else 4 * limit)
    grouped = [(d, e, ()) for d, e in ranked] if options.get("no_group") else list(_rank.grouped(db, ranked))
    hits = tuple(_hit(db, n, doc, e, read, also) for n, (doc, e, also) in enumerate(grouped[:limit], 1))
    return Answer(words, hits, tuple(notes))


def batch(
    db: sqlite3.Connection, batch: str | None, path: Path, limit: int = 10, stdin: bool = False, **options: Any
) -> Iterator[str]:
    """TREC run lines for queries given one {"id", "text"} a line, or JSON answers for queries on standard input.

    Raises BadInput for a line that is neither.
    """
    options.pop("text", None)
    if stdin:
        yield from _spoken(db, path=path, limit=limit, **options)
        return
    if not batch:
        raise BadInput("--trec goes with --batch FILE")
    options["no_group"] = True

    def answer(query: Mapping[str, str]) -> Iterable[Hit]:
        return run(db, (query["text"],), path=path, limit=limit, **options).hits

    yield from trec(lines(batch, "text"), answer)


def trec(queries: Iterable[Mapping[str, str]], answer: Callable[[Mapping[str, str]], Iterable[Any]]) -> Iterator[str]:
    """TREC run lines; a query that cannot be answered is named on standard error and the rest goes on.

    Raises BadInput at the end where there was one.
    """
    failed = []
    for query in queries:
        try:
            hits = answer(query)
        except BadInput as e:
            failed.append(query["id"])
            click.echo(f"trialkb: query {query['id']} left out: {printable(str(e))}", err=True)
            continue
        for h in hits:
            yield f"{query['id']} Q0 {h.id} {h.rank} {h.score} trialkb"
    if failed:
        raise BadInput(f"queries not answered: {', '.join(failed[:20])}; mend those lines and ask them again")


def _spoken(db: sqlite3.Connection, **options: Any) -> Iterator[str]:
    """An answer as a JSON line for every line of standard input; a fault is an answer too, so that the next is heard."""
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="replace")
    for line in sys.stdin:
        if line.strip():
            try:
                yield codec.dump(run(db, (line,), **options))
            except BadInput as e:
                yield codec.dump({"query": line.strip(), "hits": [], "error": str(e)})


def lines(source: str, key: str) -> Iterator[Mapping[str, str]]:
    """The records of a batch file."""
    with click.open_file(source, encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                try:
                    record = json.loads(line)
                    yield {"id": str(record["id"]), key: str(record[key])}
                except (ValueError, KeyError, TypeError) as e:
                    raise BadInput(
                        f'{source} line {number}: expected {{"id": ..., "{key}": ...}}, found {line[:60]!r}'
                    ) from e


def _hit(
    db: sqlite3.Connection, rank: int, doc: str, entry: _rank.Found, read: _query.Read, also: tuple[str, ...]
) -> Hit:
    title, url, status, phases = db.execute(
        "SELECT d.title, d.url, t.status, t.phases FROM document d LEFT JOIN trial t ON t.document_id = d.id WHERE d.id = ?",
        (doc,),
    ).fetchone()
    row = _rank.quote(db, doc, read, entry)
    passage = Quote(*row) if row else None
    about = (status, _rank.names(phases), url, also, flags.of(db, doc))
    return Hit(doc, title, rank, round(entry.score, 6), entry.reasons(), passage, *about)


def rows(answer: Answer) -> Iterator[Mapping[str, Any]]:
    for h in answer.hits:
        yield {
            "rank": h.rank, "id": h.id, "score": h.score, "title": h.title, "status": h.status,
            "phases": "|".join(h.phases), "reasons": "; ".join(h.reasons),
            "passage": h.passage.text if h.passage else None, "url": h.url, "also": "|".join(h.also),
            "flags": "; ".join(h.flags),
        }  # fmt: skip


def text(answer: Answer) -> Iterator[str]:
    """The answer as a person reads it."""
    for h in answer.hits:
        about = " · ".join(x for x in (h.id, "/".join(h.phases), h.status) if x)
        yield f"{h.rank:>3}. {h.title or h.id}"
        yield f"     {about}"
        if h.flags:
            yield f"     !! {'; '.join(h.flags)}"
        if h.also:
            yield f"     all but the same: {', '.join(h.also)}"
        yield f"     why: {'; '.join(h.reasons)}"
        if h.passage:
            quote = " ".join(h.passage.text.split())
            yield f"     “{quote[:280]}{'…' if len(quote) > 280 else ''}” [{h.passage.section} {h.passage.start}:{h.passage.end}]"
        yield ""
    if not answer.hits:
        yield "No hit. Try fewer words or filters, or 'trialkb stats' to see what the knowledge base holds."
