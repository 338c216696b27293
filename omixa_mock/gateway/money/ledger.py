"""The ledger: every change of a wallet, with what it left."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from threading import Lock
from typing import Literal

from msgspec import Struct

__all__ = ["EXACT", "NOTHING", "Change", "Ledger", "LedgerEntry"]

# Of our own: in process, the thread and so the ambient context are the user's.
EXACT = Context(prec=40, rounding=ROUND_HALF_UP)
Kind = Literal["balance", "hold", "capture", "release"]


class LedgerEntry(Struct, frozen=True):
    """One line of the ledger.

    Attributes:
        number: 1 for the first entry of the workspace.
        kind: What happened.
        amount: How much was held, captured, released, or set as balance.
        balance: The balance afterwards.
        held: What open holds reserve afterwards.
        call: Number of the call in the journal; 0 for a balance set from outside.
        digest: Which request was paid for; empty where none was.
    """

    number: int
    kind: Kind
    amount: Decimal
    balance: Decimal
    held: Decimal
    call: int
    digest: str


# What an entry cannot be computed from: kind, amount, what ended by it (the hold of a captured call, the balance before
# a new one), call and digest. No class: a ledger keeps thousands of these, and each call makes two.
Change = tuple[Kind, Decimal, Decimal, int, str]
NOTHING = Decimal("0.000000")


class Ledger:
    """The newest entries of a wallet; how many older ones were dropped is said.

    Args:
        lock: The wallet's. Who writes an entry holds it already; who reads takes it, for another thread may write.
        entries_max: How many entries are kept.
    """

    def __init__(self, lock: Lock, entries_max: int = 10_000) -> None:
        self._changes: deque[Change] = deque()
        self._entries_max = entries_max
        # What the wallet has after the newest change: what it had before is told by the changes, backwards.
        self._balance = self._held = NOTHING
        self.evicted = 0
        self._lock = lock

    def enter(self, change: Change, balance: Decimal, held: Decimal) -> None:
        """Write an entry; the lock is held by the caller.

        Args:
            change: What happened.
            balance: The balance afterwards.
            held: What open holds reserve afterwards.
        """
        self._changes.append(change)
        self._balance, self._held = balance, held
        if len(self._changes) > self._entries_max:
            self._evict_oldest()

    def shorten(self, length: int) -> None:
        """Keep no more than the newest `length` entries."""
        with self._lock:
            while len(self._changes) > length:
                self._evict_oldest()

    def _evict_oldest(self) -> None:
        self._changes.popleft()
        self.evicted += 1

    def __len__(self) -> int:
        return len(self._changes)

    def __iter__(self) -> Iterator[LedgerEntry]:
        with self._lock:
            balance, held, newest, changes = self._balance, self._held, self.filed, tuple(self._changes)
        entries = []
        for number, change in zip(range(newest, 0, -1), reversed(changes), strict=False):
            kind, amount, _, call, digest = change
            entries.append(LedgerEntry(number, kind, amount, balance, held, call, digest))
            balance, held = undo(change, balance, held)
        return reversed(entries)

    @property
    def filed(self) -> int:
        """How many entries there were, the evicted ones included."""
        return len(self._changes) + self.evicted


def undo(change: Change, balance: Decimal, held: Decimal) -> tuple[Decimal, Decimal]:
    """Balance and holds before a change."""
    kind, amount, ended, _, _ = change
    match kind:
        case "balance":
            return ended, held
        case "hold":
            return balance, EXACT.subtract(held, amount)
        case "capture":
            return EXACT.add(balance, amount), EXACT.add(held, ended)
        case "release":
            return balance, EXACT.add(held, amount)
