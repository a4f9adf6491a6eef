"""Two responses told as one, of which the first is meant: "CR or CRi in 4 of 6"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._outcome_cells import bare_words
from ._outcome_terms import Term

_REACH = 200  # characters, brackets included


def with_or(text: str, terms: Sequence[Term], t: Term, back: Sequence[Term]) -> list[Term]:
    """ "CR or CRi in 4 of 6" is a value of the first; "The ORR, complete remission at the end, was 72%" too."""
    for other in terms:
        if not (t.start - _REACH < other.end < t.start and other.kind == t.kind == "response"):
            continue
        if re.fullmatch(r"[\s)]{0,2}(?:or|/)\s?", bare_words(text[other.end : t.start])):
            return [t] if (other.id, t.id) == ("sCR", "CR") else [other]
    earlier = [x for x in terms if x.end < t.start and x.kind == t.kind == "response"]
    said = re.match(r"[^,;.]{0,70},\s(?:was|were|is|reached)\b", text[t.end :][:90])
    if earlier and said and re.fullmatch(r"\)?,\s(?:i\.e\.,?\s|or\s|the\s)?", text[earlier[-1].end : t.start]):
        return [earlier[-1]]
    return [t]
