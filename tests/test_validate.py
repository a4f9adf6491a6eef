"""Validators over outcomes: what must be flagged, and what must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkb.records import ArmRef, Dispersion, Evidence, Outcome, Population
from trialkb.validate import WORDS, check

AT = Evidence("body", (0, 1), (0, 1), (0, 1), "0")


def outcome(endpoint: str = "ORR", statistic: str = "rate", value: float | None = None, **fields: Any) -> Outcome:
    fields.setdefault("unit", "%")
    return Outcome("D", endpoint, statistic, AT, "r", endpoint, value=value, **fields)


def ci(low: float | None, high: float | None, kind: str = "CONFIDENCE_95") -> Dispersion:
    return Dispersion(kind, low, high)


ALONE = [
    (outcome(value=38.8, numerator=38, denominator=98), ()),
    (outcome(value=39, numerator=38, denominator=98), ()),
    (outcome(value=38.0, numerator=38, denominator=98), ("count_share_mismatch",)),  # 38.8 does not round to 38
    (outcome(value=48.6, numerator=17, denominator=37), ("count_share_mismatch",)),
    (outcome(value=0.23, unit="1", numerator=17, denominator=74), ()),
    (outcome(value=48.6, numerator=17, denominator=37, comparator=">="), ()),
    (outcome(value=41.7, numerator=5, denominator=12, derived=("value",)), ()),
    (outcome(value=99.0, numerator=40, denominator=37, derived=("numerator",)), ("count_over_denominator",)),
    (outcome(statistic="count", value=0.0, numerator=0, denominator=0), ("denominator_zero",)),
    (outcome(value=11, denominator=29), ("impossible_share",)),
    (outcome(value=0.11, unit="1", denominator=29), ("impossible_share",)),
    (outcome(value=10, denominator=29), ()),
    (outcome(value=11, denominator=29, inferred=("denominator",)), ()),
    (outcome(value=30.6, denominator=62), ()),
    (outcome(value=30.6, denominator=60), ("impossible_share",)),
    (outcome("PFS", "km_rate", 37.3, denominator=98), ()),  # a Kaplan-Meier estimate is no n/N
    (outcome(value=104.0), ("share_out_of_bounds",)),
    (outcome("OS", "hazard_ratio", 104.0, unit="1"), ()),
    (outcome(statistic="count", value=41.0, numerator=41, denominator=40), ("count_over_denominator",)),
    (outcome(value=38.8, dispersion=ci(29.1, 49.2)), ()),
    (outcome(value=50.0, dispersion=ci(29.1, 49.2)), ("outside_ci",)),
    (outcome(value=38.8, dispersion=ci(29.1, None)), ()),
    (outcome("OS", "median", 8.8, unit="mo", dispersion=ci(9.0, None)), ("outside_ci",)),
    (outcome("OS", "median", 8.8, unit="mo", dispersion=ci(1, 8, "FULL_RANGE")), ("outside_range",)),
    (outcome("OS", "median", 8.8, unit="mo", dispersion=ci(1, 20, "FULL_RANGE")), ()),
    (outcome("OS", "median", None, unit="mo", dispersion=ci(1, 20)), ()),
    (outcome("OS", "median", 8.8, unit="mo", dispersion=ci(20, 1)), ("limits_reversed",)),
    (outcome("TTR", "mean", 9.02, unit="wk", dispersion=Dispersion("STANDARD_DEVIATION", spread=4.7)), ()),
]


@pytest.mark.parametrize(("o", "flags"), ALONE)
def test_an_outcome_by_itself(o: Outcome, flags: tuple[str, ...]) -> None:
    (checked,) = check([o])
    assert checked.flags == flags
    assert replace(checked, flags=()) == o
    assert check([checked]) == (checked,)


def test_more_patients_than_enrolled() -> None:
    o = outcome(value=38.8, numerator=38, denominator=98)
    assert check([o], 98)[0].flags == ()
    assert check([o], 97)[0].flags == ("over_enrolled",)
    assert check([o], None)[0].flags == ()
    assert check([replace(o, background="other_study")], 10)[0].flags == ()


def counts(arm: str = "A", **by: int | tuple[int, int]) -> list[Outcome]:
    rows = {e: n if isinstance(n, tuple) else (n, 40) for e, n in by.items()}
    return [
        outcome(e, "count", float(n), unit="{participants}", numerator=n, denominator=size, arm=ArmRef(arm))
        for e, (n, size) in rows.items()
    ]


TOGETHER = [
    (counts(ORR=10, CR=4, PR=6), set()),
    (counts(ORR=10, CR=4, PR=5), {"cr_pr_not_orr"}),
    (counts(ORR=10, CR=4, PR=4, CRi=2), set()),
    (counts(ORR=10, DCR=9), {"orr_over_dcr"}),
    (counts(ORR=10, DCR=10), set()),
    (counts(CR=11, ORR=10), {"cr_over_orr"}),
    (counts(ORR=10, CR=(4, 38), PR=(7, 38)), set()),  # another denominator: other patients
    (counts("A", ORR=10, CR=4) + counts("B", PR=1, DCR=2), set()),
    ([outcome("ORR", value=48.6), outcome("CR", value=5.4), outcome("PR", value=43.2)], set()),
    ([outcome("ORR", value=48.6), outcome("CR", value=5.4), outcome("PR", value=40.2)], {"cr_pr_not_orr"}),
    ([outcome("ORR", value=33.4), outcome("CR", value=16.7), outcome("PR", value=16.7)], set()),  # rounding
    ([outcome("ORR", value=57.0), outcome("DCR", value=33.3)], {"orr_over_dcr"}),
    ([outcome("ORR", value=57.0), outcome("DCR", value=33.3, background="other_study")], set()),
    ([outcome("ORR", value=57.0), outcome("DCR", value=33.3, study="NCT00000002")], set()),
    ([outcome("ORR", value=57.0), outcome("ORR", value=60.0), outcome("DCR", value=33.3)], set()),  # which of the two?
    ([outcome("ORR", value=57.0, population=Population(subgroup="GC")), outcome("DCR", value=33.3)], set()),
    ([outcome("ORR", "median", 57.0), outcome("DCR", value=33.3)], set()),
]


@pytest.mark.parametrize(("group", "flags"), TOGETHER)
def test_outcomes_of_the_same_patients(group: list[Outcome], flags: set[str]) -> None:
    checked = check(group)
    assert {f for o in checked for f in o.flags} == flags
    assert [replace(o, flags=()) for o in checked] == group


def test_every_flag_has_words() -> None:
    given = {f for _, flags in ALONE for f in flags} | {f for _, flags in TOGETHER for f in flags} | {"over_enrolled"}
    assert given <= set(WORDS)


def test_flags_of_others_stay() -> None:
    (o,) = check([outcome(value=104.0, flags=("serious_only",))])
    assert o.flags == ("serious_only", "share_out_of_bounds")


@given(st.integers(1, 400), st.data(), st.integers(0, 2))
def test_a_rounded_share_is_never_flagged(size: int, data: st.DataObject, digits: int) -> None:
    n = data.draw(st.integers(0, size))
    printed = round(100 * n / size, digits)
    with_count = outcome(value=printed, numerator=n, denominator=size)
    assert check([with_count, replace(with_count, numerator=None)])[0].flags == ()


@given(
    st.lists(st.builds(outcome, st.sampled_from(["ORR", "CR", "DCR"]), st.just("rate"), st.floats(0, 100)), max_size=9)
)
def test_order_does_not_matter(group: list[Outcome]) -> None:
    forward = check(group)
    assert tuple(reversed(check(list(reversed(group))))) == forward
