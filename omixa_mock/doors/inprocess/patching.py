"""Whether a patch took: a library that renamed its insides must fail a test, not let calls go live."""

from __future__ import annotations

from types import ModuleType
from typing import Any

__all__ = ["PatchFailed", "describe", "verify_patches"]


class PatchFailed(RuntimeError):  # noqa: N818  # named by what happened
    """A client library is not built as its door knows it."""


def describe(library: ModuleType) -> str:
    """A library with its version."""
    return f"{library.__name__} {getattr(library, '__version__', '(unknown version)')}"


def verify_patches(library: ModuleType, mocker: Any) -> None:
    """Refuse a library whose clients respx did not patch; it swallows a missing method silently.

    Raises:
        PatchFailed: Naming the library, its version, and the methods.
    """
    wanted = len(mocker.targets) * len(mocker.target_methods)
    if len(mocker._patches) == wanted:  # noqa: SLF001  # respx tells of it nowhere else
        return
    methods = ", ".join(f"{target}.{method}" for target in mocker.targets for method in mocker.target_methods)
    raise PatchFailed(
        f"{describe(library)} could not be intercepted: not all of {methods} exist. No call went out. "
        f"Use another version of {library.__name__}, or the fixture omixa_mock_server, which needs no patch."
    )
