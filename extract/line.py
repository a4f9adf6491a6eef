"""Line of therapy: which line the study's treatment is, what the disease is refractory to, and the setting.

The value counts the treatment under study: third-line is 3, "at least two prior lines" is >=3, "after failure of
first-line" is >=2, previously untreated is 1. Read from titles, summaries, arms, inclusion criteria and sentences on
patients; a sentence on what others do (standard first-line therapy is ...) is no statement of the study.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialkb.records import Document, Finding

from ._criteria import begins, items
from ._view import View, piece, prose

_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "a": 1,
    "single": 1,
}
_WORDS |= dict(zip("一二两三四五", (1, 2, 2, 3, 4, 5), strict=True)) | {
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
    "front": 1,
    "upfront": 1,
}
_ORD = r"first|second|third|fourth|fifth|1st|2nd|3rd|4th|front"
_CARD = r"one|two|three|four|five|single|\d{1,2}"
_PRIOR = re.compile(
    r"(?P<s>at least|minimum of|≥|>=|more than|>|up to|no more than|not more than|≤|<=|\bonly|exactly)?\s?"
    rf"(?<![\w.\-])(?P<n>{_CARD})(?: \(\d\))?(?:\s?(?:-"
    rf"|to|or)\s?(?P<b>{_CARD}|more))?[ -]"
    r"(?:or more )?(?P<x>(?:(?:prior|previous|different|systemic|standard|established|available|treatment"
    r"|therapeutic|chemotherapy|anti-?\w+|of)[ -]){0,4})"
    r"(?P<w>lines?|regimens?|therap(?:y|ies)|treatments?|strategies)\b"
    rf"|(?P<f>fail(?:ed|ure|ing)?|refractory|progress\w*|relaps\w*|resist\w*|ineffective"
    rf"|intoleran\w*)(?: \w+){{0,4}}? (?:to|of|after|on|following|with|at least)?\s?(?:the )?(?:standard |prior "
    rf"|previous )?(?P<fo>{_ORD})(?:-? ?(?:-|to|or|and|/) ?(?:the )?(?P<fo2>{_ORD}))?[- ]?line",
    re.I,
)
_ORDINAL = re.compile(
    rf"\b(?P<o>{_ORD})(?:[- ]?(?:line)?(?:,| or| and|/|-|to)+ ?(?P<o2>{_ORD}))?[- ]?line(?P<up> (?:or|and) (?:later"
    rf"|beyond|above|greater|higher|subsequent)|\+)?|\b(?P<L>[1-5])(?P<lp>\+|≥)? ?L\b(?P<up2>\+| (?:or|and) (?:later"
    rf"|beyond))?"
    r"|(?P<g>≥|>=)\s?(?P<gl>[1-5]) ?L\b",
    re.I | re.ASCII,
)
_HAN = re.compile(
    r"(?P<s>至少|≥|经|既往|不少于)?[^,。;]{0,6}?(?P<n>[一二两三四五]|[1-5])(?:[-~至到/、或](?P<b>[一二三四五]"
    r"|[1-5]))?\s?(?:种|个)?线"
    r"(?P<up>及?以?上|及以后|或以上|及其以上)?(?P<x>[^,。;]{0,12}?(?:失败|进展|复发|耐药|无效|不耐受|后))?"
)
_NAIVE = re.compile(
    r"\b(?:treatment|therapy|chemotherapy)[- ]na[iï]ve|previously[- ]untreated|newly[- ]diagnosed"
    r"|without prior (?:systemic )?(?:therapy|treatment)|初治|初诊|新诊断|未经治疗",
    re.I,
)
_PEOPLE = re.compile(
    r"\b(?:patients?|subjects?|participants?|pts|adults?|children|eligib\w+|enroll\w*|must have|who have"
    r"|treatment of)\b|患者|受试者|入组|纳入|病人",
    re.I,
)
_OTHERS = re.compile(
    r"\bstandard (?:of care|first|second|frontline|treatment)\b|\b(?:is|are|remains?) (?:the |a )?(?:standard"
    r"|recommended|approved|considered)|\bhistorical|prognosis|标准(?:一线|二线)|预后",
    re.I,
)
_SETTING = re.compile(
    r"(?P<relapsed>\brelaps(?:ed|ing)\b|\brecurren(?:t|ce)\b|\bR ?/ ?R\b|\bRR(?=MM\b|DLBCL\b)|复发)"
    r"|(?P<refractory>\brefractory\b|难治)"
    r"|(?P<neoadjuvant>\bneo-?adjuvant\b|\bpre-?operative (?:chemo|therap|treat)\w+|新辅助)"
    r"|(?P<adjuvant>(?<!neo)(?<!neo-)\badjuvant\b|(?<!新)辅助(?:治疗|化疗))"
    r"|(?P<maintenance>\bmaintenance (?:therap|treatment|phase)\w*|\bas maintenance\b|维持治疗)"
    r"|(?P<consolidation>\bconsolidat(?:ion|ive)\b|巩固治疗)"
    r"|(?P<first_line>\bfirst[- ]?line\b|\bfront-?line\b|\b1L\b|\btreatment-na[iï]ve\b|\bpreviously untreated\b|一线"
    r"|初治|未经治疗)|(?P<newly_diagnosed>\bnewly[- ]diagnosed\b|新诊断|初诊)"
    r"|(?P<advanced>\b(?:locally )?advanced\b(?! (?:care|directive|life))|\bmetastatic\b|\bunresectable\b|晚期"
    r"|转移性|不可切除)",
    re.I,
)
_PAST = re.compile(
    r"(?:\b(?:prior|previous(?:ly)?|after|following|received|receiving|fail\w*|progress\w*|refractory to"
    r"|relapsed after|completed|since)\b|既往|失败|后)[^.;,。]{0,30}\Z",
    re.I,
)
_DRUGS: tuple[tuple[str, str], ...] = (
    ("proteasome_inhibitor", r"proteasome inhibitors?|\bPIs?\b|bortezomib|carfilzomib|蛋白酶体抑制剂"),
    ("immunomodulatory_drug", r"immunomodulatory (?:drug|agent|imide)s?|\bIMiDs?\b|lenalidomide|pomalidomide|免疫调节剂"),
    ("anti_cd38", r"anti-?CD38|daratumumab|isatuximab"),
    ("anti_cd20", r"anti-?CD20|rituximab|利妥昔单抗"),
    ("anthracycline", r"anthracyclines?|蒽环"),
    ("btk_inhibitor", r"\bBTK ?i(?:nhibitors?)?\b|ibrutinib|bruton\w* tyrosine kinase"),
    ("bcl2_inhibitor", r"venetoclax|BCL-?2 inhibitor"),
    (
        "checkpoint_inhibitor",
        r"checkpoint (?:inhibitor|blockade)s?|anti-?PD-?\(?L?\)?-?1|PD-?L?1 (?:inhibitor|antibod|blockade)\w*"
        r"|免疫检查点|PD-?1(?:抑制剂|单抗)",
    ),
    ("platinum", r"platinum\w*|cisplatin|carboplatin|oxaliplatin|铂"),
    ("fluoropyrimidine", r"fluoropyrimidines?|5-?FU\b|capecitabine|氟尿嘧啶"),
    ("trastuzumab", r"trastuzumab|anti-?HER2|曲妥珠单抗"),
    ("tki", r"tyrosine kinase inhibitors?|\bTKIs?\b|imatinib|sorafenib|酪氨酸激酶抑制剂"),
    ("car_t", r"CAR-?T\b|chimeric antigen receptor"),
    ("transplant", r"(?:stem[- ]cell |bone marrow )?transplant\w*|\b(?:auto|allo)?-?H?SCT\b|移植"),
    ("radiotherapy", r"radio-?therap\w+|radiation|放(?:射)?治?疗"),
    ("endocrine_therapy", r"endocrine therap\w+|hormon\w+ therap\w+|内分泌治疗"),
    ("targeted_therapy", r"targeted therap\w+|靶向治疗"),
    ("immunotherapy", r"immunotherap\w+|免疫治疗"),
    ("chemotherapy", r"(?:immuno)?chemotherap\w+|化疗"),
    ("standard_therapy", r"standard(?:[- ]of[- ]care)?(?: \w+)? (?:therap\w+|treatments?)|standard of care|标准(?:方案)?治疗"),
)  # fmt: skip
_DRUG = re.compile("|".join(f"(?P<{id}>{p})" for id, p in _DRUGS), re.I)
_FAILED = re.compile(
    r"\b(?:refractory|resistant|intoleran(?:t|ce)) to\b|\bprogress(?:ed|ion|ive disease)? (?:on|after|during"
    r"|following|despite)\b|\bfail(?:ed|ure|ing)\b(?: of| to)?|\brelaps\w+ (?:after|following|from)\b|失败|耐药|难治"
    r"|无效|(?<!无)(?<!无疾病)进展",
    re.I,
)


def find(document: Document) -> Iterator[Finding]:
    """Lines, settings and failed therapies; each value once a section, with the first words that say it.

    >>> from trialkb.records import Section
    >>> t = "Patients had received at least two prior lines of therapy."
    >>> d = Document("X1", "article", "t", (Section("abstract", t),), b"")
    >>> [(f.field, f.value) for f in find(d)]
    [('line', '>=3')]
    """
    for v, told in _views(document):
        seen = set()
        for start, end in v.sentences():
            for f in _sentence(v, start, end, told):
                if (f.field, f.value) not in seen:
                    seen.add((f.field, f.value))
                    yield f


def _views(document: Document) -> Iterator[tuple[View, bool]]:
    """What is read, and whether each sentence of it is on the study's own patients."""
    for section in document.sections:
        if section.name == "eligibility":
            for item in items(section.text, begins(section.text) or 0):
                if item.kind == "inclusion":
                    yield piece(document.id, section.name, section.text[item.start : item.end], item.start), True
    for v in prose(
        document, "eligibility", "primary_outcomes", "secondary_outcomes", "other_outcomes", "interventions"
    ):
        yield v, v.section in ("title", "official_title", "arms")


def _sentence(v: View, start: int, end: int, told: bool) -> Iterator[Finding]:
    text = v.text[start:end]
    if not told and (not _PEOPLE.search(text) or _OTHERS.search(text)):
        return
    failed = _failed(text)
    for value, a, b, rule in _lines(text):
        detail = {"refractory_to": [id for id, *_ in failed]}
        yield v.finding("line", value, (start + a, start + b), rule, detail)
    for id, a, b in failed:
        yield v.finding("line.refractory_to", id, (start + a, start + b), "line.failed")
    for m in _SETTING.finditer(text):
        kind = m.lastgroup
        past = kind in ("adjuvant", "neoadjuvant", "maintenance", "consolidation", "first_line")
        if kind and not (past and _PAST.search(text[max(0, m.start() - 50) : m.start()])) and not _followed(text, m):
            yield v.finding("line.setting", kind, (start + m.start(), start + m.end()), "setting.words")


def _followed(text: str, m: re.Match[str]) -> bool:
    """First-line therapy that failed is no first-line setting."""
    return m.lastgroup == "first_line" and bool(
        re.match(
            r"[^.;,。]{0,40}(?:fail|refractory|progress|relaps|失败|进展)|\s?(?:及|或)?以上", text[m.end() :], re.I
        )
    )


def _failed(text: str) -> list[tuple[str, int, int]]:
    """Therapies behind (in Chinese also before) words of failure, within the clause."""
    found: dict[str, tuple[str, int, int]] = {}
    for f in _FAILED.finditer(text):
        tail = re.split(r"[.;。；]", text[f.end() : f.end() + 160])[0]
        for m in _DRUG.finditer(tail):
            if m.lastgroup:
                found.setdefault(m.lastgroup, (m.lastgroup, f.end() + m.start(), f.end() + m.end()))
        if "\u3400" <= f[0][0] <= "\u9fff":
            head = max(text.rfind(x, 0, f.start()) for x in "。;；")
            for m in _DRUG.finditer(text, max(head, f.start() - 40, 0), f.start()):
                if m.lastgroup:
                    found.setdefault(m.lastgroup, (m.lastgroup, m.start(), m.end()))
    return sorted(found.values(), key=lambda x: x[1])


def _lines(text: str) -> Iterator[tuple[str, int, int, str]]:
    """(value, start, end, rule) of the statements on lines; the first kind that finds one wins."""
    found = [*_prior(text), *_han(text)] or list(_ordinals(text)) or [
        ("1", m.start(), m.end(), "line.untreated") for m in _NAIVE.finditer(text)
    ]  # fmt: skip
    yield from found


def _prior(text: str) -> Iterator[tuple[str, int, int, str]]:
    for m in _PRIOR.finditer(text):
        if m["fo"]:
            n = max(_n(m["fo"]), _n(m["fo2"]) if m["fo2"] else 0)
            yield f">={n + 1}", m.start(), m.end(), "line.failed_ordinal"
            continue
        about = text[max(0, m.start() - 60) : m.end() + 30].lower()
        if not re.search(r"prior|previous|line|fail|refractory|receiv|relaps|progress|earlier", about) or not (
            "line" in m["w"].lower()
            or re.search(r"prior|previous", (m["x"] or "").lower())
            or re.search(
                r"(?:prior|previous(?:ly)?|fail\w*|refractory to|after|receiv\w*|progress\w*)\W[^.;]{0,30}\Z",
                text[: m.start()],
                re.I,
            )
        ):
            continue  # fmt: skip
        n = _n(m["n"])
        if 0 < n <= 10:
            yield _counted(m, n), m.start(), m.end(), "line.prior_count"


def _counted(m: re.Match[str], n: int) -> str:
    sign = (m["s"] or "").lower()
    if sign in ("up to", "no more than", "not more than", "≤", "<="):
        return f"<={n + 1}"
    if sign in ("only", "exactly"):
        return str(n + 1)
    if sign in ("more than", ">"):
        return f">={n + 2}"
    if m["b"] and m["b"].lower() != "more":
        return f"{n + 1}-{_n(m['b']) + 1}"
    return f">={n + 1}"


def _ordinals(text: str) -> Iterator[tuple[str, int, int, str]]:
    for m in _ORDINAL.finditer(text):
        before = text[max(0, m.start() - 45) : m.start()]
        if _PAST.search(before) and not m["L"] and not re.search(r"\bas (?:a |an |the )?\Z", before):
            continue
        n = _n(m["o"] or m["L"] or m["gl"])
        up = m["up"] or m["up2"] or m["lp"] or m["g"]
        top = _n(m["o2"]) if m["o2"] else None
        if re.match(r"[- ](?:\w+ ){0,2}(?:fail|refractory|relapse)", text[m.end() :], re.I):
            value = f">={n + 1}"
        else:
            value = f">={n}" if up else f"{n}-{top}" if top else str(n)
        yield value, m.start(), m.end(), "line.ordinal"


def _han(text: str) -> Iterator[tuple[str, int, int, str]]:
    for m in _HAN.finditer(text):
        n = _n(m["b"] or m["n"])
        after = re.match(r"[^,。;]{0,14}?(?:失败|进展|复发|耐药|无效|不耐受)", text[m.end() :])
        past = (
            m["x"]
            or after
            or (m["s"] in ("至少", "经", "既往", "不少于", "≥") and re.search(r"既往|接受过|经过|曾", text))
        )
        if past:
            yield f">={n + 1}", m.start("n"), m.end(), "line.failed_han"
        elif m["up"]:
            yield f">={n}", m.start("n"), m.end(), "line.ordinal_han"
        else:
            yield (f"{_n(m['n'])}-{n}" if m["b"] else str(n)), m.start("n"), m.end(), "line.ordinal_han"


def _n(words: str) -> int:
    return _WORDS.get(words.lower()) or int(words)
