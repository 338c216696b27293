"""The picture before any file format: a mosaic of square cells in two colours."""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct

from .mark import MARK_BITS, mark_bits, mark_of

__all__ = ["CELL", "Colour", "Mosaic", "cell_sizes", "mosaic_of"]

CELL: Final = 64
"""Side of a cell, in pixels."""

# A VP8L header keeps each side in 14 bits; one limit for all formats is easier to remember.
_LONGEST_SIDE: Final = 1 << 14

_DARK: Final = bytes(value * 3 // 8 for value in range(256))
_LIGHT: Final = bytes(160 + value * 3 // 8 for value in range(256))
_OPAQUE: Final = b"\xff"
_MIDDLE: Final = bytes(64 + value // 2 for value in range(256))


Colour: TypeAlias = bytes
"""Red, green, blue and alpha, not premultiplied."""


class Mosaic(Struct, gc=False, frozen=True):
    """Width and height in pixels, a mark, and two colours.

    Cell number i, counted along rows from the top left, is `ink` where
    bit i % 128 of the mark is set and `paper` elsewhere. The last cell of a row or
    column is cut where the side is no multiple of 64.
    """

    width: int
    height: int
    mark: bytes
    ink: Colour
    paper: Colour
    transparent: bool

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
    mark = mark_of(fingerprint)
    ink, paper = _colours(fingerprint, transparent=transparent)
    return Mosaic(width, height, mark, ink, paper, transparent)


def cell_sizes(side: int) -> list[int]:
    """The sizes in pixels of the cells along a side: 64 each, and what is left."""
    whole, rest = divmod(side, CELL)
    return [CELL] * whole + [rest] * (rest > 0)


def _colours(fingerprint: bytes, *, transparent: bool) -> tuple[Colour, Colour]:
    """Ink and paper.

    Opaque paper is light and ink dark. Transparent ink is of middle lightness,
    so that it can be told from its paper on a white page and on a black one.
    """
    ink, paper = fingerprint[:3], fingerprint[3:6]
    if transparent:
        return ink.translate(_MIDDLE) + _OPAQUE, bytes(4)
    return ink.translate(_DARK) + _OPAQUE, paper.translate(_LIGHT) + _OPAQUE
