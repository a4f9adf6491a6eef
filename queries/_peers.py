"""Peers of a trial and what they plan: size, dose levels, DLT window, eligibility thresholds, each with its source.

Peers share the trial's target and modality and a related indication; where fewer than five do, indication is let go,
then target, and the answer says so. A threshold is compared by what it asks for: HGB < 80 g/L among the exclusions
asks for at least 80; only values in one unit are compared.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialkb.terms import ancestors, descendants

FEWEST = 5
_DAYS = {"d": 1.0, "wk": 7.0, "mo": 30.4, "day": 1.0, "week": 7.0, "month": 30.4}


@dataclass(frozen=True, slots=True)
class Fact:
    """A number of one trial and where it stands (section None: a field of the record)."""

    trial: str
    value: float
    words: str
    section: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What all peers ask of one measure: own value (if any) and theirs; `side` min asks for at least, max for at most."""

    measure: str
    side: str
    unit: str | None
    own: Fact | None
    peers: tuple[Fact, ...]

    @property
    def looser(self) -> int:
        """How many peers ask for more than the trial does."""
        if self.own is None:
            return 0
        mine = self.own.value
        return sum(p.value > mine if self.side == "min" else p.value < mine for p in self.peers)

    @property
    def stricter(self) -> int:
        if self.own is None:
            return 0
        mine = self.own.value
        return sum(p.value < mine if self.side == "min" else p.value > mine for p in self.peers)


@dataclass(frozen=True, slots=True)
class Peers:
    ids: tuple[str, ...]
    shared: tuple[str, ...]  # what they have in common with the trial
    note: str | None = None


def peers(db: sqlite3.Connection, trial: str, limit: int = 50) -> Peers:
    """Other trials with the trial's target, modality and a related indication, those that share most first."""
    about = {k: _terms(db, trial, k) for k in ("target", "modality", "indication")}
    near = frozenset(
        x for i in about["indication"] for x in (*descendants("indication", i), *ancestors("indication", i))
    )
    wanted = {"target": about["target"], "modality": about["modality"], "indication": near}
    note = None
    for kinds in (
        ("target", "modality", "indication"),
        ("target", "modality"),
        ("modality", "indication"),
        ("modality",),
    ):
        if not all(wanted[k] for k in kinds):
            continue
        found = _sharing(db, trial, {k: wanted[k] for k in kinds})
        if len(found) >= FEWEST or kinds == ("modality",):
            return Peers(tuple(found[:limit]), kinds, note)
        note = f"only {len(found)} trials share its {', '.join(kinds)}: the comparison is wider"
    return Peers((), (), "the record names no target, modality or indication to find peers by")


def _terms(db: sqlite3.Connection, trial: str, kind: str) -> frozenset[str]:
    rows = db.execute("SELECT term FROM concept WHERE document_id = ? AND kind = ? AND weight >= 0.5", (trial, kind))
    return frozenset(r[0] for r in rows)


def _sharing(db: sqlite3.Connection, trial: str, wanted: dict[str, frozenset[str]]) -> list[str]:
    sql = " AND ".join(
        "d.id IN (SELECT document_id FROM concept WHERE kind = ? AND weight >= 0.5 AND term IN (SELECT value FROM json_each(?)))"
        for _ in wanted
    )
    values = [x for kind, terms in wanted.items() for x in (kind, json.dumps(sorted(terms)))]
    rows = db.execute(
        f"SELECT d.id FROM document d WHERE d.kind = 'trial' AND d.id != ? AND {sql} ORDER BY d.id", (trial, *values)
    )
    return [r[0] for r in rows]


def enrolments(db: sqlite3.Connection, ids: Sequence[str]) -> Iterator[Fact]:
    """The planned or actual number of patients of each trial."""
    rows = db.execute(
        "SELECT document_id, enrollment, enrollment_type FROM trial WHERE enrollment > 0"
        " AND document_id IN (SELECT value FROM json_each(?)) ORDER BY document_id",
        (json.dumps(list(ids)),),
    )
    for id, n, kind in rows:
        yield Fact(id, float(n), f"{n}{f' ({kind.lower()})' if kind else ''}")


def findings(
    db: sqlite3.Connection, ids: Sequence[str], field: str
) -> Iterator[tuple[str, str, str, int, int, dict[str, object], str]]:
    """(trial, value, section, start, end, detail, quoted words) of a field, in order of trial and place."""
    rows = db.execute(
        "SELECT f.document_id, f.value, f.section, f.start, f.end, f.detail, substr(s.text, f.start + 1, f.end - f.start)"
        " FROM finding f LEFT JOIN section s ON s.version_id = f.version_id AND s.name = f.section"
        " WHERE f.field = ? AND f.document_id IN (SELECT value FROM json_each(?)) ORDER BY f.document_id, f.section, f.start",
        (field, json.dumps(list(ids))),
    )
    for id, value, section, start, end, detail, words in rows:
        yield id, value, section, start, end, json.loads(detail) if detail else {}, words or ""


def windows(db: sqlite3.Connection, ids: Sequence[str]) -> Iterator[Fact]:
    """The DLT window of each trial in days, the first one it states."""
    seen = set()
    for id, value, section, start, end, _, words in findings(db, ids, "design.dlt_window"):
        m = re.match(r"([\d.]+)\s*([a-z]+)", value)
        if m and m[2].rstrip("s") in _DAYS and id not in seen:
            seen.add(id)
            yield Fact(id, float(m[1]) * _DAYS[m[2].rstrip("s")], words, section, start, end)


def doses(db: sqlite3.Connection, ids: Sequence[str]) -> dict[str, list[tuple[str, Fact]]]:
    """trial -> its dose levels (as printed and normalised), lowest first; a range gives its ends."""
    found: dict[str, dict[str, Fact]] = {}
    for id, value, section, start, end, _, words in findings(db, ids, "dose.level"):
        m = re.match(r"([\d.]+(?:e\d+)?)", value)
        if m:
            found.setdefault(id, {}).setdefault(value, Fact(id, float(m[1]), words, section, start, end))
    return {id: sorted(levels.items(), key=lambda x: x[1].value) for id, levels in found.items()}


def limits(db: sqlite3.Connection, trial: str, ids: Sequence[str]) -> Iterator[Limit]:
    """Each measure that the trial, or at least three of its peers, ask for."""
    held: dict[tuple[str, str, str | None], dict[str, Fact]] = {}
    for id, _, section, start, end, detail, words in findings(db, [trial, *ids], "eligibility.threshold"):
        asked = _asked(detail)
        if asked:
            measure, side, unit, value = asked
            held.setdefault((measure, side, unit), {}).setdefault(id, Fact(id, value, words, section, start, end))
    for (measure, side, unit), facts in sorted(held.items(), key=lambda x: (trial not in x[1], -len(x[1]), str(x[0]))):
        others = tuple(f for id, f in facts.items() if id != trial)
        if (trial in facts and others) or len(others) >= 3:
            yield Limit(measure, side, unit, facts.get(trial), others)


def with_criteria(db: sqlite3.Connection, ids: Sequence[str]) -> frozenset[str]:
    """Trials whose eligibility criteria are held: of the others a missing threshold says nothing."""
    rows = db.execute(
        "SELECT DISTINCT document_id FROM finding WHERE field = 'eligibility.criterion'"
        " AND document_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return frozenset(r[0] for r in rows)


def _asked(detail: dict[str, object]) -> tuple[str, str, str | None, float] | None:
    """(measure, min or max, unit, value) that a threshold asks for; None where it is conditional or has no side."""
    comparator, kind = str(detail.get("comparator") or ""), detail.get("kind")
    if detail.get("conditional") or comparator not in (">=", ">", "<=", "<"):
        return None
    up = comparator.startswith(">")
    side = "min" if up == (kind == "inclusion") else "max"
    same = detail.get("same")
    value, unit = (same["value"], same["unit"]) if isinstance(same, dict) else (detail.get("value"), detail.get("ucum"))
    try:
        return str(detail["analyte"]), side, str(unit) if unit else None, float(str(value))
    except (ValueError, KeyError):
        return None


def spread(values: Sequence[float]) -> tuple[float, float, float, float, float]:
    """Minimum, lower quartile, median, upper quartile, maximum (quartiles by linear interpolation).

    >>> spread([10, 20, 30, 40])
    (10, 17.5, 25.0, 32.5, 40)
    """
    ordered = sorted(values)

    def at(q: float) -> float:
        place = q * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    return ordered[0], at(0.25), at(0.5), at(0.75), ordered[-1]
