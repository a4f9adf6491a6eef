"""The words of ChiCTR: what its labels of state, phase, design and sex mean, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Iterable

STATUS = {
    "尚未开始": "NOT_YET_RECRUITING", "not yet recruiting": "NOT_YET_RECRUITING", "正在进行": "RECRUITING",
    "recruiting": "RECRUITING", "暂停或中断": "SUSPENDED", "suspending": "SUSPENDED", "结束": "COMPLETED",
    "completed": "COMPLETED",
}  # fmt: skip
_MODEL = (
    ("单臂", None, "SINGLE_GROUP"), ("single arm", None, "SINGLE_GROUP"), ("非随机", "NON_RANDOMIZED", None),
    ("non randomized", "NON_RANDOMIZED", None), ("随机交叉", "RANDOMIZED", "CROSSOVER"),
    ("cross-over", None, "CROSSOVER"), ("随机平行", "RANDOMIZED", "PARALLEL"), ("parallel", None, "PARALLEL"),
    ("析因", None, "FACTORIAL"), ("factorial", None, "FACTORIAL"),
)  # fmt: skip
_ROMAN = {"I": "PHASE1", "Ⅰ": "PHASE1", "II": "PHASE2", "Ⅱ": "PHASE2", "III": "PHASE3", "Ⅲ": "PHASE3", "IV": "PHASE4",
          "Ⅳ": "PHASE4", "1": "PHASE1", "2": "PHASE2", "3": "PHASE3", "4": "PHASE4"}  # fmt: skip


def status(texts: Iterable[str]) -> str | None:
    """The state of recruitment that one of the texts names."""
    return next((STATUS[t.lower()] for t in texts if t.lower() in STATUS), None)


def study_type(texts: Iterable[str]) -> str | None:
    """INTERVENTIONAL, OBSERVATIONAL, or None for the registry's other kinds."""
    said = " ".join(texts).lower()
    if "干预" in said or "interventional" in said:
        return "INTERVENTIONAL"
    return "OBSERVATIONAL" if "观察" in said or "observational" in said else None


def phases_of(label: str) -> tuple[str, ...]:
    """Phases of a label in either language; an exploratory study (0) and N/A are none.

    >>> phases_of("I期+II期"), phases_of("1-2"), phases_of("Ⅱ期临床试验"), phases_of("0"), phases_of("N/A")
    (('PHASE1', 'PHASE2'), ('PHASE1', 'PHASE2'), ('PHASE2',), (), ())
    """
    if re.fullmatch(r"[1-4](?:\s*[-/+]\s*[1-4])?", label.strip()):
        return tuple(_ROMAN[c] for c in label if c in _ROMAN)
    return tuple(dict.fromkeys(_ROMAN[r] for r in re.findall(r"(IV|I{1,3}|[ⅠⅡⅢⅣ])\s*期", label)))


def design(texts: Iterable[str]) -> tuple[str | None, str | None]:
    """Allocation and model.

    >>> design(["随机平行对照", "Parallel"]), design(["Single arm"])
    (('RANDOMIZED', 'PARALLEL'), (None, 'SINGLE_GROUP'))
    """
    said = " ".join(texts).lower()
    found = [(a, m) for words, a, m in _MODEL if words in said]
    return next((a for a, _ in found if a), None), next((m for _, m in found if m), None)


def masking(texts: Iterable[str]) -> str | None:
    """DOUBLE or NONE where it is plainly said."""
    said = " ".join(texts).lower()
    if re.search(r"双盲|double.?blind", said):
        return "DOUBLE"
    return "NONE" if re.search(r"开放|非盲|open.?label", said) else None


def sex(said: str | None) -> str | None:
    """ALL, MALE, FEMALE or None."""
    return {"both": "ALL", "男女均可": "ALL", "male": "MALE", "男性": "MALE", "female": "FEMALE", "女性": "FEMALE"}.get(
        (said or "").lower()
    )


def day(text: str | None, last: bool = False) -> str | None:
    """The first day of a text, or the last where there are two.

    >>> day("从 2024-06-01 00:00:00 至 2029-10-01"), day("2024-05-28 08:56:14", last=True)
    ('2024-06-01', None)
    """
    days = re.findall(r"\d{4}-\d\d-\d\d", text or "", re.A)
    return None if not days or (last and len(days) < 2) else days[-1 if last else 0]
