"""Statistical analyses of a posted measure: hazard, odds and risk ratios and differences, with limits and p-value.

The direction of a comparison is not stated by the format: the label names the groups in the posted order, and no
group is called the reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from trialkb.records import ArmRef, Dispersion, Outcome, ResultMeasure

from ._registry_groups import Groups
from ._registry_values import number, unit

_KINDS = (
    ("hazard_ratio", re.compile(r"hazard ratio|\bHR\b(?! ?\))|\(HR\)", re.I)),
    ("odds_ratio", re.compile(r"odds ratio", re.I)),
    ("relative_risk", re.compile(r"(?:risk|rate|response rate) ratio|relative risk|ratio of response rate", re.I)),
    ("difference", re.compile(r"difference", re.I)),
)
_NOT = re.compile(r"\blog\b|logarithm|ratio of|difference in ratio", re.I)


def analyses(base: Outcome, measure: ResultMeasure, groups: Groups, text: str) -> Iterator[Outcome]:
    """Outcomes of the analyses that are a ratio or a difference of two or more groups."""
    for a in measure.analyses:
        kind, span, estimate = _kind(str(a.get("paramType") or "")), a.get("span"), number(a.get("paramValue"))
        ids = a.get("groupIds") or []
        if kind is None or span is None or estimate is None or len(ids) < 2:
            continue
        start, end = int(span[0]), int(span[1])
        line = (text.rfind("\n", 0, start) + 1, _line_end(text, start))
        names = " vs ".join(groups.name(g) for g in ids)
        at = text.find(names, *line)
        yield replace(
            base,
            statistic=kind,
            value=estimate,
            unit=_unit(kind, str(a.get("paramType")), measure),
            dispersion=_limits(a),
            p_value=a.get("pValue"),
            arm=ArmRef(names),
            note=a.get("estimateComment") or a.get("groupDescription"),
            param_type=None,
            evidence=replace(
                base.evidence,
                value_span=(start, end),
                sentence_span=line,
                arm_span=(at, at + len(names)) if at >= 0 else None,
            ),
        )


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _kind(param: str) -> str | None:
    """The statistic a parameter's name stands for; logarithms and ratios of means are none of ours.

    >>> _kind("Hazard Ratio (HR)"), _kind("Odds Ratio, log"), _kind("LS Mean Difference"), _kind("Slope")
    ('hazard_ratio', None, 'difference', None)
    """
    found = next((kind for kind, pattern in _KINDS if pattern.search(param)), None)
    if found is None or (_NOT.search(param) and not re.search(r"ratio of response rate", param, re.I)):
        return None
    return found


def _unit(kind: str, param: str, measure: ResultMeasure) -> str | None:
    """A ratio has no unit; a difference has the measure's, unless its own name says percent of people."""
    if kind != "difference":
        return "1"
    if unit(measure.unit)[1] == "people":
        return "%" if re.search(r"%|percent", param, re.I) else None
    return unit(measure.unit)[0]


def _limits(a: Mapping[str, Any]) -> Dispersion | None:
    low, high, level = number(a.get("ciLowerLimit")), number(a.get("ciUpperLimit")), number(a.get("ciPctValue"))
    if (low is None and high is None) or level is None:
        return None
    kind = f"CONFIDENCE_{level:g}" if level in (95, 90, 80) else "CONFIDENCE_OTHER"
    upper = "reported" if high is not None else "NE" if a.get("ciNumSides") != "ONE_SIDED" else None
    return Dispersion(kind, low, high, level, upper)  # type: ignore[arg-type]
