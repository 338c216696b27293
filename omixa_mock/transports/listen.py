"""Listening server that starts ready and stops at once.

uvicorn's own `Server` polls ten times a second for its end, which is too slow for a fake that is started for one
test. This module runs the loop itself, with uvicorn's protocol for HTTP. At the end it closes the listener and
aborts every connection, hanging ones included.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

from msgspec import Struct
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import ServerState

from omixa_mock.gateway import Problem, Response, Terms

from .handshake import report_bytes_without_tls
from .protocol import GatewayProtocol
from .wire import IDLE_SECONDS, KEEP_ALIVE
from .write_batcher import WriteBatcher

__all__ = ["Address", "listen", "new_event_loop"]


class Address(Struct, frozen=True):
    """Address to listen on.

    Attributes:
        host: Name or address.
        port: 0 for a free one.
        certificate: Path of a TLS certificate (PEM), or None for plain HTTP.
        key: Path of its private key (PEM).
    """

    host: str = "127.0.0.1"
    port: int = 0
    certificate: str | None = None
    key: str | None = None

    def url(self, port: int) -> str:
        """Return the URL of a server bound here to `port`; a server that listens everywhere has a loopback URL."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  # shown, not bound
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return a new event loop of the fastest kind that the platform has."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


async def listen(
    app: ASGIApp,
    terms: Terms,
    address: Address,
    *,
    stop: asyncio.Event,
    ready: Callable[[str], None],
    protocol_class: type[GatewayProtocol] = GatewayProtocol,
    drain: Callable[[], Awaitable[None]] | None = None,
    on_refusal: Callable[[Problem, Response | None], None] = lambda *_: None,
) -> None:
    """Serve `app` until `stop` is set.

    Args:
        app: The ASGI application.
        terms: The terms for refusals of malformed HTTP.
        address: The address to listen on.
        stop: The event that ends the server, open connections included.
        ready: Called with the server's URL once it listens.
        protocol_class: The class of the server's side of a connection.
        drain: Awaited after the listener is closed and before connections are aborted.
        on_refusal: Called with each refusal of bytes that are no HTTP, which no gateway records, and its response;
            None if the client speaks no TLS.

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
        timeout_keep_alive=IDLE_SECONDS,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
    )
    config.load()
    if config.ssl is not None:
        report_bytes_without_tls(config.ssl, lambda problem: on_refusal(problem, None))
    state = ServerState()
    state.default_headers = [KEEP_ALIVE]
    loop = asyncio.get_running_loop()
    batcher = WriteBatcher(loop.call_soon)

    def connect() -> GatewayProtocol:
        protocol = protocol_class(config, state, {}, loop)
        protocol.terms, protocol.batcher, protocol.on_refusal = terms, batcher, on_refusal
        return protocol

    listener = await loop.create_server(connect, address.host, address.port, ssl=config.ssl, backlog=config.backlog)
    try:
        ready(address.url(listener.sockets[0].getsockname()[1]))
        await stop.wait()
        listener.close()
        if drain is not None:
            await drain()
    finally:
        listener.close()
        batcher.flush()
        await abort(state)


async def abort(state: ServerState) -> None:
    """Abort every connection and its task at once."""
    tasks = tuple(state.tasks)
    for connection in tuple(state.connections):
        connection.transport.abort()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
