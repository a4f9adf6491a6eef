"""Chinese groups told in a list, and which of them a value in its place of a list of values belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ._outcome_reading import Reading
from ._outcome_versus_zh import than, with_coordinate
from ._outcome_who_zh import Group

JOINT = re.compile(
    r"(?:\s?[(（][^()（）]{0,24}[)）])?\s?(?:、|和|与|及|以及|,\s?|/|vs\.?)\s?(?:\d{1,4}\s?[例名位]|在)?", re.I
)


def together(text: str, found: Sequence[Group]) -> Group:
    """低、中剂量组均未...: of both, under the label as printed."""
    told = cluster(text, found)
    return replace(
        told[0],
        label=text[told[0].start : told[-1].end] if told[-1].end > told[0].end else told[0].label,
        end=told[-1].end,
    )


def clustered(text: str, found: Sequence[Group]) -> bool:
    return len(found) > 1 and bool(JOINT.fullmatch(text, found[-2].end, found[-1].start))


def cluster(text: str, found: Sequence[Group]) -> list[Group]:
    """The groups at the end of these that stand in one list."""
    out = list(found[-1:])
    for g in reversed(found[:-1]):
        if not JOINT.fullmatch(text, g.end, out[0].start):
            break
        out.insert(0, g)
    return out


def listed(
    text: str, r: Reading, named: Sequence[Group], pair: Sequence[Group], start: int, begin: int, before: int, many: int
) -> Group | None:
    """The group in the value's place of a list: as many groups as values, or each with as many values."""
    earlier = [g for g in named if g.end <= begin and g.start >= text.rfind("。", start, begin)]
    told = cluster(text, earlier)
    if len(told) < 2:
        distinct = list({g.label: g for g in earlier}.values())
        near = [g for g in distinct if g.start >= before]
        distinct = near if len(near) == 2 and near[-1].compared else distinct
        told = sorted(distinct, key=lambda g: than(text, g)) if len(distinct) == 2 and distinct[-1].compared else told
        told = sorted(distinct, key=lambda g: than(text, g)) if any(than(text, g) for g in distinct) else told
        if len(told) < 2 and _RESPECTIVELY.search(text[max(start, begin - 6) : begin]):
            arms = list({g.label: g for g in reversed(earlier) if not g.people}.values())[::-1]
            told = arms if len(arms) == many and re.search(r"%|个月|未达|\d\s?例", text[arms[-1].end : begin]) else told
    if len(told) == 1 and many > 1 and not r.how.startswith("list"):
        since = max([start, *(g.end for g in earlier if g.end <= told[0].start)])
        told = with_coordinate(text, told[0], since, begin, many)
    if len(told) < 2 and (
        re.search(r"[两二三四各]个?(?:组|队列|者)", text[start:begin]) or _unsaid(text, r, earlier, start, begin)
    ):
        told = [replace(g, inferred=True) for g in pair]
    both = list({g.label: g for g in reversed(earlier) if not g.people}.values())[::-1]
    if len(told) < 2 and len(both) == many == 2 and against(text, r) and re.search(r"%|月", text[both[-1].end : begin]):
        told = both
    if len(told) < 2 and len(pair) == many == 2 and not [g for g in earlier if not g.people] and against(text, r):
        told = [replace(g, inferred=True) for g in pair]
    if len(told) < 2 or many % len(told):
        return None
    each, place = many // len(told), r.order % many  # of two pairs with a test each, one is the list here
    if each == 1:
        return None if r.how.startswith("list") and many == r.many else told[place]
    pairs = len(r.run) == many and re.fullmatch(r"\s?(?i:比|对|vs\.?)\s?", text[r.run[0].hi : r.run[1].lo])
    return told[r.order % len(told)] if pairs and len(told) == 2 else told[place // each]


_RESPECTIVELY = re.compile(r"(?:分别|依次)(?:仅)?(?:为|是|达)?\s?\Z")


def against(text: str, r: Reading) -> bool:
    """Whether the two values of a list are set against one another: 3.25个月 vs 1.77个月, 7.1个月对5.2个月."""
    gap = text[r.run[0].hi : r.run[-1].lo] if len(r.run) == 2 else ""
    return bool(re.search(r"(?i)\bvs\b|versus|对|比", gap))


def _unsaid(text: str, r: Reading, earlier: Sequence[Group], start: int, begin: int) -> bool:
    """ "分别为" with nothing in its sentence to align with: the arms are those named before."""
    lead = text[max(start, text.rfind(";", start, begin)) : begin]
    times = re.findall(r"\d\s?(?:个?月|年|周|天|d)|\d[、和]", lead)
    return (
        "分别" in lead and not r.how.startswith("list") and not [g for g in earlier if not g.people] and len(times) < 2
    )
