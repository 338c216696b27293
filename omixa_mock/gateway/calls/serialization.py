"""Lossless JSON serialization of calls, for tests that share one fake over HTTP."""

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
    """Return a call's record as JSON, with images in base64."""
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
        "advisories": [[advisory.rule, advisory.message] for advisory in call.advisories],
        "attempts": [[attempt.route, attempt.outcome] for attempt in call.attempts],
        "fingerprints": list(call.fingerprints),
        "charge": str(call.charge),
        "charged": call.charged,
        "sent": write_response(call.sent) if call.sent else None,
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


def read_call(record: Mapping[str, Any]) -> Call:
    """Parse a record that `write_call` wrote."""
    error = record["error"]
    return Call(
        **{name: record[name] for name in PLAIN},
        document=record["document"],
        random_scope=record.get("random_scope", ""),  # an older fake does not send it
        image_request=read_image_request(record["image_request"]) if record["image_request"] else None,
        error=Refusal(**{**error, "rules": tuple(error["rules"])}) if error else None,
        advisories=tuple(Advisory(*row) for row in record["advisories"]),
        attempts=tuple(Attempt(*row) for row in record["attempts"]),
        fingerprints=tuple(record["fingerprints"]),
        charge=Decimal(record["charge"]),
        sent=read_response(record["sent"]) if record["sent"] else None,
    )


def write_image_request(image_request: ImageRequest) -> Json:
    """Return an image request as JSON, with its images in base64."""
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
    "captioned",
    "operation",
    "digest",
    "fields",
)


def read_image_request(document: Mapping[str, Any]) -> ImageRequest:
    """Parse an image request that `write_image_request` wrote."""
    return ImageRequest(
        **{name: document[name] for name in REQUEST},
        input_images=tuple(read_image(image) for image in document["input_images"]),
        mask=read_image(document["mask"]) if document["mask"] else None,
    )


def write_image(image: InputImage) -> Json:
    """Return an input image as JSON."""
    data = None if image.kept is None else pybase64.b64encode(image.kept).decode()
    return [image.media_type, image.width, image.height, data, image.digest, image.length]


def read_image(row: Json) -> InputImage:
    """Parse an image that `write_image` wrote."""
    media_type, width, height, data, digest, length = row
    return InputImage(media_type, width, height, None if data is None else pybase64.b64decode(data), digest, length)


def write_response(response: Response) -> Json:
    """Return a response as JSON, with its body in base64."""
    return [response.status, [list(pair) for pair in response.headers], pybase64.b64encode(response.body).decode()]


def read_response(row: Json) -> Response:
    """Parse a response that `write_response` wrote."""
    status, headers, body = row
    return Response(status, tuple((name, value) for name, value in headers), pybase64.b64decode(body))
