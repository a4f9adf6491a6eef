"""Phase: the trial phase in ClinicalTrials.gov's words (EARLY_PHASE1 ... PHASE4, NA); never a stage of a disease.

Registry phases come from the section `phases`. In text a phase is a phase word with a number; Chinese 期 needs a trial
word near it, because Ⅳ期胃癌 and CKD III期 are stages. A phase of another study (an earlier, later or cited one, the
RP2D, "previous phase 1") is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb.records import Document, Finding

from ._context import View, around, finding, views

_ENUM = re.compile(r"EARLY_PHASE1|PHASE[1-4]|\bNA\b|Early Phase ?1|Phase ?[1-4]|Not Applicable|N/A", re.I)
_N = r"(?:[0-4]|I{1,3}V?|IV|one|two|three|four)"
_NUMBER = rf"{_N}(?:[ ]?[abAB](?![A-Za-z]))?"
_EN = re.compile(
    rf"\b(?P<early>early[- ]|exploratory[- ])?(?:phases?|ph)[- ]?(?P<a>{_NUMBER})(?![A-Za-z0-9.%])"
    rf"(?:\s?(?:[/&+-]|and|or|to)\s?(?:phase[- ]?)?(?P<b>{_NUMBER})(?![A-Za-z0-9.%]))?",
    re.I | re.A,
)
_ZH = re.compile(
    r"(?P<early>早期)?(?<![A-Za-z0-9.])(?P<a>[0-4]|I{1,3}|IV|[一二三四])\s?[abAB]?\s?期?"
    r"(?:\s?[/和、-]\s?(?P<b>[0-4]|I{1,3}|IV|[一二三四])\s?[abAB]?)?\s?期"
)
_VALUE = {
    "0": "EARLY_PHASE1", "1": "PHASE1", "2": "PHASE2", "3": "PHASE3", "4": "PHASE4",
    "i": "PHASE1", "ii": "PHASE2", "iii": "PHASE3", "iv": "PHASE4",
    "one": "PHASE1", "two": "PHASE2", "three": "PHASE3", "four": "PHASE4",
    "一": "PHASE1", "二": "PHASE2", "三": "PHASE3", "四": "PHASE4",
}  # fmt: skip
_ZH_TRIAL = re.compile(r"试验|临床|研究|注册|多中心|剂量|单臂|探索|随机|开放|NCT")
_ZH_STAGE = re.compile(
    r"(?:CKD|肾功能不全|肾病|TNM|(?<!研究)(?<!试验)分期|FIGO|AJCC|临床分期|AnnArbor|Ann Arbor|慢性肾)[^,，。;]{0,12}$|局部晚期$"
)
_ZH_DISEASE_AFTER = re.compile(
    r"^\s?(?:转移|复发|胃|食管|肺|肝|胰|结|直|乳|卵|肾|宫|鼻咽|黑色素|淋巴|CKD|患者|病变|肿瘤|癌|期?及以上|[^\s]{0,4}(?:癌|瘤))"
)
_OTHER_BEFORE = re.compile(
    r"(?:\bprevious(?:ly)?|\bprior|\bearlier|\bpreceding|\brecommended|\bsubsequent|\bfuture|\bupcoming|\bparent|\banother|"
    r"\bseparate|\bplann(?:ed|ing)|\bfrom a)[\w\s,()-]{0,25}$|"
    r"(?:(?:启动|(?:将|拟|正在|已|即将|后续)[^,，。;；]{0,6}开展)(?!的)|(?<!委员会)批准|获批|进入|计划|拟|准备|申报)(?:了)?[^,，。;；]{0,40}$|(?:既往|此前|先前|前期)[^,，。;；]{0,12}$",
    re.I,
)
_OTHER_AFTER = re.compile(
    r"^\s*(?:dose\b(?!-| escal| expan| find)|(?:trial|stud(?:y|ies)|clinical trials?)?\s*(?:is|are|were|was|has been|will be)?\s*"
    r"(?:planned|warranted|approved|initiated|launched|underway|under way|forthcoming|to follow)|"
    r"(?:trial|study)s? (?:are|is) (?:now )?(?:warranted|planned|needed|ongoing))"
    r"|^\s?(?:临床)?(?:试验|研究)?的?(?:推荐|使用|应用)?的?剂量(?!递增|爬坡|扩展|探索|水平|组)"
    r"|^\s?(?:临床)?(?:试验|研究)?(?:预计|计划|拟|即将)",
    re.I,
)
_SHOWN = re.compile(  # "the randomized phase 3 X-4 trial demonstrated": told of, not done here
    r"^,?\s(?:\([^)]*\) )?(?:[A-Z][\w-]+ )?(?:clinical )?(?:trials?|stud(?:y|ies))\b[^.]{0,40}?"
    r"\b(?:demonstrated|established|showed|shown|reported|led to)\b"
)
_OWN = re.compile(r"\b(?:this|our|we|here|present|current)\b[^.]{0,60}$", re.I)


def find(document: Document) -> Iterator[Finding]:
    """Phases of the study, each once: the registry's where it has them, else the title's, else the text's."""
    seen = list(views(document))
    registry = [f for v in seen if v.section == "phases" for f in _registry(document, v)]
    if registry:
        yield from registry
        return
    for ranks in (("name",), ("text",), ("background",), ("more",)):
        found = [f for v in seen if v.rank in ranks for f in _text(document, v)]
        if found:
            if ranks == ("name",):
                found += _wider(found, [f for v in seen if v.rank == "text" for f in _text(document, v)])
            yield from _once(found)
            return


def _wider(title: list[Finding], text: list[Finding]) -> list[Finding]:
    """The text's "phase 1/2" where the title, on one part of that trial, says phase 1."""
    spans: dict[tuple[int, int], list[Finding]] = {}
    for f in text:
        spans.setdefault((f.start, f.end), []).append(f)
    said = {f.value for f in title}
    return next((fs for fs in spans.values() if len(fs) > 1 and said < {f.value for f in fs}), [])


def _once(found: list[Finding]) -> Iterator[Finding]:
    values: set[str] = set()
    for f in found:
        if f.value not in values:
            values.add(f.value)
            yield f


def _registry(document: Document, view: View) -> Iterator[Finding]:
    for m in _ENUM.finditer(view.normal.text):
        word = m[0].upper().replace(" ", "_").replace("PHASE_", "PHASE")
        value = "NA" if word in ("NOT_APPLICABLE", "N/A") else word
        yield finding(document, view, "phase", value, m.start(), m.end(), "phase.registry", origin="registry")


def _text(document: Document, view: View) -> Iterator[Finding]:
    text = view.normal.text
    for pattern, rule in ((_EN, "phase.en"), (_ZH, "phase.zh")):
        for m in pattern.finditer(text, view.start, view.end):
            left, right = around(text, m.start(), m.end())
            if rule == "phase.zh" and not _is_zh_phase(left, right):
                continue
            if _OTHER_BEFORE.search(left) or _OTHER_AFTER.match(right) or _garbled(document, view, m):
                continue
            if _SHOWN.match(right) and not _OWN.search(left):
                continue
            for value in _values(m):
                yield finding(document, view, "phase", value, m.start(), m.end(), rule)


def _garbled(document: Document, view: View, m: re.Match[str]) -> bool:
    """A Roman numeral sign next to a Latin I (ⅡI期) is a misread character: II or III, nobody can tell."""
    section = document.section(view.section)
    a, b = view.normal.span(m.start(), m.end())
    return bool(section and re.search(r"[Ⅰ-Ⅳ]I|I[Ⅰ-Ⅳ]", section.text[a:b]))


def _is_zh_phase(left: str, right: str) -> bool:
    """期 is a trial phase where a trial word stands near it and no disease follows at once."""
    if _ZH_STAGE.search(left) or _ZH_DISEASE_AFTER.match(right):
        return False
    return bool(_ZH_TRIAL.search(right[:12]) or _ZH_TRIAL.search(left[-8:]))


def _values(m: re.Match[str]) -> list[str]:
    numbers = [re.sub(r"[\sab]+$", "", g.lower()) if g else None for g in (m["a"], m["b"])]
    values = [_VALUE[n] for n in numbers if n in _VALUE]
    if m["early"] and values[:1] == ["PHASE1"]:
        values[0] = "EARLY_PHASE1"
    return list(dict.fromkeys(values))
