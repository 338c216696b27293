"""Base64 that is decoded in pieces is that of one piece."""

from __future__ import annotations

from collections.abc import Iterator

import pybase64
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from omixa_mock.gateway.http import base64_text, decode_base64, is_base64
from omixa_mock.gateway.http.base64_text import PIECE, PIECE_BYTES


@pytest.fixture(scope="module", autouse=True)
def short_pieces() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(base64_text, "PIECE", 8)
        patched.setattr(base64_text, "PIECE_BYTES", 6)
        yield


def in_one_piece(text: str) -> bytes | None:
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:
        return None


TEXTS = st.one_of(
    st.text("AQg+/=", max_size=40),
    st.binary(max_size=40).map(lambda data: pybase64.b64encode(data).decode()),
    st.lists(st.sampled_from(["QUJD", "QUI=", "QQ==", "QUI", "=", " ", "é"]), max_size=8).map("".join),
)


@given(TEXTS)
@example("QUJDQQ==QUJD")
@example("QUJDQUI=QUJD")
def test_pieces_spell_what_the_whole_spells(text: str) -> None:
    assert decode_base64(text) == in_one_piece(text)


@given(TEXTS.filter(str.isascii))
@example("QUJDQQ==QUJD")
@example("QUJDQUI=QUJD")
def test_a_text_is_base64_where_it_can_be_decoded(text: str) -> None:
    assert is_base64(memoryview(text.encode())) == (in_one_piece(text) is not None)


@given(st.text(max_size=9), TEXTS)
def test_what_comes_before_is_left_out(head: str, text: str) -> None:
    assert decode_base64(head + text, len(head)) == in_one_piece(text)


def test_a_piece_is_whole_groups() -> None:
    assert PIECE % 4 == 0
    assert PIECE_BYTES == PIECE * 3 // 4
