"""Studies that a review opens by where they were published: "Choquet, Am J Hematol 2024 (LOC network): 27 leukapheresed"."""

from __future__ import annotations

import re

_JOURNAL = (
    r"(?:(?:Am|Ann|Br|Eur|Int|Clin|Cancer|Bone Marrow|Lancet|Nat(?:ure)?|Blood|Mol|Front|J|N Engl|Transplant(?:ation)?|Cell|Sci|"
    r"Signal|Ther|Leuk|Acta|Curr|Exp|Hum|Pediatr|Neuro|Brit|The|Jpn|Chin|World|BMC|JAMA|NEJM|EJ|npj)\.?\s)?"
    r"(?:[A-Z][A-Za-z.]{0,14}\s|of\s|&\s|and\s){0,4}?"
    r"(?:Blood(?: Adv(?:ances)?| Cancer J\w*)?|Lancet(?: \w+)?|NEJM|"
    r"N Engl J Med|JCO|JAMA(?: \w+)?|BMJ|Nat(?:ure)?(?: (?:Med\w*|Cancer|"
    r"Commun\w*))?|Science|Cell|Cancer(?: (?:Res|Cell|Discov\w*))?|Leukemia|Haematologica|HemaSphere|Hemasphere|Cytotherapy|PNAS|"
    r"J[A-Za-z. ]{0,30}|"
    r"(?:Oncol|Hematol|Haematol|Immunol|Immunother|Transplant|Med|Res|Oncology|Medicine|Ther|Rep|Commun|Lymphoma|"
    r"Neuro-Oncology|Oncologist|ASH|ASCO|EHA|ESMO|SITC)\.?)"
)
_HEAD = re.compile(
    rf"\A\s*(?:[-•*]\s|\d{{1,2}}[.)]\s)?(?P<who>[A-Z][^,.;:()%\n]{{1,48}}?(?: et al\.?)?),\s"
    rf"(?:in\s)?{_JOURNAL},?\s\(?(?P<year>(?:19|20)\d\d)\b"
    r"(?!\s?[-–]\s?\d)(?=\s?[,.;:()\[]|\s[A-Z]{4}|\Z)"
)
_PLACE = re.compile(rf"(?<=[-–—;,(]\s)(?:\w[^\n;]{{0,60}};\s)?{_JOURNAL},?\s(?:19|20)\d\d\s*\)?\Z")
_GENERAL = re.compile(
    r"\b(?:guidelines?|recommendations?|consensus|reviews?|overview|updates?|FDA|EMA|meta-analys\w+|editorial)\b", re.I
)


def opened_by_citation(words: str) -> str | None:
    """Who published the study that a paragraph begins with: author or title before a journal and its year.

    >>> opened_by_citation("Bethge, Blood 2022 (German registry): 356 patients.")
    'Bethge 2022'
    """
    m = _HEAD.match(words) if re.search(r"\b(?:19|20)\d\d\b", words[:140]) else None
    return f"{m['who'].strip()} {m['year']}" if m and not _GENERAL.search(m["who"]) else None


def published(heading: str) -> str | None:
    """What a heading that ends in a journal and year calls its study.

    >>> published("KRAS G12D TCR-T cells, pancreatic cancer - Providence; NEJM 2022")
    'KRAS G12D TCR-T cells'
    """
    if not _PLACE.search(heading) or _GENERAL.search(heading):
        return None
    return re.split(r",\s|\s[-–—]\s|;\s|\s\(", heading, maxsplit=1)[0].strip() or None
