"""Probes of two requests that are compared: equal images, idempotency, prices by quality."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from .observation import Observation, expect, schema_violations
from .prices import assumed_price
from .probe import CAT, Inconclusive, Probe
from .target import AMOUNT, Target

__all__ = ["REPEATS"]

Json = Any
LOW: Mapping[str, Json] = {**CAT, "quality": "low"}


def request_images(target: Target, image_request: Json, headers: Mapping[str, str] | None = None) -> Json:
    """Send an image request and return the document of its success.

    Raises:
        Inconclusive: The response is not a valid success, which other probes observe.
    """
    response = target.generate(image_request, headers=headers)
    if not response.accepted or response.flaw or schema_violations(response, "response"):
        raise Inconclusive(f"See the other probes: a request got {response.status} and no documented success.")
    return response.document


def same_image(target: Target) -> Iterator[Observation]:
    """Probe a repeated request for equal images."""
    image_request = {**LOW, "prompt": "the same cat, requested twice"}
    first, second = (request_images(target, image_request) for _ in range(2))
    message = "the same request got another image; the fake's are the same"
    yield expect("gateway.response.same-image", first["data"] == second["data"], message, "/data", vary="call")


def same_idempotency_key(target: Target) -> Iterator[Observation]:
    """Probe a request repeated with the same Idempotency-Key for a second charge."""
    image_request = {**LOW, "prompt": f"a cat requested at {time.time_ns()}", "size": "1024x1536"}
    headers = {"Idempotency-Key": f"omixa-mock-verify-{time.time_ns()}"}
    before = last_usage_records(target, 2)
    bills = [Decimal(request_images(target, image_request, headers)["usage"]["billed_amount"]) for _ in range(2)]
    costs = [cost_of(row) for row in last_usage_records(target, 2) if row not in before]
    # A record of another call has another price: this size was requested by one other probe, in another quality.
    if len(costs) != 2 or bills[0] not in costs:
        raise Inconclusive(f"{LATER} It shows {len(costs)} new records, {costs.count(bills[0])} of these two calls.")
    message = "a request that repeats an Idempotency-Key is not charged again"
    yield expect("gateway.body.idempotency-key", all(costs), message, "/data", idempotency_key="replay")


def refusal_is_free(target: Target) -> Iterator[Observation]:
    """Probe the usage record of a refused request for a charge. [docs/wallet: the hold of a failed call is released]"""
    before = last_usage_records(target, 1)
    response = target.generate({**LOW, "n": 0})
    if response.accepted:
        raise Inconclusive("See `request.n.minimum--0`: n = 0 was accepted.")
    rows = [row for row in last_usage_records(target, 1) if row not in before]
    if len(rows) != 1:
        raise Inconclusive(f"{LATER} It shows no record of the refused call.")
    cost = cost_of(rows[0])
    yield expect("gateway.wallet.release", cost == 0, f"a refused call cost {cost:.6f} USD; expected: nothing", "/data")


LATER = "Verify again while nobody else uses the key, and when usage is up to date."


def last_usage_records(target: Target, count: int) -> list[Json]:
    """Return the usage records of the last calls.

    Raises:
        Inconclusive: The records cannot be read.
    """
    response = target.call(f"/api/v1/usage/requests?limit={count}")
    rows = response.document.get("data") if isinstance(response.document, dict) else None
    if response.status != 200 or not isinstance(rows, list) or len(rows) > count:
        raise Inconclusive("See `usage by call`: the last records of usage cannot be read.")
    return rows


def cost_of(row: Json) -> Decimal:
    """Return the cost in a usage record.

    Raises:
        Inconclusive: The record has another shape than assumed, which another probe shows.
    """
    text = row.get("cost") if isinstance(row, dict) else None
    if not isinstance(text, str) or not AMOUNT.fullmatch(text):
        raise Inconclusive("See `usage by call`: the records of usage have another shape than assumed.")
    return Decimal(text)


def quality_costs(target: Target) -> Iterator[Observation]:
    """Probe the prices of low and high quality. [docs/models/gpt-image-1.5: "higher quality" costs more]"""
    documents = [request_images(target, {**CAT, "quality": quality}) for quality in ("low", "high")]
    low, high = (Decimal(document["usage"]["billed_amount"]) for document in documents)
    message = f"high quality cost {high} USD, low {low}; expected: more"
    yield expect("gateway.wallet.quality", high > low, message, "/usage/billed_amount")


TWO_LOW = 2 * assumed_price("low", "auto")
REPEATS = (
    Probe("same request twice", same_image, price=TWO_LOW),
    Probe("same Idempotency-Key twice", same_idempotency_key, price=TWO_LOW),
    Probe("refused request in the usage", refusal_is_free, documented=True),
    Probe(
        "low and high quality",
        quality_costs,
        documented=True,
        price=assumed_price("low", "auto") + assumed_price("high", "auto"),
    ),
)
