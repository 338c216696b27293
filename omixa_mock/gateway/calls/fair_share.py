"""Max-min fair trimming of journals and ledgers: the longest are trimmed first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

__all__ = ["CALLS_MAX", "ENTRIES_MAX", "TRIM_EVERY", "Trimmable", "trim_largest"]

# The bounds for all workspaces of a gateway together.
CALLS_MAX, ENTRIES_MAX = 50_000, 100_000
# The number of calls between two checks of these bounds: checking at every call would cost time.
TRIM_EVERY = 1000


class Trimmable(Protocol):
    """A log whose oldest entries can be evicted: a journal or a ledger."""

    def __len__(self) -> int:
        """Return the number of entries."""

    def trim(self, length: int) -> None:
        """Evict all but the newest `length` entries."""


def trim_largest(logs: Collection[Trimmable], entries_max: int) -> None:
    """Trim the longest logs to a common length, if all together hold more than `entries_max` entries."""
    lengths = sorted(map(len, logs))
    if sum(lengths) <= entries_max:
        return
    # A tenth is left free, so that the next check does not have to trim again.
    length = fair_length(lengths, entries_max * 9 // 10)
    for log in logs:
        if len(log) > length:
            log.trim(length)


def fair_length(lengths: Sequence[int], total: int) -> int:
    """Return the maximum length at which all logs together hold at most `total` entries.

    The share that short logs leave unused is divided among the longer ones.

    Args:
        lengths: The lengths of all logs, ascending.
        total: The maximum number of entries in all logs.
    """
    for index, length in enumerate(lengths):
        share = total // (len(lengths) - index)
        if length > share:
            return share
        total -= length
    return lengths[-1] if lengths else 0
