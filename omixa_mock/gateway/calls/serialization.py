"""A call as JSON that loses nothing, and back: for tests that share one fake over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pybase64

from omixa_mock.gateway.contract import ImageOrder, InputImage
from omixa_mock.gateway.http import Advisory, Attempt, Refusal, Reply

from .call import Call

__all__ = ["read_call", "write_call"]

Json = Any


def write_call(call: Call) -> Json:
    """Everything that a call's record holds, pictures in base64."""
    return {
        "method": call.method,
        "path": call.path,
        "headers": dict(call.headers),
        "endpoint": call.endpoint,
        "number": call.number,
        "created": call.created,
        "received": call.received,
        "request": call.payload,
        "order": write_order(call.order) if call.order else None,
        "error": {name: getattr(call.error, name) for name in REFUSAL} if call.error else None,
        "advisories": [[each.rule, each.message] for each in call.advisories],
        "attempts": [[each.route, each.outcome] for each in call.attempts],
        "fingerprints": list(call.fingerprints),
        "charge": None if call.charge is None else str(call.charge),
        "reply": write_reply(call.reply) if call.reply else None,
        "fault": call.fault,
        "lost_to_fault": call.lost_to_fault,
        "waited": call.waited,
        "client_left": call.client_left,
        "replayed": call.replayed,
        "closed_as": call.closed_as,
        "shed": call.shed,
        "lot": call.lot,
    }


REFUSAL = ("name", "message", "rules", "planned", "late")
PLAIN = (
    "method",
    "path",
    "headers",
    "endpoint",
    "number",
    "created",
    "received",
    "fault",
    "lost_to_fault",
    "waited",
    "client_left",
    "replayed",
    "closed_as",
    "shed",
)


def read_call(told: Mapping[str, Any]) -> Call:
    """The record that `write_call` wrote."""
    error = told["error"]
    return Call(
        **{name: told[name] for name in PLAIN},
        payload=told["request"],
        lot=told.get("lot", ""),  # an older fake tells nothing of it
        order=read_order(told["order"]) if told["order"] else None,
        error=Refusal(**{**error, "rules": tuple(error["rules"])}) if error else None,
        advisories=tuple(Advisory(*each) for each in told["advisories"]),
        attempts=tuple(Attempt(*each) for each in told["attempts"]),
        fingerprints=tuple(told["fingerprints"]),
        charge=None if told["charge"] is None else Decimal(told["charge"]),
        reply=read_reply(told["reply"]) if told["reply"] else None,
    )


def write_order(order: ImageOrder) -> Json:
    """An order, with its pictures in base64."""
    return {name: getattr(order, name) for name in ORDER} | {
        "images": [write_image(image) for image in order.images],
        "mask": write_image(order.mask) if order.mask else None,
    }


ORDER = (
    "model",
    "n",
    "output_format",
    "size",
    "width",
    "height",
    "quality",
    "transparent",
    "operation",
    "digest",
    "fields",
)


def read_order(told: Mapping[str, Any]) -> ImageOrder:
    """The order that `write_order` wrote."""
    return ImageOrder(
        **{name: told[name] for name in ORDER},
        images=tuple(read_image(image) for image in told["images"]),
        mask=read_image(told["mask"]) if told["mask"] else None,
    )


def write_image(image: InputImage) -> Json:
    """A picture that a client sent."""
    data = None if image.kept is None else pybase64.b64encode(image.kept).decode()
    return [image.media_type, image.width, image.height, data, image.digest, image.length]


def read_image(told: Json) -> InputImage:
    """The picture that `write_image` wrote."""
    media_type, width, height, data, digest, length = told
    return InputImage(media_type, width, height, None if data is None else pybase64.b64decode(data), digest, length)


def write_reply(reply: Reply) -> Json:
    """A reply, with its body in base64."""
    return [reply.status, [list(each) for each in reply.headers], pybase64.b64encode(reply.body).decode()]


def read_reply(told: Json) -> Reply:
    """The reply that `write_reply` wrote."""
    status, headers, body = told
    return Reply(status, tuple((name, value) for name, value in headers), pybase64.b64decode(body))
