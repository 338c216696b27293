"""Every way to break a subschema, read off the schema itself: a rule that is added there is broken here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import resolve

from .values import kinds_of, sound
from .wrong import WRONG, Wrong
from .wrong_images import WRONG_IMAGES

__all__ = ["Broken", "Path", "Way", "ways_to_break"]

Json = Any
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A value that breaks a rule, and where in it the rule is broken."""

    value: Json
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One rule, and the values that break it and no other."""

    rule: str
    values: st.SearchStrategy[Broken]

    def within(self, wrap: Callable[[Broken, Json], Broken], around: st.SearchStrategy[Json]) -> Way:
        """The same, a level higher: the wrong value stands in a value that is sound otherwise."""
        return Way(self.rule, st.builds(wrap, self.values, around))


def ways_to_break(rule: str, node: Json, schema: Json) -> Iterator[Way]:
    """The ways to break a subschema and all below it; `rule` is what the ids of its rules begin with."""
    node = resolve(schema, node)
    for keyword, entry in node.get("x-omixa-provenance", {}).items():
        if keyword in WRONG:
            values = WRONG[keyword](node, schema, node.get(keyword))
            yield Way(f"{rule}.{entry.get('rule', keyword)}", values.map(as_broken))
    for name in node.get("x-omixa-beyond", {}):
        if name in WRONG_IMAGES:
            yield Way(f"{rule}.{name}", WRONG_IMAGES[name]().map(Broken))
    for name, child in node.get("properties", {}).items():
        for way in ways_to_break(f"{rule}.{name}", child, schema):
            yield way.within(in_member(name), sound(node, schema))
    if "array" in kinds_of(node):
        for way in ways_to_break(f"{rule}.item", node["items"], schema):
            yield way.within(in_list, sound(node, schema))


def as_broken(wrong: Wrong) -> Broken:
    """A wrong value with its path."""
    return Broken(*wrong)


def in_member(name: str) -> Callable[[Broken, Json], Broken]:
    """Puts a wrong value into an object."""
    return lambda broken, whole: Broken({**whole, name: broken.value}, (name, *broken.path))


def in_list(broken: Broken, others: list[Json]) -> Broken:
    """Puts a wrong value behind others in a list."""
    return Broken([*others, broken.value], (len(others), *broken.path))
