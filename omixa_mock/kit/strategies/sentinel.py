"""Sentinel for an omitted field."""

from __future__ import annotations

from enum import Enum

__all__ = ["ABSENT", "Absent"]


class Absent(Enum):
    """Type of `ABSENT`. None is a JSON value, and cannot stand for an omitted field."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name


ABSENT = Absent.ABSENT
