"""Citation files for reference managers: RIS, BibTeX, CSL-JSON and .nbib of the sources of `_cite`."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from ._cite import MONTHS, Name, Source


def _split_pages(pages: str | None) -> tuple[str | None, str | None]:
    """First and last page, the last one written out.

    >>> _split_pages("2224-34"), _split_pages("e12"), _split_pages(None)
    (('2224', '2234'), ('e12', None), (None, None))
    """
    if not pages:
        return None, None
    first, mark, last = pages.replace("–", "-").partition("-")
    first, last = first.strip(), last.strip()
    if mark and first.isdigit() and last.isdigit() and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return first, last or None


def _person(n: Name) -> str:
    """Family, Given, Suffix; a group by its name."""
    return n.family if n.group or not n.given else ", ".join(x for x in (n.family, n.given, n.suffix) if x)


# -- RIS -----------------------------------------------------------------------------------------------------------


def ris(sources: Iterable[Source]) -> str:
    """RIS records; a registry record is a RPRT with its number in SN."""
    return "\n".join("\n".join(f"{tag}  - {value}" for tag, value in _ris(s)) + "\nER  - \n" for s in sources)


def _ris(s: Source) -> Iterator[tuple[str, str]]:
    report = s.kind == "report"
    yield "TY", {"article": "JOUR", "preprint": "UNPB", "report": "RPRT"}.get(s.kind, "ELEC")
    yield "ID", s.key
    for n in s.authors:
        yield "AU", _person(n)
    first, last = _split_pages(s.pages)
    rest = (
        ("TI", s.shown_title), ("T2", s.journal), ("J2", s.abbreviation), ("PY", (s.date or "")[:4]),
        ("DA", _slashes(s.date)), ("VL", s.volume), ("IS", s.issue), ("SP", first), ("EP", last),
        ("DO", s.doi), ("AN", s.pmid), ("C2", s.pmcid), ("SN", s.number if report else s.issn),
        ("PB", s.institution), ("CY", s.place), ("DB", s.registry),
        ("M3", "Clinical trial registration" if report else None), ("UR", s.url), ("Y2", _slashes(s.accessed)),
        ("LA", s.language), ("AB", s.abstract), *(("KW", k) for k in s.keywords),
        ("N1", "et al." if s.more_authors else None), ("N1", _mark(s)),
    )  # fmt: skip
    yield from ((tag, value) for tag, value in rest if value)


def _mark(s: Source) -> str | None:
    if not s.retracted:
        return None
    return f"RETRACTED. Retraction in: {s.retraction}" if s.retraction else "RETRACTED"


def _slashes(date: str | None) -> str | None:
    """2026-08-22 as RIS writes it: 2026/08/22/."""
    if not date:
        return None
    parts = date[:10].split("-")
    return "/".join([*parts, "", "", ""][:3]) + "/"


# -- BibTeX --------------------------------------------------------------------------------------------------------

_LATEX = {
    "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "&": r"\&", "%": r"\%",
    "$": r"\$", "#": r"\#", "_": r"\_", "~": r"{\textasciitilde}", "^": r"{\textasciicircum}",
}  # fmt: skip


def _latex(text: str) -> str:
    """Text with the characters that TeX would read as commands escaped; braces stay balanced."""
    return "".join(_LATEX.get(c, c) for c in text)


def bibtex(sources: Iterable[Source]) -> str:
    """BibTeX entries: article, techreport (a registry record) or misc; UTF-8."""
    return "\n".join(_entry(s) for s in sources)


def _entry(s: Source) -> str:
    kind = {"article": "article", "report": "techreport"}.get(s.kind, "misc")
    people = [f"{{{_latex(n.family)}}}" if n.group or not n.given else _bib_person(n) for n in s.authors]
    first, last = _split_pages(s.pages)
    month = MONTHS[int(s.date[5:7]) - 1].lower() if s.date and re.match(r"\d{4}-\d\d", s.date) else None
    fields = [
        ("author", " and ".join(people + (["others"] if s.more_authors else [])) or None),
        ("title", f"{{{_latex(s.shown_title)}}}"),
        ("journal", _latex(s.journal) if s.journal else None),
        ("year", (s.date or "")[:4] or None),
        ("volume", s.volume),
        ("number", s.number or s.issue),
        ("pages", f"{first}--{last}" if last else first),
        ("institution", _latex(", ".join(x for x in (s.registry, s.institution) if x)) or None),
        ("type", "Clinical trial registration" if s.kind == "report" else None),
        ("howpublished", "Preprint" if s.kind == "preprint" else None),
        ("doi", s.doi),
        ("pmid", s.pmid),
        ("pmcid", s.pmcid),
        ("url", s.url),
        ("urldate", s.accessed),
        ("note", _latex(_mark(s) or "") or None),
    ]
    lines = [f"  {name} = {{{value}}}," for name, value in fields if value]
    if month:
        lines.append(f"  month = {month},")
    return f"@{kind}{{{s.key},\n" + "\n".join(lines) + "\n}\n"


def _bib_person(n: Name) -> str:
    """von Family, Jr, Given: a family of several words is kept whole by braces."""
    family = _latex(n.family)
    family = f"{{{family}}}" if " " in n.family or "," in n.family else family
    return ", ".join(_latex(x) if i else family for i, x in enumerate((n.family, n.suffix, n.given)) if x)


# -- CSL-JSON ------------------------------------------------------------------------------------------------------


def csl(sources: Iterable[Source]) -> list[dict[str, Any]]:
    """CSL-JSON items."""
    return [_item(s) for s in sources]


def csl_text(sources: Iterable[Source]) -> str:
    return json.dumps(csl(sources), ensure_ascii=False, indent=1)


def _item(s: Source) -> dict[str, Any]:
    kinds = {"article": "article-journal", "preprint": "article", "report": "report"}
    item = {
        "id": s.key,
        "type": kinds.get(s.kind, "webpage"),
        "title": s.shown_title,
        "author": [_csl_name(n) for n in s.authors],
        "container-title": s.journal or (s.registry if s.kind == "report" else None),
        "container-title-short": s.abbreviation,
        "issued": _parts(s.date),
        "volume": s.volume,
        "issue": s.issue,
        "page": s.pages,
        "DOI": s.doi,
        "PMID": s.pmid,
        "PMCID": s.pmcid,
        "ISSN": s.issn,
        "URL": s.url,
        "accessed": _parts(s.accessed),
        "number": s.number,
        "publisher": s.institution,
        "publisher-place": s.place,
        "genre": {"report": "Clinical trial registration", "preprint": "Preprint"}.get(s.kind),
        "language": s.language,
        "abstract": s.abstract,
        "note": "; ".join(x for x in (_mark(s), "et al." if s.more_authors else None) if x),
    }
    return {k: v for k, v in item.items() if v}


def _csl_name(n: Name) -> dict[str, str]:
    if n.group or not n.given:
        return {"literal": n.family}
    return {"family": n.family, "given": n.given} | ({"suffix": n.suffix} if n.suffix else {})


def _parts(date: str | None) -> dict[str, list[list[int]]] | None:
    parts = (date or "")[:10].split("-")
    return {"date-parts": [[int(p) for p in parts]]} if all(p.isdigit() for p in parts) and parts[0] else None


# -- nbib ----------------------------------------------------------------------------------------------------------


def nbib(sources: Iterable[Source]) -> str:
    """MEDLINE (.nbib) records; long values go on in lines of six blanks."""
    return "\n".join("".join(_tagged(tag, value) for tag, value in _nbib(s)) for s in sources)


def _tagged(tag: str, value: str) -> str:
    lines = textwrap.wrap(value, 84, break_long_words=False, break_on_hyphens=False) or [""]
    return f"{tag:<4}- " + "\n      ".join(lines) + "\n"


def _nbib(s: Source) -> Iterator[tuple[str, str]]:
    rest: list[tuple[str, str | None]] = [
        ("PMID", s.pmid), ("DP", _spaced(s.date)), ("TI", s.shown_title), ("PG", s.pages),
        ("LID", f"{s.doi} [doi]" if s.doi else None), ("AB", s.abstract),
    ]  # fmt: skip
    for n in s.authors:
        rest += [("CN", n.family)] if n.group else [("FAU", _person(n)), ("AU", n.initials)]
    number = f"{s.registry or ''}/{s.number}".strip("/") if s.number else None
    linked = [f"{i}" for i in s.registry_ids if i != s.number]
    rest += [
        ("LA", {"en": "eng", "zh": "chi"}.get(s.language or "", s.language)),
        *(("SI", x) for x in (number, *linked)), *(("PT", t) for t in s.types),
        ("PT", "Clinical Trial Registration" if s.kind == "report" else None),
        ("PT", "Preprint" if s.kind == "preprint" and "Preprint" not in s.types else None),
        ("PT", "Retracted Publication" if s.retracted and "Retracted Publication" not in s.types else None),
        ("PB", s.institution), ("PL", s.place), ("TA", s.abbreviation), ("JT", s.journal or s.registry),
        ("IS", s.issn), ("VI", s.volume), ("IP", s.issue), ("PMC", s.pmcid),
        ("AID", f"{s.doi} [doi]" if s.doi else None), ("OT", None), *(("OT", k) for k in s.keywords),
        ("RIN", s.retraction), ("URL", s.url if s.kind != "article" else None),
        ("DA", (s.accessed or "").replace("-", "/") or None),
    ]  # fmt: skip
    yield from ((tag, value) for tag, value in rest if value)


def _spaced(date: str | None) -> str | None:
    """2024-08-02 as MEDLINE writes it: 2024 Aug 2."""
    m = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", date or "")
    if not m:
        return None
    return " ".join(x for x in (m[1], MONTHS[int(m[2]) - 1] if m[2] else "", str(int(m[3])) if m[3] else "") if x)
