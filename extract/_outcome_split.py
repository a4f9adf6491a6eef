"""Terms with other words between their parts, or told by a verb: "treatment-related grade 3 adverse events", "remission in 5"."""

from __future__ import annotations

import re

from ._hints import hinted
from ._numbers import WORD
from ._outcome_deaths import deaths
from ._outcome_kinds import kinds
from ._outcome_toxic import toxic

Hit = tuple[int, int, str]

_RELATED = hinted(
    r"(?:treatment|therapy|drug|product|NK|TIL|CIK|CTL|VST|TCR(?:-T)?|DLI|T[- ]cell|"
    r"CAR[- ]T(?:[- ]cells?)?|cells?|study drug|"
    r"(?<![\w-])(?!COVID|SARS|HPV|HBV|HCV|EBV|CMV|HIV|IgG|CD\d|grade|HLA)(?:[A-Za-z]{1,12}-?\d{1,5}[A-Za-z]{0,2}|"
    r"[a-z]{3,20}(?:mab|nib|leucel|-cel|feron|kin-2|taxel|platin|stat|zomib|parib|ciclib|limus|rubicin|tabine|leukin)))"
    r"[- ]related\s(?P<middle>[^.;,()]{3,90}?\s)?"
    r"(?P<noun>adverse events?|adverse effects?|adverse reactions?|AEs?|TEAEs?|toxicit(?:y|ies)|toxic effects|"
    r"events)\b",
    re.I,
)


_OF_A_KIND = re.compile(
    r"\b(?:neuro\w+|cardi\w+|gastro\w+|hepat\w+|pulmon\w+|respir\w+|ocular|skin|cutane\w+|dermat\w+|renal|vascular|bleeding|"
    r"thrombo\w+|endocrin\w+|infusion|immune)\b",
    re.I,
)
_CAUSED = hinted(
    r"(?<!serious )(?<!severe )(?<!-related )(?<!-limiting )\b(?:adverse events?|adverse effects?|adverse reactions?|"
    r"AEs?|TEAEs?|toxicit(?:y|ies)|toxic effects)"
    r"(?:\s\([^()]{1,20}\))?(?:\sof\s(?:≥\s?)?grades?\s[≥1-5][^,;.()]{0,16}?)?\s(?P<verb>(?:(?:that|which)\s)?(?:(?:was|were|are|is)\s)?(?:(?:considered|deemed|judged|"
    r"by the investigators?|"
    r"thought|suspected|"
    r"possibly|probably|definitely|at least|directly)\s)*(?:to be\s)?(?:related|attributed|attributable|ascribed|due|"
    r"owing)\s(?:to|with))\s"
    r"(?:the\s|study\s)?(?P<cause>[\w/-]+(?:\s(?!were|was|are|is|had|have|occurred|in\b|at\b)[\w/-]+)?)",
    re.I,
)
_PROCEDURE = re.compile(
    r"(?i)(?:[A-Z]{2,5} )?(?:procedure|catheter\w*|leukapheresis|apheresis|lymphodeplet\w*|preconditioning|"
    r"conditioning|"
    r"chemotherapy|surgery|biops\w+|"
    r"bridging|HAI|IL-?2|interleukin\w*|disease|tumou?r|progression|underlying|off-target|on-target|cross-react\w*|infections?)\b"
)
_GRADED_EVENTS = hinted(
    r"\b(?:grades?|gr\.?|G)\s?[≥>]?\s?[1-5](?:\s?(?:-|/|or|and|to)\s?(?:[1-5]|higher|greater|above|"
    r"worse))*\s(?P<noun>events|toxicit(?:y|ies))\b"
    r"(?!\s(?:of|were|was)\s(?:CRS|ICANS|cytokine|neuro))",
    re.I,
)
_EVENTS_GRADED = hinted(
    r"(?<!related )(?<!limiting )\b(?P<noun>toxicities|"
    r"events)\s(?:of\s)?(?:≥\s?)?grades?\s(?:≥\s?)?[1-5](?:\s?(?:-|or|and)\s?(?:[1-5]|higher|greater|above|more))?\s"
    r"(?=occurred|were (?:seen|observed|reported|noted|recorded)|in\b|developed)",
    re.I,
)
_ADJECTIVES = {"overall": "ORR", "objective": "ORR", "complete": "CR", "partial": "PR"}
_ADJECTIVES |= {"very good partial": "VGPR", "stringent complete": "sCR"}
_AND_FREE = hinted(
    r"\boverall(?=(?:\s\([^()]*\))?(?:\s(?:and|or)|,|\s?/)\s?(?:the\s)?(?:[a-z]+-free(?:\s\([^()]*\))?(?:,\s(?:and\s)?|\s(?:and|or)\s)){0,2}"
    r"(?:progression|disease|event|relapse|recurrence|leuka?emia|metastasis|failure)-free(?:\s\([^()]*\))?\ssurvivals?\b)|"
    r"\boverall(?=\s(?:and|or)\s(?:the\s)?(?-i:m?(?:PFS|EFS|DFS|RFS|LFS))\b)",
    re.I,
)
_COORDINATED = hinted(
    r"\b(?P<a>overall|objective|complete|partial)(?=(?:\s[\[(](?-i:CRs?|PRs?|ORs?)[\])])?\s(?:and|or|nor|,|/)\s(?:the\s|(?:\d+|[a-z]+)\s(?:an?\s)?)?"
    r"(?:(?:overall|objective|complete|partial)\s(?:response|remission)s?|(?-i:PRs?|CRs?|VGPRs?))\b)",
    re.I,
)
_SORT_OF = hinted(
    r"\bresponses?\b[^.;,]{0,40}\b(?:were|was) (?:\w+ly )?(?P<a>complete|partial)\b(?!\s(?:response|remission|or\b))"
    rf"|(?<=[\s(])(?:\d+|{WORD})\s(?:of (?:them|whom|these|which)\s)?(?:\([^()]*\)\s)?(?:were\s|being\s|"
    rf"was\s)?(?P<b>complete(?:ly)?|"
    rf"partial(?:ly)?)(?=\s?(?:[,);.]|and\s(?:\d+|{WORD})\s(?:partial|complete)))",
    re.I,
)
_ELLIPTIC = hinted(  # "22% had a complete, 33% a partial and 17% no response"
    r"\b(?P<w>complete|(?:very good )?partial)(?=(?:,|,?\sand)\s(?:in\s)?\d{1,3}(?:\.\d+)?\s?%?\s(?:\([^()]{1,20}\)\s)?"
    r"(?:of (?:the )?patients\s)?(?:had\s|achieved\s|with\s|showed\s)?(?:an?\s)?(?:(?:very good )?partial|complete|no|minor|"
    r"minimal)\b(?:[^.;]|\.\d){0,60}?\b(?:responses?|remissions?)\b)", re.I
)
_SORTS = hinted(  # "a response that was complete in 30%, partial in 15%, and minor in 10%"
    r"\bresponses?\b[^.;,]{0,40}\b(?:were|was) (?:\w+ly )?(?P<list>complete\s(?:in\s|\()(?:[^.;]|\.\d){3,180})", re.I
)
_SORT = re.compile(
    r"(?:\A|,\s(?:and\s)?|\sand\s)(?P<w>(?:very good |stringent )?(?:complete|partial)|(?:at least )?(?:minor|minimal)|major|"
    r"mixed|poor|good|stable|absent|progressive)(?=\sin\s|\s\()", re.I
)
_TIME_TO = hinted(  # "time to bone metastasis and survival (median, 9.5 v 7 months and 21 v 17 months, respectively)"
    r"\btime to [a-z-]+(?:\s[a-z-]+){0,2}(?=\sand\s(?:(?:overall|median|progression-free)\s){0,2}(?:survival|OS|PFS)\b)", re.I
)
_ADJECTIVE = r"(?:complete|very good partial|partial|overall|objective|stringent complete)"
_SHARED = hinted(  # "including 35.0% with a complete and 25.0% with a partial response", "(30% complete and 25% partial)"
    r"\d\s?%\)?\s(?:with\s)?(?:an?\s)?(?P<a>complete)(?:\sand|,|\sor)\s\d+(?:\.\d+)?\s?%\s(?:with\s)?(?:an?\s)?(?P<b>partial)\b"
    r"(?P<noun>\s(?:response|remission))?",
    re.I,
)
_SORTED = hinted(
    rf"\b(?P<t>{_ADJECTIVE})(?=\s\([^()]*\d[^()]*\)(?:(?:,|,?\s(?:and|or))\s{_ADJECTIVE}\s\([^()]*\))*\s"
    r"(?P<n>(?:response|remission)(?:\srates?|s)?)\b)",
    re.I,
)
_RISK_TOO = hinted(
    r"\b(?:risks?|hazards?)\b[^;]{0,70}?\band (?:of |for )?(?P<t>death|mortality)\b(?=\s?\(|,?\s(?:was\s)?\d)"
    r"|\b(?:hazard ratios?|HRs?|hazards?)\b[^;.]{0,90}?\b(?:for|of)\s"
    r"(?:all-cause\s|any-cause\s|overall\s)?(?P<u>death|mortality)\b"
    r"(?!-)(?=\s?\()|(?P<v>\bHR\s?death)\b"
    r"|\b(?:hazards? ratios|HRs)\sfor\s(?:disease\s)?(?:progression|relapse|recurrence)\sand\s(?:for\s)?"
    r"(?P<w>death)\b(?=\swere\b|\s?\()",
    re.I,
)
_REMISSION = hinted(
    r"(?<!without )(?<!no )(?<!complete )(?<!partial )(?:(?<=led to )remissions?(?=\sin\s(?:\d|[a-z]))|"
    r"\bremission(?=\s(?:was|were)\s(?:attained|"
    r"achieved|obtained|reached|induced|seen|observed|documented|noted)\s(?:in|by)\b))|"
    r"(?<=[a-z]\s)(?<!in\s)(?:(?<=achieved\s)|(?<=achieve\s)|(?<=achieving\s)|(?<=attained\s)|(?<=obtained\s)|(?<=reached\s)|(?<=entered\s)|"
    r"(?<=into\s)|(?<=achieved a\s))remissions?\b(?!\s(?:rates?|induction|duration|lasting|status))"
    r"|(?<!without )(?<!no )(?<!complete )(?<!partial )\bremissions?(?=\s(?:was|were|"
    r"occurred)\s(?:(?:achieved|obtained|attained|induced|observed|seen|documented|reported)\s)?in\b)",
    re.I,
)
_LASTED = hinted(
    r"\b(?:responses?|remissions?|(?-i:CRs?|PRs?))\b(?:[^.;]|\.\d){0,70}?\b(?:which|that)\s(?P<y>persisted|lasted)\s(?:for\s)?(?:an?\s)?(?:median|mean)\b"
    r"|\b(?:responses?|remissions?)\s(?P<v>persisted|lasted)\s(?:for\s)?(?:an?\s)?(?:median|mean)\b|\bresponses?\b[^.;]{0,50}?,\swith\s(?:an?\s)?(?:median|mean)\s(?P<u>durations?)\sof\b|\b(?:responses?|remissions?|(?-i:CRs?|PRs?)),?\s(?:with|for|had|of|"
    r"lasting)\s(?:an?\s)?(?:median|mean)\s(?P<w>durations?)\sof\b"
    r"|\b(?:responses?|remissions?|(?-i:CRs?|PRs?))\b(?:[^.;,]|\.\d|,\d){0,70}?,?\s(?P<z>lasting)\s(?:for\s)?(?:an?\s)?(?:median|mean)\b"
    r"|\b(?:responses?|remissions?|(?-i:CRs?|PRs?))\s\([^()]*\)\s(?P<x>lasted)\s(?:for\s)?a\s(?:median|mean)\b",
    re.I,
)
_DURATIONS = hinted(  # "median durations of response and CR were 10.2 and 17.9 months"
    r"\bdurations? of (?:overall |objective )?(?:response|remission)(?:\s\(DO?R\))?,?\sand\s(?:of\s)?(?:CRs?|complete "
    r"(?:response|remission))\b(?!\srate)(?=[^.;%]{0,30}\bwere\b(?:[^.;%]|\.\d){0,40}\b(?:reached|months|weeks|years)\b)", re.I
)
_OR = hinted(r"\b(?:achieved|had|attained|obtained|reached|showed) an (?P<w>OR)\b(?!\s?[=:\d])")
_NEGATIVE = hinted(
    r"(?:MRD|残留病灶?)\)?\s?阳性[^,;。]{1,40}?(?P<zh>转阴)|"
    r"\b(?:MRD|minimal residual disease|measurable residual disease)\b(?:[^.;]|"
    r"\.\d){0,60}?\s(?:was|were)\s(?P<w>negative)\b(?!\sfor)", re.I)
_MRD = hinted(
    r"\b(?:minimal|measurable) residual disease \(MRD\)[- ]negative(?:\s(?:bone )?(?:marrow )?(?:responses?|remissions?|CRs?)\b)|"
    r"\b(?:MRD|(?:minimal|measurable) residual disease)\s(?:was|were)\s(?:eradicated|cleared|eliminated)\b|"
    r"(?<![A-Za-z])MRD\s?-(?:率|(?=[\s.,;)达高为者]|的?(?:率|比例|患者)|\Z))|"
    r"(?:微小残留病灶?|微量残[存留]疾病|可测量残留病|minimal residual disease|"
    r"measurable residual disease)\s?\(\s?MRD\s?\)"
    r"\s?-?\s?(?:均?(?:为|呈)?阴性率?|均?转阴率?|negativ\w+|undetectable)|(?:MRD|微小残留病灶?|可测量残留病)(?:状态)?\s?(?:均|都|皆|全部|全)?"
    r"(?:(?:为|呈|转为|转成|变为|达到?)?(?:阴性|转阴)|阴转)率?"
    r"|\b(?:MRD|(?:minimal|measurable) residual disease)\s(?:status\s)?(?:(?:was|were|became|being|is|had become|turned|tested|"
    r"converted to)\s)?(?:also\s)?(?:negative|undetectable|not detectable|negativity|non-?detectable)\b"
    r"|\bMRD-?\s?negative\s\([^()]{1,14}\)\s(?:CRs?|complete (?:remission|response)s?)\b"
    r"|\buMRD[4-6]?\b(?!\s?status)|\bMRD\s?(?:<|≤|below)\s?(?:10\s?\^?\s?-\s?[3-6]|0\.0+1\s?%)"
    r"|\bno\s(?:detectable|evidence of)\s(?:MRD|(?:minimal|measurable) residual disease)\b"
    r"|\b(?:negative|undetectable)\s(?:for|(?:bone )?marrow|BM)\s(?:MRD|(?:minimal|measurable) residual disease)\b"
    r"|\bcleared\s(?:their\s|all\s)?(?:MRD|(?:minimal|measurable) residual disease)\b",
    re.I,
)
_RECOMMENDED_ZH = hinted(
    r"(?:推荐|选择|选定|确定|建议)[^,;。]{2,60}?(?P<dose>(?<=进入)(?:II|2|二)\s?期|(?:II|2|二)\s?期(?:临床)?(?:研究|试验|扩展)?的?(?:使用|推荐|应用|治疗)?的?剂量)"
)
_CONTROLLED_ZH = hinted(  # CR、PR或SD者共16例
    r"(?:CR|完全缓解)\s?[、+,]\s?(?:PR|部分缓解)\s?(?:、|和|或|及|与|\+)\s?(?:SD|疾病稳定|病情稳定|稳定)(?=(?:的?患者|者)?(?:共|合计|总计))"
)
_LEADING_ZH = hinted(  # 导致停药的TRAE, 因不良事件停药
    r"导致(?:永久|暂时|剂量|研究|治疗|药物|患者)*(?:停药|停止治疗|终止治疗|中止|减量|中断|暂停|延迟|退出研究|(?P<d>死亡))的"
    r"(?:任何|[1-5]级(?:及以上|以上)?|治疗期间出现的|\s)*(?:(?P<r>治疗相关的?不良(?:事件|反应)|TRAEs?)|不良(?:事件|反应)|TEAEs?|AEs?)"
)
_TOLERATED = hinted(  # "the maximally tolerated IV CAR T-cell dose"
    r"\b(?:maxim(?:um|al|ally))[- ](?:tolerated|tolerable)\s(?:(?!in\b|of\b|and\b|by\b|for\b|was\b|dose)[\w/+-]+\s){1,5}?"
    r"dos(?:e|age)(?:\slevel)?\b", re.I
)
_RELATED_ZH = hinted(
    r"(?:与\s?)?(?:治疗|药物|输注|回输|研究药物|细胞|CAR-?T(?:细胞)?(?:治疗|输注|回输)?|TIL|TCR-?T(?:细胞)?|NK细胞|CIK(?:细胞)?(?:治疗|输注|回输)?|本品)\s?"
    r"相关的?\s?(?!的?\s?严重)(?:[≥>]?\s?[1-5](?:\s?[-~]\s?[1-5])?\s?级(?:及以上|或以上|以上)?的?)?[^,;。、\d]{0,4}?(?:不良(?:事件|反应)|毒副?反应|副反应)"
)


def split_terms(text: str, hits: list[Hit], meaning: dict[str, tuple[str, str]]) -> list[Hit]:
    """Adds terms with words between their parts: "treatment-related grade 3 or higher adverse events"."""
    extra: list[Hit] = []
    for m in _RELATED.finditer(text):
        middle = m["middle"] or ""
        if re.search(r"(?i)\b(?:or|and)\s(?:treatment|any|no)|\bdeaths?\b|serious|severe", middle):
            continue
        if _OF_A_KIND.search(middle):
            continue  # "KITE-439-related grade 1-2 neurologic events"
        if middle or m["noun"].lower().startswith(("toxic", "event")):
            extra.append((m.start(), m.end(), "TRAE"))
    for m in _CAUSED.finditer(text):
        procedure = _PROCEDURE.match(m["cause"])
        extra.append((m.start(), m.end("verb") if procedure else m.end(), "CAUSED" if procedure else "TRAE"))
    extra += [(m.start(), m.end(), "TRAE") for m in _RELATED_ZH.finditer(text)]
    extra += [(m.start(), m.end(), "DCR") for m in _CONTROLLED_ZH.finditer(text)]
    extra += [(m.start(), m.end(), "DEATHS" if m["d"] and m["r"] else "CAUSED") for m in _LEADING_ZH.finditer(text)]
    extra += [(*m.span("dose"), "PHASE2") for m in _RECOMMENDED_ZH.finditer(text)]
    extra += [(m.start(), m.end(), "TOLERATED") for m in _TOLERATED.finditer(text)]
    for m in _GRADED_EVENTS.finditer(text):
        if not re.search(
            r"related\s[^.;,]{0,90}\Z|[(\[][^()\[\]]{0,12}\Z", text[max(0, m.start() - 100) : m.start()], re.I
        ):
            extra.append((m.start("noun"), m.end("noun"), "TEAE"))
    extra += [(*m.span("noun"), "TEAE") for m in _EVENTS_GRADED.finditer(text)]
    extra += [(m.start(), m.end(), "OVERALL") for m in _AND_FREE.finditer(text)]
    for m in _COORDINATED.finditer(text):
        extra.append((m.start("a"), m.end("a"), _ADJECTIVES[m["a"].lower()]))
    for m in _SORT_OF.finditer(text):
        name = "a" if m["a"] else "b"
        extra.append((m.start(name), m.end(name), "CR" if m[name].lower().startswith("complete") else "PR"))
    extra += [(*m.span("w"), _ADJECTIVES[m["w"].lower()]) for m in _ELLIPTIC.finditer(text)]
    for m in _SORTS.finditer(text):
        extra += [(m.start("list") + x.start("w"), m.start("list") + x.end("w"), _ADJECTIVES.get(x["w"].lower(), "OTHER"))
                  for x in _SORT.finditer(m["list"])]
    for m in _SHARED.finditer(text):
        extra.append((*m.span("a"), "CR"))
        extra += [] if m["noun"] else [(*m.span("b"), "PR")]
    for m in _SORTED.finditer(text):  # "partial (n = 8) or complete (n = 2) responses"
        extra.append((*m.span("t"), _ADJECTIVES[m["t"].lower()]))
        if "%" in text[m.end("t") : m.start("n")]:
            extra.append((*m.span("n"), "NOUN"))
    extra += [(*m.span(m.lastgroup or "t"), "DEATH") for m in _RISK_TOO.finditer(text)]
    for m in _REMISSION.finditer(text):  # "obtained remission (6 CR, 2 PR)" is any of them
        extra.append((m.start(), m.end(), "ORR" if re.match(r"\s?\([^()]*\bPRs?\b", text[m.end() :][:60]) else "CR"))
    extra += [(*m.span("w"), "ORR") for m in _OR.finditer(text)]
    extra += [(*m.span(), "LASTED") for m in _DURATIONS.finditer(text)]
    extra += [(*m.span("w" if m["w"] else "zh"), "MRD") for m in _NEGATIVE.finditer(text)]
    extra += [(*m.span(m.lastgroup or "w"), "LASTED") for m in _LASTED.finditer(text)]
    extra += [(m.start(), m.end(), "MRD") for m in _MRD.finditer(text)]
    extra += [(a, b, "DEATHS") for a, b in deaths(text)]
    times = [m.span() for m in _TIME_TO.finditer(text)]
    extra += [(a, b, "OTHER") for a, b in times if not any(h[0] <= a < h[1] for h in hits)]
    named = list(toxic(text))
    extra += [(a, b, "OTHER_SAFETY") for a, b in kinds(text, [(h[0], h[1]) for h in (*hits, *extra)])]
    extra = [e for e in extra if e[2] != "TEAE" or not any(a <= e[0] < b for a, b, id in named if id == "SAME")] + named
    if extra:
        meaning["PHASE2"], meaning["TOLERATED"] = ("RP2D", "dose"), ("MTD", "dose")
        meaning["DEATH"], meaning["NOUN"], meaning["OTHER"] = ("OS", "risk"), ("SINK", "noun"), ("SINK", "sink")
        meaning["VGPR"], meaning["sCR"] = ("VGPR", "response"), ("sCR", "response")
        meaning["DCR"] = ("DCR", "response")
        meaning["MRD"], meaning["DEATHS"] = ("MRD_NEG", "response"), ("TRM", "tox")
        meaning |= {
            "TEAE": ("TEAE", "tox"),
            "ORR": ("ORR", "response"),
            "CR": ("CR", "response"),
            "PR": ("PR", "response"),
        }
        meaning |= {
            "LASTED": ("DOR", "time"),
            "OVERALL": ("OS", "time"),
            "DLT": ("DLT", "tox"),
            "SAME": ("SAME", "tox"),
            "OTHER_SAFETY": ("OTHER_SAFETY", "tox"),
            "HEMATOLOGIC_TOX": ("HEMATOLOGIC_TOX", "tox"),
        }
        meaning["TRAE"], meaning["CAUSED"] = ("TRAE", "tox"), ("OTHER_SAFETY", "tox")
        hits = [h for h in hits if not any(a <= h[0] and h[1] <= b for a, b, _ in extra)]
    return sorted(hits + extra, key=lambda h: (h[0], -h[1], meaning[h[2]][1] == "sink"))
