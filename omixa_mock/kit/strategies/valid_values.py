"""Strategies for valid values of a request schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import resolve

from .images import data_urls, input_images

__all__ = ["types_of", "valid_values"]

Json = Any
# Lengths of long texts, beside the two greatest. One text in eight is long, if its maximum allows it.
LONG = (1_000, 4_000, 16_000)
LONG_ONE_IN = 8


def types_of(node: Json) -> tuple[str, ...]:
    """Return the JSON types that a subschema accepts."""
    types = node["type"]
    return (types,) if isinstance(types, str) else tuple(types)


def valid_values(node: Json, schema: Json) -> st.SearchStrategy[Json]:
    """Return valid values of a subschema; of several types, those of the last (a mask as an image part)."""
    node = resolve(schema, node)
    if "const" in node:
        return st.just(node["const"])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    return VALUES_BY_TYPE[types_of(node)[-1]](node, schema)


def objects(node: Json, schema: Json) -> st.SearchStrategy[Json]:
    """Return objects with their required fields."""
    return st.fixed_dictionaries({name: valid_values(node["properties"][name], schema) for name in node["required"]})


def strings(node: Json, _: Json) -> st.SearchStrategy[str]:
    """Return text, or data URLs if there is a pattern: request schemas have no other pattern."""
    if "pattern" in node:
        return data_urls()
    minimum, maximum = node.get("minLength", 0), node.get("maxLength")
    texts = st.text(min_size=minimum, max_size=maximum)
    if maximum is None or maximum <= LONG[-1]:
        return texts
    # Hypothesis by itself draws a few characters, whatever the maximum is.
    return st.builds(stretch, texts, st.sampled_from(lengths(maximum)))


def lengths(maximum: int) -> tuple[int, ...]:
    """Return the lengths that a text is stretched to: mostly 0 for its own, else a long one."""
    long = (*LONG, maximum - 1, maximum)
    return (*[0] * ((LONG_ONE_IN - 1) * len(long)), *long)


def stretch(text: str, length: int) -> str:
    """Return a text, repeated up to a length if it is shorter."""
    return (text * (length // len(text) + 1))[:length] if text and len(text) < length else text


VALUES_BY_TYPE: Mapping[str, Callable[[Json, Json], st.SearchStrategy[Json]]] = {
    "string": strings,
    "integer": lambda node, _: st.integers(node.get("minimum"), node.get("maximum")),
    "boolean": lambda _, __: st.booleans(),
    "object": objects,
    # Input images are the only arrays.
    "array": lambda node, _: input_images(max_size=min(3, node["maxItems"])),
}
