"""Printing: an answer as text, JSON, JSON lines, CSV or TSV, made safe for terminals and spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from . import codec
from .text import printable


def printed(module: ModuleType, answer: Any, form: str | None) -> Iterator[str]:
    """The lines of an answer in a form: None (text), json, nl, csv or tsv."""
    if form == "json":
        value = module.data(answer) if hasattr(module, "data") else codec.plain(answer)
        yield json.dumps(value, ensure_ascii=False, default=codec.plain)
    elif form == "nl":
        yield from (json.dumps(codec.plain(row), ensure_ascii=False) for row in module.rows(answer))
    elif form in ("csv", "tsv"):
        yield from separated(module.rows(answer), "," if form == "csv" else "\t")
    else:
        yield from (printable(line.expandtabs()) for block in module.text(answer) for line in block.split("\n"))


def separated(rows: Iterable[Mapping[str, Any]], mark: str) -> Iterator[str]:
    """Rows as CSV or TSV with a header; the columns are those of all rows, in order of appearance."""
    held = [dict(r) for r in rows]
    columns = list(dict.fromkeys(k for r in held for k in r))
    if not columns:
        return
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, lineterminator="\n")
    writer.writerow(columns)
    for row in held:
        writer.writerow([defused(row.get(c)) for c in columns])
    yield from out.getvalue().rstrip("\n").split("\n")


def defused(value: Any) -> str:
    """A cell that no spreadsheet runs: text that begins like a formula gets an apostrophe in front.

    >>> defused("=1+1"), defused(-1.5), defused(None)
    ("'=1+1", '-1.5', '')
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    words = value if isinstance(value, str) else json.dumps(codec.plain(value), ensure_ascii=False)
    words = printable(words)
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r") else words
