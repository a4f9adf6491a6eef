"""What a cell of an outcome table says: n/N (%), %, a time with its interval, or a state.

A number without a unit in cell or heading is not read: 50 under "ORR" may be patients or per cent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trialkb.records import Dispersion

_N = r"(\d{1,3}(?:,\d{3})+|\d+)"
_P = r"(\d{1,3}(?:\.\d+)?)"
_SIDE = r"(?:-|to|,|;|~|至)"
_BOUND = r"(-?\d+(?:\.\d+)?|NE|NR|NA|NC|not reached|未达到|\+)\s*\+?"
_NAME = r"(?:(\d{2}(?:\.\d+)?)\s*%\s*(?:CI|confidence interval|置信区间|可信区间)|(range|范围)|(IQR))\s*[:,=]?"
_INTERVAL = re.compile(rf"[(\[]?\s*(?:{_NAME})?\s*{_P}\s*%?\+?\s*{_SIDE}\s*{_BOUND}\s*%?\s*[)\]]?", re.I)
_RATIO_SHARE = re.compile(rf"{_N}\s*/\s*{_N}\s*(?:(?:[(\[,=;]|\s)\s*{_P}\s*%?\s*[)\]]?)?", re.I)
_SHARE_RATIO = re.compile(rf"{_P}\s*%?\s*[(\[]\s*{_N}\s*/\s*{_N}\s*[)\]]")
_COUNT_SHARE = re.compile(rf"{_N}\s*[(\[]\s*{_P}\s*(%?)\s*[)\]]")
_SHARE_COUNT = re.compile(rf"{_P}\s*%\s*[(\[]\s*(?:n\s*=\s*)?{_N}\s*[)\]]")
_SHARE = re.compile(rf"{_P}\s*%")
_NUMBER = re.compile(r"([<>≤≥]=?)?\s*(\d+(?:\.\d+)?)\s*(\+?)")
_TIME_UNIT = re.compile(
    r"(?P<mo>months?\b|\bmos?\b|\bmths?\b|个月|月)|(?P<wk>weeks?\b|\bwks?\b|周)|(?P<d>days?\b|天|日)|(?P<a>years?\b|\byrs?\b|年)",
    re.I,
)
_NOT_REACHED = re.compile(r"not (?:yet )?(?:been )?reached|未达到|尚未达到|未达", re.I)
_NOT_ESTIMABLE = re.compile(r"not (?:estimable|evaluable|calculable)|\bNE\b|不可估计|无法估计", re.I)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cell gives; spans are offsets in the cell's text. `at` is the number that the outcome points to."""

    at: tuple[int, int]
    value: float | None = None
    unit: str | None = None
    numerator: int | None = None
    denominator: int | None = None
    dispersion: Dispersion | None = None
    comparator: str | None = None
    status: str = "reported"


def time_unit(text: str) -> str | None:
    """UCUM unit of time that a heading or cell names, None where none or several.

    >>> time_unit("mPFS (months)"), time_unit("中位总生存期/月"), time_unit("ORR (%)")
    ('mo', 'mo', None)
    """
    found = {name for m in _TIME_UNIT.finditer(text) for name, words in m.groupdict().items() if words}
    return found.pop() if len(found) == 1 else None


def interval(text: str, start: int = 0, always: bool = False) -> tuple[Dispersion, int] | None:
    """An interval in a cell from `start` on, and where it ends; without a name it is a 95 % interval only if `always`."""
    m = _INTERVAL.search(text, start)
    if m is None or not (m[1] or m[2] or m[3] or always):
        return None
    upper = _float(m[5])
    level = float(m[1]) if m[1] else 95.0
    kind = "FULL_RANGE" if m[2] else "INTER_QUARTILE_RANGE" if m[3] else f"CONFIDENCE_{level:g}"
    kind = kind if level in (95.0, 90.0, 80.0) or m[2] or m[3] else "CONFIDENCE_OTHER"
    return (
        Dispersion(
            kind, _float(m[4]), upper, None if m[2] or m[3] else level, "reported" if upper is not None else "NE"
        ),
        m.end(),
    )


def _float(words: str) -> float | None:
    try:
        return float(words)
    except ValueError:
        return None


def shares(text: str, heading: str) -> Iterator[Reading]:
    """The count and share in a cell under a heading of a response or a toxicity.

    >>> [(r.numerator, r.denominator, r.value) for r in shares("38/98 (38.8%)", "ORR")]
    [(38, 98, 38.8)]
    >>> list(shares("50", "ORR")), [(r.value, r.unit) for r in shares("50", "ORR (%)")]
    ([], [(50.0, '%')])
    """
    counted = _says_count(heading)
    if m := _SHARE_RATIO.search(text):
        yield Reading(m.span(1), float(m[1]), "%", _int(m[2]), _int(m[3]), _named(text, m.end(), heading))
    elif m := _RATIO_SHARE.search(text):
        share = float(m[3]) if m[3] else None
        at = m.span(3) if m[3] else (m.start(1), m.end(2))
        yield Reading(at, share, "%", _int(m[1]), _int(m[2]), _named(text, m.end(), heading))
    elif m := _SHARE_COUNT.match(text):
        yield Reading(m.span(1), float(m[1]), "%", _int(m[2]), None, _named(text, m.end(), heading))
    elif (m := _COUNT_SHARE.match(text)) and (m[3] or counted):
        yield Reading(m.span(2), float(m[2]), "%", _int(m[1]), None, _named(text, m.end(), heading))
    elif m := _SHARE.search(text):
        yield Reading(m.span(1), float(m[1]), "%", None, None, _named(text, m.end(), heading))
    elif (m := _NUMBER.match(text)) and not m[3] and _alone(text, m.end()):
        yield from _bare(m, text, heading)


def _bare(m: re.Match[str], text: str, heading: str) -> Iterator[Reading]:
    """A number without a unit, read by its heading."""
    percent, count = "%" in heading or "率" in heading[-1:], _says_count(heading)
    if _COUNT_AND_SHARE.search(heading):
        percent = False  # "n (%)": what stands alone is n
    dispersion = _named(text, m.end(), heading)
    if percent and not count:
        yield Reading(m.span(2), float(m[2]), "%", None, None, dispersion, _sign(m[1]))
    elif count and not percent and "." not in m[2]:
        yield Reading(m.span(2), float(m[2]), "{participants}", int(m[2]), None, None, _sign(m[1]))


_COUNT_AND_SHARE = re.compile(r"\bn\s*\(\s*%\s*\)|例\s*[(（]\s*%\s*[)）]", re.I)


def _alone(text: str, end: int) -> bool:
    """Nothing but an interval, a footnote sign or a unit follows."""
    rest = _INTERVAL.sub("", text[end:], count=1).strip(" *†‡§¶abc%")
    return not rest


def _named(text: str, start: int, heading: str) -> Dispersion | None:
    found = interval(text, start, always=bool(re.search(r"\bCI\b|置信区间|可信区间", heading)))
    return found[0] if found else None


def _says_count(heading: str) -> bool:
    return bool(re.search(r"(?<![\w/])[nN](?![\w/=])|\bNo\.|number of|例数|人数|patients,|\bn/N\b|例", heading))


def _sign(words: str | None) -> str | None:
    return {"≤": "<=", "≥": ">="}.get(words or "", words or None)


def _int(words: str) -> int:
    return int(words.replace(",", ""))


def times(text: str, heading: str, footnote: str) -> Iterator[Reading]:
    """The time, or the state of a median, in a cell under a heading of a time to an event.

    >>> [(r.value, r.unit, r.dispersion.upper) for r in times("4.4 (3.7-6.6)", "mPFS (months, 95% CI)", "")]
    [(4.4, 'mo', 6.6)]
    >>> [r.status for r in times("NR", "mOS (mo)", "NR: not reached")], list(times("NR", "mOS (mo)", ""))
    (['not_reached'], [])
    """
    unit = time_unit(text) or time_unit(heading)
    m = _NUMBER.match(text)
    if m and unit:
        found = interval(text, m.end(), always=True)
        dispersion = found[0] if found else None
        if dispersion and not _INTERVAL.search(text, m.end())[1] and re.search(r"range|范围", heading, re.I):  # type: ignore[index]
            dispersion = Dispersion("FULL_RANGE", dispersion.lower, dispersion.upper)
        elif dispersion and dispersion.type == "CONFIDENCE_95" and not _confident(text, heading):
            dispersion = None
        yield Reading(m.span(2), float(m[2]), unit, None, None, dispersion, ">" if m[3] else _sign(m[1]))
        return
    if m is None and (state := _state(text, footnote)):
        yield Reading((0, len(text)), None, unit, status=state)


def _confident(text: str, heading: str) -> bool:
    return bool(re.search(r"\bCI\b|confidence|置信区间|可信区间", f"{text} {heading}"))


def _state(text: str, footnote: str) -> str | None:
    """not_reached or not_estimable, where the cell or the table's own legend says so."""
    plain = text.strip(" .*†‡§¶")
    if _NOT_REACHED.match(plain):
        return "not_reached"
    if _NOT_ESTIMABLE.match(plain):
        return "not_estimable"
    legend = re.search(r"\bm?NR\b\s*[:=,，：]?\s*(.{0,16})", footnote)
    if re.match(r"NR\b", plain) and legend and _NOT_REACHED.match(legend[1]):
        return "not_reached"
    return None
