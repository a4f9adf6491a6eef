"""Office archives (DOCX, XLSX): members read from memory, with limits; nothing is ever written to disk.

So a name like ../x or a link inside the archive does no harm: only the members of a fixed name are looked at. A member
that unpacks to more than LIMIT, an archive of thousands of members, and XML with a document type are refused.
"""

from __future__ import annotations

import io
import zipfile
import zlib

from trialkb.errors import BadInput

LIMIT = 64 * 1024 * 1024
MEMBERS = 5_000


def archive(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive, its directory checked. Raises BadInput."""
    try:
        held = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as e:
        raise BadInput(f"{name}: expected an office document, found a broken archive ({e})") from e
    if len(held.infolist()) > MEMBERS:
        raise BadInput(f"{name}: expected at most {MEMBERS:,} members in the archive, found {len(held.infolist()):,}")
    whole = sum(i.file_size for i in held.infolist())
    if whole > 4 * LIMIT:
        raise BadInput(f"{name}: the archive unpacks to {whole >> 20:,} MiB, more than {4 * LIMIT >> 20}; refused")
    return held


def member(held: zipfile.ZipFile, path: str, name: str) -> bytes:
    """One member's bytes, at most LIMIT whatever its header says. Raises BadInput."""
    try:
        with held.open(path) as stream:
            data = stream.read(LIMIT + 1)
    except KeyError as e:
        raise BadInput(f"{name}: expected {path} in the archive, found none") from e
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as e:
        raise BadInput(f"{name}: {path} in the archive cannot be read ({e})") from e
    if len(data) > LIMIT:
        raise BadInput(f"{name}: {path} unpacks to more than {LIMIT >> 20} MiB; refused")
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
        raise BadInput(f"{name}: {path} has a document type, which office documents never have; refused")
    return data
