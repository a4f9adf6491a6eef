"""Works: one paper held as several records, told by its DOI; PubMed's record is the one shown, counted and searched.

Europe PMC has records without a PMID (preprints, AGR, late MED) of papers that PubMed holds too. Such a record keeps
its id, its versions and its place in every run; a link `same_work`, with the DOI as its evidence, says whose work it
is, and the view `work` (every document but those) is what is counted, read, indexed and searched. Not taken for one,
and said as a doubt: a DOI that two records of PubMed share, a preprint and a paper, a paper and a notice about it
(an erratum may bear its paper's DOI). Another DOI is another work: a preprint is joined to its paper by `preprint_of`
alone, where a record says so. A person's `unlink` undoes a merge for good.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator

SAME_WORK = "same_work"
SAID_RETRACTED = "said_retracted"  # a record and a source whose newest version of it says that it is retracted
CROWD = 20  # more records than this bear a DOI only where it is a filler, and are not compared one by one
_NOTICE = re.compile(r"erratum|corrigend|\bcorrection\b|retraction of publication|expression of concern", re.IGNORECASE)
_Holder = tuple[str, int, str]  # document, whether a preprint, publication types
_Pair = tuple[str, str, str]  # the record, PubMed's, the rule


def settle(db: sqlite3.Connection, id: str, former: str | None = None) -> set[str]:
    """Bring the merges by a record's DOI, and by its former one, up to date; the records whose merges changed.

    Call it when the record's row in `article` is written.
    """
    row = db.execute("SELECT lower(doi) FROM article WHERE document_id = ?", (id,)).fetchone()
    holders = {doi: _holders(db, doi) for doi in (row[0] if row else None, former) if doi}
    wanted = {pair for doi, found in holders.items() for pair in _same(found, doi)}
    held = {pair for i in {id, *(h[0] for found in holders.values() for h in found)} for pair in _standing(db, i)}
    db.executemany(
        f"DELETE FROM link WHERE source = ? AND target = ? AND rule = ? AND relation = '{SAME_WORK}' AND undone IS NULL",
        held - wanted,
    )
    db.executemany(
        f"INSERT OR IGNORE INTO link (source, target, relation, rule) VALUES (?, ?, '{SAME_WORK}', ?)", wanted - held
    )
    return {i for source, target, _ in wanted ^ held for i in (source, target)}


def _holders(db: sqlite3.Connection, doi: str) -> list[_Holder]:
    """The records that bear a DOI (lower case); of a crowd those of PubMed first, for two of them settle it."""
    sql = "SELECT document_id, preprint, publication_types FROM article WHERE lower(doi) = ? ORDER BY 1 DESC LIMIT ?"
    return sorted(db.execute(sql, (doi, CROWD)))


def _of_pubmed(holders: Iterable[_Holder]) -> list[_Holder]:
    return [h for h in holders if h[0].startswith("PMID:")]


def _same(holders: list[_Holder], doi: str) -> Iterator[_Pair]:
    """Each record that is the work of the one record of PubMed with its DOI."""
    theirs = _of_pubmed(holders)
    if len(theirs) == 1:
        for other in holders:
            if other != theirs[0] and not _unlike(other, theirs[0]):
                yield other[0], theirs[0][0], f"DOI {doi} in both records"


def _unlike(a: _Holder, b: _Holder) -> str | None:
    """Why two records of one DOI are not one work, or None."""
    if bool(a[1]) != bool(b[1]):
        return "one is a preprint"
    return "one is a notice about the other" if bool(_NOTICE.search(a[2])) != bool(_NOTICE.search(b[2])) else None


def _standing(db: sqlite3.Connection, id: str) -> list[_Pair]:
    sql = "SELECT source, target, rule FROM link WHERE relation = ?2 AND undone IS NULL AND"
    return [
        row
        for end in ("source", "target")
        for row in db.execute(f"{sql} {end} = ?1", (id, SAME_WORK))  # two indexes, so two questions
    ]


def hidden(db: sqlite3.Connection, id: str) -> bool:
    """Whether another record stands for this one wherever records are counted and searched."""
    row = db.execute(
        "SELECT EXISTS (SELECT 1 FROM document WHERE id = ?1) > EXISTS (SELECT 1 FROM work WHERE id = ?1)", (id,)
    )
    return bool(row.fetchone()[0])


def merged(db: sqlite3.Connection) -> dict[str, str]:
    """Each record that is another's work -> that other."""
    return dict(
        db.execute(f"SELECT source, target FROM link WHERE relation = '{SAME_WORK}' AND undone IS NULL").fetchall()
    )


def notes(db: sqlite3.Connection, id: str) -> Iterator[str]:
    """What must be said of a record that is one work with another, or might be."""
    for source, target, rule in _standing(db, id):
        if source == id and hidden(db, id):
            yield f"one work with {target} ({rule}): that record is the one counted and searched"
        else:
            yield f"one work with {source if target == id else target} ({rule})"
    yield from doubts(db, (id,))


def doubts(db: sqlite3.Connection, papers: Iterable[str]) -> Iterator[str]:
    """Records that share a DOI with one of these and were not taken for the same work, and why."""
    said: set[str] = set()
    for (doi,) in (
        row for p in papers for row in db.execute("SELECT lower(doi) FROM article WHERE document_id = ?", (p,))
    ):
        holders = _holders(db, doi) if doi else []
        theirs = _of_pubmed(holders)
        if len(theirs) > 1:
            said.add(f"DOI {doi} is borne by {', '.join(h[0] for h in holders)}: which are one work cannot be told")
        elif theirs:
            said |= {
                f"DOI {doi} is borne by {h[0]} and {theirs[0][0]}, not taken for one work: {why}"
                for h in holders
                if h != theirs[0] and (why := _unlike(h, theirs[0]))
            }
    yield from sorted(said)


def say_retracted(db: sqlite3.Connection, id: str, source: str, retracted: bool) -> bool:
    """Note whether a source says that a record is retracted; True if that is news."""
    if retracted:
        sql = "INSERT OR IGNORE INTO link (source, target, relation, rule) VALUES (?, ?, ?, 'the record of ' || ?2)"
    else:
        sql = "DELETE FROM link WHERE source = ? AND target = ? AND relation = ?"
    return db.execute(sql, (id, source, SAID_RETRACTED)).rowcount > 0


def retracted_by(db: sqlite3.Connection, id: str) -> list[str]:
    """The sources that say of a record, or of one that is the same work, that it is retracted."""
    rows = db.execute(
        "SELECT DISTINCT target FROM link WHERE relation = ?2 AND (source = ?1 OR source IN (SELECT k.source FROM link k"
        f" WHERE k.target = ?1 AND k.relation = '{SAME_WORK}' AND k.undone IS NULL)) ORDER BY target",
        (id, SAID_RETRACTED),
    )
    return [r[0] for r in rows]


def shared(db: sqlite3.Connection, run: int) -> tuple[int, int]:
    """Records of a run that are held from another source too: under the same id (PMID), and as one work by DOI."""
    by_id = db.execute(
        "SELECT count(DISTINCT v.document_id) FROM sighting s JOIN version v ON v.id = s.version_id WHERE s.run_id = ?"
        " AND EXISTS (SELECT 1 FROM version o WHERE o.document_id = v.document_id AND o.source != v.source)",
        (run,),
    ).fetchone()[0]
    by_doi = db.execute(
        "SELECT count(DISTINCT v.document_id) FROM link k CROSS JOIN version v ON v.document_id IN (k.source, k.target)"
        f" CROSS JOIN sighting s ON s.run_id = ? AND s.version_id = v.id WHERE k.relation = '{SAME_WORK}' AND k.undone IS NULL",
        (run,),
    ).fetchone()[0]
    return by_id, by_doi
