"""Marks, as text and as bits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omixa_mock.gateway.images import find_mark
from omixa_mock.gateway.images.mark import fingerprint_in_bits, mark_bits, mark_of, mark_text

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
FINGERPRINT = bytes(range(12))
TEXT = mark_text(mark_of(FINGERPRINT))
FALSE_TEXT = TEXT[:-1] + (b"0" if TEXT[-1:] != b"0" else b"1")

fingerprints = st.binary(min_size=12, max_size=12)


@given(fingerprint=fingerprints)
def test_bits_give_the_fingerprint_back(fingerprint: bytes) -> None:
    assert fingerprint_in_bits(map(bool, mark_bits(mark_of(fingerprint)))) == fingerprint.hex()


@given(fingerprint=fingerprints, wrong=st.integers(0, 127))
def test_one_wrong_bit_is_noticed(fingerprint: bytes, wrong: int) -> None:
    bits = [bool(bit) for bit in mark_bits(mark_of(fingerprint))]
    bits[wrong] = not bits[wrong]
    assert fingerprint_in_bits(bits) is None


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (PNG_SIGNATURE + TEXT, FINGERPRINT.hex()),
        (PNG_SIGNATURE + FALSE_TEXT, None),
        (PNG_SIGNATURE + FALSE_TEXT + TEXT, FINGERPRINT.hex()),
        (PNG_SIGNATURE, None),
        (b"a log that quotes " + TEXT, None),
        (b"", None),
    ],
    ids=["mark", "wrong CRC", "wrong CRC first", "no mark", "no image", "nothing"],
)
def test_find_mark(data: bytes, found: str | None) -> None:
    assert find_mark(data) == found
