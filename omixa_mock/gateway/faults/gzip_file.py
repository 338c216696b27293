"""Gzip files (RFC 1952) of stored blocks: unlike a compressor's output, their bytes are the same everywhere."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

__all__ = ["gzip"]

# Magic number, method deflate, no flags, no time, no extra flags, unknown system.
HEADER = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
BLOCK_MAX = 0xFFFF


def gzip(data: bytes) -> bytes:
    """Return a gzip file of `data`."""
    blocks = b"".join(stored_blocks(data))
    return HEADER + blocks + struct.pack("<II", zlib.crc32(data), len(data) % 2**32)


def stored_blocks(data: bytes) -> Iterator[bytes]:
    """Yield `data` as DEFLATE blocks without compression (RFC 1951 §3.2.4)."""
    for start in range(0, len(data), BLOCK_MAX):
        block = data[start : start + BLOCK_MAX]
        yield struct.pack("<BHH", start + BLOCK_MAX >= len(data), len(block), len(block) ^ 0xFFFF) + block
