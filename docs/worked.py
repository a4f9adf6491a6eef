"""Runs the commands of the worked examples on the starter corpus; used by the cog blocks of the pages beside it.

Dates of retrieval are masked, because they are the day on which the page was made.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import sqlite3
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

HERE = Path(__file__).parent


def knowledge_base() -> str:
    """A kb of the starter corpus, read and indexed by keyword (no vectors: no model is needed)."""
    from trialkb import kb, pipeline
    from trialkb.index import keyword

    path = Path(tempfile.mkdtemp()) / "kb.sqlite"
    with kb.writing(path) as db:
        for file in sorted(files("trialkb").joinpath("starter").iterdir(), key=lambda f: f.name):
            if file.name.endswith(".jsonl"):
                pipeline.read_file(db, Path(str(file)))
        pipeline.extract(db)
        keyword.build(db, path)
    return str(path)


def trialkb(line: str) -> tuple[str, str]:
    """What a command prints: its answer, and the notes beside it."""
    from trialkb import cli

    os.environ.setdefault("TRIALKB_KB", knowledge_base() if "TRIALKB_KB" not in os.environ else "")
    out, err = io.StringIO(), io.StringIO()
    before = Path.cwd()
    os.chdir(HERE)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.suppress(SystemExit):
            cli.main(shlex.split(line))
    finally:
        os.chdir(before)
        sys.stdout.flush()
    return tuple(re.sub(r"\b2\d{3}-\d\d-\d\d\b", "(date)", x.getvalue()).rstrip() for x in (out, err))  # type: ignore[return-value]


def shown(line: str) -> str:
    """A command with its output as an indented block, long lines cut."""
    answer, notes = trialkb(line)
    lines = [x.rstrip() for x in (*answer.split("\n"), *notes.split("\n")) if x or answer]
    return "\n".join(
        [f"    $ trialkb {line}", *(f"    {x[:170]}{'…' if len(x) > 170 else ''}".rstrip() for x in lines)]
    )


def rendered(line: str) -> str:
    """A command that writes Markdown, with what it writes."""
    answer, _ = trialkb(line)
    return f"    $ trialkb {line}\n\n{answer.replace('## ', '#### ')}"


def page(title: str, slug: str, question: str, words: str, languages: tuple[str, ...] = ("en", "zh")) -> str:
    """One worked example: table, plot, safety, medians, paragraph, evidence, size of a trial, citations."""
    derived = f"{question} --derived"
    parts = [
        f"# {title}",
        words,
        "## What has been reached",
        rendered(f"bench {derived} --md --plot {slug}.svg"),
        f"![Forest plot of the objective response rate]({slug}.svg)",
        "Without `--derived` only counts that are printed are pooled:",
        f"    $ trialkb bench {question} | grep -E 'ooled: |Sensitivity'",
        "\n".join(
            f"    {x}"
            for x in [x for x in trialkb(f"bench {question}")[0].split("\n") if "ooled: " in x or "Sensitivity" in x]
        ),
        "## Without each study in turn",
        "\n".join(
            f"    {x}" for x in trialkb(f"bench {derived} --leave-one-out")[0].split("\n") if x.startswith("Without")
        ),
        "## What is held and not pooled, and why",
        "\n".join(f"- {x}" for x in unpooled(question, derived)),
        "## All endpoints side by side",
        "Below the table the command prints each number's sentence, place and outcome row; left out here.",
        table(f"bench {question} --endpoint all --md"),
        "## Dose-limiting toxicity",
        rendered(f"bench {question} --endpoint DLT --md"),
        "## The paragraph",
        *(f"> {paragraph(derived, language)}" for language in languages),
        "## A trial against this background",
        shown(f"design {derived} --p0 pooled --p1 {p1(derived)}"),
        *registered(question),
        "## Citations",
        "\n".join(f"- {x}" for x in citations(derived)),
    ]
    return "\n\n".join(p for p in parts if p)


def registered(question: str) -> list[str]:
    """What the registry knows of the question, where the kb holds trials of it."""
    block = shown(f"gaps {question}")
    return [] if "no trial is left" in block else ["## Registered trials", block]


def table(line: str) -> str:
    """A command that writes Markdown, with its first table and the legend below it."""
    blocks = rendered(line).split("\n\n")
    legend = [x for x in blocks[-1].split("\n") if x.startswith("- ")]
    return "\n\n".join([*blocks[:3], "\n".join(legend)])


def unpooled(question: str, derived: str) -> list[str]:
    """Studies of the question that the pool leaves out: the reason, or what they report instead of a response rate."""
    found = json.loads(trialkb(f"bench {derived} --json")[0])
    out = [f"{s['label']}: {s['why_not_pooled']}" for s in found["studies"] if not s["pooled"]]
    inside = {d for s in found["studies"] for d in (s["id"], *s["documents"])}
    with contextlib.closing(sqlite3.connect(os.environ["TRIALKB_KB"])) as db:
        for id, family, title in db.execute(PAPERS, terms(question)).fetchall():
            if id in inside or family in inside:
                continue
            held = db.execute("SELECT DISTINCT endpoint FROM outcome WHERE document_id = ? ORDER BY 1", (id,))
            said = db.execute(DOUBTS, (id,)).fetchone()
            doubts = [x for x in (said[0].split("\n") if said else []) if not x.startswith("Written from memory")]
            out.append(
                f"{title} ({id}): no response rate held, only {', '.join(r[0] for r in held)}. {' '.join(doubts)}"
            )
    return [x.replace("*", "\\*").strip() for x in out] or ["nothing"]


PAPERS = """
    SELECT d.id, o.study, d.title FROM document d JOIN outcome o ON o.document_id = d.id WHERE d.kind = 'article'
    AND d.id IN (SELECT document_id FROM concept WHERE kind = 'target' AND term = ?)
    AND d.id IN (SELECT document_id FROM concept WHERE kind = 'indication' AND term IN (SELECT value FROM json_each(?)))
    GROUP BY d.id ORDER BY d.id
"""
DOUBTS = "SELECT s.text FROM section s JOIN document d USING (version_id) WHERE d.id = ? AND s.name = 'doubts'"


def terms(question: str) -> tuple[str, str]:
    """The target and the indications of a question's words."""
    from trialkb.terms import descendants

    words = shlex.split(question)
    indication = words[words.index("--indication") + 1]
    return words[words.index("--target") + 1], json.dumps(sorted({indication, *descendants("indication", indication)}))


def pooled_lines(question: str) -> str:
    lines = trialkb(f"bench {question}")[0].split("\n")
    return "\n".join(f"    {x}" for x in lines if "ooled: " in x or "Sensitivity" in x)


def paragraph(question: str, language: str) -> str:
    """The paragraph alone, without the evidence below it."""
    answer, _ = trialkb(f"bench {question} --paragraph {language} --json")
    return str(json.loads(answer)["paragraph"])


def p1(question: str) -> str:
    """The pooled value and 20 points more, at most 0.95."""
    estimate = json.loads(trialkb(f"bench {question} --json")[0])["pooled"]["estimate"]
    return f"{min(round(estimate, 2) + 0.2, 0.95):.2f}"


def citations(question: str) -> list[str]:
    answer, _ = trialkb(f"bench {question} --cite nlm")
    return [x for x in answer.split("\n\n")[-1].split("\n") if x]
