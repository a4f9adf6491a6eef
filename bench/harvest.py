"""Harvest: records parsed and stored a second beside plain peers, and whether memory stays flat.

    python bench/harvest.py               all figures as one JSON object (some five minutes)
    python bench/harvest.py --only memory --records 10000     (default 100,000: half an hour, 6 GB of disk)

PubMed XML: the real articles of TRIALKB_SHARED (default ../shared), each file parsed by `pubmed.parse` and by
biopython's Entrez.read. ClinicalTrials.gov: the real full studies, by `ctgov.parse` and by json.loads alone. Stored:
the same through `trialkb import`, once (all new) and again (nothing new). Memory: one file of the real full studies and
one of the real articles with their reference lists, each repeated under numbers of its own; imported by a process of
its own, whose peak is taken at a tenth and at the end, and parsed only.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared")) / "data"
_PMID = re.compile(rb"(<PMID[^>]*>)\d+(</PMID>)")
_DOI = re.compile(rb'(<(?:ArticleId IdType|ELocationID EIdType)="doi"[^>]*>[^<]*)(</)')
_OWN = re.compile(rb'"nctId": ?"(NCT\d{8})"')
_WATCHED = """
import re, sys
from pathlib import Path
from trialkb import kb, parts, pipeline, reading
marks = []
def tick(n):  # VmHWM is of this program; ru_maxrss would count what its parent held when it was started
    done = marks[-1][0] + n if marks else n
    if len(marks) > 1 and marks[-1][0] // 1000 == marks[-2][0] // 1000:
        marks.pop()  # one mark a thousand records: a list of all would be what grows
    marks.append((done, int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])))
if sys.argv[2] == "parse":
    with reading.opened(Path(sys.argv[1])) as stream:
        module, _ = reading.detect(reading.peek(stream), sys.argv[1])
        for record in reading.records(module, stream, ""):
            tick(sum(1 for _ in module.parse(record)))
else:
    with kb.writing(Path(sys.argv[2])) as db:
        pipeline.read_file(db, Path(sys.argv[1]), tick=tick)
print([m for m in marks if m[0] >= marks[-1][0] / 10][0], marks[-1])
"""


def rate(work: Callable[[], int], least: float = 3.0) -> float:
    """Records a CPU second, of as many rounds as fill the least time."""
    count, start = 0, time.process_time()
    while (spent := time.process_time() - start) < least:
        count += work()
    return round(count / spent, 1)


def articles() -> list[bytes]:
    return [p.read_bytes() for p in sorted((SHARED / "pubmed_xml").rglob("*.xml"))]


def pubmed_rates(files: list[bytes]) -> dict[str, float]:
    from Bio import Entrez

    from trialkb.harvest import pubmed

    def theirs() -> int:
        return sum(len(Entrez.read(io.BytesIO(f), validate=False)["PubmedArticle"]) for f in files)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = rate(theirs)
    return {"trialkb": rate(lambda: sum(1 for f in files for _ in pubmed.parse(f))), "biopython": peer}


def ctgov_rates(count: int = 400) -> dict[str, float]:
    from trialkb.harvest import ctgov

    with gzip.open(SHARED / "ctgov_v2" / "studies.jsonl.gz") as lines:
        studies = [line for line, _ in zip(lines, range(count), strict=False)]
    return {
        "trialkb": rate(lambda: sum(1 for s in studies for _ in ctgov.parse(s))),
        "json.loads": rate(lambda: len([json.loads(s) for s in studies])),
    }


def many(files: list[bytes], count: int) -> Iterator[bytes]:
    """A bulk file with the real articles, reference lists and all, repeated, each under a PMID and DOI of its own."""
    records = [m for f in files for m in re.findall(rb"<PubmedArticle>.*?</PubmedArticle>", f, re.DOTALL)]
    yield b'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'
    for n in range(count):
        own = _PMID.sub(rb"\g<1>%d\g<2>" % (50_000_000 + n), records[n % len(records)], count=1)
        yield _DOI.sub(rb"\g<1>-%d\g<2>" % n, own) + b"\n"
    yield b"</PubmedArticleSet>\n"


def many_studies(count: int) -> Iterator[bytes]:
    """JSON lines with the real full studies repeated, each under an NCT number of its own wherever it names itself."""
    with gzip.open(SHARED / "ctgov_v2" / "studies.jsonl.gz") as lines:
        studies = [(line, m[1]) for line in lines if (m := _OWN.search(line))]
    for n in range(count):
        line, own = studies[n % len(studies)]
        yield line.replace(own, b"NCT%08d" % (90_000_000 + n))


def stored(folder: Path, files: list[bytes], count: int = 2_000) -> dict[str, Any]:
    """Records imported a CPU second, all new and then none; of full studies and of full articles."""
    from trialkb import kb, pipeline

    found: dict[str, Any] = {}
    for name, records in (("studies.jsonl", many_studies(count)), ("pubmed26n0001.xml", many(files, count))):
        (folder / name).write_bytes(b"".join(records))
        figures: dict[str, Any] = {"records": count}
        with kb.writing(folder / f"{name}.sqlite") as db:
            for state in ("new", "unchanged"):
                start = time.process_time()
                _, counts = pipeline.read_file(db, folder / name)
                figures[f"{state} a CPU second"] = round(count / (time.process_time() - start), 1)
                assert counts.by_state[state] == count, counts
        figures["kb MB"] = round((folder / f"{name}.sqlite").stat().st_size / 1e6, 1)
        found[name] = figures
    return found


def memory(file: Path, *, parse: bool = False) -> dict[str, Any]:
    """Peak memory of an import (or of parsing alone) at a tenth of the file and at its end. Linux only."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        kb = Path(folder) / "kb.sqlite"
        start, before = time.monotonic(), os.times()
        command = [sys.executable, "-c", _WATCHED, str(file), "parse" if parse else str(kb)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        after = os.times()
        (some, early), (every, late) = (map(int, pair) for pair in re.findall(r"\((\d+), (\d+)\)", out))
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        size = {} if parse else {"kb MB": round(kb.stat().st_size / 1e6)}
    return {
        "records": every, "peak MB at": {str(some): round(early / 1024, 1), str(every): round(late / 1024, 1)},
        "a CPU second": round(every / spent, 1), "wall seconds": round(time.monotonic() - start), **size,
    }  # fmt: skip


def memories(folder: Path, files: list[bytes], count: int) -> dict[str, Any]:
    """Peak memory over many full studies and over many full articles."""
    found = {}
    for name, records in (("studies.jsonl.gz", many_studies(count)), ("pubmed26n0001.xml.gz", many(files, count))):
        with gzip.open(folder / name, "wb", compresslevel=1) as out:
            out.writelines(records)
        found[f"{name} parsed only"] = memory(folder / name, parse=True)
        found[f"{name} imported"] = memory(folder / name)
        (folder / name).unlink()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--only", choices=("rates", "stored", "memory"))
    asked = parser.parse_args()
    files = articles()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        if asked.only in (None, "rates"):
            found["PubMed XML parsed, articles a CPU second"] = pubmed_rates(files)
            found["ClinicalTrials.gov parsed, full studies a CPU second"] = ctgov_rates()
        if asked.only in (None, "stored"):
            found["stored"] = stored(Path(folder), files)
        if asked.only in (None, "memory"):
            found["memory"] = memories(Path(folder), files, asked.records)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
