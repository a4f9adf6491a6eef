"""A benchmark's question: endpoint, filters and how to pool, read from a person's words and checked.

Endpoints are of three sorts: shares of patients (pooled), times (medians, listed and never pooled), and others
(listed). An unknown word is answered with the nearest known ones; contradictory filters are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import click

from trialkb.errors import BadInput
from trialkb.terms import descendants, mentions, terms

from . import _lines

TIMES = ("PFS", "OS", "DOR", "TTR", "TTP", "EFS", "DFS", "RFS", "FOLLOW_UP")
OTHERS = ("MTD", "RP2D", "CMAX", "PERSISTENCE", "BOR")
SAFETY = (
    "CRS", "ICANS", "NEUROTOXICITY", "IEC_HS", "DLT", "AE", "TEAE", "TRAE", "SAE", "TREATMENT_RELATED_DEATH", "GVHD",
    "NEUTROPENIA", "LYMPHOPENIA", "THROMBOCYTOPENIA", "ANAEMIA", "ICAHT", "INFECTION", "GI_TOX", "HEMATOLOGIC_TOX",
)  # fmt: skip
_STORED = {"CR_CRI": ("CR_CRI", "CRi"), "SCR": ("SCR", "sCR"), "ANAEMIA": ("ANAEMIA", "ANEMIA"),
           "TREATMENT_RELATED_DEATH": ("TREATMENT_RELATED_DEATH", "TRM")}  # fmt: skip
ALL = ("all", "全部", "所有")
WHY_NOT = {
    "time": "is a time: medians are listed, never pooled",
    "other": "is no share of patients: its values are listed, never pooled",
}
OPTIONS: tuple[click.Parameter, ...] = (
    click.Option(["--endpoint", "-e"], default="ORR", show_default=True, 
                 help="ORR, DCR, PFS, OS, CRS>=3, DLT, 客观缓解率 ...; all: a table of every endpoint, not pooled."),
    click.Option(["--grade"], help="Of a safety endpoint: any (the default), >=3, 1-2 ..."),
    click.Option(["--target"], multiple=True, help="CLDN18.2, CD19 ... (any name the lexicon knows)."),
    click.Option(["--modality"], multiple=True, help="CAR-T, TCR-T, NK ..."),
    click.Option(["--indication"], multiple=True, help="gastric_cancer, 胃癌, dlbcl ... (with all below it)."),
    click.Option(["--phase"], multiple=True, help="early1, 1, 1/2, 2, 3, 4."),
    click.Option(["--line"], help="By the earliest line a study takes: first, second, third, refractory; 二线, >=3."),
    click.Option(["--since"], help="Reported in this year or later."),
    click.Option(["--until"], help="Reported in this year or earlier."),
    click.Option(["--per"], type=click.Choice(["study", "arm", "dose", "population"]), default="study", show_default=True,
                 help="What a row is."),
    click.Option(["--by"], type=click.Choice(["phase", "line", "target", "dose"]), help="Subgroups, each pooled."),
    click.Option(["--method"], type=click.Choice(["GLMM", "REML", "REML-HK", "DL", "PM", "FT"], case_sensitive=False),
                 default="GLMM", show_default=True, help="How to pool; FT (Freeman-Tukey) only for comparison."),
    click.Option(["--derived"], is_flag=True,
                 help="Pool also counts computed from a printed percentage and n, or summed of printed counts."),
    click.Option(["--min-confidence"], type=click.FloatRange(0, 1), default=0.8, show_default=True,
                 help="Pool nothing that was read with less."),
    click.Option(["--include-all"], is_flag=True, help="Pool every cut, although patients are then counted twice."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """A question in the lexicon's ids; a grade is (low, high), high None: and above; None: any grade."""

    endpoint: str
    sort: str  # share | time | other
    grade: tuple[int, int | None] | None = None
    target: tuple[str, ...] = ()
    modality: tuple[str, ...] = ()
    indication: tuple[str, ...] = ()
    phase: tuple[str, ...] = ()
    line: str | None = None
    since: str | None = None
    until: str | None = None
    per: str = "study"
    by: str | None = None
    method: str = "GLMM"
    derived: bool = False
    min_confidence: float = 0.8
    include_all: bool = False

    @property
    def stored(self) -> tuple[str, ...]:
        """The endpoint's ids as outcome rows may spell them."""
        return _STORED.get(self.endpoint, (self.endpoint,))

    @property
    def safety(self) -> bool:
        return self.endpoint in SAFETY

    @property
    def name(self) -> str:
        """The endpoint with its grade.

        >>> Request("CRS", "share", (3, None)).name
        'CRS grade >=3'
        """
        if self.grade is None:
            return self.endpoint
        low, high = self.grade
        return f"{self.endpoint} grade " + (
            f">={low}" if high is None else str(low) if low == high else f"{low}-{high}"
        )

    def wanted(self, kind: str) -> frozenset[str]:
        """The ids asked for, with all below them."""
        return frozenset(d for i in getattr(self, kind) for d in descendants(kind, i))

    def words(self) -> str:
        """The question in one line."""
        parts = [self.name, *self.target, *self.modality, *self.indication, *self.phase]
        parts += [f"line {self.line}"] if self.line else []
        parts += [f"since {self.since}"] if self.since else []
        parts += [f"until {self.until}"] if self.until else []
        return ", ".join(parts)


def read(options: Mapping[str, Any]) -> Request:
    """The question that options make. Raises BadInput for words nobody knows and for contradictory filters."""
    endpoint, grade = _endpoint(options["endpoint"])
    if options.get("grade"):
        if grade is not None:
            raise BadInput(f"--endpoint {options['endpoint']!r} names a grade already; leave out --grade")
        grade = _grade(options["grade"])
    sort = "time" if endpoint in TIMES else "other" if endpoint in OTHERS else "share"
    request = Request(
        endpoint,
        sort,
        grade,
        _ids("target", options),
        _ids("modality", options),
        _ids("indication", options),
        tuple(dict.fromkeys(p for v in options.get("phase") or () for p in _phases(v))),
        options.get("line"),
        _year("since", options.get("since")),
        _year("until", options.get("until")),
        options.get("per") or "study",
        options.get("by"),
        (options.get("method") or "GLMM").upper(),
        bool(options.get("derived")),
        options.get("min_confidence", 0.8),
        bool(options.get("include_all")),
    )
    _agree(request)
    return request


def _ids(kind: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(known(kind, v) for v in options.get(kind) or ()))


def _agree(r: Request) -> None:
    """Raises BadInput where filters exclude each other."""
    if r.since and r.until and r.since > r.until:
        raise BadInput(f"--since {r.since} and --until {r.until} exclude each other: no year is both")
    if r.grade and not r.safety:
        raise BadInput(f"--grade is for safety endpoints; {r.endpoint} has no grades")
    if r.line:
        _lines.asked(r.line)
    if r.by == "dose" and r.per not in ("study", "dose"):
        raise BadInput(f"--by dose makes a row a dose level; it cannot stand beside --per {r.per}")


def known(kind: str, words: str) -> str:
    """The lexicon id that a person's words name. Raises BadInput with the nearest ones.

    >>> known("target", "claudin 18.2"), known("indication", "胃癌")
    ('CLDN18.2', 'gastric_cancer')
    """
    held = [t for t in terms() if t.kind == kind]
    names = {t.id.lower(): t.id for t in held}
    if words.lower() in names:
        return names[words.lower()]
    found = next(
        (m for m in mentions(words.replace("_", " "), frozenset({kind})) if m.words == words.replace("_", " ")), None
    )
    if found:
        return found.id
    spelt = {s.lower().rstrip("?"): t.id for t in held for s in (t.id, t.preferred, *t.en, *t.zh)}
    near = dict.fromkeys(spelt[n] for n in get_close_matches(words.lower(), spelt, n=5, cutoff=0.5))
    held_all = f"none; there are: {', '.join(t.id for t in held)}, or all" if kind == "endpoint" else "none"
    raise BadInput(f"--{kind} {words!r} is not known; nearest: {', '.join(list(near)[:3]) or held_all}")


def _endpoint(words: str) -> tuple[str, tuple[int, int | None] | None]:
    """An endpoint and the grade that its words name: CRS>=3."""
    if words.strip().lower() in ALL:
        raise BadInput("--endpoint all is a table of 'trialkb bench' alone; name one endpoint, such as ORR")
    m = re.fullmatch(r"\s*(.+?)\s*(?:grade\s*)?((?:>=|≥)\s*\d|\d\s*-\s*\d|\d\+)\s*", words)
    if m and m[1].upper() in SAFETY:
        return m[1].upper(), _grade(m[2])
    if words.upper() in (*TIMES, *OTHERS, *SAFETY):
        return words.upper(), None
    medians = {"MPFS": "PFS", "MOS": "OS", "MDOR": "DOR", "TRM": "TREATMENT_RELATED_DEATH", "CRI": "CR_CRI"}
    if words.upper() in medians:
        return medians[words.upper()], None
    return known("endpoint", words), None


def _grade(words: str) -> tuple[int, int | None] | None:
    """any, >=3, 3+, 1-2, 4."""
    bare = words.replace("≥", ">=").replace(" ", "").lower()
    if bare in ("any", "all"):
        return None
    if m := re.fullmatch(r">=([1-5])|([1-5])\+", bare):
        return int(m[1] or m[2]), None
    if (m := re.fullmatch(r"([1-5])(?:-([1-5]))?", bare)) and int(m[1]) <= int(m[2] or m[1]):
        return int(m[1]), int(m[2] or m[1])
    raise BadInput(f"--grade {words!r} is not known; expected any, >=3, 1-2 or one grade from 1 to 5")


def _phases(words: str) -> list[str]:
    roman = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
    bare = re.sub(r"phase|期|[_ ]", "", words.lower())
    if bare in ("early1", "0", "earlyi"):
        return ["EARLY_PHASE1"]
    found = [f"PHASE{roman.get(p, p)}" for p in re.split(r"[/|,&-]", bare) if p]
    if not found or any(f not in ("PHASE1", "PHASE2", "PHASE3", "PHASE4") for f in found):
        raise BadInput(f"--phase {words!r} is not known; expected early1, 1, 1/2, 2, 2/3, 3 or 4")
    return found


def _year(name: str, words: str | None) -> str | None:
    if words is None:
        return None
    if re.fullmatch(r"(19|20)\d{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", words):
        return words[:4]
    raise BadInput(f"--{name} {words!r} is no year; expected 2023")
