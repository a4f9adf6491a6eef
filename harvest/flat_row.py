"""Flattened row: the cells of a ClinicalTrials.gov CSV row pasted as text, one cell a line, without their column names.

The line of interventions (TYPE: name|...) tells where one is; the cells around it stand in the export's order: title,
summary, conditions before it, primary outcomes, secondary outcomes and free text after it. Cells that speak for
themselves (NCT number, URL, status, phases) may stand anywhere. A cell that is not there is not made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Literal

from trialkb import ids
from trialkb.errors import BadInput
from trialkb.records import Document, Intervention, PlannedEndpoint, Section, Trial
from trialkb.text import language

from ._tables import decode, head_text
from .ctgov_csv import TYPES, endpoints, outcome_text

PRIORITY = 4
_INTERVENTION = re.compile(rf"(?:{'|'.join(t.replace('_', '[_ ]') for t in sorted(TYPES))}): \S.*\Z")
_TIME = re.compile(
    r"\d+\s*(?:day|week|month|year|hour|cycle)|(?:day|week|month|year|cycle)s?\s*\d|baseline|through", re.I
)
_STATUS = re.compile(
    r"(?:NOT_YET_|ACTIVE_NOT_)?RECRUITING|COMPLETED|TERMINATED|WITHDRAWN|SUSPENDED|UNKNOWN|ENROLLING_BY_INVITATION"
)
_PHASES = re.compile(r"(?:EARLY_PHASE1|PHASE[1-4]|NA)(?:\|PHASE[1-4])*")
_URL = re.compile(r"https?://\S*clinicaltrials\.gov/\S+")
_TITLE = 400  # a title is no longer; a longer first line is a summary


@dataclass(slots=True)
class Cells:
    """The cells told apart; what the row does not have stays None."""

    nct: str | None = None
    status: str | None = None
    phases: tuple[str, ...] = ()
    title: str | None = None
    summary: str | None = None
    conditions: tuple[str, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    endpoints: list[PlannedEndpoint] = field(default_factory=list)
    description: str | None = None


def recognise(head: bytes, name: str) -> str | None:
    """Why a text is a flattened row, or None."""
    text = head_text(head)
    if text is None or text.lstrip()[:1] in ("{", "[", "<"):
        return None
    lines = _lines(text.replace("\r\n", "\n"))
    at = _intervention(lines)
    if at is None or any("\t" in line for line in lines[: at + 1]):
        return None
    if not any(_is_outcomes(line) for line in lines[at + 1 : at + 3]):
        return None
    return f"line {at + 1} is a cell of interventions ({lines[at][:40]}), and a cell of outcomes follows"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _intervention(lines: list[str]) -> int | None:
    """The line whose every item has an intervention's type; among the first 20, and not the first."""
    for n, line in enumerate(lines[:20]):
        if n and all(_INTERVENTION.match(item.strip()) for item in line.split("|")):
            return n
    return None


def _is_outcomes(line: str) -> bool:
    """A cell of outcomes: items that end in a time frame."""
    items = [i for i in line.split("|") if i.strip()]
    ends = sum(bool(", " in i and _TIME.search(i.rsplit(", ", 1)[-1])) for i in items)
    return bool(items) and ends >= max(1, len(items) * 0.6) and not line.endswith(("。", "."))


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The trial of one flattened row. Raises BadInput where no cell of interventions is found."""
    text = decode(data, name).strip()
    lines = _lines(text)
    at = _intervention(lines)
    if at is None:
        raise BadInput(f"{name}: expected a line like 'DRUG: name|BIOLOGICAL: name', found none")
    yield document(_cells(lines, at), text)


def _cells(lines: list[str], at: int) -> Cells:
    cells = Cells()
    before = [line for line in lines[:at] if not _speaks_for_itself(cells, line)]
    cells.interventions = tuple(
        Intervention(name.strip(), kind.strip().upper().replace(" ", "_"))
        for kind, _, name in (item.strip().partition(": ") for item in lines[at].split("|"))
    )
    if before and len(before[0]) <= _TITLE:
        cells.title = before.pop(0)
    if before and _is_conditions(before[-1]):
        cells.conditions = tuple(c.strip() for c in before.pop().split("|") if c.strip())
    cells.summary = "\n".join(before) or None
    after = [line for line in lines[at + 1 :] if not _speaks_for_itself(cells, line)]
    roles: list[Literal["PRIMARY", "SECONDARY", "OTHER"]] = ["PRIMARY", "SECONDARY", "OTHER"]
    while after and roles and _is_outcomes(after[0]):
        cells.endpoints.extend(endpoints(after.pop(0), roles.pop(0)))
    cells.description = "\n\n".join(after) or None
    return cells


def _is_conditions(line: str) -> bool:
    """A cell of conditions: short items without a full stop."""
    return all(len(item) <= 150 and not item.rstrip().endswith((".", "。")) for item in line.split("|"))


def _speaks_for_itself(cells: Cells, line: str) -> bool:
    if nct := ids.normal(line) or (_URL.fullmatch(line) and next((i.id for i in ids.find(line)), None)):
        cells.nct = cells.nct or nct
        return True
    if _STATUS.fullmatch(line):
        cells.status = line
        return True
    if _PHASES.fullmatch(line):
        cells.phases = tuple(line.split("|"))
        return True
    return line in ("YES", "NO", "INTERVENTIONAL", "OBSERVATIONAL")


def document(cells: Cells, text: str) -> Document:
    """The Document of the cells; its id is the registry's where the row has it, else made of the text."""
    id = cells.nct or f"text:{sha1(text.encode()).hexdigest()[:12]}"
    trial = Trial(
        id,
        status=cells.status,
        phases=cells.phases,
        conditions=cells.conditions,
        interventions=cells.interventions,
        endpoints=tuple(cells.endpoints),
    )
    outcomes = {r: "\n\n".join(outcome_text(e) for e in cells.endpoints if e.role == r.upper()) for r in
                ("primary", "secondary", "other")}  # fmt: skip
    texts = {
        "title": cells.title,
        "summary": cells.summary,
        "conditions": "\n".join(cells.conditions),
        "phases": "\n".join(cells.phases),
        "interventions": "\n".join(f"{i.type}: {i.name}" for i in cells.interventions),
        **{f"{role}_outcomes": said for role, said in outcomes.items()},
        "description": cells.description,
    }
    sections = tuple(Section(n, t, language(t)) for n, t in texts.items() if t)
    tongue = language(cells.title or cells.summary or "")
    return Document(id, "trial", "flat_row", sections, text.encode(), title=cells.title, language=tongue, trial=trial)
