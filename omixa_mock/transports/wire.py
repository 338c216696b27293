"""What goes over the wire, byte for byte: whole responses, and those that are broken on purpose.

The socket door writes it; the in-process doors let their library read what is broken. So a
client sees the same through both.
"""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

from omixa_mock.gateway import Cut, Response

from .header_fields import Headers, encode_fields

__all__ = ["NO_HTTP", "write_broken", "write_whole"]

NO_HTTP = b"\x16\x03\x01 this is not HTTP \xff\xfe\r\n\r\n"
NO_CHUNK = b"no chunk\r\n"
PHRASES = {status.value: status.phrase for status in HTTPStatus}


def write_broken(cut: Cut) -> tuple[bytes, bool]:
    """The bytes before a connection ends, and whether it is reset then instead of closed."""
    resets = cut.kind == "reset"
    if cut.response is None:
        return (NO_HTTP if cut.kind == "garbage" else b""), resets
    half = cut.response.body[: len(cut.response.body) // 2]
    match cut.framing:
        case "chunked":
            part = b"%x\r\n%s\r\n%s" % (len(half), half, NO_CHUNK)
            return write_head(cut.response, (b"transfer-encoding", b"chunked")) + part, resets
        case "close":
            return write_head(cut.response, (b"connection", b"close")) + half, resets
        case "length":
            length = b"%d" % len(cut.response.body)
            return write_head(cut.response, (b"content-length", length)) + half, resets


def write_whole(response: Response, *, bodiless: bool, closes: bool) -> bytes:
    """A whole response; after HEAD without its body (RFC 9110 §9.3.2), before the connection's end saying so."""
    framing = ((b"content-length", b"%d" % len(response.body)), *((CLOSE,) if closes else ()))
    head = head_of(response.status, response.headers, framing)
    return head if bodiless else head + response.body


CLOSE = (b"connection", b"close")


def write_head(response: Response, *framing: tuple[bytes, bytes]) -> bytes:
    """Status line and header fields, the body's framing among them."""
    return head_of(response.status, response.headers, framing)


@lru_cache(maxsize=256)
def head_of(status: int, headers: Headers, framing: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Status line and header fields; most responses have the same."""
    fields = b"".join(b"%s: %s\r\n" % field for field in (*encode_fields(headers), *framing))
    return b"HTTP/1.1 %d %s\r\n%s\r\n" % (status, PHRASES.get(status, "").encode(), fields)
