"""Rules: patterns kept as data, one a row of a TSV beside the extractor that reads them.

Columns: rule (its id), use (what the extractor does with it), value, pattern (a regular expression; `^` and `$` anchor
to the words after or before a mention), flags (i: any case), example (must match), counter (must not match), and needs
(optional: one of these lower-case words stands in any text that can match, so that most texts need not be scanned).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    use: str
    value: str
    pattern: re.Pattern[str]
    example: str
    counter: str
    needs: tuple[str, ...] = ()

    def may(self, lower: str) -> bool:
        """Whether a text, in lower case, can match at all."""
        return not self.needs or any(n in lower for n in self.needs)


@cache
def load(name: str) -> tuple[Rule, ...]:
    """The rules of extract/<name>.tsv, in file order."""
    source = files("trialkb.extract").joinpath(f"{name}.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(source.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(
        Rule(
            r["rule"],
            r["use"],
            r["value"],
            re.compile(r["pattern"], re.A | (re.I if "i" in (r["flags"] or "") else 0)),
            r["example"] or "",
            r["counter"] or "",
            tuple(n for n in (r.get("needs") or "").split(";") if n),
        )
        for r in rows
    )


@cache
def using(name: str, use: str) -> tuple[Rule, ...]:
    """The rules of a file for one use."""
    return tuple(r for r in load(name) if r.use == use)


@cache
def any_of(name: str, use: str) -> re.Pattern[str]:
    """One pattern out of all rules of a use (they must share their flags)."""
    rules = using(name, use)
    assert len({r.pattern.flags for r in rules}) == 1, f"{name}.tsv: rules of {use} differ in flags"
    return re.compile("|".join(f"(?:{r.pattern.pattern})" for r in rules), rules[0].pattern.flags)
