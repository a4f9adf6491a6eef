"""ChiCTR: Chinese trials from saved or pasted-in pages and per-trial XML, in Chinese and English.

https://www.chictr.org.cn. There is no API, and a firewall that asks for a human: pages come from a person's browser, or
by at most one polite request for one explicit page, given up at any challenge, which is reported as blocked and never
read as an empty trial. Traps: the number in a page's address is not the registration number; phase 0 there means an
exploratory study; the XML knows no time frames and calls its records Triall.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from bs4 import BeautifulSoup

from trialkb import ids
from trialkb.errors import BadInput
from trialkb.records import Arm, Document, Intervention, Page, PlannedEndpoint, Trial

from . import _chictr_page as page
from . import _chictr_words as say
from ._chictr_xml import distinct, document, from_xml
from ._ctgov_json import block, line
from ._xml import cut, whole

SITE = "https://www.chictr.org.cn/"
_ROLES = {
    "主要指标": "PRIMARY",
    "primary indicator": "PRIMARY",
    "次要指标": "SECONDARY",
    "secondary indicator": "SECONDARY",
}


def fetch(query: str, **settings: Any) -> Iterator[Page]:
    """One page, asked for once: see `_chictr_fetch.fetch`."""
    from ._chictr_fetch import fetch as ask

    return ask(query, **settings)


def recognise(head: bytes, name: str) -> str | None:
    """Whether a file's head is one of ChiCTR's pages, its firewall's, or its XML."""
    if b"<Triall" in head:
        return "XML with Triall, as ChiCTR gives it"
    text = page.decoded(head)
    if head.lstrip()[:1] == b"<" and page.challenge(text):
        return "a challenge of ChiCTR's firewall"
    if "left_title" in text and re.search("注册号|Registration number", text):
        return "a detail page of ChiCTR"
    return "a list of hits of ChiCTR" if 'id="data-total"' in text else None


_DESIGN = {
    "study_type": {"en": "Study type: ", "zh": "研究类型："}, "phase": {"en": "Phase: ", "zh": "研究所处阶段："},
    "design": {"en": "Design: ", "zh": "研究设计："}, "randomisation": {"en": "Randomisation: ", "zh": "随机方法："},
    "blinding": {"en": "Blinding: ", "zh": "盲法："},
}  # fmt: skip
PRIORITY = 5  # before plain HTML


def split(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The records of a file: XML one by one, a page whole."""
    data = stream.read(page_limit() + 1)
    if len(data) > page_limit():
        raise BadInput(f"{name}: a page of more than {page_limit() >> 20} MiB; expected less than one")
    if b"<Triall" in data:
        yield from cut(whole(data), ["Triall"], name, "trials")
    else:
        yield data


def page_limit() -> int:
    """Bytes that a page or an XML file may have."""
    return 16 << 20


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The trial of a detail page or of XML, or the rows of a list of hits. Raises Blocked for a challenge, BadInput."""
    if b"<Triall" in data:
        for record in cut(whole(data), ["Triall"], name, "trials"):
            yield from_xml(record, name)
        return
    soup = page.opened(data, name)
    if soup.select_one("td.left_title"):
        yield _from_page(soup, name)
    elif soup.select_one("#data-total"):
        yield from _rows(soup)
    else:
        raise BadInput(
            f"{name}: expected a page of ChiCTR with td.left_title, found none; a challenge, or another page"
        )


def _from_page(soup: BeautifulSoup, name: str) -> Document:
    held = page.fields(soup)
    said = _either(held, "number") or ""
    number = ids.normal(said)
    if number is None:
        raise BadInput(f"{name}: expected a registration number like ChiCTR2400084905, found {said[:40]!r}")
    inner = soup.select_one('input[name="pid"]')
    low, high = page.ages(soup)
    arms, outcomes, sites = (page.tables(soup, t) for t in ("arms", "outcomes", "sites"))
    sizes = [int(s) for a in arms if (s := _one(a, "size")) and s.isascii() and s.isdigit()]
    allocation, model = say.design(_texts_of(held, "design"))
    trial = Trial(
        number,
        status=say.status(_texts_of(held, "status")),
        study_type=say.study_type(_texts_of(held, "study_type")),
        phases=say.phases_of(_either(held, "phase") or ""),
        allocation=allocation,
        model=model,
        masking=say.masking(_texts_of(held, "blinding")),
        enrollment=sum(sizes) if arms and len(sizes) == len(arms) else None,
        enrollment_type="ESTIMATED" if arms and len(sizes) == len(arms) else None,
        start_date=say.day(_either(held, "executed")),
        completion_date=say.day(_either(held, "executed"), last=True),
        first_post_date=say.day(_either(held, "registered")),
        update_date=say.day(_either(held, "updated")),
        sponsor=_either(held, "sponsor"),
        conditions=distinct([_either(held, "condition")]),
        countries=distinct(_one(s, "country") for s in sites),
        facilities=distinct(_one(s, "institution") for s in sites),
        secondary_ids=distinct([*(i.id for i in ids.find(_either(held, "other_ids") or "")), _either(held, "subject_id")]),
        sex=say.sex(_either(held, "sex")),
        minimum_age=low,
        maximum_age=high,
        interventions=tuple(_interventions(arms)),
        arms=tuple(_arms(arms)),
        endpoints=tuple(_endpoints(outcomes, "en")),
        extra=_extra(held, arms, outcomes),
    )  # fmt: skip
    title = _either(held, "title") or _either(held, "scientific_title")
    url = f"{SITE}showproj.html?proj={inner['value']}" if inner and inner.get("value") else None
    texts = list(_texts(held, arms, outcomes, trial))
    return document(trial, page.without_people(soup), title, texts, url)


def _either(held: dict[str, dict[str, str]], field: str) -> str | None:
    """The English text of a field, or the Chinese where there is none."""
    both = held.get(field, {})
    return both.get("en") or both.get("zh")


def _one(table: page.Table, part: str) -> str | None:
    both = table.get(part, {})
    return both.get("en") or both.get("zh")


def _texts_of(held: dict[str, dict[str, str]], field: str) -> list[str]:
    return list(held.get(field, {}).values())


def _arms(arms: list[page.Table]) -> Iterator[Arm]:
    for a in arms:
        size = _one(a, "size") or ""
        group, what = _one(a, "group"), _one(a, "intervention")
        if group or what:
            count = int(size) if size.isascii() and size.isdigit() else None
            yield Arm(group, None, what, (what,) if what else (), count)


def _interventions(arms: list[page.Table]) -> Iterator[Intervention]:
    for a in arms:
        if name := _one(a, "intervention"):
            yield Intervention(name, arm_labels=tuple(filter(None, [_one(a, "group")])))


def _endpoints(outcomes: list[page.Table], wanted: str) -> Iterator[PlannedEndpoint]:
    """Outcomes in one language; where English is wanted, one that has only Chinese comes in Chinese."""
    for o in outcomes:
        lang = wanted if wanted in o.get("outcome", {}) else "zh"
        if measure := o.get("outcome", {}).get(lang):
            role: Any = next((_ROLES[t.lower()] for t in o.get("type", {}).values() if t.lower() in _ROLES), "OTHER")
            yield PlannedEndpoint(role, measure, o.get("method", {}).get(lang), o.get("time", {}).get(lang))


def _texts(
    held: dict[str, dict[str, str]], arms: list[page.Table], outcomes: list[page.Table], trial: Trial
) -> Iterator[tuple[str, str | None]]:
    """Sections; a Chinese text beside an English one has a section of its own, with _zh."""
    for name, field in (("title", "title"), ("official_title", "scientific_title"), ("summary", "objectives"),
                        ("description", "treatment"), ("conditions", "condition")):  # fmt: skip
        yield from _bilingual(name, held.get(field, {}))
    yield "phases", "\n".join(trial.phases)
    for suffix, lang in (("", "en"), ("_zh", "zh")):
        yield (
            f"design{suffix}",
            "\n".join(f"{n[lang]}{t}" for f, n in _DESIGN.items() if (t := held.get(f, {}).get(lang))),
        )
    yield from _bilingual("eligibility", {g: _criteria(held, g) for g in ("zh", "en")})
    yield from _bilingual("arms", {g: "\n\n".join(_arm_lines(arms, g)) for g in ("zh", "en")})
    for role in ("PRIMARY", "SECONDARY", "OTHER"):
        texts = {
            g: "\n\n".join(_outcome(e, g) for e in _endpoints(outcomes, g) if e.role == role) for g in ("zh", "en")
        }
        yield from _bilingual(f"{role.lower()}_outcomes", texts)


def _bilingual(name: str, texts: dict[str, str]) -> Iterator[tuple[str, str | None]]:
    yield name, texts.get("en") or texts.get("zh")
    if texts.get("en") and texts.get("zh") and texts["en"] != texts["zh"]:
        yield f"{name}_zh", texts["zh"]


def _criteria(held: dict[str, dict[str, str]], lang: str) -> str:
    heads = {"inclusion": ("纳入标准：", "Inclusion Criteria:"), "exclusion": ("排除标准：", "Exclusion Criteria:")}
    parts = [f"{h[lang == 'en']}\n{t}" for f, h in heads.items() if (t := held.get(f, {}).get(lang))]
    return "\n\n".join(parts)


def _arm_lines(arms: list[page.Table], lang: str) -> Iterator[str]:
    for a in arms:
        size = _one(a, "size")
        words = [a.get("group", {}).get(lang), a.get("intervention", {}).get(lang)]
        if any(words):
            count = [f"n = {size}" if lang == "en" else f"样本量：{size}"] if size else []
            yield "\n".join([*(block(w) for w in words if w), *count])


def _outcome(e: PlannedEndpoint, lang: str) -> str:
    """The item as it is stored: measure, method, time point, each on lines of its own."""
    label = "Time frame: " if lang == "en" else "测量时间点："
    time = f"{label}{line(e.time_frame)}" if e.time_frame else ""
    return "\n".join(filter(None, (block(e.measure), block(e.description or ""), time)))


def _extra(held: dict[str, dict[str, str]], arms: list[page.Table], outcomes: list[page.Table]) -> dict[str, Any]:
    single = ("acronym", "registered_as", "second_sponsor", "funding", "phase", "study_type", "design", "randomisation",
              "blinding", "recruiting", "results_public", "ipd", "condition_code", "status")  # fmt: skip
    kept = {f: dict(held[f]) for f in single if held.get(f)}
    return {**kept, **({"arms": arms} if arms else {}), **({"outcomes": outcomes} if outcomes else {})}


def _rows(soup: BeautifulSoup) -> Iterator[Document]:
    """The hits of a list, each as far as its row tells."""
    for row in soup.select("table.table1 tr"):
        columns, link = row.find_all("td"), row.select_one("a.tit1")
        number = ids.normal(page.words(columns[1])) if len(columns) >= 5 else None
        if number is None or link is None:
            continue
        title = str(link.get("title") or page.words(link)).strip()
        who = columns[2].find("p")
        first = page.words(columns[4]).replace("/", "-")
        trial = Trial(
            number, study_type=say.study_type([page.words(columns[3])]), first_post_date=say.day(first),
            sponsor=page.words(who) if who else None, extra={"row_only": True},
        )  # fmt: skip
        yield document(
            trial, str(row).encode(), title, [("title", title)], SITE + str(link.get("href", "")).lstrip("./")
        )
