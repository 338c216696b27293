"""DEFLATE encoding of a mosaic: a zlib stream (RFC 1950) of one block (RFC 1951).

The rows are those of a PNG with one bit for each pixel, 1 for ink. In a band
(a row of cells) the first row of pixels has filter None and the others filter
Up, so that they are zeros. Each cell is a literal 0x00 or 0xFF and a copy of it.

zlib itself is not used, because zlib and zlib-ng write different bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, cycle, islice
from typing import Final

from .bits import Code, canonical_codes, coded_lengths, joined, length_code, range_symbol
from .mark import MARK_BITS
from .mosaic import CELL, cell_sizes
from .stencil import Byte, Choice, Stencil, cut_stencil, plain

__all__ = ["adler", "deflate_stencil"]

_FILTER_NONE: Final = 0
_FILTER_UP: Final = 2
_PAPER: Final = 0x00
_INK: Final = 0xFF
_END_OF_BLOCK: Final = 256
_COPY_7: Final = 261
_COPY_258: Final = 285

# RFC 1951 §3.2.5: these images need only four literals (filter None is
# a literal 0x00), the end and the lengths. Whole cells are copies of 7, bands
# copies of 258; 280 and 282 span a row of zeros that is 1024 or 1536 pixels wide.
_LENGTHS: Final = dict.fromkeys(range(_END_OF_BLOCK, 286), 8) | {
    _PAPER: 3,
    _FILTER_UP: 7,
    _INK: 3,
    _COPY_7: 3,
    280: 7,
    282: 7,
    _COPY_258: 1,
}
_CODES: Final = canonical_codes(_LENGTHS)

# RFC 1951 §3.2.7
_LENGTH_ORDER: Final = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_LENGTH_LENGTHS: Final = {0: 3, 1: 3, 3: 3, 7: 3, 8: 2, 17: 3, 18: 3}

# The only distances: a copy is from the byte before, or from the row before.
_BYTE_BEFORE: Final = Code(0, 1)
_ROW_BEFORE: Final = Code(1, 1)

# RFC 1950 §2.2: DEFLATE with a window of 32 KiB, fastest level; §8.2: base of Adler-32.
_ZLIB_HEADER: Final = b"\x78\x01"
_ADLER_BASE: Final = 65521
_ADLER_SHIFT: Final = 64
_LOWER_SUM: Final = (1 << _ADLER_SHIFT) - 1


def adler(sums: int) -> bytes:
    """Return the last four bytes of the zlib stream, given both sums of Adler-32 from the stencil."""
    return ((sums >> _ADLER_SHIFT) % _ADLER_BASE << 16 | (sums & _LOWER_SUM) % _ADLER_BASE).to_bytes(4, "big")


def deflate_stencil(width: int, height: int, head: Iterable[Byte]) -> Stencil:
    """Return the stencil of `head` and the zlib stream without its last four bytes, with both sums of Adler-32."""
    distance, place = range_symbol(_stride(width) - 1, 1)
    row_before = joined((_ROW_BEFORE, place))
    block = chain(_block_header(distance), _bands(width, height, row_before), (_CODES[_END_OF_BLOCK],))
    return cut_stencil(block, chain(head, plain(_ZLIB_HEADER)), *_adler_sums(width, height))


def _adler_sums(width: int, height: int) -> tuple[int, list[int]]:
    """Return both sums of Adler-32 for paper, 2**64 apart, before the remainder, and the increment of each mark bit.

    RFC 1950 §8.2: s1 is 1 + the sum of all bytes and s2 the sum of all s1. So
    in `total` bytes, byte number i counts once in s1 and total - i times in s2.
    """
    stride = _stride(width)
    total = height * stride
    weights = range((total << _ADLER_SHIFT) + 1, 1, -1 << _ADLER_SHIFT)
    paper = (total << _ADLER_SHIFT) + 1
    inks = [0] * MARK_BITS
    cell = 0
    for top in range(0, height, CELL):
        paper += _FILTER_UP * sum(weights[row * stride] for row in range(top + 1, min(top + CELL, height)))
        start = top * stride + 1
        for size in _cell_bytes(width):
            inks[cell % MARK_BITS] += _INK * sum(weights[start : start + size])
            start, cell = start + size, cell + 1
    return paper, inks


def _block_header(distance: int) -> Iterator[Code]:
    """Yield the block header. RFC 1951 §3.2.3 and §3.2.7: the final block, dynamic Huffman codes, and these codes."""
    lengths = [_LENGTHS.get(symbol, 0) for symbol in range(286)]
    distances = [int(symbol in (0, distance)) for symbol in range(distance + 1)]
    yield from (Code(1, 1), Code(2, 2), Code(len(lengths) - 257, 5), Code(len(distances) - 1, 5))
    yield from length_code(_LENGTH_LENGTHS, _LENGTH_ORDER)
    yield from coded_lengths(lengths + distances, canonical_codes(_LENGTH_LENGTHS))


def _bands(width: int, height: int, row_before: Code) -> Iterator[Code | Choice]:
    """Yield all rows, band by band."""
    paper, ink, up, none = (_CODES[literal] for literal in (_PAPER, _INK, _FILTER_UP, _FILTER_NONE))
    sizes = _cell_bytes(width)
    for band, rows in enumerate(cell_sizes(height)):
        yield none
        for cell, size in enumerate(sizes, band * len(sizes)):
            yield from _run(Choice(cell, paper, ink), size)
        if rows > 1:
            yield up
            yield from _run(paper, sum(sizes))
            yield from _repeated((up, paper), (rows - 2) * _stride(width), row_before)


def _run(literal: Code | Choice, count: int) -> Iterator[Code | Choice]:
    """Yield a byte `count` times."""
    yield literal
    yield from _repeated((literal,), count - 1, _BYTE_BEFORE)


def _repeated(pattern: Sequence[Code | Choice], count: int, distance: Code) -> Iterator[Code | Choice]:
    """Yield the next `count` bytes, equal to those at a distance, which begin with `pattern`.

    RFC 1951 §3.2.5: a copy has 3 to 258 bytes. Fewer bytes are written as literals.
    """
    if count < 3:
        yield from islice(cycle(pattern), count)
        return
    while count:
        length = min(count, 258)
        if count - length in (1, 2):
            length -= 3
        yield from (*_copied_length(length), distance)
        count -= length


def _copied_length(length: int) -> tuple[Code, ...]:
    if length == 258:
        return (_CODES[_COPY_258],)
    symbol, place = range_symbol(length - 3, 2)
    return _CODES[257 + symbol], place


def _cell_bytes(width: int) -> list[int]:
    return [-(-size // 8) for size in cell_sizes(width)]


def _stride(width: int) -> int:
    """Return the number of bytes in a row, the filter byte included."""
    return 1 + -(-width // 8)
