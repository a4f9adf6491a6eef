"""Reading one HTTP answer: block by block, inflated, within limits of size and time, and whole or not at all."""

from __future__ import annotations

import http.client
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests
import urllib3

from trialkb.errors import Unreachable
from trialkb.text import printable

CAP = 64 * 1024 * 1024
_BLOCK = 65536


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, decompressed; header names are lower case; the URL is the last one asked."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes


class Again(Exception):
    """This try failed; `wait` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def transfer(
    session: requests.Session,
    request: requests.PreparedRequest,
    local: bool,
    timeout: float,
    cap: int,
    end: float,
    clock: Callable[[], float],
) -> Answer:
    """Send, and read the body block by block within time and size."""
    patience = max(min(timeout, end - clock()), 0.001)
    settings = session.merge_environment_settings(str(request.url), {}, True, None, None)
    proxies = {} if local else settings["proxies"]
    try:
        with session.send(
            request, stream=True, timeout=patience, allow_redirects=False, proxies=proxies, verify=settings["verify"]
        ) as response:
            headers = {k.lower(): v for k, v in response.headers.items()}
            body = _read(response.raw, headers, cap, end, clock)
            return Answer(response.status_code, str(response.url), headers, body)
    except requests.exceptions.Timeout:
        raise Again("no answer in time") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException) as e:
        raise Again(f"a broken connection ({type(e).__name__})") from None
    except (OSError, zlib.error) as e:
        raise Again(f"a broken connection ({type(e).__name__})") from None


def _read(
    raw: urllib3.HTTPResponse, headers: Mapping[str, str], cap: int, end: float, clock: Callable[[], float]
) -> bytes:
    """The whole body, inflated; raises where it is too big, too slow, or shorter than it says."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise Again(f"an answer in the encoding {printable(encoding)[:40]!r}, which was not asked for")
    out, got, inflater = bytearray(), 0, zlib.decompressobj(31) if "gzip" in encoding else None
    while block := raw.read1(_BLOCK, decode_content=False):
        got += len(block)
        if inflater is None:
            out += block
        else:
            inflater = _inflate(inflater, block, out, cap)
        if len(out) > cap:
            raise Unreachable(f"an answer larger than {cap // 2**20} MiB was cut off; ask for less at a time")
        if clock() >= end:
            raise Again("no whole answer in time")
    said = headers.get("content-length", "")
    if said.isdigit() and int(said) != got:
        raise Again(f"a truncated answer ({got} of {said} bytes)")
    if inflater is not None and got and not inflater.eof:
        raise Again("a truncated answer (gzip without an end)")
    return bytes(out)


def _inflate(inflater: zlib._Decompress, block: bytes, out: bytearray, cap: int) -> zlib._Decompress:
    """Inflate a block onto `out`, one byte over the cap at most; a gzip file may hold several members."""
    while block and len(out) <= cap:
        if inflater.eof:
            inflater = zlib.decompressobj(31)
        out += inflater.decompress(block, cap + 1 - len(out))
        block = inflater.unconsumed_tail or inflater.unused_data
    return inflater
