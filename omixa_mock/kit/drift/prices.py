"""Amounts of money on a page, and what they are said to be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from .words import HOLD, PRICE, plain

__all__ = ["Price", "find_prices"]

AMOUNT: Final = re.compile(
    r"(?:US)?[$＄]\s?(\d+(?:[.,]\d+)?)|(?:USD|US-Dollar)\s?(\d+(?:[.,]\d+)?)|(\d+(?:[.,]\d+)?)\s?(?:USD|US\$|[$＄]|美元|ドル|달러|US-Dollar|dollars?)",
    re.IGNORECASE,
)
# How far from an amount the words about it may be.
NEAR: Final = 200
# Longer words around it: prices of text are another matter.
TOKENS: Final = re.compile(r"token|词元|トークン|토큰", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Price:
    """An amount of US dollars.

    Attributes:
        amount: How much.
        what: What the words around it say that it is.
        line: These words.
    """

    amount: Decimal
    what: Literal["hold", "price", "unknown"]
    line: str


def find_prices(text: str) -> list[Price]:
    """Every amount on a page. What it is, its own line tells, or the line before, or the line after."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [
        read_price(match, around(lines, at, match)) for at, line in enumerate(lines) for match in AMOUNT.finditer(line)
    ]


def around(lines: list[str], at: int, match: re.Match[str]) -> list[str]:
    """The words that may tell what an amount is, nearest first."""
    line = lines[at]
    before = AMOUNT.split(line[max(0, match.start() - NEAR) : match.start()])[-1]
    after = AMOUNT.split(line[match.end() : match.end() + NEAR])[0]
    return [before, after, line[:NEAR], *lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]


def read_price(match: re.Match[str], words: list[str]) -> Price:
    """An amount with the first words that tell what it is."""
    amount = Decimal(next(filter(None, match.groups())).replace(",", "."))
    for line in words:
        what = what_is(line)
        if what is not None:
            return Price(amount, what, line.strip())
    return Price(amount, "unknown", words[2])


def what_is(line: str) -> Literal["hold", "price", "unknown"] | None:
    """What words say that an amount is; None if they say nothing about it."""
    said = plain(line)
    if TOKENS.search(said):
        return "unknown"
    if mentions(said, HOLD):
        return "hold"
    return "price" if mentions(said, PRICE) else None


def mentions(said: str, words: frozenset[str]) -> bool:
    """Whether one of the words is there; in scripts with spaces, as a whole one."""
    return any(word in said and re.search(rf"(?<![a-zа-яà-ÿ]){re.escape(word)}(?![a-z])", said) for word in words)
