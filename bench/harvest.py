"""Harvest: records parsed and stored a second beside plain peers, and whether memory stays flat.

    python bench/harvest.py               all figures as one JSON object (some five minutes)
    python bench/harvest.py --records N   of so many PubMed records in the memory test (default 100,000)

PubMed XML: the real articles of TRIALKB_SHARED (default ../shared), each file parsed by `pubmed.parse` and by
biopython's Entrez.read. ClinicalTrials.gov: the real full studies, by `ctgov.parse` and by json.loads alone. Stored:
the same through `trialkb import`, once (all new) and again (nothing new). Memory: one file with the real articles,
their reference lists left out, repeated under numbers of their own; imported by a process of its own, its peak is taken
at a tenth and at the end, and parsed only.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import re
import resource
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
_WATCHED = """
import resource, sys
from pathlib import Path
from trialkb import kb, pipeline
seen, marks = 0, []
def tick(n):
    global seen
    seen += n
    marks.append((seen, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
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


def many(files: list[bytes], count: int, *, slim: bool) -> Iterator[bytes]:
    """A bulk file with the real articles repeated, each under a PMID of its own; slim: without reference lists."""
    records = [m for f in files for m in re.findall(rb"<PubmedArticle>.*?</PubmedArticle>", f, re.DOTALL)]
    records = (
        [re.sub(rb"<ReferenceList>.*</ReferenceList>", b"", r, flags=re.DOTALL) for r in records] if slim else records
    )
    yield b'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'
    for n in range(count):
        yield _PMID.sub(rb"\g<1>%d\g<2>" % (50_000_000 + n), records[n % len(records)], count=1) + b"\n"
    yield b"</PubmedArticleSet>\n"


def stored(file: Path, count: int) -> dict[str, Any]:
    """Wall seconds to import a file twice."""
    from trialkb import kb, pipeline

    found: dict[str, Any] = {"records": count}
    with tempfile.TemporaryDirectory() as folder, kb.writing(Path(folder) / "kb.sqlite") as db:
        for name in ("new", "unchanged"):
            start = time.process_time()
            _, counts = pipeline.read_file(db, file)
            found[f"{name} a CPU second"] = round(count / (time.process_time() - start), 1)
            assert counts.by_state[name] == count, counts
        found["kb MB"] = round((Path(folder) / "kb.sqlite").stat().st_size / 1e6, 1)
    return found


def memory(file: Path) -> dict[str, Any]:
    """Peak memory of an import at a tenth of the file and at its end."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _WATCHED, str(file), str(Path(folder) / "kb.sqlite")]
        start = time.monotonic()
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        (some, early), (every, late) = (map(int, pair) for pair in re.findall(r"\((\d+), (\d+)\)", out))
    mb = 1024 if sys.platform != "darwin" else 1024 * 1024
    return {
        "records": every, "peak MB at": {str(some): round(early / mb, 1), str(every): round(late / mb, 1)},
        "wall seconds": round(time.monotonic() - start),
    }  # fmt: skip


def split_only(file: Path) -> dict[str, Any]:
    """Parsing alone over the whole file, streaming: rate and peak memory of this process so far."""
    from trialkb.harvest import pubmed

    start = time.process_time()
    with gzip.open(file) as stream:
        count = sum(1 for r in pubmed.split(stream, file.name) for _ in pubmed.parse(r))  # type: ignore[arg-type]
    spent = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"records": count, "a CPU second": round(count / spent, 1), "peak MB": round(peak, 1)}


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
        for name, count in (("stored", 5_000), ("memory", asked.records)):
            if asked.only in (None, name):
                file = Path(folder) / f"{name}26n0001.xml.gz"
                with gzip.open(file, "wb", compresslevel=1) as out:
                    out.writelines(many(files, count, slim=name == "memory"))
                found[name] = stored(file, count) if name == "stored" else memory(file)
                if name == "memory":
                    found["parsed only, streaming"] = split_only(file)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
