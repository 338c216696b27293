"""Strategy for invalid requests, with the rules that they violate: one rule, or several independent ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import pointer
from omixa_mock.gateway.http import without_images

from .images import image_of_size, part_of, size_of
from .invalid_images import mismatched_masks
from .invalid_values import NOT_OBJECTS, VALUES_OF_TYPE, unknown_names
from .mutations import InvalidValue, Mutation, Path, mutations_of
from .requests import Recipe, among, draw_request
from .sentinel import ABSENT
from .short_repr import ShortRepr, abridge

__all__ = ["InvalidRecipe", "InvalidRequest", "RequestMutation", "draw_invalid", "request_mutations"]

Json = Any
WHOLE = "the whole"
# Fields whose validity depends on each other: a request has only one mutation of a group.
GROUPS = {"input_images": "images", "mask": "images", "background": "colours", "output_format": "colours"}
MORE_MAX = 2


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """Invalid request, with every rule that it violates.

    Attributes:
        document: The body as a JSON value; not always an object.
        rules: The ids of the violated rules.
        pointers: The JSON Pointer of each violation; `/` is the whole document.
        status: The status of the response.
    """

    document: Json
    rules: tuple[str, ...]
    pointers: tuple[str, ...]
    status: int

    def __repr__(self) -> str:
        # A failing test prints its example; images would be too long.
        label = f"rules={self.rules!r}, pointers={self.pointers!r}, status={self.status}"
        return f"InvalidRequest({without_images(abridge(self.document))!r}, {label})"


@dataclass(frozen=True, slots=True)
class Change:
    """Change of a request that violates a rule.

    Attributes:
        fields: The values of the changed fields; `WHOLE` stands for the whole body.
        path: The path of the violation.
    """

    fields: Mapping[str, Json]
    path: Path


@dataclass(frozen=True, eq=False, slots=True)
class RequestMutation:
    """Changes of a request that violate one rule.

    Attributes:
        rule: The rule's id.
        group: The group of fields that it changes; a request has only one mutation of a group.
        changes: The changes.
    """

    rule: str
    group: str
    changes: st.SearchStrategy[Change] = field(repr=False)


def request_mutations(schema: Json) -> tuple[RequestMutation, ...]:
    """Return every mutation of a model's requests, in the sequence of its schema; the mutation of the body is last."""
    fields = schema["properties"].items()
    known = [
        of_field(name, mutation)
        for name, node in fields
        if name != "model" or is_complete(schema)
        for mutation in mutations_of(f"request.{name}", node, schema)
    ]
    whole = RequestMutation("request.type", WHOLE, NOT_OBJECTS.map(lambda body: Change({WHOLE: body}, ())))
    return (*known, *across_fields(schema), whole)


def is_complete(schema: Json) -> bool:
    """Return True if the model's schema validates the requests of unknown models."""
    return bool(schema["x-omixa-model"]["status"] == "complete")


def of_field(name: str, mutation: Mutation) -> RequestMutation:
    """Return the mutation of a field as a mutation of a request."""

    def change(invalid: InvalidValue) -> Change:
        return Change({**beside_field(name, invalid.value), name: invalid.value}, (name, *invalid.path))

    return RequestMutation(mutation.rule, GROUPS.get(name, name), mutation.values.map(change))


def beside_field(name: str, value: Json) -> dict[str, Json]:
    """Return the fields that prevent a second violation: the sizes of mask and images are compared."""
    if name == "input_images":
        return {"mask": ABSENT}
    if name == "mask":
        return {"input_images": [part_of(image_of_size(size_of(value)).url)]}
    return {}


def across_fields(schema: Json) -> Iterator[RequestMutation]:
    """Yield the mutations of rules about fields: required ones, unknown ones, and combinations."""
    for name in schema["required"]:
        if name != "model" or is_complete(schema):
            yield RequestMutation("request.required", name, st.just(Change({name: ABSENT}, (name,))))
    if not schema["additionalProperties"]:
        unknown = st.builds(
            lambda name, value: Change({name: value}, (name,)),
            unknown_names(schema),
            st.one_of(*VALUES_OF_TYPE.values()),
        )
        yield RequestMutation("request.additionalProperties", "unknown", unknown)
    if "not" in schema:
        fields = {"background": "transparent", "output_format": "jpeg"}
        yield RequestMutation("request.transparent-jpeg", "colours", st.just(Change(fields, ())))
    if "mask" in schema["properties"]:
        mismatched = mismatched_masks().map(lambda pair: Change({"input_images": pair[0], "mask": pair[1]}, ("mask",)))
        yield RequestMutation("request.mask.dimensions", "images", mismatched)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class InvalidRecipe(ShortRepr):
    """Choices of the mutations of a model's requests.

    Attributes:
        valid: The choices of the other fields.
        first: The mutations of which one is applied.
        more: The mutations that may be added.
        status: The status of the response.
    """

    valid: Recipe
    first: tuple[RequestMutation, ...]
    more: tuple[RequestMutation, ...]
    status: int

    def __repr__(self) -> str:
        # It is part of the repr of every strategy for invalid requests.
        return f"<{len(self.first)} mutations of {self.valid!r}>"

    def beside(self, applied: list[RequestMutation]) -> tuple[RequestMutation | None, ...]:
        """Return the mutations that may be added; None is twice as frequent as all of them."""
        groups = {WHOLE, *(mutation.group for mutation in applied)}
        more = () if applied[0].group == WHOLE else self.more
        possible = [mutation for mutation in more if mutation.group not in groups]
        return (*[None] * (1 + 2 * len(possible)), *possible)


@st.composite
def draw_invalid(draw: st.DrawFn, recipe: InvalidRecipe) -> InvalidRequest:
    """Draw an invalid request: one mutation, and up to two more in other groups."""
    applied = [draw(among(recipe.first))]
    changes = [draw(applied[0].changes)]
    for _ in range(MORE_MAX):
        mutation = draw(among(recipe.beside(applied)))
        if mutation is not None:
            applied.append(mutation)
            changes.append(draw(mutation.changes))
    fields = {name: value for change in changes for name, value in change.fields.items()}
    # Drawn even if the body is replaced: every failure would shrink to a replaced body if that took fewer draws.
    request = draw(draw_request(recipe.valid, None, {name: fields[name] for name in fields if name != WHOLE}))
    violations = sorted(
        (pointer(change.path), mutation.rule) for change, mutation in zip(changes, applied, strict=True)
    )
    rules, pointers = tuple(rule for _, rule in violations), tuple(place for place, _ in violations)
    return InvalidRequest(fields.get(WHOLE, request), rules, pointers, recipe.status)
