"""DEFLATE encoding of a bitmap: a zlib stream (RFC 1950) of one block (RFC 1951).

The rows are those of a PNG with one bit for each pixel, 1 for ink, so that a dot is a
literal 0x00 or 0xFF. In a band (the pixel rows of a row of dots) the first row has
filter None and the others have filter Up, so that they are zeros.

zlib itself is not used, because zlib and zlib-ng write different bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import count, cycle, islice
from typing import Final, NamedTuple

from .adler import Adler, adler_of
from .bitmap import Bitmap
from .bits import Code, canonical_codes, coded_lengths, length_code, lowest_first, range_symbol
from .grid import Grid
from .template import Template, fill, template_of

__all__ = ["FILTER_UP", "deflate"]

FILTER_UP: Final = 2
_FILTER_NONE: Final = 0
_END_OF_BLOCK: Final = 256
_COPY_3: Final = 257
_COPY_258: Final = 285

# RFC 1951 §3.2.5: a row of zeros that is 1024 or 1536 pixels wide has a copy of symbol 280 or 282, and the other rows
# of a band are copies of 258 bytes, symbol 285. With these lengths, such bands have whole bytes.
_LENGTHS: Final = (
    dict.fromkeys(range(_END_OF_BLOCK, 262), 9)
    | dict.fromkeys(range(262, 285), 8)
    | {0x00: 2, 0xFF: 2, FILTER_UP: 6, _COPY_3: 8, 262: 9, 280: 6, 282: 3, 285: 2}
)
_OTHER_LENGTHS: Final = _LENGTHS | {_COPY_3: 9, 262: 8}

# RFC 1951 §3.2.7
_LENGTH_ORDER: Final = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_LENGTH_LENGTHS: Final = {0: 3, 1: 4, 2: 3, 3: 4, 6: 3, 8: 3, 9: 3, 17: 3, 18: 3}

# The only distances: a copy is from the byte before, or from the row before.
_BYTE_BEFORE: Final[Code] = "0"
_ROW_BEFORE: Final[Code] = "1"

# RFC 1950 §2.2: DEFLATE with a window of 32 KiB, fastest level.
_ZLIB_HEADER: Final = b"\x78\x01"


def deflate(bitmap: Bitmap) -> bytes:
    """Return the zlib stream of a bitmap's rows of pixels."""
    template, adler = _constants(bitmap.grid, captioned=bool(bitmap.lines))
    return b"%b%b%b" % (_ZLIB_HEADER, template.filled(bitmap.rows), adler.checksum(bitmap))


@lru_cache(maxsize=8)
def _constants(grid: Grid, *, captioned: bool) -> tuple[Template, Adler]:
    """Return what all images with a grid have in common."""
    dots, heights = grid.dots, grid.captioned if captioned else grid.plain
    distance, place = range_symbol(dots, 1)
    # A copy of three bytes from the row before must have an odd number of bits: see `fill`.
    lengths = _OTHER_LENGTHS if len(place) % 2 else _LENGTHS
    codes = canonical_codes(lengths)
    up_rows = _UpRows(codes, dots, _ROW_BEFORE + place)
    filled = cache(lambda height: fill(dots, lambda copies: up_rows.coded(height, copies) + codes[_FILTER_NONE]))
    tails = [*map(filled, heights[:-1]), up_rows.coded(heights[-1])]
    heads = ("".join(_block_header(lengths, distance, spare)) + codes[_FILTER_NONE] for spare in count())
    head = next(head for head in heads if len(head) % 8 == 0)
    return template_of(head, dots, tails, codes[_END_OF_BLOCK]), adler_of(grid, captioned=captioned)


def _block_header(lengths: Mapping[int, int], distance: int, spare: int) -> Iterator[Code]:
    """Yield the block header. RFC 1951 §3.2.3 and §3.2.7: the final block, dynamic Huffman codes, and these codes.

    Args:
        lengths: The lengths of the codes of literals and lengths.
        distance: The symbol of the longer distance.
        spare: The number of distances more that have no code; each takes an odd number of bits.
    """
    literals = [lengths.get(symbol, 0) for symbol in range(286)]
    distances = [int(symbol in (0, distance)) for symbol in range(distance + 1)]
    codes = canonical_codes(_LENGTH_LENGTHS)
    yield lowest_first(1, 1) + lowest_first(2, 2)
    yield lowest_first(len(literals) - 257, 5) + lowest_first(len(distances) + spare - 1, 5)
    yield from length_code(_LENGTH_LENGTHS, _LENGTH_ORDER)
    yield from coded_lengths(literals + distances, codes)
    yield spare * codes[0]


class _UpRows(NamedTuple):
    """Encoder of the rows of a band behind its first: zeros with filter Up.

    Attributes:
        codes: The codes of literals and lengths.
        dots: The number of zeros in a row.
        row_before: The code of the distance to the row before.
    """

    codes: Mapping[int, Code]
    dots: int
    row_before: Code

    def coded(self, height: int, copies: int = 0) -> Code:
        """Return the rows of a band of so many pixel rows, with some copies of three bytes more than necessary."""
        if height == 1:
            return ""
        zero, up = self.codes[0x00], self.codes[FILTER_UP]
        first = up + zero + self._repeated((zero,), self.dots - 1, _BYTE_BEFORE)
        others = (height - 2) * (1 + self.dots) - 3 * copies
        short = self.codes[_COPY_3] + self.row_before
        return first + copies * short + self._repeated((up, zero), others, self.row_before)

    def _repeated(self, pattern: Sequence[Code], count: int, distance: Code) -> Code:
        """Return the next `count` bytes, equal to those at a distance, which begin with `pattern`.

        RFC 1951 §3.2.5: a copy has 3 to 258 bytes. Fewer bytes are written as literals.
        """
        if count < 3:
            return "".join(islice(cycle(pattern), count))
        whole, rest = divmod(count, 258)
        lengths = [258] * whole + [rest]
        if rest in (1, 2):
            lengths[-2:] = [258 - 3, rest + 3]
        return "".join(self._copy(length) + distance for length in lengths if length)

    def _copy(self, length: int) -> Code:
        if length == 258:
            return self.codes[_COPY_258]
        symbol, place = range_symbol(length - 3, 2)
        return self.codes[_COPY_3 + symbol] + place
