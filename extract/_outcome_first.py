"""The term ahead that a number takes as the subject of its clause: "7 of the 12 patients with X had stable disease"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import PATIENTS, WORD
from ._outcome_beside import by_name
from ._outcome_cells import RELATIVE, Cell, bare_words, behind
from ._outcome_near import OF_PEOPLE, closed, people, suits, tight
from ._outcome_terms import Term

_I = re.I | re.A
_BLOCK = re.compile(
    r"[;。]|,\s(?:and|but|while|of whom|of which)?\s?(?:\w+\s){0,3}(?:had|were|was|met|achieved|developed|showed|experienced|"
    r"responded|progressed|died|received|attained)\s|"
    r"\b(?:because|due to|despite|before|prior to|following|until|without|against|requiring|for whom|never|neither|"
    r"not|no|compared|than|whereas|but)\b",
    re.I,
)


_OVER_GRADE = re.compile(r"\b(?:greater|higher|worse|more severe) than (?=grade)", re.I)  # "developed greater than grade 3 CRS"
_COUNTED_INSIDE = re.compile(r"[(\[][^()\[\]]*\d[^()\[\]]*\Z")


_DID = re.compile(r"\s(?:had|were|was|achieved|remained|responded|developed|experienced|showed|attained|progressed)\b", _I)
_SOME_OF_THEM = re.compile(
    r"\b(?:of|in|among)\s(?:whom|which)\s(?:an?|the|many|most|some|several|few|none|half)\b|\bwhere\s(?:an?|many|most|some|several)\b",
    _I,
)


def first(text: str, ahead: Sequence[Term], c: Cell, cells: Sequence[Cell], reach: int) -> list[Term]:
    """The first suiting term ahead in the clause, and tox terms coordinated with it that have no own number."""
    out: list[Term] = []
    for t in ahead:
        if t.kind == "sink" and OF_PEOPLE.search(text, max(c.hi, t.start - 50), t.start) and _DID.match(text, t.end):
            continue  # "64% of patients with early expansion remained progression-free"
        gap = RELATIVE.sub("", bare_words(text[behind(text, c) : t.start]), count=1)
        gap = _OVER_GRADE.sub("", re.sub(r",\srespectively,?(?=\s)", "", gap))
        if _SOME_OF_THEM.search(text, c.hi, t.start):
            break  # "44 patients, of whom a substantial proportion developed CRS"
        if _COUNTED_INSIDE.search(gap) and t.kind == "tox":
            break  # "six were admitted (1 for sepsis, 4 for CRS": each has its own number
        own_verb = t.words.lower() == "responded" and _WHO_WITHOUT.match(gap)
        said = "" if own_verb else _predicate(text, c, gap)
        far = 60 if re.search(r",|\band\b", gap) else 90
        if len(said) > reach or _BLOCK.search(said) or (t.kind == "generic" and len(gap) > far):
            break
        if _THEN_OTHERS.search(gap):
            break  # "eleven patients are alive at 24 months and six remain disease-free"
        if re.search(r",\s(?:and|but)\s(?:the|there|no)\s", gap):
            break
        others = [x for x in cells if x is not c and c.hi <= x.start < t.start and not _aside(text, c, x)]
        if any(x.kind not in ("time", "bare", "dose") for x in others):
            break
        if any(
            x is not c and x.kind != "time" and x.lo >= t.end and tight(text, t, x) and closed(text, x)
            for x in cells
            if not by_name(text, x, ahead)
            and not (":" in text[t.end : x.lo] and c.den and _HAS.search(gap))
            and not any(text[x.hi : a.start] == " " for a in ahead)  # "a response: one complete"
            and not (c.kind in ("rate", "count") and (_OF_A_GRADE.match(text, x.lo - 1) or _IN_A_STATE.match(text, x.lo - 1)))
        ):
            break
        if (t.rate or text[t.end : t.end + 1] == "率") and c.kind in ("count", "bare"):
            break
        if (
            t.kind in ("response", "generic")
            and re.fullmatch(r"\s?of (?:the |these |all )?(?:(?!were|was|are|had)\w+ )?", text[c.hi : t.start])
            and t.words.lower() != "responded"
        ):
            continue
        more = any(x.kind == "tox" and x is not t and x.start < t.end + 40 for x in ahead)
        if t.kind == "tox" and not out and more and _TOGETHER.search(gap):
            return []  # "15 patients had concurrent CRS and ICANS": of neither alone
        if of_those_with(text, c, t):
            continue  # "86% of patients with severe ICANS demonstrated imaging findings"
        if t.kind == "tox" and gap.endswith((" with ", " had ")) and _RECOVERED.match(text, t.end):
            return []  # "all 7 patients with ICANS recovered"
        if _WHO_HAD.search(gap) and _DID.match(text, t.end):
            continue  # "30 of the 40 patients who achieved CRs relapsed"
        if t.words.lower() in ("complete", "partial") and re.match(r"\s\(n\s?=", text[t.end : t.end + 5]) and not out:
            continue  # "10 of 37 had partial (n = 8) or complete (n = 2) responses"
        if not out:
            if t.kind == "sink" and _QUALIFIED.match(gap) and _HAS.search(text[t.end : t.end + 60].split(".")[0]):
                continue  # "one of 3 patients with brain metastases had a CR"
            if t.kind == "sink" and re.fullmatch(r"\s(?:with|without|who had|having)\s(?:[\w-]+\s){0,3}", text[c.hi : t.start]):
                continue  # "one patient with bulky liver metastases had a partial remission"
            if t.kind == "sink" and not _FATAL.match(text, t.end):
                return [t]
            if suits(t, c) and not people(text, t):
                out.append(t)
            continue
        between = bare_words(text[out[-1].end : t.start])
        if (
            t.kind != "tox"
            or not _AND_TOX.fullmatch(between)
            or (out[-1].kind != "tox" and not re.search("[a-z和及]", between))
            or ("," in between and "and" in between and re.match(r"\s(?:was|is|has)\b", text[t.end :][:5]))
        ):
            break
        out.append(t)
    return out


def of_those_with(text: str, c: Cell, t: Term) -> bool:
    """ "86% of patients with severe ICANS demonstrated ...": something else is told of those who had it."""
    gap = bare_words(text[behind(text, c) : t.start])
    return t.kind == "tox" and bool(_WITH_IT.fullmatch(gap)) and bool(_SHOWED.match(text, t.end))


_THEN_OTHERS = re.compile(rf"\band\s(?:\d+|{WORD})\s(?:\w+\s)?(?:remain\w*|are|were|is|was|had|have|achieved|showed)\b", _I)
_TOGETHER = re.compile(r"\b(?:concurrent|concomitant|simultaneous|overlapping|co-?occurring|both)\s\Z", _I)
_WITH_IT = re.compile(
    rf"\s(?:of\s)?(?:the\s|all\s|these\s|evaluable\s)*(?:{PATIENTS})\s(?:with|who (?:had|developed|experienced))\s"
    r"(?:[\w≥>-]+\s){0,4}",
    _I,
)
_SHOWED = re.compile(
    r"\s(?:[^;.,\d]{1,60}?\s)?(?:demonstrated|showed|had|presented|exhibited|developed|experienced|underwent|required|"
    r"received|died|"
    r"recovered|relapsed|responded|progressed|achieved|survived|needed|remained)\b", _I
)
_OF_A_GRADE = re.compile(  # "55% of patients experienced CRS (90% grade ≤2)": the bracket has a part of it
    r"\(\d+(?:\.\d+)?(?:\s?%)?\s(?:(?:patients|pts|of them|of which|were|was|with|had|of)\s){0,2}"
    r"(?:[≥≤<>]\s?)?(?:grades?|G)\s?[≥≤<>]?\s?[1-5]", _I
)
_IN_A_STATE = re.compile(r"\(\d+(?:\.\d+)?(?:\s?%)?\s(?:were\s)?in\s(?:an?\s)?(?:s?CRi?|V?GPR|PR|complete|partial)\b", _I)
_WHO_HAD = re.compile(
    r"\bwho\s(?:[^.;]{0,80}\band\s)?(?:\w+\s)?"
    r"(?:achieved|had|attained|developed|experienced|obtained|reached)\s(?:an?\s|the\s)?\Z", _I
)
_RECOVERED = re.compile(
    r"\s(?:\w+ly\s)?(?:recovered|resolved|improved|received|required|were (?:treated|managed|given)|"
    r"responded)\b",
    _I,
)
_DID = re.compile(
    r"\s(?:[\w-]+\s){0,4}?"
    r"(?:relapsed|had|were|was|died|received|experienced|remain\w*|underwent|developed|survived|progressed|are|is)\b", _I
)


def _aside(text: str, c: Cell, x: Cell) -> bool:
    """Whether a later value stands in a bracket of its own: "10 of 37 had partial (n = 8) or complete (n = 2) responses"."""
    return text.rfind("(", c.hi, x.start) > text.rfind(")", c.hi, x.start) and text[x.start : x.end].startswith("n")


_QUALIFIED = re.compile(
    r"\A\s?(?:of (?:the|these) )?(?:\w+\s)?(?:patients|pts|participants|subjects|children|"
    r"cases)?\s?(?:with|without|for whom|despite)\s",
    _I,
)


def _predicate(text: str, c: Cell, gap: str) -> str:
    """The words from the verb on, where those before it only say which patients: "5 patients without X had stable disease"."""
    who = _WHO_WITHOUT.match(gap) if "without" in gap and c.kind == "rate" else None
    if who and (verb := _REMAINED.search(gap, who.end())):
        return gap[verb.start() :]
    verb = _HAS.search(gap) if c.kind != "time" and _QUALIFIED.match(gap) else None
    return gap[verb.start() :] if verb else gap


_WHO_WITHOUT = re.compile(  # "5 of 16 patients who were infused without bridging achieved a CR"
    rf"\A[\s)]*(?:of (?:the|these) )?(?:[\w-]+\s){{0,3}}?(?:{PATIENTS})?[\s)]*who\s[^.;,]{{3,80}}?\swithout\s", _I
)
_REMAINED = re.compile(
    r"\b(?:had|were in|was in|became|converted|achieved|developed|experienced|showed|attained|reached|remained|obtained)\b", _I
)
_HAS = re.compile(
    r"\b(?:had|became|converted|achieved|developed|experienced|showed|attained|reached|responded|progressed|obtained)\b", _I
)
_FATAL = re.compile(r"\s(?:of|from|due to|with|after)\s(?:an?\s)?(?:grade|G)[\s-]?5\s", _I)  # "one died of grade 5 CRS"
_AND_TOX = re.compile(r"[\s,]*(?:and|or|with|/|、|和|及|,)?\s?(?:(?:grade|any|other)\s)?[\d\s\-/≥or]*(?:higher\s)?", _I)
