"""Design helpers: Simon two-stage and exact single-stage sizes from a pooled null, and how a trial stands among its peers.

`trialkb design --p0 0.1 --p1 0.3`; `trialkb design --target CLDN18.2 --p0 pooled --p1 0.5` (the null is the benchmark's
pooled value, the end of its interval or a quantile of its studies); `trialkb design --like NCT...` (sizes, dose levels,
DLT windows and eligibility thresholds of comparable trials, each peer listed).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from trialkb.errors import BadInput

from . import _peers, _request, bench
from ._bench_cells import UNITS
from ._peers import Fact, Limit
from ._simon import SingleStage, TwoStage

NULLS = ("pooled", "low", "high", "pi-low", "pi-high")
OPTIONS: tuple[click.Parameter, ...] = (
    click.Option(
        ["--p0"],
        help="The share not worth it: a number, or pooled, low, high, pi-low, pi-high, q25 of a benchmark.",
    ),
    click.Option(["--p1"], type=float, help="The share worth it."),
    click.Option(["--alpha"], type=float, default=0.05, show_default=True, help="One-sided error."),
    click.Option(["--beta"], type=float, default=0.2, show_default=True, help="1 - power."),
    click.Option(["--like"], help="A trial id: how it stands among comparable trials."),
    *_request.OPTIONS,
)


@dataclass(frozen=True, slots=True)
class Answer:
    p0: float | None = None
    p0_from: str | None = None
    p1: float | None = None
    designs: tuple[TwoStage | SingleStage, ...] = ()
    like: str | None = None
    peers: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    sizes: tuple[Fact, ...] = ()
    windows: tuple[Fact, ...] = ()
    doses: Mapping[str, list[tuple[str, Fact]]] | None = None
    limits: tuple[Limit, ...] = ()
    criteria: frozenset[str] = frozenset()  # of the trial and its peers, those whose criteria are held
    notes: tuple[str, ...] = ()


def run(
    db: sqlite3.Connection,
    p0: str | None = None,
    p1: float | None = None,
    alpha: float = 0.05,
    beta: float = 0.2,
    like: str | None = None,
    **options: Any,
) -> Answer:
    """Sizes or a comparison. Raises BadInput for impossible rates, an unknown trial or a null that nothing gives."""
    if like:
        return _like(db, like)
    if p0 is None or p1 is None:
        raise BadInput("expected --p0 and --p1 (e.g. --p0 0.1 --p1 0.3), or --like NCT...; found neither")
    from ._simon import single_stage, two_stage

    null, source, notes = _null(db, p0, options)
    try:
        designs = (*two_stage(null, p1, alpha, beta), single_stage(null, p1, alpha, beta))
    except ValueError as e:
        raise BadInput(str(e)) from e
    return Answer(null, source, p1, designs, notes=notes)


def _null(db: sqlite3.Connection, words: str, options: Mapping[str, Any]) -> tuple[float, str, tuple[str, ...]]:
    """The null rate, where it comes from, and what must be known of it."""
    if words not in NULLS and not words.startswith("q"):
        try:
            return float(words), "given", ()
        except ValueError:
            raise BadInput(f"--p0 {words!r} is not known; expected a number, {', '.join(NULLS)} or q25") from None
    answer = bench.finish(bench.ask(db, _request.read(options)), {})
    p = answer.pooled
    if p is None or p.estimate is None:
        raise BadInput(f"no pooled value to take --p0 {words} from: {answer.why_none}")
    if words.startswith("q"):
        value: float | None = _quantile(answer, words)
    else:
        value = {"pooled": p.estimate, "low": p.low, "high": p.high, "pi-low": p.pi_low, "pi-high": p.pi_high}[words]
    if value is None:
        raise BadInput(f"the benchmark has no {words}: {'; '.join(p.notes)}")
    rounded = round(value, 2)
    said = f"{words} of the benchmark {answer.request.words()} = {value:.4f}, rounded to {rounded:g} (k = {p.k}, n = {p.n})"
    return rounded, said, answer.notes


def _quantile(answer: bench.Answer, words: str) -> float:
    """q25, q50 ...: a quantile of the studies' shares."""
    try:
        q = float(words[1:]) / 100
    except ValueError:
        raise BadInput(f"--p0 {words!r} is not known; expected q25, q50, q75 ...") from None
    if not 0 <= q <= 1:
        raise BadInput(f"--p0 {words!r}: a quantile lies between q0 and q100")
    shares = sorted(s.count.events / s.count.total for s in answer.used if s.count)
    place = q * (len(shares) - 1)
    low = int(place)
    high = min(low + 1, len(shares) - 1)
    return shares[low] + (shares[high] - shares[low]) * (place - low)


def _like(db: sqlite3.Connection, like: str) -> Answer:
    row = db.execute("SELECT id FROM document WHERE id IN (?, ?) AND kind = 'trial'", (like, like.upper())).fetchone()
    if row is None:
        raise BadInput(f"no trial {like!r} in this knowledge base; 'trialkb search' finds ids")
    trial = row[0]
    found = _peers.peers(db, trial)
    every = [trial, *found.ids]
    criteria = _peers.with_criteria(db, every)
    notes = tuple(n for n in (found.note, *_gaps(trial, found.ids, criteria)) if n)
    return Answer(
        like=trial,
        peers=found.ids,
        shared=found.shared,
        sizes=tuple(_peers.enrolments(db, every)),
        windows=tuple(_peers.windows(db, every)),
        doses=_peers.doses(db, every),
        limits=tuple(_peers.limits(db, trial, found.ids)),
        criteria=criteria,
        notes=notes,
    )


def _gaps(trial: str, peers: Sequence[str], criteria: frozenset[str]) -> Iterator[str]:
    """What is not held, so that its absence below says nothing."""
    if not peers:
        yield "no peer is held"
        return
    if trial not in criteria:
        yield f"the eligibility criteria of {trial} are not held; its thresholds are unknown, not absent"
    held = len(criteria - {trial})
    if held < len(peers):
        yield f"the eligibility criteria of {held} of {len(peers)} peers are held"


# -- views ---------------------------------------------------------------------------------------------------------


def text(a: Answer) -> Iterator[str]:
    yield from _sizes(a) if a.designs else _comparison(a)


def _sizes(a: Answer) -> Iterator[str]:
    yield f"p0 = {a.p0:g} ({a.p0_from}), p1 = {a.p1:g}"
    for d in a.designs:
        if isinstance(d, TwoStage):
            yield (
                f"Simon {d.kind}: stop after {d.n1} patients with {d.r1} or fewer responses; not worthwhile with {d.r} or fewer "
                f"of {d.n}. Expected size {d.en:.2f}, early stop {100 * d.pet:.1f}% if p0 is true; alpha {d.alpha:.4f}, "
                f"power {d.power:.4f}"
            )
        else:
            yield f"Single stage: worthwhile with more than {d.r} of {d.n}; alpha {d.alpha:.4f}, power {d.power:.4f}"


def _comparison(a: Answer) -> Iterator[str]:
    yield f"{a.like} among {len(a.peers)} trials that share its {', '.join(a.shared) or 'nothing'}"
    if not a.peers:
        return
    yield from _spread("Patients planned", a.like, a.sizes, "")
    yield from _spread("DLT window", a.like, a.windows, " days")
    for id, levels in sorted((a.doses or {}).items(), key=lambda x: x[0] != a.like):
        mark = "*" if id == a.like else " "
        one_unit = len({v.partition(" ")[2] for v, _ in levels}) == 1
        pairs = zip(levels, levels[1:], strict=False) if one_unit else ()
        steps = [b.value / x.value for (_, x), (_, b) in pairs if x.value]
        ratio = f" (steps x{', x'.join(f'{s:.3g}' for s in steps)})" if steps else ""
        yield f"{mark} dose levels {id}: {', '.join(v for v, _ in levels)}{ratio}"
    for limit in a.limits:
        yield ""
        yield verdict(limit, a.like, a.like in a.criteria)
        yield from (
            f"    {p.trial}: {p.value:.4g} “{' '.join(p.words.split())}” [{p.section} {p.start}:{p.end}]"
            for p in _sorted(limit)
        )


def _sorted(limit: Limit) -> list[Fact]:
    return sorted(limit.peers, key=lambda p: (p.value, p.trial))


def verdict(limit: Limit, trial: str | None, held: bool = True) -> str:
    """One line on a threshold: looser or stricter than how many peers; `held`: whether the trial's criteria are known."""
    sign = ">=" if limit.side == "min" else "<="
    unit = f" {UNITS.get(limit.unit, limit.unit)}" if limit.unit else ""
    n = len(limit.peers)
    peers = f"{n} peer{'' if n == 1 else 's'}"
    if limit.own is None:
        low, _, middle, _, high = _peers.spread([p.value for p in limit.peers])
        own = "not asked by" if held else "not known of"
        asked = f"{low:.4g} to {high:.4g}{unit} (median {middle:.4g})"
        return f"{limit.measure} {sign}: {own} {trial}; {peers} ask for {asked}"
    same = n - limit.looser - limit.stricter
    return (
        f"{limit.measure} {sign} {limit.own.value:g}{unit} is looser than {limit.looser} of {peers}, stricter than "
        f"{limit.stricter}, equal to {same}"
    )


def _spread(name: str, trial: str | None, facts: tuple[Fact, ...], unit: str) -> Iterator[str]:
    own = next((f for f in facts if f.trial == trial), None)
    others = [f for f in facts if f.trial != trial]
    if not others:
        return
    low, q1, middle, q3, high = _peers.spread([f.value for f in others])
    mine = f"own {own.value:g}{unit}; " if own else "own not stated; "
    yield f"{name}: {mine}{len(others)} peers {low:g} to {high:g}{unit}, median {middle:g}, quartiles {q1:g} and {q3:g}"
    yield "    " + ", ".join(f"{f.trial} {f.value:g}" for f in sorted(others, key=lambda f: (f.value, f.trial)))


def rows(a: Answer) -> Iterator[Mapping[str, Any]]:
    """One row a design, or one a trial and measure."""
    for d in a.designs:
        if isinstance(d, TwoStage):
            yield {"design": f"Simon {d.kind}", "r1": d.r1, "n1": d.n1, "r": d.r, "n": d.n, "en": d.en, "pet": d.pet,
                   "alpha": d.alpha, "power": d.power}  # fmt: skip
        else:
            yield {"design": "single stage", "r": d.r, "n": d.n, "alpha": d.alpha, "power": d.power}
    for name, facts in (("patients", a.sizes), ("DLT window, days", a.windows)):
        yield from (_row(name, f, a.like) for f in facts)
    for levels in (a.doses or {}).values():
        yield from (_row("dose level", f, a.like) | {"unit": v} for v, f in levels)
    for x in a.limits:
        named = f"{x.measure} {'>=' if x.side == 'min' else '<='}"
        yield from (_row(named, f, a.like) | {"unit": x.unit} for f in (*((x.own,) if x.own else ()), *x.peers))


def _row(measure: str, f: Fact, trial: str | None) -> dict[str, Any]:
    return {"measure": measure, "trial": f.trial, "own": f.trial == trial, "value": f.value, "unit": None, "words": f.words,
            "section": f.section, "start": f.start, "end": f.end}  # fmt: skip


def data(a: Answer) -> Mapping[str, Any]:
    listed = list(rows(a))
    return {
        "p0": a.p0, "p0_from": a.p0_from, "p1": a.p1, "designs": listed[: len(a.designs)], "like": a.like,
        "peers": list(a.peers), "shared": list(a.shared), "values": listed[len(a.designs) :],
        "thresholds": [
            {"measure": x.measure, "side": x.side, "unit": x.unit, "own": x.own.value if x.own else None,
             "peers": {p.trial: p.value for p in _sorted(x)}, "looser_than": x.looser, "stricter_than": x.stricter,
             "says": verdict(x, a.like, a.like in a.criteria)}
            for x in a.limits
        ],
        "notes": list(a.notes),
    }  # fmt: skip
