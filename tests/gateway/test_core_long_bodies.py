"""Scanning of long bodies equals the scanning of short ones."""

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
def test_name_ends_are_those_of_the_regular_expression(first: bytes, last: bytes) -> None:
    body = b"." + first + FILLING + last
    assert count_name_ends(body) == len(NAME_END.findall(body))


@given(TEXTS, st.sampled_from([b":", b"{", b"["]))
def test_bytes_are_counted_in_full(text: bytes, byte: bytes) -> None:
    assert count_byte(text + FILLING + text, byte) == 2 * text.count(byte)


def test_counting_stops_at_the_maximum() -> None:
    assert count_byte(b":" * 2 * PARTS_MAX, b":") == PARTS_MAX + 1


@pytest.mark.parametrize("repeated", ['"n": 2', '"n" : 2', '"n"\n: 2', '"\\u006e":2'])
def test_a_repeated_name_is_found_in_a_long_body(gateway: Gateway, ask: Ask, repeated: str) -> None:
    body = json.dumps({"model": "gpt-image-1.5", "prompt": FILLING.decode()[:30_000], "n": 1, "size": "auto"})
    padded = body[:-1] + " " * LONG + f", {repeated}}}"
    assert "'n' occurs twice" in ask(gateway, padded.encode()).body["error"]["message"]
