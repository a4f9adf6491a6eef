"""Assignment: which endpoint each cell of a sentence belongs to.

Lists align ("CR, PR and SD in 2, 9 and 10 patients, respectively"), a subject looks ahead ("7 had stable disease"), an
object looks back ("CRS occurred in 20 of 27"), a number before its noun takes it ("two partial responses"), and what
goes on without a term goes on with the last one ("versus 1.8 months"). A nearest term that is no outcome takes the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ._numbers import PATIENTS
from ._outcome_behind import in_state, noun_behind
from ._outcome_beside import (
    a_case,
    by_name,
    compared_with,
    for_both,
    for_what,
    in_so_many,
    of_difference,
    of_its_own_noun,
    responders,
    share_of_responses,
    shared_noun,
)
from ._outcome_brackets import brackets
from ._outcome_by_group import by_group
from ._outcome_causes import cause_of_death, one_more_cause
from ._outcome_cells import BOUNDS, VERSUS, Cell, bare_words
from ._outcome_described import without_people
from ._outcome_first import of_those_with
from ._outcome_goes_on import GRADE_NEXT, OTHER_BARE, OTHER_ITEM, OTHER_ZH, SO_MANY_IN, compared_first, go_on
from ._outcome_having import either_answered, having, of_those_too
from ._outcome_landmarks import at_landmark, names_landmark
from ._outcome_lists import (
    OTHER_TIME,
    aligns,
    behind_all,
    bound,
    compared_pair,
    cycled,
    earlier,
    enumerated,
    last,
    of_all,
    of_two,
)
from ._outcome_near import (
    CLAUSE,
    OF_PEOPLE,
    an_arm,
    clause_between,
    closest,
    coordinated,
    other_sense,
    people,
    qualifies,
    suits,
    tight,
    with_tox,
)
from ._outcome_or import with_or
from ._outcome_proportion import AMONG_THOSE, proportion
from ._outcome_reading import Reading, also_dose, joined
from ._outcome_runs import runs, tested_pairs
from ._outcome_subject import IN_SO_MANY, prune, verb_of
from ._outcome_terms import Term
from ._outcome_typed import dose_term, ratio_term, ratios, state_term

_I = re.I | re.A
_ADJACENT = re.compile(
    r"[)\]]?'?\s?(?:%\s?)?(?:-)?(?:≥|>=)?\s?(?:(?:patients?|pts|cases?|instances?|subjects|例|名|of|them|whom|these|with|a|an|the|"
    r"confirmed|unconfirmed|durable|"
    r"had|having|best|objective|overall|"
    r"prolonged|transient|possibly|probably|definitely|related|stringent|sustained|ongoing|median|mean|study|achieving|"
    r"transient|"
    r"grade|grades|being|new|additional|reported|documented|"
    r"观察到|患者|受试者|治疗后|在|的|骨髓|外周血|颅内|髓外|靶病灶|病灶|肿瘤|病变|达到?|获得?|呈|实现|取得|转为|确认的?)[\s]?){0,5}"
    r"(?:第?[≥>]?\s?[1-5](?:\s?[-~]\s?[1-5])?\s?级(?:及以上|以上)?的?\s?)?"
    r"(?:(?:grade|grades|G)?\s?[≥>]?\s?[1-5](?:\s?(?:[-/~]|or|and|to)\s?(?:[1-5]|higher|greater|above|worse))*\s)?\Z",
    _I,
)


def assign(text: str, terms: Sequence[Term], cells: Sequence[Cell], start: int, end: int) -> list[Reading]:
    """Readings of one sentence; cells without an endpoint, or taken by a sink, are left out.

    What stands in the bracket of a value with endpoints of its own is read by itself: "43% (12/28; 3 CR, 9 PR), 21% (...)".
    """
    out: list[Reading] = []
    cells = [c for c in cells if not (c.kind == "count" and _EVALUABLE.search(text[c.lo : c.hi + 1]))]
    terms, cells = without_people(text, terms, cells)
    told = brackets(text, terms, cells, end)
    inner = {id(c) for _, mine, _, _ in told for c in mine}
    for parent, mine, a, b in told:
        own = [t for t in terms if a <= t.start and t.end <= b]
        out.extend(replace(r, parent=parent) for r in _assigned(text, own, mine, a, b))
    free = [t for t in terms if not any(a <= t.start and t.end <= b for _, _, a, b in told)]
    out.extend(_assigned(text, free, [c for c in cells if id(c) not in inner], start, end))
    out.sort(key=lambda r: r.cell.start)
    return also_dose(text, terms, joined(text, out), end)


_EVALUABLE = re.compile(r"\sevaluable[;,)]\Z", _I)  # "(6 CR/9 PR, 23 evaluable)": a size


def _assigned(text: str, terms: Sequence[Term], cells: Sequence[Cell], start: int, end: int) -> list[Reading]:
    out: list[Reading] = []
    done: dict[int, list[Term]] = {}
    terms = [t for t in terms if t.kind != "sink" or not any(c.lo <= t.start and t.end <= c.hi for c in cells)]
    cells = prune(text, terms, cells, start)
    for run in tested_pairs(text, cells, runs(text, cells)):
        listed = tuple(cells[i] for i in run)
        for i, found, how in _run(text, terms, cells, run, done, start, end):
            done[i] = found
            for k, t in enumerate(found):
                order, many = (k, len(found)) if how == "each" else (run.index(i), len(run))
                if t.kind != "sink" and not _GRADE_NONE.search(text[max(start, cells[i].lo - 16) : cells[i].lo]):
                    out.append(Reading(t, cells[i], how, order, many, listed))
    return out


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
    if len(run) > 1 and (behind := for_both(text, terms, cells[run[-1]], first)):
        yield from ((i, [behind], "for") for i in run)
        return
    own = [noun_behind(text, terms, cells, i) for i in run] if first.kind == "time" else []
    if own and all(own):
        yield from ((i, [t], "adjacent") for i, t in zip(run, own, strict=True) if t)
        return
    if len(run) > 1 and (of := by_group(text, terms, [cells[i] for i in run], end)):
        yield from ((i, [of], "by group") for i in run)
        return
    before = bound(cells, run[0], done, start)
    fresh = [t for t in terms if before <= t.start and t.end <= first.lo + 1 and not _of_people(text, t)]
    fresh = [t for t in fresh if t.id != "FOLLOW_UP" or first.kind != "rate"]  # "at 24 months' follow-up, PFS and OS were"
    listed = cycled(text, coordinated(text, fresh), [cells[i] for i in run])
    either = len(run) == 2 == len(listed) and _OR_ELSE.fullmatch(text[listed[0].end : listed[1].start])
    if either and listed[0].kind == "response" and VERSUS.search(text[cells[run[0]].hi : cells[run[1]].lo]):
        listed = [listed[0]] * 2  # "CR or sCR rates were 39% vs. 5%"
    if len(run) > 1 and aligns(listed, cells, run):
        gap = bare_words(text[listed[-1].end : first.lo])
        if len(gap) < 90 and not CLAUSE.search(gap):
            yield from ((i, [t], "list") for i, t in zip(run, listed, strict=True))
            return
    if len(run) > 1 and (named := enumerated(text, fresh, first, len(run))):
        yield from ((i, [t], "list") for i, t in zip(run, named, strict=True))
        return
    gap = text[cells[run[0] - 1].hi : first.lo] if run[0] else ""
    other = OTHER_ITEM.search(gap) or OTHER_BARE.fullmatch(gap) or OTHER_ZH.search(gap)  # ", COVID-19 (6% vs. 2%)"
    if first.kind == "time" and not fresh and OTHER_TIME.search(gap):
        yield from ((i, [], "other time") for i in run)
        return
    again = earlier(done, run, cells, bool(fresh)) if len(run) > 1 and not other and not _BY_GRADE.fullmatch(gap) else []
    if aligns(again, cells, run):
        yield from ((i, [t], "list again") for i, t in zip(run, again, strict=True))
        return
    shared = [] if fresh else behind_all(text, terms, [cells[i] for i in run])
    if shared:
        yield from ((i, shared, "shared by arms") for i in run)
        return
    told = []
    if compared_pair(text, cells, run, done):  # "ORR was 92% and the CR rate 75%, compared with 81% and 53%"
        first_terms, how = _single(text, terms, cells, run[0], done, start, end, True)
        yield run[0], first_terms, how
        yield from zip(run[1:], [done[run[0] - 1], first_terms], ["list again"] * 2, strict=True)
        return
    for i in run:
        told.append((i, *_single(text, terms, cells, i, done, start, end, len(run) == 1)))
        done[i] = told[-1][1]
    yield from of_all(text, cells, run, told, end)


# 87%(≥3级42%,1例5级)
_BY_GRADE = re.compile(r"[%\s]*[(]\s?(?:≥|>)?\s?[1-5](?:[-~/][1-5])?\s?级(?:及以上|以上)?\s?(?:仅|约|为)?\s?")


def _shut(text: str, t: Term, at: int) -> bool:
    """Whether a term with a grade stands in a bracket of its own that closes before a place: what an event was."""
    opened = re.search(
        r"\((?:both |all |an? )?(?:≥\s?)?(?:grade|gr\.?|G)\s?\d[^()\d]{0,12}\Z",
        text[max(0, t.start - 30) : t.start], _I,
    )
    return bool(opened and re.match(r"[^()\d]{0,24}\)", text[t.end : at]))


def _single(
    text: str,
    terms: Sequence[Term],
    cells: Sequence[Cell],
    i: int,
    done: dict[int, list[Term]],
    start: int,
    end: int,
    alone: bool,
) -> tuple[list[Term], str]:
    """Terms of one cell, and the name of the rule."""
    c = cells[i]
    if (c.bound in BOUNDS or _CHANGE.match(text, c.hi) or _OR_LESS.match(text, c.hi)) and c.kind == "rate":
        return [], "bound"
    before = bound(cells, i, done, start)
    after = cells[i + 1].lo if i + 1 < len(cells) else end
    back = [t for t in terms if t.start >= before and t.end <= c.start]
    if asides := [m.span() for m in _ASIDE.finditer(text, start, end) if m.end() <= c.lo]:
        heads = [t for t in terms if t.end <= asides[-1][0]]  # what the aside is told of goes on behind it
        back = [*heads[-1:], *(t for t in back if t.start >= asides[-1][1])] or back
    if i and done.get(i - 1) and any(_shut(text, t, c.lo) for t in back):
        back = [t for t in back if not _shut(text, t, c.lo)]  # "1/6 at DL2 (grade 4 ICANS) and 2/4 at DL3"
    if c.kind == "ratio":
        return ratios(text, terms, cells, i) or ratio_term(text, terms, c), "ratio"
    if c.kind == "state":
        found = state_term(text, terms, c, before)
        return found or (go_on(text, cells[i - 1], c, done.get(i - 1, [])) if i else []), "state"
    if c.kind == "dose":
        return dose_term(text, terms, c, start, end), "dose"
    inside = [t for t in terms if c.lo < t.start and t.end <= c.hi]
    if inside and c.kind == "count" and c.noun and responders(text, c, inside[0], start):
        return [inside[0]], "inside"  # "five partial responders"
    if inside and c.kind == "count" and a_case(text, c, inside[0], start):
        return [inside[0]], "inside"  # "1 CR case and 12 PR cases"
    if inside and c.kind == "count" and c.noun:
        return [], "people"  # "18 responding patients"
    if inside and suits(inside[0], c):
        verb = verb_of(text, c, end) if inside[0].kind == "generic" else None
        return ([], "exposed") if verb and verb["exposed"] else ([inside[0]], "inside")
    if c.kind == "rate" and (own_name := by_name(text, c, terms)):
        return [own_name], "adjacent"
    if share_of_responses(text, c, terms):
        return [], "share of those"
    if c.kind in ("rate", "count", "bare") and (own_state := in_state(text, terms, cells, i, done)):
        return own_state, "in state"
    if c.kind == "rate" and of_its_own_noun(text, terms, c, start):
        return [], "own noun"
    first_pair = compared_first(text, cells, i, done, [t for t in terms if c.end <= t.start < end])
    if other := first_pair or compared_with(text, back, cells, i, done):
        return other, "goes on"
    near = closest(text, back, c) or of_difference(text, terms, cells, i, done)
    ahead = [t for t in terms if c.end <= t.start < end]
    if c.kind == "rate" and ahead and _OF_THOSE.fullmatch(text[c.hi : ahead[0].start]) and _LASTED.match(text, ahead[0].end):
        return [replace(ahead[0], id="DOR", kind="response")], "lasting"  # "44% of responses lasted 12 months or longer"
    if c.kind in ("rate", "time") and (named := for_what(text, terms, cells, c, ahead)):
        return [named], "for"
    if said := having(text, c, ahead) or either_answered(text, c, ahead) or of_those_too(text, cells, i, done):
        return said, "subject"
    if landmark := at_landmark(text, cells, i, done):
        return landmark, "goes on"
    if c.kind == "rate" and _OF_DOSE.match(text, c.hi):
        return [], "exposed"  # "grade 4 CRS after receiving 10% of the planned dose"
    beside = next((t for t in ahead if t.start < after and suits(t, c)), None)
    if names_landmark(text, cells, i, beside):
        return [], "landmark"
    part = re.search(
        r"(?i)(?:including|comprising|consisting of|namely|i\.e\.,?|其中|包括)\s?\Z", text[max(start, c.lo - 16) : c.lo]
    )
    own = beside is not None and beside.kind == "response" and c.kind == "bare" and text[c.lo - 1 : c.lo] == "("
    with_it = _WITH_IT.match(text, c.hi)
    near_it = with_it and beside and beside.kind == "tox" and 0 <= beside.start - with_it.end() < 24
    if near_it and beside and not (of_those_with(text, c, beside) or _REPRESENTING.search(text[max(start, c.lo - 24) : c.lo])):
        return [beside], "adjacent"
    if c.kind == "bare" and beside is None and (noun := shared_noun(text, c, ahead, end)):
        return [noun], "shared noun"
    if near and near.kind == "tox" and one_more_cause(text, near, c, cells[i - 1].hi if i else end, start):
        return [], "cause of death"
    if part and beside and cause_of_death(text, beside, c, start):
        return [], "cause of death"
    if (part or own) and beside and _ADJACENT.fullmatch(bare_words(text[c.hi : beside.start])):
        return [beside], "adjacent"
    if near and alone and c.kind == "rate" and (_OF_BOTH.search(text[near.end : c.lo]) or of_two(text, back, near, c)):
        return coordinated(text, [t for t in back if not people(text, t)]), "object"
    if c.kind in ("rate", "count", "bare"):
        told = [t for t in done.get(i - 1, []) if t.kind == "tox"] if i else []
        found, how = proportion(text, terms, cells, i, near, ahead, told, start, end)
        if how == "object" and alone and near and near.kind == "tox" and found == [near]:
            found = _together(text, back, near)
        if how == "object" and len(found) == 1 and in_so_many(text, cells, i, done, found[0]):
            return [], "size"  # "4 SD were documented in a total of 18 patients"
        if how:
            return found, how
    adjacent = next((t for t in ahead if t.start < after and suits(t, c)), None)
    group = adjacent and c.noun and adjacent.kind == "tox" and _SAMPLED.search(text[max(start, c.lo - 40) : c.lo])
    if adjacent and group and re.fullmatch(r"[\s)%]*(?:with|who had|having)\s(?:[\w≥-]+\s){0,3}", text[c.hi : adjacent.start]):
        return [], "people"  # "we included 32 patients with ICANS", "imaging of 38 patients with ICANS"
    shared = adjacent and adjacent.kind == "tox" and _REPRESENTING.search(text[max(start, c.lo - 24) : c.lo])
    if adjacent and (shared or of_those_with(text, c, adjacent)):
        return [], "people"  # "in 7% of all, representing 12% of patients with ICANS"
    if adjacent and adjacent.kind == "response" and c.kind == "rate" and AMONG_THOSE.fullmatch(text[c.hi : adjacent.start]):
        k = last(text, cells, i, done, start)  # "in 26% of all patients and 79% of those achieving CR"
        return (go_on(text, cells[k], c, done[k]), "goes on") if k >= 0 and done.get(k) else ([], "people")
    if adjacent and cause_of_death(text, adjacent, c, start):
        return [], "cause of death"
    owned = bool(near and tight(text, near, c))
    if owned and adjacent and text[c.hi : adjacent.start] == " " and text[c.lo - 1 : c.lo] == "(" and c.kind == "bare":
        return [adjacent], "adjacent"  # "tumor regressions (one CR, two PR)"
    if pair := compared_first(text, cells, i, done, ahead):
        return pair, "versus"
    beyond = text[c.hi : adjacent.start] if adjacent and c.kind == "bare" else ""
    if adjacent and adjacent.id in ("TEAE", "TRAE") and (c.value or 0) > 20 and beyond == " ":
        return [], "events"  # "the investigators recorded 142 adverse events"
    if adjacent and adjacent.words.endswith("s") and c.kind == "bare" and _HAD.search(text[start : c.lo]):
        return [], "events"  # "53 patients had 76 infections"
    if adjacent and adjacent.kind == "tox" and c.kind == "bare" and IN_SO_MANY.match(text, adjacent.end):
        return [], "events"  # "18 SAEs were reported in 11 patients"
    if c.kind == "rate" and adjacent and _OF_THOSE.fullmatch(text[c.hi : adjacent.start]):
        headed = near and near.id == "MRD_NEG" and text[near.end : c.lo].strip(" ~≈") == ":"
        return ([near] if near and headed else []), "share of those"  # "44% of responses lasted 12 months"
    if adjacent and adjacent.kind == "response" and beyond == " in " and not adjacent.rate:
        return [adjacent], "adjacent"  # "12 patients were in CR, 3 in PR"
    of_people = adjacent and adjacent.rate and c.noun and re.search("[一-鿿]", text[c.lo : c.hi])  # 10例受试者ORR 100%
    state = adjacent is not None and adjacent.words.lower().startswith("in ")
    if state and c.noun and c.kind == "count" and re.search(r"\b(?:in|of|for|among|to|with)\s\Z", text[start : c.lo]):
        return [], "people"  # "compared in 124 patients in remission"
    if adjacent and c.kind == "rate" and adjacent.kind == "response" and _IN_STATE.fullmatch(text[c.hi : adjacent.start]):
        return [adjacent], "in state"  # "with 79% and 65% of patients, respectively, in complete response"
    if adjacent and not owned and not of_people and _ADJACENT.fullmatch(bare_words(text[c.hi : adjacent.start])):
        return [adjacent], "adjacent"
    if adjacent and near and near.kind == "generic" and text[c.hi : adjacent.start] in ("", " "):
        return [adjacent], "adjacent"
    if c.noun and re.match(r"\s?(?:患者|受试者)?(?:因|由于|死于|随后|后续|其后|分为|桥接)", text[c.hi : c.hi + 6]):
        return [], "exposed"
    if not owned and c.kind in ("rate", "count") and _CARED_FOR.match(text, c.hi):
        return [], "exposed"  # 其中48%需要托珠单抗
    if near and not clause_between(text, near.end, c.lo) and (c.kind != "bare" or owned):
        return ([] if other_sense(text, near, c) else with_or(text, terms, near, back)), "back"
    gap = text[before : c.lo]
    listed = i > 0 and SO_MANY_IN.fullmatch(text[cells[i - 1].hi : c.lo])  # "were three in arm A and two in arm B"
    if c.kind == "bare" and not listed and not owned and not (GRADE_NEXT.fullmatch(gap) or GRADE_NEXT.fullmatch(bare_words(gap))):
        return [], "bare"
    if _UNDERWENT.match(text, c.hi):
        return [], "exposed"
    if c.kind == "time" and i and _MEDIAN_ZH.search(text[max(start, c.lo - 8) : c.lo]):
        return [t for t in done.get(i - 1) or () if t.kind == "time"], "goes on"  # 5年OS率为49.3%(中位数60个月)
    k = last(text, cells, i, done, start)
    if k >= 0 and done.get(k) and not any(_bars(text, t, c) for t in back):
        behind = cells[i - 1] if cells[i - 1].kind == "ratio" and k < i - 1 else cells[k]
        return go_on(text, replace(cells[k], hi=behind.hi), c, done[k]), "goes on"
    return [], "none"


def _of_people(text: str, t: Term) -> bool:
    """Whether a term only says which patients: "compared with 80% and 58% for patients with HLH-like toxicities"."""
    if t.kind == "sink" and OF_PEOPLE.search(text[max(0, t.start - 50) : t.start]):
        return True
    return t.kind == "response" and people(text, t) or t.kind == "tox" and with_tox(text[max(0, t.start - 90) : t.start])


def _bars(text: str, t: Term, c: Cell) -> bool:
    """Whether a term before a value would be what it is of, so that it does not go on with the value before."""
    of_people = qualifies(text, t) or OF_PEOPLE.search(text[max(0, t.start - 50) : t.start])
    if t.kind == "sink" and (of_people or an_arm(text, t) or clause_between(text, t.end, c.lo)):
        return False  # "in those given 3 infusions but 15.1 months in the others"
    return suits(t, c) and not people(text, t)


def _together(text: str, back: Sequence[Term], near: Term) -> list[Term]:
    """ "CRS and aplasia developed in both patients": what is coordinated shares a single value."""
    several = coordinated(text, [t for t in back if not people(text, t)])
    if len(several) > 1 and "," in text[several[-2].end : near.start] and re.match(r"\s(?:was|is|has)\b", text[near.end :][:5]):
        return [near]  # "..., and CRS was reported in 97%": a clause of its own
    return several if several[-1:] == [near] and all(t.kind == "tox" for t in several) else [near]


_OF_THOSE = re.compile(r"[\s)\]]*of\s(?:the\s|these\s|all\s)?", _I)
_REPRESENTING = re.compile(r"\b(?:representing|accounting for|corresponding to|i\.e\.,?)\s\Z", _I)
_OR_ELSE = re.compile(r"\s?(?:/|or)\s?", _I)
_LASTED = re.compile(
    r"\s(?:(?:was|were|are|have|had|been|still)\s){0,3}(?:lasted|lasting|maintained|ongoing|sustained|persist(?:ed|ing)|"
    r"continuing|"
    r"durable|remained in (?:response|remission|CR))\s(?:for|at|beyond|after|to|past)?\s?"
    r"(?:at least|more than|longer than|[>≥])?\s?\d",
    _I,
)
_SAMPLED = re.compile(
    r"(?:\b(?:in|among|of|from|by|to|between|for)\s|\b(?:included|enrolled|analy[sz]ed|identified|studied|evaluated|reviewed|"
    r"compared|recruited|selected|matched|tested|examined)\s)(?:the\s|all\s|a total of\s|another\s)?\Z",
    _I,
)
_WITH_IT = re.compile(r"\s?of\s(?:the\s)?(?:patients|pts|cases)\s(?:with|having|experiencing|developing)\s", _I)
_OF_BOTH = re.compile(r"\b(?:was|were)\s(?:both|each|all|identical at|the same at)\s\Z", _I)  # "ORR and CR rate were both 96%"
_IN_STATE = re.compile(rf"[\s)]*of\s(?:the\s|all\s)?{PATIENTS}(?:,\srespectively)?,?\s(?:were\s|are\s)?(?:in\s)?(?:an?\s)?", _I)
_OF_DOSE = re.compile(r"\s?of\s(?:the|his|her|their|its|a)\s(?:[\w-]+\s){0,3}doses?\b", _I)
_OR_LESS = re.compile(r"\s?or (?:less|fewer|lower)\b", _I)
_GRADE_NONE = re.compile(r"\bgrades?\s0\s?(?:in|:|\(|,|for)?\s?\Z|(?<![\d.~-])0\s?[级度]者?\s?(?:共|有|为)?\s?\Z", _I)
_ASIDE = re.compile(
    r",\s(?:chiefly|mainly|mostly|including|such as|comprising|(?:the\s)?most (?:commonly|frequently|often|common being|"
    r"frequent being)|"
    r"primarily|predominantly|notably|"
    r"especially|in particular|particularly|principally|usually)\s[^;.]{3,220}?,\s"
    r"(?=(?:was|were|occurred|developed|has|have|had|affected)\b)",
    _I,
)
_MEDIAN_ZH = re.compile(r"[(,]\s?中位(?:数|值|时间)?(?:为|:)?\s?\Z")
_CARED_FOR = re.compile(
    r"[例名位]?\s?的?(?:患者|受试者|病人|患儿)?(?:均|已|随后|其后|后续|则|仅)*(?:需要?|接受|使用|应用|给予|予以?|行|采用|服用)了?(?!治疗后)"
)
_UNDERWENT = re.compile(
    r"\s?(?:患者|受试者)?(?:均|已|随后|其后|后续|随即)*(?:桥接|分为|分成|随机|纳入|入组|因|由于|死于|死亡|接受|行|完成|退出|失访|男|女|既往|使用|应用|需要?|来自)"
)
_CHANGE = re.compile(
    r"\s?(?:relative |absolute |median |or (?:more|greater) )?(?:increases?|decreases?|reductions?|shrinkage|"
    r"declines?|growth|changes?|improvements?|drop|difference|greater|more|higher|lower|power)\b",
    _I,
)
_HAD = re.compile(
    r"\b(?:patients|pts|children|adults)(?:\s\([^()]*\))?\s(?:had|experienced|developed|"
    r"reported)\s(?:a total of\s)?\Z",
    _I,
)
