"""Wrong values: for each keyword of JSON Schema, values that break it and nothing else.

Each comes as the whole of a subschema's value, with the path in it of what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import OPENAI_FIELDS

from .images import POOL_SIZE, encode, image_pool, part_of
from .values import kinds_of, sound

__all__ = ["NOT_OBJECTS", "OF_KIND", "WRONG", "Wrong", "unknown_names"]

Json = Any
# A value, and where in it the rule is broken.
Wrong = tuple[Json, tuple[str, ...]]
Maker = Callable[[Json, Json, Any], st.SearchStrategy[Wrong]]

# Of each JSON type the values that people send in place of another.
OF_KIND: Mapping[str, st.SearchStrategy[Json]] = {
    "null": st.none(),
    "string": st.sampled_from(["", "1", "true", "a cat"]),
    "integer": st.integers(-100, 100),
    "number": st.integers(-100, 100).map(lambda whole: whole + 0.5),
    "boolean": st.booleans(),
    "array": st.lists(st.integers(0, 9), max_size=2),
    "object": st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 9), max_size=2),
}
# As a whole body null is none: clients take json=None for a request without a body.
NOT_OBJECTS = st.one_of(*(values for kind, values in OF_KIND.items() if kind not in {"object", "null"}))


def at_top(values: st.SearchStrategy[Json]) -> st.SearchStrategy[Wrong]:
    """Values that are wrong themselves, not in a member."""
    return values.map(lambda value: (value, ()))


def mistyped(node: Json, _: Json, __: Any) -> st.SearchStrategy[Wrong]:
    """Values of every type that is not accepted."""
    kinds = kinds_of(node)
    return at_top(st.one_of(*(values for kind, values in OF_KIND.items() if kind not in kinds)))


def outside(accepted: list[str]) -> st.SearchStrategy[Wrong]:
    """Text near and far that is not accepted; what is, never begins with a question mark."""
    near = [each for value in accepted for each in (value.upper(), value.title(), f" {value}", f"{value}s")]
    listed = sorted({"", *near} - set(accepted))
    return at_top(st.sampled_from(listed) | st.text(max_size=20).map(lambda text: f"?{text}"))


def too_small(_: Json, __: Json, least: int) -> st.SearchStrategy[Wrong]:
    """Integers below a bound."""
    return at_top(st.integers(least - 1000, least - 1))


def too_large(_: Json, __: Json, most: int) -> st.SearchStrategy[Wrong]:
    """Integers above a bound."""
    return at_top(st.integers(most + 1, most + 1000))


def too_short(_: Json, __: Json, least: int) -> st.SearchStrategy[Wrong]:
    """Text with fewer characters."""
    return at_top(st.text(max_size=least - 1))


def too_long(_: Json, __: Json, most: int) -> st.SearchStrategy[Wrong]:
    """Text with more characters: one character again and again, since only their number matters."""
    return at_top(st.integers(most + 1, most + 100).map(lambda length: "a" * length))


def too_many(_: Json, __: Json, most: int) -> st.SearchStrategy[Wrong]:
    """Lists of more input images than are accepted."""
    urls = [image.url for image in image_pool()]
    many = st.integers(most + 1, most + 4)
    return at_top(many.map(lambda count: [part_of(urls[index % POOL_SIZE]) for index in range(count)]))


def no_data_url(_: Json, __: Json, ___: str) -> st.SearchStrategy[Wrong]:
    """Text that is no data URL of an accepted image."""
    pool = st.sampled_from(image_pool())
    bare = pool.map(lambda image: encode(image.data))
    gif = pool.map(lambda image: f"data:image/gif;base64,{encode(image.data)}")
    percent = pool.map(lambda image: f"data:{image.media_type},{encode(image.data)}")
    return at_top(st.sampled_from(NO_DATA_URLS) | bare | gif | percent)


NO_DATA_URLS = (
    "",
    "https://example.com/cat.png",
    "http://example.com/cat.png",
    "file:///tmp/cat.png",
    "cat.png",
    " data:image/png;base64,",
    "DATA:IMAGE/PNG;BASE64,",
)


def lacking(node: Json, schema: Json, names: list[str]) -> st.SearchStrategy[Wrong]:
    """Objects without one of the fields that they must have."""

    def without(name: str, whole: Json) -> Wrong:
        return {key: value for key, value in whole.items() if key != name}, (name,)

    return st.builds(without, st.sampled_from(names), sound(node, schema))


def unknown_names(node: Json) -> st.SearchStrategy[str]:
    """Names that an object has not: of OpenAI's fields, misspelt ones, and any others."""
    known = set(node["properties"])
    listed = sorted({*OPENAI_FIELDS, "detail", *(f"{name}s" for name in known)} - known)
    return st.sampled_from(listed) | st.text(max_size=10).map(lambda text: f"x-{text}")


def overfull(node: Json, schema: Json, _: bool) -> st.SearchStrategy[Wrong]:  # noqa: FBT001  # the keyword's value
    """Objects with a field that nobody knows."""

    def with_field(name: str, value: Json, whole: Json) -> Wrong:
        return {**whole, name: value}, (name,)

    return st.builds(with_field, unknown_names(node), st.one_of(*OF_KIND.values()), sound(node, schema))


WRONG: Mapping[str, Maker] = {
    "type": mistyped,
    "enum": lambda _, __, accepted: outside(accepted),
    "const": lambda _, __, accepted: outside([accepted]),
    "minimum": too_small,
    "maximum": too_large,
    "minLength": too_short,
    "maxLength": too_long,
    "maxItems": too_many,
    "pattern": no_data_url,
    "required": lacking,
    "additionalProperties": overfull,
}
