"""Two trials side by side: what both state, where they differ, each value with the words it was read from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

from trialkb.errors import BadInput

from . import _compare

OPTIONS: tuple[click.Parameter, ...] = (click.Argument(["a"]), click.Argument(["b"]))


@dataclass(frozen=True, slots=True)
class Row:
    feature: str
    a: tuple[str, ...]
    b: tuple[str, ...]
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    a: str
    b: str
    titles: tuple[str, str]
    rows: tuple[Row, ...]


_FIELDS = (
    "status",
    "enrollment",
    "start_date",
    "completion_date",
    "sponsor",
    "countries",
    "minimum_age",
    "maximum_age",
)


def run(db: sqlite3.Connection, a: str, b: str, **_: Any) -> Answer:
    """Both trials' features and registry fields. Raises BadInput for an id that the kb does not hold."""
    first, second = (_profile(db, x) for x in (a, b))
    rows = []
    for name in dict.fromkeys((*first.features, *second.features)):
        one, two = first.features.get(name, {}), second.features.get(name, {})
        rows.append(Row(name, _said(one), _said(two), tuple(sorted(set(one) & set(two)))))
    rows += list(_registry(db, first.id, second.id))
    return Answer(first.id, second.id, (first.title, second.title), tuple(rows))


def _profile(db: sqlite3.Connection, id: str) -> _compare.Profile:
    profile = _compare.profile(db, id)
    if profile is None:
        raise BadInput(f"no record {id!r} in this knowledge base; 'trialkb search' finds ids")
    return profile


def _said(values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{v} “{' '.join(words.split())[:50]}”" for v, words in sorted(values.items()))


def _registry(db: sqlite3.Connection, a: str, b: str) -> Iterator[Row]:
    for name in _FIELDS:
        one, two = (
            (db.execute(f"SELECT {name} FROM trial WHERE document_id = ?", (x,)).fetchone() or (None,))[0]
            for x in (a, b)
        )
        if one is not None or two is not None:
            cells = [() if v is None else (str(v),) for v in (one, two)]
            yield Row(name, cells[0], cells[1], cells[0] if cells[0] == cells[1] else ())


def rows(answer: Answer) -> Iterator[Mapping[str, Any]]:
    for r in answer.rows:
        yield {"feature": r.feature, answer.a: "; ".join(r.a), answer.b: "; ".join(r.b), "shared": "; ".join(r.shared)}


def text(answer: Answer) -> Iterator[str]:
    yield f"A {answer.a}  {answer.titles[0]}"
    yield f"B {answer.b}  {answer.titles[1]}"
    for r in answer.rows:
        mark = "=" if r.shared and set(r.a) == set(r.b) or (r.shared and len(r.shared) == len(r.a) == len(r.b)) else " "
        yield ""
        yield f"{mark} {r.feature}"
        yield f"    A {'; '.join(r.a) or '-'}"
        yield f"    B {'; '.join(r.b) or '-'}"
