"""Results of one record as rows and as a table: each number with its arm, its flags, its confidence and its sentence.

A count that was computed and not printed carries `*`; what the source does not call by a catalogued name goes by its
label. Long lists of events outside the catalogue are told by their number unless everything is asked for.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trialkb.validate import WORDS

_SELECT = (
    "SELECT id, document_id, version_id, study, endpoint, statistic, value, unit, value_status, numerator, denominator,"
    " ci_low, ci_high, arm, grade_min, grade_max, background, origin, rule, confidence, flags, section, start, end, record,"
    " coalesce((SELECT retracted FROM article a WHERE a.document_id = outcome.document_id), 0) AS retracted"
    " FROM outcome WHERE document_id = ? OR (study = ? AND background IS NULL)"
)
_UNITS = {"mo": "months", "wk": "weeks", "d": "days", "a": "years", "h": "hours", "{participants}": "patients", "1": ""}
SHOWN = 12  # rows outside the catalogue that are listed in full


def outcomes(db: sqlite3.Connection, document: str, least: float = 0.0) -> tuple[dict[str, Any], ...]:
    """Results told by or about a record, catalogued ones first; with `least`, those of at least that confidence."""
    cursor = db.execute(_SELECT, (document, document))
    names = [c[0] for c in cursor.description]
    rows = [_told(db, dict(zip(names, row, strict=True))) for row in cursor]
    return tuple(sorted((r for r in rows if (r["confidence"] or 0.0) >= least), key=lambda r: _place(r, document)))


def _told(db: sqlite3.Connection, row: dict[str, Any]) -> dict[str, Any]:
    """A row with what its stored record adds and the words that it was read from, in its own document."""
    found = db.execute(
        "SELECT text FROM section WHERE version_id = ? AND name = ?", (row.pop("version_id"), row["section"])
    ).fetchone()
    words = found[0] if found else ""
    record = json.loads(row.pop("record"))
    a, b = record["evidence"]["sentence_span"]
    return {
        **row,
        "flags": json.loads(row["flags"]),
        "quote": words[row["start"] : row["end"]],
        "sentence": words[a:b],
        "label": record.get("label") or record.get("verbatim"),
        "time_point": record.get("time_point"),
        "population": record.get("population"),
        "assessor": record.get("assessor"),
        "criteria": record.get("criteria"),
        "confirmed": record.get("confirmed"),
        "role": record.get("role"),
        "p_value": record.get("p_value"),
        "follow_up": record.get("follow_up"),
        "reference_arm": record.get("reference_arm"),
        "inferred": record.get("inferred") or [],
        "dispersion": record.get("dispersion"),
        "derived": record.get("derived") or [],
        "note": record.get("note"),
    }


def _place(row: Mapping[str, Any], document: str) -> tuple[object, ...]:
    other = str(row["endpoint"]).startswith("OTHER_")
    number = re.search(r":(\d+)\Z", row["section"])
    return (
        row["document_id"] != document,
        row["background"] is not None,
        row["section"] == "adverse_events",
        other,
        row["document_id"],
        row["section"].partition(":")[0],
        int(number[1]) if number else 0,
        row["start"],
    )


def table(rows: Sequence[Mapping[str, Any]], full: bool = False) -> Iterator[str]:
    """Two lines a result: the number, and the sentence that it stands in."""
    plain = [r for r in rows if not str(r["endpoint"]).startswith("OTHER_")]
    other = [r for r in rows if str(r["endpoint"]).startswith("OTHER_")]
    for r in [*plain, *(other if full else other[:SHOWN])]:
        yield _line(r)
        words = " ".join(r["sentence"].split())[:160]
        yield f"{'':<14} “{words}” [{r['document_id']} {r['section']} {r['start']}:{r['end']}]"
    if len(other) > SHOWN and not full:
        yield f"... and {len(other) - SHOWN} more results outside the catalogue (--full lists them)"
    if any(r["derived"] for r in rows):
        yield "* computed, not printed by the source"


def _line(r: Mapping[str, Any]) -> str:
    other = str(r["endpoint"]).startswith("OTHER_")
    name = str(r["label"] or r["endpoint"])[:60] if other else r["endpoint"]
    population = (r["population"] or {}).get("subgroup")
    arm = f"{r['arm']} vs {r['reference_arm']}" if r.get("reference_arm") else r["arm"]
    who = ", ".join(x for x in (arm, population, *_told_how(r)) if x)
    notes = [f"confidence {r['confidence']:.2f}"] if r["confidence"] is not None else []
    notes += ["FROM A RETRACTED PAPER"] if r["retracted"] else []
    notes += [f"BACKGROUND ({r['background']})"] if r["background"] else []
    notes += ["CITED, NOT READ FROM THE SOURCE"] if r["origin"] == "citation" else []
    notes += [f"!! {', '.join(WORDS.get(f, f) for f in r['flags'])}"] if r["flags"] else []
    return "  ".join(x for x in (f"{name:<14} {number(r):<34} {who}".rstrip(), *notes) if x)


_ROLES = {"PRIMARY": "primary endpoint", "SECONDARY": "secondary endpoint", "POST_HOC": "post hoc"}


def _told_how(r: Mapping[str, Any]) -> Iterator[str]:
    """How a result was assessed and compared; what was not said beside it but once for all stands in brackets."""
    confirmed = r.get("confirmed")
    words = {
        "criteria": r.get("criteria"),
        "assessor": r.get("assessor"),
        "confirmed": None if confirmed is None else "confirmed" if confirmed else "unconfirmed",
        "role": _ROLES.get(r.get("role") or ""),
        "p_value": f"p {r['p_value']}" if r.get("p_value") else None,
        "follow_up": f"follow-up {_moment(r['follow_up'])}".replace(" at ", " ") if r.get("follow_up") else None,
    }
    for name, said in words.items():
        if said:
            yield f"[{said}]" if name in r.get("inferred", ()) else said


def number(o: Mapping[str, Any]) -> str:
    """A result as printed in tables.

    >>> number({"value": 38.8, "unit": "%", "numerator": 38, "denominator": 98, "ci_low": 29.1, "ci_high": 49.2,
    ...         "value_status": "reported", "statistic": "rate", "grade_min": 3, "grade_max": None})
    '38.8 % 38/98 (29.1-49.2) grade >=3'
    """
    if o["value_status"] != "reported":
        return str(o["value_status"]).replace("_", " ")
    pieces = []
    unit = _UNITS.get(o["unit"], o["unit"]) or ""
    count = o["numerator"] is not None and o["denominator"] is not None
    if o["value"] is not None and not (count and o["unit"] == "{participants}"):
        pieces.append(f"{o['value']:g} {re.sub('[{}]', '', unit)}".strip())
    if count:
        pieces.append(f"{o['numerator']}/{o['denominator']}{'*' if 'numerator' in o.get('derived', ()) else ''}")
    elif o["denominator"] is not None:
        pieces.append(f"n = {o['denominator']}")
    if o["ci_low"] is not None:
        pieces.append(f"({o['ci_low']:g}-{'NE' if o['ci_high'] is None else format(o['ci_high'], 'g')})")
    elif (spread := o.get("dispersion")) and (about := _spread(spread)):
        pieces.append(about)
    if o["statistic"] not in ("rate", "count", "median"):
        pieces.append(f"[{o['statistic'].replace('_', ' ')}]")
    pieces += [x for x in (_moment(o.get("time_point")), _grade(o)) if x]
    return " ".join(pieces)


def _spread(spread: Mapping[str, Any]) -> str | None:
    """A range or a standard deviation, named."""
    low, high = spread.get("lower"), spread.get("upper")
    name = str(spread["type"]).lower().replace("_", " ")
    if spread.get("spread") is not None:
        return f"± {spread['spread']:g} {name}"
    return f"({name} {low:g}-{high:g})" if low is not None and high is not None else None


def _moment(t: Mapping[str, Any] | None) -> str | None:
    return f"at {t['value']:g} {_UNITS.get(t['unit'], t['unit'])}" if t else None


def _grade(o: Mapping[str, Any]) -> str | None:
    least, most = o["grade_min"], o["grade_max"]
    if least is None and most is None:
        return None
    return f"grade {least}" if least == most else f"grade >={least}" if most is None else f"grade {least or 1}-{most}"
