"""Strategies for valid values of a request schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import resolve

from .images import data_urls, input_images

__all__ = ["types_of", "valid_values"]

Json = Any


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
    return st.text(min_size=node.get("minLength", 0), max_size=node.get("maxLength"))


VALUES_BY_TYPE: Mapping[str, Callable[[Json, Json], st.SearchStrategy[Json]]] = {
    "string": strings,
    "integer": lambda node, _: st.integers(node.get("minimum"), node.get("maximum")),
    "boolean": lambda _, __: st.booleans(),
    "object": objects,
    # Input images are the only arrays.
    "array": lambda node, _: input_images(max_size=min(3, node["maxItems"])),
}
