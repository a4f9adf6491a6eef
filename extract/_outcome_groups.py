"""Groups named in English text: arms, cohorts, dose levels, treatments and populations, coordinated ones together.

"arms A and B" is a list of two, "DLs 1-3" one group, "the immunotherapy and control groups" a list of two. A group
printed with its number of patients ("cohort 1 (n=44)", "9 at DL2") keeps it, for the denominators of its results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ._numbers import PATIENTS, WORD, Token, number

_I = re.I | re.A
_UNIT = r"(?:dose[- ]?(?:levels?|cohorts?|groups?)|DLs?|cohorts?|arms?|groups?|parts?|strat(?:um|a)|levels?)"
_VERBS = r"(?!\s(?:of|had|were|was|with|who|evaluable|received)\b)"
_NUM = (
    rf"(?:-?\d{{1,2}}[a-zA-Z]?{_VERBS}|[A-H]\d?|I{1, 3}V?|IV)"
    r"(?![\w%^×]|\.\d|\s?(?:%|[x×]\s?10|patients|pts|-?\s?(?:year|month|week|day)))"
)
_LEVEL = re.compile(
    rf"(?<![A-Za-z-])(?P<unit>{_UNIT})\s?[#:]?\s?(?P<first>{_NUM.replace(_VERBS, '')})"
    rf"(?P<more>(?:\s?(?:-|~|to|through|,|and|or|&|/|, and|, or)\s?(?:{_UNIT}\s?)?{_NUM}(?!\sat\b))*)",
    _I,
)
_PORTION = (
    r"(?:phase (?:1|2|I|II)[ab]? (?:portion|part|cohort)|(?:dose[- ]?)?(?:escalation|expansion|finding) (?:phase|"
    r"portion|part|stage|cohorts?)|"
    r"(?:safety )?(?:run|lead)-in (?:phase|portion|part|cohort))"
)
_WORD = (
    r"(?!(?:the|a|an|in|for|of|to|from|with|was|were|is|are|had|has|have|by|at|on|who|that|than|as|vs|versus|and|or|"
    r"but|both|"
    r"two|three|four|all|each|either|these|this|our|whole|entire|total|same|other|another|small|large|study|patient|"
    r"one|"
    r"between|among|across|per|within|both|any|no|not|first|second|respective|whereas|while|did|received|compared|"
    r"months?|weeks?|days?|years?|achieved|showed|experienced|developed|only|group|arm|cohort|safety)\b)"
    r"[A-Za-z0-9][\w+./'-]*"
)
_HEAD = r"(?:arms?|groups?|cohorts?|(?:analysis|efficacy|safety)\ssets?|subsets?|subgroups?|population|recipients|settings?)"
_NAMED = re.compile(
    rf"(?<![\w-])(?:(?P<a>{_WORD}(?:\s{_WORD}){{0,3}})\s(?:and|or|versus|vs\.?)\s(?:the\s)?(?={_WORD}\s(?:{_WORD}\s)"
    rf"{{0,3}}(?:arms|groups|cohorts|"
    rf"settings)\b))?(?P<b>{_WORD}(?:\s{_WORD}){{0,4}}?)\s(?P<head>{_HEAD})\b(?!\s(?:of|study)\b)",
    _I,
)
_NO_NAME = re.compile(
    r"(?i)(?:treatment|study|dose|patient|analysis|age|risk|disease|clinical|research|working|cooperative|oncology|"
    r"co-?operative|collaborative|safety|overall)|"
    r".*\b(?:oncology|cooperative|working|research|collaborative|streptococc\w+|median|respectively)\b.*"
)
_OPPOSED = re.compile(
    r"\b(?:control|placebo|comparator|observation)\s(?:group|arm)", _I
)  # then "the treatment group" is one
_PLAIN = re.compile(
    r"(?i)(?:patient|analysis|age|risk|disease|clinical|research|working|cooperative|oncology|co-?operative|"
    r"collaborative|"
    r"safety|overall|dose)|.*\b(?:oncology|cooperative|working|research|collaborative|streptococc\w+|median|"
    r"respectively)\b.*"
)
_RECEIVED = (
    r"(?:who\s(?:had\s|have\s)?)?(?:receiv(?:ed|ing)|(?:were\s)?treated\s(?:with|at|on|by|in)|(?:were\s)?given|"
    r"(?:were\s)?(?:assigned|allocated)\sto|(?:were\s)?randomi[sz]ed\sto|(?:were\s)?infused\s(?:with|at)|"
    r"(?:were\s)?enrolled\s(?:in|on|at)|underwent|undergoing)"
)
_END = (
    r"(?=\s(?:had|have|has|also|received|underwent|was|were|is|are|did|achieved|developed|experienced|showed|"
    r"remained|responded|attained|by|"
    r"after|"
    r"who|that|which|it|the|reached|obtained|treated|than|versus|vs|compared|at\s(?:the\s)?(?:data|time|last|median|"
    r"\d)|"
    r"during|"
    r"within|with\sa|alone|and\s(?:in|for|those|\d+)|and\swas|and\swere|respectively|in\s(?:this|the\s(?:study|"
    r"trial)))\b|"
    r"\s?[,;.()\[\]:]|\s?[≥>]?\d+(?:\.\d+)?\s?(?:%|of|/|\()|\Z)"
)
_TREATED = re.compile(
    rf"(?:{PATIENTS}|those|%|(?<=\w)(?=\streated\s(?:with|by|at)))\s{_RECEIVED}\s(?:the\s|a\s|an\s)?(?P<what>(?!at\b|"
    rf"least|more|prior|previous|only|one\b|two\b|"
    rf"three\b|protocol|study|a\b|\d+\sor\smore|≥|up\sto|bridging|treatment\b|therapy\b|it\b|this\b)"
    rf"[A-Za-z0-9≥>][^;,.()\[\]]{{1,90}}?){_END}",
    _I,
)
_STATE = r"(?:with|in|having|harbou?ring|achieving|maintaining|showing|attaining|reaching)\s(?:the\s|a\s|an\s)?"
_VERBAL = (
    r"(?=(?:assessed|evaluable|evaluated)\sfor\s)|(?:without|aged|not)\s|who\s(?:had\s|have\s|"
    r"has\s)?(?:previously\s)?(?=(?:received|achieved|had|were|underwent|"
    r"completed|"
    r"responded|relapsed|did\snot|failed|progressed|a\s|an\s|no\s)\b)"
)
_WHO = re.compile(
    rf"(?:{PATIENTS}|those|whom|disease)\s(?:\([^()]{{1,30}}\)\s)?(?:\w+ed\s)?(?:{_STATE}|{_VERBAL})"
    rf"(?P<what>[A-Za-z≥<>][^;,.()\[\]]{{1,70}}?){_END}",
    _I,
)
_KIND_OF = re.compile(
    rf"(?:of|in|among|for|all|amongst)\s(?:the\s|all\s|these\s|\d+\s|{WORD}\s)*(?P<what>(?:(?!the\b|all\b|these\b|"
    rf"our\b|treated\b|"
    rf"patients\b|enrolled\b|evaluated\b|both\b|such\b|other\b|study\b|total\b|but\b|adult\b|consecutive\b|"
    rf"remaining\b|evaluable\b|assessable\b|included\b|first\b|most\b|many\b|only\b|following\b|eligible\b|\d|"
    rf"pediatric\b|human\b|cancer\b|individual\b|{WORD}\s)[A-Za-z≥][^\s,;()]*\s){{1,3}}){PATIENTS}\b",
    _I,
)
_DISEASE = (
    r"(?:(?!the\b|all\b|of\b|in\b|and\b|with\b|patients\b|one\b|other\b)[A-Za-z][\w/+'-]*\s){0,4}?"
    r"(?:[a-z-]*(?:omas?\b|leuk[a]?emias?|cancers?|carcinomas?|lymphomas?|tumou?rs|malignancies)|"
    r"(?:relapsed|refractory|metastatic|extramedullary|measurable|bulky|localized|active|residual) disease|"
    r"(?-i:(?!CRS|CR\b|PR\b|SD\b|PD\b|DLT|MTD|ORR|OS\b|PFS|AE|SAE|TRAE|ICANS|CAR|MRD|BM\b|CNS\b|CI\b|HR\b|NE\b|NR\b|"
    r"DL\d|ITT)"
    r"[a-z]{0,2}[A-Z][A-Z0-9]{1,6}(?:-[A-Z]+)?\b))(?:\s(?:without|with)\s\w+)?"
)
_IN_DISEASE = re.compile(rf"(?:in|for|among|of|with)\s(?:the\s)?(?P<what>{_DISEASE}){_END}", _I)
_CONTROL = re.compile(
    r"(?:in|among|of|for|than|over|vs\.?|versus|to|with)\s(?:the\s)?(?P<what>controls?|(?-i:TPC|SOC|BSC)|placebo|"
    r"observation(?: alone)?|"
    r"chemotherapy(?: alone)?|surgery alone|standard(?: of |-of-)care|standard (?:therapy|treatment)|"
    r"(?:best )?supportive care|usual care|physician'?s'? choice)\b(?!\s(?:group|arm|cohort|therapy))",
    _I,
)
_OTHERS = re.compile(
    r"(?:in|among|of|for|than|vs\.?|versus|to|with)\s(?:the\s)?(?P<what>(?:non-?|early |late |complete )?responders|"
    r"children|adults|adolescents|women|men|females|males|"
    r"(?:target|itt|intention-to-treat|per-protocol|efficacy-evaluable) population)\b(?!\s(?:group|arm|cohort))",
    _I,
)
_DRUG_NAME = (
    r"(?:[A-Za-z]+-?(?:cel|leucel)|[a-z]+(?:mab|nib|platin|taxel|rubicin|bine|limus|fenib|zomib|domide|stat|feron)|"
    r"[A-Z][A-Za-z]{0,8}-?\d[\w-]*|[A-Z]{2,}(?:-[A-Z]{2,})?)"
)
_DRUG = re.compile(
    rf"(?:with|for|on|in|to|of|over|versus|vs\.?)\s(?:the\s)?(?P<what>(?-i:(?!CR\b|PR\b|SD\b|PD\b|CRS|ICANS|CI\b|"
    rf"OS\b|PFS|"
    rf"HR\b|ORR|"
    rf"DLT|BM\b|MRD|DL\d|CAR\b|DOR|DCR|NE\b|NR\b|AE|SAE|TEAE|IL-|TRAE|GVHD|GvHD|RECIST|IV\b|II)(?:{_DRUG_NAME})"
    r"(?:\s(?:plus|\+|and|alone)\s?[A-Za-z-]*){0,2}))(?=\s?(?:,|;|\.|\)|\(|"
    r"\[|versus|vs|v\s|and|compared|than|was|were|had|\Z))",
    _I,
)
_WHAT = (
    r"(?P<what>(?!a\b|an\b|grade\b|no\b|median\b)[A-Za-z][\w+./-]*"
    r"(?:\s(?!versus|vs|and|compared|than|in\b|at\b)[\w+./-]+){0,4}?)"
)
_FIRST = re.compile(
    rf"(?<=[a-z%)\]\d])\s(?:with|for|on|after)\s(?:the\s)?{_WHAT}(?=\s?(?:,|\([^()]*\))?\s(?:versus|vs\.?|v|"
    rf"compared)\s)",
    _I,
)
_SECOND = re.compile(
    rf"(?:versus|vs\.?|compared (?:with|to))\s[^,;a-z]{{0,4}}[\d.%]+[^,;]{{0,40}}?\s(?:with|for|on|"
    rf"after)\s(?:the\s)?{_WHAT}{_END}",
    _I,
)
_BRIEF = re.compile(
    r"(?:(?<=[%)\]])|(?<=months)|(?<=weeks)|(?<=years)|(?<=reached))\s(?:for|in|with|at|on)\s(?:the\s)?"
    rf"(?P<what>(?!the\b|this\b|our\b|total\b|median\b|no\b|(?-i:an?\b)|all\b|both\b|each\b|{WORD}\b|patients\b|"
    rf"those\b|"
    rf"follow|whom\b|which\b|"
    r"grade|first\b|vitro\b|addition\b|general\b|least\b|baseline\b|day\b|week\b|month\b|year\b|data\b)"
    r"[A-Za-z][\w+/.'-]*(?:\s(?!and\b|in\b|at\b|was\b|were\b|versus\b|vs\b|compared\b|while\b|with\b|for\b|of\b|"
    r"after\b|from\b)[\w+/.'-]+){0,3}?)"
    r"(?=\s?(?:,|;|\(|\[|\.\s|\.?\Z)|\s(?:and|versus|vs\.?|v|compared|while|whereas)\b)",
    _I,
)
_BRACKETED = re.compile(
    r"(?<=[%\d])\s?[(\[](?P<what>(?-i:[A-H]|[A-Z][A-Za-z-]{1,12}\s(?:arm|group|cohort)(?:\s\w)?))[)\]]", _I
)
_AGENT = re.compile(
    rf"(?:\A|(?<=[.;]\s)|(?<=\n))(?P<what>{_DRUG_NAME}|[A-Z][a-z]+-cel)\s(?:was\sassociated\swith|resulted\sin|"
    rf"led\sto|yielded|produced|induced|achieved)\b",
    _I,
)
_RELATIVE = re.compile(
    r"(?:at|in|on)\sthe\s(?P<what>(?:high|low|middle|intermediate)(?:er|est)?[- ]?(?:dose)?\s?(?:DL|dose[- ]levels?|"
    r"doses?|dose[- ]groups?|dose[- ]cohorts?))\b",
    _I,
)
_COUNTED = re.compile(
    rf"(?<![\w.])(?:\d+|{WORD})\s(?P<what>(?-i:[a-z]{{0,2}}[A-Z][A-Z0-9]{{1,6}}(?:-[A-Z]+)?)|[a-z]*(?:oma|cancer|"
    rf"leukemia))\s{PATIENTS}\b",
    _I,
)
_PHRASES = (
    (_RELATIVE, "arm"),
    (_COUNTED, "who"),
    (_AGENT, "drug"),
    (_TREATED, "arm"),
    (_FIRST, "arm"),
    (_SECOND, "arm"),
    (_CONTROL, "arm"),
    (_WHO, "who"),
    (_KIND_OF, "who"),
    (_OTHERS, "who"),
    (_IN_DISEASE, "who"),
    (_DRUG, "drug"),
)
_ALL = re.compile(
    rf"\b(?:(?:the\s)?(?:whole|entire|total|overall|full)\s(?:study\s|trial\s)?(?:cohort|population|group|series|"
    rf"sample)|"
    rf"overall(?=\s?[:,;.(]|\s(?:in|and|was|were)\b|\Z)|(?:across|in|at|for)\s(?:all|"
    rf"both)\s(?:(?:the\s)?(?:dose\s)?(?:levels|cohorts|arms|groups|DLs))"
    rf"|all\s(?:\d+\s|{WORD}\s)?(?:(?:treated|infused|enrolled|evaluable|study)\s)?{PATIENTS})\b"
    r"(?!\s(?:with|in|at|receiving|achieving|treated\s(?:at|with)|who\s(?!were\streated)))",
    _I,
)
_BAD_WHO = re.compile(
    r"(?i)^(?:response|study|trial|median|months?|group|arm|cohort|time|treatment|therapy|the|clinical|order|terms|"
    r"whom|"
    r"overall|patients?|data|results?|summary|grade.*|any.*|least.*|such.*|total.*|most|some|many|evidence.*|"
    r"vitro|vivo|contrast|addition|conclusion|general|particular|remission.*|respect.*|this.*|no\s.*|an?\s.*|"
    r"treated|evaluated|enrolled|included|evaluable|those|these|were|had|have|did|are|assessable|ongoing.*|follow-?up|"
    r"a\smedian.*)$|"
    r"\b(?:adverse|toxicit\w+|CRS|ICANS|cytokine|neurotox\w+|DLTs?|median|mean|rate|rates|dose-limiting)\b"
)


@dataclass(frozen=True, slots=True)
class Group:
    """A group: kind is arm, who (a population) or all; [lead:end] its phrase with the preposition's noun."""

    label: str
    start: int
    end: int
    kind: str = "arm"
    lead: int = -1
    size: float | None = None
    size_end: int = -1


@dataclass(frozen=True, slots=True)
class Groups:
    """Coordinated groups; one alone is a list of one."""

    atoms: tuple[Group, ...]
    lead: int
    end: int
    label: Group

    @property
    def all(self) -> bool:
        return self.atoms[0].kind == "all"


def groups(
    text: str, tokens: Sequence[Token], start: int, end: int, known: re.Pattern[str] | None = None
) -> list[Groups]:
    """Groups named in the sentence text[start:end], in order; `known` are the codes that the text has for its arms.

    >>> t = "CRS occurred in 50% and 78% of patients at DL1 and DL2, the ORR was 20% and 30% in arms A and B"
    >>> [[a.label for a in g.atoms] for g in groups(t, [], 0, len(t))]
    [['DL1', 'DL2'], ['arm A', 'arm B']]
    """
    found: list[Group] = []
    coded = [Group(m[0], *m.span(), "code", _lead(text, m.start())) for m in known.finditer(text, start, end)] if known else []
    for g in sorted([*_atoms(text, start, end), *coded], key=lambda g: (_RANK[g.kind], g.start)):
        if not any(x.start < g.end and g.start < x.end for x in found):
            found.append(g)
    found.sort(key=lambda g: g.start)
    return list(_lists(text, [_sized(text, g, tokens, end) for g in _abbreviated(text, found)]))


_RANK = {"level": 0, "arm": 1, "code": 2, "all": 3, "who": 4, "drug": 5}


def _abbreviated(text: str, found: Sequence[Group]) -> list[Group]:
    """Groups without those whose code follows in a bracket: "physician's choice (TPC)" is one, under its code."""
    out: list[Group] = []
    for g in found:
        if out and g.kind == "code" and text[out[-1].end : g.start].strip() == "(" and text[g.end : g.end + 1] in "),;":
            g = replace(g, lead=out.pop().lead)
        out.append(g)
    return out


def _lead(text: str, at: int) -> int:
    """Where the phrase of a code begins: at the bracket that holds it, else at the code."""
    return at - 1 if text[at - 1 : at] == "(" else at


def _atoms(text: str, start: int, end: int) -> Iterator[Group]:
    for m in _LEVEL.finditer(text, start, end):
        yield from _levels(text, m)
    for m in re.compile(_PORTION, _I).finditer(text, start, end):
        yield Group(m[0], *m.span(), "arm", m.start())
    for m in _NAMED.finditer(text, start, end):
        for name in "ab":
            told = m[name] and (not _NO_NAME.fullmatch(m[name]) or _OPPOSED.search(text, start, end))
            if told and not _PLAIN.fullmatch(m[name]):
                last = m.end("head") if name == "b" else m.end("a")
                kind = "who" if re.match(r"(?i)sub|pop|recip|anal|effi|safe", m["head"]) else "arm"
                yield Group(text[m.start(name) : last], m.start(name), last, kind, m.start(name))
    for pattern, kind in _PHRASES:
        for m in pattern.finditer(text, start, end):
            label = re.sub(r"(?:\s(?:and|or|the|in|of))+\Z|[.,;]\Z", "", m["what"].strip(), flags=re.I)
            if not _BAD_WHO.search(label):
                yield Group(label, m.start("what"), m.start("what") + len(label), kind, m.start())
    brief = [m for m in _BRIEF.finditer(text, start, end) if not _BAD_WHO.search(m["what"])]
    brief += list(_BRACKETED.finditer(text, start, end))
    if len(brief) > 1:  # "79% for Early and 70% for Late cilta-cel": values compared by a phrase each
        for m in brief:
            label = m["what"].rstrip(".")
            yield Group(label, m.start("what"), m.start("what") + len(label), "drug", m.start() + 1)
    for m in _ALL.finditer(text, start, end):
        yield Group("overall", *m.span(), "all", m.start())


def _levels(text: str, m: re.Match[str]) -> Iterator[Group]:
    """One group a label: "cohorts 1 and 2" two, "DLs 1-3" one."""
    unit = m["unit"]
    many = unit.lower().endswith("s") and not unit.lower().endswith("ss")
    single = unit[:-1] if many else unit
    glue = "" if m.end("unit") == m.start("first") else " "
    spans = [(m["first"], m.start(), m.end("first"))]
    for p in _MORE.finditer(text, m.start("more"), m.end("more")):
        join = p["join"].strip()
        alike = p["n"].isalpha() == m["first"].isalpha()
        if not alike or (join == "," and not many and not p["unit"]):
            break
        if join in ("-", "~", "to", "through"):
            spans[-1] = (f"{spans[-1][0]}-{p['n']}", spans[-1][1], p.end())
        else:
            spans.append((p["n"], p.end("join") + (text[p.end("join")] == " "), p.end()))
    for n, a, b in spans:
        whole = re.match(_UNIT, text[a:b], _I) and (len(spans) == 1 or not many)
        yield Group(text[a:b] if whole else f"{single}{glue}{n}", a, b, "level", a)


_MORE = re.compile(rf"\s?(?P<join>-|~|to|through|, and|, or|,|and|or|&|/)\s?(?:(?P<unit>{_UNIT})\s?)?(?P<n>{_NUM})", _I)


def _sized(text: str, g: Group, tokens: Sequence[Token], end: int) -> Group:
    """The group with its size, where that is printed right behind it: "cohort 1 (n=44)", "part A, 18"."""
    for t in tokens:
        if (
            t.kind == "n"
            and t.value
            and 0 <= t.start - g.end <= 3
            and re.fullmatch(r"\s?[(\[,]?\s?", text[g.end : t.start])
        ):
            return replace(g, size=t.value, size_end=t.end)
    if g.kind == "all":
        m = re.search(rf"\d+|{WORD}", text[g.start : g.end], _I)
        return replace(g, size=number(m[0])) if m and number(m[0]) else g
    return g


_AND = re.compile(
    r"\s?(?:\([^()]{0,80}\)|\[[^\[\]]{0,80}\])?\s?(?:,|and|or|versus|vs\.?|/|&|, and|, or|as well as|"
    r"compared (?:with|to))?\s?"
    rf"(?:(?:in|at|for|on|with|the|those|of|{PATIENTS})\s){{0,3}}",
    _I,
)


def _lists(text: str, found: Sequence[Group]) -> Iterator[Groups]:
    chain: list[Group] = []
    for g in found:
        if chain and (g.kind == "all" or chain[-1].kind == "all" or not _joined(text, chain[-1], g)):
            yield _list(text, chain)
            chain = []
        chain.append(g)
    if chain:
        yield _list(text, chain)


def _joined(text: str, a: Group, b: Group) -> bool:
    gap = text[max(a.end, a.size_end) : b.lead] if b.lead >= a.end else text[a.end : b.start]
    if not re.search(r"(?i)\b(?:and|or|versus|vs|to|with|well)\b|[,/&]", gap) or len(gap) > 60:
        return False
    return bool(_AND.fullmatch(gap.lstrip(")")))


def _list(text: str, chain: Sequence[Group]) -> Groups:
    first, last = chain[0], chain[-1]
    joint = (
        first if len(chain) == 1 else Group(text[first.start : last.end], first.start, last.end, first.kind, first.lead)
    )
    return Groups(tuple(chain), first.lead, max(last.end, last.size_end), joint)
