"""Handlers with which a user's own router, or a transport of their own, answers as a gateway does."""

from __future__ import annotations

import inspect
import sys
from types import ModuleType
from typing import Any

from omixa_mock.gateway import Flow, Gateway

from .advisories import PASSAGE, reach_leaf
from .httpx import build_request
from .httpx_transport import GatewayTransport
from .own_routes import GatewayHandler
from .replay_httpcore import CORES

__all__ = ["HttpxHandler"]

ASYNC_CODE = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
# The sync methods of a client and of a transport below which a sync handler is called.
SYNC_METHODS = frozenset({"_send_single_request", "handle_request"})


class HttpxHandler(GatewayHandler):
    """Handler of requests of httpx and httpx2 that answers with a gateway, sync or async as its caller is.

    Args:
        gateway: The gateway.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def __repr__(self) -> str:
        return "<omixa-mock's handler of httpx requests>"

    def __call__(self, request: Any) -> Any:
        """Return the response to a request; below an async client, a coroutine that returns it.

        The nearest caller decides: a coroutine, or a sync method of a client or a transport. A request does not tell,
        since its body is buffered, and neither does a running event loop, in which a sync client may be used.
        """
        return self.handle_async_request(request) if is_called_by_coroutine() else self.handle_request(request)

    def handle_request(self, request: Any) -> Any:
        """Return the response to a request of a sync client.

        Raises:
            httpx.TransportError: The fault of the call ends so.
            TypeError: The request is neither httpx's nor httpx2's.
        """
        library = library_of(request)
        try:
            response = GatewayTransport(library, self._begin(request)).handle_request(request)
        except library.RequestError as error:
            error.request = request
            raise
        response.request = request
        return response

    async def handle_async_request(self, request: Any) -> Any:
        """Return the response to a request of an async client.

        Raises:
            httpx.TransportError: The fault of the call ends so.
            TypeError: The request is neither httpx's nor httpx2's.
        """
        library = library_of(request)
        try:
            response = await GatewayTransport(library, self._begin(request)).handle_async_request(request)
        except library.RequestError as error:
            error.request = request
            raise
        response.request = request
        return response

    def _begin(self, request: Any) -> Flow:
        """Return the flow of a request."""
        if PASSAGE.get() is not None:
            # A transport of the client's own that ends in this handler does not bypass omixa-mock.
            reach_leaf(request.method, str(request.url))
        return self._gateway.handle(build_request(request))


def is_called_by_coroutine() -> bool:
    """Return True if the nearest caller of a handler is a coroutine, and no sync method of a client or transport."""
    frame = sys._getframe(2)  # noqa: SLF001  # no other access to the stack
    while frame is not None:
        if frame.f_code.co_flags & ASYNC_CODE:
            return True
        if frame.f_code.co_name in SYNC_METHODS:
            return False
        frame = frame.f_back  # type: ignore[assignment]  # None at the end
    return False


def library_of(request: Any) -> Any:
    """Return the library of a request, which may be of a subclass.

    Raises:
        TypeError: It is neither httpx nor httpx2.
    """
    names = (kind.__module__.partition(".")[0] for kind in type(request).__mro__)
    name = next((name for name in names if name in CORES), None)
    if name is None:
        raise TypeError(
            f"httpx_handler takes a request of httpx or httpx2, not {type(request).__module__}."
            f"{type(request).__qualname__}. For requests with the library responses there is responses_callback"
        )
    library: ModuleType = sys.modules[name]
    return library
