"""Text: normalise with a map of offsets, tell the language by script, split into sentences.

The stored text is never changed. Rules read the normalised form and report spans of the original.
Traps: NFKC turns 10⁷ into 107 (superscripts become ^7 first); `\\b` does not fire between Han and Latin letters
(compile with re.ASCII); PDF converters break Chinese lines in the middle of a word.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

HAN = "\u3400-\u9fff\uf900-\ufaff"
_SUPER = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))
_DASH = dict.fromkeys("‐‑‒–—―−﹣－", "-")
_DROP = set("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_QUOTE = {"’": "'", "‘": "'", "“": '"', "”": '"'}
_PLAIN = re.compile(r"[\x20-\x7e]*\Z")
_RUN = re.compile(r"[!-~]+(?: [!-~]+)*")  # printable ASCII with single blanks stays as it is
_HAN_CHAR = re.compile(f"[{HAN}]")
_STOPS = "。！？；!?;.:："
_WRAP = re.compile(r"[ \t\u3000]*\n[ \t\n\u3000]*")
_LETTER = re.compile(f"[A-Za-z{HAN}]")


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalised text and, for each of its characters, the span of the original that it came from."""

    text: str
    starts: array[int]
    ends: array[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original span of normalised [start:end]; an empty span stays empty.

        >>> n = normalise("2.5 × 10⁷ cells")
        >>> n.text, n.span(6, 10)
        ('2.5 × 10^7 cells', (6, 9))
        """
        if end <= start:
            at = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return at, at
        return self.starts[start], self.ends[end - 1]


def digest(text: str) -> str:
    """SHA-256 of a text, hex."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def normalise(text: str) -> Normal:
    """Normalise width, dashes, superscripts, decimal middle dots, quotes and hard-wrapped lines.

    >>> normalise("ＯＲＲ　38·8％，胃\\n癌 Ⅳ期").text
    'ORR 38.8%,胃癌 IV期'
    """
    if _PLAIN.match(text):
        same = array("l", range(len(text)))
        return Normal(text, same, array("l", range(1, len(text) + 1)))
    out: list[str] = []
    starts, ends = array("l"), array("l")
    i, n = 0, len(text)
    while i < n:
        if run := _RUN.match(text, i):
            j = run.end()
            out.append(run[0])
            starts.extend(range(i, j))
            ends.extend(range(i + 1, j + 1))
            i = j
            continue
        piece, j = _step(text, i, n)
        out.append(piece)
        starts.extend([i] * len(piece))
        ends.extend([j] * len(piece))
        i = j
    return Normal("".join(out), starts, ends)


def _step(text: str, i: int, n: int) -> tuple[str, int]:
    """The normalised piece that begins at i, and where the next one begins."""
    c = text[i]
    if c < "\x7f" and c not in "\n\r\t ":
        return c, i + 1
    wrap = _WRAP.match(text, i) if c in "\n \t\u3000" else None
    if wrap:
        return _joint(text, i, wrap.end(), n), wrap.end()
    if c in _SUPER:
        j = i
        while j < n and text[j] in _SUPER:
            j += 1
        return "^" + "".join(_SUPER[x] for x in text[i:j]), j
    if c in _DROP:
        return "", i + 1
    if c in "·∙‧・" and 0 < i < n - 1 and text[i - 1].isdigit() and text[i + 1].isdigit():
        return ".", i + 1
    return _DASH.get(c) or _QUOTE.get(c) or _fold(c), i + 1


def _fold(c: str) -> str:
    """NFKC of one character, but CJK full stops and book marks stay what they are."""
    if c in "。、《》「」【】…™®":
        return c
    return unicodedata.normalize("NFKC", c) if c != "\r" else " "


def _joint(text: str, i: int, j: int, n: int) -> str:
    """What a line break becomes: nothing inside Chinese, a blank in Latin text, a line break after a stop."""
    if i == 0 or j >= n:
        return "\n"
    before, after = text[i - 1], text[j]
    if before in _STOPS or (text.count("\n", i, j) > 1 and not (_is_han(before) or _is_han(after))):
        return "\n"
    if (_is_han(before) or before in "，、（") and (_is_han(after) or after in "，、）。"):
        return ""
    return " " if _is_han(before) or _is_han(after) or after.islower() or after.isdigit() else "\n"


def _is_han(c: str) -> bool:
    return bool(_HAN_CHAR.match(c))


def language(text: str) -> str | None:
    """Language by script: en, zh, mixed, or None where there is not a letter.

    >>> language("胃癌 CAR-T 治疗"), language("gastric cancer"), language("12 %")
    ('zh', 'en', None)
    """
    if not _HAN_CHAR.search(text):
        return "en" if _LETTER.search(text) else None
    letters = _LETTER.findall(text)
    share = sum(_is_han(c) for c in letters) / len(letters)
    latin_words = len(re.findall(r"[A-Za-z]{2,}", text))
    if share < 0.02:
        return "en"
    han = share * len(letters)
    return "zh" if han > 2 * latin_words / 3 else "mixed" if han > latin_words / 8 else "en"


_ABBREVIATION = re.compile(
    r"(?:\b(?:vs|(?<=[%\w)] )v|e\.g|i\.e|cf|approx|et al|Fig|Figs|No|Nos|Dr|St|Inc|Ltd|Co|Corp|resp|incl|ca|Vol|pp|Ref)"
    r"|(?:\A|[^\w ]\s?|\b(?!(?:Arm|Part|Group|Cohort)\b)[A-Z][a-z]*,?\s|\b(?:by|and|et)\s)[A-Z])\.\Z",
    re.ASCII,
)
_END = re.compile(rf"[。！？]+[”\"'）)]*|[.!?]+(?=[\"')\]]*(?:\s|\Z|[{HAN}]))[\"')\]]*|[;；](?=\s*[{HAN}])|\n+")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences of a (normalised) text, in order, white space trimmed.

    >>> t = "ORR was 38.8% vs. 10%. No DLT.胃癌有效。"
    >>> [t[a:b] for a, b in sentences(t)]
    ['ORR was 38.8% vs. 10%.', 'No DLT.', '胃癌有效。']
    """
    start = 0
    for m in _END.finditer(text):
        before = text[max(start, m.start() - 16) : m.start() + 1]
        if m[0][0] == "." and (_ABBREVIATION.search(before) or _goes_on(text, m)):
            continue
        yield from _trim(text, start, m.end())
        start = m.end()
    yield from _trim(text, start, len(text))


_MEDIAN_OF = re.compile(r"[mc](?:PFS|OS|D[Oo]R|EFS|TT[PR]|FU|ORR|CR)(?![a-z])")


def _goes_on(text: str, m: re.Match[str]) -> bool:
    """A full stop followed by a lower-case word does not end a sentence (species, odd abbreviations); mPFS is none."""
    rest = text[m.end() : m.end() + 6].lstrip()
    return bool(rest) and rest[0].islower() and rest[0].isascii() and not _MEDIAN_OF.match(rest)


def _trim(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        yield start, end


_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!<>&^~|\-\"'$%,/:;=?@])")


def unescape_markdown(text: str) -> str:
    r"""Undo CommonMark backslash escapes, as registries send them.

    >>> unescape_markdown(r"Age \>= 18; 1\*10\^9/L")
    'Age >= 18; 1*10^9/L'
    """
    return _ESCAPE.sub(r"\1", text)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Text without control and direction-override characters, fit for a terminal.

    >>> printable("a\\x1b[31mb")
    'a[31mb'
    """
    return _CONTROL.sub("", text)
