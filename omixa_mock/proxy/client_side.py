"""Client's side of an exchange: the response as the gateway sent it, and the ways to end a connection.

It writes the head itself, since ASGI has neither a reason phrase nor the case of field names.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

from starlette.types import Receive, Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from omixa_mock.gateway import ClientDisconnected, Response
from omixa_mock.transports.connection import CONNECTION, Connection
from omixa_mock.transports.header_fields import response_fields
from omixa_mock.transports.wire import PHRASES

from .fields import Fields
from .protocol import CYCLE

__all__ = ["ClientSide", "Framing"]

MALFORMED_CHUNK = b"no chunk\r\n"
BODILESS = frozenset({204, 304})
# The length is announced, the body is in chunks, or the end of the connection ends it.
Framing = Literal["length", "chunked", "close"]


class ClientSide:
    """The client of one exchange.

    Args:
        scope: The ASGI scope of our own server.
        receive: Returns the server's next message.

    Attributes:
        started: True once a part of a response was sent, or the connection was ended.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        extensions: dict[str, Any] = scope["extensions"]
        self._connection: Connection = extensions[CONNECTION]
        self._cycle: RequestResponseCycle = extensions[CYCLE]
        self._receive = receive
        self._is_head = scope["method"] == "HEAD"
        self._is_old = scope["http_version"] == "1.0"
        self._chunked = False
        self._body_read = asyncio.Event()
        self.started = False

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the pieces of the request's body.

        Raises:
            ClientDisconnected: The client closed its connection.
        """
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]
        self._body_read.set()

    async def discard_body(self) -> None:
        """Discard the rest of the body: a client that is still sending may not see why its connection ends."""
        if not self._body_read.is_set():
            async for _ in self.body():
                pass

    async def wait_for_disconnect(self) -> None:
        """Wait until the client has closed its connection; begins once its body is read."""
        await self._body_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def start(self, status: int, reason: bytes, fields: Fields, framing: Framing) -> None:
        """Send the head of a response.

        Args:
            status: The status.
            reason: The reason phrase.
            fields: The header fields, without those of the connection.
            framing: The framing of the gateway's body, which the client gets too if its version of HTTP has it.
        """
        has_body = not (self._is_head or status in BODILESS)
        self._chunked = has_body and framing == "chunked" and not self._is_old
        if has_body and framing != "length" and not self._chunked:
            self._cycle.keep_alive = False
        own = [(b"Transfer-Encoding", b"chunked")] if self._chunked else []
        own += [] if self._cycle.keep_alive else [(b"Connection", b"close")]
        lines = b"".join(b"%s: %s\r\n" % field for field in (*fields, *own))
        self._mark_started()
        await self._write(b"HTTP/1.1 %d %s\r\n%s\r\n" % (status, reason, lines))

    async def send(self, piece: bytes) -> None:
        """Send a piece of the body."""
        await self._write(b"%x\r\n%s\r\n" % (len(piece), piece) if self._chunked else piece)

    async def finish(self) -> None:
        """Send the end of the body; the connection stays open if both sides agree."""
        if self._chunked:
            await self._write(b"0\r\n\r\n")
        cycle = self._cycle
        cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self._connection.close()
        cycle.on_response()

    async def respond(self, response: Response) -> None:
        """Send a whole response of the proxy itself."""
        if self._cycle.more_body:
            self._cycle.keep_alive = False  # the rest of the body is not read
        status = response.status
        await self.start(status, PHRASES.get(status, "").encode(), response_fields(response), "length")
        if not self._is_head:
            await self.send(response.body)
        await self.finish()

    def end(self, *, reset: bool = False, last: bytes = b"") -> None:
        """End the connection amid the response.

        Args:
            reset: Reset the connection instead of closing it.
            last: The last bytes, sent as they are.
        """
        self._mark_started()
        self._connection.write_last(last)
        if reset:
            self._connection.reset()
        else:
            self._connection.close()

    def end_with_malformed_chunk(self) -> None:
        """End the connection after bytes that are no chunk, if the body is chunked."""
        self.end(last=MALFORMED_CHUNK if self._chunked else b"")

    async def _write(self, data: bytes) -> None:
        """Send bytes, and wait while the client does not take them."""
        if self._cycle.disconnected:
            raise ClientDisconnected
        self._connection.write(data)
        if self._cycle.flow.write_paused:
            await self._cycle.flow.drain()

    def _mark_started(self) -> None:
        self.started = self._cycle.response_started = True
        self._cycle.waiting_for_100_continue = False
