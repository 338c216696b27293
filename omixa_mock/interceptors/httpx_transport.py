"""Transport of one httpx call that gets its response from a gateway."""

from __future__ import annotations

from typing import Any

from omixa_mock.gateway import Cut, Flow, Send
from omixa_mock.transports.header_fields import response_fields

from .exchange import ClientTimedOut, run_flow, run_flow_async, visible_body
from .replay_httpcore import replay, replay_async
from .waiting import sleep_async

__all__ = ["GatewayTransport"]


class GatewayTransport:
    """Transport of one call, sync or async.

    Args:
        library: `httpx`, or a library with the same classes.
        flow: The call's flow.
    """

    def __init__(self, library: Any, flow: Flow) -> None:
        self._library = library
        self._flow = flow

    def handle_request(self, request: Any) -> Any:
        """Return the response to a call of a sync client."""
        try:
            ending = run_flow(self._flow, request.read(), read_timeout_of(request))
        except ClientTimedOut:
            raise self._timeout(request, "timed out") from None
        if isinstance(ending, Cut):
            return replay(self._library, request, ending)
        return self._build_response(request, ending)

    async def handle_async_request(self, request: Any) -> Any:
        """Return the response to a call of an async client."""
        body = await request.aread()
        try:
            ending = await run_flow_async(self._flow, body, read_timeout_of(request), sleep_async)
        except ClientTimedOut:
            # anyio's own exception has no text.
            raise self._timeout(request, "") from None
        if isinstance(ending, Cut):
            return await replay_async(self._library, request, ending)
        return self._build_response(request, ending)

    def _build_response(self, request: Any, ending: Send) -> Any:
        # A stream: the client must find content that does not match its encoding.
        stream = self._library.ByteStream(visible_body(ending.response, request.method))
        # As a connection sets it: httpx logs the version.
        return self._library.Response(
            ending.response.status,
            headers=response_fields(ending.response),
            stream=stream,
            extensions={"http_version": b"HTTP/1.1"},
        )

    def _timeout(self, request: Any, message: str) -> Exception:
        error: Exception = self._library.ReadTimeout(message, request=request)
        return error


def read_timeout_of(request: Any) -> float | None:
    """Return the read timeout of an httpx request, in seconds."""
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds
