"""Comparison of a page's prices with a request schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from omixa_mock.gateway import Settings
from omixa_mock.gateway.contract import price_of

from .difference import Drift, gateway_file, request_file
from .prices import Price

__all__ = ["compare_bill", "compare_prices"]

Json = Any


def compare_prices(prices: Sequence[Price], schema: Json) -> Iterator[Drift]:
    """Yield every price of an image, and every minimum hold, that differs."""
    hold = Settings().minimum_hold
    model = schema["x-omixa-model"]["name"]
    for price in prices:
        if price.what == "hold" and price.amount != hold:
            yield Drift("minimum hold", "hold", f"${price.amount}", f"${hold}", gateway_file("wallet.minimum-hold"))
        if price.what == "price":
            quality, size = (named(price.line, schema, name) for name in ("quality", "size"))
            ours = price_of(schema["x-omixa-model"]["price"], quality or "auto", size or "auto")
            name = " ".join(["price of an image", *filter(None, (quality, size))])
            if price.amount != ours:
                yield Drift(
                    name, "price", f"${price.amount}", f"${ours}", request_file(model, "x-omixa-model", "price")
                )


def named(line: str, schema: Json, name: str) -> str:
    """Return the quality or size beside a price; empty if there is none."""
    values = schema["properties"].get(name, {}).get("enum", ())
    words = line.casefold().replace("×", "x").replace("|", " ").replace(":", " ").replace(",", " ").split()
    return next((value for value in values if value.casefold() in words), "")


def compare_bill(request: Mapping[str, Json], response: Mapping[str, Json], schema: Json) -> Iterator[Drift]:
    """Yield the difference of a sample's bill. Documented prices are not compared: only inferred ones stem from it."""
    price = schema["x-omixa-model"]["price"]
    if price["provenance"]["base"]["status"] == "documented":
        return
    values = {name: request.get(name, node.get("default")) for name, node in schema["properties"].items()}
    count, billed = values.get("n") or 1, amount_of(response)
    ours = price_of(price, str(values.get("quality")), str(values.get("size"))) * (
        count if isinstance(count, int) else 1
    )
    if billed is not None and billed != ours:
        place = request_file(schema["x-omixa-model"]["name"], "x-omixa-model", "price", "base")
        yield Drift("usage.billed_amount", "price", f"{billed} for its sample", f"{ours}", place)


def amount_of(response: Mapping[str, Json]) -> Decimal | None:
    """Return the amount that a sample bills; None if it has none."""
    try:
        return Decimal(str(response["usage"]["billed_amount"]))
    except (KeyError, TypeError, InvalidOperation):
        return None
