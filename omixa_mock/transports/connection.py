"""Client connection: the operations that ASGI has no message for."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from itertools import chain, repeat

from starlette.types import Scope

from omixa_mock.gateway import Request, RequestHead, parse_head

from .header_fields import build_request
from .write_batcher import WriteBatcher

__all__ = ["CONNECTION", "Connection"]

# The key of the connection in the ASGI scope's extensions; our own server sets it.
CONNECTION = "omixa_mock.connection"
# struct linger: on, for no time.
# Seconds between two looks at a client that has been probed; a reset on one machine takes less than the first.
PROBE_DELAYS = (0.0, 0.001, 0.002, 0.004, 0.008, 0.016, 0.05)
# Looks between two probes: half a second.
PROBE_EVERY = 10
# Twice the time of a probe.
LOOK_SECONDS, LOOKS_MAX = 0.001, 200
GONE = getattr(select, "POLLHUP", 0) | getattr(select, "POLLERR", 0) | getattr(select, "POLLNVAL", 0)
NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Connection:
    """One connection to a client.

    Args:
        transport: The transport that carries its bytes.
        batcher: The batcher of the server's writes.

    Attributes:
        half_closes: True if a client may end its bytes and still read the response.
        stays: True if the client has ended its bytes and still reads.
        detects_disconnect: True if the kernel reports a closed client end before the event loop does.
    """

    def __init__(self, transport: asyncio.Transport, batcher: WriteBatcher) -> None:
        self._transport = transport
        self._batcher = batcher
        self._socket: socket.socket = transport.get_extra_info("socket")
        self._hangup_poll: select.poll | None = None
        self.detects_disconnect = sys.platform == "linux"
        self._last_head: tuple[Sequence[object], Request, RequestHead] | None = None
        # TLS has no half-closed connections here: asyncio closes them.
        self.half_closes = self.detects_disconnect and transport.get_extra_info("ssl_object") is None
        self.stays = False
        if self.detects_disconnect:
            self._hangup_poll = select.poll()
            self._hangup_poll.register(self._socket.fileno(), select.POLLRDHUP)

    def parse_head(self, scope: Scope) -> tuple[Request, RequestHead]:
        """Return the request and its parsed head; if the head equals the connection's last, it is not parsed again.

        The kept head has a key in clear text, as uvicorn's own state of a connection has. It ends with the connection.
        """
        head = scope["method"], scope["raw_path"], scope["query_string"], scope["headers"]
        if self._last_head is None or self._last_head[0] != head:
            request = build_request(scope)
            self._last_head = head, request, parse_head(request)
        return self._last_head[1:]

    async def check_disconnected(self) -> bool:
        """Return True if the client has closed its end by now."""
        if not self.detects_disconnect:
            await asyncio.sleep(0)  # the loop learns it in its next iteration at the earliest
        for _ in range(LOOKS_MAX if self.half_closes else 0):
            if self.stays or self.is_gone() or not self.is_disconnected():
                return self.is_gone()
            await asyncio.sleep(LOOK_SECONDS)  # the protocol probes the client meanwhile
        return self.is_disconnected()

    def is_gone(self) -> bool:
        """Return True if the connection is closed in both directions."""
        return self._transport.is_closing() or any(event & GONE for _, event in self._events())

    async def watch_half_closed(self, probe: Callable[[], bytes]) -> None:
        """Find out whether a client that has ended its bytes has left, and abort the connection then.

        A FIN means both. The kernel of a client that has left answers a probe by a reset; one that leaves later does
        so at a later probe, and behind a relay it takes some of them.

        Args:
            probe: Returns bytes that a client ignores; none if they would be within a response.
        """
        for number, delay in enumerate(chain(PROBE_DELAYS, repeat(PROBE_DELAYS[-1]))):
            if self.is_gone():
                break
            self.stays = number >= len(PROBE_DELAYS)
            await asyncio.sleep(delay)
            if number % PROBE_EVERY == PROBE_EVERY - 1:
                self.write_last(probe())
        # A connection that is closing still sends what is left of its last response.
        if not self._transport.is_closing():
            self._transport.abort()

    def is_disconnected(self) -> bool:
        """Return True if the client is known to have closed its end."""
        return self._transport.is_closing() or bool(self._events())

    def _events(self) -> Sequence[tuple[int, int]]:
        return self._hangup_poll.poll(0) if self._hangup_poll else ()

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
        # A failed write may have closed the socket just now.
        if not self._transport.is_closing():
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self._transport.abort()
