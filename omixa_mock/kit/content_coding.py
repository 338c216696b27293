"""Content codings of response bodies: gzip, or none."""

from __future__ import annotations

import zlib

__all__ = ["DECOMPRESSED_MAX", "decode_content"]

# RFC 1952 §2.3.1: 16 is added to the window size for a gzip header.
GZIP = 16 + zlib.MAX_WBITS
# Above the decompressed size of the largest response, and a bound against decompression bombs.
DECOMPRESSED_MAX = 2**29
# Bytes that are decompressed at once: at most a thousand times as many come out.
STEP = 2**15


def decode_content(body: bytes | bytearray, encoding: str) -> tuple[bytes | bytearray, str]:
    """Return a body without its gzip coding, and what is wrong with the coding.

    A body with a flaw is returned as it is, since clients differ in what they make of it. [RFC 9110 §8.4]
    """
    coding = encoding.strip().lower()
    if coding in {"", "identity"} or not body:
        return body, ""
    if coding not in {"gzip", "x-gzip"}:
        return body, f"Content-Encoding is {encoding[:80]!r}; expected: gzip or none, which every client accepts"
    try:
        return decode_gzip(body)
    except zlib.error:
        return body, "Content-Encoding is gzip, and the body is not gzip"


def decode_gzip(body: bytes | bytearray) -> tuple[bytearray, str]:
    """Return the content of all members of a gzip body, and what is wrong with it. [RFC 1952 §2.2]

    Raises:
        zlib.error: A member is no gzip.
    """
    content = bytearray()
    position = 0
    with memoryview(body) as view:
        while position < len(view):
            decoder = zlib.decompressobj(GZIP)
            while not decoder.eof:
                if position >= len(view) or len(content) > DECOMPRESSED_MAX:
                    return content, "Content-Encoding is gzip, and the body breaks off"
                piece = view[position : position + STEP]
                content += decoder.decompress(piece)
                position += len(piece) - len(decoder.unused_data)
    return content, ""
