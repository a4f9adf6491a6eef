"""Linking: what a record says about other records, each statement with the words that make it.

    same_trial   a trial names its number in another registry          alias        a registry replaced an id of its own
    reports      a paper gives the number of the trial it reports      protocol     a paper describes a trial's plan
    reported_in  a registry names the paper with the trial's results   preprint_of  a preprint and its paper
    same_work    two records of one paper, by their DOI (see works.py)
    mentions, related, cites, retracted_by, corrected_by, updated_by   these merge nothing

A number in a review, a comment, a background sentence or beside "ongoing" is a mention. Names and titles link nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import ids
from .records import Document, Json, Link, Section
from .text import sentences
from .works import SAME_WORK

MERGING = ("same_trial", "alias", "reports", "protocol", "reported_in", "preprint_of", SAME_WORK)
_NOTICES = {
    "RetractionIn": "retracted_by", "RetractedandRepublishedIn": "retracted_by", "PartialRetractionIn": "retracted_by",
    "ExpressionOfConcernIn": "doubted_by", "ErratumIn": "corrected_by", "CorrectedandRepublishedIn": "corrected_by",
    "UpdateIn": "updated_by", "UpdateOf": "updates", "RetractionOf": "retracts", "ErratumFor": "corrects",
    "PreprintIn": "preprint_of", "PreprintOf": "preprint_of",
}  # fmt: skip
_NO_REPORT = re.compile(
    r"Review|Meta-Analysis|Comment\b|Editorial|News|Retraction of|Erratum|Corrigendum|Guideline|Interview|Lecture", re.I
)
_PROTOCOL_TYPE = re.compile(r"Clinical Trial Protocol|Study Protocol", re.I)
_PROTOCOL_TITLE = re.compile(r"\b(?:study|trial) protocol\b|protocol (?:for|of) an?\b|研究方案|试验方案", re.I)
_OWN = re.compile(
    r"regist(?:ered|ration|ry|er)|identifier|clinical ?trials? ?\.?gov|chictr\.org|trial (?:number|no\b|id\b)|eudract"
    r"|\b(?:this|our|the present|the current)\b[^.;]{0,60}\b(?:trial|study)\b|注册|登记|试验编号|本研究|本试验",
    re.I,
)
_OTHER = re.compile(
    r"\bongoing\b|under ?way|\bfuture\b|\bprevious(?:ly)?\b|\bprior (?:study|trial)|\bearlier (?:study|trial)|\bplanned\b"
    r"|\be\.g\.|such as|\bother (?:trials|studies)|\bcompared? (?:with|to) (?:the )?\w+ (?:trial|study)"
    r"|will be|正在进行|既往|以往|此前|计划|例如|其他",
    re.I,
)
_CUE_SECTION = re.compile(r"REGIST|TRIAL NUMBER|IDENTIFIER|FUNDING|注册|登记", re.I)
_BACKGROUND = re.compile(r"BACKGROUND|INTRODUCTION|CONTEXT|RATIONALE|DISCUSSION|背景|CONCLUSION|结论", re.I)
_PRINTED = re.compile(r"(?<!\d)((?:19|20)\d\d)(?= (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|\s?;)")
_PREPRINT = re.compile(r"\b10\.\d{4,9}/[^\s;,]+")  # preprints have no PMID in a notice, a DOI at best
_BRACKETED = re.compile(r"[(\[（【][^)\]）】]{0,80}\Z")


def links(document: Document) -> Iterator[Link]:
    """What a document states about other records, once each; the strongest evidence of a pair comes first.

    >>> d = Document("PMID:1", "article", "pubmed", (Section("abstract", "Registered as NCT03874897."),), b"")
    >>> [(k.relation, k.target, k.rule) for k in links(d)]
    [('reports', 'NCT03874897', 'registration in text')]
    """
    seen: set[tuple[str, str]] = set()
    for link in _all(document):
        pair = (link.target, "merge" if link.relation in MERGING else link.relation)
        merged = (link.target, "merge") in seen
        if link.target != document.id and pair not in seen and not (merged and link.relation == "mentions"):
            seen.add(pair)
            yield link


def _all(document: Document) -> Iterator[Link]:
    if document.trial:
        yield from _of_trial(document)
    else:
        yield from _of_paper(document)


def _of_trial(document: Document) -> Iterator[Link]:
    trial = document.trial
    assert trial
    home = ids.registry(document.id)
    for alias in trial.aliases:
        if found := ids.normal(alias):
            yield _link(document, found, "alias", "alias of the registry", alias)
    for words in trial.secondary_ids:
        for found_id in ids.find(words):
            other = found_id.registry != home and ids.key(found_id.id) != ids.key(document.id)
            rule = "secondary id" if other else "secondary id in the same registry"
            yield _link(document, found_id.id, "same_trial" if other else "related", rule, words)
    for reference in trial.references:
        yield from _reference(document, reference)
    for section in document.sections:
        if section.name.split(":")[0] in ("title", "official_title", "summary", "description", "arms", "eligibility"):
            for i in ids.find(section.text):
                yield Link(document.id, i.id, "mentions", section.name, i.start, i.end, "id in text")


def _reference(document: Document, reference: Json) -> Iterator[Link]:
    """A paper that a registry lists: its results, or background; DERIVED ones are found by the registry itself.

    Sponsors file older papers under RESULT too: what was printed before the trial began is no report of it.
    """
    pmid = str(reference.get("pmid") or "")
    if not pmid.isdigit():
        return
    kind = str(reference.get("type") or "BACKGROUND")
    relation = {"RESULT": "reported_in", "DERIVED": "named_in"}.get(kind, "cites")
    rule = f"reference of the registry: {kind}"
    printed = _PRINTED.search(str(reference.get("citation") or ""))
    began = (document.trial.start_date or "")[:4] if document.trial else ""
    if relation == "reported_in" and printed and began.isdigit() and int(printed[1]) < int(began):
        relation, rule = "cites", f"{rule}, but printed in {printed[1]}, before the trial began"
    yield Link(document.id, f"PMID:{int(pmid)}", relation, rule=rule)


def _of_paper(document: Document) -> Iterator[Link]:
    article = document.article
    types = "; ".join(article.publication_types) if article else ""
    silent = document.kind != "article" or bool(_NO_REPORT.search(types))
    planned = bool(_PROTOCOL_TYPE.search(types) or _PROTOCOL_TITLE.search(document.title or ""))
    own = "mentions" if silent else "protocol" if planned else "reports"
    for registry_id in article.registry_ids if article else ():
        if found := ids.normal(registry_id):
            rule = "registry number of the record" if not silent else "registry number of a review or comment"
            yield _link(document, found, own, rule, registry_id)
    for section in document.sections:
        if section.name not in ("references", "registry_ids"):
            yield from _in_text(document, section, own)
    for notice in article.notices if article else ():
        relation, rule = _NOTICES.get(str(notice["type"]), "notice"), f"notice of the record: {notice['type']}"
        if pmid := notice.get("pmid"):
            yield Link(document.id, f"PMID:{pmid}", relation, rule=rule)
        elif relation == "preprint_of" and (printed := _PREPRINT.search(str(notice.get("source") or ""))):
            yield Link(document.id, f"DOI:{printed[0].lower().rstrip('.,;')}", relation, rule=rule)


def _in_text(document: Document, section: Section, own: str) -> Iterator[Link]:
    found = list(ids.find(section.text))
    if not found:
        return
    spans = list(sentences(section.text))
    for i in found:
        start, end = next(((a, b) for a, b in spans if a <= i.start < b), (0, len(section.text)))
        is_own = own != "mentions" and _is_own(section, i, start, end)
        rule = "registration in text" if is_own else "id in text"
        yield Link(document.id, i.id, own if is_own else "mentions", section.name, i.start, i.end, rule)


def _is_own(section: Section, i: ids.RegistryId, start: int, end: int) -> bool:
    """Whether the words around a number say that it is this study's own."""
    if section.name == "title":
        return True
    label = section.name.partition(":")[2]
    if not section.name.startswith(("abstract", "plain_summary")):
        return False
    if _CUE_SECTION.search(label):
        return True
    before, sentence = section.text[start : i.start], section.text[start:end]
    if _OTHER.search(sentence):
        return False
    named = bool(_OWN.search(sentence) or _OWN.search(section.text[max(0, i.start - 60) : i.start]))
    if _BACKGROUND.search(label) and not re.search(r"regist|identifier|clinical ?trials?\.gov|注册", sentence, re.I):
        return False
    return named or bool(_BRACKETED.search(before))


def _link(document: Document, target: str, relation: str, rule: str, words: str) -> Link:
    """A link from a structured field, with its place in the section where the field stands, if any."""
    for section in document.sections:
        if section.name in ("registry_ids", "secondary_ids", "citation", "body"):
            at = section.text.find(words)
            if at >= 0:
                return Link(document.id, target, relation, section.name, at, at + len(words), rule)
    return Link(document.id, target, relation, rule=f"{rule}: {words}")
