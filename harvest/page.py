"""Pasted registry page: headings (Overview, Eligibility ...; 纳入标准, 排除标准 ...) and the text below each.

What a person copies from a registry's web page, in English or Chinese. No field is made up: a page without a title
has none. Traps: criteria run on in one line; sub-items hang below a number; pages of different registries name the
same section differently (table below).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha1

from trialkb import ids
from trialkb.errors import BadInput
from trialkb.records import Document, Section
from trialkb.text import language

from ._tables import decode, head_text

PRIORITY = 2
_NAMES = {
    "title": "title|study title|brief title|public title|研究题目|注册题目|试验名称|研究名称",
    "official_title": "official title|scientific title|正式科学名|研究课题的正式科学名称",
    "summary": "overview|brief summary|study overview|summary|study description"
    "|研究概述|研究简介|试验简介|研究目的|概述|摘要",
    "description": "detailed description|description|study details|详细描述|研究详情",
    "conditions": "conditions?|conditions? or diseases?|disease|health conditions?|研究疾病|适应症|疾病|目标疾病",
    "interventions": "interventions?|interventions?/treatments?|treatments?|干预措施|干预|试验药物",
    "arms": "arms|arm groups?|study arms|arms and interventions|participant groups|分组|试验分组",
    "primary_outcomes": "primary outcomes?|primary outcome measures?|primary endpoints?"
    "|主要终点|主要指标|主要结局指标|主要终点指标",
    "secondary_outcomes": "secondary outcomes?|secondary outcome measures?|secondary endpoints?"
    "|次要终点|次要指标|次要结局指标|次要终点指标",
    "other_outcomes": "other outcomes?|other outcome measures?|其他指标",
    "eligibility": "eligibility|eligibility criteria|participation criteria|inclusion/exclusion criteria"
    "|入排标准|入选标准和排除标准|受试者标准",
    "design": "study design|design details|design|研究设计|试验设计",
    "phases": "phases?|study phase|研究阶段|试验分期",
    "sponsor": "sponsors?|primary sponsor|申办者|申办单位|研究实施负责(?:组长)?单位",
    "status": "status|recruitment status|overall status|招募状态|征募研究对象情况",
}  # fmt: skip
_HEADING = {name: re.compile(rf"(?:{words})\s*[:：]?\Z", re.IGNORECASE) for name, words in _NAMES.items()}
_INLINE = {name: re.compile(rf"(?:{words})\s*[:：]\s*(?=\S)", re.IGNORECASE) for name, words in _NAMES.items()}
_CRITERIA = re.compile(
    r"(?:key\s+)?(?:inclusion|exclusion)(?: criteria)?\s*[:：]?\Z|(?:主要)?(?:纳入|入选|排除)标准\s*[:：]?\Z",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"^\s*(?:contacts?|telephone|phone|e-?mail|联系人|电话|邮箱|电子邮件)\b.*[:：].*$|\S+@\S+\.\w+", re.I | re.M
)


def recognise(head: bytes, name: str) -> str | None:
    """Why a text is a pasted registry page, or None."""
    text = head_text(head)
    if text is None or text.lstrip()[:1] in ("{", "[", "<"):
        return None
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if len(line) < 60 and (_CRITERIA.match(line) or _named(line))]
    distinct = {(_named(line) or line.lower()) for line in found}
    criteria = any(_CRITERIA.match(line) for line in found)
    if len(distinct) >= 2 and (criteria or "eligibility" in distinct or len(distinct) >= 3):
        return "it has the headings " + ", ".join(dict.fromkeys(line.rstrip(":：") for line in found[:4]))
    return None


def _named(line: str) -> str | None:
    return next((name for name, pattern in _HEADING.items() if pattern.match(line)), None)


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The page as one document with a section a heading. Raises BadInput where there is no text."""
    text = _PEOPLE.sub("", decode(data, name)).strip()
    if not text:
        raise BadInput(f"{name}: expected a page of text, found none")
    yield document(text, "page")


def document(text: str, source: str, raw: bytes | None = None) -> Document:
    """The Document of a page's text; its id is the registry's where the page's head has exactly one."""
    texts = dict(_sections(text))
    title = texts.get("title")
    own = {i.id for i in ids.find(text[: text.find("\n", 300)] if len(text) > 300 else text)}
    sections = tuple(Section(n, t, language(t)) for n, t in texts.items())
    id = f"text:{sha1(text.encode()).hexdigest()[:12]}"
    if len(own) == 1:
        id = f"page:{own.pop()}"
    kind = title.split("\n")[0][:300] if title else None
    return Document(id, "page", source, sections, raw or text.encode(), title=kind, language=language(text))


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Names and texts in order; text before the first heading is the body; a heading met again goes on."""
    held: dict[str, list[str]] = {}
    name = "body"
    for line in text.split("\n"):
        said = line.strip()
        if len(said) < 60 and (heading := _named(said)):
            name = heading
        elif inline := _inline(said):
            name, rest = inline
            held.setdefault(name, []).append(rest)
        elif _CRITERIA.match(said):
            name = "eligibility"
            held.setdefault(name, []).append(said)
        else:
            held.setdefault(name, []).append(line.rstrip())
    for section, lines in held.items():
        if words := "\n".join(lines).strip("\n ").strip():
            yield section, words


def _inline(line: str) -> tuple[str, str] | None:
    """A heading and its text on one line (Conditions: Gastric Cancer)."""
    for name, pattern in _INLINE.items():
        if (m := pattern.match(line)) and name not in ("eligibility", "summary", "description"):
            return name, line[m.end() :].strip()
    return None
