"""Context: whether a sentence's values are this study's, and if not, why; in reviews, which study they belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trialkb.terms import mentions

from ._numbers import PATIENTS, WORD
from ._outcome_cells import bare_words
from ._outcome_cues import ASSUMED, cue, only_named
from ._outcome_text import Sentence

_HAN = re.compile("[一-鿿]")
_I = re.I | re.A
_PEOPLE = re.compile(
    rf"(?:a total of |(?:between|from) [^.]{{0,40}}, )?(?:\d+|{WORD}) (?:[\w/-]+ ){{0,5}}?{PATIENTS}\b", _I
)
_NCT = re.compile(r"\bNCT[-\s]{0,2}(\d{8})|\bChiCTR[-\s]?(\w*\d{6,12})|\bISRCTN(\d{6,10})", _I)
_ANCHOR = re.compile(
    r"\b(?:phase (?:I{1,3}|IV|[1-4])(?:[ab])?(?:\s?[/-]\s?(?:I{1,3}|[1-4])[ab]?)? (?:[\w-]+ ){0,3}?(?:trial|"
    r"study)|(?:pilot|pivotal|prospective|randomi[sz]ed|retrospective|single-arm|clinical|multicent\w+|global|"
    r"real-world) (?:[\w-]+ ){0,4}?(?:trials?|study|analysis|evaluation|series)|"
    r"(?:trial|study|report|series|cohort) of \d+|CIBMTR)\b|(?<![A-Za-z])(?:[A-Z]{3,24}[A-Za-z]{0,12}-\d{1,3}|"
    r"[A-Z]{2,5}-?\d{2,5}|[a-z]{2,6}-?\d{3,5})(?![\w-]|-PD|\s?(?:阳性|表达))|临床试验|期临床|期试验|(?:I{1,3}|"
    r"[1-3])期[^。;]{0,30}?(?:研究|试验|数据)|研究\s?\(n|临床数据|"
    r"临床研究|受试者|例患者|名患者|"
    r"位患者|名接受|期数据|名难治",
    _I,
)
_SPECIFIC = re.compile(
    r"\b\d+ (?:[\w/-]+ ){0,4}?(?:patients|participants|children|adults)\b|\bn\s?=\s?\d+|\d+\s?[例名位]|"
    r"\bPhase|phase|"
    r"期临床|期试验|期研究|研究(?:显示|中|纳入|表明)|临床数据|临床试验|trial|study|analysis|evaluation",
    _I,
)
_PRODUCT = re.compile(
    (
        r"(?<![A-Za-z])(?:[A-Za-z]{1,24}(?:-[A-Za-z]{1,16})?-?cel|(?:[a-z]{1,24}gene\s)?[a-z]{1,24}leucel|Kymriah|Yescarta|Provenge|JCAR\d{1,4}|CT[LX]?\d{3,4}|"
        r"bb-?2121|(?!CD\d|IL\d|PD\d)[A-Z]{2,4}\d{2,4})(?![A-Za-z0-9])|(?:舒瑞基|泽沃基|西达基|伊基|纳基|瑞基|雷尼基)奥仑赛|"
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


def is_review(kind: str | None, text: str) -> bool:
    """Whether a document reports others' studies: said by its kind, or by its own words."""
    return kind in ("review", "news", "page:news") or bool(kind != "abstract" and _REVIEW.search(text[:1500]))


def settings(text: str, sentences: Sequence[Sentence], kind: str | None) -> list[Setting]:
    """The setting of each sentence, in order."""
    review = is_review(kind, text) and not _of_one_unnamed(kind, text)
    own = [bool(cue("own").search(text, s.start, s.end) or _PEOPLE.match(text, s.start, s.end)) for s in sentences]
    intro = [not any(own[: i + 1]) and any(own[i + 1 :]) for i in range(len(own))]
    heading = any(s.role in ("results", "methods", "endpoints") for s in sentences)
    plan = not review and not _has_results(sentences) and _is_plan(text, sentences)
    out: list[Setting] = []
    study: str | None = None
    item: str | None = None
    only, main = (_only(text), _main(text)) if review else (None, None)
    alone = not _CITED.search(text) and not re.search(
        r"\bet al\b|\bprevious|\bother (?:stud|trial)|研究表明|文献", text, re.I
    )
    paragraph, criteria = -1, False
    no_patient = bool(cue("preclinical").search(text)) and bool(re.search("[一-鿿]", text)) and not _PATIENT_ZH.search(text)
    pooled = review and bool(_POOLED.search(text))
    for i, s in enumerate(sentences):
        words = text[s.start : s.end]
        if review:
            if study is None and s.paragraph != paragraph and _BULLET.match(words):
                study = item  # a list below a numbered item is of its study
            told = only if only and only in words else _study(words, study, s.paragraph != paragraph, pooled)
            study = told or (only if study == only else None)
            if study is None and only and alone:
                study = only
            if study is None and main and not _others(words, main):
                study = main
            item = None if _HEADING.match(words) else study or item
            paragraph = s.paragraph
        why = _why(words, s, i, intro[i], heading, review)
        why = why or ("preclinical" if no_patient else None)
        goes_on = text[max(0, s.start - 2) : s.start].strip().endswith(";")
        criteria = bool(re.search("(?:纳入|入[组选]|排除)标准", words)) or (criteria and goes_on)
        if criteria and not why:
            why = "cue"  # the next of 纳入标准: ...; ...
        if plan and not why and not cue("progress").search(words):
            why = "other_study"
        if review and not why and study is None:
            why = "other_study"
        if why is None and out and out[-1].background == "preclinical" and _still_animals(sentences, i, words):
            why = "preclinical"
        until = _clinical(words, s.start) if why == "preclinical" else _own_since(words, s.start) if why else None
        since = _others_since(words, s.start) if why in ("other_study", "standard_care") and s.role != "background" else None
        if since and not (review and study is None):
            out.append(Setting(None, study if review else None, since=since, later=why))
            continue
        out.append(Setting(why, study if review else None, until=until))
    return out


def _still_animals(sentences: Sequence[Sentence], i: int, words: str) -> bool:
    """Whether a sentence goes on with the animals of the one before: same paragraph and part, and nobody named."""
    a, b = sentences[i - 1], sentences[i]
    return (a.paragraph, a.role) == (b.paragraph, b.role) and not _HUMAN.search(words) and bool(_IN_DAYS.search(words))


_IN_DAYS = re.compile(r"\bsurvival\b[^.;]*\bdays\b|\b(?:animals|controls)\b", _I)
_HUMAN = re.compile(rf"\b(?:{PATIENTS}|trial|study|we|our|phase|clinical|enrol\w+|DLTs?|CRS|MTD)\b|[患例]|研究|临床", _I)
_BULLET = re.compile(r"\s*[-•*]\s")
_HEADING = re.compile(r"\s*#{1,6}\s")


def _has_results(sentences: Sequence[Sentence]) -> bool:
    return any(s.role == "results" for s in sentences)


def _is_plan(text: str, sentences: Sequence[Sentence]) -> bool:
    """Whether a text tells what a study will do and not what it found: a protocol, a registry's description."""
    plans = sum(bool(cue("plan").search(text, s.start, s.end)) for s in sentences)
    if len(_MEASURED.findall(text)) > 2:
        return False  # shares with their counts and intervals are found, not planned
    return plans >= 2 and not any(cue("result").search(text, s.start, s.end) for s in sentences)


_MEASURED = re.compile(
    r"\d\s?%\s?[(,;]\s?\d+\s?(?:/|of|out of)\s?\d+|"
    r"\d+\s?(?:/|of|out of)\s?\d+\s?[(,;]\s?\d[\d.]*\s?%|95\s?%\s?CI\s?[:,]?\s?\d", _I
)


def _why(words: str, s: Sentence, i: int, intro: bool, heading: bool, review: bool) -> str | None:
    if cue("preclinical").search(words):
        return "preclinical"
    measured = _MEASURED.search(words) and not ASSUMED.search(words)
    if cue("hypothesis").search(bare_words(words)) and not measured:
        return "hypothesis"
    if not measured and only_named(words, s.role):
        return "hypothesis"  # an endpoint that is named, and not what was found of it
    bare = ASIDE.sub(" ", bare_words(words))
    if not measured and cue("definition").search(bare) and not re.search(r"MTD|RP2D|recommended", bare):
        return "hypothesis"
    if s.role == "other" and re.search(r"推荐剂量|最大剂量", words):
        return "cue"  # a label's posology
    if cue("prior").search(words):
        return "cue"
    if s.role == "references":
        return "citation"
    if s.role == "background" and not re.search(r"\bwe (?:report|treated|enrolled)\b|we present", words, re.I):
        return "standard_care" if cue("standard_care").search(words) else "other_study"
    if not review and s.role != "results" and _CITED.search(words):
        return "citation"
    words = cue("comparison").sub(" ", words)  # what it is compared with is judged by itself
    if cue("other_study").search(words) and not (review and _SPECIFIC.search(words)):
        return "other_study"
    if cue("standard_care").search(words):
        return "standard_care"
    if s.role != "results" and intro and i < 6 and not heading and not review and _GENERAL.search(words):
        return "standard_care"
    if cue("baseline").search(words) and re.search(
        r"(?i)\bbefore the(?! end\b)|\beligib(?:ility|le (?:pat|part|adu))|criteria|标准", words
    ):
        return "cue"
    return None


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


def _study(words: str, current: str | None, fresh: bool, pooled: bool) -> str | None:
    """The study that a review's sentence speaks of: its own id or name, else the one before."""
    if fresh and not re.match(r"\s*-\s", words) and len(words) > 3:
        current = current if re.match(r"\s*(?:\d{1,2}[.)])\s*\Z", words) else None
    ids = [_id(m) for m in _NCT.finditer(words)]
    if ids:
        return ids[0]
    if row := _ROW.match(words):  # a table's row is of what its first cell names, and of nothing before it
        return row["name"].strip()
    if pooled and not (_TRIAL_NAME.search(words) or _CODE_STUDY.search(words)):
        return current
    product, new, named = _PRODUCT.search(words), _NEW_STUDY.search(words), _TRIAL_NAME.search(words)
    if product and (re.search("联合|例|名", product[0]) or words[: product.start()].endswith("联合")):
        product = None  # what was given with it
    begun = _begun(words) if current is None or _HAN.search(words) else None  # an English item goes on with its product
    if begun and begun != current and not new and not named:
        return begun
    m = named or new or _ANCHOR.search(words) or (product if _MANY.search(words) else None)
    if not m or not _SPECIFIC.search(words):
        return current
    if current and not new and not named and (not product or re.match(r"NCT|ChiCTR|ISRCTN", current)):
        return current
    if named:
        return _named(named)
    return product[0] if product else _window(words, m.start() - 30, m.end() + 30)


_CODE_STUDY = re.compile(r"(?<![A-Za-z0-9-])[A-Z]{2,5}-?\d{2,5}\s?(?:研究|试验|trial\b|study\b)")
_ROW = re.compile(r"\s*\|\s*(?P<name>[^|\n/]*[A-Za-z一-鿿][^|\n/]{1,40}?)\s*(?:/[^|\n]*)?\|[^|\n]*\|[^|\n]*\|")
_SUBJECT = re.compile(
    r"(?<![A-Za-z0-9-])(?P<p>[A-Z]{1,5}-?\d{1,5}[A-Z]{0,2})(?:\s?\([^()]{0,24}\))?\s?(?=在|治疗|用于|单药|的|组|细胞|输注)"
)


def _begun(words: str) -> str | None:
    """The product whose results a Chinese sentence begins with: 靶向KRAS G12D的TCR-T细胞KT-12D在胰腺癌中的ORR为25%."""
    if not re.search(r"\d\s?%|\d\s?[例名位]|个月", words):
        return None
    if (p := _PRODUCT.match(words.lstrip())) and "单抗" not in p[0]:
        return p[0]
    named = [(x.start, x.end) for x in mentions(words, frozenset({"target"}))]
    for m in _SUBJECT.finditer(words, 0, 60):
        own = not any(a < m.end("p") and m.start("p") < b for a, b in named)
        if own and _CODED.fullmatch(m["p"]) and not re.search("[,;。:]", words[: m.start()]):
            return m["p"]
    return None


def _window(words: str, a: int, b: int) -> str:
    """The words from about a to about b, none of them cut, as the name of a study that has none."""
    a = words.rfind(" ", 0, max(0, a)) + 1 if a > 0 else 0
    b = words.find(" ", b) if 0 < words.find(" ", b) < b + 20 else min(b, len(words))
    return re.sub(r"\s+", " ", words[a:b]).strip()


_MANY = re.compile(rf"\b\d{{2,4}} (?:[\w/-]+ ){{0,3}}?{PATIENTS}\b", _I)
_TRIAL_NAME = re.compile(
    r"(?<![A-Za-z0-9-])(?!CAR|TCR|ORR|CRS|NCT|FDA|EMA|NMPA|ICANS|DLT|SAE|TRAE|PFS|AML|ALL\b|DLBCL|LBCL|NHL|"
    r"MCL|NSCLC|HCC|PDQ|CLDN|EGFR|BCMA|GPC)"
    r"(?P<name>[A-Z]{4,24}[a-z]?[A-Za-z]{0,16}(?:-\d{1,3}[A-Z]?)?(?: [A-Z]{2,4} \d{1,3})?|[A-Z]{2,5}-\d{2,4}|"
    r"[A-Z]{3,12}-[A-Z0-9]{1,6}-?\d{1,6}|[A-Z]{1,4}-\d{2,4}-\d{2,3})"
    r"(?:\s?\([^()]{0,40}\))?\s?(?:trial|study|enrolled|included|randomi[sz]ed|研究|试验|临床)"
    r"|(?<=[Ii]n\s)(?P<opened>(?!NSCLC|DLBCL|CAR)[A-Z]{5,24}(?:-\d{1,2})?|[A-Z]{4,24}-\d{1,2})(?=,\s\d|,\s(?:the|median|an?)\s|\s\()"
    r"|(?:(?<=研究)|(?<=试验))\s?(?P<led>(?!CAR|ORR|NCT)[A-Z][A-Za-z]{3,24}(?:-\d{1,3})?)(?=\s?\(|中|的|显示|表明|,)"
    r"|(?<![A-Za-z0-9-])(?P<sized>[A-Z]{6,24}-\d{1,3}|[A-Z][a-z]{1,16}[A-Z]{2,12}[A-Za-z]{0,12}(?:-\d)?)(?=\s?\(n\s?=)"
)


def _named(m: re.Match[str]) -> str:
    """The name of a trial: before its noun, behind it, or with its size."""
    return m["name"] or m["opened"] or m["led"] or m["sized"]


_NEW_STUDY = re.compile(
    r"\b(?:an?|one|another|two|the|subsequent|separate)\s(?:[\w/-]+\s){0,5}?(?:trial|study|analysis|"
    r"evaluation|series|cohort|report|review|survey)\s(?:[^.;]{0,60}?\s)?(?:included?|of|enrolled|in|with|treated)"
    r"\s(?:[\w-]+\s){0,3}?\d+"
    r"|(?<![A-Za-z])[A-Z]{3,24}[A-Za-z]{0,12}-\d{1,3}\s(?:trial|study)|另一项|一项(?:[^。;]{0,30})(?:研究|试验)|"
    r"(?:[一-鿿]{2,8}|[A-Z][a-z]+)等\s?(?:\[|报道|报告|研究|开展|采用|发现|对|的)"
    r"|\b(?:and (?:colleagues|co-?workers|associates)|et al\.?(?:\s[\[(]\d+[\])])?,?(?:\swho)?)\s(?:treated|infused|enrolled|"
    r"reported|described|administered)\b"
    r"[^.;]{0,60}?\d+|\b(?:were|was)\s(?:evaluated|tested|studied|assessed|investigated|given|administered)\s(?:to|"
    r"in)\s\d+\s"
    r"|\binvestigators\s(?:at|from|of)\s[^.;]{3,90}?\s(?:analy[sz]ed|performed|compared|noted|reported|treated|"
    r"described)\b"
    r"|\b(?:an?|one|another)\s(?:[\w-]+\s){0,3}?(?:group|team|cent(?:er|re)|paper)\s(?:reported|described|treated|infused|published)\b"
    r"[^.;]{0,60}?\d+"
    r"|\b(?:an?|one|another)\s(?:[\w/-]+\s){0,5}?(?:trial|study|series)\s(?:evaluated|assessed|tested|investigated)\b[^.;]{3,120}?"
    r"\(n\s?=\s?\d+"
    r"|\A\s*(?:\d{1,2}[.)]\s|[-•*]\s)?An?\s(?:[\w/-]+\s){0,5}?(?:trial|study|analysis|report|review|series)\s(?:evaluated|assessed|"
    r"tested|investigated|examined|described|compared|analy[sz]ed)\b"
    r"|\breport from\s[^.;]{3,90}?\sdescribed\b",
    _I,
)


_CODE = re.compile(
    r"(?:试验|研究|[Tt]rial|[Ss]tudy)\s?\(\s?(?P<code>[A-Z]{2,12}[A-Za-z0-9]{0,16}(?:-[A-Z0-9]{1,6}){0,4}-\d{1,4})\s?\)"
    r"|(?<![A-Za-z0-9-])(?P<led>[A-Z]{2,12}[A-Za-z0-9]{0,16}(?:-[A-Z0-9]{1,6}){0,4}-\d{1,4})\s?(?:研究|试验|[Tt]rial|[Ss]tudy)"
)


def _only(text: str) -> str | None:
    """The one trial that a text names, however often; None where it names none or several."""
    names = {m["code"] or m["led"] for m in _CODE.finditer(text)}
    names |= {_named(m) for m in _TRIAL_NAME.finditer(text)}
    ids = {_id(m) for m in _NCT.finditer(text)}
    found = ids or names
    return next(iter(found)) if len(found) == 1 and len(names) <= 1 else None


_CODED = re.compile(
    r"(?<![A-Za-z0-9.-])(?!CAR|PD-?L?\d|IL-?\d|CD\d|HLA|IFN|TNF|NCT|TCR|ECOG|CTLA|HER\d|GPC|CLDN|B7|BCMA|Ig[AGM]|"
    r"PS\d|MAGE|GD2|"
    r"FGFR|EGFR|WT1|NY-|DLL|ROR|CTCAE|MRD|AML|COVID|CLL|LY6|GPRC|ICD|S100|HPV|EBV|AFP|CA\d)"
    r"(?:[A-Z]{1,5}-?[A-Z]{0,2}\d{1,5}[A-Z]{0,2}|[A-Z]{2,4}-\d{1,3}[A-Z]{1,2})(?![A-Za-z0-9-])|" + _PRODUCT.pattern
)


def _main(text: str) -> str | None:
    """The product that a text is about: named early, twice at least, and most often of all that it names."""
    targets = [(m.start, m.end) for m in mentions(text, frozenset({"target"}))]
    names = [m[0] for m in _CODED.finditer(text) if not any(a < m.end() and m.start() < b for a, b in targets)]
    if len(names) < 2:
        return None
    first, count = max(((n, names.count(n)) for n in names), key=lambda x: x[1])
    lower = {n.lower() for n in names}
    trials = {_named(m) for m in _TRIAL_NAME.finditer(text)} | {m[0] for m in _TRIAL_LIKE.finditer(text)}
    alone = len(lower) <= 2 and len(trials - {first}) <= 1
    return first if alone and count > 2 and count >= 0.6 * len(names) and text.find(first) < 300 else None


def _of_one_unnamed(kind: str | None, text: str) -> bool:
    """Whether a piece of news reports the one study that it speaks of, and names neither trial nor product."""
    named = _NCT.search(text) or _TRIAL_NAME.search(text) or _CITED.search(text) or _main_like(text)
    return (
        kind in ("review", "news", "page:news")
        and not named
        and bool(_NEWS.search(text[:400]) and _ONE_STUDY.search(text))
    )


_NEWS = re.compile(r"今[日天]|近日|日前|昨[日天]|记者|[讯电][】,]|宣布|公布|发布|\btoday announced\b")


_ONE_STUDY = re.compile(
    r"(?:该|本|此|这项|该项|此项)(?:项)?(?:[^,;。]{0,12}?)(?:研究|试验)(?!表明)|(?:研究|试验)(?:结果|数据)(?:显示|表明)|"
    r"\bthe (?:[\w-]+ ){0,3}?(?:study|trial) (?:enrolled|included|showed|found)\b"
)


def _main_like(text: str) -> bool:
    targets = [(m.start, m.end) for m in mentions(text, frozenset({"target"}))]
    return any(not any(a < m.end() and m.start() < b for a, b in targets) for m in _CODED.finditer(text))


_TRIAL_LIKE = re.compile(r"(?<![A-Za-z0-9-])(?:[A-Z]{6,24}-\d{1,3}|[A-Z][a-z]{1,16}[A-Z]{2,9}[A-Za-z]{0,9}(?:-\d)?)(?!\w)")


def _others(words: str, main: str) -> bool:
    """Whether a sentence speaks of another product or trial, and not of the main one."""
    if main in words:
        return bool(_TRIAL_NAME.search(words))
    return bool(_TRIAL_NAME.search(words) or any(m[0] != main for m in _CODED.finditer(words)))


def _id(m: re.Match[str]) -> str:
    return f"NCT{m[1]}" if m[1] else f"ChiCTR{m[2]}" if m[2] else f"ISRCTN{m[3]}"
