"""Bit streams and prefix codes, as used by DEFLATE (RFC 1951) and VP8L (WebP Lossless Bitstream).

Both fill each byte of a stream from its least significant bit, describe a
prefix code by the lengths of its codes, and write a number as the symbol of a
range and extra bits for the offset in the range.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, repeat
from typing import TypeAlias

__all__ = ["Code", "canonical_codes", "coded_lengths", "length_code", "lowest_first", "range_symbol", "stream_of"]

Code: TypeAlias = str
"""The next bits of a stream, as digits 0 and 1."""


def lowest_first(value: int, size: int) -> Code:
    """Return a number of `size` bits, its least significant bit first."""
    return f"{value:0{size}b}"[::-1] if size else ""


def stream_of(codes: Code) -> int:
    """Return a stream as a number whose least significant bit comes first."""
    return int("0" + codes[::-1], 2)


def canonical_codes(lengths: Mapping[int, int]) -> dict[int, Code]:
    """Return the code of each symbol, given the length of each code in bits.

    RFC 1951 §3.2.2: shorter codes precede longer ones, and codes of one length
    are consecutive in the order of their symbols.
    """
    codes: dict[int, Code] = {}
    following = previous = 0
    for length, symbol in sorted((length, symbol) for symbol, length in lengths.items()):
        following <<= length - previous
        codes[symbol] = f"{following:0{length}b}"
        following, previous = following + 1, length
    return codes


def range_symbol(offset: int, fineness: int) -> tuple[int, Code]:
    """Return the symbol of a number's range, and the extra bits for its offset in that range.

    Args:
        offset: The number, counted from zero.
        fineness: The binary logarithm of the number of ranges in an octave: 2 for
            DEFLATE's lengths, 1 for its distances (RFC 1951 §3.2.5) and for both in VP8L (§5.2.2).
    """
    size = max(0, offset.bit_length() - 1 - fineness)
    return (size << fineness) + (offset >> size), lowest_first(offset & ((1 << size) - 1), size)


def length_code(lengths: Mapping[int, int], sequence: Sequence[int]) -> Iterator[Code]:
    """Yield the code for code lengths: the number of lengths, less 4, then each length in 3 bits.

    Args:
        lengths: The lengths of the codes for code lengths, in bits.
        sequence: The sequence in which the format lists these lengths; absent ones at its end are left out.
    """
    count = 1 + max(map(sequence.index, lengths))
    yield lowest_first(count - 4, 4)
    for symbol in sequence[:count]:
        yield lowest_first(lengths.get(symbol, 0), 3)


def coded_lengths(lengths: Iterable[int], codes: Mapping[int, Code]) -> Iterator[Code]:
    """Yield code lengths in the code for code lengths.

    RFC 1951 §3.2.7: 0 to 15 stand for themselves, 17 for 3 to 10 zeros (3 more
    bits), 18 for 11 to 138 zeros (7 more bits). VP8L has the same rule.
    """
    for length, group in groupby(lengths):
        count = len(list(group))
        while length == 0 and count >= 3:
            zeros = min(count, 138)
            yield codes[17] + lowest_first(zeros - 3, 3) if zeros <= 10 else codes[18] + lowest_first(zeros - 11, 7)
            count -= zeros
        yield from repeat(codes[length], count)
