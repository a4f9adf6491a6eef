"""Reference files (RIS, MEDLINE .nbib, BibTeX): each entry as an article, with its abstract only where the file has one.

https://en.wikipedia.org/wiki/RIS_(file_format), https://www.nlm.nih.gov/bsd/mms/medlineelements.html. Traps: BibTeX
braces and TeX accents; .nbib goes on in lines of six blanks; RIS exports differ in T1/TI, JO/JF/T2, PY/Y1; people's
addresses (AD with an e-mail) lose the e-mail.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from hashlib import sha1

from trialkb import ids
from trialkb.errors import BadInput
from trialkb.records import Article, Document, Section
from trialkb.text import language

from ._ictrp_values import date as any_date
from ._tables import decode, head_text

PRIORITY = 7
Fields = Mapping[str, list[str]]
_RIS = re.compile(r"(?m)^TY  - \S+")
_RIS_LINE = re.compile(r"([A-Z][A-Z0-9])  -(?: (.*))?\Z")
_NBIB = re.compile(r"(?m)^PMID- \d+")
_NBIB_LINE = re.compile(r"([A-Z]{2,4}) *- (.*)\Z")
_BIB = re.compile(r"(?m)^\s*@\s*(?!comment|string|preamble)([a-zA-Z]+)\s*\{\s*([^,\s{}]*)\s*,")
_EMAIL = re.compile(r"\s*(?:Electronic address:\s*)?\S+@\S+\.\w+")
_ACCENT = re.compile(r"\{?\\([\"'`^~=.cvuHkr])\s*\{?\\?([A-Za-z])\}?\}?")
_MARKS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "c": "\u0327", "v": "\u030c",
          "u": "\u0306", "H": "\u030b", "=": "\u0304", ".": "\u0307", "k": "\u0328", "r": "\u030a"}  # fmt: skip
_LETTERS = {
    r"\ss": "ß",
    r"\ae": "æ",
    r"\o": "ø",
    r"\l": "ł",
    r"\aa": "å",
    r"\&": "&",
    r"\%": "%",
    r"\_": "_",
    r"\$": "$",
}
_RIS_NAMES = {
    "title": ("TI", "T1"), "authors": ("AU", "A1"), "journal": ("JF", "T2", "JO", "JA", "J2"), "year": ("PY", "Y1", "DA"),
    "volume": ("VL",), "issue": ("IS",), "first": ("SP",), "last": ("EP",), "doi": ("DO",), "abstract": ("AB", "N2"),
    "keywords": ("KW",), "pmid": ("AN", "PMID"), "type": ("TY",), "notes": ("N1", "C7", "M3"),
}  # fmt: skip
_NBIB_NAMES = {
    "title": ("TI",), "authors": ("AU",), "journal": ("JT", "TA"), "year": ("DP",), "volume": ("VI",), "issue": ("IP",),
    "first": ("PG",), "doi": ("LID", "AID"), "abstract": ("AB",), "keywords": ("OT",), "pmid": ("PMID",), "type": ("PT",),
    "affiliations": ("AD",), "registry": ("SI",), "mesh": ("MH",), "pmcid": ("PMC",),
}  # fmt: skip


def recognise(head: bytes, name: str) -> str | None:
    """Why a file holds references, or None."""
    text = (head_text(head) or "").lstrip("\ufeff")
    if _RIS.search(text[:2000]):
        return "RIS: lines like 'TY  - JOUR'"
    if _NBIB.search(text[:2000]):
        return "MEDLINE: lines like 'PMID- 1'"
    m = _BIB.search(text[:5000])
    return f"BibTeX: it has @{m[1]}{{{m[2]}," if m else None


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The articles of a reference file. Raises BadInput where it has none."""
    text = decode(data, name).lstrip("\ufeff")
    if _RIS.search(text):
        entries = [(raw, _named(f, _RIS_NAMES)) for raw, f in _tagged(text, _RIS_LINE, "TY", "ER")]
    elif _NBIB.search(text):
        entries = [(raw, _named(f, _NBIB_NAMES)) for raw, f in _tagged(text, _NBIB_LINE, "PMID", None)]
    else:
        entries = list(_bibtex(text))
    found = 0
    for raw, fields in entries:
        if document := _document(raw, fields):
            found += 1
            yield document
    if not found:
        raise BadInput(f"{name}: expected references in RIS, MEDLINE or BibTeX, found none with a title")


def _tagged(
    text: str, line: re.Pattern[str], first: str, last: str | None
) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Entries of tagged lines: each as printed, and its fields; a line without a tag goes on with the field above."""
    fields: dict[str, list[str]] = defaultdict(list)
    raw: list[str] = []
    tag = ""
    for words in text.split("\n"):
        m = line.match(words.rstrip())
        if m and m[1] == first and fields:
            yield "\n".join(raw), fields
            fields, raw = defaultdict(list), []
        if words.strip():
            raw.append(words)
        if m and m[1] == last:
            if fields:
                yield "\n".join(raw), fields
            fields, raw, tag = defaultdict(list), [], ""
        elif m:
            tag = m[1]
            fields[tag].append((m[2] or "").strip())
        elif words.strip() and tag and fields[tag]:
            fields[tag][-1] += " " + words.strip()
    if fields:
        yield "\n".join(raw), fields


def _named(fields: Fields, names: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Fields by what they mean; the first tag that is there counts."""
    out: dict[str, list[str]] = {}
    for name, tags in names.items():
        held = next((fields[t] for t in tags if t in fields and any(fields[t])), [])
        if held:
            out[name] = [v for v in held if v]
    if "LID" in fields or "AID" in fields:
        out["doi"] = [
            v.removesuffix("[doi]").strip() for t in ("LID", "AID") for v in fields.get(t, []) if v.endswith("[doi]")
        ]
    return out


def _bibtex(text: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    starts = [m.start() for m in _BIB.finditer(text)]
    for n, m in enumerate(_BIB.finditer(text)):
        end = starts[n + 1] if n + 1 < len(starts) else len(text)
        fields = {k: tex(v) for k, v in _pairs(text[m.end() : end])}
        out = {
            "title": [fields.get("title", "")], "journal": [fields.get("journal") or fields.get("booktitle", "")],
            "authors": [a.strip() for a in re.split(r"\s+and\s+", fields.get("author", "")) if a.strip()],
            "year": [fields.get("date") or fields.get("year", "")], "volume": [fields.get("volume", "")],
            "issue": [fields.get("number") or fields.get("issue", "")], "doi": [fields.get("doi", "")],
            "first": [re.sub(r"--+|–", "-", fields.get("pages", ""))], "abstract": [fields.get("abstract", "")],
            "pmid": [fields.get("pmid", "")], "keywords": [k.strip() for k in re.split(r"[;,]", fields.get("keywords", ""))],
            "type": [m[1].lower()],
        }  # fmt: skip
        yield text[m.start() : end].strip(), {k: [v for v in vs if v] for k, vs in out.items() if any(vs)}


def _pairs(body: str) -> Iterator[tuple[str, str]]:
    """name = {value}, "value" or a bare word; braces balance."""
    for m in re.finditer(r"([A-Za-z_-]+)\s*=\s*", body):
        if body.count("{", 0, m.start()) > body.count("}", 0, m.start()):
            continue
        at = m.end()
        mark = body[at : at + 1]
        if mark == "{":
            depth, end = 0, at
            for end in range(at, len(body)):
                depth += {"{": 1, "}": -1}.get(body[end], 0)
                if not depth:
                    break
            yield m[1].lower(), body[at + 1 : end]
        elif mark == '"':
            end = body.find('"', at + 1)
            yield m[1].lower(), body[at + 1 : end if end > 0 else len(body)]
        elif word := re.match(r"[\w.-]+", body[at:]):
            yield m[1].lower(), word[0]


def tex(value: str) -> str:
    r"""TeX accents as letters, braces left out.

    >>> tex(r"{CAR-T} in {G}\"otting{e}n by Garc{\'\i}a")
    'CAR-T in Göttingen by García'
    """
    words = _ACCENT.sub(lambda m: unicodedata.normalize("NFC", m[2] + _MARKS[m[1]]), value)
    for mark, letter in _LETTERS.items():
        words = words.replace(mark, letter)
    return " ".join(re.sub(r"[{}]|(?<!\\)~", lambda m: " " if m[0] == "~" else "", words).split())


def _document(raw: str, fields: Fields) -> Document | None:
    title = _one(fields, "title")
    if not title:
        return None
    pmid = next((v for v in fields.get("pmid", []) if re.fullmatch(r"\d{1,8}", v)), None)
    doi = (ids.doi(_one(fields, "doi")) or "").lower() or None
    id = (
        f"PMID:{pmid}"
        if pmid
        else f"DOI:{doi}"
        if doi
        else f"text:{sha1(raw.encode('utf-8', 'replace')).hexdigest()[:12]}"
    )
    first, last = _one(fields, "first"), _one(fields, "last")
    when = _one(fields, "year") or ""
    year = re.search(r"(?:19|20)\d\d", when)
    abstract = _one(fields, "abstract")
    registry = tuple(dict.fromkeys(i.id for v in fields.get("registry", []) for i in ids.find(v)))
    texts = {"title": title, "abstract": abstract, "keywords": "\n".join(fields.get("keywords", []))}
    if abstract and language(abstract) == "zh":
        texts["abstract_zh"], texts["abstract"] = abstract, None
    article = Article(
        id,
        pmid=pmid,
        pmcid=_one(fields, "pmcid"),
        doi=doi,
        authors=tuple(fields.get("authors", [])),
        affiliations=tuple(_EMAIL.sub("", a) for a in fields.get("affiliations", [])),
        journal=_one(fields, "journal"),
        date=any_date(re.sub(r"/+", "-", when).strip("-")) or (year[0] if year else None),
        year=int(year[0]) if year else None,
        volume=_one(fields, "volume"),
        issue=_one(fields, "issue"),
        pages=f"{first}-{last}" if first and last and last != first else first,
        publication_types=tuple(fields.get("type", [])),
        registry_ids=registry,
        mesh=tuple(fields.get("mesh", [])),
        keywords=tuple(fields.get("keywords", [])),
        retracted=any("Retracted Publication" in t for t in fields.get("type", [])),
    )
    sections = tuple(Section(n, t, language(t)) for n, t in texts.items() if t)
    return Document(
        id, "article", "references", sections, _EMAIL.sub("", raw).encode("utf-8", "replace"), title=title,
        language=language(title), url=f"https://doi.org/{doi}" if doi else None, article=article,
    )  # fmt: skip


def _one(fields: Fields, name: str) -> str | None:
    held = fields.get(name) or []
    return held[0].strip() or None if held else None
