"""Views of the wide table: text, Markdown, HTML, flat rows and JSON; each number with the place it stands at."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from trialkb.text import printable

from . import cite
from ._bench_cells import UNITS, clopper, few, figure, interval, number, place, value
from ._bench_views import escaped, short, width
from ._evidence import Held
from ._studies import Study
from ._wide import Row, Wide

TIMES = {"PFS": "mPFS", "OS": "mOS", "DOR": "mDOR", "EFS": "mEFS"}
NAMES = {
    **TIMES, "CRS": "CRS any", "ICANS": "ICANS any", "TREATMENT_RELATED_DEATH": "TRM", "MRD_NEG": "MRD neg.",
}  # fmt: skip
MARKS = {"recalled": "†", "relayed": "‡"}
FORMS = ("nlm", "ama")


def header(a: Wide) -> tuple[str, ...]:
    return ("Study", "Year", "Phase", "Line", *(NAMES.get(c, c) for c in a.columns))


def cells(a: Wide, r: Row) -> tuple[str, ...]:
    s = r.first
    phase = "/".join(p.replace("PHASE", "").replace("EARLY_", "early ") for p in s.phases)
    return (r.label, r.year or "", phase, s.lines[0] if s.lines else "", *(cell(r.cells.get(c), r) for c in a.columns))


def cell(s: Study | None, r: Row) -> str:
    """38*/98 (38.8%); 4.4 months (2.9-4.5) [arm] [another report]; several arms summed are marked."""
    if s is None:
        return ""
    arm = s.arm if len(s.held) == 1 and s.arm not in (r.part, r.arm) else None
    report = s.paper.source.label if s.paper.id != r.papers[0].id else None
    return " ".join([_figures(s), *(f"[{x}]" for x in (arm, report) if x)])


def _figures(s: Study) -> str:
    o = s.held[0].outcome
    marks = "".join(m for f, m in MARKS.items() if any(f in h.outcome.flags for h in s.held)) + ("§" if s.mixed else "")
    if len(s.held) > 1 and s.count:
        return f"{s.count.events}/{s.count.total} ({100 * s.count.events / s.count.total:.1f}%) Σ{marks}"
    if o.statistic in ("median", "mean", "km_rate"):
        return f"{_time(s.held[0])}{marks}"
    return f"{few([_share(s, h) for h in s.held])}{marks}"


def _time(h: Held) -> str:
    """A median with its interval, or a share at a time."""
    t, ci = h.outcome.time_point, interval(h)
    at = f" at {t.value:g} {UNITS.get(t.unit, t.unit)}" if t else ""
    return f"{value(h)}{at}" + (f" ({ci})" if ci else "")


def _share(s: Study, h: Held) -> str:
    """n/N and the value as printed; a computed numerator is marked."""
    o = h.outcome
    counted = s.count if len(s.held) == 1 else None
    events = counted.events if counted else o.numerator
    star = "*" if (counted and counted.derived) or (not counted and "numerator" in o.derived) else ""
    share = f"{'?' if events is None else events}{star}/{o.denominator}" if o.denominator is not None else ""
    said = value(h) if o.statistic == "rate" else ""
    if share and said:
        return f"{share} ({said})"
    if not share and o.statistic == "count":
        return f"{value(h)}, n not printed"
    return share or (f"{said}, n not printed" if said else figure(h))


def places(s: Study) -> str:
    return "; ".join(place(h) for h in s.held)


# -- text, Markdown, HTML ------------------------------------------------------------------------------------------


def text(a: Wide) -> Iterator[str]:
    if a.view.get("html"):
        yield html(a)
    else:
        yield from markdown(a) if a.view.get("md") else plain(a)


def plain(a: Wide) -> Iterator[str]:
    yield a.question
    yield ""
    table = [header(a), *(cells(a, r) for r in a.rows)]
    widths = [max(width(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        yield "  ".join(c + " " * (w - width(c)) for c, w in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield "Where each number stands"
    for r in a.rows:
        yield r.label + (f" ({'; '.join(r.flags)})" if r.flags else "")
        for c, s in _held(a, r):
            yield from (f"    {NAMES.get(c, c)}: [{place(h)}] “{short(h.sentence)}” outcome {h.id}" for h in s.held)
    yield ""
    yield from a.legend
    if a.view.get("form"):
        yield ""
        yield cite.written(_sources(a), a.view["form"])


def _held(a: Wide, r: Row) -> Iterator[tuple[str, Study]]:
    yield from ((c, r.cells[c]) for c in a.columns if c in r.cells)


def _sources(a: Wide) -> list[Any]:
    found = {p.source.key: p.source for r in a.rows for p in r.papers}
    return [found[k] for k in sorted(found)]


def markdown(a: Wide) -> Iterator[str]:
    yield f"## {escaped(a.question)}"
    yield ""
    head = (*header(a), "Flags")
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for r in a.rows:
        yield "| " + " | ".join(escaped(c) for c in (*cells(a, r), "; ".join(r.flags))) + " |"
    yield ""
    yield "| Study | Endpoint | Number | Source sentence | Place | Outcome | Retrieved |"
    yield "|---|---|---|---|---|---|---|"
    for r in a.rows:
        for c, s in _held(a, r):
            for h in s.held:
                row = (r.label, NAMES.get(c, c), figure(h), short(h.sentence, 400), place(h), h.id, h.retrieved[:10])
                yield "| " + " | ".join(escaped(x) for x in row) + " |"
    yield ""
    yield from (f"- {escaped(n)}" for n in a.legend)
    yield from (f"- Note: {escaped(n)}" for n in a.notes)
    if a.view.get("form"):
        yield ""
        listed = cite.written(_sources(a), a.view["form"])
        yield listed if a.view["form"] not in FORMS else "\n".join(f"- {escaped(x)}" for x in listed.split("\n"))


def html(a: Wide) -> str:
    """One page without scripts or outside files; each cell quotes its sentence and names its outcome rows."""
    title = _safe(a.question)
    head = "".join(f"<th>{_safe(h)}</th>" for h in (*header(a), "Flags"))
    body = []
    for r in a.rows:
        shown = cells(a, r)
        named = "".join(f"<td>{_safe(c)}</td>" for c in shown[:4])
        found = "".join(_cell(r.cells.get(c), words) for c, words in zip(a.columns, shown[4:], strict=True))
        body.append(f"<tr>{named}{found}<td>{_safe('; '.join(r.flags))}</td></tr>")
    lines = "".join(f"<li>{_safe(n)}</li>" for n in (*a.legend, *a.notes))
    cited = f"<pre>{_safe_lines(cite.written(_sources(a), a.view['form']))}</pre>" if a.view.get("form") else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>'
        "body{font:13px sans-serif;margin:2em}table{border-collapse:collapse}small{color:#555}"
        "td,th{border-bottom:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}</style></head><body>"
        f"<h1>{title}</h1><table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        f"<ul>{lines}</ul>{cited}</body></html>"
    )


def _cell(s: Study | None, words: str) -> str:
    if s is None:
        return "<td></td>"
    quote = " / ".join(short(h.sentence, 400) for h in s.held)
    ids = " ".join(h.id for h in s.held)
    return (
        f'<td title="{_safe(quote)}" data-outcomes="{_safe(ids)}">{_safe(words)}'
        f"<br><small>{_safe(places(s))}</small></td>"
    )


def _safe(words: str) -> str:
    return escape(printable(words))


def _safe_lines(words: str) -> str:
    return "\n".join(_safe(x) for x in words.split("\n"))


# -- rows and JSON -------------------------------------------------------------------------------------------------


def flat(a: Wide) -> Iterator[dict[str, Any]]:
    """A row a study; beside each endpoint the place and the outcome rows of its numbers."""
    for r in a.rows:
        row: dict[str, Any] = {"family": r.family, **dict(zip(header(a), cells(a, r), strict=True))}
        for c in a.columns:
            s = r.cells.get(c)
            row[f"{NAMES.get(c, c)} source"] = places(s) if s else ""
            row[f"{NAMES.get(c, c)} outcomes"] = " ".join(h.id for h in s.held) if s else ""
        yield {**row, "flags": "; ".join(r.flags), "keys": " ".join(p.source.key for p in r.papers)}


def data(a: Wide) -> dict[str, Any]:
    """{"columns": [...], "studies": [{..., "endpoints": {column: {..., "values": [outcome rows]}}}], ...}."""
    return {
        "question": a.question, "endpoint": "all", "per": a.per, "generation": a.generation, "columns": list(a.columns),
        "studies": [_study(a, r) for r in a.rows], "legend": list(a.legend), "notes": list(a.notes),
    }  # fmt: skip


def _study(a: Wide, r: Row) -> dict[str, Any]:
    s = r.first
    return {
        "id": r.family, "label": r.label, "part": r.part, "key": s.paper.source.key, "documents": [p.id for p in r.papers],
        "year": r.year, "phase": list(s.phases), "line": list(s.lines), "target": list(s.targets),
        "indication": list(s.indications), "flags": list(r.flags),
        "endpoints": {c: _endpoint(s, r) for c, s in _held(a, r)},
    }  # fmt: skip


def _endpoint(s: Study, r: Row) -> dict[str, Any]:
    low, high = clopper(s)
    return {
        "text": cell(s, r), "arm": s.arm, "document": s.paper.id, "key": s.paper.source.key, "cut": s.paper.cut,
        "events": s.count.events if s.count else None, "n": s.count.total if s.count else None,
        "derived": s.count.derived if s.count else None, "exact_low": low, "exact_high": high,
        "values": [number(h) for h in s.held],
    }  # fmt: skip
