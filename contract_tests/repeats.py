"""Probes of two requests that are compared: equal images, idempotency, prices by quality."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from .observation import Observation, expect, schema_violations
from .prices import assumed_price
from .probe import CAT, Inconclusive, Probe
from .target import Target

__all__ = ["REPEATS"]

Json = Any
LOW: Mapping[str, Json] = {**CAT, "quality": "low"}


def order_document(target: Target, image_request: Json, headers: Mapping[str, str] | None = None) -> Json:
    """Send an image request and return the document of its success.

    Raises:
        Inconclusive: The response is not a valid success, which other probes observe.
    """
    response = target.generate(image_request, headers=headers)
    if not response.accepted or schema_violations(response, "response"):
        raise Inconclusive(f"See the other probes: a request got {response.status} and no documented success.")
    return response.document


def same_image(target: Target) -> Iterator[Observation]:
    """Probe a repeated request for equal images."""
    image_request = {**LOW, "prompt": "the same cat, ordered twice"}
    first, second = (order_document(target, image_request) for _ in range(2))
    message = "the same request brought another image; the fake's are the same"
    yield expect("gateway.response.same-image", first["data"] == second["data"], message, "/data", vary="call")


def same_idempotency_key(target: Target) -> Iterator[Observation]:
    """Probe a request repeated with the same Idempotency-Key for a second charge."""
    image_request = {**LOW, "prompt": f"a cat ordered at {time.time_ns()}"}
    headers = {"Idempotency-Key": f"omixa-mock-verify-{time.time_ns()}"}
    before = last_usage_records(target)
    for _ in range(2):
        order_document(target, image_request, headers)
    rows = [row for row in last_usage_records(target) if row not in before]
    try:
        costs = [Decimal(row["cost"]) for row in rows]
    except (TypeError, KeyError, ArithmeticError) as error:
        raise Inconclusive("See `usage by call`: the records of usage have another shape than assumed.") from error
    if len(costs) != 2:
        raise Inconclusive(f"Verify again while nobody else uses the key: usage shows {len(costs)} of 2 new calls.")
    message = "a request that repeats an Idempotency-Key is not charged again"
    yield expect("gateway.body.idempotency-key", all(costs), message, "/data", idempotency_key="replay")


def last_usage_records(target: Target) -> list[Json]:
    """Return the usage records of the last two calls.

    Raises:
        Inconclusive: The records cannot be read.
    """
    response = target.call("/api/v1/usage/requests?limit=2")
    rows = response.document.get("data") if isinstance(response.document, dict) else None
    if response.status != 200 or not isinstance(rows, list) or len(rows) > 2:
        raise Inconclusive("See `usage by call`: the last two records of usage cannot be read.")
    return rows


def quality_costs(target: Target) -> Iterator[Observation]:
    """Probe the prices of low and high quality. [docs/models/gpt-image-1.5: "higher quality" costs more]"""
    documents = [order_document(target, {**CAT, "quality": quality}) for quality in ("low", "high")]
    low, high = (Decimal(document["usage"]["billed_amount"]) for document in documents)
    message = f"high quality cost {high} USD, low {low}; expected: more"
    yield expect("gateway.wallet.quality", high > low, message, "/usage/billed_amount")


TWO_LOW = 2 * assumed_price("low", "auto")
REPEATS = (
    Probe("same order twice", same_image, price=TWO_LOW),
    Probe("same Idempotency-Key twice", same_idempotency_key, price=TWO_LOW),
    Probe(
        "low and high quality",
        quality_costs,
        documented=True,
        price=assumed_price("low", "auto") + assumed_price("high", "auto"),
    ),
)
