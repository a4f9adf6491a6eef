"""Words for what was not reached ("not yet reached", NE, 尚未达到), and which of them are of no median."""

from __future__ import annotations

import re

from ._hints import hinted

_I = re.I | re.A
STATE = hinted(
    r"(?:has |had |was |were |is |are |have |been )*(?:not (?:yet )?(?:been |be )?(?:reached|attained|achieved|"
    r"met|mature|estimable|evaluable|"
    r"identified|established|determined|calculable)|(?:un|not )reached\b|yet to be reached|"
    r"could not be (?:estimated|calculated|determined))"
    r"|(?<![A-Za-z])(?:NR|NYR|NE)(?![A-Za-z/])|(?:均|仍|也)?(?:尚未|未|仍未|暂未|还未)(?:达到|达|到)|"
    r"(?:无法估计|不可估计|不可评估)",
    _I,
)

UPPER = re.compile(
    r"(?:\b(?:CI\b|interval)[^;]{0,24}|[(\[]\s?(?:range[:,]?\s)?)\d[\d.]*\s?(?:-|to|,)\s?(?:not (?:evaluable|estimable|"
    r"reached)\s?[(\[]\s?)?\Z", re.I
)
RULE = re.compile(r"\b(?:criteri\w+|significance|threshold|boundar\w+|requirements?|"
    r"target)\b[^.;]*\Z", _I)  # not met: no value
NOWHERE = hinted(  # "in none of the cohorts was the MTD reached"
    r"\b(?:[ia][nt] none of|[ia][nt] no|neither|no)\b[^.;,]{0,60}?\b"
    r"(?:MTD|maximum[- ]tolerated dose)\b(?:\s\(MTD\))?[^.;,]{0,40}?"
    r"(?P<s>reached|attained|identified|established|determined|observed|defined|found)\b"
    r"|\bnor (?:was|were|has|have) (?:the |an? )?(?:MTD|maximum[- ]tolerated dose)(?:\s\(MTD\))?\s(?:been\s)?"
    r"(?P<q>reached|attained|identified|established|determined|found)\b"
    r"|\b(?:did|has|had|have) not (?P<t>reach(?:ed)?|attain(?:ed)?)\s(?=(?:the|an?|its)\s(?:MTD\b|maximum[- ]tolerated dose))"
    r"|\bneither (?:arm|group|cohort)\s(?:has\s|had\s)?(?P<r>reached)\s(?:its|the|a)\s",
    _I,
)
NEITHER = hinted(
    r"\bneither\s[^.;\d]{4,120}?\s(?P<s>(?:was|were|has been|have been|had been)\s(?:yet\s)?(?:reached|attained))\b",
    re.I,
)
NEITHER_OF_BOTH = hinted(r"\bneither\s(?:was|has been|had been)\s(?:yet\s)?reached\b", re.I)
NOR_WAS = hinted(r"\b(?:neither|nor)\s(?:was|were|has|had)\s(?:the\s)?(?:median\s)?", _I)
_A_RESPONSE = re.compile(
    r"\s?(?:s?CRi?|n?PR|V?GPR|u?MRD|ORR)(?![A-Za-z])|\s?(?:微小|可测量)残留|"
    r"\s?(?:完全|部分|深度|非常好|客观|早期|持续|临床|分子学|血液学|病理)(?:的)?(?:缓解|反应|应答)"
)


def of_response(text: str, a: int, b: int) -> bool:
    """Whether the words at [a:b] say that patients did not reach a response: 未达PR的患者中位PFS为2.1个月.

    >>> of_response("未达PR的患者", 0, 2), of_response("中位PFS未达到", 5, 8)
    (True, False)
    """
    return not text[a].isascii() and bool(_A_RESPONSE.match(text, b))
