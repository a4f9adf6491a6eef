"""Starter: the bundled corpus, trial synopses and published results as cited facts, one JSON line a record.

Source: `trialkb/starter/trials.jsonl` and `results.jsonl`, written for this project: synopses and sentences in its own
words, every figure with the place where it was seen. A line may also be a person's own, in the same form.
Traps: what stands in a section `citation` was copied from a paper by hand and is cited, not read from its source; a
later report of the same `family` replaces an earlier `cut`; `recalled` marks a figure whose source was not reopened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from trialkb.errors import BadInput
from trialkb.records import Article, Document, Intervention, Section, Trial
from trialkb.terms import by_id

LINE = 1024 * 1024  # bytes; the longest line of the bundled files is some 8,000
_TRIAL_EXTRA = ("product", "modality", "targets", "review", "doubts", "sources")
_ARTICLE_EXTRA = (
    "family", "cut", "design", "targets", "modality", "product", "indications", "phase", "line", "n", "doubts", "checked",
    "from_memory",
)  # fmt: skip


def recognise(head: bytes, name: str) -> str | None:
    """Whether a file's head is starter lines.

    >>> recognise(b'{"starter": "trial", "id": "NCT00000001"}', "a.jsonl")
    'JSON lines of the starter corpus'
    >>> recognise(b'{"id": 1}', "a.jsonl")
    """
    return "JSON lines of the starter corpus" if head.lstrip().startswith(b'{"starter":') else None


def split(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The lines of a file one by one. Raises BadInput for a line over the limit."""
    while line := stream.readline(LINE + 1):
        if len(line) > LINE:
            raise BadInput(f"{name}: expected starter lines of at most {LINE} bytes, found a longer one")
        if line.strip():
            yield line


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """One document a line. Raises BadInput, naming the line, for what is not a starter record."""
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            make = {"trial": _trial, "result": _article}[record["starter"]]
            yield make(record, line)
        except (ValueError, KeyError, TypeError, IndexError) as e:
            raise BadInput(f"{name or 'starter'} line {number}: expected a starter record, found {e!r}") from e


def _section(name: str, value: str | Sequence[str] | None, language: str | None = "en") -> Iterator[Section]:
    """The section, or nothing where there is no text; a list stands one item a line."""
    text = value if isinstance(value, str) else "\n".join(value or ())
    if text:
        yield Section(name, text, language)


def _words(indication: str) -> str:
    """The lexicon's name of an indication; one that it does not have stands as it is."""
    term = by_id().get(("indication", indication))
    return term.preferred if term else indication


def _trial(record: Mapping[str, Any], raw: bytes) -> Document:
    named = record["product"] or " and ".join(record["targets"])
    product = f"{named} ({record['modality']})" if named and record["modality"] else named
    sections = (
        *_section("title", record["title"]),
        *_section("summary", record["synopsis_en"]),
        *_section("summary_zh", record["synopsis_zh"], "zh"),
        *_section("conditions", record["conditions"]),
        *_section("phases", record["phases"]),
        *_section("interventions", product),
        *_section("product", record["product"]),
        *_section("targets", record["targets"]),
        *_section("doubts", record["doubts"]),
    )
    trial = Trial(
        id=record["id"],
        status=record["status"],
        phases=tuple(record["phases"]),
        enrollment=record["enrollment"],
        start_date=record["start_date"],
        update_date=record["update_date"],
        sponsor=record["sponsor"],
        conditions=tuple(record["conditions"]),
        countries=tuple(record["countries"]),
        interventions=(Intervention(product),) if product else (),
        extra={k: record[k] for k in _TRIAL_EXTRA},
    )
    url = next((s["url"] for s in record["sources"] if s["url"]), None)
    return Document(
        record["id"], "trial", "starter", sections, raw, record["title"], "en", url, record["update_date"], trial
    )


def _article(record: Mapping[str, Any], raw: bytes) -> Document:
    citation, facts = _citation(record["facts"])
    sections = (
        *_section("title", record["title"]),
        *_section("summary", record["summary_en"]),
        *_section("summary_zh", record["summary_zh"], "zh"),
        *_section("conditions", [_words(i) for i in record["indications"]]),
        *_section("phases", record["phase"]),
        *_section("interventions", f"{record['product']} ({record['modality']})"),
        *_section("product", record["product"]),
        *_section("targets", record["targets"]),
        *_section("citation", citation),
        *_section("doubts", [*record["doubts"], *_unseen(record["from_memory"])]),
    )
    article = Article(
        id=record["id"],
        pmid=record["pmid"],
        doi=record["doi"],
        authors=(record["authors_first"],) if record["authors_first"] else (),
        journal=record["journal"],
        date=str(record["year"]),
        year=record["year"],
        volume=record["volume"],
        issue=record["issue"],
        pages=record["pages"],
        registry_ids=tuple(record["trial_ids"]),
        extra={**{k: record[k] for k in _ARTICLE_EXTRA}, "authors_complete": False, "facts": facts},
    )
    pubmed = f"https://pubmed.ncbi.nlm.nih.gov/{record['pmid']}/" if record["pmid"] else None
    url = f"https://doi.org/{record['doi']}" if record["doi"] else pubmed
    return Document(record["id"], "article", "starter", sections, raw, record["title"], "en", url, article=article)


def _unseen(fields: Sequence[str]) -> Iterator[str]:
    """What to say of bibliographic fields that were written from memory and not looked up."""
    if fields:
        yield f"Written from memory, not looked up: {', '.join(fields)}."


def _citation(facts: Sequence[Mapping[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """The text of the section `citation`, a sentence a line, and the facts with their spans in it."""
    lines: list[str] = []
    placed: list[dict[str, Any]] = []
    base = 0
    for fact in facts:
        text = fact["text"]
        spans = {f"{k}_span": [base + fact[f"{k}_at"][0], base + fact[f"{k}_at"][1]] for k in ("value", "endpoint")}
        kept = {k: v for k, v in fact.items() if k not in ("text", "value_at", "endpoint_at")}
        placed.append({**kept, **spans, "sentence_span": [base, base + len(text)]})
        lines.append(text)
        base += len(text) + 1
    return "\n".join(lines), placed
