"""Outcomes of a text: reading form, sentences, typed numbers, terms, assignment, groups and context put together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from trialkb.records import Document, Outcome, Section
from trialkb.text import Normal, digest

from . import _outcome_again_zh as again_zh
from . import _outcome_details as details
from . import _outcome_groups_zh as groups_zh
from . import _outcome_people_zh as people_zh
from . import _outcome_sizes_zh as zh
from . import _outcome_topic_zh as topic_zh
from . import _outcome_versus_zh as versus_zh
from ._numbers import Token, tokens, walk
from ._outcome_alive import alive
from ._outcome_also import also, levels, sorts, split_up, those_named
from ._outcome_anaphora import anaphora, ratio_again
from ._outcome_arms import known as known_arms
from ._outcome_assign import assign
from ._outcome_cells import Cell, cells
from ._outcome_citations import citations
from ._outcome_context import Setting, is_review, settings
from ._outcome_denied_zh import truly_none
from ._outcome_frames import framed
from ._outcome_groups import Group, Groups, groups
from ._outcome_headings import headings
from ._outcome_holds import all_too, within
from ._outcome_level import at_level
from ._outcome_merged import merged
from ._outcome_none_too import after_none, after_none_zh, none_too
from ._outcome_pairs import randomised
from ._outcome_placed import Discourse, Placed, placed, versus
from ._outcome_reading import Reading
from ._outcome_record import record
from ._outcome_scope import key
from ._outcome_sizes import Size, sizes
from ._outcome_subject import prune
from ._outcome_terms import Term, terms
from ._outcome_text import Sentence, reading_form, split
from ._outcome_units import share_units
from ._outcome_verbal import a_toxicity, again, again_here, in_a_patient, verbal
from ._outcome_who_zh import Group as GroupZh
from ._outcome_who_zh import only_disease, patients
from ._outcome_whose_share import of_so_many
from ._simplified import ACCENTED, with_accents


def read(document: Document) -> Iterator[Outcome]:
    """Outcomes told in a document's running text, background ones included and marked."""
    if document.kind == "trial" and not document.section("body"):
        return
    for section in document.sections:
        if _told(section):
            found = _read(section.text, section.name, document.kind)
            yield from (replace(o, document=document.id) for o in found)


def _told(section: Section) -> bool:
    return section.name == "body" or section.name.startswith("abstract")


@lru_cache(maxsize=16)
def _read(text: str, section: str, kind: str) -> tuple[Outcome, ...]:
    form = reading_form(text)
    sentences = split(form.text)
    found, numbers = terms(form.text), tokens(form.text)
    role = section.partition(":")[2].lower()
    if role and not any(s.role for s in sentences):
        sentences = [replace(s, role=_role(role)) for s in sentences]
    out: list[Outcome] = []
    sha = digest(text)
    heads = headings(form, text) if is_review(kind, form.text) else ()
    about = settings(form.text, sentences, kind, citations(form, text), heads)
    size = sizes(form.text, sentences, [x.study for x in about])
    known = zh.sizes(form.text, sentences) if _HAN.search(form.text) else []
    concluding = [form.span(s.start, s.end) for s in sentences if s.role == "conclusion"]
    before: list[Term] = []
    pair: list[GroupZh] = []
    study: str | None = None
    people = {t.value for t in numbers if t.kind == "count" and t.value}
    discourse = Discourse(
        counted=people, whole={x.value for x in size if x} | {t.value for t in numbers if t.kind == "n" and t.value}
    )
    discourse.codes = known_arms(form.text)
    discourse.names = details.named(form.text)
    said = details.plan(form.text, discourse.names, sentences, about, found, is_review(kind, form.text))
    for i, (s, setting) in enumerate(zip(sentences, about, strict=True)):
        own = [t for t in found if s.start <= t.start and t.end <= s.end]
        pronoun = list(anaphora(form.text, before, s.start, s.end))
        if pronoun and not any(t.kind != "sink" and t.start < pronoun[0].start for t in own):
            own = sorted([*pronoun, *own], key=lambda t: t.start)
        if setting.study != study:  # another study of a review: nothing of the last one holds
            study, discourse.pair, discourse.last, discourse.timed = setting.study, (), None, None
        if any(t.kind != "sink" for t in own) or before or discourse.timed or _NOUN.search(form.text, s.start, s.end):
            han = _HAN.search(form.text, s.start, s.end)
            whole = known[i] if han else size[i]
            if i and size[i] != size[i - 1]:
                discourse.last = None
            told = list(_sentence(form, s, setting, own, before, numbers, whole, discourse, pair))
            out.extend(zh.siblings(told) if han else told)
        else:
            discourse.told, discourse.topic = [], None
        before = own
        discourse.previous = (s.start, s.end)
        pair = _pair(form.text, s) or pair
        timed = (t for t in reversed(own) if t.kind == "time" and t.id != "FOLLOW_UP")
        discourse.timed = next(timed, discourse.timed)
    out = [replace(o, evidence=replace(o.evidence, section=section, text_sha256=sha)) for o in out]
    if form.text != text and (_HAN.search(form.text) or not ACCENTED.isdisjoint(text)):
        out = [_as_printed(o, text, form) for o in out]
    valued = {(o.endpoint, o.study) for o in out if o.statistic == "dose" and o.value is not None}
    out = [o for o in out if o.rule != "text.level" or (o.endpoint, o.study) not in valued]
    return tuple(details.inherit(_once(out, concluding), said, form))


_HAN = re.compile("[一-鿿]")


def _pair(text: str, s: Sentence) -> list[GroupZh]:
    """Arms that a Chinese sentence names together."""
    if not re.search("[组列]", text[s.start : s.end]):
        return []
    return versus_zh.pairs(text, groups_zh.groups(text, (), (), s.start, s.end))


def _role(label: str) -> str | None:
    for role, words in (
        ("background", "backgr|intro|object|purpose|aim|背景|目的"),
        ("methods", "method|design|patients|方法"),
    ):
        if re.search(words, label):
            return role
    return (
        "conclusion"
        if re.search("conclu|结论", label)
        else "results"
        if re.search("result|finding|结果", label)
        else None
    )


def _sentence(
    form: Normal,
    s: Sentence,
    setting: Setting,
    own: Sequence[Term],
    before: Sequence[Term],
    numbers: Sequence[Token],
    size: Size | zh.Known | None,
    discourse: Discourse,
    pair: Sequence[GroupZh],
) -> Iterator[Outcome]:
    text = form.text
    mine = list(walk(list(numbers), s.start, s.end))
    own = merged(text, own, mine)
    values = every = share_units(text, cells(text, mine, own, s.start, s.end), own)
    named = own
    if _HAN.search(text, s.start, s.end):
        own, values = people_zh.told(text, own, every)
        discourse.analysed = topic_zh.analysed(text, s) or (discourse.analysed if topic_zh.goes_on(text, s) else None)
        discourse.when = topic_zh.when(text, s, numbers) or (discourse.when if topic_zh.goes_on(text, s) else None)
    spoken = list(within(text, list(verbal(text, own, values, s.start, s.end))))
    spoken += list(all_too(text, own, spoken))
    if _HAN.search(text, s.start, s.end):
        spoken += _everyone(text, own, spoken, s.start)
    if not any(t.kind == "tox" for t in own):
        spoken += again(text, before, s.start, s.end)
    if _FACTOR.search(text, s.start, s.end):
        spoken = [r for r in spoken if r.cell.value != 0 or r.term.kind not in ("response", "generic")]
    again_told = list(again_here(text, own, s.start, s.end))
    denied = {r.term.start for r in spoken if r.cell.value == 0 or (r.how in ("all", "each") and _shut(own, r, values))}
    if _HAN.search(text, s.start, s.end):
        spoken = list(truly_none(text, spoken, s.start))
    readings = assign(text, [t for t in own if t.start not in denied], values, s.start, s.end)
    readings = of_so_many(text, readings)
    each = {(r.term.start, r.cell.value): r.cell.den for r in spoken if r.how == "each"}
    readings = [
        replace(r, cell=replace(r.cell, den=each[r.term.start, r.cell.value]), how="each")
        if (r.term.start, r.cell.value) in each
        else r
        for r in readings
    ]
    if discourse.timed and any(c.kind == "ratio" for c in values):
        readings += ratio_again(text, discourse.timed, own, values, readings, s.start)
    if not readings and not any(t.kind != "sink" for t in own):
        readings += _it_was(text, discourse.told, values, s.start)
    readings += none_too(text, readings, s.end)
    readings += after_none(text, spoken, values, [r.cell for r in readings])
    more = list(after_none_zh(text, spoken, own, values))
    readings = [r for r in readings if all(not _meet(r.cell, x.cell) for x in more)] + more
    used = {r.term.start for r in readings if r.cell.kind != "ratio" and r.how != "after none"}
    shared = {r.term.id for r in readings if r.cell.kind == "rate" and r.cell.value == 100}
    spoken = [r for r in spoken if r.how != "each" or r.term.id not in shared]  # 全部10例均获缓解,ORR为100%
    readings += [r for r in spoken if r.term.start not in used or _in_all(text, r, readings)]
    denials = [r.cell for r in again_told]  # "no grade 3 events" of what was just told are not events of any sort
    readings = [
        r for r in readings if r.term.id != "TEAE" or r.cell.value or not any(_meet(r.cell, c) for c in denials)
    ]
    readings += again_told
    if not _HAN.search(text, s.start, s.end):
        doses = [r.term.start for r in readings if r.cell.kind == "dose"]
        readings += at_level(text, own, doses, s.start, s.end)
        counted = {r.term.start for r in readings}
        single = [*a_toxicity(text, own, s.start, s.end), *in_a_patient(text, own, s.start, s.end)]
        readings += [r for r in single if r.term.start not in counted]
    else:
        readings += levels(text, own, readings, s.start)
    readings = those_named(text, own, readings)
    readings += [*also(text, own, readings), *sorts(text, readings), *split_up(text, own, readings)]
    if discourse.told and text[s.start - 2 : s.start].strip().endswith(";"):
        readings += again_zh.told_again(text, own, values, readings, discourse.told, s.start)
    if "alive" in text[s.start : s.end]:
        living = list(alive(text, own, values, s.start))
        readings = [r for r in readings if all(r.cell.start != x.cell.start for x in living)] + living
    readings.sort(key=lambda r: r.cell.start)
    discourse.told = readings
    lists: list[Groups] = []
    whole = size.treated if isinstance(size, zh.Known) else size
    if isinstance(size, zh.Known):
        told = _chinese(text, readings, named, every, s, size, pair, discourse)
    else:
        lists = [g for g in _groups(text, mine, s, readings, discourse) if g.label.label != setting.study]
        told = placed(text, readings, values, lists, s.start, s.end, discourse, size.value if size else None)
        told = framed(text, told, s.start, s.end)
    for p in told:
        place = (p.arm, p.reference)
        if p.reading.cell.ratio and not p.han:
            place = versus(p, told, lists, discourse.pair)
        o = record(form, s, setting, replace(p, arm=place[0]), place[1], values, mine, whole, discourse)
        if o:
            yield details.tell(o, details.local(text, discourse.names, s, p.reading, readings, values, mine), form)


def _as_printed(o: Outcome, text: str, form: Normal) -> Outcome:
    """The outcome's words in the characters that its text prints, where the rules read other ones."""

    han = bool(_HAN.search(form.text))

    def printed(words: str | None) -> str | None:
        if not words or words in text and han:
            return words
        spans = [form.span(m.start(), m.end()) for m in re.finditer(re.escape(words), form.text)]
        own = next((x for x in spans if x[0] >= o.evidence.sentence_span[0]), spans[0] if spans else None)
        if not han:
            return with_accents(words, text[slice(*own)]) if own else words
        return re.sub(r"\s*\n\s*", "", text[slice(*own)]) if own else words

    arm = replace(o.arm, label=printed(o.arm.label) or "") if o.arm else None
    who = replace(o.population, subgroup=printed(o.population.subgroup)) if o.population else None
    verbatim = printed(o.verbatim) or o.verbatim
    o = replace(o, arm=arm, population=who, verbatim=verbatim, study=o.study if han else printed(o.study))
    return replace(o, label=printed(o.label), reference_arm=printed(o.reference_arm))


def _in_all(text: str, r: Reading, told: Sequence[Reading]) -> bool:
    """ "All patients had CRS, grade 1 in 12 and grade 2 in 8": of all, though the term has values by grade."""
    own = [x for x in told if x.term.start == r.term.start]
    graded = all(re.search(r"(?i)级|grade|G\d", text[r.term.end : x.cell.end + 8]) for x in own)
    apart = [x for x in own if _ALL_OF_ONE.fullmatch(text[r.cell.end : x.cell.lo])]
    if r.how == "all" and apart:
        return True  # "in all patients who received A and in 57% of those who received B"
    return r.how == "all" and graded and all(x.cell.kind in ("count", "bare") and x.cell.lo > r.cell.hi for x in own)


def _shut(own: Sequence[Term], r: Reading, values: Sequence[Cell]) -> bool:
    """Whether the next endpoint stands before the next value: 全部患者均发生血细胞减少,CRS发生率为75%."""
    after = next((t.start for t in own if t.start >= r.term.end), None)
    return after is not None and all(c.lo >= after or c.lo < r.term.end for c in values)


_FACTOR = re.compile(  # "no response to bridging therapy was an independent risk factor"
    r"\b(?:risk factors?|predict(?:ors?|ed|ive of)|prognostic|multivaria\w+|associated with)\b", re.I
)
_ALL_OF_ONE = re.compile(
    r"\s(?:who|in|with|given|treated|receiving|on|at)\s[^.;%]{3,60}?,?\s(?:and|versus|vs\.?|but|compared with)\s"
    r"(?:only\s)?(?:in\s)?",
    re.I,
)


def _meet(a: Cell, b: Cell) -> bool:
    return a.lo < b.hi and b.lo < a.hi


_IT_WAS = re.compile(r"(?:\A|[,;)]\s)(?:it|this|this rate|the median|the rate)\s(?:was|reached)\s(?:only\s|just\s)?\Z", re.I)


def _it_was(text: str, told: Sequence[Reading], values: Sequence[Cell], start: int) -> Iterator[Reading]:
    """ "In the 8 patients with ascites, it was 6.1 months": the only endpoint that the sentence before told."""
    named = {r.term.start: r.term for r in told if not r.cell.ratio}
    if len(named) != 1:
        return
    term = next(iter(named.values()))
    kinds = {r.cell.kind for r in told}
    for c in values:
        if c.kind in kinds and c.kind in ("time", "rate") and _IT_WAS.search(text[start : c.lo]):
            yield Reading(term, c, "it was")


def _everyone(text: str, own: Sequence[Term], spoken: Sequence[Reading], start: int) -> Iterator[Reading]:
    """缓解者的MRD均为阴性: all of them."""
    for t, a, b in people_zh.everyone(text, own, start):
        if all(t.start != r.term.start for r in spoken):
            yield Reading(t, Cell("rate", a, b, a, b, 100.0, unit="%"), "all")


def _groups(
    text: str, mine: Sequence[Token], s: Sentence, readings: Sequence[Reading], discourse: Discourse
) -> list[Groups]:
    """Groups named in a sentence that has readings or sizes; what it says of arms and their sizes is kept."""
    sized = any(t.kind in ("n", "count") for t in mine) or bool(_NOUN.search(text, s.start, s.end))
    lists = groups(text, mine, s.start, s.end, discourse.codes) if readings or sized else []
    discourse.learn(lists)
    named = [a for g in lists for a in g.atoms if a.kind in ("arm", "code", "level")]
    levels = [a for a in named if a.kind == "level"]
    named = levels if len(levels) > 1 else [a for a in named if a.kind != "level"]
    distinct = [a for i, a in enumerate(named) if key(a.label) not in [key(x.label) for x in named[:i]]]
    set_up = (
        tuple(distinct)
        if not readings
        and not any(t.kind == "grade" for t in mine)  # toxicities at their levels set up no comparison
        and 2 <= len(distinct) <= 4
        and len({a.kind == "level" for a in distinct}) == 1
        else ()
    )
    if _THOSE.match(text, s.start):
        before = [g.label for g in groups(text, [], *discourse.previous, discourse.codes) if g.atoms[0].kind == "who"]
        discourse.people = before[-1] if len(before) == 1 else None
    else:
        discourse.people = None
    discourse.pair = randomised(text, s.start, s.end) or set_up or discourse.pair
    return lists


_THOSE = re.compile(r"(?:Among|In|Of|For|Within)\s(?:these|those|this|them)\b")
_NOUN = re.compile(r"\b(?:randomi[sz]ed|randomly|groups?|cohorts?|arms?|settings?)\b")


def _chinese(
    text: str,
    readings: Sequence[Reading],
    own: Sequence[Term],
    values: Sequence[Cell],
    s: Sentence,
    size: zh.Known,
    pair: Sequence[GroupZh],
    discourse: Discourse,
) -> list[Placed]:
    """Readings of a Chinese sentence with their arm or population, and how many they are of."""
    whole = size.treated.value if size.treated else None
    before = topic_zh.carried(text, s, discourse.topic)
    by_disease = bool(before and before.people and only_disease(before.label))
    found = groups_zh.groups(text, own, values, s.start, s.end, whole, by_disease)
    listed = prune(text, own, values, s.start)
    out = []
    for i, r in enumerate(readings):
        g, reference = groups_zh.group_of(text, r, listed, found, pair, s.start), None
        if r.cell.ratio:
            g, reference = versus_zh.versus(text, r, found, pair)
        elif g is None and not any(x.end <= r.cell.lo for x in found) and r.cell.kind != "dose":
            g = before
        if g and g.people and g.start <= r.term.start < g.end and r.term.kind == "response":
            g = None  # 获SD者5例: they are those who had it
        arm = Group(g.label, g.start, g.end) if g and not g.people else None
        if g and g.people and (inside := topic_zh.arm_of(text, g, found)):
            arm = Group(inside.label, inside.start, inside.end)
        who = topic_zh.subgroup(text, s.start, g, found) if arm and g and not g.people else patients(g)
        den = zh.denominator(text, r, values, g, s.start, s.end, size)
        if i and not who and (those := topic_zh.of_these(text, r, readings[i - 1])):
            who, den = those[0], those[1] or den
        out.append(Placed(r, arm, people=who, den=den, han=True, reference=reference))
    discourse.topic = topic_zh.topic(text, s, found, discourse.topic)
    return out


def _once(found: Sequence[Outcome], concluding: Sequence[tuple[int, int]]) -> Iterator[Outcome]:
    """Each result once: a later telling of the same value with nothing new to it is left out."""
    seen: dict[tuple[object, ...], list[Outcome]] = {}
    valued = {o.endpoint for o in found if o.statistic == "dose" and o.value is not None and not o.background}
    for o in found:
        if o.rule == "text.level" and o.endpoint in valued:
            continue
        late = o.evidence.sentence_span in concluding
        alike = seen.setdefault((o.endpoint, o.value, o.value_status, o.study, o.statistic, bool(o.background), o.grade), [])
        if any(_repeats(o, x, late) for x in alike[-_NEAR:]):
            continue
        alike.append(o)
        yield o


_NEAR = 40  # no text tells one value of one endpoint more often, but a broken one


def _repeats(o: Outcome, x: Outcome, late: bool) -> bool:
    """Whether an outcome of the same endpoint, value, study and grade is the same result told again."""
    same_sentence = o.evidence.sentence_span == x.evidence.sentence_span
    if same_sentence and o.evidence.value_span == x.evidence.value_span:
        return True
    other_interval = o.dispersion and x.dispersion and o.dispersion != x.dispersion
    if same_sentence and o.rule in ("text.goes_on", "text.list_again") or other_interval:
        return False  # another group's value, though equal
    if (same_sentence or not late) and o.population and x.population and o.population != x.population:
        return False
    if o.statistic == "count" and o.value and not late:
        return False
    narrower = bool(x.arm and x.arm.role == "OVERALL" and (late or o.statistic not in ("rate", "km_rate")))
    same_arm = o.arm == x.arm or (o.arm and o.arm.role == "OVERALL") or narrower
    same_n = o.numerator in (None, x.numerator) and o.denominator in (None, x.denominator)
    return bool(same_arm and same_n and o.time_point in (None, x.time_point))
