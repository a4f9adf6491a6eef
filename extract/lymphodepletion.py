"""Lymphodepletion before cells: the drugs with doses and days; bridging, IL-2 and other support.

A drug counts where its sentence (or the one before it) speaks of lymphodepletion, conditioning or of what is given
before the cells, or where a cell-therapy trial registers it as an intervention. Traps: R-CHOP's cyclophosphamide is
earlier treatment; conditioning before a transplant is none of the cells'; IL-2 may be a cytokine measured in serum.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from trialkb.records import Document, Finding

from ._view import View, prose, view

_CASED = {"FC", "ATG", "TBI", "CTX", "CY", "FLU"}
_CUE = re.compile(
    r"lympho-?(?:cyte)?[- ]?(?:deplet|ablat|reduc)|\bLD\b|precondition|pre-condition|pre-?treat(?:ed|ment) (?:with"
    r"|regimen|chemo)"
    r"|\bcondition(?:ed|ing)\b|preparative|immunosuppressive chemotherapy|lymphodeplet|清淋|清除淋巴"
    r"|淋巴(?:细胞)?(?:清除|耗竭|清空)"
    r"|预处理|去淋巴|清髓",
    re.I,
)
_CELLS = r"(?:cells?\b|CAR\b|CART|CAR-?T|TILs?\b|NK\b|TCR|leucel|lymphocytes|细胞)"
_THEN_CELLS = re.compile(
    rf"(?:followed by|prior to|before|previous to|ahead of|after|then)[^.;]{{0,60}}{_CELLS}"
    rf"|{_CELLS}[^.]{{0,110}}(?:after|following)\b"
    r"|(?:输注|回输)前|后(?:输注|回输)",
    re.I,
)
_EARLIER = re.compile(
    r"R-?CHOP|\bCHOP\b|hyper-?CVAD|doxorubicin|vincristine|\bprior (?:therap|treatment|regimen|line)"
    r"|previously (?:treated|received)|\brelapsed? after"
    r"|\brefractory to\b|\bprophylaxis\b|post-?transplant|既往|化疗失败|allerg|hypersensitiv|过敏|intoleran",
    re.I,
)
_TRANSPLANT = re.compile(r"transplant|\bHSCT\b|\bHCT\b|\bASCT\b|移植", re.I)
_GIVEN = re.compile(
    r"administ|\binfus|\binject|\breceiv|subcutan|intraven|\bgiven\b|followed by|(?:low|high|intermediate)[- ]dose"
    r"|\bdoses? of|support|\bplus\b"
    r"|\bwith(?:out)?\b|\bIU\b|注射|给予|输注|支持|联合|小剂量|低剂量|皮下",
    re.I,
)
_MEASURED = re.compile(
    r"secret|\bproduc|\brelease|\blevels?\b|serum|cytokines? (?:such|includ|like)|\bexpress|receptor|\bgene\b"
    r"|absence of|independent|stimulat|cultur"
    r"|expand|in the presence|分泌|水平|因子|培养|体外|释放",
    re.I,
)
_BUILT_IN = re.compile(
    r"\s?(?:[\w/.+-]+\s?){0,2}?(?:CAR\b|CAR-|-?armou?r|-?transduc|-?engineer|-?modif|-?produc)", re.I
)
_STEM_CELLS = re.compile(r"(?:stem|progenitor)[- ]cells?|干细胞", re.I)
_BRIDGING = re.compile(
    r"\bbridging (?:therap|chemo|treatment|radio)\w*|\bbridge therapy|桥接(?:治疗|化疗|放疗|方案)?", re.I
)
_AMOUNT = re.compile(
    r"[^.;,。]{0,25}?(?P<a>\d+(?:\.\d+)?)(?:\s?(?:-|to|~|至)\s?(?P<b>\d+(?:\.\d+)?))?\s?(?P<u>mg|g|毫克)\s?(?:/"
    r"|per )?\s?(?P<p>m\^?2|m\(2\)|kg|平方米|㎡)?"
    r"(?P<d>\s?(?:/|per |\*)\s?(?:d(?:ay)?|天|日)\b|\s?daily)?",
    re.I,
)
_DAYS = re.compile(
    r"\b(?:on )?(?:days?|d) ?\(?(?P<f>[-+]?\d{1,2})(?:d)?\)?\s?(?:to|through|and|~|至|[-,])\s?(?:days?"
    r"|d)? ?\(?(?P<t>[-+]?\d{1,2})\)?(?P<more>(?:(?:,| and|, and) ?(?:days? ?|d)?-?\d{1,2})*)"
    r"|\b(?:for|x|×|\*) ?(?P<n>\d{1,2}|two|three|four|five)[ -]?(?:consecutive )?(?:days?|d)\b"
    r"|连续\s?(?P<zn>[1-9一二三四五])\s?(?:天|日)"
    r"|[-第](?P<zf>\d)\s?(?:天)?\s?[~至到-]+\s?-?(?P<zt>\d)\s?(?:天|日)",
    re.I,
)
_NAME = r"(?:fludarabine|cyclophosphamide|flu\b|cy\b|cytoxan)"
_PAIR = re.compile(
    rf"{_NAME}(?: \(\w+\))?(?: (?:at )?\d[^,;.]{{0,40}})?,?\s?(?:/|\+|and|plus|,)\s?{_NAME}"
    rf"(?!,? (?:and|plus|or) (?:rituximab|busulfan|melphalan|thiotepa|cytarabine|idarubicin|mitoxantrone))"
    r"|氟达拉滨[^，。；]{0,25}[+＋、和及与联合]{1,2}环磷酰胺|环磷酰胺[^，。；]{0,25}[+＋、和及与联合]{1,2}氟达拉滨",
    re.I,
)
_BEFORE_ZERO = re.compile(r"\b(?:days?|d) ?-\d", re.I)
_NUMBER = {"two": "2", "three": "3", "four": "4", "five": "5"} | dict(zip("一二三四五", "12345", strict=True))


@cache
def _drugs() -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    """One pattern over all names, and for each name (lower case) its id and use."""
    source = files("trialkb.extract").joinpath("drugs.tsv").read_text(encoding="utf-8")
    known = {}
    for row in csv.DictReader(source.splitlines(), delimiter="\t"):
        for name in row["names"].split(";"):
            known[name.lower()] = (row["id"], row["use"])
    words = "|".join(re.escape(n) for n in sorted(known, key=len, reverse=True))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?:(?<=[\u3400-\u9fff)）])|(?![A-Za-z0-9]|-[A-Z]\b))", re.I), known


def find(document: Document) -> Iterator[Finding]:
    """Drugs given before, with and after the cells; the value is the drug's id.

    >>> from trialkb.records import Section
    >>> d = Document("X1", "page", "t", (Section("body", "清淋方案为氟达拉滨 30 mg/m2 连续3天。"),), b"")
    >>> [(f.value, f.detail["dose"], f.detail["unit"], f.detail["days"]) for f in find(d)]
    [('fludarabine', '30', 'mg/m2', '3 d')]
    """
    yield from _registered(document)
    for v in prose(document, "eligibility", "interventions", "title", "official_title"):
        best: dict[tuple[str, str], Finding] = {}
        for f in _in_text(v):
            old = best.get((f.field, f.value))
            if old is None or len(f.detail or {}) > len(old.detail or {}):
                best[f.field, f.value] = f
        yield from sorted(best.values(), key=lambda f: f.start)


def _registered(document: Document) -> Iterator[Finding]:
    """Interventions of a cell-therapy trial that are lymphodepleting drugs by name."""
    v = view(document, "interventions")
    if not v or not document.trial or not re.search(_CELLS, v.text):
        return
    pattern, known = _drugs()
    seen = set()
    names = {i.name.lower(): i for i in document.trial.interventions}
    for m in pattern.finditer(v.text):
        ids, use = known[m[0].lower()]
        alone = any(name.startswith(m[0].lower()) or name.endswith(m[0].lower()) for name in names)
        if use != "ld" or not alone or (m[0].upper() in _CASED and m[0] not in _CASED) or not _usual(ids):
            continue
        for id in _parts(ids):
            if id not in seen:
                seen.add(id)
                yield v.finding(
                    "lymphodepletion", id, m.span(), "intervention.drug", _amount(v.text, m.end()), "registry"
                )


def _usual(ids: str) -> bool:
    """Drugs that a cell-therapy trial registers for lymphodepletion and hardly for anything else."""
    return bool(set(_parts(ids)) & {"fludarabine", "cyclophosphamide", "allo-647", "alemtuzumab"})


def _parts(ids: str) -> list[str]:
    return ids.split(" ") if ids.startswith("fludarabine ") else [ids]


def _in_text(v: View) -> Iterator[Finding]:
    pattern, known = _drugs()
    before = ""
    cells = bool(re.search(_CELLS, v.text))
    for start, end in v.sentences():
        sentence = v.text[start:end]
        for m in _BRIDGING.finditer(sentence):
            yield v.finding("support.bridging", "bridging", (start + m.start(), start + m.end()), "bridging.words")
        hits = [
            m for m in pattern.finditer(sentence) if not (m[0].upper() in _CASED and m[0] not in (*_CASED, "Cy", "Flu"))
        ]
        for m in hits:
            ids, use = known[m[0].lower()]
            span = (start + m.start(), start + m.end())
            if use == "support":
                yield from _support(v, ids, span, sentence)
            elif rule := _ld_rule(sentence, before, m, ids, len(hits), cells):
                detail = _amount(v.text[:end], span[1])
                if "days" not in detail and (days := _days_before(v.text[start : span[0]])):
                    detail["days"] = days
                field = "lymphodepletion.radiation" if ids == "total body irradiation" else "lymphodepletion"
                for id in _parts(ids):
                    yield v.finding(field, id, span, rule, detail)
        before = sentence


def _ld_rule(sentence: str, before: str, m: re.Match[str], ids: str, drugs: int, cells: bool) -> str | None:
    """Why a drug named here is lymphodepletion, or None; the two drugs together precede cells, or else a transplant."""
    if _EARLIER.search(sentence[max(0, m.start() - 90) : m.end() + 60]):
        return None
    if ids == "rituximab" and not _CUE.search(sentence):
        return None
    if _CUE.search(sentence):
        given = re.search(_CELLS, _STEM_CELLS.sub("", sentence))
        return None if _TRANSPLANT.search(sentence) and not given else "drug.cue"
    if _THEN_CELLS.search(sentence) and not _TRANSPLANT.search(sentence) and (_usual(ids) or drugs > 1):
        return "drug.before_cells"
    if drugs > 1 and _usual(ids) and _BEFORE_ZERO.search(sentence) and re.search(_CELLS, sentence):
        return "drug.days_before"
    if _CUE.search(before) and _usual(ids):
        return "drug.cue_before"
    if cells and _usual(ids) and _PAIR.search(sentence) and not _TRANSPLANT.search(sentence):
        return "drug.pair"
    return None


def _support(v: View, id: str, span: tuple[int, int], sentence: str) -> Iterator[Finding]:
    near = v.text[max(0, span[0] - 60) : span[1] + 30]
    if _MEASURED.search(sentence) or not _GIVEN.search(sentence) or _BUILT_IN.match(v.text, span[1]):
        return
    if re.search(r"allerg|hypersens|intoleran|过敏", near, re.I):
        return
    if id in ("il-2", "il-15"):
        yield v.finding("support." + id.replace("-", ""), id, span, "support.given", _amount(v.text, span[1]))
    else:
        yield v.finding("support.drug", id, span, "support.given")


def _amount(text: str, at: int) -> dict[str, str]:
    """Dose, unit and days printed right behind a drug's name."""
    tail = re.split(r"(?<!\d)[.;。；](?!\d)", text[at : at + 110])[0]
    nxt = _drugs()[0].search(tail)
    own = tail[: nxt.start()] if nxt else tail
    detail: dict[str, str] = {}
    if m := _AMOUNT.match(own):
        per = m["p"] or ""
        detail["dose"] = f"{m['a']}-{m['b']}" if m["b"] else m["a"]
        unit = "mg" if m["u"].lower() in ("mg", "毫克") else "g"
        detail["unit"] = unit + ("/kg" if per.lower() == "kg" else "/m2" if per else "") + ("/d" if m["d"] else "")
    if d := _DAYS.search(own) or _DAYS.search(tail):
        detail["days"] = _days(d)
    return detail


def _days_before(words: str) -> str | None:
    """Days printed right before a drug (day -5 to day -3: cyclophosphamide ...)."""
    near = words[-45:]
    found = [m for m in _DAYS.finditer(near) if re.fullmatch(r"\s*[:,)]\s*", near[m.end() :])]
    return _days(found[-1]) if found else None


def _days(m: re.Match[str]) -> str:
    if n := m["n"] or m["zn"]:
        return f"{_NUMBER.get(n, n)} d"
    if m["zf"]:
        return f"-{m['zf']} to -{m['zt']}"
    return (
        f"{m['f']} to {m['t']}" if not m["more"] and "," not in m[0] else re.sub(r"[^\d,+-]+", "", m[0].split("y")[-1])
    )
