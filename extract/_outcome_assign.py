"""Assignment: which endpoint each cell of a sentence belongs to.

Lists align ("CR, PR and SD in 2, 9 and 10 patients, respectively"), a subject looks ahead ("7 had stable disease"), an
object looks back ("CRS occurred in 20 of 27"), a number before its noun takes it ("two partial responses"), and what
goes on without a term of its own goes on with the last one ("versus 1.8 months"). A value whose nearest term is not
an outcome (age, prior lines, transduction ...) is absorbed by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ._numbers import PATIENTS, Token
from ._outcome_cells import BOUNDS, Cell, bare_words, runs
from ._outcome_subject import is_group, is_object, is_subject, prune, verb_of
from ._outcome_terms import Term

_I = re.I | re.A
_ADJACENT = re.compile(
    r"[)\]]?\s?(?:%\s?)?(?:-)?(?:(?:patients?|pts|cases?|subjects|例|名|of|with|a|an|the|confirmed|unconfirmed|durable|"
    r"had|having|best|objective|overall|"
    r"transient|sustained|ongoing|median|achieving|transient|grade|grades|new|additional|reported|documented|"
    r"观察到|患者|在|的)[\s]?){0,5}"
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
    r"new|1-|2-|的)\s?){0,3}\Z",
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
        return (
            (term.kind in ("response", "tox", "generic") or term.id in ("RFS", "DFS", "PERSISTENCE", "TTR"))
            and cell.value == int(cell.value or 0)
            and (cell.value or 0) < 2000
        )
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
    cells = prune(text, terms, cells, start)
    for run in runs(text, cells):
        for i, found, how in _run(text, terms, cells, run, done, start, end):
            done[i] = found
            for t in found:
                if t.kind != "sink":
                    out.append(Reading(t, cells[i], how, run.index(i), len(run)))
    return _also_dose(text, terms, _joined(text, out), end)


def _run(
    text: str,
    terms: Sequence[Term],
    cells: Sequence[Cell],
    run: list[int],
    done: dict[int, list[Term]],
    start: int,
    end: int,
) -> Iterator[tuple[int, list[Term], str]]:
    """Terms of the cells of one list, one cell at a time."""
    first = cells[run[0]]
    before = cells[run[0] - 1].hi if run[0] else start
    fresh = [t for t in terms if before <= t.start and t.end <= first.lo + 1]
    listed = _cycled(_coordinated(text, fresh), run)
    if len(run) > 1 and _aligns(listed, cells, run):
        gap = bare_words(text[listed[-1].end : first.lo])
        if len(gap) < 90 and not _CLAUSE.search(gap):
            yield from ((i, [t], "list") for i, t in zip(run, listed, strict=True))
            return
    earlier = _earlier(done, run[0], len(run)) if len(run) > 1 and not fresh else []
    if _aligns(earlier, cells, run):
        yield from ((i, [t], "list again") for i, t in zip(run, earlier, strict=True))
        return
    for i in run:
        yield i, *_single(text, terms, cells, i, done, start, end)


def _cycled(listed: Sequence[Term], run: Sequence[int]) -> list[Term]:
    """Two endpoints and four values ("2.3% and 52.3% vs 6.2% and 43.4%"): the endpoints come round again."""
    many = len(listed)
    return list(listed) * (len(run) // many) if many > 1 and len(run) % many == 0 else list(listed)


def _aligns(listed: Sequence[Term], cells: Sequence[Cell], run: Sequence[int]) -> bool:
    return len(listed) == len(run) > 0 and all(suits(t, cells[i]) for t, i in zip(listed, run, strict=True))


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
        if (
            t.id == out[0].id
            and t.kind != "tox"
            and not re.search(r"\d|(?i:one|two|three|five)-?\s?y", text[t.end : out[0].start])
        ):
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
    """Terms of one cell, and the name of the rule."""
    c = cells[i]
    if c.bound in BOUNDS and c.kind == "rate":
        return [], "bound"
    before = cells[i - 1].hi if i else start
    after = cells[i + 1].lo if i + 1 < len(cells) else end
    back = [t for t in terms if t.start >= before and t.end <= c.start]
    if c.kind == "ratio":
        return _ratio_term(terms, c), "ratio"
    if c.kind == "state":
        return _state_term(text, terms, c, before), "state"
    if c.kind == "dose":
        return _dose_term(text, terms, c, start, end), "dose"
    inside = [t for t in terms if c.lo < t.start and t.end <= c.hi]
    if inside and suits(inside[0], c):
        return [inside[0]], "inside"
    near = _closest(text, back, c)
    ahead = [t for t in terms if c.end <= t.start < end]
    if c.kind in ("rate", "count", "bare"):
        found, how = _proportion(text, terms, cells, i, near, ahead, start, end)
        if how:
            return found, how
    adjacent = next((t for t in ahead if t.start < after and suits(t, c)), None)
    tight = bool(near and _tight(text, near, c))
    if adjacent and not tight and _ADJACENT.fullmatch(bare_words(text[c.hi : adjacent.start])):
        return [adjacent], "adjacent"
    if near and not _clause_between(text, near.end, c.lo):
        return ([] if _other_sense(text, near, c) else _with_or(text, terms, near, back)), "back"
    if c.kind == "bare":
        return [], "bare"
    if i and done.get(i - 1) and not any(suits(t, c) and not _people(text, t) for t in back):
        return _go_on(text, cells[i - 1], c, done[i - 1]), "goes on"
    return [], "none"


def _proportion(
    text: str,
    terms: Sequence[Term],
    cells: Sequence[Cell],
    i: int,
    near: Term | None,
    ahead: Sequence[Term],
    start: int,
    end: int,
) -> tuple[list[Term], str]:
    """Rules of counts and rates; the rule's name is empty where none applies."""
    c = cells[i]
    if is_group(text, c, start) and not near:
        alone = i + 1 == len(cells) and not c.den
        return (_first(text, ahead, c, cells, 160), "ahead") if alone else ([], "group")
    verb = verb_of(text, c, end)
    subject = verb is not None or is_subject(text, c, end)
    if near and is_object(text, c, start) and not (subject and _clause_between(text, near.end, c.lo)):
        if _other_sense(text, near, c):
            return [], "other sense"
        return _with_or(text, terms, near, [near]), "object"
    each = re.match(r"\s?(?:patients?\s)?each\s(?:with|had|achieved|for)?\s?", text[c.hi : c.hi + 30], _I)
    if each:
        first = [t for t in ahead if t.start - c.hi < 120]
        return _leading(text, first), "each"
    if (
        subject
        and verb
        and verb["exposed"]
        and not re.search(r"\band\s(?:had|achieved|developed)", text[c.hi : c.hi + 140])
    ):
        return [], "exposed"
    if subject:
        found = _first(text, ahead, c, cells, 110)
        if found or not near:
            return found, "subject"
    return [], ""


def _leading(text: str, terms: list[Term]) -> list[Term]:
    """The coordinated terms at the start of these."""
    out = terms[:1]
    for t in terms[1:]:
        if not _COORDINATE.fullmatch(bare_words(text[out[-1].end : t.start])):
            break
        out.append(t)
    return out


_OTHER_SENSE = re.compile(
    r"\b(?:durable|ongoing|maintained|sustained|lasting|persist\w*|prolonged by|improved by|increased by|"
    r"extended by|reduced by|"
    r"difference|defined|longer by|continu\w+|relaps\w+|associated with|correlated|compared to baseline|"
    r"history of|after (?:first|second|prior|initial|previous)|prior|resolved|"
    r"managed|was mild|were mild|occurred (?:at|after) a)\b|延长|缩短|改善了|提高了|降低了|持续|相关",
    re.I,
)


def _other_sense(text: str, near: Term, c: Cell) -> bool:
    """ "complete remission, durable in 80%", "生存期延长约4个月": the value is not of the endpoint itself."""
    return bool(_OTHER_SENSE.search(bare_words(text[near.end : c.lo])))


def _closest(text: str, back: Sequence[Term], c: Cell) -> Term | None:
    """The last term before a cell that suits it; people named by their state ("in responders") are passed over."""
    for t in reversed(back):
        if _people(text, t):
            continue
        if suits(t, c):
            return t
        if t.kind == "sink" and not re.search(
            r"(?i)\b(?:to|with|after|in|of|for|by|following|during|on|from)\s(?:\w+[- ]){0,2}\Z",
            text[max(0, t.start - 40) : t.start],
        ):
            return t
    return None


_PEOPLE = re.compile(
    rf"\b(?:{PATIENTS})\s(?:\w+\s){{0,2}}?(?:with|in|achieving|who (?:had|achieved|were in)|without|having)\s"
    rf"(?:a\s|an\s|the\s)?(?:(?:confirmed|molecular|morphologic|ongoing|hematological|best|objective)\s){{0,2}}\Z",
    _I,
)
_STATE_VERB = re.compile(
    (
        r"\s?[^,;.()]{0,30}?\b(?:had|achieved|were|was|are|is|remain\w*|received|underwent|developed|experienced)\b|"
        r"\s?\(|,|\Z"
    ),
    _I,
)


def _people(text: str, t: Term) -> bool:
    """Whether a term only says which people: "in responders", "patients with stable disease are alive"."""
    before = text[max(0, t.start - 60) : t.start]
    if t.kind == "generic" and t.words.lower().startswith(("responder", "responding")):
        return bool(re.search(r"(?i)\b(?:in|among|for|of|between|and|versus|vs|non)\s?-?(?:the\s)?\Z", before))
    if t.id == "OTHER_EFFICACY" and re.search(
        r"(?i)\b(?:in|with|of|after|at|for|since|until|sensitive|refractory)\s(?:the\s)?(?:[\w-]+\s)?\Z", before
    ):
        return True
    if re.search(
        (
            r"(?i)\b(?:who|those|achieving|achieved|achieve)\s(?:achieved\s)?(?:less than|at least|no|only|≥)\s(?:a\s)"
            r"?\Z"
        ),
        before,
    ):
        return True
    if t.kind in ("response", "generic"):
        who = _PEOPLE.search(before)
        return bool(who and (re.search(r"(?i)\sin\s(?:\w+\s)*\Z", who[0]) or _STATE_VERB.match(text, t.end)))
    return False


def _tight(text: str, t: Term, c: Cell) -> bool:
    return bool(
        re.fullmatch(r"[\s:=(\[]{0,3}(?:rates?|of|was|were|为|是|达|达到|率)?[\s:=(\[]{0,2}", text[t.end : c.lo], re.I)
    )


def _clause_between(text: str, a: int, b: int) -> bool:
    return bool(_CLAUSE.search(bare_words(text[a:b])))


def _with_or(text: str, terms: Sequence[Term], t: Term, back: Sequence[Term]) -> list[Term]:
    """ "CR or CRi in 4 of 6" is a value of the first; "The ORR, complete remission at the end, was 72%" too."""
    for other in terms:
        if not (other.end < t.start and other.kind == t.kind == "response"):
            continue
        if re.fullmatch(r"[\s)]{0,2}(?:or|/)\s?", bare_words(text[other.end : t.start])):
            return [other]
    earlier = [x for x in terms if x.end < t.start and x.kind == t.kind == "response"]
    said = re.match(r"[^,;.]{0,70},\s(?:was|were|is|reached)\b", text[t.end :][:90])
    if earlier and said and re.fullmatch(r"\)?,\s(?:i\.e\.,?\s|or\s|the\s)?", text[earlier[-1].end : t.start]):
        return [earlier[-1]]
    return [t]


_BLOCK = re.compile(
    r"[;。]|,\s(?:and|but|while|of whom|of which)?\s?(?:\w+\s){0,3}(?:had|were|was)\s|"
    r"\b(?:because|due to|despite|before|prior to|following|until|without|against|requiring|for whom|never|"
    r"not|no|compared|than|whereas|but)\b",
    re.I,
)


def _first(text: str, ahead: Sequence[Term], c: Cell, cells: Sequence[Cell], reach: int) -> list[Term]:
    """The first suiting term ahead in the clause, and tox terms coordinated with it that have no own number."""
    out: list[Term] = []
    for t in ahead:
        gap = bare_words(text[c.hi : t.start])
        if t.start - c.hi > reach or _BLOCK.search(gap) or (t.kind == "generic" and len(gap) > 60):
            break
        if any(x is not c and c.hi <= x.start < t.start and x.kind not in ("time", "bare") for x in cells):
            break
        if any(x is not c and x.kind != "time" and x.lo >= t.end and _tight(text, t, x) for x in cells):
            break
        if not out:
            if t.kind == "sink":
                return [t]
            if suits(t, c) and not _people(text, t):
                out.append(t)
            continue
        between = bare_words(text[out[-1].end : t.start])
        if t.kind != "tox" or not _AND_TOX.fullmatch(between):
            break
        out.append(t)
    return out


_AND_TOX = re.compile(r"[\s,]*(?:and|or|with|/|、|和|及|,)?\s?(?:(?:grade|any|other)\s)?[\d\s\-/≥or]*(?:higher\s)?", _I)


_GOES_ON = re.compile(
    r"(?:\b(?:and|vs\.?|versus|v|compared (?:with|to)|or|to|than|against|rising to|followed by)\b|[,、/:(\[]|"
    r"和|与|而|但|比|对照|及)\s*"
    r"(?:(?:then|only|just|仅|仅为|约|为|with|a|was|were|up to|also)\s?){0,2}"
    r"(?:(?:in|for|among|with|at|on|to|by|from|after|of|without)\s[^;。]{1,70}|(?:the\s|those\s)"
    r"?[\w.+/-]+(?:\s[\w.+/-]+){0,4}(?:\s(?:arm|group|cohort|patients))?\s?[:,(]?\s?(?:was|it was|had)"
    r"?\s?(?:median)?|"
    r"[一-鿿A-Za-z0-9.+-]{1,14}(?:组|者|患者|瘤|癌)?(?:为|是|仅|达)?)?[\s(\[:,]*\Z",
    _I,
)


def _go_on(text: str, previous: Cell, c: Cell, terms: list[Term]) -> list[Term]:
    """Terms of the cell before, where this one goes on with them: "versus 1.8 months", "among ... it was 54.9%"."""
    gap = bare_words(text[previous.hi : c.lo])
    alike = {previous.kind, c.kind} <= {"rate", "count"} or (previous.kind, c.kind) in (
        ("state", "time"),
        ("time", "state"),
    )
    if (previous.kind != c.kind and not alike) or len(gap) > 120:
        return []
    if re.search(r"\bit (?:was|reached)\s\Z", gap):
        return terms
    if (
        re.search(r"[;。]", gap)
        or not _GOES_ON.search(gap)
        or re.search(rf"\b(?:{PATIENTS})\s(?:had|were|received)\b", gap)
    ):
        return []
    return terms


def _joined(text: str, found: list[Reading]) -> list[Reading]:
    """ "Seventeen children had a response (overall response, 63%)": count and rate told of one thing are one."""
    out: list[Reading] = []
    for r in found:
        last = out[-1] if out else None
        if last and last.term.id == r.term.id and last.cell.kind == "count" and r.cell.kind == "rate":
            between = text[last.cell.hi : r.cell.lo]
            inside = re.search(r"[(\[][^()\[\]]{0,40}\Z", between)
            if r.cell.num is None and inside and len(between) < 90 and not re.search(r"[;.]", between):
                cell = replace(r.cell, num=last.cell.value, lo=last.cell.lo)
                out[-1] = replace(r, cell=cell, term=last.term)
                continue
        out.append(r)
    return out


def _ratio_term(terms: Sequence[Term], c: Cell) -> list[Term]:
    want = ("response", "generic") if c.ratio == "odds_ratio" else ("time",)
    back = [t for t in terms if t.end <= c.start and t.kind in want and t.id not in ("FOLLOW_UP", "DOR", "TTR")]
    if back:
        return back[-1:]
    return [t for t in terms if t.start >= c.hi and t.kind in want][:1]


def _state_term(text: str, terms: Sequence[Term], c: Cell, before: int) -> list[Term]:
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


def _also_dose(text: str, terms: Sequence[Term], out: list[Reading], end: int) -> list[Reading]:
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
