"""Biomarker: what the disease must express to be treated: positive or negative, staining intensity, share of cells.

Field: indication.biomarker, such as "CLDN18.2 >= 2+ in >= 40 %", "HER2 negative", "CD19 positive", with target, status,
intensity and percent in the detail. Read from titles, conditions, summaries and inclusion criteria; an exclusion
criterion asks for the opposite and is left to the eligibility part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb.records import Document, Finding
from trialkb.terms import Mention

from ._context import View, finding, named, views

_EXCLUSION = re.compile(r"exclusion criteria|excluded if|排除标准", re.I)
_STATUS = re.compile(
    r"\s?(?:\([^)]{1,25}\))?[\s-]{0,3}(?:(?P<pos>positive\b|positivity|\+(?![\w+])|expressing\b|overexpress\w+|阳性|高表达)|"
    r"(?P<neg>negative\b|阴性))"
    r"(?!\s?(?:/CD\d+\+ ?)?(?:T[ -](?:cells?|lymph)|T-lymph|cells?\b|lymphocytes|central|cytotoxic|an? |CAR))",
    re.I,
)
_STAIN = (
    r"(?:IHC|immunohisto\w+|immunocyto\w+|stain\w*|flow cytometry|express\w*|positiv\w*|membran\w*|"
    r"免疫组(?:化|织化学)|染色|表达|阳性|流式)"
)
_SIGN = r"(?:≥|>=|>|at least|more than|greater than(?: or equal to)?|不低于|至少|大于(?:等于)?|超过)"
_LEVEL = re.compile(
    rf"(?=[^.;。；]{{0,80}}?{_STAIN})[^.;。；\n%]{{0,90}}?"
    rf"(?:(?P<s>{_SIGN})\s?)?(?<![A-Za-z0-9.])(?P<i>[123])\s?\+(?![A-Za-z0-9])"
    r"(?P<up>\s?(?:or|/|and|to|,|、|或)\s?[23]\s?\+|及?以上)?",
    re.I,
)
_SHARE = re.compile(
    rf"(?=[^.;。；]{{0,110}}?{_STAIN})[^.;。；\n]{{0,110}}?"
    rf"(?:(?P<s>{_SIGN})\s?(?P<p>\d{{1,3}}(?:\.\d+)?)\s?%|(?P<q>\d{{1,2}})\s?% or (?:more|greater))"
    r"(?!\s?(?:CI|of (?:\w+[- ]){0,3}(?:patients|cases|malignanc\w+|tumou?rs\b)|\(95))",
    re.I,
)
_UNLESS = re.compile(r"\b(?:unless|except|if)\b[^.;]{0,30}$", re.I)
_ANTI = re.compile(r"(?:anti-?|targeting |targeted |抗|靶向)$", re.I)


def find(document: Document) -> Iterator[Finding]:
    """Biomarkers that the study asks for, each target and status once, the most exact wording first."""
    found = [f for v in views(document) if v.rank != "background" for f in _required(document, v)]
    told: set[tuple[object, object]] = set()
    for f in sorted(found, key=lambda f: not f.rule.endswith("level")):
        detail = f.detail or {}
        if (detail["target"], detail["status"]) not in told:
            told.add((detail["target"], detail["status"]))
            yield f


def _required(document: Document, view: View) -> Iterator[Finding]:
    text = view.normal.text
    stop = _EXCLUSION.search(text) if view.rank == "criteria" else None
    end = stop.start() if stop else view.end
    found = [m for m in named(text) if m.kind == "target" and view.start <= m.start and m.end <= end and not m.unsafe]
    for i, m in enumerate(found):
        limit = next((n.start for n in found[i + 1 :] if n.id != m.id), end)
        yield from _level(document, view, m, limit)
        yield from _status(document, view, m)


def _status(document: Document, view: View, m: Mention) -> Iterator[Finding]:
    text = view.normal.text
    s = _STATUS.match(text, m.end)
    if (
        not s
        or _ANTI.search(text[max(0, m.start - 12) : m.start])
        or _UNLESS.search(text[max(0, m.start - 40) : m.start])
    ):
        return
    status = "positive" if s["pos"] else "negative"
    detail = {"target": m.id, "status": status}
    value = f"{m.id} {status}"
    yield finding(document, view, "indication.biomarker", value, m.start, s.end(), "biomarker.status", detail=detail)


def _level(document: Document, view: View, m: Mention, limit: int) -> Iterator[Finding]:
    """Intensity and share where the same clause prints them."""
    text = view.normal.text
    level, share = _LEVEL.match(text, m.end, limit), _SHARE.match(text, m.end, limit)
    if not level and not share:
        return
    detail: dict[str, object] = {"target": m.id, "status": "positive"}
    value, last = m.id, m.end
    if level:
        detail["intensity"] = f"{'>= ' if level['s'] or level['up'] else ''}{level['i']}+"
        value, last = f"{value} {detail['intensity']}", level.end()
    if share:
        sign = ">" if re.fullmatch(r">|more than|greater than|大于|超过", share["s"] or "", re.I) else ">="
        detail["percent"] = f"{sign} {share['p'] or share['q']}"
        value, last = f"{value} {'in ' if level else ''}{detail['percent']} %", max(last, share.end())
    yield finding(document, view, "indication.biomarker", value, m.start, last, "biomarker.level", detail=detail)
