"""Counts and rates: of what stands before them, of what their verb says, or of none ("of 16 patients", "16 were treated")."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import PATIENTS
from ._outcome_cells import Cell, bare_words
from ._outcome_first import first
from ._outcome_near import clause_between, leading, other_sense, suits
from ._outcome_or import with_or
from ._outcome_subject import among, is_group, is_object, is_subject, verb_of
from ._outcome_terms import Term

_I = re.I | re.A
AMONG_THOSE = re.compile(  # "in 26% of all patients and 79% of those achieving CR"
    r"[\s)]*of\s(?:the\s|all\s)?(?:those\s(?:achieving|attaining|who (?:achieved|attained|reached))|"
    r"(?:patients|pts|responders)\swho (?:achieved|attained|reached))\s(?:an?\s)?",
    _I,
)
_KEPT = re.compile(
    rf"[\s)\]]*(?:(?:of\s(?:the|these)\s)?(?:{PATIENTS})\s|of\s(?:whom|which|them)\s)?(?:have\s|had\s|are\s|"
    rf"were\s)?(?:\w+ly\s)?(?:maintain(?:ed|ing)?|retain(?:ed|ing)?|"
    r"sustain(?:ed|ing)?|kept|lost|continu(?:ed|e|ing))\s(?:to\s\w+\s|in\s)?(?:their|a|the|an ongoing|ongoing)?\s?"
    r"(?:objective\s|initial\s|best\s)?(?:responses?|remissions?|CR|complete response|complete remission)\b",
    _I,
)
_OF_SOME = re.compile(
    r"[\s)\]]*,?\s?(?:and|or)\s\Z|[\s)\]]*(?:[\w+-]+\s){1,4}(?:patients|pts|cases)\s(?:and|or|but|versus|vs\.?)\s\Z|[\s)\]]*(?:(?:patients|pts|participants|subjects|children)\s)?(?:of|in|with|on|at|"
    r"from|given|treated|receiving|who|infused|dosed)\s"
    r"[^;.%]{2,90}?,?\s(?:and|or|versus|vs\.?|compared (?:with|to)|but)\s(?:only\s)?\Z",
    _I,
)


def _named_in_bracket(text: str, c: Cell, ahead: Sequence[Term]) -> Term | None:
    """ "tumor regression was seen in four patients (PR per RECIST)": what the regression was."""
    t = next((t for t in ahead if t.kind == "response"), None)
    opened = t and re.fullmatch(r"[\s)]*(?:patients?|pts|cases?)?\s?\((?:all\s)?", text[c.hi : t.start])
    alone = t and re.match(r"[^()\d]{0,20}(?:RECIST[^()]{0,12})?\)", text[t.end :][:40])
    return t if opened and alone else None


def _shared_verb(text: str, terms: Sequence[Term], cells: Sequence[Cell], i: int, end: int) -> list[Term]:
    """ "54% of those enrolled and 67% of those infused achieved a response": the first value is subject of the verb too."""
    j = next((k for k in range(i + 1, len(cells)) if cells[k].kind != "dose"), len(cells))
    if j >= len(cells) or cells[j].kind != cells[i].kind or any(cells[i].hi <= t.start < cells[j].lo for t in terms):
        return []
    verb = verb_of(text, cells[j], end)
    if not verb or verb["exposed"] or not _OF_SOME.fullmatch(bare_words(text[cells[i].hi : cells[j].lo])):
        return []
    return first(text, [t for t in terms if t.start >= cells[j].hi], cells[j], cells, 110)


_DIED_ZH = re.compile(
    r"[例名位]?\s?(?:\(\d+(?:\.\d+)?%\))?\s?(?:患者|受试者|患儿|病人)?"
    r"(?:[^,;。\d]{0,12}(?:第\s?\d+\s?[天日周]|\d+\s?(?:天|周|个?月))后?时?)?"
)
_HAN_CLAUSE = re.compile(r"[一-鿿)][,;。]")
_SIZE_OF_LIST = re.compile(r"\s?(?:patients|pts|participants|subjects)?\s?:", _I)
_IN = re.compile(r"\b(?:in|among|of|for)\s(?:the\s|all\s)?\Z", _I)
_IN_SET = re.compile(r"\([^()]*(?:集|组|共)\s?\Z")
_AND_ONLY = re.compile(r"\)?,?\s(?:and|but)\s(?:only|just)\s\Z", _I)  # "and only 1 experiencing ICANS"
_BUT = re.compile(r"\b(?:all but|except(?: for| in)?|apart from|other than|excluding)\s(?:the\s)?\Z", _I)
_THE_SAME = re.compile(
    r"\s(?:\w+\s){0,2}(?:responses|remissions|CRs|PRs|responders)\s(?:are|were|remain\w*|lasted|have been|had)\b"
    r"(?!\s(?:seen|observed|noted|achieved|documented|reported|confirmed))",
    _I,
)
_OF_THINGS = re.compile(
    r"[\s)\]]*of\s(?:the\s|all\s|these\s|infused\s|administered\s)?(?:\w+\s)?(?:infusions|doses|cycles|products|samples|"
    r"cells|events|lesions|episodes|"
    r"cases of|injections|clones|sites)\b",
    _I,
)
_WHO = re.compile(r"\s(?:who|in whom)\s(?!had\sgrade|experienced\sgrade)", _I)
_SORTS = re.compile(
    r"\b(?:included|include|including|comprised|consisted of|such as)\s(?:the\s|an?\s)?(?!(?:grade|G\d|any|all|"
    r"no|one|two|three|those|events)\b)"
    r"[a-z][a-z -]{3,50}\s(?:in|\()\s?\Z",
    _I,
)
_ARE_ONGOING = re.compile(
    r"\s(?:(?:complete|partial|objective)\s)?(?:remissions?|responses?|CRs?|PRs?)\s(?:is|are|was|were|remains?|"
    r"remained)\s(?:still\s)?"
    r"(?:ongoing|durable|continuing|maintained|in progress)\b",
    _I,
)
_THESE_ARE = re.compile(
    r"\s(?:(?:complete|partial|objective|molecular)\s)?(?:remissions|responses|CRs|PRs)\s(?:are|remain|"
    r"were|have been|lasted|converted|progressed|relapsed)\b"
    r"(?!\s(?:seen|observed|noted|achieved|documented|reported|confirmed|attained|(?:also\s|all\s)?(?:MRD|negative|"
    r"complete|partial|CR)))",
    _I,
)
_IN_ALL_SEEN = re.compile(
    r"[^.;%]{0,70}?\s(?:was|were)\s(?:observed|seen|noted|reported|found|documented|achieved|obtained|"
    r"recorded)\s(?:only\s)?in\s(?:\d|one\b|two\b|"
    r"three\b|four\b|five\b|six\b|seven\b|eight\b|nine\b|ten\b)",
    _I,
)
_STUDIED = re.compile(
    r"\b(?:we|study|analysis|authors)\b[^.;]{0,80}\b(?:examined?|characteri[sz]ed?|analy[sz]ed?|assess(?:ed|es)?|"
    r"evaluated?|investigated?|compared?s?|"
    r"report(?:ed)? on|stud(?:ied|y)|reviewed|describe[ds]?|explored?|validated?)\b[^.;]{0,90}\Z",
    _I,
)
_RATE_OF = re.compile(
    r"\s?(?:patients|pts|cases)?\s?(?:[^.;%()]{0,50}?\s)?(?:was|were|reached)\s(?:\w+\s)?[\d.]+\s?%", _I
)
_GRADED = re.compile(
    r"[\s)\]]*(?:of\s)?(?:the\s|these\s|all\s)?(?:patients?|pts?|cases|events|例|患者)?\s?(?:had|having|were|"
    r"was|experienced|experiencing|with|of|being|为|是)?\s?"
    r"(?:an?\s|only\s)?(?:(?:severe\s)?events?\s(?:of\s|that were\s))?(?:severe\s\()?(?:only\s)?(?:≥|>=|>)"
    r"?\s?(?:(?:grades?|Gr|G)\s?[≥>]?\s?(?:[1-5]|I{1,3}V?|IV|V)(?!\w|\.\d)|[1-5]\s?(?:[-~/]\s?[1-5])?\s?级)",
    _I,
)


_SORTED_OUT = re.compile(
    r"\)?(?:\s(?:(?:was|were)\s)?(?:occurred|seen|observed|reported|noted|recorded))?\s?[(:]\s?|"
    r",?\s(?:including|consisting of|namely)\s", re.I
)
_ARE = re.compile(r"\s(?:were|was|are|included|includes|consisted)\b|:", re.I)
_AND_TOO = re.compile(r"\)?(?:,?\s(?:and|or|vs\.?|versus)\s|,\s)", re.I)
_SEEN = re.compile(r"\)?\s(?:were|was)\s(?:seen|observed|noted|reported|achieved|obtained|found|recorded|attained)\b", re.I)
_WHOLE = re.compile(
    r"\b(?:by|in|among|of|for)\sthe\s(?:first\s)?[\w-]+\s(?:enrolled|treated|evaluable|included|assessable|randomi[sz]ed|studied|accrued|"
    r"registered|recruited)\s(?:patients|subjects|participants|pts)\Z", re.I
)


_WITH_SO_MANY = re.compile(r"\A,?\s(?:with|including)\s(?:only\s)?\Z", re.I)


def _sort_of(text: str, near: Term, c: Cell, t: Term) -> bool:
    """ "Seven achieved objective responses, with four complete responses": the sort has its own number."""
    sort = t.kind == "response" and t.id in ("CR", "PR", "CRi", "VGPR", "sCR", "SD")
    beside = text[c.hi : t.start] in (" ", " confirmed ", " durable ")
    return sort and near.kind in ("response", "generic") and not t.rate and beside


def proportion(
    text: str,
    terms: Sequence[Term],
    cells: Sequence[Cell],
    i: int,
    near: Term | None,
    ahead: Sequence[Term],
    done_before: list[Term],
    start: int,
    end: int,
) -> tuple[list[Term], str]:
    """Rules of counts and rates; the rule's name is empty where none applies."""
    c = cells[i]
    if (
        near
        and (c.noun or c.kind == "bare")
        and _STUDIED.search(text[start : near.start])
        and re.search(r"\b(?:in|with|of|between)\s\Z", text[near.end : c.lo])
    ):
        return [], "studied"  # "we examined thrombocytopenia in 744 patients"
    rated = near and (near.rate or re.match(r"\srates?\b", text[near.end : near.end + 6]))
    if near and rated and c.noun and (_RATE_OF.match(text, c.hi) or re.search(r"\bin\s\Z", text[start : c.lo])):
        return [], "group"  # "ORR in 21 evaluable patients was 33%"
    apart = near is not None and ";" in bare_words(text[near.end : c.lo])
    if c.kind == "bare" and _THE_SAME.match(text, c.hi) and re.search(r"\b[Tt]he\s\Z", text[max(0, c.lo - 4) : c.lo]):
        return [], "told before"  # "the two complete responses were ongoing"
    if c.kind == "count" and c.noun and _WHOLE.search(text[max(start, c.lo - 12) : c.hi]) and _ARE.match(text, c.hi):
        return [], "size"  # "DLTs experienced by the 20 enrolled patients were ..."
    if c.noun and text[c.lo : c.hi].endswith("evaluable") and re.match(r"\s?[,;)]", text[c.hi : c.hi + 2]):
        return [], "size"  # "(6 CR, 23 evaluable)"
    if c.kind == "count" and _IN_SET.search(text[max(start, c.lo - 16) : c.lo]) and text[c.hi : c.hi + 1] == ")":
        return [], "size"  # 对照组(安全性集40人)
    if _BUT.search(text[max(start, c.lo - 16) : c.lo]):
        died = ahead and ahead[0].id == "TRM" and text[c.hi : ahead[0].start] in (" who ", " that ")
        return ([ahead[0]], "subject") if died else ([], "except")  # "all but two patients progressed", "but one who died of"
    if c.kind == "count" and c.noun and _SIZE_OF_LIST.match(text, c.hi) and _IN.search(text, start, c.lo):
        return [], "size"  # "best responses in 18 evaluable patients: 2 CR ..."
    if c.kind == "rate" and _OF_THINGS.match(text, c.hi):
        return [], "share of things"
    if among(text, c, start) or (is_group(text, c, start) and (not near or apart)):
        alone = (i + 1 == len(cells) or c.value == 1) and not c.den
        return (first(text, ahead, c, cells, 160), "ahead") if alone else ([], "group")
    graded = _GRADED.match(text, c.hi)
    if graded and any(
        t.kind == "tox" and 0 <= t.start - graded.end() < 30 and not re.search(r"[,;.]", text[graded.end() : t.start])
        for t in ahead if i + 1 == len(cells) or t.start < cells[i + 1].lo
    ):
        graded = None  # "37% had grade 3 neurotoxicity" is of what follows
    if done_before and graded and not (near and is_object(text, c, start) and not done_before):
        return ([near] if near and near.kind == "tox" else done_before), "graded"
    inside = re.search(r"\b(?:and|or|versus|than|to|with) in\s\Z", text[max(start, c.lo - 12) : c.lo])
    verb = None if inside else verb_of(text, c, end)
    subject = not inside and (verb is not None or is_subject(text, c, end))
    if (
        near
        and near.kind == "generic"
        and c.hi < end
        and (nxt := next((t for t in ahead), None))
        and text[c.hi : nxt.start] in ("", " ")
        and suits(nxt, c)
    ):
        return [nxt], "adjacent"
    if (
        verb
        and ahead
        and ahead[0].id == "TRM"
        and ahead[0].words.lower().startswith("died")
        and ahead[0].start - c.hi < (90 if verb[0].lower().endswith("died") else 12)
    ):
        return [ahead[0]], "subject"
    if (c.noun or c.den) and ahead and ahead[0].id == "TRM" and _DIED_ZH.fullmatch(text[c.hi : ahead[0].start]):
        return [ahead[0]], "subject"  # 1例患者在输注后第20天因感染死亡,考虑与治疗相关
    if verb and verb["exposed"] and re.search(r"(?i),?\swith\s\Z", text[max(start, c.lo - 8) : c.lo]):
        return [], "exposed"
    listed = subject and re.search(r":\s?\Z", text[max(start, c.lo - 2) : c.lo]) and first(text, ahead, c, cells, 110)
    aside = near and re.search(r";[^;()\[\]]*[\w-]+\s\(\Z", text[near.end : c.lo]) and c.kind == "bare"
    if aside and re.match(r"\s?\)", text[c.hi : c.hi + 2]):
        return [], "size"  # "2 CR; mid dose (5) 2 CR"
    if near and near.id == "OTHER_EFFICACY" and (named := _named_in_bracket(text, c, ahead)):
        return [named], "named"
    if near and near.id in ("TEAE", "TRAE", "SAE") and _SORTS.search(text[near.end : c.lo]):
        return [], "sort"  # "toxicities included weakness in two patients": of what has no term
    if c.kind == "bare" and _ARE_ONGOING.match(text, c.hi):
        return [], "told before"  # "two CRs are ongoing"
    if c.den and _THESE_ARE.match(text, c.hi):
        return [], "told before"  # "11 of 12 complete remissions are ongoing"
    own = next((t for t in ahead if t.rate and t.start - c.hi < 90), None)
    if near and near.kind == "generic" and c.noun and own and re.match(r"\s[\d.]+\s?%", text[own.end : own.end + 8]):
        return [], "group"  # "Responses: 32 patients with active lymphoma, ORR 72%"
    if near and c.noun and _IN_ALL_SEEN.match(text, c.hi) and re.search(r"\b(?:in|of|among)\s\Z", text[start : c.lo]):
        return [], "group"  # "responses in 36 patients were observed in 12"
    if (
        c.kind == "bare"
        and re.search(r"\bamong(?:\sthe|\sthese|\sall)?\s\Z", text[start : c.lo])
        and re.match(r"\s?[.,;)]", text[c.hi :][:2])
    ):
        return [], "group"  # "three PRs among six."
    if re.search(r"\bincluding\s\Z", text[max(start, c.lo - 10) : c.lo], re.I) and _WHO.match(text, c.hi):
        return first(text, ahead, c, cells, 60), "of those"  # "DLT in nine, including one who died of bleeding"
    event = next((t for t in ahead if t.start == c.hi + 1 and t.kind == "tox"), None)
    sorted_out = event and near and near.id in ("TEAE", "TRAE", "SAE", "DLT") and c.kind == "bare"
    if event and near and sorted_out and _SORTED_OUT.fullmatch(text[near.end : c.lo]):
        return [event], "adjacent"  # "four grade 3 adverse events (2 neutropenia, 1 anemia, 1 rash)"
    sort = next((t for t in ahead if t.start == c.hi + 1 and t.kind == "response"), None)
    if (
        sort
        and near
        and near.kind == "response"
        and c.kind == "bare"
        and re.search(r"[(:,]\s?\Z", text[near.end : c.lo])
    ):
        return [sort], "adjacent"  # "tumor regressions (one CR, two PR)", "a response: one complete"
    own_clause = near and (clause_between(text, near.end, c.lo) or verb and _AND_ONLY.search(text[near.end : c.lo]))
    if near and ahead and c.kind == "bare" and _WITH_SO_MANY.search(text[near.end : c.lo]) and _sort_of(text, near, c, ahead[0]):
        return [ahead[0]], "adjacent"
    if near and not listed and is_object(text, c, start) and not (subject and own_clause):
        if other_sense(text, near, c):
            return [], "other sense"
        return with_or(text, terms, near, [near]), "object"
    if c.kind in ("count", "bare") and any(
        0 <= t.start - c.hi <= 1 and t.kind == "time" and text[c.hi : t.start] not in (",", ";", "、") for t in ahead
    ):
        return [], "of time"
    each = re.match(r"\s?(?:patients?\s)?each\s(?:with|had|achieved|for)?\s?", text[c.hi : c.hi + 30], _I)
    if each:
        nouns = [t for t in ahead if t.start - c.hi < 120 and t.kind in ("tox", "response", "generic")]
        return leading(text, nouns), "each"
    if (
        subject
        and verb
        and verb["exposed"]
        and not re.search(r"\band\s(?:had|achieved|developed)", text[c.hi : c.hi + 140])
    ):
        return [], "exposed"
    if not subject and (later := _shared_verb(text, terms, cells, i, end)):
        return later, "subject"
    if subject and _KEPT.match(text, c.hi):
        return [], "kept"
    if subject:
        found = first(text, ahead, c, cells, 110) or _shared_verb(text, terms, cells, i, end)
        if found and found[0].kind == "time" and _HAN_CLAUSE.search(text[c.hi : found[0].start]):
            found = []  # 90%患者为中低危,中位PFS分别为11个月和5个月
        joined = i > 0 and cells[i - 1].kind == c.kind == "rate" and _AND_TOO.fullmatch(text[cells[i - 1].hi : c.lo])
        if not found and not near and joined and _SEEN.match(text, c.hi):
            return [], ""  # "response rates of 45%, 30% and 20% were seen in arms A, B and C"
        if found or not (near or AMONG_THOSE.match(text, c.hi)):
            return found, "subject"
    return [], ""
