"""Arms that a text names by a code of its own: "(BuCy, n = 31)", "60 mg (FCA60)", "M1 n = 12", "dose regimen DR4".

A code is learned where it is set up (in the bracket behind a treatment, before its number of patients, behind "arm" or
"regimen"), and is an arm wherever it stands in the text. A numbered code brings its family: with DR4, DR2 is one too.
"""

from __future__ import annotations

import re

from trialkb.terms import mentions

_CODE = (
    r"(?:[A-Z][A-Za-z]{0,7}\d{1,3}[A-Za-z]{0,3}|[A-Z]+[a-z]+[A-Z][A-Za-z]{0,6}|[A-Z]{2,6}(?:[-+/][A-Z]{1,6}|\+)|"
    r"[A-Z]-?[A-Z]{1,5}|[A-Z][a-z]{0,3}-[A-Z]{1,5}\d?)"
)
_TREATMENT = re.compile(
    r"\b(?:randomi[sz]ed|randomly|assigned|allocated|received?|receiving|treated|given|regimens?|plus|alone|combined|"
    r"conditioning|followed by|mg|mg/m2|monotherapy|combination|compar\w+|arms?|groups?|cohorts?|doses?)\b",
    re.I,
)
_COMPARES = re.compile(r"\b(?:randomi[sz]ed|randomly|assigned|allocated|compar\w+|versus|vs)\b", re.I)
_BRACKET = re.compile(
    rf"\(\s?(?:(?:arm|group|cohort|the|hereafter|termed|designated)\s){{0,2}}(?P<code>{_CODE})"
    rf"(?:,\s(?P<more>{_CODE}))?(?P<rest>\s?(?:[,;:]\s?(?P<size>n\s?=\s?\d+)[^()]{{0,40}}|"
    r"[,;:]\s?[^()]{0,90})?)(?:\sgroup|\sarm|\scohort)?\)"
)
_SIZED = re.compile(rf"(?<![\w-])(?P<code>{_CODE})\s?[,:(]?\s?n\s?=\s?\d+")
_UNIT = re.compile(
    rf"\b(?:dose regimens?|regimens?|schedules?|arms?|cohorts?|treatments?),?\s(?P<code>{_CODE})(?![\w-])"
)
_NO_ARM = re.compile(
    r"(?:CD|IL|PD|HLA|DL|IFN|TNF|GM|NY|CTLA|HER|GPC|CLDN|B7|MAGE|GD|WT|EGFR|FGFR|BRAF|KRAS|TP|DAY|Day|D|Q|"
    r"NCT|T|N|G|ECOG|KPS|CAR|TCR|AJCC|ICD|CTCAE|v|V|Gy|AUC|CYP|p|Ki|Flu|Cy|m|h|CA|PS|BM|CR|PR|SD|LDH|CK|S|AE|CMV|"
    r"HHV|HPV|HBV|EBV|VH|L|R|I|II|III)-?\d+[A-Za-z]?|CR[pih]|PFS\d*|OS\d*|EFS\d*|ORR\d*|DFS\d*|"
    r"(?:IQR|CI|HR|OR|NR|NE|IRR|IRC|BICR|ITT|mITT|SD|CR|PR|PD|ORR|OS|PFS|DOR|DoR|CRi|CRS|ICANS|DLTs?|MTD|RP2D|"
    r"AEs?|SAEs?|"
    r"TEAEs?|TRAEs?|GVHD|GvHD|aGVHD|cGVHD|MRD|TRM|NRM|LDC?|HSCT|alloHSCT|AlloHSCT|RECIST|ASTCT|ECOG|FDA|EMA|NCI|"
    r"RRT|IEC-HS|R/R|ADA|PK|PD-L1|FISH|NGS|PCR|qPCR|PET-CT|PET/CT|CT|MRI|AST|ALT|ULN|IV|IT|IP|SC|PO|BID|QD)"
)


def known(text: str) -> re.Pattern[str] | None:
    """The arms that a text names by codes, as one pattern; None where it names none.

    >>> p = known("Patients received A647 at 39 mg (FCA39) or 60 mg (FCA60). ORR was 61% with FCA39.")
    >>> bool(p and p.fullmatch("FCA60")), known("Patients with relapsed AML received CAR T cells (n = 12).")
    (True, None)
    """
    codes = {m["code"] for m in (*_SIZED.finditer(text), *_UNIT.finditer(text))}
    codes = {c for c in codes if not _plain(c)}  # DLBCL (n = 12) are people
    for m in _BRACKET.finditer(text):
        clause = text[max(0, m.start() - 160) : m.start()].rsplit(". ", 1)[-1]
        if m["size"] or (_COMPARES if _plain(m["code"]) else _TREATMENT).search(clause):
            codes |= {c for c in (m["code"], m["more"]) if c}
    codes = {c for c in codes if not _NO_ARM.fullmatch(c) and _told_again(c, text)}
    codes -= {text[x.start : x.end] for x in mentions(text)} if codes else set()
    parts = [_family(c) for c in sorted(codes, key=len, reverse=True)]
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(parts)})(?![\w-])") if parts else None


def _plain(code: str) -> bool:
    """Whether a code is capitals alone: NK and HAI are of a treatment, DLBCL of a disease, an arm only where compared."""
    return code.isupper() and code.isalpha()


def _family(code: str) -> str:
    """The pattern of a code: with its number any other of the family."""
    m = re.fullmatch(r"([A-Z][A-Za-z]{0,7}?)\d{1,3}", code)
    return rf"{m[1]}\d{{1,3}}" if m else re.escape(code)


def _told_again(code: str, text: str) -> bool:
    return len(re.findall(rf"(?<![\w/-]){_family(code)}(?![\w-])", text)) > 1
