"""Damaged and hostile answers of CTIS, ISRCTN and ChiCTR: a document or one clear error, never another exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
import standin_chictr
import standin_ctis
import standin_isrctn
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkb.errors import BadInput, Blocked
from trialkb.harvest import chictr, ctis, isrctn
from trialkb.harvest._ctgov_fetch import requests_of
from trialkb.harvest._ctis_fetch import criteria_of
from trialkb.records import Document

RECORDS = {
    "ctis": (ctis, json.dumps(standin_ctis.trial(3)).encode()),
    "ctis row": (ctis, json.dumps(standin_ctis.row(standin_ctis.trial(3))).encode()),
    "isrctn": (isrctn, standin_isrctn.Trial(3).xml().encode()),
    "chictr": (chictr, standin_chictr.detail().encode()),
    "chictr hits": (chictr, standin_chictr.hits([standin_chictr.NUMBER]).encode()),
    "chictr xml": (chictr, standin_chictr.XML.encode()),
}
ODD: tuple[Any, ...] = (None, 0, -1, 1.5, True, "", "x", "\ud800", "\x00", [], [None], ["x"], [[]], {}, {"x": 1}, [{}])


def read(module: Any, data: bytes) -> list[Document]:
    """What a part makes of it; its own errors are an answer too."""
    try:
        found = list(module.parse(data, name="x"))
    except (BadInput, Blocked):
        return []
    for d in found:
        assert all(s.text.strip() for s in d.sections)
        d.raw.decode()
    return found


@pytest.mark.parametrize("name", RECORDS)
@given(at=st.integers(0, 10**6), much=st.integers(0, 60), instead=st.binary(max_size=12))
@settings(max_examples=60, deadline=None)
def test_bytes_changed(name: str, at: int, much: int, instead: bytes) -> None:
    module, data = RECORDS[name]
    at %= len(data)
    read(module, data[:at] + instead + data[at + much :])


@pytest.mark.parametrize("name", RECORDS)
@given(data=st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_bytes(name: str, data: bytes) -> None:
    module, _ = RECORDS[name]
    read(module, data)
    module.recognise(data, "x")


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(p for k, v in inner for p in paths(v, (*here, k)))]


@pytest.mark.parametrize("name", ["ctis", "ctis row"])
def test_every_value_of_another_kind(name: str) -> None:
    """Each value of a record in turn replaced by sixteen odd ones."""
    module, data = RECORDS[name]
    for path in paths(json.loads(data))[1:]:
        for odd in ODD:
            record = json.loads(data)
            holder = record
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = odd
            read(module, json.dumps(record).encode())


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_query(words: str) -> None:
    """A query becomes a request or BadInput; no bracket or parenthesis of a person's stands outside quotes."""
    for make in (requests_of, criteria_of):
        try:
            made: Any = make(words)
        except BadInput:
            continue
        if make is requests_of and "AREA[" not in words:
            for value in (v for request in made for k, v in request.items() if k.startswith("query.")):
                bare = "".join(value.replace('\\"', "").split('"')[::2])
                assert not set(bare) - set(" ANDORT()"), value
                assert bare.count("(") == bare.count(")")
