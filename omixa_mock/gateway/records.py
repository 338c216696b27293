"""Records that are bounded, and that say what their bound evicted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

__all__ = ["Records"]

T = TypeVar("T")


class Records(Generic[T]):
    """The newest records within a number of entries and a number of bytes.

    Args:
        entries_max: How many records are kept.
        bytes_max: How many bytes they may hold together.
        weigh: The bytes that one record holds.
    """

    def __init__(
        self,
        entries_max: int = 10_000,
        bytes_max: int = 256 * 1024 * 1024,
        weigh: Callable[[T], int] = lambda _: 0,
    ) -> None:
        self._kept: deque[T] = deque()
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._weigh = weigh
        self._bytes = 0
        self.evicted = 0

    def append(self, record: T) -> None:
        """Keep `record`, and drop the oldest ones that are now too many or too heavy."""
        weight = self._weigh(record)
        self._kept.append(record)
        self._bytes += weight
        while len(self._kept) > self._entries_max or (self._bytes > self._bytes_max and len(self._kept) > 1):
            weight = self._weigh(self._kept.popleft())
            self._bytes -= weight
            self.evicted += 1

    def clear(self) -> None:
        """Forget everything, the count of evictions included."""
        self._kept.clear()
        self._bytes = self.evicted = 0

    @property
    def filed(self) -> int:
        """How many records there were, the evicted ones included."""
        return len(self._kept) + self.evicted

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[T]:
        # A copy: another thread may append while a test walks its journal.
        return iter(tuple(self._kept))
