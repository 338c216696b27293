"""Size-bounded log with a count of its evicted entries."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["BoundedLog"]

T = TypeVar("T")


class BoundedLog(Generic[T]):
    """Size-bounded log: the newest entries are kept, the oldest are evicted.

    Args:
        entries_max: The maximum number of entries.

    Attributes:
        evicted: The number of evicted entries.
    """

    def __init__(self, entries_max: int = 10_000) -> None:
        self._kept: deque[T] = deque()
        self._entries_max = entries_max
        self.evicted = 0

    def append(self, entry: T) -> None:
        """Append an entry, and evict the oldest one if there are too many."""
        self._kept.append(entry)
        if len(self._kept) > self._entries_max:
            self._kept.popleft()
            self.evicted += 1

    def trim(self, length: int) -> None:
        """Evict all but the newest `length` entries."""
        while len(self._kept) > length:
            self._kept.popleft()
            self.evicted += 1

    def clear(self) -> None:
        """Remove all entries, and reset the count of evictions."""
        self._kept.clear()
        self.evicted = 0

    @property
    def appended(self) -> int:
        """Return the number of entries ever appended, evicted ones included."""
        return len(self._kept) + self.evicted

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[T]:
        # A copy: another thread may append during the iteration.
        return iter(tuple(self._kept))
