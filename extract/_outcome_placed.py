"""Whose the values of an English sentence are: each reading with its arm and population, and what the text has set so far."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ._outcome_cells import Cell, bare_words
from ._outcome_details import Named
from ._outcome_groups import Group, Groups
from ._outcome_reading import Reading
from ._outcome_scope import key, opens, scope
from ._outcome_terms import Term
from ._outcome_who_zh import Group as GroupZh

_I = re.I | re.A
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
    codes: re.Pattern[str] | None = None  # of the arms that the text names by codes
    topic: GroupZh | None = None  # the group that Chinese clauses go on telling of
    of: dict[int, tuple[tuple[float, str] | None, tuple[int | None, int | None]]] = field(
        default_factory=dict
    )  # time, grade
    analysed: str | None = None  # the analysis set that opens a Chinese sentence
    when: tuple[float, str] | None = None  # the time that opens a Chinese sentence
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
    arms = [g for g in lists if g.all or g.atoms[0].kind in ("arm", "code", "level", "drug")]
    if sum(len(g.atoms) for g in arms if not g.all) < 2:  # the one product of a study is no arm of it
        known = [key(p.label) for p in discourse.pair]
        arms = [g for g in arms if g.atoms[0].kind != "drug" or key(g.label.label) in known]
    first = min((r.cell.lo for r in readings), default=end)
    if sum(len(g.atoms) for g in arms if not g.all) == 1 and not discourse.pair:
        arms = [g for g in arms if g.all or not _product(text, g, cells, first, size)]
    taken = [(r.term.start, r.term.end) for r in readings]
    many = sum(g.atoms[0].kind == "who" for g in lists)
    whos = [g for g in lists if g.all or g.atoms[0].kind == "who" and not _everybody(text, g, cells, start, size, many == 1)]
    whos = [g for g in whos if not any(g.label.start < b and a < g.label.end for a, b in taken)]
    arms = [g for g in arms if len(g.atoms) > 1 or not any(a >= g.label.start and b <= g.label.end for a, b in taken)]
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
        if r.term.id == "FOLLOW_UP" and not close:
            who = None
        pair = () if who and close else _compared_last(out, discourse)
        arm, near = scope(text, r, readings, cells, arms, start, end, pair)
        same = next((p for p in out if r.how == "also" and p.reading.cell is r.cell), None)
        if same:
            out.append(replace(same, reading=r))
            continue
        inside = next((p for p in out if p.reading.cell is r.parent), None)
        if inside:  # a part told in the bracket of its whole
            peers = [p for p in out if p.arm and p.reading.term.start == inside.reading.term.start]
            mine = peers[r.order] if r.many == len(peers) > 1 else inside
            out.append(Placed(r, mine.arm, mine.who, mine.reading.cell))
            continue
        last = out[-1] if out else None
        whole = part_of(text, r, last) if last else None
        those = re.search(
            r"\bof (?:these|those)\s\d+\b",
            text[r.cell.lo : r.cell.hi]) or _OF_THOSE.match(text, r.cell.hi,
        )
        state = last.reading.term if last and those and (whole or r.cell.den == _many(last.reading.cell)) else None
        if state and state.id in _STATES and not who:
            out.append(Placed(r, arm, Group(state.id, state.start, state.end, "who", state.start), whole))
            continue
        if not near and not close and last and whole and not (r.many > 1 and (arm or who)):
            arm, who = last.arm, last.who
        elif near and arm and who and not close and who.end < arm.start and not opens(text, _alone(who), start):
            who = None
        if who is None and _ANAPHOR.match(text, start):
            who = discourse.people
        out.append(Placed(r, arm, who, whole))
    out = _trailing(text, _again(text, out), [g for g in lists if not g.all], end)
    discourse.pair = _compared_last(out, discourse)
    if not _pair(out) and (two := _set_against(text, out, arms)):
        discourse.pair = two
    return _shared(text, out)


def _set_against(text: str, told: Sequence[Placed], arms: Sequence[Groups]) -> tuple[Group, ...]:
    """ "74 % in the CIK group, better than those of the control group": both, in the order that is told."""
    mine = next((p.arm for p in told if p.arm), None)
    named = [a for g in arms if not g.all for a in g.atoms]
    other = [a for a in named if mine and key(a.label) != key(mine.label)]
    if mine is None or len({key(a.label) for a in other}) != 1:
        return ()
    than = re.search(r"\b(?:than|versus|vs|compared|over)\b[^;.]{0,40}\Z", text[mine.end : other[0].start], _I)
    return (mine, other[0]) if other[0].start > mine.end and than else ()


def _again(text: str, told: Sequence[Placed]) -> list[Placed]:
    """ "69 vs 12 % in MRD-positive patients, and OS 80 vs 31 %": the second comparison is of the people of the first."""
    out: list[Placed] = []
    for p in told:
        r = p.reading
        run = [x for x in out if x.reading.many == r.many > 1 and x.reading.term.start != r.term.start]
        same = next((x for x in reversed(run) if x.reading.order == r.order and x.who), None)
        whos = {key(x.who.label) for x in run if x.who and same and x.reading.term.start == same.reading.term.start}
        if same and len(whos) == r.many and not (p.arm or p.who):
            p = replace(p, who=same.who)
        elif r.many > 1 and not (p.arm or p.who) and _THE_SAME.search(text, max(0, r.term.start - 40), r.term.start):
            groups = [x for i, x in enumerate(out) if (x.arm or x.who) and not any(_alike(x, y) for y in out[:i])]
            p = replace(p, arm=groups[r.order].arm, who=groups[r.order].who) if len(groups) == r.many else p
        out.append(p)
    return out


_THE_SAME = re.compile(r"\b(?:corresponding|respective)\s(?:[\w-]+\s){0,3}\Z", _I)


def _alike(a: Placed, b: Placed) -> bool:
    return (a.arm or a.who) == (b.arm or b.who)


_ALIKE = re.compile(
    r"\b(?:similar|comparable|respectively|equal|identical|differ\w*|higher|lower|better|worse)\b",
    _I,
)


def _trailing(text: str, told: Sequence[Placed], lists: Sequence[Groups], end: int) -> list[Placed]:
    """ "CRS (89 vs 84 %) and ICANS (23 vs 20 %) were similar in patients with and without it": the list is of all."""
    last = max((p.reading.cell.hi for p in told), default=0)
    behind = [g for g in lists if g.lead >= last]
    if len(behind) != 1 or len(behind[0].atoms) < 2 or not _ALIKE.search(text, last, end):
        return list(told)
    atoms = behind[0].atoms
    loose = [p for p in told if not p.arm and not p.who and p.reading.many == len(atoms)]
    who = atoms[0].kind == "who"
    out = []
    for p in told:
        g = atoms[p.reading.order] if p in loose else None
        out.append(replace(p, who=g if who else None, arm=None if who else g) if g else p)
    return out


def _compared_last(told: Sequence[Placed], discourse: Discourse) -> tuple[Group, ...]:
    """The arms compared in this sentence, or the longer list before of which they are some."""
    here, known = _pair(told), [key(p.label) for p in discourse.pair]
    some = len(known) > len(here) and all(key(p.label) in known for p in here)
    return here if here and not some else discourse.pair


def _shared(text: str, told: Sequence[Placed]) -> list[Placed]:
    """ "Two toxicities and two deaths occurred in the high-dose cohort": the group of the last is of all."""
    out = list(told)
    shared: set[int] = set()
    for i in range(len(out) - 2, -1, -1):
        p, after = out[i], out[i + 1]
        a, b = max(p.reading.cell.hi, p.reading.term.end), after.reading.cell.lo
        alike = p.arm is None and after.arm and after.arm.start > b and p.reading.term.start > p.reading.cell.lo
        if alike and a <= b and re.fullmatch(r"\s?(?:,|and|, and)\s", text[a:b]):
            out[i] = replace(p, arm=after.arm)
        elif not (p.arm or p.who) and (_one_group(text, p, after) or i + 1 in shared and p.reading.run == after.reading.run):
            out[i] = replace(p, arm=after.arm, who=after.who)
            shared.add(i)
    return out


def _one_group(text: str, p: Placed, after: Placed) -> bool:
    """ "CR was 69 % and the ORR 86 % in the efficacy set": what ends a clause without a verb of its own is of both."""
    a, b = p.reading, after.reading
    group = after.arm or after.who
    if group is None or group.start < b.cell.hi or a.cell is b.cell or a.cell.kind != b.cell.kind:
        return False
    if a.term.start == b.term.start:
        return False  # a list of one endpoint: each value has its own
    gap = text[a.cell.hi : b.term.start]
    verb = re.search(r"\b(?:was|were|had|reached)\b", text[b.term.end : b.cell.lo])
    return bool(_AND_THE.fullmatch(gap)) and (not verb or a.many == b.many > 1)


_AT_NOUN = re.compile(r"[\s)%;,]*(?:\([^()]*\)\s?)?", _I)
_GIVEN_TOO = re.compile(
    r"\s(?:\([^()]*\)\s)?(?:patients\s)?(?:who\s(?:were\s)?)?(?:treated|received|receiving|infused|given)\b",
    _I,
)
_AND_THE = re.compile(r"[\s)%\]]*(?:\([^()]*\))?(?:,|\sand|,\sand)\s(?:the\s|an?\s)?(?:[\w-]+,?\s){0,3}", _I)
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


def _everybody(text: str, g: Groups, cells: Sequence[Cell], start: int, size: float | None, alone: bool) -> bool:
    """Whether people are told as who entered the study: "20 patients with colorectal cancer were infused, and one ..."."""
    if re.match(r"(?:assess|eval)", g.label.label):
        return False
    if _ENTERED.match(text, g.end) and not re.match(r"\s?,", text[g.end :][:2]):
        return True
    before = [x for x in cells if x.kind == "count" and x.lo < g.label.start and x.hi >= g.lead - 1]
    number = before[-1] if before else None
    if number and _ENTERING.search(text, max(start, number.lo - 60), number.lo):
        return True
    of = [x.den for x in cells if x.den and x.lo < g.lead and _AT_NOUN.fullmatch(text, x.hi, max(x.hi, g.lead))]
    many = number.value if number else of[0] if of and alone else None
    told = many and (many > 7 or number and _GIVEN_TOO.match(text, g.label.end)) and _ILL.search(g.label.label)
    whole = many and (many == size if size else told)
    return bool(whole) and len(g.atoms) == 1


def _product(text: str, g: Groups, cells: Sequence[Cell], first: int, size: float | None) -> bool:
    """Whether a treatment is what everybody received: "57 patients received X; events were reported in 57 of 57"."""
    before = [x for x in cells if x.kind == "count" and x.noun and x.lo <= g.lead and x.hi <= g.label.start]
    near = before and g.end <= first and len(text[before[-1].hi : g.label.start]) < 60 and not _GROUP_WORD.search(g.label.label)
    many = before[-1].value if near and g.label.kind == "arm" else None
    return bool(many and (many == size if size else _CELLS.search(g.label.label) or many > 7))


_GROUP_WORD = re.compile(r"\b(?:group|arm|cohort|dose|doses|level|alone)\b|[x×]\s?10|\bDL", _I)
_CELLS = re.compile(r"(?:cel\b|\bcells?\b|\bCAR\b|\bCAR-?\w|\bCART|\bTIL|\bNK\b|\b[A-Z][\w-]*\d)")
_ILL = re.compile(
    r"(?:oma|l[ae]?emia|cancer|tumou?r|malignanc\w+|(?:metastatic|advanced|refractory) disease)s?\b|"
    r"\b(?-i:(?!\w*SCT|\w*HCT|CAR|TCR|s?CRi?\b|[PS]R|VGPR)[A-Z][A-Z0-9]{1,6})\Z",
    _I,
)
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
    named = [
        a for g in lists for a in g.atoms if a.kind in ("arm", "code", "level", "drug") and a.start < c.start + 120
    ]
    whos = [x.who for x in told if x.who and x.reading.cell.start < c.start and x.reading.term.id == p.reading.term.id]
    for labels in (same, any_, whos, named, list(pair)):
        distinct = [a for i, a in enumerate(labels) if key(a.label) not in [key(x.label) for x in labels[:i]]]
        if len(distinct) >= 2:
            return _bare(distinct[-2]), _bare(distinct[-1]).label
    return None, None


def _bare(g: Group) -> Group:
    """A group without its noun, as a ratio names it: "A vs B", not "A group vs B group"."""
    label = re.sub(r"(?i)\s(?:group|arm|cohort)s?\Z", "", g.label)
    return replace(g, label=label, end=g.start + len(label)) if g.label.startswith(label) and len(label) > 1 else g


def part_of(text: str, r: Reading, before: Placed) -> Cell | None:
    """The value that this one is told as a part of: "89% in part A, including 10 sCR and 4 VGPR"."""
    first = (r.run or (r.cell,))[0]
    b = before.reading.cell
    gap = bare_words(text[b.hi : first.lo])
    if b.hi > first.lo or len(gap) > 160 or r.cell.kind not in ("count", "bare", "rate"):
        return None
    count = b.num if b.kind == "rate" else b.value
    if count and _OF_WHOM.match(text, r.cell.hi) and b.kind != "time" and len(gap) < 60:
        return replace(b, den=count)
    if _OF_THESE.search(gap[-40:]) and b.kind != "time":
        return replace(b, den=count)
    if _PART.search(gap[-40:]) and b.kind != "time":
        return before.whole or b
    goes_on = len(gap) < 60 and not re.search(r"[;.]|\b(?:was|were|had|occurred)\b", gap)
    return before.whole if goes_on else None


_STATES = ("CR", "CRi", "sCR", "PR", "VGPR", "SD", "MRD_NEG")


def _many(c: Cell) -> float | None:
    return c.num if c.kind == "rate" else c.value


_OF_THOSE = re.compile(
    r"[\s)]{0,2}of (?:these|those)(?:\s(?:patients|pts|children))?\b(?!\s(?:in|with|who|at|given|receiving|aged|"
    r"without|treated|on|assigned)\b)",
    _I,
)
_OF_WHOM = re.compile(
    r"[\s)]{0,2}of (?:whom|which|(?:these|those)(?:\s(?:\w+\s)?(?:patients|pts|responders|children))?|them)\b",
    _I,
)
_OF_THESE = re.compile(r"\bof (?:whom|which|these|them|those)(?:\s\d+)?,?\s\Z", _I)
