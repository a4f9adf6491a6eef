"""Asking: every query part as a command: its options, the forms of output, and the files it writes."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import click

from . import parts
from .errors import BadInput

KB = click.Option(
    ["--kb"],
    type=click.Path(path_type=Path),
    envvar="TRIALKB_KB",
    default=Path("kb.sqlite"),
    show_default=True,
    help="The knowledge base.",
)
FORMATS = ("json", "nl", "csv", "tsv")


def query(name: str) -> click.Command:
    """The command of a query part."""
    module = parts.load("queries", name)
    formats = [click.Option([f"--{f}"], is_flag=True, help=h) for f, h in zip(
        FORMATS, ("One JSON value.", "One JSON line a row.", "Comma-separated.", "Tab-separated."), strict=True)]  # fmt: skip

    def callback(**options: Any) -> int:
        return ask(module, options)

    doc = (module.__doc__ or "").strip()
    return click.Command(
        name, params=[*module.OPTIONS, *formats, KB], callback=callback, help=doc, short_help=doc.split("\n")[0]
    )


def defaults(name: str, path: Path) -> dict[str, Any]:
    """The options of a query as they are when nothing is given."""
    context = query(name).make_context(name, ["x", "--kb", str(path)])
    return context.params


def ask(module: ModuleType, options: dict[str, Any]) -> int:
    """Run a query part and print its answer in the form asked for."""
    from .connection import open_kb
    from .printing import printed

    path = options.pop("kb")
    chosen = [f for f in FORMATS if options.pop(f)]
    if len(chosen) > 1:
        raise click.UsageError(f"choose one of --{' --'.join(chosen)}")
    db = open_kb(path)
    try:
        if options.get("batch") or options.get("trec") or options.get("stdin"):
            lines = module.batch(db, path=path, **options)
            for line in lines:
                click.echo(line)
            return 0
        answer = module.run(db, path=path, **options)
        for remark in getattr(answer, "notes", ()):
            click.echo(remark, err=True)
        for line in printed(module, answer, chosen[0] if chosen else None):
            click.echo(line)
        for name, content in getattr(answer, "files", {}).items():
            _write(Path(name), content)
    finally:
        db.close()
    return 0


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as e:
        raise BadInput(f"cannot write {file}: {e.strerror}; name another file") from e
    click.echo(f"written: {file}", err=True)
