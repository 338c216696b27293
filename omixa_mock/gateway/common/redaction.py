"""Values that say less than they hold."""

from __future__ import annotations

from typing import Any

__all__ = ["Redacted"]


class Redacted:
    """A Struct with a key, or with the bytes of an image: neither has a place in a message.

    Who derives from it says in `__repr__` what may be shown; rich, which asks a Struct for all its fields, gets that.
    """

    __slots__ = ()

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("is", repr(self))]
