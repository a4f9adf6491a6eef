"""Registry ids: recognise the numbers of trial registries in a text, and write each in one normal form.

    NCT03874897  ChiCTR2400084905  ChiCTR-OIC-17011180  CTR20212345  2023-503321-14-00 (EU CT)  2015-002112-26 (EudraCT)
    ISRCTN12345678  jRCT2031200123  jRCTs031180227  UMIN000012345  KCT0001234  CTRI/2018/01/011234
    ACTRN12612000123456  DRKS00012345  and those of ten smaller registries

Traps: product codes look like ids and are none (CHM-2101, CT041, KCT-101: the number of digits tells); PDFs break a
number after its letters (NCT- / 04977193); EudraCT and EU CT numbers differ only in their sixth character; the WHO
writes EUCTR2015-002112-26-DE once a country; an EU CT number may lack its last part (its resubmission count).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_D = r"[-‐‑‒–—−－]"
_GAP = rf"(?:\s{{0,2}}{_D}\s{{0,2}}|\s{{1,2}}|:\s?|\s?#\s?)?"
_EU = r"(?:(?:EUCTR|EU\s?CTR?|CTIS|EudraCT)[\s:#.]{0,2})?"
_YEAR = r"(20(?:0[4-9]|[1-4]\d))"

# registry, pattern (its groups make the id), how the id is put together
_FORMS: tuple[tuple[str, str, str], ...] = (
    ("ClinicalTrials.gov", rf"NCT{_GAP}(\d{{8}})(?!\d)", "NCT{0}"),
    ("ChiCTR", rf"ChiCTR{_GAP}([12]\d{{9}})(?!\d)", "ChiCTR{0}"),
    ("ChiCTR", rf"ChiCTR\s?{_D}?\s?([A-Za-z]{{3,5}})\s?{_D}?\s?(\d{{8}})(?!\d)", "ChiCTR-{0!u}-{1}"),
    ("ITMCTR", rf"(?:ITMCTR|ChiMCTR){_GAP}(\d{{10}})(?!\d)", "ITMCTR{0}"),
    ("ChinaDrugTrials", rf"CTR{_GAP}(20\d{{6}})(?!\d)", "CTR{0}"),
    ("EU CT", rf"{_EU}{_YEAR}{_D}(5\d{{5}}){_D}(\d\d)(?:{_D}(\d\d))?(?![\d-])", "{0}-{1}-{2}-{3}"),
    ("EudraCT", rf"{_EU}{_YEAR}{_D}(0\d{{5}}){_D}(\d\d)(?:-[A-Z]{{2}}\b|-3rd\b)?(?!\d|-\d)", "{0}-{1}-{2}"),
    ("ISRCTN", rf"ISRCTN{_GAP}(\d{{8}})(?!\d)", "ISRCTN{0}"),
    ("jRCT", rf"(?:JPRN-)?jRCT{_GAP}(\d{{10}})(?!\d)", "jRCT{0}"),
    ("jRCT", rf"(?:JPRN-)?jRCT\s?([a-cs])\s?{_D}?(\d{{9}})(?!\d)", "jRCT{0!l}{1}"),
    ("UMIN", rf"(?:JPRN-)?(?:C0*)?UMIN(?:[- ]?CTR)?{_GAP}(?:(?:ID|number)[:\s]*)?(\d{{9}})(?!\d)", "UMIN{0}"),
    ("JapicCTI", rf"(?:JPRN-)?JapicCTI{_GAP}(\d{{6}})(?!\d)", "JapicCTI-{0}"),
    ("CRIS", rf"KCT{_GAP}(\d{{7}})(?!\d)", "KCT{0}"),
    ("CTRI", r"CTRI\s?/\s?(\d{4})\s?/\s?(\d{2,3})\s?/\s?(\d{6})(?!\d)", "CTRI/{0}/{1}/{2}"),
    ("ANZCTR", rf"ACTRN{_GAP}(\d{{14}})(?!\d)", "ACTRN{0}"),
    ("DRKS", rf"DRKS{_GAP}(\d{{8}})(?!\d)", "DRKS{0}"),
    ("NTR", r"NTR[\s:]?(\d{3,4})(?!\d)", "NTR{0}"),
    ("NL-OMON", rf"NL{_D}OMON(\d{{3,6}})(?!\d)", "NL-OMON{0}"),
    ("IRCT", r"IRCT(\d{11,14})N(\d{1,3})(?!\d)", "IRCT{0}N{1}"),
    ("PACTR", rf"PACTR{_GAP}(\d{{15,16}})(?!\d)", "PACTR{0}"),
    ("ReBEC", rf"RBR{_D}([0-9A-Za-z]{{6,8}})(?![0-9A-Za-z])", "RBR-{0!l}"),
    ("RPCEC", rf"RPCEC{_GAP}(\d{{8}})(?!\d)", "RPCEC{0}"),
    ("SLCTR", r"SLCTR\s?/\s?(\d{4})\s?/\s?(\d{3})(?!\d)", "SLCTR/{0}/{1}"),
    ("TCTR", rf"TCTR{_GAP}(20\d{{9}})(?!\d)", "TCTR{0}"),
    ("REPEC", rf"PER{_D}(\d{{3}}){_D}(\d\d)(?!\d)", "PER-{0}-{1}"),
    ("LBCTR", rf"LBCTR{_GAP}(20\d{{8}})(?!\d)", "LBCTR{0}"),
)
_PATTERNS = tuple(
    (name, re.compile(rf"(?<![A-Za-z0-9]){pattern}", re.ASCII | re.IGNORECASE), form) for name, pattern, form in _FORMS
)
_DIGITS = re.compile(r"[0-9]{3}|[Rr][Bb][Rr]")  # what every id has, told faster still
_HINT = re.compile(  # of an upper-case text, which is four times as fast as IGNORECASE; most texts have none
    r"(?:NCT|CTR[IN]?|CTN|RCT[A-CS]?|CTI|KCT|DRKS|NTR|OMON|RPCEC|REBEC)[^A-Z\d]{0,5}\d|CHICTR|UMIN|SLCTR"
    r"|(?<![A-Z])(?:RBR|PER)[-‐‑‒–—−－]|20[0-4]\d[-‐‑‒–—−－][05]\d{5}"
)


@dataclass(frozen=True, slots=True)
class RegistryId:
    """A registry id in a text: text[start:end] are its words, `id` its normal form."""

    id: str
    registry: str
    start: int
    end: int


def _write(form: str, groups: tuple[str | None, ...]) -> str:
    out = form
    for n, value in enumerate(groups):
        word = value or ""
        for mark, said in ((f"{{{n}}}", word), (f"{{{n}!u}}", word.upper()), (f"{{{n}!l}}", word.lower())):
            out = out.replace(mark, said)
    return out.rstrip("-")


def find(text: str) -> Iterator[RegistryId]:
    """Registry ids in a text, in order of place; longer matches win where two patterns meet.

    >>> [(i.id, i.registry) for i in find("NCT 03874897; EUCTR2015-002112-26-DE; CHM-2101")]
    [('NCT03874897', 'ClinicalTrials.gov'), ('2015-002112-26', 'EudraCT')]
    """
    if not _DIGITS.search(text) or not _HINT.search(text.upper()):
        return
    found = [
        RegistryId(_write(form, m.groups()), name, m.start(), m.end())
        for name, pattern, form in _PATTERNS
        for m in pattern.finditer(text)
        if not _hollow(m)
    ]
    end = -1
    for i in sorted(found, key=lambda i: (i.start, -i.end)):
        if i.start >= end:
            end = i.end
            yield i


def _hollow(m: re.Match[str]) -> bool:
    """A placeholder: every digit of the number is the same (NCT00000000), or RBR- and a plain word."""
    if m[0][:3].upper() == "RBR":
        return not re.search(r"\d", m[1])
    digits = re.sub(r"\D", "", m[0])
    return len(digits) > 5 and len(set(digits)) == 1


def normal(words: str) -> str | None:
    """The normal form of an id that stands alone, or None where the words are not exactly one id.

    >>> normal(" chictr-ooc-16009113 "), normal("CHM-2101"), normal("NCT04404595 and others")
    ('ChiCTR-OOC-16009113', None, None)
    """
    stripped = words.strip().strip(".,;()[]")
    only = next(find(stripped), None)
    return only.id if only and only.start == 0 and only.end == len(stripped) else None


_DOI = re.compile(
    r"\A\s*(?:https?://(?:dx\.|www\.)?doi\.org/|doi:?\s*)?(10\.\d{1,9}(?:\.\d+)*/\S+)\s*\Z", re.IGNORECASE
)


def doi(words: str | None) -> str | None:
    """A DOI without what stands before it; the case stays as printed. None where there is none; other words as they are.

    >>> doi("https://doi.org/10.1038/S41591"), doi("doi: 10.1/a"), doi(" "), doi("in press")
    ('10.1038/S41591', '10.1/a', None, 'in press')
    """
    found = _DOI.match(words or "")
    return found[1] if found else (words or "").strip() or None


def registry(id: str) -> str | None:
    """The registry that an id in its normal form belongs to, or None.

    >>> registry("DRKS00012345"), registry("PMID:1")
    ('DRKS', None)
    """
    only = next(find(id), None)
    return only.registry if only and only.start == 0 and only.end == len(id) else None


def key(id: str) -> str:
    """What two spellings of one registration share: an EU CT number without its resubmission count.

    >>> key("2023-503321-14-00"), key("NCT03874897")
    ('2023-503321-14', 'NCT03874897')
    """
    return re.sub(r"\A(20\d\d-5\d{5}-\d\d)-\d\d\Z", r"\1", id)
