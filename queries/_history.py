"""What a run saw: versions of records by the runs that sighted them, and how two versions of a record differ."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STATED = (
    "status", "why_stopped", "study_type", "phases", "allocation", "model", "masking", "purpose", "enrollment",
    "enrollment_type", "start_date", "primary_completion_date", "completion_date", "first_post_date",
    "results_post_date", "has_results", "sponsor", "conditions", "countries", "sex", "minimum_age", "maximum_age",
    "secondary_ids",
)  # fmt: skip
PUBLISHED = (
    "retracted", "notices", "journal", "date", "volume", "issue", "pages", "publication_types", "preprint", "pmid",
    "pmcid", "doi", "registry_ids",
)  # fmt: skip
LITERATURE = ("pubmed", "europepmc", "references")  # sources that hold the same papers in words of their own
TEXTS = ("title", "official_title", "summary", "description", "eligibility")
PARTS = ("endpoints", "interventions", "arms", "posted outcome measures")  # compared member by member
Change = tuple[str, Any, Any]  # field, old, new


@dataclass(frozen=True, slots=True)
class Past:
    """A run as the past knows it; runs are ordered by the day their data speaks for, then by number."""

    id: int
    day: str
    command: str
    source: str
    query: str
    complete: bool  # absence from it means something
    words: str | None
    state: str

    @property
    def key(self) -> tuple[str, int]:
        return self.day, self.id

    def __str__(self) -> str:
        return f"run {self.id} ({self.source}, {self.day})"


def runs(db: sqlite3.Connection, source: str | None) -> list[Past]:
    """Harvests and imports that saw records, in the order of their days."""
    rows = db.execute(
        "SELECT id, coalesce(as_of, substr(started, 1, 10)), command, source, coalesce(query, ''), complete, asked, state"
        " FROM run WHERE command IN ('harvest', 'import') AND (? IS NULL OR source = ?)"
        " AND (state = 'complete' OR id IN (SELECT run_id FROM sighting))",
        (source, source),
    )
    return sorted((_past(*r) for r in rows), key=lambda p: p.key)


def _past(
    id: int, day: str, command: str, source: str, query: str, complete: int | None, asked: str | None, state: str
) -> Past:
    held = json.loads(asked or "{}")
    whole = state == "complete" and (
        bool(complete) if command == "import" else not held.get("since") and not held.get("limit")
    )
    return Past(id, day, command, source, query, whole, held.get("query"), state)


def seen(db: sqlite3.Connection, past: Sequence[Past]) -> dict[str, int]:
    """{document: the version last seen} over these runs."""
    found: dict[str, int] = {}
    for p in past:
        found.update(
            db.execute(
                "SELECT v.document_id, v.id FROM sighting s JOIN version v ON v.id = s.version_id WHERE s.run_id = ?"
                " ORDER BY v.id",
                (p.id,),
            ).fetchall()
        )
    return found


def comparable(db: sqlite3.Connection, past: Sequence[Past]) -> dict[tuple[str, str], int]:
    """{(document, source): the version last seen} over these runs; the source stands only where it tells papers apart.

    PubMed and Europe PMC print one paper in different words: that is no change. Of a trial it is: a row of an export
    and the whole record speak of the same fields.
    """
    found: dict[tuple[str, str], int] = {}
    for p in past:
        source = p.source if p.source in LITERATURE else ""
        found |= {(document, source): version for document, version in seen(db, [p]).items()}
    return found


def record(db: sqlite3.Connection, version: int) -> dict[str, Any]:
    """A version's parsed record as plain JSON, defaults left out."""
    blob = db.execute("SELECT record FROM version WHERE id = ?", (version,)).fetchone()[0]
    held: dict[str, Any] = json.loads(zlib.decompress(blob).decode("utf-8", "surrogatepass"))
    return held


def changes(db: sqlite3.Connection, before: int, after: int) -> Iterator[Change]:
    """What differs between two versions of a record, field by field."""
    old, new = record(db, before), record(db, after)
    for part, fields in (("trial", STATED), ("article", PUBLISHED)):
        a, b = old.get(part) or {}, new.get(part) or {}
        yield from ((f, a.get(f), b.get(f)) for f in fields if a.get(f) != b.get(f))
    a, b = old.get("trial") or {}, new.get("trial") or {}
    for name, render in (("endpoints", _endpoint), ("interventions", _name), ("arms", _arm)):
        yield from _members(name, a.get(name) or (), b.get(name) or (), render)
    if len(a.get("results") or ()) != len(b.get("results") or ()):
        yield "posted outcome measures", len(a.get("results") or ()), len(b.get("results") or ())
    texts, later = _texts(db, before), _texts(db, after)
    for name in dict.fromkeys([*texts, *later]):
        if texts.get(name) != later.get(name):
            yield name, texts.get(name), later.get(name)
    if a.get("update_date") != b.get("update_date"):
        yield "update_date", a.get("update_date"), b.get("update_date")


def _members(
    name: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], render: Any
) -> Iterator[Change]:
    """Members of a list that went and came."""
    a, b = dict.fromkeys(map(render, old)), dict.fromkeys(map(render, new))
    gone, come = [x for x in a if x not in b], [x for x in b if x not in a]
    if gone or come:
        yield name, gone or None, come or None


def _endpoint(e: Mapping[str, Any]) -> str:
    time = f" [{e['time_frame']}]" if e.get("time_frame") else ""
    return f"{e['role'].lower()}: {e['measure']}{time}"


def _name(i: Mapping[str, Any]) -> str:
    return f"{i['type']}: {i['name']}" if i.get("type") else str(i["name"])


def _arm(a: Mapping[str, Any]) -> str:
    size = f" (n = {a['size']})" if a.get("size") else ""
    return f"{a.get('label')}{size}"


def _texts(db: sqlite3.Connection, version: int) -> dict[str, str]:
    """Texts of a version that no field above holds."""
    rows = db.execute("SELECT name, text FROM section WHERE version_id = ? ORDER BY ordinal", (version,))
    return {n: t for n, t in rows if n in TEXTS or n.startswith("abstract")}
