"""Patching of one method of a client library during interceptions.

If a library has renamed its internals, a test must fail, and no call may go live. Other patches of the same method may
come and go, above ours or below it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from msgspec import Struct

__all__ = ["AttributeOverlay", "Patch", "PatchFailed", "describe", "explain_failure"]


class PatchFailed(RuntimeError):  # noqa: N818  # named by what happened
    """A client library has a structure that its interceptor does not know."""


def describe(library: ModuleType) -> str:
    """Return a library's name with its version."""
    return f"{library.__name__} {getattr(library, '__version__', '(unknown version)')}"


def explain_failure(library: ModuleType, reason: str) -> str:
    """Return a message with the library that could not be intercepted, its version, and a remedy."""
    return (
        f"{describe(library)} could not be intercepted: {reason}. No call went out. Use another version of "
        f"{library.__name__}, or the fixture omixa_mock_server, which needs no patch."
    )


class Mark(Struct, frozen=True):
    """Attribute of a replacement, by which it is recognised.

    Attributes:
        replacement: The replacement; another function may have a copy of its attributes.
        original: The method that it replaced.
    """

    replacement: Any
    original: Any


# The name of that attribute.
MARK = "omixa_mock_patch"
# Tests in threads apply and remove patches concurrently.
LOCK = threading.RLock()


def original_of(function: Any) -> Any:
    """Return the method that a replacement of ours replaced; None if a function is not ours."""
    mark = getattr(function, MARK, None)
    return mark.original if isinstance(mark, Mark) and mark.replacement is function else None


class Patch:
    """Patch of a method.

    Another patch of the same method saves ours, and may restore it when ours has been removed. The replacement then
    passes every call on, and the next `apply` or `remove` recognises it.

    Args:
        library: The library of the class.
        owner: The class, or the module, that has the method.
        name: The method's name.
        make: Makes the replacement from the current method, which may be another patch.
    """

    def __init__(
        self, library: ModuleType, owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        self._library = library
        self._owner = owner
        self._name = name
        self._make = make

    def apply(self) -> None:
        """Replace the method, unless it is replaced already: another patch may have restored an older one meanwhile.

        Raises:
            PatchFailed: The class has no such method.
        """
        with LOCK:
            current = vars(self._owner).get(self._name)
            if current is None:
                raise self._missing()
            if original_of(current) is None:
                replacement = self._make(current)
                setattr(replacement, MARK, Mark(replacement, current))
                setattr(self._owner, self._name, replacement)

    def remove(self) -> None:
        """Restore the method; a patch above ours stays, and ours below it then passes every call on."""
        with LOCK:
            current = vars(self._owner).get(self._name)
            while (original := original_of(current)) is not None:
                current = original
                setattr(self._owner, self._name, original)

    def _missing(self) -> PatchFailed:
        # The owner is a class, or a module.
        owner = ".".join(filter(None, (getattr(self._owner, "__module__", ""), self._owner.__name__)))
        return PatchFailed(explain_failure(self._library, f"there is no {owner}.{self._name}"))


class AttributeOverlay:
    """Proxy of an object in which some attributes are replaced."""

    def __init__(self, wrapped: Any, **attributes: Any) -> None:
        vars(self).update(attributes)
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        """Return the wrapped object's own attribute."""
        return getattr(self._wrapped, name)
