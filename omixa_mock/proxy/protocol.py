"""HTTP/1.1 protocol of the proxy's side towards clients: the fake's, with header names as they were sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from omixa_mock.gateway import Problem, Response
from omixa_mock.transports.protocol import GatewayProtocol

from .own_responses import build_own_response

__all__ = ["CLOSERS", "CYCLE", "FIELDS", "ProxyProtocol"]

# Keys in the ASGI scope's extensions: the header fields as sent, the cycle, functions to call when the connection ends.
FIELDS, CYCLE, CLOSERS = "omixa_mock.fields", "omixa_mock.cycle", "omixa_mock.closers"
NO_TUNNEL = Problem(
    "malformed_http",
    "This proxy is no forward proxy: CONNECT is not accepted. Use its own URL as the client's base URL.",
)


class ProxyProtocol(GatewayProtocol):
    """Server side of one connection of the proxy."""

    connect_refusal = NO_TUNNEL

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fields: list[tuple[bytes, bytes]] = []
        self._closers: list[Callable[[], object]] = []

    def on_message_begin(self) -> None:
        """Handle the beginning of a request head."""
        super().on_message_begin()
        self._fields = []
        extensions: Any = {**self._extensions, FIELDS: self._fields, CLOSERS: self._closers}
        self.scope["extensions"] = extensions

    def on_header(self, name: bytes, value: bytes) -> None:
        """Handle a header field, whose name uvicorn turns into lower case."""
        super().on_header(name, value)
        self._fields.append((name, value))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin a request, with its cycle in its scope."""
        extensions: Any = cycle.scope["extensions"]
        extensions[CYCLE] = cycle
        super()._start_asgi_task(cycle, app)

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle the end of the connection."""
        super().connection_lost(exc)
        for close in self._closers:
            close()

    def build_refusal(self, problem: Problem) -> Response:
        """Return the response for bytes that are refused."""
        return build_own_response(problem, self.terms)
