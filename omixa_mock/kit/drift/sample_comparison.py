"""Comparison of a sample with a schema, member by member."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from omixa_mock.gateway.contract import resolve

from .difference import show
from .field_comparison import types_of

__all__ = ["Mismatch", "find_mismatches"]

Json = Any
NAMES: Final = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Member of a sample that is invalid or missing.

    Attributes:
        path: The member's path, for instance data[].url.
        page: The sample's value.
        schema: The schema's requirement.
        steps: The requirement's path in the schema.
    """

    path: str
    page: str
    schema: str
    steps: tuple[str, ...]


def find_mismatches(
    value: Json, schema: Json, root: Json, path: str = "", steps: tuple[str, ...] = ()
) -> Iterator[Mismatch]:
    """Yield every difference between a sample and a schema."""
    steps = steps if "$ref" not in schema else tuple(schema["$ref"].removeprefix("#/").split("/"))
    node = resolve(root, schema)
    kinds = types_of(node)
    kind = kind_of(value)
    if kind not in kinds and not (kind == "integer" and "number" in kinds):
        yield Mismatch(path, describe(value), " or ".join(kinds), (*steps, "type"))
    elif kind == "object":
        yield from mismatches_of_members(value, node, root, path, steps)
    elif kind == "array":
        for item in value:
            yield from find_mismatches(
                item, node.get("items", {"type": list(NAMES.values())}), root, f"{path}[]", (*steps, "items")
            )
    else:
        yield from mismatches_of_value(value, node, path, steps)


def kind_of(value: Json) -> str:
    """Return the JSON type of a value."""
    return NAMES.get(type(value), "null")


def describe(value: Json) -> str:
    """Return a value with its type."""
    return f"{show([json.dumps(value, ensure_ascii=False, default=str)])} ({kind_of(value)})"


def mismatches_of_members(value: Json, node: Json, root: Json, path: str, steps: tuple[str, ...]) -> Iterator[Mismatch]:
    """Yield every member that is unknown to the schema, missing in the sample, or different."""
    members = node.get("properties", {})
    for name, member in value.items():
        place = f"{path}.{name}".strip(".")
        if name not in members:
            yield Mismatch(place, describe(member), "no such member", (*steps, "properties"))
        else:
            yield from find_mismatches(member, members[name], root, place, (*steps, "properties", name))
    for name in node.get("required", ()):
        if name not in value:
            yield Mismatch(f"{path}.{name}".strip("."), "nothing: it is missing", "required", (*steps, "required"))


def mismatches_of_value(value: Json, node: Json, path: str, steps: tuple[str, ...]) -> Iterator[Mismatch]:
    """Yield every keyword that a value violates: const, enum, limits, pattern."""
    actual = describe(value)
    if "const" in node and value != node["const"]:
        yield Mismatch(path, actual, show([node["const"]]), (*steps, "const"))
    if "enum" in node and value not in node["enum"]:
        yield Mismatch(path, actual, show(node["enum"]), (*steps, "enum"))
    size = len(value) if isinstance(value, str) else value
    for keyword, sign in (("minimum", 1), ("minLength", 1), ("maximum", -1), ("maxLength", -1)):
        if keyword in node and isinstance(size, int | float) and sign * size < sign * node[keyword]:
            yield Mismatch(path, actual, f"{keyword} {node[keyword]}", (*steps, keyword))
    if "pattern" in node and isinstance(value, str) and not re.search(node["pattern"], value):
        yield Mismatch(path, actual, f"pattern {node['pattern']}", (*steps, "pattern"))
