"""Interceptor for urllib3, and so for requests and all else that is built on it.

The leaf is `HTTPConnectionPool._make_request`, the last method above a connection. Everything above it runs for real:
pools, retries, adapters of requests. The call gets a connection of ours, over an in-memory socket: http.client writes
the request and parses the response, as on a real one. The pool's own connection stays unused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from .advisories import reach_leaf
from .exchange import is_omixa
from .memory_socket import GatewayConnection, NotIntercepted
from .network_guard import refuse_live
from .patching import Patch
from .registry import ACTIVE, time_scale
from .retry_waits import scaled_waits
from .tripwire import is_guarded

__all__ = ["make_patches"]

# The attribute of a proxy's connection through which no tunnel was opened, since our connection needs none.
UNTUNNELLED = "omixa_mock_untunnelled"


def make_patches(library: ModuleType) -> list[Patch]:
    """Return the patches of urllib3."""
    return [
        Patch(library, HTTPConnectionPool, "_make_request", make_leaf),
        Patch(library, HTTPSConnectionPool, "_prepare_proxy", make_tunnel),
        Patch(library, HTTPConnectionPool, "urlopen", make_urlopen),
    ]


def make_urlopen(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a pool's `urlopen`, which waits between its retries."""

    @wraps(original)
    def urlopen(pool: Any, *args: Any, **kwargs: Any) -> Any:
        if not ACTIVE or not is_omixa(pool.host):
            return original(pool, *args, **kwargs)
        with scaled_waits(time_scale()):
            return original(pool, *args, **kwargs)

    return urlopen


def make_leaf(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a pool's `_make_request`."""

    @wraps(original)
    def make_request(pool: Any, conn: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        scheme, host = target_of(pool, url)
        if not is_guarded(host):
            return original(pool, conn, method, url, *args, **kwargs)
        if ACTIVE and is_omixa(host):
            ours = GatewayConnection(pool.host, pool.port, scheme, partial(reach_leaf, method, absolute(pool, url)))
            try:
                return original(pool, ours, method, url, *args, **kwargs)
            except NotIntercepted:
                pass
            except BaseException:
                # The pool would take its own connection's state for an error of its proxy.
                conn._has_connected_to_proxy = True  # noqa: SLF001  # urllib3 resets it as it closes the connection
                raise
        refuse(conn, host, original)
        if vars(conn).pop(UNTUNNELLED, False):
            inspect.unwrap(type(pool)._prepare_proxy)(pool, conn)  # noqa: SLF001  # the library's own
        return original(pool, conn, method, url, *args, **kwargs)

    return make_request


def make_tunnel(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a pool's `_prepare_proxy`, which opens a tunnel through a proxy."""

    @wraps(original)
    def prepare_proxy(pool: Any, conn: Any) -> Any:
        if ACTIVE and is_omixa(pool.host):
            vars(conn)[UNTUNNELLED] = True
            return None
        vars(conn).pop(UNTUNNELLED, None)
        refuse(conn, pool.host, original)
        return original(pool, conn)

    return prepare_proxy


def target_of(pool: Any, url: str) -> tuple[str, str]:
    """Return the scheme and host of a call: the URL's own if it is absolute, as a proxy's is for plain http."""
    if url.startswith("/"):
        return pool.scheme, pool.host
    parts = urlsplit(url)
    return parts.scheme or pool.scheme, parts.hostname or pool.host


def absolute(pool: Any, url: str) -> str:
    """Return the absolute URL of a call."""
    return f"{pool.scheme}://{pool.host}{url}" if url.startswith("/") else url


def refuse(conn: Any, host: str, method: Callable[..., Any]) -> None:
    """Refuse a live call, unless a mock of the user's replaces this method or, as vcrpy does, the connection class."""
    own = all(name.startswith("urllib3.") for name in (method.__module__, HTTPSConnectionPool.ConnectionCls.__module__))
    if own:
        refuse_live(host, lambda message: NewConnectionError(conn, message))
