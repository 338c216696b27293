"""Image prices.

No price of gpt-image-1.5 is documented. The sample's 0.039000 is assumed to be
one 1024x1024 image of quality auto. "Higher quality costs more" is documented;
the multipliers are assumed. The setting `prices` overrides all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from omixa_mock.gateway.http import abbreviate
from omixa_mock.gateway.money import EXACT, money

from .settings import SettingError

__all__ = ["price_list", "price_of", "read_prices"]

TABLES = ("base", "quality", "size")


def price_of(table: Mapping[str, Any], quality: str, size: str) -> Decimal:
    """Return the price of one image, in USD: base × multiplier by quality × multiplier by size."""
    factors = (Decimal(table.get(name, {}).get(key, 1)) for name, key in (("quality", quality), ("size", size)))
    price = Decimal(table["base"])
    for factor in factors:
        price = EXACT.multiply(price, factor)
    return money(price)


def price_list(table: Mapping[str, Any]) -> Callable[[str, str, int], Decimal]:
    """Return a cached price function of a table: USD by quality, size and number of images."""

    @lru_cache(maxsize=256)
    def price(quality: str, size: str, n: int) -> Decimal:
        return EXACT.multiply(price_of(table, quality, size), n)

    return price


def read_prices(model: str, given: Any, accepted: Mapping[str, Collection[str]]) -> Mapping[str, Any]:
    """Parse a model's row of the setting `prices`: one flat amount, or a table.

    Args:
        model: The model's id.
        given: The row.
        accepted: The qualities and sizes of the model.

    Raises:
        SettingError: The row is neither, or has a quality or size that the model does not have.
    """
    row = given if isinstance(given, Mapping) else {"base": given}
    if not is_price_row(row):
        raise SettingError(
            f'prices["{model}"] = {abbreviate(given)} is not a price; accepted: an amount per image ("0.05") or '
            'a table {"base": "0.05", "quality": {"high": "4"}, "size": {"1024x1536": "1.5"}}'
        )
    for name in TABLES[1:]:
        for key in row.get(name, {}):
            if key not in accepted[name]:
                known = ", ".join(accepted[name]) or "none"
                raise SettingError(f'prices["{model}"] has no {name} {abbreviate(key)}; there are: {known}')
    return {
        "base": str(row["base"]),
        **{name: {key: str(value) for key, value in row.get(name, {}).items()} for name in TABLES[1:]},
    }


def is_price_row(row: Mapping[str, Any]) -> bool:
    """Return True if a row has a base amount, and otherwise only multipliers by quality and size."""
    try:
        amounts = [row["base"], *row.get("quality", {}).values(), *row.get("size", {}).values()]
        numbers = [Decimal(str(amount)) for amount in amounts]
    except (KeyError, AttributeError, InvalidOperation):
        return False
    return set(row) <= set(TABLES) and all(number.is_finite() and 0 <= number < 10**6 for number in numbers)
