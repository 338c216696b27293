"""Valid values of what a request schema describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import resolve

from .images import data_urls, input_images

__all__ = ["kinds_of", "sound"]

Json = Any


def kinds_of(node: Json) -> tuple[str, ...]:
    """The JSON types that a subschema accepts."""
    kinds = node["type"]
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def sound(node: Json, schema: Json) -> st.SearchStrategy[Json]:
    """Valid values of a subschema; where it accepts several types, of the last (a mask as an image part)."""
    node = resolve(schema, node)
    if "const" in node:
        return st.just(node["const"])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    return SOUND[kinds_of(node)[-1]](node, schema)


def objects(node: Json, schema: Json) -> st.SearchStrategy[Json]:
    """Objects with the fields that they must have."""
    return st.fixed_dictionaries({name: sound(node["properties"][name], schema) for name in node["required"]})


def strings(node: Json, _: Json) -> st.SearchStrategy[str]:
    """Text, or where a form is asked for, data URLs: the only form that request schemas ask for."""
    if "pattern" in node:
        return data_urls()
    return st.text(min_size=node.get("minLength", 0), max_size=node.get("maxLength"))


SOUND: Mapping[str, Callable[[Json, Json], st.SearchStrategy[Json]]] = {
    "string": strings,
    "integer": lambda node, _: st.integers(node.get("minimum"), node.get("maximum")),
    "boolean": lambda _, __: st.booleans(),
    "object": objects,
    # Input images are the only lists.
    "array": lambda node, _: input_images(max_size=min(3, node["maxItems"])),
}
