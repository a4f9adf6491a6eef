"""Context: the views of a document that the fact extractors read, and the words around a mention.

A view is a section with its normalised text and a rank: `name` (title, interventions, arms: what the study is about),
`text` (summary, abstract, body), `more` (description, keywords), `criteria`, `list` (structured lists). In running text
the part under a background heading, up to the next heading, is `background`: it speaks of other studies.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from trialkb import products
from trialkb.products import Product
from trialkb.records import Document, Finding, Json, Origin
from trialkb.terms import Mention, mentions
from trialkb.text import Normal

from ._plain import normal

KINDS = frozenset({"target", "modality", "indication"})
_RANK = {
    "title": "name",
    "official_title": "name",
    "acronym": "name",
    "interventions": "name",
    "arms": "name",
    "summary": "text",
    "abstract": "text",
    "abstract_zh": "text",
    "body": "text",
    "text": "text",
    "description": "more",
    "keywords": "list",
    "conditions": "list",
    "phases": "list",
    "design": "list",
    "eligibility": "criteria",
}
_BACKGROUND = re.compile(r"background|introduction|importance|rationale|purpose of review|背景|引言|前言", re.I)
_HEADING = re.compile(
    r"(?:(?<=\n)|(?<=\. )|(?<=。)|(?<=\*\*)|^)[\s*#]*"
    r"(?P<h>Background(?: and (?:aims?|objectives?|purpose))?|Introduction|Importance|Rationale|Purpose|Objectives?|"
    r"Aims?|"
    r"(?:Patients?|Materials?|Subjects?) and methods?|(?:Trial |Study )?(?:Methods?|Design)|Experimental design|"
    r"Results?|Findings|Conclusions?|Interpretation|Discussion|Evidence review|背景|目的|方法|结果|结论)"
    r"\s*(?:[:：*]|\n)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class View:
    """One stretch of a section: normalised text `[start:end]` of it is what this view is about."""

    section: str
    normal: Normal
    rank: str
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.normal.text[self.start : self.end]


@lru_cache(maxsize=256)
def read(text: str) -> Normal:
    """The normalised text, kept for the other extractors that read the same section."""
    return normal(text)


@lru_cache(maxsize=256)
def read_lines(text: str) -> Normal:
    """The same for a list: every line by itself, so that no two items grow together."""
    if text.isascii():
        return Normal(text, array("l", range(len(text))), array("l", range(1, len(text) + 1)))
    out: list[str] = []
    starts, ends, at = array("l"), array("l"), 0
    for row in text.splitlines(keepends=True):
        words = row.rstrip("\r\n")
        row_form = normal(words)
        out.append(row_form.text + "\n" * (len(row) > len(words)))
        starts.extend(at + s for s in row_form.starts)
        ends.extend(at + e for e in row_form.ends)
        if len(row) > len(words):
            starts.append(at + len(words))
            ends.append(at + len(row))
        at += len(row)
    return Normal("".join(out), starts, ends)


@lru_cache(maxsize=256)
def named(text: str) -> tuple[Mention, ...]:
    """Targets, modalities and indications named in a normalised text."""
    return tuple(mentions(text, KINDS))


def products_in(view: View) -> list[tuple[Product, int, int]]:
    """Products named in a view, with their spans in its normalised text."""
    return [(p, a, b) for p, a, b in products.named(view.normal.text) if view.start <= a and b <= view.end]


_CELLULAR = re.compile(
    r"(?<![A-Za-z])(?:[\w.-]{0,24}[\d.-])?CARs?(?![A-Za-z])|CAR[\s-]?(?:[TtNM]|\d)|CARTs?(?![A-Za-z])|CAR(?:vac|\d+-T)|[Cc]himeric|"
    r"\b\w{0,24}TCRs?\b|leucel|[Cc]ell [Rr]eceptor|[Aa]doptive|[Cc]ell(?:ular)?[- ](?:immuno)?[Tt]herap|\bTILs?\b|"
    r"[Ii]nfiltrating [Ll]ymph|CTLs?\b|VSTs?\b|[Cc]yto(?:toxic T|kine[- ]induced)|donor lymphocyte|[Tt]argeted [Cc]ells?\b|"
    r"(?:[Ee]ngineered|[Mm]odified|[Tt]ransduced|[Ss]pecific|[Rr]edirected|[Tt]argeted|[Dd]irected|[Aa]nti\S{0,24})[- ]"
    r"(?:\w+[- ]){0,2}(?:T|NK|NKT|[Ww]hite [Bb]lood|[Ll]ymphocyte|[Ii]mmune [Cc]ell)|"
    r"(?:[Cc]ells?|[Ll]ymphocytes?)\)?,? (?:[Ii]nfus|[Ii]nject|"
    r"[Pp]roduct|[Tt]ransf|[Tt]arget|[Ee]ngineer|[Tt]reatment|in [Tt]reat)|"
    r"嵌合|细胞(?:治疗|疗法|输注|回输|注射)|(?:T|NK|CIK)\s?细胞"
)


def is_cellular(document: Document) -> bool:
    """Whether titles, interventions or texts speak of cells given as a therapy, or of their receptors."""
    return any(_CELLULAR.search(read(s.text).text) for s in document.sections if s.text and _rank(s.name) in _SPEAKS)


_SPEAKS = frozenset({"name", "text", "more", "background", "list"})


def _rank(section: str) -> str | None:
    if section.startswith("abstract:"):
        return "background" if _BACKGROUND.search(section) else "text"
    return _RANK.get(section) or _RANK.get(section.removesuffix("_zh"))


@lru_cache(maxsize=256)
def _stretches(text: str) -> tuple[tuple[int, int, bool], ...]:
    """(start, end, is background) of the parts of a running text, by its own headings."""
    marks = [(m.start(), bool(_BACKGROUND.search(m["h"]))) for m in _HEADING.finditer(text)]
    if not any(b for _, b in marks):
        return ((0, len(text), False),)
    bounds = [(0, False), *marks] if not marks or marks[0][0] > 0 else marks
    ends = [*(s for s, _ in bounds[1:]), len(text)]
    return tuple((s, e, b) for (s, b), e in zip(bounds, ends, strict=True) if e > s)


def views(document: Document) -> Iterator[View]:
    """The document's views in reading order; sections that say nothing of the study itself are left out."""
    for section in document.sections:
        rank = _rank(section.name)
        if rank is None or not section.text:
            continue
        normal = read_lines(section.text) if rank == "list" or section.name == "interventions" else read(section.text)
        if rank == "text":
            for start, end, background in _stretches(normal.text):
                yield View(section.name, normal, "background" if background else rank, start, end)
        else:
            yield View(section.name, normal, rank, 0, len(normal.text))


def lines(view: View) -> Iterator[tuple[int, int]]:
    """Spans of the lines of a list section, in the normalised text."""
    for m in re.finditer(r"[^\n]+", view.normal.text):
        yield m.start(), m.end()


def finding(
    document: Document,
    view: View,
    field: str,
    value: str,
    start: int,
    end: int,
    rule: str,
    *,
    origin: Origin = "text",
    confidence: float | None = None,
    detail: Json | None = None,
) -> Finding:
    """A finding for normalised [start:end] of a view, with the span of the stored text."""
    a, b = view.normal.span(start, end)
    return Finding(field, value, document.id, view.section, a, b, rule, origin, confidence, detail)


_STOP = re.compile(r"[.;!?。；！？]\s|\n|[。；！？]")


def around(text: str, start: int, end: int, width: int = 90) -> tuple[str, str]:
    """The words before and after [start:end] inside its sentence, at most `width` characters each.

    >>> around("No. It binds CD19 well. Yes", 13, 17)
    ('It binds ', ' well')
    """
    left, right = text[max(0, start - width) : start], text[end : end + width]
    cut = 0
    for m in _STOP.finditer(left):
        cut = m.end()
    stop = _STOP.search(right)
    return left[cut:], right[: stop.start()] if stop else right
