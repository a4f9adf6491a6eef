"""A stand-in server: real HTTP on loopback, scripted by the test, so that no real service is ever asked.

with serve(app) as base: ...            # app(Asked) -> Reply; Asked.number counts the requests from 1
with serve(faults(app, [Reply(503), hang(2)])) as base: ...    # each fault once, then the app
"""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    number: int
    target: str = ""


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    send: Callable[[BaseHTTPRequestHandler], None] | None = None  # writes the raw answer itself


App = Callable[[Asked], Reply]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        query = {k: v[-1] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        with self.server.lock:
            self.server.asked.append(
                Asked(
                    self.command,
                    parts.path,
                    query,
                    {k.lower(): v for k, v in self.headers.items()},
                    self.rfile.read(length),
                    len(self.server.asked) + 1,
                    self.path,
                )
            )
            asked = self.server.asked[-1]
            reply = self.server.app(asked)
        if reply.send:
            self.close_connection = True
            reply.send(self)
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_HEAD = handle_any

    def log_message(self, format: str, *args: object) -> None:
        """Silence: the test looks at `asked`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, app: App) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.app, self.asked, self.lock = app, list[Asked](), threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up on purpose here."""


class Base(str):
    """The address of a stand-in, which also holds what it was asked."""

    asked: list[Asked]


@contextmanager
def serve(app: App) -> Iterator[Base]:
    """Run a stand-in on a free loopback port; yields its base URL."""
    server = _Server(app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    base = Base(f"http://127.0.0.1:{server.server_address[1]}")
    base.asked = server.asked
    try:
        yield base
    finally:
        server.shutdown()
        server.server_close()


def faults(app: App, first: Sequence[Reply]) -> App:
    """Answer the first requests with these replies, one each, the others by the app."""
    left = list(first)
    return lambda asked: left.pop(0) if left else app(asked)


def _raw(handler: BaseHTTPRequestHandler, pieces: Sequence[bytes], pause: float = 0.0) -> None:
    try:
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(pause)
        handler.connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the client went away, as it should


def truncated(body: bytes, keep: int, *, length: bool = True, packed: bool = False) -> Reply:
    """A body cut short, with or without a Content-Length, plain or gzipped."""
    whole = gzip.compress(body) if packed else body
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
    head += b"Content-Encoding: gzip\r\n" if packed else b""
    head += b"Content-Length: %d\r\n" % len(whole) if length else b""
    return Reply(send=lambda h: _raw(h, [head + b"\r\n" + whole[:keep]]))


def cut_chunked(body: bytes, keep: int) -> Reply:
    """A chunked body whose last chunk never ends."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body)
    return Reply(send=lambda h: _raw(h, [head + body[:keep]]))


def drip(*, header: bool = False, pause: float = 0.05, count: int = 200) -> Reply:
    """An answer that comes a byte at a time, in its body or already in its head."""
    start = b"HTTP/1.1 200 OK\r\nX-Slow: " if header else b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % count
    return Reply(send=lambda h: _raw(h, [start] + [b"a"] * count, pause))


def bomb(megabytes: int) -> Reply:
    """A small gzip body that inflates to many megabytes."""
    body = gzip.compress(bytes(megabytes * 2**20), 9)
    return Reply(body=body, headers={"Content-Encoding": "gzip"})
