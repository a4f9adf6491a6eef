"""A stand-in for ClinicalTrials.gov API v2: its paging, parameters, errors and redirects, on invented studies."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from standin import Asked, Reply

PARAMETERS = {
    "format", "markupFormat", "fields", "sort", "countTotal", "pageSize", "pageToken", "aggFilters", "geoDecay",
    *(f"query.{a}" for a in ["cond", "term", "locn", "titles", "intr", "outc", "spons", "lead", "id", "patient"]),
    *(f"{p}.{f}" for p in ("filter", "postFilter") for f in ["overallStatus", "geo", "ids", "advanced", "synonyms"]),
}  # fmt: skip
STATUSES = {"RECRUITING", "COMPLETED", "ACTIVE_NOT_RECRUITING", "NOT_YET_RECRUITING", "WITHDRAWN", "UNKNOWN"}
Study = dict[str, Any]


def study(number: int, **fields: Any) -> Study:
    """An invented study in the true shape."""
    nct = f"NCT{number:08d}"
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": nct,
                "briefTitle": fields.get("title", f"Cells {number} against an invented tumour"),
                **({"nctIdAliases": fields["aliases"]} if "aliases" in fields else {}),
            },
            "statusModule": {
                "overallStatus": fields.get("status", "RECRUITING"),
                "lastUpdatePostDateStruct": {"date": fields.get("updated", "2026-03-01"), "type": "ACTUAL"},
            },
            "conditionsModule": {"conditions": [fields.get("condition", "Gastric Cancer")]},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": [fields.get("phase", "PHASE1")]},
            "descriptionModule": {"briefSummary": fields.get("summary", f"Summary {number}: age \\> 18.")},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": "2026-03-25"}},
        "hasResults": False,
    }


def identity(record: Study) -> dict[str, Any]:
    return dict(record["protocolSection"]["identificationModule"])


class Registry:
    """The stand-in; `changes` is called before each page with its number and the studies, which it may alter."""

    def __init__(
        self,
        studies: list[Study],
        *,
        empty_last: bool = False,
        changes: Callable[[int, list[Study]], None] | None = None,
        most: int = 1000,
    ) -> None:
        self.studies, self.empty_last, self.changes, self.most = studies, empty_last, changes, most
        self.pages = 0
        self.epoch = 0  # raise it, and all tokens given so far are stale
        self.version = {"apiVersion": "2.0.5", "dataTimestamp": "2026-03-25T09:00:05"}

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/version":
            return _json(self.version)
        if asked.path == "/studies":
            return self._list(asked)
        if match := re.fullmatch(r"/studies/(\w+)", asked.path):
            return self._one(match[1])
        return _text(404, "nothing here")

    def _one(self, nct: str) -> Reply:
        if not re.fullmatch(r"[Nn][Cc][Tt]0*[1-9]\d{0,7}", nct):
            return _text(400, "Parameter `nctId` has incorrect format")
        canonical = f"NCT{int(nct[3:]):08d}"
        for record in self.studies:
            if identity(record)["nctId"] == canonical:
                return _json(record)
            if canonical in identity(record).get("nctIdAliases", ()):
                return Reply(301, headers={"Location": f"/studies/{identity(record)['nctId']}"})
        return _text(404, f"NCT number {nct} not found")

    def _list(self, asked: Asked) -> Reply:
        q = asked.query
        if unknown := set(q) - PARAMETERS:
            return _text(400, f"Unknown parameter {sorted(unknown)[0]}")
        if fault := _fault(q):
            return _text(400, fault)
        self.pages += 1
        if self.changes:
            self.changes(self.pages, self.studies)
        found = [s for s in self.studies if _matches(s, q)]
        size = min(int(q.get("pageSize", "10")) or 10, self.most)
        start, fault = self._start(q)
        if fault:
            return _text(400, fault)
        part, after = found[start : start + size], start + size
        more = after < len(found) or (self.empty_last and after >= len(found) and bool(part))
        token = self._token(q, after) if more else None
        total = len(found) if q.get("countTotal") == "true" and not q.get("pageToken") else None
        if q.get("format") == "csv":
            return _csv(part, not q.get("pageToken"), token, total)
        page: dict[str, Any] = {"totalCount": total} if total is not None else {}
        return _json({**page, "studies": part, **({"nextPageToken": token} if token else {})})

    def _token(self, q: dict[str, str], after: int) -> str:
        same = sorted((k, v) for k, v in q.items() if k not in ("countTotal", "pageSize", "pageToken"))
        return "ZV".join([f"opaque{self.epoch}", str(after), json.dumps(same).encode().hex()]) + "Q" * 90

    def _start(self, q: dict[str, str]) -> tuple[int, str]:
        token = q.get("pageToken")
        if not token:
            return 0, ""
        parts = token.split("ZV")
        if len(parts) != 3 or self._token(q, int(parts[1])) != token:
            return 0, "Parameter `pageToken` is not valid for these parameters"
        return int(parts[1]), ""


def _fault(q: dict[str, str]) -> str:
    for status in re.split(r"[|,]", q.get("filter.overallStatus", "RECRUITING")):
        if status not in STATUSES:
            return f"Invalid value in parameter `overallStatus`: `{status}`"
    ids = q.get("filter.ids")
    if ids is not None and not all(re.fullmatch(r"[Nn][Cc][Tt]0*[1-9]\d{0,7}", i) for i in re.split(r"[|,]", ids)):
        return "filter.ids has incorrect format"
    if "fields" in q and not re.fullmatch(r"[\w.|,@]+", q["fields"]):
        return f"Parameter 'fields' contains invalid field name: '{q['fields']}'"
    if "sort" in q and not re.fullmatch(r"(\w+(:(asc|desc))?|@relevance)([|,]\w+(:(asc|desc))?)?", q["sort"]):
        return "Item 1 in parameter `sort` has incorrect format"
    for name, value in q.items():
        if name.startswith("query."):
            bare = re.sub(r'"(\\.|[^"\\])*"', "x", value)
            if "[" in re.sub(r"(AREA|RANGE|EXPANSION|COVERAGE)\[[^\]]*\]", "", bare):
                return "Error parsing query in Other terms: mismatched input '[' expecting {<EOF>, '('"
            if bare.count("(") != bare.count(")"):
                return "Error parsing query in Other terms: missing ')' at '<EOF>'"
    for area in re.findall(r"AREA\[(\w+)\]", q.get("filter.advanced", "")):
        if area not in ("Phase", "LastUpdatePostDate", "StudyType"):
            return f"Error parsing query in advanced filter: Unknown area name: `{area}`"
    return ""


def _matches(record: Study, q: dict[str, str]) -> bool:
    protocol = record["protocolSection"]
    known = {identity(record)["nctId"], *identity(record).get("nctIdAliases", ())}
    if "filter.ids" in q and not known & {f"NCT{int(i[3:]):08d}" for i in re.split(r"[|,]", q["filter.ids"])}:
        return False
    status = q.get("filter.overallStatus")
    if status and protocol["statusModule"]["overallStatus"] not in status.split("|"):
        return False
    advanced = q.get("filter.advanced", "")
    phases = re.search(r"AREA\[Phase\]\(?([\w ]+?)\)?(?: AND|$)", advanced)
    if phases and not set(protocol["designModule"]["phases"]) & set(phases[1].split(" OR ")):
        return False
    since = re.search(r"RANGE\[([\d-]+),MAX\]", advanced)
    if since and protocol["statusModule"]["lastUpdatePostDateStruct"]["date"] < since[1]:
        return False
    words = re.findall(r'"((?:\\.|[^"\\])*)"', " ".join(v for k, v in q.items() if k.startswith("query.")))
    text = json.dumps(record).lower()
    return not words or any(w.lower() in text for w in words)


def _json(value: object) -> Reply:
    return Reply(body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})


def _text(status: int, text: str) -> Reply:
    return Reply(status, text.encode(), {"Content-Type": "text/plain"})


def _csv(part: list[Study], first: bool, token: str | None, total: int | None) -> Reply:
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    if first:
        rows.writerow(["NCT Number", "Study Title", "Study Status"])
    rows.writerows([identity(s)["nctId"], identity(s)["briefTitle"], "RECRUITING"] for s in part)
    heads = {"Content-Type": "text/csv"}
    heads |= {"x-next-page-token": token} if token else {}
    heads |= {"x-total-count": str(total)} if total is not None else {}
    return Reply(body=out.getvalue().encode(), headers=heads)


def form(asked: Asked) -> dict[str, str]:
    """The fields of a form body."""
    return {k: v[-1] for k, v in parse_qs(asked.body.decode(), keep_blank_values=True).items()}
