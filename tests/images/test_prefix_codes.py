"""Bit streams and prefix codes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from omixa_mock.gateway.images import deflate, vp8l
from omixa_mock.gateway.images.bits import Code, canonical_codes, coded_lengths, joined, range_symbol


def test_codes_are_joined_from_the_least_significant_bit() -> None:
    assert joined([Code(0b1, 1), Code(0, 0), Code(0b10, 2), Code(0b011, 3)]) == Code(0b011_10_1, 6)


def test_nothing_joined_is_nothing() -> None:
    assert joined([]) == Code(0, 0)


def test_canonical_codes_of_the_example_in_rfc_1951() -> None:
    lengths = dict(zip("ABCDEFGH", (3, 3, 3, 3, 3, 2, 4, 4), strict=True))
    codes = canonical_codes({ord(letter): length for letter, length in lengths.items()})
    # RFC 1951 §3.2.2, each code reversed as it lies in the stream.
    stream = {chr(symbol): f"{code.bits:0{code.size}b}"[::-1] for symbol, code in codes.items()}
    assert stream == {
        "A": "010", "B": "011", "C": "100", "D": "101", "E": "110", "F": "00", "G": "1110", "H": "1111",
    }  # fmt: skip


@pytest.mark.parametrize(
    "lengths",
    [deflate._LENGTHS, deflate._LENGTH_LENGTHS, vp8l._LENGTHS, vp8l._LENGTH_LENGTHS],
    ids=["deflate", "deflate lengths", "vp8l", "vp8l lengths"],
)
def test_prefix_code_is_complete(lengths: Mapping[int, int]) -> None:
    assert sum(Fraction(1, 1 << length) for length in lengths.values()) == 1


@pytest.mark.parametrize(
    ("length", "symbol", "place"),
    [
        (3, 257, Code(0, 0)),
        (10, 264, Code(0, 0)),
        (12, 265, Code(1, 1)),
        (227, 284, Code(0, 5)),
        (257, 284, Code(30, 5)),
    ],
)
def test_deflate_length_symbols(length: int, symbol: int, place: Code) -> None:
    found, bits = range_symbol(length - 3, 2)
    assert (257 + found, bits) == (symbol, place)


@pytest.mark.parametrize(
    ("distance", "symbol", "place"),
    [(1, 0, Code(0, 0)), (4, 3, Code(0, 0)), (6, 4, Code(1, 1)), (129, 14, Code(0, 6)), (32768, 29, Code(8191, 13))],
)
def test_distance_symbols(distance: int, symbol: int, place: Code) -> None:
    assert range_symbol(distance - 1, 1) == (symbol, place)


@pytest.mark.parametrize(
    ("zeros", "symbols"),
    [(1, [0]), (2, [0, 0]), (3, [17]), (10, [17]), (11, [18]), (138, [18]), (139, [18, 0]), (149, [18, 18])],
)
def test_runs_of_zero_lengths(zeros: int, symbols: list[int]) -> None:
    names = {symbol: Code(symbol, 5) for symbol in (0, 17, 18)}
    codes = [code.bits for code in coded_lengths([0] * zeros, names) if code.size == 5]
    assert codes == symbols
