"""Context: whether a sentence's values are this study's, and if not, why; in reviews, which study they belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ._hints import hinted
from ._numbers import PATIENTS, WORD
from ._outcome_cells import bare_words
from ._outcome_citations import Citations
from ._outcome_cues import ASSUMED, NONE_REPORTED, cue, only_named
from ._outcome_headings import Heading
from ._outcome_study import CITED, SPECIFIC, of_one_unnamed
from ._outcome_text import Sentence
from ._outcome_whose import studies

_HAN = re.compile("[一-鿿]")
_I = re.I | re.A
_PEOPLE = re.compile(
    rf"(?:a total of |(?:between|from) [^.]{{0,40}}, )?(?:\d+|{WORD}) (?:[\w/-]+ ){{0,5}}?{PATIENTS}\b", _I
)
_REVIEW = hinted(
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


ASIDE = re.compile(
    r",\s(?:which (?:is|was) )?defined as [^.;]{3,140}?,\s(?=(?:was|were|occurred|reached|had)\b)", _I
)  # "clinical benefit, defined as CR, PR or SD for 24 weeks, was seen in 30%"


@dataclass(frozen=True, slots=True)
class Setting:
    """Of one sentence: why its values are background (None: they are the study's), and whose they are in a review."""

    background: str | None
    study: str | None
    names: str | None = None
    until: int | None = None  # where the background ends that a clause of its own follows
    since: int | None = None  # where another's values begin, after this study's: ", 而既往二线化疗为6.1个月"
    later: str | None = None  # why these are background
    turns: tuple[tuple[int, str | None], ...] = ()  # where it goes over to other studies: "..., 而B研究中为30%"

    def whose(self, at: int) -> str | None:
        """The study of the value at a place."""
        return next((study for start, study in reversed(self.turns) if at >= start), self.study)


_OBSERVED = re.compile(r"[;,]\s(?:but |and |however,? |while |whereas )?(?:the |our )?(?:observed|actual)\b", re.I | re.A)


def is_review(kind: str | None, text: str) -> bool:
    """Whether a document reports others' studies: said by its kind, or by its own words."""
    return kind in ("review", "news", "page:news") or bool(kind != "abstract" and _REVIEW.search(text[:1500]))


def settings(
    text: str,
    sentences: Sequence[Sentence],
    kind: str | None,
    cited: Citations | None = None,
    heads: Sequence[Heading] = (),
) -> list[Setting]:
    """The setting of each sentence, in order; cited: a text's citations; heads: its headings."""
    review = is_review(kind, text) and not of_one_unnamed(kind, text)
    own = [bool(cue("own").search(text, s.start, s.end) or _PEOPLE.match(text, s.start, s.end)) for s in sentences]
    intro = [not any(own[: i + 1]) and any(own[i + 1 :]) for i in range(len(own))]
    heading = any(s.role in ("results", "methods", "endpoints") for s in sentences)
    plan = not review and not _has_results(sentences) and _is_plan(text, sentences)
    out: list[Setting] = []
    whose = studies(text, sentences, cited or Citations(), heads) if review else [[]] * len(sentences)
    criteria = False
    no_patient = bool(cue("preclinical").search(text)) and bool(re.search("[一-鿿]", text)) and not _PATIENT_ZH.search(text)
    for i, s in enumerate(sentences):
        words, turns = text[s.start : s.end], tuple(whose[i][1:])
        study = whose[i][0][1] if whose[i] else None
        why = _why(words, s, i, intro[i], heading, review, study)
        why = why or ("preclinical" if no_patient else None)
        goes_on = text[max(0, s.start - 2) : s.start].strip().endswith(";")
        criteria = bool(re.search("(?:纳入|入[组选]|排除)标准", words)) or (criteria and goes_on)
        if criteria and not why:
            why = "cue"  # the next of 纳入标准: ...; ...
        if plan and not why and not cue("progress").search(words):
            why = "other_study"
        if review and not why and study is None and not any(x for _, x in turns):
            why = "other_study"
        if why is None and out and out[-1].background == "preclinical" and _still_animals(sentences, i, words):
            why = "preclinical"
        turn = _OBSERVED.search(words)
        if turn and why in (None, "hypothesis") and cue("hypothesis").search(words[: turn.start()]):
            out.append(Setting("hypothesis", study if review else None, until=s.start + turn.start()))
            continue  # "we assumed an ORR of 30%; the observed ORR was 44%"
        until = _clinical(words, s.start) if why == "preclinical" else _own_since(words, s.start) if why else None
        since = _others_since(words, s.start) if why in ("other_study", "standard_care") and s.role != "background" else None
        if since and not (review and study is None):
            out.append(Setting(None, study if review else None, since=since, later=why, turns=turns))
            continue
        out.append(Setting(why, study if review else None, until=until, turns=turns))
    return out


def _still_animals(sentences: Sequence[Sentence], i: int, words: str) -> bool:
    """Whether a sentence goes on with the animals of the one before: same paragraph and part, and nobody named."""
    a, b = sentences[i - 1], sentences[i]
    return (a.paragraph, a.role) == (b.paragraph, b.role) and not _HUMAN.search(words) and bool(_IN_DAYS.search(words))


_IN_DAYS = re.compile(r"\bsurvival\b[^.;]*\bdays\b|\b(?:animals|controls)\b", _I)
_HUMAN = re.compile(rf"\b(?:{PATIENTS}|trial|study|we|our|phase|clinical|enrol\w+|DLTs?|CRS|MTD)\b|[患例]|研究|临床", _I)


def _has_results(sentences: Sequence[Sentence]) -> bool:
    return any(s.role == "results" for s in sentences)


def _is_plan(text: str, sentences: Sequence[Sentence]) -> bool:
    """Whether a text tells what a study will do and not what it found: a protocol, a registry's description."""
    plans = sum(bool(cue("plan").search(text, s.start, s.end)) for s in sentences)
    if len(_MEASURED.findall(text)) > 2:
        return False  # shares with their counts and intervals are found, not planned
    return plans >= 2 and not any(cue("result").search(text, s.start, s.end) for s in sentences)


_MEASURED = re.compile(
    r"\d\s?%\s?[(,;]\s?\d{1,6}\s?(?:/|of|out of)\s?\d|"
    r"(?<!\d)\d{1,6}\s?(?:/|of|out of)\s?\d{1,6}\s?[(,;]\s?\d[\d.]{0,8}\s?%|95\s?%\s?CI\s?[:,]?\s?\d|"
    r"\b(?:HR|hazard ratio)s?\b[^.;()]{0,20}\d\.\d+\s?[(\[]\s?(?:95\s?%\s?CI)?[\s,:]*\d\.\d+", _I
)


def _why(words: str, s: Sentence, i: int, intro: bool, heading: bool, review: bool, study: str | None) -> str | None:
    if cue("preclinical").search(words):
        return "preclinical"
    measured = _MEASURED.search(words) and not ASSUMED.search(words)
    if cue("hypothesis").search(bare_words(words)) and not measured:
        return "hypothesis"
    if not measured and only_named(words, s.role):
        return "hypothesis"  # an endpoint that is named, and not what was found of it
    bare = ASIDE.sub(" ", bare_words(words))
    defined = not measured and cue("definition").search(bare) and not _DEFINED_WAS.search(bare)
    if defined and not re.search(r"MTD|RP2D|recommended", bare):
        return "hypothesis"
    if s.role == "other" and re.search(r"推荐剂量|最大剂量", words):
        return "cue"  # a label's posology
    if cue("prior").search(words):
        return "cue"
    if s.role == "references":
        return "citation"
    of_a_trial = review and study and study in words and _A_NAME.fullmatch(study)
    if s.role == "background" and not of_a_trial and not re.search(r"\bwe (?:report|treated|enrolled)\b|we present", words, re.I):
        return "standard_care" if cue("standard_care").search(words) else "other_study"
    if not review and s.role != "results" and CITED.search(words):
        return "citation"
    named = study and (study in words or " et al" in study and study[: study.find(" et al")] in words)
    words = NONE_REPORTED.sub(" ", words)
    words = cue("comparison").sub(" ", words)  # what it is compared with is judged by itself
    if cue("other_study").search(words) and not (review and (SPECIFIC.search(words) or named)):
        return "other_study"
    if cue("standard_care").search(words):
        return "standard_care"
    if s.role != "results" and intro and i < 6 and not heading and not review and _GENERAL.search(words):
        return "standard_care"
    if cue("baseline").search(words) and re.search(
        r"(?i)\bbefore the(?! end\b)|\beligib(?:ility|le (?:pat|part|adu))|criteria|标准", _OF_ELIGIBLE.sub(" ", words)
    ):
        return "cue"
    return None


_OF_ELIGIBLE = re.compile(  # who were treated
    rf"\b(?:of|(?:for|in|among)\sall)\s(?:the\s|our\s|these\s|all\s)?(?:(?:\d+|{WORD})\s)?eligible\s{PATIENTS}|"
    r"\b(?:in)?eligible\s(?:and|or|versus|vs\.?)\s(?:in)?eligible\b", _I
)


_A_NAME = re.compile(r"[A-Za-z][\w./-]{3,30}(?: [\d.]{1,5})?")
_DEFINED_WAS = re.compile(r"\bdefined\s(?:as above|\w+ly|(?:by|per|in) [\w\s]{3,30}?)\s(?:was|were)\s\d", _I)


def compared(text: str, s: Sentence, at: int) -> str | None:
    """Why a value is background where it only is what the sentence's own is compared with: "higher than historical 12%"."""
    opened = text.rfind("(", s.start, at)
    if opened > text.rfind(")", s.start, at) and ASSUMED.match(text[opened + 1 : at].lstrip()):
        return "hypothesis"  # "the planned comparison (assuming an HR of 0.65)"
    for m in cue("comparison").finditer(text, s.start, s.end):
        if m.start() <= at < m.end():
            if cue("other_study").search(m[0]):
                return "other_study"
            return "standard_care" if cue("standard_care").search(m[0]) else None
    return None


_PATIENT_ZH = re.compile(r"患者|受试者|病人|患儿|病例|\d\s?[例名位]|patients?")
_OURS = re.compile(r"[,;]\s?(?:而|但)?\s?本(?:研究|试验|组|中心|文)")
_BUT = re.compile(
    r"[,;]\s?(?:而|但|然而|相比之下)?,?"
    r"(?=[^,;。]{0,12}(?:既往|此前|以往|文献|历史|传统|标准|常规|一线|二线|三线|目前|国外|其他|竞品))"
)


def _own_since(words: str, start: int) -> int | None:
    """Where a Chinese sentence turns from others' values to its own: 既往研究为20%,本研究为45%."""
    m = _OURS.search(words)
    return start + m.start() if m and re.search(r"\d", words[: m.start()]) else None


def _others_since(words: str, start: int) -> int | None:
    """Where a Chinese sentence turns from its own values to others', with no word of others before."""
    for m in _BUT.finditer(words):
        own = words[: m.start()]
        told = re.search(r"\d\s?%|个月|\d\s?[例名位]", own)
        if told and not cue("other_study").search(own) and not cue("standard_care").search(own):
            return start + m.start()
    return None


_THEN = re.compile(r"[,;]\s?(?:但|而|随后|其后|然而)[^。;]{0,24}?(?:I{1,3}/?I{0,2}\s?期|临床(?:试验|研究)|[例名位]患者)")


def _clinical(words: str, start: int) -> int | None:
    """Where a sentence on animals turns to patients: 在小鼠模型中..., 但在后续的I期临床试验中, 21例患者..."""
    m = _THEN.search(words)
    return start + m.start() if m and not cue("preclinical").search(words[m.start() :]) else None


