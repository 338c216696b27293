"""Open holds: money in a wallet that is reserved for calls that have neither been charged nor released."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from omixa_mock.gateway.money import NOTHING, LedgerEntry

__all__ = ["describe_held", "find_open_holds", "sum_held"]


def sum_held(ledger: Sequence[LedgerEntry]) -> Decimal:
    """Return the sum of the open holds after the newest entry."""
    return ledger[-1].held if ledger else NOTHING


def find_open_holds(ledger: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
    """Return the entries of holds without a capture or a release; those that the ledger has evicted are missing."""
    holds: dict[int, LedgerEntry] = {}
    for entry in ledger:
        if entry.kind == "hold":
            holds[entry.call] = entry
        elif entry.kind != "balance":
            holds.pop(entry.call, None)
    return [entry for entry in holds.values() if entry.amount]


def describe_held(amount: Decimal) -> str:
    """Return how much is held, in a sentence."""
    return f"{amount:.6f} USD are held for calls that have not ended."
