"""A stand-in of E-utilities (contract: pubmed): invented records, searched by date and PMID range, true in its oddities."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from standin import Asked, Reply

RANGE = (
    "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed, ESearch can only retrieve "
    "the first 9,999 records matching the query."
)


def record(pmid: int, day: str, *, title: str = "An invention.", doi: str | None = None) -> bytes:
    """An invented article; `day` (YYYY/MM/DD) is its entry date."""
    year, month, date = day.split("/")
    ids = f'<ArticleIdList><ArticleId IdType="doi">{doi}</ArticleId></ArticleIdList>' if doi else ""
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID>'
        f"<Article><Journal><JournalIssue><PubDate><Year>{year}</Year></PubDate></JournalIssue><Title>Invented</Title>"
        f"</Journal><ArticleTitle>{title}</ArticleTitle><Abstract><AbstractText>Number {pmid}.</AbstractText></Abstract>"
        "<Language>eng</Language></Article><CommentsCorrectionsList><CommentsCorrections RefType='Cites'><RefSource>x"
        "</RefSource><PMID>1</PMID></CommentsCorrections></CommentsCorrectionsList></MedlineCitation><PubmedData><History>"
        f'<PubMedPubDate PubStatus="entrez"><Year>{year}</Year><Month>{month}</Month><Day>{date}</Day></PubMedPubDate>'
        f"</History>{ids}</PubmedData></PubmedArticle>"
    ).encode()


@dataclass
class PubMed:
    """{pmid: entry date}; `hidden` are listed but not sent, `absent_in_history` only by their ids."""

    held: dict[int, str]
    hidden: set[int] = field(default_factory=set)
    absent_in_history: set[int] = field(default_factory=set)
    expired: bool = False
    most: int = 9999  # tests of much paging lower it, here and in the client
    key: str | None = None
    searches: dict[str, list[int]] = field(default_factory=dict)
    dois: dict[int, str] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Reply:
        if asked.method == "GET" and len(asked.target) > 2000:
            return Reply(414, b"<html>Request-URI Too Long</html>")
        form = {k: v[-1] for k, v in parse_qs(asked.body.decode()).items()} if asked.method == "POST" else asked.query
        if self.key and form.get("api_key", self.key) != self.key:
            said = {"error": "API key invalid", "api-key": form["api_key"], "type": "eutils", "status": "unknown"}
            return Reply(400, json.dumps(said).encode())
        service = asked.path.rpartition("/")[2].removesuffix(".fcgi")
        if service == "einfo":
            return Reply(body=b"<eInfoResult><DbInfo><DbBuild>Build-1</DbBuild><LastUpdate>2026/11/20</LastUpdate></DbInfo>"
                              b"</eInfoResult>")  # fmt: skip
        return self.search(form) if service == "esearch" else self.fetch(form)

    def matches(self, form: dict[str, str]) -> list[int]:
        term = form.get("term", "")
        low, high = 0, 10**9
        if m := re.search(r"AND (\d+):(\d+)\[uid\]", term):
            low, high = int(m[1]), int(m[2])
        dated = form.get("datetype") == "edat"
        first, last = (form["mindate"], form["maxdate"]) if dated else ("0", "9")
        found = [
            p for p, day in self.held.items() if first <= day <= last and low <= p <= high and "nothing" not in term
        ]
        return sorted(found, reverse=True)

    def search(self, form: dict[str, str]) -> Reply:
        start, most = int(form.get("retstart", 0)), min(int(form.get("retmax", 20)), self.most)
        result: dict[str, object] = {"count": "0", "retmax": "0", "retstart": "0"}
        if form.get("term", "").count("(") != form.get("term", "").count(")"):
            result = {"ERROR": "Search Backend failed: syntax\nerror"}
        elif start > 9998:
            result = {"ERROR": RANGE}
        else:
            found = self.matches(form)
            listed = [] if form.get("rettype") == "count" else found[start : min(start + most, self.most)]
            result = {"count": str(len(found)), "retmax": str(len(listed)), "retstart": str(start)}
            result["querytranslation"] = form.get("term", "")
            if form.get("rettype") != "count":
                result["idlist"] = [str(p) for p in listed]
            if form.get("usehistory") == "y":
                name = f"MCID_{len(self.searches)}+/="
                self.searches[name] = found[: self.most]
                result |= {"querykey": "1", "webenv": name}
            if not found:
                result["errorlist"] = {"phrasesnotfound": ["nothing"], "fieldsnotfound": []}
                result["warninglist"] = {"phrasesignored": [], "outputmessages": ["No items found."]}
        if form.get("retmode") == "json":
            whole = {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}
            return Reply(body=json.dumps(whole).replace("\\n", "\n").encode())  # errors hold a raw newline
        ids = "".join(f"<Id>{i}</Id>" for i in listed_of(result))
        return Reply(
            body=f"<eSearchResult><Count>{result.get('count')}</Count><IdList>{ids}</IdList></eSearchResult>".encode()
        )

    def fetch(self, form: dict[str, str]) -> Reply:
        if "WebEnv" in form:
            found = self.searches.get(form["WebEnv"])
            if self.expired or found is None:
                return Reply(body=b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>")
            start = int(form["retstart"])
            if start >= len(found):
                said = f"Cannot retrieve history data: OUT OF RANGE. Parameter retstart={start} + 1 is greater than ..."
                return Reply(400, f"<eFetchResult><ERROR>{said}</ERROR></eFetchResult>".encode())
            wanted = [p for p in found[start : start + int(form["retmax"])] if p not in self.absent_in_history]
        else:
            wanted = [int(p) for p in form["id"].split(",")]
        return Reply(body=self.set_of(p for p in wanted if p in self.held and p not in self.hidden))

    def set_of(self, pmids: Iterable[int]) -> bytes:
        named = ((p, self.titles.get(p, "An invention.")) for p in pmids)
        records = b"".join(record(p, self.held[p], title=t, doi=self.dois.get(p)) for p, t in named)
        return b'<?xml version="1.0" ?>\n<PubmedArticleSet>' + records + b"</PubmedArticleSet>\n"


def listed_of(result: dict[str, object]) -> list[str]:
    found = result.get("idlist", [])
    assert isinstance(found, list)
    return found
