"""Freezer: a benchmark's evidence kept as it was, and what no longer matches it.

Kept in the kb under a name: the question, the kb's generation, every outcome record with its words, the text it stands
in, what was known of its papers, and hashes of the table and the picture. The table is made again from what was kept,
so that it is the same byte for byte whatever the kb has learnt since; differences are told beside it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from trialkb import __version__, codec, kb
from trialkb.errors import BadInput, Corrupt
from trialkb.records import Outcome

from . import _bench_plot, _bench_views, _request
from ._evidence import Held, Paper
from ._gather import Gathered, Step
from ._request import Request

if TYPE_CHECKING:
    from .bench import Answer

PREFIX = "frozen:"
FORM = 1


def pack(name: str, gathered: Gathered, answer: Answer) -> dict[str, Any]:
    """Everything the answer was made of, as JSON."""
    held = {h.id: h for hs in (*gathered.families.values(), *gathered.beside.values()) for h in hs}
    texts = {h.outcome.evidence.text_sha256: h.context for h in held.values()}
    return {
        "form": FORM,
        "name": name,
        "at": kb.now(),
        "trialkb": __version__,
        "matplotlib": _matplotlib(),
        "generation": answer.generation,
        "request": codec.plain(answer.request),
        "values": {i: _value(h) for i, h in sorted(held.items())},
        "texts": dict(sorted(texts.items())),
        "families": {f: [h.id for h in hs] for f, hs in gathered.families.items()},
        "beside": {d: [h.id for h in hs] for d, hs in gathered.beside.items()},
        "papers": {d: codec.plain(p) for d, p in gathered.papers.items()},
        "steps": codec.plain(gathered.steps),
        "used": [h.id for s in answer.studies for h in s.held],
        "table": digest(answer),
        "picture": picture_digest(answer),
    }


def _value(h: Held) -> dict[str, Any]:
    return {
        "outcome": codec.plain(h.outcome), "quote": h.quote, "sentence": h.sentence, "version": h.version,
        "sha256": h.sha256, "retrieved": h.retrieved,
    }  # fmt: skip


def _matplotlib() -> str:
    from importlib.metadata import version

    return version("matplotlib")


def seal(pack: Mapping[str, Any]) -> str:
    """The pack as stored: its hash, then its JSON."""
    words = json.dumps(pack, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{sha256(words.encode()).hexdigest()} {words}"


def opened(db: sqlite3.Connection, name: str) -> dict[str, Any]:
    """The pack of that name. Raises BadInput where there is none, Corrupt where it was altered."""
    stored = kb.meta(db, PREFIX + name)
    if stored is None:
        held = ", ".join(names(db)) or "none; 'trialkb freeze NAME ...' makes one"
        raise BadInput(f"no evidence frozen as {name!r}; there are: {held}")
    digest, _, words = stored.partition(" ")
    if sha256(words.encode()).hexdigest() != digest:
        raise Corrupt(f"the evidence frozen as {name!r} was altered since; restore a copy of the knowledge base")
    found: dict[str, Any] = json.loads(words)
    if found["form"] != FORM:
        raise Corrupt(
            f"the evidence frozen as {name!r} has form {found['form']}, this trialkb reads {FORM}; use its own version"
        )
    return found


def names(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT key FROM meta WHERE key LIKE 'frozen:%' ORDER BY key")
    return [r[0].removeprefix(PREFIX) for r in rows]


def unpack(pack: Mapping[str, Any]) -> Gathered:
    """What was gathered, as it was."""
    held = {}
    for id, v in pack["values"].items():
        outcome = codec.load(Outcome, v["outcome"])
        text = pack["texts"][outcome.evidence.text_sha256]
        held[id] = Held(id, outcome, v["quote"], v["sentence"], v["version"], v["sha256"], v["retrieved"], text)
    return Gathered(
        {f: [held[i] for i in ids] for f, ids in pack["families"].items()},
        {d: codec.load(Paper, p) for d, p in pack["papers"].items()},
        tuple(codec.load(Step, s) for s in pack["steps"]),
        {d: [held[i] for i in ids] for d, ids in pack["beside"].items()},
    )


def thaw(
    db: sqlite3.Connection,
    options: Mapping[str, Any],
    answer: Callable[[Request, Gathered, str | None], Answer],
    ask: Callable[[sqlite3.Connection, Request], Answer],
    finish: Callable[[Answer, Mapping[str, Any]], Answer],
) -> Answer:
    """The frozen answer, with notes on what no longer matches. Raises BadInput for a question beside the name."""
    _alone(options)
    pack = opened(db, options["frozen"])
    request = codec.load(Request, pack["request"])
    plain = finish(answer(request, unpack(pack), pack["generation"]), {})
    differs = [*_made(pack, plain), *_held(db, pack), *_since(db, request, pack, ask)]
    verdict = f"frozen as {pack['name']!r} on {pack['at'][:10]} at kb generation {pack['generation']}: " + (
        "; ".join(differs) if differs else "everything still matches"
    )
    shown = finish(answer(request, unpack(pack), pack["generation"]), options)
    return replace(shown, notes=(*shown.notes, verdict))


def _alone(options: Mapping[str, Any]) -> None:
    for p in _request.OPTIONS:
        name = p.name or ""
        default = () if p.multiple else p.default
        given = options.get(name, default)
        if given not in (default, None, False, ()) and name not in ("min_confidence",):
            raise BadInput(f"--frozen holds its own question; leave out --{name.replace('_', '-')} or freeze a new one")


def digest(answer: Answer) -> str:
    """SHA-256 of the plain table."""
    return sha256("\n".join(_bench_views.plain(replace(answer, view={}))).encode()).hexdigest()


def picture_digest(answer: Answer) -> str | None:
    """SHA-256 of the forest plot as SVG, drawn without a Chinese font so that fonts do not matter; None without one."""
    if answer.request.sort != "share" or not answer.used:
        return None
    return sha256(_bench_plot.picture(answer, "en", None).svg).hexdigest()


def _made(pack: Mapping[str, Any], answer: Answer) -> Iterator[str]:
    """Whether table and picture come out as they did."""
    if digest(answer) != pack["table"]:
        yield f"the table no longer comes out the same (frozen by trialkb {pack['trialkb']}, this is {__version__})"
    elif picture_digest(answer) != pack["picture"]:
        yield f"the picture differs (drawn by matplotlib {pack['matplotlib']}, this is {_matplotlib()})"


def _held(db: sqlite3.Connection, pack: Mapping[str, Any]) -> Iterator[str]:
    """Values whose source the kb no longer shows as it was."""
    for id, v in pack["values"].items():
        if id not in pack["used"]:
            continue
        document = v["outcome"]["document"]
        row = db.execute(
            "SELECT v.sha256, o.record, o.value, o.numerator, o.denominator FROM document d JOIN version v ON v.id = d.version_id"
            " LEFT JOIN outcome o ON o.document_id = d.id AND o.id = ? WHERE d.id = ?",
            (id, document),
        ).fetchone()
        if row is None:
            yield f"{document} is gone from the kb"
        elif row[0] != v["sha256"]:
            yield f"{document} has a newer version"
        elif row[1] is None:
            yield f"{document}: {v['quote']!r} is no longer read as an outcome"
        elif row[2:] != (v["outcome"].get("value"), v["outcome"].get("numerator"), v["outcome"].get("denominator")):
            yield f"{document}: {v['quote']!r} was corrected since"


def _since(
    db: sqlite3.Connection,
    request: Request,
    pack: Mapping[str, Any],
    ask: Callable[[sqlite3.Connection, Request], Answer],
) -> Iterator[str]:
    """Studies that the same question would find today and did not then."""
    try:
        now = ask(db, request)
    except BadInput:
        yield "the same question finds no study today"
        return
    new = [s.label for s in now.studies if s.family not in pack["families"]]
    if new:
        yield f"the same question finds {len(new)} more studies today: {', '.join(new)}"
