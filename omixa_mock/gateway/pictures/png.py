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

# §5.3: the length of the data, then name and data, and the CRC of both; here of the chunks that every picture has
# of one length. §11.2.2: two colours of three bytes. §11.3.3.2: a keyword, a zero byte and text.
_PALETTE: Final = struct.Struct(">I10sI")
_PALETTE_BYTES: Final = 6
_TEXT_HEAD: Final = b"tEXtomixa-mock\0" + mark_text(b"")
_TEXT: Final = struct.Struct(">I58sI")
_TEXT_BYTES: Final = 54


def png(mosaic: Mosaic, weight: int) -> bytes:
    """The bytes of a PNG file.

    Args:
        mosaic: the picture.
        weight: size of the file in bytes. A file that would be smaller is
            filled up with a private chunk of zeros, which takes 12 bytes at
            least: where 1 to 11 bytes are missing the file gets 12 more.
    """
    colours, text = b"PLTE%b%b" % (mosaic.paper[:3], mosaic.ink[:3]), _TEXT_HEAD + mosaic.mark
    whole = b"".join(
        (
            _header(mosaic.width, mosaic.height),
            _PALETTE.pack(_PALETTE_BYTES, colours, crc32(colours)),
            _NO_PAPER if mosaic.transparent else b"",
            _TEXT.pack(_TEXT_BYTES, text, crc32(text)),
            _chunk(b"IDAT" + deflated(mosaic)),
            _END,
        )
    )
    return whole if len(whole) >= weight else _padded(whole, weight)


@lru_cache(maxsize=64)
def _header(width: int, height: int) -> bytes:
    """§5.2 and §11.2.1: deflate, adaptive filtering and no interlace are the three zeros."""
    return _SIGNATURE + _chunk(b"IHDR" + struct.pack(">II5B", width, height, _BIT_DEPTH, _INDEXED_COLOUR, 0, 0, 0))


def _padded(whole: bytes, weight: int) -> bytes:
    """A file filled up to a weight before its end."""
    return whole[: -len(_END)] + _padding(weight - len(whole)) + _END


@lru_cache(maxsize=4)
def _padding(size: int) -> bytes:
    """§5.4: the cases of the letters say ancillary, private, reserved as it must be, safe to copy."""
    return _chunk(b"omXa" + bytes(max(0, size - _EMPTY_CHUNK_BYTES)))


def _chunk(named: bytes) -> bytes:
    """A chunk of a name of four bytes and its data."""
    return b"%b%b%b" % ((len(named) - 4).to_bytes(4, "big"), named, crc32(named).to_bytes(4, "big"))


_END: Final = _chunk(b"IEND")
# §11.3.1.1: the first colour is transparent, and the one that is left out is not.
_NO_PAPER: Final = _chunk(b"tRNS\0")
