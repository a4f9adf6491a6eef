"""Reading form of a text for outcome rules: mark-up and LaTeX undone, lines joined, with a map back to the original.

On top of `trialkb.text.normalise` this undoes what converters leave in abstracts: HTML tags, Markdown links and
emphasis, reference marks, LaTeX of PDF converters ("$8 3 \\% ^ { [ 3 ] }$" is 83%), wrapped lines, glued section heads
("ResultsA total of ..."). Every character of the reading form knows which characters of the original it stands for.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from trialkb.text import HAN, Normal, normalise, sentences

from ._outcome_lines import clauses, parted
from ._simplified import simplified

_MATH = re.compile(r"\$([^$\n]{1,240})\$")
_COMMAND = {
    "%": "%",
    "sim": "~",
    "times": "×",
    "pm": "±",
    "geq": "≥",
    "ge": "≥",
    "geqslant": "≥",
    "leq": "≤",
    "le": "≤",
    "leqslant": "≤",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "mu": "μ",
    "cdot": ".",
    "to": "-",
    "prime": "'",
}
_MATH_PIECE = re.compile(
    r"\^\s*\{\s*\[[\d\s,\-–]{1,30}\]\s*\}|\^\s*\{\s*\\circ\s*\}|\\(%|[A-Za-z]{1,16})|"
    r"\^\s*\{\s*([\d\s+\-–−]{1,12})\}|[\s{}\\]|."
)
_BLANK = r"[ \t\r\u00a0\u2009\u202f\u2002\u2003]"
_MARKUP = re.compile(
    r"(?P<block>(?:</?(?:strong|b|i|em|span|u)>){0,4}</?(?:p|br|div|h\d|li|ul|ol|table|tbody|thead|tr|td|th|html|body)"
    r"(?:\s[^<>]{0,80})?/?>(?:\s{0,4}</?[a-z][a-z0-9]{0,8}(?:\s[^<>]{0,80})?/?>){0,12})"
    r"|</?(?:strong|b|i|em|span|u|jats:[a-z]{1,12})(?:\s[^<>]{0,80})?/?>"
    r"|(?P<item>[①-⒛❶-❿➀-➓㈠-㈩])"
    r"|<su(?P<kind>[pb])>\s*(?P<script>[^<>]{0,12}?)\s*</su[pb]>"
    r"|\[\[[^\[\]]{0,60}\]\([^()\s]{0,160}\)(?:[,\-–]\s*\[[^\[\]]{0,60}\]\([^()\s]{0,160}\))*\]"
    r"|\[\^[\w-]{1,12}\](?!:)"  # a footnote: responded.[^32]
    r"|\[(?P<link>[^\[\]\n]{1,120})\]\((?:https?://|/|\#)[^()\s]{0,200}\)"
    r"|\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?![\w*])"
    r"|(?<![\w.-])(?P<glued>\d{1,2}(?:w|wk|[mM]|mo|[yY]|yr)-?)(?=(?:PFS|OS|EFS|DFS|RFS)(?![A-Za-z0-9-]))"
    r"|(?<![A-Za-z0-9-])(?P<at>(?P<what>PFS|OS|EFS)-?(?P<months>3|6|9|12|18|24|36))(?![\w.,/%-]|\s(?:months|years))"
    r"|\\(?P<escaped>[~%\[\]()*_#.<>&\-+])"
    r"|&(?P<entity>lt|gt|amp|nbsp|ge|le|plusmn|middot|ndash|mdash|times);"
    r"|(?P<headed>(?<![A-Za-z])(?:Results|RESULTS|Conclusions?|CONCLUSIONS?|Findings|FINDINGS|Methods|METHODS|"
    r"Interpretation))(?=[A-Z])"
    r"|(?P<wrap>[ \t\u3000]*(?:\r?\n[ \t\u3000]*)+)"
    rf"|(?P<gap>{_BLANK}{{2,200}}|(?! ){_BLANK}|(?<=[{HAN}，、。；.]) )"  # other single blanks stay
)
_SPELLED = {"w": "week", "m": "month", "y": "year"}  # 18wPFS, 2yOS; PFS6 is of six months
_ENTITY = {
    "lt": "<",
    "gt": ">",
    "amp": "&",
    "nbsp": " ",
    "ge": "≥",
    "le": "≤",
    "plusmn": "±",
    "middot": ".",
    "ndash": "-",
    "mdash": "-",
    "times": "×",
}
_LIST = re.compile(r"\s*(?:[-•*#]|\d{1,2}[.)]\s)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the reading form; role is background, methods, endpoints, results, conclusion or None where not headed."""

    start: int
    end: int
    role: str | None
    paragraph: int


_LONE = re.compile("[\ud800-\udfff]")


def reading_form(text: str) -> Normal:
    """The normalised reading form of a stored text, with spans of the original.

    >>> n = reading_form("缓解率达 $8 3 \\\\% ^ { [ 3 ] }$ 。")
    >>> n.text, n.span(5, 8)
    ('缓解率达 83% 。', (6, 12))
    """
    first = _undo(simplified(_LONE.sub("\ufffd", text)))  # half a surrogate pair is no character; the place stays
    second = normalise(first.text)
    starts = array("l", map(first.starts.__getitem__, second.starts))
    ends = array("l", map(array("l", [0, *first.ends]).__getitem__, second.ends))
    return _parted(Normal(second.text, starts, ends))


_GLUED = re.compile(  # CR1例, ORR72.7%, PFS8.0个月; 79.8% vs57.6%
    r"(?<![A-Za-z0-9/-])(?:s?CRi?|nCR|CRR|V?GPR|PR|SD|PD|ORR|DCR|CBR|CRS|ICANS|DLT|TRAE|TEAE|S?AE|a?GVHD|m?(?:PFS|OS|"
    r"DOR|EFS|DFS|RFS|LFS))"
    r"(?P<at>)(?=\d{1,4}(?:\.\d+)?\s?(?:[例名位]|人(?!次)|%|个?月(?!率)|\(\d+(?:\.\d+)?%)|[1-5](?:\s?[-~]\s?[1-5])?\s?级)"
    r"|(?<![A-Za-z])vs\.?(?P<vs>)(?=\d)|%\s?(?P<dot>\.|\s)\s?(?=\d{1,3}(?:\.\d+)?\s?%)"
)


def _parted(n: Normal) -> Normal:
    """A blank between an abbreviation and the number printed against it, in text with Chinese; 48.5%.63.6% is a list."""
    found = list(_GLUED.finditer(n.text)) if re.search(rf"[{HAN}]|\d%?(?: months| days)?\s?vs\.?\d", n.text) else []
    if not found:
        return n
    out: list[str] = []
    starts, ends, at = array("l"), array("l"), 0
    for m in found:
        a = m.start("dot") if m["dot"] else max(m.end("at"), m.end("vs"))
        out += [n.text[at:a], "、" if m["dot"] else " "]
        place = n.starts[a]
        starts.extend((*n.starts[at:a], place))
        ends.extend((*n.ends[at:a], n.ends[a] if m["dot"] else place))
        at = a + bool(m["dot"])
    out.append(n.text[at:])
    starts.extend(n.starts[at:])
    ends.extend(n.ends[at:])
    return Normal("".join(out), starts, ends)


def _undo(text: str) -> Normal:
    out: list[str] = []
    starts, ends = array("l"), array("l")

    def put(piece: str, start: int, end: int) -> None:
        out.append(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))

    def plain(start: int, end: int) -> None:
        out.append(text[start:end])
        starts.extend(range(start, end))
        ends.extend(range(start + 1, end + 1))

    at, width = 0, _wrap_width(text)
    for m in _pieces(text):
        plain(at, m.start())
        at = m.end()
        if m.re is _MATH:
            _math(text, m, put)
        else:
            _markup(text, m, put, width)
    plain(at, len(text))
    return Normal("".join(out), starts, ends)


def _pieces(text: str) -> Iterator[re.Match[str]]:
    """Mark-up and formulas in order of place, formulas first where they overlap."""
    formulas = list(_MATH.finditer(text)) if "$" in text else []
    at = 0
    for f in [*formulas, None]:
        stop = f.start() if f else len(text)
        yield from _MARKUP.finditer(text, at, stop)
        if f:
            yield f
            at = f.end()


def _math(text: str, m: re.Match[str], put: object) -> None:
    assert callable(put)
    for p in _MATH_PIECE.finditer(text, m.start(1), m.end(1)):
        if p[1]:
            put(_COMMAND.get(p[1], ""), p.start(), p.end())
        elif p[2]:
            put("^" + re.sub(r"\s", "", p[2]), p.start(), p.end())
        elif len(p[0]) == 1 and p[0] not in " \t{}\\":
            put(p[0], p.start(), p.end())


def _markup(text: str, m: re.Match[str], put: object, width: float | None) -> None:
    assert callable(put)
    a, b = m.span()
    if m["headed"]:  # "ResultsNeurotoxicity occurred"
        for k, c in enumerate(m["headed"]):
            put(c, a + k, a + k + 1)
        put(" ", b - 1, b)
    elif m["gap"]:
        put("" if _split_by_converter(text, a, b) else " ", a, b)
    elif m["block"]:
        stop = "。" if re.match(f"[{HAN}%)）]", text[a - 1 : a]) and re.search(f"[{HAN}]", text[:a]) else ""
        put(stop + ("" if stop and not _PARAGRAPH.search(m["block"]) else "\n"), a, b)
    elif m["item"]:
        put(" ", a, b)  # ②67例 are 67, not 267
    elif m["wrap"] and text[b : b + 1] == "|":
        put("\n", a, b)  # a row of a table is of its own
    elif m["wrap"]:
        ended = text[a - 1] in "。；，、！？"
        own = "" if ended else "。\n" if _FIELD.match(text, b) else "。" if parted(text, a, b) else ""
        put(own or _joint(text, a, b, width), a, b)
    elif m["script"]:
        put(_script(m), m.start("script"), m.end("script"))
    elif m["link"]:
        start = m.start("link")
        for k, c in enumerate(m["link"]):
            put(c, start + k, start + k + 1)
    elif m["escaped"]:
        put(m["escaped"], a, b)
    elif m["glued"]:
        digits = re.match(r"\d+", m["glued"])
        put(f"{digits[0]}-{_SPELLED[m['glued'][digits.end()].lower()]} " if digits else "", a, b)
    elif m["at"]:
        put(f"{m['months']}-month {m['what']}", a, b)
    elif m["entity"]:
        put(_ENTITY[m["entity"]], a, b)


_PARAGRAPH = re.compile(r"</?(?:p|h\d|div|ul|ol|table|tr)\b")
_INSIDE = re.compile(r"(?<![表图第\d.])(?<![表图第]\s)\d{1,3}\.\Z")
_REST = re.compile(r"\d{1,2}\s?(?:[%％±~～)）]|个\s?月|月|倍|/|to\b|-|–|至)")


@lru_cache(maxsize=4)
def _spaced(text: str) -> bool:
    """Whether a text prints its decimals with a blank throughout: 44. 7%, 0. 78."""
    return len(re.findall(r"\d\. \d{1,2}\s?%|\b0\. \d", text)) > max(1, len(re.findall(r"\d\.\d", text)))


def _split_by_converter(text: str, a: int, b: int) -> bool:
    """Whether a blank stands where a PDF converter tore a Chinese word or a number apart: 总 生存期, 10. 3 个 月."""
    before, after = text[a - 1 : a], text[b : b + 1]
    if before == "." and _INSIDE.search(text, max(0, a - 6), a):
        torn = _REST.match(text, b) and (_spaced(text) or re.search(f"[{HAN}]", text[max(0, a - 24) : b + 12]))
        return bool(torn or (text[a - 2 : a] == "0." and text[b : b + 1].isdigit() and _spaced(text)))
    if b - a != 1 or not (_HAN_OR_SIGN.match(before) and _HAN_OR_SIGN.match(after)):
        return False
    return not _HEAD_BEFORE.search(text, max(0, a - 8), a) and not re.search("[:：]", text[b : b + 14])


_HAN_OR_SIGN = re.compile(f"[{HAN}，、。；]")
_HEAD_BEFORE = re.compile(r"(?:背景|目的|方法|结果|結果|结论|結論|讨论|对象|摘要|引言|前言|关键词|[】\]:：。])\Z")


def _script(m: re.Match[str]) -> str:
    """Superscript digits keep their caret after a number base; a reference mark goes; others stay as they are."""
    words = m["script"]
    if m["kind"] == "p" and re.fullmatch(r"[-+−]?\d{1,3}", words):
        return "^" + words if m.string[m.start() - 1 : m.start()].isdigit() else ""
    return "" if m["kind"] == "p" and re.fullmatch(r"[\d,\s\-–]+", words) else words


_FIELD = re.compile(f"[{HAN}]{{2,10}}(?:[（(][^（）()\n]{{0,10}}[）)])?[：:]")  # 主要结局：


def _wrap_width(text: str) -> float | None:
    """The usual length of a line where a converter broke the text into lines of one width, else None."""
    sizes = sorted(len(line.strip()) for line in text.split("\n") if line.strip())
    if len(sizes) < 12:
        return None
    usual = sizes[len(sizes) // 2]
    alike = sum(0.6 * usual <= n <= 1.2 * usual for n in sizes)
    return float(usual) if 16 <= usual <= 120 and alike >= 0.55 * len(sizes) else None


def _joint(text: str, a: int, b: int, width: float | None) -> str:
    """A wrapped line goes on with a blank (nothing in Chinese); a heading, list item or short line keeps its break."""
    size = a - (text.rfind("\n", 0, a) + 1)
    blank = text.count("\n", a, b) > 1
    before, after = text[a - 1 : a], text[b : b + 1]
    if _LIST.match(text, b):
        return "\n\n" if blank else "\n"
    han = bool(re.match(f"[{HAN}，、。）；：]", after) or re.match(f"[{HAN}，、（。；：]", before))
    if width and size >= 0.75 * width:
        both = re.match(f"[{HAN}，、。）；：（]", after) and re.match(f"[{HAN}，、（。；：]", before)
        return "" if both else " "
    if blank:
        return "\n\n"
    if han or (before in ".:?!。：！？;；" and size < 60):
        return "\n"
    return " " if size >= 55 or after.islower() else "\n"


_HEAD = re.compile(
    r"(?:^|(?<=[\s.。:;)\]【]))(?:\d{1,2}[.)]\s*)?(?P<head>"
    r"background(?:\s?(?:and|&|/)\s?(?:aims?|objectives?|purpose))?|introduction|importance|context|rationale|"
    r"objectives?|aims?|purpose|hypothes[ie]s|design, setting,? and participants|design|trial design|"
    r"study design|setting|participants|interventions?|"
    r"(?:patients|materials?|subjects)(?:\s(?:and|&)\smethods)?|methods?|methodology|evidence review|"
    r"main outcomes?(?:\s(?:and\s)?measures?)?|results?|findings|outcomes|efficacy|safety|conclusions?"
    r"(?:\s(?:and|&)\s(?:relevance|significance|interpretation))?|discussion|interpretation|trial registration|funding|"
    r"significance|clinical trial (?:information|registration)|keywords|references|"
    r"研究背景|研究目的|研究方法|研究设计|研究结果|研究结论|背景|目的|引言|前言|(?:研究)?对象(?:与|和)方法|"
    r"(?:资料|病例|材料)(?:与|和)方法|方法|结果|结论|讨论|关键词|参考文献"
    r")(?P<mark>\s*[:\]】]|\s*\n|(?-i:(?=[A-Z一-鿿])|(?<=[一-鿿])(?=\d)|(?=\s+[A-Z][a-z])|(?<=[一-鿿])(?=\s+\S)))",
    re.I,
)
_ROLE = (
    ("results", ("result", "finding", "efficacy", "safety", "结果", "研究结果")),
    ("methods", ("method", "design", "setting", "participant", "intervention", "patients", "subjects", "material")),
    ("endpoints", ("main outcome",)),
    ("methods", ("evidence", "trial reg", "funding", "clinical trial", "keyword", "方法", "关键词")),
    ("methods", ("研究方法", "研究设计", "对象", "研究对象", "资料", "病例", "材料")),
    ("conclusion", ("conclusion", "discussion", "interpretation", "significance", "结论", "讨论", "研究结论")),
    ("references", ("references", "参考文献")),
    ("background", ("background", "introduction", "importance", "context", "rationale", "objective", "aim", "purpose")),
    ("background", ("hypothes", "背景", "目的", "引言", "前言", "研究背景", "研究目的")),
)
_FREE = ("patients", "subjects", "participants", "outcomes", "design", "setting", "intervention", "efficacy", "safety")


def _heads(text: str) -> list[tuple[int, int, str]]:
    """(start, end, role) of the section heads: marked with a colon or break, capitalised, or glued to the text."""
    found = []
    for m in _HEAD.finditer(text):
        word = m["head"]
        marked = m["mark"].strip() != "" or "\n" in m["mark"] or text[m.start("head") - 1 : m.start("head")] == "\n"
        if not marked and (not _opens(text, m) or word.lower() in _FREE):
            continue
        if word[0].islower() or (m["mark"].strip() == "" and word.isascii() and not _opens(text, m)):
            continue
        role = next((r for r, words in _ROLE if any(word.lower().startswith(w) for w in words)), None)
        if role:
            found.append((m.start("head"), m.end(), role))
    taken = {at for h in found for at in range(h[0] - 1, h[1])}
    found += [(m.start(), m.end(), "other") for m in _LABEL.finditer(text) if m.start() not in taken]
    found += [(m.start(), m.start(), "field") for m in _FIELDS.finditer(text) if m.start() not in taken]
    return sorted(found)


_FIELDS = re.compile(f"(?:(?<=。)|(?<=\n)|\\A)[{HAN}]{{2,8}}:")  # 研究进展: ends what 背景: began
_LABEL = re.compile(r"【[^【】\n]{1,16}】")


def _opens(text: str, m: re.Match[str]) -> bool:
    """Whether a head stands where a sentence may begin."""
    before = text[: m.start("head")].rstrip()[-1:]
    return before == "" or before in ".。:;)]!?\n" or text[m.start("head") - 1 : m.start("head")] == "\n"


LONGEST = 1200


def _bounded(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence in pieces of at most LONGEST characters, cut behind a sign: no text makes rules run for long."""
    while end - start > LONGEST:
        cut = max(text.rfind(c, start + LONGEST // 2, start + LONGEST) for c in ";,、 ")
        cut = cut + 1 if cut > 0 else start + LONGEST
        yield start, cut
        start = cut
    if end > start:
        yield start, end


def split(text: str) -> list[Sentence]:
    """Sentences of a reading form with the role of the section that they stand in."""
    heads = _heads(text)
    cuts = sorted({h[0] for h in heads} | {h[1] for h in heads})
    found: list[Sentence] = []
    role: str | None = None
    paragraph, k = 0, 0
    bounds = [0, *cuts, len(text)]
    for a, b in zip(bounds, bounds[1:], strict=False):
        head = next((h for h in heads if h[0] == a), None)
        if head and head[2] == "field":
            role = "other" if role == "background" else role
        elif head:
            role = head[2]
            continue
        for start, end in sentences(text[a:b]):
            paragraph += text.count("\n", k, a + start)
            k = max(k, a + start)
            for u, v in clauses(text, a + start, a + end):
                found.extend(Sentence(x, y, role, paragraph) for x, y in _bounded(text, u, v))
    return found
