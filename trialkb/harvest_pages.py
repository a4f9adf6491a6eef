"""A page of a harvest: its documents one by one, and what the pages of a run say of its being whole."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from types import ModuleType

from . import reading
from .errors import BadInput
from .records import Document, Page

NAMED = 5  # records or pages named in a note, the others counted


def verdict(db: sqlite3.Connection, run: int, held: int, wanted: int | None, announced: int | None) -> str | None:
    """Why a run that reached its end is not complete, or None."""
    loop = db.execute(
        "SELECT note FROM page WHERE run_id = ? AND (note LIKE '%token loop%' OR note LIKE '%repeats itself%')", (run,)
    ).fetchone()
    parts_ = [loop[0]] if loop else []
    if wanted is not None and held != wanted:
        parts_.append(f"{announced:,} announced, {held:,} distinct records held")
        parts_ += _short_pages(db, run)
    return "; ".join(parts_) or None


def _short_pages(db: sqlite3.Connection, run: int) -> list[str]:
    """Pages before the last that brought fewer records than the fullest one: where records may have been lost."""
    pages = db.execute("SELECT number, records FROM page WHERE run_id = ? ORDER BY number", (run,)).fetchall()
    most = max((r for _, r in pages), default=0)
    return [f"page {n} brought {r} records where others brought {most}" for n, r in pages[:-1] if r < most][:NAMED]


def named(what: str, ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return f"{what}: {', '.join(ids[:NAMED])}{more}"


def documents(module: ModuleType, page: Page) -> Iterator[Document | BadInput]:
    """The documents of a page; a record that cannot be read is handed on as its error, the others are read."""
    for payload in page.payloads:
        try:
            for record in reading.records(module, io.BytesIO(payload), page.url):
                try:
                    yield from module.parse(record, name=page.url)
                except BadInput as e:
                    yield e
                except RecursionError:
                    yield BadInput(f"{page.url}: a record nested too deep")
        except BadInput as e:
            yield e
