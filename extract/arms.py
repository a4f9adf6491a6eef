"""Arms: the groups of a study as registered (label, type, size, interventions), or as an article's text names them.

In text a group is a label (Arm A, cohort 2, dose level 3, 试验组) or a name before "arm"/"group" with its number of
patients. Traps: "an arm and a hand", "group A streptococcus", "working group" are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb.records import Arm, Document, Finding

from ._view import View, locate, prose, view

_LABEL = re.compile(
    r"\b(?P<l>(?:[Aa]rms?|[Cc]ohorts?|[Dd]ose [Ll]evels?|DLs?|[Gg]roups?|[Ss]tratum|[Pp]art) ?(?P<x>-?\d{1,2}[a-z]?"
    r"|[IV]{1,3}|[A-H]\d?)\b)"
    r"|(?P<z>(?:第?[一二三四1-9A-D]|试验|实验|治疗|对照|研究|观察|联合|高剂量|中剂量|低剂量)(?:剂量)?组)",
    re.ASCII,
)
_MORE = re.compile(
    r"\s*(?:,|and|or|/|&|, and|versus|vs\.?)\s*(?P<x>-?\d{1,2}[a-z]?|[A-H]\d?)\b(?!\s*(?:patients?|%|of|mg|x|×|\.))"
)
_NAMED = re.compile(
    r"\b(?:the |an? )?(?P<n>(?:[A-Za-z0-9+\-/.]+ ){0,3}?[A-Za-z0-9+\-/.]+)[- ](?P<k>arm|group"
    r"|cohort)\s*\(\s*[nN]\s*=\s*(?P<s>\d{1,5})\s*\)"
)
_SIZE = re.compile(r"\s*[\[(（]\s*(?:[nN]\s*=\s*)(?P<s>\d{1,5})|\s*[（(]?(?P<s2>\d{1,5})\s?例")
_NOT = re.compile(
    r"streptococc|working|study group|cooperative|blood|age[- ]group|\bgroup A strep|oncology group|collaborat", re.I
)


def find(document: Document) -> Iterator[Finding]:
    """Arms of a registered study, each with the span of its label; else the groups that the text names.

    >>> from trialkb.records import Section
    >>> d = Document("X1", "article", "t", (Section("abstract", "Arm A (n = 12) and arm B (n = 10)."),), b"")
    >>> [(f.value, f.detail["size"]) for f in find(d)]
    [('Arm A', 12), ('arm B', 10)]
    """
    if document.trial and document.trial.arms:
        yield from _registered(document, document.trial.arms)
        return
    for v in prose(document, "eligibility", "interventions"):
        yield from _named(v)


def _registered(document: Document, arms: tuple[Arm, ...]) -> Iterator[Finding]:
    v = view(document, "arms")
    section = document.section("arms")
    at = 0
    for arm in arms:
        span = locate(section.text, arm.label, at) if section and arm.label else None
        if not v or not section or not span or not arm.label:
            continue
        at = span[1]
        detail = {"type": arm.type, "size": arm.size, "interventions": list(arm.interventions)}
        kept = {k: x for k, x in detail.items() if x}
        value = " ".join(arm.label.split())
        yield Finding("arm", value, document.id, "arms", *span, "arm.registered", "registry", None, kept or None)


def _named(v: View) -> Iterator[Finding]:
    """Groups by label or by name; the first mention stands for all, and a number of patients is taken from any."""
    best: dict[str, Finding] = {}
    for m in _LABEL.finditer(v.text):
        if _NOT.search(v.text[max(0, m.start() - 14) : m.end() + 12]):
            continue
        for value, span, size in _labels(v.text, m):
            _keep(best, v.finding("arm", value, span, "arm.label", {"size": size}))
    for m in _NAMED.finditer(v.text):
        words = re.sub(r"^(?:(?:in|of|to|the|and|a|an|for|with|versus|vs) )+", "", m["n"], flags=re.I)
        if not _NOT.search(m[0]) and not _LABEL.fullmatch(f"{m['k']} {words}"):
            start = m.end("n") - len(words)
            _keep(best, v.finding("arm", words, (start, m.end("n")), "arm.named", {"size": int(m["s"])}))
    yield from sorted(best.values(), key=lambda f: f.start)


def _keep(best: dict[str, Finding], f: Finding) -> None:
    key = re.sub(r"s?(?= )", "", f.value.lower(), count=1)
    if key not in best or (f.detail and not best[key].detail):
        best[key] = f


def _labels(text: str, m: re.Match[str]) -> Iterator[tuple[str, tuple[int, int], int | None]]:
    """A label, and those listed behind it that share its noun (cohorts 1 and 2)."""
    size = _SIZE.match(text, m.end())
    printed = m["l"] or m["z"]
    noun = printed[: len(printed) - len(m["x"])].strip() if m["x"] else ""
    single = noun[:-1] if noun.endswith("s") else noun
    yield f"{single} {m['x']}" if m["x"] else printed, m.span(), _number(size)
    at = m.end()
    while m["x"] and noun.endswith("s") and (more := _MORE.match(text, at)):
        yield f"{single} {more['x']}", more.span("x"), _number(_SIZE.match(text, more.end()))
        at = more.end()


def _number(m: re.Match[str] | None) -> int | None:
    return int(m["s"] or m["s2"]) if m else None
