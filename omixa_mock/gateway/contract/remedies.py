"""Corrections of a value of the wrong type or form: the first of some candidates that breaks no other rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from .breach import Breach, format_advice

__all__ = ["remedy_of_pattern", "remedy_of_type"]

Json = Any
TEXT_CHARS_MAX = 40


def remedy_of_type(kinds: Sequence[str], breach: Breach) -> str:
    """Return a sentence that corrects a value of the wrong type."""
    actual = breach.actual
    if actual is None and breach.can_be_left_out:
        return "Leave the field out if it has no value."
    if "array" in kinds and isinstance(actual, dict | str) and breach.fits([actual]):
        return "Put it into a list: […]."
    if isinstance(actual, list) and len(actual) == 1 and breach.fits(actual[0]):
        return "Take it out of the list."
    number = number_in(actual) if "integer" in kinds else None
    if number is not None and breach.fits(number):
        return f"{breach.verb} {number} without quotes."
    value = next(filter(breach.fits, converted(kinds, actual)), None)
    return f"{breach.verb} {format_advice(breach.example() if value is None else value)}."


def number_in(actual: Json) -> int | None:
    """Return the whole number in a text; None if there is none."""
    text = actual.strip() if isinstance(actual, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= TEXT_CHARS_MAX else None


def converted(kinds: Sequence[str], actual: Json) -> Iterator[Json]:
    """Yield a value converted to the accepted types."""
    if "integer" in kinds and isinstance(actual, float) and abs(actual) < 10**15:
        yield int(actual)
    if "boolean" in kinds and isinstance(actual, str) and actual.lower() in {"true", "false"}:
        yield actual.lower() == "true"
    if "string" in kinds and isinstance(actual, int | float) and not isinstance(actual, bool):
        yield from (format_advice(actual), amount_in(format_advice(actual)))


def remedy_of_pattern(breach: Breach) -> str:
    """Return a sentence with a text that matches the pattern, if possible the one that is meant."""
    amount = amount_in(breach.actual)
    if amount and breach.fits(amount):
        return f"Write {format_advice(amount)}."
    return f"Write, for instance, {format_advice(breach.example())}."


def amount_in(text: str) -> str:
    """Return an amount of money with six decimals; empty if a text is no amount."""
    if len(text) > TEXT_CHARS_MAX:
        return ""
    try:
        amount = Decimal(text.strip().strip("$€ ").replace(",", "."))
    except InvalidOperation:
        return ""
    # The exponent, and not the amount, is compared: arithmetic with a huge one overflows.
    return f"{amount:.6f}" if amount.is_finite() and -7 < amount.adjusted() < 12 else ""
