"""Strategies for invalid values: for each keyword of JSON Schema, values that violate it and no other keyword.

A strategy draws the whole value of a subschema, with the path in it of the violation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import OPENAI_FIELDS

from .images import POOL_SIZE, encode, image_pool, part_of
from .valid_values import types_of, valid_values

__all__ = ["INVALID_VALUES", "NOT_OBJECTS", "VALUES_OF_TYPE", "ValueAndPath", "unknown_names"]

Json = Any
# A value, and the path in it of the violation.
ValueAndPath = tuple[Json, tuple[str, ...]]
Maker = Callable[[Json, Json, Any], st.SearchStrategy[ValueAndPath]]

# For each JSON type the values that clients send in place of another type.
VALUES_OF_TYPE: Mapping[str, st.SearchStrategy[Json]] = {
    "null": st.none(),
    "string": st.sampled_from(["", "1", "true", "a cat"]),
    "integer": st.integers(-100, 100),
    "number": st.integers(-100, 100).map(lambda whole: whole + 0.5),
    "boolean": st.booleans(),
    "array": st.lists(st.integers(0, 9), max_size=2),
    "object": st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 9), max_size=2),
}
# Clients send no body for json=None, so null is not among the bodies.
NOT_OBJECTS = st.one_of(*(values for name, values in VALUES_OF_TYPE.items() if name not in {"object", "null"}))


def at_top(values: st.SearchStrategy[Json]) -> st.SearchStrategy[ValueAndPath]:
    """Return values with an empty path: the value itself is invalid, and not a member."""
    return values.map(lambda value: (value, ()))


def of_other_type(node: Json, _: Json, __: Any) -> st.SearchStrategy[ValueAndPath]:
    """Return values of every type that is not accepted."""
    accepted = types_of(node)
    return at_top(st.one_of(*(values for name, values in VALUES_OF_TYPE.items() if name not in accepted)))


def unaccepted_text(accepted: list[str]) -> st.SearchStrategy[ValueAndPath]:
    """Return misspelt and arbitrary text that is not accepted; no accepted value begins with a question mark."""
    near = [text for value in accepted for text in (value.upper(), value.title(), f" {value}", f"{value}s")]
    listed = sorted({"", *near} - set(accepted))
    return at_top(st.sampled_from(listed) | st.text(max_size=20).map(lambda text: f"?{text}"))


def too_small(_: Json, __: Json, minimum: int) -> st.SearchStrategy[ValueAndPath]:
    """Return integers below a minimum."""
    return at_top(st.integers(minimum - 1000, minimum - 1))


def too_large(_: Json, __: Json, maximum: int) -> st.SearchStrategy[ValueAndPath]:
    """Return integers above a maximum."""
    return at_top(st.integers(maximum + 1, maximum + 1000))


def too_short(_: Json, __: Json, minimum: int) -> st.SearchStrategy[ValueAndPath]:
    """Return text with fewer characters than a minimum."""
    return at_top(st.text(max_size=minimum - 1))


def too_long(_: Json, __: Json, maximum: int) -> st.SearchStrategy[ValueAndPath]:
    """Return text with more characters than a maximum. One character is repeated: only the length matters."""
    return at_top(st.integers(maximum + 1, maximum + 100).map(lambda length: "a" * length))


def too_many(_: Json, __: Json, maximum: int) -> st.SearchStrategy[ValueAndPath]:
    """Return lists of more input images than a maximum."""
    urls = [image.url for image in image_pool()]
    many = st.integers(maximum + 1, maximum + 4)
    return at_top(many.map(lambda count: [part_of(urls[index % POOL_SIZE]) for index in range(count)]))


def not_a_data_url(_: Json, __: Json, ___: str) -> st.SearchStrategy[ValueAndPath]:
    """Return text that is no data URL of an accepted image."""
    pool = st.sampled_from(image_pool())
    bare = pool.map(lambda image: encode(image.data))
    gif = pool.map(lambda image: f"data:image/gif;base64,{encode(image.data)}")
    percent = pool.map(lambda image: f"data:{image.media_type},{encode(image.data)}")
    return at_top(st.sampled_from(NOT_DATA_URLS) | bare | gif | percent)


NOT_DATA_URLS = (
    "",
    "https://example.com/cat.png",
    "http://example.com/cat.png",
    "file:///tmp/cat.png",
    "cat.png",
    " data:image/png;base64,",
    "data;image/png;base64,",
)


def without_required_field(node: Json, schema: Json, names: list[str]) -> st.SearchStrategy[ValueAndPath]:
    """Return objects without one of their required fields."""

    def without(name: str, whole: Json) -> ValueAndPath:
        return {key: value for key, value in whole.items() if key != name}, (name,)

    return st.builds(without, st.sampled_from(names), valid_values(node, schema))


def unknown_names(node: Json) -> st.SearchStrategy[str]:
    """Return names that an object does not have: OpenAI's fields, misspelt names, and arbitrary ones."""
    known = set(node["properties"])
    listed = sorted({*OPENAI_FIELDS, "detail", *(f"{name}s" for name in known)} - known)
    return st.sampled_from(listed) | st.text(max_size=10).map(lambda text: f"x-{text}")


def with_unknown_field(node: Json, schema: Json, _: bool) -> st.SearchStrategy[ValueAndPath]:  # noqa: FBT001  # the keyword's value
    """Return objects with an unknown field."""

    def with_field(name: str, value: Json, whole: Json) -> ValueAndPath:
        return {**whole, name: value}, (name,)

    return st.builds(with_field, unknown_names(node), st.one_of(*VALUES_OF_TYPE.values()), valid_values(node, schema))


INVALID_VALUES: Mapping[str, Maker] = {
    "type": of_other_type,
    "enum": lambda _, __, accepted: unaccepted_text(accepted),
    "const": lambda _, __, accepted: unaccepted_text([accepted]),
    "minimum": too_small,
    "maximum": too_large,
    "minLength": too_short,
    "maxLength": too_long,
    "maxItems": too_many,
    "pattern": not_a_data_url,
    "required": without_required_field,
    "additionalProperties": with_unknown_field,
}
