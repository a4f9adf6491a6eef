"""Show one record: what it is, what was found in it with its quoted source, its results, links, versions and corrections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import click

from trialkb import codec, crosscheck, flags, kb, works
from trialkb.errors import BadInput
from trialkb.records import Document

from . import _parsed
from ._results_table import outcomes, table

OPTIONS: tuple[click.Parameter, ...] = (
    click.Argument(["id"]),
    click.Option(["--full"], is_flag=True, help="With the whole text of every section and every result."),
    click.Option(
        ["--min-confidence"], type=click.FloatRange(0, 1), default=0.0, help="Results of at least this confidence."
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    document: Document
    retrieved: str
    source_file: str | None
    versions: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...]
    outcomes: tuple[Mapping[str, Any], ...]
    links: tuple[Mapping[str, Any], ...]
    corrections: tuple[Mapping[str, Any], ...]
    full: bool = False
    notes: tuple[str, ...] = field(default=())


def run(db: sqlite3.Connection, id: str, full: bool = False, min_confidence: float = 0.0, **_: Any) -> Answer:
    """Everything held about one document. Raises BadInput with the nearest ids where there is none of that id."""
    document = kb.get(db, id) or kb.get(db, id.upper())
    if document is None:
        held = [r[0] for r in db.execute("SELECT id FROM document WHERE id LIKE ? LIMIT 2000", (f"{id[:4]}%",))]
        near = ", ".join(get_close_matches(id, held, n=3, cutoff=0.6)) or "none alike; 'trialkb search' finds ids"
        raise BadInput(f"no record {id!r} in this knowledge base; nearest: {near}")
    texts = {s.name: s.text for s in document.sections}
    versions = _rows(
        db,
        "SELECT v.id, v.source, v.version_date, v.as_of, v.retrieved, v.sha256, r.query AS read_from,"
        " v.id = d.version_id AS shown FROM version v JOIN document d ON d.id = v.document_id"
        " LEFT JOIN run r ON r.id = v.run_id WHERE d.id = ? ORDER BY v.id",
        document.id,
    )
    shown = next(v for v in versions if v["shown"])
    return Answer(
        document,
        shown["retrieved"],
        shown["read_from"],
        versions,
        tuple(_quoted(f, texts) for f in _rows(db, _FINDINGS, document.id)),
        outcomes(db, document.id, min_confidence),
        _rows(
            db,
            "SELECT source, target, relation, rule, undone FROM link WHERE source = ? OR target = ?",
            document.id,
            document.id,
        ),
        _rows(db, "SELECT id, target, old, new, reason, at, undone FROM correction WHERE document_id = ?", document.id),
        full,
        (
            *flags.of(db, document.id),
            *works.notes(db, document.id),
            *(c.line() for c in crosscheck.conflicts(db, document.id)),
        ),
    )


_FINDINGS = (
    "SELECT field, value, section, start, end, rule, origin, confidence, detail FROM finding WHERE document_id = ?"
    " ORDER BY field, origin = 'text', section, start"
)


def _rows(db: sqlite3.Connection, sql: str, *parameters: Any) -> tuple[dict[str, Any], ...]:
    cursor = db.execute(sql, parameters)
    columns = [c[0] for c in cursor.description]
    return tuple(dict(zip(columns, row, strict=True)) for row in cursor)


def _quoted(row: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """A finding with the words it was read from."""
    words = texts.get(row["section"], "")
    out = {**row, "quote": words[row["start"] : row["end"]]}
    if row.get("detail"):
        out["detail"] = json.loads(row["detail"])
    return out


def data(answer: Answer) -> Mapping[str, Any]:
    """The whole answer as JSON; the raw record is not repeated (see `versions` for its hash)."""
    return {
        **codec.plain(answer.document),
        "retrieved": answer.retrieved,
        "read_from": answer.source_file,
        "findings": answer.findings,
        "outcomes": answer.outcomes,
        "links": answer.links,
        "versions": answer.versions,
        "corrections": answer.corrections,
        "notes": answer.notes,
    }


def rows(answer: Answer) -> Iterator[Mapping[str, Any]]:
    """One row a finding."""
    for f in answer.findings:
        yield {**f, "document": answer.document.id}


def text(answer: Answer) -> Iterator[str]:
    d = answer.document
    yield f"{d.id}  {d.title or ''}"
    for note in answer.notes:
        yield f"!! {note}"
    yield from _head(answer)
    yield from _parsed.lines(d, answer.full)
    yield ""
    yield from _findings(answer)
    if answer.outcomes:
        yield from table(answer.outcomes, answer.full)
        yield ""
    for link in answer.links:
        if not link["undone"]:
            yield f"link  {link['source']} {link['relation']} {link['target']}  [{link['rule']}]"
    for c in answer.corrections:
        yield f"correction {c['id']}: {c['target']} {c['old']} -> {c['new']} ({c['reason']}){' undone' if c['undone'] else ''}"
    if answer.full:
        for s in d.sections:
            yield f"\n== {s.name} ==\n{s.text}"
    else:
        yield "sections: " + ", ".join(s.name for s in d.sections) + "   (--full prints them)"


def _head(answer: Answer) -> Iterator[str]:
    d, t, a = answer.document, answer.document.trial, answer.document.article
    if t:
        yield "  ".join(x for x in ("/".join(t.phases), t.status, _enrolled(answer), t.sponsor) if x)
        dates = (("start", t.start_date), ("completion", t.completion_date), ("last update", t.update_date))
        yield "  ".join(f"{name} {value}" for name, value in dates if value)
        if t.countries:
            yield ", ".join(t.countries)
    if a:
        where = " ".join(x for x in (a.journal, str(a.year or ""), a.volume, a.pages) if x)
        yield f"{', '.join(a.authors[:3])}{' et al.' if len(a.authors) > 3 else ''}  {where}"
        yield "  ".join(f"{n} {v}" for n, v in (("PMID", a.pmid), ("DOI", a.doi), ("PMC", a.pmcid)) if v)
    yield f"source {d.source}, read {answer.retrieved} from {answer.source_file or d.url}, {len(answer.versions)} version(s)"


def _enrolled(answer: Answer) -> str | None:
    t = answer.document.trial
    if t is None or t.enrollment is None:
        return None
    return f"n = {t.enrollment}{f' ({t.enrollment_type.lower()})' if t.enrollment_type else ''}"


def _findings(answer: Answer) -> Iterator[str]:
    """One line a field and value, with the first words that say so."""
    seen: dict[tuple[str, str], Mapping[str, Any]] = {}
    for f in answer.findings:
        seen.setdefault((f["field"], f["value"]), f)
    for (name, value), f in seen.items():
        if name in ("eligibility.criterion", "arm"):
            continue
        quote = " ".join(f["quote"].split())[:60]
        yield f"{name:<22} {value:<28} “{quote}” [{f['section']} {f['start']}:{f['end']}] {f['rule']}"
    if seen:
        yield ""
