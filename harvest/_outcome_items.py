"""Outcome cells of CSV exports: `measure, description, time frame|...` taken apart again, as well as can be.

The export joins the three with a comma and a blank, which all three may hold, and leaves the description out where
there is none; so the joints are chosen, not known. Two log-linear choices, whose weights (`outcome_items.tsv`) were
learnt from API records by `bench/csv_split.py`: where the time frame begins, then where the measure ends. The item as
printed is always kept beside the parts. A `|` inside a text splits an item that was one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SEPARATOR = ", "
_UNIT = re.compile(
    r"\b(?:day|week|wk|month|mo|year|yr|hour|hr|minute|min|second|sec|cycle|visit|baseline|screening|enrol|study|dose"
    r"|period|treatment|follow|postoperative|surgery|discharge|randomi[sz]ation|progression|death|infusion|天|周|月|年)",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(r"\([A-Z][A-Za-z0-9/-]{1,9}\)\Z")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TOKEN = re.compile(r"[A-Za-z]+|#|[^\sA-Za-z#]")
_FAR = 40  # joints of one item that are looked at, from either end


@dataclass(frozen=True, slots=True)
class Parts:
    """An outcome item taken apart; `raw` is the item as printed."""

    measure: str
    description: str | None
    time_frame: str | None
    raw: str


def split(item: str) -> Parts:
    """The parts of one item.

    >>> split("Overall survival, time from infusion to death, for any reason, up to 24 months").time_frame
    'up to 24 months'
    """
    segments = item.strip().split(SEPARATOR)
    if len(segments) == 1:
        return Parts(item.strip(), None, None, item)
    time = _best((j, time_features(segments, j)) for j in time_joints(segments))
    end = _best((i, measure_features(segments, i, time)) for i in measure_joints(time))
    return Parts(
        SEPARATOR.join(segments[:end]),
        SEPARATOR.join(segments[end:time]) or None,
        SEPARATOR.join(segments[time:]) or None,
        item,
    )


def time_joints(segments: list[str]) -> Iterator[int]:
    """Where the time frame may begin: number of the segment; the count of segments where there is none."""
    yield from range(max(1, len(segments) - _FAR), len(segments) + 1)


def measure_joints(time: int) -> Iterator[int]:
    """Where the measure may end, before the time frame."""
    yield from range(1, min(time, _FAR) + 1)


def _best(choices: Iterator[tuple[int, list[str]]]) -> int:
    known = weights()
    return max(choices, key=lambda c: sum(known.get(f, 0.0) for f in c[1]))[0]


@cache
def weights() -> dict[str, float]:
    """The learnt weights by feature."""
    path = Path(__file__).with_name("outcome_items.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        return {f: float(w) for f, w in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def time_features(segments: list[str], j: int) -> list[str]:
    """What speaks for the time frame being the segments from j on."""
    if j == len(segments):
        return ["t:none", f"t:none:{_looks(segments[-1])}"]
    first, before, rest = segments[j], segments[j - 1], segments[j:]
    tokens = _tokens(first)
    out = [
        f"t1:{tokens[0]}", f"t2:{' '.join(tokens[:2])}", f"t3:{' '.join(tokens[:3])}", f"tw:{_shape(first)}",
        f"tlook:{_looks(first)}", f"tn:{min(len(rest), 4)}", f"tlong:{_size(SEPARATOR.join(rest))}",
        f"tb:{_tail(before)}", f"tbend:{before[-1:] if before[-1:] in '.;)?!' else ''}:{_shape(first)}",
        f"tblook:{_looks(before)}:{_looks(first)}", f"tat:{'first' if j == 1 else 'second' if j == 2 else 'later'}",
        f"tall:{sum(_looks(s) == 'no' for s in rest) > 0}", f"tend:{rest[-1][-1:] if rest[-1][-1:] in '.;)' else ''}",
        f"topen:{_open(SEPARATOR.join(segments[:j]))}", f"tlast:{_tokens(rest[-1])[-1]}",
        f"tb1:{_shape(before)}{_looks(before)}:{tokens[0]}",
    ]  # fmt: skip
    if len(rest) > 1:
        later = _tokens(rest[1])
        out += [f"tr:{later[0]}", f"trw:{_shape(rest[1])}:{_looks(rest[1])}", f"trb:{tokens[0]}:{later[0]}"]
    return out


def measure_features(segments: list[str], i: int, time: int) -> list[str]:
    """What speaks for the measure being the segments before i, where the time frame begins at `time`."""
    before = segments[i - 1]
    if i == time:
        return [f"m:whole:{min(time, 4)}", f"m:whole:end:{_tail(before)}", f"m:wlong:{_size(SEPARATOR.join(segments[:i]))}",
                f"m:wopen:{_open(SEPARATOR.join(segments[:i]))}", f"m:wshape:{_shape(before)}:{min(time, 3)}",
                f"m:wdot:{'. ' in SEPARATOR.join(segments[1:i])}"]  # fmt: skip
    tokens = _tokens(segments[i])
    measure, description = SEPARATOR.join(segments[:i]), SEPARATOR.join(segments[i:time])
    return [
        f"m1:{tokens[0]}", f"m2:{' '.join(tokens[:2])}", f"mw:{_shape(segments[i])}", f"mn:{min(i, 4)}",
        f"mlong:{_size(measure)}", f"mend:{measure[-1:] if measure[-1:] in '.;):' else ''}:{_shape(segments[i])}",
        f"mb:{_tail(before)}", f"mopen:{_open(measure)}", f"md:{_size(description)}",
        f"mdend:{description[-1:] if description[-1:] in '.;)' else ''}", f"mlist:{min(time - i, 4)}",
        f"mwords:{min(len(segments[i].split()), 6)}:{_shape(segments[i])}", f"mdot:{'. ' in measure}",
        f"mabbr:{bool(_ABBREVIATED.search(measure))}:{min(i, 2)}",
        f"mbs:{_shape(before)}:{_shape(segments[i])}:{min(i, 2)}", f"mrep:{_repeats(segments, i)}",
        f"mbw:{min(len(before.split()), 5)}:{min(len(segments[i].split()), 5)}:{min(i, 2)}",
    ]  # fmt: skip


def _tokens(segment: str) -> list[str]:
    return _TOKEN.findall(_NUMBER.sub("#", segment[:60]).lower()) or [""]


def _tail(segment: str) -> str:
    words = _NUMBER.sub("#", segment[-40:]).lower().split()
    return words[-1] if words else ""


def _shape(segment: str) -> str:
    """How a segment begins: A capital word, an ALLCAPS one, lower case, 0 for a digit, or its sign."""
    head = segment[:1]
    if not head.isascii():
        return "x"  # γδT, β-hCG, 胃: case says nothing
    if head.isupper():
        return "AA" if segment[1:2].isupper() else "A"
    return "a" if head.islower() else "0" if head.isdigit() else head


def _looks(segment: str) -> str:
    """Whether a segment looks like a time: both number and unit, one of them, or none."""
    unit, number = bool(_UNIT.search(segment)), bool(_NUMBER.search(segment))
    return "both" if unit and number else "unit" if unit else "number" if number else "no"


def _size(text: str) -> int:
    return min(len(text).bit_length(), 10)


def _open(text: str) -> bool:
    return text.count("(") > text.count(")") or text.count("[") > text.count("]")


def _repeats(segments: list[str], i: int) -> bool:
    """Whether the description takes the first word of the measure up again."""
    word = segments[0].split(" ")[0].lower()
    return len(word) > 3 and word in segments[i].lower()
