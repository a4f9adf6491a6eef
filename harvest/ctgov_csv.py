"""ClinicalTrials.gov CSV and TSV exports: any choice of columns, the layout of today and the one before 2023.

https://clinicaltrials.gov (Download). Columns go by name, never by place. Traps: outcome cells do not say where the
measure ends (`_outcome_items`); texts have Markdown's backslash escapes, as in the API; the old layout does not tell primary
outcomes from others, and gives ages as words; dates may be long (September 20, 2018); there are no criteria and no
arms. The API's record of a study, where held, is the one shown.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Literal

from trialkb import ids
from trialkb.errors import BadInput
from trialkb.records import Document, Intervention, PlannedEndpoint, Section, Trial
from trialkb.text import language, unescape_markdown

from . import _tables
from ._ictrp_values import date as any_date
from ._outcome_items import split as split_item

PRIORITY = 5
Cells = Mapping[str, str]
_ROLES: tuple[tuple[str, Literal["PRIMARY", "SECONDARY", "OTHER"]], ...] = (
    ("primary outcome measures", "PRIMARY"),
    ("secondary outcome measures", "SECONDARY"),
    ("other outcome measures", "OTHER"),
)
_PHASES = {
    "early phase 1": "EARLY_PHASE1", "phase 1": "PHASE1", "phase 2": "PHASE2", "phase 3": "PHASE3", "phase 4": "PHASE4",
    "not applicable": "NA", "early_phase1": "EARLY_PHASE1", "phase1": "PHASE1", "phase2": "PHASE2", "phase3": "PHASE3",
    "phase4": "PHASE4", "na": "NA",
}  # fmt: skip
_STATUS = {"unknown status": "UNKNOWN", "unknown": "UNKNOWN", "no longer available": "NO_LONGER_AVAILABLE"}
_MODEL = {"Single Group Assignment": "SINGLE_GROUP", "Parallel Assignment": "PARALLEL", "Crossover Assignment": "CROSSOVER",
          "Sequential Assignment": "SEQUENTIAL", "Factorial Assignment": "FACTORIAL"}  # fmt: skip
_COMMA_COUNTRIES = re.compile(r"((?:Iran|Korea|Moldova|Macedonia|Congo|Tanzania|Venezuela|Micronesia)[^,]*), [^,]*\Z")
_OLD_AGE = re.compile(r"(?:(\d+ \w+?s?) (?:to (\d+ \w+)|and older))|(?:up to (\d+ \w+))", re.IGNORECASE)
_OTHER_NAMES = {
    "title": "study title", "status": "study status", "url": "study url", "gender": "sex", "funded bys": "funder type",
    "study designs": "study design", "study results": "study results", "study types": "study type", "nct id": "nct number",
}  # fmt: skip


def recognise(head: bytes, name: str) -> str | None:
    """Why a file is an export, or None.

    >>> recognise(b"NCT Number,Study Title\\nNCT00000001,x\\n", "a")
    'a table with the column NCT Number and 1 more of the ClinicalTrials.gov export'
    """
    known = _known(_tables.header(head))
    if "nct number" not in known or len(known) < 2:
        return None
    return f"a table with the column NCT Number and {len(known) - 1} more of the ClinicalTrials.gov export"


COLUMNS = frozenset(
    {"rank", "nct number", "study title", "study url", "acronym", "study status", "brief summary", "study results",
     "conditions", "interventions", "primary outcome measures", "secondary outcome measures", "other outcome measures",
     "outcome measures", "sponsor", "collaborators", "sponsor/collaborators", "sex", "age", "phases", "enrollment",
     "funder type", "study type", "study design", "other ids", "start date", "primary completion date",
     "completion date", "first posted", "results first posted", "last update posted", "locations", "study documents"}
)  # fmt: skip


def _known(header: list[str]) -> set[str]:
    return {_column(c) for c in header} & COLUMNS


def _column(name: str) -> str:
    key = " ".join(name.lower().replace("_", " ").split())
    return _OTHER_NAMES.get(key, key)


def split(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Header and row, as CSV in UTF-8, for each row of an export. Raises BadInput."""
    rows = _tables.rows(stream, name)
    header = next(rows, [])
    if "nct number" not in _known(header):
        raise BadInput(f"{name}: expected a column NCT Number, found {', '.join(header[:6])[:120]}")
    for row in rows:
        yield _csv([header, row])


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """Trials of an export's rows. Raises BadInput where a row has no NCT number.

    >>> [d.title for d in parse(b"NCT Number,Study Title\\nNCT00000001,CAR-T in gastric cancer\\n")]
    ['CAR-T in gastric cancer']
    """
    rows = _tables.rows(io.BytesIO(data), name)
    header = next(rows, [])
    columns = [_column(c) for c in header]
    for row in rows:
        if len(row) != len(header):
            raise BadInput(
                f"{row[0][:40]}: expected {len(header)} cells, found {len(row)}: cut off, or a quote out of place"
            )
        yield document(dict(zip(columns, row, strict=False)), _csv([header, row]))


def document(cells: Cells, raw: bytes) -> Document:
    """The Document of one row, by column name. Raises BadInput."""
    nct = ids.normal(_cell(cells, "nct number") or "") or next(
        (i.id for i in ids.find(cells.get("study url", ""))), None
    )
    if not nct or not nct.startswith("NCT"):
        raise BadInput(f"expected an NCT number, found {(_cell(cells, 'nct number') or 'nothing')[:40]!r}")
    endpoints = tuple(_endpoints(cells))
    sponsors = _list(cells, "sponsor/collaborators")
    trial = Trial(
        nct,
        status=_status(_cell(cells, "study status")),
        study_type=_enum(_cell(cells, "study type")),
        phases=tuple(_PHASES[p.lower()] for p in _list(cells, "phases") if p.lower() in _PHASES),
        **_design(cells),
        **_dates(cells),
        **_ages(_cell(cells, "age")),
        enrollment=int(n) if (n := (_cell(cells, "enrollment") or "").replace(",", "")).isdecimal() else None,
        has_results={"yes": True, "has results": True, "no": False, "no results available": False}.get(
            (_cell(cells, "study results") or "").lower()
        ),
        sponsor=_cell(cells, "sponsor") or next(iter(sponsors), None),
        sponsor_class=_enum(_cell(cells, "funder type")) if "sponsor" in cells else None,
        collaborators=_list(cells, "collaborators") or sponsors[1:],
        conditions=_list(cells, "conditions"),
        countries=tuple(dict.fromkeys(_country(place) for place in _list(cells, "locations"))),
        secondary_ids=_list(cells, "other ids"),
        sex=_enum(_cell(cells, "sex")),
        interventions=tuple(_interventions(cells)),
        endpoints=endpoints,
        extra={
            f"csv.{k}": v for k in ("locations", "study documents", "age", "outcome measures") if (v := _cell(cells, k))
        },
    )
    title = _cell(cells, "study title")
    sections = tuple(Section(n, t, language(t)) for n, t in _sections(cells, trial, title) if t)
    return Document(
        nct, "trial", "ctgov_csv", sections, raw, title=title, language=language(title or "") or "en", trial=trial,
        url=f"https://clinicaltrials.gov/study/{nct}",
    )  # fmt: skip


def _cell(cells: Cells, column: str) -> str | None:
    return unescape_markdown((cells.get(column) or "").strip()) or None


def _list(cells: Cells, column: str) -> tuple[str, ...]:
    return tuple(unescape_markdown(x.strip()) for x in (cells.get(column) or "").split("|") if x.strip())


def _enum(value: str | None) -> str | None:
    """Words of the old layout as the API's own: Not yet recruiting -> NOT_YET_RECRUITING."""
    return re.sub(r"\W+", "_", value.strip().upper()).strip("_") if value else None


def _status(value: str | None) -> str | None:
    return _STATUS.get(value.lower(), _enum(value)) if value else None


def _design(cells: Cells) -> dict[str, Any]:
    parts = dict(p.split(":", 1) for p in _list(cells, "study design") if ":" in p)
    said = {k.strip().lower(): v.strip() for k, v in parts.items() if v.strip()}
    model = said.get("intervention model") or said.get("observational model")
    masking = said.get("masking")
    masked = re.sub(r"\(.*", "", masking).strip() if masking else None
    allocation = _enum(said.get("allocation"))
    return {
        "allocation": "NA" if allocation == "N_A" else allocation,
        "model": _MODEL.get(model, _enum(model)) if model else None,
        "masking": _enum(masked),
        "purpose": _enum(said.get("primary purpose")),
    }


def date(value: str | None) -> str | None:
    """A date as precise as it is given.

    >>> date("2024-05"), date("September 20, 2018"), date("June 2022"), date(None)
    ('2024-05', '2018-09-20', '2022-06', None)
    """
    return value if value and re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", value) else any_date(value)


def _dates(cells: Cells) -> dict[str, Any]:
    return {
        "start_date": date(_cell(cells, "start date")),
        "primary_completion_date": date(_cell(cells, "primary completion date")),
        "completion_date": date(_cell(cells, "completion date")),
        "first_post_date": date(_cell(cells, "first posted")),
        "results_post_date": date(_cell(cells, "results first posted")),
        "update_date": date(_cell(cells, "last update posted")),
    }


def _ages(value: str | None) -> dict[str, Any]:
    """Ages of the old layout (18 Years to 75 Years); today's export has age groups only.

    >>> _ages("18 Years to 75 Years (Adult, Older Adult)"), _ages("ADULT, OLDER_ADULT")
    ({'minimum_age': '18 Years', 'maximum_age': '75 Years'}, {'minimum_age': None, 'maximum_age': None})
    """
    m = _OLD_AGE.match(value or "")
    return {"minimum_age": m[1] if m else None, "maximum_age": (m[2] or m[3]) if m else None}


def _country(place: str) -> str:
    m = _COMMA_COUNTRIES.search(place)
    return place[m.start() :] if m else place.rsplit(", ", 1)[-1]


def _interventions(cells: Cells) -> Iterator[Intervention]:
    for item in _list(cells, "interventions"):
        kind, mark, words = item.partition(": ")
        typed = bool(mark) and kind.upper().replace(" ", "_").replace("/", "_") in TYPES
        yield Intervention(words if typed else item, _enum(kind) if typed else None)


TYPES = frozenset(
    {"BEHAVIORAL", "BIOLOGICAL", "COMBINATION_PRODUCT", "DEVICE", "DIAGNOSTIC_TEST", "DIETARY_SUPPLEMENT", "DRUG",
     "GENETIC", "PROCEDURE", "RADIATION", "OTHER"}
)  # fmt: skip


def _endpoints(cells: Cells) -> Iterator[PlannedEndpoint]:
    for column, role in _ROLES:
        yield from endpoints(cells.get(column) or "", role)
    for measure in _list(cells, "outcome measures"):  # the old layout: measures only, their roles not told
        yield PlannedEndpoint("OTHER", measure, raw=measure)


def endpoints(cell: str, role: Literal["PRIMARY", "SECONDARY", "OTHER"]) -> Iterator[PlannedEndpoint]:
    """The outcomes of a cell, each with the item as printed; its backslash escapes are undone in the parts only."""
    for item in cell.split("|"):
        if item.strip():
            parts = split_item(unescape_markdown(item))
            yield PlannedEndpoint(role, parts.measure, parts.description, parts.time_frame, item)


def outcome_text(endpoint: PlannedEndpoint) -> str:
    """An outcome as a section holds it: measure, description, time frame, each on lines of its own."""
    time = f"Time frame: {endpoint.time_frame}" if endpoint.time_frame else None
    return "\n".join(re.sub(r"\s*\n\s*", "\n", x) for x in (endpoint.measure, endpoint.description, time) if x)


def _sections(cells: Cells, trial: Trial, title: str | None) -> Iterator[tuple[str, str | None]]:
    yield "title", title
    yield "acronym", _cell(cells, "acronym")
    yield "summary", _cell(cells, "brief summary")
    yield "conditions", "\n".join(trial.conditions)
    yield "phases", "\n".join(trial.phases)
    lines = {"type": trial.study_type, "allocation": trial.allocation, "model": trial.model, "masking": trial.masking,
             "purpose": trial.purpose, "enrollment": trial.enrollment}  # fmt: skip
    yield "design", "\n".join(f"{k}: {v}" for k, v in lines.items() if v is not None)
    yield "interventions", "\n".join(f"{i.type}: {i.name}" if i.type else i.name for i in trial.interventions)
    for role in ("primary", "secondary", "other"):
        yield f"{role}_outcomes", "\n\n".join(outcome_text(e) for e in trial.endpoints if e.role == role.upper())
