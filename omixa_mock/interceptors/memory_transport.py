"""In-memory transport of asyncio: a connection without a socket."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["MemoryTransport", "Peer"]

# As much as asyncio reads from a socket at once.
READ_MAX = 256 * 1024
# Addresses for documentation (RFC 5737): nobody has them.
ADDRESSES = {"peername": ("192.0.2.1", 443), "sockname": ("192.0.2.2", 49152)}


class Peer(Protocol):
    """The other end of a connection."""

    def receive(self, data: bytes) -> None:
        """Receive the next bytes."""

    def disconnect(self) -> None:
        """Note that the connection was closed."""


class MemoryTransport(asyncio.Transport):
    """Transport in memory, whose peer receives what is written and sends by `send`.

    It behaves as a socket's: bytes and the end of the connection arrive in a later iteration of the loop, and nothing
    arrives while reading is paused. It has no task and no resource to release.

    Args:
        loop: The event loop of the protocol.
        protocol: The protocol, which is not connected yet.

    Attributes:
        peer: The other end; set before the protocol is connected.
    """

    peer: Peer

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: Any) -> None:
        super().__init__(extra=ADDRESSES)
        self._loop = loop
        self._protocol = protocol
        self._incoming = bytearray()
        self._ended = self._resets = False
        self._reading = True
        self._closing = False

    # The peer's side

    def send(self, data: bytes) -> None:
        """Send bytes to the protocol."""
        self._incoming += data
        self._loop.call_soon(self._deliver)

    def end(self, *, resets: bool) -> None:
        """End the connection once the protocol has received the bytes before; a reset is an error."""
        self._ended, self._resets = True, resets
        self._loop.call_soon(self._deliver)

    def after_delivery(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the client has seen the bytes before, unless it closes the connection then."""

        def call_back() -> None:
            if not self._closing:
                callback()

        # The first iteration delivers the bytes, and the next one runs the client.
        self._loop.call_soon(self._loop.call_soon, call_back)

    def fail(self, error: BaseException) -> None:
        """Let the call raise an exception, and close the connection."""
        self._protocol.set_exception(error)
        # By its name: aiohttp has no other access to the body that the client is reading.
        body: Any = getattr(self._protocol, "_payload", None)
        if body is not None:
            body.set_exception(error)
        self._shut(None)

    def _deliver(self) -> None:
        while self._incoming and self._reading and not self._closing:
            data = bytes(self._incoming[:READ_MAX])
            del self._incoming[:READ_MAX]
            self._protocol.data_received(data)
        if self._ended and not self._incoming:
            self.after_delivery(self._deliver_end)

    def _deliver_end(self) -> None:
        error = None
        if self._resets:
            error = ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        else:
            self._protocol.eof_received()
        self._shut(error)

    # The protocol's side

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes to the peer."""
        if not self._closing:
            self.peer.receive(bytes(data))

    def close(self) -> None:
        """Close the connection."""
        if not self._closing:
            self._shut(None)
            self.peer.disconnect()

    def abort(self) -> None:
        """Close the connection; no bytes are buffered for the peer."""
        self.close()

    def _shut(self, error: OSError | None) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._protocol.connection_lost, error)

    def is_closing(self) -> bool:
        """Return True if the connection was closed, by either side."""
        return self._closing

    def pause_reading(self) -> None:
        """Keep the bytes back."""
        self._reading = False

    def resume_reading(self) -> None:
        """Receive bytes again."""
        if not self._reading:
            self._reading = True
            self._loop.call_soon(self._deliver)

    def is_reading(self) -> bool:
        """Return True unless reading is paused."""
        return self._reading and not self._closing

    def get_protocol(self) -> Any:
        """Return the protocol."""
        return self._protocol

    def set_protocol(self, protocol: Any) -> None:
        """Set another protocol."""
        self._protocol = protocol

    def can_write_eof(self) -> bool:
        """Return False, as over TLS."""
        return False

    def get_write_buffer_size(self) -> int:
        """Return 0: the peer receives bytes at once."""
        return 0

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return the limits of no buffer."""
        return 0, 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Do nothing: there is no buffer."""
