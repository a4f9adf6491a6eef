"""Words of an endpoint that name something else where they stand: "followed by", "survival rate of NK cells", "in CR2"."""

from __future__ import annotations

import re

_I = re.I | re.A
_EFFICACY = ("CR", "CRi", "PR", "ORR", "MRD_NEG", "VGPR", "sCR")
_TOXIC = ("CRS", "ICANS", "NEUROTOXICITY", "INFECTION", "NEUTROPENIA", "ANEMIA", "THROMBOCYTOPENIA", "LYMPHOPENIA")
_TREATED_THEN = (
    r"transplant\w*|(?:stem[- ]cell |CAR[- ]?T(?:[- ]cell)? |cell )?(?:infusion|transplantation)|HSCT|"
    r"(?:allo|auto)\w*|enrol\w+|lymphodepletion|apheresis|leukapheresis|baseline"
)
_AT_TREATMENT = re.compile(
    rf"(?:\s\(CR\))?(?:/CR\d)?\sat\s(?:the\s)?(?:time\sof\s)?(?:the\s)?(?:{_TREATED_THEN})\b", _I
)
_ELSE: tuple[tuple[tuple[str, ...], re.Pattern[str] | None, re.Pattern[str] | None], ...] = (
    # "elevated ferritin, followed by LDH (median 11.5 days)"
    (("FOLLOW_UP",), None, re.compile(r"(?<=followed)\sby\b[^.;]{2,40}\(median\b", _I)),
    # "the median survival rate of NK cells was 95%"
    (("OS",), None, re.compile(r"(?:\srates?)?\s(?:of|for)\s(?:the\s)?(?:infused\s)?(?:NK|CIK|CAR[- ]?T|T|TILs?)[- ]cells?\b|"
    r"\sof\scells\b", _I)),
    # "aetiologies included volume depletion (71%), cytokine release syndrome (18%)"
    (_TOXIC, re.compile(r"\b(?:a?etiolog(?:y|ies)|causes)\s(?!of death)(?:of\s[^.;,]{3,40}\s)?(?:includ\w+|were|"
    r"was)\b(?:[^.;]|\.\d)*\Z", _I), None),
    # "thirteen were in complete remission at the time of transplant", "in CR1/CR2 at HSCT (83%)"
    (_EFFICACY, re.compile(r"\bin\s(?:an?\s)?(?:\w+\s)?\Z", _I), _AT_TREATMENT),
    (("CR",), re.compile(r"\bCR1/\Z"), None),
    # "23 patients at complete remission (CR) received NK cells"
    (("CR",), re.compile(r"\bat\s(?:\w+\s)?(?:complete remission\s\()?\Z", _I), re.compile(r"(?:\s\(CR\)|\))?\sreceived\b", _I)),
    # "at the time of NK-cell infusion, 11 patients were in CR"
    (_EFFICACY, re.compile(rf"\b[Aa]t\s(?:the\s)?time\sof\s(?:the\s)?(?:[\w-]+\s){{0,2}}(?:{_TREATED_THEN})\b,\s[^.;,%]{{0,40}}"
    r"\bin\s(?:an?\s)?(?:\w+\s)?\Z", _I), None),
    # "disease status before transplantation was first complete remission in 61% and partial remission in 22%"
    ((*_EFFICACY, "SD", "PD"), re.compile(r"\b(?:disease|remission|response)\sstatus\s(?:before|prior to|at)\b[^.;]*\Z",
    _I), None),
    # "9 of 14 were disease progression-free"
    (("PD",), None, re.compile(r"-free\b", _I)),
    # "balanced with stabilized weights"
    (("SD",), re.compile(r"\bwith\s\Z"), re.compile(r"(?<=stabili[sz]ed)\s(?!disease|tumou?r)[a-z]")),
    # "lymphoma-specific survival was 71%"
    (("OS",), re.compile(r"-specific\s(?:overall\s)?\Z", _I), None),
    # "overall survival from leukapheresis", "anti-programmed cell death-1 therapy"
    (("SINK",), re.compile(r"\b(?:after|from|since|following|of)\s(?:the\s)?\Z", _I), re.compile(r"(?<=pheresis)")),
    (("SINK",), None, re.compile(r"(?<=viral)\s(?:vectors?|transduction|supernatant|particles)\b", _I)),
    (("SINK",), re.compile(r"\bprogrammed(?: cell)?[- ]\Z", _I), None),
    # "8 of 10 patients treated in remission remain in remission"
    (_EFFICACY, re.compile(r"\b(?:treated|infused|transplanted|given\s\w+|consolidation)\s(?:(?:in|"
    r"during)\s(?:\w+\s)?)?\Z", _I),
    re.compile(r"[^.;]{0,60}\bremain", _I)),
    (_EFFICACY, re.compile(r"\b(?:treated|infused|transplanted|given|consolidation)\b[^.;]{0,30}\b(?:in|during)\s(?:\w+\s)?"
    r"remission\b[^.;]{0,40}\bremain(?:ed|s)?\s(?:in\s)?(?:\w+\s)?\Z", _I), None),
    # "72% had progressive disease following their last line of treatment"
    (("PD",), None, re.compile(r"\s(?:following|after|on|during|despite)\s(?:their\s|an?\s|the\s)?(?:prior|previous|"
    r"last|most recent|"
    r"preceding)\b", _I)),
    # "all had progressed on ≥ 2 lines of therapy": before this one
    (("PD",), re.compile(r"\b(?:had|have|has)\s(?:all\s|\w+ly\s)?\Z", _I),
    re.compile(r"\s(?:on|after|following|through|despite)\s(?:(?:[≥>]|at least|more than|a median of|"
    r"or not tolerated)\s?)?(?:(?:\d|(?:one|two|three|four)\b)(?=[^.;,]{0,40}\b(?:lines?|prior|previous|regimens?|TKIs?|"
    r"chemo|platin|therap|inhibitors?|agents?|treatments?))|multiple|all\b|several|prior|previous|standard|both|first-line|"
    r"second-line|conventional|available)", _I)),
    # "30% for patients who survived to undergo a transplant"
    (("OS",), re.compile(r"\bwho\s\Z"), re.compile(r"(?<=survived)\sto\s(?:undergo|receive|be\b|get\b|reach|"
    r"transplant|infusion)", _I)),
    # "six patients (50%) maintained those responses"
    (("ORR", "CR", "PR"), re.compile(r"\b(?:maintain\w*|sustain(?:ed|ing)|kept|retain\w*|lost)\s(?:those|their|these|its)\s"
    r"(?:\w+\s)?\Z", _I), None),
    # "48 MRD-negative and 4 MRD-positive patients at time of HSCT"
    (("MRD_NEG",), re.compile(r"\d\s\Z"), re.compile(
    r"(?:\sand\s\d{1,3}\sMRD[- ]positive)?(?:\s(?:patients|pts|children))?\sat\s(?:the\s)?(?:time\s(?:of\s)?)?(?:the\s)?"
    rf"(?:{_TREATED_THEN})\b", _I)),
    # "one PR was surgically converted to a CR"
    (("PR", "SD", "VGPR", "ORR"), None, re.compile(r"\s(?:was|were)\s(?:\w+ly\s)?converted\s(?:in)?to\b", _I)),
    # "four of the nine complete responders have since progressed"
    (_EFFICACY, re.compile(r"\bof\s(?:the|these|those)\s(?:\d+|[a-z]+)\s\Z", _I),
    re.compile(r"(?<=responders)\s(?:have|had|are|were|relapsed|"
    r"progressed|remain\w*|died|received|underwent|developed|experienced|subsequently)\b", _I)),
    # "underwent transplantation when complete remission was achieved"
    ((*_EFFICACY, "SD"), re.compile(r"\b(?:when|while|once)\s(?:an?\s)?\Z", _I),
    re.compile(r"\s(?:was|were|is|had been)\s(?:achieved|"
    r"maintained|attained|obtained|reached|documented|ongoing)\b", _I)),
    # "first CR (CR1) 41%", "CR1 66%"
    (("CR", "PR"), re.compile(r"\b(?:first|second|third|1st|2nd|3rd)\s\Z", _I), re.compile(r"\s?\((?:CR|PR)\d\)")),
    (("CR", "PR"), None, re.compile(r"(?<=[CP]R[123])\)?\s\d")),
    # "the median survival for women randomized to induction was 3.8 months": they are the patients
    (("SINK",), None,
    re.compile(r"(?:(?<=women)|(?<=[^o]men)|(?<=males))\s(?:who|randomi[sz]ed|assigned|receiving|treated|given|with)\b", _I)),
    # "chronic GVHD-free, relapse-free survival"
    (("RFS",), re.compile(r"(?:GVHD|GvHD|host disease)-free,?\s(?:and\s)?(?:/\s?)?\Z"), None),
    # "29% at 24 months for CR, compared with 61% for nonresponse"
    (_EFFICACY, re.compile(r"\d\s?%\s(?:at\s[\w\s]{3,16}\s)?for\s(?:an?\s)?\Z"),
    re.compile(r",?\s(?:compared|versus|vs\.?|and)\s(?:with\s|to\s)?\d")),
    # 可实现深度缓解4,能够: the mark of a reference
    (("ORR",), None, re.compile(r"(?<=缓解)\d{1,2}[,。]")),
    # "compared with those not in remission (20%)"
    (_EFFICACY, re.compile(r"\b(?:those|patients)\snot\s(?:in\s(?:\w+\s)?)?\Z", _I), None),
    # "all four had venocclusive disease and the contribution of hepatitis B infection was unclear"
    (_TOXIC, re.compile(r"\b(?:contribution|role|importance|relevance|significance|impact|influence)\sof\s(?:the\s|an?\s)?"
    r"(?:[\w-]+\s){0,3}\Z", _I), None),
    # 1例CR患者至末次随访已持续缓解
    (("CR", "PR"), re.compile(r"\b1\s?例\Z"), re.compile(r"患者(?:至|已|仍|目前|在)")),
    # 28例患者获缓解后桥接移植
    (_EFFICACY, re.compile(r"[获达得到]\Z"), re.compile(r"后(?:\s?\d{1,3}\s?例)?(?:即|均|再)?(?:桥接|序贯|接受|行|进行)")),
    # MRD阴性CR且随访资料完整者76例
    (_EFFICACY, None, re.compile(r"[^,。;]{0,10}资料完整")),
    # 12例完成诱导缓解治疗后放弃: a phase of the treatment
    (("ORR", "CR"), re.compile(r"诱导\s?\Z"), re.compile(r"治疗|化疗|疗法|方案|阶段|期|疗程|后|失败")),
    # 死于感染和疾病进展: how they died
    (
        ("PD", "OTHER_EFFICACY", "OTHER_SAFETY", *_TOXIC),
        re.compile(r"死[于因]为?(?:[^,;。\d死]{0,24}[和及或与、])?(?:疾病|肿瘤|病情|原发病)?\s?\Z"),
        None,
    ),
)


def something_else(text: str, start: int, end: int, id: str) -> bool:
    """Whether the words at [start:end] are not of this endpoint, by what stands before and behind them.

    >>> t = "ferritin rose, followed by LDH (median 11.5 days)"
    >>> something_else(t, 15, 23, "FOLLOW_UP"), something_else("median follow-up 11 days", 7, 16, "FOLLOW_UP")
    (True, False)
    """
    for ids, before, behind in _ELSE:
        if id not in ids:
            continue
        if (before is None or before.search(text, max(0, start - 160), start)) and (behind is None or behind.match(text, end)):
            return True
    return False
