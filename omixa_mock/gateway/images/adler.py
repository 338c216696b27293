"""Adler-32 of a bitmap's rows of pixels (RFC 1950 §8.2), without these rows.

s1 is 1 and the sum of all bytes, s2 the sum of all s1, both modulo 65521. So a byte counts
once in s1, and in s2 as often as bytes follow it, itself included: this is its weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import mul
from typing import Final
from zlib import adler32

from msgspec import Struct

__all__ = ["Adler", "adler_of"]

_BASE: Final = 65521
_INK: Final = 0xFF
_FILTER_UP: Final = 2
# For each byte of eight dots: how many are ink, and the sum of their places in the byte.
_COUNTS: Final = bytes(byte.bit_count() for byte in range(256))
_PLACES: Final = bytes(sum(place for place in range(8) if byte << place & 0x80) for byte in range(256))
# The most bytes whose dots can be counted in a byte.
_LANE_BYTES_MAX: Final = 0xFF // 8


class Adler(Struct, frozen=True, eq=False):
    """Constants of the checksum for images of one size. Rows are divided into lanes of some bytes.

    Attributes:
        s1: The first sum of a blank bitmap.
        s2: The second sum of a blank bitmap.
        lane: The number of bytes in a lane.
        ones: A number of as many bytes, each 1.
        weights: The weight of the first dot in each lane.
    """

    s1: int
    s2: int
    lane: int
    ones: int
    weights: tuple[int, ...]

    def checksum(self, rows: bytes) -> bytes:
        """Return the last four bytes of the zlib stream of a bitmap with these rows."""
        counts = rows.translate(_COUNTS)
        by_lane = self._by_lane(counts)
        bytes_behind, total = divmod(adler32(counts, 0), 1 << 16)
        lanes_behind = adler32(by_lane, 0) >> 16
        # Adler-32 itself counts each item as often as others follow it; so this is the sum of the places in the lanes.
        places = 8 * (self.lane * lanes_behind - bytes_behind) + adler32(rows.translate(_PLACES), 0) % (1 << 16)
        weights: int = sum(map(mul, self.weights, by_lane)) - places
        s1 = (self.s1 + _INK * total) % _BASE
        s2 = (self.s2 + _INK * weights) % _BASE
        return (s2 << 16 | s1).to_bytes(4, "big")

    def _by_lane(self, counts: bytes) -> bytes:
        """Return the sum of the bytes of each lane: a product with ones sums up the last bytes at every place."""
        sums = int.from_bytes(counts, "little") * self.ones
        return sums.to_bytes(len(counts) + self.lane, "little")[self.lane - 1 : len(counts) : self.lane]


def adler_of(dots: int, heights: Sequence[int]) -> Adler:
    """Return the constants for rows of so many dots, and bands of so many rows of pixels."""
    stride, columns = 1 + dots, -(-dots // 8)
    total = stride * sum(heights)
    # The weights of the filter bytes of the first rows, and of the others.
    firsts = [total - stride * row for row in accumulate(heights[:-1], initial=0)]
    ups = [first - stride * row for first, height in zip(firsts, heights, strict=True) for row in range(1, height)]
    lane = max(size for size in range(1, 1 + _LANE_BYTES_MAX) if columns % size == 0)
    weights = tuple(first - 1 - 8 * byte for first in firsts for byte in range(0, columns, lane))
    ones = int.from_bytes(lane * b"\x01", "little")
    return Adler(1 + _FILTER_UP * len(ups), total + _FILTER_UP * sum(ups), lane, ones, weights)
