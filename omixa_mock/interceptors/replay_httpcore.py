"""Replay of a broken connection for httpx and httpx2: their own HTTP/1.1 parser reads its bytes.

A network backend of ours plays the bytes to the library's connection pool. So the library raises its own exceptions,
with its own wording.
"""

from __future__ import annotations

import asyncio
import ssl
from importlib import import_module
from typing import Any

import anyio

from omixa_mock.gateway import Cut
from omixa_mock.transports.wire import encode_broken

__all__ = ["CORES", "REPLAYS", "replay", "replay_async"]

CORES = {"httpx": "httpcore", "httpx2": "httpcore2"}
# The attribute that marks a transport of ours: its calls do not leave this machine.
REPLAYS = "omixa_mock_replays"


class BrokenBytes:
    """Bytes of a connection that ends before its response is complete."""

    def __init__(self, core: Any, cut: Cut, reset_message: str) -> None:
        self._core = core
        self._data, self._resets = encode_broken(cut)
        self._reset_message = reset_message

    def take(self) -> bytes:
        """Return the bytes to read; none once the connection is closed."""
        data, self._data = self._data, b""
        if not data and self._resets:
            raise self._core.ReadError(self._reset_message)
        return data


class ReplayStream:
    """Network stream from which broken bytes are read."""

    def __init__(self, source: BrokenBytes) -> None:
        self._source = source

    def read(self, *_: Any, **__: Any) -> bytes:
        """Return the next bytes."""
        return self._source.take()

    def write(self, *_: Any, **__: Any) -> None:
        """Discard the request: its flow has ended already."""

    def close(self) -> None:
        """Do nothing: no socket is open."""

    def start_tls(self, *_: Any, **__: Any) -> ReplayStream:
        """Return the stream itself, without TLS."""
        return self

    def get_extra_info(self, _: str) -> None:
        """Return None: there is no socket."""


class AsyncReplayStream(ReplayStream):
    """Async network stream from which broken bytes are read."""

    async def read(self, *_: Any, **__: Any) -> bytes:  # type: ignore[override]  # that is how the two differ
        """Return the next bytes."""
        return self._source.take()

    async def write(self, *_: Any, **__: Any) -> None:  # type: ignore[override]
        """Discard the request: its flow has ended already."""

    async def aclose(self) -> None:
        """Do nothing: no socket is open."""

    async def start_tls(self, *_: Any, **__: Any) -> AsyncReplayStream:  # type: ignore[override]
        """Return the stream itself, without TLS."""
        return self


class ReplayBackend:
    """Network backend whose connections all yield the same broken bytes."""

    def __init__(self, source: BrokenBytes) -> None:
        self._source = source

    def connect_tcp(self, *_: Any, **__: Any) -> ReplayStream:
        """Return a connection."""
        return ReplayStream(self._source)


class AsyncReplayBackend(ReplayBackend):
    """Async network backend whose connections all yield the same broken bytes."""

    async def connect_tcp(self, *_: Any, **__: Any) -> AsyncReplayStream:  # type: ignore[override]
        """Return a connection."""
        return AsyncReplayStream(self._source)


# The operating system's own wording.
RESET = "[Errno 104] Connection reset by peer"


def async_reset_message() -> str:
    """Return the message of a reset in the event loop's own streams: anyio's exception for asyncio has no text."""
    is_asyncio = anyio.get_cancelled_exc_class() is asyncio.CancelledError
    return "" if is_asyncio else f"socket connection broken: {RESET}"


def replay(library: Any, request: Any, cut: Cut) -> Any:
    """Return the library's response to broken bytes, or raise its exception."""
    core = import_module(CORES[library.__name__])
    pool = core.ConnectionPool(empty_context(), network_backend=ReplayBackend(BrokenBytes(core, cut, RESET)))
    transport = library.HTTPTransport(verify=empty_context())
    transport._pool = pool  # noqa: SLF001  # the only place where a network can be put in
    setattr(transport, REPLAYS, True)
    return transport.handle_request(request)


async def replay_async(library: Any, request: Any, cut: Cut) -> Any:
    """Return the library's response to broken bytes, or raise its exception."""
    core = import_module(CORES[library.__name__])
    source = BrokenBytes(core, cut, async_reset_message())
    pool = core.AsyncConnectionPool(empty_context(), network_backend=AsyncReplayBackend(source))
    transport = library.AsyncHTTPTransport(verify=empty_context())
    transport._pool = pool  # noqa: SLF001  # the only place where a network can be put in
    setattr(transport, REPLAYS, True)
    return await transport.handle_async_request(request)


def empty_context() -> ssl.SSLContext:
    """Return an unused TLS context; the default one would load every root certificate."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
