"""Patching of one method of a client library during interceptions.

If a library has renamed its internals, a test must fail, and no call may go live. Other patches of the same method may
come and go, above ours or below it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["AttributeOverlay", "Patch", "PatchFailed", "describe"]


class PatchFailed(RuntimeError):  # noqa: N818  # named by what happened
    """A client library has a structure that its interceptor does not know."""


def describe(library: ModuleType) -> str:
    """Return a library's name with its version."""
    return f"{library.__name__} {getattr(library, '__version__', '(unknown version)')}"


class Patch:
    """Patch of a method.

    Args:
        library: The library of the class.
        owner: The class that has the method.
        name: The method's name.
        make: Makes the replacement from the current method, which may be another patch.
    """

    def __init__(
        self, library: ModuleType, owner: type[Any], name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        self._library = library
        self._owner = owner
        self._name = name
        self._make = make
        self._original: Any = None
        self._replacement: Any = None

    def apply(self) -> None:
        """Replace the method, unless it is replaced already: another patch may have restored an older one meanwhile.

        Raises:
            PatchFailed: The class has no such method.
        """
        current = vars(self._owner).get(self._name)
        if current is None:
            raise self._missing()
        if current is not self._replacement:
            self._original, self._replacement = current, self._make(current)
            setattr(self._owner, self._name, self._replacement)

    def remove(self) -> None:
        """Restore the method; a patch above ours stays, and ours below it then passes every call on."""
        if self._replacement is not None and vars(self._owner).get(self._name) is self._replacement:
            setattr(self._owner, self._name, self._original)
        self._original = self._replacement = None

    def _missing(self) -> PatchFailed:
        return PatchFailed(
            f"{describe(self._library)} could not be intercepted: there is no {self._owner.__module__}."
            f"{self._owner.__name__}.{self._name}. No call went out. Use another version of {self._library.__name__}, "
            "or the fixture omixa_mock_server, which needs no patch."
        )


class AttributeOverlay:
    """Proxy of an object in which some attributes are replaced."""

    def __init__(self, wrapped: Any, **attributes: Any) -> None:
        vars(self).update(attributes)
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        """Return the wrapped object's own attribute."""
        return getattr(self._wrapped, name)
