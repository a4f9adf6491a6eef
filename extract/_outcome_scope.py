"""Scope: which of the groups named in an English sentence a value belongs to.

Nearest first: the phrase behind the value ("44 months in arm A"), a list aligned with a list ("82% and 66% in arms A and
B"), the phrase before it ("the ORR in part A was 89%"), the pair compared last ("and 7.8% vs 3.5%", "80% and 63%,
respectively"), then what opened the sentence ("At DL3, ..."). A group of everybody ends the search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ._outcome_assign import Reading
from ._outcome_cells import VERSUS, Cell, bare_words
from ._outcome_details import Named
from ._outcome_groups import Group, Groups
from ._outcome_terms import Term

_I = re.I | re.A
_PREP = re.compile(
    r"[\s)\]]*(?:(?:of\s)?(?:the\s)?(?:(?:evaluable|treated|infused|all)\s)?(?:patients|pts|subjects|participants|"
    r"cases|responses?|%|months?|weeks?|"
    r"years?)[\s)\]]*)?(?:\([^()]*\)\s?|\[[^\[\]]*\]\s?)?"
    r"(?:(?:at|by|within|after|from)\s(?:the\s)?[\w.]{1,9}[\s-](?:months?|years?|weeks?|days?)\s|(?:day|month|week|"
    r"year)\s\d+\s)?"
    r"(?:of\s(?:the\s)?(?:\d+\s)?(?:evaluable\s|treated\s)?(?:patients|pts|those)?\s?)?"
    r"(?:,?\s?both\s)?(?:(?:of|in|for|with|among|at|on|from|by|within|to|treated (?:at|with|in)|receiving|across)\s)?"
    r"(?:all\s|an?\s|the\s|those\s|these\s|originally planned\s|exploratory\s|\d+\s|other\s|remaining\s|\w+ing\s)*"
    r"(?:(?:patients|pts|those)\s(?:in|at|on|of|from|with|treated (?:at|with|in)|receiving|assigned to)\s)?(?:the\s)?",
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
_PART = re.compile(
    r"(?:\bincluding|\bcomprising|\bconsisting of|\bnamely|\bwith|[(\[:])\s?(?:(?:a|"
    r"an|the|only)\s)?\Z|,\swith\s[^,;.]{0,36}\sin\s\Z",
    _I,
)


@dataclass(slots=True)
class Discourse:
    """What the sentences so far have set: the arms compared last, in their order, and the sizes printed for groups."""

    pair: tuple[Group, ...] = ()
    sizes: dict[str, float] = field(default_factory=dict)
    whole: set[float] = field(default_factory=set)
    counted: set[float] = field(default_factory=set)  # any number of people that the text tells
    previous: tuple[int, int] = (0, 0)  # the sentence before
    said: dict[int, str | None] = field(default_factory=dict)  # populations by the place of their values
    people: Group | None = None  # whom the sentence before spoke of, for "Among those patients"
    timed: Term | None = None  # the last endpoint of survival, for "The HR was 0.42"
    last: float | None = None  # the last denominator of everybody
    told: list[Reading] = field(default_factory=list)  # readings of the sentence before
    names: Named = field(default_factory=dict)  # criteria, assessors and roles that the text names

    def learn(self, lists: Sequence[Groups]) -> None:
        """Keeps the sizes that are printed behind labels."""
        for g in (a for x in lists for a in x.atoms if a.size and a.kind != "all"):
            self.sizes.setdefault(key(g.label), g.size or 0.0)


@dataclass(frozen=True, slots=True)
class Placed:
    """A reading with its arm and its population; near: the arm is told beside the value."""

    reading: Reading
    arm: Group | None = None
    who: Group | None = None
    whole: Cell | None = None  # the value that this one is told as a part of
    people: str | None = None  # of a Chinese sentence: the population and the number of patients, and that it is one
    den: float | None = None
    han: bool = False
    reference: str | None = None  # and of its hazard ratio the other arm


def placed(
    text: str,
    readings: Sequence[Reading],
    cells: Sequence[Cell],
    lists: Sequence[Groups],
    start: int,
    end: int,
    discourse: Discourse,
    size: float | None = None,
) -> list[Placed]:
    """Readings of a sentence with their groups; what it compares is kept in the discourse.

    `size` is the number of patients of the whole study: people of that number are no subgroup.
    """
    arms = [g for g in lists if g.all or g.atoms[0].kind in ("arm", "level", "drug")]
    if sum(len(g.atoms) for g in arms if not g.all) < 2:  # the one product of a study is no arm of it
        known = [key(p.label) for p in discourse.pair]
        arms = [g for g in arms if g.atoms[0].kind != "drug" or key(g.label.label) in known]
    taken = [(r.term.start, r.term.end) for r in readings]
    whos = [g for g in lists if g.all or g.atoms[0].kind == "who" and not _everybody(text, g, cells, start, size)]
    whos = [g for g in whos if not any(g.label.start < b and a < g.label.end for a, b in taken)]
    out: list[Placed] = []
    for r in sorted(readings, key=lambda r: (r.cell.start, r.how == "also")):
        if r.cell.ratio or r.how == "level":
            out.append(
                Placed(
                    r, Group(text[r.cell.start : r.cell.end], r.cell.start, r.cell.end) if not r.cell.ratio else None
                )
            )
            continue
        who, close = scope(text, r, readings, cells, whos, start, end, ())
        pair = () if who and close else _compared_last(out, discourse)
        arm, near = scope(text, r, readings, cells, arms, start, end, pair)
        same = next((p for p in out if r.how == "also" and p.reading.cell is r.cell), None)
        if same:
            out.append(replace(same, reading=r))
            continue
        inside = next((p for p in out if p.reading.cell is r.parent), None)
        if inside:  # a part told in the bracket of its whole
            out.append(Placed(r, inside.arm, inside.who, inside.reading.cell))
            continue
        last = out[-1] if out else None
        whole = part_of(text, r, last) if last else None
        if not near and not close and last and whole:
            arm, who = last.arm, last.who
        elif near and arm and who and not close and who.end < arm.start and not _opens(text, _alone(who), start):
            who = None
        if who is None and _ANAPHOR.match(text, start):
            who = discourse.people
        out.append(Placed(r, arm, who, whole))
    discourse.pair = _compared_last(out, discourse)
    return _shared(text, out)


def _compared_last(told: Sequence[Placed], discourse: Discourse) -> tuple[Group, ...]:
    """The arms compared in this sentence, or the longer list before of which they are some."""
    here, known = _pair(told), [key(p.label) for p in discourse.pair]
    some = len(known) > len(here) and all(key(p.label) in known for p in here)
    return here if here and not some else discourse.pair


def _shared(text: str, told: Sequence[Placed]) -> list[Placed]:
    """ "Two toxicities and two deaths occurred in the high-dose cohort": the group of the last is of all."""
    out = list(told)
    for i in range(len(out) - 2, -1, -1):
        p, after = out[i], out[i + 1]
        a, b = max(p.reading.cell.hi, p.reading.term.end), after.reading.cell.lo
        alike = p.arm is None and after.arm and after.arm.start > b and p.reading.term.start > p.reading.cell.lo
        if alike and a <= b and re.fullmatch(r"\s?(?:,|and|, and)\s", text[a:b]):
            out[i] = replace(p, arm=after.arm)
    return out


_ENTERED = re.compile(
    r"(?:(?!\bwho\b|\bwhich\b)[^.;,]){0,60}?\b(?:were|was|have been|had been|has been)\s(?:\w+\s)?(?:infused|treated|"
    r"enrolled|included|recruited|dosed|screened|randomi[sz]ed|"
    r"registered|accrued|assigned|evaluable)\b|(?:(?!\bwho\b|\bwhich\b)[^.;,]){0,40}?\b(?:received|underwent)\b",
    _I,
)
_ENTERING = re.compile(
    r"\b(?:enrolled|treated|included|recruited|infused|randomi[sz]ed|(?:trial|study|cohort|series) of|evaluat\w+)"
    r"\s(?:[\w,]+\s){0,3}?\Z",
    _I,
)


def _everybody(text: str, g: Groups, cells: Sequence[Cell], start: int, size: float | None) -> bool:
    """Whether people are told as who entered the study: "20 patients with colorectal cancer were infused, and one ..."."""
    if re.match(r"(?:assess|eval)", g.label.label):
        return False
    if _ENTERED.match(text, g.end) and not re.match(r"\s?,", text[g.end :][:2]):
        return True
    before = [x for x in cells if x.kind == "count" and x.lo < g.label.start and x.hi >= g.lead - 1]
    number = before[-1] if before else None
    if number and _ENTERING.search(text, max(start, number.lo - 60), number.lo):
        return True
    whole = number and number.value and (number.value == size if size else number.value > 7)
    return bool(whole) and len(g.atoms) == 1


_ANAPHOR = re.compile(r"(?:(?:Among|In|Of|For|Within)\s(?:these|those|this|them)\b)(?!\sstud|\strial)")


def _pair(told: Sequence[Placed]) -> tuple[Group, ...]:
    """The distinct arms of these readings, in order, where they are two or more."""
    labels = [p.arm for p in told if isinstance(p.arm, Group)]
    distinct = [a for i, a in enumerate(labels) if key(a.label) not in [key(x.label) for x in labels[:i]]]
    return tuple(distinct) if len(distinct) > 1 else ()


def _alone(g: Group) -> Groups:
    return Groups((g,), g.lead, g.end, g)


def versus(
    p: Placed, told: Sequence[Placed], lists: Sequence[Groups], pair: Sequence[Group]
) -> tuple[Group | None, str | None]:
    """(arm, reference arm) of a ratio: the two arms whose values, or names, stand before it; else those compared last."""
    c = p.reading.cell
    same = [x.arm for x in told if x.arm and x.reading.cell.start < c.start and x.reading.term.id == p.reading.term.id]
    any_ = [x.arm for x in told if x.arm and x.reading.cell.start < c.start]
    named = [a for g in lists for a in g.atoms if a.kind in ("arm", "level", "drug") and a.start < c.start + 120]
    for labels in (same, any_, named, list(pair)):
        distinct = [a for i, a in enumerate(labels) if key(a.label) not in [key(x.label) for x in labels[:i]]]
        if len(distinct) >= 2:
            return distinct[-2], distinct[-1].label
    return None, None


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
    if within:  # "two mCRPC patients had"
        return (None if within.all else within.label), True
    used = [x.cell for x in readings]
    if c.kind == "dose":
        beside = next((g.label for g in lists if re.fullmatch(r"\s?\(", text[c.hi : max(c.hi, g.lead)])), None)
        return beside, True
    prev = max((x.hi for x in cells if x.hi <= first.lo and (x in used or x.kind == "time")), default=start)
    after = min((x.lo for x in used if x.lo >= last.hi), default=end)
    told = max(
        (x.term.end for x in readings if x.cell is c and x.how == r.how), default=r.term.end
    )  # the last of several terms of one value
    if len(run) > 1 and any(
        _behind(text, r, x, told, g, y.lo) for x, y in zip(run, run[1:], strict=False) for g in lists
    ):
        first = last = c  # each value of the list has a phrase of its own
        prev = max((x.hi for x in cells if x.hi <= c.lo and (x in used or x.kind == "time")), default=start)
        after = min((x.lo for x in used if x.lo >= c.hi), default=end)
    if len({x.term.start for x in readings if x.cell in run}) > 1 and not r.how.startswith("list"):
        last, after = c, min((x.lo for x in used if x.lo >= c.hi), default=end)  # two clauses, no list
    elif len(run) > 1 and not r.how.startswith("list") and not _compared(text, r) and not _dated(text, r, start):
        one = next((g for g in lists if _behind(text, r, last, told, g, after)), None)
        if one and len(one.atoms) == 1 and not one.all:  # two values of one endpoint are not both of one group
            last, after = c, min((x.lo for x in used if x.lo >= c.hi), default=end)
    behind = next((g for g in lists if _behind(text, r, last, told, g, after)), None)
    if behind and r.many == 2 and r.order == 0 and len(behind.atoms) == 1 and not behind.all and _compared(text, r):
        return _other_of(text, r, lists, behind, pair, start), True  # "A had 44 versus 30 months in B"
    if behind:
        return (None if behind.all else _pick(text, r, behind, pair)), True
    clause = max(prev, text.rfind(";", start, first.lo) + 1)
    free = [g for g in lists if g.end <= first.lo and not _tail(text, g, used, cells)]
    clausal = [g for g in free if g.label.start >= text.rfind(";", start, first.lo)]
    named = [a for g in clausal for a in g.atoms if g.label.kind in ("arm", "level", "drug")]
    if r.many == 2 and _compared(text, r) and len({key(a.label) for a in named}) == 2 == len(named):
        return named[r.order], True  # "compared A with B: 3.3 vs 1.8 months"
    if r.many == 2 == len(pair) and _compared(text, r) and start <= pair[0].start < pair[1].start < first.lo:
        return pair[r.order], True
    zone = [g for g in free if clause <= g.label.start]
    if zone and not (c.value == 0 and c.kind == "count" and zone[-1].end < r.term.start - 60):
        return (None if zone[-1].all else _pick(text, r, zone[-1], pair)), True
    paired = _paired(text, r, pair, end)
    if paired:
        return paired, True
    if clause > prev:  # a new clause keeps only what opened the sentence
        free = [g for g in free if _opens(text, g, start)]
    if free:
        g = free[-1]
        between = [x for x in lists if g.end <= x.lead and x.end <= first.lo and _tail(text, x, used, cells)]
        if g.all or (between and not _opens(text, g, start)):
            return None, False
        return _pick(text, r, g, pair), False
    return None, False


def _other_of(
    text: str, r: Reading, lists: Sequence[Groups], second: Groups, pair: Sequence[Group], start: int
) -> Group | None:
    """The first arm of a comparison whose second is named behind its value: the subject's, else the pair's other."""
    front = [g for g in lists if g.end <= r.run[0].lo and len(g.atoms) == 1 and not g.all]
    front = [g for g in front if key(g.label.label) != key(second.label.label) and not _object(text, g)]
    if front:
        return front[-1].label
    return next((p for p in pair if key(p.label) != key(second.label.label)), None)


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


def part_of(text: str, r: Reading, before: Placed) -> Cell | None:
    """The value that this one is told as a part of: "89% in part A, including 10 sCR and 4 VGPR"."""
    first = (r.run or (r.cell,))[0]
    b = before.reading.cell
    gap = bare_words(text[b.hi : first.lo])
    if b.hi > first.lo or len(gap) > 160 or r.cell.kind not in ("count", "bare", "rate"):
        return None
    count = b.num if b.kind == "rate" else b.value
    if _OF_THESE.search(gap[-40:]) and b.kind != "time":
        return replace(b, den=count)
    if _PART.search(gap[-40:]) and b.kind != "time":
        return before.whole or b
    goes_on = len(gap) < 60 and not re.search(r"[;.]|\b(?:was|were|had|occurred)\b", gap)
    return before.whole if goes_on else None


_OF_THESE = re.compile(r"\bof (?:whom|which|these|them|those)(?:\s\d+)?,?\s\Z", _I)


def _behind(text: str, r: Reading, last: Cell, told: int, g: Groups, after: int) -> bool:
    if g.label.start < last.hi or g.label.start >= after:
        return False
    if _PREP.fullmatch(_open_rest(text[last.hi : max(last.hi, g.lead)])):
        return True
    if r.term.start < last.hi or g.label.start < told:
        return False
    gap = _open_rest(text[told : max(told, g.lead)])
    loose = (last.value == 0 or r.how == "a toxicity") and last.kind == "count" and not re.search(r"[;,:]|\band\b", gap)
    return bool(_PREP.fullmatch(gap) or (len(gap) < 90 and (_SEEN.fullmatch(gap) or loose and _LOOSE.search(gap))))


def _open_rest(gap: str) -> str:
    """The words behind a value without the rest of the bracket that it stands in: "; all G1-2) of pts in"."""
    return re.sub(r"\A[^()\[\]]{0,60}[)\]]", "", gap, count=1)


def _tail(text: str, g: Groups, used: Sequence[Cell], cells: Sequence[Cell]) -> bool:
    """Whether a group stands behind a value and belongs to it."""
    mine = [x for x in cells if x.hi <= g.label.start and (x in used or x.kind in ("rate", "time", "ratio"))]
    return any(_PREP.fullmatch(_open_rest(text[x.hi : max(x.hi, g.lead)])) for x in mine[-2:])


def _opens(text: str, g: Groups, start: int) -> bool:
    return bool(_OPENING.fullmatch(text[start : g.label.start]))


def _pick(text: str, r: Reading, g: Groups, pair: Sequence[Group]) -> Group | None:
    """The group of a list that stands in the value's place; the list as a whole where it does not align."""
    many = len(g.atoms)
    if many == 1 or (r.how.startswith("list") and r.many == many and not _inner(text, r)):
        two = many == 1 and r.many == 2 and _compared(text, r) and not r.how.startswith("list")
        if two and g.label.start < r.run[0].lo and (r.order == 0) == _object(text, g):
            return next((p for p in pair if not _alike(p.label, g.label.label)), None)
        return g.label
    place = _place(text, r, many)
    return g.label if place is None else g.atoms[place]


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
