"""A broken connection for httpx and httpx2: their own HTTP/1.1 parser reads the bytes, and raises what it raises.

The wire's bytes are played to the library's connection pool by a network of our
own, so that no exception and no wording of one is written down here.
"""

from __future__ import annotations

import asyncio
import ssl
from importlib import import_module
from typing import Any

import anyio

from omixa_mock.gateway import Cut
from omixa_mock.transports.wire import write_broken

__all__ = ["CORES", "REPLAYS", "replay", "replay_async"]

CORES = {"httpx": "httpcore", "httpx2": "httpcore2"}
# What marks a transport of ours: its calls go nowhere.
REPLAYS = "omixa_mock_replays"


class Wire:
    """What comes over a connection that somebody ends before it is complete."""

    def __init__(self, core: Any, cut: Cut, told: str) -> None:
        self._core = core
        self._data, self._resets = write_broken(cut)
        self._told = told

    def take(self) -> bytes:
        """What there is to read; nothing once the connection is closed."""
        data, self._data = self._data, b""
        if not data and self._resets:
            raise self._core.ReadError(self._told)
        return data


class Stream:
    """A connection to nowhere, from which a `Wire` is read."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def read(self, *_: Any, **__: Any) -> bytes:
        """The next bytes."""
        return self._wire.take()

    def write(self, *_: Any, **__: Any) -> None:
        """Take the request: its journey has ended already."""

    def close(self) -> None:
        """Nothing is open."""

    def start_tls(self, *_: Any, **__: Any) -> Stream:
        """Nobody listens: there is nothing to encrypt."""
        return self

    def get_extra_info(self, _: str) -> None:
        """There is none."""


class AsyncStream(Stream):
    """The same, awaited."""

    async def read(self, *_: Any, **__: Any) -> bytes:  # type: ignore[override]  # that is how the two differ
        """The next bytes."""
        return self._wire.take()

    async def write(self, *_: Any, **__: Any) -> None:  # type: ignore[override]
        """Take the request: its journey has ended already."""

    async def aclose(self) -> None:
        """Nothing is open."""

    async def start_tls(self, *_: Any, **__: Any) -> AsyncStream:  # type: ignore[override]
        """Nobody listens: there is nothing to encrypt."""
        return self


class Network:
    """Connects everybody to one wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def connect_tcp(self, *_: Any, **__: Any) -> Stream:
        """The connection."""
        return Stream(self._wire)


class AsyncNetwork(Network):
    """The same, awaited."""

    async def connect_tcp(self, *_: Any, **__: Any) -> AsyncStream:  # type: ignore[override]
        """The connection."""
        return AsyncStream(self._wire)


# As the operating system words it.
RESET = "[Errno 104] Connection reset by peer"


def word_reset() -> str:
    """As the event loop's own streams word it: anyio's exception for asyncio has no text."""
    is_asyncio = anyio.get_cancelled_exc_class() is asyncio.CancelledError
    return "" if is_asyncio else f"socket connection broken: {RESET}"


def replay(library: Any, request: Any, cut: Cut) -> Any:
    """The response that the library makes of broken bytes, or the exception that it raises."""
    core = import_module(CORES[library.__name__])
    pool = core.ConnectionPool(context(), network_backend=Network(Wire(core, cut, RESET)))
    transport = library.HTTPTransport(verify=context())
    transport._pool = pool  # noqa: SLF001  # the only place where a network can be put in
    setattr(transport, REPLAYS, True)
    return transport.handle_request(request)


async def replay_async(library: Any, request: Any, cut: Cut) -> Any:
    """The response that the library makes of broken bytes, or the exception that it raises."""
    core = import_module(CORES[library.__name__])
    pool = core.AsyncConnectionPool(context(), network_backend=AsyncNetwork(Wire(core, cut, word_reset())))
    transport = library.AsyncHTTPTransport(verify=context())
    transport._pool = pool  # noqa: SLF001  # the only place where a network can be put in
    setattr(transport, REPLAYS, True)
    return await transport.handle_async_request(request)


def context() -> ssl.SSLContext:
    """A TLS context that nobody uses; the default one would load every root certificate."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
