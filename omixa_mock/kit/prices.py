"""Prices learnt from bills, and the price table that explains them.

No page documents a price. Until a bill shows a higher one, the dearest image of the
assumed price table is the worst price of any image. A lower bill changes nothing:
the next request may be for something dearer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from omixa_mock import Settings, shipped_contract

from .probe import MODEL

__all__ = ["Billable", "Prices", "assumed_price", "read_billable"]

Json = Any
ACCEPTED = shipped_contract().requests[MODEL]["properties"]
QUALITIES: tuple[str, ...] = tuple(ACCEPTED["quality"]["enum"])
SIZES: tuple[str, ...] = tuple(ACCEPTED["size"]["enum"])
# The largest number of images that a page documents for one request.
N_MAX = int(ACCEPTED["n"]["maximum"])


@dataclass(frozen=True, slots=True)
class Billable:
    """What a request may be billed for.

    Attributes:
        n: The number of images.
        quality: The quality; empty if the request is not a documented one.
        size: The size; empty if the request is not a documented one.
    """

    n: int
    quality: str = ""
    size: str = ""


def read_billable(body: bytes) -> Billable | None:
    """Return what a request may be billed for; None if it has neither a model nor a prompt.

    A gateway may accept more than it documents: the model in another case, a request inside a list, or no model.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Billable(N_MAX) if MODEL.encode() in body.lower() else None
    if not names_image(document):
        return None
    if not isinstance(document, dict):
        return Billable(N_MAX)
    quality, size = document.get("quality", "auto"), document.get("size", "auto")
    is_documented = quality in QUALITIES and size in SIZES
    return Billable(read_number(document.get("n", 1)), *((quality, size) if is_documented else ()))


def names_image(value: Json) -> bool:
    """Return True if a JSON value has a model's name or a prompt, anywhere in it and in any case."""
    models = {name.casefold() for name in shipped_contract().requests}
    return any(text.strip().casefold() in {"prompt", *models} for text in strings_in(value))


def strings_in(value: Json) -> Iterator[str]:
    """Yield every string of a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from strings_in(member)
    elif isinstance(value, list):
        for element in value:
            yield from strings_in(element)


def read_number(value: Json) -> int:
    """Return the largest number of images that a gateway may make for a value of `n`."""
    try:
        number = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 1  # n is ignored, or the request is refused
    return max(1, min(number, 2 * N_MAX))


@cache
def assumed_price(quality: str, size: str) -> Decimal:
    """Return the assumed price of one image in USD."""
    return shipped_contract().under(Settings()).price(MODEL, quality, size)


@cache
def assumed_dearest() -> Decimal:
    """Return the assumed price of the dearest image in USD."""
    return max(assumed_price(quality, size) for quality in QUALITIES for size in SIZES)


@dataclass(slots=True)
class Prices:
    """Prices per image, learnt from bills.

    Attributes:
        bills: The bills per image by quality and size.
        factor: The largest known ratio of a bill to the assumed price, at least 1.
    """

    bills: dict[tuple[str, str], set[Decimal]] = field(default_factory=dict)
    factor: Decimal = Decimal(1)

    def worst(self, billable: Billable) -> Decimal:
        """Return the maximum price of a request in USD, by all bills so far."""
        return assumed_dearest() * self.factor * billable.n

    def learn(self, billable: Billable, bill: Decimal, images: int) -> None:
        """Learn from a bill for a number of images; there may be fewer or more of them than requested."""
        assumed = assumed_price(billable.quality, billable.size) if billable.quality else assumed_dearest()
        self.factor = max(self.factor, bill / billable.n / assumed)
        if billable.quality and 0 < images <= billable.n:
            self.bills.setdefault((billable.quality, billable.size), set()).add(bill / images)

    def table(self) -> Mapping[str, Any] | None:
        """Return the row of the setting `prices` that explains all bills; None if there is none, or no need of one."""
        cells = {cell: next(iter(bills)) for cell, bills in self.bills.items() if len(bills) == 1}
        base = cells.get(("auto", "auto"))
        if not base or len(cells) < len(self.bills) or all(cells[cell] == assumed_price(*cell) for cell in cells):
            return None
        quality = {name: ratio(cells[name, "auto"], base) for name in QUALITIES if (name, "auto") in cells}
        size = {name: ratio(cells["auto", name], base) for name in SIZES if ("auto", name) in cells}
        factors = {"quality": without_ones(quality), "size": without_ones(size)}
        return {"base": f"{base:.6f}", **{name: table for name, table in factors.items() if table}}


def ratio(price: Decimal, base: Decimal) -> str:
    """Return a price as a multiple of the base price, with as many digits as six decimals of it need."""
    return f"{(price / base).quantize(Decimal('1e-9')).normalize():f}"


def without_ones(factors: Mapping[str, str]) -> dict[str, str]:
    """Return the factors other than 1, which a price table may leave out."""
    return {name: factor for name, factor in factors.items() if Decimal(factor) != 1}
