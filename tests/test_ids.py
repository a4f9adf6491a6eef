"""Registry ids: every registry in its spellings, and what looks like an id and is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkb import ids

FOUND = [
    ("registered as NCT03874897.", ["NCT03874897"]),
    ("NCT 03874897", ["NCT03874897"]),
    ("NCT: 03874897", ["NCT03874897"]),
    ("nct03874897", ["NCT03874897"]),
    ("NCT-\n04977193", ["NCT04977193"]),
    ("NCT#03874897", ["NCT03874897"]),
    ("https://clinicaltrials.gov/study/NCT03874897?tab=results", ["NCT03874897"]),
    ("（NCT03874897）注册", ["NCT03874897"]),
    ("注册号NCT03874897和NCT04404595", ["NCT03874897", "NCT04404595"]),
    ("NCT03874897/NCT04404595", ["NCT03874897", "NCT04404595"]),
    ("中国临床试验注册中心ChiCTR2400084905", ["ChiCTR2400084905"]),
    ("CHICTR2400084905", ["ChiCTR2400084905"]),
    ("ChiCTR 1900024471", ["ChiCTR1900024471"]),
    ("ChiCTR-OIC-17011180", ["ChiCTR-OIC-17011180"]),
    ("ChiCTR‑OIC‑17011180", ["ChiCTR-OIC-17011180"]),
    ("ChiCTR-ONRC-13003123", ["ChiCTR-ONRC-13003123"]),
    ("ITMCTR2024000124", ["ITMCTR2024000124"]),
    ("CTR20212345", ["CTR20212345"]),
    ("登记号：CTR20212345。", ["CTR20212345"]),
    ("EU CT 2023-503321-14-00", ["2023-503321-14-00"]),
    ("CTIS2023-503321-14-00", ["2023-503321-14-00"]),
    ("EU CT number: 2023-503321-14", ["2023-503321-14"]),
    ("EudraCT 2015-002112-26", ["2015-002112-26"]),
    ("EudraCT: 2015–002112–26", ["2015-002112-26"]),
    ("EUCTR2015-002112-26-DE", ["2015-002112-26"]),
    ("ISRCTN12345678", ["ISRCTN12345678"]),
    ("ISRCTN 12345678", ["ISRCTN12345678"]),
    ("jRCT2031200123", ["jRCT2031200123"]),
    ("JPRN-jRCTs031180227", ["jRCTs031180227"]),
    ("jRCTa030190072", ["jRCTa030190072"]),
    ("UMIN000012345", ["UMIN000012345"]),
    ("UMIN-CTR: 000012345", ["UMIN000012345"]),
    ("JPRN-UMIN000012345", ["UMIN000012345"]),
    ("JapicCTI-195050", ["JapicCTI-195050"]),
    ("KCT0001234", ["KCT0001234"]),
    ("CTRI/2018/01/011234", ["CTRI/2018/01/011234"]),
    ("ACTRN12612000123456", ["ACTRN12612000123456"]),
    ("DRKS00012345", ["DRKS00012345"]),
    ("NTR1234", ["NTR1234"]),
    ("NL-OMON45678", ["NL-OMON45678"]),
    ("IRCT20180101012345N1", ["IRCT20180101012345N1"]),
    ("PACTR201801001234567", ["PACTR201801001234567"]),
    ("RBR-6tqbrx", ["RBR-6tqbrx"]),
    ("SLCTR/2018/001", ["SLCTR/2018/001"]),
    ("TCTR20180101001", ["TCTR20180101001"]),
]
NOTHING = [
    "CHM-2101",
    "CHM-2101 CAR-T",
    "CT041",
    "CT053, CTX110 and JCAR017",
    "KCT-101",
    "NCT",
    "NCT1234567",
    "NCT123456789",
    "NCT00000000",
    "XNCT03874897",
    "CTR001",
    "CTR19991234",
    "ChiCTR240008490",
    "ISRCTN1234567",
    "UMIN12345",
    "neurotensin receptor NTR1",
    "2015-02112-26",
    "10.1038/s41591-024-03037-z",
    "2015-12-26",
    "phone 2015-102112-26",
    "DRKS1234",
    "RBR-binding",
    "hormone PER-2",
    "IMC001",
    "",
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_ids_are_found_with_their_words(text: str, expected: list[str]) -> None:
    found = list(ids.find(text))
    assert [i.id for i in found] == expected
    for i in found:
        digits = "".join(c for c in text[i.start : i.end] if c.isdigit())
        assert "".join(c for c in i.id if c.isdigit()) == digits


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_id(text: str) -> None:
    assert list(ids.find(text)) == []


@pytest.mark.parametrize("expected", sorted({i for _, found in FOUND for i in found}))
def test_normal_form_is_stable(expected: str) -> None:
    assert ids.normal(expected) == expected
    assert ids.registry(expected) is not None
    assert ids.normal(f"{expected} x") is None


def test_two_eu_spellings_share_a_key() -> None:
    assert ids.key("2023-503321-14-01") == ids.key("2023-503321-14") != ids.key("2015-002112-26")


@given(st.text(alphabet="NCTRchiISUM0123456789-/– \n:中", max_size=60))
def test_spans_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    end = 0
    for i in ids.find(text):
        assert end <= i.start < i.end <= len(text)
        assert ids.registry(i.id) == i.registry
        end = i.end
