"""One method of a client library, replaced while anybody answers.

A library that renamed its insides must fail a test, not let calls go live; and
somebody else's patch may come and go above ours or below it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["Facade", "Patch", "PatchFailed", "describe"]


class PatchFailed(RuntimeError):  # noqa: N818  # named by what happened
    """A client library is not built as its door knows it."""


def describe(library: ModuleType) -> str:
    """A library with its version."""
    return f"{library.__name__} {getattr(library, '__version__', '(unknown version)')}"


class Patch:
    """A method that is replaced.

    Args:
        library: Whose it is.
        owner: The class that has it.
        name: Its name there.
        make: Makes ours of the library's own, or of what somebody else put in its place.
    """

    def __init__(
        self, library: ModuleType, owner: type[Any], name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        self._library = library
        self._owner = owner
        self._name = name
        self._make = make
        self._own: Any = None
        self._ours: Any = None

    def apply(self) -> None:
        """Put ours in place, unless it is there: somebody may have put an older one back meanwhile.

        Raises:
            PatchFailed: The class has no such method.
        """
        current = vars(self._owner).get(self._name)
        if current is None:
            raise self._missing()
        if current is not self._ours:
            self._own, self._ours = current, self._make(current)
            setattr(self._owner, self._name, self._ours)

    def remove(self) -> None:
        """Put back what was there; what somebody else put above ours stays, and ours below it claims nothing."""
        if self._ours is not None and vars(self._owner).get(self._name) is self._ours:
            setattr(self._owner, self._name, self._own)
        self._own = self._ours = None

    def _missing(self) -> PatchFailed:
        return PatchFailed(
            f"{describe(self._library)} could not be intercepted: there is no {self._owner.__module__}."
            f"{self._owner.__name__}.{self._name}. No call went out. Use another version of {self._library.__name__}, "
            "or the fixture omixa_mock_server, which needs no patch."
        )


class Facade:
    """A client, with some attributes of ours in place of its own."""

    def __init__(self, own: Any, **ours: Any) -> None:
        vars(self).update(ours)
        self._own = own

    def __getattr__(self, name: str) -> Any:
        """The client's own attribute."""
        return getattr(self._own, name)
