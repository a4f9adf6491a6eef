"""Unlinking: the command with which a person keeps two records apart for good, or joins them again."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("one")
@click.argument("other")
@click.option("--reason", help="Why they are not one trial; shown with the family.")
@click.option("--undo", is_flag=True, help="Take the unlinking back.")
@click.option("--kb", "path", type=click.Path(path_type=Path), envvar="TRIALKB_KB", default=Path("kb.sqlite"), show_default=True,
              help="The knowledge base.")  # fmt: skip
def unlink(one: str, other: str, reason: str | None, undo: bool, path: Path) -> int:
    """Keep two records apart for good, whatever is harvested later ('families' shows what was merged, and why)."""
    from . import families, kb, works

    if not undo and not reason:
        raise click.UsageError("expected ONE OTHER --reason WHY (or --undo)")
    with kb.writing(path) as db, kb.transaction(db):
        behind = [i for i in (one, other) if works.hidden(db, i)]
        count = families.relink(db, one, other) if undo else families.unlink(db, one, other, str(reason))
        kb.settle(db, one, also=(one, other))
        freed = [i for i in behind if not works.hidden(db, i)]
    what = f"joined again: {count} statements count again" if undo else f"kept apart: {count} statements undone"
    click.echo(f"{one} and {other} are {what}", err=True)
    for id in freed:
        click.echo(
            f"{id} stands alone now: 'trialkb extract' and 'trialkb index' read it and make it searchable", err=True
        )
    return 0
