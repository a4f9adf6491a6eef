"""Filters of search and its kin: from the words a person gives to one SQL condition with bound parameters."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from trialkb.errors import BadInput
from trialkb.terms import descendants, mentions, terms

OPTIONS: tuple[click.Parameter, ...] = (
    click.Option(["--phase"], multiple=True, help="1, 1/2, 2 ... or early 1."),
    click.Option(["--target"], multiple=True, help="CLDN18.2, HER2 ... (any name the lexicon knows)."),
    click.Option(
        ["--indication"], multiple=True, help="gastric_cancer, 胃癌, digestive_tumour (with all below it) ..."
    ),
    click.Option(["--modality"], multiple=True, help="CAR-T, TCR-T, NK ..."),
    click.Option(["--status"], multiple=True, help="recruiting, completed, terminated ..."),
    click.Option(["--country"], multiple=True, help="China, United States ..."),
    click.Option(["--since"], help="Started or published on or after this date (2023, 2023-05, 2023-05-01)."),
)


_SIGNS = {">": ">", "<": "<", ">=": ">=", "<=": "<="}


@dataclass(frozen=True, slots=True)
class Where:
    """An SQL condition on document d and its parameters; empty means every document."""

    sql: str = "1"
    parameters: tuple[Any, ...] = ()

    @property
    def active(self) -> bool:
        return self.sql != "1"


def merged(db: sqlite3.Connection, options: Mapping[str, Any], asked: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Filters given as options, and those read from the query where no option of the name was given.

    A status that no record of the kb has is not asked for: the words were meant otherwise, or the source holds none.
    """
    out = dict(options)
    if asked.get("status") and not out.get("status"):
        held = {r[0] for r in db.execute("SELECT DISTINCT status FROM trial")}
        if held & set(asked["status"]):
            out["status"] = asked["status"]
    if asked.get("since") and not out.get("since"):
        out["since"] = asked["since"][0]
    out["size"] = asked.get("size")
    return out


def read(db: sqlite3.Connection, options: Mapping[str, Any]) -> Where:
    """The condition that the given filters make together. Raises BadInput for a value nobody knows."""
    parts: list[tuple[str, tuple[Any, ...]]] = []
    for kind in ("target", "indication", "modality"):
        if options.get(kind):
            parts.append(_concept(kind, [_known(kind, v) for v in options[kind]]))
    if options.get("phase"):
        parts.append(_phase(options["phase"]))
    if options.get("status"):
        parts.append(_status(db, options["status"]))
    if options.get("country"):
        parts.append(_country(db, options["country"]))
    if options.get("since"):
        parts.append(_since(options["since"]))
    if options.get("size"):
        sign, n = options["size"]
        parts.append((f"d.id IN (SELECT document_id FROM trial WHERE enrollment {_SIGNS[sign]} ?)", (int(n),)))
    if not parts:
        return Where()
    return Where(" AND ".join(f"({sql})" for sql, _ in parts), tuple(p for _, values in parts for p in values))


def _near(words: str, names: Iterable[str], cutoff: float) -> list[str]:
    """The three names that look most like the words."""
    from difflib import get_close_matches

    return get_close_matches(words, list(names), n=3, cutoff=cutoff)


def _marks(values: list[str]) -> str:
    return ",".join("?" * len(values))


def _known(kind: str, words: str) -> str:
    """The lexicon id that a person's words name. Raises BadInput with the nearest ones."""
    names = {t.id.lower(): t.id for t in terms() if t.kind == kind}
    if words.lower() in names:
        return names[words.lower()]
    found = next((m for m in mentions(words.replace("_", " "), frozenset({kind}))), None)
    if found:
        return found.id
    near = _near(words.lower(), names, 0.4)
    raise BadInput(f"--{kind} {words!r} is not known; nearest: {', '.join(names[n] for n in near) or 'none'}")


def _concept(kind: str, ids: list[str]) -> tuple[str, tuple[Any, ...]]:
    wanted = sorted({d for i in ids for d in descendants(kind, i)})
    return (
        f"d.id IN (SELECT document_id FROM concept WHERE kind = ? AND weight >= 0.5 AND term IN ({_marks(wanted)}))",
        (kind, *wanted),
    )


def _phase(values: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    """Phase words to enums; 1/2 wants both.

    >>> _phase(("1/2",))[1]
    ('PHASE1', 'PHASE2')
    """
    either = []
    names: list[str] = []
    roman = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
    for value in values:
        bare = re.sub(r"phase|期|[_ ]", "", value.lower())
        pieces = [roman.get(p, p) for p in re.split(r"[/|,&-]", bare) if p]
        enums = [
            "EARLY_PHASE1" if p in ("early1", "0", "earlyi") else "NA" if p == "na" else f"PHASE{p}" for p in pieces
        ]
        if not enums or any(e not in ("EARLY_PHASE1", "NA", "PHASE1", "PHASE2", "PHASE3", "PHASE4") for e in enums):
            raise BadInput(f"--phase {value!r} is not known; expected early1, 1, 1/2, 2, 2/3, 3, 4 or na")
        has = "d.id IN (SELECT document_id FROM concept WHERE kind = 'phase' AND weight >= 0.5 AND term = ?)"
        either.append(" AND ".join([has] * len(enums)))
        names += enums
    return " OR ".join(f"({e})" for e in either), tuple(names)


def _status(db: sqlite3.Connection, values: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    wanted = [re.sub(r"[ ,-]+", "_", v.strip().upper()) for v in values]
    held = [r[0] for r in db.execute("SELECT DISTINCT status FROM trial WHERE status IS NOT NULL ORDER BY 1")]
    for value in wanted:
        if held and value not in held:
            raise BadInput(f"--status {value.lower()!r} is held by no trial; there are: {', '.join(held)}")
    return f"d.id IN (SELECT document_id FROM trial WHERE status IN ({_marks(wanted)}))", tuple(wanted)


def _country(db: sqlite3.Connection, values: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    short = {
        "us": "United States",
        "usa": "United States",
        "uk": "United Kingdom",
        "中国": "China",
        "美国": "United States",
    }
    wanted = [short.get(v.lower(), v) for v in values]
    for value in wanted:
        if not db.execute("SELECT 1 FROM trial_country WHERE country = ? LIMIT 1", (value,)).fetchone():
            held = [r[0] for r in db.execute("SELECT DISTINCT country FROM trial_country")]
            near = _near(value.title(), held, 0.5)
            raise BadInput(f"--country {value!r} is named by no trial; nearest: {', '.join(near) or 'none'}")
    return f"d.id IN (SELECT document_id FROM trial_country WHERE country IN ({_marks(wanted)}))", tuple(wanted)


def _since(value: str) -> tuple[str, tuple[Any, ...]]:
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", value):
        raise BadInput(f"--since {value!r} is no date; expected 2023, 2023-05 or 2023-05-01")
    return (
        "d.id IN (SELECT document_id FROM trial WHERE coalesce(start_date, first_post_date) >= ?"
        " UNION SELECT document_id FROM article WHERE coalesce(date, year) >= ?)",
        (value, value),
    )
