"""Products: named cell products (products.tsv) with their targets, modality, source and sponsor, each with a citation.

Columns: product, names (;-separated, as printed anywhere), targets (;-separated lexicon ids), modality, source,
construct, sponsor, citation (an NCT id or a paper), note. A name matches in whole words; hyphen and blank are the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path


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
    head, *lines = Path(__file__).with_name("products.tsv").read_text(encoding="utf-8").splitlines()
    rows = (dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines)
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


_JOINT = re.compile(r"[\s\-‐‑–]+")


def _key(name: str) -> str:
    return _JOINT.sub("", name).lower()


@cache
def _by_key() -> dict[str, Product]:
    return {_key(n): p for p in products() for n in p.names}


@cache
def _first_words() -> dict[str, int]:
    """First word of every Latin name -> how many words the longest such name has."""
    longest: dict[str, int] = {}
    for name in (n for p in products() for n in p.names if n.isascii()):
        words = _WORD.findall(name.lower())
        longest[words[0]] = max(longest.get(words[0], 0), len(words))
    return longest


@cache
def _han() -> re.Pattern[str]:
    names = sorted((n for p in products() for n in p.names if not n.isascii()), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, names)))


_WORD = re.compile(r"[A-Za-z]+|\d+")
_GAP = re.compile(r"[\s\-./]?\Z")


@lru_cache(maxsize=512)
def named(text: str) -> tuple[tuple[Product, int, int], ...]:
    """Products named in a text, with the span of the name.

    >>> [(p.product, text[a:b]) for text in ["Patients received satri-cel (CT041)"] for p, a, b in named(text)]
    [('satricabtagene autoleucel', 'satri-cel'), ('satricabtagene autoleucel', 'CT041')]
    """
    words = [(m.start(), m.end(), m[0].lower()) for m in _WORD.finditer(text)]
    found: list[tuple[Product, int, int]] = []
    free = 0
    for i, (start, _, word) in enumerate(words):
        if start >= free and word in _first_words() and not _alnum(text[start - 1 : start]):
            hit = _longest(text, words, i)
            if hit:
                found.append((hit[0], start, hit[1]))
                free = hit[1]
    if not text.isascii():
        found += [(_by_key()[_key(m[0])], m.start(), m.end()) for m in _han().finditer(text)]
    return tuple(found)


def _alnum(c: str) -> bool:
    return c.isascii() and c.isalnum()


def _longest(text: str, words: list[tuple[int, int, str]], i: int) -> tuple[Product, int] | None:
    """The longest product name that begins with word i, and where it ends."""
    start, best = words[i][0], None
    for j in range(i, min(len(words), i + _first_words()[words[i][2]])):
        if j > i and not _GAP.match(text[words[j - 1][1] : words[j][0]]):
            break
        end = words[j][1]
        product = _by_key().get(_key(text[start:end]))
        if product and not _alnum(text[end : end + 1]):
            best = (product, end)
    return best
