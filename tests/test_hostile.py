"""Hostile files: each gets one clear line, within limits of time and memory, and harms nothing else."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from trialkb.errors import BadInput
from trialkb.harvest import _pdf_text, docx, html, pdf, xlsx

from .test_import_formats import paragraph, word

MEMORY = 2 * 1024**3


def refused(path: Path, *words: str, seconds: float = 60) -> None:
    """`trialkb import` of the path: exit code 1, one line that holds the words, within memory and time; kb kept."""

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "trialkb.cli", "import", str(path), "--kb", str(path.parent / "kb.sqlite")],
        capture_output=True, text=True, timeout=seconds, check=False, preexec_fn=limits,
    )  # fmt: skip
    lines = [x for x in done.stderr.splitlines() if x.strip()]
    assert done.returncode == 1, done.stderr[-500:]
    assert len(lines) == 1, done.stderr[-2000:]
    assert len(lines[0]) < 600
    for word_ in words:
        assert word_ in lines[0], lines[0]
    assert time.monotonic() - began < seconds


def bomb() -> bytes:
    """A DOCX whose text unpacks to 2 GB."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as held,
        held.open("word/document.xml", "w", force_zip64=True) as m,
    ):
        for _ in range(2048):
            m.write(b" " * 2**20)
    return out.getvalue()


def lying_bomb() -> bytes:
    """A DOCX whose directory says 100 bytes, while the member unpacks to 200 MB."""
    size = 200 * 2**20
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as held:
        held.writestr("word/document.xml", b" " * size)
    data = out.getvalue()
    return data.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))


def entities() -> bytes:
    out = io.BytesIO()
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    with zipfile.ZipFile(out, "w") as held:
        held.writestr("word/document.xml", f'<!DOCTYPE x [<!ENTITY e0 "ha">{levels}]><x>&e9;</x>')
    return out.getvalue()


FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip bomb": (bomb, "unpacks to"),
    "lying zip bomb": (lying_bomb, "word/document.xml"),
    "entity bomb": (entities, "document type"),
    "broken zip": (lambda: word(paragraph("x"))[:-40], "archive"),
    "nested html": (lambda: b"<html><body>" + b"<div>" * 200_000 + b"x", "nested"),
    "50,000 columns": (lambda: b"NCT Number,Study Title" + b",c" * 50_000 + b"\nNCT90000001" + b"," * 50_001, "columns"),
    "NULs in a table": (lambda: b"NCT Number,Study Title\n" + b"NCT90000001,x\n" * 9000 + b"NCT90000002,\0\0\n", "NUL"),
    "a line without end": (lambda: b'NCT Number,Study Title\nNCT90000001,"' + b"x" * 10_000_000, "line"),
    "nulls only": (lambda: b"\0" * 100_000, "binary"),
    "broken pdf": (lambda: b"%PDF-1.7\n" + os.urandom(5000).replace(b"%", b"x"), "PDF"),
    "workbook of nothing": (lambda: _workbook(b"<x/>"), "workbook"),
}  # fmt: skip


def _workbook(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held:
        held.writestr("xl/workbook.xml", content)
    return out.getvalue()


@pytest.mark.parametrize("name", FILES)
def test_hostile_files(name: str, tmp_path: Path) -> None:
    make, words = FILES[name]
    path = tmp_path / "given.bin"
    path.write_bytes(make())
    refused(path, "given.bin", words)


def test_two_gigabytes_of_text(tmp_path: Path) -> None:
    path = tmp_path / "given.txt"
    with path.open("wb") as file:
        file.write(b"Words about CAR-T.\n" * 5000)
        file.truncate(2 * 1024**3)
    refused(path, "given.txt", "256 MiB")


def loop(content: bytes) -> bytes:
    """A PDF of one page with this content stream, deflated."""
    packed = zlib.compress(content)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 9 9] >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed),
    ]  # fmt: skip
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, o) for n, o in enumerate(objects, 1))
    return b"%PDF-1.5\n" + body + b"trailer\n<< /Root 1 0 R >>\n"


def test_a_pdf_that_takes_forever_is_stopped() -> None:
    began = time.monotonic()
    with pytest.raises(BadInput, match="the PDF"):
        pdf.text_of(loop(b"BT " + b"(x) Tj 0 1 Td " * 3_000_000 + b"ET"), "x.pdf", wall=3)
    assert time.monotonic() - began < 20


def test_a_pdf_that_allocates_is_stopped() -> None:
    with pytest.raises(BadInput, match="the PDF"):
        pdf.text_of(loop(b"\0" * (1500 * 2**20)), "x.pdf")


def test_the_limits_are_those_of_a_process_of_its_own() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(BadInput):
        pdf.text_of(b"%PDF-1.7 broken", "x.pdf")
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert _pdf_text.MEMORY < MEMORY


@pytest.mark.parametrize("member", ["../../escaped.txt", "/escaped.txt", "..\\escaped.txt", "word/../../escaped.txt"])
def test_names_that_climb_write_nothing(member: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = io.BytesIO(word(paragraph("CAR-T cells were given.")))
    with zipfile.ZipFile(out, "a") as held:
        held.writestr(member, "x")
        link = zipfile.ZipInfo("word/link")
        link.external_attr = 0o120777 << 16
        held.writestr(link, "/etc/hostname")
    [document] = docx.parse(out.getvalue(), name="x")
    assert "CAR-T cells were given." in document.sections[0].text
    assert not [p for p in (*tmp_path.rglob("*"), tmp_path.parent / "escaped.txt", Path("/escaped.txt")) if p.exists()]


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    from trialkb import reading

    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "own.txt").write_text("words")
    (folder / "link.txt").symlink_to("/etc/hostname")
    (folder / "round").symlink_to(folder)
    assert [p.name for p in reading.files(folder)] == ["own.txt"]


def test_html_with_many_open_brackets_is_quick() -> None:
    began = time.monotonic()
    html.text_of(b"<html><body>" + b"<" * 300_000 + b"<p>x</p></body></html>", "x")
    assert time.monotonic() - began < 20


def test_a_workbook_without_known_columns() -> None:
    import openpyxl

    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    with pytest.raises(BadInput, match="columns"):
        list(xlsx.parse(out.getvalue(), name="x"))
