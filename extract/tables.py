"""Tables of outcomes to Outcomes: a row a trial or arm and a column an endpoint, or the other way round.

HTML, Markdown, tab-separated and aligned text, in sections `table:N` and in the body. A heading names endpoint, unit,
grade and moment (marked as inferred); rows or headings name trial, arm and size. Traps: a review's row belongs to the
trial it names and to nobody else; NR is "not reached" only where the table's legend says so; a number whose unit
neither cell nor heading states is not read; mice, cell lines and baseline characteristics are no outcomes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from trialkb import ids
from trialkb.records import ArmRef, Document, Evidence, Outcome, Section
from trialkb.text import digest

from ._grid import Cell, Grid, grids
from ._registry_words import assessor, criteria, grade, moment
from ._table_cells import Reading, interval, shares, time_unit, times

_SIZE = re.compile(r"(?:no\.?|number) (?:of )?(?:patients|participants|pts)|\bn\b(?!\s*\(?%)|sample size|patients\b|evaluable"
                   r"|例数|样本量|人数|患者数", re.I)  # fmt: skip
_STUDY = re.compile(
    r"\bNCT\b|regist|trial|stud(?:y|ies)|author|reference|citation|试验|研究|注册号|登记号|文献|作者", re.I
)
_ARM = re.compile(r"\barms?\b|cohort|group|dose|treatment|regimen|therapy|product|agent|CAR|intervention|drug"
                  r"|组|队列|剂量|治疗|方案|产品|药物", re.I)  # fmt: skip
_NO_ARM = re.compile(r"p[- ]?values?\b|\bP\b|HR\b|hazard|difference|odds|统计|P值", re.I)
_PATIENT = re.compile(
    r"(?:patient|pt|case|subject|participant|id)(?:s?\s*(?:no\.?|id|number|#))?|no\.|#|患者|患者编号|病例|病例号|编号|序号",
    re.I,
)
_HEAD_SIZE = re.compile(r"[(（\[,，]?\s*\b[nN]\s*=\s*(\d{1,5})\s*[)）\]]?")
_NO_LABEL = re.compile(
    r"(?:any|all)[ -]grades?|(?:≥|>=)?\s*grades?\s*(?:≥|>=)?\s*[1-5](?:\s*(?:-|to|or|/)\s*[1-5])?(?: or higher)?|\bn\b|%|no\."
    r"|\bvalues?\b|\bresults?\b|所有级别|[≥>]?=?\s*[1-5]\s*级|结果|例数",
    re.I,
)
_GENERIC = re.compile(
    r"(?:control|placebo|standard|overall|total|all|arm|group|cohort|dose|dl|level|treatment|patients?|experimental)\b"
    r"|对照|安慰剂|总|全部|剂量|队列|治疗组|试验组|实验组|患者",
    re.I,
)  # names that no trial goes by
_ANIMAL = re.compile(r"\bmice\b|\bmouse\b|murine|xenograft|in vitro|cell lines?\b|小鼠|动物|体外|细胞系|异种移植", re.I)
_PLAN = re.compile(r"planned|ongoing|hypothes|assum|sample size calc|拟|计划|进行中", re.I)
_CITED = re.compile(r"\bet al\b|\[\d+\]|\(\d{4}\)|等[,，\s]|\b(?:19|20)\d\d\b")
_CI_ROW = re.compile(r"\(?\s*(?:95|90|80)\s*%\s*(?:CI|confidence interval|置信区间|可信区间)", re.I)
_UNITS_OF = re.compile(r"[(,]?\s*n\s*\(\s*%\s*\)|例\s*[(（]\s*%\s*[)）]")
_OWN_UNIT = re.compile(r"%|\bn\b|率|例|month|week|day|year|月|周|天|年|CI", re.I)
_TIMES = ("OS", "PFS", "EFS", "DFS", "RFS", "DOR", "TTR", "FOLLOW_UP")
_SURVIVAL = ("OS", "PFS", "EFS", "DFS", "RFS")
_MEDIAN = re.compile(r"\bmedian\b|中位|\bm(?:PFS|OS|DOR|DoR|EFS|DFS|RFS)\b", re.I)
_LANDMARK = re.compile(r"\brates?\b|率|%|probab", re.I)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that names an endpoint: text[start:end] of its cell are the endpoint's words."""

    cell: Cell
    endpoint: str
    start: int
    end: int

    @property
    def span(self) -> tuple[int, int]:
        return self.cell.span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose number it is: arm or row label, its place, trial and size."""

    label: str | None = None
    span: tuple[int, int] | None = None
    study: str | None = None
    size: int | None = None
    cited: bool = False
    name: str | None = None  # what the row's trial is called, where the table says so


@dataclass(frozen=True, slots=True)
class Place:
    """The table's document, section and text, with what its caption says."""

    document: Document
    section: str
    text: str
    sha: str
    grid: Grid


def find(document: Document) -> Iterator[Outcome]:
    """Outcomes of the tables of a document, in order."""
    for section in document.sections:
        if section.name.startswith("table:") or section.name == "body" or section.name.startswith("abstract"):
            yield from _section(document, section)


def _section(document: Document, section: Section) -> Iterator[Outcome]:
    sha = digest(section.text) if section.text else ""
    for grid in grids(section.text):
        if not _ANIMAL.search(grid.caption):
            yield from _grid(Place(document, section.name, section.text, sha, grid))


def _grid(place: Place) -> Iterator[Outcome]:
    """The outcomes of one table, read by columns or by rows, whichever holds the endpoints."""
    rows = place.grid.rows
    if _PATIENT.fullmatch(rows[0][0].text.strip()):
        return  # a row a patient: no value of a group
    depth = _header_depth(rows)
    columns = {k: h for k in range(1, max(map(len, rows))) if (h := _column(rows[:depth], k))}
    leads = {i: h for i, row in enumerate(rows) if i >= depth and row and (h := _heading(row[0]))}
    if columns and len(columns) >= len(leads):
        yield from _by_columns(place, depth, columns)
    elif leads:
        yield from _by_rows(place, depth, leads)


def _header_depth(rows: Sequence[Sequence[Cell]]) -> int:
    """How many rows stand above the numbers: one, or two where the second has no number either."""
    second = [c for c in rows[1][1:] if c.text] if len(rows) > 2 else []
    named = any(_HEAD_SIZE.search(c.text) or grade(c.text) or re.search(r"any grade|all grades|所有级别|≥ ?3 ?级", c.text, re.I)
                for c in second)  # fmt: skip
    without = second and not any(c.isdigit() for cell in second for c in _HEAD_SIZE.sub("", cell.text))
    return 2 if second and (named or without) and not _heading(rows[1][0]) else 1


def _heading(cell: Cell) -> Heading | None:
    """The endpoint that a heading names first; what is not in the catalogue, or names several of a kind, is left."""
    if not cell.text or len(cell.text) > 160 or not re.search(r"[^\W\d]", cell.text):
        return None
    from ._outcome_terms import terms  # spaCy is loaded only where there is a table

    found = terms(cell.text)
    if not found or found[0].kind == "sink" or found[0].id.startswith("OTHER_"):
        return None
    first = found[0]
    outside = [t for t in found[1:] if t.id != first.id and not _bracketed(cell.text, t.start)]
    if outside and not re.match(r"\s*[:：]?\s*$", cell.text[first.end : outside[0].start]):
        return None
    return Heading(cell, first.id, first.start, first.end)


def _bracketed(text: str, at: int) -> bool:
    """Whether a place stands inside brackets: "ORR (CR + PR)" is about the ORR."""
    return text.count("(", 0, at) > text.count(")", 0, at)


def _column(head: Sequence[Sequence[Cell]], k: int) -> Heading | None:
    """The endpoint of a column: named in the lowest heading row, or else above it."""
    for row in reversed(head):
        if k < len(row) and (found := _heading(row[k])):
            return found
    return None


def _by_columns(place: Place, depth: int, columns: dict[int, Heading]) -> Iterator[Outcome]:
    """A row a trial or an arm."""
    rows = place.grid.rows
    head = rows[depth - 1]
    for row in rows[depth:]:
        owner = _owner(place, head, row, set(columns))
        if _ANIMAL.search(" ".join(c.text for c in row)):
            continue
        for k, heading in columns.items():
            if k < len(row) and row[k].text:
                words = " ".join(dict.fromkeys(r[k].text for r in rows[:depth] if k < len(r)))
                yield from _cell(place, heading, words, row[k], owner, (row[0].start, row[-1].end))


def _owner(place: Place, head: Sequence[Cell], row: Sequence[Cell], taken: set[int]) -> Owner:
    """Trial, arm and size of a row by the headings of its other columns."""
    study, cited, size = None, False, None
    arm: Cell | None = None
    name: Cell | None = None
    for k, cell in enumerate(row):
        title = head[k].text if k < len(head) else ""
        if k in taken or not cell.text:
            continue
        study = study or next((r.id for r in ids.find(cell.text)), None)
        if size is None and _SIZE.search(title) and cell.text.strip().isdigit():
            size = int(cell.text)
        elif _STUDY.search(title):
            cited = cited or bool(_CITED.search(cell.text))
            name = name or (cell if k == 0 else None)
        elif _ARM.search(title) and arm is None:
            arm = cell
    first = row[0] if 0 not in taken and row[0].text and name is None else None
    label = arm or first
    if label and study and ids.normal(label.text) == study:
        label = None  # the trial's number is no arm
    called = name or label
    return Owner(
        label.text if label else None,
        label.words if label else None,
        study,
        size,
        cited,
        called.text if called and ids.normal(called.text) is None else None,
    )


def _by_rows(place: Place, depth: int, leads: dict[int, Heading]) -> Iterator[Outcome]:
    """A column an arm; a row of limits belongs to the row above it."""
    rows = place.grid.rows
    width = max(map(len, rows))
    last: dict[int, Outcome] = {}
    above = ""  # a row of its own that names what the rows below it are: "Best response, n (%)"
    for i, row in enumerate(rows[depth:], depth):
        if row and row[0].text and not any(c.text for c in row[1:]):
            above = row[0].text
        limits = bool(row and _CI_ROW.match(row[0].text))
        for k in range(1, min(width, len(row))):
            if limits and k in last and (found := interval(row[k].text, always=True)):
                last[k] = replace(last[k], dispersion=found[0])
        if limits:
            continue
        yield from last.values()
        last = {}
        if i not in leads:
            continue
        for k in range(1, len(row)):
            column = [r[k] for r in rows[:depth] if k < len(r)]
            if not row[k].text or any(_NO_ARM.search(c.text) for c in column):
                continue
            words = " ".join(
                [
                    leads[i].cell.text,
                    *(() if _OWN_UNIT.search(leads[i].cell.text) else _UNITS_OF.findall(above)[:1]),
                    *(_HEAD_SIZE.sub("", c.text) for c in column),
                ]
            )
            for o in _cell(place, leads[i], words, row[k], _column_owner(column), (row[0].start, row[-1].end)):
                last[k] = o
    yield from last.values()


def _column_owner(column: Sequence[Cell]) -> Owner:
    """Arm and size that the headings of a column name."""
    size = next((int(m[1]) for c in column if (m := _HEAD_SIZE.search(c.text))), None)
    study = next((r.id for c in column for r in ids.find(c.text)), None)
    for cell in column:
        label = _HEAD_SIZE.sub("", cell.text).strip(" ,;:")
        if not _NO_LABEL.sub("", label).strip(" ,;:()|-"):
            continue
        if label:
            return Owner(label, cell.words, study, size)
    return Owner(None, None, study, size)


def _cell(
    place: Place, heading: Heading, words: str, cell: Cell, owner: Owner, line: tuple[int, int]
) -> Iterator[Outcome]:
    """The outcomes of one cell."""
    endpoint = heading.endpoint
    landmark = moment(words) if endpoint in _SURVIVAL else None
    if endpoint in _TIMES and not (landmark and (_LANDMARK.search(words) or "%" in cell.text)):
        readings = times(cell.text, words, place.grid.footnote)
        statistic = "median"
    else:
        readings = shares(cell.text, words)
        statistic = "km_rate" if endpoint in _SURVIVAL else "rate"
    if _PLAN.search(cell.text) or endpoint in ("MTD", "RP2D"):
        return
    for r in readings:
        kind = "count" if r.unit == "{participants}" else statistic
        yield _outcome(place, heading, words, cell, owner, line, r, kind, landmark is not None)


def _outcome(
    place: Place,
    heading: Heading,
    words: str,
    cell: Cell,
    owner: Owner,
    line: tuple[int, int],
    r: Reading,
    statistic: str,
    at_moment: bool,
) -> Outcome:
    size = r.denominator if r.denominator is not None else owner.size
    study, background = _whose(place.document, owner)
    inferred = ["endpoint"]
    if statistic == "median" and not _MEDIAN.search(f"{words} {place.grid.caption}"):
        inferred.append("statistic")
    if r.unit and r.unit != "%" and statistic == "median" and time_unit(cell.text) is None:
        inferred.append("unit")
    if r.denominator is None and size is not None:
        inferred.append("denominator")
    value_span = cell.span(*r.at)
    at = heading.span
    return Outcome(
        place.document.id,
        heading.endpoint,
        statistic,
        Evidence(place.section, value_span, at, line, place.sha, owner.span),
        f"tables.{statistic}",
        place.text[slice(*at)],
        study=study,
        value=r.value,
        comparator=r.comparator,
        value_status=r.status,
        unit=r.unit,
        numerator=r.numerator,
        denominator=size,
        dispersion=r.dispersion,
        arm=ArmRef(owner.label, "UNKNOWN", owner.size) if owner.label else None,
        time_point=moment(words) if at_moment else None,
        grade=grade(words) if heading.endpoint not in (*_TIMES, "ORR", "CR", "PR", "SD", "PD", "DCR") else None,
        criteria=criteria(words, place.grid.caption),
        assessor=assessor(words),
        background=background,
        inferred=tuple(inferred),
    )


def _whose(document: Document, owner: Owner) -> tuple[str | None, str | None]:
    """The trial that a number belongs to, and why it is background where it is not the document's own result."""
    own = set(document.article.registry_ids) if document.article else set()
    if document.trial:
        own.add(document.id)
    if owner.study and owner.study not in own and (document.kind != "article" or own):
        return owner.study, None if document.kind in ("review", "page") else "citation"
    if document.kind == "review" and owner.study is None:
        called = owner.name or owner.label
        named = called if called and not _GENERIC.match(called) else None
        return named, None if named else "other_study"
    return owner.study, "citation" if owner.cited and owner.study not in own else None
