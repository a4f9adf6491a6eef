"""WHO ICTRP: trials of thirty registries (ChiCTR, jRCT, CTRI, ANZCTR, DRKS ...) from exported files, XML or CSV.

Exported by a person at https://trialsearch.who.int/; there is no client. The source to name is WHO ICTRP, with its
export date. Traps: a large XML export lacks the root's end tag; values hold doubly escaped mark-up; the export date
is month first; ChiCTR packs arms and outcomes into one value; a column may be missing or new (it is named in the
log); the field names are misspelt (Date_enrollement). A registry's own record, where held, is the one shown.
"""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast
from xml.etree.ElementTree import Element

from trialkb import ids
from trialkb.errors import BadInput
from trialkb.records import Arm, Document, Intervention, PlannedEndpoint, Section, Trial
from trialkb.text import language

from . import _xml
from ._ictrp_values import arms, clean, date, identity, known, packed, phases, sizes, status

ROOT = "Trials_downloaded_from_ICTRP"
KNOWN = frozenset(
    re.findall(
        r"\w+",
        """trialid last_refreshed_on public_title scientific_title acronym primary_sponsor date_registration
    date_registration3 export_date source_register web_address recruitment_status other_records inclusion_agemin
    inclusion_agemax inclusion_gender date_enrollement target_size study_type study_design phase countries
    contact_firstname contact_lastname contact_address contact_email contact_tel contact_affiliation inclusion_criteria
    exclusion_criteria condition intervention primary_outcome secondary_outcome secondary_id source_support
    secondary_sponsor ethics_review_status ethics_review_approval_date ethics_review_contact_name
    ethics_review_contact_address ethics_review_contact_phone ethics_review_contact_email results_yes_no
    results_date_posted results_url_link results_url_protocol results_date_completed results_date_first_publication
    results_summary results_baseline_char results_adverse_events results_outcome_measures results_ipd_plan
    results_ipd_description prospective_registration bridging_flag_truefalse bridged_type internal_number
    retrospective_flag""",
    )
)
NEEDED = ("trialid", "public_title", "source_register")
OWN = {"ClinicalTrials.gov", "ISRCTN", "EU CT", "ChiCTR"}  # registries whose own records are harvested, and are fuller
_PERSON = re.compile(r"contact_|ethics_review_contact")
_COLUMNS = 500
_CELL = 16 << 20
log = logging.getLogger(__name__)


def recognise(head: bytes, name: str) -> str | None:
    """Why a file is an ICTRP export, or None."""
    if re.search(rb"<%s[\s>]" % ROOT.encode(), head):
        return f"its root is {ROOT}"
    line = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")[0].decode("utf-8", "replace")
    columns = {_key(c) for c in next(csv.reader(line.splitlines()[:1]), [])}
    return "its columns are those of an ICTRP export" if columns >= {"trialid", "source_register"} else None


def split(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The records of an export one by one: `<Trial>` elements, or header and row of the CSV; contacts left out."""
    buffered = (
        stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, stream), 1 << 16)
    )
    head = buffered.peek(512)[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<") or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield from map(_without_people, _xml.cut(cast(BinaryIO, buffered), ("Trial",), name, ROOT, open_end=True))
    else:
        yield from _rows(cast(BinaryIO, buffered), name)


def _rows(stream: BinaryIO, name: str) -> Iterator[bytes]:
    csv.field_size_limit(_CELL)
    lines = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    reader = csv.reader(lines)
    try:
        header = next(reader, [])
        keys = [_key(c) for c in header[: _COLUMNS + 1]]
        _check(keys, name)
        kept = [n for n, k in enumerate(keys) if not _PERSON.match(k)]
        for number, row in enumerate(reader, 2):
            if len(row) not in (0, len(keys)):
                raise BadInput(f"{name}: row {number} has {len(row)} cells where {len(keys)} are due; it was cut off")
            if row:
                out = io.StringIO()
                csv.writer(out).writerows([[header[n] for n in kept], [row[n] for n in kept]])
                yield out.getvalue().encode("utf-8", "surrogatepass")
    except csv.Error as e:
        raise BadInput(f"{name}: CSV that cannot be read ({e})") from e
    except UnicodeDecodeError as e:
        raise BadInput(f"{name}: expected UTF-8, found other bytes ({e.reason} at {e.start})") from e
    finally:
        lines.detach()  # the stream is the caller's to close


def _check(keys: list[str], name: str) -> None:
    missing = [k for k in NEEDED if k not in keys]
    if missing or len(keys) > _COLUMNS:
        found = f"{len(keys)} columns without {', '.join(missing)}" if missing else f"more than {_COLUMNS} columns"
        raise BadInput(f"{name}: expected the columns of an ICTRP export, found {found}")
    drift = sorted(set(keys) - KNOWN)
    if drift:
        log.warning("%s: columns that are not known yet, kept in the raw record only: %s", name, ", ".join(drift[:20]))


def _key(column: str) -> str:
    """A CSV column's name as the XML has it, in lower case.

    >>> _key("Date enrollement"), _key("Source Name"), _key("Ethics Approval Date")
    ('date_enrollement', 'source_support', 'ethics_review_approval_date')
    """
    key = re.sub(r"\W+", "_", column.strip().lower()).strip("_")
    key = {"source_name": "source_support", "source": "source_support"}.get(key, key)
    return re.sub(r"\Aethics_(?!review)", "ethics_review_", key)


_PEOPLE = re.compile(
    rb"\s*<((?:Contact_|Ethics_review_contact)\w*)>[^<]*</\1\s*>|\s*<(?:Contact_|Ethics_review_contact)\w*\s*/>",
    re.IGNORECASE,
)


def _without_people(record: bytes) -> bytes:
    return _PEOPLE.sub(b"", record)


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """Trials of an export, or of one record as `split` gives it. Raises BadInput; one bad record among others is logged."""
    first: BadInput | None = None
    count = 0
    for record in split(io.BytesIO(data), name):
        count += 1
        try:
            yield _document(record, name)
        except BadInput as e:
            first = first or e
            log.warning("%s: record %d skipped: %s", name, count, e)
    if first and count == 1:
        raise first
    if not count and not recognise(data[:65536], name):
        raise BadInput(f"{name}: expected an export of WHO ICTRP, found something else")


def _document(record: bytes, name: str) -> Document:
    fields = _fields(_xml.tree(record, name)) if record.lstrip().startswith(b"<") else _cells(record)
    id = identity(fields.get("trialid"))
    if not id:
        raise BadInput(f"{name}: a record without a TrialID; it was cut off or is of another kind")
    trial = _trial(id, fields)
    title = _flat(fields.get("public_title")) or _flat(fields.get("scientific_title"))
    own = ids.registry(id) in OWN
    return Document(
        id=id,
        kind="trial",
        source="ictrp",
        sections=tuple(Section(n, t, language(t)) for n, t in _sections(fields, trial, title) if t),
        raw=record,
        title=title,
        language=language(title or ""),
        url=known(fields.get("web_address")),
        version_date=None if own else date(fields.get("last_refreshed_on")),
        trial=trial,
    )


def _fields(trial: Element) -> dict[str, str]:
    return {e.tag.lower(): "".join(e.itertext()) for e in trial}


def _cells(record: bytes) -> dict[str, str]:
    header, row = csv.reader(io.StringIO(record.decode("utf-8", "surrogatepass"), newline=""))
    return dict(zip(map(_key, header), row, strict=True))


def _trial(id: str, fields: dict[str, str]) -> Trial:
    groups = sizes(fields.get("target_size"))
    registered = date(fields.get("date_registration3")) or date(fields.get("date_registration"))
    return Trial(
        id=id,
        status=status(fields.get("recruitment_status")),
        study_type=status(fields.get("study_type")),
        phases=phases(fields.get("phase")),
        enrollment=sum(n for _, n in groups) if groups else None,
        start_date=date(fields.get("date_enrollement")),
        first_post_date=registered,
        completion_date=date(fields.get("results_date_completed")),
        results_post_date=date(fields.get("results_date_posted")),
        has_results=_yes(fields.get("results_yes_no")),
        sponsor=known(fields.get("primary_sponsor")),
        collaborators=_listed(fields.get("secondary_sponsor")),
        conditions=packed(fields.get("condition")),
        countries=_listed(fields.get("countries")),
        secondary_ids=_listed(fields.get("secondary_id")),
        sex=known(fields.get("inclusion_gender")),
        minimum_age=known(fields.get("inclusion_agemin")),
        maximum_age=known(fields.get("inclusion_agemax")),
        interventions=tuple(_interventions(fields.get("intervention"))),
        arms=tuple(_arms(fields.get("intervention"), groups)),
        endpoints=tuple(_endpoints(fields)),
        extra=_extra(fields),
    )


def _flat(value: str | None) -> str | None:
    return " ".join((known(value) or "").split()) or None


def _yes(value: str | None) -> bool | None:
    words = (known(value) or "").lower()
    return True if words in ("yes", "y", "1", "true") else False if words in ("no", "n", "0", "false") else None


def _listed(value: str | None) -> tuple[str, ...]:
    """Items on lines or between semicolons."""
    words = known(value)
    return tuple(dict.fromkeys(p.strip() for p in re.split(r"[;\n]", words) if p.strip())) if words else ()


def _interventions(value: str | None) -> Iterator[Intervention]:
    groups = arms(value)
    for what in dict.fromkeys(words for _, words in groups):
        yield Intervention(what, arm_labels=tuple(label for label, words in groups if words == what))
    if not groups:
        yield from (Intervention(item) for item in packed(value))


def _arms(value: str | None, groups: tuple[tuple[str | None, int], ...]) -> Iterator[Arm]:
    """Arms of packed interventions; a size is given to the arm that bears the very same name."""
    named = {label: n for label, n in groups if label}
    for label, words in arms(value):
        yield Arm(label, interventions=(words,), size=named.get(label))


def _endpoints(fields: dict[str, str]) -> Iterator[PlannedEndpoint]:
    for item in packed(fields.get("primary_outcome")):
        yield PlannedEndpoint("PRIMARY", item, raw=item)
    for item in packed(fields.get("secondary_outcome")):
        yield PlannedEndpoint("SECONDARY", item, raw=item)


def _sections(fields: dict[str, str], trial: Trial, title: str | None) -> Iterator[tuple[str, str | None]]:
    yield "title", title
    scientific = _flat(fields.get("scientific_title"))
    yield "official_title", scientific if scientific != title else None
    yield "acronym", known(fields.get("acronym"))
    yield "summary", known(fields.get("results_summary"))
    yield "conditions", "\n".join(trial.conditions)
    yield "phases", "\n".join(trial.phases)
    yield "design", "\n".join(_design(fields, trial))
    yield "interventions", "\n".join(i.name for i in trial.interventions)
    yield "arms", "\n\n".join("\n".join(filter(None, (a.label, *a.interventions))) for a in trial.arms)
    for role in ("primary", "secondary"):
        yield f"{role}_outcomes", "\n\n".join(e.measure for e in trial.endpoints if e.role == role.upper())
    yield "eligibility", _eligibility(fields)
    yield "secondary_ids", "\n".join(trial.secondary_ids)


def _design(fields: dict[str, str], trial: Trial) -> Iterator[str]:
    if trial.study_type:
        yield f"type: {trial.study_type}"
    if words := known(fields.get("study_design")):
        yield words
    if trial.enrollment is not None:
        yield f"enrollment: {trial.enrollment}"


def _eligibility(fields: dict[str, str]) -> str | None:
    """Both lists under the headings that the criteria's reader knows."""
    said = {"Inclusion": known(fields.get("inclusion_criteria")), "Exclusion": known(fields.get("exclusion_criteria"))}
    parts = []
    for which, words in said.items():
        if words:
            begins = re.match(rf"{which}\s+criteria", words, re.IGNORECASE)
            parts.append(words if begins else f"{which} Criteria:\n{words}")
    return "\n\n".join(parts) or None


def _extra(fields: dict[str, str]) -> dict[str, Any]:
    """Further fields as they stand, and the day WHO processed the data, which its terms want shown."""
    kept = (
        "source_register", "phase", "target_size", "study_design", "date_registration", "date_enrollement", "source_support",
        "prospective_registration", "other_records", "internal_number", "results_url_link", "results_url_protocol",
        "results_ipd_plan", "results_ipd_description", "bridging_flag_truefalse", "bridged_type",
    )  # fmt: skip
    extra: dict[str, Any] = {k: words for k in kept if (words := clean(fields.get(k)))}
    dates = {
        "export_date": date(fields.get("export_date"), month_first=True),
        "last_refreshed": date(fields.get("last_refreshed_on")),
    }
    return {"trial_id": clean(fields.get("trialid")), **extra, **{k: v for k, v in dates.items() if v}}
