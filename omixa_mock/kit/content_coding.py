"""Content codings of response bodies: gzip, or none."""

from __future__ import annotations

import zlib

__all__ = ["DECOMPRESSED_MAX", "decode_content"]

# RFC 1952 §2.3.1: 16 is added to the window size for a gzip header.
GZIP = 16 + zlib.MAX_WBITS
# Above the decompressed size of the largest response, and a bound against decompression bombs.
DECOMPRESSED_MAX = 2**29


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
        return decode_gzip(bytes(body))
    except zlib.error:
        return body, "Content-Encoding is gzip, and the body is not gzip"


def decode_gzip(body: bytes) -> tuple[bytes, str]:
    """Return the content of all members of a gzip body, and what is wrong with it. [RFC 1952 §2.2]

    Raises:
        zlib.error: A member is no gzip.
    """
    content = b""
    while body:
        decoder = zlib.decompressobj(GZIP)
        content += decoder.decompress(body, max(DECOMPRESSED_MAX - len(content), 1))
        if not decoder.eof:
            return content, "Content-Encoding is gzip, and the body breaks off"
        body = decoder.unused_data
    return content, ""
