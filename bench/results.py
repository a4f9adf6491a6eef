"""Posted registry results: how many outcome measures map to a catalogued endpoint, oncology apart, and what does not.

    python bench/results.py [--top N]

Reads the full studies of TRIALKB_SHARED/data/ctgov_v2. A measure is mapped where at least one of its numbers became an
outcome with a catalogued endpoint (OTHER_* is unmapped); measures posted without numbers are counted apart.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from trialkb.extract import adverse_events, results
from trialkb.extract._registry_words import oncology
from trialkb.harvest.ctgov import study
from trialkb.records import Document, Outcome
from trialkb.validate import check

DATA = Path(os.environ.get("TRIALKB_SHARED", "../shared")) / "data"


def posted() -> Iterator[Document]:
    with gzip.open(DATA / "ctgov_v2/studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if '"resultsSection"' in line and (document := study(json.loads(line))).trial:
                yield document


def enrolled(document: Document) -> int | None:
    trial = document.trial
    return trial.enrollment if trial and trial.enrollment_type == "ACTUAL" else None


def report(name: str, documents: list[Document], read: dict[str, tuple[Outcome, ...]], top: int) -> None:
    measures = [(d, m) for d in documents if d.trial for m in d.trial.results]
    with_numbers = [(d, m) for d, m in measures if m.measurements]
    mapped = {(o.document, o.evidence.section) for d in documents for o in read[d.id] if "OTHER_" not in o.endpoint}
    told = sum((d.id, m.section) in mapped for d, m in with_numbers)
    outcomes = [o for d in documents for o in read[d.id]]
    print(
        f"{name}: {len(documents)} studies, {len(measures)} measures, {len(measures) - len(with_numbers)} without numbers"
    )
    print(f"  mapped {told} of {len(with_numbers)} with numbers ({100 * told / len(with_numbers):.1f} %)")
    print("  outcomes:", dict(Counter(o.endpoint for o in outcomes).most_common()))
    print("  states:", dict(Counter(o.value_status for o in outcomes)))
    print("  flags:", dict(Counter(f for o in outcomes for f in o.flags).most_common()))
    missing = Counter(m.title[:110] for d, m in with_numbers if (d.id, m.section) not in mapped)
    for title, count in missing.most_common(top):
        print(f"  unmapped {count:3} {title}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--top", type=int, default=25)
    top = parser.parse_args().top
    documents = list(posted())
    start = time.process_time()
    read = {d.id: check(results.find(d), enrolled(d)) for d in documents}
    took = time.process_time() - start
    events = [o for d in documents for o in adverse_events.find(d)]
    cancer = [d for d in documents if d.trial and oncology(d.trial)]
    report("oncology", cancer, read, top)
    report("all", documents, read, top)
    print(f"adverse events: {len(events)} counts; {dict(Counter(o.endpoint for o in events).most_common())}")
    print(f"{sum(map(len, read.values()))} outcomes in {took:.1f} CPU s")


if __name__ == "__main__":
    main()
