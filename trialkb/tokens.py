"""Tokens: what the keyword index holds and how a query is put to it, one tokenizer for both.

Latin words and numbers are split from one another (CLDN18.2 -> cldn 18 2) and Chinese runs become overlapping bigrams
(胃癌治疗 -> 胃癌 癌治 治疗), so that plain unicode61 finds 胃癌 inside a sentence. Every query word is quoted: raw CLDN18.2,
CAR-T or -HER2 are FTS5 syntax errors.
"""

from __future__ import annotations

import re
import unicodedata

from .text import HAN

_PIECE = re.compile(rf"[{HAN}]+|[A-Za-z\u00c0-\u024f]+|\d+|[\u0370-\u03ff]+")
_WORD = re.compile(rf"[{HAN}]+|[^\s{HAN}]+")
_HAN_RUN = re.compile(rf"[{HAN}]")
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa"}


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\u0000", " ").lower()


def split(text: str) -> list[str]:
    """The tokens of a text in order.

    >>> split("Claudin18.2 CAR-T治疗晚期胃癌")
    ['claudin', '18', '2', 'car', 't', '治疗', '疗晚', '晚期', '期胃', '胃癌']
    """
    out: list[str] = []
    for piece in _PIECE.findall(_fold(text)):
        if _HAN_RUN.match(piece):
            out += [piece[i : i + 2] for i in range(len(piece) - 1)] or [piece]
        else:
            out.append("".join(_GREEK.get(c, c) for c in piece) if piece[0] > "\u0370" else piece)
    return out


def indexed(text: str) -> str:
    """A text as the FTS index is given it."""
    return " ".join(split(text))


def phrase(words: str) -> str | None:
    """One FTS5 phrase for some words, or None where nothing searchable is in them.

    >>> phrase('CAR-T "x'), phrase("胃癌"), phrase("!?")
    ('"car t x"', '"胃癌"', None)
    """
    tokens = split(words)
    if not tokens:
        return None
    if len(tokens) == 1 and len(tokens[0]) == 1 and _HAN_RUN.match(tokens[0]):
        return f'"{tokens[0]}" *'
    return '"' + " ".join(tokens) + '"'


def phrases(query: str, most: int = 64) -> list[str]:
    """The query's words as FTS5 phrases, each once, in order; long queries are cut to `most`.

    >>> phrases("CLDN18.2 CAR-T 胃癌三线")
    ['"cldn 18 2"', '"car t"', '"胃癌"', '"癌三"', '"三线"']
    """
    out: dict[str, None] = {}
    for word in _WORD.findall(query[:20_000]):
        pieces = split(word) if _HAN_RUN.match(word) else [word]
        for piece in pieces:
            p = phrase(piece)
            if p:
                out[p] = None
        if len(out) >= most:
            break
    return list(out)[:most]
