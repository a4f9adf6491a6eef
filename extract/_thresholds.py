"""Thresholds: analyte, comparator, number, unit in one criterion (HGB < 80 g/L; ECOG 0-3; AST and ALT ≤ 2.5 × ULN).

Comparators are kept as printed, with the item's kind (inclusion or exclusion) beside them; a range is two bounds.
Traps: an age of childbearing or of donors, "platelet transfusion within 7 days", a prolongation of PT in seconds.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from ._bounds import Bound, bounds, bounds_before
from ._units import canonical


@dataclass(frozen=True, slots=True)
class Analyte:
    id: str
    families: frozenset[str]
    canonical: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Threshold:
    """One bound read at [start:end] of an item's normalised text."""

    analyte: str
    comparator: str
    value: str
    unit: str | None
    ucum: str | None
    start: int
    end: int
    rule: str
    conditional: bool = False
    canonical: str | None = None
    canonical_unit: str | None = None

    def printed(self) -> str:
        return " ".join(x for x in (self.analyte, self.comparator, self.value, self.unit) if x)


_JOIN = re.compile(
    r"[\s()]*(?:\([^()]{0,60}\)|\[[^\]]{0,30}\])?[\s()]*(?:/|and/or|and|or|&|,|、|和|或|及|与|以及)?\s*(?:and "
    r"|or )?(?:the "
    r"|both |serum |total |in )*\s*\Z",
    re.I,
)
_SCORES = {"ecog", "kps", "lansky"}
_PRESSURE_BEFORE = re.compile(r"\d\s?mm ?Hg\s*\Z", re.I)  # "> 140 mm Hg systolic": _stages reads these


@cache
def _table() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, Analyte]]:
    """Pattern over the words of all analytes (any case), one over acronyms in their own case, and the analytes."""
    source = files("trialkb.extract").joinpath("analytes.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(source.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    words = []
    cased = []
    for r in rows:
        parts = [w for w in (*r["words"].split(";"), r["zh"]) if w]
        words.append((r["id"], parts))
        cased.append((r["id"], [re.escape(w) for w in r["cased"].split(";") if w]))
    by_id = {
        r["id"]: Analyte(
            r["id"], frozenset(r["families"].split(",")), r["canonical"], Decimal(r["low"]), Decimal(r["high"])
        )
        for r in rows
    }
    return _pattern(words, re.I), _pattern(cased, re.NOFLAG), by_id


def _pattern(parts: list[tuple[str, list[str]]], flag: re.RegexFlag) -> re.Pattern[str]:
    """Alternatives with one group an analyte; creatinine clearance stands before creatinine and so on by length."""
    each = sorted(((id, w) for id, ws in parts for w in ws), key=lambda p: -len(p[1]))
    joined = "|".join(f"(?P<{id}_{k}>{w})" for k, (id, w) in enumerate(each))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{joined})(?![A-Za-z])", flag | re.ASCII)


def mentions(text: str) -> list[tuple[str, int, int]]:
    """Analytes named in a text: (id, start, end), in order, without overlaps."""
    words, cased, _ = _table()
    found = [
        (m.lastgroup.rsplit("_", 1)[0], m.start(), m.end())
        for p in (words, cased)
        for m in p.finditer(text)
        if m.lastgroup
    ]
    out: list[tuple[str, int, int]] = []
    for f in sorted(found, key=lambda f: (f[1], -f[2])):
        if not out or f[1] >= out[-1][2]:
            out.append(f)
    return out


def thresholds(text: str) -> Iterator[Threshold]:
    """All thresholds of one criterion, in order.

    >>> [t.printed() for t in thresholds("HGB <80 g/L; AST and ALT <= 2.5 x ULN; ECOG 0-3")]
    ['hemoglobin < 80 g/L', 'ast <= 2.5 ULN', 'alt <= 2.5 ULN', 'ecog <= 3']
    """
    _, _, table = _table()
    found = mentions(text)
    taken = -1
    for k, (_, start, end) in enumerate(found):
        if start < taken or _PRESSURE_BEFORE.search(text[max(0, start - 12) : start]):
            continue
        nxt = found[k + 1][1] if k + 1 < len(found) else len(text)
        group = _group(text, found, k)
        if k + 1 < len(found) and _JOIN.match(text[end:nxt]) and nxt - end < 80:
            continue  # the next name takes this one along
        families = frozenset[str]().union(*(table[g].families for g in group))
        scored = bool(_SCORES & set(group))
        behind = list(bounds(text, (start, end), nxt, families, scored))
        before = () if behind else bounds_before(text, max(taken, 0, start - 60), start, families, scored)
        for b, conditional in behind or [(b, False) for b in before]:
            taken = max(b.end, end)
            yield from _made(group, b, conditional)


def _group(text: str, found: list[tuple[str, int, int]], k: int) -> list[str]:
    """The analytes that share the bounds behind found[k]: those joined to it by and, or, a stroke."""
    ids: list[str] = []
    while k >= 0:
        if found[k][0] not in ids:
            ids.append(found[k][0])
        if k == 0 or not _JOIN.match(text[found[k - 1][2] : found[k][1]]) or found[k][1] - found[k - 1][2] >= 80:
            break
        k -= 1
    return ids[::-1]


def _made(group: list[str], b: Bound, conditional: bool) -> Iterator[Threshold]:
    _, _, table = _table()
    for id in group:
        analyte = table[id]
        if not _fits(analyte, b) or (b.comparator == ">=" and b.value == 0):
            continue
        unit = b.unit if b.unit and b.unit.family in analyte.families else None
        name = unit.name if unit else None
        same = canonical(id, b.value, name, analyte.canonical)
        yield Threshold(
            id, b.comparator, f"{b.value:f}", name, unit.ucum if unit else None, b.start, b.end,
            "threshold.words" if unit else "threshold.no_unit", conditional, same, analyte.canonical if same else None,
        )  # fmt: skip


def _fits(analyte: Analyte, b: Bound) -> bool:
    """Whether the number can be the analyte's: a unit of its families, or none where it may have none."""
    if b.unit:
        ok = b.unit.family in analyte.families
        return ok and (b.unit.name not in ("a", "wk", "mo", "d") or b.value < 5000)
    return "none" in analyte.families and analyte.low <= b.value <= analyte.high
