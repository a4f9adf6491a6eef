"""Views of a benchmark: text, Markdown and HTML tables, and flat rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from trialkb.text import printable

from . import _bench_plot, _paragraph, cite
from ._bench_cells import counts, exact, few, figure, interval, place, time, value, values
from ._studies import Study

if TYPE_CHECKING:
    from ._pool import Pooled
    from .bench import Answer


def header(a: Answer) -> tuple[str, ...]:
    shared = ("Study", "Year", "Phase", "Line")
    if a.request.sort == "share":
        return (*shared, "n/N", "Printed", "CI printed", "Exact 95% CI", "Criteria", "Cut", "Pooled", "Flags")
    return (*shared, "N", "Printed", "CI printed", "At", "Follow-up", "Cut", "Flags")


def cells(a: Answer, s: Study) -> tuple[str, ...]:
    phase = "/".join(p.replace("PHASE", "").replace("EARLY_", "early ") for p in s.phases)
    first = s.held[0].outcome
    lines = s.lines[0] if s.lines else ""
    flags = "; ".join(s.flags)
    cut = s.paper.cut or ""
    printed = few([x for h in s.held if (x := interval(h))])
    if a.request.sort != "share":
        follow = "; ".join(value(h) for h in s.beside)
        n = "" if first.denominator is None else str(first.denominator)
        return (s.label, s.year or "", phase, lines, n, values(s), printed, time(s.held[0]), follow, cut, flags)
    criteria = " ".join(x for x in (first.criteria, first.assessor) if x)
    used = "yes" if s.count and not s.not_pooled else "no"
    return (s.label, s.year or "", phase, lines, counts(s), values(s), printed, exact(s), criteria, cut, used, flags)


def pooled_lines(a: Answer) -> Iterator[str]:
    """The pooled value and its company, a line each."""
    for g in a.groups:
        yield f"{g.name}: {_one(g.pooled) if g.pooled else 'nothing to pool'}"
    if a.pooled is None or a.pooled.estimate is None:
        yield f"Not pooled: {a.why_none}."
        return
    yield f"Pooled: {_one(a.pooled)}"
    if a.sensitivity and a.sensitivity.estimate is not None:
        yield f"Sensitivity: {_one(a.sensitivity)}"
    for name, p in a.without:
        yield f"Without {name}: {_one(p)}"


def _one(p: Pooled) -> str:
    if p.estimate is None or p.low is None or p.high is None:
        return f"{'; '.join(p.notes)} (k = {p.k}, n = {p.n})"
    out = f"{100 * p.estimate:.1f}% (95% CI {100 * p.low:.1f}-{100 * p.high:.1f})"
    if p.pi_low is not None and p.pi_high is not None:
        out += f", prediction interval {100 * p.pi_low:.1f}-{100 * p.pi_high:.1f}"
    if p.tau2 is not None and p.i2 is not None:
        out += f", tau2 {p.tau2:.4f}, I2 {p.i2:.1f}%"
    return f"{out}; {p.method}, k = {p.k}, n = {p.n}"


# -- text, Markdown, HTML ------------------------------------------------------------------------------------------


def plain(a: Answer) -> Iterator[str]:
    yield a.request.words()
    yield ""
    table = [header(a), *(cells(a, s) for s in a.studies)]
    keep = [i for i in range(len(table[0])) if any(row[i] for row in table[1:])]
    widths = {i: max(width(row[i]) for row in table) for i in keep}
    for n, row in enumerate(table):
        yield "  ".join(row[i] + " " * (widths[i] - width(row[i])) for i in keep).rstrip()
        if n:
            yield from _below(a.studies[n - 1])
    yield ""
    yield from pooled_lines(a)
    yield from _rest(a)


def _below(s: Study) -> Iterator[str]:
    yield from (f"    [{place(h)}] “{short(h.sentence)}”" for h in s.held)
    for e in s.history:
        if e.held.outcome.document != s.paper.id:
            yield f"    history: {figure(e.held)} [{place(e.held)}] ({e.why})"


def short(words: str, room: int = 150) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= room else flat[: room - 1] + "…"


def width(words: str) -> int:
    return sum(2 if ord(c) > 0x2E7F else 1 for c in words)


def _rest(a: Answer) -> Iterator[str]:
    """The paragraph, the evidence and the citations, where asked for."""
    if a.view.get("paragraph"):
        yield ""
        yield _paragraph.write(a, a.view["paragraph"])
    if a.view.get("paragraph") or a.view.get("appendix"):
        yield ""
        yield "Evidence"
        yield from (_evidence(r) for r in _paragraph.appendix(a))
    if a.view.get("form"):
        yield ""
        yield cite.written(sources(a), a.view["form"])


def _evidence(r: Mapping[str, Any]) -> str:
    where = f"{r['document']} {r['section']} {r['start']}:{r['end']}"
    quoted = f"[{r['key']}] {r['number']}: “{short(r['sentence'], 400)}”"
    return f"{quoted} {where}, retrieved {r['retrieved']}, outcome {r['outcome']}"


def sources(a: Answer) -> list[Any]:
    """What the rows come from, each once, by key."""
    found = {s.paper.source.key: s.paper.source for s in a.studies}
    return [found[k] for k in sorted(found)]


def markdown(a: Answer) -> Iterator[str]:
    yield f"## {escaped(a.request.words())}"
    yield ""
    head = (*header(a), "Source")
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for s in a.studies:
        where = "; ".join(place(h) for h in s.held)
        yield "| " + " | ".join(escaped(c) for c in (*cells(a, s), where)) + " |"
    yield ""
    for line in pooled_lines(a):
        yield f"- {escaped(line)}"
    for s in a.studies:
        for e in s.history:
            if e.held.outcome.document != s.paper.id:
                yield f"- {escaped(s.label)}, history: {escaped(figure(e.held))} [{place(e.held)}] ({e.why})"
    for note in a.notes:
        yield f"- Note: {escaped(note)}"
    if a.view.get("paragraph"):
        yield ""
        yield escaped(_paragraph.write(a, a.view["paragraph"]))
    if a.view.get("paragraph") or a.view.get("appendix"):
        yield from _evidence_table(a)
    if a.view.get("form"):
        yield ""
        listed = cite.written(sources(a), a.view["form"])
        yield (
            listed if a.view["form"] not in ("nlm", "ama") else "\n".join(f"- {escaped(x)}" for x in listed.split("\n"))
        )


def _evidence_table(a: Answer) -> Iterator[str]:
    yield ""
    yield "| Key | Number | Source sentence | Document | Section | Span | Retrieved |"
    yield "|---|---|---|---|---|---|---|"
    for r in _paragraph.appendix(a):
        row = (
            r["key"],
            r["number"],
            r["sentence"],
            r["document"],
            r["section"],
            f"{r['start']}:{r['end']}",
            r["retrieved"],
        )
        yield "| " + " | ".join(escaped(str(c)) for c in row) + " |"


def escaped(words: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    flat = " ".join(printable(words).split())
    return "".join(f"\\{c}" if c in "\\|*_`<[" else c for c in flat)


def html(a: Answer) -> str:
    """One page without scripts or outside files; the plot is in it."""
    title = escape(printable(a.request.words()))
    head = "".join(f"<th>{escape(h)}</th>" for h in (*header(a), "Source"))
    body = []
    for s in a.studies:
        where = "; ".join(place(h) for h in s.held)
        quote = " / ".join(short(h.sentence, 400) for h in s.held)
        row = "".join(f"<td>{escape(printable(c))}</td>" for c in cells(a, s))
        body.append(f'<tr>{row}<td title="{escape(printable(quote))}">{escape(where)}</td></tr>')
    lines = "".join(f"<li>{escape(printable(x))}</li>" for x in (*pooled_lines(a), *a.notes))
    past = "".join(
        f"<li>{escape(printable(s.label))}: {escape(printable(figure(e.held)))} [{escape(place(e.held))}] {escape(e.why)}</li>"
        for s in a.studies for e in s.history if e.held.outcome.document != s.paper.id
    )  # fmt: skip
    rest = "".join(f"<p>{escape(printable(x))}</p>" for x in _rest(a) if x)
    svg = _svg(a)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>'
        "body{font:14px sans-serif;margin:2em;max-width:80em}table{border-collapse:collapse}"
        "td,th{border-bottom:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}</style></head><body>"
        f"<h1>{title}</h1><table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        f"<ul>{lines}</ul>{f'<h2>History</h2><ul>{past}</ul>' if past else ''}{svg}{rest}</body></html>"
    )


def _svg(a: Answer) -> str:
    if a.request.sort != "share" or not a.used:
        return ""
    words: str = _bench_plot.picture(a, "en").svg.decode()
    return words[words.index("<svg") :]


# -- rows and JSON -------------------------------------------------------------------------------------------------


def flat(a: Answer) -> Iterator[dict[str, Any]]:
    for s in a.studies:
        named = dict(zip(header(a), cells(a, s), strict=True))
        yield {"family": s.family, **named, "why_not_pooled": s.not_pooled, "key": s.paper.source.key,
               "document": s.paper.id, "outcomes": " ".join(h.id for h in s.held),
               "source": "; ".join(place(h) for h in s.held)}  # fmt: skip
