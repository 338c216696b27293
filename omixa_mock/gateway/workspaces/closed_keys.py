"""What is left of workspaces that are gone: enough to refuse their keys by name, and no more than so many."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from msgspec import Struct

from omixa_mock.gateway.http import Problem, invalid_key

__all__ = ["TOMBSTONES_MAX", "Tombstone", "Tombstones"]

TOMBSTONES_MAX = 20_000


class Tombstone(Struct, frozen=True):
    """What is left of a workspace: its label, and what to call it in a refusal.

    Attributes:
        label: Its key as it may be shown.
        name: What it was closed as; empty where nobody said.
        crowded: How many others there were when it was dropped to make room; 0 where it was closed.
    """

    label: str
    name: str
    crowded: int = 0

    def refuse(self) -> Problem:
        """The refusal of a call that comes too late."""
        if self.crowded:
            return invalid_key(
                f"The workspace of this key was dropped: more than {self.crowded:,} keys were in use, and this one for "
                "the longest time not. Its wallet and journal are gone. To begin it anew: PUT /__omixa/workspace",
                "known",
            )
        told = f"The workspace of this key was closed{self.name and f' ({self.name})'}: the call came too late."
        return invalid_key(told, "known", late=self.name)


class Tombstones:
    """The newest tombstones by what is kept of their keys; how many older ones were dropped is said.

    Args:
        entries_max: How many are kept. A key whose tombstone was dropped is one that never was.
    """

    def __init__(self, entries_max: int = TOMBSTONES_MAX) -> None:
        self._entries_max = entries_max
        self._kept: OrderedDict[bytes, Tombstone] = OrderedDict()
        self.dropped = 0
        # Workspaces may be closed by many threads.
        self._lock = Lock()

    def place(self, identity: bytes, tombstone: Tombstone) -> None:
        """Leave a tombstone, in place of the oldest one where there are too many."""
        with self._lock:
            self._kept.pop(identity, None)
            self._kept[identity] = tombstone
            if len(self._kept) > self._entries_max:
                self._kept.popitem(last=False)
                self.dropped += 1

    def find(self, identity: bytes) -> Tombstone | None:
        """The tombstone of a key."""
        return self._kept.get(identity)

    def remove(self, identity: bytes) -> None:
        """Forget that the workspace of a key is gone."""
        with self._lock:
            self._kept.pop(identity, None)

    def __len__(self) -> int:
        return len(self._kept)
