"""Toxicities told by how they end or what they did: "dose-limiting hypoxia", hypophosphataemia, "grade 3 events in 8"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._hints import hinted

_GRADE = (
    r"(?:(?:≥|>=|>)?\s?(?:grades?|gr\.?|G)[\s-]?(?:≥|>=|>)?\s?[1-5]"
    r"(?:\s?(?:-|/|or|and|to)\s?(?:[1-5]|higher|greater|above|worse|more))*\s)"
)
_LIMITING = hinted(
    r"\b(?P<w>dose[- ]limiting)\s(?!toxic|events?\b|adverse|effects?\b|side|AEs?\b|factors?\b|organ|in\b|for\b|or\b|and\b|at\b)"
    rf"{_GRADE}?[a-z]",
    re.I,
)
_WAS_LIMITING = hinted(r"\b(?:was|were)\s(?P<w>dose[- ]limiting)\s(?=in\b)", re.I)
_BLOOD = hinted(r"\b(?:hypo|hyper)[a-z]{3,20}a?emia\b|\b(?:azot|ur|acid|bacter|vir|fung|septic)a?emia\b", re.I)
_OF_BLOOD = hinted(
    r"\b(?:adverse events|AEs|toxicities|events)\b[^.;,()]{0,40}?\swere\s(?:mainly\s|mostly\s|predominantly\s|"
    r"all\s)?(?P<w>ha?ematolog\w+)"
    r"(?!\s(?:and|or|tox|events|adverse))",
    re.I,
)
_THOSE = hinted(
    rf"(?:\bincluding|\bwith|,|\(|\bof (?:which|whom|these|those),?)\s(?:only\s|an?\s|one\s)?{_GRADE}"
    r"(?P<n>events?|cases?|toxicit(?:y|ies))\s"
    r"(?=in\b|occurr|for\b|\(|seen|observed|reported|was\b|were\b)"
    rf"|(?:\bof (?:which|whom|them)|\b(?:and|with)\s[^.;]{{1,30}}?)\s(?:had|having|experienced|experiencing|developing|"
    rf"developed)\s(?:an?\s)?{_GRADE}(?P<m>events?)\b(?=\s?[.,;)]|\s?\Z|\sand\s)",
    re.I,
)


def toxic(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, id) of such words: DLT, OTHER_SAFETY, or SAME for events of the toxicity named before.

    >>> t = "dose-limiting hypoxia; hyponatraemia; ICANS in 4, including grade 3 events in 2"
    >>> [(t[a:b], id) for a, b, id in toxic(t)]
    [('dose-limiting', 'DLT'), ('hyponatraemia', 'OTHER_SAFETY'), ('events', 'SAME')]
    """
    yield from ((*m.span("w"), "DLT") for m in _LIMITING.finditer(text))
    yield from ((*m.span("w"), "DLT") for m in _WAS_LIMITING.finditer(text))
    yield from ((*m.span("w"), "HEMATOLOGIC_TOX") for m in _OF_BLOOD.finditer(text))
    yield from ((*m.span(), "OTHER_SAFETY") for m in _BLOOD.finditer(text))
    yield from ((*m.span("n" if m["n"] else "m"), "SAME") for m in _THOSE.finditer(text))


_WINDOW = re.compile(
    r"\)?[\s-](?:observation |evaluation |assessment |monitoring )?(?:period|window|evaluable|evaluation|assessment|"
    r"observation|interval|criteri\w+|definition|rate of <|phase|cohort review|review|meeting)\b"
    r"|(?:观察期|评估期|窗口|观察窗|可评估|评估)",
    re.I,
)


def only_names(text: str, start: int, end: int, id: str) -> bool:
    """Whether the words for dose-limiting toxicity only name a period or a rule: "cleared the DLT period"."""
    if id != "DLT":
        return False
    met = re.search(r"\bmet\s(?:the\s)?\Z", text[max(0, start - 8) : start])  # "no patient met DLT criteria"
    return not met and bool(_WINDOW.match(text, end))
