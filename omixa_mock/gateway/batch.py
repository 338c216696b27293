"""What the provider makes of an order: the pictures, their price, and the reply that carries them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import pybase64
from msgspec import Struct

from .contract import Terms
from .journal import Call
from .messages import Reply
from .notes import Advisory
from .order import ImageOrder, fingerprints_of
from .pictures import draw
from .problems import JSON_TYPE
from .version import STAMP
from .wallet import on_the_wire

__all__ = ["Batch", "make_batch"]

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
