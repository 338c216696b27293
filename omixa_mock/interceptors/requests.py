"""Precedence over the mocks of requests, which stand above the leaf of urllib3: `responses` and requests-mock.

A call to Omixa's hosts that an interception accepts is passed on by these mocks to the method that they replace, in
whichever sequence they and the interception were started. Calls to other hosts stay theirs. Adapters and sessions of
the client's own run for real; an adapter that never reaches the leaf answers, and an advisory says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial, wraps
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from .advisories import advise_of_bypass, advise_of_route, pass_through
from .exchange import is_omixa
from .neighbours import NeighbourPatch, is_intercepted, package_of
from .own_routes import GatewayHandler
from .patching import Patch
from .registry import ACTIVE, time_scale
from .retry_waits import scaled_waits

__all__ = ["make_patches"]


def make_patches(library: ModuleType) -> list[Patch]:
    """Return the patches of requests, and of its mocks."""
    mocks = [
        NeighbourPatch(
            "responses",
            lambda module: [Patch(module, module.RequestsMock, "_on_request", make_on_request)],
        ),
        NeighbourPatch(
            "requests_mock.mocker",
            lambda module: [Patch(package_of(module), module, "_original_send", make_original_send)],
        ),
    ]
    return [*mocks, Patch(library, requests.Session, "request", partial(make_request, mocks))]


def make_request(mocks: Sequence[Patch], original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a session's `request`.

    Mocks of requests leave this method alone: so ours can be removed in any sequence.
    """

    @wraps(original)
    def request(session: Any, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        if not ACTIVE or not is_omixa(host_of(as_text(url))):
            return original(session, method, url, *args, **kwargs)
        # The test itself may have imported one.
        for mock in mocks:
            mock.apply()
        with pass_through() as passage, scaled_waits(time_scale()):
            try:
                return original(session, method, url, *args, **kwargs)
            finally:
                if not passage.reached_leaf:
                    advise_of_adapter(session, method, as_text(url))

    return request


def advise_of_adapter(session: Any, method: str, url: str) -> None:
    """Advise of a call that an adapter of the client's own answered; a subclass of `HTTPAdapter` may have a cache."""
    mounted = session.adapters.items()
    adapter = next((adapter for prefix, adapter in mounted if url.lower().startswith(prefix.lower())), None)
    if adapter is not None and not isinstance(adapter, HTTPAdapter):
        advise_of_bypass(method, url, type(adapter), "Mount an adapter that ends in HTTPAdapter.send, or none")


def make_on_request(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of the method with which `responses` answers a call."""

    @wraps(original)
    def on_request(mock: Any, adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_intercepted(request.method, request.url, request.headers.items()):
            return original(mock, adapter, request, *args, **kwargs)
        candidates = (route for route in mock.registered() if route.method == request.method)
        routes = [route for route in candidates if route._url_matches(route.url, request.url)]  # noqa: SLF001  # no public access
        if any(isinstance(getattr(route, "callback", None), GatewayHandler) for route in routes):
            return original(mock, adapter, request, *args, **kwargs)
        if routes:
            advise_of_route(request.method, request.url, "responses")
        # These are for its own responses: urllib3 performs those of the adapter.
        kwargs.pop("retries", None)
        return mock._real_send(adapter, request, **kwargs)  # noqa: SLF001  # as for a call that it passes through

    return on_request


def make_original_send(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of the function with which requests-mock sends a call to its own adapter."""
    adapters: Any = sys.modules["requests_mock.adapter"]

    @wraps(original)
    def original_send(session: Any, request: Any, **kwargs: Any) -> Any:
        if not is_intercepted(request.method, request.url, request.headers.items()):
            return original(session, request, **kwargs)
        proxy = adapters._RequestObjectProxy(request)  # noqa: SLF001  # no public access
        matchers = getattr(session.get_adapter(request.url), "_matchers", ())
        # A matcher of the user's own may be any function.
        routes = (matcher for matcher in matchers if isinstance(matcher, adapters._Matcher))  # noqa: SLF001
        if any(route._match_method(proxy) and route._match_url(proxy) for route in routes):  # noqa: SLF001
            advise_of_route(request.method, request.url, "requests-mock")
        # The mocker then sends the call as if there were no mock.
        raise adapters._RunRealHTTP  # noqa: SLF001

    return original_send


def as_text(url: Any) -> str:
    """Return a URL as text; requests accepts it in bytes, and any object that has a text."""
    return url.decode("utf-8", "replace") if isinstance(url, bytes) else str(url)


def host_of(url: str) -> str:
    """Return the host of a URL; empty if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""  # The session refuses it with its own message.
