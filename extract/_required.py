"""What criteria ask besides numbers of the blood: time since other treatment, earlier therapies, tumour markers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from trialkb.terms import mentions

from ._units import number

Row = tuple[str, str, tuple[int, int], str, dict[str, Any]]
_THERAPY: tuple[tuple[str, str], ...] = (
    ("car_t", r"CAR-?T\b|CART\b|chimeric antigen receptor|CAR[- ]T|嵌合抗原受体"),
    (
        "cell_therapy",
        r"(?:adoptive |gene[- ]modified |genetically modified |engineered )?(?:T[- ]?cell"
        r"|cell(?:ular)?)[- ](?:therap|immunotherap|product)\w*|TCR-?T\b|细胞治疗",
    ),
    ("gene_therapy", r"gene[- ]therap\w+|基因治疗"),
    (
        "allo_sct",
        r"allo(?:geneic|genic)?[- ](?:hematopoietic |haematopoietic )?(?:stem[- ]cell "
        r"|bone marrow )*(?:transplant\w*|HSCT|SCT|HCT)|异基因(?:造血)?干细胞移植",
    ),
    (
        "auto_sct",
        r"auto(?:logous)?[- ](?:hematopoietic |haematopoietic )?(?:stem[- ]cell |bone marrow )*(?:transplant\w*|HSCT"
        r"|SCT|HCT)|ASCT\b|自体(?:造血)?干细胞移植",
    ),
    ("organ_transplant", r"(?:solid )?organ (?:transplant\w*|allograft)|器官移植"),
    ("donor_lymphocytes", r"donor (?:lymphocyte|leukocyte) infusions?|\bDLI\b|供者淋巴细胞"),
    (
        "checkpoint_inhibitor",
        r"(?:immune )?checkpoint (?:inhibitor|blockade)\w*|anti-?PD-?\(?L?\)?1\b|anti-CTLA-?4|PD-?L?1 (?:inhibitor"
        r"|antibod)\w*|免疫检查点抑制剂|PD-?1(?:单抗|抑制剂)",
    ),
    ("vaccine", r"(?:live[- ])?(?:attenuated )?vaccin\w+|疫苗"),
    ("immunosuppressant", r"immunosuppress\w+|免疫抑制"),
    ("steroids", r"(?:cortico)?steroids?|glucocorticoids?|prednisone|糖皮质激素|激素|类固醇"),
    ("radiotherapy", r"radio-?therap\w+|radiation|irradiation|放(?:射)?治?疗"),
    ("surgery", r"surger(?:y|ies)|surgical|手术"),
    (
        "investigational",
        r"investigational|experimental (?:drug|agent|therap)\w*|clinical (?:trial|stud)\w+|试验药物|临床试验|临床研究",
    ),
    ("monoclonal_antibody", r"(?:monoclonal )?antibod(?:y|ies)(?! (?:test|positive|titer))|单(?:克隆)?抗(?:体)?"),
    ("targeted_therapy", r"targeted (?:therap|agent|drug)\w*|small[- ]molecule\w*|tyrosine kinase|TKIs?\b|靶向"),
    ("endocrine_therapy", r"(?:endocrine|hormon\w+|androgen deprivation) (?:therap|treatment)\w*|内分泌治疗"),
    ("immunotherapy", r"immuno-?therap\w+|interferon|interleukin|免疫治疗"),
    ("chemotherapy", r"(?:systemic |cytotoxic )?chemo-?(?:therap\w+|radi\w+)|cytotoxic|化疗"),
    (
        "anticancer_therapy",
        r"anti-?(?:cancer|tumou?r|neoplastic)(?: \w+)? (?:therap|treatment|drug|agent)\w*|systemic therap\w+"
        r"|抗肿瘤治疗|抗肿瘤药",
    ),
    ("transfusion", r"transfus\w+|输血"),
    ("growth_factor", r"growth factors?|G-?CSF|erythropoietin|集落刺激因子"),
)
_WHAT = re.compile("|".join(f"(?P<{id}>{p})" for id, p in _THERAPY), re.I | re.ASCII)
_N = r"(?P<n>\d{1,3}|one|two|three|four|five|six|eight|twelve|[一二两三四五六])"
_U = r"(?P<u>days?|weeks?|wks?|months?|mos?|years?|hours?|half-?lives|d|个?月|周|天|日|年|小时|个?半衰期)"
_WITHIN = re.compile(
    rf"(?:\b(?:within|in) (?:the )?(?:last |past |previous |preceding )?|\b(?:less|fewer) than |\b(?:at least|>=|≥|>"
    rf"|<|≤|more than|minimum of|greater than) ?|\b(?:past|last|previous|preceding) )"
    rf"{_N} ?\(?\d*\)?-? ?{_U}\b|(?:前|后|过去|近|最近|首次给药前)[^\d,。;]{{0,8}}?(?P<zn>\d{{1,3}}"
    rf"|[一二两三四五六])(?P<zu>个?月|周|天|日|年|小时)(?:内|以内|之内)?"
    rf"|(?P<zn2>\d{{1,3}}|[一二两三四五六])(?P<zu2>个?月|周|天|日|年|小时)(?:内|以内|之内)",
    re.I,
)
_TIME = re.compile(r"day|week|wk|month|mo\b|year|hour|half|(?:\d|\b)d\b|月|周|天|日|年|时|衰", re.I)
_SINCE = re.compile(
    r"\b(?:prior|before|previous|since|after|of|from|elapsed|past|last|washout|following|preceding|post|earlier)\b"
    r"|前|后|洗脱|近|内",
    re.I,
)
_NOT_WASHOUT = re.compile(
    r"contracep|pregnan|birth control|donate|measurable|stable (?:CNS|disease|brain)|避孕|妊娠", re.I
)
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "twelve": 12} | dict(
    zip("一二两三四五六", (1, 2, 2, 3, 4, 5, 6), strict=True)
)


def _unit(words: str) -> str:
    w = words.lower().lstrip("个")
    if "half" in w or "半衰" in w:
        return "half_life"
    if w.startswith(("h", "小")):
        return "h"
    first = {"d": "d", "w": "wk", "m": "mo", "y": "a", "天": "d", "日": "d", "周": "wk", "月": "mo", "年": "a"}
    return first[w[0]]


@lru_cache(maxsize=16)
def _what(text: str) -> tuple[re.Match[str], ...]:
    """Treatments named in a criterion; washouts and earlier therapy ask for the same."""
    return tuple(_WHAT.finditer(text))


def washouts(text: str) -> Iterator[Row]:
    """Times that must lie between another treatment and this study; value is treatment and time.

    >>> [r[1] for r in washouts("Chemotherapy within 2 weeks before leukapheresis")]
    ['chemotherapy 2 wk']
    """
    if _NOT_WASHOUT.search(text):
        return
    times = list(_WITHIN.finditer(text)) if _TIME.search(text) else []
    what = _what(text) if times else ()
    for m in times if what else ():
        n, u = m["n"] or m["zn"] or m["zn2"], m["u"] or m["zu"] or m["zu2"]
        around = text[max(0, m.start() - 25) : m.end() + 30]
        if not _SINCE.search(around) and "within" not in m[0].lower():
            continue
        if re.search(r"(?:progress|relaps|recur)\w* (?:\w+ )?\Z|(?:进展|复发)\Z", text[: m.start()], re.I):
            continue
        nearest = min(what, key=lambda w: (w.start() > m.start(), abs(w.start() - m.start())))
        if abs(nearest.start() - m.start()) > 160 or not nearest.lastgroup:
            continue
        value, unit = _WORDS.get(n.lower()) or int(number(n)), _unit(u)
        detail = {"what": nearest.lastgroup, "value": value, "unit": unit}
        span = (min(nearest.start(), m.start()), max(nearest.end(), m.end()))
        yield "washout", f"{nearest.lastgroup} {value} {unit}", span, "washout.words", detail


_PRIOR = re.compile(
    r"\b(?:prior|previous(?:ly)?|past|history of|received|treated with|undergone|exposure to|failed"
    r"|failure of|refractory to|progress\w+ (?:on|after)"
    r"|relapsed? (?:after|from)|after)\b|既往|曾|接受过|失败|进展",
    re.I,
)
_LINE_WORD = re.compile(r"line|regimen|therap|treatment|course|线|种", re.I)
_LINES = re.compile(
    r"(?:(?P<s>≥|>=|at least|minimum of|more than|>|no more than|not more than|≤|<=|up to|至少|不少于|不超过"
    r"|fewer than|less than)\s?)?"
    r"\(?(?P<n>\d{1,2}|one|two|three|four|five|[一二两三四五])\)?(?: \(\d\))?(?:\s?(?:-|to|or|or more"
    r"|至)\s?(?P<b>\d{1,2}|two|three|four|more))?[ -]?"
    r"(?:prior |previous |different |standard |established )*(?:(?:systemic|standard|chemotherap\w*|treatment"
    r"|therapeutic|anti-?\w+|standard-of-care|systemic anti-?\w+) )*"
    r"(?:lines?\b|regimens?\b|prior (?:systemic )?(?:therap\w+|treatments?)|courses? of)"
    r"|(?:(?P<zs>至少|≥|不少于|不超过|经)?\s?(?P<zn>[一二两三四五]|\d)(?:\(\d\))?(?:个)?(?:线|种)(?P<zup>及?以上"
    r"|或以上)?(?:标准|系统|全身)?(?:的)?(?:治疗|化疗|方案))",
    re.I,
)


def prior(text: str) -> Iterator[Row]:
    """Earlier therapies that a criterion asks for or forbids, and numbers of earlier lines.

    >>> [r[1] for r in prior("Prior treatment with any CAR-T therapy")]
    ['car_t']
    """
    cue = _PRIOR.search(text) and not re.search(r"contracep|birth control|避孕", text, re.I)
    seen = set()
    for m in _what(text) if cue else ():
        id = m.lastgroup
        if id and id not in seen and id not in ("transfusion", "growth_factor", "investigational"):
            lead = _PRIOR.search(text[max(0, m.start() - 60) : m.start()])
            tail = re.match(
                r"[^.;,]{0,30}\b(?:history|previously|refractory|failure|failed)\b|[^,。;]{0,12}(?:史|失败|进展)",
                text[m.end() :],
                re.I,
            )
            if lead or tail:
                seen.add(id)
                yield "prior_therapy", id, m.span(), "prior.words", {}
    for m in _LINES.finditer(text) if _LINE_WORD.search(text) else ():
        if row := _lines(m):
            yield row


def _lines(m: re.Match[str]) -> Row | None:
    n = m["n"] or m["zn"]
    value = _WORDS.get(n.lower()) or int(n)
    sign = (m["s"] or m["zs"] or "").lower()
    up = (m["b"] or "") == "more" or m["zup"] or sign in ("≥", ">=", "at least", "minimum of", "至少", "不少于")
    if sign in ("more than", ">"):
        value, up = value + 1, "more"
    down = sign in ("no more than", "not more than", "≤", "<=", "up to", "不超过")
    comparator = ">=" if up else "<=" if down else "<" if sign in ("fewer than", "less than") else "="
    if not 0 < value < 15:
        return None
    return (
        "prior_therapy",
        f"lines {comparator} {value}",
        m.span(),
        "prior.lines",
        {"comparator": comparator, "value": value},
    )


_STATUS = re.compile(
    r"(?P<neg>\b(?:negative|deficient|loss)\b|阴性|缺失|(?<=\d)-(?=[ ,)]))|(?P<pos>\b(?:positiv\w*|express\w*"
    r"|overexpress\w*|amplifi\w*)\b|阳性|过?表达|扩增|(?<=[\dA-Z])\+(?!\d))",
    re.I,
)
_IHC = re.compile(
    r"(?P<s>≥|>=|at least|>)?\s?\(?(?P<i>[123])\s?\+(?:\s?(?:or|/|,|and|或)\s?(?P<j>[23])\s?\+)?(?P<up>\s?(?:or"
    r"|and) (?:above|higher|greater)|及?以上)?",
    re.I,
)
_SHARE = re.compile(
    r"(?:(?P<s>≥|>=|>|at least|more than|greater than(?: or equal to)?|超过|大于等于|大于|不低于"
    r"|至少)\s?)(?P<p>\d{1,2}(?:\.\d+)?)\s?%|(?P<p2>\d{1,2})\s?% (?:or more|or greater|of)",
    re.I,
)
_CPS = re.compile(
    r"\b(?P<k>CPS|TPS|TPS/CPS|H-?score|TC)\b[^\d≥><=]{0,25}(?P<s>≥|>=|>|<|≤)?\s?(?P<v>\d{1,3})\s?%?", re.I
)


def biomarkers(text: str) -> Iterator[Row]:
    """What the tumour must express, with intensity and share of cells where printed.

    >>> [r[1] for r in biomarkers("CLDN18.2 IHC ≥ 2+ in ≥ 40% of tumor cells")]
    ['CLDN18.2 >= 2+ in >= 40 %']
    """
    found = [m for m in mentions(text, frozenset({"target"})) if not m.unsafe]
    seen = set()
    for k, m in enumerate(found):
        stop = found[k + 1].start if k + 1 < len(found) and found[k + 1].id != m.id else len(text)
        near = text[m.end : min(stop, m.end + 150)].split(";")[0]
        near = re.split(r"\.\s", near)[0]
        row = _biomarker(text, m.id, m.start, m.end, near)
        if row and row[1] not in seen:
            seen.add(row[1])
            yield row


def _biomarker(text: str, id: str, start: int, end: int, near: str) -> Row | None:
    ihc, share, status = _IHC.search(near), _SHARE.search(near), _STATUS.search(near[:60])
    if ihc and status is None and not re.search(r"IHC|immunohisto|stain|免疫组|express|表达|intens", text, re.I):
        ihc = None
    if not status and not ihc and not (share and re.search(r"IHC|immunohisto|stain|免疫组|cells|细胞", near, re.I)):
        return None
    detail: dict[str, Any] = {
        "target": id,
        "status": "negative" if status and status["neg"] and not ihc else "positive",
    }
    value, last = id, end
    if ihc:
        up = ihc["s"] or ihc["up"] or ihc["j"]
        detail["intensity"] = f"{'>= ' if up else ''}{ihc['i']}+"
        value, last = f"{value} {detail['intensity']}", max(last, end + ihc.end())
    if share:
        sign = ">" if share["s"] and share["s"].lower() in (">", "more than", "greater than", "超过", "大于") else ">="
        detail["percent"] = f"{sign} {share['p'] or share['p2']}"
        value = f"{value} {'in ' if ihc else ''}{detail['percent']} %"
        last = max(last, end + share.end())
    if not ihc and not share:
        value, last = f"{id} {detail['status']}", end + (status.end() if status else 0)
    return "biomarker", value, (start, last), "biomarker.words", detail
