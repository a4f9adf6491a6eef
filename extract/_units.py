"""Numbers with units as eligibility criteria print them: 1.5 × 10^9/L, 1,000/mm3, 2.5 × ULN, 18岁, 50 mL/min.

Each unit has its UCUM code and the family of analytes it can belong to; a threshold whose unit is of another family
is none of the analyte's. UCUM has no code for multiples of the upper limit of normal: the annotation {ULN} stands in.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?: 000)+(?!\d)|\d+(?:\.\d+)?|\.\d+)"
_ULN = (
    r"(?:the |of |laborator\w+ |local |institution\w*(?:'s)? |reference |age[- ]adjusted )*"
    r"(?:(?:ULN|UNL|IULN|ULNR)\b|(?:upper|high\w*) (?:limits? ?(?:of|for|to)? ?(?:the )?(?:institution\w*(?:'s)? "
    r"|laborator\w+ |reference )*"
    r"(?:range of )?normal\w*(?: range| value| limits?)?|normal (?:limits?|values?|range)|range of normal|limits?)"
    r"|normal upper limits?|"
    r"institution\w* (?:normal )?upper (?:normal )?limits?(?: of normal)?|normal (?:value|limit|range)s?"
    r"|(?:institutional )?normal\b)"
    r"(?: \(?(?:ULN|IULN)\)?)?|的?(?:正常(?:参考)?值?(?:范围)?的?上限|ULN)"
)
_VOLUME = r"(?:[uμ]l|mcl|microlit(?:er|re)s?|mm\^?3|cubic mm|cubic millimet\w+|cmm|微升|立方毫米)"
_FACTOR = {
    ("g/dL", "g/L"): "10",
    ("/uL", "10*9/L"): "0.001",
    ("10*3/uL", "10*9/L"): "1",
    ("10*6/L", "10*9/L"): "0.001",
    ("mL/min/1.73m2", "mL/min"): "1",
    ("a", "d"): "365.25",
    ("mo", "d"): "30.4375",
    ("wk", "d"): "7",
}
_OWN_FACTOR = {("creatinine", "mg/dL"): "88.42", ("bilirubin", "mg/dL"): "17.1", ("direct_bilirubin", "mg/dL"): "17.1"}


@dataclass(frozen=True, slots=True)
class Unit:
    name: str
    ucum: str
    family: str
    end: int


@cache
def _units() -> tuple[re.Pattern[str], tuple[tuple[str, str, str], ...]]:
    """One pattern over units.tsv (the first row that matches is the unit), and the rows' (name, UCUM, family)."""
    source = files("trialkb.extract").joinpath("units.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(source.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    patterns = (r["pattern"].replace("<VOLUME>", _VOLUME).replace("<ULN>", _ULN) for r in rows)
    joined = "|".join(f"(?P<u{k}>{pattern})" for k, pattern in enumerate(patterns))
    return re.compile(joined, re.I | re.ASCII), tuple((r["unit"], r["ucum"], r["family"]) for r in rows)


def unit_at(text: str, at: int) -> Unit | None:
    """The unit right behind a number that ends at `at`, or None.

    >>> unit_at("1.5 × 10^9 /L", 3).name, unit_at("18岁", 2).ucum, unit_at("80 patients", 2)
    ('10*9/L', 'a', None)
    """
    start = at
    while start < len(text) and text[start] == " " and start - at < 2:
        start += 1
    pattern, rows = _units()
    m = pattern.match(text, start)
    if not m or not m.lastgroup:
        return None
    name, ucum, family = rows[int(m.lastgroup[1:])]
    return Unit(name, ucum, "uln" if family == "bare_x" else family, m.end())


def number(words: str) -> Decimal:
    """A printed number without its grouping.

    >>> number("75,000"), number("1.50")
    (Decimal('75000'), Decimal('1.5'))
    """
    value = Decimal(words.replace(",", "").replace(" ", ""))
    return value.normalize() if value != value.to_integral() else value.quantize(Decimal(1))


def canonical(analyte: str, value: Decimal, unit: str | None, wanted: str) -> str | None:
    """The value in the analyte's one unit for comparison across trials, or None where it cannot be said.

    >>> canonical("hemoglobin", Decimal(8), "g/dL", "g/L")
    '80'
    """
    if not unit or not wanted:
        return None
    factor = "1" if unit == wanted else _OWN_FACTOR.get((analyte, unit)) or _FACTOR.get((unit, wanted))
    return f"{(value * Decimal(factor)).normalize():f}" if factor else None
