"""Connection to the gateway: one for each of a client, on httpx's engine, with the bytes as they came.

httpx itself would add header fields, follow cookies and decode bodies. Its engine httpcore does none of this.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, Iterable
from typing import Any, Literal
from urllib.parse import urlsplit

import httpcore
import httpx
from msgspec import Struct

from .fields import Fields, end_to_end

__all__ = ["ERRORS", "Ending", "Origin", "Upstream", "create_context", "find_ending"]

# The bytes of a response's head that are kept until it is parsed.
HEAD_MAX = 64 * 1024
# Seconds that an idle connection is kept, which is less than servers keep theirs.
IDLE_MAX = 2.0
ERRORS = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)
# The way in which the gateway ended a connection early.
Ending = Literal["unreachable", "reset", "closed", "malformed"]


class Origin(Struct, frozen=True):
    """Origin of the gateway: scheme, host, port, and the value of Host."""

    scheme: bytes
    host: bytes
    port: int | None
    authority: bytes

    @classmethod
    def parse(cls, url: str) -> Origin:
        """Return the origin of a URL that has been checked."""
        parts = urlsplit(url)
        return cls(parts.scheme.encode(), (parts.hostname or "").encode(), parts.port, parts.netloc.encode())

    @property
    def url(self) -> str:
        """Return the origin as text."""
        return f"{self.scheme.decode()}://{self.authority.decode()}"


class Tap(httpcore.AsyncNetworkStream):
    """Network stream that keeps the bytes of a head that cannot be parsed.

    Attributes:
        head: The bytes received since the request began.
        ended: True if the gateway has closed its end.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self.head = bytearray()
        self.ended = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # as httpcore has it
        """Return the next bytes; empty at the end."""
        data = await self._stream.read(max_bytes, timeout)
        self.ended = not data
        if len(self.head) < HEAD_MAX:
            self.head += data
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # as httpcore has it
        """Send bytes."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as httpcore has it
    ) -> httpcore.AsyncNetworkStream:
        """Return the stream over TLS."""
        self._stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return self

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks about the stream."""
        return self._stream.get_extra_info(info)


class TappedNetwork(httpcore.AsyncNetworkBackend):
    """Network whose newest stream is known."""

    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()
        self.tap: Tap | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # as httpcore has it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect."""
        stream = await self._network.connect_tcp(host, port, timeout, local_address, socket_options)
        self.tap = Tap(stream)
        return self.tap

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)


class Upstream:
    """Connection to the gateway for one connection of a client.

    Args:
        origin: The origin of the gateway.
        context: The TLS context.
    """

    def __init__(self, origin: Origin, context: ssl.SSLContext) -> None:
        self._origin = origin
        self._network = TappedNetwork()
        self._pool = httpcore.AsyncConnectionPool(
            context, max_connections=1, keepalive_expiry=IDLE_MAX, network_backend=self._network
        )

    async def send(
        self, method: bytes, target: bytes, fields: Fields, content: AsyncIterable[bytes]
    ) -> httpcore.Response:
        """Send a request, and return the response once its head has come.

        Raises:
            httpcore.NetworkError: The gateway cannot be reached, or has reset the connection.
            httpcore.ProtocolError: The response is not HTTP.
        """
        if self._network.tap:
            self._network.tap.head.clear()
            self._network.tap.ended = False
        url = httpcore.URL(
            scheme=self._origin.scheme, host=self._origin.host, port=self._origin.port, target=target or b"/"
        )
        return await self._pool.handle_async_request(
            httpcore.Request(method, url, headers=list(fields), content=content)
        )

    def pass_on(self, fields: Fields) -> list[tuple[bytes, bytes]]:
        """Return a client's fields as the gateway gets them: without those of the connection, with its own Host."""
        passed = end_to_end(fields)
        named = [(name, self._origin.authority if name.lower() == b"host" else value) for name, value in passed]
        has_host = any(name.lower() == b"host" for name, _ in named)
        return named if has_host else [(b"Host", self._origin.authority), *named]

    @property
    def unparsed(self) -> bytes:
        """Return the bytes received since the request began, of a head that cannot be parsed."""
        return bytes(self._network.tap.head) if self._network.tap else b""

    @property
    def ended(self) -> bool:
        """Return True if the gateway has closed its end."""
        return self._network.tap is not None and self._network.tap.ended

    async def aclose(self) -> None:
        """Close the connection."""
        await self._pool.aclose()


def find_ending(error: Exception, upstream: Upstream) -> Ending:
    """Return the way in which the gateway ended a connection early."""
    if isinstance(error, (httpcore.ConnectError, httpcore.TimeoutException)):
        return "unreachable"
    if isinstance(error, httpcore.NetworkError):
        return "reset"
    return "closed" if upstream.ended else "malformed"


def create_context() -> ssl.SSLContext:
    """Return the TLS context of httpx, which obeys SSL_CERT_FILE and SSL_CERT_DIR."""
    return httpx.create_ssl_context()
