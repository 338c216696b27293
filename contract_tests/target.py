"""HTTP client of the gateway under test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from omixa_mock.kit.bills import AMOUNT, count_images, error_member, is_refusal, read_bill

__all__ = ["AMOUNT", "GENERATE", "KeyRejected", "NoResponse", "Request", "Response", "Send", "Target"]

Json = Any
GENERATE = "/api/v1/images/generations"
# A well-formed key that no gateway issues.
MADE_UP_KEY = "omx_live_omixa_mock_verify_made_up_key"


class NoResponse(Exception):  # noqa: N818  # not an error of the suite
    """Missing HTTP response: the gateway is unreachable, or its response is not HTTP."""


class KeyRejected(NoResponse):
    """Rejection of the real key by the gateway, after which no probe can run."""


@dataclass(frozen=True, slots=True)
class Request:
    """HTTP request."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None


@dataclass(frozen=True)  # slots do not allow a cached property
class Response:
    """HTTP response.

    Attributes:
        status: The status code.
        headers: Header values by lower-case name.
        body: The body, decoded if its coding is known.
        flaw: Why the body cannot be read as its headers say; empty if it can.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    flaw: str = ""

    @cached_property
    def document(self) -> Json:
        """Return the body as JSON; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def accepted(self) -> bool:
        """Return True if the status is 2xx, so that the call may be billed."""
        return 200 <= self.status < 300

    @property
    def bill(self) -> Decimal | None:
        """Return the billed amount in USD; None if the body has none."""
        return read_bill(self.document)

    @property
    def is_refusal(self) -> bool:
        """Return True if the gateway itself refused the call, which releases the hold. [docs/wallet]"""
        return is_refusal(self.status, self.document)

    @property
    def retry_after(self) -> float:
        """Return the seconds of Retry-After; 1 if it has none."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1.0

    @property
    def image_count(self) -> int:
        """Return the number of images in the body."""
        return count_images(self.document)

    @property
    def location(self) -> str:
        """Return the origin to which a redirection leads; empty if it stays or is unreadable."""
        try:
            parts = urlsplit(self.headers.get("location", ""))
            host, port = parts.hostname, parts.port
        except ValueError:
            return ""
        return f"{parts.scheme}://{host}{f':{port}' if port else ''}" if parts.scheme and host else ""

    def error(self, name: str) -> str | None:
        """Return `type`, `code` or `message` of the error envelope; None if missing."""
        return error_member(self.document, name)


Send = Callable[[Request], Response]


@dataclass(frozen=True, slots=True)
class Target:
    """Gateway under test, with an API key.

    Attributes:
        send: The function that sends one request.
        key: The real key; empty if there is none.
        origin: The origin of its URL; empty if unknown.
    """

    send: Send
    key: str = field(default="", repr=False)
    origin: str = ""

    def generate(self, document: Json, *, key: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
        """Send an image request.

        Args:
            document: The request as JSON, or as bytes.
            key: The key; None for the real key, empty for no key.
            headers: Additional headers.
        """
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        fields = {"Content-Type": "application/json", **self._authorization(key), **(headers or {})}
        return self.send(Request("POST", GENERATE, fields, body))

    def call(self, path: str, *, method: str = "GET", key: str | None = None) -> Response:
        """Send a request without a body, which is free."""
        return self.send(Request(method, path, self._authorization(key)))

    def has_real_key(self, request: Request) -> bool:
        """Return True if a request carries the real key."""
        return bool(self.key) and request.headers.get("Authorization") == f"Bearer {self.key}"

    def _authorization(self, key: str | None) -> Mapping[str, str]:
        actual = self.key if key is None else key
        return {"Authorization": f"Bearer {actual}"} if actual else {}
