"""A reading: a cell with its endpoint; what is told twice is joined, and a dose that is two things is told twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ._outcome_cells import Cell, bare_words
from ._outcome_terms import Term
from ._outcome_typed import UNREACHED


@dataclass(frozen=True, slots=True)
class Reading:
    """A cell (or a verbal none / all) with its endpoint; `how` names the rule."""

    term: Term
    cell: Cell
    how: str
    order: int = 0  # place in a list of values, for lists of arms and of time points
    many: int = 1
    run: tuple[Cell, ...] = ()
    parent: Cell | None = None  # the value in whose bracket this one is told
    like: Cell | None = None  # the value of the clause before whose time and grade this one has


_OTHERS = re.compile(r"\b(?:higher|lower|greater|more|less|among those|in those)\b", re.I)  # a share of others
_GIVING = re.compile(
    r"[^,;.()]{0,30},\s"
    r"(?:corresponding to|for|giving|yielding|representing|resulting in|translating into)\s(?:an?\s)?[^,;.()]{3,40}", re.I
)


def joined(text: str, found: list[Reading]) -> list[Reading]:
    """ "Seventeen children had a response (overall response, 63%)": count and rate told of one thing are one."""
    out: list[Reading] = []
    for r in found:
        last = out[-1] if out else None
        if last and last.term.id == r.term.id and _twice(text, last.cell, r.cell):
            cell = replace(r.cell, num=last.cell.num, den=last.cell.den, lo=last.cell.lo)
            out[-1] = replace(r, cell=cell)
            continue
        if last and last.term.id == r.term.id and last.cell.kind in ("count", "bare") and r.cell.kind == "rate":
            between = text[last.cell.hi : r.cell.lo]
            inside = re.search(r"[(\[][^()\[\]]{0,40}\Z", between)
            same = r.cell.num in (None, last.cell.value) and not _OTHERS.search(between)
            inside = inside or _GIVING.fullmatch(between)
            if same and inside and len(between) < 90 and not _CLAUSE.search(between):
                cell = replace(r.cell, num=last.cell.value, lo=last.cell.lo)
                out[-1] = replace(r, cell=cell, term=last.term)
                continue
        if last and last.term.id == r.term.id and _counted_before(text, last.cell, r.cell):
            out[-1] = r
            continue
        counted = last and last.term.id == r.term.id and (last.cell.kind, r.cell.kind) == ("count", "rate")
        if last and counted and r.cell.num is None and _NAMED_RATE.fullmatch(text[last.cell.hi : r.cell.lo]):
            out[-1] = replace(r, cell=replace(r.cell, num=last.cell.value, lo=last.cell.lo))
            continue
        out.append(replace(r, cell=_of_bracket(text, last.cell, r.cell)) if last else r)
    return out


def _counted_before(text: str, a: Cell, b: Cell) -> bool:
    """22例患者出现CRS,发生率为91.7%(22/24): the count is told again with its share."""
    gap = text[a.hi : b.lo]
    return (
        a.kind == "count" and b.kind == "rate" and a.value == b.num and bool(b.den) and len(gap) < 30 and ";" not in gap
    )


_CLAUSE = re.compile(r"[;.]|\b(?:but|while|whereas|although)\b|\bgrades?\s\d", re.I)
_NAMED_RATE = re.compile(r"[^,;。\d]{0,10},\s?(?:[一-鿿A-Z]{0,8}率|[A-Z]{2,4})\s?(?:约?为|达|是)?\s?")  # 有效22例,有效率44.0%


def _of_bracket(text: str, last: Cell, c: Cell) -> Cell:
    """ "9 of 25 had a PR (ORR 36%)": the share in the bracket is of the same number, where they agree."""
    if c.kind != "rate" or c.num is not None or c.value is None or not last.den or last.num is None:
        return c
    inside = re.search(r"[(\[][^()\[\]]{0,30}\Z", text[last.hi : c.lo])
    agree = abs(100 * last.num / last.den - c.value) <= 0.51
    return replace(c, num=last.num, den=last.den) if inside and agree and c.lo - last.hi < 80 else c


def _twice(text: str, a: Cell, b: Cell) -> bool:
    """12例中8例获得CR,CR率66.7%: n of N and its share are one."""
    if (a.kind, b.kind) != ("rate", "rate") or a.value is not None or b.value is None or b.num is not None:
        return False
    told = re.search(r"[(\[]\s?\Z", text[a.hi : b.lo])
    near = len(text[a.hi : b.lo]) < (60 if told else 24) and not re.search(r"[;。]", text[a.hi : b.lo])
    return bool(near and a.num is not None and a.den and abs(100 * a.num / a.den - b.value) < 0.6)


def also_dose(text: str, terms: Sequence[Term], out: list[Reading], end: int) -> list[Reading]:
    """ "The MTD was X and this was taken forward as RP2D": the dose is a value of both."""
    doses = [r for r in out if r.cell.kind == "dose"]
    if len(doses) != 1:
        return out
    used = doses[0].term
    for t in terms:
        if UNREACHED.search(bare_words(text[min(used.end, t.end) : max(used.start, t.start)])):
            continue
        if re.search(r"未(?:能)?(?:达到|达|确定|观察到|出现)\s?\Z", text[max(0, t.start - 6) : t.start]):
            continue
        if t.kind != "dose" or t.id == used.id or t.start >= end or any(r.term is t for r in out):
            continue
        if re.search(
            r"(?i)(?:and|as|which|taken|selected|chosen|designated|also|确定为|作为)",
            text[min(used.end, t.start) : max(used.start, t.start)],
        ):
            return [*out, Reading(t, doses[0].cell, "dose again")]
    return out
