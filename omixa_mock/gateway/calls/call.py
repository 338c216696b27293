"""The journal: what each call asked, what it was told, and what it cost."""

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
# A body of so many bytes is part of its record, and goes with it.
LIGHT = 4 * 1024


class Call(Redacted, Struct, weakref=True):
    """One call, from its arrival to its end; written while the call runs, read afterwards.

    Attributes:
        method: As it came.
        path: As it came.
        headers: As they came, with keys redacted.
        endpoint: Which one the path names; empty where it names none.
        number: 1 for the first call of its workspace.
        created: What the gateway's clock said at arrival, in epoch seconds.
        received: How many bytes of body were read.
        payload: The parsed body, which calls with the same body share; None where none was read or it was no object.
        order: What a valid request asked for.
        error: Why the call was refused.
        advisories: What was allowed but doubtful.
        attempts: The routes that were tried, in order.
        fingerprints: Of the images made, in hex, as `identify` reads them.
        charge: What was captured, in USD; 0 if nothing was.
        charged: Whether anything was captured, be it at a price of 0.
        response: What was sent; None where nothing was.
        fault: The planned fault that struck, as it is written; empty where none did.
        lost_to_fault: Whether that fault leaves the client without a usable image.
        waited: Seconds for which the gateway kept the client waiting.
        client_left: Whether the client had gone before its response was complete.
        closed_as: Which test's workspace was closed while the call was under way; empty for most.
        shed: Whether the bytes of its bodies were dropped, since the journals had no room for them.
        lot: Whose chances it draws (see `Workspace.lot`).
        replayed: Whether the response repeats that of an earlier call with the same Idempotency-Key.
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
    response: Response | None = None
    fault: str = ""
    lost_to_fault: bool = False
    waited: float = 0.0
    client_left: bool = False
    random_scope: str = ""
    replayed: bool = False
    closed_as: str = ""
    shed: bool = False

    def __repr__(self) -> str:
        # A test's failure prints its calls: images and keys have no place there.
        made = f" {self.image_request.operation} n={self.image_request.n}" if self.image_request else ""
        told = f" {self.error.name}" if self.error else ""
        told += f" ({self.fault})" if self.fault else ""
        return f"<call #{self.number} {self.status} {self.method} {self.path}{made}{told}>"

    @property
    def status(self) -> int | None:
        """Status of the response."""
        return self.response.status if self.response else None

    @property
    def lost(self) -> bool:
        """Whether the client is left without a usable image, although one was made and charged."""
        return self.charged and (self.client_left or self.lost_to_fault)

    @property
    def late(self) -> str:
        """Which test had ended before the call did; empty for most."""
        return self.error.late if self.error and self.error.late else self.closed_as

    @property
    def random_key(self) -> str:
        """What its chances are drawn from beside the seed."""
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
        """generate, edit or merge; None where the request was refused before."""
        return self.image_request.operation if self.image_request else None

    @property
    def fields(self) -> Mapping[str, Any]:
        """The request's fields with defaults filled in; of a refused request, what it had."""
        fields: Mapping[str, Any] = copy_json(self.image_request.fields if self.image_request else self.document or {})
        return fields

    @property
    def input_images(self) -> tuple[InputImage, ...]:
        """The input images, decoded: media type, width, height, data."""
        return self.image_request.input_images if self.image_request else ()

    @property
    def mask(self) -> InputImage | None:
        """The edit mask, decoded."""
        return self.image_request.mask if self.image_request else None

    @property
    def images(self) -> tuple[bytes, ...]:
        """The files that the response held; none where a fault made it hold no such thing.

        Raises:
            BytesDropped: The journal has dropped them.
        """
        if not self.charged or self.response is None or self.lost:
            return ()
        if self.shed and not self.response.body:
            raise BytesDropped(f"The images of {self!r}")
        try:
            return tuple(
                pybase64.b64decode(item["b64_json"], validate=True) for item in orjson.loads(self.response.body)["data"]
            )
        except (ValueError, LookupError, TypeError):
            return ()

    @property
    def route(self) -> str | None:
        """The route that made the images."""
        return next((attempt.route for attempt in self.attempts if attempt.outcome == "up"), None)

    @property
    def size(self) -> int:
        """The bytes of bodies and images that this record keeps alive."""
        images = sum(len(image.kept or b"") for image in self.image_request.all_images) if self.image_request else 0
        body = self.received if self.document is not None else 0
        return images + body + (len(self.response.body) if self.response else 0)

    def shed_bytes(self) -> None:
        """Drop what is large, images or the response's body; the record says so from now on."""
        self.shed = True
        if self.received > LIGHT:
            self.document = outline(self.document) if self.document is not None else None
            self.image_request = self.image_request.without_bytes() if self.image_request is not None else None
        if self.response is not None and len(self.response.body) > LIGHT:
            self.response = replace(self.response, body=b"")

    def __reduce__(self) -> tuple[type[Call], tuple[Any, ...]]:
        # `copy.deepcopy` and pickle take no mapping proxy, which the headers are.
        values = {name: getattr(self, name) for name in self.__struct_fields__} | {"headers": dict(self.headers)}
        return type(self), tuple(values.values())

    def summary(self) -> dict[str, Any]:
        """Return what a snapshot of the call should hold: plain values that are the same in every run.

        Amounts are strings; images are described, not included; what depends on clocks is left out.
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
        """The record for the control route: images by description, never by their bytes."""
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
            "advisories": [{"rule": each.rule, "message": each.message} for each in self.advisories],
            "attempts": [{"route": each.route, "outcome": each.outcome} for each in self.attempts],
            "fingerprints": list(self.fingerprints),
            "charge": on_the_wire(self.charge) if self.charged else None,
            "fault": self.fault or None,
            "waited": self.waited,
            "client_left": self.client_left,
            "replayed": self.replayed,
            "late": self.late or None,
            "shed": self.shed,
        }
