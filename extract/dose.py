"""Dose levels of cells (cells, cells/kg, cells/m2), the schedule, and the number of infusions.

A level is what a protocol gives or a study gave by plan: medians of what was infused, doses of animals, contents of
an apheresis, counts in blood and viral titres are none. Traps: a cap ("not to exceed 1e8") is no level; a flattened
power (2.5 x 108) needs a unit or the words of a dose near it; T cells of 10^5/kg may be a limit of contamination.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb.records import Document, Finding

from ._cells import Count, counts, short
from ._view import View, prose

_DOSE = re.compile(
    r"\bdos(?:e|es|ed|age|ages|ing)\b|\bDL ?-?\d|\bescalat|\bcohort|\binfus|\badminister|剂量|输注|回输|爬坡", re.I
)
_CELL_THERAPY = re.compile(r"cells?\b|CAR|TIL|细胞", re.ASCII)
_SUMMARY = re.compile(r"(?:\bmedian|\bmean\b|\baverage|中位|平均)(?:[^.;。]|\.(?=\d)){0,110}\Z", re.I)
_BEFORE_NOT = re.compile(
    r"(?:(?:<(?!/?sup)|(?<!sup)>|[≥≤]|\b(?:less|fewer|greater|more) than|小于|大于|不少于|低于|高于"
    r"|\bminimum(?: of)?|\bat least)[^\d.;。]{0,12}"
    r"|(?:\bcontain(?:ed|ing)|\bcollect|\bharvest|\bapheres|\byield|\bexpand|(?<!dose[ -])\bexpansion(?! (?:cohort|phase|part))"
    r"|\bpeak|\bCmax|\bcounts?\b|\bmanufactur|\brelease|\bto obtain|\bproducts were"
    r"|采集|(?<!剂量)扩增|计数|峰值)(?:[^.;。]|\.(?=\d)){0,40})\Z",
    re.I | re.ASCII,
)
_MADE = re.compile(r"\bwere (?:generated|produced|obtained|manufactured|harvested) to\b|\bgenerated to obtain\b", re.I)
_AT_LEAST = re.compile(
    r"(?:\b(?:receiv\w+|infus\w+|given|treated (?:with|at)|doses? of|cells \()|(?:回输|输注)[^。；;,，]{0,12}?(?:细胞)?数?)"
    r"\s?(?:[≥≧>]|>=|at least|不少于)\s?\Z",
    re.I,
)
_ANIMAL = re.compile(
    r"\bmice\b|\bmouse\b|\bmurine model|\bin vitro\b|\bxenograft|\banimals?\b|\brats?\b"
    r"|小鼠|裸鼠|大鼠|体外|动物|异种移植|移植瘤|荷瘤",
    re.I,
)
_CAP = re.compile(
    r"(?:\bcap(?:ped)?\b|\bnot (?:to )?exceed\w*|\bmaximum(?: total)?(?: cell)?(?: dose)?(?: of)?|\bmax\.?(?: dose)?"
    r"|上限|不超过|最高|最大(?!耐受))"
    r"[^.;。]{0,25}\Z",
    re.I,
)
_LABEL_BEFORE = re.compile(
    r"(?:\b(?:dose[ -]?level|DL|level|dose[ -]?(?:group|cohort)|cohort)\s*[:#(]?\s*(-?\s?\d{1,2}[ab]?|[IV]{1,3}\b)"
    r"|(?:剂量组?|组|水平)\s*(-?\d))"
    r"\s*\)?[^.;,。0-9]{0,25}\Z",
    re.I,
)
_LABEL_AFTER = re.compile(r"[^.;,。(]{0,45}\(?\s*\b(?:DL|dose level)\s*(-?\d{1,2}[ab]?)\s*\)", re.I)


def find(document: Document) -> Iterator[Finding]:
    """Dose levels, schedules and numbers of infusions of every section of prose but the criteria.

    >>> from trialkb.records import Section
    >>> d = Document("X1", "page", "t", (Section("body", "给予 1×10⁶个/kg CAR-T 细胞单次输注。"),), b"")
    >>> [(f.field, f.value) for f in find(d)]
    [('dose.level', '1e6 cells/kg'), ('dose.infusions', '1')]
    """
    for v in prose(document, "eligibility", "title", "official_title"):
        seen: set[tuple[str, str, str]] = set()
        cells = bool(_CELL_THERAPY.search(v.text))
        for start, end in v.sentences():
            for f in (*_levels(v, start, end, cells), *_schedule(v, start, end)):
                key = (f.field, f.value, str((f.detail or {}).get("label")))
                if key not in seen:
                    seen.add(key)
                    yield f


def _levels(v: View, start: int, end: int, cells: bool) -> Iterator[Finding]:
    sentence = v.text[start:end]
    if not re.search(r"\d|illion", sentence) or _ANIMAL.search(sentence):
        return
    told = bool(_DOSE.search(sentence)) and cells
    if _MADE.search(sentence):
        return
    for group in counts(sentence):
        before = sentence[: group[0].start]
        if _SUMMARY.search(before[-130:]) or (_BEFORE_NOT.search(before[-70:]) and not _AT_LEAST.search(before[-60:])):
            continue
        field = "dose.cap" if _CAP.search(before[-50:]) else "dose.level"
        for c in group:
            unit = c.unit or ("cells" if told else None)
            if unit and not (c.flat and c.unit is None and not told):
                yield _level(v, start, sentence, c, unit, field)


def _level(v: View, base: int, sentence: str, c: Count, unit: str, field: str) -> Finding:
    label = _LABEL_BEFORE.search(sentence[max(0, c.start - 50) : c.start])
    after = _LABEL_AFTER.match(sentence, c.end)
    name = (label[1] or label[2]) if label else after[1] if after else None
    bounds = sorted((c.value, c.partner)) if c.partner else None
    if name and name.startswith("-") and re.search(r"\bDL-[2-9]", v.text, re.I):
        name = name[1:]  # DL-1, DL-2: a hyphen between, no level below the first
    detail = {
        "label": name.replace(" ", "") if name else None,
        "range": [short(x) for x in bounds] if bounds else None,
        "unit": unit,
    }
    rule = "cells.unit" if c.unit else "cells.dose_words"
    return v.finding(field, c.printed(unit), (base + c.start, base + c.end), rule + (".flat" if c.flat else ""), detail)


_COUNT_WORDS = {"one": "1", "single": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
_COUNT_WORDS |= dict(zip("一单两二三四五六", "11223456", strict=True))
_K = r"one|single|two|three|four|five|six|\d{1,2}"
_WHAT = (
    r"(?:(?!(?:days?|weeks?|months?|years?|hours?|of|per|after|out|patients?|subjects?|had|in|or"
    r"|to)\b)[A-Za-z][\w+.\-]* ){0,4}?"
    r"(?:infusions?|injections?|additional doses? of (?:[\w+.\-]+ ){0,4}?cells)(?! of a drug)"
)
_INFUSIONS = re.compile(
    rf"\b(?P<most>up to |maximum of |a maximum of )?(?<![-/.^])(?P<a>{_K})(?:(?: ?- ?| to | or )(?P<b>{_K}))? "
    rf"(?:repeated |separate |consecutive |intravenous |i\.?v\.? |cell )*{_WHAT}\b"
    r"|\b(?P<s>single|one)[- ](?:dose|infusion|intravenous)\b"
    r"|(?P<zm>最多)?(?P<z>[单一两二三四五六]|\d{1,2})(?:[-~至到](?P<z2>\d))?(?:次|针)(?:静脉)?(?:细胞)?(?:输注|回输"
    r"|注射|给药)",
    re.I,
)
_EVERY = re.compile(
    r"\b(?:every|q) ?(?P<n>\d{1,2}|other)?[ -]?(?P<u>days?|weeks?|wks?|months?|d|w)\b"
    r"|每(?P<zn>\d{1,2}|[两二三四])?(?P<zu>天|日|周|个?月)",
    re.I,
)
_SPLIT = re.compile(
    r"\b(?:split|fractionated)[- ](?:dos\w+|infusions?)\b|分次(?:输注|回输)|分\s?[2-5二三四五两]\s?次", re.I
)
_CELL_EVENT = re.compile(r"\bcells?\b|CAR|\bTILs?\b|\bNK\b|细胞", re.ASCII)
_OTHER_DRUG = re.compile(
    r"\b(?:IL-?2|interleukin|nivolumab|pembrolizumab|vaccine|cyclophosphamide|fludarabine|mg/|CT\b|MRI|scan|visit"
    r"|assess|follow)|随访|检查|评估",
    re.I,
)
_UNIT = {"d": "d", "w": "wk", "m": "mo", "天": "d", "日": "d", "周": "wk", "月": "mo", "个": "mo"}


def _schedule(v: View, start: int, end: int) -> Iterator[Finding]:
    """Infusions and their spacing, from sentences on the cells and on nothing else that is given or done."""
    sentence = v.text[start:end]
    if not _CELL_EVENT.search(sentence):
        return
    for m in _INFUSIONS.finditer(sentence):
        if value := _times(m):
            yield v.finding("dose.infusions", value, (start + m.start(), start + m.end()), "infusions.number")
    if _OTHER_DRUG.search(sentence):
        return
    for m in _SPLIT.finditer(sentence):
        yield v.finding("dose.schedule", "split", (start + m.start(), start + m.end()), "schedule.split")
    if not _DOSE.search(sentence):
        return
    for m in _EVERY.finditer(sentence):
        n = m["n"] or m["zn"] or "1"
        number = _COUNT_WORDS.get(n, "2" if n.lower() == "other" else n)
        unit = _UNIT[(m["u"] or m["zu"])[0].lower()]
        yield v.finding(
            "dose.schedule", f"every {number} {unit}", (start + m.start(), start + m.end()), "schedule.every"
        )


def _times(m: re.Match[str]) -> str | None:
    if m["s"]:
        return "1"
    first, second = m["a"] or m["z"], m["b"] or m["z2"]
    low = _COUNT_WORDS.get(first.lower(), first)
    high = _COUNT_WORDS.get(second.lower(), second) if second else None
    if not 0 < int(low) <= 20:
        return None
    return f"{low}-{high}" if high else f"<={low}" if m["most"] or m["zm"] else low
