"""Bits and prefix codes as DEFLATE (RFC 1951) and VP8L (WebP Lossless Bitstream) both have them.

Both fill each byte of a stream from its least significant bit, describe a
prefix code by the lengths of its codes, and write a number as the symbol of a
range and a few more bits for the place in the range.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, repeat
from typing import NamedTuple

__all__ = ["Code", "canonical_codes", "coded_lengths", "joined", "length_code", "range_symbol"]


class Code(NamedTuple):
    """The next `size` bits of a stream; the least significant bit of `bits` comes first."""

    bits: int
    size: int


def joined(codes: Iterable[Code]) -> Code:
    """Codes one after another, as one."""
    # By way of digits, because shifting one code after another takes quadratic time.
    digits = "".join([f"{1 << size | bits:b}"[1:] for bits, size in codes][::-1])
    return Code(int("0" + digits, 2), len(digits))


def canonical_codes(lengths: Mapping[int, int]) -> dict[int, Code]:
    """The code of each symbol, given the length of each code in bits.

    RFC 1951 §3.2.2: shorter codes precede longer ones, and codes of one length
    are consecutive in the order of their symbols.
    """
    codes: dict[int, Code] = {}
    following = previous = 0
    for length, symbol in sorted((length, symbol) for symbol, length in lengths.items()):
        following <<= length - previous
        codes[symbol] = Code(_reversed(following, length), length)
        following, previous = following + 1, length
    return codes


def range_symbol(offset: int, fineness: int) -> tuple[int, Code]:
    """The symbol of the range that holds a number, and the bits for the place in that range.

    Args:
        offset: the number, counted from zero.
        fineness: each octave of numbers is cut into 2**fineness ranges: 2 for
            DEFLATE's lengths, 1 for its distances (RFC 1951 §3.2.5) and for both in VP8L (§5.2.2).
    """
    size = max(0, offset.bit_length() - 1 - fineness)
    return (size << fineness) + (offset >> size), Code(offset & ((1 << size) - 1), size)


def length_code(lengths: Mapping[int, int], image_request: Sequence[int]) -> Iterator[Code]:
    """The code for code lengths: how many lengths follow, less 4, then these in 3 bits each.

    Args:
        lengths: of the codes for code lengths, in bits.
        order: in which the format lists these lengths; absent ones at its end are left out.
    """
    count = 1 + max(map(image_request.index, lengths))
    yield Code(count - 4, 4)
    for symbol in image_request[:count]:
        yield Code(lengths.get(symbol, 0), 3)


def coded_lengths(lengths: Iterable[int], codes: Mapping[int, Code]) -> Iterator[Code]:
    """Code lengths in the code for code lengths.

    RFC 1951 §3.2.7: 0 to 15 stand for themselves, 17 for 3 to 10 zeros (3 more
    bits), 18 for 11 to 138 zeros (7 more bits). VP8L took this over.
    """
    for length, group in groupby(lengths):
        count = len(list(group))
        while length == 0 and count >= 3:
            zeros = min(count, 138)
            yield from (codes[17], Code(zeros - 3, 3)) if zeros <= 10 else (codes[18], Code(zeros - 11, 7))
            count -= zeros
        yield from repeat(codes[length], count)


def _reversed(code: int, length: int) -> int:
    """RFC 1951 §3.1.1: Huffman codes are packed starting with their most significant bit."""
    return int(f"{code:0{length}b}"[::-1], 2)
