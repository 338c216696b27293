"""Strategies for valid requests.

Requests are drawn field by field: each value limits the choices of the next field, so that no request is discarded.
A field without a choice is not drawn, since a draw takes Hypothesis a tenth of a millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from hypothesis import strategies as st

from .images import POOL_SIZE, masks_of, size_of, take_parts
from .sentinel import ABSENT
from .short_repr import ShortRepr
from .valid_values import valid_values

__all__ = ["OPERATIONS", "Operation", "Recipe", "among", "draw_request"]

Json = Any
Operation = Literal["generate", "edit", "merge"]
OPERATIONS: tuple[Operation, ...] = ("generate", "edit", "merge")
# The values of a field: a finite number of values, or a strategy.
Choices = tuple[Json, ...] | st.SearchStrategy[Json]
# Drawn first: the other fields depend on them.
FIRST = ("model", "input_images")
# Fields for edits. In other requests they are accepted with an advisory.
OF_EDITS = ("input_fidelity", "mask")
# Values that exclude each other; the schema has a `not` for them.
CLASHES = {
    "background": ("transparent", "output_format", "jpeg"),
    "output_format": ("jpeg", "background", "transparent"),
}
FIRST_IMAGE = st.integers(0, POOL_SIZE - 1)
# Fewer integers than this are enumerated: one draw decides on presence and value.
ENUMERATED_MAX = 100


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Recipe(ShortRepr):
    """Choices of every field in the requests of one model.

    Attributes:
        schema: The model's request schema.
        choices: The values of each field, omission first.
    """

    schema: Json
    choices: dict[str, Choices] = field(init=False)

    def __post_init__(self) -> None:
        names = [name for name in self.schema["properties"] if name not in FIRST]
        object.__setattr__(self, "choices", {name: choices_of(name, self.schema) for name in names})

    def __repr__(self) -> str:
        # It is part of the repr of every strategy for requests.
        return f"<requests to {self.model}>"

    @property
    def model(self) -> str:
        """Return the model's id."""
        return str(self.schema["x-omixa-model"]["name"])

    def counts(self, operation: Operation | None) -> tuple[Json, ...]:
        """Return the possible numbers of input images: each operation is a third, and half of all merges have two."""
        more = tuple(range(3, self.schema["properties"]["input_images"]["maxItems"] + 1))
        several = (*[2] * max(1, len(more)), *more)
        by_operation = {"generate": (ABSENT, 0), "edit": (1,), "merge": several}
        if operation:
            return by_operation[operation]
        return (*[ABSENT] * (len(several) - 1), 0, *[1] * len(several), *several)


def choices_of(name: str, schema: Json) -> Choices:
    """Return the values of a field."""
    node = schema["properties"][name]
    if name in schema["required"]:
        return valid_values(node, schema)
    if "enum" in node:
        return (ABSENT, *node["enum"])
    if node["type"] == "integer" and node["maximum"] - node["minimum"] < ENUMERATED_MAX:
        return (ABSENT, *range(node["minimum"], node["maximum"] + 1))
    return st.just(ABSENT) | valid_values(node, schema)


@st.composite
def draw_request(
    draw: st.DrawFn, recipe: Recipe, operation: Operation | None, fields: Mapping[str, Json]
) -> dict[str, Json]:
    """Draw a request: first the fields that others depend on."""
    given = {name: draw(value) if isinstance(value, st.SearchStrategy) else value for name, value in fields.items()}
    chosen = {"model": recipe.model, **given}
    if "input_images" not in given:
        count = draw(among(recipe.counts(operation)))
        chosen["input_images"] = ABSENT if count is ABSENT else take_parts(count, draw(FIRST_IMAGE) if count else 0)
    for name, choices in recipe.choices.items():
        if name not in given:
            possible = narrow(name, choices, chosen)
            chosen[name] = ABSENT if possible is None else draw(possible)
    return {name: value for name, value in chosen.items() if value is not ABSENT}


def narrow(name: str, choices: Choices, chosen: Mapping[str, Json]) -> st.SearchStrategy[Json] | None:
    """Return the values of a field that fit the values chosen before; None if none fits."""
    images = chosen["input_images"]
    if name in OF_EDITS and not (isinstance(images, list) and images):
        return None
    if name == "mask":
        return masks_for(size_of(images[0]))
    if isinstance(choices, st.SearchStrategy):
        return choices
    excluded, other, value_of_other = CLASHES.get(name, ("", "", ""))
    is_excluded = chosen.get(other) == value_of_other
    return among(tuple(value for value in choices if value != excluded) if is_excluded else choices)


# Making a strategy takes longer than drawing from it.
@lru_cache(maxsize=256)
def among(choices: tuple[Json, ...]) -> st.SearchStrategy[Json]:
    """Return a strategy that samples from choices."""
    return st.sampled_from(choices)


@lru_cache(maxsize=64)
def masks_for(size: tuple[int, int] | None) -> st.SearchStrategy[Json] | None:
    """Return omission or masks of a size; None if the size is unknown."""
    return st.just(ABSENT) | masks_of(size) if size else None
