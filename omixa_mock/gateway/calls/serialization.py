"""A call as JSON that loses nothing, and back: for tests that share one fake over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pybase64

from omixa_mock.gateway.contract import ImageRequest, InputImage
from omixa_mock.gateway.http import Advisory, Attempt, Refusal, Response

from .call import Call

__all__ = ["read_call", "write_call"]

Json = Any


def write_call(call: Call) -> Json:
    """Everything that a call's record holds, images in base64."""
    return {
        "method": call.method,
        "path": call.path,
        "headers": dict(call.headers),
        "endpoint": call.endpoint,
        "number": call.number,
        "created": call.created,
        "received": call.received,
        "document": call.document,
        "image_request": write_image_request(call.image_request) if call.image_request else None,
        "error": {name: getattr(call.error, name) for name in REFUSAL} if call.error else None,
        "advisories": [[each.rule, each.message] for each in call.advisories],
        "attempts": [[each.route, each.outcome] for each in call.attempts],
        "fingerprints": list(call.fingerprints),
        "charge": str(call.charge),
        "charged": call.charged,
        "response": write_response(call.response) if call.response else None,
        "fault": call.fault,
        "lost_to_fault": call.lost_to_fault,
        "waited": call.waited,
        "client_left": call.client_left,
        "replayed": call.replayed,
        "closed_as": call.closed_as,
        "shed": call.shed,
        "random_scope": call.random_scope,
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
    "charged",
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
        document=told["document"],
        random_scope=told.get("random_scope", ""),  # an older fake tells nothing of it
        image_request=read_image_request(told["image_request"]) if told["image_request"] else None,
        error=Refusal(**{**error, "rules": tuple(error["rules"])}) if error else None,
        advisories=tuple(Advisory(*each) for each in told["advisories"]),
        attempts=tuple(Attempt(*each) for each in told["attempts"]),
        fingerprints=tuple(told["fingerprints"]),
        charge=Decimal(told["charge"]),
        response=read_response(told["response"]) if told["response"] else None,
    )


def write_image_request(image_request: ImageRequest) -> Json:
    """An order, with its images in base64."""
    return {name: getattr(image_request, name) for name in REQUEST} | {
        "input_images": [write_image(image) for image in image_request.input_images],
        "mask": write_image(image_request.mask) if image_request.mask else None,
    }


REQUEST = (
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


def read_image_request(told: Mapping[str, Any]) -> ImageRequest:
    """The order that `write_image_request` wrote."""
    return ImageRequest(
        **{name: told[name] for name in REQUEST},
        input_images=tuple(read_image(image) for image in told["input_images"]),
        mask=read_image(told["mask"]) if told["mask"] else None,
    )


def write_image(image: InputImage) -> Json:
    """An image that a client sent."""
    data = None if image.kept is None else pybase64.b64encode(image.kept).decode()
    return [image.media_type, image.width, image.height, data, image.digest, image.length]


def read_image(told: Json) -> InputImage:
    """The image that `write_image` wrote."""
    media_type, width, height, data, digest, length = told
    return InputImage(media_type, width, height, None if data is None else pybase64.b64decode(data), digest, length)


def write_response(response: Response) -> Json:
    """A response, with its body in base64."""
    return [response.status, [list(each) for each in response.headers], pybase64.b64encode(response.body).decode()]


def read_response(told: Json) -> Response:
    """The response that `write_response` wrote."""
    status, headers, body = told
    return Response(status, tuple((name, value) for name, value in headers), pybase64.b64decode(body))
