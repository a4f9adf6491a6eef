"""Print the ledger of searches (PRISMA-S): what was asked of which source, when, how much it announced, what is held.

A table and the queries as sent; --md gives an appendix in Markdown, --json everything with the pages of each run.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from trialkb import __version__, ledger, works
from trialkb.errors import BadInput

from ._history import LITERATURE

OPTIONS: tuple[click.Parameter, ...] = (
    click.Argument(["run"], type=int, required=False),
    click.Option(["--source"], help="Only this source."),
    click.Option(["--all", "everything"], is_flag=True, help="Extractions and index builds too."),
    click.Option(["--md", "markdown"], is_flag=True, help="As Markdown, ready for an appendix."),
)
_RUNS = """
SELECT r.id, r.command, r.source, r.query, r.asked, r.profile, r.platform, r.as_of, r.complete, r.started, r.finished,
  r.announced, r.received, coalesce(r.held, (SELECT count(DISTINCT v.document_id) FROM sighting s
    JOIN version v ON v.id = s.version_id WHERE s.run_id = r.id)) AS held, r.new, r.changed, r.unchanged, r.skipped,
  r.state, r.message,
  (SELECT count(*) FROM page p WHERE p.run_id = r.id) AS pages
FROM run r WHERE (:run IS NULL OR r.id = :run) AND (:source IS NULL OR r.source = :source)
  AND (:everything OR r.command IN ('harvest', 'import') OR r.id = :run) ORDER BY r.id
"""
_PAGES = "SELECT number, url, sha256, records, at, note FROM page WHERE run_id = ? ORDER BY number"


@dataclass(frozen=True, slots=True)
class Answer:
    """Runs in order, each with its pages; what a run asked stands in words and as sent."""

    runs: tuple[Mapping[str, Any], ...]
    markdown: bool = False
    notes: tuple[str, ...] = ()


def run(
    db: sqlite3.Connection,
    run: int | None = None,
    source: str | None = None,
    everything: bool = False,
    markdown: bool = False,
    **_: Any,
) -> Answer:
    """The runs of the ledger. Raises BadInput for a run that there is not."""
    dead = ledger.interrupted(db)
    asked = {"run": run, "source": source, "everything": everything}
    found = tuple(_run(db, r, dead) for r in _rows(db, _RUNS, asked))
    if run is not None and not found:
        last = db.execute("SELECT max(id) FROM run").fetchone()[0]
        raise BadInput(f"no run {run} in the ledger; the last one is {last or 'not yet made'}")
    return Answer(found, markdown, () if found else ("the ledger is empty: nothing was harvested or imported yet",))


def _rows(db: sqlite3.Connection, sql: str, values: Any) -> list[dict[str, Any]]:
    cursor = db.execute(sql, values)
    names = [d[0] for d in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _run(db: sqlite3.Connection, row: dict[str, Any], dead: Mapping[int, str]) -> Mapping[str, Any]:
    asked = json.loads(row.pop("asked") or "{}")
    limits = [f"{name}: {asked[name]}" for name in ("since", "limit") if asked.get(name)]
    if row["id"] in dead:
        row |= {"state": "interrupted", "message": dead[row["id"]]}
    by_id, by_doi = works.shared(db, row["id"]) if row["source"] in LITERATURE else (0, 0)
    more = {"words": asked.get("query"), "limits": "; ".join(limits) or None, "same_id": by_id, "same_doi": by_doi}
    return {**row, **more, "page_list": _rows(db, _PAGES, (row["id"],))}


def data(answer: Answer) -> list[Mapping[str, Any]]:
    return list(answer.runs)


def rows(answer: Answer) -> Iterator[Mapping[str, Any]]:
    for r in answer.runs:
        yield {k: v for k, v in r.items() if k != "page_list"}


def text(answer: Answer) -> Iterator[str]:
    yield from _markdown(answer.runs) if answer.markdown else _plain(answer.runs)


_COLUMNS = (
    "id",
    "started",
    "command",
    "source",
    "announced",
    "held",
    "new",
    "changed",
    "unchanged",
    "skipped",
    "state",
)


def _plain(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not runs:
        return
    cells = [_COLUMNS, *(tuple("" if r[c] is None else str(r[c]) for c in _COLUMNS) for r in runs)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(_COLUMNS))]
    for row in cells:
        yield "  ".join(
            c.rjust(w) if 4 <= i <= 9 else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
    for r in runs:
        yield ""
        yield f"run {r['id']}: {r['source'] or r['command']}, {r['platform'] or 'platform version not stated'}"
        if r["words"]:
            yield f"  asked: {r['words']}" + (f" ({r['limits']})" if r["limits"] else "")
        yield f"  as sent: {r['query']}" if r["command"] == "harvest" else f"  file: {r['query']}"
        if r["message"]:
            yield f"  {r['state']}: {r['message']}"
        if r["same_id"] or r["same_doi"]:
            yield f"  {ledger.shared(r['same_id'], r['same_doi'])}"
        yield from (f"  page {p['number']}: {p['note']}" for p in r["page_list"] if p["note"])


def _markdown(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Items of PRISMA-S: sources (1-3), full strategies (8), limits (9), dates (13), records (15), duplicates (16)."""
    yield "## Search log (PRISMA-S)"
    yield ""
    yield (
        f"Written by trialkb {__version__}. Records are identified by their registry or article id; a record that came "
        "again was counted once (*held* counts distinct records). Announced is the total that the source itself gave. "
        "Duplicates are records of the run that are held from another source too, under the same id or by the same DOI; "
        "each is shown, counted and searched once."
    )
    yield ""
    head = ("Run", "Source", "Platform", "Date", "Limits", "Announced", "Received", "Held", "Duplicates", "New", "Changed",
            "State")  # fmt: skip
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for r in runs:
        day = (r["started"] or "")[:10] + (
            f" (data of {r['as_of']})" if r["as_of"] and r["command"] == "import" else ""
        )
        cells = (
            r["id"], f"{r['source']} ({r['command']})", r["platform"], day, r["limits"], r["announced"], r["received"],
            r["held"], _duplicates(r), r["new"], r["changed"], f"{r['state']}{': ' + r['message'] if r['message'] else ''}",
        )  # fmt: skip
        yield f"| {' | '.join(_cell(c) for c in cells)} |"
    yield ""
    yield "### Search strategies, exactly as sent"
    for r in runs:
        yield ""
        yield f"Run {r['id']}, {_cell(r['source'])}, {r['started']} to {r['finished'] or 'not finished'}:"
        yield ""
        yield from ("    " + line for line in str(r["query"] or "").split("\n"))
        if r["words"] and r["words"] != r["query"]:
            yield ""
            yield from ("    asked as: " + line for line in str(r["words"]).split("\n"))
        notes = [f"- page {p['number']}: {_cell(p['note'])}" for p in r["page_list"] if p["note"]]
        yield from ["", *notes] if notes else []


def _duplicates(r: Mapping[str, Any]) -> str:
    """Records of a run held from another source too, by what told them."""
    said = (f"{r['same_id']} by id" if r["same_id"] else "", f"{r['same_doi']} by DOI" if r["same_doi"] else "")
    return ", ".join(filter(None, said))


def _cell(value: Any) -> str:
    """A table cell: one line, its bars escaped.

    >>> _cell("a|b"), _cell(None)
    ('a\\\\|b', '')
    """
    return "" if value is None else " ".join(str(value).split()).replace("\\", "\\\\").replace("|", "\\|")
