"""Reading: open a file (plain or gzip, or - for standard input) and ask each harvest part whether it is its own.

A part that reads files has `recognise(head, name)`: the reason why the content is its own, or None. It may have
`split(stream, name)`: the records of a file one by one as bytes, so that a large file is never held whole.
"""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, cast

from . import parts
from .errors import BadInput

HEAD = 65_536
WHOLE = 256 * 1024 * 1024  # a file whose part does not split it is read whole, up to here


def files(path: Path) -> Iterator[Path]:
    """The files named by a path: itself, or all below a directory, sorted. Raises BadInput."""
    if str(path) == "-":
        yield path
        return
    try:
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink() and p.name[0] != ".")
            if not found:
                next(path.iterdir(), None)  # tells an empty directory from one without rights
                raise BadInput(f"{path}: expected files to import, found an empty directory")
            yield from found
        elif path.exists():
            yield path
        else:
            raise BadInput(f"{path}: no such file; give a file, a directory, or - for standard input")
    except PermissionError as e:
        raise BadInput(
            f"{e.filename or path}: no right to read it; ask its owner, or copy it to a place of yours"
        ) from e


def opened(path: Path) -> BinaryIO:
    """The bytes of a file, gunzipped by content. Raises BadInput where it cannot be read."""
    try:
        raw = sys.stdin.buffer if str(path) == "-" else open(path, "rb")  # noqa: SIM115 (the caller closes)
        stream = io.BufferedReader(cast(io.RawIOBase, raw), HEAD)
        if stream.peek(2)[:2] == b"\x1f\x8b":
            unpacked = gzip.GzipFile(fileobj=stream)
            unpacked.myfileobj = cast(io.FileIO, stream)  # so that closing the one closes the other
            return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, unpacked), HEAD))
        return cast(BinaryIO, stream)
    except PermissionError as e:
        raise BadInput(f"{path}: no right to read it; ask its owner, or copy it to a place of yours") from e
    except OSError as e:
        raise BadInput(f"{path}: cannot be read: {e.strerror}") from e


def peek(stream: BinaryIO) -> bytes:
    """The head of a stream, not consumed."""
    return cast(io.BufferedReader, stream).peek(HEAD)[:HEAD]


def detect(head: bytes, name: str, kind: str | None = None) -> tuple[ModuleType, str]:
    """The harvest part whose file this is, and why. Raises BadInput, naming what was found."""
    readers = [n for n in parts.names("harvest") if hasattr(parts.load("harvest", n), "recognise")]
    if kind:
        if kind not in readers:
            raise BadInput(f"--as {kind}: no such kind; there are: {', '.join(readers)}")
        return parts.load("harvest", kind), "said so with --as"
    if not head.strip():
        raise BadInput(f"{name}: expected records, found an empty file")
    claims = []
    for reader in readers:
        module = parts.load("harvest", reader)
        why = module.recognise(head, name)
        if why:
            claims.append((getattr(module, "PRIORITY", 0), reader, module, why))
    if not claims:
        raise BadInput(
            f"{name}: found {describe(head)}, which none of {', '.join(readers)} takes for its own; "
            "if you know better, say --as KIND"
        )
    _, _, module, why = max(claims, key=lambda c: (c[0], c[1]))
    return module, why


def describe(head: bytes) -> str:
    """In words what a file's head looks like.

    >>> describe(b'NCT Number,Title,Status\\nNCT00000001,x,y\\n')
    'comma-separated text with 3 columns'
    """
    if head[:4] == b"%PDF":
        return "a PDF"
    if head[:2] == b"PK":
        return "a ZIP archive (DOCX, XLSX ...)"
    if b"\0" in head[:4096]:
        return "binary data"
    start = head.lstrip()[:1]
    if start in (b"{", b"[", b"<"):
        return {b"{": "JSON without studies", b"[": "a JSON list without studies", b"<": "markup"}[start]
    line = head.split(b"\n")[0]
    for mark, word in ((b"\t", "tab"), (b",", "comma")):
        if line.count(mark) >= 2:
            return f"{word}-separated text with {line.count(mark) + 1} columns"
    return "text"


def records(module: ModuleType, stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The records of a stream as the part splits them, or the whole of it as one."""
    if hasattr(module, "split"):
        yield from module.split(stream, name)
        return
    yield whole(stream, name)


def whole(stream: BinaryIO, name: str) -> bytes:
    """All of a stream that is not read record by record. Raises BadInput where that is too much."""
    data = stream.read(WHOLE + 1)
    if len(data) > WHOLE:
        raise BadInput(f"{name}: expected at most {WHOLE >> 20} MiB for a file of this kind, found more; split it")
    return data
