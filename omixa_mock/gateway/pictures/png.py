"""A mosaic as a PNG: one bit for each pixel, and a palette of two colours.

Section numbers are those of the PNG specification (third edition).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Final
from zlib import crc32

from .deflate import deflated
from .mark import mark_text
from .mosaic import Mosaic

__all__ = ["png"]

# §5.2
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_EMPTY_CHUNK_BYTES: Final = 12
_BIT_DEPTH: Final = 1
_INDEXED_COLOUR: Final = 3


def png(mosaic: Mosaic, weight: int) -> bytes:
    """The bytes of a PNG file.

    Args:
        mosaic: the picture.
        weight: size of the file in bytes. A file that would be smaller is
            filled up with a private chunk of zeros, which takes 12 bytes at
            least: where 1 to 11 bytes are missing the file gets 12 more.
    """
    head = _header(mosaic.width, mosaic.height) + _palette(mosaic) + _text(mosaic) + _chunk(b"IDAT", deflated(mosaic))
    missing = weight - len(head) - _EMPTY_CHUNK_BYTES
    return head + _padding(missing) + _END if missing > 0 else head + _END


@lru_cache(maxsize=64)
def _header(width: int, height: int) -> bytes:
    """§5.2 and §11.2.1: deflate, adaptive filtering and no interlace are the three zeros."""
    return _SIGNATURE + _chunk(b"IHDR", struct.pack(">II5B", width, height, _BIT_DEPTH, _INDEXED_COLOUR, 0, 0, 0))


def _palette(mosaic: Mosaic) -> bytes:
    """§11.2.2 and §11.3.1.1: three bytes each; alpha for the first colours, 255 for those left out."""
    colours = _chunk(b"PLTE", mosaic.paper[:3] + mosaic.ink[:3])
    return colours + _chunk(b"tRNS", mosaic.paper[3:]) if mosaic.transparent else colours


def _text(mosaic: Mosaic) -> bytes:
    """§11.3.3.2: a keyword, a zero byte and text."""
    return _chunk(b"tEXt", b"omixa-mock\0" + mark_text(mosaic.mark))


@lru_cache(maxsize=4)
def _padding(size: int) -> bytes:
    """§5.4: the cases of the letters say ancillary, private, reserved as it must be, safe to copy."""
    return _chunk(b"omXa", bytes(max(0, size - _EMPTY_CHUNK_BYTES)))


def _chunk(name: bytes, data: bytes) -> bytes:
    """§5.3: the length of the data, then name, data and the CRC of both."""
    return b"".join((len(data).to_bytes(4, "big"), name, data, crc32(data, crc32(name)).to_bytes(4, "big")))


_END: Final = _chunk(b"IEND", b"")
