"""Explanation of unequal values for pytest, which by itself compares the fields of dataclasses only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omixa_mock.gateway.http import shorten

__all__ = ["explain_differences"]


def explain_differences(left: Any, right: Any) -> Sequence[str] | None:
    """Return the fields in which two values of one class differ, each with both values; None if none differs."""
    names = [name for name in type(left).__struct_fields__ if getattr(left, name) != getattr(right, name)]
    if not names:
        return None
    lines = (
        f"  {name}: {shorten(repr(getattr(left, name)))} != {shorten(repr(getattr(right, name)))}" for name in names
    )
    return [f"{left!r} == {right!r}", f"Differing attributes: {', '.join(names)}", *lines]
