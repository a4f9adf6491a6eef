"""Parts: find the modules of a stage (harvest, extract, index, queries) by listing its folder and entry points.

A part is a module with its stage's verb. A folder's `_name.py` is a helper, not a part. Third parties add parts
through the entry-point groups trialkb.harvest, trialkb.extract, trialkb.index and trialkb.queries.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

VERBS = {"harvest": "parse", "extract": "find", "index": "build", "queries": "run"}


@cache
def names(stage: str) -> tuple[str, ...]:
    """Names of a stage's parts, sorted; nothing is imported but the stage's empty package.

    >>> "search" in names("queries")
    True
    """
    package = importlib.import_module(f"trialkb.{stage}")
    own = {m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")}
    return tuple(sorted(own | {e.name for e in entry_points(group=f"trialkb.{stage}")}))


@cache
def load(stage: str, name: str) -> ModuleType:
    """The module of one part. Raises KeyError with the names there are."""
    if name not in names(stage):
        raise KeyError(f"no {stage} part named {name!r}; there are: {', '.join(names(stage))}")
    plugins = {e.name: e for e in entry_points(group=f"trialkb.{stage}")}
    if name in plugins:
        module = plugins[name].load()
        assert isinstance(module, ModuleType)
        return module
    return importlib.import_module(f"trialkb.{stage}.{name}")


def line_one(stage: str, name: str) -> str:
    """The first line of a part's docstring, read without importing it where it stands in the folder."""
    package = importlib.import_module(f"trialkb.{stage}")
    for folder in package.__path__:
        path = Path(folder) / f"{name}.py"
        if path.exists():
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            return (doc or "").split("\n")[0]
    return (load(stage, name).__doc__ or "").strip().split("\n")[0]
