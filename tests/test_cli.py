"""The command line as a person meets it: good input, bad input, forms of output, exit codes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from trialkb import kb
from trialkb.migrations import MIGRATIONS

from .conftest import STUDIES

TRIALKB = [sys.executable, "-m", "trialkb.cli"]


def run(*args: str | Path, path: Path | None = None, **more: object) -> subprocess.CompletedProcess[str]:
    env = os.environ | ({"TRIALKB_KB": str(path)} if path else {})
    return subprocess.run(
        [*TRIALKB, *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        timeout=120,
        **more,  # type: ignore[call-overload]
    )


def one_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """The command failed with one clear line that holds these words, and without a traceback."""
    assert done.returncode == code, done.stderr
    lines = [x for x in done.stderr.splitlines() if x.strip()]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[0], lines[0]


@pytest.mark.parametrize("shape", ["page", "list", "single", "lines", "gz", "pretty"])
def test_import_takes_every_shape_of_the_api(shape: str, tmp_path: Path) -> None:
    studies = list(STUDIES)
    text = {
        "page": json.dumps({"studies": studies, "nextPageToken": "x"}),
        "list": json.dumps(studies),
        "single": json.dumps(studies[0], indent=2),
        "lines": "".join(json.dumps(s) + "\n" for s in studies),
        "gz": "".join(json.dumps(s) + "\n" for s in studies),
        "pretty": json.dumps({"totalCount": 5, "studies": studies}, indent=2),
    }[shape]
    file = tmp_path / "studies.bin"
    file.write_bytes(gzip.compress(text.encode()) if shape == "gz" else text.encode())
    done = run("import", file, path=tmp_path / "kb.sqlite")
    assert done.returncode == 0, done.stderr
    assert f"{1 if shape == 'single' else 5} new" in done.stderr
    again = run("import", file, path=tmp_path / "kb.sqlite")
    assert "nothing changed" in again.stderr


def test_standard_input_is_a_file(tmp_path: Path) -> None:
    done = run("import", "-", path=tmp_path / "kb.sqlite", input=json.dumps(STUDIES[0]))
    assert "1 new" in done.stderr


BAD = {
    "empty": (b"", "found an empty file"),
    "blank": (b" \n\n", "found an empty file"),
    "other json": (b'{"a": 1}', "JSON without studies"),
    "csv": (b'Subject,Title,Status\nNCT1,"a, b",x\n', "comma-separated text with 3 columns"),
    "no study": (b'{"protocolSection": {"identificationModule": {}}}', "nctId"),
    "binary": (b"\x00\x01\x02\xff" * 50, "binary data"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_one_clear_line(name: str, tmp_path: Path) -> None:
    content, words = BAD[name]
    file = tmp_path / "given.json"
    file.write_bytes(content)
    one_line(run("import", file, path=tmp_path / "kb.sqlite"), 1, "given.json", words)


def test_a_truncated_file_keeps_what_was_whole(tmp_path: Path) -> None:
    text = json.dumps({"studies": list(STUDIES)}, indent=1)
    file, path = tmp_path / "cut.json", tmp_path / "kb.sqlite"
    file.write_text(text[: text.index("NCT90000004")])
    one_line(run("import", file, path=path), 1, "after 3 whole records", "get the file again")
    with kb.writing(path) as db:
        assert db.execute("SELECT count(*) FROM document").fetchone() == (3,)
        assert db.execute("SELECT state FROM run").fetchone() == ("incomplete",)
    file.write_text(text)
    assert "2 new, 3 unchanged" in run("import", file, path=path).stderr


def test_a_broken_line_is_skipped_and_named(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps(STUDIES[0]) + "\n{broken\n" + json.dumps(STUDIES[1]) + "\n")
    done = run("import", file, path=tmp_path / "kb.sqlite")
    assert done.returncode == 1
    assert "record 2 of" in done.stderr
    assert "2 new, 1 skipped" in done.stderr


def test_a_line_of_100_megabytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl"
    with open(file, "wb") as f:
        f.write(json.dumps(STUDIES[0]).encode() + b"\n" + b'{"protocolSection": "' + b"x" * (100 << 20) + b'"}\n')
    one_line(run("import", file, path=tmp_path / "kb.sqlite"), 1, "line 2 is longer than 64 MiB")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody without rights")
def test_a_directory_without_rights(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "x.json").write_text("{}")
    code = f"""
import os, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
from trialkb import reading
from pathlib import Path
from trialkb.errors import BadInput
try:
    list(reading.files(Path({str(closed)!r})))
except BadInput as e:
    print(e)
"""
    for folder in tmp_path.parents[:3]:
        folder.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", f"import trialkb.reading\n{code}"], capture_output=True, text=True, check=False
    )
    assert "no right to read" in done.stdout, done.stderr


def test_an_absent_file(tmp_path: Path) -> None:
    one_line(run("import", tmp_path / "none.json", path=tmp_path / "kb.sqlite"), 1, "no such file")


def test_a_full_disk_keeps_what_was_committed(studies_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    limit = 150_000

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    one_line(run("import", studies_file, path=path, preexec_fn=small), 1, "no room to write", "make room")
    done = run("import", studies_file, path=path)
    assert done.returncode == 0, done.stderr
    assert "5 new" in done.stderr


def test_a_second_writer_is_told_to_wait(studies_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    with kb.writing(path):
        one_line(run("import", studies_file, path=path), 4, "another process", "try again")


def test_codes_of_absent_newer_and_damaged_kbs(tmp_path: Path) -> None:
    one_line(run("stats", path=tmp_path / "none.sqlite"), 1, "no knowledge base", "trialkb demo")
    path = tmp_path / "newer.sqlite"
    with kb.writing(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    one_line(run("search", "x", path=path), 5, "newer trialkb")
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(os.urandom(5000))
    one_line(run("search", "x", path=damaged), 5, "damaged")
    assert run("serch").returncode == 2


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("search",), "expected a query"),
        (("search", "x", "--phase", "9"), "early1, 1, 1/2"),
        (("search", "x", "--target", "CLDN81.2"), "nearest"),
        (("search", "x", "--status", "dormant"), "there are: COMPLETED, RECRUITING"),
        (("search", "x", "--country", "Chine"), "nearest: China"),
        (("search", "x", "--since", "soon"), "expected 2023"),
        (("show", "NCT90000009"), "nearest: NCT9000000"),
    ],
)
def test_a_bad_request_gets_one_clear_line(args: tuple[str, ...], words: str, small_kb: Path) -> None:
    one_line(run(*args, path=small_kb), 1, words)


def test_search_as_text_json_lines_and_tables(small_kb: Path) -> None:
    text = run("search", "claudin 18.2 stomach cancer", path=small_kb)
    assert text.returncode == 0, text.stderr
    assert text.stdout.splitlines()[0].strip().startswith("1. CLDN18.2 CAR-T in advanced gastric cancer")
    answer = json.loads(run("search", "胃癌 CLDN18.2 CAR-T", "--json", path=small_kb).stdout)
    assert answer["hits"][0]["id"] == "NCT90000001"
    assert {"id", "title", "rank", "score", "reasons", "passage"} <= set(answer["hits"][0])
    rows = [json.loads(x) for x in run("search", "CAR-T", "--nl", path=small_kb).stdout.splitlines()]
    table = list(csv.DictReader(io.StringIO(run("search", "CAR-T", "--csv", path=small_kb).stdout)))
    assert [r["id"] for r in rows] == [r["id"] for r in table]
    assert run("search", "x", "--csv", "--json", path=small_kb).returncode == 2


def test_filters_leave_what_they_should(small_kb: Path) -> None:
    def ids(*args: str) -> set[str]:
        answer = json.loads(run("search", "CAR-T", "--json", *args, path=small_kb).stdout)
        return {h["id"][-1] for h in answer["hits"]}

    assert ids() == {"1", "2", "3", "4", "5"}
    assert ids("--status", "completed") == {"2"}
    assert ids("--country", "italy") == {"3"}
    assert ids("--since", "2020") == {"1", "2", "4", "5"}


def test_show_prints_spans_that_read_back(small_kb: Path) -> None:
    answer = json.loads(run("show", "NCT90000001", "--json", path=small_kb).stdout)
    texts = {s["name"]: s["text"] for s in answer["sections"]}
    assert answer["findings"]
    for f in answer["findings"]:
        assert texts[f["section"]][f["start"] : f["end"]] == f["quote"]
    assert "NCT90000001" in run("show", "nct90000001", path=small_kb).stdout


def test_doctor_finds_a_fresh_kb_well(small_kb: Path) -> None:
    done = run("doctor", path=small_kb)
    assert done.returncode == 0, done.stdout
    assert "BAD" not in done.stdout


def test_stats_counts(small_kb: Path) -> None:
    counts = json.loads(run("stats", "--json", path=small_kb).stdout)
    assert set(counts) == {"trials", "articles", "documents", "findings", "outcomes", "passages", "vectors"}
    assert counts["trials"] == 5


def test_control_characters_never_reach_a_terminal(tmp_path: Path) -> None:
    nasty = json.loads(json.dumps(STUDIES[0]))
    nasty["protocolSection"]["identificationModule"]["briefTitle"] = "CAR-T \x1b[31mred\x1b[0m \u202eevil"
    file, path = tmp_path / "x.json", tmp_path / "kb.sqlite"
    file.write_text(json.dumps(nasty))
    run("import", file, path=path)
    out = run("show", "NCT90000001", path=path).stdout
    assert "\x1b" not in out
    assert "\u202e" not in out
