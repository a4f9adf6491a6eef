"""Denominators: how many patients a value is of, where that is printed for the same group."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import PATIENTS, WORD, Token, number
from ._outcome_cells import Cell
from ._outcome_groups import Group
from ._outcome_placed import Discourse
from ._outcome_reading import Reading
from ._outcome_scope import key
from ._outcome_subject import is_group

_I = re.I | re.A

_TREATED = re.compile(
    (
        r"(?:received|were (?:treated|infused|enrolled|included|administered|given|evaluated)|"
        r"was (?:administered|infused)|完成(?:了)?(?:输注|治疗)|接受(?:了)?|共(?:纳入|入组)|纳入|入组)"
    ),
    _I,
)


def denominator(
    text: str,
    r: Reading,
    cells: Sequence[Cell],
    tokens: Sequence[Token],
    arm: Group | None,
    group: Group | None,
    who: str | None,
    start: int,
    end: int,
    size: float | None,
    close: bool,
    part: Cell | None,
    discourse: Discourse,
) -> float | None:
    """How many patients the value is of, where that is printed for the same group; None elsewhere.

    `size` is the number of patients that the text last stated for the whole group (close: in this sentence or
    the one before: events are of those at risk, who need not be the same), `part` the value that this one is a part of.
    """
    c = r.cell
    if c.kind in ("time", "state") or r.term.kind == "time" and c.kind == "rate" and c.num is None:
        return _of_time(text, r, cells, tokens, arm, group, start, end)
    if c.den or c.kind not in ("rate", "count", "bare"):
        return c.den
    if c.value == 2 and text[c.start : c.start + 4].lower() == "both":
        return None
    if c.value is not None and re.search(r"(?i)\ball\s(?:of\s)?(?:the\s)?\Z", text[max(0, c.lo - 12) : c.lo]):
        return c.value if c.kind == "count" else None
    own = _own_size(text, arm, group, tokens, cells, start, c)
    if own and own >= (_count(c) or 0):
        return own
    if c.num and c.value is not None:  # "in 2 (5%) and 1 (3%) of the 38 patients": what the arithmetic lets only be so
        shared = {x.den for x in r.run if x is not c and x.den and x.value is not None}
        if len(shared) == 1 and abs(100 * c.num / (den := shared.pop() or 1) - c.value) < 0.6:
            return den
    stated = _stated(text, r, cells, tokens, arm, start, end)
    if stated:
        return stated
    grouped = _grouped(text, r, cells, start)
    if group and who and c.lo <= group.start:
        grouped = None  # "20% of 30 patients, and 25% of those with ovarian cancer"
    if not grouped and part and part.den and part.den >= (_count(c) or 0) and _count(c):
        return part.den
    zero = c.kind == "count" and c.value == 0
    if grouped and not zero:
        return grouped
    if zero:
        many = _NONE_OF.match(text, c.start, end)
        if many and number(many["n"]):
            return number(many["n"])
        none_of = _NONE_OF_US.match(text, c.start, end)
        same = [x for x in cells if x.kind == "count" and x.hi <= c.lo and _TREATED.search(text[x.hi : c.lo])]
        return size if none_of else (same[-1].value if same and not arm else None)
    if r.term.kind == "time":
        return None
    if arm or (who and who != "evaluable"):
        label = arm or group
        known = discourse.sizes.get(key(label.label)) if label else None
        candidates = [known] if known else [*discourse.sizes.values(), *discourse.whole]
        return _of_share(c, candidates)
    if c.kind == "rate" and c.num is not None:
        exact = c.value is not None and c.value != int(c.value)
        told = sorted(discourse.counted) if exact else ()
        near = {v for v in (discourse.last, size, *discourse.whole) if v}
        if not exact and len([n for n in near if _of_share(c, [n])]) > 1:
            return None  # 1 (2 %) may be of 48 treated as well as of 53 enrolled
        tried = ([discourse.last], [size], sorted(discourse.whole), told)
        return next((n for x in tried if (n := _of_share(c, [v for v in x if v]))), None)
    return _whole(text, c, size) if size and not part and (close or r.term.kind != "tox") else None


def _of_time(
    text: str,
    r: Reading,
    cells: Sequence[Cell],
    tokens: Sequence[Token],
    arm: Group | None,
    group: Group | None,
    start: int,
    end: int,
) -> float | None:
    """How many a median or a landmark rate is of: only as the sentence opens with them, or says it of the group."""
    if r.term.id == "FOLLOW_UP" or r.cell.den:
        return r.cell.den
    own = next((g for g in (arm, group) if g and start <= g.lead < start + 24 and g.start < r.cell.lo), None)
    told = _own_size(text, own, None, tokens, cells, start, r.cell) if own else None
    if told or arm:
        return told
    opened = [
        x for x in cells if x.kind == "count" and x.hi <= r.cell.lo and x.lo - start < 24 and is_group(text, x, start)
    ]
    return _stated(text, r, cells, tokens, arm, start, start) or (opened[0].value if len(opened) == 1 else None)


def undenied(c: Cell, den: float | None, size: float | None, part: Cell | None, discourse: Discourse) -> float | None:
    """The denominator, unless the printed share denies it: 17 (42.5 %) are of 40, not of the 29 named last."""
    if den is None or c.den or c.kind != "rate" or not c.num or c.value is None or _of_share(c, [den], 0.3):
        return den
    known = [size, discourse.last, part.den if part else None, *discourse.whole, *discourse.sizes.values()]
    return _of_share(c, [n for n in known if n])


def _count(c: Cell) -> float | None:
    return c.num if c.kind == "rate" else c.value


def _of_share(c: Cell, candidates: Sequence[float], slack: float = 0.0) -> float | None:
    """The one among these numbers of patients of which the count is the printed share: 89 and 70 % are of 128."""
    if c.num is None or c.value is None or c.num == 0:
        return None
    near = slack + (0.5 if c.value == int(c.value) else 0.06)
    fits = {n for n in candidates if n >= c.num and abs(100 * c.num / n - c.value) <= near}
    return fits.pop() if len(fits) == 1 else None


_NONE_OF_US = re.compile(rf"none of (?:[\w-]+ ){{0,4}}?(?:{PATIENTS}|them|whom|these)\b", _I)
_NONE_OF = re.compile(rf"none of (?:the |these |our )?(?P<n>\d+|{WORD}) (?:[\w-]+ ){{0,3}}?{PATIENTS}\b", _I)


def _own_size(
    text: str,
    arm: Group | None,
    group: Group | None,
    tokens: Sequence[Token],
    cells: Sequence[Cell],
    start: int,
    mine: Cell,
) -> float | None:
    """The number printed with the group in this sentence: "in arm A (n=24)", "the nine patients in dose level 2"."""
    for g in (arm, group):
        if g is None or g.start < start:
            continue
        if isinstance(g, Group) and g.size:
            return g.size
        noun = [x for x in cells if x.kind == "count" and x.noun and x.lo < g.lead < x.hi and x is not mine]
        if noun and noun[0].value:
            return noun[0].value
        near = [t for t in tokens if t.kind == "n" and t.value and 0 <= t.start - g.end < 8]
        if near:
            return near[0].value
        before = [x for x in cells if x.kind == "count" and x.lo < g.start and is_group(text, x, start)]
        if before and isinstance(g, Group) and g.lead < before[-1].hi + 2 and before[-1].value:
            return before[-1].value
    return None


def _stated(
    text: str, r: Reading, cells: Sequence[Cell], tokens: Sequence[Token], arm: Group | None, start: int, end: int
) -> float | None:
    """A number (n = 9) that opens the sentence, or closes it and stands alone."""
    c = r.cell
    inside = [a for x in cells for a in x.attached]
    stated = [t for t in tokens if t.kind == "n" and t.value and (t.start, t.end) not in inside]
    before = [t for t in stated if t.end <= c.lo and _opens(text, t, start)]
    if before and not (arm and before[-1].end < arm.start) and len(text[before[-1].end : c.lo]) < 160:
        return before[-1].value
    alone = len(stated) == 1 and stated[0].start > c.hi and not arm
    return stated[0].value if alone and text[stated[0].end : end].strip(" ).。").strip() == "" else None


def _grouped(text: str, r: Reading, cells: Sequence[Cell], start: int) -> float | None:
    """The size of "Of 16 evaluable patients, ..." before the value; of two joined groups their sum."""
    c = r.cell
    groups = [
        x
        for x in cells
        if (x.kind == "count" or (x.kind == "bare" and _EVALUABLE.match(text, x.lo)))
        and x.hi <= c.lo
        and x.value
        and x.value >= (c.value or 0 if c.kind != "rate" else 0)
    ]
    groups = [x for x in groups if is_group(text, x, start) or _zh_group(text, x) or _EVALUABLE.match(text, x.lo)]
    if not groups or r.term.kind == "time" or re.search(r"[;。]", text[groups[-1].hi : c.lo]):
        return None
    last = groups[-1]
    joined = len(groups) > 1 and re.fullmatch(
        r"[一-鿿A-Za-z0-9.]{0,16}(?:和|与|及|、)\s?", text[groups[-2].hi : last.lo]
    )
    return (last.value or 0) + (groups[-2].value or 0) if joined else last.value


_EVALUABLE = re.compile(rf"[\w-]+\s?(?:{PATIENTS}\s)?(?:were|was)\s(?:\w+\s)?(?:evaluable|assessable)\b", _I)


def _opens(text: str, n: Token, start: int) -> bool:
    """Whether (n = 9) belongs to the group that opens the sentence or clause: "For patients at DL2 (n = 9), ..."."""
    lead = re.split(r"[;。]", text[start : n.start])[-1].lstrip()
    return bool(re.match(r"(?i)(?:in|for|among|of|at|within|overall)\b|.{0,40}(?:组|患者)\s?\(?\Z", lead))


def _zh_group(text: str, x: Cell) -> bool:
    return bool(
        re.match(
            r"[一-鿿A-Za-z0-9().、/ -]{0,40}?(?:患者|受试者|病人|患儿|年轻患者)(?!的?(?:肿瘤|病灶)|(?:均|都)"
            r"?(?:出现|发生|获得|"
            r"达到|为|经历|取得))",
            text[x.hi : x.hi + 60],
        )
    )


def _whole(text: str, c: Cell, size: float) -> float | None:
    """The whole group's size, for a plain count, or for a count whose printed share agrees with it."""
    num = c.num if c.kind == "rate" else c.value
    if num is None or num > size or num == 0:
        return None
    if c.kind == "rate":
        return size if c.value is not None and abs(100 * num / size - c.value) < 0.6 else None
    modified = re.match(r"\s?(?:patients?\s)?(?:treated|infused|in|with|at|who|from)\b", text[c.hi : c.hi + 20], _I)
    return None if modified else size
