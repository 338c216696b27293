"""Size-bounded FIFO cache."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["BoundedCache"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Thread-safe FIFO cache, bounded by a number of entries and a number of bytes.

    Callers must not depend on a hit: an evicted value is computed again.

    Args:
        entries_max: The maximum number of entries.
        bytes_max: The maximum total size of the entries, in bytes.
    """

    def __init__(self, entries_max: int, bytes_max: int) -> None:
        self._entries: dict[K, tuple[V, int]] = {}
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._bytes = 0
        # Several threads may use one cache.
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """Return the value of a key; None if it is not cached."""
        entry = self._entries.get(key)
        return entry[0] if entry else None

    def put(self, key: K, value: V, size: int) -> None:
        """Cache a value of `size` bytes and evict the oldest entries; ignore a value larger than the cache."""
        with self._lock:
            self._put(key, value, size)

    def put_first(self, key: K, value: V, size: int) -> V | None:
        """Cache a value unless the key has one; return the value that the key has, None if it had none."""
        with self._lock:
            earlier = self.get(key)
            if earlier is None:
                self._put(key, value, size)
            return earlier

    def _put(self, key: K, value: V, size: int) -> None:
        if size > self._bytes_max:
            return
        replaced = self._entries.pop(key, None)
        self._entries[key] = value, size
        self._bytes += size - (replaced[1] if replaced else 0)
        while self._bytes > self._bytes_max or len(self._entries) > self._entries_max:
            _, evicted_size = self._entries.pop(next(iter(self._entries)))
            self._bytes -= evicted_size
