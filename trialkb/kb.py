"""Knowledge base: put records and what was read from them into kb.sqlite, and get them back.

Every version of a record is kept; a row of a CSV export is shown only where no whole record is held. Of the others
the version shown is the one with the later update date, at equal dates the one with more modules, then the later data
date, then the one that came last.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha1, sha256
from typing import Any, Literal

from . import codec, corrections, families, ids, passages, works
from .connection import meta, now, open_kb, set_meta, transaction, writer, writing
from .errors import BadInput
from .records import Article, Document, Finding, Outcome, Section, Trial

__all__ = [
    "forget_derived", "get", "meta", "now", "open_kb", "outcome_id", "put", "put_read", "set_meta", "settle",
    "transaction", "writer", "writing",
]  # fmt: skip
PACKED = 3  # of zlib's 1 to 9: half the time of 6, a tenth more room
Put = Literal["new", "changed", "unchanged", "older"]


def put(db: sqlite3.Connection, document: Document, run: int | None = None, as_of: str | None = None) -> Put:
    """Store a record as a new version if its words are new. Call it inside a `transaction`.

    "older": a version not held before, but one that is held is newer and stays the one shown.
    Raises BadInput, and nothing of it is stored, where the record is nested too deep.
    """
    db.execute("SAVEPOINT record")
    try:
        state = _put(db, document, run, as_of)
    except RecursionError:
        db.execute("ROLLBACK TO record")
        db.execute("RELEASE record")
        raise BadInput(f"{document.id}: nested too deep to be stored") from None
    db.execute("RELEASE record")
    return state


def _put(db: sqlite3.Connection, document: Document, run: int | None, as_of: str | None) -> Put:
    digest = sha256(document.raw).hexdigest()
    held = db.execute(
        "SELECT id, as_of FROM version WHERE document_id = ? AND sha256 = ?", (document.id, digest)
    ).fetchone()
    if held:
        if as_of and as_of > (held[1] or ""):
            db.execute("UPDATE version SET as_of = ? WHERE id = ?", (as_of, held[0]))
        _sight(db, run, held[0])
        _hear_retraction(db, document, held[0])
        return "changed" if as_of and _choose(db, document.id) else "unchanged"
    known = db.execute("SELECT 1 FROM document WHERE id = ?", (document.id,)).fetchone()
    if not known:
        db.execute(
            "INSERT INTO document (id, kind, source) VALUES (?, ?, ?)", (document.id, document.kind, document.source)
        )
    version = _insert_version(db, document, digest, run, as_of)
    _sight(db, run, version)
    _hear_retraction(db, document, version)
    shown = _choose(db, document.id, {version: document})
    return "new" if not known else "changed" if shown else "older"


def _sight(db: sqlite3.Connection, run: int | None, version: int) -> None:
    if run is not None:
        db.execute("INSERT OR IGNORE INTO sighting VALUES (?, ?)", (run, version))


def _insert_version(db: sqlite3.Connection, document: Document, digest: str, run: int | None, as_of: str | None) -> int:
    record = codec.dump(replace(document, sections=(), raw=b""))
    trial = document.trial
    cursor = db.execute(
        "INSERT INTO version (document_id, source, sha256, raw, record, version_date, as_of, modules, retrieved, run_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.id,
            document.source,
            digest,
            zlib.compress(document.raw, PACKED),
            zlib.compress(record.encode("utf-8", "surrogatepass"), PACKED),
            (trial.update_date if trial else None) or document.version_date,
            as_of or document.version_date,
            len({s.name.split(":")[0] for s in document.sections}),
            now(),
            run,
        ),
    )
    version = cursor.lastrowid
    assert version is not None
    db.executemany(
        "INSERT INTO section VALUES (?, ?, ?, ?, ?)",
        ((version, n, s.name, s.language, _storable(s.text)) for n, s in enumerate(document.sections)),
    )
    return version


def _storable(text: str) -> str:
    """Lone surrogates cannot be stored as UTF-8: each becomes U+FFFD, so that offsets stay."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not text.isascii() else text


def _choose(db: sqlite3.Connection, document_id: str, at_hand: Mapping[int, Document] | None = None) -> bool:
    """Point the document at its best version; True if that changed what is shown. `at_hand`: versions not to be read."""
    best = db.execute(
        "SELECT id FROM version WHERE document_id = ? "  # a row of a CSV export never hides the whole record
        "ORDER BY source = 'ctgov_csv', version_date IS NULL,"
        " version_date DESC, modules DESC, as_of IS NULL, as_of DESC, id DESC LIMIT 1",
        (document_id,),
    ).fetchone()[0]
    shown = db.execute("SELECT version_id FROM document WHERE id = ?", (document_id,)).fetchone()[0]
    if best == shown:
        return False
    document = (at_hand or {}).get(best) or get(db, document_id, best)
    assert document is not None
    if shown is not None:
        forget_derived(db, document_id)
        db.execute("UPDATE version SET extracted = NULL WHERE id = ?", (best,))
    db.execute(
        "UPDATE document SET version_id = ?, kind = ?, source = ?, language = ?, title = ?, url = ? WHERE id = ?",
        (best, document.kind, document.source, document.language, document.title, document.url, document_id),
    )
    _show_trial(db, document)
    _show_article(db, document)
    families.renew(db, document, best)
    return True


def settle(db: sqlite3.Connection, document_id: str, former: str | None = None, also: Iterable[str] = ()) -> None:
    """Bring up to date which records are one work with this one; nothing stays built on one that another stands for.

    `former`: the DOI it had before; `also`: records whose merges a person changed.
    """
    for other in works.settle(db, document_id, former) | {*also}:
        if works.hidden(db, other):
            forget_derived(db, other)
            db.execute(
                "UPDATE version SET extracted = NULL WHERE id = (SELECT version_id FROM document WHERE id = ?)",
                (other,),
            )
        _mark_retracted(db, other)


def _hear_retraction(db: sqlite3.Connection, document: Document, version: int) -> None:
    """Keep what the newest version of each source says of a retraction, for another version may be the one shown."""
    article = document.article
    newest = (
        article
        and db.execute(
            "SELECT id FROM version WHERE document_id = ? AND source = ?"
            " ORDER BY version_date IS NULL, version_date DESC, as_of IS NULL, as_of DESC, id DESC LIMIT 1",
            (document.id, document.source),
        ).fetchone()
    )
    if (
        article and newest and newest[0] == version
        and works.say_retracted(db, document.id, document.source, article.retracted)
    ):  # fmt: skip
        for id in (document.id, works.merged(db).get(document.id)):
            if id:
                _mark_retracted(db, id)


def _mark_retracted(db: sqlite3.Connection, document_id: str) -> None:
    """A paper counts as retracted where any source of it that is held says so."""
    row = db.execute("SELECT version_id FROM document WHERE id = ?", (document_id,)).fetchone()
    own = get(db, document_id, row[0]) if row and row[0] else None
    if own and own.article:
        said = own.article.retracted or bool(works.retracted_by(db, document_id))
        db.execute("UPDATE article SET retracted = ? WHERE document_id = ?", (said, document_id))


_TRIAL = (
    "status", "study_type", "phases", "allocation", "model", "masking", "purpose", "enrollment", "enrollment_type",
    "start_date", "primary_completion_date", "completion_date", "first_post_date", "results_post_date", "update_date",
    "has_results", "sponsor", "sponsor_class", "conditions", "interventions", "countries", "secondary_ids",
    "minimum_age", "maximum_age", "sex",
)  # fmt: skip
_ARTICLE = (
    "pmid", "pmcid", "doi", "authors", "journal", "date", "year", "volume", "issue", "pages", "publication_types",
    "registry_ids", "retracted", "notices", "preprint",
)  # fmt: skip


def _show_trial(db: sqlite3.Connection, document: Document) -> None:
    """The trial's row for search and tables, of the version shown."""
    if not document.trial:
        return
    row = _columns(document.trial, _TRIAL) | {"interventions": _list(i.name for i in document.trial.interventions)}
    _table(db, "trial").insert({"document_id": document.id, **row}, replace=True)
    db.execute("DELETE FROM trial_country WHERE document_id = ?", (document.id,))
    countries = ((document.id, c) for c in document.trial.countries)
    db.executemany("INSERT OR IGNORE INTO trial_country (document_id, country) VALUES (?, ?)", countries)


def _show_article(db: sqlite3.Connection, document: Document) -> None:
    if document.article:
        former = db.execute("SELECT lower(doi) FROM article WHERE document_id = ?", (document.id,)).fetchone()
        row = {"document_id": document.id, **_columns(document.article, _ARTICLE), "doi": ids.doi(document.article.doi)}
        row["retracted"] = document.article.retracted or bool(works.retracted_by(db, document.id))
        _table(db, "article").insert(row, replace=True)
        settle(db, document.id, former[0] if former else None)


def _table(db: sqlite3.Connection, name: str) -> Any:
    import sqlite_utils  # not at the top: reading a kb does without it

    return sqlite_utils.Database(db)[name]


def _columns(record: Trial | Article, names: Iterable[str]) -> dict[str, Any]:
    """Fields of a record as column values; lists become JSON."""
    values = {name: getattr(record, name) for name in names}
    return {k: json.dumps(codec.plain(v), ensure_ascii=False) if isinstance(v, tuple) else v for k, v in values.items()}


def _list(values: Iterable[str]) -> str:
    return json.dumps(list(values), ensure_ascii=False)


def get(db: sqlite3.Connection, document_id: str, version: int | None = None) -> Document | None:
    """The shown version of a document (or the one asked for), or None; shown, it is retracted where any source says so."""
    row = db.execute(
        "SELECT v.id, v.record, v.raw, (SELECT retracted FROM article WHERE document_id = d.id)"
        " FROM version v JOIN document d ON d.id = v.document_id WHERE d.id = ? AND v.id = coalesce(?, d.version_id)",
        (document_id, version),
    ).fetchone()
    if not row:
        return None
    sections = tuple(
        Section(name, text, language)
        for name, text, language in db.execute(
            "SELECT name, text, language FROM section WHERE version_id = ? ORDER BY ordinal", (row[0],)
        )
    )
    record = json.loads(zlib.decompress(row[1]).decode("utf-8", "surrogatepass"))
    if version is None and row[3] and "article" in record:
        record["article"]["retracted"] = True
    return codec.load(Document, {**record, "sections": codec.plain(sections), "raw": zlib.decompress(row[2])})


def forget_derived(db: sqlite3.Connection, document_id: str) -> None:
    """Drop what was read from or built on a document; its versions and corrections stay."""
    passages.drop(db, document_id)
    for table in ("finding", "outcome", "concept"):
        db.execute(f"DELETE FROM {table} WHERE document_id = ?", (document_id,))


def outcome_id(o: Outcome) -> str:
    """sha1 over document, section, value span, endpoint, statistic, arm, grade and time: stable over re-extraction."""
    e = o.evidence
    parts = (o.document, e.section, e.value_span, o.endpoint, o.statistic, o.arm, o.population, o.grade, o.time_point)
    return sha1(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def put_read(db: sqlite3.Connection, document: Document, read: Iterable[Finding | Outcome], rules: str) -> int:
    """Store what the extract parts read from the shown version; corrections are laid over it. Returns the count."""
    version = db.execute("SELECT version_id FROM document WHERE id = ?", (document.id,)).fetchone()[0]
    for table in ("finding", "outcome"):
        db.execute(f"DELETE FROM {table} WHERE document_id = ?", (document.id,))
    items = list(read)
    db.executemany(
        "INSERT INTO finding (document_id, version_id, field, value, section, start, end, rule, origin, confidence, detail)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (
            (f.document, version, f.field, f.value, f.section, f.start, f.end, f.rule, f.origin, f.confidence,
             codec.dump(f.detail) if f.detail else None)
            for f in items if isinstance(f, Finding)
        ),
    )  # fmt: skip
    db.executemany(
        f"INSERT OR REPLACE INTO outcome VALUES ({','.join('?' * 25)})",
        (_outcome_row(o, version) for o in items if isinstance(o, Outcome)),
    )
    db.execute("UPDATE version SET extracted = ? WHERE id = ?", (rules, version))
    families.renew(db, document, version)
    corrections.apply(db, document.id)
    if document.article:
        settle(db, document.id)  # a kb of before `works` learns its merges when it is read anew
    return len(items)


def _outcome_row(o: Outcome, version: int) -> tuple[object, ...]:
    ci = o.dispersion if o.dispersion and o.dispersion.type.startswith("CONFIDENCE") else None
    return (
        outcome_id(o), o.document, version, o.study, o.endpoint, o.statistic, o.value, o.unit, o.value_status,
        o.numerator, o.denominator, ci.lower if ci else None, ci.upper if ci else None, o.arm.label if o.arm else None,
        o.grade.min if o.grade else None, o.grade.max if o.grade else None, o.background, o.origin, o.rule,
        o.confidence, json.dumps(o.flags), o.evidence.section, *o.evidence.value_span, codec.dump(o),
    )  # fmt: skip
