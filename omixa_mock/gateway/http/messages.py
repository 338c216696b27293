"""What passes between the gateway and whoever carries its bytes.

A door turns what arrives into a `Request`, performs each `Step` that
`Gateway.handle` yields, and says what came of it:

    ReadBody  ->  the body's bytes, or None when it was longer than the limit
    Offload ->  None, in a place where the next step may take its time to come
    Wait      ->  None, once the seconds have passed
    Hang      ->  never anything
    Send      ->  None, once the response was handed over
    Cut       ->  None, once the connection has ended

When the client leaves meanwhile, the door throws `ClientDisconnected` into the
generator instead. The core decides, a door performs.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Literal

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

# A request's body, as the door has it: joining the pieces that 20 MB come in would hold up everybody else.
Body = bytes | bytearray
# Bytes to go through, in about a millisecond: less than handing them to a thread would hold up others.
OFFLOAD_BYTES = 256 * 1024


class Request(Redacted, Struct, frozen=True):
    """The head of an HTTP request; the body is asked for by `ReadBody`.

    Attributes:
        method: Upper-case method.
        path: Percent-decoded path, without the query.
        headers: Values by lower-case name; repeated fields joined by ", " (RFC 9110 §5.3).
        query: Values by name; of repeated names the last.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]

    def __repr__(self) -> str:
        # The headers carry a key, and a path may.
        return f"<request {self.method} {'…' if 'omx_live_' in self.path else self.path}>"


class Response(Redacted, Struct, frozen=True):
    """A whole HTTP answer: status, header fields in order, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __repr__(self) -> str:
        return f"<response {self.status}, {len(self.body):,} bytes>"


class ReadBody(Struct, frozen=True):
    """Read the request's body, but no more than `limit` bytes; the rest is discarded."""

    limit: int


class Offload(Struct, frozen=True):
    """Go on where what takes long holds up nobody else."""


class Wait(Struct, frozen=True):
    """Let `seconds` pass, watching whether the client stays."""

    seconds: float


class Hang(Struct, frozen=True):
    """Keep the client waiting until it leaves.

    Attributes:
        limit: Seconds after which a client in process that has no timeout is given up.
    """

    limit: float


class Send(Struct, frozen=True):
    """Hand the response to the client.

    Attributes:
        response: The whole of it.
        pieces: In how many its body is sent.
        pause: Seconds between two pieces.
    """

    response: Response
    pieces: int = 1
    pause: float = 0.0


class Cut(Struct, frozen=True):
    """End the connection before a response is complete.

    Attributes:
        kind: Reset it; close it; or send something that is not HTTP, and close it.
        response: What is sent to the half of its body before that; None for nothing at all.
        framing: What would have told where the body ends: its announced length, the closing, or chunks.
    """

    kind: Literal["reset", "close", "garbage"]
    response: Response | None = None
    framing: Literal["length", "close", "chunked"] = "length"


class ClientDisconnected(Exception):  # noqa: N818  # an event that a door reports, not an error of ours
    """The client closed its connection before its response was complete.

    Attributes:
        waited: The seconds of the step that it stayed for.
    """

    def __init__(self, waited: float = 0.0) -> None:
        super().__init__()
        self.waited = waited


Step = ReadBody | Offload | Wait | Hang | Send | Cut
Flow = Generator[Step, Body | None, None]
