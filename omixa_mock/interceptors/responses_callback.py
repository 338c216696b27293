"""Callback with which the library `responses` answers as a gateway does."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from omixa_mock.gateway import Gateway

from .exchange import StartFlow
from .memory_socket import PORTS, GatewayConnection
from .own_routes import GatewayHandler

__all__ = ["ResponsesCallback"]


class ResponsesCallback(GatewayHandler):
    """Callback of `responses` that answers with a gateway.

    The request goes through an adapter of requests to an in-memory socket. So a fault raises what requests raises.

    Args:
        gateway: The gateway.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def __repr__(self) -> str:
        return "<omixa-mock's callback of responses>"

    def __call__(self, request: PreparedRequest) -> tuple[int, Any, bytes]:
        """Return the status, the header fields and the body of the response to a request.

        Raises:
            requests.RequestException: The fault of the call ends so, also for a client that would read a stream.
        """
        adapter = GatewayAdapter(self._gateway.handle)
        # `responses` adds the arguments of the adapter that it replaces.
        timeout = getattr(request, "req_kwargs", {}).get("timeout")
        response = original_send()(adapter, request, stream=True, timeout=timeout, verify=False)
        # A list: in a mapping, `responses` would not find a content type in lower case, and add one of its own.
        fields = [*response.raw.headers.items()]
        # The body stays encoded: the client's own adapter decodes it.
        response.raw.headers.discard("content-encoding")
        return response.status_code, fields, response.content


class GatewayAdapter(HTTPAdapter):
    """Adapter whose connections lead to a gateway.

    Args:
        start_flow: Starts the flow of a call.
    """

    def __init__(self, start_flow: StartFlow) -> None:
        super().__init__()
        self._start_flow = start_flow

    def get_connection_with_tls_context(self, request: PreparedRequest, *_: Any, **__: Any) -> HTTPConnectionPool:
        """Return a pool for the host of a request."""
        return self.get_connection(request.url or "")

    # Its only name before requests 2.32.
    def get_connection(self, url: Any, *_: Any, **__: Any) -> HTTPConnectionPool:
        """Return a pool for the host of a URL."""
        parts = urlsplit(url)
        kind = HTTPSConnectionPool if parts.scheme == "https" else HTTPConnectionPool
        pool = kind(parts.hostname or "", parts.port or PORTS[kind.scheme])

        def make_request(_: Any, *args: Any, **kwargs: Any) -> Any:
            connection = GatewayConnection(pool.host, pool.port, pool.scheme, lambda: None, self._start_flow)
            # An interception has patched it: the call would go there for Omixa's hosts.
            return inspect.unwrap(kind._make_request)(pool, connection, *args, **kwargs)  # noqa: SLF001

        pool._make_request = make_request  # type: ignore[assignment]  # noqa: SLF001  # the last method above it
        return pool


def original_send() -> Callable[..., Response]:
    """Return the method of an adapter that `responses` replaces."""
    send: Callable[..., Response] = getattr(sys.modules.get("responses"), "_real_send", HTTPAdapter.send)
    return send
