"""Tests of the resolution of pointers to line and column."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omixa_mock.kit.files.positions import Position, find, locate, span, steps_of

TEXT = b"""{
  "model": "x",
  "input_images": [
    {"type": "image_url"},
    {"image_url": {"url": "a, ] } \\" b"}}
  ], "a/b~c": {"": 1}, "\xc3\xa9": [[], [2]], "e\\u0061": 3, "twice": 1, "twice": 2
}
"""
PLACES = {
    "whole document": ("/", 1, 1),
    "member": ("/model", 2, 3),
    "array": ("/input_images", 3, 3),
    "element": ("/input_images/1", 5, 5),
    "member of an element": ("/input_images/1/image_url/url", 5, 20),
    "escaped name": ("/a~1b~0c", 6, 6),
    "after text outside ASCII": ("/é/1/0", 6, 35),
    "escape in a name": ("/ea", 6, 40),
    "missing member: its object": ("/input_images/0/image_url", 4, 5),
    "missing element: its array": ("/input_images/7", 3, 3),
    "below a scalar": ("/model/x", 2, 3),
    "name that is there twice: the last": ("/twice", 6, 66),
    "not an index": ("/input_images/x", 3, 3),
    "part of the message": ("Content-Type", 1, 1),
}


@pytest.mark.parametrize(("pointer", "line", "column"), PLACES.values(), ids=PLACES)
def test_pointer_resolves_to_its_position(pointer: str, line: int, column: int) -> None:
    assert locate(TEXT, pointer) == Position(line, column)


@pytest.mark.parametrize(
    ("text", "line", "column"), [(b'{"a":\n  1,}', 2, 4), (b"", 1, 1), (b"\xff", 1, 1), (b"{", 1, 2)]
)
def test_malformed_json_has_the_position_of_the_error(text: bytes, line: int, column: int) -> None:
    assert locate(text, "/a") == Position(line, column)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_lines_are_counted_with_either_ending(ending: bytes) -> None:
    assert locate(ending.join([b"{", b'"a": 1,', b'"b": 2}']), "/b") == Position(3, 1)


def test_missing_span_is_an_error() -> None:
    with pytest.raises(KeyError):
        span(b"{}", ("a",))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4),
    max_leaves=20,
)


def children(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return [(str(index), child) for index, child in enumerate(value)] if isinstance(value, list) else []


@given(JSON, st.booleans(), st.sampled_from([None, 1, "\r\n "]), st.data())
def test_span_holds_the_value(value: Any, ascii_only: bool, indent: Any, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode(errors="surrogatepass")
    steps: list[str] = []
    for index in data.draw(st.lists(st.integers(0, 3), max_size=4)):
        if index >= len(children(value)):
            break
        step, value = children(value)[index]
        steps.append(step)
    start, end = span(text, steps)
    assert json.loads(text[start:end]) == value


@given(st.binary(max_size=40), st.lists(st.sampled_from(["a", "0", ""]), max_size=3))
def test_any_bytes_have_an_offset(text: bytes, steps: list[str]) -> None:
    assert 0 <= find(text, steps) <= len(text)


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1))
def test_steps_survive_the_pointer_round_trip(steps: list[str]) -> None:
    text = "/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    assert steps_of(text) == (() if steps == [""] else tuple(steps))
