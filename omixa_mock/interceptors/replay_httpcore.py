"""Replay of a broken connection for httpx and httpx2: their own HTTP/1.1 parser reads its bytes.

A network stream of ours plays the bytes to a connection of the library. So the library raises its own exceptions, with
its own wording. Mocks of the user's replace methods of the pool (respx) and of the transport (pytest-httpx); neither is
used here.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

import anyio

from omixa_mock.gateway import Cut
from omixa_mock.transports.wire import encode_broken

__all__ = ["CORES", "replay", "replay_async"]

CORES = {"httpx": "httpcore", "httpx2": "httpcore2"}


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


class ReplayPool:
    """Connection pool of one call, whose connection yields broken bytes.

    Args:
        core: `httpcore`, or a library with the same classes.
        source: The bytes.
    """

    def __init__(self, core: Any, source: BrokenBytes) -> None:
        self._core = core
        self._source = source

    def handle_request(self, request: Any) -> Any:
        """Return the response of a connection."""
        connection = self._core.HTTP11Connection(request.url.origin, ReplayStream(self._source))
        return connection.handle_request(request)

    async def handle_async_request(self, request: Any) -> Any:
        """Return the response of an async connection."""
        connection = self._core.AsyncHTTP11Connection(request.url.origin, AsyncReplayStream(self._source))
        return await connection.handle_async_request(request)


# The operating system's own wording.
RESET = "[Errno 104] Connection reset by peer"


def async_reset_message() -> str:
    """Return the message of a reset in the event loop's own streams: anyio's exception for asyncio has no text."""
    is_asyncio = anyio.get_cancelled_exc_class() is asyncio.CancelledError
    return "" if is_asyncio else f"socket connection broken: {RESET}"


def replay(library: Any, request: Any, cut: Cut) -> Any:
    """Return the library's response to broken bytes, or raise its exception."""
    core = import_module(CORES[library.__name__])
    transport = own_transports(library.__name__).HTTPTransport(verify=empty_context())
    transport._pool = ReplayPool(core, BrokenBytes(core, cut, RESET))  # noqa: SLF001  # the only place for a connection
    return transport.handle_request(request)


async def replay_async(library: Any, request: Any, cut: Cut) -> Any:
    """Return the library's response to broken bytes, or raise its exception."""
    core = import_module(CORES[library.__name__])
    transport = own_transports(library.__name__).AsyncHTTPTransport(verify=empty_context())
    transport._pool = ReplayPool(core, BrokenBytes(core, cut, async_reset_message()))  # noqa: SLF001  # as above
    return await transport.handle_async_request(request)


@cache
def own_transports(library: str) -> ModuleType:
    """Return the module of a library's transports, executed anew: nobody has patched this copy."""
    package = f"{library}._transports"
    origin = find_spec(f"{package}.default")
    spec = spec_from_file_location(f"{package}.omixa_mock_default", origin.origin if origin else None)
    if spec is None or spec.loader is None:
        raise ImportError(f"{library} has no module {package}.default")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def empty_context() -> ssl.SSLContext:
    """Return an unused TLS context; the default one would load every root certificate."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
