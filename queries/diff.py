"""Show what changed since a day or a run: new, changed field by field, vanished and newly retracted records.

Vanished are records of a complete run (a whole harvest, or a file imported with --complete) that the next complete run
of the same query no longer holds; an incremental or incomplete run says nothing about absence.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

import click

from trialkb import works
from trialkb.errors import BadInput

from ._history import PARTS, PUBLISHED, STATED, TEXTS, Change, Past, changes, comparable, record, runs, seen

OPTIONS: tuple[click.Parameter, ...] = (
    click.Option(
        ["--since"], required=True, help="A day (2026-04-24) or the number of a run: the state to compare with."
    ),
    click.Option(["--source"], help="Only records of this source."),
    click.Option(["--field"], help="Only changes of this field (status, enrollment, phases, endpoints ...)."),
    click.Option(["--limit"], type=int, default=20, show_default=True, help="Records a group as text; 0 is all."),
)
KINDS = ("new", "changed", "vanished", "retracted")
Key = tuple[str, str]  # a document, and its source where sources are told apart
SHARED = 0.5  # least share of the smaller of two complete files that both hold, to be taken for one query's downloads


@dataclass(frozen=True, slots=True)
class Entry:
    """One record and what became of it; `changes` are (field, old, new), old or new None where it was absent."""

    kind: str
    id: str
    title: str | None
    changes: tuple[Change, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    before: tuple[Past, ...]
    after: tuple[Past, ...]
    entries: tuple[Entry, ...]
    fields: Mapping[str, int]
    limit: int
    notes: tuple[str, ...] = ()

    def count(self, kind: str) -> int:
        """Records of a kind."""
        return sum(e.kind == kind for e in self.entries)


def run(
    db: sqlite3.Connection, since: str, source: str | None = None, field: str | None = None, limit: int = 20, **_: Any
) -> Answer:
    """Records that differ between the runs up to `since` and those after it. Raises BadInput for an unknown day or run."""
    if field is not None:
        _known(field)
    every = runs(db, source)
    border = _border(db, every, since)
    before, after = [p for p in every if p.key <= border], [p for p in every if p.key > border]
    old, new = seen(db, before), seen(db, after)
    was, now = comparable(db, before), comparable(db, after)
    compared = list(_changed(db, was, now, field))
    gone, notes = _vanished(db, before, after, new)
    same = {} if field else works.merged(db)
    fresh = () if field else tuple(_fresh(db, d, v, same) for d, v in new.items() if d not in old)
    entries = (*fresh, *compared, *(() if field else gone), *_retracted(db, was, now))
    fields = Counter(f for e in compared for f, _, _ in e.changes)
    if not before:
        notes.append(f"no run is as old as {since}: every record counts as new")
    if not after:
        notes.append(f"no run is younger than {since}: harvest or import first")
    return Answer(tuple(before), tuple(after), entries, dict(fields.most_common()), limit, tuple(notes))


def _known(field: str) -> None:
    """Raises BadInput, with the nearest names, for a field that is never compared."""
    names = (*STATED, *PUBLISHED, *PARTS, *TEXTS, "update_date")
    if field not in names and not field.startswith("abstract"):
        near = ", ".join(get_close_matches(field, names, n=3)) or ", ".join(names)
        raise BadInput(f"--field {field!r} is no field that is compared; nearest: {near}")


def _border(db: sqlite3.Connection, every: Sequence[Past], since: str) -> tuple[str, int]:
    """The key of the last run that belongs to the past."""
    if since.isascii() and since.isdigit() and len(since) < 8:
        found = next((p for p in every if p.id == int(since)), None)
        if found is None:
            known = ", ".join(str(p.id) for p in every) or "none yet"
            raise BadInput(f"no harvest or import with number {since}; there are: {known}")
        return found.key
    try:
        return date.fromisoformat(since).isoformat(), 2**62
    except ValueError:
        raise BadInput(f"--since {since!r}: expected a day like 2026-04-24 or the number of a run") from None


def _entry(db: sqlite3.Connection, kind: str, id: str, version: int, note: str | None = None) -> Entry:
    return Entry(kind, id, record(db, version).get("title"), (), note)


def _fresh(db: sqlite3.Connection, id: str, version: int, same: Mapping[str, str]) -> Entry:
    """A new record; of a paper that another record stands for it says so, for it is no new paper."""
    return _entry(db, "new", id, version, f"one work with {same[id]}, by DOI" if id in same else None)


def _changed(
    db: sqlite3.Connection, old: Mapping[Key, int], new: Mapping[Key, int], field: str | None
) -> Iterator[Entry]:
    for (id, source), version in new.items():
        if old.get((id, source), version) == version:
            continue
        found = tuple(c for c in changes(db, old[id, source], version) if field in (None, c[0]))
        if found or field is None:
            note = None if found else "in fields that are not compared"
            yield Entry("changed", id, record(db, version).get("title"), found, note)


def _vanished(
    db: sqlite3.Connection, before: Sequence[Past], after: Sequence[Past], new: Mapping[str, int]
) -> tuple[list[Entry], list[str]]:
    """Records that a complete run held and the last complete run of the same query does not."""
    entries: dict[str, Entry] = {}
    notes = []
    for early, late in _pairs(db, before, after):
        notes.append(f"vanished: {early} compared with {late}")
        for id, version in seen(db, [early]).items():
            if id not in new:
                entries[id] = _entry(db, "vanished", id, version, f"last seen in {early}")
    if before and after and not notes:
        notes.append("vanished cannot be told: no two complete runs of one query stand on both sides")
    return list(entries.values()), notes


def _pairs(db: sqlite3.Connection, before: Sequence[Past], after: Sequence[Past]) -> Iterator[tuple[Past, Past]]:
    """For each complete run of the past that is the last of its query, the last complete one of the same query."""
    done: list[Past] = []
    for early in reversed([p for p in before if p.complete]):
        if any(_same_query(db, early, d) for d in done):
            continue
        done.append(early)
        late = next((p for p in reversed(after) if p.complete and _same_query(db, early, p)), None)
        if late:
            yield early, late


def _same_query(db: sqlite3.Connection, a: Past, b: Past) -> bool:
    """Harvests by their words; complete files by what they share, for a path says nothing about a query."""
    if (a.source, a.command) != (b.source, b.command):
        return False
    if a.command == "harvest":
        return a.words == b.words
    mine, theirs = seen(db, [a]).keys(), seen(db, [b]).keys()
    return len(mine & theirs) >= SHARED * min(len(mine), len(theirs)) > 0


def _retracted(db: sqlite3.Connection, old: Mapping[Key, int], new: Mapping[Key, int]) -> Iterator[Entry]:
    """Records that a source says are retracted and that none of the sources of the past said so of."""
    said: set[str] = set()
    for (id, source), version in new.items():
        held = record(db, version) if old.get((id, source)) != version else {}
        if id in said or not (held.get("article") or {}).get("retracted"):
            continue
        former = (v for (d, _), v in old.items() if d == id)
        if not any((record(db, v).get("article") or {}).get("retracted") for v in former):
            said.add(id)
            yield Entry("retracted", id, held.get("title"))


def data(answer: Answer) -> dict[str, Any]:
    return {
        "before": [str(p) for p in answer.before],
        "after": [str(p) for p in answer.after],
        "counts": {k: answer.count(k) for k in KINDS},
        "fields": dict(answer.fields),
        "notes": list(answer.notes),
        **{k: [_plain(e) for e in answer.entries if e.kind == k] for k in KINDS},
    }


def _plain(e: Entry) -> dict[str, Any]:
    moved = [{"field": f, "old": a, "new": b} for f, a, b in e.changes]
    return {
        "id": e.id,
        "title": e.title,
        **({"changes": moved} if moved else {}),
        **({"note": e.note} if e.note else {}),
    }


def rows(answer: Answer) -> Iterator[Mapping[str, Any]]:
    for e in answer.entries:
        for field, old, new in e.changes or ((None, None, None),):
            yield {"kind": e.kind, "id": e.id, "title": e.title, "field": field, "old": old, "new": new, "note": e.note}


def text(answer: Answer) -> Iterator[str]:
    yield ", ".join(f"{answer.count(k):,} {k}" for k in KINDS)
    if answer.fields:
        yield "changed fields: " + ", ".join(f"{f} {n:,}" for f, n in answer.fields.items())
    for kind in KINDS:
        held = [e for e in answer.entries if e.kind == kind]
        if held:
            yield f"\n{kind} ({len(held):,})"
        shown = held[: answer.limit] if answer.limit else held
        for e in shown:
            yield f"  {e.id}  {_short(e.title)}" + (f"  ({e.note})" if e.note else "")
            yield from (f"      {f}: {' -> '.join(_pair(a, b))}" for f, a, b in e.changes)
        if len(held) > len(shown):
            yield f"  ... and {len(held) - len(shown):,} more (--limit 0 shows all)"


def _pair(old: Any, new: Any, most: int = 100) -> tuple[str, str]:
    """Two values on one line; of long ones what they begin with alike is cut, so that the difference is seen.

    >>> _pair("a" * 200 + " 6 months", "a" * 200 + " 9 months", most=20)
    ('…aaaaaaaaaa 6 months', '…aaaaaaaaaa 9 months')
    """
    a, b = _line(old), _line(new)
    alike = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(0, alike - most // 2 - 1) if max(len(a), len(b)) > most else 0
    return (
        (_short(f"…{a[start:]}", most), _short(f"…{b[start:]}", most)) if start else (_short(a, most), _short(b, most))
    )


def _line(value: Any) -> str:
    if value is None:
        return "(none)"
    words = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return " ".join(words.split())


def _short(value: Any, most: int = 100) -> str:
    """A value on one line, cut."""
    words = _line(value)
    return words if len(words) <= most else words[: most - 1] + "…"
