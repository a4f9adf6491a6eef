"""Heat map of trial counts, target and modality by phase, as SVG and PNG bytes; the same input gives the same bytes.

Each cell prints its count and, after a slash, how many of the trials recruit; empty cells stay white.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._plot import Picture, encoded, plain, styled

if TYPE_CHECKING:
    from matplotlib.patches import Rectangle

_ROW, _COLUMN = 0.26, 0.85  # inches
_LABELS = 3.1


def heat(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[tuple[int, int]]], title: str, footer: str
) -> Picture:
    """The map of cells (count, recruiting) by row and column."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    with styled() as family:
        width = max(_LABELS + _COLUMN * len(columns) + 0.3, 7.0)
        height = 1.35 + _ROW * max(len(rows), 1)
        figure = Figure(figsize=(width, height), facecolor="white")
        box = (_LABELS / width, 0.45 / height, _COLUMN * len(columns) / width, _ROW * max(len(rows), 1) / height)
        axis = figure.add_axes(box)
        most = max((n for row in cells for n, _ in row), default=1) or 1
        colours = colormaps["Blues"]
        axis.set_xlim(0, max(len(columns), 1))
        axis.set_ylim(max(len(rows), 1), 0)
        for y, row in enumerate(cells):
            for x, (n, recruiting) in enumerate(row):
                shade = colours(0.12 + 0.8 * n / most) if n else (1, 1, 1, 1)
                axis.add_patch(_box(x, y, shade))
                if n:
                    ink = "white" if n / most > 0.55 else "#1f3b57"
                    words = f"{n}/{recruiting}" if recruiting else str(n)
                    axis.text(x + 0.5, y + 0.5, words, ha="center", va="center", fontsize=8, color=ink)
        axis.set_xticks([x + 0.5 for x in range(len(columns))], [plain(c, family) for c in columns], fontsize=8)
        axis.set_yticks([y + 0.5 for y in range(len(rows))], [plain(r, family) for r in rows], fontsize=8)
        axis.xaxis.tick_top()
        axis.tick_params(length=0)
        for side in axis.spines.values():
            side.set_visible(False)
        figure.text(0.012, 1 - 0.22 / height, plain(title, family), fontsize=11, fontweight="bold", va="center")
        figure.text(0.012, 0.15 / height, plain(footer, family), fontsize=7.5, color="#444444", va="bottom")
        return Picture(encoded(figure, "svg"), encoded(figure, "png"))


def _box(x: int, y: int, colour: Any) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="#dddddd", linewidth=0.6)
