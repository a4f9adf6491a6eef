"""ClinicalTrials.gov: studies of API v2 as JSON (a page, a bare list, a single study, JSON lines).

https://clinicaltrials.gov/data-api/api. Traps: texts are CommonMark with backslash escapes (undone in sections and
records, kept in `raw`); all numbers of posted results are strings; group ids are per module; enrolment 99999999 means
"not known"; stubs lack derivedSection; contacts hold names, phones and e-mails, which are dropped before storing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Literal

from trialkb.errors import BadInput
from trialkb.records import Arm, Document, Intervention, Page, PlannedEndpoint, Section, Trial
from trialkb.text import language

from . import _json
from ._ctgov_adverse import adverse_events
from ._ctgov_json import block, encode, items, line, mended, number, obj, records, string, truth, without_people, words
from ._ctgov_results import baseline, measures, participant_flow

_ID = re.compile(r"NCT\d{8}\Z")
_NOT_KNOWN = 99999999
_PHASES = {"NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4"}
_OUTCOMES: tuple[tuple[str, Literal["PRIMARY", "SECONDARY", "OTHER"]], ...] = (
    ("primaryOutcomes", "PRIMARY"),
    ("secondaryOutcomes", "SECONDARY"),
    ("otherOutcomes", "OTHER"),
)
# What Trial holds in fields of its own: module -> the fields of it that are whole in there.
_HELD = {
    "identificationModule": {"nctId", "nctIdAliases", "briefTitle", "officialTitle", "acronym"},
    "statusModule": {
        "overallStatus", "whyStopped", "startDateStruct", "primaryCompletionDateStruct", "completionDateStruct",
        "studyFirstPostDateStruct", "resultsFirstPostDateStruct", "lastUpdatePostDateStruct",
    },
    "sponsorCollaboratorsModule": {"leadSponsor"},
    "descriptionModule": {"briefSummary", "detailedDescription"},
    "conditionsModule": {"conditions", "keywords"},
    "designModule": {"studyType", "enrollmentInfo", "phases"},
    "armsInterventionsModule": {"armGroups"},
    "outcomesModule": {"primaryOutcomes", "secondaryOutcomes", "otherOutcomes"},
    "eligibilityModule": {"eligibilityCriteria", "sex", "minimumAge", "maximumAge", "healthyVolunteers"},
    "referencesModule": {"references"},
    "outcomeMeasuresModule": {"outcomeMeasures"},
    "adverseEventsModule": {"seriousEvents", "otherEvents"},
}  # fmt: skip


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """Documents of the studies in an API v2 answer, a site download or JSON lines. Raises BadInput.

    >>> [d.id for d in parse(b'[{"protocolSection":{"identificationModule":{"nctId":"NCT00000001"}}}]')]
    ['NCT00000001']
    """
    for record in records(data, name):
        yield study(record)


def study(record: Mapping[str, Any]) -> Document:
    """The Document of one study object. Raises BadInput where it is none."""
    if not isinstance(record, Mapping):
        raise BadInput(f"expected a study object with protocolSection, found {type(record).__name__}")
    kept = without_people(record)
    raw = encode(kept)
    if b"\\ud" in raw:
        kept = dict(mended(kept))
    protocol = obj(kept, "protocolSection")
    identity = obj(protocol, "identificationModule")
    nct = (string(identity, "nctId") or "").strip().upper()
    if not _ID.match(nct):
        found = f"nctId {nct!r}" if nct else "keys " + (", ".join(map(str, list(record)[:5])) or "none")
        want = "a study with protocolSection.identificationModule.nctId (NCT and 8 digits)"
        raise BadInput(f"expected {want}, found {found}")
    trial, posted = _trial(nct, kept, protocol)
    title = string(identity, "briefTitle") or string(identity, "officialTitle")
    sections = tuple(Section(n, t, language(t)) for n, t in [*_sections(protocol, trial), *posted] if t and t.strip())
    misc = obj(obj(kept, "derivedSection"), "miscInfoModule")
    return Document(
        nct, "trial", "ctgov", sections, raw, title=title, language=language(title or ""), trial=trial,
        url=f"https://clinicaltrials.gov/study/{nct}", version_date=string(misc, "versionHolder"),
    )  # fmt: skip


def _trial(nct: str, record: Mapping[str, Any], protocol: Mapping[str, Any]) -> tuple[Trial, list[tuple[str, str]]]:
    """The Trial, and the sections its posted results were rendered into."""
    results = obj(record, "resultsSection")
    posted, texts = measures(obj(results, "outcomeMeasuresModule"))
    events, event_groups, event_text = adverse_events(obj(results, "adverseEventsModule"))
    flow_groups, flow_text = participant_flow(obj(results, "participantFlowModule"))
    base_groups, base_text = baseline(obj(results, "baselineCharacteristicsModule"))
    texts += [("adverse_events", event_text), ("participant_flow", flow_text), ("baseline", base_text)]
    trial = Trial(
        nct,
        **_status(obj(protocol, "statusModule")),
        **_design(obj(protocol, "designModule")),
        **_who(protocol),
        has_results=truth(record, "hasResults"),
        interventions=tuple(_interventions(obj(protocol, "armsInterventionsModule"))),
        arms=tuple(_arms(obj(protocol, "armsInterventionsModule"))),
        endpoints=tuple(_endpoints(obj(protocol, "outcomesModule"))),
        references=tuple(items(obj(protocol, "referencesModule"), "references")),
        result_groups=(*flow_groups, *base_groups, *event_groups),
        results=posted,
        adverse_events=events,
        extra=_extra(record),
    )
    return trial, texts


def _status(module: Mapping[str, Any]) -> dict[str, Any]:
    def date(key: str) -> str | None:
        return string(obj(module, key), "date")

    return {
        "status": string(module, "overallStatus"),
        "why_stopped": string(module, "whyStopped"),
        "start_date": date("startDateStruct"),
        "primary_completion_date": date("primaryCompletionDateStruct"),
        "completion_date": date("completionDateStruct"),
        "first_post_date": date("studyFirstPostDateStruct"),
        "results_post_date": date("resultsFirstPostDateStruct"),
        "update_date": date("lastUpdatePostDateStruct"),
    }


def _design(module: Mapping[str, Any]) -> dict[str, Any]:
    info = obj(module, "designInfo")
    enrollment = obj(module, "enrollmentInfo")
    count = number(enrollment, "count")
    return {
        "study_type": string(module, "studyType"),
        "phases": tuple(p for p in words(module, "phases") if p in _PHASES),
        "allocation": string(info, "allocation"),
        "model": string(info, "interventionModel") or string(info, "observationalModel"),
        "masking": string(obj(info, "maskingInfo"), "masking"),
        "purpose": string(info, "primaryPurpose"),
        "enrollment": None if count == _NOT_KNOWN else count,
        "enrollment_type": string(enrollment, "type"),
    }


def _who(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Sponsor, people, places and names."""
    identity = obj(protocol, "identificationModule")
    sponsor = obj(protocol, "sponsorCollaboratorsModule")
    eligibility = obj(protocol, "eligibilityModule")
    sites = items(obj(protocol, "contactsLocationsModule"), "locations")
    ids = [obj(identity, "orgStudyIdInfo"), *items(identity, "secondaryIdInfos")]
    return {
        "sponsor": string(obj(sponsor, "leadSponsor"), "name"),
        "sponsor_class": string(obj(sponsor, "leadSponsor"), "class"),
        "collaborators": _distinct(string(c, "name") for c in items(sponsor, "collaborators")),
        "conditions": words(obj(protocol, "conditionsModule"), "conditions"),
        "keywords": words(obj(protocol, "conditionsModule"), "keywords"),
        "countries": _distinct(string(s, "country") for s in sites),
        "facilities": _distinct(string(s, "facility") for s in sites),
        "secondary_ids": _distinct(string(i, "id") for i in ids),
        "aliases": words(identity, "nctIdAliases"),
        "sex": string(eligibility, "sex"),
        "minimum_age": string(eligibility, "minimumAge"),
        "maximum_age": string(eligibility, "maximumAge"),
        "healthy_volunteers": truth(eligibility, "healthyVolunteers"),
    }


def _distinct(values: Iterator[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v for v in values if v))


def _interventions(module: Mapping[str, Any]) -> Iterator[Intervention]:
    """Interventions; one without a name (seen once in 3,969) goes by its type."""
    for i in items(module, "interventions"):
        kind = string(i, "type")
        name = string(i, "name") or kind
        if name:
            yield Intervention(name, kind, string(i, "description"), words(i, "otherNames"), words(i, "armGroupLabels"))


def _arms(module: Mapping[str, Any]) -> Iterator[Arm]:
    for a in items(module, "armGroups"):
        yield Arm(string(a, "label"), string(a, "type"), string(a, "description"), words(a, "interventionNames"))


def _endpoints(module: Mapping[str, Any]) -> Iterator[PlannedEndpoint]:
    for key, role in _OUTCOMES:
        for o in items(module, key):
            measure, description = string(o, "measure"), string(o, "description")
            if text := measure or description:
                yield PlannedEndpoint(role, text, description, string(o, "timeFrame"))


def _extra(record: Mapping[str, Any]) -> dict[str, Any]:
    """Every field that Trial does not hold whole, by its path of three steps; site lists and meshes too."""
    extra: dict[str, Any] = {}
    for section in ("protocolSection", "resultsSection", "derivedSection", "documentSection", "annotationSection"):
        for module, fields in obj(record, section).items():
            if not isinstance(fields, Mapping):
                extra[f"{section}.{module}"] = fields
                continue
            held = _HELD.get(module, set())
            extra.update({f"{section}.{module}.{k}": v for k, v in fields.items() if k not in held})
    design = obj(obj(record, "protocolSection"), "designModule")
    if any(p not in _PHASES for p in words(design, "phases")):
        extra["protocolSection.designModule.phases"] = design["phases"]
    dates = obj(obj(record, "protocolSection"), "statusModule")
    extra.update({f"protocolSection.statusModule.{k}.type": v["type"] for k, v in dates.items() if _typed(v)})
    return extra


def _typed(value: object) -> bool:
    return isinstance(value, Mapping) and "type" in value


def _sections(protocol: Mapping[str, Any], trial: Trial) -> Iterator[tuple[str, str]]:
    """Names and texts of the sections of the protocol."""
    identity = obj(protocol, "identificationModule")
    texts = obj(protocol, "descriptionModule")
    yield "title", string(identity, "briefTitle") or ""
    yield "official_title", string(identity, "officialTitle") or ""
    yield "acronym", string(identity, "acronym") or ""
    yield "summary", string(texts, "briefSummary") or ""
    yield "description", string(texts, "detailedDescription") or ""
    yield "secondary_ids", "\n".join(map(line, (*trial.secondary_ids, *trial.aliases)))
    yield "conditions", "\n".join(map(line, trial.conditions))
    yield "keywords", "\n".join(map(line, trial.keywords))
    yield "phases", "\n".join(trial.phases)
    yield "design", "\n".join(_design_lines(protocol, trial))
    yield "interventions", "\n".join(_intervention_lines(trial))
    yield "arms", "\n\n".join(_arm_text(a) for a in trial.arms)
    for role in ("primary", "secondary", "other"):
        yield f"{role}_outcomes", "\n\n".join(_outcome_text(e) for e in trial.endpoints if e.role == role.upper())
    yield "eligibility", string(obj(protocol, "eligibilityModule"), "eligibilityCriteria") or ""


def _design_lines(protocol: Mapping[str, Any], trial: Trial) -> Iterator[str]:
    info = obj(obj(protocol, "designModule"), "designInfo")
    if trial.study_type:
        yield f"type: {trial.study_type}"
    for name in ("allocation", "model", "masking", "purpose"):
        if value := getattr(trial, name):
            yield f"{name}: {value}"
    if time := string(info, "timePerspective"):
        yield f"time: {time}"
    if trial.enrollment is not None:
        yield " ".join(filter(None, (f"enrollment: {trial.enrollment}", trial.enrollment_type)))
    for key, holder in (("interventionModelDescription", info), ("maskingDescription", obj(info, "maskingInfo"))):
        if words_ := string(holder, key):
            yield block(words_)


def _intervention_lines(trial: Trial) -> Iterator[str]:
    for i in trial.interventions:
        yield line(f"{i.type}: {i.name}" if i.type else i.name)
        if i.other_names:
            yield "Other names: " + "; ".join(map(line, i.other_names))
        if i.description:
            yield block(i.description)


def _arm_text(arm: Arm) -> str:
    head = [line(arm.label)] if arm.label else []
    tail = ["Interventions: " + "; ".join(map(line, arm.interventions))] if arm.interventions else []
    about = [arm.type or "", block(arm.description or "")]
    return "\n".join(filter(None, [*head, *about, *tail]))


def _outcome_text(endpoint: PlannedEndpoint) -> str:
    """The item as it is stored: measure, description, time frame, each on lines of its own."""
    parts = [line(endpoint.measure)]
    if endpoint.description and endpoint.description != endpoint.measure:
        parts.append(block(endpoint.description))
    if endpoint.time_frame:
        parts.append(f"Time frame: {line(endpoint.time_frame)}")
    return "\n".join(parts)


join = shlex.join  # how the words of a command line become a query


def fetch(query: str, **settings: Any) -> Iterator[Page]:
    """Pages of the studies that answer a query, over the network: see `_ctgov_fetch.fetch`."""
    from ._ctgov_fetch import fetch as ask

    return ask(query, **settings)


def recognise(head: bytes, name: str) -> str | None:
    """Whether a file's head is API v2 JSON."""
    if head.lstrip()[:1] in (b"{", b"[") and (b'"protocolSection"' in head or b'"studies"' in head[:2000]):
        return "JSON with protocolSection, as ClinicalTrials.gov API v2 sends it"
    return None


def split(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The studies of a file one by one."""
    return _json.split(stream, name)
