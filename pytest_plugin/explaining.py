"""What pytest says of two values of ours that are not equal: of itself it compares the fields of dataclasses only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omixa_mock.gateway.http import short

__all__ = ["tell_differences"]


def tell_differences(left: Any, right: Any) -> Sequence[str] | None:
    """The fields in which two values of one class differ, each with both of its values; None where none does."""
    names = [name for name in type(left).__struct_fields__ if getattr(left, name) != getattr(right, name)]
    if not names:
        return None
    told = (f"  {name}: {short(getattr(left, name))} != {short(getattr(right, name))}" for name in names)
    return [f"{left!r} == {right!r}", f"Differing attributes: {', '.join(names)}", *told]
