"""Cite records in NLM, AMA, RIS, BibTeX, CSL-JSON or .nbib; registry records as reports, retracted papers marked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import click

from trialkb import kb
from trialkb.errors import BadInput

from . import _cite, _cite_files
from ._cite import Source

FORMS = ("nlm", "ama", "ris", "bibtex", "csl", "nbib")
OPTIONS: tuple[click.Parameter, ...] = (
    click.Argument(["ids"], nargs=-1, required=True),
    click.Option(["--format", "form"], type=click.Choice(FORMS), default="nlm", show_default=True, help="The form."),
    click.Option(["--output", "-o"], type=click.Path(dir_okay=False), help="Write a file instead."),
)


@dataclass(frozen=True, slots=True)
class Answer:
    sources: tuple[Source, ...]
    form: str = "nlm"
    notes: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


def run(db: sqlite3.Connection, ids: Iterable[str], form: str = "nlm", output: str | None = None, **_: Any) -> Answer:
    """The sources of the ids, in the order given. Raises BadInput for an id that the kb does not hold."""
    sources = tuple(dict.fromkeys(one(db, i) for i in ids))
    notes = tuple(
        f"{s.id} is RETRACTED" + (f" ({s.retraction})" if s.retraction else "") for s in sources if s.retracted
    )
    files = {output: (written(sources, form) + "\n").encode()} if output else {}
    return Answer(sources, form, notes, files)


def one(db: sqlite3.Connection, id: str) -> Source:
    """What a document is cited as, with the date that its record speaks for. Raises BadInput with the nearest ids."""
    row = db.execute(
        "SELECT d.id, coalesce(v.as_of, v.retrieved), v.retrieved, v.run_id FROM document d"
        " JOIN version v ON v.id = d.version_id WHERE d.id IN (?, ?, ?)",
        (id, id.upper(), f"PMID:{id}"),
    ).fetchone()
    document = kb.get(db, row[0]) if row else None
    if document is None:
        held = [r[0] for r in db.execute("SELECT id FROM document WHERE id LIKE ? LIMIT 2000", (f"{id[:4]}%",))]
        near = ", ".join(get_close_matches(id, held, n=3, cutoff=0.6)) or "none alike; 'trialkb search' finds ids"
        raise BadInput(f"no record {id!r} to cite in this knowledge base; nearest: {near}")
    return _cite.source(document, row[1])


def written(sources: Iterable[Source], form: str) -> str:
    """The sources in a form; no line break at the end."""
    sources = list(sources)
    if form in ("nlm", "ama"):
        style = _cite.nlm if form == "nlm" else _cite.ama
        return "\n".join(style(s) for s in sources)
    write = {
        "ris": _cite_files.ris,
        "bibtex": _cite_files.bibtex,
        "nbib": _cite_files.nbib,
        "csl": _cite_files.csl_text,
    }
    return write[form](sources).rstrip("\n")


def text(answer: Answer) -> Iterator[str]:
    if not answer.files:
        yield written(answer.sources, answer.form)


def rows(answer: Answer) -> Iterator[Mapping[str, Any]]:
    for s in answer.sources:
        yield {"id": s.id, "key": s.key, "nlm": _cite.nlm(s), "ama": _cite.ama(s), "url": s.url, "accessed": s.accessed}


def data(answer: Answer) -> list[dict[str, Any]]:
    """CSL-JSON, whatever the form."""
    return _cite_files.csl(answer.sources)
