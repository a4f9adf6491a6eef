"""Passages: the pieces of a document that are searched and quoted, each a span of a stored section.

Pieces end at sentences and stay within the encoder's 256 tokens (about 900 Latin or 220 Chinese characters). What the
encoder is given is the title, the piece, and the English names of the field's terms where the words are Chinese: the
default model knows 21 % of Chinese tokens, the lexicon carries the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha1

from . import tokens
from .records import Document, Section
from .terms import by_id, mentions
from .text import language, sentences

# Sections that are searched; with the most pieces that are embedded (None: all, 0: keyword only).
SEARCHED: dict[str, int | None] = {
    "title": 1, "official_title": 0, "acronym": 0, "summary": None, "summary_zh": None, "description": 1,
    "conditions": 0, "keywords": 0, "interventions": 1, "arms": 1, "primary_outcomes": 1, "secondary_outcomes": 0,
    "eligibility": 1, "abstract": None, "abstract_zh": None, "body": None, "citation": None, "doubts": 0, "product": 0,
    "targets": 0,
    "title_zh": 1, "mesh": 0, "registry_ids": 0, "secondary_ids": 0,
}  # fmt: skip
LATIN, CHINESE = 900, 220


@dataclass(frozen=True, slots=True)
class Passage:
    document: str
    section: str
    start: int
    end: int
    language: str | None
    title: str
    text: str
    embedded: str | None

    @property
    def sha1(self) -> str | None:
        return sha1(self.embedded.encode("utf-8", "surrogatepass")).hexdigest() if self.embedded else None


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Spans of a text, each within the encoder's size, cut at sentences where that is possible.

    >>> [len(range(a, b)) for a, b in pieces("x" * 2000)]
    [900, 900, 200]
    """
    limit = CHINESE if language(text[:2000]) in ("zh", "mixed") else LATIN
    start = end = -1
    for a, b in sentences(text):
        while b - a > limit:
            if end > start >= 0:
                yield start, end
                start = end = -1
            yield a, a + limit
            a += limit
        if start >= 0 and b - start > limit:
            yield start, end
            start = -1
        start, end = (a if start < 0 else start), b
    if start >= 0:
        yield start, end


def _searched(section: Section) -> int | None:
    """How many pieces of a section are embedded; -1: the section is not searched at all."""
    for name in (section.name, section.name.removesuffix("_zh")):
        if name in SEARCHED:
            return SEARCHED[name]
    base = section.name.split(":")[0]
    return None if base in ("abstract", "abstract_zh", "body") else -1


def make(document: Document) -> Iterator[Passage]:
    """The passages of a document, in the order of its sections; there is always at least one."""
    title = document.title or document.id
    names = [s for s in document.sections if _searched(s) != -1]
    for section in names:
        most = _searched(section)
        for n, (start, end) in enumerate(pieces(section.text)):
            text = section.text[start:end]
            embedded = given(title, text) if most is None or n < most else None
            yield Passage(document.id, section.name, start, end, language(text), title, text, embedded)
    if not any(s.text.strip() for s in names):
        yield Passage(document.id, "title", 0, 0, None, title, document.id, None)


def given(title: str, text: str) -> str:
    """What the encoder is given for a piece: title, piece, and English names for its Chinese terms.

    >>> given("T", "胃癌")
    'T. 胃癌 (Gastric cancer)'
    """
    head = "" if text.startswith(title) else f"{title}. "
    return english(head + text)


def english(text: str) -> str:
    """A text with the English names of its Chinese terms behind it; English text comes back as it is."""
    if text.isascii() or language(text) == "en":
        return text
    table = by_id()
    found = dict.fromkeys(table[m.kind, m.id].preferred for m in mentions(text) if not m.words.isascii())
    return f"{text} ({', '.join(found)})" if found else text


def insert(db: sqlite3.Connection, version: int, passages: Iterable[Passage]) -> int:
    """Store passages with their keyword rows; returns how many."""
    count = 0
    for p in passages:
        cursor = db.execute(
            "INSERT INTO passage (document_id, version_id, section, start, end, language, title, text, embedded, sha1)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            (p.document, version, p.section, p.start, p.end, p.language, p.title, p.text, p.embedded, p.sha1),
        )
        db.execute(
            "INSERT INTO passage_fts (rowid, title, body) VALUES (?, ?, ?)",
            (cursor.lastrowid, tokens.indexed(p.title), tokens.indexed(p.text)),
        )
        count += 1
    _touch(db)
    return count


def _touch(db: sqlite3.Connection) -> None:
    """Tell the vector cache that the passages are others now."""
    db.execute(
        "INSERT INTO meta VALUES ('passages', '1') ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1"
    )


def drop(db: sqlite3.Connection, document_id: str) -> None:
    """Remove a document's passages and their keyword rows (a contentless FTS table wants its words back)."""
    rows = db.execute("SELECT id, title, text FROM passage WHERE document_id = ?", (document_id,)).fetchall()
    db.executemany(
        "INSERT INTO passage_fts (passage_fts, rowid, title, body) VALUES ('delete', ?, ?, ?)",
        ((i, tokens.indexed(title), tokens.indexed(text)) for i, title, text in rows),
    )
    db.execute("DELETE FROM passage WHERE document_id = ?", (document_id,))
    if rows:
        _touch(db)
