"""The ledger: every change of a wallet, with what it left."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from threading import Lock
from typing import Literal

from msgspec import Struct

__all__ = ["EXACT", "Ledger", "LedgerEntry"]

# Of our own: in process, the thread and so the ambient context are the user's.
EXACT = Context(prec=40, rounding=ROUND_HALF_UP)
Kind = Literal["balance", "hold", "capture", "release"]


class LedgerEntry(Struct, gc=False, frozen=True):
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


# What an entry cannot be computed from: kind, amount, what was held for the call that ends by it, call and digest.
# No class: a ledger keeps thousands of these, and each call makes two.
Change = tuple[Kind, Decimal, Decimal, int, str]


class Ledger:
    """The newest entries of a wallet; how many older ones were dropped is said.

    Args:
        lock: The wallet's. Who writes an entry holds it already; who reads takes it, for another thread may write.
        entries_max: How many entries are kept.
    """

    def __init__(self, lock: Lock, entries_max: int = 10_000) -> None:
        self._changes: deque[Change] = deque()
        self._entries_max = entries_max
        # What the wallet held before the oldest change that is kept.
        self._balance = self._held = Decimal("0.000000")
        self.evicted = 0
        self._lock = lock

    def enter(self, kind: Kind, amount: Decimal, reserved: Decimal, call: int, digest: str) -> None:
        """Write an entry; the lock is held by the caller.

        Args:
            kind: What happened.
            amount: How much was held, captured, released, or set as balance.
            reserved: What was held for the call that ends by it.
            call: Number of the call.
            digest: Which request is paid for.
        """
        self._changes.append((kind, amount, reserved, call, digest))
        if len(self._changes) > self._entries_max:
            self._evict(self._entries_max)

    def shorten(self, length: int) -> None:
        """Keep no more than the newest `length` entries."""
        with self._lock:
            self._evict(length)

    def _evict(self, length: int) -> None:
        while len(self._changes) > length:
            self._balance, self._held = apply(self._changes.popleft(), self._balance, self._held)
            self.evicted += 1

    def __len__(self) -> int:
        return len(self._changes)

    def __iter__(self) -> Iterator[LedgerEntry]:
        with self._lock:
            balance, held, evicted, changes = self._balance, self._held, self.evicted, tuple(self._changes)
        for number, change in enumerate(changes, evicted + 1):
            balance, held = apply(change, balance, held)
            kind, amount, _, call, digest = change
            yield LedgerEntry(number, kind, amount, balance, held, call, digest)


def apply(change: Change, balance: Decimal, held: Decimal) -> tuple[Decimal, Decimal]:
    """Balance and holds after a change."""
    kind, amount, reserved, _, _ = change
    match kind:
        case "balance":
            return amount, held
        case "hold":
            return balance, EXACT.add(held, amount)
        case "capture":
            return EXACT.subtract(balance, amount), EXACT.subtract(held, reserved)
        case "release":
            return balance, EXACT.subtract(held, amount)
