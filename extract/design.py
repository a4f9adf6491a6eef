"""Design: how the study is built: arms, allocation, masking, dose-finding rule, centres, and how many patients.

Fields: design (single_arm, randomized, open_label, dose_escalation, three_plus_three ...), design.planned_n (a number or
a range such as 6-18), design.n_enrolled and design.n_treated (this study's own, actual), design.dlt_window (with its
unit), design.target_dlt_rate (%), design.dose_groups (their number, with the labels that the text gives). A registry's
fields come first. What a background, another study or a review of several studies says is not this study's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from trialkb.products import named
from trialkb.records import Document, Finding, Json

from ._context import View, around, finding, lines, views
from ._numbers import number
from ._patients import Count, counts
from ._rules import using

_REGISTRY = {
    "SINGLE_GROUP": "single_arm",
    "PARALLEL": "parallel",
    "CROSSOVER": "crossover",
    "SEQUENTIAL": "sequential",
    "RANDOMIZED": "randomized",
    "NON_RANDOMIZED": "non_randomized",
    "NONE": "open_label",
    "SINGLE": "single_blind",
    "DOUBLE": "double_blind",
    "TRIPLE": "double_blind",
    "QUADRUPLE": "double_blind",
}
_FIELD = re.compile(r"^(?:allocation|model|masking): (?P<value>[A-Z_]+)$")
_ENROLMENT = re.compile(r"^enrollment: (?P<n>\d+)(?: (?P<type>[A-Z]+))?$")
_OTHER = re.compile(
    r"(?:\bprevious|\bprior|\bearlier|\bpreceding|\bother|\bsubsequent|\bfuture|\bhistorical)(?:ly)?[\w\s,-]{0,40}$|"
    r"(?:既往|先前|此前|后续|未来)[^,，。]{0,12}$",
    re.I,
)
_OWN = re.compile(r"\b(?:we|our|here|this|aims?|herein|is an?|are presenting|was initiated|will)\b|本研究|我们", re.I)
_GOAL = re.compile(
    r"random[- ]effects|meta-analys[ei]s of|to be (?:confirmed|tested|validated)|are (?:needed|warranted)", re.I
)
_LOST = re.compile(
    r"(?:progress\w*|died|deaths?|dropped out|withdr\w+|excluded|failed|ineligible|did not|not|never)\b[^.;]{0,50}"
    r"(?:\b(?:before|prior to)\b[^.;]{0,25}\binfusion|\breceiv\w* (?:the )?(?:cells|product|infusion|CAR)|\binfused)"
    r"|(?:未|放弃|退出)[^。；，]{0,12}(?:回输|输注)|(?:回输|输注)前[^。；]{0,10}(?:死亡|进展|退出)",
    re.I,
)


def find(document: Document) -> Iterator[Finding]:
    """Design findings of the study, each value once."""
    seen = list(views(document))
    found = [f for v in seen if v.section == "design" for f in _registry(document, v)]
    texts = [v for v in seen if v.rank in ("name", "text", "more", "background") or v.section == "design"]
    found += [f for v in texts for f in _values(document, v)]
    yield from _once(found)
    body = [v for v in texts if v.section != "interventions"]
    told = {f.field for f in found}
    numbers = [f for f in _actual(document, body) if f.field not in told]  # n_more: further patients, of no total
    if plan := _first(document, body, _planned, told):
        yield plan
    yield from (f for f in numbers if f.field != "design.n_more")
    yield from _inferred(document, body, numbers, {f.value for f in found})
    yield from (f for read in (_window, _groups, _rate) if (f := _first(document, body, read, told)))


Reader = Callable[[Document, View], Iterator[Finding]]


def _first(document: Document, part: list[View], read: Reader, told: set[str]) -> Finding | None:
    """The first finding of a reader, unless the registry has told that field."""
    hit = next((f for v in part for f in read(document, v)), None)
    return hit if hit and hit.field not in told else None


_ARMS_ZH = re.compile(r"对照组|(?:联合|观察|试验|治疗|单药|单纯[^,，。]{1,8}|TACE)组[^。]{0,60}组")


def _inferred(document: Document, part: list[View], numbers: list[Finding], values: set[str]) -> Iterator[Finding]:
    """Where an article names no treated number: its enrolled patients (of one arm), or the one patient of a case report."""
    fields = {f.field: f for f in numbers}
    more = fields.pop("design.n_more", None)
    if document.kind != "article" or more or "design.n_treated" in fields:
        return
    enrolled = fields.get("design.n_enrolled")
    if enrolled:
        if "randomized" in values or any(_ARMS_ZH.search(view.normal.text) for view in part):
            return
        if any(_LOST.search(view.normal.text) for view in part):
            return  # the other arm's patients, or those lost before the infusion, were not given the cells
        yield replace(enrolled, field="design.n_treated", rule="design.treated_as_enrolled", confidence=0.8)
        return
    for view in part:
        for id, m in _matches(view, "case"):
            yield finding(document, view, "design.n_treated", "1", m.start(), m.end(), id)
            return


def _once(found: list[Finding]) -> Iterator[Finding]:
    values: set[tuple[str, str]] = set()
    names = {f.value for f in found}
    for f in found:
        clash = {"single_arm": {"parallel", "randomized"}, "randomized": {"non_randomized"}}.get(f.value, set())
        if (f.field, f.value) in values or (
            f.origin == "text" and clash & {x.value for x in found if x.origin == "registry"}
        ):
            continue
        if f.value == "non_randomized" and "randomized" in names and f.origin == "text":
            continue
        values.add((f.field, f.value))
        yield f


def _registry(document: Document, view: View) -> Iterator[Finding]:
    text = view.normal.text
    for start, end in lines(view):
        m = _FIELD.match(text[start:end])
        if m and m["value"] in _REGISTRY:
            a = start + m.start("value")
            yield finding(document, view, "design", _REGISTRY[m["value"]], a, end, "design.registry", origin="registry")
        e = _ENROLMENT.match(text[start:end])
        if e:
            field = "design.n_enrolled" if e["type"] == "ACTUAL" else "design.planned_n"
            a, b = start + e.start("n"), start + e.end("n")
            yield finding(document, view, field, e["n"], a, b, "design.enrollment", origin="registry")


def _values(document: Document, view: View) -> Iterator[Finding]:
    text = view.normal.text
    lower = text.lower()
    for rule in using("design", "value"):
        if not rule.may(lower):
            continue
        for m in rule.pattern.finditer(text, view.start, view.end):
            left, right = around(text, m.start(), m.end(), 120)
            if _OTHER.search(left) or _GOAL.search(right[:40]) or text.startswith("-effects", m.end()):
                continue
            if view.rank == "background" and not _OWN.search(left + right):
                continue
            yield finding(document, view, "design", rule.value, m.start(), m.end(), rule.id)
            break


def _matches(view: View, use: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Matches of all rules of a use in order of place."""
    lower = view.normal.text.lower()
    found = [
        (m.start(), i, rule.id, m)
        for i, rule in enumerate(using("design", use))
        if rule.may(lower)
        for m in rule.pattern.finditer(view.normal.text, view.start, view.end)
    ]
    for _, _, id, m in sorted(found, key=lambda x: x[:2]):
        yield id, m


def _n(words: str | None) -> int | None:
    value = number(words) if words else None
    return int(value) if value is not None and value == int(value) else None


_PART = re.compile(r"\beach\b|\bper (?:cohort|arm|dose|group|level)|/(?:cohort|arm|group)|每(?:个|组|一)", re.I)
_BACK_THEN = re.compile(
    r"\b(?:previous|prior|earlier|another|historical|published)\b[\w\s]{0,25}(?:trial|stud|cohort|report)", re.I
)


def _planned(document: Document, view: View) -> Iterator[Finding]:
    text = view.normal.text
    for id, m in _matches(view, "planned"):
        left, right = around(text, m.start(), m.end(), 60)
        low, high = _n(m["n"]) or _n(m.groupdict().get("n2")), _n(m["m"]) or _n(m.groupdict().get("m2"))
        if low is None or _PART.search(right[:40]) or _PART.search(m[0]) or _BACK_THEN.search(left):
            continue
        detail: dict[str, object] = {"low": low, "high": high} if high else {}
        if re.search(r"evaluable|可评(?:价|估)", m[0] + right[:12]):
            detail["population"] = "evaluable"
        value = f"{low}-{high}" if high else str(low)
        yield finding(document, view, "design.planned_n", value, m.start(), m.end(), id, detail=detail or None)


def _actual(document: Document, part: list[View]) -> list[Finding]:
    """This study's own numbers of patients; of a trial registered they are the registry's to say, not its plan's."""
    if document.kind == "trial" and not any(_DONE.search(v.normal.text) for v in part if v.section == "body"):
        return []
    told = [(v, c) for v in part for c in counts(v.normal.text, v.start, v.end) if _own(v, c)]
    if document.kind == "review" and not _one_study(part, told):
        return []
    best: dict[str, Finding] = {}
    for v, c in told:
        if c.use not in best or c.n > int(best[c.use].value):
            best[c.use] = finding(document, v, f"design.{c.use}", str(c.n), c.start, c.end, c.rule)
    if document.kind == "review" and not _LABEL.search(part[0].normal.text):
        best.pop("n_enrolled", None)
    return list(best.values())


_DONE = re.compile(r"实际(?:入组|招募|纳入)(?:总?人数|总?例数|样本量)?\s?[:：为]")


def _own(view: View, count: Count) -> bool:
    """Under a background heading a number is this study's only in a sentence that says so."""
    return view.rank != "background" or bool(_HERE.search(around(view.normal.text, count.start, count.end, 300)[0]))


_HERE = re.compile(r"\b(?:here(?:in)?|we (?:report|present|describe|provide|conducted|performed))\b", re.I)
_REGISTRY_ID = re.compile(r"NCT\d{8}|ChiCTR\d{8,}")
_LABEL = re.compile(r"indications and usage|prescribing information|适应症】|说明书", re.I)
_STUDY = re.compile(
    r"\b(?:phase [1-3I]\S{0,4}|single-arm|multicent\w+|randomi[sz]ed)[\w ,-]{0,30}\b(?:trial|study)\b", re.I
)


def _one_study(part: list[View], told: list[tuple[View, Count]]) -> bool:
    """A review's number is a study's own only where the text is about one study: a label, or one registered trial."""
    text = "\n".join(v.text for v in part)
    ids = set(_REGISTRY_ID.findall(text))
    if _LABEL.search(text):
        return len(ids) < 2
    if not ids and (re.search(r"\[\d|\bn ?= ?\d{2}", text) or len({p.product for p, _, _ in named(text)}) > 1):
        return False
    return len(ids) < 2 and len(_STUDY.findall(text)) < 2 and len({c.n for _, c in told if c.use == "n_treated"}) < 2


_UNITS = {"day": "d", "天": "d", "日": "d", "week": "wk", "周": "wk", "month": "mo", "个月": "mo"}


def _window(document: Document, view: View) -> Iterator[Finding]:
    for id, m in _matches(view, "dlt_window"):
        unit = _UNITS[m["u"].lower().rstrip("s")]
        detail = {"value": int(m["n"]), "unit": unit}
        yield finding(document, view, "design.dlt_window", f"{m['n']} {unit}", m.start(), m.end(), id, detail=detail)


def _groups(document: Document, view: View) -> Iterator[Finding]:
    labels: dict[str, None] = {}
    first: re.Match[str] | None = None
    for _, m in _matches(view, "dose_labels"):
        labels.setdefault(m["l"])
        first = first or m
    detail: Json | None = {"labels": list(labels)} if labels else None
    for id, m in _matches(view, "dose_groups"):
        n = _n(m["n"])
        if n and n > 1:
            yield finding(document, view, "design.dose_groups", str(n), m.start(), m.end(), id, detail=detail)
    if first and len(labels) > 1:
        a, b = first.start(), first.end()
        yield finding(
            document, view, "design.dose_groups", str(len(labels)), a, b, "design.dose_labels.1", detail=detail
        )


def _rate(document: Document, view: View) -> Iterator[Finding]:
    for id, m in _matches(view, "dlt_rate"):
        value = m["n"] or m["m"]
        yield finding(document, view, "design.target_dlt_rate", value, m.start(), m.end(), id, detail={"unit": "%"})
