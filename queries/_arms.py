"""Arms: which of a report's values stand for the study: its whole, the asked tumour's patients, or all arms of a measure.

Comparators are left out where a therapy is asked for, untreated arms always. An arm whose counts are not known keeps the
study from being pooled rather than being dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from trialkb.terms import ancestors, mentions

from ._counts import counted
from ._evidence import Held, Paper
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


def other_arms(picked: Sequence[Held], values: Sequence[Held]) -> Iterator[str]:
    """That the same record reports the endpoint in other arms too."""
    if any(h.outcome.arm is None or _overall(h) for h in picked):
        return
    labels = {h.outcome.arm.label for h in picked if h.outcome.arm}
    rest = {
        h.outcome.arm.label: h.outcome.arm.role
        for h in values
        if h.outcome.arm and h.outcome.arm.label not in labels and h.outcome.denominator and not _overall(h)
    }
    compared = [x for x, role in rest.items() if role in COMPARATORS or _UNTREATED.match(x)]
    if compared:
        yield f"comparator left out: {', '.join(sorted(compared))}"
    if len(rest) > len(compared):
        yield f"other arms of the record not in the row: {len(rest) - len(compared)}"


def whole_group(values: Sequence[Held], mixed: bool, request: Request) -> list[Held]:
    """Values of the patients asked for: the asked indication's own, else all patients, else a part of them.

    Only where the study has other tumours too (`mixed`) are arms that name the asked one more than the others.
    """
    tiers: dict[str, list[Held]] = {"match": [], "whole": [], "part": []}
    for h in values:
        name = tier(h, request)
        if name:
            plain = name == "match" and not mixed and not (h.outcome.population and h.outcome.population.subgroup)
            tiers["whole" if plain else name].append(h)
    if request.per == "population":
        return [h for t in tiers.values() for h in t]
    kept = next((t for t in tiers.values() if t), [])
    if request.per != "dose" and request.by != "dose":
        kept = [h for h in kept if not (h.outcome.population and h.outcome.population.dose_level)] or kept
    return [h for h in kept if h.outcome.time_point is None] or kept


def tier(h: Held, request: Request) -> str | None:
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


def of_study(values: Sequence[Held], request: Request) -> tuple[Held, ...]:
    """The value of the whole study, or its arms to be summed; comparators are left out where a therapy is asked for."""
    asked = bool(request.target or request.modality)
    able = [h for h in values if not (asked and h.outcome.arm and h.outcome.arm.role in COMPARATORS)]
    able = [h for h in able if not (h.outcome.arm and _UNTREATED.match(h.outcome.arm.label))] or list(values)
    whole = [h for h in able if h.outcome.arm is None or _overall(h)]
    best = best_of(whole, request)
    if request.sort != "share":
        best = best or best_of(able, request)
    if best and (request.sort != "share" or counted(best, request)):
        return (best,)
    arms = _arms([h for h in able if h not in whole], request)
    if best and not (arms and all(counted(h, request) for h in arms)):
        return (best,)
    return arms


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
    chosen = [[b for hs in group.values() if (b := best_of(hs, request))] for group in measures.values() if group]
    best = max(chosen, key=lambda arms: _weight(arms, request), default=list(values[:1]))
    return tuple(best)


def _weight(arms: Sequence[Held], request: Request) -> tuple[object, ...]:
    """Measures whose arms all have counts go first, then most patients, plain criteria, primary, first in the record."""
    o = arms[0].outcome
    number = re.search(r"\d+", o.evidence.section)
    return (
        all(counted(h, request) for h in arms),
        sum(h.outcome.denominator or 0 for h in arms),
        not (o.criteria or "").lower().startswith(("ir", "i-")),
        o.role == "PRIMARY",
        -int(number[0]) if number else 0,
    )


def best_of(values: Sequence[Held], request: Request) -> Held | None:
    """The value to show among several of the same patients: with counts, of most patients, primary, reviewed, sure."""

    def rank(h: Held) -> tuple[object, ...]:
        o = h.outcome
        return (
            counted(h, request),
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


def other_tumours(paper: Paper, request: Request) -> list[str]:
    """Indications of a paper that are not the one asked for, nor above or below it."""
    wanted = request.wanted("indication")
    named = paper.terms("indication") if wanted else ()
    return [t for t in named if t not in wanted | _HISTOLOGY and not _akin(t, wanted)]


def _akin(term: str, wanted: Iterable[str]) -> bool:
    """Whether a term is broader or narrower than one of the wanted."""
    below = set(ancestors("indication", term)) & set(wanted)
    return bool(below) or any(term in ancestors("indication", w) for w in wanted)
