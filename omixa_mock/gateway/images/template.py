"""Template of a bit stream: everything but the dots of a bitmap, which have two bits each."""

from __future__ import annotations

from codecs import charmap_decode
from collections.abc import Callable, Iterator, Sequence
from itertools import count, groupby
from struct import Struct as Layout
from typing import Final, NamedTuple

from msgspec import Struct

from .bits import Code, stream_of

__all__ = ["Template", "fill", "template_of"]

_PAPER: Final[Code] = "00"
_BYTE: Final = 8
# For each byte of eight dots: their codes as a character of UTF-16. Ink is the code 01, which adds 2 in the stream.
# Bit 14 is never set, so that no character is a surrogate.
_EIGHT_DOTS: Final = "".join(
    chr(sum(2 << 2 * place for place in range(8) if byte << place & 0x80)) for byte in range(256)
)


class Run(NamedTuple):
    """Bands in succession with the same codes behind their dots.

    Attributes:
        bands: The bands, by number.
        tail: The bytes behind the dots of each band but the last one.
        last: The bytes behind the dots of the last band.
    """

    bands: slice
    tail: bytes
    last: bytes


class Template(Struct, frozen=True, eq=False):
    """A stream in which each band has dots first, then codes.

    Attributes:
        head: The bytes before the first dot.
        dots: The division of the dots' codes into bands.
        shared: The first codes behind each band's dots, as far as they are in a byte with these, as a number.
        runs: The bands.
    """

    head: bytes
    dots: Layout
    shared: int
    runs: tuple[Run, ...]

    def filled(self, rows: bytes) -> bytes:
        """Return the stream with the dots of a bitmap's rows."""
        codes = charmap_decode(rows, "strict", _EIGHT_DOTS)[0].encode("utf-16-le")
        if self.shared:
            codes = (int.from_bytes(codes, "little") | self.shared).to_bytes(len(codes), "little")
        bands = self.dots.unpack(codes)
        parts = [self.head]
        for run in self.runs:
            parts += run.tail.join(bands[run.bands]), run.last
        return b"".join(parts)


def template_of(head: Code, dots: int, tails: Sequence[Code], end: Code = "") -> Template:
    """Return the template of a stream.

    Args:
        head: The bits before the first dot, in whole bytes.
        dots: The number of dots in a band.
        tails: The codes behind the dots of each band; those of all but the last are filled to a whole byte.
        end: The last bits.
    """
    size, pitch = -(-2 * dots // _BYTE), 2 * -(-dots // _BYTE)
    bands = [_bytes_of(dots * _PAPER + tail) for tail in (*tails[:-1], tails[-1] + end)]
    shared = b"".join(band[:size].ljust(pitch, b"\0") for band in bands)
    layout = Layout(f"{size}s{pitch - size}x" * len(bands))
    runs = _runs([band[size:] for band in bands])
    return Template(_bytes_of(head), layout, int.from_bytes(shared, "little"), tuple(runs))


def _runs(tails: Sequence[bytes]) -> Iterator[Run]:
    """Yield the bands; the last one alone, since the last bits are behind it."""
    begin = 0
    for tail, group in groupby(tails[:-1]):
        end = begin + len([*group])
        yield Run(slice(begin, end), tail, tail)
        begin = end
    yield Run(slice(begin, None), b"", tails[-1])


def _bytes_of(codes: Code) -> bytes:
    return stream_of(codes).to_bytes(-(-len(codes) // _BYTE), "little")


def fill(dots: int, tail: Callable[[int], Code]) -> Code:
    """Return codes that fill the band of some dots to a whole byte.

    Args:
        dots: The number of dots in the band.
        tail: Returns the same pixels with a number of short copies more, each with an odd number of bits.
    """
    return next(codes for codes in map(tail, count()) if len(codes + dots * _PAPER) % _BYTE == 0)
