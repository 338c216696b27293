"""Comparing the shape of a sample, member by member, with a schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from omixa_mock.gateway.contract import resolve

from .difference import show
from .fields import types_of

__all__ = ["Misfit", "misfits"]

Json = Any
NAMES: Final = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Misfit:
    """A member of a sample that its schema does not accept, or misses.

    Attributes:
        path: Where, for instance data[].url.
        page: What the sample has there.
        schema: What the schema says of it.
        steps: Where the schema says so.
    """

    path: str
    page: str
    schema: str
    steps: tuple[str, ...]


def misfits(value: Json, schema: Json, root: Json, path: str = "", steps: tuple[str, ...] = ()) -> Iterator[Misfit]:
    """Every difference between a sample and a schema."""
    steps = steps if "$ref" not in schema else tuple(schema["$ref"].removeprefix("#/").split("/"))
    node = resolve(root, schema)
    kinds = types_of(node)
    kind = kind_of(value)
    if kind not in kinds and not (kind == "integer" and "number" in kinds):
        yield Misfit(path, describe(value), " or ".join(kinds), (*steps, "type"))
    elif kind == "object":
        yield from misfits_of_members(value, node, root, path, steps)
    elif kind == "array":
        for item in value:
            yield from misfits(
                item, node.get("items", {"type": list(NAMES.values())}), root, f"{path}[]", (*steps, "items")
            )
    else:
        yield from misfits_of_value(value, node, path, steps)


def kind_of(value: Json) -> str:
    """The JSON type of a value."""
    return NAMES.get(type(value), "null")


def describe(value: Json) -> str:
    """A value with its type."""
    return f"{show([json.dumps(value, ensure_ascii=False, default=str)])} ({kind_of(value)})"


def misfits_of_members(value: Json, node: Json, root: Json, path: str, steps: tuple[str, ...]) -> Iterator[Misfit]:
    """Members that the schema does not have, that it demands and the sample has not, and those that differ."""
    members = node.get("properties", {})
    for name, member in value.items():
        place = f"{path}.{name}".strip(".")
        if name not in members:
            yield Misfit(place, describe(member), "no such member", (*steps, "properties"))
        else:
            yield from misfits(member, members[name], root, place, (*steps, "properties", name))
    for name in node.get("required", ()):
        if name not in value:
            yield Misfit(f"{path}.{name}".strip("."), "nothing: it is missing", "required", (*steps, "required"))


def misfits_of_value(value: Json, node: Json, path: str, steps: tuple[str, ...]) -> Iterator[Misfit]:
    """A value that is not among the accepted ones, beyond the limits, or spelt otherwise."""
    said = describe(value)
    if "const" in node and value != node["const"]:
        yield Misfit(path, said, show([node["const"]]), (*steps, "const"))
    if "enum" in node and value not in node["enum"]:
        yield Misfit(path, said, show(node["enum"]), (*steps, "enum"))
    size = len(value) if isinstance(value, str) else value
    for keyword, sign in (("minimum", 1), ("minLength", 1), ("maximum", -1), ("maxLength", -1)):
        if keyword in node and isinstance(size, int | float) and sign * size < sign * node[keyword]:
            yield Misfit(path, said, f"{keyword} {node[keyword]}", (*steps, keyword))
    if "pattern" in node and isinstance(value, str) and not re.search(node["pattern"], value):
        yield Misfit(path, said, f"pattern {node['pattern']}", (*steps, "pattern"))
