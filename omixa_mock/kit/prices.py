"""Prices learnt from bills, and the price table that explains them.

No page documents a price. Until a bill shows a higher one, the dearest image of the
assumed price table is the worst price of any image. A lower bill changes nothing:
the next request may be for something dearer.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from omixa_mock.gateway import Contract, Settings

__all__ = ["MODEL", "AssumedPrices", "Billable", "Prices", "assume_prices", "read_billable"]

Json = Any
Cell = tuple[str, str]
# The model whose request the contract has completely.
MODEL = "gpt-image-1.5"


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


@dataclass(frozen=True, slots=True)
class AssumedPrices:
    """Assumed prices, and the marks of a request that may be billed.

    Attributes:
        cells: The price of one image in USD by quality and size.
        models: The names of all known models.
        n_max: The largest number of images that a page documents for one request.
    """

    cells: Mapping[Cell, Decimal]
    models: frozenset[str]
    n_max: int

    @property
    def dearest(self) -> Decimal:
        """Return the price of the dearest image in USD."""
        return max(self.cells.values())

    def choices(self, index: int) -> tuple[str, ...]:
        """Return the documented qualities (0) or sizes (1), in order."""
        return tuple(dict.fromkeys(cell[index] for cell in self.cells))


def assume_prices(contract: Contract, settings: Settings, models: Collection[str]) -> AssumedPrices:
    """Return the prices of some models under settings; of two prices of a cell the higher one."""
    terms = contract.under(settings)
    cells: dict[Cell, Decimal] = {}
    n_max = 1
    for model in models:
        accepted = contract.requests[model]["properties"]
        n_max = max(n_max, int(accepted["n"]["maximum"]) if "n" in accepted else 1)
        for quality in choices_of(accepted, "quality"):
            for size in choices_of(accepted, "size"):
                price = terms.price(model, quality, size)
                cells[quality, size] = max(price, cells.get((quality, size), price))
    return AssumedPrices(cells, frozenset(contract.requests), n_max)


def choices_of(accepted: Json, name: str) -> tuple[str, ...]:
    """Return the documented values of a field; a field that a model does not have counts as `auto`."""
    return tuple(accepted.get(name, {}).get("enum", ("auto",)))


def read_billable(assumed: AssumedPrices, body: bytes | bytearray) -> Billable | None:
    """Return what a request may be billed for; None if it has neither a model nor a prompt.

    A gateway may accept more than it documents: the model in another case, a request inside a list, or no model.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        lower = body.lower()
        return Billable(assumed.n_max) if any(model.encode() in lower for model in assumed.models) else None
    if not names_image(document, assumed.models):
        return None
    if not isinstance(document, dict):
        return Billable(assumed.n_max)
    cell = document.get("quality", "auto"), document.get("size", "auto")
    is_documented = all(isinstance(value, str) for value in cell) and cell in assumed.cells
    return Billable(read_number(document.get("n", 1), assumed.n_max), *(cell if is_documented else ()))


def names_image(value: Json, models: Collection[str]) -> bool:
    """Return True if a JSON value has a model's name or a prompt, anywhere in it and in any case."""
    names = {"prompt", *(name.casefold() for name in models)}
    return any(text.strip().casefold() in names for text in strings_in(value) if len(text) < 100)


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


def read_number(value: Json, n_max: int) -> int:
    """Return the largest number of images that a gateway may make for a value of `n`."""
    try:
        number = int(float(value))
    except OverflowError:
        return 2 * n_max  # infinity may be capped like any other number
    except (TypeError, ValueError):
        return 1  # n is ignored, or the request is refused
    return max(1, min(number, 2 * n_max))


@dataclass(slots=True)
class Prices:
    """Prices per image, learnt from bills.

    Attributes:
        assumed: The assumed prices.
        bills: The bills per image by quality and size.
        factor: The largest known ratio of a bill to the assumed price, at least 1.
    """

    assumed: AssumedPrices
    bills: dict[Cell, set[Decimal]] = field(default_factory=dict)
    factor: Decimal = Decimal(1)

    def worst(self, billable: Billable) -> Decimal:
        """Return the maximum price of a request in USD, by all bills so far."""
        return self.assumed.dearest * self.factor * billable.n

    def learn(self, billable: Billable, bill: Decimal, images: int) -> None:
        """Learn from a bill for a number of images; there may be fewer or more of them than requested."""
        cell = billable.quality, billable.size
        assumed = self.assumed.cells[cell] if billable.quality else self.assumed.dearest
        self.factor = max(self.factor, bill / billable.n / assumed)
        if billable.quality and 0 < images <= billable.n:
            self.bills.setdefault(cell, set()).add(bill / images)

    def table(self) -> Mapping[str, Any] | None:
        """Return the row of the setting `prices` that explains all bills; None if there is none, or no need of one."""
        cells = {cell: next(iter(bills)) for cell, bills in self.bills.items() if len(bills) == 1}
        base = cells.get(("auto", "auto"))
        if not base or len(cells) < len(self.bills) or all(cells[cell] == self.assumed.cells[cell] for cell in cells):
            return None
        qualities, sizes = self.assumed.choices(0), self.assumed.choices(1)
        quality = {name: ratio(cells[name, "auto"], base) for name in qualities if (name, "auto") in cells}
        size = {name: ratio(cells["auto", name], base) for name in sizes if ("auto", name) in cells}
        factors = {"quality": without_ones(quality), "size": without_ones(size)}
        return {"base": f"{base:.6f}", **{name: table for name, table in factors.items() if table}}


def ratio(price: Decimal, base: Decimal) -> str:
    """Return a price as a multiple of the base price, with as many digits as six decimals of it need."""
    return f"{(price / base).quantize(Decimal('1e-9')).normalize():f}"


def without_ones(factors: Mapping[str, str]) -> dict[str, str]:
    """Return the factors other than 1, which a price table may leave out."""
    return {name: factor for name, factor in factors.items() if Decimal(factor) != 1}
