"""Parsing of large JSON equals `orjson.loads`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from omixa_mock.gateway.http import large_json, parse_json
from omixa_mock.gateway.http.large_json import find_images

SHORTEST = 16
HEAD = "data:image/png;base64,"


@pytest.fixture(scope="module", autouse=True)
def short_images_count_as_long() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(large_json, "LONG", SHORTEST)
        yield


def url(length: int, kind: str = "png") -> str:
    return f"data:image/{kind};base64," + "QUJD" * (length // 4)


URLS = st.builds(url, st.integers(0, 40), st.sampled_from(["png", "jpeg", "svg+xml", "x-1"]))
LONG = url(40)
# Text that resembles a data URL, or contains one.
NEARLY = [
    f'"{LONG}"',
    f'"{LONG}',
    f"\\{LONG}",
    f"{LONG}\n",
    LONG[:-1],
    f"{LONG}=",
    f"{LONG}é",
    f"{LONG}\\{LONG}",
    "=" + LONG,
]
TEXTS = URLS | st.sampled_from(NEARLY) | st.text(max_size=5)
VALUES = st.recursive(
    TEXTS | st.integers(0, 9) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
FORMS = st.sampled_from([{}, {"indent": 1}, {"ensure_ascii": False}, {"separators": (",", ":")}])


def outcome(parse: Any, text: bytes) -> object:
    """Return the parsed value of a text, or the parser's error."""
    try:
        return parse(text)
    except orjson.JSONDecodeError as error:
        return error.msg, error.pos


@given(VALUES, FORMS)
@example({LONG: 1, "b": LONG}, {})
@example(LONG, {})
def test_a_value_equals_that_of_orjson(value: Any, form: dict[str, Any]) -> None:
    text = json.dumps(value, **form).encode()
    assert parse_json(text) == orjson.loads(text) == value


@given(VALUES, st.data())
def test_malformed_json_has_the_error_of_orjson(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value).encode()
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    broken = text[:first] + data.draw(st.sampled_from([b"", b'"', b"\\", b"\n", b",", b"\xff"])) + text[last:]
    assert outcome(parse_json, broken) == outcome(orjson.loads, broken)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f'{{"a": "{LONG}", "a": 1, "b": "{LONG}"}}', {"a": 1, "b": LONG}),
        (f'{{"\\"{LONG}": 1}}', {f'"{LONG}': 1}),
        (f'["\\u0022{LONG}"]', [f'"{LONG}']),
    ],
    ids=["replaced by a second field of its name", "part of a name", "behind an escaped quote"],
)
def test_an_image_that_is_not_a_value_is_unchanged(text: str, value: Any) -> None:
    assert parse_json(text.encode()) == value


def test_each_image_is_restored_at_its_position() -> None:
    value = {"mask": url(60, "jpeg"), "images": [url(40), url(80), url(40, "webp"), url(80)]}
    assert parse_json(json.dumps(value).encode()) == value


def test_orjson_gets_no_long_image(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    loads = orjson.loads

    def record(text: bytes) -> Any:
        lengths.append(len(text))
        return loads(text)

    monkeypatch.setattr(orjson, "loads", record)
    parse_json(json.dumps({"prompt": "a cat", "mask": url(100_000)}).encode())
    assert len(lengths) == 1
    assert lengths[0] < 200


def test_a_bytearray_is_parsed_too() -> None:
    text = bytearray(json.dumps({"prompt": "a cat", "mask": url(400)}).encode())
    assert parse_json(text) == {"prompt": "a cat", "mask": url(400)}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (url(40), 1),
        ([url(40)] * 3, 3),
        ({"a": {"b": [url(40)]}, "c": url(20)}, 2),
        (url(SHORTEST), 1),
        (url(SHORTEST - 4), 0),
        (HEAD + "not base64, by its blanks", 0),
        (HEAD + "QUJD" * 5 + "QUI=" + "QUJD" * 5, 0),
        ("a cat", 0),
    ],
)
def test_images_are_found_if_they_are_long_and_base64(value: Any, found: int) -> None:
    assert len(list(find_images(json.dumps(value).encode()))) == found
