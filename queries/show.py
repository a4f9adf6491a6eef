"""Show one record: what it is, what was found in it with its quoted source, its results, links, versions and corrections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import click

from trialkb import codec, kb
from trialkb.errors import BadInput
from trialkb.records import Document

OPTIONS: tuple[click.Parameter, ...] = (
    click.Argument(["id"]),
    click.Option(["--full"], is_flag=True, help="With the whole text of every section."),
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


def run(db: sqlite3.Connection, id: str, full: bool = False, **_: Any) -> Answer:
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
        tuple(_quoted(o, texts) for o in _rows(db, _OUTCOMES, document.id, document.id)),
        _rows(
            db,
            "SELECT source, target, relation, rule, undone FROM link WHERE source = ? OR target = ?",
            document.id,
            document.id,
        ),
        _rows(
            db, "SELECT id, target, old, new, reason, at, undone FROM correction WHERE document_id = ?", document.id
        ),
        full,
        ("RETRACTED publication",) if document.article and document.article.retracted else (),
    )


_FINDINGS = (
    "SELECT field, value, section, start, end, rule, origin, confidence, detail FROM finding WHERE document_id = ?"
    " ORDER BY field, origin = 'text', section, start"
)
_OUTCOMES = (
    "SELECT id, document_id, study, endpoint, statistic, value, unit, value_status, numerator, denominator, ci_low,"
    " ci_high, arm, grade_min, grade_max, background, origin, rule, confidence, flags, section, start, end, record"
    " FROM outcome WHERE document_id = ? OR (study = ? AND background IS NULL) ORDER BY document_id, section, start"
)


def _rows(db: sqlite3.Connection, sql: str, *parameters: Any) -> tuple[dict[str, Any], ...]:
    cursor = db.execute(sql, parameters)
    columns = [c[0] for c in cursor.description]
    return tuple(dict(zip(columns, row, strict=True)) for row in cursor)


def _quoted(row: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """A finding or outcome with the words it was read from."""
    words = texts.get(row["section"], "")
    out = {**row, "quote": words[row["start"] : row["end"]]}
    if row.get("detail"):
        out["detail"] = json.loads(row["detail"])
    if row.get("record"):
        record = json.loads(row.pop("record"))
        out.pop("record")
        out["flags"] = json.loads(row["flags"])
        a, b = record["evidence"]["sentence_span"]
        out["sentence"] = words[a:b]
        out["label"] = record.get("label") or record.get("verbatim")
        out["time_point"] = record.get("time_point")
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
    yield ""
    yield from _findings(answer)
    yield from _outcomes(answer)
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


def _outcomes(answer: Answer) -> Iterator[str]:
    """The results, each number with its source sentence."""
    for o in answer.outcomes:
        cited = " CITED, NOT READ FROM THE SOURCE" if o["origin"] == "citation" else ""
        background = f" BACKGROUND ({o['background']})" if o["background"] else ""
        flags = f" !! {', '.join(o['flags'])}" if o["flags"] else ""
        yield f"{o['endpoint']:<14} {number(o):<34} {o['arm'] or ''}{background}{cited}{flags}"
        yield f"{'':<14} “{' '.join(o['sentence'].split())[:160]}” [{o['document_id']} {o['section']} {o['start']}:{o['end']}]"
    if answer.outcomes:
        yield ""


def number(o: Mapping[str, Any]) -> str:
    """A result as printed in tables.

    >>> number({"value": 38.8, "unit": "%", "numerator": 38, "denominator": 98, "ci_low": 29.1, "ci_high": 49.2,
    ...         "value_status": "reported", "statistic": "rate", "grade_min": None, "grade_max": None})
    '38.8 % 38/98 (29.1-49.2)'
    """
    units = {"mo": "months", "wk": "weeks", "d": "days", "a": "years", "{participants}": "patients", "1": ""}
    if o["value_status"] != "reported":
        return str(o["value_status"]).replace("_", " ")
    pieces = []
    if o["value"] is not None:
        pieces.append(f"{o['value']:g} {units.get(o['unit'], o['unit']) or ''}".strip())
    if o["numerator"] is not None and o["denominator"] is not None:
        pieces.append(f"{o['numerator']}/{o['denominator']}")
    if o["ci_low"] is not None:
        pieces.append(f"({o['ci_low']:g}-{'NE' if o['ci_high'] is None else format(o['ci_high'], 'g')})")
    if o["grade_min"] is not None:
        top = o["grade_max"]
        pieces.append(f"grade {o['grade_min']}" + ("" if top == o["grade_min"] else f"-{top}" if top else "+"))
    return " ".join(pieces)
