"""Freeze a benchmark's evidence under a name, so that 'trialkb bench --frozen NAME' gives the same table later."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from trialkb import kb
from trialkb.errors import BadInput

from . import _freezer, _gather, _request, bench

OPTIONS: tuple[click.Parameter, ...] = (
    click.Argument(["name"], required=False),
    *_request.OPTIONS,
    click.Option(["--list", "listing"], is_flag=True, help="What is frozen."),
    click.Option(["--replace"], is_flag=True, help="Freeze anew what is frozen under this name."),
)


@dataclass(frozen=True, slots=True)
class Answer:
    packs: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()


def run(
    db: sqlite3.Connection,
    path: Path,
    name: str | None = None,
    listing: bool = False,
    replace: bool = False,
    **options: Any,
) -> Answer:
    """What was frozen. Raises BadInput for a name that is taken or that is none."""
    if listing:
        return Answer(tuple(_freezer.opened(db, n) for n in _freezer.names(db)))
    if not name or not re.fullmatch(r"[\w.-]{1,80}", name):
        raise BadInput(f"expected a NAME of letters, digits, dots and hyphens, found {name!r}; or --list")
    if kb.meta(db, _freezer.PREFIX + name) and not replace:
        raise BadInput(f"evidence is frozen as {name!r} already; choose another name, or --replace it")
    request = _request.read(options)
    gathered = _gather.gather(db, request)
    answer = bench.finish(bench.answer(request, gathered, kb.meta(db, "generation")), {})
    pack = _freezer.pack(name, gathered, answer)
    with kb.writing(
        path
    ) as writer:  # not a `transaction`: what is shown does not change, so neither does the generation
        kb.set_meta(writer, _freezer.PREFIX + name, _freezer.seal(pack))
    return Answer((pack,), answer.notes)


def text(answer: Answer) -> Iterator[str]:
    for p in answer.packs:
        r = rows_of(p)
        yield (
            f"{r['name']}: {r['question']}; {r['studies']} studies, {r['values']} values, kb generation {r['generation']}, "
            f"frozen {r['at']} by trialkb {r['trialkb']}, table {str(r['table'])[:16]}"
        )
    if not answer.packs:
        yield "nothing is frozen"


def rows_of(p: Mapping[str, Any]) -> dict[str, Any]:
    from trialkb import codec

    request = codec.load(_request.Request, p["request"])
    return {
        "name": p["name"], "question": request.words(), "studies": len(p["families"]), "values": len(p["values"]),
        "generation": p["generation"], "at": p["at"], "trialkb": p["trialkb"], "table": p["table"], "picture": p["picture"],
    }  # fmt: skip


def rows(answer: Answer) -> Iterator[Mapping[str, Any]]:
    yield from (rows_of(p) for p in answer.packs)


def data(answer: Answer) -> list[dict[str, Any]]:
    return [rows_of(p) for p in answer.packs]
