"""What a document holds beside its words: endpoints of a row, trials, marks and references of a review, aligned abstracts."""

from __future__ import annotations

from collections.abc import Iterator

from trialkb.records import Article, Document, Trial

SHOWN = 5


def lines(document: Document, full: bool) -> Iterator[str]:
    """Lines for `show`; the first few of each list, all with --full."""
    if document.trial and document.source in ("flat_row", "ctgov_csv"):
        yield from _trial(document.trial, full)
    if document.article and (document.kind == "review" or document.source == "abstract_page"):
        yield from _article(document.article, full)


def _some(items: list[str], full: bool, what: str) -> Iterator[str]:
    yield from items if full else items[:SHOWN]
    if len(items) > SHOWN and not full:
        yield f"  ... {len(items)} {what} in all (--full prints them)"


def _trial(t: Trial, full: bool) -> Iterator[str]:
    if t.conditions:
        yield f"conditions: {' | '.join(t.conditions)}"
    if t.interventions:
        yield "interventions: " + " | ".join(f"{i.type}: {i.name}" if i.type else i.name for i in t.interventions)
    told = [f"  {e.role.lower()}: {e.measure} [{e.time_frame or 'no time frame'}]" for e in t.endpoints]
    yield from _some(told, full, "endpoints")


def _article(a: Article, full: bool) -> Iterator[str]:
    if rows := a.extra.get("trials"):
        yield f"trials in its tables: {len(rows)}"
        told = [
            f"  {r['target'] or '-'}  {'/'.join(r['phases']) or '-'}  {r['id']}  {r['sponsor'] or '-'}" for r in rows
        ]
        yield from _some(told, full, "rows")
    if a.references:
        yield f"references: {len(a.references)}; citation marks: {len(a.extra.get('citations', ()))}"
        yield from _some([f"  {r.text}" for r in a.references], full, "references")
    if pairs := a.extra.get("aligned"):
        yield f"English and Chinese abstract aligned: {len(pairs)} pairs of sentences"
    if related := a.extra.get("related"):
        yield f"similar articles of the page, no references: {len(related)}"
