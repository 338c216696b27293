"""The gateway under test: calls go out by the standard library, so that no client is tested with it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Answer", "Exchange", "NoAnswer", "Send", "Target", "send_over_http"]

Json = Any
GENERATE = "/api/v1/images/generations"
# Well formed, and nobody's: a gateway that knows its keys does not know this one.
MADE_UP_KEY = "omx_live_omixa_mock_verify_made_up_key"
# What a gateway that makes real pictures may need.
TIMEOUT = 180.0


class NoAnswer(Exception):  # noqa: N818  # named by what happened
    """The gateway cannot be asked: nothing listens, or what comes is not HTTP."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, as it goes out."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, header values by lower-case name, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Json:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def accepted(self) -> bool:
        """Whether the call succeeded, and so was paid for."""
        return 200 <= self.status < 300

    def error(self, name: str) -> str | None:
        """`type`, `code` or `message` of the error's envelope; None where there is none."""
        error = self.document.get("error") if isinstance(self.document, dict) else None
        value = error.get(name) if isinstance(error, dict) else None
        return value if isinstance(value, str) else None


Send = Callable[[Exchange], Answer]


def send_over_http(url: str) -> Send:
    """Sends to the gateway at `url`, each call on a connection of its own.

    Raises:
        NoAnswer: At the call: it cannot be reached, or does not speak HTTP.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"

    def send(exchange: Exchange) -> Answer:
        connection = (
            HTTPSConnection(parts.netloc, timeout=TIMEOUT, context=ssl.create_default_context())
            if secure
            else HTTPConnection(parts.netloc, timeout=TIMEOUT)
        )
        try:
            connection.request(exchange.method, exchange.path, exchange.body, dict(exchange.headers))
            reply = connection.getresponse()
            return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        except Exception as error:
            raise NoAnswer(
                f"{exchange.method} {exchange.path} got no answer: {type(error).__name__}: {error}"
            ) from error
        finally:
            connection.close()

    return send


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway, and the key that may be used with it.

    Attributes:
        send: Sends one request.
        key: A real key; empty where there is none, and nothing but refusals can be seen.
    """

    send: Send
    key: str = field(default="", repr=False)

    def order(self, payload: Json, *, key: str | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """POST an order; with the real key unless another is given (empty: none)."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        fields = {"Content-Type": "application/json", **self._authorization(key), **(headers or {})}
        return self.send(Exchange("POST", GENERATE, fields, body))

    def ask(self, path: str, *, method: str = "GET", key: str | None = None) -> Answer:
        """Ask for something that costs nothing."""
        return self.send(Exchange(method, path, self._authorization(key)))

    def _authorization(self, key: str | None) -> Mapping[str, str]:
        used = self.key if key is None else key
        return {"Authorization": f"Bearer {used}"} if used else {}
