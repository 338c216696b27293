"""Bitmap of an image: dots in two colours, before any file format.

A dot has 8 by 8 pixels: one byte of a PNG with one bit for each pixel, one block of
a JPEG. The dots form a mosaic of square cells that shows the mark, and in its
middle a panel with the caption.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec import Struct

from .caption import MARGIN_ABOVE, Caption, draw_caption
from .grid import Grid, grid_of
from .mark import mark_bits, mark_of
from .panel import CELL_DOTS, Panel

__all__ = ["Bitmap", "Colour", "bitmap_of"]

# A VP8L header keeps each side in 14 bits; one limit for all formats is easier to remember.
_LONGEST_SIDE: Final = 1 << 14
_INK: Final = b"\xff"
_EIGHT_TIMES: Final = [bytes((byte,)) * CELL_DOTS for byte in range(256)]
_CELLS: Final = bytes.maketrans(b"\x01", _INK)


class Colour(NamedTuple):
    """Opaque colour of JFIF: lightness, and the differences of blue and red from it, around 0."""

    luma: int
    blue: int
    red: int

    @property
    def rgb(self) -> bytes:
        """Convert by the equations of JFIF, in 16-bit fixed point for the same rounding on each platform."""
        red = self.luma + (91881 * self.red + 32768 >> 16)
        green = self.luma - (22554 * self.blue + 46802 * self.red + 32768 >> 16)
        blue = self.luma + (116130 * self.blue + 32768 >> 16)
        return bytes((red, green, blue))


class Bitmap(Struct, frozen=True):
    """Image of dots in two colours.

    Attributes:
        grid: The grid of its size.
        mark: The mark that the cells show.
        transparent: True if the paper is transparent.
        paper: The colour of the dots that are 0.
        ink: The colour of the dots that are 1.
        lines: The rows of dots of each line of the caption, a blank line included; empty without a caption.
        rows: All rows of dots, one bit for each dot, 1 for ink, most significant bit first.
            A row has a byte for each column of cells; its dots beyond the width are 0.
    """

    grid: Grid
    mark: bytes
    transparent: bool
    paper: Colour
    ink: Colour
    lines: tuple[bytes, ...]
    rows: bytes

    @property
    def heights(self) -> tuple[int, ...]:
        """Return the number of pixel rows that show each row of dots."""
        return self.grid.captioned if self.lines else self.grid.plain


def bitmap_of(
    fingerprint: bytes, width: int, height: int, *, transparent: bool = False, caption: Caption | None = None
) -> Bitmap:
    """Return the bitmap of a 12-byte fingerprint.

    Cell number i, counted along rows from the top left, is ink if bit i % 128 of the mark is set.

    Raises:
        ValueError: The fingerprint is not 12 bytes long, or a side is not 1 to 16384 pixels.
    """
    if not (1 <= width <= _LONGEST_SIDE and 1 <= height <= _LONGEST_SIDE):
        raise ValueError(f"sides of 1 to {_LONGEST_SIDE} pixels can be drawn, not {width}x{height}")
    mark, grid = mark_of(fingerprint), grid_of(width, height)
    count = grid.columns * grid.rows
    bits = mark_bits(mark).translate(_CELLS)
    cells = (bits * -(-count // len(bits)))[:count]
    if grid.dots_beyond:
        cells = _cut(cells, grid)
    lines: tuple[bytes, ...] = ()
    rows = cells
    if caption and grid.panel:
        lines = draw_caption(caption, grid.columns, grid.panel)
        rows = _with_caption(cells, lines, grid.columns, grid.panel)
    return Bitmap(grid, mark, transparent, *_colours(fingerprint, transparent=transparent), lines, rows)


def _colours(fingerprint: bytes, *, transparent: bool) -> tuple[Colour, Colour]:
    """Return paper and ink: light and dark, or of middle lightness on transparent paper.

    They have the same tint, so that a JPEG needs no change of colour within a row. Their
    lightness keeps all of red, green and blue within 0 to 255.
    """
    first, second, blue, red = fingerprint[:4]
    tint = (blue * 49 >> 8) - 24, (red * 49 >> 8) - 24
    return Colour(196 + (first >> 4), *tint), Colour((112 if transparent else 44) + (second >> 4), *tint)


def _cut(cells: bytes, grid: Grid) -> bytes:
    """Return cells whose last column has no ink beyond the width."""
    last = slice(grid.columns - 1, None, grid.columns)
    shown = bytearray(cells)
    shown[last] = shown[last].replace(_INK, bytes((0xFF << grid.dots_beyond & 0xFF,)))
    return bytes(shown)


def _with_caption(cells: bytes, lines: tuple[bytes, ...], columns: int, panel: Panel) -> bytes:
    """Return the rows of dots: of the cells above, of the panel between two columns of cells, of the cells below."""
    begin, end = panel.top * columns, (panel.top + panel.rows) * columns
    middle = bytearray(MARGIN_ABOVE * columns) + b"".join(lines)
    middle += bytes(panel.lines_of_dots * columns - len(middle))
    middle[::columns] = _sides(cells[begin:end:columns], panel)
    middle[columns - 1 :: columns] = _sides(cells[begin + columns - 1 : end : columns], panel)
    return b"".join((cells[:begin], middle, cells[end:]))


def _sides(cells: bytes, panel: Panel) -> bytes:
    """Return a column of cells beside a panel, as often as the panel has rows of dots."""
    return b"".join(map(_EIGHT_TIMES.__getitem__, cells))[:: panel.scale]
