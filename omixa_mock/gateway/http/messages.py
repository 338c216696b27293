"""HTTP messages, and the steps of a flow.

A transport or interceptor builds a `Request`, performs each `Step` that
`Gateway.handle` yields, and sends the result back into the generator:

    ReadBody  ->  the body's bytes; None if it is longer than the limit
    Offload   ->  None, on a thread that a long computation may block
    Wait      ->  None, after the seconds have passed
    Hang      ->  never a result
    Send      ->  None, after the response was sent
    Cut       ->  None, after the connection was closed

If the client disconnects during a step, `ClientDisconnected` is thrown into
the generator instead. The gateway itself performs no I/O.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Literal

import orjson
from msgspec import Struct

from omixa_mock.gateway.common import Redacted

__all__ = [
    "OFFLOAD_BYTES",
    "Body",
    "ClientDisconnected",
    "Cut",
    "Flow",
    "Hang",
    "Offload",
    "ReadBody",
    "Request",
    "Response",
    "Send",
    "Step",
    "Wait",
]

# A transport may pass its receive buffer: a copy of 20 MB would block other calls.
Body = bytes | bytearray
# The bytes of a body that a message shows: of a success they end before its base64.
BEGINNING = 40
# Work on fewer bytes takes at most a millisecond, which is less than the cost of a thread.
OFFLOAD_BYTES = 256 * 1024


class Request(Redacted, Struct, frozen=True):
    """Head of an HTTP request; the step `ReadBody` reads the body.

    Attributes:
        method: The method, in upper case.
        path: The percent-decoded path, without the query.
        headers: The field values by lower-case name; repeated fields joined by ", " (RFC 9110 §5.3).
        query: The parameters by name; the last one of repeated names.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]

    def __repr__(self) -> str:
        # The headers contain an API key, and the path may.
        return f"<request {self.method} {'…' if 'omx_live_' in self.path else self.path}>"


class Response(Redacted, Struct, frozen=True):
    """Complete HTTP response: status, header fields in order, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def json(self) -> Any:
        """Return the JSON value in the body.

        Raises:
            ValueError: The body is not JSON; the message shows its beginning.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            begin = self.body[:BEGINNING].decode("utf-8", "replace")
            raise ValueError(f"The body of this {self.status} is not JSON; it begins {begin!r} ({error})") from None

    def __repr__(self) -> str:
        return f"<response {self.status}, {len(self.body):,} bytes>"


class ReadBody(Struct, frozen=True):
    """Step that reads at most `limit` bytes of the request body and discards the rest."""

    limit: int


class Offload(Struct, frozen=True):
    """Step before a long computation; a transport with an event loop continues on a worker thread."""


class Wait(Struct, frozen=True):
    """Step that waits `seconds`, unless the client disconnects."""

    seconds: float


class Hang(Struct, frozen=True):
    """Step that waits until the client disconnects.

    Attributes:
        limit: The seconds after which an in-process client without a timeout is aborted.
    """

    limit: float


class Send(Struct, frozen=True):
    """Step that sends the response to the client.

    Attributes:
        response: The complete response.
        pieces: The number of pieces of the body.
        pause: The seconds between two pieces.
    """

    response: Response
    pieces: int = 1
    pause: float = 0.0


class Cut(Struct, frozen=True):
    """Step that ends the connection before the response is complete.

    Attributes:
        kind: `reset`, `close`, or `garbage` (bytes that are not HTTP, then a close).
        response: The response of which half the body is sent first; None for no response.
        framing: The body framing of that response: Content-Length, close-delimited, or chunked.
    """

    kind: Literal["reset", "close", "garbage"]
    response: Response | None = None
    framing: Literal["length", "close", "chunked"] = "length"


class ClientDisconnected(Exception):  # noqa: N818  # an event that a transport reports, not an error of ours
    """Disconnect of the client before the response was complete.

    Attributes:
        waited: The seconds that the client waited in the current step.
    """

    def __init__(self, waited: float = 0.0) -> None:
        super().__init__()
        self.waited = waited


Step = ReadBody | Offload | Wait | Hang | Send | Cut
Flow = Generator[Step, Body | None, None]
