"""The ASGI door: one callable that performs the gateway's steps on a server's messages."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Protocol

from starlette.types import ASGIApp, Receive, Scope
from starlette.types import Send as SendMessage

from omixa_mock.gateway import (
    Arrival,
    Body,
    ClientGone,
    Cut,
    Gateway,
    Hang,
    Journey,
    Problem,
    ReadBody,
    Reply,
    Request,
    Send,
    Step,
    Wait,
    envelope,
)
from omixa_mock.gateway.http import redact

from .connection import CONNECTION, Connection
from .flow_driver import drive_async
from .header_fields import read_head, reply_fields
from .offload import go_aside
from .wire import write_broken

if TYPE_CHECKING:
    pass

__all__ = ["LONG_REPLY", "OUR_FAULT", "GatewayDoor", "Line", "log", "send_reply"]

# What a socket takes in one write, so that nobody can leave meanwhile.
LONG_REPLY = 64 * 1024
log = logging.getLogger("omixa_mock")


class Line(Protocol):
    """What a request came by whose body is all there, and what its reply goes by."""

    def read_head(self, scope: Scope) -> tuple[Request, Arrival]:
        """The request's head and what it says."""

    def take_body(self, limit: int) -> bytes | None:
        """The body, or None where it is longer than `limit`."""

    def answer(self, reply: Reply) -> bool:
        """Send a whole reply, if that takes no waiting and the client is there; says whether it was sent."""


class GatewayDoor:
    """An ASGI application that answers every HTTP request from `gateway`."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        """Answer one request (ASGI 3, HTTP scope)."""
        await self._perform(self.gateway.handle(read_head(scope)), None, scope, receive, send)

    def begin(self, scope: Scope, line: Line) -> ASGIApp | None:
        """Answer a request at once, as nearly all are; where something is to be waited for, do what comes before.

        Returns:
            What is left to do, as an application for this request; None where nothing is.
        """
        try:
            journey = self.gateway.handle(*line.read_head(scope))
            step = next(journey)
            if isinstance(step, ReadBody):
                step = journey.send(line.take_body(step.limit))
            if not isinstance(step, Send) or step.pieces > 1 or not line.answer(step.reply):
                return partial(self._perform, journey, step)
            next(journey, None)
        except Exception:  # noqa: BLE001  # whatever it is, the client gets the envelope
            log_failure(scope)
            return self._confess
        return None

    async def _perform(
        self, journey: Journey, step: Step | None, scope: Scope, receive: Receive, send: SendMessage
    ) -> None:
        """Perform a journey from a step on."""
        client = AsgiClient(receive, send, scope.get("extensions", {}).get(CONNECTION))
        try:
            await drive_async(journey, client.perform, step, go_aside)
        except Exception:
            log_failure(scope)
            if client.started:
                raise
            await self._confess(scope, receive, send)

    async def _confess(self, _: Scope, __: Receive, send: SendMessage) -> None:
        """Say that the fake itself failed."""
        await send_reply(send, envelope(OUR_FAULT, self.gateway.workspaces.terms.errors))


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
            ClientGone: The client closed its connection meanwhile.
        """
        match step:
            case ReadBody(limit):
                return await self.read_body(limit)
            case Wait(seconds):
                await self.wait(seconds)
            case Hang():
                await self.wait(None)
            case Send(reply, pieces, pause):
                self.started = True
                await self.send(reply, pieces, pause)
            case Cut():
                self.started = True
                await self.sever(step)
        return None

    async def read_body(self, limit: int) -> Body | None:
        """The body, or None as soon as it is longer than `limit`; the server discards the rest."""
        body, more = bytearray(), True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            body += message.get("body", b"")
            if len(body) > limit:
                return None
            more = message.get("more_body", False)
        return body

    async def send(self, reply: Reply, pieces: int, pause: float) -> None:
        """Send a whole reply; of one that takes its time, see whether the client stays to its last byte."""
        await self.refuse_to_talk_to_nobody()
        if pieces == 1 and (self._connection is None or len(reply.body) <= LONG_REPLY):
            await send_reply(self._send, reply)
            return
        await self._send({"type": "http.response.start", "status": reply.status, "headers": reply_fields(reply)})
        length = -(-len(reply.body) // pieces)
        for number in range(pieces):
            if number:
                await self.wait(pause, before=(number - 1) * pause)
            piece = reply.body[number * length : (number + 1) * length]
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        # An empty piece waits until the socket has taken what came before it.
        await self._send({"type": "http.response.body", "more_body": True})
        await self.refuse_to_talk_to_nobody()
        await self._send({"type": "http.response.body"})

    async def refuse_to_talk_to_nobody(self) -> None:
        """Stop where the connection is gone.

        Raises:
            ClientGone: It is.
        """
        if self._connection is not None and await self._connection.has_left():
            self._connection.close()
            await self.until_disconnected()
            raise ClientGone

    async def sever(self, cut: Cut) -> None:
        """End the connection as planned: what ASGI has no word for is written to the connection itself."""
        if self._connection is None:
            raise RuntimeError("this fault needs omixa-mock's own server: ASGI has no word for a broken connection")
        data, resets = write_broken(cut)
        self._connection.write(data)
        if resets:
            self._connection.reset()
        else:
            self._connection.close()
        await self.until_disconnected()

    async def until_disconnected(self) -> None:
        """Let the rest of the request come and go, until the connection has ended."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def wait(self, seconds: float | None, before: float = 0.0) -> None:
        """Let time pass while the client stays; None for as long as it does.

        Raises:
            ClientGone: It left, after so long and what was waited for `before`.
        """
        clock = asyncio.get_running_loop().time
        begin = clock()
        try:
            async with asyncio.timeout(seconds):
                await self.until_disconnected()
        except TimeoutError:
            return
        raise ClientGone(before + clock() - begin)


async def send_reply(send: SendMessage, reply: Reply) -> None:
    """Send a whole reply."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply_fields(reply)})
    await send({"type": "http.response.body", "body": reply.body})
