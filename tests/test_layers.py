"""Layers: imports point one way, every part keeps its stage's contract, the folders are the packages."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from trialkb import parts

ROOT = Path(__file__).parent.parent
STAGES = tuple(parts.VERBS)
PARTS = [(stage, name) for stage in STAGES for name in parts.names(stage)]


def imported(path: Path) -> set[str]:
    """Absolute module names that a file imports, relative ones as their own stage."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1, f"{path}: a relative import leaves its folder"
    return found


@pytest.mark.parametrize("path", sorted(p for s in STAGES for p in (ROOT / s).glob("*.py")), ids=str)
def test_a_stage_imports_no_other_stage(path: Path) -> None:
    stage = path.parent.name
    for name in imported(path):
        assert name.split(".")[0] not in STAGES, f"{path} imports {name}"
        for other in STAGES:
            assert not name.startswith(f"trialkb.{other}"), (
                f"{path} imports {name}; write it relative, or not at all ({stage})"
            )


@pytest.mark.parametrize("path", sorted((ROOT / "trialkb").glob("*.py")), ids=lambda p: p.name)
def test_the_spine_imports_no_stage(path: Path) -> None:
    assert not [n for n in imported(path) for s in STAGES if n == s or n.startswith((f"trialkb.{s}", f"{s}."))]


@pytest.mark.parametrize(("stage", "name"), PARTS)
def test_every_part_keeps_the_contract_of_its_stage(stage: str, name: str) -> None:
    module = parts.load(stage, name)
    verb = getattr(module, parts.VERBS[stage], None)
    assert callable(verb), f"{stage}/{name}.py has no {parts.VERBS[stage]}()"
    assert inspect.getdoc(verb), f"{stage}/{name}.{parts.VERBS[stage]} has no docstring"
    line = parts.line_one(stage, name)
    assert 10 < len(line) < 140, f"line one of {stage}/{name}.py is help and README row: {line!r}"
    if stage == "queries":
        assert all(isinstance(p, click.Parameter) for p in module.OPTIONS)
        assert callable(module.text)
        assert callable(module.rows)


def test_folders_are_the_packages() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {
        p.parent.relative_to(ROOT).as_posix() for s in (*STAGES, "trialkb") for p in (ROOT / s).rglob("__init__.py")
    }
    assert folders == set(config["package-dir"].values())
    assert set(config["packages"]) == set(config["package-dir"])
    nested = [p for s in STAGES for p in (ROOT / s).iterdir() if p.is_dir() and p.name != "__pycache__"]
    assert not nested, "a stage is one flat folder"


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split("\n")[-2].split())


HELP = "from trialkb.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"


def test_help_imports_nothing_heavy() -> None:
    loaded = modules_after(HELP)
    assert not loaded & {
        "numpy",
        "torch",
        "spacy",
        "faiss",
        "sentence_transformers",
        "requests",
        "pandas",
        "sqlite_utils",
    }


def test_no_module_is_a_giant() -> None:
    sizes = {p: len(p.read_text().splitlines()) for s in (*STAGES, "trialkb") for p in (ROOT / s).glob("*.py")}
    assert not {p.name: n for p, n in sizes.items() if n > 420}
