"""Bitmap of an image: dots in two colours, before any file format.

A dot has 8 by 8 pixels: one byte of a PNG with one bit for each pixel, one block of
a JPEG. The dots form a mosaic of square cells that shows the mark, and in its
middle a panel with the caption.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import Struct

from .caption import Caption, draw_caption
from .mark import mark_bits, mark_of
from .panel import CELL, CELL_DOTS, DOT, Panel, panel_of

__all__ = ["Bitmap", "Colour", "bitmap_of"]

# A VP8L header keeps each side in 14 bits; one limit for all formats is easier to remember.
_LONGEST_SIDE: Final = 1 << 14
_BLANK: Final = b"\x00"
_CELLS: Final = bytes.maketrans(b"\x01", b"\xff")


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
        width: The width in pixels.
        height: The height in pixels.
        mark: The mark that the cells show.
        transparent: True if the paper is transparent.
        paper: The colour of the dots that are 0.
        ink: The colour of the dots that are 1.
        rows: The rows of dots, one bit for each dot, 1 for ink, most significant bit first.
            A row has a byte for each column of cells; its dots beyond the width are 0.
        heights: The number of pixel rows that show each row of dots.
    """

    width: int
    height: int
    mark: bytes
    transparent: bool
    paper: Colour
    ink: Colour
    rows: bytes
    heights: tuple[int, ...]

    @property
    def dots(self) -> int:
        """Return the number of dots in a row, a cut one included."""
        return -(-self.width // DOT)


class _Grid(Struct, frozen=True, eq=False):
    """Division of an image of one size: columns and rows of cells, the panel, and the rows of dots."""

    columns: int
    rows: int
    panel: Panel | None
    plain: tuple[int, ...]
    captioned: tuple[int, ...]


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
    mark, grid = mark_of(fingerprint), _grid(width, height)
    count = grid.columns * grid.rows
    bits = mark_bits(mark).translate(_CELLS)
    cells = (bits * -(-count // len(bits)))[:count]
    heights = grid.plain
    if caption and grid.panel:
        cells, heights = _with_caption(cells, grid.columns, grid.panel, caption), grid.captioned
    paper, ink = _colours(fingerprint, transparent=transparent)
    return Bitmap(width, height, mark, transparent, paper, ink, _cut(cells, grid.columns, width), heights)


def _colours(fingerprint: bytes, *, transparent: bool) -> tuple[Colour, Colour]:
    """Return paper and ink: light and dark, or of middle lightness on transparent paper.

    They have the same tint, so that a JPEG needs no change of colour within a row. Their
    lightness keeps all of red, green and blue within 0 to 255.
    """
    first, second, blue, red = fingerprint[:4]
    tint = (blue * 49 >> 8) - 24, (red * 49 >> 8) - 24
    return Colour(196 + (first >> 4), *tint), Colour((112 if transparent else 44) + (second >> 4), *tint)


@lru_cache(maxsize=8)
def _grid(width: int, height: int) -> _Grid:
    columns, rows = -(-width // CELL), -(-height // CELL)
    heights = (*[CELL] * (rows - 1), height - CELL * (rows - 1))
    panel = panel_of(columns, rows)
    if not panel:
        return _Grid(columns, rows, panel, heights, heights)
    middle = (DOT * panel.scale,) * panel.lines_of_dots
    captioned = heights[: panel.top] + middle + heights[panel.top + panel.rows :]
    return _Grid(columns, rows, panel, heights, captioned)


def _with_caption(cells: bytes, columns: int, panel: Panel, caption: Caption) -> bytes:
    """Return the rows of dots: of the cells above, of the panel between two columns of cells, of the cells below."""
    begin, end = panel.top * columns, (panel.top + panel.rows) * columns
    lines, blank = CELL_DOTS // panel.scale, _BLANK * (columns - 2)
    sides = b"".join(
        [(cells[left : left + 1] + blank + cells[left + columns - 1 : left + columns]) * lines
         for left in range(begin, end, columns)]
    )  # fmt: skip
    middle = int.from_bytes(sides, "big") | draw_caption(caption, columns, panel)
    return cells[:begin] + middle.to_bytes(len(sides), "big") + cells[end:]


def _cut(rows: bytes, columns: int, width: int) -> bytes:
    """Return rows without the dots beyond the width."""
    beyond = columns * CELL_DOTS - -(-width // DOT)
    if not beyond:
        return rows
    shown = bytes((*[0xFF] * (columns - 1), 0xFF << beyond & 0xFF)) * (len(rows) // columns)
    return (int.from_bytes(rows, "big") & int.from_bytes(shown, "big")).to_bytes(len(rows), "big")
