"""Reference lists of reviews: entries [1] ... taken apart into authors, title, journal, year, volume, pages.

Styles: `Authors. Title. Journal, Year, Volume: pages` (Chinese journals, GB/T 7714 with [J]) and `Authors. Title.
Journal. Year;Volume(Issue):pages`. The entry as printed is always kept. Traps: a justified line leaves gaps inside
words (eff icacy): mended in the fields where the whole word stands elsewhere in the text, never in the entry itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from trialkb.records import Reference

from ._wrapped import Joined, Line, joint, tight

_START = re.compile(r"(?:\[(\d{1,3})\]|(\d{1,3})[.、)]\s)\s*")
_CHINESE_STYLE = re.compile(
    r"(?P<journal>[^.。]+?)[,，]\s*(?P<year>(?:19|20)\d\d)(?:[,，]\s*(?P<volume>[A-Za-z]?\d+\w*))?(?:\s*\((?P<issue>[^)]+)\))?"
    r"(?:\s*[:：]?\s+(?P<loose>[A-Za-z]?\d+[\d-]*)|\s*[:：]\s*(?P<pages>[A-Za-z]*\d[\w-]*))?\s*[.。]?\s*\Z"
)
_VANCOUVER = re.compile(
    r"(?P<journal>[^;]+?)[.,]?\s+(?P<year>(?:19|20)\d\d)(?:\s+\w{3}(?:\s+\d+)?)?\s*;\s*(?P<volume>[A-Za-z]?\d+\w*)?"
    r"(?:\s*\((?P<issue>[^)]+)\))?\s*(?::\s*(?P<pages>[A-Za-z]*\d[\w-]*))?\s*[.。]?\s*\Z"
)
_DOI = re.compile(r"[\s.,]*(?:doi:?\s*|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+?)[.。]?\Z", re.IGNORECASE)
_PMID = re.compile(r"[\s.,]*PMID:?\s*(\d{5,8})\.?\Z")
_KIND = re.compile(r"\s*\[[A-Z](?:/[A-Z]+)?\]\s*\Z")
_AUTHORS_END = re.compile(r"(?:\bet al|等)[.,]\s*|\.\s+(?=\S)")


def entries(held: list[Line]) -> Iterator[list[Line]]:
    """The lines of each entry; a number that does not go on from the last one starts none."""
    current: list[Line] = []
    number = 0
    for line in held:
        m = _START.match(line.text)
        n = int(m[1] or m[2]) if m else 0
        if m and (n == number + 1 or (number and number < n <= number + 3 and m[1])):
            if current:
                yield current
            current, number = [line], n
        elif current:
            current.append(line)
    if current:
        yield current


def parse(held: list[Line], words: Set[str]) -> tuple[Joined, list[Reference]]:
    """The section `references`, one entry a line, and the entries taken apart; `words` are those of the whole text."""
    section = Joined()
    out = []
    near = tight(held)
    for lines in entries(held):
        start = None
        for n, line in enumerate(lines):
            span = section.add(line, joint(section.text, line.text, near) if n else "\n")
            start = span[0] if start is None else start
        assert start is not None
        out.append(reference(section.text[start:], start, words))
    return section, out


def reference(text: str, start: int, words: Set[str] = frozenset()) -> Reference:
    """One entry taken apart as far as its style is known; what is not sure stays None.

    >>> r = reference("[9] Qi C, Liu C, et al. Phase 1 trial. Nat Med, 2024, 30: 2224-34", 0)
    >>> r.number, r.authors, r.title, r.journal, r.year, r.volume, r.pages
    (9, ('Qi C', 'Liu C'), 'Phase 1 trial', 'Nat Med', 2024, '30', '2224-34')
    """
    m = _START.match(text)
    number = int(m[1] or m[2]) if m else None
    rest = mend(text[m.end() :] if m else text, words)
    rest, doi = _cut(_DOI, rest)
    rest, pmid = _cut(_PMID, rest)
    if doi is None:
        rest, doi = _cut(_DOI, rest)
    end = _AUTHORS_END.search(rest)
    names = rest[: end.start()] if end else ""
    title, place = _title(rest[end.end() :] if end else rest)
    year = int(place["year"]) if place else None
    pages = (place["pages"] or place.groupdict().get("loose")) if place else None
    return Reference(
        number, text, _authors(names) if place else (), title, place["journal"].strip() if place else None, year,
        place["volume"] if place else None, place["issue"] if place else None, pages, doi, pmid, start, start + len(text),
    )  # fmt: skip


def _cut(pattern: re.Pattern[str], text: str) -> tuple[str, str | None]:
    m = pattern.search(text)
    return (text[: m.start()], m[1]) if m else (text, None)


def _title(rest: str) -> tuple[str | None, re.Match[str] | None]:
    """The title, and where the paper stands: the journal is what follows the last stop that leaves a known form."""
    stops = list(re.finditer(r"[.?!。？！](?:\s+|(?=[\u3400-\u9fff]))", rest))
    for stop in reversed(stops):
        for pattern in (_CHINESE_STYLE, _VANCOUVER):
            if place := pattern.match(rest, stop.end()):
                title = rest[: stop.start() + (rest[stop.start()] in "?!？！")]
                return _KIND.sub("", title).strip() or None, place
    return None, None


def _authors(names: str) -> tuple[str, ...]:
    out = [re.sub(r"\A(?:and|&)\s+", "", n.strip()) for n in re.split(r"[,，;；]\s*", names)]
    return tuple(n for n in out if n and n not in ("et al", "等"))


_TOKEN = re.compile(r"[A-Za-z]+")


def mend(text: str, words: Set[str]) -> str:
    """Words that a justified line tore apart, put together where the whole word is known and the pieces are not.

    >>> mend("CAR-T cell eff icacy in  solid", {"efficacy", "solid", "cell", "in"})
    'CAR-T cell efficacy in solid'
    """
    tokens = re.split(r"\s+", text)
    gaps = "  " in text  # a line with wide gaps may have a gap before a word's last letter, too (In t)
    out: list[str] = []
    i = 0
    while i < len(tokens):
        for n in (3, 2):
            pieces = tokens[i : i + n]
            whole = "".join(pieces)
            bare = whole.strip(".,:;").lower()
            torn = len(pieces) == n and all(re.fullmatch(r"[A-Za-z]+[.,:;]?", p) for p in pieces) and bare in words
            if torn and any(p.strip(".,:;").lower() not in words for p in pieces):
                out.append(whole)
                i += n
                break
        else:
            if gaps and out and re.fullmatch(r"[b-hj-z]", tokens[i]) and out[-1].isalpha():
                out[-1] += tokens[i]
            else:
                out.append(tokens[i])
            i += 1
    return " ".join(out)


def vocabulary(text: str) -> set[str]:
    """Words of a text that stand in it at least twice, in lower case."""
    seen: set[str] = set()
    twice: set[str] = set()
    for m in _TOKEN.finditer(text):
        word = m[0].lower()
        if word in seen:
            twice.add(word)
        seen.add(word)
    return {w for w in twice if len(w) > 1}
