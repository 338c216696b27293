"""Wallet and ledger, in `Decimal` amounts."""

from __future__ import annotations

from .ledger import NOTHING, Ledger
from .wallet import EXACT, HeldMoney, Hold, InsufficientBalance, LedgerEntry, Wallet, money, on_the_wire

__all__ = [
    "EXACT",
    "NOTHING",
    "HeldMoney",
    "Hold",
    "InsufficientBalance",
    "Ledger",
    "LedgerEntry",
    "Wallet",
    "money",
    "on_the_wire",
]
