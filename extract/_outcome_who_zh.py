"""A group that a Chinese text names, and what its label says: a disease only, a dose of several."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DISEASE = re.compile(
    r"(?:晚期|复发|难治|转移|局部|或|/|性|和|儿童|成人|年轻|青年|老年|青少年|中国|既往经治|不可切除|至少|经|治|[rR]|R/R|的)*"
    r"(?:[A-Za-z.+/-]{2,8}|[一-鿿A-Za-z0-9]{0,14}?(?:瘤|癌|血病|病))"
)


@dataclass(frozen=True, slots=True)
class Group:
    """A named arm or population: its label as printed and where; `compared` after 与, 较, 高于 ..."""

    label: str
    start: int
    end: int
    people: bool = False
    compared: bool = False
    inferred: bool = False
    sized: bool = False  # "12例胃癌患者"


def patients(g: Group | None) -> str | None:
    """The population that a group names, without the word for patients; None for an arm."""
    return re.sub(r"(?:患者|受试者|人群|病人|患儿|病例)\Z", "", g.label) if g and g.people else None


_STATE_NAME = re.compile(r"s?n?CRi?|V?G?PR|SD|PD|MRD")


def only_disease(label: str) -> bool:
    """Whether a population's label names nothing but a disease.

    >>> only_disease("晚期胃癌患者"), only_disease("CLDN18.2高表达患者")
    (True, False)
    """
    if _STATE_NAME.fullmatch(label):
        return False
    return bool(_DISEASE.fullmatch(re.sub(r"(?:患者|受试者|人群|病人|患儿|病例|者)\Z", "", label)))


_N = r"\d+(?:\.\d+)?\s?×\s?10\^?\d{1,2}"
_UNIT = r"(?:\s?(?:个|CAR-?T|细胞|cells?|/\s?kg|\s|\+)){0,6}"
_DOSES = re.compile(rf"(?P<list>{_N}{_UNIT}(?:\s?(?:、|和|及|与|,)\s?{_N}{_UNIT}){{1,4}})(?:[两二三四2-4]个)?\Z")
_BEHIND = re.compile(rf"\s?\((?P<list>{_N}{_UNIT}(?:\s?(?:、|和|及|与|,)\s?{_N}{_UNIT}){{1,4}})\)")


def dosed(text: str, m: re.Match[str], start: int) -> list[Group]:
    """The dose groups of a list in front of the word or in its bracket: 1×10^6、3×10^6和1×10^7 CAR-T细胞/kg三个剂量组.

    >>> t = "1×10^6和3×10^6/kg两个剂量组"
    >>> [g.label for g in dosed(t, re.compile("剂量组").search(t), 0)]
    ['1×10^6', '3×10^6/kg']
    """
    found = _DOSES.search(text, max(start, m.start() - 120), m.start()) or _BEHIND.match(text, m.end())
    if not found:
        return []
    a = found.start("list")
    return [
        Group(x[0].strip(), a + x.start(), a + x.start() + len(x[0].strip()))
        for x in re.compile(rf"{_N}(?:\s?个?/\s?kg)?").finditer(found["list"])
    ]
