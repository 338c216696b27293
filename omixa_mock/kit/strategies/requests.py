"""Valid requests, field by field: what one field says limits what the next may say, so that none is thrown away.

What needs no choice is not drawn: a draw costs Hypothesis a tenth of a millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from hypothesis import strategies as st

from .absent import ABSENT
from .brief import Brief
from .images import POOL_SIZE, masks_of, size_of, take_parts
from .values import sound

__all__ = ["OPERATIONS", "Operation", "Recipe", "among", "draw_request"]

Json = Any
Operation = Literal["generate", "edit", "merge"]
OPERATIONS: tuple[Operation, ...] = ("generate", "edit", "merge")
# What a field may say: values that can be counted, or a strategy.
Choices = tuple[Json, ...] | st.SearchStrategy[Json]
# Drawn before all others, which depend on them.
FIRST = ("model", "input_images")
# What is for edits alone: elsewhere it is allowed, and doubtful.
OF_EDITS = ("input_fidelity", "mask")
# What cannot stand together; to validators the schema's `not` says so.
CLASHES = {
    "background": ("transparent", "output_format", "jpeg"),
    "output_format": ("jpeg", "background", "transparent"),
}
FIRST_IMAGE = st.integers(0, POOL_SIZE - 1)
# Integers are counted where they are few: one draw says whether, and how many.
COUNTED_MAX = 100


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Recipe(Brief):
    """How the requests of one model are made.

    Attributes:
        schema: The model's request schema.
        choices: What each field may say; to leave it out is the simplest.
    """

    schema: Json
    choices: dict[str, Choices] = field(init=False)

    def __post_init__(self) -> None:
        names = [name for name in self.schema["properties"] if name not in FIRST]
        object.__setattr__(self, "choices", {name: choices_of(name, self.schema) for name in names})

    def __repr__(self) -> str:
        # It stands in the repr of every strategy of requests.
        return f"<requests to {self.model}>"

    @property
    def model(self) -> str:
        """The model's id."""
        return str(self.schema["x-omixa-model"]["id"])

    def counts(self, operation: Operation | None) -> tuple[Json, ...]:
        """How many input images there may be; an operation is as frequent as another."""
        most = self.schema["properties"]["input_images"]["maxItems"]
        several = tuple(range(2, most + 1))
        by_operation = {"generate": (ABSENT, 0), "edit": (1,), "merge": several}
        if operation:
            return by_operation[operation]
        return (*[ABSENT] * (len(several) - 1), 0, *[1] * len(several), *several)


def choices_of(name: str, schema: Json) -> Choices:
    """What a field may say."""
    node = schema["properties"][name]
    if name in schema["required"]:
        return sound(node, schema)
    if "enum" in node:
        return (ABSENT, *node["enum"])
    if node["type"] == "integer" and node["maximum"] - node["minimum"] < COUNTED_MAX:
        return (ABSENT, *range(node["minimum"], node["maximum"] + 1))
    return st.just(ABSENT) | sound(node, schema)


@st.composite
def draw_request(
    draw: st.DrawFn, recipe: Recipe, operation: Operation | None, fields: Mapping[str, Json]
) -> dict[str, Json]:
    """One request: the fields that others depend on, then those others."""
    given = {name: draw(each) if isinstance(each, st.SearchStrategy) else each for name, each in fields.items()}
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
    """What a field may say beside what others have said already; None for nothing."""
    images = chosen["input_images"]
    if name in OF_EDITS and not (isinstance(images, list) and images):
        return None
    if name == "mask":
        return masks_for(size_of(images[0]))
    if isinstance(choices, st.SearchStrategy):
        return choices
    mine, other, theirs = CLASHES.get(name, ("", "", ""))
    return among(tuple(value for value in choices if value != mine) if chosen.get(other) == theirs else choices)


# Making a strategy takes longer than drawing from it.
@lru_cache(maxsize=256)
def among(choices: tuple[Json, ...]) -> st.SearchStrategy[Json]:
    """One of some values."""
    return st.sampled_from(choices)


@lru_cache(maxsize=64)
def masks_for(size: tuple[int, int] | None) -> st.SearchStrategy[Json] | None:
    """Where an image says how large a mask should be, one of that size or none."""
    return st.just(ABSENT) | masks_of(size) if size else None
