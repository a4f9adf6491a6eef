"""Endpoint and safety terms of outcomes: where they stand in a reading form, by spaCy's PhraseMatcher.

The wordings are data (outcome_terms.tsv): id, kind, case (i ignores it, s wants it as written) and a pattern whose
(a|b) alternatives are multiplied out. Tokens are runs of letters, runs of digits, single Han characters and signs,
so that a wording matches in any spacing and never inside another Latin word (PD is not found in PD-1).
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from ._outcome_else import something_else
from ._outcome_short import shorts
from ._outcome_split import Hit, split_terms
from ._outcome_toxic import only_names

_TOKEN = re.compile(r"[A-Za-z]+|\d+|\s+|.", re.DOTALL)
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
# what turns an acronym into something else: PD-1, Cr clearance, PR interval, CR1 receptor, SD of a mean
_NOT_AFTER = {
    "复发": re.compile(r"\s?(?:/|或|、|和|及|性|难治|耐药|转移|的)"),
    "relapsed": re.compile(
        (
            r"\s?(?:/|or|and|,)\s?(?:or )?refractory|\s(?:\w+ ){0,2}(?:AML|ALL|lymphoma|leuk|disease|myeloma|DLBCL|"
            r"NHL)"
        ),
        re.I,
    ),
    "Relapsed": re.compile(r"\s?(?:/|or|and|,)\s?(?:or )?refractory", re.I),
    "表达": re.compile(r"者|的?患者|组|人群"),
    "进展": re.compile(r"\s?[::]|报告|情况|风险"),
    "随访": re.compile(r"结果|数据|显示|分析"),
    "感染": re.compile(r"性|科|风险|控制"),
    "NC": re.compile(r"(?!\s?[:=]?\s?\(?\d{1,3}\s?(?:[例名位人%(]))"),  # NC 8例: no change, in the criteria of the WHO
    "有效": re.compile(r"性|成分|剂量|期|手段|措施|方法|药物|的?治疗|地|改善|控制|预防|提高|评|数据|证据"),
    "缓解": re.compile(r"评[估价]|数据|标准|情况"),
    "获得疗效": re.compile(r"评[估价]|数据|资料"),
    "治疗有效": re.compile(r"性|评[估价]|数据"),
    "RR": re.compile(r"(?!比较|\s?(?:(?:分别|均)?(?:为|达|是|:|of|was|were|rate of|rate was)|\(|\))?\s?\d+(?:\.\d+)?\s?%)"),
    "PD": re.compile(
        r"\s?-\s?L?\s?[12](?![\d.])|L?[12](?![\d.]|\s?[例名位])|\s?L\s?-?[12](?![\d.])|\s?-?\s?L|\)?\s?(?:profile|"
        r"marker|analys|effect)"
    ),
    "SD": re.compile(r"\s?[=:]?\s?\d+\.\d|\s?\)"),
    "OS": re.compile(r"-9"),
    "CR": re.compile(r"-\d|\s?clearance"),
    "PR": re.compile(r"-\d|\s?(?:interval|positive|negative|status|\+|-(?:positive|negative))"),
    "ADR": re.compile(r"-\d"),
    "NT": re.compile(r"-|\s?pro|\d"),
    "response": re.compile(
        r"\s(?:of|lasting|that lasted)\s(?:\w+\s)?\d+(?:\.\d+)?\+?[- ](?:months|mo\b|weeks|days|years|month)", re.I
    ),
    "pain": re.compile(r"\s(?:relief|score|control)"),
    "alive": re.compile(
        r"\s(?:and (?:\w+[- ])?(?:progression|disease|relapse|event|well|in\b|free)|in\b|with(?:out)?\b)", re.I
    ),
}
_NOT_BEFORE = {
    "MR": re.compile(r"(?<![例名位])\s?\Z"),  # 1例MR is a minor response; else a molecular one, or none
    "onset": re.compile(r"(?:early|late|delayed|rapid)-\Z", re.I),
    "resolved": re.compile(r"\b(?:not|never) (?:yet |fully |been )?\Z", re.I),
    "responders": re.compile(r"\d (?:of|/|out of|of the|among|among the) (?:the )?\d+\s\Z", re.I),
    "进展": re.compile(r"(?:研究|试验|最新|项目|临床|重要|取得|新|无|未|治疗|死于疾病|因疾病|死于肿瘤)\Z"),
    "不良事件": re.compile(r"(?:死于|因)\Z"),
    "不良反应": re.compile(r"死于\Z"),
    "疾病进展": re.compile(r"(?:死于|因|由于|死因为)\Z"),
    "感染": re.compile(r"(?:死于|因)[^,;。、]{0,8}\Z"),
    "缓解": re.compile(r"(?:症状|逐渐|后|疼痛|得到|明显|处理后均?|治疗后均?)\Z"),
    "CR": re.compile(r"\b(?:near|nearly|almost)[- ]\Z", re.I),
    "PD": re.compile(r"(?:anti-?|α)\s?\Z", re.I),
    "SD": re.compile(r"(?:±|\+/-|mean|[\d.]\s?\()\s?[\(,]?\s?\Z", re.I),
    "PR": re.compile(r"(?:ER|ER/|ER\+/|ER and|estrogen receptor[^.]{0,20})\s?\Z"),
    "HEMATOLOGIC_TOX": re.compile(r"non-?\s?\Z", re.I),
    "ORR": re.compile(
        (
            r"(?:(?:auto|allo)?immun(?:e|ological|ologic|ity|o\w*)|CTLs?|Ig[AGM]\d?|anti[- ]?idiotypic|(?-i:anti-[A-Z][\w-]*)|"
            r"anti-?drug|antigen|"
            r"[\w+/-]+-specific|specific|cellular|ELISPOT|ELISpot|CD[48]\+?|DTH|hypersensitivity|"
            r"neutrali[sz]ing|Th[12]|helper|lymphocyte|B[- ]cell|"
            r"(?:interferon|IFN)[\w-]*|innate|adaptive|vaccine|lymphoproliferative|proliferative|memory|effector|recall|"
            r"cytotoxic|abscopal|antibody|T[- ]cell|vir(?:al|ologic(?:al)?)|biochemical|serologic(?:al)?|placebo|PSA|pain|"
            r"poor|slow(?: early)?|rapid early|inadequate|insufficient|suboptimal|"
            r"inflammatory|stress|humoral|cytokine|anti-CAR|metabolic|molecular|"
            r"pharmacodynamic|pathologic(?:al)?|ctDNA|biomarker|dose-|mixed|marginal|biologic(?:al)?|mitogenic)[- ]\Z|"
            r"\b(?:evaluable|assessable|evaluated|assessed|available|monitored) for (?:(?:the|best|clinical|"
            r"disease|tumou?r)\s)*\Z"
        ),
        re.I,
    ),
}


_RESPONSE_TO = re.compile(
    (
        r"[\s-](?:evaluable|evaluation|assess\w*|criteria|categor\w+|adapted|evaluated|predict\w*|signature|element|"
        r"biomarker)"
    ),
    re.I,
)
_STABLE = re.compile(
    (
        r"(?:patients?|diseases?|tumou?rs?|cases?|lesions?|condition|[\d)]|one|two|three|four|five|six|seven|eight|"
        r"nine|ten|and|or)\s(?:have\s|had\s|were\s|was\s|are\s|is\s)?\Z"
    ),
    re.I,
)


@dataclass(frozen=True, slots=True)
class Term:
    """An endpoint's words: kind is response, generic, time, survival, tox, dose or sink."""

    id: str
    kind: str
    start: int
    end: int
    words: str

    @property
    def rate(self) -> bool:
        """Whether the words themselves name a rate (缓解率, response rate)."""
        return _names_rate(self.words)


@lru_cache(maxsize=512)
def _names_rate(words: str) -> bool:
    return bool(re.search(r"(?i)rates?\b|率\Z|probabilit|(?:RR|DCR|CBR)s?\Z|CRR\b", words.rstrip(")")))


def _expand(pattern: str) -> list[str]:
    parts = _ALTERNATIVES.split(pattern)
    choices = [[p] if i % 2 == 0 else p.split("|") for i, p in enumerate(parts)]
    return ["".join(c) for c in itertools.product(*choices)]


@cache
def _matcher() -> tuple[Any, Any, Any, dict[str, tuple[str, str]], frozenset[str]]:
    """spaCy's vocabulary, the matchers of both cases, what each rule stands for, and the words that rules use."""
    import spacy
    from spacy.matcher import PhraseMatcher

    vocab = spacy.blank("xx").vocab
    loose, strict = PhraseMatcher(vocab, attr="LOWER"), PhraseMatcher(vocab, attr="ORTH")
    meaning: dict[str, tuple[str, str]] = {}
    known: set[str] = set()
    source = files("trialkb.extract").joinpath("outcome_terms.tsv").read_text(encoding="utf-8")
    for n, row in enumerate(csv.DictReader(source.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)):
        wordings = _expand(row["pattern"])
        if row["case"] == "i":
            wordings = sorted({w2 for w in wordings for w2 in (w, w.replace("-", " "))})
        meaning[f"r{n}"] = (row["id"], row["kind"])
        (loose if row["case"] == "i" else strict).add(f"r{n}", [_doc(vocab, w) for w in wordings])
        known.update(w.lower() for wording in wordings for w in _TOKEN.findall(wording))
    return vocab, loose, strict, meaning, frozenset(known)


def _doc(vocab: Any, text: str) -> Any:
    from spacy.tokens import Doc

    return Doc(vocab, words=[w for w in _TOKEN.findall(text) if not w.isspace()])


def terms(text: str) -> list[Term]:
    """Terms in a reading form, in order, the longest where they overlap.

    >>> [(t.id, t.words) for t in terms("ORR and mPFS; PD-1 stays; 总缓解率 (overall response rate, ORR)")]
    [('ORR', 'ORR'), ('PFS', 'mPFS'), ('ORR', '总缓解率'), ('ORR', 'overall response rate'), ('ORR', 'ORR')]
    """
    from spacy.tokens import Doc

    vocab, loose, strict, meaning, known = _matcher()
    places = [m.span() for m in _TOKEN.finditer(text) if not m[0].isspace()]
    if not places:
        return []
    # the vocabulary keeps every word that it ever saw: words of no rule stand for one another, so that it does not grow
    doc = Doc(vocab, words=[w if (w := text[a:b]).lower() in known else "_" for a, b in places])
    hits = [(places[a][0], places[b - 1][1], vocab.strings[key]) for key, a, b in (*loose(doc), *strict(doc))]
    hits.sort(key=lambda h: (h[0], -h[1], meaning[h[2]][1] == "sink"))
    hits = split_terms(text, hits, meaning)
    hits = _with_shorts(text, hits, meaning)
    found: list[Term] = []
    end = barred = -1
    for start, stop, rule in hits:
        id, kind = meaning[rule]
        if start >= end and something_else(text, start, stop, id):
            barred = max(barred, stop)  # nor is a word within it: "four of the nine complete responders have progressed"
        if start < end or stop <= barred or not _fits(text, start, stop, id):
            continue
        if id in ("SD", "PR") and (_BETTER.match(text, stop) or _AT_LEAST.search(text, max(0, start - 14), start)):
            id = "DCR" if id == "SD" else "ORR"  # a partial response or better
        if kind != "sink" and (rate := _RATE.match(text, stop)):
            stop = rate.end()
        if id == "SAME":
            before = next((t.id for t in reversed(found) if t.kind == "tox"), None)
            id = before if before and not re.search(r"[.;]\s", text[found[-1].end : start]) else "TEAE"
        found.append(Term(_of_its_curve(text, id, kind, start, stop, found), kind, start, stop, text[start:stop]))
        end = stop
    return found


def _with_shorts(text: str, hits: list[Hit], meaning: dict[str, tuple[str, str]]) -> list[Hit]:
    """Adds mentions of short forms that the text defines behind an endpoint, where the vocabulary does not know them."""
    rules = {meaning[rule][0]: rule for _, _, rule in hits if meaning[rule][1] in ("tox", "time", "response")}
    named = [(a, b, meaning[rule][0]) for a, b, rule in hits if meaning[rule][0] in rules]
    taken = [(a, b) for a, b, _ in hits]
    extra = [(a, b, rules[id]) for a, b, id in shorts(text, named) if not any(x < b and a < y for x, y in taken)]
    return sorted(hits + extra, key=lambda h: (h[0], -h[1], meaning[h[2]][1] == "sink")) if extra else hits


def _of_its_curve(text: str, id: str, kind: str, start: int, stop: int, found: Sequence[Term]) -> str:
    """复发或死亡风险 is of the survival that its sentence speaks of: disease-free, event-free, progression-free."""
    last = next((t for t in reversed(found) if t.kind == "time" and t.id in ("DFS", "EFS", "PFS", "RFS")), None)
    said = id in ("RFS", "PFS") and text[start:stop].endswith("风险") and last
    return last.id if said and last and not re.search("[。\n]", text[last.end : start]) else id


_BETTER = re.compile(r"\)?\s?(?:及|或)?(?:以上|更[好佳])|\)?(?:\s\([^()]*\)){0,2}\s(?:or|and) better\b")
_AT_LEAST = re.compile(r"\bat least (?:an? )?\Z", re.I)
_RATE = re.compile(r"\s?率")  # OS率, PFS 率


_REASONS = re.compile(
    r"\b(?:reasons?\sfor\s(?:not|discontinu\w+|withdraw\w+|stopping)|discontinued\s(?:\w+\s)?(?:due to|because of)|"
    r"hospitali[sz]\w+|(?:re)?admitted|(?:re)?admissions?|referr\w+)\b[^.;]{0,60}?\b(?:for|because of|due to|was|"
    r"were|to|of|receiving)\b(?:[^.;]|\.\d)*\Z", re.I)
_SCORE_OF = re.compile(r"\b(?:scores?|(?:median|mean|maximum|worst) grades?) (?:for|of) (?:the )?\Z", re.I)
_OTHER_TTR = re.compile(
    r"\btime[- ]to[- ](?!(?:(?:first|best|initial|objective|overall|complete|confirmed|onset of)[- ])*(?:response|"
    r"remission|CR|PR))"
    r"[\w -]{3,40}\(\s?m?TTR\b", re.I)
_CURVES = ("OS", "PFS", "EFS", "DFS", "RFS", "DOR")
_TREATED = ("CRS", "ICANS", "NEUROTOXICITY", "INFECTION", "NEUTROPENIA", "THROMBOCYTOPENIA", "ANEMIA")
_TREATED_FOR = re.compile(
    r"(?:\b(?:treated|given|received|used|administered|indicated|therapy|treatment|anakinra|tocilizumab|siltuximab|ruxolitinib|"
    r"emapalumab|steroids|corticosteroids|dexamethasone|prophylaxis|G-CSF|antibiotics)\b[^.;,()%]{0,40}\sfor\s|"
    r"\bto (?:treat|prevent|manage|reverse)\s)"
    r"(?:the\s|their\s)?(?:(?:\S*refractory|severe|resistant|persistent|high-grade|low-grade|grade \S+|suspected|"
    r"ongoing|prolonged|early)\s){0,3}"
    r"(?:\w+\s(?:or|and)\s)?\Z", re.I)
_CAUSING = re.compile(
    r"[\s-](?:induced|mediated|triggered|directed|like)\b|-related\s(?:factors?|variables?|parameters?|cytokines?|"
    r"(?:bio)?markers?|symptoms?|"
    r"complications?|hospitali[sz]ations?|admissions?)\b", re.I)
_CARE = re.compile(
    r"(?:/[A-Z]{2,5})?[\s-](?:treatments?|prevent\w+|prophyla\w+|management|therap(?:y|ies)|mitigation|grading|monitoring|"
    r"medications?|interventions?|guidelines?|biomarkers?|scores?|severity|symptoms|grades?(?!\s?(?:[≥>\d]|I{1,3}\b|"
    r"of\b)))\b", re.I)
_SO_MANY = re.compile(r"(?:[(,]\s?|and\s)(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)\s\Z", re.I)
_NON_RESPONSE = re.compile(
    r"\d\s?%\sno\s(?:objective\s|clinical\s)?responses?\b|"
    r"\bno\s(?:objective\s|clinical\s)?responses?\s(?:was seen\s|was observed\s)?in\s"
    r"\d+(?:\s?/\s?\d+|\sof\s\d+)?(?:\s\w+){0,2}\s\(\d+(?:\.\d+)?\s?%",
    re.I,
)
_EARLIER_CR = re.compile(  # "8 were in second complete remission (CR), and 5 in high-risk CR1"
    r"\b(?:in|at) (?:(?:a )?(?:first|second|third|1st|2nd|3rd)(?: or (?:subsequent|greater|later|higher|second|third|beyond|"
    r"more advanced))?)\s(?:complete (?:remission|response)s?\s\()?\Z", re.I
)
_WERE_IN = re.compile(r"(?:\b(?:was|were|patients|pts)|\d)\sin\s(?:\w+-risk\s)?\Z", re.I)
_ESCALATED = re.compile(r"II\s?期|2\s?期|二期|RP2D|MTD|耐受|递增|爬坡|后续|DLT|扩展")
_CELLS = re.compile(r"\bcells?\b|CAR|TCR|TIL|NK\b|transgene|copies|vector|clon\w+|leucel|\w-cel\b|product", re.I)


_OF_SYMPTOMS = re.compile(
    r"(?:疼痛|止痛|镇痛|骨痛|症状|标志物|AFP|CEA|发热|咳嗽|黄疸|免疫功能|生活质量|体力状况)(?:的|改善|控制)?\Z"
)
_COUNTED = re.compile(r"\s?(?:者|患者|病例)?(?:共|有|为|仅)?\s?\d")


def _fits(text: str, start: int, end: int, id: str) -> bool:
    words = text[start:end]
    if re.search(r"(?i)\bnon-?\s?\Z|非\Z", text[max(0, start - 5) : start]):
        return False
    if only_names(text, start, end, id):
        return False
    if words.isupper() and re.search(r"\b[A-Z]-\Z", text[max(0, start - 3) : start]):
        return False  # T-ICAHT is a thing of its own
    if id == "PERSISTENCE" and words.isascii() and not _CELLS.search(text, max(0, start - 70), end + 50):
        return False
    if id == "PERSISTENCE" and re.search(r"(?i)\b(?:with|without|having|no)\s\Z", text[max(0, start - 9) : start]):
        return False
    if id == "TTR" and words.endswith("TTR") and _OTHER_TTR.search(text):
        return False
    if id == "PD" and re.search(r"\b(?:CRS|ICANS|toxicit\w+|neurotoxicity|syndrome)\s\Z", text[max(0, start - 16) : start]):
        return False
    if id.endswith("AE") and re.search(r"(?i)\b(?:died|deaths?) (?:from|of|due to|"
    r"because of) (?:\w+ )?\Z", text[max(0, start - 30) : start]):
        return False
    if id in (*_TREATED, "TRAE", "TEAE", "SAE") and _REASONS.search(text, max(0, start - 150), start):
        return False  # "required hospitalization, primarily for CRS (25%), neurotoxicity (10%)"
    if id in (*_TREATED, "HEMATOLOGIC_TOX", "TEAE", "TRAE") and _SCORE_OF.search(text, max(0, start - 30), start):
        return False  # "the median score for haematological toxicity was 4"
    if id in (*_CURVES, "PD") and re.match(r"\s(?:events?|maturity)\b", text[end : end + 10]):
        return False  # "83 (94.3%) PFS events"
    if id in _TREATED and (_TREATED_FOR.search(text, max(0, start - 90), start) or _CAUSING.match(text, end)):
        return False  # "treated with anakinra for refractory CRS", "CRS-induced kidney injury"
    if id in _TREATED and _CARE.match(text, end):
        return False  # "76.6% received CRS treatment"
    if re.fullmatch(r"CR[12]", words) and (
        re.match(r"\s?(?:患者|期|状态|patients|pts)", text[end : end + 9]) or _WERE_IN.search(text, max(0, start - 36), start)
    ):
        return False  # the state of disease before
    if id in ("CR", "CRi") and _EARLIER_CR.search(text, max(0, start - 60), start):
        return False  # the state of disease before
    if id in ("CR", "CRi", "PR", "ORR") and re.search(
        r"(?i)cumulative incidences? of (?:the )?(?:complete |major )?\Z", text[max(0, start - 38) : start]
    ):
        return False
    if (words[0].isascii() and text[start - 1 : start].isascii() and text[start - 1 : start].isalnum()) or (
        text[end : end + 1].isascii() and text[end : end + 1].isalnum() and words[-1].isascii()
    ):
        return False
    if id == "ORR" and _OF_SYMPTOMS.search(text, max(0, start - 8), start):
        return False  # 疼痛缓解率
    if words in ("缓解", "有效", "应答") and text[start - 1 : start] == "未" and _COUNTED.match(text, end):
        return False  # 未缓解3例
    if words == "有效" and "显效" in text[max(0, start - 30) : start]:
        return False  # 显效8例,有效12例,无效4例: a scale of its own
    if re.fullmatch(r"CR\s+\d", words):
        return False
    if words == "推荐剂量" and not _ESCALATED.search(text, max(0, start - 90), end + 50):
        return False  # what a label recommends
    if id == "ORR" and len(words) > 3 and _RESPONSE_TO.match(text, end):
        return False
    denied = id == "ORR" and re.search(r"(?i)\bno\s\Z", text[max(0, start - 4) : start])
    if denied and _NON_RESPONSE.search(text, max(0, start - 12), end + 40):
        return False  # "40.9% no response", "no response in 9 patients (40%)": those who did not respond
    after, before = _NOT_AFTER.get(words), _NOT_BEFORE.get(words) or (_NOT_BEFORE.get(id) if len(words) > 4 else None)
    if words == "SD" and _SO_MANY.search(text[max(0, start - 12) : start]):
        after = None  # "(1 PR, 10 SD)"
    if after and after.match(text, end):
        return False
    if (
        words.lower() == "stable"
        and text[end : end + 1] not in ".,;)"
        and not re.match(r"\s(?:and|for|at|after|\()", text[end:])
    ):
        return False
    if words.lower().endswith("stable") and not _STABLE.search(text, max(0, start - 40), start):
        return False
    return not (before and before.search(text, max(0, start - 30), start))
