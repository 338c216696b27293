"""The door for httpx and httpx2, which are built alike.

It takes the place of `_send_single_request`, where a client asks for the transport of one
call. respx and pytest-httpx patch below that; so a user's own mocks go on working
in any order, and a call to another host does not meet us at all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from importlib import import_module
from types import ModuleType
from typing import Any

import anyio

from omixa_mock.gateway import Cut, Flow, Request, Send
from omixa_mock.transports.header_fields import join_fields, read_query, response_fields

from .exchange import ClientTimedOut, answer, answer_async, is_omixa, visible_body
from .network_guard import refuse_live
from .patching import Facade, Patch
from .registry import flow_of
from .replay_httpcore import CORES, REPLAYS, replay, replay_async

__all__ = ["make_patches"]


def make_patches(library: ModuleType) -> list[Patch]:
    """What is patched in `httpx`, or in a library with the same classes."""
    own: Any = library
    return [
        Patch(library, own.Client, "_send_single_request", partial(send, library)),
        Patch(library, own.AsyncClient, "_send_single_request", partial(send, library)),
        Patch(library, own.HTTPTransport, "handle_request", partial(guard, library)),
        Patch(library, own.AsyncHTTPTransport, "handle_async_request", partial(guard, library)),
    ]


def send(library: ModuleType, own: Callable[..., Any]) -> Callable[..., Any]:
    """What stands in place of a client's `_send_single_request`, sync or async."""

    @wraps(own)
    def send_single_request(client: Any, request: Any) -> Any:
        flow = flow_of(read_head(request)) if is_omixa(request.url.host) else None
        if flow is None:
            return own(client, request)
        answered = Answered(library, flow)
        # All else (cookies, hooks, its log) is the client's own business.
        return own(Facade(client, _transport_for_url=lambda _: answered), request)

    return send_single_request


def guard(library: ModuleType, own: Callable[..., Any]) -> Callable[..., Any]:
    """What stands in place of a transport's method: a connection that is open already never asks for a name."""

    @wraps(own)
    def handle(transport: Any, request: Any) -> Any:
        if not hasattr(transport, REPLAYS) and is_own(library, own, transport):
            refuse_live(request.url.host, lambda told: library.ConnectError(told, request=request))
        return own(transport, request)

    return handle


def is_own(library: ModuleType, method: Callable[..., Any], transport: Any) -> bool:
    """Whether a transport's call leaves this machine: nobody's mock stands in place of the library's methods."""
    pool = type(getattr(transport, "_pool", None))
    below = getattr(pool, method.__name__, method).__module__
    core = import_module(CORES[library.__name__]).__name__
    return method.__module__.startswith(f"{library.__name__}.") and below.split(".")[0] in {core, library.__name__}


class Answered:
    """The transport of one call that is answered here.

    Args:
        library: `httpx`, or a library with the same classes.
        journey: The call's.
    """

    def __init__(self, library: Any, flow: Flow) -> None:
        self._library = library
        self._flow = flow

    def handle_request(self, request: Any) -> Any:
        """Answer a call of a sync client."""
        try:
            ending = answer(self._flow, request.read(), read_timeout_of(request))
        except ClientTimedOut:
            raise self._timeout(request, "timed out") from None
        if isinstance(ending, Cut):
            return replay(self._library, request, ending)
        return self._respond(request, ending)

    async def handle_async_request(self, request: Any) -> Any:
        """Answer a call of an async client."""
        body = await request.aread()
        try:
            ending = await answer_async(self._flow, body, read_timeout_of(request), anyio.sleep)
        except ClientTimedOut:
            # anyio's own exception has no text.
            raise self._timeout(request, "") from None
        if isinstance(ending, Cut):
            return await replay_async(self._library, request, ending)
        return self._respond(request, ending)

    def _respond(self, request: Any, ending: Send) -> Any:
        # A stream: content that is not what its encoding announces is the client's to find.
        stream = self._library.ByteStream(visible_body(ending.response, request.method))
        # As a connection says: httpx logs it.
        return self._library.Response(
            ending.response.status,
            headers=response_fields(ending.response),
            stream=stream,
            extensions={"http_version": b"HTTP/1.1"},
        )

    def _timeout(self, request: Any, told: str) -> Exception:
        error: Exception = self._library.ReadTimeout(told, request=request)
        return error


def read_timeout_of(request: Any) -> float | None:
    """The read timeout of an httpx request, in seconds."""
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds


def read_head(request: Any) -> Request:
    """The head of an httpx request."""
    url = request.url
    return Request(request.method, url.path, join_fields(request.headers.raw), read_query(url.query))
