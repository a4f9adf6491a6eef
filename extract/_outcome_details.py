"""What else is told of a result: response criteria, grading scale, assessor, confirmation, role, p value, follow-up.

What stands in the value's own sentence comes first; else what the text says once for all results ("assessed by IRC per
RECIST 1.1", "the primary endpoint was ORR", "median follow-up was 12 months") is inherited and named in `inferred`.
Where a text names two criteria, assessors or roles for an endpoint, none is inherited. The wordings are data
(outcome_details.tsv); the span of each detail is in `evidence.details`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from trialkb.records import Outcome, TimePoint
from trialkb.text import Normal

from ._numbers import Token
from ._outcome_cells import Cell, bare_words
from ._outcome_context import Setting
from ._outcome_reading import Reading
from ._outcome_terms import Term
from ._outcome_text import Sentence
from ._rules import using

RESPONSE = frozenset(("ORR", "CR", "CRi", "PR", "SD", "PD", "DCR", "CBR", "sCR", "VGPR"))
ASSESSED = RESPONSE | {"PFS", "DOR", "TTR", "EFS", "DFS"}
CELL_TOX = frozenset(("CRS", "ICANS", "NEUROTOXICITY"))
UNGRADED = frozenset(("DLT", "TRM", "MTD", "RP2D"))
FOLLOWED = ASSESSED | {"OS", "RFS", "MRD_NEG"}
SCALES = {"ASTCT": "ASTCT", "Lee 2014": "LEE2014", "CARTOX": "CARTOX"}


@dataclass(frozen=True, slots=True)
class Told:
    """A detail and where the reading form says it."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a text says once for all its results: by use (response, cell_tox, tox, assessor), and roles by endpoint."""

    once: dict[str, Told] = field(default_factory=dict)
    roles: dict[str, Told] = field(default_factory=dict)


USES = ("response", "cell_tox", "tox", "assessor", "role")
Named = dict[str, list[Told]]


def named(text: str) -> Named:
    """Criteria, scales, assessors and roles that a text names, by use; the particular wording before the general.

    >>> [x.value for x in named("ORR per RECIST v1.1 and iRECIST")["response"]]
    ['RECIST 1.1', 'iRECIST']
    """
    lower = text.lower()
    out: Named = {}
    for use in USES:
        found: list[Told] = []
        for rule in using("outcome_details", use):
            for m in rule.pattern.finditer(text) if rule.may(lower) else ():
                if not any(x.start < m.end() and m.start() < x.end for x in found):
                    found.append(Told(rule.value, m.start(), m.end()))
        out[use] = sorted(found, key=lambda x: x.start)
    return out


def _of(names: Named, use: str, s: Sentence) -> list[Told]:
    return [x for x in names[use] if s.start <= x.start and x.end <= s.end]


def plan(
    text: str,
    names: Named,
    sentences: Sequence[Sentence],
    settings: Sequence[Setting],
    terms: Sequence[Term],
    review: bool,
) -> Plan:
    """What the sentences that speak of this study say once for all; nothing of a text that tells several studies'."""
    if review:
        return Plan()
    told: dict[str, list[Told]] = {use: [] for use in ("response", "cell_tox", "tox", "assessor")}
    roles: dict[str, list[Told]] = {}
    for s, setting in zip(sentences, settings, strict=True):
        others = setting.background in ("preclinical", "other_study", "standard_care", "citation")
        if others and s.role not in ("methods", "endpoints"):
            continue
        for use in told:
            told[use] += _of(names, use, s)
        for endpoint, role in _roles(text, names, s, [t for t in terms if s.start <= t.start and t.end <= s.end]):
            roles.setdefault(endpoint, []).append(role)
    return Plan(
        {use: x for use, found in told.items() if (x := _only(found))},
        {endpoint: x for endpoint, found in roles.items() if (x := _only(found))},
    )


def _only(found: Sequence[Told]) -> Told | None:
    """The one thing named, a version of it before its bare name; None where several are."""
    values = {x.value for x in found}
    values -= {v for v in values if any(w != v and w.startswith(f"{v} ") for w in values)}
    return next((x for x in found if x.value in values), None) if len(values) == 1 else None


def _roles(text: str, names: Named, s: Sentence, terms: Sequence[Term]) -> Iterator[tuple[str, Told]]:
    """(endpoint, role) of "the primary endpoint was ORR; secondary endpoints were DCR and OS" and "ORR was the ..."."""
    marks = _of(names, "role", s)
    for i, mark in enumerate(marks):
        stop = marks[i + 1].start if i + 1 < len(marks) else s.end
        since = marks[i - 1].end if i else s.start
        behind = _SERVES.search(text[since : mark.start])
        held = [t for t in terms if (since <= t.start < mark.start if behind else mark.end <= t.start < stop)]
        for t in held:
            if t.kind != "sink" and mark.value != "POST_HOC":
                yield _endpoint(t), mark


_SERVES = re.compile(
    r"(?i)\b(?:was|were|is|are|served as|being|as)\s(?:the\s|a\s|its\s|our\s|co-?)*\Z|(?:为|是|作为)\s?\Z"
)


def _endpoint(t: Term) -> str:
    return "ORR" if t.kind == "generic" else "OS" if t.kind == "survival" else t.id


def local(
    text: str,
    names: Named,
    s: Sentence,
    r: Reading,
    readings: Sequence[Reading],
    cells: Sequence[Cell],
    mine: Sequence[Token],
) -> dict[str, Told]:
    """Details of a reading that its own sentence tells."""
    out: dict[str, Told | None] = {}
    id = _endpoint(r.term)
    if id in ASSESSED:
        out["criteria"] = _near(text, r, _of(names, "response", s), cells, s)
        out["assessor"] = _near(text, r, _of(names, "assessor", s), cells, s)
    elif r.term.kind == "tox" and id not in UNGRADED:
        uses = ("cell_tox", "tox") if id in CELL_TOX else ("tox",)
        out["criteria"] = next((x for use in uses if (x := _near(text, r, _of(names, use, s), cells, s))), None)
    if id in RESPONSE:
        out["confirmed"] = _confirmed(text, r.term)
    out["role"] = _role(text, names, r, s)
    out["p_value"] = next((p for p in (_p(text, t, readings, cells, r) for t in mine if t.kind == "p") if p), None)
    return {k: v for k, v in out.items() if v}


def _near(text: str, r: Reading, found: Sequence[Told], cells: Sequence[Cell], s: Sentence) -> Told | None:
    """The mention that belongs to a value: the only one of the sentence, else the one beside the value."""
    if one := _only(found):
        return one
    c = r.cell
    following = min((x.lo for x in cells if x.lo >= c.hi and x.kind == c.kind), default=s.end)
    previous = max((x.hi for x in cells if x.hi <= c.lo and x.kind == c.kind), default=s.start)
    behind = [x for x in found if c.hi <= x.start < following and x.start - c.hi < 60]
    return _only([x for x in behind if not re.search(r"[,;]", bare_words(text[c.hi : x.start]))]) or _only(
        [x for x in found if previous <= x.start and x.end <= c.lo]
    )


_CONFIRMED = re.compile(
    r"(?i)(?<!un)\bconfirmed\s(?:(?!by\b|in\b)[\w-]+\s){0,2}\Z|(?<!未)(?<!未经)(?<!待)确认的?(?:最佳)?\s?\Z"
)
_UNCONFIRMED = re.compile(r"(?i)\bunconfirmed\s(?:[\w-]+\s){0,2}\Z|未(?:经)?确认的?\s?\Z|待确认的?\s?\Z")
_BEHIND = re.compile(r"(?i)\s?\((?:all\s|均)?(?P<word>confirmed|unconfirmed|确认|未确认|待确认)\b")


def _confirmed(text: str, t: Term) -> Told | None:
    """yes or no: whether responses are said to be confirmed."""
    start = max(0, t.start - 30)
    before = text[start : t.start]
    for pattern, value in ((_UNCONFIRMED, "no"), (_CONFIRMED, "yes")):
        if m := pattern.search(before):
            both = re.search(r"(?i)confirmed (?:and|or|or un|and un)\s?-?(?:un)?confirmed", before)
            return None if both else Told(value, start + m.start(), start + m.end())
    if m := _BEHIND.match(text, t.end):
        return Told("no" if re.match(r"un|未|待", m["word"]) else "yes", *m.span("word"))
    words = t.words.lower()
    if words.startswith("unconfirmed") or re.match(r"u(?:PR|CR)\b", t.words):
        return Told("no", t.start, t.end)
    if words.startswith(("confirmed", "确认")) or re.match(r"c(?:ORR|PR|CR)\b", t.words):
        return Told("yes", t.start, t.end)
    return None


def _role(text: str, names: Named, r: Reading, s: Sentence) -> Told | None:
    """ "The primary endpoint, ORR, was 38%", "ORR (primary endpoint) was 38%", "in a post hoc analysis"."""
    marks = _of(names, "role", s)
    after = next((x for x in marks if r.term.end <= x.start), None)
    if after and re.fullmatch(r"\s?[(,]?\s?(?:the\s)?", text[r.term.end : after.start]):
        return after
    before = next((x for x in reversed(marks) if x.end <= r.term.start), None)
    if before is None:
        return None
    gap = text[before.end : r.term.start]
    return before if before.value == "POST_HOC" or (len(gap) < 40 and not re.search(r"[;。]|\d", gap)) else None


_P = re.compile(
    r"(?i)\A(?:p|log-?rank[^\d<>=≤≥]{0,14}p?)\s?-?\s?(?:values?)?\s?(?P<sign>[<>=≤≥]|was|of)?\s?(?P<n>0?\.\d+|"
    r"\d\.\d+|\d)(?P<power>\s?[x×]\s?10\^?-?\d+)?\s?\Z"
)
_COMPARES = re.compile(r"(?i)\bvs\b|versus|compared|\bthan\b|\band\b|高于|低于|优于|长于|短于|比|和|与|、|对照|/|,")


def _p(text: str, token: Token, readings: Sequence[Reading], cells: Sequence[Cell], r: Reading) -> Told | None:
    """The p value of a reading: of the ratio or of the values compared just before it."""
    m = _P.match(text[token.start : token.end])
    owner = max((x for x in readings if x.cell.hi <= token.start), key=lambda x: x.cell.hi, default=None)
    if m is None or owner is None:
        return None
    gap = text[owner.cell.hi : token.start].lstrip(" ,;)%")
    if (
        len(gap) > 70
        or re.search(r"[;。]|\d", bare_words(gap))
        or any(owner.cell.hi <= x.lo < token.start for x in cells)
    ):
        return None
    if r is owner or (owner.cell.kind != "ratio" and _compared(text, r, owner, cells)):
        sign = {"=": "", "was": "", "of": "", None: ""}.get(m["sign"], m["sign"])
        return Told(f"{sign}{m['n']}{m['power'] or ''}".replace(" ", ""), token.start, token.end)
    return None


def _compared(text: str, r: Reading, owner: Reading, cells: Sequence[Cell]) -> bool:
    """Whether a reading is the other side of a comparison: the value before, of the same endpoint and kind."""
    a, b = r.cell, owner.cell
    if r.term.id != owner.term.id or a.kind != b.kind or a.hi > b.lo:
        return False
    if any(a.hi <= x.lo < b.lo and x.kind == a.kind for x in cells):
        return False
    gap = bare_words(text[a.hi : b.lo])
    return len(gap) < 90 and bool(_COMPARES.search(gap)) and not re.search(r"[;。]", gap)


def tell(o: Outcome, found: dict[str, Told], form: Normal, inferred: bool = False) -> Outcome:
    """The outcome with details added to what it lacks, each with its span."""
    changes: dict[str, object] = {}
    spans = list(o.evidence.details)
    for name, x in found.items():
        if getattr(o, name) is not None:
            continue
        changes[name] = x.value == "yes" if name == "confirmed" else x.value
        spans.append((name, *form.span(x.start, x.end)))
        if name == "criteria" and o.grade and o.endpoint not in ASSESSED:
            scale = SCALES.get(x.value, "CTCAE" if x.value.startswith("CTCAE") else None)
            changes["grade"] = replace(o.grade, scale=scale)
    if not changes:
        return o
    names = tuple(n for n in changes if n != "grade") if inferred else ()
    evidence = replace(o.evidence, details=tuple(spans))
    return replace(o, **changes, evidence=evidence, inferred=(*o.inferred, *names))  # type: ignore[arg-type]


def inherit(found: Iterable[Outcome], said: Plan, form: Normal) -> list[Outcome]:
    """Outcomes with what the text said once for all of them, and with the follow-up that they were seen over."""
    told = [tell(o, _inherited(o, said), form, inferred=True) for o in found]
    follow_ups = [
        o for o in told if o.endpoint == "FOLLOW_UP" and o.statistic == "median" and o.value and not o.background
    ]
    return [_followed(o, follow_ups) for o in told]


def _inherited(o: Outcome, said: Plan) -> dict[str, Told]:
    if o.background:
        return {}
    out: dict[str, Told | None] = {"role": said.roles.get(o.endpoint)}
    if o.endpoint in ASSESSED:
        out |= {"criteria": said.once.get("response"), "assessor": said.once.get("assessor")}
    elif o.grade and o.endpoint in CELL_TOX:
        out["criteria"] = said.once.get("cell_tox")
    elif o.grade and o.endpoint not in UNGRADED:
        out["criteria"] = said.once.get("tox")
    return {k: v for k, v in out.items() if v}


def _followed(o: Outcome, follow_ups: Sequence[Outcome]) -> Outcome:
    """An outcome with the median follow-up of its study and arm, where the text gives one."""
    if o.endpoint not in FOLLOWED or o.background or o.statistic == "individual":
        return o
    own = [f for f in follow_ups if f.study == o.study]
    same = [f for f in own if f.arm and o.arm and f.arm.label == o.arm.label and f.population == o.population]
    everyone = [f for f in own if f.arm and f.arm.role == "OVERALL" and f.population is None]
    chosen = same or everyone or own
    if len({(f.value, f.unit) for f in chosen}) != 1:
        return o
    f = chosen[0]
    if not f.value or not f.unit or (not same and not everyone):
        return o
    evidence = replace(o.evidence, details=(*o.evidence.details, ("follow_up", *f.evidence.value_span)))
    here = f.evidence.sentence_span == o.evidence.sentence_span
    inferred = o.inferred if here else (*o.inferred, "follow_up")
    return replace(o, follow_up=TimePoint(f.value, f.unit), evidence=evidence, inferred=inferred)
