"""Confidence of the text rules: precision of each on the development set, and precision against coverage.

    python bench/confidence.py             prints the table and the curve, draws bench/confidence.svg
    python bench/confidence.py --set-aside  precision by confidence on the documents set aside (run it once, at the end)
    python bench/confidence.py --write     also renews the rows of the text rules in trialkb/confidence.tsv

The documents whose id hashes to 0 modulo 5 are set aside for measuring the rules and are not counted here. A curve
point keeps the outcomes whose confidence is at least a threshold, where the confidence of an outcome is taken from
the four fifths of the documents that its own is not in. A hit is a match of score.py (endpoint, statistic, value or n,
unit, status). The rules were written on these documents, so that the figures are what the rules do at their best;
`--set-aside` says how well they hold.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
from collections import defaultdict
from hashlib import sha1
from pathlib import Path
from types import ModuleType
from typing import Any

from trialkb.confidence import FEW, Measured, keys, measured, table
from trialkb.flat import extract_line

GOLD = Path(os.environ.get("TRIALKB_SHARED", "../shared")) / "gold"
HERE = Path(__file__).parent
TSV = HERE.parent / "trialkb" / "confidence.tsv"
Judged = tuple[int, str, str, bool]  # fold, rule, endpoint, hit
FOLDS = 5


def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", GOLD / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def set_aside(doc_id: str) -> bool:
    return int(sha1(doc_id.encode()).hexdigest(), 16) % 5 == 0


def judge(aside: bool = False) -> tuple[list[Judged], int]:
    """Every outcome that the rules give on the development set with its verdict, and the number of gold outcomes."""
    score = scorer()
    judged: list[Judged] = []
    wanted = 0
    for line in (GOLD / "dev.jsonl").read_text(encoding="utf-8").splitlines():
        doc = json.loads(line)
        if set_aside(doc["doc_id"]) is not aside:
            continue
        given = {k: doc[k] for k in ("doc_id", "title", "text", "lang", "kind") if k in doc}
        told: list[dict[str, Any]] = extract_line(given)["outcomes"]
        missed = score.match(doc["outcomes"], told)[4]
        wrong = {id(o) for o in missed}
        wanted += len(doc["outcomes"])
        fold = int(sha1(f"fold {doc['doc_id']}".encode()).hexdigest(), 16) % FOLDS
        judged += [(fold, o["rule"], o["endpoint"], id(o) not in wrong) for o in told]
    return judged, wanted


def by_rule(judged: list[Judged]) -> dict[str, Measured]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for _, rule, endpoint, hit in judged:
        for name in keys(rule, endpoint):
            counts[name][0] += hit
            counts[name][1] += 1
    return {
        rule: Measured(hits, tries, "development set, on which the rules were written")
        for rule, (hits, tries) in sorted(counts.items())
    }


def curve(judged: list[Judged], wanted: int) -> list[tuple[float, float, float, int]]:
    """(threshold, precision, coverage of the gold outcomes, outcomes kept); confidence from the other folds."""
    rated = []
    for fold in range(FOLDS):
        others = by_rule([j for j in judged if j[0] != fold])
        for _, rule, endpoint, hit in (j for j in judged if j[0] == fold):
            own, family = (others.get(key, Measured(0, 0)) for key in keys(rule, endpoint))
            rated.append(((own if own.tries >= FEW else family).mean, hit))
    points = []
    for threshold in sorted({confidence for confidence, _ in rated}):
        kept = [hit for confidence, hit in rated if confidence >= threshold]
        points.append((threshold, sum(kept) / len(kept), sum(kept) / wanted, len(kept)))
    return points


def held(judged: list[Judged]) -> None:
    """Precision of the outcomes set aside, by the confidence that confidence.tsv gives them."""
    bands: dict[str, list[bool]] = defaultdict(list)
    for _, rule, endpoint, hit in judged:
        known = measured(rule, endpoint)
        bands["not measured" if known is None else f"{int(known.mean * 10) / 10:.1f} and more"].append(hit)
    for band, hits in sorted(bands.items()):
        print(f"confidence {band:14} {sum(hits):4} of {len(hits):4} right ({sum(hits) / len(hits):.3f})")


def draw(points: list[tuple[float, float, float, int]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "trialkb"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4))
    axes.plot([p[2] for p in points], [p[1] for p in points], marker="o", markersize=3)
    for threshold, precision, coverage, _ in (points[0], points[len(points) // 2], points[-1]):
        axes.annotate(f"≥ {threshold:.2f}", (coverage, precision), textcoords="offset points", xytext=(-12, -14))
    axes.set(xlabel="coverage of the gold outcomes", ylabel="precision", xlim=(0, 1), ylim=(0.5, 1.02))
    axes.set_title("Text rules, on the documents that they were written on", fontsize=10)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def write(rules: dict[str, Measured]) -> None:
    """Renew the rows of the text rules; rows measured otherwise stay."""
    kept = {rule: m for rule, m in table().items() if not rule.startswith("text.")}
    rows = [f"{rule}\t{m.hits}\t{m.tries}\t{m.how}" for rule, m in sorted({**kept, **rules}.items())]
    TSV.write_text("\n".join(["rule\thits\ttries\thow", *rows]) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--set-aside", action="store_true")
    given = parser.parse_args()
    if given.set_aside:
        held(judge(aside=True)[0])
        return
    judged, wanted = judge()
    rules = by_rule(judged)
    for rule, m in sorted(rules.items(), key=lambda item: -item[1].tries):
        print(f"{rule:40} {m.hits:4} of {m.tries:4}  {m.mean:.3f}")
    points = curve(judged, wanted)
    for threshold, precision, coverage, kept in points:
        print(f"confidence >= {threshold:.3f}: precision {precision:.3f}, coverage {coverage:.3f}, kept {kept}")
    draw(points, HERE / "confidence.svg")
    if given.write:
        write(rules)


if __name__ == "__main__":
    main()
