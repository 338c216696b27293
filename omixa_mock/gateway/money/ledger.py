"""Ledger: every change of a wallet, with the balance after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from threading import Lock
from typing import Literal

from msgspec import Struct

__all__ = ["EXACT", "NOTHING", "Change", "Ledger", "LedgerEntry"]

# Not the ambient context: in process, the thread and its decimal context are the user's.
EXACT = Context(prec=40, rounding=ROUND_HALF_UP)
Kind = Literal["balance", "hold", "capture", "release"]


class LedgerEntry(Struct, frozen=True):
    """One entry of the ledger.

    Attributes:
        number: 1 for the first entry of the workspace.
        kind: The kind of change.
        amount: The amount held, captured, released, or set as balance.
        balance: The balance afterwards.
        held: The sum of the open holds afterwards.
        call: The number of the call in the journal; 0 for a balance set from outside.
        digest: The digest of the request that was paid for; empty if there was none.
    """

    number: int
    kind: Kind
    amount: Decimal
    balance: Decimal
    held: Decimal
    call: int
    digest: str


# The part of an entry that cannot be computed: kind, amount, the amount that it ends (the hold of a captured call, the
# balance before a new one), call and digest. Not a class: a ledger keeps thousands of these, and each call makes two.
Change = tuple[Kind, Decimal, Decimal, int, str]
NOTHING = Decimal("0.000000")


class Ledger:
    """Size-bounded ledger of a wallet.

    Args:
        lock: The wallet's lock. Writers hold it already; readers take it, since another thread may write.
        entries_max: The maximum number of entries.

    Attributes:
        evicted: The number of evicted entries.
    """

    def __init__(self, lock: Lock, entries_max: int = 10_000) -> None:
        self._changes: deque[Change] = deque()
        self._entries_max = entries_max
        # The wallet after the newest change. Earlier states are computed from the changes, backwards.
        self._balance = self._held = NOTHING
        self.evicted = 0
        self._lock = lock

    def enter(self, change: Change, balance: Decimal, held: Decimal) -> None:
        """Write an entry; the caller holds the lock.

        Args:
            change: The change.
            balance: The balance afterwards.
            held: The sum of the open holds afterwards.
        """
        self._changes.append(change)
        self._balance, self._held = balance, held
        if len(self._changes) > self._entries_max:
            self._evict_oldest()

    def trim(self, length: int) -> None:
        """Evict all but the newest `length` entries."""
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
            balance, held, newest, changes = self._balance, self._held, self.appended, tuple(self._changes)
        entries = []
        for number, change in zip(range(newest, 0, -1), reversed(changes), strict=False):
            kind, amount, _, call, digest = change
            entries.append(LedgerEntry(number, kind, amount, balance, held, call, digest))
            balance, held = undo(change, balance, held)
        return reversed(entries)

    @property
    def appended(self) -> int:
        """Return the number of entries ever written, evicted ones included."""
        return len(self._changes) + self.evicted


def undo(change: Change, balance: Decimal, held: Decimal) -> tuple[Decimal, Decimal]:
    """Return balance and holds before a change."""
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
