"""Views: a document's sections, normalised once, with spans that lead back to the stored words.

Several parts read the same sections, so the normal form is kept for the texts seen last (a cache, not a state:
the answer never depends on it). Offsets of a finding are made here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trialkb.records import Document, Finding, Origin
from trialkb.text import Normal, sentences

from ._plain import normal

_normal = lru_cache(maxsize=64)(normal)
_piece = lru_cache(maxsize=256)(normal)  # criteria are many and short: they must not push the sections out
_SILENT = (
    "references",
    "results:",
    "adverse_events",
    "citation",
    "conditions",
    "keywords",
    "acronym",
    "phases",
    "design",
)


@lru_cache(maxsize=64)
def _sentences(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(sentences(text))


@dataclass(frozen=True, slots=True)
class View:
    """One section (or a piece of it that starts at `base`) in its normal form."""

    document: str
    section: str
    normal: Normal
    base: int = 0
    original: str = ""  # the stored words that the normal form was made of

    @property
    def text(self) -> str:
        return self.normal.text

    def sentences(self) -> tuple[tuple[int, int], ...]:
        return _sentences(self.normal.text)

    def finding(
        self,
        field: str,
        value: str,
        span: tuple[int, int],
        rule: str,
        detail: dict[str, Any] | None = None,
        origin: Origin = "text",
    ) -> Finding:
        """A finding whose span is normalised [start:end] of this view; empty parts of the detail are left out."""
        start, end = self.normal.span(*span)
        kept = {k: v for k, v in (detail or {}).items() if v not in (None, "", [], {})}
        return Finding(
            field,
            value,
            self.document,
            self.section,
            self.base + start,
            self.base + end,
            rule,
            origin,
            None,
            kept or None,
        )


def view(document: Document, name: str) -> View | None:
    """The view of one section, or None."""
    section = document.section(name)
    return View(document.id, name, _normal(section.text), 0, section.text) if section and section.text else None


def piece(document: str, section: str, text: str, base: int) -> View:
    """A view of a part of a section's text that begins at offset `base`."""
    return View(document, section, _piece(text), base, text)


def prose(document: Document, *leave_out: str) -> Iterator[View]:
    """Views of all sections that hold sentences: no reference lists, posted results or bare lists of words."""
    for s in document.sections:
        if s.text and not s.name.startswith(_SILENT) and s.name.removesuffix("_zh") not in leave_out:
            yield View(document.id, s.name, _normal(s.text), 0, s.text)


def locate(text: str, words: str, start: int = 0) -> tuple[int, int] | None:
    """Where a structured field's words stand in a section's stored text, from `start` on; white space may differ."""
    at = text.find(words, start)
    if at >= 0:
        return at, at + len(words)
    pattern = r"\s+".join(re.escape(w) for w in words.split())
    m = re.compile(pattern).search(text, start) if pattern else None
    return m.span() if m else None
