"""Codec: records to JSON and back, by their dataclass fields; a field at its default is left out."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def plain(value: Any) -> Any:
    """A record as plain JSON values, fields at their default and raw bytes left out.

    >>> from trialkb.records import Section
    >>> plain(Section("title", "CAR-T"))
    {'name': 'title', 'text': 'CAR-T'}
    """
    return value if type(value) in _SIMPLE else json.loads(dump(value))


def _opened(value: Any) -> Any:
    """What a value that JSON does not know holds, itself not opened: a record's fields, a mapping, a set."""
    if fields := _fields(typing.cast(Hashable, type(value))):
        return {
            name: v
            for name, default, made in fields
            if not ((v := getattr(value, name)) == default or (made and not v) or isinstance(v, bytes))
        }
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


_SIMPLE = frozenset({str, int, float, bool, type(None)})


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any, bool], ...]:
    """Name and default of each field of a record's class, and whether that is made anew, empty; none for any other."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    return tuple((f.name, f.default, f.default_factory is not dataclasses.MISSING) for f in fields)


def dump(value: Any) -> str:
    """A record as one line of JSON; the encoder itself walks through what it knows, and is nested as deep as it can."""
    return json.dumps(value, default=_opened, ensure_ascii=False, separators=(",", ":"))


def load(cls: type[T], data: Any) -> T:
    """The record that `plain` gave.

    >>> from trialkb.records import Arm
    >>> load(Arm, {"label": "A", "interventions": ["x"]})
    Arm(label='A', type=None, description=None, interventions=('x',), size=None)
    """
    build = _builder(typing.cast(Hashable, cls))
    return typing.cast(T, build(data))


@cache
def _builder(kind: Any) -> Any:
    """A function from plain JSON to a value of that type."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in args if a is not type(None)]
        build = _builder(inner[0])
        return lambda v: None if v is None else build(v)
    if origin is tuple:
        parts = [_builder(a) for a in args if a is not Ellipsis]
        if args[-1] is Ellipsis:
            return lambda v: tuple(parts[0](x) for x in v)
        return lambda v: tuple(p(x) for p, x in zip(parts, v, strict=True))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        builders = {f.name: _builder(hints[f.name]) for f in dataclasses.fields(kind)}
        return lambda v: kind(**{k: builders[k](x) for k, x in v.items() if k in builders})
    return lambda v: v
