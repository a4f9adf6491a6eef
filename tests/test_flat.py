"""Flat form: lines in, lines out."""

from __future__ import annotations

from typing import Any

from trialkb import flat


def answer(text: str, **more: str) -> dict[str, Any]:
    return flat.extract_line({"doc_id": "x", "text": text, **more})


def test_a_line_gives_facts_outcomes_and_background() -> None:
    line = answer("The ORR was 38.8% (38/98; 95% CI 29.1-49.2).")
    assert set(line) == {"doc_id", "facts", "outcomes", "background"}
    (orr,) = line["outcomes"]
    assert (orr["endpoint"], orr["value"], orr["num"], orr["den"]) == ("ORR", 38.8, 38, 98)
    assert (orr["ci_low"], orr["ci_high"], orr["ci_level"], orr["unit"]) == (29.1, 49.2, 95.0, "%")


def test_quotes_are_spans_of_the_text() -> None:
    text = "中位无进展生存期为 4.4 个\n\n月，总生存期为 8.8 个月。未观察到DLT。"
    found = answer(text)["outcomes"]
    assert [o["endpoint"] for o in found] == ["PFS", "OS", "DLT"]
    assert all(text[o["start"] : o["end"]] == o["quote"] != "" for o in found)


def test_background_stands_apart() -> None:
    line = answer("BACKGROUND: Chemotherapy yields a median PFS of 6 months.\nRESULTS: Median PFS was 9.1 months.")
    assert [o["value"] for o in line["outcomes"]] == [9.1]
    assert [b["why"] for b in line["background"]] == ["standard_care"]
