"""Populations: the subgroup or the analysis set that a value is of, only as printed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trialkb.text import HAN

from ._hints import hinted
from ._numbers import PATIENTS
from ._outcome_cells import Cell
from ._outcome_groups import Group
from ._outcome_reading import Reading

_I = re.I | re.A
_HAN = re.compile(f"[{HAN}]")
_FROM = re.compile(
    (
        r"[\s)\]]*(?:\([^()]*\)\s?)?(?P<who>(?:from|since|after)\s(?:the\s)?(?:first\s|time of\s|date of\s|initial\s)"
        r"?(?:[\w-]+\s){0,2}?(?:diagnosis|infusion|randomi[sz]ation|enrol\w+|transplant\w*|apheresis|leukapheresis|"
        r"registration))"
    ),
    _I,
)
_SET = hinted(
    r"(?P<who>(?:response-|efficacy-)?(?:evaluable|assessable)|(?:modified )?intent(?:ion)?[- ]to[- ]treat|"
    r"\bm?ITT\b|per[- ]protocol(?= (?:set|population|analysis))|per-protocol|investigator[- ]assessed|"
    r"(?:有效性|疗效|安全性|全)分析集|FAS集?|PP[S集]|安全性?集(?!中)|(?:输注|回输|治疗)人群|(?:疗效)?可(?:进行(?:疗效)?)?评[估价](?:疗效)?(?=患者|的|受试者|病人|"
    r"患儿|病例|人群|者|\d)|意向(?:性)?治疗|独立(?:影像)?(?:评审|评估|审查|"
    r"审评)委员会(?:\s?\(I[A-Z]*C\))?(?:评[估价])?|(?:IRC|"
    r"BICR)评[估价]|研究者评[估价])",
    _I,
)
_ZH = re.compile(
    r"[(、,;](?:其中|包括|分别为)?(?P<who>(?!包括|其中)(?!.{0,8}疗效|s?CR|V?G?PR|[SP]D|完全|部分|"
    r"疾病)(?!.{0,6}[1-5IV]级)[一-鿿A-Za-z0-9]{1,14}(?:瘤|癌|病|"
    r"血病|患者|者|组))\s?(?:为|达|"
    r"患者为)?\s?\Z"
)
_BAD = re.compile(
    r"(?i)^(?:response|study|trial|median|months?|group|arm|cohort|time|treatment|therapy|the|clinical|order|"
    r"terms|whom|overall|patients?|data|results?|summary|grade.*|any.*|least.*)$|\b(?:group|arm|cohort)s?$|"
    r"^DLs?$|^dose levels?$|^(?:treated|evaluated|enrolled|included)$|\bthis\b"
)
_POOLED = re.compile(r"CRi?\s?[/+]\s?n?CR[ihp]?|sCR\s?/\s?CR")
_CR_CRI = re.compile(r"(?:\bCR|remission \(CR|response \(CR)\)?\s(?:or|/)\s[^.;,]{0,50}?(?:\bCRi|incomplete)")


_LASTING = re.compile(
    r"\bduration of (?:the )?(?P<who>(?-i:s?CRi?|PR|VGPR|SD)\b|(?:complete|partial) (?:response|remission)|"
    r"stable disease)",
    _I,
)


def population(
    text: str, r: Reading, cells: Sequence[Cell], arm: Group | None, group: Group | None, start: int, end: int
) -> tuple[str | None, str | None]:
    """(subgroup in the text's words, analysis set) of a reading."""
    c = r.cell
    previous = max((x.hi for x in cells if x.hi <= c.lo), default=start)
    values = [x for x in cells if x.kind != "bare" and not (x.noun and x.kind == "count")]
    following = min((x.lo for x in values if x.lo >= c.hi), default=end)
    pooled = _POOLED.search(r.term.words) if r.term.id in ("CR", "CRi") else None
    if pooled:
        return pooled[0], None
    if r.term.id in ("CR", "DOR") and _CR_CRI.search(text[max(start, r.term.start - 40) : r.term.end + 60]):
        return "CR or CRi", None
    state = _LASTING.search(text, r.term.start, c.lo) if r.term.id == "DOR" else None
    if state and not (group and group.start > c.lo):
        return state["who"], None
    m = _FROM.match(text, c.hi, following) if r.term.kind == "time" and r.term.id != "FOLLOW_UP" else None
    if m:
        return m["who"], None
    if not _HAN.search(text, start, end):
        return _english(text, r, group, previous, following, start)
    m = _ZH.search(text[max(previous, start) : c.lo])
    if m and _fit(m["who"], arm) and not (r.term.kind == "response" and r.term.words in m["who"]):
        return m["who"].strip(), None
    stop = re.compile(r"[,;。]").search(text, c.hi, min(following, c.hi + 60))
    ahead = stop.start() if stop else min(following, c.hi + 60)
    m = _SET.search(text[max(start, min(previous, r.term.start)) : ahead]) or _last_set(text[start : c.lo])
    if m and r.term.kind not in ("response", "generic") and not re.match("意向|m?ITT|独立|IRC|BICR|研究者", m["who"]):
        return None, None  # whose response could be evaluated says nothing of survival
    return (m["who"], m["who"]) if m else (None, None)


def _last_set(words: str) -> re.Match[str] | None:
    return next(reversed(list(_SET.finditer(words))), None)


def _english(
    text: str, r: Reading, group: Group | None, previous: int, following: int, start: int
) -> tuple[str | None, str | None]:
    c = r.cell
    if group and _BAD.search(group.label):
        group = None
    m = _SET.search(text[max(start, min(previous, r.term.start)) : min(following, c.hi + 60)])
    m = m or _SET.search(text[max(start, r.term.start - 30) : r.term.end])
    m = m or _SET.match(text, _opening(text, start), c.lo) or _of_opening(text, start, c.lo)
    m = m or _set_whose(text, start, r.term.start)
    if group and not (m and group.label in m[0]):
        return group.label, None
    if m:
        return ("evaluable" if re.match(r"(?i).*(?:evalu|assess)able", m["who"]) else m["who"]), m["who"]
    return None, None


_OPENED = re.compile(r"\W{0,4}(?:In|By|For|Among|On|Per|Of|Within|According to)\s[^,;]{2,110}?,\s")


def _of_opening(text: str, start: int, end: int) -> re.Match[str] | None:
    """ "In an intention-to-treat analysis involving all 74 patients, 85% had ...": the set of all that follows."""
    opened = _OPENED.match(text, start, end)
    m = _SET.search(text, start, opened.end()) if opened else None
    return m if m and not _ANEW.search(text[m.end() : end]) else None


_ANEW = re.compile(
    r"[;,]\s(?:\w+\s)?(?:in|among|for|of|at|with)\s(?:the|those|all|patients|pts|\d+)\b|\bwhereas\b",
    _I,
)


def _set_whose(text: str, start: int, end: int) -> re.Match[str] | None:
    """ "19 remain in the mITT set, whose ORR was 47%"."""
    for m in _SET.finditer(text, start, end):
        if re.match(r"[^,;.]{0,24},\s(?:whose|in wh\w+|of wh\w+|where)\b(?:[^;.]|\.\d)*\Z", text[m.end() : end], _I):
            return m
    return None


def _opening(text: str, start: int) -> int:
    """Where the noun of the phrase that opens a sentence begins: "Among the 22 evaluable patients, ..."."""
    m = re.match(
        r"(?:(?:In|Among|Of|For)\s)?(?:the\s|all\s|these\s)?(?:\d+\s|[a-z-]+\s(?=evalu|effic|respon|"
        rf"pat))?(?:{PATIENTS}\s(?=evalu))?",
        text[start : start + 50],
    )
    return start + (m.end() if m else 0)


def _fit(words: str, arm: Group | None) -> bool:
    w = words.strip()
    return bool(w) and not _BAD.search(w) and len(w) < 60 and not (arm and arm.label in w)
