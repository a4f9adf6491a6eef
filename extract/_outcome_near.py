"""Which term is near: coordination, apposition, what only names people, what only defines, what a list goes on with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import PATIENTS
from ._outcome_cells import Cell, bare_words
from ._outcome_context import ASIDE
from ._outcome_described import OF_GROUP
from ._outcome_terms import Term

_I = re.I | re.A
CLAUSE = re.compile(
    (
        r";|。|,?\s(?:whereas|while|but|although|though|however|with (?=\d))|,\sand\s(?=(?:the|a|an|no|there|\d)\b)|,\s(?:and|"
        r"but)\b|,而"
    ),
    re.I,
)


COORDINATE = re.compile(
    r"[\s)\]]*(?:rates?|times?|durations?|率|期|时间|发生率)?[\s,/+]*(?:and|or|&|nor|as well as|plus|和|及|"
    r"以及|、|与|或|,)?[\s,]*"
    r"(?:(?:the|a|an|of|median|both|rates?|rate of|incidence of|estimated|any|中位|grade|treatment-related|other|"
    r"new|1-|2-|(?:severe|mild|moderate|serious|reversible|transient|prolonged|fatal|acute),?|的)\s?){0,3}(?:(?:≥|>=|"
    r">)?\s?(?:grades?|gr\.?|G)[\s-]?[1-5](?:\s?(?:-|/|or|and)\s?(?:[1-5]|higher|greater|above))*\s)?\Z",
    _I,
)


def suits(term: Term, cell: Cell) -> bool:
    """Whether a cell can be a value of the endpoint."""
    if term.kind == "risk" or (term.kind == "time" and term.words.endswith("风险")):
        return cell.kind == "ratio"
    if term.kind == "survival" and cell.kind != "rate" and not (cell.kind == "time" or cell.kind in ("ratio", "state")):
        return False
    if term.words.lower() in ("alive", "living"):
        return cell.kind == "rate" and cell.value is not None
    if term.kind == "sink":
        return cell.kind != "ratio"
    if cell.kind in ("rate", "count"):
        return term.kind in ("response", "generic", "tox", "survival") or (
            term.kind == "time"
            and term.id not in ("FOLLOW_UP", "TTR")
            and (cell.kind == "rate" or term.id in ("PERSISTENCE", "RFS", "DFS"))
        )
    if cell.kind == "bare":
        return (
            (term.kind in ("response", "tox", "generic") or term.id in ("RFS", "DFS", "PERSISTENCE"))
            and cell.value == int(cell.value or 0)
            and (cell.value or 0) < 2000
        )
    if cell.kind == "time":
        return term.kind in ("time", "survival") or term.id in ("NEUTROPENIA",)
    if cell.kind == "ratio":
        return term.kind in ("time", "response", "generic", "survival")
    if cell.kind == "dose":
        return term.kind == "dose"
    return term.kind in ("time", "dose", "survival")


def coordinated(text: str, terms: list[Term]) -> list[Term]:
    """The coordinated terms at the end of these: "the CR, PR and SD rates"."""
    out: list[Term] = terms[-1:]
    for t in reversed(terms[:-1]):
        gap = bare_words(text[t.end : out[0].start])
        if t.kind == "sink" and out[0].id == "OS" and gap.strip() == ",":
            break  # "in those given 20 mg of dexamethasone, mOS was"
        if (t.kind == "sink" or t.id in ("TEAE", "TRAE", "SAE")) and _X_OF.fullmatch(gap):
            break  # "the incidence of myelosuppression"
        if (t.id == "FOLLOW_UP") != (out[0].id == "FOLLOW_UP") and re.fullmatch(r",\s", gap):
            break  # "at a median follow-up of 9 months, PFS was"
        if not gap and t.kind == out[0].kind == "tox" and len(out) == 1:
            out[0] = t  # 恶心呕吐 is one thing
            continue
        gap = re.sub(
            r"(?i)\b(?:\d{1,2}|one|two|three|five|six)[- ]?(?:year|yr|month|mo|week|day)s?\b|"
            r"(?:\d{1,2}|[一二两三四五六十半])\s?(?:年|个?月|周|天)",
            " ",
            gap,
        )
        gap = _GRADED_TOO.sub(r"\1", gap)
        if "sink" in (t.kind, out[0].kind) and not re.search(r"\b(?:and|or|nor)\b|[,/&、和及与或]", gap):
            break
        if not COORDINATE.fullmatch(gap) or _ANSWERED.match(text, t.end, out[0].start):
            break
        if (
            t.id == out[0].id
            and t.kind != "tox"
            and not re.search(r"\d|(?i:one|two|three|five)-?\s?y", text[t.end : out[0].start])
        ):
            continue
        out.insert(0, t)
    return out


_X_OF = re.compile(r"\sof\s(?:(?:the|any|all|severe|serious|(?:≥\s?)?grades?|[1-5](?:[-/][1-5])?|or|higher)\s){0,5}", _I)
_GRADED_TOO = re.compile(
    r"(以及|[和及与、或])\s?[≥>]?\s?[1-5](?:[-~][1-5])?\s?级(?:及以上|以上)?的?"
)  # ≥3级CRS和≥3级神经毒性


def leading(text: str, terms: list[Term]) -> list[Term]:
    """The coordinated terms at the start of these."""
    out = terms[:1]
    for t in terms[1:]:
        if not COORDINATE.fullmatch(bare_words(text[out[-1].end : t.start])):
            break
        out.append(t)
    return out


_ANSWERED = re.compile(r"\s?\(\s?\d+(?:\.\d+)?\s?(?:%|例)?\s?\)")  # 寒战(0)、贫血(56%): it has its own number
_OTHER_SENSE = re.compile(
    r"\b(?:durable|ongoing|maintained|sustained|last(?:ing|ed)|persist\w*|prolonged by|improved by|increased by|"
    r"extended by|reduced by|immature|not (?:yet )?mature|"
    r"absent(?=\sin\s)|outliers?|difference|defined\b(?!\s(?:\w+ly|as above|by)\b)|longer by|exceed\w*|increase|decrease|"
    r"reduction|continu\w+|relapsed|associated with|"
    r"correlated|compared to baseline|contribut\w+ to|account(?:ed|ing|s) for|leading to|led to|"
    r"history of|after (?:first|second|prior|initial|previous)|(?<!by )prior(?!\s(?:non-?)?responders)|"
    r"(?<!not )(?<!un)resolved|"
    r"managed|(?:was|were) mild(?!\s+(?:in|to moderate in)\b)|occurred (?:at|after) a)\b|"
    r"(?:延长|缩短)(?!至|到|为|达)|改善了|提高了|(?:降低|减少|下降|提高|升高|增加|改善)(?!至|到|为|达)|持续|相关",
    re.I,
)


def other_sense(text: str, near: Term, c: Cell) -> bool:
    """ "complete remission, durable in 80%", "生存期延长约4个月": the value is not of the endpoint itself."""
    gap = ASIDE.sub(" ", bare_words(text[near.end : c.lo]))
    gap = _HELD.sub(" ", gap) if near.kind == "tox" or near.id in ("PR", "CR") else gap
    gap = _LONG.sub(" ", gap) if near.kind == "tox" else OF_GROUP.sub(" ", gap)
    if near.id in ("SD", "DCR", "CBR") and _LASTED.search(gap):
        return False
    if text[c.lo - 1 : c.lo] == "(" and _PAIRED.match(text, c.hi):
        return False  # "中位PFS延长(9.8个月 vs 6.1个月)" tells both
    change = _CHANGE_IN.search(text[max(0, near.start - 60) : near.start])
    if change and _NONE.search(change.string[: change.start()]) and _TOLD_TOO.search(gap):
        change = None  # "no significant difference in response rates, with 41% and 38%"
    if change and not (
        re.search(r"\b(?:from|to)\s\Z", gap) or re.match(r"[\s)\]]*(?:vs\.?|versus|v)\s\d", text[c.hi :][:12])
    ):
        return True  # "the difference in median OS was 3.4 months"
    if re.search(r",\s?[^,;。]{0,8}分别(?:为|是|达)?\s?\Z", gap):
        return False  # "PFS显著延长,分别为41.9个月和21.6个月"
    if _BY_SO_MUCH.search(text[max(0, c.lo - 100) : c.lo]):
        return True  # "improved 1-year OS by 13%"
    if re.search(r"\b(?:increased|improved|prolonged|rose|extended|decreased|declined|fell|"
    r"dropped)\s(?:\w+ly\s)?from\s\Z", gap):
        return False  # "median OS increased from 10.2 to 14.6 months"
    if re.search(r"\bexceed\w+ [a-z ]{3,30} at \Z", gap):
        return False
    return bool(_OTHER_SENSE.search(gap))


_NONE = re.compile(r"\b(?:no|any|without(?: an?)?)\s(?:[a-z]+ly\s)?(?:significant\s|apparent\s|clear\s|major\s)?\Z", _I)
_TOLD_TOO = re.compile(r"(?:,?\s(?:with|being|at)|[:(\[,]|\b(?:was|were))\s?\Z", _I)
_CHANGE_IN = re.compile(
    r"\b(?:lower|upper)\s(?:limit|bound)\b[^.;]{0,30}\s(?:for|of)\s(?:the\s)?\Z|"
    r"\b(?:difference|gain|improvement|increase|decrease|prolongation|reduction)"
    r"\s(?:in|of)\s(?:the\s)?(?:median\s|mean\s|\d+-\w+\s)*\Z", _I
)
_BY_SO_MUCH = re.compile(
    r"\b(?:improv|increas|decreas|prolong|reduc|extend|lengthen|shorten)\w*\b[^.;()]{0,60}"
    r"\bby\s(?:a median of\s|about\s|only\s)?\Z", _I
)
_PAIRED = re.compile(r"[^()]{0,40}?(?:\bvs\b|\bversus\b|\bv\b|\band\s\d|比|对)", _I)

_HELD = re.compile(
    r"\b(?:persist\w+|last(?:ed|ing)|prolonged|ongoing)\b(?=[^.;]{0,40}(?:\bin\s|\b(?:seen|observed|noted|achieved)\sin\s)\Z)",
    _I,
)
_LONG = re.compile(
    r"\A\s(?:lasting|persisting)\s[^.;%(]{4,30}\s\(?\Z", _I
)  # "cytopenias lasting more than 28 days (32%)"
_LASTED = re.compile(r"\b(?:sustained|maintained|lasting|lasted|prolonged)\b[^.;]{0,50}\b(?:in|by)\s\Z", _I)


def _labels(text: str, t: Term) -> bool:
    """Whether a sink only labels a row in brackets: "(prior chemotherapy: 11.0 vs 3.2 months"."""
    opened = re.search(r"\([^()]{0,30}\Z", text[max(0, t.start - 30) : t.start])
    return bool(opened and re.match(r"\s?(?:\w+\s)?:\s", text[t.end : t.end + 14]))


_AGAINST = re.compile(r"\),\s(?:compared (?:with|to)|versus|vs\.?)\s\Z", _I)


def _told_aside(text: str, t: Term, c: Cell) -> bool:
    """Whether a term was told with a number of its own in a bracket that closes before a value compared."""
    aside = re.search(r"\([^()]*\d\s?%[^()]*\Z", text[max(0, t.start - 80) : t.start])
    return bool(aside and _AGAINST.search(text[t.end : c.lo]) and "(" not in text[t.end : c.lo])


def closest(text: str, back: Sequence[Term], c: Cell) -> Term | None:
    """The last term before a cell that suits it; people named by their state ("in responders") are passed over."""
    for t in reversed(back):
        if t.kind == "time" and _FOLLOWED_FOR.search(text[max(0, t.start - 24) : t.start]):
            continue  # "median follow-up for DFS was 27.6 months"
        if t.kind == "tox" and t is not back[0] and _told_aside(text, t, c):
            continue  # "in 56% (with 9% experiencing grade 3 infusion-related events), compared with 78%"
        if t.kind == "sink" and (_labels(text, t) or qualifies(text, t) or _shut_in(text, t, c) or an_arm(text, t)):
            continue
        if t.kind == "sink" and _BY.search(text[max(0, t.start - 40) : t.start]):
            continue  # "the ORR did not differ by prior lines: 75% ..."
        if people(text, t) or (t.kind == "tox" and with_tox(text[max(0, t.start - 90) : t.start])):
            continue
        if t.kind == "sink" and OF_PEOPLE.search(text[max(0, t.start - 50) : t.start]):
            continue  # "ORR among those with liver metastases was 4/15"
        if suits(t, c):
            return t
        if t.kind == "sink" and not re.search(
            r"(?i)\b(?:to|with|after|in|of|for|by|following|during|on|from)\s(?:\w+[- ]){0,2}\Z",
            text[max(0, t.start - 40) : t.start],
        ):
            return t
    return None


def _shut_in(text: str, t: Term, c: Cell) -> bool:
    """Whether a word stands in a bracket that is closed before the value: "MRD negativity (at 10^-5 sensitivity) was seen in"."""
    gap = text[t.end : c.lo]
    opened = re.search(r"\((?:at|by|using|per|assessed|measured|with)\b[^()]*\Z", text[max(0, t.start - 60) : t.start])
    return bool(opened) and gap.count(")") > gap.count("(")


def qualifies(text: str, t: Term) -> bool:
    """Whether a word that is no endpoint only says which patients: "for stage III patients", "68% in Stage III"."""
    return bool(_WHOSE.search(text, max(0, t.start - 24), t.start) and _GROUP_NAMED.match(text, t.end, t.end + 50))


_WHOSE = re.compile(r"\b(?:for|in|among|with|of)\s(?:the\s)?(?:\w+\s)?\Z", _I)
_GROUP_NAMED = re.compile(
    r"(?:\s[\w/-]+){0,3}\s(?:patients|pts|disease|group|arm|cohort|tumou?rs)\b|(?<=stage)\s(?:[IV]{1,3}|[1-4])[A-C]?\b", _I
)


def an_arm(text: str, t: Term) -> bool:
    """ "33% for dexamethasone and 21% for melphalan": a drug that is what one arm received."""
    return bool(_VALUE_FOR.search(text, max(0, t.start - 30), t.start) and _AND_A_VALUE.match(text, t.end))


_VALUE_FOR = re.compile(r"\d\s?(?:%|months|mo|weeks|years|days)\)?\s(?:for|with)\s\Z", _I)
_AND_A_VALUE = re.compile(r"\s(?:and|versus|vs\.?|v|compared (?:with|to)|but)\s(?:only\s)?\d", _I)
_FOLLOWED_FOR = re.compile(r"\bfollow-?\s?up\s(?:time\s)?(?:for|of)\s(?:the\s)?\Z", _I)
_BY = re.compile(r"\b(?:by|according to|regardless of|irrespective of)\s(?:the\s)?(?:\w+\s){0,2}\Z", _I)


def with_tox(before: str) -> bool:
    """ "in patients with CRS" names people; "the proportion of patients with CRS" does not."""
    m = _WITH_TOX.search(before)
    return bool(m and not _SHARE_OF.search(before[: m.start()]))


OF_PEOPLE = re.compile(
    rf"\b(?:those|{PATIENTS})\s(?:with|without|receiving|given|who received|treated with)\s(?:[\w≥≤<>-]+\s){{0,4}}\Z", _I
)
_SHARE_OF = re.compile(
    r"\b(?:proportions?|percentages?|numbers?|fractions?|shares?|rates?|frequency|incidence)\s\Z", _I
)
_WITH_TOX = re.compile(
    rf"\b(?:for|in|among|of|to|between)\s(?:the\s|those\s)?(?:[\w-]+\s){{0,3}}?(?:{PATIENTS}|those)\s(?:with|without|who "
    r"(?:developed|had|experienced))\s(?:[\w≥>-]+\s){0,4}\Z",
    _I,
)
_PEOPLE = re.compile(
    rf"\b(?:{PATIENTS}|those)\s(?:(?!(?:were|was|are|is)\s(?:all\s)?in\s|entered\s)\w+\s){{0,2}}?(?:with|in|"
    rf"achieving|reaching|attaining|obtaining|who (?:had|achieved|were in)|without|having)\s"
    rf"(?:a\s|an\s|the\s|less than\s(?:a\s)?|at least\s(?:a\s)?|≥\s?|only\s(?:a\s)?|<\s?)?(?:(?:confirmed|"
    rf"molecular|morphologic|ongoing|hematological|best|objective|sustained|durable|deep|early|initial|prior)\s){{0,2}}\Z",
    _I,
)


_IN_SOME = re.compile(
    r"\b(?:in|among|for|than|to|that of|those of)\s(?:the\s|all\s|those\s)?(?:\d+\s|(?:one|two|three|four|five|six|seven|"
    r"eight|nine|ten)\s)?\Z",
    _I,
)
_PATIENTS_WERE = re.compile(
    r"\+?\s(?:patients|pts)\s(?:\w+\s){0,2}(?:had|were|was|are|achieved|became|remain\w*|relapsed|died|progressed)\b", _I
)
_THOSE_ACHIEVING = re.compile(
    r"\bof (?:the |all )?(?:those (?:achieving|attaining|who (?:achieved|attained|reached))|"
    r"(?:patients|pts|responders) who (?:achieved|attained|reached)) (?:an? )?(?:[A-Za-z]{2,5}\s?(?:/|or)\s?)?\Z", _I
)
_OWING_TO = re.compile(r"\b(?:for|due to|because of|owing to|after|until|upon|from)\s(?:\w+\s)?\Z", _I)
_SINCE_IT = re.compile(
    r"\b(?:after|since|from|following|upon|until)\s"
    r"(?:(?:achieving|attaining|reaching|obtaining|the|first|an?|time of|documented)\s)*\Z",
    _I,
)
_STATE_VERB = re.compile(
    (
        r"\s?[^,;.()]{0,110}?\b(?:had|achieved|were|was|are|is|remain\w*|received|underwent|developed|experienced)\b|"
        r"\s?\(|,|\Z"
    ),
    _I,
)


def people(text: str, t: Term) -> bool:
    """Whether a term only says which people: "in responders", "patients with stable disease are alive"."""
    before = text[max(0, t.start - 60) : t.start]
    if t.words.lower() == "responding" and re.search(rf"\b(?:{PATIENTS}|those)\s\Z", before, _I):
        return True  # "in patients responding to chemotherapy"
    if t.words.lower().startswith(("responder", "responding")) or t.words.lower().endswith("responders"):
        return bool(
            re.search(r"(?i)\b(?:in|among|for|of|between|and|versus|vs|non)\s?-?(?:the\s|all\s)?(?:\d+\s)?\Z", before)
        )
    if t.id == "OTHER_EFFICACY" and re.search(
        r"(?i)\b(?:in|with|of|after|at|for|from|since|until|sensitive|refractory)\s(?:the\s)?(?:[\w-]+\s)?\Z", before
    ) and not re.match(r"\sin\s\d", text[t.end : t.end + 6]):
        return True
    if re.search(
        (
            r"(?i)\b(?:who|those|achieving|achieved|achieve|patients with|pts with|"
            r"those with)\s(?:achieved\s)?(?:less than|at least|no|only|≥)\s(?:a\s)"
            r"?\Z"
        ),
        before,
    ):
        return True
    if t.kind == "generic" and re.search(r"(?i)\b(?:who|that)\s(?:had\s)?\Z", before):
        return True
    if t.id == "PD" and re.search(r"(?i)\b(?:who|that)\s(?:had|have|has)\s(?:either\s|previously\s)?\Z", before):
        return True
    if re.search(r"(?i)\b(?:majority|most|half|rest|proportion) of (?:the |these )?\Z", before) and t.kind == "tox":
        return "proportion" not in before.lower()
    if t.kind == "response" and _THOSE_ACHIEVING.search(before):
        return True  # "in 79% of those achieving CR"
    if t.kind == "response" and _PATIENTS_WERE.match(text, t.end):
        return True  # "12 of 13 VGPR+ patients tested were MRD negative"
    if t.id == "PD" and _OWING_TO.search(before):
        return True  # "discontinued for progression in 12"
    if t.kind == "response" and _SINCE_IT.search(before) and t.id not in ("PD", "OTHER_EFFICACY"):
        return True  # "DFS at 1 year after CR"
    if re.search(r"(?i)\b(?:while|when|whilst)(?: still)? \Z", before) and t.words.lower().startswith("in "):
        return True  # "were transplanted while in CR"
    if re.search(r"(?i)\balive (?:with|in|without)(?: \w+){0,2} \Z", before):
        return True
    if t.kind in ("response", "generic"):
        who = _PEOPLE.search(before)
        if who and _ONE_BY_ONE.match(text, t.end):
            return False  # "patients with PR, SD and PD were 37, 21 and 2"
        if who and _SHARE_OF.search(re.sub(r"\bof\s(?:the\s)?\Z", "", before[: who.start()])):
            return False  # "the number of patients with CR and PR was 2 and 11"
        some = who and _IN_SOME.search(before[: who.start()])
        told = _STATE_VERB.match(bare_words(re.sub(r"\A[^()]{0,30}\)", " ", text[t.end : t.end + 160])))
        return bool(who and (some or told or re.search(r"(?i)\sin\s(?:\w+\s)*\Z", who[0])))
    return False


_ONE_BY_ONE = re.compile(r"(?:,\s[A-Z]{2,4})*(?:,?\sand\s[A-Z]{2,4})\s(?:was|were)\s\d(?:[^;.]|\.\d)*\srespectively")
_ITEM = re.compile(r"(?:\A|[:;(]\s?(?:and\s)?|^)\Z")


def tight(text: str, t: Term, c: Cell) -> bool:
    if c.kind == "rate" and text[t.end : c.lo] == ") ":
        return True  # "complete remission (CR) 60% CRi 9%"
    item = c.kind == "bare" and text[t.end : c.lo] == ", " and re.match(r"\s?[;.)]|\Z", text[c.hi : c.hi + 2])
    if item and _ITEM.search(text[max(0, t.start - 6) : t.start]):
        return True  # "CR, 2; PR, 8"
    return bool(
        re.fullmatch(
            r"[\s:=(\[×]{0,3}(?:rates?|of|was|were|为|是|达|达到|率)?"
            r"(?:[\s(,]*(?:any|all)[\s-]grades?[\s),:]*)?(?:(?:grades?\s?|gr\.?\s?|"
            r"G)[≥>]?[1-5](?:\s?[-/]\s?[1-5])?)?[\s:=(\[]{0,2}",
            text[t.end : c.lo],
            re.I,
        )
    )


def closed(text: str, c: Cell) -> bool:
    """Whether a number in a bracket is all that it holds, and no "(one unconfirmed)"."""
    opened = re.search(r"[(\[]\s?\Z", text[max(0, c.lo - 2) : c.lo])
    return not opened or c.kind != "bare" or bool(re.match(r"\s?[)\];,%/]", text[c.hi : c.hi + 3]))


_FOR_GROUPS = re.compile(r"\s(?:for|in|among|of|with)\s[^;.]{2,90},\s(?:and|or)\s[^,;.]{1,40}\s(?:was|were)\s\Z", _I)


def clause_between(text: str, a: int, b: int) -> bool:
    if _FOR_GROUPS.fullmatch(bare_words(text[a:b])) and not re.search(r"\b(?:was|were|had)\b", text[a : b - 5]):
        return False  # "median PFS for responders, stable, and progressing patients was 14.3, 5.8, and 1.9 months"
    if opened := _SHORT_FORM.match(text, a, b):
        a = opened.end()  # "neurologic events (NE; 40%)"
    elif (aim := _AN_AIM.match(text, a, b)) and "(" in text[max(0, a - 10) : a]:
        a = aim.end()  # "progression-free survival (PFS; primary endpoint; 11.8 vs 5.2 months)"
    elif text[a : a + 2] == "; " and _SHORT_FORM_BEFORE.search(text, max(0, a - 10), a):
        a += 2  # "cytokine release syndrome (CRS; 64%)": the bracket of the short form holds the value too
    return bool(CLAUSE.search(bare_words(text[a:b]) + text[b : b + 1]))


_SHORT_FORM = re.compile(
    r"\s\((?:[A-Za-z][A-Za-z/-]{1,7}|(?:any|all)[- ]grades?|(?:≥\s?)?grades?\s[≥>]?\s?[1-5](?:[-/][1-5])?);\s", _I
)
_AN_AIM = re.compile(
    r"[;,]\s(?:(?:the|a|co|key|main)[\s-])?(?:primary|secondary|exploratory)\s(?:end ?point|objective|outcome)s?[;:,]\s", _I
)
_SHORT_FORM_BEFORE = re.compile(r"\([A-Za-z][A-Za-z/-]{1,7}\Z")
