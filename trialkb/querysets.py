"""Query sets: named groups of queries over several sources, kept as TOML in `profiles/` or in a file of one's own.

title = "CAR-T against CLDN18.2"
[[query]]
source = "ctgov"
query = 'CLDN18.2|Claudin18.2 intr="CAR-T|chimeric antigen receptor"'
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from . import parts
from .errors import BadInput


@dataclass(frozen=True, slots=True)
class Query:
    """One query of one source, in the words its `fetch` takes."""

    source: str
    words: str


@dataclass(frozen=True, slots=True)
class QuerySet:
    title: str
    queries: tuple[Query, ...]


def from_words(source: str, words: Sequence[str]) -> Query:
    """The query that the words of a command line are; one word alone is taken as it stands."""
    if source not in parts.names("harvest") or not hasattr(parts.load("harvest", source), "fetch"):
        fetching = [n for n in parts.names("harvest") if hasattr(parts.load("harvest", n), "fetch")]
        raise BadInput(f"no source {source!r} to harvest from; there are: {', '.join(fetching)}")
    join = getattr(parts.load("harvest", source), "join", " ".join)
    return Query(source, words[0] if len(words) == 1 else join(words))


def names() -> list[str]:
    """The query sets that come with trialkb.

    >>> "car-t-gi" in names()
    True
    """
    return sorted(f.name.removesuffix(".toml") for f in _folder().iterdir() if f.name.endswith(".toml"))


def listing() -> Iterator[str]:
    """A line a query set: its name, title and sources."""
    for name in names():
        held = load(name)
        yield f"{name:<24} {held.title} ({', '.join(dict.fromkeys(q.source for q in held.queries))})"


def load(name: str) -> QuerySet:
    """The query set of a name, or of a TOML file. Raises BadInput with the names there are."""
    path: Path | Traversable = Path(name) if name.endswith(".toml") else _folder() / f"{name}.toml"
    if "/" in name and not name.endswith(".toml") or not path.is_file():
        raise BadInput(f"no query set {name!r}; there are: {', '.join(names())}, or name a file ending in .toml")
    try:
        held = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise BadInput(f"{name}: not the TOML of a query set: {e}") from None
    return _checked(name, held)


def _checked(name: str, held: dict[str, Any]) -> QuerySet:
    queries = held.get("query")
    if not isinstance(held.get("title"), str) or not isinstance(queries, list) or not queries:
        raise BadInput(f"{name}: expected a title and at least one [[query]] with source and query")
    for q in queries:
        if not isinstance(q, dict) or set(q) != {"source", "query"} or not all(isinstance(v, str) for v in q.values()):
            raise BadInput(f"{name}: expected each [[query]] to have source and query, both text; found {q!r}")
    return QuerySet(held["title"], tuple(Query(q["source"], " ".join(q["query"].split())) for q in queries))


def _folder() -> Traversable:
    return files("trialkb").joinpath("profiles")
