"""Assignment: which endpoint each cell of a sentence belongs to.

Lists align ("CR, PR and SD in 2, 9 and 10 patients, respectively"), a subject looks ahead ("7 had stable disease"), an
object looks back ("CRS occurred in 20 of 27"), a number before its noun takes it ("two partial responses"), and what
goes on without a term of its own goes on with the last one ("versus 1.8 months"). A value whose nearest term is not
an outcome (age, prior lines, transduction ...) is absorbed by it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ._numbers import PATIENTS, Token
from ._outcome_cells import Cell, bare_words, runs
from ._outcome_terms import Term

_I = re.I | re.A
_VERB = (
    r"(?:had|has|have|having|achieved|achieving|attained|obtained|reached|developed|developing|experienced|"
    r"experiencing|"
    r"showed|showing|exhibited|demonstrated|remained|remains?|maintained|responded|progressed|relapsed|suffered|met|"
    r"presented|displayed|manifested|sustained|were|was|are|is|died|received|underwent|completed|discontinued|"
    r"did|could|required|needed|survived|reported|lost|withdrew|continued|started|stabilized|stabilised|went|appeared|"
    r"entered|became|got|enrolled|became|tested|recovered|failed|entered|in)"
)
_SUBJECT = re.compile(
    rf"\s?(?:%\s?)?(?:(?:of|the|all|these|our|infused|evaluable|treated|enrolled|assessable)\s)"
    rf"{{0,4}}(?:(?:[a-z][\w-]*\s){{0,3}}?{PATIENTS}\s?)?"
    rf"(?:[,(]?\s?(?:(?:with|in|treated|who|at|on|from|receiving|of|for|and)\s)[^.;]{{2,60}}?\s)?"
    rf"(?:each\s|also\s|then\s|further\s|additionally\s|had\s|have\s|subsequently\s)?{_VERB}\b(?!\s?[,(])",
    _I,
)
_SUBJECT_ZH = re.compile(
    r"\s?(?:%|例|名|位)?\s?(?:的)?(?:可评[估价])?(?:患者|受试者|病人|病例|患儿)?[^,。;、]{0,8}?"
    r"(?:出现|发生|达到|获得|取得|评价为|评估为|经历|表现为|呈|实现|达|有|产生|为|处于|疗效|最佳疗效)"
)
_PREPOSITION = re.compile(
    r"(?:\b(?:in|by|for|among|of|from|at|to|was|were|is|are|reached|reaching|being|with|only|and was|"
    r"approximately|about)\s?|[:=,]\s?|[(\[]\s?|"
    r"(?:为|是|达到|达|高达|仅|仅为|约|约为|有|在|于|分别为|至|共)\s?)\Z",
    _I,
)
_GROUP = re.compile(
    (
        r"(?:\A|[,;(.]\s?|\band\s)(?:of|among|in|for|from|amongst|out of|overall,? of)\s(?:a total of\s|"
        r"the\s(?:first\s)?|these\s|all\s)?\Z"
    ),
    _I,
)
_ADJACENT = re.compile(
    r"\s?(?:%\s?)?(?:-)?(?:(?:patients?|pts|cases?|subjects|例|名|of|with|a|an|the|confirmed|unconfirmed|durable|"
    r"had|having|best|objective|overall|"
    r"transient|sustained|ongoing|median|achieving|transient|grade|grades|new|additional|reported|documented|"
    r"观察到|患者|在)[\s]?){0,5}"
    r"(?:(?:grade|grades)?\s?[≥>]?\s?[1-5](?:\s?[-/]\s?[1-5])?\s(?:or (?:higher|greater|above)\s)?)?\Z",
    _I,
)
_CLAUSE = re.compile(
    (
        r";|。|,?\s(?:whereas|while|but|although|however|with (?=\d))|,\sand\s(?=(?:the|a|an|no|there|\d)\b)|,\s(?:and|"
        r"but)\b|,而"
    ),
    re.I,
)
_COORDINATE = re.compile(
    r"[\s)\]]*(?:rates?|times?|durations?)?[\s,/+]*(?:and|or|&|nor|as well as|plus|和|及|以及|、|与|或|,)?[\s,]*"
    r"(?:(?:the|a|an|of|median|both|rates?|rate of|incidence of|estimated|any|中位|grade|treatment-related|other|"
    r"new|1-|2-)\s?){0,3}\Z",
    _I,
)
_DEFINITION = re.compile(
    r"\+|\bdefined\b|=|\bi\.e\.|\bplus\b|定义|\baccording to\b|\bby RECIST|\bper\b|\bor better\b|≥", re.I
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A cell (or a verbal none / all) with its endpoint; `how` names the rule."""

    term: Term
    cell: Cell
    how: str
    order: int = 0  # place in an aligned list, for "respectively" of arms
    many: int = 1


def merged(text: str, terms: Sequence[Term], tokens: Sequence[Token]) -> list[Term]:
    """Terms without repeats in brackets ("overall response rate (ORR)") and without definitions ("ORR (CR + PR)")."""
    values = [t for t in tokens if t.kind in ("percent", "fraction", "duration", "count", "bare", "ratio")]
    out: list[Term] = []
    for t in terms:
        last = out[-1] if out else None
        if last and _same(text, last, t):
            out[-1] = replace(last, end=t.end, words=text[last.start : t.end])
        elif not _defines(text, t, values, last):
            out.append(t)
    return out


def _same(text: str, a: Term, b: Term) -> bool:
    gap = text[a.end : b.start]
    if a.id != b.id or (a.kind, b.kind) == ("sink", "sink"):
        return False
    return (
        bool(re.fullmatch(r"\s?(?:rates?|time|times)?\s?[\(\[,]\s?(?:m|the )?|\s?\([^()%\d]{0,60}[,;]?\s?|\s", gap))
        and "and" not in gap
    )


def _defines(text: str, t: Term, values: Sequence[Token], last: Term | None) -> bool:
    """Whether a term stands in a bracket that only defines the term before it."""
    start = max(text.rfind("(", max(0, t.start - 120), t.start), text.rfind("[", max(0, t.start - 120), t.start))
    if start < 0 or last is None:
        return False
    depth, i = 0, start
    while i < min(len(text), start + 240):
        depth += (text[i] in "([") - (text[i] in ")]")
        if depth == 0:
            break
        i += 1
    if i < t.end or any(start < v.start < i for v in values):
        return False
    inside = text[start : i + 1]
    return bool(_DEFINITION.search(inside)) and start - last.end <= 12


def suits(term: Term, cell: Cell) -> bool:
    """Whether a cell can be a value of the endpoint."""
    if term.kind == "sink":
        return cell.kind != "ratio"
    if cell.kind in ("rate", "count"):
        return term.kind in ("response", "generic", "tox", "survival") or (
            term.kind == "time"
            and term.id != "FOLLOW_UP"
            and (cell.kind == "rate" or term.id in ("PERSISTENCE", "RFS", "DFS"))
        )
    if cell.kind == "bare":
        return term.kind in ("response", "tox") and cell.value == int(cell.value or 0) and (cell.value or 0) < 2000
    if cell.kind == "time":
        return term.kind in ("time", "survival") or term.id in ("NEUTROPENIA",)
    if cell.kind == "ratio":
        return term.kind in ("time", "response", "generic", "survival")
    if cell.kind == "dose":
        return term.kind == "dose"
    return term.kind in ("time", "dose", "survival")


def assign(text: str, terms: Sequence[Term], cells: Sequence[Cell], start: int, end: int) -> list[Reading]:
    """Readings of one sentence; cells without an endpoint, or taken by a sink, are left out."""
    out: list[Reading] = []
    done: dict[int, list[Term]] = {}
    for run in runs(text, cells):
        for i, found, how in _run(text, terms, cells, run, done, start, end):
            done[i] = found
            for t in found:
                if t.kind != "sink":
                    out.append(Reading(t, cells[i], how, run.index(i), len(run)))
    return _also_dose(text, terms, cells, out, end)


def _run(
    text: str,
    terms: Sequence[Term],
    cells: Sequence[Cell],
    run: list[int],
    done: dict[int, list[Term]],
    start: int,
    end: int,
) -> list[tuple[int, list[Term], str]]:
    """Terms of the cells of one list."""
    first, last = cells[run[0]], cells[run[-1]]
    before = cells[run[0] - 1].hi if run[0] else start
    listed = _coordinated(text, [t for t in terms if before <= t.start and t.end <= first.lo + 1])
    if len(run) > 1 and len(listed) == len(run) and all(suits(t, cells[i]) for t, i in zip(listed, run, strict=True)):
        gap = bare_words(text[listed[-1].end : first.lo])
        if len(gap) < 90 and not _CLAUSE.search(gap):
            return [(i, [t], "list") for i, t in zip(run, listed, strict=True)]
    if len(run) > 1 and run[0]:
        earlier = _earlier(done, run[0], len(run))
        fresh = any(before <= t.start and t.end <= first.lo for t in terms)
        if earlier and not fresh and all(suits(t, cells[i]) for t, i in zip(earlier, run, strict=True)):
            return [(i, [t], "list again") for i, t in zip(run, earlier, strict=True)]
    ahead = _coordinated(
        text, [t for t in terms if last.hi <= t.start < last.hi + 120 and _near(text, last.hi, t.start, cells)]
    )
    _ = ahead
    return [(i, *_single(text, terms, cells, i, done, start, end)) for i in run if _note(done, i)]


def _note(done: dict[int, list[Term]], i: int) -> bool:
    return i not in done


def _near(text: str, a: int, b: int, cells: Sequence[Cell]) -> bool:
    return not any(a <= c.start < b for c in cells)


def _earlier(done: dict[int, list[Term]], at: int, many: int) -> list[Term]:
    """The terms of the last `many` cells before this one, where each had one of its own."""
    terms = [done.get(i) or [] for i in range(at - many, at)]
    if len(terms) == many and all(len(t) == 1 for t in terms) and len({t[0].start for t in terms}) == many:
        return [t[0] for t in terms]
    return []


def _coordinated(text: str, terms: list[Term]) -> list[Term]:
    """The coordinated terms at the end of these: "the CR, PR and SD rates"."""
    out: list[Term] = terms[-1:]
    for t in reversed(terms[:-1]):
        gap = bare_words(text[t.end : out[0].start])
        gap = re.sub(r"(?i)\b(?:\d{1,2}|one|two|three|five|six)[- ]?(?:year|yr|month|mo|week|day)s?\b", " ", gap)
        if not _COORDINATE.fullmatch(gap):
            break
        if t.id == out[0].id and t.kind != "tox":
            continue
        out.insert(0, t)
    return out


def _single(
    text: str,
    terms: Sequence[Term],
    cells: Sequence[Cell],
    i: int,
    done: dict[int, list[Term]],
    start: int,
    end: int,
) -> tuple[list[Term], str]:
    c = cells[i]
    before = cells[i - 1].hi if i else start
    after = cells[i + 1].lo if i + 1 < len(cells) else end
    back = [t for t in terms if t.start >= before and t.end <= c.start]
    ahead = [t for t in terms if t.start >= c.hi - (c.hi - c.end) and t.start >= c.end and t.start < end]
    inside = [t for t in terms if c.lo <= t.start and t.end <= c.hi and t.start > c.lo]
    if c.kind == "ratio":
        return _ratio_term(terms, c, done, i), "ratio"
    if c.kind == "state":
        return _state_term(text, terms, c, before, after), "state"
    if c.kind == "dose":
        return _dose_term(text, terms, c, start, end), "dose"
    if inside and suits(inside[0], c):
        return [inside[0]], "inside"
    words_before = text[max(start, c.lo - 40) : c.lo]
    subject = c.kind in ("rate", "count", "bare") and _is_subject(text, c, end)
    near = _closest(text, back, c)
    if c.kind in ("rate", "count", "bare") and _GROUP.search(text[start : c.lo][-60:]) and not near:
        return ([], "group") if i + 1 < len(cells) else (_first(text, ahead, c, end, cells, 160), "ahead")
    if near and _PREPOSITION.search(words_before) and not (subject and _clause_between(text, near.end, c.lo)):
        return _with_or(text, terms, near), "object"
    if subject:
        found = _first(text, ahead, c, end, cells, 110)
        if found or not near:
            return found, "subject"
    adjacent = next((t for t in ahead if t.start < after and suits(t, c)), None)
    tight = bool(near and _tight(text, near, c))
    if adjacent and not tight and _ADJACENT.fullmatch(bare_words(text[c.hi : adjacent.start])):
        return [adjacent], "adjacent"
    if near and not _clause_between(text, near.end, c.lo):
        return _with_or(text, terms, near), "back"
    if c.kind == "bare":
        return [], "bare"
    if i and done.get(i - 1) and not back:
        return _go_on(text, cells[i - 1], c, done[i - 1]), "goes on"
    return [], "none"


def _is_subject(text: str, c: Cell, end: int) -> bool:
    after = bare_words(re.sub(r"\A[)\]]", "", text[c.hi : min(end, c.hi + 110)].lstrip()))
    if after[:1] in ",;:.":
        return False
    m = _SUBJECT.match(" " + after)
    if m and re.search(rf"\b(?:and|but)\s(?:{_VERB})\Z", m[0], re.I):
        return False
    return bool(m) or bool(_SUBJECT_ZH.match(after) and re.search(r"[一-鿿]", after[:12]))


def _closest(text: str, back: Sequence[Term], c: Cell) -> Term | None:
    """The last term before a cell that suits it; people named by their state ("in responders") are passed over."""
    for t in reversed(back):
        if _people(text, t):
            continue
        if suits(t, c):
            return t
        if t.kind == "sink":
            return t
    return None


def _people(text: str, t: Term) -> bool:
    before = text[max(0, t.start - 26) : t.start]
    if t.kind == "generic" and t.words.lower().startswith(("responder", "responding")):
        return bool(re.search(r"(?i)\b(?:in|among|for|of|between|and|versus|vs)\s(?:the\s)?\Z", before))
    if t.kind in ("response", "generic"):
        return bool(
            re.search(
                rf"(?i)\b(?:{PATIENTS})\s(?:with|in|achieving|who (?:had|achieved)|without|having)\s(?:a\s|an\s)?\Z",
                before,
            )
        )
    return False


def _tight(text: str, t: Term, c: Cell) -> bool:
    return bool(
        re.fullmatch(r"[\s:=(\[]{0,3}(?:rates?|of|was|were|为|是|达|达到|率)?[\s:=(\[]{0,2}", text[t.end : c.lo], re.I)
    )


def _clause_between(text: str, a: int, b: int) -> bool:
    return bool(_CLAUSE.search(bare_words(text[a:b])))


def _with_or(text: str, terms: Sequence[Term], t: Term) -> list[Term]:
    """ "CR or CRi in 4 of 6" is a value of the first."""
    for other in terms:
        if not (other.end < t.start and other.kind == t.kind == "response"):
            continue
        if re.fullmatch(r"[\s)]{0,2}(?:or|/)\s?", bare_words(text[other.end : t.start])):
            return [other]
    return [t]


def _first(text: str, ahead: Sequence[Term], c: Cell, end: int, cells: Sequence[Cell], reach: int) -> list[Term]:
    """The first suiting term ahead in the clause, and tox terms coordinated with it that have no own number."""
    out: list[Term] = []
    for t in ahead:
        gap = text[c.hi : t.start]
        if t.start - c.hi > reach or re.search(r"[;。]|,\s(?:and|but)?\s?(?:\w+\s){0,3}(?:had|were|was)\s", gap):
            break
        if any(x is not c and c.hi <= x.start < t.start and x.kind != "time" for x in cells):
            break
        if not out:
            if t.kind == "sink":
                return [t]
            if suits(t, c) and not _people(text, t):
                out.append(t)
            continue
        between = bare_words(text[out[-1].end : t.start])
        if (
            t.kind == "tox"
            and re.fullmatch(
                r"[\s,]*(?:and|or|with|/|、|和|及|,)?\s?(?:(?:grade|any|other)\s)?[\d\s\-/≥or]*(?:higher\s)?", between
            )
            and not any(t.end <= x.start <= t.end + 4 for x in cells)
        ):
            out.append(t)
            continue
        break
    return out


def _go_on(text: str, previous: Cell, c: Cell, terms: list[Term]) -> list[Term]:
    gap = bare_words(text[previous.hi : c.lo])
    alike = {previous.kind, c.kind} <= {"rate", "count"} or (previous.kind, c.kind) == ("state", "time")
    if previous.kind != c.kind and not alike:
        return []
    if re.search(r"[;。]", gap) or len(gap) > 110:
        return []
    joined = re.search(
        r"\b(?:and|vs\.?|versus|v|compared|or|to|than|against|in|for|with)\b|,|、|和|与|而|但|对照", gap, re.I
    )
    return terms if joined else []


def _ratio_term(terms: Sequence[Term], c: Cell, done: dict[int, list[Term]], i: int) -> list[Term]:
    want = ("response", "generic") if c.ratio == "odds_ratio" else ("time",)
    back = [t for t in terms if t.end <= c.start and t.kind in want and t.id not in ("FOLLOW_UP", "DOR", "TTR")]
    if back:
        return back[-1:]
    return [t for t in terms if t.start >= c.hi and t.kind in want][:1]


def _state_term(text: str, terms: Sequence[Term], c: Cell, before: int, after: int) -> list[Term]:
    back = [t for t in terms if before <= t.start and t.end <= c.start and suits(t, c) and t.id != "FOLLOW_UP"]
    if back:
        return _coordinated(text, back)
    ahead = [t for t in terms if c.end <= t.start <= c.end + 12 and suits(t, c)]
    return ahead[:1]


def _dose_term(text: str, terms: Sequence[Term], c: Cell, start: int, end: int) -> list[Term]:
    doses = [t for t in terms if t.kind == "dose" and start <= t.start < end]
    near = sorted(doses, key=lambda t: c.lo - t.end if t.end <= c.lo else t.start - c.hi)
    for t in near[:1]:
        gap = text[t.end : c.lo] if t.end <= c.lo else text[c.hi : t.start]
        if len(gap) < 90 and re.search(
            (
                r"\b(?:was|is|were|at|of|as|to be|selected|determined|identified|defined|declared|established|set)\b|"
                r"[:=,(]|为|是|确定"
            ),
            gap,
            re.I,
        ):
            return [t]
    return []


def _also_dose(text: str, terms: Sequence[Term], cells: Sequence[Cell], out: list[Reading], end: int) -> list[Reading]:
    """ "The MTD was X and this was taken forward as RP2D": the dose is a value of both."""
    doses = [r for r in out if r.cell.kind == "dose"]
    if len(doses) != 1:
        return out
    used = doses[0].term
    for t in terms:
        if t.kind != "dose" or t.id == used.id or t.start >= end or any(r.term is t for r in out):
            continue
        if re.search(
            r"(?i)(?:and|as|which|taken|selected|chosen|designated|also|确定为|作为)",
            text[min(used.end, t.start) : max(used.start, t.start)],
        ):
            return [*out, Reading(t, doses[0].cell, "dose again")]
    return out
