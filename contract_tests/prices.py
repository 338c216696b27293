"""Prices learnt from bills, and the price table that explains them.

No page documents a price. Until a bill shows another, the dearest image of the
assumed price table is the worst price of any image.
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

__all__ = ["Order", "Prices", "assumed_price", "read_order"]

Json = Any
ACCEPTED = shipped_contract().requests[MODEL]["properties"]
QUALITIES: tuple[str, ...] = tuple(ACCEPTED["quality"]["enum"])
SIZES: tuple[str, ...] = tuple(ACCEPTED["size"]["enum"])
# The number of images that a request for many counts as: the largest that a page documents.
N_MAX = int(ACCEPTED["n"]["maximum"])
# Bills of one kind of image that must agree before they count as its price.
AGREEING = 2


@dataclass(frozen=True, slots=True)
class Order:
    """What a request asks for, as far as a price can depend on it.

    Attributes:
        n: The number of images.
        kind: Operation, quality and size; None if the request is not a documented one.
    """

    n: int
    kind: tuple[str, str, str] | None = None


def read_order(body: bytes) -> Order | None:
    """Return what a request's body asks for; None if no gateway can make an image of it.

    A gateway may accept more than it documents: the model in another case, a request inside a list, or no model.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Order(N_MAX) if MODEL.encode() in body.lower() else None
    if not names_image(document):
        return None
    if not isinstance(document, dict):
        return Order(N_MAX)
    return Order(read_number(document.get("n", 1)), read_kind(document))


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


def read_kind(document: Mapping[str, Json]) -> tuple[str, str, str] | None:
    """Return operation, quality and size of a request; None if it is not a documented one."""
    quality, size = document.get("quality", "auto"), document.get("size", "auto")
    images = document.get("input_images", [])
    if quality not in QUALITIES or size not in SIZES or not isinstance(images, list):
        return None
    return ("generation", "edit", "merge")[min(len(images), 2)], quality, size


@cache
def assumed_price(quality: str, size: str) -> Decimal:
    """Return the assumed price of one image in USD."""
    return shipped_contract().under(Settings()).price(MODEL, quality, size)


@cache
def dearest() -> Decimal:
    """Return the assumed price of the dearest image in USD."""
    return max(assumed_price(quality, size) for quality in QUALITIES for size in SIZES)


@dataclass(slots=True)
class Prices:
    """Prices per image, learnt from bills.

    Attributes:
        bills: The bills per image, by kind, in the order in which they came.
        factor: The largest known ratio of a bill to the assumed price, at least 1.
    """

    bills: dict[tuple[str, str, str], list[Decimal]] = field(default_factory=dict)
    factor: Decimal = Decimal(1)

    def worst(self, order: Order) -> Decimal:
        """Return the maximum price of a request in USD, by all bills so far."""
        bills = self.bills.get(order.kind, []) if order.kind else []
        is_known = len(bills) >= AGREEING and len(set(bills)) == 1
        return (bills[0] if is_known else dearest() * self.factor) * order.n

    def learn(self, order: Order, bill: Decimal, images: int) -> None:
        """Learn from a bill for a number of images."""
        per_image = bill / max(images, 1)
        if order.kind:
            self.bills.setdefault(order.kind, []).append(per_image)
            _, quality, size = order.kind
            self.factor = max(self.factor, per_image / assumed_price(quality, size))
        self.factor = max(self.factor, per_image / dearest())

    def table(self) -> Mapping[str, Any] | None:
        """Return the row of the setting `prices` that explains the bills; None if the assumed prices do."""
        cells = {kind[1:]: bills[0] for kind, bills in self.bills.items()}
        if all(price == assumed_price(*cell) for cell, price in cells.items()) or ("auto", "auto") not in cells:
            return None
        base = cells["auto", "auto"]
        quality = {name: ratio(cells[name, "auto"], base) for name in QUALITIES if (name, "auto") in cells}
        size = {name: ratio(cells["auto", name], base) for name in SIZES if ("auto", name) in cells}
        factors = {"quality": without_ones(quality), "size": without_ones(size)}
        return {"base": f"{base:f}", **{name: table for name, table in factors.items() if table}}


def ratio(price: Decimal, base: Decimal) -> str:
    """Return a price as a multiple of the base price, with as many digits as six decimals of it need."""
    return f"{(price / base).quantize(Decimal('1e-9')).normalize():f}" if base else "1"


def without_ones(factors: Mapping[str, str]) -> dict[str, str]:
    """Return the factors other than 1, which a price table may leave out."""
    return {name: factor for name, factor in factors.items() if Decimal(factor) != 1}
