"""Views of a benchmark: text, Markdown and HTML tables, flat rows, JSON parts, the plot and the metafor script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from trialkb.errors import BadInput
from trialkb.terms import by_id
from trialkb.text import printable

from . import _paragraph, cite
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
    widths = {i: max(_width(row[i]) for row in table) for i in keep}
    for n, row in enumerate(table):
        yield "  ".join(row[i] + " " * (widths[i] - _width(row[i])) for i in keep).rstrip()
        if n:
            yield from _below(a.studies[n - 1])
    yield ""
    yield from pooled_lines(a)
    yield from _rest(a)


def _below(s: Study) -> Iterator[str]:
    yield from (f"    [{place(h)}] “{_short(h.sentence)}”" for h in s.held)
    for e in s.history:
        if e.held.outcome.document != s.paper.id:
            yield f"    history: {figure(e.held)} [{place(e.held)}] ({e.why})"


def _short(words: str, room: int = 150) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= room else flat[: room - 1] + "…"


def _width(words: str) -> int:
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
    quoted = f"[{r['key']}] {r['number']}: “{_short(r['sentence'], 400)}”"
    return f"{quoted} {where}, retrieved {r['retrieved']}, outcome {r['outcome']}"


def sources(a: Answer) -> list[Any]:
    """What the rows come from, each once, by key."""
    found = {s.paper.source.key: s.paper.source for s in a.studies}
    return [found[k] for k in sorted(found)]


def markdown(a: Answer) -> Iterator[str]:
    yield f"## {_md(a.request.words())}"
    yield ""
    head = (*header(a), "Source")
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for s in a.studies:
        where = "; ".join(place(h) for h in s.held)
        yield "| " + " | ".join(_md(c) for c in (*cells(a, s), where)) + " |"
    yield ""
    for line in pooled_lines(a):
        yield f"- {_md(line)}"
    for s in a.studies:
        for e in s.history:
            if e.held.outcome.document != s.paper.id:
                yield f"- {_md(s.label)}, history: {_md(figure(e.held))} [{place(e.held)}] ({e.why})"
    for note in a.notes:
        yield f"- Note: {_md(note)}"
    if a.view.get("paragraph"):
        yield ""
        yield _md(_paragraph.write(a, a.view["paragraph"]))
    if a.view.get("paragraph") or a.view.get("appendix"):
        yield from _evidence_table(a)
    if a.view.get("form"):
        yield ""
        listed = cite.written(sources(a), a.view["form"])
        yield listed if a.view["form"] not in ("nlm", "ama") else "\n".join(f"- {_md(x)}" for x in listed.split("\n"))


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
        yield "| " + " | ".join(_md(str(c)) for c in row) + " |"


def _md(words: str) -> str:
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
        quote = " / ".join(_short(h.sentence, 400) for h in s.held)
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
    words: str = picture(a, "en").svg.decode()
    return words[words.index("<svg") :]


# -- rows and JSON -------------------------------------------------------------------------------------------------


def flat(a: Answer) -> Iterator[dict[str, Any]]:
    for s in a.studies:
        named = dict(zip(header(a), cells(a, s), strict=True))
        yield {"family": s.family, **named, "why_not_pooled": s.not_pooled, "key": s.paper.source.key,
               "document": s.paper.id, "outcomes": " ".join(h.id for h in s.held),
               "source": "; ".join(place(h) for h in s.held)}  # fmt: skip


# -- files ---------------------------------------------------------------------------------------------------------


def picture(a: Answer, language: str, han: str | None = "auto") -> Any:
    """The forest plot of the studies that are pooled."""
    from . import _plot

    def rows(studies: Sequence[Study]) -> tuple[Any, ...]:
        return tuple(
            _plot.Row(s.label + ("*" if s.count.derived else ""), s.count.events, s.count.total, s.family)
            for s in studies if s.count and not s.not_pooled
        )  # fmt: skip

    groups = [_plot.Group(rows(g.studies), g.name, g.pooled) for g in a.groups] or [_plot.Group(rows(a.studies))]
    footer = {lang: list(_footer(a, lang)) for lang in ("en", "zh")}
    chinese = _zh_title(a) if language == "zh" else None
    title, plain = chinese or a.request.words(), a.request.words()
    return _plot.forest(groups, title, a.pooled, language, footer[language], plain, footer["en"], han)


def _footer(a: Answer, language: str) -> Iterator[str]:
    """What a reader of the picture alone must know."""
    left = len(a.studies) - len(a.used)
    derived = any(s.count and s.count.derived for s in a.used)
    if language == "zh":
        rest = f"另有{left}行未合并。" if left else ""
        yield f"横线：精确95%置信区间。{rest}知识库第{a.generation}代。"
        if derived:
            yield "* 分子由报告的百分比和例数推算"
        return
    rest = f" {left} further rows are not pooled." if left else ""
    yield f"Bars: exact 95% CI.{rest} kb generation {a.generation}."
    if derived:
        yield "* numerator computed from a printed percentage and a printed n"


def _zh_title(a: Answer) -> str:
    r = a.request
    where = (_zh("indication", i) for i in r.indication)
    return "，".join([_paragraph.term("endpoint", r.endpoint, "zh"), *r.target, *r.modality, *where])


def _zh(kind: str, id: str) -> str:
    found = by_id().get((kind, id))
    return found.zh[0].rstrip("?") if found and found.zh else id


def files(a: Answer, options: Mapping[str, Any]) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files asked for by name, and what a person must know of them."""
    out: dict[str, bytes] = {}
    notes: list[str] = []
    wanted = options.get("plot") or ()
    for name in wanted:
        if not str(name).endswith((".svg", ".png")):
            raise BadInput(f"--plot {name}: expected a name that ends in .svg or .png")
    if (wanted or options.get("metafor")) and not a.used:
        raise BadInput(f"nothing to plot: {a.why_none}")
    if wanted:
        drawn = picture(a, options.get("lang") or "en")
        notes += drawn.notes
        out |= {str(name): drawn.svg if str(name).endswith(".svg") else drawn.png for name in wanted}
    if options.get("metafor"):
        out[str(options["metafor"])] = _script(a, str(options["metafor"])).encode()
    return out, tuple(notes)


def _script(a: Answer, name: str) -> str:
    from ._metafor import script

    used = [(s, s.count) for s in a.used if s.count]
    fits = [p for p in (a.pooled, a.sensitivity) if p]
    labels = [s.label for s, _ in used]
    return script(
        labels, [c.events for _, c in used], [c.total for _, c in used], fits, a.request.words(), a.request.name, name
    )
