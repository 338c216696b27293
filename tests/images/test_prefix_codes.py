"""Bit streams and prefix codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

import pytest

from omixa_mock.gateway.images import deflate, vp8l
from omixa_mock.gateway.images.bits import Code, canonical_codes, coded_lengths, lowest_first, range_symbol, stream_of


def test_stream_begins_with_its_least_significant_bit() -> None:
    assert stream_of("1" + "01" + "110") == 0b011_10_1


def test_empty_stream_is_zero() -> None:
    assert stream_of("") == 0


@pytest.mark.parametrize(("value", "size", "code"), [(0, 0, ""), (6, 4, "0110"), (1, 3, "100")])
def test_numbers_begin_with_their_least_significant_bit(value: int, size: int, code: Code) -> None:
    assert lowest_first(value, size) == code


def test_canonical_codes_of_the_example_in_rfc_1951() -> None:
    lengths = dict(zip("ABCDEFGH", (3, 3, 3, 3, 3, 2, 4, 4), strict=True))
    codes = canonical_codes({ord(letter): length for letter, length in lengths.items()})
    # RFC 1951 §3.2.2
    assert {chr(symbol): code for symbol, code in codes.items()} == {
        "A": "010", "B": "011", "C": "100", "D": "101", "E": "110", "F": "00", "G": "1110", "H": "1111",
    }  # fmt: skip


@pytest.mark.parametrize(
    "lengths",
    [deflate._LENGTHS, deflate._OTHER_LENGTHS, deflate._LENGTH_LENGTHS, vp8l._LENGTHS, vp8l._LENGTH_LENGTHS],
    ids=["deflate", "deflate, other", "deflate lengths", "vp8l", "vp8l lengths"],
)
def test_prefix_code_is_complete(lengths: Mapping[int, int]) -> None:
    assert sum(Fraction(1, 1 << length) for length in lengths.values()) == 1


@pytest.mark.parametrize(
    ("length", "symbol", "place"),
    [
        (3, 257, ""),
        (10, 264, ""),
        (12, 265, "1"),
        (227, 284, "00000"),
        (257, 284, "01111"),
    ],
)
def test_deflate_length_symbols(length: int, symbol: int, place: Code) -> None:
    found, bits = range_symbol(length - 3, 2)
    assert (257 + found, bits) == (symbol, place)


@pytest.mark.parametrize(
    ("distance", "symbol", "place"),
    [(1, 0, ""), (4, 3, ""), (6, 4, "1"), (129, 14, "000000"), (32768, 29, 13 * "1")],
)
def test_distance_symbols(distance: int, symbol: int, place: Code) -> None:
    assert range_symbol(distance - 1, 1) == (symbol, place)


@pytest.mark.parametrize(
    ("zeros", "symbols"),
    [(1, [0]), (2, [0, 0]), (3, [17]), (10, [17]), (11, [18]), (138, [18]), (139, [18, 0]), (149, [18, 18])],
)
def test_runs_of_zero_lengths(zeros: int, symbols: list[int]) -> None:
    names = {symbol: f"<{symbol}>" for symbol in (0, 17, 18)}
    codes = "".join(coded_lengths([0] * zeros, names))
    assert [int(name) for name in re.findall("<([0-9]+)>", codes)] == symbols
