"""Prices under the shipped contract, as the fake assumes them."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from omixa_mock import Settings, shipped_contract
from omixa_mock.kit import prices

from .probe import MODEL

__all__ = ["assumed_price", "new_prices", "read_billable"]

ASSUMED = prices.assume_prices(shipped_contract(), Settings(), [MODEL])
new_prices = partial(prices.Prices, ASSUMED)
read_billable = partial(prices.read_billable, ASSUMED)


def assumed_price(quality: str, size: str) -> Decimal:
    """Return the assumed price of one image in USD."""
    return ASSUMED.cells[quality, size]
