"""PDF: its text layer, read in a process of its own with limits, then as what it is (a review, an article, a synopsis).

By pypdf. A scan has no words: text recognition has to come first. Page ends are kept, so that running heads are known.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

from trialkb.errors import BadInput
from trialkb.records import Document

from ._from_text import documents
from ._pdf_text import MEMORY, SECONDS

PRIORITY = 5
WALL = SECONDS + 30
SIZE = 100 * 1024 * 1024


def recognise(head: bytes, name: str) -> str | None:
    """Why a file is a PDF, or None."""
    return "it begins with %PDF-" if b"%PDF-" in head[:1024] else None


def parse(data: bytes, *, name: str = "") -> Iterator[Document]:
    """The documents of a PDF. Raises BadInput where it cannot be read within the limits, or has no words."""
    yield from documents(text_of(data, name), "pdf", data, name)


def text_of(data: bytes, name: str, wall: float = WALL) -> str:
    """The words of a PDF, pages parted by form feeds. Raises BadInput."""
    if len(data) > SIZE:
        raise BadInput(f"{name}: expected a PDF of at most {SIZE >> 20} MiB, found {len(data) >> 20}")
    command = [sys.executable, "-m", f"{__package__}._pdf_text"]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=wall, check=False)
    except subprocess.TimeoutExpired as e:
        raise BadInput(f"{name}: the PDF took more than {wall:g} s to read; refused") from e
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise BadInput(f"{name}: the PDF took more than {SECONDS} s or {MEMORY >> 20:,} MiB to read; refused")
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1][:200] or f"signal {-done.returncode}"
        raise BadInput(f"{name}: the PDF cannot be read: {said}")
    return done.stdout.decode("utf-8", "replace")
