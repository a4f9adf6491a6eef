"""Asking ClinicalTrials.gov API v2: what a query means, the requests it becomes, and page after page of answers.

A query is a line of words, as a shell would split it: `CLDN18.2 "gastric cancer"` asks for both phrases in any field;
`cond= intr= titles= outc= spons= lead= locn= id= term=` search one area; `a|b` is either; AND, OR, NOT join parts;
`phase=PHASE1,PHASE2` and `status=RECRUITING` filter; NCT numbers alone fetch those studies; a part with `AREA[...]`
goes as it stands. Everything else is quoted, for a bare `[` or `(` breaks the server's parser.
Traps (contract of the API): an unknown parameter is a 400; there is no filter.phase; a query of NCT numbers only makes
the server ignore filters, so they go through filter.ids, which finds aliases too; pageToken is good only with the same
parameters and for an unknown time; the total comes on page 1 only; an error is text/plain; 200 may be a web page.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from trialkb.errors import BadInput, Refused, SourceChanged, Unreachable
from trialkb.records import Page

from ._http import Answer, Http, not_html

BASE = "https://clinicaltrials.gov/api/v2"
SIZE = 200  # full studies with results run to megabytes; 1,000 of them pass the size cap
BATCH = 100  # ids a request
OVERLAP = timedelta(days=2)
AREAS = ("cond", "term", "locn", "titles", "intr", "outc", "spons", "lead", "id", "patient")
PHASES = ("NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4")
STATUSES = (
    "ACTIVE_NOT_RECRUITING", "COMPLETED", "ENROLLING_BY_INVITATION", "NOT_YET_RECRUITING", "RECRUITING", "SUSPENDED",
    "TERMINATED", "WITHDRAWN", "AVAILABLE", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING", "WITHHELD", "UNKNOWN",
)  # fmt: skip
_NCT = re.compile(r"nct0*[1-9]\d{0,7}\Z", re.I | re.A)
_KEY = re.compile(r"([a-z]+)[=:](.+)\Z", re.S)
_OPERATORS = {"AND", "OR", "NOT"}


def fetch(
    query: str,
    *,
    base: str | None = None,
    since: str | None = None,
    limit: int | None = None,
    token: str | None = None,
    http: Http | None = None,
) -> Iterator[Page]:
    """Pages of the studies that answer `query`, updated `since` that date (less two days), at most `limit`.

    `token` is that of the last page held; one that the server no longer takes restarts the query.
    Raises BadInput for a query that cannot be asked, Refused, Unreachable.
    """
    plan = requests_of(query, since=since, limit=limit)
    base = (base or os.environ.get("TRIALKB_CTGOV_BASE") or BASE).rstrip("/")
    own = http or Http()
    try:
        version = _version(own, base)
        if len(plan) == 1 and "id" in plan[0]:
            yield _single(own, base, plan[0]["id"], version)
        else:
            yield from _pages(own, base, plan, version, limit, token)
    finally:
        if http is None:
            own.close()


def requests_of(query: str, *, since: str | None = None, limit: int | None = None) -> list[dict[str, str]]:
    """The first request of every batch a query needs, as parameters; a single study is {"id": ...}.

    >>> requests_of('CLDN18.2 cond="gastric cancer|stomach cancer" phase=PHASE1')[0]["query.cond"]
    '("gastric cancer" OR "stomach cancer")'
    >>> requests_of("NCT03874897")
    [{'id': 'NCT03874897'}]
    """
    areas, ids, phases, statuses = _read(query)
    advanced = [f"AREA[Phase]({' OR '.join(phases)})"] if phases else []
    if since:
        advanced.append(f"AREA[LastUpdatePostDate]RANGE[{_earlier(since)},MAX]")
    if ids and not (areas or statuses or advanced or len(ids) > 1):
        return [{"id": ids[0]}]
    common = {f"query.{area}": " ".join(words) for area, words in areas.items()}
    if statuses:
        common["filter.overallStatus"] = "|".join(statuses)
    if advanced:
        common["filter.advanced"] = " AND ".join(advanced)
    if since or limit:
        common["sort"] = "LastUpdatePostDate:desc"
    batches = [ids[i : i + BATCH] for i in range(0, len(ids), BATCH)]
    return [{**common, "filter.ids": "|".join(b)} for b in batches] or [common]


def _earlier(since: str) -> str:
    try:
        return (date.fromisoformat(since) - OVERLAP).isoformat()
    except ValueError:
        raise BadInput(f"--since {since!r}: expected a date like 2026-11-01") from None


def _read(query: str) -> tuple[dict[str, list[str]], list[str], list[str], list[str]]:
    """A query's search expressions by area, ids, phases and statuses."""
    areas: dict[str, list[str]] = {}
    ids: list[str] = []
    phases: list[str] = []
    statuses: list[str] = []
    for key, value in _parts(query):
        if key == "phase":
            phases += _enums(value, PHASES, "phase")
        elif key == "status":
            statuses += _enums(value, STATUSES, "status")
        elif found := _ids(value):
            ids += found
        else:
            _append(areas.setdefault(key, []), value)
    for area, words in areas.items():
        if words[-1] in _OPERATORS or words[0] in ("AND", "OR"):
            raise BadInput(f"query {query!r}: an operator without a phrase beside it in {area}")
    if not (areas or ids or phases or statuses):
        raise BadInput("an empty query would ask for all 600,000 studies; name a condition, an intervention, ids ...")
    return areas, list(dict.fromkeys(ids)), phases, statuses


def _parts(query: str) -> Iterator[tuple[str, str]]:
    try:
        words = [query.strip()] if "AREA[" in query else shlex.split(query)
    except ValueError as e:
        raise BadInput(f'query {query!r}: {e}; quote a phrase like "gastric cancer"') from None
    for word in words:
        keyed = _KEY.match(word)
        if keyed and "AREA[" not in word and keyed[1] in (*AREAS, "phase", "status"):
            yield keyed[1], keyed[2]
        else:
            yield "term", word


def _append(words: list[str], value: str) -> None:
    """Add a phrase to an area's expression, joined by AND where the person said nothing else."""
    if value in _OPERATORS:
        if words and words[-1] in _OPERATORS and value != "NOT":
            raise BadInput(f"{words[-1]} {value}: two operators with no phrase between them")
        words.append(value)
        return
    if words and words[-1] not in _OPERATORS:
        words.append("AND")
    words.append(expression(value))


def expression(value: str) -> str:
    r"""What a person's words become in Essie: quoted phrases; an AREA[...] expression stays as it is.

    >>> expression('CAR-T|chimeric [antigen] "receptor"')
    '("CAR-T" OR "chimeric antigen \\"receptor\\"")'
    >>> expression("AREA[Phase]PHASE1")
    'AREA[Phase]PHASE1'
    """
    if "AREA[" in value:
        return value
    phrases = [_phrase(v) for v in value.split("|")]
    return phrases[0] if len(phrases) == 1 else f"({' OR '.join(phrases)})"


def _phrase(words: str) -> str:
    kept = " ".join(re.sub(r"[\[\]\\\x00-\x1f\x7f]", " ", words).split()).replace('"', r"\"")
    if not kept:
        raise BadInput(f"{words!r} has no words to search for")
    return f'"{kept}"'


def _ids(value: str) -> list[str]:
    """The NCT numbers of a value that holds nothing else, as the registry writes them."""
    words = re.split(r"[\s,|]+", value.strip())
    if not all(_NCT.match(w) for w in words):
        if all(re.match(r"nct\d+\Z", w, re.I | re.A) for w in words):
            raise BadInput(f"{value!r}: expected NCT and eight digits, at least one of them not 0")
        return []
    return [f"NCT{int(w[3:]):08d}" for w in words]


def _enums(value: str, allowed: tuple[str, ...], what: str) -> list[str]:
    words = [w.upper() for w in re.split(r"[,|\s]+", value.strip()) if w]
    for word in words:
        if word not in allowed:
            raise BadInput(f"{what} {word!r}: expected one of {', '.join(allowed)}")
    return words


def _pages(
    http: Http, base: str, plan: list[dict[str, str]], version: str | None, limit: int | None, token: str | None
) -> Iterator[Page]:
    number, _, at = (token or "0:").partition(":")
    batch, got, totals, begun_anew = int(number), 0, dict[int, int](), False
    while batch < len(plan):
        missing = set(plan[batch].get("filter.ids", "").split("|")) - {""}
        restart = False
        while True:
            size = min(SIZE, limit - got) if limit else SIZE
            try:
                answer, page = _ask(http, base, plan[batch], at, size)
            except Refused as e:
                if e.status != 400 or not at or begun_anew:
                    raise
                at, restart, begun_anew, got = "", True, True, 0
                continue
            got += len(page["studies"])
            missing -= _known(page["studies"])
            if "totalCount" in page:
                totals[batch] = page["totalCount"]
            at, last = page.get("nextPageToken") or "", batch + 1 == len(plan)
            done = not at or bool(limit and got >= limit)
            note = _note(missing if done and not limit else set(), restart)
            if done and last and got > size:
                note = "; ".join(filter(None, (note, _moved(http, base, version))))
            following = f"{batch}:{at}" if not done else None if last or (limit and got >= limit) else f"{batch + 1}:"
            yield Page(
                answer.url, urlencode(plan[batch], quote_via=quote), (answer.body,),
                announced=sum(totals.values()) if "totalCount" in page else None, token=following, platform=version,
                note=note or None, restart=restart,
            )  # fmt: skip
            restart = False
            if done:
                break
        if limit and got >= limit:
            return
        batch, at = batch + 1, ""


def _ask(http: Http, base: str, asked: Mapping[str, str], at: str, size: int) -> tuple[Answer, dict[str, Any]]:
    """One page: the answer and its JSON."""
    held: list[dict[str, Any]] = []

    def whole(answer: Answer) -> str | None:
        page = _json(answer)
        if not isinstance(page, dict):
            return page
        held[:] = [page]
        return None

    paging = {"pageToken": at} if at else {"countTotal": "true"}
    params = {"format": "json", **asked, "pageSize": str(size), **paging}
    answer = http.get(f"{base}/studies", params, check=whole)
    page = held[0]
    if not isinstance(page.get("studies"), list) or not all(isinstance(s, dict) for s in page["studies"]):
        raise SourceChanged(f"{base}/studies: expected a list 'studies', found keys {', '.join(list(page)[:8])}")
    if not isinstance(page.get("nextPageToken", ""), str) or not isinstance(page.get("totalCount", 0), int):
        raise SourceChanged(f"{base}/studies: nextPageToken or totalCount is not of the kind the contract gives")
    return answer, page


def _json(answer: Answer) -> dict[str, Any] | str:
    """The object an answer holds, or why it holds none."""
    if reason := not_html(answer):
        return reason
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError) as e:
        return f"JSON that cannot be read ({type(e).__name__})"
    return value if isinstance(value, dict) else "JSON that is no object"


def _known(studies: list[dict[str, Any]]) -> set[str]:
    """Ids and aliases of studies."""
    found: set[str] = set()
    for study in studies:
        identity = _identity(study)
        aliases = identity.get("nctIdAliases")
        found |= {str(identity.get("nctId")), *map(str, aliases if isinstance(aliases, list) else ())}
    return found


def _identity(study: dict[str, Any]) -> dict[str, Any]:
    """A study's identificationModule, {} where it has none; what is wrong with it is the parser's to say."""
    protocol = study.get("protocolSection")
    identity = protocol.get("identificationModule") if isinstance(protocol, dict) else None
    return identity if isinstance(identity, dict) else {}


def _note(missing: set[str], restart: bool) -> str:
    notes = ["the page token was no longer good; the query began anew"] if restart else []
    if missing:
        notes.append(f"not found: {', '.join(sorted(missing))}")
    return "; ".join(notes)


def _version(http: Http, base: str) -> str | None:
    """The API's version and the date of its data, as one line; None where it does not say."""
    try:
        found = _json(http.get(f"{base}/version", check=lambda a: v if isinstance(v := _json(a), str) else None))
    except Refused:
        return None
    assert isinstance(found, dict)
    stamp = found.get("dataTimestamp")
    return f"API {found.get('apiVersion')}" + (f", data of {stamp} UTC" if stamp else "")


def _moved(http: Http, base: str, version: str | None) -> str | None:
    try:
        now = _version(http, base)
    except Unreachable:
        return None
    return None if now == version else f"the registry's data changed during the harvest: {version} -> {now}"


def _single(http: Http, base: str, nct: str, version: str | None) -> Page:
    url = f"{base}/studies/{nct}"
    try:
        answer = http.get(url, {"format": "json"}, check=lambda a: v if isinstance(v := _json(a), str) else None)
    except Refused as e:
        if e.status != 404:
            raise
        return Page(url, nct, (), announced=0, platform=version, note=e.body or f"{nct} not found")
    found = str(_identity(json.loads(answer.body)).get("nctId"))
    note = None if found == nct else f"{nct} is an alias of {found}"
    return Page(answer.url, nct, (answer.body,), announced=1, platform=version, note=note)
