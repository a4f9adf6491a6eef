"""Posted adverse events of a registry record to safety Outcomes: deaths, any serious, any other, and term by term.

Each count is of the patients of one group with one term in one table. Trap: the serious and the other table are
disjoint lists of events, so that a term's count is neither its incidence at any grade nor can the two be added;
such rows carry the flag `serious_only` or `non_serious_only`. The other table leaves out terms below a threshold.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from trialkb.records import AdverseEvent, ArmRef, Document, Evidence, Outcome
from trialkb.text import digest

from ._registry_groups import roles
from ._registry_words import grade

_TOTALS = {"deaths": "DEATH", "serious": "SAE", "other": "OTHER_SAFETY"}


def find(document: Document) -> Iterator[Outcome]:
    """Outcomes of the posted adverse events; an event without a count gives none.

    That nobody of a group had a term is told for catalogued terms only (no CRS is a result, no hiccups is bulk).
    """
    trial, section = document.trial, document.section("adverse_events")
    if trial is None or section is None:
        return
    names = {g.id: " ".join((g.title or g.id).split()) for g in trial.result_groups}
    by_group = roles(trial, names)
    sha = digest(section.text)
    for event in trial.adverse_events:
        if event.start is not None and event.end is not None and event.affected is not None:
            name = names.get(event.group_id, event.group_id)
            arm = ArmRef(name, by_group.get(event.group_id, "UNKNOWN"), event.at_risk)
            if event.affected or event.total or event.term.lower().strip() in by_term():
                yield _outcome(document.id, section.text, sha, event, arm, event.start, event.end, event.affected)


def _outcome(
    doc: str, text: str, sha: str, event: AdverseEvent, arm: ArmRef, start: int, end: int, affected: int
) -> Outcome:
    line = (text.rfind("\n", 0, start) + 1, text.find("\n", start) if "\n" in text[start:] else len(text))
    term = " ".join(event.term.split())
    group = (start - 2 - len(arm.label), start - 2)
    at = text.rfind(term, line[0], group[0])
    endpoint = _TOTALS[event.total] if event.total else by_term().get(term.lower(), "OTHER_SAFETY")
    return Outcome(
        doc,
        endpoint,
        "count",
        Evidence("adverse_events", (start, end), (at, at + len(term)), line, sha, group),
        f"adverse_events.{event.total or 'term'}",
        text[at : at + len(term)],
        study=doc,
        label=term if endpoint == "OTHER_SAFETY" else None,
        param_type="COUNT_OF_PARTICIPANTS",
        value=float(affected),
        unit="{participants}",
        numerator=affected,
        denominator=event.at_risk,
        arm=arm,
        grade=grade(term),
        flags=() if event.total else ("serious_only" if event.serious else "non_serious_only",),
        origin="registry_results",
        note=event.notes,
    )


@cache
def by_term() -> dict[str, str]:
    """Lower-case event term -> endpoint, of adverse_events.tsv.

    >>> by_term()["neutrophil count decreased"]
    'NEUTROPENIA'
    """
    source = files("trialkb.extract").joinpath("adverse_events.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(source.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {term: row["endpoint"] for row in rows for term in row["terms"].split(";")}
