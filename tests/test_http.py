"""The HTTP door: every fault that a source or the way to it can produce, over real HTTP on loopback."""

from __future__ import annotations

import email.utils
import gzip
import time
from pathlib import Path
from typing import Any

import pytest
from standin import Asked, Reply, bomb, cut_chunked, drip, faults, serve, truncated

from trialkb.errors import BadInput, Blocked, Refused, TrialkbError, Unreachable
from trialkb.harvest._http import Answer, Http, not_html, retry_after

KEY = "k3y/of+36-characters-0123456789abcdef"


def fine(asked: Asked) -> Reply:
    return Reply(body=b'{"fine": true}', headers={"Content-Type": "application/json"})


class Slept(list[float]):
    """A sleep that only takes notes."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client(slept: Slept | None = None, **settings: Any) -> Http:
    return Http(**{"sleep": slept if slept is not None else Slept(), "timeout": 5.0, "jitter": lambda: 0.5, **settings})


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_passing_faults_are_tried_again(status: int) -> None:
    slept = Slept()
    with serve(faults(fine, [Reply(status), Reply(status)])) as base, client(slept) as http:
        assert http.get(base).body == b'{"fine": true}'
        assert len(base.asked) == 3
    assert slept == [1.0, 2.0]


def test_gives_up_after_the_last_try() -> None:
    with serve(lambda asked: Reply(503)) as base, client(tries=3) as http:
        with pytest.raises(Unreachable, match="HTTP 503 .* after 3 tries"):
            http.get(base + "/studies")
        assert len(base.asked) == 3


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7.0),
        ("0", 1.0),  # never quicker than the back-off
        ("soon", 1.0),
        ("-5", 1.0),
        ("1e9", 1.0),
        ("", 1.0),
        ("99999999999999999999", 300.0),
        ("9" * 5000, 300.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 300.0),
        ("Thu, 32 Foo 2026 99:99:99 GMT", 1.0),
    ],
)
def test_retry_after(header: str, wait: float) -> None:
    slept = Slept()
    with serve(faults(fine, [Reply(429, headers={"Retry-After": header})])) as base, client(slept) as http:
        assert http.get(base).status == 200
    assert slept == [wait]


def test_retry_after_as_a_date_ahead() -> None:
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    assert 25 < (retry_after(date) or 0) <= 30


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    slept = Slept()
    busy = Reply(429, headers={"Retry-After": "300"})
    with serve(lambda asked: busy) as base, client(slept, deadline=60) as http:
        with pytest.raises(Unreachable, match="no time left within 60 s"):
            http.get(base)
        assert len(base.asked) == 1
    assert slept == []


def test_html_with_200_is_tried_again_and_then_named() -> None:
    page = Reply(body=b"<!DOCTYPE html><html><title>Please wait</title></html>", headers={"Content-Type": "text/html"})
    with serve(faults(fine, [page])) as base, client() as http:
        assert http.get(base, check=not_html).body == b'{"fine": true}'
    with serve(lambda asked: page) as base, client(tries=2) as http, pytest.raises(Unreachable, match="HTML page"):
        http.get(base, check=not_html)


def test_a_check_may_give_up_at_once() -> None:
    def blocked(answer: Answer) -> str | None:
        raise Blocked("challenge")

    with serve(fine) as base, client() as http:
        with pytest.raises(Blocked):
            http.get(base, check=blocked)
        assert len(base.asked) == 1


@pytest.mark.parametrize(
    "cut",
    [
        truncated(b"x" * 5000, 1200),
        truncated(b"x" * 5000, 0),
        truncated(b"x" * 5000, 30, packed=True, length=False),
        truncated(b"x" * 5000, 30, packed=True),
        cut_chunked(b"x" * 5000, 1200),
    ],
    ids=["length", "length, nothing", "gzip without length", "gzip with length", "chunked"],
)
def test_truncated_bodies_are_seen(cut: Reply) -> None:
    with serve(faults(fine, [cut])) as base, client() as http:
        assert http.get(base).body == b'{"fine": true}'
        assert len(base.asked) == 2
    with serve(lambda asked: cut) as base, client(tries=2) as http, pytest.raises(Unreachable):
        http.get(base)


def test_truncated_plain_body_without_length_is_the_checks_affair() -> None:
    """HTTP cannot tell; the source's own check can (JSON that does not end)."""

    def whole(answer: Answer) -> str | None:
        return None if answer.body.endswith(b"}") else "JSON without an end"

    cut = truncated(b'{"a": [1, 2, 3]}', 9, length=False)
    with serve(faults(fine, [cut])) as base, client() as http:
        assert http.get(base, check=whole).body == b'{"fine": true}'


@pytest.mark.parametrize("header", [False, True], ids=["body", "head"])
def test_a_slow_drip_meets_the_total_deadline(header: bool) -> None:
    with serve(lambda asked: drip(header=header, count=400)) as base, client(deadline=0.4, sleep=time.sleep) as http:
        start = time.monotonic()
        with pytest.raises(Unreachable):
            http.get(base)
        assert time.monotonic() - start < 3


def test_gzip_bomb() -> None:
    with serve(lambda asked: bomb(80)) as base, client() as http:
        with pytest.raises(Unreachable, match="larger than 64 MiB"):
            http.get(base)
        assert len(base.asked) == 1


def test_gzip_at_the_cap_and_of_several_members() -> None:
    body = gzip.compress(b"a" * 1000) + gzip.compress(b"b" * 1000)
    reply = Reply(body=body, headers={"Content-Encoding": "gzip"})
    with serve(lambda asked: reply) as base:
        with client(cap=2000) as http:
            assert http.get(base).body == b"a" * 1000 + b"b" * 1000
        with client(cap=1999) as http, pytest.raises(Unreachable, match="larger"):
            http.get(base)


def test_damaged_gzip_and_unknown_encoding() -> None:
    for reply in (
        Reply(body=b"no gzip at all", headers={"Content-Encoding": "gzip"}),
        Reply(body=b"??", headers={"Content-Encoding": "br"}),
    ):
        with serve(faults(fine, [reply])) as base, client() as http:
            assert http.get(base).body == b'{"fine": true}'


def test_redirects() -> None:
    def app(asked: Asked) -> Reply:
        if asked.path == "/alias":
            return Reply(301, headers={"Location": "/canonical"})
        return Reply(302, headers={"Location": "/round"}) if asked.path == "/round" else fine(asked)

    with serve(app) as base, client() as http:
        answer = http.get(base + "/alias", {"format": "json"})
        assert (answer.status, answer.url) == (200, base + "/canonical")
        with pytest.raises(Refused, match="circle"):
            http.get(base + "/round")
        with pytest.raises(Refused):
            http.post(base + "/alias", form={"a": "b"})


def test_redirect_to_another_host_is_not_followed() -> None:
    with serve(fine) as other, client() as http:
        leave = Reply(302, headers={"Location": other + "/x"})
        with serve(lambda asked: leave) as base:
            with pytest.raises(Refused, match="redirects to 127"):
                http.get(base, secret={"X-Key": KEY})
            assert other.asked == []
            with client(hosts=[other.removeprefix("http://")]) as trusting:
                assert trusting.get(base, secret={"X-Key": KEY}).status == 200
            assert base.asked[-1].headers["x-key"] == KEY
            assert "x-key" not in other.asked[0].headers
    for target in ("ftp://127.0.0.1/x", "file:///etc/passwd", "//evil.example/x"):
        reply = Reply(302, headers={"Location": target})
        with serve(lambda asked, r=reply: r) as base, client() as http, pytest.raises(Refused):
            http.get(base)


def test_only_https_off_loopback() -> None:
    with client() as http, pytest.raises(BadInput, match="only https"):
        http.get("http://example.org/x")


def test_keys_stay_out_of_urls_errors_and_bodies() -> None:
    echo = Reply(400, body=b'{"error":"API key invalid","api-key":"%s"}' % KEY.encode())
    with serve(lambda asked: echo) as base, client() as http:
        with pytest.raises(Refused) as caught:
            http.post(base + "/esearch", form={"db": "pubmed"}, secret={"api_key": KEY})
        assert KEY not in str(caught.value) + caught.value.body
        assert "***" in caught.value.body
        assert caught.value.status == 400
        assert KEY not in base.asked[0].target
        assert b"api_key=" in base.asked[0].body
    echo_200 = Reply(200, body=KEY.encode())
    with serve(lambda asked: echo_200) as base, client() as http:
        assert http.post(base, form={}, secret={"api_key": KEY}).body == b"***"
        assert http.post(base, json={}, secret={"X-Key": KEY}).body == b"***"
        assert base.asked[1].headers["x-key"] == KEY
    with serve(lambda asked: Reply(302, headers={"Location": f"https://evil.example/{KEY}"})) as base, client() as http:
        with pytest.raises(TrialkbError) as caught_:
            http.get(base, secret={"X-Key": KEY})
        assert KEY not in str(caught_.value)


def test_distance_between_requests_to_one_host() -> None:
    now = [0.0]
    slept = Slept()

    def sleep(seconds: float) -> None:
        slept(seconds)
        now[0] += seconds

    with serve(fine) as base, Http(gap=1.0, clock=lambda: now[0], sleep=sleep) as http:
        for _ in range(3):
            http.get(base)
    assert slept == [1.0, 1.0]


def test_no_passwords_from_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serve(fine) as base, client() as http:
        http.get(base)
        assert "authorization" not in base.asked[0].headers


def test_nobody_there() -> None:
    with serve(fine) as base:
        gone = str(base)
    with client(tries=2) as http, pytest.raises(Unreachable, match="broken connection"):
        http.get(gone)
