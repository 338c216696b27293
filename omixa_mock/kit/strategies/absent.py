"""What stands for a field that is left out."""

from __future__ import annotations

from enum import Enum

__all__ = ["ABSENT", "Absent"]


class Absent(Enum):
    """The type of `ABSENT`: None would not do, since it is a JSON value."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name


ABSENT = Absent.ABSENT
