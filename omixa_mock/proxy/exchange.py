"""Exchange: a request, its response, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from threading import Lock
from typing import Literal

from omixa_mock.kit.content_coding import decode_content
from omixa_mock.kit.validation import ValidationResult

from .compaction import CompactBody, compact
from .fields import Fields, first
from .upstream import Ending

__all__ = ["Exchange", "Outcome"]

# How an exchange ended; all but the first two leave a response that is not whole, or none.
Outcome = Literal["complete", "refused by the proxy", "client left", "proxy ended", Ending]


@dataclass(slots=True)
class Exchange:
    """One request with its response.

    Attributes:
        number: The number, from 1.
        started_at: The time of the request.
        method: The method.
        target: The path with the query, as sent.
        path: The percent-decoded path.
        version: The client's version of HTTP.
        fields: The header fields of the request.
        request: The body of the request until its content was taken; a coded one stays. None if it was too long.
        request_size: The length of the body of the request.
        status: The status; 0 if no response came.
        reason: The reason phrase.
        response_fields: The header fields of the response.
        response: The body of the response until its content was taken. None if it was too long to be kept.
        response_size: The length of the body of the response as far as it came.
        outcome: How the exchange ended.
        detail: The error behind the outcome; empty if there is none.
        own: True if the response is the proxy's.
        sent_after: Seconds until the request was sent; None if it was not.
        head_after: Seconds until the response began; None if it did not.
        ended_after: Seconds until the exchange had ended.
        bill: The billed amount; None if there is none.
        content: The decoded bodies without their images, by side; one that was not kept is missing.
        flaw: What is wrong with the content coding of the response; empty if nothing is.
        is_unreadable: True if the body of the request has a coding that cannot be decoded.
        results: The results of the validation by side, `request` or `response`.
    """

    number: int
    started_at: datetime
    method: str
    target: bytes
    path: str
    version: str
    fields: Fields = field(repr=False)
    request: bytes | bytearray | None = field(default=b"", repr=False)
    request_size: int = 0
    status: int = 0
    reason: bytes = b""
    response_fields: Fields = field(default=(), repr=False)
    response: bytes | bytearray | None = field(default=b"", repr=False)
    response_size: int = 0
    outcome: Outcome = "complete"
    detail: str = ""
    own: bool = False
    sent_after: float | None = None
    head_after: float | None = None
    ended_after: float = 0.0
    bill: Decimal | None = None
    content: dict[str, CompactBody] = field(default_factory=dict, repr=False)
    flaw: str = ""
    is_unreadable: bool = False
    results: dict[str, ValidationResult] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def compact_request(self) -> None:
        """Take the content of the request's body, once: a call that is cut leaves the thread that does it."""
        with self._lock:
            if self.request is not None and "request" not in self.content:
                coding = first(self.fields, b"content-encoding").decode("latin-1")
                body, flaw = decode_content(self.request, coding)
                self.is_unreadable = bool(flaw)
                self.request = self.request if body is not self.request else b""
                self.content["request"] = compact(body)

    def compact_response(self) -> None:
        """Replace the body of the response by its content."""
        if self.response is not None:
            coding = first(self.response_fields, b"content-encoding").decode("latin-1")
            body, self.flaw = decode_content(self.response, coding)
            self.response = b""
            self.content["response"] = compact(body)
        self.response = b""

    def compact_bodies(self) -> None:
        """Take the content of both bodies, the request's first: it may be the only large one."""
        self.compact_request()
        self.compact_response()

    def request_pieces(self) -> Iterator[bytes]:
        """Yield the body of the request as it came, after its content was taken."""
        if self.request:
            yield bytes(self.request)
        else:
            yield from self.content["request"].pieces()

    def keep_request(self, piece: bytes, limit: int) -> None:
        """Keep a piece of the request's body; all is dropped once it is longer than `limit`."""
        self.request_size += len(piece)
        self.request = keep(self.request, piece, self.request_size <= limit)

    def keep_response(self, piece: bytes, limit: int) -> None:
        """Keep a piece of the response's body; all is dropped once it is longer than `limit`."""
        self.response_size += len(piece)
        self.response = keep(self.response, piece, self.response_size <= limit)


def keep(kept: bytes | bytearray | None, piece: bytes, fits: bool) -> bytes | bytearray | None:  # noqa: FBT001  # private
    """Return the kept bytes with a piece; None once they do not fit."""
    if kept is None or not fits:
        return None
    if not kept:
        return piece
    if isinstance(kept, bytes):
        kept = bytearray(kept)
    kept += piece
    return kept
