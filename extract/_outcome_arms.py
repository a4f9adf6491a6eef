"""Arms: which arm, cohort, dose level or treatment a value belongs to, with the span of its label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ._outcome_assign import Reading
from ._outcome_cells import Cell, bare_words

_I = re.I | re.A
_UNIT = r"(?:dose[- ]?levels?|DLs?|dose cohorts?|cohorts?|arms?|groups?|dose groups?|parts?)"
_LEVEL = (
    rf"(?:{_UNIT}\s?-?(?:\d+|[A-D])[A-Za-z]?\d?(?![A-Za-z0-9])(?:\s?(?:-|,|and|to|&|/)\s?(?:{_UNIT})?\s?-?(?:\d+|"
    rf"[A-D])(?![A-Za-z\d]|\.\d|\s?%))*)"
)
_DRUG = (
    r"[A-Za-z][\w.+/-]*(?:(?: plus | and | alone| followed by |\s|\s?\+\s?)(?!was\b|were\b|had\b|and\b|in\b|"
    r"with\b|at\b|who\b|versus\b|vs\b|compared\b|after\b|for\b|achieved\b|of\b)[A-Za-z0-9][\w.+/-]*){0,4}"
)
_ARM = re.compile(
    rf"(?P<level>(?<![A-Za-z]){_LEVEL})"
    r"|(?P<portion>phase (?:1b?|2|I|II)[ab]? (?:portion|part|cohort))"
    r"|(?P<named>(?<![\w-])(?!the\b|in\b|for\b|this\b|both\b|either\b|all\b|and\b)(?:(?!in\b|for\b|of\b|was\b|"
    r"were\b|the\b|and\b|from\b|to\b|with\b)[A-Za-z0-9][\w.+/'-]*\s){1,4}?(?:arms?|groups?|cohorts?))\b"
    rf"|(?:patients?|those|pts|subjects)\s(?:who (?:had )?)?(?:receiv(?:ed|ing)|treated (?:with|by)|given|"
    rf"assigned to|randomi[sz]ed to|infused with|on)\s(?:the\s)?(?P<drug>{_DRUG})"
    r"|(?P<treated>(?<![\w-])[A-Za-z][\w.+-]*-treated)\s(?:patients|pts|group|arm)"
    r"|(?P<zhlevel>(?:剂量组|剂量水平|队列)\s?\d)|(?P<zh>(?:[一-鿿A-Za-z0-9.+-]{1,14}?)(?:组|队列)(?!织|成|合|"
    r"建|分|学))",
    _I,
)
_NO_ARM = re.compile(
    r"(?i)(?:both|all|two|three|the|treatment|study|of|either|age|control and|entire study|whole|this|total|"
    r"small|patient|study patient|same|each|one|other|our|"
    r"dose|disease|risk|ethnic|large|overall|first|second|expansion)?\s?(?:arms?|groups?|cohorts?)|"
    r".*\b(?:study|entire|whole|this|small|large|our|safety|both|between|two|three|each|subset|research|"
    r"oncology|cooperative|by|per|across)\b.*"
    r"|(?:主要|全|总|所有|本|该|两|各|整个|研究|亚|小|分|协作|课题)(?:组|队列)"
)
_WITH = re.compile(
    r"\s?(?:months?|weeks?|%)?[\s)\]]*(?:with|for|on|in|among|to)\s(?:the )?(?P<drug>(?!the\b)"
    r"[A-Z][\w./-]*(?:\s?\+?\s?[A-Z0-9][\w./-]*){0,3}|physician(?:'s|s')? choice|placebo|"
    r"chemotherapy(?: alone)?|controls?|standard(?: of)? care|observation|"
    r"(?:[a-z]+(?:mab|nib|cel|leucel|platin|taxel|rubicin|bine|limus|fenib|zomib|domide|stat)|interferon|"
    r"best supportive care|supportive care)(?: (?:plus|and|alone|\+) \w+)?)"
    r"(?:\s\((?:arm|group|cohort) \w+\))?(?=\s?(?:,|;|\.|\)|\(|\[|versus|vs|v\s|and|compared|than|\Z))"
)
_PREP = re.compile(
    (
        r"[\s)\]]*(?:patients|pts|%|months?|weeks?|cases)?[\s)\]]*(?:\([^()]*\)\s?)?(?:(?:of|in|for|with|among|at|on|"
        r"from|by)\s(?:all\s)?(?:the\s|those\s)?(?:\w+\s){0,2}?(?:patients\s|pts\s)?(?:in\s|at\s|of\s|from\s)?"
        r"(?:who\s(?:had\s)?(?:received|were (?:treated|given|assigned|randomi[sz]ed)(?:\s(?:with|to))?)\s|receiving\s|"
        r"treated with\s|assigned to\s|given\s)?(?:the\s)?)?(?:originally planned\s|exploratory\s)?\Z"
    ),
    _I,
)


_BEFORE_ZH = re.compile(r"在|与|和|及|而|为|,|于|的(?=[^的]{1,6}\Z)|高|低(?=[^剂])|优|较|使用|期间|比")


@dataclass(frozen=True, slots=True)
class Arm:
    label: str
    start: int
    end: int


def arms(text: str, start: int, end: int) -> list[Arm]:
    """Arms, cohorts, dose levels and treatments named in text[start:end], in order.

    >>> t = "ORR was 22% in arm A and 4% in the control arm"
    >>> [a.label for a in arms(t, 0, len(t))]
    ['arm A', 'control arm']
    """
    found = []
    for m in _ARM.finditer(text, start, end):
        name = next(k for k in ("level", "portion", "named", "drug", "treated", "zh", "zhlevel") if m[k])
        a, b = m.span(name)
        label = text[a:b].rstrip(" .,;-")
        if name in ("named", "zh") and (_NO_ARM.fullmatch(label) or len(label) > 50):
            continue
        cuts = list(_BEFORE_ZH.finditer(label)) if name == "zh" else []
        if cuts:
            a += cuts[-1].end()
            label = label[cuts[-1].end() :]
        if name == "drug" and re.match(
            (
                r"(?i)(?:a|an|at|more|less|prior|previous|least|one|two|the|allogeneic|autologous|bridging|study|"
                r"treatment|therapy)\b"
            ),
            label,
        ):
            continue
        if label:
            found.append(Arm(label, a, a + len(label)))
    return found


def arm_of(text: str, r: Reading, cells: Sequence[Cell], named: Sequence[Arm], start: int, end: int) -> Arm | None:
    """The arm of a reading among those that its sentence names, or None where none is named for it."""
    c = r.cell
    if c.ratio:
        return None
    previous = max((x.hi for x in cells if x.hi <= c.lo and x.kind != "bare"), default=start)
    if r.how.startswith("list"):
        previous = max((x.hi for x in cells if x.hi <= r.term.start and x.kind != "bare"), default=start)
    previous = max(previous, text.rfind(";", start, c.lo) + 1, text.rfind("。", start, c.lo) + 1)
    following = min((x.lo for x in cells if x.lo >= c.hi and x.kind != "bare"), default=end)
    listed = _respectively(text, r, cells, named, end)
    if listed:
        return listed
    after = next((a for a in named if a.start >= c.hi), None)
    pair = next((x for x in cells if x.lo >= c.hi and x.kind == c.kind), None) if r.how.startswith("list") else None
    if (
        pair
        and after
        and after.start >= pair.hi
        and re.fullmatch(r"[\s)\]]*(?:,|and|, and)\s?", bare_words(text[c.hi : pair.lo]))
        and _PREP.fullmatch(text[pair.hi : after.start])
    ):
        return after
    if r.cell.kind == "dose":
        return after if after and re.fullmatch(r"\s?\(", text[c.hi : after.start]) else None
    if after and after.start < following and _PREP.fullmatch(text[c.hi : after.start]):
        return after
    with_ = _WITH.match(text, c.hi, following)
    if with_:
        a, b = with_.span("drug")
        return Arm(text[a:b], a, b)
    between = [a for a in named if previous <= a.start and a.end <= c.lo]
    if between and not (c.kind == "count" and c.value == 0 and between[-1].end < r.term.start - 40):
        return between[-1]
    if c.value == 0 and c.kind == "count":
        tail = [
            a
            for a in named
            if a.start >= r.term.end and not re.search(r"[;,。]|\band\s(?:there|no)", text[r.term.end : a.start])
        ]
        if tail and tail[0].start - r.term.end < 90:
            return tail[0]
    same = [a for a in named if a.end <= c.lo and _han(a.label) and not re.search(r"[,;。]", text[a.end : c.lo])]
    if same:
        return same[-1]
    first = [a for a in named if a.end <= min(c.lo, r.term.start) and len(bare_words(text[start : a.start])) < 40]
    before_first = first and not any(x.hi <= first[0].start for x in cells)
    if before_first and not any(first[-1].end < a.start < c.lo for a in named) and not _han(first[-1].label):
        return first[-1]
    return None


_BOTH = re.compile(r"(?P<unit>cohort|arm|group|dose level|DL|part)s?\s?(?P<a>\w{1,2})\s?(?:and|&)\s?(?P<b>\w{1,2})", _I)


def _han(label: str) -> bool:
    return bool(re.search(r"[一-鿿]", label))


def _respectively(text: str, r: Reading, cells: Sequence[Cell], named: Sequence[Arm], end: int) -> Arm | None:
    """The arm in the same place of its list: "22% and 4% in the experimental and control arms, respectively"."""
    if r.many < 2 or r.how.startswith("list"):
        return None
    if "respectively" in text[r.cell.hi : min(end, r.cell.hi + 40)] and r.many == 2:
        earlier = [
            a for i, a in enumerate(named) if a.end <= r.term.start and a.label not in [x.label for x in named[:i]]
        ]
        if len(earlier) == 2:
            return earlier[r.order]
    both = next((a for a in named if a.start >= r.cell.hi and _BOTH.fullmatch(a.label)), None) if r.many == 2 else None
    if both:
        m = _BOTH.fullmatch(both.label)
        assert m
        x, y = m.span("ab"[r.order])
        return Arm(f"{m['unit']} {m['ab'[r.order]]}", both.start + x, both.start + y)
    pair = [a for a in named if a.end <= r.term.start]
    if (
        r.many == 2
        and len(pair) > 1
        and re.fullmatch(r"(?:和|与|、|及|\sand\s(?:the\s)?)", text[pair[-2].end : pair[-1].start])
    ):
        return pair[-2 + r.order] if len(text[pair[-1].end : r.term.start]) < 24 else None
    tail = text[r.cell.hi : min(end, r.cell.hi + 260)]
    m = re.search(
        r"\b(?:in|for|with|among|between)\s(?:the\s)?(?P<a>[\w.+/-]+(?:\s[\w.+/-]+){0,3}?)(?:\s(?:arm|group|"
        r"cohort|patients))?\s(?:and|versus|vs\.?)\s(?:the\s)?(?P<b>[\w.+/-]+(?:\s[\w.+/-]+){0,3}?)"
        r"\s?(?:arms?|groups?|cohorts?|patients)?\s?(?:,|\()?\s?(?:respectively|\()",
        tail,
        _I,
    )
    if not m or r.many != 2:
        return None
    a, b = m.span("ab"[r.order])
    return Arm(tail[a:b].strip(), r.cell.hi + a, r.cell.hi + a + len(tail[a:b].strip()))


def versus(r: Reading, told: Sequence[tuple[Reading, Arm | None]]) -> tuple[Arm | None, str | None]:
    """(arm, reference arm) of a hazard ratio: the two arms whose values stand before it."""
    labels = [
        a for other, a in told if a is not None and other.cell.start < r.cell.start and other.term.id == r.term.id
    ]
    labels = labels or [a for other, a in told if a is not None and other.cell.start < r.cell.start]
    distinct = [a for i, a in enumerate(labels) if a.label not in [x.label for x in labels[:i]]]
    if len(distinct) >= 2:
        return distinct[-2], distinct[-1].label
    return (distinct[0], None) if distinct else (None, None)
