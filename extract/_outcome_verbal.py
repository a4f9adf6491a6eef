"""Results told in words: none ("no DLT was observed", "neither ... nor", 未见) and all ("all patients had CRS")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._hints import hinted
from ._numbers import PATIENTS, WORD
from ._outcome_case import the_patient
from ._outcome_cells import Cell, bare_words
from ._outcome_cues import cue
from ._outcome_near import people
from ._outcome_none_zh import none_behind
from ._outcome_people_zh import ALL_EVENTS, FOR_THAT, NEVER, NO_PROOF
from ._outcome_reading import Reading
from ._outcome_terms import Term

_I = re.I | re.A
_STOP = re.compile(
    r"[;:。]|,\s?(?:suggesting|indicating|demonstrating|supporting|showing|and|but|with|which|while|whereas|although|one|"
    r"two|three|\d|the|there|other|而|且|其中|仅|但)|"
    r"\b(?:but|except|while|whereas|however|although|than|including|which|because|until)\b|"
    r"\band (?:there|the|all|was|were|one|two|\d|had|an?)\b|[（(]|\band\b(?=\s(?:\w+\s){1,4}(?:was|were|had)\b)",
    _I,
)
_PASSIVE = re.compile(
    (
        r"\b(?:was|were|occurred|occurring|observed|reported|noted|seen|detected|recorded|documented|developed|emerged)"
        r"\b"
    ),
    _I,
)
_NOT_SEEN = re.compile(
    r"[^.;。,]{0,40}?(?:(?:was|were|is|are|has been|have been|had been)\s(?:not|never|also not)\s(?:been\s)"
    r"?(?:observed|reported|seen|noted|detected|recorded|documented|encountered|identified|found)"
    r"|did not occur|(?:was|were) (?:all |both |completely )?absent|in none\b|in no (?:patients?|subjects?|"
    r"cases?)\b|\bnone\b(?!\s(?:of\s)"
    r"?\w* ?(?:at|in) )|(?:均|也|亦)?未(?:观察到|出现|发生|见|报告|检测到)|(?<![\d.])0\s?例)",
    _I,
)
_ALL = hinted(
    rf"\b(?:all|every|each|100% of)\s(?:of\s)?(?:the\s|these\s|our\s)?(?P<who>(?:[a-z][\w-]*\s)"
    rf"{{0,3}}?{PATIENTS})\b|\beveryone\b|(?:(?<=\. )|(?<=; )|(?<=, and )|(?<=, ))all(?=\s(?:were|had|have|"
    rf"showed|developed|experienced|"
    rf"achieved|became|attained)\b)|(?:所有|全部|全体)(?P<zh>[一-鿿A-Za-z0-9.\- ]{{0,12}}?(?:患者|受试者|患儿|病例|病人|者)|)"
    rf"(?:均|都|全部)?",
    _I,
)
_ACTIVE = re.compile(
    (
        r"(?:\s?\([^()]{1,60}\))?[^.;。,]{0,80}?\b(?:achieving|developing|experiencing|attaining|becoming|had|have|"
        r"achieved|developed|experienced|showed|attained|obtained|"
        r"reached|exhibited|"
        r"responded|suffered|were)\b|[^,;。]{0,12}(?:均|都|出现|发生|达|获|为|有|呈|转|存在|伴)"
    ),
    _I,
)


def verbal(text: str, terms: Sequence[Term], cells: Sequence[Cell], start: int, end: int) -> Iterator[Reading]:
    """Readings of none (count 0) and all (rate 100, spoken) in the sentence text[start:end]."""
    spoken: set[int] = set()
    here = (text, terms, cells, start, end)
    for r in (*_none(*here), *_not_seen(*here), *none_behind(text, terms, start, end)):
        if r.term.start not in spoken:
            spoken.add(r.term.start)
            yield r
    yield from the_patient(text, terms, start, end)
    for r in (*_each(*here), *_all(*here)):
        if r.term.start not in spoken:
            spoken.add(r.term.start)
            yield r


_MODAL = re.compile(
    r"\b(?:if|unless|until|as long as|provided|in case|whether|may|should|can|could|must|might|will|would|"
    r"who (?:have|do|did|has|had|were|are)|"
    r"designed to|to (?:determine|evaluate|assess|allow|continue|prevent)|purpose|aims?|absence of|"
    r"(?:inclusion|enrol\w+|eligibility) requir\w+|patients with and|with or|with and|eligib\w+|criteria)\b[^.;:]*\Z"
    r"|(?:若|如果|如|直至|直到|是否)[^,。;]*\Z",
    _I,
)
_FAR = re.compile(r"\b(?:for|that|which|exist\w*|is|are|been|to|study|trial|method|measure|standard)\b", _I)


def again(text: str, previous: Sequence[Term], start: int, end: int) -> Iterator[Reading]:
    """ "There were no grade 4 or 5 occurrences": none of what the sentence before told."""
    m = _NO_SUCH.search(text, start, end)
    if m:
        yield from (_zero(t, m.start(), m.end(), "none again") for t in previous if t.kind == "tox")


_GRADES = r"(?:≥|>=|>)?\s?(?:grades?|gr\.?|G)\s?(?:≥|>=|>)?\s?[1-5]"
_GRADES += r"(?:\s?(?:-|/|or|and|to)\s?(?:grade\s)?(?:[1-5]|higher|greater|above))*"
_NO_SUCH_HERE = hinted(
    rf"(?:\b(?:no|without)\s(?:other\s|further\s)?{_GRADES}(?:\s(?:occurrences?|events?|cases?|episodes?))?"
    rf"|\bnone\s(?:of\s(?:which|whom|these|them)\s)?(?:(?:was|were|being|had)\s)?(?:of\s)?{_GRADES}(?:\sevents?)?)"
    r"(?=\s?[,;.)]|\s(?:was|were|occurred|observed|seen|reported|and)\b|\s?\Z)"
    r"|(?:无|未(?:见|发生|出现|观察到)|没有|均?未达)\s?(?:≥|>)?\s?[1-5]\s?级?(?:\s?[-~、/或和及]\s?[1-5]\s?级?)?(?:及以上|或以上|以上|及更高)?"
    r"(?:的?(?:不良)?事件|者|病例|患者|反应)?(?:发生|出现)?(?=\s?[,;。)]|\s?\Z)",
    _I,
)


def again_here(text: str, terms: Sequence[Term], start: int, end: int) -> Iterator[Reading]:
    """ "CRS occurred in 20 of 27; none was grade 3 or higher": none of what the sentence told last."""
    for m in _NO_SUCH_HERE.finditer(text, start, end):
        told = [t for t in terms if t.end <= m.start() and t.kind != "sink"]
        if told and told[-1].kind == "tox" and re.search(r"级|(?i:grade|gr\b|G\s?\d)", m[0]):
            yield _zero(told[-1], m.start(), m.end(), "none again")


_A_DLT = hinted(
    r"(?<!\w)(?:an?|a single|one)\s(?:[a-z-]+\s)?(?:DLT|dose[- ]limiting toxicity)\b[^;,.]{0,50}?\s(?:was|occurred|"
    r"encountered|observed|reported|seen|"
    r"occurring|noted|developed)\b(?!\s(?:any\b|defined|considered|an?\s(?:grade|toxicity|adverse)|grade|"
    r"the occurrence))",
    _I,
)


def a_toxicity(text: str, terms: Sequence[Term], start: int, end: int) -> Iterator[Reading]:
    """ "with a DLT of grade 3 cystitis encountered at DL2": one patient."""
    for m in _A_DLT.finditer(text, start, end):
        t = next((t for t in terms if m.start() <= t.start < m.end() and t.id == "DLT"), None)
        if t and not _MODAL.search(text, max(start, m.start() - 120), m.start()):
            a = m.start()
            yield Reading(t, Cell("count", a, a + 1, a, a + 1, 1.0, unit="patients"), "a toxicity")


_NO_SUCH = hinted(
    r"\b(?:no|without)\s(?:other\s|further\s)?(?:(?:grades?|G)\s?[≥>]?\s?[1-5](?:\s?(?:-|/|or|and|to)"
    r"\s?(?:[1-5]|higher|greater|above))*)\s(?:occurrences?|events?|cases?|episodes?)\b",
    _I,
)


_A_PATIENT = re.compile(
    r"\s?(?:\([^()]*\)\s?)?(?:(?:was|were|has been|had been)\s)?(?:\w+ly\s)?(?:achieved|observed|seen|noted|reported|"
    r"attained|obtained|documented|recorded|"
    r"occurred|developed|confirmed)\s(?:\w+\s)?in\s(?P<n>an?|a single)\s(?:[\w-]+\s){0,2}?(?:patient|pt|child|"
    r"participant|subject)\b",
    _I,
)


def in_a_patient(text: str, terms: Sequence[Term], start: int, end: int) -> Iterator[Reading]:
    """ "A complete response was achieved in a patient with ...": one patient."""
    for t in terms:
        m = _A_PATIENT.match(text, t.end, end) if countable(t) else None
        if (
            m
            and not _MODAL.search(text, max(start, t.start - 120), t.start)
            and not re.search(r"(?i)\bno\s(?:\w+\s)?\Z", text[start : t.start])
        ):
            yield Reading(
                t, Cell("count", m.start("n"), m.end(), m.start("n"), m.end(), 1.0, unit="patients"), "a patient"
            )


def countable(t: Term) -> bool:
    """Whether an endpoint is counted in patients."""
    return t.kind in ("tox", "response", "generic") and not t.rate


_NO_MORE = re.compile(
    r"\b(?:not|never|no|neither|similar\w*|comparable)\b(?:\s\w+){0,3}?\s(?:differ\w*|affect\w*|influenc\w+|correlat\w+|"
    r"associat\w+|"
    r"predict\w*|chang(?:e|ed)|improve\w*)\b[^.;]*\Z",
    _I,
)
_IN_MORE = re.compile(r"[^.;]{0,90}?\bin\s(?:more|less|fewer)\sthan\s\d|[^.;]{0,60}?\bin\s[<>≥≤]\s?\d", _I)
_TOLERATED = re.compile(r"\b(?:good|well|excellent|favou?rable)[- ](?:\w+\s)?(?:toler|safety)|\bsafe\b", _I)
_BRACKETED = re.compile(r"\s?\([^()]{1,60}\)")
_WITH_NO = re.compile(rf"\b(?:those|{PATIENTS}|individuals)\s(?:with|having|who had)\s\Z", _I)
_WHO_HAD = re.compile(
    r"\s(?:with|without|who (?:had|developed|experienced|achieved|attained)|achieving|developing|having)\s"
    r"(?:(?!had\b|have\b|has\b|were\b|was\b|developed\b|experienced\b|achieved\b|showed\b)[\w≥>-]+\s){0,4}",
    _I,
)
_DID_TOO = re.compile(
    r"[^.;,]{0,60}?\b(?:had|were|was|are|is|developed|experienced|achieved|remained|relapsed|received|responded|"
    r"recovered|showed)\b", _I
)


def _who_had(text: str, at: int, t: Term) -> bool:
    """Whether a term only says who they all are: "all patients with ICANS had CRS", and not "all responders achieving CR"."""
    return bool(_WHO_HAD.fullmatch(text[at : t.start]) and _DID_TOO.match(text, t.end))


_THOSE_WITHOUT = re.compile(
    rf"(?:\b(?:those|{PATIENTS}|individuals|group|groups|cohort|cohorts)\s(?:[\w-]+\s(?:and|or|vs\.?|versus)\s)?"
    r"|\bwith (?:and|or|vs\.?|versus)\s|\b(?:than|versus|vs\.?)\s)\Z",
    _I,
)
_IN_SOME = re.compile(rf"\s(?:(?:was|were|occurred|seen)\s){{0,2}}in\s(?:\d|{WORD}\b)", _I)
_ALIKE = re.compile(r"\b(?:differ\w*|affect\w*|influenc\w+|correlat\w+|associated with|predict\w*|chang(?:e|ed))\b[^.;]*", _I)
_OF_SOME = re.compile(
    rf"(?<![\w.])(?:[1-9]\d*|(?!no\b){WORD})(?:\s\([^()]*\))?\s(?:of\s\w+\s)?(?:(?:{PATIENTS}|others)\s)?(?:had|showed|"
    rf"with|were|has|experienced|achieved)\s\Z",
    _I,
)
_IN_GENERAL = re.compile(r"(?:severe|serious|major|significant|adverse|side|toxic|\s)*(?:toxicit(?:y|ies)|effects?)", _I)

_AND_HAD = re.compile(r"\s?(?:\([^()]*\)\s?)?and\s(?:(?:had|developed|experienced|suffered)\s)?(?:an?\s)?", _I)


def _zero(t: Term, a: int, b: int, how: str) -> Reading:
    return Reading(t, Cell("count", a, b, a, b, 0.0, unit="patients"), how)


def _none(text: str, terms: Sequence[Term], cells: Sequence[Cell], start: int, end: int) -> Iterator[Reading]:
    for m in cue("none").finditer(text, start, end):
        if _MODAL.search(text, max(start, m.start() - 160), m.start()):
            continue
        if m[0].lower() == "no" and _WITH_NO.search(text, start, m.start()):
            continue  # "in those with no or mild CRS"
        if m[0].lower().startswith("without") and _THOSE_WITHOUT.search(text, start, m.start()):
            continue  # "levels were higher than in those without ICANS"
        if re.search(r"\(or\s\Z", text[start : m.start()]):
            continue  # "relapsed disease (or never in CR)"
        if _OF_SOME.search(text, start, m.start()):
            continue  # "3 had no response" says how many, and not that none had one
        if m[0].lower() in ("nor", "no", "neither") and _NO_MORE.search(text, start, m.start()):
            continue  # "did not differ in CR rate (75 vs 71%), nor in CRS"
        if m[0].lower() == "neither" and _ALIKE.search(text, m.end(), min(end, m.end() + 90)):
            continue
        if m[0][0] == "未" and not m[0].endswith(("发生", "出现")) and NEVER.search(text, max(start, m.start() - 12), m.start()):
            continue  # 既往治疗中从未获得完全缓解: of the time before
        if m[0][0] in "无未" and any(t.kind == "generic" and 0 <= t.start - m.end() <= 1 for t in terms):
            continue  # 无应答者, 未缓解: they who did not respond
        if m[0].lower().startswith("without") and any(
            t.kind == "generic" and 0 <= t.start - m.end() <= 1 for t in terms
        ):
            continue  # "two progressed without response"
        if m[0][0] in "0零" and any(0 <= m.start() - t.end <= 1 for t in terms):
            continue  # "CR 0例,PR 8例": the number of what stands before it
        stop = min((c.lo for c in cells if c.lo >= m.end()), default=end)
        reach = min(stop, m.end() + 170)
        taken: list[Term] = []
        at = m.end()
        for t in (t for t in terms if t.start >= m.end() - 1 and t.end <= reach):
            gap = text[at : t.start]
            if t.words.lower() == "incidence" and gap == " " and not taken:
                at = t.end
                continue  # "no incidence of ICANS"
            if ")" in gap and "(" not in gap and "(" in text[max(start, m.start() - 12) : m.start()]:
                break  # the bracket that said none is closed
            if _ends(text, gap, bool(taken), at, t) or cue("unlike").search(gap) or t.kind == "sink" and not taken:
                break
            fatal = re.match(r"[^,;。]{0,4}死", text[t.end : t.end + 6])
            if t.kind == "tox" and t.id != "TRM" and FOR_THAT.search(gap) and not fatal or NO_PROOF.search(gap):
                break  # 没有患者因不良反应停药: none stopped for it
            if t.id in ("TEAE", "TRAE", "SAE") and (_OTHER.search(gap) or t.id == "TEAE" and gap == " other "):
                break  # 除2例出现1级CRS外,未见其他不良反应, "no other adverse events"
            if (
                taken
                and _BECAUSE.search(gap)
                or re.search(r"\b(?:in|de)creased\b|(?<!or )\b(?:higher|lower|greater)\b|\b(?:more|excess\w*)\s(?:\w+\s)?\Z", gap)
            ):
                break
            rule = "met" not in gap and re.match(r"\s(?:criteria|definition)", text[t.end : t.end + 12])
            if rule or (not taken and _FAR.search(gap)):
                break
            if t.start - m.end() < 6 and re.search(r"\bwho\b[^.;]*\band (?:had|achieved|developed|experienced)\Z", m[0]):
                at = t.end
                continue  # "none of those who were treated and achieved a CR had a relapse"
            if re.search(r"\bwho\b[^.;]*\band\s(?:had|achieved|developed|experienced)\s(?:an?\s)?\Z", gap):
                break  # "none of those who were treated and achieved a CR"
            if m[0].lower() == "not associated with" and (t.kind in ("response", "generic") or re.search("degree|severity", gap)):
                break  # of a marker
            if t.kind in ("response", "generic") and people(text, t):
                break  # "no patient with a PR or CR had relapsed"
            if not countable(t) or (
                t.id in ("PD", "SD", "OTHER_EFFICACY") and re.match(r"(?i)without|free|absence", m[0])
            ):
                at = t.end
                if taken and t.kind != "sink":
                    break
                continue
            if cue("unlike").match(text[t.end : t.end + 20].lstrip()) or _ANSWERED.match(text, t.end):
                break
            general = _IN_GENERAL.fullmatch(t.words) or _TOLERATED.search(text, start, m.start())
            if m[0].lower() == "without" and t.id in ("SAE", "TEAE") and general:
                break  # "well tolerated without severe toxicity" counts nobody
            if _IN_MORE.match(text, t.end, end):
                break  # "no other toxic effects were reported in more than 10%"
            if taken and _IN_SOME.match(text, t.end) and re.search(r"\band\b", gap):
                break  # "no objective responses and stable disease in 4 of 18"
            taken.append(t)
            at = t.end
            if re.search(r"(?i)(?:due|related|attribut\w+|owing) to\b|caused by", t.words):
                break
        for t in taken:
            yield _zero(t, m.start(), m.end(), "none")


_BECAUSE = re.compile(r"\b(?:due to|because of|caused by|related to|attribut\w+ to|owing to|from)\b", _I)


_OTHER = re.compile(r"其他|其它|另外")
_LIST_ZH = re.compile(
    r"[^,]{0,24},\s?(?:(?:≥|>)?\s?[1-5](?:\s?[-~]\s?[1-5])?\s?级(?:及以上|以上)?|任何|其他|其它|以及|和|或|及|亦|也|无|均|未见|"
    r"未发生|未出现|未观察到|的|级别|治疗相关|严重|\s)*"
)


_ANSWERED = re.compile(
    r"\s?\(\s?0\s?(?:/|of)\s?\d+|\s?\(\s?n\s?=|\s?[(:]\s?\d+\s?[,;)]|\s?[≥>(]?\s?\d+(?:\.\d+)?\s?%"
    r"|(?:的?(?:总体?)?发生率|总?率)\s?(?:为|是|达|:)?\s?\(?\d|\s?(?:为|共|仅见|仅有|只有|仅|有)?\s?\d{1,4}\s?[例名位]"
    r"|\s?:?\s?[≥>]?[1-5](?:\s?[-~]\s?[1-5])?\s?级(?:及以上|以上)?者?\s?(?:为|共)?\s?\d|\s?(?:均|多|主要|皆)(?:为|是|系)?\s?第?[1-5]"
)


def _ends(text: str, gap: str, some: bool, at: int, t: Term) -> bool:
    """Whether the scope of a negation ended before this term."""
    if len(gap) > 95:
        return True
    if some and re.fullmatch(r"\s?,\s?(?:and |or |any |other |grade [\d≥\- ]+)*", gap):
        return False
    if some and re.search(r",[^,]*[一-鿿]", gap) and not _LIST_ZH.fullmatch(gap):
        return True
    if some and re.fullmatch(r"[\s)]*(?:、|,|或|和|及|以及|与)(?:任何|其他|其它|等)?\s?", gap):
        return False
    words = bare_words(gap)
    if re.search(r"\.\s", words):
        return True
    if _STOP.search(words if some else re.sub(r"\A[^,]{0,40},\s?(?=\w+\s)", " ", words) if False else words):
        return True
    return bool(some and _PASSIVE.search(words))


def _listed_end(text: str, terms: Sequence[Term], i: int) -> int:
    """Where the list of events ends that a term stands in: "CRS, neurotoxicity and GVHD were all absent"."""
    j = i
    while j + 1 < len(terms) and terms[j + 1].kind == "tox" and _THEN.fullmatch(text[terms[j].end : terms[j + 1].start]):
        j += 1
    return terms[j].end


_THEN = re.compile(r"\s?,\s(?:(?:and|or)\s)?|\s(?:and|or)\s", _I)


def _not_seen(text: str, terms: Sequence[Term], cells: Sequence[Cell], start: int, end: int) -> Iterator[Reading]:
    for i, t in enumerate(terms):
        if not countable(t) or t.id in ("PD",):
            continue
        m = _NOT_SEEN.match(text, _listed_end(text, terms, i), end)
        if (
            not m
            or _MODAL.search(text, max(start, t.start - 160), t.start)
            or any(t.end <= c.lo < m.end() for c in cells)
            or cue("unlike").search(m[0])
            or re.search(r"\b(?:and|but|with|while)\s(?:none|no)\b", m[0], re.I)  # "3 had CRS and none had grade 4"
        ):
            continue
        if any(t.end <= o.start < m.end() and o.kind in ("time", "dose", "sink") for o in terms[i + 1 :]):
            continue
        if re.search(r"(?i)\bbut\b|\bexcept|[;。]|,\s(?:and|while)", m[0]):
            continue
        if re.match(r"[一-鿿≥\d]", text[m.end() : m.end() + 1]) and not re.match(
            r"到?明显|于|过|者", text[m.end() : m.end() + 2]
        ):
            continue
        yield _zero(t, m.start(), m.end(), "not seen")


_EACH = hinted(
    r"(?<![\d.])(?P<n>\d{1,4})\s?[例名位](?P<who>[^,;。\d]{0,40}?(?:,(?=均(?:达|获|取得)))?)(?<![不平])(?:均|都|全部)(?!未|无|没|接受|完成|可评|纳入|为[^,;。]{0,3}[男女])"
)


def _each(text: str, terms: Sequence[Term], cells: Sequence[Cell], start: int, end: int) -> Iterator[Reading]:
    """15例患者均发生了CRS; 达CR及以上的17例患者MRD均转阴: n of n."""
    for m in _EACH.finditer(text, start, end):
        term = next((t for t in terms if t.end >= m.end() and t.start < m.end() + 14), None)
        if term is None or not countable(term) or re.search(r"[,;。未无]", text[m.end() : max(m.end(), term.start)]):
            continue
        n = float(m["n"])
        a, b = m.span("n")
        yield Reading(term, Cell("count", a, b, a, max(b, m.end()), n, unit="patients", den=n), "each")


def _all(text: str, terms: Sequence[Term], cells: Sequence[Cell], start: int, end: int) -> Iterator[Reading]:
    for m in _ALL.finditer(text, start, end):
        if any(c.lo < m.end() and m.start() < c.hi for c in cells):
            continue
        if re.search(
            r"(?i)(?:\bamong|\bnot|\bnearly|\balmost|\bfor(?=\sall)|\bof|\bfrom|\bto|除)\s?\Z",
            text[max(start, m.start() - 8) : m.start()],
        ):
            continue
        term = None
        before = text[max(start, m.start() - 60) : m.start()]
        if re.search(r"(?i)\b(?:in|by|for)\s?\Z|见于|发生[于在]|出现[于在]", before):
            back = [t for t in terms if t.end <= m.start() and t.start >= start]
            near = back[-1] if back else None
            if near and countable(near) and not any(near.end <= c.lo < m.start() for c in cells):
                term = near
        elif _ACTIVE.match(text, m.end(), end):
            term = next((t for t in terms if t.start >= m.end() and not _who_had(text, m.end(), t)), None)
            if term and m["zh"] == "" and ALL_EVENTS.fullmatch(text[m.end() : term.start]):
                term = None  # 所有CRS均可逆: all of the events
            shut = _BRACKETED.match(text, m.end())
            since = shut.end() if shut else m.end()
            if term and (term.start - since > 90 or any(since <= c.lo < term.start for c in cells)):
                term = None
            if term and re.search(r"(?i)[,;。]|\bno\b|\bwithout\b|\bfor\b|\bwho\b|未|无", text[since : term.start]):
                term = None
        if term and term.id == "OTHER_SAFETY":  # "all developed aplasia and experienced CRS"
            told = next((t for t in terms if t.start >= term.end), None)
            joined = told and _AND_HAD.fullmatch(text[term.end : told.start])
            term = told if joined and told and told.kind == "tox" else term
        if term and countable(term) and term.id not in ("OTHER_SAFETY", "OTHER_EFFICACY"):
            cell = Cell("rate", m.start(), m.end(), m.start(), m.end(), 100.0, unit="%")
            yield Reading(term, cell, "all")
