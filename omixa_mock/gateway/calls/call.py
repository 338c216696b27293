"""Journal entry: one recorded call, with request, response and charge."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
import pybase64
from msgspec import Struct
from msgspec.structs import replace

from omixa_mock.gateway.common import Redacted
from omixa_mock.gateway.contract import BytesDropped, ImageRequest, InputImage
from omixa_mock.gateway.http import Advisory, Attempt, Refusal, Response, copy_json, outline, without_images
from omixa_mock.gateway.money import NOTHING, on_the_wire

__all__ = ["LIGHT", "Call"]

Json = Any
# A body of at most this size is not counted against the byte budget, and is never dropped on its own.
LIGHT = 4 * 1024


class Call(Redacted, Struct, weakref=True):
    """One recorded call, written while it runs and read afterwards.

    Attributes:
        method: The request method.
        path: The request path.
        headers: The request headers, with keys redacted.
        endpoint: The endpoint that the path names; empty if there is none.
        number: 1 for the first call of its workspace.
        created: The gateway's time at the start of the call, in epoch seconds.
        received: The number of body bytes that were read.
        document: The parsed body, shared by calls with the same body; None if no JSON object was read.
        image_request: The validated request; None if the call was refused before.
        error: The refusal; None if the call was not refused.
        advisories: The advisories of the request.
        attempts: The routes that were tried, in order.
        fingerprints: The fingerprints of the images made, in hex, as `identify` reads them.
        charge: The captured amount, in USD; 0 if nothing was captured.
        charged: True if anything was captured, even at a price of 0.
        sent: The response that was sent; None if none was.
        fault: The injected fault, as text; empty if there was none.
        lost_to_fault: True if that fault leaves the client without a usable image.
        waited: The seconds that the client spent waiting for the gateway.
        client_left: True if the client disconnected before its response was complete.
        random_scope: The part of the random seed that differs between keys (see `Workspace.random_scope`).
        replayed: True if the response repeats that of an earlier call with the same Idempotency-Key.
        closed_as: The name under which the workspace was closed during the call; usually empty.
        shed: True if the bytes of its bodies were dropped to keep the journals within their budget.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    endpoint: str = ""
    number: int = 0
    created: int = 0
    received: int = 0
    document: dict[str, Any] | None = None
    image_request: ImageRequest | None = None
    error: Refusal | None = None
    advisories: tuple[Advisory, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    fingerprints: tuple[str, ...] = ()
    charge: Decimal = NOTHING
    charged: bool = False
    sent: Response | None = None
    fault: str = ""
    lost_to_fault: bool = False
    waited: float = 0.0
    client_left: bool = False
    random_scope: str = ""
    replayed: bool = False
    closed_as: str = ""
    shed: bool = False

    def __repr__(self) -> str:
        # pytest prints calls when a test fails: no images, no keys.
        made = f" {self.image_request.operation} n={self.image_request.n}" if self.image_request else ""
        outcome = f" {self.error.name}" if self.error else ""
        outcome += f" ({self.fault})" if self.fault else ""
        return f"<call #{self.number} {self.status} {self.method} {self.path}{made}{outcome}>"

    @property
    def response(self) -> Response:
        """Return the response: status, headers, body, `json()`.

        Raises:
            LookupError: None was sent; `sent` is None then.
        """
        if self.sent is None:
            reason = f"the fault {self.fault} ended it" if self.fault else "its client left, or it is under way"
            raise LookupError(f"{self!r} has no response: {reason}")
        return self.sent

    @property
    def status(self) -> int | None:
        """Return the status of the response; None without a response."""
        return self.sent.status if self.sent else None

    @property
    def lost(self) -> bool:
        """Return True if an image was charged, and the client is left without a usable one."""
        return self.charged and (self.client_left or self.lost_to_fault)

    @property
    def late(self) -> str:
        """Return the name of the test that ended before the call did; usually empty."""
        return self.error.late if self.error and self.error.late else self.closed_as

    @property
    def random_key(self) -> str:
        """Return the key of the call's random numbers. A response must not depend on it: it differs in process."""
        return f"{self.random_scope}:{self.number}"

    @property
    def request(self) -> dict[str, Any]:
        """Return a copy of the parsed body, base64 included.

        Raises:
            LookupError: No JSON object was read; `document` is None then.
        """
        if self.document is None:
            raise LookupError(f"{self!r} has no request: no JSON object was read from its body. Look at call.error")
        document: dict[str, Any] = copy_json(self.document)
        return document

    @property
    def operation(self) -> str | None:
        """Return generate, edit or merge; None if the request was refused before."""
        return self.image_request.operation if self.image_request else None

    @property
    def fields(self) -> Mapping[str, Any]:
        """Return the request's fields with defaults filled in; those of a refused request as they were sent."""
        fields: Mapping[str, Any] = copy_json(self.image_request.fields if self.image_request else self.document or {})
        return fields

    @property
    def input_images(self) -> tuple[InputImage, ...]:
        """Return the input images, decoded: media type, width, height, data."""
        return self.image_request.input_images if self.image_request else ()

    @property
    def mask(self) -> InputImage | None:
        """Return the edit mask, decoded."""
        return self.image_request.mask if self.image_request else None

    @property
    def images(self) -> tuple[bytes, ...]:
        """Return the image files in the response; empty if a fault left none in it.

        Raises:
            BytesDropped: The journal has dropped them.
        """
        if not self.charged or self.sent is None or self.lost:
            return ()
        if self.shed and not self.sent.body:
            raise BytesDropped(f"The images of {self!r}")
        try:
            return tuple(
                pybase64.b64decode(item["b64_json"], validate=True) for item in orjson.loads(self.sent.body)["data"]
            )
        except (ValueError, LookupError, TypeError):
            return ()

    @property
    def route(self) -> str | None:
        """Return the route that made the images; None if there was none."""
        return next((attempt.route for attempt in self.attempts if attempt.outcome == "up"), None)

    @property
    def size(self) -> int:
        """Return the size of the bodies and images that this record keeps alive, in bytes."""
        images = sum(len(image.kept or b"") for image in self.image_request.all_images) if self.image_request else 0
        body = self.received if self.document is not None else 0
        return images + body + (len(self.sent.body) if self.sent else 0)

    def shed_bytes(self) -> None:
        """Drop large bodies and images, and mark the record as `shed`."""
        self.shed = True
        if self.received > LIGHT:
            self.document = outline(self.document) if self.document is not None else None
            self.image_request = self.image_request.without_bytes() if self.image_request is not None else None
        if self.sent is not None and len(self.sent.body) > LIGHT:
            self.sent = replace(self.sent, body=b"")

    def __reduce__(self) -> tuple[type[Call], tuple[Any, ...]]:
        # `copy.deepcopy` and pickle do not support the mapping proxy that the headers are.
        values = {name: getattr(self, name) for name in self.__struct_fields__} | {"headers": dict(self.headers)}
        return type(self), tuple(values.values())

    def summary(self) -> dict[str, Any]:
        """Return plain values for a snapshot test, the same in every run.

        Amounts are strings; images are described, not included; values that depend on clocks are left out.
        """
        request = self.image_request
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "request": without_images(self.document),
            "operation": self.operation,
            "input_images": [str(image) for image in self.input_images],
            "mask": str(self.mask) if self.mask else None,
            "status": self.status,
            "error": self.error.name if self.error else None,
            "advisories": [advisory.rule for advisory in self.advisories],
            "route": self.route,
            "charge": on_the_wire(self.charge) if self.charged else None,
            "fault": self.fault or None,
            "client_left": self.client_left,
            "digest": request.digest if request else None,
            "fingerprints": list(self.fingerprints),
        }

    def as_json(self) -> Json:
        """Return the record as JSON for the control route, with descriptions in place of images."""
        image_request = self.image_request
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "headers": dict(self.headers),
            "created": self.created,
            "request": without_images(self.document),
            "operation": image_request.operation if image_request else None,
            "digest": image_request.digest if image_request else None,
            "input_images": [str(image) for image in image_request.input_images] if image_request else [],
            "mask": str(image_request.mask) if image_request and image_request.mask else None,
            "status": self.status,
            "error": {"name": self.error.name, "message": self.error.message} if self.error else None,
            "rules": list(self.error.rules) if self.error else [],
            "planned": self.error.planned if self.error else False,
            "advisories": [{"rule": item.rule, "message": item.message} for item in self.advisories],
            "attempts": [{"route": attempt.route, "outcome": attempt.outcome} for attempt in self.attempts],
            "fingerprints": list(self.fingerprints),
            "charge": on_the_wire(self.charge) if self.charged else None,
            "fault": self.fault or None,
            "waited": self.waited,
            "client_left": self.client_left,
            "replayed": self.replayed,
            "late": self.late or None,
            "shed": self.shed,
        }
