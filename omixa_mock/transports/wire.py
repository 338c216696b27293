"""HTTP/1.1 serialization: whole responses, and responses that are broken on purpose.

The server sends these bytes. The interceptors let their library parse the broken ones, so that a client sees
the same in both.
"""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

from omixa_mock.gateway import Cut, Response

from .header_fields import Headers, encode_fields

__all__ = ["IDLE_SECONDS", "KEEP_ALIVE", "PHRASES", "encode_broken", "encode_response"]

NOT_HTTP = b"\x16\x03\x01 this is not HTTP \xff\xfe\r\n\r\n"
MALFORMED_CHUNK = b"no chunk\r\n"
CLOSE = (b"connection", b"close")
# Seconds that an idle connection stays open, as nginx keeps it.
IDLE_SECONDS = 75
# Not in a standard, and heeded by Node and others: without it they send into a connection that is being closed.
KEEP_ALIVE = (b"keep-alive", b"timeout=%d" % IDLE_SECONDS)
PHRASES = {status.value: status.phrase for status in HTTPStatus}


def encode_broken(cut: Cut) -> tuple[bytes, bool]:
    """Return the bytes before a connection ends, and True if it is then reset instead of closed."""
    resets = cut.kind == "reset"
    if cut.response is None:
        return (NOT_HTTP if cut.kind == "garbage" else b""), resets
    half = cut.response.body[: len(cut.response.body) // 2]
    match cut.framing:
        case "chunked":
            part = b"%x\r\n%s\r\n%s" % (len(half), half, MALFORMED_CHUNK)
            return encode_head(cut.response, (b"transfer-encoding", b"chunked")) + part, resets
        case "close":
            return encode_head(cut.response, CLOSE) + half, resets
        case "length":
            length = b"%d" % len(cut.response.body)
            return encode_head(cut.response, (b"content-length", length)) + half, resets


def encode_response(response: Response, *, bodiless: bool, closes: bool, is_server: bool = False) -> bytes:
    """Return the bytes of a whole response.

    Args:
        response: The response.
        bodiless: Leave out the body, as after HEAD (RFC 9110 §9.3.2).
        closes: Announce that the connection ends.
        is_server: Announce how long an idle connection stays open.
    """
    framing = (b"content-length", b"%d" % len(response.body)), *((CLOSE,) if closes else ())
    # First, as uvicorn has it: a response must not show which way it took.
    first = (KEEP_ALIVE,) if is_server and not closes else ()
    head = encode_status_and_fields(response.status, response.headers, framing, first)
    return head if bodiless else head + response.body


def encode_head(response: Response, *framing: tuple[bytes, bytes]) -> bytes:
    """Return the status line and header fields of a response, with those of its body's framing."""
    return encode_status_and_fields(response.status, response.headers, framing)


@lru_cache(maxsize=256)
def encode_status_and_fields(
    status: int, headers: Headers, framing: tuple[tuple[bytes, bytes], ...], first: tuple[tuple[bytes, bytes], ...] = ()
) -> bytes:
    """Return a status line and header fields; most responses have the same."""
    fields = b"".join(b"%s: %s\r\n" % field for field in (*first, *encode_fields(headers), *framing))
    return b"HTTP/1.1 %d %s\r\n%s\r\n" % (status, PHRASES.get(status, "").encode(), fields)
