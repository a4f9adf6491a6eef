"""Context: whether a sentence's values are this study's, and if not, why; in reviews, which study they belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ._numbers import PATIENTS, WORD
from ._outcome_cells import bare_words
from ._outcome_text import Sentence

_I = re.I | re.A
_PRECLINICAL = re.compile(
    r"\b(?:mice|mouse|murine|xenografts?|in vitro|ex vivo (?:assay|culture)|rats?|animal models?|PDX|tumou?r-bearing|"
    r"non-?human primates?|macaques?|organoids?)\b|\bcell lines?\b(?! therapy)|小鼠|裸鼠|大鼠|体外|动物模型|"
    r"动物实验|细胞系|异种移植|临床前",
    _I,
)
_HYPOTHESIS = re.compile(
    r"\bassum\w+|\b\d+\s?% power\b|\bpower of\b|\bto detect\b|\bdetecting\b|\bnull (?:hypothesis|of)\b|"
    r"\bnull\b.{0,20}\d|\bhypothes\w+|"
    r"\bsample size\b|\bwould (?:be|have|need|result|warrant|indicate)\b|\bwill (?:be (?!presented)|enroll?|"
    r"assess|evaluate|stop|include|consist|conclude|recruit|determine)\b|\bplan(?:s|ned)? to\b|\bare planned\b|"
    r"\bis planned\b|"
    r"\bif (?:[≥>]?\s?\d+|one|two|three|at least|fewer|more|none|a|the)\b.{0,60}\b(?:of|or|experience|"
    r"responses?|patients|DLT)\b|\bfutility\b|\bstopping rule\b|"
    r"\btarget(?:ed|ing)? (?:toxicity|DLT|ORR|response) rate\b|\btype I error\b|\bone-sided\b|\btwo-stage\b|\bSimon\b|"
    r"\bat least \d+ (?:responses?|responders?|patients)\b.{0,40}\b(?:required|occurred|needed|among)|"
    r"\bconsidered (?:positive|promising|successful)\b|\bend ?-?points?\b[^.;]{0,40}\b(?:were|was|is|are|"
    r"include\w*)\b|\baim\w* to (?:achieve|detect|demonstrate|show|assess|evaluate)\b|"
    r"\b(?:purpose|aim|goal) of (?:this|the|our) (?:study|trial|work)\b|\A\W{0,3}to (?:evaluate|determine|"
    r"assess|observe|compare|investigate|explore|study|examine|estimate|establish|describe|document|define|"
    r"measure|test)\b|"
    r"(?<!as )\bexpected (?:\w+[ -]){0,3}(?:survival|response|rates?|median|OS|PFS|ORR|disease)\b|"
    r"\bif (?:there (?:are|were)|no|in the)\b|\bin case of\b|\bthe study design required\b|\brequired for\b|"
    r"\b(?:purpose|aim|goal) of (?:this|the|our) (?:study|trial|work)\b|\A\W{0,3}to (?:evaluate|determine|"
    r"assess|observe|compare|investigate|explore|study|examine|estimate|establish|"
    r"describe|document|define|measure|test)\b|(?<!as )\bexpected (?:\w+[ -]){0,3}(?:survival|response|rates?|median|"
    r"OS|PFS|ORR|disease)\b|\bif (?:there (?:are|were)|no|in the)\b|\bin case of\b|\bstudy design required\b|"
    r"\bin favou?r of a\b|\bp[01]\s?=|"
    r"\bto be (?:enrolled|assessed|evaluated)\b|\bestimated enrol\w+|\bmaximum of \d+\b|"
    r"\bup to \d+ (?:patients|participants)\b|\bexpected (?:to|rate|median)\b|"
    r"\bsafety monitoring|\bwere to be\b|\bassessed up to\b|\bobjectives?\b(?! (?:response|remission|tumou?r|"
    r"partial|overall|clinical|radio))[^.;]{0,40}\b(?:is|are|were|was|include\w*)\b|"
    r"计划(?:入组|纳入|招募|共)|拟(?:入组|纳入)|假设|预期|预计|样本量|检验效能|把握度|主要终点|次要终点|旨在|"
    r"将(?:评估|入组|纳入|进一步|采用)|若.{0,20}则",
    _I,
)
_DEFINED = re.compile(r"\b(?:is|was|were|are) defined as\b|\bdefined as\b|\bdefinition of\b|定义为|被定义|指的是", _I)
_OTHER = re.compile(
    r"\bprevious(?:ly)? (?:reported|published|described|stud\w+|trials?|phase|report|work|shown|demonstrated)"
    r"\b|\bin (?:a |an |the )?(?:previous|prior|earlier|recent|other|another) (?:phase|study|trial|report|"
    r"series|clinical)\b|"
    r"\b(?:previous|prior|earlier) (?:phase (?:I|1|2)\w*|stud(?:y|ies)|trials?|reports?)\b|\bhistorical(?:ly)"
    r"?\b|\bin the literature\b|\bet al\b|\b(?:has|have) (?:been )?(?:reported|shown|demonstrated|produced|"
    r"led to|resulted in|revolutionized|yielded|achieved)\b|"
    r"\bpooled\b|\bmeta-analys\w+|\bbeen associated with\b|\bwell[- ]known\b|\bpublished (?:data|results|"
    r"studies|literature)\b|\b(?:compares?|comparable|compared) favou?rably\b|"
    r"\baccording to the \w+ (?:group|trial|study)\b|\b(?:co-?workers|colleagues)\b|\bdata (?:show|suggest|indicate)\b|"
    r"\b(?:in|from) (?:two|three|several|many|some|large|other) (?:[\w-]+ ){0,4}?(?:series|studies|trials|"
    r"cohorts|reports)\b|"
    r"\b(?:an?|recent(?:ly)?,? an?) (?:[\w-]+ ){0,5}?(?:trial|study|series|review)\b (?:(?!we\b|our\b)[\w()"
    r"/-]+ ){0,14}?(?:showed|demonstrated|"
    r"reported|has shown|revealed|suggested|carried out|published)\b|\bbased on (?:the )?\w+ data\b|"
    r"\bin that study\b|\bthere have been no reports\b|\bsome reporting\b|\b(?:observed|reported|seen)"
    r" previously\b|既往(?:研究|报道|三线|文献|的?化疗|治疗的)|"
    r"文献报道|以往|先前(?:研究|报道)|曾报道|"
    r"历史对照|有研究(?:报道|显示)|研究表明|荟萃分析|汇总分析|优于|报道称",
    _I,
)
_STANDARD = re.compile(
    r"\bcure rate\b|\blong-term survival\b|\bsurvival rates? (?:remain|is|are|of (?:only|less|approximately|"
    r"about))\b|\bremain(?:s|ed)? (?:poor|dismal|low|greater|a |an |unmet|limited)\b|\bpoor prognosis\b|"
    r"\bdismal\b|"
    r"\bfirst-line .{0,60}\b(?:yields?|provides?|offers?|achieves?|results? in)\b|"
    r"\bstandard[- ]of[- ]care\b.{0,60}\b(?:yields?|provides?|has|have|is|are)\b|\byields? a\b|"
    r"\bincidence of (?:\w+ ){0,3}cancer\b|\bestimated new cases\b|"
    r"\brecurrence rates? remain\b|\b\d-year (?:overall )?survival rate is\b|预后(?:极?差|不良)|生存率一般|"
    r"一般低于|仅为?\d+%左右|"
    r"发病率|常规治疗|传统治疗",
    _I,
)
_BASELINE = re.compile(
    r"\bbefore (?:the )?(?:CAR|treatment|infusion|therapy|enrol\w+|study)|\bprior to (?:CAR|treatment|infusion|"
    r"enrol\w+|study)|\bat baseline\b|\bbaseline (?:characteristics|disease)\b|"
    r"\beligible (?:participants|patients|adults)\b|\beligibility\b|\binclusion criteria\b|"
    r"\bexclusion criteria\b|\bhad previously\b|\bafter (?:first-line|"
    r"frontline|induction|reinduction)\b|基线|入组标准|排除标准|入选标准|既往接受",
    _I,
)
_OWN = re.compile(
    r"\b(?:we|our)\b|\bthis (?:phase|study|trial|report|analysis|retrospective|prospective|open-label|"
    r"multicent\w+|single)\b|\bhere(?:in)?,? we\b|\bwere (?:enrolled|treated|randomi[sz]ed|assigned|included|"
    r"recruited|evaluated|infused|eligible|analy[sz]ed)\b|"
    r"\bpatients? (?:[\w-]+ ){0,8}?received\b|\bthe present study\b|\b(?:a|an) (?:phase|prospective|"
    r"retrospective|multicent\w+) [^.]{0,80}(?:study|trial) (?:was|were)\b|\bpurpose of (?:this|the) study\b|"
    r"本研究|本试验|本文报[告道]|我院|我们|共纳入|共入组|入组",
    _I,
)
_PEOPLE = re.compile(
    rf"(?:a total of |(?:between|from) [^.]{{0,40}}, )?(?:\d+|{WORD}) (?:[\w/-]+ ){{0,5}}?{PATIENTS}\b", _I
)
_NCT = re.compile(r"\bNCT[-\s]{0,2}(\d{8})|\bChiCTR[-\s]?(\w*\d{6,12})|\bISRCTN(\d{6,10})", _I)
_ANCHOR = re.compile(
    r"\b(?:phase (?:I{1,3}|IV|[1-4])(?:[ab])?(?:\s?[/-]\s?(?:I{1,3}|[1-4])[ab]?)? (?:[\w-]+ ){0,3}?(?:trial|"
    r"study)|(?:pilot|pivotal|prospective|randomi[sz]ed|retrospective|single-arm|clinical|multicent\w+|global|"
    r"real-world) (?:[\w-]+ ){0,4}?(?:trials?|study|analysis|evaluation|series)|"
    r"(?:trial|study|report|series|cohort) of \d+|CIBMTR)\b|(?<![A-Za-z])(?:[A-Z]{3,}[A-Za-z]*-\d{1,3}|"
    r"[A-Z]{2,5}-?\d{2,5}|[a-z]{2,6}-?\d{3,5})(?![\w-]|-PD|\s?(?:阳性|表达))|临床试验|期临床|期试验|(?:I{1,3}|"
    r"[1-3])期[^。;]{0,30}?(?:研究|试验|数据)|研究\s?\(n|临床数据|"
    r"临床研究|受试者|例患者|名患者|"
    r"位患者|名接受|期数据|名难治",
    _I,
)
_SPECIFIC = re.compile(
    (
        r"\b\d+ (?:[\w/-]+ ){0,4}?(?:patients|participants|children|adults)\b|\bn\s?=\s?\d+|\d+\s?[例名位]|"
        r"\bPhase|phase|"
        r"期临床|期试验|临床数据|临床试验|trial|study|analysis|evaluation"
    ),
    _I,
)
_PRODUCT = re.compile(
    (
        r"(?<![A-Za-z])(?:[A-Za-z]+(?:-[A-Za-z]+)?-?cel|[a-z]+leucel|Kymriah|Yescarta|Provenge|JCAR\d+|CT[LX]?\d{3,4}|"
        r"bb-?2121|[A-Z]{2,4}\d{2,4})(?![A-Za-z0-9])|(?:舒瑞基|泽沃基|西达基|伊基|纳基|瑞基|雷尼基)奥仑赛|"
        r"阿基仑赛|艾基维仑赛|替沙仑赛|[一-鿿]{2,8}单抗"
    ),
    _I,
)
_NEW_ITEM = re.compile(r"\s*(?:\d{1,2}[.)]\s|#{1,5}\s)")
_POOLED = re.compile(r"\bsystematic(?:ally)? review|\bmeta-analy|\bpooled\b|荟萃分析|系统评价|Meta分析", _I)
_REVIEW = re.compile(
    (
        r"\bthis (?:narrative )?review\b|\bsystematic(?:ally)? review|\bmeta-analysis\b|本文综述|综述了|综述目前|"
        r"\bPRISMA\b"
    ),
    _I,
)


_GENERAL = re.compile(
    (
        r"\A(?!.*\b(?:95\s?% CI|hazard ratio|occurred in|were observed|P\s?[<=]))(?=.*(?:\b(?:is|are|remains?|"
        r"have|has|can|may|yields?|yield|carries|face)\b|\bwith (?:[\w-]+ ){1,4}rates? (?:of |<|>)))"
    ),
    _I,
)
_CITED = re.compile(r"\[\d{1,3}(?:\s?[-,]\s?\d{1,3})*\]")


@dataclass(frozen=True, slots=True)
class Setting:
    """Of one sentence: why its values are background (None: they are the study's), and whose they are in a review."""

    background: str | None
    study: str | None
    names: str | None = None


def is_review(kind: str | None, text: str) -> bool:
    """Whether a document reports others' studies: said by its kind, or by its own words."""
    return kind in ("review", "news", "page:news") or bool(kind != "abstract" and _REVIEW.search(text[:1500]))


def settings(text: str, sentences: Sequence[Sentence], kind: str | None) -> list[Setting]:
    """The setting of each sentence, in order."""
    review = is_review(kind, text)
    own = [bool(_OWN.search(text, s.start, s.end) or _PEOPLE.match(text, s.start, s.end)) for s in sentences]
    intro = [not any(own[: i + 1]) and any(own[i + 1 :]) for i in range(len(own))]
    heading = any(s.role in ("results", "methods") for s in sentences)
    plan = not review and not _has_results(sentences) and _is_plan(text, sentences)
    out: list[Setting] = []
    study: str | None = None
    paragraph = -1
    pooled = review and bool(_POOLED.search(text))
    for i, s in enumerate(sentences):
        words = text[s.start : s.end]
        if review:
            study = _study(words, study, s.paragraph != paragraph, pooled)
            paragraph = s.paragraph
        why = _why(words, s, i, intro[i], heading, review)
        if plan and not why and not _PROGRESS.search(words):
            why = "other_study"
        if review and not why and study is None:
            why = "other_study"
        out.append(Setting(why, study if review else None))
    return out


_PLAN = re.compile(
    r"\bwill (?:be|receive|undergo|enrol+|continue|assess|evaluate|include|then|have|also)\b|\b(?:primary|"
    r"secondary|main|key|exploratory) (?:[\w-]+ ){0,2}?(?:objectives?|end ?-?points?|outcomes?|aims?|"
    r"hypothes\w+)\b|"
    r"\bkey (?:inclusion|eligibility|exclusion)\b|\b(?:is|are) planned\b|\bplans? to\b|\bstudy (?:aims|"
    r"evaluates|will)\b|\bpurpose of this\b|\bthis (?:study|trial) is\b|拟(?:入组|纳入|采用)|计划(?:入组|纳入|"
    r"招募)|将(?:入组|评估|采用|接受)",
    _I,
)
_RESULT = re.compile(
    rf"\b(?:we|our)\b[^.]{{0,80}}\b(?:treated|enrolled|observed|found|report|achieved|identified|infused)\b|"
    rf"\b(?:\d+|{WORD}) (?:[\w/-]+ ){{0,5}}?{PATIENTS}\b[^.]{{0,120}}?\b(?:were|have been|had been|was)"
    rf" (?:enrolled|treated|infused|randomi[sz]ed|evaluable|included|accrued|dosed|registered)\b|"
    rf"\b(?:\d+|{WORD}) (?:[\w/-]+ ){{0,5}}?{PATIENTS}\b[^.]{{0,120}}?\breceived\b|例患者(?:完成|接受|入组)",
    _I,
)
_PROGRESS = re.compile(
    r"\b(?:cohorts?|dose levels?|DLs?|part)\s?\w+ (?:[\w-]+ ){0,3}?(?:completed|cleared|enrolled|was|were|has|"
    r"have)\b|\bto date\b|\bso far\b|\bas of\b|"
    r"\bhave been (?:treated|enrolled|infused|dosed)\b|\bwe (?:observed|treated|found|report)\b|截至|目前已",
    _I,
)


def _has_results(sentences: Sequence[Sentence]) -> bool:
    return any(s.role == "results" for s in sentences)


def _is_plan(text: str, sentences: Sequence[Sentence]) -> bool:
    """Whether a text tells what a study will do and not what it found: a protocol, a registry's description."""
    plans = sum(bool(_PLAN.search(text, s.start, s.end)) for s in sentences)
    return plans >= 2 and not any(_RESULT.search(text, s.start, s.end) for s in sentences)


def _why(words: str, s: Sentence, i: int, intro: bool, heading: bool, review: bool) -> str | None:
    if _PRECLINICAL.search(words):
        return "preclinical"
    if _HYPOTHESIS.search(words):
        return "hypothesis"
    if _DEFINED.search(bare := bare_words(words)) and not re.search(r"MTD|RP2D|recommended", bare):
        return "hypothesis"
    if s.role == "references":
        return "citation"
    if s.role == "background" and not re.search(r"\bwe (?:report|treated|enrolled)\b|we present", words, re.I):
        return "standard_care" if _STANDARD.search(words) else "other_study"
    if not review and s.role != "results" and _CITED.search(words):
        return "citation"
    if _OTHER.search(words) and not (review and _SPECIFIC.search(words)):
        return "other_study"
    if _STANDARD.search(words):
        return "standard_care"
    if s.role != "results" and intro and i < 6 and not heading and not review and _GENERAL.search(words):
        return "standard_care"
    if _BASELINE.search(words) and re.search(
        r"(?i)\bbefore the|\beligib(?:ility|le (?:pat|part|adu))|criteria|标准", words
    ):
        return "cue"
    return None


def _study(words: str, current: str | None, fresh: bool, pooled: bool) -> str | None:
    """The study that a review's sentence speaks of: its own id or name, else the one before."""
    if fresh and not re.match(r"\s*-\s", words) and len(words) > 3:
        current = current if re.match(r"\s*(?:\d{1,2}[.)])\s*\Z", words) else None
    ids = [_id(m) for m in _NCT.finditer(words)]
    if ids:
        return ids[0]
    if pooled:
        return current
    product, new, named = _PRODUCT.search(words), _NEW_STUDY.search(words), _TRIAL_NAME.search(words)
    m = named or new or _ANCHOR.search(words)
    if not m or not _SPECIFIC.search(words):
        return current
    if current and not new and not named and (not product or re.match(r"NCT|ChiCTR|ISRCTN", current)):
        return current
    if named:
        return named["name"]
    return product[0] if product else re.sub(r"\s+", " ", words[max(0, m.start() - 30) : m.end() + 30]).strip()


_TRIAL_NAME = re.compile(
    r"(?<![A-Za-z0-9-])(?!CAR|TCR|ORR|CRS|NCT|FDA|EMA|NMPA|ICANS|DLT|SAE|TRAE|PFS|AML|ALL\b|DLBCL|LBCL|NHL|"
    r"MCL|NSCLC|HCC|PDQ|CLDN|EGFR|BCMA|GPC)"
    r"(?P<name>[A-Z]{4,}[A-Za-z]*(?:-\d{1,3}[A-Z]?)?(?: [A-Z]{2,4} \d{1,3})?|[A-Z]{2,5}-\d{2,4}|"
    r"[A-Z]{3,}-[A-Z0-9]{1,6}-?\d+)"
    r"(?:\s?\([^()]{0,40}\))?\s?(?:trial|study|enrolled|included|randomi[sz]ed|研究|试验|临床)"
)
_NEW_STUDY = re.compile(
    r"\b(?:an?|one|another|two|the|subsequent|separate)\s(?:[\w/-]+\s){0,5}?(?:trial|study|analysis|"
    r"evaluation|series|cohort|report)\s(?:[^.;]{0,60}?\s)?(?:included?|of|enrolled|in|with|treated)"
    r"\s(?:[\w-]+\s){0,3}?\d+"
    r"|(?<![A-Za-z])[A-Z]{3,}[A-Za-z]*-\d{1,3}\s(?:trial|study)|另一项|一项(?:[^。;]{0,30})(?:研究|试验)|"
    r"(?:[一-鿿]{2,8}等)\s?(?:\[|报道|研究|开展)",
    _I,
)


def _id(m: re.Match[str]) -> str:
    return f"NCT{m[1]}" if m[1] else f"ChiCTR{m[2]}" if m[2] else f"ISRCTN{m[3]}"
