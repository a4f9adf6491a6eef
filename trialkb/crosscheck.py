"""Cross-checks: where two records, or a review and the registry, do not say the same of a trial.

Asked by `doctor` (all of them) and `show` (those of one record). Nothing is mended: both sides are named with the place
they were read from. What a review prints is compared with what the kb holds of the same id:
  target, sponsor, product   an id with two of them in one review, or with another one in its registry record
  number                     a reported value that differs from the same endpoint of the trial's own papers or results
Traps: sponsors are printed in Chinese and English, so only names in one script are compared; a later data cut
differs rightly, and is shown with its source.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .products import named
from .terms import ancestors, mentions
from .text import language

_TARGETS = frozenset({"target"})


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements about one trial that cannot both be right, or not without a word."""

    id: str  # the trial
    about: str  # target | sponsor | product | number | doubt
    says: str  # the one statement, in words
    where: str  # document and section it stands in
    against: str  # the other
    source: str

    def line(self) -> str:
        """One line for a person.

        >>> Conflict("NCT1", "target", "CEA", "text:a table:1", "CD19", "registry record").line()
        'NCT1 target: CEA (text:a table:1) but CD19 (registry record)'
        """
        return f"{self.id} {self.about}: {self.says} ({self.where}) but {self.against} ({self.source})"


def conflicts(db: sqlite3.Connection, document: str | None = None) -> Iterator[Conflict]:
    """Every conflict of the kb, or those that touch one document."""
    for conflict in dict.fromkeys((*_cited(db), *_doubts(db), *_numbers(db))):
        if document in (None, conflict.id, conflict.where.split(" ")[0], conflict.source.split(" ")[0]):
            yield conflict


def _cited(db: sqlite3.Connection) -> Iterator[Conflict]:
    """What reviews say of trials, each against the registry and against what stood before it."""
    before: dict[tuple[str, str], tuple[str, str]] = {}
    rows = db.execute(
        "SELECT document_id, value, section, detail FROM finding WHERE field = 'cited_trial'"
        " ORDER BY document_id, section DESC, start"
    )
    for document, id, section, detail in rows.fetchall():
        said = json.loads(detail or "{}")
        where = f"{document} {section}"
        for about, words in (("target", said.get("target")), ("sponsor", said.get("sponsor"))):
            if not words:
                continue
            held = before.setdefault((id, about), (words, where))
            if held[0] != words and not _same(about, held[0], words):
                yield Conflict(id, about, words, where, held[0], held[1])
            for other, source in _registry(db, id, about):
                if not _same(about, words, other):
                    yield Conflict(id, about, words, where, other, source)
        yield from _product(db, id, said.get("names") or [], where)


def _registry(db: sqlite3.Connection, id: str, about: str) -> Iterator[tuple[str, str]]:
    """What the kb's own record of a trial says, where it says it."""
    if about == "sponsor":
        row = db.execute("SELECT sponsor FROM trial WHERE document_id = ?", (id,)).fetchone()
        if row and row[0]:
            yield row[0], f"{id} registry record"
        return
    rows = db.execute("SELECT DISTINCT value FROM finding WHERE document_id = ? AND field = 'target'", (id,))
    found = [r[0] for r in rows]
    if found:
        yield ", ".join(found), f"{id} registry record"


def _same(about: str, one: str, other: str) -> bool:
    """Whether two statements can stand beside each other."""
    if about == "sponsor":
        return language(one) != language(other) or _plain(one) in _plain(other) or _plain(other) in _plain(one)
    first, second = _target_ids(one), _target_ids(other)
    return not first or not second or bool(first & second)


def _target_ids(words: str) -> set[str]:
    """Lexicon ids of the targets in a text, those they are a kind of included."""
    found = {m.id for m in mentions(words, _TARGETS)}
    return found | {a for f in found for a in ancestors("target", f)}


def _plain(words: str) -> str:
    return re.sub(r"\W+", "", words).lower()


def _product(db: sqlite3.Connection, id: str, names: list[str], where: str) -> Iterator[Conflict]:
    """A product whose own trial, by the list of products or by another registry record, is another one."""
    row = db.execute("SELECT interventions FROM trial WHERE document_id = ?", (id,)).fetchone()
    for name in names:
        product = next((p for p, _, _ in named(name)), None)
        key = _plain(name)
        if len(key) < 4 or not re.search(r"\d", key) or any(mentions(name, _TARGETS)):
            continue
        if row:
            own = named(row[0])
            if own and product and product not in [p for p, _, _ in own]:
                yield Conflict(id, "product", name, where, own[0][0].product, f"{id} registry record")
                continue
            if key in _plain(row[0]):
                continue
        others = [r[0] for r in db.execute(
            "SELECT document_id FROM trial JOIN document ON id = document_id WHERE document_id != ? AND"
            " replace(replace(upper(interventions || title), '-', ''), ' ', '') LIKE ?", (id, f"%{key.upper()}%"))]  # fmt: skip
        if others:
            yield Conflict(
                id, "product", name, where, f"{name} in {', '.join(others[:3])}", f"{others[0]} registry record"
            )


def _doubts(db: sqlite3.Connection) -> Iterator[Conflict]:
    for document, value, section, rule, detail in db.execute(
        "SELECT document_id, value, section, rule, detail FROM finding WHERE field = 'doubt' ORDER BY id"
    ).fetchall():
        said: dict[str, Any] = json.loads(detail or "{}")
        against = f"[{said['reference']}] {said.get('says')}" if said.get("reference") else rule
        yield Conflict(said.get("id", document), "doubt", value, f"{document} {section}", against, f"{document} references"
                       if said.get("reference") else "lexicon of targets")  # fmt: skip


_NUMBERS = (
    "SELECT o.study, o.endpoint, o.statistic, o.unit, o.value, o.document_id, o.section, d.kind FROM outcome o"
    " JOIN document d ON d.id = o.document_id WHERE o.value IS NOT NULL AND o.background IS NULL"
    " AND o.statistic IN ('rate', 'median') AND o.grade_min IS NULL AND o.grade_max IS NULL"
    " AND coalesce(o.arm, 'overall') = 'overall' ORDER BY o.study, o.endpoint, o.document_id, o.section, o.start"
)


def _trials(db: sqlite3.Connection) -> dict[str, list[str]]:
    """The trial whose results a document gives: itself, or the one number that a paper bears."""
    out = {r[0]: [r[0]] for r in db.execute("SELECT document_id FROM trial")}
    for document, listed in db.execute("SELECT document_id, registry_ids FROM article"):
        numbers = json.loads(listed or "[]")
        if len(numbers) == 1:
            out[document] = numbers
    return out


def _numbers(db: sqlite3.Connection) -> Iterator[Conflict]:
    """A review's value of a study's endpoint that no source of the study itself has."""
    reviews: dict[tuple[str, ...], list[tuple[float, str]]] = defaultdict(list)
    own: dict[tuple[str, ...], list[tuple[float, str]]] = defaultdict(list)
    trials = _trials(db)
    for study, endpoint, statistic, unit, value, document, section, kind in db.execute(_NUMBERS):
        side = reviews if kind == "review" else own
        for id in (study,) if study or kind == "review" else trials.get(document, ()):
            if id:
                side[(id, endpoint, statistic, unit or "")].append((value, f"{document} {section}"))
    for key, said in reviews.items():
        held = own.get(key)
        if not held:
            continue
        for value, where in said:
            if not any(abs(value - other) < 0.06 for other, _ in held):
                against = ", ".join(dict.fromkeys(f"{other:g}" for other, _ in held))
                yield Conflict(key[0], "number", f"{key[1]} {value:g} {key[3]}".strip(), where, against, held[0][1])
