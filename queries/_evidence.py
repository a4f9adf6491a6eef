"""Evidence for a benchmark: the outcome rows of an endpoint with their papers, and what each filter left of them.

Every value keeps its outcome id, document, section and span; it is re-read from the stored text before it is used.
Traps: a correction stands in the outcome's columns, not in its record; counts are columns of their own and may be
`derived`; a proportion may be sent as 0.889; a review's values belong to the study it cites.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trialkb import codec, families, ids, kb
from trialkb.records import Document, Outcome
from trialkb.text import normalise

from . import _cite
from ._cite import Source

ALIASES = {
    "CRi": "CR_CRI", "CRI": "CR_CRI", "sCR": "SCR", "ANEMIA": "ANAEMIA", "TRM": "TREATMENT_RELATED_DEATH",
}  # fmt: skip
_WORDS = {
    "no": 0, "none": 0, "neither": 0, "zero": 0, "无": 0, "未": 0, "没有": 0, "零": 0, "one": 1, "a": 1, "an": 1, "single": 1,
    "two": 2, "both": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "all": 100, "every": 100, "每": 100, "均": 100, "所有": 100, "全部": 100,
    "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+")


@dataclass(frozen=True, slots=True)
class Held:
    """One outcome row: the record with the row's (perhaps corrected) numbers, its words, and where they stand."""

    id: str
    outcome: Outcome
    quote: str
    sentence: str
    version: int
    sha256: str  # of the raw record
    retrieved: str
    context: str = ""  # the section's text, for re-reading; not stored or printed

    @property
    def endpoint(self) -> str:
        return ALIASES.get(self.outcome.endpoint, self.outcome.endpoint)

    @property
    def percent(self) -> float | None:
        """The value as a percentage, where it is one."""
        o = self.outcome
        if o.value is None or o.statistic not in ("rate", "km_rate"):
            return None
        return o.value * 100 if o.unit == "1" else o.value


@dataclass(frozen=True, slots=True)
class Paper:
    """What is known of a document that values come from."""

    id: str
    kind: str
    source: Source
    date: str | None
    cut: str | None = None  # interim, update, final, where the record says so
    family: str | None = None
    trials: tuple[str, ...] = ()
    product: str | None = None
    sponsor: str | None = None
    facilities: tuple[str, ...] = ()
    n: int | None = None
    line: str | None = None
    concepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # kind -> terms

    def terms(self, kind: str) -> tuple[str, ...]:
        return tuple(self.concepts.get(kind, ()))


def numbers(text: str) -> set[float]:
    """Every number a text says, in digits or in words.

    >>> sorted(numbers("None of 1,024 patients (0.5%); two had 无")), sorted(numbers("38/98 (38·8%)"))
    ([0.0, 0.5, 2.0, 1024.0], [38.0, 38.8, 98.0])
    """
    plain = normalise(text).text
    found = {float(m[0].replace(",", "")) for m in _NUMBER.finditer(plain)}
    lower = plain.lower()
    found |= {float(_WORDS[w]) for w in re.findall(r"[a-z]+", lower) if w in _WORDS}
    return found | {float(n) for w, n in _WORDS.items() if not w.isascii() and w in lower}


def rereads(held: Held) -> str | None:
    """None if the stored text at the outcome's span says its number, else what is wrong.

    Derived figures are computed, so only the printed ones are looked for; counts may stand elsewhere in the section.
    """
    o = held.outcome
    if o.origin == "human":
        return None
    here, around = numbers(held.quote), numbers(held.context or held.sentence)
    if o.value is not None and "value" not in o.derived and not o.verbal and not _says(here, o.value):
        return f"the span says {held.quote!r}, not {o.value:g}"
    for name, count in (("numerator", o.numerator), ("denominator", o.denominator)):
        if count is not None and name not in o.derived and name not in o.inferred and not _says(around, count):
            verbal = name == "numerator" and o.verbal
            if not verbal:
                return f"the section does not say the {name} {count}"
    return None


def _says(found: set[float], wanted: float) -> bool:
    return any(abs(v - wanted) < 1e-9 for v in found)


def load(
    db: sqlite3.Connection, endpoints: Iterable[str], where: str = "1", parameters: tuple[Any, ...] = ()
) -> list[Held]:
    """The outcome rows of endpoints (ids as stored), in order of document and place; `where` is a condition on o, d."""
    wanted = sorted(set(endpoints))
    cursor = db.execute(
        "SELECT o.id, o.record, o.version_id, v.sha256, coalesce(v.as_of, v.retrieved), s.text, o.value, o.numerator,"
        " o.denominator, o.unit, o.endpoint, o.background, o.study, o.origin, o.ci_low, o.ci_high, o.arm, o.confidence"
        " FROM outcome o JOIN document d ON d.id = o.document_id JOIN version v ON v.id = o.version_id"
        " LEFT JOIN section s ON s.version_id = o.version_id AND s.name = o.section"
        f" WHERE o.endpoint IN ({','.join('?' * len(wanted))}) AND {where} ORDER BY o.document_id, o.section, o.start, o.id",
        (*wanted, *parameters),
    )
    return [_held(row) for row in cursor]


def _held(row: tuple[Any, ...]) -> Held:
    outcome = codec.load(Outcome, json.loads(row[1]))
    value, numerator, denominator, unit, endpoint, background, study, origin, low, high, arm, confidence = row[6:]
    if origin == "human":  # a person's word stands in the columns
        spread = replace(outcome.dispersion, lower=low, upper=high) if outcome.dispersion else None
        ref = replace(outcome.arm, label=arm) if outcome.arm and arm else outcome.arm
        outcome = replace(
            outcome, value=value, numerator=numerator, denominator=denominator, unit=unit, endpoint=endpoint,
            background=background, study=study, origin="human", dispersion=spread, arm=ref,
        )  # fmt: skip
    outcome = replace(outcome, confidence=confidence)
    text = row[5] or ""
    (a, b), (c, d) = outcome.evidence.value_span, outcome.evidence.sentence_span
    return Held(row[0], outcome, text[a:b], text[c:d], row[2], row[3], row[4], text)


def paper(db: sqlite3.Connection, document_id: str) -> Paper | None:
    """What the kb holds about a document, or None."""
    document = kb.get(db, document_id)
    if document is None:
        return None
    retrieved = db.execute(
        "SELECT coalesce(v.as_of, v.retrieved) FROM document d JOIN version v ON v.id = d.version_id WHERE d.id = ?",
        (document_id,),
    ).fetchone()[0]
    terms: dict[str, list[str]] = {}
    for kind, term in db.execute(
        "SELECT kind, term FROM concept WHERE document_id = ? AND weight >= 0.5 AND kind != 'rules' ORDER BY kind, term",
        (document_id,),
    ):
        terms.setdefault(kind, []).append(term)
    concepts = {k: tuple(v) for k, v in terms.items()}
    return _paper(document, _cite.source(document, retrieved), concepts)


def _paper(document: Document, source: Source, concepts: Mapping[str, tuple[str, ...]]) -> Paper:
    a, t = document.article, document.trial
    extra = (a.extra if a else t.extra if t else {}) or {}
    product = extra.get("product") or (t.interventions[0].name if t and t.interventions else None)
    return Paper(
        document.id,
        document.kind,
        source,
        (a.date or (str(a.year) if a.year else None)) if a else (t.results_post_date or t.update_date) if t else None,
        extra.get("cut"),
        extra.get("family"),
        tuple(dict.fromkeys(a.registry_ids)) if a else (document.id,) if t else (),
        product,
        t.sponsor if t else None,
        t.facilities if t else (),
        extra.get("n") if a else t.enrollment if t else None,
        extra.get("line"),
        concepts,
    )


def home(held: Held, papers: Mapping[str, Paper], same: Mapping[str, str]) -> str:
    """The trial family a value belongs to: its study's id, its paper's one trial, the stated family, else the paper's."""
    document = held.outcome.document
    p = papers.get(document)
    own = (p.trials[0] if len(p.trials) == 1 else None, p.family) if p else (None, None)
    name = next((x for x in (held.outcome.study, *own) if x), document)
    name = ids.normal(name) or name
    return same.get(name, name)


def same_trials(db: sqlite3.Connection, documents: Iterable[str]) -> dict[str, str]:
    """Registry id or document -> the id its family goes by: its ClinicalTrials.gov number where it has one.

    A paper that reports several trials has no single family; a preprint goes by its published version.
    """
    roots = families.roots(db)
    members: dict[str, list[str]] = {}
    for id, found in roots.items():
        if ids.registry(id) and len(found) == 1:
            members.setdefault(found[0], []).append(id)
    shown = {root: min(held, key=lambda i: (not i.startswith("NCT"), i)) for root, held in members.items()}
    same = {id: shown[root] for root, held in members.items() for id in held}
    for document in documents:
        of = families.of(db, document)
        if len(of) == 1 and document not in same:
            same[document] = shown.get(of[0].id, of[0].id)
    return same
