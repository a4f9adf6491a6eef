"""Run every benchmark that the records at hand allow, one after another (`make bench`)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))


def main() -> int:
    if not SHARED.is_dir():
        print(f"the real records are not at {SHARED}: set TRIALKB_SHARED", file=sys.stderr)
        return 1
    worst = 0
    for file in sorted(HERE.glob("[a-z]*.py")):
        if file.name == "run.py":
            continue
        print(f"== {file.name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, str(file)], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
