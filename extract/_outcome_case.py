"""What a report of a single patient tells: "The patient developed grade 3 CRS", 患者,男,58岁 ... 第3天出现2级CRS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._hints import hinted
from ._outcome_cells import Cell
from ._outcome_reading import Reading
from ._outcome_terms import Term

_I = re.I | re.A
_CASE = hinted(r"患者\s?,\s?(?:男|女)|患[儿者](?:男|女)|一例|1例(?:患者)?报告")
_ONE_CASE = re.compile(r"[^。]{0,60}患[者儿]\s?,?\s?(?:男|女)[^。]{0,4},")
_HAD_ZH = re.compile(
    r"(?:(?<=[,;。])|\A)[^,;。\d未无]{0,10}(?:第\s?\d+\s?(?:天|日|周)|\d+\s?(?:天|日|周|h|小时)后?)?"
    r"(?:患者|患儿)?(?:即|曾)?(?:出现|发生|并发)"
)
_DIAGNOSED = hinted(r"诊断为|(?<![例名位有部])患[者儿](?!中|均|都|的)[^,;。\d]{0,8}?(?:出现|发生)")
_THE_PATIENT = hinted(
    r"\b(?:the|this|our) patient (?:\w+ ){0,2}?(?:developed|experienced|had|suffered(?: from)?)\b"
    r"|\b(?:she|he)\b[^.;]{0,50}?\b(?:developed|developing|experienced)\b(?=\s(?:an?\s)?(?:grade|G|severe|mild|"
    r"transient|cytokine|CRS|ICANS))",
    _I,
)


_RESPONDED = hinted(
    r"\b(?:the|this|our|the first|the index) (?:(?:first|index|treated|infused) )?(?:patient|subject|child)(?!s\b)(?:'s \w+)?\s"
    r"(?:[^.;,]{3,80}?\sand\s)?(?:\w+ly )?(?:has |had )?(?:achieved|attained|entered|obtained|reached|went into|showed)\b"
    r"|\bthe first (?:enrolled |treated )?(?:patient|subject)\s(?:enrolled|treated|dosed|"
    r"infused)\b[^.;]{0,140}?\b(?:has )?achieved\b",
    _I,
)
_UNTIL = re.compile(r"\b(?:until|till|unless|if|whether|as long as|provided(?: that)?|in case)\s\Z", re.I)
_AND_THEN = re.compile(
    r"\s?(?:\([^()]{1,20}\))?,?\s(?:and|followed by|then|with)\s(?:[^.;,]{3,60}?\sand\s)?(?:(?:persistent|severe|"
    r"subsequent|grade \S+)\s){0,3}", _I
)


def the_patient(text: str, terms: Sequence[Term], start: int, end: int) -> Iterator[Reading]:
    """ "The patient developed grade 3 cytokine release syndrome": one patient."""
    case: tuple[re.Match[str], ...] = ()
    if _CASE.search(text, 0, 300):
        had = _HAD_ZH.finditer(text, start, end) if _ONE_CASE.match(text) else ()
        case = (*_DIAGNOSED.finditer(text, start, end), *had)
    for m in _RESPONDED.finditer(text, start, end):
        t = next((t for t in terms if t.start >= m.end()), None)
        if _UNTIL.search(text, max(start, m.start() - 24), m.start()):
            continue  # "was given until the patient achieved a CR"
        if t and t.kind == "response" and re.fullmatch(r"\s(?:[a-zA-Z-]+\s){0,3}", text[m.end() : t.start]):
            yield from (_one(m, x) for x in (t, *_too(text, terms, t, "response")))
    for m in (*_THE_PATIENT.finditer(text, start, end), *case):
        term = next((t for t in terms if t.start >= m.end()), None)
        near = term is not None and term.kind == "tox" and term.start - m.end() < 50
        if term and near and not re.search(r"(?i)[;,.]|\bno\b|\bnot\b|without", text[m.end() : term.start]):
            yield from (_one(m, x) for x in (term, *_too(text, terms, term, "tox")))


def _one(m: re.Match[str], t: Term) -> Reading:
    return Reading(t, Cell("count", m.start(), m.end(), m.start(), m.end(), 1.0, unit="patients"), "the patient")


def _too(text: str, terms: Sequence[Term], t: Term, kind: str) -> list[Term]:
    """ "developed grade 3 CRS, followed by bleeding and persistent grade 3 thrombocytopenia": what the patient had too."""
    after = next((x for x in terms if x.start > t.end and x.kind == kind), None)
    return [after] if after and _AND_THEN.fullmatch(text[t.end : after.start]) else []
