"""Template of a bit stream: everything but the dots of a bitmap, which have two bits each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from .bits import Code, stream_of

__all__ = ["INK", "PAPER", "Template", "fill", "template_of"]

PAPER: Final[Code] = "00"
"""Code of a dot of paper."""

INK: Final[Code] = "01"
"""Code of a dot of ink; in the stream as a number it adds 2."""

_BYTE: Final = 8
# For each hexadecimal digit, in ASCII: four dots as a byte of the stream.
_FOUR_DOTS: Final = bytes.maketrans(
    b"0123456789abcdef",
    bytes(sum(2 << 2 * place for place in range(4) if value << place & 0b1000) for value in range(16)),
)


class Template(Struct, frozen=True, eq=False):
    """A stream in which each band has dots first, then codes.

    Attributes:
        codes: The stream of a blank bitmap, as a number.
        size: Its size in bytes.
        begin: The position of the first dot, in bits.
        dots: The division of the dots into bands.
        bands: The same with the bytes behind the dots of each band.
    """

    codes: int
    size: int
    begin: int
    dots: Layout
    bands: Layout

    def filled(self, rows: bytes) -> bytes:
        """Return the stream with the dots of a bitmap's rows."""
        bands = self.bands.pack(*self.dots.unpack(rows.hex().encode().translate(_FOUR_DOTS)))
        return (int.from_bytes(bands, "little") << self.begin | self.codes).to_bytes(self.size, "little")


def template_of(head: Code, dots: int, pitch: int, tails: Sequence[Code], end: Code = "") -> Template:
    """Return the template of a stream.

    Args:
        head: The bits before the first dot.
        dots: The number of dots in a band.
        pitch: The number of bytes that the dots of a row take.
        tails: The codes behind the dots of each band; those of all but the last are filled to a whole byte.
        end: The last bits.
    """
    bands = [dots * PAPER + tail for tail in tails]
    stream = head + "".join(bands) + end
    gaps = [len(band) // _BYTE - pitch for band in bands[:-1]]
    layout = "".join(f"{pitch}s{gap}x" for gap in (*gaps, 0))
    size = -(-len(stream) // _BYTE)
    return Template(stream_of(stream), size, len(head), Layout(f"{pitch}s" * len(bands)), Layout(layout))


def fill(dots: int, pitch: int, tail: Callable[[int], Code]) -> Code:
    """Return codes that fill the band of some dots to a whole byte, no shorter than the dots of a row.

    Args:
        dots: The number of dots in the band.
        pitch: The number of bytes that the dots of a row take.
        tail: Returns the same pixels with a number of short copies more, each with an odd number of bits.
    """
    tails = map(tail, count())
    return next(
        codes for codes in tails if len(codes + dots * PAPER) % _BYTE == 0 and 2 * dots + len(codes) >= pitch * _BYTE
    )
