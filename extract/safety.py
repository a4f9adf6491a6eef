"""Reported safety in running text: CRS, ICANS, DLT, adverse events, deaths, cytopenias, MTD and RP2D, with grades.

It shares the machinery of `outcomes.py`; none ("no DLT was observed") and all are results too.
"""

from __future__ import annotations

from collections.abc import Iterator

from trialkb.records import Document, Outcome

from ._outcome_read import read
from .outcomes import EFFICACY


def find(document: Document) -> Iterator[Outcome]:
    """Safety outcomes of a document's text, background values included and marked as such."""
    return (o for o in read(document) if o.endpoint not in EFFICACY)
