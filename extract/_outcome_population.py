"""Populations and denominators: the subgroup a value is of, and how many patients it is of, only as printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trialkb.text import HAN

from ._numbers import PATIENTS, WORD, Token, number
from ._outcome_cells import Cell
from ._outcome_groups import Group
from ._outcome_placed import Discourse
from ._outcome_reading import Reading
from ._outcome_scope import key
from ._outcome_subject import is_group
from ._outcome_text import Sentence

_I = re.I | re.A
_HAN = re.compile(f"[{HAN}]")
_FROM = re.compile(
    (
        r"[\s)\]]*(?:\([^()]*\)\s?)?(?P<who>(?:from|since|after)\s(?:the\s)?(?:first\s|time of\s|date of\s|initial\s)"
        r"?(?:[\w-]+\s){0,2}?(?:diagnosis|infusion|randomi[sz]ation|enrol\w+|transplant\w*|apheresis|leukapheresis|"
        r"registration))"
    ),
    _I,
)
_SET = re.compile(
    r"(?P<who>(?:response-|efficacy-)?(?:evaluable|assessable)|(?:modified )?intent(?:ion)?[- ]to[- ]treat|"
    r"\bm?ITT\b|per[- ]protocol(?= (?:set|population|analysis))|per-protocol|investigator[- ]assessed|"
    r"(?:疗效)?可(?:进行(?:疗效)?)?评[估价](?:疗效)?(?=患者|的|受试者|病人|患儿|病例|人群|者|\d)|意向(?:性)?治疗|独立(?:影像)?(?:评审|评估|审查|审评)委员会(?:\s?\(I[A-Z]*C\))?(?:评[估价])?|(?:IRC|"
    r"BICR)评[估价]|研究者评[估价])",
    _I,
)
_ZH = re.compile(
    r"[(、,;](?:其中)?(?P<who>(?!.{0,8}疗效|s?CR|V?G?PR|[SP]D|完全|部分|疾病)(?!.{0,6}[1-5IV]级)[一-鿿A-Za-z0-9]{1,14}(?:瘤|癌|病|血病|患者|者|组))\s?(?:为|达|"
    r"患者为)?\s?\Z"
)
_BAD = re.compile(
    r"(?i)^(?:response|study|trial|median|months?|group|arm|cohort|time|treatment|therapy|the|clinical|order|"
    r"terms|whom|overall|patients?|data|results?|summary|grade.*|any.*|least.*)$|\b(?:group|arm|cohort)s?$|"
    r"^DLs?$|^dose levels?$|^(?:treated|evaluated|enrolled|included)$|\bthis\b"
)
_TREATED = re.compile(
    (
        r"(?:received|were (?:treated|infused|enrolled|included|administered|given|evaluated)|"
        r"was (?:administered|infused)|完成(?:了)?(?:输注|治疗)|接受(?:了)?|共(?:纳入|入组)|纳入|入组)"
    ),
    _I,
)
_N_PEOPLE = rf"(?:[a-z][\w/()-]*\s){{0,4}}?{PATIENTS}"


_POOLED = re.compile(r"CRi?\s?[/+]\s?n?CR[ihp]?|sCR\s?/\s?CR")
_CR_CRI = re.compile(r"(?:\bCR|remission \(CR|response \(CR)\)?\s(?:or|/)\s[^.;,]{0,50}?(?:\bCRi|incomplete)")


_LASTING = re.compile(
    r"\bduration of (?:the )?(?P<who>(?-i:s?CRi?|PR|VGPR|SD)\b|(?:complete|partial) (?:response|remission)|"
    r"stable disease)", _I
)


def population(
    text: str, r: Reading, cells: Sequence[Cell], arm: Group | None, group: Group | None, start: int, end: int
) -> tuple[str | None, str | None]:
    """(subgroup in the text's words, analysis set) of a reading."""
    c = r.cell
    previous = max((x.hi for x in cells if x.hi <= c.lo), default=start)
    following = min((x.lo for x in cells if x.lo >= c.hi and x.kind != "bare"), default=end)
    pooled = _POOLED.search(r.term.words) if r.term.id in ("CR", "CRi") else None
    if pooled:
        return pooled[0], None
    if r.term.id in ("CR", "DOR") and _CR_CRI.search(text[max(start, r.term.start - 40) : r.term.end + 60]):
        return "CR or CRi", None
    state = _LASTING.search(text, r.term.start, c.lo) if r.term.id == "DOR" else None
    if state and not (group and group.start > c.lo):
        return state["who"], None
    m = _FROM.match(text, c.hi, following) if r.term.kind == "time" and r.term.id != "FOLLOW_UP" else None
    if m:
        return m["who"], None
    if not _HAN.search(text, start, end):
        return _english(text, r, group, previous, following, start)
    m = _ZH.search(text[max(previous, start) : c.lo])
    if m and _fit(m["who"], arm):
        return m["who"].strip(), None
    stop = re.compile(r"[,;。]").search(text, c.hi, min(following, c.hi + 60))
    ahead = stop.start() if stop else min(following, c.hi + 60)
    m = _SET.search(text[max(start, min(previous, r.term.start)) : ahead]) or _SET.search(text[start : c.lo])
    if m and r.term.kind not in ("response", "generic") and not re.match("意向|m?ITT|独立|IRC|BICR|研究者", m["who"]):
        return None, None  # whose response could be evaluated says nothing of survival
    return (m["who"], m["who"]) if m else (None, None)


def _english(
    text: str, r: Reading, group: Group | None, previous: int, following: int, start: int
) -> tuple[str | None, str | None]:
    c = r.cell
    if group and _BAD.search(group.label):
        group = None
    m = _SET.search(text[max(start, min(previous, r.term.start)) : min(following, c.hi + 60)])
    m = m or _SET.search(text[max(start, r.term.start - 30) : r.term.end])
    m = m or _SET.match(text, _opening(text, start), c.lo) or _of_opening(text, start, c.lo) or _set_whose(text, start, r.term.start)
    if group and not (m and group.label in m[0]):
        return group.label, None
    if m:
        return ("evaluable" if re.match(r"(?i).*(?:evalu|assess)able", m["who"]) else m["who"]), m["who"]
    return None, None


_OPENED = re.compile(r"\W{0,4}(?:In|By|For|Among|On|Per|Of|Within|According to)\s[^,;]{2,110}?,\s")


def _of_opening(text: str, start: int, end: int) -> re.Match[str] | None:
    """ "In an intention-to-treat analysis involving all 74 patients, 85% had ...": the set of all that follows."""
    opened = _OPENED.match(text, start, end)
    m = _SET.search(text, start, opened.end()) if opened else None
    return m if m and not _ANEW.search(text[m.end() : end]) else None


_ANEW = re.compile(r"[;,]\s(?:\w+\s)?(?:in|among|for|of|at|with)\s(?:the|those|all|patients|pts|\d+)\b|\bwhereas\b", _I)


def _set_whose(text: str, start: int, end: int) -> re.Match[str] | None:
    """ "19 remain in the mITT set, whose ORR was 47%"."""
    for m in _SET.finditer(text, start, end):
        if re.match(r"[^,;.]{0,24},\s(?:whose|in wh\w+|of wh\w+|where)\b(?:[^;.]|\.\d)*\Z", text[m.end() : end], _I):
            return m
    return None


def _opening(text: str, start: int) -> int:
    """Where the noun of the phrase that opens a sentence begins: "Among the 22 evaluable patients, ..."."""
    m = re.match(
        r"(?:(?:In|Among|Of|For)\s)?(?:the\s|all\s|these\s)?(?:\d+\s|[a-z-]+\s(?=evalu|effic|respon|"
        rf"pat))?(?:{PATIENTS}\s(?=evalu))?",
        text[start : start + 50],
    )
    return start + (m.end() if m else 0)


def _fit(words: str, arm: Group | None) -> bool:
    w = words.strip()
    return bool(w) and not _BAD.search(w) and len(w) < 60 and not (arm and arm.label in w)


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
        told = sorted(discourse.counted) if c.value is not None and c.value != int(c.value) else ()
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
    opened = [x for x in cells if x.kind == "count" and x.hi <= r.cell.lo and x.lo - start < 24 and is_group(text, x, start)]
    return _stated(text, r, cells, tokens, arm, start, start) or (opened[0].value if len(opened) == 1 else None)


def undenied(
    c: Cell, den: float | None, size: float | None, part: Cell | None, discourse: Discourse
) -> float | None:
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


_SIZE = (
    re.compile(
        (
            rf"(?P<n>\d{{1,4}}|[A-Za-z-]+)\s{_N_PEOPLE}[^.;]{{0,260}}?\b(?:received|were (?:\w+ )?(?:treated|infused|"
            r"evaluable|assessable|administered|dosed)|had [\w ]{0,20}evaluation)\b"
        ),
        _I,
    ),
    re.compile(
        (
            r"\b(?:treated|infused|enrolled|(?:phase|study|trial|report|evaluat\w+)(?:[^.;]|\.\d){0,260}?\bin|"
            r"cohort of|recruited|included|all)\s(?P<n>\d{1,4}|[A-Za-z-]+)"
            rf"\s{_N_PEOPLE}"
        ),
        _I,
    ),
    re.compile(
        (
            r"(?P<n>\d{1,4})\s(?:\([^()]{1,60}\)\s)?(?:patients\s|pts\s)?(?:with\s(?:[^.;]|\.\d){1,90}?\s)"
            r"?were (?:infused|treated|dosed)\b"
        ),
        _I,
    ),
    re.compile(
        r"(?:纳入了?|入组了?|共|收治的?|收集|治疗了?|招募了?|选取|选择)[^,;。\d]{0,12}(?P<n>\d{1,4})\s?(?:例|名|位)|"
        r"(?P<m>\d{1,4})\s?(?:例|名|位)[^,;。]{0,40}?(?:患者|受试者|病人|患儿)(?:中|均?(?:完成|接受|入组|纳入|"
        r"可评|可用于))"
    ),
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many patients a group has, and where that is printed."""

    value: float
    start: int
    end: int


def sizes(text: str, sentences: Sequence[Sentence]) -> list[Size | None]:
    """For each sentence the number of patients that the whole group has, as last stated in it or before it."""
    out: list[Size | None] = []
    known: Size | None = None
    for s in sentences:
        words = text[s.start : s.end]
        for pattern in _SIZE:
            good = [x for m in pattern.finditer(words) if (x := _size(m, s.start))]
            if good:
                evaluation = re.search(r"(?i)evalua|assess", words)
                if known is None or good[0].value > known.value or evaluation:
                    known = good[0]
                break
        out.append(known)
    return out


def _size(m: re.Match[str], offset: int) -> Size | None:
    name = "n" if m["n"] else "m"
    value = number(m[name])
    return Size(value, offset + m.start(name), offset + m.end(name)) if value is not None and value >= 1 else None
