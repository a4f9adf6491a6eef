"""Numbers beside a share that are the group's size: "in those without (n = 24, 61.0%) vs with it (n = 40, 57.5%)"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from ._outcome_cells import Cell
from ._outcome_reading import Reading

_BESIDE = re.compile(r"n\s?=\s?\d[\d,]*\s?[,;]\s?", re.I)
_SURVIVAL = ("OS", "PFS", "EFS", "DFS", "RFS")


def of_so_many(text: str, told: Sequence[Reading]) -> list[Reading]:
    """Readings with the group's size as such: of a survival rate always, else where a list's numbers allow nothing else."""
    told = [_of_its_sorts(text, r, told) for r in told]
    beside = [r for r in told if _beside(text, r.cell)]
    if not beside:
        return list(told)
    sized = {id(r) for r in beside if r.term.id in _SURVIVAL and r.term.kind == "time"}
    for start in {r.term.start for r in beside}:
        mine = [r for r in beside if r.term.start == start]
        several = len(mine) > 1 and all(_may_be_size(text, r.cell) for r in mine)
        if several and not all(_may_be_part(text, r.cell) for r in mine):
            sized |= {id(r) for r in mine}
    return [replace(r, cell=replace(r.cell, num=None, den=r.cell.num)) if id(r) in sized else r for r in told]


_GROUP = re.compile(r"\s?\(\s?n\s?=\s?\d{1,4}", re.I)
_SORTS = (("ORR", ("CR", "PR")), ("DCR", ("CR", "PR", "SD")))


def _of_its_sorts(text: str, r: Reading, told: Sequence[Reading]) -> Reading:
    """ "21.4% (n = 28, one complete and five partial responses)": 28 are the group, as its sorts tell."""
    c = r.cell
    sorts = dict(_SORTS).get(r.term.id)
    if not sorts or c.num is None or c.den is not None or c.value is None or not _GROUP.fullmatch(text[c.end : c.hi]):
        return r
    inside = [x for x in told if 0 < x.cell.lo - c.hi < 90 and ")" not in text[c.hi : x.cell.lo] and x.term.id in sorts]
    many = sum(x.cell.value or 0 for x in inside)
    fits = len(inside) > 1 and many < c.num and abs(100 * many / c.num - c.value) <= _near(text, c)
    return replace(r, cell=replace(c, num=None, den=c.num)) if fits else r


def _beside(text: str, c: Cell) -> bool:
    alone = c.kind == "rate" and c.num is not None and c.den is None and c.value is not None
    return alone and bool(_BESIDE.fullmatch(text[c.lo : c.start]))


def _near(text: str, c: Cell) -> float:
    """Half of the last printed digit."""
    return 0.51 * math.pow(0.1, len(text[c.start : c.end].partition(".")[2].rstrip("% ")))


def _may_be_size(text: str, c: Cell) -> bool:
    """Whether so many of the number make the share: 57.5% of 40 are 23."""
    n, share = c.num or 0.0, c.value or 0.0
    return bool(n) and abs(100 * round(n * share / 100) / n - share) <= _near(text, c)


def _may_be_part(text: str, c: Cell) -> bool:
    """Whether the number is the share of some whole: 12 are 60% of 20."""
    n, share = c.num or 0.0, c.value or 0.0
    if not share:
        return n == 0
    whole = 100 * n / share
    return any(w and abs(100 * n / w - share) <= _near(text, c) for w in (int(whole), int(whole) + 1))
