"""ClinicalTrials.gov JSON to records: invented records for the traps, and all real studies field by field."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkb.errors import BadInput
from trialkb.harvest.ctgov import parse, study
from trialkb.records import Document, Trial
from trialkb.text import unescape_markdown

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared")) / "data"
real = [pytest.mark.real, pytest.mark.skipif(not SHARED.exists(), reason="no real records (TRIALKB_SHARED)")]


def record(nct: str = "NCT00000001", **modules: Any) -> dict[str, Any]:
    return {"protocolSection": {"identificationModule": {"nctId": nct, "briefTitle": "A trial"}, **modules}}


FULL = record(
    descriptionModule={"briefSummary": r"Age \>= 18 and 1\*10\^9/L"},
    designModule={"phases": ["PHASE1", "Unknown"], "enrollmentInfo": {"count": 99999999, "type": "ESTIMATED"}},
    conditionsModule={"conditions": ["Gastric Cancer", "胃癌"]},
    contactsLocationsModule={
        "centralContacts": [{"name": "A Person", "phone": "1", "email": "a@b.example"}],
        "overallOfficials": [{"name": "B Person"}],
        "locations": [{"facility": "Hospital", "country": "China", "contacts": [{"name": "C Person"}]}],
        "locations_nested": [{"contacts": [{"name": "D Person"}]}],
    },
    sponsorCollaboratorsModule={
        "leadSponsor": {"name": "Some University", "class": "OTHER"},
        "responsibleParty": {"type": "PRINCIPAL_INVESTIGATOR", "investigatorFullName": "E Person"},
    },
    outcomesModule={"primaryOutcomes": [{"measure": "ORR", "description": "a\n\nb", "timeFrame": "1 year"}]},
)
FULL["resultsSection"] = {
    "moreInfoModule": {"pointOfContact": {"title": "F Person", "organization": "Org", "email": "x@y.example"}},
    "outcomeMeasuresModule": {
        "outcomeMeasures": [
            {
                "type": "PRIMARY",
                "title": "Overall Survival",
                "paramType": "MEDIAN",
                "dispersionType": "95% Confidence Interval",
                "unitOfMeasure": "months",
                "groups": [{"id": "OG000", "title": "Arm A"}, {"id": "OG001", "title": "Arm B"}],
                "denoms": [{"units": "Participants", "counts": [{"groupId": "OG000", "value": "12"}]}],
                "classes": [
                    {
                        "categories": [
                            {
                                "measurements": [
                                    {"groupId": "OG000", "value": "8.8", "lowerLimit": "7.1", "upperLimit": "NA"},
                                    {"groupId": "OG001", "value": "NA", "comment": "Not reached"},
                                ]
                            }
                        ]
                    }
                ],
                "analyses": [{"groupIds": ["OG000", "OG001"], "paramType": "Hazard Ratio (HR)", "paramValue": "0.64"}],
            }
        ]
    },
    "adverseEventsModule": {
        "eventGroups": [{"id": "EG000", "title": "Arm A", "deathsNumAffected": 2, "deathsNumAtRisk": 12}],
        "seriousEvents": [
            {"term": "CRS", "stats": [{"groupId": "EG000", "numAffected": 3, "numAtRisk": 12, "numEvents": 4}]}
        ],
        "otherEvents": [{"term": "Nausea", "stats": [{"groupId": "EG000", "numAtRisk": 12}]}],
    },
}


def text_of(document: Document, name: str) -> str:
    section = document.section(name)
    assert section is not None
    return section.text


def trial_of(document: Document) -> Trial:
    assert document.trial is not None
    return document.trial


def test_people_are_left_out_and_organisations_kept() -> None:
    document = study(FULL)
    everything = document.raw.decode() + repr(document)
    assert "Person" not in everything
    assert "@" not in everything
    assert json.loads(document.raw)["resultsSection"]["moreInfoModule"]["pointOfContact"] == {"organization": "Org"}
    assert trial_of(document).facilities == ("Hospital",)
    assert "E Person" in json.dumps(FULL)  # the caller's record is not touched


def test_escapes_are_undone_in_sections_and_kept_in_raw() -> None:
    document = study(FULL)
    assert text_of(document, "summary") == "Age >= 18 and 1*10^9/L"
    assert rb"1\\*10\\^9/L" in document.raw


def test_unknowns_are_none() -> None:
    trial = trial_of(study(FULL))
    assert trial.enrollment is None
    assert trial.phases == ("PHASE1",)
    assert trial.extra["protocolSection.designModule.phases"] == ["PHASE1", "Unknown"]
    bare = trial_of(study(record()))
    assert (bare.status, bare.enrollment, bare.has_results, bare.phases, bare.sex) == (None, None, None, (), None)


def test_posted_results_have_spans_in_their_section() -> None:
    document = study(FULL)
    (measure,) = trial_of(document).results
    text = text_of(document, measure.section)
    assert [text[m.start : m.end] for m in measure.measurements] == ["8.8", "NA"]
    assert "Arm A: 8.8 (7.1 to NA) months, N=12\n" in text
    assert "Arm B: NA months [Not reached]\n" in text
    start, end = measure.analyses[0]["span"]
    assert text[start:end] == "0.64"
    assert text.startswith("Overall Survival\n")


def test_adverse_events_have_spans_and_totals() -> None:
    document = study(FULL)
    text = text_of(document, "adverse_events")
    events = trial_of(document).adverse_events
    assert [(e.term, e.affected, e.at_risk, e.events, e.serious, e.total) for e in events] == [
        ("All-cause mortality", 2, 12, None, True, "deaths"),
        ("CRS", 3, 12, 4, True, None),
        ("Nausea", None, 12, None, False, None),
    ]
    assert [text[e.start : e.end] for e in events[:2]] == ["2", "3"]
    assert events[2].start is None


ONE = record()
TWO = record("NCT00000002")
FORMS = {
    "page": (json.dumps({"totalCount": 2, "studies": [ONE, TWO], "nextPageToken": "x"}), 2),
    "empty page": ('{"studies": []}', 0),
    "bare list": (json.dumps([ONE, TWO], indent=2), 2),
    "single": (json.dumps(ONE, indent=1), 1),
    "lines": (json.dumps(ONE) + "\n\n" + json.dumps(TWO) + "\r\n", 2),
    "one line": (json.dumps(ONE) + "\n", 1),
    "byte order mark": ("\ufeff" + json.dumps([ONE]), 1),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form: str) -> None:
    text, count = FORMS[form]
    documents = list(parse(text.encode()))
    assert [d.id for d in documents] == ["NCT00000001", "NCT00000002"][:count]
    assert all(d.raw == study(json.loads(d.raw)).raw for d in documents)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty file"),
        (b"  \n", "empty file"),
        (b'{"studies": [{"protoc', "expected ClinicalTrials.gov JSON"),
        (b"NCT Number,Study Title\nNCT1,x\n", "expected ClinicalTrials.gov JSON"),
        (b'{"a": 1}', "found a"),
        (b'{"studies": 3}', "found studies"),
        (b"[1]", "expected a study object, found int"),
        (b'[{"protocolSection": {}}]', "found keys protocolSection"),
        (b'[{"protocolSection": []}]', "protocolSection should be an object, found list"),
        (b'{"protocolSection":{"identificationModule":{"nctId":"ChiCTR1"}}}', "found nctId 'CHICTR1'"),
        (b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001"},"designModule":"x"}}', "designModule"),
        (json.dumps(ONE).encode() + b"\n{broken\n", "line 2"),
        (b"\xff\xfe{", "byte 0xff"),
        (b"[" * 100_000, "expected ClinicalTrials.gov JSON"),
    ],
)
def test_what_is_no_study_is_named(data: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        list(parse(data, name="given.json"))


def test_lone_surrogates_do_not_reach_the_text() -> None:
    document = next(
        parse(b'[{"protocolSection":{"identificationModule":{"nctId":"NCT00000001","briefTitle":"a\\ud800b"}}}]')
    )
    assert document.title == "a\ufffdb"
    assert rb"a\ud800b" in document.raw
    "".join(s.text for s in document.sections).encode()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda x: st.lists(x, max_size=3)
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_field_of_a_wrong_type_raises_bad_input_or_reads(data: st.DataObject) -> None:
    broken = json.loads(json.dumps(FULL))
    path = data.draw(st.sampled_from(sorted(_branches(broken))))
    at = broken
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = data.draw(VALUES)
    with contextlib.suppress(BadInput):
        study(broken).section("title")


def _branches(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        if all(isinstance(step, str) for step in (*path, key)):
            yield (*path, key)
        yield from _branches(inner, (*path, key))


# The round trip over the real studies: a path of the JSON, and where the records hold it.
def leaves(value: Any, steps: list[str]) -> list[Any]:
    """All values at a path, `[]` walks a list; texts without their escapes."""
    if not steps:
        return [unescape_markdown(value) if isinstance(value, str) else value]
    step = steps[0].removesuffix("[]")
    inner = value.get(step) if isinstance(value, Mapping) else None
    if inner is None:
        return []
    if steps[0].endswith("[]"):
        return [x for i in inner for x in leaves(i, steps[1:])]
    return leaves(inner, steps[1:])


def one(value: Any) -> list[Any]:
    return [] if value is None else [value]


def some(values: Any) -> list[Any]:
    return [v for v in values if v is not None]


def extra(key: str, rest: str = "") -> Callable[[Document], list[Any]]:
    def get(d: Document) -> list[Any]:
        value = trial_of(d).extra.get(key)
        wrapped = {"x": value}
        return leaves(wrapped, ["x" + rest.split(".")[0], *rest.split(".")[1:]]) if value is not None else []

    return get


P = "protocolSection."
ID, STATUS, SPONSOR = P + "identificationModule.", P + "statusModule.", P + "sponsorCollaboratorsModule."
DESIGN, ARMS, OUT = P + "designModule.", P + "armsInterventionsModule.", P + "outcomesModule."
ELIGIBLE, SITES = P + "eligibilityModule.", P + "contactsLocationsModule."
REFS, R = P + "referencesModule.", "resultsSection."
OM, AE = R + "outcomeMeasuresModule.outcomeMeasures[].", R + "adverseEventsModule."


def planned(role: str, name: str) -> Callable[[Document], list[Any]]:
    return lambda d: some(getattr(e, name) for e in trial_of(d).endpoints if e.role == role)


def measured(name: str) -> Callable[[Document], list[Any]]:
    return lambda d: some(getattr(m, name) for r in trial_of(d).results for m in r.measurements)


def result(name: str) -> Callable[[Document], list[Any]]:
    return lambda d: some(getattr(r, name) for r in trial_of(d).results)


def analysis(name: str) -> Callable[[Document], list[Any]]:
    return lambda d: [x for r in trial_of(d).results for a in r.analyses for x in leaves(a, [name])]


def events(serious: bool, name: str) -> Callable[[Document], list[Any]]:
    return lambda d: some(
        getattr(e, name) for e in trial_of(d).adverse_events if e.serious is serious and e.total is None
    )


def totals(kind: str, name: str) -> Callable[[Document], list[Any]]:
    return lambda d: some(getattr(e, name) for e in trial_of(d).adverse_events if e.total == kind)


def own(name: str) -> Callable[[Document], list[Any]]:
    return lambda d: one(getattr(trial_of(d), name))


def each(name: str) -> Callable[[Document], list[Any]]:
    return lambda d: list(getattr(trial_of(d), name))


def inner(name: str, field: str) -> Callable[[Document], list[Any]]:
    def get(d: Document) -> list[Any]:
        found = some(getattr(x, field) for x in getattr(trial_of(d), name))
        return [y for x in found for y in x] if found and isinstance(found[0], tuple) else found

    return get


def section(name: str) -> Callable[[Document], list[Any]]:
    return lambda d: [s.text for s in d.sections if s.name == name]


FIELDS: dict[str, Callable[[Document], list[Any]]] = {
    ID + "nctId": lambda d: [d.id],
    ID + "briefTitle": lambda d: one(d.title),
    ID + "officialTitle": section("official_title"),
    ID + "acronym": section("acronym"),
    ID + "nctIdAliases[]": each("aliases"),
    ID + "orgStudyIdInfo.id": extra(ID + "orgStudyIdInfo", ".id"),
    ID + "secondaryIdInfos[].id": extra(ID + "secondaryIdInfos", "[].id"),
    ID + "secondaryIdInfos[].type": extra(ID + "secondaryIdInfos", "[].type"),
    ID + "organization.fullName": extra(ID + "organization", ".fullName"),
    STATUS + "overallStatus": own("status"),
    STATUS + "whyStopped": own("why_stopped"),
    STATUS + "statusVerifiedDate": extra(STATUS + "statusVerifiedDate"),
    STATUS + "startDateStruct.date": own("start_date"),
    STATUS + "startDateStruct.type": extra(STATUS + "startDateStruct.type"),
    STATUS + "primaryCompletionDateStruct.date": own("primary_completion_date"),
    STATUS + "completionDateStruct.date": own("completion_date"),
    STATUS + "studyFirstPostDateStruct.date": own("first_post_date"),
    STATUS + "resultsFirstPostDateStruct.date": own("results_post_date"),
    STATUS + "lastUpdatePostDateStruct.date": own("update_date"),
    STATUS + "lastKnownStatus": extra(STATUS + "lastKnownStatus"),
    STATUS + "expandedAccessInfo.hasExpandedAccess": extra(STATUS + "expandedAccessInfo", ".hasExpandedAccess"),
    SPONSOR + "leadSponsor.name": own("sponsor"),
    SPONSOR + "leadSponsor.class": own("sponsor_class"),
    SPONSOR + "collaborators[].name": extra(SPONSOR + "collaborators", "[].name"),
    SPONSOR + "responsibleParty.type": extra(SPONSOR + "responsibleParty", ".type"),
    P + "oversightModule.oversightHasDmc": extra(P + "oversightModule.oversightHasDmc"),
    P + "descriptionModule.briefSummary": section("summary"),
    P + "descriptionModule.detailedDescription": section("description"),
    P + "conditionsModule.conditions[]": each("conditions"),
    P + "conditionsModule.keywords[]": each("keywords"),
    DESIGN + "studyType": own("study_type"),
    DESIGN + "phases[]": each("phases"),
    DESIGN + "designInfo.allocation": own("allocation"),
    DESIGN + "designInfo.primaryPurpose": own("purpose"),
    DESIGN + "designInfo.maskingInfo.masking": own("masking"),
    DESIGN + "designInfo.maskingInfo.whoMasked[]": extra(DESIGN + "designInfo", ".maskingInfo.whoMasked[]"),
    DESIGN + "enrollmentInfo.type": own("enrollment_type"),
    ARMS + "armGroups[].label": inner("arms", "label"),
    ARMS + "armGroups[].type": inner("arms", "type"),
    ARMS + "armGroups[].description": inner("arms", "description"),
    ARMS + "armGroups[].interventionNames[]": inner("arms", "interventions"),
    ARMS + "interventions[].type": inner("interventions", "type"),
    ARMS + "interventions[].description": inner("interventions", "description"),
    ARMS + "interventions[].otherNames[]": inner("interventions", "other_names"),
    ARMS + "interventions[].armGroupLabels[]": inner("interventions", "arm_labels"),
    OUT + "primaryOutcomes[].measure": planned("PRIMARY", "measure"),
    OUT + "primaryOutcomes[].description": planned("PRIMARY", "description"),
    OUT + "primaryOutcomes[].timeFrame": planned("PRIMARY", "time_frame"),
    OUT + "secondaryOutcomes[].measure": planned("SECONDARY", "measure"),
    OUT + "secondaryOutcomes[].description": planned("SECONDARY", "description"),
    OUT + "secondaryOutcomes[].timeFrame": planned("SECONDARY", "time_frame"),
    OUT + "otherOutcomes[].measure": planned("OTHER", "measure"),
    ELIGIBLE + "eligibilityCriteria": section("eligibility"),
    ELIGIBLE + "sex": own("sex"),
    ELIGIBLE + "minimumAge": own("minimum_age"),
    ELIGIBLE + "maximumAge": own("maximum_age"),
    ELIGIBLE + "healthyVolunteers": own("healthy_volunteers"),
    ELIGIBLE + "stdAges[]": extra(ELIGIBLE + "stdAges", "[]"),
    SITES + "locations[].facility": extra(SITES + "locations", "[].facility"),
    SITES + "locations[].city": extra(SITES + "locations", "[].city"),
    SITES + "locations[].country": extra(SITES + "locations", "[].country"),
    SITES + "locations[].geoPoint.lat": extra(SITES + "locations", "[].geoPoint.lat"),
    REFS + "references[].pmid": lambda d: [x for r in trial_of(d).references for x in leaves(r, ["pmid"])],
    REFS + "references[].citation": lambda d: [x for r in trial_of(d).references for x in leaves(r, ["citation"])],
    REFS + "seeAlsoLinks[].url": extra(REFS + "seeAlsoLinks", "[].url"),
    P + "ipdSharingStatementModule.ipdSharing": extra(P + "ipdSharingStatementModule.ipdSharing"),
    "derivedSection.miscInfoModule.versionHolder": lambda d: one(d.version_date),
    "derivedSection.conditionBrowseModule.meshes[].term": extra(
        "derivedSection.conditionBrowseModule.meshes", "[].term"
    ),
    "documentSection.largeDocumentModule.largeDocs[].filename": extra(
        "documentSection.largeDocumentModule.largeDocs", "[].filename"
    ),
    "hasResults": own("has_results"),
    OM + "type": result("type"),
    OM + "title": result("title"),
    OM + "description": result("description"),
    OM + "populationDescription": result("population"),
    OM + "reportingStatus": result("reporting_status"),
    OM + "paramType": result("param_type"),
    OM + "dispersionType": result("dispersion_type"),
    OM + "unitOfMeasure": result("unit"),
    OM + "timeFrame": result("time_frame"),
    OM + "groups[].id": lambda d: [g.id for r in trial_of(d).results for g in r.groups],
    OM + "groups[].title": lambda d: [g.title for r in trial_of(d).results for g in r.groups],
    OM + "groups[].description": lambda d: some(g.description for r in trial_of(d).results for g in r.groups),
    OM + "denoms[].counts[].value": lambda d: [
        x.value for r in trial_of(d).results for x in r.denominators if x.class_title is None
    ],
    OM + "classes[].denoms[].counts[].value": lambda d: [
        x.value for r in trial_of(d).results for x in r.denominators if x.class_title is not None
    ],
    OM + "classes[].categories[].measurements[].groupId": measured("group_id"),
    OM + "classes[].categories[].measurements[].value": measured("value"),
    OM + "classes[].categories[].measurements[].spread": measured("spread"),
    OM + "classes[].categories[].measurements[].lowerLimit": measured("lower"),
    OM + "classes[].categories[].measurements[].upperLimit": measured("upper"),
    OM + "classes[].categories[].measurements[].comment": measured("comment"),
    OM + "analyses[].paramValue": analysis("paramValue"),
    OM + "analyses[].pValue": analysis("pValue"),
    OM + "analyses[].ciLowerLimit": analysis("ciLowerLimit"),
    AE + "eventGroups[].deathsNumAffected": totals("deaths", "affected"),
    AE + "eventGroups[].seriousNumAtRisk": totals("serious", "at_risk"),
    AE + "eventGroups[].otherNumAffected": totals("other", "affected"),
    AE + "seriousEvents[].stats[].numAffected": events(True, "affected"),
    AE + "seriousEvents[].stats[].numEvents": events(True, "events"),
    AE + "otherEvents[].stats[].numAffected": events(False, "affected"),
    AE + "otherEvents[].stats[].numAtRisk": events(False, "at_risk"),
    R + "participantFlowModule.recruitmentDetails": extra(R + "participantFlowModule.recruitmentDetails"),
}


def mismatches(record: Mapping[str, Any], document: Document) -> list[str]:
    found = []
    for path, get in FIELDS.items():
        want = [v for v in leaves(record, path.split(".")) if v != ""]
        if want != get(document):
            found.append(f"{document.id} {path}: {want[:2]} != {get(document)[:2]}")
    count = leaves(record, (DESIGN + "enrollmentInfo.count").split("."))
    if [c for c in count if c != 99999999] != one(trial_of(document).enrollment):
        found.append(f"{document.id} enrollment")
    return found


def stored(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(SHARED / name, "rt", encoding="utf-8") as lines:
        for text in lines:
            yield json.loads(text)


def spans_hold(document: Document) -> None:
    trial = trial_of(document)
    for r in trial.results:
        text = text_of(document, r.section)
        for m in r.measurements:
            assert m.value is None or text[m.start : m.end] == " ".join(m.value.split())
        for a in r.analyses:
            assert "paramValue" not in a or text[slice(*a["span"])] == a["paramValue"]
    text = text_of(document, "adverse_events") if trial.adverse_events else ""
    for e in trial.adverse_events:
        assert e.affected is None or text[e.start : e.end] == str(e.affected)


class TestReal:
    pytestmark = real

    def test_all_full_studies_round_trip(self) -> None:
        assert len(FIELDS) >= 60
        wrong, studies, posted = [], 0, 0
        for record in stored("ctgov_v2/studies.jsonl.gz"):
            document = study(record)
            wrong += mismatches(record, document)
            spans_hold(document)
            studies += 1
            posted += bool(trial_of(document).results)
        assert wrong == []
        assert (studies, posted) == (2251, 241)

    def test_odd_studies_lose_nothing(self) -> None:
        wrong, count = [], 0
        for record in stored("ctgov_v2/odd.jsonl.gz"):
            document = study(record)
            wrong += mismatches(record, document)
            if "locations_nested" in str(record):
                assert '"contacts"' not in document.raw.decode()
            else:
                assert json.loads(document.raw) == record
            count += 1
        assert wrong == []
        assert count == 647

    @pytest.mark.parametrize("name", ["2026-04-24", "2026-08-22"])
    def test_partial_records_of_a_monitor(self, name: str) -> None:
        wrong, count = [], 0
        for record in stored(f"cart_trials/{name}.jsonl.gz"):
            bad = mismatches(record, study(record))
            wrong += [w for w in bad if "Unknown" not in w]
            count += 1
        assert wrong == []
        assert count == {"2026-04-24": 2152, "2026-08-22": 2274}[name]

    def test_untouched_answers(self) -> None:
        counts = {
            p.name: len(list(parse(p.read_bytes(), name=p.name))) for p in sorted(SHARED.glob("ctgov_raw/*.json"))
        }
        assert counts.pop("site_download_2023_bare_list.json") == 10
        assert len(counts) == 10
        assert sum(counts.values()) == 25
        for path in SHARED.glob("ctgov_raw/*.json"):
            for document in parse(path.read_bytes()):
                assert not any(key in document.raw for key in (b'"email"', b'"phone"', b"investigatorFullName"))
