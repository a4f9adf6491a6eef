"""Chinese arms set against one another: what a value is compared with, the two of a hazard ratio, those named together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

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
    pair = sorted(pair, key=lambda g: bool(_CONTROL.search(g.label)))
    first = distinct[0] if distinct else pair[0] if pair else None
    other = next((g.label for g in pair if first and g.label != first.label), None)
    return (first, other) if first and other else (None, None)


_CONTROL = re.compile(r"对照|化疗|放疗|安慰剂|标准|单药|单纯|常规|TPC|选择|支持治疗|多西他赛|索拉非尼|未|\A[非无]")


def pairs(text: str, named: Sequence[Group]) -> list[Group]:
    """The arms that a sentence names in one list, or as "A组(n=40)和B组(n=40)"; empty where it names no two."""
    arms = list({g.label: g for g in reversed(named) if not g.people}.values())
    told = sorted(arms, key=lambda g: g.start)
    return told if 1 < len(told) < 5 else []


_OTHER_ARM = re.compile(
    r"(?i:(?<![A-Za-z])vs\.?|versus)\s?(?!基线|治疗前|历史|既往)"
    r"(?P<who>[A-Za-z一-鿿][A-Za-z0-9一-鿿+/-]{1,15}(?:\s(?![A-Z]{2,3}S\b|OR?R|DCR|中位|总|客观)[A-Za-z一-鿿]{2,8})?)\s(?:为|仅)?\s?\Z"
)


def other_arm(text: str, a: int, b: int) -> Group | None:
    """The arm named between vs and the value: 10.0个月 vs gp100单药 6.4个月."""
    m = _OTHER_ARM.search(text, a, b)
    return Group(m["who"], *m.span("who")) if m else None


_WITH = re.compile(
    r"(?:(?<=[,;。:(在])|(?<=其中)|(?<=患者)|\A|(?<=组))\s?(?P<who>[^,;。:()%在]{2,40}?)\s?(?:和|与|及|、)\s?(?:在)?\Z"
)
_NO_NAME = re.compile(r"率|生存|缓解|期\Z|[年月]|\d\s?[例名位]|组|患者|ORR|DCR|CR\b|PFS|OS\b|两|各|CRS|分别")


def with_coordinate(text: str, g: Group, since: int, begin: int, many: int) -> list[Group]:
    """吉非替尼和厄洛替尼组的PFS分别为8.0和10.0个月: those named before the last without the word for an arm."""
    between = text[g.end : begin]
    m = _WITH.search(text[since : g.start])
    if not m or _NO_NAME.search(m["who"]) or not re.search("分别|依次", between):
        return [g]
    if len(re.findall(r"\d\s?(?:个?月|年|周|天)|\d[、和]", between)) > 1:
        return [g]  # 紫杉醇和顺铂组的1、2年OS率分别为...: the arm of both
    names = list(re.compile(r"[^、和与及]+").finditer(m["who"]))
    if len(names) + 1 != many:
        return [g]
    a = since + m.start("who")
    return [*(replace(g, label=x[0].strip(), start=a + x.start(), end=a + x.end(), sized=False) for x in names), g]
