"""Five documents a researcher has: what a careful reader finds in them, and what of it the program found.

    python bench/seeds.py [--missed]

The facts (`tests/data/seeds_facts.tsv`) were listed by hand before any parser existed. *found*: the program has the
fact; *missed*: it has none of the kind; *wrong*: it has another value in its place. *extra* counts rows, references,
marks, headings, endpoints and thresholds that the program has and the reader has not.
"""

from __future__ import annotations

import csv
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialkb import pipeline, reading
from trialkb.records import Article, Document, Finding, Outcome, Trial

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))
FACTS = Path(__file__).parent.parent / "tests/data/seeds_facts.tsv"
SETS = {"endpoint", "condition", "intervention", "threshold", "author", "heading", "caption", "row", "mention", "mark",
        "keyword", "related", "abstract_part", "abstract_zh_part", "design", "reference"}  # fmt: skip
ANALYTES = {"HGB": "hemoglobin", "WBC": "wbc", "ANC": "anc", "PLT": "platelets", "INR": "inr", "APTT": "aptt", "age": "age",
            "ECOG": "ecog", "life expectancy": "life_expectancy", "Child-Pugh": "child_pugh", "CKD": "ckd_stage"}  # fmt: skip


@dataclass
class Read:
    """A document and what the extract parts found in it."""

    document: Document
    items: list[Finding | Outcome]

    @property
    def trial(self) -> Trial:
        return self.document.trial or Trial("")

    @property
    def article(self) -> Article:
        return self.document.article or Article("")

    def text(self, name: str) -> str:
        section = self.document.section(name)
        return section.text if section else ""

    def values(self, field: str) -> list[str]:
        return [f.value for f in self.items if isinstance(f, Finding) and f.field == field]

    def outcomes(self) -> list[Outcome]:
        return [o for o in self.items if isinstance(o, Outcome)]


def read(path: Path) -> Read:
    data = path.read_bytes()
    module, _ = reading.detect(data[: reading.HEAD], path.name)
    [document] = module.parse(data, name=path.name)
    return Read(document, pipeline.read_document(document))


def _thresholds(r: Read) -> list[list[str]]:
    out = []
    for f in r.items:
        if isinstance(f, Finding) and f.field == "eligibility.threshold" and f.detail:
            d = f.detail
            out.append([d["kind"], d["analyte"], d["comparator"], str(d["value"]), str(d.get("unit") or "")])
    return out


UNITS = {"month": "mo", "years": "a", "": ""}
ROMAN = {"III": "3"}


def _threshold(value: list[str]) -> list[str]:
    kind, analyte, *rest = value
    if rest == ["0-3"]:
        rest = ["<=", "3"]  # 0 is the scale's own floor
    number = ROMAN.get(rest[1], rest[1])
    number = f"{float(number):g}" if re.fullmatch(r"[\d.]+", number) else number
    unit = rest[2] if len(rest) > 2 else ""
    return [kind, ANALYTES[analyte], rest[0], number, UNITS.get(unit, unit)]


def _criteria(r: Read) -> dict[str, list[tuple[bool, str]]]:
    """Criteria by kind: whether each is an item of its own number (not one below another), and its words."""
    text = r.text("eligibility")
    out: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for f in r.items:
        if isinstance(f, Finding) and f.field == "eligibility.criterion":
            out[f.value].append((bool(re.search(r"\d\.\s*\Z", text[: f.start])), text[f.start : f.end]))
    return out


def _numbered(r: Read, kind: str) -> list[str]:
    return [words for own, words in _criteria(r)[kind] if own]


def _pairs(r: Read) -> Iterator[tuple[str, str]]:
    english, chinese = r.text("abstract"), r.text("abstract_zh")
    for a, b, c, d in r.article.extra.get("aligned", []):
        yield english[a:b], chinese[c:d]


def _parts(r: Read, name: str, spans: int) -> list[list[str]]:
    pairs = r.article.extra.get("aligned", [])
    inside = lambda s, e: sum(s <= p[spans] and p[spans + 1] <= e for p in pairs)  # noqa: E731
    return [[label, str(inside(s, e))] for label, s, e in r.article.extra.get("parts", {}).get(name, [])]


def _outcomes(r: Read) -> list[list[str]]:
    out = []
    for o in r.outcomes():
        if o.background:
            continue
        unit = {"%": " %", "mo": " mo", "{participants}": " patients"}.get(o.unit or "", "")
        digits = r.text(o.evidence.section)[slice(*o.evidence.value_span)]
        number = re.search(r"\d+(?:\.\d+)?", digits)
        out.append([o.study or "", o.endpoint, f"{number[0] if number else digits}{unit}"])
        if o.denominator:
            out.append([o.study or "", "n", str(o.denominator)])
    return out


def _mentions(r: Read) -> list[list[str]]:
    return [[f.value, *(str(x) for x in (f.detail or {}).get("names", []))] for f in r.items
            if isinstance(f, Finding) and f.field == "cited_trial" and f.section == "body"]  # fmt: skip


def _none(values: list[Any] | Any | None) -> list[str]:
    return ["none" if not values else str(values)]


def _refs(r: Read) -> list[list[str]]:
    return [[str(x.number), x.authors[0] if x.authors else "", str(x.year), x.journal or "", x.volume or "", x.pages or "",
             x.title or ""] for x in r.article.references]  # fmt: skip


# what -> the values the program has of it, in the form of the list
HELD: dict[str, Callable[[Read], list[list[str]]]] = {
    "kind": lambda r: [[r.document.kind]],
    "title": lambda r: [_none(r.document.title)],
    "registry_id": lambda r: [_none([] if r.document.id.startswith(("text:", "DOI:")) else r.document.id)],
    "pmid": lambda r: [_none(r.article.pmid)],
    "phase": lambda r: [_none([*r.trial.phases, *r.values("phase")])],
    "condition": lambda r: [[c] for c in r.trial.conditions],
    "conditions": lambda r: [[str(len(r.trial.conditions))]],
    "intervention": lambda r: [[i.type or "", i.name] for i in r.trial.interventions],
    "endpoint": lambda r: [[e.role, e.measure, e.time_frame or ""] for e in r.trial.endpoints],
    "design": lambda r: [[v.replace("_", " ")] for v in r.values("design") if v in ("randomized", "dose_escalation")],
    "masking": lambda r: [["DOUBLE"] for v in r.values("design") if v == "double_blind"],
    "indication": lambda r: [[v] for v in r.values("indication")],
    "product": lambda r: [[v] for v in r.values("modality")],
    "modality": lambda r: [[{"gd-T": "γδT"}.get(v, v)] for v in r.values("modality")],
    "target": lambda r: [[v.split(" ")[0]] for v in r.values("target")],
    "dose_escalation": lambda r: [["3+3"] for v in r.values("design") if v == "three_plus_three"],
    "planned_n": lambda r: [[v] for v in r.values("design.planned_n")],
    "dose_groups": lambda r: [[v] for v in r.values("design.dose_groups")],
    "inclusion_items": lambda r: [[str(len(_numbered(r, "inclusion")))]],
    "exclusion_items": lambda r: [[str(len(_numbered(r, "exclusion")))]],
    "exclusion_subitems": lambda r: [[str(len(_criteria(r)["exclusion"]) - len(_numbered(r, "exclusion")))]],
    "threshold": _thresholds,
    "author": lambda r: [[a] for a in r.article.authors],
    "keyword": lambda r: [[k] for k in r.article.keywords],
    "abstract_part": lambda r: _parts(r, "abstract", 0),
    "abstract_zh_part": lambda r: _parts(r, "abstract_zh", 2),
    "aligned_pairs": lambda r: [[str(len(r.article.extra.get("aligned", [])))]],
    "related": lambda r: [[x["journal"], x["date"]] for x in r.article.extra.get("related", [])],
    "references": lambda r: [[str(len(r.article.references))]],
    "background": lambda r: [[o.endpoint, r.text(o.evidence.section)[slice(*o.evidence.value_span)]] for o in r.outcomes()
                             if o.background],
    "own_outcomes": lambda r: [[str(sum(not o.background for o in r.outcomes()))]],
    "heading": lambda r: [[h["number"], h["words"]] for h in r.article.extra["headings"]],
    "caption": lambda r: [[c["label"], c["words"]] for c in r.article.extra["captions"]],
    "row": lambda r: [[x["target"], "/".join(x["phases"]), x["id"], x["sponsor"]] for x in r.article.extra["trials"]],
    "mark": lambda r: [[r.text("body")[c["start"] + 1 : c["end"] - 1].replace(" ", "")] for c in r.article.extra["citations"]],
    "reference": _refs,
    "reference_authors": lambda r: [[str(x.number), "; ".join(x.authors)] for x in r.article.references],
    "reported": _outcomes,
    "mention": _mentions,
    "doubt": lambda r: [[v] for v in r.values("doubt")],
    **{k: (lambda r, k=k: [[str(getattr(r.article, k))]])
       for k in ("journal", "year", "date", "volume", "issue", "pages", "doi")},
}  # fmt: skip
# facts that are not values of a kind, but something to look up
LOOK: dict[str, Callable[[Read, list[str]], bool]] = {
    "affiliation": lambda r, v: any(v[0] in a for a in r.article.affiliations),
    "section_holds": lambda r, v: v[1] in r.text(v[0]),
    "criterion": lambda r, v: v[1] in _numbered(r, v[0].split()[0])[int(v[0].split()[1]) - 1].replace("\n", " "),
    "pair": lambda r, v: any(v[0] in a and v[1] in b for a, b in _pairs(r)),
    "joined": lambda r, v: v[0] in r.text("body"),
    "furniture": lambda r, v: v[0] not in r.text("body") + r.text("references"),
}


def judge(r: Read, what: str, value: list[str]) -> str:
    """found, missed or wrong."""
    if what in LOOK:
        return "found" if LOOK[what](r, value) else "missed"
    held = HELD[what](r)
    wanted = _threshold(value) if what == "threshold" else value
    if what == "mention":
        names = next((h[1:] for h in held if h[0] == wanted[0]), None)
        return "missed" if not names else "found" if any(wanted[1] in n for n in names) else "wrong"
    if what == "reported":
        rivals = [h for h in held if h[:2] == wanted[:2]]
        return "found" if wanted in held else "wrong" if rivals else "missed"
    if what in ("reference", "reference_authors"):
        rivals = [h for h in held if h[0] == wanted[0]]
        return "found" if wanted in rivals else "wrong" if rivals else "missed"
    if wanted in held:
        return "found"
    return "missed" if what in SETS or not held or held == [["None"]] else "wrong"


def facts() -> dict[str, list[tuple[str, list[str]]]]:
    out: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
    with FACTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            out[row["document"]].append((row["what"], row["value"].split(" | ")))
    return out


def extra(r: Read, listed: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """What the program has of a listed kind and the reader has not."""
    out = []
    for what in SETS - {"design"}:
        wanted = [_threshold(v) if what == "threshold" else v for w, v in listed if w == what]
        if what in HELD and wanted and what != "mention":
            out += [(what, h) for h in HELD[what](r) if h not in wanted]
    return out


def main() -> None:
    whole: Counter[str] = Counter()
    print(f"{'document':10}{'facts':>7}{'found':>7}{'missed':>8}{'wrong':>7}{'extra':>7}")
    notes = []
    for document, listed in sorted(facts().items()):
        [path] = (SHARED / "data/seeds").glob(f"{document}_*")
        r = read(path)
        said = [(judge(r, what, value), what, value) for what, value in listed]
        more = extra(r, listed)
        counts = Counter(s for s, _, _ in said)
        whole += counts
        whole["extra"] += len(more)
        print(f"{document:10}{len(listed):7}{counts['found']:7}{counts['missed']:8}{counts['wrong']:7}{len(more):7}")
        notes += [f"{document} {s}: {w} {' | '.join(v)}" for s, w, v in said if s != "found"]
        notes += [f"{document} extra: {w} {' | '.join(map(str, v))}" for w, v in more]
        if document == "003":
            rows = [v for w, v in listed if w == "row"]
            held = HELD["row"](r)
            refs = [v for w, v in listed if w == "reference"]
            got = {x[0]: x for x in _refs(r)}
            notes += [
                f"003 rows right: {sum(a in held for a in rows)} of {len(rows)} (program has {len(held)})",
                f"003 references, year and first author right: {sum(got.get(v[0], [])[:3] == v[:3] for v in refs)}"
                f" of {len(refs)}, wholly right: {sum(got.get(v[0]) == v for v in refs)}",
            ]
    total = sum(whole.values()) - whole["extra"]
    print(f"{'all':10}{total:7}{whole['found']:7}{whole['missed']:8}{whole['wrong']:7}{whole['extra']:7}"
          f"   found {whole['found'] / total:.1%}")  # fmt: skip
    for note in notes:
        if "--missed" in sys.argv or " right:" in note:
            print(note)


if __name__ == "__main__":
    main()
