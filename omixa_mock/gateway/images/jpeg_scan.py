"""JPEG entropy coding of a mosaic's pixels.

Section numbers are those of ITU-T T.81. A cell is 4 by 4 units (MCUs) of 16 by
16 pixels, each of one colour, so that all AC coefficients are zero. A unit
encodes the difference of its colour from that of the unit before. This is
nearly always zero, which takes 12 bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from typing import Final, TypeAlias

from .mosaic import Colour, Mosaic, cell_sizes

__all__ = ["AC_TABLE", "DC_STEP", "DC_TABLE", "scan"]

# §A.3.3: the DC coefficient of 64 equal samples is 8 times their value less 128.
DC_STEP: Final = 8
"""The quantiser that makes a DC coefficient the value of its samples less 128."""

DC_TABLE: Final = {1: [0], 5: [*range(1, 12)]}
"""Categories of DC differences by the length of their codes in bits."""

AC_TABLE: Final = {1: [0x00]}
"""The only AC symbol there is, the end of block, in one bit."""

_UNIT: Final = 16
_END_OF_BLOCK: Final = "0"
_SAME_BLOCK: Final = "0" + _END_OF_BLOCK
_SAME_UNIT: Final = 6 * _SAME_BLOCK

_Level: TypeAlias = tuple[int, int, int]
"""Y, Cb and Cr, each less 128."""

_NO_LEVEL: Final = (0, 0, 0)


def scan(mosaic: Mosaic) -> bytes:
    """Return the entropy-coded data behind the scan header.

    §F.1.2.3: the last byte is filled up with ones, and a zero follows each 0xFF.
    """
    bits = "".join(_lines(mosaic))
    size = -(-len(bits) // 8)
    return int(bits.ljust(8 * size, "1"), 2).to_bytes(size, "big").replace(b"\xff", b"\xff\x00")


def _lines(mosaic: Mosaic) -> Iterator[str]:
    """Yield the rows of units, as digits; within a row of cells only the first unit of the first row may differ."""
    levels = (_level(mosaic.paper), _level(mosaic.ink))
    changes = {(before, after): _unit(before, after) for before, after in product((_NO_LEVEL, *levels), levels)}
    tails = [(_units(size) - 1) * _SAME_UNIT for size in cell_sizes(mosaic.width)]
    before = _NO_LEVEL
    for number, size in enumerate(cell_sizes(mosaic.height)):
        cells = [levels[is_ink] for is_ink in mosaic.row(number)]
        yield _line(before, cells, changes, tails)
        before = cells[-1]
        yield _line(before, cells, changes, tails) * (_units(size) - 1)


def _line(before: _Level, cells: list[_Level], changes: Mapping[tuple[_Level, _Level], str], tails: list[str]) -> str:
    """Return one row of units: for each cell one unit that changes the level, and others that repeat it."""
    starts = map(changes.__getitem__, pairwise((before, *cells)))
    return "".join([start + tail for start, tail in zip(starts, tails, strict=True)])


def _unit(before: _Level, after: _Level) -> str:
    """Return a unit. §A.2.3: four blocks of Y, one of Cb, one of Cr."""
    luma, blue, red = (_block(new - old) for old, new in zip(before, after, strict=True))
    return luma + 3 * _SAME_BLOCK + blue + red


def _block(difference: int) -> str:
    """Return a block. §F.1.2.1: the category of the difference, its lowest bits (less one if negative), no AC."""
    if difference == 0:
        return _SAME_BLOCK
    category = abs(difference).bit_length()
    # §C.2: in DC_TABLE the code 0 is followed by the codes 10000, 10001, ...
    code = 0b10000 + category - 1
    places = difference if difference > 0 else difference + (1 << category) - 1
    return f"{code:05b}{places:0{category}b}{_END_OF_BLOCK}"


def _level(colour: Colour) -> _Level:
    """Convert a colour by the equations of JFIF, in 16-bit fixed point for the same rounding on each platform."""
    red, green, blue, _ = colour
    return (
        (19595 * red + 38470 * green + 7471 * blue + 32768 >> 16) - 128,
        -11059 * red - 21709 * green + 32768 * blue + 32767 >> 16,
        32768 * red - 27439 * green - 5329 * blue + 32767 >> 16,
    )


def _units(pixels: int) -> int:
    return -(-pixels // _UNIT)
