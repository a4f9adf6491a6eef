"""Citations of articles and registry records: NLM, AMA, RIS, BibTeX, CSL-JSON and .nbib.

A registry record is a report: its number, the registry and its institution, the date of access (RIS: TY RPRT, SN, PB,
M3, UR, Y2). Retracted papers say so in their title. What breaks importers is written with care: line breaks, braces,
`&`, names in other scripts, group authors, page ranges. No field is made up: what a record lacks is left out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from trialkb import ids
from trialkb.records import Article, Document

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FULL_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
# registry -> (name, institution, place)
REGISTRIES = {
    "ClinicalTrials.gov": ("ClinicalTrials.gov", "National Library of Medicine (US)", "Bethesda (MD)"),
    "ChiCTR": ("Chinese Clinical Trial Registry", "West China Hospital, Sichuan University", "Chengdu"),
    "ISRCTN": ("ISRCTN registry", "BioMed Central", "London"),
    "EU CT": ("EU Clinical Trials Information System", "European Medicines Agency", "Amsterdam"),
    "EudraCT": ("EU Clinical Trials Register", "European Medicines Agency", "Amsterdam"),
    "jRCT": ("Japan Registry of Clinical Trials", "Ministry of Health, Labour and Welfare", "Tokyo"),
    "DRKS": ("German Clinical Trials Register", "Federal Institute for Drugs and Medical Devices", "Bonn"),
    "ANZCTR": ("Australian New Zealand Clinical Trials Registry", "NHMRC Clinical Trials Centre", "Sydney"),
    "CTRI": ("Clinical Trials Registry - India", "ICMR National Institute of Medical Statistics", "New Delhi"),
}
_GROUP = re.compile(
    r"\b(?:group|consortium|committee|investigators?|network|study|stud(?:y|ies)|collaborat\w*|society|association|team"
    r"|cent(?:er|re)|institut\w*|universit\w*|hospital|company|pharma\w*|inc|ltd|trial\w*|foundation)\b|协作组|研究组|委员会|公司|医院",
    re.IGNORECASE,
)
_SHORT = re.compile(r"(?P<family>.+?) (?P<given>[A-Z][A-Z-]{0,4})(?: (?P<suffix>Jr|Sr|2nd|3rd|4th|I{2,3}|IV))?\.?\Z")
_SUFFIX = re.compile(r"(?P<given>.+?),? (?P<suffix>Jr|Sr|2nd|3rd|4th|I{2,3}|IV)\.?\Z")


@dataclass(frozen=True, slots=True)
class Name:
    """A person (family and given names or initials) or a group (family only)."""

    family: str
    given: str | None = None
    suffix: str | None = None
    group: bool = False

    @property
    def initials(self) -> str:
        """The name as NLM writes it.

        >>> Name("Qi", "Changsong").initials, Name("van der Berg", "J-P", "Jr").initials, Name("X Group", group=True).initials
        ('Qi C', 'van der Berg JP Jr', 'X Group')
        """
        if not self.given:
            return self.family
        given = self.given
        letters = (
            given if given.isupper() and len(given) <= 5 else "".join(w[0] for w in re.split(r"[\s.-]+", given) if w)
        )
        return " ".join(x for x in (self.family, letters.replace("-", "").upper(), self.suffix) if x)


@dataclass(frozen=True, slots=True)
class Source:
    """What is cited; `kind` is article, preprint, report (a registry record) or page."""

    id: str
    kind: str
    title: str
    authors: tuple[Name, ...] = ()
    more_authors: bool = False  # the record says "et al."
    journal: str | None = None
    abbreviation: str | None = None
    date: str | None = None  # may be partial
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    url: str | None = None
    registry: str | None = None
    institution: str | None = None
    place: str | None = None
    number: str | None = None
    updated: str | None = None
    accessed: str | None = None
    language: str | None = None
    abstract: str | None = None
    keywords: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    issn: str | None = None
    registry_ids: tuple[str, ...] = ()
    retracted: bool = False
    retraction: str | None = None  # where the retraction stands

    @property
    def key(self) -> str:
        """A citation key that stays the same wherever the source is cited.

        >>> Source("PMID:38830992", "article", "T", (Name("Qi", "C"),), date="2024-08", pmid="38830992").key
        'qi2024_38830992'
        """
        tail = re.sub(r"[^A-Za-z0-9]+", "", self.number or self.pmid or self.doi or self.id)
        if self.kind == "report":
            return tail
        folded = unicodedata.normalize("NFKD", self.authors[0].family if self.authors else "")
        family = re.sub(r"[^a-z]", "", folded.encode("ascii", "ignore").decode().lower())[:20]
        return f"{family}{(self.date or '')[:4]}_{tail}" if family else f"ref{(self.date or '')[:4]}_{tail}"

    @property
    def shown_title(self) -> str:
        """The title, marked where the paper is retracted."""
        marked = self.retracted and "retract" not in self.title.lower()[:14]
        return f"RETRACTED: {self.title}" if marked else self.title

    @property
    def label(self) -> str:
        """Author and year, or the registry number: for tables and plots.

        >>> Source("NCT1", "report", "T", number="NCT1").label
        'NCT1'
        """
        if self.kind == "report" or not (self.authors or self.date):
            return self.number or self.id
        if not self.authors:
            return f"[no author] {(self.date or '')[:4]}"
        first = self.authors[0].family
        return f"{first} {self.date[:4]}" if self.date else first


def source(document: Document, accessed: str | None = None) -> Source:
    """What a document is cited as; `accessed` is the date its record was retrieved (YYYY-MM-DD)."""
    accessed = accessed[:10] if accessed else None
    title = _flat(document.title or "") or document.id
    if document.article:
        return _article(document, document.article, title)
    if document.trial:
        t = document.trial
        found = ids.registry(document.id)
        name, institution, place = REGISTRIES.get(found or "", (found, None, None))
        sponsor = (Name(_flat(t.sponsor), group=True),) if t.sponsor else ()
        return Source(
            document.id, "report", title, sponsor, date=t.first_post_date, url=document.url, registry=name,
            institution=institution, place=place, number=document.id, updated=t.update_date or document.version_date,
            accessed=accessed, language=document.language,
            keywords=tuple(_flat(k) for k in t.conditions), registry_ids=(document.id, *t.secondary_ids),
        )  # fmt: skip
    return Source(document.id, "page", title, url=document.url, accessed=accessed, date=document.version_date)


def _article(document: Document, a: Article, title: str) -> Source:
    full = a.extra.get("authors_full") or a.authors
    names = tuple(name(n) for n in full if not _others(n))
    notice = next((n for n in a.notices if "Retract" in str(n.get("type", "")) and n.get("source")), None)
    abstract = "\n".join(s.text for s in document.sections if s.name.split(":")[0] == "abstract")
    return Source(
        document.id, "preprint" if a.preprint else "article", title.rstrip("."), names,
        bool(names) and (any(_others(n) for n in full) or a.extra.get("authors_complete") is False),
        a.journal, a.journal_abbreviation, a.date or (str(a.year) if a.year else None),
        a.volume, a.issue, a.pages, a.doi, a.pmid, a.pmcid, document.url or (f"https://doi.org/{a.doi}" if a.doi else None),
        language=a.language or document.language, abstract=_flat(abstract) or None, keywords=a.keywords,
        types=a.publication_types, issn=a.extra.get("issn"), registry_ids=a.registry_ids, retracted=a.retracted,
        retraction=str(notice["source"]) if notice else None,
    )  # fmt: skip


def _others(words: str) -> bool:
    return words.lower().strip(" .") in ("et al", "and others", "others", "等")


def name(words: str) -> Name:
    """A name as the record prints it.

    >>> name("Qi C"), name("CARTITUDE Study Group").group, name("齐长松").family
    (Name(family='Qi', given='C', suffix=None, group=False), True, '齐长松')
    """
    words = _flat(words)
    if _GROUP.search(words) and not _SHORT.match(words):
        return Name(words, group=True)
    family, comma, given = words.partition(", ")
    if comma and family and given:
        m = _SUFFIX.match(given)
        return Name(family, m["given"], m["suffix"]) if m else Name(family, given)
    m = _SHORT.match(words)
    if m and not _GROUP.search(m["family"]):
        return Name(m["family"], m["given"], m["suffix"])
    return Name(words, group=True)


def _flat(text: str) -> str:
    """One line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _day(date: str | None, months: tuple[str, ...] = MONTHS) -> str | None:
    """2024-08-02 as NLM writes it, 2024 Aug 2; partial dates stay partial."""
    if not date:
        return None
    parts = date[:10].split("-")
    if len(parts) == 1 or not all(p.isdigit() for p in parts):
        return date
    return " ".join([parts[0], months[int(parts[1]) - 1], *(str(int(p)) for p in parts[2:3])])


def _stop(text: str) -> str:
    return text if text.endswith((".", "?", "!", "。")) else text + "."


def nlm(s: Source) -> str:
    """The citation in NLM (Vancouver) style, all authors, one line."""
    if s.kind == "report":
        dates = [
            f"updated {_day(s.updated)}" if s.updated else None,
            f"cited {_day(s.accessed)}" if s.accessed else None,
        ]
        bracket = "; ".join(d for d in dates if d)
        head = ". ".join(x for x in (f"{s.registry or 'Registry'} [Internet]", _press(s)) if x)
        first = f"; {_day(s.date)}" if s.date else ""
        shown = f" [{bracket}]" if bracket else ""
        return f"{head}. Identifier {s.number}, {s.shown_title}{first}{shown}. Available from: {s.url}" if s.url else (
            f"{head}. Identifier {s.number}, {s.shown_title}{first}{shown}."
        )  # fmt: skip
    people = [n.initials for n in s.authors] + (["et al"] if s.more_authors else [])
    pieces = [_stop(", ".join(people)) if people else None, _stop(s.shown_title)]
    if s.journal or s.abbreviation:
        pieces.append(_stop(s.abbreviation or s.journal or "") + " " + _place(s, _day(s.date)))
    elif s.date:
        pieces.append(_stop(_day(s.date) or ""))
    if s.kind == "preprint":
        pieces.append("Preprint.")
    pieces.append(f"doi: {s.doi}." if s.doi else None)
    codes = [f"PMID: {s.pmid}" if s.pmid else None, f"PMCID: {s.pmcid}" if s.pmcid else None]
    pieces.append("; ".join(c for c in codes if c) + "." if any(codes) else None)
    if s.retracted:
        pieces.append(f"Retraction in: {_stop(s.retraction)}" if s.retraction else "Retracted.")
    if s.kind == "page":
        pieces.append(f"[cited {_day(s.accessed)}]." if s.accessed else None)
        pieces.append(f"Available from: {s.url}" if s.url else None)
    return " ".join(p for p in pieces if p)


def _press(s: Source) -> str | None:
    return ": ".join(x for x in (s.place, s.institution) if x) or None


def _place(s: Source, date: str | None) -> str:
    """2024 Aug;30(8):2224-2234."""
    volume = f"{s.volume or ''}{f'({s.issue})' if s.issue else ''}"
    out = date or ""
    out += f";{volume}" if volume else ""
    out += f":{s.pages}" if s.pages else ""
    return out + "."


def ama(s: Source) -> str:
    """The citation in AMA (11th edition) style: six authors, or the first three and et al."""
    if s.kind == "report":
        updated = f" Updated {_long(s.updated)}." if s.updated else ""
        accessed = f" Accessed {_long(s.accessed)}." if s.accessed else ""
        where = f" {s.url}" if s.url else ""
        return f"{_stop(s.shown_title)} {s.registry or 'Registry'} identifier: {s.number}.{updated}{accessed}{where}"
    people = [n.initials for n in s.authors]
    if len(people) > 6 or s.more_authors:
        people = [*people[:3], "et al"]
    pieces = [_stop(", ".join(people)) if people else None, _stop(s.shown_title)]
    if s.journal or s.abbreviation:
        pieces.append(_stop(s.abbreviation or s.journal or "") + " " + _place(s, (s.date or "")[:4] or None))
    if s.kind == "preprint":
        pieces.append("Preprint.")
    if s.kind == "page" and s.accessed:
        pieces.append(f"Accessed {_long(s.accessed)}.")
    pieces.append(f"doi:{s.doi}" if s.doi else s.url if s.kind == "page" else None)
    return " ".join(p for p in pieces if p)


def _long(date: str | None) -> str | None:
    """2026-08-22 as AMA writes it, August 22, 2026."""
    if not date:
        return None
    parts = date[:10].split("-")
    if len(parts) == 1 or not all(p.isdigit() for p in parts):
        return date
    month = FULL_MONTHS[int(parts[1]) - 1]
    return f"{month} {parts[0]}" if len(parts) == 2 else f"{month} {int(parts[2])}, {parts[0]}"
