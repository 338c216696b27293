"""A listening server that starts ready and stops at once.

uvicorn's own `Server` polls ten times a second for its end; a fake that is
started for one test must not. So the loop is ours and uvicorn's protocol does
the HTTP: the listener is closed and every connection aborted, a hang included.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from msgspec import Struct
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import ServerState

from omixa_mock.gateway import Terms

from .protocol import GatewayProtocol
from .write_batcher import WriteBatcher

__all__ = ["Address", "listen", "new_event_loop"]


class Address(Struct, frozen=True):
    """Where to listen.

    Attributes:
        host: Name or address.
        port: 0 for a free one.
        certificate: Path of a TLS certificate (PEM), or None for plain HTTP.
        key: Path of its private key (PEM).
        shared: Whether other processes listen there as well (SO_REUSEPORT).
    """

    host: str = "127.0.0.1"
    port: int = 0
    certificate: str | None = None
    key: str | None = None
    shared: bool = False

    def url(self, port: int) -> str:
        """The URL of a server here that got `port`; one that listens everywhere is called on loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  # shown, not bound
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A new event loop of the fastest kind that the platform has."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


async def listen(
    app: ASGIApp, terms: Terms, address: Address, *, stop: asyncio.Event, ready: Callable[[str], None]
) -> None:
    """Serve `app` until `stop` is set.

    Args:
        app: The ASGI application.
        terms: For refusals of bytes that never become a request.
        address: Where to listen.
        stop: Ends the server when set, open connections included.
        ready: Called with the server's URL once it listens.

    Raises:
        OSError: The address cannot be bound.
    """
    config = Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    batcher = WriteBatcher(loop.call_soon)

    def connect() -> GatewayProtocol:
        protocol = GatewayProtocol(config, state, {}, loop)
        protocol.terms, protocol.batcher = terms, batcher
        return protocol

    # Bound by the loop itself: the connections of a socket that comes ready-made may lack TCP_NODELAY.
    listener = await loop.create_server(
        connect,
        address.host,
        address.port,
        ssl=config.ssl,
        backlog=config.backlog,
        reuse_port=address.shared or None,
    )
    try:
        ready(address.url(listener.sockets[0].getsockname()[1]))
        await stop.wait()
    finally:
        listener.close()
        batcher.flush()
        await abort(state)


async def abort(state: ServerState) -> None:
    """End every connection and its task at once."""
    tasks = tuple(state.tasks)
    for connection in tuple(state.connections):
        connection.transport.abort()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
