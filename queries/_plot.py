"""Forest plot of proportions with the pooled value and its prediction interval, as SVG and PNG bytes.

The same input gives the same bytes (no date, fixed ids). Chinese labels need a font that has them (Debian:
fonts-noto-cjk); where none is installed a row falls back to its `plain` label and the answer says so.
Squares are as large as their study (area by n), bars are exact (Clopper-Pearson) 95 % intervals, the diamond is the
pooled value, the line with the ticks below it the prediction interval.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any

from ._bench_cells import METHODS_ZH
from ._exact import clopper_pearson
from ._pool import Pooled

FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei", "PingFang SC", "Microsoft YaHei", "SimHei",
)  # fmt: skip
_HAN = re.compile("[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_ROW = 0.27  # inches a row
_EDGE, _AXIS, _FIGURES = 0.12, 4.3, 2.0  # inches: margin, the axis, the figures right of it
_LABELS = (3.7, 6.2)  # inches left of the axis for labels and counts, at least and at most
_MARKS = re.compile(r"[*†]*\Z")  # footnote marks at the end of a label, kept where it is cut
WORDS = {
    "en": {
        "study": "Study", "count": "n/N", "value": "% [95% CI]", "pi": "Prediction interval",
        "none": "not pooled", "pooled": "Pooled: {}", "all": "All studies",
        "i2": "I² = {:.1f}%", "tau2": "τ² = {:.4f}", "size": "k = {}, n = {}",
    },
    "zh": {
        "study": "研究", "count": "n/N", "value": "% [95% CI]", "pi": "预测区间",
        "none": "未合并", "pooled": "合并：{}", "all": "全部研究",
        "i2": "I² = {:.1f}%", "tau2": "τ² = {:.4f}", "size": "k = {}，n = {}",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One study: its label, its counts, and the label to use where no font has the first one's characters."""

    label: str
    events: int
    total: int
    plain: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading with their own pooled value (None: not pooled)."""

    rows: tuple[Row, ...]
    heading: str | None = None
    pooled: Pooled | None = None
    plain: str | None = None  # the heading to use where no font has the first one's characters


@dataclass(frozen=True, slots=True)
class Picture:
    svg: bytes
    png: bytes
    notes: tuple[str, ...] = field(default=())  # what a person must know: a font that is missing, labels cut


def font() -> str | None:
    """The name of an installed font that has Chinese characters, or None."""
    from matplotlib import font_manager

    names = set(font_manager.get_font_names())
    return next((f for f in FONTS if f in names), None)


@contextmanager
def styled(family: str | None = "auto") -> Iterator[str | None]:
    """matplotlib's settings for a picture that is the same everywhere; yields the font for Chinese, or None."""
    import matplotlib

    family = font() if family == "auto" else family
    style = {
        "font.family": ["DejaVu Sans", family] if family else ["DejaVu Sans"],
        "font.size": 9,
        "svg.hashsalt": "trialkb",
        "svg.fonttype": "path",
        "axes.unicode_minus": False,
    }
    with matplotlib.rc_context(style):
        yield family


def forest(
    groups: Sequence[Group],
    title: str,
    pooled: Pooled | None = None,
    language: str = "en",
    footer: Sequence[str] = (),
    plain_title: str | None = None,
    plain_footer: Sequence[str] | None = None,
    han: str | None = "auto",
) -> Picture:
    """The forest plot of all groups; `pooled` is the value over all of them.

    `plain_title` and `plain_footer` stand in where no font has Chinese; `han` names that font (None: there is none).
    """
    from matplotlib.figure import Figure

    family = font() if han == "auto" else han
    notes: tuple[str, ...] = ()
    if family is None:
        notes = _missing([title, *footer, *(r.label for g in groups for r in g.rows)], language)
        language, title = "en", plain_title or title
        footer = footer if plain_footer is None else plain_footer
    lines = list(_lines(groups, pooled, language))
    with styled(family):
        left = _left(lines, family)
        width = left + _AXIS + _FIGURES
        heads = _wrapped(plain(title, family), width - 2 * _EDGE)
        above, below = 0.53 + 0.22 * len(heads), 0.65 + 0.2 * len(footer)
        height = above + below + _ROW * max(len(lines), 1)
        figure = Figure(figsize=(width, height), facecolor="white")
        axis = figure.add_axes((left / width, below / height, _AXIS / width, _ROW * max(len(lines), 1) / height))
        cut = _draw(figure, axis, lines, heads, left, WORDS[language], family)
        for i, text in enumerate(footer):
            y = (0.2 * (len(footer) - 1 - i) + 0.1) / height
            figure.text(_EDGE / width, y, plain(text, family), fontsize=7.5, color="#444444", va="bottom")
        if cut:
            notes += (f"{cut} labels are cut in the picture; the table has them in full",)
        return Picture(encoded(figure, "svg"), encoded(figure, "png"), notes)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the plot: what stands left and right of the axis and what is drawn on it."""

    kind: str  # heading | study | pooled | prediction | text | gap
    label: str = ""
    plain: str | None = None
    count: str = ""
    value: str = ""
    points: tuple[float, ...] = ()  # estimate, low, high (prediction: low, high)
    weight: float = 0.0


def _lines(groups: Sequence[Group], pooled: Pooled | None, language: str) -> Iterator[_Line]:
    largest = max((r.total for g in groups for r in g.rows), default=1)
    shown = [g for g in groups if g.rows]
    for g in shown:
        if g.heading:
            yield _Line("heading", g.heading, g.plain)
        for r in g.rows:
            low, high = clopper_pearson(r.events, r.total)
            p = r.events / r.total
            yield _Line(
                "study", r.label, r.plain, f"{r.events}/{r.total}", _figures(p, low, high), (p, low, high),
                r.total / largest,
            )  # fmt: skip
        if g.pooled is not None:
            yield from _pooled(g.pooled, language)
        if g.heading:
            yield _Line("gap")
    if pooled is not None:
        if any(g.heading for g in shown):
            yield _Line("heading", WORDS[language]["all"])
        yield from _pooled(pooled, language)


def _figures(p: float, low: float, high: float) -> str:
    return f"{100 * p:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _pooled(p: Pooled, language: str) -> Iterator[_Line]:
    words = WORDS[language]
    size = words["size"].format(p.k, p.n)
    if p.estimate is None or p.low is None or p.high is None:
        yield _Line("text", words["none"], value=size)
        return
    value = _figures(p.estimate, p.low, p.high)
    yield _Line(
        "pooled",
        words["pooled"].format(METHODS_ZH.get(p.method, p.method) if language == "zh" else p.method),
        count=f"{p.events}/{p.n}",
        value=value,
        points=(p.estimate, p.low, p.high),
    )
    if p.pi_low is not None and p.pi_high is not None:
        value = f"[{100 * p.pi_low:.1f}, {100 * p.pi_high:.1f}]"
        yield _Line("prediction", words["pi"], value=value, points=(p.pi_low, p.pi_high))
    parts = [size]
    if p.tau2 is not None and p.i2 is not None:
        parts += [words["tau2"].format(p.tau2), words["i2"].format(p.i2)]
    yield _Line("text", ", ".join(parts))


def _draw(
    figure: Any, axis: Any, lines: list[_Line], heads: list[str], left: float, words: dict[str, str], family: str | None
) -> int:
    """Draw all lines on the axis, `left` inches from the edge; gives how many labels had to be cut."""
    width, height = figure.get_size_inches()
    _frame(axis, lines)
    for i, head in enumerate(heads):
        figure.text(_EDGE / width, 1 - (0.22 + 0.22 * i) / height, head, fontsize=11, fontweight="bold", va="center")
    y = 1 - (0.33 + 0.22 * len(heads)) / height
    figure.text(_EDGE / width, y, words["study"], va="center", color="#444444")
    figure.text((left - _EDGE) / width, y, words["count"], va="center", ha="right", color="#444444")
    figure.text(1 - _EDGE / width, y, words["value"], va="center", ha="right", color="#444444")
    place = axis.get_yaxis_transform()  # x: 0 to 1 along the axis, y: the row
    cut = 0
    for y, line in enumerate(lines):
        _mark(axis, y, line)
        bold = "bold" if _bold(line) else "normal"
        label, was_cut = _fit(line, left, family)
        cut += was_cut
        size = 8 if line.kind == "text" else 9
        axis.text((_EDGE - left) / _AXIS, y, label, transform=place, va="center", fontsize=size, fontweight=bold)
        axis.text(-_EDGE / _AXIS, y, line.count, transform=place, va="center", ha="right", fontweight=bold)
        end = 1 + (_FIGURES - _EDGE) / _AXIS
        axis.text(end, y, line.value, transform=place, va="center", ha="right", fontweight=bold)
    return cut


def _frame(axis: Any, lines: list[_Line]) -> None:
    """The percent scale, its guide lines, and the line of the pooled value."""
    axis.set_xlim(0, 100)
    axis.set_ylim(max(len(lines), 1) - 0.5, -0.5)
    axis.set_yticks([])
    axis.set_xlabel("%")
    for side in ("left", "right", "top"):
        axis.spines[side].set_visible(False)
    for x in range(20, 100, 20):
        axis.axvline(x, color="#e4e4e4", linewidth=0.6, zorder=0)
    total = next((line for line in reversed(lines) if line.kind == "pooled"), None)
    if total is not None and total in lines[-3:]:
        axis.axvline(100 * total.points[0], color="#b22222", linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)


def _mark(axis: Any, y: int, line: _Line) -> None:
    p = [100 * v for v in line.points]
    if line.kind == "study":
        axis.plot(p[1:], [y, y], color="#1f3b57", linewidth=1.0, solid_capstyle="butt")
        axis.plot(
            p[0], y, marker="s", color="#1f3b57", markersize=2.5 + 6.5 * line.weight**0.5, clip_on=False, linestyle=""
        )
    elif line.kind == "pooled":
        xs, ys = [p[1], p[0], p[2], p[0]], [y, y - 0.3, y, y + 0.3]
        axis.fill(xs, ys, color="#b22222", linewidth=0.8, edgecolor="#b22222", clip_on=False)
    elif line.kind == "prediction":
        axis.plot(p, [y, y], color="#b22222", linewidth=1.4, marker="|", markersize=7, clip_on=False)


def _bold(line: _Line) -> bool:
    return line.kind in ("heading", "pooled")


def _label(line: _Line, family: str | None) -> str:
    return plain(line.plain if line.plain and not family else line.label, family)


def _left(lines: Sequence[_Line], family: str | None) -> float:
    """Inches left of the axis: as many as the widest label and count need, within bounds."""
    needed = (_inches(_label(x, family), 9, _bold(x)) + _inches(x.count, 9, _bold(x)) + 3.5 * _EDGE for x in lines)
    return min(max(*_LABELS[:1], *needed, 0.0), _LABELS[1])


def _fit(line: _Line, left: float, family: str | None) -> tuple[str, bool]:
    """A label that fits beside its count, its footnote marks kept, and whether it was cut."""
    label = _label(line, family)
    room = left - 3.5 * _EDGE - _inches(line.count, 9, _bold(line))
    if _inches(label, 9, _bold(line)) <= room + 1e-6:
        return label, False
    marks = _MARKS.search(label)
    tail = "…" + (marks[0] if marks else "")
    end = len(label) - len(tail)
    while end > 1 and _inches(label[:end] + tail, 9, _bold(line)) > room:
        end -= 1
    return label[:end].rstrip() + tail, True


def _wrapped(title: str, room: float) -> list[str]:
    """A title on as many lines as it needs, broken at spaces (a Chinese one at commas too)."""
    out = [""]
    for word in re.findall(r"[^ ，]+[ ，]*", title):
        if out[-1] and _inches((out[-1] + word).rstrip(), 11, True) > room:
            out.append("")
        for c in word if _inches(word.rstrip(), 11, True) > room else (word,):
            if out[-1] and _inches((out[-1] + c).rstrip(), 11, True) > room:
                out.append("")
            out[-1] += c
    return [x.rstrip() for x in out]


def _inches(text: str, size: float, bold: bool) -> float:
    """How wide a text is drawn in the style that is set."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    prop = FontProperties(size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text.replace(r"\$", "$"), prop, False)
    return float(width) / 72


def _missing(texts: Sequence[str], language: str) -> tuple[str, ...]:
    if language != "zh" and not any(_HAN.search(t) for t in texts):
        return ()
    return (
        "no font with Chinese characters is installed, so the picture is labelled in English; "
        "install one (Debian: fonts-noto-cjk) and draw again",
    )


def plain(text: str, family: str | None) -> str:
    """Text that the fonts can draw: each run of characters that they lack becomes one '?'."""
    text = "".join(c for c in text if c.isprintable())
    drawn = _characters("DejaVu Sans") | (_characters(family) if family else frozenset())
    text = re.sub(r"\0+", "?", "".join(c if ord(c) in drawn else "\0" for c in text))
    return text.replace("$", r"\$")


@cache
def _characters(family: str) -> frozenset[int]:
    """The code points a font has glyphs for."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(font_manager.findfont(family)).get_charmap())


def encoded(figure: Any, form: str) -> bytes:
    """A figure as SVG or PNG, without a date."""
    out = BytesIO()
    if form == "svg":
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": "trialkb"})
    else:
        figure.savefig(out, format="png", dpi=150, metadata={"Software": "trialkb"})
    return out.getvalue()
