"""Suggestions: pairs of records that may be one trial, each with its score and reasons. Nothing is merged by them.

Two trials of different registries, or a trial and a paper without a registry number. A pair needs more than names:
a protocol number, the sponsor, the size, the start, or a mention of one in the other must agree. The weights are a
judgement, not a measurement; a score is a place in a list to be read by a person, no probability.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from . import families, ids
from .terms import mentions

LEAST = 0.5
CROWD = 40  # a key that more records share tells nothing
_CODE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2,6}[- ]?\d{2,5}[A-Za-z]?(?![A-Za-z0-9])")
_PROTOCOL = re.compile(r"(?=[^\s]*\d)[A-Za-z0-9][A-Za-z0-9/_.-]{4,30}\Z")
_TOKEN = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]")
_COMMON = frozenset(
    [
        "a",
        "an",
        "and",
        "the",
        "of",
        "in",
        "for",
        "with",
        "to",
        "on",
        "by",
        "or",
        "study",
        "trial",
        "patients",
        "cells",
        "cell",
    ]
)
_PLACE = re.compile(r"\b(?:co|ltd|inc|corp|corporation|company|limited|gmbh|ag|llc|hospital|the|of|university)\b")
_COUNT = re.compile(
    r"(?:\bn\s*=\s*(\d{1,4})|\b(\d{1,4}) (?:patients|participants|subjects|adults|children)|(\d{1,4})\s?[例名])", re.I
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may belong together."""

    one: str
    other: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What of a record can be compared."""

    id: str
    paper: bool
    title: frozenset[str]
    codes: frozenset[str]
    protocols: frozenset[str]
    sponsor: str | None
    sizes: frozenset[int]
    start: str | None
    phases: frozenset[str]
    countries: frozenset[str]
    named: frozenset[str]
    places: str = ""

    def meets(self) -> Iterator[tuple[str, str]]:
        """Under what it can meet a record that is alike."""
        yield from (("protocol", p) for p in self.protocols)
        yield from (("code", c) for c in self.codes)
        if self.sponsor and self.start:
            yield "start", f"{self.sponsor} {self.start[:7]}"
        if self.sponsor and not self.paper:
            yield from (("size", f"{self.sponsor} {n}") for n in self.sizes)


def pairs(db: sqlite3.Connection, id: str | None = None, least: float = LEAST) -> list[Pair]:
    """Likely pairs of the kb, or of one record, best first; records already in one family are left out."""
    roots = families.roots(db)
    facts = {f.id: f for f in (*_trials(db), *_papers(db, roots))}
    found = (_score(facts[a], facts[b]) for a, b in _meetings(facts.values(), id))
    apart = _apart(db)
    kept = (
        p
        for p in found
        if p and p.score >= least and not set(roots.get(p.one, (p.one,))) & set(roots.get(p.other, (p.other,)))
        and (p.one, p.other) not in apart
    )  # fmt: skip
    return sorted(kept, key=lambda p: (-p.score, p.one, p.other))


def _apart(db: sqlite3.Connection) -> set[tuple[str, str]]:
    rows = db.execute("SELECT source, target FROM link WHERE relation = ? AND undone IS NULL", (families.APART,))
    return {(a, b) for a, b in rows}


def _meetings(facts: Iterable[_Facts], id: str | None) -> Iterator[tuple[str, str]]:
    """Pairs of ids that share a key, once each; of two trials only those of different registries."""
    held = {f.id: f for f in facts}
    boxes: dict[tuple[str, str], list[str]] = {}
    for f in held.values():
        for key in f.meets():
            boxes.setdefault(key, []).append(f.id)
    met = {(min(a, b), max(a, b)) for a, f in held.items() for b in f.named if b in held and a != b}
    for box in boxes.values():
        if len(box) <= CROWD:
            met.update((a, b) if a < b else (b, a) for n, a in enumerate(box) for b in box[n + 1 :] if a != b)
    for a, b in sorted(met):
        both_papers = held[a].paper and held[b].paper
        same_registry = not held[a].paper and not held[b].paper and ids.registry(a) == ids.registry(b)
        if not both_papers and not same_registry and (id is None or id in (a, b)):
            yield a, b


def _score(a: _Facts, b: _Facts) -> Pair | None:
    """The pair with its score, or None where only names agree."""
    firm = [
        (0.5, "one names the other in its text") if b.id in a.named or a.id in b.named else None,
        (0.45, f"protocol number {min(a.protocols & b.protocols)}") if a.protocols & b.protocols else None,
        (0.2, f"sponsor {a.sponsor or b.sponsor}") if _same_sponsor(a, b) else None,
        (0.15, f"n = {min(a.sizes & b.sizes)}") if a.sizes & b.sizes else None,
        _start(a, b),
    ]
    said = [x for x in firm if x]
    if not said:
        return None
    if a.codes & b.codes:
        said.append((0.25, f"product {min(a.codes & b.codes)}"))
    alike = len(a.title & b.title) / max(len(a.title | b.title), 1)
    if alike >= 0.4:
        said.append((round(0.2 * alike, 2), f"titles {alike:.0%} alike"))
    said += _against(a, b)
    score = min(1.0, max(0.0, sum(weight for weight, _ in said)))
    one, other = sorted((a.id, b.id))
    return Pair(one, other, round(score, 2), tuple(words for _, words in said))


def _same_sponsor(a: _Facts, b: _Facts) -> bool:
    if a.paper or b.paper:
        paper, trial = (a, b) if a.paper else (b, a)
        return bool(trial.sponsor and len(trial.sponsor) > 5 and trial.sponsor in paper.places)
    return bool(a.sponsor and a.sponsor == b.sponsor)


def _start(a: _Facts, b: _Facts) -> tuple[float, str] | None:
    if a.paper or b.paper or not a.start or not b.start or len(a.start) < 7 or len(b.start) < 7:
        return None
    months = abs(_months(a.start) - _months(b.start))
    return (0.15, f"start {a.start[:7]}") if months == 0 else (0.07, f"starts {months} apart") if months <= 2 else None


def _months(date: str) -> int:
    return int(date[:4]) * 12 + int(date[5:7])


def _against(a: _Facts, b: _Facts) -> Iterator[tuple[float, str]]:
    if a.phases and b.phases and not a.phases & b.phases:
        yield -0.3, "but other phases"
    if a.countries and b.countries and not a.countries & b.countries:
        yield -0.35, "but other countries"
    if a.start and b.start and not (a.paper or b.paper) and abs(int(a.start[:4]) - int(b.start[:4])) > 1:
        yield -0.25, "but other years"
    if a.sizes and b.sizes and not a.sizes & b.sizes and not (a.paper or b.paper):
        yield -0.1, "but other sizes"


def _trials(db: sqlite3.Connection) -> Iterator[_Facts]:
    mentioned = _mentioned(db)
    rows = db.execute(
        "SELECT t.document_id, d.title, t.sponsor, t.enrollment, t.start_date, t.phases, t.countries, t.interventions,"
        " t.secondary_ids FROM trial t JOIN document d ON d.id = t.document_id"
    )
    for id, title, sponsor, n, start, phases, countries, interventions, secondary in rows:
        words = " ; ".join([title or "", *json.loads(interventions or "[]")])
        others = [s for s in json.loads(secondary or "[]") if not ids.normal(s)]
        yield _Facts(
            id, False, _tokens(title), _codes(words),
            frozenset(o.strip().upper() for o in others if _PROTOCOL.match(o.strip())), _plain(sponsor),
            frozenset([n] if n and n >= 5 else ()), start, frozenset(json.loads(phases or "[]")) - {"NA"},
            frozenset(c.lower() for c in json.loads(countries or "[]")), mentioned.get(id, frozenset()),
        )  # fmt: skip


def _papers(db: sqlite3.Connection, roots: dict[str, tuple[str, ...]]) -> Iterator[_Facts]:
    """Papers that report no trial by number, and are no reviews."""
    mentioned = _mentioned(db)
    rows = db.execute(
        "SELECT d.id, d.title, a.year, (SELECT group_concat(s.text, ' ') FROM section s WHERE s.version_id = d.version_id"
        " AND s.name LIKE 'abstract%') FROM work d JOIN article a ON a.document_id = d.id WHERE d.kind = 'article'"
    )
    for id, title, year, abstract in rows:
        if id not in roots:
            words = f"{title or ''} {abstract or ''}"
            counts = {int(next(g for g in m.groups() if g)) for m in _COUNT.finditer(words)}
            yield _Facts(
                id, True, _tokens(title), _codes(words), frozenset(), None, frozenset(n for n in counts if n >= 5),
                str(year) if year else None, frozenset(), frozenset(), mentioned.get(id, frozenset()), _plain(words) or "",
            )  # fmt: skip


def _mentioned(db: sqlite3.Connection) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for source, target in db.execute("SELECT source, target FROM link WHERE relation = 'mentions' AND undone IS NULL"):
        found.setdefault(source, set()).add(target)
    return {k: frozenset(v) for k, v in found.items()}


def _tokens(title: str | None) -> frozenset[str]:
    return frozenset(t for t in _TOKEN.findall((title or "").lower()) if t not in _COMMON)


def _codes(words: str) -> frozenset[str]:
    """Product codes in a text, written alike; names of targets are none."""
    taken = [(m.start, m.end) for m in mentions(words, frozenset({"target", "modality", "indication", "endpoint"}))]
    found = (m for m in _CODE.finditer(words) if not any(a < m.end() and m.start() < b for a, b in taken))
    return frozenset(re.sub(r"[- ]", "", m[0]).upper() for m in found if not ids.normal(m[0]))


def _plain(words: str | None) -> str | None:
    """A sponsor's name without what companies and hospitals have in common."""
    kept = _PLACE.sub(" ", re.sub(r"[^\w\s]", " ", (words or "").lower()))
    return " ".join(kept.split()) or None
