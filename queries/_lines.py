"""Line of treatment as a benchmark groups and filters it: one class a study, by the earliest line that it takes.

A record says the line in words ("third or later", 二线) or as a number counted by the extractor: 1, 2, >=3, 2-4 (the
treatment under study is the n-th). Words win; a number that leaves the earliest line open (<=3) is no class.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trialkb.errors import BadInput

FIRST, SECOND, LATER, REFRACTORY, UNKNOWN = (
    "first line", "second line", "later line", "relapsed or refractory", "line not stated",
)  # fmt: skip
ORDER = (FIRST, SECOND, LATER, REFRACTORY)
_WORDS = (
    (
        LATER,
        r"third|3rd|fourth|4th|fifth|5th|(?:two|2|three|3|four|4) (?:or more )?(?:previous|prior)|at least two|heavily|later"
        r"|[三四五]线|后线",
    ),
    (SECOND, r"second|2nd|二线|one previous|one prior"),
    (FIRST, r"first|1st|front|newly|untreated|一线|初治"),
    (REFRACTORY, r"relaps|refractory|previously treated|pretreated|progress|复发|难治|after"),
)
_NUMBER = re.compile(r"(?:>=|≥)?\s*([1-9])\s*(?:[-+]\s*[1-9]?)?")


def of(words: Sequence[str]) -> str:
    """The class that a record's words say, else the one that its numbers do.

    >>> of(("third or later (median three prior systemic therapies)",)), of(("at least two previous lines",)), of(())
    ('later line', 'later line', 'line not stated')
    >>> of((">=2",)), of(("2-4", "1")), of(("<=3",)), of(("second", ">=3"))
    ('second line', 'line not stated', 'line not stated', 'second line')
    """
    said = " ".join(w for w in words if not re.fullmatch(r"[<>=≥≤\s\d+-]+", w)).lower()
    named = next((name for name, pattern in _WORDS if re.search(pattern, said)), None)
    if named:
        return named
    counted = {_class(w) for w in words}
    return counted.pop() if len(counted) == 1 else UNKNOWN


def _class(word: str) -> str:
    """The class of a number: its lower bound.

    >>> _class(">=3"), _class("2-3"), _class("1-2"), _class("<=2")
    ('later line', 'second line', 'line not stated', 'line not stated')
    """
    m = _NUMBER.fullmatch(word.strip())
    if m is None or (m[1] == "1" and m[0].strip() != "1"):
        return UNKNOWN  # any line at all
    return (FIRST, SECOND)[int(m[1]) - 1] if int(m[1]) < 3 else LATER


def asked(words: str) -> str:
    """The class that a person asks for. Raises BadInput for what names none.

    >>> asked("third-line"), asked("2"), asked("三线"), asked("≥3"), asked("refractory")
    ('later line', 'second line', 'later line', 'later line', 'relapsed or refractory')
    """
    found = of((words.strip().replace("-line", " line"),))
    if found == UNKNOWN:
        raise BadInput(
            f"--line {words!r} is not known; expected first, second, third or later, or relapsed/refractory "
            "(一线, 二线, 三线, 复发; 1, 2, >=3)"
        )
    return found


def order(name: str) -> tuple[int, str]:
    """Subgroups in the order of treatment; other names by themselves, what is not stated last."""
    return (ORDER.index(name) if name in ORDER else 8 + name.endswith("not stated"), name)
