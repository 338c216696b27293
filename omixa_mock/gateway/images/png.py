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


def png(bitmap: Bitmap, weight: int) -> bytes:
    """Return the bytes of a PNG file.

    Args:
        bitmap: The image.
        weight: The minimum size of the file in bytes. A smaller file is padded
            with a private chunk of zeros. The chunk takes at least 12 bytes: if
            1 to 11 bytes are missing, the file gets 12 more.
    """
    paper = _BLACK if bitmap.transparent else bitmap.paper.rgb
    # §11.2.2: two colours of three bytes. §11.3.3.2: a keyword, a zero byte and text.
    palette = _chunk(b"PLTE%b%b" % (paper, bitmap.ink.rgb)) + (_NO_PAPER if bitmap.transparent else b"")
    text = _chunk(b"tEXtomixa-mock\0" + mark_text(bitmap.mark))
    pixels = _chunk(b"IDAT" + deflate(bitmap))
    whole = b"".join((_header(bitmap.width, bitmap.height), palette, text, pixels, _END))
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
    """Return a chunk of a four-byte name and its data. §5.3: the length of the data, both, and the CRC of both."""
    return b"%b%b%b" % ((len(named) - 4).to_bytes(4, "big"), named, crc32(named).to_bytes(4, "big"))


_END: Final = _chunk(b"IEND")
# §11.3.1.1: the first colour is transparent; a colour without an entry is opaque.
_NO_PAPER: Final = _chunk(b"tRNS\0")
