"""Scope: which of the groups named in an English sentence a value belongs to.

Nearest first: the phrase behind the value ("44 months in arm A"), a list aligned with a list ("82% and 66% in arms A and
B"), the phrase before it ("the ORR in part A was 89%"), the pair compared last ("and 7.8% vs 3.5%", "80% and 63%,
respectively"), then what opened the sentence ("At DL3, ..."). A group of everybody ends the search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ._numbers import WORD
from ._outcome_cells import VERSUS, Cell
from ._outcome_groups import Group, Groups
from ._outcome_reading import Reading

_I = re.I | re.A
_PREP = re.compile(
    r"[\s)\]]*(?:(?:of\s)?(?:the\s)?(?:(?:evaluable|treated|infused|all)\s)?(?:patients|pts|subjects|participants|"
    r"cases|responses?|%|months?|weeks?|"
    r"years?)[\s)\]]*)?(?:\([^()]*\)\s?|\[[^\[\]]*\]\s?)?(?:,?\s?respectively,?\s)?"
    r"(?:(?:at|by|within|after|from)\s(?:the\s)?[\w.]{1,9}[\s-](?:months?|years?|weeks?|days?)\s|(?:day|month|week|"
    r"year)\s\d+\s)?"
    r"(?:of\s(?:the\s)?(?:\d+\s)?(?:evaluable\s|treated\s)?(?:patients|pts|those)?\s?)?"
    r"(?:,?\s?both\s)?(?:(?:of|in|for|with|among|at|on|from|by|within|to|treated (?:at|with|in)|receiving|across)\s)?"
    r"(?:all\s|(?:this|that)\s(?:sub)?(?:group|set|cohort)\sof\s|an?\s|the\s|those\s|these\s|originally planned\s|"
    rf"exploratory\s|\d+\s|{WORD}\s|other\s|remaining\s|"
    r"\w+ing\s)*"
    r"(?:(?:patients|pts|those)\s(?:in|at|on|of|from|with|treated (?:at|with|in)|receiving|"
    r"assigned to)\s)?(?:the\s)?",
    _I,
)
_SEEN = re.compile(
    r"\s?(?:\([^()]*\)\s?)?(?:(?:was|were|has been|have been|had been)\s)?(?:\w+ly\s)?(?:observed|seen|reported|"
    r"noted|recorded|documented|"
    r"detected|occurred|occurring|identified|developed|experienced)?\s?(?:only\s|either\s)?(?:in|at|among|for|with|"
    r"on)\s"
    r"(?:all\s|the\s|those\s|either\s|any of the\s|\w+\s)*?(?:(?:patients|pts|those)\s(?:in|at|on|of|"
    r"from)\s)?(?:the\s)?",
    _I,
)
_LOOSE = re.compile(r"\s(?:in|at|among|for|with|on)\s(?:[\w-]+\s){0,3}\Z", _I)
_OPENING = re.compile(
    r"\s?(?:(?:overall|notably|importantly|however|finally|additionally|furthermore|moreover|similarly|"
    r"conversely),?\s)?"
    r"(?:(?:in|at|for|among|of|within|on|with)\s)?(?:the\s|those\s|all\s|both\s|these\s)*"
    r"(?:(?:[\w-]+\s){0,3}(?:patients|pts|those|subjects|children|participants)\s(?:\w+\s)?(?:(?:in|at|on|of|from|"
    r"with|treated at|treated with|"
    r"receiving)\s)?)?(?:the\s)?",
    _I,
)


@lru_cache(maxsize=512)
def key(label: str) -> str:
    """A label as it is compared: "the DL 2 cohort" and "DL2" are one.

    >>> key("Dose level 2"), key("DL2"), key("the standard-of-care group")
    ('dl2', 'dl2', 'standardofcare')
    """
    words = re.sub(r"(?i)\bdose[- ]?levels?|\bdls?(?=\W?\d)", "dl", label)
    words = re.sub(r"(?i)\b(?:the|arms?|groups?|cohorts?|patients)\b(?!\s?(?:\d|[A-H]\b|I{1,3}\b))", " ", words)
    return re.sub(r"[^\w+]", "", words.lower())


def scope(
    text: str,
    r: Reading,
    readings: Sequence[Reading],
    cells: Sequence[Cell],
    lists: Sequence[Groups],
    start: int,
    end: int,
    pair: Sequence[Group],
) -> tuple[Group | None, bool]:
    """(group of a reading or None, whether it was told beside the value) among `lists`."""
    c, run = r.cell, r.run or (r.cell,)
    first, last = run[0], run[-1]
    within = next((g for g in lists if c.noun and c.lo <= g.label.start and g.end <= c.hi), None)
    inside = [g for g in lists if c.attached and c.end <= g.lead and g.label.end < c.hi and not g.all]
    within = within or next((g for g in inside if _PREP.fullmatch(text[c.end : g.lead])), None)
    if within:  # "two mCRPC patients had"
        return (None if within.all else within.label), True
    used = [x.cell for x in readings]
    told_at, listed_at = {x.start for x in used}, {x.start for x in run}
    if c.kind == "dose":
        lists = [g for g in lists if not (g.label.start < c.hi and c.lo < g.end)]
        beside = next(
            (g.label for g in lists if g.lead >= c.hi and re.fullmatch(r"\s?\(?", text[c.hi : g.lead])),
            None,
        )
        before = [g.label for g in lists if g.label.kind in ("level", "code") and g.end <= c.lo]
        before = [g for g in before if _DOSED.fullmatch(text[g.end : c.lo])]
        return beside or (before[-1] if before else None), True
    prev = max((x.hi for x in cells if x.hi <= first.lo and (x.start in told_at or x.kind == "time")), default=start)
    after = min((x.lo for x in used if x.lo >= last.hi), default=end)
    told = max(
        (x.term.end for x in readings if x.cell is c and x.how == r.how), default=r.term.end
    )  # the last of several terms of one value
    if len(run) > 1 and any(
        _behind(text, r, x, told, g, y.lo) for x, y in zip(run, run[1:], strict=False) for g in lists
    ):
        first = last = c  # each value of the list has a phrase of its own
        prev = max((x.hi for x in cells if x.hi <= c.lo and (x.start in told_at or x.kind == "time")), default=start)
        after = min((x.lo for x in used if x.lo >= c.hi), default=end)
    if len({x.term.start for x in readings if x.cell.start in listed_at}) > 1 and not r.how.startswith("list"):
        last, after = c, min((x.lo for x in used if x.lo >= c.hi), default=end)  # two clauses, no list
    elif len(run) > 1 and not r.how.startswith("list") and not _compared(text, r) and not _dated(text, r, start):
        one = next((g for g in lists if _behind(text, r, last, told, g, after)), None)
        if one and len(one.atoms) == 1 and not one.all:  # two values of one endpoint are not both of one group
            last, after = c, min((x.lo for x in used if x.lo >= c.hi), default=end)
    behind = next((g for g in lists if _behind(text, r, last, told, g, after)), None)
    half = behind and r.many >= 4 and r.many % 2 == 0 and len(behind.atoms) == 1 and not behind.all
    if behind and half and _inner(text, r) == "plain":  # "79% and 57%, vs 62% and 39% with B"
        return (behind.label if r.order >= r.many // 2 else _other_of(text, r, lists, behind, pair, start)), True
    if behind and r.many == 2 and r.order == 0 and len(behind.atoms) == 1 and not behind.all and _compared(text, r):
        return _other_of(text, r, lists, behind, pair, start), True  # "A had 44 versus 30 months in B"
    if behind:
        return (None if behind.all else _pick(text, r, behind, pair)), True
    clause = max(prev, text.rfind(";", start, first.lo) + 1)
    # a size in the bracket of the value is the group's and the value's: "without bridging (n = 24, 61.0%)"
    free = [g for g in lists if (g.end <= first.lo or g.label.end <= first.lo and g.end <= first.start)]
    free = [g for g in free if not _tail(text, g, used, cells)]
    clausal = [g for g in free if g.label.start >= _clause(text, start, first.lo)]
    named = [a for g in clausal for a in g.atoms if g.label.kind in ("arm", "code", "level", "drug")]
    if r.many == 2 and len({key(a.label) for a in named}) == 2 == len(named):
        opened = text[first.lo - 1 : first.lo] == "(" and not r.how.startswith("list") and _against(text, named, first.lo)
        if _compared(text, r) or opened:
            if _COMPARED_WITH.match(text, start):  # "compared with B, A had a longer PFS (5.4 vs 3.0 months)"
                return named[1 - r.order], True
            return named[r.order], True  # "compared A with B: 3.3 vs 1.8 months", "than in B (8% and 9%)"
    told_apart = [a for g in clausal for a in g.atoms if g.label.kind == "who"]
    if r.many == 2 == len(told_apart) and _compared(text, r) and _against(text, told_apart, first.lo):
        return told_apart[r.order], True  # "those >60 fared as well as those ≤60 (70% v 74%)"
    if r.many == 2 == len(pair) and _compared(text, r) and start <= pair[0].start < pair[1].start < first.lo:
        return pair[r.order], True
    zone = [g for g in free if clause <= g.label.start]
    if zone and not (c.value == 0 and c.kind == "count" and zone[-1].end < r.term.start - 60):
        return (None if zone[-1].all else _pick(text, r, zone[-1], pair)), True
    paired = _paired(text, r, pair, end)
    if paired:
        return paired, True
    if clause > prev:  # a new clause keeps only what opened the sentence
        free = [g for g in free if opens(text, g, start)]
    if free:
        g = free[-1]
        between = [x for x in lists if g.end <= x.lead and x.end <= first.lo and _tail(text, x, used, cells)]
        if g.all or (between and not opens(text, g, start)):
            return None, False
        return _pick(text, r, g, pair), False
    return None, False


_COMPARED_WITH = re.compile(r"\s?(?:As\s)?(?:Compared|In comparison)\s(?:with|to)\b[^,;]{3,90},\s", _I)
_DOSED = re.compile(r"\s?(?:\(|,|:|=|,\swhich\s(?:\w+\s){1,4}(?:to|of|at))\s?(?:i\.e\.,?\s|up to\s)?", _I)


def _other_of(
    text: str, r: Reading, lists: Sequence[Groups], second: Groups, pair: Sequence[Group], start: int
) -> Group | None:
    """The first arm of a comparison whose second is named behind its value: the subject's, else the pair's other."""
    front = [g for g in lists if g.end <= r.run[0].lo and len(g.atoms) == 1 and not g.all]
    front = [g for g in front if key(g.label.label) != key(second.label.label) and not _object(text, g)]
    if front:
        return front[-1].label
    return next((p for p in pair if key(p.label) != key(second.label.label)), None)


def _clause(text: str, start: int, at: int) -> int:
    """Where the clause of a place begins; a semicolon inside the bracket of the place ends none."""
    opened = max(text.rfind("(", start, at), text.rfind("[", start, at))
    inside = opened >= 0 and not re.search(r"[)\]]", text[opened:at])
    return text.rfind(";", start, opened if inside else at)


def _against(text: str, two: Sequence[Group], value: int) -> bool:
    """Whether two groups are set against each other: "A did better than B", "did not differ between A and B"."""
    return bool(_THAN_OR.search(text[two[0].end : two[1].start]) or _BETWEEN.search(text[: two[0].start][-24:]))


_THAN_OR = re.compile(r"\b(?:than|versus|vs|over|compared|as well as|as in|relative to|similar to)\b", _I)
_BETWEEN = re.compile(r"\bbetween\s(?:[\w-]+\s){0,2}\Z", _I)


def _object(text: str, g: Groups) -> bool:
    """Whether a group is what another is compared with: "better than (in) the control group"."""
    return bool(_THAN.search(text[max(0, g.label.start - 30) : g.label.start]))


_THAN = re.compile(
    r"\b(?:than|versus|vs\.?|over|compared (?:with|to))\s(?:(?:in|for|with|those|patients|that of|the)\s){0,3}\Z", _I
)


def _dated(text: str, r: Reading, start: int) -> bool:
    """Whether several times are told before a list of values: "the 1-, 2- and 3-year rates"."""
    words = text[max(start, r.term.start - 40) : (r.run or (r.cell,))[0].lo]
    return (
        len(re.findall(r"\d+(?:-|\s)?(?:years?|months?|mo\b|weeks?|days?|,|\sand)|\b(?:day|week|month)\s\d", words)) > 1
    )


def _behind(text: str, r: Reading, last: Cell, told: int, g: Groups, after: int) -> bool:
    if g.label.start < last.hi or g.label.start >= after or _other_side(text, r, last, g):
        return False
    if _PREP.fullmatch(_open_rest(text[last.hi : max(last.hi, g.lead)])):
        return True
    if r.term.start < last.hi or g.label.start < told:
        return False
    gap = _APPOSED.sub("", _open_rest(text[told : max(told, g.lead)]))
    if g.label.kind == "arm" and _SEEN.fullmatch(_APPOSED.sub("", text[told : max(told, g.label.start)])):
        return True  # the phrase of a group that begins with its preposition
    one = (last.value == 0 or r.how == "a toxicity") and last.kind == "count"
    loose = one and not re.search(r"[;,:]|\band\b", gap)
    return bool(_PREP.fullmatch(gap) or (len(gap) < 90 and (_SEEN.fullmatch(gap) or loose and _LOOSE.search(gap))))


_APPOSED = re.compile(r"\A,\san?\s[^,;.]{3,50},(?=\s)", _I)


def _other_side(text: str, r: Reading, last: Cell, g: Groups) -> bool:
    """Whether a group behind a value is what its own is compared with: "longer (16 months) than in B (8 months)"."""
    return r.many == 1 and bool(_THAN.search(text[last.hi : g.label.start]) and _OPENS.match(text, g.label.end))


_OPENS = re.compile(r"(?:\s(?:patients|pts|tumou?rs|disease|recipients|ones))?\s?\(", _I)


def _open_rest(gap: str) -> str:
    """The words behind a value without the rest of the bracket that it stands in: "; all G1-2) of pts in"."""
    return re.sub(r"\A[^()\[\]]{0,60}[)\]]", "", gap, count=1)


def _tail(text: str, g: Groups, used: Sequence[Cell], cells: Sequence[Cell]) -> bool:
    """Whether a group stands behind a value and belongs to it."""
    mine = [x for x in cells if x.hi <= g.label.start and (x in used or x.kind in ("rate", "time", "ratio"))]
    if mine and _THAN.search(text[mine[-1].hi : g.label.start]) and _OPENS.match(text, g.label.end):
        return False
    return any(_PREP.fullmatch(_open_rest(text[x.hi : max(x.hi, g.lead)])) for x in mine[-2:])


def opens(text: str, g: Groups, start: int) -> bool:
    return bool(_OPENING.fullmatch(text[start : g.label.start]))


def _pick(text: str, r: Reading, g: Groups, pair: Sequence[Group]) -> Group | None:
    """The group of a list that stands in the value's place; the list as a whole where it does not align."""
    many = len(g.atoms)
    if many == 1 or (r.how.startswith("list") and r.many == many and not _inner(text, r)):
        two = many == 1 and r.many == 2 and _compared(text, r) and not r.how.startswith("list")
        if two and g.label.start < r.run[0].lo and (r.order == 0) == _object(text, g):
            return _not_this(g.label, pair)
        return g.label
    place = _place(text, r, many)
    return g.label if place is None else g.atoms[place]


_CONTROL = re.compile(r"\b(?:control|standard|placebo|observation|alone|only)\b", _I)


def _not_this(g: Group, pair: Sequence[Group]) -> Group | None:
    """The other arm of the pair compared last; where neither is called so, by the side that it is on."""
    same = [p for p in pair if _alike(p.label, g.label)]
    other = [p for p in pair if not _alike(p.label, g.label)]
    if same or len(pair) != 2:
        return other[0] if other else None
    return pair[0] if _CONTROL.search(g.label) else pair[1]


def _alike(a: str, b: str) -> bool:
    return key(a) in key(b) or key(b) in key(a)


def _place(text: str, r: Reading, many: int) -> int | None:
    """The place of a value among `many` groups, where its list has a value for each of them."""
    if r.many == many:
        return r.order
    if many < 2 or r.many < many or r.many % many:
        return None
    inner = _inner(text, r)
    return r.order // (r.many // many) if inner == "plain" else r.order % many


def _inner(text: str, r: Reading) -> str | None:
    """How the values nearest to each other are joined: "vs" in "a vs b and c vs d", "plain" in "a and b vs c and d"."""
    joins = [bool(VERSUS.search(text[a.hi : b.lo])) for a, b in zip(r.run, r.run[1:], strict=False)]
    if not any(joins) or (all(joins) and len(joins) > 1):
        return None
    return "vs" if joins[0] else "plain"


def _compared(text: str, r: Reading) -> bool:
    return any(VERSUS.search(text[a.hi : b.lo]) for a, b in zip(r.run, r.run[1:], strict=False))


def _paired(text: str, r: Reading, pair: Sequence[Group], end: int) -> Group | None:
    if len(pair) < 2 or r.many < 2 or r.how == "list" and not _compared(text, r):
        return None
    said = _compared(text, r) or "respectively" in text[r.run[-1].hi : end] or (r.many == len(pair) and r.how != "list")
    place = _place(text, r, len(pair)) if said else None
    return pair[place] if place is not None else None
