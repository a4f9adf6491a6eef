"""Citation: results cited from papers by hand (the starter corpus), as outcomes that say so.

Reads `Article.extra["facts"]`, whose spans lie in the section `citation`; no rule of language is at work here.
Traps: origin is `citation` (cited, not read from the source); a second-hand figure (`relayed`) and one that was
recalled and not reopened (`recalled`) carry a flag; a numerator computed from n and a percentage is `derived`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trialkb.records import ArmRef, Dispersion, Document, Evidence, Grade, Outcome, Population, Section, TimePoint
from trialkb.text import digest

RULE = "citation.starter"


def find(document: Document) -> Iterator[Outcome]:
    """One outcome a cited fact; nothing for a document without facts or without their section."""
    section = document.section("citation")
    if document.article is None or section is None:
        return
    sha = digest(section.text)
    extra = document.article.extra
    ids = document.article.registry_ids
    study = ids[0] if len(ids) == 1 else extra.get("family")
    for fact in extra.get("facts", ()):
        yield _outcome(document.id, study, section, sha, fact)


def _span(pair: Any) -> tuple[int, int]:
    return int(pair[0]), int(pair[1])


def _outcome(document: str, study: str | None, section: Section, sha: str, fact: Mapping[str, Any]) -> Outcome:
    endpoint = _span(fact["endpoint_span"])
    evidence = Evidence("citation", _span(fact["value_span"]), endpoint, _span(fact["sentence_span"]), sha)
    return Outcome(
        document=document,
        study=study,
        endpoint=fact["endpoint"],
        statistic=fact["statistic"],
        evidence=evidence,
        rule=RULE,
        origin="citation",
        verbatim=section.text[slice(*endpoint)],
        label=fact.get("label"),
        value=fact["value"],
        comparator=fact.get("comparator"),
        value_status=fact.get("value_status", "reported"),
        unit=fact["unit"],
        numerator=fact.get("num"),
        denominator=fact.get("den"),
        dispersion=_dispersion(fact),
        p_value=fact.get("p_value"),
        arm=ArmRef(**fact["arm"]) if fact.get("arm") else None,
        reference_arm=fact.get("reference_arm"),
        population=Population(**fact["population"]) if fact.get("population") else None,
        time_point=TimePoint(**fact["time_point"]) if fact.get("time_point") else None,
        follow_up=TimePoint(**fact["follow_up"]) if fact.get("follow_up") else None,
        grade=Grade(**fact["grade"]) if fact.get("grade") else None,
        criteria=fact.get("criteria"),
        assessor=fact.get("assessor"),
        confirmed=fact.get("confirmed"),
        verbal=fact.get("verbal", False),
        background=fact.get("background"),
        derived=tuple(fact.get("derived", ())),
        flags=tuple(k for k in ("recalled", "relayed") if fact.get(k)),
    )


def _dispersion(fact: Mapping[str, Any]) -> Dispersion | None:
    """The interval as printed; an upper bound that was not reached has no number."""
    if "ci_low" not in fact:
        return None
    kind = fact.get("ci_type", "CONFIDENCE_95")
    upper = fact["ci_high"]
    level = 95.0 if kind == "CONFIDENCE_95" else None
    return Dispersion(kind, fact["ci_low"], upper, level, "NE" if upper is None else "reported")
