"""Grid of an image of one size: its cells, its rows of dots, its panel."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from .panel import CELL, CELL_DOTS, DOT, Panel, panel_of

__all__ = ["Grid", "grid_of"]


class Grid(Struct, frozen=True, eq=False):
    """Grid of an image.

    Attributes:
        width: The width in pixels.
        height: The height in pixels.
        columns: The number of cells in a row, a cut one included.
        rows: The number of rows of cells, a cut one included.
        dots: The number of dots in a row, a cut one included.
        panel: The cells that a caption takes; None if it has no room.
        plain: The number of pixel rows that show each row of dots, without a caption.
        captioned: The same with a caption.
    """

    width: int
    height: int
    columns: int
    rows: int
    dots: int
    panel: Panel | None
    plain: tuple[int, ...]
    captioned: tuple[int, ...]

    @property
    def dots_beyond(self) -> int:
        """Return the number of dots in the last column of cells that are beyond the width."""
        return self.columns * CELL_DOTS - self.dots


@lru_cache(maxsize=8)
def grid_of(width: int, height: int) -> Grid:
    """Return the grid of an image of so many pixels."""
    columns, rows = -(-width // CELL), -(-height // CELL)
    panel = panel_of(columns, rows)
    plain = captioned = (*[CELL] * (rows - 1), height - CELL * (rows - 1))
    if panel:
        middle = (DOT * panel.scale,) * panel.lines_of_dots
        captioned = plain[: panel.top] + middle + plain[panel.top + panel.rows :]
    return Grid(width, height, columns, rows, -(-width // DOT), panel, plain, captioned)
