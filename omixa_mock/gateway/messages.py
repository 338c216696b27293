"""What passes between the gateway and whoever carries its bytes.

A door turns what arrives into a `Request`, performs each `Step` that
`Gateway.handle` yields, and says what came of it:

    ReadBody  ->  the body's bytes, or None when it was longer than the limit
    Wait      ->  None, once the seconds have passed
    Send      ->  None, once the reply was handed over

When the client leaves meanwhile, the door throws `ClientGone` into the
generator instead. The core decides, a door performs.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

__all__ = ["ClientGone", "Journey", "ReadBody", "Reply", "Request", "Send", "Step", "Wait"]


@dataclass(frozen=True, slots=True)
class Request:
    """The head of an HTTP request; the body is asked for by `ReadBody`.

    Attributes:
        method: Upper-case method.
        path: Percent-decoded path, without the query.
        headers: Values by lower-case name; repeated fields joined by ", " (RFC 9110 §5.3).
        query: Values by name; of repeated names the last.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)  # they carry a key
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole HTTP answer: status, header fields in order, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class ReadBody:
    """Read the request's body, but no more than `limit` bytes; the rest is discarded."""

    limit: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Let `seconds` pass, watching whether the client stays."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Send:
    """Hand the reply to the client."""

    reply: Reply


class ClientGone(Exception):  # noqa: N818  # an event that a door reports, not an error of ours
    """The client closed its connection before its reply was complete."""


Step = ReadBody | Wait | Send
Journey = Generator[Step, bytes | None, None]
