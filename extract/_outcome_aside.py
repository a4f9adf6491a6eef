"""Words and numbers beside a result that are none: a group's threshold, the state at transplant, who is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import PATIENTS
from ._outcome_cells import Cell
from ._outcome_terms import Term

_I = re.I | re.A
_GROUP = rf"\b(?:{PATIENTS}|those|groups?|subgroups?|cohorts?)\s(?:with|having|whose)\s[^.;,()%\d]{{2,50}}?\s"
_THRESHOLD = re.compile(  # "53.7% for those with MRD higher than 0.1%"
    rf"{_GROUP}(?:was\s|were\s|of\s)?(?:higher|lower|greater|more|less|above|below|over|under)\s(?:than\s)?"
    r"(?:or equal to\s)?\Z",
    _I,
)
_ERROR_OF = re.compile(
    r"(?:±|\+/-)\s?[\d.]+\s?%?\s(?:for|in|of)\s(?:the\s)?\Z", _I
)  # "61.0% ± 5.2% for 20 of 33 patients"
_EXCEPT = re.compile(r"\bexcept(?:\sin|\sfor)?\s\Z", _I)
_ANOTHER = re.compile(
    rf"\s?(?:{PATIENTS})?\s?(?:who|with|that)\s(?!died\b|[^.;,]{{0,40}}(?:grade|gr\.?\s?\d|G\s?[1-5]|severe))", _I
)
_POSITIVE = re.compile(
    r"\s?(?:(?:were|was|are|remained|still)\s){0,2}(?:MRD|(?:minimal|measurable) residual disease)\s?-?\s?(?:positive|\+)", _I
)
_SUSTAINED = re.compile(  # "in patients with sustained MRD negativity for ≥6 and ≥12 months": who they are
    rf"\b(?:{PATIENTS}|those)\s(?:with|who had|achieving|who achieved|having)\s"
    r"(?:sustained|durable|continued|continuous|ongoing|prolonged)\s\Z",
    _I,
)
_SO_LONG = re.compile(
    r"\s(?:for|lasting|of)\s(?:at least\s)?[≥>]?\s?\d{1,2}(?:[\s-](?:months?|years?))?"
    r"(?:,?\s(?:and|or|versus|vs\.?)\s[≥>]?\s?\d{1,2})?(?:[\s-](?:months?|years?))?",
    _I,
)
_WITH_RESPONSE = re.compile(  # "the four patients who achieved CR had deep responses"
    r"\bwho\s(?:had\s|have\s)?(?:achieved|attained|obtained|reached)\s(?:an?\s)?(?:CR|PR|sCR|VGPR|(?:complete|partial|objective)\s"
    r"(?:response|remission))s?\s(?:had|have|showed|experienced)\s[\"']?(?:[a-z-]+,?\s){0,3}\Z",
    _I,
)
_REMARK = re.compile(  # "(the major toxicity was myelosuppression)"
    r"\([^()\d%]{3,80}?\s(?:was|were|is|are)\s[^()\d%]{3,80}\)", _I
)
_TOLD_BY = re.compile(r"than|except|MRD|residual|±|\+/-|who|above|below|over|\([^()]{3,80}\s(?:was|were|is|are)\s", _I)


def without_asides(text: str, terms: Sequence[Term], cells: Sequence[Cell]) -> tuple[list[Term], list[Cell]]:
    """Terms and values without those that only say who is meant.

    >>> t = "CRS was 61%, and 40% in those with blasts higher than 25%"
    >>> _, kept = without_asides(t, [Term("CRS", "tox", 0, 3, "CRS")], [Cell("rate", a, a + 3, a, a + 3) for a in (8, 17, 54)])
    >>> [t[c.lo : c.hi] for c in kept]
    ['61%', '40%']
    """
    if not cells or not terms or not _TOLD_BY.search(text, max(0, cells[0].lo - 110), cells[-1].hi + 40):
        return list(terms), list(cells)
    held = [m.span() for t in terms if t.id == "MRD_NEG" and (m := _held(text, t))]
    remarks = [m.span() for m in _REMARK.finditer(text, max(0, terms[0].start - 80), cells[-1].lo)]
    kept = [t for t in terms if not any(a == t.end for a, _ in held) and not _of_those(text, t)]
    kept = [t for t in kept if not any(a < t.start < b for a, b in remarks)]
    return kept, [c for c in cells if not _aside(text, c) and not any(a <= c.lo < b for a, b in held)]


def _held(text: str, t: Term) -> re.Match[str] | None:
    """How long those in question were negative, where that says who they are."""
    return _SO_LONG.match(text, t.end) if _SUSTAINED.search(text[max(0, t.start - 60) : t.start]) else None


def _of_those(text: str, t: Term) -> bool:
    return t.kind == "generic" and bool(_WITH_RESPONSE.search(text[max(0, t.start - 110) : t.start]))


def _aside(text: str, c: Cell) -> bool:
    before = text[max(0, c.lo - 110) : c.lo]
    if c.kind == "rate" and c.num is None:
        return bool(_THRESHOLD.search(before))
    if c.kind == "rate" and c.value is None and _ERROR_OF.search(before):
        return True
    if c.kind in ("count", "bare") and _EXCEPT.search(before) and _ANOTHER.match(text, c.end if c.noun else c.hi):
        return True
    return c.kind in ("count", "bare") and bool(_POSITIVE.match(text, c.end))
