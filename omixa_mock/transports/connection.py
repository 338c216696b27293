"""The connection that a request came by, for what ASGI has no word for."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
import sys
from collections.abc import Sequence

from starlette.types import Scope

from omixa_mock.gateway import Request, RequestHead, parse_head

from .header_fields import read_head
from .write_batcher import WriteBatcher

__all__ = ["CONNECTION", "Connection"]

# Where our own server shows the connection in the ASGI scope's extensions.
CONNECTION = "omixa_mock.connection"
# struct linger: on, for no time.
NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Connection:
    """One connection to a client.

    Args:
        transport: What carries its bytes.
        outbox: What they leave by.
    """

    def __init__(self, transport: asyncio.Transport, batcher: WriteBatcher) -> None:
        self._transport = transport
        self._batcher = batcher
        self._socket: socket.socket = transport.get_extra_info("socket")
        self._leaving: select.poll | None = None
        # Whether the kernel says that a client has closed its end before the loop learns it.
        self.sees_ahead = sys.platform == "linux"
        self._last: tuple[Sequence[object], Request, RequestHead] | None = None
        if self.sees_ahead:
            self._leaving = select.poll()
            self._leaving.register(self._socket.fileno(), select.POLLRDHUP)

    def read_head(self, scope: Scope) -> tuple[Request, RequestHead]:
        """The head of a request and what it says; of one that is equal to the connection's last, what was read then.

        It has a key in the clear, as what uvicorn keeps of a connection has, and goes with the connection.
        """
        came = scope["method"], scope["path"], scope["query_string"], scope["headers"]
        if self._last is None or self._last[0] != came:
            request = read_head(scope)
            self._last = came, request, parse_head(request)
        return self._last[1:]

    async def has_left(self) -> bool:
        """Whether the client has closed its end by now."""
        if not self.sees_ahead:
            await asyncio.sleep(0)  # the loop learns it with its next turn at the earliest
        return self.is_left()

    def is_left(self) -> bool:
        """Whether the client is known to have closed its end."""
        return self._transport.is_closing() or bool(self._leaving and self._leaving.poll(0))

    def write(self, data: bytes) -> None:
        """Send bytes, whatever they are."""
        self._batcher.put(self._transport, data)

    def write_last(self, data: bytes) -> None:
        """Send the last bytes now, after all that was sent before."""
        self.write(data)
        self._batcher.flush()

    def close(self) -> None:
        """End the connection once all is sent."""
        self._batcher.flush()
        self._transport.close()

    def reset(self) -> None:
        """End it by a TCP reset: closing without lingering discards what is unsent (RFC 9293 §3.10.4)."""
        self._batcher.flush()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self._transport.abort()
