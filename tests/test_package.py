"""The package: the wheel, built through the sdist, holds every stage and its data and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
STAGES = ("harvest", "extract", "index", "queries")
DATA = {".py", ".tsv", ".csv", ".json", ".jsonl", ".toml"}


def test_the_wheel_through_the_sdist_holds_every_part(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (sdist,), (wheel,) = list(tmp_path.glob("*.tar.gz")), list(tmp_path.glob("*.whl"))
    held = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    wanted = {"trialkb/py.typed"}
    for stage in (*STAGES, "trialkb"):
        prefix = "trialkb" if stage == "trialkb" else f"trialkb/{stage}"
        for file in (ROOT / stage).rglob("*"):
            if file.suffix in DATA and "__pycache__" not in file.parts:
                wanted.add(f"{prefix}/{file.relative_to(ROOT / stage).as_posix()}")
    assert held == wanted
    with tarfile.open(sdist) as archive:
        names = {n.split("/", 1)[1] for n in archive.getnames() if "/" in n}
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names
