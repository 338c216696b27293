"""Bodies that are nearly all images are looked through in another way, and what is found is the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omixa_mock import Gateway
from omixa_mock.gateway.http import LONG
from omixa_mock.gateway.pipeline.parse import NAME_END, PARTS_MAX, count_byte, count_name_ends

Ask = Callable[..., Any]
FILLING = b"A" * LONG
TEXTS = st.lists(st.sampled_from([b":", b'"', b" ", b"\n", b"\t", b"\x0b", b"\\", b"a", b"{", b"["]), max_size=40).map(
    b"".join
)


@given(TEXTS, TEXTS)
def test_ends_of_names_are_those_of_the_expression(first: bytes, last: bytes) -> None:
    body = b"." + first + FILLING + last
    assert count_name_ends(body) == len(NAME_END.findall(body))


@given(TEXTS, st.sampled_from([b":", b"{", b"["]))
def test_bytes_are_counted_in_full(text: bytes, byte: bytes) -> None:
    assert count_byte(text + FILLING + text, byte) == 2 * text.count(byte)


def test_counting_ends_where_there_are_too_many() -> None:
    assert count_byte(b":" * 2 * PARTS_MAX, b":") == PARTS_MAX + 1


@pytest.mark.parametrize("again", ['"n": 2', '"n" : 2', '"n"\n: 2', '"\\u006e":2'])
def test_a_name_that_comes_twice_is_found_behind_an_image(gateway: Gateway, ask: Ask, again: str) -> None:
    body = json.dumps({"model": "gpt-image-1.5", "prompt": FILLING.decode()[:30_000], "n": 1, "size": "auto"})
    padded = body[:-1] + " " * LONG + f", {again}}}"
    assert "'n' occurs twice" in ask(gateway, padded.encode()).body["error"]["message"]
