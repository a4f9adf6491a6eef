"""Lists of values: terms round again, those of the list before, what is compared with what, and where a list begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._outcome_cells import VERSUS, Cell
from ._outcome_goes_on import tested
from ._outcome_near import coordinated, people, suits
from ._outcome_runs import AGAINST_ZH
from ._outcome_terms import Term


def cycled(text: str, listed: Sequence[Term], run: Sequence[Cell]) -> list[Term]:
    """Two endpoints and four values: round again in "2% and 52% vs 6% and 43%", each twice in "2% vs 6% and 52% vs 43%"."""
    many = len(listed)
    if many < 2 or len(run) % many:
        return list(listed)
    times = len(run) // many
    gap = text[run[0].hi : run[1].lo]
    if times > 1 and (tested(text, run, times) or VERSUS.search(gap) or AGAINST_ZH.fullmatch(gap)):
        return [t for t in listed for _ in range(times)]
    if times > 1 and _died_before(listed, run):
        return [t for t in listed for _ in range(times)]  # "PFS and OS were 6.1 and 4.0 months, and 18.3 and 12.7 months"
    return list(listed) * times


def _died_before(listed: Sequence[Term], run: Sequence[Cell]) -> bool:
    """Whether dealt out in turn a median survival would be below the median of what comes before death."""
    if [t.id for t in listed] not in (["PFS", "OS"], ["EFS", "OS"], ["DFS", "OS"], ["RFS", "OS"]) or len(run) != 4:
        return False
    a, b, c, d = (x.value or 0 for x in run)
    return all(x.kind == "time" for x in run) and (b < a or d < c) and c >= a and d >= b


_ITEM = r"[^,;。:()%\d、]{2,16}"
_ENUMERATED = re.compile(
    rf"(?P<list>{_ITEM}(?:、{_ITEM}){{0,6}}(?:、|和|与|及|以及){_ITEM}?)的?(?:总?发生率|发生比例|例数|比例)?(?:分别|依次)(?:为|是|有|占)?\s?\Z"
)


_EVENT = re.compile(
    r"(?:减少|低下|抑制|反应|毒性|损[害伤]|炎|痛|泻|吐|恶心|热|[乏无]力|疹|便秘|脱发|感染|出血|障碍|异常|升高|增高|降低|下降|血症|综合征|"
    r"症|麻木|瘙痒|水肿|咳嗽|病变|衰竭|不良|疲[劳乏]|减退|不适|缺氧|低血压|寒战|皮肤改变)\Z"
)


def enumerated(text: str, fresh: Sequence[Term], first: Cell, many: int) -> list[Term]:
    """骨髓抑制、胃肠道反应和肝功能损害发生率分别为30%、20%和10%: each item its value, also those that no rule knows."""
    m = _ENUMERATED.search(text[max(0, first.lo - 110) : first.lo])
    if not m or not fresh:
        return []
    at = max(0, first.lo - 110) + m.start("list")
    found: list[Term] = []
    for x in re.compile(r"(?:(?!和|与|及|以及)[^、])+").finditer(m["list"]):
        a, b = at + x.start(), at + x.end()
        own = next((t for t in reversed(fresh) if a <= t.start and t.end <= b), None)
        if (found and re.search("[组者]|队列", x[0])) or not (own or _EVENT.search(x[0])):
            return []
        found.append(own or Term("SINK", "sink", a, b, x[0]))
    known = [t for t in found if t.kind == "tox"]
    return found if len(found) == many and 0 < len(known) < many else []


def aligns(listed: Sequence[Term], cells: Sequence[Cell], run: Sequence[int]) -> bool:
    return len(listed) == len(run) > 0 and all(suits(t, cells[i]) for t, i in zip(listed, run, strict=True))


def earlier(done: dict[int, list[Term]], run: Sequence[int], cells: Sequence[Cell], fresh: bool) -> list[Term]:
    """The terms of a state or, without fresh ones, of the last cells before this list: as many as it has cells."""
    told = done.get(run[0] - 1) or [] if run[0] and cells[run[0] - 1].kind == "state" else []
    if len(told) == len(run):  # "median PFS and OS were not reached versus 7.4 and 18.2 months"
        return told
    if fresh:
        return []
    last, kinds = run[0] - len(run), {cells[i].kind for i in run}
    alike = [k for k in range(last, max(-1, last - 4), -1) if {cells[i].kind for i in range(k, k + len(run))} == kinds]
    for k in [*alike, last]:
        terms = [done.get(i) or [] for i in range(k, k + len(run))]
        if all(len(t) == 1 for t in terms) and len({t[0].start for t in terms}) == len(run):
            return [t[0] for t in terms]
    return []


Told = list[tuple[int, list[Term], str]]


def of_all(text: str, cells: Sequence[Cell], run: Sequence[int], told: Told, end: int) -> Told:
    """A list told value by value, where what its last value, or its first, is of is of all: "49% and 21% had a response"."""
    rates = len(run) > 1 and all(cells[i].kind == "rate" for i in run)
    if rates and (
        (told[-1][2] == "subject" and not any(found for _, found, _ in told[:-1]))
        or (told[-1][2] == "in state" and all(how in ("goes on", "none") for _, _, how in told[:-1]))
    ):
        told = [(i, told[-1][1], "subject") for i, _, _ in told]  # "49% and 21% of the patients had a response"
    counted = all(cells[i].kind in ("count", "bare") for i in run) and "respectively" in text[cells[run[-1]].hi : end]
    whose, how = told[-1][1:]
    if counted and how in ("subject", "graded") and not told[0][1] and all(found == whose for _, found, _ in told[1:]):
        told = [(i, whose, "subject") for i in run]  # "ten, five and one patients had grade 1, 2 and 3 CRS, respectively"
    lead = told[0][1]
    if rates and lead and all(found == lead for _, found, _ in told if found):  # "2/3, 4/6 and 5/6 patients responding"
        told = [(i, lead if not found and how in ("none", "subject") else found, how) for i, found, how in told]
    return told


def compared_pair(text: str, cells: Sequence[Cell], run: Sequence[int], done: dict[int, list[Term]]) -> bool:
    """Whether the last two of three values are compared with the first and the one before the list."""
    if len(run) != 3 or run[0] == 0 or len(done.get(run[0] - 1) or ()) != 1:
        return False
    a, b, c = (cells[i] for i in run)
    alike = {cells[run[0] - 1].kind, a.kind, b.kind, c.kind} == {a.kind}
    return alike and bool(VERSUS.search(text[a.hi : b.lo])) and not VERSUS.search(text[b.hi : c.lo])


def bound(cells: Sequence[Cell], i: int, done: dict[int, list[Term]], start: int) -> int:
    """Where the words before a cell begin: behind the cell before it that is no mere number of people."""
    j = i - 1
    kinds = {"dose", "time"} - {cells[i].kind} | ({"bare"} if cells[i].kind in ("rate", "time") else set())
    while j >= 0 and (
        cells[j].kind == "ratio"
        or (not done.get(j) and (cells[j].kind in kinds or cells[j].bound in ("<", ">", "≥", "≤")))
        or (not done.get(j) and cells[j].kind == "count" and cells[j].noun)
    ):
        j -= 1
    return cells[j].hi if j >= 0 else start


def last(text: str, cells: Sequence[Cell], i: int, done: dict[int, list[Term]], start: int) -> int:
    """The value that a value may go on with: the one before it that is no mere size and not told in a bracket of another."""
    k = i - 1
    while k >= 0:
        size = not done.get(k) and cells[k].kind in ("count", "bare", "dose") or cells[k].kind == "ratio"
        opened = text.rfind("(", start, cells[k].start)
        inner = (
            k > 0
            and opened > text.rfind(")", start, cells[k].start)
            and opened >= cells[k - 1].lo
            and cells[k].lo > opened
        )
        closed = inner and text.find(")", cells[k].hi, cells[i].lo) >= 0
        if not (size or (closed and cells[k].kind != cells[i].kind)):
            return k
        k -= 1
    return -1


def of_two(text: str, back: Sequence[Term], near: Term, c: Cell) -> bool:
    """ "The disease control rate (DCR) and objective response rate (ORR) were 60%": one share for both."""
    two = coordinated(text, [t for t in back if not people(text, t)])
    if len(two) == 2 and two[1] is near and text[two[0].end : near.start] == "/" and two[0].kind == near.kind == "time":
        return bool(_EACH.fullmatch(text[near.end : c.lo]) and not _AND_MORE.match(text, c.hi) and text[c.hi : c.hi + 1] != "/")
    alike = len(two) == 2 and two[1] is near and all(t.kind == "response" for t in two) and {t.id for t in two} != {"CR", "PR"}
    both = len(two) == 2 and two[1] is near and c.kind == "rate" and near.kind == "time" and near.words.endswith("rates")
    alike = alike or both and two[0].kind == "response"  # "the 18-month complete response and PFS rates were 78%"
    return bool(alike and _WERE.fullmatch(text[near.end : c.lo]) and not _AND_MORE.match(text, c.hi))


_EACH = re.compile(r"(?:\srates?)?(?:\s(?:of|was|were|is|at)|:)\s(?:about\s|approximately\s)?", re.I)  # "a 2-year PFS/OS of 100%"
_WERE = re.compile(r"\)?\s(?:rates?\s)?were\s(?:about\s|approximately\s)?", re.I)
_AND_MORE = re.compile(r"[^.;]{0,12}\b(?:and|or|,)\s\d")


def behind_all(text: str, terms: Sequence[Term], run: Sequence[Cell]) -> list[Term]:
    """高、低剂量组分别有4例和1例达到PR: the endpoint stands behind all the numbers."""
    led = re.search(r"(?:分别|依次)(?:有|为)?\s?\Z", text[max(0, run[0].lo - 6) : run[0].lo])
    t = next((t for t in terms if t.start >= run[-1].hi), None)
    counts = all(c.kind in ("count", "bare") for c in run)
    if t is None or not led or len(run) < 2 or not counts or not suits(t, run[-1]):
        return []
    return [t] if re.fullmatch(r"\s?(?:患者|受试者)?(?:的)?(?:[^,;。\d]{0,8})", text[run[-1].hi : t.start]) else []


OTHER_TIME = re.compile(  # "PFS (12 v 7 months; P = .01) and TTNT (24 v 13 months)"
    r"\)\s?(?:,|and|, and)\s(?:(?:the|median)\s){0,2}(?:(?-i:T[A-Z]{2,4}|[A-Z]{1,4}(?:FS|SS|FI))|"
    r"(?:time to [a-z -]{3,40}|(?:[a-z-]+\s){1,3}(?:interval|survival|duration|time)))\s[(\[]\Z", re.I
)
