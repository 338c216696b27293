"""Mutations of valid values: for each rule of a schema, the values that violate it and no other rule.

They are derived from the schema: a new rule gets its mutation without a change here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import resolve

from .invalid_images import INVALID_IMAGES
from .invalid_values import INVALID_VALUES, ValueAndPath
from .valid_values import types_of, valid_values

__all__ = ["InvalidValue", "Mutation", "Path", "mutations_of"]

Json = Any
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class InvalidValue:
    """Value that violates a rule.

    Attributes:
        value: The value.
        path: The path in it of the violation.
    """

    value: Json
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Mutation:
    """Values that violate one rule.

    Attributes:
        rule: The rule's id.
        values: The values that violate it, and no other rule.
    """

    rule: str
    values: st.SearchStrategy[InvalidValue]

    def within(self, wrap: Callable[[InvalidValue, Json], InvalidValue], around: st.SearchStrategy[Json]) -> Mutation:
        """Return the mutation of an enclosing value, which is otherwise valid."""
        return Mutation(self.rule, st.builds(wrap, self.values, around))


def mutations_of(rule: str, node: Json, schema: Json) -> Iterator[Mutation]:
    """Yield the mutations of a subschema and its descendants.

    Args:
        rule: The prefix of the rules' ids.
        node: The subschema.
        schema: The schema that references are resolved in.
    """
    node = resolve(schema, node)
    for keyword, entry in node.get("x-omixa-provenance", {}).items():
        if keyword in INVALID_VALUES:
            values = INVALID_VALUES[keyword](node, schema, node.get(keyword))
            yield Mutation(f"{rule}.{entry.get('rule', keyword)}", values.map(to_invalid_value))
    for name in node.get("x-omixa-beyond", {}):
        if name in INVALID_IMAGES:
            yield Mutation(f"{rule}.{name}", INVALID_IMAGES[name]().map(InvalidValue))
    for name, child in node.get("properties", {}).items():
        for mutation in mutations_of(f"{rule}.{name}", child, schema):
            yield mutation.within(in_member(name), valid_values(node, schema))
    if "array" in types_of(node):
        for mutation in mutations_of(f"{rule}.item", node["items"], schema):
            yield mutation.within(in_list, valid_values(node, schema))


def to_invalid_value(pair: ValueAndPath) -> InvalidValue:
    """Return an invalid value with its path."""
    return InvalidValue(*pair)


def in_member(name: str) -> Callable[[InvalidValue, Json], InvalidValue]:
    """Return a function that puts an invalid value into an object."""
    return lambda invalid, whole: InvalidValue({**whole, name: invalid.value}, (name, *invalid.path))


def in_list(invalid: InvalidValue, items: list[Json]) -> InvalidValue:
    """Append an invalid value to a list."""
    return InvalidValue([*items, invalid.value], (len(items), *invalid.path))
