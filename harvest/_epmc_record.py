"""One Europe PMC record (resultType core or lite) as a Document.

Traps: abstracts are HTML; a single item may stand where a list is due; flags are Y and N; journal names stand in two
places; a preprint has no journalInfo; a retraction notice is not a retracted paper; Chinese abstracts are not given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from trialkb import ids
from trialkb.errors import BadInput
from trialkb.records import Article, Document, Json, Section
from trialkb.text import language, printable

from ._html import parts, plain
from ._medline import NOTICES, STUDIES, unique

_REVIEW = re.compile(r"\A(?:systematic[ -])?review\b|meta-analysis", re.IGNORECASE)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_DATE = re.compile(r"\A\d{4}(?:-\d\d(?:-\d\d)?)?\Z")
_CONTACTS = {"email", "emails", "phone", "tel", "fax"}


def items(value: Any, *path: str) -> list[Any]:
    """The items at a path of nested objects; one that stands alone is a list of one.

    >>> items({"a": {"b": "x"}}, "a", "b"), items({"a": {"b": [1, 2]}}, "a", "b"), items({}, "a", "b")
    (['x'], [1, 2], [])
    """
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    found = value if isinstance(value, list) else [value]
    return [v for v in found if v not in (None, "", {})]


def line(words: object) -> str:
    """Anything a source said, as one printable line of at most 300 characters."""
    return " ".join(printable(str(words)).split())[:300]


def without_contacts(value: Any) -> Any:
    """A JSON value without e-mail addresses and contact fields."""
    if isinstance(value, dict):
        return {k: without_contacts(v) for k, v in value.items() if k.lower() not in _CONTACTS}
    if isinstance(value, list):
        return [without_contacts(v) for v in value]
    return _EMAIL.sub("", value) if isinstance(value, str) and "@" in value else value


def mended(value: Any) -> Any:
    """A JSON value whose lone surrogates, which no file can hold, are U+FFFD."""
    if isinstance(value, dict):
        return {mended(k): mended(v) for k, v in value.items()}
    if isinstance(value, list):
        return [mended(v) for v in value]
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


def document(record: dict[str, Any]) -> Document:
    """The record as a Document. Raises BadInput where it has no id."""
    kept = without_contacts(record)
    raw = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    record = mended(kept) if b"\xed" in raw else kept
    id = identity(record)
    types = _strings(record, "pubTypeList", "pubType") or _strings(record, "pubType")
    notices = tuple(_notices(record))
    title = plain(str(record.get("title") or "")) or None
    return Document(
        id=id,
        kind="review" if any(map(_REVIEW.search, types)) and not any(map(STUDIES.search, types)) else "article",
        source="europepmc",
        sections=tuple(_sections(record, title)),
        raw=raw,
        title=title,
        language=language(plain(str(record.get("abstractText") or "")) or title or ""),
        url=_url(record),
        version_date=None if _string(record, "pmid") else _date(record, "dateOfRevision", "dateOfCreation"),
        article=_article(id, record, types, notices),
    )


def identity(record: dict[str, Any]) -> str:
    """PMID:..., else DOI:... (lower case), else EPMC:... ; what PubMed holds too bears the same id as there.

    >>> identity({"id": "PPR1", "source": "PPR", "doi": "10.1101/2024.01.02.X"})
    'DOI:10.1101/2024.01.02.x'
    """
    pmid, id, doi = _string(record, "pmid"), _string(record, "id"), ids.doi(_string(record, "doi"))
    if not pmid and record.get("source") == "MED" and id and id.isdigit():
        pmid = id
    if pmid and pmid.isdigit():
        return f"PMID:{pmid}"
    if doi:
        return f"DOI:{doi.lower()}"
    if not id:
        raise BadInput("a record without id, pmid and doi; the answer is of another kind")
    return f"EPMC:{id}"


def _string(record: dict[str, Any], key: str) -> str | None:
    value = record.get(key)
    return (str(value).strip() or None) if isinstance(value, str | int) else None


def _strings(record: dict[str, Any], *path: str) -> tuple[str, ...]:
    found = (plain(str(v)) for v in items(record, *path) if isinstance(v, str | int))
    return tuple(dict.fromkeys(v for v in found if v))


def _date(record: dict[str, Any], *keys: str) -> str | None:
    found = (_string(record, k) or "" for k in keys)
    return next((d for d in found if _DATE.match(d)), None)


def _url(record: dict[str, Any]) -> str | None:
    source, id = _string(record, "source"), _string(record, "id")
    return f"https://europepmc.org/article/{source}/{id}" if source and id else None


def _sections(record: dict[str, Any], title: str | None) -> Iterator[Section]:
    if title:
        yield Section("title", title, language(title))
    abstract = str(record.get("abstractText") or "")
    found = ((label, words) for label, words in parts(abstract))
    yield from unique(Section(f"abstract:{la.upper()}" if la else "abstract", w, language(w)) for la, w in found)
    for name, lines in (("keywords", _strings(record, "keywordList", "keyword")), ("mesh", tuple(_mesh(record)))):
        if lines:
            text = "\n".join(lines)
            yield Section(name, text, language(text))


def _mesh(record: dict[str, Any]) -> Iterator[str]:
    for heading in items(record, "meshHeadingList", "meshHeading"):
        if isinstance(heading, dict) and heading.get("descriptorName"):
            names = [q.get("qualifierName") for q in items(heading, "meshQualifierList", "meshQualifier")]
            yield "/".join(str(n) for n in (heading["descriptorName"], *names) if n)


def _notices(record: dict[str, Any]) -> Iterator[Json]:
    """Corrections and comments, their kinds named as PubMed names them (Retraction in -> RetractionIn)."""
    for c in items(record, "commentCorrectionList", "commentCorrection"):
        if isinstance(c, dict):
            words = str(c.get("type") or "unnamed").replace("-", " ").split()
            kind = "".join(w[:1].upper() + w[1:] for w in words)
            pmid = _string(c, "id") if c.get("source", "MED") == "MED" else None
            other = None if pmid else _string(c, "id")
            yield {"type": kind, "source": _string(c, "reference"), "pmid": pmid, "note": _string(c, "note")} | (
                {"id": other} if other else {}
            )


def _article(id: str, record: dict[str, Any], types: tuple[str, ...], notices: tuple[Json, ...]) -> Article:
    issue = record.get("journalInfo") if isinstance(record.get("journalInfo"), dict) else {}
    assert isinstance(issue, dict)
    journal = issue.get("journal") if isinstance(issue.get("journal"), dict) else {}
    book = record.get("bookOrReportDetails") if isinstance(record.get("bookOrReportDetails"), dict) else {}
    assert isinstance(journal, dict)
    assert isinstance(book, dict)
    date = _date(record, "firstPublicationDate") or _date(issue, "printPublicationDate")
    year = _string(record, "pubYear") or (date or "")[:4]
    kinds = {str(n["type"]) for n in notices}
    return Article(
        id=id,
        pmid=id[5:] if id.startswith("PMID:") else None,
        pmcid=_string(record, "pmcid"),
        doi=ids.doi(_string(record, "doi")),
        authors=_authors(record),
        affiliations=tuple(_affiliations(record)),
        journal=_string(journal, "title") or _string(record, "journalTitle") or _string(book, "publisher"),
        journal_abbreviation=_string(journal, "medlineAbbreviation") or _string(journal, "isoabbreviation"),
        date=date or (year or None),
        year=int(year) if year.isdigit() and len(year) == 4 else None,
        volume=_string(issue, "volume") or _string(record, "journalVolume"),
        issue=_string(issue, "issue") or _string(record, "issue"),
        pages=_string(record, "pageInfo"),
        language=_string(record, "language"),
        publication_types=types,
        mesh=tuple(_mesh(record)),
        keywords=_strings(record, "keywordList", "keyword"),
        retracted="retracted publication" in {t.lower() for t in types}
        or any(k.startswith(("RetractionIn", "RetractedAndRepublishedIn")) for k in kinds),
        notices=tuple(n for n in notices if n["type"] in NOTICES or str(n["type"]).startswith(("Retract", "Preprint"))),
        preprint=record.get("source") == "PPR" or "preprint" in {t.lower() for t in types},
        extra=_extra(record, issue, notices),
    )


def _authors(record: dict[str, Any]) -> tuple[str, ...]:
    found = [a for a in items(record, "authorList", "author") if isinstance(a, dict)]
    names = (_string(a, "fullName") or _string(a, "collectiveName") or _string(a, "lastName") for a in found)
    listed = tuple(n for n in names if n)
    printed = (_string(record, "authorString") or "").rstrip(".")
    return listed or tuple(a.strip() for a in printed.split(",") if a.strip())


def _affiliations(record: dict[str, Any]) -> Iterator[str]:
    seen: set[str] = set()
    for author in [record, *items(record, "authorList", "author")]:
        details = items(author, "authorAffiliationDetailsList", "authorAffiliation")
        for value in [*items(author, "affiliation"), *(d.get("affiliation") for d in details if isinstance(d, dict))]:
            words = plain(str(value or ""))
            if words and words not in seen:
                seen.add(words)
                yield words


def _extra(record: dict[str, Any], issue: dict[str, Any], notices: tuple[Json, ...]) -> Json:
    fields: dict[str, Any] = {
        "source": _string(record, "source"),
        "epmc_id": _string(record, "id"),
        "printed_date": _string(issue, "dateOfPublication"),
        "first_index_date": _date(record, "firstIndexDate"),
        "date_of_revision": _date(record, "dateOfRevision"),
        "open_access": _string(record, "isOpenAccess"),
        "license": _string(record, "license"),
        "comments": [n for n in notices if n["type"] not in NOTICES],
        "grants": [
            g for v in items(record, "grantsList", "grant") if isinstance(v, dict) and (g := _string(v, "grantId"))
        ],
    }
    return {k: v for k, v in fields.items() if v}
