"""How a cell stands in its sentence: as subject ("7 had stable disease"), as object, as a time point, as a group size."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._numbers import PATIENTS, WORD
from ._outcome_cells import RELATIVE, Cell, bare_words, behind
from ._outcome_terms import Term

I = re.I | re.A
_MAIN = (
    r"had|has|have|achieved|achieving|attained|attaining|obtained|obtaining|reached|reaching|"
    r"(?:returned|reverted|converting|converted)\sto|developed|developing|experienced|experiencing|"
    r"showed|showing|exhibit(?:s|ed|ing)?|demonstrated|demonstrating|remained|remains?|maintained|responded|"
    r"progressed|relapsed|suffered|met|"
    r"presented|displayed|manifested|saw|sustained|were|was|are|is|did|stabili[sz]ed|became|"
    r"survived(?!\sto\s(?:undergo|receive))|appeared|got|"
    r"tested|converted|recovered|reported|responding|progressing|meeting|fulfilling|entered|went|lived|"
    r"exhibited|fulfilled|underwent a"
)
_EXPOSED = (
    r"died|received|underwent|completed|discontinued|required|needed|requiring|needing|dying|discontinuing|withdrawing|"
    r"lost|withdrew|continued|continuing|"
    r"continue|started|went(?! into (?:CR|complete|remission|molecular))|"
    r"entered(?! (?:an? )?(?:CR|complete|partial|morpholog|molecular|hematolog|remission|PR\b))|"
    r"(?:had|have|has)\s(?:\w+ly\s)?(?:received|undergone|completed|discontinued)|enrolled|failed|"
    r"proceed(?:ed|ing)|going on|refused|declined|(?:were|was|are|is|been)\s(?:\w+ly\s)?(?:enrolled|"
    r"treated|"
    r"infused|screened|randomi[sz]ed|"
    r"assigned|included|recruited|evaluable|assessable|evaluated|analy[sz]ed|eligible|excluded|apheresed|male|"
    r"female|men|women|"
    r"hospitali[sz]ed|transplanted|registered|accrued|available|aged|administered|given|followed)"
)
_VERB = rf"(?:(?P<exposed>{_EXPOSED})|(?P<main>{_MAIN}))"
_COMMA = r"\s?,(?!\s(?:including|with|of whom|of which)\b)"  # "60% responded, including 25% in CR"
_ADVERB = (
    r"(?:(?:each|also|still|then|further|additionally|subsequently|never|not|all|both|only|eventually|finally|"
    r"[a-z]{3,}ly)\s)?"
)
_HEAD = (
    r"\s{0,4}(?:%\s?)?(?:(?:of|the|all|these|our|them|infused|evaluable|treated|enrolled|assessable|further|more|"
    r"other|additional)\s){0,4}"
)
_WITH = (
    r"(?:(?:with|without|in|treated|at|on|from|receiving|infused|of|for|given|dosed|enrolled|evaluated|assigned|randomi[sz]ed|"
    r"available|tested|evaluable|having|aged|after|harbou?ring|assessed|previously|refractory|"
    r"crossing|crossed|switching|switched|undergoing|completing|entering|pre-?treated|resistant|intolerant|"
    r"whose)\s(?:(?:[^.;:,()]|(?<=\d)\.(?=\d)){2,120}?\s)?)?"
)
_WHO = (
    r"(?:(?:who|that)\s(?:(?:had|have|has|were|was|are|did|could)\s)?(?:not\s|never\s|previously\s|be\s|been\s)?[\w-]+\s"
    r"(?:[^.;,]{2,130}?\s)?)?"
)
_WHO_DID = r"(?:who\s(?:were|was|had|have|are)\s(?:[a-z]+ly\s)?[a-z-]+(?:ed|en)\b[^.;,]{0,50}?\s)?"
_SUBJECT = re.compile(
    (
        rf"{_HEAD}(?:(?:[a-z][\w/-]*\s){{0,4}}?(?:{PATIENTS}|remissions|responses|CRs|those|whom|which)"
        rf"\s{_WITH}{_WHO}|{_WHO_DID}(?:(?:treated|given|receiving|infused|dosed|enrolled|tested|in|with|at|"
        rf"on)\s(?:(?!who\b)[^.;,()]){{2,60}}?\s)?(?=\w)){_ADVERB}{_VERB}\b(?!{_COMMA})"
    ),
    I,
)
_SHARE_SUBJECT = re.compile(
    (
        rf"{_HEAD}(?:(?:[a-z][\w/-]*\s){{0,4}}?(?:{PATIENTS}|remissions|responses|CRs|those|whom|which|"
        rf"(?:whole|entire|total|study)\s(?:group|cohort|population|series))"
        rf"\s{_WITH}{_WHO}|{_WHO_DID}(?:(?:treated|given|receiving|infused|dosed|enrolled|"
        rf"tested)\s[^.;,()]{{2,60}}?\s)?(?=\w)){_ADVERB}{_VERB}\b(?!{_COMMA})"
    ),
    I,
)
_AFTER_NOUN = re.compile(rf"\s{{0,2}}{_WITH}{_WHO}{_ADVERB}{_VERB}\b(?!{_COMMA})", I)
_SUBJECT_ZH = re.compile(
    r"(?!\s?(?:例|名|位)?(?:患者)?可评[估价]疗效,其中|\s?%?\s?,?且均)\s?(?:%|例|名|位)?\s?(?:的)?(?:可评[估价])?(?:患者|受试者|病人|病例|患儿)?"
    r"(?!(?:均|已|都)?(?:可|能|得以|具有|具备|拥有|有)(?:供|用于|进行|获得)?(?:疗效|有效性|缓解|安全性)?的?(?:评[估价]|分析|数据|资料|疗效数据))"
    r"[^,。;、]{0,16}?"
    r"(?:出现|发生|达到|获(?!批|益)|获得|取得|评价为|评估为|经历|表现为|表现出|呈|实现|产生|处于|疗效|最佳疗效|复发|稳定|继续(?=进展)|"
    r"有(?=[^效])|为|达)"
)
_PREPOSITION = re.compile(
    r"(?:\b(?:(?:in|by|of)\s(?:the\s)?(?:other|remaining)|in (?:all(?: of)?(?: the| these)?|only|just|another|a further)|in|by|"
    r"for|among|of|from|at|to|was|were|is|are|reached|"
    r"reaching|being|with|including|only|"
    r"approximately|about|around|"
    r"achieved|had|showed|yielded|estimated)\s?|[:=]\s?|[(\[]\s?|"
    r"(?:为|是|达到|达|高达|仅|仅为|约|约为|有|在|于|分别为|至|共|包括)\s?)\Z",
    I,
)
_GROUP = re.compile(
    r"(?:\bamong\s(?:the\s|all\s|all the\s)?|\bin\s(?:all\s)?the\s|\b(?:set|population|subset|subgroup|cohort) of\s|"
    r"(?:\A|[,;(.:]\s?|\band\s|-\s)(?:of|among|in|for|"
    r"from|amongst|out of|overall,? of)\s(?:a total of\s|"
    r"the\s(?:first\s|other\s)?|these\s|all\s)?)\Z|(?:纳入的?|共|在|入组)\s?\Z",
    I,
)
_POINT = re.compile(
    r"(?:\b(?:at|by|within|after|during|until|till|through|throughout|over|past|before|beyond|from|for|up to|"
    r"up to a|every|least|first|than|least|"
    r"initial|last|to|on)\s(?:the\s)?(?:first\s|a\s|least\s|day\s)?|(?:第|至|超过|随访至|观察)\s?)\Z",
    I,
)
_AFTER_POINT = re.compile(
    (
        r"[\s-]?(?:post|after|following|prior|before|later|apart|earlier|ago|old|of follow|follow-up\b(?! (?:was|of))|"
        r"内|后|前|时|以上|的随访)"
    ),
    I,
)
_ZH_POINT = re.compile(r"\s?(?:的|时|时的)?\s?(?:总体?|无|中位|累积|预计)?")


def prune(text: str, terms: Sequence[Term], cells: Sequence[Cell], start: int) -> list[Cell]:
    """Cells without time points ("at 6 months", 1年总生存率) and without bare numbers that stand for nothing."""
    out: list[Cell] = []
    point: Cell | None = None  # the time point before, nothing but a ratio of its own between
    for i, c in enumerate(cells):
        following = cells[i + 1] if i + 1 < len(cells) else None
        if c.kind == "time" and not c.ci and not c.spread:
            joined = point and re.fullmatch(
                r"\s*(?:,|and|or|to|-|,\sand|和|、|及)\s?", bare_words(text[point.hi : c.lo])
            )
            lived = re.search(r"\bsurvived\s(?:for\s)?\Z", text[max(0, c.lo - 14) : c.lo])
            lived = lived if i and cells[i - 1].kind == "rate" else None
            if joined or lived or _is_point(text, terms, c, following, start):
                point = c
                continue
        point = point if c.kind == "ratio" else None
        if c.kind == "bare" and not _means(text, terms, c, cells, i):
            continue
        out.append(c)
    return out


_PROLONGED = re.compile(r"(?:延长|缩短|提高|改善|增加|升高|上升|下降|达)了?(?:至|到)\s?(?:了)?\s?\Z")  # PFS延长至25.4个月
_THEN_ZH = re.compile(r"(?:时|末)?(?:则|仍|已|降|升|分别)?(?:为|达到?|至|:)\s?")
_YEARS = re.compile(  # 1年,3年,5年生存率
    r"(?<![\d.])\d{1,2}\s?(?P<u>年|个?月)(?:\s?,\s?\d{1,2}\s?(?P=u)){1,4}(?=[一-鿿A-Z]{0,8}率)"
)
_RISEN = re.compile(r"\bfrom (?:a median of )?[\d.]+\s?(?:months?|mo|weeks?|days?|years?)?\s?(?:\([^()]*\)\s)?to\s\Z")


def _is_point(text: str, terms: Sequence[Term], c: Cell, following: Cell | None, start: int) -> bool:
    before = text[max(start, c.lo - 24) : c.lo]
    timed = any(t.kind == "time" and text[t.end : c.lo] == " at " for t in terms)
    valued = re.match(r"\s(?:was|were|is|reached)\b", text[c.hi : c.hi + 9])
    if timed and not valued and re.search(r"median\b[^;\d]*\Z", text[max(start, c.lo - 70) : c.lo], I):
        return False  # "and the median time to response at 1.9 months"
    if re.match(r"'?\s(?:of\s)?(?:median|mean)\s(?:study\s)?(?:follow|observation)", text[c.hi : c.hi + 30]):
        return False
    if before.endswith("median ") and re.match(r"\s(?:study\s)?follow", text[c.hi : c.hi + 16]):
        return False
    if c.bound and not re.search(r"(?i)about|~|约", c.bound):
        return True
    versus = re.match(r"\s(?:versus|vs\.?)\s(?:only\s)?[\d.]+\s(?:months|weeks|years)", text[c.hi :][:28])
    if versus and before.endswith(", at ") and any(t.kind == "time" and t.end < c.lo for t in terms):
        return False  # "median PFS favored arm A, at 29.4 months versus 15.2 months"
    risen = re.search(r"\b(?:longer|shorter) than the\s\Z", before) or _RISEN.search(text[max(start, c.lo - 60) : c.lo])
    risen = risen or _PROLONGED.search(before)
    if not risen and _POINT.search(before) and not re.search(
        r"(?i)median[^,;.]{0,12}\Z|survival (?:\w+ )?(?:for|to)\s\Z|improved from\s\Z|increased from\s\Z|"
        r"(?:prolonged|extended|rose|decreased|declined|fell|dropped) from\s\Z|"
        r"(?:opposed|compared) to\s\Z|(?:responders|group|arm|controls) for\s\Z",
        before,
    ):
        return True
    if (
        following
        and following.kind == "rate"
        and following.value is not None
        and text[c.hi : following.lo] in (" ", ": ")
    ):
        return True  # "EFS: 6 mo 60%, 12 mo 44%"
    if _AFTER_POINT.match(text, c.hi) and not re.search(r"(?i)(?:was|were|of|:|,\sand|为|中位\w*)\s?\Z", before):
        return True
    if re.match(r"\s?率", text[c.hi : c.hi + 2]):
        return True  # 12个月率40.2%
    if following and following.kind == "rate" and _THEN_ZH.fullmatch(text[c.hi : following.lo]):
        return True  # 6个月为73.3%
    if any(m.start() <= c.lo < m.end() for m in _YEARS.finditer(text, max(start, c.lo - 30), c.hi + 40)):
        return True
    term = next((t for t in terms if t.start >= c.hi), None)
    value = re.search(r"(?:为|是|达到?|仅|中位\w{0,6})\s?\Z", before)
    if term and term.rate and not value and _MORE_POINTS.fullmatch(text[c.hi : term.start]):
        return True
    if (
        term is None
        or term.kind not in ("time", "survival", "response")
        or not _ZH_POINT.fullmatch(text[c.hi : term.start].replace("-", ""))
    ):
        return False
    if term.kind == "response" or term.rate:
        return True
    return bool(following and following.kind == "rate" and following.lo >= term.end and following.lo - term.end < 40)


_MORE_POINTS = re.compile(
    r"(?:\s?(?:、|和|及|与)\s?\d{1,3}\s?(?:个?月|年|周|天)?){1,5}\s?(?:时?的)?\s?(?:总体?|无|中位|累积|预计)?"
)
_THINGS = re.compile(
    r"\s(?:of the most\b|(?:percentage )?points?\b|or more\b|most\b|different\b|frequent|important|main|major|"
    r"(?:(?!in |at |on |with |from |for |by )[a-z]+ )?(?:cycles?|"
    r"doses?|times|courses?|infusions?|visits?|groups?|cent(?:er|re)s?|sites?|arms?|lines?|drugs?|agents?|"
    r"studies|trials|genes?|markers?|lesions?|fractions|injections?|treatments?|levels?|cohorts?|types?|"
    r"categories|factors|hospitals|countries|phases|parts|steps|regimens)\b(?!-))",
    I,
)


def _alone(cells: Sequence[Cell], c: Cell, text: str) -> bool:
    """Whether a number alone in brackets is the only one of its kind: a reference mark, no count."""
    return not any(
        x is not c and x.kind == "bare" and text[x.lo - 1 : x.lo] == "(" and text[x.hi : x.hi + 1] == ")" for x in cells
    )


def _means(text: str, terms: Sequence[Term], c: Cell, cells: Sequence[Cell], i: int) -> bool:
    """Whether a bare number may be a count: a subject, or right beside a term."""
    if c.value is None or c.value != int(c.value) or re.search(
        r"(?:[<>≥≤]|\bat least)\s?\Z", text[max(0, c.lo - 10) : c.lo]
    ):
        return bool(c.ci)  # "patients with a score > 2 had"
    if is_subject(text, c, len(text)):
        return True
    if _GRADED.match(text, c.hi):
        return True
    close = re.compile(r"[^()\[\]]*").match(text, c.hi)
    shut = close.end() if close else c.hi
    alone = re.match(r"\s?(?:[)\];,%/]|of\b)", text[c.hi : c.hi + 4]) or any(c.hi <= t.start < shut for t in terms)
    if text[c.lo - 1 : c.lo] in ("(", "[") and not alone:
        return False  # "(one unconfirmed)"
    if _THINGS.match(text, c.hi) or (
        text[c.lo - 1 : c.lo] == "(" and text[c.hi : c.hi + 1] == ")" and _alone(cells, c, text)
    ):
        return False
    if _GRADE_IN.search(text[max(0, c.lo - 30) : c.lo]):
        return True
    told = any(0 <= c.lo - t.end <= 40 for t in terms) and re.search(
        r"\bin (?:all|only|just)\s\Z", text[max(0, c.lo - 9) : c.lo]
    )
    if told and re.match(r"\s?[,.;)]|\Z", text[c.hi : c.hi + 2]):
        return True  # "SD was the best response in all nine"
    if text[c.lo - 1 : c.lo] in "x×" and any(0 <= c.lo - t.end <= 3 for t in terms):
        return True  # "G4 neutropenia ×7"
    if _AND_OTHERS.match(text, c.hi) or _SEVERE_IN.search(text[max(0, c.lo - 60) : c.lo]):
        return True
    near = [t for t in terms if 0 <= t.start - c.hi <= 40 or 0 <= c.lo - t.end <= 40]
    if (
        near
        and _SEEN_IN.search(text[max(0, c.lo - 44) : c.lo])
        and re.match(r"\s?(?:[,.;)(]|and\b|\Z)", text[c.hi : c.hi + 5])
    ):
        return True  # "occurred in nine"
    if re.search(r"(?i)\bin (?:the )?(?:other|remaining)\s\Z", text[max(0, c.lo - 18) : c.lo]) and near:
        return True
    if any(x.kind == "bare" and abs(x.lo - c.lo) < 40 for x in cells if x is not c) and near:
        return True
    return any(
        re.fullmatch(r"[\s,]{0,2}(?:[a-z-]+\s){0,4}", text[c.hi : t.start], I)
        if t.start >= c.hi
        else re.fullmatch(
            r"[\s:=(\[)]{0,3}(?:rates?|of|was|were|in|为|仅|only|(?:any|all)[\s-]grades?)?[\s:=,]{0,2}",
            text[t.end : c.lo],
            I,
        )
        for t in near
    )


_GRADED = re.compile(r"\s(?:(?:with|had|of|was|at|were|having|experiencing)\s)?(?:a\s)?(?:grade|Gr|G)\s?[≥\dIV]", I)
_GRADE_IN = re.compile(
    r"\b(?:grade|Gr)s?\s?[≥\d/-]+(?:\s(?:or|and|to)\s(?:\d|higher|greater|above|worse))?\s?(?:in|:|=)\s?\Z", I
)
_SEVERE_IN = re.compile(r"\b(?:mild|moderate|severe|life-threatening)\s(?:\([^()]*\)\s)?in\s\Z", I)
_AND_OTHERS = re.compile(
    rf"\s(?:(?:un)?confirmed|durable|transient|new|mild|severe),?\s(?:and|or)\s(?:\d+|{WORD})\s", I
)
_SEEN_IN = re.compile(
    r"\b(?:occurred|observed|seen|reported|noted|developed|recorded|documented|found|"
    r"confirmed|achieved|attained|obtained|present|evident|detected|diagnosed|identified|encountered|experienced|"
    r"described)\s(?:only\s)?in\s\Z",
    I,
)


_SOME_OF = re.compile(
    rf"\b(?:half|thirds?|quarters?|fifths?|majority|most|minority|proportion)\s(?:of\s(?:the\s|these\s|all\s|"
    rf"our\s)?)?(?:\w+\s){{0,2}}"
    rf"(?:{PATIENTS})\s[(\[]\Z",
    I,
)  # "half of the patients (8/16) responded"


def verb_of(text: str, c: Cell, end: int) -> re.Match[str] | None:
    """The verb whose subject the cell is, or None. Group `exposed` is set for verbs that report no outcome."""
    opened = text[max(0, c.lo - 120) : c.lo]
    if max(opened.rfind("("), opened.rfind("[")) > max(opened.rfind(")"), opened.rfind("]")) and re.match(
        r"[^([]{0,40}[)\]]", text[c.hi : c.hi + 41]
    ) and not _SOME_OF.search(opened):
        return None
    since = behind(text, c)
    after = re.sub(r"\A\s?[)\]]", "", text[since : min(end, since + 260)])
    after = re.sub(r",\srespectively,?(?=\s)", "", after)
    after = _SEEMED.sub("achieved", after, count=1) if " to " in after else after
    after = re.sub(r"\s{2,}", " ", RELATIVE.sub("", bare_words(after), count=1))
    after = _RESPECTIVELY.sub("", after, count=1)
    if after.lstrip()[:1] in (",", ";", ":", "."):
        return None
    after = re.sub(r"\b([a-z])\.([a-z])\.(?=\s)", r"\1\2", after)  # i.v., s.c.
    joined = re.search(r"\b(?:vs\.?|versus|and|than)\s\Z", text[max(0, c.lo - 8) : c.lo])
    subject = _SHARE_SUBJECT if c.kind == "rate" and c.num is None and not joined else _SUBJECT
    found = (_AFTER_NOUN if c.noun else subject).match(after) or (subject.match(after) if c.noun else None)
    if found and c.kind == "rate" and c.num is None and _WHO_DID_IT.search(after[: found.start(found.lastgroup or 0)]):
        return None  # "and 78% in patients that did not receive it"
    return found or (_AFTER_NOUN.match(after) if c.den and _TREATED.match(after) else None)


_SEEMED = re.compile(  # "3 of 5 seemed to achieve CR", "were deemed to have obtained a PR"
    r"\b(?:seem(?:ed)?|appear(?:ed)?|(?:was|were)\s(?:deemed|considered|judged|felt|thought|found|reported|assessed))\sto\s"
    r"(?:have\s)?(?:achieve|obtain|attain|reach|have had|experience|develop|be in|show|had)(?:e?d)?\b",
    I,
)
_WHO_DID_IT = re.compile(rf"\A[\s)]*(?:in|among|for|with)\s[^.;,()]*\b(?:{PATIENTS}|those|whom)\s(?:who|"
    rf"that)\s(?:\w+ly\s)?\Z", I)
_TREATED = re.compile(
    r"\s(?:treated|infused|dosed|given|receiving|enrolled|in|at|on|with|"
    r"without)\b",
    I,
)  # "two of three treated at DL2 had"
_RESPECTIVELY = re.compile(r",?\srespectively,?(?=\s)", I)


def is_subject(text: str, c: Cell, end: int) -> bool:
    """Whether the words after a cell make it the subject of a verb.

    >>> c = Cell("bare", 0, 1, 0, 1, 7.0)
    >>> is_subject("7 had stable disease", c, 20), is_subject("7 (30%) and ICANS", c, 17)
    (True, False)
    """
    if verb_of(text, c, end):
        return True
    after = bare_words(text[c.hi : min(end, c.hi + 40)].lstrip(")] "))
    return bool(re.search(r"[一-鿿]", after[:12]) and _SUBJECT_ZH.match(after))


def is_object(text: str, c: Cell, start: int) -> bool:
    """Whether the words before a cell make it an object: "occurred in 20 of 27", "ORR: 40%"."""
    before = text[max(start, c.lo - 40) : c.lo]
    only = c.noun and _ONLY.search(before) and _HAPPENED.match(text, c.hi)
    return bool(_PREPOSITION.search(before)) and not only and not (c.noun and _THERE_ARE.search(before))


_ONLY = re.compile(r"[,;。:(]\s?(?:其中|但|而|且)?(?:仅|只)(?:有)?\s?\Z")  # 5例达MRD阴性,仅2例发生1级CRS
_HAPPENED = re.compile(r"\s?(?:患者|受试者|患儿)?(?:发生|出现)了?(?![于在率])")


_THERE_ARE = re.compile(
    r"(?:\A|[,;。、:(])\s?(?:其中|另外?|还|仅|只|共|也|各|则|尚|但|此外|并)*有\s?\Z"
)  # 另有7例患者病情稳定


def among(text: str, c: Cell, start: int) -> bool:
    """Whether a count names people of whom something else is told: "among the 25 patients achieving CR"."""
    return c.noun and c.kind == "count" and bool(_AMONG.search(text[max(start, c.lo - 24) : c.lo]))


_AMONG = re.compile(
    r"(?:\b(?:among|amongst)\s(?:the\s|all\s|these\s|all the\s)?|\b(?:in|of|for)\s(?:all\s)?(?:the|these|our)\s)"
    r"(?:(?:first|last|initial|next)\s)?\Z",
    I,
)


_RESULTS_FOR = re.compile(
    r"\b(?:results?|data|analys[ei]s|outcomes?|evaluations?|assessments?)\s(?:for|in|of|"
    r"from|on)\s(?:the\s|all\s)?\Z", I)
_OPENED = re.compile(r"(?:In|Among|Of|For|Within|Across)\s[^,;:()\[\]]{0,60}\Z")


def is_group(text: str, c: Cell, start: int) -> bool:
    """Whether a count is a group's size: "Of 16 evaluable patients, ..."."""
    if c.kind == "rate" and (c.value is not None or c.den):
        return False  # a share or a fraction is no group
    if c.noun and (_OPENED.match(text[start : c.lo]) or _RESULTS_FOR.search(text[start : c.lo])):
        return True
    return bool(_GROUP.search(text[max(start, c.lo - 60) : c.lo]))


IN_SO_MANY = re.compile(
    rf"\s(?:[a-z]+\s){{0,3}}?(?:occurred|reported|recorded|observed|seen|documented|noted)?\s?in\s(?:\d+|{WORD})\s"
    r"(?:\([^()]*\)\s)?(?:patients|pts|subjects|participants)\b",
    re.I,
)
