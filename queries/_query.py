"""Reading a query: the lexicon's concepts in it, the words left over, and what asks for a filter; both languages.

`phase 1`, `recruiting`, `after 2022`, `n > 20`, `三线`, NOT, product names and record ids are read as what they mean and
shown to the person; --literal switches that off. Chinese words that are no concept of the lexicon are put into English
by a glossary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import trialkb
from trialkb.products import named
from trialkb.terms import by_id, mentions
from trialkb.text import HAN, language

KINDS = frozenset({"target", "modality", "indication", "design", "route", "source", "feature", "people", "drug"})
_STOP_WORDS = """
a an and or of for in on the to with without by from as is are was were that this which who whom after before between at it its
into than then versus vs using use used study studies trial trials clinical patients patient treatment treated treating therapy
therapies cell cells takes take about any all find show me please what how
"""
STOP = frozenset(_STOP_WORDS.split())
_STATUS = {
    "RECRUITING": r"\b(?<!not )(?<!not yet )recruiting\b|招募中|正在招募",
    "NOT_YET_RECRUITING": r"\bnot[ -]yet[ -]recruiting\b|尚未招募|未开始招募",
    "COMPLETED": r"\bcompleted\b|已完成",
    "TERMINATED": r"\bterminated\b|已终止",
    "WITHDRAWN": r"\bwithdrawn\b|已撤回",
}
_PHASE = re.compile(
    r"\bphases? ?(?P<en>(?:[1-4]|i{1,3}v?|iv)(?: ?[/-] ?(?:[1-4]|i{1,3}|iv))?)[ab]?\b"
    r"|(?P<zh>(?:[1-4]|[IⅠⅡⅢⅣ]{1,3})(?:/(?:[1-4]|[IⅠⅡⅢⅣ]{1,3}))?)\s*期(?:临床|试验|研究)"
    r"|(?:(?<=\s)|\A)(?P<bare>(?:[1-3]|[IⅠⅡⅢ]{1,3})(?:/(?:[1-3]|[IⅠⅡⅢ]{1,3}))?)期(?=[\s,，、A-Za-z]|\Z)",  # III期胃癌 is a stage
    re.I | re.ASCII,
)
_SINCE = re.compile(
    r"\b(?:after|since|from)\s+(?P<en>(?:19|20)\d\d)\b|(?P<zh>(?:19|20)\d\d)年?(?:以后|之后|以来|后)", re.I
)
_SIZE = re.compile(r"(?:\bn|样本量|入组|enrol?lment)\s*(?P<sign>>=|<=|>|<|≥|≤)\s*(?P<n>\d{1,5})", re.I)
_SIZE_WORDS = re.compile(
    r"(?:\b(?P<more>more than|over|at least|fewer than|less than|under)|(?P<zh>超过|多于|大于|至少|少于|小于))"
    r"\s*(?P<n>\d{1,5})\s*(?:patients|participants|subjects|例|名|人)(?:患者|受试者)?",
    re.I,
)
_SIGN = {"more than": ">", "over": ">", "at least": ">=", "fewer than": "<", "less than": "<", "under": "<",
         "超过": ">", "多于": ">", "大于": ">", "至少": ">=", "少于": "<", "小于": "<"}  # fmt: skip
_ID = re.compile(
    r"\b(?:NCT\d{8}|ChiCTR[-\w]{6,20}|ISRCTN\d{8}|jRCT\w{8,12}|PMID:? ?\d{4,9}|20\d\d-5\d{5}-\d\d-\d\d)\b",
    re.I | re.ASCII,
)
_POPULATION = re.compile(r"([A-Za-z][A-Za-z0-9.]*)\s?阴性")
_NEGATIVE = re.compile(r"[\s-]?negative\b|−", re.I)
_LINE = {
    "1": r"\bfirst[- ]line\b|\b1L\b|一线",
    "2": r"\bsecond[- ]line\b|\b2L\b|二线",
    "3": r"\bthird[- ]line\b|\b3L\b|三线|后线|末线",
}
_ORDINAL = {"1": "first", "2": "second", "3": "third"}
_NOT = re.compile(
    r"(?:\bNOT\s+|\b(?:but not|excluding|except for|except)\s+|(?<!\S)-(?=[A-Za-z])|不含|不要|不包括|排除)\s*"
    rf"(?P<q>\"[^\"]+\"|[^\s{HAN}]+|[{HAN}]+)"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing asked for: a concept (kind, id) or a phrase of words in the index's tokens."""

    kind: str  # a lexicon kind, or "words"
    name: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Read:
    units: tuple[Unit, ...]
    filters: dict[str, tuple[str, ...]]  # status, since, size
    boosts: tuple[tuple[str, str], ...]  # (concept kind, term): phase and line
    without: tuple[str, ...]  # words that must not be there
    english: str  # what the encoder is given
    said: tuple[str, ...]  # how it was read, for the person
    language: str | None = None
    ids: tuple[str, ...] = ()  # records asked for by name
    never: tuple[tuple[str, str], ...] = ()  # (concept kind, term) that it must not be about


@cache
def _glossary() -> dict[str, str]:
    head, *rows = Path(trialkb.__file__).with_name("glossary.tsv").read_text(encoding="utf-8").splitlines()
    zh, en = (head.split("\t").index(name) for name in ("zh", "en"))
    cells = (row.split("\t") for row in rows)
    return {c[zh]: c[en] for c in cells}


def read(text: str, literal: bool = False) -> Read:
    """A query as units, filters and boosts.

    >>> r = read("recruiting phase 1 CLDN18.2 CAR-T 胃癌 after 2022")
    >>> [u.name for u in r.units]
    ['CLDN18.2', 'CAR-T', 'gastric_cancer']
    >>> r.filters, r.boosts
    ({'status': ('RECRUITING',), 'since': ('2022',)}, (('phase', 'PHASE1'),))
    """
    text = text[:20_000]
    if literal:
        return Read(tuple(Unit("words", w) for w in _words(text)), {}, (), (), text, ())
    rest, without, never = _negated(text)
    ids = tuple(dict.fromkeys(re.sub(r"(?i)^PMID:? ?", "PMID:", m[0]) for m in _ID.finditer(rest)))
    rest, filters = _filters(_ID.sub(" ", rest))
    rest, boosts = _boosts(rest)
    units, rest, names = _concepts(_POPULATION.sub(r"\1-negative ", rest))
    phrases = list(_phrases(rest))
    units += [Unit("words", p) for p in phrases]
    english = " ".join(dict.fromkeys([*names, *phrases])) if re.search(f"[{HAN}]", text) else text
    said = tuple(_said(units, filters, boosts, (*without, *(f"{k} {t}" for k, t in never))))
    return Read(tuple(units), filters, tuple(boosts), without, english, said, language(text), ids, never)


def _negated(text: str) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """(the text without what is not wanted, words not wanted, concepts not wanted).

    >>> _negated("BCMA NOT CAR-T")[2], _negated("GD2 NOT gastric cancer phase 1")[::2]
    ((('modality', 'CAR-T'),), ('GD2   phase 1', (('indication', 'gastric_cancer'),)))
    """
    words: list[str] = []
    never: list[tuple[str, str]] = []
    at = 0
    while m := _NOT.search(text, at):
        start, end = m.span("q")
        concept = next((c for c in mentions(text[start : start + 80], KINDS) if not c.start and not c.unsafe), None)
        if concept:
            never.append((concept.kind, concept.id))
            end = max(start + concept.end, start + 1)
        else:
            words.append(m["q"].strip('"'))
        text = f"{text[: m.start()]} {text[end:]}"
        at = m.start()
    return text, tuple(words), tuple(never)


def _filters(text: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    found: dict[str, tuple[str, ...]] = {}
    for status, pattern in _STATUS.items():
        if re.search(pattern, text, re.I):
            found["status"] = (*found.get("status", ()), status)
            text = re.sub(pattern, " ", text, flags=re.I)
    for m in _SINCE.finditer(text):
        found["since"] = (m["en"] or m["zh"],)
    for m in _SIZE.finditer(text):
        found["size"] = ({"≥": ">=", "≤": "<="}.get(m["sign"], m["sign"]), m["n"])
    for m in _SIZE_WORDS.finditer(text):
        found["size"] = (_SIGN[(m["more"] or m["zh"]).lower()], m["n"])
    return _SIZE_WORDS.sub(" ", _SIZE.sub(" ", _SINCE.sub(" ", text))), found


def _boosts(text: str) -> tuple[str, list[tuple[str, str]]]:
    found = []
    arabic = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "ⅰ": "1", "ⅱ": "2", "ⅲ": "3", "ⅳ": "4"}
    for m in _PHASE.finditer(text):
        for piece in re.split(r"\s*[/-]\s*", (m["en"] or m["zh"] or m["bare"]).lower()):
            found.append(("phase", f"PHASE{arabic.get(piece, piece)}"))
    text = _PHASE.sub(" ", text)
    for line, pattern in _LINE.items():
        if re.search(pattern, text, re.I):
            found.append(("line", line))
            text = re.sub(pattern, f" {_ORDINAL[line]}-line ", text, flags=re.I)
    return text, found


def _concepts(text: str) -> tuple[list[Unit], str, list[str]]:
    """Concepts, the text without their words, and their English names."""
    units: dict[tuple[str, str], Unit] = {}
    names = []
    rest = list(text)
    for product, start, end in named(text):
        units["product", product.product] = Unit("product", product.product)
        names.append(text[start:end])
        rest[start:end] = " " * (end - start)
    for m in mentions("".join(rest), KINDS):
        if m.unsafe or (m.kind == "target" and _NEGATIVE.match(text, m.end)):  # HER2-negative is a population
            continue
        units[m.kind, m.id] = Unit(m.kind, m.id)
        names.append(by_id()[m.kind, m.id].preferred)
        rest[m.start : m.end] = " " * (m.end - m.start)
    return list(units.values()), "".join(rest), names


def _phrases(text: str) -> Iterator[str]:
    """Words left over, Chinese ones by the glossary where it has them; stop words are left out."""
    for run in re.findall(rf"[{HAN}]+|[^{HAN}]+", text):
        if re.match(f"[{HAN}]", run):
            yield from _translated(run)
        else:
            yield from _words(run)


def _translated(run: str) -> Iterator[str]:
    """English words for a run of Chinese, the longest entries of the glossary first; what it lacks is passed over."""
    glossary = _glossary()
    longest = max(map(len, glossary))
    i = 0
    while i < len(run):
        hit = next((run[i:j] for j in range(min(len(run), i + longest), i, -1) if run[i:j] in glossary), None)
        if hit:
            yield from _words(glossary[hit])
        i += len(hit) if hit else 1


def _words(text: str) -> Iterator[str]:
    for word in re.findall(r"[^\s,;.!?()\[\]{}\"“”]+(?:\.\d+)?", text):
        if word.lower().strip("-'") not in STOP and len(word.strip("-'/")) > 1:
            yield word


def _said(
    units: list[Unit], filters: dict[str, tuple[str, ...]], boosts: list[tuple[str, str]], without: tuple[str, ...]
) -> Iterator[str]:
    concepts = [f"{u.kind} {u.name}" for u in units if u.kind != "words"] + [f"{k} {v}" for k, v in boosts]
    if concepts:
        yield f"concepts: {', '.join(concepts)}"
    for name, values in filters.items():
        yield f"only {name} {' '.join(values)}"
    if without:
        yield f"without {', '.join(without)}"
