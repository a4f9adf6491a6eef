"""Confidence: how often each rule was right where somebody checked, as a Beta posterior mean with its count.

confidence.tsv holds rule, hits, tries, how. Text rules are counted on the development set by bench/confidence.py,
which writes the rows; the rules were written on that set, so that this is what they do at their best. Rules of posted
results are counted by hand against the registry's JSON. Outcomes outside the catalogue (OTHER_*, PERSISTENCE) are
counted apart, as `rule+other`: even careful readers agree less on them. A rule ending in `.*` stands for its family;
it answers for the members that were tried fewer than FEW times.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from .records import Outcome

FEW = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """Hits among tries of a rule; `how` says on what."""

    hits: int
    tries: int
    how: str = ""

    @property
    def mean(self) -> float:
        """Posterior mean of the precision under a uniform prior.

        >>> Measured(9, 10).mean, Measured(0, 0).mean
        (0.8333333333333334, 0.5)
        """
        return (self.hits + 1) / (self.tries + 2)


@cache
def table() -> dict[str, Measured]:
    """Rule -> what was measured."""
    source = files("trialkb").joinpath("confidence.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(source.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {r["rule"]: Measured(int(r["hits"]), int(r["tries"]), r["how"]) for r in rows}


def keys(rule: str, endpoint: str) -> tuple[str, str]:
    """The rows that speak for an outcome: of its rule and of the rule's family.

    >>> keys("text.object", "OTHER_SAFETY")
    ('text.object+other', 'text.*+other')
    """
    apart = "+other" if endpoint.startswith("OTHER_") or endpoint == "PERSISTENCE" else ""
    return rule + apart, rule.split(".")[0] + ".*" + apart


def measured(rule: str, endpoint: str) -> Measured | None:
    """What was measured for a rule, or for its family where the rule itself was hardly tried; None if neither was."""
    own, family = (table().get(key) for key in keys(rule, endpoint))
    return own if own and (own.tries >= FEW or family is None) else family


def rate(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes with the confidence of their rules; a rule that nobody measured gives none."""
    return tuple(_rated(o) for o in outcomes)


def _rated(o: Outcome) -> Outcome:
    known = measured(o.rule, o.endpoint)
    return o if known is None else replace(o, confidence=round(known.mean, 3))
