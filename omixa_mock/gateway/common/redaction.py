"""Base class of values whose representation hides secrets."""

from __future__ import annotations

from typing import Any

__all__ = ["Redacted"]


class Redacted:
    """Mixin of Structs that hold an API key or an image, which no message may contain.

    A subclass defines `__repr__` without them. rich would print all fields of a Struct, so it gets that repr too.
    """

    __slots__ = ()

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("is", repr(self))]
