"""Deaths that a treatment caused, as texts tell them: "died of sepsis considered related to the infusion", 死于治疗相关毒性."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._hints import hinted

_THERAPY = (
    r"(?:(?:the|study|investigational|protocol|experimental|adoptive|trial)\s)*(?:(?!not|no)[\w-]+\s){0,2}?"
    r"(?:treatments?|therap(?:y|ies)|drugs?|toxicit\w+|infusions?|\w+-?cel\b|\w+leucel|CAR[- ]?Ts?\b(?:[- ]cells?)?|"
    r"TCR-?T\b(?:[- ]cells?)?|TILs?\b|T[- ]cells?|NK[- ]cells?|cells|product|vaccine|conditioning|lymphodepletion|"
    r"(?:[\w-]+-)?related adverse (?:events?|effects?|reactions?)|treatment-related\s\w+|regimen|TRAEs?|toxic effects?)"
)
_TIED = (
    r"(?:(?:that|which|and)\s)?(?:(?:was|were|is|are|being|considered|deemed|judged|thought|believed|assessed|"
    r"reported|felt|possibly|probably|likely|definitely|directly|at least|both|all|to be|as|by the investigators?|"
    r"occurred|occurring)\s)*"
    rf"(?:(?:related|attributed|attributable|ascribed|secondary|due|owing)\s(?:to|with)\s{_THERAPY}|because\sof\s{_THERAPY}|"
    rf"caused by\s{_THERAPY}|"
    r"(?:treatment|therapy|drug|infusion|product|cell)[- ]related\b(?!\s(?:death|mortal|toxic|compl|adverse|cause)))"
)
_OF = r"(?:of|from|due to|because of|secondary to)"
_DEATHS = re.compile(
    rf"\bdeaths?(?:\s\([^()]*\))?,?\s{_TIED}"
    rf"|\bfatal (?:\w+\s)?(?:adverse events?|AEs?|events?|toxicit\w+|TEAEs?|reactions?),?\s{_TIED}"
    rf"|\bdied as (?:an?\s|the\s)?(?:direct\s)?(?:consequence|result|complication) of {_THERAPY}"
    r"|(?<!cancer-)(?<!cancer )(?<!disease-)(?<!disease )(?<!tumor-)(?<!tumour-)(?<!emia-)"
    r"(?<!oma-)(?<!lapse-)(?<!ssion-)(?<!un)(?<!un-)"
    r"\b(?:related|toxicity-related|toxicity) deaths?\b"
    rf"|\bdeaths?\s(?:resulted|resulting|occurred)\sfrom\s{_THERAPY}"
    r"|\bdied (?:from|of|due to) (?:\w+\s)?toxicit(?:y|ies)\b"
    r"|\bdied (?:on|at) (?:day|week|month)\s\S+\s(?:of|from|due to) (?:treatment|therapy|drug)[- ]related \w+"
    rf"|\bdied (?:{_OF}|with|after|following) (?:[\w/,-]+ (?!and\b|but\b)){{1,9}}?\(?{_TIED}"
    rf"|\bdied {_OF} (?:an?\s|the\s)?(?:\w+\s)?complications? (?:of|from|related to) {_THERAPY}"
    rf"|\bdied as an? (?:direct\s)?(?:consequence|result) of {_THERAPY}"
    rf"|\b(?:died|deaths?) {_OF} (?!treatment[- ]emergent)(?:an?\s|the\s)?(?:(?:treatment|therapy|drug|study|product|"
    r"regimen|infusion|transplant|procedure|conditioning|CAR[- ]T)[- ]?(?:cells?[- ])?(?:therapy[- ])?"
    r"(?:drug[- ])?(?:related|associated)?\s?(?:\w+ )?"
    r"(?:toxicit\w+|complications?|adverse events?|toxic effects|causes?|events?|infections?|sepsis|mortality)|RRT\b"
    r"|(?:(?:possibly|probably|likely|potentially)\s)?"
    r"(?:treatment|therapy|drug|transplant|procedure|CAR[- ]T)[- ](?:cells?[- ])?(?:related|associated|induced)\s"
    r"(?:[\w-]+\s){0,3}?(?:ha?emorrhage|bleeding|pneumonia|pneumonitis|infections?|failure|arrest|infarction|embolism|"
    r"thrombosis|syndrome|CRS|ICANS|HLH|GVHD|neurotoxicity|encephalopathy|cytopenias?|"
    r"(?!mortality|death)[a-z]{4,}(?:itis|osis|aemia|emia|opathy|pathy|plegia|shock))\b)"
    r"|(?<=\bdied )\([^()]{0,40}-related[^()]*\)"
    rf"|\bdied {_OF} (?:an?\s|the\s)?(?:grade 5 )?TRAEs?\b|\bdied because of (?:an?\s)?TRAEs?\b"
    r"|\bfatal TRAEs?\b|\bTRAEs? (?:leading|led|resulting|resulted) (?:to|in) death\b"
    r"|\b(?:treatment|therapy|drug)[- ]related (?:adverse events?|AEs?|toxicit\w+) "
    r"(?:leading|led|resulting|resulted) (?:to|in) death\b"
    r"|\bfatal (?:treatment|therapy|drug)[- ]related (?:\w+ )?(?:adverse events?|AEs?|toxicit\w+|events?)",
    re.I,
)
_OF_DEATHS = hinted(
    r"\b(?:died|deaths?)\b[^.]{0,110}?\b(?:one|two|three|four|five|six|\d+|both|none|neither)(?:\s(?:deaths?|patients?|"
    rf"cases?))?(?:\s(?:of (?:which|whom|these|them|(?:the|these|those) deaths)))?(?:,\s[^,.;]{{3,60}},)?\s(?P<t>{_TIED})",
    re.I,
)
_CELLS_ZH = (
    r"(?:DLI|CAR-?T|TCR-?T|(?:CAR-?)?NK|TIL|CIK|DC|移植|预处理|化疗|清淋|免疫治疗|供者淋巴细胞|研究药物|试验药物|药物|细胞|输注|回输|治疗)"
)
_NO_SUCH = hinted(  # "no cases of treatment-related sepsis, pneumonia, or death"
    r"\b(?:no|without|nor)\s(?:(?:cases?|instances?|episodes?|reports?|incidences?) of\s)?(?:severe\s|serious\s)?"
    r"(?:treatment|therapy|drug|infusion|product|transplant|procedure|regimen|vaccine|cell|CAR[- ]T)[- ]related\s"
    r"(?:(?!deaths?\b)[\w-]+,?\s){1,6}?(?:or|and)\s(?P<t>deaths?|mortality)\b", re.I
)
_DEATHS_ZH = re.compile(
    rf"死于{_CELLS_ZH}(?:细胞)?(?:治疗|输注|回输|疗法)?相关(?:性|的)?[^,;。、(]{{1,16}}"
    rf"|因[^,;。]{{1,14}}死亡\s?[,(]\s?(?:可能|经研究者|研究者)?(?:均|被)?(?:考虑|判定|判断|认为|评估)?(?:为|可能)?"
    rf"与[^,;。]{{0,4}}?{_CELLS_ZH}[^,;。]{{0,6}}相关"
    r"|死于(?:与[^,;。]{1,16}相关的?[^,;。、(和]{1,8}|(?:治疗|药物|细胞|输注|回输)相关的?[^,;。、(和]{1,8}|CRS|ICANS|细胞因子释放综合征|神经毒性)"
    r"|因[^,;。\d]{1,16}死亡[^,;。]{0,6}[,(]\s?(?:均|经研究者|研究者)?(?:考虑|判定|判断|认为|评估)[^,;。]{0,6}与[^,;。]{1,14}相关"
    r"|因?[^,;。、\d]{0,6}(?:毒性|不良反应|不良事件)致死|致死性(?:毒性|不良反应|不良事件)"
    r"|因(?:接受)?(?:治疗|回输|输注)(?:而|后)?死亡"
    r"|死[于亡][^,;。]{0,16}[,(]\s?(?:均|经研究者|研究者)?(?:考虑|判定|判断|认为|评估)[^,;。]{0,6}与[^,;。]{1,14}相关"
    r"|因(?:[1-5]级)?(?:CRS|ICANS|细胞因子释放综合征|神经毒性)[^,;。]{0,6}死亡"
    r"|死于[^,;。]{0,14}?(?:相关的?毒性|相关的?并发症|毒副?反应|相关的?不良(?:反应|事件))|(?:与[^,;。]{1,14}?相关的?|毒性相关的?)死亡"
    r"|因[^,;。]{0,12}?(?:不良(?:反应|事件)|毒性|治疗相关[^,;。]{0,6})[^,;。]{0,6}死亡"
    rf"|死亡(?:病例|事件|患者)?(?:均|都|被|可)?(?:考虑|判定|判断|认为|评估)?为?(?:(?:可能)?与[^,;。]{{0,4}}?{_CELLS_ZH}[^,;。]{{0,6}}?(?:相关|有关)"
    rf"|(?:归因于|归咎于|归因为)[^,;。]{{0,4}}?{_CELLS_ZH}(?:细胞)?(?:治疗|输注|回输|疗法)?)"
    r"|(?:CAR-?T|TCR-?T|(?:CAR-?)?NK|TIL|CIK|DC|细胞)(?:细胞)?(?:输注|回输|治疗|疗法)?(?:相关(?:性|的)?|所致的?|导致的?)死亡(?!率)"
    rf"|与[^,;。]{{0,4}}?{_CELLS_ZH}[^,;。]{{0,6}}?有关的死亡"
)

_TOLD_OF = hinted(r"death|died|fatal", re.I)  # in each alternative of the English patterns: most texts have none
_NUMBERED = re.compile(r"(?P<w>deaths?)\s\([^()]*\d", re.I)


def deaths(text: str) -> Iterator[tuple[int, int]]:
    """Places of the words for a death by treatment.

    >>> t = "one patient died of sepsis considered related to the infusion"
    >>> [t[a:b] for a, b in deaths(t)]
    ['died of sepsis considered related to the infusion']
    """
    told_of = bool(_TOLD_OF.search(text))
    for pattern in (*([_DEATHS_ZH] if "死" in text else ()), *([_DEATHS] if told_of else ())):
        for m in pattern.finditer(text):
            told = _NUMBERED.match(
                text, m.start(), m.end()
            )  # "deaths (5%) were considered related": the number is no word
            yield told.span("w") if told else m.span()
    if told_of:
        yield from (m.span("t") for pattern in (_OF_DEATHS, _NO_SUCH) for m in pattern.finditer(text))
