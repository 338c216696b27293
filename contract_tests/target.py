"""The gateway under test: what is sent to it, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

__all__ = ["Answer", "Exchange", "KeyRefused", "NoAnswer", "Send", "Target"]

Json = Any
GENERATE = "/api/v1/images/generations"
# Well formed, and nobody's: a gateway that knows its keys does not know this one.
MADE_UP_KEY = "omx_live_omixa_mock_verify_made_up_key"


class NoAnswer(Exception):  # noqa: N818  # named by what happened
    """The gateway cannot be asked: nothing listens, or what comes is not HTTP."""


class KeyRefused(NoAnswer):
    """The gateway does not know the real key: nothing beyond that can be seen."""


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
        except (ValueError, RecursionError):
            return None

    @property
    def accepted(self) -> bool:
        """Whether the call succeeded, and so was paid for."""
        return 200 <= self.status < 300

    @property
    def bill(self) -> Decimal | None:
        """What the call cost, in USD; None where the body does not say."""
        usage = self.document.get("usage") if isinstance(self.document, dict) else None
        billed = usage.get("billed_amount") if isinstance(usage, dict) else None
        # A number breaks the contract, and tells the cost all the same.
        if isinstance(billed, bool) or not isinstance(billed, str | int | float):
            return None
        try:
            amount = Decimal(str(billed))
        except ArithmeticError:
            return None
        return amount if amount.is_finite() and amount >= 0 else None

    def error(self, name: str) -> str | None:
        """`type`, `code` or `message` of the error's envelope; None where there is none."""
        error = self.document.get("error") if isinstance(self.document, dict) else None
        value = error.get(name) if isinstance(error, dict) else None
        return value if isinstance(value, str) else None


Send = Callable[[Exchange], Answer]


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway, and the key that may be used with it.

    Attributes:
        send: Sends one request.
        key: A real key; empty where there is none, and nothing but refusals can be seen.
    """

    send: Send
    key: str = field(default="", repr=False)

    def generate(self, document: Json, *, key: str | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """POST an order; with the real key unless another is given (empty: none)."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        fields = {"Content-Type": "application/json", **self._authorization(key), **(headers or {})}
        return self.send(Exchange("POST", GENERATE, fields, body))

    def ask(self, path: str, *, method: str = "GET", key: str | None = None) -> Answer:
        """Ask for something that costs nothing."""
        return self.send(Exchange(method, path, self._authorization(key)))

    def carries_key(self, exchange: Exchange) -> bool:
        """Whether a request carries the real key, and so may be charged."""
        return bool(self.key) and exchange.headers.get("Authorization") == f"Bearer {self.key}"

    def _authorization(self, key: str | None) -> Mapping[str, str]:
        used = self.key if key is None else key
        return {"Authorization": f"Bearer {used}"} if used else {}
