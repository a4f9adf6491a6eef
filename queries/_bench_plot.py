"""Pictures and files of a benchmark: the forest plot with its title and footnotes, and the metafor script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trialkb.errors import BadInput

from . import _paragraph
from ._studies import Study

if TYPE_CHECKING:
    from .bench import Answer

_PHASES = {"en": "phase {}", "zh": "{}期"}
_GROUPS_ZH = {
    "first line": "一线", "second line": "二线", "later line": "后线", "relapsed or refractory": "复发或难治",
    "line not stated": "治疗线数未说明", "phase not stated": "分期未说明", "dose level not stated": "剂量未说明",
    "target not stated": "靶点未说明",
}  # fmt: skip


def picture(a: Answer, language: str, han: str | None = "auto") -> Any:
    """The forest plot of the studies that are pooled."""
    from . import _plot

    def rows(studies: Sequence[Study]) -> tuple[Any, ...]:
        return tuple(
            _plot.Row(s.label + _marks(s), s.count.events, s.count.total, s.family + _marks(s))
            for s in studies if s.count and not s.not_pooled
        )  # fmt: skip

    groups = [_plot.Group(rows(g.studies), _heading(g.name, language), g.pooled, g.name) for g in a.groups]
    groups = groups or [_plot.Group(rows(a.studies))]
    footer = {lang: list(_footer(a, lang)) for lang in ("en", "zh")}
    title = {lang: _title(a, lang) for lang in ("en", "zh")}
    return _plot.forest(groups, title[language], a.pooled, language, footer[language], title["en"], footer["en"], han)


def _heading(name: str, language: str) -> str:
    """A subgroup's name as the picture prints it: PHASE1/PHASE2 is phase 1/2."""
    if "PHASE" in name:
        return _PHASES[language].format(name.replace("EARLY_", "early ").replace("PHASE", ""))
    return _GROUPS_ZH.get(name, name) if language == "zh" else name


def _marks(s: Study) -> str:
    return ("*" if s.count and s.count.derived else "") + ("†" if s.mixed else "")


def _footer(a: Answer, language: str) -> Iterator[str]:
    """What a reader of the picture alone must know."""
    left = len(a.studies) - len(a.used)
    derived = any(s.count and s.count.derived for s in a.used)
    mixed = any(s.mixed for s in a.used)
    if language == "zh":
        rest = f"另有{left}行未合并。" if left else ""
        yield f"横线：精确95%置信区间。{rest}知识库第{a.generation}代。"
        if derived:
            yield "* 分子由报告的百分比和例数推算，或为报告的例数之和"
        if mixed:
            yield "† 包括其他肿瘤患者"
        return
    rest = f" {left} further row{'s are' if left > 1 else ' is'} not pooled." if left else ""
    yield f"Bars: exact 95% CI.{rest} kb generation {a.generation}."
    if derived:
        yield "* numerator computed: from a printed percentage and n, or a sum of printed counts"
    if mixed:
        yield "† patients with other tumours are counted too"


def _title(a: Answer, language: str) -> str:
    """The question as a reader of the picture alone understands it."""
    r = a.request
    name = _paragraph.named(r, language)
    parts = [name[0].upper() + name[1:], " ".join((*r.target, *r.modality))]
    parts += [_paragraph.term("indication", i, language) for i in r.indication]
    parts += [_PHASES[language].format(p.replace("EARLY_", "early ").replace("PHASE", "")) for p in r.phase]
    parts += [x for x in (r.line, r.since and f">= {r.since}", r.until and f"<= {r.until}") if x]
    return ("，" if language == "zh" else ", ").join(p for p in parts if p)


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
