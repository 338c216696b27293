"""The ASGI door: one callable that performs the gateway's steps on a server's messages."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Protocol

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
from .header_fields import read_head, response_fields
from .offload import offload
from .wire import write_broken

if TYPE_CHECKING:
    pass

__all__ = ["LONG_RESPONSE", "OUR_FAULT", "BufferedRequest", "GatewayApp", "log", "send_response"]

# What a socket takes in one write, so that nobody can leave meanwhile.
LONG_RESPONSE = 64 * 1024
log = logging.getLogger("omixa_mock")


class BufferedRequest(Protocol):
    """What a request came by whose body is all there, and what its response goes by."""

    def read_head(self, scope: Scope) -> tuple[Request, RequestHead]:
        """The request's head and what it says."""

    def take_body(self, limit: int) -> bytes | None:
        """The body, or None where it is longer than `limit`."""

    def answer(self, response: Response) -> bool:
        """Send a whole response, if that takes no waiting and the client is there; says whether it was sent."""


class GatewayApp:
    """An ASGI application that answers every HTTP request from `gateway`."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        """Answer one request (ASGI 3, HTTP scope)."""
        await self._perform(self.gateway.handle(read_head(scope)), None, scope, receive, send)

    def begin(self, scope: Scope, line: BufferedRequest) -> ASGIApp | None:
        """Answer a request at once, as nearly all are; where something is to be waited for, do what comes before.

        Returns:
            What is left to do, as an application for this request; None where nothing is.
        """
        try:
            flow = self.gateway.handle(*line.read_head(scope))
            step = next(flow)
            if isinstance(step, ReadBody):
                step = flow.send(line.take_body(step.limit))
            if not isinstance(step, Send) or step.pieces > 1 or not line.answer(step.response):
                return partial(self._perform, flow, step)
            next(flow, None)
        except Exception:  # noqa: BLE001  # whatever it is, the client gets the envelope
            log_failure(scope)
            return self._send_internal_error
        return None

    async def _perform(self, flow: Flow, step: Step | None, scope: Scope, receive: Receive, send: SendMessage) -> None:
        """Perform a journey from a step on."""
        client = AsgiClient(receive, send, scope.get("extensions", {}).get(CONNECTION))
        try:
            await drive_async(flow, client.perform, step, offload)
        except Exception:
            log_failure(scope)
            if client.started:
                raise
            await self._send_internal_error(scope, receive, send)

    async def _send_internal_error(self, _: Scope, __: Receive, send: SendMessage) -> None:
        """Say that the fake itself failed."""
        await send_response(send, envelope(OUR_FAULT, self.gateway.workspaces.terms.errors))


def log_failure(scope: Scope) -> None:
    """Log the exception that is being handled: it is none of the client's."""
    told = "omixa-mock failed on %s %s; please report this"
    log.exception(told, scope["method"], redact(scope["path"]))  # noqa: LOG004  # its callers handle one


OUR_FAULT = Problem(
    "internal_error", "The fake itself failed on this request; its log has the traceback. Please report it."
)


class AsgiClient:
    """The client at the other end of an ASGI connection, as far as one request goes."""

    def __init__(self, receive: Receive, send: SendMessage, connection: Connection | None = None) -> None:
        self._receive = receive
        self._send = send
        self._connection = connection
        self.started = False

    async def perform(self, step: Step) -> Body | None:
        """Perform one step of a journey.

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
        """The body, or None as soon as it is longer than `limit`; the server discards the rest."""
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
        """Send a whole response; of one that takes its time, see whether the client stays to its last byte."""
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
        # An empty piece waits until the socket has taken what came before it.
        await self._send({"type": "http.response.body", "more_body": True})
        await self.raise_if_disconnected()
        await self._send({"type": "http.response.body"})

    async def raise_if_disconnected(self) -> None:
        """Stop where the connection is gone.

        Raises:
            ClientDisconnected: It is.
        """
        if self._connection is not None and await self._connection.has_left():
            self._connection.close()
            await self.drain_until_disconnect()
            raise ClientDisconnected

    async def abort_connection(self, cut: Cut) -> None:
        """End the connection as planned: what ASGI has no word for is written to the connection itself."""
        if self._connection is None:
            raise RuntimeError("this fault needs omixa-mock's own server: ASGI has no word for a broken connection")
        data, resets = write_broken(cut)
        self._connection.write(data)
        if resets:
            self._connection.reset()
        else:
            self._connection.close()
        await self.drain_until_disconnect()

    async def drain_until_disconnect(self) -> None:
        """Let the rest of the request come and go, until the connection has ended."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def wait(self, seconds: float | None, before: float = 0.0) -> None:
        """Let time pass while the client stays; None for as long as it does.

        Raises:
            ClientDisconnected: It left, after so long and what was waited for `before`.
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
