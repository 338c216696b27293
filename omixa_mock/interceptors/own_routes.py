"""Routes of a user's router that lead to a handler of ours: the router answers, since it counts its calls."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

__all__ = ["GatewayHandler", "find_respx_route", "is_routed_to_handler"]


class GatewayHandler:
    """Callable of a mock that a user gives to a router of their own."""


def is_routed_to_handler(library: Any, request: Any) -> bool:
    """Return True if an active router of the user's leads an httpx request to a handler of ours.

    With respx, its first matching route decides. With pytest-httpx, any such callback does: that plugin refuses by
    default what it has no callback for.
    """
    route = find_respx_route(request)
    if route is not None and isinstance(route.side_effect, GatewayHandler):
        return True
    module = sys.modules.get("pytest_httpx")
    return module is not None and any(
        isinstance(callback, GatewayHandler)
        for mock in active_httpx_mocks(module, library.HTTPTransport.handle_request)
        for _, callback in mock._callbacks  # noqa: SLF001  # no public access
    )


def find_respx_route(request: Any) -> Any:
    """Return the first route of an active respx router that matches a request; None if there is none."""
    respx = sys.modules.get("respx.mocks")
    # It knows nothing of httpx2.
    if respx is None or not isinstance(request, respx.httpx.Request):
        return None
    routes = (route for kind in respx.Mocker.registry.values() for router in kind.routers for route in router.routes)
    # A route without a pattern matches everything.
    return next((route for route in routes if not route.pattern or route.pattern.match(request)), None)


def active_httpx_mocks(module: Any, function: Any) -> Iterator[Any]:
    """Yield the mocks of pytest-httpx that replace a transport's method, which keeps them in its closure."""
    while function is not None:
        contents = (cell.cell_contents for cell in getattr(function, "__closure__", None) or ())
        yield from (content for content in contents if isinstance(content, module.HTTPXMock))
        # Ours may be above it.
        function = getattr(function, "__wrapped__", None)
