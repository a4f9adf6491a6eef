"""Groups of a posted measure as arms: title, role from the record's own arms, and whom a number counts.

Roles come only from an arm of the same name, from a single arm, or from the word placebo; anything else is UNKNOWN.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from trialkb.records import ArmRef, ResultMeasure, Trial

_ROLES = {"EXPERIMENTAL", "ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "NO_INTERVENTION"}
_EVERYONE = re.compile(r"(?:overall|total|all|entire|whole)(?: study)?(?: treated| enrolled)?"
                       r"(?: participants?| patients?| subjects?| population| cohort| study)?", re.I)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Groups:
    names: Mapping[str, str]
    roles: Mapping[str, str]
    sizes: Mapping[tuple[str, str | None], int]  # (group, class title or None) -> participants

    def name(self, group: str) -> str:
        return self.names.get(group, group)

    def denominator(self, group: str, class_title: str | None) -> int | None:
        """Participants that a number of this group and class is of, as posted."""
        own = self.sizes.get((group, class_title)) if class_title else None
        return own if own is not None else self.sizes.get((group, None))

    def arm(self, group: str, size: int | None) -> ArmRef:
        return ArmRef(self.name(group), self.roles.get(group, "UNKNOWN"), size)


def read_groups(trial: Trial, measure: ResultMeasure) -> Groups:
    """The groups of a measure."""
    names = {g.id: " ".join((g.title or g.id).split()) for g in measure.groups}
    sizes = {
        (d.group_id, d.class_title): int(d.value)
        for d in measure.denominators
        if d.value.isdigit() and (d.units or "Participants").lower() in ("participants", "patients", "subjects")
    }
    return Groups(names, roles(trial, names), sizes)


def roles(trial: Trial, names: Mapping[str, str]) -> dict[str, str]:
    """Group id -> role, by the arms of the record."""
    arms = {_key(a.label): a.type for a in trial.arms if a.label and a.type in _ROLES}
    alone = trial.arms[0].type if len(trial.arms) == 1 and trial.arms[0].type in _ROLES else None
    return {group: _role(name, arms, alone) for group, name in names.items()}


def _role(name: str, arms: Mapping[str, str | None], alone: str | None) -> str:
    key = _key(name)
    exact = arms.get(key)
    if exact:
        return exact
    if re.fullmatch(r"(?:matching )?placebo\b(?! (?:\+|plus|and|with)).*", name, re.I):
        return "PLACEBO_COMPARATOR"
    if alone:
        return alone
    if _EVERYONE.fullmatch(name):
        return "OVERALL"
    inside = {role for label, role in arms.items() if _holds(key, label) or _holds(label, key)}
    return inside.pop() or "UNKNOWN" if len(inside) == 1 else "UNKNOWN"


def _holds(longer: str, shorter: str) -> bool:
    """Whether a name holds another as whole words; names like 1 or A say nothing.

    >>> _holds("arm a ct041", "ct041"), _holds("ima 638", "3"), _holds("placebo stage 1", "1")
    (True, False, False)
    """
    return len(shorter) > 3 and f" {shorter} " in f" {longer} "


def _key(name: str) -> str:
    return re.sub(r"\W+", " ", name).strip().lower()
