"""Spelling suggestions for unknown names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omixa_mock.gateway.common import hint_at, nearest
from omixa_mock.gateway.common.nearest import LENGTH_MAX

WORDS = ("size", "quality", "background")


@pytest.mark.parametrize(("word", "near"), [("sise", "size"), ("qualty", "quality"), ("colour", None), ("", None)])
def test_nearest_word_is_suggested(word: str, near: str | None) -> None:
    assert nearest(word, WORDS) == near


@pytest.mark.parametrize(
    ("word", "hint"), [("sise", "Did you mean size?"), ("colour", "There are: size, quality, background.")]
)
def test_hint_suggests_a_word_or_lists_them(word: str, hint: str) -> None:
    assert hint_at(word, iter(WORDS)) == hint


@given(st.text(max_size=LENGTH_MAX), st.text())
def test_only_the_begin_of_a_long_word_is_compared(begin: str, end: str) -> None:
    word = begin.ljust(LENGTH_MAX, "x")
    assert nearest(word + end, WORDS) == nearest(word, WORDS)
