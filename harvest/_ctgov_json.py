"""Reading ClinicalTrials.gov JSON with care: typed access, personal contacts removed, Markdown escapes undone.

A field of another type than the contract gives is a change of the source's format, and raises `BadInput`
with its path; a field that is absent is None or empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from trialkb.errors import BadInput
from trialkb.text import unescape_markdown

_BLANK_LINES = re.compile(r"[ \t]{0,20}\n\s*\n")
_PERSON = ("investigatorFullName", "investigatorTitle", "oldNameTitle")


def _bad(path: str, want: str, found: object) -> BadInput:
    return BadInput(f"ClinicalTrials.gov study: {path} should be {want}, found {type(found).__name__}")


def obj(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under a key, {} where absent."""
    value = parent.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _bad(key, "an object", value)
    return value


def items(parent: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The list of objects under a key, [] where absent."""
    value = parent.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise _bad(key, "a list of objects", value)
    return value


def words(parent: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The list of strings under a key, () where absent; empty strings are dropped."""
    value = parent.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise _bad(key, "a list of strings", value)
    return tuple(plain(v) for v in value if v)


def string(parent: Mapping[str, Any], key: str) -> str | None:
    """The text under a key without Markdown escapes; None where absent or empty."""
    value = parent.get(key)
    if isinstance(value, str):
        return plain(value) if value else None
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise _bad(key, "a string", value)


def number(parent: Mapping[str, Any], key: str) -> int | None:
    """The whole number under a key; a string of digits is one too."""
    value = parent.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise _bad(key, "a whole number", value)


def truth(parent: Mapping[str, Any], key: str) -> bool | None:
    value = parent.get(key)
    if value is not None and not isinstance(value, bool):
        raise _bad(key, "true or false", value)
    return value


def plain(text: str) -> str:
    return unescape_markdown(text) if "\\" in text else text


def line(text: str) -> str:
    """A text as one line."""
    return " ".join(text.split()) if "\n" in text or "\r" in text else text


def block(text: str) -> str:
    """A text without empty lines, so that an empty line can part items."""
    return _BLANK_LINES.sub("\n", text.strip()) if "\n" in text else text


def encode(record: Mapping[str, Any]) -> bytes:
    """Canonical JSON: keys sorted, no blanks, UTF-8; lone surrogates stay escaped."""
    try:
        return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def mended(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record with U+FFFD for each lone surrogate, which no database stores."""
    text = json.dumps(record, ensure_ascii=False).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    mended: Mapping[str, Any] = json.loads(text)
    return mended


def without_people(record: Mapping[str, Any]) -> dict[str, Any]:
    """A copy without names, phones and e-mails of officials and contacts (the organisation stays)."""
    study = dict(record)
    protocol = dict(obj(record, "protocolSection"))
    if "contactsLocationsModule" in protocol:
        protocol["contactsLocationsModule"] = _no_contacts(protocol["contactsLocationsModule"])
    sponsor = obj(protocol, "sponsorCollaboratorsModule")
    if "responsibleParty" in sponsor:
        party = {k: v for k, v in obj(sponsor, "responsibleParty").items() if k not in _PERSON}
        protocol["sponsorCollaboratorsModule"] = {**sponsor, "responsibleParty": party}
    study["protocolSection"] = protocol
    results = obj(record, "resultsSection")
    point = obj(obj(results, "moreInfoModule"), "pointOfContact")
    if point:
        contact = {"pointOfContact": {k: v for k, v in point.items() if k == "organization"}}
        study["resultsSection"] = {**results, "moreInfoModule": {**obj(results, "moreInfoModule"), **contact}}
    return study


def _no_contacts(value: Any) -> Any:
    """Every `contacts`, `centralContacts` and `overallOfficials` below, in whatever list, is left out."""
    if isinstance(value, Mapping):
        drop = ("contacts", "centralContacts", "overallOfficials")
        return {k: _no_contacts(v) if isinstance(v, list | Mapping) else v for k, v in value.items() if k not in drop}
    return [_no_contacts(v) for v in value] if isinstance(value, list) else value


def records(data: bytes, name: str = "") -> Iterator[Mapping[str, Any]]:
    """The study objects of a page, a bare list, a single study or JSON lines. Raises BadInput."""
    where = name or "input"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise BadInput(f"{where}: expected UTF-8 JSON, found byte {data[e.start]:#04x} at {e.start}") from None
    if not text.strip():
        raise BadInput(f"{where}: expected ClinicalTrials.gov JSON, found nothing (an empty file)")
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as e:
        if text.lstrip()[0] != "{" or "\n" not in text.strip():
            raise BadInput(f"{where}: expected ClinicalTrials.gov JSON, but {e}") from None
        yield from _lines(text, where)
        return
    yield from _unwrap(whole, where)


def _lines(text: str, where: str) -> Iterator[Mapping[str, Any]]:
    for n, row in enumerate(text.split("\n"), 1):
        if row.strip():
            try:
                value = json.loads(row)
            except (ValueError, RecursionError) as e:
                raise BadInput(f"{where}, line {n}: expected one study as JSON, but {e}") from None
            yield from _unwrap(value, f"{where}, line {n}")


def _unwrap(value: object, where: str) -> Iterator[Mapping[str, Any]]:
    studies = value.get("studies") if isinstance(value, Mapping) and "protocolSection" not in value else [value]
    studies = value if isinstance(value, list) else studies
    if not isinstance(studies, list):
        keys = ", ".join(map(str, list(value)[:5])) if isinstance(value, Mapping) else type(value).__name__
        raise BadInput(f"{where}: expected a study, a list of studies or a page with `studies`, found {keys or '{}'}")
    for study in studies:
        if not isinstance(study, Mapping):
            raise BadInput(f"{where}: expected a study object, found {type(study).__name__}")
        yield study
