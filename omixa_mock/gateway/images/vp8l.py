"""VP8L encoding of a bitmap.

Section numbers are those of the "Specification for WebP Lossless Bitstream".
The two colours are a palette, so that eight pixels, which are a dot, are one green value:
0x00 is paper and 0xFF ink. In a band (the pixel rows of a row of dots) the first row has
literals, and the others are copies of the row above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Final

from .bitmap import Bitmap
from .bits import Code, canonical_codes, coded_lengths, length_code, lowest_first, range_symbol, stream_of
from .grid import Grid
from .template import Template, fill, template_of

__all__ = ["vp8l"]

_SIGNATURE: Final = 0x2F
_FIRST_LENGTH: Final = 256
_GREENS: Final = _FIRST_LENGTH + 24
_LONGEST_COPY: Final = 4096

# §6.2.1: green codes the literals and the ranges of lengths. Seven rows of 1024 or 1536 pixels are a copy of symbol
# 275 or 276, longer copies have up to 4096 (279). The copy of one pixel must have an odd number of bits: see `fill`.
_LENGTHS: Final = (
    dict.fromkeys(range(_FIRST_LENGTH + 1, 261), 7)
    | dict.fromkeys(range(261, _GREENS), 8)
    | {0x00: 2, 0xFF: 2, _FIRST_LENGTH: 5, 275: 3, 276: 3, 279: 3}
)
_CODES: Final = canonical_codes(_LENGTHS)

# §6.2.1
_LENGTH_ORDER: Final = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
_LENGTH_LENGTHS: Final = {0: 3, 2: 3, 3: 3, 5: 3, 7: 3, 8: 3, 17: 3, 18: 3}

_NO: Final[Code] = "0"
_YES: Final[Code] = "1"
# §4.4
_COLOUR_INDEXING: Final = lowest_first(3, 2)
_TWO_COLOURS: Final = lowest_first(2 - 1, 8)
# §5.2.2: distance 1 is the pixel above. As the only distance, it takes no bits.
_ABOVE: Final = 0


def vp8l(bitmap: Bitmap) -> bytes:
    """Return the data of a VP8L chunk."""
    head = _header(bitmap) + _palette(bitmap)
    pixels = _template(bitmap.grid, captioned=bool(bitmap.lines)).filled(bitmap.rows)
    before = len(head) - _PADDING
    stream = stream_of(head) | int.from_bytes(pixels, "little") << before
    return stream.to_bytes(len(pixels) + -(-before // 8), "little")


def _header(bitmap: Bitmap) -> Code:
    """Return the header. §3: signature, both sides less one, the alpha hint, version 0."""
    sides = lowest_first(bitmap.grid.width - 1, 14) + lowest_first(bitmap.grid.height - 1, 14)
    return lowest_first(_SIGNATURE, 8) + sides + (_YES if bitmap.transparent else _NO) + lowest_first(0, 3)


def _palette(bitmap: Bitmap) -> Code:
    """Return the palette. §4.4: one transform with an image of two colours, each as the step from the previous one."""
    paper = bytes(4) if bitmap.transparent else bitmap.paper.rgb + b"\xff"
    ink = bitmap.ink.rgb + b"\xff"
    red, green, blue, alpha = [(first, second - first & 0xFF) for first, second in zip(paper, ink, strict=True)]
    channels = (green, red, blue, alpha)
    papers = [lowest_first(paper > step, int(paper != step)) for paper, step in channels]
    inks = [lowest_first(step > paper, int(paper != step)) for paper, step in channels]
    codes = (*map(_simple_code, channels), _simple_code((0,)), *papers, *inks)
    return _YES + _COLOUR_INDEXING + _TWO_COLOURS + _NO + "".join(codes)


@lru_cache(maxsize=8)
def _template(grid: Grid, *, captioned: bool) -> Template:
    """Return the template of the pixels of all images with a grid, in whole bytes up to the first dot."""
    dots, heights = grid.dots, grid.captioned if captioned else grid.plain
    filled = cache(lambda height: fill(dots, lambda copies: _rows_above((height - 1) * dots, copies)))
    tails = [*map(filled, heights[:-1]), _rows_above((heights[-1] - 1) * dots)]
    return template_of(_PADDING * "0" + _PIXEL_HEADER, dots, tails)


def _pixel_header() -> Iterator[Code]:
    """Yield the pixel header. §7.2: no transform, no colour cache, no meta prefix codes, then five prefix codes."""
    yield from (_NO, _NO, _NO)
    yield from _green_code()
    red = blue = alpha = _simple_code((0,))
    yield from (red, blue, alpha, _simple_code((_ABOVE,)))


def _green_code() -> Iterator[Code]:
    """Yield the green code. §6.2.1, normal code length code; the second "no" means that all lengths are given."""
    yield _NO
    yield from length_code(_LENGTH_LENGTHS, _LENGTH_ORDER)
    yield _NO
    yield from coded_lengths((_LENGTHS.get(symbol, 0) for symbol in range(_GREENS)), canonical_codes(_LENGTH_LENGTHS))


def _simple_code(symbols: Iterable[int]) -> Code:
    """Return a simple code. §6.2.1: two symbols have codes of one bit each, a single symbol has an empty code."""
    first, *second = sorted({*symbols})
    codes = lowest_first(first, 8) + "".join(lowest_first(symbol, 8) for symbol in second)
    return _YES + (_YES if second else _NO) + _YES + codes


def _rows_above(count: int, copies: int = 0) -> Code:
    """Return the next `count` pixels, copied from above, with some copies of one pixel more than necessary (§5.2.2)."""
    whole, rest = divmod(count - copies, _LONGEST_COPY)
    lengths = [1] * copies + [_LONGEST_COPY] * whole + [rest] * (rest > 0)
    return "".join(map(_copy, lengths))


def _copy(length: int) -> Code:
    symbol, place = range_symbol(length - 1, 1)
    return _CODES[_FIRST_LENGTH + symbol] + place


_PIXEL_HEADER: Final[Code] = "".join(_pixel_header())
_PADDING: Final = -len(_PIXEL_HEADER) % 8
"""Bits before the pixel header in the template, which are in a byte with the end of the palette."""
