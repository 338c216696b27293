"""Wallet: an estimated hold before the call, then capture or release. [docs/wallet]

Σ captures = Σ billed = change of balance, under any interleaving.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from threading import Lock

from msgspec import Struct

from .ledger import EXACT, NOTHING, Ledger, LedgerEntry

__all__ = ["EXACT", "Hold", "InsufficientBalance", "LedgerEntry", "Wallet", "money", "on_the_wire"]

MICRO = Decimal("0.000001")


def money(value: Decimal | str | int) -> Decimal:
    """Return `value` with six decimals, the precision of the documented sample, and without a negative zero."""
    return EXACT.add(EXACT.quantize(Decimal(value), MICRO), NOTHING)


@lru_cache(maxsize=256)
def on_the_wire(amount: Decimal) -> str:
    """Return an amount as the gateway writes it: a plain string with six decimals. [docs/models/gpt-image-1.5]"""
    return f"{amount:.6f}"


class InsufficientBalance(Exception):  # noqa: N818  # named as the documentation names it
    """The available balance does not cover a hold."""

    def __init__(self, amount: Decimal, available: Decimal) -> None:
        super().__init__(f"{amount} wanted, {available} available")
        self.amount = amount
        self.available = available


class HeldMoney(Exception):  # noqa: N818  # a balance that is not accepted; not an error of ours
    """A new balance would not cover the open holds."""

    def __init__(self, held: Decimal) -> None:
        super().__init__(f"{held} held")
        self.held = held


class Hold(Struct, eq=False):
    """Money reserved for one call, which ends in exactly one capture or release."""

    amount: Decimal
    call: int
    digest: str
    open: bool = True


class Wallet:
    """The balance of one workspace, its open holds and its ledger.

    Thread-safe: many threads may make calls in one workspace.
    """

    def __init__(self, balance: Decimal) -> None:
        self._lock = Lock()
        self.balance = money(balance)
        self.held = self.captured = money(0)
        self.ledger = Ledger(self._lock)
        self.ledger.enter(("balance", self.balance, NOTHING, 0, ""), self.balance, self.held)

    @property
    def available(self) -> Decimal:
        """Return the balance less the open holds."""
        return EXACT.subtract(self.balance, self.held)

    def set_balance(self, balance: Decimal) -> None:
        """Set the balance, as a top-up or a test does.

        Raises:
            HeldMoney: The balance would not cover the open holds, and their captures would overdraw it.
        """
        with self._lock:
            if money(balance) < self.held:
                raise HeldMoney(self.held)
            before, self.balance = self.balance, money(balance)
            self.ledger.enter(("balance", self.balance, before, 0, ""), self.balance, self.held)

    def hold(self, amount: Decimal, call: int, digest: str) -> Hold:
        """Reserve `amount`, and return the hold.

        Raises:
            InsufficientBalance: The available balance does not cover the amount. [docs/errors: 402]
        """
        with self._lock:
            held = EXACT.add(self.held, amount)
            if held > self.balance:
                raise InsufficientBalance(amount, self.available)
            self.held = held
            self.ledger.enter(("hold", amount, NOTHING, call, digest), self.balance, held)
        return Hold(amount, call, digest)

    def capture(self, hold: Hold, cost: Decimal) -> Decimal:
        """End the hold by charging the final cost, and return that cost."""
        with self._lock:
            self._close(hold)
            self.balance = EXACT.subtract(self.balance, cost)
            self.captured = EXACT.add(self.captured, cost)
            self.ledger.enter(("capture", cost, hold.amount, hold.call, hold.digest), self.balance, self.held)
        return cost

    def release(self, hold: Hold) -> None:
        """End the hold without a charge; do nothing if it has ended already."""
        with self._lock:
            if hold.open:
                self._close(hold)
                self.ledger.enter(("release", hold.amount, NOTHING, hold.call, hold.digest), self.balance, self.held)

    def _close(self, hold: Hold) -> None:
        if not hold.open:
            msg = f"the hold of call {hold.call} has ended already"
            raise ValueError(msg)
        hold.open = False
        self.held = EXACT.subtract(self.held, hold.amount)
