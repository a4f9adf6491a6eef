"""One kind of adverse event, or what came of it, which are no adverse events in general: "immune-mediated AEs", "discontinued
because of AEs", "no unexpected AEs", and the items of a list of events ("the most common were stomatitis (12%) and ...").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._hints import hinted

_I = re.I | re.A
_EVENTS = (
    r"(?:adverse (?:drug )?(?:events?|effects?|reactions?|experiences?)|(?-i:(?:TE|TR|tr|SA|S|ir)?AEs?)|toxicit(?:y|ies)|"
    r"side[- ]effects?|toxic (?:effects?|events?)|adverse drug reactions?)(?:\s\([A-Za-z]{2,6}\))?"
)
_RELATED = r"(?:[\w-]+-(?:related|emergent|associated|induced)|drug|treatment|related|study)"
_GRADE = (
    r"(?:(?:any|all|high|low)[- ]grade|"
    r"(?:≥\s?)?(?:grades?|G)\s?[≥>]?\s?[1-5](?:\s?(?:-|/|or|and|to)\s?(?:[1-5]|higher|worse|greater))*)"
)
_SOME = rf"(?:(?:an?|any|the|these|such|other|serious|severe|intolerable|unacceptable|{_GRADE}|{_RELATED})\s){{0,5}}"
_STOPPED = (
    r"(?:(?:treatment|study|drug|therapy|dose|permanent|temporary|early|premature)[- ]){0,4}"
    r"(?:discontinu(?:ations?|ed|ing)|withdraw(?:als?|n)|withdrew|interruptions?|dose (?:reductions?|delays?|modifications?)|"
    r"delays?|cessation|drop-?outs?|hospitali[sz]ations?)"
)
_OF_WHAT = r"(?:\s(?:rates?|of|the|study|from|drug|treatment|therapy|all|both|was|were|occurred|\w+mabs?|\w+nibs?)){0,6}"
_BECAUSE = r"(?:due to|because of|owing to|as a result of|caused by|for|related to|attribut(?:ed|able) to|from|secondary to)"
_CONSEQUENCE = hinted(
    rf"\b(?P<a>{_STOPPED}{_OF_WHAT}\s{_BECAUSE}\s{_SOME}{_EVENTS})\b"
    rf"|(?P<b>\b{_SOME}{_EVENTS}\s(?:(?:that|which)\s)?(?:leading to|led to|resulting in|resulted in|requir(?:ing|ed)|"
    rf"caus(?:ing|ed)|necessitat(?:ing|ed))\s(?:(?:the|study|permanent|any|an?)\s)*{_STOPPED}(?:\sof\s(?:the\s)?(?:study\s)?\w+)?)\b",
    _I,
)
_KILLED = hinted(
    r"\b(?:deaths?|died|fatalities)\b(?:\s(?!not\b|un)\w+){0,2}?\s(?:due to|because of|attribut(?:ed|able) to|from|of|caused by|"
    r"related to|resulting from)\s(?:(?:an?|the|serious|treatment-emergent|grade 5)\s){0,3}"
    r"(?:adverse (?:events?|effects?|reactions?)|(?-i:(?:TE)?AEs?))\b"
    r"|\b(?:adverse events?|(?-i:(?:TE)?AEs?))\s(?:leading|that led|resulting|led)\s(?:to|in)\sdeath\b",
    _I,
)
_KIND = hinted(
    r"(?<![\w-])(?P<kind>(?:auto)?immune(?:-(?:mediated|related))?|immunolog\w+|irAEs?|gastrointestinal|GI|ocular|ophthalm\w+|"
    r"cardiac|cardiovascular|hepatic|liver|pulmonary|respiratory|dermatolog\w+|cutaneous|skin|renal|thyroid|endocrine|vascular|"
    r"bleeding|ha?emorrhagic|thromboembolic|metabolic|psychiatric|injection[- ]site|genitourinary|GU|urinary|"
    r"musculoskeletal|mucosal)"
    rf"(?:(?<=AE)|(?<=AEs)|\s{_SOME}{_EVENTS})(?![\w-])"
    rf"|\b(?P<special>{_SOME}{_EVENTS}\sof\s(?:special|particular|clinical)\s(?:clinical\s)?interest)\b"
    rf"|\b(?P<place>{_SOME}{_EVENTS}\s(?:of|in|on|to|affecting|involving)\s(?:the\s|any\s)?(?:normal\s|healthy\s)?"
    r"(?:tissues?|organs?|heart|liver|skin|lungs?|kidneys?|brain|eyes?|bowel|gut|colon|thyroid|mucosa|joints?|"
    r"central nervous system|CNS|(?:gastrointestinal|respiratory|urinary) (?:tract|system)))\b"
    r"|\b(?P<new>(?:unexpected|unanticipated|unforeseen|new|novel|previously un\w+)\s(?:or\s\w+\s)?"
    rf"(?:(?:[\w-]+\s){{0,2}}?{_SOME}{_EVENTS}|safety\s(?:signals?|concerns?|findings?|issues?)))\b",
    _I,
)
_HEAD = hinted(
    rf"\b{_EVENTS}\b(?P<gap>(?:\s\([^()]*\)|\s(?:of|in|with|observed|reported|seen|noted|that|occurring|were|at|any|all|patients|"
    r"grades?|[1-5]|both|groups?|arms?|the|during|treatment|cause|causality|for|to|among|which|and|had|"
    r"(?:≥\s?)?(?:G|grade\s)[1-5]|\d+|pts|occurred)){0,12},?)\s"
    r"(?:was|were|are|is|includ(?:ed|ing|es?)|consist(?:ed|ing) of|such as|being|comprised)\s"
    r"(?P<list>[^;]{3,400}?)(?=\.\s|\.?\Z|;)",
    _I,
)
_TOLD_OF_ALL = re.compile(
    r"(?:significantly\s|slightly\s|numerically\s|more\s|less\s|similar|comparable|higher|lower|greater|fewer|not\b|also\b|observed|seen|reported|"
    r"noted|recorded|assessed|evaluated|graded|collected|monitored|mild|moderate|mostly\s(?:mild|grade)|generally|manageable|tolerable|consistent|rare|frequent|common|similarly|as\s)",
    _I,
)
_RELATED_TO = re.compile(r"\brelated\s\Z", _I)
_ITEM = re.compile(
    r"(?:\A|(?<=[,)\]%]\s)|(?<=\)\s)|\band\s|\bor\s)(?:and\s|or\s)?(?P<item>(?!CI:)[A-Za-z][A-Za-z/'-]*(?:\s[A-Za-z/'-]+){0,5}?)"
    r"(?=\s?[(\[](?:n\s?=\s?|in\s|grade\s[^()]{1,12},?\s)?[≥>]?\d|\sin\s\d|:\s\d)",
    _I,
)
_NO_ITEM = re.compile(
    rf"(?:\w+\s)?{_EVENTS}|\w+ed|(?:in|of|for|with|vs|versus|than|compared|the|all|any|mostly|mainly|grades?|n|most|more|less|observed|"
    r"reported|seen|noted|mild|moderate|severe|similar|higher|lower|not|no|only|patients?|occurr\w+|considered|related|"
    r"experienced|arm|group|cohort|manageable|generally|predominantly|primarily|detected|recorded|found|present|common|frequent|"
    r"significant\w*|comparable|due|attribut\w+|ma[nx]\w*|low|high|increased in|tolerable|transient|reversible)\b.*|.*\b(?:arm|"
    r"group|cohort|patients|pts|level|levels|respectively|responses?|remissions?|deaths?|died|survival|events|months|weeks|"
    r"occurred|occurring|was|were|had)",
    _I,
)


def kinds(text: str, named: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """(start, end) of words for one kind of adverse event; named are the places of terms already known.

    >>> t = "immune-mediated adverse events in 9; the most common AEs were alopecia (4%) and hot flushes (2%)"
    >>> [t[a:b] for a, b in kinds(t, [])]
    ['immune-mediated adverse events', 'alopecia', 'hot flushes']
    """
    yield from (m.span("a" if m["a"] else "b") for m in _CONSEQUENCE.finditer(text))
    yield from (m.span() for m in _KIND.finditer(text))
    yield from (m.span() for m in _KILLED.finditer(text) if not _RELATED_TO.search(text[max(0, m.start() - 20) : m.start()]))
    for head in _HEAD.finditer(text):
        if _TOLD_OF_ALL.match(head["list"]):
            continue
        for m in _ITEM.finditer(head["list"]):
            a, b = (head.start("list") + k for k in m.span("item"))
            if not _NO_ITEM.fullmatch(m["item"]) and not any(x < b and a < y for x, y in named):
                yield a, b
