"""Mixin for classes in the reprs of strategies."""

from __future__ import annotations

from typing import Any

__all__ = ["ShortRepr"]


class ShortRepr:
    """Dataclass that Hypothesis prints by its `repr`, and not with all its fields, which hold whole schemas."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, _: Any) -> None:
        printer.text(repr(self))
