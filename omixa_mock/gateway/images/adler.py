"""Adler-32 of a bitmap's rows of pixels (RFC 1950 §8.2), without these rows.

s1 is 1 and the sum of all bytes, s2 the sum of all s1, both modulo 65521. So a byte counts
once in s1, and in s2 as often as bytes follow it, itself included: this is its weight.
Both sums are linear: each digit of the mark and each line of the caption adds its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import getitem
from struct import Struct as Layout
from typing import Final
from zlib import adler32

from msgspec import Struct

from .bitmap import Bitmap
from .caption import MARGIN_ABOVE, count_lines
from .glyphs import LINE_HEIGHT
from .grid import Grid
from .mark import MARK_BITS
from .panel import CELL, CELL_DOTS, DOT, Panel

__all__ = ["Adler", "adler_of"]

_BASE: Final = 65521
_INK: Final = 0xFF
_FILTER_UP: Final = 2
_DIGIT_BITS: Final = 4
_DIGIT_VALUES: Final = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))
# For each byte of eight dots: how many are ink, and the sum of their places in the byte.
_COUNTS: Final = bytes(byte.bit_count() for byte in range(256))
_PLACES: Final = bytes(sum(place for place in range(8) if byte << place & 0x80) for byte in range(256))
# A number of dots and the sum of their weights are one number: a digit's two sums are looked up at once.
_DOTS: Final = 1 << 32


class Adler(Struct, frozen=True, eq=False):
    """Constants of the checksum for images of one size, with or without a caption.

    Attributes:
        s1: The first sum of a blank bitmap.
        s2: The second sum of a blank bitmap.
        digits: For each digit of a mark, and each of its values, the dots of its cells and their weights.
        lines: The weight of a dot at the left edge in the first row of each line.
        rows: The division of a line into rows of dots.
        spread: The same with gaps: a row begins an eighth as many bytes behind the one above as its dots weigh less.
    """

    s1: int
    s2: int
    digits: tuple[tuple[int, ...], ...]
    lines: tuple[int, ...]
    rows: Layout
    spread: Layout

    def checksum(self, bitmap: Bitmap) -> bytes:
        """Return the last four bytes of the zlib stream of a bitmap."""
        weights, dots = divmod(sum(map(getitem, self.digits, bitmap.mark.translate(_DIGIT_VALUES))), _DOTS)
        for line, weight in zip(bitmap.lines, self.lines, strict=True):
            ink, less = _sums(self, line)
            dots += ink
            weights += ink * weight - less
        s1, s2 = (self.s1 + _INK * dots) % _BASE, (self.s2 + _INK * weights) % _BASE
        return (s2 << 16 | s1).to_bytes(4, "big")


@lru_cache(maxsize=256)
def _sums(adler: Adler, line: bytes) -> tuple[int, int]:
    """Return how many dots of a line are ink, and how much less they weigh than if they were all at its first place.

    The second one may be less by a multiple of the modulus. Cached: prompts often begin alike.
    """
    counts = adler.spread.pack(*adler.rows.unpack(line.translate(_COUNTS)))
    # Adler-32 itself counts each byte as often as others follow it.
    behind, ink = divmod(adler32(counts, 0), 1 << 16)
    places = adler32(line.translate(_PLACES), 0) & 0xFFFF
    return ink, DOT * (len(counts) * ink - behind) + places


def adler_of(grid: Grid, *, captioned: bool) -> Adler:
    """Return the constants for images with a grid."""
    stride, panel = 1 + grid.dots, grid.panel if captioned else None
    total = stride * grid.height
    starts = [*accumulate(grid.captioned if captioned else grid.plain, initial=0)]
    # The filter bytes of all rows but the first in each band.
    ups = [total - stride * row for begin, end in pairwise(starts) for row in range(begin + 1, end)]
    scale = panel.scale if panel else 1
    step = stride * DOT * scale
    first = total - 1 - stride * CELL * panel.top - step * MARGIN_ABOVE if panel else 0
    lines = tuple(first - step * LINE_HEIGHT * number for number in range(count_lines(panel))) if panel else ()
    row = f"{grid.columns}s"
    return Adler(
        1 + _FILTER_UP * len(ups),
        total + _FILTER_UP * sum(ups),
        tuple(_digits([*_cells(grid, panel)])),
        lines,
        Layout(row * LINE_HEIGHT),
        Layout(f"{row}{stride * scale - grid.columns}x" * LINE_HEIGHT),
    )


def _digits(cells: list[int]) -> Iterator[tuple[int, ...]]:
    """Yield for each digit of a mark, and each of its values, the sum of the cells that are ink."""
    bits = [sum(cells[bit::MARK_BITS]) for bit in range(MARK_BITS)]
    for first in range(0, MARK_BITS, _DIGIT_BITS):
        eight, four, two, one = bits[first : first + _DIGIT_BITS]
        yield tuple(
            eight * (value >> 3) + four * (value >> 2 & 1) + two * (value >> 1 & 1) + one * (value & 1)
            for value in range(1 << _DIGIT_BITS)
        )


def _cells(grid: Grid, panel: Panel | None) -> Iterator[int]:
    """Yield the dots of each cell and their weights; none for a cell below the panel."""
    stride = 1 + grid.dots
    for row in range(grid.rows):
        beside = panel and panel.top <= row < panel.top + panel.rows
        first = stride * (grid.height - CELL * row) - 1
        starts = range(first, first - stride * CELL, -stride * DOT * panel.scale) if panel and beside else (first,)
        for column in range(grid.columns):
            dots = range(CELL_DOTS * column, min(grid.dots, CELL_DOTS * (column + 1)))
            shown = starts if not beside or column in (0, grid.columns - 1) else ()
            yield sum((start - dot) * _DOTS + 1 for start in shown for dot in dots)
