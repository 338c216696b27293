"""Panel of an image: the cells in its middle that the caption takes."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from .mark import MARK_BITS

__all__ = ["CELL", "CELL_DOTS", "DOT", "Panel", "cells_outside", "panel_of"]

DOT: Final = 8
"""Side of a dot, in pixels."""

CELL: Final = 64
"""Side of a cell, in pixels."""

CELL_DOTS: Final = CELL // DOT

# At scale 1, a panel has up to eight rows of cells. Each bit of a mark recurs after 128 cells, which are eight rows of
# an image that is 1024 pixels wide: such a panel covers each bit once.
_ROWS: Final = 8
_LEAST_ROWS, _LEAST_COLUMNS = 5, 12
_CELLS_FOR_SCALE: Final = 16


class Panel(NamedTuple):
    """Rectangle of cells that spans all columns but the first and the last.

    Attributes:
        top: The number of rows of cells above it.
        columns: Its width in cells.
        rows: Its height in cells.
        scale: The size of a glyph's dot in dots: 1, 2, 4 or 8.
    """

    top: int
    columns: int
    rows: int
    scale: int

    @property
    def lines_of_dots(self) -> int:
        """Return its height in dots of glyphs."""
        return self.rows * CELL_DOTS // self.scale


@lru_cache(maxsize=64)
def panel_of(columns: int, rows: int) -> Panel | None:
    """Return the panel of an image of so many cells; None if it has no room.

    The cells around it show each bit of the mark, if the whole image can.
    """
    if columns < _LEAST_COLUMNS:
        return None
    scale = min(CELL_DOTS, 1 << max(0, (min(columns, rows) // _CELLS_FOR_SCALE).bit_length() - 1))
    heights = range(min(_ROWS * scale, rows - 2), _LEAST_ROWS * scale - 1, -1)
    panels = (Panel((rows - height) // 2, columns - 2, height, scale) for height in heights)
    return next((panel for panel in panels if _leaves_each_bit(panel, columns, rows)), None)


def _leaves_each_bit(panel: Panel, columns: int, rows: int) -> bool:
    bits = {cell % MARK_BITS for cell in _around(panel, columns, rows)}
    return len(bits) == MARK_BITS or columns * rows < MARK_BITS


def cells_outside(columns: int, rows: int) -> list[int]:
    """Return the numbers of the cells that no caption covers."""
    panel = panel_of(columns, rows)
    return _around(panel, columns, rows) if panel else [*range(columns * rows)]


def _around(panel: Panel, columns: int, rows: int) -> list[int]:
    begin, end = panel.top * columns, (panel.top + panel.rows) * columns
    sides = [cell for left in range(begin, end, columns) for cell in (left, left + columns - 1)]
    return [*range(begin), *sides, *range(end, columns * rows)]
