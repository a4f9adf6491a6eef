"""Tables of trials in reviews: a row a registry id, its target carried down, whatever the order of the columns.

The header tells the order; phase and id tell themselves by their form. A table may go on after a page break, with or
without its header repeated (续表 1, Table 1 continued).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trialkb import ids

from ._wrapped import Line

_HEADER = {
    "target": r"靶点|靶标|靶抗原|抗原|targets?\b|antigens?\b",
    "phase": r"临床阶段|临床分期|试验分期|分期|阶段|期别|phases?\b",
    "id": r"(?:临床试验)?(?:登记号|注册号|编号)|临床试验号|NCT(?: number| ID)?\b"
    r"|(?:trial |registration )?(?:number|identifier|ID)\b",
    "sponsor": r"发起者|发起人|申办者|申办方|申办单位|研究单位|机构|sponsors?\b|institutions?\b",
    "product": r"产品|药物|细胞产品|products?\b|drugs?\b|CAR-T cells?\b",
    "status": r"状态|status\b",
    "country": r"国家|countr(?:y|ies)\b",
}  # fmt: skip
_FIND = {name: re.compile(words, re.IGNORECASE) for name, words in _HEADER.items()}
_PHASE = re.compile(
    r"(?:(?<=\s)|\A)(?:phase\s*)?(?P<p>[ⅠⅡⅢⅣ]|I{1,3}|IV|[1-4])(?:[ab])?(?:\s*[/~–-]\s*(?P<q>[ⅠⅡⅢⅣ]|I{1,3}|IV|[1-4])(?:[ab])?)?"
    r"\s*期?(?=\s|\Z)|(?P<n>N/A|NA|未知|不详|[-—])(?=\s|\Z)",
    re.IGNORECASE,
)
_NUMBER = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "I": 1, "II": 2, "III": 3, "IV": 4, "1": 1, "2": 2, "3": 3, "4": 4}
CONTINUED = re.compile(r"\A(?:续表|表\s*\d+\s*[(（]?续|table\s*\d+\s*\(?\s*cont)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One trial of a table; `line` is where it stands in the source."""

    line: Line
    id: str
    id_span: tuple[int, int]  # within the line
    target: str | None
    phases: tuple[str, ...]
    sponsor: str | None
    product: str | None = None
    carried: bool = False  # the target stands in a row above


def order(header: str) -> list[str]:
    """The names of a header's columns from left to right; [] where it is none.

    >>> order("靶点 临床阶段 临床试验登记号 发起者"), order("NCT number  Target  Phase  Sponsor"), order("胃癌")
    (['target', 'phase', 'id', 'sponsor'], ['id', 'target', 'phase', 'sponsor'], [])
    """
    spans = []
    for name, pattern in _FIND.items():
        if m := pattern.search(header):
            spans.append((m.start(), -m.end(), name))
    chosen: list[tuple[int, int, str]] = []
    for s in sorted(spans):
        if not chosen or s[0] >= -chosen[-1][1]:
            chosen.append(s)
    names = [name for _, _, name in chosen]
    return names if "id" in names and len(names) > 1 else []


def rows(lines: list[Line], header: list[str]) -> Iterator[Row]:
    """The rows of a table's lines, the target of each carried down to the rows below that have none."""
    target: str | None = None
    for line in lines:
        found = list(ids.find(line.text))
        if len(found) != 1:
            continue
        own = found[0]
        fields = _fields(line.text, (own.start, own.end), header)
        said = fields.get("target")
        target = said or target
        yield Row(
            line,
            own.id,
            (own.start, own.end),
            target,
            phases(fields.get("phase") or ""),
            fields.get("sponsor"),
            fields.get("product"),
            said is None,
        )


def phases(words: str) -> tuple[str, ...]:
    """Registry words for a phase as printed.

    >>> phases("Ⅰ/Ⅱ"), phases("I"), phases("N/A")
    (('PHASE1', 'PHASE2'), ('PHASE1',), ())
    """
    m = _PHASE.search(words.strip())
    if not m or not m["p"]:
        return ()
    found = [_NUMBER[x.upper()] for x in (m["p"], m["q"]) if x]
    return tuple(f"PHASE{n}" for n in dict.fromkeys(found))


def _fields(line: str, own: tuple[int, int], header: list[str]) -> dict[str, str]:
    """Cells of a line by column: id and phase by form, the rest by the gap they stand in."""
    at = header.index("id") if "id" in header else 0
    before_id = "phase" in header and header.index("phase") < at
    area = (0, own[0]) if before_id else (own[1], len(line))
    candidates = list(_PHASE.finditer(line[area[0] : area[1]])) if "phase" in header else []
    phase = (candidates[-1] if before_id else candidates[0]) if candidates else None
    marks = [("id", *own)]
    if phase:
        marks.append(("phase", area[0] + phase.start(), area[0] + phase.end()))
    marks.sort(key=lambda m: m[1])
    out: dict[str, str] = {name: line[a:b].strip() for name, a, b in marks}
    known = [m[0] for m in marks]
    edges = [0, *[x for _, a, b in marks for x in (a, b)], len(line)]
    gaps = [line[edges[n] : edges[n + 1]].strip() for n in range(0, len(edges), 2)]
    columns: list[list[str]] = [[]]
    for name in header:
        if name in known:
            columns.append([])
        elif name != "phase":
            columns[-1].append(name)
    for names, words in zip(columns, gaps, strict=False):
        out |= _cells(names, words)
    return out


def _cells(names: list[str], words: str) -> dict[str, str]:
    """Columns of one gap: all of it where there is one, else cut at wide blanks, else the first word and the rest."""
    if not names or not words:
        return {}
    if len(names) == 1:
        return {names[0]: words}
    cells = re.split(r"\s{2,}|\t", words)
    if len(cells) != len(names):
        cells = words.split(None, len(names) - 1)
    return dict(zip(names, cells, strict=False)) if len(cells) == len(names) else {names[-1]: words}
