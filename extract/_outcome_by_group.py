"""Values dealt out to groups listed before them: "OS for patients in CR, PR and SD was 24, 12 and 6 months, respectively"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._outcome_cells import Cell
from ._outcome_groups import Group
from ._outcome_near import suits
from ._outcome_terms import Term

_I = re.I | re.A
_LIST = re.compile(
    r"\)?(?:\srates?|\sestimates?)?(?:\s\([^()]{1,24}\))?\s(?:for|in|of|among|from|across)\s(?:the\s|all\s)?"
    r"(?P<list>[^;%]{4,300}?)\s(?:was|were|of|:)\s(?:only\s)?",
    _I,
)
_PATIENTS = re.compile(
    r"(?:the\s|those\s)?(?:patients|pts|those|children|adults)\s"
    r"(?:(?:with|in|on|receiving|given|treated\s(?:with|in|at)|who received)\s)?(?:the\s)?|(?:with|in|at|on)\s(?:the\s)?",
    _I,
)
_ACTS = re.compile(
    r"\b(?:was|were|had|has|have|did|achieved|developed|occurred|experienced|which|that|respectively|median|rates?)\b", _I
)
_EACH = re.compile(r"[^.;]{0,60}?\brespectively\b", _I)
_SIZE = re.compile(r"\s?\(\s?[nN]\s?=\s?(?P<n>\d{1,4})\s?\)\Z")
_COMMAS, _ALL = re.compile(r",\s(?:and\s|or\s)?"), re.compile(r",\s(?:and\s|or\s)?|\s(?:and|or)\s")


def by_group(text: str, terms: Sequence[Term], run: Sequence[Cell], end: int) -> Term | None:
    """The endpoint of a list of values before which as many groups are listed, and "respectively" stands behind them."""
    if not _EACH.match(text, run[-1].hi, end):
        return None
    before = [t for t in terms if t.end <= run[0].lo and t.kind != "sink" and suits(t, run[0])]
    inner = [t for t in before if t.kind in ("response", "generic", "tox")]
    for t in reversed(before):
        others = [x for x in inner if x.start > t.start]
        if others and not (t.kind == "time" and all(x.kind == "response" for x in others)):
            continue
        if listed(text, t, run):
            return t
    return None


def listed(text: str, t: Term, run: Sequence[Cell]) -> list[Group]:
    """The groups between an endpoint and its values, one a value; empty where their numbers differ."""
    m = _LIST.fullmatch(text, t.end, run[0].lo) if run[0].lo - t.end < 360 else None
    if not m:
        return []
    a = m.start("list")
    bare = re.sub(r"\([^()]*\)", lambda x: " " * len(x[0]), m["list"])
    for parts in (_parts(bare, _COMMAS), _parts(bare, _ALL)):
        if len(parts) == len(run) and not any(_ACTS.search(bare[x:y]) or not 1 < y - x < 90 for x, y in parts):
            return [_group(text, a + x, a + y) for x, y in parts]
    return []


def _parts(words: str, cut: re.Pattern[str]) -> list[tuple[int, int]]:
    at, out = 0, []
    for m in cut.finditer(words):
        out.append((at, m.start()))
        at = m.end()
    return [*out, (at, len(words))]


def _group(text: str, a: int, b: int) -> Group:
    size = _SIZE.search(text, a, b)
    end = size.start() if size else b
    led = _PATIENTS.match(text, a, end)
    start = led.end() if led and led.end() < end - 1 else a
    while end > start and text[end - 1] == " ":
        end -= 1
    return Group(text[start:end], start, end, "who", size=float(size["n"]) if size else None)
