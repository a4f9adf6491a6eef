"""Reading the XML of one trial of ChiCTR: English only, arms and outcomes packed into lines, no time frames."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from trialkb import ids
from trialkb.errors import BadInput
from trialkb.records import Arm, Document, Intervention, PlannedEndpoint, Section, Trial
from trialkb.text import language

from . import _chictr_words as say
from ._xml import tree

_CONTACT = re.compile(
    rb"<contacts(?:\s[^>]*)?>.*?</contacts>|<(contact_\w+|firstname|lastname|email|telephone)(?:\s[^>]*)?>.*?</\1>",
    re.S,
)


def document(
    trial: Trial, raw: bytes, title: str | None, texts: Iterable[tuple[str, str | None]], url: str | None
) -> Document:
    """A trial of ChiCTR with its sections."""
    sections = tuple(Section(n, t, language(t)) for n, t in texts if t and t.strip())
    return Document(
        trial.id, "trial", "chictr", sections, raw, title=title, language=language(title or ""), url=url,
        version_date=trial.update_date, trial=trial,
    )  # fmt: skip


def distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    """Values in order, each once, without the empty ones."""
    return tuple(dict.fromkeys(v for v in values if v))


def from_xml(record: bytes, name: str) -> Document:
    """The document of one Triall. Raises BadInput."""
    raw = _CONTACT.sub(b"", record)
    root = tree(raw, name)

    def at(path: str) -> str | None:
        text = "".join(e.itertext()) if (e := root.find(path)) is not None else ""
        lines = (" ".join(x.split()) for x in text.split("\n"))
        return "\n".join(x for x in lines if x) or None

    number = ids.normal(at("main/trial_id") or "")
    if number is None:
        raise BadInput(f"{name}: expected a Triall with a trial_id of ChiCTR, found {at('main/trial_id')!r}")
    sizes, what = _packed(at("main/target_size")), _packed(at("main/i_freetext"))
    arms = tuple(
        Arm(label or None, None, w or None, (w,) if w else (), int(n) if n.isascii() and n.isdigit() else None)
        for label, n, w in _joined(sizes, what)
    )
    counted = [a.size for a in arms if a.size is not None]
    trial = Trial(
        number,
        status=say.status([at("main/recruitment_status") or ""]),
        study_type=say.study_type([at("main/study_type") or ""]),
        phases=say.phases_of(at("main/phase") or ""),
        model=say.design([at("main/study_design") or ""])[1],
        enrollment=sum(counted) if arms and len(counted) == len(arms) else None,
        enrollment_type="ESTIMATED" if arms and len(counted) == len(arms) else None,
        start_date=say.day(at("main/date_enrolment")),
        first_post_date=say.day(at("main/date_registration")),
        sponsor=at("main/primary_sponsor"),
        conditions=distinct([at("main/hc_freetext")]),
        countries=distinct("".join(e.itertext()).strip() for e in root.findall("countries/country2")),
        secondary_ids=distinct(
            "".join(e.itertext()).strip() for e in root.findall("secondary_ids/secondary_id/sec_id")
        ),
        sex=say.sex(at("criteria/gender")),
        minimum_age=at("criteria/agemin"),
        maximum_age=at("criteria/agemax"),
        interventions=tuple(
            Intervention(a.description, None, None, (), (a.label or "",)) for a in arms if a.description
        ),
        arms=arms,
        endpoints=tuple(_xml_endpoints(at("primary_outcome/prim_outcome"), at("secondary_outcome/sec_outcome"))),
        extra={k: v for k in ("phase", "study_type", "study_design", "recruitment_status") if (v := at(f"main/{k}"))},
    )
    title = at("main/public_title") or at("main/scientific_title")
    criteria = [(h, at(f"criteria/{k}_criteria")) for h, k in (("Inclusion", "inclusion"), ("Exclusion", "exclusion"))]
    texts: list[tuple[str, str | None]] = [
        ("title", title), ("official_title", at("main/scientific_title")), ("conditions", "\n".join(trial.conditions)),
        ("phases", "\n".join(trial.phases)),
        ("design", "\n".join(v for k, v in trial.extra.items() if k != "recruitment_status")),
        ("arms", "\n\n".join(map(_arm, arms))), ("primary_outcomes", _measures(trial, "PRIMARY")),
        ("secondary_outcomes", _measures(trial, "SECONDARY")),
        ("eligibility", "\n\n".join(f"{h} Criteria:\n{t}" for h, t in criteria if t)),
    ]  # fmt: skip
    return document(trial, raw, title, texts, at("main/url"))


def _packed(text: str | None) -> list[tuple[str, str]]:
    """`arm:value;arm:value;` as pairs.

    >>> _packed("A: 12;B:N/A;")
    [('A', '12'), ('B', 'N/A')]
    """
    items = (i.strip() for i in re.split(r"[;；]", text or ""))
    pairs = ((a.strip(), b.strip()) for i in items if i for a, _, b in [re.sub("：", ":", i, count=1).partition(":")])
    return [(a, b) if b else ("", a) for a, b in pairs]


def _joined(sizes: list[tuple[str, str]], what: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Arms by their labels: (label, size, intervention)."""
    held = dict(what)
    yield from ((label, n, held.pop(label, "")) for label, n in sizes)
    yield from ((label, "", w) for label, w in held.items())


def _xml_endpoints(*texts: str | None) -> Iterator[PlannedEndpoint]:
    roles: Any = ("PRIMARY", "SECONDARY")
    for role, text in zip(roles, texts, strict=True):
        for item in re.split(r"[;；]", text or ""):
            if item.strip():
                yield PlannedEndpoint(role, item.strip())


def _arm(a: Arm) -> str:
    return "\n".join(filter(None, (a.label, a.description, f"n = {a.size}" if a.size else None)))


def _measures(trial: Trial, role: str) -> str:
    return "\n\n".join(e.measure for e in trial.endpoints if e.role == role)
