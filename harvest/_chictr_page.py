"""Reading a detail page of ChiCTR: labels and values, Chinese and English kept apart, arms and outcomes of nested tables.

Every label is a `td.left_title` with `p.cn`, `p.en` or both; its value is the next cell. A bilingual field has two
rows, a neutral one has one row with both labels; a short value holds both languages in one cell. Traps: labels end in
`：`, `:` or nothing and break inside words; the English text of an arm has no class; the cell of a sample size spans
two rows; two label and value pairs may share a row.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from bs4.exceptions import ParserRejectedMarkup

from trialkb.errors import BadInput, Blocked

MOST = 200_000  # tags of a page
_CHALLENGE = re.compile(r"acw_sc__v2|aliyunwaf|访问被阻断|<title>[^<]*(?:滑动|验证|Verification)", re.I)
_SPACE = re.compile(r"[ \t\r]*\n\s*")
# A label, stripped of blanks and marks, begins with: Chinese, English -> what it is called here.
LABELS = {
    "注册号状态": "registered_as", "registrationstatus": "registered_as", "注册号": "number",
    "registrationnumber": "number", "最近更新日期": "updated", "dateoflastrefreshed": "updated", "注册时间": "registered",
    "dateofregistration": "registered", "注册题目简写": "acronym", "englishacronym": "acronym", "注册题目": "title",
    "publictitle": "title", "研究课题的正式科学名称": "scientific_title", "scientifictitle": "scientific_title",
    "研究课题代号": "subject_id", "studysubjectid": "subject_id", "在二级注册机构": "other_ids",
    "theregistrationnumberofthepartner": "other_ids", "研究实施负责（组长）单位地址": "", "primarysponsor'saddress": "",
    "研究实施负责（组长）单位": "sponsor", "primarysponsor": "sponsor", "试验主办单位": "second_sponsor",
    "secondarysponsor": "second_sponsor", "经费或物资来源": "funding", "source(s)offunding": "funding",
    "研究疾病代码": "condition_code", "targetdiseasecode": "condition_code", "研究疾病": "condition",
    "targetdisease": "condition", "研究类型": "study_type", "studytype": "study_type", "研究所处阶段": "phase",
    "studyphase": "phase", "研究设计": "design", "studydesign": "design", "研究目的": "objectives",
    "objectivesofstudy": "objectives", "药物成份或治疗方案详述": "treatment", "descriptionformedicine": "treatment",
    "纳入标准": "inclusion", "inclusioncriteria": "inclusion", "排除标准": "exclusion", "exclusioncriteria": "exclusion",
    "研究实施时间": "executed", "studyexecutetime": "executed", "征募观察对象时间": "recruiting",
    "recruitingtime": "recruiting", "干预措施": "arms", "interventions": "arms", "研究实施地点": "sites",
    "countriesofrecruitment": "sites", "测量指标": "outcomes", "outcomes": "outcomes", "征募研究对象情况": "status",
    "recruitingstatus": "status", "年龄范围": "age", "participantage": "age", "性别": "sex", "gender": "sex",
    "随机方法": "randomisation", "randomizationprocedure": "randomisation", "盲法": "blinding", "blinding": "blinding",
    "是否公开试验完成后的统计结果": "results_public", "calculatedresults": "results_public",
    "是否共享原始数据": "ipd", "ipdsharing": "ipd",
}  # fmt: skip
INNER = {
    "组别": "group", "group": "group", "样本量": "size", "samplesize": "size", "干预措施代码": "code",
    "interventioncode": "code", "干预措施": "intervention", "intervention": "intervention", "指标中文名": "outcome",
    "outcome": "outcome", "指标类型": "type", "type": "type", "测量时间点": "time",
    "measuretimepointofoutcome": "time", "测量方法": "method", "measuremethod": "method", "国家": "country",
    "country": "country", "省(直辖市)": "province", "province": "province", "市(区县)": "city", "city": "city",
    "单位(医院)": "institution", "institutionhospital": "institution", "单位级别": "level",
    "leveloftheinstitution": "level", "具体地址": "address", "address": "address",
}  # fmt: skip
KEPT_TABLES = ("arms", "sites", "outcomes", "second_sponsor")
_ADDRESSES = {"address"}
Words = Mapping[str, str]  # "zh" and "en", where the page has them
Table = Mapping[str, Words]


def challenge(page: str) -> str | None:
    """Why a page is the firewall's and not the registry's, or None.

    >>> challenge("<script>var arg1='x'; document.cookie='acw_sc__v2='</script>")
    'acw_sc__v2'
    """
    m = _CHALLENGE.search(page)
    return m[0] if m else None


def opened(data: bytes, name: str) -> BeautifulSoup:
    """The page as a tree. Raises Blocked for a challenge, BadInput for what is absurdly large."""
    if data.count(b"<") > MOST:
        raise BadInput(f"{name}: a page with more than {MOST:,} tags; refused")
    page = decoded(data)
    if mark := challenge(page):
        raise Blocked(f"{name}: ChiCTR's firewall asks for a human ({mark}); save the page in a browser and import it")
    if "left_title" not in page and "data-total" not in page:
        raise BadInput(f"{name}: expected a page of ChiCTR with td.left_title, found none; another page than its own")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of what looks like XML or an address: that is no matter here
            return BeautifulSoup(page, "html.parser")
    except ParserRejectedMarkup as e:
        raise BadInput(f"{name}: HTML that cannot be read: {str(e)[:80]}") from None


def decoded(data: bytes) -> str:
    """A saved page as text: UTF-8, or GB18030 where it is not."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def words(tag: Tag) -> str:
    """The text of a cell: a line for each line of it, blanks folded, empty lines gone."""
    pieces = ["\n" if isinstance(n, Tag) and n.name == "br" else str(n) for n in tag.descendants if _counts(n)]
    lines = (" ".join(x.split()) for x in "".join(pieces).split("\n"))
    return "\n".join(x for x in lines if x)


def _counts(node: object) -> bool:
    return (type(node) is NavigableString) or (isinstance(node, Tag) and node.name == "br")


def plain(label: str) -> str:
    """A label without blanks and final marks, in lower case.

    >>> plain("Study leader's \\n telephone：")
    "studyleader'stelephone"
    """
    return re.sub(r"\s+", "", label).rstrip("：:").lower()


def name_of(label: str) -> str | None:
    """What a field is called here; "" for one that is never kept, None for one that is not known."""
    stripped = plain(label)
    return next((LABELS[k] for k in sorted(LABELS, key=len, reverse=True) if stripped.startswith(k)), None)


def cells(soup: BeautifulSoup) -> Iterator[tuple[Tag, str | None, str | None, Tag]]:
    """(label cell, what it is called, its only language or None, value cell) of every field of the page."""
    for label in soup.select("td.left_title"):
        value = label.find_next_sibling("td")
        if value is None or "left_title" in (value.get("class") or ()):
            continue
        zh, en = label.select_one("p.cn"), label.select_one("p.en")
        known = next((n for p in (zh, en) if p and (n := name_of(words(p))) is not None), None)
        only = None if zh and en else "zh" if zh else "en"
        yield label, known, only, value


def fields(soup: BeautifulSoup) -> dict[str, dict[str, str]]:
    """{field: {language: text}} of the fields with a text; a neutral value stands under "zh" and "en" alike."""
    found: dict[str, dict[str, str]] = {}
    for _, known, only, value in cells(soup):
        if not known or known in KEPT_TABLES:
            continue
        both = found.setdefault(known, {})
        if only:
            if text := words(value):
                both.setdefault(only, text)
            continue
        zh, en = value.select_one("p.cn"), value.select_one("p.en")
        for language, own in (("zh", zh), ("en", en)):
            text = words(own) if own else "" if (zh and en) else words(value)
            if text:
                both.setdefault(language, text)
    return {k: v for k, v in found.items() if v}


def tables(soup: BeautifulSoup, wanted: str) -> list[Table]:
    """The nested tables of a field, each {part: {language: text}}."""
    found: list[Table] = []
    for _, known, _, value in cells(soup):
        if known == wanted:
            found += [t for table in value.find_all("table") if (t := _table(table))]
    return found


def _table(table: Tag) -> dict[str, dict[str, str]]:
    """One nested table: labels and the cell after each, by the language of the label."""
    parts: dict[str, dict[str, str]] = {}
    for row in table.find_all("tr"):
        inside = row.find_all("td", recursive=False)
        for label, value in zip(inside, [*inside[1:], None], strict=True):
            known = INNER.get(plain(words(label)))
            if known is None or value is None or INNER.get(plain(words(value))) is not None:
                continue
            language = "en" if plain(words(label)).isascii() else "zh"
            if text := words(value):
                parts.setdefault(known, {}).setdefault(language, text)
    return {k: v for k, v in parts.items() if k not in _ADDRESSES}


def ages(soup: BeautifulSoup) -> tuple[str | None, str | None]:
    """The least and the greatest age with its unit, as `18 Years`."""
    found: dict[str, str] = {}
    for _, known, _, value in cells(soup):
        if known == "age":
            for row in value.find_all("tr"):
                texts = [words(td) for td in row.find_all("td")]
                if len(texts) == 3 and texts[1]:
                    unit = "Years" if "岁" in texts[2] or "year" in texts[2].lower() else texts[2].split()[-1].title()
                    found["min" if "min" in texts[0].lower() or "最小" in texts[0] else "max"] = f"{texts[1]} {unit}"
    return found.get("min"), found.get("max")


def without_people(soup: BeautifulSoup) -> bytes:
    """The page's blocks of fields as HTML; the values of fields that are not known here, contacts among them, are empty."""
    for _, known, _, value in cells(soup):
        if not known:
            value.clear()
    for label in soup.find_all("td"):
        place = label.find_next_sibling("td")
        if place and INNER.get(plain(words(label))) == "address":
            place.clear()
    blocks = _SPACE.sub("\n", "".join(str(b) for b in soup.select("div.project-ms")))
    return f'<html><meta charset="UTF-8"><body>{blocks}</body></html>'.encode("utf-8", "replace")
