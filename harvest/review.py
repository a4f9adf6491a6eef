"""Review article as text (from a PDF, a web page, a word processor): abstract, body, trial tables, references.

Chinese or English. Lines are joined, running heads left out; `article.extra["places"]` leads from every section back
to the source (`[place in section, place in source, length]`). Citation marks are linked to the references, table rows
hold target, phase, id and sponsor, and trial ids in the prose keep their place. What a review reports of trials
belongs to those trials, never to the review. Traps: tables stand in the middle of a sentence; a mark may stand on a
line of its own; the target column is filled in the first row only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any

from trialkb import ids
from trialkb.errors import BadInput
from trialkb.records import Article, Document, Reference, Section
from trialkb.text import HAN, language

from . import _references, _trial_rows
from ._tables import decode, head_text
from ._wrapped import Joined, Line, flow, furniture, join, joint, tight
from ._wrapped import lines as wrapped

PRIORITY = 3
_ABSTRACT_ZH = re.compile(r"[【\[]?摘\s*要[】\]]?\s*[:：]?\s*")
_ABSTRACT = re.compile(r"(?:\[?abstract\]?|summary)\s*[:：]?\s*", re.IGNORECASE)
_KEYWORDS_ZH = re.compile(r"[【\[]?关\s*键\s*词[】\]]?\s*[:：]?\s*")
_KEYWORDS = re.compile(r"\[?key\s?words?\]?\s*[:：]?\s*", re.IGNORECASE)
_REFERENCES = re.compile(
    r"[\[【]?\s*(?:参\s*考\s*文\s*献|references|bibliography|literature cited)\s*[\]】]?\s*[:：]?\Z", re.IGNORECASE
)
_HEADING = re.compile(r"(?P<n>\d{1,2}(?:\.\d{1,2}){0,2})[.、]?[\s\u3000]+(?P<words>[^\d\s].{0,70})\Z")
_CAPTION = re.compile(
    r"(?P<n>(?:图|表|figure|fig\.?|table)\s*\d{1,2})[.:：]?[\s\u3000]+(?P<words>\S.{0,120})\Z", re.IGNORECASE
)
_MARK = re.compile(r"\[\s*(\d{1,3}(?:\s*[-–—~,，、]\s*\d{1,3})*)\s*\]")
_AUTHOR = re.compile(r"(?P<name>[^\W\d_](?:[^\W\d_]|[.'’-])+(?: (?:[^\W\d_]|[.'’-])+){0,3})\s?(?P<marks>[\d,*†#]*)\Z")
_ISSUE = re.compile(
    r"第\s*(\d+)\s*卷|第\s*(\d+)\s*期|\bvol(?:ume)?\.?\s*(\d+)|\b(?:no|issue)\.?\s*(\d+)", re.IGNORECASE
)
_JOURNAL = re.compile(rf"\A\s*\d*\s*([{HAN}]{{2,20}}?)\s*第\s*\d+\s*[卷期]")
_HAN = re.compile(f"[{HAN}]")
_STOPS = "。，；：,;:."


@dataclass(slots=True)
class Parts:
    """The lines of a review by what they are."""

    top: list[Line] = field(default_factory=list)  # titles, authors, affiliations
    abstract: list[Line] = field(default_factory=list)
    abstract_zh: list[Line] = field(default_factory=list)
    keywords: list[Line] = field(default_factory=list)
    keywords_zh: list[Line] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    references: list[Line] = field(default_factory=list)
    headings: dict[int, tuple[str, str]] = field(default_factory=dict)  # by place of the line: number, words
    captions: list[Line] = field(default_factory=list)
    tables: list[tuple[Line, list[str], list[Line]]] = field(default_factory=list)  # caption, columns, lines
    furniture: list[Line] = field(default_factory=list)


def recognise(head: bytes, name: str) -> str | None:
    """Why a text is a review article, or None."""
    text = head_text(head)
    if text is None or text.lstrip()[:1] in ("{", "<", "%", "@"):
        return None
    lines = wrapped(text)
    marks = len({m[1] for m in _MARK.finditer(text)})
    references = any(_REFERENCES.match(line.text) for line in lines)
    abstract = any(_ABSTRACT_ZH.match(line.text) or _ABSTRACT.match(line.text) for line in lines[:60])
    headings = sum(bool(_HEADING.match(line.text)) for line in lines)
    if marks >= 3 and (references or abstract) and (references or headings >= 2):
        said = [
            f"{marks} citation marks",
            f"{headings} numbered headings",
            "a reference list" if references else "an abstract",
        ]
        return "it has " + ", ".join(said)
    return None


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The review of a text. Raises BadInput where it has no body."""
    yield document(decode(data, name), "review", name)


def document(text: str, source: str, name: str = "", raw: bytes | None = None) -> Document:
    """The Document of a review's text (form feeds, where there are any, end its pages). Raises BadInput."""
    parts = _parts(text)
    if not parts.body:
        raise BadInput(f"{name}: expected the text of a review, found no body")
    places: dict[str, list[list[int]]] = {}
    texts: dict[str, str] = {}
    titles, authors, affiliations = _top(parts.top)
    for key, held in (("abstract", parts.abstract), ("abstract_zh", parts.abstract_zh)):
        _keep(texts, places, key, join(held))
    body, headings = _body(parts)
    _keep(texts, places, "body", body)
    tables, rows = _tables(parts, texts, places)
    section, references = _references.parse(parts.references, _references.vocabulary(text))
    _keep(texts, places, "references", section)
    keywords = _keywords(parts)
    texts |= {"title": titles[0] if titles else "", "title_zh": titles[1] if len(titles) > 1 else "",
              "keywords": "\n".join(keywords), "captions": "\n".join(c.text for c in parts.captions)}  # fmt: skip
    order = ("title", "title_zh", "keywords", "abstract", "abstract_zh", "body", "captions", *tables, "references")
    sections = tuple(Section(n, texts[n], language(texts[n])) for n in order if texts.get(n))
    extra: dict[str, Any] = {
        "headings": headings,
        "captions": [_caption(c) for c in parts.captions],
        "trials": rows,
        "citations": _citations(texts["body"], references),
        "mentions": [{"id": i.id, "start": i.start, "end": i.end} for i in ids.find(texts["body"])],
        "furniture": [[x.start, x.end] for x in parts.furniture],
        "places": places,
    }
    journal, volume, issue = _running(parts.furniture)
    id = f"text:{sha1(text.strip().encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    article = Article(
        id, authors=authors, affiliations=affiliations, journal=journal, volume=volume, issue=issue, keywords=tuple(keywords),
        registry_ids=(), publication_types=("Review",), references=tuple(references),
        extra={k: v for k, v in extra.items() if v},
    )  # fmt: skip
    return Document(
        id, "review", source, sections, raw if raw is not None else text.encode("utf-8", "surrogatepass"),
        title=titles[0] if titles else None, language=language(texts["body"]), article=article,
    )  # fmt: skip


def _keep(texts: dict[str, str], places: dict[str, list[list[int]]], name: str, joined: Joined) -> None:
    if joined.text:
        texts[name], places[name] = joined.text, joined.runs


def _parts(text: str) -> Parts:
    """Every line put where it belongs, in one pass from top to bottom."""
    held = wrapped(text)
    left_out = furniture(text, held)
    parts = Parts(furniture=[x for x in held if x.start in left_out])
    held = [x for x in held if x.start not in left_out]
    at = "top"
    n = 0
    last: tuple[int, ...] = (0,)
    while n < len(held):
        line = held[n]
        begun = _begins(line, at)
        if begun:
            at, line = begun
        elif at in ("abstract_zh", "keywords_zh") and not _HAN.search(line.text) and _is_title(held, n):
            at = "top"
        elif at in ("abstract", "keywords", "abstract_zh", "keywords_zh", "top") and _body_begins(
            parts, line, at, held, n
        ):
            at = "body"
        if at == "body":
            if (caption := _CAPTION.match(line.text)) and _is_caption(caption):
                n = _captioned(parts, held, n)
                continue
            if (heading := _HEADING.match(line.text)) and (number := _goes_on(heading, last)):
                last = number
                parts.headings[line.start] = (heading["n"], heading["words"].strip())
        if line.text:
            getattr(parts, at).append(line)
        n += 1
    return parts


def _begins(line: Line, at: str) -> tuple[str, Line] | None:
    """The part that a line begins, and what of it follows the mark."""
    if _REFERENCES.match(line.text):
        return "references", Line("", line.end)
    if at in ("body", "references"):
        return None
    for name, pattern in (("abstract_zh", _ABSTRACT_ZH), ("keywords_zh", _KEYWORDS_ZH), ("abstract", _ABSTRACT),
                          ("keywords", _KEYWORDS)):  # fmt: skip
        m = pattern.match(line.text)
        if m and (m.end() == len(line.text) or re.search(r"[:：\]】]\s*\Z", m[0])):
            return name, Line(line.text[m.end() :], line.start + m.end())
    return None


def _is_title(held: list[Line], n: int) -> bool:
    """Whether a Latin line after the Chinese abstract is a title: a list of authors follows within three lines."""
    return any(_authors(x.text) for x in held[n + 1 : n + 4])


def _body_begins(parts: Parts, line: Line, at: str, held: list[Line], n: int) -> bool:
    """Whether the running text begins here: a numbered heading, or another script than the part before it."""
    if _HEADING.match(line.text) and _HEADING.match(line.text)["n"] in ("0", "1"):  # type: ignore[index]
        return bool(parts.abstract or parts.abstract_zh)
    if re.match(r"(?:introduction|引言|前言)\s*\Z", line.text, re.IGNORECASE):
        return True
    if at == "keywords":
        return bool(_HAN.search(line.text)) or len(line.text) > 60
    if at == "keywords_zh":
        return len(line.text) > 30 and line.text[-1] not in "；;" and bool(parts.keywords_zh)
    if at == "abstract" and parts.abstract:
        return bool(_HAN.search(line.text)) and not _KEYWORDS_ZH.match(line.text)
    return False


def _goes_on(heading: re.Match[str], last: tuple[int, ...]) -> tuple[int, ...] | None:
    """The number of a heading where it follows the last one: 2 after 1.3, 2.1 after 2, 2.2 after 2.1."""
    words = heading["words"]
    if words[-1] in _STOPS or "。" in words or "，" in words:
        return None
    number = tuple(int(x) for x in heading["n"].split("."))
    for depth in range(len(last) + 1):
        due = (*last[:depth], (last[depth] if depth < len(last) else 0) + 1)
        if number == due or (not any(last) and number == (0,)):
            return number
    return None


def _is_caption(m: re.Match[str]) -> bool:
    words = m["words"]
    prose = re.match(r"[列示显给中为展总汇]|lists?\b|shows?\b|summar", words)
    return words[-1] not in "，,；;、" and "。" not in words and not prose


def _captioned(parts: Parts, held: list[Line], n: int) -> int:
    """Take in a caption, and the table below it where it is one of trials; the number of the next line."""
    caption = held[n]
    n += 1
    found: list[Line] = []
    columns: list[str] = []
    if re.match(r"表|table", caption.text, re.IGNORECASE):
        while n < len(held):
            line = held[n]
            if header := _trial_rows.order(line.text):
                columns = columns or header
            elif not (len(list(ids.find(line.text))) == 1 and len(line.text) < 160 and line.text[-1] not in "。，") and not (
                found and _hangs(found, held, n)
            ) and not _trial_rows.CONTINUED.match(line.text):  # fmt: skip
                break
            found.append(line)
            n += 1
    if columns or len(found) > 1:
        parts.tables.append((caption, columns, found))
    elif found:
        n -= len(found)
    parts.captions.append(caption)
    return n


def _hangs(found: list[Line], held: list[Line], n: int) -> bool:
    """Whether a line is the rest of a table's cell: an open bracket above, or short with another row below it."""
    above, line = found[-1].text, held[n].text
    if above.count("(") + above.count("（") > above.count(")") + above.count("）"):
        return len(line) < 40
    below = held[n + 1].text if n + 1 < len(held) else ""
    return (
        len(line) <= 16 and bool(re.search(r"NCT\d{8}|ChiCTR\d", below)) and len(below) < 160 and line[-1] not in "。，"
    )


def _top(held: list[Line]) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
    """(titles: English first, authors, affiliations) of the lines above and between the abstracts."""
    titles: dict[str, str] = {}
    authors: tuple[str, ...] = ()
    places = ""
    for line in held:
        words = line.text
        if names := _authors(words):
            authors = names if not authors or names[0].isascii() else authors
        elif places and not places.rstrip().endswith((")", "）")):
            places += joint(places, words) + words
        elif words[0] in "(（" and re.search(r"\d", words[:3]):
            places += ("; " if places else "") + words
        elif not authors or _HAN.search(words):
            tongue = "zh" if _HAN.search(words) else "en"
            titles[tongue] = (
                f"{titles[tongue]} {words}" if tongue in titles and tongue == "en" else titles.get(tongue, words)
            )
    found = [x.strip(" ;；,，()（）") for x in re.split(r"[;；]", places.strip("()（）"))]
    return (
        [titles[t] for t in ("en", "zh") if t in titles], authors,
        tuple(re.sub(r"\A\d+[.\s]*", "", x) for x in found if x),
    )  # fmt: skip


def _authors(words: str) -> tuple[str, ...]:
    """The names of a line of authors: two or more, parted by commas, marks of affiliation behind them; else ()."""
    pieces = [p for p in re.split(r"[,，、;；]\s*(?![\d*])", words.strip(" .")) if p.strip()]
    found = [_AUTHOR.match(p.strip()) for p in pieces]
    if len(pieces) < 2 or not all(found) or not any(m and m["marks"] for m in found):
        return ()
    return tuple(m["name"].strip() for m in found if m)


def _keywords(parts: Parts) -> list[str]:
    out = []
    for held in (parts.keywords, parts.keywords_zh):
        out += [k.strip() for k in re.split(r"[;；]", join(held).text) if k.strip()]
    return out


def _body(parts: Parts) -> tuple[Joined, list[dict[str, Any]]]:
    """The running text, headings on lines of their own, and where they stand."""
    out = Joined()
    headings: list[dict[str, Any]] = []
    fresh, near = False, tight(parts.body)
    for line, ends in flow(parts.body):
        if line.start in parts.headings:
            number, words = parts.headings[line.start]
            start, end = out.add(line, "\n")
            headings.append({"number": number, "words": words, "start": start, "end": end})
            fresh = True
        else:
            out.add(line, "\n" if fresh else joint(out.text, line.text, near))
            fresh = ends
    return out, headings


def _tables(
    parts: Parts, texts: dict[str, str], places: dict[str, list[list[int]]]
) -> tuple[list[str], list[dict[str, Any]]]:
    """A section a table (caption, then one row a line), and its trials with the place of each in it."""
    names: list[str] = []
    trials: list[dict[str, Any]] = []
    for n, (caption, columns, held) in enumerate(parts.tables, 1):
        section = Joined()
        section.add(caption, "")
        spans = {line.start: section.add(line, "\n") for line in held}
        for row in _trial_rows.rows(held, columns):
            start, end = spans[row.line.start]
            trials.append({
                "table": f"table:{n}", "row": len(trials) + 1, "id": row.id, "target": row.target, "phases": list(row.phases),
                "sponsor": row.sponsor, "product": row.product, "carried": row.carried, "start": start, "end": end,
                "id_start": start + row.id_span[0], "id_end": start + row.id_span[1],
            })  # fmt: skip
        names.append(f"table:{n}")
        _keep(texts, places, names[-1], section)
    return names, trials


def _caption(line: Line) -> dict[str, Any]:
    m = _CAPTION.match(line.text)
    assert m
    return {"label": re.sub(r"\s+", "", m["n"]), "words": m["words"].strip(), "place": [line.start, line.end]}


def _citations(body: str, references: list[Reference]) -> list[dict[str, Any]]:
    """Citation marks of the body and the numbers of the references they name; a number not in the list is left out."""
    known = {r.number for r in references}
    return [
        {"start": m.start(), "end": m.end(), "numbers": [n for n in numbers(m[1]) if n in known]}
        for m in _MARK.finditer(body)
    ]


def numbers(mark: str) -> list[int]:
    """The numbers of a citation mark.

    >>> numbers("29-31"), numbers("4, 5"), numbers("2,7-9")
    ([29, 30, 31], [4, 5], [2, 7, 8, 9])
    """
    out: list[int] = []
    for piece in re.split(r"[,，、]", mark):
        first, _, last = re.sub(r"[–—~]", "-", piece).partition("-")
        low, high = int(first), int(last or first)
        out += range(low, high + 1) if low <= high < low + 50 else [low]
    return out


def _running(held: list[Line]) -> tuple[str | None, str | None, str | None]:
    """Journal, volume and issue where the running heads name them."""
    journal = volume = issue = None
    for line in held:
        if m := _JOURNAL.match(line.text):
            journal = journal or m[1]
        for m in _ISSUE.finditer(line.text):
            volume, issue = volume or m[1] or m[3], issue or m[2] or m[4]
    return journal, volume, issue
