"""Planned endpoints: each registered outcome as an endpoint id with role, time frame, criteria, assessor, definition.

The ids are those of the lexicon, with categories for what trials plan besides (PK, QOL, FEASIBILITY, BIOMARKER ...) in
endpoints.tsv; a row of level 1 is a general word (safety, response) that counts only where no row of level 0 does.
An outcome may name several endpoints (MTD and RP2D); one that names none of them is OTHER, with its words. Prose of
articles and pages gives the endpoints that it calls primary or secondary.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from trialkb.records import Document, Finding, PlannedEndpoint
from trialkb.text import normalise

from ._view import View, locate, prose, view

_ROLES = {"primary_outcomes": "PRIMARY", "secondary_outcomes": "SECONDARY", "other_outcomes": "OTHER"}
_CUT = re.compile(
    r"\b(?:defined (?:as|by)|as defined|(?:as )?(?:assessed|measured|evaluated|determined|graded) (?:by|per|using"
    r"|according|with|through|on)"
    r"|according to|as per|per (?:RECIST|CTCAE|IMWG|Lugano|response|protocol)|based on|following treatment"
    r"|by (?:RECIST|CTCAE|NCI))|定义为|根据|采用",
    re.I,
)
_PARTS = {"CR", "PR", "SD", "PD"}  # the parts that ORR and DCR are made of
_CRITERIA = re.compile(
    r"(?P<RECIST11>RECIST(?: criteria)?,? ?\(?(?:v(?:er\w*)?\.? ?)?1\.1"
    r"|response evaluation criteria in solid tumou?rs[^.;]{0,25}1\.1|实体瘤疗效评价标准[^。]{0,10}1\.1)"
    r"|(?P<iRECIST>\bi(?:r)?RECIST\b|\birRC\b)|(?P<mRECIST>\bmRECIST\b|modified RECIST|改良RECIST)"
    r"|(?P<RECIST>\bRECIST\b|response evaluation criteria in solid)"
    r"|(?P<Lugano>\bLugano\b|Cheson|卢加诺)|(?P<IMWG>\bIMWG\b|international myeloma working group|国际骨髓瘤工作组)"
    r"|(?P<RANO>\b(?:i|m)?RANO\b)"
    r"|(?P<PCWG3>\bPCWG-?[23]\b)|(?P<iwCLL>\biwCLL\b)|(?P<ELN>\bELN\b)|(?P<GCIG>\bGCIG\b)|(?P<INRC>\bINRC\b)"
    r"|(?P<CTCAE5>CTCAE[^.;0-9]{0,14}5(?:\.0)?\b|terminology criteria for adverse events[^.;0-9]{0,35}5(?:\.0)?\b)"
    r"|(?P<CTCAE4>CTCAE[^.;0-9]{0,14}4(?:\.0\d?)?\b"
    r"|terminology criteria for adverse events[^.;0-9]{0,35}4(?:\.0\d?)?\b)"
    r"|(?P<CTCAE>\bCTCAE\b|terminology criteria for adverse events|不良事件(?:通用|评价)(?:术语)?标准)"
    r"|(?P<ASTCT>\bASTCT\b|\bASBMT\b|transplantation and cellular therapy)|(?P<LEE2014>\bLee (?:criteria|2014|et al))",
    re.I,
)
_ASSESSOR = re.compile(
    r"(?P<IRC>\bIRC\b|\bBICR\b|\bICR\b|independent (?:central |radiolog\w+ )*(?:review|assess)\w*|独立(?:评审|影像"
    r"|中心))|(?P<INV>investigator|\bINV\b|研究者)",
    re.I,
)
_TIME = re.compile(
    r"(?P<n>\d{1,4}(?:\.\d+)?|one|two|three|four|five|six|twelve)(?:st|nd|rd|th)?[ -]?(?P<u>hours?|hrs?|days?|d\b"
    r"|weeks?|wks?|months?|mo\b|mons?\b|years?|yrs?|个?月|周|天|日|年|小时)"
    r"|(?P<u2>day|week|month|year|第)\s?(?P<n2>\d{1,4})(?:\s?(?:-|to|through|~|and)\s?(?:day |week "
    r"|month )?(?P<n3>\d{1,4}))?(?P<zu>天|周|月|年)?",
    re.I,
)
_DEFINED = re.compile(
    r"[^.。;]{0,80}(?:\b(?:is |was |are |will be )?defined as\b|\bmeans the\b|\brefers to\b|定义为|是指)[^。]{0,400}",
    re.I,
)
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "twelve": 12}
_DAYS = {"h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.4375, "a": 365.25}


@cache
def _rows() -> tuple[tuple[str, int, re.Pattern[str], re.Pattern[str] | None], ...]:
    """(id, level, pattern, what rules it out) of endpoints.tsv."""
    source = files("trialkb.extract").joinpath("endpoints.tsv").read_text(encoding="utf-8")
    return tuple(
        (r["id"], int(r["level"]), _pattern(r), re.compile(r["unless"], re.I) if r["unless"] else None)
        for r in csv.DictReader(source.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    )


def _pattern(row: dict[str, str]) -> re.Pattern[str]:
    parts = [rf"(?<![A-Za-z0-9])(?:{row['words']})(?![A-Za-z0-9])"]
    if row["cased"]:
        parts.append(rf"(?-i:(?<![A-Za-z0-9])(?:{row['cased']})(?![A-Za-z0-9]))")
    return re.compile("|".join(parts + ([row["zh"]] if row["zh"] else [])), re.I | re.ASCII)


def endpoints(text: str) -> list[tuple[str, int, int]]:
    """Endpoint ids in the words of one outcome with their spans; empty where none is named.

    >>> [e[0] for e in endpoints("Maximum Tolerated Dose (MTD) and/or Recommended Phase 2 Dose (RP2D)")]
    ['MTD', 'RP2D']
    >>> [e[0] for e in endpoints("Safety and tolerability")], [e[0] for e in endpoints("客观缓解率（ORR）")]
    (['SAFETY'], ['ORR'])
    """
    cut = _CUT.search(text)
    parts = [text[: cut.start()], text] if cut else [text]
    return next((found for level in (0, 1) for part in parts if (found := _read(part, level))), [])


def _read(text: str, level: int) -> list[tuple[str, int, int]]:
    hits = [
        (m.start(), -m.end(), id)
        for id, at, pattern, unless in _rows()
        if at == level and not (unless and unless.search(text))
        for m in pattern.finditer(text)
        if m.end() > m.start()
    ]
    return _chosen(hits)


def _chosen(hits: list[tuple[int, int, str]]) -> list[tuple[str, int, int]]:
    """The leftmost longest of overlapping hits, each id once; CR and PR beside ORR are its definition."""
    out: list[tuple[str, int, int]] = []
    for start, end, id in sorted(hits):
        if (not out or start >= out[-1][2]) and id not in [o[0] for o in out]:
            out.append((id, start, -end))
    whole = {"ORR", "DCR", "CBR", "BOR"} & {o[0] for o in out}
    return [o for o in out if not (whole and o[0] in _PARTS)]


def find(document: Document) -> Iterator[Finding]:
    """Planned endpoints: registered ones where there are any, else those that the prose calls primary or secondary.

    >>> from trialkb.records import Section, Trial
    >>> e = PlannedEndpoint("PRIMARY", "ORR", None, "12 weeks")
    >>> s = Section("primary_outcomes", "ORR" + chr(10) + "Time frame: 12 weeks")
    >>> d = Document("X1", "trial", "t", (s,), b"", trial=Trial("X1", endpoints=(e,)))
    >>> [(f.value, f.detail["role"], f.detail["time_frame"]) for f in find(d)]
    [('ORR', 'PRIMARY', {'value': 12, 'unit': 'wk'})]
    """
    if document.trial and document.trial.endpoints:
        yield from _registered(document, document.trial.endpoints)
    elif any(document.section(name) for name in _ROLES):
        for name, role in _ROLES.items():
            if v := view(document, name):
                for m in re.finditer(r"[^\n|]+(?:\n(?!\n)[^\n|]+)*", v.text):
                    yield from _planned(v, m.span(), PlannedEndpoint(role, m[0]), m.start())  # type: ignore[arg-type]
    else:
        for v in prose(document, "eligibility", "title", "official_title"):
            yield from _told(v)


def _registered(document: Document, planned: tuple[PlannedEndpoint, ...]) -> Iterator[Finding]:
    names = {role: name for name, role in _ROLES.items()}
    at = dict.fromkeys(_ROLES, 0)
    for e in planned:
        section = document.section(names[e.role])
        words = (e.measure, e.raw) if e.raw else (e.measure,)
        spans = (locate(section.text, w, at[section.name]) for w in words) if section else ()
        span = next((s for s in spans if s), None)
        if section and span:
            at[section.name] = span[1]
            measure = View(document.id, section.name, normalise(section.text[span[0] : span[1]]), span[0])
            yield from _planned(measure, (0, len(measure.text)), e, 0)


def _planned(v: View, span: tuple[int, int], e: PlannedEndpoint, base: int) -> Iterator[Finding]:
    """Findings of one outcome; where only its description names an endpoint, the measure as a whole is the span."""
    words = v.text[span[0] : span[1]]
    description = normalise(e.description).text if e.description and e.description != e.measure else ""
    detail = _detail(e, words, description)
    found = [(id, base + a, base + b) for id, a, b in endpoints(words)]
    rule = "endpoint.measure"
    if not found and description:
        found = [(id, *span) for id, *_ in endpoints(re.split(r"(?<=[a-z])\.\s", description)[0])[:1]]
        rule = "endpoint.description"
    for id, a, b in found or [("OTHER", *span)]:
        yield v.finding("endpoint.planned", id, (a, b), rule if found else "endpoint.none", detail, "registry")


def _detail(e: PlannedEndpoint, words: str, description: str) -> dict[str, Any]:
    both = f"{words}. {description}"
    criteria = list(dict.fromkeys(m.lastgroup for m in _CRITERIA.finditer(both) if m.lastgroup))
    if "RECIST11" in criteria and "RECIST" in criteria:
        criteria.remove("RECIST")
    criteria = ["RECIST1.1" if c == "RECIST11" else c for c in criteria]
    assessor = _ASSESSOR.search(both)
    definition = _DEFINED.search(description) or _DEFINED.search(words)
    return {
        "role": e.role,
        "measure": " ".join(e.measure.split()),
        "time_frame": time_frame(e.time_frame),
        "criteria": criteria,
        "assessor": assessor.lastgroup if assessor else None,
        "definition": definition[0].strip(" :") if definition else None,
    }


def time_frame(words: str | None) -> dict[str, Any] | None:
    """The longest time that a time frame names, in its own unit (UCUM), or None.

    >>> time_frame("From infusion up to 2 years"), time_frame("Day 1-42"), time_frame("until progression")
    ({'value': 2, 'unit': 'a'}, {'value': 42, 'unit': 'd'}, None)
    """
    best: tuple[float, float, str] | None = None
    for m in _TIME.finditer(normalise(words).text) if words else ():
        printed = m["n"] or m["n3"] or m["n2"]
        unit = _unit(m["u"] or m["zu"] or (m["u2"] if m["u2"] != "第" else "") or "")
        if unit:
            value = float(_WORDS.get(printed.lower(), 0) or printed)
            best = max(best or (0.0, 0.0, ""), (value * _DAYS[unit], value, unit))
    return {"value": int(best[1]) if best[1] == int(best[1]) else best[1], "unit": best[2]} if best else None


def _unit(words: str) -> str | None:
    w = words.lower().lstrip("个")
    first = {
        "d": "d",
        "w": "wk",
        "m": "mo",
        "y": "a",
        "h": "h",
        "天": "d",
        "日": "d",
        "周": "wk",
        "月": "mo",
        "年": "a",
        "小": "h",
    }
    return first.get(w[:1])


_TOLD = re.compile(
    r"\b(?P<co>co-?)?(?P<r>primary|secondary)(?: and (?P<r2>secondary))? (?:efficacy |safety |study "
    r"|clinical )*(?:end ?-?points?|outcomes?(?: measures?)?|objectives?)\b"
    r"|(?P<z>主要|次要)(?:研究)?(?:疗效|安全性)?(?:终点|结局|目的|指标)",
    re.I,
)


def _told(v: View) -> Iterator[Finding]:
    """Endpoints in a sentence, behind the words that call them primary or secondary."""
    for start, end in v.sentences():
        marks = list(_TOLD.finditer(v.text, start, end))
        for m, stop in zip(marks, [*(x.start() for x in marks[1:]), end], strict=False):
            role = "PRIMARY" if (m["r"] or "").lower() == "primary" or m["z"] == "主要" else "SECONDARY"
            detail = {"role": role, "measure": " ".join(v.text[m.start() : stop].split())[:300]}
            for id, a, b in _read(v.text[m.end() : stop], 0):
                if id != "FEASIBILITY":
                    yield v.finding("endpoint.planned", id, (m.end() + a, m.end() + b), "endpoint.prose", detail)
