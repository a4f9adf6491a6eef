"""One line an outcome, as the tables of tests write it."""

from __future__ import annotations

from typing import Any

from trialkb import flat, parts

Row = dict[str, Any]


def brief(row: Row) -> str:
    """One outcome in a line: endpoint, value or count, interval, range, grade, time point, arm, population."""
    value = "" if row["value"] is None else f"{row['value']:g}"
    words = {"rate": f"{value}%" if value else "", "km_rate": f"{value}%", "median": f"{value} {row['unit'] or ''}"}
    out = [row["endpoint"], words.get(row["statistic"], f"{row['statistic']} {value}").strip()]
    if row["value_status"] != "reported":
        out.append(row["value_status"])
    if row["num"] is not None or row["den"] is not None:
        out.append(f"{'' if row['num'] is None else row['num']}/{'' if row['den'] is None else row['den']}")
    for a, b in (("ci_low", "ci_high"), ("range_low", "range_high")):
        if row[a] is not None or row[b] is not None:
            out.append(f"[{row[a]},{row[b]}]")
    out += [f"g{row['grade']}"] if row["grade"] else []
    out += [f"at {row['time_point']}"] if row["time_point"] else []
    out += [f"@{row['arm']}"] if row["arm"] not in (None, "overall") else []
    out += [f"#{row['population']}"] if row["population"] else []
    return " ".join(x for x in out if x)


def told(text: str, kind: str = "abstract") -> list[str]:
    doc = flat.document({"doc_id": "x", "text": text, "kind": kind})
    records = [o for name in ("outcomes", "safety") for o in parts.load("extract", name).find(doc)]
    return [brief(row) for row in flat.flat(doc, [], records)["outcomes"]]
