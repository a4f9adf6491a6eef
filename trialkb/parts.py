"""Parts: find the modules of a stage (harvest, extract, index, queries) by listing its folder and entry points.

A part is a module with its stage's verb. A folder's `_name.py` is a helper, not a part. Third parties add parts
through the entry-point groups trialkb.harvest, trialkb.extract, trialkb.index and trialkb.queries.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

VERBS = {"harvest": "parse", "extract": "find", "index": "build", "queries": "run"}


@cache
def own(stage: str) -> frozenset[str]:
    """Names of the parts in a stage's folder."""
    package = importlib.import_module(f"trialkb.{stage}")
    return frozenset(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))


@cache
def _plugins(stage: str) -> dict[str, Any]:
    """Entry points of third parties; reading them takes 30 ms and more, so that own parts are looked for first."""
    from importlib.metadata import entry_points

    return {e.name: e for e in entry_points(group=f"trialkb.{stage}")}


def exists(stage: str, name: str) -> bool:
    """Whether a stage has a part of that name."""
    return name in own(stage) or name in _plugins(stage)


@cache
def names(stage: str) -> tuple[str, ...]:
    """Names of a stage's parts, sorted; nothing is imported but the stage's empty package.

    >>> "search" in names("queries")
    True
    """
    return tuple(sorted(own(stage) | _plugins(stage).keys()))


@cache
def load(stage: str, name: str) -> ModuleType:
    """The module of one part; a part of the folder goes before a plug-in. Raises KeyError with the names there are."""
    if name in own(stage):
        return importlib.import_module(f"trialkb.{stage}.{name}")
    if name not in _plugins(stage):
        raise KeyError(f"no {stage} part named {name!r}; there are: {', '.join(names(stage))}")
    module = _plugins(stage)[name].load()
    assert isinstance(module, ModuleType)
    return module


def line_one(stage: str, name: str) -> str:
    """The first line of a part's docstring, read without importing it where it stands in the folder."""
    package = importlib.import_module(f"trialkb.{stage}")
    for folder in package.__path__:
        path = Path(folder) / f"{name}.py"
        if path.exists():
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            return (doc or "").split("\n")[0]
    return (load(stage, name).__doc__ or "").strip().split("\n")[0]
