"""Simulated image provider: the images of a request, their price, and the response with them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal

import pybase64
from msgspec import Struct

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.common import STAMP, BoundedCache
from omixa_mock.gateway.contract import ImageRequest, Terms, draw_image, fingerprints_of
from omixa_mock.gateway.http import JSON_TYPE, Advisory, Response
from omixa_mock.gateway.money import Hold, on_the_wire
from omixa_mock.gateway.workspaces import Workspace

__all__ = ["Batch", "BatchCache", "charge_batch", "make_batch"]

BATCHES_MAX, BATCH_BYTES_MAX = 256, 8 * 1024 * 1024

# The headers of every success without advisories.
PLAIN = (JSON_TYPE, STAMP)


class Batch(Struct, frozen=True):
    """The images made for one request.

    Attributes:
        fingerprints: The fingerprints of the images, in hex.
        cost: The price of all images, in USD.
        response: The documented success.
    """

    fingerprints: tuple[str, ...]
    cost: Decimal
    response: Response


class BatchCache:
    """Bounded cache of batches, so that equal requests share one."""

    def __init__(self) -> None:
        self._recent: BoundedCache[Hashable, Batch] = BoundedCache(BATCHES_MAX, BATCH_BYTES_MAX)

    def make(self, image_request: ImageRequest, call: Call, terms: Terms, repeat: int, *, keep: bool) -> Batch:
        """Return a batch for a request; with `keep`, the cached one if there is one."""
        if not keep:
            return make_batch(image_request, call, terms, repeat)
        # Everything that a response depends on. The body is left out: it would keep its images alive.
        key = (terms, image_request.digest, image_request.n, call.advisories, call.created, repeat)
        batch = self._recent.get(key)
        if batch is None:
            batch = make_batch(image_request, call, terms, repeat)
            self._recent.put(key, batch, len(batch.response.body))
        return batch


def make_batch(image_request: ImageRequest, call: Call, terms: Terms, repeat: int) -> Batch:
    """Draw the images of a request, no more than the provider's limit. [n: "caps the value"]

    Args:
        image_request: The validated request.
        call: The call, for the time and the advisories in the response.
        terms: Prices and settings.
        repeat: The number of equal requests before this one, under `vary = "call"`; otherwise 0.
    """
    settings = terms.settings
    count = min(image_request.n, settings.provider_limit)
    marks = fingerprints_of(image_request.digest, settings.seed, count, repeat)
    cost = terms.price(image_request.model, image_request.quality, image_request.size, count)
    images = [
        draw_image(image_request, mark, number, count, weight=settings.weight) for number, mark in enumerate(marks, 1)
    ]
    body = write_success(call.created, images, cost)
    response = Response(settings.success_status, PLAIN + warn(call.advisories), body)
    return Batch(tuple(map(bytes.hex, marks)), cost, response)


def write_success(created: int, images: Iterable[bytes], cost: Decimal) -> bytes:
    """Return the documented body: `created`, one `data` item per image, the amount. [docs/models/gpt-image-1.5]"""
    data = b",".join([b'{"b64_json":"%s","url":null}' % pybase64.b64encode(image) for image in images])
    return b'{"created":%d,"data":[%s],"usage":{"billed_amount":"%s"}}' % (created, data, on_the_wire(cost).encode())


def warn(advisories: Sequence[Advisory]) -> tuple[tuple[str, str], ...]:
    """Return the header that lists the advisories; empty if there are none."""
    if not advisories:
        return ()
    return (("x-omixa-mock-warn", " | ".join(f"{advisory.rule}: {advisory.message}" for advisory in advisories)),)


def charge_batch(batch: Batch, hold: Hold, call: Call, workspace: Workspace, token: str) -> Response:
    """Charge a batch and return its response.

    An equal request with the same Idempotency-Key may have been charged while this one was under way: then its response
    is returned, and nothing is charged.
    """
    first = workspace.replays.keep_first(token, batch.response)
    if first is not None:
        call.replayed = True
        return first
    call.charge, call.charged = workspace.wallet.capture(hold, batch.cost), True
    call.fingerprints = batch.fingerprints
    return batch.response
