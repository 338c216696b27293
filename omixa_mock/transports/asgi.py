"""ASGI application of the gateway: it performs the steps of a flow on a server's messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope
from starlette.types import Send as SendMessage

from omixa_mock.gateway import (
    Body,
    ClientDisconnected,
    Cut,
    Flow,
    Gateway,
    Hang,
    Problem,
    ReadBody,
    Request,
    RequestHead,
    Response,
    Send,
    Step,
    Wait,
    envelope,
)
from omixa_mock.gateway.http import redact

from .connection import CONNECTION, Connection
from .flow_driver import drive_async
from .header_fields import build_request, response_fields
from .offload import offload
from .wire import encode_broken

__all__ = ["INTERNAL_ERROR", "LONG_RESPONSE", "AsgiClient", "BufferedRequest", "GatewayApp", "log", "send_response"]

# A socket takes up to this many bytes in one write, so that the client cannot leave in between.
LONG_RESPONSE = 64 * 1024
log = logging.getLogger("omixa_mock")


class BufferedRequest(Protocol):
    """A request whose whole body is buffered, with the means to send its response."""

    def parse_head(self, scope: Scope) -> tuple[Request, RequestHead]:
        """Return the request and its parsed head."""

    def read_body(self, limit: int) -> bytes | None:
        """Return the body, or None if it is longer than `limit`."""

    def try_send(self, response: Response) -> bool:
        """Send a whole response if the client is connected and nothing has to wait; return True if it was sent."""


class GatewayApp:
    """ASGI application that responds to every HTTP request with a gateway.

    Args:
        gateway: The gateway.
        connect: Returns the client of a request whose flow runs.
        offload: Computes the next step of a flow in a thread (see `offload`).
    """

    def __init__(
        self,
        gateway: Gateway,
        connect: Callable[[Flow, Scope, Receive, SendMessage], AsgiClient] | None = None,
        offload: Callable[[Flow], Awaitable[Step | None]] = offload,
    ) -> None:
        self.gateway = gateway
        # Our own server puts the connection into the scope.
        self._connect = connect or (
            lambda _, scope, receive, send: AsgiClient(receive, send, scope.get("extensions", {}).get(CONNECTION))
        )
        self._offload = offload

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        """Respond to one request (ASGI 3, HTTP scope)."""
        await self._perform(self.gateway.handle(build_request(scope)), None, scope, receive, send)

    def begin(self, scope: Scope, request: BufferedRequest) -> ASGIApp | None:
        """Respond to a request at once, as is possible for nearly all; otherwise run its flow up to the first wait.

        Returns:
            An application for the rest of this request; None if it is done.
        """
        try:
            flow = self.gateway.handle(*request.parse_head(scope))
            step = next(flow)
            if isinstance(step, ReadBody):
                step = flow.send(request.read_body(step.limit))
            if not isinstance(step, Send) or step.pieces > 1 or not request.try_send(step.response):
                return partial(self._perform, flow, step)
            next(flow, None)
        except Exception:  # noqa: BLE001  # whatever it is, the client gets the envelope
            log_internal_error(scope)
            return self._send_internal_error
        return None

    async def _perform(self, flow: Flow, step: Step | None, scope: Scope, receive: Receive, send: SendMessage) -> None:
        """Perform the rest of a flow, from a step on."""
        client = self._connect(flow, scope, receive, send)
        try:
            await drive_async(flow, client.perform, step, self._offload)
        except Exception:
            log_internal_error(scope)
            if client.started:
                raise
            await self._send_internal_error(scope, receive, send)

    async def _send_internal_error(self, _: Scope, __: Receive, send: SendMessage) -> None:
        """Send the response for an exception of the fake itself."""
        await send_response(send, envelope(INTERNAL_ERROR, self.gateway.workspaces.terms.errors))


def log_internal_error(scope: Scope) -> None:
    """Log the exception being handled, which is no fault of the client's."""
    message = "omixa-mock failed on %s %s; please report this"
    log.exception(message, scope["method"], redact(scope["path"]))  # noqa: LOG004  # its callers handle one


INTERNAL_ERROR = Problem(
    "internal_error", "The fake itself failed on this request; its log has the traceback. Please report it."
)


class AsgiClient:
    """The client of one request on an ASGI connection.

    Attributes:
        started: True once a part of a response was sent, or the connection was aborted.
    """

    def __init__(self, receive: Receive, send: SendMessage, connection: Connection | None = None) -> None:
        self._receive = receive
        self._send = send
        self._connection = connection
        self.started = False

    async def perform(self, step: Step) -> Body | None:
        """Perform one step of a flow.

        Raises:
            ClientDisconnected: The client closed its connection meanwhile.
        """
        match step:
            case ReadBody(limit):
                return await self.read_body(limit)
            case Wait(seconds):
                await self.wait(seconds)
            case Hang():
                await self.wait(None)
            case Send(response, pieces, pause):
                self.started = True
                await self.send(response, pieces, pause)
            case Cut():
                self.started = True
                await self.abort_connection(step)
        return None

    async def read_body(self, limit: int) -> Body | None:
        """Return the body, or None as soon as it is longer than `limit`; the server discards the rest."""
        body, more = bytearray(), True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            body += message.get("body", b"")
            if len(body) > limit:
                return None
            more = message.get("more_body", False)
        return body

    async def send(self, response: Response, pieces: int, pause: float) -> None:
        """Send a whole response; if it is long or sent in pieces, check that the client stays to its last byte."""
        await self.raise_if_disconnected()
        if pieces == 1 and (self._connection is None or len(response.body) <= LONG_RESPONSE):
            await send_response(self._send, response)
            return
        await self._send(
            {"type": "http.response.start", "status": response.status, "headers": response_fields(response)}
        )
        length = -(-len(response.body) // pieces)
        for number in range(pieces):
            if number:
                await self.wait(pause, before=(number - 1) * pause)
            piece = response.body[number * length : (number + 1) * length]
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        # An empty piece waits until the socket has taken everything before it.
        await self._send({"type": "http.response.body", "more_body": True})
        await self.raise_if_disconnected()
        await self._send({"type": "http.response.body"})

    async def raise_if_disconnected(self) -> None:
        """Raise if the client has closed its connection.

        Raises:
            ClientDisconnected: The client has disconnected.
        """
        if self._connection is not None and await self._connection.check_disconnected():
            self._connection.close()
            await self.drain_until_disconnect()
            raise ClientDisconnected

    async def abort_connection(self, cut: Cut) -> None:
        """End the connection as planned, on the connection itself: ASGI has no message for it."""
        if self._connection is None:
            raise RuntimeError("this fault needs omixa-mock's own server: ASGI has no message for a broken connection")
        await self.raise_if_disconnected()
        data, resets = encode_broken(cut)
        self._connection.write(data)
        if resets:
            self._connection.reset()
        else:
            self._connection.close()
        await self.drain_until_disconnect()

    async def drain_until_disconnect(self) -> None:
        """Discard the rest of the request, until the connection has ended."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def wait(self, seconds: float | None, before: float = 0.0) -> None:
        """Wait while the client stays connected.

        Args:
            seconds: The duration; None for as long as the client stays.
            before: Seconds waited before, which count in the exception.

        Raises:
            ClientDisconnected: The client disconnected; with the seconds waited.
        """
        clock = asyncio.get_running_loop().time
        begin = clock()
        try:
            async with asyncio.timeout(seconds):
                await self.drain_until_disconnect()
        except TimeoutError:
            return
        raise ClientDisconnected(before + clock() - begin)


async def send_response(send: SendMessage, response: Response) -> None:
    """Send a whole response."""
    await send({"type": "http.response.start", "status": response.status, "headers": response_fields(response)})
    await send({"type": "http.response.body", "body": response.body})
