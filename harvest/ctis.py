"""EU CTIS: clinical trials of the European Union's register, from its public JSON (search and retrieve).

https://euclinicaltrials.eu/ctis-public-api. Traps: `ctStatus` is a number in a search answer and the application's
status as text in a retrieved one, where `ctPublicStatusCode` is what search calls status; dates are 24/06/2026 in one
place and 2026-06-24 in another; phases are codes or labels with double blanks; planned numbers are spread over the
member states; time frames stand inside the endpoints' texts; texts of old records hold HTML entities.
"""

from __future__ import annotations

import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from trialkb.errors import BadInput
from trialkb.records import Document, Intervention, Page, PlannedEndpoint, Section, Trial
from trialkb.text import language

from . import _json
from ._ctgov_json import block, encode, line, mended

URL = "https://euclinicaltrials.eu/ctis-public/view/"
NUMBER = re.compile(r"\d{4}-\d{6}-\d{2}-\d{2}\Z", re.A)
# The register's own states; those that ClinicalTrials.gov has too go by its name, so that one filter finds both.
STATUS = {
    1: "UNDER_EVALUATION", 2: "NOT_YET_RECRUITING", 3: "RECRUITING", 4: "RECRUITING", 5: "ACTIVE_NOT_RECRUITING",
    6: "TEMPORARILY_HALTED", 7: "SUSPENDED", 8: "ENDED", 9: "EXPIRED", 10: "REVOKED", 11: "NOT_AUTHORISED",
    12: "CANCELLED",
}  # fmt: skip
LABELS = {
    1: "Under evaluation", 2: "Authorised, recruitment pending", 3: "Authorised, recruiting", 4: "Ongoing, recruiting",
    5: "Ongoing, recruitment ended", 6: "Temporarily halted", 7: "Suspended", 8: "Ended", 9: "Expired", 10: "Revoked",
    11: "Not authorised", 12: "Cancelled",
}  # fmt: skip
_ONE, _TWO, _THREE, _FOUR = ("PHASE1",), ("PHASE2",), ("PHASE3",), ("PHASE4",)
PHASES = {
    **dict.fromkeys(("1", "2", "3"), _ONE), "4": _TWO, "5": _THREE, "6": _FOUR,
    **dict.fromkeys(("7", "8", "9"), _ONE + _TWO), "10": _TWO + _THREE, "11": _THREE + _FOUR,
}  # fmt: skip
AGES = {"1": "in utero", "2": "0-17 years", "3": "18-64 years", "4": "65 years and over"}
_ROMAN = {"I": "PHASE1", "II": "PHASE2", "III": "PHASE3", "IV": "PHASE4"}
_PERSONAL = re.compile(r"person|contact|firstname|lastname|surname|e?mail|phone|\bfax|investigator", re.I)
Json = Mapping[str, Any]
join = shlex.join  # how the words of a command line become a query


def fetch(query: str, **settings: Any) -> Iterator[Page]:
    """Pages of the trials that answer a query, over the network: see `_ctis_fetch.fetch`."""
    from ._ctis_fetch import fetch as ask

    return ask(query, **settings)


def recognise(head: bytes, name: str) -> str | None:
    """Whether a file's head is the register's JSON."""
    if head.lstrip()[:1] in (b"{", b"[") and b'"ctNumber"' in head and b'"protocolSection"' not in head:
        return "JSON with ctNumber, as EU CTIS sends it"
    return None


def split(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The records of a file one by one."""
    return _json.split(stream, name, key="data")


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The document of a retrieved record, or of one row of a search answer. Raises BadInput.

    >>> [d.trial.status for d in parse(b'{"ctNumber": "2024-510663-34-00", "ctStatus": 4, "ctTitle": "x"}')]
    ['RECRUITING']
    """
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise BadInput(f"{name}: expected JSON of EU CTIS, found what cannot be read ({type(e).__name__})") from None
    records = record.get("data", [record]) if isinstance(record, dict) else record
    if not isinstance(records, list):
        raise BadInput(f"{name}: expected a record of EU CTIS or a list of them")
    for r in records:
        if not isinstance(r, dict) or not NUMBER.match(str(r.get("ctNumber", ""))):
            raise BadInput(f"{name}: expected a record with ctNumber like 2024-510663-34-00, found {str(r)[:60]!r}")
        yield _retrieved(r) if isinstance(r.get("authorizedApplication"), dict) else _listed(r)


def _retrieved(record: Json) -> Document:
    kept = without_people(record)
    raw = encode(kept)
    kept = dict(mended(kept)) if b"\\ud" in raw else kept
    application = kept["authorizedApplication"]
    part = _at(application, "authorizedPartI")
    details = _at(part, "trialDetails")
    names, info = _at(details, "clinicalTrialIdentifiers"), _at(details, "trialInformation")
    states = _list(application, "authorizedPartsII")
    goals = _at(info, "trialObjective")
    title = _text(names.get("publicTitle")) or _text(names.get("fullTitle")) or _text(names.get("shortTitle"))
    trial = Trial(
        str(kept["ctNumber"]),
        status=STATUS.get(_number(kept.get("ctPublicStatusCode")) or 0),
        study_type="INTERVENTIONAL",
        phases=PHASES.get(str(_at(info, "trialCategory").get("trialPhase")), ()),
        enrollment=_planned(part, states),
        enrollment_type="ESTIMATED",
        start_date=iso(kept.get("startDateEU")) or iso(_at(info, "trialDuration").get("estimatedRecruitmentStartDate")),
        completion_date=iso(_at(info, "trialDuration").get("estimatedEndDate")),
        update_date=iso(kept.get("publishDate")),
        sponsor=_sponsor(part),
        conditions=_distinct(
            c.get("medicalCondition") for c in _list(_at(info, "medicalCondition"), "partIMedicalConditions")
        ),
        countries=_distinct(
            [
                *(_at(s, "mscInfo").get("countryName") for s in states),
                *(c.get("name") for c in _list(part, "rowCountriesInfo")),
            ]
        ),
        facilities=_distinct(_site(s) for state in states for s in _list(state, "trialSites")),
        secondary_ids=tuple(_other_ids(application, names)),
        sex=_sex(_at(info, "populationOfTrialSubjects")),
        interventions=tuple(_products(part)),
        endpoints=tuple(_endpoints(_at(info, "endPoint"))),
        extra=_extra(kept, part, info),
    )
    texts = [
        ("title", title),
        ("official_title", _text(names.get("fullTitle"))),
        ("summary", _text(goals.get("mainObjective"))),
        ("description", "\n".join(_distinct(o.get("secondaryObjective") for o in _list(goals, "secondaryObjectives")))),
        ("conditions", "\n".join(map(line, trial.conditions))),
        ("phases", "\n".join(trial.phases)),
        ("interventions", "\n".join(_product_lines(trial))),
        *((f"{r.lower()}_outcomes", _outcomes(trial, r)) for r in ("PRIMARY", "SECONDARY")),
        ("eligibility", _criteria(_at(info, "eligibilityCriteria"))),
    ]
    return _document(trial, raw, title, texts, iso(kept.get("publishDate")))


def _listed(record: Json) -> Document:
    """The document of a row of a search answer: all there is where a record cannot be retrieved."""
    raw = encode(without_people(record))
    record = dict(mended(record)) if b"\\ud" in raw else record
    label = " ".join(str(record.get("trialPhase") or "").split())
    title = _text(record.get("ctTitle"))
    role: Any = "PRIMARY"
    endpoint = _text(record.get("primaryEndPoint")) or _text(record.get("endPoint"))
    trial = Trial(
        str(record["ctNumber"]),
        status=STATUS.get(_number(record.get("ctStatus")) or 0),
        study_type="INTERVENTIONAL",
        phases=phases_of(label),
        enrollment=_number(record.get("totalNumberEnrolled")),
        enrollment_type="ESTIMATED" if record.get("totalNumberEnrolled") else None,
        start_date=iso(record.get("startDateEU")),
        completion_date=iso(record.get("endDate")),
        update_date=iso(record.get("lastUpdated")),
        sponsor=_text(record.get("sponsor")),
        conditions=_distinct([record.get("conditions")]),
        countries=_distinct(c.rpartition(":")[0] for c in _strings(record, "trialCountries")),
        interventions=tuple(Intervention(n) for n in _distinct([record.get("product")])),
        endpoints=(PlannedEndpoint(role, endpoint),) if endpoint else (),
        extra={k: v for k in ("shortTitle", "gender", "ageGroup", "therapeuticAreas") if (v := record.get(k))}
        | {
            "status_label": LABELS.get(_number(record.get("ctStatus")) or 0),
            "phase_label": label or None,
            "row_only": True,
        },
    )
    texts = [
        ("title", title),
        ("conditions", "\n".join(map(line, trial.conditions))),
        ("phases", label),
        ("interventions", "\n".join(line(i.name) for i in trial.interventions)),
        ("primary_outcomes", block(endpoint) if endpoint else None),
    ]
    return _document(trial, raw, title, texts, iso(record.get("lastUpdated")))


def _document(
    trial: Trial, raw: bytes, title: str | None, texts: Iterable[tuple[str, str | None]], date: str | None
) -> Document:
    sections = tuple(Section(n, t, language(t)) for n, t in texts if t and t.strip())
    return Document(
        trial.id, "trial", "ctis", sections, raw, title=title, language=language(title or ""), url=URL + trial.id,
        version_date=date, trial=trial,
    )  # fmt: skip


def iso(value: object) -> str | None:
    """A date of the register as 2026-06-24, whichever of its forms it has; None for anything else.

    >>> iso("24/06/2026"), iso("2025-09-16T03:39:42.5"), iso(""), iso("ES: 24/04/2024")
    ('2026-06-24', '2025-09-16', None, None)
    """
    text = str(value or "").strip()
    if m := re.match(r"(\d\d)/(\d\d)/(\d{4})\Z", text, re.A):
        return f"{m[3]}-{m[2]}-{m[1]}"
    m = re.match(r"\d{4}-\d\d-\d\d(?=T|\Z)", text, re.A)
    return m[0] if m else None


def phases_of(label: str) -> tuple[str, ...]:
    """Phases of a label.

    >>> phases_of("Phase I and Phase II (Integrated)"), phases_of("Therapeutic confirmatory  (Phase III)"), phases_of("")
    (('PHASE1', 'PHASE2'), ('PHASE3',), ())
    """
    return tuple(dict.fromkeys(_ROMAN[r] for r in re.findall(r"Phase\s+(IV|I{1,3})\b", label)))


def without_people(value: Any) -> Any:
    """A record without any field that names, or leads to, a person."""
    if isinstance(value, dict):
        return {k: without_people(v) for k, v in value.items() if not _PERSONAL.search(k)}
    return [without_people(v) for v in value] if isinstance(value, list) else value


def _at(parent: Json, key: str) -> Json:
    value = parent.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInput(f"EU CTIS: {key} should be an object, found {type(value).__name__}")
    return value


def _list(parent: Json, key: str) -> list[Json]:
    value = parent.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise BadInput(f"EU CTIS: {key} should be a list of objects")
    return value


def _strings(parent: Json, key: str) -> list[str]:
    value = parent.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise BadInput(f"EU CTIS: {key} should be a list of texts")
    return value


def _text(value: object) -> str | None:
    return (html.unescape(value).strip() or None) if isinstance(value, str) else None


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _distinct(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for v in values if (t := _text(v))))


def _planned(part: Json, states: list[Json]) -> int | None:
    """Planned participants: those of every member state and of the rest of the world."""
    counts = [_number(s.get("recruitmentSubjectCount")) for s in states] + [_number(part.get("rowSubjectCount"))]
    known = [c for c in counts if c is not None]
    return sum(known) if any(known) else None


def _sponsor(part: Json) -> str | None:
    sponsors = sorted(_list(part, "sponsors"), key=lambda s: not s.get("primary"))
    return next((n for s in sponsors if (n := _text(_at(s, "organisation").get("name")))), None)


def _site(site: Json) -> str | None:
    return _text(_at(_at(site, "organisationAddressInfo"), "organisation").get("name"))


def _other_ids(application: Json, names: Json) -> Iterator[str]:
    others = _at(names, "secondaryIdentifyingNumbers")
    registries = [_at(others, k) for k in others if isinstance(others[k], dict)] + _list(others, "additionalRegistries")
    numbers = [_text(r.get("number")) for r in registries] + [_text(_at(application, "eudraCt").get("eudraCtCode"))]
    yield from dict.fromkeys(n for n in numbers if n)


def _sex(population: Json) -> str | None:
    sexes = [s for s, key in (("FEMALE", "isFemaleSubjects"), ("MALE", "isMaleSubjects")) if population.get(key)]
    return "ALL" if len(sexes) == 2 else sexes[0] if sexes else None


def _products(part: Json) -> Iterator[Intervention]:
    roles = {
        str(p.get("id")): _text(g.get("productRoleName"))
        for g in _list(part, "productRoleGroupInfos")
        for p in _list(g, "products")
    }
    for p in _list(part, "products"):
        substance = _text(p.get("jsonActiveSubstanceNames"))
        name = _text(p.get("productName")) or substance
        if name:
            routes = ", ".join(_strings(p, "routes"))
            about = "; ".join(filter(None, (_text(p.get("pharmaceuticalFormDisplay")), routes)))
            others = (substance,) if substance and substance.lower() != name.lower() else ()
            yield Intervention(name, roles.get(str(p.get("id"))), about or None, others)


def _product_lines(trial: Trial) -> Iterator[str]:
    for i in trial.interventions:
        yield line(f"{i.type}: {i.name}" if i.type else i.name)
        if i.other_names:
            yield "Active substance: " + "; ".join(map(line, i.other_names))
        if i.description:
            yield block(i.description)


def _endpoints(holder: Json) -> Iterator[PlannedEndpoint]:
    roles: Any = (("primaryEndPoints", "PRIMARY"), ("secondaryEndPoints", "SECONDARY"))
    for key, role in roles:
        for e in _list(holder, key):
            if measure := _text(e.get("endPoint")):
                yield PlannedEndpoint(role, measure)


def _outcomes(trial: Trial, role: str) -> str:
    return "\n\n".join(block(e.measure) for e in trial.endpoints if e.role == role)


def _criteria(holder: Json) -> str:
    parts = []
    for key, head in (("principalInclusionCriteria", "Inclusion"), ("principalExclusionCriteria", "Exclusion")):
        items = [(c.get("number"), t) for c in _list(holder, key) if (t := _text(c.get(key)))]
        if items:
            parts.append(f"{head} Criteria:\n" + "\n".join(f"{n}. {block(t)}" for n, t in items))
    return "\n\n".join(parts)


def _extra(record: Json, part: Json, info: Json) -> dict[str, Any]:
    ages = _list(_at(info, "populationOfTrialSubjects"), "ageRanges")
    extra = {
        "status_label": LABELS.get(_number(record.get("ctPublicStatusCode")) or 0),
        "application_status": record.get("ctStatus") if isinstance(record.get("ctStatus"), str) else None,
        "age_groups": [a for r in ages if (a := AGES.get(str(r.get("ageRangeCategoryCode"))))],
        "therapeutic_areas": [t.get("name") for t in _list(part, "therapeuticAreas")],
        "documents": [
            {"title": d.get("title"), "type": d.get("documentTypeLabel"), "uuid": d.get("uuid")}
            for d in _list(record, "documents")
        ],
        "region": {1: "EEA", 2: "non-EEA", 3: "EEA and non-EEA"}.get(_number(record.get("trialRegionCode")) or 0),
    }
    return {k: v for k, v in extra.items() if v}
