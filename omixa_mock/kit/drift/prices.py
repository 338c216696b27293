"""Amounts of money on a page, classified by the words around them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from .vocabulary import HOLD, PRICE, TOKEN, pattern, plain

__all__ = ["Price", "find_prices"]

AMOUNT: Final = re.compile(
    rf"(?:US)?[$＄]\s?(\d+(?:[.,]\d+)?)|USD\s?(\d+(?:[.,]\d+)?)|(\d+(?:[.,]\d+)?)\s?(?:[$＄]|{pattern('dollar')})",
    re.IGNORECASE,
)
# The maximum distance between an amount and the words about it.
NEAR: Final = 200


@dataclass(frozen=True, slots=True)
class Price:
    """Amount of US dollars.

    Attributes:
        amount: The number of dollars.
        what: Its meaning by the words around it.
        line: These words.
    """

    amount: Decimal
    what: Literal["hold", "price", "unknown"]
    line: str


def find_prices(text: str) -> list[Price]:
    """Return every amount on a page, classified by its own line, the line before, or the line after."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [
        read_price(match, around(lines, at, match)) for at, line in enumerate(lines) for match in AMOUNT.finditer(line)
    ]


def around(lines: list[str], at: int, match: re.Match[str]) -> list[str]:
    """Return the texts around an amount, nearest first."""
    line = lines[at]
    before = AMOUNT.split(line[max(0, match.start() - NEAR) : match.start()])[-1]
    after = AMOUNT.split(line[match.end() : match.end() + NEAR])[0]
    return [before, after, line[:NEAR], *lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]


def read_price(match: re.Match[str], texts: list[str]) -> Price:
    """Return an amount with the first text that classifies it."""
    amount = Decimal(next(filter(None, match.groups())).replace(",", "."))
    for text in texts:
        what = classify(text)
        if what is not None:
            return Price(amount, what, text.strip())
    return Price(amount, "unknown", texts[2])


def classify(text: str) -> Literal["hold", "price", "unknown"] | None:
    """Return the meaning of an amount by a text near it; None if the text is about something else.

    Prices of tokens are unknown: requests for images are not billed by them.
    """
    folded = plain(text)
    if any(word in folded for word in TOKEN):
        return "unknown"
    if mentions(folded, HOLD):
        return "hold"
    return "price" if mentions(folded, PRICE) else None


def mentions(folded: str, words: frozenset[str]) -> bool:
    """Return True if a text has one of the words; an English word counts only as a whole."""
    return any(word in folded and re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", folded) for word in words)
