"""Lists of values: 12, 8 and 4; 53% vs 36%. What stands in a clause of its own is none of a list."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._outcome_cells import VERSUS, Cell, bare_words

_I = re.I | re.A
_STRICT_JOIN = re.compile(
    r"[\s)\]]*(?:patients|pts|例|名|of patients|of the patients)?[\s,;]*"
    r"(?:,|and|, and|or|vs\.?|versus|v\.?|to|/|&|和|与|及|、|以及|对|比|compared (?:with|to)|against|"
    r"respectively|对照组为)"
    r"[\s(\[]*(?:only |仅)?\Z",
    _I,
)
ACTS = re.compile(
    r"\s(?:[a-z]+\s){0,2}?(?:had|has|died|was|were|developed|experienced|achieved|withdrew|progressed|relapsed|responded)\b"
)


def runs(text: str, found: Sequence[Cell]) -> list[list[int]]:
    """Indexes of cells that stand in one list: 12, 8 and 4; 53% vs 36%."""
    groups: list[list[int]] = []
    for i, c in enumerate(found):
        if groups and _listed(text, found[groups[-1][-1]], c):
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def tested_pairs(text: str, found: Sequence[Cell], groups: list[list[int]]) -> list[list[int]]:
    """The lists, two pairs as one where each ends with its test: "(62% vs 40%, p=0.01, and 33% vs 18%, p=0.04)"."""
    out: list[list[int]] = []
    for group in groups:
        last = out[-1] if out else []
        if len(last) == len(group) == 2 and last[1] + 1 == group[0] and _two_pairs(text, [found[i] for i in (*last, *group)]):
            last.extend(group)
        else:
            out.append(list(group))
    return out


def _two_pairs(text: str, run: Sequence[Cell]) -> bool:
    a, b, c, d = run
    if len({x.kind for x in run}) != 1:
        return False
    gaps = text[a.hi : b.lo], text[b.hi : c.lo], text[c.hi : d.lo]
    if AGAINST_ZH.fullmatch(gaps[0]) and AGAINST_ZH.fullmatch(gaps[2]):
        return bool(_TEST_ZH.fullmatch(gaps[1]))
    return bool(VERSUS.search(gaps[0]) and VERSUS.search(gaps[2]) and _TEST.fullmatch(gaps[1]))


_TEST = re.compile(r"[\s,;(]*P\s?[=<>≤]\s?0?\.\d+\)?(?:,\s(?:and\s)?|\sand\s)", re.I)
_TEST_ZH = re.compile(r"[)\]]?(?:,\s?P\s?[=<>≤]\s?0?\.\d+)?;\s?", re.I)  # 82.5%对50.1%,P<0.001;58.3%对26.7%
AGAINST_ZH = re.compile(r"\)?\s?(?:比|对)\s?")  # 1年OS、EFS率(86.7%比50.0%、80.0%比35.0%)


def run_of(text: str, found: Sequence[Cell], c: Cell) -> list[int]:
    """Indexes of the cells of the list that a cell stands in; none where it is not among them."""
    at = next((i for i, x in enumerate(found) if x.start == c.start), None)
    if at is None:
        return []
    first = last = at
    while first and _listed(text, found[first - 1], found[first]):
        first -= 1
    while last + 1 < len(found) and _listed(text, found[last], found[last + 1]):
        last += 1
    return list(range(first, last + 1))


_ACTS_ZH = re.compile(r"\s?(?:的?(?:患者|受试者|病例)|发生|出现|获|达到|死|因|存活|复发|随后|后续|桥接)")


def _listed(text: str, a: Cell, b: Cell) -> bool:
    if "ratio" in (a.kind, b.kind) or "dose" in (a.kind, b.kind):
        return False
    if b.lo - a.hi > 62:
        return False
    gap = re.sub(r"\A\s?%(?=\s)", "", text[a.hi : b.lo])  # behind a standard error: "67.4 ± 7.6% and 75.3 ± 7.2%"
    if "," in gap and re.search(r"\bin\s\Z", text[max(0, a.lo - 4) : a.lo]) and b.noun and ACTS.match(text, b.hi):
        return False  # "CRS occurred in nine, and one patient died"
    if gap.strip() == "," and _ACTS_ZH.match(text, b.hi):
        return False  # a clause of its own: "77%的患者发生CRS"
    return len(gap) < 60 and bool(_STRICT_JOIN.fullmatch(bare_words(re.sub(r"\A[^(\[]{0,40}?[)\]]", " ", gap))))
