"""What stands in the repr of a strategy: in a sentence, not field by field."""

from __future__ import annotations

from typing import Any

__all__ = ["Brief"]


class Brief:
    """Shown by Hypothesis as by `repr`; of other dataclasses it shows all fields, here whole schemas."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, _: Any) -> None:
        printer.text(repr(self))
