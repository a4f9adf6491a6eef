"""Show which records are one trial: its registrations and papers, every merge with its evidence, and likely pairs.

Without an id: every family of more than one record. Suggestions are merged by nobody; `trialkb unlink` undoes a merge.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

from trialkb import codec, families, suggest
from trialkb.errors import BadInput

OPTIONS: tuple[click.Parameter, ...] = (
    click.Argument(["id"], required=False),
    click.Option(["--suggest", "suggesting"], is_flag=True, help="Likely pairs, best first, with their reasons."),
    click.Option(
        ["--least"], type=click.FloatRange(0, 1), default=suggest.LEAST, show_default=True, help="Least score shown."
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Families in order, and the pairs suggested."""

    families: tuple[families.Family, ...]
    suggestions: tuple[suggest.Pair, ...] = ()
    notes: tuple[str, ...] = ()


def run(
    db: sqlite3.Connection, id: str | None = None, suggesting: bool = False, least: float = suggest.LEAST, **_: Any
) -> Answer:
    """The families of a record, or all. Raises BadInput for an id that neither is held nor stands in any link."""
    if id is None:
        found = () if suggesting else _all(db)
        pairs = tuple(suggest.pairs(db, least=least)) if suggesting else ()
        none = "no pair is likely enough" if suggesting else "no records are linked yet: import or harvest some first"
        notes = () if found or pairs else (none,)
        return Answer(found, pairs, notes)
    known = _known(db, id)
    return Answer(families.of(db, known), tuple(suggest.pairs(db, known, least)))


def _all(db: sqlite3.Connection) -> tuple[families.Family, ...]:
    ids = sorted({r for roots in families.roots(db).values() for r in roots})
    return tuple(f for i in ids for f in families.of(db, i) if len(f.members) > 1)


def _known(db: sqlite3.Connection, id: str) -> str:
    """The id as the kb writes it."""
    for spelling in (id, id.upper(), f"PMID:{id}"):
        row = db.execute(
            "SELECT id FROM document WHERE id = ?1 COLLATE NOCASE UNION SELECT target FROM link WHERE target = ?1",
            (spelling,),
        ).fetchone()
        if row:
            return str(row[0])
    raise BadInput(f"no record {id!r} in this knowledge base, and none names it; 'trialkb search' finds ids")


def data(answer: Answer) -> Any:
    return codec.plain(answer)


def rows(answer: Answer) -> Iterator[Mapping[str, Any]]:
    """One row a member, or a suggested pair where there is no family to show."""
    for f in answer.families:
        for m in f.members:
            yield {"family": f.id, **codec.plain(m)}
    if not answer.families:
        for p in answer.suggestions:
            yield {"one": p.one, "other": p.other, "score": p.score, "reasons": "; ".join(p.reasons)}


def text(answer: Answer) -> Iterator[str]:
    for f in answer.families:
        yield from _family(f)
        yield ""
    if answer.suggestions:
        yield "Suggestions (merged by nobody; the score orders them and is no probability)"
    for p in answer.suggestions:
        yield f"  {p.score:.2f}  {p.one}  {p.other}  {'; '.join(p.reasons)}"


def _family(family: families.Family) -> Iterator[str]:
    yield f"Family {family.id}: {len(family.members)} record{'s' if len(family.members) > 1 else ''}"
    for m in family.members:
        what = m.registry or m.kind
        state = "RETRACTED  " if m.retracted else ""
        yield f"  {m.id:<26} {what:<20} {state}{m.title if m.held else '(named, not held here)'}"
    for k in family.merges:
        yield f"  because {_merge(k)}"
    for k in family.undone:
        yield f"  undone {k.undone}: {_merge(k)}"
    for doubt in family.doubts:
        yield f"  !! {doubt}"


def _merge(k: families.Merge) -> str:
    where = f" [{k.source} {k.section} {k.start}:{k.end}]" if k.section else ""
    quote = f" “{' '.join(k.quote.split())[:120]}”" if k.quote else ""
    return f"{k.source} {k.relation.replace('_', ' ')} {k.target}: {k.rule}{quote}{where}"
