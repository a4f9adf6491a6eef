"""Validators: what does not add up among a document's outcomes is flagged, never dropped and never mended.

`WORDS` says what each flag means. A printed number stands for all numbers that round to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .records import Outcome

WORDS = {
    "count_over_denominator": "more patients counted than there were",
    "denominator_zero": "counted of no patients",
    "share_out_of_bounds": "no share of patients",
    "count_share_mismatch": "n/N is not the printed percentage",
    "impossible_share": "no whole number of the N patients gives this percentage",
    "outside_ci": "lies outside its own confidence interval",
    "outside_range": "lies outside its own range",
    "limits_reversed": "its lower limit is above its upper limit",
    "over_enrolled": "of more patients than were enrolled",
    "cr_pr_not_orr": "CR + PR is not the ORR",
    "cr_over_orr": "CR is above the ORR",
    "orr_over_dcr": "ORR is above the DCR",
    # what the extract parts say themselves
    "serious_only": "counts serious events only",
    "non_serious_only": "counts events that were not serious only",
    "statistic_unstated": "the source does not say which statistic it is",
    "denominator_in_row_title": "the row names another N than the measure",
    "recalled": "recalled from the literature, the source not reopened",
}
_RANGES = ("FULL_RANGE", "INTER_QUARTILE_RANGE")
_SHARES = ("rate", "count")
_PARTS_OF_RESPONSE = ("CRi", "sCR", "VGPR")  # an ORR may count these too, so that CR + PR may be less
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Share:
    """A percentage as an interval, of `size` patients where known."""

    low: float
    high: float
    size: int | None


def check(outcomes: Iterable[Outcome], enrollment: int | None = None) -> tuple[Outcome, ...]:
    """The outcomes of one document, in order, each with the flags that it earns added to those it has.

    `enrollment` is the number of patients actually enrolled, where known. Pure and idempotent.
    """
    given = tuple(outcomes)
    flags: list[set[str]] = [set(_alone(o, enrollment)) for o in given]
    for places in _groups(given).values():
        for flag, involved in _together([(i, given[i]) for i in places]):
            for i in involved:
                flags[i].add(flag)
    return tuple(_with(o, new) for o, new in zip(given, flags, strict=True))


def _with(o: Outcome, new: set[str]) -> Outcome:
    added = tuple(sorted(new.difference(o.flags)))
    return replace(o, flags=o.flags + added) if added else o


def _alone(o: Outcome, enrollment: int | None) -> Iterator[str]:
    """Flags that an outcome earns by itself."""
    n, size = o.numerator, o.denominator
    if n is not None and size is not None and n > size:
        yield "count_over_denominator"
    if size == 0:
        yield "denominator_zero"
    if enrollment is not None and not o.background and max(n or 0, size or 0) > enrollment:
        yield "over_enrolled"
    yield from _share_flags(o)
    yield from _limit_flags(o)


def _share_flags(o: Outcome) -> Iterator[str]:
    printed = _printed(o)
    if printed is None or o.comparator in ("<", "<=", ">", ">=", "~"):
        return
    if o.statistic in ("rate", "km_rate") and not 0 <= (o.value or 0) <= (100 if o.unit == "%" else 1):
        yield "share_out_of_bounds"
        return
    if o.statistic != "rate" or not o.denominator:
        return
    if o.numerator is not None and "numerator" not in o.derived and "value" not in o.derived:
        exact = 100 * o.numerator / o.denominator
        if not printed.low - _SLACK <= exact <= printed.high + _SLACK:
            yield "count_share_mismatch"
    elif (
        o.numerator is None and "denominator" not in (*o.inferred, *o.derived) and not _possible(printed, o.denominator)
    ):
        yield "impossible_share"


def _possible(share: Share, size: int) -> bool:
    """Whether some whole number of patients is that share of `size`.

    >>> _possible(Share(10.5, 11.5, None), 29), _possible(Share(9.5, 10.5, None), 29)
    (False, True)
    """
    most = int(share.high * size / 100 + _SLACK)
    return 100 * most >= (share.low - _SLACK) * size


def _limit_flags(o: Outcome) -> Iterator[str]:
    spread = o.dispersion
    if spread is None:
        return
    low, high, value = spread.lower, spread.upper, o.value
    if low is not None and high is not None and low > high:
        yield "limits_reversed"
        return
    outside = value is not None and ((low is not None and value < low) or (high is not None and value > high))
    if outside and spread.type.startswith("CONFIDENCE"):
        yield "outside_ci"
    elif outside and spread.type in _RANGES and o.statistic in ("median", "mean"):
        yield "outside_range"


def _half(value: float) -> float:
    """Half a unit of the last decimal that a number shows.

    >>> _half(38.8), _half(40.0)
    (0.05, 0.5)
    """
    text = f"{value:.10f}".rstrip("0")
    return 0.5 * 10.0 ** -len(text.partition(".")[2])


def _printed(o: Outcome) -> Share | None:
    """The percentage as printed, with its rounding; None where the outcome prints none."""
    if o.value is None or o.unit not in ("%", "1") or o.statistic not in ("rate", "km_rate") or "value" in o.derived:
        return None
    scale, half = (1.0 if o.unit == "%" else 100.0), _half(o.value)
    return Share(scale * (o.value - half), scale * (o.value + half), o.denominator)


def _share(o: Outcome) -> Share | None:
    """What share of patients an outcome says: by its counts where printed, else by its percentage."""
    if o.numerator is not None and o.denominator and "numerator" not in o.derived:
        exact = 100 * o.numerator / o.denominator
        return Share(exact, exact, o.denominator)
    return _printed(o)


def _groups(outcomes: Sequence[Outcome]) -> dict[Hashable, list[int]]:
    """Places of response outcomes of the same patients, assessed the same way."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for i, o in enumerate(outcomes):
        if o.endpoint in ("ORR", "CR", "PR", "DCR", *_PARTS_OF_RESPONSE) and o.statistic in _SHARES:
            arm = o.arm.label if o.arm else None
            groups[
                o.document, o.study, o.background, o.cites, arm, o.population, o.assessor, o.criteria, o.time_point
            ].append(i)
    return groups


def _together(group: list[tuple[int, Outcome]]) -> Iterator[tuple[str, list[int]]]:
    """Flags that outcomes of a group earn by each other, and whom they concern."""
    ends: dict[str, list[tuple[int, Share]]] = defaultdict(list)
    for i, o in group:
        if share := _share(o):
            ends[o.endpoint].append((i, share))
    one = {e: rows[0][1] for e, rows in ends.items() if len({r[1] for r in rows}) == 1}
    places = {e: [i for i, _ in ends[e]] for e in one}
    if _same(one, "CR", "PR", "ORR") and not any(e in ends for e in _PARTS_OF_RESPONSE):
        low, high = one["CR"].low + one["PR"].low, one["CR"].high + one["PR"].high
        if low > one["ORR"].high + _SLACK or high < one["ORR"].low - _SLACK:
            yield "cr_pr_not_orr", places["CR"] + places["PR"] + places["ORR"]
    for less, more, flag in (("CR", "ORR", "cr_over_orr"), ("ORR", "DCR", "orr_over_dcr")):
        if _same(one, less, more) and one[less].low > one[more].high + _SLACK:
            yield flag, places[less] + places[more]


def _same(one: dict[str, Share], *endpoints: str) -> bool:
    """Whether each endpoint has one share, and all of the same number of patients as far as they say."""
    return all(e in one for e in endpoints) and len({one[e].size for e in endpoints} - {None}) <= 1
