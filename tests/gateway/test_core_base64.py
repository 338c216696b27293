"""Base64 decoding in chunks equals decoding at once."""

from __future__ import annotations

from collections.abc import Iterator

import pybase64
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from omixa_mock.gateway.http import base64_text, decode_base64, is_base64
from omixa_mock.gateway.http.base64_text import CHUNK_BYTES, CHUNK_CHARS


@pytest.fixture(scope="module", autouse=True)
def short_chunks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(base64_text, "CHUNK_CHARS", 8)
        patched.setattr(base64_text, "CHUNK_BYTES", 6)
        yield


def decode_at_once(text: str) -> bytes | None:
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
def test_chunks_decode_to_the_same_bytes(text: str) -> None:
    assert decode_base64(text) == decode_at_once(text)


@given(TEXTS.filter(str.isascii))
@example("QUJDQQ==QUJD")
@example("QUJDQUI=QUJD")
def test_a_text_is_base64_if_it_can_be_decoded(text: str) -> None:
    assert is_base64(memoryview(text.encode())) == (decode_at_once(text) is not None)


@given(st.text(max_size=9), TEXTS)
def test_characters_before_the_begin_are_ignored(head: str, text: str) -> None:
    assert decode_base64(head + text, len(head)) == decode_at_once(text)


def test_a_chunk_consists_of_complete_groups() -> None:
    assert CHUNK_CHARS % 4 == 0
    assert CHUNK_BYTES == CHUNK_CHARS * 3 // 4
