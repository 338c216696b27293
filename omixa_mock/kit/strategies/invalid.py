"""Invalid requests that say what is wrong with them: one rule broken, or several in places that do not touch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import pointer
from omixa_mock.gateway.http import without_images

from .absent import ABSENT
from .brief import Brief
from .images import image_of_size, part_of, size_of
from .requests import Recipe, among, draw_request
from .ways import Broken, Path, Way, ways_to_break
from .wrong import NOT_OBJECTS, OF_KIND, unknown_names
from .wrong_images import unlike_masks

__all__ = ["Breakage", "Damage", "InvalidRequest", "breakages_of", "draw_invalid"]

Json = Any
WHOLE = "the whole"
# Fields of which one decides whether another is right: only one of them is broken in one request.
GROUPS = {"input_images": "images", "mask": "images", "background": "colours", "output_format": "colours"}
MORE_MAX = 2


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """A request that is to be refused, and everything that is wrong with it.

    Attributes:
        payload: The body as a JSON value; not always an object.
        rules: The ids of the rules that it breaks.
        pointers: Where each of them is broken, as a JSON pointer; `/` is the whole.
        status: What the gateway answers.
    """

    document: Json
    rules: tuple[str, ...]
    pointers: tuple[str, ...]
    status: int

    def __repr__(self) -> str:
        # A failing test prints its example: images have no place there.
        told = f"rules={self.rules!r}, pointers={self.pointers!r}, status={self.status}"
        return f"InvalidRequest({without_images(self.document)!r}, {told})"


@dataclass(frozen=True, slots=True)
class Change:
    """Fields to send, and where a rule is broken by them; of `WHOLE`, the body itself."""

    fields: Mapping[str, Json]
    path: Path


@dataclass(frozen=True, eq=False, slots=True)
class Breakage:
    """One way to break a request.

    Attributes:
        rule: The rule's id.
        group: What it touches; in one request no two breakages touch the same.
        changes: What to send.
    """

    rule: str
    group: str
    changes: st.SearchStrategy[Change] = field(repr=False)


def breakages_of(schema: Json) -> tuple[Breakage, ...]:
    """Every way to break the requests of a model, in the order of its schema; what leaves no request comes last."""
    fields = schema["properties"].items()
    known = [
        of_field(name, way)
        for name, node in fields
        if name != "model" or is_complete(schema)
        for way in ways_to_break(f"request.{name}", node, schema)
    ]
    whole = Breakage("request.type", WHOLE, NOT_OBJECTS.map(lambda body: Change({WHOLE: body}, ())))
    return (*known, *across_fields(schema), whole)


def is_complete(schema: Json) -> bool:
    """Whether the model is the one whose schema judges requests to no known model."""
    return bool(schema["x-omixa-model"]["status"] == "complete")


def of_field(name: str, way: Way) -> Breakage:
    """A way to break a field, as one to break a request."""

    def change(broken: Broken) -> Change:
        return Change({**beside_field(name, broken.value), name: broken.value}, (name, *broken.path))

    return Breakage(way.rule, GROUPS.get(name, name), way.values.map(change))


def beside_field(name: str, value: Json) -> dict[str, Json]:
    """What has to stand beside a wrong field, so that nothing else is wrong: mask and images are compared."""
    if name == "input_images":
        return {"mask": ABSENT}
    if name == "mask":
        return {"input_images": [part_of(image_of_size(size_of(value)).url)]}
    return {}


def across_fields(schema: Json) -> Iterator[Breakage]:
    """The rules that are about fields, not values: which there must be, which there may be, which go together."""
    for name in schema["required"]:
        if name != "model" or is_complete(schema):
            yield Breakage("request.required", name, st.just(Change({name: ABSENT}, (name,))))
    if not schema["additionalProperties"]:
        unknown = st.builds(
            lambda name, value: Change({name: value}, (name,)), unknown_names(schema), st.one_of(*OF_KIND.values())
        )
        yield Breakage("request.additionalProperties", "unknown", unknown)
    if "not" in schema:
        fields = {"background": "transparent", "output_format": "jpeg"}
        yield Breakage("request.transparent-jpeg", "colours", st.just(Change(fields, ())))
    if "mask" in schema["properties"]:
        unlike = unlike_masks().map(lambda pair: Change({"input_images": pair[0], "mask": pair[1]}, ("mask",)))
        yield Breakage("request.mask.dimensions", "images", unlike)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Damage(Brief):
    """How the requests of a model are broken.

    Attributes:
        recipe: Makes the rest of the request.
        first: The ways to break it, one of which is taken.
        more: The ways that may be taken beside that.
        status: What the gateway answers.
    """

    recipe: Recipe
    first: tuple[Breakage, ...]
    more: tuple[Breakage, ...]
    status: int

    def __repr__(self) -> str:
        # It stands in the repr of every strategy of invalid requests.
        return f"<{len(self.first)} ways to break {self.recipe!r}>"

    def beside(self, taken: list[Breakage]) -> tuple[Breakage | None, ...]:
        """What else may be broken; twice as often nothing."""
        groups = {WHOLE, *(breakage.group for breakage in taken)}
        more = () if taken[0].group == WHOLE else self.more
        some = [breakage for breakage in more if breakage.group not in groups]
        return (*[None] * (1 + 2 * len(some)), *some)


@st.composite
def draw_invalid(draw: st.DrawFn, damage: Damage) -> InvalidRequest:
    """One invalid request: a breakage, and up to two more elsewhere."""
    taken = [draw(among(damage.first))]
    changes = [draw(taken[0].changes)]
    for _ in range(MORE_MAX):
        also = draw(among(damage.beside(taken)))
        if also is not None:
            taken.append(also)
            changes.append(draw(also.changes))
    fields = {name: value for change in changes for name, value in change.fields.items()}
    # Drawn even where it is not sent: or every failure would shrink to a body that is no object, for want of choices.
    request = draw(draw_request(damage.recipe, None, {name: fields[name] for name in fields if name != WHOLE}))
    told = sorted((pointer(change.path), each.rule) for change, each in zip(changes, taken, strict=True))
    rules, places = tuple(rule for _, rule in told), tuple(place for place, _ in told)
    return InvalidRequest(fields.get(WHOLE, request), rules, places, damage.status)
