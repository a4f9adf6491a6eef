"""E-utilities of NCBI: one search, one batch of XML, each by POST and each checked to be whole.

Environment: NCBI_API_KEY (goes into POST bodies only), TRIALKB_EMAIL, TRIALKB_PUBMED_BASE.
Traps: a search lists 9,999 ids at most whatever it counts; JSON numbers are strings and errors hold raw newlines; an
error, a rate limit or a web page may come with HTTP 200; the history expires; a 400 may echo the key.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from trialkb.errors import BadInput, Refused, SourceChanged, Unreachable
from trialkb.text import printable

from ._http import Answer, Http, not_html

BASE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
MOST = 9_999
FIRST, LAST = date(1900, 1, 1), date(2099, 12, 31)
TOP = 99_999_999  # PMIDs have eight digits


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a query: entry dates and PMIDs from .. to, both included; the default is all of it."""

    since: date = FIRST
    until: date = LAST
    low: int = 1
    high: int = TOP

    def halves(self) -> tuple[Slice, Slice]:
        """Two parts: of the days, or of a single day's PMIDs."""
        if self.since < self.until:
            middle = self.since + (self.until - self.since) // 2
            return Slice(self.since, middle), Slice(middle + timedelta(days=1), self.until)
        middle_id = (self.low + self.high) // 2
        return Slice(self.since, self.until, self.low, middle_id), Slice(
            self.since, self.until, middle_id + 1, self.high
        )

    def asked(self, term: str) -> dict[str, str]:
        """The search parameters of this part."""
        if (self.low, self.high) != (1, TOP):
            term = f"({term}) AND {self.low}:{self.high}[uid]"
        if (self.since, self.until) == (FIRST, LAST):
            return {"term": term}
        days = {"mindate": f"{self.since:%Y/%m/%d}", "maxdate": f"{self.until:%Y/%m/%d}"}
        return {"term": term, "datetype": "edat", **days}


@dataclass(frozen=True, slots=True)
class Found:
    """What a search answered: the true count, the ids it listed, its place in the history, and its remarks."""

    count: int
    ids: tuple[str, ...]
    history: tuple[str, str] | None
    remarks: str
    asked: str


class Eutils:
    """One session with E-utilities: where it is, who asks, and the key, which only `secret` ever holds."""

    def __init__(self, base: str | None, http: Http | None) -> None:
        self.base = (base or os.environ.get("TRIALKB_PUBMED_BASE") or BASE).rstrip("/")
        key = os.environ.get("NCBI_API_KEY", "").strip()
        self.secret = {"api_key": key} if key else {}
        self.http = http or Http(gap=0.11 if key else 0.37, backoff=5.0)
        email = os.environ.get("TRIALKB_EMAIL", "").strip()
        self.sender = {"tool": "trialkb", **({"email": email} if email else {})}

    def post(self, service: str, form: dict[str, str], check: Callable[[Answer], str | None]) -> Answer:
        """One POST; a 400 is looked at here, for its body may echo the key."""
        url = f"{self.base}/{service}.fcgi"
        answer = self.http.post(
            url,
            form={**form, **self.sender},
            secret=self.secret,
            check=lambda a: check(a) if a.status == 200 else None,
            accept=(200, 400),
        )
        if answer.status == 400 and (service != "efetch" or b"<ERROR>" not in answer.body):
            raise Refused(f"{url} refused the request with HTTP 400{_reason(answer.body)}", 400)
        return answer

    def search(self, part: Slice, term: str, *, only_count: bool = False) -> Found:
        """Count a slice and list its ids. Raises BadInput where PubMed does not understand the query."""
        form = {"db": "pubmed", **part.asked(term), "retmode": "json"}
        form |= {"rettype": "count"} if only_count else {"retmax": str(MOST), "usehistory": "y"}
        held: list[dict[str, Any]] = []

        def whole(answer: Answer) -> str | None:
            result = _result(answer)
            if isinstance(result, str):
                return result
            held[:] = [result]
            return None if only_count else _short(result)

        self.post("esearch", form, whole)
        result = held[0]
        if "ERROR" in result:
            raise BadInput(f"PubMed could not search for {term!r}: {line(result['ERROR'])}")
        history = (result["webenv"], result["querykey"]) if result.get("webenv") and result.get("querykey") else None
        ids = tuple(map(str, result.get("idlist", ())))
        return Found(int(result["count"]), ids, history, _remarks(result), urlencode(form, quote_via=quote))

    def fetch(self, ids: tuple[str, ...], history: tuple[str, str] | None, at: int) -> bytes | None:
        """The XML of a batch, from the history or by its ids; None where the history no longer holds it."""
        form = {"db": "pubmed", "retmode": "xml"}
        if history:
            form |= {"WebEnv": history[0], "query_key": history[1], "retstart": str(at), "retmax": str(len(ids))}
        else:
            form |= {"id": ",".join(ids)}
        answer = self.post("efetch", form, _not_whole)
        said = re.search(rb"<ERROR>(.*?)</ERROR>", answer.body[:4096], re.DOTALL)
        if said and history:
            return None
        if said:
            raise Unreachable(f"{self.base}/efetch.fcgi: {line(said[1].decode('utf-8', 'replace'))}")
        return answer.body

    def build(self) -> str | None:
        """The database's build and date, or None where einfo does not say."""
        try:
            body = self.post("einfo", {"db": "pubmed"}, not_html).body
        except (Refused, Unreachable):
            return None
        found = [re.search(rb"<%s>([^<]{1,60})</%s>" % (t, t), body) for t in (b"DbBuild", b"LastUpdate")]
        said = [printable(m[1].decode("utf-8", "replace")) for m in found if m]
        return f"PubMed {', updated '.join(said)}" if said else None


def _result(answer: Answer) -> dict[str, Any] | str:
    """The esearchresult of an answer, or why there is none; asking again may help. Raises Refused."""
    if reason := not_html(answer):
        return reason
    try:
        value = json.loads(answer.body, strict=False)
    except (ValueError, RecursionError) as e:
        return f"JSON that cannot be read ({type(e).__name__})"
    if not isinstance(value, dict):
        return "JSON that is no object"
    if "error" in value:
        return _limited(answer) or _refuse(answer)
    result = value.get("esearchresult")
    if not isinstance(result, dict):
        return "an answer without esearchresult"
    if "ERROR" not in result and not str(result.get("count", "")).isdigit():
        raise SourceChanged(f"{answer.url}: expected a count of digits, found {line(result.get('count'))!r}")
    return result


def _limited(answer: Answer) -> str | None:
    """The rate limit comes as JSON, whatever was asked for and with whatever status."""
    return "the rate limit" if b"rate limit exceeded" in answer.body[:1000] else None


def _refuse(answer: Answer) -> str:
    raise Refused(f"{answer.url} refused the request{_reason(answer.body)}", answer.status)


def _reason(body: bytes) -> str:
    """The words of a JSON error, without the rest of the body, which may echo the key."""
    try:
        said = json.loads(body, strict=False).get("error")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return f": {line(said)}" if said else ""


def _short(result: dict[str, Any]) -> str | None:
    """Why a search's list is not whole, or None."""
    if "ERROR" in result:
        return None
    listed, due = len(result.get("idlist") or ()), min(int(result["count"]), MOST)
    return f"a list of {listed} ids where {due} were due" if listed < due else None


def _not_whole(answer: Answer) -> str | None:
    """Why an efetch answer cannot be taken, or None; errors in XML are looked at by the caller."""
    if b"<ERROR>" in answer.body[:4096]:
        return None
    if reason := not_html(answer) or _limited(answer):
        return reason
    end = answer.body[-64:].rstrip()
    whole = end.endswith(b"</PubmedArticleSet>") or re.search(rb"<PubmedArticleSet\s*/>\Z", end)
    return None if whole else "XML without its end"


def _remarks(result: dict[str, Any]) -> str:
    """What PubMed says about the words of a query."""
    said = []
    for box in (result.get("errorlist"), result.get("warninglist")):
        for name, words in (box or {}).items():
            said += [f"{name}: {', '.join(map(str, words))}"] if words else []
    if result.get("querytranslation"):
        said.append(f"read as {result['querytranslation']}")
    return line("; ".join(said))[:1000]


def line(words: object) -> str:
    return " ".join(printable(str(words)).split())[:600]
