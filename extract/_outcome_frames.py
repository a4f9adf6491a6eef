"""Arms that the frame of a comparison names: "higher with A (30% vs 10%) than with B", "10% vs 4%, more often with A than B"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ._outcome_by_group import listed
from ._outcome_cells import VERSUS
from ._outcome_groups import Group
from ._outcome_placed import Placed

_I = re.I | re.A
_TO = (
    r"(?:in|for|with|of|among|after|on|by)\s"
    r"(?:the\s|those\s|patients\s(?:in|on|with|receiving|given|treated with|who received)\s(?:the\s)?)*"
)
_WHO = r"[^,;.()%]{2,60}?"
_MORE = (
    r"(?:higher|longer|greater|better|superior|lower|shorter|inferior|improved|worse|poorer|increased|decreased|reduced|prolonged|"
    r"(?:more|less)\s(?:common|frequent|often)\w*|favou?red)"
)
_THAN = rf"(?:than|(?:as\s)?compared\s(?:with|to)|versus|vs\.?)\s(?:{_TO})?"
_SHUT = r"(?=\s?(?:[,.;)]|\Z|\())"
# "(30% vs 10%) in the CIK group compared with the control group"
_BEHIND = re.compile(
    rf"(?:\s?%)?(?:\s(?:months|weeks|days|years))?(?:\s?\([^()]*\))?[^()]{{0,12}}\)?\s{_TO}(?P<a>{_WHO}),?\s{_THAN}(?:the\s)?"
    rf"(?P<b>{_WHO}){_SHUT}",
    _I,
)
# "higher with A (30% vs 10%) than with B"
_BEFORE = re.compile(rf"\b{_MORE}\s{_TO}(?P<a>{_WHO})\s\((?:[^()]{{0,40}}\s)?\Z", _I)
_REST = re.compile(rf"[^()]{{0,90}}(?:\([^()]*\)[^()]{{0,60}})?\)\s{_THAN}(?:the\s)?(?P<b>{_WHO}){_SHUT}", _I)
# "(10% vs 4%) was more often associated with A than B"
_OFTEN = re.compile(
    rf"[^().;]{{0,60}}\)?,?\s[^().;]{{0,50}}\b{_MORE}\s(?:(?:associated|seen|observed|reported|noted)\s)?{_TO}(?P<a>{_WHO})\s{_THAN}(?:the\s)?"
    rf"(?P<b>{_WHO}){_SHUT}",
    _I,
)
# "(66% versus 40%) of the DLI cohort were superior to the control cohort"
_OF = re.compile(
    rf"[^()]{{0,40}}\)\sof\s(?:the\s)?(?P<a>{_WHO})\s(?:was|were)\s(?:\w+ly\s)?{_MORE}\s(?:than|to)\s(?:{_TO}|that\sof\s|those\sof\s)?(?:the\s)?"
    rf"(?P<b>{_WHO}){_SHUT}",
    _I,
)
_LABEL = re.compile(r"\(\s?(?P<a>[A-Za-z][\w+/-]{1,20}(?:\s[\w+/-]{1,16}){0,2}),\s\Z")
_NEXT = re.compile(r"\b(?:vs\.?|versus)\s(?P<b>[A-Za-z][\w+/-]{1,20}(?:\s[\w+/-]{1,16}){0,2}),\s\Z")
# "at 1e6/kg (8/9) compared with lower doses (3/8)"
_OTHER = re.compile(rf"\)\s(?:in\s[^,;.()%]{{2,40}}\s)?{_THAN}(?:the\s)?(?P<b>{_WHO})\s\(\Z", _I)
# "the response rates for PLD and topotecan were 19.7% and 17.0%, respectively"
_LISTED = re.compile(
    r"\b(?:in|for|with|of|among)\s(?:the\s|patients\s(?:in|on|with|receiving|given|treated with)\s(?:the\s)?)*"
    r"(?P<a>(?!\w+\sand\s\w+\spatients)[^,;.()%\d]{2,50}?)\sand\s(?:the\s|in\s)?(?P<b>[^,;.()%\d]{2,50}?)\s(?:was|were)\s\Z",
    _I,
)
_AND = re.compile(r"(?:\s?%|\smonths)?(?:\s?\([^()]*\))?\sand\s")
_EACH = re.compile(r"[^.;]{0,40}\brespectively\b")


def framed(text: str, told: Sequence[Placed], start: int, end: int) -> list[Placed]:
    """Readings with the arms of two compared values, where nothing nearer told them apart."""
    out = [_dealt(text, p, told) for p in told]
    for i, (p, q) in enumerate(zip(out, out[1:], strict=False)):
        if p.han or p.reading.term.start != q.reading.term.start or not _apart(p, q):
            continue
        names = _frame(text, p, q, start, end)
        if names:
            both = p.who if p.who and p.who.start <= names[0].start and names[1].end <= p.who.end else None
            out[i] = replace(p, arm=names[0], who=None if both else p.who)
            out[i + 1] = replace(q, arm=names[1], who=None if both else q.who)
            if i > 1 and _alike(text, out[i - 2], out[i - 1]):
                out[i - 2], out[i - 1] = replace(out[i - 2], arm=names[0]), replace(out[i - 1], arm=names[1])
    return out


def _dealt(text: str, p: Placed, told: Sequence[Placed]) -> Placed:
    """A value of a list before which its groups are listed, where nothing else told its values apart."""
    r = p.reading
    if r.how != "by group" or p.han:
        return p
    peers = [q for q in told if q.reading.run == r.run and q.reading.term.start == r.term.start]
    names = {(q.arm.label if q.arm else None, q.who.label if q.who else None) for q in peers}
    groups = listed(text, r.term, r.run)
    if len(names) == r.many or len(groups) != r.many:
        return p
    return replace(p, arm=None, who=groups[r.order], den=groups[r.order].size)


def _alike(text: str, p: Placed, q: Placed) -> bool:
    """Whether the two before are a pair without groups: "OS (66% vs 40%) and LFS (62% vs 33%) of A were superior to B"."""
    gap = text[p.reading.cell.hi : q.reading.cell.lo]
    return p.reading.term.start == q.reading.term.start and not (p.arm or q.arm or p.who or q.who) and bool(VERSUS.search(gap))


def _apart(p: Placed, q: Placed) -> bool:
    """Whether two readings of one kind have no two groups yet."""
    a, b = (x.arm.label if x.arm else x.who.label if x.who else None for x in (p, q))
    alike = p.reading.cell.kind == q.reading.cell.kind and not p.reading.cell.ratio
    return alike and p.reading.cell.lo < q.reading.cell.lo and (a is None or b is None or a == b)


def _frame(text: str, p: Placed, q: Placed, start: int, end: int) -> tuple[Group, Group] | None:
    a, b = p.reading.cell, q.reading.cell
    first, second = _LABEL.search(text, max(start, a.lo - 64), a.lo), _NEXT.search(text, a.hi, b.lo)
    if first and second:
        return _group(first, "a"), _group(second, "b")
    if p.arm and (other := _OTHER.search(text, a.hi, b.lo)):
        return p.arm, _group(other, "b")
    gap, lead = text[a.hi : b.lo], _LISTED.search(text, max(start, a.lo - 130), a.lo)
    inside = lead and lead.start("a") <= p.reading.term.start < lead.end("b")  # "acute and chronic GVHD"
    if lead and not inside and _AND.fullmatch(gap) and _EACH.match(text, b.hi, end):
        return _group(lead, "a"), _group(lead, "b")
    if len(gap) > 16 or not VERSUS.search(gap):
        return None
    before, rest = _BEFORE.search(text, max(start, a.lo - 160), a.lo), _REST.match(text, b.hi, end)
    if before and rest:
        return _group(before, "a"), _group(rest, "b")
    for pattern in (_OF, _OFTEN, _BEHIND):
        m = pattern.match(text, b.hi, end)
        if m and not re.search(r"\d\s?%|\bHR\b", m["a"] + m["b"]):
            return _group(m, "a"), _group(m, "b")
    return None


def _group(m: re.Match[str], name: str) -> Group:
    return Group(m[name], m.start(name), m.end(name))
