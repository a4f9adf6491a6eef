"""One PubMed record (PubmedArticle or PubmedBookArticle, DTD 2025 and older) as a Document.

Traps: `.//PMID` also hits the records that comment on this one, and the references; OtherAbstract is no part of the
abstract and may say `eng` while it is Chinese; two parts of an abstract may bear the same label; a date may be
`2019 Nov-Dec`; a retraction notice is not a retracted paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from trialkb import ids
from trialkb.errors import BadInput
from trialkb.records import Article, Document, Json, Kind, Reference, Section
from trialkb.text import language

from ._xml import text

LANGUAGES = {
    "chi": "zh", "eng": "en", "fre": "fr", "ger": "de", "spa": "es", "jpn": "ja", "rus": "ru", "por": "pt", "kor": "ko",
    "ita": "it", "pol": "pl", "tur": "tr", "dut": "nl", "cze": "cs", "hun": "hu", "ukr": "uk",
}  # fmt: skip
MONTHS = {
    "jan": "01", "feb": "02", "mar": "03", "apr": "04", "may": "05", "jun": "06", "jul": "07", "aug": "08", "sep": "09",
    "oct": "10", "nov": "11", "dec": "12",
}  # fmt: skip
NOTICES = {
    "RetractionIn", "RetractionOf", "ErratumIn", "ErratumFor", "ExpressionOfConcernIn", "ExpressionOfConcernFor",
    "PartialRetractionIn", "PartialRetractionOf", "RetractedandRepublishedIn", "RetractedandRepublishedFrom",
    "CorrectedandRepublishedIn", "CorrectedandRepublishedFrom", "RepublishedIn", "RepublishedFrom", "UpdateIn",
    "UpdateOf", "ReprintIn", "ReprintOf",
}  # fmt: skip
REVIEWS = {"Review", "Systematic Review", "Meta-Analysis", "Network Meta-Analysis", "Scoping Review"}
STUDIES = re.compile(r"Clinical Trial|Randomized|Case Reports|Clinical Study|Observational Study|Multicenter Study")
_EMAIL = re.compile(rb"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_PHONE = re.compile(rb"(?:Tel(?:ephone)?|Phone|Fax|Mobile)\.?\s*[:.]?\s*\+?[\d() ./-]{7,25}\d", re.IGNORECASE)
_AFFILIATION = re.compile(rb"<Affiliation>[^<]*")
_CONTACT = re.compile(r"\s*(?:;\s*)?(?:Electronic address|E-?mail(?: address)?)\s*:?\s*[.;]*\s*\Z", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")


def without_contacts(raw: bytes) -> bytes:
    """A record's bytes without e-mail addresses, and without telephone numbers in affiliations.

    >>> without_contacts(b"<Affiliation>Lab, Paris. Tel: +33 1 000 0000. a.b@lab.example.fr</Affiliation>")
    b'<Affiliation>Lab, Paris. . </Affiliation>'
    """
    raw = _AFFILIATION.sub(lambda m: _PHONE.sub(b"", m[0]), raw)
    return _EMAIL.sub(b"", raw) if b"@" in raw else raw


def document(record: Element, raw: bytes) -> Document:
    """The record as a Document. Raises BadInput where it has no PMID."""
    book = record.tag == "PubmedBookArticle"
    citation = record.find("BookDocument" if book else "MedlineCitation")
    pmid = _said(citation, "PMID")
    if citation is None or not pmid or not pmid.isdigit():
        raise BadInput(f"a {record.tag} without a PMID; the record is cut off or of another kind")
    article = citation if book else citation.find("Article")
    data = record.find("PubmedBookData" if book else "PubmedData")
    record_ids = _article_ids(data, citation)
    types = _texts(article, "PublicationType" if book else "PublicationTypeList/PublicationType")
    comments = tuple(_comments(citation))
    title = _title(article, book)
    references = tuple(_references(data if data is not None else citation, citation))
    return Document(
        id=f"PMID:{pmid}",
        kind=_kind(types),
        source="pubmed",
        sections=tuple(_sections(citation, article, title, references)),
        raw=raw,
        title=title,
        language=_language(article),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        version_date=_date(citation.find("DateRevised")) or _date(citation.find("DateCompleted")) or _entered(data),
        article=Article(
            id=f"PMID:{pmid}",
            pmid=pmid,
            pmcid=record_ids.get("pmc"),
            doi=ids.doi(record_ids.get("doi") or _location(article)),
            authors=tuple(_authors(article, full=False)),
            affiliations=tuple(_affiliations(article)),
            publication_types=types,
            registry_ids=tuple(dict.fromkeys(i for _, i in _databanks(article) if ids.registry(i))),
            mesh=tuple(_mesh(citation)),
            keywords=_texts(citation, "KeywordList/Keyword"),
            language=_said(article, "Language"),
            retracted=_retracted(types, comments),
            preprint="Preprint" in types,
            notices=tuple(c for c in comments if c["type"] in NOTICES),
            references=references,
            extra=_extra(citation, article, data, record_ids, comments),
            **_printed(article, book),
        ),
    )


def _said(element: Element | None, path: str) -> str | None:
    return text(element.find(path)) if element is not None else None


def _texts(element: Element | None, path: str) -> tuple[str, ...]:
    found = (text(e) for e in (element.findall(path) if element is not None else ()))
    return tuple(dict.fromkeys(t for t in found if t))


def _kind(types: tuple[str, ...]) -> Kind:
    """A review's numbers are other studies': it is told apart, unless it is itself said to be a study."""
    return "review" if REVIEWS & set(types) and not any(STUDIES.search(t) for t in types) else "article"


def _title(article: Element | None, book: bool) -> str | None:
    title = _said(article, "ArticleTitle")
    if book:
        title = title or _said(article, "Book/BookTitle")
    return title if title and title != "[Not Available]." else _said(article, "VernacularTitle") or title


def _language(article: Element | None) -> str | None:
    """The language of the record's title and abstract, which is English but for a vernacular title alone."""
    words = text(article.find("Abstract")) if article is not None else None
    return language(words or _said(article, "ArticleTitle") or "")


def _retracted(types: tuple[str, ...], comments: tuple[Json, ...]) -> bool:
    said = {c["type"] for c in comments}
    return "Retracted Publication" in types or bool(said & {"RetractionIn", "RetractedandRepublishedIn"})


def _article_ids(data: Element | None, citation: Element) -> dict[str, str]:
    """IdType -> id, of the record itself (each Reference has an ArticleIdList of its own)."""
    found: dict[str, str] = {}
    for holder in (data, citation):
        for e in holder.findall("ArticleIdList/ArticleId") if holder is not None else ():
            value = text(e)
            if value:
                found.setdefault(e.get("IdType", "pubmed"), value)
    return found


def _location(article: Element | None) -> str | None:
    for e in article.findall("ELocationID") if article is not None else ():
        if e.get("EIdType") == "doi" and e.get("ValidYN", "Y") == "Y":
            return text(e)
    return None


def _sections(
    citation: Element, article: Element | None, title: str | None, references: tuple[Reference, ...]
) -> Iterator[Section]:
    if title:
        yield Section("title", title, language(title))
    vernacular = _said(article, "VernacularTitle") or _said(article, "Book/VernacularTitle")
    if vernacular and vernacular != title:
        han = language(vernacular) in ("zh", "mixed")
        yield Section("title_zh" if han else "vernacular_title", vernacular, language(vernacular) if han else None)
    yield from unique(_abstracts(citation, article))
    lists = {
        "keywords": _texts(citation, "KeywordList/Keyword"),
        "mesh": tuple(_mesh(citation)),
        "registry_ids": tuple(f"{bank} {number}" for bank, number in _databanks(article)),
        "references": tuple(r.text for r in references),
    }
    for name, items in lists.items():
        if items:
            lines = "\n".join(items)
            yield Section(name, lines, language(lines))


def unique(sections: Iterable[Section]) -> Iterator[Section]:
    """Sections under names of their own: a second abstract:METHODS becomes abstract:METHODS#2."""
    seen: dict[str, int] = {}
    for s in sections:
        seen[s.name] = seen.get(s.name, 0) + 1
        yield s if seen[s.name] == 1 else Section(f"{s.name}#{seen[s.name]}", s.text, s.language)


def _abstracts(citation: Element, article: Element | None) -> Iterator[Section]:
    abstract = article.find("Abstract") if article is not None else None
    if abstract is not None:
        yield from _parts(abstract, "abstract", None)
    for other in citation.findall("OtherAbstract"):
        said = LANGUAGES.get(other.get("Language", "eng").lower(), other.get("Language", "eng").lower())
        written = language(text(other) or "")
        spoken = "zh" if written == "zh" else said
        plain = "plain" in other.get("Type", "").lower()
        yield from _parts(other, f"plain_summary_{spoken}" if plain else f"abstract_{spoken}", spoken)


def _parts(abstract: Element, name: str, spoken: str | None) -> Iterator[Section]:
    """The parts of an abstract, each under its printed label, or its NLM category where it has none."""
    for part in abstract.findall("AbstractText"):
        words = text(part)
        if not words:
            continue
        label = _label(part)
        yield Section(f"{name}:{label}" if label else name, words, spoken or language(words))


def _label(part: Element) -> str | None:
    label = " ".join(part.get("Label", "").split()).strip(" :")
    if label.upper() in ("UNLABELLED", "UNLABELED"):
        return None
    category = part.get("NlmCategory", "UNASSIGNED").upper()
    return label or (category if category not in ("UNASSIGNED", "UNLABELLED") else None)


def _databanks(article: Element | None) -> Iterator[tuple[str, str]]:
    """(name of the bank, number), registry numbers in their normal form."""
    for bank in article.findall("DataBankList/DataBank") if article is not None else ():
        name = _said(bank, "DataBankName") or "unnamed"
        for number in _texts(bank, "AccessionNumberList/AccessionNumber"):
            yield name, ids.normal(number) or ids.normal(f"{name}{number}") or number


def _mesh(citation: Element) -> Iterator[str]:
    for heading in citation.findall("MeshHeadingList/MeshHeading"):
        names = [_said(heading, "DescriptorName"), *_texts(heading, "QualifierName")]
        yield "/".join(n for n in names if n)


def _comments(citation: Element) -> Iterator[dict[str, str | None]]:
    for c in citation.findall("CommentsCorrectionsList/CommentsCorrections"):
        if c.get("RefType") != "Cites":
            yield {
                "type": c.get("RefType", "unnamed"),
                "source": _said(c, "RefSource"),
                "pmid": _said(c, "PMID"),
                "note": _said(c, "Note"),
            }


def _authors(article: Element | None, *, full: bool) -> Iterator[str]:
    """Names as NLM cites them (Qi C), or in full (Qi, Changsong); groups by their own name."""
    for a in article.findall("AuthorList/Author") if article is not None else ():
        last, group = _said(a, "LastName"), _said(a, "CollectiveName")
        given = _said(a, "ForeName" if full else "Initials") or _said(a, "ForeName")
        if last:
            suffix = _said(a, "Suffix")
            name = f"{last}, {given}" if full and given else f"{last} {given}" if given else last
            yield f"{name} {suffix}" if suffix else name
        elif group:
            yield group


def _affiliations(article: Element | None) -> Iterator[str]:
    seen = set()
    for e in article.iter("Affiliation") if article is not None else ():
        words = _CONTACT.sub("", text(e) or "").strip()
        if words and words not in seen:
            seen.add(words)
            yield words


def _printed(article: Element | None, book: bool) -> dict[str, Any]:
    """Where and when it was printed."""
    place = article.find("Book" if book else "Journal/JournalIssue") if article is not None else None
    when = place.find("PubDate") if place is not None else None
    date = _date(when) or (_date(article.find("ArticleDate")) if article is not None else None)
    year = _YEAR.search(date or "")
    return {
        "journal": _said(article, "Book/BookTitle" if book else "Journal/Title"),
        "journal_abbreviation": _said(article, "Journal/ISOAbbreviation"),
        "date": date,
        "year": int(year[0]) if year else None,
        "volume": _said(place, "Volume"),
        "issue": _said(place, "Issue"),
        "pages": _said(article, "Pagination/MedlinePgn") or _page(article),
    }


def _page(article: Element | None) -> str | None:
    first, last = _said(article, "Pagination/StartPage"), _said(article, "Pagination/EndPage")
    if first:
        return f"{first}-{last}" if last and last != first else first
    for e in article.findall("ELocationID") if article is not None else ():
        if e.get("EIdType") == "pii":
            return text(e)
    return None


def _date(element: Element | None) -> str | None:
    """A date as precise as it is: 2023-05-12, 2023-05, 2023; of `2019 Nov-Dec` and seasons the year only."""
    if element is None:
        return None
    year, month, day = (_said(element, p) for p in ("Year", "Month", "Day"))
    if not year:
        said = _YEAR.search(_said(element, "MedlineDate") or "")
        return said[0] if said else None
    number = f"{int(month):02}" if month and month.isdigit() else MONTHS.get((month or "")[:3].lower())
    if not number:
        return year
    return f"{year}-{number}-{int(day):02}" if day and day.isdigit() else f"{year}-{number}"


def _entered(data: Element | None) -> str | None:
    """The day PubMed took the record in: the date of a record that was never revised."""
    found = data.findall("History/PubMedPubDate") if data is not None else ()
    return next((_date(e) for e in found if e.get("PubStatus") in ("entrez", "pubmed")), None)


def _references(data: Element, citation: Element) -> Iterator[Reference]:
    """Cited works with the span of each in the section `references`, where they stand one a line."""
    at = 0
    lists = [*data.findall("ReferenceList"), *(citation.findall("ReferenceList") if citation is not data else ())]
    found = (e for some in lists for e in some.iter("Reference"))
    cited = ((e, words) for e in found if (words := _said(e, "Citation")))
    for number, (e, words) in enumerate(cited, 1):
        named = {i.get("IdType"): text(i) for i in e.findall("ArticleIdList/ArticleId")}
        year = _YEAR.findall(words)
        yield Reference(
            number,
            words,
            year=int(year[-1]) if len(set(year)) == 1 else None,
            doi=named.get("doi"),
            pmid=named.get("pubmed"),
            start=at,
            end=at + len(words),
        )
        at += len(words) + 1


def _extra(
    citation: Element,
    article: Element | None,
    data: Element | None,
    record_ids: dict[str, str],
    comments: tuple[Json, ...],
) -> Json:
    """The further structured fields that a record has, absent ones left out."""
    when = article.find("Journal/JournalIssue/PubDate") if article is not None else None
    fields: dict[str, Any] = {
        "status": citation.get("Status"),
        "pii": record_ids.get("pii"),
        "publication_status": _said(data, "PublicationStatus"),
        "printed_date": _said(when, "MedlineDate") or _said(when, "Season"),
        "electronic_date": _date(article.find("ArticleDate")) if article is not None else None,
        "history": {
            e.get("PubStatus", "unnamed"): _date(e)
            for e in (data.findall("History/PubMedPubDate") if data is not None else ())
        },
        "issn": _said(article, "Journal/ISSN"),
        "nlm_id": _said(citation, "MedlineJournalInfo/NlmUniqueID"),
        "country": _said(citation, "MedlineJournalInfo/Country"),
        "publisher": _said(article, "Book/Publisher/PublisherName"),
        "authors_full": list(_authors(article, full=True)),
        "languages": list(_texts(article, "Language")),
        "abstract_categories": _categories(article),
        "data_banks": [list(b) for b in _databanks(article)],
        "mesh_major": list(_major(citation)),
        "mesh_supplementary": list(_texts(citation, "SupplMeshList/SupplMeshName")),
        "chemicals": list(_texts(citation, "ChemicalList/Chemical/NameOfSubstance")),
        "grants": list(_texts(article, "GrantList/Grant/GrantID")),
        "conflict_of_interest": _said(citation, "CoiStatement"),
        "copyright": _said(article, "Abstract/CopyrightInformation"),
        "comments": [c for c in comments if c["type"] not in NOTICES],
    }
    return {k: v for k, v in fields.items() if v}


def _categories(article: Element | None) -> dict[str, str]:
    parts = article.findall("Abstract/AbstractText") if article is not None else []
    return {p.get("Label", ""): p.get("NlmCategory", "") for p in parts if p.get("Label") and p.get("NlmCategory")}


def _major(citation: Element) -> Iterator[str]:
    for heading in citation.findall("MeshHeadingList/MeshHeading"):
        name = _said(heading, "DescriptorName")
        if name and any(e.get("MajorTopicYN") == "Y" for e in heading):
            yield name
