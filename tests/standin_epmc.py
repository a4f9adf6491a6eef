"""A stand-in of Europe PMC's search (contract: europepmc): invented records, cursors, and errors with HTTP 200."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from standin import Asked, Reply


def record(n: int) -> dict[str, Any]:
    return {"id": str(n), "source": "MED", "pmid": str(n), "title": f"Invention {n}", "abstractText": f"<h4>Aim</h4>No. {n}",
            "pubYear": "2024", "pubTypeList": {"pubType": ["Journal Article"]}}  # fmt: skip


@dataclass
class EuropePMC:
    """`end`: how the last page with records shows that it is the last: absent, equal, or empty (one more page)."""

    count: int
    end: str = "equal"
    hits: int | None = None
    cursors: dict[str, int] = field(default_factory=lambda: {"*": 0})
    titles: dict[int, Any] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Reply:
        post = asked.method == "POST"
        form = {k: v[-1] for k, v in parse_qs(asked.body.decode()).items()} if post else asked.query
        if asked.path.endswith("/annotationsByArticleIds"):
            ids = form.get("articleIds", "").split(",")
            bad = b"The articleIds list parameter must contain between 1 and 8 values"
            return Reply(400, bad) if len(ids) > 8 else Reply(body=b"[]")
        if not asked.path.endswith("/searchPOST" if post else "/search"):
            return Reply(404)
        if form.get("format", "xml") != "json":
            return Reply(body=b'<?xml version="1.0"?><responseWrapper><version>6.9</version></responseWrapper>')
        size = int(form.get("pageSize", 25))
        if not 1 <= size <= 1000:
            message = "Invalid page size provided. Valid size is between 1 and 1000"
            return Reply(body=json.dumps({"errCode": 404, "errMsg": message}).encode())
        if form["query"].count("(") != form["query"].count(")"):
            return Reply(body=json.dumps({"version": "6.9", "errCode": 1, "errMsg": "Cannot\nparse"}).encode())
        at = self.cursors.get(form.get("cursorMark", "*"))
        if at is None:
            return Reply(body=b'{"version":"6.9"}')
        return Reply(body=json.dumps(self.page(at, size, form)).encode())

    def page(self, at: int, size: int, form: dict[str, str]) -> dict[str, Any]:
        count = 0 if "nothing" in form["query"] else self.count
        records = [record(99_000_000 + n) for n in range(at, min(at + size, count))]
        records = [r | ({"title": t} if (t := self.titles.get(int(r["id"]))) else {}) for r in records]
        answer: dict[str, Any] = {"version": "6.9", "hitCount": count if self.hits is None else self.hits}
        following = f"AoI{at + size}+/="
        if at + size < count or (self.end == "empty" and records):
            self.cursors[following] = at + size
            answer["nextCursorMark"] = following
        elif self.end == "equal":
            answer["nextCursorMark"] = form.get("cursorMark", "*")
        single = len(records) == 1 and form.get("resultType") == "core"
        return answer | {"resultList": {"result": records[0] if single else records}}
