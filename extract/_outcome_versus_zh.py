"""Chinese arms set against one another: what a value is compared with, the two of a hazard ratio, those named together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._outcome_reading import Reading
from ._outcome_who_zh import Group

_THAN = re.compile(r"(?:相比|比较|比)")


def than(text: str, g: Group) -> bool:
    """与对照组相比: what something else is compared with."""
    return g.compared and bool(_THAN.match(text, g.end))


def versus(text: str, r: Reading, named: Sequence[Group], pair: Sequence[Group]) -> tuple[Group | None, str | None]:
    """(group, label of the reference) of a hazard ratio: the two named before it, or one and the other of the pair."""
    arms = [g for g in named if not g.people and g.end <= r.cell.lo]
    distinct = list({g.label: g for g in arms}.values())
    if len(distinct) > 1:
        a, b = sorted(distinct[-2:], key=lambda g: (than(text, g), bool(_CONTROL.search(g.label))))
        return a, b.label
    first = distinct[0] if distinct else pair[0] if pair else None
    other = next((g.label for g in pair if first and g.label != first.label), None)
    return (first, other) if first and other else (None, None)


_CONTROL = re.compile(r"对照|化疗|放疗|安慰剂|标准|单药|单纯|常规|TPC|选择|支持治疗|多西他赛|索拉非尼|未")


def pairs(text: str, named: Sequence[Group]) -> list[Group]:
    """The arms that a sentence names in one list, or as "A组(n=40)和B组(n=40)"; empty where it names no two."""
    arms = list({g.label: g for g in reversed(named) if not g.people}.values())
    told = sorted(arms, key=lambda g: g.start)
    return told if 1 < len(told) < 5 else []
