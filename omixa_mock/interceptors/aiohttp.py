"""Interceptor for aiohttp, at the method of its connectors that opens a connection.

The leaf is `_create_connection`. Everything above it runs for real: sessions, middlewares, redirects, the pool with its
limits. aiohttp writes the request to a transport in memory, and parses the response from it. So a proxy is not called,
and TLS is not needed.

Each connection serves one call: a pooled one could be taken by a call of another interception.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import TimerContext

from .advisories import advise_of_bypass, reach_leaf
from .aiohttp_call import GatewayCall
from .aiohttp_limits import TimeLimits
from .exchange import is_omixa
from .memory_transport import MemoryTransport
from .neighbours import is_intercepted, patch_aioresponses, patch_vcr
from .network_guard import refuse_live
from .patching import Patch
from .registry import ACTIVE
from .tripwire import TRIPWIRE, LiveCallBlocked, is_guarded

__all__ = ["make_patches"]

# The methods that a call uses. A call must not be the first to find that one is gone.
USED = {ResponseHandler: ("_drop_timeout", "_on_read_timeout", "force_close"), TimerContext: ("timeout",)}
BYPASS_CURE = "Give the session no connector, or one of aiohttp's own"


def make_patches(library: ModuleType) -> list[Patch]:
    """Return the patches of aiohttp.

    Raises:
        AttributeError: Its internals have other names.
    """
    # Methods that a call uses; a call must not be the first to find that they are gone.
    for owner, names in USED.items():
        for name in names:
            getattr(owner, name)
    connectors = (aiohttp.TCPConnector, aiohttp.UnixConnector, aiohttp.NamedPipeConnector)
    return [
        *(Patch(library, connector, "_create_connection", make_leaf) for connector in connectors),
        Patch(library, aiohttp.BaseConnector, "connect", make_connect),
        Patch(library, aiohttp.BaseConnector, "_get", make_pool_lookup),
        patch_aioresponses(),
        patch_vcr(),
    ]


def make_leaf(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a connector's `_create_connection`: it answers calls, and refuses live ones."""

    @wraps(original)
    async def create_connection(connector: Any, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109  # its signature
        host = req.url.raw_host or ""
        if is_accepted(req):
            reach_leaf(req.method, str(req.url))
            return connect_to_gateway(connector, req, timeout)
        if reaches_network(connector, original):
            refuse_live(host, lambda message: build_connection_error(req, message))
        return await original(connector, req, traces, timeout)

    return create_connection


def make_connect(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a connector's `connect`: it advises of a call that bypassed the interceptions."""

    @wraps(original)
    async def connect(connector: Any, req: Any, *args: Any, **kwargs: Any) -> Any:
        connection = await original(connector, req, *args, **kwargs)
        if is_accepted(req) and not isinstance(connection.transport, MemoryTransport):
            advise_of_bypass(req.method, str(req.url), type(connector), BYPASS_CURE)
        return connection

    return connect


def make_pool_lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a connector's `_get`, which takes a connection from its pool.

    A connection to Omixa that was opened before must not carry a call now.
    """

    @wraps(original)
    def get(connector: Any, key: Any, *args: Any) -> Any:
        unpooled = (ACTIVE or TRIPWIRE.armed) and is_guarded(key.host)
        # Of a key that no connection has, the pool returns None, in each version by its own protocol.
        return original(connector, object() if unpooled else key, *args)

    return get


def is_accepted(req: Any) -> bool:
    """Return True if an interception accepts a call."""
    url = req.url
    return is_omixa(url.raw_host or "") and is_intercepted(req.method, str(url), req.headers.items())


def connect_to_gateway(connector: Any, req: Any, timeout: Any) -> Any:
    """Return a protocol of the connector's that is connected to a gateway."""
    loop = asyncio.get_running_loop()
    protocol = connector._factory()  # noqa: SLF001  # the protocol of the connector's own connections
    transport = MemoryTransport(loop, protocol)
    transport.peer = GatewayCall(loop, transport, TimeLimits(timeout, protocol, req))
    protocol.connection_made(transport)
    protocol.force_close()
    return protocol


def reaches_network(connector: Any, method: Callable[..., Any]) -> bool:
    """Return True if a call leaves this machine: neither a mock nor a resolver of the user's own is in place."""
    if not isinstance(connector, aiohttp.TCPConnector):
        return False
    resolver: Any = connector._resolver  # noqa: SLF001  # no public name
    resolve: Any = type(connector)._resolve_host  # noqa: SLF001  # aresponses replaces it
    parts = (method.__module__, type(resolver).__module__, resolve.__module__)
    return all(module.startswith("aiohttp.") for module in parts)


def build_connection_error(req: Any, message: str) -> aiohttp.ClientConnectorError:
    """Return aiohttp's exception of a refused connection; its text contains the message."""
    return aiohttp.ClientConnectorError(req.connection_key, LiveCallBlocked(errno.ENETUNREACH, message))
