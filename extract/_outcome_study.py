"""Names of studies in reviews and news: registry ids, trials, products, authors, and studies that are only described."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb.terms import mentions

from ._numbers import PATIENTS
from ._outcome_opened import opened, proper, registry, subject

_HAN = re.compile("[一-鿿]")
_I = re.I | re.A
CITED = re.compile(r"\[\d{1,3}(?:\s?[-,]\s?\d{1,3})*\]")
_NCT = re.compile(r"\bNCT[-\s]{0,2}(\d{2}(?:-\s?)?\d{6})|\bChiCTR[-\s]?(\w*\d{6,12})|\bISRCTN(\d{6,10})", _I)
_ANCHOR = re.compile(
    r"\b(?:phase (?:I{1,3}|IV|[1-4])(?:[ab])?(?:\s?[/-]\s?(?:I{1,3}|[1-4])[ab]?)? (?:[\w-]+ ){0,3}?(?:trial|"
    r"study)|(?:pilot|pivotal|prospective|randomi[sz]ed|retrospective|single-arm|clinical|multicent\w+|global|"
    r"early(?:-stage)?|(?:mid|late)-stage|first-in-humans?|ongoing|open-label|dose-escalation|real-world) "
    r"(?:[\w-]+ ){0,4}?(?:trials?|study|analysis|evaluation|series)|"
    r"(?:trial|study|report|series|cohort) of \d+|CIBMTR)\b|(?<![A-Za-z])(?:[A-Z]{3,24}[A-Za-z]{0,12}-\d{1,3}|"
    r"[A-Z]{2,5}-?\d{2,5}|[a-z]{2,6}-?\d{3,5})(?![\w-]|-PD|\s?(?:阳性|表达))|临床试验|期临床|期试验|(?:I{1,3}|"
    r"[1-3])期[^。;]{0,30}?(?:研究|试验|数据)|研究\s?\(n|临床数据|"
    r"临床研究|受试者|例(?:[A-Za-z/-]{2,10}|[一-鿿]{0,8})患者|名患者|"
    r"位患者|名接受|期数据|名难治",
    _I,
)
PRODUCT = re.compile(
    (
        r"(?<![A-Za-z])(?:[A-Za-z]{1,24}(?:-[A-Za-z]{1,16})?-?cel|(?:[a-z]{1,24}gene\s)?[a-z]{1,24}leucel(?:-T)?|Kymriah|Yescarta|Provenge|JCAR\d{1,4}|CT[LX]?\d{3,4}|"
        r"bb-?2121|(?!CD\d|IL\d|PD\d)[A-Z]{2,4}\d{2,4})(?![A-Za-z0-9])|(?:舒瑞基|泽沃基|西达基|伊基|纳基|瑞基|雷尼基)奥仑赛|"
        r"阿基仑赛|艾基维仑赛|替沙仑赛|[一-鿿]{2,8}单抗"
    ),
    _I,
)
SPECIFIC = re.compile(
    r"\b\d+ (?:[\w/-]+ ){0,4}?(?:patients|participants|children|adults)\b|\bn\s?=\s?\d+|\d+\s?[例名位]|"
    r"\bPhase|phase|"
    r"期临床|期试验|期研究|研究(?:显示|中|纳入|表明)|临床数据|临床试验|trial|study|analysis|evaluation",
    _I,
)


def study(words: str, current: str | None, pooled: bool, head: bool) -> str | None:
    """The study that a review's sentence speaks of: its own id or name, else the one before; head: of an item or paragraph."""
    said, words = words, _LIKE.sub(lambda m: " " * len(m[0]), words)  # what a study is likened to is none
    ids = [_id(m) for m in _NCT.finditer(words)]
    if ids:
        return ids[0]
    if row := _ROW.match(words):  # a table's row is of what its first cell names, and of nothing before it
        return row["name"].strip()
    if pooled and not (TRIAL_NAME.search(words) or _CODE_STUDY.search(words)):
        return current
    if not _HAN.search(words) and (begun := subject(words) or registry(words)):
        return current if current and begun in current else begun
    product, new, name = PRODUCT.search(words), _new(words, current), TRIAL_NAME.search(words)
    if product and (re.search("联合|例|名", product[0]) or words[: product.start()].endswith("联合")):
        product = None  # what was given with it
    if product and any(t.start < product.end() and product.start() < t.end for t in mentions(words, frozenset({"target"}))):
        product = None  # CLDN18.2
    begun = _begun(words) if current is None or _HAN.search(words) else None  # an English item goes on with its product
    if begun and begun != current and not new and not name:
        return begun
    token = _token(words, head) if not name and not (new and not _HAN.search(words)) else None
    if token:
        return token
    if not name and (code := _CODE.search(words)) and not _NO_TRIAL.match(found := code["code"] or code["led"]):
        return found
    if not name and (not new or head and not product) and opened(words, head, current is not None):
        return current if current and (proper(words) or "?") in current else _window(said, 0, 90)
    if new and not name and not product and (authors := _by(words, new)):
        return authors
    if current is None and not new and not name and (did := _DID.match(words)) and not _MAYBE.search(words):
        return did["product"]
    m = name or new or _ANCHOR.search(words) or (product if _MANY.search(words) else None)
    if not m or not (SPECIFIC.search(words) or name and _VALUE.search(words)):
        return current
    if not new and not name and _FUTURE.search(words):
        return current  # "plan to conduct a future multicentre trial"
    if current and not new and not name and (not product or re.match(r"NCT|ChiCTR|ISRCTN", current)):
        return current
    if name:
        return _named(name)
    return product[0] if product else _described(words, m)


_DID = re.compile(  # the product that an English sentence tells results of
    rf"\s*(?:[-•*]\s)?(?:[Aa]s (?:a )?(?:monotherapy|single agent),\s)?(?P<product>{PRODUCT.pattern})\s(?:\([^()]{{1,60}}\)\s)?"
    r"(?:monotherapy\s)?(?:showed|reported|achieved|demonstrated|produced|induced|yielded|led to|resulted in|had)\s"
    r"(?=[^;]{0,120}\d\s?%)"
)
_MAYBE = re.compile(
    r"\d\s?%?\s?(?:to|-|~)\s?\d[\d.]*\s?%|\b(?:approximately|about|around|roughly|up to|can|may|studies|trials)\b", _I
)
_FUTURE = re.compile(r"\b(?:plan(?:s|ned)? to|will|future|upcoming|intends? to)\b[^.;]{0,60}\b(?:trial|study)\b", _I)
_LIKE = re.compile(  # "(as in ZUMA-1)"; "safety was consistent with the earlier ZUMA-1 trial"
    r"\((?:like|similar to|unlike|as in|see|such as|compared (?:with|to))\b[^()]{0,120}\)|"
    r"\b(?:consistent|concordant|congruent|(?:in )?(?:line|keeping|agreement))\s(?:with|to)\s"
    r"[^.,;()%]{0,90}?\b(?:trial|study|studies|experience)\b|"
    r"\b(?:similar|comparable|compared?|identical|higher|lower|better|worse|longer|shorter)\s(?:to|with|than)\s"
    r"(?:(?:that|those|what|the|results?|data|findings|was|were|seen|observed|reported|in|of|from|"
    r"previous|prior|earlier|phase|pivotal|[IVab\d]{1,3}|(?-i:[A-Z][\w-]{2,20}))\s){1,9}?(?:trial|study)\b",
    _I,
)


def _by(words: str, new: re.Match[str]) -> str | None:
    """Whose report a study is, where words name its authors: Palumbo等[15], Shi and colleagues (14)."""
    met = (m for m in _AUTHORS.finditer(words) if m.start() < new.end() and new.start() < m.end())
    return next((m[0].strip() for m in met), None)


_VALUE = re.compile(r"\d\s?%|\d\s?个月|\d\s?[例名位人]|\b\d+ (?:of|/) \d+|\d months", _I)
_AUTHORS = re.compile(
    r"(?:[一-鿿]{1,4}|[A-Z][a-z'-]+)\s?等(?:人|学者)?\s?(?:\[[\d,-]{1,9}\]?)?|"
    r"[A-Z][\w'-]+ (?:and (?:colleagues|co-?workers|associates)|et al\.?)(?: ?[(\[]\d{1,3}[)\]])"
)
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9-])(?!CAR-|TCR|CTLA|COVID|SARS|CEACAM|CLDN|CTCAE|CXC|MAGE|ASCO|FOLF|XELOX|CAPOX|NECTIN|BRCA|ICAM|VCAM|FOXP|"
    r"PRAME|HLA|TNF|CDKN|GPRC|SLAMF|SOFA|ECOG|RECIST|ISRCTN|NCT|ChiCTR|KRAS|NRAS|IFN)"
    r"(?P<token>[A-Z]{4,24}-\d{1,3}[A-Z]?|[A-Z][a-z]{1,12}[A-Z]{1,8}[A-Za-z]{1,12}-\d{1,3}|KarMMa)(?![A-Za-z0-9-])"
)
_FOLLOWED = re.compile(
    r"\s?(?:\([^()]{0,60}\))?\s?(?:的|中|在|研究|试验|队列|显示|结果|[IⅠ-Ⅲ1-3]{1,3}期|"
    r"(?:m|中位)?(?:ORR|CRR?|PFS|OS|DO[RS]|DoR|EFS|RFS|DCR|MRD)\b|(?:showed|reported|demonstrated|enrolled|included|compared)\b|"
    r"\()"
)


def _token(words: str, head: bool) -> str | None:
    """The one trial that a sentence calls by a name like ZUMA-1, with what it found; in an item's head with nothing."""
    found = list(_TOKEN.finditer(words))
    if len({m["token"] for m in found}) != 1:
        return None
    before = words[: found[0].start()]
    told = any(_FOLLOWED.match(words, m.end()) for m in found) or re.search(r"(?:依据为?|根据|\b[Ii]n|[(,]) ?\Z", before)
    return found[0]["token"] if told or head else None


def _new(words: str, current: str | None) -> re.Match[str] | None:
    """Where a sentence names another study; "the study enrolled 90 patients" goes on with the one before."""
    m = _NEW_STUDY.search(words)
    if m and (_FOLLOWED_UP.search(m[0]) or (current and (_AGAIN.match(m[0]) or _PART_OF.match(m[0])))):
        return None
    return m


_FOLLOWED_UP = re.compile(r"\b(?:study|trial|median) follow[- ]?up\b", _I)
_PART_OF = re.compile(  # an analysis of the same study
    r"(?:an?|the)\s(?:[\w-]+\s){0,2}?(?:subsequent|updated?|primary|efficacy|safety|interim|final|exploratory|subgroup|pooled|planned|"
    r"post[ -]hoc|later|longer|additional|further)\s(?:[\w-]+\s){0,3}?(?:analysis|evaluation|report|review|survey|cohort)\b",
    _I,
)


_AGAIN = re.compile(r"the\s(?:(?:[\w()-]+\s){0,3}?cohort|trial|study|analysis|report|cohort|series|evaluation|review)\b", _I)
_CODE_STUDY = re.compile(r"(?<![A-Za-z0-9-])[A-Z]{2,5}-?\d{2,5}\s?(?:研究|试验|trial\b|study\b)")
_ROW = re.compile(r"\s*\|\s*(?P<name>[^|\n/]*[A-Za-z一-鿿][^|\n/]{1,40}?)\s*(?:/[^|\n]*)?\|[^|\n]*\|[^|\n]*(?:\||\Z)")
_SUBJECT = re.compile(
    r"(?<![A-Za-z0-9-])(?P<p>[A-Z]{1,5}-?\d{1,5}[A-Z]{0,2})(?:\s?\([^()]{0,24}\))?\s?(?=在|治疗|用于|单药|的|组|细胞|输注)"
)


def _begun(words: str) -> str | None:
    """The product whose results a Chinese sentence begins with: 靶向KRAS G12D的TCR-T细胞KT-12D在胰腺癌中的ORR为25%."""
    if not re.search(r"\d\s?%|\d\s?[例名位]|个月", words):
        return None
    if (p := PRODUCT.match(words.lstrip())) and "单抗" not in p[0]:
        return p[0]
    named = [(x.start, x.end) for x in mentions(words, frozenset({"target"}))]
    for m in _SUBJECT.finditer(words, 0, 60):
        own = not any(a < m.end("p") and m.start("p") < b for a, b in named)
        if own and _CODED.fullmatch(m["p"]) and not re.search("[,;。:]", words[: m.start()]):
            return m["p"]
    return None


def _described(words: str, m: re.Match[str]) -> str:
    """What to call a study that has no name: by its code, by the words for it, or by how the sentence begins."""
    if _HAN.search(words):
        return _window(words, m.start() - 30, m.end() + 30)
    if _A_CODE.fullmatch(m[0]) and not list(mentions(m[0], frozenset({"target"}))):
        return m[0]
    before = next(iter(_DETERMINER.findall(words[: m.start()])), "")
    after = _TAIL.search(words, m.end())
    phrase = words[m.start() - len(before) : after.start() if after else len(words)].strip(" .")
    return _window(phrase, 0, 90) if before and len(phrase) > 24 else _window(words, 0, 90)


_A_CODE = re.compile(r"[A-Z]{2,24}-?\d{1,5}")
_DETERMINER = re.compile(r"\b(?:an?|the|this|its|their|our)\s(?:(?!(?:an?|the|this|its|their|our)\s)[\w/'-]+\s){0,6}\Z", _I)
_TAIL = re.compile(
    r"[,;:()]|(?<=[a-z\d])\.(?:\s|\Z)|\s(?:presented|reported|published|show\w*|found|demonstrat\w+|were|was|had|has|have|"
    r"is|are|that|which|who|achieved|led|where)\b",
    _I,
)


def _window(words: str, a: int, b: int) -> str:
    """The words from about a to about b, none of them cut, as the name of a study that has none."""
    a = words.rfind(" ", 0, max(0, a)) + 1 if a > 0 else 0
    b = words.find(" ", b) if 0 < words.find(" ", b) < b + 20 else min(b, len(words))
    return re.sub(r"\s+", " ", words[a:b]).strip()


_MANY = re.compile(rf"\b\d{{2,4}} (?:[\w/-]+ ){{0,3}}?{PATIENTS}\b", _I)
TRIAL_NAME = re.compile(
    r"(?<![A-Za-z0-9-])(?!CAR|TCR|ORR|CRS|NCT|FDA|EMA|NMPA|ICANS|DLT|SAE|TRAE|PFS|AML|ALL\b|DLBCL|LBCL|NHL|"
    r"MCL|NSCLC|HCC|PDQ|CLDN|EGFR|BCMA|GPC)"
    r"(?P<name>[A-Z]{4,24}[a-z]?[A-Za-z]{0,16}(?:-\d{1,3}[A-Z]?)?(?: [A-Z]{2,4} \d{1,3}| \d\.\d{3}| \d{3})?|"
    r"[A-Z]{2,5}-\d{2,4}|[A-Z][a-z]{1,12}[A-Z][A-Za-z]{0,16} \d{3}|"
    r"[A-Z][a-z]{1,12}[A-Z][A-Za-z]{1,16}(?:-?\d{1,3}|-[A-Z][a-z]{1,12}\d{0,3})?|[A-Z]{4,12}\d{1,4}|[A-Z]{4,24}[a-z]?-[A-Z]|"
    r"[A-Z]{3,12}-[A-Z0-9]{1,6}-?\d{1,6}|[A-Z]{1,4}-\d{2,4}-\d{2,3})"
    r"(?:\s?\([^()]{0,40}\))?\s?(?:(?:I{1,3}|IV|[1-4])[ab]?期)?(?:trial|study|enrolled|included|randomi[sz]ed|研究|试验|临床)"
    r"|(?<=[Ii]n\s)(?P<opened>(?!NSCLC|DLBCL|CAR)[A-Z]{5,24}(?:-\d{1,2})?|[A-Z]{4,24}-\d{1,2})(?=,\s\d|,\s(?:the|median|an?)\s|\s\()"
    r"|(?:(?<=研究)|(?<=试验))\s?(?P<led>(?!CAR|ORR|NCT)[A-Z][A-Za-z]{3,24}(?:-\d{1,3})?)(?=\s?\(|中|的|显示|表明|,)"
    r"|(?<![A-Za-z0-9-])(?P<sized>[A-Z]{6,24}-\d{1,3}|[A-Z][a-z]{1,16}[A-Z]{2,12}[A-Za-z]{0,12}(?:-\d)?)(?=\s?\(n\s?=)"
    r"|\b(?:trial|study),?\s(?:(?:called|dubbed|named|known as|titled)\s)?"  # a phase 2 clinical trial, KarMMa, evaluating
    r"(?P<called>(?!CAR|TCR|NCT|TIL\b|FDA|EMA)(?=[\w-]*[A-Z][\w-]*[A-Z\d])[A-Za-z][\w-]{3,24}(?: \d{1,3})?)(?=,\s)"
)


def named(words: str) -> Iterator[str]:
    """The trials that words name, by a registry's id or by a name of their own."""
    yield from (_id(m) for m in _NCT.finditer(words))
    yield from (_named(m) for m in TRIAL_NAME.finditer(words))
    yield from (m["token"] for m in _TOKEN.finditer(words))


def _named(m: re.Match[str]) -> str:
    """The name of a trial: before its noun, behind it, or with its size."""
    return m["name"] or m["opened"] or m["led"] or m["sized"] or m["called"]


_NEW_STUDY = re.compile(
    r"\bin\san?\s(?:[\w'-]+,?\s){1,7}?(?:trial|study)\s(?:with|of|in|that\s\w+)\s(?:[\w-]+\s){0,3}?\d|"
    r"\b(?:an?|one|another|two|the|subsequent|separate)\s(?:[\w/-]+\s){0,5}?(?:trial|study|analysis|"
    r"evaluation|series|cohort|report|review|survey|registry|database)\s(?:[^.;]{0,60}?\s)?(?:included?|of|enrolled|in|with|treated)"
    r"\s(?:[\w-]+\s){0,3}?\d+"
    r"|(?<![A-Za-z])[A-Z]{3,24}[A-Za-z]{0,12}-\d{1,3}\s(?:trial|study)|另一项|一项(?:[^。;]{0,30})(?:研究|试验)|"
    r"(?:[一-鿿]{2,8}|[A-Z][a-z]+\s?)等\s?(?:\[|报道|报告|研究|开展|采用|发现|对|的)"
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
    r"(?:试验|研究|[Tt]rial|[Ss]tudy)\s?\(\s?(?P<code>[A-Z]{2,12}[A-Za-z0-9]{0,16}(?:-[A-Z0-9]{1,6}){0,4}-[A-Z]?\d{1,4}|KarMMa(?:-\d)?)\s?\)"
    r"|(?<![A-Za-z0-9-])(?P<led>[A-Z]{2,12}[A-Za-z0-9]{0,16}(?:-[A-Z0-9]{1,6}){0,4}-\d{1,4})\s?(?:研究|试验|[Tt]rial|[Ss]tudy)"
)


_NO_TRIAL = re.compile(r"(?:PD|CTLA|LAG|TIM|IL|CAR|TCR|COVID|SARS|HER|CD|HLA|ASCO|ASH)-")


def only(text: str) -> str | None:
    """The one trial that a text names, however often; None where it names none or several."""
    text = _LIKE.sub(" ", text)
    names = {m["code"] or m["led"] for m in _CODE.finditer(text)}
    names |= {_named(m) for m in TRIAL_NAME.finditer(text)}
    others = {m["token"] for m in _TOKEN.finditer(text)}
    names |= {x for x in others if not any(x in n or n in x for n in names)}
    ids = {_id(m) for m in _NCT.finditer(text)}
    found = ids or names
    name = next(iter(found)) if len(found) == 1 and len(names) <= 1 else None
    return name if ids or (name and text.find(name) < max(400, len(text) // 4)) else None


_CODED = re.compile(
    r"(?<![A-Za-z0-9.-])(?!CAR|PD-?L?\d|IL-?\d|CD\d|HLA|IFN|TNF|NCT|TCR|ECOG|CTLA|HER\d|GPC|CLDN|B7|BCMA|Ig[AGM]|"
    r"PS\d|MAGE|GD2|"
    r"FGFR|EGFR|WT1|NY-|DLL|ROR|CTCAE|MRD|AML|COVID|CLL|LY6|GPRC|ICD|S100|HPV|EBV|AFP|CA\d)"
    r"(?:[A-Z]{1,5}-?[A-Z]{0,2}\d{1,5}[A-Z]{0,2}|[A-Z]{2,4}-\d{1,3}[A-Z]{1,2})(?![A-Za-z0-9-])|" + PRODUCT.pattern
)


def main(text: str) -> str | None:
    """The product that a text is about: named early, twice at least, and most often of all that it names."""
    targets = [(m.start, m.end) for m in mentions(text, frozenset({"target"}))]
    names = [m[0] for m in _CODED.finditer(text) if not any(a < m.end() and m.start() < b for a, b in targets)]
    if len(names) < 2:
        return None
    first, count = max(((n, names.count(n)) for n in names), key=lambda x: x[1])
    lower = {n.lower() for n in names}
    trials = {_named(m) for m in TRIAL_NAME.finditer(text)} | {m[0] for m in _TRIAL_LIKE.finditer(text)}
    alone = len(lower) <= 2 and len(trials - {first}) <= 1
    return first if alone and count > 2 and count >= 0.6 * len(names) and text.find(first) < 300 else None


def called(text: str) -> str | None:
    """The one product that a text says its therapy is called.

    >>> called("Another 21 had a partial response to the cell therapy, which is called lete-cel.")
    'lete-cel'
    """
    told = {m["name"] for m in _CALLED.finditer(text)}
    name = told.pop() if len(told) == 1 else ""
    return name if name and {m[0] for m in _CODED.finditer(text)} <= {name} else None


_CALLED = re.compile(
    r"\b(?:therapy|product|cells|treatment|candidate),?\s(?:which is |that is |it is |is |now )?"
    r"(?:called|known as|dubbed|named)\s"
    rf"(?P<name>{_CODED.pattern})"
)


def of_one_unnamed(kind: str | None, text: str) -> bool:
    """Whether a piece of news reports the one study that it speaks of, and names neither trial nor product."""
    named = _NCT.search(text) or TRIAL_NAME.search(text) or CITED.search(text) or _main_like(text)
    return (
        kind in ("review", "news", "page:news")
        and not named
        and bool((kind != "review" or _NEWS.search(text[:400])) and _ONE_STUDY.search(text))
    )


_NEWS = re.compile(r"今[日天]|近日|日前|昨[日天]|记者|[讯电][】,]|宣布|公布|发布|\btoday announced\b")


_ONE_STUDY = re.compile(
    r"(?:该|本|此|这项|该项|此项)(?:项)?(?:[^,;。]{0,12}?)(?:研究|试验)(?!表明)|(?:研究|试验)(?:结果|数据)(?:显示|表明)|"
    r"\bthe (?:[\w-]+ ){0,3}?(?:study|trial) (?:enrolled|included|showed|found)\b|"
    r"\b[Tt]his (?:study|trial) (?:is|was|has|enrolled|included)\b"
)


def _main_like(text: str) -> bool:
    targets = [(m.start, m.end) for m in mentions(text, frozenset({"target"}))]
    return any(not any(a < m.end() and m.start() < b for a, b in targets) for m in _CODED.finditer(text))


_TRIAL_LIKE = re.compile(
    r"(?<![A-Za-z0-9-])(?:[A-Z]{6,24}-\d{1,3}|[A-Z][a-z]{1,16}[A-Z]{2,9}[A-Za-z]{0,9}(?:-\d)?)(?![A-Za-z0-9])"
)


def others(words: str, main: str) -> bool:
    """Whether a sentence speaks of another product or trial, and not of the main one."""
    if main in words:
        return bool(TRIAL_NAME.search(words))
    return bool(TRIAL_NAME.search(words) or any(m[0] != main for m in _CODED.finditer(words)))


def _id(m: re.Match[str]) -> str:
    return f"NCT{re.sub('[^0-9]', '', m[1])}" if m[1] else f"ChiCTR{m[2]}" if m[2] else f"ISRCTN{m[3]}"


_ENTRY = re.compile(
    r"\s*(?P<name>[A-Za-z一-鿿]{2,24}(?: / [A-Za-z一-鿿]{2,24})?)\s?"
    r"\((?:[a-z]{4,24}gene [a-z]{4,24}leucel|[A-Za-z]{3,24}-cel)\b[^()]{0,40}\)"
)


def entry(words: str) -> str | None:
    """The product whose entry in a list of products begins: 倍诺达 (relmacabtagene autoleucel) 自体CD19 CAR-T细胞."""
    m = _ENTRY.match(words)
    return m["name"] if m and not re.search(r"\d\s?%|个月|\bmonths", words) else None


_HEADED = re.compile(
    rf"\s*(?:[-•*●◆■▪·]\s*)?(?P<product>[A-Za-z]{{2,20}}-cel|{PRODUCT.pattern})\s?"
    r"\(\s?(?P<trial>(?!CAR|TCR|NCT|CD\d|BCMA|[IVX]+\b)[A-Z][A-Za-z]{0,3}[A-Z][A-Za-z]{1,18}(?:-\d{1,3})?)[^()]{0,40}\)\s?[:：]",
    )


def headed(words: str) -> str | None:
    """The trial that a line names behind its product: "- Liso-cel (TRANSFORM): ORR 87%", or that it has for a label."""
    if m := _HEADED.match(words):
        return m["trial"]
    if m := _ITEM.match(words):
        return m["trial"]
    m = _LABELLED.match(words)
    return m["trial"].strip() if m and not TRIAL_NAME.search(m[0]) and not _TOKEN.search(m[0]) else None


_ITEM = re.compile(  # - CodeBreaK 100 (PMID 34096690): 126 名既往治疗患者, ORR 37.1%
    r"\s*[-•*●◆■▪·]\s*(?!CAR|CLDN|BRCA|STAT|CEACAM|CTLA|CTCAE|EGFR|FGFR|Cohort|Part|Arm|Grade|Week|Month|Table|Phase|Level)"
    r"(?P<trial>(?=[A-Za-z]*[A-Z][A-Za-z]*[A-Z])[A-Z][A-Za-z]{3,16}"
    r"(?:[ -]?\d{1,3}(?=[^:()\n]{0,12}\((?:PMID|NCT|DOI))|[ ]\d{3}(?=\s?[:(])))"
    r"[^:()\n]{0,12}(?:\([^()]{0,60}\))?\s?:"
)
_LABELLED = re.compile(
    r"\s*(?:[-•*●◆■▪·]\s*)?(?P<trial>[^:,;。()]{0,30}(?:研究|试验|队列|\b(?:trial|study|cohort))\s?\d{0,2})"
    r"\s?:(?:(?=[^:]*\d)|(?<=\d:))",
    _I,
)
