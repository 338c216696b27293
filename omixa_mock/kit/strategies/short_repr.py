"""Short reprs of strategies and examples."""

from __future__ import annotations

from typing import Any

__all__ = ["ShortRepr", "abridge"]

# Longer text is cut where an example is printed.
SHOWN_MAX = 200


class ShortRepr:
    """Dataclass that Hypothesis prints by its `repr`, and not with all its fields, which hold whole schemas."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, _: Any) -> None:
        printer.text(repr(self))


def abridge(value: Any) -> Any:
    """Return a copy of a JSON value with its long texts cut, but not its data URLs."""
    if isinstance(value, dict):
        return {name: abridge(child) for name, child in value.items()}
    if isinstance(value, list):
        return [abridge(child) for child in value]
    if isinstance(value, str) and len(value) > SHOWN_MAX and value[:5].lower() != "data:":
        return f"{value[:SHOWN_MAX]}… ({len(value):,} characters)"
    return value
