"""ISRCTN: trials of the ISRCTN registry from its XML (https://www.isrctn.com/api/query).

Traps: every element is in a namespace; outcomes stand either as one text or as variable, method and time points;
`Nil known` and its like mean nothing; a phase is filled in for devices too; the state of recruitment is not sent: it
follows from an override, or from the dates of recruitment and the day it is read (`extra` says which); contacts are
records of their own and a paragraph of the plain English summary, and are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element

from trialkb.errors import BadInput
from trialkb.records import Document, Intervention, Page, PlannedEndpoint, Section, Trial
from trialkb.text import language

from ._ctgov_json import block, line
from ._xml import cut, tree, whole

_EMPTY = {"nil known", "not provided at time of registration", "not applicable", "none", "n/a", "to follow"}
_PERSONAL = (
    re.compile(rb"<contact(?:\s[^>]*)?(?:/>|>.*?</contact\s*>)", re.S),
    re.compile(rb"<contactDetails(?:\s[^>]*)?(?:/>|>.*?</contactDetails\s*>)", re.S),
    re.compile(rb"Who is the main contact\?.*?(?=</plainEnglishSummary)", re.S),
    re.compile(rb"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
)
_ROMAN = {"I": "PHASE1", "II": "PHASE2", "III": "PHASE3", "IV": "PHASE4"}
_OVERRIDES = {"stopped": "TERMINATED", "suspended": "SUSPENDED", "completed": "COMPLETED"}


def join(words: Iterable[str]) -> str:
    """Words of a command line as a query that wants all of them; plain words side by side would be either-or.

    >>> join(["CAR-T", "gastric cancer"])
    'CAR-T AND "gastric cancer"'
    """
    return " AND ".join(f'"{w}"' if " " in w and '"' not in w else w for w in words)


def fetch(query: str, **settings: Any) -> Iterator[Page]:
    """Pages of the trials that answer a query, over the network: see `_isrctn_fetch.fetch`."""
    from ._isrctn_fetch import fetch as ask

    return ask(query, **settings)


def recognise(head: bytes, name: str) -> str | None:
    """Whether a file's head is the registry's XML."""
    if b"<fullTrial" in head or (b"<allTrials" in head and b"67bricks" in head):
        return "XML with fullTrial, as ISRCTN sends it"
    return None


def split(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The records of a file one by one."""
    return cut(stream, ["fullTrial"], name, "allTrials")


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """Documents of the trials in an answer, or of one fullTrial. Raises BadInput."""
    for record in cut(whole(data), ["fullTrial"], name, "allTrials"):
        raw = record
        for pattern in _PERSONAL:
            raw = pattern.sub(b"", raw)
        yield _document(_bare(tree(raw, name)), raw, name)


def _bare(root: Element) -> Element:
    """The tree with its namespace taken off the names."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _document(root: Element, raw: bytes, name: str) -> Document:
    trial = root.find("trial")
    number = _words(trial.find("isrctn")) if trial is not None else None
    if trial is None or not number or not re.fullmatch(r"(ISRCTN)?\d{8}", number):
        raise BadInput(f"{name}: expected a fullTrial with an isrctn of eight digits, found {number!r}")
    record = _trial("ISRCTN" + number[-8:], trial, _words(root.find("sponsor/organisation")))
    title = _at(trial, "trialDescription/title") or _at(trial, "trialDescription/scientificTitle")
    sections = tuple(Section(n, t, language(t)) for n, t in _texts(trial, record, title) if t and t.strip())
    return Document(
        record.id, "trial", "isrctn", sections, raw, title=title, language=language(title or ""),
        url=f"https://www.isrctn.com/{record.id}", version_date=record.update_date, trial=record,
    )  # fmt: skip


def _words(element: Element | None) -> str | None:
    """An element's text; None where it is empty or a filler."""
    text = "".join(element.itertext()).strip() if element is not None else ""
    return None if not text or text.lower().rstrip(".") in _EMPTY else text


def _at(trial: Element, path: str) -> str | None:
    return _words(trial.find(path))


def _all(trial: Element, path: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for e in trial.findall(path) if (t := _words(e))))


def _day(value: str | None) -> str | None:
    m = re.match(r"\d{4}-\d\d-\d\d", value or "", re.A)
    return m[0] if m else None


def _trial(number: str, trial: Element, sponsor: str | None) -> Trial:
    final, target = (_count(_at(trial, f"participants/{k}")) for k in ("totalFinalEnrolment", "targetEnrolment"))
    status, reason = _status(trial, date.today().isoformat())
    return Trial(
        number,
        status=status,
        study_type=(_at(trial, "trialDesign/primaryStudyDesign") or "").upper() or None,
        phases=_phases(trial),
        allocation=_allocation(trial),
        purpose=(_at(trial, "trialDesign/trialTypes/trialType") or "").upper() or None,
        enrollment=final if final is not None else target,
        enrollment_type="ACTUAL" if final is not None else "ESTIMATED" if target is not None else None,
        start_date=_day(_at(trial, "participants/recruitmentStart")),
        completion_date=_day(_at(trial, "trialDesign/overallEndDate")),
        first_post_date=_day(trial.get("publicIdentifierDateAssigned")),
        update_date=_day(trial.get("lastUpdated")),
        why_stopped=_at(trial, "trialDesign/reasonAbandoned"),
        sponsor=sponsor,
        conditions=_all(trial, "conditions/condition/description"),
        countries=_all(trial, "participants/recruitmentCountries/country"),
        facilities=_all(trial, "participants/trialCentres/trialCentre/name"),
        secondary_ids=_numbers(trial),
        sex={"male": "MALE", "female": "FEMALE"}.get((_at(trial, "participants/gender") or "").lower(), "ALL"),
        minimum_age=_at(trial, "participants/lowerAgeLimit"),
        maximum_age=_at(trial, "participants/upperAgeLimit"),
        interventions=tuple(_interventions(trial)),
        endpoints=tuple(_endpoints(trial)),
        extra=_extra(trial, reason),
    )


def _count(text: str | None) -> int | None:
    plain = (text or "").replace(",", "")
    return int(plain) if plain.isascii() and plain.isdigit() else None


def _status(trial: Element, today: str) -> tuple[str | None, str]:
    """The state of recruitment and what it follows from."""
    for path in ("trialDesign/overallStatusOverride", "participants/recruitmentStatusOverride"):
        if said := _at(trial, path):
            return _OVERRIDES.get(said.lower(), said.upper().replace(" ", "_")), f"{path.partition('/')[2]}: {said}"
    start, end = (_day(_at(trial, f"participants/recruitment{k}")) for k in ("Start", "End"))
    over = _day(_at(trial, "trialDesign/overallEndDate"))
    if not start or not end:
        return None, "no dates of recruitment"
    why = f"recruitment {start} to {end}, study to {over or 'no date'}, read on {today}"
    if today < start:
        return "NOT_YET_RECRUITING", why
    if today <= end:
        return "RECRUITING", why
    return ("COMPLETED" if over and over < today else "ACTIVE_NOT_RECRUITING"), why


def _phases(trial: Element) -> tuple[str, ...]:
    """Phases of the interventions; what is said of a device is no phase."""
    found: list[str] = []
    for i in trial.findall("interventions/intervention"):
        if (_at(i, "interventionType") or "").lower() != "device":
            label = _at(i, "phase") or ""
            found += [_ROMAN[r] for r in re.findall(r"\b(IV|I{1,3})\b", label)]
    return tuple(dict.fromkeys(found))


def _allocation(trial: Element) -> str | None:
    said = (
        _at(trial, "trialDesign/interventionalTrialDesign/allocation")
        or _at(trial, "trialDesign/secondaryStudyDesign")
        or ""
    ).lower()
    if re.search(r"non.?randomi[sz]ed", said):
        return "NON_RANDOMIZED"
    return "RANDOMIZED" if re.search(r"randomi[sz]ed", said) else None


def _numbers(trial: Element) -> tuple[str, ...]:
    refs = "externalRefs/"
    kinds = ("eudraCTNumber", "clinicalTrialsGovNumber", "irasNumber", "protocolSerialNumber")
    found = [*(t for k in kinds if (t := _at(trial, refs + k)))]
    for e in trial.findall(refs + "secondaryNumbers/secondaryNumber"):
        found += [t for t in (e.get("canonicalSecondaryNumber") or _words(e),) if t]
    return tuple(dict.fromkeys(found))


def _interventions(trial: Element) -> Iterator[Intervention]:
    for i in trial.findall("interventions/intervention"):
        kind = (_at(i, "interventionType") or "").upper() or None
        name = _at(i, "drugNames") or kind
        if name or _at(i, "description"):
            yield Intervention(name or "not named", kind, _at(i, "description"))


def _endpoints(trial: Element) -> Iterator[PlannedEndpoint]:
    roles: Any = (("primary", "PRIMARY"), ("secondary", "SECONDARY"))
    for key, role in roles:
        for m in trial.findall(f"trialDescription/{key}Outcomes/outcomeMeasure"):
            if measure := _at(m, "variable"):
                yield PlannedEndpoint(role, measure, _at(m, "method"), _at(m, "timepoints"))
        text = _at(trial, f"trialDescription/{key}Outcome")
        for item in numbered(text) if text else ():
            yield PlannedEndpoint(role, item, raw=item)


def numbered(text: str) -> list[str]:
    """The items of a numbered list, numbers taken off; a text that is none stays whole.

    >>> numbered("1. ORR\\n2. PFS at 2. visit\\nlater")
    ['ORR', 'PFS at 2. visit\\nlater']
    >>> numbered("ORR\\n2. PFS")
    ['ORR\\n2. PFS']
    """
    items: list[str] = []
    for words in text.split("\n"):
        m = re.match(r"\s*(\d{1,2})[.)]\s+(.*)", words, re.A)
        if m and int(m[1]) == len(items) + 1:
            items.append(m[2].strip())
        elif not items:
            return [text]
        else:
            items[-1] += f"\n{words.strip()}" if words.strip() else ""
    return items if len(items) > 1 else [text]


def _extra(trial: Element, reason: str) -> dict[str, Any]:
    paths = {
        "acronym": "trialDescription/acronym", "study_design": "trialDesign/studyDesign",
        "secondary_design": "trialDesign/secondaryStudyDesign", "masking": "trialDesign/interventionalTrialDesign/masking",
        "phase_label": "interventions/intervention/phase", "age_range": "participants/ageRange",
        "target_enrolment": "participants/targetEnrolment", "doi": "externalRefs/doi",
        "publications": "results/publicationDetails", "publication_stage": "results/publicationStage",
    }  # fmt: skip
    found = {k: _at(trial, p) for k, p in paths.items()}
    return {k: v for k, v in found.items() if v} | {"status_from": reason}


def _texts(trial: Element, record: Trial, title: str | None) -> Iterator[tuple[str, str | None]]:
    about = "trialDescription/"
    yield "title", title
    yield "official_title", _at(trial, about + "scientificTitle")
    yield "acronym", _at(trial, about + "acronym")
    yield "summary", _at(trial, about + "plainEnglishSummary")
    yield "description", _at(trial, about + "studyHypothesis")
    yield "conditions", "\n".join(map(line, record.conditions))
    yield "phases", "\n".join(record.phases)
    design = ("trialDesign/studyDesign", "trialDesign/secondaryStudyDesign", "interventions/intervention/phase")
    yield "design", "\n".join(t for path in design for t in _all(trial, path))
    yield "interventions", "\n\n".join(_intervention(i) for i in record.interventions)
    for role in ("PRIMARY", "SECONDARY"):
        yield f"{role.lower()}_outcomes", "\n\n".join(_outcome(e) for e in record.endpoints if e.role == role)
    criteria = [
        (h, _at(trial, f"participants/{k}")) for h, k in (("Inclusion", "inclusion"), ("Exclusion", "exclusion"))
    ]
    yield "eligibility", "\n\n".join(f"{h} Criteria:\n{t}" for h, t in criteria if t)


def _intervention(i: Intervention) -> str:
    head = line(f"{i.type}: {i.name}" if i.type and i.type != i.name else i.name)
    return "\n".join(filter(None, (head, block(i.description or ""))))


def _outcome(e: PlannedEndpoint) -> str:
    """The item as it is stored: measure, method, time points, each on lines of its own."""
    time = f"Time frame: {line(e.time_frame)}" if e.time_frame else ""
    return "\n".join(filter(None, (block(e.measure), block(e.description or ""), time)))
