"""Fuzz of the outcome rules: no text, however made, may take them long, break them or lead them out of the text.

    python bench/fuzz.py --minutes 10 [--limit 2] [--seed 0] [--keep FILE]

Texts are made from the trial texts and gold documents of TRIALKB_SHARED (../shared) where it is there, and from own
pieces: cut, shuffled, glued, repeated, with digits, brackets, signs, blanks, Han and Latin letters put in or taken out.
A text counts as slow when it takes more CPU seconds than the limit; every outcome's spans are read back and must lie in
the text, endpoint inside sentence or section. Exit code 1 where a text was slow, raised, or gave a span outside it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from trialkb import flat, parts

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))
LONGEST = 20_000
SHOWN = 20
PIECES = (
    "ORR was 38.8% (38/98; 95% CI 29.1-49.2)", "median PFS 4.4 months", "grade 3 or higher CRS", "no DLT was observed",
    "(n = 12)", "vs.", "respectively", ", and ", "; ", "1/2/3", "≥3", "p < 0.001", "HR 0.37 (95% CI 0.24-0.56)", "[1-3, 5]",
    "客观缓解率为38.8%（38/98）", "试验组和对照组分别为", "其中", "均未发生", "≥3级", "未达到", "12例患者中", "、", "；", "±",
    "<sup>6</sup>", "$8 3 \\% ^ { [ 3 ] }$", "10⁷", "2.5 × 10^8 cells/kg", "NCT01234567", "https://a.b/c", "not reached",
    "arm A", "dose level 2", "cohort", "patients", "of", "the", "(", ")", "[", "]", "%", "$", "{", "}", "\\", "-", "~", "\n",
    "\u200b", "\u202e", "\ufeff", "\ud800", "\x00", "𝟛𝟠", "①", "Ⅲ", "½", "é", "０．５％", "'", '"', "*", "**", "|", "&lt;",
)  # fmt: skip
ALPHABET = "0123456789.,%()[]/-–~≥<>=±×^ \n\taeinorstACRPS患者例级组率为的，。；、（）"


def corpus() -> list[str]:
    """Real texts to start from, and the pieces alone where there are none."""
    found = [" ".join(PIECES)]
    for path in (SHARED / "gold").glob("*.jsonl") if SHARED.exists() else ():
        for line in path.read_text(encoding="utf-8").splitlines():
            found.append(str(json.loads(line).get("text") or ""))
    archive = SHARED / "data" / "trial_texts" / "oncology_20k.jsonl.gz"
    if archive.exists():
        with gzip.open(archive, "rt", encoding="utf-8") as lines:
            for i, line in enumerate(lines):
                if i % 10 == 0:
                    row = json.loads(line)
                    found.append("\n".join(str(v) for v in row.values() if isinstance(v, str)))
    return [text for text in found if text]


def cut(rng: random.Random, text: str, texts: list[str]) -> str:
    a, b = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
    return text[a:b]


def shuffled(rng: random.Random, text: str, texts: list[str]) -> str:
    words = text.split(rng.choice([" ", ".", "，", "。", ",", "("]))
    rng.shuffle(words)
    return rng.choice([" ", "", ", ", "; ", "、"]).join(words)


def glued(rng: random.Random, text: str, texts: list[str]) -> str:
    other = rng.choice(texts)
    at = rng.randrange(len(text) + 1)
    return text[:at] + other[: rng.randrange(400)] + text[at:]


def repeated(rng: random.Random, text: str, texts: list[str]) -> str:
    piece = rng.choice([rng.choice(PIECES), text[: rng.randrange(1, 60)], rng.choice(ALPHABET), rng.choice(PIECES) * 2])
    return (piece + rng.choice(["", " ", ",", "、"])) * rng.randrange(2, 1 + LONGEST // max(1, len(piece) + 1))


def sprinkled(rng: random.Random, text: str, texts: list[str]) -> str:
    out = list(text[:6000])
    for _ in range(rng.randrange(1, 200)):
        at = rng.randrange(len(out) + 1)
        if rng.random() < 0.6:
            out.insert(at, rng.choice([rng.choice(PIECES), rng.choice(ALPHABET)]))
        elif out:
            del out[min(at, len(out) - 1)]
    return "".join(out)


def noise(rng: random.Random, text: str, texts: list[str]) -> str:
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(1, 6000)))


def mosaic(rng: random.Random, text: str, texts: list[str]) -> str:
    return rng.choice(["", " "]).join(rng.choice(PIECES) for _ in range(rng.randrange(1, 800)))


def unspaced(rng: random.Random, text: str, texts: list[str]) -> str:
    return text.replace(" ", "")[:LONGEST]


MAKERS: tuple[Callable[[random.Random, str, list[str]], str], ...] = (
    cut, shuffled, glued, repeated, sprinkled, noise, mosaic, unspaced,
)  # fmt: skip


def made(rng: random.Random, texts: list[str]) -> Iterator[tuple[str, str]]:
    """(how, text) without end."""
    while True:
        text, names = rng.choice(texts), []
        for maker in rng.choices(MAKERS, k=rng.choice([1, 1, 2, 3])):
            text = maker(rng, text, texts)[:LONGEST] or rng.choice(PIECES)
            names.append(maker.__name__)
        yield "+".join(names), text


def fault(text: str, kind: str) -> str | None:
    """What is wrong with the answer to a text: None, or the error or span that shows it."""
    line = {"doc_id": "fuzz", "text": text, "kind": kind}
    document = flat.document(line)
    body = document.section("body")
    assert body is not None
    for name in ("outcomes", "safety"):
        for o in parts.load("extract", name).find(document):
            e = o.evidence
            spans = [e.value_span, e.endpoint_span, e.sentence_span, *((a, b) for _, a, b in e.details)]
            for a, b in [*spans, *([e.arm_span] if e.arm_span else [])]:
                if not 0 <= a < b <= len(body.text):
                    return f"span {a}:{b} of {len(body.text)} characters ({o.rule})"
    return None


def stopped(signum: int, frame: FrameType | None) -> None:
    raise TimeoutError("stopped after a minute")


def main() -> int:
    ask = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    ask.add_argument("--minutes", type=float, default=10.0)
    ask.add_argument("--limit", type=float, default=2.0, help="CPU seconds a text may take")
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--keep", type=Path, help="where texts at fault are written, a JSON line each")
    given = ask.parse_args()
    rng, texts = random.Random(given.seed), corpus()
    signal.signal(signal.SIGALRM, stopped)
    fault("warm up: ORR was 40%.", "abstract")
    end = time.monotonic() + 60 * given.minutes
    slowest, count, faults, how_many = (0.0, ""), 0, 0, Counter[str]()
    for how, text in made(rng, texts):
        if time.monotonic() > end:
            break
        start = time.process_time()
        signal.alarm(60)
        try:
            wrong = fault(text, rng.choice(["abstract", "review"]))
        except Exception as error:  # noqa: BLE001 whatever a text brings about is what is looked for here
            wrong = f"{type(error).__name__}: {error}"
        signal.alarm(0)
        spent = time.process_time() - start
        slowest = max(slowest, (spent, f"{how}, {len(text)} characters"))
        count += 1
        how_many.update(how.split("+"))
        if wrong or spent > given.limit:
            faults += 1
            if faults <= SHOWN:
                print(f"{spent:.2f} s  {how}  {len(text)} characters  {wrong or 'slow'}", file=sys.stderr, flush=True)
            if given.keep:
                with given.keep.open("a", encoding="utf-8") as out:
                    out.write(json.dumps({"how": how, "seconds": round(spent, 2), "fault": wrong, "text": text}) + "\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{count} texts in {given.minutes:g} minutes, seed {given.seed}, from {len(texts)} texts: {dict(how_many)}")
    print(
        f"slowest {slowest[0]:.2f} CPU s ({slowest[1]}); limit {given.limit:g} s; peak memory {peak} MB; faults {faults}"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
