"""A stand-in for the query API of ISRCTN, on invented trials: no paging, `limit=0` counts, plain words are OR-ed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from standin import Asked, Reply

ONE = "<primaryOutcomes/><primaryOutcome>1. ORR by RECIST\n2. Toxicity within 28 days</primaryOutcome>"
MANY = (
    "<primaryOutcomes><outcomeMeasure><variable>ORR</variable><method>RECIST 1.1</method>"
    "<timepoints>12 weeks</timepoints></outcomeMeasure></primaryOutcomes><primaryOutcome/>"
)


@dataclass(frozen=True)
class Trial:
    """An invented trial; `parts` replaces elements of the record by name."""

    number: int
    edited: str = "2026-03-01"
    title: str = "Invented cells in gastric cancer"
    outcome: str = ONE
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"ISRCTN{self.number:08d}"

    def xml(self) -> str:
        """The record as the default format sends it, fillers and contacts included."""
        part = {
            "interventions": "<intervention><description>Cells once</description><interventionType>Biological/Vaccine"
            "</interventionType><phase>Phase I/II</phase><drugNames>inventicel</drugNames></intervention>",
            "override": "",
            "start": "2001-01-01T00:00:00.000Z",
            "end": "2098-01-01T00:00:00.000Z",
            **self.parts,
        }
        return (
            f'<fullTrial><trial lastUpdated="{self.edited}T10:00:00.000Z" version="3" '
            f'publicIdentifierCanonical="{self.id}" publicIdentifierDateAssigned="2025-01-02T00:00:00.000Z">'
            f"<isrctn>{self.number:08d}</isrctn>"
            "<externalRefs><doi>10.1186/x</doi><eudraCTNumber>Nil known</eudraCTNumber><irasNumber/>"
            "<clinicalTrialsGovNumber>NCT00000005</clinicalTrialsGovNumber><protocolSerialNumber>INV-1"
            '</protocolSerialNumber><secondaryNumbers><secondaryNumber numberType="ctis" '
            'canonicalSecondaryNumber="2024-500005-11-00">2024-500005-11-00</secondaryNumber>'
            "<secondaryNumber>Nil known</secondaryNumber></secondaryNumbers></externalRefs>"
            f"<trialDescription><title>{self.title}</title><scientificTitle>A study of inventicel</scientificTitle>"
            "<acronym>Not provided at time of registration</acronym><studyHypothesis>It works</studyHypothesis>"
            "<plainEnglishSummary>Background\nCells.\nWho is the main contact?\nDr N. Obody, nobody@invented.example"
            f"</plainEnglishSummary>{self.outcome}<secondaryOutcomes/><secondaryOutcome>Not Applicable"
            "</secondaryOutcome></trialDescription>"
            "<trialDesign><studyDesign>Single-arm</studyDesign><primaryStudyDesign>Interventional</primaryStudyDesign>"
            "<secondaryStudyDesign>Non randomised study</secondaryStudyDesign><trialTypes><trialType>Treatment"
            f"</trialType></trialTypes><overallEndDate>2099-01-01T00:00:00.000Z</overallEndDate>{part['override']}"
            "</trialDesign><participants><recruitmentCountries><country>England</country><country>United Kingdom"
            "</country></recruitmentCountries><trialCentres><trialCentre><name>Hospital of Invention</name>"
            "</trialCentre></trialCentres><inclusion>1. Age 18 or over\n2. ECOG 0-1</inclusion><exclusion>Brain "
            "metastases</exclusion><ageRange>Adult</ageRange><lowerAgeLimit>18 Years</lowerAgeLimit><gender>All</gender>"
            "<targetEnrolment>24</targetEnrolment><totalFinalEnrolment/>"
            f"<recruitmentStart>{part['start']}</recruitmentStart><recruitmentEnd>{part['end']}</recruitmentEnd>"
            "</participants><conditions><condition><description>Gastric cancer</description><diseaseClass1>Cancer"
            f"</diseaseClass1></condition></conditions><interventions>{part['interventions']}</interventions></trial>"
            "<contact><forename>N.</forename><surname>Obody</surname><email>nobody@invented.example</email></contact>"
            '<sponsor id="1"><organisation>Invented Cells SE</organisation><contactDetails><telephone>+00 1</telephone>'
            "</contactDetails></sponsor></fullTrial>"
        )


class Registry:
    """The stand-in; `withheld` records are counted but never sent."""

    def __init__(self, trials: list[Trial], *, withheld: int = 0) -> None:
        self.trials, self.withheld = trials, withheld

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.startswith("/trial/"):
            return Reply(500, b"<!DOCTYPE html><html>Error</html>", {"Content-Type": "text/html"})
        if asked.path != "/query/format/default":
            return Reply(404)
        found = [t for t in self.trials if _matches(t, asked.query["q"])]
        sent = found[: max(0, min(int(asked.query.get("limit", "10")), len(found) - self.withheld))]
        body = "".join(t.xml() for t in sent)
        head = f'<?xml version="1.0"?><allTrials xmlns="http://www.67bricks.com/isrctn" totalCount="{len(found)}"'
        return Reply(body=(f"{head}>{body}</allTrials>" if body else f"{head}></allTrials>").encode())


def _matches(trial: Trial, query: str) -> bool:
    """Dates narrow; of the words, any is enough, as there."""
    for operator, day in re.findall(r"lastEdited (GE|LE) (\d{4}-\d\d-\d\d)", query):
        if (operator == "GE" and trial.edited < day) or (operator == "LE" and trial.edited > day):
            return False
    words = re.sub(r"lastEdited \w\w \S+|\bAND\b|[()]", " ", query).lower()
    asked = [a or b for a, b in re.findall(r'"([^"]+)"|(\S+)', words)]
    return not asked or any(w in trial.xml().lower() or w == trial.id.lower() for w in asked)
