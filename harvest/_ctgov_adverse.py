"""Posted adverse events of ClinicalTrials.gov: a record and a line of text for each term and group.

The totals of a group (deaths, patients with any serious, with any other event) come first and carry `total`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from trialkb.records import AdverseEvent, Group

from ._ctgov_json import block, items, line, number, string
from ._ctgov_results import Page, groups, name

_TOTALS: tuple[tuple[Literal["deaths", "serious", "other"], str], ...] = (
    ("deaths", "All-cause mortality"),
    ("serious", "Any serious adverse event"),
    ("other", "Any other adverse event"),
)


def adverse_events(module: Mapping[str, Any]) -> tuple[tuple[AdverseEvent, ...], tuple[Group, ...], str]:
    """Events, groups, and the text of the section `adverse_events`."""
    page = Page()
    group_list = groups(module, "eventGroups")
    named = {g.id: g for g in group_list}
    page.line(block(string(module, "description") or ""))
    if frame := string(module, "timeFrame"):
        page.line(f"Time frame: {block(frame)}")
    if threshold := string(module, "frequencyThreshold"):
        page.line(f"Other events are listed where more than {threshold}% of a group had them.")
    events = (*_totals(page, module, named), *_terms(page, module, named))
    return events, group_list, page.text()


def _totals(page: Page, module: Mapping[str, Any], named: Mapping[str, Group]) -> Iterator[AdverseEvent]:
    for kind, words in _TOTALS:
        for g in items(module, "eventGroups"):
            affected, at_risk = number(g, f"{kind}NumAffected"), number(g, f"{kind}NumAtRisk")
            if affected is not None or at_risk is not None:
                group = string(g, "id") or ""
                start, end = _line(page, f"{words} | {name(group, named)}: ", affected, at_risk, None)
                serious = kind != "other"
                yield AdverseEvent(group, words, serious, affected, at_risk, start=start, end=end, total=kind)


def _terms(page: Page, module: Mapping[str, Any], named: Mapping[str, Group]) -> Iterator[AdverseEvent]:
    for key, serious in (("seriousEvents", True), ("otherEvents", False)):
        for event in items(module, key):
            for s in items(event, "stats"):
                yield _event(page, event, serious, s, named)


def _event(
    page: Page, event: Mapping[str, Any], serious: bool, s: Mapping[str, Any], named: Mapping[str, Group]
) -> AdverseEvent:
    term, system = string(event, "term") or "(no term)", string(event, "organSystem")
    group = string(s, "groupId") or ""
    affected, at_risk, times = (number(s, k) for k in ("numAffected", "numAtRisk", "numEvents"))
    head = " | ".join(["Serious" if serious else "Other", line(system or ""), line(term), name(group, named)])
    start, end = _line(page, f"{head}: ", affected, at_risk, times)
    return AdverseEvent(
        group,
        term,
        serious,
        affected,
        at_risk,
        times,
        system,
        string(event, "sourceVocabulary"),
        start,
        end,
        assessment=string(event, "assessmentType"),
        notes=string(event, "notes"),
    )


def _line(
    page: Page, head: str, affected: int | None, at_risk: int | None, events: int | None
) -> tuple[int | None, int | None]:
    """Write `head affected/at risk, n events`; the span of the affected count."""
    page.add(head)
    start, end = page.add("not given" if affected is None else str(affected))
    page.end(f"/{'not given' if at_risk is None else at_risk}" + (f", {events} events" if events is not None else ""))
    return (None, None) if affected is None else (start, end)
