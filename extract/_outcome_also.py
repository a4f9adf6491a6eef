"""One event told as two things: a dose-limiting toxicity and what it was ("a DLT (grade 4 thrombocytopenia)", 判定为DLT)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ._numbers import WORD, number
from ._outcome_cells import Cell
from ._outcome_reading import Reading
from ._outcome_terms import Term

_IS = re.compile(
    r"[^;。,(]{0,14}?[\s,(:]{0,2}(?:即|为|系|表现为|(?:被|均)?(?:判定|判断|认定|考虑|评估|定义|视)为|包括|达到)\s?"
    r"|(?:\s(?:on|at|in)\s[\w-]{2,8}(?:\s[\w-]{1,6}){0,2})?(?:\s?\([^()]*\))?[\s,()%]*(?:that\s|which\s)?(?:(?:was|"
    r"were|is|had been)\s)?(?:considered|deemed|judged|classified|designated|"
    r"reported|recorded|counted|qualified|met (?:the )?criteria|meeting (?:the )?criteria|defined|regarded|assessed|"
    r"consisting of|consisted of|of|due to|:|\(|(?<=,\s)(?=an?\s(?:grade|G\d)))\s?(?:(?:to be|as|for|an?|the|one|"
    r"both|all|each|all of them)\s){0,3}",
    re.I,
)
_GRADED = re.compile(
    r"(?:a\s|one\s)?(?:(?:≥|>)?\s?(?:grades?|G)[\s-]?[1-5](?:-[1-5])?\s|[1-5]\s?(?:[-~]\s?[1-5]\s?)?级)?(?:(?:transient|"
    r"prolonged|fatal|"
    r"severe|的)\s?)?",
    re.I,
)

_ANOTHER = re.compile(
    r"\s?(?:,|;|、|and\b|及|和|plus\b)\s?(?:(?:and|one|an?)\s)?(?:≥?\s?grade|G[1-5]|[1-5]\s?级|\w+)", re.I
)


_SORT = re.compile(
    r"\)?\s?(?:\(|,\s)(?:all|each|both|every one)(?:\s(?:of\s(?:them|which)|were|was|being|of))*\s(?P<s>PRs?|"
    r"CRs?|partial|complete)\b(?:\s(?:responses?|"
    r"remissions?))?\s?[),.;]",
    re.I,
)


def sorts(text: str, told: Sequence[Reading]) -> Iterator[Reading]:
    """ "three had objective responses (all PR)": they are of that sort."""
    for r in told:
        m = (
            _SORT.match(text, max(r.cell.hi, r.term.end))
            if r.term.id == "ORR" and r.cell.kind in ("count", "bare", "rate")
            else None
        )
        if m and (r.cell.kind != "rate" or r.cell.num):
            a, b = m.span("s")
            id = "PR" if m["s"].lower().startswith("p") else "CR"
            n = r.cell.num if r.cell.kind == "rate" else r.cell.value
            cell = replace(r.cell, kind="count", value=n, unit="patients", num=None, den=None, ci=None)
            yield Reading(Term(id, "response", a, b, text[a:b]), cell, "also")


_PARTS = re.compile(r"\s?(?:patients\s|pts\s|participants\s)?\((?P<in>[^()]{8,160})\)", re.I)
_PART_OF = re.compile(
    rf"(?P<n>\d+|{WORD})\s(?:patients\s|pts\s)?(?:with|without|in|from|on|treated|receiving|given|who)\b[^,;]*?"
    rf"(?=,|;|\sand\s(?:\d|{WORD}\s)|\Z)",
    re.I,
)


def split_up(text: str, terms: Sequence[Term], told: Sequence[Reading]) -> Iterator[Reading]:
    """ "7 (4 with lymphoma and 3 with CLL) had a complete remission": of each group as many, where they make up the whole."""
    for r in told:
        c = r.cell
        n = c.num if c.kind == "rate" else c.value
        if c.kind not in ("count", "bare", "rate") or not n or n <= 1:
            continue
        m = _PARTS.match(text, max(c.hi, r.term.end)) or _PARTS.match(text, c.hi)
        if not m or any(m.start("in") <= t.start < m.end("in") and t.kind != "sink" for t in terms):
            continue
        parts = list(_PART_OF.finditer(text, *m.span("in")))
        if len(parts) < 2 or sum(number(p["n"]) or 0 for p in parts) != n:
            continue
        if any(p.start("n") == x.cell.start for p in parts for x in told):
            continue  # "7 patients (4 with grade 1 and 3 with grade 2)": told as what they are
        for p in parts:
            a, b = p.span("n")
            yield Reading(r.term, Cell("count", a, b, a, p.end(), number(p["n"]), unit="patients", noun=True), "split up")


_WERE = re.compile(
    r"[\s)\]]*(?:(?:of\s)?(?:the\s|all\s)?(?:patients|pts|cases|participants|subjects)\s?)?(?P<each>(?:in\s)?each)?\)?,?\s"
    r"(?:were|was|included?|are|being)\s(?:grades?\s[1-5](?:\s?[-/]\s?[1-5])?\s)?",
    re.I,
)
_NEXT = re.compile(r",\s(?:and\s)?|\sand\s|\sor\s", re.I)


_LIMIT = re.compile(r"(?:[≥>]=?|at least|more than|over)\s?\Z", re.I)


def those_named(text: str, terms: Sequence[Term], told: Sequence[Reading]) -> list[Reading]:
    """ "The most common AEs, in 2 patients each, were lymphopenia and anemia": of each of these, and not of AEs in general."""
    out: list[Reading] = []
    for r in told:
        m = _WERE.match(text, r.cell.hi) if r.term.id in ("TEAE", "TRAE", "SAE") and r.cell.lo > r.term.end else None
        if m and (r.cell.bound or _LIMIT.search(text, max(0, r.cell.lo - 12), r.cell.lo)):
            continue  # "adverse events in >= 10% of patients were anemia (n=4) ...": what the list is of
        first = next((k for k, t in enumerate(terms) if m and t.start == m.end() and t.kind == "tox"), None)
        if m is None or first is None:
            out.append(r)
            continue
        named = [terms[first]]
        for t in terms[first + 1 :]:
            if not _NEXT.fullmatch(text[named[-1].end : t.start]) or t.kind != "tox":
                break
            named.append(t)
        if m["each"] or len(named) == 1:
            out += [Reading(t, r.cell, "those named") for t in named]
    return out


def also(text: str, terms: Sequence[Term], told: Sequence[Reading]) -> Iterator[Reading]:
    """Readings that share the patients of another: of the toxicity that limited the dose, or of the DLT that it was."""
    used = {r.term.start for r in told}
    for r in told:
        c = r.cell
        if r.term.kind != "tox" or c.kind not in ("count", "bare", "rate") or not (c.value or c.num):
            continue
        m = _IS.match(text, max(c.hi, r.term.end))
        t = next((t for t in terms if m and t.start >= m.end()), None)
        if m is None or t is None or t.start in used or t.kind != "tox" or (t.id == "DLT") == (r.term.id == "DLT"):
            continue
        if (c.value or c.num or 0) > 1 and _ANOTHER.match(text, t.end):
            continue  # "two DLTs (grade 4 CRS and grade 3 hypoxia)": how many had which is not told
        if _GRADED.fullmatch(text[m.end() : t.start]):
            used.add(t.start)
            yield Reading(t, c, "also")


_LEVEL = (
    r"(?:dose[- ]levels?|DLs?|cohorts?|剂量水平|剂量组|队列)\s?-?\s?(?:\d{1,2}|[A-D])(?![A-Za-z0-9]|\.\d)|"
    r"第?[一二三四五]\s?剂量(?:组|水平)|[高中低]剂量组?"
)
_IS_LEVEL = re.compile(
    r"\)?\s?(?:was|were|is|has been|:|=|为|是|定为|确定为)?\s?(?:(?:determined|declared|selected|defined|"
    r"identified|established|set|recommended|estimated|considered|chosen|found)\s)?(?:to be|as|at|for)?\s?(?:the\s)?"
    rf"(?P<level>{_LEVEL})",
    re.I,
)
_CHOSEN = re.compile(
    rf"(?P<level>{_LEVEL})(?:\s?\([^()]{{0,60}}\))?\s?(?:(?:was|is|has been)\s(?:therefore\s)?(?:selected|chosen|"
    rf"declared|determined|identified|"
    r"established|defined|recommended|considered|designated)\s(?:to be|as|for)\s(?:the\s)?|"
    r"(?:被)?(?:确定|定|选择|推荐|选)为)\s?\Z",
    re.I,
)


def levels(text: str, terms: Sequence[Term], told: Sequence[Reading], start: int) -> Iterator[Reading]:
    """ "The MTD was dose level 3", "DL2 was selected as the RP2D": a dose told by its level, without a number."""
    for t in terms:
        if t.kind != "dose" or any(r.term.start == t.start for r in told):
            continue
        at = max(start, t.start - 120)
        m, base = _IS_LEVEL.match(text, t.end), 0
        if m is None and (m := _CHOSEN.search(text[at : t.start])):
            base = at
        if m:
            a, b = m.start("level") + base, m.end("level") + base
            yield Reading(t, Cell("level", a, b, a, b), "level")
