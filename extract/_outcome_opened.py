"""Openings of studies in English reviews: a sentence that begins to tell of a study, described or named by its group."""

from __future__ import annotations

import re

from ._numbers import PATIENTS, WORD

_I = re.I | re.A
_W = r"[\w'’./&+-]+"
_MOD = rf"(?:{_W},?\s|\([^()]{{1,60}}\),?\s){{0,9}}?"
_NOUN = r"(?:(?:trial|study|series|protocol)|(?P<weak>cohort|report|review|analysis|evaluation|experience|survey|publication))\b"
_LEAD = (
    r"\A\s*(?:\d{1,2}[.)]\s|[-•*]\s)?(?:[A-Z][\w /-]{1,40}:\s)?"
    r"(?i:(?:(?:updated |final |interim |preliminary )?(?:results|findings|data|evidence|outcomes)\s(?:from|of)\s)|"
    r"based on the results of\s|according to\s|(?:in|from|on)\s)?"
)
_COUNT = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,4}}|{WORD})"
_PEOPLE = rf"{_COUNT}\s(?:{_W},?\s){{0,6}}?{PATIENTS}\b"
_ORDINAL = r"the\s(?:first|second|third|fourth|fifth|largest|only|earliest|initial|other|pivotal|original|same-center)\s"
_OPENED = re.compile(
    rf"{_LEAD}(?:(?:yet\s)?(?:an?|one|another)\s|{_ORDINAL}){_MOD}{_NOUN}(?!\s(?:arm|group|population|design|drug|end))", _I
)
_PROPER = re.compile(
    rf"{_LEAD}(?i:the|an?|another)\s(?P<name>(?:{_W},?\s|\([^()]{{1,60}}\),?\s){{0,11}}?)(?i:{_NOUN})"
    r"(?!\s(?:arm|group|population|design|drug|end))"
)
_NAME = re.compile(
    r"(?<![\w-])(?:UK|USA?|EU)(?![\w-])|"
    r"(?<![\w-])(?=[\w'’/-]*[A-Z])(?![A-Z][a-z]?-?\d?\b(?!\w))[A-Z0-9a-z][\w'’/-]{2,}"
)
_DOER = re.compile(
    r"\A\s*(?:\d{1,2}[.)]\s|[-•*]\s)?(?:[Ii]n (?:\d{4}|[a-z ]{3,30}),\s)?(?:[Bb]etween \d{4} and \d{4},\s)?"
    r"(?:(?:[Ii]nvestigators|[Rr]esearchers)\s(?:at|from|of|in|with)\s[^;]{3,110}?|[Ii]nvestigators|"
    r"(?:[Tt]he\s)?(?:[A-Z][\w'’./&-]{0,40}\s(?:(?:of|and|for|the|on|in|with)\s){0,3}){1,14}?(?:\([^()]{1,40}\)\s)?|"
    r"(?i:an?|one|another)\s(?:[\w-]+\s){0,3}?(?:group|team|center|centre|institution|consortium)\s)"
    r"\s?(?:retrospectively |prospectively |also |first |recently |then |have |has )?"
    r"(?:reported|compared|used|analy[sz]ed|identified|enrolled|treated|conducted|described|reviewed|evaluated|published|"
    r"randomly assigned|performed|examined|studied|initiated|investigated|assessed|tested)\b"
)
_NO_DOER = re.compile(
    r"\A\s*(?:\d{1,2}[.)]\s|[-•*]\s)?(?:The\s)?(?:Patients|Studies|Trials|Reports|Results|Data|Children|Adults|Responses|"
    r"Clinicians|FDA|U\.S\.|Food|European Medicines|CAR|CRS)\b"
)
_TREATED = re.compile(
    rf"\A\s*(?:\d{{1,2}}[.)]\s|[-•*]\s)?(?:(?:after|upon|following|at)\s[^,.;]{{3,60}},\s)?(?:a\stotal\sof\s)?(?:(?:for|in|among)\s)?"
    rf"(?:the\s)?(?:outcomes?\s(?:of|for)\s(?:the\s)?)?{_PEOPLE}"
    r"[^;]{0,200}?\b(?:received|(?:was|were|been)\s(?:[\w-]+\s){0,2}?(?:treated|enrolled|given|assigned|randomi[sz]ed|"
    r"assessable|evaluated|compared|reported|included|infused|administered|studied)|underwent)\b",
    _I,
)
_PART = re.compile(
    r"\b(?:subgroup|subset|multivari\w+|univari\w+|post[ -]?hoc|planned|prespecified|interim|sensitivity|exploratory|landmark|"
    r"combined|intent\S*(?!\S|\s(?:series|study|trial)\b)|per-protocol|"
    r"cox|regression|logistic|matched[- ]pair|updated?|further|quality|secondary|"
    r"donor-to-no-donor|cost\S*|biomarker|correlative|phase of|literature|peer)\b",
    _I,
)
_POOLED = re.compile(r"\bsystematic(?:ally)? review|\bmeta-?analy|\bpool(?:ed|ing)\b|\bCochrane\b|\bjoint(?:ly)?\b", _I)
_NONE = re.compile(
    rf"{_PART.pattern}|{_POOLED.pattern}|\b(?:same|this|that|these|those|studies|trials|series of (?:studies|trials)|"
    r"reports|analyses|experiences|registries|variety|number of)\b",
    _I,
)


def opened(words: str, head: bool, going: bool) -> bool:
    """Whether an English sentence begins to tell of a study; going: while another is being told of.

    Its own patients or its group alone begin one at the head of an item only.

    >>> opened("In another study, 48 patients were treated with imatinib.", False, True)
    True
    >>> opened("In a subgroup analysis of 20 patients, the ORR was 40%.", False, True)
    False
    """
    if _TURN.match(words):
        return True
    going = going and not head
    for m in (_OPENED.match(words), _PROPER.match(words)):
        if m and not _NONE.search(m[0]) and (m.re is _OPENED or _NAME.search(m["name"])):
            return not (m["weak"] and going) or bool(_OTHER.search(m[0]) and m["weak"] != "cohort")
    if going or _POOLED.search(words):
        return False
    if _PHASED.match(words):
        return True
    return bool(_DOER.match(words) and not _NO_DOER.match(words)) or (head and bool(_TREATED.match(words)))


_REGISTRY = re.compile(
    r"\A\s*(?:[-•*]\s|\d{1,2}[.)]\s)?(?:(?:in|from|the|an?|data from|analysis of|results from)\s){0,3}(?:(?:large|prospective|"
    r"retrospective|national|international|european|real-world|post-marketing|multicent\w+)\s){0,3}(?:(?-i:[A-Z][a-z]+)\s){0,2}"
    r"(?P<name>(?-i:[A-Z][\w-]*[A-Z][\w-]*)\s(?:(?:lymphoma|prospective|retrospective|CAR(?:[- ]T)?|cell(?: therapy)?)\s){0,2}"
    r"(?:registry|database|consortium))\b(?=[^.;]{0,80}\b(?:data|patients|recipients|showed|reported|reports|found|included|of|for|"
    r"analy\w+|cohort)\b|\s?[:(])",
    _I,
)
_TURN = re.compile(
    r"\s*(?:[-•*]\s)?(?:in|for) (?:one|another|a (?:second|third)|the (?:other|second|third|first|latter|former)),\s", _I
)
_PHASED = re.compile(r"\s*(?:[-•*]\s)?(?:[\w'-]+,?\s){0,6}phase (?:I{1,3}|[1-4])[ab]?(?:/(?:I{1,3}|[1-4])[ab]?)?\b", _I)
_OTHER = re.compile(r"\b(?:another|separate|second|third|single-(?:cent\w+|institution)|multicent\w+)\b", _I)


def proper(words: str) -> str | None:
    """What a sentence's own trial is called: "The phase III NeOAdjuvant Herceptin (NOAH) study" is NOAH's."""
    m = _PROPER.match(words)
    names = _NAME.findall(m["name"]) if m and not _PART.search(m[0]) else []
    return names[-1] if names else None


NO_TRIAL = re.compile(
    r"(?:[A-Za-z]{0,6}(?:BCL|CLL|NHL|AML|CML|MDS|SCC|SCLC|CRPC|CNSL|TCL|ALL|MCL|RRMM|RCC)|CAR-?NK|TIL|NCI|NIH|COG|SWOG|ECOG-ACRIN|ICANS|NEJM|ASCO|ASTCT|ECOG|CRISPR|TALEN|"
    r"PRISMA|CIBMTR|EBMT|NMPA|CAR|CART|UCART|UCAR|RECIST|TCRT?|BCMA|CLDN|MAGE|NCCN|ESMO|ELISA|COVID|REMS|HLA|mRNA|siRNA|"
    r"Pub[Mm]ed|ClinicalTrials|GoCART|HemaSphere|BioNTech|MedRxiv|GitHub|McMaster|PICO|GRADE|NOTES?|KEY|DATA)(?:[ -].*)?"
)
_BEGIN = r"\A\s*(?:[-•*]\s|\d{1,2}[.)]\s)?"
_CALLED = r"(?P<name>(?=[\w/-]*[A-Z][\w/-]*[A-Z])[A-Z][\w/-]{3,24}(?:\s\d{1,3})?)"
_SUBJECT = re.compile(
    rf"{_BEGIN}(?:(?:The|Front-?line|First-line|Second-line|Phase (?:I{{1,3}}|\d)\w?)\s){{0,2}}{_CALLED}\s"
    r"(?:\([^()]{1,60}\)\s)?(?:enrolled|recruited|accrued|randomi[sz]ed|included|(?:was|is)\san?\s(?:[\w/-]+,?\s){0,8}?(?:trial|study)\b)"
)
_IN = re.compile(
    rf"{_BEGIN}In\s(?:the\s)?(?:(?:R/R|[a-z][\w/-]{{1,20}})\s){{0,4}}?{_CALLED}(?:\s\([^()]{{1,60}}\))?,\s{_COUNT}\s"
    rf"(?:{_W},?\s){{0,6}}?{PATIENTS}\b"
)


def subject(words: str) -> str | None:
    """The trial that an English sentence has for its subject, or that it opens with.

    >>> subject("- FIL_V-RBAC enrolled 140 older patients."), subject("- In R/R VALERIA, 59 patients received it.")
    ('FIL_V-RBAC', 'VALERIA')
    """
    m = _SUBJECT.match(words) or _IN.match(words)
    return m["name"] if m and not NO_TRIAL.fullmatch(m["name"]) else None


def registry(words: str) -> str | None:
    """The registry whose data an English sentence begins to tell: "CIBMTR prospective registry data for 476 recipients"."""
    m = _REGISTRY.match(words)
    return m["name"] if m else None
