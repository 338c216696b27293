"""What goes over the wire when a reply is broken on purpose, byte for byte.

The socket door writes it; the in-process doors let their library read it. So a
client sees the same through both.
"""

from __future__ import annotations

from http import HTTPStatus

from omixa_mock.gateway import Cut, Reply

from .fields import reply_fields

__all__ = ["NO_HTTP", "write_broken"]

NO_HTTP = b"\x16\x03\x01 this is not HTTP \xff\xfe\r\n\r\n"
NO_CHUNK = b"no chunk\r\n"
PHRASES = {status.value: status.phrase for status in HTTPStatus}


def write_broken(cut: Cut) -> tuple[bytes, bool]:
    """The bytes before a connection ends, and whether it is reset then instead of closed."""
    resets = cut.kind == "reset"
    if cut.reply is None:
        return (NO_HTTP if cut.kind == "garbage" else b""), resets
    half = cut.reply.body[: len(cut.reply.body) // 2]
    match cut.framing:
        case "chunked":
            part = b"%x\r\n%s\r\n%s" % (len(half), half, NO_CHUNK)
            return write_head(cut.reply, (b"transfer-encoding", b"chunked")) + part, resets
        case "close":
            return write_head(cut.reply, (b"connection", b"close")) + half, resets
        case "length":
            length = b"%d" % len(cut.reply.body)
            return write_head(cut.reply, (b"content-length", length)) + half, resets


def write_head(reply: Reply, framing: tuple[bytes, bytes]) -> bytes:
    """Status line and header fields, the body's framing among them."""
    fields = [field for field in reply_fields(reply) if field[0] != b"content-length"]
    lines = b"".join(b"%s: %s\r\n" % field for field in (*fields, framing))
    phrase = PHRASES.get(reply.status, "").encode()
    return b"HTTP/1.1 %d %s\r\n%s\r\n" % (reply.status, phrase, lines)
