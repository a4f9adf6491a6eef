"""A stand-in for the public API of EU CTIS: search by POST, retrieve, documents, on invented trials."""

from __future__ import annotations

import json
from typing import Any

from standin import Asked, Reply

Trial = dict[str, Any]
PHASE = {
    "1": "Human pharmacology (Phase I)- First administration to humans",
    "4": "Therapeutic exploratory  (Phase II)",
}


def number(n: int) -> str:
    return f"2024-5{n:05d}-11-00"


def trial(
    n: int, *, phase: str = "4", status: int = 4, changed: str = "2026-03-01", title: str = "", **more: Any
) -> Trial:
    """An invented trial as `retrieve` sends it; texts hold entities, contacts are there to be dropped."""
    name = title or f"Invented cells {n} in gastric cancer"
    return {
        "ctNumber": number(n),
        "ctStatus": "Authorised",
        "startDateEU": "29/01/2025",
        "decisionDate": "ES: 24/04/2024, IT: 23/10/2024",
        "publishDate": f"{changed}T03:39:42.531268872",
        "ctPublicStatusCode": status,
        "authorizedApplication": {
            "authorizedPartI": {
                "rowSubjectCount": 5,
                "rowCountriesInfo": [{"name": "Japan"}],
                "products": [
                    {
                        "id": 1,
                        "productName": f"INV-{n} cells",
                        "jsonActiveSubstanceNames": "inventicel",
                        "routes": ["INTRAVENOUS USE"],
                        "pharmaceuticalFormDisplay": "DISPERSION FOR INFUSION",
                    }
                ],
                "productRoleGroupInfos": [{"productRoleName": "Test", "products": [{"id": 1}]}],
                "therapeuticAreas": [{"code": "4", "name": "Diseases [C] - Neoplasms [C04]"}],
                "sponsors": [
                    {"primary": False, "organisation": {"name": "Second Sponsor"}},
                    {
                        "primary": True,
                        "organisation": {"name": "Invented Cells SE"},
                        "publicContacts": [
                            {"functionName": "x", "email": "someone@invented.example", "telephone": "1"}
                        ],
                    },
                ],
                "trialDetails": {
                    "clinicalTrialIdentifiers": {
                        "fullTitle": f"{name}, an open-label study",
                        "publicTitle": name,
                        "shortTitle": f"INV{n}",
                        "secondaryIdentifyingNumbers": {
                            "nctNumber": {"number": "NCT00000005"},
                            "additionalRegistries": [{"number": "jRCT0000000001"}],
                        },
                    },
                    "trialInformation": {
                        "trialCategory": {"trialPhase": phase},
                        "medicalCondition": {"partIMedicalConditions": [{"medicalCondition": "Gastric cancer"}]},
                        "trialObjective": {
                            "mainObjective": "To see whether x &gt; y &#64; day 28",
                            "secondaryObjectives": [{"number": 1, "secondaryObjective": "To see more"}],
                        },
                        "eligibilityCriteria": {
                            "principalInclusionCriteria": [
                                {"number": 1, "principalInclusionCriteria": "Age 18-70"},
                                {"number": 2, "principalInclusionCriteria": "ECOG 0-1"},
                            ],
                            "principalExclusionCriteria": [
                                {"number": 1, "principalExclusionCriteria": "Brain metastases"}
                            ],
                        },
                        "endPoint": {
                            "primaryEndPoints": [{"number": 1, "endPoint": "DLT within 28 days", "isPrimary": True}],
                            "secondaryEndPoints": [{"number": 1, "endPoint": "ORR"}, {"number": 2, "endPoint": "PFS"}],
                        },
                        "trialDuration": {
                            "estimatedRecruitmentStartDate": "2025-01-16",
                            "estimatedEndDate": "2027-12-09",
                        },
                        "populationOfTrialSubjects": {
                            "ageRanges": [{"ageRangeCategoryCode": "3"}, {"ageRangeCategoryCode": "4"}],
                            "isFemaleSubjects": True,
                            "isMaleSubjects": True,
                        },
                    },
                },
            },
            "authorizedPartsII": [
                {
                    "mscInfo": {"countryName": "Spain", "trialStatus": "Authorised"},
                    "recruitmentSubjectCount": 7,
                    "trialSites": [
                        {
                            "organisationAddressInfo": {"organisation": {"name": "Hospital of Invention"}},
                            "personInfo": {"firstName": "N.", "lastName": "Obody"},
                        }
                    ],
                },
                {"mscInfo": {"countryName": "Italy"}, "recruitmentSubjectCount": 4, "trialSites": []},
            ],
            "eudraCt": {"isTransitioned": True, "eudraCtCode": "2019-001588-63"},
            "memberStatesConcerned": [{"mscName": "Spain", "mscPublicStatusCode": 4}],
        },
        "documents": [{"title": "D1 Protocol", "uuid": "abc", "documentTypeLabel": "Protocol (for publication)"}],
        "trialRegionCode": 3,
        **more,
    }


def row(record: Trial) -> dict[str, Any]:
    """A trial as a row of a search answer: number of the status, dates by day, month and year."""
    year, month, day = record["publishDate"][:10].split("-")
    details = record["authorizedApplication"]["authorizedPartI"]["trialDetails"]
    return {
        "ctNumber": record["ctNumber"],
        "ctStatus": record["ctPublicStatusCode"],
        "ctTitle": details["clinicalTrialIdentifiers"]["publicTitle"],
        "conditions": "Gastric cancer",
        "trialCountries": ["Spain:4", "Italy:4"],
        "decisionDate": record["decisionDate"],
        "decisionDateOverall": "24/04/2024",
        "sponsor": "Invented Cells SE",
        "trialPhase": PHASE[details["trialInformation"]["trialCategory"]["trialPhase"]],
        "product": "INV cells",
        "primaryEndPoint": "DLT within 28 days",
        "gender": "Female, Male",
        "totalNumberEnrolled": "16",
        "startDateEU": record["startDateEU"],
        "lastUpdated": f"{day}/{month}/{year}",
    }


class Register:
    """The stand-in. `most` is the cap of one order; `lost` are numbers that cannot be retrieved."""

    def __init__(self, trials: list[Trial], *, most: int = 10_000, lost: frozenset[str] = frozenset()) -> None:
        self.trials, self.most, self.lost = trials, most, lost

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/search":
            return self._search(json.loads(asked.body)) if asked.method == "POST" else Reply(403, b"Forbidden")
        kind, _, rest = asked.path.strip("/").partition("/")
        if kind == "documents":
            return _json({"url": f"https://cdn.invented.example/{rest.split('/')[1]}.pdf"})
        if kind != "retrieve":
            return Reply(404)
        if len(rest) != 17:
            return Reply(400, b'{"message": "Invalid number"}')
        found = [t for t in self.trials if t["ctNumber"] == rest and rest not in self.lost]
        return _json(found[0]) if found else Reply(404, b'{"message": "Not found"}')

    def _search(self, asked: dict[str, Any]) -> Reply:
        page, size = asked["pagination"]["page"], asked["pagination"]["size"]
        words = str(asked["searchCriteria"].get("containAll", "")).lower()
        found = [row(t) for t in self.trials if words in json.dumps(t).lower()]
        if asked["sort"]["property"] == "lastUpdated":
            found.sort(key=lambda r: r["lastUpdated"][::-1], reverse=True)
            found.sort(key=lambda r: r["lastUpdated"].split("/")[::-1], reverse=True)
        if asked["sort"]["direction"] == "ASC":
            found.reverse()
        if page < 1:
            return _json({"showWarning": False, "pagination": {"totalRecords": 0, "nextPage": False}, "data": []})
        part = found[(page - 1) * size : page * size] if page * size <= self.most else []
        pages = -(-len(found) // size)
        pagination = {"totalRecords": len(found), "currentPage": page, "totalPages": pages, "nextPage": page < pages}
        return _json({"showWarning": False, "pagination": {**pagination, "prevPage": page > 1}, "data": part})


def _json(value: object) -> Reply:
    return Reply(body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})
