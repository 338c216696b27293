"""The image before any file format: a mosaic of square cells in two colours."""

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
    """The part of the scale that a byte of the fingerprint is brought to: from the least, so many 16ths of it.

    So what its upper hexadecimal digit adds is whole, and its lower one's share does not depend on it.
    """

    least: int
    sixteenths: int

    @property
    def upper(self) -> tuple[int, ...]:
        """What each value of the upper digit adds."""
        return tuple(self.sixteenths * value for value in range(16))

    @property
    def lower(self) -> tuple[int, ...]:
        """What each value of the lower digit adds."""
        return tuple(self.sixteenths * value // 16 for value in range(16))

    def table(self) -> bytes:
        """What becomes of each byte."""
        return bytes(self.least + upper + lower for upper, lower in product(self.upper, self.lower))


# Opaque paper is light and ink dark. Transparent ink is of middle lightness, so that it can be told from its paper
# on a white page and on a black one.
DARK: Final = Shade(0, 6)
LIGHT: Final = Shade(160, 6)
MIDDLE: Final = Shade(64, 8)
_DARK, _LIGHT, _MIDDLE = DARK.table(), LIGHT.table(), MIDDLE.table()


class Mosaic(Struct, frozen=True):
    """Width and height in pixels, and a mark.

    Cell number i, counted along rows from the top left, is `ink` where
    bit i % 128 of the mark is set and `paper` elsewhere. The last cell of a row or
    column is cut where the side is no multiple of 64.
    """

    width: int
    height: int
    mark: bytes
    transparent: bool

    @property
    def ink(self) -> Colour:
        """The colour of the cells whose bit is set: what the first three bytes of the fingerprint make of a shade."""
        return bytes.fromhex(self.mark[:6].decode()).translate(_MIDDLE if self.transparent else _DARK) + _OPAQUE

    @property
    def paper(self) -> Colour:
        """The colour of the others: what the next three make of a light shade, or none."""
        if self.transparent:
            return bytes(4)
        return bytes.fromhex(self.mark[6:12].decode()).translate(_LIGHT) + _OPAQUE

    @property
    def columns(self) -> int:
        """Number of cells in a row, a cut one included."""
        return -(-self.width // CELL)

    @property
    def rows(self) -> int:
        """Number of cells in a column, a cut one included."""
        return -(-self.height // CELL)

    def row(self, number: int) -> bytes:
        """The cells of one row from left to right, 1 for ink and 0 for paper."""
        first, bits = number * self.columns, mark_bits(self.mark)
        return bytes([bits[cell % MARK_BITS] for cell in range(first, first + self.columns)])


def mosaic_of(fingerprint: bytes, width: int, height: int, *, transparent: bool) -> Mosaic:
    """The mosaic that shows a 12-byte fingerprint.

    Raises:
        ValueError: the fingerprint is not 12 bytes long, or a side is not 1 to 16384 pixels.
    """
    if not (1 <= width <= _LONGEST_SIDE and 1 <= height <= _LONGEST_SIDE):
        raise ValueError(f"sides of 1 to {_LONGEST_SIDE} pixels can be drawn, not {width}x{height}")
    return Mosaic(width, height, mark_of(fingerprint), transparent)


def cell_sizes(side: int) -> list[int]:
    """The sizes in pixels of the cells along a side: 64 each, and what is left."""
    whole, rest = divmod(side, CELL)
    return [CELL] * whole + [rest] * (rest > 0)
