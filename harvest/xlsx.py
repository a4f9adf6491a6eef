"""Excel workbook (XLSX): a sheet with a registry export's columns, read as that export's CSV would be.

Dates that Excel made numbers of are dates again. Sheets without a known header are left aside, and said so.
"""

from __future__ import annotations

import csv
import datetime
import io
import logging
import warnings
from collections.abc import Iterator
from itertools import islice
from types import ModuleType
from typing import Any

from trialkb.errors import BadInput
from trialkb.records import Document

from . import ctgov_csv, ictrp
from ._office import archive
from ._tables import COLUMNS

PRIORITY = 5
ROWS = 200_000
log = logging.getLogger("trialkb")
READERS: tuple[ModuleType, ...] = (ctgov_csv, ictrp)


def recognise(head: bytes, name: str) -> str | None:
    """Why a file is a workbook, or None."""
    return "a ZIP archive with xl/ in it" if head[:2] == b"PK" and b"xl/" in head else None


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The trials of every sheet that is an export. Raises BadInput where none is."""
    import openpyxl  # not at the top: no other part needs it

    archive(data, name).close()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheets = [(sheet.title, _csv(sheet, name)) for sheet in book.worksheets]
    except BadInput:
        raise
    except Exception as e:
        raise BadInput(f"{name}: the workbook cannot be read ({type(e).__name__}: {e})") from e
    read = 0
    for title, table in sheets:
        reader = next((r for r in READERS if table and r.recognise(table[:65_536], name)), None)
        if reader is None:
            log.warning("%s: sheet %r is no export of a registry; left aside", name, title)
            continue
        for document in reader.parse(table, name=name):
            read += 1
            yield document
    if not read:
        raise BadInput(f"{name}: expected a sheet with a registry's columns (NCT Number ...), found none")


def _csv(sheet: Any, name: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for n, row in enumerate(sheet.iter_rows(values_only=True)):
        if n >= ROWS:
            raise BadInput(f"{name}: expected at most {ROWS:,} rows a sheet, found more; split it")
        cells = [_cell(v) for v in islice(row, COLUMNS + 1)]
        if len(cells) > COLUMNS and any(cells[COLUMNS:]):
            raise BadInput(f"{name}: expected at most {COLUMNS} columns, found more")
        if any(cells):
            writer.writerow(cells)
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return "" if value is None else str(value)
