"""Client connection: the operations that ASGI has no message for."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
import sys
from collections.abc import Sequence

from starlette.types import Scope

from omixa_mock.gateway import Request, RequestHead, parse_head

from .header_fields import build_request
from .write_batcher import WriteBatcher

__all__ = ["CONNECTION", "Connection"]

# The key of the connection in the ASGI scope's extensions; our own server sets it.
CONNECTION = "omixa_mock.connection"
# struct linger: on, for no time.
NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Connection:
    """One connection to a client.

    Args:
        transport: The transport that carries its bytes.
        batcher: The batcher of the server's writes.

    Attributes:
        detects_disconnect: True if the kernel reports a closed client end before the event loop does.
    """

    def __init__(self, transport: asyncio.Transport, batcher: WriteBatcher) -> None:
        self._transport = transport
        self._batcher = batcher
        self._socket: socket.socket = transport.get_extra_info("socket")
        self._hangup_poll: select.poll | None = None
        self.detects_disconnect = sys.platform == "linux"
        self._last_head: tuple[Sequence[object], Request, RequestHead] | None = None
        if self.detects_disconnect:
            self._hangup_poll = select.poll()
            self._hangup_poll.register(self._socket.fileno(), select.POLLRDHUP)

    def parse_head(self, scope: Scope) -> tuple[Request, RequestHead]:
        """Return the request and its parsed head; if the head equals the connection's last, it is not parsed again.

        The kept head has a key in clear text, as uvicorn's own state of a connection has. It ends with the connection.
        """
        head = scope["method"], scope["path"], scope["query_string"], scope["headers"]
        if self._last_head is None or self._last_head[0] != head:
            request = build_request(scope)
            self._last_head = head, request, parse_head(request)
        return self._last_head[1:]

    async def check_disconnected(self) -> bool:
        """Return True if the client has closed its end by now."""
        if not self.detects_disconnect:
            await asyncio.sleep(0)  # the loop learns it in its next iteration at the earliest
        return self.is_disconnected()

    def is_disconnected(self) -> bool:
        """Return True if the client is known to have closed its end."""
        return self._transport.is_closing() or bool(self._hangup_poll and self._hangup_poll.poll(0))

    def write(self, data: bytes) -> None:
        """Send any bytes."""
        self._batcher.put(self._transport, data)

    def write_last(self, data: bytes) -> None:
        """Send the last bytes now, after all that was sent before."""
        self.write(data)
        self._batcher.flush()

    def close(self) -> None:
        """Close the connection once all is sent."""
        self._batcher.flush()
        self._transport.close()

    def reset(self) -> None:
        """Reset the connection: closing without lingering discards unsent bytes (RFC 9293 §3.10.4)."""
        self._batcher.flush()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self._transport.abort()
