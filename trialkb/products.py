"""Products: named cell products (products.tsv) with their targets, modality, source and sponsor, each with a citation.

Columns: product, names (;-separated, as printed anywhere), targets (;-separated lexicon ids), modality, source,
construct, sponsor, citation (an NCT id or a paper), note. A name matches in whole words; hyphen and blank are the same.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Product:
    product: str
    names: tuple[str, ...]
    targets: tuple[str, ...]
    modality: str | None
    source: str | None
    construct: str | None
    sponsor: str | None
    citation: str
    note: str | None


def _list(cell: str) -> tuple[str, ...]:
    return tuple(x.strip() for x in cell.split(";") if x.strip())


@cache
def products() -> tuple[Product, ...]:
    """All products, in file order."""
    source = files("trialkb").joinpath("products.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(source.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(
        Product(
            r["product"],
            (r["product"], *_list(r["names"])),
            _list(r["targets"]),
            r["modality"] or None,
            r["source"] or None,
            r["construct"] or None,
            r["sponsor"] or None,
            r["citation"],
            r["note"] or None,
        )
        for r in rows
    )


def _key(name: str) -> str:
    return re.sub(r"[\s\-‐‑–]+", "", name).lower()


@cache
def _by_key() -> dict[str, Product]:
    return {_key(n): p for p in products() for n in p.names}


@cache
def _pattern() -> re.Pattern[str]:
    names = sorted({n for p in products() for n in p.names}, key=len, reverse=True)
    forms = (r"[\s\-‐‑–]?".join(re.escape(x) for x in re.split(r"[\s\-]+", n)) for n in names)
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(forms)})(?![A-Za-z0-9])", re.I)


def named(text: str) -> Iterator[tuple[Product, int, int]]:
    """Products named in a text, with the span of the name.

    >>> [(p.product, text[a:b]) for text in ["Patients received satri-cel (CT041)"] for p, a, b in named(text)]
    [('satricabtagene autoleucel', 'satri-cel'), ('satricabtagene autoleucel', 'CT041')]
    """
    for m in _pattern().finditer(text):
        yield _by_key()[_key(m[0])], m.start(), m.end()
