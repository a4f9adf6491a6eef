"""Pasted abstract: authors, affiliations, citation line, abstract in English and Chinese, as PubMed-like pages show it.

One article: the two abstracts are two sections, aligned sentence by sentence (`article.extra["aligned"]`: spans in
both). Traps: the Chinese is a translation and no second article; the lines at the end (a journal and a date, the
"similar articles" of the page) are no references of this one; a page pasted without its title has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha1
from typing import Any

from trialkb.errors import BadInput
from trialkb.records import Article, Document, Section
from trialkb.text import language, normalise, sentences

from ._medline import MONTHS
from ._tables import decode, head_text

PRIORITY = 6
_CITATION = re.compile(
    r"(?P<journal>[^\n.;:]{2,90})\.\s*(?P<year>(?:19|20)\d\d)(?:[ -](?P<month>[A-Za-z]{3})[a-z]*(?:[ -](?P<day>\d{1,2}))?)?"
    r"\s*;\s*(?P<volume>[A-Za-z]?\d+[A-Za-z]?)?(?:\((?P<issue>[^()\n]{1,30})\))?\s*:\s*(?P<pages>[A-Za-z]?\d[\w-]*)\.?"
    r"(?P<rest>[^\n]*)"
)
_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s;,]+?)[.;,]?(?=\s|\Z)")
_PMID = re.compile(r"\bPMID:?\s*(\d{1,8})\b")
_PMC = re.compile(r"\b(PMC\d{3,9})\b")
_RELATED = re.compile(r"(?P<journal>[A-Z][\w&:. ()-]{2,80}?)\.\s*(?P<date>(?:19|20)\d\d(?:-\d{1,2}){0,2})\.?\Z")
_LABEL = re.compile(r"(?:\A|(?<=[.!?。！？])\s*)(?P<label>[A-Z][A-Z /&,-]{2,40}|[\u3400-\u9fff]{2,10})[:：]\s*")
_LABELS = {
    "背景", "目的", "方法", "结果", "结论", "讨论", "引言", "最新进展", "研究背景", "研究目的", "材料与方法", "意义", "主要内容",
    "临床意义", "资料与方法", "总结", "设计", "未来方向", "进展",
}  # fmt: skip
_NAME = re.compile(r"[^\W\d_][\w.'’ -]{1,40}\Z")
_PLACE = re.compile(
    r"universit|hospital|institut|department|school|college|cent(?:er|re)|laborator|academy|clinic|faculty|division"
    r"|inc\.|ltd|大学|医院|学院|研究所|中心|公司",
    re.IGNORECASE,
)


def recognise(head: bytes, name: str) -> str | None:
    """Why a text is a pasted abstract, or None."""
    text = head_text(head)
    if text is None or text.lstrip()[:1] in ("{", "[", "<", "%", "@"):
        return None
    m = _CITATION.search(text)
    if not m or m.start() > 4000 or "\n" not in text[m.end() :].strip("\n")[:20000] and len(text) - m.end() < 200:
        return None
    if not (_DOI.search(m["rest"]) or _PMID.search(text) or text[: m.start()].count("\n") <= 12):
        return None
    starts = text.rfind("\n", 0, m.start() + 1) + 1
    if text[starts : m.start()].strip():
        return None  # a citation in the middle of a line is a reference, or prose
    return f"a citation line ({m['journal'].strip()} {m['year']}) and an abstract below it"


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The article of a pasted page. Raises BadInput where it has no citation line or no abstract."""
    text = decode(data, name).strip()
    m = _CITATION.search(text)
    if not m:
        raise BadInput(f"{name}: expected a line like 'Journal. 2025 Jul;14(14):e71065. doi: ...', found none")
    below = [line.strip() for line in text[m.end() :].split("\n") if line.strip()]
    related = _related(below)
    english = [x for x in below if language(x) == "en" and len(x) > 60]
    chinese = [x for x in below if language(x) in ("zh", "mixed") and len(x) > 20]
    if not english and not chinese:
        raise BadInput(f"{name}: expected an abstract below the citation line, found none")
    yield _document(text, m, english, chinese, related)


def _related(lines: list[str]) -> list[dict[str, str]]:
    """The lines at the end that name a journal and a date; they leave `lines`."""
    found: list[dict[str, str]] = []
    while lines and (m := _RELATED.match(lines[-1])):
        found.insert(0, {"journal": m["journal"], "date": m["date"]})
        lines.pop()
    return found


def _document(
    text: str, m: re.Match[str], english: list[str], chinese: list[str], related: list[dict[str, str]]
) -> Document:
    title, authors, affiliations = _top(text[: m.start()])
    doi, pmid, pmc = _DOI.search(m["rest"]), _PMID.search(text), _PMC.search(m["rest"])
    texts = {"title": title, "abstract": "\n".join(english), "abstract_zh": "\n".join(chinese)}
    tongues = {"abstract": "en", "abstract_zh": "zh"}
    sections = tuple(Section(n, t, tongues.get(n, language(t))) for n, t in texts.items() if t)
    id = (
        f"PMID:{pmid[1]}"
        if pmid
        else f"DOI:{doi[1].lower()}"
        if doi
        else f"text:{sha1(text.encode()).hexdigest()[:12]}"
    )
    extra: dict[str, Any] = {"aligned": align(texts["abstract"] or "", texts["abstract_zh"] or ""), "related": related,
                             "parts": {n: parts(t) for n, t in texts.items() if t and n != "title"}}  # fmt: skip
    article = Article(
        id,
        pmid=pmid[1] if pmid else None,
        pmcid=pmc[1] if pmc else None,
        doi=doi[1].lower() if doi else None,
        authors=authors,
        affiliations=affiliations,
        journal_abbreviation=m["journal"].strip(),
        journal=m["journal"].strip(),
        date=_date(m),
        year=int(m["year"]),
        volume=m["volume"],
        issue=m["issue"],
        pages=m["pages"],
        extra={k: v for k, v in extra.items() if v},
    )
    return Document(
        id, "article", "abstract_page", sections, text.encode(), title=title,
        language=language(title or texts["abstract"] or text), article=article,
        url=f"https://doi.org/{doi[1]}" if doi else None,
    )  # fmt: skip


def _date(m: re.Match[str]) -> str:
    month = MONTHS.get((m["month"] or "").lower())
    return "-".join(x for x in (m["year"], month, f"{int(m['day']):02}" if month and m["day"] else None) if x)


def _top(text: str) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    """(title, authors, affiliations) of the lines above the citation."""
    title: str | None = None
    authors: tuple[str, ...] = ()
    places: list[str] = []
    for line in filter(None, (x.strip() for x in text.split("\n"))):
        names = [re.sub(r"(?<=\w)\s?[\d*,†‡]+\Z|\.\Z", "", n).strip() for n in re.split(r"[,，;；、]\s*", line)]
        people = len(names) > 1 and all(_NAME.match(n) and len(n.split()) <= 5 for n in names if n)
        if not authors and people and not _PLACE.search(line):
            authors = tuple(n for n in names if n)
        elif _PLACE.search(line) and (authors or title):
            places.append(re.sub(r"\A\d+\s*", "", line))
        elif title is None and not authors and not places:
            title = line
    return title, authors, tuple(places)


def parts(text: str) -> list[list[Any]]:
    """Labelled parts of an abstract: [label, start, end]; [] where it has no labels.

    >>> parts("BACKGROUND: One. CONCLUSION: Two."), parts("背景:甲。 结论:乙。")
    ([['BACKGROUND', 0, 16], ['CONCLUSION', 17, 33]], [['背景', 0, 5], ['结论', 6, 11]])
    """
    marks = [m for m in _LABEL.finditer(text) if m["label"][0].isascii() or m["label"] in _LABELS]
    out: list[list[Any]] = []
    for n, m in enumerate(marks):
        end = marks[n + 1].start() if n + 1 < len(marks) else len(text)
        out.append([m["label"], m.start("label"), m.start("label") + len(text[m.start("label") : end].rstrip())])
    return out


def align(english: str, chinese: str) -> list[list[int]]:
    """[start, end, start, end] of sentences that say the same, by labelled part where both have as many.

    Parts with unequal numbers of sentences are aligned whole: two that differ are not paired by guess.
    """
    if not english or not chinese:
        return []
    left, right = ([[s, e] for _, s, e in parts(t)] or [[0, len(t)]] for t in (english, chinese))
    if len(left) != len(right):
        left, right = [[0, len(english)]], [[0, len(chinese)]]
    out: list[list[int]] = []
    for (a, b), (c, d) in zip(left, right, strict=True):
        first, second = _spans(english, a, b), _spans(chinese, c, d)
        if len(first) == len(second):
            out += [[*x, *y] for x, y in zip(first, second, strict=True)]
        else:
            out.append([a, b, c, d])
    return out


def _spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    n = normalise(text[start:end])
    spans = [n.span(*s) for s in sentences(n.text)]
    return [(start + a, start + b) for a, b in spans]
