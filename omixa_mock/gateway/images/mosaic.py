"""Mosaic: an image of square cells in two colours, before any file format."""

from __future__ import annotations

from itertools import product
from typing import Final, NamedTuple, TypeAlias

from msgspec import Struct

from .mark import MARK_BITS, mark_bits, mark_of

__all__ = ["CELL", "DARK", "LIGHT", "MIDDLE", "Colour", "Mosaic", "Shade", "cell_sizes", "mosaic_of"]

CELL: Final = 64
"""Side of a cell, in pixels."""

# A VP8L header keeps each side in 14 bits; one limit for all formats is easier to remember.
_LONGEST_SIDE: Final = 1 << 14

_OPAQUE: Final = b"\xff"


Colour: TypeAlias = bytes
"""Red, green, blue and alpha, not premultiplied."""


class Shade(NamedTuple):
    """Range of colour values that the values of a byte are scaled to.

    The scale is a number of sixteenths, so that each hexadecimal digit of the byte adds an integer of its own.
    """

    least: int
    sixteenths: int

    @property
    def upper(self) -> tuple[int, ...]:
        """Return the increments of the values of the upper digit."""
        return tuple(self.sixteenths * value for value in range(16))

    @property
    def lower(self) -> tuple[int, ...]:
        """Return the increments of the values of the lower digit."""
        return tuple(self.sixteenths * value // 16 for value in range(16))

    def table(self) -> bytes:
        """Return the scaled value of each byte."""
        return bytes(self.least + upper + lower for upper, lower in product(self.upper, self.lower))


# Opaque paper is light and ink dark. The ink on transparent paper is of middle lightness, so that it is visible
# on a white page and on a black one.
DARK: Final = Shade(0, 6)
LIGHT: Final = Shade(160, 6)
MIDDLE: Final = Shade(64, 8)
_DARK, _LIGHT, _MIDDLE = DARK.table(), LIGHT.table(), MIDDLE.table()


class Mosaic(Struct, frozen=True):
    """Image of square cells in two colours.

    Cell number i, counted along rows from the top left, is `ink` if bit i % 128
    of the mark is set, otherwise `paper`. The last cell of a row or column is
    cut if the side is not a multiple of 64.
    """

    width: int
    height: int
    mark: bytes
    transparent: bool

    @property
    def ink(self) -> Colour:
        """Return the colour of the cells whose bit is set: the first three bytes of the fingerprint, scaled."""
        return bytes.fromhex(self.mark[:6].decode()).translate(_MIDDLE if self.transparent else _DARK) + _OPAQUE

    @property
    def paper(self) -> Colour:
        """Return the colour of the other cells: the next three bytes of the fingerprint, scaled, or transparent."""
        if self.transparent:
            return bytes(4)
        return bytes.fromhex(self.mark[6:12].decode()).translate(_LIGHT) + _OPAQUE

    @property
    def columns(self) -> int:
        """Return the number of cells in a row, a cut one included."""
        return -(-self.width // CELL)

    @property
    def rows(self) -> int:
        """Return the number of cells in a column, a cut one included."""
        return -(-self.height // CELL)

    def row(self, number: int) -> bytes:
        """Return the cells of one row from left to right, 1 for ink and 0 for paper."""
        first, bits = number * self.columns, mark_bits(self.mark)
        return bytes([bits[cell % MARK_BITS] for cell in range(first, first + self.columns)])


def mosaic_of(fingerprint: bytes, width: int, height: int, *, transparent: bool) -> Mosaic:
    """Return the mosaic of a 12-byte fingerprint.

    Raises:
        ValueError: The fingerprint is not 12 bytes long, or a side is not 1 to 16384 pixels.
    """
    if not (1 <= width <= _LONGEST_SIDE and 1 <= height <= _LONGEST_SIDE):
        raise ValueError(f"sides of 1 to {_LONGEST_SIDE} pixels can be drawn, not {width}x{height}")
    return Mosaic(width, height, mark_of(fingerprint), transparent)


def cell_sizes(side: int) -> list[int]:
    """Return the sizes in pixels of the cells along a side: 64 each, then the remainder."""
    whole, rest = divmod(side, CELL)
    return [CELL] * whole + [rest] * (rest > 0)
