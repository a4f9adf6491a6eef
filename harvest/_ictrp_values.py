"""Values of WHO ICTRP records: text, dates, phases, sizes and packed lists as thirty registries write them.

What can be read two ways is not read: of 05/06/2024 the year is kept (day or month first, registries differ).
"""

from __future__ import annotations

import re
from html import unescape

from trialkb import ids

MONTHS = {
    m: f"{n:02}"
    for n, m in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}  # fmt: skip
_BREAK = re.compile(r"<\s*/?\s*(?:br|p|div|li|ul|ol)\s*/?\s*>", re.IGNORECASE)
_MARK = re.compile(r"<\s*/?\s*(?:b|i|u|strong|em|span|font|sup|sub)\s*>", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?\Z")
_PACKED_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)\Z")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?\Z")
_WORDS = re.compile(r"(?:(\d{1,2})\s+)?([A-Za-z]{3,9})\.?,?\s+(?:(\d{1,2}),\s*)?(\d{4})\Z")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_SIZES = re.compile(r"(?:\A|;)\s*(.*?)\s*[:：]\s*(\d+)\s*(?=;|\Z)", re.DOTALL)
_YES = re.compile(r"\(\s*Phase\s+(IV|I{1,3})\s*\)\s*:\s*yes", re.IGNORECASE)
_PHASE = re.compile(r"(?<![A-Za-z0-9.])(?:phase|期)?[\s-]*(0|IV|I{1,3}|[1-4])\s*[abAB]?(?![A-Za-z0-9.])", re.IGNORECASE)
_ENUM = {
    "0": "EARLY_PHASE1", "1": "PHASE1", "2": "PHASE2", "3": "PHASE3", "4": "PHASE4",
    "I": "PHASE1", "II": "PHASE2", "III": "PHASE3", "IV": "PHASE4",
}  # fmt: skip
_NONE = {"", "n/a", "na", "not applicable", "not available", "not selected", "none", "-", "null", "无", "[---]*"}
_NO_PHASE = {"n/a", "na", "not applicable", "not applicable (n/a)"}


def clean(value: str | None) -> str | None:
    """A value's words, its escaped mark-up undone, one blank between words, line breaks kept; None where empty.

    >>> clean("  ORR&lt;br&gt;by RECIST&#x0D;\\n ")
    'ORR\\nby RECIST'
    """
    if value is None:
        return None
    words = unescape(unescape(value)) if "&" in value else value
    words = _MARK.sub("", _BREAK.sub("\n", words)).replace("\r", "\n")
    lines = (" ".join(line.split()) for line in words.split("\n"))
    return "\n".join(line for line in lines if line) or None


def known(value: str | None) -> str | None:
    """A value that says something (not `Not Available`, `N/A` and the like)."""
    words = clean(value)
    return None if words is None or words.lower() in _NONE else words


def date(value: str | None, *, month_first: bool | None = None) -> str | None:
    """An ISO date as precise as it is certain, or None.

    >>> date("21 September 2026"), date("20240501"), date("13/05/2024"), date("05/06/2024"), date("May 2024")
    ('2026-09-21', '2024-05-01', '2024-05-13', '2024', '2024-05')
    >>> date("10/04/2026 04:51:51", month_first=True)
    '2026-10-04'
    """
    words = (clean(value) or "").replace("\n", " ")
    if m := _ISO.match(words) or _PACKED_DATE.match(words):
        return _iso(m[1], m[2], m[3])
    if m := _SLASHED.match(words):
        day_first = int(m[1]) > 12 or m[1] == m[2]
        if month_first or (month_first is None and int(m[2]) > 12):
            return _iso(m[3], m[1], m[2])
        return _iso(m[3], m[2], m[1]) if day_first or month_first is False else m[3]
    if m := _WORDS.match(words):
        month = MONTHS.get(m[2][:3].lower())
        return _iso(m[4], month, m[1] or m[3]) if month else m[4]
    year = _YEAR.search(words)
    return year[1] if year else None


def _iso(year: str, month: str, day: str | None) -> str | None:
    if not 1 <= int(month) <= 12 or (day and not 1 <= int(day) <= 31):
        return year
    return f"{year}-{int(month):02}-{int(day):02}" if day else f"{year}-{month}"


def phases(value: str | None) -> tuple[str, ...]:
    """ClinicalTrials.gov's words for a phase as a registry prints it; () where it says none or is not understood.

    >>> phases("Phase 1/Phase 2"), phases("1-2"), phases("N/A"), phases("Retrospective study")
    (('PHASE1', 'PHASE2'), ('PHASE1', 'PHASE2'), ('NA',), ())
    >>> phases("Human pharmacology (Phase I): yes Therapeutic exploratory (Phase II): no")
    ('PHASE1',)
    """
    words = (clean(value) or "").replace("\n", " ")
    if words.lower() in _NO_PHASE:
        return ("NA",)
    if re.search(r"\(\s*Phase\s+I{1,3}V?\s*\)\s*:", words, re.IGNORECASE):
        found = [m[1].upper() for m in _YES.finditer(words)]
    elif re.search(r"early[\s-]+phase[\s-]*(?:1|I)\b", words, re.IGNORECASE):
        return ("EARLY_PHASE1",)
    else:
        found = [m[1].upper() for m in _PHASE.finditer(re.sub(r"[/+,&~]", " / ", words))]
        found = found if "phase" in words.lower() or "期" in words or len(words) <= 8 else []
    return tuple(dict.fromkeys(_ENUM[f] for f in found))


def sizes(value: str | None) -> tuple[tuple[str | None, int], ...]:
    """(group, size) of a target size, packed by group or plain.

    >>> sizes("group A:49;group B:51;"), sizes(" 120 "), sizes("about 30")
    ((('group A', 49), ('group B', 51)), ((None, 120),), ())
    """
    words = (clean(value) or "").replace("\n", " ")
    if words.isascii() and words.isdigit() and len(words) < 9:
        return ((None, int(words)),)
    found = [(m[1] or None, int(m[2])) for m in _SIZES.finditer(words)]
    whole = ";".join(p for p in re.split(r"\s*;\s*", words) if p)
    return tuple(found) if found and len(found) == len([p for p in whole.split(";") if p]) else ()


def packed(value: str | None) -> tuple[str, ...]:
    """Items of a list that stands on lines or is packed with semicolons (a trailing one tells).

    >>> packed("ORR;PFS;"), packed("ORR; by RECIST"), packed("a<br>b")
    (('ORR', 'PFS'), ('ORR; by RECIST',), ('a', 'b'))
    """
    words = clean(value)
    if not words:
        return ()
    items = words.split("\n")
    if len(items) == 1 and re.search(r"[;；]\Z", words):
        items = re.split(r"[;；]", words)
    return tuple(i.strip() for i in items if i.strip(" ;；"))


def arms(value: str | None) -> tuple[tuple[str, str], ...]:
    """(group, what it gets) of an intervention packed by group; () where it is not packed.

    >>> arms("group A:CAR-T cells;group B:none;"), arms("Drug: X")
    ((('group A', 'CAR-T cells'), ('group B', 'none')), ())
    """
    words = (clean(value) or "").replace("\n", " ")
    if not re.search(r"[;；]\Z", words):
        return ()
    pairs = [re.split(r"[:：]", part, maxsplit=1) for part in re.split(r"[;；]", words) if part.strip()]
    return tuple((a.strip(), b.strip()) for a, b in pairs) if all(len(p) == 2 for p in pairs) else ()


def identity(value: str | None) -> str | None:
    """The registry's own id in its normal form; one this program does not know stays as it is written."""
    words = known(value)
    if not words or len(words) > 60 or "\n" in words:
        return None
    return ids.normal(words) or words


def status(value: str | None) -> str | None:
    """A recruitment status as one word in capitals; None for what is not available.

    >>> status("Not Recruiting"), status("Not Available")
    ('NOT_RECRUITING', None)
    """
    words = known(value)
    return re.sub(r"\W+", "_", words).strip("_").upper() if words else None
