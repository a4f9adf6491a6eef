"""Numbers of patients: how many this study enrolled and treated, read clause by clause.

A mention is a number with a word for patients after it ("24 heavily pretreated adults"), a bare number in front of its
verb ("49 received NKX"), or a number behind its verb ("enrolled 27 children"); Chinese ones are read by
`_patients_zh`. The first verb that speaks of the mention decides: treated, enrolled, or something else (then it is
nobody's total). Parts of a group ("3 of 12", an arm's, a dose level's) are none; of several totals the largest is the
study's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import _patients_zh
from ._numbers import number


@dataclass(frozen=True, slots=True)
class Count:
    """`n` patients `use` (n_treated or n_enrolled), the number standing at [start:end] of the text."""

    use: str
    n: int
    start: int
    end: int
    rule: str


_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SMALL = (
    rf"(?:(?:{_TENS})(?:[- ](?:{_ONES}))?|{_ONES}|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen)"
)
_NUMBER = rf"(?:\d{{1,3}},\d{{3}}|\d{{1,4}}|(?:a|{_ONES}) hundred(?:(?: and)?[- ]{_SMALL})?|{_SMALL})"
# "ResultsEleven patients": the blank was lost
_EDGE = r"(?<!hundred )(?<!hundred and )(?<![\d.,=≥>≤<%/^×*-])(?:\b|(?-i:(?<=[a-z])(?=[A-Z])))"
_WHO = (
    r"(?:patients?|pts?\b|participants?|subjects?|children|adolescents?|infants|adults?|individuals|people|persons|women|men"
    r"|cases|recipients|volunteers)"
)
_MENTION = re.compile(
    rf"{_EDGE}(?P<n>{_NUMBER})(?![\d.,]*\d|\s?%|[-–]\w| ?(?:of|/) ?\d)"
    rf"(?P<kind>(?: (?!\d)(?!(?:of|were|was|had|have|received|in|for|at|with|on|from|by|to)\b)[^\s.;]+){{0,8}}?) {_WHO}\b",
    re.I,
)
_BARE = re.compile(
    rf"{_EDGE}(?P<n>{_NUMBER})(?=(?:\s+(?-i:[A-Z]{{2,}})|\s+with [^.;()]{{0,90}}?)?\s+"
    r"(?:were|was|have been|had been|received|completed|underwent|enrolled|treated|infused|dosed)\b)(?P<kind>)",
    re.I,
)
_VERB = re.compile(
    r"(?P<hedge>\b(?:who|that|which|whom)\b[^,.;]{0,40}?)?\b(?:"
    r"(?P<n_treated>(?:safely |successfully |ultimately |subsequently )?(?<!being )(?:treated|infused"
    r"|dosed)\b(?! with (?:tociliz|steroid|cortico|anakinra|silt))"
    r"|(?:received|receiving|given|administered|completed|underwent) (?P<what>[^.;]{0,60}))"
    r"|(?P<n_enrolled>enrol\w+|recruited|accrued|registered|randomi[sz]ed|randomly (?:assigned|allocated)"
    r"|included\b(?! in the (?:safety|efficacy)))"
    r"|(?P<other>(?:had|has|have)(?! been| received)|developed|experienced|achieved|responded|showed|died"
    r"|(?<!with )(?<!and )(?<!or )relapsed(?! (?:and|or)\b)|progressed|discontinued|remain\w*"
    r"|screened|leukapheres\w+|apheres\w+|assessed|evaluable|evaluated|excluded|withdr\w+|alive|required|reported"
    r"|attained|proceeded|completed|reached|occurred|presented|failed|refused|demonstrated|exhibited|survived|consented"
    r"|maintained|obtained|remained))\b",
    re.I,
)
_NOT_TREATMENT = re.compile(
    r"^(?:\S+ ){0,4}?(?:prior|previous|bridging|(?:at least |≥ ?|>= ?)(?!(?:one|1) (?:[^\s,;]+ ){0,4}?(?:dose|infusion))"
    r"|tociliz\w+|siltux\w+|anakinra|dexameth\w+|steroids?|corticost\w+"
    r"|transfus\w+|screening|testing|evaluations?|imaging|scans?|transplant\w*|HSCT|ASCT|allo\w*|subsequent"
    r"|salvage|second|additional|repeat\w*|multiple|more than"
    r"|two or more"
    r"|lymphodeplet\w+|leukapher\w+|apheresis|conditioning|consolidat\w+|maintenance|biops\w+|surg\w+|resect\w+|placebo"
    r"|(?:a )?median of \S+ (?:prior|previous|lines)|vasopress\w+|intravenous immuno\w+|antibiotic\w*|chemotherap\w*"
    r"|radio\w*|follow-?up|[2-9] (?:doses|infusions)"
    r"|[23] or more)\b",
    re.I,
)
_TRIAL_OF = re.compile(
    r"\b(?P<verb>treated|infused|dosed|administered (?:to|in)|treatment of|enrol\w+|recruited|accrued|included|randomi[sz]ed"
    r"|randomly assigned|registered|data (?:from|on|for)|results (?:of|from|in|for)|report (?:on|of|outcomes (?:of"
    r"|in)|the \w+ (?:of|in))?"
    r"|analy[sz]\w+|studied|(?:given|delivered|infused) (?:in)?to|(?:series|cohort) of)"
    r" (?:a total of |all |the first |data (?:from|on) )?$",
    re.I,
)
_SERIES = re.compile(r"\b(?:series|cohort|data|outcomes|results) of $", re.I)
_NOT_YET = re.compile(
    r"\b(?:will|to be|plan(?!ned (?:interim )?analys)\w*"
    r"|up to|approximately|about|(?-i:may)|would|should|could|can|expected|maximum|anticipat\w+"
    r"|aims? to|need\w*|if|target)\b|计划|拟|预计|将(?!$)|约|假设",
    re.I,
)
_ELSEWHERE = re.compile(
    r"\b(?:previous|prior|earlier|another|historical|other)(?:ly)?\b[\w\s-]{0,25}(?:trial|stud|cohort|report|series)"
    r"|\b(?:mice|mouse|animals|in vitro)\b|(?:既往|先前|此前|文献|荟萃|小鼠)",
    re.I,
)
_PART_LEFT = re.compile(
    r"(?:(?<!total )\bof (?:the |these |those |which,? ?|all )?|\bamong (?:the |these |all )?|\bremaining |\bother "
    r"|\badditional |/\s?"
    r"|\bin (?:the )?(?:\S+ )?(?:cohorts?|arms?|groups?) (?:\w+)?,? ?|\b(?:cohort|arm|group|DL|level) ?-?\w{1,2}[,:]? (?:\()?"
    r"|\b(?:in|at) (?:DL|dose level|cohort|arm) ?\w{1,2},? |\bn ?= ?|\bonly |\bbut |\b(?:cohort|level|grade|phase|day"
    r"|week|month|arm|group|part|stage|cycle|table) |\bexcept |其中|另外?|其余|剩余|(?<!入)组)$",
    re.I,
)
_PART_RIGHT = re.compile(
    r"^[^.;,\d]{0,30}?\b(?:per (?:cohort|arm|dose|group|level|DL)|each\b|/(?:cohort|arm|group))|^[^。；]{0,12}(?:每组|/组)",
    re.I,
)
_SHARE = re.compile(r"^[^.;]{0,12}?\((?:\d{1,3}(?:\.\d+)?) ?%\)")
_ARM_AFTER = re.compile(
    r"^\s*(?:in|at|on|to|into) (?:the )?(?:\S+ ){0,2}?(?:arm|group|cohort|dose level|DL ?-?\d|level|setting|stage)\b",
    re.I,
)
_STUDIED_IN = re.compile(
    r"\b(?:therap(?:y|ies)|cells|trial|study|evaluation|results|safety|efficacy|administration|infusions?"
    r"|treatment|(?:CTL|TIL|VST|CAR-?T|CAR-?NK)s?)\b(?:[^.;]|\.(?=\S)){0,190}\bin (?:all |a total of )?$",
    re.I,
)
_FOUND_IN = re.compile(
    r"\b(?:remissions?|respon\w+|led to|result\w+ in|achiev\w+|occur\w*|observed|seen|induc\w+|detect\w+|persist\w*|caus\w+"
    r"|day\W?\+?\d\S*|recover\w+|expan\w+|peak\w*|syndrome|CRS|ICANS|toxicit\w+|neurotox\w+|reactions?|relapse\w*|feasible|produced|fail\w+)\b[^.;,]{0,60}$",
    re.I,
)
_OF_ENROLLED = re.compile(
    rf"{_EDGE}(?P<n>{_NUMBER}) (?:\(\d[^()]*\) )?(?:of|out of|from|/) ?(?:the |all )?(?:{_NUMBER}) "
    rf"(?P<kind>)(?:(?:enrolled|registered|eligible"
    rf"|consented|consenting|apheresed|leukapheresed|recruited|accrued)\b[^.;,]{{0,30}}? )"
    rf"{_WHO}(?= (?:were|was|had|have|received|completed)\b)",
    re.I,
)
_GIVEN = re.compile(r"enrol|screen|registered|recruit|apheres|consent|randomi|intent", re.I)
_PLANNED = re.compile(
    r"[^.;,]{0,90}\b(?:will|(?:are|is|were) (?:being )?(?:planned|expected|to be)|planned to)\b", re.I
)
_TWO_TRIALS = re.compile(rf"^[^.;,\d]{{0,60}}? in (?:\S+ ){{1,2}}and (?:{_NUMBER}) in ", re.I)
_STOP = re.compile(r"[.;!?](?=\s|$)|\n\s*\n|[。；！？]")


def counts(text: str, start: int, end: int) -> Iterator[Count]:
    """Every total of patients treated or enrolled that text[start:end] states, in order of place.

    >>> [(c.use, c.n) for c in counts("Ten patients enrolled; 8 received cells and 2 of 8 responded.", 0, 61)]
    [('n_enrolled', 10), ('n_treated', 8)]
    """
    if re.search("[一-鿿]", text[start:end]):
        yield from (Count(use, n, a, b, rule) for use, n, a, b, rule in _patients_zh.counts(text, start, end))
    at = start
    flat = " " * start + _blank(text[start:end])
    for stop in [*_STOP.finditer(flat, start, end), None]:
        until = stop.start() if stop else end
        yield from _sentence(text, flat, at, until)
        at = stop.end() if stop else end


def _sentence(text: str, flat: str, start: int, end: int) -> Iterator[Count]:
    found = {m.start("n"): m for p in (_OF_ENROLLED, _BARE, _MENTION) for m in p.finditer(flat, start, end)}
    for at in sorted(found):
        m = found[at]
        n = _value(m["n"])
        if not n:
            continue
        left, right = text[max(start, at - 200) : at], text[m.end() : end][:400]
        if (
            _NOT_YET.search(left[-60:])
            or _PLANNED.match(right)
            or _ELSEWHERE.search(left[-90:])
            or _PART_RIGHT.match(right)
            or _TWO_TRIALS.match(right)
        ):
            continue
        use, rule = _use(left, m, right)
        if use:
            yield Count(use, n, at, m.end("n"), rule)


def _blank(text: str) -> str:
    """The text with what stands in brackets blanked, offsets kept."""
    for _ in range(3):
        text = re.sub(r"\([^()]*\)", lambda b: " " * len(b[0]), text)
    return text


def _value(words: str) -> int | None:
    value = number(words.replace(",", "").lower())
    return int(value) if value is not None and value == int(value) else None


def _use(left: str, m: re.Match[str], right: str) -> tuple[str | None, str]:
    """What the words around an English mention say of it."""
    kind = m["kind"].lower()
    if re.search(r"\b(?:additional|other|remaining)\b", kind):
        return "n_more", "design.more"
    if re.search(r"\b(?:of|among)(?: the| all| these)? ?$", left, re.I) and (
        told := _told(kind) or _told(_reduced(right))
    ):
        return told, "design.of_told"
    if re.search(r"(?:^|[.:)] |\n)\s*(?:Of|Among)(?: the| all| these)? ?$", left, re.I):
        return _whole(kind, right), "design.of_all"
    before, verb = _TRIAL_OF.search(left), _verb(right)
    if m.re is _OF_ENROLLED:
        return ("n_treated" if verb and verb["n_treated"] else None), "design.of_enrolled"
    if (_PART_LEFT.search(left) and not _SERIES.search(left)) or (
        m.re is _BARE and left.endswith(", ") and right.startswith(" with")
    ):
        return None, ""
    own = None if verb is None or verb["other"] else "n_treated" if verb["n_treated"] else "n_enrolled"
    if before and not (own == "n_treated" and _near(verb, right)):
        word = before["verb"].lower()
        enrolled = own == "n_enrolled" or re.match(r"enrol|recruit|accru|includ|random|regist", word)
        return "n_enrolled" if enrolled else "n_treated", "design.verb_before"
    if own and verb:
        part = _ARM_AFTER.match(right[verb.end() :]) or (_of_more(left) and _SHARE.match(right))
        return (None if part else own), "design.verb_after"
    if told := _told(kind):
        return told, "design.kind"
    return ("n_treated" if _studied(left, right) else None), "design.studied_in"


def _studied(left: str, right: str) -> bool:
    """ "... safety of X cells in 12 patients with ...", done and not only meant."""
    if (
        not _STUDIED_IN.search(left)
        or _FOUND_IN.search(left)
        or not re.match(r"\s*(?:\([^()]*\) )?(?:(?:with|who|that|was|were)\b|\.|$)", right)
    ):
        return False
    meant = re.search(r"\bto (?:confirm|evaluate|determine|assess|investigate|test)\b", left, re.I)
    return not meant or bool(re.search(r"\b(?:performed|conducted|carried out|report|present|here)\b", left, re.I))


def _told(kind: str) -> str | None:
    """What the words between number and noun say: 6 enrolled patients, 24 treated adults."""
    if re.search(r"\benrolled\b", kind):
        return "n_enrolled"
    return (
        "n_treated" if re.search(r"(?<!previously )(?<!heavily )(?<!pre)\b(?:treated|infused|dosed)\b", kind) else None
    )


def _reduced(right: str) -> str:
    """The participle right behind the noun: (893 patients) treated with ..."""
    m = re.match(r" (?:who were )?(?:treated|infused|dosed|enrolled)\b", right, re.I)
    return m[0].lower() if m else ""


def _near(verb: re.Match[str] | None, right: str) -> bool:
    """The verb follows in the same clause, and so says more exactly what became of them."""
    return bool(verb and not re.search(r"[,;]|\band\b|\bwho\b", right[: verb.start()]))


def _whole(kind: str, right: str) -> str | None:
    """ "Of N patients, ...": enrolled, treated, or a total whose parts are told as treated here or there."""
    if _GIVEN.search(kind):
        return "n_enrolled"
    shared = re.match(rf",? (?:{_NUMBER}) \([\d.]+ ?%\) (?:were )?(?:treated|received|infused)", right, re.I)
    return "n_treated" if shared or re.search(r"treated|infused|dosed", kind) else None


def _of_more(left: str) -> bool:
    """Earlier in its sentence a larger group was opened: "Of 606 patients, 177 ..."."""
    m = re.search(rf"\b(?:of|among) (?:the |these |all )?(?:{_NUMBER}) (?P<kind>[^,;.]*)", left, re.I)
    return bool(m and not _GIVEN.search(m["kind"]))


def _verb(right: str) -> re.Match[str] | None:
    """The first verb that speaks of the mention; brackets and relative clauses are passed over."""
    flat = _blank(right)
    for v in _VERB.finditer(flat):
        if v["hedge"] and not v["n_treated"]:
            continue
        if v["what"] is not None and _NOT_TREATMENT.search(v["what"]):
            if v["hedge"]:
                continue
            return None
        if any(
            not _PART_RIGHT.match(flat[n.end() :]) for p in (_BARE, _MENTION) for n in p.finditer(flat, 0, v.start())
        ):
            return None
        return v
    return None
