"""What the titles of posted results say: endpoint, grade, moment, assessor, criteria, analysis set.

The wordings are data: results.tsv (a rule a row: words ignore case, acronyms do not; `unless` is what turns the words
into something else; example and counter-example are checked by a test). The first rule that fits decides.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from trialkb.records import Grade, TimePoint, Trial

_CANCER = re.compile(
    r"cancer|carcinoma|tumou?r|lymphoma|leuk(?:a)?emi|myeloma|sarcoma|neoplas|melanoma|gliom|glioblastom|blastoma|"
    r"oncolog|metasta|malignan|mesotheliom|myelodysplas|nsclc|sclc|macroglobulin",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A wording of an endpoint; `where` is title (searched) or row (the whole of a class's or category's title)."""

    id: str
    where: str
    endpoint: str
    kind: str  # response survival time safety dose immune pk
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    example: str
    counter: str

    def fits(self, text: str) -> re.Match[str] | None:
        found = self.pattern.fullmatch(text) if self.where == "row" else self.pattern.search(text)
        return None if found is None or (self.unless and self.unless.search(text)) else found


@cache
def rules(where: str) -> tuple[Rule, ...]:
    """The rules of results.tsv for titles or rows, in file order."""
    source = files("trialkb.extract").joinpath("results.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(source.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(_rule(r) for r in rows if r["where"] == where)


def _rule(row: dict[str, str]) -> Rule:
    words = [f"(?i:{row['words']})"] if row["words"] else []
    acronyms = [rf"(?<![\w-])(?:{row['acronyms']})(?!\w)"] if row["acronyms"] else []
    unless = re.compile(f"(?i:{row['unless']})") if row["unless"] else None
    pattern = re.compile("|".join(words + acronyms))
    return Rule(
        row["rule"], row["where"], row["endpoint"], row["kind"], pattern, unless, row["example"], row["counter"]
    )


def events(text: str) -> tuple[str, ...]:
    """Kinds of adverse event that a title names, each named by words of its own.

    >>> events("Serious Adverse Events (SAEs)"), events("TEAEs and SAEs"), events("Treatment-related Adverse Events")
    (('SAE',), ('SAE', 'TEAE'), ('TRAE',))
    """
    found = []
    for rule in rules("title"):
        if rule.endpoint in ("TRAE", "SAE", "TEAE", "AE") and rule.fits(text):
            found.append(rule.endpoint)
            text = re.sub(rf"(?:{rule.pattern.pattern})\w*(?i: events?| reactions?)?(?:\s*\([^()]*\))?", " ", text)
    return tuple(found)


def fitting(text: str, where: str) -> Iterator[Rule]:
    """Rules that fit a title or row, in order.

    >>> [r.endpoint for r in fitting("Objective Response Rate (ORR)", "title")]
    ['ORR']
    """
    return (r for r in rules(where) if r.fits(text))


def oncology(trial: Trial) -> bool:
    """Whether one of the trial's conditions, keywords or their MeSH ancestors is a cancer."""
    meshes = trial.extra.get("derivedSection.conditionBrowseModule.ancestors") or ()
    terms = [m.get("term", "") for m in meshes if isinstance(m, dict)]
    return any(_CANCER.search(text) for text in (*trial.conditions, *terms))


_GRADE_MIN = re.compile(
    r"(?:(?:>=|>|≥|⩾|at least|greater than or equal to)\s*grade\s*([1-5])|grade\s*(?:>=|≥|⩾)\s*([1-5])"
    r"|grades?\s*([1-5])\s*(?:\+|and (?:above|higher|greater)|or (?:above|higher|greater|more|worse)|and over)"
    r"|(?:>=|>|≥|⩾|大于等于|不低于)\s*([1-5])\s*(?:级|級)|([1-5])\s*(?:级|級)\s*(?:及|或|和)?\s*(?:以上|更高))",
    re.I,
)
_GRADE_RANGE = re.compile(r"grades?\s*([1-5])\s*(?:-|–|to|and|or|/)\s*(?:grade\s*)?([1-5])\b", re.I)
_GRADE_RANGE_ZH = re.compile(r"([1-5])\s*(?:级|級)?\s*(?:-|–|~|～|至|到|或|和|/|、)\s*([1-5])\s*(?:级|級)")
_GRADE_ONE_ZH = re.compile(r"(?<![\d.])([1-5])\s*(?:级|級)")
_GRADE_ONE = re.compile(r"\bgrades?\s*([1-5])\b(?!\.)", re.I)


_ROMAN_SIGNS = str.maketrans({"Ⅰ": "1", "Ⅱ": "2", "Ⅲ": "3", "Ⅳ": "4", "Ⅴ": "5"})
_ROMANS = ("I", "II", "III", "IV", "V")
_ROMAN = re.compile(r"(?<![A-Za-z])(?:IV|V|I{1,3})(?![A-Za-z])")


def grade(text: str, scale: str | None = None) -> Grade | None:
    """The toxicity grade that a title or row names, or None where it names none or several.

    >>> grade("TEAE >= Grade 3"), grade("Grade 3 or 4"), grade("Grade 0 to 3")
    (Grade(min=3, max=None, scale=None), Grade(min=3, max=4, scale=None), None)
    """
    if "级" in text or "級" in text:
        text = _ROMAN.sub(lambda m: str(_ROMANS.index(m[0]) + 1), text.translate(_ROMAN_SIGNS))
    if re.search(r"grade\s*0", text, re.I):
        return None
    if found := _GRADE_MIN.search(text):
        least = int(next(g for g in found.groups() if g))
        return Grade(least + (">" in found[0] and ">=" not in found[0]), None, scale)
    single = {*_GRADE_ONE.findall(text), *_GRADE_ONE_ZH.findall(text)}
    if found := _GRADE_RANGE.search(text) or _GRADE_RANGE_ZH.search(text):
        return Grade(int(found[1]), int(found[2]), scale) if single <= {found[1], found[2]} else None
    return Grade(int(*single), int(*single), scale) if len(single) == 1 else None


_UNIT = {"day": "d", "week": "wk", "wk": "wk", "month": "mo", "mo": "mo", "mos": "mo", "year": "a", "yr": "a"}
_N_UNIT = re.compile(r"\b(\d+(?:\.\d+)?)[- ]?(day|week|wk|month|mos?|year|yr)s?\b", re.I)
_UNIT_N = re.compile(r"\b(day|week|month|year)s?[- ]?(\d+(?:\.\d+)?)\b", re.I)
_PERIOD = re.compile(
    r"\b(?:up to|through(?:out)?|until|within|during|over|every|from|between|to the|baseline|cycles?|approximately|"
    r"first|assessed|longer|at least|minimum|maximum|prior|or until|treatment period|last)\b|[-–]\s*\d|[,;]",
    re.I,
)


_SINCE = re.compile(
    r"(?:at )?(\d+ (?:day|week|month|year)s?) (?:from|after|post|following|since) (?![^,;]*\b\d+ (?:day|week|month|year))",
    re.I,
)
_AGE = re.compile(r"[<>≥≤⩾⩽]|\baged?\b|\bold(?:er)?\b|young|\d\s*[-–]\s*\d", re.I)


def moment(text: str, *, strict: bool = False) -> TimePoint | None:
    """The one moment a row, title or time frame names, or None where it names none, several or a period.

    >>> moment("Month 6"), moment("3-Year PFS Rate"), moment("Up to 2 years", strict=True), moment("6 and 12 months")
    (TimePoint(value=6.0, unit='mo'), TimePoint(value=3.0, unit='a'), None, None)
    """
    since = _SINCE.match(text) if strict else None
    if since:
        text = since[1]
    if _AGE.search(text) or (strict and _PERIOD.search(text)):
        return None
    found = {(float(n), _UNIT[u.lower()]) for n, u in _N_UNIT.findall(text)}
    found |= {(float(n), _UNIT[u.lower()]) for u, n in _UNIT_N.findall(text)}
    numbers = re.findall(r"\d+(?:\.\d+)?", text) if strict else ()
    if (
        len(found) != 1
        or len(numbers) > 1
        or re.search(r"\d+\s*(?:,|and|&|or)\s*\d+[- ]?(?:day|week|month|year)", text)
    ):
        return None
    return TimePoint(*found.pop())


_IRC = re.compile(
    r"(?i:independent (?:\w+ ){0,3}(?:review|assess|radiolog|committee|central)|blinded (?:\w+ ){0,2}review"
    r"|central(?:ized|ly)? (?:review|assess|radiolog|reader))|\b(?:IRC|BICR|IRF|ICR|IRRC)\b"
)
_INV = re.compile(r"\binvestigators?\b|\blocal(?:ly)? assess", re.I)


def assessor(*texts: str | None) -> str | None:
    """IRC or INV, by the first text that names just one of them."""
    for text in texts:
        both = (bool(_IRC.search(text)), bool(_INV.search(text))) if text else (False, False)
        if any(both):
            return None if all(both) else "IRC" if both[0] else "INV"
    return None


_CRITERIA = (
    ("irRECIST", re.compile(r"\bir[- ]?RECIST|immune[- ]related (?:\(ir\) )?(?:RECIST|response)", re.I)),
    ("iRECIST", re.compile(r"\biRECIST|immune RECIST")),
    ("mRECIST", re.compile(r"\bmRECIST|modified RECIST")),
    (
        "RECIST 1.1",
        re.compile(
            r"(?:RECIST|solid tumou?rs)\W{0,12}(?:\(?(?:RECIST|criteria|v(?:ersion)?\.?)\W{0,3}){0,2}1\.1", re.I
        ),
    ),
    ("RECIST", re.compile(r"\bRECIST\b|response evaluation criteria in solid tumou?rs", re.I)),
    ("Lugano", re.compile(r"\bLugano\b", re.I)),
    ("IMWG", re.compile(r"\bIMWG\b|international myeloma working group", re.I)),
    ("iwCLL", re.compile(r"\biwCLL\b", re.I)),
    ("RANO", re.compile(r"\bi?RANO\b")),
    ("Cheson", re.compile(r"\bCheson\b|international working group", re.I)),
)


def criteria(*texts: str | None) -> str | None:
    """The response criteria that the first text names which names any; None where it names several."""
    for text in texts:
        found = [name for name, pattern in _CRITERIA if text and pattern.search(text)]
        if "RECIST" in found and len(found) > 1:
            found.remove("RECIST")
        if found:
            return found[0] if len(found) == 1 else None
    return None


_SETS = (
    ("MITT", re.compile(r"\bm-?ITT\b|modified intent", re.I)),
    ("ITT", re.compile(r"(?<![m-])\bITT\b|(?<!modified )intent(?:ion)?[- ]to[- ]treat|\bFAS\b|full analysis set")),
    (
        "PP",
        re.compile(
            r"\b(?:per[- ]protocol|PP) (?:\(PP\) )?(?:analysis|population|set|participants|patients|subjects)", re.I
        ),
    ),
    (
        "EVALUABLE",
        re.compile(
            r"\bevaluable (?:analysis |population|participants|patients|subjects|set)|efficacy[- ]evaluable", re.I
        ),
    ),
    ("SAFETY", re.compile(r"\bsafety (?:analysis |evaluable )?(?:set|population)", re.I)),
)


def analysis_set(*texts: str | None) -> str | None:
    """ITT, MITT, PP, EVALUABLE or SAFETY, by the first text that names one and only one."""
    for text in texts:
        found = [name for name, pattern in _SETS if text and pattern.search(text)]
        if found:
            return found[0] if len(found) == 1 else None
    return None
