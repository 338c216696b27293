"""What the provider makes of an order: the pictures, their price, and the reply that carries them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal

import pybase64
from msgspec import Struct

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.common import STAMP, Recent
from omixa_mock.gateway.contract import ImageOrder, Terms, fingerprints_of
from omixa_mock.gateway.http import JSON_TYPE, Advisory, Reply
from omixa_mock.gateway.images import draw
from omixa_mock.gateway.money import on_the_wire

__all__ = ["Batch", "BatchCache", "make_batch"]

BATCHES_MAX, BATCH_BYTES_MAX = 256, 8 * 1024 * 1024

# What every success is headed by.
PLAIN = (JSON_TYPE, STAMP)


class Batch(Struct, gc=False, frozen=True):
    """The pictures of one order.

    Attributes:
        fingerprints: Of the pictures, in hex.
        cost: What they cost together, in USD.
        reply: The documented success.
    """

    fingerprints: tuple[str, ...]
    cost: Decimal
    reply: Reply


class BatchCache:
    """The batches that were made lately, so that equal requests share one."""

    def __init__(self) -> None:
        self._recent: Recent[Hashable, Batch] = Recent(BATCHES_MAX, BATCH_BYTES_MAX)

    def make(self, order: ImageOrder, call: Call, terms: Terms, repeat: int) -> Batch:
        """Return what `make_batch` makes, made anew only where it is not kept."""
        # All that a reply depends on: not the body, which would keep its pictures alive.
        key = (terms, order.digest, order.n, call.advisories, call.created, repeat)
        batch = self._recent.recall(key)
        if batch is None:
            batch = make_batch(order, call, terms, repeat)
            self._recent.keep(key, batch, len(batch.reply.body))
        return batch


def make_batch(order: ImageOrder, call: Call, terms: Terms, repeat: int) -> Batch:
    """Draw the pictures of an order: no more than the provider's limit. [n: "caps the value"]

    Args:
        order: What is asked for.
        call: Who asks: the reply says when the call came, and what was doubtful about it.
        terms: Prices and settings.
        repeat: How often the order was placed before, under `vary = "call"`; else 0.
    """
    settings = terms.settings
    count = min(order.n, settings.provider_limit)
    marks = fingerprints_of(order.digest, settings.seed, count, repeat)
    cost = terms.price(order.model, order.quality, order.size, count)
    body = write_success(call.created, draw_for(order, marks, settings.weight), cost)
    reply = Reply(settings.success_status, PLAIN + warn(call.advisories), body)
    return Batch(tuple(map(bytes.hex, marks)), cost, reply)


def draw_for(order: ImageOrder, marks: Iterable[bytes], weight: int) -> list[bytes]:
    """The pictures of an order."""
    kind, transparent = order.output_format, order.transparent
    return [
        draw(mark, width=order.width, height=order.height, output_format=kind, transparent=transparent, weight=weight)
        for mark in marks
    ]


def write_success(created: int, pictures: Iterable[bytes], cost: Decimal) -> bytes:
    """The documented body: `created`, one `data` item a picture, and the bill. [docs/models/gpt-image-1.5]"""
    data = b",".join([b'{"b64_json":"%s","url":null}' % pybase64.b64encode(picture) for picture in pictures])
    return b'{"created":%d,"data":[%s],"usage":{"billed_amount":"%s"}}' % (created, data, on_the_wire(cost).encode())


def warn(advisories: Sequence[Advisory]) -> tuple[tuple[str, str], ...]:
    """The header that tells of advisories, or none."""
    if not advisories:
        return ()
    return (("x-omixa-mock-warn", " | ".join(f"{each.rule}: {each.message}" for each in advisories)),)
