"""Tombstones: a size-bounded FIFO map of the keys whose workspaces were closed or dropped."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from msgspec import Struct

from omixa_mock.gateway.http import Problem, invalid_key

__all__ = ["TOMBSTONES_MAX", "Tombstone", "Tombstones"]

TOMBSTONES_MAX = 20_000


class Tombstone(Struct, frozen=True):
    """Record of a closed or dropped workspace.

    Attributes:
        label: The redacted key.
        name: The name that it was closed under, such as a test's; empty if none was given.
        evicted_at: The number of workspaces at which it was dropped to make room; 0 if it was closed.
    """

    label: str
    name: str
    evicted_at: int = 0

    def to_problem(self) -> Problem:
        """Return the refusal of a call with this key."""
        if self.evicted_at:
            return invalid_key(
                f"The workspace of this key was dropped: more than {self.evicted_at:,} keys were in use, and this one "
                "was unused for the longest time. Its wallet and journal are gone. To begin it anew: "
                "PUT /__omixa/workspace",
                "known",
            )
        message = f"The workspace of this key was closed{self.name and f' ({self.name})'}: the call came too late."
        return invalid_key(message, "known", late=self.name)


class Tombstones:
    """Size-bounded FIFO map of tombstones, by key fingerprint.

    Args:
        entries_max: The number of tombstones that are kept. A key whose tombstone was dropped counts as unused.

    Attributes:
        dropped: The number of tombstones that were dropped.
    """

    def __init__(self, entries_max: int = TOMBSTONES_MAX) -> None:
        self._entries_max = entries_max
        self._kept: OrderedDict[bytes, Tombstone] = OrderedDict()
        self.dropped = 0
        # Many threads may close workspaces.
        self._lock = Lock()

    def add(self, identity: bytes, tombstone: Tombstone) -> None:
        """Add a tombstone, and drop the oldest one if there are too many."""
        with self._lock:
            self._kept.pop(identity, None)
            self._kept[identity] = tombstone
            if len(self._kept) > self._entries_max:
                self._kept.popitem(last=False)
                self.dropped += 1

    def find(self, identity: bytes) -> Tombstone | None:
        """Return the tombstone of a key; None if there is none."""
        return self._kept.get(identity)

    def remove(self, identity: bytes) -> None:
        """Remove the tombstone of a key, if there is one."""
        with self._lock:
            self._kept.pop(identity, None)

    def __len__(self) -> int:
        return len(self._kept)
