"""The forest plot: what is drawn, in both languages, with and without a Chinese font, byte for byte the same."""

from __future__ import annotations

import re
import struct

import pytest

from trialkb.queries import _plot
from trialkb.queries._plot import Group, Row, font, forest
from trialkb.queries._pool import pool

THREE = (Row("Qi 2024", 38, 98), Row("CT041 美国研究", 4, 14, plain="CT041, US study"), Row("Zhan 2019", 4, 12))


def pooled(rows):  # type: ignore[no-untyped-def]
    return pool([r.events for r in rows], [r.total for r in rows])


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])  # type: ignore[return-value]


def drawn(monkeypatch: pytest.MonkeyPatch, *args, **options):  # type: ignore[no-untyped-def]
    """The picture and every text and line that was put on it."""
    kept = []
    real = _plot.encoded

    def keep(figure, form):  # type: ignore[no-untyped-def]
        kept.append(figure)
        return real(figure, form)

    monkeypatch.setattr(_plot, "encoded", keep)
    picture = forest(*args, **options)
    axis = kept[0].axes[0]
    texts = [t.get_text() for t in (*kept[0].texts, *axis.texts)]
    return picture, texts, axis


def test_every_study_is_drawn_with_its_counts_and_exact_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    total = pooled(THREE)
    _, texts, axis = drawn(monkeypatch, [Group(THREE)], "ORR", total, han=None)
    assert {"38/98", "4/14", "4/12", "38.8 [29.1, 49.2]", "28.6 [8.4, 58.1]", "46/124"} <= set(texts)
    assert f"{100 * total.estimate:.1f} [{100 * total.low:.1f}, {100 * total.high:.1f}]" in texts
    assert f"[{100 * total.pi_low:.1f}, {100 * total.pi_high:.1f}]" in texts
    ends = [tuple(line.get_xdata()) for line in axis.lines]
    assert any(e == pytest.approx((100 * total.pi_low, 100 * total.pi_high)) for e in ends if len(e) == 2)
    diamond = axis.patches[0].get_xy()
    assert diamond[:, 0].min() == pytest.approx(100 * total.low)
    assert diamond[:, 0].max() == pytest.approx(100 * total.high)


def test_larger_studies_have_larger_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, axis = drawn(monkeypatch, [Group(THREE)], "ORR", han=None)
    squares = [line.get_markersize() for line in axis.lines if line.get_marker() == "s"]
    assert squares[0] > squares[1] > squares[2]


def test_the_same_input_gives_the_same_bytes() -> None:
    one, other = (forest([Group(THREE)], "ORR", pooled(THREE)) for _ in range(2))
    assert one == other
    assert b"<dc:date>" not in one.svg


def test_forty_studies_get_the_room_they_need() -> None:
    rows = tuple(Row(f"Author {i} 2020 (NCT0000{i:04})", i % 20, 20 + i) for i in range(40))
    small, large = forest([Group(THREE)], "ORR", pooled(THREE)), forest([Group(rows)], "ORR", pooled(rows))
    (width, low), (same, high) = size(small.png), size(large.png)
    assert width == same == 1500
    assert (high - low) / 37 > 35  # pixels a row: 9-point letters are 19 high
    assert not large.notes


def test_without_a_chinese_font_labels_are_english_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, texts, _ = drawn(
        monkeypatch, [Group(THREE)], "客观缓解率", pooled(THREE), "zh", ["注"],
        plain_title="Objective response rate", plain_footer=["note"], han=None,
    )  # fmt: skip
    assert "CT041, US study" in texts
    assert "Objective response rate" in texts
    assert not re.search("[\u3400-\u9fff?]", "".join(texts))
    assert "fonts-noto-cjk" in picture.notes[0]


def test_an_english_picture_without_a_chinese_font_needs_no_note() -> None:
    assert forest([Group(THREE[:1])], "ORR", han=None).notes == ()


def test_chinese_labels_are_drawn_where_a_font_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    if font() is None:
        pytest.skip("no font with Chinese characters is installed")
    picture, texts, _ = drawn(monkeypatch, [Group(THREE)], "客观缓解率", pooled(THREE), "zh")
    assert {"CT041 美国研究", "预测区间", "客观缓解率", "研究"} <= set(texts)
    assert picture.notes == ()


def test_groups_have_headings_and_their_own_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [Group(THREE[:2], "PHASE1", pooled(THREE[:2])), Group(THREE[2:], "PHASE2", pooled(THREE[2:]))]
    _, texts, axis = drawn(monkeypatch, groups, "ORR", pooled(THREE), han=None)
    assert {"PHASE1", "PHASE2", "42/112", "46/124", "not pooled", "k = 1, n = 12"} <= set(texts)
    assert len(axis.patches) == 2  # one diamond for PHASE1, one for all; one study is not pooled


@pytest.mark.parametrize("label", ["a$b$c^{x}", "\x1b[31m red", "emoji 🧬 ابت", "x" * 300, "", "<&>\"'"])
def test_hostile_labels_are_drawn_without_a_warning(label: str) -> None:
    picture = forest([Group((Row(label, 1, 2),))], label, footer=[label])
    assert 1500 <= size(picture.png)[0] <= 1875
    assert bool(picture.notes) is (len(label) > 100)


def test_nothing_at_all_is_still_a_picture() -> None:
    assert size(forest([], "none").png)[0] == 1500


def test_all_or_no_events_stay_on_the_axis() -> None:
    rows = (Row("none", 0, 7), Row("all", 7, 7))
    assert size(forest([Group(rows)], "CR", pooled(rows)).png)[1] > 300


def test_a_group_without_rows_is_left_out_and_the_whole_has_its_own_heading(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty last group must not stand above the diamond of all studies."""
    groups = [Group(THREE, "PHASE1", pooled(THREE)), Group((), "PHASE2")]
    _, texts, axis = drawn(monkeypatch, groups, "ORR", pooled(THREE), han=None)
    assert "PHASE2" not in texts
    places = {t.get_text(): t.get_position()[1] for t in axis.texts}
    assert places["PHASE1"] < places["All studies"]
    assert texts.index("All studies") > texts.index("PHASE1")


LONG = "van der Berg-Hernandez 2013 (NCT03000001): axicabtagene ciloleucel after bridging*"


@pytest.mark.parametrize(
    ("label", "count"),
    [
        ("Qi 2024 (NCT03874897)", 98),
        (LONG, 25600),
        ("华中科技大学同济医学院附属协和医院血液科 2014 (NCT03000014)", 9),
        ("W" * 90 + "*†", 12),
    ],
)
def test_labels_stay_clear_of_the_counts_and_the_axis(label: str, count: int) -> None:
    """Nothing that is drawn in the label column reaches the counts, measured on the picture itself."""
    from matplotlib.figure import Figure

    with _plot.styled():
        lines = list(_plot._lines([Group((Row(label, count // 2, count),))], None, "en"))
        left = _plot._left(lines, _plot.font())
        figure = Figure(figsize=(left + _plot._AXIS + _plot._FIGURES, 2))
        axis = figure.add_axes((left / figure.get_figwidth(), 0.2, 0.5, 0.6))
        cut = _plot._draw(figure, axis, lines, ["title"], left, _plot.WORDS["en"], _plot.font())
        drawn = {t.get_text(): t.get_window_extent() for t in axis.texts}
    shown = next(t for t in drawn if t[:4] == label[:4])
    assert drawn[shown].x1 < drawn[f"{count // 2}/{count}"].x0
    assert drawn[f"{count // 2}/{count}"].x1 < axis.get_window_extent().x0
    assert shown == label or (cut and shown.rstrip("*†").endswith("…") and shown[-1] == label[-1])


@pytest.mark.parametrize("title", ["Objective response rate, " * 9, "客观缓解率，胃癌，" * 12, "x" * 300])
def test_titles_are_wrapped_inside_the_picture(title: str) -> None:
    with _plot.styled():
        lines = _plot._wrapped(title, 9.7)
        assert all(_plot._inches(x, 11, True) <= 9.7 for x in lines)
    assert "".join(lines).replace(" ", "") == title.replace(" ", "")
    assert len(lines) > 1
