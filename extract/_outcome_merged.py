"""Terms told once: repeats in brackets, definitions, and what is told as either of two ("CRs or durable PRs")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ._numbers import WORD, Token
from ._outcome_context import ASIDE
from ._outcome_terms import Term

_I = re.I | re.A
_DEFINITION = re.compile(
    r"\+|\bdefined\b|=|\bi\.e\.|\bplus\b|定义|\baccording to\b|\bby RECIST|\bper\b|\bor better\b|≥"
    r"|\([^()\w]*all\b(?!\s(?:≥|>|grade|gr\b|G\d|were|was))",
    re.I,
)


def merged(text: str, terms: Sequence[Term], tokens: Sequence[Token]) -> list[Term]:
    """Terms without repeats in brackets ("overall response rate (ORR)") and without definitions ("ORR (CR + PR)")."""
    values = [t for t in tokens if t.kind in ("percent", "fraction", "duration", "count", "bare", "ratio", "n")]
    out: list[Term] = []
    asides = [m.span() for m in ASIDE.finditer(text, terms[0].start, terms[-1].end + 40)] if terms else []
    for t in terms:
        if any(a <= t.start < b for a, b in asides):
            continue
        last = out[-1] if out else None
        if last and t.words.lower() == "incidence" and _share_among(text, t):
            continue  # "29% achieved CR, including a 38% incidence among the 13 in first remission"
        if last and last.kind == t.kind == "tox" and t.id == "TEAE" and _EVENTS_OF.search(text[last.end : t.start]):
            continue  # "neurotoxicity in 28%, including grade 3 events in 13%"
        if last and _same(text, last, t):
            out[-1] = replace(last, id=t.id, end=t.end, words=text[last.start : t.end])
        elif last and _counted(last) and t.words.lower() == "incidence" and text[last.end : t.start] == " ":
            out[-1] = replace(last, end=t.end)  # "relapse incidence" is one thing
        elif last and t.kind == last.kind == "response" and _is_best(text, last, t):
            out[-1] = t  # "best overall response was stable disease"
        elif last and last.kind == "generic" and t.kind == "response" and _BEST_OF.fullmatch(text[last.end : t.start]):
            out[-1] = t
        elif last and last.kind == "response" and t.words.lower().startswith("best") and _WAS.fullmatch(text[last.end : t.start]):
            out[-1] = replace(last, end=t.end)  # "SD was the best overall response in 44%"
        elif last and last.kind == "response" and t.kind == "generic" and _WAS_BEST.fullmatch(text[last.end : t.start]):
            out[-1] = replace(last, end=t.end)  # "CRi was the best response in 3"
        elif last and last.kind == "generic" and t.id == "PR" and re.fullmatch(r"\s\(", text[last.end : t.start]):
            out[-1] = last  # "had a response (partial response or better)"
        elif last and (_neither(text, last, t) or _and_or(text, last, t)):
            out[-1] = replace(last, id="SINK", kind="sink", end=t.end, words=text[last.start : t.end])
        elif last and _either(text, last, t):
            out[-1] = replace(last, id="DCR" if "SD" in (last.id, t.id) else "ORR", end=t.end, words=text[last.start : t.end])
        elif (
            last
            and t.id in ("TEAE", "TRAE", "SAE")
            and last.kind == "tox"
            and _MOST.fullmatch(text[last.end : t.start])
        ):
            continue  # "CRS was the most common adverse event, in 19 patients"
        elif t.id in ("TEAE", "TRAE", "SAE") and _MOST_ZH.search(text[max(0, t.start - 24) : t.start]):
            if not last or re.search("[。;]", text[last.end : t.start]):
                out.append(replace(t, id="SINK", kind="sink"))  # 口干是最常见的不良反应,共9例
        elif not _defines(text, t, values, last):
            out.append(t)
        elif last and last.id == "ORR" and t.id == "DCR" and _WITH_SD.fullmatch(text[last.end - 1 : t.end]):
            out[-1] = replace(last, id="DCR")  # 总有效率(CR+PR+SD)为88.5%
    return out


def _counted(t: Term) -> bool:
    return t.id == "OTHER_EFFICACY" or t.kind == "tox"


def _share_among(text: str, t: Term) -> bool:
    return bool(_AMONG.match(text, t.end) and _INCLUDING.search(text, max(0, t.start - 40), t.start))


_AMONG = re.compile(r"\s(?:among|in|for)\s", _I)
_INCLUDING = re.compile(r"\b(?:including|with)\s(?:an?\s)?\d+(?:\.\d+)?\s?%\s(?:[a-z]+\s)?\Z", _I)
_OR = re.compile(
    r"s?\s(?:or|and/or)\s(?:an?\s)?(?:(?:durable|sustained|confirmed|unconfirmed|good|ongoing|best)\s)?", _I
)
_UNSEEN = re.compile(r"\)?\s(?:was|were|has been|have been|had been)\s(?:not|never)\b", _I)
_OR_ZH = re.compile(r"\s?或(?:者|获得?|达到?)?\s?")  # 获CR或PR者12例
_NOT = re.compile(r"\b(?:no|not|neither|none|without|never|nor|if)\b[^.;]{0,60}\Z", _I)


_LISTED = re.compile(
    r"(?:[/、]\s?|(?<=[一-鿿]),\s?|[,/]\s?(?:CR|PR|SD|PD|sCR|VGPR)\s?|"
    r"\b(?:(?:s?C|P|VGP|O)RR?s?|SDs?|PDs?|responses?|remissions?|disease|complete|partial)\)?,\s)\Z"
)
_CONTROL = (("SD", "PR"), ("SD", "CR"), ("SD", "ORR"))


def _either(text: str, a: Term, b: Term) -> bool:
    """Whether two terms are told as one: "achieved CRs or durable PRs" is a response, "PR or SD" control."""
    pairs = (("CR", "PR"), ("PR", "CR"), ("PR", "SD"), ("ORR", "SD"), ("CRi", "PR"), ("DCR", "SD"), *_CONTROL)
    rated = a.rate or (b.rate and a.words.lower() not in ("complete", "partial"))
    gap = text[a.end : b.start]
    told = (a.id, b.id) in pairs and (_OR.fullmatch(gap) or _OR_ZH.fullmatch(gap)) and not rated
    told = told or ((a.id, b.id) in pairs[:2] and _ONE_FIGURE.fullmatch(gap) and not _SLASHED.match(text, b.end))
    listed = _LISTED.search(text[max(0, a.start - 24) : a.start]) or _OR.match(text, b.end)
    listed = listed or _UNSEEN.match(text, b.end)
    return bool(told and not listed and not _NOT.search(text[max(0, a.start - 70) : a.start]))


def _neither(text: str, a: Term, b: Term) -> bool:
    """ "SD/PD in 3": one figure for those who did not respond, neither stable disease nor progression."""
    if {a.id, b.id} != {"SD", "PD"} or _SLASHED.match(text, b.end) or _LISTED.search(text[max(0, a.start - 24) : a.start]):
        return False
    return bool(_ONE_FIGURE.fullmatch(text[a.end : b.start]))


def _and_or(text: str, a: Term, b: Term) -> bool:
    """ "CRS and/or ICANS occurred in 48 (80%)": one figure for those who had either, of neither of the two alone."""
    if a.kind != "tox" or b.kind != "tox" or a.id == b.id or not _AND_OR.fullmatch(text[a.end : b.start]):
        return False
    if _NOT.search(text[max(0, a.start - 70) : a.start]) or _UNSEEN.match(text, b.end):
        return False
    return bool(_ONE_SHARE.match(text, b.end))


_AND_OR = re.compile(r"s?\)?\s?(?:and/or|和/或|及/或)\s?", _I)
_ONE_SHARE = re.compile(
    r"[\s)]{0,2}(?:\([^()\d]{1,12}\)\s)?(?:of (?:any|all) grades?\s)?(?:was|were|occurred|developed|had)?\s?(?:\w+\s)?"
    r"(?:in|of|for)?\s?[:(,]?\s?\d{1,3}(?:\.\d+)?(?![^;。.]{0,60}\brespectively)", _I
)
_ONE_FIGURE = re.compile(r"\s?[/+]\s?")
_SLASHED = re.compile(r"\s?[/+]|[^.;]{0,60}?\d\s?%?\s?/\s?\d+(?:\.\d+)?\s?(?:%|patients|pts|\))|[^.;]{0,90}\brespectively", _I)
_EVENTS_OF = re.compile(r"\b(?:including|of (?:which|whom|these)|with)\s[^;.]{0,40}\Z", _I)
_MOST = re.compile(
    r"\)?\s(?:was|were|is|being|represented|remained)\s(?:the\s)?(?:second\s)?(?:most\s(?:common|frequent|prevalent|"
    r"reported)\w*|commonest|"
    r"main|only|predominant|major|principal)\s(?:(?!in\b|was\b|were\b|and\b|after\b)[\w≥>/-]+\s){0,6}",
    _I,
)
_MOST_ZH = re.compile(
    r"[一-鿿A-Z](?:是|为|系|属)(?:本研究|本组|该药|治疗|中|的)*(?:最|较)(?:为)?(?:常见|多见|主要|普遍)的?"
    r"(?:[1-5]级(?:及以上|以上)?)?(?:治疗)?\Z"
)
_BEST = re.compile(rf"\s?(?:\([^()\d]{{1,12}}\)\s?)?(?:was|were|of|being|:|=|as)\s(?:an?\s|(?:\d+|{WORD})\s)?", _I)
_WAS = re.compile(r"\s(?:\([^()\d]{1,12}\)\s)?(?:was|as|being)\s(?:the\s|their\s|a\s)?", _I)
_WAS_BEST = re.compile(
    r"\s(?:\([^()\d]{1,12}\)\s)?(?:was|as|being)\s(?:\w+\s)?(?:the\s|their\s|a\s)best(?: overall| confirmed|"
    r" observed)?\s",
    _I,
)
_NUMBERED = re.compile(rf"(?:\d+|{WORD})\s\Z", _I)


def _is_best(text: str, a: Term, b: Term) -> bool:
    """ "best overall response was stable disease", but not "an objective response: one complete"."""
    gap = text[a.end : b.start]
    if b.words.lower().startswith("best"):
        return False  # "11 stable diseases (SD) as best overall response"
    return bool(_BEST.fullmatch(gap)) and not (_NUMBERED.search(gap) and "best" not in a.words.lower())


_BEST_OF = re.compile(r"\s(?:of|as|was)\s(?:an?\s)?", _I)


def _same(text: str, a: Term, b: Term) -> bool:
    gap = text[a.end : b.start]
    if (a.id, b.id) == ("NEUROTOXICITY", "ICANS") and re.fullmatch(r"\s?\(\s?", gap):
        return True  # 神经毒性(ICANS) is the syndrome
    if a.id != b.id or (a.kind, b.kind) == ("sink", "sink"):
        return False
    if gap.strip() == "," and (a.words == b.words or (re.search("[一-鿿]", a.words) and not a.rate)):
        return False  # 27例中12例获得缓解,ORR为44%
    if gap.strip() == "," and a.words in b.words and b.rate and not a.rate:
        return False  # "8例获得CR,CR率66.7%" tells it twice
    if gap.strip() == "(" and a.words.lower().startswith(("responded", "progressed", "relapsed")):
        return False  # "4 responded (ORR 57%)": the number stands before the verb
    return (
        bool(re.fullmatch(r"\s?(?:rates?|time|times)?\s?[\(\[,]\s?(?:m|the )?|\s?\([^()%\d]{0,60}[,;]?\s?|\s", gap))
        and "and" not in gap
    )


_WITH_SD = re.compile(r"率\s?\((?:RR|ORR)?[,:]?\s?CR\s?\+\s?PR\s?\+\s?SD")
_SUM = re.compile(r"[(\[]\s?[A-Za-z一-鿿]{1,8}(?:\s?\+\s?[A-Za-z一-鿿]{1,8})+\s?[)\]]")  # 获益(CR+PR+SD)17例


_NAMES_ONLY = re.compile(
    r"\b(?:i?CR[ip]?s?|PRs?|SDs?|VGPRs?|s?CRs?|complete|partial|stable|disease|responses?|remissions?|objective|very|"
    r"good|stringent|"
    r"either|or|and|plus|a|an)\b|[\s,/+()≥\[\]]",
    _I,
)


def _defines(text: str, t: Term, values: Sequence[Token], last: Term | None) -> bool:
    """Whether a term stands in a bracket that only defines the term before it."""
    start = max(text.rfind("(", max(0, t.start - 120), t.start), text.rfind("[", max(0, t.start - 120), t.start))
    outer = _around(text, t.start if start < 0 or text[start:t.start].count("]") + text[start:t.start].count(")") else start)
    return _defined_in(text, t, values, last, start) or (outer >= 0 and _defined_in(text, t, values, last, outer))


def _around(text: str, at: int) -> int:
    """Where the bracket opens that a place stands in, -1 where it stands in none."""
    depth = 0
    for k in range(at - 1, max(-1, at - 120), -1):
        depth += (text[k] in ")]") - (text[k] in "([")
        if depth < 0:
            return k
    return -1


def _defined_in(text: str, t: Term, values: Sequence[Token], last: Term | None, start: int) -> bool:
    if start >= 0 and (m := _SUM.match(text, start)) and t.end <= m.end():
        return True
    if start < 0 or last is None:
        return False
    depth, i = 0, start
    while i < min(len(text), start + 240):
        depth += (text[i] in "([") - (text[i] in ")]")
        if depth == 0:
            break
        i += 1
    inside = text[start : i + 1]
    least = re.search(r"\+|\bor\b|\bdefined\b|\bplus\b", inside)  # "(CR + PR + SD for at least 16 weeks)"
    if i < t.end or any(start < v.start < i and not (least and v.kind == "duration") for v in values):
        return False
    joined = bool(re.search(r"\bor\b|\band\b|[,/]", inside)) and last.id in ("ORR", "DCR", "CBR")
    listed = joined and not _NAMES_ONLY.sub("", inside)
    return (listed or bool(_DEFINITION.search(inside))) and start - last.end <= 12
