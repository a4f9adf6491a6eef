"""Families: the registrations of one trial and the papers that report it, each merge with its evidence.

Trials are one where a record says so (same_trial, alias: a connected component); papers belong to the trial they
report. A paper that reports several trials joins each of their families and makes them no single one. A person's
`unlink` keeps two records apart for good, whatever any record says later; it is undone by linking them again.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from . import ids, works
from .errors import BadInput
from .flags import WITHDRAWN
from .linking import MERGING, links
from .records import Document
from .works import SAID_RETRACTED, SAME_WORK

APART = "apart"
_TRIALS = ("same_trial", "alias")
_PAPERS = tuple(r for r in MERGING if r not in _TRIALS)


@dataclass(frozen=True, slots=True)
class Member:
    """A record of a family; one that is named but not held has no title."""

    id: str
    kind: str  # trial | article | review | page
    held: bool
    title: str | None = None
    registry: str | None = None
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Merge:
    """Why two records are in one family: the statement of `source`, and its words where they stand in its text."""

    source: str
    target: str
    relation: str
    rule: str | None
    section: str | None = None
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    undone: str | None = None


@dataclass(frozen=True, slots=True)
class Family:
    id: str
    members: tuple[Member, ...]
    merges: tuple[Merge, ...]
    undone: tuple[Merge, ...] = ()
    doubts: tuple[str, ...] = field(default=())


def renew(db: sqlite3.Connection, document: Document, version: int) -> int:
    """Store what the shown version of a document states; what a person undid stays undone. Returns the count."""
    db.execute(
        "DELETE FROM link WHERE source = ? AND undone IS NULL AND relation NOT IN (?, ?, ?, ?)",
        (document.id, APART, WITHDRAWN, SAME_WORK, SAID_RETRACTED),
    )
    found = list(links(document))
    db.executemany(
        "INSERT INTO link (source, target, relation, version_id, section, start, end, rule) VALUES (?,?,?,?,?,?,?,?)"
        " ON CONFLICT (source, target, relation) DO UPDATE SET version_id = excluded.version_id,"
        " section = excluded.section, start = excluded.start, end = excluded.end, rule = excluded.rule",
        ((k.source, k.target, k.relation, version, k.section, k.start, k.end, k.rule) for k in found),
    )
    return len(found)


def withdraw(db: sqlite3.Connection, gone: Iterable[str], source: str, why: str, run: int) -> list[str]:
    """Flag held records that their source took back, and unflag those it sent again in this run; which were flagged."""
    held = [g for g in gone if db.execute("SELECT 1 FROM document WHERE id = ?", (g,)).fetchone()]
    db.execute(
        "DELETE FROM link WHERE relation = ? AND target = ? AND source IN (SELECT v.document_id FROM sighting s"
        " JOIN version v ON v.id = s.version_id WHERE s.run_id = ?)",
        (WITHDRAWN, source, run),
    )
    db.executemany(
        "INSERT OR IGNORE INTO link (source, target, relation, rule) VALUES (?, ?, ?, ?)",
        ((g, source, WITHDRAWN, why) for g in held),
    )
    return held


def unlink(db: sqlite3.Connection, one: str, other: str, reason: str) -> int:
    """Keep two records apart for good; returns how many statements that undoes. Call it inside a transaction."""
    if one == other:
        raise BadInput(f"{one} cannot be kept apart from itself; name two records")
    rows = [k for k in _between(db, one, other) if k[2] in MERGING]
    if not rows:
        raise BadInput(f"nothing joins {one} and {other} directly; 'trialkb families {one}' shows what joins what")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    db.executemany(
        "UPDATE link SET undone = ? WHERE source = ? AND target = ? AND relation = ?", ((now, *k) for k in rows)
    )
    a, b = sorted((one, other))
    db.execute(
        "INSERT INTO link (source, target, relation, rule) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (source, target, relation) DO UPDATE SET rule = excluded.rule, undone = NULL",
        (a, b, APART, f"a person: {reason}"),
    )
    return len(rows)


def relink(db: sqlite3.Connection, one: str, other: str) -> int:
    """Take an unlink back; returns how many statements count again. Call it inside a transaction."""
    a, b = sorted((one, other))
    gone = db.execute("DELETE FROM link WHERE source = ? AND target = ? AND relation = ?", (a, b, APART)).rowcount
    if not gone:
        raise BadInput(f"{one} and {other} were never kept apart")
    rows = _between(db, one, other)
    db.executemany("UPDATE link SET undone = NULL WHERE source = ? AND target = ? AND relation = ?", rows)
    return len(rows)  # of a merge by DOI, `kb.settle` then sees to what was built meanwhile


def _between(db: sqlite3.Connection, one: str, other: str) -> list[tuple[str, str, str]]:
    found = db.execute(
        "SELECT source, target, relation FROM link WHERE (source = ?1 AND target = ?2) OR (source = ?2 AND target = ?1)",
        (one, other),
    )
    return [(s, t, r) for s, t, r in found if r != APART]


def _edges(db: sqlite3.Connection, id: str, relations: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(source, target, relation) of the standing links of a record, those kept apart left out."""
    wanted = tuple(relations)
    marks = ",".join("?" * len(wanted))
    for spelling in _spellings(db, id):
        yield from db.execute(
            f"SELECT source, target, relation FROM link k WHERE (source = ? OR target = ?) AND undone IS NULL"
            f" AND relation IN ({marks}) AND NOT EXISTS (SELECT 1 FROM link a WHERE a.relation = '{APART}'"
            " AND a.undone IS NULL AND a.source = min(k.source, k.target) AND a.target = max(k.source, k.target))",
            (spelling, spelling, *wanted),
        )


def _spellings(db: sqlite3.Connection, id: str) -> list[str]:
    """The ids under which links may name a record: EU CT numbers stand with and without their last part."""
    key = ids.key(id)
    if ids.registry(id) != "EU CT":
        return [id]
    found = db.execute(
        "SELECT id FROM document WHERE id >= ?1 AND id < ?1 || '.' UNION"
        " SELECT source FROM link WHERE source >= ?1 AND source < ?1 || '.' UNION"
        " SELECT target FROM link WHERE target >= ?1 AND target < ?1 || '.'",
        (key,),
    )
    return sorted({id, key, *(r[0] for r in found)})


def trials_of(db: sqlite3.Connection, id: str) -> tuple[str, ...]:
    """Every registration of the trial with this id, itself first."""
    seen, queue = {id: None}, deque([id])
    while queue:
        here = queue.popleft()
        for source, target, _ in _edges(db, here, _TRIALS):
            for other in (source, target):
                if other not in seen:
                    seen[other] = None
                    queue.append(other)
        for spelling in _spellings(db, here):
            if spelling not in seen:
                seen[spelling] = None
    return tuple(seen)


def of(db: sqlite3.Connection, id: str) -> tuple[Family, ...]:
    """The families of a record: one for a trial, and as many as it reports for a paper (itself alone if none)."""
    if ids.registry(id):
        return (_family(db, id),)
    papers = _versions_of(db, id)
    targets = {o for p in papers for s, t, _ in _edges(db, p, _PAPERS) for o in (s, t) if ids.registry(o)}
    roots = dict.fromkeys(min(trials_of(db, t)) for t in sorted(targets))
    return tuple(_family(db, r) for r in roots) or (_assembled(db, (), papers),)


def _versions_of(db: sqlite3.Connection, paper: str) -> tuple[str, ...]:
    """A paper, its preprint, and other records of it."""
    seen, queue = {paper: None}, deque([paper])
    while queue:
        here = queue.popleft()
        for other in sorted({o for s, t, _ in _edges(db, here, ("preprint_of", SAME_WORK)) for o in (s, t)}):
            if other not in seen:
                seen[other] = None
                queue.append(other)
    return tuple(seen)


def _family(db: sqlite3.Connection, trial: str) -> Family:
    trials = trials_of(db, trial)
    direct = {o for t in trials for s, g, _ in _edges(db, t, _PAPERS) for o in (s, g) if not ids.registry(o)}
    papers = dict.fromkeys(p for d in sorted(direct) for p in _versions_of(db, d))
    return _assembled(db, trials, tuple(papers))


def _assembled(db: sqlite3.Connection, trials: tuple[str, ...], papers: tuple[str, ...]) -> Family:
    inside = {*trials, *papers}
    every = [m for i in sorted(inside) for m in _merges(db, i) if {m.source, m.target} <= inside or m.undone]
    merges = tuple(dict.fromkeys(m for m in every if not m.undone))
    members = tuple(_member(db, i) for i in (*sorted(trials), *sorted(papers)))
    doubts = (*_crowded(members, merges), *_shared(db, trials, papers), *_torn(db, inside), *works.doubts(db, papers))
    return Family(min(trials or papers), members, merges, tuple(dict.fromkeys(m for m in every if m.undone)), doubts)


def _merges(db: sqlite3.Connection, id: str) -> Iterator[Merge]:
    """The statements of a record that merge, with their words."""
    marks = ",".join("?" * len(MERGING))
    rows = db.execute(
        "SELECT k.source, k.target, k.relation, k.rule, k.section, k.start, k.end,"
        " (SELECT substr(s.text, k.start + 1, k.end - k.start) FROM section s"
        "  WHERE s.version_id = k.version_id AND s.name = k.section LIMIT 1), k.undone"
        f" FROM link k WHERE (k.source = ? OR k.target = ?) AND k.relation IN ({marks}) ORDER BY k.id",
        (id, id, *MERGING),
    )
    yield from (Merge(*row) for row in rows)


def _member(db: sqlite3.Connection, id: str) -> Member:
    row = db.execute(
        "SELECT d.kind, d.title, coalesce(a.retracted, 0) FROM document d LEFT JOIN article a ON a.document_id = d.id"
        " WHERE d.id = ?",
        (id,),
    ).fetchone()
    place = ids.registry(id)
    if not row:
        return Member(id, "trial" if place else "article", held=False, registry=place)
    return Member(id, row[0], held=True, title=row[1], registry=place, retracted=bool(row[2]))


def _crowded(members: Iterable[Member], merges: Iterable[Merge]) -> Iterator[str]:
    """Two registrations in one registry: an extension, a sub-study, or a wrong number; a replaced id is none."""
    replaced = {m.target for m in merges if m.relation == "alias"}
    by: dict[str, list[str]] = {}
    for m in members:
        if m.registry and m.id not in replaced and ids.key(m.id) not in map(ids.key, by.get(m.registry, [])):
            by.setdefault(m.registry, []).append(m.id)
    for place, held in by.items():
        if len(held) > 1:
            yield f"{len(held)} registrations in {place} ({', '.join(held)}): an extension, a part, or a wrong number?"


def _shared(db: sqlite3.Connection, trials: tuple[str, ...], papers: tuple[str, ...]) -> Iterator[str]:
    """Papers that report trials of other families too: pooled analyses, which merge nothing."""
    for paper in papers:
        found = {o for s, t, _ in _edges(db, paper, _PAPERS) for o in (s, t) if ids.registry(o)} - {*trials}
        if found and trials:
            yield f"{paper} also reports {', '.join(sorted(found))}: a pooled analysis, which makes them no single trial"


def _torn(db: sqlite3.Connection, inside: set[str]) -> Iterator[str]:
    """Records that a person keeps apart and that other statements still join."""
    for a, b in db.execute(f"SELECT source, target FROM link WHERE relation = '{APART}' AND undone IS NULL"):
        if {a, b} <= inside:
            yield f"{a} and {b} are kept apart by a person, yet other statements still join them"


def roots(db: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Every linked record -> the ids of its families (the smallest registration), in one pass over the links."""
    apart = {
        (a, b) for a, b in db.execute(f"SELECT source, target FROM link WHERE relation = '{APART}' AND undone IS NULL")
    }
    parent: dict[str, str] = {}

    def root(id: str) -> str:
        here = ids.key(id)
        while parent.setdefault(here, here) != here:
            parent[here] = parent[parent[here]]
            here = parent[here]
        return here

    marks = ",".join("?" * len(MERGING))
    rows = db.execute(
        f"SELECT source, target, relation FROM link WHERE undone IS NULL AND relation IN ({marks})", MERGING
    )
    standing = [(s, t, r) for s, t, r in rows if (min(s, t), max(s, t)) not in apart]
    named: dict[str, str] = {}
    for s, t, r in standing:
        for id in (s, t):
            if ids.registry(id):
                named[ids.key(id)] = min(named.get(ids.key(id), id), id)
        if r in _TRIALS:
            a, b = sorted((root(s), root(t)))
            parent[b] = a
    found: dict[str, set[str]] = {}
    for s, t, _ in standing:
        trials = {named[root(i)] for i in (s, t) if ids.registry(i)}
        for id in (s, t):
            found.setdefault(id, set()).update({named[root(id)]} if ids.registry(id) else trials)
    for s, t, r in standing:
        if r == SAME_WORK:
            found[s] = found[t] = found[s] | found[t]
    return {id: tuple(sorted(f)) for id, f in found.items() if f}
