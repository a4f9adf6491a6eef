"""Count what the knowledge base holds: trials, articles, documents, findings, outcomes, passages, vectors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

import click

OPTIONS: tuple[click.Parameter, ...] = ()

_COUNTS = {
    "trials": "SELECT count(*) FROM work WHERE kind = 'trial'",
    "articles": "SELECT count(*) FROM work WHERE kind IN ('article', 'review')",
    "documents": "SELECT count(*) FROM work",
    "findings": "SELECT count(*) FROM finding",
    "outcomes": "SELECT count(*) FROM outcome",
    "passages": "SELECT count(*) FROM passage",
    "vectors": "SELECT count(*) FROM vector",
}


def run(db: sqlite3.Connection, **_: Any) -> dict[str, int]:
    """{name: count} over the whole kb."""
    return {name: db.execute(sql).fetchone()[0] for name, sql in _COUNTS.items()}


def data(answer: dict[str, int]) -> dict[str, int]:
    return answer


def rows(answer: dict[str, int]) -> Iterator[Mapping[str, Any]]:
    yield answer


def text(answer: dict[str, int]) -> Iterator[str]:
    for name, count in answer.items():
        yield f"{name:<10} {count:>10,}"
