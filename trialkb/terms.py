"""Terms: the bilingual lexicon (terms.tsv) and where its terms stand in a text.

Columns: kind, id, preferred, synonyms_en, synonyms_zh (both ;-separated, `?` after a synonym marks an unsafe one),
xref, broader (ids of the same kind that it is a kind of). A match is by words, digits and Han characters, so that
CLDN18.2, CLDN 18.2 and Claudin-18.2 need no rule each; British and American spellings are one; short acronyms match in
their own case only; a term printed with a comma or a bracket (lymphoma, B-cell) also matches with one in that place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .text import HAN

_TOKEN = re.compile(
    r"(?:anti|hu|fh|[hmuU]|CART?|TCR)(?=CD\d|BCMA|GD2|GPC3|B7H3|HER2|PSMA|CEA|EGFR|MESO)"  # huCD19, mCD19, CARGPC3
    rf"|[A-Za-zäöü]+|\d+|[\u0370-\u03ff]|[{HAN}]"
)
_GAP = re.compile(r"[\s\-.·/_‐‑–'’+]{0,3}\Z")
_WIDE_GAP = re.compile(r"[\s\-.·/_‐‑–'’,()（）、]{0,4}\Z")  # of terms printed with a comma or bracket
_GLUED = re.compile(r"(?:\A|[^A-Za-z0-9])(?:anti|hu|fh|[hmuU]|CART?|TCR|iC9)\Z")
_NO_LETTER = re.compile(r"[^A-Za-z]")
_DIGIT = re.compile(r"\d")
_WIDE = re.compile(r"[,(（、]")
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta"}


@dataclass(frozen=True, slots=True)
class Term:
    kind: str
    id: str
    preferred: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    xref: tuple[str, ...]
    broader: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A term in a text: text[start:end] are the words; unsafe words need a context that says what they mean."""

    kind: str
    id: str
    start: int
    end: int
    words: str
    unsafe: bool


def _list(cell: str) -> tuple[str, ...]:
    return tuple(x.strip() for x in cell.split(";") if x.strip())


@cache
def terms() -> tuple[Term, ...]:
    """All terms of the lexicon (terms.tsv, then search_terms.tsv, which only search uses), in file order."""
    out = []
    for name in ("terms.tsv", "search_terms.tsv"):
        head, *rows = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
        columns = head.split("\t")
        for row in rows:
            r = dict(zip(columns, row.split("\t"), strict=False))
            lists = (_list(r.get(c, "")) for c in ("synonyms_en", "synonyms_zh", "xref", "broader"))
            out.append(Term(r["kind"], r["id"], r["preferred"], *lists))
    return tuple(out)


@cache
def by_id() -> dict[tuple[str, str], Term]:
    return {(t.kind, t.id): t for t in terms()}


@cache
def ancestors(kind: str, id: str) -> tuple[str, ...]:
    """Broader ids of a term, nearest first, without itself."""
    found: list[str] = []
    queue = list(by_id()[kind, id].broader) if (kind, id) in by_id() else []
    while queue:
        broader = queue.pop(0)
        if broader not in found:
            found.append(broader)
            queue.extend(by_id()[kind, broader].broader if (kind, broader) in by_id() else ())
    return tuple(found)


@cache
def descendants(kind: str, id: str) -> tuple[str, ...]:
    """The term's own id and every narrower one."""
    return (id, *(t.id for t in terms() if t.kind == kind and id in ancestors(kind, t.id)))


def _fold(token: str) -> str:
    """One spelling for British and American words and for Greek letters.

    >>> _fold("Leukaemia"), _fold("Oesophageal"), _fold("α")
    ('leukemia', 'esophageal', 'alpha')
    """
    word = _GREEK.get(token, token.lower())
    if not word.isascii():
        word = word.replace("ö", "o")
    if len(word) > 4:
        word = word.replace("aem", "em").replace("oeso", "eso").replace("umour", "umor").replace("paed", "ped")
    return word


def _key(words: str) -> tuple[str, ...]:
    return tuple(_fold(t) for t in _TOKEN.findall(words) if t not in ("s", "S"))


def _exact(words: str) -> bool:
    """Short acronyms without a digit (CEA, MET, PD) match in their own case only."""
    letters = _NO_LETTER.sub("", words)
    return words.isascii() and len(letters) <= 4 and letters.isupper() and not _DIGIT.search(words)


_Entry = tuple[tuple[str, ...], str, str, str | None, bool, bool]


@cache
def _entries() -> dict[str, list[_Entry]]:
    """First token -> entries (tokens, kind, id, exact spelling or None, unsafe, wide gaps), longest first."""
    table: dict[str, list[_Entry]] = {}
    seen = set()
    for t in terms():
        for words in (t.preferred, *t.en, *t.zh):
            unsafe = words.endswith("?")
            words = words.rstrip("?").strip()
            key = _key(words)
            if not key or (key, t.kind, t.id) in seen:
                continue
            seen.add((key, t.kind, t.id))
            exact = _NO_LETTER.sub("", words) if _exact(words) else None
            wide = bool(_WIDE.search(words))
            table.setdefault(key[0], []).append((key, t.kind, t.id, exact, unsafe, wide))
    for entries in table.values():
        entries.sort(key=lambda e: -len(e[0]))
    return table


def mentions(text: str, kinds: frozenset[str] | None = None) -> Iterator[Mention]:
    """Terms in a text, in order of place; for each kind the longest match wins and matches do not overlap.

    >>> kinds = frozenset({"target", "modality", "indication"})
    >>> [(m.id, m.words) for m in mentions("Claudin18.2 CAR-T治疗胃癌", kinds)]
    [('CLDN18.2', 'Claudin18.2'), ('CAR-T', 'CAR-T'), ('gastric_cancer', '胃癌')]
    """
    tokens = [(m.start(), m.end(), _fold(m[0])) for m in _TOKEN.finditer(text) if m[0] not in ("s", "S")]
    table = _entries()
    taken: dict[str, int] = {}
    for i, (start, _, word) in enumerate(tokens):
        done: set[str] = set()
        for key, kind, id, exact, unsafe, wide in (*table.get(word, ()), *table.get(_singular(word), ())):
            if (kinds and kind not in kinds) or kind in done or start < taken.get(kind, 0):
                continue
            end = _match(text, tokens, i, key, _WIDE_GAP if wide else _GAP)
            if end is None or not _bounded(text, start, end):
                continue
            words = text[start:end]
            if exact and _NO_LETTER.sub("", words).rstrip("s") != exact.rstrip("s"):
                continue
            taken[kind] = end
            done.add(kind)
            yield Mention(kind, id, start, end, words, unsafe)


def _match(
    text: str, tokens: list[tuple[int, int, str]], i: int, key: tuple[str, ...], gap: re.Pattern[str]
) -> int | None:
    """End of the match of key's tokens from token i on, or None; the last word may be a plural."""
    last = len(key) - 1
    if i + last >= len(tokens):
        return None
    for k, want in enumerate(key):
        start, _, word = tokens[i + k]
        if word != want and not (k == last and len(want) > 2 and _plural(word, want)):
            return None
        if k and not gap.match(text[tokens[i + k - 1][1] : start].replace("'s", "").replace("’s", "")):
            return None
    return tokens[i + last][1]


def _singular(word: str) -> str:
    """The word without a plural ending, or '' where it has none."""
    if len(word) < 5 or word[-1] != "s":
        return ""
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]


def _plural(word: str, want: str) -> bool:
    return word == want + "s" or (want[-1] == "y" and word == want[:-1] + "ies")


def _bounded(text: str, start: int, end: int) -> bool:
    """No ASCII letter or digit touches the match (a construct's name may: CD19CAR, huCD19); no number goes on."""
    before = text[start - 1 : start]
    after = text[end : end + 1]
    if before.isascii() and before.isalnum() and not _GLUED.search(text[max(0, start - 6) : start]):
        return False
    if after.isascii() and after.isalnum() and text[end - 1].isascii() and not text.startswith("CAR", end):
        return False
    return not (text[end - 1].isdigit() and after == "." and text[end + 1 : end + 2].isdigit())
