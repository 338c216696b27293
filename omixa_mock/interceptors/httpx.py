"""Interceptor for httpx and httpx2, which have the same classes.

The leaf is `HTTPTransport.handle_request`, the last method of the library above its connections. Everything that a
client has above it runs for real: transports that wrap another one, subclasses, mounts, retries. A client whose
transport is the library's own takes a short way: its `_send_single_request` gets a transport of ours. A patch of the
leaf by respx or pytest-httpx then does not matter.

A transport of the client's own that never reaches the leaf (MockTransport, ASGITransport) answers, as it would on a
socket; an advisory says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from importlib import import_module
from types import ModuleType
from typing import Any
from weakref import WeakValueDictionary

from omixa_mock.gateway import Request
from omixa_mock.transports.header_fields import join_fields, parse_query
from omixa_mock.transports.request_rules import decode_path

from .advisories import advise_of_bypass, advise_of_route, advise_of_url, note_leaf, pass_through
from .exchange import is_omixa
from .httpx_transport import GatewayTransport
from .network_guard import refuse_live
from .own_routes import find_respx_route, is_routed_to_handler
from .patching import AttributeOverlay, Patch
from .registry import ACTIVE, flow_of, time_scale
from .replay_httpcore import CORES
from .retry_waits import scaled_waits

__all__ = ["make_patches"]

# Transports that have passed a call on to the leaf: one that then answers by itself has a cache.
WRAPPERS: WeakValueDictionary[int, Any] = WeakValueDictionary()


@contextmanager
def pass_own_transport(transport: Any, request: Any) -> Iterator[None]:
    """Let a call pass through a client's own transports: advise if one answers, scale the waits of their retries."""
    with pass_through() as passage, scaled_waits(time_scale()):
        try:
            yield
        finally:
            if passage.reached_leaf:
                # By its identity: a dataclass cannot be hashed.
                WRAPPERS[id(transport)] = transport
            elif id(transport) not in WRAPPERS:
                cure = "Give the client no transport, or one that ends in the library's HTTPTransport"
                advise_of_bypass(request.method, str(request.url), type(transport), cure)


def make_patches(library: ModuleType) -> list[Patch]:
    """Return the patches of `httpx`, or of a library with the same classes."""
    module: Any = library
    sync_leaf = Patch(library, module.HTTPTransport, "handle_request", partial(make_leaf, library, "handle_request"))
    async_leaf = Patch(
        library, module.AsyncHTTPTransport, "handle_async_request", partial(make_leaf, library, "handle_async_request")
    )
    return [
        sync_leaf,
        async_leaf,
        Patch(library, module.Client, "_send_single_request", partial(make_send, library, sync_leaf)),
        Patch(library, module.AsyncClient, "_send_single_request", partial(make_async_send, library, async_leaf)),
    ]


def make_send(library: Any, leaf: Patch, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a client's `_send_single_request`."""

    @wraps(original)
    def send_single_request(client: Any, request: Any) -> Any:
        if not ACTIVE or not is_omixa(request.url.host):
            return original(client, request)
        transport = choose_transport(client, request.url)
        if is_plain(transport, library.HTTPTransport, "handle_request"):
            return original(take_short_way(library, client, request), request)
        leaf.apply()
        with pass_own_transport(transport, request):
            return original(AttributeOverlay(client, _transport_for_url=lambda _: transport), request)

    return send_single_request


def make_async_send(library: Any, leaf: Patch, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of an async client's `_send_single_request`."""

    async def send_through(client: Any, request: Any, transport: Any) -> Any:
        leaf.apply()
        with pass_own_transport(transport, request):
            return await original(AttributeOverlay(client, _transport_for_url=lambda _: transport), request)

    @wraps(original)
    def send_single_request(client: Any, request: Any) -> Any:
        if not ACTIVE or not is_omixa(request.url.host):
            return original(client, request)
        transport = choose_transport(client, request.url)
        if is_plain(transport, library.AsyncHTTPTransport, "handle_async_request"):
            return original(take_short_way(library, client, request), request)
        return send_through(client, request, transport)

    return send_single_request


def choose_transport(client: Any, url: Any) -> Any:
    """Return the transport that a client has for a URL, as its `_transport_for_url` chooses it.

    That method itself may be patched: respx does so with `using="httpx"`.
    """
    own, mounts = client._transport, client._mounts  # noqa: SLF001  # no public access
    if not mounts:
        return own
    mounted = next((transport for pattern, transport in mounts.items() if pattern.matches(url)), own)
    return own if mounted is None else mounted


def is_plain(transport: Any, own: type[Any], method: str) -> bool:
    """Return True if a transport is the library's own, and neither a subclass nor changed by its user."""
    return type(transport) is own and method not in vars(transport)


def take_short_way(library: Any, client: Any, request: Any) -> Any:
    """Return the client with a transport of ours for one call; unchanged if no interception takes the call."""
    flow = None if is_routed_to_handler(library, request) else flow_of(build_request(request))
    if flow is None:
        return client
    advise_of_call(request)
    transport = GatewayTransport(library, flow)
    # Everything else (cookies, hooks, its log) stays the client's own.
    return AttributeOverlay(client, _transport_for_url=lambda _: transport)


def make_leaf(library: Any, method: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a transport's method: it answers intercepted calls, and refuses live ones.

    The tripwire does not see a call over an open connection: no name is resolved for it.
    """

    @wraps(original)
    def handle_request(transport: Any, request: Any) -> Any:
        host = request.url.host
        intercepted = is_omixa(host) and not is_routed_to_handler(library, request)
        flow = flow_of(build_request(request)) if intercepted else None
        if flow is not None:
            advise_of_call(request)
            return getattr(GatewayTransport(library, flow), method)(request)
        if is_unmocked(library, original, transport):
            refuse_live(host, lambda message: library.ConnectError(message, request=request))
        return original(transport, request)

    return handle_request


def is_unmocked(library: ModuleType, method: Callable[..., Any], transport: Any) -> bool:
    """Return True if a transport's call leaves this machine: no other mock replaces the library's methods."""
    pool = type(getattr(transport, "_pool", None))
    below = getattr(pool, method.__name__, method).__module__
    core = import_module(CORES[library.__name__]).__name__
    return method.__module__.startswith(f"{library.__name__}.") and below.split(".")[0] in {core, library.__name__}


def advise_of_call(request: Any) -> None:
    """Note that a call has reached its leaf, and advise of its URL and of another mock's route for it."""
    note_leaf()
    url = request.url
    # As text, a URL takes longer than this test.
    if url.raw_scheme != b"https" or not url.raw_host.startswith(b"www."):
        advise_of_url(request.method, str(url))
    if "respx" in sys.modules and find_respx_route(request) is not None:
        advise_of_route(request.method, str(url), "respx")


def build_request(request: Any) -> Request:
    """Return the gateway's request for an httpx request."""
    url = request.url
    path = decode_path(url.raw_path.partition(b"?")[0]) if b"%2" in url.raw_path else url.path
    return Request(request.method, path, join_fields(request.headers.raw), parse_query(url.query))
