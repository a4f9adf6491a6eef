"""Chinese values that take their endpoints from the clause before: "A组ORR为40%,DCR为80%;B组分别为20%和50%"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ._outcome_cells import Cell
from ._outcome_goes_on import GRADE_NEXT
from ._outcome_reading import Reading
from ._outcome_runs import runs
from ._outcome_subject import prune
from ._outcome_terms import Term

_GRADE = r"(?:第?(?:[1-5]|I{1,3}V?|IV)(?:\s?[级度]?\s?[-~、/至]\s?(?:[1-5]|I{1,3}V?|IV))?\s?[级度](?:及以上|以上)?\s?)?"
_OPENS = re.compile(
    r"(?:而|其中|在)?\s?[^,;。%]{0,24}?(?:组|队列|患者|者|瘤|癌|合计|总计|共计|总体|全组|(?:期|危|型|性|级|线|疗|药|岁|者)(?=\s?:))(?:\s?\([^()]{0,24}\))?(?:中)?[,:]?\s?"
    rf"(?:则|也|分别|依次)*(?:仅)?(?:为|达|是)?\s?{_GRADE}\Z"
)
_STANDS = re.compile(r"\s?(?:[,;。()、和及与]|\Z|例|患者)")


def told_again(
    text: str, own: Sequence[Term], cells: Sequence[Cell], found: Sequence[Reading], last: Sequence[Reading], start: int
) -> list[Reading]:
    """Readings of the values behind a semicolon that the clause before gives its endpoints, with the values they follow."""
    cells = prune(text, own, cells, start)
    lists = runs(text, cells)
    if not lists or any(r.cell.start == cells[lists[0][0]].start for r in found):
        return []
    run = [cells[i] for i in lists[0]]
    if (
        any(t.end <= run[0].lo for t in own)
        or not _OPENS.match(text[start : run[0].lo])
        or not _STANDS.match(text, run[-1].hi)
    ):
        return []
    kinds = [c.kind for c in run]
    told = [r for r in last if r.term.kind != "sink" and (r.cell.value is not None or r.cell.num is not None)]
    if len(run) == 1:
        alike = [r for r in told if r.cell.kind == kinds[0]]
        if len({r.term.id for r in alike}) != 1:
            return []
        first = replace(alike[-1], cell=run[0], how="told again", order=0, many=1, run=(), like=alike[-1].cell)
        return [first, *_graded(text, first, cells, lists[0][0])]
    for k in range(len(told) - len(run), -1, -1):
        window = told[k : k + len(run)]
        if [r.cell.kind for r in window] == kinds and len({(r.term.start, r.order) for r in window}) == len(run):
            return [
                Reading(r.term, c, "list again", i, len(run), tuple(run), like=r.cell)
                for i, (r, c) in enumerate(zip(window, run, strict=True))
            ]
    return []


def _graded(text: str, r: Reading, cells: Sequence[Cell], i: int) -> Iterator[Reading]:
    """化疗组I~II度14例(35.0%)、III~IV度13例(32.5%): what stands behind with another grade is of the same toxicity."""
    for a, b in zip(cells[i:], cells[i + 1 :], strict=False):
        gap = re.sub(r"\A[^()]*\)", "", text[a.hi : b.lo])
        if r.term.kind != "tox" or not GRADE_NEXT.fullmatch(gap):
            return
        yield replace(r, cell=b, like=None)
