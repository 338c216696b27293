"""Fields whose limits are searched: the same request with another value of one field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .limits import Refinement, describe_limit, find_limit, raise_limit
from .target import Target

__all__ = ["LIMITED_FIELDS", "LimitedField"]

Json = Any


@dataclass(frozen=True, slots=True)
class LimitedField:
    """Field of a request with a limit that no page gives.

    Attributes:
        name: The field.
        setting: The setting that is its limit in the fake.
        unit: The unit of the limit, for messages.
        maximum: The largest limit that is searched.
        value: The function from a size and the field's value in an example to a value of that size.
    """

    name: str
    setting: str
    unit: str
    maximum: int
    value: Callable[[int, Json], Json]

    def search_below(self, target: Target, document: Json) -> Refinement:
        """Return the limit below the size in an example, which was refused."""
        limit = find_limit(self._tester(target, document), 1, self._size(document))
        return describe_limit(limit, self.unit, self.setting)

    def search_above(self, target: Target, document: Json) -> Refinement:
        """Return the limit above the size in an example, which was accepted."""
        limit = raise_limit(self._tester(target, document), self._size(document), self.maximum)
        return describe_limit(limit, self.unit, self.setting)

    def _tester(self, target: Target, document: Json) -> Callable[[int], bool]:
        def is_accepted(size: int) -> bool:
            changed = {self.name: self.value(size, document[self.name])}
            return target.generate({**document, "quality": "low", **changed}).accepted

        return is_accepted

    def _size(self, document: Json) -> int:
        value = document[self.name]
        return value if isinstance(value, int) else len(value)


def repeat(size: int, images: Json) -> Json:
    """Return so many of some images."""
    return (images * (size // len(images) + 1))[:size]


PROMPT = LimitedField("prompt", "prompt_max_chars", "characters", 2**20, lambda size, _: "x" * size)
IMAGES = LimitedField("input_images", "input_images_max", "input images", 64, repeat)
NUMBER = LimitedField("n", "provider_limit", "images", 10, lambda size, _: size)

# By the rule that an example beyond the limit violates, or a gateway that refuses one within it.
LIMITED_FIELDS: Mapping[str, LimitedField] = {
    "request.prompt.maxLength": PROMPT,
    "gateway.field.prompt-length": PROMPT,
    "request.input_images.maxItems": IMAGES,
    "gateway.field.input-images": IMAGES,
    "gateway.provider-limit.how": NUMBER,
}
