"""VP8L encoding of a mosaic's pixels.

Section numbers are those of the "Specification for WebP Lossless Bitstream".
The two colours are a palette, so that eight pixels are one green value: 0x00
is paper and 0xFF ink. In a band (a row of cells) the first row of pixels has a
literal and a copy of it for each cell; the others are copies of the row above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from .bits import Code, canonical_codes, coded_lengths, joined, length_code, range_symbol
from .mosaic import Mosaic, cell_sizes
from .stencil import Choice, Stencil, cut_stencil

__all__ = ["vp8l"]

_SIGNATURE: Final = 0x2F
_PAPER: Final = 0x00
_INK: Final = 0xFF
_FIRST_LENGTH: Final = 256
_GREENS: Final = _FIRST_LENGTH + 24
_LONGEST_COPY: Final = 4096

# §6.2.1: green codes the literals and the ranges of lengths. Whole cells are
# copies of 7 (in the range of 261), bands copies of up to 4096 (279).
_LENGTHS: Final = (
    dict.fromkeys(range(_FIRST_LENGTH, _FIRST_LENGTH + 10), 7)
    | dict.fromkeys(range(_FIRST_LENGTH + 10, _GREENS), 8)
    | {_PAPER: 2, _INK: 2, 261: 2, 266: 7, 279: 3}
)
_CODES: Final = canonical_codes(_LENGTHS)

# §6.2.1
_LENGTH_ORDER: Final = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
_LENGTH_LENGTHS: Final = {0: 3, 2: 3, 3: 3, 7: 3, 8: 2, 17: 3, 18: 3}

_NO: Final = Code(0, 1)
_YES: Final = Code(1, 1)
# §4.4
_COLOUR_INDEXING: Final = Code(3, 2)
_TWO_COLOURS: Final = Code(2 - 1, 8)
# §5.2.2: distance 1 is the pixel above and distance 2 the one to the left.
_ABOVE: Final = Code(0, 1)
_LEFT: Final = Code(1, 1)


def vp8l(mosaic: Mosaic) -> bytes:
    """Return the data of a VP8L chunk."""
    head = joined((_header(mosaic), *_palette(mosaic)))
    stencil = _pixel_stencil(mosaic.width, mosaic.height)
    pixels, _ = stencil.filled(mosaic.mark)
    stream = head.bits | int.from_bytes(pixels, "little") << head.size
    return stream.to_bytes(-(-(head.size + stencil.size) // 8), "little")


def _header(mosaic: Mosaic) -> Code:
    """Return the header. §3: signature, both sides less one, the alpha hint, version 0."""
    return Code(_SIGNATURE | mosaic.width - 1 << 8 | mosaic.height - 1 << 22 | mosaic.transparent << 36, 40)


def _palette(mosaic: Mosaic) -> tuple[Code, ...]:
    """Return the palette. §4.4: one transform with an image of two colours, each as the step from the previous one."""
    steps = [(paper, ink - paper & 0xFF) for paper, ink in zip(mosaic.paper, mosaic.ink, strict=True)]
    red, green, blue, alpha = steps
    channels = (green, red, blue, alpha)
    papers = [Code(paper > step, int(paper != step)) for paper, step in channels]
    inks = [Code(step > paper, int(paper != step)) for paper, step in channels]
    return (_YES, _COLOUR_INDEXING, _TWO_COLOURS, _NO, *map(_simple_code, channels), _simple_code((0,)), *papers, *inks)


@lru_cache(maxsize=8)
def _pixel_stencil(width: int, height: int) -> Stencil:
    return cut_stencil(chain(_pixel_header(), _bands(width, height)))


def _pixel_header() -> Iterator[Code]:
    """Yield the pixel header. §7.2: no transform, no colour cache, no meta prefix codes, then five prefix codes."""
    yield from (_NO, _NO, _NO)
    yield from _green_code()
    red = blue = alpha = _simple_code((0,))
    yield from (red, blue, alpha, _simple_code((_ABOVE.bits, _LEFT.bits)))


def _green_code() -> Iterator[Code]:
    """Yield the green code. §6.2.1, normal code length code; the second "no" means that all lengths are given."""
    yield _NO
    yield from length_code(_LENGTH_LENGTHS, _LENGTH_ORDER)
    yield _NO
    yield from coded_lengths((_LENGTHS.get(symbol, 0) for symbol in range(_GREENS)), canonical_codes(_LENGTH_LENGTHS))


def _simple_code(symbols: Iterable[int]) -> Code:
    """Return a simple code. §6.2.1: two symbols have codes of one bit each, a single symbol has an empty code."""
    first, *second = sorted({*symbols})
    return Code(0b111 | first << 3 | second[0] << 11, 19) if second else Code(0b101 | first << 3, 11)


def _bands(width: int, height: int) -> Iterator[Code | Choice]:
    """Yield all rows, band by band."""
    sizes = [-(-size // 8) for size in cell_sizes(width)]
    for band, rows in enumerate(cell_sizes(height)):
        for cell, size in enumerate(sizes, band * len(sizes)):
            yield Choice(cell, _CODES[_PAPER], _CODES[_INK])
            yield from _copies(size - 1, _LEFT)
        yield from _copies((rows - 1) * sum(sizes), _ABOVE)


def _copies(count: int, distance: Code) -> Iterator[Code]:
    """Yield copies of the next `count` pixels from a distance (§5.2.2)."""
    while count:
        length = min(count, _LONGEST_COPY)
        symbol, place = range_symbol(length - 1, 1)
        yield from (_CODES[_FIRST_LENGTH + symbol], place, distance)
        count -= length
