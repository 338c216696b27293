"""JPEG entropy coding of a bitmap.

Section numbers are those of ITU-T T.81. A unit (MCU) has two blocks of luma, which are
two dots, and one of each chroma. All AC coefficients are zero, and both colours have the
same chroma: only the DC coefficients of luma change. All codes have an even number of
bits, so that the scan is written as digits of two bits.
"""

from __future__ import annotations

from typing import Final

from .bitmap import Bitmap
from .bits import canonical_codes
from .panel import DOT

__all__ = ["AC_TABLE", "DC_STEP", "DC_TABLE", "scan"]

# §A.3.3: the DC coefficient of 64 equal samples is 8 times their value less 128.
DC_STEP: Final = 8
"""The quantiser that makes a DC coefficient the value of its samples less 128."""

DC_TABLE: Final = {1: [0], 3: [8], 5: [2, 4, 6, 10], 6: [1, 3, 5, 7, 9, 11]}
"""Categories of DC differences by the length of their codes: with the bits of the difference, an odd number."""

AC_TABLE: Final = {1: [0x00]}
"""The only AC symbol there is, the end of block, in one bit."""

_CODES: Final = canonical_codes({category: length for length, table in DC_TABLE.items() for category in table})
_END_OF_BLOCK: Final = "0"
# An unchanged block: the code of category 0, and the end of block.
_SAME: Final = b"0"
_TO_PAPER, _TO_INK = b"P", b"I"
_MARKS: Final = bytes.maketrans(b"0123", 2 * _SAME + _TO_PAPER + _TO_INK)


def scan(bitmap: Bitmap) -> bytes:
    """Return the entropy-coded data behind the scan header.

    §F.1.2.3: the last byte is filled up with ones, and a zero follows each 0xFF.
    """
    paper, ink = bitmap.paper, bitmap.ink
    dots = _dots(bitmap)
    changes = _changes(dots).translate(_MARKS)
    blocks = bytearray(_SAME * (2 * len(dots)))
    blocks[0::4], blocks[1::4] = changes[0::2], changes[1::2]
    # §F.2.1.3.1: the first unit differs from zero.
    first = _block((ink if dots.startswith(b"1") else paper).luma - 128), blocks[1:2], _block(ink.blue), _block(ink.red)
    step = ink.luma - paper.luma
    digits = b"".join((*first, blocks[4:])).replace(_TO_PAPER, _block(-step)).replace(_TO_INK, _block(step))
    digits += b"3" * (-len(digits) % 4)
    return int(digits, 4).to_bytes(len(digits) // 4, "big").replace(b"\xff", b"\xff\x00")


def _dots(bitmap: Bitmap) -> bytes:
    """Return all dots as digits, 1 for ink, in rows of whole units."""
    size = len(bitmap.rows) // len(bitmap.heights) * DOT
    digits = f"{int.from_bytes(bitmap.rows, 'big'):0{size * len(bitmap.heights)}b}"
    units = bitmap.grid.dots + bitmap.grid.dots % 2
    rows = zip(range(0, len(digits), size), bitmap.heights, strict=True)
    return "".join([digits[begin : begin + units] * -(-height // DOT) for begin, height in rows]).encode()


def _changes(dots: bytes) -> bytes:
    """Return a digit for each dot: the dot, and 2 more if it differs from the one before."""
    number = int.from_bytes(dots, "big")
    changed = (number ^ number >> 8) & ((1 << 8 * (len(dots) - 1)) - 1)
    return (number + 2 * changed).to_bytes(len(dots), "big")


def _block(difference: int) -> bytes:
    """Return a block. §F.1.2.1: the category of the difference, its lowest bits (less one if negative), no AC."""
    category = abs(difference).bit_length()
    places = difference if difference >= 0 else difference + (1 << category) - 1
    bits = _CODES[category] + (f"{places:0{category}b}" if category else "") + _END_OF_BLOCK
    return b"".join(b"%d" % int(bits[place : place + 2], 2) for place in range(0, len(bits), 2))
