"""The journal: what each call asked, what it was told, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
import pybase64
from msgspec import Struct
from msgspec.structs import replace

from omixa_mock.gateway.common import Discreet
from omixa_mock.gateway.contract import BytesDropped, ImageOrder, InputImage
from omixa_mock.gateway.http import Advisory, Attempt, Refusal, Reply, copied, outline, picture_free
from omixa_mock.gateway.money import on_the_wire

__all__ = ["LIGHT", "Call"]

Json = Any
# A body of so many bytes is part of its record, and goes with it.
LIGHT = 4 * 1024


class Call(Discreet, Struct, weakref=True):
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
        fingerprints: Of the pictures made, in hex, as `identify` reads them.
        charge: What was captured; None where nothing was.
        reply: What was sent; None where nothing was.
        fault: The planned fault that struck, as it is written; empty where none did.
        lost_to_fault: Whether that fault leaves the client without a usable picture.
        waited: Seconds for which the gateway kept the client waiting.
        client_left: Whether the client had gone before its reply was complete.
        closed_as: Which test's workspace was closed while the call was under way; empty for most.
        shed: Whether the bytes of its bodies were dropped, since the journals had no room for them.
        lot: Whose chances it draws (see `Workspace.lot`).
        replayed: Whether the reply repeats that of an earlier call with the same Idempotency-Key.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    endpoint: str = ""
    number: int = 0
    created: int = 0
    received: int = 0
    payload: dict[str, Any] | None = None
    order: ImageOrder | None = None
    error: Refusal | None = None
    advisories: tuple[Advisory, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    fingerprints: tuple[str, ...] = ()
    charge: Decimal | None = None
    reply: Reply | None = None
    fault: str = ""
    lost_to_fault: bool = False
    waited: float = 0.0
    client_left: bool = False
    lot: str = ""
    replayed: bool = False
    closed_as: str = ""
    shed: bool = False

    def __repr__(self) -> str:
        # A test's failure prints its calls: pictures and keys have no place there.
        made = f" {self.order.operation} n={self.order.n}" if self.order else ""
        told = f" {self.error.name}" if self.error else ""
        told += f" ({self.fault})" if self.fault else ""
        return f"<call #{self.number} {self.status} {self.method} {self.path}{made}{told}>"

    @property
    def status(self) -> int | None:
        """Status of the reply."""
        return self.reply.status if self.reply else None

    @property
    def lost(self) -> bool:
        """Whether the client is left without a usable picture, although one was made and charged."""
        return self.charge is not None and (self.client_left or self.lost_to_fault)

    @property
    def late(self) -> str:
        """Which test had ended before the call did; empty for most."""
        return self.error.late if self.error and self.error.late else self.closed_as

    @property
    def chances(self) -> str:
        """What its chances are drawn from beside the seed."""
        return f"{self.lot}:{self.number}"

    @property
    def request(self) -> dict[str, Any] | None:
        """The parsed body, base64 included; None where none was read or it was no object."""
        return copied(self.payload) if self.payload is not None else None

    @property
    def operation(self) -> str | None:
        """generate, edit or merge; None where the request was refused before."""
        return self.order.operation if self.order else None

    @property
    def fields(self) -> Mapping[str, Any]:
        """The request's fields with defaults filled in; of a refused request, what it had."""
        fields: Mapping[str, Any] = copied(self.order.fields if self.order else self.payload or {})
        return fields

    @property
    def images(self) -> tuple[InputImage, ...]:
        """The input images, decoded: media type, width, height, data."""
        return self.order.images if self.order else ()

    @property
    def mask(self) -> InputImage | None:
        """The edit mask, decoded."""
        return self.order.mask if self.order else None

    @property
    def pictures(self) -> tuple[bytes, ...]:
        """The files that the reply held; none where a fault made it hold no such thing.

        Raises:
            BytesDropped: The journal has dropped them.
        """
        if self.charge is None or self.reply is None or self.lost:
            return ()
        if self.shed and not self.reply.body:
            raise BytesDropped(f"The pictures of {self!r}")
        try:
            return tuple(
                pybase64.b64decode(item["b64_json"], validate=True) for item in orjson.loads(self.reply.body)["data"]
            )
        except (ValueError, LookupError, TypeError):
            return ()

    @property
    def route(self) -> str | None:
        """The route that made the pictures."""
        return next((attempt.route for attempt in self.attempts if attempt.outcome == "up"), None)

    @property
    def size(self) -> int:
        """The bytes of bodies and pictures that this record keeps alive."""
        pictures = sum(len(image.kept or b"") for image in self.order.pictures) if self.order else 0
        body = self.received if self.payload is not None else 0
        return pictures + body + (len(self.reply.body) if self.reply else 0)

    def shed_bytes(self) -> None:
        """Drop what is large, pictures or the reply's body; the record says so from now on."""
        self.shed = True
        if self.received > LIGHT:
            self.payload = outline(self.payload) if self.payload is not None else None
            self.order = self.order.without_bytes() if self.order is not None else None
        if self.reply is not None and len(self.reply.body) > LIGHT:
            self.reply = replace(self.reply, body=b"")

    def as_json(self) -> Json:
        """The record for the control route: pictures by description, never by their bytes."""
        order = self.order
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "headers": dict(self.headers),
            "created": self.created,
            "request": picture_free(self.payload),
            "operation": order.operation if order else None,
            "digest": order.digest if order else None,
            "images": [str(image) for image in order.images] if order else [],
            "mask": str(order.mask) if order and order.mask else None,
            "status": self.status,
            "error": {"name": self.error.name, "message": self.error.message} if self.error else None,
            "rules": list(self.error.rules) if self.error else [],
            "planned": self.error.planned if self.error else False,
            "advisories": [{"rule": each.rule, "message": each.message} for each in self.advisories],
            "attempts": [{"route": each.route, "outcome": each.outcome} for each in self.attempts],
            "fingerprints": list(self.fingerprints),
            "charge": on_the_wire(self.charge) if self.charge is not None else None,
            "fault": self.fault or None,
            "waited": self.waited,
            "client_left": self.client_left,
            "replayed": self.replayed,
            "late": self.late or None,
            "shed": self.shed,
        }
