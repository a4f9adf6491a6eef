"""Asking ChiCTR: one page, once, politely, and no more.

A query is the address of a detail page, its number (`proj=173420`, or 173420), or one registration number, for which
the list of hits is asked. No crawling, no second try, no answering of challenges: a page that the firewall withholds is
`Blocked`, and a person can save it in a browser and `trialkb import` it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import quote

from trialkb import ids
from trialkb.errors import BadInput, Blocked
from trialkb.records import Page

from . import _chictr_page as page
from ._http import Answer, Http

BASE = "https://www.chictr.org.cn"
_PROJECT = re.compile(
    r"(?:https?://(?:www\.)?chictr\.org\.cn/showproj(?:EN)?\.(?:html|aspx)\?)?(?:proj=)?(\d{1,9})\Z", re.I
)


def fetch(
    query: str,
    *,
    base: str | None = None,
    since: str | None = None,
    limit: int | None = None,
    token: str | None = None,
    http: Http | None = None,
) -> Iterator[Page]:
    """The page that `query` names. Raises Blocked at any challenge, BadInput, Unreachable, Refused."""
    base = (base or os.environ.get("TRIALKB_CHICTR_BASE") or BASE).rstrip("/")
    url = _address(base, query.strip())
    own = http or Http(tries=1, deadline=60.0)
    try:
        answer = own.get(url, check=_readable, accept=(200, 403, 405))
    finally:
        if http is None:
            own.close()
    listed = "searchproj" in url
    note = "as far as the list of hits tells; its address there opens the whole record" if listed else None
    yield Page(answer.url, query, (answer.body,), announced=_announced(answer) if listed else 1, note=note)


def _address(base: str, query: str) -> str:
    if m := _PROJECT.match(query):
        return f"{base}/showproj.html?proj={m[1]}"
    number = ids.normal(query)
    if number and number.startswith(("ChiCTR", "ITMCTR")):
        return f"{base}/searchproj.html?title=&regno={quote(number)}&createyear=&btngo=btn&page=1"
    raise BadInput(
        f"{query!r}: expected the address of one page of ChiCTR (…/showproj.html?proj=173420), its number, or one "
        "registration number; ChiCTR is not to be searched by programs: use an ICTRP export or saved pages"
    )


def _readable(answer: Answer) -> None:
    """Nothing but a page with fields or hits is taken. Raises Blocked."""
    text = page.decoded(answer.body)
    mark = f"HTTP {answer.status}" if answer.status != 200 else page.challenge(text)
    if mark is None and "left_title" not in text and 'id="data-total"' not in text:
        mark = "a page without any field"
    if mark:
        raise Blocked(
            f"ChiCTR did not give the page ({mark}); open {answer.url} in a browser, save it, and 'trialkb import' it"
        )


def _announced(answer: Answer) -> int | None:
    m = re.search(r'id="data-total"[^>]*>\s*(\d+)', page.decoded(answer.body))
    return int(m[1]) if m else None
