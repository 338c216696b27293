"""PNG encoding of a mosaic: one bit for each pixel, and a palette of two colours.

Section numbers are those of the PNG specification (third edition).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from itertools import chain
from typing import Final
from zlib import crc32

from .deflate import adler, deflate_stencil
from .mark import MARK_BITS, mark_text
from .mosaic import DARK, LIGHT, MIDDLE, Mosaic, Shade
from .stencil import Byte, Stencil, plain

__all__ = ["png"]

# §5.2
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_EMPTY_CHUNK_BYTES: Final = 12
_BIT_DEPTH: Final = 1
_INDEXED_COLOUR: Final = 3

# §5.3: a chunk is the length of its data, then name and data, and the CRC of both. One stencil holds the name and data
# of the three chunks that depend on the mark; these are the positions at which they end.
_PALETTE_END: Final = 10
_TEXT_END: Final = _PALETTE_END + 58
_number: Final = struct.Struct(">I").pack
_PALETTE_LENGTH: Final = _number(6)
_TEXT_LENGTH: Final = _number(54)


def png(mosaic: Mosaic, weight: int) -> bytes:
    """Return the bytes of a PNG file.

    Args:
        mosaic: The image.
        weight: The minimum size of the file in bytes. A smaller file is padded
            with a private chunk of zeros. The chunk takes at least 12 bytes: if
            1 to 11 bytes are missing, the file gets 12 more.
    """
    begin, stencil, middle = _frame(mosaic.width, mosaic.height, mosaic.transparent)
    stream, sums = stencil.filled(mosaic.mark)
    palette, text = stream[:_PALETTE_END], stream[_PALETTE_END:_TEXT_END]
    pixels = stream[_TEXT_END:] + adler(sums)
    checks = _number(crc32(palette)), _number(crc32(text)), _number(crc32(pixels))
    whole = b"".join(
        (begin, palette, checks[0], middle, text, checks[1], _number(len(pixels) - 4), pixels, checks[2], _END)
    )
    return whole if len(whole) >= weight else _padded(whole, weight)


@lru_cache(maxsize=8)
def _frame(width: int, height: int, transparent: bool) -> tuple[bytes, Stencil, bytes]:  # noqa: FBT001  # a cache's key
    """Return the constant start, the stencil, and the constant bytes between palette and text, for images of a size."""
    colours = (_colour(6, LIGHT), _colour(0, DARK)) if not transparent else (plain(bytes(3)), _colour(0, MIDDLE))
    # §11.2.2: two colours of three bytes. §11.3.3.2: a keyword, a zero byte and text.
    digits = (Byte(0, ((place, _HEXADECIMAL),)) for place in range(MARK_BITS // 4))
    text = (*plain(b"tEXtomixa-mock\0" + mark_text(b"")), *digits)
    head = chain(plain(b"PLTE"), *colours, text, plain(b"IDAT"))
    begin = _header(width, height) + _PALETTE_LENGTH
    return begin, deflate_stencil(width, height, head), (_NO_PAPER if transparent else b"") + _TEXT_LENGTH


def _colour(first: int, shade: Shade) -> list[Byte]:
    """Return red, green and blue, each scaled from two digits of the mark."""
    upper, lower = shade.upper, shade.lower
    return [Byte(shade.least, ((place, upper), (place + 1, lower))) for place in range(first, first + 6, 2)]


def _header(width: int, height: int) -> bytes:
    """Return signature and IHDR. §5.2, §11.2.1: the zeros are deflate, adaptive filtering and no interlace."""
    return _SIGNATURE + _chunk(b"IHDR" + struct.pack(">II5B", width, height, _BIT_DEPTH, _INDEXED_COLOUR, 0, 0, 0))


def _padded(whole: bytes, weight: int) -> bytes:
    """Return a file, padded to a weight before its last chunk."""
    return whole[: -len(_END)] + _padding(weight - len(whole)) + _END


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
_HEXADECIMAL: Final = tuple(b"0123456789abcdef")
