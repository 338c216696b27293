"""The ASGI door: one callable that performs the gateway's steps on a server's messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from starlette.types import Receive, Scope
from starlette.types import Send as SendMessage

from omixa_mock.gateway import ClientGone, Gateway, Problem, ReadBody, Reply, Request, Send, Step, Wait, envelope

from .drive import drive_async
from .fields import join_fields, read_query, reply_fields

__all__ = ["OUR_FAULT", "TRANSPORT", "GatewayDoor", "log", "read_head", "read_headers", "send_reply"]

# Where our own server shows its transport in the ASGI scope: ASGI has no word for a client that left.
TRANSPORT = "omixa_mock.transport"
# What a socket takes in one write, so that nobody can leave meanwhile.
LONG_REPLY = 64 * 1024
log = logging.getLogger("omixa_mock")


class GatewayDoor:
    """An ASGI application that answers every HTTP request from `gateway`."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        """Answer one request (ASGI 3, HTTP scope)."""
        client = AsgiClient(receive, send, scope.get("extensions", {}).get(TRANSPORT))
        try:
            await drive_async(self.gateway.handle(read_head(scope)), client.perform)
        except Exception:
            log.exception("omixa-mock failed on %s %s; please report this", scope["method"], scope["path"])
            if client.started:
                raise
            await send_reply(send, envelope(OUR_FAULT, self.gateway.workspaces.terms.errors))


OUR_FAULT = Problem(
    "internal_error", "The fake itself failed on this request; its log has the traceback. Please report it."
)


class AsgiClient:
    """The client at the other end of an ASGI connection, as far as one request goes."""

    def __init__(self, receive: Receive, send: SendMessage, transport: asyncio.Transport | None = None) -> None:
        self._receive = receive
        self._send = send
        self._transport = transport
        self.started = False

    async def perform(self, step: Step) -> bytes | None:
        """Perform one step of a journey.

        Raises:
            ClientGone: The client closed its connection meanwhile.
        """
        match step:
            case ReadBody(limit):
                return await self.read_body(limit)
            case Wait(seconds):
                await self.wait(seconds)
            case Send(reply):
                self.started = True
                await self.send(reply)
        return None

    async def read_body(self, limit: int) -> bytes | None:
        """The body, or None as soon as it is longer than `limit`; the server discards the rest."""
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > limit:
                return None
            more = message.get("more_body", False)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def send(self, reply: Reply) -> None:
        """Send a whole reply; of a long one, see whether the client stays to its last byte."""
        if self._transport is None or len(reply.body) <= LONG_REPLY:
            await send_reply(self._send, reply)
            return
        await self._send({"type": "http.response.start", "status": reply.status, "headers": reply_fields(reply)})
        await self._send({"type": "http.response.body", "body": reply.body, "more_body": True})
        # An empty piece waits until the socket has taken what came before it.
        await self._send({"type": "http.response.body", "more_body": True})
        if self._transport.is_closing():
            raise ClientGone
        await self._send({"type": "http.response.body"})

    async def wait(self, seconds: float) -> None:
        """Let time pass while the client stays."""
        try:
            async with asyncio.timeout(seconds):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return
        raise ClientGone


def read_head(scope: Scope) -> Request:
    """The head of a request, from an ASGI HTTP scope."""
    return Request(scope["method"], scope["path"], read_headers(scope), read_query(scope["query_string"]))


def read_headers(scope: Scope) -> Mapping[str, str]:
    """Header values by name."""
    return join_fields(scope["headers"])


async def send_reply(send: SendMessage, reply: Reply) -> None:
    """Send a whole reply."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply_fields(reply)})
    await send({"type": "http.response.body", "body": reply.body})
