"""Records: the frozen dataclasses that every stage meets in.

Missing is None, never '' or 0. Dates are the source's own strings and may be partial (2023, 2023-05).
Offsets are half-open code-point offsets into the text of a stored `Section`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["trial", "article", "review", "page"]
Origin = Literal["registry", "registry_results", "text", "citation", "human"]
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A named piece of a document's stored text.

    Names used: title, official_title, acronym, summary, description, conditions, keywords, phases, design,
    interventions, arms, primary_outcomes, secondary_outcomes, other_outcomes, eligibility, abstract,
    abstract:RESULTS (a labelled part), abstract_zh, body, table:1, references, results:0 (one posted outcome
    measure), adverse_events, citation (facts cited, not read from their source). Items of a list stand one a line.
    """

    name: str
    text: str
    language: str | None = None  # en | zh | mixed


@dataclass(frozen=True, slots=True)
class Intervention:
    name: str
    type: str | None = None
    description: str | None = None
    other_names: tuple[str, ...] = ()
    arm_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arm:
    label: str | None
    type: str | None = None
    description: str | None = None
    interventions: tuple[str, ...] = ()
    size: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedEndpoint:
    role: Literal["PRIMARY", "SECONDARY", "OTHER"]
    measure: str
    description: str | None = None
    time_frame: str | None = None
    raw: str | None = None  # the item as printed where the source does not split it


@dataclass(frozen=True, slots=True)
class Group:
    """A group of posted results; ids are per module (OG000, EG000 ...)."""

    id: str
    title: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Denominator:
    units: str | None
    group_id: str
    value: str
    class_title: str | None = None  # set where the class has its own denominators


@dataclass(frozen=True, slots=True)
class Measurement:
    """One posted number, as the string that was sent; start/end is its span in the section `results:N`."""

    group_id: str
    value: str | None
    spread: str | None = None
    lower: str | None = None
    upper: str | None = None
    comment: str | None = None
    class_title: str | None = None
    category_title: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class ResultMeasure:
    """One posted outcome measure; `section` names the stored section its measurements were rendered into."""

    section: str
    type: str | None
    title: str
    description: str | None = None
    population: str | None = None
    reporting_status: str | None = None
    param_type: str | None = None
    dispersion_type: str | None = None
    unit: str | None = None
    time_frame: str | None = None
    groups: tuple[Group, ...] = ()
    denominators: tuple[Denominator, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    analyses: tuple[Json, ...] = ()  # as posted, with "span" [start, end] of paramValue in the section
    extra: Json = field(default_factory=dict)  # further fields of the measure (typeUnitsAnalyzed ...)


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """Counts of one term in one group; start/end is the span of `affected` in the section `adverse_events`.

    `total` marks a group's own totals (patients with any serious or other event, deaths), which are no terms.
    """

    group_id: str
    term: str
    serious: bool
    affected: int | None
    at_risk: int | None
    events: int | None = None
    organ_system: str | None = None
    vocabulary: str | None = None
    start: int | None = None
    end: int | None = None
    total: Literal["deaths", "serious", "other"] | None = None
    assessment: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    id: str
    status: str | None = None
    study_type: str | None = None
    phases: tuple[str, ...] = ()
    allocation: str | None = None
    model: str | None = None
    masking: str | None = None
    purpose: str | None = None
    enrollment: int | None = None
    enrollment_type: str | None = None
    start_date: str | None = None
    primary_completion_date: str | None = None
    completion_date: str | None = None
    first_post_date: str | None = None
    results_post_date: str | None = None
    update_date: str | None = None
    why_stopped: str | None = None
    has_results: bool | None = None
    sponsor: str | None = None
    sponsor_class: str | None = None
    collaborators: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    secondary_ids: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    sex: str | None = None
    minimum_age: str | None = None
    maximum_age: str | None = None
    healthy_volunteers: bool | None = None
    interventions: tuple[Intervention, ...] = ()
    arms: tuple[Arm, ...] = ()
    endpoints: tuple[PlannedEndpoint, ...] = ()
    references: tuple[Json, ...] = ()
    result_groups: tuple[Group, ...] = ()
    results: tuple[ResultMeasure, ...] = ()
    adverse_events: tuple[AdverseEvent, ...] = ()
    extra: Json = field(default_factory=dict)  # every further structured field, by its path in the source


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a reference list, parsed as far as it allows; start/end is its span in `references`."""

    number: int | None
    text: str
    authors: tuple[str, ...] = ()
    title: str | None = None
    journal: str | None = None
    year: int | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    doi: str | None = None
    pmid: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Article:
    id: str
    pmid: str | None = None
    pmcid: str | None = None
    doi: str | None = None
    authors: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
    journal: str | None = None
    journal_abbreviation: str | None = None
    date: str | None = None
    year: int | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    language: str | None = None
    publication_types: tuple[str, ...] = ()
    registry_ids: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    retracted: bool = False
    notices: tuple[Json, ...] = ()  # errata, expressions of concern, retraction notices
    preprint: bool = False
    references: tuple[Reference, ...] = ()
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """One record of one source. `raw` is the source's own bytes, personal contact fields removed."""

    id: str  # NCT03874897, PMID:38830992, ChiCTR2400084905, text:<sha1 of the text>
    kind: Kind
    source: str  # the harvest part that parsed it
    sections: tuple[Section, ...]
    raw: bytes
    title: str | None = None
    language: str | None = None
    url: str | None = None
    version_date: str | None = None  # the source's own date of this version
    trial: Trial | None = None
    article: Article | None = None

    def section(self, name: str) -> Section | None:
        """The section of that name, or None.

        >>> Document("X1", "page", "text", (Section("body", "abc"),), b"").section("body").text
        'abc'
        """
        return next((s for s in self.sections if s.name == name), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact read from a document: section text [start:end] is what it was read from.

    `value` is the normalised value (PHASE1, CLDN18.2, gastric_cancer, 2.5e8 cells); `detail` holds further parts
    (variant, hla, comparator, unit ...). `field` is the extract part's own name or one below it (dose.level).
    """

    field: str
    value: str
    document: str
    section: str
    start: int
    end: int
    rule: str
    origin: Origin = "text"
    confidence: float | None = None
    detail: Json | None = None


@dataclass(frozen=True, slots=True)
class Dispersion:
    type: str  # CONFIDENCE_95, FULL_RANGE, INTER_QUARTILE_RANGE, STANDARD_DEVIATION ...
    lower: float | None = None
    upper: float | None = None
    level: float | None = None
    upper_status: Literal["reported", "NE"] | None = None
    spread: float | None = None  # of a standard deviation or error, which has no limits


@dataclass(frozen=True, slots=True)
class ArmRef:
    label: str
    role: str = "UNKNOWN"  # EXPERIMENTAL, ACTIVE_COMPARATOR, PLACEBO_COMPARATOR, NO_INTERVENTION, OVERALL
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Population:
    analysis_set: str | None = None  # ITT, MITT, PP, EVALUABLE, SAFETY
    subgroup: str | None = None
    dose_level: str | None = None


@dataclass(frozen=True, slots=True)
class TimePoint:
    value: float
    unit: str  # UCUM: d, wk, mo, a


@dataclass(frozen=True, slots=True)
class Grade:
    min: int | None = None
    max: int | None = None
    scale: str | None = None  # CTCAE, ASTCT, LEE2014


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an outcome stands: spans are half-open code-point offsets into the text of `section`."""

    section: str
    value_span: tuple[int, int]
    endpoint_span: tuple[int, int]
    sentence_span: tuple[int, int]
    text_sha256: str
    arm_span: tuple[int, int] | None = None
    details: tuple[tuple[str, int, int], ...] = ()  # (field, start, end): p_value, criteria, assessor, role ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """One reported result (the stored form: outcome.schema.json)."""

    document: str
    endpoint: str  # catalogue id: ORR, CR, PFS, CRS, OTHER_EFFICACY ...
    statistic: str  # rate count median mean km_rate hazard_ratio odds_ratio relative_risk difference dose individual
    evidence: Evidence
    rule: str
    verbatim: str  # the endpoint's words as printed
    study: str | None = None  # registry id or name of the study the value belongs to
    label: str | None = None  # for OTHER_*: what was measured
    role: str | None = None
    param_type: str | None = None
    value: float | None = None
    value_low: float | None = None
    value_high: float | None = None
    comparator: str | None = None
    value_status: str = "reported"  # reported not_reached not_estimable not_reported
    unit: str | None = None  # UCUM: %, mo, wk, d, a, {participants}, {cells}, {cells}/kg, 1
    numerator: int | None = None
    denominator: int | None = None
    dispersion: Dispersion | None = None
    p_value: str | None = None
    arm: ArmRef | None = None
    reference_arm: str | None = None
    population: Population | None = None
    time_point: TimePoint | None = None
    follow_up: TimePoint | None = None
    grade: Grade | None = None
    criteria: str | None = None
    assessor: str | None = None  # IRC, INV
    confirmed: bool | None = None
    verbal: bool = False  # "all patients" without a printed number
    background: str | None = None  # why not a result of it: section cue citation preclinical hypothesis other_study
    cites: str | None = None
    derived: tuple[str, ...] = ()  # fields computed, never printed
    inferred: tuple[str, ...] = ()  # fields inherited by ellipsis, header or table cell
    flags: tuple[str, ...] = ()  # what the validators say
    confidence: float | None = None
    origin: Origin = "text"
    note: str | None = None  # the source's own remark on the value ("NA: too few events")


@dataclass(frozen=True, slots=True)
class Link:
    """A stated relation between two records, with the words that state it."""

    source: str
    target: str
    relation: str  # reports, same_trial, cites, retracts ...
    section: str | None = None
    start: int | None = None
    end: int | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a source, as `fetch` of a harvest part yields it; each payload is read by the part's `parse`.

    `token` resumes the query after this page (None: last page, or the source has no lasting place to resume from);
    `announced` is the source's own total for the whole query, on whichever page it says so. Keys stand nowhere in it.
    """

    url: str
    query: str  # exactly as sent, keys left out
    payloads: tuple[bytes, ...]
    announced: int | None = None
    token: str | None = None
    platform: str | None = None  # the source's own version and data date
    note: str | None = None  # what a reader of the ledger should know: a record gone, a page asked for again
    restart: bool = False  # the query had to begin anew with this page (its token was no longer good)
