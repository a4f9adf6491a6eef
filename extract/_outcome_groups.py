"""Groups named in English text: arms, cohorts, dose levels, treatments and populations, coordinated ones together.

"arms A and B" is a list of two, "DLs 1-3" one group, "the immunotherapy and control groups" a list of two. A group
printed with its number of patients ("cohort 1 (n=44)", "9 at DL2") keeps it, for the denominators of its results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ._hints import hinted
from ._numbers import PATIENTS, WORD, Token, number
from ._outcome_dosed import dosed, in_milligrams
from ._outcome_items import in_place
from ._outcome_people import END, NOBODY, listed, named

_I = re.I | re.A
_A = re.A
_UNIT = (
    r"(?:dose[- ]?(?:levels?|cohorts?|groups?)|DLs?(?![IV])|cohorts?|arms?|groups?|parts?|strat(?:um|a)|levels?|"
    r"regimens?|"
    r"doses?(?=\s[1-9](?:[,:]|\s(?:and|or|vs)\b)))"
)
_VERBS = r"(?!\s(?:of|had|were|was|with|who|evaluable|received)\b|\s?\(\d{1,3}(?:\.\d+)?\s?%)"  # "level 2, and 8 (67%)"
_NUM = (
    rf"(?:-?\d{{1,2}}[a-zA-Z]?{_VERBS}|[A-H]\d?|I{{1,3}}V?|IV)"
    r"(?![\w%^×]|\.\d|\s?(?:%|[x×]\s?10|patients|pts|-?\s?(?:year|month|week|day)))"
)
_LEVEL = hinted(
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
    r"two|three|four|all|each|either|these|this|our|whole|entire|total|"
    r"(?:matched|paired|propensity[- ]matched|matched-pair)(?=\s(?:groups?|cohorts?|arms?|analys))|"
    r"same|other|another|small|large|study|patient|"
    r"one|"
    r"between|among|across|per|within|both|any|no|not|first|second|respective|whereas|while|did|received|compared|"
    r"months?|weeks?|days?|years?|achieved|showed|experienced|developed|only|group|arm|cohort|safety)\b)"
    r"[A-Za-z0-9][\w+./'-]*"
)
_HEAD = r"(?:arms?|groups?|cohorts?|(?:analysis|efficacy|safety)\ssets?|subsets?|subgroups?|population|recipients|settings?)"
_NAMED = hinted(
    rf"(?<![\w-])(?:(?P<a>{_WORD}(?:\s{_WORD}){{0,3}})\s(?:and|or|versus|vs\.?)\s(?:the\s)?(?={_WORD}\s(?:{_WORD}\s)"
    r"{0,3}(?:arms|groups|cohorts|"
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
    r"(?:were\s)?(?:conditioned|prepared|vaccinated|pretreated|bridged)\swith|"
    r"(?:were\s)?(?:assigned|allocated)\sto|(?:were\s)?randomi[sz]ed\sto|(?:were\s)?infused\s(?:with|at)|"
    r"(?:were\s)?enrolled\s(?:in|on|at)|underwent|undergoing)"
)
_TREATED = hinted(
    rf"(?:{PATIENTS}|those|groups?|subsets?|subgroups?|of\s\d+|%|(?<=\w)(?=\streated\s(?:with|by|"
    rf"at)))\s{_RECEIVED}\s(?:the\s|a\s|"
    r"an\s)?(?P<what>(?!at\b|"
    r"least|more|prior|previous|only|one\b|two\b|"
    r"three\b|protocol|study|a\b|\d+\sof\b|\d+\sor\smore|≥|up\sto|bridging|treatment\b|therapy\b|it\b|this\b|"
    r"(?:allo\w*|auto\w*|subsequent|consolidative|hematopoietic)[\s-]|HSCT\b|HCT\b|SCT\b|transplant|second\b|"
    r"maintenance\b|surgery\b)"
    rf"[A-Za-z0-9≥>](?:[^;,.()\[\]]|\.(?=\d)){{1,90}}?){END}",
    _I,
)
_CONTROL = hinted(
    r"(?:in|among|of|for|than|over|vs\.?|versus|to|with|under)\s(?:the\s)?(?:contemporary\s|concurrent\s|"
    r"matched\s)?(?P<what>(?:study|experimental|"
    r"investigational)\s(?:arm|group)|controls?|cases(?=\s(?:and|"
    r"\d))|(?-i:TPC|SOC|BSC)|placebo|"
    r"observation(?: alone)?|"
    r"chemotherapy(?: alone)?(?!-)|surgery alone|standard(?: of |-of-)care|standard (?:therapy|treatment)|"
    r"(?:best )?supportive care|usual care|(?:treatment\sof\s)?physician'?s'? choice)\b(?!\s(?:group|arm|cohort|"
    r"therapy))",
    _I,
)
_DRUG_NAME = (
    r"(?:[a-z]+gene\s[a-z]+leucel|[A-Z]{2,}[a-z]{2,}|[A-Za-z]+-?(?:cel|leucel)|[a-z]+(?:mab|nib|platin|taxel|"
    r"rubicin|bine|limus|fenib|zomib|domide|stat|feron)|"
    r"[A-Z][A-Za-z]{0,8}-?\d[\w-]*|[A-Z]{2,}(?:-[A-Z]{2,})?)"
)
_DRUG = hinted(
    r"(?:with|for|on|in|to|of|over|versus|vs\.?)\s(?:the\s)?(?P<what>(?-i:(?![A-Z]{4,}-\d{1,2}\b|CR\b|PR\b|SD\b|"
    r"PD\b|CRS|ICANS|CI\b|"
    r"OS\b|PFS|"
    r"HR\b|ORR|"
    rf"DLT|BM\b|MRD|DL\d|CAR\b|DOR|DCR|NE\b|NR\b|AE|SAE|TEAE|IL-|TRAE|GVHD|GvHD|RECIST|IV\b|II)(?:{_DRUG_NAME})"
    r"(?:\s(?:plus|\+|and|alone)\s?[A-Za-z-]*){0,2}))(?=\s?(?:,|;|\.|\)|\(|"
    r"\[|versus|vs|v\s|and|compared|than|was|were|had|\Z))",
    _I,
)
_WHAT = (
    r"(?P<what>(?!a\b|an\b|grade\b|no\b|median\b|(?-i:s?CRi?|n?PR|SD|VGPR|PD)\b|those\b|patients\b|pts\b|"
    r"children\b)[A-Za-z][\w+./-]*"
    r"(?:\s(?!versus|vs|and|compared|than|was\b|were\b|had\b|is\b|in\b|at\b)[\w+./-]+){0,4}?)"
)
_FIRST = hinted(
    rf"(?<=[a-z%)\]\d])\s(?:with|for|on|after)\s(?:the\s|an?\s)?{_WHAT}(?=\s?(?:,|\([^()]*\))?\s(?:versus|vs\.?|v|"
    r"compared|than\s(?:with|for|on|in))\s)",
    _I,
)
_SECOND = hinted(
    r"(?:versus|vs\.?|against|compared (?:with|to))\s[^,;a-z]{0,4}[\d.%]+(?:[^,;()]|\([^()]*\)){0,40}?\s(?:with|"
    r"for|on|"
    rf"after)\s(?:the\s|an?\s)?{_WHAT}{END}",
    _I,
)
_THIRD = hinted(rf"than\s(?:with|for|on|after)\s(?:the\s|an?\s)?{_WHAT}(?=\s?[(,.;])", _I)
_OPENED = hinted(
    r"(?<=[.;:]\s)With\s(?:the\s)?(?P<what>(?!a\b|an\b|no\b|longer\b|further\b|"
    r"follow)[A-Za-z][\w+/-]*(?:\s[\w+/-]+){0,3}?),\s",
    _A,
)
_RECIPIENTS = hinted(
    rf"(?:recipients|pts\son|patients\son)\sof?\s?(?P<what>[A-Za-z][\w+/-]*(?:\s[\w+/-]+){{0,3}}?){END}",
    _I,
)
_BRIEF = re.compile(
    r"(?:(?<=[%)\]])|(?<=months)|(?<=weeks)|(?<=years)|(?<=reached))\s(?:for|in|with|at|on|under)\s(?:the\s)?"
    r"(?P<what>(?!(?-i:PFS|OS|EFS|DFS|RFS|ORR|DOR|CRS|ICANS)\b|the\b|this\b|our\b|total\b|median\b|no\b|"
    rf"(?-i:an?\b)|all\b|both\b|each\b|{WORD}\b|patients\b|"
    r"those\b|"
    r"follow|whom\b|which\b|"
    r"grade|first\b|vitro\b|addition\b|general\b|least\b|baseline\b|day\b|week\b|month\b|year\b|data\b)"
    r"[A-Za-z][\w+/.'-]*(?:\s(?!and\b|in\b|at\b|was\b|were\b|versus\b|vs\b|compared\b|while\b|with\b|for\b|of\b|"
    r"after\b|from\b)[\w+/.'-]+){0,3}?)"
    r"(?=\s?(?:,|;|\(|\[|\.\s|\.?\Z)|\s(?:and|versus|vs\.?|v|compared|while|whereas)\b)",
    _I,
)
_BRACKETED = hinted(
    r"(?:(?<=[%\d])|(?<=months)|(?<=\dmo)|(?<=\smo)|(?<=\d\sm)|(?<=\dm)|(?<=NR)|(?<=reached)|"
    r"(?<=[\d%]\)))\s?[(\[](?P<what>(?-i:[A-H](?!\w)|[A-Z][A-Za-z-]{1,12}\s(?:arm|group|cohort)(?:\s\w)?|"
    r"(?!CI\b|HR\b|OR\b|P\b|NS\b|ITT|IRC|BICR|CR|PR|SD|PD|NE|NR|IQR|RECIST|SE\b|DLT|"
    r"AE)[A-Z][\w+/]{0,9}(?:-[\w]+)?|[a-z]+-cel|"
    r"[a-z]+(?:leucel|mab|nib)|(?:low|high|mid|middle|intermediate)[- ]dose))[)\]]",
    _I,
)
_AGAINST = hinted(
    r"(?P<a>study|treatment|experimental|treated|test|intervention)\s(?:and|versus|"
    r"vs\.?)\s(?:the\s)?(?P<b>controls?|placebo|observation|"
    r"comparator)\s(?P<head>groups|arms|cohorts)\b",
    _I,
)
_WITH_IT = hinted(
    r"(?<=[%\ds])\s(?P<lead>with)\s(?:the\s)?(?P<what>[A-Za-z][^,;.%\d()]{1,40}?)\s(?:and|versus|vs\.?|"
    r",?\s?compared\swith)\s"
    r"(?:only\s)?\d[\d.]*\s?(?:%|months|years)?\s(?:\([^()]*\)\s?)?(?P<without>without)(?=\s?[.,;)(]|\Z)",
    _I,
)
_LETTERED = hinted(
    r"\b(?P<unit>cohorts|groups|arms|dose levels|strata)\s?[:,]\s?(?=(?P<list>[A-H1-6](?:\s\([^()]*\)|"
    r",?\s\w+(?:\s[\w-]+){0,5})?"
    r"(?:,\s(?:and\s)?|\sand\s)[A-H1-6]\s?[(,][^.;]*))",
)
_LETTER = re.compile(r"(?:(?<=\s)|(?<=\A))(?P<n>[A-H1-6])(?=\s?\(|,\s)")
_AGENT = hinted(
    rf"(?:\A|(?<=[.;]\s)|(?<=\n))(?P<what>{_DRUG_NAME}|[A-Z][a-z]+-cel)\s(?:was\sassociated\swith|resulted\sin|"
    r"led\sto|yielded|produced|induced|achieved)\b",
    _I,
)
_RELATIVE = hinted(
    r"(?:at|in|on)\s(?:the\s|(?=\w+er\sdoses))(?P<what>(?:high|low|middle|intermediate)(?:er|"
    r"est)?[- ]?(?:dose)?\s?(?:DL|dose[- ]levels?|"
    r"doses?|dose[- ]groups?|dose[- ]cohorts?)|RP2D|MTD)\b(?!\s(?:was|were|is|level))",
    _I,
)
_PHRASES = (
    (_RELATIVE, "arm"),
    (_AGENT, "drug"),
    (_TREATED, "arm"),
    (_FIRST, "arm"),
    (_SECOND, "arm"),
    (_THIRD, "arm"),
    (_OPENED, "arm"),
    (_RECIPIENTS, "arm"),
    (_CONTROL, "arm"),
    (_DRUG, "drug"),
)
_ALL = hinted(
    r"\b(?:(?:the\s)?(?:whole|entire|total|overall|full)\s(?:study\s|trial\s)?(?:cohort|population|group|series|"
    r"sample)|"
    r"overall(?=\s?[:,;.(]|\s(?:in|and(?!\s(?:complete|CR)\b)|was|were)\b|\Z)|(?:across|in|at|for)\s(?:all|"
    r"both)\s(?:(?:the\s)?(?:dose\s)?(?:levels|cohorts|arms|groups|DLs))"
    rf"|all\s(?:\d+\s|{WORD}\s)?(?:(?:treated|infused|enrolled|evaluable|study)\s)?{PATIENTS})\b"
    r"(?!\s(?:with|in|at|receiving|achieving|treated\s(?:at|with)|who\s(?!were\streated)))",
    _I,
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
    found = [
        Group(words, a, b, "who", lead) for words, a, b, lead in listed(text, start, end) if not NOBODY.search(words)
    ]
    found = [replace(g, kind="arm") if _ARMS.search(g.label) else g for g in found]
    own = [Group(words, a, b, kind, a) for words, a, b, kind in in_place(text, start, end)]
    found = [*own, *(g for g in found if not any(x.start < g.end and g.start < x.end for x in own))]
    coded = (
        [Group(m[0], *m.span(), "code", _lead(text, m.start())) for m in known.finditer(text, start, end)]
        if known
        else []
    )
    told = [*dosed(text, tokens, start), *in_milligrams(text, start, end)]
    doses = [Group(text[a:b].strip(), a, b, "level", lead) for a, b, lead in told]
    for g in sorted([*_atoms(text, start, end), *coded, *doses], key=lambda g: (_RANK[g.kind], g.start)):
        if not any(x.start < g.end and g.start < x.end for x in found):
            found.append(g)
    found.sort(key=lambda g: g.start)
    return list(_lists(text, [_sized(text, g, tokens, end) for g in _abbreviated(text, found)]))


_RANK = {"level": 0, "arm": 1, "code": 2, "all": 3, "who": 4, "drug": 5}


_ARMS = re.compile(r"(?i)\b(?:dose|doses|dose levels?|arms?|cohorts?|(?<!risk )groups?)\b")


def _abbreviated(text: str, found: Sequence[Group]) -> list[Group]:
    """Groups without those whose code follows in a bracket: "physician's choice (TPC)" is one, under its code."""
    out: list[Group] = []
    for g in found:
        short = g.kind == "code" or g.kind == "level" and out and out[-1].kind in ("level", "arm")
        if out and short and text[out[-1].end : g.start].strip() == "(" and text[g.end : g.end + 1] in "),;":
            g = replace(g, lead=out.pop().lead)
        out.append(g)
    return out


def _lead(text: str, at: int) -> int:
    """Where the phrase of a code begins: at the bracket that holds it, else at the code."""
    return at - 1 if text[at - 1 : at] == "(" else at


def _atoms(text: str, start: int, end: int) -> Iterator[Group]:
    for m in _LEVEL.finditer(text, start, end):
        yield from _levels(text, m)
    for m in _AGAINST.finditer(text, start, end):
        yield Group(m["a"], *m.span("a"), "arm", m.start())
        yield Group(f"{m['b']} {m['head'].rstrip('s')}", m.start("b"), m.end("head"), "arm", m.start("b"))
    for m in _WITH_IT.finditer(text, start, end):
        yield Group(m["what"], *m.span("what"), "arm", m.start("lead"))
        yield Group(f"without {m['what']}", *m.span("without"), "arm", m.start("without"))
    for m in _LETTERED.finditer(text, start, end):
        for x in _LETTER.finditer(text, *m.span("list")):
            yield Group(f"{'stratum' if m['unit'] == 'strata' else m['unit'][:-1]} {x['n']}", *x.span("n"), "level", x.start())
    for m in re.compile(_PORTION, _I).finditer(text, start, end):
        yield Group(m[0], *m.span(), "arm", m.start())
    for m in _NAMED.finditer(text, start, end):
        for name in "ab":
            told = m[name] and (not _NO_NAME.fullmatch(m[name]) or _OPPOSED.search(text, start, end))
            if told and not _PLAIN.fullmatch(m[name]):
                last = m.end("head") if name == "b" else m.end("a")
                kind = "who" if re.match(r"(?i)sub|pop|recip|anal|effi|safe", m["head"]) else "arm"
                yield Group(text[m.start(name) : last], m.start(name), last, kind, m.start(name))
    told = [(m["what"], *m.span("what"), m.start(), kind) for p, kind in _PHRASES for m in p.finditer(text, start, end)]
    for words, a, b, lead, kind in [*told, *((*x, "who") for x in named(text, start, end))]:
        a += len(words) - len(words.lstrip())
        label = re.sub(r"(?:\s(?:and|or|the|in|of))+\Z|[.,;]\Z", "", words.strip(), flags=re.I)
        if not NOBODY.search(label):
            yield Group(label, a, a + len(label) if text[a:].startswith(label) else b, kind, lead)
    brief = [m for m in _BRIEF.finditer(text, start, end) if not NOBODY.search(m["what"])]
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
        a -= whole is not None and text[a - 1 : a] in tuple("≥>≤<")
        yield Group(text[a:b] if whole else f"{single}{glue}{n}", a, b, "level", _lead(text, a))


_MORE = re.compile(
    rf"\s?(?P<join>-|~|to|through|, and|, or|,|and|or|&|/)\s?(?:(?P<unit>{_UNIT})\s?)?(?P<n>{_NUM})",
    _I,
)


def _sized(text: str, g: Group, tokens: Sequence[Token], end: int) -> Group:
    """The group with its size, where that is printed right behind it: "cohort 1 (n=44)", "part A, 18"."""
    for t in tokens:
        if (
            t.kind == "n"
            and t.value
            and 0 <= t.start - g.end <= 64
            and re.fullmatch(r"\s?[(\[,]?\s?|\s\([^()]{0,60}[;,]\s?", text[g.end : t.start])
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
    if re.search(r"\d", text[b.lead : b.start]) or "%" in text[a.end : b.start] and a.label.startswith("with"):
        return False  # "27.7 months with A, compared to 18.4 months for B": no list
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
