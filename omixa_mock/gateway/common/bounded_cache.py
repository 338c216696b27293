"""What was made lately, kept so that it need not be made again."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["BoundedCache"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """The values that were kept last, within a number of entries and a number of bytes.

    Nothing depends on whether one is still there: what was forgotten is made again.

    Args:
        entries_max: How many are kept.
        bytes_max: How many bytes they may hold together.
    """

    def __init__(self, entries_max: int, bytes_max: int) -> None:
        self._kept: dict[K, tuple[V, int]] = {}
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._bytes = 0
        # Calls may come from many threads.
        self._lock = Lock()

    def recall(self, key: K) -> V | None:
        """The value that was kept under a key, if it is still there."""
        found = self._kept.get(key)
        return found[0] if found else None

    def keep(self, key: K, value: V, weight: int) -> None:
        """Keep a value of so many bytes, in place of the oldest ones; one that is too heavy is not kept."""
        if weight > self._bytes_max:
            return
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = value, weight
            self._bytes += weight - (before[1] if before else 0)
            while self._bytes > self._bytes_max or len(self._kept) > self._entries_max:
                _, oldest = self._kept.pop(next(iter(self._kept)))
                self._bytes -= oldest
