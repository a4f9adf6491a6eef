"""Outcome cells: how many items of CSV exports are taken apart exactly right, and the learning of the weights.

    python bench/csv_split.py             held-out half of the API studies, and the real exports
    python bench/csv_split.py --learn     learn the weights anew (from the other half of the studies)

Items are made by the contract's rule (measure, description, time frame joined by ", ") from the API studies of
TRIALKB_SHARED/data/ctgov_v2; studies whose id hashes to an even number are learnt from, the others, and all that
stand in the real exports, are only measured.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import os
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from hashlib import sha1
from pathlib import Path

from trialkb.harvest import _outcome_items as items

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))
WEIGHTS = Path(items.__file__).with_name("outcome_items.tsv")
Item = tuple[str, str | None, str | None]


def studies() -> dict[str, list[Item]]:
    """Outcome items by study of the API records: (measure, description, time frame)."""
    out: dict[str, list[Item]] = {}
    for name in ("studies.jsonl.gz", "odd.jsonl.gz"):
        with gzip.open(SHARED / "data/ctgov_v2" / name, "rt", encoding="utf-8") as file:
            for line in file:
                protocol = json.loads(line)["protocolSection"]
                module = protocol.get("outcomesModule") or {}
                found = [
                    (clean(o["measure"]), clean(o.get("description")) or None, clean(o.get("timeFrame")) or None)
                    for key in ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes")
                    for o in module.get(key) or []
                    if clean(o.get("measure"))
                ]
                out[protocol["identificationModule"]["nctId"]] = found
    return out


def clean(text: str | None) -> str:
    from trialkb.text import unescape_markdown

    return unescape_markdown(text or "").strip()


@cache
def exported() -> frozenset[str]:
    """NCT numbers of the real exports."""
    files = (SHARED / "data/ctgov_csv").glob("*.*sv")
    return frozenset(n for f in files for n in re.findall(r"NCT\d{8}", f.read_text(encoding="utf-8")))


def learnt(nct: str) -> bool:
    return sha1(nct.encode()).digest()[0] % 2 == 0 and nct not in exported()


def joined(item: Item) -> str:
    return items.SEPARATOR.join(x for x in item if x)


def right(item: Item) -> bool:
    parts = items.split(joined(item))
    return (parts.measure, parts.description, parts.time_frame) == item


def examples(found: list[Item]) -> Iterator[tuple[list[list[str]], int]]:
    """For each of the two choices of an item: the features of all candidates, and which one is right."""
    for item in found:
        segments = joined(item).split(items.SEPARATOR)
        if len(segments) < 2:
            continue
        time = len(segments) - (item[2].count(items.SEPARATOR) + 1 if item[2] else 0)
        end = item[0].count(items.SEPARATOR) + 1
        for joints, right_one, features in (
            (list(items.time_joints(segments)), time, lambda j, s=segments: items.time_features(s, j)),
            (list(items.measure_joints(time)), end, lambda i, s=segments, t=time: items.measure_features(s, i, t)),
        ):
            if right_one in joints and len(joints) > 1:
                yield [features(j) for j in joints], joints.index(right_one)


def learn(found: list[Item], rounds: int = 12, rate: float = 0.25, decay: float = 2e-5) -> dict[str, float]:
    """Weights by stochastic gradient ascent on the log-likelihood of the right choice (seeded)."""
    data = list(examples(found))
    counts = Counter(f for candidates, _ in data for c in candidates for f in set(c))
    kept = {f for f, n in counts.items() if n >= 4}
    data = [([[f for f in c if f in kept] for c in candidates], n) for candidates, n in data]
    weight: dict[str, float] = defaultdict(float)
    total: dict[str, float] = defaultdict(float)
    order = random.Random(4)
    for step in range(rounds):
        order.shuffle(data)
        pace = rate / (1 + step)
        for candidates, n in data:
            scores = [sum(weight[f] for f in c) for c in candidates]
            top = max(scores)
            odds = [math.exp(s - top) for s in scores]
            whole = sum(odds)
            for k, c in enumerate(candidates):
                slope = (k == n) - odds[k] / whole
                if abs(slope) > 1e-4:
                    for f in c:
                        weight[f] += pace * (slope - decay * weight[f])
        for f, w in weight.items():
            total[f] += w
    return {f: w / rounds for f, w in total.items() if abs(w / rounds) >= 0.01}


def real() -> tuple[int, int, int]:
    """(items, right, left aside) of the real exports whose study is held in API form too.

    An item is left aside where the two snapshots do not hold the same words; `--aside` prints those, taken apart, for
    a person to judge.
    """
    api = studies()
    total = good = aside = 0
    csv.field_size_limit(1 << 24)
    for path in sorted((SHARED / "data/ctgov_csv").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                for role in ("Primary", "Secondary", "Other"):
                    cell = row.get(f"{role} Outcome Measures") or ""
                    held = {joined(i): i for i in api.get(row.get("NCT Number") or "", [])}
                    for printed in filter(None, cell.split("|")) if held else ():
                        if printed not in held:
                            aside += 1
                            if "--aside" in sys.argv:
                                print(items.split(clean(printed)))
                            continue
                        total += 1
                        good += right(held[printed])
    return total, good, aside


def main() -> None:
    held = studies()
    if "--learn" in sys.argv:
        weights = learn([i for nct, found in sorted(held.items()) if learnt(nct) for i in found])
        lines = (f"{f}\t{w:.3f}\n" for f, w in sorted(weights.items()) if "\t" not in f and "\n" not in f)
        WEIGHTS.write_text("".join(lines), encoding="utf-8")
        print(f"{len(weights):,} weights to {WEIGHTS.name}")
    items.weights.cache_clear()
    for name, chosen in (("learnt from", True), ("held out", False)):
        found = [i for nct, own in held.items() if learnt(nct) == chosen for i in own]
        piped = sum("|" in joined(i) for i in found)
        good = sum(map(right, found))
        print(f"{name}: {good:,} of {len(found):,} items exactly right ({good / len(found):.1%}); {piped} hold a |")
        if "--wrong" in sys.argv and not chosen:
            for item in random.Random(1).sample([i for i in found if not right(i)], 40):
                print("  ", item, "->", items.split(joined(item)))
    total, good, aside = real()
    print(f"real exports: {good} of {total} items exactly right ({good / max(total, 1):.1%}); {aside} differ in words")


if __name__ == "__main__":
    main()
