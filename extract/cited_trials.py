"""Cited trials: which trials a review names, in its tables and in its prose, with target, phase, sponsor and product.

A row of a table gives what its cells say; a mention in the prose gives the products and targets named in its sentence.
What stands oddly is said as a doubt, beside the words: a product's code in the column of targets; a code that the
text gives to a cell therapy while the reference it cites calls it an antibody or a blocker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from trialkb.products import named
from trialkb.records import Document, Finding, Reference
from trialkb.terms import mentions

_STOP = re.compile(r"[。！？!?\n]|\.(?=\s+[A-Z])")
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?!NCT|PMID|ICAM|VCAM|CXCR|HLA|PD-|IL-)[A-Z]{2,6}-?\d{1,5}[A-Z]{0,2}(?![A-Za-z0-9.])"
)
_CELLS = re.compile(r"CAR[\s-]?T|TCR[\s-]?T|CAR[\s-]?NK|T cells?|T\s?细胞|细胞疗法", re.IGNORECASE)
_NO_CELLS = re.compile(r"blocker|inhibitor|antibod|vaccine|checkpoint|抗体|抑制剂|疫苗", re.IGNORECASE)
_TARGET = frozenset({"target"})


def find(document: Document) -> Iterator[Finding]:
    """Trials named by a review (field `cited_trial`, value the id), and doubts (field `doubt`), in order of place."""
    if document.kind != "review" or document.article is None:
        return
    extra = document.article.extra
    for row in extra.get("trials", ()):
        yield from _row(document, row)
    for mention in extra.get("mentions", ()):
        yield from _mention(document, mention, extra.get("citations", ()))


def _row(document: Document, row: Mapping[str, Any]) -> Iterator[Finding]:
    detail = {k: row[k] for k in ("target", "phases", "sponsor", "product", "row") if row.get(k)}
    yield Finding("cited_trial", row["id"], document.id, row["table"], row["id_start"], row["id_end"], "table row",
                  detail=detail)  # fmt: skip
    target = row.get("target")
    if target and not row.get("carried") and not any(mentions(target, _TARGET)) and _CODE.fullmatch(target):
        section = document.section(row["table"])
        start = section.text.find(target, row["start"]) if section else -1
        if start >= 0:
            yield Finding("doubt", f"{target} as target", document.id, row["table"], start, start + len(target),
                          "product code in the column of targets", detail={"id": row["id"]})  # fmt: skip


def _mention(document: Document, mention: Mapping[str, Any], citations: Any) -> Iterator[Finding]:
    body = document.section("body")
    if body is None:
        return
    start, end = _sentence(body.text, mention["start"])
    sentence = body.text[start:end]
    names = _names(sentence)
    detail: dict[str, Any] = {"names": names, "sentence": [start, end]} if names else {"sentence": [start, end]}
    numbers = [n for c in citations if start <= c["start"] < end for n in c["numbers"]]
    if numbers:
        detail["references"] = numbers
    yield Finding("cited_trial", mention["id"], document.id, "body", mention["start"], mention["end"], "named in prose",
                  detail=detail)  # fmt: skip
    if document.article and _CELLS.search(body.text[max(0, start - 200) : end]):
        for r in document.article.references:
            code = _other_kind(r, names) if r.number in numbers else None
            if code:
                place = start + sentence.index(code)
                yield Finding("doubt", f"{mention['id']} named for {code}", document.id, "body", place, place + len(code),
                              "reference names no cell therapy",
                              detail={"id": mention["id"], "reference": r.number, "says": r.title})  # fmt: skip


def _other_kind(reference: Reference, names: list[str]) -> str | None:
    """The code that a cited title gives to something that is no cell therapy, or None."""
    title = reference.title or ""
    if not _NO_CELLS.search(title) or _CELLS.search(title):
        return None
    plain = re.sub(r"[\s-]", "", title).upper()
    return next((n for n in names if _CODE.fullmatch(n) and re.sub(r"[\s-]", "", n).upper() in plain), None)


def _sentence(text: str, at: int) -> tuple[int, int]:
    """The sentence around a place; a semicolon within brackets ends none."""
    start = max((m.end() for m in _STOP.finditer(text, max(0, at - 1500), at)), default=max(0, at - 1500))
    stop = _STOP.search(text, at)
    return start, stop.end() if stop else len(text)


def _names(sentence: str) -> list[str]:
    """Products, codes and targets named in a sentence, as printed, each once."""
    spans = [(a, b) for _, a, b in named(sentence)]
    spans += [m.span() for m in _CODE.finditer(sentence)]
    spans += [(m.start, m.end) for m in mentions(sentence, _TARGET)]
    return list(dict.fromkeys(sentence[a:b] for a, b in sorted(spans)))
