"""Populations named in English: by a state, a threshold, a disease, an earlier treatment, alone or in a list.

"patients with liver metastases", "those ≤60", "PD-L1-negative patients", "of gastric and of colorectal cancer patients".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._hints import hinted
from ._numbers import PATIENTS, WORD

_I = re.I | re.A
END = (
    r"(?=\s(?:had|have|has|also|received|underwent|was|were|is|are|did|achieved|developed|experienced|showed|"
    r"remained|responded|attained|survived|lived|progressed|relapsed|fared|died|did|by|"
    r"after|"
    r"who|that|which|it|the|reached|obtained|treated|than|versus|vs|compared|at\s(?:the\s)?(?:data|time|last|median|"
    r"\d)|"
    r"during|"
    r"within|with\sa|alone|and\s(?:in|for|those|\d+)|and\swas|and\swere|respectively|in\s(?:this|the\s(?:study|"
    r"trial)))\b|"
    r"\s?(?:[,;()\[\]:]|\.(?!\d))|(?<![\d≥>≤<.])\s?[≥>]?\d+(?:\.\d+)?\s?(?:%|of|/|\()|\s\d+(?:\.\d+)?\s(?:months?|mo\b|weeks|"
    r"days)|"
    r"\s(?-i:MST|OS|PFS|ORR|DCR|EFS|m[A-Z]{2})\b|\Z)"
)
_STATE = (
    r"(?:(?=(?:beyond|above|below)\s)|(?:with|in|having|harbou?ring|achieving|maintaining|showing|attaining|"
    r"reaching)\s"
    r"(?:the\s|a\s|an\s)?)"
)
_VERBAL = (
    r"(?=(?:assessed|evaluable|evaluated)\sfor\s)|(?=(?:without|not|aged)\s)|who\s(?:had|achieved|attained|have|"
    r"has)\s(?:an?|the)\s|who\s(?:had\s|have\s|"
    r"has\s)?(?:previously\s)?(?=(?:received|achieved|had|were|underwent|"
    r"completed|"
    r"responded|relapsed|remained|did\snot|failed|progressed|a\s|an\s|no\s)\b)"
)
_WHO = hinted(
    rf"(?:{PATIENTS}|those|whom|disease|subgroup|subset|the\s(?:\d+|{WORD})(?=\s(?:who|with|"
    rf"without)\b))\s(?:\([^()]{{1,30}}\)\s)?(?:\w+ed\s)?(?:{_STATE}|{_VERBAL})"
    rf"(?P<what>(?:(?:less|more|fewer|greater|better)\sthan\s)?[A-Za-z≥<>](?:[^;,.()\[\]]|\.(?=\d)){{1,70}}?){END}",
    _I,
)
_KIND_OF = hinted(
    rf"(?:of|in|among|for|all|amongst)\s(?:the\s|all\s|these\s|\d+\s|{WORD}\s)*(?!cancer\b)(?P<what>(?:(?!the\b|"
    r"all\b|these\b|"
    r"our\b|treated\b|"
    r"patients\b|enrolled\b|evaluated\b|both\b|such\b|other\b|study\b|total\b|but\b|adult\b|consecutive\b|"
    r"remaining\b|evaluable\b|assessable\b|included\b|first\b|most\b|many\b|only\b|following\b|eligible\b|\d|"
    rf"pediatric\b|human\b|individual\b|{WORD}\s)[A-Za-z≥][^\s,;()]*\s){{1,3}}){PATIENTS}\b",
    _I,
)
_DISEASE = (
    r"(?:(?!the\b|all\b|of\b|in\b|and\b|with\b|patients\b|one\b|other\b)[A-Za-z][\w/+'-]*\s){0,4}?"
    r"(?:[a-z-]*(?:omas?\b|leuk[a]?emias?|cancers?|carcinomas?|lymphomas?|tumou?rs|malignancies)|"
    r"(?:relapsed|refractory|metastatic|extramedullary|measurable|bulky|localized|active|residual) disease|"
    r"(?-i:(?!CRS|CR\b|PR\b|SD\b|PD\b|DLT|MTD|ORR|OS\b|PFS|AE|SAE|TRAE|ICANS|CAR|MRD|BM\b|CNS\b|CI\b|HR\b|NE\b|NR\b|"
    r"DL\d|ITT)"
    r"[a-z]{0,2}[A-Z][A-Z0-9]{1,6}(?:-[A-Z]+)?\b))(?:\s(?:without|with)\s\w+)?"
)
_IN_DISEASE = hinted(rf"(?:in|for|among|of|with)\s(?:the\s)?(?P<what>{_DISEASE}){END}", _I)
_OTHERS = hinted(
    r"(?:in|among|of|for|than|vs\.?|versus|to|with)\s(?:the\s|all\s)?(?P<what>"
    r"children|adults|adolescents|women|men|females|males|"
    r"(?:target|itt|intention-to-treat|per-protocol|efficacy-evaluable|safety(?:-evaluable)?|efficacy|"
    r"full analysis|response-evaluable)"
    r" (?:population|(?:analysis )?set))\b(?!\s(?:group|arm|cohort))",
    _I,
)
_COUNTED = hinted(
    rf"(?<![\w.])(?:\d+|{WORD})\s(?P<what>(?-i:[a-z]{{0,2}}[A-Z][A-Z0-9]{{1,6}}(?:-[A-Z]+)?)|[a-z]*(?:oma|cancer|"
    rf"leukemia))\s{PATIENTS}\b",
    _I,
)
NOBODY = re.compile(
    r"(?i)^(?:response|study|trial|median|months?|group|arm|cohort|time|treatment|therapy|the|clinical|order|terms|"
    r"whom|"
    r"overall|patients?|data|results?|summary|grade.*|any.*|least.*|such.*|total.*|most|some|many|evidence.*|"
    r"vitro|vivo|contrast|addition|conclusion|general|particular|remission.*|respect.*|(?-i:Solid Tumou?rs)|"
    r"heavily pre-?treated.*|"
    r"received (?:at least|≥).*|their.*|this.*|no\s.*|an?\s.*|"
    r"treated|evaluated|enrolled|included|evaluable|those|these|were|had|have|did|are|assessable|ongoing.*|"
    r"follow-?up|(?-i:IPTW|PSM|IPW)|(?:IPTW|matching|weighting)|"
    r"a\smedian.*|.*\s(?:with|who|in|of))$|"
    r"\b(?:adverse|toxicit\w+|CRS|ICANS|cytokine|neurotox\w+|DLTs?|median|mean|rate|rates|dose-limiting)\b"
)
_VALUE = (
    r"(?:[≥>≤<]|>=|<=)\s?\d[\d.,]*(?:\s?[x×]\s?10(?:\^?\d{1,2})?)?(?:\s?(?:years?|yrs?|y|%|cm|mm2?|mg|U|ng|cells)?"
    r"(?:/[\w/]+)?(?:\sof age|\sold)?)"
)
_AT = r"(?:in|for|among|of|with|than|between|versus|vs\.?|v|and|or|to)\s(?:the\s|those\s)?"
_AGED = hinted(
    rf"(?:{PATIENTS}|those|{WORD})\s(?P<what>(?:aged\s)?{_VALUE}|(?:(?:aged\s)?(?:younger|older)\sthan|over|under|"
    r"aged)\s\d+(?:\s?(?:-|to)\s?\d+)?"
    rf"(?:\s(?:years|yrs?)(?:\sof\sage|\sold)?)?){END}",
    _I,
)
_MARKED = hinted(
    r"(?:with|of|had|having|when|where|if)\s(?:an?\s|the\s|baseline\s|"
    r"peak\s)*(?P<what>(?:(?-i:[A-Z])[\w/-]*(?:\s[a-z]+){0,2}\s?|(?<=when\s))"
    rf"{_VALUE})(?!\s?%){END}",
    _I,
)
_PAST = hinted(
    rf"(?:{PATIENTS}|those)\s(?P<what>(?:previously\s|already\s|heavily\s)?(?:exposed|refractory|resistant|"
    r"transplanted|sensitive|naive)\s"
    rf"(?:to|in|with|from)\s[^;,.()\[\]]{{2,50}}?){END}",
    _I,
)
_GIVEN = hinted(
    rf"(?:{PATIENTS}|those)\s(?:given|receiving|who\sreceived|treated\swith)\s(?P<what>(?:[≥>≤<]|>=|<=)\s?\d+\s"
    r"(?:infusions?|doses?|cycles?|courses?|injections?))\b",
    _I,
)
_WHOSE = hinted(
    rf"(?:{PATIENTS}|those)\swhose\s[\w-]+(?:\s[\w-]+)?\s(?:was|were|had|is|are|"
    rf"has)\s(?P<what>(?!not\b)[^;,.()\[\]]{{2,60}}?){END}",
    _I,
)
_MARK = (
    r"(?:[\w/+-]+[- ])?(?:positive|negative|mutant|mutated|unmutated|wild-?type|na[iï]ve|exposed|refractory|"
    r"(?:low|standard|high|intermediate)-risk|"
    r"sensitive|rearranged)"
)
_STATUS = hinted(
    rf"(?:{_AT}|\A|(?<=[.;:,(]\s)|(?<=\d\s)|\()(?P<what>{_MARK})(?=\s(?:(?:\w+\s)?(?:{PATIENTS}|tumou?rs?|disease|"
    r"cancers?)\b|(?:and|or|versus|vs\.?)\s)|\s?[,;.)(])",
    _I,
)
_WENT = hinted(
    rf"(?:{PATIENTS}|(?:the|those)\s(?:\d+|{WORD})|those)\s(?:who\s)?(?:then\s|subsequently\s|eventually\s|later\s|"
    r"further\s)?(?:went\son\sto|proceeded\sto|"
    r"underwent|were\s(?:\w+ly\s)?bridged\sto|received)\s(?:an?\s|the\s|undergo\s|receive\s|have\s|consolidative\s|"
    r"subsequent\s|consolidation\swith\s(?:an?\s)?)*"
    r"(?P<what>(?:[A-Za-z]+[\s-]){0,2}?(?:(?-i:\w*H?SCT|\w*HCT|BMT)|transplant(?:ation)?|re-?infusions?|surgery|"
    rf"resection|maintenance(?:\stherapy)?|consolidation(?:\stherapy)?))(?:\sin\s(?:\w+\s){{0,2}}remission)?{END}",
    _I,
)
_WITHOUT = hinted(
    rf"\b(?:the|those)\s(?:(?:\d+|{WORD})\s)?(?:{PATIENTS}\s)?who\s(?P<what>(?:did|had|were|"
    rf"have)\snot(?:\s[a-z]+){{0,3}}?){END}",
    _I,
)
_STATED = hinted(
    r"(?:\A|(?<=[.;,(]\s)|(?:in|for|among|of|with|and|while)\s(?:the\s)?)(?P<what>(?-i:s?CR[ih]?|n?PR|SD|VGPR|"
    rf"PD))\s(?={PATIENTS}\b)",
    _I,
)
_INFUSED = hinted(
    rf"(?:(?:of|in|among)\sthose\s|(?:of|in|among)\sthe\s(?:\d+|{WORD})\sactually\s)(?P<what>infused|treated|dosed|"
    r"randomi[sz]ed|transplanted)"
    r"(?=\s(?:the|\(|and)|[\s,.;(])",
    _I,
)
_REST = hinted(
    rf"(?:in|of|among|for)\sthe\s(?P<what>other\s(?:\d+|{WORD}))\b(?!\s(?:{PATIENTS})\s(?:with|who))",
    _I,
)
_ORGAN = hinted(
    r"(?:of|in|for|among)\s(?:the\s)?(?P<what>colorectal|gastric|pancreatic|ovarian|lung|breast|cervical|renal|"
    r"prostate|oesophageal|"
    r"esophageal|hepatic|hepatocellular|biliary|bladder|endometrial|melanoma|thyroid)(?=\s?,\s|\sand\b)",
    _I,
)
_OTHER = hinted(
    r"(?:in|with|for|of|among)\s(?P<what>other\s(?:histolog\w+|tumou?rs?(?:\stypes?)?|diagnos\w+|subtypes?|"
    r"patients|indications|"
    r"cancers?|diseases?|types?))\b",
    _I,
)
_RESPONDERS = hinted(
    rf"(?:in|among|of|for|than|vs\.?|versus|to|with)\s(?:the\s|all\s)?(?:(?:\d+|{WORD})\s)?"
    r"(?P<what>(?:non-?|early |late |complete |partial )?responders)\b(?!\s(?:group|arm|cohort))",
    _I,
)
_SUBJECT = hinted(
    r"(?:\A|(?<=[.;,]\s)|(?<=and\s)|(?<=while\s)|(?<=whereas\s))(?P<what>(?:non-?)?responders)(?=\s(?:had|lived|"
    r"survived|were|was)\b)",
    _I,
)
_BEST = hinted(r"(?<=months)\s(?:for|in|with)\s(?P<what>(?-i:s?CRi?|n?PR|SD|VGPR|PD))(?![\w/-])", _I)
_LEVEL = (
    r"(?:(?:very[- ])?high|intermediate|medium|low|standard|favou?rable|unfavou?rable|adverse|poor|good|early|"
    r"late|younger|older|limited|"
    r"extensive|mild|severe|absent|present|positive|negative|strong|weak|primary|secondary|bulky|non-bulky)(?:er|"
    r"est)?-?"
)
_CUT = r"(?:\s\([^()]{1,20}\))?"
_LEVELS = hinted(
    r"(?:with|in|of|among|for|into|between|the|"
    rf",)\s(?:the\s)?(?P<list>{_LEVEL}{_CUT}(?:,\s{_LEVEL}{_CUT})*,?\s(?:and|or|"
    rf"versus|vs\.?)\s{_LEVEL}{_CUT})"
    r"(?:\s|(?<=-))(?P<noun>(?:(?!with\b|of\b|in\b|had\b|were\b)[A-Za-z][\w/-]*\s?){1,4}?)(?<!\s)" + END,
    _I,
)
_EACH = re.compile(rf"{_LEVEL}", _I)
_BOTH = hinted(
    rf"\b(?P<with>with(?P<out>out)?)(?:\s\([^()]{{1,60}}\))?\s(?:and|or|vs\.?|versus)\s(?:those\s|patients\s)?"
    rf"(?P<without>with(?(out)|out))\s(?P<what>[^;,.()\[\]]{{2,60}}?){END}",
    _I,
)
_STRATA = hinted(
    r"\b(?:strata|subtypes|histologies|diagnoses|diseases|tumou?r types|indications|populations|(?:disease|"
    r"disease-specific) (?:groups|cohorts))"
    r"\s?(?:-|–|—|:|,|\()\s?(?P<list>[A-Za-z][^;.():-]{2,120}?)\s?(?=-|–|—|:|\)|\.|;)",
    _I,
)
_LABELLED = re.compile(r"(?:(?<=:\s)|(?<=;\s))(?P<what>(?:[a-z≥>≤<]|\d+\s[a-z])[\w\s≥>≤<-]{1,28}?)(?=,\s(?:\d|none))")
_ITEM = re.compile(r"(?:\s?,\s(?:and\s)?|\sand\s)")
_PHRASES = (
    _COUNTED,
    _AGED,
    _MARKED,
    _PAST,
    _GIVEN,
    _WHOSE,
    _WENT,
    _WITHOUT,
    _STATED,
    _INFUSED,
    _REST,
    _WHO,
    _RESPONDERS,
    _KIND_OF,
    _STATUS,
    _OTHERS,
    _ORGAN,
    _OTHER,
    _SUBJECT,
    _BEST,
    _IN_DISEASE,
)
_JOIN = re.compile(r"(?:and|or|versus|vs\.?|v)\s", _I)
Named = tuple[str, int, int, int]


def named(text: str, start: int, end: int) -> Iterator[Named]:
    """(label, start, end, start of the phrase) of the words that say which people, in text[start:end]."""
    for pattern in _PHRASES:
        for m in pattern.finditer(text, start, end):
            a, b = m.span("what")
            joined = _JOIN.match(text, m.start(), a)
            yield text[a:b], a, b, joined.end() if joined else m.start()


def _noun_before(text: str, at: int) -> int:
    """Where the patients stand of whom the words behind tell: "patients with high, intermediate and low ..."."""
    m = re.search(rf"\b(?:{PATIENTS}|those)\s\Z", text[max(0, at - 16) : at], _I)
    return max(0, at - 16) + m.start() if m else at


def listed(text: str, start: int, end: int) -> Iterator[Named]:
    """The people of a list that shares its noun: "high, intermediate and low risk", "with and without metastases"."""
    for m in _LEVELS.finditer(text, start, end):
        lead = _noun_before(text, m.start())
        each = list(_EACH.finditer(text, *m.span("list")))
        for k, x in enumerate(each):
            last = k + 1 == len(each)
            b = m.end("noun") if last else x.end()
            label = re.sub(r"\sgroups?\Z", "", f"{x[0].rstrip('-')} {m['noun'].strip()}")
            yield label, x.start(), b, x.start() if k else lead
    for m in _BOTH.finditer(text, start, end):
        yield f"{m['with']} {m['what']}", *m.span("with"), _noun_before(text, m.start())
        yield text[m.start("without") : m.end("what")], m.start("without"), m.end("what"), m.start("without")
    labels = list(_LABELLED.finditer(text, start, end))
    for m in labels if len(labels) > 1 else ():
        yield m["what"], *m.span("what"), m.start()
    for m in _STRATA.finditer(text, start, end):
        at = m.start("list")
        cuts = [x.span() for x in _ITEM.finditer(text, *m.span("list"))]
        for b, after in [*cuts, (m.end("list"), m.end("list"))]:
            if b > at:
                yield text[at:b], at, b, at
            at = after
