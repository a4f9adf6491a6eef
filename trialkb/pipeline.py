"""Pipeline: files to records, records to findings, findings to indexes; each step goes on where it was stopped."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import ModuleType

from . import confidence, families, kb, ledger, parts, reading, validate
from .errors import BadInput, TrialkbError
from .records import Document, Finding, Outcome

log = logging.getLogger("trialkb")
Tick = Callable[[int], None]
BLOCK = 200  # records a transaction


def read_file(
    db: sqlite3.Connection,
    path: Path,
    kind: str | None = None,
    as_of: str | None = None,
    complete: bool = False,
    tick: Tick = lambda n: None,
) -> tuple[str, ledger.Counts]:
    """Import one file; (what it was taken for and why, counts). A block of records is one transaction.

    Raises BadInput where the file cannot be read; what was whole before the fault is kept and the run says so.
    """
    with reading.opened(path) as stream:
        module, why = reading.detect(reading.peek(stream), str(path), kind)
        source = module.__name__.rsplit(".", 1)[-1]
        run = ledger.start(db, "import", source, str(path), as_of=as_of, complete=complete)
        counts = ledger.Counts()
        try:
            _store(db, run, _documents(module, stream, str(path), counts), counts, as_of, tick)
        except (TrialkbError, OSError, EOFError) as e:
            with kb.transaction(db):
                ledger.finish(db, run, counts, "incomplete", str(e))
            if isinstance(e, TrialkbError):
                raise
            raise BadInput(
                f"{path}: broken after {counts.received} records ({e}); those are kept; get the file again"
            ) from e
        with kb.transaction(db):
            gone = families.withdraw(db, _deleted(module, path), source, f"taken back in {path.name}", run)
            ledger.finish(
                db, run, counts, message=f"taken back by the source: {', '.join(gone[:20])}" if gone else None
            )
    return f"{source} ({why})", counts


def _deleted(module: ModuleType, path: Path) -> Iterator[str]:
    """Ids that a file says its source took back (PubMed's update files do); a stream cannot be read twice."""
    if hasattr(module, "deleted") and str(path) != "-":
        with reading.opened(path) as stream:
            yield from module.deleted(stream, str(path))


def _documents(module: ModuleType, stream: object, name: str, counts: ledger.Counts) -> Iterator[Document]:
    """The documents of a stream; a record that cannot be read is logged and skipped, unless nothing can."""
    first: TrialkbError | None = None
    read = 0
    for number, data in enumerate(reading.records(module, stream, name), 1):  # type: ignore[arg-type]
        try:
            for document in module.parse(data, name=name):
                read += 1
                yield document
        except (BadInput, RecursionError) as caught:
            e = caught if isinstance(caught, BadInput) else BadInput(f"{name}: record {number} is nested too deep")
            counts.add("skipped")
            if read:
                log.warning("record %d of %s skipped: %s", number, name, e)
            first = first or e
    if first and not read:
        more = f" (and {counts.by_state['skipped'] - 1} more like it)" if counts.by_state["skipped"] > 1 else ""
        place = "" if name in str(first) else f"{name}: "
        raise BadInput(f"{place}{first}{more}")
    if not read:
        raise BadInput(f"{name}: expected records, found none")


def _store(
    db: sqlite3.Connection,
    run: int,
    documents: Iterable[Document],
    counts: ledger.Counts,
    as_of: str | None,
    tick: Tick,
) -> None:
    """Put documents a block at a time; a fault in the middle of a block still keeps what came before it."""
    source, number = iter(documents), 0
    fault: BaseException | None = None
    while fault is None:
        block: list[Document] = []
        try:
            _fill(block, source)
        except (TrialkbError, OSError, EOFError) as e:
            fault = e
        if not block:
            break
        number += 1
        with kb.transaction(db):
            for document in block:
                try:
                    counts.add(kb.put(db, document, run, as_of))
                except BadInput as e:
                    counts.add("skipped")
                    log.warning("skipped: %s", e)
            ledger.page(db, run, number, len(block))
        tick(len(block))
    if fault:
        raise fault


def _fill(block: list[Document], source: Iterator[Document]) -> None:
    for document in islice(source, BLOCK):
        block.append(document)


@cache
def rules() -> str:
    """Digest of the extract parts as installed: records read by other rules are read again."""
    digest = sha256()
    for name in parts.names("extract"):
        file = parts.load("extract", name).__file__
        folder = Path(file).parent if file else None
        for path in sorted(folder.glob("*.*")) if folder else ():
            if path.suffix in (".py", ".tsv"):
                digest.update(path.read_bytes())
        break
    own = ("terms.tsv", "terms.py", "text.py", "products.tsv", "validate.py", "confidence.py", "confidence.tsv")
    for name in (*own, "ids.py", "linking.py"):
        path = Path(__file__).with_name(name)
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:16]


def read_document(document: Document) -> list[Finding | Outcome]:
    """Everything the extract parts find in a document, spans checked, validators and confidence applied."""
    found: list[Finding | Outcome] = []
    for name in parts.names("extract"):
        try:
            found.extend(x for x in parts.load("extract", name).find(document) if _stands(document, x, name))
        except Exception:
            log.exception("%s: part %s failed on this record and is left out", document.id, name)
    return judged(document, found)


def judged(document: Document, found: Iterable[Finding | Outcome]) -> list[Finding | Outcome]:
    """What was found, with the flags of the validators and the confidence of the rules on each outcome."""
    items = list(found)
    trial = document.trial
    enrolled = trial.enrollment if trial and trial.enrollment_type == "ACTUAL" else None
    outcomes = validate.check((x for x in items if isinstance(x, Outcome)), enrolled)
    return [*(x for x in items if isinstance(x, Finding)), *confidence.rate(outcomes)]


def _stands(document: Document, item: Finding | Outcome, part: str) -> bool:
    """Whether the spans lie in the named section; one that does not is refused, loudly."""
    name = item.section if isinstance(item, Finding) else item.evidence.section
    start, end = (item.start, item.end) if isinstance(item, Finding) else item.evidence.value_span
    section = document.section(name)
    if section is not None and 0 <= start <= end <= len(section.text):
        return True
    log.error("%s: part %s gave a span outside section %s; refused", document.id, part, name)
    return False


def pending(db: sqlite3.Connection) -> list[str]:
    """Documents whose shown version was not yet read by the rules as installed."""
    rows = db.execute(
        "SELECT d.id FROM work d JOIN version v ON v.id = d.version_id WHERE v.extracted IS NOT ? ORDER BY d.id",
        (rules(),),
    )
    return [r[0] for r in rows]


def extract(db: sqlite3.Connection, tick: Tick = lambda n: None) -> int:
    """Read every document not yet read by these rules; returns how many. Interrupted, it goes on from there."""
    ids = pending(db)
    for i in range(0, len(ids), BLOCK):
        with kb.transaction(db):
            for document_id in ids[i : i + BLOCK]:
                document = kb.get(db, document_id)
                if document:
                    kb.put_read(db, document, read_document(document), rules())
        tick(len(ids[i : i + BLOCK]))
    return len(ids)


def index(db: sqlite3.Connection, path: Path, model: str | None = None, tick: Tick = lambda n: None) -> dict[str, int]:
    """Bring every index up to date; {part: what it added}."""
    return {name: parts.load("index", name).build(db, path, model=model, tick=tick) for name in parts.names("index")}
