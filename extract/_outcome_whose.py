"""Whose a review's values are: the study of each sentence, by lists, paragraphs, names, openings and citations.

A numbered item or paragraph begins anew; bullets belong to what stands above them. Where no study is named, a value with
one citation is of the study cited; pooled and general statements are of none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from ._outcome_citations import Citations
from ._outcome_headings import Heading
from ._outcome_journals import opened_by_citation
from ._outcome_study import called, entry, headed, main, named, only, others, study
from ._outcome_text import Sentence

_I = re.I | re.A
_BULLET = re.compile(r"\s*(?:[-*](?:\s|\Z)|[•●○◆◇■□▪▶★✓·])")
_HEADING = re.compile(r"\s*#{1,6}\s")
_ITEM = re.compile(r"\s*(\d{1,2})[.)](?:\s|\Z)")
_POOLED = re.compile(
    r"\bsystematic(?:ally)? review|\bmeta-?analy|"
    r"(?<!results were )(?<!data were )(?<!outcomes were )\bpool(?:ed|ing)\b"
    r"(?!\s(?:(?:efficacy|safety)\s)?(?:set|cohort|population))|"
    r"\bCochrane\b|\bjointly\b|"
    r"\banalys[ie]s of (?:data from )?(?:\d+|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|multiple) "
    r"(?:[\w-]+ ){0,3}?(?:studies|trials)\b|\b"
    r"(?:joint|combined|integrated) (?:analysis|data|results) (?:of|from)\b|荟萃分析|系统评价|Meta\s?分析|汇总分析|合并分析",
    _I,
)
_WHOLE = re.compile(
    r"\b(?:this|our|we|present|current)\b[^.]{0,80}(?:systematic|meta-?analy|pool)|\bPRISMA\b|\b(?:PubMed|Embase|MEDLINE)\b|"
    r"(?:本研究|本文|目的)[^。]{0,60}(?:荟萃|Meta|系统评价)|(?:知网|万方)",
    _I,
)
_GENERAL = re.compile(
    r"\b(?:studies|trials|reports|analyses|surveys|experiences)\b|"
    r"\b(?:approximately|about|around|nearly|roughly|almost|up to|at least|(?:more|less|fewer|higher|lower) than|"
    r"generally|usually|typically|often|can|may)\b|"
    r"\d\s?%?\s?(?:to|-|~)\s?\d[\d.]*\s?%|\bbetween\s\d[\d.]*\s?%?\sand\s\d[\d.]*\s?%|"
    r"约|大约|左右|以上|不足|超过|[~～]|多项|多个|各项|数项|几项|一般|通常|大多|往往",
    _I,
)
_PRESENT = re.compile(
    r"\b(?:is|are|has|have|remains?|ranges?|yields?|occurs?|achieves?|develops?|responds?|relapses?|dies?|survives?|carries)\b",
    _I,
)
_SEVERAL = re.compile(
    r"\b(?:two|three|four|several|multiple|both|many|these|all|some|other|most)\s(?:[\w-]+\s){0,3}(?:trials|studies|series)\b", _I
)
_GOES_ON = re.compile(
    r"\s*(?:(?:at|with|after|in) (?:an?|the|additional|longer|further|extended|\d)[^,;.]{0,50}follow[- ]?up|an update|"
    r"(?:long(?:er)?-term|extended|updated?|further|final|\d+-year) (?:[\w-]+ ){0,3}?(?:follow[- ]?up|results|data|analys[ei]s)|"
    r"(?:the|this|that) (?:same )?(?:study|trial|report)\b|"
    r"(?:(?:\d+|[一二三四五十]+)年)?的?(?:长期|更新|最新|进一步|延长)?的?随访|(?:该|此|本|这项|上述)项?(?:研究|试验)|更新(?:数据|结果))",
    _I,
)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


Whose = list[tuple[int, str | None]]


def studies(
    text: str, sentences: Sequence[Sentence], cited: Citations, heads: Sequence[Heading] = ()
) -> list[Whose]:
    """The study that each sentence of a review speaks of, from where on; None where it names none or none for certain."""
    whole = bool(_POOLED.search(text) and (_WHOLE.search(text) or any(s.role == "methods" for s in sentences)))
    parts = [list(_clauses(text, s, cited)) for s in sentences]
    flat = [c for part in parts for c in part]
    ends = [*(c.start for c in flat[1:]), len(text)]
    cites = [cited.of(text, c.start, end) for c, end in zip(flat, ends, strict=False)]
    every = frozenset[str]().union(*cites)
    alone = len(every) < 2 and not re.search(r"\bet al\b|\bprevious|\bother (?:stud|trial)|研究表明|文献", text, re.I)
    place = _Place(whole, only(text), main(text), alone, heads)
    place.marked = {m[1]: frozenset((m[2],)) for m in _MARKED.finditer(text)}
    told = [
        (c.start, x)
        for _, part in groupby(zip(flat, cites, strict=True), key=lambda t: t[0].paragraph)
        for c, x in place.paragraph(text, list(part))
    ]
    if not every and not heads and _prose(text) and (name := _only_one([x for _, x in told if x])):
        until = next((i for i, (_, x) in enumerate(told) if x and x != name and " " not in x), len(told))
        told = _on(told[:until], name, [_general(text[c.start : c.end]) for c in flat]) + told[until:]
        if len(name) > 24 and " " in name and (product := called(text)):
            told = [(at, x and product) for at, x in told]
    found = iter(told)
    return [[next(found) for _ in part] for part in parts]


def _prose(text: str) -> bool:
    """Whether a text has no lists or headings, and no paragraph that opens with a citation: a piece of news."""
    lines = [line for line in text.split("\n") if line.strip()]
    return not any(_ITEM.match(x) or _HEADING.match(x) or opened_by_citation(x) for x in lines)


def _only_one(names: Sequence[str]) -> str | None:
    """The one study that a text without citations tells of: told first as "a phase I trial of ..." and then by its name."""
    distinct = list(dict.fromkeys(names))
    if len(distinct) == 2 and " " in distinct[0].strip() and len(distinct[0]) > 24 and _NAME.fullmatch(distinct[1]):
        return distinct[1] if re.search(r"[A-Z\d].*[A-Z\d]", distinct[1]) else distinct[0]  # a brand may be another's
    return distinct[0] if len(distinct) == 1 else None


_NAME = re.compile(r"[A-Z][A-Za-z]{1,14}[- ]?\d{0,4}[A-Z]?|NCT\d{8}")


def _on(told: Whose, name: str, general: Sequence[bool]) -> Whose:
    """A text that cites nobody goes on with its one study to the end, but for what it says in general."""
    first = next(i for i, (_, x) in enumerate(told) if x)
    return [(at, x or (name if i > first and not general[i] else None)) for i, (at, x) in enumerate(told)]


def _general(words: str) -> bool:
    bare = _BRACKETS.sub("", words)
    return words.isascii() and bool(_GENERAL.search(bare) or _PRESENT.search(bare))


def _clauses(text: str, s: Sentence, cited: Citations) -> Iterator[Sentence]:
    """A sentence that names or cites another study in each of its clauses, cut into these."""
    told = (at for at in cited.within(s.start, s.end) if _TOLD.search(text, max(s.start, at - 20), at))
    cuts = sorted({*(m.start() + 1 for m in _TURN.finditer(text, s.start, s.end)), *told})
    cuts = [at for at in cuts if text.count("(", s.start, at) <= text.count(")", s.start, at)]
    start, seen = s.start, frozenset[str]()
    for a, b in zip([s.start, *cuts], [*cuts, s.end], strict=True):
        own = frozenset(named(text[a:b])) | cited.of(text, a, b)
        narrowed = own < seen and all(x.isdigit() for x in seen)  # of two references one
        if own and seen and (narrowed or not own & seen):
            yield replace(s, start=start, end=a)
            start, seen = a, own
        seen |= own
    yield replace(s, start=start)


_MARKED = re.compile(r"(?<![A-Za-z0-9-])([A-Z][A-Za-z]{2,15}-?\d{0,4})\s?\[(\d{1,3})\]")
_TOLD = re.compile(  # a mark that follows a value or a full stop
    r"(?:\d\s?%?|\)|months?|years?|weeks|个月|年|[.;。])\s?(?:\[[\d,\s-]+\])?\Z", _I
)
_TURN = re.compile(r"[;；](?!\s?\d+\s?[)\]])|,(?=\s?(?:而|但是?|其中|whereas\b|while\b|and in (?:the )?[A-Z]))")


@dataclass(slots=True)
class _Place:
    """Where in a review one is: the study told of, that of the list above, and how the items are counted."""

    whole: bool  # a systematic review
    single: str | None
    product: str | None
    alone: bool
    heads: Sequence[Heading] = ()
    under: Heading | None = None  # the heading that names what is told of below it
    current: str | None = None
    lead: str | None = None
    fresh: bool = False  # within an item, before its bullets
    gap: bool = False  # a paragraph of no list stands between
    entry: str | None = None  # the product of a list of products
    items: list[tuple[int, str | None]] = field(default_factory=list)
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    pool: frozenset[str] | None = None  # what a pooled statement above a list of bullets cites
    marked: dict[str, frozenset[str]] = field(default_factory=dict)  # names that a mark follows at once

    def paragraph(self, text: str, part: Sequence[tuple[Sentence, frozenset[str]]]) -> Iterator[tuple[Sentence, str | None]]:
        """The study of each sentence of a paragraph."""
        first = text[part[0][0].start : part[0][0].end]
        bullet = bool(_BULLET.match(first))
        heading = next((h for h in self.heads if h.start <= part[0][0].start < h.end), None)
        if heading and self._headed(heading):
            yield from ((s, self.current) for s, _ in part)
            return
        every: frozenset[str] = frozenset[str]().union(*(c for _, c in part))
        self._begin(first, bullet, every)
        if self.current is None and not _ITEM.match(first) and not _HEADING.match(first):
            self.current = self._loose(bullet)
        published = opened_by_citation(first)
        if published:
            self.current = published
        pooled = self.pool = self.pool if bullet else None  # what a pooled statement cites; it holds until others are cited
        for i, (s, cites) in enumerate(part):
            words = text[s.start : s.end]
            if pooled is not None and cites and not cites & pooled:
                pooled = None
            if _POOLED.search(words):
                pooled = cites
            head = not bullet and (i == 0 or (i == 1 and bool(_ITEM.fullmatch(first))))
            before = self.current
            of_item = before == self.lead if bullet else self.items and not self.gap
            going = of_item or _GOES_ON.match(words) or first[:1] == "|"  # whatever is cited
            if not going and self._elsewhere(before, cites):
                self.current = None  # a sentence of prose that cites another
            if begun := entry(words):
                self.entry, self.current, self.lead = begun, None, None
            self.current = self._told(words, pooled is not None, head)
            bare = _BRACKETS.sub("", words)
            general = bool(_GENERAL.search(bare) or _PRESENT.search(bare))
            if self.current is None and pooled is None and not general:
                self.current = self.entry or self._cited(cites or self._next(text, part[i + 1 : i + 1 + _AHEAD]))
            if self.current:
                self.known[self.current] = self.known.get(self.current, frozenset()) | cites
            general = general and self.current != published and bool(_REFERENCE.match(self.current or ""))
            loose = self.current is not None and self.current == self._loose(bullet) and bool(_HABIT.search(bare))
            yield s, None if general or loose else self.current
        titled = len(part) == 1 and not re.search(r"[.。:;!?]\s*\Z", first)  # a line that heads what follows
        if not bullet and (self.current or pooled is not None or titled or not _within(first)):
            self.lead = self.current
        if not bullet:
            self.pool = pooled

    def _headed(self, heading: Heading) -> bool:
        """Whether a heading names what is told of below it, or heads a part of that."""
        named = heading.trial or heading.product
        if named:
            self.under = heading
            name = heading.trial or ""
            if self.single and self.single != name:
                self.single = None  # not the only one
            if self.product and heading.trial != self.product and heading.product != self.product:
                self.product = None
        elif not (self.under and heading.part):
            if self.under and self.under.trial == self.single:
                self.alone = False  # what follows may be of others
            self.under = None
            return False
        self.entry, self.items = None, []
        self.current = self.lead = self.under.trial if self.under else None
        return True

    def _loose(self, bullet: bool) -> str | None:
        """What a heading names for the lines below it, that do not state it themselves: its trial, and to bullets its product."""
        if not self.under:
            return None
        return (self.under.product if bullet else self.under.trial) if not (bullet and self.under.trial) else None

    def _begin(self, first: str, bullet: bool, cites: frozenset[str]) -> None:
        """What holds at the begin of a paragraph: an item of a list closes the study of the item before."""
        number = _ITEM.match(first)
        self.fresh = self.fresh and not bullet
        if bullet:
            if self.current != self.lead and self._elsewhere(self.current, cites):
                self.current = None if self._elsewhere(self.lead, cites) else self.lead
            self.current = self.current or (None if self._elsewhere(self.lead, cites) and not self.items else self.lead)
            return
        self.current = None
        if number or _HEADING.match(first):
            self.entry = None
        if number:
            self._count(int(number[1]))
            return
        self.gap = True
        if _HEADING.match(first) or not _within(first) or self._elsewhere(self.lead, cites):
            self.lead, self.items = None, []
        elif self.items and self.fresh:
            self.current = self.lead  # a second paragraph of an item

    def _count(self, n: int) -> None:
        """The next item of its list, of an outer one, or the first of a list within an item."""
        outer = next((k for k in range(len(self.items) - 1, -1, -1) if self.items[k][0] + 1 == n), None)
        if outer is not None:
            self.items = [*self.items[:outer], (n, self.items[outer][1])]
        elif n == 1 and self.items and not self.gap:
            self.items = [*self.items, (1, self.lead)]
        else:
            self.items = [(n, None)]
        self.current = self.lead = self.items[-1][1]
        self.gap, self.fresh = False, True

    def _elsewhere(self, name: str | None, cites: frozenset[str]) -> bool:
        """Whether words cite others than what a study was told with."""
        known = self.known.get(name or "") or self.marked.get(name or "", frozenset())
        return bool(cites and known and not cites & known)

    def _told(self, words: str, pooled: bool, head: bool) -> str | None:
        """The study that a sentence names, or goes on with."""
        if self.single and self.single in words:
            return self.single
        before = None if pooled and not self.whole else self.current
        own = study(words, before, self.whole or pooled, head)
        own = headed(words) or own or (self.single if self.current == self.single and not pooled else None)
        if own is None and self.single and self.alone and self.pool is None:
            return self.single
        if own is None and self.product and not pooled and not _SEVERAL.search(words) and not others(words, self.product):
            return self.product
        return own

    def _next(self, text: str, part: Sequence[tuple[Sentence, frozenset[str]]]) -> frozenset[str]:
        """The reference cited behind the sentences that follow, where these do not begin to tell of another's report."""
        for s, cites in part:
            words = text[s.start : s.end]
            if cites:
                other = re.search(r"\bet al\b|colleagues|co-?workers|等", words) or study(words, None, False, False)
                return frozenset() if other or not all(x.isdigit() for x in cites) else cites
        return frozenset()

    def _cited(self, cites: frozenset[str]) -> str | None:
        """The one study that a specific statement cites."""
        if len(cites) != 1 or self.whole:
            return None
        name = next(iter(cites))
        before = [x for x, known in self.known.items() if known == cites]
        if len(before) == 1:
            return before[0]  # what was told with this citation before
        return f"reference {name}" if name.isdigit() else name


_AHEAD = 20  # sentences of a paragraph in which the citation of what was told may follow
_HABIT = re.compile(
    r"\b(?:studies|trials|reports|analyses|often|usually|typically|generally|can|may|is|are|has|ranges?|"
    r"approximately|about|around|nearly|roughly|almost|up to)\b|约|大约|左右|"
    r"\d\s?%?\s?(?:to|-|~)\s?\d[\d.]*\s?%|多项|多个|一般|通常|大多|往往",
    _I,
)
_REFERENCE = re.compile(r"reference \d|[^\d]{3,60} (?:19|20)\d\d\Z")


def _within(first: str) -> bool:
    """Whether a paragraph may stand within an item: no head of another list."""
    return not re.match(r"\s*(?:#|Evidence\b|Treatment options|For more)", first)
