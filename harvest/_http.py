"""HTTP for harvesters: polite, bounded in time and size, and silent about keys.

    http = Http(gap=1.0)                                    # at most one request a second and host
    answer = http.get(url, {"format": "json"}, check=not_html)
    answer = http.post(url, form={"db": "pubmed"}, secret={"api_key": key})    # the key goes in the body only
    answer.body, answer.status, answer.url, answer.headers["content-type"]

One `requests` session. Tried again: 408, 425, 429, 500, 502, 503, 504, broken connections, truncated bodies, and
whatever `check(answer)` names (it returns the reason, or None when the answer is good; it may raise `Blocked` to give
up at once). `Retry-After` is kept to (seconds or date, at most 300 s). `deadline` bounds one call with all its tries
and waits, however slowly the bytes drip. Bodies over `cap` bytes after decompression are refused. Redirects are
followed to the same host or to `hosts` only, never for POST. Off loopback only https is spoken.
Raises `Unreachable` (asking later may help), `Refused` (4xx; `.status`, `.body` with keys struck out), `Blocked`.
Traps: requests' own timeout is per read, so a dripping server never trips it; its `iter_content` inflates without a
limit; it accepts short bodies; it follows redirects with the body; it takes passwords from ~/.netrc.
"""

from __future__ import annotations

import email.utils
import ipaddress
import random
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urljoin, urlsplit

import requests

from trialkb import __version__
from trialkb.errors import BadInput, Refused, Unreachable
from trialkb.text import printable

from ._http_read import CAP, Again, transfer
from ._http_read import Answer as Answer

LONGEST_WAIT = 300.0
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LABELLED = re.compile(r"""(api[-_ ]?key["']?\s{0,3}[:=]\s{0,3}["']?)[^\s"'&,}]+""", re.IGNORECASE)
REDIRECT = frozenset({301, 302, 303, 307, 308})
Check = Callable[[Answer], str | None]


def is_loopback(url: str) -> bool:
    """Whether a URL points to this very machine.

    >>> is_loopback("http://127.0.0.1:8080/x"), is_loopback("https://clinicaltrials.gov")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def retry_after(value: str | None, now: float | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, 0 to 300; None where it is absent or makes no sense.

    >>> retry_after("7"), retry_after("99999999999"), retry_after("soon"), retry_after("-3")
    (7.0, 300.0, None, None)
    >>> retry_after("Thu, 01 Jan 1970 00:01:40 GMT", now=90.0)
    10.0
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), LONGEST_WAIT)
    try:
        at = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(at - (time.time() if now is None else now), 0.0), LONGEST_WAIT)


def not_html(answer: Answer) -> str | None:
    """A check: why an answer is a web page where data was due (challenge, error page), or None.

    >>> not_html(Answer(200, "u", {}, b" <!DOCTYPE html><title>Just a moment</title>"))
    'an HTML page instead of data'
    """
    start = answer.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    html = start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))
    return "an HTML page instead of data" if html else None


class Http:
    """The one door to the network. `sleep`, `clock` and `jitter` are there for tests.

    `gap` is the least time between two requests to one host, in seconds (default 1, none on loopback); `gaps` sets
    single hosts. `hosts` are further hosts that redirects may lead to.
    """

    def __init__(
        self,
        *,
        gap: float | None = None,
        gaps: Mapping[str, float] | None = None,
        hosts: Collection[str] = (),
        tries: int = 5,
        deadline: float = 900.0,
        timeout: float = 60.0,
        backoff: float = 1.0,
        cap: int = CAP,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.gap, self.gaps, self.hosts = gap, dict(gaps or {}), frozenset(hosts)
        self.tries, self.deadline, self.timeout, self.backoff, self.cap = tries, deadline, timeout, backoff, cap
        self.sleep, self.clock, self.jitter = sleep, clock, jitter
        self._last: dict[str, float] = {}
        self._session = _session()

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        secret: Mapping[str, str] | None = None,
        check: Check | None = None,
        accept: Collection[int] = (200,),
    ) -> Answer:
        """GET; `secret` goes into headers. Statuses outside `accept` raise."""
        asked = requests.Request("GET", url, params=params, headers={**(headers or {}), **(secret or {})})
        return self._ask(asked, secret, check, accept)

    def post(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        secret: Mapping[str, str] | None = None,
        check: Check | None = None,
        accept: Collection[int] = (200,),
    ) -> Answer:
        """POST a form or JSON; `secret` goes into the form, or into headers beside JSON. Never redirected."""
        body = None if json is not None else {**(form or {}), **(secret or {})}
        head = {**(headers or {}), **(secret or {})} if json is not None else dict(headers or {})
        asked = requests.Request("POST", url, data=body, json=json, headers=head)
        return self._ask(asked, secret, check, accept)

    def close(self) -> None:
        """Let go of the open connections."""
        self._session.close()

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(
        self, asked: requests.Request, secret: Mapping[str, str] | None, check: Check | None, accept: Collection[int]
    ) -> Answer:
        end = self.clock() + self.deadline
        hidden = tuple(v for v in (secret or {}).values() if v)
        for number in range(1, self.tries + 1):
            try:
                return self._try(asked, hidden, check, accept, end)
            except Again as why:
                self._wait_or_give_up(asked.url, why, number, end, hidden)
        raise AssertionError("unreachable: the last try raises")

    def _wait_or_give_up(self, url: str, why: Again, number: int, end: float, hidden: tuple[str, ...]) -> None:
        reason = scrub(f"{why} from {_plain(url)}", hidden)
        if number >= self.tries:
            raise Unreachable(f"{reason}; gave up after {number} tries; run the same command again later") from None
        backoff = self.backoff * 2 ** (number - 1) * (0.75 + 0.5 * self.jitter())
        wait = min(max(why.wait or 0.0, backoff), LONGEST_WAIT)
        if self.clock() + wait >= end:
            raise Unreachable(f"{reason}; no time left within {self.deadline:g} s; run it again later") from None
        self.sleep(wait)

    def _try(
        self,
        asked: requests.Request,
        hidden: tuple[str, ...],
        check: Check | None,
        accept: Collection[int],
        end: float,
    ) -> Answer:
        answer = self._follow(asked, hidden, end)
        if answer.status in AGAIN and answer.status not in accept:
            raise Again(f"HTTP {answer.status}", retry_after(answer.headers.get("retry-after")))
        if answer.status not in accept:
            said = scrub(printable(answer.body[:2000].decode("utf-8", "replace")), hidden)[:300].strip()
            text = scrub(f"{_plain(answer.url)} refused the request with HTTP {answer.status}: {said}", hidden)
            raise Refused(text, answer.status, said)
        reason = check(answer) if check else None
        if reason:
            raise Again(reason, retry_after(answer.headers.get("retry-after")))
        return answer

    def _follow(self, asked: requests.Request, hidden: tuple[str, ...], end: float) -> Answer:
        """One exchange, and those it is redirected to."""
        request = self._session.prepare_request(asked)
        for _ in range(6):
            answer = self._exchange(request, hidden, end)
            where = answer.headers.get("location")
            if answer.status not in REDIRECT or not where:
                return answer
            target = urljoin(answer.url, where)
            if request.method != "GET" or not self._may_lead(answer.url, target):
                host = urlsplit(target).netloc
                text = f"{_plain(answer.url)} redirects to {host}, which is not followed"
                raise Refused(scrub(text, hidden), answer.status)
            if urlsplit(target).netloc != urlsplit(answer.url).netloc:
                for name in [n for n, v in request.headers.items() if v in hidden]:
                    del request.headers[name]  # keys stay with the host they are meant for
            request.url = target
        raise Refused(f"{_plain(asked.url)} redirects in a circle", 310)

    def _may_lead(self, old: str, new: str) -> bool:
        a, b = urlsplit(old), urlsplit(new)
        if b.scheme not in ("http", "https") or (a.scheme == "https" and b.scheme != "https"):
            return False
        return b.netloc.removeprefix("www.") == a.netloc.removeprefix("www.") or b.netloc in self.hosts

    def _exchange(self, request: requests.PreparedRequest, hidden: tuple[str, ...], end: float) -> Answer:
        url = str(request.url)
        local = is_loopback(url)
        if not local and urlsplit(url).scheme != "https":
            raise BadInput(f"{_plain(url)}: only https is spoken to other machines; give an https address")
        self._keep_distance(urlsplit(url).netloc, local)
        if self.clock() >= end:
            raise Again("no answer in time")
        answer = self._bounded(request, local, end)
        return Answer(answer.status, answer.url, answer.headers, _strike(answer.body, hidden))

    def _keep_distance(self, host: str, local: bool) -> None:
        gap = self.gaps.get(host, self.gap if self.gap is not None else 0.0 if local else 1.0)
        wait = self._last.get(host, float("-inf")) + gap - self.clock()
        if wait > 0:
            self.sleep(wait)
        self._last[host] = self.clock()

    def _bounded(self, request: requests.PreparedRequest, local: bool, end: float) -> Answer:
        """The exchange in a thread of its own: name look-up and dripping headers obey the deadline too."""
        box: list[Answer | BaseException] = []

        def work() -> None:
            try:
                box.append(transfer(self._session, request, local, self.timeout, self.cap, end, self.clock))
            except BaseException as e:  # noqa: BLE001 - handed over to the caller's thread below
                box.append(e)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(max(end - self.clock(), 0.0) + 1.0)
        if not box:
            self._session = _session()  # the old one is still held by the hanging thread
            raise Again("no answer in time")
        if isinstance(box[0], BaseException):
            raise box[0]
        return box[0]


def _session() -> requests.Session:
    session = requests.Session()
    session.auth = _no_auth
    session.headers.update({"User-Agent": f"trialkb/{__version__}", "Accept-Encoding": "gzip"})
    return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from sending a password of ~/.netrc."""
    return request


def scrub(text: str, hidden: Collection[str]) -> str:
    """A text with every key in it struck out, also where it is URL-encoded, and whatever stands under a key's name.

    >>> scrub("API key a+b/c wrong: a%2Bb%2Fc", ["a+b/c"]), scrub('{"api-key":"xyz"}', [])
    ('API key *** wrong: ***', '{"api-key":"***"}')
    """
    for key in hidden:
        for form in (key, quote(key, safe=""), quote_plus(key)):
            text = text.replace(form, "***")
    return _LABELLED.sub(r"\1***", text)


def _strike(body: bytes, hidden: Collection[str]) -> bytes:
    """The body without the keys that it echoes; short ones could be data and are left to `scrub`."""
    for key in hidden:
        if len(key) >= 12:
            body = body.replace(key.encode(), b"***")
    return body


def _plain(url: str) -> str:
    """Scheme, host and path of a URL: what an error may show."""
    parts = urlsplit(url)
    return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")[:200]
