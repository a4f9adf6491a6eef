"""Posted results and adverse events to Outcomes: tables of wordings, invented records, and all real studies."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from trialkb.extract import adverse_events, results
from trialkb.extract._registry_groups import roles
from trialkb.extract._registry_values import unit, value
from trialkb.extract._registry_words import Rule, assessor, criteria, fitting, grade, moment, rules
from trialkb.harvest.ctgov import study
from trialkb.records import Arm, Document, Grade, Outcome, TimePoint, Trial

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared")) / "data"
real = [pytest.mark.real, pytest.mark.skipif(not SHARED.exists(), reason="no real records (TRIALKB_SHARED)")]
MO, WK, YEAR = "mo", "wk", "a"


@pytest.mark.parametrize("rule", [*rules("title"), *rules("row")], ids=lambda r: r.id)
def test_every_rule_fits_its_example_and_not_its_counter_example(rule: Rule) -> None:
    assert rule.fits(rule.example)
    assert next(fitting(rule.example, rule.where)).endpoint == rule.endpoint
    assert not rule.fits(rule.counter)


@pytest.mark.parametrize(
    ("title", "endpoint"),
    [
        ("Objective Response Rate (ORR) per RECIST v1.1", "ORR"),
        ("Durable Objective Response Rate (ORR)", None),
        ("Intracranial ORR", None),
        ("Percentage of Participants With Complete Response (No Emesis)", None),
        ("Duration of Response (DOR)", "DOR"),
        ("Progression-Free Survival 2 (PFS2)", None),
        ("Brain Progression Free Survival (BPFS)", None),
        ("Distant Metastasis-free Survival (DMFS)", None),
        ("Change in Cytokines- Interleukin (IL)-10", None),
        ("Number of Participants With Shift From Baseline in Hematology Parameters", None),
        ("Change From Baseline in AE-QoL", None),
        ("Immune Response Rate", None),
        ("Patient-reported Outcomes", None),
        ("Best PSA Response", None),
        ("TEAEs Leading to Discontinuation", None),
        ("Number of Deaths", "DEATH"),
        ("Time to Death or Distant Metastasis", None),
        ("Number of Participants Who Died in Part 1", "DEATH"),
        ("International Index of Erectile Function (IIEF-OS)", None),
        ("Hypoglycaemic Episodes According to the American Diabetes Association (ADA)", None),
    ],
)
def test_titles(title: str, endpoint: str | None) -> None:
    assert next((r.endpoint for r in fitting(title, "title")), None) == endpoint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TEAE >= Grade 3", Grade(3)),
        ("Grade ≥3 CRS", Grade(3)),
        ("Grade 3 or higher", Grade(3)),
        ("> Grade 3", Grade(4)),
        ("Grade 3-4", Grade(3, 4)),
        ("Grades 1 and 2", Grade(1, 2)),
        ("Grade 4", Grade(4, 4)),
        ("Grade 0 to 3", None),
        ("Grade 1, Grade 3 and Grade 4", None),
        ("Graded According to CTCAE 5.0", None),
        ("Any TEAE", None),
    ],
)
def test_grades(text: str, expected: Grade | None) -> None:
    assert grade(text) == expected


@pytest.mark.parametrize(
    ("text", "strict", "expected"),
    [
        ("Month 6", False, TimePoint(6, MO)),
        ("3-Year Progression-Free Survival Rate", False, TimePoint(3, YEAR)),
        ("PFS Rates at 6 Months and 12 Months", False, None),
        ("6 and 12 months", False, None),
        ("Week 24", True, TimePoint(24, WK)),
        ("6 months from the first dose", True, TimePoint(6, MO)),
        ("Up to 24 months", True, None),
        ("Baseline, Week 12", True, None),
        ("From randomization to death, 2 years", True, None),
        ("< 65 years", False, None),
        ("Aged 6-11 years", False, None),
        ("Severe hypoglycaemia (Week 0-54)", False, None),
        ("6 months from the first dose of FT516", True, TimePoint(6, MO)),
        ("Cohort 2", False, None),
    ],
)
def test_moments(text: str, strict: bool, expected: TimePoint | None) -> None:
    assert moment(text, strict=strict) == expected


@pytest.mark.parametrize(
    ("printed", "comment", "expected"),
    [
        ("8.8", None, (8.8, "reported")),
        ("NA", "Median was not reached", (None, "not_reached")),
        ("NA", "Not yet reached due to few events", (None, "not_reached")),
        ("NA", "Not estimable due to insufficient number of events", (None, "not_estimable")),
        ("NA", "Median and 95% CI could not be calculated", (None, "not_estimable")),
        ("NA", "The upper limit of the confidence interval was not reached.", (None, "not_reported")),
        ("NA", "There were no responses in this group", (None, "not_reported")),
        ("NA", None, (None, "not_reported")),
        ("NR", None, (None, "not_reported")),
        ("10.2", "The upper limit was not reached", (10.2, "reported")),
    ],
)
def test_a_missing_value_is_what_its_comment_says(printed: str, comment: str | None, expected: tuple[Any, str]) -> None:
    read = value(printed, comment)
    assert (read.number, read.status) == expected


def test_small_readings() -> None:
    assert unit("Percentage of Participants") == ("%", "percent")
    assert unit("proportion of participants") == ("1", "proportion")
    assert unit("per-patient percentage")[1] == "other"
    assert assessor("ORR Assessed by the IRC", None) == "IRC"
    assert assessor("DCR by IRC and Investigator") is None
    assert criteria("ORR per RECIST v1.1", None) == "RECIST 1.1"
    assert criteria("ORR", "by irRECIST and RECIST 1.1") is None


SIZES = {"OG000": "40", "OG001": "20"}


def measure(title: str, *rows: tuple[str | None, str | None, str, str], **fields: Any) -> dict[str, Any]:
    """A posted measure; a row is (class, category, group, value)."""
    classes: list[dict[str, Any]] = []
    for class_title, category, group, number in rows:
        numbers = {"groupId": group, "value": number, **fields.get("limits", {})}
        classes.append({"categories": [{"title": category, "measurements": [numbers]}], "title": class_title})
    return {
        "type": "PRIMARY",
        "title": title,
        "paramType": fields.get("param", "COUNT_OF_PARTICIPANTS"),
        "unitOfMeasure": fields.get("unit", "Participants"),
        "dispersionType": fields.get("dispersion"),
        "timeFrame": fields.get("frame", "Up to 2 years"),
        "groups": [{"id": "OG000", "title": "CT041"}, {"id": "OG001", "title": "Standard of Care"}],
        "denoms": [{"units": "Participants", "counts": [{"groupId": g, "value": n} for g, n in SIZES.items()]}],
        "classes": classes,
        "analyses": fields.get("analyses", []),
    }  # fmt: skip


def document(*measures: dict[str, Any], condition: str = "Gastric Cancer", **results_section: Any) -> Document:
    return study(
        {
            "protocolSection": {
                "identificationModule": {"nctId": "NCT00000001"},
                "conditionsModule": {"conditions": [condition]},
                "armsInterventionsModule": {
                    "armGroups": [
                        {"label": "CT041", "type": "EXPERIMENTAL"},
                        {"label": "Standard of care", "type": "ACTIVE_COMPARATOR"},
                    ]
                },
            },
            "resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": list(measures)}, **results_section},
        }
    )


def found(*measures: dict[str, Any], **kwargs: Any) -> list[Outcome]:
    doc = document(*measures, **kwargs)
    outcomes = list(results.find(doc))
    for o in outcomes:
        holds(doc, o)
    return outcomes


def holds(doc: Document, o: Outcome) -> None:
    """Value, endpoint and arm stand where the evidence says."""
    section = doc.section(o.evidence.section)
    assert section is not None
    text = section.text
    printed = text[slice(*o.evidence.value_span)]
    if o.value is not None:
        assert float(printed.replace(",", "").lstrip("<>=~ ")) == o.value
    assert text[slice(*o.evidence.endpoint_span)] == o.verbatim
    assert "\n" not in text[slice(*o.evidence.sentence_span)]
    if o.evidence.arm_span:
        assert o.arm is not None
        assert text[slice(*o.evidence.arm_span)] == o.arm.label


def test_a_rate_with_limits_and_its_derived_count() -> None:
    (o,) = found(
        measure(
            "Objective Response Rate (ORR) Assessed by the IRC per RECIST 1.1",
            (None, None, "OG000", "42.5"),
            param="NUMBER",
            unit="percentage of participants",
            dispersion="95% Confidence Interval",
            limits={"lowerLimit": "27.0", "upperLimit": "59.1"},
        )
    )
    assert (o.endpoint, o.statistic, o.value, o.unit) == ("ORR", "rate", 42.5, "%")
    assert (o.numerator, o.denominator, o.derived) == (17, 40, ("numerator",))
    assert o.dispersion is not None
    assert (o.dispersion.type, o.dispersion.lower, o.dispersion.upper) == ("CONFIDENCE_95", 27.0, 59.1)
    assert o.arm is not None
    assert (o.arm.label, o.arm.role, o.arm.n) == ("CT041", "EXPERIMENTAL", 40)
    assert (o.assessor, o.criteria, o.origin, o.study) == ("IRC", "RECIST 1.1", "registry_results", "NCT00000001")


def test_the_number_changed_changes_the_outcome() -> None:
    for printed in ("0", "1", "17", "40"):
        (o,) = found(measure("Overall Response Rate", (None, None, "OG001", printed)))
        assert (o.numerator, o.value, o.denominator) == (int(printed), float(printed), 20)
        assert o.arm is not None
        assert o.arm.role == "ACTIVE_COMPARATOR"


def test_categories_of_best_response_are_endpoints_of_their_own() -> None:
    rows = [("CR", "1"), ("Partial Response (PR)", "2"), ("SD", "3"), ("PD", "4"), ("Not Evaluable", "5")]
    outcomes = found(measure("Best Overall Response", *((None, c, "OG000", n) for c, n in rows)))
    assert [(o.endpoint, o.value) for o in outcomes] == [
        ("CR", 1.0),
        ("PR", 2.0),
        ("SD", 3.0),
        ("PD", 4.0),
        ("OTHER_EFFICACY", 5.0),
    ]


def test_the_no_row_is_not_the_endpoint() -> None:
    yes, no = found(measure("Overall Response Rate", (None, "Yes", "OG000", "9"), (None, "No", "OG000", "31")))
    assert (yes.endpoint, yes.population) == ("ORR", None)
    assert (no.endpoint, no.label) == ("OTHER_EFFICACY", "Overall Response Rate: No")


def test_unread_rows_are_subgroups() -> None:
    (o,) = found(measure("Overall Response Rate", ("PD-L1 >= 1%", None, "OG000", "9")))
    assert o.population is not None
    assert (o.endpoint, o.population.subgroup) == ("ORR", "PD-L1 >= 1%")


def test_landmarks_and_medians() -> None:
    rates = measure(
        "Overall Survival Rates", ("Month 12", None, "OG000", "37.3"), param="NUMBER", unit="percentage of participants"
    )
    medians = measure(
        "Overall Survival", (None, None, "OG000", "8.8"), param="MEDIAN", unit="months", frame="24 months"
    )
    rate, median = found(rates, medians)
    assert (rate.endpoint, rate.statistic, rate.time_point, rate.numerator) == (
        "OS",
        "km_rate",
        TimePoint(12, MO),
        None,
    )
    assert (median.statistic, median.unit, median.time_point) == ("median", "mo", None)


def test_rows_of_adverse_events() -> None:
    rows = ["Any TEAE", "TEAE ≥ Grade 3", "Serious AEs", "TEAEs Leading to Death", "Treatment-related AEs"]
    outcomes = found(measure("Number of Participants With TEAEs and SAEs", *((r, None, "OG000", "3") for r in rows)))
    assert [o.endpoint for o in outcomes] == ["TEAE", "TEAE", "SAE", "OTHER_SAFETY", "TRAE"]
    assert [o.grade for o in outcomes] == [None, Grade(3), None, None, None]
    (both,) = found(measure("Number of Participants With AEs and SAEs", (None, None, "OG000", "3")))
    assert (both.endpoint, both.label) == ("OTHER_SAFETY", "Number of Participants With AEs and SAEs")


def test_one_kind_of_event_in_several_words_is_one() -> None:
    titles = ["Number of Participants With Serious Adverse Events (SAEs)", "Treatment-related Adverse Events (AEs)"]
    assert [o.endpoint for t in titles for o in found(measure(t, (None, None, "OG000", "3")))] == ["SAE", "TRAE"]


def test_a_size_in_a_row_stands_before_the_measures_own() -> None:
    first, second, unclear = found(
        measure(
            "Overall Response Rate",
            ("PD-L1 high (n=30, 15)", None, "OG000", "9"),
            ("PD-L1 high (n=30, n=15)", None, "OG001", "9"),
            ("PD-L1 high (n=30)", None, "OG001", "9"),
        )
    )
    assert (first.denominator, second.denominator, unclear.denominator) == (30, 15, None)
    assert first.inferred == ("denominator",)
    assert unclear.flags == ("denominator_in_row_title",)


def test_survival_in_points_is_no_survival() -> None:
    (o,) = found(measure("OS Score", (None, None, "OG000", "9"), param="MEAN", unit="units on a scale"))
    assert (o.endpoint, o.statistic) == ("OTHER_EFFICACY", "mean")


@pytest.mark.parametrize(
    ("group", "arms", "role"),
    [
        ("CT041", [("CT041", "EXPERIMENTAL"), ("Control", "ACTIVE_COMPARATOR")], "EXPERIMENTAL"),
        ("Cohort 1: CT041", [("CT041", "EXPERIMENTAL"), ("Control", "ACTIVE_COMPARATOR")], "EXPERIMENTAL"),
        ("IMA-638", [("1", "EXPERIMENTAL"), ("3", "PLACEBO_COMPARATOR")], "UNKNOWN"),
        ("Placebo: Stage 1", [("1", "EXPERIMENTAL"), ("3", "PLACEBO_COMPARATOR")], "PLACEBO_COMPARATOR"),
        ("Placebo + Chemotherapy", [("A", "EXPERIMENTAL"), ("B", "ACTIVE_COMPARATOR")], "UNKNOWN"),
        ("Dose level 2", [("CT041", "EXPERIMENTAL")], "EXPERIMENTAL"),
        ("All Participants", [("A", "EXPERIMENTAL"), ("B", "ACTIVE_COMPARATOR")], "OVERALL"),
    ],
)
def test_roles(group: str, arms: list[tuple[str, str]], role: str) -> None:
    trial = Trial("NCT00000001", arms=tuple(Arm(label, kind) for label, kind in arms))
    assert roles(trial, {"OG000": group}) == {"OG000": role}


def test_words_of_cancer_mean_nothing_elsewhere() -> None:
    one = measure("Overall Response Rate", (None, None, "OG000", "3"))
    assert [o.endpoint for o in found(one, condition="Asthma")] == ["OTHER_EFFICACY"]
    assert [o.endpoint for o in found(one)] == ["ORR"]


def test_a_time_endpoint_counted_in_patients_is_not_that_endpoint() -> None:
    (o,) = found(measure("Disease of Response (DOR)", (None, None, "OG000", "3")))
    assert o.endpoint == "OTHER_EFFICACY"


def test_hazard_ratios_name_both_groups() -> None:
    analysis = {
        "groupIds": ["OG000", "OG001"],
        "paramType": "Hazard Ratio (HR)",
        "paramValue": "0.64",
        "ciPctValue": "95",
        "ciLowerLimit": "0.41",
        "ciUpperLimit": "0.99",
        "pValue": "0.044",
    }
    slope = {"groupIds": ["OG000", "OG001"], "paramType": "Slope", "paramValue": "3"}
    _, o = found(
        measure("PFS", (None, None, "OG000", "8.8"), param="MEDIAN", unit="months", analyses=[analysis, slope])
    )
    assert (o.endpoint, o.statistic, o.value, o.unit, o.p_value) == ("PFS", "hazard_ratio", 0.64, "1", "0.044")
    assert o.arm is not None
    assert (o.arm.label, o.reference_arm) == ("CT041 vs Standard of Care", None)


def test_adverse_events_by_group_and_term() -> None:
    doc = document(
        adverseEventsModule={
            "eventGroups": [
                {
                    "id": "EG000",
                    "title": "CT041",
                    "deathsNumAffected": 0,
                    "deathsNumAtRisk": 40,
                    "seriousNumAffected": 3,
                }
            ],
            "seriousEvents": [{"term": "Cytokine release syndrome", "stats": [{"groupId": "EG000", "numAffected": 2}]}],
            "otherEvents": [
                {
                    "term": "Neutrophil count decreased",
                    "stats": [{"groupId": "EG000", "numAffected": 7, "numAtRisk": 40}],
                },
                {"term": "Hiccups", "stats": [{"groupId": "EG000", "numAffected": 1, "numAtRisk": 40}]},
                {"term": "Rash", "stats": [{"groupId": "EG000", "numAffected": 0, "numAtRisk": 40}]},
                {"term": "Anaemia", "stats": [{"groupId": "EG000", "numAffected": 0, "numAtRisk": 40}]},
            ],
        }
    )
    outcomes = list(adverse_events.find(doc))
    for o in outcomes:
        holds(doc, o)
    assert [(o.endpoint, o.numerator, o.denominator, o.flags) for o in outcomes] == [
        ("DEATH", 0, 40, ()),
        ("SAE", 3, None, ()),
        ("CRS", 2, None, ("serious_only",)),
        ("NEUTROPENIA", 7, 40, ("non_serious_only",)),
        ("OTHER_SAFETY", 1, 40, ("non_serious_only",)),
        ("ANEMIA", 0, 40, ("non_serious_only",)),
    ]
    assert outcomes[-2].label == "Hiccups"


def test_nothing_from_a_record_without_results() -> None:
    doc = document()
    assert list(results.find(doc)) == []
    assert list(adverse_events.find(doc)) == []
    assert list(results.find(Document("X", "article", "text", (), b""))) == []


@cache
def posted() -> list[Document]:
    with gzip.open(SHARED / "ctgov_v2/studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [d for line in lines if '"resultsSection"' in line and (d := study(json.loads(line))).trial]


def numbers(doc: Document) -> Iterator[str]:
    """Every posted number of the raw record, as its string."""
    record = json.loads(doc.raw)["resultsSection"]
    for m in record.get("outcomeMeasuresModule", {}).get("outcomeMeasures", ()):
        for c in m.get("classes", ()):
            for category in c.get("categories", ()):
                yield from (x["value"] for x in category.get("measurements", ()))


class TestReal:
    pytestmark = real

    def test_every_measure_is_accounted_for_and_no_number_altered(self) -> None:
        docs = posted()
        assert len(docs) == 241
        for doc in docs:
            outcomes = list(results.find(doc))
            own = [
                o for o in outcomes if o.statistic not in ("hazard_ratio", "odds_ratio", "relative_risk", "difference")
            ]
            printed = []
            for o in own:
                holds(doc, o)
                section = doc.section(o.evidence.section)
                assert section is not None
                printed.append(section.text[slice(*o.evidence.value_span)])
            assert printed == [" ".join(v.split()) for v in numbers(doc)]
            assert doc.trial is not None
            with_numbers = {m.section for m in doc.trial.results if m.measurements}
            assert {o.evidence.section for o in own} == with_numbers
            assert all(o.label for o in own if o.endpoint.startswith("OTHER_"))

    def test_every_adverse_event_count_is_read(self) -> None:
        for doc in posted():
            assert doc.trial is not None
            outcomes = list(adverse_events.find(doc))
            for o in outcomes:
                holds(doc, o)
            events = [e for e in doc.trial.adverse_events if e.affected is not None]
            told = {o.evidence.value_span for o in outcomes}
            want = [(e.affected, e.at_risk) for e in events if (e.start, e.end) in told]
            assert [(o.numerator, o.denominator) for o in outcomes] == want
            assert all(e.affected == 0 and not e.total for e in events if (e.start, e.end) not in told)
