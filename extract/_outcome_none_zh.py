"""None said behind a list of toxicities in Chinese: 4级CRS和ICANS皆无, CRS和ICANS均为0, 治疗相关死亡为零."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._outcome_cells import Cell
from ._outcome_reading import Reading
from ._outcome_terms import Term

_NONE = re.compile(
    r"\s?(?:\([^()\d]{1,16}\))?(?:事件|病例|反应)?的?(?P<rate>(?:总体?)?发生率)?\s?"
    r"(?P<n>(?:均|皆|都|全)无|(?:均|皆|都|全部|亦|也)?为零|(?:均|皆|都)为\s?0(?:\s?[例%])?)(?=[,;。]|\Z)"
)
_AND = re.compile(r"\)?\s?(?:、|和|与|及|以及|或|,)\s?(?:[≥>]?\s?[1-5](?:\s?[-~]\s?[1-5])?\s?级(?:及以上|以上)?的?)?\s?")
_WORDS = ("均无", "皆无", "都无", "全无", "为零", "为0", "为 0")


def none_behind(text: str, terms: Sequence[Term], start: int, end: int) -> Iterator[Reading]:
    """Zeros of every toxicity of a list that ends in "all none"."""
    if not any(text.find(w, start, end) >= 0 for w in _WORDS):
        return
    for i, t in enumerate(terms):
        m = _NONE.match(text, t.end, end) if t.kind == "tox" else None
        if m is None:
            continue
        first = i
        while first and terms[first - 1].kind == "tox" and _AND.fullmatch(text[terms[first - 1].end : terms[first].start]):
            first -= 1
        for x in terms[first : i + 1]:
            kind, unit = ("rate", "%") if m["rate"] or x.rate else ("count", "patients")
            yield Reading(x, Cell(kind, *m.span("n"), *m.span("n"), 0.0, unit=unit), "not seen")
