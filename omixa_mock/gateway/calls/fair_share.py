"""What the books of all workspaces hold together: the longest give first, so that nobody loses to a busy neighbour."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

__all__ = ["CALLS_MAX", "ENTRIES_MAX", "TRIM_EVERY", "Book", "trim_largest"]

# Of all workspaces of a gateway together.
CALLS_MAX, ENTRIES_MAX = 50_000, 100_000
# After how many calls the books are counted: too seldom to be felt, and no more than so many too late.
TRIM_EVERY = 1000


class Book(Protocol):
    """A journal or a ledger: bounded by itself, and dropping its oldest entries when told to."""

    def __len__(self) -> int:
        """How many entries are kept."""

    def shorten(self, length: int) -> None:
        """Keep no more than the newest so many."""


def trim_largest(client: Collection[Book], entries_max: int) -> None:
    """Shorten the longest books to one length, where all together hold too much."""
    lengths = sorted(map(len, client))
    if sum(lengths) <= entries_max:
        return
    # Some room is made, so that it is not made again at every look.
    length = fair_length(lengths, entries_max * 9 // 10)
    for book in client:
        if len(book) > length:
            book.shorten(length)


def fair_length(lengths: Sequence[int], total: int) -> int:
    """The length that books may have so that all together hold no more than `total`: what short ones leave is shared.

    Args:
        lengths: Of all books, ascending.
        total: What they may hold together.
    """
    for place, length in enumerate(lengths):
        share = total // (len(lengths) - place)
        if length > share:
            return share
        total -= length
    return lengths[-1] if lengths else 0
