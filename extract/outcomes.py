"""Reported efficacy in running text: response, survival, follow-up and persistence, each with its exact span.

Rules over typed numbers and endpoint terms (outcome_terms.tsv), English and Chinese; safety is in `safety.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from trialkb.records import Document, Outcome

from ._outcome_read import read

EFFICACY = frozenset(
    (
        "ORR",
        "CR",
        "CRi",
        "PR",
        "SD",
        "PD",
        "DCR",
        "CBR",
        "sCR",
        "VGPR",
        "MRD_NEG",
        "OS",
        "PFS",
        "EFS",
        "DFS",
        "RFS",
        "DOR",
        "TTR",
        "FOLLOW_UP",
        "PERSISTENCE",
        "OTHER_EFFICACY",
    )
)


def find(document: Document) -> Iterator[Outcome]:
    """Efficacy outcomes of a document's text, background values included and marked as such."""
    return (o for o in read(document) if o.endpoint in EFFICACY)
