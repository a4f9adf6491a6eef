"""Command line: `trialkb COMMAND`; data on standard output, everything else on standard error.

Exit codes: 0 ok (empty included), 1 error, 2 usage, 3 incomplete, 4 locked, 5 corrupt or stale, 130 Ctrl-C.
Every query part becomes a command: its OPTIONS, `run`, `text`, `rows` and `data`. Heavy imports stay inside commands.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from . import __version__, asking, parts
from .errors import TrialkbError
from .unlinking import unlink


class Commands(click.Group):
    """Own commands and one for every query part, found by listing the folder and not imported before use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.commands, *parts.names("queries")})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in self.commands:
            return self.commands[name]
        return asking.query(name) if parts.exists("queries", name) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            own = self.commands.get(name)
            rows.append((name, own.get_short_help_str(110) if own else parts.line_one("queries", name)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command; what a person can mend becomes one line and an exit code."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.Exit as e:
            sys.exit(e.exit_code)
        except click.ClickException as e:
            e.show()
            sys.exit(e.exit_code)
        except (KeyboardInterrupt, click.Abort):
            fail("stopped; what was committed is kept, and the same command goes on from there", 130)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except TrialkbError as e:
            fail(str(e), e.code)
        except sqlite3.DatabaseError as e:
            fail(*_database(e))
        except OSError as e:
            if e.errno not in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EACCES, errno.EROFS):
                raise
            fail(f"{e.strerror} ({e.filename or 'output'}); what was committed is kept: make room, then try again", 1)
        sys.exit(code if isinstance(code, int) else 0)


def _database(e: sqlite3.DatabaseError) -> tuple[str, int]:
    words = str(e)
    if "locked" in words or "busy" in words:
        return f"the knowledge base is in use by another process ({words}); try again", 4
    if "full" in words or "disk I/O" in words:
        return f"no room to write ({words}); what was committed is kept: make room, then try again", 1
    if "malformed" in words or "not a database" in words:
        return f"the knowledge base is damaged ({words}); 'trialkb doctor' says more; restore a copy", 5
    return f"the knowledge base refused: {words}; 'trialkb doctor' says more", 1


def fail(message: str, code: int) -> None:
    from .text import printable

    click.echo(f"trialkb: {printable(' '.join(message.split()))}", err=True)
    sys.exit(code)


def note(message: str) -> None:
    """A message beside the data."""
    click.echo(message, err=True)


with_kb = click.option(
    "--kb", "path", type=click.Path(path_type=Path), envvar="TRIALKB_KB", default=Path("kb.sqlite"), show_default=True,
    help="The knowledge base.",
)  # fmt: skip


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="trialkb")
def main() -> None:
    """A knowledge base of cell-therapy trials in oncology: every number with its source, in English and Chinese."""
    logging.basicConfig(format="trialkb: %(message)s", level=logging.WARNING, stream=sys.stderr)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar with rate and time left on a terminal's standard error, nothing elsewhere."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda n: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("{task.speed:.0f}/s"), TimeElapsedColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        bar.tasks[0].finished_speed = 0
        yield lambda n: bar.update(task, advance=n)


@main.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "kind", help="Take every file for this kind, whatever it looks like.")
@click.option("--as-of", help="The date that the data speaks for (2026-08-22).")
@click.option("--complete", is_flag=True, help="The file is a complete download: what it lacks has vanished.")
@with_kb
def import_(files: tuple[Path, ...], kind: str | None, as_of: str | None, complete: bool, path: Path) -> int:
    """Read files a person has: registry JSON, starter records, text ... (- is standard input)."""
    import re

    from . import kb, pipeline, reading

    if as_of and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", as_of):
        raise click.UsageError(f"--as-of expects a date like 2026-08-22, found {as_of!r}")
    worst = 0
    with kb.writing(path) as db:
        for given in files:
            for file in reading.files(given):
                try:
                    with progress(f"reading {file.name}") as tick:
                        taken, counts = pipeline.read_file(db, file, kind, as_of, complete, tick)
                except TrialkbError as e:
                    note(f"trialkb: {' '.join(str(e).split())}")
                    worst = max(worst, e.code)
                    continue
                changed = counts.by_state["new"] + counts.by_state["changed"] + counts.by_state["older"]
                note(f"{file}: taken as {taken}: {counts}" + ("" if changed else " (nothing changed)"))
                worst = max(worst, 1 if counts.by_state["skipped"] else 0)
    return worst


@main.command()
@click.argument("source", required=False)
@click.argument("words", nargs=-1)
@click.option("--profile", help="A named set of queries over several sources, or a TOML file; --profiles lists them.")
@click.option("--profiles", "listing", is_flag=True, help="The query sets there are, and the sources.")
@click.option("--since", help="Only what was updated since that day (2026-11-01), or since the 'last' complete run.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many records.")
@click.option("--again", is_flag=True, help="Begin anew, even where a stopped run could be gone on with.")
@click.option("--full", is_flag=True, help="With --profile: everything, not only what is new since the last run.")
@with_kb
def harvest(
    source: str | None,
    words: tuple[str, ...],
    profile: str | None,
    listing: bool,
    since: str | None,
    limit: int | None,
    again: bool,
    full: bool,
    path: Path,
) -> int:
    """Ask registries and literature over the network: SOURCE and the words of a query, or --profile NAME."""
    from . import harvesting, kb, querysets

    if listing:
        for line in querysets.listing():
            click.echo(line)
        click.echo(f"sources: {', '.join(harvesting.sources())}")
        return 0
    if bool(profile) == bool(source) or (source and not words):
        raise click.UsageError("expected SOURCE and the words of a query, or --profile NAME (--profiles lists them)")
    since = harvesting.anchor(since)
    queries = querysets.load(profile).queries if profile else [querysets.from_words(str(source), words)]
    worst = 0
    with kb.writing(path) as db:
        for query in queries:
            wanted = since or ("last" if profile and not full else None)
            with progress(f"harvesting {query.source}") as tick:
                done = harvesting.harvest(
                    db, query.source, query.words, since=wanted, limit=limit, profile=profile, again=again, tick=tick
                )
            for line in harvesting.told(done):
                note(line)
            worst = max(worst, done.error.code if done.error else 0)
    return worst


@main.command()
@click.option("--text", "source", type=click.Path(), help='Documents, one {"doc_id", "text"} a line; no kb is touched.')
@click.option("--nl", is_flag=True, help="One JSON line a document (with --text).")
@click.option("--all", "again", is_flag=True, help="Read every document again, whatever was read before.")
@with_kb
def extract(source: str | None, nl: bool, again: bool, path: Path) -> int:
    """Read phases, targets, endpoints, results ... from every record not yet read, with their spans."""
    if source:
        return _extract_lines(source)
    from . import kb, pipeline

    with kb.writing(path) as db:
        if again:
            db.execute("UPDATE version SET extracted = NULL")
        with progress("extracting", len(pipeline.pending(db))) as tick:
            count = pipeline.extract(db, tick)
    note(f"read {count:,} documents" if count else "every document is read already")
    return 0


def _extract_lines(source: str) -> int:
    from . import flat  # type: ignore[attr-defined,unused-ignore]

    worst = 0
    with click.open_file(source, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                if not isinstance(record, dict) or not isinstance(record.get("text"), str) or "doc_id" not in record:
                    raise ValueError('expected {"doc_id": ..., "text": ...}')
            except ValueError as e:
                note(f"trialkb: {source} line {number} skipped: {e}")
                worst = 1
                continue
            click.echo(json.dumps(flat.extract_line(record), ensure_ascii=False))
    return worst


@main.command()
@click.option("--model", help="A sentence-transformers model by name or folder; remembered by the kb.")
@with_kb
def index(model: str | None, path: Path) -> int:
    """Bring the keyword and vector indexes up to date; only what is new is embedded."""
    from . import kb, pipeline

    with kb.writing(path) as db, progress("indexing") as tick:
        added = pipeline.index(db, path, model, tick)
    note(", ".join(f"{name}: {n:,} added" for name, n in added.items()))
    return 0


@main.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_kb
def doctor(as_json: bool, path: Path) -> int:
    """Check versions, model, the kb's integrity, every span and the indexes."""
    from .doctor import examine

    checks = list(examine(path))
    if as_json:
        click.echo(json.dumps([{"name": c.name, "good": c.good, "found": c.found, "next": c.next} for c in checks]))
    else:
        for c in checks:
            click.echo(f"{'ok ' if c.good else 'BAD'} {c.name:<22} {c.found}" + (f"  -> {c.next}" if c.next else ""))
    bad = [c for c in checks if not c.good]
    return 5 if any(c.name in ("integrity", "keyword index", "knowledge base") for c in bad) else 1 if bad else 0


@main.command()
@click.argument("document", required=False)
@click.argument("target", required=False)
@click.argument("new", required=False)
@click.option("--reason", help="Why; shown wherever the value is.")
@click.option("--withdraw", is_flag=True, help="Take the value away without giving another.")
@click.option("--list", "listing", is_flag=True, help="The corrections held.")
@click.option("--undo", type=int, help="Take this correction back.")
@with_kb
def correct(
    document: str | None,
    target: str | None,
    new: str | None,
    reason: str | None,
    withdraw: bool,
    listing: bool,
    undo: int | None,
    path: Path,
) -> int:
    """Put a person's word over a finding (finding:FIELD) or an outcome (outcome:ID:COLUMN); it outlives re-reading."""
    from . import corrections, kb, pipeline

    if listing:
        rows = kb.open_kb(path).execute("SELECT id, document_id, target, old, new, reason, at, undone FROM correction")
        for row in rows:
            click.echo("\t".join("" if x is None else str(x) for x in row))
        return 0
    with kb.writing(path) as db:
        if undo is not None:
            with kb.transaction(db):
                name = corrections.undo(db, undo)
            pipeline.extract(db)
            note(f"correction {undo} of {name} taken back")
            return 0
        if not document or not target or not reason or (new is None and not withdraw):
            raise click.UsageError("expected DOCUMENT TARGET NEW --reason WHY (or --withdraw instead of NEW)")
        with kb.transaction(db):
            number = corrections.add(db, document, target, None if withdraw else new, reason)
    note(f"correction {number} written")
    return 0


@main.command()
@with_kb
def demo(path: Path) -> int:
    """Build a kb from the bundled starter corpus and ask it a question in English and in Chinese, offline."""
    from importlib.resources import files

    from . import kb, pipeline

    started = not path.exists()
    with kb.writing(path) as db:
        for file in sorted(files("trialkb").joinpath("starter").iterdir(), key=lambda f: f.name):
            if file.name.endswith(".jsonl"):
                _, counts = pipeline.read_file(db, Path(str(file)))
                note(f"starter/{file.name}: {counts}")
        with progress("extracting") as tick:
            pipeline.extract(db, tick)
        with progress("indexing") as tick:
            pipeline.index(db, path, None, tick)
    note(f"{'made' if started else 'renewed'} {path}\n")
    for question in ("claudin 18.2 CAR-T after failure of chemotherapy in stomach cancer", "胃癌 CLDN18.2 CAR-T 三线"):
        click.echo(f"$ trialkb search {question!r} --limit 3\n")
        asking.ask(parts.load("queries", "search"), asking.defaults("search", path) | {"text": (question,), "limit": 3})
    return 0


main.add_command(unlink)
if __name__ == "__main__":
    main()
