"""BoundedLog that are bounded in number, and that say what their bound evicted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["BoundedLog"]

T = TypeVar("T")


class BoundedLog(Generic[T]):
    """The newest records within a number of entries.

    Args:
        entries_max: How many records are kept.
    """

    def __init__(self, entries_max: int = 10_000) -> None:
        self._kept: deque[T] = deque()
        self._entries_max = entries_max
        self.evicted = 0

    def append(self, record: T) -> None:
        """Keep `record`, and drop the oldest one that is now too many."""
        self._kept.append(record)
        if len(self._kept) > self._entries_max:
            self._kept.popleft()
            self.evicted += 1

    def shorten(self, length: int) -> None:
        """Keep no more than the newest `length` records."""
        while len(self._kept) > length:
            self._kept.popleft()
            self.evicted += 1

    def clear(self) -> None:
        """Forget everything, the count of evictions included."""
        self._kept.clear()
        self.evicted = 0

    @property
    def filed(self) -> int:
        """How many records there were, the evicted ones included."""
        return len(self._kept) + self.evicted

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[T]:
        # A copy: another thread may append while a test walks its journal.
        return iter(tuple(self._kept))
