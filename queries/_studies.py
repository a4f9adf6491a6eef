"""Studies of a benchmark: one row a trial family, its latest cut, and why a value is or is not pooled.

Interim, update, final and congress reports of one trial are one family: the latest cut is the row, the others are its
history. A later report of a small part of the patients does not displace the whole. Nothing is pooled whose counts are
not printed (unless asked), whose source does not re-read, that was read with little confidence, or that is retracted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from trialkb.terms import ancestors, mentions

from ._evidence import Held, Paper, rereads
from ._exact import clopper_pearson
from ._overlap import Earlier, earlier, latest
from ._request import Request

COMPARATORS = ("ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "NO_INTERVENTION")
_HISTOLOGY = frozenset(("adenocarcinoma", "solid_tumour", "carcinoma"))
_UNTREATED = re.compile(
    r"\W*(?:match(?:ing|ed) )?(?:placebo|no (?:treatment|intervention)|observation|best supportive care|安慰剂|观察)\W*\Z",
    re.IGNORECASE,
)
_OVERALL = re.compile(
    r"(?:overall|total|all (?:participants|patients|subjects|treated).*|all|总体|全部)\W*\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Count:
    """Events of n patients; `derived` where the numerator is computed from a percentage and a printed n."""

    events: int
    total: int
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Study:
    """One row: the values it shows, its counts, and what a reader must know of it."""

    family: str
    held: tuple[Held, ...]  # one; several where arms are summed
    papers: tuple[Paper, ...]  # the row's own paper first
    count: Count | None = None
    not_pooled: str | None = None
    arm: str | None = None
    population: str | None = None
    dose: str | None = None
    phases: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    indications: tuple[str, ...] = ()
    history: tuple[Earlier, ...] = ()
    beside: tuple[Held, ...] = ()  # follow-up and landmark rates of the same paper, for times
    flags: tuple[str, ...] = ()
    comparator: bool = False
    group: str | None = field(default=None)

    @property
    def paper(self) -> Paper:
        return self.papers[0]

    @property
    def year(self) -> str | None:
        return (self.paper.date or "")[:4] or None

    @property
    def label(self) -> str:
        """Author, year and trial: what tables and plots call the study."""
        name = self.paper.source.label
        name = f"{name} ({self.family})" if self.family not in name else name
        part = self.arm or self.population or self.dose
        return f"{name}: {part}" if part and len(self.held) == 1 else name


def count(held: Held, request: Request) -> Count | str:
    """The counts of a value, or why it cannot be pooled."""
    o = held.outcome
    n, x = o.denominator, o.numerator
    if o.value_status != "reported":
        return o.value_status.replace("_", " ")
    if n is None:
        return "n is not printed for it"
    if n < 1:
        return "no patient was assessed"
    of_patients = o.statistic == "count" and o.unit in (None, "{participants}")  # events are no patients
    if x is None and of_patients and o.value is not None and float(o.value).is_integer():
        x = int(o.value)
    derived = "numerator" in o.derived or x is None
    if derived:
        return _computed(held, n, request)
    assert x is not None
    if not 0 <= x <= n:
        return f"{x}/{n} is no share of patients"
    if held.percent is not None and abs(100 * x / n - held.percent) > 1.01:
        return f"{x}/{n} and {held.percent:g}% do not agree"
    return Count(x, n)


def _computed(held: Held, n: int, request: Request) -> Count | str:
    """A numerator computed from the percentage, where one count alone gives it at the digits printed."""
    if held.percent is None:
        return "no count is printed"
    text = next((t for t in re.findall(r"\d+(?:\.\d+)?", held.quote.replace("·", ".")) if _same(t, held)), None)
    digits = len(text.partition(".")[2]) if text else len(f"{held.percent:g}".partition(".")[2])
    digits -= 2 if held.outcome.unit == "1" else 0
    half = 0.5 * 10**-digits + 1e-9
    fitting = [x for x in range(n + 1) if abs(100 * x / n - held.percent) <= half]
    if len(fitting) > 1:
        fitting = [x for x in fitting if _gives(x, n, held)] or fitting
    if len(fitting) != 1:
        many = f"{len(fitting)} counts" if fitting else "no count"
        return f"its numerator is not printed, and {many} of {n} would give {held.percent:g}%"
    if not request.derived:
        return f"its numerator is not printed ({fitting[0]}/{n} would give {held.percent:g}%; --derived pools it)"
    return Count(fitting[0], n, True)


def _gives(x: int, n: int, held: Held) -> bool:
    """Whether the exact interval of x of n is the one printed."""
    d = held.outcome.dispersion
    if d is None or d.type != "CONFIDENCE_95" or d.lower is None or d.upper is None:
        return False
    low, high = (100 * v for v in clopper_pearson(x, n))
    digits = max(len(f"{v:g}".partition(".")[2]) for v in (d.lower, d.upper))
    return bool(max(abs(low - d.lower), abs(high - d.upper)) <= 0.5 * 10**-digits + 1e-9)


def _same(words: str, held: Held) -> bool:
    return held.outcome.value is not None and abs(float(words) - held.outcome.value) < 1e-9


def barred(held: Held, paper: Paper | None, request: Request) -> str | None:
    """Why a value may not be pooled whatever its counts, or None."""
    o = held.outcome
    if paper and paper.source.retracted:
        return "the paper is RETRACTED"
    if wrong := rereads(held):
        return f"its source does not re-read: {wrong}"
    if {"serious_only", "non_serious_only"} & set(o.flags):
        return "it counts only the serious, or only the other, events of a registry's two tables"
    if "recalled" in o.flags and request.min_confidence > 0.5:
        return "the figure was recalled, its source not reopened (--min-confidence 0.5 pools it)"
    if o.confidence is not None and o.confidence < request.min_confidence:
        return f"read with confidence {o.confidence:.2f} (--min-confidence pools it)"
    if o.confidence is None and o.origin == "text" and request.min_confidence > 0:
        return "read by a rule whose precision is not measured (--min-confidence 0 pools it)"
    return None


def build(family: str, values: Sequence[Held], papers: Mapping[str, Paper], request: Request) -> Iterator[Study]:
    """The rows of one family: its latest cut, one row (or one an arm, dose or population where asked)."""
    own = [papers[d] for d in dict.fromkeys(h.outcome.document for h in values) if d in papers]
    firsthand = [p for p in own if p.kind != "review"] or own
    record = [papers[family]] if family in papers and family not in {p.id for p in own} else []
    cuts: dict[str, list[Held]] = {p.id: [h for h in values if h.outcome.document == p.id] for p in firsthand}

    def poolable(h: Held) -> bool:
        return not isinstance(count(h, request), str)

    order = latest(cuts, papers, poolable)
    for d in order if request.include_all else order[:1]:
        rows = list(_rows(family, cuts[d], [papers[d], *(p for p in own if p.id != d), *record], request))
        used = {h.id for r in rows for h in r.held}
        rest = () if request.include_all else tuple(earlier(d, order, cuts, papers, used))
        for i, row in enumerate(rows):
            yield replace(row, history=rest if i == 0 else ())


def _rows(family: str, values: Sequence[Held], papers: Sequence[Paper], request: Request) -> Iterator[Study]:
    """The rows of one report."""
    kept = _whole(values, bool(_other_tumours(papers[0], request)), request)
    groups: dict[str | None, list[Held]] = {}
    for h in kept:
        groups.setdefault(_part(h, request), []).append(h)
    if request.per == "study":
        picked = _study(kept, request)
        if picked:
            row = _row(family, picked, papers, request)
            yield replace(row, flags=(*row.flags, *_others(picked, kept)))
        return
    for name in groups:
        best = _best(groups[name], request)
        if best:
            yield _row(family, (best,), papers, request, name)


def _others(picked: Sequence[Held], values: Sequence[Held]) -> Iterator[str]:
    """That the same record reports the endpoint in other arms too."""
    labels = {h.outcome.arm.label if h.outcome.arm else "" for h in picked}
    rest = {
        h.outcome.arm.label
        for h in values
        if h.outcome.arm and h.outcome.arm.label not in labels and h.outcome.denominator and not _overall(h)
    }
    if any(_UNTREATED.match(x) for x in rest):
        yield "arm without treatment left out"
    rest = {x for x in rest if not _UNTREATED.match(x)}
    if rest and "" not in labels and not any(_overall(h) for h in picked):
        yield f"{len(rest)} further arms of the record are not in the row"


def _part(h: Held, request: Request) -> str | None:
    o = h.outcome
    if request.per == "dose" or request.by == "dose":
        return o.population.dose_level if o.population else None
    if request.per == "population":
        return " ".join(x for x in (o.population.subgroup, o.population.analysis_set) if x) if o.population else None
    return o.arm.label if o.arm else None


def _whole(values: Sequence[Held], mixed: bool, request: Request) -> list[Held]:
    """Values of the patients asked for: the asked indication's own, else all patients, else a part of them.

    Only where the study has other tumours too (`mixed`) are arms that name the asked one more than the others.
    """
    tiers: dict[str, list[Held]] = {"match": [], "whole": [], "part": []}
    for h in values:
        tier = _tier(h, request)
        if tier:
            plain = tier == "match" and not mixed and not (h.outcome.population and h.outcome.population.subgroup)
            tiers["whole" if plain else tier].append(h)
    if request.per == "population":
        return [h for t in tiers.values() for h in t]
    kept = next((t for t in tiers.values() if t), [])
    if request.per != "dose" and request.by != "dose":
        kept = [h for h in kept if not (h.outcome.population and h.outcome.population.dose_level)] or kept
    return [h for h in kept if h.outcome.time_point is None] or kept


def _tier(h: Held, request: Request) -> str | None:
    """match: the asked indication's patients; whole: all; part: another part; None: another indication's."""
    subgroup = h.outcome.population.subgroup if h.outcome.population else None
    arm = h.outcome.arm.label if h.outcome.arm else None
    wanted = request.wanted("indication")
    named = {m.id for m in mentions(f"{subgroup or ''}\n{arm or ''}", frozenset({"indication"}))}
    if named & wanted:
        return "match"
    if not named or not wanted:
        return "part" if subgroup else "whole"
    broader = any(set(ancestors("indication", w)) & named for w in wanted)
    return ("part" if subgroup else "whole") if broader else None


def _study(values: Sequence[Held], request: Request) -> tuple[Held, ...]:
    """The value of the whole study, or its arms to be summed; comparators are left out where a therapy is asked for."""
    asked = bool(request.target or request.modality)
    able = [h for h in values if not (asked and h.outcome.arm and h.outcome.arm.role in COMPARATORS)]
    able = [h for h in able if not (h.outcome.arm and _UNTREATED.match(h.outcome.arm.label))] or list(values)
    whole = [h for h in able if h.outcome.arm is None or _overall(h)]
    best = _best(whole, request)
    if request.sort != "share":
        best = best or _best(able, request)
    if best and (request.sort != "share" or _counts(best, request)):
        return (best,)
    arms = _arms([h for h in able if h not in whole], request)
    if best and not (arms and all(_counts(h, request) for h in arms)):
        return (best,)
    return arms


def _counts(h: Held, request: Request) -> bool:
    return not isinstance(count(h, request), str)


def _overall(h: Held) -> bool:
    arm = h.outcome.arm
    return arm is not None and (arm.role == "OVERALL" or bool(_OVERALL.match(arm.label)))


def _arms(values: Sequence[Held], request: Request) -> tuple[Held, ...]:
    """All arms of one measure, one value an arm; of several measures the one that `_weight` puts first.

    An arm whose counts are not known stays in, so that the row is not pooled rather than pooled without it.
    """
    measures: dict[tuple[object, ...], dict[str, list[Held]]] = {}
    for h in values:
        o = h.outcome
        key = (o.evidence.section, o.assessor, o.confirmed, o.criteria, o.population, o.time_point, o.statistic)
        group = measures.setdefault(key if o.origin == "registry_results" else (o.population, o.time_point), {})
        if o.denominator != 0:
            group.setdefault(o.arm.label if o.arm else "", []).append(h)
    chosen = [[b for hs in group.values() if (b := _best(hs, request))] for group in measures.values() if group]
    best = max(chosen, key=lambda arms: _weight(arms, request), default=list(values[:1]))
    return tuple(best)


def _weight(arms: Sequence[Held], request: Request) -> tuple[object, ...]:
    """Measures whose arms all have counts go first, then most patients, plain criteria, primary, first in the record."""
    o = arms[0].outcome
    number = re.search(r"\d+", o.evidence.section)
    return (
        all(_counts(h, request) for h in arms),
        sum(h.outcome.denominator or 0 for h in arms),
        not (o.criteria or "").lower().startswith(("ir", "i-")),
        o.role == "PRIMARY",
        -int(number[0]) if number else 0,
    )


def _best(values: Sequence[Held], request: Request) -> Held | None:
    """The value to show among several of the same patients: with counts, of most patients, primary, reviewed, sure."""

    def rank(h: Held) -> tuple[object, ...]:
        o = h.outcome
        return (
            _counts(h, request),
            o.statistic != "km_rate",
            o.value is not None or o.numerator is not None,
            o.denominator or 0,
            o.role == "PRIMARY",
            o.assessor == "IRC",
            bool(o.confirmed),
            o.origin in ("human", "registry_results"),
            o.confidence or 0,
            "".join(chr(0x10FFFF - ord(c)) for c in h.id[:8]),  # in the end the first id, so that the choice is stable
        )

    return max(values, key=rank, default=None)


def _row(
    family: str, picked: tuple[Held, ...], papers: Sequence[Paper], request: Request, part: str | None = None
) -> Study:
    """A row with its counts, or with the reason why it has none."""
    counts = [count(h, request) for h in picked]
    why = next((b for h in picked if (b := barred(h, papers[0], request))), None)
    why = why or next((c for c in counts if isinstance(c, str)), None)
    whole = [c for c in counts if isinstance(c, Count)]
    total = Count(sum(c.events for c in whole), sum(c.total for c in whole), any(c.derived for c in whole))
    first = picked[0].outcome
    alone = len(picked) == 1
    return Study(
        family,
        picked,
        tuple(papers),
        total if len(whole) == len(picked) and request.sort == "share" else None,
        None if request.sort != "share" else why,
        (part if request.per == "arm" else first.arm.label if first.arm and alone else None),
        first.population.subgroup if first.population and alone else None,
        first.population.dose_level if first.population and alone else None,
        _phases(papers),
        tuple(dict.fromkeys([p.line for p in papers if p.line] + list(_terms(papers, "line")))),
        _terms(papers, "target"),
        _terms(papers, "indication"),
        flags=tuple(_flags(picked, papers, request)),
        comparator=bool(alone and first.arm and first.arm.role in COMPARATORS),
    )


def _terms(papers: Sequence[Paper], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for p in papers for t in p.terms(kind)))


def _phases(papers: Sequence[Paper]) -> tuple[str, ...]:
    """The phases that the first of the papers to name one names."""
    named = next((t for p in papers if (t := p.terms("phase"))), ())
    return tuple(sorted({x for t in named for x in t.split("/")}))


def _flags(picked: Sequence[Held], papers: Sequence[Paper], request: Request) -> Iterator[str]:
    """What the validators say, and what a reader must know."""
    if len(picked) > 1:
        yield f"sum of {len(picked)} arms"
    yield from dict.fromkeys(f for h in picked for f in h.outcome.flags)
    origins = {h.outcome.origin for h in picked}
    if "citation" in origins:
        yield "cited, not read from the source"
    if "human" in origins:
        yield "corrected by a person"
    if papers[0].kind == "review":
        yield "from a review"
    if papers[0].source.kind == "preprint":
        yield "preprint"
    if papers[0].source.retracted:
        yield "RETRACTED"
    other = _other_tumours(papers[0], request)
    if other:
        alone = {_tier(h, request) for h in picked} == {"match"}
        yield (
            "the asked tumour's patients alone"
            if alone
            else f"patients with other tumours too ({', '.join(other[:3])})"
        )


def _other_tumours(paper: Paper, request: Request) -> list[str]:
    """Indications of a paper that are not the one asked for, nor above or below it."""
    wanted = request.wanted("indication")
    named = paper.terms("indication") if wanted else ()
    return [t for t in named if t not in wanted | _HISTOLOGY and not _akin(t, wanted)]


def _akin(term: str, wanted: Iterable[str]) -> bool:
    """Whether a term is broader or narrower than one of the wanted."""
    below = set(ancestors("indication", term)) & set(wanted)
    return bool(below) or any(term in ancestors("indication", w) for w in wanted)


_LINES = (
    (
        "later line",
        r"third|fourth|fifth|(?:two|2|three|four) (?:or more )?(?:previous|prior)|at least two|heavily|[三四]线|后线|later",
    ),
    ("second line", r"second|二线|one previous|one prior"),
    ("first line", r"first|front|newly|untreated|一线|初治"),
    ("relapsed or refractory", r"relaps|refractory|previously treated|pretreated|progress|复发|难治|after"),
)


def line(words: Sequence[str]) -> str:
    """The line of treatment that a record's words say, in one of five classes.

    >>> line(("third or later (median three prior systemic therapies)",)), line(("at least two previous lines",)), line(())
    ('later line', 'later line', 'line not stated')
    """
    said = " ".join(words).lower()
    return next((name for name, pattern in _LINES if re.search(pattern, said)), "line not stated")
