"""PNG encoding of a bitmap: one bit for each pixel, and a palette of two colours.

Section numbers are those of the PNG specification (third edition).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Final
from zlib import crc32

from .bitmap import Bitmap
from .deflate import deflate
from .mark import mark_text

__all__ = ["png"]

# §5.2
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_EMPTY_CHUNK_BYTES: Final = 12
_BIT_DEPTH: Final = 1
_INDEXED_COLOUR: Final = 3
_BLACK: Final = bytes(3)
# §5.3: a chunk is the length of its data, then name and data, and the CRC of both. Three of them are packed by
# hand: each call of a function costs amid a server's work.
_PALETTE_BYTES, _TEXT_BYTES = 6, 54
_PALETTE: Final = struct.Struct(">I10sI")
_TEXT_AND_LENGTH: Final = struct.Struct(">I58sII")
_number: Final = struct.Struct(">I").pack


def png(bitmap: Bitmap, weight: int) -> bytes:
    """Return the bytes of a PNG file.

    Args:
        bitmap: The image.
        weight: The minimum size of the file in bytes. A smaller file is padded
            with a private chunk of zeros. The chunk takes at least 12 bytes: if
            1 to 11 bytes are missing, the file gets 12 more.
    """
    # §11.2.2: two colours of three bytes. §11.3.3.2: a keyword, a zero byte and text.
    palette = b"PLTE%b%b" % (_BLACK if bitmap.transparent else bitmap.paper.rgb, bitmap.ink.rgb)
    text = b"tEXtomixa-mock\0" + mark_text(bitmap.mark)
    pixels = b"IDAT" + deflate(bitmap)
    whole = b"".join(
        (
            _header(bitmap.grid.width, bitmap.grid.height),
            _PALETTE.pack(_PALETTE_BYTES, palette, crc32(palette)),
            _NO_PAPER if bitmap.transparent else b"",
            _TEXT_AND_LENGTH.pack(_TEXT_BYTES, text, crc32(text), len(pixels) - 4),
            pixels,
            _number(crc32(pixels)),
            _END,
        )
    )
    return whole if len(whole) >= weight else whole[: -len(_END)] + _padding(weight - len(whole)) + _END


@lru_cache(maxsize=8)
def _header(width: int, height: int) -> bytes:
    """Return signature and IHDR. §5.2, §11.2.1: the zeros are deflate, adaptive filtering and no interlace."""
    return _SIGNATURE + _chunk(b"IHDR" + struct.pack(">II5B", width, height, _BIT_DEPTH, _INDEXED_COLOUR, 0, 0, 0))


@lru_cache(maxsize=4)
def _padding(size: int) -> bytes:
    """Return a padding chunk. §5.4: its name is ancillary, private, with the reserved bit as required, safe to copy."""
    return _chunk(b"omXa" + bytes(max(0, size - _EMPTY_CHUNK_BYTES)))


def _chunk(named: bytes) -> bytes:
    """Return a chunk of a four-byte name and its data."""
    return b"%b%b%b" % ((len(named) - 4).to_bytes(4, "big"), named, crc32(named).to_bytes(4, "big"))


_END: Final = _chunk(b"IEND")
# §11.3.1.1: the first colour is transparent; a colour without an entry is opaque.
_NO_PAPER: Final = _chunk(b"tRNS\0")
